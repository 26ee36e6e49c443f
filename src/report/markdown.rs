//! Markdown for the summary of a step, a comment on a review, or a wiki.
//!
//! In: a report. Out: one table in the dialect of GitHub and GitLab, with the help below each message. Texts come from
//! the checked files: outside of code nothing of theirs means anything to Markdown or HTML.

use std::io::{self, Write};

use super::diagnostic::Painter;
use super::visible::visible;
use super::{Options, summary};
use crate::finding::{Finding, Report};
use crate::source::Sources;

/// Writes a heading, the table and the summary.
pub(super) fn write(report: &Report, sources: &Sources, options: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let said = summary::sentence(report, options, &Painter::new(Options::default()));
    let mut text = format!("## corslint\n\n{}\n", prose(&said));
    if !report.findings.is_empty() {
        text += "\n| severity | rule | where | what |\n|---|---|---|---|\n";
    }
    for (index, finding) in report.findings.iter().enumerate() {
        let row = row(finding, sources);
        if options.most.is_some_and(|most| text.len() + row.len() + ROOM > most) {
            let left = report.findings.len() - index;
            text += &format!("\nAnd {left} more, for which there is no room here.\n");
            break;
        }
        text += &row;
    }
    if options.verbose && !report.notices.is_empty() {
        text += &notices(report, options, text.len());
    }
    out.write_all(text.as_bytes())
}

/// What the sentence about findings without room takes.
const ROOM: usize = 100;

fn row(finding: &Finding, sources: &Sources) -> String {
    let at = sources.position(finding.primary.span.file, finding.primary.span.start);
    let place = format!("{}:{}:{}", sources.path(finding.primary.span.file), at.line, at.column);
    let rule = match finding.see.first() {
        Some(url) => format!("[{}](<{}>)", prose(&finding.rule), address(url)),
        None => prose(&finding.rule),
    };
    let help: String = finding.help.lines().map(|line| format!("<br>{}", prose(line))).collect();
    format!("| {} | {rule} | {} | {}{help} |\n", finding.severity, code(&place), prose(&finding.message))
}

fn notices(report: &Report, options: Options<'_>, written: usize) -> String {
    let mut text = String::from("\n### Notices\n\n");
    for notice in &report.notices {
        let line = if notice.line > 0 { format!(":{}", notice.line) } else { String::new() };
        let item = format!("- {}: {}\n", code(&format!("{}{line}", notice.path)), prose(&notice.message));
        if options.most.is_some_and(|most| written + text.len() + item.len() + ROOM > most) {
            text += "- and more, for which there is no room here\n";
            break;
        }
        text += &item;
    }
    text
}

/// A text whose code spans stay code and whose other characters are only themselves.
fn prose(text: &str) -> String {
    let text = visible(text);
    let mut out = String::new();
    let mut rest = text.as_ref();
    while let Some((before, after)) = rest.split_once('`') {
        out += &plain(before);
        match after.split_once('`') {
            Some((inside, after)) => {
                out += &code(inside);
                rest = after;
            }
            None => {
                out += &plain("`");
                rest = after;
            }
        }
    }
    out + &plain(rest)
}

/// A text as code. A cell ends at `|` even inside code, and a fence is longer than any run of backticks in it.
fn code(text: &str) -> String {
    let text = visible(text);
    if text.trim().is_empty() {
        return plain(&text);
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    // `\|` is how a cell says `|`; what stands before it as a backslash would take that away from it.
    let safe = text.replace("\\|", "\\ |").replace('|', "\\|");
    format!("{fence}{space}{safe}{space}{fence}")
}

/// A text in which nothing is markup.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            // Neither a mention nor an address may become a link.
            '@' => out += "&#64;",
            ':' if text[at..].starts_with("://") => out += "&#58;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// An address that cannot leave its angle brackets.
fn address(url: &str) -> String {
    visible(url).replace('<', "%3C").replace('>', "%3E").replace('|', "%7C").replace(' ', "%20").replace('\\', "%5C")
}
