//! What clients and routes ask of a policy and do not get, as rules see it.
//!
//! In: the project and who calls whom. Out: `CallsFacts`. A refusal counts only where every policy that the request may meet
//! refuses, so that nothing is said of what another layer grants.

use std::sync::Arc;

use super::policies::names;
use crate::fetch::client::unsafe_headers;
use crate::fetch::{method, response};
use crate::model::client::{ClientRequest, Credentials};
use crate::model::condition::{Formula, Test, World};
use crate::model::link::Link;
use crate::model::policy::{Known, Names as ModelNames, Policy};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Handler, Role, Server};
use crate::model::term::Part;
use crate::model::world::{Assume, Request, Situation};
use crate::rules::facts::{CallsFacts, Names, Text};
use crate::source::{Span, Spanned};

/// Request headers that say by themselves that a client has to send them.
const TELLING_HEADERS: [&str; 6] =
    ["authorization", "x-api-key", "x-csrf-token", "x-xsrf-token", "x-auth-token", "x-access-token"];

/// What is asked of the policy of this index.
pub(super) fn of(index: usize, project: &Project, links: &[Link]) -> CallsFacts {
    let mut asked = Asked::default();
    let Some(policy) = project.policies.get(index) else { return CallsFacts::default() };
    for link in links.iter().filter(|link| link.cross_origin) {
        let Some(request) = project.clients.get(link.client).filter(|request| in_production(request)) else { continue };
        let policies = |indexes: &[usize]| -> Vec<&Policy> {
            indexes.iter().filter_map(|&index| project.policies.get(index)).collect()
        };
        if link.preflight.first() == Some(&index) {
            preflight(request, &policies(&link.preflight), &mut asked);
        }
        if link.actual.first() == Some(&index) {
            actual(request, &policies(&link.actual), &mut asked);
        }
        if link.preflight.contains(&index) || link.actual.contains(&index) {
            asked.called.get_or_insert(request.span);
            asked.sends_credentials |=
                !matches!(request.credentials.value, Credentials::SameOrigin | Credentials::Omit);
        }
    }
    let server = policy.server.and_then(|server| project.servers.get(server));
    let placed = placed(index, server);
    let behind = |handler: &&Handler| covers(policy, &placed, handler);
    let handlers: Vec<&Handler> =
        server.map(|server| server.handlers.iter().filter(behind).collect()).unwrap_or_default();
    if is_unanswered(policy, project) {
        // No list is at fault where nothing answers the preflight.
        asked.methods.clear();
        asked.headers.clear();
        asked.starred.clear();
    }
    let routed = routed_methods(policy, &handlers);
    let read = read_headers(policy, &handlers);
    let (methods, methods_from) = first_of([(&asked.methods, "client"), (&routed, "routes")]);
    let (headers, headers_from) = first_of([(&asked.headers, "client"), (&asked.starred, "star"), (&read, "handlers")]);
    let mut facts = CallsFacts {
        refused_methods: methods,
        methods_from: methods_from.into(),
        refused_headers: headers,
        headers_from: headers_from.into(),
        unexposed_headers: text(&asked.unexposed),
        refused_credentials: text(&asked.credentials),
        ..CallsFacts::default()
    };
    let uses_cookies = || server.is_some_and(|server| super::clients::cookies(server).is_some());
    if let (Some(call), false, Known::Yes) = (asked.called, asked.sends_credentials, policy.allow_credentials.value)
        && !uses_cookies()
    {
        facts.without_credentials = Text::at("a request", call);
    }
    facts
}

/// Is it known that nothing answers the preflights of what this policy covers?
fn is_unanswered(policy: &Policy, project: &Project) -> bool {
    let unanswered = |fault: &HandlerFault| {
        matches!(fault.kind, FaultKind::PreflightUnhandled | FaultKind::PreflightUnasked)
            && fault.cors.is_some_and(|span| policy.span.contains(span))
    };
    project.faults.iter().any(unanswered)
}

