//! The model as text, for `--show-model`.
//!
//! In: the project. Out: what was extracted, per server and policy, each with its place. Judges nothing.

use std::fmt::Write;

use crate::model::client::{Base, ClientRequest};
use crate::model::link::links;
use crate::model::policy::{MaxAge, Names, OriginAnswer, Policy};
use crate::model::probe::named_origins;
use crate::model::project::Project;
use crate::source::{Sources, Span};

/// Servers with their handlers in order, then policies.
pub fn model(project: &Project, sources: &Sources) -> String {
    let mut text = String::new();
    for server in &project.servers {
        let _ = writeln!(text, "server {} ({}) at {}", server.name, server.platform, place(sources, server.span));
        for handler in &server.handlers {
            let path = handler.scope.path.as_ref().map_or("*", |path| &*path.value);
            let methods =
                if handler.scope.methods.is_empty() { "ANY".to_owned() } else { handler.scope.methods.join("|") };
            let _ = writeln!(
                text,
                "  {methods} {path} {:?} {} at {}",
                handler.role,
                handler.name,
                place(sources, handler.span)
            );
        }
    }
    for policy in &project.policies {
        write_policy(&mut text, policy, sources);
    }
    let links = links(project);
    for (index, request) in project.clients.iter().enumerate() {
        write_client(&mut text, request, sources);
        for link in links.iter().filter(|link| link.client == index) {
            let server = project.servers.get(link.server).map_or("", |server| &server.name);
            let _ = writeln!(
                text,
                "  answered by {server}, cross-origin {}, preflight {:?}, request {:?}",
                link.cross_origin, link.preflight, link.actual
            );
        }
    }
    text
}

fn write_client(text: &mut String, request: &ClientRequest, sources: &Sources) {
    let method = request.method.value.as_deref().unwrap_or("?");
    let _ = write!(text, "client {} {method}", request.library);
    for url in &request.urls {
        let path = url.path.as_deref().unwrap_or("…");
        let _ = match &url.base {
            Base::Relative => write!(text, " {path}"),
            Base::Absolute { url, open_port, .. } => {
                write!(text, " {}{}{path}", url.origin(), if *open_port { ":…" } else { "" })
            }
            Base::Variable { name, .. } => write!(text, " ${name}{path}"),
            Base::Open => write!(text, " …{path}"),
        };
    }
    let headers: Vec<&str> = request.headers.iter().map(|header| &*header.name.value).collect();
    let _ = writeln!(
        text,
        ", headers [{}], body {:?}, credentials {:?}, reads [{}], {:?}, at {}",
        headers.join(", "),
        request.content_type.value,
        request.credentials.value,
        request.reads.iter().map(|name| &*name.value).collect::<Vec<_>>().join(", "),
        request.browser,
        place(sources, request.span)
    );
}

fn write_policy(text: &mut String, policy: &Policy, sources: &Sources) {
    let library = &policy.library;
    let _ =
        writeln!(text, "policy {} {library} ({}) at {}", policy.place, policy.platform, place(sources, policy.span));
    for arm in &policy.allow_origin.arms {
        let answer = match &arm.answer {
            OriginAnswer::Wildcard => "*".to_owned(),
            OriginAnswer::Fixed(origin) => origin.to_string(),
            OriginAnswer::Echo => "the request's origin".to_owned(),
            OriginAnswer::Nothing => "nothing".to_owned(),
            OriginAnswer::Fails => "an error".to_owned(),
            OriginAnswer::Unknown => "unknown".to_owned(),
        };
        let conditions = arm.when.size();
        let _ = writeln!(text, "  allow-origin: {answer} ({conditions} conditions) at {}", place(sources, arm.span));
    }
    for origin in named_origins(&policy.allow_origin) {
        let _ = writeln!(text, "  origin {} {:?} at {}", origin.text, origin.standing, place(sources, origin.span));
    }
    let _ = writeln!(text, "  allow-credentials: {:?}", policy.allow_credentials.value);
    let _ = writeln!(text, "  allow-methods: {}", names(&policy.allow_methods.value));
    let _ = writeln!(text, "  allow-headers: {}", names(&policy.allow_headers.value));
    let _ = writeln!(text, "  expose-headers: {}", names(&policy.expose_headers.value));
    let max_age = match policy.max_age.value {
        MaxAge::Missing => "missing".to_owned(),
        MaxAge::Seconds(seconds) => seconds.to_string(),
        MaxAge::Unknown => "unknown".to_owned(),
    };
    let _ = writeln!(text, "  max-age: {max_age}");
    let _ = writeln!(text, "  vary: origin: {:?}, installed: {:?}", policy.vary_origin.value, policy.installed);
}

fn names(names: &Names) -> String {
    match names {
        Names::Missing => "missing".to_owned(),
        Names::Listed { names, open } => {
            let list: Vec<&str> = names.iter().map(|name| &*name.value).collect();
            format!("{}{}", list.join(", "), if *open { " and more" } else { "" })
        }
        Names::Mirrored => "what is asked for".to_owned(),
        Names::Unknown => "unknown".to_owned(),
    }
}

fn place(sources: &Sources, span: Span) -> String {
    let position = sources.position(span.file, span.start);
    format!("{}:{}", sources.path(span.file), position.line)
}
