//! What became of the draws that an authority has committed to.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::Grade;
use suyuan_ledger::credit::draw::{InspectionRates, LOT_AFTER_MS};
use suyuan_ledger::credit::reading;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::{Read, StoreError};
use suyuan_ledger::state::replay::stored_block;
use utoipa::ToSchema;

use super::{Looked, PublishedGrade, Reading};
use crate::codes::node as node_codes;
use crate::open::store_reason;
use crate::times::time_text;

/// A draw.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawSaid {
    /// Its name.
    pub draw: String,
    /// The hash of its record.
    pub record: String,
    /// The height at which it was committed to.
    pub height: u64,
    /// The block that is the lot is the first one from this time on.
    pub lot_from: String,
    /// That block's height, once it is there.
    pub lot_height: Option<u64>,
    /// Its id.
    pub lot: Option<String>,
    /// The firms.
    pub entities: Vec<Drawn>,
}

/// A firm in a draw.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// Its URI.
    pub organisation: String,
    /// Its rate in millionths.
    pub rate: u32,
    /// Whether it is drawn; none as long as there is no lot.
    pub is_drawn: Option<bool>,
}

/// The record by which an authority commits to a draw: each firm at the rate of its grade, that of who is not rated if nothing is
/// recorded of it.
pub fn record_of<'a>(
    authority: &str,
    draw: &str,
    firms: impl Iterator<Item = (&'a String, Option<&'a PublishedGrade>)>,
    rates: &InspectionRates,
) -> Value {
    let entities = firms.map(|(firm, published)| {
        let grade = published.and_then(|published| Grade::from_name(&published.grade)).unwrap_or(Grade::NotRated);
        json!({ "organisation": firm, "rate": rates.ppm(grade) })
    });
    let entities: Vec<Value> = entities.collect();
    json!({ "type": "suyuan:InspectionDraw", "subject": authority, "draw": draw, "entities": entities })
}

/// The draws of an authority, in the order in which they were committed to.
pub fn draws(reading: &Reading, authority: &str) -> Result<Vec<DrawSaid>, Reason> {
    let failed = |error: StoreError| store_reason(&error);
    let Ok(Looked { snapshot, ledger, height, .. }) = reading.look(None)? else { return Ok(Vec::new()) };
    let found = reading::draws(&snapshot, &ledger.directory, authority, height).map_err(failed)?;
    found
        .into_iter()
        .map(|reading::Committed { record, block, draw }| {
            let from = block.1.saturating_add(LOT_AFTER_MS);
            let lot = first_block(&snapshot, (block.0, height), from)?;
            let said = |organisation: &str, rate: u32, is_drawn| Drawn {
                organisation: organisation.to_owned(),
                rate,
                is_drawn,
            };
            let entities = match &lot {
                Some((_, id)) => draw.drawn(id).map(|(one, rate, is_drawn)| said(one, rate, Some(is_drawn))).collect(),
                None => draw.entities.iter().map(|(one, rate)| said(one, *rate, None)).collect(),
            };
            Ok(DrawSaid {
                draw: draw.id,
                record: record.to_string(),
                height: block.0,
                lot_from: time_text(from),
                lot_height: lot.map(|(height, _)| height),
                lot: lot.map(|(_, id)| id.to_string()),
                entities,
            })
        })
        .collect()
}

/// The first block from a time on, and its id: times of blocks ascend.
fn first_block(store: &dyn Read, (low, high): (u64, u64), from: i64) -> Result<Option<(u64, Hash)>, Reason> {
    let header = |height: u64| match stored_block(store, height) {
        Ok(block) => Ok(block.header),
        Err(error) => Err(Reason::new(node_codes::STORE, &[&format!("{error:?}")])),
    };
    let (mut low, mut end) = (low, high.saturating_add(1));
    while low < end {
        let middle = low + (end - low) / 2;
        match header(middle)?.time < from {
            true => low = middle + 1,
            false => end = middle,
        }
    }
    if low > high {
        return Ok(None);
    }
    Ok(Some((low, header(low)?.id())))
}
