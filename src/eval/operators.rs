//! Truth, equality, membership and arithmetic on values; what depends on the request or the environment becomes a condition.

use std::sync::Arc;

use super::Interp;
use super::value::{EnvRead, EnvShape, Item, Kind, List, Reason, Value};
use crate::ir::{BinaryOp, Language};
use crate::model::condition::{Formula, Test};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term};
use crate::model::world::flag;
use crate::source::Span;

impl Interp<'_> {
    /// When is a value true?
    pub(super) fn truthy(&mut self, value: &Value) -> Formula {
        let python = self.language_here() == Language::Python;
        match &value.kind {
            Kind::Undefined | Kind::Null => Formula::False,
            Kind::Bool(flag) => Formula::constant(*flag),
            Kind::Num(number) => Formula::constant(*number != 0.0 && !number.is_nan()),
            Kind::Str(text) => Formula::constant(!text.is_empty()),
            Kind::List(list) if python => non_empty(list, value.span),
            Kind::Map(map) if python => match (map.open, map.entries.is_empty()) {
                (_, false) => Formula::True,
                (false, true) => Formula::False,
                (true, true) => Formula::unknown(value.span),
            },
            Kind::Env(read) => env_truth(read, python),
            Kind::Term(term) => {
                Formula::test(Test::Request { term: term.clone(), relation: Relation::Present }, value.span)
            }
            Kind::Condition(formula) => formula.clone(),
            Kind::OneOf(alternatives) => {
                let truths: Vec<(Formula, Formula)> =
                    alternatives.iter().map(|(when, value)| (when.clone(), self.truthy(value))).collect();
                // It is one of them, so what holds for all of them holds.
                match truths.iter().all(|(_, truth)| *truth == Formula::True) {
                    true => Formula::True,
                    false => Formula::any(truths.into_iter().map(|(when, truth)| when.and(truth))),
                }
            }
            Kind::Unknown(_) | Kind::External(_) | Kind::Method { .. } => Formula::unknown(value.span),
            Kind::Object(id) if self.object(*id).class.is_none() && !self.object(*id).exists => {
                Formula::unknown(self.object(*id).span)
            }
            Kind::List(_)
            | Kind::Map(_)
            | Kind::Regex { .. }
            | Kind::Function(_)
            | Kind::Class(_)
            | Kind::Module(_)
            | Kind::Object(_) => Formula::True,
        }
    }

    /// When is a value `null`, `undefined` or `None`?
    pub(super) fn nullish(&mut self, value: &Value) -> Formula {
        match &value.kind {
            Kind::Undefined | Kind::Null => Formula::True,
            // `process.env.X?.split(',')` is as undefined as the variable.
            Kind::Env(read) if matches!(read.shape, EnvShape::Text | EnvShape::List { .. }) => env_set(read).negated(),
            Kind::Term(term) => {
                Formula::test(Test::Request { term: term.clone(), relation: Relation::Present }, value.span).negated()
            }
            Kind::OneOf(alternatives) => {
                let parts: Vec<Formula> =
                    alternatives.iter().map(|(when, value)| when.clone().and(self.nullish(value))).collect();
                Formula::any(parts)
            }
            Kind::Unknown(_) | Kind::External(_) | Kind::Method { .. } => Formula::unknown(value.span),
            _ => Formula::False,
        }
    }

    /// When are two values equal?
    pub(super) fn equals(&mut self, left: &Value, right: &Value, span: Span) -> Formula {
        match (&left.kind, &right.kind) {
            (Kind::OneOf(alternatives), _) => {
                let parts: Vec<Formula> = alternatives
                    .iter()
                    .map(|(when, value)| when.clone().and(self.equals(value, right, span)))
                    .collect();
                Formula::any(parts)
            }
            (_, Kind::OneOf(_)) => self.equals(right, left, span),
            (Kind::Str(a), Kind::Str(b)) => Formula::constant(a == b),
            (Kind::Bool(a), Kind::Bool(b)) => Formula::constant(a == b),
            #[expect(clippy::float_cmp, reason = "JavaScript's own comparison")]
            (Kind::Num(a), Kind::Num(b)) => Formula::constant(a == b),
            (Kind::Undefined | Kind::Null, Kind::Undefined | Kind::Null) => Formula::True,
            (Kind::Undefined | Kind::Null, _) => self.nullish(right),
            (_, Kind::Undefined | Kind::Null) => self.nullish(left),
            (Kind::Condition(formula), Kind::Bool(flag)) | (Kind::Bool(flag), Kind::Condition(formula)) => {
                if *flag {
                    formula.clone()
                } else {
                    formula.clone().negated()
                }
            }
            (Kind::Term(term), Kind::Str(text)) | (Kind::Str(text), Kind::Term(term)) => {
                // The span is the literal's: the origin that is allowed here.
                let at = if left.as_str().is_some() { left.span } else { right.span };
                request(term, Relation::Equals(text.clone()), at)
            }
            (Kind::Term(term), Kind::Num(number)) | (Kind::Num(number), Kind::Term(term))
                if term.part == Part::Status && term.ops.is_empty() =>
            {
                request(term, Relation::Equals(number.to_string().into()), span)
            }
            // A secret of the environment is not empty, so what is missing or empty never equals it.
            (Kind::Term(term), Kind::Env(read)) | (Kind::Env(read), Kind::Term(term)) => match read.shape {
                EnvShape::Text => env_lists(read, term).unwrap_or_else(|| Formula::unknown(span)),
                _ => request(term, Relation::Present, span).and(Formula::unknown(span)),
            },
            (Kind::Env(read), Kind::Str(text)) | (Kind::Str(text), Kind::Env(read)) => env_equals(read, text, span),
            (Kind::Env(read), Kind::Bool(flag)) | (Kind::Bool(flag), Kind::Env(read)) => {
                let truth = env_truth(read, true);
                if *flag { truth } else { truth.negated() }
            }
            (Kind::Env(a), Kind::Env(b)) if a.name == b.name && a.shape == b.shape => Formula::True,
            (a, b) if is_plain(a) && is_plain(b) => Formula::False,
            // `cast is bool`: a function of the program is none of the language's own types.
            (Kind::Function(_), Kind::External(name)) | (Kind::External(name), Kind::Function(_))
                if is_builtin_type(name) =>
            {
                Formula::False
            }
            (Kind::External(a), Kind::External(b)) if is_builtin_type(a) && is_builtin_type(b) => {
                Formula::constant(a == b)
            }
            _ => Formula::unknown(span),
        }
    }

    /// When is `needle` a member of `haystack`: an item of a list, a key of a map, a substring of a text?
    pub(super) fn contains(&mut self, haystack: &Value, needle: &Value, span: Span) -> Formula {
        match (&haystack.kind, &needle.kind) {
            (Kind::OneOf(alternatives), _) => {
                let parts: Vec<Formula> = alternatives
                    .iter()
                    .map(|(when, value)| when.clone().and(self.contains(value, needle, span)))
                    .collect();
                Formula::any(parts)
            }
            (_, Kind::OneOf(alternatives)) => {
                let parts: Vec<Formula> = alternatives
                    .iter()
                    .map(|(when, value)| when.clone().and(self.contains(haystack, value, span)))
                    .collect();
                Formula::any(parts)
            }
            (Kind::List(list), _) => {
                let mut parts: Vec<Formula> = list
                    .items
                    .iter()
                    .map(|item| item.when.clone().and(self.equals(&item.value, needle, item.value.span)))
                    .collect();
                if list.open {
                    parts.push(Formula::unknown(haystack.span));
                }
                Formula::any(parts)
            }
            (Kind::Map(map), _) => {
                let mut parts = Vec::new();
                for (key, entry) in &map.entries {
                    let key = Value::text(key.clone(), entry.key);
                    parts.push(entry.when.clone().and(self.equals(&key, needle, entry.key)));
                }
                if map.open {
                    parts.push(Formula::unknown(haystack.span));
                }
                Formula::any(parts)
            }
            (Kind::Str(text), Kind::Str(part)) => Formula::constant(text.contains(&**part)),
            // Whatever a variable lists, what is missing or empty is not in it.
            (Kind::Env(read), Kind::Term(term)) if matches!(read.shape, EnvShape::List { .. }) => {
                env_lists(read, term).unwrap_or_else(|| Formula::unknown(span))
            }
            (Kind::Env(read), Kind::Str(text)) if &**text == "*" => {
                Formula::test(Test::EnvEquals { variable: read.name.clone(), value: text.clone() }, span)
            }
            (Kind::External(path), Kind::Str(name)) if matches!(&**path, "py:os.environ" | "js:process.env") => {
                Formula::test(Test::EnvSet { variable: name.clone() }, span)
            }
            (Kind::Term(term), Kind::Str(part)) => request(term, Relation::Contains(part.clone()), needle.span),
            (Kind::Str(text), Kind::Term(term)) => request(term, Relation::Within(text.clone()), span),
            // `"authorization" in request.headers`: a key of a table that a library describes.
            (Kind::External(_), Kind::Str(key)) => match self.member(haystack, key, span) {
                found @ Value { kind: Kind::Term(_), .. } => self.truthy(&found),
                _ => Formula::unknown(span),
            },
            _ => Formula::unknown(span),
        }
    }

    /// The other operators.
    pub(super) fn binary(&mut self, op: BinaryOp, left: &Value, right: &Value, span: Span) -> Value {
        match op {
            BinaryOp::Equal => Value::condition(self.equals(left, right, span), span),
            BinaryOp::NotEqual => Value::condition(self.equals(left, right, span).negated(), span),
            BinaryOp::In => Value::condition(self.contains(right, left, span), span),
            BinaryOp::NotIn => Value::condition(self.contains(right, left, span).negated(), span),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                self.compare(op, left, right, span)
            }
            BinaryOp::Add => self.concat(left, right, span),
            BinaryOp::Modulo if left.as_str().is_some() => Value::unknown(Reason::NotModelled, span),
            _ => match (left.as_num(), right.as_num()) {
                (Some(a), Some(b)) => {
                    let number = match op {
                        BinaryOp::Subtract => a - b,
                        BinaryOp::Multiply => a * b,
                        BinaryOp::Divide => a / b,
                        BinaryOp::Modulo => a % b,
                        _ => return Value::unknown(Reason::NotModelled, span),
                    };
                    Value::new(Kind::Num(number), span)
                }
                _ => self.union(op, left, right, span),
            },
        }
    }

    /// `a | b` of Python's dicts and sets.
    fn union(&mut self, op: BinaryOp, left: &Value, right: &Value, span: Span) -> Value {
        match (op, &left.kind, &right.kind) {
            (BinaryOp::Other, Kind::Map(map), Kind::Map(_)) => {
                let mut map = (**map).clone();
                self.spread_map(&mut map, right);
                Value::new(Kind::Map(Arc::new(map)), span)
            }
            (BinaryOp::Other, Kind::List(list), Kind::List(_)) => {
                let mut list = (**list).clone();
                self.spread_into(&mut list, right);
                Value::new(Kind::List(Arc::new(list)), span)
            }
            _ => Value::unknown(Reason::NotModelled, span),
        }
    }

    /// `indexOf(x) !== -1` and its kin are tests of membership; other comparisons need two numbers.
    fn compare(&mut self, op: BinaryOp, left: &Value, right: &Value, span: Span) -> Value {
        if let Kind::OneOf(alternatives) = &left.kind {
            let parts: Vec<Formula> = alternatives
                .iter()
                .map(|(when, value)| {
                    let compared = self.compare(op, value, right, span);
                    when.clone().and(self.truthy(&compared))
                })
                .collect();
            return Value::condition(Formula::any(parts), span);
        }
        match (left.as_num(), right.as_num()) {
            (Some(a), Some(b)) => {
                let holds = match op {
                    BinaryOp::Less => a < b,
                    BinaryOp::LessEqual => a <= b,
                    BinaryOp::Greater => a > b,
                    _ => a >= b,
                };
                Value::new(Kind::Bool(holds), span)
            }
            _ => Value::condition(Formula::unknown(span), span),
        }
    }

    /// `a + b`: texts and lists are joined, numbers added.
    pub(super) fn concat(&mut self, left: &Value, right: &Value, span: Span) -> Value {
        match (&left.kind, &right.kind) {
            (Kind::OneOf(alternatives), _) => {
                let parts: Vec<(Formula, Value)> =
                    alternatives.iter().map(|(when, value)| (when.clone(), self.concat(value, right, span))).collect();
                Value::one_of(parts, span)
            }
            (_, Kind::OneOf(alternatives)) => {
                let parts: Vec<(Formula, Value)> =
                    alternatives.iter().map(|(when, value)| (when.clone(), self.concat(left, value, span))).collect();
                Value::one_of(parts, span)
            }
            (Kind::Str(a), Kind::Str(b)) if a.len() + b.len() <= self.bounds.text => {
                // A text made of one written piece keeps that piece's place.
                let at = if b.is_empty() && left.span != span {
                    left.span
                } else if a.is_empty() && right.span != span {
                    right.span
                } else {
                    span
                };
                if at == span && !a.is_empty() {
                    let first = self.first_piece(left.span);
                    self.joined.insert(span, first);
                }
                Value::text(format!("{a}{b}"), at)
            }
            (Kind::Str(empty), Kind::Env(_) | Kind::Term(_)) if empty.is_empty() => right.clone(),
            (Kind::Env(_) | Kind::Term(_), Kind::Str(empty)) if empty.is_empty() => left.clone(),
            (Kind::Str(text), _) | (_, Kind::Str(text)) if text.len() > self.bounds.text => {
                Value::unknown(Reason::Bound, span)
            }
            (Kind::Str(text), Kind::Num(number)) => Value::text(format!("{text}{}", number_text(*number)), span),
            (Kind::Num(number), Kind::Str(text)) => Value::text(format!("{}{text}", number_text(*number)), span),
            (Kind::Num(a), Kind::Num(b)) => Value::new(Kind::Num(a + b), span),
            (Kind::List(a), _) => {
                let mut list: List = (**a).clone();
                self.spread_into(&mut list, right);
                Value::new(Kind::List(Arc::new(list)), span)
            }
            (_, Kind::List(b)) => {
                let mut list = List::default();
                self.spread_into(&mut list, left);
                list.open |= b.open;
                for item in &b.items {
                    self.add_item(&mut list, item.when.clone(), item.value.clone());
                }
                Value::new(Kind::List(Arc::new(list)), span)
            }
            _ => {
                let libraries = self.libraries;
                if let Some(value) = libraries.iter().find_map(|library| library.concat(self, left, right, span)) {
                    return value;
                }
                match (&left.kind, &right.kind) {
                    (Kind::Env(read), Kind::Str(_)) | (Kind::Str(_), Kind::Env(read)) => {
                        Value::new(Kind::Env(EnvRead { shape: EnvShape::Changed, ..read.clone() }), span)
                    }
                    _ => Value::unknown(Reason::NotModelled, span),
                }
            }
        }
    }

    /// When does a text match a regular expression?
    pub(super) fn matches(&mut self, pattern: &Value, text: &Value, anchor: Anchor, span: Span) -> Formula {
        if let Kind::OneOf(alternatives) = &text.kind {
            let parts: Vec<Formula> = alternatives
                .iter()
                .map(|(when, value)| when.clone().and(self.matches(pattern, value, anchor, span)))
                .collect();
            return Formula::any(parts);
        }
        let Some(pattern_data) = regex_of(pattern, anchor) else { return Formula::unknown(span) };
        match &text.kind {
            Kind::Term(term) => request(term, Relation::Matches(pattern_data), pattern.span),
            Kind::Str(text) => pattern_data.matches(text).map_or_else(|| Formula::unknown(span), Formula::constant),
            _ => Formula::unknown(span),
        }
    }
}

