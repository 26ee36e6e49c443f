//! The action's script, run as GitHub runs it: inputs and files in variables, with a `cargo` and a `curl` of our own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

const OPEN: &str = "const express = require('express');\nconst cors = require('cors');\nconst app = express();\n\
    app.use(cors({ origin: true, credentials: true }));\napp.put('/me', (req, res) => res.json({}));\napp.listen(3000);\n";

/// A runner with a checkout, its folders of tools, and the inputs of one step.
struct Step {
    home: TempDir,
    inputs: Vec<(String, String)>,
}

struct Done {
    code: Option<i32>,
    log: String,
    err: String,
    outputs: String,
    summary: String,
}

impl Step {
    fn new(inputs: &[(&str, &str)]) -> Step {
        let home = tempfile::tempdir().unwrap();
        let step = Step { home, inputs: Vec::new() };
        for folder in ["checkout/services/my api", "tools", "temp", "release", "checkout/.git"] {
            fs::create_dir_all(step.path(folder)).unwrap();
        }
        fs::write(step.path("checkout/services/my api/server.js"), OPEN).unwrap();
        // What `cargo build` would leave behind, and what it was asked.
        step.tool(
            "cargo",
            &format!(
                "echo \"$@\" >{0}/cargo-asked\nwhile [ $# -gt 0 ]; do [ \"$1\" = --target-dir ] && into=$2; shift; done\n\
                 mkdir -p \"$into/release\" && cp {1} \"$into/release/corslint\"",
                step.home.path().display(),
                env!("CARGO_BIN_EXE_corslint")
            ),
        );
        // What a server would answer: the files of `release`, and an error for others.
        step.tool(
            "curl",
            &format!(
                "for last; do :; done\nwhile [ $# -gt 0 ]; do [ \"$1\" = --output ] && into=$2; shift; done\n\
                 echo \"$last\" >>{0}/curl-asked\ncp \"{0}/release/${{last##*/}}\" \"$into\"",
                step.home.path().display()
            ),
        );
        inputs.iter().fold(step, |step, (name, value)| step.input(name, value))
    }

    fn input(mut self, name: &str, value: &str) -> Step {
        self.inputs.push((format!("INPUT_{name}"), value.to_owned()));
        self
    }

    fn path(&self, below: &str) -> PathBuf {
        self.home.path().join(below)
    }

