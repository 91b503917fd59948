//! Closed lists of codes: countries and currencies.

use super::{Kind, Verdict};
use crate::codes::identifier as codes;
use crate::problem::Reason;

/// ISO 3166-1 alpha-2: the 249 codes officially assigned, sorted.
pub(crate) const COUNTRIES: &str = "\
     AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
     CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO \
     FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE \
     JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO \
     MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
     PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
     TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// ISO 4217: the codes in force in 2026 and those withdrawn since 2022 (ANG, BGN, CUC, HRK, SLL,
/// ZWL), since records outlive currencies; sorted.
pub(crate) const CURRENCIES: &str = "\
     AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD \
     CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
     GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD \
     KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR \
     NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN \
     SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF \
     XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL";

pub(super) fn country(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, |byte| byte.is_ascii_uppercase(), &[2])?;
    listed(kind, text, contains(COUNTRIES, text))
}

pub(super) fn currency(kind: Kind, text: &str) -> Verdict {
    kind.characters(text, |byte| byte.is_ascii_uppercase(), &[3])?;
    listed(kind, text, contains(CURRENCIES, text))
}

pub(super) fn listed(kind: Kind, text: &str, is_listed: bool) -> Verdict {
    match is_listed {
        true => Ok(None),
        false => Err(Reason::new(codes::NOT_LISTED, &[text, kind.name()])),
    }
}

/// Whether `table`, sorted codes of one length with a space between them, has `code`.
pub(crate) fn contains(table: &str, code: &str) -> bool {
    let wanted = code.as_bytes();
    let step = wanted.len() + 1;
    let table = table.as_bytes();
    // A code of another length than the table's would be looked for at the wrong places.
    if wanted.is_empty() || table.get(wanted.len()) != Some(&b' ') {
        return false;
    }
    let (mut low, mut high) = (0, table.len().div_ceil(step));
    while low < high {
        let middle = low + (high - low) / 2;
        let start = middle * step;
        let Some(found) = table.get(start..start + wanted.len()) else { return false };
        match found.cmp(wanted) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: the lists are sorted and whole, and searching finds all of them and nothing else.
    // Method: count, search each, search neighbours.
    #[test]
    fn lists() {
        for (table, width, count) in [(COUNTRIES, 2, 249), (CURRENCIES, 3, 184)] {
            let codes: Vec<&str> = table.split(' ').collect();
            assert_eq!(codes.len(), count);
            assert!(codes.iter().all(|code| code.len() == width && contains(table, code)));
            assert!(codes.is_sorted_by(|one, next| one < next));
        }
        for code in ["UK", "EU", "XK", "AA", "ZZ", "", "C", "CNY", "cn"] {
            assert!(!contains(COUNTRIES, code), "{code}");
        }
        for code in ["RMB", "CNH", "DEM", "AAA", "ZZZ"] {
            assert!(!contains(CURRENCIES, code), "{code}");
        }
    }
}
