//! The kinds of fields a fact can have.
//!
//! In: what the model knows, or that it does not know. Out: values that answer positive questions only. Every kind has
//! an unknown (its `Default`), for which each question answers no. Knows nothing of rules or expressions.

use std::fmt;

use crate::source::Span;

/// A word that is always known: a platform, a library, a kind. May be compared and negated freely.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word(pub String);

impl<T: Into<String>> From<T> for Word {
    fn from(text: T) -> Word {
        Word(text.into())
    }
}

/// A text as written or worked out, with its place. Empty means: not known, or there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub value: String,
    /// Where it is written.
    pub span: Option<Span>,
}

impl Text {
    /// A text that was worked out, not written anywhere.
    pub fn new(value: impl Into<String>) -> Text {
        Text { value: value.into(), span: None }
    }

    /// A text written in a file.
    pub fn at(value: impl Into<String>, span: Span) -> Text {
        Text { value: value.into(), span: Some(span) }
    }
}

impl From<&str> for Text {
    fn from(value: &str) -> Text {
        Text::new(value)
    }
}

impl From<String> for Text {
    fn from(value: String) -> Text {
        Text::new(value)
    }
}

/// A statement that holds, or of which nothing is claimed. `!` is refused in front of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl From<bool> for Flag {
    fn from(holds: bool) -> Flag {
        Flag(holds)
    }
}

/// A statement that is known to hold or known not to hold. `!` is allowed in front of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known(pub bool);

impl From<bool> for Known {
    fn from(holds: bool) -> Known {
        Known(holds)
    }
}

/// Yes, no, or unknown; with the place that decides it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Question {
    /// The answer, if there is one.
    pub answer: Option<bool>,
    /// Where it is written.
    pub span: Option<Span>,
}

impl Question {
    /// Known, by default or by being left out.
    pub fn new(answer: bool) -> Question {
        Question { answer: Some(answer), span: None }
    }

    /// Known and written in a file.
    pub fn at(answer: bool, span: Span) -> Question {
        Question { answer: Some(answer), span: Some(span) }
    }
}

impl From<Option<bool>> for Question {
    fn from(answer: Option<bool>) -> Question {
        Question { answer, span: None }
    }
}

/// A number that is written, or missing, or unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Number {
    state: NumberState,
    /// Where it is written.
    pub span: Option<Span>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum NumberState {
    #[default]
    Unknown,
    Missing,
    Value(i64),
}

impl Number {
    /// A known number that is not written anywhere: a library's default.
    pub fn new(value: i64) -> Number {
        Number { state: NumberState::Value(value), span: None }
    }

    /// A number written in a file.
    pub fn at(value: i64, span: Span) -> Number {
        Number { state: NumberState::Value(value), span: Some(span) }
    }

    /// Known to be absent.
    pub fn absent() -> Number {
        Number { state: NumberState::Missing, span: None }
    }

    /// The number, if it is known.
    pub fn value(self) -> Option<i64> {
        match self.state {
            NumberState::Value(value) => Some(value),
            NumberState::Missing | NumberState::Unknown => None,
        }
    }

    /// Is it known to be absent?
    pub fn missing(self) -> bool {
        self.state == NumberState::Missing
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().map_or(Ok(()), |value| value.fmt(f))
    }
}
