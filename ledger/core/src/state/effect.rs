//! What an event changes in the subjects that it names, and what is flagged (`proofs.md` §6). Only an author
//! with standing moves a holder, a parent or a life.

use super::standing::Holding;
use super::subject::{NONE, SubjectState, life};
use crate::derive::{Action, Derived, EventType, Quantity, Step};
use crate::key::KeyKind;
use crate::record::{Role, Standing, flag, mask};

/// One subject as an event names it.
pub struct Named<'a> {
    /// In which role.
    pub role: Role,
    /// What kind of thing it is.
    pub kind: KeyKind,
    /// The author's standing towards it.
    pub standing: Standing,
    /// Its state before, if it is not new.
    pub state: Option<&'a SubjectState>,
    /// Who held it before.
    pub holding: Holding,
    /// How much of it.
    pub quantity: Option<Quantity>,
}

/// What the effects of an event need beside the subject.
pub struct Event<'a> {
    /// What it says.
    pub derived: &'a Derived,
    /// The author's organisation number.
    pub author: u64,
    /// Its own number plus one.
    pub own: u64,
    /// The receiver whom a shipment names: an organisation, [`super::subject::UNREGISTERED`], or [`NONE`].
    pub next: u64,
    /// The parent's number plus one, or 0.
    pub parent: u64,
    /// Who held the parent before.
    pub parent_holding: Holding,
}

/// Whether a life of its own is expected to begin by commissioning.
pub(crate) fn is_commissioned(kind: KeyKind) -> bool {
    matches!(kind, KeyKind::Item | KeyKind::Upui | KeyKind::Lot | KeyKind::DrugCode | KeyKind::Device)
}

/// Whether an event says of what it names in this role that it was made.
pub fn makes(derived: &Derived, role: Role) -> bool {
    match role {
        Role::Output => true,
        Role::Epc => {
            derived.event_type == EventType::Object
                && derived.action == Some(Action::Add)
                && derived.step != Step::Shipping
                && derived.step != Step::Receiving
        }
        _ => false,
    }
}

