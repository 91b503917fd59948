//! Says what goes wrong in a simulated network, and how much of it.

/// Numbers that are left to chance: the same from the same seed (SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Whether something happens that happens so many times in a thousand.
    pub fn happens(&mut self, permille: u32) -> bool {
        self.below(1_000) < u64::from(permille)
    }
}

/// What a Byzantine validator does: all of it, each to a part of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Byzantine {
    /// None is Byzantine.
    None,
    /// Runs twice under one key, and so says and proposes two things: to some the one, to others the other.
    Twins,
    /// Tells each node another thing: proposes two blocks at a time, also invalid ones, keeps bodies and submissions back,
    /// votes for what nobody has, votes as others without their keys, lies when others catch up, says old and altered
    /// certificates again.
    Liar,
    /// Forgets what it voted for, and what it is locked on, whenever it starts anew; it is stopped often.
    Forgets,
    /// Sends all that a member can send, as much as it can: submissions that can't be taken yet, votes and proposals of
    /// rounds and heights to come, lists of submissions that nobody has, questions without end.
    Flood,
}

/// What a simulator must notice if it is worth anything: something that is correct is weakened. Nothing of the program is
/// changed for it: what the weakness would let through is made by other means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Nothing is weakened.
    None,
    /// What correct validators remember is lost when they stop.
    LogDropped,
    /// What correct validators must have on disk before they speak is not: the log is never flushed.
    FlushSkipped,
    /// Less than two thirds suffice. The Byzantine validator has so much power that it needs one other only, as if two of
    /// four decided; if it lies rather than runs twice, so much that its own signature makes a certificate.
    QuorumWeakened,
    /// Signatures are not checked. The Byzantine validator signs with the keys of the others, which is all that an absent
    /// check would let through: it votes for them, or makes certificates of their votes.
    SignaturesUnchecked,
}

/// How hard the network is to live in.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// How many validators there are.
    pub validators: u16,
    /// How many nodes without a vote follow them. Clients submit at these, too.
    pub followers: u16,
    /// What one of the validators is, if it is Byzantine.
    pub byzantine: Byzantine,
    /// Heights that must be decided while things go wrong.
    pub heights: u64,
    /// How long a message takes, least and most, in milliseconds.
    pub delay_ms: (u64, u64),
    /// So many of a thousand messages are lost.
    pub lost_permille: u32,
    /// So many of a thousand messages come twice, the second one late.
    pub twice_permille: u32,
    /// A node stops about so often, in milliseconds, in the middle of what it does; 0: never.
    pub stops_every_ms: u64,
    /// The network is cut in two about so often; 0: never.
    pub cuts_every_ms: u64,
    /// How far clocks are off, at most.
    pub skew_ms: u64,
    /// So many of a thousand writes and flushes take long.
    pub slow_permille: u32,
    /// How long such a one takes, at most, in milliseconds.
    pub slow_ms: u64,
    /// Whether administrators admit and retire keys and move lanes meanwhile.
    pub organisations: bool,
    /// Whether the operator adds validators, gives them another power and removes them meanwhile.
    pub changes: bool,
    /// What is weakened.
    pub control: Control,
}

impl Profile {
    /// Whether a validator may lose what it remembers, and know it: where nobody is Byzantine and all count the same, the
    /// others decide without it.
    pub(crate) fn loses_logs(&self) -> bool {
        matches!(self.byzantine, Byzantine::None) && matches!(self.control, Control::None) && !self.changes
    }

    /// Nothing goes wrong.
    pub fn calm() -> Profile {
        Profile {
            validators: 4,
            followers: 1,
            byzantine: Byzantine::None,
            heights: 50,
            delay_ms: (1, 3),
            lost_permille: 0,
            twice_permille: 0,
            stops_every_ms: 0,
            cuts_every_ms: 0,
            skew_ms: 0,
            slow_permille: 0,
            slow_ms: 0,
            organisations: true,
            changes: false,
            control: Control::None,
        }
    }

    /// Everything goes wrong that the network promises to survive.
    pub fn hard(byzantine: Byzantine) -> Profile {
        Profile {
            byzantine,
            delay_ms: (1, 60),
            lost_permille: 50,
            twice_permille: 30,
            stops_every_ms: 4_000,
            cuts_every_ms: 6_000,
            skew_ms: 120_000,
            slow_permille: 10,
            slow_ms: 300,
            ..Profile::calm()
        }
    }

    /// Hard, with something weakened: where logs are, nodes stop more often.
    pub fn weakened(control: Control, byzantine: Byzantine) -> Profile {
        let hard = Profile { control, ..Profile::hard(byzantine) };
        match control {
            Control::LogDropped | Control::FlushSkipped => Profile { stops_every_ms: 800, slow_permille: 0, ..hard },
            _ => hard,
        }
    }

    /// Hard, and the validator set changes: nodes without a vote get one and lose it, powers go up and down.
    pub fn changes(byzantine: Byzantine) -> Profile {
        Profile { changes: true, followers: 2, ..Profile::hard(byzantine) }
    }

    /// Hard, and disks are slow: every fourth write or flush takes up to two seconds.
    pub fn disks(byzantine: Byzantine) -> Profile {
        Profile { slow_permille: 250, slow_ms: 2_000, ..Profile::hard(byzantine) }
    }
}
