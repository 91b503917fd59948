//! What the scenarios come to in credit: the records of scenario D, and what follows for a recall and for a lift from the
//! documents of the others. All is asked of the regulator's audit node.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Map, Value, json};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::day::Day;

use super::checks::Checks;
use super::{CERTIFIED_TRIES, CERTIFIED_WAIT, Demo};
use crate::cli::apart;
use crate::cli::place::Failure;
use crate::cli::text::pick;
use crate::codes::node as codes;
use crate::link::percent_encoded;
use crate::random::random_uri;
use crate::shell::now_ms;

/// The scenario of the lifts.
pub const LIFTS: char = 'c';
/// The scenario of late deliveries, and its records.
const LATE: char = 'd';
const RECORDS: &str = include_str!("../../../../docs/scenarios/d/records.json");
/// Whose credit it is about.
const SUBJECT: &str = "parts";
/// Who stands for licences and penalties.
const AUTHORITY: &str = "amr";
/// What is compared with the reference. Completeness and timeliness (TRC, TRT) follow from months of blocks, which a demo has
/// not: without them neither the score nor, at first, the grade can be the reference's. A test of the ledger has them too
/// (`ledger/core/tests/late_delivery.rs`).
const COMPARED: [&str; 9] = ["FUL", "ONT", "QUA", "INS", "PEN", "CMT", "PAY", "PUB", "LIC"];
/// Who may install and who may inspect lifts: an inspection counts by the licence that it names.
const LICENCES: [(&str, &str, &str); 2] =
    [("liftmfr", "TS3344123-2021", "lift installation"), ("inspect", "TS7110128-2027", "lift inspection")];

