//! Pages, tables and the JSON Schema.

use corslint::rules::docs::{TABLE_END, TABLE_START, explain, json_schema, pages, with_table};
use corslint::rules::{Rule, embedded_files, load};

use crate::{read, sample, told};

fn rules() -> Vec<Rule> {
    load(embedded_files()).unwrap_or_else(|errors| panic!("{}", told(&errors)))
}

#[test]
fn every_rule_has_a_page_with_the_same_headings() {
    let rules = rules();
    let pages = pages(&rules);
    for rule in &rules {
        let page = &pages[camino::Utf8Path::new(&format!("docs/rules/{}.md", rule.id))];
        let headings: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
        let known = ["## What it does", "## Why is this bad", "## What to do", "## Examples"];
        assert_eq!(headings[..4], known, "{}", rule.id);
        assert!(pages[camino::Utf8Path::new("docs/rules.md")].contains(&format!("(rules/{}.md)", rule.id)));
        let readme = format!("{TABLE_START}\n{TABLE_END}\n");
        let readme = with_table(&readme, &rules).unwrap_or_default();
        assert!(readme.contains(&format!("(docs/rules/{}.md)", rule.id)));
        assert!(explain(rule).contains(&rule.why));
    }
}

#[test]
fn platforms_with_the_same_fix_share_it() {
    let rules = rules();
    let page = &pages(&rules)[camino::Utf8Path::new("docs/rules/wildcard-credentials.md")];
    assert!(page.contains("**fastapi, starlette:** Replace `allow_origins=[\"*\"]`"), "{page}");
    assert!(page.contains("`server.js`\n\n```js\nconst express"), "{page}");
}

#[test]
fn the_model_page_names_every_subject() {
    let pages = pages(&[]);
    let page = &pages[camino::Utf8Path::new("docs/model.md")];
    for needle in ["## policy\n", "| `policy.allow_origin.witness` | Text |", "### policy.origins\n", "| `x.host` |"] {
        assert!(page.contains(needle), "{needle}");
    }
}

/// The fields that the reader accepts, as it tells them when it meets one it does not know.
fn accepted(line: &str, replacement: &str) -> Vec<String> {
    let errors = sample(line, replacement).expect_err("an unknown field");
    let help = errors[0].help.clone().unwrap_or_default();
    let list = help.strip_prefix("there may be ").unwrap_or_else(|| panic!("{help}"));
    let mut fields: Vec<String> = list.split(", ").map(str::to_owned).collect();
    fields.sort();
    fields
}

#[test]
fn the_json_schema_has_the_fields_of_the_reader() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).expect("JSON");
    let fields = |pointer: &str| -> Vec<String> {
        let mut keys: Vec<String> =
            schema.pointer(pointer).and_then(|value| value.as_object()).expect("fields").keys().cloned().collect();
        keys.sort();
        keys
    };
    let at = "at: policy.allow_origin";
    assert_eq!(fields("/properties"), accepted(at, "qqq: 1"));
    assert_eq!(fields("/$defs/label/properties"), accepted(at, "labels: [{ qqq: 1 }]"));
    assert_eq!(fields("/$defs/shift/properties"), accepted(at, "shifts: [{ qqq: 1 }]"));
    assert_eq!(fields("/$defs/example/properties"), accepted("    marks: \"cors()\"", "    qqq: 1"));
}

#[test]
fn what_the_schema_requires_the_reader_requires() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).expect("JSON");
    let required: Vec<&str> =
        schema["required"].as_array().expect("a list").iter().filter_map(|name| name.as_str()).collect();
    for name in required {
        let without: Vec<&str> = crate::SOUND.split("examples:").next().unwrap_or_default().lines().collect();
        let mut text: String = without
            .iter()
            .filter(|line| !line.starts_with(&format!("{name}:")))
            .map(|line| format!("{line}\n"))
            .collect();
        if name != "examples" {
            text.push_str("examples: []\n");
        }
        let errors = read(&text).expect_err("a field is missing");
        assert!(errors[0].message.contains(&format!("`{name}` is missing")), "{name}: {}", told(&errors));
    }
}
