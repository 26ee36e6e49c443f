//! Questions about a decision: who else gets through?
//!
//! In: an `OriginDecision`. Out: what can be said of it for certain in an environment, each with a witness. Origins are made
//! of the texts that the decision itself compares with, and asked one by one.

use std::collections::BTreeSet;

use super::condition::{Test, World};
use super::origin::{Url, is_loopback, is_shared_suffix, registrable_domain};
use super::policy::{Arm, Known, OriginAnswer, OriginDecision};
use super::term::{Relation, Term};
use super::world::{Assume, Request, Situation, flag, is_written_in_code};
use crate::source::Span;

/// An origin that nobody means to allow.
const FOREIGN: [&str; 2] = ["https://evil.example", "https://attacker.test:8443"];

/// What can be said of a decision for certain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Probed {
    /// `*` is asked for.
    pub wildcard: Option<Span>,
    /// Every origin passes.
    pub any: bool,
    /// Every origin is copied back.
    pub reflected: Option<Span>,
    /// The text `null` passes for its own sake.
    pub null: Option<Span>,
    /// A foreign origin passes although only some are meant; where `any` holds, as one of those whose own origin is sent.
    pub loose: Option<(String, Span)>,
    /// Everybody under this suffix passes.
    pub shared_suffix: Option<(String, Span)>,
    /// The answer depends on the request's origin.
    pub dynamic: bool,
    /// Nobody passes.
    pub none: bool,
    /// That every origin passes is so only where this variable is missing.
    pub variable: Option<String>,
}

/// Asks a decision in production, and where it is open there only because a variable is missing, says so.
pub fn probe(decision: &OriginDecision) -> Probed {
    let probed = probe_in(decision, &Assume::Production);
    if probed.any {
        return probed;
    }
    let is_set_test = |variable: &String| {
        decision
            .arms
            .iter()
            .flat_map(|arm| arm.when.tests())
            .any(|(test, _)| matches!(test, Test::EnvSet { variable: name } if **name == **variable))
    };
    for variable in variables(decision).into_iter().filter(is_set_test) {
        let missing = probe_in(decision, &Assume::Missing(variable.clone()));
        if missing.any {
            return Probed { variable: Some(variable), ..missing };
        }
    }
    probed
}

fn probe_in(decision: &OriginDecision, assume: &Assume) -> Probed {
    let ask = |origin: &str| decision.ask_origin(origin, assume);
    let foreign: Vec<(OriginAnswer, Span)> = FOREIGN.iter().map(|origin| ask(origin)).collect();
    let mut probed = Probed { dynamic: is_dynamic(decision), ..Probed::default() };
    let passes = |(answer, _): &(OriginAnswer, Span)| matches!(answer, OriginAnswer::Wildcard | OriginAnswer::Echo);
    probed.any = foreign.iter().all(passes);
    if let [(OriginAnswer::Wildcard, span), (OriginAnswer::Wildcard, _)] = foreign.as_slice() {
        probed.wildcard = Some(*span);
    }
    if let [(OriginAnswer::Echo, span), (OriginAnswer::Echo, _)] = foreign.as_slice() {
        probed.reflected = Some(*span);
    }
    probed.none = decision.arms.iter().all(|arm| arm.answer == OriginAnswer::Nothing);
    if probed.any && probed.wildcard.is_none() {
        return probed;
    }
    // Where everybody else gets `*`, those who are named get more: with their own origin credentials come along.
    let any = probed.any;
    let lets_in = |origin: &str| match any {
        true => ask(origin).0 == OriginAnswer::Echo,
        false => decision.allows(origin, assume) == Known::Yes,
    };
    if lets_in("null") {
        probed.null = Some(ask("null").1);
    }
    for (domain, span) in domains(decision) {
        for witness in attacks(&domain) {
            if probed.loose.is_none() && lets_in(&witness) {
                let at = deciding_test(decision, &witness).unwrap_or(span);
                probed.loose = Some((witness, at));
            }
        }
        if let Some((witness, at)) = shortened(decision, &domain).filter(|_| probed.loose.is_none()) {
            probed.loose = Some((witness, at));
        }
        if let Some(suffix) = shared_suffix(&domain) {
            let witness = format!("https://attacker-owned.{suffix}");
            if probed.shared_suffix.is_none() && lets_in(&witness) {
                let at = deciding_test(decision, &witness).unwrap_or(span);
                probed.shared_suffix = Some((suffix, at));
            }
        }
    }
    probed
}

