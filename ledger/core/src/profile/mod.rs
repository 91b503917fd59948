//! Knows what a record of each type must say: its EPCIS shape, its key data elements, how soon it must be
//! recorded and how long it must be kept.
//!
//! The record types are data (`records.json`), read once. An event names its type and class by extensions in
//! [`NAMESPACE`]; [`classify`] finds the type, [`assess`] tells which key data elements are there, and
//! [`timeliness`] and [`retain_until`] judge its times. A key data element is present when the EPCIS dimension
//! that carries it is, or when an extension of its name holds a value of its type: nobody has to say twice
//! what EPCIS already says.

mod assess;
mod carrier;
mod class;
mod classify;
mod extension;
mod field;
mod judged;
mod retention;
mod table;
mod timeliness;

pub use assess::{Assessment, assess};
pub use class::ProductClass;
pub use classify::{classify, declared_class, declared_type};
pub use extension::NAMESPACE;
pub(crate) use extension::{pair, says, spans, text, thousandths, time_ms, word};
pub use field::FieldType;
pub use judged::{Judged, event_of, judge, may_follow};
pub(crate) use judged::{judge_event, profiled};
pub use retention::retain_until;
pub use table::{Field, Need, RecordType, Shape, record_types};
pub use timeliness::timeliness;
