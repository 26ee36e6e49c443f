//! Addresses of the developer's machine that are used for want of a variable, as rules see them.
//!
//! In: the allowed origins that are such fallbacks, and the requests of clients. Out: `FallbackFacts`. Of an address that pages
//! call this is said only where the variable's absence is asked for itself, where code that surely runs in pages uses it, and where no build
//! of the repository gives the variable a value.

use super::clients::{is_certain, is_local_tool};
use crate::eval::environment::Environment;
use crate::model::client::{Base, ClientUrl};
use crate::model::condition::{Formula, Test};
use crate::model::link::Link;
use crate::model::origin::{Url, is_loopback};
use crate::model::project::Project;
use crate::model::world::{Assume, Situation, flag, is_selector, is_written_in_code};
use crate::rules::facts::{Facts, FallbackFacts, OriginFacts, Text};

pub(super) fn gather(project: &Project, environment: &Environment, links: &[Link], facts: &mut Facts) {
    let allowed = facts.origins.iter().filter(|origin| origin.fallback.0 && origin.loopback.0);
    let mut found: Vec<FallbackFacts> = allowed.map(allowed_instead).collect();
    for (index, request) in project.clients.iter().enumerate() {
        if !super::calls::in_production(request) {
            continue;
        }
        let link = links.iter().find(|link| link.client == index);
        let local = |url: &&ClientUrl| !is_local_tool(url, link);
        for url in request.urls.iter().filter(local).filter(|_| is_certain(request, link)) {
            let Some(place) = local_place(url) else { continue };
            if let Some(variable) = missing(&url.when).filter(|variable| !environment.is_built_in(variable)) {
                found.push(FallbackFacts {
                    span: Some(url.span),
                    platform: "client".into(),
                    environment: "production".into(),
                    written: Text::at(place.origin(), url.span),
                    variable: Text::new(variable),
                    ..FallbackFacts::default()
                });
            }
        }
    }
    facts.fallbacks = found;
}

fn allowed_instead(origin: &OriginFacts) -> FallbackFacts {
    FallbackFacts {
        span: origin.span,
        server: origin.server,
        platform: origin.platform.clone(),
        environment: origin.environment.clone(),
        written: origin.written.clone(),
        variable: origin.variable.clone(),
    }
}

/// The developer's machine, where an address names it in the code. What follows the host differs from call to call.
fn local_place(url: &ClientUrl) -> Option<&Url> {
    match &url.base {
        Base::Absolute { url, variable: false, .. } if is_loopback(&url.host) => Some(url),
        _ => None,
    }
}

/// The variable whose absence, and nothing else, decides that an address is used in production.
fn missing(when: &Formula) -> Option<String> {
    if when.decide(&Situation::of(&Assume::Production)) == Some(true) {
        return None;
    }
    let asked = when.tests().into_iter().filter_map(|(test, _)| match test {
        Test::EnvSet { variable } if !is_selector(variable) && flag(variable).is_none() => Some(variable.to_string()),
        _ => None,
    });
    asked
        .filter(|variable| !is_written_in_code(variable))
        .find(|variable| when.decide(&Situation::of(&Assume::Missing(variable.clone()))) == Some(true))
}
