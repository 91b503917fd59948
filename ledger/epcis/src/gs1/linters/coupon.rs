//! The linter of North American coupon codes, AI (8110).
//!
//! A coupon is a row of digits read from left to right; most fields begin with an indicator of their length. The field
//! order is that of the North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols.

use super::{CompanyPrefixes, LintError, LintResult, csetnumeric, gcppos1_with, yymmdd};
use crate::codes::{Code, lint};

/// Reads fields off the digits of a coupon.
pub(super) struct Fields<'a> {
    value: &'a str,
    position: usize,
}

/// The length indicators a field may have, and how the field's length follows from one.
#[derive(Clone, Copy)]
pub(super) struct LengthIndicator {
    min: u8,
    max: u8,
    /// Digits that a field of indicator 0 has.
    base: usize,
}

/// The codes of a field with a length indicator: indicator missing, indicator out of range, field truncated.
pub(super) type FieldCodes = [&'static Code; 3];

impl LengthIndicator {
    /// 6 to 12 digits, a company prefix.
    pub(super) const PREFIX: LengthIndicator = LengthIndicator { min: b'0', max: b'6', base: 6 };
    /// 1 to 5 digits, a value.
    const VALUE: LengthIndicator = LengthIndicator { min: b'1', max: b'5', base: 0 };
    /// 6 to 15 digits, a serial number.
    pub(super) const SERIAL: LengthIndicator = LengthIndicator { min: b'0', max: b'9', base: 6 };
    /// 7 to 13 digits, a company prefix or a GLN.
    const RETAILER: LengthIndicator = LengthIndicator { min: b'1', max: b'7', base: 6 };
}

impl<'a> Fields<'a> {
    pub(super) fn new(value: &'a str) -> Self {
        Fields { value, position: 0 }
    }

    fn rest(&self) -> &'a str {
        self.value.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().bytes().next()
    }

    /// What is missing is shown as all of the value, what is cut short as the part that there is.
    fn truncated(&self, code: &'static Code) -> LintError {
        match self.rest().is_empty() {
            true => LintError::whole(code, self.value),
            false => LintError::range(code, self.position, self.value.len()),
        }
    }

    /// The next `length` digits and where they begin.
    pub(super) fn digits(&mut self, length: usize, truncated: &'static Code) -> Result<(usize, &'a str), LintError> {
        let digits = self.rest().get(..length).ok_or_else(|| self.truncated(truncated))?;
        let start = self.position;
        self.position = start.saturating_add(length);
        Ok((start, digits))
    }

    /// The next digit, which must be one of `permitted`.
    pub(super) fn choice(&mut self, permitted: &[u8], missing: &'static Code, invalid: &'static Code) -> LintResult {
        match self.peek() {
            None => Err(LintError::whole(missing, self.value)),
            Some(digit) if permitted.contains(&digit) => {
                self.position = self.position.saturating_add(1);
                Ok(())
            }
            Some(_) => Err(LintError::character(invalid, self.value, self.position)),
        }
    }

    /// A length indicator and its field.
    pub(super) fn sized(
        &mut self,
        indicator: LengthIndicator,
        [missing, invalid, truncated]: FieldCodes,
    ) -> Result<(usize, &'a str), LintError> {
        let digit = self.peek().ok_or_else(|| LintError::whole(missing, self.value))?;
        if !(indicator.min..=indicator.max).contains(&digit) {
            return Err(LintError::character(invalid, self.value, self.position));
        }
        self.position = self.position.saturating_add(1);
        let length = indicator.base.saturating_add(usize::from(digit.saturating_sub(b'0')));
        self.digits(length, truncated)
    }

    /// Steps over `digit` if it is next: it announces an optional field.
    fn announced(&mut self, digit: u8) -> bool {
        let announced = self.peek() == Some(digit);
        if announced {
            self.position = self.position.saturating_add(1);
        }
        announced
    }

    /// A field that is a company prefix, or begins with one. A fault is shown as all of the field.
    pub(super) fn prefix(
        &mut self,
        indicator: LengthIndicator,
        codes: FieldCodes,
        prefixes: CompanyPrefixes,
    ) -> LintResult {
        let (start, digits) = self.sized(indicator, codes)?;
        gcppos1_with(digits, prefixes)
            .map_err(|error| LintError::range(error.code, start, start.saturating_add(digits.len())))
    }

    /// A date; a fault is shown as all of it.
    fn date(&mut self, short: &'static Code, invalid: &'static Code) -> Result<&'a str, LintError> {
        let (start, digits) = self.digits(6, short)?;
        yymmdd(digits).map_err(|_| LintError::range(invalid, start, start.saturating_add(6)))?;
        Ok(digits)
    }

    /// Nothing is left.
    pub(super) fn finish(&self) -> LintResult {
        match self.rest().is_empty() {
            true => Ok(()),
            false => Err(self.truncated(lint::COUPON_EXCESS_DATA)),
        }
    }
}

