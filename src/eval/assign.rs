//! Assignments and patterns: names, destructuring, and places that are written back.
//!
//! In: patterns and values. Out: changed scopes, changed objects, and a record where something external is assigned to.

use std::sync::Arc;

use super::literals::merge_entry;
use super::scope::Variable;
use super::value::{Args, Kind, MapEntry, Reason, ScopeId, Value};
use super::{Interp, Target};
use crate::ir::{self, BinaryOp, Expr, ExprKind, Language, Pattern};
use crate::model::condition::Formula;
use crate::source::Span;

impl Interp<'_> {
    pub(super) fn eval_assign(&mut self, assign: &ir::Assign, span: Span, scope: ScopeId) -> Value {
        let value = match assign.op {
            None => self.eval(&assign.value, scope),
            Some(op) => {
                let old = self.read_pattern(&assign.target, scope);
                match op {
                    BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce => {
                        let condition = match op {
                            BinaryOp::Or => self.truthy(&old).negated(),
                            BinaryOp::And => self.truthy(&old),
                            _ => self.nullish(&old),
                        };
                        let new = self.eval(&assign.value, scope);
                        Value::one_of([(condition.clone(), new), (condition.negated(), old)], span)
                    }
                    op => {
                        let new = self.eval(&assign.value, scope);
                        self.binary(op, &old, &new, span)
                    }
                }
            }
        };
        self.bind(&assign.target, value.clone(), scope, false);
        value
    }

    pub(super) fn read_pattern(&mut self, target: &Pattern, scope: ScopeId) -> Value {
        match target {
            Pattern::Name(name, span) => {
                self.lookup(name, scope).unwrap_or_else(|| Value::unknown(Reason::Unbound, *span))
            }
            Pattern::Place(place) => self.eval(place, scope),
            Pattern::Map { .. } | Pattern::List(_) => Value::unknown(Reason::NotModelled, self.here()),
            Pattern::Opaque(span) => Value::unknown(Reason::NotModelled, *span),
        }
    }

    /// Binds a value to a pattern: fresh names when `declare`, else an assignment.
    pub(super) fn bind(&mut self, target: &Pattern, value: Value, scope: ScopeId, declare: bool) {
        if let Pattern::Name(name, span) = target
            && self.frames.last().is_some_and(|frame| frame.function.is_none())
        {
            self.bindings.insert((scope.0, name.clone()), *span);
        }
        match target {
            Pattern::Name(name, _) if declare => self.declare(scope, name.clone(), value),
            Pattern::Name(name, _) => self.assign_name(name, value, scope),
            Pattern::Map { entries, rest } => {
                for (key, inner, default) in entries {
                    let mut part = self.member(&value, key, self.taken_at(&value, inner));
                    if let Some(default) = default {
                        part = self.or_default(part, default, scope);
                    }
                    self.bind(inner, part, scope, declare);
                }
                if let Some(rest) = rest {
                    let left = match &value.kind {
                        Kind::Map(map) => {
                            let mut map = (**map).clone();
                            map.entries.retain(|key, _| !entries.iter().any(|(taken, ..)| taken == key));
                            Value::new(Kind::Map(Arc::new(map)), value.span)
                        }
                        _ => Value::unknown(Reason::NotModelled, value.span),
                    };
                    self.bind(&Pattern::Name(rest.clone(), value.span), left, scope, declare);
                }
            }
            Pattern::List(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    if let Some(part) = part {
                        #[expect(clippy::cast_precision_loss, reason = "list positions are small")]
                        let position = Value::new(Kind::Num(index as f64), value.span);
                        let item = self.index(&value, &position, self.taken_at(&value, part));
                        self.bind(part, item, scope, declare);
                    }
                }
            }
            Pattern::Place(place) => self.assign_place(place, value, scope),
            Pattern::Opaque(_) => {}
        }
    }

    /// Where a part is taken out of a value. Parts of what nobody knows are unknown each by itself: an error that came back
    /// says nothing about the user beside it.
    fn taken_at(&self, value: &Value, inner: &Pattern) -> Span {
        let foreign = match value.kind {
            Kind::Unknown(_) => true,
            Kind::Object(id) => self.object(id).class.is_none() && !self.object(id).exists,
            _ => false,
        };
        match inner {
            Pattern::Name(_, span) if foreign => *span,
            Pattern::Map { entries, .. } if foreign => {
                entries.first().map_or(value.span, |(_, first, _)| self.taken_at(value, first))
            }
            _ => value.span,
        }
    }

    /// The default of a parameter or pattern where the value is missing.
    pub(super) fn or_default(&mut self, value: Value, default: &Expr, scope: ScopeId) -> Value {
        let mut parts = Vec::new();
        for (when, value) in value.alternatives() {
            let missing = match &value.kind {
                Kind::Undefined => Formula::True,
                Kind::Env(_) => self.nullish(&value),
                _ => Formula::False,
            };
            if missing != Formula::False {
                let condition = when.clone().and(missing.clone());
                let default = self.eval_under(condition.clone(), default, scope);
                parts.push((condition, default));
            }
            parts.push((when.and(missing.negated()), value));
        }
        parts.reverse();
        Value::one_of(parts, value.span)
    }

    /// `object.property = value`, `object[index] = value`.
    pub(super) fn assign_place(&mut self, place: &Expr, value: Value, scope: ScopeId) {
        let (holder, key) = match &place.kind {
            ExprKind::Member { object, property, property_span } => {
                (object, Value::text(property.clone(), *property_span))
            }
            ExprKind::Index { object, index } => (object, self.eval(index, scope)),
            _ => return,
        };
        let owner = self.eval(holder, scope);
        if self.assign_export(&owner, &key, &value) {
            return;
        }
        if let Kind::OneOf(alternatives) = &owner.kind {
            // Each of the things it may be is assigned to where it is that one.
            for (when, one) in alternatives.iter().filter(|(_, one)| !matches!(one.kind, Kind::Map(_))) {
                let depth = self.path.len();
                self.path.push(when.clone());
                self.assign_into(holder, one, &key, value.clone(), place.span, scope);
                self.path.truncate(depth);
            }
            return;
        }
        self.assign_into(holder, &owner, &key, value, place.span, scope);
    }

    fn assign_into(&mut self, holder: &Expr, owner: &Value, key: &Value, value: Value, span: Span, scope: ScopeId) {
        match (&owner.kind, super::operators::key_text(key)) {
            (Kind::Map(map), Some(name)) => {
                let mut map = (**map).clone();
                let entry = MapEntry { key: key.span, when: Formula::True, value, getter: false };
                if self.assign_entry(holder, owner, &name, &entry, scope) {
                    return;
                }
                merge_entry(&mut map, &name, &entry, &Formula::True);
                self.write_back(holder, Value { kind: Kind::Map(Arc::new(map)), ..owner.clone() }, scope);
            }
            (Kind::Map(map), None) => {
                let mut map = (**map).clone();
                map.open = true;
                self.write_back(holder, Value { kind: Kind::Map(Arc::new(map)), ..owner.clone() }, scope);
            }
            (Kind::Object(id), Some(name)) => {
                let id = *id;
                let given = Args { positional: vec![value.clone()], ..Args::default() };
                if self.call_method_named(id, &format!("set {name}"), &given, span).is_some() {
                    return;
                }
                let path = self.object(id).path.clone();
                if self.object(id).class.is_none() {
                    let args = Args { positional: vec![key.clone(), value.clone()], ..Args::default() };
                    self.record(Target { path: format!("{path}[]=").into(), object: Some(id) }, args, span, None);
                }
                let condition = self.condition().given(std::slice::from_ref(&self.object(id).when));
                let value = match (condition, self.object(id).fields.get(&name)) {
                    (Formula::True, _) => value,
                    (condition, old) => {
                        let not = condition.clone().negated();
                        let old = old.cloned().unwrap_or_else(|| Value::undefined(span));
                        Value::one_of([(condition, value), (not, old)], span)
                    }
                };
                self.objects[id.0].fields.insert(name, value);
            }
            (Kind::Class(class), Some(name)) => {
                self.objects[class.statics.0].fields.insert(name, value);
            }
            _ => {
                let path = self.path_of(owner).unwrap_or_else(|| "?".into());
                let args = Args { positional: vec![key.clone(), value], ..Args::default() };
                self.record(Target { path: format!("{path}[]=").into(), object: None }, args, span, None);
            }
        }
    }

    /// `map[key] = value` under a condition: the entry has the condition, not the map, which would else be twice as many maps
    /// after every such line.
    fn assign_entry(&mut self, holder: &Expr, owner: &Value, key: &Arc<str>, entry: &MapEntry, scope: ScopeId) -> bool {
        let Kind::Map(map) = &owner.kind else { return false };
        if self.language_here() != Language::JavaScript {
            return false;
        }
        let Some(condition) = self.condition_since_made(holder, scope) else { return false };
        self.charge(condition.size());
        if condition == Formula::True {
            return false;
        }
        let mut map = (**map).clone();
        merge_entry(&mut map, key, entry, &condition);
        self.store(holder, Value { kind: Kind::Map(Arc::new(map)), ..owner.clone() }, scope)
    }

    /// What has been asked since there is the variable or the object that holds a place.
    fn condition_since_made(&mut self, place: &Expr, scope: ScopeId) -> Option<Formula> {
        match &place.kind {
            ExprKind::Name(name) => {
                let home = self.find_scope(name, scope)?;
                let depth = self.scopes[home.0].get(name)?.depth;
                Some(Formula::all(self.path.iter().skip(depth).cloned()))
            }
            ExprKind::Member { object, .. } => {
                let owner = self.eval(object, scope);
                match owner.kind {
                    Kind::Map(_) => self.condition_since_made(object, scope),
                    Kind::Object(id) if self.object(id).class.is_some() => {
                        Some(self.condition().given(std::slice::from_ref(&self.object(id).when)))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Puts a value that already says under which conditions its parts are there where it belongs.
    fn store(&mut self, place: &Expr, value: Value, scope: ScopeId) -> bool {
        match &place.kind {
            ExprKind::Name(name) => {
                let Some(home) = self.find_scope(name, scope) else { return false };
                let Some(depth) = self.scopes[home.0].get(name).map(|variable| variable.depth) else { return false };
                self.scopes[home.0].set(name.clone(), Variable { value, depth });
                true
            }
            ExprKind::Member { object, property, .. } => {
                let owner = self.eval(object, scope);
                match &owner.kind {
                    Kind::Object(id) => {
                        self.objects[id.0].fields.insert(property.clone(), value);
                        true
                    }
                    Kind::Map(map) => {
                        let mut map = (**map).clone();
                        let Some(entry) = map.entries.get_mut(property) else { return false };
                        entry.value = value;
                        self.store(object, Value { kind: Kind::Map(Arc::new(map)), ..owner.clone() }, scope)
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Puts a changed list or map back where its expression reads it from.
    pub(super) fn write_back(&mut self, place: &Expr, value: Value, scope: ScopeId) {
        match &place.kind {
            ExprKind::Name(name) => {
                let Some(home) = self.lookup(name, scope).map(|_| scope) else { return };
                self.assign_existing(name, value, home);
            }
            ExprKind::Member { .. } | ExprKind::Index { .. } => self.assign_place(place, value, scope),
            _ => {}
        }
    }
}
