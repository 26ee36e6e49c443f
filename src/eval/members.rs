//! Members and indexes: of maps, objects, modules, classes and things external.
//!
//! In: a value and a name or key. Out: what stands there; of something external what its library says, else a longer name.

use std::sync::Arc;

use super::value::{Args, Kind, MapEntry, Reason, Value};
use super::{Interp, Target};
use crate::model::condition::Formula;
use crate::model::term::{Part, Term, TermOp, UrlPart};
use crate::source::Span;

/// Methods that bodies and queries are asked for: the value of such a name is called, not looked at.
fn is_text_method(name: &str) -> bool {
    const NAMES: [&str; 24] = [
        "get",
        "getAll",
        "has",
        "set",
        "includes",
        "startsWith",
        "endsWith",
        "indexOf",
        "trim",
        "toString",
        "split",
        "toLowerCase",
        "toUpperCase",
        "replace",
        "match",
        "map",
        "filter",
        "forEach",
        "find",
        "some",
        "every",
        "slice",
        "then",
        "catch",
    ];
    NAMES.contains(&name)
}

impl Interp<'_> {
    /// `object.name`.
    pub(super) fn member(&mut self, object: &Value, name: &Arc<str>, span: Span) -> Value {
        match &object.kind {
            Kind::OneOf(alternatives) => {
                let parts: Vec<(Formula, Value)> =
                    alternatives.iter().map(|(when, value)| (when.clone(), self.member(value, name, span))).collect();
                Value::one_of(parts, span)
            }
            Kind::Map(map) => match map.entries.get(name) {
                Some(entry) => self.entry_value(object, entry, span),
                None if self.is_method(object, name) => self.method(object, name, span),
                None if map.open => Value::unknown(Reason::NotModelled, span),
                None => Value::undefined(span),
            },
            Kind::Module(id) => self.module_member(*id, name, span),
            Kind::Object(id) => self.object_member(*id, object, name, span),
            Kind::Class(class) => {
                if let Some(value) = self.object(class.statics).fields.get(name) {
                    return value.clone().through(span);
                }
                self.class_member(object, name, span)
            }
            Kind::External(path) => self.external_member(&path.clone(), None, name, span),
            Kind::Term(term) if matches!(term.ops.last(), Some(TermOp::Url(UrlPart::Whole))) => {
                match super::strings::url_part(name) {
                    Some(part) => Value::new(Kind::Term(term.then(TermOp::Url(part))), span),
                    None => self.method(object, name, span),
                }
            }
            // What is taken out of a body or a query is as little known as the whole, and of nothing else.
            Kind::Term(term) if matches!(&term.part, Part::Other(part) if part.len() < self.bounds.name) => {
                match super::sequences::property(object, name, span) {
                    None if !is_text_method(name) => {
                        let Part::Other(part) = &term.part else { return self.method(object, name, span) };
                        Value::new(Kind::Term(Term::of(Part::Other(format!("{part}.{name}").into()))), span)
                    }
                    Some(value) => value,
                    None => self.method(object, name, span),
                }
            }
            Kind::Unknown(_) => self.method(object, name, span),
            _ => match super::sequences::property(object, name, span) {
                Some(value) => value,
                None => self.method(object, name, span),
            },
        }
    }

    pub(super) fn entry_value(&mut self, holder: &Value, entry: &MapEntry, span: Span) -> Value {
        if let (true, Kind::Function(closure)) = (entry.getter, &entry.value.kind) {
            let closure = closure.clone();
            return self.call_closure(&closure, &Args::default(), Some(holder.clone()), span);
        }
        let value = entry.value.clone().through(span);
        match &entry.when {
            Formula::True => value,
            when => Value::one_of([(when.clone(), value), (when.clone().negated(), Value::undefined(span))], span),
        }
    }

    /// A member of something external: what a library says, else the longer name.
    pub(super) fn external_member(
        &mut self,
        path: &Arc<str>,
        object: Option<super::value::ObjectId>,
        name: &Arc<str>,
        span: Span,
    ) -> Value {
        let target = Target { path: path.clone(), object };
        // `import p.b` binds only `p`: a package of the repository without `__init__.py` is known by its parts.
        if object.is_none()
            && let Some(module) = self.python_part(path, name, span)
        {
            return module;
        }
        let libraries = self.libraries;
        if let Some(value) = libraries.iter().find_map(|library| library.member(self, &target, name, span)) {
            return value;
        }
        if let Some(value) = self.builtin_member(&target, name, span) {
            return value;
        }
        match object {
            Some(id) => {
                let receiver = Arc::new(Value::new(Kind::Object(id), span));
                Value::new(Kind::Method { receiver, name: name.clone() }, span)
            }
            None if path.len() > self.bounds.name => Value::unknown(Reason::Bound, span),
            None => Value::new(Kind::External(format!("{path}.{name}").into()), span),
        }
    }

    pub(super) fn method(&mut self, receiver: &Value, name: &Arc<str>, span: Span) -> Value {
        // `a.b.c.d` of something unknown is a method of a method; in a loop it would nest without end.
        let mut holder = receiver;
        for _ in 0..16 {
            match &holder.kind {
                Kind::Method { receiver, .. } => holder = receiver,
                _ => break,
            }
        }
        if matches!(holder.kind, Kind::Method { .. }) {
            return Value::unknown(Reason::Bound, span);
        }
        Value::new(Kind::Method { receiver: Arc::new(receiver.clone()), name: name.clone() }, span)
    }

    pub(super) fn is_method(&self, object: &Value, name: &str) -> bool {
        matches!(object.kind, Kind::Map(_))
            && matches!(
                name,
                "get"
                    | "has"
                    | "keys"
                    | "values"
                    | "items"
                    | "entries"
                    | "update"
                    | "hasOwnProperty"
                    | "setdefault"
                    | "pop"
                    | "copy"
                    | "set"
                    | "add"
            )
    }

    /// `object[index]`.
    pub(super) fn index(&mut self, object: &Value, index: &Value, span: Span) -> Value {
        if let Kind::OneOf(alternatives) = &index.kind {
            let parts: Vec<(Formula, Value)> =
                alternatives.iter().map(|(when, key)| (when.clone(), self.index(object, key, span))).collect();
            return Value::one_of(parts, span);
        }
        match (&object.kind, &index.kind) {
            (Kind::OneOf(alternatives), _) => {
                let parts: Vec<(Formula, Value)> =
                    alternatives.iter().map(|(when, value)| (when.clone(), self.index(value, index, span))).collect();
                Value::one_of(parts, span)
            }
            (_, Kind::Str(name)) if !matches!(object.kind, Kind::List(_) | Kind::Str(_)) => {
                self.member(object, &name.clone(), span)
            }
            // A table that is indexed by something symbolic: each key under its condition.
            (Kind::Map(map), Kind::Term(_) | Kind::Env(_)) => {
                let mut parts = Vec::new();
                let mut none = Vec::new();
                for (key, entry) in map.entries.clone() {
                    let key = Value::text(key, entry.key);
                    let same = self.equals(index, &key, span);
                    none.push(same.clone().negated());
                    parts.push((same, self.entry_value(object, &entry, span)));
                }
                let rest = if map.open { Value::unknown(Reason::NotModelled, span) } else { Value::undefined(span) };
                parts.push((Formula::all(none), rest));
                Value::one_of(parts, span)
            }
            (Kind::Term(term), Kind::Num(number)) => {
                #[expect(clippy::cast_possible_truncation, reason = "indexes are small")]
                let at = *number as i32;
                Interp::term_value(term.then(TermOp::Item(at)), span)
            }
            (Kind::External(path), _) => {
                // A subscript of a package's generic class: `list[str]`, `Annotated[list[str], NoDecode]`.
                match path.len() > self.bounds.name {
                    true => Value::unknown(Reason::Bound, span),
                    false => Value::new(Kind::External(format!("{path}[]").into()), span),
                }
            }
            _ => super::sequences::item(object, index, span),
        }
    }
}
