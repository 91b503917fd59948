//! Says who may do what: organisations, their keys, what is bound to them, what they delegate.
//!
//! All of it is rows under the state root, changed only by the genesis and by records of organisations
//! and of governance (`architecture.md`, "Keys, roles, delegation"). [`Directory`] is their decoded form,
//! which `apply` asks; [`genesis`] makes the first rows, [`operation`] the later ones.
//!
//! Organisations are legal entities. Persons are accounts of a node and never on the ledger.

mod directory;
pub mod genesis;
mod governance;
pub mod operation;
mod permission;
mod row;
mod scope;

pub use crate::members::InvalidRecord;
pub use directory::{Directory, DirectoryError};
pub use governance::{
    AdoptedTable, Governance, PROPOSAL_BYTES_MAX, PROPOSAL_LAPSES_MS, PROPOSALS_MAX, Proposal, RULES_AHEAD,
    TABLE_BYTES_MAX, TABLES_BYTES_MAX, TableName, Validators,
};
pub use permission::{Author, Change, LaneSkip, Occasion, Outcome, Refusal};
pub use row::{PREFIXES, Row};
pub use scope::{InvalidScope, Scope, ScopeKind};

use bincode::{Decode, Encode};
use suyuan_epcis::codes::ledger as codes;
use suyuan_epcis::identifier::{Gln, Lei, Uscc};
use suyuan_epcis::problem::Reason;

use crate::hash::Hash;
use crate::submission::SUITE_ED25519;

/// An organisation has at most so many keys, those no longer in force included.
pub const KEYS_MAX: u32 = 65_536;
/// An organisation grants at most so many delegations, past ones included.
pub const DELEGATIONS_MAX: u32 = 65_536;
/// An organisation has at most so many other names.
pub const ALIASES_MAX: usize = 64;
/// Bytes of an organisation's URI, an alias, or a name.
pub const NAME_BYTES_MAX: usize = 256;

/// What an organisation is to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum OrganisationRole {
    /// A firm or institution that records what it does.
    Member = 1,
    /// An authority: its records have the highest standing, and a threshold of them governs the network.
    Authority = 2,
    /// Runs the network while it is a pilot without a threshold: registers organisations and binds prefixes.
    Operator = 3,
}

impl OrganisationRole {
    /// All roles.
    pub const ALL: [OrganisationRole; 3] =
        [OrganisationRole::Member, OrganisationRole::Authority, OrganisationRole::Operator];

    /// Its name in records and files.
    pub fn name(self) -> &'static str {
        match self {
            OrganisationRole::Member => "member",
            OrganisationRole::Authority => "authority",
            OrganisationRole::Operator => "operator",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<OrganisationRole> {
        OrganisationRole::ALL.into_iter().find(|role| role.name() == name)
    }

    fn from_number(number: u8) -> Option<OrganisationRole> {
        OrganisationRole::ALL.into_iter().find(|role| *role as u8 == number)
    }
}

/// What a key may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum KeyRole {
    /// Kept offline: admits and revokes every key of its organisation.
    Root = 1,
    /// Admits and revokes devices, writes the organisation's records.
    Administrator = 2,
    /// A device or writer: signs events.
    Device = 3,
    /// A node: connects to those of the other members. It signs nothing that is recorded.
    Node = 4,
}

impl KeyRole {
    /// All roles.
    pub const ALL: [KeyRole; 4] = [KeyRole::Root, KeyRole::Administrator, KeyRole::Device, KeyRole::Node];

    /// Its name in records and files.
    pub fn name(self) -> &'static str {
        match self {
            KeyRole::Root => "root",
            KeyRole::Administrator => "administrator",
            KeyRole::Device => "device",
            KeyRole::Node => "node",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<KeyRole> {
        KeyRole::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether what it signs may change who may do what.
    pub fn administers(self) -> bool {
        matches!(self, KeyRole::Root | KeyRole::Administrator)
    }

    fn from_number(number: u8) -> Option<KeyRole> {
        KeyRole::ALL.into_iter().find(|role| *role as u8 == number)
    }
}

/// A legal entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its number, from 1 in the order of registration. 0 stands for nobody.
    pub number: u64,
    /// Its primary URI: `urn:uscc:…`, `urn:lei:…`, or one in its issuer's scheme.
    pub uri: String,
    /// Its other names: Digital Links of its global location number and the like.
    pub aliases: Vec<String>,
    /// What people call it.
    pub name: String,
    /// What it is to the network.
    pub role: OrganisationRole,
    /// The time of the block that registered it, milliseconds since 1970.
    pub registered_at: i64,
    /// The time of the block that removed it; 0 if none has. Its keys are worth nothing since.
    pub removed_at: i64,
}

impl Organisation {
    /// Whether it was removed before or by a block of this time.
    pub fn is_removed_at(&self, block_time: i64) -> bool {
        self.removed_at != 0 && block_time >= self.removed_at
    }
}

/// A public key of an organisation. Times are those of blocks, in milliseconds since 1970; 0 is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its id: the lane of what it signs.
    pub id: Hash,
    /// Whose it is.
    pub organisation: u64,
    /// The signature suite.
    pub suite: u8,
    /// The public key.
    pub public: [u8; 32],
    /// What it may sign.
    pub role: KeyRole,
    /// Since when it is in force.
    pub admitted_at: i64,
    /// When it was retired.
    pub retired_at: i64,
    /// When it was revoked.
    pub revoked_at: i64,
    /// Since when others may have had it, as its organisation says.
    pub compromised_at: i64,
}

