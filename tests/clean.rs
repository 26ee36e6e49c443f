//! Repositories in which a hasty linter sees mistakes. Nothing is wrong in them, so nothing is said, not even a hint.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

#[test]
fn nothing_is_said_about_clean_repositories() {
    let rules = support::regular_rules();
    let only = std::env::var("PROJECT").ok();
    let mut failures = Vec::new();
    for project in support::folders_in("fixtures/clean") {
        let name = project.file_name().unwrap();
        if only.as_ref().is_some_and(|only| name != only) {
            continue;
        }
        let (report, scan) = support::check(&project, &rules);
        assert!(scan.looked_at > 0, "{name} holds no file that is looked at, so its silence says nothing");
        let found = support::findings(&report, &scan);
        if !found.is_empty() {
            failures.push(format!("  {name}\n{}", support::difference(&[], &found)));
        }
    }
    assert!(failures.is_empty(), "{} false alarms in fixtures/clean:\n{}", failures.len(), failures.join("\n"));
}
