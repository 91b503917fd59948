//! Reaches every place of an event or a header where an identifier of a thing, class, place, party
//! or transaction stands.

use suyuan_epcis::document::Header;
use suyuan_epcis::model::{Event, QuantityElement, SensorField, SensorValue, Typed};

/// Calls `change` with every such identifier of `event`. User extensions and master data of
/// instances and lots are left alone: what their values mean is their authors' to say.
pub fn for_each_of_event(event: &mut Event, change: &mut dyn FnMut(&mut String)) {
    let lists = [&mut event.epc_list, &mut event.child_epcs, &mut event.input_epc_list, &mut event.output_epc_list];
    lists.into_iter().flatten().flatten().for_each(&mut *change);
    let quantities = [
        &mut event.quantity_list,
        &mut event.child_quantity_list,
        &mut event.input_quantity_list,
        &mut event.output_quantity_list,
    ];
    for element in quantities.into_iter().flatten().flatten() {
        let QuantityElement { epc_class, .. } = element;
        epc_class.iter_mut().for_each(&mut *change);
    }
    let typed = [&mut event.biz_transaction_list, &mut event.source_list, &mut event.destination_list];
    for element in typed.into_iter().flatten().flatten() {
        let Typed { value, .. } = element;
        value.iter_mut().for_each(&mut *change);
    }
    for location in [&mut event.read_point, &mut event.biz_location].into_iter().flatten() {
        location.id.iter_mut().for_each(&mut *change);
    }
    for single in [&mut event.parent_id, &mut event.transformation_id] {
        single.iter_mut().for_each(&mut *change);
    }
    for element in event.sensor_element_list.iter_mut().flatten() {
        element.metadata.iter_mut().for_each(|metadata| fields(&mut metadata.fields, change));
        element.reports.iter_mut().for_each(|report| fields(&mut report.fields, change));
    }
}

/// Calls `change` with every such identifier of the header: those that master data describes.
pub fn for_each_of_header(header: &mut Header, change: &mut dyn FnMut(&mut String)) {
    for element in header.master_data.iter_mut().flat_map(|vocabulary| &mut vocabulary.elements) {
        element.id.iter_mut().for_each(&mut *change);
        element.children.iter_mut().flatten().for_each(&mut *change);
    }
}

fn fields(fields: &mut [(SensorField, Box<str>)], change: &mut dyn FnMut(&mut String)) {
    for (_, value) in fields.iter_mut().filter(|(field, _)| field.kind == SensorValue::Uri) {
        let mut text = String::from(std::mem::take(value));
        change(&mut text);
        *value = text.into();
    }
}
