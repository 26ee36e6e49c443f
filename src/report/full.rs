//! The format for people: source lines with labels, help and links.
//!
//! In: a report. Out: text, coloured when asked. The labels of one miette diagnostic share one source, so each file
//! gets a diagnostic of its own: first the file that has to change, then those that bear witness.

use std::io::{self, Write};

use super::diagnostic::{Header, Painter};
use super::visible::visible;
use super::{Options, summary};
use crate::finding::{Finding, Label, Report, Severity};
use crate::source::{FileId, Sources, Span};

/// Writes every finding, the notices if asked, and the summary.
pub(super) fn write(report: &Report, sources: &Sources, options: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter::new(options);
    for finding in &report.findings {
        writeln!(out, "{}", draw(finding, sources, &painter))?;
    }
    summary::write(report, options, out)
}

fn draw(finding: &Finding, sources: &Sources, painter: &Painter) -> String {
    let own = finding.primary.span.file;
    let labels = |file: FileId| -> Vec<(Span, &str)> {
        let all = std::iter::once(&finding.primary).chain(&finding.labels);
        all.filter(|label| label.span.file == file).map(|label: &Label| (label.span, label.text.as_str())).collect()
    };
    let title = format!("{}[{}]:", finding.severity, visible(&finding.rule));
    let url = finding.see.first().map(String::as_str);
    let header = Header { severity: finding.severity, title: &title, url, message: &finding.message };
    let mut text = painter.draw(header, &labels(own), own, sources);
    let mut others: Vec<FileId> = finding.labels.iter().map(|label| label.span.file).collect();
    others.retain(|&file| file != own);
    others.sort_unstable_by_key(|&file| sources.path(file));
    others.dedup();
    for file in others {
        let message = format!("see {}", sources.path(file));
        let header = Header { severity: Severity::Info, title: "note:", url: None, message: &message };
        text += &painter.draw(header, &labels(file), file, sources);
    }
    text += &painter.line("witness", finding.witness.as_deref().unwrap_or_default());
    text += &painter.line("help", &finding.help);
    text += &painter.addresses("see", &finding.see);
    text += &painter.line("more", &format!("corslint explain {}", finding.rule));
    text
}
