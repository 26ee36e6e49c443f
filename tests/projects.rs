//! Small repositories with the findings that each must give, no fewer and no more.
//!
//! Every folder of fixtures/projects/ is a repository and its `findings.txt` says what is expected of it.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::fs;

#[test]
fn every_project_gives_what_it_says() {
    let rules = support::regular_rules();
    let only = std::env::var("PROJECT").ok();
    let update = std::env::var_os("UPDATE_FINDINGS").is_some();
    let mut failures = Vec::new();
    let mut checked = 0;
    for project in support::folders_in("fixtures/projects") {
        let name = project.file_name().unwrap();
        if only.as_ref().is_some_and(|only| name != only) {
            continue;
        }
        checked += 1;
        let (report, scan) = support::check(&project, &rules);
        let found = support::findings(&report, &scan);
        let file = project.join("findings.txt");
        if update {
            fs::write(&file, found.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
            continue;
        }
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let expected: Vec<String> = text.lines().map(str::to_owned).collect();
        if expected != found {
            failures.push(format!("  {name}\n{}", support::difference(&expected, &found)));
        }
        // A file that cannot be parsed would make silence worthless.
        for notice in &report.notices {
            failures.push(format!("  {name}: {}:{}: {}\n", notice.path, notice.line, notice.message));
        }
    }
    assert!(checked > 0, "there is no such project");
    assert!(
        failures.is_empty(),
        "{} of {checked} projects (- expected, + found):\n{}\nOne project: PROJECT=<name> cargo test --test projects. \
         To accept what is found, after reading it: UPDATE_FINDINGS=1.",
        failures.len(),
        failures.join("\n")
    );
}
