//! What authorities do with credit: incentives and penalties out of the catalogues that they have recorded, and each use of
//! one (`01-seed-systems.md` C16, I6). The software shows what is in a catalogue and can add nothing to it; a measure that is
//! in none has no effect. Measures score nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::ceiling::CeilingCode;
use super::evaluate::Grade;
use super::file::Written;
use super::reading::{Place, authorities_with_catalogues, places_of_catalogues, written};
use super::record::Statement;
use crate::day::Day;
use crate::hash::Hash;
use crate::kv::{Read, StoreError};
use crate::members::{InvalidRecord, Members};
use crate::named::named;
use crate::organisation::Directory;
use crate::state::reader::Reader;

/// A catalogue has at most so many items.
const ITEMS_MAX: usize = 1_024;
/// There are six grades and two triggers.
const CONDITIONS_MAX: usize = 8;

named! {
    /// What a measure is.
    pub enum MeasureKind {
        /// 守信激励
        Incentive "incentive",
        /// 失信惩戒
        Penalty "penalty",
    }
}

named! {
    /// What authorities have decided of a firm that measures go by.
    pub enum Trigger {
        /// It is on a list of seriously dishonest entities that is in force.
        Listed "listed",
        /// It has a serious penalty in publication.
        SeriousPenalty "serious_penalty",
    }
}

/// Of whom a measure may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Of firms of this grade.
    Grade(Grade),
    /// Of firms of which this is decided.
    Trigger(Trigger),
}

/// A measure that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureItem {
    /// Its code within the catalogue.
    pub code: String,
    /// Which kind.
    pub kind: MeasureKind,
    /// Its name.
    pub name: String,
    /// The law.
    pub basis: String,
    /// Of whom it may be taken: any of these is enough.
    pub applies: Vec<Condition>,
}

/// The measures that there are, as an authority has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureCatalogue {
    /// Which one it is; each of an authority has another version.
    pub version: String,
    /// Since when it is in force: until the next one is.
    pub from: Day,
    /// The measures.
    pub items: Vec<MeasureItem>,
}

/// The use of a measure, which a person has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The catalogue's record.
    pub catalogue: Hash,
    /// The code of the item.
    pub code: String,
    /// The number of the decision.
    pub decision: String,
    /// The law.
    pub basis: String,
    /// Since when.
    pub from: Day,
    /// Until when.
    pub to: Option<Day>,
    /// The receipt of the notice.
    pub receipt: Hash,
}

/// A catalogue as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogued {
    /// Where.
    pub place: Place,
    /// The hash of its record.
    pub record: Hash,
    /// It.
    pub catalogue: MeasureCatalogue,
}

impl Condition {
    /// The one of this name: a grade, or a trigger.
    pub fn from_name(name: &str) -> Option<Condition> {
        Grade::from_name(name).map(Condition::Grade).or_else(|| Trigger::from_name(name).map(Condition::Trigger))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Condition::Grade(grade) => grade.name(),
            Condition::Trigger(trigger) => trigger.name(),
        }
    }

    /// Whether a firm of this grade and with these ceilings meets it.
    pub fn is_met(self, grade: Grade, ceilings: &[CeilingCode]) -> bool {
        match self {
            Condition::Grade(one) => one == grade,
            Condition::Trigger(Trigger::Listed) => ceilings.contains(&CeilingCode::Listed),
            Condition::Trigger(Trigger::SeriousPenalty) => ceilings.contains(&CeilingCode::SeriousPenalty),
        }
    }
}

impl MeasureCatalogue {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<MeasureCatalogue, InvalidRecord> {
        let (version, from) = (members.text("version")?, members.day("from")?);
        let items: Vec<MeasureItem> =
            members.objects("items", ITEMS_MAX)?.into_iter().map(item).collect::<Result<_, _>>()?;
        let codes: BTreeSet<&str> = items.iter().map(|item| item.code.as_str()).collect();
        match items.is_empty() || codes.len() < items.len() {
            true => Err(members.error("items", "none, or one code twice")),
            false => Ok(MeasureCatalogue { version, from, items }),
        }
    }
}

