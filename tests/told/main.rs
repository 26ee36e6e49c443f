//! What a user tells the program besides paths: configuration, suppressions, baselines, and the verbs around them. All
//! through the binary, in a directory of its own, with an environment that holds nothing else.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod baseline;
mod changed;
mod config;
mod intent;
mod stdin;
mod suppress;
mod verbs;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use tempfile::TempDir;

/// A server that allows everybody: one warning of `wildcard-origin` in line 4.
pub(crate) const OPEN: &str = "const express = require('express');\nconst cors = require('cors');\nconst app = express();\napp.use(cors({ origin: '*', maxAge: 7200 }));\napp.listen(3000);\n";

/// A repository on the disk.
pub(crate) struct Project {
    directory: TempDir,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A project of these files.
pub(crate) fn project(files: &[(&str, &str)]) -> Project {
    let project = Project { directory: tempfile::tempdir().unwrap() };
    for (path, text) in files {
        project.write(path, text);
    }
    project
}

impl Project {
    pub(crate) fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.directory.path()).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let place = self.root().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[], "", None)
    }

    /// With variables, in a directory below the root, with a text on stdin.
    pub(crate) fn run_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
        below: &str,
        stdin: Option<&str>,
    ) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corslint"));
        // git is found by the path, and nothing else is.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("CORSLINT_TODAY", "2026-06-15").envs(variables.iter().copied());
        command.current_dir(self.root().join(below)).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that stops before it reads closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(stdin.unwrap_or_default().as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The findings as `path:line severity rule`, and the summary.
    pub(crate) fn found(&self, arguments: &[&str]) -> (Vec<String>, Value) {
        self.run(&[arguments, &["--format", "json"]].concat()).found()
    }
}

impl Ran {
    pub(crate) fn found(&self) -> (Vec<String>, Value) {
        let json: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err));
        let line = |finding: &Value| {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            format!("{}:{} {} {}", text("path"), finding["start"]["line"], text("severity"), text("rule"))
        };
        (json["findings"].as_array().unwrap().iter().map(line).collect(), json["summary"].clone())
    }

    /// Exit code 2, nothing on stdout, and a message with all of these parts.
    #[track_caller]
    pub(crate) fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, 2, "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        for part in parts {
            assert!(self.err.contains(part), "{part} is missing from {}", self.err);
        }
    }
}

/// A directory below the temporary one, for paths outside of a project.
pub(crate) fn elsewhere() -> (TempDir, Utf8PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
    (directory, path)
}
