//! Example env files: what a server would grant to whoever copies them.
//!
//! In: a policy and the files that are there to be copied. Out: the policy as rules see it under the values of such a file,
//! where it then lets everybody in and production as it is written does not say so already.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::eval::environment::{Deployment, EnvFile, Environment};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Known, OriginAnswer, Policy};
use crate::model::world::{Assume, Situation};
use crate::rules::facts::{AllowOriginFacts, PolicyFacts, Question, Text};
use crate::source::{Sources, Span};

/// The policy under each example that opens it.
pub(super) fn copied(
    policy: &Policy,
    here: &PolicyFacts,
    environment: &Environment,
    sources: &Sources,
) -> Vec<PolicyFacts> {
    let code = sources.path(policy.span.file);
    let examples = environment.files.iter().filter(|file| file.deployment == Deployment::Example);
    let examples = examples.filter(|file| code.starts_with(&file.home));
    examples.filter_map(|file| under(policy, here, file)).collect()
}

fn under(policy: &Policy, here: &PolicyFacts, file: &EnvFile) -> Option<PolicyFacts> {
    let (variable, star) = variables(policy).into_iter().find_map(|variable| {
        let value = file.variables.get(&variable).filter(|value| &*value.value == "*")?;
        Some((variable, value.span))
    })?;
    let assume = stated(file);
    let passes = |origin: &str| {
        matches!(policy.allow_origin.ask_origin(origin, &assume).0, OriginAnswer::Wildcard | OriginAnswer::Echo)
    };
    // `callback(null, true)` sends whatever origin asks, and not the `*` that the variable says.
    let echoes = policy.allow_origin.ask_origin("https://evil.example", &assume).0 == OriginAnswer::Echo;
    if !passes("https://evil.example") || !passes("https://attacker.test:8443") {
        return None;
    }
    let (credentials, place) = credentials(policy, file, &assume);
    let told = here.allow_origin.any.0 && (here.allow_credentials.answer == Some(true) || credentials != Known::Yes);
    if told {
        return None;
    }
    Some(PolicyFacts {
        span: Some(star),
        server: here.server,
        platform: here.platform.clone(),
        environment: here.environment.clone(),
        library: here.library.clone(),
        version: here.version.clone(),
        place: Text::at(here.place.value.clone(), policy.allow_origin.span),
        allow_origin: AllowOriginFacts {
            span: Some(star),
            wildcard: true.into(),
            any: true.into(),
            written: Text::at(format!("{variable}=*"), star),
            opening: Text::at("*", star),
            ..AllowOriginFacts::default()
        },
        allow_credentials: match credentials {
            Known::Yes => Question::at(true, place),
            Known::No => Question::at(false, place),
            Known::Unknown => Question::default(),
        },
        with_credentials: (credentials == Known::Yes).into(),
        any_with_credentials_reflects: (echoes || here.any_with_credentials_reflects.0).into(),
        public_route: here.public_route,
        static_assets: here.static_assets,
        example: true.into(),
        ..PolicyFacts::default()
    })
}

fn stated(file: &EnvFile) -> Assume {
    let values: BTreeMap<String, String> =
        file.variables.iter().map(|(name, value)| (name.to_string(), value.value.to_string())).collect();
    Assume::Stated(values)
}

/// Variables that decide who is allowed.
fn variables(policy: &Policy) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = policy.env_reads.iter().map(|read| read.name.clone()).collect();
    for (test, _) in policy.allow_origin.arms.iter().flat_map(|arm| arm.when.tests()) {
        if let Test::EnvEquals { variable, .. } | Test::EnvSet { variable } = test {
            names.push(variable.clone());
        }
    }
    names
}

/// Are credentials allowed as the file has it, and where is that written?
fn credentials(policy: &Policy, file: &EnvFile, assume: &Assume) -> (Known, Span) {
    let own = (policy.allow_credentials.value, policy.allow_credentials.span);
    let Some(when) = policy.credentials_when.as_ref().filter(|_| own.0 == Known::Unknown) else { return own };
    let known = when.eval(&Situation::of(assume)).map_or(Known::Unknown, Known::from);
    (known, line_of(when, file).unwrap_or(own.1))
}

fn line_of(when: &Formula, file: &EnvFile) -> Option<Span> {
    when.tests().into_iter().find_map(|(test, _)| match test {
        Test::EnvEquals { variable, .. } | Test::EnvSet { variable } | Test::EnvTrue { variable } => {
            file.variables.get(variable).map(|value| value.span)
        }
        _ => None,
    })
}
