//! What the traces of the scenarios must show: every figure is computed from what the ledger answers and
//! compared with `docs/scenarios/expected.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use suyuan_epcis::time::Stamp;
use suyuan_ledger::trace::closure::Direction;

use super::{Demo, Traced};
use crate::api::v1::schema::{Trace, TraceAmount, TraceEdge, TraceHolding};
use crate::cli::place::Failure;
use crate::traces::subjects;

/// What is expected.
pub struct Checks(pub Value);

impl Checks {
    /// What is expected at a place.
    pub fn of(&self, path: &str) -> Value {
        self.0.pointer(path).cloned().unwrap_or_default()
    }

    /// The same, a text.
    pub fn text(&self, path: &str) -> String {
        self.of(path).as_str().unwrap_or_default().to_owned()
    }

    fn texts(&self, path: &str) -> Vec<String> {
        let list = self.of(path);
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// Runs every scenario.
pub fn all(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    formula(demo, expected)?;
    vaccine(demo, expected)?;
    lift(demo, expected)?;
    durian(demo, expected)
}

fn sorted(texts: impl IntoIterator<Item = String>) -> Value {
    Value::from(texts.into_iter().collect::<BTreeSet<String>>().into_iter().collect::<Vec<String>>())
}

fn whole(amount: &TraceAmount) -> i64 {
    amount.value.parse().unwrap_or(i64::MIN)
}

fn field<'a>(payload: &'a Value, name: &str) -> &'a Value {
    payload.get(name).unwrap_or(&Value::Null)
}

fn seconds(text: &str) -> i64 {
    Stamp::parse(text).map_or(i64::MIN, |stamp| stamp.seconds)
}

/// What events say under a name, each value once.
fn said(traced: &Traced, name: &str) -> Value {
    let values = traced.payloads.iter().filter_map(|payload| payload.get(name));
    let mut found: Vec<Value> = Vec::new();
    values.for_each(|value| {
        if !found.contains(value) {
            found.push(value.clone())
        }
    });
    Value::Array(found)
}

/// The events of a record type, with their places in the answer.
fn records<'a>(traced: &'a Traced, record_type: &str) -> Vec<(usize, &'a Value)> {
    let is = |payload: &Value| field(payload, "suyuan:recordType").as_str() == Some(record_type);
    traced.payloads.iter().enumerate().filter(|(_, payload)| is(payload)).collect()
}

// ---- A: infant formula ----

/// The names that `expected.json` gives to the subjects of a trace, its start left out; who received how much.
fn named(demo: &Demo<'_>, expected: &Checks, traced: &Traced, start: &str) -> Value {
    let names = expected.of("/a/names");
    let name_of = |id: &str| {
        let found = names
            .as_object()
            .into_iter()
            .flatten()
            .find(|(_, uris)| uris.as_array().into_iter().flatten().any(|uri| uri.as_str() == Some(id)));
        found.map_or_else(|| id.to_owned(), |(name, _)| name.clone())
    };
    let mut all: BTreeSet<String> = traced.answer.nodes.iter().map(|node| name_of(&node.id)).collect();
    all.remove(start);
    if traced.answer.direction == "forward" {
        all.extend(received(demo, traced));
    }
    sorted(all)
}

/// Each receipt of cases of lot A, as `at:ACTOR:CASES`: of logistic units what was packed in them.
fn received(demo: &Demo<'_>, traced: &Traced) -> Vec<String> {
    // Of what came of the start, not of the start itself unless it is the lot.
    let is_result = |depth: u32| depth > 0 || traced.answer.subject.contains("L2026");
    let nodes = traced.answer.nodes.iter().filter(|node| is_result(node.depth));
    let nodes: BTreeSet<&str> = nodes.map(|node| node.id.as_str()).collect();
    let mut lines = Vec::new();
    for payload in traced.payloads.iter().filter(|payload| field(payload, "bizStep").as_str() == Some("receiving")) {
        let inside = |unit: &Value| -> i64 {
            let packed = traced
                .answer
                .edges
                .iter()
                .filter(|edge| edge.relation == "containment" && Some(edge.to.as_str()) == unit.as_str());
            packed.filter_map(|edge| edge.quantity.as_ref()).map(whole).sum()
        };
        let units: i64 = field(payload, "epcList").as_array().into_iter().flatten().map(inside).sum();
        let of_lot = |element: &&Value| field(element, "epcClass").as_str().is_some_and(|class| nodes.contains(class));
        let loose = field(payload, "quantityList").as_array().into_iter().flatten().filter(of_lot);
        let loose: i64 = loose.filter_map(|element| field(element, "quantity").as_i64()).sum();
        let place = payload.pointer("/bizLocation/id").or_else(|| payload.pointer("/readPoint/id"));
        let place = place.and_then(Value::as_str).unwrap_or_default();
        let at = demo.network.actors.iter().find(|(_, actor)| place.starts_with(&actor.place));
        if let Some((actor, _)) = at.filter(|_| units + loose > 0) {
            lines.push(format!("at:{actor}:{}", units + loose));
        }
    }
    lines
}

