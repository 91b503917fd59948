//! `suyuan inspect-draw`: whom an authority inspects by lot.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use suyuan_epcis::codes::{Language, credit as codes};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::tables::Tables;
use suyuan_ledger::day::Day;
use suyuan_sdk::keyfile::KeyFile;

use super::apart;
use super::arguments::{PlaceArguments, SigningArguments};
use super::credit::{asked, bytes_of, table};
use super::governance::tables_of;
use super::import::without_mark;
use super::outcome::Outcome;
use super::place::{Failure, Place, place, remote, said_code, told};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::api::v1::credit::{checked_uri_of, uri_of};
use crate::clock::now_ms;
use crate::codes::node as node_codes;
use crate::credits::draws::{DrawSaid, draws, record_of};
use crate::credits::{self, Asked, Credit, Reading};
use crate::link::percent_encoded;
use crate::open::Opened;

/// `suyuan inspect-draw`
#[derive(Debug, Args)]
pub struct DrawArguments {
    /// What to do
    #[command(subcommand)]
    pub command: DrawCommand,
}

/// Commands on draws.
#[derive(Debug, Subcommand)]
pub enum DrawCommand {
    /// Commit to a list of firms, each at the rate of its grade; who is drawn the first block a day later decides
    Commit(DrawCommitArguments),
    /// Show who is drawn; everybody draws the same
    Show(DrawShowArguments),
}

/// `suyuan inspect-draw commit`
#[derive(Debug, Args)]
pub struct DrawCommitArguments {
    /// What this draw is called; another name each time
    #[arg(value_name = "NAME")]
    pub draw: String,
    /// Firms, one a line: URI, unified social credit code or legal entity identifier; or - for standard input
    #[arg(value_name = "FILE")]
    pub firms_file: PathBuf,
    /// Who signs it, and where it goes
    #[command(flatten)]
    pub signing: SigningArguments,
}

/// `suyuan inspect-draw show`
#[derive(Debug, Args)]
pub struct DrawShowArguments {
    /// Authority, by its URI or unified social credit code
    #[arg(value_name = "AUTHORITY")]
    pub authority: String,
    /// Only the draw of this name
    #[arg(value_name = "NAME")]
    pub draw: Option<String>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Commits to a draw, or shows what became of one.
pub fn run(options: &DrawArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    match &options.command {
        DrawCommand::Commit(options) => commit(options, screen),
        DrawCommand::Show(options) => show(options, screen),
    }
}

fn commit(options: &DrawCommitArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let text = bytes_of(&options.firms_file)?;
    let firms = firms_of(&options.firms_file.display().to_string(), &text)?;
    let at = &options.signing.place;
    let (key, credits, tables) = match place(at, false) {
        Place::Directory(path) => {
            let opened = Opened::open(&path)?.whole()?;
            let reading = Reading::new(Arc::clone(&opened.store));
            let of = |firm: &String| known(credits::credit(&reading, firm, Asked::default()).map_err(Failure::from));
            let credits = firms.iter().map(of).collect::<Result<Vec<_>, _>>()?;
            let tables = Tables::of(&opened.ledger.directory, opened.ledger.head.height);
            (Some(opened.device_key()), credits, tables)
        }
        Place::Node(url) => {
            let of = |firm: &String| known(asked(firm, at, Asked::default(), screen));
            let credits = firms.iter().map(of).collect::<Result<Vec<_>, _>>()?;
            (None, credits, tables_of(&remote(&url, at)?)?)
        }
    };
    let key = options.signing.key.clone().or(key).ok_or_else(|| Reason::new(node_codes::KEY_MISSING, &[""]))?;
    let authority = KeyFile::read(&key)?.information.organisation;
    let graded = credits.iter().map(|credit| credit.as_ref().map(|credit| &credit.to_publish));
    let today = Day::in_china(now_ms());
    let record = record_of(&authority, &options.draw, firms.iter().zip(graded), tables.rates(today));
    apart::record_one(&apart::CREDIT, record, &options.signing, screen)
}

/// The firms of a list, one a line.
fn firms_of(name: &str, text: &[u8]) -> Result<Vec<String>, Failure> {
    let lines = without_mark(text).split(|byte| *byte == b'\n').zip(1..);
    let firms = lines.map(|(line, number)| {
        let wrong = |reason: Reason| Failure::Of(format!("{name} (line {number})"), reason);
        let not_text = || wrong(Reason::new(codes::RECORD_FORM, &["not UTF-8"]));
        let firm = std::str::from_utf8(line).map_err(|_| not_text())?.trim();
        if firm.is_empty() {
            return Ok(None);
        }
        checked_uri_of(firm).map(Some).map_err(wrong)
    });
    firms.filter_map(Result::transpose).collect()
}

/// A firm of which nothing is recorded is not rated.
fn known(said: Result<Credit, Failure>) -> Result<Option<Credit>, Failure> {
    match said {
        Err(Failure::Of(_, reason)) if said_code(&reason) == codes::NOTHING.id => Ok(None),
        said => said.map(Some),
    }
}

fn show(options: &DrawShowArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let authority = uri_of(&options.authority);
    let path = format!("/v1/draws/{}", percent_encoded(&authority));
    let mut found = told(&options.place, &path, screen, |reading| draws(reading, &authority))?;
    found.retain(|one| options.draw.as_ref().is_none_or(|name| *name == one.draw));
    let language = screen.language;
    let mut sink = screen.answers();
    if options.json {
        writeln!(sink, "{}", serde_json::to_string(&found).map_err(std::io::Error::from)?)?;
    } else if found.is_empty() {
        writeln!(sink, "{}", pick(language, "no such draw", "无此抽查"))?;
    } else {
        found.iter().try_for_each(|one| write!(sink, "{}", in_words(one, language)))?;
    }
    Ok(if found.is_empty() { Outcome::No } else { Outcome::Done })
}

fn in_words(said: &DrawSaid, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let mut text = format!(
        "{}  {} {}  {}\n",
        printable(&said.draw),
        say("committed at height", "承诺于高度"),
        said.height,
        said.record
    );
    match (&said.lot_height, &said.lot) {
        (Some(height), Some(lot)) => {
            text.push_str(&format!("{} {height}: {lot}\n", say("lot: block", "抽签依据：区块")))
        }
        _ => text.push_str(&format!(
            "{} {}\n",
            say("the lot is the first block from", "抽签依据为此时起的首个区块："),
            said.lot_from
        )),
    }
    let mut shown = table(&[say("firm", "企业"), say("rate %", "比例 %"), say("drawn", "抽中")]);
    for one in &said.entities {
        let drawn = match one.is_drawn {
            Some(true) => say("yes", "是"),
            Some(false) => say("no", "否"),
            None => "",
        };
        let rate = format!("{}.{:04}", one.rate / 10_000, one.rate % 10_000);
        shown.add_row([printable(&one.organisation).into_owned(), rate, drawn.to_owned()]);
    }
    text.push_str(&format!("{shown}\n"));
    text
}
