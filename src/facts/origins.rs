//! Allowed origins one by one, as rules see them.

use std::sync::Arc;

use camino::Utf8Path;

use super::intended::Intended;
use crate::eval::environment::{Deployment, Environment};
use crate::model::condition::Test;
use crate::model::origin::{
    Malformation, Url, is_app, is_loopback, is_placeholder, is_private_network, is_staging, malformation,
    registrable_domain, www_of_any, www_twin,
};
use crate::model::policy::{Known, Policy};
use crate::model::probe::{NamedOrigin, Standing, insecure_twins, loopback_twins};
use crate::model::project::Project;
use crate::model::world::{Assume, Stage, is_selector, stage};
use crate::rules::facts::{Facts, OriginFacts, PolicyFacts, Text};
use crate::source::{Sources, Span};

pub(super) fn gather(
    policy: &Policy,
    named: &[NamedOrigin],
    facts_of_policy: &Arc<PolicyFacts>,
    project: &Project,
    environment: &Environment,
    sources: &Sources,
    facts: &mut Facts,
) {
    let open = facts_of_policy.allow_origin.any.0;
    let together = project.fronts.iter().any(|front| front.forwards && front.serves_pages);
    // What is in force nowhere allows nobody in production, though it may be loose for whoever puts it in force.
    let in_force = policy.installed != Known::No;
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
            insecure: in_force.into(),
            loopback: (in_force && loopback).into(),
            stated: is_stated.into(),
            host: Text::new(host),
            together: together.into(),
            policy: facts_of_policy.clone(),
            ..OriginFacts::default()
        });
    }
    // Code that asks for `*` itself, in a variable or a list, does not leave it to the comparison.
    let asks = |test: &Test| matches!(test, Test::EnvEquals { value, .. } if &**value == "*");
    let arms = policy.allow_origin.arms.iter();
    let knows_star = open || arms.flat_map(|arm| arm.when.tests()).any(|(test, _)| asks(test));
    let production = named.iter().filter(|one| one.standing != Standing::Elsewhere).count();
    let certain = policy.allow_origin.is_settled();
    let mut hosts =
        named.iter().filter(|one| one.standing != Standing::Elsewhere).filter_map(|one| Url::parse(&one.text));
    let made_for_staging = sources
        .path(policy.span.file)
        .file_stem()
        .is_some_and(|stem| stem.split(['.', '-', '_']).any(|word| stage(word) == Some(Stage::Staging)));
    let only_staging = certain && !open && !made_for_staging && hosts.all(|url| is_staging(&url.host));
    let has_app = named.iter().filter_map(|one| Url::parse(&one.text)).any(|url| is_app(&url));
    // On the other system the same application has an origin without a port: `http://localhost`, `https://localhost`.
    let of_app = |url: &Url| is_app(url) || has_app && url.host == "localhost" && url.port.is_none();
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
            .filter(|(kind, _)| matters(policy, *kind) && !(knows_star && *kind == Malformation::LiteralWildcard))
            .filter(|(kind, _)| *kind != Malformation::SubdomainWildcard || !is_expanded(policy, &one.text));
        let twin = url.as_ref().and_then(www_twin).filter(|twin| is_missing(policy, twin, one));
        let used = |twin: &Url| evidence(twin, one.span, project, environment);
        let twin = twin.or_else(|| {
            let twin = url.as_ref().and_then(www_of_any);
            twin.filter(|twin| is_missing(policy, twin, one) && used(twin).is_some())
        });
        let intended = Intended::of(one, twin.as_ref(), &project.intent);
        let evidence = twin.as_ref().and_then(used);
        let evidence = intended.twin.clone().or(evidence);
        let production_standing = one.standing == Standing::Production;
        let insecure =
            in_force && production_standing && url.as_ref().is_some_and(|url| url.scheme == "http" && !of_app(url));
        let own = policy.own_hosts.iter().find(|own| *own.value == *host && production_standing);
        let own_host = own.map(|own| Text::at(own.value.to_string(), own.span));
        let scheme = url.as_ref().filter(|_| production_standing).and_then(other_scheme);
        let scheme = scheme.filter(|other| is_missing(policy, other, one));
        let other_scheme = scheme.and_then(|other| {
            let same = |url: &Url| url.scheme == other.scheme && url.host == other.host && url.port == other.port;
            used_by_pages(&same, one.span, project, environment)
        });
        let meant = fault.as_ref().and_then(|(_, meant)| meant.clone());
        facts.origins.push(OriginFacts {
            span: Some(one.span),
            server: policy.server.and_then(|server| u32::try_from(server).ok()),
            platform: policy.platform.into(),
            environment: "production".into(),
            written: Text::at(one.text.clone(), one.span),
            header: Text::default(),
            scheme: Text::new(url.as_ref().map(|url| url.scheme.clone()).unwrap_or_default()),
            loopback: (in_force && is_loopback(&host) && !url.as_ref().is_some_and(of_app)).into(),
            private_network: is_private_network(&host).into(),
            insecure: insecure.into(),
            suggestion: intended.meant.clone().or(meant).map(Text::new).unwrap_or_default(),
            malformed: fault.is_some().into(),
            malformation: fault.map(|(kind, _)| Text::at(kind.description(), one.span)).unwrap_or_default(),
            example: false.into(),
            placeholder: is_placeholder(&one.text).into(),
            null_origin: (one.text == "null").into(),
            fallback: (fallback && !deployed).into(),
            variable: one.fallback.clone().map(Text::new).unwrap_or_default(),
            only_one: (certain && production == 1 && facts_of_policy.origins.len() == 1).into(),
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
            literal: is_program(sources.path(one.span.file)).into(),
            only_staging: only_staging.into(),
            is_own_host: own_host.is_some().into(),
            own_host: own_host.unwrap_or_default(),
            encrypted_elsewhere: (other_scheme.is_some() && insecure).into(),
            scheme_mismatch: other_scheme.is_some().into(),
            other_scheme: other_scheme.unwrap_or_default(),
            host: Text::new(host),
            together: together.into(),
            policy: facts_of_policy.clone(),
        });
    }
}

