//! `suyuan demo`: the bundled scenarios captured by their actors at the nodes of four organisations, traced, proved, and
//! checked; and what the network does when one of the nodes dies.

use std::io::{BufRead, IsTerminal, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::day::Day;
use suyuan_ledger::organisation::genesis::{Genesis, chain_id};
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::trace::closure::Direction;

use super::arguments::DemoArguments;
use super::outcome::Outcome;
use super::place::Failure;
use super::screen::{Screen, printable};
use super::text::pick;
use crate::api::v1::schema::Trace;
use crate::clock;
use crate::codes::alarm::OVERDUE;
use crate::codes::node as codes;
use crate::link::percent_encoded;
use crate::open::{io_reason, read_file};
use crate::traces::check;
use checks::Checks;
use course::Act;
use documents::{Document, EXPECTED};
use network::{NEWCOMER, Network};

mod checks;
mod course;
mod credit;
mod documents;
mod network;
mod process;
mod supervision;

/// A proof waits so often, and so long each time, for the last block to be certified.
const CERTIFIED_TRIES: u32 = 100;
const CERTIFIED_WAIT: Duration = Duration::from_millis(50);
/// The audit node is connected to so many at the end.
const VALIDATORS_CONNECTED: usize = 4;
/// The node at which this document would be captured is killed before that, and started again after that one.
const KILLED_BEFORE: &str = "03-hkhub-receive-ship.jsonld";
const BACK_AFTER: &str = "05-importer-arrive-receive.jsonld";
/// Announces the recall.
const RECALL: &str = "10-dairy-recall.jsonld";
/// Bytes of the genesis that is read back.
const GENESIS_BYTES_MAX: u64 = 1 << 20;

/// A trace that was asked of a node: the answer, and its events.
pub struct Traced {
    /// The answer.
    pub answer: Trace,
    /// Each event of the answer, as EPCIS has it.
    pub payloads: Vec<Value>,
}

/// Shows the ledger at work.
pub fn run(options: &DemoArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let folder = tempfile::tempdir().map_err(|error| io_reason(&std::env::temp_dir(), &error))?;
    let language = screen.language;
    let title = pick(
        language,
        "A network of 20 actors: validators of four of them, a regulator's audit node, each a process of its own",
        "20 个参与方的网络：其中四家运行验证节点，监管方运行审计节点，各为独立进程",
    );
    writeln!(screen.answers(), "\n== {title}")?;
    screen.flush()?;
    let network = Network::found(folder.path(), options.port)?;
    // What a light client knows: read back from the file, which anybody may have.
    let bytes = read_file(&folder.path().join("genesis.json"), GENESIS_BYTES_MAX)?;
    let genesis = Genesis::parse(&bytes).map_err(|error| error.reason)?;
    let trust = Trust::genesis(chain_id(&bytes), genesis.start_time, genesis.validators);
    let mut demo = Demo { network, trust, screen, failed: 0, checked: 0, asked: 0 };
    demo.say_nodes()?;
    demo.go_through()?;
    let expected = demo.expected()?;
    checks::all(&mut demo, &expected)?;
    demo.end()?;
    let (failed, checked) = (demo.failed, demo.checked);
    let words = [pick(language, "checks hold", "项核对通过"), pick(language, "do not", "项未通过")];
    writeln!(demo.screen.answers(), "\n{} {}, {failed} {}", checked - failed, words[0], words[1])?;
    let once = options.once || std::env::var_os("DEMO_ONCE").is_some_and(|value| value == "1");
    if options.keep || (!once && std::io::stdout().is_terminal()) {
        demo.keep()?;
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::No })
}

/// What was captured of documents.
#[derive(Default)]
struct Captured {
    in_documents: u64,
    events: u64,
    refused: Vec<String>,
}

/// The demo as it runs.
pub struct Demo<'a> {
    /// The network.
    pub network: Network,
    trust: Trust,
    screen: &'a mut Screen,
    failed: u64,
    checked: u64,
    /// Traces that were asked for: each of another node.
    asked: usize,
}

