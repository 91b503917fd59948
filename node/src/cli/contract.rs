//! `suyuan contract`

use clap::{Args, Subcommand};
use serde::Serialize;
use suyuan_epcis::codes::Language;

use super::apart;
use super::arguments::{PlaceArguments, RecordArguments};
use super::credit::table;
use super::outcome::Outcome;
use super::place::{Failure, told};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::api::v1::credit::uri_of;
use crate::contracts::{self, Contract, ContractList};
use crate::credits::Reading;
use crate::link::{percent_encoded, query};

/// `suyuan contract`
#[derive(Debug, Args)]
pub struct ContractArguments {
    /// What to do
    #[command(subcommand)]
    pub command: ContractCommand,
}

/// Commands on contracts.
#[derive(Debug, Subcommand)]
pub enum ContractCommand {
    /// Record what parties agree on, do and receive, and what adjudicators decide; exit code 1 if one is refused
    Record(RecordArguments),
    /// Show how a contract stands; exit code 1 if there is none
    Show(ContractShowArguments),
    /// List the contracts of a firm
    List(ContractListArguments),
}

/// `suyuan contract show`
#[derive(Debug, Args)]
pub struct ContractShowArguments {
    /// The contract: the hash of its first record
    #[arg(value_name = "ID")]
    pub contract: String,
    /// At which height [default: the last one]
    #[arg(long, value_name = "HEIGHT")]
    pub at: Option<u64>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan contract list`
#[derive(Debug, Args)]
pub struct ContractListArguments {
    /// The firm: its URI, unified social credit code or legal entity identifier
    pub firm: String,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Records what is said of contracts, or says how they stand.
pub fn run(options: &ContractArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    match &options.command {
        ContractCommand::Record(options) => apart::record(&apart::CONTRACT, options, screen),
        ContractCommand::Show(options) => show(options, screen),
        ContractCommand::List(options) => list(options, screen),
    }
}

fn show(options: &ContractShowArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let at = options.at.map(|height| height.to_string());
    let path = format!("/v1/contracts/{}{}", percent_encoded(&options.contract), query(&[("at", at.as_deref())]));
    let of_directory = |reading: &Reading| contracts::contract(reading, &options.contract, options.at);
    let contract = told(&options.place, &path, screen, of_directory)?;
    tell(&contract, options.json, in_words, screen)
}

fn list(options: &ContractListArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let path = format!("/v1/contracts{}", query(&[("party", Some(&options.firm))]));
    let of_directory = |reading: &Reading| contracts::contracts(reading, &uri_of(&options.firm));
    let list = told(&options.place, &path, screen, of_directory)?;
    tell(&list, options.json, lines, screen)
}

/// Tells what was found, in JSON or in words.
pub(super) fn tell<T: Serialize>(
    said: &T,
    json: bool,
    in_words: impl Fn(&T, Language) -> String,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    screen.found(said, json, in_words)?;
    Ok(Outcome::Done)
}

fn lines(list: &ContractList, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let mut shown =
        table(&[say("contract", "合同"), say("state", "状态"), say("about", "类别"), say("over", "已了结")]);
    for one in &list.contracts {
        let disputed = if one.disputed { say(", disputed", "，有争议") } else { "" };
        let [all, over] = one.obligations;
        shown.add_row([
            one.contract.clone(),
            format!("{}{disputed}", one.state),
            one.category.clone(),
            format!("{over} / {all}"),
        ]);
    }
    format!("{shown}\n")
}

fn in_words(contract: &Contract, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let disputed = if contract.disputed { say(", disputed", "，有争议") } else { "" };
    let mut text = format!(
        "{}   {}{disputed}   {} {}   {}\n",
        contract.contract,
        contract.state,
        say("version", "版本"),
        contract.version,
        contract.category,
    );
    for party in &contract.parties {
        text.push_str(&format!("  {}  {}\n", party.role, printable(&party.organisation)));
    }
    let header = [
        say("obligation", "义务"),
        say("kind", "种类"),
        say("due", "到期"),
        say("state", "状态"),
        say("days late", "迟延天数"),
        say("values", "值"),
        say("counts after", "此日后计入"),
    ];
    let mut shown = table(&header);
    for one in &contract.obligations {
        let said = one.determination.as_ref();
        let values =
            said.map(|said| said.values.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>());
        shown.add_row([
            printable(&one.id).into_owned(),
            one.kind.clone(),
            one.due.clone(),
            one.state.clone(),
            said.map(|said| said.late_days.to_string()).unwrap_or_default(),
            values.unwrap_or_default().join(" "),
            said.and_then(|said| said.provisional_until.clone()).unwrap_or_default(),
        ]);
    }
    text.push_str(&format!("{shown}\n"));
    for one in &contract.flags {
        text.push_str(&format!("{} {}\n", printable(&one.obligation), one.flag));
    }
    for one in &contract.voids {
        text.push_str(&format!("{} {} {}\n", say("without effect:", "无效力："), one.record, one.code));
    }
    text
}
