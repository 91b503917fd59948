//! The XML parser with what it leaves to its user: well-formedness of names, characters and
//! attributes, namespaces, limits. Hands out one element's tree at a time.

use std::borrow::Cow;
use std::io::{self, BufRead};

use quick_xml::errors::Error;
use quick_xml::events::{BytesDecl, BytesStart, Event as Token};
use quick_xml::reader::Reader;

use super::guard::Guard;
use super::lexical::{forbidden, is_blank, is_character, is_ncname, is_space, trim};
use super::namespace;
use super::tree::{NO_BINDING, Tree, XML_BINDING};
use crate::codes::{Code, structure, xml as codes};
use crate::document::{Limits, ReadError};
use crate::problem::{Place, Problem, Reason};

/// Attributes of one element; each is compared with the others.
pub(crate) const ATTRIBUTES_MAX: usize = 256;
/// Namespace declarations in force at one place; each name is looked up among them.
pub(crate) const SCOPE_MAX: usize = 256;
/// A tree may hold one node or attribute for so many bytes of its limit: an honest document stays
/// far below, a hostile one of empty elements does not fill the memory.
const BYTES_A_NODE: usize = 16;
/// How deep the elements around the events may be nested.
const DOCUMENT_DEPTH_MAX: usize = 12;

/// What [`Source::step`] came upon.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// An element began; the tree holds its start tag.
    Start,
    /// Text that is not white space.
    Text,
    /// The element entered last ended.
    Close,
    /// The document ended.
    Eof,
}

/// What is being read, and so which limit applies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Budget {
    Document,
    Between,
    Event,
}

/// The document as a sequence of elements.
pub(crate) struct Source<'a> {
    reader: Reader<Guard<'a>>,
    buffer: Vec<u8>,
    limits: Limits,
    budget: Budget,
    /// What is left for everything but the events.
    document_left: usize,
    /// The element at hand.
    pub(crate) tree: Tree,
    /// Namespace declarations in force: the depth they were made at and their binding.
    scope: Vec<(usize, u32)>,
    depth: usize,
    /// Whether a token was taken already: the XML declaration must be the first.
    begun: bool,
    /// Bindings that were in force before the element at hand.
    outer_bindings: usize,
    /// Where a fault is reported.
    pub(crate) event: Option<u64>,
    pub(crate) pointer: String,
}

impl<'a> Source<'a> {
    pub(crate) fn open(input: &'a mut dyn BufRead, limits: &Limits) -> Result<Self, ReadError> {
        let mut guard = match Guard::open(input).map_err(ReadError::Io)? {
            Ok(guard) => guard,
            Err(encoding) => {
                let place = Place { event: None, pointer: String::new(), line: Some(1) };
                let reason = Reason::new(codes::XML_ENCODING, &[encoding]);
                return Err(ReadError::Malformed(Box::new(Problem { reason, place })));
            }
        };
        guard.allow(limits.header_bytes_max);
        let mut reader = Reader::from_reader(guard);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        Ok(Source {
            reader,
            buffer: Vec::new(),
            limits: *limits,
            budget: Budget::Document,
            document_left: limits.header_bytes_max,
            tree: Tree::new(),
            scope: Vec::new(),
            depth: 0,
            begun: false,
            outer_bindings: 0,
            event: None,
            pointer: String::new(),
        })
    }

    /// The line of the next byte.
    pub(crate) fn line(&self) -> u64 {
        self.reader.get_ref().line()
    }

    /// Bindings declared on the element at hand or below, in document order.
    pub(crate) fn own_bindings(&self) -> &[crate::name::Binding] {
        self.tree.bindings().get(self.outer_bindings..).unwrap_or_default()
    }

    /// Goes to the next start tag, text or end within the element entered last. Between events
    /// (`between`) the limit is each token's, as nothing is kept.
    pub(crate) fn step(&mut self, between: bool) -> Result<Step, ReadError> {
        self.enter_budget(if between { Budget::Between } else { Budget::Document });
        // XML_BINDING is the last of the bindings that are always there.
        let in_force = self.scope.last().map_or(XML_BINDING, |(_, binding)| *binding);
        self.outer_bindings = in_force as usize + 1;
        self.tree.clear(self.outer_bindings);
        loop {
            if between {
                self.reader.get_mut().allow(self.limits.event_bytes_max);
            }
            if let Some(step) = self.pull()? {
                if step == Step::Start && self.depth > DOCUMENT_DEPTH_MAX {
                    return Err(self.too_deep(DOCUMENT_DEPTH_MAX));
                }
                return Ok(step);
            }
        }
    }

