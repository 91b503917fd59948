//! The table of record types.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use suyuan_epcis::model::EventType;

use super::carrier::Carrier;
use super::class::ProductClass;
use super::field::FieldType;

/// Declared order is the order of the table's file.
static RECORD_TYPES: LazyLock<Vec<RecordType>> =
    // The text is part of the program, and a test reads it; were it broken, no type would be known.
    LazyLock::new(|| read(include_str!("records.json")).unwrap_or_default());

/// Every record type that has the shape of an EPCIS event.
pub fn record_types() -> &'static [RecordType] {
    &RECORD_TYPES
}

/// A kind of record: what happened, and what must be said of it.
#[derive(Debug)]
pub struct RecordType {
    /// Its code, for example `F7.SHIP`.
    pub code: &'static str,
    /// Another code that reuses this type.
    pub alias: Option<&'static str>,
    /// What a person calls it.
    pub name: &'static str,
    /// The classes it is for.
    pub classes: Vec<ProductClass>,
    /// The event types and actions it is written as.
    pub shapes: Vec<Shape>,
    /// The business steps it is written with.
    pub biz_steps: Vec<&'static str>,
    /// The dispositions it is written with; none if it says nothing of them.
    pub dispositions: Vec<&'static str>,
    /// Its key data elements, without the time and place that every event must have.
    pub fields: Vec<Field>,
    /// Hours within which it must be recorded; none if it cannot be late.
    limit_hours: Option<u32>,
    limit_hours_of: BTreeMap<ProductClass, u32>,
    /// Only the event itself can say that it is of this type: others look the same.
    pub(super) declared_only: bool,
    /// Gives way to a type made for the class.
    pub(super) general: bool,
}

/// An event type and, unless it has none, an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The type.
    pub event_type: EventType,
    /// `ADD`, `OBSERVE` or `DELETE`; none for a transformation.
    pub action: Option<&'static str>,
}

/// A key data element.
#[derive(Debug)]
pub struct Field {
    /// Its name, also that of its extension.
    pub name: &'static str,
    /// What its value is.
    pub kind: FieldType,
    /// Whether it must be given.
    pub need: Need,
    /// The EPCIS dimensions that say it; any of them will do.
    pub(super) carriers: Vec<Carrier>,
}

/// Whether a key data element must be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Always.
    Mandatory,
    /// Never.
    Optional,
    /// For these classes. With none: on a condition that the event alone cannot tell.
    Conditional(Vec<ProductClass>),
}

impl RecordType {
    /// The record type of this code or alias.
    pub fn find(code: &str) -> Option<&'static RecordType> {
        record_types().iter().find(|known| known.code == code || known.alias == Some(code))
    }

    /// Whether products of `class` have records of this type.
    pub fn is_for(&self, class: ProductClass) -> bool {
        self.classes.contains(&class)
    }

    /// Hours within which a record about a product of `class` must be recorded; none if it can't be late.
    pub fn limit_hours(&self, class: ProductClass) -> Option<u32> {
        self.limit_hours_of.get(&class).copied().or(self.limit_hours)
    }
}

impl Field {
    /// Whether it must be given for a product of `class`.
    pub fn is_mandatory(&self, class: ProductClass) -> bool {
        match &self.need {
            Need::Mandatory => true,
            Need::Optional => false,
            Need::Conditional(classes) => classes.contains(&class),
        }
    }
}

/// A record type as the file has it: lists are words separated by spaces.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row {
    code: &'static str,
    alias: Option<&'static str>,
    name: &'static str,
    classes: &'static str,
    events: &'static str,
    biz_steps: &'static str,
    dispositions: &'static str,
    limit_hours: Option<u32>,
    #[serde(default)]
    limit_hours_of: BTreeMap<&'static str, u32>,
    #[serde(default)]
    declared_only: bool,
    #[serde(default)]
    general: bool,
    fields: Vec<&'static str>,
}

/// Reads the whole table; none if any part of it is not understood.
fn read(text: &'static str) -> Option<Vec<RecordType>> {
    let rows: Vec<Row> = serde_json::from_str(text).ok()?;
    rows.into_iter().map(record_type).collect()
}

fn record_type(row: Row) -> Option<RecordType> {
    let limits = row.limit_hours_of.into_iter();
    Some(RecordType {
        code: row.code,
        alias: row.alias,
        name: row.name,
        classes: classes(row.classes, ' ')?,
        shapes: row.events.split(' ').map(shape).collect::<Option<_>>()?,
        biz_steps: row.biz_steps.split(' ').collect(),
        dispositions: row.dispositions.split_whitespace().collect(),
        fields: row.fields.into_iter().map(field).collect::<Option<_>>()?,
        limit_hours: row.limit_hours,
        limit_hours_of: limits
            .map(|(class, hours)| Some((ProductClass::from_code(class)?, hours)))
            .collect::<Option<_>>()?,
        declared_only: row.declared_only,
        general: row.general,
    })
}

