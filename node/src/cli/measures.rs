//! `suyuan measures`, `suyuan penalties`: what authorities may do and have done with credit, and who is penalised again and
//! again.

use clap::Args;
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;
use suyuan_ledger::day::Day;

use super::arguments::PlaceArguments;
use super::contract::tell;
use super::credit::{asked, table};
use super::outcome::Outcome;
use super::place::{Failure, told};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::api::v1::supervision::MONTHS_MAX;
use crate::codes::node as node_codes;
use crate::credits::{Asked, CreditMeasure, CreditMeasureItem, FirmPenalties, penalties_of_all};
use crate::link::query;

/// `suyuan measures`
#[derive(Debug, Args)]
pub struct MeasuresArguments {
    /// Firm, by its URI, unified social credit code or legal entity identifier
    #[arg(value_name = "FIRM")]
    pub firm: String,
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

/// `suyuan penalties`
#[derive(Debug, Args)]
pub struct PenaltiesArguments {
    /// Firm, by its URI, unified social credit code or legal entity identifier [default: every firm]
    #[arg(value_name = "FIRM")]
    pub penalised: Option<String>,
    /// Of the last so many months
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(..=i64::from(MONTHS_MAX)))]
    pub months: u32,
    /// Firms that have at least so many
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub least: u32,
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

/// The measures of a firm.
#[derive(Debug, serde::Serialize)]
struct Measures {
    in_use: Vec<CreditMeasure>,
    that_apply: Vec<CreditMeasureItem>,
}

/// The day of an option.
pub(super) fn day_of(option: Option<&String>) -> Result<Option<Day>, Reason> {
    let wrong = |day: &String| Reason::new(node_codes::OPTION, &["--day", day]);
    option.map(|day| Day::parse(day).ok_or_else(|| wrong(day))).transpose()
}

/// Shows which measures are in use, and which authorities might take.
pub fn show_measures(options: &MeasuresArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let day = day_of(options.day.as_ref())?;
    let credit = asked(&options.firm, &options.place, Asked { day, ..Asked::default() }, screen)?;
    let measures = Measures { in_use: credit.measures, that_apply: credit.measures_that_apply };
    tell(&measures, options.json, measures_in_words, screen)
}

fn measures_in_words(measures: &Measures, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let (kind, code, name, authority) =
        (say("kind", "类别"), say("code", "代码"), say("measure", "措施"), say("authority", "主管机关"));
    let mut used = table(&[
        say("in use", "已采取"),
        kind,
        name,
        authority,
        say("decision", "决定文号"),
        say("from", "自"),
        say("to", "至"),
        say("record", "记录"),
    ]);
    for one in &measures.in_use {
        let contested = if one.contested { say(", objected to", "，异议处理中") } else { "" };
        used.add_row([
            printable(&one.code).into_owned(),
            kind_of(&one.kind, language).to_owned(),
            format!("{}{contested}", printable(&one.name)),
            printable(&one.authority).into_owned(),
            printable(&one.decision).into_owned(),
            one.from.clone(),
            one.to.clone().unwrap_or_default(),
            one.record.clone(),
        ]);
    }
    let mut listed = table(&[code, kind, name, authority, say("by", "适用条件"), say("basis", "依据")]);
    for one in &measures.that_apply {
        listed.add_row([
            printable(&one.code).into_owned(),
            kind_of(&one.kind, language).to_owned(),
            printable(&one.name).into_owned(),
            printable(&one.authority).into_owned(),
            one.applies.join(" "),
            printable(&one.basis).into_owned(),
        ]);
    }
    let words = say(
        "of catalogues in force, for an authority to decide on; none is in use for being here:",
        "有效清单中可适用的措施，须由主管机关决定，列于此处不代表已采取：",
    );
    format!("{used}\n{words}\n{listed}\n")
}

fn kind_of(kind: &str, language: Language) -> &'static str {
    match kind {
        "incentive" => pick(language, "incentive", "守信激励"),
        _ => pick(language, "penalty", "失信惩戒"),
    }
}

/// Shows who has several penalties in publication.
pub fn show_penalties(options: &PenaltiesArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let (day, least) = (day_of(options.day.as_ref())?, options.least as usize);
    let found = match &options.penalised {
        Some(firm) => {
            let credit = asked(firm, &options.place, Asked { day, ..Asked::default() }, screen)?;
            let months = i32::try_from(options.months).unwrap_or(i32::MAX);
            let since = Day::parse(&credit.day).and_then(|day| day.plus_months(months.saturating_neg()));
            let is_within = |decided: &str| Day::parse(decided) >= since;
            let (subject, mut penalties) = (credit.subject, credit.penalties);
            penalties.retain(|penalty| is_within(&penalty.decided));
            let firm = FirmPenalties { subject, penalties };
            Vec::from_iter(Some(firm).filter(|firm| firm.penalties.len() >= least))
        }
        None => {
            let (months, counts) = (options.months.to_string(), options.least.to_string());
            let asked = [("months", Some(months.as_str())), ("least", Some(&counts)), ("day", options.day.as_deref())];
            let path = format!("/v1/penalties{}", query(&asked));
            told(&options.place, &path, screen, |reading| penalties_of_all(reading, day, (options.months, least)))?
        }
    };
    tell(&found, options.json, |found, language| penalties_in_words(found, language), screen)?;
    Ok(if found.is_empty() { Outcome::Done } else { Outcome::No })
}

fn penalties_in_words(firms: &[FirmPenalties], language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let mut shown = table(&[
        say("firm", "企业"),
        say("decided", "决定日期"),
        say("class", "程度"),
        say("decision", "决定文号"),
        say("authority", "主管机关"),
        say("record", "记录"),
    ]);
    for firm in firms {
        for one in &firm.penalties {
            shown.add_row([
                printable(&firm.subject).into_owned(),
                one.decided.clone(),
                one.class.clone(),
                printable(&one.decision).into_owned(),
                printable(&one.authority).into_owned(),
                one.record.clone(),
            ]);
        }
    }
    format!("{shown}\n")
}
