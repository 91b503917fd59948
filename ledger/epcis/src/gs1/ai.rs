//! Application identifiers as the GS1 Barcode Syntax Dictionary defines them, and the check of a value against one.

use super::ai_table::AI_TABLE;
use super::linters::{self, CompanyPrefixes, LintError, LintResult, Linter};
use crate::codes::element_string as codes;
use crate::problem::Reason;

/// The characters of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `N`: digits.
    Numeric,
    /// `X`: GS1 character set 82.
    Cset82,
    /// `Y`: GS1 character set 39.
    Cset39,
    /// `Z`: GS1 character set 64, file-safe base64.
    Cset64,
}

/// One part of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its characters.
    pub kind: Kind,
    /// Fewest characters.
    pub length_min: usize,
    /// Most characters. Only the last component has more than its fewest.
    pub length_max: usize,
    /// Whether it may be left out, with all that follow.
    pub optional: bool,
    /// What else it must satisfy, in this order.
    pub linters: &'static [Linter],
}

/// Groups of numbers or patterns (`35nn`): one group must be there, with all of its members.
pub type Requirement = &'static [&'static [&'static str]];

/// An application identifier. Two are equal when their numbers are.
#[derive(Clone, Copy, Debug)]
pub struct Ai {
    /// Its number, for example `01`.
    pub number: &'static str,
    /// Whether its value needs no separator: its length is known to every reader.
    pub predefined_length: bool,
    /// Whether it may be a data attribute (in the query) of a GS1 Digital Link URI.
    pub data_attribute: bool,
    /// The parts of its value, in order.
    pub components: &'static [Component],
    /// What it must come with: each of these requirements.
    pub requires: &'static [Requirement],
    /// Numbers or patterns that it must not come with.
    pub excludes: &'static [&'static str],
    /// For a primary key of GS1 Digital Link, the alternative sequences of its qualifiers.
    pub qualifiers: Option<&'static [&'static [&'static str]]>,
    /// The data title, for example `GTIN`; empty for some.
    pub title: &'static str,
    length_min: usize,
    length_max: usize,
    /// The number as [`pack`] has it.
    key: u32,
}

impl PartialEq for Ai {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Ai {}

/// The bytes of a number of two to four digits as one integer, ordered as numbers of one length are: comparing these is
/// several times faster than comparing texts, and parsers do little else. No number gives 0.
const fn pack(number: &[u8]) -> u32 {
    match *number {
        [one, two] => u32::from_be_bytes([one, two, 0, 0]),
        [one, two, three] => u32::from_be_bytes([one, two, three, 0]),
        [one, two, three, four] => u32::from_be_bytes([one, two, three, four]),
        _ => 0,
    }
}

/// The flags of a dictionary entry: predefined length, data attribute.
pub(super) type Flags = (bool, bool);

/// A component of fixed length.
pub(super) const fn fixed(kind: Kind, length: usize, linters: &'static [Linter]) -> Component {
    Component { kind, length_min: length, length_max: length, optional: false, linters }
}

/// A component of 1 to `length_max` characters.
pub(super) const fn up_to(kind: Kind, length_max: usize, linters: &'static [Linter]) -> Component {
    Component { kind, length_min: 1, length_max, optional: false, linters }
}

impl Component {
    /// The same component, that may be left out.
    pub(super) const fn or_none(mut self) -> Component {
        self.optional = true;
        self
    }

    /// The value satisfies the component's characters and linters.
    fn lint(&self, value: &str, prefixes: CompanyPrefixes) -> LintResult {
        match self.kind {
            Kind::Numeric => linters::csetnumeric(value)?,
            Kind::Cset82 => linters::cset82(value)?,
            Kind::Cset39 => linters::cset39(value)?,
            Kind::Cset64 => linters::cset64(value)?,
        }
        self.linters.iter().try_for_each(|linter| linter.check(value, prefixes))
    }
}

impl Ai {
    /// An entry without attributes.
    pub(super) const fn new(
        number: &'static str,
        (predefined_length, data_attribute): Flags,
        components: &'static [Component],
        title: &'static str,
    ) -> Ai {
        let (mut length_min, mut length_max, mut index) = (0, 0, 0);
        while index < components.len() {
            if !components[index].optional {
                length_min += components[index].length_min;
            }
            length_max += components[index].length_max;
            index += 1;
        }
        Ai {
            number,
            predefined_length,
            data_attribute,
            components,
            requires: &[],
            excludes: &[],
            qualifiers: None,
            title,
            length_min,
            length_max,
            key: pack(number.as_bytes()),
        }
    }

    /// The same entry with the attributes `req`.
    pub(super) const fn requiring(mut self, requires: &'static [Requirement]) -> Ai {
        self.requires = requires;
        self
    }

    /// The same entry with the attributes `ex`.
    pub(super) const fn excluding(mut self, excludes: &'static [&'static str]) -> Ai {
        self.excludes = excludes;
        self
    }

    /// The same entry with the attribute `dlpkey`.
    pub(super) const fn qualified_by(mut self, qualifiers: &'static [&'static [&'static str]]) -> Ai {
        self.qualifiers = Some(qualifiers);
        self
    }

    /// The same entry under another number of its range.
    pub(super) const fn numbered(mut self, number: &'static str) -> Ai {
        self.number = number;
        self.key = pack(number.as_bytes());
        self
    }

    /// Every application identifier, in the order of the dictionary.
    pub fn all() -> &'static [Ai] {
        &AI_TABLE
    }

    /// The application identifier with this number.
    pub fn find(number: &str) -> Option<&'static Ai> {
        let bucket = bucket(number)?;
        let key = pack(number.as_bytes());
        match bucket {
            [only] => (only.key == key).then_some(only),
            _ => bucket.get(bucket.binary_search_by_key(&key, |ai| ai.key).ok()?),
        }
    }

    /// Whether this is the application identifier `number`.
    pub fn is(&self, number: &str) -> bool {
        self.key == pack(number.as_bytes())
    }

    /// The application identifier that `data` begins with. The first two digits tell how long its number is.
    pub fn at_start(data: &str) -> Option<&'static Ai> {
        let length = bucket(data)?.first()?.number.len();
        Ai::find(data.get(..length)?)
    }

    /// An entry for a two-digit number that the dictionary leaves unallocated, together with all that begin so.
    pub(super) fn unallocated(number: &str) -> Option<&'static Ai> {
        let bytes = number.as_bytes();
        if bytes.len() != 2 || !bucket(number)?.is_empty() {
            return None;
        }
        UNALLOCATED.get(first_two(bytes)?)
    }

    /// Fewest characters of a value.
    pub fn length_min(&self) -> usize {
        self.length_min
    }

    /// Most characters of a value.
    pub fn length_max(&self) -> usize {
        self.length_max
    }

    /// Checks the length, the characters and the meaning of a value.
    pub fn check(&self, value: &str, prefixes: CompanyPrefixes) -> Result<(), Reason> {
        if value.is_empty() {
            return Err(Reason::new(codes::AI_EMPTY, &[self.number]));
        }
        if value.len() > self.length_max {
            return Err(Reason::new(codes::AI_TOO_LONG, &[self.number, value, &self.length_max.to_string()]));
        }
        let mut start: usize = 0;
        for component in self.components {
            let rest = value.get(start..).unwrap_or_default();
            if rest.is_empty() && component.optional {
                return Ok(());
            }
            // Where the cut would fall within a character, the rest as a whole is refused: no component holds one.
            let part = rest.get(..component.length_max).unwrap_or(rest);
            if part.len() < component.length_min {
                let minimum = start.saturating_add(component.length_min).to_string();
                return Err(Reason::new(codes::AI_TOO_SHORT, &[self.number, value, &minimum]));
            }
            component.lint(part, prefixes).map_err(|error| self.reason(value, &error.shifted(start)))?;
            start = start.saturating_add(part.len());
        }
        Ok(())
    }

    fn reason(&self, value: &str, error: &LintError) -> Reason {
        Reason::new(error.code, &[&format!("({}){}", self.number, error.marked(value))])
    }
}

