//! `suyuan credit`

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::credit::Profile;
use suyuan_ledger::day::Day;

use super::apart;
use super::arguments::{PlaceArguments, RecordArguments, SigningArguments};
use super::measures::day_of;
use super::outcome::{Outcome, read_reason};
use super::place::{Failure, told};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::api::v1::credit::uri_of;
use crate::codes::node as node_codes;
use crate::credits::{self, Asked, Credit, PublishedGrade};
use crate::link::{percent_encoded, query};
use crate::open::read_file;

mod evaluate;
mod overdue;
mod publish;
mod remove;

/// `suyuan credit`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct CreditArguments {
    /// What else to do
    #[command(subcommand)]
    pub command: Option<CreditCommand>,
    /// Firm, by its URI, unified social credit code or legal entity identifier
    #[arg(value_name = "FIRM")]
    pub firm: Option<String>,
    /// Show every fact with its records and what it did to the score
    #[arg(long)]
    pub explain: bool,
    /// As of this height [default: the last one]
    #[arg(long, value_name = "HEIGHT")]
    pub at: Option<u64>,
    /// By whose weights: GENM, FOOD, DRUG, SPEQ, LOGI or TRAD [default: as an authority has said, else GENM]
    #[arg(long, value_name = "PROFILE")]
    pub weights: Option<String>,
    /// As of which day what is recorded counts, YYYY-MM-DD [default: that of the last block]
    #[arg(long, value_name = "DAY")]
    pub day: Option<String>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Commands on credit.
#[derive(Debug, Subcommand)]
pub enum CreditCommand {
    /// Record what authorities found and decided, pledges, objections, repairs; exit code 1 if one is refused
    Record(RecordArguments),
    /// Publish the grade that follows from the records, in an authority's name
    Publish(PublishArguments),
    /// Compute every published grade again; exit code 1 if one does not follow from the records
    Audit(AuditArguments),
    /// Ask every node to erase what was held against a firm and was repaired or is over, with all that is about it
    Remove(RemoveArguments),
    /// Show which organisations say to have erased what was to be; exit code 1 if one with a validator has not
    Removals(RemovalsArguments),
    /// Show what should have been done: inspections, recalls, steps, notices, pledges; exit code 1 if something is overdue
    Overdue(OverdueArguments),
    /// Evaluate the facts of a file, without a ledger: what grade they make, and what each of them did to it
    Evaluate(EvaluateArguments),
}

/// `suyuan credit publish`
#[derive(Debug, Args)]
pub struct PublishArguments {
    /// Firm, by its URI, unified social credit code or legal entity identifier
    #[arg(value_name = "FIRM")]
    pub firm: String,
    /// As of this height [default: the last one]
    #[arg(long, value_name = "HEIGHT")]
    pub at: Option<u64>,
    /// Who signs it, and where it goes
    #[command(flatten)]
    pub signing: SigningArguments,
}

/// `suyuan credit remove`
#[derive(Debug, Args)]
pub struct RemoveArguments {
    /// Firm, by its URI, unified social credit code or legal entity identifier
    #[arg(value_name = "FIRM")]
    pub firm: String,
    /// Who signs it, and where it goes
    #[command(flatten)]
    pub signing: SigningArguments,
}