/// The comparison that lets an origin through: the first test of the arm that answers which holds and is no equality.
fn deciding_test(decision: &OriginDecision, origin: &str) -> Option<Span> {
    let request = request(origin);
    let world = Situation::with(&Assume::Production, &request);
    let arm = decision.arms.iter().find(|arm| arm.when.decide(&world) != Some(false))?;
    arm.when.tests().into_iter().find_map(|(test, span)| {
        let careless = matches!(test, Test::Request { relation, .. } if !matches!(relation, Relation::Equals(_) | Relation::Present));
        (careless && world.test(test) == Some(true)).then_some(span)
    })
}

/// Does the answer depend on the request's `Origin`?
fn is_dynamic(decision: &OriginDecision) -> bool {
    decision.arms.iter().any(|arm| {
        arm.answer == OriginAnswer::Echo
            || (arm.answer != OriginAnswer::Nothing
                && arm
                    .when
                    .tests()
                    .iter()
                    .any(|(test, _)| matches!(test, Test::Request { term, .. } if term.is_origin())))
    }) && !matches!(decision.arms.as_slice(), [arm] if matches!(arm.answer, OriginAnswer::Fixed(_) | OriginAnswer::Wildcard))
}

/// Hosts that the decision compares with in any other way than by equality, with the place of the comparison.
fn domains(decision: &OriginDecision) -> Vec<(String, Span)> {
    let mut domains: Vec<(String, Span)> = Vec::new();
    let mut seen = BTreeSet::new();
    for arm in &decision.arms {
        for (test, span) in arm.when.tests() {
            let Test::Request { term, relation } = test else { continue };
            if !about_origin(term) {
                continue;
            }
            let text = match relation {
                Relation::Equals(_) | Relation::Present => continue,
                Relation::Contains(text)
                | Relation::StartsWith(text)
                | Relation::EndsWith(text)
                | Relation::Within(text) => text.to_string(),
                Relation::Matches(pattern) => plain(&pattern.source),
            };
            for host in hosts(&text) {
                if seen.insert(host.clone()) {
                    domains.push((host, span));
                }
            }
        }
    }
    domains
}

fn about_origin(term: &Term) -> bool {
    matches!(&term.part, super::term::Part::Header(name) if &**name == "origin" || &**name == "referer")
}

/// A pattern's text with its escapes and groups taken off, so that hosts can be read in it.
fn plain(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(escaped @ ('.' | '/' | '-' | ':')) => text.push(escaped),
                _ => text.push(' '),
            },
            '[' => {
                for inner in characters.by_ref() {
                    if inner == ']' {
                        break;
                    }
                }
                text.push(' ');
            }
            '(' | ')' | '^' | '$' | '?' | '*' | '+' | '|' | '{' | '}' => text.push(' '),
            c => text.push(c),
        }
    }
    text
}

/// Everything in a text that looks like a host: `example.com`, `localhost`, `.vercel.app`.
fn hosts(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')))
        .map(|word| word.trim_matches(['.', '-']).to_owned())
        .filter(|word| {
            is_ipv4(word)
                || word == "localhost"
                || (word.contains('.') && word.chars().any(|c| c.is_ascii_alphabetic()))
        })
        .collect()
}

fn is_ipv4(word: &str) -> bool {
    word.split('.').count() == 4 && word.split('.').all(|part| part.parse::<u8>().is_ok())
}

/// Origins of strangers that a careless test for `host` lets through.
fn attacks(host: &str) -> Vec<String> {
    let mut attacks = vec![
        format!("https://{host}.evil.example"),
        format!("https://evil-{host}"),
        format!("https://evil{host}"),
        format!("https://{host}.evil.com"),
        format!("https://{host}evil.com"),
        format!("https://app.{host}.evil.example"),
    ];
    // A dot that stands for any character: `app.example.com` also reads `appxexample.com`.
    for (at, _) in host.match_indices('.') {
        let replaced = format!("{}x{}", &host[..at], &host[at + 1..]);
        if replaced.contains('.') {
            attacks.push(format!("https://{replaced}"));
            attacks.push(format!("https://www.{replaced}"));
            attacks.push(format!("https://app.{replaced}"));
        }
    }
    let plain: Vec<String> = attacks.iter().map(|attack| attack.replacen("https://", "http://", 1)).collect();
    attacks.extend(plain);
    let home = registrable_domain(host);
    attacks.retain(|attack| {
        let Some(url) = Url::parse(attack) else { return false };
        let theirs = registrable_domain(&url.host)
            .or_else(|| url.host.ends_with(".evil.example").then(|| "evil.example".to_owned()));
        theirs.is_some() && theirs != home && !is_loopback(&url.host)
    });
    attacks
}

