//! `@koa/cors`, and `kcors` as it was called before: their options, their defaults, and what they do with a request.
//!
//! In: objects made by `cors(options)`. Out: a policy each, with effects in the order of the package's own code,
//! <https://github.com/koajs/cors/blob/master/index.js>, whose answers are recorded in `tests/truth/`.

use super::super::granting;
use super::super::manual::header_name;
use super::super::packages::Packages;
use super::super::returned_origin;
use super::super::values::{env_uses, flag, method_is, names, option, options, seconds, true_when};
use super::context::CONTEXT;
use crate::eval::Interp;
use crate::eval::value::{EnvShape, Kind, ObjectId, Value};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Arm, Known, MaxAge, Names, OriginAnswer, OriginDecision, Policy};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::{Relation, Term, TermOp};
use crate::source::{Span, Spanned};

const METHODS: [&str; 6] = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"];

/// The version since which the default is `*` and no longer whatever origin asks.
const STAR_SINCE: u32 = 5;

/// Is this the canonical name of what `cors(…)` gives?
pub(super) fn is_cors(path: &str) -> bool {
    matches!(
        path,
        "npm:@koa/cors()" | "npm:@koa/cors.default()" | "npm:kcors()" | "npm:kcors.default()" | "npm:koa2-cors()"
    )
}

/// The policy of a `cors(…)`.
pub(super) fn policy(run: &mut Interp<'_>, packages: &Packages, id: ObjectId) -> Policy {
    let object = run.object(id);
    let (path, args, span, when) = (object.path.clone(), object.args.clone(), object.span, object.when.clone());
    let package = path.trim_start_matches("npm:").trim_end_matches("()").trim_end_matches(".default").to_owned();
    let options = options(&args, span);
    let option = |key: &str| option(&options, key);
    let file = run.path_of_span(span);
    let star = package == "@koa/cors" && packages.major(&package, &file).is_none_or(|major| major >= STAR_SINCE);
    let origin = option("origin");
    let allow_origin = decision(run, origin.as_ref(), star, span);
    let mut policy = Policy {
        place: "cors()".to_owned(),
        version: packages.version(&package, &file),
        when: when.and(super::super::development(&file, span)),
        allow_credentials: flag(option("credentials").as_ref(), false, span),
        credentials_when: option("credentials").map(|value| true_when(&value)),
        star_reflects_with_credentials: true,
        allow_methods: names(option("allowMethods").as_ref(), Names::fixed(&METHODS, span), span),
        allow_headers: names(option("allowHeaders").as_ref(), Names::Mirrored, span),
        expose_headers: names(option("exposeHeaders").as_ref(), Names::Missing, span),
        max_age: seconds(option("maxAge").as_ref(), MaxAge::Missing, span),
        vary_origin: Spanned::new(Known::Yes, span),
        sends_text: true,
        env_reads: origin.map(|origin| env_uses(&origin, "every origin is allowed then")).unwrap_or_default(),
        ..Policy::new("koa", package.as_str(), span, allow_origin)
    };
    let keeps = option("keepHeadersOnError").is_none_or(|keeps| !matches!(keeps.kind, Kind::Bool(false)));
    policy.effects = effects(&policy, keeps);
    policy
}

/// Whom the `origin` option allows: texts go to everybody, and everything else but a function is made a text.
fn decision(run: &mut Interp<'_>, origin: Option<&Value>, star: bool, call: Span) -> OriginDecision {
    let default = |span: Span| Arm {
        when: Formula::True,
        answer: if star { OriginAnswer::Wildcard } else { OriginAnswer::Echo },
        span,
    };
    let Some(origin) = origin else { return OriginDecision { arms: vec![default(call)], span: call } };
    let mut arms = Vec::new();
    for (when, value) in origin.alternatives() {
        let always = |answer: OriginAnswer| vec![Arm { when: Formula::True, answer, span: value.span }];
        let inner = match &value.kind {
            Kind::Function(closure) => {
                let context = Value::new(Kind::External(CONTEXT.into()), value.span);
                returned_origin::arms(run, &closure.clone(), vec![context])
            }
            Kind::Str(text) if &**text == "*" => always(OriginAnswer::Wildcard),
            Kind::Str(text) if !text.is_empty() => always(OriginAnswer::Fixed(text.clone())),
            Kind::Str(_) | Kind::Undefined | Kind::Null | Kind::Bool(false) => vec![default(value.span)],
            Kind::Bool(true) => always(OriginAnswer::Fixed("true".into())),
            Kind::Regex { pattern, flags } => always(OriginAnswer::Fixed(format!("/{pattern}/{flags}").into())),
            Kind::Env(read) if read.shape == EnvShape::Text => {
                let test = |value: &str| Test::EnvEquals { variable: read.name.clone(), value: value.into() };
                let star = Formula::test(test("*"), value.span);
                let set = Formula::test(Test::EnvSet { variable: read.name.clone() }, value.span);
                vec![
                    Arm { when: star, answer: OriginAnswer::Wildcard, span: value.span },
                    Arm { when: set.negated(), ..default(value.span) },
                    Arm { when: Formula::True, answer: OriginAnswer::Unknown, span: value.span },
                ]
            }
            _ => always(OriginAnswer::Unknown),
        };
        arms.extend(inner.into_iter().map(|arm| Arm { when: when.clone().and(arm.when), ..arm }));
    }
    let several = matches!(origin.kind, Kind::OneOf(_));
    let span = if several { origin.trace.spans().first().copied().unwrap_or(origin.span) } else { origin.span };
    OriginDecision { arms, span }
}

