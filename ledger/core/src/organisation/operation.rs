//! Reads and writes the records of organisations and of governance: what they ask to be changed.
//!
//! A payload is one JSON object with `type`, `eventID`, `eventTime` and the members of its type, listed in
//! `docs/ORGANISATIONS.md`. Members that are unknown or given twice are refused: a record that could be read
//! in two ways must not change who may do what.

use suyuan_epcis::json::tree::Json;
use suyuan_epcis::problem::Reason;

use super::genesis::{
    GenesisOrganisation, ORGANISATIONS_MAX, number, object, organisation, parameters, string, time_text,
    write_organisation, write_parameters, write_scope,
};
use super::{
    KeyRole, Parameters, Scope, TABLE_BYTES_MAX, TableName, check_organisation_uri, is_organisation_uri, is_uri,
};
use crate::credit::tables;
use crate::day::Day;
use crate::hash::Hash;
use crate::members::{InvalidRecord, Members};
use crate::submission::SUITE_ED25519;

/// A record of an organisation or of governance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRecord {
    /// Its `eventID`.
    pub event_id: String,
    /// Its `eventTime`, milliseconds since 1970.
    pub event_time: i64,
    /// What it asks for.
    pub operation: Operation,
}

/// What a record asks for. Organisations are named by their primary URI or an alias; a time of 0 is one that
/// is not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Registers an organisation with its first keys and bindings.
    OrganisationRegister(GenesisOrganisation),
    /// Gives an organisation another name.
    OrganisationAlias {
        /// Whose; the author's own if absent.
        organisation: Option<String>,
        /// The name.
        alias: String,
    },
    /// Admits a key.
    KeyAdmit {
        /// Whose; the author's own if absent.
        organisation: Option<String>,
        /// The public key.
        public: [u8; 32],
        /// What it may sign.
        role: KeyRole,
    },
    /// Retires a key: what it has signed is taken for some days more.
    KeyRetire {
        /// Its id.
        key: Hash,
        /// Since when others may have had it.
        compromised_at: i64,
    },
    /// Revokes a key: nothing more that it has signed is taken.
    KeyRevoke {
        /// Its id.
        key: Hash,
        /// Since when others may have had it.
        compromised_at: i64,
    },
    /// Binds a scope to its owner.
    BindingSet {
        /// What.
        scope: Scope,
        /// To whom.
        owner: String,
        /// Whether only the owner and its delegates may commission under it.
        strict: bool,
        /// Since when: the block's time if absent or earlier.
        from: i64,
        /// Until when.
        to: i64,
    },
    /// Ends a binding.
    BindingEnd {
        /// What is bound.
        scope: Scope,
        /// When: the block's time if absent or earlier.
        at: i64,
    },
    /// Lends the author's standing to another organisation.
    DelegationSet {
        /// For what.
        scope: Scope,
        /// To whom.
        delegate: String,
        /// Since when: the block's time if absent or earlier.
        from: i64,
        /// Until when.
        to: i64,
    },
    /// Ends a delegation.
    DelegationEnd {
        /// For what.
        scope: Scope,
        /// To whom.
        delegate: String,
        /// When: the block's time if absent or earlier.
        at: i64,
    },
    /// Lets a lane go on behind submissions that can't be taken (`proofs.md` §4).
    LaneSkip {
        /// The key whose lane it is.
        key: Hash,
        /// The lane's next sequence as it stands.
        from: u64,
        /// Its next sequence from now on.
        to: u64,
        /// The id that its next submission names as the one before; zeros if absent.
        previous: Hash,
        /// Why.
        reason: String,
    },
    /// Removes an organisation: its keys are worth nothing from then on, and its validators leave the set.
    OrganisationRemove {
        /// Which.
        organisation: String,
        /// Why.
        reason: String,
    },
    /// Adds a validator, gives it another voting power, or removes it.
    ValidatorSet {
        /// Its key: that of a node, if it is added.
        public: [u8; 32],
        /// Its voting power; 0 removes it.
        power: u64,
    },
    /// Sets the limits of the chain.
    ParametersSet(Parameters),
    /// Sets how many authorities have to sign a record of governance.
    ThresholdSet {
        /// How many; 0: an operator alone.
        threshold: u32,
    },
    /// Schedules the rules under which blocks are applied (`proofs.md` §7).
    RulesSchedule {
        /// Which rules.
        rules: u16,
        /// From which height on.
        from: u64,
    },
    /// Puts a table in force that credit is read with ([`crate::credit::tables`]).
    TableSet {
        /// Which.
        name: TableName,
        /// From which day on it says something.
        from: Day,
        /// The table, as text.
        table: String,
    },
    /// Approves a proposal.
    Approve {
        /// The digest of the event that proposed it.
        proposal: Hash,
    },
}

