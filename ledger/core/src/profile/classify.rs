//! Which record type an event is of.

use suyuan_epcis::codes::record as codes;
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::Reason;

use super::class::ProductClass;
use super::extension::{PRODUCT_CLASS, RECORD_TYPE, text};
use super::table::{RecordType, Shape, record_types};

/// The record type that `event` names, or what is wrong with the name. None: it names none.
pub fn declared_type(event: &Event) -> Result<Option<&'static RecordType>, Reason> {
    match text(event, RECORD_TYPE) {
        None => Ok(None),
        Some(code) => match RecordType::find(code) {
            Some(found) => Ok(Some(found)),
            None => Err(Reason::new(codes::UNKNOWN_TYPE, &[code])),
        },
    }
}

/// The product class that `event` names, or what is wrong with the name. None: it names none.
pub fn declared_class(event: &Event) -> Result<Option<ProductClass>, Reason> {
    text(event, PRODUCT_CLASS).map(ProductClass::parse).transpose()
}

/// The record type of `event`: the one it names; if it names none, the only one that is written as it is, among
/// those of its class if it names that. None: it names an unknown one ([`declared_type`] says so), or there is
/// none or more than one.
pub fn classify(event: &Event) -> Option<&'static RecordType> {
    match declared_type(event) {
        Ok(Some(found)) => Some(found),
        Ok(None) => guess(event, declared_class(event).ok()?),
        Err(_) => None,
    }
}

fn guess(event: &Event, class: Option<ProductClass>) -> Option<&'static RecordType> {
    let fits = |known: &&RecordType| {
        !known.declared_only && class.is_none_or(|class| known.is_for(class)) && known.is_written_as(event)
    };
    let only = |general_too: bool| {
        let mut candidates = record_types().iter().filter(fits).filter(|known| general_too || !known.general);
        match (candidates.next(), candidates.next()) {
            (Some(found), None) => Ok(found),
            (None, _) => Err(true),
            (Some(_), Some(_)) => Err(false),
        }
    };
    // What is made for a class comes before what is made for all; without a class nothing does.
    match class {
        Some(_) => only(false).or_else(|none| if none { only(true) } else { Err(false) }).ok(),
        None => only(true).ok(),
    }
}

impl RecordType {
    /// Whether `event` has the type and action, the business step and the disposition of such a record.
    pub fn is_written_as(&self, event: &Event) -> bool {
        let among = |words: &[&str], word: &Option<String>| word.as_deref().is_some_and(|word| words.contains(&word));
        self.has_shape(event)
            && among(&self.biz_steps, &event.biz_step)
            && (self.dispositions.is_empty() || among(&self.dispositions, &event.disposition))
    }

    fn has_shape(&self, event: &Event) -> bool {
        let is = |shape: &Shape| {
            shape.event_type == event.event_type
                && shape.action.is_none_or(|action| event.action.as_deref() == Some(action))
        };
        self.shapes.iter().any(is)
    }

    /// How such a record is written, for messages: `ObjectEvent/OBSERVE shipping`.
    pub(super) fn describe_shape(&self) -> String {
        let shape = |shape: &Shape| match shape.action {
            Some(action) => format!("{}/{action}", shape.event_type.name()),
            None => shape.event_type.name().to_owned(),
        };
        let shapes: Vec<String> = self.shapes.iter().map(shape).collect();
        format!("{}, {}", shapes.join(" | "), self.biz_steps.join(" | "))
    }

    /// Whether type, action and business step are those of such a record; its disposition is left open, since
    /// what is said of a state is finer than the table.
    pub(super) fn is_written_like(&self, event: &Event) -> bool {
        self.has_shape(event) && event.biz_step.as_deref().is_some_and(|step| self.biz_steps.contains(&step))
    }
}