/// What is asked for and refused, each name once.
#[derive(Default)]
struct Asked {
    methods: Vec<Spanned<Arc<str>>>,
    headers: Vec<Spanned<Arc<str>>>,
    starred: Vec<Spanned<Arc<str>>>,
    unexposed: Vec<Spanned<Arc<str>>>,
    credentials: Vec<Spanned<Arc<str>>>,
    called: Option<Span>,
    sends_credentials: bool,
}

fn add(list: &mut Vec<Spanned<Arc<str>>>, name: &Spanned<Arc<str>>) {
    if !list.iter().any(|known| known.value.eq_ignore_ascii_case(&name.value)) {
        list.push(name.clone());
    }
}

/// The first list with something in it, and who asks for that.
fn first_of<'w, const N: usize>(lists: [(&Vec<Spanned<Arc<str>>>, &'w str); N]) -> (Text, &'w str) {
    let found = lists.into_iter().find(|(names, _)| !names.is_empty());
    found.map(|(names, who)| (text(names), who)).unwrap_or_default()
}

fn text(names: &[Spanned<Arc<str>>]) -> Text {
    let Some(first) = names.first() else { return Text::default() };
    Text::at(names.iter().map(|name| &*name.value).collect::<Vec<_>>().join(", "), first.span)
}

pub(super) fn in_production(request: &ClientRequest) -> bool {
    request.when.eval(&Situation::of(&Assume::Production)) != Some(false)
}

fn preflight(request: &ClientRequest, policies: &[&Policy], asked: &mut Asked) {
    let credentialed = request.credentials.value == Credentials::Include;
    if let Some(method) = request.method.value.as_ref().filter(|method| !method::is_safelisted(method)) {
        let refused = |policy: &&Policy| names(&policy.allow_methods, Names::methods).lacks(method);
        if policies.iter().all(refused) {
            add(&mut asked.methods, &Spanned::new(method.clone(), request.method.span));
        }
    }
    for header in unsafe_headers(request) {
        let is_name = |name: &str| header.value.eq_ignore_ascii_case(name);
        let listed = |policy: &&Policy| names(&policy.allow_headers, Names::headers);
        if policies.iter().all(|policy| listed(policy).lacks(&header.value)) {
            if !is_misplaced(&header.value) {
                add(&mut asked.headers, &header);
            }
        } else if is_name("authorization") && !credentialed {
            let starred = |policy: &&Policy| {
                listed(policy).wildcard() && !listed(policy).has("authorization") && is_closed(policy)
            };
            if policies.iter().all(starred) {
                add(&mut asked.starred, &header);
            }
        }
    }
}

/// Names that have rules of their own.
fn is_misplaced(name: &str) -> bool {
    super::clients::is_response_header(name) || super::clients::is_option(name)
}

fn is_closed(policy: &Policy) -> bool {
    !policy.expands_wildcards && matches!(policy.allow_headers.value, ModelNames::Listed { open: false, .. })
}

fn actual(request: &ClientRequest, policies: &[&Policy], asked: &mut Asked) {
    let credentialed = request.credentials.value == Credentials::Include;
    for name in request.reads.iter().filter(|name| !response::is_safelisted(&name.value)) {
        let hidden = |policy: &&Policy| {
            let list = names(&policy.expose_headers, Names::headers);
            list.lacks(&name.value) || (credentialed && list.wildcard() && is_listed(policy) && !list.has(&name.value))
        };
        // The browser keeps Set-Cookie to itself, whatever is exposed.
        if policies.iter().all(hidden) && !name.value.eq_ignore_ascii_case("set-cookie") {
            add(&mut asked.unexposed, name);
        }
    }
    let refused = |policy: &&Policy| policy.allow_credentials.value == Known::No;
    if credentialed && policies.iter().all(refused) {
        add(&mut asked.credentials, &Spanned::new("credentials".into(), request.credentials.span));
    }
}