/// Does the program itself make a pattern of the text? Then origins pass that nobody wrote down.
fn is_expanded(policy: &Policy, text: &str) -> bool {
    ["q7-probe", "49321"].iter().filter_map(|filling| Url::parse(&text.replace('*', filling))).any(|url| {
        let allowed = policy.allow_origin.allows(&url.origin(), &Assume::Production);
        allowed == Known::Yes
    })
}

/// The same origin with the other scheme, where the host is one that anybody can reach.
fn other_scheme(url: &Url) -> Option<Url> {
    let scheme = match &*url.scheme {
        "http" => "https",
        "https" => "http",
        _ => return None,
    };
    let public = registrable_domain(&url.host).is_some() && !is_private_network(&url.host) && url.port.is_none();
    public.then(|| Url { scheme: scheme.to_owned(), ..url.clone() })
}

/// Where the repository says that its pages live at an origin: a variable named after them, a trusted origin of the server.
fn used_by_pages(
    same: &dyn Fn(&Url) -> bool,
    here: Span,
    project: &Project,
    environment: &Environment,
) -> Option<Text> {
    const WORDS: [&str; 9] = ["FRONT", "FRONTEND", "CLIENT", "APP", "WEB", "SITE", "ORIGIN", "ORIGINS", "CORS"];
    let of_pages = |name: &str| {
        let words: Vec<String> = name.split('_').map(str::to_ascii_uppercase).collect();
        let other = ["API", "SERVER", "BACKEND", "BACK", "WEBHOOK", "CALLBACK"];
        words.iter().any(|word| WORDS.contains(&word.as_str()))
            && !words.iter().any(|word| other.contains(&word.as_str()))
    };
    let names =
        |text: &str| text.split([',', ' ', ';']).filter_map(|piece| Url::parse(piece.trim())).any(|url| same(&url));
    let deployed = |deployment: Deployment| matches!(deployment, Deployment::Production | Deployment::Any);
    let files = environment.files.iter().filter(|file| deployed(file.deployment));
    let mut lines =
        files.flat_map(|file| file.variables.iter()).filter(|(name, _)| of_pages(name)).map(|(_, value)| value);
    let line = lines.find(|value| value.span != here && names(&value.value));
    line.map(|value| Text::at(value.value.to_string(), value.span)).or_else(|| {
        let mut hosts = project.hosts.iter().filter(|host| host.span != here);
        hosts.find(|host| names(&host.value)).map(|host| Text::at(host.value.clone(), host.span))
    })
}

/// Is it the file of a program, as opposed to a configuration?
fn is_program(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "py"))
}

/// A default that names a deployed site as well is what production uses, not a makeshift for want of the variable.
fn is_deployed_default(one: &NamedOrigin, named: &[NamedOrigin]) -> bool {
    let Some(variable) = one.fallback.as_ref().filter(|variable| !is_selector(variable)) else { return false };
    let deployed =
        |url: Url| url.scheme == "https" && !is_app(&url) && !is_loopback(&url.host) && !is_private_network(&url.host);
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
pub(super) fn matters(policy: &Policy, kind: Malformation) -> bool {
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
