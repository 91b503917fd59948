//! Traces over a store, and their proofs: what the command line and the HTTP interface both ask.

use suyuan_epcis::codes::Language;
use suyuan_epcis::epc::EpcUrn;
use suyuan_epcis::gs1::digital_link;
use suyuan_epcis::gs1::{ParseOptions, parse_any};
use suyuan_epcis::identifier::identify;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::key::SubjectKey;
use suyuan_ledger::kv::Read;
use suyuan_ledger::organisation::Directory;
use suyuan_ledger::proof::format::ProofQuery;
use suyuan_ledger::proof::make::{MakeError, ProofOptions, complete_to, last_header, make};
use suyuan_ledger::proof::refused::{Refused, RefusedCode};
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::proof::verify::verify;
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::reader::Reader;
use suyuan_ledger::trace::answer::{Answer, Asked, EdgeAnswer, Organisations, Unknown, answer};
use suyuan_ledger::trace::closure::{Direction, Query, close};
use suyuan_ledger::trace::store::StoreHistory;
use suyuan_ledger::trace::tree::{TreeWords, tree};

use crate::codes::node as codes;
use crate::open::store_reason;

/// Lines that a person is shown of a trace; programs get all.
const LINES_MAX: usize = 2_000;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Which way.
    pub direction: Direction,
    /// How many edges from the start at most.
    pub depth: u32,
    /// Whether links are followed that are only claimed, by one without standing.
    pub claims: bool,
}

impl Request {
    /// All of a trace, but for what is only claimed.
    pub fn all(direction: Direction) -> Request {
        Request { direction, depth: u32::MAX, claims: false }
    }
}

/// What was found.
pub enum Found {
    /// A trace.
    Trace(Box<Answer>),
    /// Nothing is recorded of any of the subject's readings up to this height.
    Nothing(u64),
}

/// The organisations of a directory, by their URIs.
struct Named<'a>(&'a Directory);

impl Organisations for Named<'_> {
    fn uri(&self, number: u64) -> Option<String> {
        self.0.organisation(number).map(|organisation| organisation.uri.clone())
    }
}

/// The subjects that a text can name, the likeliest first: an EPC URN, a Digital Link, an element string, a
/// drug trace code, a device code.
pub fn subjects(text: &str) -> Result<Vec<SubjectKey>, Reason> {
    let refused = |why: String| Reason::new(codes::SUBJECT, &[text, &why]);
    let of_uri = |uri: &str| SubjectKey::from_uri(uri).map_err(|error| refused(format!("{error:?}")));
    if text.starts_with(['(', '^', ']', '\u{1d}']) {
        let elements = parse_any(text, &ParseOptions { associations: false, ..ParseOptions::default() })?;
        let link = digital_link::canonical(&elements)?;
        return of_uri(link.split('?').next().unwrap_or(&link)).map(|key| vec![key]);
    }
    if text.contains(':') {
        // A name with a slip in it was never recorded; that would be true, and no answer.
        if text.starts_with("urn:epc:") {
            EpcUrn::parse(text)?;
        }
        return of_uri(text).map(|key| vec![key]);
    }
    let uris = identify(text)?.into_iter().filter_map(|reading| reading.uri);
    let keys: Vec<SubjectKey> = uris.filter_map(|uri| SubjectKey::from_uri(&uri).ok()).collect();
    if keys.is_empty() { Err(refused("no object of trade".to_owned())) } else { Ok(keys) }
}

