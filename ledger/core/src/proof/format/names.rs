//! Names in a proof. A key says how many bytes it shares with the key before it.

use std::sync::Arc;

use super::{EVENTS_MAX, KEY_BYTES_MAX, NAMES_MAX, NameKey, NamePart, ShownName, ShownNames};
use crate::names::PAGE_NAMES;
use crate::proof::wire::{Reader, WireError, Writer};

/// An inner node.
const INNER: u8 = 0;
/// A node with nothing shown below.
const HIDDEN: u8 = 1;
/// A page: this and how many names it has.
const PAGE: u8 = 2;
/// All keys of a proof have at most so many bytes, those included that they share.
const KEYS_BYTES_MAX: usize = 1 << 28;

pub(super) fn write(writer: &mut Writer, names: &[ShownNames]) {
    writer.count(names.len());
    let mut key_before: &[u8] = &[];
    let mut number_before = 0;
    for shown in names {
        writer.number(u64::from(shown.event));
        writer.count(shown.parts.len());
        for part in &shown.parts {
            let page = match part {
                NamePart::Inner => {
                    writer.byte(INNER);
                    continue;
                }
                NamePart::Hidden(hash) => {
                    writer.byte(HIDDEN);
                    writer.raw(&hash.0);
                    continue;
                }
                NamePart::Page(page) => page,
            };
            // A page has at most eight names.
            writer.byte(PAGE + page.len().min(PAGE_NAMES) as u8);
            for name in page {
                writer.difference(name.number, number_before);
                number_before = name.number;
                match &name.key {
                    NameKey::Tag(tag) => {
                        writer.byte(0);
                        writer.raw(&tag.0);
                    }
                    NameKey::Key(key) => {
                        let shared = key.iter().zip(key_before).take_while(|(byte, before)| byte == before).count();
                        // Zero is taken by tags.
                        writer.number(shared as u64 + 1);
                        writer.text(key.get(shared..).unwrap_or_default());
                        key_before = key;
                    }
                }
            }
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Vec<ShownNames>, WireError> {
    let count = reader.count(EVENTS_MAX, 3)?;
    let mut names = Vec::new();
    let mut keys = Keys { before: Vec::new(), number: 0, names_left: NAMES_MAX, bytes_left: KEYS_BYTES_MAX };
    for _ in 0..count {
        let event = reader.number_u32()?;
        let mut parts = Vec::new();
        for _ in 0..reader.count(NAMES_MAX, 1)? {
            parts.push(match reader.byte()? {
                INNER => NamePart::Inner,
                HIDDEN => NamePart::Hidden(reader.hash()?),
                control => NamePart::Page(keys.page(reader, usize::from(control - PAGE))?),
            });
        }
        names.push(ShownNames { event, parts });
    }
    Ok(names)
}

struct Keys {
    before: Vec<u8>,
    number: u64,
    names_left: usize,
    bytes_left: usize,
}

impl Keys {
    fn page(&mut self, reader: &mut Reader<'_>, count: usize) -> Result<Vec<ShownName>, WireError> {
        if count == 0 || count > PAGE_NAMES {
            return Err(WireError::Malformed);
        }
        self.names_left = self.names_left.checked_sub(count).ok_or(WireError::TooMany)?;
        let mut names = Vec::with_capacity(count);
        for _ in 0..count {
            self.number = reader.difference(self.number)?;
            let key = match reader.number()? {
                0 => NameKey::Tag(reader.hash()?),
                shared => NameKey::Key(self.key(reader, shared - 1)?),
            };
            names.push(ShownName { number: self.number, key });
        }
        Ok(names)
    }

    fn key(&mut self, reader: &mut Reader<'_>, shared: u64) -> Result<Arc<[u8]>, WireError> {
        let shared = usize::try_from(shared).ok().filter(|shared| *shared <= self.before.len());
        self.before.truncate(shared.ok_or(WireError::Malformed)?);
        self.before.extend_from_slice(reader.text(KEY_BYTES_MAX)?);
        self.bytes_left = self.bytes_left.checked_sub(self.before.len()).ok_or(WireError::TooMany)?;
        Ok(self.before.as_slice().into())
    }
}
