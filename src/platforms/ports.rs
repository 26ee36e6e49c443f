//! The ports that servers listen on, and the packages they belong to: how clients of the repository reach them.
//!
//! In: the evaluator's log and the servers found in it. Out: the same servers with their ports. Knows what starts a server, not
//! what it answers.

use camino::{Utf8Path, Utf8PathBuf};

use super::packages::Packages;
use crate::eval::Interp;
use crate::eval::value::{Kind, Value};
use crate::model::project::Project;

/// What a development server listens on when it is told nothing.
const DEFAULTS: [(&str, u16); 2] = [("django", 8000), ("flask", 5000)];

/// Adds ports and packages to the servers of programs.
pub fn attach(run: &Interp<'_>, packages: &Packages, project: &mut Project) {
    let listening = listening(run);
    for server in &mut project.servers {
        let path = run.path_of_span(server.span);
        let package = package(packages, &path);
        server.package = package.as_str().into();
        // A server that is started where it is made listens there and nowhere else in its package.
        let here: Vec<&Listening> = listening.iter().filter(|one| one.file == path).collect();
        let near = || listening.iter().filter(|one| self::package(packages, &one.file) == package).collect();
        let near: Vec<&Listening> = if here.is_empty() { near() } else { here };
        server.ports = near.iter().flat_map(|one| one.ports.iter().copied()).collect();
        server.open_port = near.iter().any(|one| one.open);
        if let (true, Some((_, port))) =
            (server.ports.is_empty(), DEFAULTS.iter().find(|(name, _)| *name == server.platform))
        {
            server.ports.push(*port);
        }
        server.ports.sort_unstable();
        server.ports.dedup();
    }
}

/// The directory of the package that a file belongs to: of its manifest, else the first folder.
pub fn package(packages: &Packages, path: &Utf8Path) -> Utf8PathBuf {
    let first = || path.parent().and_then(|parent| parent.iter().next()).map(Utf8PathBuf::from).unwrap_or_default();
    packages.home(path).map_or_else(first, Utf8Path::to_owned)
}

/// A call that starts a server.
struct Listening {
    file: Utf8PathBuf,
    ports: Vec<u16>,
    /// The environment may say another port.
    open: bool,
}

fn listening(run: &Interp<'_>) -> Vec<Listening> {
    let mut found = Vec::new();
    for event in &run.log {
        let path = &*event.target.path;
        let value = match path {
            "py:uvicorn.run" | "py:hypercorn.run" => event.args.named("port").cloned(),
            _ if path.ends_with(".run") && path.starts_with("py:flask") => event.args.get(1, "port").cloned(),
            _ if path.ends_with(".listen") => event.args.positional.first().cloned(),
            "js:Bun.serve" | "js:Deno.serve" | "npm:@hono/node-server.serve" => {
                event.args.positional.first().and_then(|options| super::values::option(options, "port"))
            }
            _ => None,
        };
        let file = run.path_of_span(event.span);
        if let Some(value) = value {
            found.push(Listening { file, ports: ports(&value), open: is_open(&value) });
        }
    }
    found
}

fn ports(value: &Value) -> Vec<u16> {
    let of = |value: &Value| match &value.kind {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a port")]
        Kind::Num(number) if (1.0..65_536.0).contains(number) => vec![*number as u16],
        Kind::Str(text) => text.trim().parse().into_iter().collect(),
        Kind::Map(_) => super::values::option(value, "port").iter().flat_map(ports).collect(),
        _ => Vec::new(),
    };
    value.alternatives().iter().flat_map(|(_, one)| of(one)).collect()
}

/// `process.env.PORT || 3000`: is the port one of those, or whatever else the environment says?
fn is_open(value: &Value) -> bool {
    value.alternatives().iter().any(|(_, one)| match &one.kind {
        Kind::Env(_) | Kind::Unknown(_) => true,
        Kind::Map(_) => super::values::option(one, "port").is_some_and(|port| is_open(&port)),
        _ => false,
    })
}
