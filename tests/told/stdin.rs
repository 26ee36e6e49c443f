//! A text on stdin, checked as if it were a file.

use crate::{OPEN, project};

#[test]
fn the_text_takes_the_place_of_the_file() {
    let fixed = OPEN.replace("'*'", "'https://app.example.com'");
    let project = project(&[("src/server.js", &fixed), ("src/other.js", OPEN)]);
    let run = |text: &str, arguments: &[&str]| {
        project.run_with(&[arguments, &["--format", "json"]].concat(), &[], "", Some(text))
    };
    let ran = run(OPEN, &["-", "--stdin-filename", "src/server.js"]);
    assert_eq!((ran.code, ran.found().0), (1, vec!["src/server.js:4 warning wildcard-origin".to_owned()]));
    assert_eq!(run("", &["-", "--stdin-filename", "src/other.js"]).code, 0);
    assert_eq!(run(OPEN, &["check", "--stdin-filename", "not/there.mjs", "-"]).code, 1, "it need not exist");
    let other = run(OPEN, &["-", "--stdin-filename", "notes.txt"]);
    assert_eq!((other.code, other.out.contains("not a kind of file that corslint reads")), (0, true));
    let variable = project.run_with(&["-"], &[("CORSLINT_STDIN_FILENAME", "a.js")], "", Some(OPEN));
    assert_eq!(variable.code, 1);
}

#[test]
fn imports_and_the_configuration_are_those_of_the_file() {
    let text = OPEN.replace("'*'", "require('./origins').list");
    let project = project(&[("api/origins.js", "exports.list = ['https://app.example.com/'];\n")]);
    let run = || {
        project
            .run_with(&["-", "--stdin-filename", "api/server.js", "--format", "json"], &[], "", Some(&text))
            .found()
            .0
    };
    assert_eq!(run(), ["api/origins.js:1 error malformed-origin"]);
    project.write("api/corslint.toml", "[rules]\nmalformed-origin = \"info\"\n");
    assert_eq!(run(), ["api/origins.js:1 info malformed-origin"]);
}

#[test]
fn what_is_missing_is_said() {
    let project = project(&[]);
    project.run(&["-"]).refused(&["has no name", "--stdin-filename src/server.js -"]);
    project.run(&["--stdin-filename", "a.js"]).refused(&["nothing is read from stdin", "`-`"]);
    project.run(&["-", "src", "--stdin-filename", "a.js"]).refused(&["together with other paths"]);
}

#[test]
fn a_text_without_end_is_not_read_to_its_end() {
    let project = project(&[]);
    let large = "cors ".repeat(400_000);
    let ran = project.run_with(&["-", "--stdin-filename", "a.js", "-v"], &[], "", Some(&large));
    assert_eq!((ran.code, ran.out.contains("larger than 1048576 bytes")), (0, true), "{}", ran.out);
}
