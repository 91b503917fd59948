//! `suyuan demo`
use super::arguments::DemoArguments;
use super::outcome::Outcome;
use super::place::Failure;
use super::screen::Screen;

/// Shows the ledger at work.
pub fn run(_options: &DemoArguments, _screen: &mut Screen) -> Result<Outcome, Failure> {
    Ok(Outcome::Failed)
}
