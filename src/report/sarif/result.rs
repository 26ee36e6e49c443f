//! One finding as a SARIF result.
//!
//! In: a finding, its fingerprint and, when it was left out, why. Out: the object. Paths become URIs here.

use serde_json::{Value, json};

use super::super::{RuleInfo, place};
use super::ROOT;
use crate::finding::{Finding, Label, Severity, Suppressed, SuppressedBy};
use crate::source::{Sources, Span};

/// What is needed to say where something is.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) sources: &'a Sources,
    pub(super) within: &'a str,
}

impl Places<'_> {
    /// A file: relative to the root of the repository unless it lies elsewhere.
    pub(super) fn artifact(self, path: &str) -> Value {
        let path = place::from_root(self.within, path);
        let mut artifact = json!({ "uri": place::uri(&path) });
        if !place::is_absolute(&path) {
            artifact["uriBaseId"] = json!(ROOT);
        }
        artifact
    }

    fn physical(self, span: Span) -> Value {
        let (start, end) = place::ends(self.sources, span);
        json!({
            "artifactLocation": self.artifact(self.sources.path(span.file).as_str()),
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        })
    }

    fn location(self, label: &Label) -> Value {
        let mut location = json!({ "physicalLocation": self.physical(label.span) });
        if !label.text.is_empty() {
            location["message"] = json!({ "text": plain(&label.text) });
        }
        location
    }
}

/// The level of a severity.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// One result.
pub(super) fn result(
    finding: &Finding,
    left_out: Option<&Suppressed>,
    fingerprint: &str,
    rules: &[RuleInfo],
    places: Places<'_>,
) -> Value {
    let text = if finding.help.is_empty() {
        finding.message.clone()
    } else {
        format!("{}\nWhat to do: {}", finding.message, finding.help)
    };
    let mut result = json!({
        "ruleId": &*finding.rule,
        "level": level(finding.severity),
        "message": { "text": plain(&text) },
        "locations": [places.location(&finding.primary)],
        "partialFingerprints": { "corslint/v1": fingerprint },
        "properties": {
            "group": finding.group.name(),
            "environment": &*finding.environment,
            "platform": &*finding.platform,
        },
    });
    if let Some(index) = rules.iter().position(|rule| *rule.id == *finding.rule) {
        result["ruleIndex"] = json!(index);
    }
    if let Some(witness) = &finding.witness {
        result["properties"]["witness"] = json!(witness);
    }
    if !finding.labels.is_empty() {
        let related = finding.labels.iter().zip(1..).map(|(label, id)| {
            let mut location = places.location(label);
            location["id"] = json!(id);
            location
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(left_out) = left_out {
        result["suppressions"] = json!([suppression(left_out)]);
    }
    result
}

fn suppression(left_out: &Suppressed) -> Value {
    let (kind, silent) = match left_out.by {
        SuppressedBy::Comment => ("inSource", None),
        SuppressedBy::Configuration => ("external", None),
        SuppressedBy::Baseline => ("external", Some("The baseline holds it.")),
    };
    let mut suppression = json!({ "kind": kind, "status": "accepted" });
    if let Some(reason) = left_out.reason.as_deref().or(silent) {
        suppression["justification"] = json!(reason);
    }
    suppression
}

/// A text in which no link is embedded: SARIF would make one of `[text](address)`, also of the source's.
fn plain(text: &str) -> String {
    text.replace("](", "] (")
}
