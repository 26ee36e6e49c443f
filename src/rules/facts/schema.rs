//! What can be said about a record of facts: its fields, their kinds, their documentation.
//!
//! In: declarations made with `facts!`. Out: one description that the checker of expressions, the documentation and the
//! JSON Schema all read, and the look-up of a field at run time. Knows neither YAML nor the expression language.

use std::fmt::Debug;
use std::sync::Arc;

use super::kinds::{Flag, Known, Number, Question, Text, Word};
use super::names::Names;
use crate::source::Span;

/// The description of a record.
#[derive(Debug)]
pub struct Schema {
    /// What expressions call it: `policy`, `allow_origin`.
    pub name: &'static str,
    /// Its documentation, one entry per line.
    pub docs: &'static [&'static str],
    /// The fields in the order of their declaration.
    pub fields: &'static [Field],
}

impl Schema {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The documentation as one paragraph.
    pub fn doc(&self) -> String {
        paragraph(self.docs)
    }
}

/// The description of a field.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its documentation, one entry per line.
    pub docs: &'static [&'static str],
    /// What it holds.
    pub kind: Kind,
}

impl Field {
    /// The documentation as one paragraph.
    pub fn doc(&self) -> String {
        paragraph(self.docs)
    }
}

fn paragraph(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// What a field holds. Records are named by a function so that two records may hold each other.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// [`Word`].
    Word,
    /// [`Text`].
    Text,
    /// [`Flag`].
    Flag,
    /// [`Known`].
    Known,
    /// [`Question`].
    Question,
    /// [`Number`].
    Number,
    /// [`Names`].
    Names,
    /// A record that is always there.
    Record(fn() -> &'static Schema),
    /// A record that may be absent.
    Optional(fn() -> &'static Schema),
    /// A list of records.
    List(fn() -> &'static Schema),
}

impl Kind {
    /// The name used in messages and in the documentation.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Word => "Word",
            Kind::Text => "Text",
            Kind::Flag => "Flag",
            Kind::Known => "Known",
            Kind::Question => "Question",
            Kind::Number => "Number",
            Kind::Names => "Names",
            Kind::Record(_) => "Record",
            Kind::Optional(_) => "Optional",
            Kind::List(_) => "List",
        }
    }

    /// Can a value of this kind know where it is written?
    pub fn has_place(self) -> bool {
        !matches!(self, Kind::Word | Kind::Flag | Kind::Known | Kind::List(_))
    }
}

/// A field as it is found at run time.
#[derive(Debug, Clone)]
pub enum Fact<'a> {
    /// A word or a text.
    Text(&'a str, Option<Span>),
    /// A flag, known or not.
    Flag(bool),
    /// A question.
    Question(Question),
    /// A number.
    Number(Number),
    /// A list of names.
    Names(&'a Names),
    /// A record.
    Record(&'a dyn Record),
    /// A record that is not there.
    Absent(&'static Schema),
    /// A list of records.
    List(Vec<&'a dyn Record>),
}

impl Fact<'_> {
    /// Where it is written.
    pub fn span(&self) -> Option<Span> {
        match self {
            Fact::Text(_, span) => *span,
            Fact::Question(question) => question.span,
            Fact::Number(number) => number.span,
            Fact::Names(names) => names.span,
            Fact::Record(record) => record.span(),
            Fact::Flag(_) | Fact::Absent(_) | Fact::List(_) => None,
        }
    }
}

/// A struct declared with `facts!`.
pub trait Record: Debug + Send + Sync {
    /// Its description.
    fn schema(&self) -> &'static Schema;
    /// The field of that name.
    fn fact(&self, field: &str) -> Option<Fact<'_>>;
    /// Where the whole of it is written.
    fn span(&self) -> Option<Span>;
}

/// A record that rules can be given.
pub trait Subject: Record {
    /// The platform whose configuration it is: `express`, `nginx`.
    fn platform(&self) -> &str;
    /// The environment it is about.
    fn environment(&self) -> &str;
    /// Its headers are written by hand, not by a library.
    fn by_hand(&self) -> bool {
        matches!(self.fact("handwritten"), Some(Fact::Flag(true)))
    }
    /// Which server it belongs to; subjects of the same server have the same number.
    fn server(&self) -> Option<u32>;
}

/// A record type whose description is known without a value of it.
pub trait Described: Record {
    /// Its description.
    fn described() -> &'static Schema;
}

/// A Rust type that can stand as a field in `facts!`.
pub trait AsField {
    /// Its kind.
    const KIND: Kind;
    /// Its value at run time.
    fn fact(&self) -> Fact<'_>;
}

macro_rules! as_field {
    ($($kind:ident: $this:ident => $fact:expr;)*) => {
        $(impl AsField for $kind {
            const KIND: Kind = Kind::$kind;
            fn fact(&self) -> Fact<'_> {
                let $this = self;
                $fact
            }
        })*
    };
}

as_field! {
    Word: this => Fact::Text(&this.0, None);
    Text: this => Fact::Text(&this.value, this.span);
    Flag: this => Fact::Flag(this.0);
    Known: this => Fact::Flag(this.0);
    Question: this => Fact::Question(*this);
    Number: this => Fact::Number(*this);
    Names: this => Fact::Names(this);
}

impl<R: Described> AsField for Box<R> {
    const KIND: Kind = Kind::Record(R::described);
    fn fact(&self) -> Fact<'_> {
        Fact::Record(&**self)
    }
}

impl<R: Described> AsField for Arc<R> {
    const KIND: Kind = Kind::Record(R::described);
    fn fact(&self) -> Fact<'_> {
        Fact::Record(&**self)
    }
}

impl<R: Described> AsField for Option<R> {
    const KIND: Kind = Kind::Optional(R::described);
    fn fact(&self) -> Fact<'_> {
        self.as_ref().map_or_else(|| Fact::Absent(R::described()), |record| Fact::Record(record))
    }
}

impl<R: Described> AsField for Vec<R> {
    const KIND: Kind = Kind::List(R::described);
    fn fact(&self) -> Fact<'_> {
        Fact::List(self.iter().map(|record| record as &dyn Record).collect())
    }
}
