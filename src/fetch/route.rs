//! Which server of a project a request meets, and what it answers.
//!
//! In: a project and a request. Out: the outcome, and the server that decided it. A server that others stand in front of is met
//! through them. Where several servers could be meant, only one that knows the path is taken; two that do and
//! answer differently are not decidable.

use super::exchange::{Event, Outcome, Running, run};
use crate::model::project::Project;
use crate::model::server::{Effect, Server};
use crate::model::world::{Assume, Request, Situation};

/// How a request is to be run.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What is assumed of the environment.
    pub assume: &'a Assume,
    /// See [`Running::routes_answer`].
    pub routes_answer: Option<u16>,
}

impl Asked<'_> {
    /// Do two outcomes say the same to who asked?
    fn same(&self, one: &Outcome, other: &Outcome) -> bool {
        one.says_the_same(other, self.routes_answer.is_none())
    }
}

/// An outcome and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// The server, by its place in the project; `None` where it cannot be told.
    pub server: Option<usize>,
    /// What becomes of the request.
    pub outcome: Outcome,
}

/// Servers that pass a request on to each other, at most.
const DEEPEST: usize = 4;

/// Runs a request through the server of the project that it meets first.
pub fn route(project: &Project, request: &Request, asked: Asked<'_>) -> Routed {
    let (fronts, others) = by_layer(project);
    choose(project, if fronts.is_empty() { &others } else { &fronts }, request, asked, 0)
}

/// What the server behind another one answers.
pub(super) fn behind(project: &Project, front: &Server, request: &Request, asked: Asked<'_>, depth: usize) -> Outcome {
    if depth > DEEPEST {
        return Outcome::Unknown { why: "servers pass the request on in a circle".to_owned(), span: Some(front.span) };
    }
    choose(project, &by_layer(project).1, request, asked, depth).outcome
}

/// The servers that stand in front, and those that do not; a server that is reached through another one only is neither.
fn by_layer(project: &Project) -> (Vec<usize>, Vec<usize>) {
    let reached = (0..project.servers.len()).filter(|&index| !is_mounted(project, index));
    reached.partition(|&index| is_front(&project.servers[index]))
}

/// Does it stand in front of other servers, or beside one that does?
fn is_front(server: &Server) -> bool {
    server.upstream.is_some() || server.platform == "nginx"
}

fn choose(project: &Project, servers: &[usize], request: &Request, asked: Asked<'_>, depth: usize) -> Routed {
    let situation = Situation::with(asked.assume, request);
    let mut taking = Vec::new();
    for &index in servers.iter().filter(|&&index| !is_mounted(project, index)) {
        match project.servers[index].takes.eval(&situation) {
            Some(true) => taking.push(index),
            Some(false) => {}
            None => return nowhere("which server takes this request is not known"),
        }
    }
    let mut routed: Vec<Routed> = taking
        .into_iter()
        .map(|index| {
            let running = Running {
                server: &project.servers[index],
                project,
                depth,
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
        // Which of them it is does not matter where they answer the same.
        _ if routed.iter().skip(1).all(|one| asked.same(&one.outcome, &routed[0].outcome)) => routed.remove(0),
        _ => {
            let mut names: Vec<String> =
                routed.iter().filter_map(|one| one.server).map(|index| named(&project.servers[index])).collect();
            names.dedup();
            nowhere(&format!("several servers know this path and answer differently: {}", names.join(", ")))
        }
    }
}

fn named(server: &Server) -> String {
    format!("{} {}", server.platform, server.name)
}

/// Is a server reached through another one only?
fn is_mounted(project: &Project, index: usize) -> bool {
    let others = project.servers.iter().enumerate().filter(|(other, _)| *other != index);
    others
        .flat_map(|(_, server)| server.handlers.iter())
        .flat_map(|handler| &handler.effects)
        .any(|guarded| guarded.effect == Effect::Mounted(index))
}

fn nowhere(why: &str) -> Routed {
    Routed { server: None, outcome: Outcome::Unknown { why: why.to_owned(), span: None } }
}

/// Did nobody but the framework answer, and that with a 404?
pub(super) fn is_frameworks_404(outcome: &Outcome) -> bool {
    let Outcome::Answered { steps, .. } = outcome else { return false };
    steps.last().is_some_and(|step| step.handler.is_none() && step.event == Event::Answered(404))
}
