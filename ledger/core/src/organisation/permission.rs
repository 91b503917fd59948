//! Judges who may change what, and changes it: all of a record or nothing.
//!
//! | Record | As record of the organisation (2) | As record of governance (3) |
//! |---|---|---|
//! | `OrganisationRegister` | | administrator; root for other roles than member |
//! | `OrganisationAlias` | administrator, for a GLN bound to it | administrator |
//! | `OrganisationRemove` | | root |
//! | `KeyAdmit`, `KeyRetire`, `KeyRevoke` | administrator for devices and nodes, root for all | root, for any organisation: recovery |
//! | `BindingSet` | | administrator |
//! | `BindingEnd` | owner's administrator | administrator |
//! | `DelegationSet`, `DelegationEnd` | owner's administrator | |
//! | `LaneSkip` | administrator, with another key than the lane's | |
//! | `ValidatorSet`, `ParametersSet`, `ThresholdSet`, `RulesSchedule`, `TableSet` | | root |
//! | `Approve` | | as for what is approved |
//!
//! A root key may do whatever an administrator's may. Governance is that of the operator alone while the network's
//! threshold is 0; else that of so many authorities: one proposes by writing the record, others approve it, each
//! organisation once, and with the last one that it takes it is judged and becomes effective.

use super::directory::gln_of_link;
use super::genesis::GenesisOrganisation;
use super::operation::{Operation, OrganisationRecord};
use super::row::Entry;
use super::{
    ALIASES_MAX, AdoptedTable, Binding, DELEGATIONS_MAX, Delegation, Directory, Governance, KEYS_MAX, Key, KeyRole,
    Organisation, OrganisationRole, PROPOSAL_BYTES_MAX, PROPOSALS_MAX, Parameters, Proposal, RULES_AHEAD, Row, Scope,
    ScopeKind, TABLES_BYTES_MAX, TableName, holds_at,
};
use crate::block::Validator;
use crate::day::Day;
use crate::hash::Hash;
use crate::submission::record_type;

/// One scope is delegated at most so often, past delegations included: they are looked through for each link.
const DELEGATIONS_A_SCOPE_MAX: usize = 256;

/// Who wrote a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The organisation that the submission names.
    pub organisation: u64,
    /// The key that signed it.
    pub key: Hash,
}

/// A record as it stands in a block.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The record's type: of an organisation or of governance.
    pub record_type: u16,
    /// The height of the block.
    pub height: u64,
    /// The time of the block, milliseconds since 1970.
    pub time: i64,
    /// The event's digest.
    pub digest: Hash,
    /// The record's bytes.
    pub payload: &'a [u8],
}

/// Why a record of an organisation or of governance is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 208: the key has no right to it.
    NoRight,
    /// 209: it can't be read.
    Unreadable,
    /// 210: it does not fit what is recorded.
    Conflict,
}

impl Refusal {
    /// Its number (`proofs.md` §6).
    pub fn code(self) -> u16 {
        match self {
            Refusal::NoRight => 208,
            Refusal::Unreadable => 209,
            Refusal::Conflict => 210,
        }
    }
}

/// A lane that goes on elsewhere. Whoever applies it MUST refuse it with [`Refusal::Conflict`] unless the
/// lane's next sequence is `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneSkip {
    /// The key whose lane it is.
    pub key: Hash,
    /// The lane's next sequence as it must stand.
    pub from: u64,
    /// Its next sequence from now on.
    pub to: u64,
    /// The id that its next submission names as the one before.
    pub previous: Hash,
}

/// What a record changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The rows to write.
    pub rows: Vec<Row>,
    /// The lane to move, for `LaneSkip`.
    pub lane: Option<LaneSkip>,
}

type Judged = Result<Vec<Entry>, Refusal>;

/// What a record would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    entries: Vec<Entry>,
    /// The lane to move, for `LaneSkip`.
    pub lane: Option<LaneSkip>,
}

impl Directory {
    /// Applies an operation that this author wrote in a record. If it is refused nothing has changed.
    pub fn apply(
        &mut self,
        author: Author,
        occasion: &Occasion<'_>,
        operation: &Operation,
    ) -> Result<Outcome, Refusal> {
        Ok(self.accept(self.judge(author, occasion, operation)?))
    }

