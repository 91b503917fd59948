//! `suyuan credit evaluate`: facts of a file, without a ledger.

use std::io::Write;

use suyuan_epcis::codes::{Language, credit as codes};
use suyuan_epcis::problem::{Place, Problem, Reason};
use suyuan_ledger::credit::{Case, Evidence, Explanation, Parameters};
use suyuan_ledger::organisation::InvalidRecord;

use super::{EvaluateArguments, bytes_of, indicators, table};
use crate::cli::machine;
use crate::cli::outcome::Outcome;
use crate::cli::place::Failure;
use crate::cli::screen::{Screen, printable};
use crate::cli::text::pick;

/// Evaluates the facts of a file.
pub fn evaluate(options: &EvaluateArguments, screen: &mut Screen) -> Result<Outcome, Failure> {
    let name = options.facts_file.display().to_string();
    let case = match Case::parse(&bytes_of(&options.facts_file)?) {
        Ok(case) => case,
        Err(error) => {
            let reason = Reason::new(codes::FORM, &[&error.argument]);
            let place = Place { pointer: error.pointer, ..Place::default() };
            screen.complain(&name, &Problem { reason, place })?;
            return Ok(Outcome::No);
        }
    };
    let given = match &options.parameters {
        None => None,
        Some(file) => {
            let read = Parameters::parse(&bytes_of(file)?);
            let words = |error: InvalidRecord| format!("{}: {}", error.pointer, error.argument);
            Some(read.map_err(|error| Reason::new(codes::TABLE, &[&file.display().to_string(), &words(error)]))?)
        }
    };
    let parameters = given.as_ref().unwrap_or(Parameters::first());
    let assessment = case.assess(parameters);
    let explanation = assessment.explanation();
    let mut sink = screen.answers();
    match options.json {
        true => {
            machine::write(&explanation, &mut sink)?;
            writeln!(sink)?;
        }
        false => write!(sink, "{}", in_words(&explanation, parameters, screen.language))?,
    }
    Ok(Outcome::Done)
}

/// What people read: the grade, what it is made of, what holds it down, what moved it most.
fn in_words(explanation: &Explanation<'_>, parameters: &Parameters, language: Language) -> String {
    let evaluation = &explanation.evaluation;
    let say = |english, chinese| pick(language, english, chinese);
    let mut text = format!(
        "{} {}   {} {}   {} {}   {}\n",
        say("grade", "等级"),
        evaluation.grade.name(),
        say("score", "得分"),
        evaluation.score,
        say("band", "分档"),
        evaluation.band.name(),
        evaluation.profile.name(),
    );
    text.push_str(&format!("{} {} {}\n", evaluation.model, say("parameters", "参数"), parameters.hash()));
    let rows = evaluation.rows.iter().map(|row| (row.ind.name(), row.value, row.weight_bp, row.mass));
    text.push_str(&indicators(rows, language));
    for ceiling in &evaluation.ceilings {
        let evidence = match &ceiling.evidence {
            Evidence::Words(words) => words.clone(),
            Evidence::List(list) => list.join(" "),
        };
        let best = say("at best", "最高为");
        text.push_str(&format!("{} {best} {}: {}\n", ceiling.code.name(), ceiling.grade.name(), printable(&evidence)));
    }
    if !explanation.explain.is_empty() {
        text.push_str(say("what moved the score most, in points:\n", "对得分影响最大的事实（分）：\n"));
        let mut facts = table(&[]);
        for delta in &explanation.explain {
            facts.add_row([format!("{:+}", delta.points), printable(delta.id).into_owned()]);
        }
        text.push_str(&format!("{facts}\n"));
    }
    text
}
