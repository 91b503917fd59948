//! `suyuan epcis hash`

use std::io::{self, Write};

use serde::Serialize;
use suyuan_epcis::codes::Language;
use suyuan_epcis::document::{Item, ReadError};
use suyuan_epcis::hash::{EventHash, IgnoredFields, Profile, ignored_fields, prehash};
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::{Problem, Problems, Reason};

use super::{is_unreadable, read_items};
use crate::cli::arguments::{HashArguments, ProfileName};
use crate::cli::machine::{self, List, ProblemEntry, ReasonEntry};
use crate::cli::outcome::{Outcome, read_reason};
use crate::cli::screen::{Answers, Screen, printable};
use crate::cli::sources::{Missing, Source, expand};
use crate::cli::text::{Counted, count};
use crate::codes;

/// Prints the hash of every event.
pub fn run(options: &HashArguments, screen: &mut Screen) -> io::Result<Outcome> {
    let profile = profile(options.profile);
    let sources = expand(&options.paths);
    let several = sources.len() > 1;
    let mut hasher = Hasher {
        sink: screen.answers(),
        language: screen.language,
        profile,
        show_prehash: options.prehash,
        json: options.json,
        entries: List::default(),
        outcome: Outcome::Done,
    };
    let mut files = List::default();
    if options.json {
        write!(hasher.sink, "{{\"profile\":\"{}\",\"files\":[", profile.name())?;
    }
    for source in sources {
        let name = match &source {
            Ok(source) => source.name(),
            Err(missing) => missing.name.clone(),
        };
        if options.json {
            files.next(&mut hasher.sink)?;
        } else if several {
            // Standard output holds hashes and nothing else.
            screen.say(&format!("# {}\n", printable(&name)))?;
        }
        hasher.file(&name, source, screen)?;
    }
    if options.json {
        hasher.sink.write_all(b"\n]}\n")?;
    }
    Ok(hasher.outcome)
}

fn profile(name: ProfileName) -> Profile {
    match name {
        ProfileName::Cbv20Of2025 => Profile::Cbv20Of2025,
        ProfileName::Cbv20Of2026 => Profile::Cbv20Of2026,
        ProfileName::Cbv21Of2026 => Profile::Cbv21Of2026,
    }
}

struct Hasher {
    sink: Answers,
    language: Language,
    profile: Profile,
    show_prehash: bool,
    json: bool,
    entries: List,
    outcome: Outcome,
}

/// What is known of the document being read.
#[derive(Default)]
struct Document {
    ignored: IgnoredFields,
    /// Errors of the header, told only if there is no event to hash.
    header_errors: Vec<Problem>,
    events: u64,
    hashed_with_errors: u64,
    problems: Vec<ProblemEntry>,
    failure: Option<(Reason, Outcome)>,
}

#[derive(Serialize)]
struct EventEntry {
    event: u64,
    hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prehash: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemEntry>,
}

#[derive(Serialize)]
struct FileEnding {
    problems: Vec<ProblemEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<ReasonEntry>,
}

impl Hasher {
    fn file(&mut self, name: &str, source: Result<Source, Missing>, screen: &mut Screen) -> io::Result<()> {
        if self.json {
            self.sink.write_all(b"{\"file\":")?;
            machine::write(&name, &mut self.sink)?;
            self.sink.write_all(b",\"events\":[")?;
            self.entries = List::default();
        }
        let mut document = Document::default();
        match source {
            Ok(source) => {
                let ended =
                    read_items(&source, screen, &mut |item, screen| self.item(name, item, &mut document, screen))?;
                self.ended(name, ended, &mut document, screen)?;
            }
            Err(missing) => document.failure = Some((missing.reason, missing.outcome)),
        }
        if let Some((reason, outcome)) = &document.failure {
            self.outcome.worsen(*outcome);
            screen.complain_of(name, reason.clone())?;
        }
        if document.hashed_with_errors > 0 {
            let number = count(document.hashed_with_errors, Counted::Events, self.language);
            screen.complain_of(name, Reason::new(codes::HASHED_WITH_ERRORS, &[&number, name]))?;
        }
        if self.json {
            let failure = document.failure.map(|(reason, _)| ReasonEntry::new(&reason, self.language));
            let ending = serde_json::to_string(&FileEnding { problems: document.problems, failure })?;
            write!(self.sink, "],{}", ending.strip_prefix('{').unwrap_or(&ending))?;
        }
        Ok(())
    }

    fn item(&mut self, name: &str, item: Item<'_>, document: &mut Document, screen: &mut Screen) -> io::Result<()> {
        match item {
            Item::Header(header, problems) => {
                document.ignored = ignored_fields(&header);
                document.problems.extend(problems.list.iter().map(|problem| self.entry(problem)));
                document.header_errors = problems.list.into_iter().filter(Problem::is_error).collect();
                Ok(())
            }
            Item::Event(event, problems, _) => self.event(name, &event, &problems, document, screen),
            Item::End(_, problems) => {
                document.problems.extend(problems.list.iter().map(|problem| self.entry(problem)));
                Ok(())
            }
        }
    }

    fn entry(&self, problem: &Problem) -> ProblemEntry {
        ProblemEntry::new(problem, self.language)
    }

    fn event(
        &mut self,
        name: &str,
        event: &Event,
        problems: &Problems,
        document: &mut Document,
        screen: &mut Screen,
    ) -> io::Result<()> {
        let index = document.events;
        document.events += 1;
        let readable = !is_unreadable(event);
        if !readable {
            self.outcome.worsen(Outcome::No);
            for problem in problems.list.iter().filter(|problem| problem.is_error()) {
                screen.complain(name, problem)?;
            }
        } else if problems.has_error() {
            document.hashed_with_errors += 1;
        }
        let text = (readable && self.show_prehash).then(|| prehash(event, self.profile, &document.ignored));
        let hash = readable.then(|| EventHash::of(event, self.profile, &document.ignored).to_ni());
        if self.json {
            let problems = problems.list.iter().map(|problem| self.entry(problem)).collect();
            self.entries.next(&mut self.sink)?;
            return machine::write(&EventEntry { event: index, hash, prehash: text, problems }, &mut self.sink);
        }
        if let Some(text) = text {
            writeln!(self.sink, "{}", printable(&text))?;
        }
        match hash {
            Some(hash) => writeln!(self.sink, "{hash}"),
            None => Ok(()),
        }
    }

    fn ended(
        &mut self,
        name: &str,
        ended: Result<(), ReadError>,
        document: &mut Document,
        screen: &mut Screen,
    ) -> io::Result<()> {
        match ended {
            Ok(()) if document.events == 0 => {
                for problem in std::mem::take(&mut document.header_errors) {
                    self.outcome.worsen(Outcome::No);
                    screen.complain(name, &problem)?;
                }
            }
            Ok(()) => {}
            Err(ReadError::Malformed(problem)) => {
                self.outcome.worsen(Outcome::No);
                document.problems.push(self.entry(&problem));
                screen.complain(name, &problem)?;
            }
            Err(ReadError::Io(error)) => document.failure = Some((read_reason(&error), Outcome::Failed)),
        }
        Ok(())
    }
}
