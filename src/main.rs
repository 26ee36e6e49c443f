//! The binary: joins the command line to the pipeline.
//!
//! In: the process. Out: its exit code. Everything worth testing lives in the library.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use corslint::cli::{self, Engine, Outcome, Settings};
use corslint::error::Error;
use corslint::finding::{Report, Summary};
use corslint::report::docs::RuleCard;
use corslint::scan;

fn main() -> ExitCode {
    cli::run(std::env::args_os(), &Pipeline)
}

/// The way from paths to a report.
struct Pipeline;

impl Engine for Pipeline {
    fn rules(&self, _directories: &[Utf8PathBuf]) -> Result<Vec<RuleCard>, Error> {
        Ok(Vec::new())
    }

    fn check(&self, settings: &Settings) -> Result<Outcome, Error> {
        let scan = scan::scan(&settings.paths, scan::Options::new(&settings.root))?;
        let summary = Summary { files: scan.looked_at, ..Summary::default() };
        let report = Report { findings: Vec::new(), notices: scan.notices.clone(), summary };
        Ok(Outcome { report, scan, model: String::new() })
    }
}