/// The regular expression a value stands for.
pub(super) fn regex_of(value: &Value, anchor: Anchor) -> Option<Pattern> {
    match &value.kind {
        Kind::Regex { pattern, flags } => {
            Some(Pattern { source: pattern.clone(), ignore_case: flags.contains('i'), anchor })
        }
        Kind::Str(source) => Some(Pattern { source: source.clone(), ignore_case: false, anchor }),
        _ => None,
    }
}

/// A test on the request.
pub(super) fn request(term: &Term, relation: Relation, span: Span) -> Formula {
    Formula::test(Test::Request { term: term.clone(), relation }, span)
}

fn non_empty(list: &List, span: Span) -> Formula {
    let rest = if list.open { Formula::unknown(span) } else { Formula::False };
    Formula::any(list.items.iter().map(|item: &Item| item.when.clone()).chain([rest]))
}

/// Does a variable have a value?
pub(super) fn env_set(read: &EnvRead) -> Formula {
    Formula::test(Test::EnvSet { variable: read.name.clone() }, read.read)
}

/// A part of the request is what a variable holds, or one of what it lists. `None` where the variable is something else.
pub fn env_lists(read: &EnvRead, term: &Term) -> Option<Formula> {
    let (separator, trimmed) = match &read.shape {
        EnvShape::Text => (None, false),
        EnvShape::List { separator, trimmed } => (Some(separator.clone()), *trimmed),
        _ => return None,
    };
    let lists = Test::EnvLists { variable: read.name.clone(), separator, trimmed, term: term.clone() };
    // What is missing or empty is in no list.
    Some(request(term, Relation::Present, read.read).and(Formula::test(lists, read.read)))
}

