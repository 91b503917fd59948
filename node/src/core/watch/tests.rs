//! What an audit node notices: real ledgers, blocks that four keys really signed, and lies.

use suyuan_ledger::block::{
    Block, CommitCertificate, CommitSignature, Validator, VoteKind, ballot_message, proposal_message, vote_message,
};
use suyuan_ledger::kv::WriteSet;
use suyuan_ledger::organisation::genesis::{Genesis, GenesisOrganisation, chain_id};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters};
use suyuan_ledger::state::apply::Ledger;
use suyuan_ledger::state::head::LACKS_KEY;
use suyuan_ledger::state::subject::{UNPLACED, event_row, read_number};
use suyuan_ledger::submission::{LaneState, SignedSubmission, SubmittedEvent, record_type};
use suyuan_sdk::signer::{MemorySigner, Signer as _, sign_submission};
use suyuan_store::{MemoryStore, Store as _};

use super::*;
use crate::consensus::{Pace, SignedProposal, SignedVote};
use crate::core::evidence::{Shown, Unproved};
use crate::core::{CoreSettings, Input};

const START_MS: i64 = 1_790_812_800_000;
const PEER: NodeKey = [9; 32];

fn signer(seed: u8) -> MemorySigner {
    MemorySigner::from_seed(&[seed; 32])
}

fn genesis() -> Genesis {
    let validators = (1..=4).map(|seed| Validator { key: signer(seed).public(), power: 1 }).collect();
    let organisation = GenesisOrganisation {
        uri: "urn:example:organisation:1".to_owned(),
        aliases: Vec::new(),
        name: "One".to_owned(),
        role: OrganisationRole::Operator,
        keys: vec![(signer(50).public(), KeyRole::Root), (signer(51).public(), KeyRole::Device)],
        bindings: Vec::new(),
    };
    let parameters = Parameters::default();
    Genesis {
        network: "n".to_owned(),
        trial: false,
        start_time: START_MS,
        parameters,
        organisations: vec![organisation],
        validators,
        threshold: 0,
    }
}

fn found() -> (MemoryStore, Ledger) {
    let (genesis, store) = (genesis(), MemoryStore::default());
    let chain = chain_id(&genesis.write());
    let (ledger, writes) = Ledger::found(chain, START_MS, &genesis.rows(), genesis.directory(), &store).unwrap();
    store.commit(&writes).unwrap();
    (store, ledger)
}

/// Those who decide, and an audit node.
struct World {
    store: MemoryStore,
    ledger: Ledger,
    audit_store: MemoryStore,
    audit: NodeCore,
    now: u64,
    /// By how much the validators' clocks are ahead.
    skew_ms: i64,
}

impl World {
    fn new() -> World {
        let ((store, ledger), (audit_store, audited)) = (found(), found());
        let settings = CoreSettings { key: None, pace: Pace::default(), log: Vec::new(), is_new_log: false };
        let audit = NodeCore::new(audited, &audit_store, settings).unwrap().into_audit();
        let mut world = World { store, ledger, audit_store, audit, now: 0, skew_ms: 0 };
        // It asks who it is told of; one of the validators is connected.
        world.tell(vec![Input::Connected(signer(1).public()), Input::Connected(PEER)]);
        world
    }

    fn wall(&self) -> i64 {
        START_MS + i64::try_from(self.now).unwrap()
    }

    /// Steps the audit node until it is quiet; what it does, with what is to be written written.
    fn tell(&mut self, mut inputs: Vec<Input>) -> Vec<Effect> {
        let mut all = Vec::new();
        loop {
            inputs.insert(0, Input::Time { wall_ms: self.wall(), elapsed_ms: self.now });
            let effects = self.audit.step(&self.audit_store, std::mem::take(&mut inputs)).unwrap();
            for effect in &effects {
                if let Effect::Commit { writes, .. } = effect {
                    self.audit_store.commit(writes).unwrap();
                }
            }
            all.extend(effects);
            if !self.audit.has_work() {
                return all;
            }
        }
    }

    /// Lets time go by.
    fn wait(&mut self, ms: u64) -> Vec<Effect> {
        self.now += ms;
        self.tell(Vec::new())
    }

    fn says(&mut self, from: NodeKey, message: Message) -> Vec<Effect> {
        self.tell(vec![Input::Message { from, message: Box::new(message) }])
    }

