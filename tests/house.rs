//! The rules of the house, held against the text of the source: who may name whom, and how a file looks.
//!
//! ARCHITECTURE.md says why each of them holds; a test that fails here is a question to the design, not to the style.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use camino::Utf8PathBuf;
use corslint::rules::{Verdict, embedded_files, load};

/// A file of `src/`: its path below `src/`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// What is compiled into the program: lines that are not comments, up to the tests of the file.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.take_while(|(_, line)| *line != "#[cfg(test)]").filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn is_in(&self, parts: &[&str]) -> bool {
        parts.iter().any(|part| self.path == format!("{part}.rs") || self.path.starts_with(&format!("{part}/")))
    }
}

fn sources() -> Vec<Source> {
    let root = support::folder("src");
    let mut open = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in directory.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension() == Some("rs") {
                let text = fs::read_to_string(&path).unwrap();
                sources.push(Source { path: path.strip_prefix(&root).unwrap().to_string(), text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 50, "src/ was not found");
    sources
}

/// Does a line of code name `word` as a whole name? `std::env` is not named by `std::environment`.
fn names(line: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(part_of_name) && !line[at + word.len()..].starts_with(part_of_name))
}

/// Lines that name any of `words` in files that `barred` says may not.
fn breaches(words: &[&str], barred: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| barred(source)) {
        for (number, line) in source.code() {
            if words.iter().any(|word| names(line, word)) {
                found.push(format!("src/{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    found
}

#[track_caller]
fn holds(rule: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn a_name_is_found_as_a_whole() {
    assert!(names("use std::env;", "std::env") && names("std::env::var(x)", "std::env"));
    assert!(!names("use std::environment;", "std::env") && !names("let nominal = 1;", "nom"));
}

#[test]
fn imports_can_be_read_line_by_line() {
    // `use crate::{rules, eval}` would hide from the tests below.
    let guarded = ["eval", "platforms", "model", "fetch", "rules"];
    let found = breaches(&["use crate"], |source| source.is_in(&guarded));
    let grouped = found.into_iter().filter(|line| line.contains("crate::{"));
    holds("an import of a guarded part names one part of the crate", grouped.collect());
}

#[test]
fn only_syntax_parses() {
    let parsers = [
        "tree_sitter",
        "tree_sitter_javascript",
        "tree_sitter_typescript",
        "tree_sitter_python",
        "nom",
        "granit_parser",
    ];
    holds("only src/syntax/ names the parsers", breaches(&parsers, |source| !source.is_in(&["syntax"])));
}

#[test]
fn only_report_draws() {
    holds("only src/report/ names miette", breaches(&["miette"], |source| !source.is_in(&["report"])));
}

#[test]
fn platforms_do_not_judge() {
    let judges = ["crate::rules", "crate::finding", "crate::report", "crate::facts"];
    holds("src/platforms/ names no rule and no finding", breaches(&judges, |source| source.is_in(&["platforms"])));
}

#[test]
fn rules_know_no_syntax() {
    let sources = ["crate::platforms", "crate::eval", "crate::syntax", "crate::ir", "crate::scan"];
    holds("src/rules/ knows facts only", breaches(&sources, |source| source.is_in(&["rules"])));
}

#[test]
fn the_evaluator_knows_no_platform() {
    let above = ["crate::platforms", "crate::rules", "crate::facts", "crate::pipeline"];
    holds("src/eval/ names no platform", breaches(&above, |source| source.is_in(&["eval"])));
}

/// The parts of the crate that files of `part` name.
fn parts_named_by(part: &str) -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    for source in sources().iter().filter(|source| source.is_in(&[part])) {
        for (number, line) in source.code() {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                named.insert(name, format!("src/{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    named
}

#[test]
fn the_model_stands_on_its_own() {
    for (part, allowed) in
        [("model", ["source", "model"].as_slice()), ("fetch", ["source", "model", "fetch"].as_slice())]
    {
        let found = parts_named_by(part).into_iter().filter(|(name, _)| !allowed.contains(&name.as_str()));
        holds(&format!("src/{part}/ names only {allowed:?}"), found.map(|(_, place)| place).collect());
    }
}

#[test]
fn few_touch_the_world() {
    // The engine reads directories of rules.
    let allowed = ["scan", "config", "cli", "engine", "main"];
    let world = ["std::fs", "std::env", "File::open", "read_to_string", "read_dir_utf8", "canonicalize_utf8"];
    let mut found = breaches(&world, |source| !source.is_in(&allowed));
    let grouped = breaches(&["use std::"], |source| !source.is_in(&allowed));
    found.extend(grouped.into_iter().filter(|line| line.contains('{') && (names(line, "fs") || names(line, "env"))));
    holds("only scan, config, cli, engine and main touch files and the environment", found);
}

#[test]
fn nothing_is_run_and_nothing_is_fetched() {
    let doors = ["std::process::Command", "process::Command", "std::net", "TcpStream", "UdpSocket"];
    holds(
        "no network is used, and no program is started but git",
        breaches(&doors, |source| source.path != "cli/git.rs"),
    );
    let shells = ["sh", "bash", "cmd", "-c"].map(|shell| format!("\"{shell}\""));
    let git = sources().into_iter().find(|source| source.path == "cli/git.rs").unwrap();
    let started: Vec<&str> = git.code().map(|(_, line)| line).filter(|line| line.contains("Command::new")).collect();
    assert_eq!(started.len(), 1, "git is started in one place");
    assert!(started[0].contains("Command::new(\"git\")") && !shells[..3].iter().any(|shell| git.text.contains(shell)));
}

#[test]
fn every_file_says_what_it_is() {
    let silent = sources().into_iter().filter(|source| !source.text.starts_with("//! "));
    holds("a source file begins with `//!`", silent.map(|source| format!("src/{}", source.path)).collect());
}

#[test]
fn no_file_is_longer_than_one_can_hold_in_mind() {
    const MOST: usize = 500;
    let lengths = sources().into_iter().map(|source| (source.text.lines().count(), source.path));
    let long = lengths.filter(|(length, _)| *length > MOST);
    holds("a source file has at most 500 lines", long.map(|(length, path)| format!("src/{path}: {length}")).collect());
}

#[test]
fn every_rule_is_shown_failing_and_passing() {
    let rules = load(embedded_files()).unwrap();
    let mut bare = Vec::new();
    for rule in &rules {
        for verdict in [Verdict::Bad, Verdict::Good] {
            if !rule.examples.iter().any(|example| example.verdict == verdict) {
                bare.push(format!("rules/{}.yaml has no {verdict:?} example", rule.id));
            }
        }
    }
    holds("each rule has bad and good examples", bare);
}

#[test]
fn rules_speak_of_known_platforms() {
    const KNOWN: &[&str] = &[
        "angular",
        "appwrite",
        "aws",
        "bun",
        "client",
        "create-react-app",
        "deno",
        "django",
        "express",
        "fastapi",
        "fastify",
        "flask",
        "hono",
        "koa",
        "nest",
        "netlify",
        "nextjs",
        "nginx",
        "node",
        "pages",
        "starlette",
        "supabase",
        "vercel",
        "vite",
        "workers",
    ];
    let rules = load(embedded_files()).unwrap();
    let mut unknown = BTreeSet::new();
    for rule in &rules {
        for platform in rule.platforms() {
            if platform != "default" && !KNOWN.contains(&platform) {
                unknown.insert(format!("rules/{}.yaml: {platform}", rule.id));
            }
        }
    }
    holds("a platform of a rule is one that is known", unknown.into_iter().collect());
}

#[test]
fn the_documentation_is_the_one_the_rules_write() {
    let repository = support::folder("");
    let fresh = tempfile::tempdir().unwrap();
    let into = Utf8PathBuf::from_path_buf(fresh.path().to_owned()).unwrap();
    fs::copy(repository.join("README.md"), into.join("README.md")).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_corslint")).args(["docs", "--into", into.as_str()]).status().unwrap();
    assert!(status.success());

    let mut differing = Vec::new();
    let mut paths: BTreeSet<String> = [
        "README.md",
        "docs/config.schema.json",
        "docs/configuration.md",
        "docs/model.md",
        "docs/output.schema.json",
        "docs/rule.schema.json",
        "docs/rules.md",
    ]
    .map(str::to_owned)
    .into();
    for root in [&repository, &into] {
        let pages = root.join("docs/rules").read_dir_utf8();
        paths.extend(pages.into_iter().flatten().map(|page| format!("docs/rules/{}", page.unwrap().file_name())));
    }
    for path in paths {
        let read = |root: &Utf8PathBuf| fs::read_to_string(root.join(&path)).unwrap_or_default();
        if read(&repository) != read(&into) {
            differing.push(path);
        }
    }
    holds("written anew by `just docs`", differing);
}
