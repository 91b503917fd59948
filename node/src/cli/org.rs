//! `suyuan org`: records of organisations and of governance.

use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;
use suyuan_epcis::codes::ledger as ledger_codes;
use suyuan_epcis::json::tree;
use suyuan_epcis::problem::Reason;
use suyuan_epcis::time::Stamp;
use suyuan_ledger::derive::DEPTH_MAX;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::operation::{Operation, OrganisationRecord};
use suyuan_ledger::organisation::{Scope, ScopeKind};
use suyuan_ledger::submission::{SignedSubmission, SubmittedEvent, record_type};
use suyuan_sdk::batch::natural_person;
use suyuan_sdk::keyfile::KeyFile;
use suyuan_sdk::signer::{Signer, sign_submission};

use super::arguments::{OrgCommand, OrgListArguments, SignArguments};
use super::found::{ADMINISTRATOR_KEY, organisation_json, time_text};
use super::outcome::Outcome;
use super::place::{Failure, Place, place, remote, start, unlock};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::api::v1::network::organisations_json;
use crate::clock::now_ms;
use crate::codes::node as codes;
use crate::link::{Link, Remote, Station, Submitted};
use crate::open::{Opened, keys_folder, read_file};
use crate::random::{random, random_uri};

/// Bytes of an organisation's file.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Runs a command on organisations.
pub fn run(command: &OrgCommand, screen: &mut Screen) -> Result<Outcome, Failure> {
    let wrong = |name: &str, value: &str| Reason::new(codes::OPTION, &[name, value]);
    let key_id = |text: &str| Hash::from_hex(text).ok_or_else(|| wrong("KEY", text));
    match command {
        OrgCommand::List(options) => list(options, screen),
        OrgCommand::Register(options) => {
            let keys = options.with_keys.iter().map(|path| KeyFile::read(path).map(|file| file.information));
            let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
            let bytes = read_file(&options.file, FILE_BYTES_MAX)?;
            let name = options.file.display().to_string();
            let value: Value = serde_json::from_slice(&bytes)
                .map_err(|error| Reason::new(codes::CONFIGURATION, &[&name, &error.to_string()]))?;
            let organisation = organisation_json(value, &keys);
            // Written as the record has it, and read back strictly.
            let text = serde_json::json!({"type": "suyuan:OrganisationRegister", "eventID": random_uri()?,
                "eventTime": time_text(now_ms()), "organisation": organisation});
            let record = OrganisationRecord::parse(text.to_string().as_bytes()).map_err(|error| {
                Reason::new(codes::CONFIGURATION, &[&name, &format!("{}: {}", error.pointer, error.argument)])
            })?;
            record_operation(record.operation, true, &options.sign, screen)
        }
        OrgCommand::Admit(options) => {
            let key = KeyFile::read(&options.file)?.information;
            let signer = KeyFile::read(&signing_key(&options.sign))?.information.organisation;
            if !options.sign.governance && signer != key.organisation {
                return Err(Reason::new(codes::KEY_OF_OTHER, &[&key.organisation, &signer]).into());
            }
            let organisation = options.sign.governance.then(|| key.organisation.clone());
            let operation = Operation::KeyAdmit { organisation, public: key.public, role: key.role };
            record_operation(operation, options.sign.governance, &options.sign, screen)
        }
        OrgCommand::Retire(options) => {
            let operation = Operation::KeyRetire { key: key_id(&options.id)?, compromised_at: 0 };
            record_operation(operation, options.sign.governance, &options.sign, screen)
        }
        OrgCommand::Revoke(options) => {
            let operation = Operation::KeyRevoke { key: key_id(&options.id)?, compromised_at: 0 };
            record_operation(operation, options.sign.governance, &options.sign, screen)
        }
        OrgCommand::Bind(options) => {
            let (scope, owner, strict) = (scope(&options.scope)?, options.owner.clone(), options.strict);
            let operation = Operation::BindingSet { scope, owner, strict, from: 0, to: 0 };
            record_operation(operation, true, &options.sign, screen)
        }
        OrgCommand::Delegate(options) => {
            let until = Stamp::parse(&options.until).ok_or_else(|| wrong("--until", &options.until))?;
            let (scope, delegate) = (scope(&options.scope)?, options.owner.clone());
            let to = until.seconds.saturating_mul(1_000);
            let operation = Operation::DelegationSet { scope, delegate, from: 0, to };
            record_operation(operation, false, &options.sign, screen)
        }
    }
}

