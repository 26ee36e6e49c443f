//! Functions that are found by their file: Vercel's `api/`, Netlify's edge functions and its functions in the newer form.
//!
//! In: exports of files in the folders these platforms look into. Out: a server each. Source:
//! <https://vercel.com/docs/functions/functions-api-reference>, <https://docs.netlify.com/build/edge-functions/api/>.

use camino::Utf8Path;

use super::super::packages::Packages;
use super::super::values::option;
use super::serve::{Entry, Served, add, functions, serve, serve_all};
use crate::eval::Interp;
use crate::eval::value::ModuleId;
use crate::model::project::Project;
use crate::model::server::Server;
use crate::source::Span;

/// Methods by which a file's exports are named.
pub(in crate::platforms) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

pub(super) fn recognise(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) {
    let modules: Vec<(ModuleId, String)> = run.modules().map(|(id, path, _)| (id, path.to_string())).collect();
    for (module, path) in modules {
        let path = Utf8Path::new(&path);
        let folder = |name: &str| path.starts_with(name) || path.as_str().contains(&format!("/{name}/"));
        if folder("netlify/edge-functions") || packages.deployed.is_netlify(path) {
            default_export(run, project, module, path, "netlify");
        } else if path.starts_with("api")
            && packages.version("next", path).is_none()
            && !run.has_file(Utf8Path::new("vercel.json"))
        {
            // With a configuration the functions are a part of what that describes.
            vercel(run, project, module, path);
        }
    }
}

/// `export default async (request) => new Response(…)`.
fn default_export(
    run: &mut Interp<'_>,
    project: &mut Project,
    module: ModuleId,
    path: &Utf8Path,
    platform: &'static str,
) {
    let Some(value) = run.exported(module, "default") else { return };
    let Some(function) = functions(run, &value).into_iter().next() else { return };
    let name = path.file_stem().unwrap_or(platform).to_owned();
    let span = function.closure.function.span;
    let served = serve(run, &Entry::new(platform, name.clone(), function));
    add(project, vec![served], Server::new(platform, name, span, Vec::new()));
}

fn vercel(run: &mut Interp<'_>, project: &mut Project, module: ModuleId, path: &Utf8Path) {
    let stem = path.as_str().rsplit_once('.').map_or(path.as_str(), |(stem, _)| stem);
    let route = format!("/{}", stem.trim_end_matches("/index"));
    if let Some((span, served)) = vercel_function(run, module, &route) {
        add(project, vec![served], Server::new("vercel", route, span, Vec::new()));
    }
}

/// Exports by method, or a default export where the file chooses the edge runtime; `(req, res)` is Node's form, not this one.
pub(in crate::platforms) fn vercel_function(
    run: &mut Interp<'_>,
    module: ModuleId,
    route: &str,
) -> Option<(Span, Served)> {
    let edge = run.exported(module, "config").is_some_and(|config| {
        option(&config, "runtime").is_some_and(|runtime| runtime.as_str().is_some_and(|name| name.contains("edge")))
    });
    let mut entries = by_method(run, module, "vercel", route);
    let default = run.exported(module, "default").filter(|_| edge);
    if let Some(function) = default.and_then(|value| functions(run, &value).into_iter().next()) {
        entries.push(Entry::new("vercel", route.to_owned(), function));
    }
    let span = entries.first()?.function.function.span;
    Some((span, serve_all(run, &entries, route)))
}

/// The functions that a file exports under the names of methods.
pub(in crate::platforms) fn by_method(
    run: &mut Interp<'_>,
    module: ModuleId,
    platform: &'static str,
    route: &str,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    for method in METHODS {
        let Some(value) = run.exported(module, method) else { continue };
        let Some(function) = functions(run, &value).into_iter().next() else { continue };
        let methods: &[&str] = if method == "GET" { &["GET", "HEAD"] } else { &[method] };
        entries.push(Entry::new(platform, format!("{method} {route}"), function).at(methods, route, false));
    }
    entries
}
