//! Values and conditions as short text.

use corslint::eval::value::{EnvShape, Item, Kind, Value};
use corslint::model::condition::{Formula, Test};
use corslint::model::term::{Part, Relation, Term};

fn join<T>(items: impl IntoIterator<Item = T>, separator: &str, show: impl Fn(T) -> String) -> String {
    items.into_iter().map(show).collect::<Vec<_>>().join(separator)
}

/// `"a"`, `[1, 2 if A]`, `{k: v}`, `env(X)`, `(A ? 1 | !A ? 2)`, `?` for the unknown.
pub(crate) fn value(value: &Value) -> String {
    match &value.kind {
        Kind::Undefined => "undefined".to_owned(),
        Kind::Null => "null".to_owned(),
        Kind::Bool(flag) => flag.to_string(),
        Kind::Num(number) => number.to_string(),
        Kind::Str(text) => format!("{text:?}"),
        Kind::Regex { pattern, flags } => format!("/{pattern}/{flags}"),
        Kind::List(list) => {
            let mut items: Vec<String> = list.items.iter().map(item).collect();
            items.extend(list.open.then(|| "..".to_owned()));
            format!("[{}]", items.join(", "))
        }
        Kind::Map(map) => {
            let mut entries: Vec<String> = map
                .entries
                .iter()
                .map(|(key, entry)| format!("{key}: {}{}", self::value(&entry.value), under(&entry.when)))
                .collect();
            entries.extend(map.open.then(|| "..".to_owned()));
            format!("{{{}}}", entries.join(", "))
        }
        Kind::Function(closure) => {
            format!("fn {}", closure.function.name.as_deref().unwrap_or("")).trim_end().to_owned()
        }
        Kind::Class(class) => format!("class {}", class.class.name.as_deref().unwrap_or("")).trim_end().to_owned(),
        Kind::Module(_) => "module".to_owned(),
        Kind::Object(_) => "object".to_owned(),
        Kind::External(path) => path.to_string(),
        Kind::Method { receiver, name } => format!("{}.{name}", self::value(receiver)),
        Kind::Env(read) => match &read.shape {
            EnvShape::Text => format!("env({})", read.name),
            EnvShape::List { separator, trimmed } => {
                format!("env({} split {separator:?}{})", read.name, if *trimmed { " trimmed" } else { "" })
            }
            shape => format!("env({} {})", read.name, format!("{shape:?}").to_lowercase()),
        },
        Kind::Term(term) => self::term(term),
        Kind::Condition(formula) => format!("<{}>", self::formula(formula)),
        Kind::OneOf(alternatives) => {
            let show = |(when, value): &(Formula, Value)| format!("{} ? {}", formula(when), self::value(value));
            format!("({})", join(alternatives.iter(), " | ", show))
        }
        Kind::Unknown(_) => "?".to_owned(),
    }
}

fn item(item: &Item) -> String {
    format!("{}{}", value(&item.value), under(&item.when))
}

fn under(when: &Formula) -> String {
    if *when == Formula::True { String::new() } else { format!(" if {}", formula(when)) }
}

fn term(term: &Term) -> String {
    let part = match &term.part {
        Part::Header(name) => name.to_string(),
        Part::Other(name) => format!("other {name}"),
        part => format!("{part:?}").to_lowercase(),
    };
    term.ops.iter().fold(part, |text, op| format!("{text}.{op:?}"))
}

/// `A` for "A is set", `A=x`, `A?` for "A is true", `!`, `&`, `|`, `?` for the unknown.
pub(crate) fn formula(formula: &Formula) -> String {
    match formula {
        Formula::True => "always".to_owned(),
        Formula::False => "never".to_owned(),
        Formula::Test(test, _) => match &***test {
            Test::EnvSet { variable } => variable.to_string(),
            Test::EnvEquals { variable, value } => format!("{variable}={value}"),
            Test::EnvTrue { variable } => format!("{variable}?"),
            Test::EnvLists { variable, separator, trimmed, term } => {
                let split = separator.as_ref().map_or(String::new(), |by| format!(" split {by:?}"));
                let trimmed = if *trimmed { " trimmed" } else { "" };
                format!("{} in {variable}{split}{trimmed}", self::term(term))
            }
            Test::Request { term, relation: Relation::Present } => self::term(term),
            Test::Request { term, relation } => format!("{} {relation:?}", self::term(term)),
            Test::Authenticated => "signed in".to_owned(),
            Test::Thrown(_) => "thrown".to_owned(),
            Test::Sent(header) => format!("sent {header}"),
            Test::Unknown(_) => "?".to_owned(),
        },
        Formula::Not(inner) => format!("!{}", self::formula(inner)),
        Formula::All(parts) => format!("({})", join(parts.iter(), " & ", self::formula)),
        Formula::Any(parts) => format!("({})", join(parts.iter(), " | ", self::formula)),
    }
}
