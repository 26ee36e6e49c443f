//! Next.js's `middleware.ts` (`proxy.ts` from version 16): a function in front of every route that its `matcher` names.
//!
//! In: evaluated modules. Out: what the function does, grants and does wrong, and the paths it sees. Source:
//! <https://nextjs.org/docs/app/api-reference/file-conventions/proxy>.

use super::super::fetch_api::{Answer, Entry, Served, effects as effects_of, functions, head, serve};
use super::super::file_routes;
use super::super::values::option;
use crate::eval::Interp;
use crate::eval::value::{Kind, ModuleId, Value};
use crate::model::server::{Effect, GuardedEffect, Handler, Scope};
use crate::source::{Span, Spanned};

/// A middleware file.
#[derive(Debug, Clone)]
pub(super) struct Middleware {
    /// Where its function stands.
    pub(super) span: Span,
    /// The paths it sees, as written; empty means all, `None` that nobody knows.
    pub(super) matchers: Option<Vec<Spanned<String>>>,
    /// Its function.
    pub(super) served: Served,
}

/// The middleware of a module.
pub(super) fn middleware(run: &mut Interp<'_>, module: ModuleId) -> Option<Middleware> {
    let exported = ["middleware", "proxy", "default"].iter().find_map(|name| run.exported(module, name));
    let value = exported.or_else(|| run.default_export(module))?;
    let function = functions(run, &value).into_iter().next()?;
    let span = head(&function.closure.function);
    let name = run.module_path(module).file_stem().unwrap_or("middleware").to_owned();
    let config = run.exported(module, "config");
    let matchers = match config.as_ref().map(|config| option(config, "matcher")) {
        None | Some(None) => Some(Vec::new()),
        Some(Some(value)) => matchers(&value),
    };
    let served = serve(run, &Entry::new("nextjs", name, function));
    Some(Middleware { span, matchers, served })
}

impl Middleware {
    /// What it does, one handler for each pattern of paths; header lines it puts on the answers of others come first.
    pub(super) fn handlers(&self, base: &str) -> Vec<Handler> {
        let Some(first) = self.served.handlers.first() else { return Vec::new() };
        let mut handler = Handler { effects: in_front(&self.served.handled.answers), ..first.clone() };
        let Some(matchers) = &self.matchers else {
            handler.understood = false;
            return vec![handler];
        };
        if matchers.is_empty() {
            return vec![handler];
        }
        let scoped = matchers.iter().map(|matcher| {
            let path = Spanned::new(file_routes::pattern(base, &matcher.value).into(), matcher.span);
            Handler { scope: Scope { methods: Vec::new(), path: Some(path), prefix: false }, ..handler.clone() }
        });
        scoped.collect()
    }
}

fn in_front(answers: &[Answer]) -> Vec<GuardedEffect> {
    let mut effects = Vec::new();
    for answer in answers {
        let one = effects_of(std::slice::from_ref(answer));
        let (last, lines): (Vec<_>, Vec<_>) = one.into_iter().partition(|guarded| guarded.effect == Effect::Next);
        effects.extend(lines.into_iter().chain(last));
    }
    effects
}

/// A text, several, or objects with a `source`.
fn matchers(value: &Value) -> Option<Vec<Spanned<String>>> {
    match &value.kind {
        Kind::Str(text) => Some(vec![Spanned::new(text.to_string(), value.span)]),
        Kind::List(list) if !list.open => {
            let parts: Option<Vec<Vec<Spanned<String>>>> =
                list.items.iter().map(|item| matchers(&item.value)).collect();
            parts.map(|parts| parts.into_iter().flatten().collect())
        }
        Kind::Map(_) => matchers(&option(value, "source")?),
        _ => None,
    }
}