    /// Reads the rest of the element at hand into the tree, within an event's or the document's
    /// limit.
    pub(crate) fn finish(&mut self, event: bool) -> Result<(), ReadError> {
        self.enter_budget(if event { Budget::Event } else { Budget::Document });
        while self.tree.depth() > 0 {
            self.pull()?;
            if self.tree.depth() > self.limits.depth_max {
                return Err(self.too_deep(self.limits.depth_max));
            }
            if self.tree.size() > self.bytes_max() / BYTES_A_NODE {
                return Err(self.too_large());
            }
        }
        Ok(())
    }

    fn enter_budget(&mut self, budget: Budget) {
        if self.budget == Budget::Document {
            self.document_left = self.reader.get_ref().left();
        }
        self.budget = budget;
        let allowed = match budget {
            Budget::Document => self.document_left,
            Budget::Between | Budget::Event => self.limits.event_bytes_max,
        };
        self.reader.get_mut().allow(allowed);
    }

    fn bytes_max(&self) -> usize {
        match self.budget {
            Budget::Document => self.limits.header_bytes_max,
            Budget::Between | Budget::Event => self.limits.event_bytes_max,
        }
    }

    /// Takes one token; none if there is nothing to tell.
    fn pull(&mut self) -> Result<Option<Step>, ReadError> {
        let line = self.line();
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let step = match self.reader.read_event_into(&mut buffer) {
            Ok(token) => self.take(token, line),
            Err(error) => Err(self.parser_error(error)),
        };
        self.buffer = buffer;
        step
    }

    fn take(&mut self, token: Token<'_>, line: u64) -> Result<Option<Step>, ReadError> {
        let begun = std::mem::replace(&mut self.begun, true);
        match token {
            Token::Start(start) | Token::Empty(start) => self.start(&start, line).map(|()| Some(Step::Start)),
            Token::End(_) => Ok(self.end()),
            // Indentation, the most frequent text.
            Token::Text(text) if is_blank(&text) && !self.tree.text_goes_on() => Ok(None),
            Token::Text(text) => {
                if memchr::memmem::find(text.as_bytes(), b"]]>").is_some() {
                    return Err(self.ill_formed("`]]>` in text"));
                }
                self.text(&text)
            }
            Token::CData(text) => {
                if self.depth == 0 {
                    return Err(self.ill_formed("CDATA outside the root element"));
                }
                self.text(&text)
            }
            Token::GeneralRef(reference) => match resolve(&reference) {
                Some(character) => {
                    if self.depth == 0 {
                        return Err(self.ill_formed("reference outside the root element"));
                    }
                    self.literal(character.encode_utf8(&mut [0; 4]))
                }
                None => Err(self.error(codes::XML_ENTITY, &[&reference])),
            },
            Token::Comment(text) => self.check_characters(&text).map(|()| None),
            Token::PI(instruction) => {
                if instruction.target().eq_ignore_ascii_case("xml") {
                    return Err(self.ill_formed("XML declaration not at the beginning"));
                }
                self.check_characters(&instruction).map(|()| None)
            }
            Token::Decl(declaration) => self.declaration(&declaration, begun).map(|()| None),
            // A bare name (`<!DOCTYPE project>`, as in GS1's own examples) declares nothing; what could
            // declare entities, here or elsewhere, is refused.
            Token::DocType(name) if is_ncname(trim(&name)) => Ok(None),
            Token::DocType(_) => Err(self.error(codes::XML_DOCTYPE, &[])),
            Token::Eof if self.depth > 0 => Err(self.ill_formed("the document ends within an element")),
            Token::Eof => Ok(Some(Step::Eof)),
        }
    }