fn broken(what: &str) -> Reason {
    Reason::new(codes::CONFIGURATION, &["records.json", what])
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The authority records the licences by which lifts are installed and inspected.
pub fn licences(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let mut payloads = Vec::new();
    for (firm, number, kind) in LICENCES {
        let subject = demo.network.actors.get(firm).map_or("", |actor| actor.uri.as_str());
        let record = json!({
            "type": "suyuan:Licence", "eventID": random_uri()?, "eventTime": "2019-06-02T09:00:00.000+08:00",
            "subject": subject, "kind": kind, "number": number, "from": "2018-01-01", "state": "valid",
        });
        payloads.push(record.to_string().into_bytes());
    }
    let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
    let recorded = demo.network.record((AUTHORITY, LIFTS), &apart::CREDIT, &payloads)?;
    let refused: Vec<String> = recorded.into_iter().filter_map(Result::err).map(|(why, _)| why.to_string()).collect();
    demo.check("licences refused", json!([]), json!(refused))
}

/// Runs the scenario of late deliveries, and looks what the others come to.
pub fn all(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let expected = demo.expected()?;
    late_deliveries(demo, &expected)?;
    recall(demo, &expected)?;
    lift(demo, &expected)
}

/// A firm's credit as of a day, told by the audit node once it has come to a height.
fn credit(demo: &Demo<'_>, actor: &str, day: &str, height: u64) -> Result<Value, Failure> {
    let audit = demo.network.nodes.iter().find(|node| node.audits);
    let audit = audit.ok_or_else(|| Reason::new(codes::UNREACHABLE, &["demo", "no audit node"]))?;
    let uri = demo.network.actors.get(actor).map_or("", |actor| actor.uri.as_str());
    let path = format!("/v1/credit/{}?day={day}", percent_encoded(uri));
    let mut tries = 0;
    loop {
        let said = audit.ask(&path);
        let is_there = |said: &Value| said.get("height").and_then(Value::as_u64).is_some_and(|at| at >= height);
        tries += 1;
        if tries == CERTIFIED_TRIES || said.as_ref().is_ok_and(is_there) {
            return Ok(said?);
        }
        std::thread::sleep(CERTIFIED_WAIT);
    }
}

// ---- D: late deliveries ----

fn late_deliveries(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    demo.title(
        "D. Late deliveries lower a grade, an objection is upheld, a penalty repaired, and the grade comes back",
        "D. 延迟交付使等级下降；异议成立，处罚信用修复，等级恢复",
    )?;
    let mut records = Records::read()?;
    let steps = expected.of("/d/steps");
    for (step, number) in steps.as_array().into_iter().flatten().zip(0..) {
        let day = text(step, "day");
        let recorded = records.until(demo, day)?;
        let said = credit(demo, SUBJECT, day, records.height)?;
        let words = pick(demo.screen.language, "records more; as of this day", "条新记录；截至当日");
        writeln!(demo.screen.answers(), "  {day}: {recorded} {words}")?;
        demo.screen.flush()?;
        let values = step.get("values").unwrap_or(&Value::Null);
        let own = |name: &&str| Some(((*name).to_owned(), values.get(name)?.clone()));
        let values: Map<String, Value> = COMPARED.iter().filter_map(own).collect();
        demo.check("what is measured", Value::Object(values), measured(&said))?;
        procedures(demo, expected, number, &said)?;
    }
    demo.check("records that wait for others", json!(0), json!(records.waiting.len()))?;
    let words = pick(
        demo.screen.language,
        "without months of blocks nothing is known of how completely and how soon parts records (TRC, TRT), so score and \
         grade are not compared here: a test of the ledger does that",
        "演示没有数月的区块，记录的完整性与及时性（TRC、TRT）无从得知，故此处不比对分数与等级；账本的测试会比对",
    );
    writeln!(demo.screen.answers(), "  {words}")?;
    Ok(())
}

/// The values of indicators that are compared.
fn measured(said: &Value) -> Value {
    let rows = list(said, "indicators").iter().filter(|row| COMPARED.contains(&text(row, "code")));
    let values = rows.map(|row| (text(row, "code").to_owned(), row.get("value").cloned().unwrap_or_default()));
    Value::Object(values.collect())
}

/// How objection, penalty and repair stand at a step: from the second on there is a penalty, at the third an objection is
/// looked into, at the fourth it is decided, from the fifth on the penalty is repaired.
fn procedures(demo: &mut Demo<'_>, expected: &Checks, number: usize, said: &Value) -> Result<(), Failure> {
    let is_of = |status: &str| {
        let facts = list(said, "facts").iter().filter(move |fact| text(fact, "status") == status);
        facts.map(|fact| text(fact, "indicator").to_owned()).collect::<Vec<String>>()
    };
    let dues: Vec<&str> = list(said, "objections").iter().map(|one| text(one, "due")).collect();
    let (suspended, due) = match number {
        2 => (json!(["FUL", "ONT"]), json!([expected.text("/d/objection/platformCheckBy")])),
        _ => (json!([]), json!([])),
    };
    demo.check("facts that are objected to", suspended, json!(is_of("suspended")))?;
    demo.check("objections, by when to go on", due, json!(dues))?;
    let penalties = list(said, "penalties").len();
    demo.check("penalties that are shown", json!(usize::from((1..4).contains(&number))), json!(penalties))
}

/// The records of the scenario.
struct Records {
    /// The steps whose records are not on the ledger.
    waiting: Vec<Value>,
    /// The hashes of the records that are and have a name.
    names: BTreeMap<String, String>,
    /// The height of the last one.
    height: u64,
}

/// A step with its record, in which others are named by their hashes.
type Ready = (Value, Value);

impl Records {
    fn read() -> Result<Records, Reason> {
        let waiting = serde_json::from_str(RECORDS).map_err(|error| broken(&error.to_string()))?;
        Ok(Records { waiting, names: BTreeMap::new(), height: 0 })
    }

    /// Records the steps of all days up to one, and says how many.
    fn until(&mut self, demo: &mut Demo<'_>, day: &str) -> Result<usize, Failure> {
        let mut recorded = 0;
        loop {
            let groups = self.ready(day);
            if groups.is_empty() {
                return Ok(recorded);
            }
            for group in groups {
                recorded += self.submit(demo, &group)?;
            }
        }
    }

    /// Takes the steps that can be recorded now, in a submission for each author and kind: so there are dozens of blocks and
    /// not hundreds. What names a record that is still to come waits; and what names one of which another has something to
    /// say before: no receipt is for a contract that its author has not agreed to yet.
    fn ready(&mut self, day: &str) -> Vec<Vec<Ready>> {
        let (mut groups, mut said_in): (Vec<Vec<Ready>>, BTreeMap<String, usize>) = (Vec::new(), BTreeMap::new());
        for step in std::mem::take(&mut self.waiting) {
            let is_due = text(&step, "on").get(..day.len()).is_some_and(|on| on <= day);
            let record = step.get("record").filter(|_| is_due).and_then(|record| self.named(record));
            let Some(record) = record else {
                self.waiting.push(step);
                continue;
            };
            let (names, ready) = (names_in(&step), (step, record));
            let place = groups.iter().position(|group| group.first().is_some_and(|first| go_together(first, &ready)));
            let place = place.unwrap_or(groups.len());
            if names.iter().any(|name| said_in.get(name).is_some_and(|other| *other != place)) {
                self.waiting.push(ready.0);
                continue;
            }
            said_in.extend(names.into_iter().map(|name| (name, place)));
            match groups.get_mut(place) {
                Some(group) => group.push(ready),
                None => groups.push(vec![ready]),
            }
        }
        groups
    }

    /// A record with the hashes of those that it names; none as long as one of them is not on the ledger.
    fn named(&self, value: &Value) -> Option<Value> {
        match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(name) => self.names.get(name).map(|hash| json!(hash)),
                None => Some(value.clone()),
            },
            Value::Array(list) => list.iter().map(|one| self.named(one)).collect::<Option<_>>().map(Value::Array),
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| Some((name.clone(), self.named(value)?)));
                members.collect::<Option<_>>().map(Value::Object)
            }
            _ => Some(value.clone()),
        }
    }

    /// Records what one author says, and says how many of it are on the ledger.
    fn submit(&mut self, demo: &mut Demo<'_>, group: &[Ready]) -> Result<usize, Failure> {
        let Some(first) = group.first() else { return Ok(0) };
        let kind = if is_of_credit(first) { &apart::CREDIT } else { &apart::CONTRACT };
        let payloads: Vec<Vec<u8>> = group.iter().map(|(_, record)| record.to_string().into_bytes()).collect();
        let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
        let mut count = 0;
        let recorded = demo.network.record((text(&first.0, "by"), LATE), kind, &payloads)?;
        for ((step, record), recorded) in group.iter().zip(recorded) {
            let expected = step.get("refused").cloned();
            let found = match recorded {
                Ok((height, hash)) => {
                    count += 1;
                    self.height = self.height.max(height);
                    if let Some(name) = step.get("as").and_then(Value::as_str) {
                        self.names.insert(name.to_owned(), hash);
                    }
                    None
                }
                Err((why, _)) if expected.is_some() => Some(json!(why.code.id)),
                Err((why, _)) => Some(json!(why.to_string())),
            };
            if expected.is_some() || found.is_some() {
                let name = format!("{} of {}", text(record, "type"), text(step, "on"));
                demo.check(&name, expected.into(), found.into())?;
            }
        }
        Ok(count)
    }
}

