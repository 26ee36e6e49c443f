//! Which server a request of a client goes to, and which policies meet it there.
//!
//! In: the project. Out: pairs that are certain enough to be spoken of. Told by port, by host, by what an env file says of a
//! variable, and by routes; where several servers may be meant nothing is said. Knows no platform and no rule.

use std::sync::Arc;

use super::client::{Base, ClientRequest, ClientUrl};
use super::origin::{Url, is_loopback, registrable_domain};
use super::policy::Known;
use super::probe::named_origins;
use super::project::Project;
use super::server::{Handler, Role, Scope, Server, is_open, segments};
use super::world::{Assume, Situation};
use crate::source::{Span, Spanned};

/// A request of a client and the server that answers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The request, by index into `Project::clients`.
    pub client: usize,
    /// Its address, by index into the request's `urls`.
    pub url: usize,
    /// The server, by index into `Project::servers`.
    pub server: usize,
    /// The path as the server sees it, with `{}` for segments that are not known.
    pub path: Option<String>,
    /// The routes that may answer it, by index into the server's handlers.
    pub routes: Vec<usize>,
    /// It certainly goes to another origin than the page's.
    pub cross_origin: bool,
    /// Policies that its preflight meets, by index into `Project::policies`.
    pub preflight: Vec<usize>,
    /// Policies that the request itself meets.
    pub actual: Vec<usize>,
}

/// All pairs, in the order of the clients.
pub fn links(project: &Project) -> Vec<Link> {
    let known = Servers::of(project);
    let mut links = Vec::new();
    for (client, request) in project.clients.iter().enumerate() {
        if !request.meets_routes() {
            continue;
        }
        for (index, url) in request.urls.iter().enumerate() {
            let Some(server) = known.answering(request, url) else { continue };
            if links.iter().any(|link: &Link| link.client == client && link.server == server) {
                continue;
            }
            links.push(known.link(client, request, index, url, server));
        }
    }
    links
}

/// What is known of where servers are reached.
struct Servers<'p> {
    project: &'p Project,
    /// Registrable domains of the origins that each server allows.
    domains: Vec<Vec<String>>,
}

/// How a route fits a path.
struct Fit {
    /// Segments that are equal and written on both sides.
    literal: usize,
}

