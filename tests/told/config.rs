//! `corslint.toml`: where it is found, what it decides, and how it is refused.

use crate::{OPEN, project};

const WARNING: &str = "server.js:4 warning wildcard-origin";

#[test]
fn the_nearest_file_above_the_first_path_counts() {
    let project = project(&[
        ("server.js", OPEN),
        ("api/server.js", OPEN),
        ("api/.corslint.toml", "[rules]\nwildcard-origin = \"error\"\n"),
        ("corslint.toml", "[rules]\nwildcard-origin = \"info\"\n"),
    ]);
    assert_eq!(project.found(&[]).0, ["api/server.js:4 info wildcard-origin", "server.js:4 info wildcard-origin"]);
    assert_eq!(project.found(&["api"]).0, ["api/server.js:4 error wildcard-origin"]);
    assert_eq!(project.found(&["api/server.js", "server.js"]).0.len(), 2);
    let below = project.run_with(&["--format", "json"], &[], "api", None).found();
    assert_eq!(below.0, ["server.js:4 error wildcard-origin"]);
    assert_eq!(project.found(&["--isolated", "api"]).0, ["api/server.js:4 warning wildcard-origin"]);
    assert_eq!(project.found(&["--config", "corslint.toml", "api"]).0, ["api/server.js:4 info wildcard-origin"]);
}

#[test]
fn the_search_ends_at_the_repository_and_without_one_at_the_working_directory() {
    let outer = project(&[("repo/server.js", OPEN), ("corslint.toml", "[rules]\nwildcard-origin = \"off\"\n")]);
    let found = || outer.run_with(&["--format", "json"], &[], "repo", None).found().0;
    assert_eq!(found(), [WARNING], "a file above the working directory is none of ours");
    outer.write("repo/.git/HEAD", "");
    outer.write("repo/web/server.js", OPEN);
    outer.write("repo/corslint.toml", "[rules]\nwildcard-origin = \"info\"\n");
    let below = outer.run_with(&["--format", "json"], &[], "repo/web", None).found().0;
    assert_eq!(below, ["server.js:4 info wildcard-origin"], "the root of the repository is looked at");
    outer.write("repo/.corslint.toml", "");
    outer.run_with(&[], &[], "repo", None).refused(&[
        "two configurations",
        "`corslint.toml`",
        "`.corslint.toml`",
        "--config",
    ]);
}

#[test]
fn flags_win_over_variables_over_the_file() {
    let file = "fail-on = \"never\"\npersona = \"pedantic\"\nformat = \"json\"\nignore = [\"wildcard-origin\"]\n";
    let project = project(&[("server.js", OPEN), ("corslint.toml", file)]);
    let ran = project.run(&[]);
    assert_eq!((ran.code, ran.found().0.len()), (0, 0));
    let ran = project.run(&["--ignore", "null-origin"]);
    assert_eq!((ran.code, ran.found().0), (0, vec![WARNING.to_owned()]), "a flag takes the place of the list");
    assert_eq!(
        project.run(&["--select", "wildcard-origin"]).found().0,
        [WARNING],
        "and so does one that names the rule"
    );
    let with = |arguments: &[&str], variables: &[(&str, &str)]| project.run_with(arguments, variables, "", None);
    assert_eq!(with(&["--select", "security"], &[("CORSLINT_IGNORE", "null-origin")]).found().0, [WARNING]);
    assert_eq!(with(&["--ignore", "null-origin"], &[("CORSLINT_FAIL_ON", "warning")]).code, 1);
    assert_eq!(with(&["--ignore", "null-origin", "--fail-on", "error"], &[("CORSLINT_FAIL_ON", "warning")]).code, 0);
    let unset = ["FAIL_ON", "PERSONA", "COLOR", "CONFIG", "FORMAT", "BASELINE", "RULES", "ENV"]
        .map(|name| format!("CORSLINT_{name}"));
    let unset: Vec<(&str, &str)> = unset.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(with(&[], &unset).code, 0, "a variable set to nothing says nothing");
    assert!(with(&[], &[("CORSLINT_FORMAT", "concise")]).out.starts_with("Looked at"));
    assert_eq!(with(&[], &[("CORSLINT_ISOLATED", "1")]).code, 1);
    project.write("other.toml", "");
    assert_eq!(with(&[], &[("CORSLINT_CONFIG", "other.toml")]).code, 1);
}

#[test]
fn rules_are_selected_and_weighed() {
    let project = project(&[("server.js", OPEN)]);
    let found = |configuration: &str| {
        project.write("corslint.toml", configuration);
        project.found(&[]).0
    };
    assert_eq!(found("select = [\"blocked\"]"), [""; 0]);
    assert_eq!(found("select = \"security\""), [WARNING]);
    assert_eq!(found("ignore = [\"security\"]"), [""; 0]);
    assert_eq!(found("[rules]\nwildcard-origin = \"off\""), [""; 0]);
    assert_eq!(found("[rules]\nwildcard-origin = \"error\""), ["server.js:4 error wildcard-origin"]);
    assert_eq!(
        found("select = [\"security\"]\n[rules]\nwildcard-origin = \"off\""),
        [""; 0],
        "an id wins over a group"
    );
}

#[test]
fn overrides_are_about_files_and_nothing_is_lost_in_silence() {
    let project = project(&[("server.js", OPEN), ("legacy/a/server.js", OPEN), ("legacy/b/server.js", OPEN)]);
    project.write(
        "corslint.toml",
        "[[overrides]]\npaths = [\"legacy/**\"]\nrules = { wildcard-origin = \"info\" }\n\
         [[overrides]]\npaths = \"legacy/b\"\nignore = [\"security\"]\n",
    );
    let (found, summary) = project.found(&[]);
    assert_eq!(found, ["legacy/a/server.js:4 info wildcard-origin", WARNING]);
    assert_eq!(summary["suppressed"], 1);
    assert!(project.run(&[]).out.contains("; 1 suppressed"));
}

