//! Baselines: what was found once is left out until it is fixed.

use serde_json::Value;

use crate::{OPEN, project};

const FILE: &str = ".corslint-baseline.json";

#[test]
fn known_findings_are_left_out_and_counted() {
    let project = project(&[("server.js", OPEN), ("api/server.js", OPEN)]);
    assert_eq!(project.run(&[]).code, 1);
    let ran = project.run(&["baseline"]);
    assert_eq!(
        (ran.code, ran.out.contains("2 findings in `.corslint-baseline.json`")),
        (0, true),
        "{}{}",
        ran.out,
        ran.err
    );
    let json: Value = serde_json::from_str(&project.read(FILE)).unwrap();
    assert_eq!((json["version"].as_u64(), json["findings"].as_array().unwrap().len()), (Some(1), 2));
    assert_eq!(json["findings"][0]["path"], "api/server.js");
    let ran = project.run(&["--baseline", FILE]);
    assert_eq!((ran.code, ran.out.contains("2 in the baseline")), (0, true), "{}", ran.out);
    assert_eq!(project.found(&["--baseline", FILE]).1["baselined"], 2);
    assert_eq!(project.run(&[]).code, 1, "it is not read without being asked for");
    project.write("corslint.toml", "baseline = \".corslint-baseline.json\"\n");
    assert_eq!(project.run(&[]).code, 0);
    assert_eq!(
        project.run_with(&["--format", "json"], &[], "api", None).found().1["baselined"],
        0,
        "no repository, no file above"
    );
    project.write(".git/HEAD", "");
    let below = project.run_with(&["--format", "json"], &[], "api", None).found();
    assert_eq!(
        (below.0.len(), below.1["baselined"].as_u64()),
        (0, Some(1)),
        "paths are those of the baseline's directory"
    );
}

#[test]
fn lines_may_move_and_new_findings_are_told() {
    let project = project(&[("server.js", OPEN)]);
    project.run(&["baseline"]);
    project.write("server.js", &format!("// one\n\n// two\n{}", OPEN.replace("app.use(cors(", "  app.use(cors(")));
    assert_eq!(project.found(&["--baseline", FILE]).0, [""; 0]);
    let twice = OPEN
        .replace("app.listen", "const other = express();\nother.use(cors({ origin: '*', maxAge: 7200 }));\napp.listen");
    project.write("server.js", &twice);
    assert_eq!(project.found(&["--baseline", FILE]).0.len(), 1, "one more than before is new");
}

#[test]
fn what_is_fixed_is_told_and_pruned() {
    let project = project(&[("server.js", OPEN), ("api/server.js", OPEN)]);
    project.run(&["baseline"]);
    project.write("server.js", &OPEN.replace("'*'", "'https://app.example.com'"));
    let ran = project.run(&["--baseline", FILE, "-v"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.out.contains("1 of the baseline fixed")
            && ran.out.contains("notice: server.js: `wildcard-origin` is fixed here"),
        "{}",
        ran.out
    );
    assert_eq!(project.found(&["--baseline", FILE]).1["fixed"], 1);
    assert_eq!(project.found(&["--baseline", FILE, "api"]).1["fixed"], 0, "what was not looked at is not fixed");
    assert_eq!(project.found(&["--baseline", FILE, "--ignore", "wildcard-origin"]).1["fixed"], 0);
    project.run(&["baseline", "api"]);
    assert!(project.read(FILE).contains("\"server.js\""), "what lies outside of the given paths stays");
    project.run(&["baseline"]);
    assert!(!project.read(FILE).contains("\"server.js\"") && project.read(FILE).contains("api/server.js"));
}

#[test]
fn suppressed_findings_are_not_in_it() {
    let text = OPEN.replace("7200 }));", "7200 })); // corslint: ignore[wildcard-origin]");
    let project = project(&[("server.js", &text)]);
    project.run(&["baseline", "--output", "known.json"]);
    assert_eq!(serde_json::from_str::<Value>(&project.read("known.json")).unwrap()["findings"], serde_json::json!([]));
}

#[test]
fn a_file_that_is_none_is_one_error() {
    let project = project(&[("server.js", OPEN)]);
    for (text, parts) in [
        (
            "{ \"version\": 2, \"findings\": [] }",
            &["has the form 2", "knows 1", "known.json:1:1", "corslint baseline"][..],
        ),
        ("{ \"version\": 1,\n \"findings\": [ 5 ] }", &["no baseline of this corslint", "known.json:2:1"]),
        ("{", &["no baseline of this corslint", "remove it"]),
        ("[]", &["no baseline of this corslint"]),
        ("", &["no baseline of this corslint"]),
        ("{ \"version\": 1 }", &["missing field `findings`"]),
    ] {
        project.write("known.json", text);
        for format in ["full", "json"] {
            project.run(&["--baseline", "known.json", "--format", format]).refused(parts);
        }
        project.run(&["baseline", "--output", "known.json"]).refused(parts);
        assert_eq!(project.read("known.json"), text, "it is not overwritten");
    }
    project.run(&["--baseline", "nowhere.json"]).refused(&["no file or directory `nowhere.json`", "corslint baseline"]);
}
