//! The seam between the ledger and what stores it: tables of keys and values.
//!
//! `apply`, traces and proofs read through [`Read`]; what `apply` writes is a [`WriteSet`], which a store
//! MUST commit as one atomic, synced batch. Keys of a table are compared byte by byte.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use bincode::Encode;

use crate::codec::encode_onto;
use crate::hash::first_word;

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident $text:literal),+ $(,)?) => {
        /// The tables of a ledger.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Table { $($(#[$doc])* $name),+ }

        impl Table {
            /// All tables.
            pub const ALL: &[Table] = &[$(Table::$name),+];

            /// Its name, in stores and messages.
            pub fn name(self) -> &'static str {
                match self { $(Table::$name => $text),+ }
            }
        }
    };
}

tables! {
    /// Height BE8 → header, certificate, submissions with event digests but without payloads, refusals.
    Block "block",
    /// Height BE8, index BE4 → salt and payload: the only table whose contents can be erased.
    Payload "payload",
    /// Height BE8, index of the first place BE4 → derived records of up to 16 neighbours, each with its link runs and
    /// the numbers of new subjects.
    Record "record",
    /// First subject number BE8 → length and log of a run of subjects that share their history.
    Run "run",
    /// Log id BE8 → state of the subjects that have this log.
    Log "log",
    /// Log id BE8, place in the log BE8 → height, index, role, standing.
    Entry "entry",
    /// Tag 32 → subject number BE8.
    Name "name",
    /// Subject number BE8 → key bytes.
    Key "key",
    /// Tag of an event (author, eventID) 32 → own number BE8, height BE8, index BE4.
    Event "event",
    /// Name of a row → row number BE8, value.
    Row "row",
    /// Row number BE8 → name of the row.
    RowName "row-name",
    /// Tree 1, level 1, index BE8 → a page of hashes.
    Page "page",
    /// Segments of names sorted by tag.
    Segment "segment",
    /// Submission id 32 → height BE8, place in the block BE4.
    Submission "submission",
    /// Text → what is kept once: the heights applied, counters.
    Meta "meta",
    /// What is read out of bodies and records, apart from `apply` and under no root: 0, version → height up to which; else a byte
    /// that says of what it is, as the modules of `credit` name them (1, subject's name, 0, height BE8, index BE4 → nothing: where
    /// a record of the subject's credit is).
    Reading "reading",
}

/// A store could not do its work. What it holds is unchanged; the node stops using it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The store failed: its own words.
    Failed(String),
    /// What was read cannot be what was written: the table, and what is wrong.
    Corrupt(Table, String),
    /// It is of the history that this node still takes from others, and is there later.
    Later,
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Failed(words) => write!(formatter, "{words}"),
            StoreError::Corrupt(table, words) => write!(formatter, "table {}: {words}", table.name()),
            StoreError::Later => formatter.write_str("it is of the history that this node still takes from others"),
        }
    }
}

impl std::error::Error for StoreError {}

/// Visits a pair of a scan; `false` ends the scan.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> bool + 'a;

/// Visits the value of a key at a place of a list.
pub type VisitMany<'a> = dyn FnMut(usize, Option<&[u8]>) + 'a;

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// A key and its value where they are.
pub type PairRef<'a> = (&'a [u8], &'a [u8]);

/// Looks for one key after another in a table to which nobody writes meanwhile. A store begins a search anew in the time
/// in which it finds the next few pairs: where the next key is not far above the last one, it is looked for from there.
pub trait Cursor {
    /// As [`Read::at_or_before`]. Keys may come in any order.
    fn at_or_before(&mut self, key: &[u8]) -> Result<Option<PairRef<'_>>, StoreError>;
}

/// The cursor of what has no better one.
struct EachAnew<'a, R: ?Sized> {
    store: &'a R,
    table: Table,
    found: Option<Pair>,
}

impl<R: Read + ?Sized> Cursor for EachAnew<'_, R> {
    fn at_or_before(&mut self, key: &[u8]) -> Result<Option<PairRef<'_>>, StoreError> {
        self.found = self.store.at_or_before(self.table, key)?;
        Ok(self.found.as_ref().map(|(found, value)| (found.as_slice(), value.as_slice())))
    }
}

/// What can be read of a store at one moment.
pub trait Read {
    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Visits the value of each key, with the key's place in the list. Keys MUST ascend: a store looks for many at
    /// once in less time than for one after another.
    fn get_many(&self, table: Table, keys: &[&[u8]], visit: &mut VisitMany<'_>) -> Result<(), StoreError> {
        for (place, key) in keys.iter().enumerate() {
            visit(place, self.get(table, key)?.as_deref());
        }
        Ok(())
    }

    /// The greatest key that is not above `key`, with its value.
    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError>;

    /// Looks for keys of a table one after another. It may keep what it shows on the disk, so it should be short-lived.
    fn cursor(&self, table: Table) -> Box<dyn Cursor + '_> {
        Box::new(EachAnew { store: self, table, found: None })
    }

    /// Visits the keys from `from` (included) to `to` (not included), ascending.
    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError>;
}

