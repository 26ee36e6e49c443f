//! `corslint man [VERB]`
//!
//! In: perhaps a verb. Out: its manual page in roff, for `man -l -`.

use std::process::ExitCode;

use clap::{Args, CommandFactory};

use super::{Arguments, print};
use crate::error::Error;

/// Print a manual page
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The verb it is about; all of corslint when left out
    #[arg(value_name = "VERB")]
    verb: Option<String>,
}

impl Man {
    pub(super) fn run(&self) -> Result<ExitCode, Error> {
        let all = Arguments::command();
        let command = match &self.verb {
            None => all,
            Some(verb) => {
                let mut found = all.clone();
                // Building gives the verbs their full names, `corslint check`.
                found.build();
                let found = found.find_subcommand(verb).filter(|command| !command.is_hide_set()).cloned();

                found.ok_or_else(|| {
                    let verbs: Vec<&str> = all
                        .get_subcommands()
                        .filter(|command| !command.is_hide_set())
                        .map(clap::Command::get_name)
                        .collect();
                    Error::new(format!("there is no verb `{verb}`"))
                        .with_help(format!("known are {}", verbs.join(", ")))
                })?
            }
        };
        let mut page = Vec::new();
        let written = clap_mangen::Man::new(command).render(&mut page);
        written.map_err(|error| Error::new(format!("cannot write the page: {error}")))?;
        print(&page)?;
        Ok(ExitCode::SUCCESS)
    }
}
