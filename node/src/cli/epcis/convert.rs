//! `suyuan epcis convert`

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use suyuan_epcis::document::{DocumentKind, Header, Item, ReadError, Syntax, Tail, WriteError};
use suyuan_epcis::model::Event;
use suyuan_epcis::problem::{Problem, Problems, Reason};
use tempfile::NamedTempFile;

use super::writer::{self, DocumentWriter};
use super::{is_unreadable, read_items};
use crate::cli::arguments::{ConvertArguments, SyntaxName};
use crate::cli::machine::{self, ProblemEntry};
use crate::cli::outcome::{Outcome, read_reason, write_reason};
use crate::cli::screen::{Screen, printable};
use crate::cli::sources::Source;
use crate::cli::text::{Counted, count, pick};
use crate::clock::now_ms;
use crate::codes;
use crate::epc_form::{Kept, Rewriter};
use crate::open::need_folder;
use crate::times::time_text;

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
            let reason = need_folder(output).err().unwrap_or_else(|| write_reason(&error));
            screen.complain_of(&output_name, reason)?;
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
        // Of an error only the kind is told: the temporary name says nothing to who gave another.
        let temporary = tempfile::Builder::new()
            .prefix(".suyuan-")
            .permissions(permissions)
            .tempfile_in(folder)
            .map_err(|error| io::Error::from(error.kind()))?;
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
    ending: Tail,
    /// Events read.
    next: u64,
    /// Pointer of the list they stand in.
    event_list: Option<&'static str>,
    done: Done,
}

/// What was done.
struct Done {
    outcome: Outcome,
    /// Whether a document was begun.
    begun: bool,
    events: u64,
    left_out: LeftOut,
    problems: Vec<Problem>,
    truncated: u64,
    kept: Vec<Kept>,
}

/// Events of the input that are not in the output.
#[derive(Default)]
struct LeftOut {
    count: u64,
    /// The first of them.
    indexes: Vec<u64>,
}

/// Events left out that are named.
const LEFT_OUT_NAMED_MAX: usize = 20;

impl LeftOut {
    fn add(&mut self, index: u64) {
        self.count += 1;
        if self.indexes.len() < LEFT_OUT_NAMED_MAX {
            self.indexes.push(index);
        }
    }

    /// `1, 2, 5 …`
    fn names(&self) -> String {
        let mut names = self.indexes.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        if self.count > self.indexes.len() as u64 {
            names.push_str(" …");
        }
        names
    }
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
            left_out: LeftOut::default(),
            problems: Vec::new(),
            truncated: 0,
            kept: Vec::new(),
        };
        let rewriter = options.epc.map(Rewriter::new);
        let (sink, writer, ending) = (Some(sink), None, Tail::default());
        Converter { name, syntax, rewriter, sink, writer, ending, next: 0, event_list: None, done }
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
                let faulty = problems.has_error();
                self.tell_all(problems, screen)?;
                self.event(*event, faulty, screen)
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
            header.creation_date = Some(time_text(now_ms()));
        }
        self.event_list = header.event_list;
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

    /// Writes an event; of one that the reader found faulty no more is said than that.
    fn event(&mut self, mut event: Event, faulty: bool, screen: &mut Screen) -> io::Result<()> {
        let index = self.next;
        self.next += 1;
        let writer = match &mut self.writer {
            Some(writer) if !is_unreadable(&event) => writer,
            _ => {
                self.done.left_out.add(index);
                return Ok(());
            }
        };
        if let Some(rewriter) = &mut self.rewriter {
            rewriter.event(&mut event);
        }
        match writer.event(&event) {
            Ok(()) => {
                self.done.events += 1;
                Ok(())
            }
            Err(WriteError::Io(error)) => Err(error),
            Err(WriteError::CannotCarry(_)) if faulty => {
                self.done.left_out.add(index);
                Ok(())
            }
            Err(WriteError::CannotCarry(mut problem)) => {
                self.done.left_out.add(index);
                problem.place.event = Some(index);
                problem.place.pointer = self.pointer_of_input(index, &problem.place.pointer);
                self.tell(*problem, screen)
            }
        }
    }

    /// A place in the event `index`, named in the output, as the input names it: the two count
    /// differently once an event is left out.
    fn pointer_of_input(&self, index: u64, pointer_of_output: &str) -> String {
        let within = pointer_of_output.split_once("/eventList/").map_or("", |(_, rest)| rest);
        let part = within.find('/').and_then(|at| within.get(at..)).unwrap_or("");
        match self.event_list {
            Some(list) => format!("{list}/{index}{part}"),
            None => part.to_owned(),
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
        if self.done.left_out.count > 0 {
            self.done.outcome.worsen(Outcome::No);
            let number = count(self.done.left_out.count, Counted::Events, screen.language);
            let reason = Reason::new(codes::LEFT_OUT, &[&number, &self.done.left_out.names()]);
            screen.complain_of(&self.name, reason)?;
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
            left_out: done.left_out.count,
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
