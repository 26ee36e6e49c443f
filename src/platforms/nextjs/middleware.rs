//! Next.js's `middleware.ts` (`proxy.ts` from version 16): a function in front of every route that its `matcher` names.
//!
//! In: evaluated modules. Out: what the function does, grants and does wrong, and the paths it sees. Source:
//! <https://nextjs.org/docs/app/api-reference/file-conventions/proxy>.

use camino::{Utf8Path, Utf8PathBuf};

use super::super::fetch_api::{Entry, Served, functions, serve};
use super::super::packages::Packages;
use super::super::values::option;
use crate::eval::Interp;
use crate::eval::value::{Kind, ModuleId, Value};
use crate::source::{Span, Spanned};

/// A middleware file.
#[derive(Debug, Clone)]
pub(in crate::platforms) struct Middleware {
    /// The directory of the Next.js project.
    pub(in crate::platforms) root: Utf8PathBuf,
    /// Where its function stands.
    pub(in crate::platforms) span: Span,
    /// The paths it sees, as written; empty means all, `None` that nobody knows.
    pub(in crate::platforms) matchers: Option<Vec<Spanned<String>>>,
    /// Its function: one handler for each path it sees.
    pub(in crate::platforms) served: Served,
}

/// The middleware of every project.
pub(in crate::platforms) fn middlewares(run: &mut Interp<'_>, packages: &Packages) -> Vec<Middleware> {
    let modules: Vec<(ModuleId, Utf8PathBuf)> = run.modules().map(|(id, path, _)| (id, path.clone())).collect();
    let mut found = Vec::new();
    for (module, file) in modules {
        let Some(root) = place(&file).filter(|_| packages.version("next", &file).is_some()) else { continue };
        let exported = ["middleware", "proxy", "default"].iter().find_map(|name| run.exported(module, name));
        let Some(function) = exported.and_then(|value| functions(run, &value).into_iter().next()) else { continue };
        let span = function.closure.function.span;
        let name = file.file_stem().unwrap_or("middleware").to_owned();
        let config = run.exported(module, "config");
        let matchers = match config.as_ref().map(|config| option(config, "matcher")) {
            None | Some(None) => Some(Vec::new()),
            Some(Some(value)) => matchers(&value),
        };
        let mut served = serve(run, &Entry::new("nextjs", name, function));
        if let (Some(paths), Some(handler)) = (&matchers, served.handlers.first().cloned())
            && !paths.is_empty()
        {
            served.handlers = paths
                .iter()
                .map(|path| {
                    let mut one = handler.clone();
                    one.scope.path = Some(Spanned::new(as_route(&path.value).into(), path.span));
                    one.scope.prefix = false;
                    one
                })
                .collect();
            for policy in &mut served.policies {
                policy.paths = paths.iter().map(|path| Spanned::new(path.value.as_str().into(), path.span)).collect();
            }
        }
        found.push(Middleware { root, span, matchers, served });
    }
    found
}

fn place(file: &Utf8Path) -> Option<Utf8PathBuf> {
    if !matches!(file.file_stem(), Some("middleware" | "proxy"))
        || !matches!(file.extension(), Some("ts" | "js" | "mjs" | "tsx"))
    {
        return None;
    }
    let directory = file.parent().unwrap_or(Utf8Path::new(""));
    Some(if directory.file_name() == Some("src") {
        directory.parent().unwrap_or(Utf8Path::new("")).to_owned()
    } else {
        directory.to_owned()
    })
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

/// `/api/:path*` in the form in which scopes are compared.
fn as_route(matcher: &str) -> String {
    let parts = matcher.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) if name.ends_with(['*', '+']) => format!("*{}", name.trim_end_matches(['*', '+'])),
        _ if part.starts_with('(') => "*".to_owned(),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}
