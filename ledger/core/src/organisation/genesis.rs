//! Reads and writes the genesis: the file from whose bytes a chain has its identity, and the rows of an
//! empty ledger.
//!
//! Its layout is described in `docs/ORGANISATIONS.md`. It is read strictly: every member known, given once,
//! of its type and within its limit.

use suyuan_epcis::codes::{Code, ledger as codes};
use suyuan_epcis::json::tree::Json;
use suyuan_epcis::problem::Reason;
use suyuan_epcis::time::{Rounding, Stamp};

use super::row::Entry;
use super::{
    ALIASES_MAX, Binding, Directory, Governance, Key, KeyRole, Organisation, OrganisationRole, Parameters, Row, Scope,
    Validators, check_organisation_uri, is_organisation_uri,
};
use crate::block::{VALIDATORS_MAX, Validator};
use crate::hash::{Hash, Tag};
use crate::members::{InvalidRecord, Members};
use crate::submission::SUITE_ED25519;

/// Bytes of a genesis file.
pub const GENESIS_BYTES_MAX: usize = 16 << 20;
/// A genesis registers at most so many organisations; more come by records.
pub const ORGANISATIONS_MAX: usize = 10_000;
/// An organisation has at most so many keys, and so many bindings, in a genesis.
pub const ENTRIES_MAX: usize = 1_024;
/// The hash suite of every chain yet: BLAKE3. 2 is reserved for SM3.
const SUITE_BLAKE3: u8 = 1;
/// The longest span that a parameter can set: a year.
const SPAN_SECONDS_MAX: u64 = 366 * 24 * 60 * 60;

/// What a network begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// The network's name.
    pub network: String,
    /// Whether it is a trial: its nodes may run by a clock that somebody sets, so that its times prove nothing.
    pub trial: bool,
    /// The time from which it counts, milliseconds since 1970; the first block is later.
    pub start_time: i64,
    /// Its limits.
    pub parameters: Parameters,
    /// The organisations, which take the numbers 1, 2, … in this order.
    pub organisations: Vec<GenesisOrganisation>,
    /// Who decides the first blocks.
    pub validators: Vec<Validator>,
    /// How many authorities have to sign a record of governance; 0: an operator alone.
    pub threshold: u32,
}

/// An organisation that is there from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenesisOrganisation {
    /// Its primary URI.
    pub uri: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// What people call it.
    pub name: String,
    /// What it is to the network.
    pub role: OrganisationRole,
    /// Its keys.
    pub keys: Vec<([u8; 32], KeyRole)>,
    /// What is bound to it, and whether it is strict there.
    pub bindings: Vec<(Scope, bool)>,
}

/// Why a file is no genesis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenesisError {
    /// JSON pointer of the place.
    pub pointer: String,
    /// What is wrong: the code's first argument is the place.
    pub reason: Reason,
}

impl GenesisError {
    fn new(code: &'static Code, pointer: &str, argument: &str) -> GenesisError {
        // The file as a whole is no place that a sentence could name by nothing.
        let place = if pointer.is_empty() { "/" } else { pointer };
        GenesisError { pointer: pointer.to_owned(), reason: Reason::new(code, &[place, argument]) }
    }
}

impl From<InvalidRecord> for GenesisError {
    fn from(error: InvalidRecord) -> Self {
        GenesisError::new(codes::GENESIS_FORM, &error.pointer, &error.argument)
    }
}

impl std::fmt::Display for GenesisError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.reason, formatter)
    }
}

impl std::error::Error for GenesisError {}

/// The identity of the chain that a genesis file begins.
pub fn chain_id(bytes: &[u8]) -> Hash {
    Tag::Chain.hash(bytes)
}

