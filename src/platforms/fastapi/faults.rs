//! Faults of order and registration: what stands outside of CORS, what never runs.
//!
//! In: servers with their handlers. Out: `HandlerFault`s. A fault is said only where it is certain: every condition on the
//! way holds in production.

use std::sync::Arc;

use super::super::express::order::{certain_answer, is_cors, preflight_request, reached, used_objects};
use super::apps::{App, Found, cors_of, is_asked, is_middleware_path};
use super::handlers::{Purpose, Task, handle};
use super::layers::heading;
use super::rescuers::{is_outermost, registered};
use super::{is_cors_class, preflight};
use crate::eval::value::{Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::policy::{Fault, Known, Setting};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, Handler, Role, Server};
use crate::model::world::{Assume, Situation};
use crate::source::{Span, Spanned};

pub(super) fn gather(run: &mut Interp<'_>, found: &Found, project: &mut Project) {
    let mut faults = Vec::new();
    for app in &found.apps {
        let server = &project.servers[app.server];
        outside(server, &mut faults);
        exceptions(run, found, app, project, &mut faults);
        preflight::faults(server, project, &mut faults);
    }
    never_installed(run, found, project, &mut faults);
    imported_only(run, found, project, &mut faults);
    twice(project);
    project.faults.append(&mut faults);
}

/// Is it middleware of the whole application, as opposed to a route?
pub(in crate::platforms) fn is_layer(handler: &Handler) -> bool {
    handler.role != Role::Error && handler.scope.methods.is_empty() && handler.scope.path.is_none()
}

/// May it be registered in production?
fn possible(handler: &Handler) -> bool {
    handler.when.eval(&Situation::of(&Assume::Production)) != Some(false)
}

/// Is it the library's middleware, or a function that writes headers by hand?
pub(super) fn is_library(project: &Project, handler: &Handler) -> bool {
    cors_of(handler).is_some_and(|index| &*project.policies[index].library == "CORSMiddleware")
}

/// What stands outside of CORS: it answers preflights in its stead, or errors that leave without headers.
fn outside(server: &Server, faults: &mut Vec<HandlerFault>) {
    let layers: Vec<&Handler> =
        server.handlers.iter().filter(|handler| is_layer(handler) && possible(handler)).collect();
    let Some(at) = layers.iter().position(|handler| is_cors(handler)) else { return };
    let cors = layers[at];
    for &handler in layers[..at].iter().filter(|handler| reached(handler)) {
        if let Some(status) = answers_preflight(server, handler) {
            let mut one = HandlerFault::new(FaultKind::AnswersPreflight, server.platform, handler.span, &*handler.name);
            one.cors = Some(cors.span);
            one.status = status;
            faults.push(one);
        } else if let Some((status, span)) = error_answer(handler) {
            let kind = FaultKind::ErrorsWithoutHeaders;
            let mut one = HandlerFault::new(kind, server.platform, handler.span, &*handler.name);
            one.cors = Some(cors.span);
            one.status = Some(status);
            one.other = Some(Spanned::new(handler.name.clone(), span));
            faults.push(one);
        }
    }
}

/// Does it certainly refuse a preflight, for a route of the application or a path like those of an API? The start page and
/// health checks are often let through, so `/` says nothing.
pub(in crate::platforms) fn answers_preflight(server: &Server, handler: &Handler) -> Option<Option<u16>> {
    let routes = server.handlers.iter().filter(|handler| !handler.scope.prefix && handler.role != Role::Other);
    let routes = routes.filter_map(|handler| handler.scope.path.as_ref());
    let paths = std::iter::once("/api/items").chain(routes.map(|path| &*path.value).take(20));
    for path in paths {
        let mut request = preflight_request();
        path.clone_into(&mut request.path);
        if let Some((status, _)) = certain_answer(handler, &request)
            && status.is_none_or(|status| !(200..300).contains(&status))
        {
            return Some(status);
        }
    }
    None
}

