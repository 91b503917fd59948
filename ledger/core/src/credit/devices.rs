//! Special equipment by what is recorded of it (`03-records.md` §3.5): who uses it, when it has to be inspected next,
//! and whether that is overdue. It makes the indicator EQP and the ceiling CAP-4 of whoever uses it.
//!
//! What makes things easier for its user counts only if an authority says it, or who by an authority's record holds the
//! licence that the record names: nobody inspects its own equipment into order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use suyuan_epcis::model::Event;

use super::ceiling::{Ceiling, CeilingCode, Evidence};
use super::equipment::{self, EquipmentIntervals, LIFT, LiftSchedule, NOTICE_DAYS};
use super::evaluate::Grade;
use super::file::Author;
use super::reading::{Place, Row, author, place_of, written};
use super::record::{LicenceState, Statement};
use super::rows::RowKind;
use super::status::Equipment;
use super::tables::{Tables, on};
use super::traced::is_withdrawn;
use crate::contract::ObligationKind;
use crate::day::Day;
use crate::hash::Hash;
use crate::kv::{Read, StoreError, Table};
use crate::organisation::Directory;
use crate::profile::{RecordType, declared_type, profiled, text, time_ms, word};
use crate::state::reader::Reader;

/// Of a piece of equipment's records: its code, zero, the place.
const DEVICE: u8 = RowKind::Device as u8;
/// Of those in whose name it was registered: the URI, zero, the place. The value is the code.
pub(super) const USER: u8 = RowKind::User as u8;
/// Of what authorities say of licences: whose, zero, the place.
const LICENSED: u8 = RowKind::Licensed as u8;
/// So many records of one piece are read, and so many pieces of one firm: what strangers say of it is bounded by their quota.
const RECORDS_MAX: usize = 1 << 20;
/// Its user's own word on it is heard until it has so many.
const OWN_RECORDS_MAX: usize = 1 << 12;
/// So begin the numbers of licences to install, alter, repair and service special equipment (TSG 07), and those of approvals
/// to inspect it.
const WORKS: &str = "TS3";
const INSPECTION: &str = "TS7";
/// The kind of the licences of banks.
const BANKING: &str = "banking";
/// Lifts are serviced at least so often, in days.
const SERVICE_DAYS: i64 = 15;
/// Longer out of use than so many months, it is inspected before it is used again.
const STOPPED_MONTHS_MAX: i32 = 12;
/// A ceiling names the records of so many pieces.
const EVIDENCE_MAX: usize = 8;

/// When equipment is inspected first, from each day on.
type Intervals = Arc<[(Option<Day>, EquipmentIntervals)]>;

/// What a record says of a piece of equipment.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// Its use is registered.
    Registered { user: String, maintainer: Option<String>, first_use: Day },
    /// Its installation, or an alteration, was supervised and passed: inspections are counted from then.
    Based(Day),
    /// It passed an inspection, or a major repair that stands for one. What is no lift is due when its inspector says.
    Passed { day: Day, next: Option<Day>, is_inspection: bool },
    /// It was serviced.
    Serviced(Day),
    /// It is out of use.
    Stopped(Day),
    /// It is in use again.
    Resumed(Day),
    /// It is gone.
    Scrapped(Day),
}

impl Said {
    fn day(&self) -> Day {
        match self {
            Said::Registered { first_use: day, .. } | Said::Passed { day, .. } => *day,
            Said::Based(day) | Said::Serviced(day) | Said::Stopped(day) | Said::Resumed(day) | Said::Scrapped(day) => {
                *day
            }
        }
    }
}

/// What an event says of a piece of equipment: its code, what, and by which licence that may be one for it.
fn read(event: &Event) -> Option<(String, Said, Option<String>)> {
    let kind = declared_type(event).ok().flatten()?;
    let (said, licence) = said(event, kind)?;
    let code = bare(word(event, kind, "device")?).to_owned();
    let number = licence.and_then(|(name, begins)| word(event, kind, name).filter(|number| number.starts_with(begins)));
    Some((code, said, number.map(str::to_owned)))
}

