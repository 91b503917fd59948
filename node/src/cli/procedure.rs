//! `suyuan objection`, `suyuan repair`: the one window for both. What they record is as `suyuan credit record` records it.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use suyuan_epcis::codes::{Language, credit as codes};
use suyuan_epcis::problem::Reason;
use suyuan_ledger::hash::Hash;

use super::apart;
use super::arguments::{PlaceArguments, SigningArguments};
use super::contract::tell;
use super::credit::{asked, table};
use super::outcome::Outcome;
use super::place::{Failure, Place, place, remote};
use super::screen::Screen;
use super::text::pick;
use crate::api::v1::credit::{Procedure, uri_of};
use crate::credits::{Asked, Credit, CreditProcedure, Reading, subject_of_procedure};
use crate::open::Opened;

/// `suyuan objection`
#[derive(Debug, Args)]
pub struct ObjectionArguments {
    /// What to do
    #[command(subcommand)]
    pub command: ObjectionCommand,
}

/// Commands on objections.
#[derive(Debug, Subcommand)]
pub enum ObjectionCommand {
    /// Object to a record, in the firm's name: free, once without new evidence
    Submit(ObjectionSubmitArguments),
    /// Take the next step of an objection, in an authority's name
    Step(ObjectionStepArguments),
    /// List a firm's objections that are looked into; exit code 1 if a step is overdue
    List(ProcedureListArguments),
}

/// `suyuan repair`
#[derive(Debug, Args)]
pub struct RepairArguments {
    /// What to do
    #[command(subcommand)]
    pub command: RepairCommand,
}

/// Commands on repairs.
#[derive(Debug, Subcommand)]
pub enum RepairCommand {
    /// Apply for repair of what is held against the firm, in its name
    Apply(RepairApplyArguments),
    /// Take the next step of a repair, in an authority's name
    Step(RepairStepArguments),
    /// List a firm's applications that are looked into; exit code 1 if a step is overdue
    List(ProcedureListArguments),
}

/// `suyuan objection submit`
#[derive(Debug, Args)]
pub struct ObjectionSubmitArguments {
    /// Firm, by its URI, unified social credit code or legal entity identifier
    #[arg(value_name = "FIRM")]
    pub firm: String,
    /// The record that is wrong: its hash
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// What is wrong: identity, transcription, fact, expiry or basis
    #[arg(long, value_name = "KIND")]
    pub kind: String,
    /// Hash of what the firm says
    #[arg(long, value_name = "HASH")]
    pub statement: String,
    /// Hashes of what it shows for it
    #[arg(long, value_name = "HASH", num_args = 1..)]
    pub evidence: Vec<String>,
    /// What of a contract's record, or of an event's, is objected to [default: all]
    #[arg(long, value_name = "INDICATOR", num_args = 1..)]
    pub indicators: Vec<String>,
    /// Who signs it, and where it goes
    #[command(flatten)]
    pub signing: SigningArguments,
}

/// `suyuan objection step`
#[derive(Debug, Args)]
pub struct ObjectionStepArguments {
    /// The objection: the hash of its record
    #[arg(value_name = "OBJECTION")]
    pub objection: String,
    /// accept, refuse, platform_check, provider_asked, provider_answer or decide
    #[arg(value_name = "STEP")]
    pub step: String,
    /// How it is decided: upheld, partly or rejected
    #[arg(long, value_name = "RESULT")]
    pub result: Option<String>,
    /// Hash of the reasons
    #[arg(long, value_name = "HASH")]
    pub reasons: Option<String>,
    /// Who signs it, and where it goes
    #[command(flatten)]
    pub signing: SigningArguments,
}

/// `suyuan repair apply`
#[derive(Debug, Args)]
pub struct RepairApplyArguments {
    /// Firm, by its URI, unified social credit code or legal entity identifier
    #[arg(value_name = "FIRM")]
    pub firm: String,
    /// What is held against it: hashes of the records
    #[arg(long, value_name = "HASH", num_args = 1.., required = true)]
    pub targets: Vec<String>,
    /// The pledge that goes with it: the hash of its record
    #[arg(long, value_name = "HASH")]
    pub pledge: String,
    /// Hashes of what shows that all duties are performed
    #[arg(long, value_name = "HASH", num_args = 1.., required = true)]
    pub duties: Vec<String>,
    /// Who signs it, and where it goes
    #[command(flatten)]
    pub signing: SigningArguments,
}

/// `suyuan repair step`
#[derive(Debug, Args)]
pub struct RepairStepArguments {
    /// The application: the hash of its record
    #[arg(value_name = "REPAIR")]
    pub repair: String,
    /// accept, refuse, extend or decide
    #[arg(value_name = "STEP")]
    pub step: String,
    /// How it is decided: repaired or refused
    #[arg(long, value_name = "RESULT")]
    pub result: Option<String>,
    /// Hash of the reasons
    #[arg(long, value_name = "HASH")]
    pub reasons: Option<String>,
    /// Who signs it, and where it goes
    #[command(flatten)]
    pub signing: SigningArguments,
}