    /// The next block, with the signatures of those who decide.
    fn block(&self, submissions: &[Arc<VerifiedSubmission>]) -> DecidedBlock {
        let header = self.ledger.next_header(self.wall() + self.skew_ms, submissions);
        let submissions = submissions.iter().map(|submission| submission.signed().clone()).collect();
        DecidedBlock { certificate: certify(&header, 0..3), block: Block { header, submissions } }
    }

    fn apply(&mut self, decided: &DecidedBlock, submissions: &[Arc<VerifiedSubmission>]) {
        let (header, certificate) = (&decided.block.header, decided.certificate.clone());
        let applied = self.ledger.apply(&self.store, header, certificate, submissions).unwrap();
        self.store.commit(&applied.writes).unwrap();
        self.ledger = applied.ledger;
    }

    /// Sends a decided block as an answer to the question that its height makes the audit node ask.
    fn send(&mut self, decided: DecidedBlock) -> Vec<Effect> {
        let height = decided.block.header.height;
        let mut effects = self.says(PEER, Message::Status { height });
        effects.extend(self.wait(200));
        assert!(asks_for_blocks(&effects), "{effects:?}");
        effects.extend(self.says(PEER, Message::Decided(vec![decided])));
        effects
    }

    /// The validators decide a block, and the audit node gets it.
    fn decide(&mut self, submissions: &[Arc<VerifiedSubmission>]) -> Vec<Effect> {
        let block = self.block(submissions);
        self.apply(&block, submissions);
        let effects = self.send(block);
        assert_eq!(self.audit.ledger().head.id, self.ledger.head.id);
        effects
    }

    fn submission(&self, number: u64) -> Arc<VerifiedSubmission> {
        let device = signer(51);
        let payload = suyuan_sims::Workload::new(50, 7).nth(usize::try_from(number).unwrap()).unwrap();
        let event = SubmittedEvent { record_type: record_type::EPCIS, salt: [7; 16], payload };
        let (chain, lane) = (self.ledger.head.chain, LaneState::default());
        let signed: SignedSubmission = sign_submission(&device, chain, 1, lane, START_MS, vec![event]).unwrap();
        Arc::new(VerifiedSubmission::verify(signed, chain, &self.ledger.directory).unwrap())
    }
}

fn certify(header: &Header, places: std::ops::Range<u16>) -> CommitCertificate {
    let message = vote_message(header.chain, header.height, 0, header.id());
    let sign = |validator: u16| CommitSignature {
        validator,
        signature: signer(u8::try_from(validator + 1).unwrap()).signature(message),
    };
    CommitCertificate { round: 0, signatures: places.map(sign).collect() }
}

fn asks_for_blocks(effects: &[Effect]) -> bool {
    let asks = |message: &Message| matches!(message, Message::WantDecided { .. });
    effects.iter().any(|effect| matches!(effect, Effect::Send { message, .. } if asks(message)))
}

fn asked_decision(effects: &[Effect]) -> Option<(NodeKey, u64)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send { to: Some(to), message } => match message.as_ref() {
            Message::WantDecision { height } => Some((*to, *height)),
            _ => None,
        },
        _ => None,
    })
}

fn alarms(effects: &[Effect]) -> Vec<Alarm> {
    let alarm = |effect: &Effect| match effect {
        Effect::Alarm(alarm) => Some(alarm.clone()),
        _ => None,
    };
    effects.iter().filter_map(alarm).collect()
}

/// What evidence shows to one who has nothing but the genesis, from the bytes of a file.
fn shown(alarm: &Alarm) -> Result<Shown, Unproved> {
    let genesis = genesis();
    let chain = chain_id(&genesis.write());
    let bytes = alarm.evidence(chain).unwrap().to_bytes();
    assert!(Evidence::is_claimed(&bytes));
    Evidence::from_bytes(&bytes).unwrap().check(chain, &genesis.validators)
}

fn vote(chain: Hash, seed: u8, kind: VoteKind, id: Hash) -> ConsensusMessage {
    let (height, round, signer) = (1, 0, signer(seed));
    let signature = signer.signature(ballot_message(chain, height, round, kind, id));
    ConsensusMessage::Vote(SignedVote { kind: kind as u8, height, round, id, validator: signer.public(), signature })
}