/// A North American coupon code.
pub fn couponcode(value: &str) -> LintResult {
    couponcode_with(value, CompanyPrefixes::Unchecked)
}

/// A North American coupon code whose company prefixes are in `prefixes`.
pub fn couponcode_with(value: &str, prefixes: CompanyPrefixes) -> LintResult {
    csetnumeric(value)?;
    let fields = &mut Fields::new(value);
    let gcp = [lint::COUPON_MISSING_GCP_VLI, lint::COUPON_INVALID_GCP_LENGTH, lint::COUPON_TRUNCATED_GCP];
    fields.prefix(LengthIndicator::PREFIX, gcp, prefixes)?;
    fields.digits(6, lint::COUPON_TRUNCATED_OFFER_CODE)?;
    let save_value = [
        lint::COUPON_MISSING_SAVE_VALUE_VLI,
        lint::COUPON_INVALID_SAVE_VALUE_LENGTH,
        lint::COUPON_TRUNCATED_SAVE_VALUE,
    ];
    fields.sized(LengthIndicator::VALUE, save_value)?;
    purchase(fields, &FIRST)?;
    if fields.announced(b'1') {
        let missing = lint::COUPON_MISSING_ADDITIONAL_PURCHASE_RULES_CODE;
        fields.choice(b"0123", missing, lint::COUPON_INVALID_ADDITIONAL_PURCHASE_RULES_CODE)?;
        purchase(fields, &SECOND)?;
        other_prefix(fields, SECOND_PREFIX, prefixes)?;
    }
    if fields.announced(b'2') {
        purchase(fields, &THIRD)?;
        other_prefix(fields, THIRD_PREFIX, prefixes)?;
    }
    dates(fields)?;
    if fields.announced(b'5') {
        fields.sized(LengthIndicator::SERIAL, SERIAL_NUMBER)?;
    }
    if fields.announced(b'6') {
        let retailer = [
            lint::COUPON_MISSING_RETAILER_GCP_OR_GLN_VLI,
            lint::COUPON_INVALID_RETAILER_GCP_OR_GLN_LENGTH,
            lint::COUPON_TRUNCATED_RETAILER_GCP_OR_GLN,
        ];
        fields.prefix(LengthIndicator::RETAILER, retailer, prefixes)?;
    }
    if fields.announced(b'9') {
        miscellaneous(fields)?;
    }
    fields.finish()
}

/// The codes of a serial number; each of its length indicators is valid.
pub(super) const SERIAL_NUMBER: FieldCodes = [
    lint::COUPON_MISSING_SERIAL_NUMBER_VLI,
    lint::COUPON_TRUNCATED_SERIAL_NUMBER,
    lint::COUPON_TRUNCATED_SERIAL_NUMBER,
];

/// The codes of one of the purchases that a coupon asks for.
struct Purchase {
    requirement: FieldCodes,
    code_missing: &'static Code,
    code_invalid: &'static Code,
    family_truncated: &'static Code,
}

const FIRST: Purchase = Purchase {
    requirement: [
        lint::COUPON_MISSING_1ST_PURCHASE_REQUIREMENT_VLI,
        lint::COUPON_INVALID_1ST_PURCHASE_REQUIREMENT_LENGTH,
        lint::COUPON_TRUNCATED_1ST_PURCHASE_REQUIREMENT,
    ],
    code_missing: lint::COUPON_MISSING_1ST_PURCHASE_REQUIREMENT_CODE,
    code_invalid: lint::COUPON_INVALID_1ST_PURCHASE_REQUIREMENT_CODE,
    family_truncated: lint::COUPON_TRUNCATED_1ST_PURCHASE_FAMILY_CODE,
};