impl<R: Read + ?Sized> Read for &R {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(table, key)
    }

    fn get_many(&self, table: Table, keys: &[&[u8]], visit: &mut VisitMany<'_>) -> Result<(), StoreError> {
        (**self).get_many(table, keys, visit)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        (**self).at_or_before(table, key)
    }

    fn cursor(&self, table: Table) -> Box<dyn Cursor + '_> {
        (**self).cursor(table)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        (**self).scan(table, from, to, visit)
    }
}

/// Changes to a store, sorted by table and key; `None` deletes.
#[derive(Default, Clone)]
pub struct WriteSet {
    tables: [BTreeMap<Key, Option<Place>>; Table::ALL.len()],
    /// All values laid end to end: a block has some ten thousand, and memory of its own for each would cost more than
    /// copying them. What is put again is there twice.
    values: Vec<u8>,
}

/// Where a value is.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
}

impl WriteSet {
    /// Sets a value.
    pub fn put(&mut self, table: Table, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.put_parts(table, key, &[value.as_ref()]);
    }

    /// Sets a value that these parts make, laid end to end.
    pub fn put_parts(&mut self, table: Table, key: impl AsRef<[u8]>, parts: &[&[u8]]) {
        let start = self.values.len();
        parts.iter().for_each(|part| self.values.extend_from_slice(part));
        let place = Place { start, end: self.values.len() };
        self.table_mut(table).insert(Key::new(key.as_ref()), Some(place));
    }

    /// Sets the encoding of a thing.
    pub fn put_encoded(&mut self, table: Table, key: impl AsRef<[u8]>, thing: &impl Encode) {
        let start = self.values.len();
        encode_onto(thing, &mut self.values);
        let place = Place { start, end: self.values.len() };
        self.table_mut(table).insert(Key::new(key.as_ref()), Some(place));
    }

    /// Deletes a key.
    pub fn delete(&mut self, table: Table, key: impl AsRef<[u8]>) {
        self.table_mut(table).insert(Key::new(key.as_ref()), None);
    }

    /// Forgets what is written to a table.
    pub fn forget(&mut self, table: Table) {
        self.table_mut(table).clear();
    }

    /// The changes in order of table and key.
    pub fn iter(&self) -> impl Iterator<Item = (Table, &[u8], Option<&[u8]>)> {
        Table::ALL.iter().flat_map(move |table| self.of_table(*table).map(move |(key, value)| (*table, key, value)))
    }

    /// The changes of a table in order of their keys.
    pub fn of_table(&self, table: Table) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.table(table).iter().map(|(key, place)| (key.bytes(), self.value(*place)))
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(BTreeMap::is_empty)
    }

    fn table(&self, table: Table) -> &BTreeMap<Key, Option<Place>> {
        // There are as many as tables, by their numbers.
        &self.tables[table as usize]
    }

    fn table_mut(&mut self, table: Table) -> &mut BTreeMap<Key, Option<Place>> {
        &mut self.tables[table as usize]
    }

    fn value(&self, place: Option<Place>) -> Option<&[u8]> {
        place.map(|Place { start, end }| self.values.get(start..end).unwrap_or_default())
    }

    fn get(&self, table: Table, key: &[u8]) -> Option<Option<&[u8]>> {
        self.table(table).get(key).map(|place| self.value(*place))
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8]) -> impl DoubleEndedIterator<Item = (&[u8], Option<&[u8]>)> {
        let range = (Bound::Included(from), Bound::Excluded(to));
        // A map panics on a range that ends before it starts.
        let found = (from < to).then(|| self.table(table).range::<[u8], _>(range));
        found.into_iter().flatten().map(|(key, place)| (key.bytes(), self.value(*place)))
    }
}

impl PartialEq for WriteSet {
    fn eq(&self, other: &WriteSet) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for WriteSet {}

impl fmt::Debug for WriteSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

/// Keys up to so many bytes need no memory of their own: all but a few names of rows and segments.
const SHORT_KEY_BYTES: usize = 38;

/// A key of a change. A block changes some ten thousand: compared where they stand, they cost a third of vectors.
#[derive(Clone)]
enum Key {
    Short { length: u8, bytes: [u8; SHORT_KEY_BYTES] },
    Long(Box<[u8]>),
}

impl Key {
    fn new(key: &[u8]) -> Key {
        let mut bytes = [0; SHORT_KEY_BYTES];
        match (bytes.get_mut(..key.len()), u8::try_from(key.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(key);
                Key::Short { length, bytes }
            }
            _ => Key::Long(key.into()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Key::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Key::Long(bytes) => bytes,
        }
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.bytes()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        match (self, other) {
            // Behind a short key are zeros: where the first words differ, they differ as the keys do.
            (Key::Short { bytes, .. }, Key::Short { bytes: others, .. }) => {
                first_word(bytes).cmp(&first_word(others)).then_with(|| self.bytes().cmp(other.bytes()))
            }
            _ => self.bytes().cmp(other.bytes()),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.bytes().escape_ascii())
    }
}

/// What any block changes beside what its events say: pages, rows, the block itself. Without it, a block that is
/// nearly full is moved once more.
const ROOM_BYTES: usize = 128 * 1024;

/// A store with changes laid over it: reads see the changes; [`Overlay::into_writes`] gives them.
pub struct Overlay<'a> {
    base: &'a dyn Read,
    writes: WriteSet,
}

impl<'a> Overlay<'a> {
    /// No changes yet.
    pub fn new(base: &'a dyn Read) -> Self {
        Overlay { base, writes: WriteSet::default() }
    }