fn formula(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    let first = |name: &str| expected.texts(&format!("/a/names/{name}")).into_iter().next().unwrap_or_default();
    let milk = demo.trace(
        "A. What became of the second lot of milk",
        "A. 第二批原料乳成为了什么、去了哪里",
        &first("milk:M-20261002-2"),
        Direction::Forward,
    )?;
    let found = named(demo, expected, &milk, "milk:M-20261002-2");
    demo.check("forward from milk 2", expected.of("/a/forwardFromMilk2"), found)?;
    let (can, lots) = (first("lot:L20261003A"), expected.texts("/a/names/lot:L20261003A"));
    let back = demo.trace("A. What lot A was made of", "A. 批次 A 由什么制成", &can, Direction::Back)?;
    let found = named(demo, expected, &back, "lot:L20261003A");
    demo.check("back from lot A", expected.of("/a/backwardFromLotA"), found)?;
    for (name, at) in [("suyuan:sc_no", "/a/scNo"), ("suyuan:formula_reg", "/a/formulaRegistration")] {
        demo.check(name, json!([expected.of(at)]), said(&back, name))?;
    }
    let siblings: Vec<String> = back.answer.siblings.iter().flat_map(|one| one.results.clone()).collect();
    let siblings = siblings.into_iter().filter(|uri| !lots.contains(uri));
    let names = siblings.map(|uri| if uri == first("lot:L20261003B") { "lot:L20261003B".to_owned() } else { uri });
    demo.check("sibling of lot A", expected.of("/a/siblingOfLotA"), sorted(names))?;
    let reach = demo.trace(
        "A. The reach of the recall: where lot A went",
        "A. 召回范围：批次 A 去了哪里",
        &can,
        Direction::Forward,
    )?;
    let found = named(demo, expected, &reach, "lot:L20261003A");
    demo.check("forward from lot A", expected.of("/a/forwardFromLotA"), found)?;
    let recalled = reach.answer.nodes.iter().find(|node| node.id == can).is_some_and(|node| node.recalled);
    demo.check("lot A is recalled", json!(true), json!(recalled))?;
    quantities(demo, expected, &reach.answer, &lots)?;
    times(demo, expected, &reach)
}

/// Sums over who received, shipped, sold and destroyed.
fn quantities(demo: &mut Demo<'_>, expected: &Checks, answer: &Trace, lots: &[String]) -> Result<(), Failure> {
    let (can, case) = (lots.first().cloned().unwrap_or_default(), lots.get(1).cloned().unwrap_or_default());
    let place_of = |actor: &str| demo.network.actors.get(actor).map(|one| one.place.clone()).unwrap_or_default();
    let sum = |actor: Option<&str>, subject: &str, which: fn(&TraceHolding) -> &TraceAmount| {
        let at = actor.map(place_of);
        let of = answer.holdings.iter().filter(|one| one.subject == subject);
        of.filter(|one| at.as_ref().is_none_or(|at| one.place == *at)).map(|one| whole(which(one))).sum::<i64>()
    };
    let produced: i64 = answer
        .edges
        .iter()
        .filter(|edge| edge.relation == "transformation" && edge.from == can)
        .filter_map(|edge| edge.quantity.as_ref())
        .map(whole)
        .sum();
    let cases = sum(Some("dairy"), &case, |one| &one.shipped);
    let a_case = produced.checked_div(cases).unwrap_or(0);
    let stock = (sum(Some("dist"), &case, |one| &one.received) - sum(Some("dist"), &case, |one| &one.shipped)) * a_case;
    let retail_in = sum(Some("retail"), &case, |one| &one.received) * a_case;
    let sold = sum(Some("retail"), &can, |one| &one.sold);
    let returned = sum(Some("retail"), &can, |one| &one.ended);
    let recovered = sum(None, &case, |one| &one.ended) * a_case + returned;
    let found = [
        ("producedCans", produced),
        ("cases", cases),
        ("cansPerCase", a_case),
        ("distStock", stock),
        ("retailIn", retail_in),
        ("retailSold", sold),
        ("retailStock", retail_in - sold),
        ("consumerReturns", returned),
        ("recovered", recovered),
        ("recoveryPermille", (recovered * 1_000).checked_div(produced).unwrap_or(0)),
        ("unaccounted", produced - recovered),
        ("destroyed", recovered),
    ];
    for (name, found) in found {
        demo.check(name, expected.of(&format!("/a/quantities/{name}")), json!(found))?;
    }
    Ok(())
}