fn proposal(chain: Hash, seed: u8, id: Hash, pol_round: i64) -> ConsensusMessage {
    let (height, round, signer) = (1, 4, signer(seed));
    let signature = signer.signature(proposal_message(chain, height, round, pol_round, id));
    ConsensusMessage::Proposal(SignedProposal { height, round, id, pol_round, validator: signer.public(), signature })
}

/// Goal: who votes or proposes twice is shown to have done so, and nobody else is. Method: pairs of messages, what each
/// pair is, and the evidence checked from its bytes.
#[test]
fn contradictions() {
    let chain = found().1.head.chain;
    let (one, other) = (Hash([1; 32]), Hash([2; 32]));
    let forged = |message: ConsensusMessage| match message {
        ConsensusMessage::Vote(vote) => ConsensusMessage::Vote(SignedVote { signature: [0; 64], ..vote }),
        other => other,
    };
    let prevote = |seed: u8, id: Hash| vote(chain, seed, VoteKind::Prevote, id);
    let nil = vote(chain, 1, VoteKind::PrevoteNil, Hash::ZERO);
    let pairs = [
        (prevote(1, one), prevote(1, other), true),
        (prevote(1, one), nil.clone(), true),
        (vote(chain, 1, VoteKind::Precommit, one), vote(chain, 1, VoteKind::PrecommitNil, Hash::ZERO), true),
        (proposal(chain, 1, one, -1), proposal(chain, 1, other, -1), true),
        (proposal(chain, 1, one, -1), proposal(chain, 1, one, 2), true),
        // The same twice, another validator, another kind, a signature that does not hold.
        (prevote(1, one), prevote(1, one), false),
        (prevote(1, one), prevote(2, other), false),
        (prevote(1, one), vote(chain, 1, VoteKind::PrecommitNil, Hash::ZERO), false),
        (prevote(1, one), proposal(chain, 1, other, -1), false),
        (prevote(1, one), forged(prevote(1, other)), false),
        (forged(prevote(1, other)), prevote(1, one), false),
    ];
    for (first, second, contradicts) in pairs {
        let mut world = World::new();
        let mut said = alarms(&world.says(PEER, Message::Consensus(first.clone())));
        said.extend(alarms(&world.says(PEER, Message::Consensus(second.clone()))));
        // Once, however often it is said.
        said.extend(alarms(&world.says(PEER, Message::Consensus(second.clone()))));
        assert_eq!(said.len(), usize::from(contradicts), "{first:?} {second:?}");
        let evidence = Alarm::Equivocation { validator: [0; 32], evidence: Box::new((first, second)) };
        assert_eq!(shown(&evidence).is_ok(), contradicts);
        if let Some(alarm) = said.first() {
            let validators = vec![signer(1).public()];
            assert_eq!(shown(alarm), Ok(Shown { what: "equivocation", height: 1, validators }));
        }
    }
    // Nobody's vote, and evidence of another chain or other validators, show nothing.
    let mut world = World::new();
    let strangers = [prevote(77, one), prevote(77, other)];
    let said = strangers.clone().map(|vote| alarms(&world.says(PEER, Message::Consensus(vote))));
    assert!(said.concat().is_empty());
    let [first, second] = strangers;
    let evidence = Alarm::Equivocation { validator: [0; 32], evidence: Box::new((first, second)) };
    assert_eq!(shown(&evidence), Err(Unproved::Validators));
    let evidence = evidence.evidence(Hash([3; 32])).unwrap();
    assert_eq!(evidence.check(chain, &genesis().validators), Err(Unproved::Chain));
}

/// Goal: what validators say fills a bounded room, and is forgotten with its height. Method: more votes than it takes.
#[test]
fn what_is_said_is_bounded() {
    let (chain, mut watch) = (found().1.head.chain, Watch::default());
    let signer = signer(1);
    for round in 0..2 * u32::try_from(SAID_MAX).unwrap() {
        let (kind, id, height) = (VoteKind::Prevote, Hash([1; 32]), 1);
        let signature = signer.signature(ballot_message(chain, height, round, kind, id));
        let vote = SignedVote { kind: kind as u8, height, round, id, validator: signer.public(), signature };
        assert_eq!(watch.hear(chain, 0, &ConsensusMessage::Vote(vote)), None);
    }
    assert_eq!(watch.said.len(), SAID_MAX);
    watch.forget_before(1 + HEIGHTS_BEFORE);
    assert_eq!(watch.said.len(), SAID_MAX);
    watch.forget_before(2 + HEIGHTS_BEFORE);
    assert!(watch.said.is_empty() && watch.of_validator.is_empty());
}

