//! Writes and reads the rows of organisations, keys, bindings, delegations, parameters and governance.
//!
//! A row's name says what it is about, its value the rest. Numbers in names are big-endian, values are in
//! the layout of [`crate::codec`]. A changed layout gets another name, never the same.
//!
//! | Name | Value |
//! |---|---|
//! | `org/` number 8 | uri text, aliases list of text, name text, role 1, registered_at, removed_at 8 each |
//! | `key/` key id 32 | organisation 8, suite 1, public key 32, role 1, admitted_at, retired_at, revoked_at, compromised_at 8 each |
//! | `bind/` kind 1, value, from 8 | owner 8, strict 1, to 8 |
//! | `del/` owner 8, delegate 8, kind 1, value, from 8 | to 8 |
//! | `parameters` | capture_limit_ms, retired_key_grace_ms, clock_tolerance_ms 8 each, bystander_links_a_day, block_events_max, block_bytes_max 4 each |
//! | `validators` | from 8, set list of (key 32, power 8), before list of the same |
//! | `governance` | threshold 4, rules 2, next_rules 2, next_from 8 |
//! | `table/` height 8, name 1 | from 8 (a day), adopted_at 8, text |
//! | `proposal/` digest 32 | record list of bytes, proposed_at 8, signers list of 8 each |

use bincode::{Decode, Encode};

use super::{
    AdoptedTable, Binding, Delegation, Governance, Key, KeyRole, NAME_BYTES_MAX, Organisation, OrganisationRole,
    PROPOSAL_BYTES_MAX, Parameters, Proposal, Scope, ScopeKind, TABLE_BYTES_MAX, TableName, Validators,
};
use crate::block::VALIDATORS_MAX;
use crate::codec;
use crate::hash::Hash;

const ORGANISATION: &[u8] = b"org/";
const KEY: &[u8] = b"key/";
const BINDING: &[u8] = b"bind/";
const DELEGATION: &[u8] = b"del/";
const PARAMETERS: &[u8] = b"parameters";
const VALIDATORS: &[u8] = b"validators";
const GOVERNANCE: &[u8] = b"governance";
const PROPOSAL: &[u8] = b"proposal/";
const TABLE: &[u8] = b"table/";

/// How the names of all these rows begin.
pub const PREFIXES: [&[u8]; 9] =
    [ORGANISATION, KEY, BINDING, DELEGATION, PARAMETERS, VALIDATORS, GOVERNANCE, PROPOSAL, TABLE];

/// Bytes of an organisation with all its names.
const ORGANISATION_BYTES_MAX: usize = (super::ALIASES_MAX + 3) * (NAME_BYTES_MAX + 8);
/// Bytes of two full sets of validators.
const VALIDATORS_BYTES_MAX: usize = 2 * (VALIDATORS_MAX * 40 + 16);
/// Bytes of a proposal that every authority of a large network has signed.
const PROPOSAL_ROW_BYTES_MAX: usize = PROPOSAL_BYTES_MAX + 64 * 1_024;

/// A row's name and value.
pub type Row = (Vec<u8>, Vec<u8>);

/// A row, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Organisation(Organisation),
    Key(Key),
    Binding(Binding),
    Delegation(Delegation),
    Parameters(Parameters),
    Validators(Validators),
    Governance(Governance),
    Proposal(Proposal),
    Table(AdoptedTable),
}

#[derive(Encode, Decode)]
struct OrganisationValue {
    uri: String,
    aliases: Vec<String>,
    name: String,
    role: u8,
    registered_at: i64,
    removed_at: i64,
}

#[derive(Encode, Decode)]
struct KeyValue {
    organisation: u64,
    suite: u8,
    public: [u8; 32],
    role: u8,
    admitted_at: i64,
    retired_at: i64,
    revoked_at: i64,
    compromised_at: i64,
}

#[derive(Encode, Decode)]
struct BindingValue {
    owner: u64,
    strict: u8,
    to: i64,
}