impl<'p> Servers<'p> {
    fn of(project: &'p Project) -> Servers<'p> {
        let mut domains = vec![Vec::new(); project.servers.len()];
        for policy in &project.policies {
            let Some(server) = policy.server.and_then(|server| domains.get_mut(server)) else { continue };
            let origins = named_origins(&policy.allow_origin);
            let hosts = origins.iter().filter_map(|origin| Url::parse(&origin.text)).map(|url| url.host);
            server.extend(hosts.filter_map(|host| own_domain(&host)));
        }
        Servers { project, domains }
    }

    /// The one server that a request to this address meets.
    fn answering(&self, request: &ClientRequest, url: &ClientUrl) -> Option<usize> {
        match &url.base {
            Base::Relative => None,
            Base::Absolute { url: base, open_port, .. } => self.at(request, url, base, *open_port),
            Base::Variable { seen, .. } => {
                let places: Vec<Url> = seen.iter().filter_map(|value| Url::parse(&value.value)).collect();
                let mut found: Vec<usize> = Vec::new();
                for place in &places {
                    let path = url.path.as_ref().map(|path| joined(&place.path, path));
                    let moved = ClientUrl { path, ..url.clone() };
                    found.extend(self.at(request, &moved, place, false));
                }
                found.dedup();
                match found.as_slice() {
                    [one] => Some(*one),
                    [] if places.is_empty() => self.behind_variable(request, url),
                    _ => None,
                }
            }
            Base::Open => self.by_route(request, url, 2, 0),
        }
    }

    /// Of a variable that no file gives a value. Where the code falls back on an address of the developer's machine, that says
    /// which server is meant, and that it is another one than the page's own.
    fn behind_variable(&self, request: &ClientRequest, url: &ClientUrl) -> Option<usize> {
        let fallback = request.urls.iter().find_map(|other| match &other.base {
            Base::Absolute { url, open_port: false, .. } if is_loopback(&url.host) && url.port.is_some() => {
                Some((other, url))
            }
            _ => None,
        });
        let Some((other, place)) = fallback else { return self.by_route(request, url, 1, 2) };
        self.at(request, other, place, false).or_else(|| {
            let is_other = |index: &usize| {
                let server = &self.project.servers[*index];
                server.package != request.package || place.port.is_some_and(|port| server.ports.contains(&port))
            };
            let others: Vec<usize> = self.all().into_iter().filter(is_other).collect();
            self.choose_by_route(request, url, &others, 1, 2)
        })
    }

    /// The server at a host.
    fn at(&self, request: &ClientRequest, url: &ClientUrl, base: &Url, open_port: bool) -> Option<usize> {
        let servers = &self.project.servers;
        if is_loopback(&base.host) || !base.host.contains('.') {
            let port = base.port.or(super::origin::default_port(&base.scheme));
            let listening: Vec<usize> = (0..servers.len())
                .filter(|&index| !open_port && port.is_some_and(|port| servers[index].ports.contains(&port)))
                .collect();
            // Who listens on some other port for certain is not meant.
            let is_silent = |index: &usize| servers[*index].ports.is_empty() || servers[*index].open_port;
            let silent = || (0..servers.len()).filter(is_silent).collect::<Vec<_>>();
            return match listening.is_empty() {
                false => self.choose(request, url, &listening),
                true => self.choose_by_route(request, url, &silent(), 1, 0),
            };
        }
        let domain = own_domain(&base.host)?;
        let near: Vec<usize> = (0..servers.len()).filter(|&index| self.domains[index].contains(&domain)).collect();
        let named = self.project.hosts.iter().any(|host| host.value == base.host);
        match (near.is_empty(), named) {
            (false, _) => self.choose(request, url, &near),
            (true, true) => self.choose(request, url, &self.all()),
            // Somebody else's server may have a route of the same name.
            (true, false) if is_hosted(&base.host) => self.by_route(request, url, 1, 0),
            (true, false) => self.by_route(request, url, 2, 0),
        }
    }

    fn all(&self) -> Vec<usize> {
        (0..self.project.servers.len()).collect()
    }

    /// Of servers that are reached at this place the one that has the route, or the only one.
    fn choose(&self, request: &ClientRequest, url: &ClientUrl, servers: &[usize]) -> Option<usize> {
        match servers {
            [] => None,
            [one] => Some(*one),
            many => self.choose_by_route(request, url, many, 1, 0),
        }
    }

    fn by_route(&self, request: &ClientRequest, url: &ClientUrl, literal: usize, dropped: usize) -> Option<usize> {
        self.choose_by_route(request, url, &self.all(), literal, dropped)
    }

    /// The only one of some servers with a route for this request: at least `literal` segments equal, at most `dropped` in front
    /// of the path that the client's variable may hold.
    fn choose_by_route(
        &self,
        request: &ClientRequest,
        url: &ClientUrl,
        servers: &[usize],
        literal: usize,
        dropped: usize,
    ) -> Option<usize> {
        let path = url.path.as_deref()?;
        let mut fitting = servers.iter().copied().filter(|&index| {
            let handlers = &self.project.servers[index].handlers;
            handlers.iter().any(|handler| {
                fit(handler, path, request.method.value.as_deref(), dropped).is_some_and(|fit| fit.literal >= literal)
            })
        });
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }

    fn link(&self, client: usize, request: &ClientRequest, index: usize, url: &ClientUrl, server: usize) -> Link {
        let answering = &self.project.servers[server];
        let path = self.path_there(url);
        let method = request.method.value.as_deref();
        let routes = match &path {
            Some(path) => {
                let fits = |handler: &Handler| fit(handler, path, method, 2).is_some();
                (0..answering.handlers.len()).filter(|&at| fits(&answering.handlers[at])).collect()
            }
            None => Vec::new(),
        };
        let scope_path = path.as_deref().map(|path| Spanned::new(Arc::from(path), url.span));
        Link {
            client,
            url: index,
            server,
            path,
            routes,
            cross_origin: cross_origin(request, url, answering),
            preflight: self.policies(server, scope_path.as_ref(), "OPTIONS"),
            actual: self.policies(server, scope_path.as_ref(), method.unwrap_or("GET")),
        }
    }

    /// The path as the server sees it, with what a variable adds in front where an env file says so.
    fn path_there(&self, url: &ClientUrl) -> Option<String> {
        let path = url.path.as_ref()?;
        match &url.base {
            Base::Variable { seen, .. } => match seen.iter().find_map(|value| Url::parse(&value.value)) {
                Some(place) => Some(joined(&place.path, path)),
                None => Some(path.clone()),
            },
            _ => Some(path.clone()),
        }
    }

    /// Policies of a server that are in force for a path and a method.
    fn policies(&self, server: usize, path: Option<&Spanned<Arc<str>>>, method: &str) -> Vec<usize> {
        let mut met = Vec::new();
        let mut placed = Vec::new();
        for handler in &self.project.servers[server].handlers {
            for policy in handler.policies() {
                placed.push(policy);
                let reached = match (&handler.scope.path, path) {
                    (None, _) => true,
                    (Some(_), Some(path)) => {
                        let asked = Scope { methods: Vec::new(), path: Some(path.clone()), prefix: false };
                        handler.scope.overlaps(&asked)
                    }
                    (Some(_), None) => false,
                };
                if reached && handler.scope.has_method(method) && !met.contains(&policy) {
                    met.push(policy);
                }
            }
        }
        for (index, policy) in self.project.policies.iter().enumerate() {
            if policy.server == Some(server) && !placed.contains(&index) && policy.paths.is_empty() {
                met.push(index);
            }
        }
        met.retain(|&index| self.project.policies.get(index).is_some_and(in_force));
        met
    }
}

fn in_force(policy: &super::policy::Policy) -> bool {
    let assume = Assume::Production;
    policy.installed != Known::No && policy.when.eval(&Situation::of(&assume)) != Some(false)
}

/// The domain under which a host's owner names hosts: with a hosting provider that is the host itself.
pub fn own_domain(host: &str) -> Option<String> {
    if is_hosted(host) {
        return Some(host.to_owned());
    }
    registrable_domain(host).or_else(|| {
        // Under a suffix that nobody registers at (`.example`, `.corp`) the last two labels stand for an owner.
        let named = !host.contains([':', '[']) && !host.chars().all(|c| c.is_ascii_digit() || c == '.');
        let labels: Vec<&str> = host.rsplitn(3, '.').collect();
        match labels.as_slice() {
            [top, second, ..] if named => Some(format!("{second}.{top}")),
            _ => None,
        }
    })
}

/// Is it a name under a hosting provider's domain?
fn is_hosted(host: &str) -> bool {
    psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Private))
}

