//! What a client wants to read, what it says that it sends, and in which versions (EPCIS 2.0 §12.4, RFC 9110 §12).

use axum::http::{HeaderMap, header};
use suyuan_epcis::document::Syntax;
use suyuan_epcis::problem::Reason;

use super::job::Behaviour;
use crate::codes::epcis as codes;

/// The version of EPCIS and of the CBV that answers follow.
pub const VERSION: &str = "2.0.0";
/// Media ranges of one `Accept` that are looked at.
const RANGES_MAX: usize = 32;

/// `GS1-EPC-Format`.
pub const EPC_FORMAT: &str = "gs1-epc-format";
/// `GS1-CBV-XML-Format`.
pub const CBV_FORMAT: &str = "gs1-cbv-xml-format";
/// `GS1-Capture-Error-Behaviour`.
pub const ERROR_BEHAVIOUR: &str = "gs1-capture-error-behaviour";

/// How a client wants to read events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// In which syntax.
    pub syntax: Syntax,
    /// As which media type that is called.
    pub media_type: &'static str,
    /// How EPCs are written.
    pub epcs: EpcFormat,
    /// How words of the CBV are written in XML.
    pub words: WordFormat,
}

/// How EPCs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpcFormat {
    /// As Digital Links, where there is one.
    DigitalLink,
    /// As URNs, where there is one.
    Urn,
    /// As their authors wrote them.
    AsWritten,
}

impl EpcFormat {
    /// Its name in headers.
    pub fn name(self) -> &'static str {
        match self {
            EpcFormat::DigitalLink => "Always_GS1_Digital_Link",
            EpcFormat::Urn => "Always_EPC_URN",
            EpcFormat::AsWritten => "Never_Translates",
        }
    }
}

/// How words of the CBV are written in XML. The ledger keeps which word it is, not how it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordFormat {
    /// As web URIs.
    WebUri,
    /// As URNs.
    Urn,
}

impl WordFormat {
    /// Its name in headers.
    pub fn name(self) -> &'static str {
        match self {
            WordFormat::WebUri => "Always_Web_URI",
            WordFormat::Urn => "Always_URN",
        }
    }
}

const JSON: &str = "application/json";
const JSON_LD: &str = "application/ld+json";
const XML: &str = "application/xml";
const TEXT_XML: &str = "text/xml";

/// What answers can be written in, the likeliest first.
const ANSWERS: &[(&str, Syntax)] =
    &[(JSON, Syntax::Json), (JSON_LD, Syntax::Json), (XML, Syntax::Xml), (TEXT_XML, Syntax::Xml)];

/// What documents can be sent as.
const DOCUMENTS: &[&str] = &[JSON, JSON_LD, "application/x-ndjson", XML, TEXT_XML];

impl Wanted {
    /// Reads the headers.
    pub fn of(headers: &HeaderMap) -> Result<Wanted, Refused> {
        check_versions(headers)?;
        let (media_type, syntax) = accepted(headers, ANSWERS)?;
        let names = ["No_Preference", "Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"];
        let epcs = match one_of(headers, EPC_FORMAT, &names)? {
            // Without the header the standard's default is the Digital Link.
            None | Some("Always_GS1_Digital_Link") => EpcFormat::DigitalLink,
            Some("Always_EPC_URN") => EpcFormat::Urn,
            _ => EpcFormat::AsWritten,
        };
        let names = ["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"];
        let words = match one_of(headers, CBV_FORMAT, &names)? {
            Some("Always_Web_URI") => WordFormat::WebUri,
            _ => WordFormat::Urn,
        };
        Ok(Wanted { syntax, media_type, epcs, words })
    }
}

/// Why a request is not answered as it asks: of what kind the error is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// 400
    Header(Reason),
    /// 406
    NotAcceptable(Reason),
    /// 415
    MediaType(Reason),
}

/// Refuses what can be answered in JSON only to a client that does not read it.
pub fn reads_json(headers: &HeaderMap) -> Result<(), Refused> {
    check_versions(headers)?;
    accepted(headers, &[(JSON, Syntax::Json), (JSON_LD, Syntax::Json)]).map(|_| ())
}

