//! What the writer says, and what it refuses to say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/documents.rs"]
mod documents;

use std::ops::ControlFlow;

use documents::collect;
use suyuan_epcis::document::{DocumentKind, Header, Item, Limits, MasterVocabulary, QueryParameter, Syntax};
use suyuan_epcis::document::{Tail, WriteError};
use suyuan_epcis::model::{
    Event, EventType, Extension, Number, Object, QuantityElement, SENSOR_REPORT_FIELDS, Scalar, SensorElement,
    SensorReport, Typed, Value,
};
use suyuan_epcis::name::Name;
use suyuan_epcis::xml::{self, Writer};

fn header(kind: DocumentKind) -> Header {
    let mut header = Header::new(Syntax::Json, kind);
    header.creation_date = Some("2026-01-01T00:00:00Z".to_owned());
    header.query_name =
        matches!(kind, DocumentKind::QueryResults | DocumentKind::Query).then(|| "SimpleEventQuery".to_owned());
    header
}

fn object_event() -> Event {
    let mut event = Event::new(EventType::Object);
    event.event_time = Some("2026-01-01T00:00:00.000Z".to_owned());
    event.event_time_zone_offset = Some("+08:00".to_owned());
    event.action = Some("ADD".to_owned());
    event
}

fn name(prefix: &str, namespace: &str, local: &str) -> Name {
    Name { namespace: namespace.into(), prefix: prefix.into(), local: local.into() }
}

fn scalar(name: Name, text: &str) -> Extension {
    Extension { name, value: Value::Scalar(text.into(), Scalar::Text) }
}

fn write(header: &Header, events: &[Event], end: &[Extension]) -> Result<String, WriteError> {
    let mut writer = Writer::new(Vec::new(), header)?;
    for event in events {
        writer.event(event)?;
    }
    Ok(String::from_utf8(writer.end(&Tail { document: end.to_vec(), ..Tail::default() })?).unwrap())
}

fn read(text: &str) -> (Header, Vec<Event>, Vec<Extension>) {
    let document = collect(|receiver| xml::read(&mut text.as_bytes(), &Limits::default(), receiver))
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(document.problems().is_empty(), "{:?}\n{text}", document.problems());
    let extensions = [document.tail.body, document.tail.document].concat();
    (document.header, document.events, extensions)
}

// Goal: the exact bytes of a small document change only on purpose. Method: compare with a text.
#[test]
fn a_small_document() {
    let mut header = header(DocumentKind::Capture);
    header.namespaces.bind("ex", "http://example.com/");
    let mut event = object_event();
    event.epc_list = Some(vec!["urn:epc:id:sgtin:4012345.011111.9876".to_owned()]);
    event.biz_step = Some("shipping".to_owned());
    event.extensions = vec![scalar(name("ex", "http://example.com/", "a"), "1 < 2 & \"3\"\r")];
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <epcis:EPCISDocument xmlns:epcis=\"urn:epcglobal:epcis:xsd:2\" xmlns:ex=\"http://example.com/\" \
        schemaVersion=\"2.0\" creationDate=\"2026-01-01T00:00:00Z\">\n<EPCISBody><EventList>\n\
        <ObjectEvent><eventTime>2026-01-01T00:00:00.000Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>\
        <epcList><epc>urn:epc:id:sgtin:4012345.011111.9876</epc></epcList><action>ADD</action>\
        <bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep><ex:a>1 &lt; 2 &amp; \"3\"&#13;</ex:a></ObjectEvent>\n\
        </EventList></EPCISBody></epcis:EPCISDocument>\n";
    assert_eq!(write(&header, &[event], &[]).unwrap(), expected);
}

// Goal: whatever prefixes the author chose, each name keeps its namespace. Method: names that clash with each other,
// with the document's prefixes and with the writer's own.
#[test]
fn prefixes_never_clash() {
    let mut header = header(DocumentKind::Capture);
    header.namespaces.bind("a", "urn:a");
    header.namespaces.bind("epcis", "https://ref.gs1.org/epcis/");
    let mut event = object_event();
    event.namespaces.bind("a", "urn:other");
    event.namespaces.bind("ns1", "urn:ns1");
    let inner = Object {
        attributes: vec![
            (name("p", "urn:1", "x"), "1".into()),
            (name("p", "urn:2", "x"), "2".into()),
            (name("", "urn:3", "x"), "3".into()),
            (name("xml", "http://www.w3.org/XML/1998/namespace", "lang"), "zh".into()),
            (Name::local("x"), "\t\n\"<&".into()),
        ],
        text: Some("text".into()),
        members: vec![
            scalar(name("", "", "plain"), "1"),
            scalar(name("", "urn:d", "default"), "2"),
            scalar(name("p", "urn:9", "y"), "3"),
            Extension { name: name("p", "urn:9", "y"), value: Value::Null },
        ],
    };
    event.extensions = vec![
        scalar(name("a", "urn:a", "b"), "1"),
        scalar(name("a", "urn:other", "b"), "2"),
        scalar(name("epcis", "https://ref.gs1.org/epcis/", "b"), "3"),
        scalar(name("epcis", "urn:mine", "b"), "4"),
        scalar(name("", "urn:d", "b"), "5"),
        scalar(name("1bad", "urn:bad", "b"), "6"),
        Extension { name: name("p", "urn:p", "object"), value: Value::Object(inner.clone()) },
        Extension { name: name("", "urn:d", "object"), value: Value::Object(inner) },
    ];
    let text = write(&header, std::slice::from_ref(&event), &[]).unwrap();
    let (_, events, _) = read(&text);
    assert_eq!(events[0].extensions, event.extensions, "{text}");
}

