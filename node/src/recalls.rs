//! Which recalls reach a thing: what the command line, the HTTP interface and a capture ask.

use serde::{Deserialize, Serialize};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::reading;
use suyuan_ledger::credit::recalls::is_any;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::Read;
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::trace::answer::utc;
use suyuan_ledger::trace::recalled::{RecallOf, Recalled, recalled};
use suyuan_sdk::recall::Notice;
use utoipa::ToSchema;

use crate::codes::node as codes;
use crate::open::store_reason;
use crate::traces::recorded;

/// The recalls that reach a thing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecalledThing {
    /// The thing, by its URI.
    pub thing: String,
    /// The height up to which records count.
    pub height: u64,
    /// Whether it is not to be sold, dispensed or shipped on.
    pub recalled: bool,
    /// Whether it was made of what is recalled: a warning.
    pub made_of_recalled: bool,
    /// They, the nearest first.
    pub recalls: Vec<RecallOfThing>,
    /// Whether that is all: not if too much befell it.
    pub is_whole: bool,
    /// Whether anything else may be recalled: nothing is, if nothing ever was.
    pub others_may_be: bool,
}

/// So many things are asked of at once.
pub const THINGS_MAX: usize = 64;

/// The recalls that reach several things.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecalledThings {
    /// Those of each, in the order of the question.
    pub things: Vec<RecalledThing>,
}

/// A recall that reaches a thing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecallOfThing {
    /// Its id, as whoever recalls has named it.
    pub recall: String,
    /// I, II or III; none if that is not said.
    pub level: Option<String>,
    /// Who recalls.
    pub by: String,
    /// Whether that is an authority.
    pub ordered: bool,
    /// When it was announced, by its block's time.
    pub announced: String,
    /// Where the announcement is in the chain: height/index.
    pub position: String,
    /// The hash of its record.
    pub record: String,
    /// What it names.
    pub names: String,
    /// How that reaches the thing: named, lot, class, container, contents, ingredient.
    pub reach: String,
    /// When it was closed: what was not recovered stays recalled.
    pub closed: Option<String>,
    /// When it ended.
    pub lifted: Option<String>,
    /// Whether the thing is not to be sold, dispensed or shipped on for it.
    pub forbids_use: bool,
}

impl RecalledThing {
    /// The nearest recall for which the thing is not to be sold, dispensed or shipped on.
    pub fn notice(&self) -> Option<Notice> {
        let one = self.recalls.iter().find(|one| one.forbids_use)?;
        Some(Notice { id: one.recall.clone(), level: one.level.clone(), by: one.by.clone() })
    }
}

/// The ledger of a store, to look things up in.
pub fn ledger_of(store: &dyn Read) -> Result<Ledger, Reason> {
    let ledger = Ledger::open(store).map_err(|error| store_reason(&error))?;
    ledger.ok_or_else(|| Reason::new(codes::STORE, &["no ledger"]))
}

/// The recalls that reach the thing which one of these keys names, the likeliest first, as the ledger of a store has it.
pub fn look_up(store: &dyn Read, ledger: &Ledger, keys: &[SubjectKey]) -> Result<RecalledThing, Reason> {
    let failed = |error| store_reason(&error);
    let (reader, height) = (Reader::new(store), ledger.head.height);
    let mut chosen = keys.first();
    for key in keys {
        if recorded(&reader, std::slice::from_ref(key))?.is_some() {
            chosen = Some(key);
            break;
        }
    }
    let key = chosen.ok_or_else(|| Reason::new(codes::SUBJECT, &["", ""]))?;
    // Mostly nothing was ever recalled, which costs nothing to know once all blocks are read.
    let is_read = reading::height(store).map_err(failed)? >= height;
    let others_may_be = !is_read || is_any(store).map_err(failed)?;
    let found = match others_may_be {
        true => recalled(store, &ledger.directory, key, height).map_err(failed)?,
        false => Recalled { recalls: Vec::new(), is_whole: true },
    };
    Ok(RecalledThing {
        thing: key.to_uri(),
        height,
        recalled: found.forbidding().is_some(),
        made_of_recalled: found.is_made_of_recalled(),
        recalls: found.recalls.iter().map(told).collect(),
        is_whole: found.is_whole,
        others_may_be,
    })
}

fn told(recall: &RecallOf) -> RecallOfThing {
    RecallOfThing {
        recall: recall.id.clone(),
        level: recall.level.map(|level| level.name().to_owned()),
        by: recall.by.clone(),
        ordered: recall.is_order,
        announced: utc(recall.at),
        position: format!("{}/{}", recall.place.height, recall.place.index),
        record: recall.record.to_string(),
        names: recall.names.clone(),
        reach: recall.reach.name().to_owned(),
        closed: recall.closed.map(utc),
        lifted: recall.lifted.map(utc),
        forbids_use: recall.forbids_use(),
    }
}
