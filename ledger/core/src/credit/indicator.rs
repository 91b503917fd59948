//! What is measured of a firm.

use crate::named::named;

named! {
    /// An indicator (`05-credit-model.md` §5.2), in the order in which they are shown and in which ties are broken.
    pub enum Indicator {
        /// Contracts fulfilled.
        Fulfilment "FUL",
        /// Delivered on time.
        OnTime "ONT",
        /// Quality accepted.
        Quality "QUA",
        /// Completeness of traces.
        TraceCompleteness "TRC",
        /// Timeliness of traces.
        TraceTimeliness "TRT",
        /// Inspections and samplings.
        Inspection "INS",
        /// Recalls handled.
        Recall "RCL",
        /// Penalties in publication.
        Penalty "PEN",
        /// Licences required and valid.
        Licence "LIC",
        /// Pledges kept.
        Commitment "CMT",
        /// Paid on time.
        Payment "PAY",
        /// The customs' tier.
        CustomsTier "AEO",
        /// Equipment not overdue for inspection.
        Equipment "EQP",
        /// The authority's public comprehensive score.
        PublicScore "PUB",
    }
}

impl Indicator {
    /// Whether it is the mean of facts, each of a day; the others are as they stand.
    pub fn is_of_facts(self) -> bool {
        use Indicator::*;
        match self {
            Fulfilment | OnTime | Quality | TraceCompleteness | TraceTimeliness | Inspection | Recall | Commitment
            | Payment => true,
            Penalty | Licence | CustomsTier | Equipment | PublicScore => false,
        }
    }

    /// Whether a firm of which nothing is known in it has no value there; the others fall back on the prior.
    pub fn may_be_absent(self) -> bool {
        use Indicator::*;
        matches!(self, Payment | Inspection | Recall | Commitment | CustomsTier | Equipment | PublicScore)
    }

    /// Whether one counterparty's favourable facts count only so far.
    pub fn is_capped(self) -> bool {
        use Indicator::*;
        matches!(self, Fulfilment | OnTime | Quality | Payment)
    }

    /// Whether its mass says that there is enough to rate a firm by.
    pub(super) fn is_evidence(self) -> bool {
        self.is_of_facts() && !matches!(self, Indicator::Recall | Indicator::Commitment)
    }

    /// Its place in the order.
    pub(super) fn place(self) -> usize {
        self as usize
    }
}
