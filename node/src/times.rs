//! Times as people and programs are told them.

use suyuan_epcis::time::{Rounding, Stamp};

/// Milliseconds since 1970 as `YYYY-MM-DDThh:mm:ss.mmmZ`.
pub fn time_text(milliseconds: i64) -> String {
    let nanoseconds = u32::try_from(milliseconds.rem_euclid(1_000)).unwrap_or(0).saturating_mul(1_000_000);
    let stamp = Stamp { seconds: milliseconds.div_euclid(1_000), nanoseconds };
    stamp.to_utc_milliseconds(Rounding::HalfUp).unwrap_or_default()
}

/// A time with its offset, in milliseconds since 1970.
pub fn milliseconds(text: &str) -> Option<i64> {
    let stamp = Stamp::parse(text)?;
    stamp.seconds.checked_mul(1_000)?.checked_add(i64::from(stamp.nanoseconds / 1_000_000))
}