fn times(demo: &mut Demo<'_>, expected: &Checks, reach: &Traced) -> Result<(), Failure> {
    let latest = |record_type: &str| {
        let times =
            records(reach, record_type).into_iter().filter_map(|(_, payload)| field(payload, "eventTime").as_str());
        times.max_by_key(|time| seconds(time)).unwrap_or_default().to_owned()
    };
    let found = [
        ("riskKnown", latest("F13.SAMPLING")),
        ("announced", latest("F11.RECALL")),
        ("notifiedAllDirectCustomers", latest("F11a.RECALL_ACK")),
    ];
    for (name, found) in &found {
        demo.check(name, expected.of(&format!("/a/times/{name}")), json!(found))?;
    }
    let in_time = seconds(&found[1].1) <= seconds(&expected.text("/a/times/startDeadline"));
    demo.check("announced before the deadline", json!(true), json!(in_time))?;
    let finish =
        records(reach, "F11.RECALL").first().map(|(_, payload)| field(payload, "suyuan:finish_deadline").clone());
    demo.check("completionDeadline", expected.of("/a/times/completionDeadline"), finish.unwrap_or_default())
}

// ---- readings ----

/// The temperatures that a trace's events report: seconds, tenths of a degree.
fn readings(traced: &Traced) -> BTreeMap<i64, i64> {
    let elements = traced.payloads.iter().flat_map(|payload| field(payload, "sensorElementList").as_array());
    let reports = elements.flatten().filter_map(|element| field(element, "sensorReport").as_array()).flatten();
    let reading = |report: &Value| {
        let time = seconds(field(report, "time").as_str()?);
        let text = field(report, "value").to_string();
        let (units, tenth) = text.split_once('.').unwrap_or((&text, "0"));
        let tenths = units.trim_start_matches('-').parse::<i64>().ok()? * 10 + tenth.parse::<i64>().ok()?;
        Some((time, if text.starts_with('-') { -tenths } else { tenths }))
    };
    reports.filter_map(reading).collect()
}

// ---- B: vaccine ----

fn vaccine(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    let traced = demo.trace(
        "B. What befell the vaccine's case on the road",
        "B. 疫苗箱在途中的经历",
        &expected.text("/b/case"),
        Direction::History,
    )?;
    let all: Vec<(i64, i64)> = readings(&traced).into_iter().collect();
    demo.check("samples", expected.of("/b/samples"), json!(all.len()))?;
    let limits: Vec<i64> =
        expected.of("/b/limitsTenths").as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
    let outside = |tenths: i64| {
        limits.first().is_some_and(|low| tenths < *low) || limits.get(1).is_some_and(|high| tenths > *high)
    };
    let bad: Vec<(usize, (i64, i64))> =
        all.iter().copied().enumerate().filter(|(_, reading)| outside(reading.1)).collect();
    demo.check("samples out of limits", expected.of("/b/excursion/samples"), json!(bad.len()))?;
    let most = bad.iter().map(|(_, reading)| reading.1).max();
    demo.check("most, in tenths of a degree", expected.of("/b/excursion/maxTenths"), json!(most))?;
    let (first, after) =
        (bad.first().map(|(_, reading)| reading.0), bad.last().and_then(|(place, _)| all.get(place + 1)));
    let minutes = first.zip(after).map(|(first, after)| (after.0 - first) / 60).unwrap_or_default();
    demo.check("excursion's minutes", expected.of("/b/excursion/minutes"), json!(minutes))?;
    let interval = all.windows(2).filter_map(|pair| Some(pair.get(1)?.0 - pair.first()?.0)).max();
    demo.check("interval's seconds", expected.of("/b/intervalSeconds"), json!(interval))?;
    let start = seconds(&expected.text("/b/excursion/start"));
    demo.check("excursion's start", json!(start), json!(first))?;
    let used = minutes + expected.of("/b/usedBeforeMinutes").as_i64().unwrap_or_default();
    demo.check("minutes used of the budget", expected.of("/b/usedMinutes"), json!(used))?;
    let exceeded = used > expected.of("/b/budgetMinutes").as_i64().unwrap_or_default();
    demo.check("the budget is exceeded", json!(true), json!(exceeded))?;
    let contents = demo.trace("B. What was in the case", "B. 箱内物品", &expected.text("/b/case"), Direction::Back)?;
    let codes = contents.answer.nodes.iter().map(|node| node.id.clone());
    let codes = codes.filter(|id| id.starts_with("urn:cn:drugtrace:"));
    demo.check("codes in the case", sorted(expected.texts("/b/codes")), sorted(codes))?;
    let code = expected.texts("/b/codes").into_iter().next().unwrap_or_default();
    let history = demo.trace("B. One code's history", "B. 一个追溯码的经历", &code, Direction::History)?;
    demo.check("approval", json!([expected.of("/b/approvalNo")]), said(&history, "suyuan:approval_no"))?;
    let received = expected.of("/b/temperatureAccepted");
    demo.check(
        "temperature accepted by who received",
        json!([received]),
        said(&history, "suyuan:temperature_accepted"),
    )?;
    let decision = records(&history, "D7b.EXCURSION_DECISION");
    let decision = decision.first().map(|(_, payload)| field(payload, "suyuan:decision").clone());
    demo.check("decision", expected.of("/b/decision"), decision.unwrap_or_default())
}