/// `suyuan credit removals`
#[derive(Debug, Args)]
pub struct RemovalsArguments {
    /// Firm, by its URI, unified social credit code or legal entity identifier [default: all]
    #[arg(value_name = "FIRM")]
    pub firm: Option<String>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan credit overdue`
#[derive(Debug, Args)]
pub struct OverdueArguments {
    /// Firm, by its URI, unified social credit code or legal entity identifier [default: all]
    #[arg(value_name = "FIRM")]
    pub firm: Option<String>,
    /// On this day, YYYY-MM-DD [default: that of the last block]
    #[arg(long, value_name = "DAY")]
    pub day: Option<String>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan credit audit`
#[derive(Debug, Args)]
pub struct AuditArguments {
    /// Data directory [default: SUYUAN_DIR, else ~/.local/share/suyuan]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan credit evaluate`
#[derive(Debug, Args)]
pub struct EvaluateArguments {
    /// JSON as docs/CREDIT.md has it, or - for standard input
    #[arg(value_name = "FILE")]
    pub facts_file: PathBuf,
    /// Numbers of the model, as a table that was put in force [default: the first ones]
    #[arg(long, value_name = "TABLE")]
    pub parameters: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// A million facts fit.
const FILE_BYTES_MAX: u64 = 512 << 20;

/// Says what a firm's credit is, or does what else is asked.
pub fn run(options: &CreditArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    match (&options.command, &options.firm) {
        (Some(CreditCommand::Record(options)), _) => apart::record(&apart::CREDIT, options, screen),
        (Some(CreditCommand::Publish(options)), _) => publish::publish(options, screen),
        (Some(CreditCommand::Audit(options)), _) => publish::audit(options, screen),
        (Some(CreditCommand::Remove(options)), _) => remove::remove(options, screen),
        (Some(CreditCommand::Removals(options)), _) => remove::show(options, screen),
        (Some(CreditCommand::Overdue(options)), _) => overdue::show(options, screen),
        (Some(CreditCommand::Evaluate(options)), _) => evaluate::evaluate(options, screen),
        (None, Some(firm)) => show(firm, options, screen),
        (None, None) => Err(Reason::new(node_codes::OPTION, &["FIRM", ""]).into()),
    }
}

fn show(firm: &str, options: &CreditArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let wrong = |name: &str| Reason::new(node_codes::OPTION, &["--weights", name]);
    let weights = options.weights.as_deref();
    let profile = weights.map(|name| Profile::from_name(name).ok_or_else(|| wrong(name))).transpose()?;
    let day = day_of(options.day.as_ref())?;
    let credit = asked(firm, &options.place, Asked { height: options.at, profile, day }, screen)?;
    screen.found(&credit, options.json, |credit, language| in_words(credit, options.explain, language))?;
    Ok(Outcome::Done)
}

/// A firm's credit, of a directory or a node.
pub(super) fn asked(firm: &str, at: &PlaceArguments, asked: Asked, screen: &mut Screen) -> Result<Credit, Failure> {
    told(at, &path_of(firm, asked), screen, |reading| credits::credit(reading, &uri_of(firm), asked))
}

fn path_of(firm: &str, asked: Asked) -> String {
    let (at, day) = (asked.height.map(|height| height.to_string()), asked.day.and_then(Day::text));
    let profile = asked.profile.map(Profile::name);
    let query = query(&[("at", at.as_deref()), ("profile", profile), ("day", day.as_deref())]);
    format!("/v1/credit/{}{query}", percent_encoded(firm))
}

fn in_words(credit: &Credit, explain: bool, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let mut text = format!(
        "{}   {} {}   {} {}   {} {}   {}\n",
        printable(&credit.subject),
        say("grade", "等级"),
        credit.grade,
        say("score", "得分"),
        credit.score,
        say("band", "分档"),
        credit.band,
        credit.profile,
    );
    let at = say("up to height", "截至高度");
    text.push_str(&format!("{at} {}, {}   {} {}\n", credit.height, credit.day, credit.model, credit.parameters_hash));
    if let Some(PublishedGrade { grade, height, day, .. }) = &credit.published {
        text.push_str(&format!("{} {grade}, {at} {height}, {day}\n", say("published:", "已公布：")));
    }
    let rows = credit.indicators.iter().map(|one| (one.code.as_str(), one.value, one.weight_bp, one.mass));
    text.push_str(&indicators(rows, language));
    for ceiling in &credit.ceilings {
        let (best, evidence) = (say("at best", "最高为"), ceiling.evidence.join(" "));
        text.push_str(&format!("{} {best} {}: {}\n", ceiling.code, ceiling.ceiling, printable(&evidence)));
    }
    for (list, name) in [(&credit.objections, say("objection", "异议")), (&credit.repairs, say("repair", "修复"))] {
        for one in list {
            let step = one.step.as_deref().unwrap_or(say("not begun", "未受理"));
            let (next, due) = (say("next by", "下一步期限"), one.due.as_deref().unwrap_or_default());
            let overdue = if one.overdue { say(", overdue", "，已逾期") } else { "" };
            text.push_str(&format!("{name} {}: {step}, {next} {due}{overdue}\n", one.record));
        }
    }
    for removed in &credit.to_remove {
        text.push_str(&format!("{} {}\n", say("to be removed:", "待移除："), removed.record));
    }
    text.push_str(&shown(credit, language));
    if explain {
        text.push_str(&facts(credit, language));
        for one in credit.indicators.iter().filter(|one| !one.evidence.is_empty()) {
            text.push_str(&format!("{} {} {}\n", one.code, say("rests on", "依据"), one.evidence.join(" ")));
        }
    }
    text
}

/// What scores nothing, a line each.
fn shown(credit: &Credit, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let contested = |is: bool| if is { say(", objected to", "，异议处理中") } else { "" };
    let acts = credit.administrative.iter().map(|one| {
        let (kind, decision) = (&one.kind, printable(&one.decision));
        format!(
            "{} {}: {kind}, {decision}, {}{}",
            say("act", "行政管理"),
            one.record,
            one.day,
            contested(one.contested)
        )
    });
    let disclosures = credit.disclosures.iter().map(|one| {
        let finding = one.finding.as_deref().unwrap_or(say("unverified", "未核实"));
        let name = say("disclosure", "自愿披露");
        format!("{name} {}: {}, {}, {finding}{}", one.record, one.topic, one.source, contested(one.contested))
    });
    let measures = credit.measures.iter().map(|one| {
        let (code, name, decision) = (printable(&one.code), printable(&one.name), printable(&one.decision));
        let measure = say("measure", "信用措施");
        format!("{measure} {}: {code} {name}, {decision}{}", one.record, contested(one.contested))
    });
    let notices = credit.notices.iter().map(|one| {
        let overdue = if one.overdue { say(", overdue", "，已逾期") } else { "" };
        let (notice, by) = (say("notice", "提示约谈"), say("by", "期限"));
        format!("{notice} {}: {}, {by} {}{overdue}{}", one.record, one.kind, one.due, contested(one.contested))
    });
    acts.chain(disclosures).chain(measures).chain(notices).map(|line| line + "\n").collect()
}

fn facts(credit: &Credit, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let header = [
        say("fact", "事实"),
        say("day", "日期"),
        say("value", "值"),
        say("mass", "质量"),
        say("status", "状态"),
        say("points", "分"),
    ];
    let mut shown = table(&header);
    for fact in &credit.facts {
        let (value, mass) = (fact.value.to_string(), thousandths(fact.mass, 1_000));
        let points = format!("{:+}", fact.delta);
        shown.add_row([printable(&fact.id).into_owned(), fact.day.clone(), value, mass, fact.status.clone(), points]);
    }
    let help = say(
        "the firm may object to what is wrong and have what is held against it repaired, free of charge: docs/CREDIT.md",
        "企业可免费对错误信息提出异议、申请信用修复：见 docs/CREDIT.md",
    );
    format!("{shown}\n{help}\n")
}

// ---- what these commands share ----

/// The bytes of a file, or of standard input.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    if path != Path::new("-") {
        return Ok(read_file(path, FILE_BYTES_MAX)?);
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(FILE_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Of("-".to_owned(), read_reason(&error)))?;
    Ok(bytes)
}

/// A row an indicator: code, value, weight in ten-thousandths, mass.
fn indicators<'a>(rows: impl Iterator<Item = (&'a str, u16, u64, Option<u64>)>, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let header = [
        say("indicator", "指标"),
        say("value", "值"),
        say("weight %", "权重 %"),
        say("points", "得分"),
        say("mass", "质量"),
    ];
    let mut shown = table(&header);
    for (code, value, weight_bp, mass) in rows {
        let mass = mass.map(|mass| thousandths(mass, 1_000)).unwrap_or_default();
        let points = thousandths(weight_bp * u64::from(value), 10_000);
        shown.add_row([code.to_owned(), value.to_string(), thousandths(weight_bp, 100), points, mass]);
    }
    align(&mut shown, 1);
    format!("{shown}\n")
}

pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    if !header.is_empty() {
        table.set_header(header);
    }
    table
}

/// Numbers stand to the right.
fn align(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// A number of the smallest parts, with a point.
fn thousandths(number: u64, one: u64) -> String {
    let places = one.ilog10() as usize;
    format!("{}.{:0places$}", number / one, number % one)
}
