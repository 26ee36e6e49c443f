//! The JSON Schema of what `--format json` writes, version 1.
//!
//! In: nothing. Out: the schema as JSON. A test holds real output against it, key by key in both directions.

use serde_json::{Value, json};

use crate::finding::{Group, Severity};

/// The JSON Schema of the output.
pub(super) fn json_schema() -> String {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "corslint output, version 1",
        "type": "object",
        "required": ["version", "findings", "notices", "summary"],
        "properties": {
            "version": { "const": "1" },
            "findings": { "type": "array", "items": { "$ref": "#/$defs/finding" }, "description": "In order of path, offset, rule." },
            "notices": { "type": "array", "items": { "$ref": "#/$defs/notice" }, "description": "What could not be read or understood." },
            "summary": { "$ref": "#/$defs/summary" },
        },
        "$defs": definitions(),
    });
    format!("{schema:#}\n")
}

fn definitions() -> Value {
    let severities = [Severity::Error, Severity::Warning, Severity::Info].map(Severity::name);
    let text = |description: &str| json!({ "type": "string", "description": description });
    let count = |description: &str| json!({ "type": "integer", "minimum": 0, "description": description });
    let object = |properties: Value| {
        let required: Vec<String> = properties.as_object().into_iter().flat_map(|map| map.keys().cloned()).collect();
        json!({ "type": "object", "required": required, "properties": properties })
    };
    json!({
        "position": object(json!({
            "line": { "type": "integer", "minimum": 1 },
            "column": { "type": "integer", "minimum": 1, "description": "In characters." },
            "offset": { "type": "integer", "minimum": 0, "description": "In bytes." },
        })),
        "label": object(json!({
            "path": text("Relative to the working directory, with `/`."),
            "start": { "$ref": "#/$defs/position" },
            "end": { "$ref": "#/$defs/position" },
            "text": text("A few words about the place."),
        })),
        "finding": object(json!({
            "rule": text("The rule's id."),
            "severity": { "enum": severities },
            "group": { "enum": Group::ALL.map(Group::name) },
            "message": text("A fact about this configuration."),
            "help": text("The change to make."),
            "path": text("Relative to the working directory, with `/`."),
            "start": { "$ref": "#/$defs/position" },
            "end": { "$ref": "#/$defs/position" },
            "labels": { "type": "array", "items": { "$ref": "#/$defs/label" }, "description": "The primary place first." },
            "environment": text("The environment it is about."),
            "platform": text("The platform whose configuration it is."),
            "fingerprint": text("The same after edits elsewhere in the file."),
            "witness": { "type": ["string", "null"], "description": "An origin that gets through." },
        })),
        "notice": object(json!({
            "path": text("Relative to the working directory, with `/`."),
            "line": count("From 1; 0 when it is about the whole file."),
            "message": text("What could not be done."),
        })),
        "summary": object(json!({
            "files": count("Files looked at."),
            "servers": count("Servers found."),
            "policies": count("CORS policies found."),
            "errors": count("Findings of this severity."),
            "warnings": count("Findings of this severity."),
            "infos": count("Findings of this severity."),
            "suppressed": count("Findings left out by comments and the configuration."),
            "baselined": count("Findings left out because the baseline holds them."),
            "fixed": count("Findings that the baseline holds and that are no longer there."),
            "unchanged": count("Findings left out because nothing changed where they are."),
        })),
    })
}
