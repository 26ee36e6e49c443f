//! Facts as the values of the expression language.
//!
//! In: records of facts. Out: values that look a field up when it is asked for; nothing is converted beforehand. The
//! member functions here are the ones that `check` lists for rule authors.

use std::any::Any;
use std::fmt::Debug;

use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelInt, CelList, CelString, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

use crate::rules::facts::{Fact, Kind, Names, Number, Question, Record, Schema};

/// Adds the member functions of numbers and name lists to an environment.
pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    cel::add_member_overload!(env, fn has: (NamesVal, CelString) -> CelBool)?;
    cel::add_member_overload!(env, fn lacks: (NamesVal, CelString) -> CelBool)?;
    cel::add_member_overload!(env, fn above: (NumberVal, CelInt) -> CelBool)?;
    cel::add_member_overload!(env, fn below: (NumberVal, CelInt) -> CelBool)?;
    cel::add_member_overload!(env, fn equals: (NumberVal, CelInt) -> CelBool)
}

fn has(names: &NamesVal, name: &CelString<'_>) -> CelBool {
    names.0.has(name.inner()).into()
}

fn lacks(names: &NamesVal, name: &CelString<'_>) -> CelBool {
    names.0.lacks(name.inner()).into()
}

fn above(number: &NumberVal, bound: &CelInt) -> CelBool {
    number.0.value().is_some_and(|value| value > *bound.inner()).into()
}

fn below(number: &NumberVal, bound: &CelInt) -> CelBool {
    number.0.value().is_some_and(|value| value < *bound.inner()).into()
}

fn equals(number: &NumberVal, other: &CelInt) -> CelBool {
    (number.0.value() == Some(*other.inner())).into()
}

/// A record, or what is left of one that is absent.
#[derive(Debug, Clone, Copy)]
pub(super) enum RecordVal<'a> {
    Present { record: &'a dyn Record, optional: bool },
    Absent(&'static Schema),
}

/// A question; `yes` and `no` are both false when it has no answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct QuestionVal(Question);

/// A number with the functions `above`, `below` and `equals`.
#[derive(Debug, Clone, Copy)]
pub(super) struct NumberVal(pub(super) Number);

/// A list of names with the functions `has` and `lacks`.
#[derive(Debug, Clone)]
pub(super) struct NamesVal(pub(super) Names);

/// Turns a fact into a value. `kind` says whether a record may be absent.
fn value<'a>(fact: Fact<'a>, kind: Kind) -> Box<dyn Val + 'a> {
    match fact {
        Fact::Text(text, _) => Box::new(CelString::from(text)),
        Fact::Flag(holds) => Box::new(CelBool::from(holds)),
        Fact::Question(question) => Box::new(QuestionVal(question)),
        Fact::Number(number) => Box::new(NumberVal(number)),
        Fact::Names(names) => Box::new(NamesVal(names.clone())),
        Fact::Record(record) => Box::new(RecordVal::Present { record, optional: matches!(kind, Kind::Optional(_)) }),
        Fact::Absent(schema) => Box::new(RecordVal::Absent(schema)),
        Fact::List(records) => {
            let present = |record| Box::new(RecordVal::Present { record, optional: false }) as Box<dyn Val + 'a>;
            Box::new(CelList::from(records.into_iter().map(present).collect::<Vec<_>>()))
        }
    }
}

/// The field of a record that is not there: unknown, whatever it is.
fn unknown<'a>(kind: Kind) -> Box<dyn Val + 'a> {
    match kind {
        Kind::Word | Kind::Text => Box::new(CelString::from("")),
        Kind::Flag | Kind::Known => Box::new(CelBool::from(false)),
        Kind::Question => Box::new(QuestionVal(Question::default())),
        Kind::Number => Box::new(NumberVal(Number::default())),
        Kind::Names => Box::new(NamesVal(Names::default())),
        Kind::Record(schema) | Kind::Optional(schema) => Box::new(RecordVal::Absent(schema())),
        Kind::List(_) => Box::new(CelList::from(Vec::new())),
    }
}

fn key(index: &dyn Val) -> &str {
    index.downcast_ref::<CelString>().map_or("", |key| key.inner())
}

fn no_such(key: &str) -> ExecutionError {
    ExecutionError::NoSuchKey(std::sync::Arc::new(key.to_owned()))
}

fn flag<'a>(holds: bool) -> Box<dyn Val + 'a> {
    Box::new(CelBool::from(holds))
}

impl Indexer for RecordVal<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let key = key(index);
        match *self {
            RecordVal::Present { optional: true, .. } if key == "present" => Ok(flag(true).into()),
            RecordVal::Present { record, .. } => {
                let kind = record.schema().field(key).map(|field| field.kind);
                let found = record.fact(key).zip(kind).map(|(fact, kind)| CowVal::Owned(value(fact, kind)));
                found.ok_or_else(|| no_such(key))
            }
            RecordVal::Absent(_) if key == "present" => Ok(flag(false).into()),
            RecordVal::Absent(schema) => {
                schema.field(key).map(|field| CowVal::Owned(unknown(field.kind))).ok_or_else(|| no_such(key))
            }
        }
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl<'a> Val for RecordVal<'a> {
    fn get_type(&self) -> &Type {
        Self::cel_type()
    }

    fn cel_type() -> &'static Type {
        static RECORD: Type = Type::new_unspecified_type("record");
        &RECORD
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(*self)
    }
}

/// The yes-or-no fields of the kinds that own their value.
trait Answers: Debug + Clone + Send + Sync + 'static {
    fn answer(&self, question: &str) -> Option<bool>;
}

impl Answers for QuestionVal {
    fn answer(&self, question: &str) -> Option<bool> {
        match question {
            "yes" => Some(self.0.answer == Some(true)),
            "no" => Some(self.0.answer == Some(false)),
            _ => None,
        }
    }
}

impl Answers for NumberVal {
    fn answer(&self, question: &str) -> Option<bool> {
        (question == "missing").then(|| self.0.missing())
    }
}

impl Answers for NamesVal {
    fn answer(&self, question: &str) -> Option<bool> {
        match question {
            "missing" => Some(self.0.missing()),
            "empty" => Some(self.0.empty()),
            "wildcard" => Some(self.0.wildcard()),
            _ => None,
        }
    }
}

macro_rules! owned_value {
    ($($name:ident = $word:literal;)*) => {
        $(
            impl Indexer for $name {
                fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
                where
                    Self: 'v,
                {
                    let key = key(index);
                    self.answer(key).map(|holds| flag(holds).into()).ok_or_else(|| no_such(key))
                }

                fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
                where
                    Self: 'v,
                {
                    self.get(index).map(CowVal::into_owned)
                }
            }

            impl Val for $name {
                fn get_type(&self) -> &Type {
                    Self::cel_type()
                }

                fn cel_type() -> &'static Type {
                    static TYPE: Type = Type::new_unspecified_type($word);
                    &TYPE
                }

                fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
                where
                    Self: 'v,
                {
                    Some(self)
                }

                fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
                where
                    Self: 'v,
                {
                    Box::new(self.clone())
                }

                fn as_any(&self) -> Option<&dyn Any> {
                    Some(self)
                }
            }

            impl StaticVal for $name {}
        )*
    };
}

owned_value! {
    QuestionVal = "question";
    NumberVal = "number";
    NamesVal = "names";
}
