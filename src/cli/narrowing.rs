//! What a check leaves out of its report besides suppressions: known findings, and those where nothing changed.
//!
//! In: `--baseline` and `--changed-since`. Out: a report without them, and how many they were.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::engine::{Outcome, Settings};
use super::{baseline, git};
use crate::baseline::Baseline;
use crate::error::Error;

#[derive(Debug, Args)]
pub(super) struct Narrowing {
    /// Leave out the findings that this file holds; `corslint baseline` writes it
    #[arg(long, value_name = "FILE", env = "CORSLINT_BASELINE")]
    baseline: Option<Utf8PathBuf>,

    /// Leave out findings whose lines, and those of their labels, are as they were at this commit
    #[arg(long, value_name = "REF", env = "CORSLINT_CHANGED_SINCE", allow_hyphen_values = true)]
    changed_since: Option<String>,
}

/// The same, with everything that can be wrong about it found out before the check.
pub(super) struct Prepared {
    baseline: Option<(Utf8PathBuf, Baseline)>,
    since: Option<git::Since>,
}

impl Narrowing {
    pub(super) fn prepared(&self, settings: &Settings) -> Result<Prepared, Error> {
        let said = self.baseline.clone().filter(|file| !file.as_str().is_empty());
        let written = settings.configuration.as_ref().and_then(|configuration| configuration.baseline.clone());
        let baseline = said.or(written).map(|file| baseline::read(&file, settings).map(|read| (file, read)));
        let reference = self.changed_since.as_deref().filter(|reference| !reference.is_empty());
        let since = reference.map(|reference| git::Since::new(reference, settings));
        Ok(Prepared { baseline: baseline.transpose()?, since: since.transpose()? })
    }
}

impl Prepared {
    pub(super) fn apply(&self, outcome: &mut Outcome, settings: &Settings) -> Result<(), Error> {
        let (report, sources) = (&mut outcome.report, &outcome.scan.sources);
        if let Some((file, known)) = &self.baseline {
            let place = |path: &Utf8Path| baseline::in_baseline(path, file, settings);
            known.apply(report, sources, &place, |rule, path| baseline::judged(rule, path, file, settings));
        }
        if let Some(since) = &self.since {
            let before = report.findings.len();
            let changed = since.changed(&report.findings, sources)?;
            report.findings.retain(|finding| changed.touch(finding, sources));
            report.summary.unchanged = before - report.findings.len();
        }
        Ok(())
    }
}
