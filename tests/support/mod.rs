//! What the tests over whole folders share: a folder checked by the library, and its findings as lines of text.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use corslint::finding::Report;
use corslint::pipeline;
use corslint::pipeline::Stated;
use corslint::rules::{Persona, Rule, embedded_files, load};
use corslint::scan::{Options, Scan, scan};

/// The rules that run when nothing is asked for.
pub fn regular_rules() -> Vec<Rule> {
    rules_of(Persona::Regular)
}

/// The rules that run besides when everything is asked for.
pub fn pedantic_rules() -> Vec<Rule> {
    rules_of(Persona::Pedantic)
}

fn rules_of(persona: Persona) -> Vec<Rule> {
    let rules = load(embedded_files()).unwrap_or_else(|errors| panic!("{errors:#?}"));
    rules.into_iter().filter(|rule| rule.persona == persona).collect()
}

/// A folder of the repository.
pub fn folder(path: &str) -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The folders directly in a folder, by name.
pub fn folders_in(path: &str) -> Vec<Utf8PathBuf> {
    let entries = folder(path).read_dir_utf8().unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut folders: Vec<Utf8PathBuf> =
        entries.map(|entry| entry.unwrap().into_path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Checks one folder as a repository of its own: what its parents are called must not matter.
pub fn check(root: &Utf8Path, rules: &[Rule]) -> (Report, Scan) {
    let mut scan = scan(&[Utf8PathBuf::from(".")], Options::new(root)).unwrap();
    let (report, _) = pipeline::check(&mut scan, rules, &Stated::default());
    (report, scan)
}

/// One finding a line: `path:line severity rule`, by path, line and rule.
pub fn findings(report: &Report, scan: &Scan) -> Vec<String> {
    let mut lines: Vec<(&str, usize, &str, String)> = Vec::new();
    for finding in &report.findings {
        let span = finding.primary.span;
        let path = scan.sources.path(span.file).as_str();
        let line = scan.sources.position(span.file, span.start).line;
        lines.push((path, line, &finding.rule, format!("{path}:{line} {} {}", finding.severity, finding.rule)));
    }
    lines.sort();
    lines.into_iter().map(|(.., line)| line).collect()
}

/// What is expected and missing (`-`) and what is there and unexpected (`+`), among what agrees.
pub fn difference(expected: &[String], found: &[String]) -> String {
    let mut lines: Vec<(String, char)> = Vec::new();
    let mut left = found.to_vec();
    for line in expected {
        match left.iter().position(|other| other == line) {
            Some(index) => lines.push((left.remove(index), ' ')),
            None => lines.push((line.clone(), '-')),
        }
    }
    lines.extend(left.into_iter().map(|line| (line, '+')));
    lines.sort();
    lines.into_iter().map(|(line, mark)| format!("    {mark} {line}\n")).collect()
}

/// Writes files below a folder, with the folders they stand in.
pub fn write(root: &Utf8Path, files: &[(&str, &[u8])]) {
    for (path, bytes) in files {
        let place = root.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
}
