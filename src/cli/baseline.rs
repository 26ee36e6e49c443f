//! `corslint baseline [PATH]...`, and the file that `--baseline` reads.
//!
//! In: flags and paths. Out: a file of the findings there are now, without those that are fixed. What lies outside of the
//! given paths stays in it.

use std::fs;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::engine::{Engine, Settings};
use super::judging::Judging;
use super::{Common, print};
use crate::baseline;
use crate::error::{Error, Place};
use crate::globs::normal;

/// The usual name of the file.
const NAME: &str = ".corslint-baseline.json";

/// Write the findings there are now into a file, to be told of new ones only
#[derive(Debug, Args)]
pub(super) struct Baseline {
    #[command(flatten)]
    judging: Judging,

    /// The file to write [default: the one of the configuration, or .corslint-baseline.json]
    #[arg(long, short, value_name = "FILE", env = "CORSLINT_BASELINE")]
    output: Option<Utf8PathBuf>,

    #[command(flatten)]
    pub(super) common: Common,
}

impl Baseline {
    pub(super) fn run(&self, engine: &dyn Engine) -> Result<ExitCode, Error> {
        let settings = self.judging.settings(&self.common, engine)?;
        let said = self.output.clone().filter(|file| !file.as_str().is_empty());
        let written = settings.configuration.as_ref().and_then(|configuration| configuration.baseline.clone());
        let file = said.or(written).unwrap_or_else(|| NAME.into());
        let old = if settings.root.join(&file).exists() { Some(read(&file, &settings)?) } else { None };
        let outcome = engine.check(&settings)?;
        let place = |path: &Utf8Path| in_baseline(path, &file, &settings);
        let mut new = baseline::Baseline::of(&outcome.report.findings, &outcome.scan.sources, &place);
        if let Some(old) = old {
            new.keep(old, |rule, path| judged(rule, path, &file, &settings));
        }
        fs::write(settings.root.join(&file), new.text())
            .map_err(|error| Error::new(format!("cannot write `{file}`: {error}")))?;
        let count = new.len();
        let noun = if count == 1 { "finding" } else { "findings" };
        print(format!("{count} {noun} in `{file}`; `corslint --baseline {file}` leaves them out\n").as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads a baseline; its path starts from the working directory.
pub(super) fn read(file: &Utf8Path, settings: &Settings) -> Result<baseline::Baseline, Error> {
    let text = fs::read_to_string(settings.root.join(file)).map_err(|error| {
        Error::path(file, &error).with_help(format!("`corslint baseline --output {file}` writes it"))
    })?;
    baseline::Baseline::parse(&text).map_err(|broken| {
        let error = Error::new(format!("`{file}` is no baseline of this corslint: {}", broken.message))
            .with_help(format!("remove it and write it anew with `corslint baseline --output {file}`"));
        let start: usize = text.split_inclusive('\n').take(broken.line.saturating_sub(1)).map(str::len).sum();
        let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
        match broken.line {
            0 => error,
            _ => error.at(Place {
                path: file.to_owned(),
                range: start..start + line.len(),
                text: text.as_str().into(),
                label: "here".to_owned(),
            }),
        }
    })
}

/// A path as the baseline names it: from its own directory, so that it holds wherever corslint is started.
pub(super) fn in_baseline(path: &Utf8Path, file: &Utf8Path, settings: &Settings) -> Utf8PathBuf {
    let home = normal(&settings.root.join(file)).parent().map(Utf8Path::to_owned).unwrap_or_default();
    let place = normal(&settings.root.join(path));
    place.strip_prefix(&home).map(Utf8Path::to_owned).unwrap_or(place)
}

/// Would a finding of this rule in this file of the baseline have been found?
pub(super) fn judged(rule: &str, path: &Utf8Path, file: &Utf8Path, settings: &Settings) -> bool {
    let home = normal(&settings.root.join(file)).parent().map(Utf8Path::to_owned).unwrap_or_default();
    let place = normal(&home.join(path));
    let within = |checked: &Utf8PathBuf| place.starts_with(normal(&settings.root.join(checked)));
    settings.text.is_none() && settings.rules.contains(rule) && settings.paths.iter().any(within)
}