/// Goal: two headers that are decided at one height are shown; one that is not decided blames who sent it; the same one
/// is nothing. Method: answers to the question that every validator is asked.
#[test]
fn forks() {
    let validator = signer(1).public();
    let mut world = World::new();
    world.decide(&[]);
    world.says(validator, Message::Status { height: 1 });
    let own = decision_at(&world.store, 1).unwrap().unwrap();
    let mut header = own.header.clone();
    header.time += 1;
    let forked = Decision { certificate: certify(&header, 1..4), header: header.clone() };
    let lie = Decision { certificate: certify(&header, 1..3), header };
    let mut answers = Vec::new();
    for decision in [&own, &lie, &forked] {
        let asked = world.wait(ASK_MS);
        assert_eq!(asked_decision(&asked), Some((validator, 1)));
        let wall_ms = world.wall();
        let message = Message::Decision { decision: decision.clone(), wall_ms };
        // From others, nobody has asked for it.
        assert!(alarms(&world.says(PEER, message.clone())).is_empty());
        answers.push(alarms(&world.says(validator, message)));
    }
    assert!(answers[0].is_empty());
    assert!(matches!(answers[1].as_slice(), [Alarm::Misbehaved { node, .. }] if *node == validator));
    let [alarm @ Alarm::Fork { .. }] = answers[2].as_slice() else { panic!("{answers:?}") };
    let both = vec![signer(2).public(), signer(3).public()];
    assert_eq!(shown(alarm), Ok(Shown { what: "fork", height: 1, validators: both }));
    let twice = Alarm::Fork { node: validator, evidence: Box::new((own.clone(), own.clone())) };
    assert_eq!(shown(&twice), Err(Unproved::Nothing));
    let undecided = Alarm::Fork { node: validator, evidence: Box::new((own, lie)) };
    assert_eq!(shown(&undecided), Err(Unproved::Signature));

    // One that follows another block than this node's: its sender is asked which, and not blamed.
    let mut next = world.block(&[]);
    next.block.header.parent = Hash([5; 32]);
    next.certificate = certify(&next.block.header, 0..3);
    let effects = world.send(next);
    assert!(alarms(&effects).is_empty(), "{effects:?}");
    assert_eq!(asked_decision(&effects[1..]), Some((PEER, 1)));
    let wall_ms = world.wall();
    let said = alarms(&world.says(PEER, Message::Decision { decision: forked, wall_ms }));
    assert!(matches!(said.as_slice(), [Alarm::Fork { .. }]), "{said:?}");
}

/// Goal: a node whose state is not what validators decided applies nothing more, and keeps what shows it. Method: a
/// decided header with another state root, then a good one.
#[test]
fn another_state() {
    let mut world = World::new();
    world.decide(&[]);
    let good = world.block(&[]);
    let mut wrong = good.clone();
    wrong.block.header.state = Hash([5; 32]);
    wrong.certificate = certify(&wrong.block.header, 0..3);
    let said = alarms(&world.send(wrong));
    let [alarm @ Alarm::State { field, computed, .. }] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((*field, *computed), ("state root", world.ledger.head.state));
    assert_eq!(shown(alarm).unwrap().what, "state");
    assert_eq!((world.audit.view().height, world.audit.view().diverged), (1, Some(2)));

    world.says(PEER, Message::Status { height: 3 });
    let mut effects = world.wait(60_000);
    effects.extend(world.says(PEER, Message::Decided(vec![good])));
    assert!(!asks_for_blocks(&effects));
    assert_eq!(world.audit.view().height, 1);
}

