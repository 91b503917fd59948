//! `suyuan governance`: who decides and under which rules, and what authorities propose and approve.

use std::io::Write;

use serde_json::Value;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::tables::Tables;
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::operation::{Operation, OrganisationRecord};
use suyuan_ledger::organisation::{AdoptedTable, TABLE_BYTES_MAX, TableName};
use suyuan_sdk::keyfile::KeyFile;

use super::arguments::{GovernanceCommand, OrgListArguments, PlaceArguments};
use super::found::time_text;
use super::org::record_operation;
use super::outcome::Outcome;
use super::place::{Failure, Place, place, remote};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::api::v1::governance::governance_json;
use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::link::Remote;
use crate::open::{Opened, read_file};
use crate::random::random_uri;

/// Bytes of a file of parameters.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Runs a command on the network's government.
pub fn run(command: &GovernanceCommand, screen: &mut Screen) -> Result<Outcome, Failure> {
    let (operation, sign) = match command {
        GovernanceCommand::Show(options) => return show(options, screen),
        GovernanceCommand::Approve(options) => {
            let proposal = hash("PROPOSAL", &options.proposal)?;
            check_proposed(&options.proposal, &options.sign.place)?;
            (Operation::Approve { proposal }, &options.sign)
        }
        GovernanceCommand::Remove(options) => {
            let (organisation, reason) = (options.owner.clone(), options.reason.clone());
            (Operation::OrganisationRemove { organisation, reason }, &options.sign)
        }
        GovernanceCommand::Validator(options) => {
            let public = match Hash::from_hex(&options.node) {
                Some(public) => public.0,
                None => KeyFile::read(options.node.as_ref())?.information.public,
            };
            (Operation::ValidatorSet { public, power: u64::from(options.power) }, &options.sign)
        }
        GovernanceCommand::Parameters(options) => {
            let bytes = read_file(&options.file, FILE_BYTES_MAX)?;
            let name = options.file.display().to_string();
            let wrong = |words: String| Reason::new(codes::CONFIGURATION, &[&name, &words]);
            let parameters: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
            // Written as the record has it, and read back strictly.
            let text = serde_json::json!({"type": "suyuan:ParametersSet", "eventID": random_uri()?,
                "eventTime": time_text(now_ms()), "parameters": parameters});
            let record = OrganisationRecord::parse(text.to_string().as_bytes());
            let record = record.map_err(|error| wrong(format!("{}: {}", error.pointer, error.argument)))?;
            (record.operation, &options.sign)
        }
        GovernanceCommand::Threshold(options) => {
            (Operation::ThresholdSet { threshold: options.authorities }, &options.sign)
        }
        GovernanceCommand::Rules(options) => {
            (Operation::RulesSchedule { rules: options.rules, from: options.from_height }, &options.sign)
        }
        GovernanceCommand::Table(options) => {
            let name = TableName::from_name(&options.table);
            let name = name.ok_or_else(|| Reason::new(codes::OPTION, &["TABLE", &options.table]))?;
            let from =
                Day::parse(&options.from).ok_or_else(|| Reason::new(codes::OPTION, &["--from", &options.from]))?;
            let file = options.file.display().to_string();
            let bytes = read_file(&options.file, FILE_BYTES_MAX)?;
            let table = String::from_utf8(bytes);
            let table = table.map_err(|_| Reason::new(codes::CONFIGURATION, &[&file, "not UTF-8"]))?;
            let operation = Operation::TableSet { name, from, table };
            let record = OrganisationRecord { event_id: random_uri()?, event_time: now_ms(), operation };
            if record.write().len() > TABLE_BYTES_MAX {
                let words = format!("more than {TABLE_BYTES_MAX} bytes as it is recorded");
                return Err(Reason::new(codes::CONFIGURATION, &[&file, &words]).into());
            }
            (record.operation, &options.sign)
        }
    };
    record_operation(operation, true, sign, screen)
}

fn hash(name: &str, text: &str) -> Result<Hash, Reason> {
    Hash::from_hex(text).ok_or_else(|| Reason::new(codes::OPTION, &[name, text]))
}

/// How the network of a node is governed, as the node says.
fn asked(remote: &Remote) -> Result<Value, Failure> {
    let (status, bytes) = remote.get("/v1/governance", "application/json")?;
    let said = serde_json::from_slice(&bytes).ok().filter(|_| status == 200);
    Ok(said.ok_or_else(|| remote.unexpected(status, &bytes))?)
}

