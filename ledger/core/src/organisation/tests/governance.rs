//! Tests of governance by a threshold of authorities.

use super::*;

const AUTHORITIES: [&str; 3] =
    ["urn:uscc:11440000DEMA001877", "urn:uscc:11440000DEMA00195M", "urn:uscc:11440000DEMA00203X"];
const GOV: u16 = record_type::GOVERNANCE;

/// Authorities 4, 5 and 6, of which `threshold` have to sign.
fn governed(threshold: u32) -> Genesis {
    let authorities = AUTHORITIES.iter().zip([64u8, 80, 96]).map(|(uri, seed)| {
        let role = OrganisationRole::Authority;
        GenesisOrganisation { role, ..member(uri, "Authority", seed, &[]) }
    });
    let mut genesis = genesis();
    genesis.organisations.extend(authorities);
    // A node of the dairy, which is no validator yet.
    genesis.organisations[1].keys.push((public(42), KeyRole::Node));
    Genesis { threshold, ..genesis }
}

fn root(authority: u64) -> Author {
    author(authority, authority as u8 * 16)
}

fn administrator(authority: u64) -> Author {
    author(authority, authority as u8 * 16 + 1)
}

/// A directory with what was tried so far.
struct Tried {
    directory: Directory,
    place: usize,
}

impl Tried {
    fn new(threshold: u32) -> Tried {
        Tried { directory: governed(threshold).directory(), place: 0 }
    }

    /// Tries it in the next block, which must end with this code.
    fn ends(&mut self, author: Author, operation: Operation, code: u16, what: &str) {
        self.place += 1;
        let outcome = tried(&mut self.directory, author, GOV, &operation, self.place);
        assert_eq!(outcome.map_or_else(|refusal| refusal.code(), |_| 0), code, "{what}");
        let rows = self.directory.rows();
        let read = Directory::from_rows(rows.iter().map(|(name, value)| (name.as_slice(), value.as_slice())));
        assert_eq!(read.as_ref(), Ok(&self.directory), "{what}");
    }

    /// The one proposal that is open.
    fn open(&self) -> Hash {
        let time = block_time(self.place);
        let mut open = self.directory.proposals().filter(|one| one.is_open_at(time));
        let id = open.next().unwrap().id;
        assert!(open.next().is_none());
        id
    }

    fn approve(&mut self, author: Author, code: u16, what: &str) {
        let proposal = self.open();
        self.ends(author, Operation::Approve { proposal }, code, what);
    }
}

/// Goal: a change takes as many authorities as the threshold says, each counted once, and takes effect with the last.
/// Method: a validator is proposed, approved by whoever may not, then by whoever may; the set is asked for by height.
#[test]
fn a_threshold_of_authorities_governs() {
    let mut tried = Tried::new(2);
    tried.ends(author(1, 16), validator(42, 2), 208, "an operator proposes nothing");
    tried.ends(administrator(4), validator(42, 2), 208, "an administrator does not either");
    tried.ends(root(4), validator(99, 2), 210, "what would be refused is not proposed");
    tried.ends(root(4), validator(42, 2), 0, "an authority's root proposes");
    assert_eq!(tried.directory.validators().set, [Validator { key: public(1), power: 1 }]);
    tried.approve(root(4), 210, "the proposer does not count twice");
    tried.approve(administrator(5), 208, "what needs a root is not approved by an administrator");
    tried.approve(author(1, 16), 208, "nor by an operator");
    tried.approve(author(2, 32), 208, "nor by a member");
    let id = tried.open();
    tried.approve(root(5), 0, "another authority approves");
    tried.ends(root(6), Operation::Approve { proposal: id }, 210, "what is effective is not approved");
    let height = tried.place as u64;
    let validators = tried.directory.validators();
    assert_eq!(validators.from, height + 2);
    assert_eq!(validators.at(height + 1).len(), 1);
    assert_eq!(
        validators.at(height + 2),
        [Validator { key: public(1), power: 1 }, Validator { key: public(42), power: 2 }]
    );
    let proposal = tried.directory.proposal(&id).unwrap();
    assert_eq!((proposal.signers.as_slice(), proposal.record.len()), (&[4, 5][..], 0));
}

