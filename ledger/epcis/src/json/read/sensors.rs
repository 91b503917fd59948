//! Reads sensor data (EPCIS 2.0 §7.3.7).

use super::shapes::Shape;
use super::{EventReader, Read};
use crate::cbv;
use crate::codes::structure;
use crate::json::tree::Json;
use crate::model::{
    Extension, SENSOR_METADATA_FIELDS, SENSOR_REPORT_FIELDS, SensorElement, SensorField, SensorMetadata, SensorReport,
    SensorValue,
};
use crate::problem::Path;

/// What a structure of sensor data holds.
struct SensorShape {
    name: &'static str,
    fields: &'static [SensorField],
    needs_type: bool,
}

const SENSOR_ELEMENT: Shape<'static> = Shape {
    name: "sensorElement",
    fields: &["sensorMetadata", "sensorReport"],
    required: &["sensorReport"],
    open: true,
};
const SENSOR_METADATA: SensorShape =
    SensorShape { name: "sensorMetadata", fields: SENSOR_METADATA_FIELDS, needs_type: false };
const SENSOR_REPORT: SensorShape = SensorShape { name: "sensorReport", fields: SENSOR_REPORT_FIELDS, needs_type: true };

type SensorFields = (Vec<(SensorField, Box<str>)>, Vec<Extension>);

impl EventReader<'_> {
    pub(super) fn sensor_elements(&mut self, json: Json, path: &Path<'_>) -> Read<Vec<SensorElement>> {
        self.list("sensorElementList", json, path, Self::sensor_element)
    }

    fn sensor_element(&mut self, json: Json, path: &Path<'_>) -> Option<SensorElement> {
        let members = self.object("sensorElement", json, path).ok()?;
        let mut element = SensorElement::default();
        element.extensions = self.structure(&SENSOR_ELEMENT, members, path, |reader, field, json, path| {
            match field {
                "sensorMetadata" => {
                    let (fields, extensions) = reader.sensor_fields(&SENSOR_METADATA, json, path)?;
                    element.metadata = Some(SensorMetadata { fields, extensions });
                }
                _ => {
                    element.reports = reader.list(field, json, path, |reader, json, path| {
                        let (fields, extensions) = reader.sensor_fields(&SENSOR_REPORT, json, path).ok()?;
                        Some(SensorReport { fields, extensions })
                    })?;
                    if element.reports.is_empty() {
                        reader.problems.add(structure::TOO_FEW, &[field], path);
                    }
                }
            }
            Ok(())
        });
        Some(element)
    }

    fn sensor_fields(&mut self, shape: &SensorShape, json: Json, path: &Path<'_>) -> Read<SensorFields> {
        let members = self.object(shape.name, json, path)?;
        let names: Vec<&'static str> = shape.fields.iter().map(|field| field.name).collect();
        let layout = Shape { name: shape.name, fields: &names, required: &[], open: true };
        let mut fields = Vec::with_capacity(members.len());
        let extensions = self.structure(&layout, members, path, |reader, name, json, path| {
            if let Some(field) = shape.fields.iter().find(|field| field.name == name) {
                fields.push((*field, reader.sensor_value(field, json, path)?));
            }
            Ok(())
        });
        let has = |name: &str| fields.iter().any(|(field, _)| field.name == name);
        // A report says what it measures, or which exception arose (epcis.md; the schema wants `type`).
        if shape.needs_type && !has("type") && !has("exception") {
            self.problems.add(structure::MISSING_FIELD, &["type", shape.name], path);
        }
        fields.sort_by_key(|(field, _)| shape.fields.iter().position(|known| known == field));
        Ok((fields, extensions))
    }

    fn sensor_value(&mut self, field: &SensorField, json: Json, path: &Path<'_>) -> Read<Box<str>> {
        let text = match field.kind {
            SensorValue::Uri => self.text(field.name, json, path)?,
            SensorValue::Time => self.time(field.name, json, path)?,
            SensorValue::Number => return self.number(field.name, json, path),
            SensorValue::Text => self.text(field.name, json, path)?,
            SensorValue::Boolean => match json {
                Json::Boolean(true) => "true".to_owned(),
                Json::Boolean(false) => "false".to_owned(),
                other => {
                    self.problems.add(structure::WRONG_TYPE, &[field.name, "boolean", other.kind()], path);
                    return Err(other);
                }
            },
            SensorValue::HexBinary => {
                let text = self.text(field.name, json, path)?;
                let octets = !text.is_empty() && text.len().is_multiple_of(2);
                if !octets || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    self.problems.add(structure::BAD_HEX, &[&text], path);
                }
                text
            }
            SensorValue::MeasurementType => self.word(&cbv::MEASUREMENT_TYPE, json, path)?,
            SensorValue::Exception => self.word(&cbv::EXCEPTION, json, path)?,
            SensorValue::Component => self.word(&cbv::COMPONENT, json, path)?,
        };
        Ok(text.into())
    }
}
