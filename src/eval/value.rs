//! What an expression is worth, as far as it can be known.
//!
//! In: built by the evaluator. Out: read by `platforms/`. A value carries the span it was born at and its trace, the
//! places it came through. Knows no platform: what comes from a package is `External`, by its canonical name.

use std::cell::RefCell;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::ir;
use crate::model::condition::{Formula, Premises};
use crate::model::term::Term;
use crate::source::Span;

pub use super::trace::Trace;

/// An object on the heap of one evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub usize);

/// A scope of one evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScopeId(pub usize);

/// A module of one evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub usize);

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Where the text stands that it is made of.
    pub span: Span,
    /// The places it came through, latest first.
    pub trace: Trace,
}

/// The forms of values.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `undefined`.
    Undefined,
    /// `null`, `None`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Num(f64),
    /// A text.
    Str(Arc<str>),
    /// A regular expression.
    Regex {
        /// Its source.
        pattern: Arc<str>,
        /// JavaScript's letters.
        flags: Arc<str>,
    },
    /// An array, list, tuple or set.
    List(Arc<List>),
    /// An object literal or dict.
    Map(Arc<Map>),
    /// A function with the scope it was made in.
    Function(Arc<Closure>),
    /// A class.
    Class(Arc<ClassValue>),
    /// A module, as `require` or `import *` give it.
    Module(ModuleId),
    /// Something on the heap: an instance, or what an external call returned.
    Object(ObjectId),
    /// Something of a package or of the language, by its canonical name (`npm:cors`, `py:os.environ`, `js:process.env`).
    External(Arc<str>),
    /// A method of a value, not yet called.
    Method {
        /// The receiver.
        receiver: Arc<Value>,
        /// The method's name.
        name: Arc<str>,
    },
    /// An environment variable whose value is not known.
    Env(EnvRead),
    /// A part of the symbolic request.
    Term(Term),
    /// A boolean that depends on request or environment.
    Condition(Formula),
    /// One of several values; the conditions are exclusive as far as the evaluator knows.
    OneOf(Arc<[(Formula, Value)]>),
    /// Nobody knows.
    Unknown(Reason),
}

/// Why a value is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A parameter of a function that is called from outside.
    Parameter,
    /// A name that is bound nowhere we can see.
    Unbound,
    /// Syntax or an operation that is not modelled.
    NotModelled,
    /// A bound of the evaluator was reached.
    Bound,
}

/// An environment variable and what was done to its text.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvRead {
    /// Its name.
    pub name: Arc<str>,
    /// The shape it is brought into.
    pub shape: EnvShape,
    /// Where it is read.
    pub read: Span,
}

/// The shape the text of a variable is brought into.
#[derive(Debug, Clone, PartialEq)]
pub enum EnvShape {
    /// The text as it is.
    Text,
    /// Split into a list.
    List {
        /// The separator.
        separator: Arc<str>,
        /// Each piece is trimmed.
        trimmed: bool,
    },
    /// Read as a boolean.
    Bool,
    /// Read as a number.
    Num,
    /// Parsed as JSON.
    Json,
    /// Built into a longer text or otherwise changed.
    Changed,
}

/// A list; `open` when it may hold more than is listed.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// Its items, each under a condition.
    pub items: Vec<Item>,
    /// There may be more.
    pub open: bool,
}

impl List {
    /// An empty list that may hold more than will be listed.
    pub fn opened(open: bool) -> List {
        List { items: Vec::new(), open }
    }
}

impl Map {
    /// An empty map that may hold more than will be listed.
    pub fn opened(open: bool) -> Map {
        Map { entries: IndexMap::new(), open }
    }
}

// `a = [a]` in a loop nests deeper than any stack is: what is inside is dropped one after the other, not each in the
// other's drop.
thread_local! {
    static DROPPED: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) };
}

