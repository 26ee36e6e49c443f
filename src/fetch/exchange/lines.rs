//! The header lines of an answer that is being made: their text for this request, and how they are added and taken away.

use std::sync::Arc;

use super::super::outcome::{Event, Line, Step};
use super::Walk;
use crate::model::server::{HeaderPiece, HeaderValue};
use crate::model::term::TermValue;
use crate::source::Span;

/// A header's text; `None` when nobody knows it.
type Text = Option<String>;

impl Walk<'_, '_> {
    /// The text of a header value for this request: `None` when it is made of parts that the request does not have.
    pub(super) fn text(&self, value: &HeaderValue) -> Option<Text> {
        let mut text = Some(String::new());
        for piece in &value.pieces {
            let part = match piece {
                HeaderPiece::Text(part) => Some(part.to_string()),
                HeaderPiece::Unknown => None,
                HeaderPiece::Term(term) => match term.apply(self.request.part(&term.part)) {
                    TermValue::Text(part) => Some(part),
                    TermValue::Absent if value.pieces.len() == 1 => return None,
                    TermValue::Absent => Some(String::new()),
                    TermValue::Pieces(_) | TermValue::Unknown => None,
                },
            };
            text = text.zip(part).map(|(text, part)| text + &part);
        }
        Some(text)
    }

    pub(super) fn write(&mut self, index: usize, name: &Arc<str>, value: Text, span: Span) {
        let line = Line { name: name.clone(), value, span };
        self.steps.push(Step { handler: Some(index), span, event: Event::Wrote(line.clone()) });
        self.lines.push(line);
    }

    /// Adds to the one line of a list; lines that there were become one.
    pub(super) fn merge(&mut self, index: usize, name: &Arc<str>, value: &HeaderValue, again: bool) {
        let Some(added) = self.text(value) else { return };
        let same = |line: &Line| line.name.eq_ignore_ascii_case(name);
        let Some(first) = self.lines.iter().position(same) else {
            return self.write(index, name, added, value.span);
        };
        let values: Option<Vec<String>> =
            self.lines.iter().filter(|line| same(line)).map(|line| line.value.clone()).collect();
        let mut at = 0;
        self.lines.retain(|line| {
            at += 1;
            at - 1 == first || !same(line)
        });
        let line = &mut self.lines[first];
        line.value = values.map(|values| values.join(", "));
        let listed = |list: &str, one: &str| list.split(',').any(|name| name.trim().eq_ignore_ascii_case(one));
        match (&mut line.value, added) {
            (Some(list), Some(added)) if !again && (list.trim() == "*" || listed(list, &added)) => {}
            (Some(list), Some(added)) => *list = format!("{list}, {added}"),
            (list, _) => *list = None,
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.lines.retain(|line| !line.name.eq_ignore_ascii_case(name));
    }
}
