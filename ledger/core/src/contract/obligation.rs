//! What is owed, and what the receipts of it come to (`04-contract.md` §4.2, §4.5): integers only, no clock.

use super::record::Received;
use crate::hash::Hash;
use crate::named::named;

const MILLION: u128 = 1_000_000;
const DAY_MS: i64 = 86_400_000;
/// What a day late takes from punctuality, and from paying behaviour, of 1000.
const LATE_POINTS: u64 = 50;
const LATE_PAYMENT_POINTS: u64 = 20;

named! {
    /// What kind of duty it is.
    pub enum ObligationKind {
        /// Goods are delivered.
        Deliver "deliver",
        /// They are carried.
        Carry "carry",
        /// Something is installed.
        Install "install",
        /// It is maintained.
        Maintain "maintain",
        /// It is inspected.
        Inspect "inspect",
        /// Money is paid.
        Pay "pay",
        /// A document is handed over.
        Document "document",
    }
}

/// An obligation: one duty, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    /// Its name within the terms; `#2` behind it for the second time of one that recurs.
    pub id: String,
    /// What kind of duty.
    pub kind: ObligationKind,
    /// Who owes it: an organisation's URI.
    pub debtor: String,
    /// To whom.
    pub creditor: String,
    /// What: a GTIN, a rule for lots, a device.
    pub what: Option<String>,
    /// How much, in thousandths of the unit.
    pub quantity: u64,
    /// The unit, as UN/ECE Recommendation 20 has it.
    pub unit: Option<String>,
    /// So much less is enough, in millionths of the quantity.
    pub tolerance_minus_ppm: u64,
    /// So much more is taken, likewise.
    pub tolerance_plus_ppm: u64,
    /// When it is due, in milliseconds since 1970.
    pub due: i64,
    /// So many seconds before that it may be performed; any time if absent.
    pub early_seconds: Option<u64>,
    /// So many seconds after that are not late.
    pub late_seconds: u64,
    /// Where.
    pub place: Option<String>,
    /// The rule by which quality is judged.
    pub quality_rule: Option<Hash>,
    /// From which temperature to which, in tenths of a degree Celsius.
    pub temperature: Option<(i64, i64)>,
    /// Obligations that come first.
    pub depends_on: Vec<String>,
    /// A commitment to the price.
    pub price: Option<Hash>,
    /// Of a payment: days from the delivery that it is for to when it is due.
    pub term_days: Option<u32>,
}

/// What the receipts of an obligation come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Determination {
    /// How much was received and not given back, in thousandths.
    pub delivered: u64,
    /// How much is missing, beyond the tolerance.
    pub short: u64,
    /// How much is too much, beyond the tolerance.
    pub over: u64,
    /// Days late, each that is begun counted.
    pub late_days: u64,
    /// When it was done, in milliseconds since 1970.
    pub done: i64,
    /// How much was as agreed of all that was received.
    pub good: u64,
    /// All that was received, with what was given back.
    pub received: u64,
    /// How much was owed.
    owed: u64,
    /// Nothing that would count came of it.
    pub is_breached: bool,
}

impl Obligation {
    /// The last moment that is not late, `extension` milliseconds later than agreed.
    pub fn latest(&self, extension: i64) -> i64 {
        let tolerance = i64::try_from(self.late_seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        self.due.saturating_add(tolerance).saturating_add(extension)
    }

    /// From when on it may be performed.
    pub fn earliest(&self) -> i64 {
        let early = self.early_seconds.map(|seconds| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX));
        early.map_or(i64::MIN, |early| self.due.saturating_sub(early))
    }

    /// The quantity that is enough.
    fn least(&self) -> u64 {
        share(self.quantity, MILLION.saturating_sub(self.tolerance_minus_ppm.into()))
    }

    /// What receipts come to, in any order; none as long as more is expected.
    pub fn determine(&self, receipts: &[Received], extension: i64) -> Option<Determination> {
        let mut receipts = receipts.to_vec();
        receipts.sort_unstable_by_key(|one| one.at);
        let (mut delivered, mut good, mut received, mut done) = (0u64, 0u64, 0u64, None);
        for one in &receipts {
            delivered = delivered.saturating_add(one.quantity.saturating_sub(one.returned));
            good = good.saturating_add(one.good);
            received = received.saturating_add(one.quantity);
            if done.is_none() && delivered >= self.least() {
                done = Some(one.at);
            }
        }
        // What stays short is done with the last that comes.
        let is_complete = receipts.iter().any(|one| one.is_complete);
        let done = done.or_else(|| receipts.last().filter(|_| is_complete).map(|one| one.at))?;
        let most = share(self.quantity, MILLION.saturating_add(self.tolerance_plus_ppm.into()));
        Some(Determination {
            delivered,
            short: self.least().saturating_sub(delivered),
            over: delivered.saturating_sub(most),
            late_days: days_after(self.latest(extension), done),
            done,
            good,
            received,
            owed: self.quantity,
            is_breached: false,
        })
    }

    /// What it comes to that it was not performed.
    pub fn breached(&self, at: i64) -> Determination {
        Determination {
            delivered: 0,
            short: self.least(),
            over: 0,
            late_days: days_after(self.latest(0), at),
            done: at,
            good: 0,
            received: 0,
            owed: self.quantity,
            is_breached: true,
        }
    }
}

