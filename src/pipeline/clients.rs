//! Code for browsers: which files are worth evaluating, and what requests are found in them.
//!
//! In: the scanned files and the servers that were found. Out: the requests of clients. They are evaluated apart from the servers,
//! with a budget of their own: a large frontend must not take anything from what its server is.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::eval::environment::Environment;
use crate::eval::{Bounds, Interp, Library};
use crate::model::client::ClientRequest;
use crate::model::origin::Url;
use crate::model::project::Project;
use crate::platforms::client::browser::{Nature, Places};
use crate::platforms::{self, packages::Packages};
use crate::scan::{Kind, Needles};
use crate::source::FileId;
use crate::workspace::{Focus, Workspace};

/// Files of a repository that are evaluated for the requests in them.
const MOST_FILES: usize = 1_500;

/// So many files are read whatever they say.
const FEW_FILES: usize = 200;

/// What a frontend may cost.
const BOUNDS: fn() -> Bounds =
    || Bounds { steps: 800_000, entry_steps: 25_000, events: 40_000, far: 2, ..Bounds::default() };

pub(super) fn requests(
    workspace: &mut Workspace<'_>,
    kept: &[(FileId, Kind, Needles)],
    project: &Project,
    packages: &Packages,
    environment: &Environment,
) -> Vec<ClientRequest> {
    // Without a server that grants anything only what is wrong by itself can be said.
    let alone = project.servers.is_empty() && project.policies.is_empty() && !has_insecure_address(environment);
    // What is wrong may stand in another file than the request; all of them are read where that costs little.
    let all = few_and_telling(workspace);
    let worth = |needles: Needles| {
        needles.contains(Needles::CLIENT) && (!alone || all || needles.meets(Needles::ALONE | Needles::CORS))
    };
    let mut files: Vec<FileId> = kept
        .iter()
        .filter(|(id, kind, needles)| {
            let path = workspace.scan.below(*id);
            let script = matches!(kind, Kind::JavaScript | Kind::TypeScript | Kind::Tsx | Kind::Component);
            script && worth(*needles) && !platforms::is_test_path(path)
        })
        .map(|(id, ..)| *id)
        .collect();
    files.truncate(MOST_FILES);
    if files.is_empty() {
        return Vec::new();
    }
    workspace.parse_all(&files);
    workspace.turn_to(Focus::Clients);
    let mut natures: BTreeMap<Utf8PathBuf, Nature> = BTreeMap::new();
    for &id in &files {
        let browser = workspace.scan.needles(id).contains(Needles::BROWSER);
        if let Some(module) = workspace.parsed(id) {
            natures.insert(workspace.scan.sources.path(id).to_owned(), Nature::of(module, browser));
        }
    }
    let path_of = |file: FileId| workspace.scan.sources.path(file).to_owned();
    let places = Places::new(packages, natures, project, &path_of);
    let paths: Vec<Utf8PathBuf> = files.iter().map(|&id| workspace.scan.sources.path(id).to_owned()).collect();
    let pages: Vec<&Utf8PathBuf> = paths.iter().filter(|path| places.browser(path).is_some()).collect();
    let libraries: [&dyn Library; 1] = [&platforms::client::Client];
    let mut run = Interp::new(workspace, &libraries, environment).within(BOUNDS());
    for path in pages {
        run.run_file(Utf8Path::new(path.as_str()));
    }
    run.run_uncalled();
    let requests = platforms::client::recognise(&run, &places);
    super::discard(run);
    requests
}

/// Are there few requests in all, and something beside them that can be wrong by itself?
fn few_and_telling(workspace: &Workspace<'_>) -> bool {
    let code = || workspace.scan.files.iter().filter(|file| file.kind.is_code());
    let few = code().filter(|file| file.needles.contains(Needles::CLIENT)).count() <= FEW_FILES;
    few && code().any(|file| file.needles.contains(Needles::ALONE))
}

/// Does an env file give anything an address that is worth a look by itself?
fn has_insecure_address(environment: &Environment) -> bool {
    let values = environment.files.iter().flat_map(|file| file.variables.values());
    values.filter_map(|value| Url::parse(&value.value)).any(|url| url.scheme == "http")
}
