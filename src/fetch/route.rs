//! Which server of a project a request meets, and what it answers.
//!
//! In: a project and a request. Out: the outcome, and the server that decided it. Where several servers could be meant, only
//! one that knows the path is taken; two that do are not decidable.

use super::exchange::{Event, Outcome, Running, run};
use crate::model::project::Project;
use crate::model::world::{Assume, Request};

/// How a request is to be run.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What is assumed of the environment.
    pub assume: &'a Assume,
    /// See [`Running::routes_answer`].
    pub routes_answer: Option<u16>,
}

/// An outcome and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// The server, by its place in the project; `None` where it cannot be told.
    pub server: Option<usize>,
    /// What becomes of the request.
    pub outcome: Outcome,
}

/// Runs a request through the server of the project that it meets.
pub fn route(project: &Project, request: &Request, asked: Asked<'_>) -> Routed {
    let mut routed: Vec<Routed> = project
        .servers
        .iter()
        .enumerate()
        .map(|(index, server)| {
            let running = Running {
                server,
                policies: &project.policies,
                assume: asked.assume,
                routes_answer: asked.routes_answer,
            };
            Routed { server: Some(index), outcome: run(running, request) }
        })
        .collect();
    if routed.len() > 1 {
        routed.retain(|one| !is_frameworks_404(&one.outcome));
    }
    match routed.len() {
        1 => routed.remove(0),
        0 => nowhere("no server was found that knows this path"),
        _ => nowhere("several servers know this path"),
    }
}

fn nowhere(why: &str) -> Routed {
    Routed { server: None, outcome: Outcome::Unknown { why: why.to_owned(), span: None } }
}

/// Did nobody but the framework answer, and that with a 404?
fn is_frameworks_404(outcome: &Outcome) -> bool {
    let Outcome::Answered { steps, .. } = outcome else { return false };
    steps.last().is_some_and(|step| step.handler.is_none() && step.event == Event::Answered(404))
}