/// Goal: what an administrator may propose an administrator may approve; a proposal whose time is over, or that does
/// not fit any more, is not made effective; who is removed does not count. Method: one of each.
#[test]
fn approvals_are_judged_when_they_come() {
    let mut tried = Tried::new(2);
    tried.ends(administrator(4), bind("9521099", DAIRY, 0, 0), 0, "an administrator proposes a binding");
    let first = tried.open();
    tried.approve(administrator(6), 0, "an administrator approves it");
    assert!(tried.directory.bindings_at(&scope(ScopeKind::Prefix, "9521099")).len() == 1);
    tried.ends(root(4), bind("9521098", DAIRY, 0, 0), 0, "a second one");
    let second = tried.open();
    tried.ends(root(5), bind("9521098", LOGISTICS, 0, 0), 0, "and another of the same prefix");
    tried.ends(root(5), Operation::Approve { proposal: second }, 0, "the first becomes effective");
    tried.approve(root(6), 210, "then the other does not fit");
    tried.ends(root(6), Operation::Approve { proposal: first }, 210, "the first is done");
    // The signature of an authority that is removed counts no more.
    let mut tried = Tried::new(2);
    tried.ends(root(6), limits(9), 0, "an authority proposes");
    let limits_of_six = tried.open();
    tried.ends(root(4), remove(AUTHORITIES[2]), 0, "others propose to remove it");
    let removal = tried.directory.proposals().find(|one| one.id != limits_of_six).unwrap().id;
    tried.ends(root(5), Operation::Approve { proposal: removal }, 0, "and do");
    tried.ends(root(6), Operation::Approve { proposal: removal }, 208, "it governs no more");
    tried.ends(root(4), Operation::Approve { proposal: limits_of_six }, 0, "one signature that counts");
    assert_ne!(tried.directory.parameters().block_events_max, 9);
    tried.ends(root(5), Operation::Approve { proposal: limits_of_six }, 0, "and the second");
    assert_eq!(tried.directory.parameters().block_events_max, 9);
    tried.ends(root(4), remove(AUTHORITIES[1]), 210, "those who are left are as few as may be");
    // A month later it is too late.
    let mut tried = Tried::new(2);
    tried.ends(root(4), limits(9), 0, "proposed");
    let id = tried.open();
    tried.place += usize::try_from(PROPOSAL_LAPSES_MS / 1_000).unwrap();
    tried.ends(root(5), Operation::Approve { proposal: id }, 210, "lapsed");
}

/// Goal: nobody fills the ledger with proposals. Method: as many as may wait, one more, and one of another.
#[test]
fn proposals_are_bounded() {
    let mut tried = Tried::new(3);
    for count in 0..PROPOSALS_MAX {
        tried.ends(root(4), limits(100 + count as u32), 0, "within the limit");
    }
    tried.ends(root(4), limits(9), 210, "one more");
    tried.ends(root(5), limits(9), 0, "another's");
}

/// Goal: a genesis says how many sign, and no more than there are. Method: written and read; one too many.
#[test]
fn a_genesis_has_a_threshold() {
    let genesis = governed(3);
    assert_eq!(Genesis::parse(&genesis.write()).as_ref(), Ok(&genesis));
    let refused = Genesis::parse(&governed(4).write()).unwrap_err();
    assert_eq!((refused.pointer.as_str(), refused.reason.code.id), ("/governance/threshold", "GENESIS-THRESHOLD"));
    let mut without_operator = governed(1);
    without_operator.organisations[0].role = OrganisationRole::Member;
    assert!(Genesis::parse(&without_operator.write()).is_ok());
    without_operator.threshold = 0;
    assert_eq!(Genesis::parse(&without_operator.write()).unwrap_err().reason.code.id, "GENESIS-NO_OPERATOR");
}
