//! Lets events of a network happen one after the other, under one clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use suyuan_ledger::block::StoredBlock;
use suyuan_ledger::codec;
use suyuan_ledger::hash::{FileHasher, Hash};
use suyuan_ledger::kv::{Read as _, Table};
use suyuan_ledger::organisation::genesis::chain_id;
use suyuan_node::core::{Alarm, Answer, Effect, Followed, Input, Message};
use suyuan_store::{MemoryStore, fsck};

use crate::byzantine::{Forger, Liar};
use crate::checks::{Violation, Watch};
use crate::client::Client;
use crate::flood::Flood;
use crate::genesis::genesis;
use crate::node::Node;
use crate::profile::{Byzantine, Chance, Control, Profile};
use crate::{CONVERGES_MS, Outcome, START_MS};

/// Whatever goes wrong stops after so long, decided or not.
const TROUBLE_MS: u64 = 3_600_000;
/// A client of each node brings something about so often.
const CLIENT_MS: u64 = 250;
/// A member that floods says something so often.
const FLOOD_MS: u64 = 50;
/// Nothing useful takes more steps.
const STEPS_MAX: u64 = 20_000_000;
/// Of so many seeds one is checked by building the ledger anew.
const REBUILT_EVERY: u64 = 8;

/// A validator that was heard saying two things at so many heights must have been told of. (Not at the first: what is heard
/// may be of a round that was over, or the block may come from others before this one decides.)
const TOLD_AFTER: u64 = 10;

/// Verifying what a node has got takes so long at most, in milliseconds.
const VERIFY_MS: u64 = 400;

/// Of a thousand stops, so many lose the log of what was signed.
const LOG_LOST_PERMILLE: u32 = 250;

/// A flood of so many seeds begins with so many submissions as large as can be.
const LARGE_EVERY: u64 = 24;
const LARGE: u32 = 40;

/// Something that will happen.
enum Event {
    /// A message arrives.
    Arrives { to: usize, from: usize, bytes: Arc<[u8]> },
    /// A node has something to do by then.
    Wakes { node: usize },
    /// The disk of a node has done what it was busy with.
    Written { node: usize, life: u64 },
    /// What a node has handed out is verified.
    Verified { node: usize, blocks: Vec<Followed> },
    /// A client of a node brings its next submission, or the last one again.
    Client { node: usize },
    /// A node stops after so many effects more.
    Stops,
    /// A node starts again.
    Starts { node: usize },
    /// The network is cut in two, or whole again.
    Cuts,
    /// A member floods the others.
    Floods,
}

/// What the Byzantine validator says otherwise than a correct one.
enum Lies {
    None,
    /// Each of two twins speaks to whom the other does not: always to the same half of the nodes, or now this way, now that.
    /// With all keys, it votes for all.
    Twins {
        halves: bool,
        forger: Option<Forger>,
    },
    Liar(Box<Liar>),
    Flood(Box<Flood>),
}

/// A network of nodes.
pub(super) struct World {
    profile: Profile,
    seed: u64,
    genesis: Vec<u8>,
    chance: Chance,
    now: u64,
    events: BTreeMap<(u64, u64), Event>,
    next_event: u64,
    nodes: Vec<Node>,
    /// The Byzantine one, and its key.
    byzantine: Option<(usize, [u8; 32])>,
    lies: Lies,
    /// On which side of a cut each node is.
    side: Vec<bool>,
    trouble: bool,
    /// What clients had on the ledger when nothing went wrong any more.
    applied: Vec<u64>,
    watch: Watch,
    trace: FileHasher,
    timeline: Option<Vec<String>>,
}