/// An answer with an error status that may leave, while no header of CORS is written anywhere in the function.
fn error_answer(handler: &Handler) -> Option<(u16, Span)> {
    if !handler.understood {
        return None;
    }
    handler.effects.iter().find_map(|guarded| match guarded.effect {
        Effect::Answer(Some(status @ 400..))
            if guarded.when.eval(&Situation::of(&Assume::Production)) != Some(false) =>
        {
            Some((status, guarded.span))
        }
        _ => None,
    })
}

/// Handlers of `Exception` and 500 run outside of all middleware that was added; only a wrapped application is different.
fn exceptions(run: &mut Interp<'_>, found: &Found, app: &App, project: &Project, faults: &mut Vec<HandlerFault>) {
    let server = &project.servers[app.server];
    let (wrappers, inner) = server.handlers.split_at(app.wrappers.min(server.handlers.len()));
    let cors = inner.iter().find(|handler| is_layer(handler) && possible(handler) && is_library(project, handler));
    let Some(cors) = cors.filter(|_| !wrappers.iter().any(is_cors)) else { return };
    // Of the handlers for `Exception` and for 500 the last one is used.
    let mut latest = found.log.iter().rev();
    let handler = latest.find_map(|event| {
        let (key, closure) = registered(run, app.id, event)?;
        is_outermost(&key).then_some((event, closure))
    });
    let Some((event, closure)) = handler else { return };
    let certain = event.when.eval(&Situation::of(&Assume::Production)) == Some(true);
    if !certain {
        return;
    }
    let Some(status) = bare_answer(run, &closure) else { return };
    let name = closure.function.name.as_deref().unwrap_or("exception_handler");
    let decorated = event.target.path.ends_with("()()");
    let span = if decorated { heading(&closure.function) } else { event.span };
    let mut one = HandlerFault::new(FaultKind::ErrorsWithoutHeaders, server.platform, span, name);
    one.cors = Some(cors.span);
    one.status = status;
    one.detail = "ServerErrorMiddleware calls it, which stands around every middleware that is added".to_owned();
    if !faults.contains(&one) {
        faults.push(one);
    }
}

/// What a handler of exceptions answers, where that is known; nothing when it writes the header itself, or may.
fn bare_answer(run: &mut Interp<'_>, closure: &Arc<Closure>) -> Option<Option<u16>> {
    let handled = handle(run, closure, &Task::of(Purpose::Route));
    let writes = handled.effects.iter().any(|guarded| {
        matches!(&guarded.effect, Effect::Set(name, _) if name.value.eq_ignore_ascii_case("access-control-allow-origin"))
    });
    let mut statuses = handled.effects.iter().filter_map(|guarded| match guarded.effect {
        Effect::Answer(status) => Some(status),
        _ => None,
    });
    let first = statuses.next().flatten();
    (!writes && handled.understood).then(|| first.filter(|first| statuses.all(|other| other == Some(*first))))
}

/// Two `CORSMiddleware` around one application: the outer one decides.
fn twice(project: &mut Project) {
    let mut found = Vec::new();
    for server in &project.servers {
        let cors: Vec<(usize, Span)> = server
            .handlers
            .iter()
            .filter(|handler| is_layer(handler) && reached(handler) && is_library(project, handler))
            .filter_map(|handler| cors_of(handler).map(|index| (index, handler.span)))
            .collect();
        let Some(((outer, by), inner)) = cors.split_first() else { continue };
        found.extend(inner.iter().filter(|(index, _)| index != outer).map(|(index, span)| (*index, *by, *span)));
    }
    for (policy, by, span) in found {
        let effect = "the outer one answers every preflight and sets the origin of every answer".to_owned();
        project.policies[policy].settings.push(Setting {
            name: Spanned::new("CORSMiddleware".into(), span),
            span,
            fault: Fault::Disabled { by: Spanned::new("CORSMiddleware".into(), by), effect },
        });
    }
}

