//! Route handlers of Next.js's app router: `app/**/route.ts`, whose exports are named by method.
//!
//! In: evaluated modules. Out: for each route file what its functions answer, grant and do wrong; a caller puts them behind
//! what the configuration and the middleware add. Source:
//! <https://nextjs.org/docs/app/api-reference/file-conventions/route>.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::fetch_api::{METHODS, Served, by_method, serve_all};
use super::super::manual::header_name;
use crate::eval::Interp;
use crate::eval::value::ModuleId;
use crate::model::condition::Formula;
use crate::model::project::{FaultKind, HandlerFault};
use crate::model::server::{Effect, GuardedEffect, Handler, HeaderValue, Role, Scope};
use crate::source::{Span, Spanned};

/// A route file.
#[derive(Debug, Clone)]
pub(in crate::platforms) struct Route {
    /// The directory of the Next.js project.
    pub(in crate::platforms) root: Utf8PathBuf,
    /// The path it answers on: `/api/items/:id`.
    pub(in crate::platforms) path: String,
    /// Where its first function stands.
    pub(in crate::platforms) span: Span,
    /// The methods it exports, known functions or not.
    pub(in crate::platforms) methods: Vec<&'static str>,
    /// Its functions.
    pub(in crate::platforms) served: Served,
}

/// Every route file of every project.
pub(in crate::platforms) fn routes(run: &mut Interp<'_>) -> Vec<Route> {
    let modules: Vec<(ModuleId, Utf8PathBuf)> = run.modules().map(|(id, path, _)| (id, path.clone())).collect();
    let mut routes = Vec::new();
    for (module, file) in modules {
        let Some((root, path)) = place(&file) else { continue };
        let methods: Vec<&'static str> =
            METHODS.into_iter().filter(|method| run.exported(module, method).is_some()).collect();
        let entries = by_method(run, module, "nextjs", &path);
        let Some(first) = entries.first() else { continue };
        let span = first.function.function.span;
        let mut served = serve_all(run, &entries, &path);
        let known = |method: &&str| entries.iter().any(|entry| entry.scope.has_method(method));
        if !methods.iter().all(known) {
            // A function that nobody knows answers some of the methods, perhaps OPTIONS.
            served
                .faults
                .retain(|fault| !matches!(fault.kind, FaultKind::PreflightUnhandled | FaultKind::PreflightOnly));
        } else if !methods.contains(&"OPTIONS") {
            served.handlers.push(automatic_options(&methods, &path, span));
        }
        if run.exported(module, "dynamic").and_then(|value| value.as_str().cloned()).as_deref() == Some("force-static")
        {
            // Made when the project is built, so it is the same for everybody.
            served.policies.iter_mut().for_each(|policy| policy.static_assets = true);
        }
        for at in &served.handled.goes_on {
            let mut one = HandlerFault::new(FaultKind::ApiIgnored, "nextjs", *at, "NextResponse.next()");
            "a route handler has nothing behind it to go on to, and Next.js throws".clone_into(&mut one.detail);
            served.faults.push(one);
        }
        routes.push(Route { root, path, span, methods, served });
    }
    routes
}

/// The project's directory and the path on which a route file answers.
fn place(file: &Utf8Path) -> Option<(Utf8PathBuf, String)> {
    if file.file_stem() != Some("route") || !matches!(file.extension(), Some("ts" | "js" | "tsx" | "jsx" | "mjs")) {
        return None;
    }
    let parts: Vec<&str> = file.parent()?.as_str().split('/').collect();
    let app = parts.iter().position(|part| *part == "app")?;
    let above = parts[..app].strip_suffix(&["src"]).unwrap_or(&parts[..app]);
    let segments = parts[app + 1..].iter().filter_map(|part| segment(part));
    Some((Utf8PathBuf::from(above.join("/")), format!("/{}", segments.collect::<Vec<_>>().join("/"))))
}

/// A folder as a part of the path: groups and slots are none.
fn segment(folder: &str) -> Option<String> {
    if folder.starts_with('(') || folder.starts_with('@') {
        return None;
    }
    let inner = |start: &str, end: &str| folder.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    Some(match (inner("[[...", "]]").or_else(|| inner("[...", "]")), inner("[", "]")) {
        (Some(rest), _) => format!("*{rest}"),
        (None, Some(name)) => format!(":{name}"),
        (None, None) => folder.to_owned(),
    })
}

/// What Next.js answers where a route exports no OPTIONS: 204 and `Allow`, without what the other functions set.
fn automatic_options(methods: &[&str], path: &str, span: Span) -> Handler {
    let allow = methods.iter().copied().chain(["OPTIONS"]).collect::<Vec<_>>().join(", ");
    let set = Effect::Set(header_name("Allow", span), HeaderValue::text(allow, span));
    let effects = [set, Effect::Answer(Some(204))];
    Handler {
        role: Role::Other,
        name: format!("OPTIONS {path}"),
        span,
        when: Formula::True,
        scope: Scope { methods: vec!["OPTIONS".into()], path: Some(Spanned::new(path.into(), span)), prefix: false },
        effects: effects.into_iter().map(|effect| GuardedEffect { when: Formula::True, effect, span }).collect(),
        understood: true,
    }
}
