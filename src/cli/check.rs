//! `corslint check [PATH]...`
//!
//! In: flags and paths. Out: the report in every format asked for, and whether the build should fail.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::time::Instant;

use camino::Utf8PathBuf;
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::engine::{Engine, Outcome, Settings};
use super::output::{self, Manner, Target};
use super::{Common, select};
use crate::error::Error;
use crate::finding::{Report, Severity};
use crate::report::visible;

/// Check files and directories
#[derive(Debug, Args)]
pub(super) struct Check {
    /// What to check
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<Utf8PathBuf>,

    /// How to report: full, concise, json, jsonl, sarif, github, gitlab, junit, checkstyle, rdjson or markdown;
    /// FORMAT=FILE writes to a file (repeatable)
    #[arg(long, value_name = "FORMAT", env = "CORSLINT_FORMAT", value_delimiter = ',', default_value = "full")]
    format: Vec<Target>,

    /// Exit with 1 when there is a finding of this severity or a worse one
    #[arg(long, value_name = "SEVERITY", env = "CORSLINT_FAIL_ON", default_value = "warning")]
    fail_on: FailOn,

    /// Run only these rules or groups (repeatable)
    #[arg(long, value_name = "RULE", env = "CORSLINT_SELECT", value_delimiter = ',')]
    select: Vec<String>,

    /// Do not run these rules or groups (repeatable)
    #[arg(long, value_name = "RULE", env = "CORSLINT_IGNORE", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Whom the rules are for
    #[arg(long, value_name = "PERSONA", env = "CORSLINT_PERSONA", default_value = "regular")]
    persona: Persona,

    /// Short for --persona pedantic
    #[arg(long, env = "CORSLINT_PEDANTIC", value_parser = FalseyValueParser::new())]
    pedantic: bool,

    /// Say what the deployment sets (repeatable; in CORSLINT_ENV one per line)
    #[arg(long, value_name = "NAME=VALUE", env = "CORSLINT_ENV", value_delimiter = '\n', value_parser = assignment, hide_env_values = true)]
    env: Vec<(String, String)>,

    /// Show on stderr the servers and policies that were found
    #[arg(long, env = "CORSLINT_SHOW_MODEL", value_parser = FalseyValueParser::new())]
    show_model: bool,

    /// Show on stderr the files that were looked at; `+` marks those whose text was read closely
    #[arg(long, env = "CORSLINT_SHOW_FILES", value_parser = FalseyValueParser::new())]
    show_files: bool,

    /// Show notices: what was skipped or not understood, and why
    #[arg(long, short, env = "CORSLINT_VERBOSE", value_parser = FalseyValueParser::new())]
    verbose: bool,

    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Persona {
    /// Rules that are right for nearly everybody
    Regular,
    /// Further rules for those who want to know everything
    Pedantic,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

impl Check {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let started = Instant::now();
        let settings = self.settings(engine)?;
        output::distinct(&self.format, &settings.root)?;
        let outcome = engine.check(&settings)?;
        let elapsed = started.elapsed();
        if self.show_files {
            eprint(&files(&outcome));
        }
        if self.show_model {
            eprint(&outcome.model.lines().map(|line| format!("{}\n", visible(line))).collect::<String>());
        }
        let mut rules = Vec::new();
        if self.format.iter().any(Target::describes_rules) {
            rules = engine.rules(&self.common.directories)?;
            rules.retain(|rule| settings.rules.contains(&*rule.id));
        }
        let (color, verbose) = (self.common.color, self.verbose);
        output::write(&self.format, &outcome, &rules, Manner { color, verbose, elapsed, root: &settings.root })?;
        Ok(ExitCode::from(u8::from(self.fail_on.fails(&outcome.report))))
    }

    fn settings(&self, engine: &dyn Engine) -> Result<Settings, Error> {
        let rules = engine.rules(&self.common.directories)?;
        let pedantic = self.pedantic || self.persona == Persona::Pedantic;
        let root = std::env::current_dir().map_err(|error| Error::new(format!("no working directory: {error}")))?;
        let root = Utf8PathBuf::from_path_buf(root).map_err(|root| {
            Error::new(format!("the name of the working directory is not UTF-8: {}", root.display()))
        })?;
        Ok(Settings {
            root,
            paths: self.paths.clone(),
            rule_directories: self.common.directories.clone(),
            rules: select::selected(rules, &self.select, &self.ignore, pedantic)?,
            environment: BTreeMap::from_iter(self.env.iter().cloned()),
            show_model: self.show_model,
        })
    }
}

impl FailOn {
    fn fails(self, report: &Report) -> bool {
        let least = match self {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Info => Severity::Info,
            FailOn::Never => return false,
        };
        report.findings.iter().any(|finding| finding.severity >= least)
    }
}

fn files(outcome: &Outcome) -> String {
    let line = |file: &crate::scan::Found| {
        let mark = if file.id.is_some() { '+' } else { ' ' };
        format!("{mark} {:<12} {}\n", file.kind.name(), visible(file.path.as_str()))
    };
    outcome.scan.files.iter().map(line).collect()
}

/// Further information beside the report, so that a report on stdout stays what it says it is.
fn eprint(text: &str) {
    // Nobody is left to tell when stderr is closed.
    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
}
