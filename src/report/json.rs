//! The format for other programs, version 1.
//!
//! In: a report. Out: one JSON object. The shape is a promise: keys may be added, never renamed, moved or removed.
//! Lines and columns count from 1, offsets are bytes, paths are relative to the working directory with `/`. The
//! labels begin with that of the primary place.

use std::io::{self, Write};

use serde::Serialize;

use super::{Options, fingerprints, json_text};
use crate::finding::{Finding, Label, Report, Severity};
use crate::source::{FileId, Position, Sources};

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    findings: Vec<JsonFinding<'a>>,
    notices: Vec<JsonNotice<'a>>,
    summary: JsonSummary,
}

/// One finding; a line of the format `jsonl` is one too.
#[derive(Serialize)]
pub(super) struct JsonFinding<'a> {
    rule: &'a str,
    severity: &'static str,
    group: &'static str,
    message: &'a str,
    help: &'a str,
    path: &'a str,
    start: JsonPosition,
    end: JsonPosition,
    labels: Vec<JsonLabel<'a>>,
    environment: &'a str,
    platform: &'a str,
    fingerprint: String,
    witness: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonPosition {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    path: &'a str,
    start: JsonPosition,
    end: JsonPosition,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonNotice<'a> {
    path: &'a str,
    line: usize,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonSummary {
    files: usize,
    servers: usize,
    policies: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    suppressed: usize,
    baselined: usize,
    fixed: usize,
    unchanged: usize,
}

/// Writes the whole report as one object.
pub(super) fn write(report: &Report, sources: &Sources, _: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = |severity: Severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let document = Document {
        version: "1",
        findings: findings(report, sources).collect(),
        notices: report
            .notices
            .iter()
            .map(|notice| JsonNotice { path: notice.path.as_str(), line: notice.line, message: &notice.message })
            .collect(),
        summary: JsonSummary {
            files: report.summary.files,
            servers: report.summary.servers,
            policies: report.summary.policies,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            suppressed: report.summary.suppressed,
            baselined: report.summary.baselined,
            fixed: report.summary.fixed,
            unchanged: report.summary.unchanged,
        },
    };
    json_text::pretty(&document, out)
}

/// The findings in their order.
pub(super) fn findings<'a>(report: &'a Report, sources: &'a Sources) -> impl Iterator<Item = JsonFinding<'a>> {
    let prints = fingerprints(&report.findings, sources);
    report.findings.iter().zip(prints).map(|(finding, print)| self::finding(finding, print, sources))
}

fn finding<'a>(finding: &'a Finding, fingerprint: String, sources: &'a Sources) -> JsonFinding<'a> {
    let JsonLabel { path, start, end, .. } = label(&finding.primary, sources);
    JsonFinding {
        rule: &finding.rule,
        severity: finding.severity.name(),
        group: finding.group.name(),
        message: &finding.message,
        help: &finding.help,
        path,
        start,
        end,
        labels: std::iter::once(&finding.primary).chain(&finding.labels).map(|each| label(each, sources)).collect(),
        environment: &finding.environment,
        platform: &finding.platform,
        fingerprint,
        witness: finding.witness.as_deref(),
    }
}

fn label<'a>(label: &'a Label, sources: &'a Sources) -> JsonLabel<'a> {
    let span = label.span;
    JsonLabel {
        path: sources.path(span.file).as_str(),
        start: position(sources, span.file, span.start),
        end: position(sources, span.file, span.end),
        text: &label.text,
    }
}

fn position(sources: &Sources, file: FileId, offset: u32) -> JsonPosition {
    let Position { line, column, offset } = sources.position(file, offset);
    JsonPosition { line, column, offset }
}