impl Key {
    /// A key in force since `admitted_at`.
    pub fn new(organisation: u64, public: [u8; 32], role: KeyRole, admitted_at: i64) -> Key {
        Key {
            id: crate::submission::key_id(SUITE_ED25519, &public),
            organisation,
            suite: SUITE_ED25519,
            public,
            role,
            admitted_at,
            retired_at: 0,
            revoked_at: 0,
            compromised_at: 0,
        }
    }

    /// Whether a block of this time may hold what it signed: not before it was admitted, not once it is
    /// revoked, and no longer than `grace_ms` after it was retired. If not, the code is 202
    /// (`proofs.md` §4: judged at the block, not at `signed_at`).
    pub fn is_valid_at(&self, block_time: i64, grace_ms: i64) -> bool {
        let revoked = self.revoked_at != 0 && block_time >= self.revoked_at;
        let out_of_grace = self.retired_at != 0 && block_time > self.retired_at.saturating_add(grace_ms);
        block_time >= self.admitted_at && !revoked && !out_of_grace
    }

    /// Whether it is in force, neither retired nor revoked: what writing an organisation's own records takes.
    pub fn is_active_at(&self, block_time: i64) -> bool {
        let retired = self.retired_at != 0 && block_time >= self.retired_at;
        !retired && self.is_valid_at(block_time, 0)
    }

    /// Whether others may have signed what a block of this time holds
    /// ([`crate::record::flag::KEY_SUSPECT`]).
    pub fn is_suspect_at(&self, block_time: i64) -> bool {
        self.compromised_at != 0 && block_time >= self.compromised_at
    }
}

/// What a name of goods or places belongs to, from one time to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// What is bound.
    pub scope: Scope,
    /// Whose it is.
    pub owner: u64,
    /// Whether only the owner and its delegates may commission under it (2xx 204).
    pub strict: bool,
    /// Since when, milliseconds since 1970.
    pub from: i64,
    /// Until when (not included); 0 is without end.
    pub to: i64,
}

/// A firm to which an owner lends its standing for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// For what.
    pub scope: Scope,
    /// Who lends it.
    pub owner: u64,
    /// To whom.
    pub delegate: u64,
    /// Since when, milliseconds since 1970.
    pub from: i64,
    /// Until when (not included); 0 is without end.
    pub to: i64,
}

/// The limits of a chain, set in its genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Parameters {
    /// An event that comes to a block later than this after it happened is flagged as late.
    pub capture_limit_ms: i64,
    /// A retired key's submissions are taken for so long.
    pub retired_key_grace_ms: i64,
    /// How far clocks may be ahead: event times of `signed_at`, `signed_at` of the block's time (code 111).
    pub clock_tolerance_ms: i64,
    /// So many links a day may an organisation make to subjects to which it is a bystander (code 205).
    pub bystander_links_a_day: u32,
    /// A block carries at most so many events.
    pub block_events_max: u32,
    /// Salts and payloads of a block fill at most so many bytes.
    pub block_bytes_max: u32,
}

impl Default for Parameters {
    /// The figures of `proofs.md` §4 and §6, and the 72 hours of `domain/03` §3.9.
    fn default() -> Self {
        const MINUTE_MS: i64 = 60_000;
        const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
        Parameters {
            capture_limit_ms: 3 * DAY_MS,
            retired_key_grace_ms: 7 * DAY_MS,
            clock_tolerance_ms: 5 * MINUTE_MS,
            bystander_links_a_day: 1_000,
            block_events_max: 16_384,
            block_bytes_max: 16 << 20,
        }
    }
}

#[cfg(test)]
mod tests;

/// Whether a time lies in a span that may be without end.
fn holds_at(from: i64, to: i64, time: i64) -> bool {
    from <= time && (to == 0 || time < to)
}

/// Whether a text has a scheme and something behind it, in the characters of RFC 3986 §2.
///
/// The crate for EPCIS judges URIs more closely, and may come to judge otherwise. What `apply` asks must stay
/// as it is, or a better parser splits the chain (`proofs.md` §6).
pub(crate) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let in_scheme = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    let in_uri = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(in_scheme)
        && rest.bytes().all(in_uri)
        && !rest.trim_start_matches('/').is_empty()
}

/// Whether a text has the form of an organisation's URI or alias. As [`is_uri`], frozen.
pub(crate) fn is_organisation_uri(text: &str) -> bool {
    let form = |code: &str, length: usize, left_out: &[u8]| {
        let allowed = |byte: u8| (byte.is_ascii_digit() || byte.is_ascii_uppercase()) && !left_out.contains(&byte);
        code.len() == length && code.bytes().all(allowed)
    };
    match (text.strip_prefix("urn:uscc:"), text.strip_prefix("urn:lei:")) {
        // GB 32100-2015 §4: I, O, S, V and Z are not used.
        (Some(code), _) => form(code, 18, b"IOSVZ"),
        (_, Some(code)) => form(code, 20, b""),
        _ => text.len() <= NAME_BYTES_MAX && is_uri(text),
    }
}

/// What is wrong with an organisation's URI or alias, by the published rules: check characters, category,
/// division. For whoever makes a genesis or signs a record; `apply` judges the form alone.
pub fn check_organisation_uri(uri: &str) -> Result<(), Reason> {
    if let Some(code) = uri.strip_prefix("urn:uscc:") {
        return Uscc::parse(code).map(|_| ());
    }
    if let Some(code) = uri.strip_prefix("urn:lei:") {
        return Lei::parse(code).map(|_| ());
    }
    for place in ["https://id.gs1.org/414/", "https://id.gs1.org/417/"] {
        if let Some(digits) = uri.strip_prefix(place) {
            return Gln::parse(digits).map(|_| ());
        }
    }
    if suyuan_epcis::uri::is_uri(uri) { Ok(()) } else { Err(Reason::new(codes::NOT_ORGANISATION, &[uri])) }
}