    /// The same, with room for values of so many bytes beside what any block changes.
    pub fn with_room(base: &'a dyn Read, bytes: usize) -> Self {
        let writes = WriteSet { values: Vec::with_capacity(bytes + ROOM_BYTES), ..WriteSet::default() };
        Overlay { base, writes }
    }

    /// Sets a value.
    pub fn put(&mut self, table: Table, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.writes.put(table, key, value);
    }

    /// Sets a value that these parts make, laid end to end.
    pub fn put_parts(&mut self, table: Table, key: impl AsRef<[u8]>, parts: &[&[u8]]) {
        self.writes.put_parts(table, key, parts);
    }

    /// Sets the encoding of a thing.
    pub fn put_encoded(&mut self, table: Table, key: impl AsRef<[u8]>, thing: &impl Encode) {
        self.writes.put_encoded(table, key, thing);
    }

    /// Deletes a key.
    pub fn delete(&mut self, table: Table, key: impl AsRef<[u8]>) {
        self.writes.delete(table, key);
    }

    /// The changes.
    pub fn into_writes(self) -> WriteSet {
        self.writes
    }

    fn layered(&self) -> Layered<'_> {
        Layered { base: self.base, writes: &self.writes }
    }
}

impl Read for Overlay<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.layered().get(table, key)
    }

    fn get_many(&self, table: Table, keys: &[&[u8]], visit: &mut VisitMany<'_>) -> Result<(), StoreError> {
        self.layered().get_many(table, keys, visit)
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        self.layered().at_or_before(table, key)
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.layered().scan(table, from, to, visit)
    }
}

/// A store as it is once changes are made that are on their way to it: the next block is applied to this while
/// the store still writes the last one. It reads the same before, while and after the store makes them.
#[derive(Clone, Copy)]
pub struct Layered<'a> {
    /// The store.
    pub base: &'a dyn Read,
    /// The changes.
    pub writes: &'a WriteSet,
}

impl Read for Layered<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.writes.get(table, key) {
            Some(change) => Ok(change.map(<[u8]>::to_vec)),
            None => self.base.get(table, key),
        }
    }

    fn get_many(&self, table: Table, keys: &[&[u8]], visit: &mut VisitMany<'_>) -> Result<(), StoreError> {
        let (mut below, mut places) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
        for (place, key) in keys.iter().enumerate() {
            match self.writes.get(table, key) {
                Some(change) => visit(place, change),
                None => {
                    below.push(*key);
                    places.push(place);
                }
            }
        }
        self.base.get_many(table, &below, &mut |place, value| {
            if let Some(place) = places.get(place) {
                visit(*place, value);
            }
        })
    }

    fn at_or_before(&self, table: Table, key: &[u8]) -> Result<Option<Pair>, StoreError> {
        let mut upper = key.to_vec();
        loop {
            let mut above = upper.clone();
            above.push(0);
            let written = self.writes.range(table, &[], &above).next_back();
            let stored = self.base.at_or_before(table, &upper)?;
            let Some((written_key, change)) = written else { return Ok(stored) };
            if stored.as_ref().is_some_and(|(stored_key, _)| stored_key.as_slice() > written_key) {
                return Ok(stored);
            }
            match change {
                Some(value) => return Ok(Some((written_key.to_vec(), value.to_vec()))),
                // Deleted: go on strictly below it. Below a non-empty key of fixed width there is a
                // greatest one of the same width.
                None => match predecessor(written_key) {
                    Some(lower) => upper = lower,
                    None => return Ok(None),
                },
            }
        }
    }

    fn scan(&self, table: Table, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        if from >= to {
            return Ok(());
        }
        let mut writes = self.writes.range(table, from, to).peekable();
        let mut on = true;
        self.base.scan(table, from, to, &mut |key, value| {
            while let Some((written, change)) = writes.next_if(|(written, _)| *written < key) {
                on = change.is_none_or(|value| visit(written, value));
                if !on {
                    return false;
                }
            }
            on = match writes.next_if(|(written, _)| *written == key) {
                Some((_, change)) => change.is_none_or(|changed| visit(key, changed)),
                None => visit(key, value),
            };
            on
        })?;
        for (written, change) in writes {
            if !on {
                break;
            }
            on = change.is_none_or(|value| visit(written, value));
        }
        Ok(())
    }
}

/// The greatest key of the same width below `key`, if any.
fn predecessor(key: &[u8]) -> Option<Vec<u8>> {
    let mut lower = key.to_vec();
    for byte in lower.iter_mut().rev() {
        if *byte > 0 {
            *byte -= 1;
            return Some(lower);
        }
        *byte = u8::MAX;
    }
    None
}
