//! Requests of browsers as rules see them, and the handlers that they meet.
//!
//! In: the project, env files and who calls whom. Out: `ClientFacts`, and `HandlerFacts` for what a client does not reach.

use crate::eval::environment::Environment;
use crate::fetch::client::{needs_preflight, unsafe_headers};
use crate::fetch::exchange::{Event, Outcome, Running, run};
use crate::model::client::{Base, Browser, ClientRequest, ClientUrl, Credentials};
use crate::model::condition::{Formula, Test};
use crate::model::link::{Link, own_domain};
use crate::model::origin::{Url, is_loopback, is_private_network};
use crate::model::policy::Known;
use crate::model::probe::named_origins;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Handler, Role, Server, Unanswered};
use crate::model::term::Part;
use crate::model::world::{Assume, Request, Situation};
use crate::rules::facts::{ClientFacts, Facts, HandlerFacts, Text};
use crate::source::Span;

pub(super) fn gather(project: &Project, environment: &Environment, links: &[Link], facts: &mut Facts) {
    for (index, request) in project.clients.iter().enumerate() {
        if !super::calls::in_production(request) {
            continue;
        }
        let own: Vec<&Link> = links.iter().filter(|link| link.client == index).collect();
        facts.clients.push(client_facts(request, &own, project, environment, links));
    }
    for link in links.iter().filter(|link| link.cross_origin) {
        facts.handlers.extend(unreached(link, project));
        if let Some(one) = unasked(link, project)
            && !facts.handlers.iter().any(|known| known.preflight_unhandled.0 && known.span == one.span)
        {
            facts.handlers.push(one);
        }
    }
}

/// A name that answers carry and requests do not.
pub(super) fn is_response_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("access-control-") && !name.starts_with("access-control-request-")
}

/// An option of `fetch` or axios, not a header.
pub(super) fn is_option(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "credentials" | "mode" | "withcredentials" | "crossdomain" | "cross-domain" | "crossorigin")
}

fn client_facts(
    request: &ClientRequest,
    own: &[&Link],
    project: &Project,
    environment: &Environment,
    links: &[Link],
) -> ClientFacts {
    let linked = own.first().copied();
    let server = linked.and_then(|link| project.servers.get(link.server));
    let at = |name: &crate::model::client::ClientHeader| Text::at(name.name.value.to_string(), name.name.span);
    let header = |wanted: fn(&str) -> bool| {
        request.headers.iter().find(|header| wanted(&header.name.value)).map(at).unwrap_or_default()
    };
    let url = telling_url(request);
    let place = url.and_then(host_of);
    let host = place.map(|url| url.host.clone()).unwrap_or_default();
    let mut one = ClientFacts {
        span: Some(request.span),
        server: None,
        platform: server.map_or("client", |server| server.platform).into(),
        environment: "production".into(),
        library: request.library.into(),
        method: request
            .method
            .value
            .as_ref()
            .map(|text| Text::at(text.to_string(), request.method.span))
            .unwrap_or_default(),
        url: url.map(|url| Text::at(written(url), url.span)).unwrap_or_default(),
        origin: Text::new(place.map(Url::origin).unwrap_or_default()),
        host: Text::new(host),
        from_variable: url.is_some_and(|url| matches!(url.base, Base::Absolute { variable: true, .. })).into(),
        needs_preflight: needs_preflight(request).into(),
        cross_origin: linked.is_some_and(|link| link.cross_origin).into(),
        no_cors: request.no_cors.map(|span| Text::at("no-cors", span)).unwrap_or_default(),
        response_header: header(is_response_header),
        misplaced_option: header(is_option),
        credentials: Text::at(mode(request), request.credentials.span),
        ..ClientFacts::default()
    };
    if let (Some(_), Some(read)) = (request.no_cors, request.reads_answer) {
        one.answer_read = Text::at("the answer", read);
    }
    where_it_goes(&mut one, request, url, linked, project, environment);
    (one.redirect, one.redirected) = redirect(request, url, linked, project);
    if let (Some(link), Some(server)) = (linked, server) {
        left_at_home(&mut one, request, link, server, project, links);
    }
    one
}

