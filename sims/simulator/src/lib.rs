//! Runs a whole network of nodes in one thread, under a virtual clock, from a seed: the very core that runs in
//! production, with messages that are lost, late, doubled and cut off, nodes that stop in the middle of what they do,
//! clocks that are off, and validators that lie.
//!
//! The same seed gives the same run, to the last message: [`Outcome::trace`] is a hash over all of it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod byzantine;
mod checks;
mod node;
mod profile;

pub use checks::Violation;
pub use profile::{Byzantine, Control, Profile};

use std::collections::BTreeMap;
use std::sync::Arc;

use suyuan_ledger::block::Validator;
use suyuan_ledger::codec;
use suyuan_ledger::hash::{FileHasher, Hash};
use suyuan_ledger::kv::{Read as _, Table};
use suyuan_ledger::organisation::genesis::{Genesis, GenesisOrganisation, chain_id};
use suyuan_ledger::organisation::{KeyRole, OrganisationRole, Parameters, Scope, ScopeKind};
use suyuan_node::core::{Answer, Effect, Input, Message};
use suyuan_sdk::signer::{MemorySigner, Signer as _};

use byzantine::Liar;
use checks::Watch;
use node::Node;
use profile::Chance;

/// 2028-01-01: later than any event of a workload.
const START_MS: i64 = 1_830_297_600_000;
/// After nothing goes wrong any more, all correct nodes must have come as far as they must within so long.
pub const CONVERGES_MS: u64 = 60_000;
/// Whatever goes wrong stops after so long, decided or not.
const TROUBLE_MS: u64 = 3_600_000;
/// A client of each node brings something about so often.
const CLIENT_MS: u64 = 250;
/// Nothing useful takes more steps.
const STEPS_MAX: u64 = 20_000_000;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// A hash over all that happened.
    pub trace: Hash,
    /// The height that all correct nodes have.
    pub height: u64,
    /// How long it took them to come to one height once nothing went wrong any more, in virtual milliseconds.
    pub converged_ms: u64,
    /// Submissions that correct nodes said are on the ledger.
    pub acknowledged: usize,
    /// What must never happen, and did.
    pub violations: Vec<Violation>,
}

/// Something that will happen.
enum Event {
    /// A message arrives.
    Arrives { to: usize, from: usize, message: Arc<Message> },
    /// A node has something to do by then.
    Wakes { node: usize },
    /// A client of a node brings its next submission, or the last one again.
    Client { node: usize },
    /// A correct node stops after so many effects more.
    Stops,
    /// A node starts again.
    Starts { node: usize },
    /// The network is cut in two, or whole again.
    Cuts,
}

/// A network of nodes.
struct World {
    profile: Profile,
    chance: Chance,
    now: u64,
    events: BTreeMap<(u64, u64), Event>,
    next_event: u64,
    nodes: Vec<Node>,
    liar: Option<(usize, Liar)>,
    /// On which side of a cut each node is.
    side: Vec<bool>,
    trouble: bool,
    watch: Watch,
    trace: FileHasher,
    timeline: Option<Vec<String>>,
}

/// Runs a network.
pub fn run(seed: u64, profile: Profile) -> Outcome {
    let mut world = World::new(seed, profile, false);
    world.run()
}

/// Runs a network, and tells what happened, line by line.
pub fn run_with_timeline(seed: u64, profile: Profile) -> (Outcome, Vec<String>) {
    let mut world = World::new(seed, profile, true);
    let outcome = world.run();
    (outcome, world.timeline.unwrap_or_default())
}

fn seed_of(kind: u8, number: usize) -> [u8; 32] {
    let mut seed = [kind; 32];
    if let Some(last) = seed.last_mut() {
        *last = u8::try_from(number).unwrap_or(u8::MAX);
    }
    seed
}

fn genesis(profile: &Profile) -> Genesis {
    let public = |kind, number| MemorySigner::from_seed(&seed_of(kind, number)).public();
    let organisation = |number: usize| GenesisOrganisation {
        uri: format!("urn:example:organisation:{number}"),
        aliases: Vec::new(),
        name: format!("Organisation {number}"),
        role: if number == 0 { OrganisationRole::Operator } else { OrganisationRole::Member },
        keys: vec![(public(2, number), KeyRole::Device), (public(3, number), KeyRole::Administrator)],
        bindings: match number {
            0 => Scope::new(ScopeKind::Prefix, "9521").map(|scope| vec![(scope, false)]).unwrap_or_default(),
            _ => Vec::new(),
        },
    };
    let validator = |number| Validator { key: public(1, number), power: 1 };
    let validators = usize::from(profile.validators);
    Genesis {
        network: "simulated".to_owned(),
        start_time: START_MS,
        parameters: Parameters::default(),
        organisations: (0..validators).map(organisation).collect(),
        validators: (0..validators).map(validator).collect(),
        threshold: 0,
    }
}