fn said(event: &Event, kind: &RecordType) -> Option<(Said, Option<(&'static str, &'static str)>)> {
    let word = |name| word(event, kind, name);
    let day = |name| Day::parse(word(name)?);
    Some(match kind.code {
        "S4.INSTALL" if word("supervision_result") == Some("pass") => {
            (Said::Based(day("supervision_date")?), Some(("installer_licence", WORKS)))
        }
        "S5.USE_REGISTER" => {
            let (user, maintainer) = (word("user")?.to_owned(), word("maintainer").map(str::to_owned));
            (Said::Registered { user, maintainer, first_use: day("first_use")? }, None)
        }
        "S6.PERIODIC_INSPECTION" if word("result") == Some("pass") => {
            let (day, next) = (day("date")?, day("next_due"));
            (Said::Passed { day, next, is_inspection: true }, Some(("agency_approval", INSPECTION)))
        }
        "S8.MAINTENANCE" => (Said::Serviced(Day::in_china(time_ms(event, kind, "date")?)), Some(("licence", WORKS))),
        "S9.MAJOR_REPAIR" if word("result") == Some("pass") => {
            let day = day("supervision_date")?;
            let said = match word("kind")? {
                "alteration" => Said::Based(day),
                _ => Said::Passed { day, next: None, is_inspection: false },
            };
            (said, Some(("unit_licence", WORKS)))
        }
        "S11.STOP_RESUME" => match word("action")? {
            "stop" => (Said::Stopped(day("from")?), None),
            _ => (Said::Resumed(day("from")?), None),
        },
        "S14.SCRAP" => {
            let time = crate::derive::time::milliseconds(event.event_time.as_deref()?)?;
            (Said::Scrapped(Day::in_china(time)), None)
        }
        _ => return None,
    })
}

/// What was done to a piece of equipment, as somebody says to whom it may have been owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Work {
    /// The equipment's code.
    pub device: String,
    /// What was done.
    pub kind: ObligationKind,
    /// The day, and the time: the day's beginning if no time is said.
    pub day: Day,
    pub at: i64,
    /// Who did it, if that is said.
    pub by: Option<String>,
    /// The licence under which it was done, if that is said instead.
    pub licence: Option<String>,
    /// Whether it passed, where that is asked.
    pub is_good: bool,
    /// The approval to inspect that its author names, if that may be one.
    pub approval: Option<String>,
}

/// What an event says that was done to a piece of equipment. An inspection that finds faults was done all the same.
pub(super) fn work(event: &Event) -> Option<Work> {
    let record_type = declared_type(event).ok().flatten()?;
    let word = |name| word(event, record_type, name);
    let (kind, day, by, is_good) = match record_type.code {
        "S4.INSTALL" => {
            (ObligationKind::Install, word("supervision_date"), None, word("supervision_result") == Some("pass"))
        }
        "S6.PERIODIC_INSPECTION" => (ObligationKind::Inspect, word("date"), word("agency"), true),
        "S8.MAINTENANCE" => (ObligationKind::Maintain, None, word("maintainer"), true),
        "S9.MAJOR_REPAIR" => (ObligationKind::Maintain, word("supervision_date"), None, word("result") == Some("pass")),
        _ => return None,
    };
    let (day, at) = match day {
        Some(day) => Day::parse(day).map(|day| (day, day.begins_in_china()))?,
        None => time_ms(event, record_type, "date").map(|at| (Day::in_china(at), at))?,
    };
    // Who supervises an installation names it beside what the record type has.
    let approval = text(event, "agency_approval").filter(|number| number.starts_with(INSPECTION)).map(str::to_owned);
    let licence = word("installer_licence").or_else(|| word("unit_licence")).map(str::to_owned);
    Some(Work {
        device: bare(word("device")?).to_owned(),
        kind,
        day,
        at,
        by: by.map(str::to_owned),
        licence,
        is_good,
        approval,
    })
}

/// A code without the scheme of its URI.
pub(super) fn bare(code: &str) -> &str {
    code.strip_prefix("urn:cn:speq:").unwrap_or(code)
}

/// The rows of an event.
pub(super) fn rows(place: Place, event: &Event, by: &Author) -> Vec<Row> {
    let Some((code, said, licence)) = read(event) else { return Vec::new() };
    let device = (key(DEVICE, &code, place), Vec::new());
    match said {
        Said::Registered { user, .. } if by.is_authority || user == by.uri => {
            vec![device, (key(USER, &user, place), code.into_bytes())]
        }
        // In another's name nobody registers anything; and who names no licence that may be one inspects nothing.
        Said::Registered { .. } => Vec::new(),
        Said::Based(_) | Said::Passed { .. } if !by.is_authority && licence.is_none() => Vec::new(),
        _ => vec![device],
    }
}

