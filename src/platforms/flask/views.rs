//! Rules as handlers: the view with its decorators, the hooks of its blueprints before it, and who answers its `OPTIONS`.
//!
//! In: a rule and what surrounds it. Out: handlers with the paths and methods of the rule. Flask answers `OPTIONS` for every rule by
//! itself, unless its methods name it or `@cross_origin` takes it over.

use std::sync::Arc;

use super::super::fastapi::layers::{heading, keep};
use super::super::manual;
use super::apps::Making;
use super::classes::{self, Method};
use super::cors::{self, Made};
use super::decorators::{self, Decorator, automatic_answer, cross, refusal};
use super::handlers::{Purpose, Task, handle};
use super::hooks::Hooks;
use super::is_cross_origin;
use super::routes::Rule;
use crate::eval::value::{Args, Closure, Kind, ObjectId, Value};
use crate::model::condition::Formula;
use crate::model::policy::{Known, Policy};
use crate::model::server::{Effect, GuardedEffect, Handler, HeaderPiece, HeaderValue, Role, Scope};
use crate::source::{Span, Spanned};

/// What a function answers with everything around it.
struct View {
    handler: Handler,
    /// What answers `OPTIONS`.
    options: Answering,
}

/// Who answers `OPTIONS`.
enum Answering {
    /// Flask, without headers.
    Flask,
    /// The view, like other methods.
    View,
    /// The decorator.
    Decorator(Box<Handler>),
}

impl Making<'_, '_> {
    /// The handlers of one rule.
    pub(super) fn route(&mut self, rule: &Rule, hooks: &[&Hooks], mixed: bool) -> Vec<Handler> {
        let Some(path) = rule.path.clone() else { return vec![somewhere(&rule.prefix, rule.span)] };
        let blueprint = rule.blueprints.last().copied();
        let mut views = self.views(rule, blueprint);
        let mut scope = Scope { methods: Vec::new(), path: Some(path), prefix: false };
        for view in &views {
            for method in view.handler.scope.methods.iter().map(|name| &**name).chain(["OPTIONS"]) {
                if !scope.methods.iter().any(|own| **own == *method) {
                    scope.methods.push(method.into());
                }
            }
        }
        let mut handlers = Vec::new();
        let around = hooks.iter().flat_map(|hooks| self.after(&hooks.after)).collect::<Vec<_>>();
        let before = hooks.iter().flat_map(|hooks| self.before(&hooks.before, blueprint)).collect::<Vec<_>>();
        for mut hook in around.into_iter().chain(before) {
            hook.scope = scope.clone();
            hook.when = hook.when.and(rule.when.clone());
            handlers.push(hook);
        }
        let mut by_flask = true;
        let span = views.first().map_or(rule.span, |view| view.handler.span);
        for view in &mut views {
            view.handler.scope.path.clone_from(&scope.path);
            view.handler.when = rule.when.clone();
            view.handler.name = named(&view.handler.scope);
            if mixed {
                forget_raised(&mut view.handler);
            }
        }
        for view in views {
            match view.options {
                Answering::Flask => {}
                Answering::View => by_flask = false,
                Answering::Decorator(mut handler) => {
                    by_flask = false;
                    handler.scope.path.clone_from(&scope.path);
                    handler.name = named(&handler.scope);
                    handler.when = rule.when.clone();
                    handlers.push(*handler);
                }
            }
            handlers.push(view.handler);
        }
        if by_flask {
            let options = Scope { methods: vec!["OPTIONS".into()], ..scope };
            handlers.push(Handler {
                role: Role::Other,
                name: named(&options),
                span,
                when: rule.when.clone(),
                scope: options,
                effects: vec![GuardedEffect { when: Formula::True, effect: Effect::Answer(Some(200)), span }],
                understood: true,
            });
        }
        handlers
    }