/// Whether `number` is `pattern`, in which `n` stands for any digit.
pub(super) fn matches_pattern(number: &str, pattern: &str) -> bool {
    number.len() == pattern.len() && number.bytes().zip(pattern.bytes()).all(|(one, two)| one == two || two == b'n')
}

/// The part of the table whose numbers begin with the first two digits of `data`; all of them are equally long.
fn bucket(data: &str) -> Option<&'static [Ai]> {
    let (start, end) = *BUCKETS.get(first_two(data.as_bytes())?)?;
    AI_TABLE.get(start..end)
}

fn first_two(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [first @ b'0'..=b'9', second @ b'0'..=b'9', ..] => {
            Some(usize::from(first - b'0') * 10 + usize::from(second - b'0'))
        }
        _ => None,
    }
}

/// For each pair of first digits, where its numbers begin and end in the table.
static BUCKETS: [(usize, usize); 100] = buckets();

const fn buckets() -> [(usize, usize); 100] {
    let mut table = [(0, 0); 100];
    let mut index = 0;
    while index < AI_TABLE.len() {
        let number = AI_TABLE[index].number.as_bytes();
        let pair = (number[0] - b'0') as usize * 10 + (number[1] - b'0') as usize;
        if table[pair].1 == 0 {
            table[pair].0 = index;
        }
        table[pair].1 = index + 1;
        index += 1;
    }
    table
}

/// The two-digit numbers, each with any value: what an unallocated one is taken for.
static UNALLOCATED: [Ai; 100] = unallocated();

const fn unallocated() -> [Ai; 100] {
    const NUMBERS: &str = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    const ANY: Ai = Ai::new("", (false, true), &[up_to(Kind::Cset82, 90, &[])], "");
    let mut table = [ANY; 100];
    let mut rest = NUMBERS;
    let mut index = 0;
    while index < table.len() {
        let (number, after) = rest.split_at(2);
        table[index] = ANY.numbered(number);
        rest = after;
        index += 1;
    }
    table
}
