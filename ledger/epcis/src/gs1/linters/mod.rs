//! The linters of the GS1 Barcode Syntax Dictionary: what a component of an application identifier must hold.
//!
//! Each linter takes the component's text and answers with GS1's own name of the fault and its place, so that the
//! answer can be compared with any other implementation's.

use std::fmt;

use crate::codes::Code;

mod charset;
mod code_lists;
mod coupon;
mod coupon_offer;
mod date_time;
mod gcp;
mod numeric;
mod package_types;

pub use charset::{cset39, cset64, cset82, csetnumeric, hasnondigit, hyphen, importeridx, pcenc};
pub use code_lists::{iban, iso3166, iso3166alpha2, iso4217, iso5218, iso3166999, mediatype, packagetype};
pub use coupon::{couponcode, couponcode_with};
pub use coupon_offer::{couponposoffer, couponposoffer_with};
pub use date_time::{hh, hhmi, mi, ss, yymmd0, yymmdd, yyyymmd0, yyyymmdd};
pub use gcp::{CompanyPrefix, CompanyPrefixes, gcppos1, gcppos1_with, gcppos2, gcppos2_with};
pub use numeric::{
    csum, csumalpha, latitude, longitude, nonzero, nozeroprefix, pieceoftotal, posinseqslash, winding, yesno, zero,
};

use charset::cset_82_value;

/// A fault that a linter found: its code and the bytes at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintError {
    /// The registry entry.
    pub code: &'static Code,
    /// Where the faulty part begins, in bytes, on a character's boundary.
    pub start: usize,
    /// How many bytes are at fault; 0 for something missing.
    pub length: usize,
}

/// What a linter answers.
pub type LintResult = Result<(), LintError>;

impl LintError {
    /// All of `value` is at fault.
    fn whole(code: &'static Code, value: &str) -> Self {
        LintError { code, start: 0, length: value.len() }
    }

    /// The character of `value` that begins at byte `start` is at fault.
    fn character(code: &'static Code, value: &str, start: usize) -> Self {
        let length = value.get(start..).and_then(|tail| tail.chars().next()).map_or(0, char::len_utf8);
        LintError { code, start, length }
    }

    /// The bytes `start..end` are at fault.
    fn range(code: &'static Code, start: usize, end: usize) -> Self {
        LintError { code, start, length: end.saturating_sub(start) }
    }

    /// The same fault in a text in which the linted part begins at byte `offset`.
    pub fn shifted(mut self, offset: usize) -> Self {
        self.start = self.start.saturating_add(offset);
        self
    }

    /// The name GS1's reference linters give the fault, `GS1_LINTER_…`.
    pub fn name(&self) -> String {
        match self.code.id.strip_prefix("ID-") {
            Some("CHECK_DIGIT") => "GS1_LINTER_INCORRECT_CHECK_DIGIT".to_owned(),
            Some(name) => format!("GS1_LINTER_{name}"),
            None => self.code.id.to_owned(),
        }
    }

    /// `value` with the faulty part between asterisks.
    pub fn marked(&self, value: &str) -> String {
        let end = self.start.saturating_add(self.length);
        match (value.get(..self.start), value.get(self.start..end), value.get(end..)) {
            (Some(before), Some(fault), Some(after)) => format!("{before}*{fault}*{after}"),
            _ => format!("*{value}*"),
        }
    }
}

impl fmt::Display for LintError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at byte {}", self.code.id, self.start)
    }
}

impl std::error::Error for LintError {}

macro_rules! linters {
    ($($variant:ident $function:ident $(with $with:ident)?;)*) => {
        /// A linter by its name in the dictionary.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Linter {
            $(#[doc = concat!("`", stringify!($function), "`")] $variant,)*
        }

        impl Linter {
            /// Every linter.
            pub const ALL: &[Linter] = &[$(Linter::$variant),*];

            /// The name in the dictionary.
            pub fn name(self) -> &'static str {
                match self {
                    $(Linter::$variant => stringify!($function),)*
                }
            }

            /// Lints `value`, looking company prefixes up in `prefixes`.
            pub fn check(self, value: &str, prefixes: CompanyPrefixes) -> LintResult {
                match self {
                    $(Linter::$variant => linters!(@call $function value prefixes $($with)?),)*
                }
            }
        }
    };
    (@call $function:ident $value:ident $prefixes:ident) => { $function($value) };
    (@call $function:ident $value:ident $prefixes:ident $with:ident) => { $with($value, $prefixes) };
}

linters! {
    CouponCode couponcode with couponcode_with;
    CouponPosOffer couponposoffer with couponposoffer_with;
    Cset39 cset39;
    Cset64 cset64;
    Cset82 cset82;
    CsetNumeric csetnumeric;
    Csum csum;
    CsumAlpha csumalpha;
    GcpPos1 gcppos1 with gcppos1_with;
    GcpPos2 gcppos2 with gcppos2_with;
    HasNonDigit hasnondigit;
    Hh hh;
    Hhmi hhmi;
    Hyphen hyphen;
    Iban iban;
    ImporterIdx importeridx;
    Iso3166 iso3166;
    Iso3166999 iso3166999;
    Iso3166Alpha2 iso3166alpha2;
    Iso4217 iso4217;
    Iso5218 iso5218;
    Latitude latitude;
    Longitude longitude;
    MediaType mediatype;
    Mi mi;
    NonZero nonzero;
    NoZeroPrefix nozeroprefix;
    PackageType packagetype;
    PcEnc pcenc;
    PieceOfTotal pieceoftotal;
    PosInSeqSlash posinseqslash;
    Ss ss;
    Winding winding;
    YesNo yesno;
    Yymmd0 yymmd0;
    Yymmdd yymmdd;
    Yyyymmd0 yyyymmd0;
    Yyyymmdd yyyymmdd;
    Zero zero;
}

impl Linter {
    /// The linter that the dictionary calls `name`.
    pub fn from_name(name: &str) -> Option<Linter> {
        Linter::ALL.iter().copied().find(|linter| linter.name() == name)
    }
}
