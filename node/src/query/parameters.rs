//! Reads the parameters of a simple event query. What is wrong is refused, and what is of the standard but not built
//! is refused as that: a condition that is not looked at would give events that nobody asked for.

use suyuan_epcis::codes::query as query_codes;
use suyuan_epcis::document::QueryParameter;
use suyuan_epcis::problem::{Problems, Reason};
use suyuan_epcis::query;
use suyuan_epcis::time::Stamp;

use super::condition::{Comparison, Condition, ListOf, PlaceOf, TimeOf, TypedOf, WordOf};
use super::matcher::{Matcher, Named};
use super::{EventQuery, OrderBy, QueryError};
use crate::codes::epcis as codes;
use crate::codes::node as node_codes;

/// Parameters of one query.
const PARAMETERS_MAX: usize = 64;
/// Values of all parameters of one query.
pub const VALUES_MAX: usize = 1_024;

const TIMES: &[(&str, TimeOf)] = &[
    ("eventTime", TimeOf::Event),
    ("recordTime", TimeOf::Record),
    ("errorDeclarationTime", TimeOf::Declaration),
    // As GS1's query schema has it.
    ("errorDeclaration_Time", TimeOf::Declaration),
];

const WORDS: &[(&str, WordOf)] = &[
    ("EQ_action", WordOf::Action),
    ("EQ_bizStep", WordOf::BizStep),
    ("EQ_disposition", WordOf::Disposition),
    ("EQ_persistentDisposition_set", WordOf::Set),
    ("EQ_persistentDisposition_unset", WordOf::Unset),
    ("EQ_errorReason", WordOf::ErrorReason),
];

const TYPED: &[(&str, TypedOf)] = &[
    ("EQ_bizTransaction_", TypedOf::BizTransaction),
    ("EQ_source_", TypedOf::Source),
    ("EQ_destination_", TypedOf::Destination),
];

const LISTS: &[(&str, ListOf)] = &[
    ("MATCH_epc", ListOf::Epc),
    ("MATCH_parentID", ListOf::Parent),
    ("MATCH_inputEPC", ListOf::Input),
    ("MATCH_outputEPC", ListOf::Output),
    ("MATCH_anyEPC", ListOf::Any),
    ("MATCH_epcClass", ListOf::EpcClass),
    ("MATCH_inputEPCClass", ListOf::InputClass),
    ("MATCH_outputEPCClass", ListOf::OutputClass),
    ("MATCH_anyEPCClass", ListOf::AnyClass),
];

const QUANTITIES: &[(&str, Comparison)] = &[
    ("EQ_quantity", Comparison::Equal),
    ("GT_quantity", Comparison::Greater),
    ("GE_quantity", Comparison::GreaterOrEqual),
    ("LT_quantity", Comparison::Less),
    ("LE_quantity", Comparison::LessOrEqual),
];

/// Parameters that have one value: a list of alternatives is none.
const SINGLE: &[&str] =
    &["orderBy", "orderDirection", "eventCountLimit", "maxEventCount", "EXISTS_errorDeclaration", "GE_", "LT_"];

fn of_name<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, of)| *of)
}

impl EventQuery {
    /// Reads parameters with their values.
    pub fn new(parameters: &[(String, Vec<String>)]) -> Result<EventQuery, QueryError> {
        let mut query = EventQuery { descending: true, ..EventQuery::default() };
        judge(parameters)?;
        let mut ordered = false;
        for (name, values) in parameters {
            query.add(name, values, &mut ordered)?;
        }
        if !ordered {
            if query.limit.is_some() {
                return Err(QueryError::Parameter(Reason::new(codes::LIMIT_WITHOUT_ORDER, &[])));
            }
            // No order is asked for: the ledger's own.
            query.descending = false;
        }
        Ok(query)
    }

