//! `suyuan epcis convert`

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use suyuan_epcis::document::{DocumentKind, Header, Item, ReadError, Syntax, WriteError};
use suyuan_epcis::model::{Event, Extension};
use suyuan_epcis::problem::{Problem, Problems, Reason};
use suyuan_epcis::time::{Rounding, Stamp};
use tempfile::NamedTempFile;

use super::epc_form::{Kept, Rewriter};
use super::writer::{self, DocumentWriter};
use super::{is_unreadable, read_items};
use crate::cli::arguments::{ConvertArguments, SyntaxName};
use crate::cli::machine::{self, ProblemEntry};
use crate::cli::outcome::{Outcome, read_reason, write_reason};
use crate::cli::screen::{Screen, printable};
use crate::cli::sources::Source;
use crate::cli::text::{Counted, count, pick};
use crate::codes;

/// Writes the document in the other syntax.
pub fn run(options: &ConvertArguments, screen: &mut Screen) -> io::Result<Outcome> {
    let source = Source::from_path(&options.path);
    let name = source.name();
    if let Err(reason) = check_paths(&source, options.output.as_deref()) {
        screen.complain_of(&name, reason)?;
        return Ok(Outcome::WrongUse);
    }
    let Some(output) = &options.output else {
        let sink = Box::new(screen.answers());
        let mut converter = Converter::new(options, name, sink);
        converter.read(&source, screen)?;
        return converter.conclude(screen).map(|done| done.outcome);
    };
    let output_name = output.display().to_string();
    let mut target = match Target::create(output) {
        Ok(target) => target,
        Err(error) => {
            screen.complain_of(&output_name, write_reason(&error))?;
            return Ok(Outcome::Failed);
        }
    };
    let ended = target.sink().and_then(|sink| {
        let mut converter = Converter::new(options, name.clone(), Box::new(BufWriter::new(sink)));
        converter.read(&source, screen)?;
        converter.conclude(screen)
    });
    let finished = ended.and_then(|done| {
        // What was not read to its end must not stand where a whole document is expected.
        match done.begun && done.outcome != Outcome::Failed {
            true => target.keep().map(|()| done),
            false => Ok(done),
        }
    });
    match finished {
        Ok(done) => {
            answer(&done, &name, &output_name, options.json, screen)?;
            Ok(done.outcome)
        }
        Err(error) => {
            screen.complain_of(&output_name, write_reason(&error))?;
            Ok(Outcome::Failed)
        }
    }
}

fn check_paths(source: &Source, output: Option<&Path>) -> Result<(), Reason> {
    let Source::File(path) = source else { return Ok(()) };
    if path.is_dir() {
        return Err(Reason::new(codes::ONE_DOCUMENT, &[]));
    }
    let same = output.is_some_and(|output| match (fs::canonicalize(path), fs::canonicalize(output)) {
        (Ok(input), Ok(output)) => input == output,
        _ => false,
    });
    match same {
        true => Err(Reason::new(codes::SAME_FILE, &[])),
        false => Ok(()),
    }
}

// ---- where the document goes ----

/// A file to be written. A regular one appears under its name only when it is whole.
enum Target {
    Whole {
        temporary: NamedTempFile,
        path: PathBuf,
    },
    /// A device or pipe.
    Direct(File),
}

impl Target {
    fn create(output: &Path) -> io::Result<Target> {
        // A link is followed: its target is replaced, not the link.
        let path = fs::canonicalize(output).unwrap_or_else(|_| output.to_owned());
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Ok(Target::Direct(File::options().write(true).open(&path)?));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Readable as any new file is; the user's mask takes away what it takes.
        let permissions = fs::Permissions::from_mode(0o666);
        let temporary = tempfile::Builder::new().prefix(".suyuan-").permissions(permissions).tempfile_in(folder)?;
        Ok(Target::Whole { temporary, path })
    }