fn mode(request: &ClientRequest) -> &'static str {
    match request.credentials.value {
        Credentials::Include => "include",
        Credentials::Omit => "omit",
        Credentials::SameOrigin => "same-origin",
        Credentials::Unknown => "",
    }
}

/// The address that is certainly used in production, if there is one.
fn telling_url(request: &ClientRequest) -> Option<&ClientUrl> {
    let world = Situation::of(&Assume::Production);
    let certain = |url: &&ClientUrl| url.when == Formula::True || url.when.decide(&world) == Some(true);
    request.urls.iter().find(certain)
}

fn host_of(url: &ClientUrl) -> Option<&Url> {
    match &url.base {
        Base::Absolute { url, .. } => Some(url),
        _ => None,
    }
}

fn written(url: &ClientUrl) -> String {
    let path = url.path.as_deref().unwrap_or("/…").replace("{}", "…");
    match &url.base {
        Base::Absolute { url, open_port, .. } => {
            let port = if *open_port { ":…" } else { "" };
            format!("{}{port}{}", url.origin(), if path == "/" { "" } else { &path })
        }
        Base::Variable { name, .. } => format!("${name}{path}"),
        Base::Relative => path,
        Base::Open => format!("…{path}"),
    }
}

/// Servers on the developer's or the visitor's own machine that pages call on purpose: models, wallets, nodes.
const LOCAL_TOOLS: [u16; 12] = [1234, 5001, 7860, 8188, 8332, 8545, 8899, 9222, 9944, 11434, 24133, 27123];

/// Does the code that sends a request surely run in pages?
pub(super) fn is_certain(request: &ClientRequest, linked: Option<&Link>) -> bool {
    request.browser == Browser::Certain || linked.is_some()
}

/// Does an address lead to a tool that its user runs, and to no server of the repository?
pub(super) fn is_local_tool(url: &ClientUrl, linked: Option<&Link>) -> bool {
    let port = host_of(url).and_then(|url| url.port);
    linked.is_none() && port.is_some_and(|port| LOCAL_TOOLS.contains(&port))
}

/// Addresses that a page in production cannot use.
fn where_it_goes(
    one: &mut ClientFacts,
    request: &ClientRequest,
    url: Option<&ClientUrl>,
    linked: Option<&Link>,
    project: &Project,
    environment: &Environment,
) {
    let Some((place, url)) = url.and_then(|url| Some((url, host_of(url)?))) else { return };
    let sure = is_certain(request, linked);
    let tool = is_local_tool(place, linked);
    if is_loopback(&url.host) {
        one.loopback = (sure && !tool).into();
    } else if !url.host.contains('.') && !url.host.starts_with('[') {
        one.service_name = sure.into();
    } else if url.scheme == "http" && !is_private_network(&url.host) {
        let page = https_page(url, place, linked, project, environment);
        one.insecure = page.is_some().into();
        one.page = page.unwrap_or_default();
    }
}

/// Where the repository says that its pages are served over https: beside the address in its env file, by an allowed origin, by
/// an address of its own.
fn https_page(
    url: &Url,
    place: &ClientUrl,
    linked: Option<&Link>,
    project: &Project,
    environment: &Environment,
) -> Option<Text> {
    const PAGE_WORDS: [&str; 9] = ["SITE", "APP", "FRONTEND", "FRONT", "WEB", "PUBLIC", "ORIGIN", "DOMAIN", "CLIENT"];
    let https = |text: &str| Url::parse(text).filter(|url| url.scheme == "https" && !is_loopback(&url.host));
    let file = environment.files.iter().find(|file| file.variables.values().any(|value| value.span == place.span));
    for (name, value) in file.into_iter().flat_map(|file| file.variables.iter()) {
        let named = name.split('_').any(|word| PAGE_WORDS.contains(&word)) && !name.contains("API");
        if named && https(&value.value).is_some() {
            return Some(Text::at(value.value.to_string(), value.span));
        }
    }
    let domain = own_domain(&url.host);
    for (index, policy) in project.policies.iter().enumerate() {
        let asked = linked.is_some_and(|link| link.actual.contains(&index) || link.preflight.contains(&index));
        for origin in named_origins(&policy.allow_origin) {
            let Some(page) = https(&origin.text) else { continue };
            if asked || (domain.is_some() && own_domain(&page.host) == domain) {
                return Some(Text::at(origin.text.clone(), origin.span));
            }
        }
    }
    let own = project.hosts.iter().find(|host| https(&host.value).is_some_and(|page| own_domain(&page.host) == domain));
    own.filter(|_| domain.is_some()).map(|host| Text::at(host.value.clone(), host.span))
}

