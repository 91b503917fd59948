//! `suyuan keygen`, `suyuan genesis`, `suyuan node init`: what a network and a node begin with.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::block::Validator;
use suyuan_ledger::organisation::genesis::{GENESIS_BYTES_MAX, Genesis, GenesisOrganisation, chain_id};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters, check_organisation_uri};
use suyuan_sdk::keyfile::{DEFAULT_COST, KeyFile, KeyInformation, Protection, create};

use super::arguments::{
    GenesisCheckArguments, GenesisNewArguments, InitArguments, KeygenArguments, RoleName, UnlockArguments,
};
use super::org::no_person;
use super::outcome::Outcome;
use super::place::{Failure, directory, is_passphrase_given, passphrase};
use super::screen::Screen;
use super::text::pick;
use crate::clock::{self, now_ms};
use crate::codes::node as codes;
use crate::open::{self, io_reason, read_file};
use crate::random::random_uri;
pub use crate::times::time_text;

/// Bytes of a file of organisations, and of a key file that is copied.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Key files of a new data directory.
const VALIDATOR_KEY: &str = "validator.key";
const DEVICE_KEY: &str = "device.key";
/// The public part of a key file is beside it.
const PUBLIC_SUFFIX: &str = ".pub";
/// The key that writes the organisation's records.
pub const ADMINISTRATOR_KEY: &str = "administrator.key";

/// Makes a key file, or reads the one that is there: a creation that was interrupted goes on with it.
pub fn make_key(
    path: &Path,
    organisation: &str,
    role: KeyRole,
    unlock: &UnlockArguments,
    insecure: bool,
) -> Result<KeyInformation, Reason> {
    if path.exists() {
        return KeyFile::read(path).map(|file| file.information);
    }
    let created = time_text(now_ms());
    match insecure {
        true => create(path, organisation, role, &created, &Protection::Insecure),
        false => {
            let passphrase = passphrase(path, unlock)?;
            create(path, organisation, role, &created, &Protection::Passphrase(&passphrase, DEFAULT_COST))
        }
    }
}

/// Makes a key and its file.
pub fn keygen(options: &KeygenArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    check_organisation_uri(&options.organisation)?;
    let role = match options.role {
        RoleName::Root => KeyRole::Root,
        RoleName::Administrator => KeyRole::Administrator,
        RoleName::Device => KeyRole::Device,
        RoleName::Node => KeyRole::Node,
    };
    if options.output.exists() {
        return Err(Reason::new(codes::EXISTS, &[&options.output.display().to_string()]).into());
    }
    open::need_folder(&options.output)?;
    let public_part = with_suffix(&options.output, PUBLIC_SUFFIX);
    if public_part.exists() {
        return Err(Reason::new(codes::EXISTS, &[&public_part.display().to_string()]).into());
    }
    let insecure = options.unlock.insecure;
    let made = make_key(&options.output, &options.organisation, role, &options.unlock, insecure)?;
    open::put(&public_part, &KeyFile::read(&options.output)?.public_part())?;
    let public = suyuan_ledger::hash::Hash(made.public).to_string();
    let mut sink = screen.answers();
    if options.json {
        let file = options.output.display().to_string();
        let said = json!({"file": file, "publicPart": public_part.display().to_string(), "key": made.key_id.to_string(), "public": public,
            "organisation": made.organisation, "role": made.role.name(), "encrypted": made.encrypted});
        writeln!(sink, "{said}")?;
        return Ok(Outcome::Done);
    }
    let language = screen.language;
    writeln!(sink, "{} {}", pick(language, "key", "密钥"), made.key_id)?;
    writeln!(sink, "{} {public}", pick(language, "public", "公钥"))?;
    writeln!(sink, "{} {} ({})", pick(language, "of", "属于"), made.organisation, made.role.name())?;
    let words = pick(language, "for others, without the secret:", "供他方使用，不含私钥：");
    writeln!(sink, "{words} {}", public_part.display())?;
    Ok(Outcome::Done)
}

