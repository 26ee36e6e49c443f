//! The Reviewdog Diagnostic Format, for reviews by reviewdog.
//!
//! In: a report. Out: one `DiagnosticResult` as
//! <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf> says: columns count bytes from 1, ends are exclusive.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Options, json_text, place};
use crate::finding::{Finding, Label, Report, Severity};
use crate::source::{FileId, Position, Sources};

/// Writes one object with all findings.
pub(super) fn write(report: &Report, sources: &Sources, _: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let diagnostics: Vec<Value> = report.findings.iter().map(|finding| diagnostic(finding, sources)).collect();
    json_text::pretty(&json!({ "source": { "name": "corslint" }, "diagnostics": diagnostics }), out)
}

fn diagnostic(finding: &Finding, sources: &Sources) -> Value {
    let mut code = json!({ "value": &*finding.rule });
    if let Some(url) = finding.see.first() {
        code["url"] = json!(url);
    }
    let related = |label: &Label| json!({ "message": label.text, "location": location(label, sources) });
    json!({
        "message": if finding.help.is_empty() { finding.message.clone() } else { format!("{}\n{}", finding.message, finding.help) },
        "location": location(&finding.primary, sources),
        "severity": match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        "code": code,
        "related_locations": finding.labels.iter().map(related).collect::<Vec<_>>(),
    })
}

fn location(label: &Label, sources: &Sources) -> Value {
    let file = label.span.file;
    let (start, end) = place::ends(sources, label.span);
    let range = json!({ "start": position(sources, file, start), "end": position(sources, file, end) });
    json!({ "path": sources.path(file).as_str(), "range": range })
}

fn position(sources: &Sources, file: FileId, position: Position) -> Value {
    json!({ "line": position.line, "column": place::byte_column(sources, file, position) })
}
