//! SARIF: rules, places, and paths of a repository.

use std::fs;

use serde_json::{Value, json};

use super::{OPEN, Project};

fn result<'a>(log: &'a Value, rule: &str) -> &'a Value {
    log["runs"][0]["results"].as_array().unwrap().iter().find(|result| result["ruleId"] == rule).unwrap()
}

#[test]
fn rules_are_described() {
    let log = Project::new(&[("a.js", OPEN)]).json(&["--format", "sarif"]);
    assert_eq!(log["version"], "2.1.0");
    let driver = &log["runs"][0]["tool"]["driver"];
    let result = result(&log, "reflected-origin");
    let rule = &driver["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!((&rule["id"], &result["level"]), (&json!("reflected-origin"), &json!("error")));
    assert_eq!(rule["defaultConfiguration"]["level"], "warning");
    assert_eq!(rule["properties"]["security-severity"], "5.5");
    assert!(rule["properties"]["tags"].as_array().unwrap().contains(&json!("security")));
    assert!(rule["helpUri"].as_str().unwrap().starts_with("https://"));
    for text in [
        &rule["shortDescription"]["text"],
        &rule["fullDescription"]["text"],
        &rule["help"]["text"],
        &rule["help"]["markdown"],
    ] {
        assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{rule}");
    }
    assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("## Why is this bad\n"));
    // Rules that do not run are not told of, and those that are not about security have no score of that kind.
    let all = driver["rules"].as_array().unwrap();
    assert!(all.iter().all(|rule| !rule["properties"]["tags"].as_array().unwrap().contains(&json!("pedantic"))));
    let blocked = all.iter().find(|rule| rule["id"] == "preflight-unhandled").unwrap();
    assert!(blocked["properties"].get("security-severity").is_none(), "{blocked}");
    let pedantic = Project::new(&[("a.js", OPEN)]).json(&["--format", "sarif", "--ignore", "missing-max-age"]);
    let rules = pedantic["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().clone();
    assert!(rules.iter().all(|rule| rule["id"] != "missing-max-age"));
}

#[test]
fn columns_count_characters_and_ends_are_exclusive() {
    let text = OPEN.replace("cors({ origin", "cors({ /* é😀 */ origin");
    let log = Project::new(&[("a.js", text.as_str())]).json(&["--format", "sarif"]);
    assert_eq!(log["runs"][0]["columnKind"], "unicodeCodePoints");
    let region = &result(&log, "reflected-origin")["locations"][0]["physicalLocation"]["region"];
    let column = text.lines().nth(3).unwrap().chars().collect::<String>();
    let start = column[..column.find("true").unwrap()].chars().count() + 1;
    assert_eq!(*region, json!({ "startLine": 4, "startColumn": start, "endLine": 4, "endColumn": start + 4 }));
}

#[test]
fn evidence_in_other_files_is_related() {
    let project = Project::new(&[
        (".env.production", "ORIGIN=https://a.example/\n"),
        ("a.js", &OPEN.replace("true, cred", "[process.env.ORIGIN], maxAge: 600, cred")),
    ]);
    let log = project.json(&["--format", "sarif"]);
    let result = result(&log, "malformed-origin");
    let place = |location: &Value| location["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(place(&result["locations"][0]), ".env.production");
    let related = result["relatedLocations"].as_array().unwrap();
    assert!(related.iter().any(|location| place(location) == "a.js" && location["id"] == 1), "{result}");
    assert!(related.iter().all(|location| location["message"]["text"].is_string()), "{result}");
}

#[test]
fn paths_start_at_the_root_of_the_repository_and_are_uris() {
    let project = Project::new(&[("services/ä pi/[id]/a%20b.js", OPEN)]);
    fs::create_dir(project.path().join(".git")).unwrap();
    let check = |directory: &str, path: &str| {
        let ran = project.run_in(directory, &["--format", "sarif", path]);
        let log: Value = serde_json::from_str(&ran.out).unwrap();
        let place = result(&log, "reflected-origin")["locations"][0]["physicalLocation"]["artifactLocation"].clone();
        assert_eq!(
            place,
            json!({ "uri": "services/%C3%A4%20pi/%5Bid%5D/a%2520b.js", "uriBaseId": "%SRCROOT%" }),
            "{directory}"
        );
        assert!(log["runs"][0]["originalUriBaseIds"]["%SRCROOT%"].is_object());
    };
    check("", ".");
    check("services/ä pi", ".");
    fs::create_dir(project.path().join("web")).unwrap();
    check("web", "../services");
}

#[test]
fn nothing_depends_on_the_machine_or_the_time() {
    let (one, other) = (Project::new(&[("a.js", OPEN)]), Project::new(&[("a.js", OPEN)]));
    let first = one.run(&["--format", "sarif"]).out;
    assert_eq!(first, other.run(&["--format", "sarif"]).out);
    assert!(!first.contains(one.path().to_str().unwrap()));
}

#[test]
fn notices_are_notifications() {
    let project = Project::new(&[("a.js", OPEN), ("b.js", "cors\0")]);
    let log = project.json(&["--format", "sarif"]);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    let notice = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notice["message"]["text"], "binary, not read");
    assert_eq!(notice["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "b.js");
}
