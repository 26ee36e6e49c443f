//! What is registered with a framework whose middleware is an onion: its CORS package, and functions that may call that by hand.
//!
//! In: what the framework calls things, and registered values. Out: handlers, and one policy for each place where the package is
//! called, however often the code around it is run. Shared by Hono and Koa; knows neither.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node_handlers::{self, Handled, grant};
use super::packages::Packages;
use crate::eval::value::{Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::model::policy::{Known, Policy};
use crate::model::project::Project;
use crate::model::server::{Effect, GuardedEffect, Handler, Role};
use crate::source::Span;

/// What an object does that is called within a handler; `None` when it is no library's.
pub(super) type Library<'l> = &'l mut dyn FnMut(&mut Interp<'_>, &Event) -> Option<Vec<GuardedEffect>>;

/// How a framework names and does things.
#[derive(Clone, Copy)]
pub(super) struct Framework {
    /// What messages call it.
    pub(super) platform: &'static str,
    /// Middleware that lets nobody through who has not proven who they are.
    pub(super) auth: &'static [&'static str],
    /// Middleware that serves files.
    pub(super) files: &'static [&'static str],
    /// Is this the canonical name of what the package's `cors(…)` gives?
    pub(super) is_cors: fn(&str) -> bool,
    /// Is this what a handler is given?
    pub(super) is_context: fn(&Value) -> bool,
    /// The policy of a `cors(…)`.
    pub(super) policy: fn(&mut Interp<'_>, &Packages, ObjectId) -> Policy,
    /// Runs a handler.
    pub(super) handle: fn(&mut Interp<'_>, &Arc<Closure>, Library<'_>) -> Handled,
}

/// The policies of a package, by the place where each is made.
pub(super) struct Policies<'p> {
    framework: Framework,
    packages: &'p Packages,
    placed: BTreeMap<Span, usize>,
}

impl<'p> Policies<'p> {
    pub(super) fn new(framework: Framework, packages: &'p Packages) -> Policies<'p> {
        Policies { framework, packages, placed: BTreeMap::new() }
    }

    /// The policy of a `cors(…)` that somebody applies, made where it is met first.
    pub(super) fn of(&mut self, run: &mut Interp<'_>, id: ObjectId, project: &mut Project) -> usize {
        let span = run.object(id).span;
        if let Some(known) = self.placed.get(&span) {
            return *known;
        }
        let policy = (self.framework.policy)(run, self.packages, id);
        self.placed.insert(span, project.policies.len());
        project.policies.push(Policy { installed: Known::Yes, ..policy });
        project.policies.len() - 1
    }

    /// Says what a registered value is and does; `false` where nobody knows. `ends`: it is the last one of a route.
    pub(super) fn fill(
        &mut self,
        run: &mut Interp<'_>,
        value: &Value,
        handler: &mut Handler,
        ends: bool,
        project: &mut Project,
    ) -> bool {
        match &value.kind {
            Kind::Object(id) => {
                let path = run.object(*id).path.to_string();
                if (self.framework.is_cors)(&path) {
                    handler.role = Role::Cors(self.of(run, *id, project));
                } else if self.framework.auth.contains(&path.as_str()) {
                    let (when, span) = (Formula::True, handler.span);
                    handler.role = Role::Auth;
                    handler.effects = vec![GuardedEffect { when, effect: Effect::RequireAuth(401), span }];
                } else if self.framework.files.contains(&path.as_str()) {
                    handler.role = Role::Static;
                } else {
                    // What packages bring looks at requests and lets them through.
                    handler.understood = !ends;
                    handler.name = path.trim_start_matches("npm:").trim_end_matches("()").to_owned();
                }
            }
            Kind::Function(closure) => {
                let (closure, platform) = (closure.clone(), self.framework.platform);
                let handled = self.run(run, &closure, project);
                node_handlers::fill(handler, handled, platform, project);
                grant(run, handler, closure.function.span, platform, project);
            }
            _ => {
                handler.understood = false;
                return ends;
            }
        }
        true
    }

    /// Runs a handler. A policy that is applied within it, as by `cors(options)(c, next)`, is the handler's.
    fn run(&mut self, run: &mut Interp<'_>, closure: &Arc<Closure>, project: &mut Project) -> Handled {
        let (mut applied, framework) = (Vec::new(), self.framework);
        let mut library = |run: &mut Interp<'_>, event: &Event| {
            let called = event.target.object.filter(|_| event.args.all().any(framework.is_context));
            let id = called.filter(|id| (framework.is_cors)(&run.object(*id).path))?;
            let policy = self.of(run, id, project);
            applied.push((policy, event.span));
            Some(project.policies[policy].effects.clone())
        };
        let mut handled = (framework.handle)(run, closure, &mut library);
        for (policy, span) in applied {
            // Its lines stand among the others; this only says whose they are.
            handled.effects.insert(0, GuardedEffect { when: Formula::False, effect: Effect::Cors(policy), span });
        }
        handled
    }

    /// Policies that no known application applies.
    pub(super) fn rest(&self, run: &mut Interp<'_>, project: &mut Project) {
        for id in (0..run.objects.len()).map(ObjectId) {
            let (is_cors, span) = ((self.framework.is_cors)(&run.object(id).path), run.object(id).span);
            if is_cors && !project.policies.iter().any(|known| known.span == span) {
                let policy = (self.framework.policy)(run, self.packages, id);
                project.policies.push(policy);
            }
        }
    }
}