// ---- C: lift ----

fn association(edge: &&TraceEdge) -> bool {
    edge.relation == "association"
}

fn lift(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    let traced = demo.trace(
        "C. Which lifts have a brake of the recalled lot",
        "C. 哪些电梯装有被召回批次的制动器",
        &expected.text("/c/brakeLot"),
        Direction::Forward,
    )?;
    let answer = &traced.answer;
    let times: BTreeMap<&str, i64> =
        answer.events.iter().map(|event| (event.id.as_str(), seconds(&event.time))).collect();
    let recall = answer.recalls.iter().map(|recall| seconds(&recall.time)).min().unwrap_or(i64::MIN);
    let parts: Vec<&TraceEdge> = answer.edges.iter().filter(association).collect();
    let at = |edge: &TraceEdge, time: i64| {
        let until = edge.until.as_ref().and_then(|event| times.get(event.as_str()).copied());
        times.get(edge.event.as_str()).is_some_and(|from| *from <= time) && until.is_none_or(|until| until > time)
    };
    let ever = sorted(parts.iter().map(|edge| edge.to.clone()));
    let then = sorted(parts.iter().filter(|edge| at(edge, recall)).map(|edge| edge.to.clone()));
    let now = sorted(parts.iter().filter(|edge| edge.until.is_none()).map(|edge| edge.to.clone()));
    demo.check("ever installed", expected.of("/c/everInstalled"), ever)?;
    demo.check("installed at the recall", expected.of("/c/installedAtRecall"), then)?;
    demo.check("installed after the replacement", expected.of("/c/installedAfterReplacement"), now)?;
    let brakes = expected.of("/c/brakes");
    for (device, brake) in brakes.as_object().into_iter().flatten() {
        let back = demo.trace("C. What a lift is made of", "C. 电梯由什么组成", device, Direction::Back)?;
        let installed = back.answer.edges.iter().filter(association);
        let installed = installed.filter(|edge| edge.until.is_none() && edge.to == *device);
        let installed: Vec<&str> = installed.map(|edge| edge.from.as_str()).collect();
        let brake = subjects(brake.as_str().unwrap_or_default())?.first().map(|key| key.to_uri());
        demo.check("its brake", json!([brake]), json!(installed))?;
    }
    inspections(demo, expected)
}

fn inspections(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    let device = expected.text("/c/device");
    let traced = demo.trace("C. A lift's history", "C. 一台电梯的经历", &device, Direction::History)?;
    for (name, at) in [("suyuan:use_cert", "/c/useCert"), ("suyuan:supervision_date", "/c/supervised")] {
        demo.check(name, json!([expected.of(at)]), said(&traced, name))?;
    }
    let inspected = records(&traced, "S6.PERIODIC_INSPECTION");
    let days: Vec<Value> = inspected.iter().map(|(_, payload)| field(payload, "suyuan:date").clone()).collect();
    demo.check("inspections", expected.of("/c/inspections"), Value::Array(days))?;
    let due = inspected.last().map(|(_, payload)| field(payload, "suyuan:next_due").clone());
    demo.check("next due", expected.of("/c/nextDue"), due.unwrap_or_default())?;
    let served: Vec<i64> = records(&traced, "S8.MAINTENANCE")
        .into_iter()
        .map(|(_, payload)| seconds(field(payload, "eventTime").as_str().unwrap_or_default()))
        .collect();
    let gap = served.windows(2).filter_map(|pair| Some((pair.get(1)? - pair.first()?) / 86_400)).max();
    demo.check("longest gap of maintenance, in days", expected.of("/c/maintenanceGapDays"), json!(gap))
}

