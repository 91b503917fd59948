//! The kinds of rows that are read out of bodies, by the first byte of their keys: here in one list, so that no two are the same.
//! What each holds is said where it is written.

/// A kind of rows.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(super) enum RowKind {
    OfSubject = 1,
    OfContract = 2,
    Contract = 3,
    OfParty = 4,
    Sums = 5,
    Confirmed = 6,
    Grade = 7,
    Device = 8,
    User = 9,
    Announced = 10,
    Step = 11,
    Ordered = 12,
    Withdrawn = 13,
    Catalogue = 14,
    Procedure = 15,
    Received = 16,
    Claimed = 17,
    Removal = 18,
    Asked = 19,
    Done = 20,
    Any = 21,
    Waiting = 22,
    Due = 23,
    Less = 24,
    Sent = 25,
    Early = 26,
    Work = 27,
    Taken = 28,
    Last = 29,
    Witnessed = 30,
    Paid = 31,
    Licensed = 32,
}
