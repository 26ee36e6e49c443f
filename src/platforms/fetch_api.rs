//! Functions from a `Request` to a `Response`: one mechanism for every platform that runs them.
//!
//! In: the evaluator's log and the values that modules give out. Out: servers, policies and faults. The mechanism is in
//! `symbols` (what names mean), `answers` (what a function gives back, and when), `grants` and `faults` (what that
//! amounts to); the other files each know how one platform finds its functions. Never judges.

mod answers;
mod deno;
mod edge;
mod faults;
mod grants;
mod lines;
mod misuse;
mod netlify;
mod proxy;
mod response;
mod serve;
mod symbols;
mod workers;

pub use symbols::FetchApi;

pub(in crate::platforms) use answers::{Answer, effects, returned};
pub(in crate::platforms) use edge::{METHODS, by_method, vercel_function};
pub(in crate::platforms) use response::{answered, made};
pub(in crate::platforms) use serve::{Behind, Entry, Served, add, functions, head, serve, serve_all};

use super::packages::Packages;
use crate::eval::Interp;
use crate::model::project::Project;

/// Servers, policies and faults of all programs that answer with a `Response`.
pub fn recognise(run: &mut Interp<'_>, packages: &Packages) -> Project {
    let mut project = Project::default();
    workers::recognise(run, packages, &mut project);
    deno::recognise(run, packages, &mut project);
    edge::recognise(run, packages, &mut project);
    netlify::recognise(run, packages, &mut project);
    misuse::recognise(run, &mut project);
    project
}
