//! Findings held against everything that leaves findings out.
//!
//! In: findings of the rules that ran. Out: what remains, what is left out and why, and facts about suppressions that do
//! nothing. A finding is left out at its primary place only: what a label shows is evidence, and the comment belongs where
//! the change would be made.

use std::sync::Arc;

use camino::Utf8Path;

use super::configured::Configured;
use super::directive::Ignore;
use super::source::{Placed, directives, lines};
use super::{Date, Entry};
use crate::finding::{Finding, Suppressed, SuppressedBy};
use crate::rules::did_you_mean;
use crate::rules::facts::{SuppressionFacts, Text};
use crate::scan::Scan;
use crate::source::Span;

/// What is known about a run besides its findings.
#[derive(Debug)]
pub struct Told<'a> {
    /// What the configuration says.
    pub configured: &'a Configured,
    /// The ids of the rules that ran: a suppression of any other is not unused.
    pub ran: &'a [&'a str],
    /// The ids of all rules there are.
    pub known: &'a [Arc<str>],
    /// The day of the run.
    pub today: Option<Date>,
}

/// Findings after everything was left out.
#[derive(Debug, Default)]
pub struct Judged {
    /// What remains.
    pub findings: Vec<Finding>,
    /// What does not, in the order of the findings.
    pub suppressed: Vec<Suppressed>,
    /// What is to be said about the suppressions themselves.
    pub facts: Vec<SuppressionFacts>,
}

/// A rule that one suppression names.
struct Named<'a> {
    rule: &'a str,
    span: Span,
    until: Option<Date>,
    reason: Option<&'a str>,
    used: bool,
    source: Source<'a>,
}

enum Source<'a> {
    Comment(&'a Placed, &'a Ignore),
    Entry(&'a Entry),
}

/// Leaves out what comments and the configuration say, and judges the suppressions themselves.
pub fn apply(findings: Vec<Finding>, scan: &Scan, told: &Told<'_>) -> Judged {
    let placed = directives(scan);
    let mut named: Vec<Named<'_>> = placed.iter().flat_map(of_comment).collect();
    named.extend(told.configured.entries.iter().flat_map(of_entry));
    let mut judged = divide(findings, &mut named, scan, told);
    judged.facts.extend(placed.iter().filter_map(broken));
    judged.facts.extend(named.iter().filter_map(|one| idle(one, told)));
    judged
}

/// Leaves out what the configuration says: for findings about suppressions, which no comment can suppress.
pub fn configured_only(findings: Vec<Finding>, scan: &Scan, told: &Told<'_>) -> Judged {
    let mut named: Vec<Named<'_>> = told.configured.entries.iter().flat_map(of_entry).collect();
    divide(findings, &mut named, scan, told)
}

fn divide(findings: Vec<Finding>, named: &mut [Named<'_>], scan: &Scan, told: &Told<'_>) -> Judged {
    let mut judged = Judged::default();
    for mut finding in findings {
        let path = scan.sources.path(finding.primary.span.file);
        let mut first = None;
        for one in named.iter_mut().filter(|one| one.fits(&finding, path, scan)) {
            let expired = one.is_over(told);
            one.used = true;
            if !expired && first.is_none() {
                let by = match one.source {
                    Source::Comment(..) => SuppressedBy::Comment,
                    Source::Entry(_) => SuppressedBy::Configuration,
                };
                first = Some((by, one.reason.map(str::to_owned)));
            }
        }
        let severity = told.configured.severity(&finding, path);
        finding.severity = severity.unwrap_or(finding.severity);
        let first = first.or_else(|| severity.is_none().then_some((SuppressedBy::Configuration, None)));
        match first {
            Some((by, reason)) => judged.suppressed.push(Suppressed { finding, by, reason }),
            None => judged.findings.push(finding),
        }
    }
    judged
}

fn of_comment(placed: &Placed) -> Vec<Named<'_>> {
    let Ok(ignore) = &placed.says else { return Vec::new() };
    let at = placed.span.start as usize;
    ignore
        .rules
        .iter()
        .map(|(rule, range)| Named {
            rule,
            span: Span::new(placed.span.file, at + range.start, at + range.end),
            until: ignore.until,
            reason: ignore.reason.as_deref(),
            used: false,
            source: Source::Comment(placed, ignore),
        })
        .collect()
}

fn of_entry(entry: &Entry) -> impl Iterator<Item = Named<'_>> {
    entry.rules.iter().map(move |rule| Named {
        rule,
        span: entry.span,
        until: entry.until,
        reason: entry.reason.as_deref(),
        used: false,
        source: Source::Entry(entry),
    })
}

impl Named<'_> {
    fn is_over(&self, told: &Told<'_>) -> bool {
        self.until.zip(told.today).is_some_and(|(until, today)| until < today)
    }

    fn fits(&self, finding: &Finding, path: &Utf8Path, scan: &Scan) -> bool {
        match &self.source {
            Source::Entry(entry) => *self.rule == *finding.rule && entry.fits(finding, path),
            Source::Comment(placed, ignore) => {
                let span = finding.primary.span;
                if *self.rule != *finding.rule || placed.span.file != span.file {
                    return false;
                }
                let found = lines(&scan.sources, span);
                let own = lines(&scan.sources, placed.span);
                let touches = found.start < own.end && own.start < found.end;
                ignore.file || touches || placed.below.is_some_and(|line| found.contains(&line))
            }
        }
    }
}

fn broken(placed: &Placed) -> Option<SuppressionFacts> {
    let broken = placed.says.as_ref().err()?;
    Some(SuppressionFacts {
        span: Some(placed.span),
        environment: "production".into(),
        broken: true.into(),
        reason: Text::new(broken.reason.clone()),
        suggestion: Text::new(broken.remedy.clone()),
        ..SuppressionFacts::default()
    })
}

/// A suppression that does nothing: nobody has such a rule, it ran out, or the rule has nothing to say here.
fn idle(one: &Named<'_>, told: &Told<'_>) -> Option<SuppressionFacts> {
    let facts = SuppressionFacts {
        span: Some(one.span),
        environment: "production".into(),
        rule: Text::at(one.rule, one.span),
        ..SuppressionFacts::default()
    };
    let known = told.known.iter().any(|id| **id == *one.rule);
    if !known {
        let meant = did_you_mean(one.rule, told.known.iter().map(|id| &**id));
        let remedy = meant.unwrap_or_else(|| "`corslint rules` lists the rules there are".to_owned());
        return Some(SuppressionFacts { unknown: true.into(), suggestion: Text::new(remedy), ..facts });
    }
    if let Some(until) = one.until.filter(|_| one.is_over(told)) {
        return Some(SuppressionFacts { expired: true.into(), until: Text::new(until.to_string()), ..facts });
    }
    let judged = told.ran.contains(&one.rule);
    (judged && !one.used).then(|| SuppressionFacts { unused: true.into(), ..facts })
}
