//! `corslint schema WHAT`
//!
//! In: the name of a form. Out: its JSON Schema, the same text that is in docs/.

mod output;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::print;
use crate::config;
use crate::error::Error;
use crate::rules::docs;

/// Print a JSON Schema, for editors and for programs that read the output
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// What it describes
    #[arg(value_name = "WHAT")]
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// corslint.toml
    Config,
    /// A rule file
    Rule,
    /// What `--format json` writes
    Output,
}

impl Form {
    fn schema(self) -> String {
        match self {
            Form::Config => config::json_schema(),
            Form::Rule => docs::json_schema(),
            Form::Output => output::json_schema(),
        }
    }
}

impl Schema {
    pub(super) fn run(&self) -> Result<ExitCode, Error> {
        print(self.form.schema().as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The schemas that are files of docs/, beside that of rules.
pub(super) fn pages() -> [(&'static str, String); 2] {
    [("docs/config.schema.json", Form::Config.schema()), ("docs/output.schema.json", Form::Output.schema())]
}
