//! Values of CORS headers with a line break in them, which no header can carry.
//!
//! In: what servers send. Out: one fact for each such value. nginx sends the break as it is: over HTTP/2 Chromium refuses the
//! whole answer, over HTTP/1.1 it takes an indented line for more of the value and any other for nothing, and Node refuses
//! both. Servers of Node and of Python throw before they answer.

use crate::model::condition::Formula;
use crate::model::project::Project;
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue, Server};
use crate::model::world::{Assume, Situation};
use crate::rules::facts::{Facts, OriginFacts, Text};
use crate::source::{Span, Spanned};

pub(super) fn gather(project: &Project, facts: &mut Facts) {
    let mut told: Vec<Span> = Vec::new();
    for (index, server) in project.servers.iter().enumerate() {
        for (name, value) in broken(server) {
            if told.contains(&value.span) {
                continue;
            }
            told.push(value.span);
            let place = Text::at(name.value.to_string(), value.span);
            facts.origins.push(OriginFacts {
                span: Some(value.span),
                server: u32::try_from(index).ok(),
                platform: server.platform.into(),
                environment: "production".into(),
                written: place.clone(),
                header: place,
                malformed: true.into(),
                malformation: Text::at(consequence(server.platform), value.span),
                placeholder: false.into(),
                null_origin: false.into(),
                ..OriginFacts::default()
            });
        }
    }
}

/// The headers of CORS that are sent with such a value in production.
fn broken(server: &Server) -> impl Iterator<Item = (&Spanned<std::sync::Arc<str>>, &HeaderValue)> {
    let live = |when: &Formula| when.eval(&Situation::of(&Assume::Production)) != Some(false);
    let handlers = server.handlers.iter().filter(move |handler| live(&handler.when));
    let effects = handlers.flat_map(|handler| handler.effects.iter());
    let sent = effects.filter(move |guarded: &&GuardedEffect| live(&guarded.when));
    sent.filter_map(|guarded| match &guarded.effect {
        Effect::Set(name, value) | Effect::Append(name, value) => {
            let of_cors = name.value.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("access-control-"));
            (of_cors && has_break(value)).then_some((name, value))
        }
        _ => None,
    })
}

/// Is there a line break between the first and the last letter? Those at the ends are often taken off.
fn has_break(value: &HeaderValue) -> bool {
    let texts = value.pieces.iter().map(|piece| match piece {
        HeaderPiece::Text(text) => &**text,
        _ => "…",
    });
    texts.collect::<String>().trim().contains(['\n', '\r'])
}

fn consequence(platform: &str) -> &'static str {
    match platform {
        "nginx" => {
            "holds a line break, which nginx sends as it is: over HTTP/2 browsers refuse the whole answer, over HTTP/1.1 \
             other clients and proxies do"
        }
        _ => "holds a line break, which no header can: the server fails instead of answering",
    }
}
