//! Holds all organisations, keys, bindings and delegations in memory, for the questions `apply` asks.

use std::collections::BTreeMap;

use super::row::Entry;
use super::scope::{Places, Scopes};
use super::{
    AdoptedTable, Binding, Delegation, Governance, Key, Organisation, OrganisationRole, Parameters, Proposal, Row,
    Scope, TableName, Validators, holds_at,
};
use crate::block::Validator;
use crate::hash::Hash;
use crate::key::{KeyKind, SubjectKey};

/// All organisations, keys, bindings and delegations: rows under the state root, decoded.
///
/// It is changed by records of organisations and of governance only
/// ([`apply`](Directory::apply)); each change gives the rows that say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// In the order of their numbers, from 1.
    organisations: Vec<Organisation>,
    /// Number by primary URI and by alias.
    uris: BTreeMap<String, u64>,
    /// Number by the GLN of an alias.
    glns: BTreeMap<[u8; 13], u64>,
    keys: BTreeMap<Hash, Key>,
    /// How many keys an organisation has, and how many delegations it has granted.
    counts: BTreeMap<u64, (u32, u32)>,
    bindings: Scopes<Binding>,
    delegations: Scopes<Delegation>,
    parameters: Parameters,
    validators: Validators,
    governance: Governance,
    /// Those that wait and those that are done, by their ids.
    proposals: BTreeMap<Hash, Proposal>,
    /// Tables that credit is read with, in the order in which they were put in force.
    tables: BTreeMap<(u64, TableName), AdoptedTable>,
}

/// Rows that a ledger can't have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryError {
    /// The row of this name is broken.
    Row(Vec<u8>),
    /// The organisation of this number is missing, or its number is taken twice.
    Number(u64),
    /// Two organisations have this name.
    Name(String),
}

impl std::fmt::Display for DirectoryError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DirectoryError::Row(name) => write!(formatter, "the row \"{}\" is broken", name.escape_ascii()),
            DirectoryError::Number(number) => write!(formatter, "organisation {number} is missing or there twice"),
            DirectoryError::Name(name) => write!(formatter, "two organisations have the name {name}"),
        }
    }
}

impl std::error::Error for DirectoryError {}

impl Directory {
    /// Reads all rows, in any order. Rows of other parts of the ledger are passed over.
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Result<Directory, DirectoryError> {
        let mut directory = Directory::default();
        let mut organisations = Vec::new();
        let mut entries = Vec::new();
        for (name, value) in rows {
            match Entry::read(name, value) {
                None => {}
                Some(Ok(Entry::Organisation(organisation))) => organisations.push(organisation),
                Some(Ok(entry)) => entries.push(entry),
                Some(Err(_)) => return Err(DirectoryError::Row(name.to_vec())),
            }
        }
        organisations.sort_by_key(|organisation| organisation.number);
        for (organisation, expected) in organisations.into_iter().zip(1..) {
            if organisation.number != expected {
                return Err(DirectoryError::Number(organisation.number.min(expected)));
            }
            let names = std::iter::once(&organisation.uri).chain(&organisation.aliases);
            if let Some(taken) = names.into_iter().find(|name| directory.uris.contains_key(*name)) {
                return Err(DirectoryError::Name(taken.clone()));
            }
            directory.put(Entry::Organisation(organisation));
        }
        for entry in entries {
            let (one, other) = match &entry {
                Entry::Key(key) => (key.organisation, key.organisation),
                Entry::Binding(binding) => (binding.owner, binding.owner),
                Entry::Delegation(delegation) => (delegation.owner, delegation.delegate),
                _ => (1, 1),
            };
            if let Some(unknown) = [one, other].into_iter().find(|number| directory.organisation(*number).is_none()) {
                return Err(DirectoryError::Number(unknown));
            }
            directory.put(entry);
        }
        Ok(directory)
    }

    /// Every row, by name.
    pub fn rows(&self) -> Vec<Row> {
        let organisations = self.organisations.iter().cloned().map(Entry::Organisation);
        let keys = self.keys.values().copied().map(Entry::Key);
        let bindings = self.bindings.iter().cloned().map(Entry::Binding);
        let delegations = self.delegations.iter().cloned().map(Entry::Delegation);
        let proposals = self.proposals.values().cloned().map(Entry::Proposal);
        let tables = self.tables.values().cloned().map(Entry::Table);
        let single = [
            Entry::Parameters(self.parameters),
            Entry::Validators(self.validators.clone()),
            Entry::Governance(self.governance),
        ];
        let entries =
            organisations.chain(keys).chain(bindings).chain(delegations).chain(proposals).chain(tables).chain(single);
        let mut rows: Vec<Row> = entries.map(|entry| entry.row()).collect();
        rows.sort();
        rows
    }

