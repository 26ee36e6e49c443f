//! Under which host a server is reached, as the pages of the repository say it.
//!
//! In: who calls whom, and the allowed origins. Out: the same origins, marked where one is the host that the calls go to. Said only
//! of a host that is an API's by its name: one that pages may live at as well can be allowed for good reasons.

use crate::model::client::Base;
use crate::model::link::Link;
use crate::model::origin::{Url, is_loopback};
use crate::model::project::Project;
use crate::model::server::Role;
use crate::rules::facts::{Facts, Text};
use crate::source::Span;

/// Adds what the requests of clients say of the hosts of servers.
pub(super) fn attach(project: &Project, links: &[Link], facts: &mut Facts) {
    let reached: Vec<(usize, &Url, Span)> =
        links.iter().filter(|link| !serves_pages(project, link.server)).filter_map(|link| at(project, link)).collect();
    for origin in &mut facts.origins {
        let Some(allowed) = Url::parse(&origin.written.value) else { continue };
        if origin.is_own_host.0 || origin.fallback.0 || !is_for_api(&allowed.host) {
            continue;
        }
        let found = reached
            .iter()
            .find(|(server, url, _)| u32::try_from(*server).ok() == origin.server && url.origin() == allowed.origin());
        if let Some((_, url, span)) = found {
            origin.is_own_host = true.into();
            origin.own_host = Text::at(url.origin(), *span);
        }
    }
}

/// The server of a link and the address that it is reached at.
fn at<'p>(project: &'p Project, link: &Link) -> Option<(usize, &'p Url, Span)> {
    let request = project.clients.get(link.client).filter(|request| super::calls::in_production(request))?;
    let url = request.urls.get(link.url)?;
    match &url.base {
        Base::Absolute { url: place, open_port: false, .. } if !is_loopback(&place.host) => {
            Some((link.server, place, url.span))
        }
        _ => None,
    }
}

/// May pages come from the same host as the answers of a server?
fn serves_pages(project: &Project, server: usize) -> bool {
    let own = |role: &Role| matches!(role, Role::Static | Role::CatchAll | Role::Proxy);
    project.fronts.iter().any(|front| front.forwards)
        || project.servers.get(server).is_none_or(|server| server.handlers.iter().any(|handler| own(&handler.role)))
}

/// Does the first label of a host say that programs are answered there?
fn is_for_api(host: &str) -> bool {
    const WORDS: [&str; 8] = ["api", "backend", "server", "graphql", "gateway", "rest", "ws", "auth"];
    let first = host.split('.').next().unwrap_or("");
    host.split('.').count() > 2 && first.split(['-', '_']).any(|word| WORDS.contains(&word))
}
