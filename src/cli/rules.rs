//! `corslint rules`
//!
//! In: nothing. Out: one line per rule, by groups.

use std::process::ExitCode;

use clap::Args;

use super::engine::Engine;
use super::{Common, print};
use crate::error::Error;
use crate::finding::Group;
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
            format!("  {:width$}  {:<7}  {}{persona}\n", rule.id, rule.severity.name(), visible(&rule.title))
        };
        let mut text = String::new();
        for group in Group::ALL {
            let lines: String = rules.iter().filter(|rule| rule.group == group).map(line).collect();
            if !lines.is_empty() {
                let gap = if text.is_empty() { "" } else { "\n" };
                text += &format!("{gap}{}: {}\n{lines}", group.name(), group.harm());
            }
        }
        print(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