/// A scope as `kind:value`.
fn scope(text: &str) -> Result<Scope, Reason> {
    let wrong = || Reason::new(codes::OPTION, &["SCOPE", text]);
    let (kind, value) = text.split_once(':').ok_or_else(wrong)?;
    let kind = ScopeKind::from_name(kind).ok_or_else(wrong)?;
    Scope::new(kind, value).map_err(|_| wrong())
}

/// The key that signs: the one given, or the data directory's administrator's.
fn signing_key(options: &SignArguments) -> PathBuf {
    options.key.clone().unwrap_or_else(|| match place(&options.place, false) {
        Place::Directory(path) => keys_folder(&path).join(ADMINISTRATOR_KEY),
        Place::Node(_) => PathBuf::new(),
    })
}

/// Signs and submits a record, and says what became of it.
pub fn record_operation(
    operation: Operation,
    governance: bool,
    options: &SignArguments,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    operation.check()?;
    let record = OrganisationRecord { event_id: random_uri()?, event_time: now_ms(), operation };
    let kind = if governance { record_type::GOVERNANCE } else { record_type::ORGANISATION };
    let (submitted, proposed) = match place(&options.place, false) {
        Place::Node(url) => {
            let key = options.key.as_ref().ok_or_else(|| Reason::new(codes::KEY_MISSING, &[&url]))?;
            let signer = unlock(key, &options.unlock, false)?;
            submit(&Link::Remote(&remote(&url, &options.place)?), &signer, kind, &record)?
        }
        Place::Directory(path) => {
            let opened = Opened::open(&path)?;
            let allow = opened.configuration.allow_unencrypted_keys;
            let signer = unlock(&signing_key(options), &options.unlock, allow)?;
            let node = start(opened, &options.unlock)?;
            let submitted = submit(&Link::to(&node), &signer, kind, &record);
            node.close()?;
            submitted?
        }
    };
    say(&submitted, options.json, screen)?;
    if let (Some(proposal), false) = (proposed, options.json) {
        let words =
            pick(screen.language, "takes effect once enough authorities have approved it", "待足够监管方批准后生效");
        let name = pick(screen.language, "proposal", "提案");
        writeln!(screen.answers(), "{name} {proposal}: {words} (suyuan governance approve {proposal})")?;
    }
    Ok(Outcome::Done)
}

/// Signs a record as the next submission of the signer's lane, and submits it; gives the id of the proposal that it is,
/// if others have to approve it.
pub fn submit(
    link: &Link<'_>,
    signer: &dyn Signer,
    kind: u16,
    record: &OrganisationRecord,
) -> Result<(Submitted, Option<Hash>), Reason> {
    let payload = record.write();
    no_person(&payload)?;
    let (station, signed) = sign_next(link, signer, kind, &[&payload])?;
    let waits = kind == record_type::GOVERNANCE && station.threshold > 1;
    let waits = waits && !matches!(record.operation, Operation::Approve { .. });
    let proposed = signed.events.first().filter(|_| waits).map(SubmittedEvent::digest);
    Ok((link.submit(&signed, &suyuan_ledger::codec::encode(&signed))?, proposed))
}

/// Refuses JSON that says something of a natural person: the chain itself would keep it.
pub fn no_person(json: &[u8]) -> Result<(), Reason> {
    let found = tree::parse(json, DEPTH_MAX as usize).ok().and_then(|json| natural_person(&json));
    match found {
        None => Ok(()),
        Some((reason, pointer)) => {
            let what = reason.arguments.first().map_or("", String::as_str);
            Err(Reason::new(ledger_codes::NATURAL_PERSON, &[&format!("{what} [{pointer}]")]))
        }
    }
}

