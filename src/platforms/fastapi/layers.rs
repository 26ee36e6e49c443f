//! One middleware: what it is, and what it does to requests and answers.
//!
//! In: the class or function that is registered and its arguments. Out: a handler; policies go into the project.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::super::manual;
use super::super::packages::Packages;
use super::cors::{self, Made};
use super::effects::Version;
use super::handlers::{Purpose, Task, handle};
use super::{is_cors_class, is_ours, last};
use crate::eval::value::{Args, Closure, Kind, Value};
use crate::eval::{Event, Interp};
use crate::ir;
use crate::model::condition::{Formula, Test};
use crate::model::policy::Policy;
use crate::model::project::Project;
use crate::model::server::{Effect, GuardedEffect, Handler, HeaderPiece, HeaderValue, Role, Scope};
use crate::model::term::{Part, Relation, Term};
use crate::source::Span;

/// How a middleware is registered.
pub(super) struct Registered<'a> {
    /// The class that is registered.
    pub(super) class: &'a Value,
    /// The arguments it is made with.
    pub(super) args: &'a Args,
    /// The registration.
    pub(super) span: Span,
    /// When.
    pub(super) when: Formula,
    /// For messages: `app.add_middleware`.
    pub(super) place: &'a str,
}

/// Turns middleware of one application into handlers.
pub(super) struct Layers<'b, 'r> {
    pub(super) run: &'b mut Interp<'r>,
    pub(super) packages: &'b Packages,
    pub(super) project: &'b mut Project,
    pub(super) platform: &'static str,
}

impl Layers<'_, '_> {
    /// A middleware class and its arguments.
    pub(super) fn class(&mut self, one: &Registered<'_>) -> Handler {
        if let Some(policy) = self.cors_policy(one) {
            let index = self.keep(policy);
            return self.handler(Role::Cors(index), "CORSMiddleware", one, Vec::new());
        }
        match &one.class.kind {
            Kind::External(path) if is_ours(path) && last(path) == "BaseHTTPMiddleware" => {
                match one.args.named("dispatch").and_then(Value::as_function).cloned() {
                    Some(closure) => self.function(&closure, one.span, one.when.clone()),
                    None => self.unknown("BaseHTTPMiddleware", one),
                }
            }
            Kind::External(path) => self.package(&path.clone(), one),
            Kind::Class(class) => {
                let name = class.class.name.clone().unwrap_or_else(|| "middleware".into());
                match self.dispatch(one) {
                    Some(closure) => {
                        let mut handler = self.function(&closure, one.span, one.when.clone());
                        handler.span = one.span;
                        handler.name = name.to_string();
                        handler
                    }
                    None => self.unknown(&name, one),
                }
            }
            _ => self.unknown("middleware", one),
        }
    }

    /// A function that is given the request and the rest of the application.
    pub(super) fn function(&mut self, closure: &Arc<Closure>, span: Span, when: Formula) -> Handler {
        let handled = handle(self.run, closure, &Task::of(Purpose::Middleware));
        let name = closure.function.name.clone().unwrap_or_else(|| "middleware".into()).to_string();
        let mut handler = Handler {
            role: Role::Other,
            name,
            span,
            when,
            scope: Scope::everything(),
            effects: handled.effects,
            understood: handled.understood,
        };
        self.by_hand(&mut handler, closure.function.span);
        handler
    }

    /// Header lines of CORS in a handler make a policy of it.
    pub(super) fn by_hand(&mut self, handler: &mut Handler, code: Span) {
        if let Some(mut policy) = manual::of_handler(self.run, handler, code, self.platform) {
            policy.paths.extend(handler.scope.path.clone());
            handler.role = Role::Cors(self.keep(policy));
        }
    }

    /// The policy of `CORSMiddleware` or of a class of the program that extends it.
    pub(super) fn cors_policy(&mut self, one: &Registered<'_>) -> Option<Policy> {
        let (args, decides_itself) = match &one.class.kind {
            Kind::External(path) if is_cors_class(path) => (one.args.clone(), false),
            Kind::Class(class) if self.run.external_bases(one.class).iter().any(|base| is_cors_class(base)) => {
                let own = ["is_allowed_origin", "__call__", "preflight_response", "simple_response", "send"];
                let overridden = class.class.methods.iter().any(|method| own.contains(&&*method.name));
                (self.inherited_args(one), overridden)
            }
            _ => return None,
        };
        let file = self.run.path_of_span(one.span);
        let when = one.when.clone().and(super::super::development(&file, one.span));
        let made =
            Made { args: &args, span: one.span, when, platform: self.platform, place: one.place, decides_itself };
        Some(cors::policy(&made, self.packages, &file))
    }

    /// What a class that extends `CORSMiddleware` gives to `super().__init__`.
    fn inherited_args(&mut self, one: &Registered<'_>) -> Args {
        if self.run.method_of(one.class, "__init__").is_none() {
            return one.args.clone();
        }
        let start = self.run.log.len();
        let instance = self.instance(one, false).and_then(|value| value.as_object());
        let given = self.run.log[start..]
            .iter()
            .rev()
            .find(|event| event.target.object == instance && event.target.path.ends_with("CORSMiddleware.__init__"));
        match given {
            Some(Event { args, .. }) => args.clone(),
            None => Args { open: true, ..one.args.clone() },
        }
    }

