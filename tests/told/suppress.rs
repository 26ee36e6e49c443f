//! Comments that leave findings out: where they may stand, and what is said when they do nothing.

use crate::{OPEN, project};

const WARNING: &str = "server.js:4 warning wildcard-origin";

/// The findings of [`OPEN`] with its fourth line replaced, and how many were suppressed.
fn found(lines: &str) -> (Vec<String>, u64) {
    in_file("server.js", &OPEN.replace("app.use(cors({ origin: '*', maxAge: 7200 }));", lines))
}

fn in_file(path: &str, text: &str) -> (Vec<String>, u64) {
    let (found, summary) = project(&[(path, text)]).found(&[]);
    (found, summary["suppressed"].as_u64().unwrap())
}

fn suppressed() -> (Vec<String>, u64) {
    (Vec::new(), 1)
}

#[test]
fn at_the_end_of_the_line_above_it_and_inside() {
    let call = "app.use(cors({ origin: '*', maxAge: 7200 }));";
    assert_eq!(found(call), (vec![WARNING.to_owned()], 0));
    for lines in [
        "app.use(cors({ origin: '*', maxAge: 7200 })); // corslint: ignore[wildcard-origin] -- a status page",
        "app.use(cors({ origin: '*', maxAge: 7200 })); /* corslint: ignore[wildcard-origin] */",
        "// corslint: ignore[wildcard-origin]\napp.use(cors({ origin: '*', maxAge: 7200 }));",
        "/* corslint: ignore[wildcard-origin]\n * -- two lines */\n// and another comment\napp.use(cors({ origin: '*', maxAge: 7200 }));",
        "app.use(cors({\n  // corslint: ignore[null-origin, wildcard-origin]\n  origin: '*',\n  maxAge: 7200 }));",
        "app.use(cors({ origin: /* corslint: ignore[wildcard-origin] */ '*', maxAge: 7200 }));",
        "app.use(cors({ // corslint: ignore[wildcard-origin]\n  maxAge: 7200 }));",
    ] {
        let (found, count) = found(lines);
        let rest: Vec<&String> = found.iter().filter(|line| !line.contains("unused-suppression")).collect();
        assert_eq!((rest.len(), count), (0, 1), "{lines}: {found:?}");
    }
}

#[test]
fn every_comment_syntax() {
    let django = "INSTALLED_APPS = [\"corsheaders\"]\nMIDDLEWARE = [\"corsheaders.middleware.CorsMiddleware\", \"django.middleware.common.CommonMiddleware\"]\nCORS_ALLOW_ALL_ORIGINS = True  # corslint: ignore[wildcard-origin]\n";
    assert_eq!(in_file("shop/settings.py", django), suppressed());
    let nginx = "server {\n  location / {\n    # corslint: ignore[wildcard-origin]\n    add_header Access-Control-Allow-Origin * always;\n    proxy_pass http://127.0.0.1:8000;\n  }\n}\n";
    assert_eq!(in_file("nginx.conf", nginx), suppressed());
    let read = OPEN.replace("'*'", "process.env.ORIGIN");
    let env = |comment: &str| {
        let project = project(&[
            ("server.js", &read),
            (".env.production", &format!("{comment}\nORIGIN=http://localhost:3000\n")),
        ]);
        project.found(&[]).0
    };
    assert_eq!(env(""), [".env.production:2 error localhost-origin"]);
    assert_eq!(env("# corslint: ignore[localhost-origin]"), [""; 0]);
    let compose = "services:\n  api:\n    environment:\n      ORIGIN: http://localhost:3000 # corslint: ignore[localhost-origin]\n";
    assert_eq!(project(&[("server.js", &read), ("compose.prod.yml", compose)]).found(&[]).0, [""; 0]);
    let tsx = "import express from 'express';\nimport cors from 'cors';\nconst app = express();\n{/* corslint: ignore[wildcard-origin] */}\napp.use(cors({ origin: '*', maxAge: 7200 }));\napp.listen(1);\n";
    assert_eq!(in_file("server.tsx", tsx), suppressed());
}

#[test]
fn a_whole_file() {
    let top = format!(
        "#!/usr/bin/env node\n// The status page.\n// corslint: ignore-file[wildcard-origin] -- for everybody\n{OPEN}"
    );
    assert_eq!(in_file("server.js", &top), suppressed());
    let late = OPEN.replace("app.listen", "// corslint: ignore-file[wildcard-origin]\napp.listen");
    let (found, count) = in_file("server.js", &late);
    assert_eq!((found, count), (vec![WARNING.to_owned(), "server.js:5 warning invalid-suppression".to_owned()], 0));
}

