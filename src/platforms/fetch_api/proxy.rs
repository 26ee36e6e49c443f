//! Functions in front of another server that lose its CORS headers on the way.
//!
//! In: the answers of one function. Out: `HandlerFault`s where what is handed on is certainly without the headers.

use super::answers::{Answer, Handled, What};
use super::faults::Whose;
use super::grants::grants;
use crate::model::project::{FaultKind, HandlerFault};
use crate::model::server::Effect;
use crate::model::world::{Assume, Situation};
use crate::source::Span;

/// The header list is built anew around another server's body, or the header is taken off.
pub(super) fn strips(handled: &Handled, whose: &Whose, found: &mut Vec<HandlerFault>) {
    for answer in handled.answers.iter().filter(|answer| !grants(answer)) {
        let at = removed(answer).map(|span| (span, "it removes the header")).or_else(|| {
            let rebuilt = handled.forwards && answer.passes_body && !answer.open && matches!(answer.what, What::Own(_));
            rebuilt.then_some((answer.span, "it sends a header list of its own"))
        });
        let reached = answer.when.eval(&Situation::of(&Assume::Production)) != Some(false);
        if let Some((span, why)) = at.filter(|_| reached) {
            let mut one = HandlerFault::new(FaultKind::StripsCors, whose.platform, span, whose.name.clone());
            why.clone_into(&mut one.detail);
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
}

fn removed(answer: &Answer) -> Option<Span> {
    answer.lines.iter().find_map(|line| match &line.effect {
        Effect::Remove(name) if name.value.eq_ignore_ascii_case("access-control-allow-origin") => Some(line.span),
        _ => None,
    })
}