impl World {
    pub fn new(seed: u64, profile: Profile, tells: bool) -> World {
        let mut chance = Chance::new(seed);
        let validators = usize::from(profile.validators);
        let members = validators + usize::from(profile.followers);
        let byzantine = match profile.byzantine {
            Byzantine::None => None,
            Byzantine::Flood => Some(chance.index(members)),
            // The operator's node is correct: it governs.
            _ if profile.changes => Some(1 + chance.index(validators.saturating_sub(1))),
            _ => Some(chance.index(validators)),
        };
        let genesis = genesis(&profile, byzantine);
        let bytes = genesis.write();
        let chain = chain_id(&bytes);
        let node =
            |number| Node::new(&genesis, &bytes, number, Client::new(chain, number, seed, profile.organisations));
        let mut nodes: Vec<Node> = (0..members).map(node).collect();
        // A twin is one more node with the key of the Byzantine one.
        if let (Byzantine::Twins, Some(number)) = (profile.byzantine, byzantine) {
            nodes.push(node(number));
        }
        for (place, node) in nodes.iter_mut().enumerate() {
            node.correct = Some(place) != byzantine && place < members;
            let skew = i64::try_from(chance.below(2 * profile.skew_ms + 1)).unwrap_or(0);
            node.skew_ms = skew - i64::try_from(profile.skew_ms).unwrap_or(0);
            // As in a directory that was just made.
            node.is_new_log = profile.loses_logs();
        }
        let all_keys = profile.control == Control::SignaturesUnchecked;
        let forger = || all_keys.then(|| Forger::new(chain, validators));
        let suffices = profile.control == Control::QuorumWeakened;
        let lies = match (profile.byzantine, byzantine) {
            (Byzantine::Twins, Some(_)) => {
                let halves = profile.control != Control::None || chance.happens(500);
                Lies::Twins { halves, forger: forger() }
            }
            (Byzantine::Liar, Some(place)) => {
                Lies::Liar(Box::new(Liar::new(place, chain, validators, suffices, forger())))
            }
            (Byzantine::Flood, Some(place)) => Lies::Flood(Box::new(Flood::new(
                place,
                chain,
                if seed.is_multiple_of(LARGE_EVERY) { LARGE } else { 0 },
            ))),
            _ => Lies::None,
        };
        let mut world = World {
            side: vec![false; nodes.len()],
            byzantine: byzantine.and_then(|number| Some((number, nodes.get(number)?.key))),
            applied: vec![0; nodes.len()],
            profile,
            seed,
            genesis: bytes,
            chance,
            now: 0,
            events: BTreeMap::new(),
            next_event: 0,
            nodes,
            lies,
            trouble: true,
            watch: Watch::new(chain),
            trace: FileHasher::default(),
            timeline: tells.then(Vec::new),
        };
        world.plan_all();
        world
    }

    pub fn into_timeline(self) -> Vec<String> {
        self.timeline.unwrap_or_default()
    }

    fn plan_all(&mut self) {
        for node in 0..self.nodes.len() {
            let at = self.chance.below(20);
            self.plan(at, Event::Starts { node });
            if self.nodes.get(node).is_some_and(|one| one.correct) {
                let at = self.chance.below(CLIENT_MS);
                self.plan(at, Event::Client { node });
            }
        }
        if matches!(self.lies, Lies::Flood(_)) {
            self.plan(FLOOD_MS, Event::Floods);
        }
        self.plan_trouble(self.profile.stops_every_ms, Event::Stops);
        self.plan_trouble(self.profile.cuts_every_ms, Event::Cuts);
    }

    fn plan_trouble(&mut self, every_ms: u64, event: Event) {
        if every_ms > 0 && self.trouble {
            let after = 1 + self.chance.below(2 * every_ms);
            self.plan(after, event);
        }
    }

    fn plan(&mut self, after_ms: u64, event: Event) {
        self.events.insert((self.now.saturating_add(after_ms), self.next_event), event);
        self.next_event += 1;
    }

    fn tell(&mut self, words: impl FnOnce() -> String) {
        if let Some(timeline) = &mut self.timeline {
            timeline.push(format!("{:>9} {}", self.now, words()));
        }
    }

