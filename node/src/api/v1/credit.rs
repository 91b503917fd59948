//! The credit of firms.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use suyuan_epcis::codes::credit as codes;
use suyuan_epcis::identifier::{Lei, Uscc};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::Profile;
use suyuan_ledger::day::Day;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::organisation::{OrganisationRole, check_organisation_uri};
use suyuan_ledger::state::apply::Ledger;
use suyuan_sdk::signer::Signer;
use utoipa::{IntoParams, ToSchema};

use crate::api::extract::{Parameters, Segments};
use crate::api::problem::{Missing, Refusals, answer, blocking, problem, wrong_parameter};
use crate::api::{App, Shared};
use crate::credits::{self, Asked, Credit};
use crate::open::store_reason;

/// So long is a unified social credit code, and a legal entity identifier.
const USCC_CHARACTERS: usize = 18;
const LEI_CHARACTERS: usize = 20;

/// What a firm's credit is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CreditParameters {
    /// The height up to which records count: the last one if left out
    #[param(minimum = 1)]
    at: Option<u64>,
    /// Whose weights: GENM, FOOD, DRUG, SPEQ, LOGI or TRAD
    profile: Option<String>,
    /// As of which day, YYYY-MM-DD, what is recorded counts: that of the block if left out
    day: Option<String>,
}

/// The URI of a firm that is named by it, or by its unified social credit code or legal entity identifier.
pub fn uri_of(firm: &str) -> String {
    match (Uscc::parse(firm), Lei::parse(firm)) {
        (Ok(code), _) => format!("urn:uscc:{}", code.as_str()),
        (_, Ok(code)) => format!("urn:lei:{}", code.as_str()),
        _ => firm.to_owned(),
    }
}

/// The same, if it is one by the published rules of its code.
pub fn checked_uri_of(firm: &str) -> Result<String, Reason> {
    let uri = uri_of(firm);
    match (check_organisation_uri(&uri), firm.len()) {
        (Ok(()), _) => Ok(uri),
        (Err(_), USCC_CHARACTERS) => Uscc::parse(firm).map(|_| uri),
        (Err(_), LEI_CHARACTERS) => Lei::parse(firm).map(|_| uri),
        (Err(reason), _) => Err(reason),
    }
}

/// The credit of a firm: its grade, what it is made of, and what each fact did to it.
///
/// The firm is named by its URI, its unified social credit code or its legal entity identifier. A node tells the credit
/// of its own organisation; that of an authority tells everybody's.
#[utoipa::path(
    get, path = "/v1/credit/{*firm}", tag = "credit",
    params(("firm" = String, Path, description = "Whose credit"), CreditParameters),
    responses((status = 200, description = "The credit", body = Credit), Missing, Refusals),
)]
pub async fn credit(
    State(app): Shared,
    Segments(firm): Segments<String>,
    Parameters(asked): Parameters<CreditParameters>,
) -> Response {
    let profile = match asked.profile.as_deref().map(Profile::from_name) {
        None => None,
        Some(Some(profile)) => Some(profile),
        Some(None) => return wrong_parameter("profile", "GENM, FOOD, DRUG, SPEQ, LOGI or TRAD"),
    };
    let day = match asked.day.as_deref().map(Day::parse) {
        None => None,
        Some(Some(day)) => Some(day),
        Some(None) => return wrong_parameter("day", "YYYY-MM-DD"),
    };
    blocking(move || {
        let firm = uri_of(&firm);
        if !may_see(&app, &|own| own == firm)? {
            return Ok(problem(StatusCode::FORBIDDEN, &Reason::new(codes::NOT_YOURS, &[])));
        }
        match credits::credit(&app.reading, &firm, Asked { height: asked.at, profile, day }) {
            Err(reason) if reason.code == codes::NOTHING => Ok(problem(StatusCode::NOT_FOUND, &reason)),
            said => Ok(answer(StatusCode::OK, &said?)),
        }
    })
    .await
}

/// An objection, or an application for repair.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// The hash of its record.
    pub record: String,
    /// Whose it is.
    pub subject: String,
}

/// Whose an objection or an application for repair is: in whose credit it is to be looked up.
#[utoipa::path(
    get, path = "/v1/procedures/{record}", tag = "credit",
    params(("record" = String, Path, description = "The hash of its record")),
    responses((status = 200, description = "Whose it is", body = Procedure), Missing, Refusals),
)]
pub async fn procedure(State(app): Shared, Segments(record): Segments<String>) -> Response {
    let Some(hash) = Hash::from_hex(&record) else {
        return wrong_parameter("record", "64 digits of lower-case hex");
    };
    blocking(move || {
        let Some(subject) = credits::subject_of_procedure(&app.reading, &hash)? else {
            return Ok(problem(StatusCode::NOT_FOUND, &Reason::new(codes::UNKNOWN_TARGET, &[])));
        };
        match may_see(&app, &|own| own == subject)? {
            true => Ok(answer(StatusCode::OK, &Procedure { record, subject })),
            false => Ok(problem(StatusCode::FORBIDDEN, &Reason::new(codes::NOT_YOURS, &[]))),
        }
    })
    .await
}

/// Whether this node may tell what is only for some: its own organisation is one of them, or an authority.
pub(super) fn may_see(app: &App, is_for: &dyn Fn(&str) -> bool) -> Result<bool, Reason> {
    let ledger = Ledger::open(app.node.store.as_ref()).map_err(|error| store_reason(&error))?;
    let own = ledger.as_ref().and_then(|ledger| {
        let key = ledger.directory.key(&app.device.key_id())?;
        ledger.directory.organisation(key.organisation)
    });
    Ok(own.is_some_and(|own| is_for(&own.uri) || own.role == OrganisationRole::Authority))
}
