//! Goal: scenario D (`07-scenarios.md`): late deliveries lower a grade, an objection is upheld, a penalty is repaired, and the
//! grade comes back, each as the reference of the model says (`docs/vectors/credit.json`), from records alone. Method: the
//! records of `docs/scenarios/d` through real submissions of their actors, in blocks of their times, and beside them eighteen
//! months of its documents; at each of its six steps the whole evaluation is compared.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actors;
mod ledger;

use std::collections::BTreeMap;

use actors::{World, day, read, time};
use serde_json::{Value, json};
use suyuan_ledger::credit::draw::InspectionRates;
use suyuan_ledger::credit::file::{CreditFile, Void};
use suyuan_ledger::credit::repair::RepairPolicies;
use suyuan_ledger::credit::{
    Assessment, Evaluation, FactStatus, Grade, Indicator, Parameters, PenaltyClass, PenaltyState, Source,
};
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::submission::record_type;

/// The scenario as it goes on.
struct Course {
    world: World,
    steps: Vec<Value>,
    /// The steps that were taken.
    taken: usize,
    /// The months whose events were captured, counted from January 2025.
    months: u32,
    /// The hashes of records that have a name.
    names: BTreeMap<String, String>,
}

impl Course {
    fn new() -> Course {
        let world = World::new("2024-12-01T00:00:00+08:00");
        let steps = read("d/records.json").as_array().unwrap().clone();
        Course { world, steps, taken: 0, months: 0, names: BTreeMap::new() }
    }

    /// Takes the steps of all days up to one, this included.
    fn until(&mut self, date: &str) {
        let end = time(&format!("{date}T23:59:59+08:00"));
        while let Some(step) = self.steps.get(self.taken).cloned() {
            let at = time(step["on"].as_str().unwrap());
            if at > end {
                break;
            }
            self.capture_months(at);
            self.take(&step, at);
            self.taken += 1;
        }
        self.capture_months(end);
    }

    fn take(&mut self, step: &Value, at: i64) {
        let record = self.named(&step["record"]);
        let kind = if record["subject"].is_null() { record_type::CONTRACT } else { record_type::CREDIT };
        self.world.say(step["by"].as_str().unwrap(), kind, at, &[record.to_string()]);
        if let Some(name) = step["as"].as_str() {
            let before = self.names.insert(name.to_owned(), self.world.last());
            assert_eq!(before, None, "{name}");
        }
    }

    /// A record with the hashes of those that it names.
    fn named(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(name) => json!(self.names.get(name).unwrap_or_else(|| panic!("no {name}"))),
                None => value.clone(),
            },
            Value::Array(list) => list.iter().map(|one| self.named(one)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), self.named(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            _ => value.clone(),
        }
    }

    fn hash(&self, name: &str) -> Hash {
        Hash::from_hex(&self.names[name]).unwrap()
    }

    /// Captures the documents of the months from January 2025 to June 2026 that are over by a time, each as that of the first:
    /// what was made is shipped to the assembler, which receives it, so that both sides stand for the month.
    fn capture_months(&mut self, before: i64) {
        while self.months < 18 {
            let (year, month) = (2025 + self.months / 12, self.months % 12 + 1);
            let in_month = |text: String| {
                text.replace("2025-01", &format!("{year}-{month:02}")).replace("202501", &format!("{year}{month:02}"))
            };
            if time(&in_month("2025-01-27T19:00:00+08:00".to_owned())) > before {
                return;
            }
            self.months += 1;
            ["01", "02", "03"].iter().for_each(|name| self.world.changed_documents("d", &[name], 0, in_month));
        }
    }

    fn file(&self, date: &str) -> CreditFile<'static> {
        self.world.file_at("parts", time(&format!("{date}T23:59:59+08:00")))
    }

    /// Goes on to a step of the reference, and compares what comes out with what it says.
    fn reaches(&mut self, number: usize, date: &str) -> (CreditFile<'static>, Evaluation) {
        self.until(date);
        let vector = &vectors()["vectors"][number];
        assert_eq!(vector["case"]["day"], json!(day(date).number()));
        let file = self.file(date);
        let (facts, status) = (file.facts(), file.status(day(date)));
        let said =
            Assessment::new(Parameters::first(), file.profile().unwrap(), &facts, &status, day(date)).evaluation();
        let (found, expected) = (serde_json::to_value(&said).unwrap(), &vector["expected"]);
        for (name, value) in found.as_object().unwrap() {
            assert_eq!(value, &expected[name], "{name} on {date}");
        }
        let step = &read("expected.json")["d"]["steps"][number];
        assert_eq!((step["day"].as_str(), step["score"].as_u64()), (Some(date), Some(said.score)));
        let values: BTreeMap<&str, u16> = said.rows.iter().map(|row| (row.ind.name(), row.value)).collect();
        assert_eq!((&step["grade"], &step["values"]), (&json!(said.grade.name()), &json!(values)), "{date}");
        // One record alone has no effect: the application that came too early.
        let voids: Vec<Void> = file.voids.iter().map(|(_, void)| *void).collect();
        let expected: &[Void] = if day(date) < day("2026-10-09") { &[] } else { &[Void::MinPeriod] };
        assert_eq!(voids, expected, "{date}");
        (file, said)
    }
}

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/vectors/credit.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// By when the next step of the one procedure there is must be taken.
fn due(file: &CreditFile<'_>) -> Option<String> {
    let objections = file.objections.values().filter_map(|one| one.due);
    let mut dues = objections.chain(file.repairs.values().filter_map(|one| one.due));
    let due = dues.next();
    assert!(dues.next().is_none());
    due.and_then(Day::text)
}