impl Operation {
    /// The `type` of its records.
    pub fn type_name(&self) -> &'static str {
        match self {
            Operation::OrganisationRegister(_) => "suyuan:OrganisationRegister",
            Operation::OrganisationAlias { .. } => "suyuan:OrganisationAlias",
            Operation::KeyAdmit { .. } => "suyuan:KeyAdmit",
            Operation::KeyRetire { .. } => "suyuan:KeyRetire",
            Operation::KeyRevoke { .. } => "suyuan:KeyRevoke",
            Operation::BindingSet { .. } => "suyuan:BindingSet",
            Operation::BindingEnd { .. } => "suyuan:BindingEnd",
            Operation::DelegationSet { .. } => "suyuan:DelegationSet",
            Operation::DelegationEnd { .. } => "suyuan:DelegationEnd",
            Operation::LaneSkip { .. } => "suyuan:LaneSkip",
            Operation::OrganisationRemove { .. } => "suyuan:OrganisationRemove",
            Operation::ValidatorSet { .. } => "suyuan:ValidatorSet",
            Operation::ParametersSet(_) => "suyuan:ParametersSet",
            Operation::ThresholdSet { .. } => "suyuan:ThresholdSet",
            Operation::RulesSchedule { .. } => "suyuan:RulesSchedule",
            Operation::TableSet { .. } => "suyuan:TableSet",
            Operation::Approve { .. } => "suyuan:Approve",
        }
    }

    /// What is wrong with the names in it by the published rules, check characters included: for the gateway
    /// and whoever signs it. `apply` judges their form alone, so that a better parser never splits the chain.
    pub fn check(&self) -> Result<(), Reason> {
        let names: Vec<&String> = match self {
            Operation::OrganisationRegister(one) => std::iter::once(&one.uri).chain(&one.aliases).collect(),
            Operation::OrganisationAlias { alias, .. } => vec![alias],
            Operation::TableSet { name, from, table } => return tables::check(*name, *from, table),
            _ => Vec::new(),
        };
        names.into_iter().try_for_each(|name| check_organisation_uri(name))
    }
}