    /// The views of a rule: one, or one for each method of a class.
    fn views(&mut self, rule: &Rule, blueprint: Option<ObjectId>) -> Vec<View> {
        let default = || rule.methods.clone().unwrap_or_else(|| vec!["GET".into()]);
        let Some(value) = rule.view.clone() else { return vec![unknown_view(default(), rule.span)] };
        match &value.kind {
            Kind::Function(closure) => {
                let closure = closure.clone();
                let around = decorators::of(self.run, self.log, rule.at, &closure);
                vec![self.view(&closure, default(), around, blueprint, &rule.path)]
            }
            Kind::Class(_) => self.class(&value, rule, blueprint),
            Kind::Object(id) => {
                let object = self.run.object(*id);
                let (made, parent) = (object.path.clone(), object.parent);
                let inner = object.args.positional.first().cloned();
                match (&*made, inner) {
                    ("class:.as_view()", Some(class)) => self.class(&class, rule, blueprint),
                    // `cross_origin()(view)`.
                    (path, Some(Value { kind: Kind::Function(closure), .. }))
                        if path.ends_with("()()") && is_cross_origin(&path[..path.len() - 2]) =>
                    {
                        let args = parent.map(|id| self.run.object(id).args.clone()).unwrap_or_default();
                        let span = parent.map_or(value.span, |id| self.run.object(id).span);
                        let mut around = decorators::of(self.run, self.log, rule.at, &closure);
                        around.push(Decorator::Cors { args, span, inner: false });
                        vec![self.view(&closure, default(), around, blueprint, &rule.path)]
                    }
                    _ => vec![unknown_view(default(), rule.span)],
                }
            }
            _ => vec![unknown_view(default(), rule.span)],
        }
    }

    fn class(&mut self, class: &Value, rule: &Rule, blueprint: Option<ObjectId>) -> Vec<View> {
        let every = || ["GET", "POST", "PUT", "PATCH", "DELETE"].map(Arc::from).to_vec();
        let Some(methods) = classes::methods(self.run, class) else {
            return vec![unknown_view(rule.methods.clone().unwrap_or_else(every), rule.span)];
        };
        let mut views = Vec::new();
        for Method { name, closure, decorators } in methods {
            if rule.methods.as_ref().is_some_and(|own| !own.iter().any(|one| **one == *name)) {
                continue;
            }
            let mut view = self.view(&closure, vec![name.as_str().into()], decorators, blueprint, &rule.path);
            // What a decorator says about `OPTIONS` is said of the method's function, and Flask asks the class.
            view.options = if name == "OPTIONS" { Answering::View } else { Answering::Flask };
            views.push(view);
        }
        views
    }

    /// One function with its decorators.
    fn view(
        &mut self,
        closure: &Arc<Closure>,
        mut methods: Vec<Arc<str>>,
        around: Vec<Decorator>,
        blueprint: Option<ObjectId>,
        path: &Option<Spanned<Arc<str>>>,
    ) -> View {
        let span = heading(&closure.function);
        let task = Task { rescuers: Some((&self.rescuers, blueprint)), ..Task::of(Purpose::View) };
        let mut handled = handle(self.run, closure, &task);
        if methods.iter().any(|name| &**name == "GET") && !methods.iter().any(|name| &**name == "HEAD") {
            methods.push("HEAD".into());
        }
        let named_options = methods.iter().any(|name| &**name == "OPTIONS");
        let mut options = if named_options { Answering::View } else { Answering::Flask };
        let mut role = Role::Route;
        for decorator in around {
            match decorator {
                Decorator::Unknown => {
                    handled.understood = false;
                    if let Answering::Decorator(handler) = &mut options {
                        handler.understood = false;
                    }
                }
                Decorator::Auth(at) => {
                    handled.raised.push(at);
                    handled.effects.insert(0, refusal(at));
                }
                Decorator::Cors { args, span: at, inner } => {
                    let own = decorators::options(self.settled.clone(), &args);
                    let made = Made {
                        options: &own,
                        span: at,
                        when: Formula::True,
                        place: "@cross_origin",
                        covers: Formula::True,
                    };
                    let mut lines = cors::decorator_lines(&made, self.run, self.packages);
                    lines.extend(self.left_alone(at));
                    let index = self.decorated(&made, &args, path);
                    let automatic = own.truth("automatic_options", true, at).value != Known::No;
                    let outside = inner.then_some(closure.function.span);
                    handled.effects = cross(&handled, &lines, outside.filter(|_| !is_method(closure)), automatic);
                    role = index.map_or(role, Role::Cors);
                    if automatic && inner && !named_options {
                        methods.push("OPTIONS".into());
                        options = Answering::View;
                    } else if automatic {
                        let answer = automatic_answer(&lines, at);
                        options = Answering::Decorator(Box::new(Handler {
                            role,
                            name: String::new(),
                            span,
                            when: Formula::True,
                            scope: options_scope(),
                            effects: answer,
                            understood: true,
                        }));
                    }
                }
            }
        }
        let mut handler = Handler {
            role,
            name: String::new(),
            span,
            when: Formula::True,
            scope: Scope { methods, path: path.clone(), prefix: false },
            effects: handled.effects,
            understood: handled.understood,
        };
        if handler.role == Role::Route {
            handler.name = named(&handler.scope);
            self.by_hand(&mut handler, closure.function.span);
        }
        if matches!(options, Answering::Decorator(_)) {
            handler.scope.methods.retain(|name| &**name != "OPTIONS");
        }
        View { handler, options }
    }

