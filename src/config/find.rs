//! Which `corslint.toml` is meant.
//!
//! In: the first checked path. Out: the nearest configuration at or above it, if there is one. The search ends at the root
//! of the repository, the directory with `.git`; outside of a repository it ends at the working directory, so that a file
//! in somebody's home directory never decides how a project is checked.

use camino::{Utf8Path, Utf8PathBuf};

use super::shown;
use crate::error::Error;
use crate::globs::normal;

/// What the file may be called.
const NAMES: [&str; 2] = ["corslint.toml", ".corslint.toml"];

/// The configuration for `start`, relative to the working directory `root`.
pub fn find(start: &Utf8Path, root: &Utf8Path) -> Result<Option<Utf8PathBuf>, Error> {
    let start = normal(&root.join(start));
    let within = start.starts_with(root);
    let repository = start.ancestors().find(|directory| directory.join(".git").exists());
    let last = repository.or(within.then_some(root));
    for directory in start.ancestors() {
        let found: Vec<Utf8PathBuf> =
            NAMES.iter().map(|name| directory.join(name)).filter(|path| path.is_file()).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(Some(shown(one, root))),
            [first, second, ..] => {
                let (first, second) = (shown(first, root), shown(second, root));
                return Err(Error::new(format!("there are two configurations, `{first}` and `{second}`"))
                    .with_help("remove one of them, or say with `--config` which is meant"));
            }
        }
        // Without a repository and outside of the working directory only the directory itself is looked at.
        let outside = last.is_none() && directory.is_dir();
        if last == Some(directory) || outside {
            break;
        }
    }
    Ok(None)
}
