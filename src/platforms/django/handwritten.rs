//! Views and decorators that write CORS headers by hand, run with a symbolic request.
//!
//! In: functions and classes of modules that use Django. Out: policies, and faults of what such a view answers without the
//! headers. A view that says `*` for itself alone is open on purpose: nothing is told of it. Never judges.

use std::sync::Arc;

use super::super::manual;
use super::super::node_handlers::{self, bare_errors, head};
use super::middleware::{Handled, Purpose, Reader};
use super::symbols::{GET_RESPONSE, REQUEST, external};
use crate::eval::Interp;
use crate::eval::value::{Args, Closure, Kind, ModuleId, Value};
use crate::ir::{Language, Pattern, StmtKind};
use crate::model::policy::{Known, OriginAnswer};
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::Effect;
use crate::platforms::{development, is_test_path};
use crate::source::Span;

/// Methods of a class that answer requests.
const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Functions that give back functions, at most within each other: `cors("GET")(view)`.
const DEEPEST: usize = 3;

/// Adds what the views of all modules do.
pub(super) fn add(run: &mut Interp<'_>, project: &mut Project) {
    // Where the library is at work it has the last word.
    let library = project.policies.iter().any(|policy| policy.installed == Known::Yes);
    let lines = lines(run);
    let modules: Vec<ModuleId> = run
        .modules()
        .filter(|(id, path, _)| run.language(*id) == Language::Python && !is_test_path(path) && uses_django(run, *id))
        .map(|(id, ..)| id)
        .collect();
    for module in modules {
        let Some(file) = run.file_of(run.module_path(module)) else { continue };
        for (name, value) in run.top_level_names(module).into_iter().filter(|(_, value)| value.span.file == file) {
            let mut reader = Views { run: &mut *run, project: &mut *project, library };
            match &value.kind {
                Kind::Function(closure)
                    if takes_request(closure, 0) && lines.iter().any(|line| closure.function.span.contains(*line)) =>
                {
                    reader.view(&name, &closure.clone(), None);
                }
                Kind::Function(closure) if makes_function(closure) => reader.decorator(&name, &closure.clone()),
                Kind::Class(_) if lines.iter().any(|line| value.span.contains(*line)) => reader.class(&name, &value),
                _ => {}
            }
        }
    }
}

/// Where the header that decides is set.
fn lines(run: &Interp<'_>) -> Vec<Span> {
    let names = |value: &Value| {
        let is = |text: &str| text.eq_ignore_ascii_case("access-control-allow-origin");
        value.as_str().is_some_and(|text| is(text))
            || value.as_map().is_some_and(|map| map.entries.keys().any(|key| is(key)))
    };
    let sets = run.log.iter().filter(|event| event.args.all().any(names));
    sets.map(|event| event.span).collect()
}

fn uses_django(run: &Interp<'_>, module: ModuleId) -> bool {
    run.top_level_names(module).iter().any(|(_, value)| match &value.kind {
        Kind::External(path) => path.starts_with("py:django.") || path.starts_with("py:rest_framework."),
        Kind::Class(class) => class.bases.iter().any(
            |base| matches!(&base.kind, Kind::External(path) if path.starts_with("py:django.") || path.starts_with("py:rest_framework.")),
        ),
        _ => false,
    })
}

fn takes_request(closure: &Closure, position: usize) -> bool {
    let param = closure.function.params.get(position);
    param.is_some_and(|param| matches!(&param.pattern, Pattern::Name(name, _) if matches!(&**name, "request" | "req")))
}

fn makes_function(closure: &Closure) -> bool {
    closure.function.body.iter().any(|stmt| matches!(stmt.kind, StmtKind::Function(_)))
}

struct Views<'v, 'r> {
    run: &'v mut Interp<'r>,
    project: &'v mut Project,
    library: bool,
}

impl Views<'_, '_> {
    fn view(&mut self, name: &str, closure: &Arc<Closure>, instance: Option<&Value>) -> bool {
        let request = external(REQUEST, closure.function.span);
        let mut reader = Reader::new(self.run, Purpose::View);
        reader.run_hook(closure, instance, &[request]);
        let handled = reader.done();
        self.told(name, closure, handled)
    }

    /// The function that a decorator puts around a view.
    fn decorator(&mut self, name: &str, closure: &Arc<Closure>) {
        let mut at = closure.clone();
        for _ in 0..DEEPEST {
            let span = at.function.span;
            let args = Args { positional: vec![external(GET_RESPONSE, span)], ..Args::default() };
            let args = if at.function.params.iter().any(|param| param.rest) {
                Args { open: true, ..Args::default() }
            } else {
                args
            };
            let (_, inner) = self.run.run_function(&at, &args);
            let Some(inner) = inner.as_function().cloned() else { return };
            if takes_request(&inner, 0) {
                self.view(name, &inner, None);
                return;
            }
            at = inner;
        }
    }

    fn class(&mut self, name: &str, class: &Value) {
        let answers_options = self.run.method_of(class, "options").is_some();
        let open = Args { open: true, ..Args::default() };
        let Some(instance) = self.run.instance(class, &open) else { return };
        for verb in VERBS {
            let Some(method) = self.run.method_of(class, verb).filter(|method| takes_request(method, 1)) else {
                continue;
            };
            let label = format!("{name}.{verb}");
            let grants = self.view(&label, &method, Some(&instance));
            if grants && !answers_options && !self.library && matches!(verb, "put" | "patch" | "delete") {
                let span = head(&method);
                let mut fault = HandlerFault::new(FaultKind::PreflightUnhandled, "django", span, label);
                fault.detail = format!("{} requests", verb.to_uppercase());
                self.project.faults.push(fault);
            }
        }
    }

    /// Takes in what a view does; says whether it grants access to somebody.
    fn told(&mut self, name: &str, closure: &Arc<Closure>, handled: Handled) -> bool {
        let span = head(closure);
        let origin = manual::Origin { platform: "django", place: name.to_owned(), span };
        let Some(mut policy) = manual::policy(&handled.effects, origin) else { return false };
        let everybody = |answer: &OriginAnswer| matches!(answer, OriginAnswer::Wildcard | OriginAnswer::Nothing);
        if policy.allow_origin.arms.iter().all(|arm| everybody(&arm.answer))
            && policy.allow_credentials.value == Known::No
        {
            return false;
        }
        let file = self.run.path_of_span(span);
        policy.when = development(&file, span);
        policy.preflighted = handled.effects.iter().any(|guarded| match &guarded.effect {
            Effect::Set(name, _) => name.value.eq_ignore_ascii_case("access-control-allow-methods"),
            _ => false,
        });
        self.project.policies.push(policy);
        if !self.library {
            let answers = node_handlers::Handled { effects: handled.effects, ..node_handlers::Handled::default() };
            for (at, status, line) in bare_errors(&answers) {
                let mut fault = HandlerFault::new(FaultKind::ErrorsWithoutHeaders, "django", at, name);
                fault.status = Some(status);
                fault.cors = Some(line);
                self.project.faults.push(fault);
            }
        }
        true
    }
}
