//! What becomes of a request: an answer with the place of every header line, or why there is none.
//!
//! In: built by `exchange`. Out: asked for the answer as the standard's algorithms read it, and for the lines that made it.

use std::sync::Arc;

use super::answer::Answer;
use crate::source::Span;

/// A response header line and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name, as written.
    pub name: Arc<str>,
    /// Its value; `None` when nobody knows it.
    pub value: Option<String>,
    /// Where.
    pub span: Span,
}

/// Something that happened to the request or to the answer, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The handler, by its place in the server; `None` for the framework itself.
    pub handler: Option<usize>,
    /// Where it is written.
    pub span: Span,
    /// What it did.
    pub event: Event,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Wrote a header line.
    Wrote(Line),
    /// Took a header away.
    Removed(Arc<str>),
    /// Answered with a status.
    Answered(u16),
    /// Threw.
    Failed,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is answered.
    Answered {
        /// The status.
        status: u16,
        /// The header lines, in the order in which they leave.
        lines: Vec<Line>,
        /// The way to it.
        steps: Vec<Step>,
    },
    /// It is never answered: somebody keeps it.
    Hangs(Span),
    /// Nobody knows, and why.
    Unknown {
        /// Why, as a sentence without its full stop.
        why: String,
        /// The place that cannot be decided.
        span: Option<Span>,
    },
}

impl Outcome {
    /// Nobody knows.
    pub(super) fn unknown(why: impl Into<String>, span: impl Into<Option<Span>>) -> Outcome {
        Outcome::Unknown { why: why.into(), span: span.into() }
    }

    /// The answer as the algorithms of the standard read it; the reason when there is none or when the value of a header
    /// that matters to CORS is not known.
    pub fn answer(&self) -> Result<Answer, String> {
        match self {
            Outcome::Answered { status, lines, .. } => {
                let mut answer = Answer::new(*status);
                for line in lines {
                    match &line.value {
                        Some(value) => answer.append(&line.name, value),
                        None if matters(&line.name, true) => {
                            return Err(format!("the value of `{}` is not known", line.name));
                        }
                        None => {}
                    }
                }
                Ok(answer)
            }
            Outcome::Hangs(_) => Err("the request is never answered".to_owned()),
            Outcome::Unknown { why, .. } => Err(why.clone()),
        }
    }

    /// The last line of this name that an answer carries.
    pub fn line(&self, name: &str) -> Option<&Line> {
        match self {
            Outcome::Answered { lines, .. } => lines.iter().rev().find(|line| line.name.eq_ignore_ascii_case(name)),
            _ => None,
        }
    }

    /// Would a browser see the same, and with `exactly` its cache as well, which reads `Vary`?
    pub(super) fn says_the_same(&self, other: &Outcome, exactly: bool) -> bool {
        let seen = |outcome: &Outcome| match outcome {
            Outcome::Answered { status, lines, .. } => {
                let lines = lines.iter().filter(|line| matters(&line.name, exactly));
                Some((*status, lines.map(|line| (line.name.to_lowercase(), line.value.clone())).collect::<Vec<_>>()))
            }
            _ => None,
        };
        match (self, other) {
            (Outcome::Hangs(_), Outcome::Hangs(_)) => true,
            _ => seen(self).is_some() && seen(self) == seen(other),
        }
    }
}

/// Headers that the algorithms of the standard read.
fn matters(name: &str, exactly: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("access-control-") || exactly && lower == "vary"
}
