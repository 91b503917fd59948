//! Profiles: which record type an event is of, and how complete it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ops::ControlFlow;

use serde_json::{Value, json};
use suyuan_epcis::document::{Item, Limits};
use suyuan_epcis::input::Input;
use suyuan_epcis::model::Event;
use suyuan_epcis::read::read;
use suyuan_ledger::profile::{
    Assessment, FieldType, NAMESPACE, ProductClass, RecordType, assess, classify, declared_class, declared_type,
    record_types,
};

const ENTITY: &str = "urn:uscc:91440115DEMA00013J";
const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000001";
const TIME: &str = "2026-10-03T14:00:00.000+08:00";
const LOT: &str = "https://id.gs1.org/01/09521001001014/10/L1";
const ITEM: &str = "https://id.gs1.org/01/09521001001014/21/1";
const CASE: &str = "https://id.gs1.org/00/095210010000000017";
const DEVICE: &str = "urn:cn:speq:31104401020190123";

/// The event that this JSON says, read as part of a document.
fn event(text: &Value) -> Event {
    let document = json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"suyuan": NAMESPACE}],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": TIME,
        "epcisBody": {"eventList": [text]}
    });
    let mut found = None;
    read(&mut Input::Memory(document.to_string().into_bytes()), &Limits::default(), &mut |item| {
        if let Item::Event(event, problems, _) = item {
            assert!(!problems.has_error(), "{problems:?} {text}");
            found = Some(*event);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    found.unwrap()
}

/// An event with time and place; `rest` has the other members, and `data` the key data elements.
fn with(kind: &str, step: &str, disposition: &str, rest: Value, data: Value) -> Value {
    let mut all = json!({
        "type": kind, "eventTime": TIME, "eventTimeZoneOffset": "+08:00", "bizStep": step,
        "readPoint": {"id": "https://id.gs1.org/414/9521001000017/254/a"}
    });
    let members = all.as_object_mut().unwrap();
    if !disposition.is_empty() {
        members.insert("disposition".to_owned(), json!(disposition));
    }
    members.extend(rest.as_object().unwrap().clone());
    members.extend(data.as_object().unwrap().iter().map(|(name, value)| (format!("suyuan:{name}"), value.clone())));
    all
}

fn without(text: &Value, member: &str) -> Value {
    let mut less = text.clone();
    assert!(less.as_object_mut().unwrap().remove(member).is_some(), "{member}");
    less
}

fn replaced(text: &Value, member: &str, value: Value) -> Value {
    let mut other = text.clone();
    other[member] = value;
    other
}

fn quantity(milli: i64) -> Value {
    json!({"suyuan:milli": milli})
}

fn party(side: &str) -> Value {
    json!([
        {"type": "owning_party", side: "https://id.gs1.org/417/9521002000016"},
        {"type": "location", side: "https://id.gs1.org/414/9521002000016"}
    ])
}

fn desadv() -> Value {
    json!([{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9521001000017:1"}])
}

fn codes(assessment: &Assessment) -> Vec<&'static str> {
    assessment.problems.iter().map(|reason| reason.code.id).collect()
}

/// A complete record of a class.
struct Case {
    class: ProductClass,
    code: &'static str,
    event: Value,
    /// Mandatory key data elements, with time and place.
    mandatory: u32,
    /// Members of the event, and which key data elements go with each.
    carried: &'static [(&'static str, &'static [&'static str])],
}

/// One complete record of every class, written by hand.
fn cases() -> Vec<Case> {
    use ProductClass::{AgInput, Agri, Cosm, Drug, Food, Fresh, Haz, Infant, MedCon, Other, SpEq, Vacc};
    let of = |class, code, mandatory, carried, event| Case { class, code, event, mandatory, carried };
    let lots = |action: &str| json!({"action": action, "quantityList": [{"epcClass": LOT, "quantity": 5}]});
    let ilmd =
        |members: Value| json!({"action": "ADD", "quantityList": [{"epcClass": LOT, "quantity": 5}], "ilmd": members});
    let shipping = |mut rest: Value| {
        rest["action"] = json!("OBSERVE");
        rest["destinationList"] = party("destination");
        rest["bizTransactionList"] = desadv();
        rest
    };
    let made = json!({"cbvmda:productionDate": "2026-10-03", "cbvmda:itemExpirationDate": "2028-10-02"});
    vec![
        of(
            Food,
            "F7.SHIP",
            10,
            &[
                ("quantityList", &["items"]),
                ("destinationList", &["consignee", "consignee_place"]),
                ("bizTransactionList", &["doc_type", "doc_no_hash"]),
                ("readPoint", &["read_point"]),
            ],
            with(
                "ObjectEvent",
                "shipping",
                "in_transit",
                shipping(json!({"quantityList": [{"epcClass": LOT}]})),
                json!({"vehicle_class": "chilled", "eta": TIME}),
            ),
        ),
        of(
            Infant,
            "F5.TRANSFORM",
            11,
            &[
                ("inputQuantityList", &["inputs"]),
                ("outputQuantityList", &["outputs"]),
                ("ilmd", &["made_date", "expiry"]),
            ],
            with(
                "TransformationEvent",
                "commissioning",
                "active",
                json!({"transformationID": "urn:uuid:00000000-0000-4000-8000-000000000001", "inputQuantityList": [{"epcClass": LOT, "quantity": 1}], "outputQuantityList": [{"epcClass": "https://id.gs1.org/01/09521001001014/10/L2", "quantity": 1}], "ilmd": made}),
                json!({"loss_qty": quantity(0), "tol_ppm": 2000, "sc_no": "SC12944011500126", "formula_reg": "国食注字YP20260123", "rework": false}),
            ),
        ),
        of(
            Fresh,
            "F2.COOL",
            7,
            &[("quantityList", &["lot"]), ("readPoint", &["read_point", "cool_place"])],
            with(
                "ObjectEvent",
                "storing",
                "in_progress",
                lots("OBSERVE"),
                json!({"target_dC": -180, "reached_dC": -185}),
            ),
        ),
        of(
            Agri,
            "F1.HARVEST",
            8,
            &[("quantityList", &["qty", "lot"]), ("bizLocation", &["origin_unit"])],
            with(
                "ObjectEvent",
                "commissioning",
                "active",
                json!({"action": "ADD", "quantityList": [{"epcClass": LOT, "quantity": 5, "uom": "KGM"}], "bizLocation": {"id": "https://id.gs1.org/414/9521001000017"}}),
                json!({"recordType": "F1.HARVEST", "commodity": "rice", "input_use_hash": HASH}),
            ),
        ),
        of(
            AgInput,
            "A1.INPUT_LOT",
            7,
            &[("quantityList", &["lot"])],
            with(
                "ObjectEvent",
                "commissioning",
                "active",
                lots("ADD"),
                json!({"kind": "pesticide", "registration_no": "PD20260001", "maker": ENTITY, "restricted": true}),
            ),
        ),
        of(
            Drug,
            "D5.SHIP",
            8,
            &[("epcList", &["codes"]), ("destinationList", &["consignee"]), ("bizTransactionList", &["doc_no_hash"])],
            with(
                "ObjectEvent",
                "shipping",
                "in_transit",
                shipping(json!({"epcList": [CASE]})),
                json!({"consignee_licence": "L-1", "carrier": ENTITY, "cold_chain": false}),
            ),
        ),
        of(
            Vacc,
            "D7.RECEIVE",
            7,
            &[("epcList", &["codes"]), ("disposition", &["result"])],
            with(
                "ObjectEvent",
                "receiving",
                "mismatch_instance",
                json!({"action": "OBSERVE", "epcList": [CASE]}),
                json!({"recordType": "D7.RECEIVE", "announced_ref": HASH, "temperature_record_ref": HASH, "temperature_accepted": true}),
            ),
        ),
        of(
            MedCon,
            "M1.DEVICE_LOT",
            8,
            &[("quantityList", &["udi_di", "lot_or_serial"]), ("ilmd", &["made"])],
            with(
                "ObjectEvent",
                "commissioning",
                "active",
                ilmd(made.clone()),
                json!({"reg_cert": "粤械注准20162140001", "holder": ENTITY, "sterile": true}),
            ),
        ),
        of(
            Cosm,
            "C1.COSMETIC_LOT",
            9,
            &[("quantityList", &["gtin", "lot"]), ("ilmd", &["made", "expiry"])],
            with(
                "ObjectEvent",
                "commissioning",
                "active",
                ilmd(made.clone()),
                json!({"reg_or_filing_no": "粤G妆网备字2026000001", "special": false, "registrant": ENTITY}),
            ),
        ),
        of(
            SpEq,
            "S10.COMPONENT_CHANGE",
            7,
            &[("parentID", &["device"])],
            with(
                "AssociationEvent",
                "replacing",
                "active",
                json!({"action": "ADD", "parentID": DEVICE, "childEPCs": [ITEM]}),
                json!({"removed": [{"suyuan:role": "brake", "suyuan:gtin": "9521001001014", "suyuan:lot_or_serial": "1"}], "installed": {"suyuan:role": "brake", "suyuan:gtin": "9521001001014", "suyuan:lot_or_serial": "2"}, "reason": "recall", "unit": ENTITY}),
            ),
        ),
        of(
            Haz,
            "H1.HAZ_CONSIGN",
            14,
            &[("quantityList", &["qty"])],
            with(
                "ObjectEvent",
                "consigning",
                "in_transit",
                lots("OBSERVE"),
                json!({"un_no": "UN1170", "proper_name": "ethanol", "class": "3", "packing_group": "II", "packages": 4, "consignor_licence": "A", "carrier_licence": "B", "consignee_licence": "C", "emergency_sheet_hash": HASH, "eta": 1_790_000_000_000_i64, "route_hash": HASH}),
            ),
        ),
        of(
            Other,
            "F12.DESTROY",
            6,
            &[("epcList", &["items", "qty"])],
            with(
                "ObjectEvent",
                "destroying",
                "destroyed",
                json!({"action": "DELETE", "epcList": [ITEM]}),
                json!({"method": "shredding", "proof_hash": HASH}),
            ),
        ),
    ]
}

// Goal: a record of every class is complete when it is, and lacks exactly what is taken away. Method: complete records
// written by hand; then without each member that carries something, without each extension, and with each of a wrong
// type.
#[test]
fn complete_missing_and_wrong() {
    let cases = cases();
    assert!(ProductClass::ALL.iter().all(|class| cases.iter().any(|case| case.class == *class)));
    for Case { class, code, event: text, mandatory, carried } in &cases {
        let record_type = RecordType::find(code).unwrap();
        let judge = |text: &Value| assess(&event(text), record_type, *class);
        let lacks = |text: &Value, names: &[&str], what: &str| {
            let judged = judge(text);
            assert_eq!(judged.missing, names, "{code} {what}");
            let present = mandatory - u32::try_from(names.len()).unwrap();
            assert_eq!((judged.mandatory, judged.present), (*mandatory, present), "{code} {what}");
            assert_eq!(judged.completeness, present * 1000 / mandatory, "{code} {what}");
            judged
        };
        assert!(lacks(text, &[], "complete").problems.is_empty(), "{code} {:?}", judge(text).problems);
        for (member, names) in *carried {
            lacks(&without(text, member), names, member);
        }
        let given = text.as_object().unwrap().keys().filter_map(|name| name.strip_prefix("suyuan:"));
        for name in given.filter(|name| *name != "recordType") {
            let member = format!("suyuan:{name}");
            let judged = lacks(&without(text, &member), &[name], name);
            assert_eq!(codes(&judged), ["REC-FIELD_MISSING"], "{code} {name}");
            let wrong = json!({"suyuan:nothing": {"suyuan:of": "this"}});
            let judged = lacks(&replaced(text, &member, wrong), &[name], name);
            assert_eq!(codes(&judged), ["REC-FIELD_TYPE", "REC-FIELD_MISSING"], "{code} {name}");
            lacks(&replaced(text, &member, Value::Null), &[name], name);
        }
        assert_eq!(classify(&event(&replaced(text, "suyuan:productClass", json!(class.code())))).unwrap().code, *code);
    }
}

/// A value of this type.
fn sample(kind: &FieldType) -> Value {
    use suyuan_epcis::identifier::Kind;
    match kind {
        FieldType::Time => json!(TIME),
        FieldType::Date => json!("2026-10-03"),
        FieldType::Quantity => json!({"suyuan:milli": 1500, "suyuan:uom": "KGM"}),
        FieldType::Integer | FieldType::Flags7 => json!(7),
        FieldType::Boolean => json!(true),
        FieldType::Text | FieldType::Code | FieldType::Licence => json!("x-1"),
        FieldType::Entity => json!(ENTITY),
        FieldType::Hash | FieldType::Sealed => json!(HASH),
        FieldType::Uri => json!("urn:x:y"),
        FieldType::DeviceIdentifier => json!("9521001001014"),
        FieldType::DrugCode => json!("8105123"),
        FieldType::Enum(words) => json!(words[0]),
        FieldType::List(members) if members.is_empty() => json!(["a", "b"]),
        FieldType::List(members) => {
            json!([members
                .iter()
                .map(|name| (format!("suyuan:{name}"), json!("1")))
                .collect::<serde_json::Map<_, _>>()])
        }
        FieldType::Pair => json!([20, 80]),
        FieldType::Structure => json!({"suyuan:a": 1}),
        FieldType::Identifier(kind) => json!(match kind {
            Kind::Gln => "9521001000017",
            Kind::Gtin => "9521001001014",
            Kind::Lot => "L1",
            Kind::Division => "440607",
            Kind::FoodLicence => "SC12944011500126",
            Kind::InfantFormulaRegistration => "国食注字YP20260123",
            Kind::DrugApproval => "国药准字S20260012",
            Kind::DrugStandardCode => "86905100001233",
            Kind::EquipmentCode => "31104401020190123",
            Kind::UseCertificate => "梯11粤A00123(19)",
            Kind::UnNumber => "UN1170",
            other => panic!("{other:?}"),
        }),
    }
}

// Goal: whatever the type and class, extensions alone can make a record complete, and nothing but time and place
// counts without them. Method: for every type of the table and each of its classes, an event of its first shape that
// carries as little as EPCIS allows, without extensions and with a sample of each.
#[test]
fn every_type_of_every_class() {
    let mut count = 0;
    for record_type in record_types() {
        let (shape, step) = (&record_type.shapes[0], record_type.biz_steps[0]);
        let what = match shape.event_type.name() {
            "TransformationEvent" => {
                json!({"transformationID": "urn:x:y", "inputEPCList": ["urn:x:1"], "outputEPCList": ["urn:x:2"]})
            }
            "ObjectEvent" => json!({"epcList": ["urn:x:1"]}),
            _ => json!({"parentID": "urn:x:1", "childEPCs": ["urn:x:2"]}),
        };
        let mut bare = with(shape.event_type.name(), step, "", what, json!({}));
        if let Some(action) = shape.action {
            bare["action"] = json!(action);
        }
        let mut full = bare.clone();
        for field in &record_type.fields {
            full[format!("suyuan:{}", field.name)] = sample(&field.kind);
        }
        for class in &record_type.classes {
            let judged = assess(&event(&full), record_type, *class);
            assert_eq!((judged.completeness, codes(&judged)), (1000, vec![]), "{} {class:?}", record_type.code);
            let mandatory = record_type.fields.iter().filter(|field| field.is_mandatory(*class)).count();
            assert_eq!(judged.mandatory as usize, mandatory + 2);
            let judged = assess(&event(&bare), record_type, *class);
            assert_eq!(judged.present as usize + judged.missing.len(), mandatory + 2);
            // Who is in what says everything of a packing.
            assert_eq!(judged.missing.is_empty(), record_type.code == "D3.AGGREGATE", "{} {class:?}", record_type.code);
            assert!(codes(&judged).iter().all(|code| *code == "REC-FIELD_MISSING"));
            count += 1;
        }
    }
    assert_eq!(count, 168);
}

// Goal: what depends on the class does. Method: one event judged as two classes.
#[test]
fn conditions() {
    let missing =
        |code: &str, text: &Value, class| assess(&event(text), RecordType::find(code).unwrap(), class).missing;
    let test = with(
        "ObjectEvent",
        "inspecting",
        "conformant",
        json!({"action": "OBSERVE", "quantityList": [{"epcClass": LOT}]}),
        json!({"standard": "GB10765-2021", "items_hash": HASH, "certificate_no_hash": HASH, "lab": ENTITY}),
    );
    assert!(missing("F6.EX_FACTORY_TEST", &test, ProductClass::Food).is_empty());
    assert_eq!(missing("F6.EX_FACTORY_TEST", &test, ProductClass::Infant), ["every_batch"]);
    let transport = with(
        "ObjectEvent",
        "transporting",
        "in_transit",
        json!({"action": "OBSERVE", "epcList": [CASE]}),
        json!({"depart": TIME, "arrive": TIME, "handovers": [{"suyuan:gln": "9521001000017", "suyuan:ts": TIME, "suyuan:entity": ENTITY}]}),
    );
    assert!(missing("D6", &transport, ProductClass::Drug).is_empty());
    let cold =
        ["limits_dC", "series_root", "series_count", "interval_s", "min_dC", "max_dC", "device_id", "calibration_hash"];
    assert_eq!(missing("D6", &transport, ProductClass::Vacc), cold);
    let sensed = replaced(
        &transport,
        "sensorElementList",
        json!([{"sensorMetadata": {"deviceID": "urn:x:y"}, "sensorReport": [{"type": "Temperature", "value": 4, "uom": "CEL"}]}]),
    );
    assert_eq!(missing("D6", &sensed, ProductClass::Vacc), ["limits_dC", "interval_s", "calibration_hash"]);
}

// Goal: what is wrong with a record is said. Method: a wrong class, another shape, an unknown type and class.
#[test]
fn problems() {
    let sale = with(
        "ObjectEvent",
        "retail_selling",
        "retail_sold",
        json!({"action": "OBSERVE", "quantityList": [{"epcClass": LOT, "quantity": 1}]}),
        json!({"channel": "store"}),
    );
    let type_of = |code: &str| RecordType::find(code).unwrap();
    let judge = |text: &Value, class| codes(&assess(&event(text), type_of("F10.SELL"), class));
    assert_eq!(judge(&sale, ProductClass::Food), [""; 0]);
    assert_eq!(judge(&sale, ProductClass::Drug), ["REC-WRONG_CLASS"]);
    assert_eq!(judge(&replaced(&sale, "bizStep", json!("dispensing")), ProductClass::Food), ["REC-WRONG_SHAPE"]);
    assert_eq!(judge(&replaced(&sale, "action", json!("DELETE")), ProductClass::Food), ["REC-WRONG_SHAPE"]);
    let unknown = replaced(&replaced(&sale, "suyuan:recordType", json!("F99.X")), "suyuan:productClass", json!("TOYS"));
    assert_eq!(judge(&unknown, ProductClass::Food), ["REC-UNKNOWN_TYPE", "REC-UNKNOWN_CLASS"]);
    let read = event(&unknown);
    assert!(classify(&read).is_none() && declared_type(&read).is_err() && declared_class(&read).is_err());
    assert_eq!(declared_type(&event(&sale)).unwrap().map(|found| found.code), None);
    // A wrong value is a fault even where EPCIS says the same; the element is there all the same.
    let twice = replaced(&sale, "suyuan:qty_day", json!("five"));
    let judged = assess(&event(&twice), type_of("F10.SELL"), ProductClass::Food);
    assert_eq!((codes(&judged), judged.completeness), (vec!["REC-FIELD_TYPE"], 1000));
    // Not our namespace, not our extension.
    let mut foreign = without(&sale, "suyuan:channel");
    foreign["@context"] = json!([{"other": "https://other.example/"}]);
    foreign["other:channel"] = json!("store");
    assert_eq!(assess(&event(&foreign), type_of("F10.SELL"), ProductClass::Food).missing, ["channel"]);
}

// Goal: without a name a type is found only where there is no doubt. Method: a table of events and classes.
#[test]
fn classification() {
    let object = |action: &str, step: &str, disposition: &str| {
        with(
            "ObjectEvent",
            step,
            disposition,
            json!({"action": action, "quantityList": [{"epcClass": LOT}]}),
            json!({}),
        )
    };
    let table = [
        (object("OBSERVE", "shipping", "in_transit"), "FOOD", Some("F7.SHIP")),
        (object("OBSERVE", "shipping", "in_transit"), "DRUG", Some("D5.SHIP")),
        (object("OBSERVE", "shipping", "in_transit"), "AGINPUT", Some("A2.INPUT_SALE")),
        (object("OBSERVE", "shipping", "in_transit"), "", None),
        (object("OBSERVE", "shipping", "returned"), "VACC", Some("D9.RETURN")),
        (object("OBSERVE", "shipping", "returned"), "FOOD", None),
        (object("OBSERVE", "receiving", "completeness_verified"), "FOOD", Some("F9.RECEIVE")),
        (object("OBSERVE", "receiving", "completeness_verified"), "HAZ", Some("H2.HAZ_RECEIVE")),
        (object("OBSERVE", "receiving", "sellable_not_accessible"), "FOOD", Some("F4.INTAKE")),
        (object("OBSERVE", "receiving", "in_progress"), "FOOD", None),
        (object("OBSERVE", "retail_selling", "retail_sold"), "", Some("F10.SELL")),
        (object("ADD", "retail_selling", "retail_sold"), "", None),
        // The same event may found stock, or goods already made.
        (object("ADD", "commissioning", "active"), "FOOD", None),
        (object("ADD", "commissioning", "active"), "VACC", Some("D2.COMMISSION")),
        // A recall, or the acknowledgement of one.
        (object("OBSERVE", "holding", "recalled"), "FOOD", None),
        // The release of a lot, or the decision on an excursion; a periodic inspection, or a test of one's own.
        (object("OBSERVE", "inspecting", "conformant"), "VACC", None),
        (object("OBSERVE", "inspecting", "conformant"), "SPEQ", None),
        (object("OBSERVE", "inspecting", "conformant"), "INFANT", Some("F6.EX_FACTORY_TEST")),
        (object("DELETE", "destroying", "destroyed"), "FOOD", Some("F12.DESTROY")),
        (object("DELETE", "destroying", "destroyed"), "SPEQ", Some("S14.SCRAP")),
        (object("OBSERVE", "holding", "unavailable"), "SPEQ", Some("S11.STOP_RESUME")),
        (object("OBSERVE", "holding", "unavailable"), "FOOD", None),
        (object("OBSERVE", "shipping", "in_transit"), "TOYS", None),
    ];
    for (text, class, expected) in table {
        let text = if class.is_empty() { text } else { replaced(&text, "suyuan:productClass", json!(class)) };
        assert_eq!(classify(&event(&text)).map(|found| found.code), expected, "{text}");
        let named = event(&replaced(&text, "suyuan:recordType", json!("TRC.OPENING_BALANCE")));
        assert_eq!(classify(&named).map(|found| found.code), Some("TRC.OPENING_BALANCE"));
    }
}