// Goal: what XML cannot carry is refused with its code, and the document goes on without it. Method: a table of events.
#[test]
fn what_xml_cannot_carry() {
    let ex = |local: &str| name("ex", "http://example.com/", local);
    let with = |value: Value| {
        let mut event = object_event();
        event.extensions = vec![Extension { name: ex("a"), value }];
        event
    };
    let sensor = |extension: Extension| {
        let mut event = object_event();
        let fields = vec![(SENSOR_REPORT_FIELDS[0], "Temperature".into())];
        let report = SensorReport { fields, extensions: vec![extension] };
        event.sensor_element_list = Some(vec![SensorElement { reports: vec![report], ..SensorElement::default() }]);
        event
    };
    let mut certified = object_event();
    certified.certification_info = vec!["https://a".to_owned(), "https://b".to_owned()];
    let mut own = object_event();
    own.event_type = EventType::Other("MyEvent".to_owned());
    let mut misfit = object_event();
    misfit.parent_id = Some("urn:x:y".to_owned());
    let mut nameless = object_event();
    nameless.extensions = vec![scalar(Name::local("a"), "1")];
    let mut ill_named = object_event();
    ill_named.extensions = vec![scalar(ex("1 a"), "1")];
    let report = "/epcisBody/eventList/0/sensorElementList/0/sensorReport/0/ex:a";
    let table = [
        (with(Value::List(Vec::new())), "EPCIS-XML_LIST", "/epcisBody/eventList/0/ex:a"),
        (with(Value::Object(Object::default())), "EPCIS-XML_EMPTY_OBJECT", "/epcisBody/eventList/0/ex:a"),
        (with(Value::Scalar("\u{0}".into(), Scalar::Text)), "EPCIS-XML_CHARACTER", "/epcisBody/eventList/0/ex:a"),
        (sensor(Extension { name: ex("a"), value: Value::Null }), "EPCIS-XML_SCALARS_ONLY", report),
        (sensor(scalar(Name::local("a"), "1")), "EPCIS-XML_NO_NAMESPACE", &report.replace("ex:", "")),
        (certified, "EPCIS-XML_ONE_CERTIFICATION", "/epcisBody/eventList/0/certificationInfo"),
        (own, "EPCIS-XML_NO_NAMESPACE", "/epcisBody/eventList/0"),
        (misfit, "EPCIS-UNKNOWN_FIELD", "/epcisBody/eventList/0/parentID"),
        (nameless, "EPCIS-XML_NO_NAMESPACE", "/epcisBody/eventList/0/a"),
        (ill_named, "EPCIS-XML_NAME", "/epcisBody/eventList/0/ex:1 a"),
    ];
    for (event, code, pointer) in table {
        let mut writer = Writer::new(Vec::new(), &header(DocumentKind::Capture)).unwrap();
        let Err(WriteError::CannotCarry(problem)) = writer.event(&event) else { panic!("{code}") };
        assert_eq!((problem.reason.code.id, problem.place.pointer.as_str()), (code, pointer));
        assert_eq!(problem.place.event, Some(0));
        writer.event(&object_event()).unwrap();
        let text = String::from_utf8(writer.end(&Tail::default()).unwrap()).unwrap();
        assert_eq!(read(&text).1, [object_event()], "{code}");
    }
    let undated = Header::new(Syntax::Json, DocumentKind::BareEvents);
    assert!(matches!(write(&undated, &[], &[]), Err(WriteError::CannotCarry(_))));
}

