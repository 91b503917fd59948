//! The linter of positive offer files of North American coupons, AI (8112).

use super::coupon::{Fields, LengthIndicator, SERIAL_NUMBER};
use super::{CompanyPrefixes, LintResult, csetnumeric};
use crate::codes::lint;

/// A coupon of a positive offer file: format, funder, offer code, serial number.
pub fn couponposoffer(value: &str) -> LintResult {
    couponposoffer_with(value, CompanyPrefixes::Unchecked)
}

/// As [`couponposoffer`], with a funder whose company prefix is in `prefixes`.
pub fn couponposoffer_with(value: &str, prefixes: CompanyPrefixes) -> LintResult {
    csetnumeric(value)?;
    let fields = &mut Fields::new(value);
    fields.choice(b"01", lint::COUPON_MISSING_FORMAT_CODE, lint::COUPON_INVALID_FORMAT_CODE)?;
    let funder = [lint::COUPON_MISSING_FUNDER_VLI, lint::COUPON_INVALID_FUNDER_LENGTH, lint::COUPON_TRUNCATED_FUNDER];
    fields.prefix(LengthIndicator::PREFIX, funder, prefixes)?;
    fields.digits(6, lint::COUPON_TRUNCATED_OFFER_CODE)?;
    fields.sized(LengthIndicator::SERIAL, SERIAL_NUMBER)?;
    fields.finish()
}
