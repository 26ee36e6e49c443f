//! `hono/cors`: its options, its defaults, and what it does with a request.
//!
//! In: objects made by `cors(options)`. Out: a policy each, with effects in the order of the package's own code,
//! <https://github.com/honojs/hono/blob/main/src/middleware/cors/index.ts>, whose answers are recorded in `tests/truth/`.

use std::sync::Arc;

use super::super::granting;
use super::super::manual::header_name;
use super::super::packages::Packages;
use super::super::returned_origin;
use super::super::values::{
    env_uses, flag, in_production, in_variable, list_arms, method_is, names, option, options, origin_is, seconds,
    true_when,
};
use super::context::CONTEXT;
use crate::eval::Interp;
use crate::eval::value::{Closure, EnvShape, Kind, ObjectId, Value};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Arm, Known, MaxAge, Names, OriginAnswer, OriginDecision, Policy};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::{Relation, Term, TermOp};
use crate::source::{Span, Spanned};

/// The methods allowed by default; since 4.12 `QUERY` is one more.
const METHODS: [&str; 6] = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"];

/// Is this the canonical name of what `cors(…)` gives?
pub(super) fn is_cors(path: &str) -> bool {
    matches!(path, "npm:hono/cors.cors()" | "npm:jsr:@hono/hono/cors.cors()" | "npm:@hono/hono/cors.cors()")
}

/// The policy of a `cors(…)`.
pub(super) fn policy(run: &mut Interp<'_>, packages: &Packages, id: ObjectId) -> Policy {
    let object = run.object(id);
    let (args, span, when) = (object.args.clone(), object.span, object.when.clone());
    let options = options(&args, span);
    let option = |key: &str| option(&options, key);
    let file = run.path_of_span(span);
    let query = packages.numbers("hono", &file).is_none_or(|version| version >= (4, 12));
    let methods: Vec<&str> = METHODS.into_iter().chain(query.then_some("QUERY")).collect();
    let origin = option("origin");
    let allow_origin = decision(run, origin.as_ref(), span);
    let star = origin.as_ref().is_none_or(|origin| in_production(origin).as_str().is_some_and(|text| &**text == "*"));
    let mut policy = Policy {
        place: "cors()".to_owned(),
        version: packages.version("hono", &file),
        when: when.and(super::super::development(&file, span)),
        allow_credentials: flag(option("credentials").as_ref(), false, span),
        credentials_when: option("credentials").map(|value| true_when(&value)),
        allow_methods: names(option("allowMethods").as_ref(), Names::fixed(&methods, span), span),
        allow_headers: names(option("allowHeaders").as_ref(), Names::Mirrored, span),
        expose_headers: names(option("exposeHeaders").as_ref(), Names::Missing, span),
        max_age: seconds(option("maxAge").as_ref(), MaxAge::Missing, span),
        vary_origin: Spanned::new(Known::from(!star), span),
        env_reads: origin
            .map(|origin| env_uses(&origin, "every request is answered with a 500 then"))
            .unwrap_or_default(),
        ..Policy::new("hono", "hono/cors", span, allow_origin)
    };
    // An empty list is the same as none.
    for list in [&mut policy.allow_headers, &mut policy.expose_headers] {
        if matches!(&list.value, Names::Listed { names, open: false } if names.is_empty()) {
            list.value = Names::Missing;
        }
    }
    if policy.allow_headers.value == Names::Missing {
        policy.allow_headers.value = Names::Mirrored;
    }
    policy.effects = effects(&policy, star);
    policy
}

/// Whom the `origin` option allows.
fn decision(run: &mut Interp<'_>, origin: Option<&Value>, call: Span) -> OriginDecision {
    let Some(origin) = origin else {
        return OriginDecision { arms: vec![always(OriginAnswer::Wildcard, call)], span: call };
    };
    let mut arms = Vec::new();
    for (when, value) in origin.alternatives() {
        let inner = match &value.kind {
            Kind::Function(closure) => called(run, &closure.clone()),
            _ => by_value(&value),
        };
        arms.extend(inner.into_iter().map(|arm| Arm { when: when.clone().and(arm.when), ..arm }));
    }
    let several = matches!(origin.kind, Kind::OneOf(_));
    let span = if several { origin.trace.spans().first().copied().unwrap_or(origin.span) } else { origin.span };
    OriginDecision { arms, span }
}

fn always(answer: OriginAnswer, span: Span) -> Arm {
    Arm { when: Formula::True, answer, span }
}

