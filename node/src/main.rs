//! The `suyuan` command.

use std::process::ExitCode;

/// Also RocksDB's: a seventh more events a second than the system's allocator (`benches/README.md`). How it keeps freed
/// memory is set in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    suyuan_node::cli::run(std::env::args_os())
}
