//! The rule engine: what broken rules are told, and what sound ones say about facts.

use corslint::rules::{Rule, RuleError, embedded_files, load};

#[path = "rule_engine/broken.rs"]
mod broken;
#[path = "rule_engine/docs.rs"]
mod docs;
#[path = "rule_engine/engine.rs"]
mod engine;
#[path = "rule_engine/examples.rs"]
mod examples;
#[path = "rule_engine/expressions.rs"]
mod expressions;
#[path = "rule_engine/hostile.rs"]
mod hostile;

/// A sound rule; tests replace a line of it.
pub(crate) const SOUND: &str = r#"id: sample
group: security
severity: warning
title: A sample
why: Because.
fix: Change it.
see: [https://fetch.spec.whatwg.org/]
given: policy
when: policy.allow_origin.any
message: "{{ policy.platform }} allows every origin"
at: policy.allow_origin
examples:
  - bad: express
    marks: "cors()"
    files: { server.js: "app.use(cors())" }
  - good: express
    files: { server.js: "" }
"#;

/// The sound rule with one line replaced, read as `sample.yaml`.
pub(crate) fn sample(line: &str, replacement: &str) -> Result<Rule, Vec<RuleError>> {
    let found = SOUND.lines().any(|known| known == line);
    assert!(found, "the sample has no line {line:?}");
    read(&SOUND.replacen(line, replacement, 1))
}

pub(crate) fn read(text: &str) -> Result<Rule, Vec<RuleError>> {
    load([("sample.yaml".into(), text.to_owned())]).map(|mut rules| rules.remove(0))
}

/// Several texts joined, for a short panic message.
pub(crate) fn told(errors: &[RuleError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_embedded_rules_are_sound() {
    let rules = load(embedded_files()).unwrap_or_else(|errors| panic!("{}", told(&errors)));
    assert!(rules.iter().any(|rule| &*rule.id == "wildcard-credentials"));
    assert!(rules.windows(2).all(|pair| pair[0].id < pair[1].id));
}
