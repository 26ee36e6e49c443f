//! The words in which the checker refuses an expression: what is wrong, and what to write instead.
//!
//! In: a place and the types involved. Out: problems. Decides nothing.

use std::ops::Range;

use super::check::Purpose;
use super::types::Type;
use super::vocabulary::{Argument, Asked, questions};
use crate::rules::facts::{Field, Kind};
use crate::rules::problem::{Problem, did_you_mean};

/// A question as it is written: `.has("PUT")`.
pub(super) fn example(asked: &Asked) -> String {
    format!("write `{}`", asked.written())
}

pub(super) fn syntax(at: Range<usize>) -> Problem {
    Problem::new(at, "this is not part of the language of rules")
        .help("use fields and their questions with `&&`, `||`, `!`, `==`, `!=`, `in`, `? :` and `.exists(x, ..)`")
}

/// The whole has the wrong type for what it is used for.
pub(super) fn purpose(at: Range<usize>, found: Type, purpose: Purpose) -> Problem {
    match purpose {
        Purpose::Condition => {
            let help = asked_of(found).map(|names| format!("ask it: {names}"));
            Problem::new(at, format!("this is {}, not a condition", found.describe())).maybe_help(help)
        }
        Purpose::Print => Problem::new(at, format!("{} cannot be printed", found.describe()))
            .help("print a text, a number or a list of names; choose words with `condition ? \"a\" : \"b\"`"),
    }
}

/// The questions of a type, as a list for a help text.
fn asked_of(ty: Type) -> Option<String> {
    let Type::Fact(kind) = ty else { return None };
    let names: Vec<String> = questions(kind).iter().map(|asked| format!("`{}`", asked.written())).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// There is no such field or question.
pub(super) fn field(at: Range<usize>, name: &str, of: Type) -> Problem {
    let message = format!("{} has no `{name}`", of.describe());
    let Type::Fact(kind) = of else { return Problem::new(at, message) };
    let fields: &'static [Field] = match kind {
        Kind::Record(schema) | Kind::Optional(schema) => schema().fields,
        _ => &[],
    };
    let known = || fields.iter().map(|field| field.name).chain(questions(kind).iter().map(|asked| asked.name));
    let help = did_you_mean(name, known())
        .or_else(|| asked_of(of).filter(|_| fields.is_empty()).map(|names| format!("ask it: {names}")))
        .or_else(|| (!fields.is_empty()).then(|| format!("it has {}", known().collect::<Vec<_>>().join(", "))));
    Problem::new(at, message).maybe_help(help)
}

pub(super) fn list_question(at: Range<usize>, name: &str) -> Problem {
    Problem::new(at, format!("`{name}` cannot be asked of a list: more of it may be unknown"))
        .help("ask `.exists(x, ..)` with a condition on one element")
}

pub(super) fn not_a_list(at: Range<usize>, found: Type) -> Problem {
    Problem::new(at, format!("{} is not a list of records", found.describe())).maybe_help(asked_of(found))
}

pub(super) fn mixed(at: Range<usize>, first: Type, second: Type) -> Problem {
    Problem::new(at, format!("{} and {} do not go together", first.describe(), second.describe()))
}

pub(super) fn in_names(at: Range<usize>) -> Problem {
    Problem::new(at, "`in` asks for a text in a list that is written out").help("write `.has(\"PUT\")`")
}

pub(super) fn comparison(at: Range<usize>, first: Type, second: Type) -> Problem {
    let help = match (first, second) {
        (Type::Bool, _) | (_, Type::Bool) => Some("write the condition itself".to_owned()),
        (fact @ Type::Fact(_), _) => asked_of(fact).filter(|_| !fact.is_text()).map(|names| format!("ask it: {names}")),
        _ => None,
    };
    Problem::new(at, format!("{} cannot be compared with {}", first.describe(), second.describe())).maybe_help(help)
}

pub(super) fn two_unknowns(at: Range<usize>) -> Problem {
    Problem::new(at, "both texts may be unknown, and two unknown texts would be equal")
        .help("compare with a text in quotes, or ask a fact that was made for this question")
}

pub(super) fn denied_text(at: Range<usize>) -> Problem {
    Problem::new(at, "this is also true when the text is unknown")
        .help("ask what it is (`==`, `in`), or whether it is known (`!= \"\"`)")
}

pub(super) fn denial(at: Range<usize>) -> Problem {
    Problem::new(at, "this may be unknown, and an unknown that is denied would count as true")
        .help("ask the opposite question instead: `.no` for `.yes`, `.lacks(..)` for `.has(..)`")
}

impl Asked {
    /// As it is written after the value: `.has("PUT")`.
    pub(crate) fn written(&self) -> String {
        let name = self.name;
        match self.argument {
            Argument::None => format!(".{name}"),
            Argument::Text => format!(".{name}(\"text\")"),
            Argument::Number => format!(".{name}(600)"),
        }
    }
}