    fn add(&mut self, name: &str, values: &[String], ordered: &mut bool) -> Result<(), QueryError> {
        let single = values.first().map(String::as_str).unwrap_or_default();
        let wrong = |reason: Reason| QueryError::Parameter(reason);
        let bad_value = |expected: &str| {
            let reason = Reason::new(query_codes::BAD_VALUE, &[single, name, expected]);
            QueryError::Parameter(reason)
        };
        match name {
            "orderBy" => {
                *ordered = true;
                self.order = match single {
                    "eventTime" => OrderBy::Event,
                    "recordTime" => OrderBy::Record,
                    _ if single.contains([':', '#', '/']) => return Err(not_built(&[name, "=", single].concat())),
                    _ => return Err(bad_value("eventTime, recordTime")),
                };
            }
            "orderDirection" => self.descending = single == "DESC",
            "eventCountLimit" => self.limit = single.parse().ok(),
            "maxEventCount" => self.events_max = single.parse().ok(),
            "EXISTS_errorDeclaration" => {
                if single == "true" {
                    self.conditions.push(Condition::ErrorDeclared);
                }
            }
            _ => {
                let condition = condition(name, values, single).map_err(wrong)?;
                self.conditions.push(condition.ok_or_else(|| not_built(name))?);
            }
        }
        Ok(())
    }
}

/// A condition of a parameter that was judged; none if it is not built.
fn condition(name: &str, values: &[String], single: &str) -> Result<Option<Condition>, Reason> {
    if let Some((operator, field)) = name.split_once('_')
        && let (true, Some(of)) = (matches!(operator, "GE" | "LT"), of_name(TIMES, field))
    {
        let stamp = Stamp::parse(single);
        return Ok(stamp.map(|stamp| Condition::Time { of, from: operator == "GE", stamp }));
    }
    if let Some(of) = of_name(WORDS, name) {
        let word = |value: &String| match of.vocabulary() {
            Some(vocabulary) => vocabulary.to_model(value).into_owned(),
            None => value.clone(),
        };
        return Ok(Some(Condition::Word(of, values.iter().map(word).collect())));
    }
    if let Some(of) = of_name(LISTS, name) {
        let matchers = values.iter().map(|value| Matcher::parse(value)).collect::<Result<_, _>>()?;
        return Ok(Some(Condition::Match(of, matchers)));
    }
    if let Some(comparison) = of_name(QUANTITIES, name) {
        return Ok(Some(Condition::Quantity(comparison, single.to_owned())));
    }
    let named = || values.iter().map(|value| Named::new(value)).collect();
    if let Some((lead, of)) = TYPED.iter().find(|(lead, _)| name.starts_with(lead)) {
        let kind = name.strip_prefix(lead).unwrap_or_default();
        let kind = of.vocabulary().to_model(kind).into_owned();
        return Ok(Some(Condition::Typed { of: *of, kind, values: named() }));
    }
    Ok(match name {
        "eventType" => Some(Condition::Type(values.to_vec())),
        "EQ_readPoint" => Some(Condition::Place(PlaceOf::ReadPoint, named())),
        "EQ_bizLocation" => Some(Condition::Place(PlaceOf::BizLocation, named())),
        "EQ_transformationID" => Some(Condition::Process(named())),
        "EQ_eventID" => Some(Condition::EventId(values.to_vec())),
        "EQ_correctiveEventID" => Some(Condition::Corrective(values.to_vec())),
        _ => None,
    })
}

fn not_built(name: &str) -> QueryError {
    QueryError::NotBuilt(Reason::new(codes::NOT_BUILT, &[name]))
}

