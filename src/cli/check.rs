//! `corslint check [PATH]...`
//!
//! In: flags and paths. Out: the report in every format asked for, and whether the build should fail.

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::Common;
use super::engine::{Engine, Outcome, Settings};
use super::judging::Judging;
use super::narrowing::Narrowing;
use super::output::{self, Manner, Target};
use crate::config::Configuration;
use crate::error::Error;
use crate::finding::{Report, Severity};
use crate::report::visible;

/// Check files and directories
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    narrowing: Narrowing,

    /// How to report: full, concise, json, jsonl, sarif, github, gitlab, junit, checkstyle, rdjson or markdown;
    /// FORMAT=FILE writes to a file (repeatable) [default: full]
    #[arg(long, value_name = "FORMAT", env = "CORSLINT_FORMAT", value_delimiter = ',')]
    format: Vec<Target>,

    /// Exit with 1 when there is a finding of this severity or a worse one [default: warning]
    #[arg(long, value_name = "SEVERITY", env = "CORSLINT_FAIL_ON")]
    fail_on: Option<FailOn>,

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

impl Check {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let started = Instant::now();
        let settings = Settings { show_model: self.show_model, ..self.judging.settings(&self.common, engine)? };
        let configuration = settings.configuration.as_ref();
        let (targets, fail_on) = (self.targets(configuration)?, self.fail_on(configuration));
        output::distinct(&targets, &settings.root)?;
        let narrowing = self.narrowing.prepared(&settings)?;
        let mut outcome = engine.check(&settings)?;
        narrowing.apply(&mut outcome, &settings)?;
        let elapsed = started.elapsed();
        if self.show_files {
            eprint(&files(&outcome));
        }
        if self.show_model {
            eprint(&outcome.model.lines().map(|line| format!("{}\n", visible(line))).collect::<String>());
        }
        let mut rules = Vec::new();
        if targets.iter().any(Target::describes_rules) {
            rules = engine.rules(&settings.rule_directories)?;
            rules.retain(|rule| settings.rules.contains(&*rule.id));
        }
        let (color, verbose) = (self.common.color, self.verbose);
        output::write(&targets, &outcome, &rules, Manner { color, verbose, elapsed, root: &settings.root })?;
        Ok(ExitCode::from(u8::from(fail_on.fails(&outcome.report))))
    }

    /// The formats of flags, or else of the configuration, or else the one for people.
    fn targets(&self, configuration: Option<&Configuration>) -> Result<Vec<Target>, Error> {
        // What the file says is read even where a flag takes its place: a mistake in it is one either way.
        let written = configuration.iter().flat_map(|one| one.format.iter().map(move |text| (*one, text)));
        let targets = written.map(|(configuration, text)| {
            text.value.parse().map_err(|reason: String| configuration.error(text.span, reason, "no format"))
        });
        let targets = targets.collect::<Result<Vec<Target>, Error>>()?;
        let said = if self.format.is_empty() { targets } else { self.format.clone() };
        Ok(if said.is_empty() { vec![Target::default()] } else { said })
    }

    fn fail_on(&self, configuration: Option<&Configuration>) -> FailOn {
        let written = configuration.and_then(|one| one.fail_on.as_ref());
        let written = written.and_then(|text| FailOn::from_str(&text.value, false).ok());
        self.fail_on.or(written).unwrap_or(FailOn::Warning)
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