/// The names of other records in one.
fn names_in(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.strip_prefix('$').map(str::to_owned).into_iter().collect(),
        Value::Array(list) => list.iter().flat_map(names_in).collect(),
        Value::Object(members) => members.values().flat_map(names_in).collect(),
        _ => Vec::new(),
    }
}

fn is_of_credit((_, record): &Ready) -> bool {
    record.get("subject").is_some()
}

/// Whether two go into one submission: what is to be refused goes alone.
fn go_together(one: &Ready, other: &Ready) -> bool {
    let is_refused = |(step, _): &Ready| step.get("refused").is_some();
    let is_of_one = text(&one.0, "by") == text(&other.0, "by") && is_of_credit(one) == is_of_credit(other);
    is_of_one && !is_refused(one) && !is_refused(other)
}

// ---- A: the recall ----

/// What the recall comes to. That it began, was acknowledged and closed in time is seen by the times of blocks, which are the
/// demo's own: how well it was handled is less, or more, than the 956 of the scenario.
fn recall(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    demo.title("A. What the recall comes to in the dairy's credit", "A. 召回在乳企信用中的结果")?;
    let said = credit(demo, "dairy", "2026-12-31", 0)?;
    let recall = list(&said, "recalls").first().cloned().unwrap_or_default();
    let confirmed = recall.get("confirmed").and_then(Value::as_i64).map(|milli| milli / 1_000);
    demo.check("recovered, as others confirm", expected.of("/a/quantities/recovered"), json!(confirmed))?;
    let permille = recall.pointer("/closed/recovery_permille").cloned();
    demo.check("of a thousand", expected.of("/a/quantities/recoveryPermille"), permille.into())?;
    let value = recall.get("value").and_then(Value::as_u64).unwrap_or_default();
    let words = pick(
        demo.screen.language,
        "how well it was handled, by the times of this network's blocks (in the scenario's own blocks 956)",
        "召回处置得分，按本网络的区块时间计算（按场景自身的时间为 956）",
    );
    writeln!(demo.screen.answers(), "  {value}: {words}")?;
    Ok(())
}

// ---- C: the lift ----

/// The lift whose inspection is overdue, and that it is not any more once it was inspected.
fn lift(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    demo.title("C. The overdue inspection in the user's credit", "C. 逾期未检在使用单位信用中的结果")?;
    let device = expected.text("/c/device");
    let of_day = |demo: &Demo<'_>, day: &str| -> Result<(Value, Value), Failure> {
        let said = credit(demo, "property", day, 0)?;
        let is_it = |one: &&Value| device.ends_with(text(one, "device")) && !text(one, "device").is_empty();
        let found = list(&said, "equipment").iter().find(is_it).cloned().unwrap_or_default();
        let ceilings = list(&said, "ceilings").iter().filter(|one| text(one, "code") == "CAP-4");
        let ceilings: Vec<&str> = ceilings.map(|one| text(one, "ceiling")).collect();
        Ok((json!([found.get("due"), found.get("overdue_days")]), json!(ceilings)))
    };
    let day = expected.text("/c/overdue/day");
    let (found, ceilings) = of_day(demo, &day)?;
    let overdue = json!([expected.of("/c/overdue/due"), expected.of("/c/overdue/days")]);
    demo.check("due, and days overdue", overdue, found)?;
    demo.check("its user's ceiling", json!([expected.of("/c/overdue/ceiling")]), ceilings)?;
    // An inspection that by the clock is still to come counts for nobody.
    let inspected = expected.text("/c/overdue/inspected");
    if Day::parse(&inspected).is_none_or(|inspected| Day::in_china(now_ms()) < inspected) {
        let words = pick(
            demo.screen.language,
            "by this machine's clock the inspection of that day is still to come, and counts only then",
            "按本机时钟，该日的检验尚未到来，届时才计入",
        );
        writeln!(demo.screen.answers(), "  {inspected}: {words}")?;
        return Ok(());
    }
    let (found, ceilings) = of_day(demo, &inspected)?;
    demo.check("due once it is inspected", json!([expected.of("/c/nextDue"), 0]), found)?;
    demo.check("its user's ceiling then", json!([]), ceilings)
}
