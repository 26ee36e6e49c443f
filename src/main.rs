//! The binary: joins the command line to the pipeline.
//!
//! In: the process. Out: its exit code. Everything worth testing lives in the library.

use std::process::ExitCode;

use corslint::{cli, engine::Pipeline};

fn main() -> ExitCode {
    cli::run(std::env::args_os(), &Pipeline)
}
