//! CORS that is made and never comes into force: without an application, too late, above the route, not called.
//!
//! In: the log. Out: `HandlerFault`s.

use std::sync::Arc;

use super::super::super::express::order::{is_cors, reached};
use super::super::apps::{Found, writes_origin};
use super::super::{is_cors_package, is_cross_origin, is_extension, last};
use super::fault;
use crate::eval::value::{Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::world::{Assume, Situation};
use crate::source::Spanned;

pub(super) fn faults(run: &Interp<'_>, found: &Found, project: &Project, faults: &mut Vec<HandlerFault>) {
    without_application(run, found, faults);
    too_late(found, faults);
    around_views(found, project, faults);
    imported_only(run, found, project, faults);
}

fn certain(when: &Formula) -> bool {
    when.eval(&Situation::of(&Assume::Production)) == Some(true)
}

/// `cors = CORS()` that no `init_app` is called on.
fn without_application(run: &Interp<'_>, found: &Found, faults: &mut Vec<HandlerFault>) {
    let used = |id: ObjectId| {
        found
            .log
            .iter()
            .any(|event| event.target.object == Some(id) || event.args.all().any(|value| value.as_object() == Some(id)))
    };
    for (index, object) in run.objects.iter().enumerate() {
        let made = is_extension(&object.path) && object.path.ends_with("()") && !object.args.open;
        if made && object.args.get(0, "app").is_none() && !found.servers.is_empty() && !used(ObjectId(index)) {
            let again =
                run.objects.iter().enumerate().any(|(other, one)| one.span == object.span && used(ObjectId(other)));
            if !again {
                let mut one = fault(FaultKind::NotInstalled, object.span, "CORS()");
                one.detail = "it is given no application, and `init_app` is never called".to_owned();
                faults.push(one);
            }
        }
    }
}

/// `CORS(app)` below `app.run()`, which only comes back when the server ends.
fn too_late(found: &Found, faults: &mut Vec<HandlerFault>) {
    for extension in &found.extensions {
        let Some(app) = extension.target else { continue };
        let Some(own) = found.log.get(extension.at) else { continue };
        let before = found.log[..extension.at].iter().find(|event| {
            let runs = event.target.object == Some(app) && last(&event.target.path) == "run";
            runs && event.module == own.module && (event.when == extension.when || certain(&event.when))
        });
        if let Some(event) = before {
            let mut one = fault(FaultKind::CorsTooLate, extension.span, "CORS");
            one.other = Some(Spanned::new("app.run".to_owned(), event.span));
            faults.push(one);
        }
    }
}

/// The function that an event puts something around.
fn around(event: &Event) -> Option<&Arc<Closure>> {
    let alone = event.args.positional.len() == 1 && event.args.named.is_empty() && event.result.is_none();
    event.args.positional.first().filter(|_| alone).and_then(Value::as_function)
}

/// `@cross_origin` above the line that registers the view, and without its parentheses.
fn around_views(found: &Found, project: &Project, faults: &mut Vec<HandlerFault>) {
    let covered = project.servers.iter().flat_map(|server| &server.handlers).any(|handler| {
        is_cors(handler)
            && reached(handler)
            && handler.scope.path.is_none()
            && !handler.effects.iter().any(|line| writes_origin(&line.effect))
    });
    for (at, event) in found.log.iter().enumerate() {
        let path = &*event.target.path;
        if !is_cross_origin(path.trim_end_matches("()")) {
            continue;
        }
        let Some(closure) = around(event) else { continue };
        if !path.ends_with("()") {
            faults.push(fault(FaultKind::NotCalled, event.span, "cross_origin"));
            continue;
        }
        let home = closure.function.span;
        let registers =
            |other: &Event| home.contains(other.span) && is_route(&other.target.path) && around(other).is_some();
        let before = found.log[..at].iter().find(|other| registers(other));
        let after = found.log[at..].iter().any(registers);
        if let Some(route) = before.filter(|_| !after && !covered && home.contains(event.span)) {
            let mut one = fault(FaultKind::NotInstalled, event.span, "@cross_origin");
            one.detail = "it stands above the line that registers the view, which is registered without it".to_owned();
            one.other = Some(Spanned::new("the route".to_owned(), route.span));
            faults.push(one);
        }
    }
}

/// `@app.route(…)` and its kin, applied to a function.
fn is_route(path: &str) -> bool {
    let name = path.strip_suffix("()()").map(last);
    path.starts_with("py:flask") && matches!(name, Some("route" | "get" | "post" | "put" | "patch" | "delete"))
}

/// The package imported in the file of an application that has no CORS, and mentioned nowhere else.
fn imported_only(run: &Interp<'_>, found: &Found, project: &Project, faults: &mut Vec<HandlerFault>) {
    let is_ours = |value: &Value| matches!(&value.kind, Kind::External(path) if is_cors_package(path));
    let is_class = |value: &Value| matches!(&value.kind, Kind::External(path) if is_extension(path));
    let mentioned = found.log.iter().any(|event| is_cors_package(&event.target.path) || event.args.all().any(is_ours))
        || run.objects.iter().any(|object| is_cors_package(&object.path));
    if mentioned {
        return;
    }
    for server in found.servers.iter().map(|&index| &project.servers[index]) {
        if server.handlers.iter().any(is_cors) || !server.complete {
            continue;
        }
        let path = run.path_of_span(server.span);
        let Some((home, ..)) = run.modules().find(|(id, ..)| run.module_path(*id) == path) else { continue };
        if let Some((_, value)) = run.top_level_names(home).into_iter().find(|(_, value)| is_class(value)) {
            let mut one = fault(FaultKind::NotInstalled, value.span, "CORS");
            one.detail = "the extension is imported and never used".to_owned();
            faults.push(one);
        }
    }
}
