//! `GraphQLModule` on Apollo Server before version 4, which brings the `cors` package along: `*` unless its own option says
//! otherwise, in front of the endpoint and behind what the application enables.
//!
//! In: calls of `forRoot`. Out: a policy and the handlers of the endpoint. Source: `lib/drivers` of `packages/apollo` at
//! <https://github.com/nestjs/graphql/tree/v10.0.0>. Later versions read no such option, and add nothing.

use std::sync::Arc;

use super::super::express::cors_npm::policy;
use super::super::packages::Packages;
use super::super::values::option;
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::model::condition::Formula;
use crate::model::project::Project;
use crate::model::server::{Handler, Role, Scope};
use crate::source::Spanned;

/// The handlers of a module, when the object is one.
pub(super) fn handlers(
    run: &mut Interp<'_>,
    made: ObjectId,
    packages: &Packages,
    project: &mut Project,
) -> Vec<Handler> {
    let object = run.object(made);
    let (path, args, span) = (object.path.clone(), object.args.clone(), object.span);
    let file = run.path_of_span(span);
    let apollo = packages.major("apollo-server-express", &file);
    if &*path != "npm:@nestjs/graphql.GraphQLModule.forRoot()" || apollo.is_none_or(|major| major > 3) {
        return Vec::new();
    }
    let Some(options) = args.positional.first().filter(|options| options.as_map().is_some_and(|map| !map.open)) else {
        return Vec::new();
    };
    let route = option(options, "path").unwrap_or_else(|| Value::text("/graphql", span));
    let Some(route) = route.as_str() else { return Vec::new() };
    let route: Arc<str> = format!("/{}", route.trim_matches('/')).into();
    let handler = |role: Role, methods: &[&str], understood: bool| Handler {
        role,
        name: "GraphQLModule".to_owned(),
        span,
        when: Formula::True,
        scope: Scope {
            methods: methods.iter().map(|method| Arc::from(*method)).collect(),
            path: Some(Spanned::new(route.clone(), span)),
            prefix: true,
        },
        effects: Vec::new(),
        understood,
    };
    let mut handlers = Vec::new();
    let given = match option(options, "cors") {
        None => Some((Args::default(), span)),
        Some(value) => match value.kind {
            Kind::Bool(true) | Kind::Undefined => Some((Args::default(), span)),
            Kind::Map(_) => Some((Args { positional: vec![value.clone()], ..Args::default() }, value.span)),
            _ => None,
        },
    };
    if let Some((args, at)) = given {
        let mut policy = policy(run, &args, at);
        policy.platform = "nest";
        policy.place = "GraphQLModule".to_owned();
        policy.when = super::super::development(&file, span);
        handlers.push(handler(Role::Cors(project.policies.len()), &[], true));
        project.policies.push(policy);
    }
    handlers.push(handler(Role::Route, &["GET", "POST"], false));
    handlers
}
