//! Documents made to harm the reader, and documents that are slightly wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/documents.rs"]
mod documents;

use std::io::{BufRead, BufReader, Read};

use documents::collect;
use suyuan_epcis::document::{Limits, ReadError};
use suyuan_epcis::model::{Event, EventType, Value};
use suyuan_epcis::problem::Problem;
use suyuan_epcis::xml;

const BEFORE: &str = "<e:EPCISDocument xmlns:e=\"urn:epcglobal:epcis:xsd:2\" xmlns:x=\"http://example.com/x\" \
    schemaVersion=\"2.0\" creationDate=\"2026-01-01T00:00:00Z\"><EPCISBody><EventList>";
const BASE: &str = "<eventTime>2026-01-01T00:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>";
const AFTER: &str = "</EventList></EPCISBody></e:EPCISDocument>";

fn object_event(rest: &str) -> String {
    format!("<ObjectEvent>{BASE}{rest}</ObjectEvent>")
}

fn document(events: &str) -> String {
    format!("{BEFORE}{events}{AFTER}")
}

fn read_from(input: &mut dyn BufRead, limits: &Limits) -> Result<Vec<(Event, Vec<Problem>)>, ReadError> {
    let document = collect(|receiver| xml::read(input, limits, receiver))?;
    Ok(document.events.into_iter().zip(document.event_problems).collect())
}

fn read(text: &str) -> Result<Vec<(Event, Vec<Problem>)>, ReadError> {
    read_from(&mut text.as_bytes(), &Limits::default())
}

fn code(result: Result<Vec<(Event, Vec<Problem>)>, ReadError>) -> &'static str {
    match result {
        Err(ReadError::Malformed(problem)) => {
            assert!(problem.place.line.is_some());
            problem.reason.code.id
        }
        Err(ReadError::Io(error)) => panic!("{error}"),
        Ok(_) => "",
    }
}

/// A text, then one piece again and again.
struct Endless<'a> {
    begin: &'a [u8],
    piece: &'a [u8],
    left: usize,
}

impl Read for Endless<'_> {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        if !self.begin.is_empty() {
            return self.begin.read(target);
        }
        let mut written = 0;
        while self.left > 0 && written + self.piece.len() <= target.len() {
            target[written..written + self.piece.len()].copy_from_slice(self.piece);
            written += self.piece.len();
            self.left = self.left.saturating_sub(self.piece.len());
        }
        Ok(written)
    }
}

// Goal: no entity is ever expanded. Method: the classic attack, and other references.
#[test]
fn entities_are_refused() {
    let laughs =
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\">]><lolz>&b;</lolz>";
    assert_eq!(code(read(laughs)), "EPCIS-XML_DOCTYPE");
    assert_eq!(code(read("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>")), "EPCIS-XML_DOCTYPE");
    for reference in ["&b;", "&nbsp;", "&#0;", "&#xFFFF;", "&#99999999999;", "&#-1;"] {
        let in_text = document(&object_event(&format!("<action>{reference}</action>")));
        assert_eq!(code(read(&in_text)), "EPCIS-XML_ENTITY", "{reference}");
        let in_attribute = document(&object_event(&format!("<action a=\"{reference}\"/>")));
        assert_eq!(code(read(&in_attribute)), "EPCIS-XML_ENTITY", "{reference}");
    }
    let events =
        read(&document(&object_event("<x:a b=\"&lt;&#9;'\n\">&amp;&#x6EAF;<![CDATA[<&]]>\r\n</x:a>"))).unwrap();
    let Value::Object(object) = &events[0].0.extensions[0].value else { panic!() };
    assert_eq!(&*object.attributes[0].1, "<\t' ");
    assert_eq!(object.text.as_deref(), Some("&溯<&"));
}

