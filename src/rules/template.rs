//! Messages with expressions in them: `{{ policy.platform }} allows credentials for every origin`.
//!
//! In: the text of a message and the subject it may name. Out: a checked template, and its text for one subject.

use super::expr::Expr;
use super::facts::{Given, Record};
use super::problem::Problem;

/// A checked message.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Words(String),
    Print(Expr),
}

impl Template {
    /// Reads and checks a message. White space around it is dropped.
    pub(super) fn parse(source: &str, given: Given) -> Result<Template, Problem> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(open) = source[at..].find("{{").map(|found| at + found) {
            let inside = open + 2;
            let Some(close) = source[inside..].find("}}").map(|found| inside + found) else {
                return Err(Problem::new(open..inside, "this `{{` is not closed").help("close it with `}}`"));
            };
            parts.push(Part::Words(source[at..open].to_owned()));
            let inner = &source[inside..close];
            let indent = inner.len() - inner.trim_start().len();
            let print = Expr::print(inner.trim(), given).map_err(|problem| problem.shifted(inside + indent))?;
            parts.push(Part::Print(print));
            at = close + 2;
        }
        if let Some(stray) = source[at..].find("}}").map(|found| at + found) {
            return Err(Problem::new(stray..stray + 2, "this `}}` closes nothing").help("open it with `{{`"));
        }
        parts.push(Part::Words(source[at..].to_owned()));
        Ok(Template { source: source.trim().to_owned(), parts })
    }

    /// The message as it was written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The message about one subject. An error is a fault of the engine, for a notice.
    pub(super) fn text(&self, subject: &dyn Record) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Words(words) => text.push_str(words),
                Part::Print(expr) => text.push_str(&expr.text(subject)?),
            }
        }
        Ok(text.trim().to_owned())
    }
}