    pub fn run(&mut self) -> Outcome {
        let (mut healed_at, mut needed) = (0, u64::MAX);
        for _ in 0..STEPS_MAX {
            let Some(((at, _), event)) = self.events.pop_first() else { break };
            self.now = at;
            self.happens(event);
            if !self.watch.violations.is_empty() {
                break;
            }
            if self.trouble && (self.least_height() >= self.profile.heights || self.now >= TROUBLE_MS) {
                self.heal();
                (healed_at, needed) = (self.now, self.greatest_height() + 3);
            }
            if !self.trouble && (self.has_converged(needed) || self.now > healed_at + CONVERGES_MS) {
                break;
            }
        }
        if self.watch.violations.is_empty() {
            self.check_end(needed);
        }
        Outcome {
            trace: self.trace.finish(),
            height: self.least_height(),
            converged_ms: if self.trouble { 0 } else { self.now.saturating_sub(healed_at) },
            acknowledged: self.watch.acknowledged.len(),
            set_changes: self.nodes.first().map_or(0, |node| node.client.set_changes),
            contradicted: self.watch.contradicted(),
            evidence: self.watch.evidence,
            violations: std::mem::take(&mut self.watch.violations),
        }
    }

    fn has_converged(&self, needed: u64) -> bool {
        self.least_height() >= needed && self.unanswered().next().is_none()
    }

    /// Correct nodes whose clients got nothing on the ledger since nothing goes wrong any more.
    fn unanswered(&self) -> impl Iterator<Item = usize> {
        let nodes = self.nodes.iter().zip(&self.applied).enumerate();
        nodes.filter(|(_, (node, before))| node.correct && node.client.applied <= **before).map(|(number, _)| number)
    }

    fn check_end(&mut self, needed: u64) {
        let mut violations: Vec<Violation> = self.unanswered().map(|node| Violation::Unanswered { node }).collect();
        for (number, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.correct) {
            if node.height() < needed {
                violations.push(Violation::Stuck { node: number, height: node.height(), needed });
                // What it lacks is no wonder.
                continue;
            }
            let told = self.watch.acknowledged.iter().filter(|(_, height)| *height <= node.height());
            for (submission, _) in told {
                if !matches!(node.store.get(Table::Submission, &submission.0), Ok(Some(_))) {
                    violations.push(Violation::Lost { submission: *submission });
                }
            }
            violations
                .extend(broken_at(&node.store, node.height()).map(|height| Violation::Chain { node: number, height }));
        }
        let heights = self.watch.contradicted();
        // In a flood, what contradicts itself may be dropped before anybody compares it.
        let floods = self.profile.byzantine == Byzantine::Flood;
        if heights >= TOLD_AFTER && self.watch.evidence == 0 && !floods {
            violations.push(Violation::Untold { heights });
        }
        if self.seed.is_multiple_of(REBUILT_EVERY) && violations.is_empty() {
            violations.extend(self.rebuild());
        }
        self.watch.violations = violations;
    }

    /// Builds the ledger of one correct node anew from its blocks: certificates, receipts, refusals, every table.
    fn rebuild(&self) -> Option<Violation> {
        let mut correct = self.nodes.iter().enumerate().filter(|(_, node)| node.correct);
        let (number, node) = correct.nth(usize::try_from(self.seed / REBUILT_EVERY).ok()? % 3)?;
        let found = fsck(node.store.as_ref(), &self.genesis, &MemoryStore::default(), &mut |_| {});
        let what = match found {
            Ok(found) => found.differences.first().map(|fault| format!("{fault:?}"))?,
            Err(error) => error.to_string(),
        };
        Some(Violation::Unsound { node: number, what })
    }

    fn least_height(&self) -> u64 {
        self.nodes.iter().filter(|node| node.correct).map(Node::height).min().unwrap_or(0)
    }

    fn greatest_height(&self) -> u64 {
        self.nodes.iter().filter(|node| node.correct).map(Node::height).max().unwrap_or(0)
    }

