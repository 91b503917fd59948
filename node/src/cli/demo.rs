//! `suyuan demo`: the bundled scenarios captured by their actors, traced, proved, and checked.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::organisation::ScopeKind;
use suyuan_ledger::trace::answer::Answer;
use suyuan_ledger::trace::closure::Direction;

use super::arguments::DemoArguments;
use super::outcome::Outcome;
use super::place::Failure;
use super::screen::Screen;
use super::text::pick;
use super::trace::show;
use crate::codes::node as codes;
use crate::open::io_reason;
use crate::traces::{Found, Request, check, prove, subjects, trace};
use checks::Checks;
use documents::{DOCUMENTS, EXPECTED};
use network::Network;

mod checks;
mod documents;
mod network;

/// A proof waits so often, and so long each time, for the last block to be certified.
const CERTIFIED_TRIES: u32 = 100;
const CERTIFIED_WAIT: Duration = Duration::from_millis(50);

/// A trace that was asked of the ledger: the answer, and the payloads of its events as JSON.
pub struct Traced {
    /// The answer.
    pub answer: Answer,
    /// The payload of each event of the answer.
    pub payloads: Vec<Value>,
}

/// Shows the ledger at work.
pub fn run(options: &DemoArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let folder = tempfile::tempdir().map_err(|error| io_reason(&std::env::temp_dir(), &error))?;
    let network = Network::found(&folder.path().join("data"))?;
    let mut demo = Demo { network, screen, failed: 0, checked: 0 };
    demo.title("A network of 17 actors and one validator", "17 个参与方与一个验证节点组成的网络")?;
    writeln!(demo.screen.answers(), "{} {}", pick(demo.screen.language, "chain", "链"), demo.network.chain())?;
    demo.capture()?;
    checks::all(&mut demo)?;
    let (failed, checked) = (demo.failed, demo.checked);
    let Demo { network, screen, .. } = demo;
    let words = [pick(screen.language, "checks hold", "项核对通过"), pick(screen.language, "do not", "项未通过")];
    writeln!(screen.answers(), "\n{} {}, {failed} {}", checked - failed, words[0], words[1])?;
    let outcome = if failed == 0 { Outcome::Done } else { Outcome::No };
    let once = options.once || std::env::var_os("DEMO_ONCE").is_some_and(|value| value == "1");
    if once || !std::io::stdout().is_terminal() {
        network.node.close()?;
        return Ok(outcome);
    }
    let Network { node, device, .. } = network;
    super::run::serve(node, device, SocketAddr::from(([127, 0, 0, 1], options.port)), screen)?;
    Ok(outcome)
}

/// The demo as it runs.
pub struct Demo<'a> {
    /// The network.
    pub network: Network,
    screen: &'a mut Screen,
    failed: u64,
    checked: u64,
}

