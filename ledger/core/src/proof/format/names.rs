//! Names in a proof. A key says how many bytes it shares with the key before it.

use super::{EVENTS_MAX, KEY_BYTES_MAX, NAMES_MAX, Name, NameKey, NamePage, SIBLINGS_MAX, ShownNames};
use crate::proof::wire::{Reader, WireError, Writer};

/// Names a page has at most.
pub(in crate::proof) const PAGE_NAMES: u64 = 8;
/// All keys of a proof have at most so many bytes, those included that they share.
const KEYS_BYTES_MAX: usize = 1 << 28;

pub(super) fn write(writer: &mut Writer, names: &[ShownNames]) {
    writer.count(names.len());
    let mut key_before: &[u8] = &[];
    let mut number_before = 0;
    for shown in names {
        writer.number(u64::from(shown.event));
        writer.number(shown.count);
        writer.count(shown.pages.len());
        for page in &shown.pages {
            writer.number(page.index);
            writer.count(page.names.len());
            for name in &page.names {
                writer.difference(name.number, number_before);
                number_before = name.number;
                match &name.key {
                    NameKey::Tag(tag) => {
                        writer.byte(0);
                        writer.raw(&tag.0);
                    }
                    NameKey::Key(key) => {
                        let shared = key.iter().zip(key_before).take_while(|(byte, before)| byte == before).count();
                        writer.byte(1);
                        writer.count(shared);
                        writer.text(key.get(shared..).unwrap_or_default());
                        key_before = key;
                    }
                }
            }
        }
        writer.hashes(&shown.siblings);
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Vec<ShownNames>, WireError> {
    let count = reader.count(EVENTS_MAX, 4)?;
    let mut names = Vec::new();
    let mut keys = Keys { before: Vec::new(), number: 0, names_left: NAMES_MAX, bytes_left: KEYS_BYTES_MAX };
    for _ in 0..count {
        let (event, count) = (reader.number_u32()?, reader.number()?);
        let mut pages = Vec::new();
        for _ in 0..reader.count(keys.names_left, 2)? {
            pages.push(keys.page(reader)?);
        }
        names.push(ShownNames { event, count, pages, siblings: reader.hashes(SIBLINGS_MAX)? });
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
    fn page(&mut self, reader: &mut Reader<'_>) -> Result<NamePage, WireError> {
        let index = reader.number()?;
        let count = reader.count(self.names_left.min(PAGE_NAMES as usize), 2)?;
        self.names_left -= count;
        let mut names = Vec::with_capacity(count);
        for _ in 0..count {
            self.number = reader.difference(self.number)?;
            let key = match reader.byte()? {
                0 => NameKey::Tag(reader.hash()?),
                1 => NameKey::Key(self.key(reader)?),
                _ => return Err(WireError::Malformed),
            };
            names.push(Name { number: self.number, key });
        }
        Ok(NamePage { index, names })
    }

    fn key(&mut self, reader: &mut Reader<'_>) -> Result<Vec<u8>, WireError> {
        let shared = usize::try_from(reader.number()?).map_err(|_| WireError::Malformed)?;
        let shared = self.before.get(..shared).ok_or(WireError::Malformed)?;
        let rest = reader.text(KEY_BYTES_MAX)?;
        let key = [shared, rest].concat();
        self.bytes_left = self.bytes_left.checked_sub(key.len()).ok_or(WireError::TooMany)?;
        self.before.clone_from(&key);
        Ok(key)
    }
}
