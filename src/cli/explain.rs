//! `corslint explain RULE`
//!
//! In: a rule's id. Out: what its page in docs/ says, for a terminal.

use std::process::ExitCode;

use clap::Args;

use super::engine::Engine;
use super::{Common, print, select};
use crate::error::Error;
use crate::rules::docs;

/// Explain a rule: what goes wrong, why, and what to do
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The rule's id
    #[arg(value_name = "RULE")]
    rule: String,

    #[command(flatten)]
    pub(super) common: Common,
}

impl Explain {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let rules = self.common.rules(engine)?;
        print(docs::explain(select::rule(&rules, &self.rule)?).as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
