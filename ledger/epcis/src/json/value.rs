//! Reads user extensions: names through their prefixes, values of any shape.

use std::collections::HashSet;

use super::context::Context;
use super::tree::Json;
use crate::codes::structure;
use crate::model::{Extension, Object, Scalar, Value};
use crate::name::{Name, Namespaces};
use crate::problem::{Path, Problems};

/// The prefixes in force at a place: the document's and the event's own.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The document's.
    pub context: &'a Context,
    /// The event's own.
    pub own: &'a Namespaces,
}

impl Scope<'_> {
    /// The name `key` stands for, if its prefix is bound.
    pub fn resolve(&self, key: &str) -> Option<Name> {
        self.context.name(key, self.own)
    }
}

/// The name of a member of `structure` that is none of its own fields: it must have a prefix
/// that is declared.
pub fn name(key: &str, structure: &str, scope: &Scope<'_>, path: &Path<'_>, problems: &mut Problems) -> Name {
    if let Some(name) = scope.resolve(key) {
        return name;
    }
    match key.split_once(':') {
        Some((prefix, _)) => problems.add(structure::UNDECLARED_PREFIX, &[key, prefix], path),
        None => problems.add(structure::UNKNOWN_FIELD, &[key, structure], path),
    }
    Name::local(key)
}

/// Reports members that an object has twice: readers differ in which of them counts.
pub fn report_repeated(members: &[(String, Json)], path: &Path<'_>, problems: &mut Problems) {
    let mut seen = HashSet::with_capacity(members.len());
    for (key, _) in members {
        if !seen.insert(key) {
            problems.add(structure::DUPLICATE_FIELD, &[key], &path.key(key));
        }
    }
}

/// Reads the extension `name`: a list becomes as many extensions of that name, unless repeated
/// elements could not say it (it is empty, or holds lists).
pub fn extension(
    name: Name,
    json: Json,
    scope: &Scope<'_>,
    path: &Path<'_>,
    problems: &mut Problems,
    extensions: &mut Vec<Extension>,
) {
    match json {
        Json::List(elements)
            if !elements.is_empty() && !elements.iter().any(|element| matches!(element, Json::List(_))) =>
        {
            for (index, element) in elements.into_iter().enumerate() {
                let value = value(element, scope, &path.index(index), problems);
                extensions.push(Extension { name: name.clone(), value });
            }
        }
        single => extensions.push(Extension { name, value: value(single, scope, path, problems) }),
    }
}

/// Reads a value of any shape.
pub fn value(json: Json, scope: &Scope<'_>, path: &Path<'_>, problems: &mut Problems) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Boolean(true) => Value::Scalar("true".into(), Scalar::Boolean),
        Json::Boolean(false) => Value::Scalar("false".into(), Scalar::Boolean),
        Json::Number(text) => Value::Scalar(text, Scalar::Number),
        Json::Text(text) => Value::Scalar(text.into(), Scalar::Text),
        Json::List(elements) => {
            let read = |(index, element)| value(element, scope, &path.index(index), problems);
            Value::List(elements.into_iter().enumerate().map(read).collect())
        }
        Json::Object(members) => Value::Object(object(members, scope, path, problems)),
    }
}

/// Reads a structure: `@name` is an attribute, `#text` its own text, names without a prefix are
/// names in no namespace.
fn object(members: Vec<(String, Json)>, scope: &Scope<'_>, path: &Path<'_>, problems: &mut Problems) -> Object {
    report_repeated(&members, path, problems);
    let mut object = Object::default();
    for (key, json) in members {
        let here = path.key(&key);
        match (key.strip_prefix('@'), json) {
            (Some(attribute), Json::Text(text)) => {
                let name = scope.resolve(attribute).unwrap_or_else(|| Name::local(attribute));
                object.attributes.push((name, text.into()));
            }
            (None, Json::Text(text)) if key == "#text" && object.text.is_none() => object.text = Some(text.into()),
            (_, json) => {
                let name = match key.contains(':') {
                    true => name(&key, "extension", scope, &here, problems),
                    false => Name::local(&key),
                };
                extension(name, json, scope, &here, problems, &mut object.members);
            }
        }
    }
    object.members = crate::model::group(object.members);
    object
}