impl Genesis {
    /// Reads a genesis file.
    pub fn parse(bytes: &[u8]) -> Result<Genesis, GenesisError> {
        if bytes.len() > GENESIS_BYTES_MAX {
            return Err(GenesisError::new(codes::GENESIS_FORM, "", &format!("longer than {GENESIS_BYTES_MAX} bytes")));
        }
        let mut members = Members::parse(bytes)?;
        let network = members.text("network")?;
        // Until confidentiality is built, a network says that it is a pilot (`architecture.md`).
        if !members.boolean("pilot")? {
            return Err(GenesisError::new(codes::GENESIS_NOT_PILOT, "/pilot", ""));
        }
        let trial = members.boolean("trial")?;
        let mut suites = members.object("suites")?;
        for (name, suite) in [("hash", SUITE_BLAKE3), ("signature", SUITE_ED25519)] {
            let number = suites.integer(name, u64::from(u8::MAX))?;
            if number != u64::from(suite) {
                let pointer = format!("/suites/{name}");
                return Err(GenesisError::new(codes::GENESIS_SUITE, &pointer, &number.to_string()));
            }
        }
        suites.end()?;
        let start_time = members.time("startTime")?;
        let parameters = parameters(members.object("parameters")?)?;
        let organisations = members.objects("organisations", ORGANISATIONS_MAX)?;
        let organisations = organisations.into_iter().map(organisation).collect::<Result<_, _>>()?;
        let validators = members.objects("validators", VALIDATORS_MAX)?;
        let validators = validators.into_iter().map(validator).collect::<Result<_, _>>()?;
        let threshold = match members.optional_object("governance")? {
            None => 0,
            Some(mut governance) => {
                let threshold = governance.integer("threshold", ORGANISATIONS_MAX as u64)?;
                governance.end()?;
                u32::try_from(threshold).unwrap_or(u32::MAX)
            }
        };
        members.end()?;
        let genesis = Genesis { network, trial, start_time, parameters, organisations, validators, threshold };
        genesis.hold_together()?;
        Ok(genesis)
    }

    /// What no single member shows: nothing twice, and somebody to begin with.
    fn hold_together(&self) -> Result<(), GenesisError> {
        let can_sign = |role| self.organisations.iter().filter(|one| one.can_sign_as(role)).count();
        if self.threshold == 0 && can_sign(OrganisationRole::Operator) == 0 {
            return Err(GenesisError::new(codes::GENESIS_NO_OPERATOR, "/organisations", ""));
        }
        let authorities = can_sign(OrganisationRole::Authority);
        if self.threshold as usize > authorities {
            let pointer = "/governance/threshold";
            return Err(GenesisError::new(codes::GENESIS_THRESHOLD, pointer, &authorities.to_string()));
        }
        if self.validators.is_empty() {
            return Err(GenesisError::new(codes::GENESIS_NO_VALIDATOR, "/validators", ""));
        }
        let (mut names, mut keys, mut scopes) = (Seen::default(), Seen::default(), Seen::default());
        for (index, one) in self.organisations.iter().enumerate() {
            let place = format!("/organisations/{index}");
            names.add(one.uri.as_str(), || format!("{place}/uri"))?;
            for (at, alias) in one.aliases.iter().enumerate() {
                names.add(alias.as_str(), || format!("{place}/aliases/{at}"))?;
            }
            for (at, (public, _)) in one.keys.iter().enumerate() {
                keys.add(public, || format!("{place}/keys/{at}/public"))?;
            }
            for (at, (scope, _)) in one.bindings.iter().enumerate() {
                scopes.add(scope, || format!("{place}/bindings/{at}/scope"))?;
            }
        }
        let mut validators = Seen::default();
        for (index, validator) in self.validators.iter().enumerate() {
            validators.add(&validator.key, || format!("/validators/{index}/public"))?;
        }
        Ok(())
    }

    /// Whether every organisation's URIs hold by the published rules, check characters included: for whoever
    /// makes a genesis. A node that joins asks only what [`Genesis::parse`] asks.
    pub fn check(&self) -> Result<(), GenesisError> {
        for (index, one) in self.organisations.iter().enumerate() {
            let uri = (format!("/organisations/{index}/uri"), &one.uri);
            let alias = |(at, alias)| (format!("/organisations/{index}/aliases/{at}"), alias);
            for (pointer, name) in std::iter::once(uri).chain(one.aliases.iter().enumerate().map(alias)) {
                check_organisation_uri(name).map_err(|reason| GenesisError { pointer, reason })?;
            }
        }
        Ok(())
    }

