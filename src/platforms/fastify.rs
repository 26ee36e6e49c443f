//! Fastify: instances and the plugins that they register, hooks in the order of a request's life, and `@fastify/cors`.
//!
//! In: the evaluator's log. Out: servers, policies, faults of order and encapsulation. Sources:
//! <https://fastify.dev/docs/latest/Reference/>, <https://github.com/fastify/fastify-cors>, whose answers are recorded in
//! `tests/truth/`. Never judges.

pub(super) mod cors;
mod effects;
mod faults;
mod functions;
mod instances;
mod origin;
mod server;
mod symbols;

use std::collections::BTreeMap;

use super::express::cors_npm::CorsObjects;
use super::packages::Packages;
use crate::eval::Interp;
use crate::eval::value::{Kind, Value};
use crate::model::project::Project;
use crate::model::server::GuardedEffect;
use crate::source::Span;

pub use symbols::Fastify;

/// What a registration of the plugin amounts to.
struct Registration {
    /// Its policy, by index in the project.
    policy: usize,
    /// What the route answers that it adds.
    route: Vec<GuardedEffect>,
}

/// The registrations by their places.
type Registered = BTreeMap<Span, Registration>;

/// Is this the plugin, under one of its names?
fn is_cors_plugin(plugin: &Value) -> bool {
    const NAMES: [&str; 5] = [
        "npm:@fastify/cors",
        "npm:@fastify/cors.default",
        "npm:@fastify/cors.fastifyCors",
        "npm:fastify-cors",
        "npm:fastify-cors.default",
    ];
    matches!(&plugin.kind, Kind::External(path) if NAMES.contains(&&**path))
}

/// Servers and policies of all Fastify programs.
pub(super) fn recognise(run: &mut Interp<'_>, packages: &Packages, cors: &CorsObjects, project: &mut Project) {
    symbols::run_unregistered(run);
    let registered = cors::policies(run, packages, project);
    for root in instances::roots(run) {
        let tree = instances::tree(run, root);
        server::build(run, &tree, &registered, cors, project);
        faults::encapsulated(&tree, &registered, project);
    }
    faults::autoloaded(run, &registered, project);
}