/// The tables that a node's network reads credit with.
pub fn tables_of(remote: &Remote) -> Result<Tables, Failure> {
    let said = asked(remote)?;
    let read = |one: &Value| {
        let text = |name: &str| one.get(name).and_then(Value::as_str);
        let (name, from) = (TableName::from_name(text("name")?)?, Day::parse(text("from")?)?.number());
        let (height, text) = (one.get("height")?.as_u64()?, text("table")?.to_owned());
        Some(AdoptedTable { height, name, from, adopted_at: 0, text })
    };
    // Not a word of them is not the same as none.
    let listed = said.get("tables").and_then(Value::as_array);
    let adopted = listed.and_then(|listed| listed.iter().map(read).collect::<Option<Vec<AdoptedTable>>>());
    let wrong = || Reason::new(codes::CONFIGURATION, &["/v1/governance", "no tables that can be read"]);
    Ok(Tables::with(adopted.ok_or_else(wrong)?.iter()))
}

/// Whoever approves signs as whoever proposed: what nobody could read is told before.
fn check_proposed(proposal: &str, at: &PlaceArguments) -> Result<(), Failure> {
    let said = said(at)?;
    let listed = said.get("proposals").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = listed.iter().find(|one| one.get("proposal").and_then(Value::as_str) == Some(proposal));
    let record = named.and_then(|one| one.get("record")).filter(|record| !record.is_null());
    // What can't be approved for another reason the ledger says.
    match record.map(|record| OrganisationRecord::parse(record.to_string().as_bytes())) {
        Some(Ok(record)) => Ok(record.operation.check()?),
        _ => Ok(()),
    }
}

/// How a network is governed, as a directory or a node says.
fn said(at: &PlaceArguments) -> Result<Value, Failure> {
    match place(at, false) {
        Place::Directory(path) => {
            let ledger = Opened::open(&path)?.ledger;
            Ok(governance_json(&ledger.directory, ledger.head.height, ledger.head.time))
        }
        Place::Node(url) => asked(&remote(&url, at)?),
    }
}

fn show(options: &OrgListArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let said = said(&options.place)?;
    let language = screen.language;
    let mut sink = screen.answers();
    if options.json {
        writeln!(sink, "{said}")?;
        return Ok(Outcome::Done);
    }
    let text = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => printable(text).into_owned(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(value) => value.to_string(),
    };
    let list = |name: &str| said.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let signatures = match said.get("threshold").and_then(Value::as_u64) {
        Some(0) | None => pick(language, "an operator alone", "运营方单独治理").to_owned(),
        Some(count) => format!("{count} {}", pick(language, "authorities have to sign", "个监管方须签署")),
    };
    writeln!(sink, "{}: {signatures}", pick(language, "governance", "治理"))?;
    let rules = said.get("rules").cloned().unwrap_or_default();
    writeln!(sink, "{}: {}", pick(language, "rules", "规则"), text(&rules, "now"))?;
    if rules.get("next").is_some_and(|next| !next.is_null()) {
        let from = pick(language, "from height", "自高度");
        writeln!(sink, "  {} {from} {}", text(&rules, "next"), text(&rules, "from"))?;
    }
    let (power, since) = (pick(language, "power", "权重"), pick(language, "from height", "自高度"));
    for (name, title) in [
        ("validators", pick(language, "validators", "验证节点")),
        ("next_validators", pick(language, "next validators", "后续验证节点")),
    ] {
        let listed = list(name);
        if !listed.is_empty() {
            let from = said.get("next_from").filter(|from| name == "next_validators" && !from.is_null());
            writeln!(sink, "{title}{}", from.map_or(String::new(), |from| format!(" ({since} {from})")))?;
        }
        for one in listed {
            writeln!(sink, "  {} {power} {} {}", text(&one, "key"), text(&one, "power"), text(&one, "organisation"))?;
        }
    }
    for one in list("tables") {
        let (from, at) = (pick(language, "from", "自"), pick(language, "put in force at height", "生效登记高度"));
        let table = format!("{} {from} {}; {at} {}", text(&one, "name"), text(&one, "from"), text(&one, "height"));
        let is_read = one.get("readable").and_then(Value::as_bool).unwrap_or(true);
        let effect = if is_read {
            ""
        } else {
            pick(language, "; it can't be read, and has no effect", "；无法读取，不生效")
        };
        writeln!(sink, "{} {table}{effect}", pick(language, "table", "参数表"))?;
    }
    for one in list("proposals") {
        let signers = one.get("signers").and_then(Value::as_array).cloned().unwrap_or_default();
        let signers: Vec<String> =
            signers.iter().filter_map(Value::as_str).map(|uri| printable(uri).into_owned()).collect();
        let words = [
            pick(language, "proposal", "提案"),
            pick(language, "signed by", "已签署"),
            pick(language, "lapses", "失效时间"),
        ];
        writeln!(sink, "{} {} {}", words[0], text(&one, "proposal"), text(&one, "state"))?;
        writeln!(sink, "  {}: {}; {} {}", words[1], signers.join(", "), words[2], text(&one, "lapses"))?;
        if let Some(record) = one.get("record").filter(|record| !record.is_null()) {
            writeln!(sink, "  {}", printable(&record.to_string()))?;
        }
    }
    Ok(Outcome::Done)
}