    fn declaration(&mut self, declaration: &BytesDecl<'_>, begun: bool) -> Result<(), ReadError> {
        if begun {
            return Err(self.ill_formed("XML declaration not at the beginning"));
        }
        match declaration.version() {
            Ok(version) if version == "1.0" => {}
            Ok(version) => return Err(self.ill_formed(&format!("XML version {version} instead of 1.0"))),
            Err(error) => return Err(self.parser_error(error)),
        }
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Ok(()),
            Some(Ok(encoding)) => Err(self.error(codes::XML_ENCODING, &[&encoding])),
            Some(Err(error)) => Err(self.ill_formed(&error.to_string())),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, line: u64) -> Result<(), ReadError> {
        self.depth += 1;
        let attributes = self.split_attributes(start.attributes_raw())?;
        for (name, value) in &attributes {
            match name.strip_prefix("xmlns") {
                Some("") => self.declare("", value)?,
                Some(rest) if rest.starts_with(':') => self.declare(rest.trim_start_matches(':'), value)?,
                _ => {}
            }
        }
        let name = start.name();
        let (prefix, local) = self.split_name(name.as_ref())?;
        let binding = self.look_up(prefix)?;
        self.tree.open(binding, local, line);
        for (name, value) in &attributes {
            if *name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let (prefix, local) = self.split_name(name)?;
            // An attribute without a prefix has no namespace, whatever the default.
            let binding = if prefix.is_empty() { NO_BINDING } else { self.look_up(prefix)? };
            let value = self.attribute_value(value)?;
            if !self.tree.attribute(binding, local, &value) {
                return Err(self.ill_formed(&format!("attribute {name} given twice")));
            }
        }
        Ok(())
    }