impl Demo<'_> {
    fn title(&mut self, english: &'static str, chinese: &'static str) -> std::io::Result<()> {
        writeln!(self.screen.answers(), "\n== {}", pick(self.screen.language, english, chinese))
    }

    /// Says who runs a node, and where.
    fn say_nodes(&mut self) -> std::io::Result<()> {
        let (language, mut sink) = (self.screen.language, self.screen.answers());
        writeln!(sink, "{} {}", pick(language, "chain", "链"), self.network.chain)?;
        for node in &self.network.nodes {
            let name = self.network.actors.get(node.actor).map_or("", |actor| actor.name.as_str());
            let role = match node.audits {
                true => pick(language, "audit node", "审计节点"),
                false => pick(language, "validator", "验证节点"),
            };
            writeln!(sink, "  {:<8} {role:<10} {}  {}  {name}", node.actor, node.remote.url(), node.address)?;
        }
        self.screen.flush()
    }

    /// Goes through the years of the scenarios: every actor records what it has to say, each on its day; in the midst of it a
    /// node is killed, and later started again.
    fn go_through(&mut self) -> Result<(), Failure> {
        self.title(
            "Each actor records on its day, signed with its own key, at the node of one organisation; in a trial the clock is set",
            "各参与方按日期用自己的密钥签名，经某一单位的节点录入；试验网络的时钟由人设定",
        )?;
        let (expected, mut records, mut captured, mut stood) =
            (self.expected()?, credit::Records::default(), Captured::default(), 0);
        for (at, act) in course::acts(&expected)? {
            if at > clock::now_ms() {
                clock::set(&self.network.clock, at)?;
            }
            match act {
                Act::Found => credit::found(self)?,
                Act::Record(scenario, step) => records.record(self, scenario, &step)?,
                Act::Look(look) => credit::look(self, &expected, &look)?,
                Act::Document(document) => {
                    if document.name == KILLED_BEFORE {
                        stood = self.kill(document.scenario)?;
                    }
                    let sent = Instant::now();
                    self.capture(&document, at, &mut captured)?;
                    if document.name == RECALL {
                        supervision::listed(self, &expected, sent)?;
                    }
                    if document.name == BACK_AFTER {
                        self.back(stood)?;
                    }
                }
            }
            self.screen.flush()?;
        }
        self.check("events captured", json!(captured.in_documents), json!(captured.events))?;
        self.check("events refused", json!([]), json!(captured.refused))?;
        self.check("records of credit and contracts", json!(records.recorded), json!(records.expected))?;
        self.one_ledger("all nodes have one height and one state root")
    }

    fn kill(&mut self, scenario: char) -> Result<u64, Failure> {
        let killed = self.network.kill_host(scenario);
        let words = pick(
            self.screen.language,
            "is killed (-9): its clients go to another node, the network goes on",
            "的节点被强制终止（-9）：其客户端改用其他节点，网络继续运行",
        );
        writeln!(self.screen.answers(), "  -- {killed} {words}")?;
        Ok(self.network.host(scenario)?.stands()?.0)
    }

    fn back(&mut self, stood: u64) -> Result<(), Failure> {
        let height = self.network.host(' ')?.stands()?.0;
        self.check("blocks came while it was away", Value::Bool(true), Value::Bool(height > stood))?;
        let words = pick(self.screen.language, "it is started again, and catches up", "该节点重新启动并追上");
        writeln!(self.screen.answers(), "  -- {words}")?;
        self.network.restart()?;
        self.one_ledger("all nodes have one height and one state root")
    }

    /// Captures a document as its actor.
    fn capture(&mut self, document: &Document, at: i64, captured: &mut Captured) -> Result<(), Failure> {
        let host = self.network.host(document.scenario)?.actor;
        let (tally, said) = self.network.capture(document)?;
        captured.in_documents += document.text.matches("\"eventID\"").count() as u64;
        captured.events += tally.accepted;
        captured.refused.extend(said);
        // Of the months of D there are too many to be told one by one.
        if document.scenario == 'd' {
            return Ok(());
        }
        let language = self.screen.language;
        let flagged = match tally.flagged {
            0 => String::new(),
            flagged => format!(", {flagged} {}", pick(language, "with flags", "个有备注")),
        };
        let (of, by) = (pick(language, "events", "个事件"), pick(language, "at the node of", "节点："));
        let (day, scenario) = (Day::in_china(at).text().unwrap_or_default(), document.scenario.to_ascii_uppercase());
        let (name, count) = (document.name, tally.accepted);
        writeln!(self.screen.answers(), "  {day} {scenario} {name:<36} {count:>3} {of}{flagged}, {by} {host}")?;
        Ok(())
    }

    /// Checks that all nodes have come to one ledger.
    fn one_ledger(&mut self, name: &str) -> Result<(), Failure> {
        let said = match self.network.together()? {
            Ok((height, state)) => {
                writeln!(self.screen.answers(), "  {height} {state}")?;
                Value::from(self.network.nodes.len())
            }
            Err(stand) => json!(stand),
        };
        self.check(name, Value::from(self.network.nodes.len()), said)
    }

    /// Traces a subject at one of the nodes, shows it, and checks its proof: what the proof proves must be the trace.
    pub fn trace(
        &mut self,
        english: &'static str,
        chinese: &'static str,
        subject: &str,
        direction: Direction,
    ) -> Result<Traced, Failure> {
        self.title(english, chinese)?;
        let place = self.asked % self.network.nodes.len();
        self.asked += 1;
        let way = match direction {
            Direction::Back => "back",
            Direction::Forward => "forward",
            Direction::History => "history",
        };
        let path = format!("/v1/trace/{}?direction={way}", percent_encoded(subject));
        let language = pick(self.screen.language, "en", "zh");
        let text = self.get(place, &format!("{path}&format=text&lang={language}"), "text/plain")?;
        let mut sink = self.screen.answers();
        String::from_utf8_lossy(&text).lines().try_for_each(|line| writeln!(sink, "{}", printable(line)))?;
        let said = self.get(place, &path, "application/json")?;
        let unread = |error: serde_json::Error| Reason::new(codes::ANSWER, &[&path, &error.to_string()]);
        let answer: Trace = serde_json::from_slice(&said).map_err(unread)?;
        let said: Value = serde_json::from_slice(&said).map_err(unread)?;
        let proof = self.proof(place, &path)?;
        let proved = check(&proof, &self.trust)?;
        let verified = self.network.verify(&proof)?;
        let words = match self.screen.language {
            Language::En => "its proof, checked from the genesis alone: bytes",
            Language::Zh => "其证明（仅凭创世文件核验）：字节",
        };
        let height = pick(self.screen.language, "nothing missing up to height", "无遗漏，截至高度");
        let at = pick(self.screen.language, "asked of the node of", "查询节点：");
        let actor = self.network.nodes.get(place).map_or("", |node| node.actor);
        writeln!(sink, "{words} {}, {height} {}; {at} {actor}", proof.len(), proved.complete_to)?;
        let same = proved.answer.as_ref().is_some_and(|proved| {
            let ids = |answer: &Value| -> Vec<Value> {
                let events = answer.get("events").and_then(Value::as_array).into_iter().flatten();
                events.filter_map(|event| event.get("id").cloned()).collect()
            };
            let proved = serde_json::to_value(proved).unwrap_or_default();
            ids(&proved) == ids(&said) && proved.get("edges") == said.get("edges")
        });
        let by_command = verified.get("complete_to_height").and_then(Value::as_u64) == Some(proved.complete_to);
        self.check("the proof proves this trace", Value::Bool(true), Value::Bool(same && by_command))?;
        let payloads = answer.events.iter().map(|event| self.event(place, &event.id)).collect::<Result<_, _>>()?;
        Ok(Traced { answer, payloads })
    }

    /// What a node answers.
    fn get(&self, place: usize, path: &str, accept: &str) -> Result<Vec<u8>, Reason> {
        let node = self.network.nodes.get(place).ok_or_else(|| Reason::new(codes::OPTION, &["node", path]))?;
        match node.remote.get(path, accept)? {
            (200, bytes) => Ok(bytes),
            (status, bytes) => Err(node.remote.unexpected(status, &bytes)),
        }
    }

    /// The proof of a trace, once the last block is certified.
    fn proof(&self, place: usize, path: &str) -> Result<Vec<u8>, Reason> {
        let mut tries = 0;
        loop {
            let proof = self.get(place, &format!("{path}&proof=true"), "application/octet-stream");
            tries += 1;
            match proof {
                Err(_) if tries < CERTIFIED_TRIES => std::thread::sleep(CERTIFIED_WAIT),
                answered => return answered,
            }
        }
    }

    /// An event, as the EPCIS interface gives it.
    fn event(&self, place: usize, id: &str) -> Result<Value, Reason> {
        let path = format!("/epcis/events/{}", percent_encoded(id));
        let bytes = self.get(place, &path, "application/json")?;
        let document: Value =
            serde_json::from_slice(&bytes).map_err(|error| Reason::new(codes::ANSWER, &[&path, &error.to_string()]))?;
        let events = document.pointer("/epcisBody/queryResults/resultsBody/eventList").and_then(Value::as_array);
        let is_this = |event: &&Value| event.get("eventID").and_then(Value::as_str) == Some(id);
        let event = events.into_iter().flatten().find(is_this).cloned();
        event.ok_or_else(|| Reason::new(codes::ANSWER, &[&path, "without the event"]))
    }

    /// Asks the audit node, once it has all that was recorded and has read it.
    fn ask_audit(&self, path: &str) -> Result<Value, Failure> {
        let audit = self.network.nodes.iter().find(|node| node.audits);
        let audit = audit.ok_or_else(|| Reason::new(codes::UNREACHABLE, &["demo", "no audit node"]))?;
        let height = self.network.host(' ')?.stands()?.0;
        let mut why = Reason::new(codes::ANSWER, &[path, "behind the other nodes"]);
        for _ in 0..CERTIFIED_TRIES {
            match audit.ask(path) {
                Ok(said) if said.get("height").and_then(Value::as_u64).is_some_and(|at| at >= height) => {
                    return Ok(said);
                }
                Ok(_) => {}
                // What it has not read yet it does not know.
                Err(reason) => why = reason,
            }
            std::thread::sleep(CERTIFIED_WAIT);
        }
        Err(why.into())
    }

    /// What the regulator sees when all is done.
    fn end(&mut self) -> Result<(), Failure> {
        self.title("What the regulator's audit node sees", "监管方审计节点所见")?;
        self.one_ledger("all nodes have one height and one state root")?;
        let Some(audit) = self.network.nodes.iter().find(|node| node.audits) else { return Ok(()) };
        let count = |status: &Value| {
            let validators = status.get("validators").and_then(Value::as_array).into_iter().flatten();
            validators.filter(|one| one.get("connected") == Some(&Value::Bool(true))).count()
        };
        let mut status = audit.ask("/v1/status")?;
        // Whoever was dialled from both sides may be between two connections.
        for _ in 0..CERTIFIED_TRIES {
            if count(&status) == VALIDATORS_CONNECTED {
                break;
            }
            std::thread::sleep(CERTIFIED_WAIT);
            status = audit.ask("/v1/status")?;
        }
        let alarms = audit.ask("/v1/alarms")?;
        let mut sink = self.screen.answers();
        let lines = super::status::lines(&status, self.screen.language);
        lines.iter().try_for_each(|line| writeln!(sink, "  {line}"))?;
        let role = status.get("role").cloned().unwrap_or_default();
        self.check("its role", json!("audit"), role)?;
        self.check("validators that it is connected to", json!(VALIDATORS_CONNECTED), json!(count(&status)))?;
        let codes = alarms.get("alarms").and_then(Value::as_array).into_iter().flatten();
        // The scenarios have things overdue, on days that a node may look at, or be past before it does.
        let codes = codes.filter(|alarm| alarm.get("code") != Some(&json!(OVERDUE.id)));
        let codes: Vec<Value> = codes.filter_map(|alarm| alarm.pointer("/message/en").cloned()).collect();
        self.check("its alarms", json!([]), json!(codes))
    }

    /// Leaves the network running until somebody presses Enter, and says what can be done with it.
    fn keep(&mut self) -> Result<(), Failure> {
        self.title(
            "The network runs until you press Enter. In a second terminal:",
            "网络将保持运行，直到按下回车。可在另一终端中：",
        )?;
        let program = std::env::current_exe().map_err(|error| io_reason(std::path::Path::new("suyuan"), &error))?;
        let url = |place: usize| self.network.nodes.get(place).map_or("", |node| node.remote.url()).to_owned();
        let (first, audit) = (url(0), url(self.network.nodes.len().saturating_sub(1)));
        let uri = self.network.actors.get(NEWCOMER).map_or("", |actor| actor.uri.as_str());
        let name = self.network.actors.get(NEWCOMER).map_or("", |actor| actor.name.as_str());
        let language = self.screen.language;
        let watch = pick(language, "watch the network, as the regulator sees it", "以监管方视角观察网络");
        let add = pick(language, "add a node of one's own: here of", "加入自己的节点，此处为");
        let use_it = pick(language, "and use it, in a third", "并在第三个终端中使用它");
        let text = format!(
            "
# {watch}
suyuan() {{ '{program}' \"$@\"; }}; D='{folder}'; export {clock}=$D/clock
suyuan node status --url {audit} --watch
suyuan alarms --url {audit}

# {add} {name}
suyuan() {{ '{program}' \"$@\"; }}; D='{folder}'; export {clock}=$D/clock; O='{uri}'
suyuan keygen --output $D/my.key --organisation $O --role node --insecure
suyuan keygen --output $D/my-device.key --organisation $O --role device --insecure
suyuan org admit $D/my.key --url {first} --key $D/administrator.key --insecure
suyuan org admit $D/my-device.key --url {first} --key $D/administrator.key --insecure
suyuan node init --dir $D/mine --genesis $D/genesis.json --validator $D/my.key --device $D/my-device.key --insecure
cat $D/network.toml >>$D/mine/config.toml
suyuan node run --dir $D/mine --listen 127.0.0.1:8490

# {use_it}
suyuan() {{ '{program}' \"$@\"; }}; D='{folder}'; export {clock}=$D/clock
suyuan node status --url http://127.0.0.1:8490
suyuan capture docs/samples/infant-formula.jsonld --url http://127.0.0.1:8490 --key $D/my-device.key --insecure
suyuan trace '(01)09521001001014(10)L20261003A' --forward --url {first}
",
            clock = clock::VARIABLE,
            program = program.display(),
            folder = self.network.folder().display(),
        );
        self.screen.answers().write_all(text.as_bytes())?;
        self.screen.flush()?;
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line)? == 0 {
            // Nobody can press it: until a signal comes.
            loop {
                std::thread::park();
            }
        }
        Ok(())
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
