//! Rules applied to facts.
//!
//! In: checked rules, facts, and the sources for the order of paths. Out: findings in order of path, offset and rule
//! id. Pure, parallel over rules; the threads never change the result. A condition that cannot be evaluated is false,
//! and a notice says so.

use rayon::prelude::*;

use super::facts::{Facts, Subject};
use super::rule::{Once, Rule};
use crate::finding::{Finding, Label, Severity};
use crate::source::{Notice, Sources, Span};

/// What the rules have to say.
#[derive(Debug, Default)]
pub struct Outcome {
    /// In order of path, offset, rule id.
    pub findings: Vec<Finding>,
    /// Faults of the engine or of the facts it was given; none of them hides another finding.
    pub notices: Vec<Notice>,
}

/// Applies every rule to every fact of its subject.
pub fn run(rules: &[Rule], facts: &Facts, sources: &Sources) -> Outcome {
    let parts: Vec<Outcome> = rules.par_iter().map(|rule| apply(rule, facts, sources)).collect();
    let mut outcome = Outcome::default();
    for part in parts {
        outcome.findings.extend(part.findings);
        outcome.notices.extend(part.notices);
    }
    sort(&mut outcome.findings, sources);
    outcome
}

/// Brings findings into the order of every report.
pub fn sort(findings: &mut [Finding], sources: &Sources) {
    findings.sort_by(|a, b| order(a, b, sources));
}

/// By path, offset, rule id.
pub fn order(a: &Finding, b: &Finding, sources: &Sources) -> std::cmp::Ordering {
    let key = |finding: &Finding| (finding.primary.span.start, finding.rule.clone(), finding.primary.span.end);
    let path = |finding: &Finding| sources.path(finding.primary.span.file);
    path(a).cmp(path(b)).then_with(|| key(a).cmp(&key(b)))
}

/// A finding, the server it is about, and what it is told apart by from others like it.
struct Found {
    finding: Finding,
    server: Option<u32>,
    apart: Option<String>,
}

fn apply(rule: &Rule, facts: &Facts, sources: &Sources) -> Outcome {
    let mut found = Vec::new();
    let mut notices = Vec::new();
    for subject in facts.of(rule.given) {
        match judge(rule, subject) {
            Ok(Some(finding)) => {
                let apart = rule.apart.as_ref().and_then(|path| path.text(subject));
                found.push(Found { finding, server: subject.server(), apart });
            }
            Ok(None) => {}
            Err(message) => notices.push(notice(rule, subject, &message, sources)),
        }
    }
    found.sort_by(|a, b| order(&a.finding, &b.finding, sources));
    Outcome { findings: merge(found, rule.once), notices }
}

fn notice(rule: &Rule, subject: &dyn Subject, message: &str, sources: &Sources) -> Notice {
    let message = format!("rule {} could not be applied: {message}", rule.id);
    match subject.span() {
        Some(span) => {
            let line = sources.position(span.file, span.start).line;
            Notice { path: sources.path(span.file).to_owned(), line, message }
        }
        None => Notice { path: format!("rules/{}.yaml", rule.id).into(), line: 0, message },
    }
}

/// What a rule says about one subject.
fn judge(rule: &Rule, subject: &dyn Subject) -> Result<Option<Finding>, String> {
    if !rule.when.holds(subject)? {
        return Ok(None);
    }
    let span = rule.at.nearest(subject).ok_or("what it found is written nowhere")?;
    let environment = Some(subject.environment()).filter(|name| !name.is_empty()).unwrap_or("production");
    let help = match &rule.help {
        Some(help) => help.of(subject.platform(), subject.by_hand()).text(subject)?,
        None => unwrapped(rule.fix.of(subject.platform(), subject.by_hand())),
    };
    Ok(Some(Finding {
        rule: rule.id.clone(),
        severity: severity(rule, subject)?,
        group: rule.group,
        message: rule.message.text(subject)?,
        help,
        primary: Label { span, text: rule.text.text(subject)? },
        labels: labels(rule, subject, span)?,
        environment: environment.into(),
        platform: subject.platform().into(),
        witness: rule.witness.as_ref().and_then(|path| path.text(subject)),
        see: rule.see.clone(),
    }))
}

fn severity(rule: &Rule, subject: &dyn Subject) -> Result<Severity, String> {
    for shift in &rule.shifts {
        if shift.when.holds(subject)? {
            return Ok(shift.severity);
        }
    }
    Ok(rule.severity)
}

/// The further labels that hold and are written somewhere other than the primary one.
fn labels(rule: &Rule, subject: &dyn Subject, primary: Span) -> Result<Vec<Label>, String> {
    let mut labels: Vec<Label> = Vec::new();
    for label in &rule.labels {
        let holds = label.when.as_ref().map_or(Ok(true), |when| when.holds(subject))?;
        for span in label.at.spans(subject).into_iter().filter(|_| holds) {
            if span != primary && labels.iter().all(|known| known.span != span) {
                labels.push(Label { span, text: label.text.text(subject)? });
            }
        }
    }
    Ok(labels)
}

/// Places that one finding names beside its own.
const MOST_LABELS: usize = 12;

/// One finding per place, the most severe, and one per server or file where the rule says so. `found` is in order.
fn merge(found: Vec<Found>, once: Option<Once>) -> Vec<Finding> {
    let mut merged: Vec<Found> = Vec::new();
    for next in found {
        match merged.last_mut().filter(|last| last.finding.primary.span == next.finding.primary.span) {
            Some(last) if next.finding.severity > last.finding.severity => *last = next,
            Some(_) => {}
            None => merged.push(next),
        }
    }
    match once {
        None => {}
        Some(Once::Server) => merged = first_of_each(merged, |a, b| a.server.is_some() && a.server == b.server),
        Some(Once::File) => {
            merged = first_of_each(merged, |a, b| a.finding.primary.span.file == b.finding.primary.span.file);
        }
    }
    merged.into_iter().map(|one| one.finding).collect()
}

/// The first finding of each kind and of what it is told apart by, with the places of the others as labels.
fn first_of_each(found: Vec<Found>, same: fn(&Found, &Found) -> bool) -> Vec<Found> {
    let mut kept: Vec<Found> = Vec::new();
    for next in found {
        let label = next.finding.primary.clone();
        let Some(first) = kept.iter_mut().find(|one| one.apart == next.apart && same(one, &next)) else {
            kept.push(next);
            continue;
        };
        let labels = &mut first.finding.labels;
        if labels.len() < MOST_LABELS && labels.iter().all(|known| known.span != label.span) {
            labels.push(label);
        }
    }
    kept
}

/// A text whose paragraphs are single lines, as a help is shown; the rule file wraps them for its reader.
fn unwrapped(text: &str) -> String {
    let paragraph = |lines: &str| lines.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    text.trim().split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n")
}