fn is_listed(policy: &Policy) -> bool {
    !policy.expands_wildcards && matches!(policy.expose_headers.value, ModelNames::Listed { open: false, .. })
}

/// The handlers of a server that put a policy to work.
fn placed(index: usize, server: Option<&Server>) -> Vec<&Handler> {
    let own = |other: &&Handler| {
        matches!(other.role, Role::Cors(policy) if policy == index)
            || other.effects.iter().any(|guarded| guarded.effect == crate::model::server::Effect::Cors(index))
    };
    server.into_iter().flat_map(|server| server.handlers.iter()).filter(own).collect()
}

/// Does a policy stand in front of a handler?
fn covers(policy: &Policy, placed: &[&Handler], handler: &Handler) -> bool {
    match placed {
        [] => policy.paths.is_empty(),
        placed => placed.iter().any(|cors| cors.scope.methods.is_empty() && cors.scope.covers(&handler.scope)),
    }
}

/// Methods of routes that a preflight of theirs would be refused for.
fn routed_methods(policy: &Policy, handlers: &[&Handler]) -> Vec<Spanned<Arc<str>>> {
    let allowed = names(&policy.allow_methods, Names::methods);
    let mut found = Vec::new();
    if allowed.missing() || policy.static_assets {
        return found;
    }
    let routes = handlers.iter().filter(|handler| handler.role == Role::Route && !is_for_servers(handler));
    let of_routes = routes
        .flat_map(|handler| handler.scope.methods.iter().map(|method| Spanned::new(method.clone(), handler.span)));
    for method in of_routes.chain(policy.methods_used.iter().cloned()) {
        if matches!(&*method.value, "PUT" | "PATCH" | "DELETE") && allowed.lacks(&method.value) {
            add(&mut found, &method);
        }
    }
    found
}

/// Routes that other servers call, by their names.
fn is_for_servers(handler: &Handler) -> bool {
    let path = handler.scope.path.as_ref().map(|path| path.value.to_lowercase()).unwrap_or_default();
    ["webhook", "hook", "callback", "internal", "cron"].iter().any(|word| path.contains(word))
}

/// Headers that handlers read and a preflight for them would be refused for.
fn read_headers(policy: &Policy, handlers: &[&Handler]) -> Vec<Spanned<Arc<str>>> {
    let allowed = names(&policy.allow_headers, Names::headers);
    let mut found = Vec::new();
    if allowed.missing() || policy.static_assets {
        return found;
    }
    for header in policy.headers_used.iter().filter(|header| allowed.lacks(&header.value)) {
        add(&mut found, header);
    }
    let read = |handler: &&Handler| -> Vec<Formula> {
        handler.effects.iter().map(|guarded| on_its_path(&guarded.when, handler)).collect()
    };
    let conditions: Vec<Formula> = handlers.iter().flat_map(read).collect();
    for (test, span) in conditions.iter().flat_map(Formula::tests) {
        if let Test::Request { term, .. } = test
            && let Part::Header(name) = &term.part
            && TELLING_HEADERS.contains(&&**name)
            && allowed.lacks(name)
        {
            add(&mut found, &Spanned::new(name.clone(), span));
        }
    }
    found
}

/// What is left of a condition for the requests that a handler gets: code that several routes share asks for their paths.
fn on_its_path(when: &Formula, handler: &Handler) -> Formula {
    let Some(path) = handler.scope.path.as_ref().filter(|_| !handler.scope.prefix) else { return when.clone() };
    let known = path.value.split('/').map(|part| if part.starts_with([':', '*', '{', '<', '[']) { "1" } else { part });
    let request = Request::new("GET", &known.collect::<Vec<_>>().join("/"));
    let world = Situation::with(&Assume::Production, &request);
    when.replaced(&|test, _| match test {
        Test::Request { term, .. } if matches!(term.part, Part::Path | Part::Target) => {
            world.test(test).map(Formula::constant)
        }
        _ => None,
    })
}
