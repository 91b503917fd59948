//! What the scenarios come to in credit. All is asked of the regulator's audit node.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::organisation::ScopeKind;

use super::checks::Checks;
use super::course::Look;
use super::{Demo, supervision};
use crate::cli::apart;
use crate::cli::place::Failure;
use crate::cli::text::pick;
use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::link::{percent_encoded, query};
use crate::random::random_uri;
use crate::times::time_text;

/// Whose credit scenario D is about.
pub(super) const SUBJECT: &str = "parts";
/// Who stands for licences and penalties.
pub(super) const AUTHORITY: &str = "amr";
/// The days after which the one procedure that goes on is looked at, and where it is expected by when its next step must come.
pub const DUES: [(&str, &str); 5] = [
    ("2026-09-16", "/d/objection/acceptBy"),
    ("2026-09-18", "/d/objection/platformCheckBy"),
    ("2026-09-21", "/d/objection/providerAnswerBy"),
    ("2026-10-12", "/d/repair/acceptBy"),
    ("2026-10-13", "/d/repair/decideBy"),
];
/// Who may install and who may inspect lifts: an inspection counts by the licence that it names.
const LICENCES: [(&str, &str, &str); 2] =
    [("liftmfr", "TS3344123-2021", "lift installation"), ("inspect", "TS7110128-2027", "lift inspection")];
/// The indicators that follow from a contract of carriage.
const CARRIAGE: [&str; 3] = ["FUL", "ONT", "QUA"];

