//! What the readers of each format rely on.

use serde_json::{Value, json};

use super::{OPEN, Project, attribute, elements};

fn open() -> Project {
    Project::new(&[("api/sérver.js", OPEN)])
}

#[test]
fn jsonl_has_the_findings_of_json() {
    let project = open();
    let whole = project.json(&["--format", "json"]);
    let lines = project.run(&["--format", "jsonl"]).out;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(whole["findings"], Value::Array(lines));
    assert_eq!(Project::new(&[]).run(&["--format", "jsonl"]).out, "");
}

#[test]
fn gitlab_has_what_code_quality_asks_for() {
    let issues = open().json(&["--format", "gitlab"]);
    let issue = issues.as_array().unwrap().iter().find(|issue| issue["check_name"] == "reflected-origin").unwrap();
    assert_eq!(issue["severity"], "critical");
    assert_eq!(issue["location"], json!({ "path": "api/sérver.js", "lines": { "begin": 4, "end": 4 } }));
    assert_eq!(issue["fingerprint"].as_str().map(str::len), Some(16));
    assert!(issue["description"].as_str().unwrap().contains("every origin"), "{issue}");
    assert_eq!(Project::new(&[]).json(&["--format", "gitlab"]), json!([]));
}

#[test]
fn rdjson_counts_bytes() {
    let text = OPEN.replace("cors({ origin", "cors({ /* é😀 */ origin");
    let result = Project::new(&[("a.js", text.as_str())]).json(&["--format", "rdjson"]);
    assert_eq!(result["source"]["name"], "corslint");
    let found = result["diagnostics"].as_array().unwrap().iter();
    let found = found.clone().find(|one| one["code"]["value"] == "reflected-origin").unwrap();
    let line = text.lines().nth(3).unwrap();
    let (start, end) = (&found["location"]["range"]["start"], &found["location"]["range"]["end"]);
    let column = |position: &Value| usize::try_from(position["column"].as_u64().unwrap()).unwrap() - 1;
    assert_eq!((start["line"].as_u64(), &line[column(start)..column(end)]), (Some(4), "true"), "{found}");
    assert_eq!(found["severity"], "ERROR");
    assert!(found["code"]["url"].as_str().unwrap().starts_with("https://"));
}

#[test]
fn checkstyle_has_a_file_with_its_errors() {
    let found = elements(&open().run(&["--format", "checkstyle"]).out);
    assert_eq!((found[0].0.as_str(), found[1].0.as_str()), ("checkstyle", "file"));
    assert_eq!(attribute(&found[1], "name"), "api/sérver.js");
    let error = found.iter().find(|one| attribute(one, "source") == "corslint.reflected-origin").unwrap();
    let values = ["line", "severity"].map(|name| attribute(error, name));
    assert_eq!((error.0.as_str(), values), ("error", ["4", "error"]));
    let empty = elements(&Project::new(&[]).run(&["--format", "checkstyle"]).out);
    assert_eq!(empty.len(), 1);
}

#[test]
fn junit_counts_what_it_holds_and_is_never_without_a_case() {
    let found = elements(&open().run(&["--format", "junit"]).out);
    let count = |name: &str| found.iter().filter(|element| element.0 == name).count().to_string();
    assert_eq!(attribute(&found[0], "tests"), count("testcase"));
    assert_eq!(attribute(&found[0], "failures"), count("failure"));
    let failure = found.iter().find(|one| attribute(one, "type") == "reflected-origin").unwrap();
    assert!(attribute(failure, "message").contains("every origin"));
    let silent = |project: &Project| {
        let found = elements(&project.run(&["--format", "junit"]).out);
        let case = found.iter().find(|element| element.0 == "testcase").unwrap();
        (attribute(&found[0], "failures").to_owned(), attribute(case, "name").to_owned())
    };
    assert_eq!(silent(&Project::new(&[])), ("0".to_owned(), "no CORS found".to_owned()));
    let safe = OPEN.replace("true, cred", "['https://app.example.com'], maxAge: 600, cred");
    assert_eq!(silent(&Project::new(&[("a.js", &safe)])), ("0".to_owned(), "nothing wrong".to_owned()));
}

#[test]
fn markdown_is_one_table() {
    let text = open().run(&["--format", "markdown"]).out;
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows[..2], ["| severity | rule | where | what |", "|---|---|---|---|"]);
    let row = rows.iter().find(|row| row.contains("reflected-origin")).unwrap();
    assert!(row.contains("| `api/sérver.js:4:24` |") && row.contains("](<https://"), "{row}");
    let empty = Project::new(&[]).run(&["--format", "markdown"]).out;
    assert!(empty.contains("No CORS found") && !empty.contains('|'), "{empty}");
}

#[test]
fn a_server_without_cors_is_not_called_right() {
    let bare = "const express = require('express');\n// no cors here\nconst app = express();\n\
        app.get('/', (req, res) => res.send('x'));\napp.listen(3000);\n";
    let out = Project::new(&[("a.js", bare)]).run(&[]).out;
    assert!(out.starts_with("No CORS found: looked at 1 file in "), "{out}");
    assert!(!out.contains("nothing wrong"), "{out}");
}