/// Where a request, or the preflight before it, is answered with a redirect: by a server that sends everybody on to https, or by
/// the framework of the server that it goes to. Then what has to change: the address that many calls may share, or this one.
fn redirect(
    request: &ClientRequest,
    url: Option<&ClientUrl>,
    linked: Option<&Link>,
    project: &Project,
) -> (Text, Text) {
    let shown = |span| url.map(|url| Text::at(written(url), span)).unwrap_or_default();
    let insecure = url.and_then(host_of).filter(|url| url.scheme == "http" && url.port.is_none());
    let sent_on = insecure.and_then(|url| {
        project.redirects.iter().find(|redirect| redirect.hosts.iter().any(|host| **host == *url.host))
    });
    if let Some(redirect) = sent_on {
        let at = url.map_or(request.span, |url| url.span);
        return (Text::at("redirects to https", redirect.span), shown(at));
    }
    let Some(link) = linked.filter(|link| link.cross_origin && needs_preflight(request)) else {
        return Default::default();
    };
    match preflight(request, link, project) {
        Some(Outcome::Answered { status: 301 | 302 | 303 | 307 | 308, steps, .. }) => {
            let answered = steps.iter().rev().find(|step| matches!(step.event, Event::Answered(_)));
            answered.map(|step| (Text::at("redirects", step.span), shown(request.span))).unwrap_or_default()
        }
        _ => Default::default(),
    }
}

/// What the preflight of a request is answered with by the server it goes to.
fn preflight(request: &ClientRequest, link: &Link, project: &Project) -> Option<Outcome> {
    let path = link.path.as_deref()?.replace("{}", "1");
    let method = request.method.value.as_deref()?;
    let names: Vec<String> = unsafe_headers(request).iter().map(|name| name.value.to_ascii_lowercase()).collect();
    let mut asked = Request::new("OPTIONS", &path).with_any("origin").with("access-control-request-method", method);
    if !names.is_empty() {
        asked = asked.with("access-control-request-headers", &names.join(","));
    }
    let server = project.servers.get(link.server)?;
    let running = Running { server, project, depth: 0, assume: &Assume::Production, routes_answer: None };
    Some(run(running, &asked))
}

/// Cookies that a server needs and a request does not carry.
fn left_at_home(
    one: &mut ClientFacts,
    request: &ClientRequest,
    link: &Link,
    server: &Server,
    project: &Project,
    links: &[Link],
) {
    let policies = || link.actual.iter().filter_map(|&index| project.policies.get(index));
    let allowed = policies().find(|policy| policy.allow_credentials.value == Known::Yes);
    let all = policies().all(|policy| policy.allow_credentials.value == Known::Yes);
    let (Some(policy), true, true) = (allowed, all, link.cross_origin) else { return };
    let Some(cookies) = cookies(server) else { return };
    let siblings = || {
        links.iter().filter(|other| other.server == link.server).filter_map(|other| project.clients.get(other.client))
    };
    let token = |request: &ClientRequest| {
        request.headers.iter().any(|header| header.name.value.eq_ignore_ascii_case("authorization"))
    };
    let left = match (request.credentials.value, request.credentials_written) {
        // Written down, and of no effect for another origin.
        (Credentials::SameOrigin, true) => !token(request),
        (Credentials::SameOrigin, false) => !siblings().any(|one| {
            token(one)
                || matches!(one.credentials.value, Credentials::Include | Credentials::Unknown | Credentials::Omit)
        }),
        _ => false,
    };
    one.omits_credentials = left.into();
    one.cookies = Text::at("cookies", cookies);
    one.policy = Text::at("credentials are allowed", policy.allow_credentials.span);
}

