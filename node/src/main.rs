//! The `suyuan` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    suyuan_node::cli::run(std::env::args_os())
}