/// Goal: it is told once in a while that no block comes, and not while they come. Method: time.
#[test]
fn a_network_that_stands_still() {
    let mut world = World::new();
    world.decide(&[]);
    let mut said = alarms(&world.wait(STALLED_MS));
    assert!(said.is_empty(), "{said:?}");
    world.says(PEER, Message::Status { height: 9 });
    said = alarms(&world.wait(1));
    let [Alarm::Stalled { height: 1, silent_ms, waiting: 0, told: 9 }] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(*silent_ms, STALLED_MS + 1);
    for _ in 0..30 {
        assert!(alarms(&world.wait(STALLED_MS / 30)).is_empty());
    }
    assert!(matches!(alarms(&world.wait(1)).as_slice(), [Alarm::Stalled { .. }]));
    let mut watch = Watch::default();
    assert!(!watch.is_stalled(60_000, 0, 20_000));
    assert!(watch.is_stalled(60_001, 0, 20_000));
}

/// Goal: a submission that is left out again and again is told of, and not one that waits for its turn, does not fit, or
/// came a moment ago. Method: blocks without it, then with it.
#[test]
fn what_is_left_out() {
    let mut world = World::new();
    let submission = world.submission(0);
    let pass_on = |world: &World| Input::Verified {
        request: None,
        submission: Box::new(submission.as_ref().clone()),
        directory: Arc::clone(&world.audit.ledger().directory),
    };
    let input = pass_on(&world);
    world.tell(vec![input]);
    assert_eq!(world.audit.view().waiting.0, 1);
    // Two more than count: with the first it is seen to wait, the second was proposed at that moment.
    for _ in 0..PASSED_OVER_BLOCKS + 1 {
        assert!(alarms(&world.decide(&[])).is_empty());
    }
    let said = alarms(&world.decide(&[]));
    let blocks = PASSED_OVER_BLOCKS;
    assert_eq!(said, [Alarm::PassedOver { submission: submission.id(), organisation: 1, blocks }]);
    assert!(alarms(&world.decide(&[Arc::clone(&submission)])).is_empty());
    assert_eq!((world.audit.view().waiting.0, world.audit.watch.passed.len()), (0, 0));
}

/// Goal: blocks and nodes whose clocks are far off are told of, old blocks are not. Method: clocks that are set.
#[test]
fn clocks() {
    let tolerance = Parameters::default().clock_tolerance_ms;
    let mut world = World::new();
    for skew_ms in [0, tolerance - 1_000, -tolerance + 1_000] {
        world.skew_ms = skew_ms.max(0);
        assert!(alarms(&world.decide(&[])).is_empty());
    }
    world.skew_ms = tolerance + 1_000;
    let said = alarms(&world.decide(&[]));
    assert!(
        matches!(said.as_slice(), [Alarm::BlockClock { height: 4, ahead_ms, .. }] if *ahead_ms > tolerance),
        "{said:?}"
    );

    // Behind: the blocks' time goes on from the last one's, so this node's clock is set ahead.
    let mut world = World::new();
    let live = u64::from(LIVE_BLOCKS);
    for height in 1..=live + 1 {
        let block = world.block(&[]);
        world.apply(&block, &[]);
        world.now += 200;
        world.skew_ms = -2 * tolerance;
        world.now += u64::try_from(2 * tolerance).unwrap() * u64::from(height == 1);
        let said = alarms(&world.send(block));
        let late = said.iter().any(|alarm| matches!(alarm, Alarm::BlockClock { ahead_ms, .. } if *ahead_ms < 0));
        assert_eq!(late, height >= live, "{height}: {said:?}");
    }

    let mut world = World::new();
    let validator = signer(1).public();
    world.decide(&[]);
    for (off, is_told) in [(tolerance, false), (tolerance + 1, true), (-tolerance - 1, true)] {
        world.says(validator, Message::Status { height: 1 });
        world.wait(ASK_MS);
        let decision = decision_at(&world.store, 1).unwrap().unwrap();
        let wall_ms = world.wall() + off;
        let said = alarms(&world.says(validator, Message::Decision { decision, wall_ms }));
        assert_eq!(said, if is_told { vec![Alarm::PeerClock { node: validator, ahead_ms: off }] } else { Vec::new() });
    }
}

