//! Computes published grades again. A gateway takes in none that does not follow from the records; whoever holds the bodies
//! looks at every one that is on the ledger all the same, since another's gateway may take in anything.

use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::Published;
use suyuan_ledger::credit::reading;
use suyuan_ledger::credit::record::{CreditRecord, Statement};
use suyuan_ledger::credit::removal;
use suyuan_ledger::credit::tables::Tables;
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError};
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::state::replay::stored_block;

use super::{Looked, PROFILE_DEFAULT, Reading};
use crate::open::store_reason;

/// A grade that does not follow from the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongGrade {
    /// The hash of its record.
    pub record: Hash,
    /// Whose it is.
    pub subject: String,
    /// What was published.
    pub published: Published,
    /// What follows; none if it is as of a height that there is not, or not before it was published.
    pub follows: Option<Published>,
}

/// A grade in a few words: the grade, the score, the beginning of the explanation's hash.
pub fn in_short(published: Option<&Published>) -> String {
    let Some(Published { grade, score, day, explanation, .. }) = published else { return "-".to_owned() };
    let (day, explanation) = (day.text().unwrap_or_default(), explanation.to_string());
    format!("{} {score} {day} {}", grade.name(), explanation.get(..8).unwrap_or_default())
}

/// What is to be published of a firm as of a height, if anything is recorded of it by then. The index MUST
/// reach that height.
pub(super) fn follows(
    store: &dyn Read,
    directory: &Directory,
    subject: &str,
    published: &Published,
) -> Result<Option<Published>, StoreError> {
    let Ok(block) = stored_block(store, published.height) else { return Ok(None) };
    let tables = Tables::of(directory, published.height);
    let at = (published.height, block.header.time);
    let file = reading::file(store, directory, subject, at, tables.of_files())?;
    // Neither the day nor the weights are the publisher's to choose.
    let (profile, day) = (file.profile().unwrap_or(PROFILE_DEFAULT), Day::in_china(block.header.time));
    Ok((!file.is_empty()).then(|| Published::of(&file, profile, (published.height, day), tables.parameters(day))))
}

/// What an audit of published grades found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audited {
    /// How many were looked at.
    pub published: usize,
    /// How many can't be computed again, since what they rested on was removed since.
    pub removed: usize,
    /// Those that do not follow from the records.
    pub wrong: Vec<WrongGrade>,
}

impl Reading {
    /// Computes the grades again that were published from one height (not included) to another.
    pub fn audit(&self, from: u64, to: u64) -> Result<Audited, Reason> {
        let failed = |error: StoreError| store_reason(&error);
        let Ok(Looked { snapshot, ledger, .. }) = self.look(None)? else {
            return Ok(Audited::default());
        };
        let reader = Reader::new(&snapshot);
        let grades = reading::grades(&snapshot, from, to).map_err(failed)?;
        let mut audited = Audited { published: grades.len(), ..Audited::default() };
        for ((height, index), subject) in &grades {
            let payload = reader.payload(*height, *index).map_err(failed)?;
            let record = reader.record(*height, *index).map_err(failed)?;
            let said = payload.and_then(|payload| CreditRecord::parse(&payload.payload).ok());
            let (Some(Statement::Grade(published)), Some(record)) = (said.map(|said| said.statement), record) else {
                continue;
            };
            // As of a time before a removal nobody publishes: not everybody could compute it.
            let at = (published.height, (*height, *index));
            let is_of_then = removal::is_before_removal(&snapshot, subject, at).map_err(failed)?;
            let follows = match published.height < *height && !is_of_then {
                true => follows(&snapshot, &ledger.directory, subject, &published),
                false => Ok(None),
            };
            let follows = match follows {
                Ok(follows) => follows,
                Err(error) => {
                    // One file that can't be read hides no other.
                    tracing::error!(%error, subject, "a grade can't be computed again");
                    continue;
                }
            };
            if follows.as_ref() != Some(&*published) {
                let at = ((*height, *index), published.height);
                if !is_of_then && removal::hides(&snapshot, &ledger.directory, subject, at).map_err(failed)? {
                    audited.removed = audited.removed.saturating_add(1);
                    continue;
                }
                let record = record.record(*height, *index).hash();
                audited.wrong.push(WrongGrade { record, subject: subject.clone(), published: *published, follows });
            }
        }
        Ok(audited)
    }
}