/// `CORSMiddleware(app, …)` that is thrown away, and `Middleware(CORSMiddleware, …)` that no application is given.
fn never_installed(run: &mut Interp<'_>, found: &Found, project: &mut Project, faults: &mut Vec<HandlerFault>) {
    let made: Vec<&Event> = found.log.iter().filter(|event| makes_middleware(&event.target.path)).collect();
    if made.is_empty() {
        return;
    }
    let used = used_objects(run);
    let modules: Vec<_> = run.modules().map(|(id, ..)| id).collect();
    let bound: Vec<Value> =
        modules.into_iter().flat_map(|module| run.top_level_names(module)).map(|(_, value)| value).collect();
    let served =
        |id: ObjectId| bound.iter().flat_map(Value::alternatives).any(|(_, value)| value.as_object() == Some(id));
    let listed = |id: ObjectId| {
        let lists = bound.iter().filter_map(Value::as_list);
        lists.flat_map(|list| &list.items).any(|item| item.value.as_object() == Some(id))
    };
    for event in made {
        let path = &*event.target.path;
        let Some(id) = event.result.filter(|id| !used.contains(id) && !is_asked(&found.log, *id)) else { continue };
        if is_cors_class(path) && !served(id) {
            faults.push(dropped(event, project, "CORSMiddleware()", "it is made and not served"));
        } else if !is_cors_class(path) && lists_cors(event) && listed(id) && beside_bare_app(run, found, event) {
            faults.push(dropped(event, project, "Middleware()", "it is made and given to no application"));
        }
    }
}

fn makes_middleware(path: &str) -> bool {
    is_cors_class(path) || is_middleware_path(&format!("{path}()"))
}

fn lists_cors(event: &Event) -> bool {
    event
        .args
        .positional
        .first()
        .is_some_and(|class| matches!(&class.kind, Kind::External(path) if is_cors_class(path)))
}

/// Is there an application in the same file that is given no middleware at all?
fn beside_bare_app(run: &Interp<'_>, found: &Found, event: &Event) -> bool {
    found.apps.iter().any(|app| {
        let object = run.object(app.id);
        object.span.file == event.span.file && !object.args.open && object.args.named("middleware").is_none()
    })
}

fn dropped(event: &Event, project: &mut Project, name: &str, why: &str) -> HandlerFault {
    for policy in project.policies.iter_mut().filter(|policy| policy.span == event.span) {
        policy.installed = Known::No;
    }
    let platform = super::platform_of(&event.target.path);
    let mut one = HandlerFault::new(FaultKind::NotInstalled, platform, event.span, name);
    one.detail = why.to_owned();
    one
}

/// `CORSMiddleware` imported in the file of an application that has no CORS, and mentioned nowhere else.
fn imported_only(run: &mut Interp<'_>, found: &Found, project: &Project, faults: &mut Vec<HandlerFault>) {
    let is_class = |value: &Value| matches!(&value.kind, Kind::External(path) if is_cors_class(path));
    let mentioned = found.log.iter().any(|event| is_cors_class(&event.target.path) || event.args.all().any(is_class));
    let modules: Vec<_> = run.modules().map(|(id, ..)| id).collect();
    for app in &found.apps {
        let server = &project.servers[app.server];
        if mentioned || !server.complete || server.handlers.iter().any(is_cors) {
            continue;
        }
        let home = modules.iter().copied().find(|&id| run.module_path(id) == run.path_of_span(server.span));
        let Some(home) = home else { continue };
        let imported = run.top_level_names(home).into_iter().find(|(_, value)| is_class(value));
        if let Some((_, value)) = imported {
            let mut one = HandlerFault::new(FaultKind::NotInstalled, server.platform, value.span, "CORSMiddleware");
            one.detail = "the class is imported and never used".to_owned();
            faults.push(one);
        }
    }
}
