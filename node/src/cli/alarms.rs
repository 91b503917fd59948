//! `suyuan alarms`, and `suyuan verify` of evidence.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::proof::trust::Trust;

use super::arguments::PlaceArguments;
use super::found::time_text;
use super::outcome::Outcome;
use super::place::{Failure, Place, place, remote};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::alarms::{read, read_evidence};
use crate::api::v1::alarms::AlarmSaid;
use crate::codes::alarm as alarm_codes;
use crate::codes::node as codes;
use crate::core::evidence::Evidence;
use crate::link::Remote;
use crate::open::{io_reason, is_there, need_folder, put};

/// `suyuan alarms`
#[derive(Debug, Args)]
pub struct AlarmsArguments {
    /// Where the node is; its directory may be in use
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Folder to write all evidence to; it must not be there yet
    #[arg(long, value_name = "FOLDER")]
    pub evidence: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Where alarms are read.
enum Source {
    Directory(PathBuf),
    Node(Remote),
}

impl Source {
    fn alarms(&self) -> Result<Vec<Value>, Failure> {
        match self {
            Source::Directory(path) => {
                let said = read(path)?.into_iter().map(|record| serde_json::to_value(AlarmSaid::of(record)));
                Ok(said.collect::<Result<_, _>>().map_err(std::io::Error::from)?)
            }
            Source::Node(remote) => {
                let (status, bytes) = remote.get("/v1/alarms", "application/json")?;
                let list =
                    serde_json::from_slice(&bytes).ok().and_then(|mut body: Value| match body.get_mut("alarms") {
                        Some(Value::Array(list)) => Some(std::mem::take(list)),
                        _ => None,
                    });
                list.filter(|_| status == 200).ok_or_else(|| remote.unexpected(status, &bytes).into())
            }
        }
    }

    fn evidence(&self, name: &str) -> Result<Vec<u8>, Reason> {
        match self {
            Source::Directory(path) => {
                read_evidence(path, name)?.ok_or_else(|| Reason::new(alarm_codes::UNKNOWN, &[name]))
            }
            Source::Node(remote) => match remote.get(&format!("/v1/evidence/{name}"), "*/*")? {
                (200, bytes) => Ok(bytes),
                (404, _) => Err(Reason::new(alarm_codes::UNKNOWN, &[name])),
                (status, bytes) => Err(remote.unexpected(status, &bytes)),
            },
        }
    }
}

/// Lists alarms.
pub fn run(options: &AlarmsArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let source = match place(&options.place, false) {
        Place::Directory(path) if is_there(&path) => Source::Directory(path),
        Place::Directory(path) => {
            return Err(Reason::new(codes::DIRECTORY, &[&path.display().to_string()]).into());
        }
        Place::Node(url) => Source::Node(remote(&url, &options.place)?),
    };
    let alarms = source.alarms()?;
    if let Some(folder) = &options.evidence {
        write_evidence(&source, &alarms, folder)?;
    }
    let mut sink = screen.answers();
    let outcome = if alarms.is_empty() { Outcome::Done } else { Outcome::No };
    if options.json {
        writeln!(sink, "{}", json!({ "alarms": alarms }))?;
        return Ok(outcome);
    }
    let language = screen.language;
    if alarms.is_empty() {
        writeln!(sink, "{}", pick(language, "no alarms", "没有告警"))?;
    }
    for alarm in &alarms {
        say(alarm, screen)?;
    }
    Ok(outcome)
}

fn say(alarm: &Value, screen: &mut Screen) -> std::io::Result<()> {
    let (language, mut sink) = (screen.language, screen.answers());
    let text =
        |pointer: &str| printable(alarm.pointer(pointer).and_then(Value::as_str).unwrap_or_default()).into_owned();
    let number = |name: &str| alarm.get(name).and_then(Value::as_i64).unwrap_or_default();
    let of = |name: &str| text(&format!("/{name}/{}", pick(language, "en", "zh")));
    writeln!(sink, "{} {}: {}", text("/severity"), text("/code"), of("message"))?;
    let words = [pick(language, "times", "次"), pick(language, "first", "首次"), pick(language, "last", "最近")];
    let (first, last) = (time_text(number("first")), time_text(number("last")));
    writeln!(sink, "    {} {}, {} {first}, {} {last}", number("count"), words[0], words[1], words[2])?;
    writeln!(sink, "    {}", of("remedy"))?;
    for name in alarm.get("evidence").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        writeln!(sink, "    {} {}", pick(language, "evidence", "证据"), printable(name))?;
    }
    Ok(())
}

fn write_evidence(source: &Source, alarms: &[Value], folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        return Err(Reason::new(codes::EXISTS, &[&folder.display().to_string()]).into());
    }
    need_folder(folder)?;
    std::fs::create_dir(folder).map_err(|error| io_reason(folder, &error))?;
    let names = alarms.iter().filter_map(|alarm| alarm.get("evidence")?.as_array()).flatten().filter_map(Value::as_str);
    for name in names {
        // The name is the node's: it must not lead out of the folder.
        if name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(Reason::new(alarm_codes::UNKNOWN, &[name]).into());
        }
        put(&folder.join(name), &source.evidence(name)?)?;
    }
    Ok(())
}

/// Checks evidence by what `trust` says of the chain's validators.
pub fn verify(name: String, bytes: &[u8], trust: &Trust, json: bool, screen: &mut Screen) -> Result<Outcome, Failure> {
    let refused = |reason: Reason| Failure::Of(name.clone(), reason);
    let evidence = Evidence::from_bytes(bytes).ok_or_else(|| refused(Reason::new(alarm_codes::FORM, &[])))?;
    let shown = evidence.check(trust.chain, &trust.validators);
    let shown = shown.map_err(|why| refused(Reason::new(alarm_codes::UNPROVED, &[&why.to_string()])))?;
    let validators: Vec<String> = shown.validators.iter().map(|key| Hash(*key).to_string()).collect();
    let (language, mut sink) = (screen.language, screen.answers());
    if json {
        let said = json!({"valid": true, "evidence": shown.what, "height": shown.height, "validators": validators});
        writeln!(sink, "{said}")?;
        return Ok(Outcome::Done);
    }
    let words = match shown.what {
        "equivocation" => {
            pick(language, "proved: signed two things of which it may sign one", "已证明：签署了两份互斥的消息")
        }
        "fork" => pick(
            language,
            "proved: two blocks are decided; these validators signed both",
            "已证明：有两个已决定的区块；以下验证节点对两者都签了名",
        ),
        _ => pick(
            language,
            "proved: these validators decided a header that the node's own state contradicts; compute the state to judge",
            "已证明：以下验证节点决定了与该节点状态不符的区块头；须自行计算状态以作判断",
        ),
    };
    writeln!(sink, "{words} ({} {})", pick(language, "height", "高度"), shown.height)?;
    validators.iter().try_for_each(|key| writeln!(sink, "  {key}"))?;
    Ok(Outcome::Done)
}
