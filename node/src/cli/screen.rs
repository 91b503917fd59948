//! Standard output and standard error: answers to the one, everything else to the other, and a
//! progress bar that neither garbles.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::rc::Rc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use suyuan_epcis::codes::{Code, Language};
use suyuan_epcis::input::Input;
use suyuan_epcis::problem::{Place, Problem, Reason};

use super::text;

/// An input larger than this takes long enough to show how far it has come.
const PROGRESS_BYTES_MIN: u64 = 64 << 20;
/// Likewise so many records.
const PROGRESS_COUNT_MIN: u64 = 1_000;

const BUFFER_BYTES: usize = 64 << 10;

/// The bar on the screen, shared by everyone who writes on it.
type Bar = Rc<RefCell<Option<ProgressBar>>>;

/// Both streams and the language.
pub struct Screen {
    /// The language people are spoken to in.
    pub language: Language,
    answers: Answers,
    bar: Bar,
}

/// Where answers go. Every clone is the same stream.
#[derive(Clone)]
pub struct Answers(Rc<RefCell<BufWriter<Output>>>);

impl Write for Answers {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

/// Standard output, with the bar out of the way while it is written.
struct Output {
    stdout: Stdout,
    bar: Bar,
}

impl Write for Output {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self.bar.borrow().as_ref() {
            Some(bar) => bar.suspend(|| self.stdout.lock().write(buffer)),
            None => self.stdout.lock().write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.lock().flush()
    }
}

impl Screen {
    /// The process's own streams.
    pub fn new(language: Language) -> Self {
        let bar = Bar::default();
        let output = Output { stdout: io::stdout(), bar: bar.clone() };
        let answers = Answers(Rc::new(RefCell::new(BufWriter::with_capacity(BUFFER_BYTES, output))));
        Screen { language, answers, bar }
    }

    /// Answers with what was found: in a line of JSON, or in words.
    pub fn found<T: Serialize + ?Sized>(
        &self,
        found: &T,
        json: bool,
        in_words: impl FnOnce(&T, Language) -> String,
    ) -> io::Result<()> {
        match json {
            true => writeln!(self.answers(), "{}", serde_json::to_string(found)?),
            false => write!(self.answers(), "{}", in_words(found, self.language)),
        }
    }

    /// Where answers go.
    pub fn answers(&self) -> Answers {
        self.answers.clone()
    }

    /// Writes what is still held back.
    pub fn flush(&mut self) -> io::Result<()> {
        self.answers.flush()
    }

    /// Says something that is no answer, behind the answers given so far.
    pub fn say(&mut self, message: &str) -> io::Result<()> {
        self.flush()?;
        self.write_error(message);
        Ok(())
    }

    fn write_error(&self, message: &str) {
        let write = || {
            // If even standard error is closed, nobody is left to be told.
            let _ = io::stderr().lock().write_all(message.as_bytes());
        };
        match self.bar.borrow().as_ref() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Says what is wrong with `file`.
    pub fn complain(&mut self, file: &str, problem: &Problem) -> io::Result<()> {
        let message = problem_lines(file, problem, self.language);
        self.say(&message)
    }

    /// Says what is wrong with `file` as a whole.
    pub fn complain_of(&mut self, file: &str, reason: Reason) -> io::Result<()> {
        self.complain(file, &Problem { reason, place: Place::default() })
    }

    /// Says what is wrong when answers can no longer be written.
    pub fn complain_last(&self, file: &str, reason: Reason) {
        let problem = Problem { reason, place: Place::default() };
        self.write_error(&problem_lines(file, &problem, self.language));
    }

    /// Shows how far the reading of a long `input` has come, if somebody is watching.
    pub fn watch(&mut self, input: Input, name: &str) -> Input {
        let length = input.length().unwrap_or(0);
        if length <= PROGRESS_BYTES_MIN || !io::stderr().is_terminal() {
            return input;
        }
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        let template = "{bytes} / {total_bytes} {bar:30} {eta} {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(printable(name).into_owned());
        *self.bar.borrow_mut() = Some(bar.clone());
        input.watched(Box::new(move |bytes| bar.set_position(bytes)))
    }

    /// Shows how many of many are done, if somebody is watching.
    pub fn progress(&mut self, name: &str, done: u64, of: u64) {
        if of < PROGRESS_COUNT_MIN || !io::stderr().is_terminal() {
            return;
        }
        let mut bar = self.bar.borrow_mut();
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{pos} / {len} {bar:30} {eta} {wide_msg}") {
                bar.set_style(style);
            }
            bar.set_message(printable(name).into_owned());
            bar
        });
        bar.set_position(done);
    }

    /// Takes the bar away.
    pub fn unwatch(&mut self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}

/// A problem in people's words: `FILE: event 3 /pointer (line 12): error CODE: what`, and below
/// it what to do.
pub fn problem_lines(file: &str, problem: &Problem, language: Language) -> String {
    let mut lines = printable(file).into_owned();
    lines.push_str(": ");
    let place = text::place(&problem.place, language);
    if !place.is_empty() {
        lines.push_str(&printable(&place));
        lines.push_str(": ");
    }
    let severity = text::severity(problem.severity(), language);
    let Reason { code: Code { id, .. }, .. } = problem.reason;
    let (what, remedy) = (problem.reason.what(language), problem.reason.remedy(language));
    let help = text::help(language);
    let _ = writeln!(lines, "{severity} {id}: {}\n    {help}{}", printable(&what), printable(&remedy));
    lines
}

/// The text with everything that would move a terminal's cursor, colour it or turn its writing
/// direction shown as an escape: what is shown comes from other people's files.
pub fn printable(text: &str) -> Cow<'_, str> {
    let harmful = |character: char| {
        character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match harmful(character) {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::printable;

    // Goal: no text from a file can steer the terminal. Method: a table.
    #[test]
    fn escapes() {
        for (text, expected) in [
            ("原料乳 M-1", "原料乳 M-1"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("two\nlines", "two\\nlines"),
            ("a\u{202e}b", "a\\u{202e}b"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }
}