    /// The attributes of a start tag as written.
    fn split_attributes<'t>(&self, mut rest: &'t str) -> Result<Vec<(&'t str, &'t str)>, ReadError> {
        let mut attributes = Vec::new();
        loop {
            let trimmed = rest.trim_start_matches(is_space);
            if trimmed.is_empty() {
                return Ok(attributes);
            }
            let parts = (|| {
                let (name, after) = trimmed.split_once('=')?;
                let after = after.trim_start_matches(is_space);
                let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
                let (value, after) = after.get(1..)?.split_once(quote)?;
                Some((name.trim_end_matches(is_space), value, after))
            })();
            match parts {
                Some((name, value, after)) if trimmed.len() < rest.len() && !value.contains('<') => {
                    attributes.push((name, value));
                    rest = after;
                }
                _ => return Err(self.ill_formed("malformed attribute")),
            }
            if attributes.len() > ATTRIBUTES_MAX {
                return Err(self.error(codes::XML_TOO_MANY, &[&ATTRIBUTES_MAX.to_string(), "attributes"]));
            }
        }
    }

    fn declare(&mut self, prefix: &str, value: &str) -> Result<(), ReadError> {
        let namespace = self.attribute_value(value)?;
        // Namespaces in XML 1.0 §3: `xml` and `xmlns` are bound for good, and a prefix can't be unbound.
        let reserved = prefix == "xmlns" || namespace == namespace::XMLNS;
        let misbound = (prefix == "xml") != (namespace == namespace::XML);
        let unbound = !prefix.is_empty() && namespace.is_empty();
        if reserved || misbound || unbound || !(prefix.is_empty() || is_ncname(prefix)) {
            return Err(self.ill_formed(&format!("namespace declaration of `{prefix}` is not allowed")));
        }
        if prefix == "xml" {
            return Ok(());
        }
        let taken = self.scope.iter().rev().take_while(|(depth, _)| *depth == self.depth).any(|(_, binding)| {
            self.tree.bindings().get(*binding as usize).is_some_and(|binding| &*binding.prefix == prefix)
        });
        if taken {
            return Err(self.ill_formed(&format!("namespace declaration of `{prefix}` given twice")));
        }
        if self.scope.len() >= SCOPE_MAX {
            return Err(self.error(codes::XML_TOO_MANY, &[&SCOPE_MAX.to_string(), "namespace declarations"]));
        }
        let binding = self.tree.bind(prefix, &namespace);
        self.scope.push((self.depth, binding));
        Ok(())
    }

    fn look_up(&self, prefix: &str) -> Result<u32, ReadError> {
        let bindings = self.tree.bindings();
        let found = self
            .scope
            .iter()
            .rev()
            .map(|(_, binding)| *binding)
            .find(|binding| bindings.get(*binding as usize).is_some_and(|binding| &*binding.prefix == prefix));
        match found {
            Some(binding) => Ok(binding),
            None if prefix.is_empty() => Ok(NO_BINDING),
            None if prefix == "xml" => Ok(XML_BINDING),
            None => Err(self.error(codes::XML_PREFIX, &[prefix])),
        }
    }

    fn split_name<'t>(&self, name: &'t str) -> Result<(&'t str, &'t str), ReadError> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        match is_ncname(local) && (prefix.is_empty() && !name.starts_with(':') || is_ncname(prefix)) {
            true => Ok((prefix, local)),
            false => Err(self.ill_formed(&format!("`{name}` is not a name"))),
        }
    }

    /// Normalised as XML 1.0 §3.3.3 says: references resolved, white space made spaces.
    fn attribute_value<'t>(&self, raw: &'t str) -> Result<Cow<'t, str>, ReadError> {
        self.check_characters(raw)?;
        if !raw.contains(['&', '\t', '\n', '\r']) {
            return Ok(Cow::Borrowed(raw));
        }
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
            let (before, from) = rest.split_at(at);
            value.push_str(before);
            rest = match from.strip_prefix('&') {
                None => {
                    value.push(' ');
                    from.strip_prefix("\r\n").or(from.get(1..)).unwrap_or_default()
                }
                Some(reference) => {
                    let Some((name, after)) = reference.split_once(';') else {
                        return Err(self.ill_formed("`&` without `;`"));
                    };
                    match resolve(name) {
                        Some(character) => value.push(character),
                        None => return Err(self.error(codes::XML_ENTITY, &[name])),
                    }
                    after
                }
            };
        }
        value.push_str(rest);
        Ok(Cow::Owned(value))
    }

    fn end(&mut self) -> Option<Step> {
        while self.scope.last().is_some_and(|(depth, _)| *depth >= self.depth) {
            self.scope.pop();
        }
        self.depth = self.depth.saturating_sub(1);
        match self.tree.close() {
            true => None,
            false => Some(Step::Close),
        }
    }

    /// Text of the document: line ends are normalised (XML 1.0 §2.11).
    fn text(&mut self, text: &str) -> Result<Option<Step>, ReadError> {
        self.check_characters(text)?;
        match memchr::memchr(b'\r', text.as_bytes()) {
            None => self.literal(text),
            Some(_) => self.literal(&text.replace("\r\n", "\n").replace('\r', "\n")),
        }
    }

    fn literal(&mut self, text: &str) -> Result<Option<Step>, ReadError> {
        if self.tree.depth() > 0 {
            self.tree.text(text);
            return Ok(None);
        }
        match trim(text).is_empty() {
            true => Ok(None),
            false if self.depth == 0 => Err(self.ill_formed("text outside the root element")),
            false => Ok(Some(Step::Text)),
        }
    }

    fn check_characters(&self, text: &str) -> Result<(), ReadError> {
        match forbidden(text) {
            None => Ok(()),
            Some(character) => Err(self.ill_formed(&format!("character U+{:04X}", u32::from(character)))),
        }
    }

    fn parser_error(&self, error: Error) -> ReadError {
        match error {
            Error::Io(_) if self.reader.get_ref().exceeded() => self.too_large(),
            Error::Io(error) => ReadError::Io(io::Error::new(error.kind(), error)),
            Error::Encoding(_) => self.ill_formed("text is not UTF-8"),
            error => self.ill_formed(&error.to_string()),
        }
    }

    fn too_large(&self) -> ReadError {
        let code = match self.budget {
            Budget::Document => structure::HEADER_TOO_LARGE,
            Budget::Between | Budget::Event => structure::EVENT_TOO_LARGE,
        };
        self.error(code, &[&self.bytes_max().to_string()])
    }

    fn too_deep(&self, levels: usize) -> ReadError {
        self.error(structure::TOO_DEEP, &[&levels.to_string()])
    }

    /// The text is not well-formed XML.
    pub(crate) fn ill_formed(&self, what: &str) -> ReadError {
        self.error(codes::XML_SYNTAX, &[what])
    }

    /// The reading ends here.
    pub(crate) fn error(&self, code: &'static Code, arguments: &[&str]) -> ReadError {
        let place = Place { event: self.event, pointer: self.pointer.clone(), line: Some(self.line()) };
        ReadError::Malformed(Box::new(Problem { reason: Reason::new(code, arguments), place }))
    }
}

/// The character that `&name;` stands for.
fn resolve(name: &str) -> Option<char> {
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let (digits, radix) = match name.strip_prefix("#x") {
        Some(digits) => (digits, 16),
        None => (name.strip_prefix('#')?, 10),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, radix).ok()?;
    char::from_u32(number).filter(|character| is_character(*character))
}
