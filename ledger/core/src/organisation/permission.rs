//! Judges who may change what, and changes it: all of a record or nothing.
//!
//! | Record | As record of the organisation (2) | As record of governance (3) |
//! |---|---|---|
//! | `OrganisationRegister` | | operator's administrator; root for other roles than member |
//! | `OrganisationAlias` | administrator, for a GLN bound to it | operator's administrator |
//! | `KeyAdmit`, `KeyRetire`, `KeyRevoke` | administrator for devices, root for all | operator's root, for any organisation: recovery |
//! | `BindingSet` | | operator's administrator |
//! | `BindingEnd` | owner's administrator | operator's administrator |
//! | `DelegationSet`, `DelegationEnd` | owner's administrator | |
//! | `LaneSkip` | administrator, with another key than the lane's | |
//!
//! A root key may do whatever an administrator's may.

use super::directory::gln_of_link;
use super::genesis::GenesisOrganisation;
use super::operation::Operation;
use super::row::Entry;
use super::{
    ALIASES_MAX, Binding, DELEGATIONS_MAX, Delegation, Directory, KEYS_MAX, Key, KeyRole, Organisation,
    OrganisationRole, Row, Scope, ScopeKind, holds_at,
};
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
    /// Applies an operation that this author wrote in a record of this type. If it is refused nothing has
    /// changed.
    pub fn apply(
        &mut self,
        author: Author,
        record_type: u16,
        operation: &Operation,
        block_time: i64,
    ) -> Result<Outcome, Refusal> {
        Ok(self.accept(self.judge(author, record_type, operation, block_time)?))
    }

    /// What an operation would change that this author wrote in a record of this type.
    pub fn judge(
        &self,
        author: Author,
        record_type: u16,
        operation: &Operation,
        block_time: i64,
    ) -> Result<Change, Refusal> {
        let lane = match operation {
            Operation::LaneSkip { key, from, to, previous, .. } => {
                Some(LaneSkip { key: *key, from: *from, to: *to, previous: *previous })
            }
            _ => None,
        };
        let entries = Judge::new(self, author, record_type, block_time)?.judge(operation)?;
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
    /// Whether the record is one of governance, which only an operator writes.
    governs: bool,
    block_time: i64,
}

impl<'a> Judge<'a> {
    fn new(directory: &'a Directory, author: Author, record_type: u16, block_time: i64) -> Result<Judge<'a>, Refusal> {
        let key = directory.key(&author.key).ok_or(Refusal::NoRight)?;
        let organisation = directory.organisation(author.organisation).ok_or(Refusal::NoRight)?;
        let governs = match record_type {
            record_type::ORGANISATION => false,
            record_type::GOVERNANCE => true,
            _ => return Err(Refusal::NoRight),
        };
        let may_write = key.role.administers() && key.is_active_at(block_time);
        if key.organisation != author.organisation || !may_write {
            return Err(Refusal::NoRight);
        }
        if governs && organisation.role != OrganisationRole::Operator {
            return Err(Refusal::NoRight);
        }
        Ok(Judge { directory, author, role: key.role, governs, block_time })
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
        }
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

/// Whether two spans have a moment in common; one that is ended as it begins has none.
fn overlap(one: (i64, i64), other: (i64, i64)) -> bool {
    let end = |to: i64| if to == 0 { i64::MAX } else { to };
    one.0.max(other.0) < end(one.1).min(end(other.1))
}