impl World {
    fn new(seed: u64, profile: Profile, tells: bool) -> World {
        let mut chance = Chance::new(seed);
        let genesis = genesis(&profile);
        let bytes = genesis.write();
        let validators = usize::from(profile.validators);
        let byzantine = (profile.byzantine != Byzantine::None).then(|| chance.index(validators));
        let mut nodes: Vec<Node> = (0..validators).map(|number| Node::new(&genesis, &bytes, number, seed)).collect();
        // A twin is one more node with the key of the Byzantine one.
        if let (Byzantine::Twins, Some(number)) = (profile.byzantine, byzantine) {
            nodes.push(Node::new(&genesis, &bytes, number, seed));
        }
        for (place, node) in nodes.iter_mut().enumerate() {
            node.correct = Some(place) != byzantine && place < validators;
            let skew = i64::try_from(chance.below(2 * profile.skew_ms + 1)).unwrap_or(0);
            node.skew_ms = skew - i64::try_from(profile.skew_ms).unwrap_or(0);
        }
        let liar = match (profile.byzantine, byzantine) {
            (Byzantine::Liar, Some(number)) => Some((number, Liar::new(&seed_of(1, number), chain_id(&bytes)))),
            _ => None,
        };
        let mut world = World {
            side: vec![false; nodes.len()],
            profile,
            chance,
            now: 0,
            events: BTreeMap::new(),
            next_event: 0,
            nodes,
            liar,
            trouble: true,
            watch: Watch::default(),
            trace: FileHasher::default(),
            timeline: tells.then(Vec::new),
        };
        world.plan_all();
        world
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

    fn run(&mut self) -> Outcome {
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
            if !self.trouble && (self.least_height() >= needed || self.now > healed_at + CONVERGES_MS) {
                break;
            }
        }
        self.finish(healed_at, needed)
    }

    fn finish(&mut self, healed_at: u64, needed: u64) -> Outcome {
        if self.watch.violations.is_empty() {
            self.check_end(needed);
        }
        Outcome {
            trace: self.trace.finish(),
            height: self.least_height(),
            converged_ms: self.now.saturating_sub(healed_at),
            acknowledged: self.watch.acknowledged.len(),
            violations: std::mem::take(&mut self.watch.violations),
        }
    }

    fn check_end(&mut self, needed: u64) {
        let correct = || self.nodes.iter().enumerate().filter(|(_, node)| node.correct);
        let mut violations = Vec::new();
        for (number, node) in correct() {
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
        }
        self.watch.violations = violations;
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
        self.tell(|| "nothing goes wrong any more".to_owned());
        for node in 0..self.nodes.len() {
            if self.nodes.get(node).is_some_and(|one| !one.is_up()) {
                self.plan(1, Event::Starts { node });
            }
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives { to, from, message } => {
                if self.is_cut(to, from) || !self.nodes.get(to).is_some_and(Node::is_up) {
                    return;
                }
                let bytes = message.encode();
                self.trace.update(&self.now.to_le_bytes());
                self.trace.update(&bytes);
                let key = self.nodes.get(from).map_or([0; 32], |node| node.key);
                // What arrives are bytes.
                let Ok(message) = Message::decode(&bytes) else { return };
                let heard = self.nodes.get(to).and_then(|node| node.heard(key, message));
                self.step(to, heard.into_iter().collect());
            }
            Event::Wakes { node } => self.step(node, Vec::new()),
            Event::Client { node } => self.client(node),
            Event::Stops | Event::Cuts if !self.trouble => {}
            Event::Stops => {
                let node = self.chance.index(self.nodes.len());
                let effects = self.chance.below(12);
                if let Some(one) = self.nodes.get_mut(node).filter(|one| one.is_up()) {
                    one.stops_in = Some(effects);
                }
                self.plan_trouble(self.profile.stops_every_ms, Event::Stops);
            }
            Event::Starts { node } => self.start(node),
            Event::Cuts => {
                let whole = self.side.iter().any(|side| *side);
                for side in &mut self.side {
                    *side = !whole && self.chance.happens(500);
                }
                let sides = self.side.clone();
                self.tell(|| format!("cut: {sides:?}"));
                self.plan_trouble(self.profile.cuts_every_ms, Event::Cuts);
            }
        }
    }

    fn is_cut(&self, one: usize, other: usize) -> bool {
        self.side.get(one) != self.side.get(other)
    }

