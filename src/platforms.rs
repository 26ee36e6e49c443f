//! What a library or platform does, one file each: programs and configuration become servers and policies.
//!
//! In: the log and values of `eval/`, or the tree of a configuration file. Out: `model::project::Project`. A platform never
//! judges: it says what is there. To add one: a file here with a `Library` and a `recognise`, one line in `libraries`
//! or `recognise`, and its fixtures.

pub mod manual;
pub mod nginx;
pub mod packages;
pub mod spelling;
pub mod values;

use packages::Packages;

use crate::eval::{Interp, Library};
use crate::model::project::Project;

/// What the platforms know of packages, for the evaluator.
pub fn libraries() -> Vec<&'static dyn Library> {
    vec![]
}

/// What the platforms see in programs that were evaluated.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let _ = (run, packages);
    Project::default()
}
