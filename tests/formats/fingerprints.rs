//! What a finding is called stays the same while its code does.

use serde_json::Value;

use super::{OPEN, Project};

/// Rule and fingerprint of every finding.
fn prints(text: &str) -> Vec<(String, String)> {
    let project = Project::new(&[("a.js", text)]);
    let json = project.json(&["--format", "json"]);
    let mut prints: Vec<(String, String)> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["rule"].as_str().unwrap().to_owned(), one["fingerprint"].as_str().unwrap().to_owned()))
        .collect();
    prints.sort();
    // The other formats that carry one carry the same.
    let sarif = project.json(&["--format", "sarif"]);
    let of_sarif = |result: &Value| result["partialFingerprints"]["corslint/v1"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = sarif["runs"][0]["results"].as_array().unwrap().iter().map(of_sarif).collect();
    let gitlab = project.json(&["--format", "gitlab"]);
    let mut others: Vec<String> =
        gitlab.as_array().unwrap().iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect();
    let mut all: Vec<String> = prints.iter().map(|(_, print)| print.clone()).collect();
    all.sort();
    names.sort();
    others.sort();
    assert_eq!((&names, &others), (&all, &all));
    prints
}

#[test]
fn they_survive_lines_above_and_another_layout() {
    let before = prints(OPEN);
    assert!(before.len() >= 2, "{before:?}");
    assert_eq!(prints(&format!("// a\n\n// b\n{OPEN}")), before, "lines above");
    assert_eq!(prints(&OPEN.replace('\n', "\r\n")), before, "line ends");
    let reformatted = OPEN.replace(
        "cors({ origin: true, credentials: true })",
        "cors({\n    origin: true,\n    credentials: true,\n  })",
    );
    assert_eq!(prints(&reformatted), before, "over several lines");
    assert_eq!(prints(&OPEN.replace("  ", " ").replace("{ origin: true", "{origin:true")), before, "without spaces");
    assert_eq!(prints(&OPEN.replace("app.put", "app.get('/new', (q, r) => r.end());\napp.put")), before, "lines below");
}

#[test]
fn they_tell_rules_places_and_twins_apart() {
    let mut twice: Vec<String> =
        prints(&OPEN.replace("app.use(", "app.use('/a', cors({ origin: true, credentials: true }));\napp.use('/b', "))
            .into_iter()
            .map(|(_, print)| print)
            .collect();
    let number = twice.len();
    assert!(number >= 3, "{twice:?}");
    twice.dedup();
    assert_eq!(twice.len(), number);
}
