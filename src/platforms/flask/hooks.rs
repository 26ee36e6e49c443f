//! What surrounds views: `before_request`, `after_request` and `CORS(…)` of applications and blueprints.
//!
//! In: the evaluator's log. Out: hooks in the order of their registration. The first `after_request` is the outermost; functions
//! before requests are asked in order, those of the application before those of blueprints.

use std::sync::Arc;

use super::{is_extension, last};
use crate::eval::value::{Args, Closure, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::source::Span;

/// One hook.
#[derive(Clone)]
pub(super) enum Hook {
    /// A function of the program.
    Function(Arc<Closure>, Formula),
    /// Flask-CORS.
    Cors(Extension),
    /// Something nobody knows.
    Unknown(Span),
}

/// One `CORS(app, …)` or `init_app(app, …)`.
#[derive(Clone)]
pub(super) struct Extension {
    /// Its place in the log: what the configuration held is what was written before.
    pub(super) at: usize,
    /// The arguments of the constructor, where another call installs it.
    pub(super) constructor: Option<Args>,
    /// The arguments of the call.
    pub(super) args: Args,
    /// What it is given.
    pub(super) target: Option<ObjectId>,
    /// The call.
    pub(super) span: Span,
    /// When.
    pub(super) when: Formula,
}

/// The hooks of one application or blueprint.
#[derive(Default, Clone)]
pub(super) struct Hooks {
    /// Before requests.
    pub(super) before: Vec<Hook>,
    /// After requests.
    pub(super) after: Vec<Hook>,
}

impl Hooks {
    /// Where each of them is written.
    pub(super) fn places(&self) -> Vec<Span> {
        let place = |hook: &Hook| match hook {
            Hook::Function(closure, _) => closure.function.span,
            Hook::Cors(extension) => extension.span,
            Hook::Unknown(span) => *span,
        };
        self.before.iter().chain(&self.after).map(place).collect()
    }
}

/// Every use of the extension that installs it somewhere.
pub(super) fn extensions(run: &Interp<'_>, log: &[Event]) -> Vec<Extension> {
    let mut found = Vec::new();
    for (at, event) in log.iter().enumerate() {
        let path = &*event.target.path;
        let init = path.strip_suffix(".init_app").is_some_and(is_extension);
        let made = is_extension(path) && !path.ends_with("()");
        if !init && !made {
            continue;
        }
        let Some(given) = event.args.get(0, "app").filter(|app| !app.is_nullish()) else { continue };
        let constructor = event.target.object.filter(|_| init).map(|id| run.object(id).args.clone());
        let targets: Vec<(Formula, Value)> = given.alternatives();
        for (guard, target) in targets {
            let target = target.as_object();
            let when = event.when.clone().and(guard);
            let when = target.map_or(when.clone(), |id| when.given(&run.object(id).when.conjuncts()));
            let (constructor, args) = (constructor.clone(), event.args.clone());
            found.push(Extension { at, constructor, args, target, span: event.span, when });
        }
    }
    found
}

/// The hooks of an application (`whole`, with those that its blueprints set for all) or of a blueprint.
pub(super) fn of(run: &Interp<'_>, log: &[Event], owners: &[ObjectId], whole: bool, extensions: &[Extension]) -> Hooks {
    let mut hooks = Hooks::default();
    let Some(&owner) = owners.first() else { return hooks };
    for (at, event) in log.iter().enumerate() {
        for one in extensions.iter().filter(|one| one.at == at && one.target == Some(owner)) {
            hooks.after.push(Hook::Cors(one.clone()));
        }
        let Some(object) = event.target.object else { continue };
        let name = last(&event.target.path);
        let before = match name {
            "before_request" | "after_request" if object == owner => name == "before_request",
            "before_app_request" | "after_app_request" if whole && owners.contains(&object) => {
                name == "before_app_request"
            }
            _ => continue,
        };
        let hook = match event.args.positional.first().map(|value| (value.as_function(), value)) {
            Some((Some(closure), _)) => {
                let when = event.when.given(&run.object(object).when.conjuncts());
                Hook::Function(closure.clone(), when)
            }
            _ => Hook::Unknown(event.span),
        };
        if before { hooks.before.push(hook) } else { hooks.after.push(hook) }
    }
    hooks
}