impl OrganisationRecord {
    /// Reads a payload.
    pub fn parse(payload: &[u8]) -> Result<OrganisationRecord, InvalidRecord> {
        let mut members = Members::parse(payload)?;
        let name = members.text("type")?;
        let (event_id, event_time) = (members.text("eventID")?, members.time("eventTime")?);
        if !is_uri(&event_id) {
            return Err(members.error("eventID", "not a URI"));
        }
        let operation = match name.as_str() {
            "suyuan:OrganisationRegister" => {
                Operation::OrganisationRegister(organisation(members.object("organisation")?)?)
            }
            "suyuan:OrganisationAlias" => alias(&mut members)?,
            "suyuan:KeyAdmit" => key_admit(&mut members)?,
            "suyuan:KeyRetire" => Operation::KeyRetire {
                key: members.hash("key")?,
                compromised_at: members.optional_time("compromisedAt")?,
            },
            "suyuan:KeyRevoke" => Operation::KeyRevoke {
                key: members.hash("key")?,
                compromised_at: members.optional_time("compromisedAt")?,
            },
            "suyuan:BindingSet" => Operation::BindingSet {
                scope: members.scope("scope")?,
                owner: members.text("owner")?,
                strict: members.boolean("strict")?,
                from: members.optional_time("from")?,
                to: members.optional_time("to")?,
            },
            "suyuan:BindingEnd" => {
                Operation::BindingEnd { scope: members.scope("scope")?, at: members.optional_time("at")? }
            }
            "suyuan:DelegationSet" => Operation::DelegationSet {
                scope: members.scope("scope")?,
                delegate: members.text("delegate")?,
                from: members.optional_time("from")?,
                // For a time only (`domain/03` §3.10): there is no delegation without end.
                to: members.time("to")?,
            },
            "suyuan:DelegationEnd" => Operation::DelegationEnd {
                scope: members.scope("scope")?,
                delegate: members.text("delegate")?,
                at: members.optional_time("at")?,
            },
            "suyuan:LaneSkip" => lane_skip(&mut members)?,
            "suyuan:OrganisationRemove" => Operation::OrganisationRemove {
                organisation: members.text("organisation")?,
                reason: members.text("reason")?,
            },
            "suyuan:ValidatorSet" => Operation::ValidatorSet {
                public: members.hash("public")?.0,
                power: members.integer("power", u64::from(u32::MAX))?,
            },
            "suyuan:ParametersSet" => Operation::ParametersSet(parameters(members.object("parameters")?)?),
            "suyuan:ThresholdSet" => {
                let threshold = members.integer("threshold", ORGANISATIONS_MAX as u64)?;
                Operation::ThresholdSet { threshold: u32::try_from(threshold).unwrap_or(u32::MAX) }
            }
            "suyuan:RulesSchedule" => {
                let rules = u16::try_from(members.integer("rules", u64::from(u16::MAX))?).unwrap_or(u16::MAX);
                Operation::RulesSchedule { rules, from: members.integer("from", u64::MAX)? }
            }
            "suyuan:TableSet" => table_set(&mut members)?,
            "suyuan:Approve" => Operation::Approve { proposal: members.hash("proposal")? },
            _ => return Err(members.error("type", "unknown type")),
        };
        members.end()?;
        Ok(OrganisationRecord { event_id, event_time, operation })
    }

    /// The payload. Reading it gives the same record again.
    pub fn write(&self) -> Vec<u8> {
        let mut members = vec![
            ("type", string(self.operation.type_name())),
            ("eventID", string(&self.event_id)),
            ("eventTime", string(&time_text(self.event_time))),
        ];
        members.extend(write_operation(&self.operation));
        let mut text = Vec::new();
        object(members).write(0, &mut text);
        text
    }
}

fn alias(members: &mut Members) -> Result<Operation, InvalidRecord> {
    let (organisation, alias) = (members.optional_text("organisation")?, members.text("alias")?);
    match is_organisation_uri(&alias) {
        true => Ok(Operation::OrganisationAlias { organisation, alias }),
        false => Err(members.error("alias", "not an organisation's URI")),
    }
}

fn key_admit(members: &mut Members) -> Result<Operation, InvalidRecord> {
    let organisation = members.optional_text("organisation")?;
    if members.integer("suite", u64::from(u8::MAX))? != u64::from(SUITE_ED25519) {
        return Err(members.error("suite", "not defined"));
    }
    let (public, role) = (members.hash("public")?.0, members.text("role")?);
    let role = KeyRole::from_name(&role).ok_or_else(|| members.error("role", "not a role"))?;
    Ok(Operation::KeyAdmit { organisation, public, role })
}

fn table_set(members: &mut Members) -> Result<Operation, InvalidRecord> {
    let (name, from) = (members.one_of("name", TableName::from_name)?, members.day("from")?);
    // What is in it, apart from its size, is for those who read credit: a better parser never splits the chain.
    let table = members.long_text("table", TABLE_BYTES_MAX)?;
    Ok(Operation::TableSet { name, from, table })
}

