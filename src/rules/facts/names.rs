//! Lists of method or header names, as the `Access-Control-*` headers carry them.
//!
//! In: the names a server sends. Out: the questions `has`, `lacks`, `wildcard`, `missing`, `empty`. Methods are compared
//! exactly and header names without regard to ASCII case, as the Fetch standard does.

use std::fmt;

use crate::source::Span;

/// A list of names that is sent, or missing, or unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    state: State,
    items: Vec<String>,
    ignore_case: bool,
    /// Where it is written.
    pub span: Option<Span>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    Missing,
    /// These and perhaps more: part of the list is unknown, or the library mirrors what is asked for.
    Open,
    Closed,
}

impl Names {
    /// Method names: compared exactly.
    pub fn methods<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Names {
        Names { items: items.into_iter().map(Into::into).collect(), state: State::Closed, ..Names::default() }
    }

    /// Header names: compared without regard to ASCII case.
    pub fn headers<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Names {
        Names { ignore_case: true, ..Names::methods(items) }
    }

    /// Known not to be sent.
    pub fn absent() -> Names {
        Names { state: State::Missing, ..Names::default() }
    }

    /// The same list, of which more names may be unknown. Nothing is known to be lacking from it.
    pub fn open(self) -> Names {
        Names { state: State::Open, ..self }
    }

    /// The same list, written in a file.
    pub fn at(self, span: Span) -> Names {
        Names { span: Some(span), ..self }
    }

    /// Is this name in the list, as written?
    pub fn has(&self, name: &str) -> bool {
        let same = |item: &String| if self.ignore_case { item.eq_ignore_ascii_case(name) } else { item == name };
        self.items.iter().any(same)
    }

    /// Is it certain that neither this name nor `*` is in the list? True as well when no list is sent.
    pub fn lacks(&self, name: &str) -> bool {
        match self.state {
            State::Missing => true,
            State::Closed => !self.wildcard() && !self.has(name),
            State::Unknown | State::Open => false,
        }
    }

    /// Is `*` in the list?
    pub fn wildcard(&self) -> bool {
        self.items.iter().any(|item| item == "*")
    }

    /// Is it certain that no list is sent?
    pub fn missing(&self) -> bool {
        self.state == State::Missing
    }

    /// Is it certain that the list is sent with nothing in it?
    pub fn empty(&self) -> bool {
        self.state == State::Closed && self.items.is_empty()
    }
}

/// The names with commas between them, as the header would carry them.
impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.items.join(", "))
    }
}
