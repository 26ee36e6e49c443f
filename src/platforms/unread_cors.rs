//! `cors: { … }` among the options of something that reads no such option.
//!
//! In: what programs called. Out: a fault for each such key. Silent about everything that is not known to ignore it, and where the
//! same value reaches anything else. Sources: the parameters of each function in its package's documentation.

use super::Project;
use crate::eval::value::{MapEntry, Value};
use crate::eval::{Event, Interp};
use crate::model::project::{FaultKind, HandlerFault};
use crate::source::Span;

/// Functions and classes that take options and ignore this one, with what reads it instead.
const DEAF: [(&str, &str); 16] = [
    ("npm:express", NOTHING),
    ("npm:express.Router", NOTHING),
    ("npm:http.createServer", NOTHING),
    ("npm:https.createServer", NOTHING),
    ("npm:apollo-server-express.ApolloServer", APPLY),
    ("npm:apollo-server-express.mergeSchemas", APPLY),
    ("npm:apollo-server-express.makeExecutableSchema", APPLY),
    ("npm:apollo-server.makeExecutableSchema", "it is an option of `new ApolloServer()`"),
    ("npm:apollo-server.mergeSchemas", "it is an option of `new ApolloServer()`"),
    ("npm:graphql-tools.makeExecutableSchema", SCHEMA),
    ("npm:graphql-tools.mergeSchemas", SCHEMA),
    ("npm:@graphql-tools/schema.makeExecutableSchema", SCHEMA),
    ("npm:@graphql-tools/schema.mergeSchemas", SCHEMA),
    ("npm:@apollo/subgraph.buildSubgraphSchema", SCHEMA),
    ("npm:@apollo/server.ApolloServer", "since version 4 it is the `cors` package, in front of `expressMiddleware`"),
    ("npm:@apollo/server/standalone.startStandaloneServer", "it allows every origin, whatever is written here"),
];
const NOTHING: &str = "the `cors` package is a middleware, registered by `app.use(cors(options))`";
const APPLY: &str = "it is an option of `applyMiddleware()`";
const SCHEMA: &str = "a schema answers no requests, the server that is given it does";

/// Adds a fault for every such key.
pub(super) fn faults(run: &Interp<'_>, project: &mut Project) {
    for event in &run.log {
        let Some((callee, instead)) = DEAF.iter().find(|(path, _)| *path == &*event.target.path) else { continue };
        for entry in event.args.positional.iter().filter_map(cors) {
            let elsewhere = run
                .log
                .iter()
                .filter(|other| !is_deaf(other) && other.span != event.span)
                .any(|other| takes(other, entry.value.span));
            if elsewhere || !is_options(&entry.value) {
                continue;
            }
            let name = callee.rsplit(['.', ':']).next().unwrap_or(callee);
            let detail = format!("`{name}` reads no such option; {instead}");
            let mut fault = HandlerFault::new(FaultKind::NotInstalled, "express", entry.key, "cors".to_owned());
            fault.detail = detail;
            if !project.faults.contains(&fault) {
                project.faults.push(fault);
            }
        }
    }
}

fn is_deaf(event: &Event) -> bool {
    DEAF.iter().any(|(path, _)| *path == &*event.target.path)
}

/// The `cors` key of options.
fn cors(options: &Value) -> Option<&MapEntry> {
    options.as_map()?.entries.get("cors")
}

/// Is it a value of the option where it exists?
fn is_options(value: &Value) -> bool {
    value.as_map().is_some_and(|map| map.entries.contains_key("origin") || map.entries.contains_key("credentials"))
}

/// Is this value, a part of it, or something that holds it, given to a call?
fn takes(event: &Event, span: Span) -> bool {
    event.args.all().any(|arg| is_part(arg, span, 0) || cors(arg).is_some_and(|entry| entry.value.span == span))
}

fn is_part(value: &Value, whole: Span, depth: usize) -> bool {
    let inside = |one: &Value| depth < DEEPEST && is_part(one, whole, depth + 1);
    whole.contains(value.span)
        || value.as_map().is_some_and(|map| map.entries.values().any(|entry| inside(&entry.value)))
        || value.as_list().is_some_and(|list| list.items.iter().any(|item| inside(&item.value)))
}

/// Maps and lists in each other that are looked into.
const DEEPEST: usize = 4;
