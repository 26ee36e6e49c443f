//! The routes of Nest's controllers: what each method answers, as far as its code and its decorators say.
//!
//! In: controller classes with their decorators. Out: handlers of routes. Guards, interceptors, filters and services may answer
//! in any way: where one of them is involved the handler is not understood. Source: <https://docs.nestjs.com/controllers>.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::exceptions;
use super::paths::{Front, named, written};
use crate::eval::value::{Args, ClassValue, Closure, Kind, ObjectId, Value};
use crate::eval::{Event, Interp, THROW};
use crate::ir::{Expr, Method};
use crate::model::condition::Formula;
use crate::model::project::Project;
use crate::model::server::{Effect, GuardedEffect, Handler, HeaderValue, Role, Scope};
use crate::model::term::{Part, Term};
use crate::platforms::express::cors_npm::CorsObjects;
use crate::platforms::manual::{header_name, status};
use crate::platforms::node_handlers::{fill, grant, read};
use crate::platforms::values::option;
use crate::source::Span;

/// Routes of one application, at most.
const MOST: usize = 1_000;

/// Decorators that say something to others and do nothing to a request.
const SILENT: [&str; 4] = [
    "npm:@nestjs/swagger.",
    "npm:@nestjs/common.SetMetadata()",
    "npm:@nestjs/common.Version()",
    "npm:@nestjs/common.HostParam()",
];

/// What the routes of an application have in common.
pub(super) struct Common<'c> {
    /// What stands in front of their paths.
    pub(super) front: &'c Front,
    /// Something that is not followed is asked about every request.
    pub(super) guarded: bool,
    /// The policies of `cors(…)`.
    pub(super) cors: &'c CorsObjects,
}

/// The handlers of a controller.
pub(super) fn handlers(
    run: &mut Interp<'_>,
    common: &Common<'_>,
    class: &Arc<ClassValue>,
    controller: ObjectId,
    project: &mut Project,
    handlers: &mut Vec<Handler>,
) {
    let args = run.object(controller).args.clone();
    let bases = written(&args);
    let version =
        args.positional.first().filter(|value| value.as_map().is_some()).and_then(|map| option(map, "version"));
    let version = version.map(|value| named(&value));
    let silent = decorators(run, &class.class.decorators, class, None);
    let guarded =
        common.guarded || !silent.iter().all(|one| is_silent(&one.path) || one.path.ends_with(".Controller()"));
    for (method, owner) in methods(class) {
        let closure =
            Arc::new(Closure { function: method.function, scope: owner.scope, this: None, module: owner.module });
        let function = closure.function.clone();
        let said = decorators(run, &function.decorators, &owner, Some(&closure));
        let own_version = said.iter().find(|one| &*one.path == "npm:@nestjs/common.Version()");
        let own_version = own_version.and_then(|one| one.args.positional.first()).map(named);
        for one in &said {
            let Some(methods) = verb(&one.path) else { continue };
            if handlers.len() >= MOST {
                return;
            }
            let paths =
                common.front.paths(&bases, &written(&one.args), own_version.as_ref().or(version.as_ref()), one.span);
            let route = Route { said: &said, guarded, post: methods.first() == Some(&"POST") };
            let template = route.handler(run, &closure, one.span, common.cors, project);
            for path in paths {
                let name = format!("{} {}", methods.first().unwrap_or(&"ALL"), path.value);
                let scope = Scope {
                    methods: methods.iter().map(|method| Arc::from(*method)).collect(),
                    path: Some(path),
                    prefix: false,
                };
                handlers.push(Handler { scope, name, ..template.clone() });
            }
        }
    }
}

/// The methods of a class and of the program's classes that it extends, each name once.
fn methods(class: &Arc<ClassValue>) -> Vec<(Method, Arc<ClassValue>)> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    let mut next = Some(class.clone());
    for _ in 0..8 {
        let Some(class) = next else { break };
        for method in &class.class.methods {
            if names.insert(method.name.clone()) {
                found.push((method.clone(), class.clone()));
            }
        }
        next = class.bases.iter().find_map(|base| match &base.kind {
            Kind::Class(base) => Some(base.clone()),
            _ => None,
        });
    }
    found
}

/// A decorator, evaluated.
struct Decorator {
    path: Arc<str>,
    args: Args,
    span: Span,
}

fn decorators(
    run: &mut Interp<'_>,
    exprs: &[Expr],
    owner: &Arc<ClassValue>,
    closure: Option<&Arc<Closure>>,
) -> Vec<Decorator> {
    let of_class;
    let place: &Closure = match (closure, owner.class.methods.first()) {
        (Some(closure), _) => closure,
        (None, Some(method)) => {
            of_class =
                Closure { function: method.function.clone(), scope: owner.scope, this: None, module: owner.module };
            &of_class
        }
        (None, None) => return Vec::new(),
    };
    let mut found = Vec::new();
    for expr in exprs {
        let value = run.in_signature(place, expr);
        let (path, args) = match &value.kind {
            Kind::Object(id) => (run.object(*id).path.clone(), run.object(*id).args.clone()),
            Kind::External(path) => (path.clone(), Args::default()),
            _ => ("?".into(), Args::default()),
        };
        found.push(Decorator { path, args, span: expr.span });
    }
    found
}

fn is_silent(path: &str) -> bool {
    SILENT.iter().any(|own| path.starts_with(own))
}

