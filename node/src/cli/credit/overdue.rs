//! `suyuan credit overdue`: what should have been done by a day that is over.

use super::{OverdueArguments, table};
use crate::api::v1::credit::uri_of;
use crate::cli::measures::day_of;
use crate::cli::outcome::Outcome;
use crate::cli::place::{Failure, told};
use crate::cli::screen::{Screen, printable};
use crate::cli::text::pick;
use crate::credits::overdue;
use crate::link::query;

/// Shows it.
pub fn show(options: &OverdueArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let (firm, day) = (options.firm.as_deref().map(uri_of), day_of(options.day.as_ref())?);
    let path = format!("/v1/overdue{}", query(&[("firm", firm.as_deref()), ("day", options.day.as_deref())]));
    let found = told(&options.place, &path, screen, |reading| overdue(reading, firm.as_deref(), day))?;
    screen.found(found.as_slice(), options.json, |found, language| {
        let mut shown = table(&[
            pick(language, "firm", "企业"),
            pick(language, "duty", "事项"),
            pick(language, "of", "对象"),
            pick(language, "due", "期限"),
            pick(language, "overdue, days", "逾期天数"),
        ]);
        for one in found {
            let (firm, of) = (printable(&one.firm).into_owned(), printable(&one.of).into_owned());
            shown.add_row([firm, one.duty.clone(), of, one.due.clone(), one.days.to_string()]);
        }
        format!("{shown}\n")
    })?;
    Ok(if found.is_empty() { Outcome::Done } else { Outcome::No })
}
