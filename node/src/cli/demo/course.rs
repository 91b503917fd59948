//! What happens in the scenarios, in the order of time: who records what on which day.

use serde_json::Value;
use suyuan_epcis::problem::Reason;

use super::checks::Checks;
use super::credit::DUES;
use super::documents::{DOCUMENTS, Document, MONTH};
use crate::cli::place::Failure;
use crate::codes::node as codes;
use crate::times::milliseconds;

/// When the network is founded: before anything happens.
pub const START: &str = "2019-07-01T00:00:00+08:00";
/// When what holds for all scenarios is over.
pub const LONG_AFTER: &str = "2030-01-01T00:00:00+08:00";
/// The records of credit and of contracts, by their scenarios.
const RECORDS: [(char, &str); 2] = [
    ('b', include_str!("../../../../docs/scenarios/b/records.json")),
    ('d', include_str!("../../../../docs/scenarios/d/records.json")),
];
/// The months of which there are events: eighteen from this one on, for which the documents stand.
const FIRST_MONTH: (u32, u32) = (2025, 1);
const MONTHS: u32 = 18;

/// What happens.
pub enum Act {
    /// Standing is lent, and licences are recorded.
    Found,
    /// An actor captures a document.
    Document(Document),
    /// An actor records something about credit or a contract, in a scenario.
    Record(char, Value),
    /// It is looked what all this comes to.
    Look(Look),
}

/// What is looked at, at the end of a day if it says no time.
pub enum Look {
    /// The credit of the supplier that was late, at a step of the reference.
    Step(Value),
    /// By when an objection or a repair must go on, of [`DUES`].
    Due(&'static str, &'static str),
    /// Whether things are recalled, just after the announcement.
    Scan,
    /// How a recall was handled.
    Recall,
    /// What a carriage comes to for those who took part.
    Carriage,
    /// What was too warm, and is dispensed all the same.
    Alert,
    /// The lift that is to be inspected, and its user's credit.
    Lift(Value),
    /// An authority commits to a draw.
    Draw(Value),
    /// What is drawn.
    Drawn,
}

fn broken(what: &str) -> Reason {
    Reason::new(codes::CONFIGURATION, &["docs/scenarios", what])
}

/// When something is, of which the text says so.
pub fn time(text: &str) -> Result<i64, Reason> {
    milliseconds(text).ok_or_else(|| broken(text))
}

fn parse(text: &str) -> Result<Value, Reason> {
    serde_json::from_str(text).map_err(|error| broken(&error.to_string()))
}

fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Everything, with its times.
pub fn acts(expected: &Checks) -> Result<Vec<(i64, Act)>, Failure> {
    let mut acts = vec![(time(START)?, Act::Found)];
    let months = (0..MONTHS).flat_map(|month| MONTH.iter().map(move |one| in_month(one, month)));
    for document in DOCUMENTS.iter().cloned().chain(months) {
        let at = time(member(&parse(&document.text)?, "creationDate"))?;
        acts.push((at, Act::Document(document)));
    }
    for (scenario, records) in RECORDS {
        for record in parse(records)?.as_array().into_iter().flatten() {
            acts.push((time(member(record, "on"))?, Act::Record(scenario, record.clone())));
        }
    }
    let listed = |path: &str| expected.of(path).as_array().cloned().unwrap_or_default();
    let of_day = |day: &str| time(&format!("{day}T23:59:59+08:00"));
    acts.push((time(&expected.text("/a/scan/at"))?, Act::Look(Look::Scan)));
    acts.push((of_day(&expected.text("/a/recall/day"))?, Act::Look(Look::Recall)));
    acts.push((of_day(&expected.text("/b/credit/day"))?, Act::Look(Look::Carriage)));
    acts.push((of_day(&expected.text("/b/alert/day"))?, Act::Look(Look::Alert)));
    acts.push((of_day(&expected.text("/d/drawn"))?, Act::Look(Look::Drawn)));
    for draw in listed("/d/draws") {
        acts.push((of_day(member(&draw, "day"))?, Act::Look(Look::Draw(draw))));
    }
    for stage in listed("/c/credit") {
        acts.push((of_day(member(&stage, "day"))?, Act::Look(Look::Lift(stage))));
    }
    for step in listed("/d/steps") {
        acts.push((of_day(member(&step, "day"))?, Act::Look(Look::Step(step))));
    }
    for (day, by) in DUES {
        acts.push((of_day(day)?, Act::Look(Look::Due(day, by))));
    }
    // What is of one time stays in the order of its list.
    acts.sort_by_key(|(at, _)| *at);
    Ok(acts)
}

/// The document of the first month, as that of a later one: days, lots, numbers of papers and events are those of the month.
fn in_month(document: &Document, later: u32) -> Document {
    let (year, month) = FIRST_MONTH;
    let months = month - 1 + later;
    let (then, then_month) = (year + months / 12, months % 12 + 1);
    let text = document.text.replace(&format!("{year}-{month:02}"), &format!("{then}-{then_month:02}"));
    let text = text.replace(&format!("{year}{month:02}"), &format!("{then}{then_month:02}"));
    Document { text: text.into(), ..document.clone() }
}
