//! The examples of a rule, run as its tests.
//!
//! In: a rule, all rules, and a function that checks a small project. Out: what is not as the examples say. A bad
//! example is checked under its own rule only, so that other rules are no noise; a good one under all of them.

use super::facts::Given;
use super::rule::{Example, Rule, Verdict};
use crate::finding::{Finding, Report, Severity};
use crate::source::Sources;

/// The findings of a small project, with the sources their spans refer to.
pub struct Checked {
    /// What was found.
    pub report: Report,
    /// The files, as the report's spans know them.
    pub sources: Sources,
}

/// Runs the examples of `rule`. `check` is given the files of an example by path, and the rules to run.
pub fn verify(rule: &Rule, all: &[Rule], check: impl Fn(&[(String, String)], &[Rule]) -> Checked) -> Vec<String> {
    let mut failures = Vec::new();
    for (index, example) in rule.examples.iter().enumerate() {
        let files: Vec<(String, String)> =
            example.files.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
        let under = match example.verdict {
            // A suppression is judged by what other rules find.
            Verdict::Bad if rule.given == Given::Suppression => all,
            Verdict::Bad => std::slice::from_ref(rule),
            Verdict::Good => all,
        };
        if let Some(failure) = compare(rule, example, &check(&files, under)) {
            let name = example.name.as_deref().unwrap_or("unnamed");
            let (verdict, platform) = (example.verdict.name(), &example.platform);
            failures.push(format!("{}: example {} ({verdict} {platform}, {name}): {failure}", rule.id, index + 1));
        }
    }
    failures
}

/// What is not as the example says.
fn compare(rule: &Rule, example: &Example, checked: &Checked) -> Option<String> {
    let own: Vec<&Finding> = checked.report.findings.iter().filter(|finding| finding.rule == rule.id).collect();
    // A known limit is an example that comes out the other way; once it is cured, the test says so.
    let found = (example.verdict == Verdict::Bad) == example.limit.is_none();
    if !found {
        if let Some(finding) = own.first() {
            let cured = if example.limit.is_some() { "; the limit is gone, remove `limit`" } else { "" };
            return Some(format!("found {}{cured}", told(finding, checked)));
        }
        let others = checked.report.findings.iter();
        let error = others.into_iter().find(|finding| finding.severity == Severity::Error)?;
        return Some(format!("a good example has an error: {}", told(error, checked)));
    }
    match own.as_slice() {
        [one] => example
            .marks
            .as_ref()
            .filter(|marks| !overlaps(one, marks, checked))
            .map(|marks| format!("found {}, which does not point at `{marks}`", told(one, checked))),
        [] if example.limit.is_some() => Some("found nothing; the limit is gone, remove `limit`".to_owned()),
        [] => Some("found nothing".to_owned()),
        many => {
            let all: Vec<String> = many.iter().map(|finding| told(finding, checked)).collect();
            Some(format!("found more than one thing: {}", all.join("; ")))
        }
    }
}

/// Does the primary label overlap one occurrence of the marked text?
fn overlaps(finding: &Finding, marks: &str, checked: &Checked) -> bool {
    let span = finding.primary.span.range();
    let text = checked.sources.text(finding.primary.span.file);
    text.match_indices(marks).any(|(start, _)| start < span.end && span.start < start + marks.len())
}

fn told(finding: &Finding, checked: &Checked) -> String {
    let span = finding.primary.span;
    let place = checked.sources.position(span.file, span.start);
    let path = checked.sources.path(span.file);
    format!("{}[{}] at {path}:{}:{}", finding.severity, finding.rule, place.line, place.column)
}
