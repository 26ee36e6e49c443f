//! From values to the model: settling alternatives, reading lists of names, deciding about origins.
//!
//! In: values of the evaluator. Out: model types. Knows no library: each platform says how its option is compared.

use std::sync::Arc;

use crate::eval::env_lists;
use crate::eval::value::{Args, EnvRead, EnvShape, Item, Kind, ObjectId, Reason, Value};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Arm, EnvUse, Known, MaxAge, Names, OriginAnswer};
use crate::model::server::{HeaderPiece, HeaderValue};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term};
use crate::model::world::{Assume, Situation};
use crate::source::{Span, Spanned};

/// The value in production: alternatives that cannot hold there are dropped. Several that may hold stay alternatives.
pub fn in_production(value: &Value) -> Value {
    let assume = Assume::Production;
    let world = Situation::of(&assume);
    let mut kept = Vec::new();
    for (when, value) in value.alternatives() {
        match when.eval(&world) {
            Some(false) => {}
            Some(true) => return value,
            None => kept.push((when, value)),
        }
    }
    Value::one_of(kept, value.span)
}

/// Yes or no in production; a missing value is `default`.
pub fn flag(value: Option<&Value>, default: bool, fallback: Span) -> Spanned<Known> {
    let Some(value) = value else { return Spanned::new(Known::from(default), fallback) };
    let value = in_production(value);
    let known = match &value.kind {
        Kind::Bool(flag) => Known::from(*flag),
        Kind::Null | Kind::Undefined => Known::from(default),
        _ => Known::Unknown,
    };
    Spanned::new(known, value.span)
}

/// When a value is the boolean `true`.
pub fn true_when(value: &Value) -> Formula {
    Formula::any(value.alternatives().into_iter().map(|(when, value)| {
        let holds = match &value.kind {
            Kind::Bool(flag) => Formula::constant(*flag),
            Kind::Condition(formula) => formula.clone(),
            Kind::Env(read) if read.shape == EnvShape::Bool => {
                Formula::test(Test::EnvTrue { variable: read.name.clone() }, read.read)
            }
            Kind::Null | Kind::Undefined | Kind::Str(_) => Formula::False,
            _ => Formula::unknown(value.span),
        };
        when.and(holds)
    }))
}

/// Seconds in production; a missing value is `default`.
pub fn seconds(value: Option<&Value>, default: MaxAge, fallback: Span) -> Spanned<MaxAge> {
    let Some(value) = value else { return Spanned::new(default, fallback) };
    let value = in_production(value);
    let age = match &value.kind {
        Kind::Num(number) => MaxAge::Seconds(*number),
        Kind::Str(text) => text.trim().parse().map_or(MaxAge::Unknown, MaxAge::Seconds),
        Kind::Null | Kind::Undefined => default,
        _ => MaxAge::Unknown,
    };
    Spanned::new(age, value.span)
}

/// A list of names, also written as one text with commas; a missing value is `default`.
pub fn names(value: Option<&Value>, default: Names, fallback: Span) -> Spanned<Names> {
    let Some(value) = value else { return Spanned::new(default, fallback) };
    let value = in_production(value);
    let names = match &value.kind {
        Kind::List(list) => {
            let mut names = Vec::new();
            let mut open = list.open;
            for item in &list.items {
                match item.value.as_str() {
                    Some(text) if item.when == Formula::True => names.push(Spanned::new(text.clone(), item.value.span)),
                    _ => open = true,
                }
            }
            Names::Listed { names, open }
        }
        Kind::Str(text) => Names::Listed { names: comma_names(text, &value), open: false },
        Kind::Null | Kind::Undefined => default,
        // What a variable's default lists may be all there is, or not.
        Kind::OneOf(alternatives) => match default_of_variable(alternatives) {
            Some(written) => {
                let written = self::names(Some(written), Names::Unknown, fallback);
                return match written.value {
                    Names::Listed { names, .. } => Spanned::new(Names::Listed { names, open: true }, written.span),
                    _ => Spanned::new(Names::Unknown, value.span),
                };
            }
            None => Names::Unknown,
        },
        _ => Names::Unknown,
    };
    Spanned::new(names, value.span)
}

/// What stands for a variable that is missing, where there is nothing else beside the variable itself.
fn default_of_variable(alternatives: &[(Formula, Value)]) -> Option<&Value> {
    let [(_, first), (_, second)] = alternatives else { return None };
    let (read, default) = match (&first.kind, &second.kind) {
        (Kind::Env(read), Kind::Str(_) | Kind::List(_)) => (read, alternatives.get(1)?),
        (Kind::Str(_) | Kind::List(_), Kind::Env(read)) => (read, alternatives.first()?),
        _ => return None,
    };
    let missing = Assume::Missing(read.name.to_string());
    (default.0.eval(&Situation::of(&missing)) == Some(true)).then_some(&default.1)
}