#[test]
fn late_deliveries_and_the_way_back() {
    let expected = read("expected.json")["d"].clone();
    let text = |path: &str| Some(expected.pointer(path).unwrap().as_str().unwrap().to_owned());
    let mut course = Course::new();

    let (file, _) = course.reaches(0, "2026-07-01");
    let traces = file.facts().into_iter().filter(|fact| fact.indicator.name().starts_with("TR"));
    let traces: Vec<_> = traces.map(|fact| (fact.indicator.name(), fact.value, fact.mass, fact.source)).collect();
    assert_eq!(traces.len(), 36);
    assert!(traces.iter().all(|fact| [("TRC", 970, 3_000, Source::BothSides), ("TRT", 940, 3_000, Source::BothSides)].contains(fact)));

    let (_, said) = course.reaches(1, "2026-09-15");
    assert_eq!(InspectionRates::first().ppm(said.grade), expected["drawRatePpm"]["before"].as_u64().unwrap() as u32);

    course.until("2026-09-16");
    assert_eq!(due(&course.file("2026-09-16")), text("/objection/acceptBy"));
    let (file, _) = course.reaches(2, "2026-09-18");
    let suspended = |file: &CreditFile<'_>| -> Vec<Indicator> {
        let facts = file.facts().into_iter().filter(|fact| fact.status == FactStatus::Suspended);
        facts.inspect(|fact| assert!(fact.id.ends_with(".OB109"))).map(|fact| fact.indicator).collect()
    };
    assert_eq!(suspended(&file), [Indicator::Fulfilment, Indicator::OnTime]);
    assert_eq!(due(&file), text("/objection/platformCheckBy"));
    course.until("2026-09-21");
    assert_eq!(due(&course.file("2026-09-21")), text("/objection/providerAnswerBy"));

    let (file, _) = course.reaches(3, "2026-10-09");
    assert_eq!((suspended(&file), due(&file)), (vec![], None));
    let policy = RepairPolicies::first().on(day("2026-10-09")).unwrap();
    let decided = day(expected["repair"]["penalty"].as_str().unwrap());
    assert_eq!(
        policy.eligible_from(decided, PenaltyClass::General, "").and_then(Day::text),
        text("/repair/eligibleFrom")
    );
    assert_eq!(policy.ends(decided, PenaltyClass::General).and_then(Day::text), text("/repair/endsByItself"));

    course.until("2026-10-12");
    assert_eq!(due(&course.file("2026-10-12")), text("/repair/acceptBy"));
    course.until("2026-10-13");
    assert_eq!(due(&course.file("2026-10-13")), text("/repair/decideBy"));
    let (file, said) = course.reaches(4, "2026-10-22");
    assert_eq!((said.band, said.grade), (Grade::B, Grade::C));
    let penalties: Vec<PenaltyState> = file.status(day("2026-10-22")).penalties.iter().map(|one| one.state).collect();
    assert_eq!(penalties, [PenaltyState::Repaired]);
    assert!(file.penalties(day("2026-10-22"), 12).is_empty());
    let sampling = course.hash("sampling");
    assert!(file.facts().iter().all(|fact| !fact.evidence.contains(&sampling)));

    let (file, said) = course.reaches(5, "2026-11-21");
    assert_eq!(InspectionRates::first().ppm(said.grade), expected["drawRatePpm"]["after"].as_u64().unwrap() as u32);
    assert_eq!((due(&file), course.taken), (None, course.steps.len()));
}

// All of it recorded within minutes, long after it happened, and as far as nothing waits for another record in another order:
// what is measured by what both sides and authorities say is the same. Without months of blocks there is
// neither completeness nor timeliness.
#[test]
fn all_recorded_on_one_day() {
    let mut course = Course::new();
    course.world = World::new("2026-12-10T00:00:00+08:00");
    for step in read("expected.json")["d"]["steps"].as_array().unwrap() {
        let date = step["day"].as_str().unwrap();
        loop {
            let is_due = |one: &Value| one["on"].as_str().unwrap()[..date.len()] <= *date;
            let is_ready = |one: &Value| !names_in(&one["record"]).any(|name| !course.names.contains_key(&name));
            let all = std::mem::take(&mut course.steps).into_iter();
            let (ready, waiting): (Vec<Value>, Vec<Value>) = all.partition(|one| is_due(one) && is_ready(one));
            course.steps = waiting;
            if ready.is_empty() {
                break;
            }
            let now = course.world.network.time + 1_000;
            ready.iter().for_each(|step| course.take(step, now));
        }
        let file = course.world.file("parts");
        let (facts, status) = (file.facts(), file.status(day(date)));
        let said =
            Assessment::new(Parameters::first(), file.profile().unwrap(), &facts, &status, day(date)).evaluation();
        for row in said.rows.iter().filter(|row| !row.ind.name().starts_with("TR")) {
            assert_eq!(json!(row.value), step["values"][row.ind.name()], "{} on {date}", row.ind.name());
        }
        assert_eq!(said.rows.len(), step["values"].as_object().unwrap().len());
    }
    assert!(course.steps.is_empty());
}

/// The names of other records in one.
fn names_in(value: &Value) -> Box<dyn Iterator<Item = String> + '_> {
    match value {
        Value::String(text) => Box::new(text.strip_prefix('$').map(str::to_owned).into_iter()),
        Value::Array(list) => Box::new(list.iter().flat_map(names_in)),
        Value::Object(members) => Box::new(members.values().flat_map(names_in)),
        _ => Box::new(std::iter::empty()),
    }
}
