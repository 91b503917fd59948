//! The `suyuan` command.

use std::process::ExitCode;

/// Of Rust's memory, not of RocksDB's: in the place of `malloc` it would stand in the way of libraries that are loaded
/// before it. A tenth off making and checking a proof (`benches/README.md`). How it keeps freed memory is set in
/// `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    suyuan_node::cli::run(std::env::args_os())
}
