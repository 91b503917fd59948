//! The demo's network: every actor with a key of its own, in a directory that goes away with it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::block::Validator;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::genesis::{Genesis, GenesisOrganisation, chain_id};
use suyuan_ledger::organisation::operation::{Operation, OrganisationRecord};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters, Scope, ScopeKind};
use suyuan_ledger::proof::trust::Trust;
use suyuan_ledger::submission::record_type;
use suyuan_sdk::signer::{MemorySigner, Signer};

use super::documents::{ACTORS, Document};
use crate::capture::{Capture, CaptureError, GROUP_EVENTS, Said, Tally};
use crate::cli::found::random_uri;
use crate::cli::org::submit;
use crate::codes::node as codes;
use crate::link::{Link, Submitted};
use crate::open::{Node, Opened, create};
use crate::shell::now_ms;

/// The documents are of October to December 2026: this network's clocks may be a year ahead or behind.
const CLOCK_MS: i64 = 366 * 24 * 60 * 60 * 1_000;
/// Runs the network: the demo's own, of the same fictional kind as the actors.
const OPERATOR: &str = "urn:uscc:11440100DEMA00208W";

/// An actor.
pub struct Actor {
    /// Its primary URI.
    pub uri: String,
    /// The URI of its location.
    pub place: String,
    signer: MemorySigner,
    administrator: MemorySigner,
}

/// The network.
pub struct Network {
    /// Its one node.
    pub node: Node,
    /// The actors, by their keys in `actors.json`.
    pub actors: BTreeMap<String, Actor>,
    /// Whom to believe.
    pub trust: Trust,
    /// The operator's device key.
    pub device: MemorySigner,
}

fn broken(what: &str) -> Reason {
    Reason::new(codes::CONFIGURATION, &["actors.json", what])
}

fn new_signer() -> Result<MemorySigner, Reason> {
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed).map_err(|error| Reason::new(codes::IO, &["random", &error.to_string()]))?;
    Ok(MemorySigner::from_seed(&seed))
}

fn text(actor: &Value, name: &str) -> Result<String, Reason> {
    actor.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| broken(name))
}

fn member(actor: &Value, device: [u8; 32], administrator: [u8; 32]) -> Result<GenesisOrganisation, Reason> {
    let kinds = [
        ("companyPrefix", ScopeKind::Prefix),
        ("drugCode", ScopeKind::DrugCode),
        ("deviceMakerCode", ScopeKind::DeviceMaker),
    ];
    let mut bindings = Vec::new();
    for (name, kind) in kinds {
        if let Ok(value) = text(actor, name) {
            bindings.push((Scope::new(kind, &value).map_err(|_| broken(name))?, false));
        }
    }
    Ok(GenesisOrganisation {
        uri: text(actor, "entity")?,
        aliases: vec![format!("https://id.gs1.org/414/{}", text(actor, "gln")?)],
        name: text(actor, "name")?,
        role: OrganisationRole::from_name(&text(actor, "role")?).ok_or_else(|| broken("role"))?,
        keys: vec![(device, KeyRole::Device), (administrator, KeyRole::Administrator)],
        bindings,
    })
}

impl Network {
    /// Makes the network in an empty folder.
    pub fn found(path: &Path) -> Result<Network, Reason> {
        let listed: Vec<Value> = serde_json::from_str(ACTORS).map_err(|error| broken(&error.to_string()))?;
        let (validator, device, administrator) = (new_signer()?, new_signer()?, new_signer()?);
        let (mut actors, mut organisations) = (BTreeMap::new(), Vec::new());
        for actor in &listed {
            let (signer, keeper) = (new_signer()?, new_signer()?);
            let organisation = member(actor, signer.public(), keeper.public())?;
            let uri = organisation.uri.clone();
            let place = organisation.aliases.first().cloned().unwrap_or_default();
            organisations.push(organisation);
            actors.insert(text(actor, "key")?, Actor { uri, place, signer, administrator: keeper });
        }
        organisations.push(GenesisOrganisation {
            uri: OPERATOR.to_owned(),
            aliases: Vec::new(),
            name: "Demo operator".to_owned(),
            role: OrganisationRole::Operator,
            keys: vec![(administrator.public(), KeyRole::Root), (device.public(), KeyRole::Device)],
            bindings: Vec::new(),
        });
        let validators = vec![Validator { key: validator.public(), power: 1 }];
        let parameters =
            Parameters { capture_limit_ms: CLOCK_MS, clock_tolerance_ms: CLOCK_MS, ..Parameters::default() };
        let (network, start_time) = ("demo".to_owned(), now_ms());
        let genesis =
            Genesis { network, start_time, parameters, organisations, validators: validators.clone(), threshold: 0 };
        genesis.check().map_err(|error| error.reason)?;
        let bytes = genesis.write();
        create(path, true, &mut |_| Ok(bytes.clone()))?;
        let node = Opened::open(path)?.start(validator)?;
        Ok(Network { node, actors, trust: Trust::genesis(chain_id(&bytes), start_time, validators), device })
    }

    /// The chain's identity.
    pub fn chain(&self) -> Hash {
        self.trust.chain
    }

    /// Records that an owner lends its standing for a scope to another actor, for a year.
    pub fn delegate(&self, owner: &str, delegate: &str, kind: ScopeKind, value: &str) -> Result<(), Reason> {
        let [owner, delegate] = [owner, delegate].map(|key| self.actors.get(key).ok_or_else(|| broken(key)));
        let scope = Scope::new(kind, value).map_err(|_| broken(value))?;
        let to = now_ms().saturating_add(CLOCK_MS);
        let operation = Operation::DelegationSet { scope, delegate: delegate?.uri.clone(), from: 0, to };
        let record = OrganisationRecord { event_id: random_uri()?, event_time: now_ms(), operation };
        let link = Link::to(&self.node);
        match submit(&link, &owner?.administrator, record_type::ORGANISATION, &record)?.0 {
            Submitted::Applied { receipts, .. } if receipts.iter().all(|receipt| receipt.code == 0) => Ok(()),
            refused => Err(broken(&format!("{refused:?}"))),
        }
    }

    /// Captures a document as its actor: what came of its events, and what was wrong.
    pub fn capture(&self, document: &Document) -> Result<(Tally, Vec<String>), Reason> {
        let actor = self.actors.get(document.actor()).ok_or_else(|| broken(document.actor()))?;
        let mut capture = Capture::new(Link::to(&self.node), &actor.signer, None, GROUP_EVENTS)?;
        let mut said = Vec::new();
        let read = capture.document(&mut Input::Memory(document.text.as_bytes().to_vec()), &mut |one| {
            if let Said::Problem(problem) = one
                && problem.is_error()
            {
                said.push(format!("{} {}", document.name, problem.reason));
            }
            Ok(())
        });
        match read {
            Ok(_) => Ok((capture.tally, said)),
            Err(CaptureError::Stopped(reason) | CaptureError::Refused(reason)) => Err(reason),
            Err(CaptureError::Io(error)) => Err(Reason::new(codes::IO, &[document.name, &error.to_string()])),
        }
    }
}
