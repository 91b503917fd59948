//! What a text can be read as, and its other forms.

use suyuan_epcis::codes::Language;
use suyuan_epcis::epc::{EpcUrn, Scheme, to_link, to_urn};
use suyuan_epcis::gs1::digital_link;
use suyuan_epcis::gs1::element_string::ElementString;
use suyuan_epcis::gs1::{ParseOptions, parse_any};
use suyuan_epcis::identifier::{self, Identified, identify};
use suyuan_epcis::problem::Reason;

use super::super::text::pick;

/// One identifier that a text is valid as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The kind's stable name.
    pub name: &'static str,
    english: &'static str,
    chinese: &'static str,
    /// The canonical URI, of identifiers that have one and are no GS1 keys.
    pub uri: Option<String>,
    /// The canonical GS1 Digital Link, or why there is none; nothing for what is no GS1 key.
    pub link: Option<Result<String, Reason>>,
    /// The EPC URN, likewise.
    pub urn: Option<Result<String, Reason>>,
    /// The element string with brackets.
    pub element_string: Option<String>,
    /// How far it was verified.
    pub check: Check,
    /// What is odd about it.
    pub notes: Vec<Reason>,
}

/// How far an identifier was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Its check digit or its place in a closed list.
    Verified,
    /// The form has no check digit; the other forms' are computed.
    Computed,
    /// Only the form.
    FormOnly,
}

impl Reading {
    /// What a person calls the kind.
    pub fn kind(&self, language: Language) -> &'static str {
        pick(language, self.english, self.chinese)
    }
}

/// Everything that `text` can be read as, or why it is no identifier.
pub fn read(text: &str) -> Result<Vec<Reading>, Reason> {
    if text.starts_with("urn:epc:") {
        return epc_urn(text).map(|reading| vec![reading]);
    }
    let is_gs1 = text.starts_with(['(', '^', ']', '\u{1d}']) || digital_link::has_scheme(text);
    match is_gs1 {
        true => gs1(text).map(|reading| vec![reading]),
        false => Ok(identify(text)?.into_iter().map(registered).collect()),
    }
}

// ---- EPC URNs ----

fn epc_urn(text: &str) -> Result<Reading, Reason> {
    let urn = EpcUrn::parse(text)?;
    let link = to_link(text);
    let elements = link.as_ref().ok().and_then(|link| parse_any(link, &options(false)).ok());
    let (english, chinese) = scheme_label(urn.scheme);
    let check = match (urn.scheme, &elements) {
        (Scheme::Bic | Scheme::Imovn, _) => Check::Verified,
        (_, Some(elements)) if has_check_digit(elements) => Check::Computed,
        _ => Check::FormOnly,
    };
    Ok(Reading {
        name: urn.scheme.name(),
        english,
        chinese,
        uri: None,
        link: Some(link),
        urn: Some(Ok(text.to_owned())),
        element_string: elements.map(|elements| elements.to_bracketed()),
        check,
        notes: Vec::new(),
    })
}

fn scheme_label(scheme: Scheme) -> (&'static str, &'static str) {
    match scheme {
        Scheme::Sgtin => ("trade item with serial number (SGTIN)", "带序列号的贸易项目（SGTIN）"),
        Scheme::Sscc => ("logistic unit (SSCC)", "物流单元（SSCC）"),
        Scheme::Sgln => ("place (SGLN)", "位置（SGLN）"),
        Scheme::Grai => ("returnable asset (GRAI)", "可回收资产（GRAI）"),
        Scheme::Giai => ("individual asset (GIAI)", "单个资产（GIAI）"),
        Scheme::Gsrn => ("service relation, recipient (GSRN)", "服务关系，接受方（GSRN）"),
        Scheme::Gsrnp => ("service relation, provider (GSRNP)", "服务关系，提供方（GSRNP）"),
        Scheme::Gdti => ("document (GDTI)", "文件（GDTI）"),
        Scheme::Cpi => ("component or part (CPI)", "组件或零件（CPI）"),
        Scheme::Sgcn => ("coupon (SGCN)", "优惠券（SGCN）"),
        Scheme::Ginc => ("consignment (GINC)", "托运货物（GINC）"),
        Scheme::Gsin => ("shipment (GSIN)", "装运货物（GSIN）"),
        Scheme::Itip => ("piece of a trade item (ITIP)", "贸易项目的单件（ITIP）"),
        Scheme::Upui => ("unit pack of tobacco (UPUI)", "烟草单位包装（UPUI）"),
        Scheme::Pgln => ("party (PGLN)", "参与方（PGLN）"),
        Scheme::Gid => ("general identifier (GID)", "通用标识（GID）"),
        Scheme::Usdod => ("US Department of Defense identifier", "美国国防部标识"),
        Scheme::Adi => ("aerospace and defence identifier (ADI)", "航空航天与国防标识（ADI）"),
        Scheme::Bic => ("freight container (ISO 6346)", "货运集装箱（ISO 6346）"),
        Scheme::Imovn => ("vessel (IMO number)", "船舶（IMO 编号）"),
        Scheme::Lgtin => ("batch of a trade item (LGTIN)", "贸易项目批次（LGTIN）"),
    }
}