    fn start(&mut self, number: usize) {
        let Some(node) = self.nodes.get_mut(number).filter(|node| !node.is_up()) else { return };
        if let Err(why) = node.start() {
            self.watch.violations.push(Violation::Stopped { node: number, why });
            return;
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

    /// A client brings its next submission, or the last one again if it got no answer.
    fn client(&mut self, number: usize) {
        let again = CLIENT_MS / 2 + self.chance.below(CLIENT_MS);
        self.plan(again, Event::Client { node: number });
        let wall_ms = START_MS + i64::try_from(self.now).unwrap_or(0);
        let Some(node) = self.nodes.get_mut(number).filter(|node| node.is_up()) else { return };
        let (request, submission) = node.next_submission(wall_ms, &mut self.chance);
        self.step(number, vec![Input::Submit { request, submission: Box::new(submission) }]);
    }

    /// Lets a node take inputs, and does what it asks for.
    fn step(&mut self, number: usize, inputs: Vec<Input>) {
        let mut inputs = inputs;
        loop {
            let (now, start) = (self.now, START_MS);
            let Some(node) = self.nodes.get_mut(number) else { return };
            let effects = match node.step(now, start, std::mem::take(&mut inputs)) {
                None => return,
                Some(Ok(effects)) => effects,
                Some(Err(why)) => {
                    if node.correct {
                        self.watch.violations.push(Violation::Stopped { node: number, why });
                    }
                    node.stop(0);
                    return;
                }
            };
            for effect in effects {
                if self.nodes.get_mut(number).is_some_and(Node::stops_now) {
                    self.stop(number);
                    return;
                }
                self.perform(number, effect);
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

    fn stop(&mut self, number: usize) {
        let kept = self.chance.next();
        let Some(node) = self.nodes.get_mut(number) else { return };
        node.stop(kept);
        let forgets = match node.correct {
            true => self.profile.control == Control::LogDropped,
            // A liar that forgets may say another thing.
            false => self.profile.byzantine == Byzantine::Liar,
        };
        if forgets {
            node.forget();
        }
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

    fn perform(&mut self, number: usize, effect: Effect) {
        let Some(node) = self.nodes.get_mut(number) else { return };
        match effect {
            Effect::Commit { height, writes, .. } => {
                node.commit(height, &writes);
                if let (true, Some((block, state))) = (node.correct, node.head()) {
                    self.watch.decided(height, block, state);
                    self.trace.update(&block.0);
                    self.tell(|| format!("node {number} has block {height}: {block}"));
                }
            }
            Effect::Log(record) => node.log.push(*record),
            Effect::Flush => node.flushed = node.log.len(),
            Effect::Send { to, message } => self.send(number, to, &message),
            Effect::Answer { request, answer } => {
                if let (true, Answer::Applied { height, .. }) = (node.correct, &answer)
                    && let Some(submission) = node.awaited()
                {
                    self.watch.acknowledged.push((submission, *height));
                }
                node.answered(request, &answer);
            }
            Effect::Alarm(alarm) => self.tell(|| format!("node {number} is alarmed: {alarm:?}")),
        }
    }

    fn send(&mut self, from: usize, to: Option<[u8; 32]>, message: &Arc<Message>) {
        let Some(sender) = self.nodes.get(from) else { return };
        let (key, correct) = (sender.key, sender.correct);
        if let (true, Message::Consensus(message)) = (correct, message.as_ref()) {
            self.watch.said(from, &key, message);
        }
        if self.timeline.is_some() && !matches!(message.as_ref(), Message::Status { .. }) {
            let shown = format!("{message:?}");
            self.tell(|| format!("node {from} says {}", shown.get(..200).unwrap_or(&shown)));
        }
        let said = match &mut self.liar {
            Some((number, liar)) if *number == from => liar.turn(message, &mut self.chance),
            _ => vec![Arc::clone(message)],
        };
        for to in self.receivers(key, to) {
            // Each of two twins speaks to whom the other does not, now this way, now that.
            let is_twin = !correct && self.profile.byzantine == Byzantine::Twins;
            if is_twin && self.chance.happens(500) {
                continue;
            }
            said.iter().for_each(|message| self.transmit(from, to, message));
        }
    }

    fn receivers(&self, own: [u8; 32], to: Option<[u8; 32]>) -> Vec<usize> {
        let meant = |node: &Node| node.key != own && to.is_none_or(|key| key == node.key);
        self.nodes.iter().enumerate().filter(|(_, node)| meant(node)).map(|(number, _)| number).collect()
    }

    fn transmit(&mut self, from: usize, to: usize, message: &Arc<Message>) {
        let Profile { delay_ms: (least, most), lost_permille, twice_permille, .. } = self.profile;
        if self.is_cut(from, to) || (self.trouble && self.chance.happens(lost_permille)) {
            return;
        }
        let delay = least + self.chance.below(most.saturating_sub(least) + 1);
        self.plan(delay, Event::Arrives { to, from, message: Arc::clone(message) });
        if self.trouble && self.chance.happens(twice_permille) {
            let late = delay + self.chance.below(2_000);
            self.plan(late, Event::Arrives { to, from, message: Arc::clone(message) });
        }
    }
}

/// How many bytes a message has: what simulations count.
pub fn message_bytes(message: &Message) -> usize {
    codec::encode(message).len()
}