const SECOND: Purchase = Purchase {
    requirement: [
        lint::COUPON_MISSING_2ND_PURCHASE_REQUIREMENT_VLI,
        lint::COUPON_INVALID_2ND_PURCHASE_REQUIREMENT_LENGTH,
        lint::COUPON_TRUNCATED_2ND_PURCHASE_REQUIREMENT,
    ],
    code_missing: lint::COUPON_MISSING_2ND_PURCHASE_REQUIREMENT_CODE,
    code_invalid: lint::COUPON_INVALID_2ND_PURCHASE_REQUIREMENT_CODE,
    family_truncated: lint::COUPON_TRUNCATED_2ND_PURCHASE_FAMILY_CODE,
};

const THIRD: Purchase = Purchase {
    requirement: [
        lint::COUPON_MISSING_3RD_PURCHASE_REQUIREMENT_VLI,
        lint::COUPON_INVALID_3RD_PURCHASE_REQUIREMENT_LENGTH,
        lint::COUPON_TRUNCATED_3RD_PURCHASE_REQUIREMENT,
    ],
    code_missing: lint::COUPON_MISSING_3RD_PURCHASE_REQUIREMENT_CODE,
    code_invalid: lint::COUPON_INVALID_3RD_PURCHASE_REQUIREMENT_CODE,
    family_truncated: lint::COUPON_TRUNCATED_3RD_PURCHASE_FAMILY_CODE,
};

const SECOND_PREFIX: FieldCodes = [
    lint::COUPON_MISSING_2ND_PURCHASE_GCP_VLI,
    lint::COUPON_INVALID_2ND_PURCHASE_GCP_LENGTH,
    lint::COUPON_TRUNCATED_2ND_PURCHASE_GCP,
];

const THIRD_PREFIX: FieldCodes = [
    lint::COUPON_MISSING_3RD_PURCHASE_GCP_VLI,
    lint::COUPON_INVALID_3RD_PURCHASE_GCP_LENGTH,
    lint::COUPON_TRUNCATED_3RD_PURCHASE_GCP,
];

/// A purchase: how much, of what kind, and the product family.
fn purchase(fields: &mut Fields<'_>, codes: &Purchase) -> LintResult {
    fields.sized(LengthIndicator::VALUE, codes.requirement)?;
    fields.choice(b"012349", codes.code_missing, codes.code_invalid)?;
    fields.digits(3, codes.family_truncated)?;
    Ok(())
}

/// The company prefix of a further purchase; indicator 9 stands for that of the first.
fn other_prefix(fields: &mut Fields<'_>, codes: FieldCodes, prefixes: CompanyPrefixes) -> LintResult {
    match fields.announced(b'9') {
        true => Ok(()),
        false => fields.prefix(LengthIndicator::PREFIX, codes, prefixes),
    }
}

fn dates(fields: &mut Fields<'_>) -> LintResult {
    let announced_at = fields.position;
    let mut expiration = None;
    if fields.announced(b'3') {
        let short = lint::COUPON_TOO_SHORT_FOR_EXPIRATION_DATE;
        expiration = Some(fields.date(short, lint::COUPON_INVALID_EXIPIRATION_DATE)?);
    }
    if fields.announced(b'4') {
        let start = fields.date(lint::COUPON_TOO_SHORT_FOR_START_DATE, lint::COUPON_INVALID_START_DATE)?;
        if expiration.is_some_and(|expiration| start > expiration) {
            return Err(LintError::range(lint::COUPON_EXPIRATION_BEFORE_START, announced_at, fields.position));
        }
    }
    Ok(())
}

fn miscellaneous(fields: &mut Fields<'_>) -> LintResult {
    fields.choice(b"01256", lint::COUPON_MISSING_SAVE_VALUE_CODE, lint::COUPON_INVALID_SAVE_VALUE_CODE)?;
    let missing = lint::COUPON_MISSING_SAVE_VALUE_APPLIES_TO_ITEM;
    fields.choice(b"012", missing, lint::COUPON_INVALID_SAVE_VALUE_APPLIES_TO_ITEM)?;
    fields.digits(1, lint::COUPON_MISSING_STORE_COUPON_FLAG)?;
    fields.choice(b"01", lint::COUPON_MISSING_DONT_MULTIPLY_FLAG, lint::COUPON_INVALID_DONT_MULTIPLY_FLAG)
}