/// Goal: a core that is made an audit node's does not vote, whatever its key. Method: a validator's key.
#[test]
fn an_audit_node_has_no_vote() {
    let (store, ledger) = found();
    let settings = CoreSettings { key: Some(signer(1)), pace: Pace::default(), log: Vec::new(), is_new_log: false };
    let mut core = NodeCore::new(ledger, &store, settings).unwrap().into_audit();
    assert_eq!(core.view().role, Role::Audit);
    let time = Input::Time { wall_ms: START_MS + 60_000, elapsed_ms: 60_000 };
    let effects = core.step(&store, vec![Input::Connected(PEER), time]).unwrap();
    let says = |message: &Message| matches!(message, Message::Consensus(_) | Message::Proposed(_));
    let told = effects.iter().any(|effect| matches!(effect, Effect::Send { message, .. } if says(message)));
    assert!(!told && !effects.iter().any(|effect| matches!(effect, Effect::Log(_))), "{effects:?}");
}

/// Goal: a node that lacks history applies what needs none of it, waits with what does, does not vote, and has come to the
/// same once it is there. Method: an old event once more, then declared erroneous, with its place unknown until later.
#[test]
fn a_block_waits_for_the_history_that_it_needs() {
    let mut world = World::new();
    let payload = suyuan_sims::Workload::new(50, 7).next().unwrap();
    let signed = |world: &World, lane: LaneState, payload: Vec<u8>| {
        let event = SubmittedEvent { record_type: record_type::EPCIS, salt: [7; 16], payload };
        let chain = world.ledger.head.chain;
        let signed = sign_submission(&signer(51), chain, 1, lane, START_MS, vec![event]).unwrap();
        Arc::new(VerifiedSubmission::verify(signed, chain, &world.ledger.directory).unwrap())
    };
    let first = signed(&world, LaneState::default(), payload.clone());
    world.decide(std::slice::from_ref(&first));
    // As if its ledger had been begun with the state after that.
    let (mut lacking, mut whole) = (WriteSet::default(), WriteSet::default());
    let unplace = &mut |tag: &[u8], row: &[u8]| {
        lacking.put(Table::Event, tag, event_row(read_number(row).unwrap(), UNPLACED, 0));
        whole.put(Table::Event, tag, row);
        true
    };
    world.audit_store.scan(Table::Event, &[], &[0xff; 33], unplace).unwrap();
    lacking.put(Table::Meta, LACKS_KEY, [1]);
    whole.delete(Table::Meta, LACKS_KEY);
    world.audit_store.commit(&lacking).unwrap();
    let opened = || Ledger::open(&world.audit_store).unwrap().unwrap();
    let settings = |key| CoreSettings { key, pace: Pace::default(), log: Vec::new(), is_new_log: false };
    let mut validator = NodeCore::new(opened(), &world.audit_store, settings(Some(signer(1)))).unwrap();
    assert_eq!(validator.view().role, Role::Abstaining);
    world.audit = NodeCore::new(opened(), &world.audit_store, settings(None)).unwrap().into_audit();
    world.tell(vec![Input::Connected(signer(1).public()), Input::Connected(PEER)]);

    let again = signed(&world, LaneState { next: 1, previous: first.id() }, payload.clone());
    world.decide(std::slice::from_ref(&again));
    let declared = String::from_utf8(payload).unwrap().strip_suffix('}').unwrap().to_owned()
        + r#","errorDeclaration":{"declarationTime":"2026-10-01T00:00:00Z"}}"#;
    let declared = signed(&world, LaneState { next: 2, previous: again.id() }, declared.into_bytes());
    let (block, height) = (world.block(std::slice::from_ref(&declared)), world.ledger.head.height);
    world.apply(&block, &[declared]);
    let mut effects = world.send(block);
    effects.extend(world.wait(1_000));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Commit { .. })), "{effects:?}");
    assert!(!world.audit.has_work() && world.audit.ledger().head.height == height);

    validator.step(&world.audit_store, Vec::new()).unwrap();
    assert_eq!(validator.view().role, Role::Abstaining);
    world.audit_store.commit(&whole).unwrap();
    validator.step(&world.audit_store, Vec::new()).unwrap();
    assert_eq!(validator.view().role, Role::Validator);
    world.wait(1_000);
    assert_eq!(world.audit.ledger().head, world.ledger.head);
}