/// So many millionths of a quantity, rounded down.
fn share(quantity: u64, ppm: u128) -> u64 {
    u64::try_from(u128::from(quantity).saturating_mul(ppm) / MILLION).unwrap_or(u64::MAX)
}

/// Days from one time to a later one, each that is begun counted.
fn days_after(latest: i64, time: i64) -> u64 {
    let late = time.saturating_sub(latest).max(0);
    u64::try_from(late / DAY_MS + i64::from(late % DAY_MS > 0)).unwrap_or(0)
}

fn per_mille(part: u64, whole: u64) -> u16 {
    let value = (u128::from(part) * 1_000).checked_div(whole.into()).unwrap_or(0).min(1_000);
    u16::try_from(value).unwrap_or(1_000)
}

fn less(days: u64, points: u64) -> u16 {
    u16::try_from(1_000u64.saturating_sub(days.saturating_mul(points))).unwrap_or(0)
}

impl Determination {
    /// ONT: 0 to 1000.
    pub fn punctuality(&self) -> u16 {
        if self.is_breached { 0 } else { less(self.late_days, LATE_POINTS) }
    }

    /// FUL: 0 to 1000, halved when it came more than these days late.
    pub fn fulfilment(&self, grace_days: u32) -> u16 {
        let value = per_mille(self.delivered, self.owed);
        match (self.is_breached, self.late_days > u64::from(grace_days)) {
            (true, _) => 0,
            (false, true) => value / 2,
            (false, false) => value,
        }
    }

    /// QUA: 0 to 1000; none if nothing was received.
    pub fn quality(&self) -> Option<u16> {
        (self.received > 0).then(|| per_mille(self.good, self.received))
    }

    /// PAY: 0 to 1000.
    pub fn payment(&self) -> u16 {
        if self.is_breached { 0 } else { less(self.late_days, LATE_PAYMENT_POINTS) }
    }

    /// Whether it is all that was owed, in time.
    pub fn is_faultless(&self) -> bool {
        !self.is_breached && self.late_days == 0 && self.short == 0 && self.good == self.received
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: i64 = 1_780_000_000_000;

    fn obligation() -> Obligation {
        Obligation {
            id: "1".to_owned(),
            kind: ObligationKind::Deliver,
            debtor: "a".to_owned(),
            creditor: "b".to_owned(),
            what: None,
            quantity: 1_000_000,
            unit: None,
            tolerance_minus_ppm: 5_000,
            tolerance_plus_ppm: 10_000,
            due: DUE,
            early_seconds: None,
            late_seconds: 3_600,
            place: None,
            quality_rule: None,
            temperature: None,
            depends_on: Vec::new(),
            price: None,
            term_days: None,
        }
    }

    fn received(at: i64, quantity: u64, good: u64) -> Received {
        Received { at, quantity, good, returned: 0, is_complete: false }
    }

    // Goal: what receipts come to is what §4.5 computes. Method: its formulae by hand at their limits: the last moment in
    // time and the first late one, the least that is enough, more than was asked for, grace, what was given back.
    #[test]
    fn determined() {
        let (one, latest) = (obligation(), DUE + 3_600_000);
        let of = |receipts: &[Received]| one.determine(receipts, 0);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[received(DUE, 994_999, 994_999)]), None);
        let enough = of(&[received(latest, 995_000, 995_000)]).unwrap();
        assert_eq!((enough.late_days, enough.short, enough.punctuality(), enough.fulfilment(10)), (0, 0, 1_000, 995));
        assert!(enough.is_faultless());
        let late = of(&[received(latest + 1, 1_000_000, 960_000)]).unwrap();
        assert_eq!((late.late_days, late.punctuality(), late.quality()), (1, 950, Some(960)));
        // In two parts, the second of which makes it enough, the first of which says so: order does not matter.
        let parts = [received(latest + 10 * DAY_MS, 900_000, 0), received(DUE, 111_000, 111_000)];
        let parts = of(&parts).unwrap();
        assert_eq!((parts.late_days, parts.over, parts.fulfilment(10), parts.fulfilment(9)), (10, 1_000, 1_000, 500));
        let far = of(&[received(latest + 40 * DAY_MS, 1_000_000, 1_000_000)]).unwrap();
        assert_eq!((far.punctuality(), far.payment()), (0, 200));
        let short = Received { is_complete: true, ..received(latest + 17 * DAY_MS + 1, 820_000, 820_000) };
        let short = of(&[short]).unwrap();
        assert_eq!((short.short, short.late_days, short.fulfilment(10), short.punctuality()), (175_000, 18, 410, 100));
        let back = Received { returned: 1_000_000, good: 0, is_complete: true, ..received(DUE, 1_000_000, 0) };
        let back = of(&[back]).unwrap();
        assert_eq!((back.delivered, back.fulfilment(10), back.quality()), (0, 0, Some(0)));
        let breached = one.breached(latest + 30 * DAY_MS);
        assert_eq!(
            (breached.fulfilment(10), breached.punctuality(), breached.payment(), breached.quality()),
            (0, 0, 0, None)
        );
        assert_eq!(one.determine(&[received(latest + DAY_MS, 1_000_000, 1)], DAY_MS).unwrap().late_days, 0);
    }
}