    fn tool(&self, name: &str, script: &str) {
        let file = self.path("tools").join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self) -> Done {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let system = std::env::var("PATH").unwrap();
        let output = Command::new("bash")
            .arg(root.join("scripts/action.sh"))
            .env_clear()
            .env("PATH", format!("{}:{system}", self.path("tools").display()))
            .env("GITHUB_ACTION_PATH", root)
            .env("GITHUB_OUTPUT", self.path("outputs"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary.md"))
            .env("GITHUB_SERVER_URL", "https://git.example")
            .env("ACTION_REPOSITORY", "owner/corslint")
            .env("RUNNER_TEMP", self.path("temp"))
            .envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64"), ("CORSLINT_ISOLATED", "1")])
            .envs(self.inputs.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path("checkout"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let read = |name: &str| fs::read_to_string(self.path(name)).unwrap_or_default();
        Done {
            code: output.status.code(),
            log: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            outputs: read("outputs"),
            summary: read("summary.md"),
        }
    }

    /// Puts a release there, as the release workflow makes it, with a binary that says so.
    fn release(&self, sum: Option<&str>) {
        let folder = self.path("release");
        let script = format!("#!/bin/sh\necho released\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_corslint"));
        fs::write(folder.join("corslint"), script).unwrap();
        fs::set_permissions(folder.join("corslint"), fs::Permissions::from_mode(0o755)).unwrap();
        let archive = "corslint-v1.2.3-x86_64-unknown-linux-gnu.tar.gz";
        let pack = format!(
            "tar -czf {archive} corslint && (sha256sum {archive} || shasum -a 256 {archive}) >{archive}.sha256"
        );
        assert!(Command::new("sh").args(["-c", &pack]).current_dir(&folder).status().unwrap().success());
        if let Some(sum) = sum {
            fs::write(folder.join(format!("{archive}.sha256")), sum).unwrap();
        }
    }
}

#[test]
fn it_builds_checks_and_says_what_came_of_it() {
    let step = Step::new(&[("SARIF", "out.sarif"), ("PATHS", ".")]);
    let done = step.run();
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert_eq!(done.outputs, "findings=2\nerrors=1\nwarnings=0\nsarif-file=out.sarif\nexit-code=1\n");
    assert!(done.log.contains("\n::error file=services/my api/server.js,line=4,"), "{}", done.log);
    assert!(done.summary.starts_with("## corslint\n") && done.summary.contains("reflected-origin"), "{}", done.summary);
    let sarif = fs::read_to_string(step.path("checkout/out.sarif")).unwrap();
    assert!(sarif.contains("services/my%20api/server.js"), "{sarif}");
    let asked = fs::read_to_string(step.path("cargo-asked")).unwrap();
    assert!(asked.contains("--release --locked") && asked.contains("/Cargo.toml"), "{asked}");
}

#[test]
fn a_working_directory_moves_everything_but_the_annotations() {
    let step = Step::new(&[("WORKING_DIRECTORY", "services/my api/"), ("SARIF", "out.sarif"), ("FAIL_ON", "never")]);
    let done = step.run();
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.outputs.contains("\nsarif-file=services/my api/out.sarif\nexit-code=0\n"), "{}", done.outputs);
    assert!(done.log.contains("::error file=services/my api/server.js,"), "{}", done.log);
}

#[test]
fn annotations_and_summary_can_be_turned_off_each_on_its_own() {
    let done = Step::new(&[("ANNOTATIONS", "false")]).run();
    assert!(!done.log.contains("::error ") && done.log.contains("error[reflected-origin]"), "{}", done.log);
    assert!(done.summary.contains("reflected-origin"), "{}", done.summary);
    let done = Step::new(&[("SUMMARY", "false")]).run();
    assert!(done.log.contains("::error ") && done.summary.is_empty(), "{}", done.log);
    let done = Step::new(&[("SUMMARY", "false"), ("ANNOTATIONS", "false")]).run();
    assert!(!done.log.contains("::error ") && done.summary.is_empty(), "{}", done.log);
    let done = Step::new(&[("SUMMARY", "maybe")]).run();
    assert_eq!((done.code, done.outputs.as_str()), (Some(2), "exit-code=2\n"), "{}", done.err);
}

#[test]
fn paths_are_lines_and_inputs_are_only_data() {
    let step = Step::new(&[("PATHS", "services/my api\n\nweb; touch pwned\r\n$(touch pwned)\n--help")]);
    for folder in ["web; touch pwned", "$(touch pwned)", "--help"] {
        fs::create_dir(step.path("checkout").join(folder)).unwrap();
    }
    let done = step.run();
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(!step.path("checkout/pwned").exists() && done.outputs.starts_with("findings=2\n"), "{}", done.outputs);
    let done = Step::new(&[("SARIF", "a\nexit-code=0")]).run();
    assert_eq!((done.code, done.outputs.as_str()), (Some(2), "exit-code=2\n"), "{}", done.err);
}

#[test]
fn what_a_user_gets_wrong_is_two() {
    for (name, value, message) in [
        ("PATHS", "nowhere", "there is no file or directory `nowhere`"),
        ("PERSONA", "nobody", "regular, pedantic"),
        ("FAIL_ON", "fatal", "error, warning, info, never"),
        ("WORKING_DIRECTORY", "nowhere", "there is no directory nowhere"),
        ("VERSION", "latest; true", "version is not like 1.2.3"),
    ] {
        let done = Step::new(&[(name, value)]).run();
        assert_eq!(done.code, Some(2), "{name}: {}", done.err);
        assert!(done.err.contains(message), "{name}: {}", done.err);
        assert_eq!(done.outputs, "exit-code=2\n", "{name}");
    }
}

#[test]
fn a_release_is_used_when_it_is_what_was_published() {
    let step = Step::new(&[("VERSION", "v1.2.3")]);
    step.release(None);
    let done = step.run();
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.log.starts_with("released\n"), "{}", done.log);
    let asked = fs::read_to_string(step.path("curl-asked")).unwrap();
    let url =
        "https://git.example/owner/corslint/releases/download/v1.2.3/corslint-v1.2.3-x86_64-unknown-linux-gnu.tar.gz";
    assert_eq!(asked, format!("{url}\n{url}.sha256\n"));
    assert!(!step.path("cargo-asked").exists());
}

#[test]
fn a_release_with_another_sum_or_none_is_not_run() {
    for sum in [&format!("{}  x\n", "0".repeat(64)), "", "not a sum\n"] {
        let step = Step::new(&[("VERSION", "1.2.3")]);
        step.release(Some(sum));
        let done = step.run();
        assert_eq!((done.code, done.outputs.as_str()), (Some(2), "exit-code=2\n"), "{}", done.err);
        assert!(done.err.contains("is not what was released") && done.log.is_empty(), "{}{}", done.err, done.log);
    }
    let done = Step::new(&[("VERSION", "9.9.9")]).run();
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("cannot be downloaded"), "{}", done.err);
}