#[test]
fn what_is_no_directive_suppresses_nothing() {
    for lines in [
        "app.use(cors({ origin: '*', maxAge: 7200 })); // see corslint: ignore[wildcard-origin]",
        "app.use(cors({ origin: '*', maxAge: 7200 }), '// corslint: ignore[wildcard-origin]');",
        "app.use(cors({ origin: '*', maxAge: 7200 }), `\n// corslint: ignore[wildcard-origin]\n`);",
    ] {
        assert_eq!(found(lines), (vec![WARNING.to_owned()], 0), "{lines}");
    }
}

#[test]
fn broken_directives_are_told_with_place_and_remedy() {
    for (comment, says, severity) in [
        ("ignore", "names no rule", "warning"),
        ("ignore[]", "names no rule", "warning"),
        ("ignore[wildcard-origin", "has no `]`", "warning"),
        ("ignore[wildcard-origin] because", "a reason begins with ` -- `", "warning"),
        ("ignore[wildcard-origin] until=never", "until=2026-12-31", "warning"),
        ("disable-line", "says `disable-line`", "warning"),
        ("ignore[wildcard-orgin]", "did you mean `wildcard-origin`?", "info"),
        ("ignore[security]", "there is no rule `security`", "info"),
    ] {
        let text = OPEN.replace("7200 }));", &format!("7200 }})); // corslint: {comment}"));
        let project = project(&[("server.js", &text)]);
        let (found, _) = project.found(&[]);
        assert_eq!(found, [WARNING.to_owned(), format!("server.js:4 {severity} invalid-suppression")], "{comment}");
        let out = project.run(&[]).out;
        assert!(out.contains(says), "{comment}: {out}");
    }
}

#[test]
fn unused_ones_are_told_and_break_nothing() {
    let unused = "// corslint: ignore[null-origin, wildcard-origin]\napp.use(cors({ origin: '*', maxAge: 7200 }));";
    let text = OPEN.replace("app.use(cors({ origin: '*', maxAge: 7200 }));", unused);
    let project = project(&[("server.js", &text)]);
    let ran = project.run(&[]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("info[unused-suppression]") && ran.out.contains("null-origin"), "{}", ran.out);
    assert_eq!(project.found(&["--ignore", "null-origin"]).0, [""; 0], "a rule that did not run is not judged");
    assert_eq!(project.found(&["--select", "wildcard-origin"]).0, [""; 0]);
    project.write("corslint.toml", "[rules]\nunused-suppression = \"error\"\n");
    assert_eq!(project.run(&[]).code, 1, "whoever wants to be strict can be");
}

#[test]
fn a_last_day() {
    let until = |day: &str| {
        format!(
            "// corslint: ignore[wildcard-origin] until={day} -- a trial\napp.use(cors({{ origin: '*', maxAge: 7200 }}));"
        )
    };
    assert_eq!(found(&until("2026-06-15")), suppressed());
    let over = vec!["server.js:4 info unused-suppression".to_owned(), "server.js:5 warning wildcard-origin".to_owned()];
    assert_eq!(found(&until("2026-06-14")), (over, 0));
    let text = OPEN.replace("app.use(cors({ origin: '*', maxAge: 7200 }));", &until("2026-06-14"));
    let project = project(&[("server.js", &text)]);
    assert!(project.run(&[]).out.contains("the last day of this suppression is over: 2026-06-14"));
    let day = |name: &str, value: &str| {
        project.run_with(&["--format", "json"], &[("CORSLINT_TODAY", ""), (name, value)], "", None)
    };
    assert_eq!(day("SOURCE_DATE_EPOCH", "1781395200").found().0, [""; 0], "2026-06-14");
    assert_eq!(day("SOURCE_DATE_EPOCH", "1781481600").found().0.len(), 2, "2026-06-15");
    day("SOURCE_DATE_EPOCH", "soon").refused(&["SOURCE_DATE_EPOCH is `soon`"]);
}

#[test]
fn only_the_primary_place_counts() {
    // The policy is in one file and the list that is at fault in another: the comment belongs to the list.
    let server = "import express from 'express';\nimport cors from 'cors';\nimport { origins } from './origins.js';\nconst app = express();\napp.use(cors({ origin: origins, maxAge: 7200 })); // corslint: ignore[malformed-origin]\napp.listen(3000);\n";
    let list = "export const origins = ['https://app.example.com/'];\n";
    let project = project(&[("server.js", server), ("origins.js", list)]);
    let found = project.found(&[]).0;
    assert_eq!(found, ["origins.js:1 error malformed-origin", "server.js:5 info unused-suppression"]);
}

#[test]
fn hostile_comments_end_quickly() {
    let mut text = "/* corslint: ignore[".repeat(5_000);
    text += &"// corslint: ignore[a,b,c] until=2026-01-01 --\n".repeat(2_000);
    text += "cors";
    let project = project(&[
        ("server.js", &text),
        ("x.conf", &format!("server {{ {} }}", "# corslint: ignore[x]\n".repeat(3_000))),
    ]);
    let ran = project.run(&["--format", "json", "--fail-on", "never"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}