/// Where a server makes use of cookies.
pub(super) fn cookies(server: &Server) -> Option<Span> {
    const PACKAGES: [&str; 7] = [
        "express-session",
        "cookie-session",
        "cookie-parser",
        "csurf",
        "passport.session",
        "@fastify/cookie",
        "connect-redis",
    ];
    let reads = |handler: &Handler| {
        handler.effects.iter().flat_map(|guarded| guarded.when.tests()).any(|(test, _)| {
            matches!(test, Test::Request { term, .. } if matches!(&term.part, Part::Header(name) if &**name == "cookie"))
        })
    };
    let uses = |handler: &&Handler| PACKAGES.contains(&handler.name.as_str()) || reads(handler);
    server.handlers.iter().find(uses).map(|handler| handler.span)
}

/// A function that answers preflights like all other requests, and a client whose request needs more.
fn unasked(link: &Link, project: &Project) -> Option<HandlerFacts> {
    let request = project.clients.get(link.client).filter(|request| super::calls::in_production(request))?;
    if !needs_preflight(request) || request.no_cors.is_some() {
        return None;
    }
    let fault_of = |policy: &usize| {
        let policy = project.policies.get(*policy)?;
        project.faults.iter().find(|fault| {
            fault.kind == FaultKind::PreflightUnasked && fault.cors.is_some_and(|span| policy.span.contains(span))
        })
    };
    let faults: Option<Vec<&HandlerFault>> = link.preflight.iter().map(fault_of).collect();
    let fault = faults?.into_iter().next()?;
    let header = unsafe_headers(request).first().map(|name| format!("a request with `{}`", name.value));
    let mut one = super::handlers::handler_facts(fault);
    one.preflight_unhandled = true.into();
    one.reason =
        Text::new(header.unwrap_or_else(|| request.method.value.as_deref().unwrap_or("its requests").to_owned()));
    one.client = Text::at(request.library, request.span);
    Some(one)
}

/// A route that a client calls from another origin, and that no CORS covers.
fn unreached(link: &Link, project: &Project) -> Option<HandlerFacts> {
    let request = project.clients.get(link.client).filter(|request| super::calls::in_production(request))?;
    let server = project.servers.get(link.server)?;
    let route = link.routes.first().and_then(|&index| server.handlers.get(index))?;
    // What is not known may answer, and what stands in front may grant.
    let layered = project.policies.iter().any(|policy| policy.server.is_none_or(|other| other != link.server));
    if !server.complete || server.unanswered == Unanswered::Unknown || layered || request.no_cors.is_some() {
        return None;
    }
    let unknown = |handler: &Handler| {
        !handler.understood
            && handler.scope.has_method("OPTIONS")
            && matches!(handler.role, Role::Other | Role::Proxy)
            && handler.scope.overlaps(&route.scope)
    };
    // What a framework answers by itself says nothing of CORS.
    let answers_options = |handler: &Handler| {
        handler.role != Role::Other && handler.scope.methods.iter().any(|method| &**method == "OPTIONS")
    };
    if server.handlers.iter().any(unknown) {
        return None;
    }
    let elsewhere = project.policies.iter().find(|policy| policy.server == Some(link.server));
    let mut one = HandlerFacts {
        span: Some(route.span),
        server: u32::try_from(link.server).ok(),
        platform: server.platform.into(),
        environment: "production".into(),
        name: Text::at(route.name.clone(), route.span),
        client: Text::at(request.library, request.span),
        cors: elsewhere.map(|policy| Text::at("CORS", policy.span)).unwrap_or_default(),
        reason: Text::new(request.method.value.as_deref().unwrap_or("")),
        ..HandlerFacts::default()
    };
    let covered =
        server.handlers.iter().any(|handler| answers_options(handler) && handler.scope.overlaps(&route.scope));
    if needs_preflight(request) && link.preflight.is_empty() && !covered {
        one.preflight_unhandled = true.into();
        one.other = std::mem::take(&mut one.client);
        one.cors = Text::default();
        return Some(one);
    }
    if !needs_preflight(request) && link.actual.is_empty() && elsewhere.is_some() {
        one.uncovered = true.into();
        let reason = "is called from another origin, and CORS, configured elsewhere on this server, does not cover it";
        one.reason = Text::new(reason);
        return Some(one);
    }
    None
}