    /// From now on nothing goes wrong but what Byzantine validators do.
    fn heal(&mut self) {
        self.trouble = false;
        self.side.fill(false);
        self.applied = self.nodes.iter().map(|node| node.client.applied).collect();
        self.tell(|| "nothing goes wrong any more".to_owned());
        for node in 0..self.nodes.len() {
            if let Some(one) = self.nodes.get_mut(node) {
                one.stops_in = None;
                if !one.is_up() {
                    self.plan(1, Event::Starts { node });
                }
            }
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives { to, from, bytes } => self.arrives(to, from, &bytes),
            Event::Wakes { node } => self.step(node, Vec::new()),
            Event::Written { node, life } => {
                if self.nodes.get(node).is_some_and(|one| one.is_up() && one.life == life) {
                    self.go_on(node);
                }
            }
            Event::Client { node } => self.client(node),
            Event::Stops | Event::Cuts if !self.trouble => {}
            Event::Stops => {
                let mut node = self.chance.index(self.nodes.len());
                if let (Byzantine::Forgets, Some((number, _))) = (self.profile.byzantine, self.byzantine)
                    && self.chance.happens(600)
                {
                    node = number;
                }
                let effects = self.chance.below(12);
                // While one abstains, the others can't spare another.
                let is_spared = self.nodes.iter().any(|one| one.is_new_log);
                if let Some(one) = self.nodes.get_mut(node).filter(|one| one.is_up() && !is_spared) {
                    // While its disk is busy there is no next effect.
                    match one.is_busy() {
                        true => self.stop(node),
                        false => one.stops_in = Some(effects),
                    }
                }
                self.plan_trouble(self.profile.stops_every_ms, Event::Stops);
            }
            Event::Starts { node } => self.start(node),
            Event::Verified { node, blocks } => self.step(node, vec![Input::Followed(blocks)]),
            Event::Cuts => {
                let whole = self.side.iter().any(|side| *side);
                for side in &mut self.side {
                    *side = !whole && self.chance.happens(500);
                }
                let sides = self.side.clone();
                self.tell(|| format!("cut: {sides:?}"));
                self.plan_trouble(self.profile.cuts_every_ms, Event::Cuts);
            }
            Event::Floods => self.flood(),
        }
    }

    fn arrives(&mut self, to: usize, from: usize, bytes: &[u8]) {
        if self.is_cut(to, from) || !self.nodes.get(to).is_some_and(Node::is_up) {
            return;
        }
        self.trace.update(&self.now.to_le_bytes());
        self.trace.update(bytes);
        let key = self.nodes.get(from).map_or([0; 32], |node| node.key);
        // What arrives are bytes.
        let Ok(message) = Message::decode(bytes) else { return };
        let Some(node) = self.nodes.get(to) else { return };
        if let (true, Message::Consensus(message), Some((_, byzantine))) = (node.correct, &message, &self.byzantine) {
            self.watch.heard(to, node.height() + 1, byzantine, message);
        }
        let heard = node.heard(key, message);
        self.step(to, heard.into_iter().collect());
    }

    fn is_cut(&self, one: usize, other: usize) -> bool {
        self.side.get(one) != self.side.get(other)
    }