/// A test for "is a part of" also lets the beginning of an allowed origin through: `https://app.example.co`.
fn shortened(decision: &OriginDecision, host: &str) -> Option<(String, Span)> {
    let within = decision.arms.iter().flat_map(|arm| arm.when.tests()).find_map(|(test, span)| match test {
        Test::Request { term, relation: Relation::Within(text) } if about_origin(term) && text.contains(host) => {
            Some(span)
        }
        _ => None,
    })?;
    let cut = host.get(..host.len().checked_sub(1)?)?;
    let witness = format!("https://{cut}");
    let other = registrable_domain(cut).is_some_and(|domain| registrable_domain(host).as_deref() != Some(&domain));
    (other && decision.allows(&witness, &Assume::Production) == Known::Yes).then_some((witness, within))
}

/// Comparisons that let loopback origins through without naming one whole: an origin that passes, and the comparison's place.
pub fn loopback_twins(decision: &OriginDecision) -> Vec<(String, Span)> {
    let mut found: Vec<(String, Span)> = Vec::new();
    for arm in &decision.arms {
        for (test, span) in arm.when.tests() {
            let Test::Request { term, relation } = test else { continue };
            let text = match relation {
                Relation::Matches(pattern) => plain(&pattern.source),
                Relation::StartsWith(text) | Relation::Contains(text) => text.to_string(),
                _ => continue,
            };
            let names_loopback = text.contains("localhost") || text.contains("127.0.0.1");
            if !about_origin(term) || !names_loopback || found.iter().any(|(_, at)| *at == span) {
                continue;
            }
            let candidates = [
                "http://localhost:3000",
                "http://localhost",
                "http://localhost:8080",
                "http://127.0.0.1:3000",
                "http://127.0.0.1",
            ];
            let mine = |origin: &&&str| {
                decision.allows(origin, &Assume::Production) == Known::Yes
                    && deciding_test(decision, origin) == Some(span)
            };
            if let Some(twin) = candidates.iter().find(mine) {
                found.push(((*twin).to_owned(), span));
            }
        }
    }
    found
}

/// Patterns that name `http` themselves and let the unencrypted twin of a host through: the twin, and the pattern's place.
pub fn insecure_twins(decision: &OriginDecision) -> Vec<(String, Span)> {
    let mut found: Vec<(String, Span)> = Vec::new();
    for arm in &decision.arms {
        for (test, span) in arm.when.tests() {
            let Test::Request { term, relation: Relation::Matches(pattern) } = test else { continue };
            let says_http = pattern.source.contains("https?:")
                || pattern.source.contains("http:")
                || pattern.source.contains("http(s)?:")
                || pattern.source.contains("http(?:s)?:");
            if !about_origin(term) || !says_http || found.iter().any(|(_, at)| *at == span) {
                continue;
            }
            for host in hosts(&plain(&pattern.source)) {
                if is_loopback(&host) || super::origin::is_private_network(&host) {
                    continue;
                }
                let candidates = [format!("http://{host}"), format!("http://app.{host}"), format!("http://www.{host}")];
                let passes = |origin: &&String| decision.allows(origin, &Assume::Production) == Known::Yes;
                if let Some(twin) = candidates.iter().find(passes) {
                    found.push((twin.clone(), span));
                    break;
                }
            }
        }
    }
    found
}

/// The hosting provider's suffix that a host is (part of): `vercel.app` for `vercel.app` itself only.
fn shared_suffix(host: &str) -> Option<String> {
    is_shared_suffix(host).then(|| host.to_owned())
}

/// How an origin text that a decision names fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It passes in production.
    Production,
    /// It may pass in production: a condition cannot be decided.
    Possible,
    /// It does not pass in production.
    Elsewhere,
}

/// One origin that a decision names.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedOrigin {
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
    /// How it fares in production.
    pub standing: Standing,
    /// It passes only where this variable is missing or names no known environment.
    pub fallback: Option<String>,
}

