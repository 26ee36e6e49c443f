//! Next.js: route handlers of the app router and the middleware in front of them.
//!
//! In: evaluated modules. Out: a server for each project, with its handlers in the order in which a request meets them.

mod middleware;
mod routes;

use camino::Utf8PathBuf;

use super::fetch_api::add;
use super::packages::Packages;
use crate::eval::Interp;
use crate::model::project::Project;
use crate::model::server::{Server, Unanswered};

/// Servers, policies and faults of all Next.js projects.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let mut project = Project::default();
    let mut middlewares = middleware::middlewares(run, packages);
    let mut routes = routes::routes(run);
    let roots: std::collections::BTreeSet<Utf8PathBuf> =
        middlewares.iter().map(|one| one.root.clone()).chain(routes.iter().map(|one| one.root.clone())).collect();
    for root in roots {
        let fronts: Vec<_> = middlewares.extract_if(.., |one| one.root == root).collect();
        let behind: Vec<_> = routes.extract_if(.., |one| one.root == root).collect();
        let Some(span) = fronts.iter().map(|one| one.span).chain(behind.iter().map(|one| one.span)).next() else {
            continue;
        };
        let name = root.file_name().unwrap_or("next").to_owned();
        let served = fronts.into_iter().map(|one| one.served).chain(behind.into_iter().map(|one| one.served));
        let server =
            Server { unanswered: Unanswered::NotFound, onion: true, ..Server::new("nextjs", name, span, Vec::new()) };
        add(&mut project, served.collect(), server);
    }
    project
}
