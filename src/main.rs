//! Arguments in, one command out.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    stagewatch::cli::main()
}
