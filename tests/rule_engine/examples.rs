//! Examples as tests: what passes and what fails them.

use corslint::finding::Report;
use corslint::rules::examples::{Checked, verify};
use corslint::rules::facts::{Facts, PolicyFacts};
use corslint::rules::{Rule, run};
use corslint::source::{Sources, Span};

use crate::{SOUND, read};

/// Finds `cors()` wherever it stands, as a stand-in for the whole way from text to facts.
fn check(files: &[(String, String)], rules: &[Rule]) -> Checked {
    let mut sources = Sources::default();
    let mut policies = Vec::new();
    for (path, text) in files {
        let file = sources.add(path.into(), text.as_str().into());
        for (start, found) in text.match_indices("cors()") {
            let mut policy =
                PolicyFacts { span: Some(Span::new(file, start, start + found.len())), ..Default::default() };
            policy.allow_origin.any = true.into();
            policies.push(policy);
        }
    }
    let findings = run(rules, &Facts { policies, ..Facts::default() }, &sources).findings;
    Checked { report: Report { findings, ..Report::default() }, sources }
}

#[track_caller]
fn failures(examples: &str) -> Vec<String> {
    let head = SOUND.split("examples:").next().unwrap_or_default();
    let rule = read(&format!("{head}examples:\n{examples}")).unwrap_or_else(|errors| panic!("{}", errors[0]));
    verify(&rule, std::slice::from_ref(&rule), check)
}

const GOOD: &str = "  - { good: express, files: { a.js: 'x' } }\n";
const BAD: &str = "  - { bad: express, marks: cors(), files: { a.js: 'x; cors()' } }\n";

#[test]
fn true_examples_pass() {
    assert_eq!(failures(&format!("{GOOD}{BAD}")), [""; 0]);
}

#[test]
fn false_examples_are_told() {
    let cases = [
        ("  - { bad: express, marks: x, files: { a.js: 'x' } }\n", "found nothing"),
        ("  - { bad: express, marks: x, files: { a.js: 'cors(); x' } }\n", "does not point at `x`"),
        ("  - { bad: express, marks: cors(), files: { a.js: 'cors() cors()' } }\n", "more than one"),
        ("  - { good: express, files: { a.js: 'cors()' } }\n", "found warning[sample] at a.js:1:1"),
    ];
    for (example, expected) in cases {
        let failures = failures(&format!("{GOOD}{BAD}{example}"));
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert!(failures[0].contains(expected) && failures[0].starts_with("sample: example 3"), "{failures:?}");
    }
}

#[test]
fn limits_are_held_to_what_they_say() {
    let missed = "  - { bad: express, limit: dynamic, files: { a.js: 'x' } }\n";
    let fires = "  - { good: express, limit: cannot see the guard, files: { a.js: 'cors()' } }\n";
    assert_eq!(failures(&format!("{GOOD}{BAD}{missed}{fires}")), [""; 0]);
    let cured = "  - { bad: express, limit: dynamic, files: { a.js: 'cors()' } }\n";
    assert!(failures(&format!("{GOOD}{BAD}{cured}"))[0].contains("the limit is gone"));
    let cured = "  - { good: express, limit: dynamic, files: { a.js: 'x' } }\n";
    assert!(failures(&format!("{GOOD}{BAD}{cured}"))[0].contains("the limit is gone"));
}
