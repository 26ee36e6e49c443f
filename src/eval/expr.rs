//! Expressions to values.

use std::sync::Arc;

use super::Interp;
use super::value::{EnvShape, Item, Kind, List, Reason, ScopeId, Value};
use crate::ir::{BinaryOp, Expr, ExprKind, Language, Pattern, TemplatePart, UnaryOp};
use crate::model::condition::Formula;
use crate::model::term::Term;
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

    pub(super) fn eval_form(&mut self, expr: &Expr, scope: ScopeId) -> Value {
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
                let test = self.eval_test(test, scope);
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

    pub(super) fn eval_name(&mut self, name: &Arc<str>, span: Span, scope: ScopeId) -> Value {
        if let Some(value) = self.lookup(name, scope) {
            // A name of a module that was still running when it was imported (a cycle) is read now.
            if let Kind::Method { receiver, name } = &value.kind
                && let Kind::Module(id) = receiver.kind
            {
                return self.module_member(id, name, span);
            }
            if matches!(value.kind, Kind::List(_) | Kind::Map(_)) {
                self.looked_up.insert(value.span);
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
    pub(super) fn choose(
        &mut self,
        condition: Formula,
        then: &Expr,
        otherwise: &Expr,
        span: Span,
        scope: ScopeId,
    ) -> Value {
        match condition {
            Formula::True => self.eval(then, scope),
            Formula::False => self.eval(otherwise, scope),
            condition => {
                let first = self.eval_under(condition.clone(), then, scope);
                let not = condition.clone().negated();
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

    pub(super) fn eval_template(&mut self, parts: &[TemplatePart], span: Span, scope: ScopeId) -> Value {
        let mut value: Option<Value> = None;
        for part in parts {
            let piece = match part {
                TemplatePart::Text(text) => Value::text(text.clone(), span),
                TemplatePart::Expr(expr) => self.eval(expr, scope),
            };
            value = Some(match value {
                None => self.as_text_value(&piece, span),
                Some(before) => {
                    let piece = self.as_text_value(&piece, span);
                    self.concat(&before, &piece, span)
                }
            });
        }
        value.unwrap_or_else(|| Value::text("", span))
    }

    pub(super) fn eval_unary(&mut self, op: UnaryOp, operand: &Expr, span: Span, scope: ScopeId) -> Value {
        let value = match op {
            UnaryOp::Not => self.eval_test(operand, scope),
            _ => self.eval(operand, scope),
        };
        match op {
            UnaryOp::Not => Value::condition(self.truthy(&value).negated(), span),
            UnaryOp::Minus => match value.as_num() {
                Some(number) => Value::new(Kind::Num(-number), span),
                None => Value::unknown(Reason::NotModelled, span),
            },
            UnaryOp::Plus => self.as_number_value(&value, span),
            UnaryOp::TypeOf => super::operators::type_of(&value)
                .map_or_else(|| Value::unknown(Reason::NotModelled, span), |name| Value::text(name, span)),
        }
    }

    pub(super) fn eval_binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span, scope: ScopeId) -> Value {
        let first = match op {
            BinaryOp::And | BinaryOp::Or => self.eval_test(left, scope),
            _ => self.eval(left, scope),
        };
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let condition = match op == BinaryOp::Or && self.is_given(&first) {
                    true => Formula::True,
                    false => self.truthy(&first).given(&self.path),
                };
                // `a && b` is b when a holds, `a || b` is b when it does not.
                let goes_on = if op == BinaryOp::And { condition.clone() } else { condition.clone().negated() };
                match goes_on {
                    Formula::False => first,
                    Formula::True => self.eval(right, scope),
                    goes_on => {
                        let second = self.eval_under(goes_on.clone(), right, scope);
                        let second = match first.kind {
                            Kind::Bool(_) | Kind::Condition(_) => self.flag_by_name(right, second),
                            _ => second,
                        };
                        self.join_logical(op, condition, first, goes_on, second, span)
                    }
                }
            }
            BinaryOp::Coalesce => {
                let mut alternatives = Vec::new();
                for (when, value) in first.alternatives() {
                    let missing = if self.is_given(&value) { Formula::False } else { self.nullish(&value) };
                    if missing != Formula::True {
                        alternatives.push((when.clone().and(missing.clone().negated()), value.clone()));
                    }
                    if missing != Formula::False {
                        let condition = when.and(missing);
                        let second = self.eval_under(condition.clone(), right, scope);
                        self.note_open_default(&value, &second);
                        alternatives.push((condition, second));
                    }
                }
                Value::one_of(alternatives, span)
            }
            _ => {
                let second = self.eval(right, scope);
                let (first, second) = match op {
                    BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::In | BinaryOp::NotIn => {
                        self.compared((left, first), (right, second))
                    }
                    _ => (first, second),
                };
                self.binary(op, &first, &second, span)
            }
        }
    }

    /// Is it a variable that whatever deploys the program gives it? Then what stands in for it is never used.
    fn is_given(&self, value: &Value) -> bool {
        matches!(&value.kind, Kind::Env(read) if self.is_passed(read))
    }

    /// The value of `a && b` or `a || b` when `a` is not decided: as a condition where both are booleans, else as alternatives.
    pub(super) fn join_logical(
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
        if op == BinaryOp::Or {
            self.note_open_default(&first, &second);
        }
        // Each alternative answers for itself: that some other one is there says nothing about this one.
        let first = first.alternatives().into_iter().map(|(when, one)| {
            let truth = self.truthy(&one);
            (when.and(if op == BinaryOp::And { truth.negated() } else { truth }), one)
        });
        let parts: Vec<_> = first.chain([(goes_on, second)]).collect();
        Value::one_of(parts, span)
    }

    /// Remembers `process.env.X || '*'`: what is read from the list later does not say where its star was written.
    pub(super) fn note_open_default(&mut self, read: &Value, default: &Value) {
        let star = match &default.kind {
            Kind::Str(text) if &**text == "*" => Some(default.span),
            Kind::List(list) => {
                let mut items = list.items.iter();
                items.find(|item| item.value.as_str().is_some_and(|text| &**text == "*")).map(|item| item.value.span)
            }
            _ => None,
        };
        for (_, value) in read.alternatives() {
            if let (Kind::Env(read), Some(span)) = (&value.kind, star) {
                let record = super::EnvRecord { name: read.name.clone(), span };
                if !self.open_defaults.contains(&record) {
                    self.open_defaults.push(record);
                }
            }
        }
    }

    pub(super) fn here(&self) -> Span {
        self.frames.last().and_then(|frame| frame.function).unwrap_or(Span {
            file: crate::source::FileId(0),
            start: 0,
            end: 0,
        })
    }

    pub(super) fn comprehension(
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
        if let [Item { when: Formula::True, value }] = result.items.as_slice()
            && matches!(&value.kind, Kind::Env(read) if matches!(read.shape, EnvShape::List { .. }))
            && result.open
        {
            return value.clone();
        }
        Value::new(Kind::List(Arc::new(result)), span)
    }

    /// `[o.strip() for o in env_list]` and `[o for o in env_list]` keep the variable a list.
    pub(super) fn env_comprehension(
        &mut self,
        read: &super::value::EnvRead,
        element: &Expr,
        target: &Pattern,
    ) -> Option<Kind> {
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

    /// The text of a value that is put into a template.
    pub(super) fn as_text_value(&mut self, value: &Value, span: Span) -> Value {
        match &value.kind {
            Kind::Num(number) => Value::text(super::operators::number_text(*number), span),
            Kind::Bool(flag) => Value::text(flag.to_string(), span),
            Kind::OneOf(alternatives) => {
                let parts: Vec<(Formula, Value)> =
                    alternatives.iter().map(|(when, value)| (when.clone(), self.as_text_value(value, span))).collect();
                Value::one_of(parts, span)
            }
            _ => value.clone(),
        }
    }

    pub(super) fn as_number_value(&mut self, value: &Value, span: Span) -> Value {
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
