//! The `bengal` binary: the allocator, and the command line.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: bengal::memory::Accounted = bengal::memory::Accounted;

fn main() -> ExitCode {
    bengal::cli::main()
}