/// `GET, POST` in one text, each with its own place.
pub fn comma_names(text: &Arc<str>, value: &Value) -> Vec<Spanned<Arc<str>>> {
    let mut names = Vec::new();
    let mut from = 0;
    for piece in text.split(',') {
        let trimmed = piece.trim();
        if !trimmed.is_empty() {
            let start = from + (piece.len() - piece.trim_start().len());
            names.push(Spanned::new(Arc::from(trimmed), value.part_span(start, start + trimmed.len())));
        }
        from += piece.len() + 1;
    }
    names
}

/// The request's `Origin` equals this text.
pub fn origin_is(text: &Arc<str>, span: Span) -> Formula {
    origin_relation(Relation::Equals(text.clone()), span)
}

/// The request's `Origin` in a relation to something.
pub fn origin_relation(relation: Relation, span: Span) -> Formula {
    Formula::test(Test::Request { term: Term::origin(), relation }, span)
}

/// The request's `Origin` matches a regular expression.
pub fn origin_matches(source: &Arc<str>, ignore_case: bool, anchor: Anchor, span: Span) -> Formula {
    origin_relation(Relation::Matches(Pattern { source: source.clone(), ignore_case, anchor }), span)
}

/// The request's `Origin` is what a variable holds, or one of what it lists; `None` where its text becomes something else.
pub fn in_variable(read: &EnvRead) -> Option<Formula> {
    env_lists(read, &Term::origin())
}

/// Arms that echo an origin found in a list: texts are compared exactly, patterns as JavaScript's `test` does; `compare` may
/// read an item in another way first. What is not known makes an arm of its own, so that nothing certain follows from it.
pub fn list_arms(items: &[Item], open: bool, span: Span, compare: &dyn Fn(&Value) -> Option<Formula>) -> Vec<Arm> {
    let mut arms = Vec::new();
    for item in items {
        for (when, value) in item.value.alternatives() {
            let formula = compare(&value).unwrap_or_else(|| match &value.kind {
                Kind::Str(text) => origin_is(text, value.span),
                Kind::Regex { pattern, flags } => {
                    origin_matches(pattern, flags.contains('i'), Anchor::Search, value.span)
                }
                Kind::Undefined | Kind::Null | Kind::Bool(false) => Formula::False,
                Kind::Env(read) => in_variable(read).unwrap_or_else(|| Formula::unknown(value.span)),
                _ => Formula::unknown(value.span),
            });
            let when = Formula::all([item.when.clone(), when, formula]);
            if when != Formula::False {
                let answer = OriginAnswer::Echo;
                arms.push(Arm { when, answer, span: value.span });
            }
        }
    }
    if open {
        arms.push(Arm { when: Formula::unknown(span), answer: OriginAnswer::Unknown, span });
    }
    arms
}

/// Every environment variable inside a value, with whether there is another value when it is missing.
pub fn env_uses(value: &Value, effect: &'static str) -> Vec<EnvUse> {
    let mut uses = Vec::new();
    collect_env(value, false, effect, &mut uses, 0);
    uses
}

/// Does a default say anything? That it is the developer's own machine is said where it is written.
fn says_something(default: &Value) -> bool {
    match &default.kind {
        Kind::Env(_) | Kind::Null | Kind::Undefined | Kind::Unknown(_) | Kind::Bool(false) => false,
        Kind::Str(text) => !text.trim_matches([',', ' ']).is_empty(),
        Kind::List(list) => {
            list.open || list.items.iter().any(|item| item.value.as_str().is_none_or(|text| !text.trim().is_empty()))
        }
        _ => true,
    }
}

fn collect_env(value: &Value, has_default: bool, effect: &'static str, uses: &mut Vec<EnvUse>, depth: usize) {
    if depth > 6 {
        return;
    }
    match &value.kind {
        Kind::Env(read) if !matches!(read.shape, EnvShape::Bool | EnvShape::Num) => {
            let known = uses.iter().any(|one: &EnvUse| one.name == read.name && one.span == read.read);
            if !known {
                uses.push(EnvUse { name: read.name.clone(), span: read.read, has_default, effect });
            }
        }
        Kind::OneOf(alternatives) => {
            // The other alternative is there when the variable itself is missing.
            let falls_back = |name: &str| {
                alternatives.iter().any(|(when, other)| {
                    let unset = when
                        .tests()
                        .iter()
                        .any(|(test, _)| matches!(test, Test::EnvSet { variable } if **variable == *name));
                    unset && says_something(other)
                })
            };
            for (_, inner) in alternatives.iter() {
                let default = match &inner.kind {
                    Kind::Env(read) => has_default || falls_back(&read.name),
                    _ => has_default,
                };
                collect_env(inner, default, effect, uses, depth + 1);
            }
        }
        Kind::List(list) => {
            for item in &list.items {
                collect_env(&item.value, has_default || list.items.len() > 1, effect, uses, depth + 1);
            }
        }
        _ => {}
    }
}