fn with_suffix(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes a data directory.
pub fn init(options: &InitArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let path = directory(options.dir.as_deref());
    let insecure = options.unlock.insecure;
    match (&options.genesis, &options.validator, &options.device) {
        (Some(genesis), Some(validator), Some(device)) => {
            let bytes = read_file(genesis, GENESIS_BYTES_MAX as u64)?;
            Genesis::parse(&bytes).map_err(|error| error.reason)?;
            open::create(&path, insecure, &mut |keys| {
                for (from, name) in [(validator, VALIDATOR_KEY), (device, DEVICE_KEY)] {
                    open::put(&keys.join(name), &read_file(from, FILE_BYTES_MAX)?)?;
                }
                Ok(bytes.clone())
            })?;
        }
        _ => {
            let uri = new_chain(&path, options.organisation.as_deref(), &options.unlock, insecure)?;
            say_new_chain(&path, &uri, insecure, screen)?;
        }
    }
    let genesis = read_file(&path.join("genesis.json"), GENESIS_BYTES_MAX as u64)?;
    let (chain, mut sink) = (chain_id(&genesis), screen.answers());
    match options.json {
        true => writeln!(sink, "{}", json!({"dir": path.display().to_string(), "chain": chain.to_string()}))?,
        false => writeln!(sink, "{} {chain}", pick(screen.language, "chain", "链"))?,
    }
    Ok(Outcome::Done)
}

/// Makes a data directory with a chain of one organisation; its URI.
pub fn new_chain(
    path: &Path,
    organisation: Option<&str>,
    unlock: &UnlockArguments,
    insecure: bool,
) -> Result<String, Reason> {
    // It would have its start for good by a clock that is not the machine's.
    clock::allow(false, &path.display().to_string())?;
    let mut uri = match organisation {
        Some(uri) => uri.to_owned(),
        None => random_uri()?,
    };
    check_organisation_uri(&uri)?;
    open::create(path, insecure, &mut |keys| {
        let validator = make_key(&keys.join(VALIDATOR_KEY), &uri, KeyRole::Device, unlock, insecure)?;
        // Where a creation is finished that was interrupted, its keys say whose it is.
        uri.clone_from(&validator.organisation);
        let administrator = make_key(&keys.join(ADMINISTRATOR_KEY), &uri, KeyRole::Root, unlock, insecure)?;
        let device = make_key(&keys.join(DEVICE_KEY), &uri, KeyRole::Device, unlock, insecure)?;
        let genesis = Genesis {
            network: "one organisation".to_owned(),
            trial: false,
            start_time: now_ms(),
            parameters: Parameters::default(),
            organisations: vec![GenesisOrganisation {
                uri: uri.clone(),
                aliases: Vec::new(),
                name: "One organisation".to_owned(),
                role: OrganisationRole::Operator,
                keys: vec![(administrator.public, KeyRole::Root), (device.public, KeyRole::Device)],
                bindings: Vec::new(),
            }],
            validators: vec![Validator { key: validator.public, power: 1 }],
            threshold: 0,
        };
        Ok(genesis.write())
    })?;
    Ok(uri)
}

/// Says that a chain of one organisation was made, and how its keys are kept.
pub fn say_new_chain(path: &Path, uri: &str, insecure: bool, screen: &mut Screen) -> Result<(), Failure> {
    let keys = match insecure {
        true => pick(screen.language, "not encrypted", "未加密"),
        false => pick(screen.language, "encrypted", "已加密"),
    };
    let reason = Reason::new(codes::NEW_CHAIN, &[&path.display().to_string(), uri, keys]);
    Ok(screen.complain_of("suyuan", reason)?)
}

/// Whether a directory that is made by the way has keys without a passphrase: if none is given.
pub fn is_insecure_by_the_way(unlock: &UnlockArguments) -> bool {
    unlock.insecure || !is_passphrase_given(unlock)
}

// ---- genesis ----

/// An organisation of a JSON file, with what the genesis needs and the file may leave out, and with keys.
pub fn organisation_json(mut value: Value, keys: &[KeyInformation]) -> Value {
    if let Value::Object(members) = &mut value {
        for name in ["aliases", "keys", "bindings"] {
            members.entry(name).or_insert_with(|| json!([]));
        }
        let uri = members.get("uri").cloned().unwrap_or_default();
        if let Some(Value::Array(list)) = members.get_mut("keys") {
            for key in keys.iter().filter(|key| uri.as_str() == Some(&key.organisation)) {
                let public = suyuan_ledger::hash::Hash(key.public).to_string();
                list.push(json!({"public": public, "role": key.role.name()}));
            }
        }
    }
    value
}

/// Makes a genesis.
pub fn genesis_new(options: &GenesisNewArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    open::need_folder(&options.output)?;
    clock::allow(options.trial, &options.network)?;
    let name = options.organisations.display().to_string();
    let wrong = |words: &str| Failure::Of(name.clone(), Reason::new(codes::CONFIGURATION, &[&name, words]));
    let bytes = read_file(&options.organisations, FILE_BYTES_MAX)?;
    let list: Vec<Value> = serde_json::from_slice(&bytes).map_err(|error| wrong(&error.to_string()))?;
    let keys = options.keys.iter().map(|path| KeyFile::read(path).map(|file| file.information));
    let keys: Vec<KeyInformation> = keys.collect::<Result<_, _>>()?;
    let uris: Vec<&str> = list.iter().filter_map(|one| one.get("uri")?.as_str()).collect();
    if let Some(key) = keys.iter().find(|key| !uris.contains(&key.organisation.as_str())) {
        return Err(wrong(&format!("no organisation {}", key.organisation)));
    }
    no_person(&serde_json::to_vec(&list).map_err(std::io::Error::from)?)?;
    let organisations: Vec<Value> = list.into_iter().map(|one| organisation_json(one, &keys)).collect();
    let validators = options.validators.iter().map(|path| KeyFile::read(path).map(|file| file.information));
    let validators: Vec<KeyInformation> = validators.collect::<Result<_, _>>()?;
    let validator =
        |one: &KeyInformation| json!({"public": suyuan_ledger::hash::Hash(one.public).to_string(), "power": 1});
    let parameters = Parameters::default();
    let mut text = json!({
        "network": options.network, "pilot": true, "suites": {"hash": 1, "signature": 1},
        "startTime": time_text(now_ms()),
        "parameters": {
            "captureLimitSeconds": parameters.capture_limit_ms / 1_000,
            "retiredKeyGraceSeconds": parameters.retired_key_grace_ms / 1_000,
            "clockToleranceSeconds": parameters.clock_tolerance_ms / 1_000,
            "bystanderLinksADay": parameters.bystander_links_a_day,
            "blockEventsMax": parameters.block_events_max, "blockBytesMax": parameters.block_bytes_max,
        },
        "organisations": organisations,
        "validators": validators.iter().map(validator).collect::<Vec<Value>>(),
    });
    if options.trial {
        text["trial"] = json!(true);
    }
    if options.threshold > 0 {
        text["governance"] = json!({"threshold": options.threshold});
    }
    let genesis = Genesis::parse(text.to_string().as_bytes()).map_err(|error| error.reason)?;
    genesis.check().map_err(|error| error.reason)?;
    let bytes = genesis.write();
    if options.output.exists() {
        return Err(Reason::new(codes::EXISTS, &[&options.output.display().to_string()]).into());
    }
    open::put(&options.output, &bytes)?;
    say_genesis(&genesis, &bytes, options.json, screen)
}

/// Checks a genesis.
pub fn genesis_check(options: &GenesisCheckArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let name = options.genesis_file.display().to_string();
    let bytes = std::fs::read(&options.genesis_file).map_err(|error| io_reason(&options.genesis_file, &error))?;
    let genesis = Genesis::parse(&bytes).and_then(|genesis| genesis.check().map(|()| genesis));
    let genesis = genesis.map_err(|error| Failure::Of(name, error.reason))?;
    say_genesis(&genesis, &bytes, options.json, screen)
}

fn say_genesis(genesis: &Genesis, bytes: &[u8], json: bool, screen: &mut Screen) -> Result<Outcome, Failure> {
    let (chain, mut sink) = (chain_id(bytes), screen.answers());
    let (organisations, validators) = (genesis.organisations.len(), genesis.validators.len());
    if json {
        let said = json!({"chain": chain.to_string(), "network": genesis.network,
            "trial": genesis.trial, "organisations": organisations, "validators": validators});
        writeln!(sink, "{said}")?;
        return Ok(Outcome::Done);
    }
    let language = screen.language;
    writeln!(sink, "{} {chain}", pick(language, "chain", "链"))?;
    let (one, other) = (pick(language, "organisations", "单位"), pick(language, "validators", "验证节点"));
    let trial = match genesis.trial {
        true => pick(language, " (a trial: its clock may be set)", "（试验网络：时钟可由人设定）"),
        false => "",
    };
    writeln!(sink, "{}{trial}: {one} {organisations}, {other} {validators}", genesis.network)?;
    Ok(Outcome::Done)
}