    /// What an operation would change that this author wrote in a record.
    pub fn judge(&self, author: Author, occasion: &Occasion<'_>, operation: &Operation) -> Result<Change, Refusal> {
        let lane = match operation {
            Operation::LaneSkip { key, from, to, previous, .. } => {
                Some(LaneSkip { key: *key, from: *from, to: *to, previous: *previous })
            }
            _ => None,
        };
        let entries = Judge::new(self, author, occasion)?.record(operation)?;
        Ok(Change { entries, lane })
    }

    /// Makes a change. It MUST have been judged by this very directory.
    pub fn accept(&mut self, change: Change) -> Outcome {
        Outcome { rows: change.entries.into_iter().map(|entry| self.put(entry)).collect(), lane: change.lane }
    }
}

/// Judges one record: all that is asked about the author is settled when it is made.
struct Judge<'a> {
    directory: &'a Directory,
    author: Author,
    role: KeyRole,
    /// Whether the record is one of governance.
    governs: bool,
    occasion: &'a Occasion<'a>,
    block_time: i64,
}

impl<'a> Judge<'a> {
    fn new(directory: &'a Directory, author: Author, occasion: &'a Occasion<'a>) -> Result<Judge<'a>, Refusal> {
        let block_time = occasion.time;
        let key = directory.key(&author.key).ok_or(Refusal::NoRight)?;
        let organisation = directory.organisation(author.organisation).ok_or(Refusal::NoRight)?;
        let governs = match occasion.record_type {
            record_type::ORGANISATION => false,
            record_type::GOVERNANCE => true,
            _ => return Err(Refusal::NoRight),
        };
        let may_write = key.role.administers() && directory.is_in_force(key, block_time);
        if key.organisation != author.organisation || !may_write {
            return Err(Refusal::NoRight);
        }
        if governs && !directory.governs(organisation, block_time) {
            return Err(Refusal::NoRight);
        }
        Ok(Judge { directory, author, role: key.role, governs, occasion, block_time })
    }

    /// Judges a record: at once, or as one of the signatures that it takes.
    fn record(&self, operation: &Operation) -> Judged {
        let threshold = self.directory.governance().threshold as usize;
        match operation {
            Operation::Approve { proposal } => self.approve(proposal, threshold),
            _ if self.governs => self.propose(operation, threshold),
            _ => self.judge(operation),
        }
    }

    /// What would be refused now is no proposal. With the signature of its author alone it may be effective already.
    fn propose(&self, operation: &Operation, threshold: usize) -> Judged {
        let entries = self.judge(operation)?;
        if threshold <= 1 {
            return Ok(entries);
        }
        let Occasion { digest, payload, time, .. } = *self.occasion;
        let own = |one: &&Proposal| one.signers.first() == Some(&self.author.organisation) && one.is_open_at(time);
        let too_many = self.directory.proposals().filter(own).count() >= PROPOSALS_MAX;
        if too_many || payload.len() > PROPOSAL_BYTES_MAX || self.directory.proposal(&digest).is_some() {
            return Err(Refusal::Conflict);
        }
        let (record, signers) = (payload.to_vec(), vec![self.author.organisation]);
        Ok(vec![Entry::Proposal(Proposal { id: digest, record, proposed_at: time, signers })])
    }

    /// With the last signature that it takes a proposal is judged as of now: if it is refused, so is the approval.
    fn approve(&self, id: &Hash, threshold: usize) -> Judged {
        self.allow(self.governs)?;
        let proposal = self.directory.proposal(id).filter(|one| one.is_open_at(self.block_time));
        let mut proposal = proposal.ok_or(Refusal::Conflict)?.clone();
        if proposal.signers.contains(&self.author.organisation) {
            return Err(Refusal::Conflict);
        }
        let record = OrganisationRecord::parse(&proposal.record).map_err(|_| Refusal::Unreadable)?;
        // The right to approve is the right to propose.
        self.allow(!needs_root(&record.operation) || self.role == KeyRole::Root)?;
        proposal.signers.push(self.author.organisation);
        // Who signed and does not govern any more does not count any more.
        let governs = |number: &&u64| {
            let organisation = self.directory.organisation(**number);
            organisation.is_some_and(|one| self.directory.governs(one, self.block_time))
        };
        let mut entries = Vec::new();
        if proposal.signers.iter().filter(governs).count() >= threshold {
            entries = self.judge(&record.operation)?;
            proposal.record = Vec::new();
        }
        entries.push(Entry::Proposal(proposal));
        Ok(entries)
    }

    fn judge(&self, operation: &Operation) -> Judged {
        match operation {
            Operation::OrganisationRegister(organisation) => self.register(organisation),
            Operation::OrganisationAlias { organisation, alias } => self.alias(organisation.as_deref(), alias),
            Operation::KeyAdmit { organisation, public, role } => {
                self.key_admit(organisation.as_deref(), public, *role)
            }
            Operation::KeyRetire { key, compromised_at } => self.key_end(key, *compromised_at, false),
            Operation::KeyRevoke { key, compromised_at } => self.key_end(key, *compromised_at, true),
            Operation::BindingSet { scope, owner, strict, from, to } => {
                self.allow(self.governs)?;
                let owner = self.number_of(owner)?;
                let (from, to) = self.span(*from, *to)?;
                let binding = Binding { scope: scope.clone(), owner, strict: *strict, from, to };
                self.bind(binding).map(|entry| vec![entry])
            }
            Operation::BindingEnd { scope, at } => self.binding_end(scope, *at),
            Operation::DelegationSet { scope, delegate, from, to } => self.delegate(scope, delegate, *from, *to),
            Operation::DelegationEnd { scope, delegate, at } => self.delegation_end(scope, delegate, *at),
            Operation::LaneSkip { key, .. } => {
                self.allow(!self.governs && *key != self.author.key)?;
                let key = self.directory.key(key).ok_or(Refusal::Conflict)?;
                self.allow(key.organisation == self.author.organisation)?;
                Ok(Vec::new())
            }
            Operation::Approve { .. } => Err(Refusal::Conflict),
            Operation::OrganisationRemove { organisation, .. } => self.remove(organisation),
            Operation::ValidatorSet { public, power } => self.validator(public, *power),
            Operation::ParametersSet(parameters) => self.parameters(parameters),
            Operation::ThresholdSet { threshold } => self.threshold(*threshold),
            Operation::RulesSchedule { rules, from } => self.rules(*rules, *from),
            Operation::TableSet { name, from, table } => self.table(*name, *from, table),
        }
    }

    // ---- the network ----

    /// What only a root key may have changed, in a record of governance.
    fn allow_root(&self) -> Result<(), Refusal> {
        self.allow(self.governs && self.role == KeyRole::Root)
    }

    fn remove(&self, uri: &str) -> Judged {
        self.allow_root()?;
        let organisation = self.directory.organisation(self.number_of(uri)?).ok_or(Refusal::Conflict)?;
        let number = organisation.number;
        // Those who govern must not become too few to go on governing.
        let (threshold, rest) = (self.directory.governance().threshold.max(1), self.governing(number));
        let too_few = self.directory.governs(organisation, self.block_time) && rest < threshold as usize;
        if organisation.is_removed_at(self.block_time) || too_few {
            return Err(Refusal::Conflict);
        }
        let mut entries =
            vec![Entry::Organisation(Organisation { removed_at: self.block_time, ..organisation.clone() })];
        let of_others = |validator: &&Validator| {
            self.directory.organisation_of_validator(validator).is_none_or(|one| one.number != number)
        };
        let set = &self.directory.validators().set;
        let rest: Vec<Validator> = set.iter().filter(of_others).cloned().collect();
        if rest.len() != set.len() {
            entries.push(self.validators(rest)?);
        }
        Ok(entries)
    }

    /// How many others than this one govern.
    fn governing(&self, but: u64) -> usize {
        let governs = |one: &&Organisation| one.number != but && self.directory.governs(one, self.block_time);
        self.directory.organisations().iter().filter(governs).count()
    }

    fn validator(&self, public: &[u8; 32], power: u64) -> Judged {
        self.allow_root()?;
        let mut set = self.directory.validators().set.clone();
        match (set.iter().position(|one| one.key == *public), power) {
            (Some(place), 0) => drop(set.remove(place)),
            (Some(place), power) => {
                let known = set.get_mut(place).filter(|known| known.power != power).ok_or(Refusal::Conflict)?;
                known.power = power;
            }
            (None, 0) => return Err(Refusal::Conflict),
            (None, power) => {
                let id = crate::submission::key_id(crate::submission::SUITE_ED25519, public);
                let key = self.directory.key(&id).filter(|key| self.directory.is_in_force(key, self.block_time));
                if key.is_none_or(|key| key.role != KeyRole::Node) {
                    return Err(Refusal::Conflict);
                }
                set.push(Validator { key: *public, power });
            }
        }
        Ok(vec![self.validators(set)?])
    }

    fn validators(&self, set: Vec<Validator>) -> Result<Entry, Refusal> {
        let changed = self.directory.validators().changed(self.occasion.height, set);
        changed.map(Entry::Validators).ok_or(Refusal::Conflict)
    }

    fn parameters(&self, parameters: &Parameters) -> Judged {
        self.allow_root()?;
        // A block that may carry nothing would end the chain.
        match parameters.block_events_max > 0 && parameters.block_bytes_max > 0 {
            true => Ok(vec![Entry::Parameters(*parameters)]),
            false => Err(Refusal::Conflict),
        }
    }

    fn threshold(&self, threshold: u32) -> Judged {
        self.allow_root()?;
        let role = if threshold > 0 { OrganisationRole::Authority } else { OrganisationRole::Operator };
        let signs = |one: &&Organisation| {
            let mut keys = self.directory.keys().filter(|key| key.organisation == one.number);
            one.role == role
                && !one.is_removed_at(self.block_time)
                && keys.any(|key| key.role == KeyRole::Root && key.is_active_at(self.block_time))
        };
        let signing = self.directory.organisations().iter().filter(signs).count();
        match signing >= threshold.max(1) as usize && threshold != self.directory.governance().threshold {
            true => Ok(vec![Entry::Governance(Governance { threshold, ..*self.directory.governance() })]),
            false => Err(Refusal::Conflict),
        }
    }

    fn rules(&self, rules: u16, from: u64) -> Judged {
        self.allow_root()?;
        let (governance, height) = (self.directory.governance(), self.occasion.height);
        let now = governance.rules_at(height);
        match rules > now && from >= height.saturating_add(RULES_AHEAD) {
            true => {
                let next = Governance { rules: now, next_rules: rules, next_from: from, ..*governance };
                Ok(vec![Entry::Governance(next)])
            }
            false => Err(Refusal::Conflict),
        }
    }

    fn table(&self, name: TableName, from: Day, table: &str) -> Judged {
        self.allow_root()?;
        // Of a day that has begun something may have been said already.
        let is_to_come = from > Day::in_china(self.block_time);
        let height = self.occasion.height;
        let is_taken = self.directory.tables().any(|one| (one.height, one.name) == (height, name));
        let bytes: usize = self.directory.tables().map(|one| one.text.len()).sum();
        if !is_to_come || is_taken || bytes.saturating_add(table.len()) > TABLES_BYTES_MAX {
            return Err(Refusal::Conflict);
        }
        let (from, adopted_at) = (from.number(), self.block_time);
        Ok(vec![Entry::Table(AdoptedTable { height, name, from, adopted_at, text: table.to_owned() })])
    }

    fn allow(&self, allowed: bool) -> Result<(), Refusal> {
        if allowed { Ok(()) } else { Err(Refusal::NoRight) }
    }

    fn number_of(&self, uri: &str) -> Result<u64, Refusal> {
        self.directory.number_of(uri).ok_or(Refusal::Conflict)
    }

    /// Whose thing a record is about: the author's own, or in a record of governance the one that it names.
    fn subject(&self, organisation: Option<&str>) -> Result<u64, Refusal> {
        match (self.governs, organisation) {
            (false, None) => Ok(self.author.organisation),
            (true, Some(uri)) => self.number_of(uri),
            (true, None) => Err(Refusal::Conflict),
            (false, Some(uri)) => {
                let own = self.directory.number_of(uri) == Some(self.author.organisation);
                self.allow(own).map(|()| self.author.organisation)
            }
        }
    }

    // ---- organisations ----

    fn register(&self, new: &GenesisOrganisation) -> Judged {
        let is_member = new.role == OrganisationRole::Member;
        self.allow(self.governs && (is_member || self.role == KeyRole::Root))?;
        let number = u64::try_from(self.directory.organisations().len()).unwrap_or(u64::MAX).saturating_add(1);
        let organisation = Organisation {
            number,
            uri: new.uri.clone(),
            aliases: Vec::new(),
            name: new.name.clone(),
            role: new.role,
            registered_at: self.block_time,
            removed_at: 0,
        };
        if self.directory.number_of(&new.uri).is_some() {
            return Err(Refusal::Conflict);
        }
        let mut entries = Vec::new();
        entries.push(Entry::Organisation(
            new.aliases.iter().try_fold(organisation, |named, alias| self.with_alias(named, alias))?,
        ));
        for (index, (public, role)) in new.keys.iter().enumerate() {
            let repeated = new.keys.iter().take(index).any(|(other, _)| other == public);
            let key = Key::new(number, *public, *role, self.block_time);
            if repeated || self.directory.key(&key.id).is_some() {
                return Err(Refusal::Conflict);
            }
            entries.push(Entry::Key(key));
        }
        for (index, (scope, strict)) in new.bindings.iter().enumerate() {
            if new.bindings.iter().take(index).any(|(other, _)| other == scope) {
                return Err(Refusal::Conflict);
            }
            let (scope, strict, from) = (scope.clone(), *strict, self.block_time);
            entries.push(self.bind(Binding { scope, owner: number, strict, from, to: 0 })?);
        }
        Ok(entries)
    }

    fn alias(&self, organisation: Option<&str>, alias: &str) -> Judged {
        let subject = self.subject(organisation)?;
        // A name decides who is the receiver of a shipment: an organisation may take none that is not its own.
        let own = || {
            let gln = gln_of_link(alias)?;
            let scope = Scope::new(ScopeKind::Gln, std::str::from_utf8(&gln).ok()?).ok()?;
            self.directory.owner_of_scope(&scope, self.block_time)
        };
        self.allow(self.governs || own() == Some(subject))?;
        let organisation = self.directory.organisation(subject).ok_or(Refusal::Conflict)?;
        Ok(vec![Entry::Organisation(self.with_alias(organisation.clone(), alias)?)])
    }

    fn with_alias(&self, mut organisation: Organisation, alias: &str) -> Result<Organisation, Refusal> {
        let own = organisation.uri == alias || organisation.aliases.iter().any(|other| other == alias);
        let named = gln_of_link(alias).and_then(|gln| self.directory.number_of_gln(&gln));
        let foreign = named.is_some_and(|number| number != organisation.number);
        if own || foreign || self.directory.number_of(alias).is_some() || organisation.aliases.len() >= ALIASES_MAX {
            return Err(Refusal::Conflict);
        }
        organisation.aliases.push(alias.to_owned());
        Ok(organisation)
    }

    // ---- keys ----

    /// Whether the author may admit, retire or revoke a key of this role of that organisation.
    fn may_handle(&self, organisation: u64, role: KeyRole) -> bool {
        let is_root = self.role == KeyRole::Root;
        match self.governs {
            true => is_root,
            false => organisation == self.author.organisation && (is_root || !role.administers()),
        }
    }

    fn key_admit(&self, organisation: Option<&str>, public: &[u8; 32], role: KeyRole) -> Judged {
        let organisation = self.subject(organisation)?;
        self.allow(self.may_handle(organisation, role))?;
        let key = Key::new(organisation, *public, role, self.block_time);
        if self.directory.key(&key.id).is_some() || self.directory.counts(organisation).0 >= KEYS_MAX {
            return Err(Refusal::Conflict);
        }
        Ok(vec![Entry::Key(key)])
    }

    fn key_end(&self, id: &Hash, compromised_at: i64, revoke: bool) -> Judged {
        let mut key = *self.directory.key(id).ok_or(Refusal::Conflict)?;
        self.allow(self.may_handle(key.organisation, key.role))?;
        let done = key.revoked_at != 0 || (!revoke && key.retired_at != 0);
        if done || compromised_at > self.block_time {
            return Err(Refusal::Conflict);
        }
        match revoke {
            true => key.revoked_at = self.block_time,
            false => key.retired_at = self.block_time,
        }
        if compromised_at != 0 {
            key.compromised_at = compromised_at;
        }
        Ok(vec![Entry::Key(key)])
    }

    // ---- bindings and delegations ----

    /// A span from now at the earliest, and not empty.
    fn span(&self, from: i64, to: i64) -> Result<(i64, i64), Refusal> {
        let from = from.max(self.block_time);
        if to == 0 || to > from { Ok((from, to)) } else { Err(Refusal::Conflict) }
    }

    fn bind(&self, binding: Binding) -> Result<Entry, Refusal> {
        let mut others = self.directory.bindings_at(&binding.scope).iter();
        match others.any(|other| overlap((other.from, other.to), (binding.from, binding.to))) {
            true => Err(Refusal::Conflict),
            false => Ok(Entry::Binding(binding)),
        }
    }

    fn binding_end(&self, scope: &Scope, at: i64) -> Judged {
        let at = at.max(self.block_time);
        let binding = self.directory.bindings_at(scope).iter().find(|one| holds_at(one.from, one.to, at));
        let binding = binding.ok_or(Refusal::Conflict)?;
        self.allow(self.governs || binding.owner == self.author.organisation)?;
        Ok(vec![Entry::Binding(Binding { to: at, ..binding.clone() })])
    }

    fn delegate(&self, scope: &Scope, delegate: &str, from: i64, to: i64) -> Judged {
        let owner = self.author.organisation;
        let (from, to) = self.span(from, to)?;
        self.allow(!self.governs && self.directory.owner_of_scope(scope, from) == Some(owner))?;
        let delegate = self.number_of(delegate)?;
        let known = self.directory.delegations_at(scope);
        let taken = known
            .iter()
            .any(|one| (one.owner, one.delegate) == (owner, delegate) && overlap((one.from, one.to), (from, to)));
        let too_many = known.len() >= DELEGATIONS_A_SCOPE_MAX || self.directory.counts(owner).1 >= DELEGATIONS_MAX;
        if delegate == owner || taken || too_many {
            return Err(Refusal::Conflict);
        }
        Ok(vec![Entry::Delegation(Delegation { scope: scope.clone(), owner, delegate, from, to })])
    }

    fn delegation_end(&self, scope: &Scope, delegate: &str, at: i64) -> Judged {
        self.allow(!self.governs)?;
        let at = at.max(self.block_time);
        let delegate = self.number_of(delegate)?;
        let mut known = self.directory.delegations_at(scope).iter();
        let one = known
            .find(|one| {
                (one.owner, one.delegate) == (self.author.organisation, delegate) && holds_at(one.from, one.to, at)
            })
            .ok_or(Refusal::Conflict)?;
        Ok(vec![Entry::Delegation(Delegation { to: at, ..one.clone() })])
    }
}

/// Whether only a root key may have this done by governance.
fn needs_root(operation: &Operation) -> bool {
    match operation {
        Operation::OrganisationRegister(new) => new.role != OrganisationRole::Member,
        Operation::KeyAdmit { .. } | Operation::KeyRetire { .. } | Operation::KeyRevoke { .. } => true,
        Operation::OrganisationRemove { .. } | Operation::ValidatorSet { .. } | Operation::ParametersSet(_) => true,
        Operation::ThresholdSet { .. } | Operation::RulesSchedule { .. } | Operation::TableSet { .. } => true,
        _ => false,
    }
}

/// Whether two spans have a moment in common; one that is ended as it begins has none.
fn overlap(one: (i64, i64), other: (i64, i64)) -> bool {
    let end = |to: i64| if to == 0 { i64::MAX } else { to };
    one.0.max(other.0) < end(one.1).min(end(other.1))
}
