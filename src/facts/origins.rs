//! Allowed origins one by one, as rules see them.

use std::sync::Arc;

use super::intended::Intended;
use crate::eval::environment::{Deployment, Environment};
use crate::model::condition::Test;
use crate::model::origin::{
    Malformation, Url, is_loopback, is_placeholder, is_private_network, is_staging, malformation, www_twin,
};
use crate::model::policy::{Known, Policy};
use crate::model::probe::{NamedOrigin, Standing, insecure_twins, loopback_twins};
use crate::model::project::Project;
use crate::model::world::{Assume, is_selector};
use crate::rules::facts::{Facts, OriginFacts, PolicyFacts, Text};
use crate::source::Span;

pub(super) fn gather(
    policy: &Policy,
    named: &[NamedOrigin],
    facts_of_policy: &Arc<PolicyFacts>,
    project: &Project,
    environment: &Environment,
    facts: &mut Facts,
) {
    let open = facts_of_policy.allow_origin.any.0;
    let insecure = insecure_twins(&policy.allow_origin).into_iter().map(|(twin, span)| (twin, span, false));
    let loopback = loopback_twins(&policy.allow_origin).into_iter().map(|(twin, span)| (twin, span, true));
    for (twin, span, loopback) in insecure.chain(loopback).filter(|_| !open) {
        let host = Url::parse(&twin).map(|url| url.host).unwrap_or_default();
        let is_stated = project.intent.production().is_some_and(|production| production.stating(&twin).is_some());
        facts.origins.push(OriginFacts {
            span: Some(span),
            server: policy.server.and_then(|server| u32::try_from(server).ok()),
            platform: policy.platform.into(),
            environment: "production".into(),
            written: Text::at(twin, span),
            scheme: Text::new("http"),
            insecure: true.into(),
            loopback: loopback.into(),
            stated: is_stated.into(),
            host: Text::new(host),
            policy: facts_of_policy.clone(),
            ..OriginFacts::default()
        });
    }
    // Code that asks for `*` itself, in a variable or a list, does not leave it to the comparison.
    let asks = |test: &Test| matches!(test, Test::EnvEquals { value, .. } if &**value == "*");
    let arms = policy.allow_origin.arms.iter();
    let knows_star = open || arms.flat_map(|arm| arm.when.tests()).any(|(test, _)| asks(test));
    let production = named.iter().filter(|one| one.standing != Standing::Elsewhere).count();
    for one in named {
        let fallback = one.fallback.is_some();
        let deployed = is_deployed_default(one, named);
        if one.standing == Standing::Elsewhere && !fallback
            || one.standing == Standing::Possible && !fallback && !certain_text(one)
        {
            continue;
        }
        let url = Url::parse(&one.text);
        let host = url.as_ref().map(|url| url.host.clone()).unwrap_or_default();
        let fault = malformation(&one.text)
            .filter(|(kind, _)| matters(policy, *kind) && !(knows_star && *kind == Malformation::LiteralWildcard));
        let twin = url.as_ref().and_then(www_twin).filter(|twin| is_missing(policy, twin, one));
        let intended = Intended::of(one, twin.as_ref(), &project.intent);
        let evidence = twin.as_ref().and_then(|twin| evidence(twin, one.span, project, environment));
        let evidence = intended.twin.clone().or(evidence);
        let production_standing = one.standing == Standing::Production;
        let meant = fault.as_ref().and_then(|(_, meant)| meant.clone());
        facts.origins.push(OriginFacts {
            span: Some(one.span),
            server: policy.server.and_then(|server| u32::try_from(server).ok()),
            platform: policy.platform.into(),
            environment: "production".into(),
            written: Text::at(one.text.clone(), one.span),
            scheme: Text::new(url.as_ref().map(|url| url.scheme.clone()).unwrap_or_default()),
            loopback: is_loopback(&host).into(),
            private_network: is_private_network(&host).into(),
            insecure: (production_standing && url.as_ref().is_some_and(|url| url.scheme == "http")).into(),
            suggestion: intended.meant.clone().or(meant).map(Text::new).unwrap_or_default(),
            malformed: fault.is_some().into(),
            malformation: fault.map(|(kind, _)| Text::at(kind.description(), one.span)).unwrap_or_default(),
            placeholder: is_placeholder(&one.text).into(),
            null_origin: (one.text == "null").into(),
            fallback: (fallback && !deployed).into(),
            variable: one.fallback.clone().map(Text::new).unwrap_or_default(),
            only_one: (production == 1 && facts_of_policy.origins.len() == 1).into(),
            www_mismatch: (production_standing && twin.is_some() && !intended.twin_is_settled).into(),
            twin: twin.map(|twin| Text::new(twin.origin())).unwrap_or_default(),
            evidence_found: evidence.is_some().into(),
            evidence: evidence.unwrap_or_default(),
            stated: intended.stated.into(),
            unstated: intended.unstated.into(),
            stated_for: intended.stated_for,
            twin_stated: intended.twin.is_some().into(),
            intent: intended.place,
            staging: is_staging(&host).into(),
            host: Text::new(host),
            policy: facts_of_policy.clone(),
        });
    }
}

/// A default that names a deployed site as well is what production uses, not a makeshift for want of the variable.
fn is_deployed_default(one: &NamedOrigin, named: &[NamedOrigin]) -> bool {
    let Some(variable) = one.fallback.as_ref().filter(|variable| !is_selector(variable)) else { return false };
    let deployed = |url: Url| url.scheme == "https" && !is_loopback(&url.host) && !is_private_network(&url.host);
    named.iter().any(|other| {
        other.fallback.as_ref() == Some(variable)
            && !is_placeholder(&other.text)
            && Url::parse(&other.text).is_some_and(deployed)
    })
}

/// What is wrong with a text is wrong whatever the environment says, as long as it may be used at all.
fn certain_text(one: &NamedOrigin) -> bool {
    malformation(&one.text).is_some()
}

/// Does a deviation from a serialized origin keep it from ever being equal here?
fn matters(policy: &Policy, kind: Malformation) -> bool {
    !(policy.forgives.contains(&kind) || kind == Malformation::LiteralWildcard && policy.sends_text)
}

/// Is the twin certainly not allowed?
fn is_missing(policy: &Policy, twin: &Url, one: &NamedOrigin) -> bool {
    // `https://example.com/` never matches anything: its own fault comes first.
    malformation(&one.text).is_none() && policy.allow_origin.allows(&twin.origin(), &Assume::Production) == Known::No
}

/// Where the repository itself uses the twin's host: an env file, another policy, a server's name.
fn evidence(twin: &Url, here: Span, project: &Project, environment: &Environment) -> Option<Text> {
    let names_twin = |text: &str| {
        text.split([',', ' ', ';', '"', '\'']).any(|piece| {
            Url::parse(piece).is_some_and(|url| url.host == twin.host) || piece.trim_matches('/') == twin.host
        })
    };
    for file in &environment.files {
        if matches!(file.deployment, Deployment::Development | Deployment::Test) {
            continue;
        }
        for value in file.variables.values() {
            if value.span != here && names_twin(&value.value) {
                return Some(Text::at(value.value.to_string(), value.span));
            }
        }
    }
    for host in &project.hosts {
        if host.span != here && (*host.value == *twin.host || names_twin(&host.value)) {
            return Some(Text::at(host.value.to_string(), host.span));
        }
    }
    None
}