fn item(mut members: Members) -> Result<MeasureItem, InvalidRecord> {
    let conditions = members.texts("applies", CONDITIONS_MAX)?;
    let applies: Option<Vec<Condition>> = conditions.iter().map(|name| Condition::from_name(name)).collect();
    let applies = applies.filter(|conditions| !conditions.is_empty());
    let item = MeasureItem {
        code: members.text("code")?,
        kind: members.one_of("kind", MeasureKind::from_name)?,
        name: members.text("name")?,
        basis: members.text("basis")?,
        applies: applies.ok_or_else(|| members.error("applies", "none, or not all are grades or triggers"))?,
    };
    members.end().map(|()| item)
}

impl Measure {
    /// Reads the members of a record of it.
    pub(super) fn read(members: &mut Members) -> Result<Measure, InvalidRecord> {
        // No machine takes a measure (`01-seed-systems.md` §1.5, limit 6).
        if !members.boolean("humanDecision")? {
            return Err(members.error("humanDecision", "not true: a measure is decided by a person"));
        }
        Ok(Measure {
            catalogue: members.hash("catalogue")?,
            code: members.text("code")?,
            decision: members.text("decisionNo")?,
            basis: members.text("basis")?,
            from: members.day("from")?,
            to: members.optional_day("to")?,
            receipt: members.hash("noticeReceipt")?,
        })
    }
}

/// The catalogue that is in force on a day, of those of one authority in the order in which they were recorded: that of the
/// last day, and of two of one day the later one.
pub fn in_force(catalogues: &[Catalogued], day: Day) -> Option<&Catalogued> {
    catalogues.iter().filter(|one| one.catalogue.from <= day).max_by_key(|one| one.catalogue.from)
}

/// The item that a measure is the use of, of its authority's catalogues.
pub fn item_of<'a>(catalogues: &'a [Catalogued], measure: &Measure) -> Option<&'a MeasureItem> {
    let named = in_force(catalogues, measure.from).filter(|one| one.record == measure.catalogue)?;
    named.catalogue.items.iter().find(|item| item.code == measure.code)
}

// ---- what is recorded ----

/// The catalogues of authorities, each read once.
pub struct Catalogues<'a> {
    store: &'a dyn Read,
    directory: &'a Directory,
    known: BTreeMap<String, Vec<Catalogued>>,
}

impl<'a> Catalogues<'a> {
    /// Of a store, with none read yet. The index MUST reach the heights that are asked for.
    pub fn new(store: &'a dyn Read, directory: &'a Directory) -> Catalogues<'a> {
        Catalogues { store, directory, known: BTreeMap::new() }
    }

    /// The item that a record is the use of, by the catalogues that were recorded before that place; none if it is no
    /// measure, or one of no catalogue.
    pub fn item_of(&mut self, said: &Written, before: Place) -> Result<Option<MeasureItem>, StoreError> {
        let Statement::Measure(measure) = &said.record.statement else { return Ok(None) };
        let known = self.of_authority(&said.author.uri)?;
        let before = known.partition_point(|one| one.place < before);
        Ok(known.get(..before).and_then(|known| item_of(known, measure)).cloned())
    }

    /// What is in force on a day of those of all authorities up to a height, by authority.
    pub fn in_force(&mut self, day: Day, at_height: u64) -> Result<Vec<(String, Catalogued)>, StoreError> {
        let mut found = Vec::new();
        for authority in authorities_with_catalogues(self.store)? {
            let known = self.of_authority(&authority)?;
            let before = known.partition_point(|one| one.place.0 <= at_height);
            let catalogue = known.get(..before).and_then(|known| in_force(known, day)).cloned();
            found.extend(catalogue.map(|catalogue| (authority, catalogue)));
        }
        Ok(found)
    }

    /// Those of one authority in the order in which they were recorded. Of two of one version the first one is meant.
    fn of_authority(&mut self, authority: &str) -> Result<&[Catalogued], StoreError> {
        if !self.known.contains_key(authority) {
            let (reader, mut versions, mut found) = (Reader::new(self.store), BTreeSet::new(), Vec::new());
            for place in places_of_catalogues(self.store, authority)? {
                let Some(said) = written(&reader, self.directory, place)? else { continue };
                let is_own = said.author.is_authority && said.author.uri == authority;
                if let Statement::MeasureCatalogue(catalogue) = said.record.statement
                    && is_own
                    && versions.insert(catalogue.version.clone())
                {
                    found.push(Catalogued { place, record: said.hash, catalogue: *catalogue });
                }
            }
            self.known.insert(authority.to_owned(), found);
        }
        Ok(self.known.get(authority).map(Vec::as_slice).unwrap_or_default())
    }
}