#[derive(Encode, Decode)]
struct DelegationValue {
    to: i64,
}

#[derive(Encode, Decode)]
struct TableValue {
    from: i64,
    adopted_at: i64,
    text: String,
}

#[derive(Encode, Decode)]
struct ProposalValue {
    record: Vec<u8>,
    proposed_at: i64,
    signers: Vec<u64>,
}

impl Entry {
    /// The row that says it.
    pub(super) fn row(&self) -> Row {
        match self {
            Entry::Organisation(one) => {
                let value = OrganisationValue {
                    uri: one.uri.clone(),
                    aliases: one.aliases.clone(),
                    name: one.name.clone(),
                    role: one.role as u8,
                    registered_at: one.registered_at,
                    removed_at: one.removed_at,
                };
                ([ORGANISATION, &one.number.to_be_bytes()].concat(), codec::encode(&value))
            }
            Entry::Key(key) => {
                let value = KeyValue {
                    organisation: key.organisation,
                    suite: key.suite,
                    public: key.public,
                    role: key.role as u8,
                    admitted_at: key.admitted_at,
                    retired_at: key.retired_at,
                    revoked_at: key.revoked_at,
                    compromised_at: key.compromised_at,
                };
                ([KEY, &key.id.0].concat(), codec::encode(&value))
            }
            Entry::Binding(one) => {
                let value = BindingValue { owner: one.owner, strict: u8::from(one.strict), to: one.to };
                let (kind, from) = ([one.scope.kind() as u8], one.from.to_be_bytes());
                ([BINDING, &kind, one.scope.value().as_bytes(), &from].concat(), codec::encode(&value))
            }
            Entry::Delegation(one) => {
                let (kind, from) = ([one.scope.kind() as u8], one.from.to_be_bytes());
                let (owner, delegate) = (one.owner.to_be_bytes(), one.delegate.to_be_bytes());
                let name = [DELEGATION, &owner, &delegate, &kind, one.scope.value().as_bytes(), &from].concat();
                (name, codec::encode(&DelegationValue { to: one.to }))
            }
            Entry::Parameters(parameters) => (PARAMETERS.to_vec(), codec::encode(parameters)),
            Entry::Validators(validators) => (VALIDATORS.to_vec(), codec::encode(validators)),
            Entry::Governance(governance) => (GOVERNANCE.to_vec(), codec::encode(governance)),
            Entry::Proposal(one) => {
                let Proposal { id, record, proposed_at, signers } = one.clone();
                ([PROPOSAL, &id.0].concat(), codec::encode(&ProposalValue { record, proposed_at, signers }))
            }
            Entry::Table(one) => {
                let AdoptedTable { height, name, from, adopted_at, text } = one.clone();
                let name = [TABLE, &height.to_be_bytes(), &[name as u8]].concat();
                (name, codec::encode(&TableValue { from, adopted_at, text }))
            }
        }
    }

    /// Reads a row; `None` if it is of another part of the ledger, an error if it is of this one but broken.
    pub(super) fn read(name: &[u8], value: &[u8]) -> Option<Result<Entry, InvalidRow>> {
        let read = if let Some(rest) = name.strip_prefix(ORGANISATION) {
            organisation(rest, value)
        } else if let Some(rest) = name.strip_prefix(KEY) {
            key(rest, value)
        } else if let Some(rest) = name.strip_prefix(BINDING) {
            binding(rest, value)
        } else if let Some(rest) = name.strip_prefix(DELEGATION) {
            delegation(rest, value)
        } else if name == PARAMETERS {
            value_of(value, ORGANISATION_BYTES_MAX).map(Entry::Parameters)
        } else if name == VALIDATORS {
            value_of(value, VALIDATORS_BYTES_MAX).map(Entry::Validators)
        } else if name == GOVERNANCE {
            value_of(value, ORGANISATION_BYTES_MAX).map(Entry::Governance)
        } else if let Some(rest) = name.strip_prefix(PROPOSAL) {
            proposal(rest, value)
        } else if let Some(rest) = name.strip_prefix(TABLE) {
            table(rest, value)
        } else {
            return None;
        };
        Some(read.ok_or(InvalidRow))
    }
}

