//! Development servers that hide what is missing in production, as rules see them.
//!
//! Said only where nothing else can fill the gap: the backend is in the repository and grants nothing to anybody, no web server
//! of the repository passes requests on to it, and it does not serve the pages itself.

use crate::model::client::{Base, ClientRequest};
use crate::model::dev_server::{DevServer, Front};
use crate::model::origin::{Url, is_loopback};
use crate::model::project::Project;
use crate::model::server::{Role, Server};
use crate::rules::facts::{Facts, HandlerFacts, Text};
use crate::source::Span;

pub(super) fn gather(project: &Project, facts: &mut Facts) {
    let backend = hidden_backend(project);
    for server in &project.dev_servers {
        if let Some(backend) = backend {
            for proxy in server.proxies.iter().filter(|proxy| is_at_hand(&proxy.target.value)).take(1) {
                let name = if proxy.path.is_empty() { "this proxy".to_owned() } else { proxy.path.to_string() };
                let reason = "in production pages call the backend itself, and it sends no CORS headers";
                facts.handlers.push(hides(server, &name, proxy.target.span, reason, backend.span, &backend.name));
            }
        }
        if let Some((origin, span, front)) = dev_grant(server, &project.fronts) {
            let reason = "in production a web server answers in its place, and it sends no CORS headers";
            facts.handlers.push(hides(
                server,
                &format!("CORS for {origin}"),
                span,
                reason,
                front.span,
                "the web server",
            ));
        }
    }
}

fn hides(server: &DevServer, name: &str, span: Span, reason: &str, other: Span, called: &str) -> HandlerFacts {
    HandlerFacts {
        span: Some(span),
        platform: server.tool.into(),
        environment: "development".into(),
        name: Text::at(name.to_owned(), span),
        reason: Text::new(reason.to_owned()),
        other: Text::at(called.to_owned(), other),
        dev_proxy_only: true.into(),
        ..HandlerFacts::default()
    }
}

/// A backend of the repository whose answers only a proxy can make readable.
fn hidden_backend(project: &Project) -> Option<&Server> {
    // Pages that name the backend's host already have no use for the proxy.
    let absolute = |client: &ClientRequest| client.urls.iter().all(|url| matches!(url.base, Base::Absolute { .. }));
    let unused = !project.clients.is_empty() && project.clients.iter().all(absolute);
    let filled = unused
        || project.policies.iter().any(super::policies::in_production)
        || project.fronts.iter().any(|front| front.forwards)
        || project.servers.iter().any(serves_pages);
    let backends = || project.servers.iter().filter(|server| !matches!(server.platform, "nginx" | "nextjs" | "vercel"));
    let known = backends().all(|server| server.complete);
    let routed = |server: &&Server| server.handlers.iter().any(|handler| handler.role == Role::Route);
    backends().find(routed).filter(|_| !filled && known)
}

fn serves_pages(server: &Server) -> bool {
    server.handlers.iter().any(|handler| matches!(handler.role, Role::Static | Role::Proxy | Role::CatchAll))
}

/// Does the address lead to a server on the same machine or in the same set of containers?
fn is_at_hand(target: &str) -> bool {
    Url::parse(target).is_some_and(|url| is_loopback(&url.host) || !url.host.contains('.'))
}

/// A page of the web that the development server answers, while the web server beside it answers nobody.
fn dev_grant<'p>(server: &DevServer, fronts: &'p [Front]) -> Option<(String, Span, &'p Front)> {
    let grants = server.grants.as_ref()?;
    let real = |origin: &&std::sync::Arc<str>| Url::parse(origin).is_some_and(|url| !is_loopback(&url.host));
    let origin = grants.value.iter().find(real)?;
    let beside = |front: &&Front| front.folder == server.folder;
    if fronts.iter().filter(beside).any(|front| front.grants) {
        return None;
    }
    let front = fronts.iter().filter(beside).find(|front| front.serves_files)?;
    Some((origin.to_string(), grants.span, front))
}
