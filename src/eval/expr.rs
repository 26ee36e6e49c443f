//! Expressions to values.

use std::sync::Arc;

use indexmap::IndexMap;

use super::value::{Args, EnvShape, Item, Kind, List, Map, MapEntry, Reason, ScopeId, Value};
use super::{Interp, Target};
use crate::ir::{self, BinaryOp, Entry, Expr, ExprKind, Language, Pattern, TemplatePart, UnaryOp};
use crate::model::condition::Formula;
use crate::model::term::{Term, TermOp, UrlPart};
use crate::source::Span;

/// Steps done to a part of the request that are followed.
const MOST_STEPS: usize = 32;

impl Interp<'_> {
    /// The value of an expression.
    pub(super) fn eval(&mut self, expr: &Expr, scope: ScopeId) -> Value {
        if !self.step() || self.nesting >= self.bounds.nesting {
            return Value::unknown(Reason::Bound, expr.span);
        }
        self.nesting += 1;
        let value = self.eval_form(expr, scope);
        self.nesting -= 1;
        value
    }

    fn eval_form(&mut self, expr: &Expr, scope: ScopeId) -> Value {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Null { undefined: true } => Value::undefined(span),
            ExprKind::Null { undefined: false } => Value::new(Kind::Null, span),
            ExprKind::Bool(value) => Value::new(Kind::Bool(*value), span),
            ExprKind::Num(value) => Value::new(Kind::Num(*value), span),
            ExprKind::Str(text) => Value::text(text.clone(), span),
            ExprKind::Regex { pattern, flags } => {
                Value::new(Kind::Regex { pattern: pattern.clone(), flags: flags.clone() }, span)
            }
            ExprKind::Name(name) => self.eval_name(name, span, scope),
            ExprKind::Member { object, property, .. } => {
                let object = self.eval(object, scope);
                self.member(&object, property, span)
            }
            ExprKind::Index { object, index } => {
                let object = self.eval(object, scope);
                let index = self.eval(index, scope);
                self.index(&object, &index, span)
            }
            ExprKind::Slice { object, start, stop } => {
                let object = self.eval(object, scope);
                let mut bound = |bound: &Option<Box<Expr>>| bound.as_ref().map(|expr| self.eval(expr, scope));
                let (start, stop) = (bound(start), bound(stop));
                self.slice(&object, start.as_ref(), stop.as_ref(), span)
            }
            ExprKind::Call { callee, args, new } => self.eval_call(callee, args, *new, span, scope),
            ExprKind::List(elements) => self.eval_list(elements, span, scope),
            ExprKind::Map(entries) => self.eval_map(entries, span, scope),
            ExprKind::Template(parts) => self.eval_template(parts, span, scope),
            ExprKind::Unary { op, operand } => self.eval_unary(*op, operand, span, scope),
            ExprKind::Binary { op, left, right } => self.eval_binary(*op, left, right, span, scope),
            ExprKind::Conditional { test, then, otherwise } => {
                let test = self.eval(test, scope);
                let condition = self.truthy(&test).given(&self.path);
                self.choose(condition, then, otherwise, span, scope)
            }
            ExprKind::Function(function) => self.closure(function, scope, None),
            ExprKind::Class(class) => self.class_value(class, scope),
            ExprKind::Assign(assign) => self.eval_assign(assign, span, scope),
            ExprKind::Comprehension { element, target, iterable, conditions } => {
                self.comprehension(element, target, iterable, conditions, span, scope)
            }
            ExprKind::Require(specifier) => self.require(specifier, span),
            ExprKind::Opaque(children) => {
                for child in children {
                    self.eval(child, scope);
                }
                Value::unknown(Reason::NotModelled, span)
            }
        }
    }

    fn eval_name(&mut self, name: &Arc<str>, span: Span, scope: ScopeId) -> Value {
        if let Some(value) = self.lookup(name, scope) {
            // A name of a module that was still running when it was imported (a cycle) is read now.
            if let Kind::Method { receiver, name } = &value.kind
                && let Kind::Module(id) = receiver.kind
            {
                return self.module_member(id, name, span);
            }
            // Literals keep the place they were written at; how they came here is their trace.
            return value.through(span);
        }
        match self.language_here() {
            Language::JavaScript => match &**name {
                "undefined" => Value::undefined(span),
                "this" => Value::unknown(Reason::Parameter, span),
                _ => Value::new(Kind::External(format!("js:{name}").into()), span),
            },
            Language::Python => match super::builtins::is_python_builtin(name) {
                true => Value::new(Kind::External(format!("py:{name}").into()), span),
                false => Value::unknown(Reason::Unbound, span),
            },
        }
    }

    /// `condition ? then : otherwise`, each side evaluated under its condition.
    fn choose(&mut self, condition: Formula, then: &Expr, otherwise: &Expr, span: Span, scope: ScopeId) -> Value {
        match condition {
            Formula::True => self.eval(then, scope),
            Formula::False => self.eval(otherwise, scope),
            condition => {
                let first = self.eval_under(condition.clone(), then, scope);
                let not = condition.clone().not();
                let second = self.eval_under(not.clone(), otherwise, scope);
                Value::one_of([(condition, first), (not, second)], span)
            }
        }
    }

    pub(super) fn eval_under(&mut self, condition: Formula, expr: &Expr, scope: ScopeId) -> Value {
        let depth = self.path.len();
        self.path.push(condition);
        let value = self.eval(expr, scope);
        self.path.truncate(depth);
        value
    }

    fn eval_list(&mut self, elements: &[ir::Element], span: Span, scope: ScopeId) -> Value {
        let mut list = List::default();
        for element in elements {
            let value = self.eval(&element.value, scope);
            if element.spread {
                self.spread_into(&mut list, &value);
            } else {
                self.add_item(&mut list, Formula::True, value);
            }
        }
        Value::new(Kind::List(Arc::new(list)), span)
    }

    /// One more item, unless the list is as long as a list may be.
    pub(super) fn add_item(&self, list: &mut List, when: Formula, value: Value) {
        if list.items.len() < self.bounds.items {
            list.items.push(Item { when, value });
        } else {
            list.open = true;
        }
    }

    /// The items of a value that is iterated, appended to a list.
    pub(super) fn spread_into(&mut self, list: &mut List, value: &Value) {
        for (when, value) in value.alternatives() {
            match (&value.kind, self.items_of(&value)) {
                (_, Some(inner)) => {
                    list.open |= inner.open;
                    for item in &inner.items {
                        self.add_item(list, when.clone().and(item.when.clone()), item.value.clone());
                    }
                }
                (Kind::Env(read), _) if read.shape != EnvShape::Text => {
                    self.add_item(list, when, value.clone());
                    list.open = true;
                }
                _ => list.open = true,
            }
        }
    }

    fn eval_map(&mut self, entries: &[Entry], span: Span, scope: ScopeId) -> Value {
        let mut map = Map::default();
        for entry in entries {
            match entry {
                Entry::Pair { key, value, getter } => {
                    let key_value = self.eval(key, scope);
                    let value = self.eval(value, scope);
                    match super::operators::key_text(&key_value) {
                        Some(name) if map.entries.len() < self.bounds.items => {
                            let entry = MapEntry { key: key.span, when: Formula::True, value, getter: *getter };
                            map.entries.insert(name, entry);
                        }
                        _ => map.open = true,
                    }
                }
                Entry::Spread(value) => {
                    let value = self.eval(value, scope);
                    self.spread_map(&mut map, &value);
                }
            }
        }
        Value::new(Kind::Map(Arc::new(map)), span)
    }

    /// `...value` into a map; later keys win, conditional ones keep the earlier value as the alternative.
    pub(super) fn spread_map(&mut self, map: &mut Map, value: &Value) {
        for (when, value) in value.alternatives() {
            match &value.kind {
                Kind::Map(other) => {
                    map.open |= other.open;
                    for (key, entry) in &other.entries {
                        merge_entry(map, key, entry, &when);
                    }
                }
                Kind::Object(id) => {
                    let fields = self.object(*id).fields.clone();
                    map.open |= self.object(*id).class.is_none();
                    for (key, value) in fields {
                        let entry = MapEntry { key: value.span, when: Formula::True, value, getter: false };
                        merge_entry(map, &key, &entry, &when);
                    }
                }
                Kind::Module(id) => {
                    for (name, value) in self.exports(*id) {
                        let entry = MapEntry { key: value.span, when: Formula::True, value, getter: false };
                        merge_entry(map, &name, &entry, &when);
                    }
                }
                // `...(condition && { … })`: nothing is added when it is falsy.
                Kind::Undefined | Kind::Null | Kind::Bool(false) | Kind::Condition(_) => {}
                Kind::Env(_) | Kind::Term(_) if when != Formula::True => {}
                _ => map.open = true,
            }
        }
    }

    fn eval_template(&mut self, parts: &[TemplatePart], span: Span, scope: ScopeId) -> Value {
        let mut value: Option<Value> = None;
        for part in parts {
            let piece = match part {
                TemplatePart::Text(text) => Value::text(text.clone(), span),
                TemplatePart::Expr(expr) => self.eval(expr, scope),
            };
            value = Some(match value {
                None => self.to_text(&piece, span),
                Some(before) => {
                    let piece = self.to_text(&piece, span);
                    self.concat(&before, &piece, span)
                }
            });
        }
        value.unwrap_or_else(|| Value::text("", span))
    }

    fn eval_unary(&mut self, op: UnaryOp, operand: &Expr, span: Span, scope: ScopeId) -> Value {
        let value = self.eval(operand, scope);
        match op {
            UnaryOp::Not => Value::condition(self.truthy(&value).not(), span),
            UnaryOp::Minus => match value.as_num() {
                Some(number) => Value::new(Kind::Num(-number), span),
                None => Value::unknown(Reason::NotModelled, span),
            },
            UnaryOp::Plus => self.to_number(&value, span),
            UnaryOp::TypeOf => super::operators::type_of(&value)
                .map_or_else(|| Value::unknown(Reason::NotModelled, span), |name| Value::text(name, span)),
        }
    }

    fn eval_binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span, scope: ScopeId) -> Value {
        let first = self.eval(left, scope);
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let condition = self.truthy(&first).given(&self.path);
                // `a && b` is b when a holds, `a || b` is b when it does not.
                let goes_on = if op == BinaryOp::And { condition.clone() } else { condition.clone().not() };
                match goes_on {
                    Formula::False => first,
                    Formula::True => self.eval(right, scope),
                    goes_on => {
                        let second = self.eval_under(goes_on.clone(), right, scope);
                        self.join_logical(op, condition, first, goes_on, second, span)
                    }
                }
            }
            BinaryOp::Coalesce => {
                let mut alternatives = Vec::new();
                for (when, value) in first.alternatives() {
                    let missing = self.nullish(&value);
                    if missing != Formula::True {
                        alternatives.push((when.clone().and(missing.clone().not()), value));
                    }
                    if missing != Formula::False {
                        let condition = when.and(missing);
                        let second = self.eval_under(condition.clone(), right, scope);
                        alternatives.push((condition, second));
                    }
                }
                Value::one_of(alternatives, span)
            }
            _ => {
                let second = self.eval(right, scope);
                self.binary(op, &first, &second, span)
            }
        }
    }

    /// The value of `a && b` or `a || b` when `a` is not decided: as a condition where both are booleans, else as alternatives.
    fn join_logical(
        &mut self,
        op: BinaryOp,
        condition: Formula,
        first: Value,
        goes_on: Formula,
        second: Value,
        span: Span,
    ) -> Value {
        let boolean = |value: &Value| matches!(value.kind, Kind::Bool(_) | Kind::Condition(_));
        if boolean(&first) && boolean(&second) {
            let second = self.truthy(&second);
            let joined = if op == BinaryOp::And { condition.and(second) } else { condition.or(second) };
            return Value::condition(joined, span);
        }
        Value::one_of([(goes_on.clone().not(), first), (goes_on, second)], span)
    }

    fn eval_assign(&mut self, assign: &ir::Assign, span: Span, scope: ScopeId) -> Value {
        let value = match assign.op {
            None => self.eval(&assign.value, scope),
            Some(op) => {
                let old = self.read_pattern(&assign.target, scope);
                match op {
                    BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce => {
                        let condition = match op {
                            BinaryOp::Or => self.truthy(&old).not(),
                            BinaryOp::And => self.truthy(&old),
                            _ => self.nullish(&old),
                        };
                        let new = self.eval(&assign.value, scope);
                        Value::one_of([(condition.clone(), new), (condition.not(), old)], span)
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

    fn read_pattern(&mut self, target: &Pattern, scope: ScopeId) -> Value {
        match target {
            Pattern::Name(name, span) => {
                self.lookup(name, scope).unwrap_or_else(|| Value::unknown(Reason::Unbound, *span))
            }
            Pattern::Place(place) => self.eval(place, scope),
            Pattern::Map { .. } | Pattern::List(_) => Value::unknown(Reason::NotModelled, self.here()),
            Pattern::Opaque(span) => Value::unknown(Reason::NotModelled, *span),
        }
    }

    fn here(&self) -> Span {
        self.frames.last().and_then(|frame| frame.function).unwrap_or(Span {
            file: crate::source::FileId(0),
            start: 0,
            end: 0,
        })
    }

    /// Binds a value to a pattern: fresh names when `declare`, else an assignment.
    pub(super) fn bind(&mut self, target: &Pattern, value: Value, scope: ScopeId, declare: bool) {
        if let Pattern::Name(name, span) = target {
            if self.frames.last().is_some_and(|frame| frame.function.is_none()) {
                self.bindings.insert((scope.0, name.clone()), *span);
            }
        }
        match target {
            Pattern::Name(name, _) if declare => self.declare(scope, name.clone(), value),
            Pattern::Name(name, _) => self.assign_name(name, value, scope),
            Pattern::Map { entries, rest } => {
                for (key, inner, default) in entries {
                    let mut part = self.member(&value, key, value.span);
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
                        let item = self.index(&value, &position, value.span);
                        self.bind(part, item, scope, declare);
                    }
                }
            }
            Pattern::Place(place) => self.assign_place(place, value, scope),
            Pattern::Opaque(_) => {}
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
            parts.push((when.and(missing.not()), value));
        }
        parts.reverse();
        Value::one_of(parts, value.span)
    }

    /// `object.property = value`, `object[index] = value`.
    fn assign_place(&mut self, place: &Expr, value: Value, scope: ScopeId) {
        let (holder, key) = match &place.kind {
            ExprKind::Member { object, property, property_span } => {
                (object, Value::text(property.clone(), *property_span))
            }
            ExprKind::Index { object, index } => (object, self.eval(index, scope)),
            _ => return,
        };
        let owner = self.eval(holder, scope);
        if let Kind::OneOf(alternatives) = &owner.kind {
            // One of several objects: each is changed under its own condition.
            if alternatives.iter().all(|(_, one)| matches!(one.kind, Kind::Object(_))) {
                for (when, one) in alternatives.iter() {
                    let depth = self.path.len();
                    self.path.push(when.clone());
                    self.assign_into(holder, one.clone(), key.clone(), value.clone(), place.span, scope);
                    self.path.truncate(depth);
                }
                return;
            }
        }
        self.assign_into(holder, owner, key, value, place.span, scope);
    }

    /// Sets a key of what an expression is worth.
    fn assign_into(&mut self, holder: &Expr, owner: Value, key: Value, value: Value, place: Span, scope: ScopeId) {
        if self.assign_export(holder, &owner, &key, &value) {
            return;
        }
        match (&owner.kind, super::operators::key_text(&key)) {
            (Kind::Map(map), Some(name)) => {
                let mut map = (**map).clone();
                let entry = MapEntry { key: key.span, when: Formula::True, value, getter: false };
                merge_entry(&mut map, &name, &entry, &Formula::True);
                self.write_back(holder, Value { kind: Kind::Map(Arc::new(map)), ..owner }, scope);
            }
            (Kind::Map(map), None) => {
                let mut map = (**map).clone();
                map.open = true;
                self.write_back(holder, Value { kind: Kind::Map(Arc::new(map)), ..owner }, scope);
            }
            (Kind::Object(id), Some(name)) => {
                let id = *id;
                let path = self.object(id).path.clone();
                if self.object(id).class.is_none() {
                    let args = Args { positional: vec![key.clone(), value.clone()], ..Args::default() };
                    self.record(Target { path: format!("{path}[]=").into(), object: Some(id) }, args, place, None);
                }
                let condition = self.condition().given(std::slice::from_ref(&self.object(id).when));
                let value = match (condition, self.object(id).fields.get(&name)) {
                    (Formula::True, _) => value,
                    (condition, old) => {
                        let not = condition.clone().not();
                        let old = old.cloned().unwrap_or_else(|| Value::undefined(place));
                        Value::one_of([(condition, value), (not, old)], place)
                    }
                };
                self.objects[id.0].fields.insert(name, value);
            }
            (Kind::Class(class), Some(name)) => {
                self.objects[class.statics.0].fields.insert(name, value);
            }
            _ => {
                let path = self.path_of(&owner).unwrap_or_else(|| "?".into());
                let args = Args { positional: vec![key, value], ..Args::default() };
                self.record(Target { path: format!("{path}[]=").into(), object: None }, args, place, None);
            }
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

    fn comprehension(
        &mut self,
        element: &Expr,
        target: &Pattern,
        iterable: &Expr,
        conditions: &[Expr],
        span: Span,
        scope: ScopeId,
    ) -> Value {
        let source = self.eval(iterable, scope);
        let mut result = List::default();
        for (when, source) in source.alternatives() {
            if let Kind::Env(read) = &source.kind {
                if let Some(value) = self.env_comprehension(read, element, target) {
                    result.items.push(Item { when, value: Value { kind: value, ..source.clone() } });
                }
                result.open = true;
                continue;
            }
            let Some(list) = self.items_of(&source) else {
                result.open = true;
                continue;
            };
            result.open |= list.open;
            for item in list.items.iter().take(self.bounds.items) {
                let inner = self.new_scope(Some(scope), true);
                self.bind(target, item.value.clone(), inner, true);
                let mut keep = when.clone().and(item.when.clone());
                for condition in conditions {
                    let value = self.eval(condition, inner);
                    keep = keep.and(self.truthy(&value));
                }
                if keep != Formula::False {
                    let value = self.eval(element, inner);
                    result.items.push(Item { when: keep, value });
                }
            }
        }
        // A variable that is split and trimmed is still just that variable, as a list.
        if let [Item { when: Formula::True, value }] = result.items.as_slice() {
            if matches!(&value.kind, Kind::Env(read) if matches!(read.shape, EnvShape::List { .. })) && result.open {
                return value.clone();
            }
        }
        Value::new(Kind::List(Arc::new(result)), span)
    }

    /// `[o.strip() for o in env_list]` and `[o for o in env_list]` keep the variable a list.
    fn env_comprehension(&mut self, read: &super::value::EnvRead, element: &Expr, target: &Pattern) -> Option<Kind> {
        let Pattern::Name(name, _) = target else { return None };
        let is_item = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(used) if used == name);
        let EnvShape::List { separator, trimmed } = &read.shape else { return None };
        let trims = match &element.kind {
            ExprKind::Call { callee, args, .. } if args.is_empty() => match &callee.kind {
                ExprKind::Member { object, property, .. } => is_item(object) && matches!(&**property, "strip" | "trim"),
                _ => false,
            },
            _ => false,
        };
        if !trims && !is_item(element) {
            return None;
        }
        let shape = EnvShape::List { separator: separator.clone(), trimmed: *trimmed || trims };
        Some(Kind::Env(super::value::EnvRead { shape, ..read.clone() }))
    }

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
            Kind::Unknown(_) => self.method(object, name, span),
            _ => match super::sequences::property(object, name, span) {
                Some(value) => value,
                None => self.method(object, name, span),
            },
        }
    }

    fn entry_value(&mut self, holder: &Value, entry: &MapEntry, span: Span) -> Value {
        if let (true, Kind::Function(closure)) = (entry.getter, &entry.value.kind) {
            let closure = closure.clone();
            return self.call_closure(&closure, &Args::default(), Some(holder.clone()), span);
        }
        let value = entry.value.clone().through(span);
        match &entry.when {
            Formula::True => value,
            when => Value::one_of([(when.clone(), value), (when.clone().not(), Value::undefined(span))], span),
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

    fn method(&mut self, receiver: &Value, name: &Arc<str>, span: Span) -> Value {
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

    fn is_method(&self, object: &Value, name: &str) -> bool {
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
                    none.push(same.clone().not());
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

    /// The text of a value that is put into a template.
    fn to_text(&mut self, value: &Value, span: Span) -> Value {
        match &value.kind {
            Kind::Num(number) => Value::text(super::operators::number_text(*number), span),
            Kind::Bool(flag) => Value::text(flag.to_string(), span),
            Kind::OneOf(alternatives) => {
                let parts: Vec<(Formula, Value)> =
                    alternatives.iter().map(|(when, value)| (when.clone(), self.to_text(value, span))).collect();
                Value::one_of(parts, span)
            }
            _ => value.clone(),
        }
    }

    fn to_number(&mut self, value: &Value, span: Span) -> Value {
        match &value.kind {
            Kind::Num(_) => value.clone(),
            Kind::Str(text) => text.trim().parse().map_or_else(
                |_| Value::unknown(Reason::NotModelled, span),
                |number| Value::new(Kind::Num(number), value.span),
            ),
            Kind::Env(read) => {
                Value::new(Kind::Env(super::value::EnvRead { shape: EnvShape::Num, ..read.clone() }), value.span)
            }
            _ => Value::unknown(Reason::NotModelled, span),
        }
    }

    /// A Boolean and a request part as one: is the term used here the plain one?
    pub(super) fn term_value(term: Term, span: Span) -> Value {
        if term.ops.len() > MOST_STEPS {
            return Value::unknown(Reason::Bound, span);
        }
        Value::new(Kind::Term(term), span)
    }
}

/// Adds an entry to a map; under a condition the earlier entry stays as the alternative.
pub(super) fn merge_entry(map: &mut Map, key: &Arc<str>, entry: &MapEntry, when: &Formula) {
    let condition = when.clone().and(entry.when.clone());
    let merged = match (map.entries.get(key), &condition) {
        (_, Formula::True) => MapEntry { when: Formula::True, ..entry.clone() },
        (None, _) => MapEntry { when: condition, ..entry.clone() },
        (Some(old), _) => {
            let not = condition.clone().not();
            let whole = condition.clone().or(old.when.clone());
            let value = Value::one_of(
                [(condition, entry.value.clone()), (not.and(old.when.clone()), old.value.clone())],
                entry.value.span,
            );
            MapEntry {
                key: entry.key,
                when: if old.when == Formula::True { Formula::True } else { whole },
                value,
                getter: false,
            }
        }
    };
    map.entries.insert(key.clone(), merged);
}

/// An empty map to be filled.
pub(super) fn empty_map() -> IndexMap<Arc<str>, MapEntry> {
    IndexMap::new()
}