/// The row of what an authority says of a firm's licence.
pub(super) fn licence(firm: &str, place: Place) -> Row {
    (key(LICENSED, firm, place), Vec::new())
}

fn key(table: u8, of: &str, place: Place) -> Vec<u8> {
    [&[table], of.as_bytes(), &[0], &crate::state::subject::place_key(place.0, place.1)].concat()
}

/// A record of a piece of equipment that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    hash: Hash,
    by: Author,
    said: Said,
}

/// A piece of equipment by its records that count, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its code.
    pub code: String,
    counted: Vec<Counted>,
    /// Whether an authority has registered it: then nobody else does.
    is_registered: bool,
    /// When it is inspected first, from each day on.
    intervals: Intervals,
}

/// How a piece of equipment stands on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceState {
    /// Its code.
    pub code: String,
    /// Who uses it.
    pub user: String,
    /// Whether it is in use, not out of use or scrapped.
    pub in_use: bool,
    /// When it has to be inspected next, if that is known.
    pub due: Option<Day>,
    /// Of a lift, by which days it has to be inspected.
    pub schedule: Option<LiftSchedule>,
    /// The last inspection that it passed.
    pub inspected: Option<Day>,
    /// The last service.
    pub serviced: Option<Day>,
    /// The longest time without service since the first, in days, if that was too long for a lift.
    pub service_gap: Option<i64>,
    /// The records that say so: registration, base, inspection.
    pub evidence: Vec<Hash>,
    /// Whether it counts as one of those that its user has: an authority says so, or it is known when it is due.
    counts: bool,
}

impl DeviceState {
    /// Of a lift in use, the days from the next one on by which it has to be inspected, if it passes each time.
    pub fn due_days(&self) -> impl Iterator<Item = Day> {
        let (due, schedule) = (self.due, self.schedule.filter(|_| self.in_use));
        schedule.into_iter().flat_map(LiftSchedule::due_days).filter(move |day| due.is_some_and(|due| *day >= due))
    }

    /// For how many days its inspection is overdue; 0 if it is not, or need not be.
    pub fn overdue_days(&self, today: Day) -> u32 {
        self.due.filter(|_| self.in_use).map_or(0, |due| equipment::overdue_days(due, today))
    }
}

impl Device {
    fn new(code: &str, intervals: Intervals) -> Device {
        Device { code: code.to_owned(), counted: Vec::new(), is_registered: false, intervals }
    }

    /// Takes the next record, if it counts. Nobody inspects or services what is to come.
    fn take(&mut self, hash: Hash, by: &Author, recorded: Day, is_licensed: bool, said: Said) {
        let may_lie_ahead = matches!(said, Said::Registered { .. } | Said::Stopped(_) | Said::Resumed(_));
        if said.day() > recorded && !may_lie_ahead {
            return;
        }
        let user = self.user(recorded);
        let is_user = user.is_some_and(|(user, _)| *user == by.uri);
        // Of its own the user says so much at most, so that nothing is hidden behind it.
        let is_short = self.counted.len() < OWN_RECORDS_MAX;
        let counts = by.is_authority
            || match &said {
                Said::Registered { user, .. } => !self.is_registered && *user == by.uri && is_short,
                Said::Based(_) | Said::Passed { .. } => is_licensed,
                Said::Serviced(_) => is_licensed || user.is_some_and(|(_, by_whom)| by_whom == Some(&by.uri)),
                Said::Resumed(day) => is_user && is_short && !self.needs_inspection(*day),
                Said::Stopped(_) | Said::Scrapped(_) => is_user && is_short,
            };
        if !counts {
            return;
        }
        if by.is_authority && matches!(said, Said::Registered { .. }) && !self.is_registered {
            // What was said before in somebody's own name does not stand beside it.
            self.counted.retain(|one| !matches!(one.said, Said::Registered { .. }));
            self.is_registered = true;
        }
        self.counted.push(Counted { hash, by: by.clone(), said });
    }

    /// The records that count.
    pub fn records(&self) -> impl Iterator<Item = Hash> {
        self.counted.iter().map(|one| one.hash)
    }

    /// What is said up to a day, by days.
    fn until(&self, day: Day) -> Vec<&Counted> {
        let mut said: Vec<&Counted> = self.counted.iter().filter(|one| one.said.day() <= day).collect();
        said.sort_by_key(|one| one.said.day());
        said
    }