fn lane_skip(members: &mut Members) -> Result<Operation, InvalidRecord> {
    let (key, from, to) = (members.hash("key")?, members.integer("from", u64::MAX)?, members.integer("to", u64::MAX)?);
    let previous = match members.optional_text("previous")? {
        None => Hash::ZERO,
        Some(text) => {
            Hash::from_hex(&text).ok_or_else(|| members.error("previous", "not 64 digits of lower-case hex"))?
        }
    };
    let reason = members.text("reason")?;
    match from < to {
        true => Ok(Operation::LaneSkip { key, from, to, previous, reason }),
        false => Err(members.error("to", "not above from")),
    }
}

fn write_operation(operation: &Operation) -> Vec<(&'static str, Json)> {
    let time = |name: &'static str, time: &i64| (*time != 0).then(|| (name, string(&time_text(*time))));
    let key_and_compromise = |key: &Hash, compromised_at: &i64| {
        std::iter::once(("key", string(&key.to_string()))).chain(time("compromisedAt", compromised_at)).collect()
    };
    let mut members = Vec::new();
    match operation {
        Operation::OrganisationRegister(one) => members.push(("organisation", write_organisation(one))),
        Operation::OrganisationAlias { organisation, alias } => {
            members.extend(organisation.as_ref().map(|uri| ("organisation", string(uri))));
            members.push(("alias", string(alias)));
        }
        Operation::KeyAdmit { organisation, public, role } => {
            members.extend(organisation.as_ref().map(|uri| ("organisation", string(uri))));
            members.push(("suite", number(SUITE_ED25519)));
            members.push(("public", string(&Hash(*public).to_string())));
            members.push(("role", string(role.name())));
        }
        Operation::KeyRetire { key, compromised_at } | Operation::KeyRevoke { key, compromised_at } => {
            return key_and_compromise(key, compromised_at);
        }
        Operation::BindingSet { scope, owner, strict, from, to } => {
            members.push(("scope", write_scope(scope)));
            members.push(("owner", string(owner)));
            members.push(("strict", Json::Boolean(*strict)));
            members.extend(time("from", from));
            members.extend(time("to", to));
        }
        Operation::BindingEnd { scope, at } => {
            members.push(("scope", write_scope(scope)));
            members.extend(time("at", at));
        }
        Operation::DelegationSet { scope, delegate, from, to } => {
            members.push(("scope", write_scope(scope)));
            members.push(("delegate", string(delegate)));
            members.extend(time("from", from));
            members.extend(time("to", to));
        }
        Operation::DelegationEnd { scope, delegate, at } => {
            members.push(("scope", write_scope(scope)));
            members.push(("delegate", string(delegate)));
            members.extend(time("at", at));
        }
        Operation::LaneSkip { key, from, to, previous, reason } => {
            members.push(("key", string(&key.to_string())));
            members.push(("from", number(from)));
            members.push(("to", number(to)));
            members.push(("previous", string(&previous.to_string())));
            members.push(("reason", string(reason)));
        }
        Operation::OrganisationRemove { organisation, reason } => {
            members.push(("organisation", string(organisation)));
            members.push(("reason", string(reason)));
        }
        Operation::ValidatorSet { public, power } => {
            members.push(("public", string(&Hash(*public).to_string())));
            members.push(("power", number(power)));
        }
        Operation::ParametersSet(parameters) => members.push(("parameters", write_parameters(parameters))),
        Operation::ThresholdSet { threshold } => members.push(("threshold", number(threshold))),
        Operation::RulesSchedule { rules, from } => {
            members.push(("rules", number(rules)));
            members.push(("from", number(from)));
        }
        Operation::TableSet { name, from, table } => {
            members.push(("name", string(name.name())));
            members.push(("from", string(&from.text().unwrap_or_default())));
            members.push(("table", string(table)));
        }
        Operation::Approve { proposal } => members.push(("proposal", string(&proposal.to_string()))),
    }
    members
}