fn env_truth(read: &EnvRead, python: bool) -> Formula {
    // `if (process.env.DEBUG)` means that it is on, however its text is read.
    let boolean =
        read.shape == EnvShape::Bool || (python && read.shape != EnvShape::Text) || flag(&read.name).is_some();
    if boolean { Formula::test(Test::EnvTrue { variable: read.name.clone() }, read.read) } else { env_set(read) }
}

fn env_equals(read: &EnvRead, text: &Arc<str>, span: Span) -> Formula {
    match (&read.shape, &*text.to_lowercase()) {
        (EnvShape::Text | EnvShape::Bool, "true" | "1" | "yes" | "on") => {
            Formula::test(Test::EnvTrue { variable: read.name.clone() }, span)
        }
        (EnvShape::Text, _) => {
            Formula::test(Test::EnvEquals { variable: read.name.clone(), value: text.clone() }, span)
        }
        _ => Formula::unknown(span),
    }
}

/// Concrete, so that two of different kind or content are certainly unequal.
fn is_plain(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Undefined
            | Kind::Null
            | Kind::Bool(_)
            | Kind::Num(_)
            | Kind::Str(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Function(_)
    )
}

/// A value as the key of a map.
pub(super) fn key_text(value: &Value) -> Option<Arc<str>> {
    match &value.kind {
        Kind::Str(text) => Some(text.clone()),
        Kind::Num(number) => Some(number_text(*number).into()),
        _ => None,
    }
}

/// A number as JavaScript prints it.
pub(super) fn number_text(number: f64) -> String {
    format!("{number}")
}

/// What `typeof` says, where it can be known.
pub(super) fn type_of(value: &Value) -> Option<&'static str> {
    match &value.kind {
        Kind::Undefined => Some("undefined"),
        Kind::Null | Kind::List(_) | Kind::Map(_) | Kind::Regex { .. } => Some("object"),
        Kind::Bool(_) | Kind::Condition(_) => Some("boolean"),
        Kind::Num(_) => Some("number"),
        Kind::Str(_) => Some("string"),
        Kind::Function(_) | Kind::Class(_) => Some("function"),
        _ => None,
    }
}

/// A type of Python itself.
fn is_builtin_type(name: &str) -> bool {
    matches!(name, "py:bool" | "py:int" | "py:float" | "py:str" | "py:list" | "py:tuple" | "py:set" | "py:dict")
}