/// The syntax that a client reads, of what is not events.
pub fn syntax(headers: &HeaderMap) -> Result<Syntax, Refused> {
    check_versions(headers)?;
    accepted(headers, ANSWERS).map(|(_, syntax)| syntax)
}

/// Of what can be given the one that the client likes best; of equals the first.
fn accepted<'a>(headers: &HeaderMap, given: &[(&'a str, Syntax)]) -> Result<(&'a str, Syntax), Refused> {
    let values: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let text = values.join(",");
    if text.trim().is_empty() {
        return given.first().copied().ok_or_else(|| Refused::NotAcceptable(Reason::new(codes::NOT_ACCEPTABLE, &[])));
    }
    let mut best: Option<(u32, (&str, Syntax))> = None;
    for one in given {
        let weight = weight_of(&text, one.0);
        if weight > best.map_or(0, |(best, _)| best) {
            best = Some((weight, *one));
        }
    }
    best.map(|(_, one)| one).ok_or_else(|| {
        let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        Refused::NotAcceptable(Reason::new(codes::NOT_ACCEPTABLE, &[&text, &names.join(", ")]))
    })
}

/// The weight in thousandths that an `Accept` gives a media type: that of the range that names it most closely.
fn weight_of(accept: &str, name: &str) -> u32 {
    let (major, _) = name.split_once('/').unwrap_or((name, ""));
    let mut best: (u8, u32) = (0, 0);
    for range in accept.split(',').take(RANGES_MAX) {
        let mut parts = range.split(';').map(str::trim);
        let closeness = match parts.next().map(str::to_ascii_lowercase).as_deref() {
            Some(named) if named == name => 3,
            Some(named) if named.strip_suffix("/*") == Some(major) => 2,
            Some("*/*") => 1,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let weight = weight.map_or(1_000, thousandths);
        if closeness > best.0 {
            best = (closeness, weight);
        }
    }
    best.1
}

/// A weight as RFC 9110 §12.4.2 writes it; what is none weighs nothing.
fn thousandths(text: &str) -> u32 {
    match text.parse::<f64>() {
        // Between 0 and 1 the product fits.
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1_000.0).round() as u32,
        _ => 0,
    }
}

/// Refuses a body of a kind that is not read. One without a `Content-Type` is known by its first character.
pub fn check_media_type(headers: &HeaderMap) -> Result<(), Refused> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let name = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match DOCUMENTS.contains(&name.as_str()) {
        true => Ok(()),
        false => Err(Refused::MediaType(Reason::new(codes::MEDIA_TYPE, &[text]))),
    }
}

/// What is to be done about errors in a document.
pub fn behaviour(headers: &HeaderMap) -> Result<Behaviour, Refused> {
    let name = one_of(headers, ERROR_BEHAVIOUR, &[Behaviour::Rollback.name(), Behaviour::Proceed.name()])?;
    Ok(name.and_then(Behaviour::from_name).unwrap_or(Behaviour::Rollback))
}

/// Refuses a document that says to be of a version that is not read: 2.0 is, and in XML 1.x.
pub fn check_document_version(headers: &HeaderMap) -> Result<(), Refused> {
    let name = "gs1-epcis-version";
    let Some(value) = headers.get(name) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default().trim();
    match text.split('.').next() {
        Some("1" | "2") => Ok(()),
        _ => Err(Refused::NotAcceptable(Reason::new(codes::VERSION, &[name, text, VERSION]))),
    }
}

/// The value of a header that must be one of these.
fn one_of<'a>(headers: &HeaderMap, name: &str, values: &[&'a str]) -> Result<Option<&'a str>, Refused> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    match values.iter().find(|known| known.eq_ignore_ascii_case(text)) {
        Some(known) => Ok(Some(known)),
        None => Err(Refused::Header(Reason::new(codes::HEADER, &[name, text, &values.join(", ")]))),
    }
}

