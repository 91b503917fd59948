//! `suyuan credit remove`, `suyuan credit removals`: what is over goes from every node.

use std::io::Write;

use serde_json::json;

use super::{RemovalsArguments, RemoveArguments, asked, table};
use crate::api::v1::credit::uri_of;
use crate::cli::apart;
use crate::cli::outcome::Outcome;
use crate::cli::place::{Failure, told};
use crate::cli::screen::{Screen, printable};
use crate::cli::text::pick;
use crate::credits::{Asked, Which, removals};
use crate::link::query;

/// Asks every node to erase what is over in a firm's file.
pub fn remove(options: &RemoveArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let targets = asked(&options.firm, &options.signing.place, Asked::default(), screen)?.to_remove;
    if targets.is_empty() {
        let words = pick(screen.language, "nothing is to be removed", "无须移除");
        match options.signing.json {
            true => writeln!(screen.answers(), "{}", json!({ "targets": targets }))?,
            false => writeln!(screen.answers(), "{words}")?,
        }
        return Ok(Outcome::Done);
    }
    let record = json!({ "type": "suyuan:Removal", "subject": uri_of(&options.firm), "targets": targets });
    apart::record_one(&apart::CREDIT, record, &options.signing, screen)
}

/// Shows who has carried out what was asked for.
pub fn show(options: &RemovalsArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let firm = options.firm.as_deref().map(uri_of);
    let which = firm.as_deref().map_or(Which::All, Which::Of);
    let path = format!("/v1/removals{}", query(&[("firm", firm.as_deref())]));
    let found = told(&options.place, &path, screen, |reading| removals(reading, which))?;
    let language = screen.language;
    let mut sink = screen.answers();
    if options.json {
        writeln!(sink, "{}", serde_json::to_string(&found).map_err(std::io::Error::from)?)?;
    } else {
        let mut shown = table(&[
            pick(language, "removal", "移除"),
            pick(language, "height", "高度"),
            pick(language, "firm", "企业"),
            pick(language, "due", "期限"),
            pick(language, "erased by", "已删除方"),
            pick(language, "missing", "尚缺"),
        ]);
        for one in &found {
            let names = |list: &[String]| list.iter().map(|uri| printable(uri)).collect::<Vec<_>>().join("\n");
            let (firm, height) = (printable(&one.subject).into_owned(), one.height.to_string());
            shown.add_row([one.record.clone(), height, firm, one.due.clone(), names(&one.done), names(&one.missing)]);
        }
        writeln!(sink, "{shown}")?;
    }
    Ok(if found.iter().all(|one| one.missing.is_empty()) { Outcome::Done } else { Outcome::No })
}
