//! Small repositories with the findings that each must give, no fewer and no more.
//!
//! Every folder of fixtures/projects/ is a repository and its `findings.txt` says what is expected of it. Where there is a
//! `pedantic.txt`, it says what the pedantic rules add.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::fs;

#[test]
fn every_project_gives_what_it_says() {
    let rules = support::regular_rules();
    let pedantic = support::pedantic_rules();
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
        let mut told = vec![("findings.txt", support::findings(&report, &scan))];
        if project.join("pedantic.txt").exists() {
            let (report, scan) = support::check(&project, &pedantic);
            told.push(("pedantic.txt", support::findings(&report, &scan)));
        }
        for (file, found) in told {
            let file = project.join(file);
            if update {
                fs::write(&file, found.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
                continue;
            }
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
            let expected: Vec<String> = text.lines().map(str::to_owned).collect();
            if expected != found {
                failures.push(format!("  {name}\n{}", support::difference(&expected, &found)));
            }
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

#[test]
fn the_lines_that_do_the_same_are_named_beside_the_first() {
    let project = support::folder("fixtures/projects/workers-router-that-fails-to-start");
    let (report, scan) = support::check(&project, &support::regular_rules());
    let vary = report.findings.iter().find(|finding| &*finding.rule == "missing-vary-origin").unwrap();
    let lines = vary.labels.iter().map(|label| scan.sources.position(label.span.file, label.span.start).line);
    assert_eq!(lines.collect::<Vec<_>>(), [21]);
}

#[test]
fn the_shop_of_the_readme_is_worth_a_first_look() {
    let readme = fs::read_to_string(support::folder("README.md")).unwrap();
    assert!(readme.contains("-- examples/shop\n"), "README.md begins with another command");
    let (report, scan) = support::check(&support::folder("examples/shop"), &support::regular_rules());
    let expected = [
        ".env.production:2 error malformed-origin",
        "api/cors.js:3 error loose-origin-match",
        "api/cors.js:6 info missing-max-age",
        "api/cors.js:9 error ineffective-option",
        "api/server.js:8 error auth-before-preflight",
        "api/server.js:10 error unsupported-route-pattern",
        "nginx/nginx.conf:12 error headers-lost-by-inheritance",
        "stock/main.py:8 error wildcard-credentials",
    ];
    let found = support::findings(&report, &scan);
    assert_eq!(found, expected, "\n{}", support::difference(&expected.map(str::to_owned), &found));
    assert!(report.notices.is_empty(), "{:?}", report.notices);
}
