//! What a route's signature asks of a request before its function runs: path parameters, dependencies, whatever else.
//!
//! In: the function and the template of its path. Out: effects that come before its own. What would have to be looked for in the
//! query or the body is not known. Source: <https://fastapi.tiangolo.com/tutorial/dependencies/>.

use std::sync::Arc;

use super::handlers::{Purpose, Task, handle};
use super::layers::Layers;
use super::{is_ours, last};
use crate::eval::value::{Closure, Kind, Value};
use crate::ir::{Expr, ExprKind, Param, Pattern as Binding};
use crate::model::condition::{Formula, Test};
use crate::model::path;
use crate::model::server::{Effect, GuardedEffect};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term, TermOp};
use crate::source::Span;

/// Dependencies of dependencies, at most.
const DEEPEST: usize = 6;

/// What FastAPI itself hands to a function.
const HANDED: [&str; 6] = ["Request", "Response", "BackgroundTasks", "HTTPConnection", "SecurityScopes", "WebSocket"];

/// The effects of a signature, those of `dependencies=[…]` first.
pub(super) fn effects(
    layers: &mut Layers<'_, '_>,
    closure: &Arc<Closure>,
    template: Option<&str>,
    dependencies: &[Value],
) -> Vec<GuardedEffect> {
    let mut asked = Asked { layers, template, effects: Vec::new() };
    for dependency in dependencies {
        asked.dependency(dependency, None, dependency.span, 0);
    }
    asked.signature(closure, 0);
    asked.effects
}

struct Asked<'l, 'b, 'r> {
    layers: &'l mut Layers<'b, 'r>,
    template: Option<&'l str>,
    effects: Vec<GuardedEffect>,
}

