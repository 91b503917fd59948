//! What firms, and those who look into what firms ask for, should have done by a day that is over; and the alarms of it, which
//! a node raises by itself once on each day of the ledger.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::file::Duty;
use suyuan_ledger::credit::reading;
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use suyuan_ledger::organisation::OrganisationRole;
use utoipa::ToSchema;

use super::{Looked, Reading};
use crate::alarms::Alarms;
use crate::clock::now_ms;
use crate::codes::node as node_codes;
use crate::open::store_reason;

/// So often it is looked whether another day has begun.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// After so long it is looked first whether there are further blocks, once a file is read that is begun.
const AT_ONCE: Duration = Duration::from_millis(200);

/// Something that is overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverdueSaid {
    /// The firm, by its URI.
    pub firm: String,
    /// What should have been done: `inspection`, `recall`, `objection`, `repair`, `notice`, `pledge`, `removal`.
    pub duty: String,
    /// Of what: the code of the equipment, the id of the recall, the hash of the record.
    pub of: String,
    /// The last day on which it was in time.
    pub due: String,
    /// For how many days it is overdue.
    pub days: u32,
}

impl OverdueSaid {
    fn new(firm: &str, (duty, of, due): (Duty, String, Day), day: Day) -> OverdueSaid {
        let days = u32::try_from(day.number().saturating_sub(due.number())).unwrap_or(0);
        let (firm, duty, due) = (firm.to_owned(), duty.name().to_owned(), due.text().unwrap_or_default());
        OverdueSaid { firm, duty, of, due, days }
    }
}

/// What is overdue of a firm, of all if absent, on a day, that of the last block if absent: what is most overdue first.
pub fn overdue(reading: &Reading, firm: Option<&str>, day: Option<Day>) -> Result<Vec<OverdueSaid>, Reason> {
    let Ok(looked) = reading.look(None)? else { return Ok(Vec::new()) };
    let day = day.unwrap_or(Day::in_china(looked.time));
    let failed = |error: StoreError| store_reason(&error);
    let firms = match firm {
        Some(firm) => vec![firm.to_owned()],
        None => reading::firms(&looked.snapshot).map_err(failed)?.into_iter().collect(),
    };
    let mut found = Vec::new();
    for one in &firms {
        match overdue_of(&looked, one, day) {
            Ok(of_firm) => found.extend(of_firm),
            // Of all of them one that can't be read hides no other.
            Err(error) if firm.is_none() => tracing::error!(%error, firm = one, "a file can't be read"),
            Err(error) => return Err(failed(error)),
        }
    }
    found.sort_by(|one, other| (other.days, &one.firm).cmp(&(one.days, &other.firm)));
    Ok(found)
}

fn overdue_of(looked: &Looked<'_>, firm: &str, day: Day) -> Result<Vec<OverdueSaid>, StoreError> {
    let Looked { snapshot, ledger, height, time, tables } = looked;
    let file = reading::file(snapshot, &ledger.directory, firm, (*height, *time), tables.of_files())?;
    Ok(file.overdue(day).into_iter().map(|one| OverdueSaid::new(firm, (one.duty, one.of, one.due), day)).collect())
}

/// Looks what is overdue, in a node that runs: at an authority's node of all firms, else of its own.
pub(super) struct Watch {
    key: Hash,
    again: Instant,
    /// The day that was looked at last, or is.
    day: Option<Day>,
    /// The firms that are not looked at yet.
    left: Vec<String>,
    /// How many of a kind are overdue, and the one that is most.
    found: BTreeMap<String, (u64, OverdueSaid)>,
}

impl Watch {
    /// Of the organisation that a key is of.
    pub fn new(key: Hash) -> Watch {
        Watch { key, again: Instant::now(), day: None, left: Vec::new(), found: BTreeMap::new() }
    }

    /// Goes on for a while, and raises alarms when all are looked at.
    pub fn go_on(&mut self, reading: &Reading, alarms: &Alarms) {
        if self.left.is_empty() && Instant::now() < self.again {
            return;
        }
        self.again = Instant::now().checked_add(LOOK_EVERY).unwrap_or(self.again);
        if let Err(reason) = self.try_go_on(reading, alarms) {
            // A node that still takes its history looks once it has it.
            if reason.code.id != node_codes::HISTORY_LATER.id {
                tracing::warn!(code = reason.code.id, "nobody looked what is overdue: {reason}");
            }
            // All of it once more, later.
            (self.day, self.left) = (None, Vec::new());
        }
    }

    fn try_go_on(&mut self, reading: &Reading, alarms: &Alarms) -> Result<(), Reason> {
        let Ok(looked) = reading.look(None)? else { return Ok(()) };
        if self.left.is_empty() && !self.begin(&looked).map_err(|error| store_reason(&error))? {
            return Ok(());
        }
        let Some(day) = self.day else { return Ok(()) };
        let begun = Instant::now();
        while let Some(firm) = self.left.pop() {
            // One file that can't be read hides no other.
            match overdue_of(&looked, &firm, day) {
                Ok(found) => found.into_iter().for_each(|one| self.count(one)),
                Err(error) => tracing::error!(%error, firm, "a file can't be read"),
            }
            if begun.elapsed() > AT_ONCE || reading.stops.load(Ordering::Relaxed) {
                break;
            }
        }
        if self.left.is_empty() && !reading.stops.load(Ordering::Relaxed) {
            let found = std::mem::take(&mut self.found);
            found.values().for_each(|(count, one)| alarms.note_overdue(*count, one, now_ms()));
        }
        Ok(())
    }

    /// Begins with another day, if there is one.
    fn begin(&mut self, looked: &Looked<'_>) -> Result<bool, StoreError> {
        let Looked { snapshot, ledger, time, .. } = looked;
        let (today, directory) = (Day::in_china(*time), &ledger.directory);
        if self.day == Some(today) {
            return Ok(false);
        }
        let own = directory.key(&self.key).and_then(|key| directory.organisation(key.organisation));
        // Whose node it is may be known later.
        let Some(own) = own else { return Ok(false) };
        self.left = match own.role {
            OrganisationRole::Authority => reading::firms(snapshot)?.into_iter().collect(),
            _ => vec![own.uri.clone()],
        };
        (self.day, self.found) = (Some(today), BTreeMap::new());
        Ok(true)
    }

    fn count(&mut self, one: OverdueSaid) {
        match self.found.get_mut(&one.duty) {
            Some((count, longest)) => {
                *count = count.saturating_add(1);
                if one.days > longest.days {
                    *longest = one;
                }
            }
            None => {
                self.found.insert(one.duty.clone(), (1, one));
            }
        }
    }
}
