//! The model as rules see it: what can be said for certain in production.
//!
//! In: the `Project`, env files. Out: `rules::facts::Facts`. The only place where "unknown" becomes the silence of a
//! question; it judges nothing and knows no platform's syntax.

mod calls;
mod clients;
mod dev_servers;
mod example_origins;
mod examples;
mod fallbacks;
mod handlers;
mod intended;
mod line_breaks;
mod origins;
mod own_hosts;
mod policies;
mod stated;
mod variables;

pub use policies::in_production;

use crate::eval::environment::Environment;
use crate::model::link::links;
use crate::model::project::Project;
use crate::rules::facts::Facts;
use crate::source::Sources;

/// Everything the rules are given about a project.
pub fn gather(project: &Project, environment: &Environment, sources: &Sources) -> Facts {
    let mut facts = Facts::default();
    let links = links(project);
    policies::gather(project, environment, sources, &links, &mut facts);
    own_hosts::attach(project, &links, &mut facts);
    variables::gather(project, environment, sources, &mut facts);
    handlers::gather(project, &mut facts);
    line_breaks::gather(project, &mut facts);
    clients::gather(project, environment, &links, &mut facts);
    fallbacks::gather(project, environment, &links, &mut facts);
    stated::gather(project, &mut facts);
    dev_servers::gather(project, &mut facts);
    facts
}
