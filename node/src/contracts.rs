//! What is said of contracts: how they stand, from their records.

use serde::{Deserialize, Serialize};
use suyuan_epcis::codes::contract as codes;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::contract::fold::Contract as Fold;
use suyuan_ledger::contract::{Course, ObligationKind};
use suyuan_ledger::credit::calendar::Calendar;
use suyuan_ledger::credit::reading;
use suyuan_ledger::hash::Hash;
use suyuan_ledger::kv::StoreError;
use utoipa::ToSchema;

use crate::credits::{Looked, Reading};
use crate::open::store_reason;
use crate::times::time_text;

/// A contract, as its records have it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The hash of its first record.
    pub contract: String,
    /// The height up to which records count.
    pub height: u64,
    /// How it stands.
    pub state: String,
    /// Whether something is disputed.
    pub disputed: bool,
    /// What it is about.
    pub category: String,
    /// The version of the terms in force; 0 before all have signed.
    pub version: u32,
    /// The band of its size, 1 to 5.
    pub size_band: u8,
    /// What of it may appear in reports.
    pub disclosure: String,
    /// The project that was tendered, by a hash of its number.
    #[serde(default)]
    pub project: Option<String>,
    /// So many days the parties negotiate first about a dispute.
    #[serde(default)]
    pub negotiation_days: u32,
    /// Who mediates then.
    #[serde(default)]
    pub mediator: Option<String>,
    /// Where disputes go that are not settled.
    pub forum: String,
    /// Which court or arbitrators.
    #[serde(default)]
    pub forum_body: Option<String>,
    /// Who is party to it.
    pub parties: Vec<ContractParty>,
    /// What is owed, or was under earlier terms.
    pub obligations: Vec<ContractObligation>,
    /// What stands out.
    pub flags: Vec<ContractFlag>,
    /// Records that had no effect.
    pub voids: Vec<ContractVoid>,
}

/// A party.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractParty {
    /// Its URI.
    pub organisation: String,
    /// What it is to the contract.
    pub role: String,
}

/// An obligation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractObligation {
    /// Its name within the terms.
    pub id: String,
    /// The version of the terms.
    pub version: u32,
    /// What kind of duty.
    pub kind: String,
    /// Who owes it.
    pub debtor: String,
    /// To whom.
    pub creditor: String,
    /// What.
    pub what: Option<String>,
    /// How much, in thousandths of the unit.
    pub quantity: u64,
    /// The unit.
    pub unit: Option<String>,
    /// When it is due.
    pub due: String,
    /// How it stands.
    pub state: String,
    /// What it came to, if that is known.
    pub determination: Option<ContractDetermination>,
}

/// What an obligation came to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractDetermination {
    /// When it was done.
    pub done: String,
    /// How much was received and kept, in thousandths.
    pub delivered: u64,
    /// How much is missing, beyond the tolerance.
    pub short: u64,
    /// How much is too much, beyond the tolerance.
    pub over: u64,
    /// Days late.
    pub late_days: u64,
    /// 0 to 1000: fulfilled, on time, of the quality agreed; of a payment, paid in time.
    pub values: std::collections::BTreeMap<String, u16>,
    /// Who stands for it: S1 an authority, an agency or an adjudicator, S2 both sides or a bank, S3 one side, since the other was silent.
    pub source: String,
    /// The last day on which it may be disputed before it counts; none if it counts.
    pub provisional_until: Option<String>,
    /// The hashes of its records.
    pub evidence: Vec<String>,
}

/// What stands out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractFlag {
    /// The obligation.
    pub obligation: String,
    /// What.
    pub flag: String,
}

/// A record without effect.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractVoid {
    /// Its hash.
    pub record: String,
    /// Why.
    pub code: String,
}

/// The contracts of a firm.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractList {
    /// They, in the order in which they were proposed.
    pub contracts: Vec<ContractLine>,
}

/// A contract of a firm.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractLine {
    /// The hash of its first record.
    pub contract: String,
    /// How it stands.
    pub state: String,
    /// Whether something is disputed.
    pub disputed: bool,
    /// What it is about.
    pub category: String,
    /// Obligations under the terms in force, and how many of them are over.
    pub obligations: [u64; 2],
}

fn failed(error: StoreError) -> Reason {
    store_reason(&error)
}

fn nothing(id: &str, height: u64) -> Reason {
    Reason::new(codes::NOTHING, &[id, &height.to_string()])
}