    /// Who uses it by the last registration, and who maintains it.
    fn user(&self, day: Day) -> Option<(&String, Option<&String>)> {
        self.counted.iter().rev().find_map(|one| match &one.said {
            Said::Registered { user, maintainer, first_use } if *first_use <= day => Some((user, maintainer.as_ref())),
            _ => None,
        })
    }

    /// Since when it is out of use.
    fn stopped(&self, day: Day) -> Option<Day> {
        self.until(day).into_iter().fold(None, |since: Option<Day>, one| match one.said {
            Said::Stopped(day) => since.or(Some(day)),
            Said::Resumed(_) => None,
            _ => since,
        })
    }

    /// Whether it was out of use so long that it has to be inspected before it is used again, and was not.
    fn needs_inspection(&self, day: Day) -> bool {
        let since = self.stopped(day);
        let since = since.filter(|since| since.plus_months(STOPPED_MONTHS_MAX).is_some_and(|end| end < day));
        let is_after = |since| move |one: &&Counted| matches!(one.said, Said::Passed { day, .. } if day > since);
        since.is_some_and(|since| !self.until(day).iter().any(|one| is_after(since)(one)))
    }

    /// How it stands on a day; none if nobody uses it.
    pub fn on(&self, day: Day) -> Option<DeviceState> {
        let (user, _) = self.user(day)?;
        // Whoever uses it does not inspect it, whatever licences it has.
        let is_others = |one: &&Counted| one.by.is_authority || one.by.uri != *user;
        let is_inspection = |one: &&Counted| matches!(one.said, Said::Based(_) | Said::Passed { .. });
        let said: Vec<&Counted> =
            self.until(day).into_iter().filter(|one| !is_inspection(one) || is_others(one)).collect();
        let last = |is: &dyn Fn(&Said) -> bool| said.iter().rev().find(|one| is(&one.said));
        let registered = self.counted.iter().rev().find(|one| matches!(one.said, Said::Registered { .. }));
        let base = last(&|said| matches!(said, Said::Based(_)));
        let passed: Vec<(Hash, Day, Option<Day>)> = said
            .iter()
            .filter_map(|one| match one.said {
                Said::Passed { day, next, .. } => Some((one.hash, day, next)),
                _ => None,
            })
            .collect();
        let days: Vec<Day> = passed.iter().map(|(_, day, _)| *day).collect();
        let is_lift = self.code.starts_with(LIFT);
        let schedule = match base.map(|one| &one.said) {
            Some(Said::Based(base)) if is_lift => Some(LiftSchedule::new(*base)),
            _ => None,
        };
        let is_inspected_since = |since: Day| {
            said.iter().any(|one| matches!(one.said, Said::Passed { day, is_inspection: true, .. } if day >= since))
        };
        // By the table of the day of its supervision, as long as no inspector has seen it since.
        let first = match base.map(|one| &one.said) {
            Some(Said::Based(base)) if !is_inspected_since(*base) => {
                on(&self.intervals, *base).and_then(|table| table.due(&self.code, *base))
            }
            _ => None,
        };
        let due = match schedule {
            Some(schedule) => schedule.next_due(&days),
            None => first.or_else(|| passed.iter().rev().find_map(|(_, _, next)| *next)),
        };
        let serviced: Vec<Day> =
            said.iter().filter_map(|one| if let Said::Serviced(day) = one.said { Some(day) } else { None }).collect();
        let gaps = serviced.windows(2).filter_map(|pair| match pair {
            [one, two] => Some(two.number().saturating_sub(one.number())),
            _ => None,
        });
        let evidence = registered.into_iter().chain(base.copied()).map(|one| one.hash);
        Some(DeviceState {
            code: self.code.clone(),
            user: user.clone(),
            in_use: self.stopped(day).is_none() && last(&|said| matches!(said, Said::Scrapped(_))).is_none(),
            due,
            schedule,
            inspected: days.last().copied(),
            serviced: serviced.last().copied(),
            service_gap: gaps.max().filter(|gap| is_lift && *gap > SERVICE_DAYS),
            evidence: evidence.chain(passed.last().map(|(hash, ..)| *hash)).collect(),
            counts: self.is_registered || due.is_some(),
        })
    }
}

