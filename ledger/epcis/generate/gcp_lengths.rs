//! Writes `src/epc/gcp_lengths.bin`, the table of company prefix lengths.
//!
//! `cargo run --release --example generate-gcp-lengths -- <gcp_lengths.tsv> ledger/epcis/src/epc/gcp_lengths.bin`
//!
//! The input has a line for every prefix: its digits, a tab, the length of the company prefix (0 if
//! numbers there belong to none). `tests/epc_corpus.rs` makes the table again and compares.

mod gcp_table;

fn main() -> Result<(), String> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(input), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("usage: generate-gcp-lengths <gcp_lengths.tsv> <gcp_lengths.bin>".to_owned());
    };
    let rows = std::fs::read_to_string(&input).map_err(|error| error.to_string())?;
    let table = gcp_table::encode(&rows)?;
    std::fs::write(&output, table).map_err(|error| error.to_string())
}