/// A contract at a height, the last one if absent.
pub fn contract(reading: &Reading, id: &str, at: Option<u64>) -> Result<Contract, Reason> {
    let Looked { snapshot, ledger, height, time, tables } = reading.look(at)?.map_err(|height| nothing(id, height))?;
    let hash = Hash::from_hex(id).ok_or_else(|| nothing(id, height))?;
    let found = reading::contract(&snapshot, &ledger.directory, &hash, (height, time), tables.calendar());
    let (contract, _) = found.map_err(failed)?.ok_or_else(|| nothing(id, height))?;
    Ok(say(&contract, height, tables.calendar()))
}

/// The contracts of a firm.
pub fn contracts(reading: &Reading, firm: &str) -> Result<ContractList, Reason> {
    let looked = reading.look(None)?;
    let Ok(Looked { snapshot, ledger, height, time, tables }) = looked else {
        return Ok(ContractList { contracts: Vec::new() });
    };
    let (mut contracts, calendar) = (Vec::new(), tables.calendar());
    for id in reading::contracts_of(&snapshot, firm, height).map_err(failed)? {
        let found = reading::contract(&snapshot, &ledger.directory, &id, (height, time), calendar);
        let Some((one, _)) = found.map_err(failed)? else { continue };
        let current = one.courses.iter().filter(|course| course.version == one.version);
        let over = current.clone().filter(|course| course.is_over(one.time(), calendar)).count() as u64;
        contracts.push(ContractLine {
            contract: id.to_string(),
            state: one.state.name().to_owned(),
            disputed: one.is_disputed(),
            category: one.category.name().to_owned(),
            obligations: [current.count() as u64, over],
        });
    }
    Ok(ContractList { contracts })
}

fn say(contract: &Fold<'_>, height: u64, calendar: &Calendar) -> Contract {
    let parties = contract
        .parties
        .iter()
        .map(|party| ContractParty { organisation: party.organisation.clone(), role: party.role.name().to_owned() });
    let flags = contract
        .flags()
        .into_iter()
        .map(|(obligation, flag)| ContractFlag { obligation: obligation.to_owned(), flag: flag.name().to_owned() });
    let voids = contract
        .voids
        .iter()
        .map(|(record, void)| ContractVoid { record: record.to_string(), code: void.name().to_owned() });
    Contract {
        contract: contract.id.to_string(),
        height,
        state: contract.state.name().to_owned(),
        disputed: contract.is_disputed(),
        category: contract.category.name().to_owned(),
        version: contract.version,
        size_band: contract.terms.size_band,
        disclosure: contract.disclosure.name().to_owned(),
        project: contract.project.map(|hash| hash.to_string()),
        negotiation_days: contract.disputes.negotiation_days,
        mediator: contract.disputes.mediator.clone(),
        forum: contract.disputes.forum.name().to_owned(),
        forum_body: contract.disputes.body.clone(),
        parties: parties.collect(),
        obligations: contract.courses.iter().map(|course| obligation(course, contract.time(), calendar)).collect(),
        flags: flags.collect(),
        voids: voids.collect(),
    }
}

fn obligation(course: &Course, time: i64, calendar: &Calendar) -> ContractObligation {
    let one = &course.obligation;
    ContractObligation {
        id: one.id.clone(),
        version: course.version,
        kind: one.kind.name().to_owned(),
        debtor: one.debtor.clone(),
        creditor: one.creditor.clone(),
        what: one.what.clone(),
        quantity: one.quantity,
        unit: one.unit.clone(),
        due: time_text(one.due),
        state: course.state(time, calendar).name().to_owned(),
        determination: course.verdict(time, calendar).map(|verdict| {
            let said = verdict.determination;
            let values = match one.kind {
                ObligationKind::Pay => vec![("PAY", Some(said.payment()))],
                _ => vec![
                    ("FUL", Some(said.fulfilment(course.grace_days()))),
                    ("ONT", Some(said.punctuality())),
                    ("QUA", said.quality()),
                ],
            };
            ContractDetermination {
                done: time_text(said.done),
                delivered: said.delivered,
                short: said.short,
                over: said.over,
                late_days: said.late_days,
                values: values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
                source: verdict.source.name().to_owned(),
                provisional_until: verdict.provisional.and_then(|day| day.text()),
                evidence: verdict.evidence.iter().map(Hash::to_string).collect(),
            }
        }),
    }
}
