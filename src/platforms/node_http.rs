//! Servers of `node:http`: `http.createServer((req, res) => …)`, and functions that get `(req, res)` from a platform.
//!
//! In: the evaluator's log. Out: a server for each function given. One handler sees every request, and nothing answers in its
//! place. Source: <https://nodejs.org/api/http.html>; its answers are recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::express::cors_npm::CorsObjects;
use super::express::preflight;
use super::node_handlers::{fill, grant, handle_alone, head};
use crate::eval::Interp;
use crate::eval::value::{Closure, Kind};
use crate::model::condition::Formula;
use crate::model::policy::Known;
use crate::model::project::Project;
use crate::model::server::{Failing, Handler, Role, Scope, Server};
use crate::source::Span;

/// Calls that take the function which answers requests.
const TAKERS: [&str; 15] = [
    "npm:http.createServer",
    "npm:http.Server",
    "npm:https.createServer",
    "npm:https.Server",
    "npm:http2.createServer",
    "npm:http2.createSecureServer",
    "npm:micro",
    "npm:micro.serve",
    "npm:micro.default",
    "npm:firebase-functions.https.onRequest",
    "npm:firebase-functions/v1.https.onRequest",
    "npm:firebase-functions/v2/https.onRequest",
    "npm:firebase-functions/https.onRequest",
    "npm:@google-cloud/functions-framework.http",
    "npm:firebase-functions.region().https.onRequest",
];

/// Servers of all functions that are given to such a call.
pub(super) fn recognise(run: &mut Interp<'_>, cors: &CorsObjects, project: &mut Project) {
    let mut seen = BTreeSet::new();
    let mut given: Vec<(Span, Arc<Closure>)> = Vec::new();
    for event in &run.log {
        let path = event.target.path.replace(".default.", ".");
        let on_request = TAKERS.iter().any(|taker| path.strip_prefix(taker).is_some_and(|rest| rest == "().on"))
            && event.args.positional.first().and_then(|name| name.as_str()).is_some_and(|name| &**name == "request");
        if !on_request && !TAKERS.contains(&path.as_str()) {
            continue;
        }
        let function = event.args.positional.iter().rev().find_map(|value| match &value.kind {
            Kind::Function(closure) => Some(closure.clone()),
            _ => None,
        });
        if let Some(closure) = function.filter(|closure| seen.insert(closure.function.span)) {
            given.push((event.span, closure));
        }
    }
    for (span, closure) in given {
        server(run, span, &closure, cors, project);
    }
}

fn server(run: &mut Interp<'_>, span: Span, closure: &Arc<Closure>, cors: &CorsObjects, project: &mut Project) {
    let handled = handle_alone(run, closure, cors);
    let mut handler = Handler {
        role: Role::Route,
        name: closure.function.name.as_ref().map_or_else(|| "createServer".to_owned(), ToString::to_string),
        span: head(closure),
        when: Formula::True,
        scope: Scope::everything(),
        effects: Vec::new(),
        understood: false,
    };
    fill(&mut handler, handled, "node", project);
    grant(run, &mut handler, closure.function.span, "node", project);
    let index = project.servers.len();
    if let Role::Cors(policy) = handler.role {
        let policy = &mut project.policies[policy];
        policy.installed = Known::Yes;
        policy.server.get_or_insert(index);
    }
    let file = run.path_of_span(span);
    let server = Server {
        complete: handler.understood,
        failing: Failing::Unknown,
        ..Server::new("node", file.file_name().unwrap_or("node"), span, vec![handler])
    };
    let mut faults = Vec::new();
    preflight::own_answer(&server, 0, &server.handlers[0], &mut faults);
    project.servers.push(server);
    project.faults.append(&mut faults);
}
