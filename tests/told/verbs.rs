//! The verbs around a check: `init`, `schema`, `completions`, `man`, `rules`.

use serde_json::Value;

use crate::{OPEN, Ran, project};

#[test]
fn init_writes_what_is_allowed_now() {
    let text = OPEN.replace(
        "'*'",
        "['https://app.example.com', 'https://staging.example.com', 'http://localhost:3000', 'https://x.example.com/']",
    );
    let project = project(&[("src/server.js", &text)]);
    let ran = project.run(&["init"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let written = project.read("corslint.toml");
    for line in [
        "    \"https://app.example.com\", # src/server.js:4",
        "    # \"https://staging.example.com\", # src/server.js:4: looks like a staging deployment",
        "    # \"http://localhost:3000\", # src/server.js:4: a developer's machine",
        "    # \"https://x.example.com/\", # src/server.js:4: ends with a slash",
    ] {
        assert!(written.lines().any(|other| other == line), "{line} is missing from\n{written}");
    }
    assert!(written.lines().all(|line| line.chars().count() <= 110), "{written}");
    assert_ne!(project.run(&[]).code, 2, "what it writes can be read");
    project.write("corslint.toml", "# mine\n");
    project.run(&["init"]).refused(&["already exists", "--force"]);
    assert_eq!(project.read("corslint.toml"), "# mine\n");
    assert_eq!(project.run(&["init", "--force"]).code, 0);
    assert!(project.read("corslint.toml").contains("https://app.example.com"));
}

#[test]
fn init_without_cors_states_nothing() {
    let project = project(&[("api/readme.md", "")]);
    assert_eq!(project.run(&["init", "api"]).code, 0);
    let written = project.read("api/corslint.toml");
    assert!(
        written.contains("# [environments.production]")
            && written.lines().all(|line| line.is_empty() || line.starts_with('#'))
    );
    assert_eq!(project.run(&["api"]).code, 0);
    // Every example in it is one that can be read.
    let examples: Vec<&str> = written.lines().filter_map(|line| line.strip_prefix("# ")).collect();
    let assigned: Vec<&str> = examples
        .into_iter()
        .filter(|line| line.split(" = ").next().is_some_and(|key| !key.contains(' ')) && line.contains(" = "))
        .collect();
    assert!(assigned.len() > 8, "{assigned:?}");
}

#[test]
fn the_examples_of_the_documentation_can_be_read() {
    let page = include_str!("../../docs/configuration.md");
    let mut count = 0;
    for (heading, rest) in page.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap()) {
        let example = rest.split("```toml\n").nth(1).and_then(|text| text.split("\n```").next()).unwrap();
        // The directory and the baseline of the examples do not exist, which is another error.
        if heading.contains("rules-dir") || heading.contains("baseline") || heading.contains("format") {
            continue;
        }
        count += 1;
        let project = project(&[("server.js", OPEN), ("corslint.toml", example)]);
        let ran = project.run(&[]);
        assert_ne!(ran.code, 2, "{heading}: {}", ran.err);
    }
    assert!(count >= 9, "{count}");
}

#[test]
fn schemas_are_json_and_describe_the_output() {
    let project = project(&[("server.js", OPEN), ("broken.js", "cors(\0")]);
    let schema = |what: &str| -> Value { serde_json::from_str(&project.run(&["schema", what]).out).unwrap() };
    assert!(schema("rule")["properties"]["when"].is_object());
    assert!(schema("config")["properties"]["environments"].is_object());
    let output = schema("output");
    let found: Value = serde_json::from_str(&project.run(&["--format", "json"]).out).unwrap();
    assert!(found["findings"].as_array().is_some_and(|list| !list.is_empty()));
    assert!(found["notices"].as_array().is_some_and(|list| !list.is_empty()));
    fits(&output, &output, &found, "output");
    let wrong = project.run(&["schema", "sarif"]);
    assert_eq!((wrong.code, wrong.err.contains("config, rule, output")), (2, true), "{}", wrong.err);
}

/// Holds a value against the few words of JSON Schema that ours use, and refuses keys the schema does not know.
fn fits(all: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(all, &all["$defs"][reference.rsplit('/').next().unwrap()], value, place);
    }
    if let Some(expected) = schema.get("const") {
        assert_eq!(value, expected, "{place}");
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place}: {value}");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &schema["type"] {
        Value::String(wanted) => assert_eq!(wanted, kind, "{place}"),
        Value::Array(wanted) => assert!(wanted.iter().any(|one| one == kind), "{place}"),
        _ => {}
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(required.as_str().unwrap()).is_some(), "{place} lacks {required}");
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let property = schema["properties"].get(key).unwrap_or_else(|| panic!("{place}.{key} is not described"));
        fits(all, property, inner, &format!("{place}.{key}"));
    }
    for item in value.as_array().into_iter().flatten() {
        fits(all, &schema["items"], item, &format!("{place}[]"));
    }
}

#[test]
fn completions_and_manual_pages() {
    let project = project(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = project.run(&["completions", shell]);
        assert_eq!((ran.code, ran.out.contains("changed-since")), (0, true), "{shell}");
    }
    assert_eq!(project.run(&["completions", "tcsh"]).code, 2);
    let page = project.run(&["man"]);
    assert!(page.code == 0 && page.out.contains(".TH corslint") && page.out.contains("explain"), "{}", page.out);
    let page = project.run(&["man", "check"]);
    assert!(
        page.code == 0 && page.out.contains("corslint\\-check") && page.out.contains("CORSLINT_BASELINE"),
        "{}",
        page.out
    );
    project.run(&["man", "chekc"]).refused(&["no verb `chekc`", "check, explain"]);
}

#[test]
fn rules_are_listed_by_group() {
    let out = project(&[]).run(&["rules"]).out;
    let headings: Vec<&str> = out.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).collect();
    assert_eq!(
        headings.iter().map(|line| line.split(':').next().unwrap()).collect::<Vec<_>>(),
        ["security", "blocked", "deploy", "performance", "upkeep"]
    );
    assert!(out.lines().any(|line| line.starts_with("  wildcard-origin ")), "{out}");
}

#[test]
fn every_option_has_a_variable() {
    let project = project(&[]);
    for verb in ["check", "baseline", "init", "explain", "rules"] {
        let Ran { out, .. } = project.run(&[verb, "--help"]);
        let lines: Vec<&str> = out.lines().collect();
        let starts = |line: &str| ["--", "-v,", "-o,"].iter().any(|start| line.trim_start().starts_with(start));
        let own = |line: &str| !["-h, --help", "-V, --version"].iter().any(|name| line.contains(name));
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| starts(line) && own(line)) {
            let rest = lines[index + 1..].iter().take_while(|next| !starts(next));
            let text: String = std::iter::once(line).chain(rest).copied().collect::<Vec<_>>().join(" ");
            assert!(text.contains("[env: CORSLINT_"), "{verb}: {text}");
        }
    }
}

#[test]
fn what_was_looked_at_and_found_is_shown_apart_from_the_report() {
    let project = project(&[("server.js", OPEN), ("a\u{1b}b.js", OPEN)]);
    let ran = project.run(&["--show-files", "--show-model", "--format", "json"]);
    assert!(serde_json::from_str::<Value>(&ran.out).is_ok(), "stdout stays what it is");
    assert!(
        ran.err.contains("+ javascript   server.js") && ran.err.contains("wildcard") | ran.err.contains('*'),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains('\u{1b}'), "control characters are made visible: {:?}", ran.err);
}
