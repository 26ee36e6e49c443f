//! The questions that each kind of value answers: the table that the checker and the documentation read.
//!
//! In: a kind and the name of a question. Out: its argument and what it means. The answers themselves are in `values`.

use crate::rules::facts::Kind;

/// What a question is asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// Written without parentheses: `.yes`.
    None,
    /// One text in quotes: `.has("PUT")`.
    Text,
    /// One whole number: `.above(7200)`.
    Number,
}

/// A question that a kind of value answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is asked with.
    pub(crate) argument: Argument,
    /// When it holds.
    pub(crate) holds: &'static str,
}

const fn asked(name: &'static str, argument: Argument, holds: &'static str) -> Asked {
    Asked { name, argument, holds }
}

const QUESTION: &[Asked] =
    &[asked("yes", Argument::None, "known to be so"), asked("no", Argument::None, "known not to be so")];

const NUMBER: &[Asked] = &[
    asked("missing", Argument::None, "known to be absent"),
    asked("above", Argument::Number, "known and greater"),
    asked("below", Argument::Number, "known and less"),
    asked("equals", Argument::Number, "known and the same"),
];

const NAMES: &[Asked] = &[
    asked("has", Argument::Text, "the list names it; header names are compared without regard to case"),
    asked("lacks", Argument::Text, "the whole list is known, and neither names it nor holds `*`; or no list is sent"),
    asked("wildcard", Argument::None, "the list holds `*`"),
    asked("missing", Argument::None, "known not to be sent"),
    asked("empty", Argument::None, "known to be sent with nothing in it"),
];

const TEXT: &[Asked] = &[
    asked("startsWith", Argument::Text, "begins with it"),
    asked("endsWith", Argument::Text, "ends with it"),
    asked("contains", Argument::Text, "has it somewhere"),
];

const OPTIONAL: &[Asked] = &[asked("present", Argument::None, "the record is there; may be negated")];

/// The questions of a kind; its own fields are not among them.
pub(crate) fn questions(kind: Kind) -> &'static [Asked] {
    match kind {
        Kind::Question => QUESTION,
        Kind::Number => NUMBER,
        Kind::Names => NAMES,
        Kind::Word | Kind::Text => TEXT,
        Kind::Optional(_) => OPTIONAL,
        Kind::Flag | Kind::Known | Kind::Record(_) | Kind::List(_) => &[],
    }
}