// Goal: everything around the events comes back. Method: write each kind of document, read it.
#[test]
fn documents_come_back() {
    let mut capture = header(DocumentKind::Capture);
    capture.id = Some("urn:uuid:1".to_owned());
    capture.sender = Some("urn:epc:id:pgln:4012345.00225".to_owned());
    capture.instance_identifier = Some("1".to_owned());
    capture.namespaces.bind("ex", "http://example.com/");
    capture.body_extensions = vec![scalar(name("ex", "http://example.com/", "body"), "1")];
    capture.extensions = vec![scalar(name("ex", "http://example.com/", "document"), "2")];
    capture.master_data = vec![MasterVocabulary { kind: Some("urn:v".to_owned()), ..MasterVocabulary::default() }];
    let mut own = object_event();
    own.event_type = EventType::Other("my:Event".to_owned());
    own.namespaces.bind("my", "urn:my");
    own.action = None;
    let mut typed = object_event();
    let owner =
        Typed { kind: Some("owning_party".to_owned()), value: Some("urn:o".to_owned()), extensions: Vec::new() };
    typed.source_list = Some(vec![owner]);
    let text = write(&capture, &[own.clone(), typed.clone()], &[]).unwrap();
    let (read_header, events, end) = read(&text);
    assert_eq!(events, [own, typed]);
    assert_eq!(end, [capture.body_extensions.clone(), capture.extensions.clone()].concat());
    capture.extensions.clear();
    capture.body_extensions.clear();
    capture.schema_version = Some("2.0".to_owned());
    capture.syntax = Syntax::Xml;
    assert_eq!(read_header, capture);

    let mut results = header(DocumentKind::QueryResults);
    results.subscription_id = Some("s".to_owned());
    let (read_header, events, _) = read(&write(&results, &[object_event()], &[]).unwrap());
    assert_eq!((read_header.subscription_id, events.len()), (results.subscription_id, 1));

    let mut query = header(DocumentKind::Query);
    let parameter = |name: &str, values: &[&str]| {
        let values = Some(values.iter().map(|value| (*value).to_owned()).collect());
        QueryParameter { name: name.to_owned(), values }
    };
    query.query =
        vec![parameter("eventType", &["ObjectEvent", "x"]), parameter("EQ_a", &["1"]), parameter("EXISTS_a", &[])];
    let (read_header, _, _) = read(&write(&query, &[], &[]).unwrap());
    assert_eq!((read_header.kind, read_header.query), (DocumentKind::Query, query.query));

    let mut master = header(DocumentKind::MasterData);
    master.master_data = vec![MasterVocabulary { kind: Some("urn:v".to_owned()), ..MasterVocabulary::default() }];
    assert_eq!(read(&write(&master, &[], &[]).unwrap()).0.master_data, master.master_data);
}

// Goal: a pointer in the JSON binding's words finds the line. Method: a document with each part on its own line, in
// the form of 1.2 with its wrappers.
#[test]
fn lines_of_parts() {
    let text = "<e:EPCISDocument xmlns:e='urn:epcglobal:epcis:xsd:1' xmlns:x='urn:x' schemaVersion='1.2'\n\
        creationDate='2026-01-01T00:00:00Z'><EPCISBody><EventList>\n<ObjectEvent>\n<eventTime/>\n<baseExtension>\n\
        <eventID/></baseExtension><epcList>\n<epc/>\n<epc/></epcList>\n<readPoint>\n<id/></readPoint>\n<extension>\n\
        <quantityList>\n<quantityElement>\n<epcClass/></quantityElement></quantityList></extension>\n<x:a/>\n<x:a/>\n\
        </ObjectEvent></EventList></EPCISBody></e:EPCISDocument>";
    let table = [
        ("", 3),
        ("/eventTime", 4),
        ("/eventID", 6),
        ("/epcList", 6),
        ("/epcList/1", 8),
        ("/readPoint/id", 10),
        ("/quantityList/0/epcClass", 14),
        ("/quantityList/0/uom", 13),
        ("/x:a/0", 15),
        ("/x:a/1", 16),
        ("/nothing", 3),
    ];
    let mut lines = Vec::new();
    xml::read(&mut text.as_bytes(), &Limits::default(), &mut |item| {
        if let Item::Event(_, _, locate) = item {
            lines = table.iter().map(|(pointer, _)| (*pointer, locate.line(pointer).unwrap())).collect();
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(lines, table);
}

// Goal: a value that JSON knows and the XSD does not is named, not written. Method: a quantity whose digits would fill
// the memory, half a byte.
#[test]
fn values_that_xml_does_not_know() {
    let refused = |event: Event| match write(&header(DocumentKind::Capture), &[event], &[]) {
        Err(WriteError::CannotCarry(problem)) => (problem.reason.code.id, problem.place.pointer.clone()),
        other => panic!("{other:?}"),
    };
    let mut event = object_event();
    let quantity = |text: &str| QuantityElement {
        epc_class: Some("urn:a:b".to_owned()),
        quantity: Some(Number(text.into())),
        ..QuantityElement::default()
    };
    event.quantity_list = Some(vec![quantity("1.5e3")]);
    let written = write(&header(DocumentKind::Capture), &[event.clone()], &[]).unwrap();
    assert!(written.contains("<quantity>1500</quantity>"));
    event.quantity_list = Some(vec![quantity("1e999999999")]);
    let (code, pointer) = refused(event);
    assert_eq!((code, pointer.ends_with("/quantityList/0/quantity")), ("EPCIS-XML_CANNOT_WRITE", true));
    let mut event = object_event();
    let field = *SENSOR_REPORT_FIELDS.iter().find(|field| field.name == "hexBinaryValue").unwrap();
    let report = SensorReport { fields: vec![(field, "f0f".into())], extensions: Vec::new() };
    event.sensor_element_list = Some(vec![SensorElement { reports: vec![report], ..SensorElement::default() }]);
    let (code, pointer) = refused(event);
    assert_eq!((code, pointer.ends_with("/sensorReport/0/hexBinaryValue")), ("EPCIS-XML_CANNOT_WRITE", true));
}
