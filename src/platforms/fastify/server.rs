//! An application of Fastify as a server: hooks in the order in which a request meets them, then routes.
//!
//! In: the tree of instances. Out: a server with a flat list of handlers. A hook of the application itself meets every request,
//! one of a plugin those of the plugin's routes: it stands in the list once for each of them.

use std::collections::BTreeMap;

use super::Registered;
use super::functions::{self, Hooked};
use super::instances::{Hook, Route, Tree, What};
use crate::eval::Interp;
use crate::eval::value::Value;
use crate::model::condition::Formula;
use crate::model::policy::Known;
use crate::model::project::Project;
use crate::model::server::{Effect, Failing, GuardedEffect, Handler, Role, Scope, Server, Unanswered};
use crate::platforms::express::cors_npm::CorsObjects;
use crate::platforms::express::registration::adopt;
use crate::platforms::node_handlers::{fill, grant};
use crate::source::Span;

/// Handlers of one application, at most.
const MOST: usize = 3_000;

/// Builds the server and adds it to the project.
pub(super) fn build(
    run: &mut Interp<'_>,
    tree: &Tree,
    registered: &Registered,
    cors: &CorsObjects,
    project: &mut Project,
) {
    let Some(root) = tree.contexts.first() else { return };
    let span = run.object(root.object).span;
    let mut builder = Builder { run, tree, registered, cors, project, hooks: BTreeMap::new(), complete: tree.complete };
    let mut handlers = builder.hooks();
    let routes = builder.routes();
    handlers.extend(routes);
    let complete = builder.complete;
    adopt(&handlers, project);
    let file = run.path_of_span(span);
    let mut server = Server {
        complete,
        unanswered: Unanswered::NotFound,
        failing: Failing::ErrorHandlers,
        onion: true,
        ..Server::new("fastify", file.file_name().unwrap_or("fastify"), span, handlers)
    };
    let mut faults = Vec::new();
    super::faults::of_order(&server, &mut faults);
    project.faults.append(&mut faults);
    server.handlers.retain(|handler| handler.when != Formula::False);
    project.servers.push(server);
}

struct Builder<'b, 'r> {
    run: &'b mut Interp<'r>,
    tree: &'b Tree,
    registered: &'b Registered,
    cors: &'b CorsObjects,
    project: &'b mut Project,
    /// What each hook does, run once.
    hooks: BTreeMap<(usize, usize), Handler>,
    complete: bool,
}

impl Builder<'_, '_> {
    fn hooks(&mut self) -> Vec<Handler> {
        let tree = self.tree;
        // Of each hook, the routes that meet it.
        let mut met: BTreeMap<(usize, usize), Vec<&Route>> = BTreeMap::new();
        for (index, context) in tree.contexts.iter().enumerate() {
            for hook in tree.hooks_of(index) {
                met.entry(hook).or_default().extend(context.routes.iter());
            }
        }
        let all: usize = tree.contexts.iter().map(|context| context.routes.len()).sum();
        let mut order: Vec<(usize, usize)> = Vec::new();
        for (at, context) in tree.contexts.iter().enumerate() {
            order.extend((0..context.hooks.len()).map(|index| (at, index)));
        }
        let hook = |key: &(usize, usize)| -> &Hook { &tree.contexts[key.0].hooks[key.1] };
        order.sort_by_key(|key| (hook(key).stage, key.0, hook(key).at));
        let mut handlers = Vec::new();
        for key in order {
            let routes = met.remove(&key).unwrap_or_default();
            let template = self.hook(key, hook(&key));
            if key.0 == 0 && routes.len() == all {
                handlers.push(template);
                continue;
            }
            // Whether it meets requests that no route takes is not told apart.
            self.complete &= key.0 != 0;
            for route in routes {
                if handlers.len() >= MOST {
                    self.complete = false;
                    break;
                }
                let scope = scope(route);
                let when = template.when.clone().and(route.when.clone());
                handlers.push(Handler { scope, when, ..template.clone() });
            }
        }
        handlers
    }

