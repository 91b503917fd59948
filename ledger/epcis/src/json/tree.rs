//! A JSON value as a tree that loses nothing: numbers as text, members in order, duplicates kept.

use jiter::{Jiter, JiterError, Peek};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number's own text.
    Number(Box<str>),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Members in document order, duplicates included.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What a message calls this kind of value.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Boolean(_) => "boolean",
            Json::Number(_) => "number",
            Json::Text(_) => "string",
            Json::List(_) => "array",
            Json::Object(_) => "object",
        }
    }
}

impl Json {
    /// Appends the value as JSON text, indented by two spaces a level from `level` on.
    pub fn write(&self, level: usize, text: &mut Vec<u8>) {
        match self {
            Json::Null => text.extend_from_slice(b"null"),
            Json::Boolean(true) => text.extend_from_slice(b"true"),
            Json::Boolean(false) => text.extend_from_slice(b"false"),
            Json::Number(number) => text.extend_from_slice(number.as_bytes()),
            Json::Text(value) => write_string(value, text),
            Json::List(elements) if elements.is_empty() => text.extend_from_slice(b"[]"),
            Json::Object(members) if members.is_empty() => text.extend_from_slice(b"{}"),
            Json::List(elements) => {
                text.push(b'[');
                for (index, element) in elements.iter().enumerate() {
                    separate(index, level + 1, text);
                    element.write(level + 1, text);
                }
                new_line(level, text);
                text.push(b']');
            }
            Json::Object(members) => {
                text.push(b'{');
                for (index, (key, value)) in members.iter().enumerate() {
                    separate(index, level + 1, text);
                    write_string(key, text);
                    text.extend_from_slice(b": ");
                    value.write(level + 1, text);
                }
                new_line(level, text);
                text.push(b'}');
            }
        }
    }
}

/// Appends a string with JSON's escapes.
pub(super) fn write_string(value: &str, text: &mut Vec<u8>) {
    // Writing to memory can't fail, and a string has no other way to.
    let _ = serde_json::to_writer(text, value);
}

fn separate(index: usize, level: usize, text: &mut Vec<u8>) {
    if index > 0 {
        text.push(b',');
    }
    new_line(level, text);
}

/// Begins a line at this level.
pub(super) fn new_line(level: usize, text: &mut Vec<u8>) {
    text.push(b'\n');
    text.extend(std::iter::repeat_n(b' ', level * 2));
}

/// Whether `text` is a number in JSON's grammar (RFC 8259 §6).
pub fn is_json_number(text: &str) -> bool {
    matches!(parse(text.as_bytes(), 0), Ok(Json::Number(number)) if *number == *text)
}

/// Why a text is not a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeError {
    /// Not JSON: the parser's words, and the byte offset.
    Syntax(String, usize),
    /// Nested deeper than allowed.
    TooDeep,
}

/// Parses one JSON value that fills `text`, nested at most `depth_max` deep.
pub fn parse(text: &[u8], depth_max: usize) -> Result<Json, TreeError> {
    let mut parser = Jiter::new(text);
    let value = peek(&mut parser).and_then(|first| value(&mut parser, first, depth_max))?;
    parser.finish().map_err(|error| syntax(&error))?;
    Ok(value)
}

fn syntax(error: &JiterError) -> TreeError {
    TreeError::Syntax(error.error_type.to_string(), error.index)
}

fn peek(parser: &mut Jiter<'_>) -> Result<Peek, TreeError> {
    parser.peek().map_err(|error| syntax(&error))
}

fn value(parser: &mut Jiter<'_>, first: Peek, depth_left: usize) -> Result<Json, TreeError> {
    let read = match first {
        Peek::String => Json::Text(parser.known_str().map_err(|error| syntax(&error))?.to_owned()),
        Peek::Array => return list(parser, depth_left),
        Peek::Object => return object(parser, depth_left),
        Peek::Null => {
            parser.known_null().map_err(|error| syntax(&error))?;
            Json::Null
        }
        Peek::True | Peek::False => Json::Boolean(parser.known_bool(first).map_err(|error| syntax(&error))?),
        _ => number(parser)?,
    };
    Ok(read)
}

fn number(parser: &mut Jiter<'_>) -> Result<Json, TreeError> {
    let start = parser.current_index();
    let bytes = parser.next_number_bytes().map_err(|error| syntax(&error))?;
    // Only the number grammar of RFC 8259 §6 passes the parser; `NaN` and `Infinity` do too.
    match std::str::from_utf8(bytes) {
        Ok(text) if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) => {
            Ok(Json::Number(text.into()))
        }
        _ => Err(TreeError::Syntax("expected a number".to_owned(), start)),
    }
}

fn list(parser: &mut Jiter<'_>, depth_left: usize) -> Result<Json, TreeError> {
    let depth_left = depth_left.checked_sub(1).ok_or(TreeError::TooDeep)?;
    let mut elements = Vec::new();
    let mut next = parser.known_array().map_err(|error| syntax(&error))?;
    while let Some(first) = next {
        elements.push(value(parser, first, depth_left)?);
        next = parser.array_step().map_err(|error| syntax(&error))?;
    }
    Ok(Json::List(elements))
}

fn object(parser: &mut Jiter<'_>, depth_left: usize) -> Result<Json, TreeError> {
    let depth_left = depth_left.checked_sub(1).ok_or(TreeError::TooDeep)?;
    let mut members = Vec::with_capacity(8);
    let mut next = parser.known_object().map_err(|error| syntax(&error))?.map(str::to_owned);
    while let Some(key) = next {
        let first = peek(parser)?;
        members.push((key, value(parser, first, depth_left)?));
        next = parser.next_key().map_err(|error| syntax(&error))?.map(str::to_owned);
    }
    Ok(Json::Object(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: the tree keeps what other parsers lose. Method: values with such parts.
    #[test]
    fn loses_nothing() {
        let tree = parse(br#" {"a":1.50,"a":12345678901234567890,"b":[true,null,"\u00e9\n"]} "#, 8).unwrap();
        let expected = Json::Object(vec![
            ("a".into(), Json::Number("1.50".into())),
            ("a".into(), Json::Number("12345678901234567890".into())),
            ("b".into(), Json::List(vec![Json::Boolean(true), Json::Null, Json::Text("é\n".into())])),
        ]);
        assert_eq!(tree, expected);
    }

    // Goal: broken text is an error with its place, never a panic. Method: a table of broken texts.
    #[test]
    fn refuses_what_is_not_json() {
        for text in ["", "{", "[1,]", "{\"a\":}", "01", "NaN", "Infinity", "-", "\"\\ud800\"", "1 2", "{'a':1}", "tru"]
        {
            assert!(parse(text.as_bytes(), 8).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"", 8).is_err());
        let deep = "[".repeat(100_000);
        assert_eq!(parse(deep.as_bytes(), 64), Err(TreeError::TooDeep));
    }
}