    fn sink(&mut self) -> io::Result<File> {
        match self {
            Target::Whole { temporary, .. } => temporary.as_file().try_clone(),
            Target::Direct(file) => file.try_clone(),
        }
    }

    fn keep(self) -> io::Result<()> {
        match self {
            Target::Whole { temporary, path } => {
                temporary.persist(path).map_err(|failed| failed.error)?;
                Ok(())
            }
            Target::Direct(_) => Ok(()),
        }
    }
}

// ---- the conversion ----

/// Problems told in the JSON answer; the others are counted.
const PROBLEMS_TOLD_MAX: usize = 1000;

struct Converter<'a> {
    name: String,
    syntax: Syntax,
    rewriter: Option<Rewriter>,
    /// Until the header is known.
    sink: Option<Box<dyn Write + 'a>>,
    writer: Option<Box<dyn DocumentWriter + 'a>>,
    ending: Vec<Extension>,
    done: Done,
}

/// What was done.
struct Done {
    outcome: Outcome,
    /// Whether a document was begun.
    begun: bool,
    events: u64,
    left_out: u64,
    problems: Vec<Problem>,
    truncated: u64,
    kept: Vec<Kept>,
}

impl<'a> Converter<'a> {
    fn new(options: &ConvertArguments, name: String, sink: Box<dyn Write + 'a>) -> Self {
        let syntax = match options.to {
            SyntaxName::Json => Syntax::Json,
            SyntaxName::Xml => Syntax::Xml,
        };
        let done = Done {
            outcome: Outcome::Done,
            begun: false,
            events: 0,
            left_out: 0,
            problems: Vec::new(),
            truncated: 0,
            kept: Vec::new(),
        };
        let rewriter = options.epc.map(Rewriter::new);
        Converter { name, syntax, rewriter, sink: Some(sink), writer: None, ending: Vec::new(), done }
    }

    fn read(&mut self, source: &Source, screen: &mut Screen) -> io::Result<()> {
        let ended = read_items(source, screen, &mut |item, screen| self.item(item, screen))?;
        match ended {
            Ok(()) => Ok(()),
            Err(ReadError::Malformed(problem)) => self.tell(*problem, screen),
            Err(ReadError::Io(error)) => {
                self.done.outcome = Outcome::Failed;
                screen.complain_of(&self.name, read_reason(&error))
            }
        }
    }

    fn item(&mut self, item: Item<'_>, screen: &mut Screen) -> io::Result<()> {
        match item {
            Item::Header(header, problems) => {
                self.tell_all(problems, screen)?;
                self.begin(*header, screen)
            }
            Item::Event(event, problems, _) => {
                self.tell_all(problems, screen)?;
                self.event(*event, screen)
            }
            Item::End(tail, problems) => {
                self.ending = tail;
                self.tell_all(problems, screen)
            }
        }
    }

    fn begin(&mut self, mut header: Header, screen: &mut Screen) -> io::Result<()> {
        if header.kind == DocumentKind::BareEvents && header.creation_date.is_none() {
            // The document around them is created now.
            header.creation_date = now();
        }
        if let Some(rewriter) = &mut self.rewriter {
            rewriter.header(&mut header);
        }
        let Some(sink) = self.sink.take() else { return Ok(()) };
        match writer::begin(self.syntax, sink, &header) {
            Ok(writer) => {
                self.writer = Some(writer);
                self.done.begun = true;
                Ok(())
            }
            Err(WriteError::Io(error)) => Err(error),
            Err(WriteError::CannotCarry(problem)) => self.tell(*problem, screen),
        }
    }

    fn event(&mut self, mut event: Event, screen: &mut Screen) -> io::Result<()> {
        let Some(writer) = &mut self.writer else {
            self.done.left_out += 1;
            return Ok(());
        };
        if is_unreadable(&event) {
            self.done.left_out += 1;
            return Ok(());
        }
        if let Some(rewriter) = &mut self.rewriter {
            rewriter.event(&mut event);
        }
        match writer.event(&event) {
            Ok(()) => {
                self.done.events += 1;
                Ok(())
            }
            Err(WriteError::Io(error)) => Err(error),
            Err(WriteError::CannotCarry(mut problem)) => {
                // The writer counts what it wrote, the reader what it read: theirs is the place.
                problem.place.event = Some(self.done.events + self.done.left_out);
                self.done.left_out += 1;
                self.tell(*problem, screen)
            }
        }
    }