/// The lines that a header's value becomes where each element of a list is sent as a line of its own.
pub fn header_lines(value: &Value) -> Vec<(Formula, Vec<HeaderValue>)> {
    let mut all = Vec::new();
    for (when, value) in value.alternatives() {
        match &value.kind {
            Kind::List(list)
                if !list.open
                    && list
                        .items
                        .iter()
                        .all(|item| item.when == Formula::True && !matches!(item.value.kind, Kind::OneOf(_))) =>
            {
                let lines = list.items.iter().flat_map(|item| header_values(&item.value));
                all.push((when, lines.map(|(_, line)| line).collect()));
            }
            _ => all.extend(header_values(&value).into_iter().map(|(also, line)| (when.clone().and(also), vec![line]))),
        }
    }
    all
}

/// The value of a header as pieces; the elements of a list are joined.
pub fn header_values(value: &Value) -> Vec<(Formula, HeaderValue)> {
    value
        .alternatives()
        .into_iter()
        .map(|(when, value)| {
            let piece = match &value.kind {
                Kind::Str(text) => HeaderPiece::Text(text.clone()),
                Kind::Num(number) => HeaderPiece::Text(format!("{number}").into()),
                Kind::Bool(flag) => HeaderPiece::Text(flag.to_string().into()),
                Kind::Term(term) => HeaderPiece::Term(term.clone()),
                Kind::List(list) => match joined(&list.items) {
                    Some(text) if !list.open => HeaderPiece::Text(text.into()),
                    _ => HeaderPiece::Unknown,
                },
                _ => HeaderPiece::Unknown,
            };
            (when, HeaderValue { pieces: vec![piece], span: value.span })
        })
        .collect()
}

fn joined(items: &[Item]) -> Option<String> {
    let texts: Option<Vec<&str>> = items
        .iter()
        .map(|item| item.value.as_str().filter(|_| item.when == Formula::True).map(|text| &**text))
        .collect();
    texts.map(|texts| texts.join(", "))
}

/// The value of a key of an options object, through alternatives; `None` when it is certainly not there.
pub fn option(options: &Value, key: &str) -> Option<Value> {
    match &options.kind {
        Kind::Map(map) => match map.entries.get(key) {
            Some(entry) if entry.when == Formula::True => Some(entry.value.clone()),
            Some(entry) => {
                let missing = Value::undefined(entry.key);
                let not = entry.when.clone().negated();
                Some(Value::one_of([(entry.when.clone(), entry.value.clone()), (not, missing)], entry.key))
            }
            None if map.open => Some(Value::unknown(crate::eval::value::Reason::NotModelled, options.span)),
            None => None,
        },
        Kind::OneOf(alternatives) => {
            let mut parts = Vec::new();
            let mut found = false;
            for (when, value) in alternatives.iter() {
                let part = option(value, key);
                found |= part.is_some();
                parts.push((when.clone(), part.unwrap_or_else(|| Value::undefined(options.span))));
            }
            found.then(|| Value::one_of(parts, options.span))
        }
        Kind::Undefined | Kind::Null => None,
        _ => Some(Value::unknown(crate::eval::value::Reason::NotModelled, options.span)),
    }
}

/// The object whose number follows a prefix in a name of ours, and what follows the number: `django:headers#12[]=`.
pub fn object_named(path: &str, prefix: &str) -> Option<(ObjectId, String)> {
    let rest = path.strip_prefix(prefix)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, tail) = rest.split_at(end);
    Some((ObjectId(number.parse().ok()?), tail.to_owned()))
}

/// The options that are the first argument of a call; undefined where there are none.
pub fn options(args: &Args, call: Span) -> Value {
    match args.positional.first() {
        Some(value) => value.clone(),
        None if args.open => Value::unknown(Reason::NotModelled, call),
        None => Value::undefined(call),
    }
}

/// The request has this method.
pub fn method_is(method: &str, span: Span) -> Formula {
    let relation = Relation::Equals(method.into());
    Formula::test(Test::Request { term: Term::of(Part::Method), relation }, span)
}

/// Is one of a class and the classes that it extends the one that is looked for?
pub fn descends(class: &Value, looked_for: &dyn Fn(&Value) -> bool) -> bool {
    let mut open = vec![(class.clone(), 0)];
    while let Some((one, depth)) = open.pop() {
        if looked_for(&one) {
            return true;
        }
        if let Kind::Class(inner) = &one.kind
            && depth < MOST_BASES
        {
            open.extend(inner.bases.iter().map(|base| (base.clone(), depth + 1)));
        }
    }
    false
}

/// Classes above each other that are looked at.
const MOST_BASES: usize = 8;
