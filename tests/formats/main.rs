//! Every format through the binary: what other programs read, where it goes, and what hostile input does to it.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fingerprints;
mod github;
mod hostile;
mod sarif;
mod several;
mod shapes;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// All formats, as the command line names them.
const FORMATS: &[&str] =
    &["full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson", "markdown"];

/// A server that any website may call with credentials, and that says nothing of how long a preflight holds.
const OPEN: &str = "const express = require('express');\nconst cors = require('cors');\nconst app = express();\n\
    app.use(cors({ origin: true, credentials: true }));\napp.put('/me', (req, res) => res.json({}));\napp.listen(3000);\n";

/// A directory of its own for each run.
struct Project {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run left behind.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project { directory: tempfile::tempdir().unwrap(), variables: Vec::new() };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn env(mut self, name: &str, value: &str) -> Project {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("", arguments)
    }

    /// Runs in a directory of the project.
    fn run_in(&self, directory: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corslint"));
        command.env_clear().current_dir(self.path().join(directory)).args(arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(arguments);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
    }
}

/// The elements of an XML text with their attributes, read by a parser that checks the form.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    use quick_xml::events::Event;

    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                let attribute = |attribute: quick_xml::events::attributes::Attribute<'_>| {
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap().into_owned();
                    (attribute.key.as_ref().to_owned(), value)
                };
                let attributes = tag.attributes().map(|found| attribute(found.unwrap())).collect();
                found.push((tag.name().as_ref().to_owned(), attributes));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn attribute<'a>(element: &'a (String, Vec<(String, String)>), name: &str) -> &'a str {
    element.1.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}