/// Judges names and values by the standard, and their number.
fn judge(parameters: &[(String, Vec<String>)]) -> Result<(), QueryError> {
    let wrong = |reason: Reason| Err(QueryError::Parameter(reason));
    let count: usize = parameters.iter().map(|(_, values)| values.len()).sum();
    if parameters.len() > PARAMETERS_MAX || count > VALUES_MAX {
        let limits = [PARAMETERS_MAX.to_string(), VALUES_MAX.to_string()];
        return wrong(Reason::new(codes::TOO_MANY_VALUES, &[&limits[0], &limits[1]]));
    }
    for (place, (name, values)) in parameters.iter().enumerate() {
        if parameters.iter().take(place).any(|(earlier, _)| earlier == name) {
            return wrong(Reason::new(node_codes::API_PARAMETER, &[name, "it is given twice"]));
        }
        let is_single = SINGLE.iter().any(|lead| name.starts_with(lead)) || of_name(QUANTITIES, name).is_some();
        if is_single && values.len() != 1 {
            return wrong(Reason::new(node_codes::API_PARAMETER, &[name, "it has one value"]));
        }
        if values.iter().any(String::is_empty) {
            return wrong(Reason::new(node_codes::API_PARAMETER, &[name, "a value is empty"]));
        }
    }
    let parameters: Vec<QueryParameter> = parameters
        .iter()
        .map(|(name, values)| QueryParameter { name: name.clone(), values: Some(values.clone()) })
        .collect();
    let mut problems = Problems::new(None);
    query::check(&parameters, "", &mut problems);
    match problems.list.into_iter().next() {
        None => Ok(()),
        Some(problem) => wrong(problem.reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Result<EventQuery, QueryError> {
        let parameters: Vec<(String, Vec<String>)> = text
            .split('&')
            .map(|pair| {
                let (name, values) = pair.split_once('=').unwrap();
                (name.to_owned(), values.split('|').map(str::to_owned).collect())
            })
            .collect();
        EventQuery::new(&parameters)
    }

    // Goal: nothing that is asked for is left out: a parameter is read, wrong, or not built. Method: a table.
    #[test]
    fn parameters() {
        for good in [
            "eventType=ObjectEvent|TransformationEvent",
            "GE_eventTime=2026-10-01T00:00:00Z&LT_recordTime=2026-10-02T00:00:00%2B08:00".replace("%2B", "+").as_str(),
            "EQ_bizStep=shipping|https://ref.gs1.org/cbv/BizStep-receiving",
            "EQ_persistentDisposition_set=recalled",
            "EQ_bizTransaction_po=http://x.example/1|http://x.example/2",
            "EQ_source_owning_party=urn:epc:id:pgln:4012345.00000",
            "MATCH_anyEPCClass=urn:epc:idpat:sgtin:4012345.011111.*",
            "GE_quantity=1.5&LT_quantity=2e3",
            "GE_errorDeclarationTime=2026-10-01T00:00:00Z",
            "LT_errorDeclaration_Time=2026-10-01T00:00:00Z",
            "orderBy=eventTime&orderDirection=ASC&eventCountLimit=3",
            "EXISTS_errorDeclaration=true",
        ] {
            assert!(asked(good).is_ok(), "{good}: {:?}", asked(good).err());
        }
        for (wrong, code) in [
            ("nothing=1", "EPCIS-QUERY_UNKNOWN_PARAMETER"),
            ("GE_eventTime=yesterday", "EPCIS-QUERY_BAD_VALUE"),
            ("EQ_action=MOVE", "EPCIS-QUERY_BAD_VALUE"),
            ("GE_quantity=many", "EPCIS-QUERY_BAD_VALUE"),
            ("orderBy=bizStep", "EPCIS-QUERY_BAD_VALUE"),
            ("MATCH_epc=urn:epc:idpat:sgtin:x", "EPC-"),
            ("eventCountLimit=3", "QUERY-LIMIT_WITHOUT_ORDER"),
            ("orderBy=eventTime&eventCountLimit=3&maxEventCount=3", "EPCIS-QUERY_EXCLUSIVE"),
            ("EQ_bizStep=shipping&EQ_bizStep=receiving", "API-PARAMETER"),
            ("GE_eventTime=2026-10-01T00:00:00Z|2026-10-01T00:00:00Z", "API-PARAMETER"),
            ("EQ_bizStep=", "API-PARAMETER"),
        ] {
            let Err(QueryError::Parameter(reason)) = asked(wrong) else { panic!("{wrong}") };
            assert!(reason.code.id.starts_with(code), "{wrong}: {reason}");
        }
        for later in [
            "WD_readPoint=urn:epc:id:sgln:4012345.00000.0",
            "EQ_INNER_ILMD_ext:field=1",
            "EXISTS_ext:field=true",
            "EXISTS_sensorElementList=true",
            "GE_value_CEL=3",
            "EQ_type=Temperature",
            "HASATTR_readPoint=ext:x",
            "orderBy=ext:field",
        ] {
            let Err(QueryError::NotBuilt(reason)) = asked(later) else { panic!("{later}") };
            assert_eq!(reason.code.id, "QUERY-NOT_BUILT", "{later}");
        }
    }
}
