//! `--changed-since`: only what lies in changed lines, as git says it.

use std::fs;
use std::process::Command;

use crate::{OPEN, Project, elsewhere, project};

fn git(project: &Project, arguments: &[&str]) {
    let fixed = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "commit.gpgsign=false",
    ];
    let status = Command::new("git")
        .args(fixed)
        .args(arguments)
        .current_dir(project.root())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(status.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&status.stderr));
}

fn repository(files: &[(&str, &str)]) -> Project {
    let project = project(files);
    git(&project, &["init", "-q"]);
    git(&project, &["add", "-A"]);
    git(&project, &["commit", "-qm", "first"]);
    project
}

#[test]
fn only_changed_lines_are_told() {
    let project = repository(&[("server.js", OPEN), ("api/server.js", OPEN), (".gitignore", ".env*\n")]);
    let since = |project: &Project| project.found(&["--changed-since", "HEAD"]);
    let (found, summary) = since(&project);
    assert_eq!((found.len(), summary["unchanged"].as_u64()), (0, Some(2)));
    assert!(project.run(&["--changed-since", "main"]).out.contains("2 where nothing changed"));
    project.write("server.js", &OPEN.replace("3000", "4000"));
    assert_eq!(since(&project).0, [""; 0], "another line of the file");
    project.write("server.js", &OPEN.replace("origin: '*'", "origin : '*'"));
    assert_eq!(since(&project).0, ["server.js:4 warning wildcard-origin"]);
    project.write("new file.js", OPEN);
    assert_eq!(since(&project).0.len(), 2, "files that git does not know are new");
    let below = project.run_with(&["--changed-since", "HEAD", "--format", "json"], &[], "api", None);
    assert_eq!(below.found().0, [""; 0]);
}

#[test]
fn a_label_in_a_changed_line_counts() {
    let server = "const express = require('express');\nconst cors = require('cors');\nconst { guard } = require('./guard');\nconst app = express();\napp.use(guard);\napp.use(cors({ origin: 'https://app.example.com', maxAge: 7200 }));\napp.listen(3000);\n";
    let guard = "exports.guard = (req, res, next) => {\n  if (!req.headers.authorization) return res.status(401).end();\n  next();\n};\n";
    let project = repository(&[("server.js", server), ("guard.js", guard)]);
    assert_eq!(project.found(&[]).0, ["server.js:5 error auth-before-preflight"]);
    project.write("server.js", &server.replace("maxAge: 7200", "maxAge: 3600"));
    assert_eq!(project.found(&["--changed-since", "HEAD"]).0, ["server.js:5 error auth-before-preflight"]);
}

#[test]
fn what_the_other_branch_did_is_not_counted() {
    let project = repository(&[("server.js", OPEN)]);
    git(&project, &["checkout", "-qb", "work"]);
    git(&project, &["checkout", "-q", "main"]);
    project.write("server.js", &OPEN.replace("'*'", "\"*\""));
    git(&project, &["commit", "-qam", "main goes on"]);
    git(&project, &["checkout", "-q", "work"]);
    assert_eq!(project.found(&["--changed-since", "main"]).0, [""; 0]);
}

#[test]
fn what_cannot_be_asked_is_one_error() {
    let outside = project(&[("server.js", OPEN)]);
    outside.run(&["--changed-since", "HEAD"]).refused(&["needs a git repository", "leave out `--changed-since`"]);
    let project = repository(&[("server.js", OPEN)]);
    project.run(&["--changed-since", "nowhere"]).refused(&["`nowhere`", "no such commit", "shallow"]);
    for reference in ["--output=stolen", "-x"] {
        project.run(&["--changed-since", reference]).refused(&["begins with `-`"]);
        project.run(&[&format!("--changed-since={reference}")]).refused(&["begins with `-`"]);
    }
    project.run(&["--changed-since", "HEAD; touch stolen"]).refused(&["no such commit"]);
    project.run(&["--changed-since", "$(touch stolen)"]).refused(&["no such commit"]);
    assert!(!project.root().join("stolen").exists());
    let (_other, path) = elsewhere();
    project.run(&["--changed-since", "HEAD", path.as_str()]).refused(&["outside of the git repository"]);
    let without = project.run_with(&["--changed-since", "HEAD"], &[("PATH", "/nowhere")], "", None);
    without.refused(&["needs git: it is not installed"]);
}

#[test]
fn the_repository_cannot_make_git_start_anything() {
    let project = repository(&[("server.js", OPEN), (".gitattributes", "*.js diff=evil\n")]);
    let evil = "#!/bin/sh\ntouch stolen\n";
    project.write("evil.sh", evil);
    Command::new("chmod").args(["+x", "evil.sh"]).current_dir(project.root()).status().unwrap();
    let mut configuration = fs::read_to_string(project.root().join(".git/config")).unwrap();
    configuration += "[diff \"evil\"]\n\tcommand = ./evil.sh\n\ttextconv = ./evil.sh\n[core]\n\tfsmonitor = ./evil.sh\n\tpager = ./evil.sh\n[diff]\n\texternal = ./evil.sh\n";
    fs::write(project.root().join(".git/config"), configuration).unwrap();
    project.write("server.js", &OPEN.replace("'*'", "\"*\""));
    assert_eq!(project.found(&["--changed-since", "HEAD"]).0.len(), 1);
    assert!(!project.root().join("stolen").exists());
}