    /// `CORS(app)` leaves an answer alone that the decorator has seen, even where that has refused: then nothing is certain of it.
    fn left_alone(&self, span: Span) -> Vec<GuardedEffect> {
        let name = manual::header_name("Access-Control-Allow-Origin", span);
        let nothing = |when: &Formula| GuardedEffect {
            when: when.clone(),
            effect: Effect::Default(name.clone(), HeaderValue { pieces: vec![HeaderPiece::Unknown], span }),
            span,
        };
        self.granted.iter().map(nothing).collect()
    }

    /// The policy of a decorator; what says nothing beside a `CORS(app)` for everything adds none.
    fn decorated(&mut self, made: &Made<'_>, args: &Args, path: &Option<Spanned<Arc<str>>>) -> Option<usize> {
        let bare = args.named.is_empty() && args.positional.is_empty() && !args.open;
        if self.covered && bare {
            return None;
        }
        let mut policy = cors::policy(made, self.run, self.packages);
        policy.effects.clear();
        if bare {
            // What says nothing says the same everywhere in a file: the first of them stands for all.
            let answers = |one: &Policy| one.allow_origin.arms.iter().map(|arm| arm.answer.clone()).collect::<Vec<_>>();
            let same = |one: &Policy| {
                one.place == made.place && one.span.file == made.span.file && answers(one) == answers(&policy)
            };
            if let Some(first) = self.bare.iter().copied().find(|&index| same(&self.project.policies[index])) {
                self.project.policies[first].paths.extend(path.clone());
                return Some(first);
            }
        }
        policy.paths.extend(path.clone());
        let index = keep(self.project, policy);
        self.bare.extend(bare.then_some(index));
        Some(index)
    }
}

fn is_method(closure: &Arc<Closure>) -> bool {
    closure.this.is_some()
}

fn options_scope() -> Scope {
    Scope { methods: vec!["OPTIONS".into()], path: None, prefix: false }
}

/// `GET/POST /items`.
fn named(scope: &Scope) -> String {
    let verbs: Vec<&str> = scope.methods.iter().map(|name| &**name).filter(|name| *name != "HEAD").collect();
    let path = scope.path.as_ref().map_or_else(String::new, |path| format!(" {}", path.value));
    format!("{}{path}", verbs.join("/"))
}

/// What is raised gets the lines of several hooks, in an order that is not followed here.
fn forget_raised(handler: &mut Handler) {
    let mut replaced = false;
    for one in &mut handler.effects {
        match &mut one.effect {
            Effect::Replace => replaced = true,
            Effect::Answer(status) if std::mem::take(&mut replaced) => *status = None,
            _ => {}
        }
    }
}

fn unknown_view(methods: Vec<Arc<str>>, span: Span) -> View {
    let named_options = methods.iter().any(|name| &**name == "OPTIONS");
    let mut methods = methods;
    if methods.iter().any(|name| &**name == "GET") {
        methods.push("HEAD".into());
    }
    let handler = Handler {
        role: Role::Route,
        name: String::new(),
        span,
        when: Formula::True,
        scope: Scope { methods, path: None, prefix: false },
        effects: Vec::new(),
        understood: false,
    };
    View { handler, options: if named_options { Answering::View } else { Answering::Flask } }
}

/// Something answers below a path, and nobody knows what.
fn somewhere(prefix: &str, span: Span) -> Handler {
    let prefix = if prefix.is_empty() { "/" } else { prefix };
    Handler {
        role: Role::Route,
        name: format!("{prefix}…"),
        span,
        when: Formula::True,
        scope: Scope { methods: Vec::new(), path: Some(Spanned::new(prefix.into(), span)), prefix: true },
        effects: Vec::new(),
        understood: false,
    }
}
