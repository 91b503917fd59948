//! Founds the simulated network: an organisation for each node, with its device's and its administrator's key.

use suyuan_ledger::block::Validator;
use suyuan_ledger::organisation::genesis::{Genesis, GenesisOrganisation};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters, Scope, ScopeKind};
use suyuan_sdk::signer::{MemorySigner, Signer as _};

use crate::profile::{Byzantine, Control, Profile};
use crate::{ADMINISTRATOR, DEVICE, FLOOD_DEVICES, FLOOD_KEYS, START_MS, VALIDATOR, seed_of};

/// The genesis of a network of which one node is Byzantine.
pub(super) fn genesis(profile: &Profile, byzantine: Option<usize>) -> Genesis {
    let public = |kind, number| MemorySigner::from_seed(&seed_of(kind, number)).public();
    let validators = usize::from(profile.validators);
    let floods = |number: usize| profile.byzantine == Byzantine::Flood && byzantine == Some(number);
    let organisation = |number: usize| {
        // A root key may do whatever an administrator's may, and govern.
        let administrator = if number == 0 { KeyRole::Root } else { KeyRole::Administrator };
        let mut keys = vec![
            (public(DEVICE, number), KeyRole::Device),
            (public(ADMINISTRATOR, number), administrator),
            (public(VALIDATOR, number), KeyRole::Node),
        ];
        if floods(number) {
            keys.extend((0..FLOOD_KEYS).map(|key| (public(FLOOD_DEVICES, key), KeyRole::Device)));
        }
        GenesisOrganisation {
            uri: format!("urn:example:organisation:{number}"),
            aliases: Vec::new(),
            name: format!("Organisation {number}"),
            role: if number == 0 { OrganisationRole::Operator } else { OrganisationRole::Member },
            keys,
            bindings: match number {
                0 => Scope::new(ScopeKind::Prefix, "9521").map(|scope| vec![(scope, false)]).unwrap_or_default(),
                _ => Vec::new(),
            },
        }
    };
    let validator = |number| {
        let power = if byzantine == Some(number) { byzantine_power(profile) } else { 1 };
        Validator { key: public(VALIDATOR, number), power }
    };
    Genesis {
        network: "simulated".to_owned(),
        trial: false,
        start_time: START_MS,
        parameters: Parameters::default(),
        organisations: (0..validators + usize::from(profile.followers)).map(organisation).collect(),
        validators: (0..validators).map(validator).collect(),
        threshold: 0,
    }
}

/// The power of the Byzantine validator, where all others have 1: 1 unless the quorum is weakened.
fn byzantine_power(profile: &Profile) -> u64 {
    let others = u64::from(profile.validators).saturating_sub(1);
    match (profile.control, profile.byzantine) {
        // It alone is more than two thirds.
        (Control::QuorumWeakened, Byzantine::Liar) => 2 * others + 1,
        // It and one other are. (With four validators 4 of 7, and 5 of 7.)
        (Control::QuorumWeakened, _) => (2 * others).saturating_sub(2),
        _ => 1,
    }
}
