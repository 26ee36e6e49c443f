//! For a step of GitHub Actions: the log for people, and annotations that GitHub shows beside the changed lines.
//!
//! In: a report. Out: the format `full`, then workflow commands. GitHub keeps ten annotations of a level for each step
//! and drops the others without a word, so the worst come first and the last one kept tells how many more there are.

use std::io::{self, Write};

use super::visible::{visible, visible_lines};
use super::{Options, full, place};
use crate::finding::{Finding, Report, Severity};
use crate::source::Sources;

/// Annotations of one level that GitHub keeps for each step.
const BUDGET: usize = 10;

/// Writes the log and the annotations.
pub(super) fn write(report: &Report, sources: &Sources, options: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    // Nothing in it reads as a command: `visible` sees to that in every format.
    full::write(report, sources, options, out)?;
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let mut own: Vec<&Finding> = report.findings.iter().filter(|finding| finding.severity == severity).collect();
        // What lets an attacker in goes before what a browser refuses; the order of the report decides the rest.
        own.sort_by_key(|finding| finding.group);
        let more = own.len().saturating_sub(BUDGET);
        own.truncate(BUDGET);
        for (index, finding) in own.iter().enumerate() {
            let more = if index + 1 == BUDGET { more } else { 0 };
            writeln!(out, "{}", annotation(finding, more, sources, options))?;
        }
    }
    Ok(())
}

fn annotation(finding: &Finding, more: usize, sources: &Sources, options: Options<'_>) -> String {
    let span = finding.primary.span;
    let (start, end) = place::ends(sources, span);
    let last = place::last_line(sources, span);
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let file = property(&visible(&place::from_root(options.within, sources.path(span.file).as_str())));
    let mut text = format!("::{command} file={file},line={},endLine={last}", start.line);
    // GitHub refuses columns of a stretch of lines.
    if start.line == end.line {
        text += &format!(",col={},endColumn={}", start.column, end.column);
    }
    let mut lines = vec![visible(&finding.message).into_owned()];
    lines.extend(visible_lines(&finding.help));
    if more > 0 {
        let plural = if more == 1 { "" } else { "s" };
        lines.push(format!("And {more} more {}{plural}: see the log or the summary of this step.", finding.severity));
    }
    text += &format!(",title={}::{}", property(&visible(&finding.rule)), data(&lines.join("\n")));
    text
}

/// A text as the message of a command (`escapeData` of <https://github.com/actions/toolkit>).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as a property of a command (`escapeProperty` there).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