/// Signs records together as the next submission of the signer's lane, and says where the lane stands.
pub fn sign_next(
    link: &Link<'_>,
    signer: &dyn Signer,
    kind: u16,
    payloads: &[&[u8]],
) -> Result<(Station, SignedSubmission), Reason> {
    let key = signer.key_id();
    let station = link.station(&key)?;
    let unknown = || Reason::new(codes::KEY_UNKNOWN, &[&key.to_string()]);
    let organisation = station.organisation.ok_or_else(unknown)?;
    let (Some(chain), Some(lane)) = (Hash::from_hex(&station.chain), station.lane()) else { return Err(unknown()) };
    let event = |payload: &&[u8]| Ok(SubmittedEvent { record_type: kind, salt: random()?, payload: payload.to_vec() });
    let events = payloads.iter().map(event).collect::<Result<Vec<_>, Reason>>()?;
    let signed = sign_submission(signer, chain, organisation, lane, now_ms(), events)?;
    Ok((station, signed))
}

fn say(submitted: &Submitted, json: bool, screen: &mut Screen) -> Result<Outcome, Failure> {
    let mut sink = screen.answers();
    let refused = match submitted {
        Submitted::Applied { receipts, .. } => receipts.first().map_or(0, |receipt| receipt.code),
        Submitted::Refused { number, .. } => *number,
        Submitted::NotNext { .. } => return Err(Reason::new(codes::LANE_MOVED, &[]).into()),
        Submitted::Busy => return Err(Reason::new(codes::BUSY, &[]).into()),
    };
    if json {
        writeln!(sink, "{}", serde_json::to_string(submitted).map_err(std::io::Error::from)?)?;
    }
    if refused != 0 {
        let code = ledger_codes::of_number(refused).unwrap_or(ledger_codes::RESERVED);
        return Err(Reason::new(code, &["", ""]).into());
    }
    if let (Submitted::Applied { height, submission, .. }, false) = (submitted, json) {
        let words = pick(screen.language, "recorded at height", "已记录于高度");
        writeln!(sink, "{words} {height}  {submission}")?;
    }
    Ok(Outcome::Done)
}

/// All organisations that a node tells of, page by page.
fn listed_by_node(remote: &Remote) -> Result<Value, Reason> {
    let (mut all, mut from) = (Vec::new(), 0u64);
    loop {
        let (status, bytes) = remote.get(&format!("/v1/organisations?limit=1000&from={from}"), "application/json")?;
        let unexpected = || remote.unexpected(status, &bytes);
        let mut page: Value = serde_json::from_slice(&bytes).map_err(|_| unexpected())?;
        let listed = page.get_mut("organisations").and_then(Value::as_array_mut).ok_or_else(unexpected)?;
        all.append(listed);
        match page.get("next").and_then(Value::as_u64) {
            Some(next) if next > from => from = next,
            _ => return Ok(serde_json::json!({ "organisations": all })),
        }
    }
}

fn list(options: &OrgListArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let listed: Value = match place(&options.place, false) {
        Place::Directory(path) => organisations_json(&Opened::open(&path)?.ledger.directory),
        Place::Node(url) => listed_by_node(&remote(&url, &options.place)?)?,
    };
    let mut sink = screen.answers();
    if options.json {
        writeln!(sink, "{listed}")?;
        return Ok(Outcome::Done);
    }
    let text = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => printable(text).into_owned(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for one in list(&listed, "organisations") {
        writeln!(
            sink,
            "{} {} ({}) {}",
            text(&one, "number"),
            text(&one, "uri"),
            text(&one, "role"),
            text(&one, "name")
        )?;
        for key in list(&one, "keys") {
            let state = match (text(&key, "revoked") == "0", text(&key, "retired") == "0") {
                (false, _) => pick(screen.language, " revoked", " 已吊销"),
                (true, false) => pick(screen.language, " retired", " 已停用"),
                (true, true) => "",
            };
            writeln!(sink, "  {} {}{state}", text(&key, "role"), text(&key, "key"))?;
        }
        for binding in list(&one, "bindings") {
            writeln!(sink, "  {}:{}", text(&binding, "kind"), text(&binding, "value"))?;
        }
    }
    Ok(Outcome::Done)
}