fn broken(what: &str) -> Reason {
    Reason::new(codes::CONFIGURATION, &["records.json", what])
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn member(value: &Value, name: &str) -> Value {
    value.get(name).cloned().unwrap_or_default()
}

pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What holds for all scenarios: a firm that maintains what others made acts for the makers, or what it records is a claim; and
/// the authority records the licences by which lifts are installed and inspected.
pub fn found(demo: &mut Demo<'_>) -> Result<(), Failure> {
    for (owner, kind, value) in [("liftmfr", ScopeKind::DeviceMaker, "44010"), ("brake", ScopeKind::Prefix, "9521009")]
    {
        demo.network.delegate(owner, "maint", kind, value)?;
        let words = pick(demo.screen.language, "delegates to its maintenance firm:", "委托其维保单位：");
        writeln!(demo.screen.answers(), "  {owner} {words} {}:{value}", kind.name())?;
    }
    let mut payloads = Vec::new();
    for (firm, number, kind) in LICENCES {
        let subject = demo.network.actors.get(firm).map_or("", |actor| actor.uri.as_str());
        let record = json!({
            "type": "suyuan:Licence", "eventID": random_uri()?, "eventTime": time_text(now_ms()),
            "subject": subject, "kind": kind, "number": number, "from": "2018-01-01", "state": "valid",
        });
        payloads.push(record.to_string().into_bytes());
    }
    let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
    let recorded = demo.network.record((AUTHORITY, 'c'), &apart::CREDIT, &payloads)?;
    let refused: Vec<String> = recorded.into_iter().filter_map(Result::err).map(|(why, _)| why.to_string()).collect();
    demo.check("licences refused", json!([]), json!(refused))
}

/// Looks what was recorded so far comes to.
pub fn look(demo: &mut Demo<'_>, expected: &Checks, look: &Look) -> Result<(), Failure> {
    let (scenario, day, english, chinese) = match look {
        Look::Step(step) => ('D', text(step, "day").to_owned(), "the supplier's credit", "供应商的信用"),
        Look::Due(day, _) => {
            ('D', (*day).to_owned(), "objection or repair, by when to go on", "异议或修复的下一步期限")
        }
        Look::Scan => {
            ('A', expected.text("/a/scan/at"), "who scans a can, a minute after the recall", "召回公告一分钟后扫码")
        }
        Look::Recall => ('A', expected.text("/a/recall/day"), "how the recall was handled", "召回的处置"),
        Look::Carriage => {
            ('B', expected.text("/b/credit/day"), "what the carriage comes to in credit", "运输在信用中的结果")
        }
        Look::Alert => (
            'B',
            expected.text("/b/alert/day"),
            "what was too warm, and is dispensed all the same",
            "超温且已销毁的疫苗仍被使用",
        ),
        Look::Draw(draw) => (
            'D',
            text(draw, "day").to_owned(),
            "the authority commits to an inspection by lot",
            "主管机关承诺随机抽查名单",
        ),
        Look::Drawn => ('D', expected.text("/d/drawn"), "who is drawn", "抽查结果"),
        Look::Lift(stage) => {
            ('C', text(stage, "day").to_owned(), "the lift and its user's credit", "电梯及其使用单位的信用")
        }
    };
    let words = pick(demo.screen.language, english, chinese);
    writeln!(demo.screen.answers(), "-- {day} {scenario} {words}")?;
    match look {
        Look::Step(step) => supplier(demo, expected, step, &day),
        Look::Due(_, by) => due(demo, expected.of(by), &day),
        Look::Scan => supervision::scan(demo, expected),
        Look::Recall => supervision::recall(demo, expected, &day),
        Look::Carriage => carriage(demo, expected, &day),
        Look::Alert => {
            supervision::alert(demo, expected)?;
            supervision::series(demo, expected)
        }
        Look::Lift(stage) => supervision::lift(demo, expected, stage, &day),
        Look::Draw(draw) => supervision::draw(demo, draw, &day),
        Look::Drawn => supervision::drawn(demo, expected),
    }
}

/// A firm's credit as of a day, told by the audit node once it has all that was recorded.
pub(super) fn credit(demo: &Demo<'_>, actor: &str, day: &str) -> Result<Value, Failure> {
    weighed(demo, actor, day, None)
}

/// The same by the weights of a trade.
pub(super) fn weighed(demo: &Demo<'_>, actor: &str, day: &str, profile: Option<&str>) -> Result<Value, Failure> {
    let uri = demo.network.actors.get(actor).map_or("", |actor| actor.uri.as_str());
    demo.ask_audit(&format!(
        "/v1/credit/{}{}",
        percent_encoded(uri),
        query(&[("day", Some(day)), ("profile", profile)])
    ))
}

fn ids(facts: &[Value], is_wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let of = |fact: &Value| {
        let id = text(fact, "id").rsplit('.').next().unwrap_or_default();
        format!("{} {id}", text(fact, "indicator"))
    };
    facts.iter().filter(|fact| is_wanted(fact)).map(of).collect()
}

/// The values of some indicators.
pub(super) fn values(rows: &[Value], name: &str, is_wanted: impl Fn(&str) -> bool) -> Value {
    let rows = rows.iter().filter(|row| is_wanted(text(row, name)));
    Value::Object(rows.map(|row| (text(row, name).to_owned(), member(row, "value"))).collect())
}

// ---- D: late deliveries ----

/// Compares the credit of a step with the reference.
fn supplier(demo: &mut Demo<'_>, expected: &Checks, step: &Value, day: &str) -> Result<(), Failure> {
    let said = credit(demo, SUBJECT, day)?;
    for name in ["score", "band", "grade"] {
        demo.check(name, member(step, name), member(&said, name))?;
    }
    let ceilings: Vec<&str> = list(&said, "ceilings").iter().map(|one| text(one, "code")).collect();
    demo.check("ceilings", member(step, "ceilings"), json!(ceilings))?;
    let rows = values(list(&said, "indicators"), "code", |_| true);
    demo.check("what is measured", member(step, "values"), rows)?;
    let suspended = ids(list(&said, "facts"), |fact| text(fact, "status") == "suspended");
    demo.check("facts that are objected to", member(step, "suspended"), json!(suspended))?;
    let penalties: Vec<&str> = list(&said, "penalties").iter().map(|one| text(one, "decided")).collect();
    demo.check("penalties that are shown, by their days", member(step, "penalties"), json!(penalties))?;
    for penalty in list(&said, "penalties") {
        for (name, found) in [("class", "class"), ("eligibleFrom", "repairable_from"), ("endsByItself", "ends")] {
            demo.check(name, expected.of(&format!("/d/repair/{name}")), member(penalty, found))?;
        }
    }
    Ok(())
}

/// Compares by when the next step of an objection or a repair must come.
fn due(demo: &mut Demo<'_>, by: Value, day: &str) -> Result<(), Failure> {
    let said = credit(demo, SUBJECT, day)?;
    let both = list(&said, "objections").iter().chain(list(&said, "repairs"));
    let dues: Vec<&str> = both.map(|one| text(one, "due")).filter(|due| !due.is_empty()).collect();
    demo.check("due", json!([by]), json!(dues))
}

/// The records of scenarios: those of credit and of contracts.
#[derive(Default)]
pub struct Records {
    /// The hashes of records that have a name.
    names: BTreeMap<String, String>,
    /// How many were to be recorded.
    pub expected: usize,
    /// How many were.
    pub recorded: usize,
}

impl Records {
    /// Records what a step says.
    pub fn record(&mut self, demo: &mut Demo<'_>, scenario: char, step: &Value) -> Result<(), Failure> {
        let record = self.named(step.get("record").unwrap_or(&Value::Null))?;
        let kind = if record.get("subject").is_some() { &apart::CREDIT } else { &apart::CONTRACT };
        let payload = record.to_string().into_bytes();
        let recorded = demo.network.record((text(step, "by"), scenario), kind, &[&payload])?;
        let expected = step.get("refused").cloned();
        self.expected += usize::from(expected.is_none());
        let found = match recorded.into_iter().next() {
            Some(Ok((_, hash))) => {
                self.recorded += 1;
                let name = step.get("as").and_then(Value::as_str);
                name.into_iter().for_each(|name| _ = self.names.insert(name.to_owned(), hash.clone()));
                None
            }
            Some(Err((why, _))) if expected.is_some() => Some(json!(why.code.id)),
            Some(Err((why, _))) => Some(json!(why.to_string())),
            None => Some(json!("no answer")),
        };
        if expected.is_some() || found.is_some() {
            let name = format!("{} of {}", text(&record, "type"), text(step, "on"));
            demo.check(&name, expected.into(), found.into())?;
        }
        Ok(())
    }

    /// A record with the hashes of those that it names.
    fn named(&self, value: &Value) -> Result<Value, Reason> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(name) => json!(self.names.get(name).ok_or_else(|| broken(text))?),
                None => value.clone(),
            },
            Value::Array(list) => list.iter().map(|one| self.named(one)).collect::<Result<_, _>>().map(Value::Array)?,
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| Ok((name.clone(), self.named(value)?)));
                members.collect::<Result<_, Reason>>().map(Value::Object)?
            }
            _ => value.clone(),
        })
    }
}

// ---- B: the carriage ----

/// What the vaccine that was too warm on the road comes to: its carrier's alone.
fn carriage(demo: &mut Demo<'_>, expected: &Checks, day: &str) -> Result<(), Failure> {
    for firm in ["coldlog", "vaccine", "cdc"] {
        let said = credit(demo, firm, day)?;
        let facts = values(list(&said, "facts"), "indicator", |name| CARRIAGE.contains(&name));
        demo.check(firm, expected.of(&format!("/b/credit/{firm}")), facts)?;
    }
    Ok(())
}
