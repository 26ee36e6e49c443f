//! The documentation of `corslint.toml`: its JSON Schema for editors, and a page for people.
//!
//! In: the list of keys. Out: text. A test holds the page's examples against the reader.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::keys::{Holds, Key, LEVELS, TOP};

/// The JSON Schema of the file.
pub fn json_schema() -> String {
    let mut schema = object(TOP);
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!("corslint.toml"));
    format!("{:#}\n", Value::Object(schema))
}

fn object(keys: &[Key]) -> Map<String, Value> {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut schema = schema_of(key.holds);
            schema.insert("description".into(), json!(key.doc));
            (key.name.to_owned(), Value::Object(schema))
        })
        .collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    schema.insert("additionalProperties".into(), json!(false));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema.insert("properties".into(), Value::Object(properties));
    schema
}

fn schema_of(holds: Holds) -> Map<String, Value> {
    let texts = |item: Value| json!({ "oneOf": [item, { "type": "array", "items": item }] });
    let value = match holds {
        Holds::Text => json!({ "type": "string" }),
        Holds::Date => json!({ "type": "string", "format": "date" }),
        Holds::Choice(words) => json!({ "enum": words }),
        Holds::Texts | Holds::Patterns => texts(json!({ "type": "string" })),
        Holds::UrlPaths => texts(json!({ "type": "string", "pattern": "^/" })),
        Holds::Origins => texts(json!({ "type": "string", "pattern": "^[a-z][a-z0-9+.-]*://" })),
        Holds::Rules | Holds::Ids => texts(json!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$" })),
        Holds::Severities => json!({ "type": "object", "additionalProperties": { "enum": LEVELS } }),
        Holds::Variables => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Holds::Tables(keys) => json!({ "type": "array", "items": object(keys) }),
        Holds::RulesAndTables(keys) => {
            json!({ "type": "array", "items": { "oneOf": [{ "type": "string" }, object(keys)] } })
        }
        Holds::Named(keys) => json!({ "type": "object", "additionalProperties": object(keys) }),
    };
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The page in docs/.
pub fn page() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         corslint reads `corslint.toml` or `.corslint.toml`: the nearest one at or above the first checked path, up to \
         the root of the repository (the directory with `.git`), or, outside of a repository, up to the working \
         directory. `--config FILE` names another file, `--isolated` reads none. `corslint init` writes one with the \
         origins it finds.\n\n\
         A flag wins over its variable `CORSLINT_…`, that over the file, and the file over what is built in. Patterns of \
         files are those of `.gitignore` and start from the file's directory. A key or rule that nobody knows is an \
         error, exit code 2. `corslint schema config` prints the JSON Schema for editors.\n",
    );
    section(&mut page, TOP, "", 2);
    page
}

fn section(page: &mut String, keys: &[Key], path: &str, level: usize) {
    for key in keys {
        let marks = "#".repeat(level);
        let must = if key.required { "Required. " } else { "" };
        let _ = write!(page, "\n{marks} `{path}{}`\n\n{must}{}\n\n```toml\n{}\n```\n", key.name, key.doc, key.example);
        match key.holds {
            Holds::Tables(inner) | Holds::RulesAndTables(inner) => {
                section(page, inner, &format!("{path}{}[].", key.name), level + 1)
            }
            Holds::Named(inner) => section(page, inner, &format!("{path}{}.NAME.", key.name), level + 1),
            _ => {}
        }
    }
}