// Goal: whatever has no end, ends in an error after about as many bytes as the limit. Method: a source that would go
// on for 100 MB in every place where something may be long, and how much of it was taken.
#[test]
fn endless_input_meets_a_limit() {
    let limits = Limits { event_bytes_max: 1 << 20, header_bytes_max: 1 << 20, depth_max: 64 };
    let event = format!("{BEFORE}<ObjectEvent>");
    let table: Vec<(String, &str, &str)> = vec![
        (format!("{event}<epcList><epc>"), "a", "EPCIS-EVENT_TOO_LARGE"),
        (format!("{event}<epcList>"), "<epc/>", "EPCIS-EVENT_TOO_LARGE"),
        (format!("{event}<epcList a=\""), "a", "EPCIS-EVENT_TOO_LARGE"),
        (format!("{event}<epcList"), " a=\"\"", "EPCIS-EVENT_TOO_LARGE"),
        (format!("{event}<"), "a", "EPCIS-EVENT_TOO_LARGE"),
        (format!("{event}<!--"), "a", "EPCIS-EVENT_TOO_LARGE"),
        (format!("{event}<![CDATA["), "a", "EPCIS-EVENT_TOO_LARGE"),
        (format!("{event}&"), "a", "EPCIS-EVENT_TOO_LARGE"),
        (event.clone(), "<a>", "EPCIS-TOO_DEEP"),
        (BEFORE.to_owned(), "<extension>", "EPCIS-TOO_DEEP"),
        (format!("{BEFORE}<!--"), "a", "EPCIS-EVENT_TOO_LARGE"),
        (format!("{BEFORE}<"), "a", "EPCIS-EVENT_TOO_LARGE"),
        (String::new(), " ", "EPCIS-HEADER_TOO_LARGE"),
        ("<".to_owned(), "a", "EPCIS-HEADER_TOO_LARGE"),
        ("<?xml".to_owned(), " ", "EPCIS-HEADER_TOO_LARGE"),
        ("<!DOCTYPE a [".to_owned(), "<!ENTITY a \"\">", "EPCIS-HEADER_TOO_LARGE"),
        (BEFORE.replace("<EPCISBody><EventList>", "<EPCISHeader>"), "<x:a/>", "EPCIS-HEADER_TOO_LARGE"),
    ];
    for (begin, piece, expected) in &table {
        let endless = Endless { begin: begin.as_bytes(), piece: piece.as_bytes(), left: 100 << 20 };
        let mut input = BufReader::new(endless);
        assert_eq!(code(read_from(&mut input, &limits)), *expected, "{begin} {piece}");
        let taken = (100 << 20) - input.get_ref().left;
        assert!(taken < 2 << 20, "{begin} {piece}: {taken} bytes");
    }
}

// Goal: many namespace declarations cost no more than their bytes. Method: 100,000 different ones, and as many of one
// prefix, in one event.
#[test]
fn many_declarations() {
    let declarations: String = (0..100_000).map(|n| format!("<x:a xmlns:p{n}=\"urn:p\"/>")).collect();
    let event = object_event(&format!("<action>ADD</action>{declarations}"));
    assert_eq!(code(read(&document(&event))), "EPCIS-XML_TOO_MANY");
    let event = object_event(&format!("<action>ADD</action>{}", "<p:a xmlns:p=\"urn:p\"/>".repeat(100_000)));
    assert_eq!(read(&document(&event)).unwrap()[0].0.extensions.len(), 100_000);
    let nested: String = (0..300).map(|n| format!(" xmlns:p{n}=\"urn:p\"")).collect();
    assert_eq!(code(read(&format!("<ObjectEvent{nested}/>"))), "EPCIS-XML_TOO_MANY");
}

// Goal: depth is limited, not by the stack. Method: 100,000 levels.
#[test]
fn deep_nesting_is_refused() {
    let deep = document(&object_event(&"<x:a>".repeat(100_000)));
    assert_eq!(code(read(&deep)), "EPCIS-TOO_DEEP");
    let allowed = 60;
    let deep = document(&object_event(&format!(
        "<action>ADD</action>{}{}",
        "<x:a>".repeat(allowed),
        "</x:a>".repeat(allowed)
    )));
    assert_eq!(read(&deep).unwrap()[0].1, []);
}

