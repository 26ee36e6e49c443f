//! `corslint rules`
//!
//! In: nothing. Out: one line per rule.

use std::process::ExitCode;

use clap::Args;

use super::engine::Engine;
use super::{Common, print};
use crate::error::Error;
use crate::report::visible;
use crate::rules::{Persona, Rule};

/// List all rules
#[derive(Debug, Args)]
pub(super) struct Rules {
    #[command(flatten)]
    pub(super) common: Common,
}

impl Rules {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let rules = self.common.rules(engine)?;
        let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
        let line = |rule: &Rule| {
            let persona = if rule.persona == Persona::Pedantic { " (pedantic)" } else { "" };
            let (severity, group) = (rule.severity.name(), rule.group.name());
            format!("{:width$}  {severity:<7}  {group:<11}  {}{persona}\n", rule.id, visible(&rule.title))
        };
        print(rules.iter().map(line).collect::<String>().as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