fn drop_flat(values: impl Iterator<Item = Value>) {
    let nested = |value: &Value| {
        matches!(
            value.kind,
            Kind::List(_) | Kind::Map(_) | Kind::OneOf(_) | Kind::Class(_) | Kind::Method { .. } | Kind::Function(_)
        )
    };
    let mut values = values.filter(nested).peekable();
    if values.peek().is_none() {
        return;
    }
    let mut waiting: Vec<Value> = values.collect();
    let first = DROPPED.try_with(|dropped| {
        let mut dropped = dropped.borrow_mut();
        let first = dropped.is_none();
        dropped.get_or_insert_default().append(&mut waiting);
        first
    });
    // Only the outermost drop empties the queue; what it takes out adds its own insides to it.
    while first == Ok(true) {
        let next = DROPPED.with(|dropped| {
            let mut dropped = dropped.borrow_mut();
            let next = dropped.as_mut().and_then(Vec::pop);
            if next.is_none() {
                *dropped = None;
            }
            next
        });
        if next.is_none() {
            break;
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        drop_flat(self.items.drain(..).map(|item| item.value));
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        drop_flat(self.entries.drain(..).map(|(_, entry)| entry.value));
    }
}

impl Drop for ClassValue {
    fn drop(&mut self) {
        drop_flat(self.bases.drain(..));
    }
}

/// An item of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// When it is there.
    pub when: Formula,
    /// The value.
    pub value: Value,
}

/// A map; `open` when it may hold more keys than are listed.
#[derive(Debug, Clone, Default)]
pub struct Map {
    /// Its entries in order.
    pub entries: IndexMap<Arc<str>, MapEntry>,
    /// There may be more.
    pub open: bool,
}

/// An entry of a map.
#[derive(Debug, Clone)]
pub struct MapEntry {
    /// Where the key stands.
    pub key: Span,
    /// When it is there.
    pub when: Formula,
    /// The value.
    pub value: Value,
    /// The value is a getter to be called.
    pub getter: bool,
}

/// A function and its surroundings.
#[derive(Debug)]
pub struct Closure {
    /// Its code.
    pub function: Arc<ir::Function>,
    /// Where its free names are looked up.
    pub scope: ScopeId,
    /// `this`, when the function is bound to one.
    pub this: Option<Value>,
    /// The module it stands in.
    pub module: ModuleId,
}

/// A class and its surroundings.
#[derive(Debug)]
pub struct ClassValue {
    /// Its code.
    pub class: Arc<ir::Class>,
    /// Where its free names are looked up.
    pub scope: ScopeId,
    /// Its evaluated bases.
    pub bases: Vec<Value>,
    /// The module it stands in.
    pub module: ModuleId,
    /// The object that holds its static fields.
    pub statics: ObjectId,
}

/// Arguments of a call, evaluated.
#[derive(Debug, Clone, Default)]
pub struct Args {
    /// In order.
    pub positional: Vec<Value>,
    /// `name=value` with the span of the whole argument.
    pub named: Vec<(Arc<str>, Value)>,
    /// Something unknown was spread into them.
    pub open: bool,
}

impl Args {
    /// The value of an argument by its name or, failing that, its position.
    pub fn get(&self, position: usize, name: &str) -> Option<&Value> {
        self.named(name).or_else(|| self.positional.get(position))
    }

    /// The value of a named argument.
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.named.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// All values, positional first.
    pub fn all(&self) -> impl Iterator<Item = &Value> {
        self.positional.iter().chain(self.named.iter().map(|(_, value)| value))
    }
}

impl Value {
    /// A value born at a place.
    pub fn new(kind: Kind, span: Span) -> Value {
        Value { kind, span, trace: Trace::default() }
    }

    /// A text born at a place.
    pub fn text(text: impl Into<Arc<str>>, span: Span) -> Value {
        Value::new(Kind::Str(text.into()), span)
    }

    /// An unknown value.
    pub fn unknown(reason: Reason, span: Span) -> Value {
        Value::new(Kind::Unknown(reason), span)
    }

    /// The value of `undefined`.
    pub fn undefined(span: Span) -> Value {
        Value::new(Kind::Undefined, span)
    }

    /// A boolean that depends on a condition; constants stay plain.
    pub fn condition(formula: Formula, span: Span) -> Value {
        match formula {
            Formula::True => Value::new(Kind::Bool(true), span),
            Formula::False => Value::new(Kind::Bool(false), span),
            formula => Value::new(Kind::Condition(formula), span),
        }
    }

    /// A closed list of unconditional items.
    pub fn list(items: impl IntoIterator<Item = Value>, span: Span) -> Value {
        let items = items.into_iter().map(|value| Item { when: Formula::True, value }).collect();
        Value::new(Kind::List(Arc::new(List { items, open: false })), span)
    }

    /// The same value with one more place in its trace.
    pub fn through(mut self, span: Span) -> Value {
        if span != self.span {
            self.trace = self.trace.through(span);
        }
        self
    }