    /// Keeps an entry, new or in place of what its row said before, and gives the row.
    pub(super) fn put(&mut self, entry: Entry) -> Row {
        let row = entry.row();
        match entry {
            Entry::Organisation(organisation) => self.put_organisation(organisation),
            Entry::Key(key) => {
                if self.keys.insert(key.id, key).is_none() {
                    let count = &mut self.counts.entry(key.organisation).or_default().0;
                    *count = count.saturating_add(1);
                }
            }
            Entry::Binding(binding) => {
                if let Some(list) = self.bindings.at_mut(&binding.scope) {
                    list.retain(|other| other.from != binding.from);
                    list.push(binding);
                    list.sort_by_key(|one| one.from);
                }
            }
            Entry::Delegation(delegation) => self.put_delegation(delegation),
            Entry::Parameters(parameters) => self.parameters = parameters,
            Entry::Validators(validators) => self.validators = validators,
            Entry::Governance(governance) => self.governance = governance,
            Entry::Proposal(proposal) => {
                self.proposals.insert(proposal.id, proposal);
            }
            Entry::Table(table) => {
                self.tables.insert((table.height, table.name), table);
            }
        }
        row
    }

    fn put_organisation(&mut self, organisation: Organisation) {
        let number = organisation.number;
        for name in std::iter::once(&organisation.uri).chain(&organisation.aliases) {
            self.uris.insert(name.clone(), number);
            if let Some(gln) = gln_of_link(name) {
                self.glns.insert(gln, number);
            }
        }
        let place = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
        match self.organisations.get_mut(place) {
            Some(known) => *known = organisation,
            None => self.organisations.push(organisation),
        }
    }

    fn put_delegation(&mut self, delegation: Delegation) {
        let Some(list) = self.delegations.at_mut(&delegation.scope) else { return };
        let name = |one: &Delegation| (one.owner, one.delegate, one.from);
        let before = list.len();
        list.retain(|other| name(other) != name(&delegation));
        if list.len() == before {
            let count = &mut self.counts.entry(delegation.owner).or_default().1;
            *count = count.saturating_add(1);
        }
        list.push(delegation);
        list.sort_by_key(name);
    }

    /// The limits of the chain.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Who decides blocks, from which height on.
    pub fn validators(&self) -> &Validators {
        &self.validators
    }

    /// How the network is governed.
    pub fn governance(&self) -> &Governance {
        &self.governance
    }

