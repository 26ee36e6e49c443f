//! One line per finding, for editors, `grep` and small screens.
//!
//! In: a report. Out: `path:line:column: severity[rule] message` and the summary. Columns count characters from 1.

use std::io::{self, Write};

use super::diagnostic::Painter;
use super::visible::visible;
use super::{Options, summary};
use crate::finding::Report;
use crate::source::Sources;

/// Writes one line per finding, the notices if asked, and the summary.
pub(super) fn write(report: &Report, sources: &Sources, options: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter::new(options);
    for finding in &report.findings {
        let span = finding.primary.span;
        let at = sources.position(span.file, span.start);
        let path = visible(sources.path(span.file).as_str());
        let name = painter.severity(finding.severity, &format!("{}[{}]", finding.severity, visible(&finding.rule)));
        writeln!(out, "{path}:{}:{}: {name} {}", at.line, at.column, visible(&finding.message))?;
    }
    summary::write(report, options, out)
}
