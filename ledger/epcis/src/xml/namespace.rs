//! The namespaces of EPCIS documents in XML.

/// Of the prefix `xml`.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Of the prefix `xmlns`.
pub(crate) const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
/// `xsi:nil`, `xsi:type`, `xsi:schemaLocation`.
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The Standard Business Document Header.
pub(crate) const SBDH: &str = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader";
/// EPCIS 2.0 documents.
pub(crate) const EPCIS: &str = "urn:epcglobal:epcis:xsd:2";
/// EPCIS 2.0 query documents.
pub(crate) const QUERY: &str = "urn:epcglobal:epcis-query:xsd:2";
/// EPCIS 2.0 master data documents.
pub(crate) const MASTER_DATA: &str = "urn:epcglobal:epcis-masterdata:xsd:2";

/// The version of the standard that a namespace belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.0, 1.1 and 1.2 share their namespaces.
    One,
    Two,
}

impl Version {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Version::One => "1.x",
            Version::Two => "2.0",
        }
    }
}

/// Which of the standard's namespaces it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standard {
    Epcis(Version),
    Query(Version),
    MasterData(Version),
}

/// The standard's namespace that `namespace` is, if any.
pub(crate) fn standard(namespace: &str) -> Option<Standard> {
    Some(match namespace {
        "urn:epcglobal:epcis:xsd:1" => Standard::Epcis(Version::One),
        EPCIS => Standard::Epcis(Version::Two),
        "urn:epcglobal:epcis-query:xsd:1" => Standard::Query(Version::One),
        QUERY => Standard::Query(Version::Two),
        "urn:epcglobal:epcis-masterdata:xsd:1" => Standard::MasterData(Version::One),
        MASTER_DATA => Standard::MasterData(Version::Two),
        _ => return None,
    })
}

/// Whether the model leaves a binding of this namespace to the writer.
pub(crate) fn is_implied(namespace: &str) -> bool {
    matches!(namespace, XML | XSI | SBDH | "") || standard(namespace).is_some()
}