    fn instance(&mut self, one: &Registered<'_>, open: bool) -> Option<Value> {
        let app = Value::new(Kind::External("starlette:app".into()), one.span);
        let open = open || one.args.open;
        let args = Args { positional: vec![app], named: one.args.named.clone(), open };
        self.run.instance(one.class, &args)
    }

    /// `dispatch` of a `BaseHTTPMiddleware`, bound to an instance.
    fn dispatch(&mut self, one: &Registered<'_>) -> Option<Arc<Closure>> {
        let bases = self.run.external_bases(one.class);
        if !bases.iter().any(|base| is_ours(base) && last(base) == "BaseHTTPMiddleware") {
            return None;
        }
        let method = self.run.method_of(one.class, "dispatch")?;
        let this = self.instance(one, true);
        Some(Arc::new(Closure { function: method.function.clone(), scope: method.scope, this, module: method.module }))
    }

    /// Middleware of a package.
    fn package(&mut self, path: &str, one: &Registered<'_>) -> Handler {
        let name = last(path).to_owned();
        match name.as_str() {
            "HTTPSRedirectMiddleware" => {
                // A proxy may have ended https before: what is not said to have come over http may be let through.
                let relation = Relation::Equals("http".into());
                let when = Formula::test(Test::Request { term: Term::of(Part::Scheme), relation }, one.span);
                let effects = vec![GuardedEffect { when, effect: Effect::Answer(Some(307)), span: one.span }];
                self.handler(Role::Other, &name, one, effects)
            }
            "TrustedHostMiddleware" => {
                let effects = vec![self.open(Effect::Answer(Some(400)), one.span)];
                self.handler(Role::Other, &name, one, effects)
            }
            // What is compressed, and by whom the session is read, nobody knows.
            "GZipMiddleware" => self.may_vary(&name, one),
            "SessionMiddleware" if is_ours(path) && self.reads_sessions(one.span) => self.may_vary(&name, one),
            "SlowAPIMiddleware" | "SlowAPIASGIMiddleware" => self.handler(Role::Limiter, &name, one, Vec::new()),
            _ if is_ours(path) => self.handler(Role::Other, &name, one, Vec::new()),
            _ => self.unknown(&name, one),
        }
    }

    /// Middleware that may add to `Vary` on the way out.
    fn may_vary(&self, name: &str, one: &Registered<'_>) -> Handler {
        let value = HeaderValue { pieces: vec![HeaderPiece::Unknown], span: one.span };
        let next = GuardedEffect { when: Formula::True, effect: Effect::Next, span: one.span };
        let vary = self.open(Effect::Merge(manual::header_name("Vary", one.span), value), one.span);
        self.handler(Role::Other, name, one, vec![next, vary])
    }

    fn open(&self, effect: Effect, span: Span) -> GuardedEffect {
        GuardedEffect { when: Formula::unknown(span), effect, span }
    }

    /// Does the pinned version say with `Vary` that a session was read?
    fn reads_sessions(&self, span: Span) -> bool {
        Version::of(self.packages, &self.run.path_of_span(span)).says_sessions()
    }

    fn handler(&self, role: Role, name: &str, one: &Registered<'_>, effects: Vec<GuardedEffect>) -> Handler {
        Handler {
            role,
            name: name.to_owned(),
            span: one.span,
            when: one.when.clone(),
            scope: Scope::everything(),
            effects,
            understood: true,
        }
    }

    fn unknown(&self, name: &str, one: &Registered<'_>) -> Handler {
        Handler { understood: false, ..self.handler(Role::Other, name, one, Vec::new()) }
    }

    /// A policy's index in the project.
    pub(super) fn keep(&mut self, policy: Policy) -> usize {
        keep(self.project, policy)
    }
}

/// A policy's index; a function that runs twice makes one policy, as long as both say the same.
pub(in crate::platforms) fn keep(project: &mut Project, policy: Policy) -> usize {
    let same = |other: &Policy| {
        other.span == policy.span
            && other.allow_origin == policy.allow_origin
            && other.allow_credentials == policy.allow_credentials
            && other.paths == policy.paths
    };
    if let Some(index) = project.policies.iter().position(same) {
        return index;
    }
    project.policies.push(policy);
    project.policies.len() - 1
}

/// A function up to its first parameter or statement: decorators and name.
pub(in crate::platforms) fn heading(function: &ir::Function) -> Span {
    let after = function.params.first().map(|param| param.span).or_else(|| function.body.first().map(|stmt| stmt.span));
    let end = after.filter(|after| after.start > function.span.start).map_or(function.span.end, |after| after.start);
    Span { end, ..function.span }
}

/// The files that stand for an application in messages.
pub(in crate::platforms) fn file_name(path: &Utf8PathBuf) -> String {
    path.file_name().unwrap_or("app").to_owned()
}
