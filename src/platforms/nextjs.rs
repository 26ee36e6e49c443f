//! Next.js: one server for each application, with its header rules, API routes and middleware in the order of a request.
//!
//! In: evaluated modules, by their place in an application. Out: servers, policies, faults. Which of two places has its way
//! with a header is recorded: `next.config` beats a route of the app router, a handler of the pages router and middleware
//! beat `next.config`; two lines never leave. Source: <https://nextjs.org/docs/app/guides/backend-for-frontend>.

mod config;
mod faults;
mod middleware;
mod pages;
mod routes;
mod server;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::express::cors_npm::CorsObjects;
use super::file_routes::{self, Place};
use super::packages::Packages;
use crate::eval::Interp;
use crate::eval::value::ModuleId;
use crate::model::project::Project;
use config::Config;
use middleware::Middleware;
use routes::Route;

/// An application: a folder with `next` among its packages or a `next.config` of its own.
#[derive(Debug)]
struct App {
    root: Utf8PathBuf,
    config: Config,
    config_module: Option<ModuleId>,
    /// Files of `pages/api`.
    pages: Vec<Page>,
    /// `route` files, by path.
    routes: Vec<Route>,
    middleware: Option<Middleware>,
    /// It has an `app` folder, whose answers carry a `Vary` of their own.
    app_router: bool,
}

/// A file below `pages/api`.
#[derive(Debug)]
struct Page {
    path: String,
    module: ModuleId,
    /// What it does is looked at.
    wanted: bool,
}

/// In applications with more files than this only those are read that speak of CORS, or import something that does.
const MOST_READ: usize = 40;
/// Imports that are followed to find out.
const IMPORTS: usize = 2;

/// Is it a file that Next.js runs because of its place?
pub(super) fn is_entry(path: &Utf8Path, roots: &BTreeSet<Utf8PathBuf>) -> bool {
    path.file_stem() == Some("next.config") || home(path, roots).is_some()
}

/// The application that a file belongs to, and what it is for there: the nearest one above it.
fn home(path: &Utf8Path, roots: &BTreeSet<Utf8PathBuf>) -> Option<(Utf8PathBuf, Place)> {
    let root = path.ancestors().skip(1).find(|directory| roots.contains(*directory))?;
    let below = path.strip_prefix(root).ok()?;
    file_routes::place(below).map(|place| (root.to_owned(), place))
}

/// The folders of applications.
pub(super) fn roots(packages: &Packages, entries: &[Utf8PathBuf]) -> BTreeSet<Utf8PathBuf> {
    let mut roots = packages.directories("next");
    let configs = entries.iter().filter(|path| path.file_stem() == Some("next.config"));
    roots.extend(configs.filter_map(|path| path.parent().map(Utf8Path::to_owned)));
    roots
}

/// Servers, policies and faults of all applications.
pub(super) fn recognise(
    run: &mut Interp<'_>,
    packages: &Packages,
    entries: &[Utf8PathBuf],
    cors: &CorsObjects,
    project: &mut Project,
) {
    for mut app in apps(run, packages, entries) {
        app.config.rules.extend(super::vercel::rules(run, &app.root));
        app.pages.sort_by_key(|page| file_routes::rank(&page.path));
        app.routes.sort_by_key(|route| file_routes::rank(&route.path));
        server::build(run, &app, cors, project);
    }
}

fn apps(run: &mut Interp<'_>, packages: &Packages, entries: &[Utf8PathBuf]) -> Vec<App> {
    let roots = roots(packages, entries);
    let mut counts: BTreeMap<Utf8PathBuf, usize> = BTreeMap::new();
    for (root, _) in entries.iter().filter_map(|path| home(path, &roots)) {
        *counts.entry(root).or_default() += 1;
    }
    let mut apps: Vec<App> = Vec::new();
    for path in entries {
        let Some((root, place)) = home(path, &roots) else { continue };
        let Some(module) = run.module_at(path) else { continue };
        let at = apps.iter().position(|app| app.root == root).unwrap_or_else(|| {
            let layout = |folder: &str| {
                ["tsx", "jsx", "js", "ts"].iter().any(|end| run.has_file(&root.join(format!("{folder}/layout.{end}"))))
            };
            let app_router = layout("app") || layout("src/app");
            apps.push(App {
                root: root.clone(),
                config: Config { slash: Some(false), ..Config::default() },
                config_module: None,
                pages: Vec::new(),
                routes: Vec::new(),
                middleware: None,
                app_router,
            });
            apps.len() - 1
        });
        let app = &mut apps[at];
        let wanted = counts.get(&root).is_none_or(|count| *count <= MOST_READ) || run.speaks(module, IMPORTS);
        match place {
            Place::PagesApi(path) => app.pages.push(Page { path, module, wanted }),
            Place::Route(path) => {
                app.routes.extend(routes::route(run, module, path, wanted));
                app.app_router = true;
            }
            Place::Middleware => app.middleware = middleware::middleware(run, module),
            // Of several configurations the first is read: `.js`, `.mjs`, `.ts`.
            Place::Config if app.config_module.is_some() => {}
            Place::Config => {
                app.config = config::read(run, module);
                app.config_module = Some(module);
            }
        }
    }
    apps
}