    /// The organisations, keys and bindings at the start.
    pub fn directory(&self) -> Directory {
        let mut directory = Directory::default();
        directory.put(Entry::Parameters(self.parameters));
        directory.put(Entry::Validators(Validators::founding(self.validators.clone())));
        directory.put(Entry::Governance(Governance { threshold: self.threshold, ..Governance::default() }));
        for (one, number) in self.organisations.iter().zip(1..) {
            directory.put(Entry::Organisation(Organisation {
                number,
                uri: one.uri.clone(),
                aliases: one.aliases.clone(),
                name: one.name.clone(),
                role: one.role,
                registered_at: self.start_time,
                removed_at: 0,
            }));
            for (public, role) in &one.keys {
                directory.put(Entry::Key(Key::new(number, *public, *role, self.start_time)));
            }
            for (scope, strict) in &one.bindings {
                let (scope, strict) = (scope.clone(), *strict);
                directory.put(Entry::Binding(Binding { scope, owner: number, strict, from: self.start_time, to: 0 }));
            }
        }
        directory
    }

    /// The rows of the empty ledger, by name.
    pub fn rows(&self) -> Vec<Row> {
        self.directory().rows()
    }

    /// The file. Reading it gives the same genesis again.
    pub fn write(&self) -> Vec<u8> {
        let mut members = vec![
            ("network", string(&self.network)),
            ("pilot", Json::Boolean(true)),
            ("suites", object(vec![("hash", number(SUITE_BLAKE3)), ("signature", number(SUITE_ED25519))])),
            ("startTime", string(&time_text(self.start_time))),
            ("parameters", write_parameters(&self.parameters)),
            ("organisations", Json::List(self.organisations.iter().map(write_organisation).collect())),
            ("validators", Json::List(self.validators.iter().map(write_validator).collect())),
        ];
        if self.trial {
            members.push(("trial", Json::Boolean(true)));
        }
        if self.threshold > 0 {
            members.push(("governance", object(vec![("threshold", number(self.threshold))])));
        }
        let mut text = Vec::new();
        object(members).write(0, &mut text);
        text.push(b'\n');
        text
    }
}

impl GenesisOrganisation {
    /// Whether it has this role and a key for records of governance.
    fn can_sign_as(&self, role: OrganisationRole) -> bool {
        self.role == role && self.keys.iter().any(|(_, role)| role.administers())
    }
}

/// Finds what is given twice.
struct Seen<T>(std::collections::BTreeSet<T>);

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Seen(Default::default())
    }
}

impl<T: Ord> Seen<T> {
    fn add(&mut self, thing: T, pointer: impl Fn() -> String) -> Result<(), GenesisError> {
        match self.0.insert(thing) {
            true => Ok(()),
            false => Err(GenesisError::new(codes::GENESIS_TWICE, &pointer(), "")),
        }
    }
}

// ---- reading ----

pub(super) fn parameters(mut members: Members) -> Result<Parameters, InvalidRecord> {
    let mut span = |name: &str| {
        let seconds = members.integer(name, SPAN_SECONDS_MAX)?;
        Ok::<_, InvalidRecord>(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000))
    };
    let (capture_limit_ms, retired_key_grace_ms) = (span("captureLimitSeconds")?, span("retiredKeyGraceSeconds")?);
    let clock_tolerance_ms = span("clockToleranceSeconds")?;
    let mut count = |name: &str| {
        let number = members.integer(name, u64::from(u32::MAX))?;
        Ok::<_, InvalidRecord>(u32::try_from(number).unwrap_or(u32::MAX))
    };
    let parameters = Parameters {
        capture_limit_ms,
        retired_key_grace_ms,
        clock_tolerance_ms,
        bystander_links_a_day: count("bystanderLinksADay")?,
        block_events_max: count("blockEventsMax")?,
        block_bytes_max: count("blockBytesMax")?,
    };
    members.end()?;
    Ok(parameters)
}

