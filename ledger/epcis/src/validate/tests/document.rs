//! What concerns a whole document: repeated events, queries, master data.

use super::show;
use crate::document::{DocumentKind, Header, NoLines, QueryParameter, Syntax};
use crate::model::Event;
use crate::problem::Problems;
use crate::validate::{self, DocumentRules};

// Goal: events that stand twice in a document are found, withdrawn ones left alone, memory bounded.
// Method: a few events with and without IDs, digests and error declarations.
#[test]
fn documents() {
    let mut rules = DocumentRules::new(3);
    let mut feed = |id: Option<&str>, digest: Option<u8>, declared: bool| {
        let mut event = Event::new(crate::model::EventType::Object);
        event.event_id = id.map(str::to_owned);
        event.error_declaration = declared.then(Default::default);
        let mut problems = Problems::default();
        rules.event(&event, digest.map(|byte| [byte; 32]), "", &mut problems, &NoLines);
        let arguments = problems.list.first().map(|problem| problem.reason.arguments.join(" "));
        (show(&problems.list), arguments.unwrap_or_default())
    };
    let none = (String::new(), String::new());
    assert_eq!(feed(Some("urn:a:1"), Some(1), false), none);
    assert_eq!(feed(Some("urn:a:2"), Some(2), false), none);
    assert_eq!(feed(Some("urn:a:1"), Some(3), false), ("DUPLICATE_EVENT_ID/eventID".into(), "urn:a:1 0".into()));
    assert_eq!(feed(Some("urn:a:3"), Some(2), false), ("DUPLICATE_EVENT".into(), "1".into()));
    assert_eq!(feed(Some("urn:a:1"), Some(1), true), none);
    assert_eq!(feed(None, None, false), none);
    // Full: the fourth identity is not remembered.
    assert_eq!(feed(Some("urn:a:4"), Some(4), false), none);
    assert_eq!(feed(Some("urn:a:4"), Some(4), false), none);
    assert_eq!(feed(Some("urn:a:2"), None, false), ("DUPLICATE_EVENT_ID/eventID".into(), "urn:a:2 1".into()));
}

fn judge_header(header: &Header) -> String {
    let mut problems = Problems::default();
    validate::header(header, &mut problems);
    show(&problems.list)
}

// Goal: queries give each known parameter once, with a value. Method: a table.
#[test]
fn queries() {
    let parameter = |name: &str, value: Option<&str>| QueryParameter {
        name: name.to_owned(),
        values: value.map(|value| vec![value.to_owned()]),
    };
    let judge = |parameters: Vec<QueryParameter>| {
        let mut header = Header::new(Syntax::Xml, DocumentKind::Query);
        header.query = parameters;
        judge_header(&header)
    };
    let (early, late) = (Some("2026-01-01T00:00:00Z"), Some("2026-02-01T00:00:00Z"));
    assert_eq!(judge(vec![parameter("GE_eventTime", early), parameter("LT_eventTime", late)]), "");
    assert_eq!(judge(vec![parameter("EXISTS_errorDeclaration", None)]), "");
    assert_eq!(judge(vec![parameter("EQ_bizStep", None)]), "QUERY_NO_VALUE/EQ_bizStep");
    assert_eq!(judge(vec![parameter("EQ_step", Some("a"))]), "QUERY_UNKNOWN_PARAMETER/EQ_step");
    let twice = vec![parameter("EQ_bizStep", Some("a")), parameter("EQ_bizStep", Some("b"))];
    assert_eq!(judge(twice), "QUERY_DUPLICATE_PARAMETER/EQ_bizStep");
    let reversed = vec![parameter("GE_eventTime", late), parameter("LT_eventTime", early)];
    assert_eq!(judge(reversed), "QUERY_EMPTY_RANGE/LT_eventTime");
}

// Goal: hierarchies of master data are hierarchies. Method: circles of one, two and many; a long chain.
#[test]
fn master_data() {
    use crate::document::{MasterAttribute, MasterElement, MasterVocabulary};
    let element = |id: &str, children: &[&str]| MasterElement {
        id: Some(id.to_owned()),
        children: Some(children.iter().map(|child| (*child).to_owned()).collect()),
        ..MasterElement::default()
    };
    let judge = |kind: &str, elements: Vec<MasterElement>| {
        let mut header = Header::new(Syntax::Json, DocumentKind::Capture);
        let vocabulary = MasterVocabulary { kind: Some(kind.to_owned()), elements, extensions: Vec::new() };
        header.master_data.push(vocabulary);
        judge_header(&header).replace("/epcisHeader/epcisMasterData/vocabularyList/0", "")
    };
    let location = "urn:epcglobal:epcis:vtype:Location";
    assert_eq!(judge(location, vec![element("urn:a:1", &["urn:a:2", "urn:a:3"]), element("urn:a:2", &[])]), "");
    assert_eq!(judge("https://a.example/vocabulary", vec![]), "");
    assert_eq!(judge("urn:epcglobal:epcis:vtype:Plaice", vec![]), "UNKNOWN_VOCABULARY/type");
    let at = "/vocabularyElementList";
    let rows = [
        (vec![element("urn:a:1", &["urn:a:1"])], format!("MASTER_CYCLE{at}/0/children")),
        (
            vec![element("urn:a:1", &["urn:a:2"]), element("urn:a:2", &["urn:a:1"])],
            format!("MASTER_CYCLE{at}/1/children"),
        ),
        (
            vec![
                element("urn:a:1", &["urn:a:2", "urn:a:3"]),
                element("urn:a:2", &["urn:a:4"]),
                element("urn:a:3", &["urn:a:4"]),
            ],
            String::new(),
        ),
        (vec![element("urn:a:1", &["urn:a:2", "urn:a:2"])], format!("DUPLICATE_CHILD{at}/0/children/1")),
        (vec![element("urn:a:1", &[]), element("urn:a:1", &[])], format!("DUPLICATE_MASTER_ID{at}/1/id")),
        (vec![element("urn:epc:id:sgln:0614141.1.0", &[])], format!("EPC-REFERENCE_LENGTH{at}/0/id")),
    ];
    for (elements, expected) in rows {
        assert_eq!(judge(location, elements), expected);
    }
    let mut person = element("urn:a:1", &[]);
    let value = crate::model::Value::Scalar("13812345678".into(), crate::model::Scalar::Text);
    person.attributes.push(MasterAttribute { id: Some("urn:a:phone".to_owned()), value: Some(value) });
    assert_eq!(judge(location, vec![person]), format!("MOBILE_NUMBER{at}/0/attributes/0/attribute"));
    let name = |index: usize| format!("urn:a:{index}");
    let chain: Vec<MasterElement> =
        (0..100_000).map(|index| element(&name(index), &[&name((index + 1) % 100_000)])).collect();
    assert_eq!(judge(location, chain), format!("MASTER_CYCLE{at}/99999/children"));
}
