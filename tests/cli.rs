//! The program as a user meets it: arguments, environment, streams and exit codes.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

struct Run {
    directory: TempDir,
    command: Command,
}

impl Run {
    fn new(arguments: &[&str]) -> Run {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_corslint"));
        command.env_clear().current_dir(directory.path()).args(arguments);
        Run { directory, command }
    }

    fn file(self, path: &str, text: &str) -> Run {
        let place = self.directory.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
        self
    }

    fn env(mut self, name: &str, value: &str) -> Run {
        self.command.env(name, value);
        self
    }

    fn expect(mut self, code: i32) -> (String, String, TempDir) {
        let Output { status, stdout, stderr } = self.command.output().unwrap();
        let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        assert_eq!(status.code(), Some(code), "stdout: {out}\nstderr: {err}");
        (out, err, self.directory)
    }
}

#[test]
fn no_arguments_check_the_working_directory() {
    let (out, err, _) = Run::new(&[]).file("readme.md", "").expect(0);
    assert!(out.starts_with("No CORS found: looked at 0 files in "), "{out}");
    assert_eq!(err, "");
    let (out, _, _) = Run::new(&["check"]).file("a.js", "x").expect(0);
    assert!(out.contains("looked at 1 file "), "{out}");
}

#[test]
fn help_and_version_are_no_errors() {
    let (out, _, _) = Run::new(&["--help"]).expect(0);
    assert!(out.contains("corslint [OPTIONS] [PATH]") && out.contains("explain") && !out.contains("docs"), "{out}");
    let (out, _, _) = Run::new(&["--version"]).expect(0);
    assert_eq!(out, format!("corslint {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_two_and_says_what_is_wrong() {
    let table: &[(&[&str], &str)] = &[
        (&["--fromat", "json"], "--format"),
        (&["nowhere"], "there is no file or directory `nowhere`"),
        (&["--format", "xml"], "unknown format `xml`; known are full, concise, json"),
        (&["--format", "json="], "the file name after `=` is missing"),
        (&["--fail-on", "fatal"], "error, warning, info, never"),
        (&["--env", "NAME"], "expected NAME=VALUE"),
        (&["--select", "no-such-rule"], "there is no rule `no-such-rule`"),
        (&["--ignore", "no-such-rule"], "there is no rule `no-such-rule`"),
        (&["explain", "no-such-rule"], "there is no rule `no-such-rule`"),
        (&["--format", "json=no/such/place.json"], "cannot write `no/such/place.json`"),
    ];
    for (arguments, message) in table {
        let (out, err, _) = Run::new(arguments).expect(2);
        assert!(err.contains(message), "{arguments:?}: {err}");
        assert!(out.is_empty() && !err.contains('\u{1b}'), "{arguments:?}: {out}{err}");
    }
}

#[test]
fn json_to_stdout_and_to_a_file() {
    let (out, _, _) = Run::new(&["--format", "json"]).expect(0);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["summary"]["files"], 0);
    let (out, _, directory) = Run::new(&["--format", "json=out.json", "--format", "concise"]).expect(0);
    assert!(out.starts_with("No CORS found"), "{out}");
    let file = fs::read_to_string(directory.path().join("out.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&file).unwrap()["version"], "1");
}

#[test]
fn every_option_is_a_variable_too() {
    let (out, _, _) = Run::new(&[]).env("CORSLINT_FORMAT", "json").expect(0);
    assert!(out.starts_with('{'), "{out}");
    let (out, _, _) = Run::new(&[]).file("b.js", "cors\0").env("CORSLINT_VERBOSE", "1").expect(0);
    assert!(out.starts_with("notice: b.js: binary, not read\n"), "{out}");
    let (out, _, _) = Run::new(&[]).file("b.js", "cors\0").env("CORSLINT_VERBOSE", "0").expect(0);
    assert!(out.contains("1 notice (-v shows them)"), "{out}");
    Run::new(&[]).env("CORSLINT_SELECT", "no-such-rule").expect(2);
    Run::new(&[]).env("CORSLINT_SELECT", "").env("CORSLINT_IGNORE", "").expect(0);
    Run::new(&[]).env("CORSLINT_ENV", "A=1,2\nB=3").expect(0);
}

#[test]
fn colours_follow_the_flag_and_the_conventions() {
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let run = Run::new(arguments).file("b.js", "cors\0");
        let (out, _, _) = variables.iter().fold(run, |run, (name, value)| run.env(name, value)).expect(0);
        out.contains('\u{1b}')
    };
    assert!(!colored(&["-v"], &[]), "a pipe is no terminal");
    assert!(colored(&["-v", "--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&["-v"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&["-v"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["-v", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&["-v"], &[("TERM", "dumb")]));
}

#[test]
fn show_files_goes_to_stderr_and_leaves_json_whole() {
    let run = Run::new(&["--show-files", "--format", "json"]).file("a.js", "cors").file("b.js", "x");
    let (out, err, _) = run.expect(0);
    assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{out}");
    assert_eq!(err, "+ javascript   a.js\n  javascript   b.js\n");
}

#[test]
fn a_path_is_not_taken_for_a_verb() {
    let (out, _, _) = Run::new(&["./rules"]).file("rules/a.js", "x").expect(0);
    assert!(out.contains("looked at 1 file "), "{out}");
}

#[test]
fn docs_remove_pages_of_rules_that_are_gone() {
    let run = Run::new(&["docs"])
        .file("README.md", "# x\n<!-- rules -->\nstale table\n<!-- /rules -->\n")
        .file("docs/rules/no-such-rule.md", "old");
    let (_, _, directory) = run.expect(0);
    assert!(!directory.path().join("docs/rules/no-such-rule.md").exists());
    assert!(!fs::read_to_string(directory.path().join("README.md")).unwrap().contains("stale table"));
    let (_, err, _) = Run::new(&["docs"]).file("README.md", "# x\n").expect(2);
    assert!(err.contains("no place for the table"), "{err}");
}