/// Goal: what a client brought is passed on again as long as it is in no block, since others may have had no room for it; what
/// others brought is not. Method: a validator whose turn it is not, and one without a vote, each told the time.
#[test]
fn what_waits_is_passed_on_again() {
    let world = World::new();
    let submission = |seed: u8, payload: Vec<u8>| {
        let event = SubmittedEvent { record_type: record_type::EPCIS, salt: [seed; 16], payload };
        let (key, lane) = (signer(51), LaneState::default());
        sign_submission(&key, world.ledger.head.chain, 1, lane, START_MS, vec![event]).unwrap()
    };
    let payload = suyuan_sims::Workload::new(50, 7).next().unwrap();
    let passed_on = |effects: &[Effect]| {
        let is_one = |effect: &&Effect| match effect {
            Effect::Send { to: None, message } => matches!(message.as_ref(), Message::Submission(_)),
            _ => false,
        };
        effects.iter().filter(is_one).count()
    };
    for votes in [true, false] {
        for own in [true, false] {
            let ledger = Ledger::open(&world.store).unwrap().unwrap();
            let key = votes.then(|| signer(1));
            let settings = CoreSettings { key, pace: Pace::default(), log: Vec::new(), is_new_log: false };
            let mut core = NodeCore::new(ledger, &world.store, settings).unwrap();
            let mut step = |elapsed_ms: u64, input: Option<Input>| {
                let time = Input::Time { wall_ms: world.wall() + elapsed_ms as i64, elapsed_ms };
                let inputs = std::iter::once(time).chain(input).collect();
                passed_on(&core.step(&world.store, inputs).unwrap())
            };
            let signed = Arc::new(submission(1, payload.clone()));
            let brought = match own {
                true => Input::Submit { request: 1, submission: signed },
                false => Input::Message { from: signer(2).public(), message: Box::new(Message::Submission(signed)) },
            };
            step(5, None);
            let times: Vec<usize> = [
                (10, Some(brought)),
                (500, None),
                (1_010, None),
                (1_500, None),
                (2_020, None),
                (3_030, None),
                (4_040, None),
            ]
            .map(|(at, input)| step(at, input))
            .to_vec();
            let each = usize::from(own);
            assert_eq!(times, [each, 0, 0, 0, each, 0, each], "votes: {votes}, own: {own}");
        }
    }
}

/// Whether a validator decides on a block once others have said how far they are, each so many milliseconds after it began.
fn decides(world: &World, says: &[(u64, NodeKey, u64)]) -> bool {
    let ledger = Ledger::open(&world.store).unwrap().unwrap();
    let settings = CoreSettings { key: Some(signer(1)), pace: Pace::default(), log: Vec::new(), is_new_log: false };
    let mut core = NodeCore::new(ledger, &world.store, settings).unwrap();
    for (elapsed_ms, from, height) in says.iter().copied() {
        let message = Box::new(Message::Status { height });
        let time = Input::Time { wall_ms: world.wall(), elapsed_ms };
        let inputs = vec![time, Input::Connected(from), Input::Message { from, message }];
        core.step(&world.store, inputs).unwrap();
    }
    core.view().deciding.is_some()
}

/// Goal: a validator that was away for a moment is waited for, not for long, not again soon, and not once it is back or if it
/// was away for long. Method: a validator with twenty blocks to whom others say how far they are, when a block is due.
#[test]
fn who_comes_back_is_waited_for() {
    let mut world = World::new();
    for _ in 0..20 {
        world.decide(&[]);
    }
    let head = world.ledger.head.height;
    let (first, away, strange) = (signer(2).public(), signer(3).public(), PEER);
    let due = u64::from(Pace::default().heartbeat_ms) + 1;
    assert!(decides(&world, &[(due, first, head)]));
    assert!(!decides(&world, &[(due, first, head - 16)]));
    assert!(decides(&world, &[(due, first, head - 15)]) && decides(&world, &[(due, strange, 0)]));
    assert!(!decides(&world, &[(due, first, 0), (due + 3_999, strange, 0)]));
    assert!(decides(&world, &[(due, first, 0), (due + 4_000, strange, 0)]));
    assert!(decides(&world, &[(due, first, 0), (due + 100, first, head - 2)]));
    assert!(!decides(&world, &[(due, first, 0), (due + 100, first, head - 3)]));
    // Another's turn, but not the same one's once more.
    assert!(!decides(&world, &[(due - 5_000, first, 0), (due, away, 0)]));
    assert!(decides(&world, &[(due - 5_000, first, 0), (due, first, 0)]));
    // It was away for a minute and more.
    world.now += 61_000;
    world.decide(&[]);
    assert!(decides(&world, &[(due, first, 2)]));
}
