//! `suyuan equipment`, `suyuan recall`, `suyuan recalled`, `suyuan excursions`, `suyuan exceptions`: what is due, how recalls go on
//! and what they reach, what was too warm, what was used twice.

use clap::Args;
use suyuan_epcis::codes::Language;
use suyuan_epcis::problem::Reason;

use super::arguments::PlaceArguments;
use super::credit::{asked, table};
use super::measures::day_of;
use super::outcome::Outcome;
use super::place::{Failure, told};
use super::screen::{Screen, printable};
use super::text::pick;
use crate::credits::{
    Asked, CodeException, CodeExceptions, CreditDevice, CreditRecall, Excursion, Excursions, equipment, exceptions,
    excursions,
};
use crate::link::{percent_encoded, query};
use crate::recalls::{RecallOfThing, RecalledThing, ledger_of, look_up};
use crate::traces::subjects;

/// `suyuan equipment`
#[derive(Debug, Args)]
pub struct EquipmentArguments {
    /// Firm that uses it, by its URI, unified social credit code or legal entity identifier [default: everybody's]
    #[arg(value_name = "FIRM")]
    pub user: Option<String>,
    /// Only what is overdue
    #[arg(long)]
    pub overdue: bool,
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

/// `suyuan recall`
#[derive(Debug, Args)]
pub struct RecallArguments {
    /// Firm that recalls, by its URI, unified social credit code or legal entity identifier
    #[arg(value_name = "FIRM")]
    pub recalling: String,
    /// Only the recall of this id
    #[arg(value_name = "ID")]
    pub recall: Option<String>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan recalled`
#[derive(Debug, Args)]
pub struct RecalledArguments {
    /// Item, lot or logistic unit: EPC URN, Digital Link, element string, drug trace code
    #[arg(value_name = "THING")]
    pub thing: String,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan excursions`
#[derive(Debug, Args)]
pub struct ExcursionsArguments {
    /// Item, lot or logistic unit: EPC URN, Digital Link, element string, drug trace code
    #[arg(value_name = "THING")]
    pub thing: String,
    /// Records up to this height [default: the last]
    #[arg(long, value_name = "HEIGHT")]
    pub at: Option<u64>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `suyuan exceptions`
#[derive(Debug, Args)]
pub struct ExceptionsArguments {
    /// Item, logistic unit or other single thing: EPC URN, Digital Link, element string, drug trace code
    #[arg(value_name = "CODE")]
    pub code: String,
    /// Records up to this height [default: the last]
    #[arg(long, value_name = "HEIGHT")]
    pub at: Option<u64>,
    /// Where the ledger is
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Shows special equipment.
pub fn show_equipment(options: &EquipmentArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let day = day_of(options.day.as_ref())?;
    let mut found = match &options.user {
        Some(firm) => asked(firm, &options.place, Asked { day, ..Asked::default() }, screen)?.equipment,
        None => {
            let path = format!("/v1/equipment{}", query(&[("day", options.day.as_deref())]));
            told(&options.place, &path, screen, |reading| equipment(reading, None, day))?
        }
    };
    found.retain(|device| !options.overdue || device.overdue_days > 0);
    screen.found(found.as_slice(), options.json, devices)?;
    Ok(if found.iter().any(|device| device.overdue_days > 0) { Outcome::No } else { Outcome::Done })
}

fn devices(found: &[CreditDevice], language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let mut shown = table(&[
        say("equipment", "设备"),
        say("used by", "使用单位"),
        say("in use", "在用"),
        say("inspected", "上次检验"),
        say("apply by", "报检期限"),
        say("due", "下次检验"),
        say("overdue, days", "超期天数"),
        say("serviced", "上次维保"),
        say("longest gap, days", "最长间隔天数"),
    ]);
    for device in found {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let overdue = if device.overdue_days > 0 { device.overdue_days.to_string() } else { String::new() };
        shown.add_row([
            printable(&device.device).into_owned(),
            printable(&device.user).into_owned(),
            if device.in_use { say("yes", "是") } else { say("no", "否") }.to_owned(),
            text(&device.inspected),
            text(&device.apply_by),
            text(&device.due),
            overdue,
            text(&device.serviced),
            device.service_gap_days.map(|days| days.to_string()).unwrap_or_default(),
        ]);
    }
    format!("{shown}\n")
}

/// Shows a firm's recalls.
pub fn show_recalls(options: &RecallArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let mut found = asked(&options.recalling, &options.place, Asked::default(), screen)?.recalls;
    found.retain(|one| options.recall.as_ref().is_none_or(|id| *id == one.recall));
    screen.found(&found, options.json, |found, language| match found.is_empty() {
        true => format!("{}\n", pick(language, "no such recall", "无此召回")),
        false => found.iter().map(|one| in_words(one, language)).collect(),
    })?;
    Ok(if found.is_empty() { Outcome::No } else { Outcome::Done })
}

fn in_words(recall: &CreditRecall, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let (id, record) = (printable(&recall.recall), &recall.record);
    let level = recall.level.as_ref().map_or_else(String::new, |level| format!("{} {level}  ", say("level", "级别")));
    let mut text = format!("{id}  {level}{record}\n");
    let mut line = |name: &str, value: &str| text.push_str(&format!(" {name} {value}\n"));
    if let Some(by) = &recall.start_by {
        line(say("to begin by", "应启动于"), by);
    }
    match &recall.started {
        Some(started) => line(say("begun", "已启动"), started),
        None => line(say("ordered, not begun", "已责令，未启动"), ""),
    }
    if let Some(by) = &recall.notify_by {
        line(say("customers to know by", "客户应知悉于"), by);
    }
    for customer in &recall.customers {
        let at = customer.acknowledged.as_deref().unwrap_or(say("not acknowledged", "未确认"));
        line(&format!("  {}", printable(&customer.organisation)), at);
    }
    if !recall.is_whole {
        line(
            say(
                "there may be more customers: see suyuan trace --forward",
                "可能还有其他客户：见 suyuan trace --forward",
            ),
            "",
        );
    }
    let thousandths = |number: i64| format!("{}.{:03}", number / 1_000, number % 1_000);
    line(say("recovered by what customers say", "据客户确认已收回"), &thousandths(recall.confirmed));
    if let Some(by) = &recall.finish_by {
        line(say("to be closed by", "应完成于"), by);
    }
    if let Some(closed) = &recall.closed {
        let words = format!(
            "{}  {} / {} = {} ‰",
            closed.at,
            thousandths(closed.recovered),
            thousandths(closed.distributed),
            closed.recovery_permille
        );
        line(say("closed", "已完成"), &words);
    }
    line(say("value", "值"), &recall.value.to_string());
    text
}

/// Shows the recalls that reach a thing.
pub fn show_recalled(options: &RecalledArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let keys = subjects(&options.thing)?;
    let path = format!("/v1/recalled/{}", percent_encoded(&options.thing));
    let found = told(&options.place, &path, screen, |reading| {
        let snapshot = reading.snapshot();
        look_up(&snapshot, &ledger_of(&snapshot)?, &keys)
    })?;
    screen.found(&found, options.json, recalled_in_words)?;
    Ok(if found.recalled { Outcome::No } else { Outcome::Done })
}

fn recalled_in_words(found: &RecalledThing, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let words = match (found.recalled, found.made_of_recalled) {
        (true, _) => say("RECALLED: not to be sold, dispensed or shipped on", "已召回：不得销售、发药或继续发货"),
        (false, true) => say("made of what is recalled", "由已召回的物品制成"),
        (false, false) => say("not recalled", "未被召回"),
    };
    let mut text = format!("{}  {words}\n", printable(&found.thing));
    found.recalls.iter().for_each(|one| text.push_str(&recall_in_words(one, language)));
    if !found.is_whole {
        text.push_str(say("too much befell it to read all\n", "记录过多，未能全部读取\n"));
    }
    text
}

fn recall_in_words(one: &RecallOfThing, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let level = one.level.as_deref().unwrap_or("-");
    let mut text = format!("{}  {} {level}  {}\n", printable(&one.recall), say("level", "级别"), one.record);
    let mut line = |name: &str, value: &str| text.push_str(&format!(" {name} {value}\n"));
    let by = if one.ordered { say("ordered by", "责令方") } else { say("recalled by", "召回方") };
    line(by, &printable(&one.by));
    line(say("announced", "公告于"), &one.announced);
    let names = match one.reach.as_str() {
        "named" => say("names it", "指明该物品"),
        "lot" => say("names its lot", "指明其批次"),
        "class" => say("names its class", "指明其品类"),
        "container" => say("names what it was in", "指明其曾在的包装"),
        "contents" => say("names what is in it", "指明其内装物"),
        _ => say("names what it was made of", "指明其原料"),
    };
    line(names, &printable(&one.names));
    if let Some(closed) = &one.closed {
        line(say("closed; what was not recovered stays recalled", "已完成；未收回的仍属召回"), closed);
    }
    if let Some(lifted) = &one.lifted {
        line(say("ended", "已解除"), lifted);
    }
    text
}

/// Where a node answers about a thing, which has to be one.
fn path_of_thing(what: &str, thing: &str, at: Option<u64>) -> Result<String, Reason> {
    subjects(thing)?;
    let at = at.map(|height| height.to_string());
    Ok(format!("/v1/{what}/{}{}", percent_encoded(thing), query(&[("at", at.as_deref())])))
}

/// Shows the excursions of a thing.
pub fn show_excursions(options: &ExcursionsArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let path = path_of_thing("excursions", &options.thing, options.at)?;
    let found = told(&options.place, &path, screen, |reading| excursions(reading, &options.thing, options.at))?;
    screen.found(&found, options.json, all_in_words)?;
    Ok(if found.usable { Outcome::Done } else { Outcome::No })
}

fn all_in_words(found: &Excursions, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let is_bad = found.excursions.iter().any(|one| !one.in_part && !one.usable);
    let usable = match (found.usable, is_bad) {
        (true, _) => say("can be used", "可以使用"),
        (false, true) => say("can't be used", "不得使用"),
        (false, false) => say("not known whether it can be used", "无法确定能否使用"),
    };
    let mut text = format!("{}  {usable}\n", printable(&found.thing));
    if found.excursions.is_empty() {
        text.push_str(say("no excursion is recorded\n", "无超限记录\n"));
    }
    found.excursions.iter().for_each(|one| text.push_str(&one_in_words(one, language)));
    for misuse in &found.dispensed_though_unusable {
        let words = say("DISPENSED THOUGH UNUSABLE", "不得使用却已使用");
        let (thing, by) = (printable(&misuse.thing), printable(&misuse.by));
        text.push_str(&format!("{words}  {thing}  {}  {by}  {}\n", misuse.at, misuse.record));
    }
    if !found.is_whole {
        text.push_str(say("too much befell it to read all\n", "记录过多，未能全部读取\n"));
    }
    text
}

fn one_in_words(one: &Excursion, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let degrees = |tenths: i64| {
        let sign = if tenths < 0 { "-" } else { "" };
        format!("{sign}{}.{} °C", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
    };
    let mut text = format!("{} – {}  {}\n", one.start, one.end, one.record);
    let mut line = |name: &str, value: &str| text.push_str(&format!(" {name} {value}\n"));
    line(say("minutes", "分钟"), &one.minutes.to_string());
    line(say("from, to", "最低、最高"), &format!("{}, {}", degrees(one.min), degrees(one.max)));
    if let (Some(samples), Some([min, max])) = (one.samples, one.read) {
        line(say("readings", "读数"), &format!("{samples}: {}, {}", degrees(min), degrees(max)));
    }
    line(say("custodian", "保管方"), &printable(&one.custodian));
    if one.in_part {
        line(say("of some of it", "仅涉及其中一部分"), "");
    }
    if one.withdrawn {
        line(say("withdrawn by who said it", "记录方已撤回"), "");
    }
    let Some(decision) = &one.decision else {
        line(say("not decided", "未作决定"), "");
        return text;
    };
    let verdict = match decision.decision.as_str() {
        "release" => say("released", "放行"),
        _ => say("rejected", "拒收"),
    };
    line(verdict, &format!("{}  {}", printable(&decision.by), decision.record));
    let budget = decision.budget_minutes.map(|budget| format!(" / {budget}")).unwrap_or_default();
    let minutes = format!("{} + {} = {}{budget}", decision.prior_minutes, one.minutes, decision.used_minutes);
    line(say("minutes used", "已用分钟"), &minutes);
    match decision.contradiction.as_deref() {
        Some("released_above_budget") => line(say("RELEASED ABOVE THE BUDGET", "超出预算却放行"), ""),
        Some("rejected_within_budget") => line(say("rejected within the budget", "预算之内而拒收"), ""),
        Some(_) => line(say("FEWER MINUTES THAN ARE RECORDED", "少于已有记录的分钟数"), ""),
        None => {}
    }
    text
}

/// Shows what is wrong with the use of a code.
pub fn show_exceptions(options: &ExceptionsArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let path = path_of_thing("exceptions", &options.code, options.at)?;
    let found = told(&options.place, &path, screen, |reading| exceptions(reading, &options.code, options.at))?;
    screen.found(&found, options.json, exceptions_in_words)?;
    Ok(if found.sound { Outcome::Done } else { Outcome::No })
}

fn exceptions_in_words(found: &CodeExceptions, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let mut text = format!("{}\n", printable(&found.code));
    if found.exceptions.is_empty() {
        text.push_str(say("no exception is recorded\n", "无异常记录\n"));
    }
    found.exceptions.iter().for_each(|one| text.push_str(&exception_in_words(one, language)));
    if !found.is_whole {
        text.push_str(say("too much befell it to read all\n", "记录过多，未能全部读取\n"));
    }
    if !found.is_whole_of_strangers {
        text.push_str(say("strangers recorded too much to read all\n", "无关单位的记录过多，未能全部读取\n"));
    }
    text
}

fn exception_in_words(one: &CodeException, language: Language) -> String {
    let say = |english, chinese| pick(language, english, chinese);
    let kind = match one.kind.as_str() {
        "duplicate" => say("used or made more than once", "重复使用或重复赋码"),
        "after_decommission" => say("handled after its end", "注销或售出后仍被使用"),
        "unexpected_place" => say("at an unexpected place", "出现在非预期的单位"),
        _ => say("never made by who may", "未经有权单位赋码"),
    };
    let mut text = format!("{kind}  {}  {}\n", one.at, one.record);
    let mut line = |name: &str, value: &str| text.push_str(&format!(" {name} {value}\n"));
    line(say("recorded by", "记录方"), &format!("{}  {}", printable(&one.recorded_by), one.recorded_at));
    if let Some(against) = &one.against {
        line(say("against", "与之矛盾的记录"), against);
    }
    if one.by_stranger {
        line(say("who has no right to it", "记录方与该物品无关"), "");
    }
    if one.declared {
        let by = one.detected_by.as_deref().unwrap_or_default();
        line(say("merely declared, as noticed by", "仅为申报，发现方"), &printable(by));
    }
    text
}