pub(super) fn organisation(mut members: Members) -> Result<GenesisOrganisation, InvalidRecord> {
    let uri = members.text("uri")?;
    if !is_organisation_uri(&uri) {
        return Err(members.error("uri", "not an organisation's URI"));
    }
    let aliases = members.texts("aliases", ALIASES_MAX)?;
    if let Some(place) = aliases.iter().position(|alias| !is_organisation_uri(alias)) {
        return Err(members.error("aliases", format!("not a URI: number {place}")));
    }
    let (name, role) = (members.text("name")?, members.text("role")?);
    let role = OrganisationRole::from_name(&role).ok_or_else(|| members.error("role", "not a role"))?;
    let keys = members.objects("keys", ENTRIES_MAX)?.into_iter().map(key).collect::<Result<_, _>>()?;
    let bindings = members.objects("bindings", ENTRIES_MAX)?.into_iter().map(binding).collect::<Result<_, _>>()?;
    members.end()?;
    Ok(GenesisOrganisation { uri, aliases, name, role, keys, bindings })
}

fn key(mut members: Members) -> Result<([u8; 32], KeyRole), InvalidRecord> {
    let (public, role) = (members.hash("public")?.0, members.text("role")?);
    let role = KeyRole::from_name(&role).ok_or_else(|| members.error("role", "not a role"))?;
    members.end()?;
    Ok((public, role))
}

fn binding(mut members: Members) -> Result<(Scope, bool), InvalidRecord> {
    let (scope, strict) = (members.scope("scope")?, members.boolean("strict")?);
    members.end()?;
    Ok((scope, strict))
}

fn validator(mut members: Members) -> Result<Validator, InvalidRecord> {
    let (key, power) = (members.hash("public")?.0, members.integer("power", u64::from(u32::MAX))?);
    if power == 0 {
        return Err(members.error("power", "not above 0"));
    }
    members.end()?;
    Ok(Validator { key, power })
}

// ---- writing ----

pub(super) fn object(members: Vec<(&str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(super) fn string(text: &str) -> Json {
    Json::Text(text.to_owned())
}

pub(super) fn number(number: impl std::fmt::Display) -> Json {
    Json::Number(number.to_string().into())
}

pub(super) fn write_scope(scope: &Scope) -> Json {
    object(vec![(scope.kind().name(), string(scope.value()))])
}

/// A time in milliseconds since 1970 as RFC 3339 has it, in UTC.
pub(super) fn time_text(milliseconds: i64) -> String {
    let nanoseconds = u32::try_from(milliseconds.rem_euclid(1_000)).unwrap_or(0).saturating_mul(1_000_000);
    let stamp = Stamp { seconds: milliseconds.div_euclid(1_000), nanoseconds };
    stamp.to_utc_milliseconds(Rounding::HalfUp).unwrap_or_default()
}

pub(super) fn write_parameters(parameters: &Parameters) -> Json {
    object(vec![
        ("captureLimitSeconds", number(parameters.capture_limit_ms / 1_000)),
        ("retiredKeyGraceSeconds", number(parameters.retired_key_grace_ms / 1_000)),
        ("clockToleranceSeconds", number(parameters.clock_tolerance_ms / 1_000)),
        ("bystanderLinksADay", number(parameters.bystander_links_a_day)),
        ("blockEventsMax", number(parameters.block_events_max)),
        ("blockBytesMax", number(parameters.block_bytes_max)),
    ])
}

pub(super) fn write_organisation(one: &GenesisOrganisation) -> Json {
    let key = |(public, role): &([u8; 32], KeyRole)| {
        object(vec![("public", string(&Hash(*public).to_string())), ("role", string(role.name()))])
    };
    let binding = |(scope, strict): &(Scope, bool)| {
        object(vec![("scope", write_scope(scope)), ("strict", Json::Boolean(*strict))])
    };
    object(vec![
        ("uri", string(&one.uri)),
        ("aliases", Json::List(one.aliases.iter().map(|alias| string(alias)).collect())),
        ("name", string(&one.name)),
        ("role", string(one.role.name())),
        ("keys", Json::List(one.keys.iter().map(key).collect())),
        ("bindings", Json::List(one.bindings.iter().map(binding).collect())),
    ])
}

fn write_validator(validator: &Validator) -> Json {
    object(vec![("public", string(&Hash(validator.key).to_string())), ("power", number(validator.power))])
}
