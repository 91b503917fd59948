//! Names of things: GS1 keys as Digital Links, times.

use std::fmt;

/// The resolver that canonical Digital Links name.
pub(super) const RESOLVER: &str = "https://id.gs1.org";
/// SSCCs that one campaign may use.
const SSCCS_A_CAMPAIGN: u64 = 1_000;
/// 2026-01-01T00:00:00Z, the start of every workload, in days since 1970.
const FIRST_DAY: u64 = 20_454;
const MILLISECONDS_A_DAY: u64 = 86_400_000;

/// What a thing of a campaign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Raw,
    Side,
    Intermediate,
    Blend,
    Product,
    Item,
    Case,
    Pallet,
    Vessel,
}

/// A thing of a campaign; prints as its Digital Link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) campaign: u32,
    pub(super) role: Role,
    pub(super) index: u32,
}

impl Subject {
    /// The number of a lot, as AI (10) has it.
    pub(super) fn lot_number(&self) -> LotNumber<'_> {
        LotNumber(self)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Subject { campaign, role, index } = *self;
        match role {
            Role::Item => write!(out, "{RESOLVER}/01/{}/21/{campaign:X}{index:06}", gtin(role, 0)),
            Role::Case => write!(out, "{RESOLVER}/01/{}/21/{campaign:X}C{index:06}", gtin(role, 0)),
            Role::Vessel => write!(out, "{RESOLVER}/00/{}", Sscc(u64::from(campaign) * SSCCS_A_CAMPAIGN)),
            Role::Pallet => {
                let number = u64::from(campaign) * SSCCS_A_CAMPAIGN + 1 + u64::from(index);
                write!(out, "{RESOLVER}/00/{}", Sscc(number))
            }
            _ => write!(out, "{RESOLVER}/01/{}/10/{}", gtin(role, index), self.lot_number()),
        }
    }
}

/// Prints a lot's number.
pub(super) struct LotNumber<'a>(&'a Subject);

impl fmt::Display for LotNumber<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Subject { campaign, role, index } = *self.0;
        match role {
            Role::Raw => write!(out, "R{campaign}"),
            Role::Side => write!(out, "S{index}-{campaign}"),
            Role::Intermediate => write!(out, "I{campaign}-{index}"),
            Role::Blend => write!(out, "B{campaign}-{index}"),
            _ => write!(out, "P{campaign}-{index}"),
        }
    }
}

/// The GTIN of a class, in GS1's range for examples; written out, since it stands in every name.
pub(super) fn gtin(role: Role, index: u32) -> &'static str {
    match (role, index) {
        (Role::Raw, _) => "09521000000018",
        (Role::Side, 0) => "09521000000100",
        (Role::Side, 1) => "09521000000117",
        (Role::Side, 2) => "09521000000124",
        (Role::Side, _) => "09521000000131",
        (Role::Intermediate, _) => "09521000000025",
        (Role::Blend, _) => "09521000000032",
        (Role::Case, _) => "09521000000056",
        _ => "09521000000049",
    }
}

/// Prints the serial shipping container code of a number below 10¹².
struct Sscc(u64);

impl fmt::Display for Sscc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = 9_521_000_000_000_000 + self.0;
        write!(out, "{digits:017}{}", check_digit(digits))
    }
}

/// Prints the global location number of a number below 10⁸, also as a party's.
#[derive(Clone, Copy)]
pub(super) struct Gln(pub(super) u64);

impl fmt::Display for Gln {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = 952_100_000_000 + self.0;
        write!(out, "{digits:012}{}", check_digit(digits))
    }
}

/// GS1 General Specifications 7.9.1: weights 3, 1, 3 … from the right.
fn check_digit(mut digits: u64) -> u64 {
    let (mut sum, mut weight) = (0, 3);
    while digits > 0 {
        sum += digits % 10 * weight;
        digits /= 10;
        weight = 4 - weight;
    }
    (10 - sum % 10) % 10
}

/// A moment, in milliseconds since the workload's start; prints as EPCIS has it, in UTC.
#[derive(Clone, Copy)]
pub(super) struct Time(pub(super) u64);

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.0 % MILLISECONDS_A_DAY;
        let (seconds, milliseconds) = (rest / 1000, rest % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(out, "{}T{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}Z", Date(*self))
    }
}

/// Prints the day of a moment.
#[derive(Clone, Copy)]
pub(super) struct Date(pub(super) Time);

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Years begin in March here, so that a leap day is a year's last; an era has 400 years.
        let day = FIRST_DAY + self.0.0 / MILLISECONDS_A_DAY + 719_468;
        let (era, day) = (day / 146_097, day % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        write!(out, "{:04}-{month:02}-{day:02}", era * 400 + year + next)
    }
}

#[cfg(test)]
mod tests {
    //! Goal: names are well formed and times are the calendar's. Method: check digits computed anew;
    //! days known from the calendar.

    use super::*;

    #[test]
    fn written_gtins_have_their_check_digit() {
        for (role, index) in [(Role::Raw, 0), (Role::Intermediate, 0), (Role::Blend, 0), (Role::Item, 0)]
            .into_iter()
            .chain([(Role::Case, 0), (Role::Side, 0), (Role::Side, 1), (Role::Side, 2), (Role::Side, 3)])
        {
            let number: u64 = gtin(role, index).parse().unwrap();
            assert_eq!(check_digit(number / 10), number % 10, "{role:?}");
        }
        // The example of the GS1 General Specifications.
        assert_eq!(check_digit(629_104_150_021), 3);
    }

    #[test]
    fn days_are_the_calendars() {
        let day = |number: u64| Date(Time(number * MILLISECONDS_A_DAY)).to_string();
        assert_eq!(day(0), "2026-01-01");
        assert_eq!(day(58), "2026-02-28");
        assert_eq!(day(59), "2026-03-01");
        assert_eq!(day(364), "2026-12-31");
        assert_eq!(day(789), "2028-02-29");
        assert_eq!(day(790), "2028-03-01");
        assert_eq!(day(730 + 366), "2029-01-01");
        assert_eq!(Time(MILLISECONDS_A_DAY - 1).to_string(), "2026-01-01T23:59:59.999Z");
    }
}
