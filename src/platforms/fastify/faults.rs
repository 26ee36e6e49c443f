//! Faults of order and encapsulation: what stands in front of CORS, and CORS inside a plugin that nothing else is inside of.
//!
//! In: servers and trees of instances. Out: `HandlerFault`s, only where they are certain.

use super::instances::Tree;
use super::server::withdraw;
use super::{Registered, is_cors_plugin};
use crate::eval::value::{Kind, Value};
use crate::eval::{Event, Interp};
use crate::model::policy::Policy;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Role, Server};
use crate::platforms::express::order::{certain_answer, in_front, is_cors, preflight_request, reached};
use crate::platforms::values::option;
use crate::source::Span;

/// What stands in front of CORS, and hooks that write the headers while nobody answers the preflight.
pub(super) fn of_order(server: &Server, faults: &mut Vec<HandlerFault>) {
    for (index, handler) in server.handlers.iter().enumerate() {
        // Of the copies of a plugin's hook only that for preflights can be stood in front of.
        if !is_cors(handler) || !handler.scope.has_method("OPTIONS") || !reached(handler) {
            continue;
        }
        in_front(server, index, faults);
        let by_hand = !handler.effects.is_empty() && handler.role != Role::Route && handler.scope.path.is_none();
        let answered = server.handlers.iter().any(|other| {
            let takes = other.scope.has_method("OPTIONS") && (other.role == Role::Route || !other.understood);
            takes || certain_answer(other, &preflight_request()).is_some()
        });
        let needing = server.handlers.iter().flat_map(|other| &other.scope.methods);
        let mut needing: Vec<&str> =
            needing.map(|method| &**method).filter(|method| matches!(*method, "PUT" | "PATCH" | "DELETE")).collect();
        needing.sort_unstable();
        needing.dedup();
        if by_hand && server.complete && !answered && !needing.is_empty() {
            let mut one =
                HandlerFault::new(FaultKind::PreflightUnhandled, "fastify", handler.span, handler.name.clone());
            one.detail = needing.join(", ");
            faults.push(one);
        }
    }
}

/// CORS in an encapsulated plugin that has no routes, beside others that have some.
pub(super) fn encapsulated(tree: &Tree, registered: &Registered, project: &mut Project) {
    let has_routes = |at: usize| tree.contexts[at].routes.iter().any(|route| !route.of_cors);
    let inside = |at: usize, outer: usize| {
        let mut at = Some(at);
        while let Some(index) = at {
            if index == outer {
                return true;
            }
            at = tree.contexts[index].parent;
        }
        false
    };
    let all = || 0..tree.contexts.len();
    for (index, context) in tree.contexts.iter().enumerate().skip(1) {
        let own = all().any(|at| inside(at, index) && has_routes(at));
        let others = all().any(|at| !inside(at, index) && has_routes(at));
        if own || !others {
            continue;
        }
        for route in context.routes.iter().filter(|route| route.of_cors) {
            lost(registered, route.span, project);
        }
    }
}

/// CORS in a plugin file that `@fastify/autoload` registers as it is: nothing outside of the file is inside of the plugin.
pub(super) fn autoloaded(run: &mut Interp<'_>, registered: &Registered, project: &mut Project) {
    let folders: Vec<String> = run.log.iter().filter_map(|event| folder(run, event)).collect();
    let spans: Vec<Span> = registered.keys().copied().collect();
    for span in spans {
        let path = run.path_of_span(span);
        let home = path.parent().and_then(|parent| parent.file_name()).unwrap_or("");
        let Some(module) = run.module_at(&path).filter(|_| folders.iter().any(|folder| folder == home)) else {
            continue;
        };
        let Some(Kind::Function(plugin)) = run.default_export(module).map(|value| value.kind) else { continue };
        let place = plugin.function.span;
        let routes = run.log.iter().any(|event| {
            place.contains(event.span)
                && event.target.path.rsplit('.').next().is_some_and(|method| {
                    matches!(method, "get" | "post" | "put" | "patch" | "delete" | "route" | "all")
                })
        });
        let registers = run.log.iter().filter(|event| place.contains(event.span) && registers(event)).count();
        if place.contains(span) && !routes && registers == 1 {
            lost(registered, span, project);
        }
    }
}

fn registers(event: &Event) -> bool {
    event.target.path.ends_with(".register")
}

/// The name of the folder that a registration of `@fastify/autoload` loads.
fn folder(run: &Interp<'_>, event: &Event) -> Option<String> {
    let plugin = event.args.positional.first().filter(|_| registers(event))?;
    let autoload = matches!(&plugin.kind, Kind::External(path) if path.contains("fastify/autoload") || path.contains("fastify-autoload"));
    if !autoload || is_cors_plugin(plugin) {
        return None;
    }
    let options = event.args.positional.get(1)?;
    if option(options, "encapsulate").is_some_and(|encapsulates| !matches!(encapsulates.kind, Kind::Bool(true))) {
        return None;
    }
    let dir = option(options, "dir")?;
    let text = match &dir.kind {
        Kind::Object(id) => run.object(*id).args.positional.last().and_then(Value::as_str).cloned(),
        _ => dir.as_str().cloned(),
    }?;
    text.trim_end_matches('/').rsplit('/').next().map(str::to_owned)
}

fn lost(registered: &Registered, span: Span, project: &mut Project) {
    let Some(one) = registered.get(&span) else { return };
    let policy: &Policy = &project.policies[one.policy];
    let mut fault = HandlerFault::new(FaultKind::NotInstalled, "fastify", policy.span, "@fastify/cors");
    fault.detail =
        "it is registered inside a plugin that has no routes, and holds for nothing outside of it".to_owned();
    withdraw(project, one.policy);
    if !project.faults.contains(&fault) {
        project.faults.push(fault);
    }
}
