//! Origins that the configuration states, held against what the servers allow.

use crate::model::intent::{Deployed, StatedOrigin};
use crate::model::origin::{Url, www_twin};
use crate::model::policy::{Known, Policy};
use crate::model::project::Project;
use crate::model::world::Assume;
use crate::rules::facts::{Facts, StatedFacts, Text};

/// Needs the facts about origins: what one of them explains is not said twice.
pub(super) fn gather(project: &Project, facts: &mut Facts) {
    let Some(production) = project.intent.production().filter(|_| project.intent.whole) else { return };
    let deciding: Vec<&Policy> = project.policies.iter().filter(|policy| decides(policy, project)).collect();
    if deciding.is_empty() {
        return;
    }
    for stated in production.origins.iter().filter(|stated| !stated.is_pattern()) {
        if is_explained(stated, production, facts) || !is_blocked(stated, project) {
            continue;
        }
        let decision = match deciding.as_slice() {
            [only] => Text::at("", only.allow_origin.span),
            _ => Text::default(),
        };
        facts.stated.push(StatedFacts {
            span: Some(stated.span),
            server: None,
            platform: deciding.first().map(|policy| policy.platform).unwrap_or_default().into(),
            environment: "production".into(),
            origin: Text::at(stated.text.to_string(), stated.span),
            blocked: true.into(),
            decision,
        });
    }
}

/// Does a policy speak for a server as a whole? One for fonts or a public path says nothing about where pages call.
fn decides(policy: &Policy, project: &Project) -> bool {
    let everywhere = policy.paths.is_empty() && !policy.static_assets && !policy.preflight_only;
    let public = super::policies::is_stated_public(policy, project);
    everywhere && !public && policy.installed != Known::No && super::policies::in_production(policy)
}

/// Certainly refused by everything that was found.
fn is_blocked(stated: &StatedOrigin, project: &Project) -> bool {
    let refuses = |policy: &Policy| policy.allow_origin.allows(&stated.text, &Assume::Production) == Known::No;
    project.policies.iter().filter(|policy| super::policies::in_production(policy)).all(refuses)
}

/// Is the origin allowed in another spelling, or its twin, so that a finding about that says what is wrong?
fn is_explained(stated: &StatedOrigin, production: &Deployed, facts: &Facts) -> bool {
    let twin = Url::parse(&stated.text).as_ref().and_then(www_twin).map(|twin| twin.origin());
    facts.origins.iter().any(|origin| {
        let meant = production.meant_by(&origin.written.value).is_some_and(|meant| meant.span == stated.span);
        meant || twin.as_ref().is_some_and(|twin| *twin == origin.written.value)
    })
}