impl Demo<'_> {
    fn title(&mut self, english: &'static str, chinese: &'static str) -> std::io::Result<()> {
        writeln!(self.screen.answers(), "\n== {}", pick(self.screen.language, english, chinese))
    }

    /// Captures every document as its actor.
    fn capture(&mut self) -> Result<(), Failure> {
        self.title("Each actor captures its documents, signed with its own key", "各参与方用自己的密钥签名并录入文档")?;
        // A firm that maintains what others made acts for the makers, or what it records is a claim.
        for (owner, kind, value) in
            [("liftmfr", ScopeKind::DeviceMaker, "44010"), ("brake", ScopeKind::Prefix, "9521009")]
        {
            self.network.delegate(owner, "maint", kind, value)?;
            let words = pick(self.screen.language, "delegates to its maintenance firm:", "委托其维保单位：");
            writeln!(self.screen.answers(), "  {owner} {words} {}:{value}", kind.name())?;
        }
        let mut scenario = ' ';
        let (mut events, mut refused) = (0, Vec::new());
        for document in DOCUMENTS {
            if document.scenario != scenario {
                scenario = document.scenario;
                writeln!(self.screen.answers(), "{}", scenario.to_ascii_uppercase())?;
            }
            let (tally, said) = self.network.capture(document)?;
            let language = self.screen.language;
            let flagged = match tally.flagged {
                0 => String::new(),
                flagged => format!(", {flagged} {}", pick(language, "with flags", "个有备注")),
            };
            let of = pick(language, "events", "个事件");
            writeln!(self.screen.answers(), "  {:<36} {:>3} {of}{flagged}", document.name, tally.accepted)?;
            events += tally.accepted;
            refused.extend(said);
        }
        let events_in_files: usize = DOCUMENTS.iter().map(|one| one.text.matches("\"eventID\"").count()).sum();
        self.check("events captured", Value::from(events_in_files), Value::from(events))?;
        self.check("events refused", Value::Array(Vec::new()), Value::from(refused))
    }

    /// Traces a subject, shows it, and checks its proof: what the proof proves must be the trace.
    pub fn trace(
        &mut self,
        english: &'static str,
        chinese: &'static str,
        subject: &str,
        direction: Direction,
    ) -> Result<Traced, Failure> {
        self.title(english, chinese)?;
        let keys = subjects(subject)?;
        let found = trace(&self.network.node.store.snapshot(), &keys, Request::all(direction))?;
        let Found::Trace(answer) = found else {
            return Err(Reason::new(codes::NOT_RECORDED, &[subject, "0"]).into());
        };
        show(&answer, false, self.screen)?;
        let mut proof = None;
        for _ in 0..CERTIFIED_TRIES {
            proof = prove(&self.network.node.store.snapshot(), &keys, direction, false)?;
            if proof.is_some() {
                break;
            }
            std::thread::sleep(CERTIFIED_WAIT);
        }
        let proof = proof.ok_or_else(|| Reason::new(codes::PROOF_LATER, &[]))?;
        let proved = check(&proof, &self.network.trust)?;
        let words = match self.screen.language {
            Language::En => "its proof, checked from the genesis alone: bytes",
            Language::Zh => "其证明（仅凭创世文件核验）：字节",
        };
        let height = pick(self.screen.language, "nothing missing up to height", "无遗漏，截至高度");
        writeln!(self.screen.answers(), "{words} {}, {height} {}", proof.len(), proved.complete_to)?;
        let same = proved.answer.as_ref().is_some_and(|proved| {
            let ids = |answer: &Answer| -> Vec<String> { answer.events.iter().map(|event| event.id.clone()).collect() };
            ids(proved) == ids(&answer) && proved.edges == answer.edges
        });
        self.check("the proof proves this trace", Value::Bool(true), Value::Bool(same))?;
        let payloads = answer.events.iter().map(|event| self.payload(&event.position)).collect::<Result<_, _>>()?;
        Ok(Traced { answer: *answer, payloads })
    }

    fn payload(&self, position: &str) -> Result<Value, Failure> {
        let place =
            position.split_once('/').and_then(|(height, index)| Some((height.parse().ok()?, index.parse().ok()?)));
        let (height, index) = place.unwrap_or_default();
        let snapshot = self.network.node.store.snapshot();
        let payload = suyuan_ledger::state::reader::Reader::new(&snapshot).payload(height, index);
        let payload = payload.map_err(|error| crate::open::store_reason(&error))?;
        Ok(payload.and_then(|payload| serde_json::from_slice(&payload.payload).ok()).unwrap_or_default())
    }

    /// Compares what was found with what is expected.
    pub fn check(&mut self, name: &str, expected: Value, found: Value) -> Result<(), Failure> {
        self.checked += 1;
        let mut sink = self.screen.answers();
        if expected == found {
            writeln!(sink, "  ✓ {name}: {}", shortened(&found))?;
        } else {
            self.failed += 1;
            writeln!(sink, "  ✗ {name}: {} ≠ {}", shortened(&found), shortened(&expected))?;
        }
        Ok(())
    }

    /// What the scenarios expect.
    pub fn expected(&self) -> Result<Checks, Failure> {
        let expected = serde_json::from_str(EXPECTED);
        let expected =
            expected.map_err(|error| Reason::new(codes::CONFIGURATION, &["expected.json", &error.to_string()]))?;
        Ok(Checks(expected))
    }
}

/// A value on one line of bearable length.
fn shortened(value: &Value) -> String {
    const CHARACTERS_MAX: usize = 240;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().map(shortened).collect();
            texts.join(" ")
        }
        other => other.to_string(),
    };
    match text.char_indices().nth(CHARACTERS_MAX) {
        None => text,
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
    }
}