// ---- element strings and Digital Links ----

/// The kinds that a key and its finest qualifier make, the finest first.
const GS1_KINDS: &[(&str, Option<&str>, &str, &str, &str)] = &[
    ("01", Some("235"), "upui", "unit pack of tobacco (GTIN and TPX)", "烟草单位包装（GTIN 和 TPX）"),
    ("01", Some("21"), "sgtin", "trade item with serial number (GTIN)", "带序列号的贸易项目（GTIN）"),
    ("01", Some("10"), "lgtin", "batch of a trade item (GTIN)", "贸易项目批次（GTIN）"),
    ("01", None, "gtin", "trade item (GTIN)", "贸易项目（GTIN）"),
    ("00", None, "sscc", "logistic unit (SSCC)", "物流单元（SSCC）"),
    ("414", None, "sgln", "place (GLN)", "位置（GLN）"),
    ("417", None, "pgln", "party (GLN)", "参与方（GLN）"),
    ("253", None, "gdti", "document (GDTI)", "文件（GDTI）"),
    ("255", None, "sgcn", "coupon (GCN)", "优惠券（GCN）"),
    ("401", None, "ginc", "consignment (GINC)", "托运货物（GINC）"),
    ("402", None, "gsin", "shipment (GSIN)", "装运货物（GSIN）"),
    ("8003", None, "grai", "returnable asset (GRAI)", "可回收资产（GRAI）"),
    ("8004", None, "giai", "individual asset (GIAI)", "单个资产（GIAI）"),
    ("8006", None, "itip", "piece of a trade item (ITIP)", "贸易项目的单件（ITIP）"),
    ("8010", None, "cpi", "component or part (CPID)", "组件或零件（CPID）"),
    ("8013", None, "gmn", "product model (GMN)", "产品型号（GMN）"),
    ("8017", None, "gsrnp", "service relation, provider (GSRN)", "服务关系，提供方（GSRN）"),
    ("8018", None, "gsrn", "service relation, recipient (GSRN)", "服务关系，接受方（GSRN）"),
];

fn options(associations: bool) -> ParseOptions {
    ParseOptions { associations, ..ParseOptions::default() }
}

fn gs1(text: &str) -> Result<Reading, Reason> {
    // One carrier of several may have what the others complete: worth a note, no fault.
    let (elements, notes) = match parse_any(text, &options(true)) {
        Ok(elements) => (elements, Vec::new()),
        Err(reason) => (parse_any(text, &options(false))?, vec![reason]),
    };
    let has = |number: &str| elements.get(number).is_some();
    let kind = GS1_KINDS.iter().find(|(key, qualifier, ..)| has(key) && qualifier.is_none_or(has));
    let (name, english, chinese) =
        kind.map_or(("gs1", "GS1 data", "GS1 数据"), |(_, _, name, english, chinese)| (*name, *english, *chinese));
    let link = digital_link::canonical(&elements);
    let urn = link.as_ref().ok().map(|link| to_urn(link.split('?').next().unwrap_or(link), None));
    Ok(Reading {
        name,
        english,
        chinese,
        uri: None,
        link: Some(link),
        urn,
        element_string: Some(elements.to_bracketed()),
        check: if has_check_digit(&elements) { Check::Verified } else { Check::FormOnly },
        notes,
    })
}

fn has_check_digit(elements: &ElementString) -> bool {
    let mut linters = elements.elements.iter().flat_map(|element| element.ai.components).flat_map(|part| part.linters);
    linters.any(|linter| linter.name().starts_with("csum"))
}

// ---- identifiers of registries ----

fn registered(found: Identified) -> Reading {
    let Identified { kind, uri, check, note } = found;
    let (uri, link) = match uri {
        Some(link) if digital_link::has_scheme(&link) => (None, Some(link)),
        uri => (uri, None),
    };
    Reading {
        name: kind.name(),
        english: kind.label(Language::En),
        chinese: kind.label(Language::Zh),
        uri,
        urn: link.as_ref().map(|link| to_urn(link, None)),
        element_string: link
            .as_ref()
            .and_then(|link| parse_any(link, &options(false)).ok())
            .map(|elements| elements.to_bracketed()),
        link: link.map(Ok),
        check: match check {
            identifier::Check::Exact => Check::Verified,
            identifier::Check::FormatOnly => Check::FormOnly,
        },
        notes: note.into_iter().collect(),
    }
}