/// `suyuan objection list`, `suyuan repair list`
#[derive(Debug, Args)]
pub struct ProcedureListArguments {
    /// Firm, by its URI, unified social credit code or legal entity identifier
    #[arg(value_name = "FIRM")]
    pub firm: String,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Objects, goes on with an objection, or lists them.
pub fn object(options: &ObjectionArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    match &options.command {
        ObjectionCommand::Submit(options) => {
            let record = json!({
                "type": "suyuan:Objection", "subject": uri_of(&options.firm), "target": options.target,
                "kind": options.kind, "statement": options.statement, "evidence": options.evidence,
                "indicators": options.indicators,
            });
            apart::record_one(&apart::CREDIT, record, &options.signing, screen)
        }
        ObjectionCommand::Step(options) => {
            let record =
                json!({ "type": "suyuan:ObjectionStep", "objection": options.objection, "step": options.step });
            let said = (options.result.as_deref(), options.reasons.as_deref());
            take_step(&options.objection, record, said, &options.signing, screen)
        }
        ObjectionCommand::List(options) => list(options, |credit| credit.objections, screen),
    }
}

/// Applies for repair, goes on with one, or lists them.
pub fn repair(options: &RepairArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    match &options.command {
        RepairCommand::Apply(options) => {
            let record = json!({
                "type": "suyuan:Repair", "subject": uri_of(&options.firm), "targets": options.targets,
                "pledge": options.pledge, "dutiesDone": options.duties,
            });
            apart::record_one(&apart::CREDIT, record, &options.signing, screen)
        }
        RepairCommand::Step(options) => {
            let record = json!({ "type": "suyuan:RepairStep", "repair": options.repair, "step": options.step });
            let said = (options.result.as_deref(), options.reasons.as_deref());
            take_step(&options.repair, record, said, &options.signing, screen)
        }
        RepairCommand::List(options) => list(options, |credit| credit.repairs, screen),
    }
}

/// Records a step, with its result and the reasons, as far as they are given.
fn take_step(
    procedure: &str,
    mut record: Value,
    (result, reasons): (Option<&str>, Option<&str>),
    signing: &SigningArguments,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    record["subject"] = json!(subject_of(procedure, &signing.place)?);
    for (name, value) in [("result", result), ("reasons", reasons)] {
        if let Some(value) = value {
            record[name] = json!(value);
        }
    }
    apart::record_one(&apart::CREDIT, record, signing, screen)
}

/// Whose an objection or a repair is.
fn subject_of(record: &str, at: &PlaceArguments) -> Result<String, Failure> {
    let unknown = || Reason::new(codes::UNKNOWN_TARGET, &[]);
    let hash = Hash::from_hex(record).ok_or_else(unknown)?;
    match place(at, false) {
        Place::Directory(path) => {
            let opened = Opened::open(&path)?.whole()?;
            let found = subject_of_procedure(&Reading::new(Arc::clone(&opened.store)), &hash)?;
            Ok(found.ok_or_else(unknown)?)
        }
        Place::Node(url) => {
            let remote = remote(&url, at)?;
            let (status, bytes) = remote.get(&format!("/v1/procedures/{hash}"), "application/json")?;
            match (status, serde_json::from_slice::<Procedure>(&bytes)) {
                (200, Ok(said)) => Ok(said.subject),
                (404, _) => Err(unknown().into()),
                _ => Err(remote.unexpected(status, &bytes).into()),
            }
        }
    }
}

fn list(
    options: &ProcedureListArguments,
    of: impl Fn(Credit) -> Vec<CreditProcedure>,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let found = of(asked(&options.firm, &options.place, Asked::default(), screen)?);
    tell(&found, options.json, |found, language| in_words(found, language), screen)?;
    Ok(if found.iter().any(|one| one.overdue) { Outcome::No } else { Outcome::Done })
}

fn in_words(procedures: &[CreditProcedure], language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let mut shown = table(&[
        say("record", "记录"),
        say("last step", "上一步骤"),
        say("next by", "下一步期限"),
        say("overdue", "逾期"),
        say("about", "对象"),
    ]);
    for one in procedures {
        shown.add_row([
            one.record.clone(),
            one.step.clone().unwrap_or_else(|| say("not begun", "未受理").to_owned()),
            one.due.clone().unwrap_or_default(),
            if one.overdue { say("yes", "是") } else { say("no", "否") }.to_owned(),
            one.targets.join(" "),
        ]);
    }
    format!("{shown}\n")
}