    /// One of several values: alternatives that cannot be are dropped, nested ones flattened, a single one stands alone.
    pub fn one_of(alternatives: impl IntoIterator<Item = (Formula, Value)>, span: Span) -> Value {
        let mut flat: Vec<(Formula, Value)> = Vec::new();
        for (when, value) in alternatives {
            match &value.kind {
                Kind::OneOf(inner) => {
                    for (inner_when, inner_value) in inner.iter() {
                        flat.push((when.clone().and(inner_when.clone()), inner_value.clone()));
                    }
                }
                _ => flat.push((when, value)),
            }
        }
        flat.retain(|(when, _)| *when != Formula::False);
        if let Some(sure) = flat.iter().position(|(when, _)| *when == Formula::True) {
            return flat.swap_remove(sure).1;
        }
        match flat.len() {
            0 => Value::unknown(Reason::NotModelled, span),
            1 => flat.swap_remove(0).1,
            n if n > Value::MOST_ALTERNATIVES => Value::many(flat, span),
            _ => Value::new(Kind::OneOf(flat.into()), span),
        }
    }

    /// More alternatives than this are one unknown.
    pub const MOST_ALTERNATIVES: usize = 24;

    /// The same where all of them are objects.
    pub const MOST_OBJECTS: usize = 96;

    /// The alternatives of a value: itself, unless it is one of several.
    pub fn alternatives(&self) -> Vec<(Formula, Value)> {
        match &self.kind {
            Kind::OneOf(alternatives) => alternatives.to_vec(),
            _ => vec![(Formula::True, self.clone())],
        }
    }

    /// What is left when these conditions are known to hold.
    pub fn given(&self, facts: &[Formula]) -> Value {
        let Kind::OneOf(alternatives) = &self.kind else { return self.clone() };
        let premises = Premises::new(facts);
        if !alternatives.iter().any(|(when, _)| premises.may_decide(when)) {
            return self.clone();
        }
        let left = alternatives.iter().map(|(when, value)| (when.under(&premises), value.clone()));
        Value::one_of(left, self.span)
    }

    /// Its text, if it is one.
    pub fn as_str(&self) -> Option<&Arc<str>> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Its number, if it is one.
    pub fn as_num(&self) -> Option<f64> {
        match self.kind {
            Kind::Num(number) => Some(number),
            _ => None,
        }
    }

    /// Its items, if it is a list.
    pub fn as_list(&self) -> Option<&Arc<List>> {
        match &self.kind {
            Kind::List(list) => Some(list),
            _ => None,
        }
    }

    /// Its entries, if it is a map.
    pub fn as_map(&self) -> Option<&Arc<Map>> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Its object, if it is one.
    pub fn as_object(&self) -> Option<ObjectId> {
        match self.kind {
            Kind::Object(id) => Some(id),
            _ => None,
        }
    }

    /// Its closure, if it is a function.
    pub fn as_function(&self) -> Option<&Arc<Closure>> {
        match &self.kind {
            Kind::Function(closure) => Some(closure),
            _ => None,
        }
    }

    /// The modules whose functions it is, or holds.
    pub fn homes(&self, found: &mut Vec<ModuleId>) {
        match &self.kind {
            Kind::Function(closure) => found.push(closure.module),
            Kind::Class(class) => found.push(class.module),
            Kind::Module(id) => found.push(*id),
            Kind::Map(map) => map.entries.values().for_each(|entry| {
                if let Kind::Function(closure) = &entry.value.kind {
                    found.push(closure.module)
                }
            }),
            Kind::OneOf(alternatives) => alternatives.iter().for_each(|(_, one)| {
                if let Kind::Function(closure) = &one.kind {
                    found.push(closure.module)
                }
            }),
            _ => {}
        }
    }

    /// `undefined`, `null` or `None`.
    pub fn is_nullish(&self) -> bool {
        matches!(self.kind, Kind::Undefined | Kind::Null)
    }

    /// Is nothing known about it?
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, Kind::Unknown(_))
    }

    /// The part of its span that covers bytes `start..end` of its text, where the text stands in the source as it is.
    pub fn part_span(&self, start: usize, end: usize) -> Span {
        let Kind::Str(text) = &self.kind else { return self.span };
        let width = (self.span.end - self.span.start) as usize;
        let shift = match width.checked_sub(text.len()) {
            Some(0) => 0,
            Some(2) => 1,
            _ => return self.span,
        };
        let base = self.span.start as usize + shift;
        Span::new(self.span.file, base + start, base + end)
    }
}
