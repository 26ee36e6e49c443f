//! The types that the checker tells apart.
//!
//! In: kinds of facts. Out: types, and whether a value of them can be relied on to be known.

use crate::rules::facts::Kind;

/// The type of an expression.
#[derive(Debug, Clone, Copy)]
pub(super) enum Type {
    /// True or false.
    Bool,
    /// A whole number, written out.
    Int,
    /// A list of texts, written out: only to be used with `in`.
    Texts,
    /// A fact. A text that is written out is a `Word`.
    Fact(Kind),
}

impl Type {
    pub(super) fn is_text(self) -> bool {
        matches!(self, Type::Fact(Kind::Word | Kind::Text))
    }

    pub(super) fn printable(self) -> bool {
        matches!(self, Type::Int | Type::Fact(Kind::Word | Kind::Text | Kind::Number | Kind::Names))
    }

    /// May both stand in the branches of one choice?
    pub(super) fn same_shape(self, other: Type) -> bool {
        match (self, other) {
            (Type::Bool, Type::Bool) => true,
            (first, second) => first.printable() && second.printable(),
        }
    }

    /// The type of a choice between values of this shape.
    pub(super) fn joined(self) -> Type {
        if matches!(self, Type::Bool) { self } else { Type::Fact(Kind::Text) }
    }

    /// What it is called in messages.
    pub(super) fn describe(self) -> String {
        match self {
            Type::Bool => "a condition".to_owned(),
            Type::Int => "a number".to_owned(),
            Type::Texts => "a list of texts".to_owned(),
            Type::Fact(kind) => match kind {
                Kind::Word | Kind::Text => "a text".to_owned(),
                Kind::Flag | Kind::Known => "a condition".to_owned(),
                Kind::Question => "a question".to_owned(),
                Kind::Number => "a number that may be unknown".to_owned(),
                Kind::Names => "a list of names".to_owned(),
                Kind::Record(schema) | Kind::Optional(schema) => format!("the record `{}`", schema().name),
                Kind::List(schema) => format!("a list of `{}`", schema().name),
            },
        }
    }
}

/// A type, and whether what it is about is known for certain: only then may it be denied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Typed {
    pub(super) ty: Type,
    pub(super) certain: bool,
}

impl Typed {
    pub(super) fn certain(ty: Type) -> Typed {
        Typed { ty, certain: true }
    }

    pub(super) fn uncertain(ty: Type) -> Typed {
        Typed { ty, certain: false }
    }

    /// The type of a field, in a record that is there for certain or not.
    pub(super) fn field(kind: Kind, there: bool) -> Typed {
        match kind {
            Kind::Flag => Typed::uncertain(Type::Bool),
            Kind::Known => Typed { ty: Type::Bool, certain: there },
            Kind::Word | Kind::Record(_) => Typed { ty: Type::Fact(kind), certain: there },
            // A list always has a known number of elements in hand, though more may exist.
            Kind::Text | Kind::Question | Kind::Number | Kind::Names | Kind::Optional(_) | Kind::List(_) => {
                Typed::uncertain(Type::Fact(kind))
            }
        }
    }
}