impl Asked<'_, '_, '_> {
    fn push(&mut self, when: Formula, effect: Effect, span: Span) {
        self.effects.push(GuardedEffect { when, effect, span });
    }

    fn unknown(&mut self, span: Span) {
        self.push(Formula::True, Effect::Answer(None), span);
    }

    fn signature(&mut self, closure: &Arc<Closure>, depth: usize) {
        let bound = closure.this.is_some();
        // A missing value is said after all dependencies were asked.
        let mut missing = None;
        for param in closure.function.params.iter().skip(usize::from(bound)) {
            if !self.parameter(closure, param, depth) {
                missing = Some(param.span);
            }
        }
        if let Some(span) = missing {
            self.unknown(span);
        }
    }

    /// One parameter; false when its value would have to be looked for.
    fn parameter(&mut self, closure: &Arc<Closure>, param: &Param, depth: usize) -> bool {
        let Binding::Name(name, _) = &param.pattern else { return false };
        let annotation = param.annotation.as_ref().map(|expr| self.layers.run.in_signature(closure, expr));
        let inside = param.annotation.as_ref().map(annotated).unwrap_or_default();
        let marks = inside.into_iter().chain(param.default.as_ref());
        let marks: Vec<Value> = marks.map(|expr| self.layers.run.in_signature(closure, expr)).collect();
        let marked = |names: &[&str], mark: &Value| {
            self.layers.run.path_of(mark).is_some_and(|path| {
                is_ours(&path) && path.strip_suffix("()").is_some_and(|path| names.contains(&last(path)))
            })
        };
        if let Some(mark) = marks.iter().find(|mark| marked(&["Depends", "Security"], mark)).cloned() {
            self.dependency(&mark, annotation.as_ref(), param.span, depth);
            return true;
        }
        let places = ["Query", "Header", "Cookie", "Body", "Form", "File"];
        if let Some(mark) = marks.iter().find(|mark| marked(&places, mark)) {
            let args = mark.as_object().map(|id| &self.layers.run.object(id).args);
            let default = args.and_then(|args| args.get(0, "default").or(args.named("default_factory")));
            return default.is_some_and(|default| !default.is_unknown()) || param.default.is_some() && marks.len() > 1;
        }
        let handed = |path: &str| is_ours(path) && HANDED.contains(&last(path));
        match annotation.as_ref().map(|value| &value.kind) {
            Some(Kind::External(path)) if handed(path) => return true,
            _ => {}
        }
        match self.template.filter(|template| template.contains(&format!("{{{name}}}"))) {
            Some(template) => {
                let template = template.to_owned();
                self.path_parameter(name, annotation.as_ref(), &template, param.span)
            }
            None => param.default.is_some() || self.template.is_some_and(|path| path.contains(&format!("{{{name}:"))),
        }
    }

    /// A parameter of the path: what is no number is refused where one is asked for.
    fn path_parameter(&mut self, name: &str, annotation: Option<&Value>, template: &str, span: Span) -> bool {
        let accepted = match annotation.map(|value| &value.kind) {
            None => return true,
            Some(Kind::External(path)) => match &**path {
                "py:str" => return true,
                "py:int" => "int",
                "py:uuid.UUID" => "uuid",
                _ => return false,
            },
            _ => return false,
        };
        let typed = template.replace(&format!("{{{name}}}"), &format!("{{{name}:{accepted}}}"));
        let Some(source) = path::expression(&typed, false) else { return false };
        // What the application is mounted below stands before it.
        let pattern = Pattern { source: format!("(?:{source})$").into(), ignore_case: false, anchor: Anchor::Search };
        let relation = Relation::Matches(pattern);
        let fits = Formula::test(Test::Request { term: Term::of(Part::Path), relation }, span);
        self.push(fits.negated(), Effect::Answer(None), span);
        true
    }

    /// `Depends(get_user)`; without an argument the annotation is called.
    fn dependency(&mut self, mark: &Value, annotation: Option<&Value>, span: Span, depth: usize) {
        let args = mark.as_object().map(|id| self.layers.run.object(id).args.clone());
        let target = args.and_then(|args| args.get(0, "dependency").cloned()).or_else(|| annotation.cloned());
        let Some(target) = target.filter(|_| depth < DEEPEST) else { return self.unknown(span) };
        match &target.kind {
            Kind::Function(closure) => {
                let closure = closure.clone();
                self.signature(&closure, depth + 1);
                let handled = handle(self.layers.run, &closure, &Task::of(Purpose::Dependency));
                for guarded in handled.effects {
                    // What is called inside a `try` may throw on a bad token: nobody knows.
                    let when = open_throws(&guarded.when);
                    if !matches!(guarded.effect, Effect::Set(..) | Effect::Append(..)) {
                        self.push(when, guarded.effect, guarded.span);
                    }
                }
            }
            Kind::Object(id) => {
                let object = self.layers.run.object(*id);
                let silent = object.args.named("auto_error").is_some_and(|flag| matches!(flag.kind, Kind::Bool(false)));
                let name =
                    object.path.strip_suffix("()").filter(|path| is_ours(path)).map(|path| last(path).to_owned());
                match name.as_deref() {
                    Some("OAuth2PasswordBearer" | "OAuth2AuthorizationCodeBearer") if silent => {}
                    Some("OAuth2PasswordBearer" | "OAuth2AuthorizationCodeBearer") => {
                        self.push(no_bearer(span), Effect::Answer(Some(401)), span);
                    }
                    // Its status without a token differs between versions.
                    Some("HTTPBearer") if !silent => self.push(no_bearer(span), Effect::Answer(None), span),
                    _ => self.unknown(span),
                }
            }
            _ => self.unknown(span),
        }
    }
}

/// The request has no `Authorization: Bearer …`.
fn no_bearer(span: Span) -> Formula {
    let term = Term::header("authorization").then(TermOp::Lower);
    Formula::test(Test::Request { term, relation: Relation::StartsWith("bearer ".into()) }, span).negated()
}

/// What stands beside the type in `Annotated[User, Depends(get_user)]`.
fn annotated(annotation: &Expr) -> Vec<&Expr> {
    let ExprKind::Index { object, index } = &annotation.kind else { return Vec::new() };
    let named = match &object.kind {
        ExprKind::Name(name) | ExprKind::Member { property: name, .. } => &**name == "Annotated",
        _ => false,
    };
    match &index.kind {
        ExprKind::List(elements) if named => elements.iter().skip(1).map(|element| &element.value).collect(),
        _ => Vec::new(),
    }
}

fn open_throws(formula: &Formula) -> Formula {
    formula.replaced(&|test, _| match test {
        Test::Thrown(body) => Some(Formula::unknown(*body)),
        _ => None,
    })
}
