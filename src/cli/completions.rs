//! `corslint completions SHELL`
//!
//! In: the name of a shell. Out: a script that completes verbs, options and values there.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, print};
use crate::error::Error;

/// Print completions for a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<ExitCode, Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "corslint", &mut script);
        print(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