/// How many pieces a firm uses, of how many the inspection is overdue, and what follows from that. What is contested
/// is not overdue.
pub(super) fn standing(
    devices: &[DeviceState],
    today: Day,
    is_contested: impl Fn(&Hash) -> bool,
) -> (Equipment, Option<Ceiling>, Vec<Hash>) {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let in_use = devices.iter().filter(|device| device.in_use && device.counts).count();
    let overdue: Vec<(&DeviceState, Day)> = devices
        .iter()
        .filter(|device| device.overdue_days(today) > 0 && !device.evidence.iter().any(&is_contested))
        .filter_map(|device| Some((device, device.due?)))
        .collect();
    // Its user is told on the first day, which whoever looks at the equipment sees.
    let grades = overdue.iter().filter_map(|(device, due)| {
        let grade = equipment::ceiling(*due, due.next(), today)?;
        Some((grade, *device))
    });
    let mut by_grade: BTreeMap<Grade, Vec<&DeviceState>> = BTreeMap::new();
    grades.for_each(|(grade, device)| by_grade.entry(grade).or_default().push(device));
    let ceiling = by_grade.pop_last().map(|(grade, devices)| {
        let named = devices.into_iter().take(EVIDENCE_MAX);
        let evidence = named.flat_map(|device| {
            let words = format!("{}: {} d > {NOTICE_DAYS} d", device.code, device.overdue_days(today));
            std::iter::once(words).chain(device.evidence.iter().map(Hash::to_string))
        });
        Ceiling { code: CeilingCode::EquipmentOverdue, grade, evidence: Evidence::List(evidence.collect()) }
    });
    let records = overdue.iter().take(EVIDENCE_MAX).flat_map(|(device, _)| device.evidence.iter().copied());
    (Equipment { in_use: count(in_use), overdue: count(overdue.len()) }, ceiling, records.collect())
}

/// What an authority has said of a licence.
struct Held {
    /// The height of its record.
    height: u64,
    kind: String,
    number: String,
    from: Day,
    to: Option<Day>,
    is_valid: bool,
}

/// Reads equipment. What licences firms hold is read once for all of it.
pub struct Register<'a> {
    store: &'a dyn Read,
    directory: &'a Directory,
    at_height: u64,
    /// What firms hold, by firm.
    licences: BTreeMap<String, Vec<Held>>,
    /// Read with the first piece of equipment.
    intervals: Option<Intervals>,
}

