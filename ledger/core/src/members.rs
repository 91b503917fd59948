//! Takes JSON objects apart strictly: every member once, none unknown, each of its type.

use suyuan_epcis::json::tree::{self, Json, TreeError};
use suyuan_epcis::time::Stamp;

use crate::day::Day;
use crate::hash::Hash;
use crate::organisation::{InvalidScope, NAME_BYTES_MAX, Scope, ScopeKind};

/// How deep records and genesis files are nested at most.
const DEPTH_MAX: usize = 8;
/// A list of numbers has at most so many.
const LIST_MAX: usize = 1_024;

/// Why a record or file can't be read: where, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRecord {
    /// JSON pointer (RFC 6901) of the place.
    pub pointer: String,
    /// What is wrong, for the message: an argument, not prose.
    pub argument: String,
}

impl InvalidRecord {
    pub(crate) fn at(pointer: &str, argument: impl Into<String>) -> InvalidRecord {
        InvalidRecord { pointer: pointer.to_owned(), argument: argument.into() }
    }
}

/// The members of one object. Each is taken once; [`Members::end`] refuses what is left.
pub(crate) struct Members {
    pointer: String,
    members: Vec<(String, Json)>,
}

impl Members {
    /// Parses one object that fills the bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Members, InvalidRecord> {
        match tree::parse(bytes, DEPTH_MAX) {
            Ok(json) => Members::of("", json),
            Err(TreeError::TooDeep) => Err(InvalidRecord::at("", "nested too deep")),
            Err(TreeError::Syntax(_, at)) => Err(InvalidRecord::at("", format!("not JSON (byte {at})"))),
        }
    }

    fn of(pointer: &str, json: Json) -> Result<Members, InvalidRecord> {
        let Json::Object(members) = json else { return Err(InvalidRecord::at(pointer, "not an object")) };
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let repeated = names.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some((*one).to_owned()),
            _ => None,
        });
        let within = Members { pointer: pointer.to_owned(), members };
        match repeated {
            Some(name) => Err(InvalidRecord::at(&within.below(&name), "member given twice")),
            None => Ok(within),
        }
    }

    fn below(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }

    /// An error at a member.
    pub(crate) fn error(&self, name: &str, argument: impl Into<String>) -> InvalidRecord {
        InvalidRecord::at(&self.below(name), argument)
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        let place = self.members.iter().position(|(member, _)| member == name)?;
        Some(self.members.remove(place).1)
    }

    fn required(&mut self, name: &str) -> Result<Json, InvalidRecord> {
        self.take(name).ok_or_else(|| self.error(name, "missing"))
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), InvalidRecord> {
        match self.members.first() {
            Some((name, _)) => Err(self.error(name, "unknown member")),
            None => Ok(()),
        }
    }

    fn text_of(&self, name: &str, json: Json) -> Result<String, InvalidRecord> {
        match json {
            Json::Text(text) if text.is_empty() => Err(self.error(name, "empty")),
            Json::Text(text) if text.len() > NAME_BYTES_MAX => Err(self.error(name, "too long")),
            Json::Text(text) if text.chars().any(char::is_control) => Err(self.error(name, "control character")),
            Json::Text(text) => Ok(text),
            _ => Err(self.error(name, "not a string")),
        }
    }

    /// A text, not empty.
    pub(crate) fn text(&mut self, name: &str) -> Result<String, InvalidRecord> {
        let json = self.required(name)?;
        self.text_of(name, json)
    }

    /// A text of several lines, not empty, of at most so many bytes.
    pub(crate) fn long_text(&mut self, name: &str, bytes_max: usize) -> Result<String, InvalidRecord> {
        match self.required(name)? {
            Json::Text(text) if text.is_empty() => Err(self.error(name, "empty")),
            Json::Text(text) if text.len() > bytes_max => Err(self.error(name, format!("more than {bytes_max} bytes"))),
            Json::Text(text) => Ok(text),
            _ => Err(self.error(name, "not a string")),
        }
    }

    /// A text that may be left out.
    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, InvalidRecord> {
        self.take(name).map(|json| self.text_of(name, json)).transpose()
    }

    /// A list of texts that may be left out.
    pub(crate) fn texts(&mut self, name: &str, count_max: usize) -> Result<Vec<String>, InvalidRecord> {
        self.list(name, count_max)?
            .into_iter()
            .enumerate()
            .map(|(index, json)| self.text_of(&format!("{name}/{index}"), json))
            .collect::<Result<_, _>>()
            // The index is a step of the pointer, not part of a member's name.
            .map_err(|error: InvalidRecord| InvalidRecord { pointer: error.pointer.replace("~1", "/"), ..error })
    }

    /// A list of objects that may be left out.
    pub(crate) fn objects(&mut self, name: &str, count_max: usize) -> Result<Vec<Members>, InvalidRecord> {
        let base = self.below(name);
        let list = self.list(name, count_max)?;
        list.into_iter().enumerate().map(|(index, json)| Members::of(&format!("{base}/{index}"), json)).collect()
    }

    fn list(&mut self, name: &str, count_max: usize) -> Result<Vec<Json>, InvalidRecord> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Json::List(list)) if list.len() <= count_max => Ok(list),
            Some(Json::List(_)) => Err(self.error(name, "too many")),
            Some(_) => Err(self.error(name, "not a list")),
        }
    }

    /// An object.
    pub(crate) fn object(&mut self, name: &str) -> Result<Members, InvalidRecord> {
        let json = self.required(name)?;
        Members::of(&self.below(name), json)
    }

    /// An object that may be left out.
    pub(crate) fn optional_object(&mut self, name: &str) -> Result<Option<Members>, InvalidRecord> {
        let pointer = self.below(name);
        self.take(name).map(|json| Members::of(&pointer, json)).transpose()
    }

    /// `true` or `false`; `false` if left out.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<bool, InvalidRecord> {
        match self.take(name) {
            None => Ok(false),
            Some(Json::Boolean(value)) => Ok(value),
            Some(_) => Err(self.error(name, "not true or false")),
        }
    }

    /// A whole number from 0 to `greatest`, in plain digits.
    pub(crate) fn integer(&mut self, name: &str, greatest: u64) -> Result<u64, InvalidRecord> {
        match self.required(name)? {
            Json::Number(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let number = text.parse().ok().filter(|number| *number <= greatest);
                number.ok_or_else(|| self.error(name, format!("above {greatest}")))
            }
            _ => Err(self.error(name, "not a whole number")),
        }
    }

    /// A whole number that may be left out.
    pub(crate) fn optional_integer(&mut self, name: &str, greatest: u64) -> Result<Option<u64>, InvalidRecord> {
        self.has(name).then(|| self.integer(name, greatest)).transpose()
    }

    /// A whole number of at most this amount, with a minus if it is negative.
    pub(crate) fn signed(&mut self, name: &str, greatest: u64) -> Result<i64, InvalidRecord> {
        let json = self.required(name)?;
        let digits = |text: &str| text.strip_prefix('-').unwrap_or(text).parse::<u64>().ok();
        let number = match &json {
            Json::Number(text) => text.parse::<i64>().ok().filter(|_| digits(text).is_some_and(|own| own <= greatest)),
            _ => None,
        };
        number.ok_or_else(|| self.error(name, format!("not a whole number from -{greatest} to {greatest}")))
    }

    /// A list of whole numbers from 0 to `greatest`.
    pub(crate) fn integers(&mut self, name: &str, greatest: u64) -> Result<Vec<u64>, InvalidRecord> {
        let list = self.list(name, LIST_MAX)?;
        let number = |json: &Json| whole(json).filter(|number| *number <= greatest);
        let numbers: Option<Vec<u64>> = list.iter().map(number).collect();
        numbers.ok_or_else(|| self.error(name, format!("not a list of whole numbers up to {greatest}")))
    }

    /// A list of pairs, each a text and a whole number from 0 to `greatest`.
    pub(crate) fn pairs(
        &mut self,
        name: &str,
        count_max: usize,
        greatest: u64,
    ) -> Result<Vec<(String, u64)>, InvalidRecord> {
        let pair = |json: Json| match json {
            Json::List(parts) => match parts.as_slice() {
                [Json::Text(text), number] => Some((text.clone(), whole(number).filter(|own| *own <= greatest)?)),
                _ => None,
            },
            _ => None,
        };
        let list = self.list(name, count_max)?;
        let pairs: Option<Vec<(String, u64)>> = list.into_iter().map(pair).collect();
        pairs.ok_or_else(|| self.error(name, "not a list of texts with their numbers"))
    }

    /// A name that `find` knows.
    pub(crate) fn one_of<T>(&mut self, name: &str, find: impl Fn(&str) -> Option<T>) -> Result<T, InvalidRecord> {
        let text = self.text(name)?;
        find(&text).ok_or_else(|| self.error(name, format!("\"{text}\" is none of those that there are")))
    }

    /// A name that `find` knows, and that may be left out.
    pub(crate) fn optional_one_of<T>(
        &mut self,
        name: &str,
        find: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, InvalidRecord> {
        self.has(name).then(|| self.one_of(name, find)).transpose()
    }

    /// Whether there is such a member, not yet taken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(member, _)| member == name)
    }

    /// Whether there is such a member, not yet taken, and it is a list.
    pub(crate) fn has_list(&self, name: &str) -> bool {
        self.members.iter().any(|(member, value)| member == name && matches!(value, Json::List(_)))
    }

    /// Takes members that are `null` for left out.
    pub(crate) fn drop_nulls(&mut self) {
        self.members.retain(|(_, value)| *value != Json::Null);
    }

    /// 32 bytes as lower-case hex.
    pub(crate) fn hash(&mut self, name: &str) -> Result<Hash, InvalidRecord> {
        let text = self.text(name)?;
        Hash::from_hex(&text).ok_or_else(|| self.error(name, "not 64 digits of lower-case hex"))
    }

    /// A day as `YYYY-MM-DD`.
    pub(crate) fn day(&mut self, name: &str) -> Result<Day, InvalidRecord> {
        let text = self.text(name)?;
        Day::parse(&text).ok_or_else(|| self.error(name, "not a day as YYYY-MM-DD"))
    }

    /// A list of days that may be left out.
    pub(crate) fn days(&mut self, name: &str, count_max: usize) -> Result<Vec<Day>, InvalidRecord> {
        let days: Option<Vec<Day>> = self.texts(name, count_max)?.iter().map(|text| Day::parse(text)).collect();
        days.ok_or_else(|| self.error(name, "not all are days as YYYY-MM-DD"))
    }

    /// 32 bytes as hex that may be left out.
    pub(crate) fn optional_hash(&mut self, name: &str) -> Result<Option<Hash>, InvalidRecord> {
        self.has(name).then(|| self.hash(name)).transpose()
    }

    /// A list of 32 bytes as hex each that may be left out.
    pub(crate) fn hashes(&mut self, name: &str, count_max: usize) -> Result<Vec<Hash>, InvalidRecord> {
        let hashes: Option<Vec<Hash>> = self.texts(name, count_max)?.iter().map(|text| Hash::from_hex(text)).collect();
        hashes.ok_or_else(|| self.error(name, "not all are 64 digits of lower-case hex"))
    }

    /// A day that may be left out.
    pub(crate) fn optional_day(&mut self, name: &str) -> Result<Option<Day>, InvalidRecord> {
        self.has(name).then(|| self.day(name)).transpose()
    }

    /// A point in time as RFC 3339 has it, in milliseconds since 1970; not before 1970.
    pub(crate) fn time(&mut self, name: &str) -> Result<i64, InvalidRecord> {
        let text = self.text(name)?;
        milliseconds(&text).ok_or_else(|| self.error(name, "not a time with offset, from 1970 on"))
    }

    /// A point in time after 1970 that may be left out: 0.
    pub(crate) fn optional_time(&mut self, name: &str) -> Result<i64, InvalidRecord> {
        if !self.has(name) {
            return Ok(0);
        }
        match self.time(name)? {
            0 => Err(self.error(name, "the beginning of 1970 stands for no time")),
            time => Ok(time),
        }
    }

    /// A scope: an object of one member, the kind, with the value.
    pub(crate) fn scope(&mut self, name: &str) -> Result<Scope, InvalidRecord> {
        let mut object = self.object(name)?;
        let Some(member) = object.members.first().map(|(member, _)| member.clone()) else {
            return Err(self.error(name, "empty"));
        };
        let kind = ScopeKind::from_name(&member).ok_or_else(|| object.error(&member, "unknown member"))?;
        let value = object.text(&member)?;
        let scope = Scope::new(kind, &value)
            .map_err(|InvalidScope| object.error(&member, format!("\"{value}\" is no {member}")))?;
        object.end()?;
        Ok(scope)
    }
}

/// What was read of a table that is part of the program. Tests read each, so that it can be read.
pub(crate) fn built_in<T>(read: Result<T, InvalidRecord>) -> T {
    read.unwrap_or_else(|error| unreachable!("a table of the program can't be read: {error:?}"))
}

/// A whole number in plain digits.
fn whole(json: &Json) -> Option<u64> {
    let Json::Number(text) = json else { return None };
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Milliseconds since 1970 of a time, finer digits cut off.
fn milliseconds(text: &str) -> Option<i64> {
    let stamp = Stamp::parse(text)?;
    let milliseconds = stamp.seconds.checked_mul(1_000)?.checked_add(i64::from(stamp.nanoseconds / 1_000_000))?;
    (milliseconds >= 0).then_some(milliseconds)
}