impl Event<'_> {
    /// Whether the event begins the life of what it names so.
    pub fn commissions(&self, role: Role) -> bool {
        makes(self.derived, role)
    }

    fn ends(&self, role: Role) -> bool {
        role == Role::Epc
            && self.derived.event_type == EventType::Object
            && (self.derived.action == Some(Action::Delete) || self.derived.step == Step::Ending)
    }

    fn contains(&self) -> bool {
        matches!(self.derived.event_type, EventType::Aggregation | EventType::Association)
    }

    /// Whether it would commission a second time what the same author commissioned (203).
    pub fn commissions_again(&self, named: &Named<'_>) -> bool {
        let once = matches!(named.kind, KeyKind::Item | KeyKind::Upui | KeyKind::LogisticUnit | KeyKind::DrugCode);
        once && self.commissions(named.role)
            && named.state.is_some_and(|state| state.life != life::UNKNOWN && state.maker == self.author)
    }

    /// The flags that naming this subject gives the event.
    pub fn flags(&self, named: &Named<'_>, owned_by_other: bool, unbound: bool) -> u64 {
        let mut flags = 0;
        let mut set = |condition: bool, bit: u64| {
            if condition {
                flags |= bit;
            }
        };
        let life_before = named.state.map_or(life::UNKNOWN, |state| state.life);
        let takes_part = !matches!(named.role, Role::Lot | Role::Alias | Role::Error | Role::Retract | Role::Process);
        let recalled = named.state.is_some_and(|state| state.recall != 0);
        set(unbound && named.role != Role::Process, flag::PREFIX_UNBOUND);
        set(self.commissions(named.role) && owned_by_other, flag::FOREIGN_COMMISSION);
        set(
            takes_part && is_commissioned(named.kind) && life_before == life::UNKNOWN && !self.commissions(named.role),
            flag::NEVER_COMMISSIONED,
        );
        set(takes_part && matches!(life_before, life::ENDED | life::CONSUMED), flag::AFTER_END_OF_LIFE);
        if named.role == Role::Epc {
            let step = self.derived.step;
            let expected = named.holding.next == self.author || named.holding.holder == self.author;
            set(step == Step::Receiving && !expected && named.standing < Standing::Owner, flag::RECEIVER_NOT_NAMED);
            set(recalled && matches!(step, Step::Shipping | Step::Receiving), flag::MOVED_WHILE_RECALLED);
            set(self.derived.recalled && !self.may_recall(named), flag::BYSTANDER_RECALL);
        }
        if named.role == Role::Child && self.derived.action == Some(Action::Add) {
            let parent = named.state.map_or(0, |state| state.parent);
            set(parent != 0 && parent != self.parent, flag::ALREADY_CONTAINED);
        }
        if named.role == Role::Process {
            set(named.state.is_some_and(|state| state.founder != self.author), flag::FOREIGN_PROCESS);
        }
        let mut after = named.state.cloned().unwrap_or_else(|| SubjectState::founded(Default::default(), self.author));
        if named.standing >= Standing::Unconfirmed {
            self.count(named.role, named.quantity, &mut after);
            set(after.balance < 0, flag::NEGATIVE_BALANCE);
        }
        flags
    }

    /// Whether a recall by this author has effect: of an owner or authority, or of a holder for what it holds.
    pub fn may_recall(&self, named: &Named<'_>) -> bool {
        match named.standing {
            Standing::Owner | Standing::Authority => true,
            Standing::Holder => named.holding.holder == self.author && !super::standing::is_class_level(named.kind),
            Standing::Unconfirmed | Standing::Bystander => false,
        }
    }

    /// The bits of the event's mask that depend on standing.
    pub fn mask(&self, named: &Named<'_>) -> u32 {
        let mut bits = 0;
        if named.role == Role::Epc {
            if self.derived.recalled {
                bits |= if self.may_recall(named) { mask::RECALL } else { mask::RECALL_CLAIM };
            }
            if self.ends(named.role) && named.standing >= Standing::Unconfirmed {
                bits |= mask::END_OF_LIFE;
            }
        }
        bits
    }

    /// Changes the state of a subject named in this role, standing and quantity. What it does depends on the
    /// state and these alone, so that subjects which shared a history go on sharing it.
    pub fn change(
        &self,
        role: Role,
        kind: KeyKind,
        standing: Standing,
        quantity: Option<Quantity>,
        state: &mut SubjectState,
    ) {
        if standing < Standing::Unconfirmed {
            return;
        }
        self.count(role, quantity, state);
        let class_level = super::standing::is_class_level(kind);
        if self.commissions(role) {
            self.commission(state);
        }
        match role {
            Role::Epc => self.change_epc(class_level, standing, state),
            Role::Input if !class_level => state.life = life::CONSUMED,
            Role::Parent if self.contains() => self.change_parent(state),
            Role::Child if self.contains() && !class_level => self.change_child(state),
            _ => {}
        }
    }

    fn commission(&self, state: &mut SubjectState) {
        if state.life != life::ACTIVE || state.maker == NONE {
            state.life = life::ACTIVE;
            state.maker = self.author;
            state.holder = self.author;
            state.next = NONE;
            state.claim = 0;
        }
    }

    fn change_epc(&self, class_level: bool, standing: Standing, state: &mut SubjectState) {
        match self.derived.step {
            Step::Shipping if !class_level => state.next = self.next,
            Step::VoidShipping => state.next = NONE,
            Step::Receiving if !class_level => {
                state.holder = self.author;
                state.next = NONE;
                state.claim = if standing == Standing::Unconfirmed { self.own } else { 0 };
            }
            _ => {}
        }
        // One who names what nobody held yet, with the right to, is taken to hold it.
        if !class_level && state.holder == NONE {
            state.holder = self.author;
        }
        if self.ends(Role::Epc) && !class_level {
            state.life = life::ENDED;
        }
        let owner = standing >= Standing::Owner;
        let own_stock = standing == Standing::Holder && !class_level && state.holder == self.author;
        if owner || own_stock {
            if self.derived.recalled {
                state.recall = 1;
            } else if self.derived.recall_lifted {
                state.recall = 0;
            }
        }
    }

    fn change_parent(&self, state: &mut SubjectState) {
        if self.derived.action == Some(Action::Add) {
            if state.life == life::UNKNOWN {
                state.life = life::ACTIVE;
                state.maker = self.author;
            }
            if state.holder == NONE {
                state.holder = self.author;
            }
        }
        if self.derived.mask & mask::UNPACK_ALL != 0 {
            state.emptied = self.own;
            state.emptied_by = self.parent_holding.holder;
        }
    }

    fn change_child(&self, state: &mut SubjectState) {
        match self.derived.action {
            Some(Action::Add) => {
                if state.holder == NONE {
                    state.holder = self.author;
                }
                state.parent = self.parent;
                state.packed = self.own;
            }
            Some(Action::Delete) if state.parent == self.parent => {
                state.parent = 0;
                state.packed = 0;
                // It came where its parent came.
                state.holder = self.parent_holding.holder;
                state.next = self.parent_holding.next;
                state.claim = 0;
            }
            _ => {}
        }
    }

    /// Keeps the balance of a lot: what came into being, less what was used up. In one unit only: that of its
    /// first quantity.
    fn count(&self, role: Role, quantity: Option<Quantity>, state: &mut SubjectState) {
        let Some(Quantity { thousandths: Some(amount), unit }) = quantity else { return };
        let change = match role {
            _ if self.commissions(role) => amount,
            Role::Input => amount.saturating_neg(),
            Role::Epc if self.ends(role) => amount.saturating_neg(),
            _ => return,
        };
        // A lot that was not made here has no balance to go below.
        if state.life == life::UNKNOWN && change < 0 {
            return;
        }
        if state.balance == 0 && change > 0 {
            state.unit = unit;
        }
        if state.unit == unit {
            state.balance = state.balance.saturating_add(change);
        }
    }
}
