//! Which places of a repository explain a message, most likely first.
//!
//! In: a decoded message, and what a check of the repository brought to light. Out: findings of the rules that belong to the
//! causes of the message and evidence of the model itself, in one order. A finding where a replay of the request ends is as
//! good as proven; one about another path is none.

use crate::cli::engine::Outcome;
use crate::fetch::browser::Browser;
use crate::fetch::console::console;
use crate::fetch::decode::Message;
use crate::fetch::evidence::{Bearing, Evidence, Strength, bearing, evidence};
use crate::finding::{Finding, Label, Severity};
use crate::report::decode::Place;
use crate::source::{Sources, Span};

/// Where the request ends with the message by the model itself.
const REPLAYED: i32 = 100;
/// Where it ends without the header: what leaves the header out is mostly known better.
const ENDS_HERE: i32 = 50;
/// A finding on a line where the model itself sees that something is missing, or where a request ends.
const AGREED: i32 = 15;
/// A finding of the first rule of a cause.
const FINDING: i32 = 80;
/// A grant that lacks what the message asks for, and is as precise as a finding when no rule knows better.
const LACKING: i32 = 60;
/// What decides in a way that cannot be known.
const DECIDES: i32 = 40;
/// What is said of a place is about the origin, method or header of the message.
const SAME_WORDS: i32 = 25;
/// The place is for other paths.
const OTHER_PATH: i32 = -70;
/// It is for the path of the URL.
const OWN_PATH: i32 = 10;
/// What is less likely than this explains nothing.
const LEAST: i32 = 20;

/// The places that explain a message, most likely first.
pub(super) fn ranked(message: &Message, outcome: &Outcome) -> Vec<Place> {
    let sources = &outcome.scan.sources;
    let mut found = evidence(message, &outcome.project);
    let mut places: Vec<(i32, Place)> = Vec::new();
    // What somebody decided to live with may be what the browser now refuses.
    let suppressed = outcome.report.suppressed.iter().map(|suppressed| (&suppressed.finding, true));
    for (finding, suppressed) in outcome.report.findings.iter().map(|finding| (finding, false)).chain(suppressed) {
        let Some(rank) = rank(message, finding, outcome) else { continue };
        let mut place = Place { suppressed, ..Place::of_finding(finding) };
        let mut rank = rank;
        found.retain(|evidence| {
            let same = touches(finding, evidence, sources);
            if same {
                rank += AGREED;
            }
            if same && evidence.strength >= Strength::EndsHere {
                rank += strength(evidence.strength);
                place.proof = Some(evidence.says.clone());
            }
            // What the finding says, it says better.
            !same
        });
        places.push((rank, place));
    }
    for evidence in found {
        let place_of = path(message, outcome, evidence.span);
        let rank = strength(evidence.strength) + place_of + words(message, &[&evidence.says]);
        places.push((rank, place(evidence)));
    }
    places.retain(|(rank, _)| *rank >= LEAST);
    let key = |span: Span| (sources.path(span.file).to_owned(), span.start);
    places.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| key(x.labels[0].span).cmp(&key(y.labels[0].span))));
    places.into_iter().map(|(_, place)| place).collect()
}

fn strength(strength: Strength) -> i32 {
    match strength {
        Strength::Decides => DECIDES,
        Strength::Lacks => LACKING,
        Strength::EndsHere => ENDS_HERE,
        Strength::Replayed => REPLAYED,
    }
}

fn place(evidence: Evidence) -> Place {
    let labels = vec![Label { span: evidence.span, text: String::new() }];
    Place {
        rule: None,
        severity: Severity::Info,
        message: evidence.says,
        help: String::new(),
        labels,
        proof: None,
        suppressed: false,
    }
}

/// How likely a finding explains a message; `None` when its rule does not belong to a cause.
fn rank(message: &Message, finding: &Finding, outcome: &Outcome) -> Option<i32> {
    // Only Chromium always says which of the two answers it means.
    let said = message.browser == Browser::Chromium;
    let entries = message.causes.iter().filter_map(|&cause| console().entry(cause)).enumerate();
    let by_cause = entries.filter(|(_, entry)| is_on(&entry.topic, finding, &outcome.scan.sources)).filter_map(
        |(order, entry)| {
            let position = entry.rules(message.preflight, said).iter().position(|rule| **rule == *finding.rule)?;
            Some(FINDING - i32::try_from(2 * position + 10 * order).unwrap_or(FINDING))
        },
    );
    let base = by_cause.max()?;
    let minor = if finding.severity == Severity::Info { -10 } else { 0 };
    let texts: Vec<&str> = [&finding.message, &finding.help].into_iter().map(String::as_str).collect();
    // A finding inside a location of nginx names the location in a label.
    let elsewhere = finding.labels.iter().any(|label| {
        outcome.project.servers.iter().any(|server| server.span == label.span)
            && bearing(message, &outcome.project, label.span) == Bearing::Elsewhere
    });
    let path = if elsewhere { OTHER_PATH } else { path(message, outcome, finding.primary.span) };
    Some(base + minor + path + words(message, &texts))
}

/// Rules about options of any kind explain something only where the option has to do with it.
fn is_on(topic: &str, finding: &Finding, sources: &Sources) -> bool {
    const OF_ANY_KIND: [&str; 5] =
        ["ineffective-option", "misspelled-header", "conflicting-settings", "deprecated-setting", "string-as-list"];
    if !OF_ANY_KIND.contains(&&*finding.rule) {
        return true;
    }
    let texts = [sources.slice(finding.primary.span), &finding.message, &finding.help].map(str::to_lowercase);
    // Headers that are exposed are those of the answer.
    texts.iter().any(|text| text.contains(topic) && !(topic == "header" && text.contains("expose")))
}

fn path(message: &Message, outcome: &Outcome, span: Span) -> i32 {
    match bearing(message, &outcome.project, span) {
        Bearing::Elsewhere => OTHER_PATH,
        Bearing::Open => 0,
        Bearing::Meant => OWN_PATH,
    }
}

fn words(message: &Message, texts: &[&str]) -> i32 {
    let said = ["origin", "value", "method", "header"].into_iter().filter_map(|name| message.word(name));
    // In backticks, so that `GET` is not found in `target`.
    let said: Vec<String> = said.filter(|word| !word.is_empty()).map(|word| format!("`{word}`")).collect();
    if texts.iter().any(|text| said.iter().any(|word| text.contains(word.as_str()))) { SAME_WORDS } else { 0 }
}

/// Is the evidence on a line that the finding is about?
fn touches(finding: &Finding, evidence: &Evidence, sources: &Sources) -> bool {
    let line = |span: Span| (span.file, sources.position(span.file, span.start).line);
    let labels = std::iter::once(&finding.primary).chain(&finding.labels);
    let mut places = [Some(evidence.span), evidence.handler].into_iter().flatten();
    places.any(|span| line(finding.primary.span) == line(span) || labels.clone().any(|label| label.span == span))
}
