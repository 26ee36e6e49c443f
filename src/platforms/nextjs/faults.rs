//! What is wrong between the parts of an application: header rules that replace each other or are met by no route,
//! preflights that are answered badly.
//!
//! In: a server that was built. Out: faults in the project.

use super::super::express::preflight;
use super::super::node_handlers::sets_cors;
use super::App;
use super::server::Parts;
use crate::model::condition::Formula;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, GuardedEffect, Handler, Server};
use crate::source::Spanned;

/// Adds the faults of one server.
pub(super) fn add(app: &App, parts: &Parts, index: usize, project: &mut Project) {
    let mut found = Vec::new();
    let server = &project.servers[index];
    for at in parts.routes.clone() {
        preflight::own_answer(server, at, &server.handlers[at], &mut found);
    }
    replaced(&server.handlers[parts.rules.clone()], &mut found);
    if !app.config.rewrites {
        missed(server, parts, &mut found);
    }
    project.faults.append(&mut found);
}

/// The lines of Allow-Origin that a rule certainly sends.
fn origin_lines(handler: &Handler) -> impl Iterator<Item = (&GuardedEffect, String)> {
    handler.effects.iter().filter_map(|guarded| match &guarded.effect {
        Effect::Set(name, value) if name.value.eq_ignore_ascii_case("access-control-allow-origin") => {
            Some((guarded, value.as_text()?)).filter(|_| guarded.when == Formula::True)
        }
        _ => None,
    })
}

/// Several origins written one after the other for the same paths: the last one is sent to everybody.
fn replaced(rules: &[Handler], found: &mut Vec<HandlerFault>) {
    let all = rules.iter().flat_map(|rule| origin_lines(rule).map(move |(line, text)| (rule, line, text)));
    let lines: Vec<_> = all.collect();
    for (at, (rule, line, text)) in lines.iter().enumerate() {
        let mut later = lines[at + 1..].iter().filter(|(other, _, by)| other.scope == rule.scope && by != text);
        if let Some((_, by, other)) = later.next_back() {
            let mut fault = HandlerFault::new(FaultKind::SentTwice, "nextjs", line.span, rule.name.clone());
            fault.other = Some(Spanned::new(other.clone(), by.span));
            fault.detail = format!("name several origins, and only the last one, `{other}`, is ever sent");
            found.push(fault);
        }
    }
}

/// Rules for the API that no route of the API is below.
fn missed(server: &Server, parts: &Parts, found: &mut Vec<HandlerFault>) {
    let is_api = |handler: &&Handler| {
        handler.scope.path.as_ref().is_some_and(|path| path.value.split('/').any(|part| part == "api"))
    };
    let routes: Vec<&Handler> = server.handlers[parts.routes.clone()].iter().filter(is_api).collect();
    for rule in server.handlers[parts.rules.clone()].iter().filter(is_api).filter(|rule| sets_cors(rule)) {
        let Some(path) = &rule.scope.path else { continue };
        // A pattern that is more than segments and parameters is not compared.
        let plain = !path.value.contains(['(', '?', '|', '+', '{']);
        if plain && !routes.is_empty() && !routes.iter().any(|route| rule.scope.overlaps(&route.scope)) {
            let mut fault = HandlerFault::new(FaultKind::Shadowed, "nextjs", rule.span, rule.name.clone());
            fault.detail = "fits no route of the application".to_owned();
            found.push(fault);
        }
    }
}