    fn start(&mut self, number: usize) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(number).filter(|node| !node.is_up()) else { return };
        if let Err(why) = node.start(now) {
            if node.correct {
                self.watch.violations.push(Violation::Stopped { node: number, why });
            }
            return;
        }
        if let (true, 1.., Some((block, state))) = (node.correct, node.height(), node.head()) {
            // A block that was being written when it stopped may be there.
            self.watch.decided(number, node.height(), block, state);
        }
        self.tell(|| format!("node {number} starts"));
        let key = |node: &Node| node.key;
        let Some(own) = self.nodes.get(number).map(key) else { return };
        for other in 0..self.nodes.len() {
            let Some(theirs) = self.nodes.get(other).filter(|one| one.is_up() && one.key != own).map(key) else {
                continue;
            };
            self.step(number, vec![Input::Connected(theirs)]);
            self.step(other, vec![Input::Connected(own)]);
        }
        self.step(number, Vec::new());
    }

    /// Clients bring their next submissions, or the last ones again if they got no answer.
    fn client(&mut self, number: usize) {
        let again = CLIENT_MS / 2 + self.chance.below(CLIENT_MS);
        self.plan(again, Event::Client { node: number });
        let wall_ms = START_MS + i64::try_from(self.now).unwrap_or(0);
        let governs = (self.profile.changes && number == 0).then(|| {
            let correct = self.nodes.iter().filter(|node| node.correct).map(|node| node.key).collect::<Vec<_>>();
            (correct, self.nodes.first().map(Node::set).unwrap_or_default())
        });
        let governs = governs.as_ref().map(|(keys, set)| (keys.as_slice(), set.as_slice()));
        let Some(node) = self.nodes.get_mut(number).filter(|node| node.is_up()) else { return };
        let brought = node.client.brings(wall_ms, governs, &mut self.chance);
        for (request, submission) in brought {
            self.step(number, vec![Input::Submit { request, submission: Arc::new(submission) }]);
        }
    }

    fn flood(&mut self) {
        self.plan(FLOOD_MS, Event::Floods);
        let Some((number, own)) = self.byzantine else { return };
        let Some(header) = self.nodes.get(number).and_then(|node| node.next_header(START_MS)) else { return };
        let Lies::Flood(flood) = &mut self.lies else { return };
        let said = flood.burst(&header, &mut self.chance);
        let said: Vec<Arc<[u8]>> = said.iter().map(|message| message.encode().into()).collect();
        for to in self.receivers(own, None) {
            said.iter().for_each(|bytes| self.transmit(number, to, bytes));
        }
    }

    /// Lets a node take inputs, and does what it asks for.
    fn step(&mut self, number: usize, inputs: Vec<Input>) {
        let (now, start) = (self.now, START_MS);
        let Some(node) = self.nodes.get_mut(number).filter(|node| node.is_up()) else { return };
        node.waits(inputs);
        if node.is_busy() {
            return;
        }
        loop {
            let Some(node) = self.nodes.get_mut(number) else { return };
            let inputs = node.waited();
            match node.step(now, start, inputs) {
                None => return,
                Some(Ok(effects)) => node.held = effects.into(),
                Some(Err(why)) => {
                    if node.correct {
                        self.watch.violations.push(Violation::Stopped { node: number, why });
                    }
                    node.stop(0);
                    return;
                }
            }
            if !self.perform_all(number) {
                return;
            }
            let Some(node) = self.nodes.get_mut(number) else { return };
            if !node.has_work() {
                if let Some(at) = node.wakes_at() {
                    let after = at.saturating_sub(self.now).max(1);
                    if node.planned.is_none_or(|planned| planned <= self.now || planned > self.now + after) {
                        node.planned = Some(self.now + after);
                        self.plan(after, Event::Wakes { node: number });
                    }
                }
                return;
            }
        }
    }

    /// The disk has done what it was busy with: the rest follows, then what waited.
    fn go_on(&mut self, number: usize) {
        let effect = self.nodes.get_mut(number).and_then(|node| node.held.pop_front());
        if let Some(effect) = effect {
            self.perform(number, effect);
        }
        if self.perform_all(number) {
            self.step(number, Vec::new());
        }
    }

    /// Does what a node asks for, in order; whether all of it is done.
    fn perform_all(&mut self, number: usize) -> bool {
        loop {
            let Some(node) = self.nodes.get_mut(number) else { return false };
            let Some(effect) = node.held.front() else { return true };
            let writes = matches!(effect, Effect::Commit { .. } | Effect::Flush);
            if node.stops_now() {
                self.stop(number);
                return false;
            }
            if self.trouble && writes && self.chance.happens(self.profile.slow_permille) {
                let (life, after) = (node.life, 1 + self.chance.below(self.profile.slow_ms));
                self.plan(after, Event::Written { node: number, life });
                return false;
            }
            if let Some(effect) = node.held.pop_front() {
                self.perform(number, effect);
            }
        }
    }

    fn stop(&mut self, number: usize) {
        let kept = self.chance.next();
        let Some(node) = self.nodes.get_mut(number) else { return };
        node.stop(kept);
        let forgets = match node.correct {
            true => self.profile.control == Control::LogDropped,
            // One that forgets may say another thing.
            false => matches!(self.profile.byzantine, Byzantine::Liar | Byzantine::Forgets),
        };
        if forgets {
            node.forget();
        }
        self.may_lose_log(number);
        self.tell(|| format!("node {number} stops"));
        let key = self.nodes.get(number).map_or([0; 32], |node| node.key);
        for other in 0..self.nodes.len() {
            if other != number && self.nodes.get(other).is_some_and(Node::is_up) {
                self.step(other, vec![Input::Disconnected(key)]);
            }
        }
        let after = 1 + self.chance.below(3_000);
        self.plan(after, Event::Starts { node: number });
    }

    /// A log is lost now and then, of one node at a time.
    fn may_lose_log(&mut self, number: usize) {
        let all_know = self.nodes.iter().all(|node| !node.is_new_log);
        // Before the first block it can't be told from one that comes late to the beginning (ADR 16).
        let has_begun = self.nodes.get(number).is_some_and(|node| node.height() > 0);
        if has_begun && self.profile.loses_logs() && all_know && self.chance.happens(LOG_LOST_PERMILLE) {
            self.tell(|| format!("node {number} has lost its log"));
            self.nodes.get_mut(number).into_iter().for_each(Node::lose_log);
        }
    }

    fn perform(&mut self, number: usize, effect: Effect) {
        let Some(node) = self.nodes.get_mut(number) else { return };
        match effect {
            Effect::Commit { height, writes, .. } => {
                node.commit(height, &writes);
                if let (true, Some((block, state))) = (node.correct, node.head()) {
                    self.watch.decided(number, height, block, state);
                    self.trace.update(&block.0);
                    self.tell(|| format!("node {number} has block {height}: {block}"));
                }
            }
            Effect::Log(record) => node.log.push(*record),
            Effect::Flush if node.correct && self.profile.control == Control::FlushSkipped => {}
            Effect::Flush => node.flushed = node.log.len(),
            Effect::Remember { .. } => node.is_new_log = false,
            Effect::Send { to, message } => self.send(number, to, &message),
            Effect::Verify(mut blocks) => {
                blocks.iter_mut().for_each(|block| node.verify(block));
                let after = 1 + self.chance.below(VERIFY_MS);
                self.plan(after, Event::Verified { node: number, blocks });
            }
            Effect::Answer { request, answer } => self.answered(number, request, &answer),
            Effect::Alarm(alarm) => self.alarmed(number, &alarm),
        }
    }

    fn answered(&mut self, number: usize, request: u64, answer: &Answer) {
        let Some(node) = self.nodes.get_mut(number).filter(|node| node.correct) else { return };
        let store = Arc::clone(&node.store);
        match (node.client.answered(request, answer, &store), answer) {
            (Ok(Some(submission)), Answer::Applied { height, .. }) => {
                self.watch.acknowledged.push((submission, *height));
            }
            (Ok(_), Answer::Busy) if self.profile.byzantine != Byzantine::Flood => {
                let why = "too much waits, where a few clients wait for their answers".to_owned();
                self.watch.violations.push(Violation::Refused { node: number, why });
            }
            (Ok(_), _) => {}
            (Err(why), _) => self.watch.violations.push(Violation::Refused { node: number, why }),
        }
        self.tell(|| format!("node {number} answers {request}: {answer:?}"));
    }

    /// A correct node accuses nobody who is correct.
    fn alarmed(&mut self, number: usize, alarm: &Alarm) {
        self.tell(|| format!("node {number} is alarmed: {alarm:?}"));
        if !self.nodes.get(number).is_some_and(|node| node.correct) {
            return;
        }
        let byzantine = self.byzantine.map(|(_, key)| key);
        // With the others' keys, what the Byzantine one signs is as good as theirs.
        let is_byzantine =
            |key: &[u8; 32]| byzantine == Some(*key) || self.profile.control == Control::SignaturesUnchecked;
        let accused = match alarm {
            Alarm::Equivocation { validator, evidence } => {
                let is_byzantine = is_byzantine(validator);
                self.watch.told(number, is_byzantine, evidence);
                return;
            }
            Alarm::Misbehaved { node, .. } => !is_byzantine(node),
            Alarm::Invalid { id, .. } => self.watch.made.contains(id),
            // Two decided blocks, or a state that is not what was decided: whoever sent it, it is proved.
            Alarm::Fork { .. } | Alarm::State { .. } => {
                let height = self.nodes.get(number).map_or(0, Node::height);
                self.watch.violations.push(Violation::Disagreement { height });
                return;
            }
            // What an audit node, or a network that is cut in two, may well see.
            Alarm::Stalled { .. } | Alarm::PassedOver { .. } => false,
            Alarm::BlockClock { .. } | Alarm::PeerClock { .. } | Alarm::Trouble(_) => false,
        };
        if accused {
            self.watch.violations.push(Violation::Accused { node: number, what: format!("{alarm:?}") });
        }
    }

    fn send(&mut self, from: usize, to: Option<[u8; 32]>, message: &Arc<Message>) {
        let Some(sender) = self.nodes.get(from) else { return };
        let (key, correct, number) = (sender.key, sender.correct, sender.number);
        let place = sender.place();
        match (correct, message.as_ref()) {
            (true, Message::Consensus(message)) => self.watch.said(from, &key, message),
            (true, Message::Proposed(block)) if place == Some(usize::from(block.header.proposer)) => {
                self.watch.made.insert(block.header.id());
            }
            _ => {}
        }
        if self.timeline.is_some() && !matches!(message.as_ref(), Message::Status { .. }) {
            let shown = format!("{message:?}");
            self.tell(|| format!("node {from} says {}", shown.get(..200).unwrap_or(&shown)));
        }
        let mut whole: Option<Arc<[u8]>> = None;
        for to in self.receivers(key, to) {
            let instead = match &mut self.lies {
                Lies::Liar(liar) if !correct => Some(liar.turn(to, message, &mut self.chance)),
                Lies::Twins { halves, forger } if !correct => {
                    let speaks = match halves {
                        true => (to % 2 == 0) == (from == number),
                        false => self.chance.happens(500),
                    };
                    // What comes first counts.
                    let told = self.nodes.get(to).map_or([0; 32], |node| node.key);
                    let forged = forger.as_ref().map(|forger| forger.votes(message, &told)).unwrap_or_default();
                    Some(forged.into_iter().chain([Arc::clone(message)]).filter(|_| speaks).collect())
                }
                _ => None,
            };
            match instead {
                Some(said) => said.iter().for_each(|message| self.transmit(from, to, &message.encode().into())),
                None => {
                    let bytes = Arc::clone(whole.get_or_insert_with(|| message.encode().into()));
                    self.transmit(from, to, &bytes);
                }
            }
        }
    }

    fn receivers(&self, own: [u8; 32], to: Option<[u8; 32]>) -> Vec<usize> {
        let meant = |node: &Node| node.key != own && to.is_none_or(|key| key == node.key);
        self.nodes.iter().enumerate().filter(|(_, node)| meant(node)).map(|(number, _)| number).collect()
    }

    fn transmit(&mut self, from: usize, to: usize, bytes: &Arc<[u8]>) {
        let Profile { delay_ms: (least, most), lost_permille, twice_permille, .. } = self.profile;
        if self.is_cut(from, to) || (self.trouble && self.chance.happens(lost_permille)) {
            return;
        }
        let delay = least + self.chance.below(most.saturating_sub(least) + 1);
        self.plan(delay, Event::Arrives { to, from, bytes: Arc::clone(bytes) });
        if self.trouble && self.chance.happens(twice_permille) {
            let late = delay + self.chance.below(2_000);
            self.plan(late, Event::Arrives { to, from, bytes: Arc::clone(bytes) });
        }
    }
}

/// The first height at which a block does not follow the one before.
fn broken_at(store: &MemoryStore, last: u64) -> Option<u64> {
    let mut parent: Option<Hash> = None;
    for height in 1..=last {
        let stored = store.get(Table::Block, &height.to_be_bytes()).ok().flatten();
        let Some(Ok(block)) = stored.map(|bytes| codec::decode_trusted::<StoredBlock>(&bytes)) else {
            return Some(height);
        };
        if block.header.height != height || parent.is_some_and(|parent| parent != block.header.parent) {
            return Some(height);
        }
        parent = Some(block.header.id());
    }
    None
}