/// Texts and lists are compared with the request's origin; everything else has no `includes` and throws.
fn by_value(value: &Value) -> Vec<Arm> {
    let span = value.span;
    let echo =
        |when: Formula| vec![Arm { when, answer: OriginAnswer::Echo, span }, always(OriginAnswer::Nothing, span)];
    match &value.kind {
        Kind::Str(text) if &**text == "*" => vec![always(OriginAnswer::Wildcard, span)],
        Kind::Str(text) => echo(origin_is(text, span)),
        Kind::List(list) => {
            let mut arms = list_arms(&list.items, list.open, span, &|_| None);
            arms.push(always(OriginAnswer::Nothing, span));
            arms
        }
        Kind::Undefined | Kind::Null | Kind::Regex { .. } | Kind::Bool(_) | Kind::Num(_) => {
            vec![always(OriginAnswer::Fails, span)]
        }
        Kind::Env(read) if read.shape == EnvShape::Text => {
            let star = Test::EnvEquals { variable: read.name.clone(), value: "*".into() };
            let mut arms = vec![Arm { when: Formula::test(star, span), answer: OriginAnswer::Wildcard, span }];
            arms.extend(in_variable(read).map_or_else(|| vec![always(OriginAnswer::Unknown, span)], echo));
            arms
        }
        Kind::Env(read) if matches!(read.shape, EnvShape::List { .. }) => {
            in_variable(read).map_or_else(|| vec![always(OriginAnswer::Unknown, span)], echo)
        }
        _ => vec![always(OriginAnswer::Unknown, span)],
    }
}

/// `origin: (origin, c) => …`.
fn called(run: &mut Interp<'_>, closure: &Arc<Closure>) -> Vec<Arm> {
    let span = closure.function.span;
    let origin = Value::new(Kind::Term(Term::origin()), span);
    let context = Value::new(Kind::External(CONTEXT.into()), span);
    returned_origin::arms(run, closure, vec![origin, context])
}

/// What the middleware does: it answers OPTIONS, and writes its lines over those of whatever else answers.
fn effects(policy: &Policy, star: bool) -> Vec<GuardedEffect> {
    let span = policy.span;
    let preflight = method_is("OPTIONS", span);
    let mut effects = Vec::new();
    let mut push = |when: Formula, effect: Effect, span: Span| effects.push(GuardedEffect { when, effect, span });
    let set = |name: &str, piece: HeaderPiece, span: Span| {
        Effect::Set(header_name(name, span), HeaderValue { pieces: vec![piece], span })
    };
    let vary = |name: &str| Effect::Extend(header_name("Vary", span), HeaderValue::text(name, span));
    let mut before = Formula::True;
    for arm in &policy.allow_origin.arms {
        if arm.answer == OriginAnswer::Fails {
            push(before.clone().and(arm.when.clone()), Effect::Fail, arm.span);
        }
        before = before.and(arm.when.clone().negated());
    }
    push(preflight.clone().negated(), Effect::Next, span);
    let mut before = Formula::True;
    for arm in &policy.allow_origin.arms {
        let when = before.clone().and(arm.when.clone());
        before = before.and(arm.when.clone().negated());
        let piece = match &arm.answer {
            OriginAnswer::Wildcard => HeaderPiece::Text("*".into()),
            OriginAnswer::Fixed(text) => HeaderPiece::Text(text.clone()),
            OriginAnswer::Echo => HeaderPiece::Term(Term::origin()),
            OriginAnswer::Unknown => HeaderPiece::Unknown,
            OriginAnswer::Nothing | OriginAnswer::Fails => continue,
        };
        push(when, set("Access-Control-Allow-Origin", piece, arm.span), arm.span);
    }
    if let Some(piece) = granting::flag(policy.allow_credentials.value) {
        push(Formula::True, set("Access-Control-Allow-Credentials", piece, policy.allow_credentials.span), span);
    }
    if let Some(piece) = granting::list(&policy.expose_headers.value) {
        push(Formula::True, set("Access-Control-Expose-Headers", piece, policy.expose_headers.span), span);
    }
    if !star {
        push(Formula::True, vary("Origin"), span);
    }
    if let Some(piece) = granting::seconds(policy.max_age.value) {
        push(preflight.clone(), set("Access-Control-Max-Age", piece, policy.max_age.span), span);
    }
    if let Some(piece) = granting::list(&policy.allow_methods.value) {
        push(preflight.clone(), set("Access-Control-Allow-Methods", piece, policy.allow_methods.span), span);
    }
    let asked = Term::header("access-control-request-headers");
    let mirrored = policy.allow_headers.value == Names::Mirrored;
    let there = Formula::test(Test::Request { term: asked.clone(), relation: Relation::Present }, span);
    let lists = if mirrored { preflight.clone().and(there) } else { preflight.clone() };
    let close = TermOp::Replace { from: ", ".into(), to: ",".into(), all: true };
    let piece =
        if mirrored { Some(HeaderPiece::Term(asked.then(close))) } else { granting::list(&policy.allow_headers.value) };
    if let Some(piece) = piece {
        push(lists.clone(), set("Access-Control-Allow-Headers", piece, policy.allow_headers.span), span);
        push(lists, vary("Access-Control-Request-Headers"), span);
    }
    push(preflight, Effect::Answer(Some(204)), span);
    effects
}
