//! The JSON Schema of a rule file, for editors.
//!
//! In: nothing but the list of subjects. Out: the schema as JSON. A test holds its fields against those the reader
//! accepts; what expressions may say is checked by the reader only.

use serde_json::{Value, json};

use super::super::facts::Given;
use crate::finding::Group;

/// The JSON Schema of a rule file.
pub fn json_schema() -> String {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "corslint rule",
        "type": "object",
        "additionalProperties": false,
        "required": [
            "id", "group", "severity", "title", "why", "fix", "given", "when", "message", "at", "examples"
        ],
        "properties": properties(),
        "$defs": definitions(),
    });
    format!("{schema:#}\n")
}

fn properties() -> Value {
    let subjects: Vec<&str> = Given::ALL.iter().map(|given| given.name()).collect();
    json!({
        "id": { "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "description": "The problem as a name; also the name of the file." },
        "group": { "enum": Group::ALL.map(Group::name) },
        "severity": { "$ref": "#/$defs/severity" },
        "persona": { "enum": ["regular", "pedantic"], "default": "regular", "description": "A pedantic rule runs on request." },
        "title": { "type": "string", "description": "The problem in one line without a full stop." },
        "why": { "type": "string", "description": "What the browser does, and what an attacker gains or a user loses. Markdown." },
        "fix": { "$ref": "#/$defs/by-platform", "description": "What to change. Markdown." },
        "see": { "type": "array", "items": { "type": "string", "pattern": "^https://" } },
        "given": { "enum": subjects, "description": "What the rule looks at." },
        "when": { "$ref": "#/$defs/condition" },
        "message": { "$ref": "#/$defs/template", "description": "A fact about this configuration, in one line." },
        "at": { "$ref": "#/$defs/path", "description": "The place that has to change." },
        "text": { "$ref": "#/$defs/template", "description": "A few words at that place." },
        "labels": { "type": "array", "items": { "$ref": "#/$defs/label" } },
        "witness": { "$ref": "#/$defs/path", "description": "The text of an origin that gets through." },
        "help": { "$ref": "#/$defs/by-platform", "description": "The concrete change, with `{{ }}`; without it, the fix of the platform." },
        "once": { "enum": ["server", "file"], "description": "Say it once, at the first place." },
        "apart": { "$ref": "#/$defs/path", "description": "What differs in this text is told apart all the same." },
        "shifts": { "type": "array", "items": { "$ref": "#/$defs/shift" }, "description": "The first whose condition holds decides the severity." },
        "examples": { "type": "array", "minItems": 2, "items": { "$ref": "#/$defs/example" } },
    })
}

fn definitions() -> Value {
    json!({
        "severity": { "enum": ["error", "warning", "info"] },
        "condition": { "type": "string", "description": "A CEL expression that is true or false." },
        "template": { "type": "string", "description": "A text with `{{ expression }}` in it." },
        "path": { "type": "string", "pattern": "^[a-z_]+(\\.[a-z_]+)*$", "description": "The path of a fact that has a place." },
        "by-platform": {
            "oneOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "required": ["default"],
                    "additionalProperties": { "type": "string" },
                    "description": "By platform. `express by hand` is for headers that are written without a library.",
                },
            ],
        },
        "label": {
            "type": "object",
            "additionalProperties": false,
            "required": ["at", "text"],
            "properties": {
                "at": { "$ref": "#/$defs/path" },
                "text": { "$ref": "#/$defs/template" },
                "when": { "$ref": "#/$defs/condition" },
            },
        },
        "shift": {
            "type": "object",
            "additionalProperties": false,
            "required": ["severity", "when"],
            "properties": { "severity": { "$ref": "#/$defs/severity" }, "when": { "$ref": "#/$defs/condition" } },
        },
        "example": {
            "type": "object",
            "additionalProperties": false,
            "required": ["files"],
            "oneOf": [{ "required": ["bad"] }, { "required": ["good"] }],
            "properties": {
                "bad": { "type": "string", "description": "The platform of an example in which exactly one thing is found." },
                "good": { "type": "string", "description": "The platform of an example in which nothing is found." },
                "name": { "type": "string", "description": "What is special about it." },
                "marks": { "type": "string", "description": "The text that the finding must point at." },
                "limit": { "type": "string", "description": "Why the rule gets this one wrong today." },
                "files": { "type": "object", "minProperties": 1, "additionalProperties": { "type": "string" } },
            },
        },
    })
}