impl<'a> Register<'a> {
    /// As of a height.
    pub fn new(store: &'a dyn Read, directory: &'a Directory, at_height: u64) -> Register<'a> {
        Register { store, directory, at_height, licences: BTreeMap::new(), intervals: None }
    }

    /// What was ever registered in a firm's name.
    pub fn of_firm(&mut self, firm: &str) -> Result<Vec<Device>, StoreError> {
        let (from, to) = (key(USER, firm, (0, 0)), key(USER, firm, (self.at_height.saturating_add(1), 0)));
        let (mut codes, mut count) = (BTreeSet::new(), 0usize);
        self.store.scan(Table::Reading, &from, &to, &mut |_, value| {
            codes.extend(String::from_utf8(value.to_vec()));
            count += 1;
            count < RECORDS_MAX
        })?;
        codes.iter().map(|code| self.device(code)).collect()
    }

    /// All that is registered.
    pub fn all(&mut self) -> Result<Vec<Device>, StoreError> {
        let mut codes = BTreeSet::new();
        self.store.scan(Table::Reading, &[USER], &[USER + 1], &mut |_, value| {
            codes.extend(String::from_utf8(value.to_vec()));
            true
        })?;
        codes.iter().map(|code| self.device(code)).collect()
    }

    fn device(&mut self, code: &str) -> Result<Device, StoreError> {
        let (from, to) = (key(DEVICE, code, (0, 0)), key(DEVICE, code, (self.at_height.saturating_add(1), 0)));
        let mut places = Vec::new();
        self.store.scan(Table::Reading, &from, &to, &mut |key, _| {
            places.extend(place_of(key));
            places.len() < RECORDS_MAX
        })?;
        let (directory, at_height) = (self.directory, self.at_height);
        let intervals = self.intervals.get_or_insert_with(|| Tables::intervals_of(directory, at_height).into());
        let (reader, mut device) = (Reader::new(self.store), Device::new(code, Arc::clone(intervals)));
        for (height, index) in places {
            let (Some(record), Some(payload)) = (reader.record(height, index)?, reader.payload(height, index)?) else {
                continue;
            };
            if is_withdrawn(self.store, &record, self.at_height)? {
                continue;
            }
            let said = profiled(&payload.payload).as_ref().and_then(read);
            let (Some((_, said, licence)), Some(by)) = (said, author(self.directory, record.author)) else { continue };
            let is_licensed = match licence {
                Some(number) if !by.is_authority => self.is_licensed(&by.uri, &number, (said.day(), u64::MAX))?,
                _ => false,
            };
            let recorded = Day::in_china(record.block_time);
            device.take(record.record(height, index).hash(), &by, recorded, is_licensed, said);
        }
        Ok(device)
    }

    /// Whether a firm had a licence of this number on a day, by an authority's record up to a height.
    pub(super) fn is_licensed(&mut self, firm: &str, number: &str, at: (Day, u64)) -> Result<bool, StoreError> {
        self.holds(firm, number, None, at)
    }

    /// Whether who says that a payment has come may do so: an authority, or a bank when it came and when that was recorded, by
    /// what an authority has recorded up to a height.
    pub fn may_confirm(
        &mut self,
        by: &Author,
        licence: Option<&str>,
        (at, recorded, known): (i64, i64, u64),
    ) -> Result<bool, StoreError> {
        let Some(number) = licence.filter(|_| !by.is_authority) else { return Ok(by.is_authority) };
        Ok(self.holds(&by.uri, number, Some(BANKING), (Day::in_china(at), known))?
            && self.holds(&by.uri, number, Some(BANKING), (Day::in_china(recorded), known))?)
    }

    fn holds(
        &mut self,
        firm: &str,
        number: &str,
        kind: Option<&str>,
        (day, at_height): (Day, u64),
    ) -> Result<bool, StoreError> {
        if !self.licences.contains_key(firm) {
            let read = self.licences_of(firm)?;
            self.licences.insert(firm.to_owned(), read);
        }
        let licences = self.licences.get(firm).into_iter().flatten();
        let is_of = |held: &&Held| {
            let is_named = held.number == number && kind.is_none_or(|kind| held.kind == kind);
            is_named && held.from <= day && held.height <= at_height
        };
        let last = licences.rev().find(is_of);
        Ok(last.is_some_and(|held| held.is_valid && held.to.is_none_or(|to| day <= to)))
    }

    fn licences_of(&self, firm: &str) -> Result<Vec<Held>, StoreError> {
        let (from, to) = (key(LICENSED, firm, (0, 0)), key(LICENSED, firm, (self.at_height.saturating_add(1), 0)));
        let (reader, mut licences, mut places) = (Reader::new(self.store), Vec::new(), Vec::new());
        self.store.scan(Table::Reading, &from, &to, &mut |key, _| {
            places.extend(place_of(key));
            places.len() < RECORDS_MAX
        })?;
        for place in places {
            let said = written(&reader, self.directory, place)?;
            let said = said.filter(|said| said.author.is_authority && said.author.uri != firm);
            let statement = said.map(|said| said.record.statement);
            if let Some(Statement::Licence { kind, number, from, to, state, .. }) = statement {
                let is_valid = state == LicenceState::Valid;
                licences.push(Held { height: place.0, kind, number, from, to, is_valid });
            }
        }
        Ok(licences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: a table makes nothing overdue that was not before it was in force. Method: cranes that were supervised before and on
    // its first day, each looked at before and after.
    #[test]
    fn by_the_table_of_the_day_of_supervision() {
        let day = |text: &str| Day::parse(text).unwrap();
        let later = EquipmentIntervals::parse(br#"{"basis":"b","first":[{"code":"4","months":12}]}"#).unwrap();
        let tables: Intervals = [(None, EquipmentIntervals::first().clone()), (Some(day("2027-01-01")), later)].into();
        let authority = Author { uri: "urn:uscc:11440100DEMA00179H".to_owned(), is_authority: true };
        for (supervised, due) in [("2025-06-15", "2027-06-30"), ("2027-01-01", "2028-01-31")] {
            let mut crane = Device::new("41704401020200001", Arc::clone(&tables));
            let user = "urn:uscc:91440106DEMA0011XP".to_owned();
            let registered = Said::Registered { user, maintainer: None, first_use: day(supervised) };
            for said in [registered, Said::Based(day(supervised))] {
                crane.take(Hash::ZERO, &authority, day("2027-01-02"), false, said);
            }
            for on in
                ["2026-12-31", "2027-01-01", "2029-01-01"].map(day).into_iter().filter(|on| *on >= day(supervised))
            {
                assert_eq!(crane.on(on).unwrap().due, Some(day(due)), "{supervised}");
            }
        }
    }
}