/// Every origin that a decision names by its full text, in order of place.
pub fn named_origins(decision: &OriginDecision) -> Vec<NamedOrigin> {
    let mut found: Vec<NamedOrigin> = Vec::new();
    let variables = variables(decision);
    for arm in &decision.arms {
        let mut texts: Vec<(String, Span)> = Vec::new();
        if let OriginAnswer::Fixed(text) = &arm.answer {
            texts.push((text.to_string(), arm.span));
        }
        if matches!(arm.answer, OriginAnswer::Echo | OriginAnswer::Fixed(_)) {
            for (test, span) in arm.when.tests() {
                if let Test::Request { term, relation: Relation::Equals(text) } = test
                    && term.is_origin()
                {
                    texts.push((text.to_string(), span));
                }
            }
        }
        for (text, span) in texts {
            if found.iter().any(|one| one.span == span && one.text == text) {
                continue;
            }
            let standing = standing(decision, &text, span);
            let fallback = match standing {
                Standing::Production => None,
                _ => variables.iter().find(|variable| falls_back(decision, &text, span, variable)).cloned(),
            };
            found.push(NamedOrigin { text, span, standing, fallback });
        }
    }
    found.sort_by_key(|one| one.span);
    found
}

fn request(origin: &str) -> Request {
    Request::new("GET", "/").with("origin", origin)
}

/// Does the arm written at `span` answer for this text in an environment?
fn arm_answers(decision: &OriginDecision, text: &str, span: Span, assume: &Assume) -> Option<bool> {
    let request = request(text);
    let world = Situation::with(assume, &request);
    let mut possible = false;
    for arm in &decision.arms {
        let mine = arm.span == span || arm.when.tests().iter().any(|(_, at)| *at == span);
        let refuses = matches!(arm.answer, OriginAnswer::Nothing | OriginAnswer::Fails);
        match (arm.when.decide(&world), mine && !refuses) {
            (Some(true), true) => return Some(true),
            (Some(true), false) if matches!(arm.answer, OriginAnswer::Echo) => {
                // Another spelling of the same origin already passes: this one is allowed as well.
                return Some(true);
            }
            (Some(true), false) => return if possible { None } else { Some(false) },
            (None, true) => return None,
            (None, false) => possible = true,
            (Some(false), _) => {}
        }
    }
    if possible { None } else { Some(false) }
}

fn standing(decision: &OriginDecision, text: &str, span: Span) -> Standing {
    match arm_answers(decision, text, span, &Assume::Production) {
        Some(true) => Standing::Production,
        Some(false) => Standing::Elsewhere,
        None => Standing::Possible,
    }
}

/// Environment variables that the decision's conditions ask about, and that may be missing: a deployment sets those that say
/// whether it is one.
fn variables(decision: &OriginDecision) -> Vec<String> {
    let mut names = Vec::new();
    for arm in &decision.arms {
        for (test, _) in arm.when.tests() {
            if let Test::EnvEquals { variable, .. } | Test::EnvSet { variable } | Test::EnvTrue { variable } = test
                && !is_written_in_code(variable)
                && flag(variable).is_none()
                && !names.contains(&variable.to_string())
            {
                names.push(variable.to_string());
            }
        }
    }
    names
}

/// The decision as it would be if the origin were written at this one place only: the branch for developers' machines may
/// name the same origin as the branch for everything else, and only the latter is a fallback.
fn written_once(decision: &OriginDecision, text: &str, span: Span) -> OriginDecision {
    let elsewhere = |test: &Test, at: Span| {
        at != span
            && matches!(test, Test::Request { term, relation: Relation::Equals(other) } if term.is_origin() && **other == *text)
    };
    let arms = decision.arms.iter().map(|arm| Arm { when: arm.when.without(&elsewhere), ..arm.clone() });
    OriginDecision { arms: arms.collect(), span: decision.span }
}

/// Is the origin what remains when the variable is missing, rather than what is meant for a developer's machine? It is when
/// the variable's absence is asked for itself, or when several values were tested before.
fn falls_back(decision: &OriginDecision, text: &str, span: Span, variable: &str) -> bool {
    let missing = Assume::Missing(variable.to_owned());
    if arm_answers(&written_once(decision, text, span), text, span, &missing) != Some(true) {
        return false;
    }
    let mine =
        decision.arms.iter().filter(|arm| arm.span == span || arm.when.tests().iter().any(|(_, at)| *at == span));
    let mut values = BTreeSet::new();
    let mut asked_for = false;
    for arm in mine {
        for (test, _) in arm.when.tests() {
            match test {
                Test::EnvSet { variable: name } if **name == *variable => asked_for = true,
                Test::EnvEquals { variable: name, value } if **name == *variable => {
                    values.insert(value.to_string());
                }
                _ => {}
            }
        }
    }
    asked_for || values.len() >= 2
}