/// `ALL`, or the codes of classes.
fn classes(text: &str, separator: char) -> Option<Vec<ProductClass>> {
    match text {
        "ALL" => Some(ProductClass::ALL.to_vec()),
        some => some.split(separator).map(ProductClass::from_code).collect(),
    }
}

/// `Object/ADD`, or `Transformation`.
fn shape(text: &'static str) -> Option<Shape> {
    let (name, action) = match text.split_once('/') {
        Some((name, action)) => (name, Some(action)),
        None => (text, None),
    };
    let event_type = EventType::from_name(&[name, "Event"].concat());
    EventType::STANDARD.contains(&event_type).then_some(Shape { event_type, action })
}

/// `name type need`, and for what EPCIS carries the dimensions, separated by commas.
fn field(text: &'static str) -> Option<Field> {
    let mut words = text.split(' ');
    let (name, kind, need) = (words.next()?, words.next()?, words.next()?);
    let carriers = match words.next() {
        Some(carriers) => carriers.split(',').map(Carrier::from_name).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    Some(Field { name, kind: FieldType::from_name(kind)?, need: need_of(need)?, carriers })
}

/// `M`, `O`, `C` or `C(CLASS,…)`.
fn need_of(text: &str) -> Option<Need> {
    match text {
        "M" => Some(Need::Mandatory),
        "O" => Some(Need::Optional),
        "C" => Some(Need::Conditional(Vec::new())),
        _ => classes(text.strip_prefix("C(")?.strip_suffix(')')?, ',').map(Need::Conditional),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use suyuan_epcis::cbv;

    use super::*;

    // Goal: the file is understood as a whole, and uses the CBV's words. Method: read it; look every word up.
    #[test]
    fn table() {
        let mut codes = BTreeSet::new();
        for known in record_types() {
            for code in [Some(known.code), known.alias].into_iter().flatten() {
                assert!(codes.insert(code), "{code}");
                assert_eq!(RecordType::find(code).map(|found| found.code), Some(known.code));
            }
            assert!(known.biz_steps.iter().all(|step| cbv::BIZ_STEP.contains(step)), "{}", known.code);
            assert!(known.dispositions.iter().all(|word| cbv::DISPOSITION.contains(word)), "{}", known.code);
            let names: BTreeSet<&str> = known.fields.iter().map(|field| field.name).collect();
            assert_eq!(names.len(), known.fields.len(), "{}", known.code);
            for shape in &known.shapes {
                assert_eq!(shape.action.is_none(), shape.event_type == EventType::Transformation, "{}", known.code);
            }
        }
        assert_eq!((record_types().len(), codes.len()), (46, 50));
        assert!(RecordType::find("F7").is_none() && RecordType::find("").is_none());
    }

    // Goal: what the file must not hold is refused, not passed over. Method: one row, spoilt in each part.
    #[test]
    fn broken_tables() {
        let row = |classes: &str, events: &str, field: &str| -> &'static str {
            format!(
                r#"[{{"code":"X","name":"x","classes":"{classes}","events":"{events}","bizSteps":"other","dispositions":"","fields":["{field}"]}}]"#
            )
            .leak()
        };
        assert!(read(row("ALL", "Object/ADD", "qty qty M quantity")).is_some());
        for broken in [
            row("ANY", "Object/ADD", "qty qty M"),
            row("ALL", "Thing/ADD", "qty qty M"),
            row("ALL", "Object/ADD", "qty qty"),
            row("ALL", "Object/ADD", "qty amount M"),
            row("ALL", "Object/ADD", "qty qty X"),
            row("ALL", "Object/ADD", "qty qty C(ANY)"),
            row("ALL", "Object/ADD", "qty qty M nothing"),
            "{}",
            r#"[{"code":"X"}]"#,
        ] {
            assert!(read(broken).is_none(), "{broken}");
        }
    }

    // Goal: limits differ by class where the table says so. Method: two classes of one type, and a type without.
    #[test]
    fn limits() {
        let harvest = RecordType::find("F1.HARVEST").unwrap();
        assert_eq!(harvest.limit_hours(ProductClass::Fresh), Some(4));
        assert_eq!(harvest.limit_hours(ProductClass::Food), Some(24));
        assert_eq!(RecordType::find("TRC.OPENING_BALANCE").unwrap().limit_hours(ProductClass::Food), None);
    }
}