// ---- E: durian ----

fn durian(demo: &mut Demo<'_>, expected: &Checks) -> Result<(), Failure> {
    let pallets = expected.texts("/e/pallets");
    let one = demo.trace(
        "E. Where the importer's pallet came from",
        "E. 进口商的托盘从哪里来",
        pallets.first().map_or("", String::as_str),
        Direction::Back,
    )?;
    let found = one.answer.nodes.iter().skip(1).map(|node| node.id.clone());
    demo.check("back from a pallet", sorted([expected.text("/e/lot"), expected.text("/e/harvest")]), sorted(found))?;
    let container = expected.text("/e/container");
    let back = demo.trace("E. What was in the container", "E. 集装箱内物品", &container, Direction::Back)?;
    let found = back.answer.nodes.iter().skip(1).map(|node| node.id.clone());
    let all = pallets.iter().cloned().chain([expected.text("/e/lot"), expected.text("/e/harvest")]);
    demo.check("back from the container", sorted(all), sorted(found))?;
    let on_pallets =
        back.answer.edges.iter().filter(|edge| edge.relation == "containment" && pallets.contains(&edge.to));
    let cases: i64 = on_pallets.filter_map(|edge| edge.quantity.as_ref()).map(whole).sum();
    demo.check("cases", expected.of("/e/cases"), json!(cases))?;
    let packed = records(&back, "F3.INITIAL_PACK");
    let packed = packed.first().map(|(_, payload)| *payload).unwrap_or(&Value::Null);
    let milli = packed.pointer("/ilmd/suyuan:net_weight/suyuan:milli").and_then(Value::as_i64).unwrap_or_default();
    demo.check("kilograms", expected.of("/e/kilograms"), json!(cases * milli / 1_000))?;
    let origin = packed.get("ilmd").and_then(Value::as_object).into_iter().flatten();
    let origin = origin.filter(|(name, _)| name.ends_with("countryOfOrigin")).map(|(_, value)| value.clone()).next();
    demo.check("origin", expected.of("/e/origin"), origin.unwrap_or_default())?;
    let history = demo.trace("E. What befell the container", "E. 集装箱的经历", &container, Direction::History)?;
    let mut custody: Vec<String> = Vec::new();
    for event in &history.answer.events {
        let actor = demo.network.actors.iter().find(|(_, actor)| actor.uri == event.author);
        let actor = actor.map_or_else(|| event.author.clone(), |(key, _)| key.clone());
        if custody.last() != Some(&actor) {
            custody.push(actor);
        }
    }
    demo.check("custody", expected.of("/e/custody"), json!(custody))?;
    let seals = history.payloads.iter().filter_map(|payload| field(payload, "suyuan:seal").as_str());
    demo.check("seal", json!([expected.of("/e/seal")]), sorted(seals.map(str::to_owned)))?;
    let aeo = json!([expected.of("/e/aeo/hub"), expected.of("/e/aeo/importer")]);
    demo.check("authorised economic operators", aeo, said(&history, "suyuan:aeo"))?;
    demo.check("of the Harmonised System", json!([expected.of("/e/hs6")]), said(&history, "suyuan:hs6"))?;
    let all: Vec<(i64, i64)> = readings(&history).into_iter().collect();
    let gap = all.windows(2).filter_map(|pair| Some((pair.get(1)?.0 - pair.first()?.0) / 60)).max();
    demo.check("longest gap of readings, in minutes", expected.of("/e/gapMinutes"), json!(gap))?;
    let most = all.iter().map(|reading| reading.1).max();
    demo.check("most, in tenths of a degree", expected.of("/e/maxTenths"), json!(most))?;
    for (party, key) in [("exporter", "thpack"), ("hub", "hkhub"), ("importer", "importer")] {
        let uri = demo.network.actors.get(key).map(|actor| actor.uri.clone());
        let author =
            history.answer.events.iter().map(|event| &event.author).find(|author| Some(*author) == uri.as_ref());
        demo.check(party, expected.of(&format!("/e/{party}")), json!(author))?;
    }
    Ok(())
}
