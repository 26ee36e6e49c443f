//! The last lines: notices, and what was looked at and found.
//!
//! In: a report. Out: a few lines. "No CORS found" must never read like "nothing wrong": the first may mean that
//! corslint looked in the wrong place.

use std::io::{self, Write};

use super::Options;
use super::diagnostic::Painter;
use super::visible::visible;
use crate::finding::{Report, Severity};

/// Writes the notices if asked, and the summary.
pub(super) fn write(report: &Report, options: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter::new(options);
    if options.verbose {
        for notice in &report.notices {
            let line = if notice.line > 0 { format!(":{}", notice.line) } else { String::new() };
            let key = painter.severity(Severity::Info, "notice:");
            writeln!(out, "{key} {}{line}: {}", visible(notice.path.as_str()), visible(&notice.message))?;
        }
    }
    writeln!(out, "{}", sentence(report, options, &painter))
}

/// What a run without findings means.
pub(super) fn verdict(report: &Report) -> &'static str {
    if report.summary.policies == 0 { "no CORS found" } else { "nothing wrong" }
}

/// What was looked at and found, in one line.
pub(super) fn sentence(report: &Report, options: Options<'_>, painter: &Painter) -> String {
    let summary = report.summary;
    let time = options.elapsed.map(|time| format!(" in {:.2} s", time.as_secs_f64())).unwrap_or_default();
    let looked = format!("{}{time}", count(summary.files, "file"));
    let servers = count(summary.servers, "server");
    let mut rest = Vec::new();
    let mut add = |number: usize, text: String| {
        if number > 0 {
            rest.push(text)
        }
    };
    add(summary.suppressed, format!("{} suppressed", summary.suppressed));
    add(summary.baselined, format!("{} in the baseline", summary.baselined));
    add(summary.fixed, format!("{} of the baseline fixed (`corslint baseline` prunes)", summary.fixed));
    add(summary.unchanged, format!("{} where nothing changed", summary.unchanged));
    let hint = if options.verbose { "" } else { " (-v shows them)" };
    add(report.notices.len(), format!("{}{hint}", count(report.notices.len(), "notice")));
    let rest = rest.iter().map(|text| format!("; {text}")).collect::<String>();
    let unread = report.unread.as_ref().map(|unread| {
        let (name, path) = (visible(&unread.name), visible(unread.path.as_str()));
        format!("found {name} in {path}, which corslint does not read yet")
    });
    // Whoever uses that package has CORS perhaps, and "none sets it up" would be said of files that were not read.
    let alone = unread.clone().unwrap_or_else(|| "none sets it up".to_owned());
    let alone = format!("{}{alone}", if unread.is_some() { "; " } else { ", " });
    let beside = unread.map(|unread| format!("; {unread}")).unwrap_or_default();
    match (report.findings.is_empty(), summary.policies, summary.servers) {
        (true, 0, 0) => format!("No CORS found: looked at {looked}{alone}{rest}"),
        (true, 0, 1) => format!("No CORS found: looked at {looked}: {servers}, which does not set it up{beside}{rest}"),
        (true, 0, _) => format!("No CORS found: looked at {looked}: {servers}, none sets it up{beside}{rest}"),
        (true, policies, _) => format!("Looked at {looked}: {servers}, {}; nothing wrong{rest}", named(policies)),
        (false, policies, _) => {
            format!("Looked at {looked}: {servers}, {}; {}{rest}", named(policies), counts(report, painter))
        }
    }
}

fn counts(report: &Report, painter: &Painter) -> String {
    let count_of = |severity: Severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let levels = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| (severity, count_of(severity)));
    let said = levels.iter().filter(|(_, number)| *number > 0);
    let said = said.map(|(severity, number)| painter.severity(*severity, &count(*number, severity.name())));
    said.collect::<Vec<_>>().join(", ")
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn named(policies: usize) -> String {
    format!("{policies} CORS {}", if policies == 1 { "policy" } else { "policies" })
}