// Goal: what is not well-formed XML is refused. Method: a table of faults.
#[test]
fn malformed_documents_are_refused() {
    let table = [
        ("", "EPCIS-XML_SYNTAX"),
        ("text", "EPCIS-XML_SYNTAX"),
        ("<html/>", "EPCIS-XML_ROOT"),
        ("<EPCISDocument/>", "EPCIS-XML_ROOT"),
        ("<ObjectEvent/><ObjectEvent/>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent/>x", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent><a></b></ObjectEvent>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent a='1' a='2'/>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent a='1'b='2'/>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent a=1/>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent a/>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent a='<'/>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent><1a/></ObjectEvent>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent><a:b:c/></ObjectEvent>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent><a:b/></ObjectEvent>", "EPCIS-XML_PREFIX"),
        ("<ObjectEvent a:b='1'/>", "EPCIS-XML_PREFIX"),
        ("<ObjectEvent xmlns:a=''/>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent xmlns:xmlns='u:x'/>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent xmlns:a='u:x' xmlns:b='u:x' a:c='1' b:c='2'/>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent>\u{1}</ObjectEvent>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent>]]></ObjectEvent>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent>&amp</ObjectEvent>", "EPCIS-XML_SYNTAX"),
        ("<ObjectEvent><!-- -- --></ObjectEvent>", "EPCIS-XML_SYNTAX"),
        (" <?xml version='1.0'?><ObjectEvent/>", "EPCIS-XML_SYNTAX"),
        ("<?xml version='1.1'?><ObjectEvent/>", "EPCIS-XML_SYNTAX"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><ObjectEvent/>", "EPCIS-XML_ENCODING"),
        ("<?xml version='1.0' encoding='utf-16'?><ObjectEvent/>", "EPCIS-XML_ENCODING"),
    ];
    for (text, expected) in table {
        assert_eq!(code(read(text)), expected, "{text}");
    }
    for bytes in [&b"\xFE\xFF\0<\0a"[..], b"\xFF\xFE<\0a\0", b"<\0a\0", b"\0<\0a"] {
        assert_eq!(code(read_from(&mut &*bytes, &Limits::default())), "EPCIS-XML_ENCODING");
    }
    let mut not_utf8 = document(&object_event("<action>ADD</action><x:a>?</x:a>")).into_bytes();
    let at = not_utf8.iter().position(|byte| *byte == b'?').unwrap();
    not_utf8[at] = 0xFF;
    assert_eq!(code(read_from(&mut not_utf8.as_slice(), &Limits::default())), "EPCIS-XML_SYNTAX");
    let with_mark = format!("\u{FEFF}{}", document(&object_event("<action>ADD</action>")));
    assert_eq!(read(&with_mark).unwrap()[0].1, []);
}

// Goal: no cut, and no way the bytes come in pieces, makes the reader panic or read something else. Method: a document
// cut at every byte, and given byte by byte.
#[test]
fn cut_anywhere() {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- 溯源 -->{}",
        document(&object_event("<action>ADD</action><x:a b='1'>&amp;<![CDATA[x]]></x:a>"))
    );
    for cut in 0..text.len() {
        assert!(read_from(&mut &text.as_bytes()[..cut], &Limits::default()).is_err(), "{cut}");
    }
    let mut one_by_one = BufReader::with_capacity(1, text.as_bytes());
    let slowly = read_from(&mut one_by_one, &Limits::default()).unwrap();
    assert_eq!(slowly, read(&text).unwrap());
}

// Goal: a broken event takes nothing from its neighbours. Method: five broken ones between good ones.
#[test]
fn broken_events_stand_alone() {
    let good = object_event("<action>ADD</action>");
    let broken = [
        ("<ObjectEvent/>".to_owned(), "EPCIS-MISSING_FIELD"),
        (object_event("<action><b/></action>"), "EPCIS-WRONG_TYPE"),
        (object_event("<action>ADD</action><action>ADD</action>"), "EPCIS-DUPLICATE_FIELD"),
        (object_event("<action>ADD</action><parentID>urn:x:y</parentID>"), "EPCIS-UNKNOWN_FIELD"),
        (object_event("<epcList><foo/></epcList><action>ADD</action>"), "EPCIS-UNKNOWN_FIELD"),
        (object_event("<action>ADD</action><sourceList><source>u</source></sourceList>"), "EPCIS-MISSING_FIELD"),
        (object_event("<action>ADD</action><extension><quantityList/></extension>"), "EPCIS-XML_PLACE"),
        (object_event("<action>ADD</action>text"), "EPCIS-XML_TEXT"),
        ("<QuantityEvent/>".to_owned(), "EPCIS-XML_QUANTITY_EVENT"),
    ];
    for (event, expected) in broken {
        let events = read(&document(&format!("{good}{event}{good}"))).unwrap();
        assert_eq!(events.len(), 3, "{event}");
        assert_eq!((&events[0].1, &events[2].1), (&vec![], &vec![]), "{event}");
        assert!(events[1].1.iter().any(|problem| problem.reason.code.id == expected), "{event}: {:?}", events[1].1);
        assert_eq!(events[1].1[0].place.event, Some(1));
    }
    let own = format!("<extension><x:MyEvent>{BASE}<x:a>1</x:a></x:MyEvent></extension>");
    let events = read(&document(&own)).unwrap();
    assert_eq!(events[0].0.event_type, EventType::Other("x:MyEvent".to_owned()));
    assert_eq!(events[0].1, []);
}

/// The codes of everything wrong with a document, that of its events aside.
fn document_codes(text: &str) -> Vec<&'static str> {
    let document = collect(|receiver| xml::read(&mut text.as_bytes(), &Limits::default(), receiver)).unwrap();
    document.problems().iter().map(|problem| problem.reason.code.id).collect()
}

