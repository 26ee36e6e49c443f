//! SARIF 2.1.0, for code scanning and everything else that collects findings.
//!
//! In: a report, and descriptions of the rules. Out: one log with one run, as
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html> says. Findings that were left out are in it too,
//! with who left them out and why. Nothing in it depends on the machine or the time.

mod result;
mod rules;

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Options, fingerprints, json_text};
use crate::finding::{Finding, Report};
use crate::source::{Notice, Sources};

/// The root that relative URIs start from. It is named and not said: where a checkout lies is nobody's business.
const ROOT: &str = "%SRCROOT%";

/// Writes one log.
pub(super) fn write(report: &Report, sources: &Sources, options: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let places = result::Places { sources, within: options.within };
    // The findings first: whether others are left out must not change their names.
    let all: Vec<&Finding> =
        report.findings.iter().chain(report.suppressed.iter().map(|left_out| &left_out.finding)).collect();
    let prints = fingerprints(all, sources);
    let reasons = report.findings.iter().map(|_| None).chain(report.suppressed.iter().map(Some));
    let findings = report.findings.iter().chain(report.suppressed.iter().map(|left_out| &left_out.finding));
    let results: Vec<Value> = findings
        .zip(reasons)
        .zip(prints)
        .map(|((finding, reason), print)| result::result(finding, reason, &print, options.rules, places))
        .collect();
    let notices: Vec<Value> = report.notices.iter().map(|notice| notification(notice, places)).collect();
    let summary = report.summary;
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "corslint",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": options.rules.iter().map(rules::descriptor).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the repository" } } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notices }],
            "results": results,
            "properties": {
                "files": summary.files,
                "servers": summary.servers,
                "policies": summary.policies,
                "suppressed": summary.suppressed,
                "baselined": summary.baselined,
            },
        }],
    });
    json_text::pretty(&log, out)
}

fn notification(notice: &Notice, places: result::Places<'_>) -> Value {
    let mut value = json!({ "level": "note", "message": { "text": notice.message } });
    if !notice.path.as_str().is_empty() {
        let mut place = json!({ "artifactLocation": places.artifact(notice.path.as_str()) });
        if notice.line > 0 {
            place["region"] = json!({ "startLine": notice.line });
        }
        value["locations"] = json!([{ "physicalLocation": place }]);
    }
    value
}