/// Refuses a client that does not speak the versions of this node. XML of EPCIS 1.x is read, not written.
fn check_versions(headers: &HeaderMap) -> Result<(), Refused> {
    for (name, is_fit) in [
        ("gs1-epcis-version", is_same as fn(&[u64]) -> bool),
        ("gs1-cbv-version", is_same),
        ("gs1-epcis-min", is_lower),
        ("gs1-cbv-min", is_lower),
        ("gs1-epcis-max", is_higher),
        ("gs1-cbv-max", is_higher),
    ] {
        let Some(value) = headers.get(name) else { continue };
        let text = value.to_str().unwrap_or_default().trim();
        let numbers: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
        let Some(numbers) = numbers else {
            return Err(Refused::Header(Reason::new(codes::HEADER, &[name, text, VERSION])));
        };
        if !is_fit(&numbers) {
            return Err(Refused::NotAcceptable(Reason::new(codes::VERSION, &[name, text, VERSION])));
        }
    }
    Ok(())
}

/// Any 2.0.x.
fn is_same(numbers: &[u64]) -> bool {
    numbers.first() == Some(&2) && numbers.get(1).is_none_or(|minor| *minor == 0)
}

/// Not above 2.0.0.
fn is_lower(numbers: &[u64]) -> bool {
    numbers <= [2, 0, 0].as_slice()
}

/// Not below 2.0.0; what is left out stands for any number.
fn is_higher(numbers: &[u64]) -> bool {
    let whole = [0, 1, 2].map(|place| numbers.get(place).copied().unwrap_or(u64::MAX));
    whole >= [2, 0, 0]
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    // Goal: a client gets what it likes best of what there is. Method: a table of `Accept`.
    #[test]
    fn accepting() {
        for (accept, expected) in [
            ("*/*", Some(JSON)),
            ("application/xml", Some(XML)),
            ("text/xml;q=0.9, application/json;q=0.5", Some(TEXT_XML)),
            ("application/json;q=0, */*", Some(JSON_LD)),
            ("text/*", Some(TEXT_XML)),
            ("application/ld+json", Some(JSON_LD)),
            ("Application/XML; q=0.3, application/json; q=0.2", Some(XML)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(XML)),
            ("application/json;q=2", None),
            ("image/png", None),
        ] {
            let wanted = Wanted::of(&headers(&[("accept", accept)]));
            assert_eq!(wanted.ok().map(|wanted| wanted.media_type), expected, "{accept}");
        }
        assert_eq!(Wanted::of(&HeaderMap::new()).unwrap().media_type, JSON);
        assert!(reads_json(&headers(&[("accept", "application/xml")])).is_err());
    }

    // Goal: versions, formats and behaviours that are none or not ours are refused, each with its own kind of error.
    // Method: a table.
    #[test]
    fn refused() {
        for (name, good, bad) in [
            ("gs1-epcis-version", "2.0.0", "1.2"),
            ("gs1-epcis-version", "2.0", "3.0"),
            ("gs1-epcis-min", "1.0", "2.1"),
            ("gs1-cbv-max", "2", "1.2.2"),
            ("gs1-epcis-max", "3.0.0", "two"),
            ("gs1-epc-format", "Always_EPC_URN", "all"),
            ("gs1-cbv-xml-format", "Always_Web_URI", "Always_EPC_URN"),
        ] {
            assert!(Wanted::of(&headers(&[(name, good)])).is_ok(), "{name} {good}");
            assert!(Wanted::of(&headers(&[(name, bad)])).is_err(), "{name} {bad}");
        }
        assert_eq!(behaviour(&headers(&[(ERROR_BEHAVIOUR, "proceed")])), Ok(Behaviour::Proceed));
        assert!(behaviour(&headers(&[(ERROR_BEHAVIOUR, "all")])).is_err());
        assert!(check_media_type(&headers(&[("content-type", "application/xml; charset=utf-8")])).is_ok());
        assert!(check_media_type(&headers(&[("content-type", "text/csv")])).is_err());
    }
}