// Goal: a body holds one list of events or one answer, and an answer there must be. Method: bodies with two and none.
#[test]
fn one_body() {
    let event = object_event("<epcList><epc>urn:a:b</epc></epcList><action>ADD</action>");
    let two = document(&format!("{event}</EventList><EventList>{event}"));
    assert_eq!(document_codes(&two), ["EPCIS-DUPLICATE_FIELD"]);
    let query = |body: &str| {
        format!(
            "<q:EPCISQueryDocument xmlns:q=\"urn:epcglobal:epcis-query:xsd:2\" schemaVersion=\"2.0\" \
             creationDate=\"2026-01-01T00:00:00Z\"><EPCISBody>{body}</EPCISBody></q:EPCISQueryDocument>"
        )
    };
    let poll = "<q:Poll><queryName>SimpleEventQuery</queryName><params/></q:Poll>";
    assert_eq!(document_codes(&query("")), ["EPCIS-MISSING_FIELD"]);
    assert!(document_codes(&query(poll)).is_empty());
    assert_eq!(document_codes(&query(&poll.repeat(2))), ["EPCIS-DUPLICATE_FIELD"]);
    let results = |lists: &str| {
        let body = format!("<queryName>SimpleEventQuery</queryName><resultsBody>{lists}</resultsBody>");
        document_codes(&query(&format!("<q:QueryResults>{body}</q:QueryResults>")))
    };
    assert_eq!(results(""), ["EPCIS-MISSING_FIELD"]);
    assert!(results("<EventList/>").is_empty());
    assert_eq!(results("<EventList/><EventList/>"), ["EPCIS-DUPLICATE_FIELD"]);
}

// Goal: text that has no place is told, not dropped. Method: master data with a text in every element that holds
// elements only, the last being an attribute's own, which is welcome.
#[test]
fn stray_text_in_master_data() {
    let vocabularies = "<VocabularyList>?<Vocabulary type=\"urn:epcglobal:epcis:vtype:BusinessLocation\">?\
        <VocabularyElementList>?<VocabularyElement id=\"urn:a:b\">?<attribute id=\"urn:a:c\">text</attribute>\
        <children>?<id>urn:a:d</id></children></VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList>";
    let header =
        format!("<EPCISHeader><extension><EPCISMasterData>?{vocabularies}</EPCISMasterData></extension></EPCISHeader>");
    let text = document("").replace("<EPCISBody>", &format!("{header}<EPCISBody>"));
    assert_eq!(document_codes(&text), ["EPCIS-XML_TEXT"; 6]);
    assert!(document_codes(&text.replace('?', " ")).is_empty());
}