/// A row of this part of the ledger is not what it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidRow;

fn value_of<T: Encode + Decode<()>>(value: &[u8], bytes_max: usize) -> Option<T> {
    codec::decode(value, bytes_max).ok()
}

fn proposal(name: &[u8], value: &[u8]) -> Option<Entry> {
    let ProposalValue { record, proposed_at, signers } = value_of(value, PROPOSAL_ROW_BYTES_MAX)?;
    Some(Entry::Proposal(Proposal { id: Hash(name.try_into().ok()?), record, proposed_at, signers }))
}

fn table(name: &[u8], value: &[u8]) -> Option<Entry> {
    let (height, rest) = name.split_first_chunk::<8>()?;
    let [number] = rest else { return None };
    let name = TableName::ALL.iter().copied().find(|name| *name as u8 == *number)?;
    let TableValue { from, adopted_at, text } = value_of(value, TABLE_BYTES_MAX + 64)?;
    Some(Entry::Table(AdoptedTable { height: u64::from_be_bytes(*height), name, from, adopted_at, text }))
}

fn organisation(name: &[u8], value: &[u8]) -> Option<Entry> {
    let value: OrganisationValue = value_of(value, ORGANISATION_BYTES_MAX)?;
    Some(Entry::Organisation(Organisation {
        number: u64::from_be_bytes(name.try_into().ok()?),
        uri: value.uri,
        aliases: value.aliases,
        name: value.name,
        role: OrganisationRole::from_number(value.role)?,
        registered_at: value.registered_at,
        removed_at: value.removed_at,
    }))
}

fn key(name: &[u8], value: &[u8]) -> Option<Entry> {
    let value: KeyValue = value_of(value, ORGANISATION_BYTES_MAX)?;
    let id = Hash(name.try_into().ok()?);
    if crate::submission::key_id(value.suite, &value.public) != id {
        return None;
    }
    Some(Entry::Key(Key {
        id,
        organisation: value.organisation,
        suite: value.suite,
        public: value.public,
        role: KeyRole::from_number(value.role)?,
        admitted_at: value.admitted_at,
        retired_at: value.retired_at,
        revoked_at: value.revoked_at,
        compromised_at: value.compromised_at,
    }))
}

/// What ends a binding's or delegation's name: kind, value, from.
fn scope_and_from(name: &[u8]) -> Option<(Scope, i64)> {
    let (rest, from) = name.split_last_chunk::<8>()?;
    let (kind, value) = rest.split_first()?;
    let text = std::str::from_utf8(value).ok()?;
    let scope = Scope::new(ScopeKind::from_number(*kind)?, text).ok()?;
    // A name has one form only: a GTIN of 13 digits is no part of one.
    (scope.value() == text).then_some((scope, i64::from_be_bytes(*from)))
}

fn binding(name: &[u8], value: &[u8]) -> Option<Entry> {
    let (scope, from) = scope_and_from(name)?;
    let value: BindingValue = value_of(value, ORGANISATION_BYTES_MAX)?;
    let strict = match value.strict {
        0 => false,
        1 => true,
        _ => return None,
    };
    Some(Entry::Binding(Binding { scope, owner: value.owner, strict, from, to: value.to }))
}

fn delegation(name: &[u8], value: &[u8]) -> Option<Entry> {
    let (owner, rest) = name.split_first_chunk::<8>()?;
    let (delegate, rest) = rest.split_first_chunk::<8>()?;
    let (scope, from) = scope_and_from(rest)?;
    let value: DelegationValue = value_of(value, ORGANISATION_BYTES_MAX)?;
    let (owner, delegate) = (u64::from_be_bytes(*owner), u64::from_be_bytes(*delegate));
    Some(Entry::Delegation(Delegation { scope, owner, delegate, from, to: value.to }))
}
