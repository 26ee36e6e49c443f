//! GitLab's Code Quality report, which shows findings in a merge request.
//!
//! In: a report. Out: a JSON array as <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format> says.
//! GitLab tells findings apart by their fingerprints alone.

use std::io::{self, Write};

use serde::Serialize;

use super::{Options, fingerprints, json_text, place};
use crate::finding::{Finding, Report, Severity};
use crate::source::Sources;

#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// Writes one array of findings.
pub(super) fn write(report: &Report, sources: &Sources, options: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let prints = fingerprints(&report.findings, sources);
    let issue = |(finding, fingerprint)| issue(finding, fingerprint, sources, options);
    json_text::pretty(&report.findings.iter().zip(prints).map(issue).collect::<Vec<_>>(), out)
}

fn issue<'a>(finding: &'a Finding, fingerprint: String, sources: &Sources, options: Options<'_>) -> Issue<'a> {
    let span = finding.primary.span;
    let lines = Lines { begin: sources.position(span.file, span.start).line, end: place::last_line(sources, span) };
    Issue {
        description: &finding.message,
        check_name: &finding.rule,
        fingerprint,
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Info => "info",
        },
        location: Location { path: place::from_root(options.within, sources.path(span.file).as_str()), lines },
    }
}