    /// All proposals, by their ids.
    pub fn proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.proposals.values()
    }

    /// The proposal of this id.
    pub fn proposal(&self, id: &Hash) -> Option<&Proposal> {
        self.proposals.get(id)
    }

    /// The tables that were put in force, in their order.
    pub fn tables(&self) -> impl Iterator<Item = &AdoptedTable> {
        self.tables.values()
    }

    /// As if a table was put in force.
    #[cfg(test)]
    pub(crate) fn adopt(&mut self, table: AdoptedTable) {
        self.put(Entry::Table(table));
    }

    /// Whether an organisation is one of those that govern: an authority if there is a threshold, else an operator.
    pub fn governs(&self, organisation: &Organisation, time: i64) -> bool {
        let role = if self.governance.threshold > 0 { OrganisationRole::Authority } else { OrganisationRole::Operator };
        organisation.role == role && !organisation.is_removed_at(time)
    }

    /// Whether a key is one that counts at this time: in force, and of an organisation that was not removed.
    pub fn is_in_force(&self, key: &Key, time: i64) -> bool {
        let removed = self.organisation(key.organisation).is_none_or(|one| one.is_removed_at(time));
        !removed && key.is_active_at(time)
    }

    /// The organisation whose node's key a validator has, if it is on the ledger.
    pub fn organisation_of_validator(&self, validator: &Validator) -> Option<&Organisation> {
        let id = crate::submission::key_id(crate::submission::SUITE_ED25519, &validator.key);
        self.organisation(self.key(&id)?.organisation)
    }

    /// The organisation with this number.
    pub fn organisation(&self, number: u64) -> Option<&Organisation> {
        self.organisations.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// The number of the organisation with this primary URI or alias.
    pub fn number_of(&self, uri: &str) -> Option<u64> {
        self.uris.get(uri).copied()
    }

    /// All organisations, by number.
    pub fn organisations(&self) -> &[Organisation] {
        &self.organisations
    }

    /// The key with this id.
    pub fn key(&self, id: &Hash) -> Option<&Key> {
        self.keys.get(id)
    }

    /// All keys, by id.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.values()
    }

    /// All bindings, by kind and scope.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter()
    }

    /// All delegations, by kind and scope.
    pub fn delegations(&self) -> impl Iterator<Item = &Delegation> {
        self.delegations.iter()
    }

    /// Whose a subject is at this time, and whether its owner is strict: by the most specific binding that
    /// holds. An organisation is its own.
    pub fn owner(&self, key: &SubjectKey, time: i64) -> Option<(u64, bool)> {
        if key.kind() == KeyKind::Organisation {
            let uri = std::str::from_utf8(key.parts().next()?).ok()?;
            return self.number_of(uri).map(|number| (number, true));
        }
        self.bound(&Places::of(key), time).map(|binding| (binding.owner, binding.strict))
    }

    /// Whose what lies within a scope is at this time.
    pub fn owner_of_scope(&self, scope: &Scope, time: i64) -> Option<u64> {
        self.bound(&scope.places(), time).map(|binding| binding.owner)
    }

    fn bound(&self, places: &Places<'_>, time: i64) -> Option<&Binding> {
        self.bindings.find(places, |binding| holds_at(binding.from, binding.to, time))
    }

    /// Whether an organisation has the standing of this owner towards a subject at this time: it is the
    /// owner, or the owner lends it its standing.
    pub fn acts_for(&self, organisation: u64, owner: u64, key: &SubjectKey, time: i64) -> bool {
        organisation == owner
            || !self.organisation(owner).is_some_and(|owner| owner.is_removed_at(time))
                && self
                    .delegations
                    .find(&Places::of(key), |one| {
                        one.owner == owner && one.delegate == organisation && holds_at(one.from, one.to, time)
                    })
                    .is_some()
    }

    /// Which organisation a party or place named in a shipment is: by its names, by the binding of its GLN,
    /// or by that of the company prefix.
    pub fn organisation_of_party(&self, key: &SubjectKey, time: i64) -> Option<u64> {
        let places = Places::of(key);
        if let Some(gln) = places.exact_gln() {
            let named = <&[u8; 13]>::try_from(gln).ok().and_then(|gln| self.glns.get(gln));
            return named.copied().or_else(|| self.bound(&places, time).map(|binding| binding.owner));
        }
        if !matches!(key.kind(), KeyKind::Organisation | KeyKind::Other) {
            return None;
        }
        let uri = std::str::from_utf8(key.parts().next()?).ok()?;
        self.number_of(uri).or_else(|| self.bound(&places, time).map(|binding| binding.owner))
    }

    pub(super) fn number_of_gln(&self, gln: &[u8; 13]) -> Option<u64> {
        self.glns.get(gln).copied()
    }

    /// How many keys an organisation has, and how many delegations it has granted.
    pub(super) fn counts(&self, organisation: u64) -> (u32, u32) {
        self.counts.get(&organisation).copied().unwrap_or_default()
    }

    pub(super) fn bindings_at(&self, scope: &Scope) -> &[Binding] {
        self.bindings.at(scope)
    }

    pub(super) fn delegations_at(&self, scope: &Scope) -> &[Delegation] {
        self.delegations.at(scope)
    }
}

/// The GLN that a Digital Link under GS1's own host names as a place (414) or party (417).
pub(super) fn gln_of_link(uri: &str) -> Option<[u8; 13]> {
    let rest = uri.strip_prefix("https://id.gs1.org/")?;
    let digits = rest.strip_prefix("414/").or_else(|| rest.strip_prefix("417/"))?;
    let gln: [u8; 13] = digits.as_bytes().try_into().ok()?;
    (gln.iter().all(u8::is_ascii_digit) && super::scope::has_check_digit(digits)).then_some(gln)
}
