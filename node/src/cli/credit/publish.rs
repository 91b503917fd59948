//! `suyuan credit publish`, `suyuan credit audit`: grades on the ledger.

use std::io::Write;
use std::sync::Arc;

use serde_json::json;
use suyuan_epcis::codes::credit as codes;
use suyuan_epcis::problem::Reason;

use super::{AuditArguments, PublishArguments, asked};
use crate::api::v1::credit::uri_of;
use crate::cli::apart;
use crate::cli::outcome::Outcome;
use crate::cli::place::{Failure, directory};
use crate::cli::screen::{Screen, printable};
use crate::cli::text::pick;
use crate::credits::audit::{Audited, WrongGrade, in_short};
use crate::credits::{Asked, Reading};
use crate::open::Opened;

/// Records the grade that follows from what is recorded.
pub fn publish(options: &PublishArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let credit =
        asked(&options.firm, &options.signing.place, Asked { height: options.at, ..Asked::default() }, screen)?;
    let record = credit.to_publish.to_record(&uri_of(&options.firm));
    apart::record_one(&apart::CREDIT, record, &options.signing, screen)
}

/// Computes every published grade again.
pub fn audit(options: &AuditArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let opened = Opened::open(&directory(options.dir.as_deref()))?.whole()?;
    let Audited { published: count, removed, wrong } = Reading::new(Arc::clone(&opened.store)).audit(0, u64::MAX)?;
    let language = screen.language;
    let mut sink = screen.answers();
    if options.json {
        let wrong = wrong.iter().map(|one| {
            let WrongGrade { record, subject, published, follows } = one;
            json!({ "record": record.to_string(), "subject": subject, "published": in_short(Some(published)), "follows": in_short(follows.as_ref()) })
        });
        writeln!(sink, "{}", json!({ "published": count, "removed": removed, "wrong": wrong.collect::<Vec<_>>() }))?;
    } else {
        for WrongGrade { record, subject, published, follows } in &wrong {
            let reason = Reason::new(codes::GRADE_DIFFERS, &[&in_short(follows.as_ref())]);
            writeln!(sink, "{record} {} {}: {reason}", printable(subject), in_short(Some(published)))?;
        }
        let words = pick(
            language,
            "grades published, of which do not follow from the records:",
            "个已公布等级，其中与记录推算结果不符：",
        );
        writeln!(sink, "{count} {words} {}", wrong.len())?;
        if removed > 0 {
            let words = pick(language, "of which what they rested on was removed:", "其中所依据内容已移除：");
            writeln!(sink, "{words} {removed}")?;
        }
    }
    Ok(if wrong.is_empty() { Outcome::Done } else { Outcome::No })
}