    /// Ends the document and says what is left to say.
    fn conclude(mut self, screen: &mut Screen) -> io::Result<Done> {
        if let Some(writer) = self.writer.take() {
            match writer.end(&std::mem::take(&mut self.ending)) {
                Ok(()) => {}
                Err(WriteError::Io(error)) => return Err(error),
                Err(WriteError::CannotCarry(problem)) => self.tell(*problem, screen)?,
            }
        }
        if self.done.left_out > 0 {
            let number = count(self.done.left_out, Counted::Events, screen.language);
            screen.complain_of(&self.name, Reason::new(codes::LEFT_OUT, &[&number]))?;
        }
        for kept in self.rewriter.take().into_iter().flat_map(Rewriter::into_kept) {
            let number = count(kept.count, Counted::Identifiers, screen.language);
            let why = format!("{} {}", kept.reason.code.id, kept.reason.what(screen.language));
            screen.complain_of(&self.name, Reason::new(codes::KEPT_AS_WRITTEN, &[&number, &kept.first, &why]))?;
            self.done.kept.push(kept);
        }
        Ok(self.done)
    }

    fn tell_all(&mut self, problems: Problems, screen: &mut Screen) -> io::Result<()> {
        self.done.truncated += problems.dropped;
        problems.list.into_iter().filter(Problem::is_error).try_for_each(|problem| self.tell(problem, screen))
    }

    fn tell(&mut self, problem: Problem, screen: &mut Screen) -> io::Result<()> {
        self.done.outcome.worsen(Outcome::No);
        screen.complain(&self.name, &problem)?;
        match self.done.problems.len() < PROBLEMS_TOLD_MAX {
            true => self.done.problems.push(problem),
            false => self.done.truncated += 1,
        }
        Ok(())
    }
}

fn now() -> Option<String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let stamp = Stamp { seconds: i64::try_from(since.as_secs()).ok()?, nanoseconds: since.subsec_nanos() };
    stamp.to_utc_milliseconds(Rounding::HalfUp)
}

// ---- the answer ----

#[derive(Serialize)]
struct Answer<'a> {
    file: &'a str,
    output: Option<&'a str>,
    events: u64,
    left_out: u64,
    kept_as_written: Vec<KeptEntry>,
    problems: Vec<ProblemEntry>,
    truncated: u64,
}

#[derive(Serialize)]
struct KeptEntry {
    code: &'static str,
    count: u64,
    first: String,
    what: String,
}

/// Says what was written into a file.
fn answer(done: &Done, name: &str, output: &str, json: bool, screen: &mut Screen) -> io::Result<()> {
    let language = screen.language;
    let mut sink = screen.answers();
    let written = (done.begun && done.outcome != Outcome::Failed).then_some(output);
    if json {
        let kept = |kept: &Kept| KeptEntry {
            code: kept.reason.code.id,
            count: kept.count,
            first: kept.first.clone(),
            what: kept.reason.what(language),
        };
        let answer = Answer {
            file: name,
            output: written,
            events: done.events,
            left_out: done.left_out,
            kept_as_written: done.kept.iter().map(kept).collect(),
            problems: done.problems.iter().map(|problem| ProblemEntry::new(problem, language)).collect(),
            truncated: done.truncated,
        };
        machine::write(&answer, &mut sink)?;
        return writeln!(sink);
    }
    match written {
        Some(output) => {
            let events = count(done.events, Counted::Events, language);
            writeln!(sink, "{}: {events} {}", printable(output), pick(language, "written", "已写入"))
        }
        None => Ok(()),
    }
}
