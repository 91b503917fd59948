//! Writes a workload into a folder, in a stream: at no time is more than one document in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::workload::Workload;

/// The context of every document: the standard's, and the prefix of master data.
const CONTEXT: &str =
    r#"["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"cbvmda":"urn:epcglobal:cbv:mda:"}]"#;
/// Queries kept of the campaigns of each size.
const QUERIES_EACH_MAX: usize = 400;
const BUFFER_BYTES: usize = 1 << 20;

/// How many documents are written, and how large.
#[derive(Clone, Copy, Debug)]
pub struct Documents {
    /// Events of one document; 0 counts as 1.
    pub batch: usize,
    /// Documents at most; none for as many as it takes.
    pub most: Option<usize>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Events in `events.ndjson`.
    pub events: u64,
    /// Bytes of `events.ndjson`.
    pub bytes: u64,
    /// Campaigns that have begun.
    pub campaigns: usize,
    /// Documents in `docs`.
    pub documents: usize,
    /// SHA-256 of `events.ndjson`, in lower-case hex.
    pub sha256: String,
}

/// Writes `events.ndjson` (an event a line), `docs/doc-000001.json` and so on (documents of the first
/// events), `contracts.ndjson` (a contract a campaign), `queries.json` and `SHA256SUMS` (of all the
/// others) into `folder`, which is made if it is not there.
///
/// # Errors
/// When a file can't be written; what is written by then stays. When `docs` has files already: they
/// could be taken for this workload's.
pub fn write(mut workload: Workload, folder: &Path, documents: Documents) -> io::Result<Written> {
    let docs = folder.join("docs");
    std::fs::create_dir_all(&docs)?;
    if docs.read_dir()?.next().is_some() {
        let what = format!("{} is not empty: remove it, or write into another folder", docs.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
    }
    let mut sums = BufWriter::new(File::create(folder.join("SHA256SUMS"))?);
    let mut events = Summed::create(folder, "events.ndjson")?;
    let mut batch = Batch::new(documents);
    let mut count = 0;
    for event in workload.by_ref() {
        events.write_all(&event)?;
        events.write_all(b"\n")?;
        count += 1;
        batch.add(event, folder, &mut sums)?;
    }
    batch.end(folder, &mut sums)?;
    let bytes = events.bytes;
    let sha256 = events.end(&mut sums)?;

    let mut contracts = Summed::create(folder, "contracts.ndjson")?;
    for contract in workload.contracts() {
        writeln!(contracts, "{contract}")?;
    }
    contracts.end(&mut sums)?;
    let mut queries = Summed::create(folder, "queries.json")?;
    writeln!(queries, "{}", queries_json(&workload))?;
    queries.end(&mut sums)?;
    sums.flush()?;
    Ok(Written { events: count, bytes, campaigns: workload.campaigns(), documents: batch.written, sha256 })
}

/// What `queries.json` holds, once all events are made: the first campaigns of each size.
pub fn queries_json(workload: &Workload) -> Value {
    let mut taken = BTreeMap::new();
    let kept = workload.queries().filter(|query| {
        let count: &mut usize = taken.entry(query.items).or_default();
        *count += 1;
        *count <= QUERIES_EACH_MAX
    });
    let campaigns: Vec<Value> = kept.map(|query| query.to_json()).collect();
    json!({
        "note": "fwd_nodes: size of the closure forward from raw; back_nodes: of those back from item, case, pallet \
                 and vessel; start included. They hold where packed is true: all edges are among the events.",
        "campaigns": campaigns,
    })
}

/// The events of the document that is being filled.
struct Batch {
    documents: Documents,
    events: Vec<Vec<u8>>,
    written: usize,
}

impl Batch {
    fn new(documents: Documents) -> Self {
        Batch { documents, events: Vec::new(), written: 0 }
    }

    fn add(&mut self, event: Vec<u8>, folder: &Path, sums: &mut impl Write) -> io::Result<()> {
        if self.documents.most.is_some_and(|most| self.written >= most) {
            return Ok(());
        }
        self.events.push(event);
        if self.events.len() >= self.documents.batch { self.end(folder, sums) } else { Ok(()) }
    }

    /// Writes the document, unless it is empty.
    fn end(&mut self, folder: &Path, sums: &mut impl Write) -> io::Result<()> {
        let Some(last) = self.events.last() else { return Ok(()) };
        self.written += 1;
        let created = event_time(last)?;
        let mut file = Summed::create(folder, &format!("docs/doc-{:06}.json", self.written))?;
        write!(
            file,
            r#"{{"@context":{CONTEXT},"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"{created}","#
        )?;
        file.write_all(br#""epcisBody":{"eventList":["#)?;
        for (index, event) in self.events.drain(..).enumerate() {
            if index > 0 {
                file.write_all(b",")?;
            }
            file.write_all(&event)?;
        }
        file.write_all(b"]}}")?;
        file.end(sums)?;
        Ok(())
    }
}

/// A document is as old as its last event.
fn event_time(event: &[u8]) -> io::Result<String> {
    let event: Value = serde_json::from_slice(event)?;
    let time = event.get("eventTime").and_then(Value::as_str);
    time.map(str::to_owned).ok_or_else(|| io::Error::other("an event of the workload has no eventTime"))
}

/// A file that is hashed while it is written.
struct Summed {
    name: String,
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Summed {
    fn create(folder: &Path, name: &str) -> io::Result<Self> {
        let file = BufWriter::with_capacity(BUFFER_BYTES, File::create(folder.join(name))?);
        Ok(Summed { name: name.to_owned(), file, hash: Sha256::new(), bytes: 0 })
    }

    /// Ends the file and adds its line, as `sha256sum --check` reads it.
    fn end(mut self, sums: &mut impl Write) -> io::Result<String> {
        self.file.flush()?;
        let sum: String = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(sums, "{sum}  {}", self.name)?;
        Ok(sum)
    }
}

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
