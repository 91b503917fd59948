//! What kinds of records of credit there are, and who may write them.

use crate::named::named;

named! {
    /// A kind of record, by its `type`.
    pub enum RecordKind {
        /// Whose weights.
        Profile "suyuan:CreditProfile",
        /// A licence.
        Licence "suyuan:Licence",
        /// A penalty.
        Penalty "suyuan:Penalty",
        /// Another act of an authority.
        Administrative "suyuan:Administrative",
        /// A listing as seriously dishonest.
        Listing "suyuan:Listing",
        /// That it has falsified records.
        Falsification "suyuan:Falsification",
        /// An inspection or sampling.
        Inspection "suyuan:Inspection",
        /// That the firm operates without a licence in force.
        Unlicensed "suyuan:UnlicensedOperation",
        /// The public comprehensive score.
        PublicScore "suyuan:PublicScore",
        /// A tier at the customs.
        CustomsTier "suyuan:CustomsTier",
        /// A pledge.
        Pledge "suyuan:Pledge",
        /// What became of one.
        PledgeResult "suyuan:PledgeResult",
        /// What the firm says of itself.
        Disclosure "suyuan:Disclosure",
        /// Whether that is so.
        Verification "suyuan:Verification",
        /// A prompt, a warning, a talk.
        Notice "suyuan:Notice",
        /// That what it asks for is done.
        NoticeDone "suyuan:NoticeDone",
        /// The measures that an authority has.
        MeasureCatalogue "suyuan:MeasureCatalogue",
        /// The use of one.
        Measure "suyuan:Measure",
        /// An objection.
        Objection "suyuan:Objection",
        /// A step of one.
        ObjectionStep "suyuan:ObjectionStep",
        /// An application for repair.
        Repair "suyuan:Repair",
        /// A step of one.
        RepairStep "suyuan:RepairStep",
        /// That what is over is to be erased.
        Removal "suyuan:Removal",
        /// That it is.
        RemovalDone "suyuan:RemovalDone",
        /// Whom an authority inspects by lot.
        Draw "suyuan:InspectionDraw",
        /// A grade that is published.
        Grade "suyuan:Grade",
    }
}

/// Who may write a kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// An authority, about others: nobody judges itself.
    Authority,
    /// An authority, about itself.
    AuthorityItself,
    /// The subject.
    Subject,
    /// Whoever has a node.
    Anybody,
}

impl RecordKind {
    /// Whose it is to say.
    pub fn speaker(self) -> Speaker {
        match self {
            RecordKind::Pledge | RecordKind::Disclosure | RecordKind::Objection | RecordKind::Repair => {
                Speaker::Subject
            }
            RecordKind::RemovalDone => Speaker::Anybody,
            RecordKind::Draw | RecordKind::MeasureCatalogue => Speaker::AuthorityItself,
            _ => Speaker::Authority,
        }
    }
}