/// The methods that a decorator makes a route for; none means all.
fn verb(path: &str) -> Option<&'static [&'static str]> {
    Some(match path.strip_prefix("npm:@nestjs/common.")? {
        "Get()" | "Sse()" => &["GET", "HEAD"],
        "Post()" => &["POST"],
        "Put()" => &["PUT"],
        "Patch()" => &["PATCH"],
        "Delete()" => &["DELETE"],
        "Options()" => &["OPTIONS"],
        "Head()" => &["HEAD"],
        "All()" => &[],
        _ => return None,
    })
}

struct Route<'r> {
    said: &'r [Decorator],
    guarded: bool,
    post: bool,
}

impl Route<'_> {
    /// What the method does with a request, without its path.
    fn handler(
        &self,
        run: &mut Interp<'_>,
        closure: &Arc<Closure>,
        span: Span,
        cors: &CorsObjects,
        project: &mut Project,
    ) -> Handler {
        let mut handler = Handler {
            role: Role::Route,
            name: String::new(),
            span,
            when: Formula::True,
            scope: Scope::everything(),
            effects: Vec::new(),
            understood: true,
        };
        let params = Parameters::of(run, closure);
        let (events, _) = run.run_function(closure, &Args { positional: params.values, ..Args::default() });
        let mut handled = read(run, closure, &events, cors);
        let known = events.iter().all(|event| is_plain(event, params.response));
        handled.understood &= known && !self.guarded && self.said.iter().all(|one| self.is_followed(&one.path));
        for guarded in &mut handled.effects {
            if guarded.effect == Effect::Fail {
                let thrown = events.iter().find(|event| event.span == guarded.span);
                guarded.effect =
                    Effect::Answer(exceptions::answer(run, thrown.and_then(|event| event.args.positional.first())));
            }
        }
        let mut effects = self.headers();
        effects.append(&mut handled.effects);
        if !params.response {
            let place = closure.function.span;
            effects.push(GuardedEffect { when: Formula::True, effect: Effect::Answer(self.status()), span: place });
        }
        handled.effects = effects;
        fill(&mut handler, handled, "nest", project);
        grant(run, &mut handler, closure.function.span, "nest", project);
        handler
    }

    /// `@Header(name, value)` is written before the method runs.
    fn headers(&self) -> Vec<GuardedEffect> {
        let mut effects = Vec::new();
        for one in self.said.iter().filter(|one| &*one.path == "npm:@nestjs/common.Header()") {
            let (Some(name), Some(value)) = (one.args.positional.first(), one.args.positional.get(1)) else { continue };
            if let (Some(name), Some(text)) = (name.as_str(), value.as_str()) {
                let line = HeaderValue::text(text.clone(), value.span);
                effects.push(GuardedEffect {
                    when: Formula::True,
                    effect: Effect::Set(header_name(name, one.span), line),
                    span: one.span,
                });
            }
        }
        effects
    }

    fn status(&self) -> Option<u16> {
        let said = |name: &str| self.said.iter().find(|one| *one.path == *format!("npm:@nestjs/common.{name}()"));
        match (said("Redirect"), said("HttpCode")) {
            (Some(_), _) => None,
            (None, Some(code)) => code.args.positional.first().and_then(status),
            (None, None) => Some(if self.post { 201 } else { 200 }),
        }
    }

    fn is_followed(&self, path: &str) -> bool {
        verb(path).is_some()
            || is_silent(path)
            || matches!(path.strip_prefix("npm:@nestjs/common."), Some("HttpCode()" | "Header()" | "Redirect()"))
    }
}

/// The arguments of a controller's method.
struct Parameters {
    values: Vec<Value>,
    /// It answers through the response itself.
    response: bool,
}

impl Parameters {
    fn of(run: &mut Interp<'_>, closure: &Arc<Closure>) -> Parameters {
        let mut params = Parameters { values: Vec::new(), response: false };
        for param in &closure.function.clone().params {
            let said = param.decorators.first().map(|decorator| run.in_signature(closure, decorator));
            let id = said.as_ref().and_then(Value::as_object);
            let path = id.map(|id| run.object(id).path.clone()).unwrap_or_default();
            let first = id.and_then(|id| run.object(id).args.positional.first().cloned());
            let external = |name: &str| Kind::External(name.into());
            let kind = match path.strip_prefix("npm:@nestjs/common.").unwrap_or("") {
                "Req()" | "Request()" => external("express:req"),
                "Res()" | "Response()" => {
                    let through = first.as_ref().and_then(|options| option(options, "passthrough"));
                    params.response |= !through.is_some_and(|through| matches!(through.kind, Kind::Bool(true)));
                    external("express:res")
                }
                "Next()" => external("express:next"),
                "Headers()" => match first.as_ref().and_then(Value::as_str) {
                    Some(name) => Kind::Term(Term::header(name)),
                    None => external("express:req.headers"),
                },
                _ => Kind::Term(Term::of(Part::Other("parameter".into()))),
            };
            params.values.push(Value::new(kind, param.span));
        }
        params
    }
}

/// Does an event say all it does: something thrown, something made to be thrown, something done to the response?
fn is_plain(event: &Event, response: bool) -> bool {
    let path = &*event.target.path;
    let exception =
        path.starts_with("js:Error") || path.ends_with("Exception") && path.starts_with("npm:@nestjs/common.");
    // Where the method has the response, an exception is answered by Nest all the same.
    path == THROW || exception || (response && path.starts_with("express:res."))
}
