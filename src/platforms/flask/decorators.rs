//! What stands around a view: `@cross_origin`, decorators that ask who is there, whatever else.
//!
//! In: the log up to the registration of the view. Out: decorators, inner ones first. What stands above `@app.route` is put around
//! the function only after that was registered, so it is never met.

use std::sync::Arc;

use super::options::Options;
use super::{is_cross_origin, is_ours};
use crate::eval::value::{Args, Closure, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect};
use crate::source::Span;

use super::super::values::method_is;
use super::handlers::Handled;

/// One decorator.
pub(super) enum Decorator {
    /// `@cross_origin(…)`: its arguments and its place, and whether a decorator of the program stands around it.
    Cors {
        /// The arguments.
        args: Args,
        /// The call.
        span: Span,
        /// Other code of the program is asked before.
        inner: bool,
    },
    /// Refuses who has not proven who they are, all but `OPTIONS`; whether by an exception.
    Auth(Span),
    /// Nobody knows.
    Unknown,
}

/// Decorators of packages that answer nothing themselves, by the last parts of their names.
const HARMLESS: [&str; 16] = [
    "wraps",
    "update_wrapper",
    "lru_cache",
    "cache",
    "cached",
    "memoize",
    "limit",
    "exempt",
    "swag_from",
    "doc",
    "staticmethod",
    "classmethod",
    "profile",
    "inject",
    "app_template_filter",
    "time",
];

/// The decorators of a view that was registered by the event at this place of the log.
pub(super) fn of(run: &Interp<'_>, log: &[Event], at: usize, routed: &Arc<Closure>) -> Vec<Decorator> {
    let Some(registration) = log.get(at) else { return Vec::new() };
    let mut found = Vec::new();
    for event in &log[..at] {
        let Some(closure) = event.args.positional.first().and_then(Value::as_function) else { continue };
        let same = Arc::ptr_eq(closure, routed);
        // The definition that both decorators are written at, where other code was put around the function in between.
        let home = closure.function.span;
        let around = home.contains(event.span) && home.contains(registration.span) && event.result.is_none();
        let path = event.target.path.trim_end_matches("()");
        if !(same || around) || !event.target.path.starts_with("py:") || event.args.positional.len() != 1 {
            continue;
        }
        if is_cross_origin(path) {
            let args = event.target.object.map(|id| run.object(id).args.clone()).unwrap_or_default();
            found.push(Decorator::Cors { args, span: event.span, inner: !same });
        } else if same && !is_ours(path) {
            found.extend(known(path, event.span));
        }
    }
    found
}

/// What a decorator of a package does, where it does anything to answers.
fn known(path: &str, span: Span) -> Option<Decorator> {
    let package = |name: &str| path.strip_prefix("py:").is_some_and(|rest| rest.starts_with(name));
    let name = path.rsplit('.').next().unwrap_or(path).trim_end_matches("()");
    let asks = matches!(name, "login_required" | "jwt_required" | "fresh_login_required" | "fresh_jwt_required");
    if asks && (package("flask_login") || package("flask_jwt_extended") || package("flask_httpauth")) {
        return Some(Decorator::Auth(span));
    }
    let registers = matches!(name, "route" | "get" | "post" | "put" | "patch" | "delete" | "expect" | "marshal_with");
    let quiet =
        registers || HARMLESS.contains(&name) || package("flasgger") || package("flask_restx") || package("functools");
    (!quiet).then_some(Decorator::Unknown)
}

/// Who has not proven who they are is refused, unless the method is `OPTIONS`.
pub(super) fn refusal(span: Span) -> GuardedEffect {
    GuardedEffect { when: refused(span), effect: Effect::Answer(None), span }
}

fn refused(span: Span) -> Formula {
    let proven = Formula::test(Test::Authenticated, span);
    method_is("OPTIONS", span).negated().and(proven.negated())
}

/// The options of a decorator beside those of the configuration.
pub(super) fn options(configured: Options, args: &Args) -> Options {
    configured.under(args)
}

/// Puts `@cross_origin` around a view: its lines come before every answer that is given back, none before what is raised. With
/// `automatic` it answers `OPTIONS` itself, where the code of `outside` lets it; without such code nothing asks the view.
pub(super) fn cross(
    handled: &Handled,
    lines: &[GuardedEffect],
    outside: Option<Span>,
    automatic: bool,
) -> Vec<GuardedEffect> {
    let mut effects = Vec::new();
    for one in &handled.effects {
        let mine = outside.is_none_or(|outside| !outside.contains(one.span));
        if !mine || !matches!(one.effect, Effect::Answer(_) | Effect::Fail) {
            effects.push(one.clone());
            continue;
        }
        let guard = |when: &Formula| -> Vec<GuardedEffect> {
            lines
                .iter()
                .map(|line| GuardedEffect { when: when.clone().and(line.when.clone()), ..line.clone() })
                .collect()
        };
        let asked = one.when.clone().and(method_is("OPTIONS", one.span));
        if automatic && outside.is_some() {
            effects.extend(guard(&asked));
            effects.push(GuardedEffect { when: asked, effect: Effect::Answer(Some(200)), span: one.span });
        }
        if matches!(one.effect, Effect::Answer(_)) && !handled.raised.contains(&one.span) {
            effects.extend(guard(&one.when));
        }
        effects.push(one.clone());
    }
    effects.retain(|one| one.when != Formula::False);
    effects
}

/// The answer of the decorator to `OPTIONS`.
pub(super) fn automatic_answer(lines: &[GuardedEffect], span: Span) -> Vec<GuardedEffect> {
    let mut effects = lines.to_vec();
    effects.push(GuardedEffect { when: Formula::True, effect: Effect::Answer(Some(200)), span });
    effects
}