/// What the middleware does. Where an exception takes the lines away, it gives those of its own back.
fn effects(policy: &Policy, keeps: bool) -> Vec<GuardedEffect> {
    let span = policy.span;
    let asks = Test::Request { term: Term::header("access-control-request-method"), relation: Relation::Present };
    let options = method_is("OPTIONS", span);
    let preflight = options.clone().and(Formula::test(asks, span));
    let actual = options.clone().negated();
    let other = options.and(preflight.clone().negated());
    let vary = || Effect::Merge(header_name("Vary", span), HeaderValue::text("Origin", span));
    let mut effects = vec![GuardedEffect { when: Formula::True, effect: vary(), span }];
    let mut lines: Vec<(Formula, &str, HeaderPiece, Span)> = Vec::new();
    let mut before = Formula::True;
    let mut silent = Formula::False;
    for arm in &policy.allow_origin.arms {
        let when = before.clone().and(arm.when.clone());
        before = before.and(arm.when.clone().negated());
        // An origin that is not there is an empty text, which is sent.
        let own = || HeaderPiece::Term(Term::origin().then(TermOp::Default("".into())));
        let piece = match &arm.answer {
            OriginAnswer::Wildcard if policy.allow_credentials.value == Known::Yes => own(),
            OriginAnswer::Wildcard if policy.allow_credentials.value == Known::No => HeaderPiece::Text("*".into()),
            OriginAnswer::Fixed(text) => HeaderPiece::Text(text.clone()),
            OriginAnswer::Echo => own(),
            OriginAnswer::Wildcard | OriginAnswer::Unknown => HeaderPiece::Unknown,
            OriginAnswer::Fails => {
                effects.push(GuardedEffect { when, effect: Effect::Fail, span: arm.span });
                continue;
            }
            OriginAnswer::Nothing => {
                silent = silent.or(when);
                continue;
            }
        };
        lines.push((when, "Access-Control-Allow-Origin", piece, arm.span));
    }
    // Who is told nothing is passed on.
    effects.push(GuardedEffect { when: silent.clone().or(other), effect: Effect::Next, span });
    let told = silent.negated();
    let credentials = granting::flag(policy.allow_credentials.value);
    lines.extend(
        credentials
            .map(|piece| (told.clone(), "Access-Control-Allow-Credentials", piece, policy.allow_credentials.span)),
    );
    let mut push = |when: Formula, effect: Effect, span: Span| effects.push(GuardedEffect { when, effect, span });
    let set = |name: &str, piece: &HeaderPiece, span: Span| {
        Effect::Set(header_name(name, span), HeaderValue { pieces: vec![piece.clone()], span })
    };
    for (when, name, piece, span) in &lines {
        let here = when.clone().and(actual.clone().or(preflight.clone()));
        push(here, set(name, piece, *span), *span);
    }
    let exposed = granting::list(&policy.expose_headers.value);
    if let Some(piece) = &exposed {
        push(
            told.clone().and(actual.clone()),
            set("Access-Control-Expose-Headers", piece, policy.expose_headers.span),
            span,
        );
    }
    // Nought is no option.
    let age = granting::seconds(policy.max_age.value).filter(|_| policy.max_age.value != MaxAge::Seconds(0.0));
    let asked = HeaderPiece::Term(Term::header("access-control-request-headers"));
    let headers = if policy.allow_headers.value == Names::Mirrored {
        Some(asked)
    } else {
        granting::list(&policy.allow_headers.value)
    };
    let methods = granting::list(&policy.allow_methods.value);
    let answers = told.clone().and(preflight);
    for (name, piece, at) in [
        ("Access-Control-Max-Age", age, policy.max_age.span),
        ("Access-Control-Allow-Methods", methods, policy.allow_methods.span),
        ("Access-Control-Allow-Headers", headers, policy.allow_headers.span),
    ] {
        if let Some(piece) = piece {
            push(answers.clone(), set(name, &piece, at), span);
        }
    }
    push(answers, Effect::Answer(Some(204)), span);
    let goes_on = told.clone().and(actual.clone());
    if !keeps {
        push(goes_on, Effect::Next, span);
        return effects;
    }
    push(goes_on.clone(), Effect::Rescue, span);
    for (when, name, piece, span) in &lines {
        let line = HeaderValue { pieces: vec![piece.clone()], span: *span };
        push(when.clone().and(actual.clone()), Effect::Default(header_name(name, *span), line), *span);
    }
    if let Some(piece) = exposed {
        let line = HeaderValue { pieces: vec![piece], span: policy.expose_headers.span };
        push(goes_on.clone(), Effect::Default(header_name("Access-Control-Expose-Headers", span), line), span);
    }
    push(goes_on, vary(), span);
    effects
}
