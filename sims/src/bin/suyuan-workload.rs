//! Writes a workload into a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;
use suyuan_sims::files::{Documents, write};
use suyuan_sims::{Shape, Workload};

/// Makes EPCIS events of a supply chain: the same arguments, the same bytes
///
/// Writes events.ndjson, docs/, contracts.ndjson, queries.json and SHA256SUMS, and prints in JSON what
/// it wrote.
#[derive(Parser)]
#[command(name = "suyuan-workload")]
struct Arguments {
    /// How many events
    #[arg(long, default_value_t = 100_000)]
    events: u32,
    /// What decides everything that is left to chance
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Folder to write into; made if it is not there
    #[arg(long)]
    out: PathBuf,
    /// Events of one document
    #[arg(long, default_value_t = 500, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    doc_batch: usize,
    /// Documents at most: 0 for none, -1 for all
    #[arg(long, default_value_t = 200, allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(-1..))]
    docs: i64,
    /// food, dairy-line, single-items or shuffled
    #[arg(long, default_value = "food")]
    shape: Shape,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let workload = Workload::shaped(arguments.shape, arguments.events, arguments.seed);
    let documents = Documents { batch: arguments.doc_batch, most: usize::try_from(arguments.docs).ok() };
    match write(workload, &arguments.out, documents) {
        Ok(written) => {
            let answer = json!({
                "events": written.events, "campaigns": written.campaigns, "sha256": written.sha256,
                "docs": written.documents, "bytes": written.bytes,
            });
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("suyuan-workload: cannot write into {}: {error}", arguments.out.display());
            // Could not do it, as every command of the product has it.
            ExitCode::from(3)
        }
    }
}