    fn hook(&mut self, key: (usize, usize), hook: &Hook) -> Handler {
        if let Some(known) = self.hooks.get(&key) {
            return known.clone();
        }
        let mut handler = bare(Role::Other, "addHook", hook.span, hook.when.clone());
        match &hook.what {
            What::Cors => {
                handler.name = "@fastify/cors".to_owned();
                match self.registered.get(&hook.span) {
                    Some(one) => handler.role = Role::Cors(one.policy),
                    None => handler.understood = false,
                }
            }
            What::Auth => {
                handler.role = Role::Auth;
                handler.name = "@fastify/bearer-auth".to_owned();
                handler.effects.push(effect(Effect::RequireAuth(401), hook.span));
                handler.effects.push(effect(Effect::Next, hook.span));
            }
            What::Unknown => {
                handler.name = "register".to_owned();
                handler.understood = false;
            }
            What::Function(value) => self.function(&mut handler, value, key, hook),
        }
        self.hooks.insert(key, handler.clone());
        handler
    }

    fn function(&mut self, handler: &mut Handler, value: &Value, key: (usize, usize), hook: &Hook) {
        let Some(closure) = value.as_function().cloned() else {
            handler.understood = false;
            return;
        };
        let rescued = self.rescued(key.0);
        let Hooked { handled, authenticates } = functions::hook(self.run, &closure, hook.stage, rescued, self.cors);
        if let Some(name) = &closure.function.name {
            handler.name = name.to_string();
        }
        fill(handler, handled, "fastify", self.project);
        if authenticates {
            handler.role = Role::Auth;
        } else {
            grant(self.run, handler, closure.function.span, "fastify", self.project);
        }
    }

    /// Does a context answer to errors itself?
    fn rescued(&self, context: usize) -> bool {
        let mut at = Some(context);
        while let Some(index) = at {
            if self.tree.contexts[index].rescues {
                return true;
            }
            at = self.tree.contexts[index].parent;
        }
        false
    }

    fn routes(&mut self) -> Vec<Handler> {
        let tree = self.tree;
        let mut handlers = Vec::new();
        let mut last = Vec::new();
        for (index, context) in tree.contexts.iter().enumerate() {
            for route in &context.routes {
                if handlers.len() >= MOST {
                    self.complete = false;
                    return handlers;
                }
                let handler = self.route(route, index);
                // What is written for a path goes before what takes all of them.
                if route.of_cors { last.push(handler) } else { handlers.push(handler) }
            }
        }
        handlers.append(&mut last);
        if let Some(event) = tree.contexts.first().and_then(|root| root.not_found.as_ref()) {
            let mut handler = bare(Role::CatchAll, "setNotFoundHandler", event.span, event.when.clone());
            match event.args.positional.last().and_then(Value::as_function).cloned() {
                Some(closure) => {
                    let handled = functions::route(self.run, &closure, self.rescued(0), self.cors);
                    let set = handled.effects.len() > 1;
                    fill(&mut handler, handled, "fastify", self.project);
                    handler.understood &= set;
                }
                None => handler.understood = false,
            }
            handlers.push(handler);
        }
        handlers
    }

    fn route(&mut self, route: &Route, context: usize) -> Handler {
        let first = route.methods.first().map_or("ALL", |method| method);
        let name = format!("{first} {}", route.path.value);
        let mut handler = Handler { scope: scope(route), ..bare(Role::Route, &name, route.span, route.when.clone()) };
        if route.of_cors {
            handler.name = "OPTIONS *".to_owned();
            match self.registered.get(&route.span) {
                Some(one) => handler.effects.clone_from(&one.route),
                None => handler.understood = false,
            }
            return handler;
        }
        let Some(closure) = route.handler.as_ref().and_then(Value::as_function).cloned() else {
            handler.understood = false;
            return handler;
        };
        let handled = functions::route(self.run, &closure, self.rescued(context), self.cors);
        fill(&mut handler, handled, "fastify", self.project);
        handler.understood &= route.plain;
        grant(self.run, &mut handler, closure.function.span, "fastify", self.project);
        handler
    }
}

fn scope(route: &Route) -> Scope {
    Scope { methods: route.methods.clone(), path: Some(route.path.clone()), prefix: false }
}

fn effect(effect: Effect, span: Span) -> GuardedEffect {
    GuardedEffect { when: Formula::True, effect, span }
}

fn bare(role: Role, name: &str, span: Span, when: Formula) -> Handler {
    Handler {
        role,
        name: name.to_owned(),
        span,
        when,
        scope: Scope::everything(),
        effects: Vec::new(),
        understood: true,
    }
}

/// Makes a policy one that is certainly not in force.
pub(super) fn withdraw(project: &mut Project, policy: usize) {
    project.policies[policy].installed = Known::No;
}