fn joined(front: &str, rest: &str) -> String {
    format!("{}/{}", front.trim_end_matches('/'), rest.trim_start_matches('/'))
}

/// Does a route answer a path? `dropped`: segments that may stand in front of what the client knows of the path.
fn fit(handler: &Handler, path: &str, method: Option<&str>, dropped: usize) -> Option<Fit> {
    let route = handler.scope.path.as_ref().filter(|_| handler.role != Role::Static)?;
    // Middleware for a part of the paths is no route.
    let answers = !handler.scope.methods.is_empty() || matches!(handler.role, Role::Route | Role::Proxy);
    if !answers || method.is_some_and(|method| !handler.scope.has_method(method)) {
        return None;
    }
    let (route, path) = (segments(&route.value), segments(path));
    let most = dropped.min(route.len().saturating_sub(1));
    (0..=most).find_map(|skip| {
        let rest = &route[skip..];
        let same_length = rest.len() == path.len() || (handler.scope.prefix && rest.len() <= path.len());
        let parts = || rest.iter().zip(&path);
        let fits = same_length && parts().all(|(a, b)| a == b || is_open(a) || is_open(b));
        fits.then(|| Fit { literal: parts().filter(|(a, b)| a == b && !is_open(a)).count() })
    })
}

/// Does the request certainly leave the page's origin?
fn cross_origin(request: &ClientRequest, url: &ClientUrl, server: &Server) -> bool {
    // A server of files may be the one that the page itself came from.
    let serves_pages = server.handlers.iter().any(|handler| handler.role == Role::Static);
    let together = server.package == request.package;
    match &url.base {
        Base::Absolute { .. } => !(serves_pages && together),
        Base::Variable { .. } => !serves_pages,
        // The functions of a platform are reached under its own host, whatever the project's name is.
        Base::Open => request.library == "supabase-js",
        Base::Relative => false,
    }
}

/// The place of an address.
pub fn place(request: &ClientRequest, link: &Link) -> Span {
    request.urls.get(link.url).map_or(request.span, |url| url.span)
}