/// Which of the keys is recorded: its number.
pub fn recorded(reader: &Reader<'_>, keys: &[SubjectKey]) -> Result<Option<u64>, Reason> {
    for key in keys {
        if let Some(number) = reader.number_of(key.tag()).map_err(|error| store_reason(&error))? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Traces one of the keys over a store at one moment.
pub fn trace(store: &dyn Read, keys: &[SubjectKey], request: Request) -> Result<Found, Reason> {
    let failed = |error| store_reason(&error);
    let ledger = Ledger::open(store).map_err(failed)?.ok_or_else(|| Reason::new(codes::STORE, &["no ledger"]))?;
    let height = complete_to(store).map_err(make_reason)?;
    let Some(start) = recorded(&Reader::new(store), keys)? else { return Ok(Found::Nothing(height)) };
    let query =
        Query { depth_max: request.depth, claims: request.claims, ..Query::new(vec![start], request.direction) };
    let mut history = StoreHistory::new(store);
    let closure = close(&mut history, &query).map_err(failed)?;
    let asked = Asked { query: &query, height, organisations: &Named(&ledger.directory) };
    answer(&mut history, &closure, &asked).map(|answer| Found::Trace(Box::new(answer))).map_err(failed)
}

/// The proof of a trace, if the last block is certified; `Ok(None)` if it is not yet.
pub fn prove(
    store: &dyn Read,
    keys: &[SubjectKey],
    direction: Direction,
    claims: bool,
) -> Result<Option<Vec<u8>>, Reason> {
    let reader = Reader::new(store);
    let mut chosen = keys.first();
    for key in keys {
        if recorded(&reader, std::slice::from_ref(key))?.is_some() {
            chosen = Some(key);
            break;
        }
    }
    let Some(key) = chosen else { return Ok(None) };
    let query = ProofQuery { key: key.bytes().to_vec(), direction: direction as u8, claims };
    let made = last_header(store).and_then(|decided| make(store, decided, query, ProofOptions { payloads: true }));
    match made {
        Ok(proof) => Ok(Some(proof.to_bytes())),
        Err(MakeError::NotCertified) => Ok(None),
        Err(error) => Err(make_reason(error)),
    }
}

/// Why a proof can't be made.
pub fn make_reason(error: MakeError) -> Reason {
    match error {
        MakeError::NotCertified => Reason::new(codes::PROOF_LATER, &[]),
        MakeError::Store(error) => store_reason(&error),
        MakeError::Query => Reason::new(codes::OPTION, &["direction", ""]),
    }
}

/// What a proof proves.
pub struct Proved {
    /// The subject's key, as a URI.
    pub subject: String,
    /// Nothing is missing up to this height.
    pub complete_to: u64,
    /// When that was certified, milliseconds since 1970.
    pub certified_at: i64,
    /// The id of the header that certifies it.
    pub header: Hash,
    /// The trace; none if nothing is recorded of the subject, which is proved too.
    pub answer: Option<Answer>,
}

/// Why a proof is refused, with the place where it was seen as the argument.
pub fn refused(refused: Refused) -> Reason {
    Reason::new(refused.code.code(), &[&refused.to_string()])
}

/// Checks a proof and says the trace that it proves.
pub fn check(proof: &[u8], trust: &Trust) -> Result<Proved, Reason> {
    let verified = verify(proof, trust).map_err(refused)?;
    let subject = SubjectKey::parse(&verified.query.key).map(|key| key.to_uri()).unwrap_or_default();
    let direction = [Direction::Back, Direction::Forward, Direction::History];
    let direction = direction.into_iter().find(|direction| *direction as u8 == verified.query.direction);
    let direction = direction.ok_or_else(|| Reason::new(RefusedCode::Form.code(), &[]))?;
    let found = match verified.trace {
        None => None,
        Some(mut proved) => {
            let claims = verified.query.claims;
            let query = Query { claims, ..Query::new(vec![proved.start], direction) };
            let asked = Asked { query: &query, height: verified.complete_to, organisations: &Unknown };
            let said = answer(&mut proved.history, &proved.closure, &asked);
            Some(said.map_err(refused)?)
        }
    };
    Ok(Proved {
        subject,
        complete_to: verified.complete_to,
        certified_at: verified.certified_at,
        header: verified.header,
        answer: found,
    })
}

/// A trace for people: its tree, who has how much, what is missing.
pub fn text(answer: &Answer, language: Language) -> String {
    let pick = |english, chinese| match language {
        Language::En => english,
        Language::Zh => chinese,
    };
    let words = TreeWords {
        above: pick(" (see above)", "（见上）"),
        recalled: pick(" RECALLED", "【已召回】"),
        ended: pick(", ended", "，已解除"),
        more: pick("… left out:", "……略去："),
    };
    let mut lines = tree(answer, &words, LINES_MAX);
    let amount = |edge: &EdgeAnswer| edge.event.clone();
    lines.push(format!(
        "{} {}, {} {}, {} {}",
        answer.nodes.len(),
        pick("subjects", "个对象"),
        answer.edges.len(),
        pick("links", "条关联"),
        answer.events.len(),
        pick("events", "个事件"),
    ));
    if answer.direction == "history" {
        for event in answer.events.iter().take(LINES_MAX) {
            let what = [event.step.as_deref(), event.action.as_deref(), Some(event.kind.as_str())];
            let what = what.into_iter().flatten().next().unwrap_or_default();
            let at = event.place.as_deref().map(|place| format!(" @ {place}")).unwrap_or_default();
            let erroneous = match event.declared_erroneous_by.is_empty() {
                true => "",
                false => pick(" DECLARED ERRONEOUS", "【已声明有误】"),
            };
            lines.push(format!("  {} {what}{at} ({}){erroneous}", event.time, event.author));
        }
    }
    for holding in &answer.holdings {
        let quantities = [
            (pick("received", "收到"), &holding.received),
            (pick("shipped", "发出"), &holding.shipped),
            (pick("sold", "售出"), &holding.sold),
            (pick("ended", "终结"), &holding.ended),
        ];
        let said: Vec<String> = quantities
            .iter()
            .filter(|(_, amount)| amount.value != "0")
            .map(|(word, amount)| {
                let unit = amount.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
                format!("{word} {}{unit}", amount.value)
            })
            .collect();
        lines.push(format!("  {} @ {}: {}", holding.subject, holding.place, said.join(", ")));
    }
    for recall in &answer.recalls {
        let claim = if recall.claim { pick(" (a claim)", "（主张）") } else { "" };
        lines.push(format!("  {} {} {}{claim}", pick("recall", "召回"), recall.time, recall.subject));
    }
    for gap in answer.gaps.iter().take(LINES_MAX) {
        let reason = serde_json::to_value(gap.reason).unwrap_or_default();
        let from = gap.expected_of.as_deref().unwrap_or("-");
        let reason = reason.as_str().unwrap_or_default();
        lines.push(format!("  {} {reason}: {} ({from}, {})", pick("gap", "缺口"), gap.subject, gap.time));
    }
    for claim in answer.claims.iter().take(LINES_MAX) {
        lines.push(format!("  {} {} → {} ({})", pick("claim", "主张"), claim.from, claim.to, amount(claim)));
    }
    for cut in &answer.cuts {
        lines.push(format!("  {} {}", pick("cut off at the limit of", "截断于限额"), cut.limit));
    }
    lines.push(format!("{} {}", pick("complete up to height", "完整至高度"), answer.complete_to_height));
    lines.push(String::new());
    lines.join("\n")
}

/// The direction of this name.
pub fn direction(name: &str) -> Option<Direction> {
    match name {
        "back" => Some(Direction::Back),
        "forward" => Some(Direction::Forward),
        "history" => Some(Direction::History),
        _ => None,
    }
}