#[test]
fn what_is_excluded_is_not_looked_at_unless_it_is_named() {
    let project = project(&[("server.js", OPEN), ("old/server.js", OPEN), ("old/.env.production", "A=1\n")]);
    project.write("corslint.toml", "exclude = [\"old/\"]");
    let (found, summary) = project.found(&[]);
    assert_eq!((found, summary["files"].as_u64()), (vec![WARNING.to_owned()], Some(1)));
    assert_eq!(project.found(&["old/server.js"]).0, ["old/server.js:4 warning wildcard-origin"]);
}

#[test]
fn entries_leave_findings_out_and_say_why() {
    let project = project(&[("server.js", OPEN)]);
    let found = |configuration: &str| {
        project.write("corslint.toml", configuration);
        let (found, summary) = project.found(&[]);
        (found, summary["suppressed"].as_u64().unwrap())
    };
    let entry = |more: &str| {
        format!("[[ignore]]\npath = \"*.js\"\nrule = \"wildcard-origin\"\nreason = \"a status page\"\n{more}")
    };
    assert_eq!(found(&entry("")), (vec![], 1));
    assert_eq!(found(&entry("until = 2026-06-15")), (vec![], 1), "the last day counts");
    let over = vec!["corslint.toml:1 info unused-suppression".to_owned(), WARNING.to_owned()];
    assert_eq!(found(&entry("until = \"2026-06-14\"")), (over, 0));
    let texts = "ignore = [\"missing-max-age\", { path = \"server.js\", rule = [\"wildcard-origin\"] }]";
    assert_eq!(found(texts), (vec![], 1), "texts and tables in one list");
}

#[test]
fn rules_of_ones_own_are_found_from_the_file() {
    let rule = include_str!("../../rules/wildcard-origin.yaml").replace("id: wildcard-origin", "id: our-own");
    let project = project(&[
        ("server.js", OPEN),
        ("lint/our-own.yaml", &rule),
        ("corslint.toml", "rules-dir = \"lint\"\nselect = [\"our-own\"]\n"),
    ]);
    assert_eq!(project.found(&[]).0, ["server.js:4 warning our-own"]);
    assert!(project.run(&["rules"]).out.contains("our-own"), "every verb knows them");
    assert_eq!(project.run(&["explain", "our-own"]).code, 0);
    assert!(!project.run(&["rules", "--isolated"]).out.contains("our-own"));
}

#[test]
fn a_broken_file_is_one_error_with_place_and_remedy() {
    let table: &[(&str, &[&str])] = &[
        ("selct = []", &["unknown key `selct`", "did you mean `select`?", "corslint.toml:1:1"]),
        (
            "\n[rules]\nwildcard-orgin = \"off\"",
            &["no rule `wildcard-orgin`", "did you mean `wildcard-origin`?", "corslint.toml:3:1"],
        ),
        ("[rules]\nsecurity = \"off\"", &["`security` is a group"]),
        ("[rules]\nwildcard-origin = \"warn\"", &["`wildcard-origin` is \"warn\"", "did you mean `warning`?", ":2:19"]),
        ("select = [\"secrity\"]", &["no rule `secrity`", "did you mean `security`?"]),
        ("persona = 1", &["persona must be", "regular, pedantic"]),
        ("fail-on = \"fatal\"", &["error, warning, info, never"]),
        ("format = \"xml\"", &["unknown format `xml`", "corslint.toml:1:10"]),
        ("exclude = [\"a\", \"[z-a\"]", &["no pattern", ":1:17", ".gitignore"]),
        ("exclude = \"../other\"", &["leads out of the directory", "../other"]),
        ("[[ignore]]\npath = \"a\"", &["[[ignore]] lacks `rule`", "rule = \"wildcard-origin\""]),
        ("[[ignore]]\npath = \"a\"\nrule = \"null-origin\"\nuntil = \"soon\"", &["until must be a date", ":4:9"]),
        ("ignore = [1]", &["[[ignore]] must be a table"]),
        (
            "ignore = [\"null-origin\"]\n[[ignore]]\npath = \"a\"\nrule = \"null-origin\"",
            &["is no TOML", "`ignore` stands in one place"],
        ),
        ("public = \"api\"", &["`api` is no path of a URL", "/api/public/**"]),
        ("[environments.production]\norigin = []", &["[environments.production]", "did you mean `origins`?"]),
        (
            "[environments.production]\norigins = [\"https://a.example/\"]",
            &["ends with a slash", "write `https://a.example`", ":2:12"],
        ),
        ("[environments.production]\norigins = [\"a.example\"]", &["no origin that a browser sends"]),
        ("select = [", &["`corslint.toml` is no TOML"]),
        ("select = 5 #", &["select must be a list"]),
        ("\0", &["no TOML"]),
    ];
    for (text, parts) in table {
        let project = project(&[("server.js", OPEN), ("corslint.toml", text)]);
        for format in ["full", "json", "concise"] {
            let ran = project.run(&["--format", format]);
            assert_eq!(ran.code, 2, "{text:?} is accepted");
            ran.refused(parts);
        }
    }
    project(&[]).run(&["--config", "nowhere.toml"]).refused(&["there is no file or directory `nowhere.toml`"]);
}

#[test]
fn control_characters_of_the_file_do_not_reach_the_terminal() {
    let project = project(&[("corslint.toml", "\"\\u001b[31m\" = 1\n[rules]\n")]);
    let ran = project.run(&[]);
    assert_eq!(ran.code, 2);
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
}
