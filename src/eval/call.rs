//! Calls: the program's own functions are entered, everything else is recorded.

use std::sync::Arc;

use super::run::{Flow, Frame};
use super::value::{Args, Closure, Kind, List, Map, MapEntry, Reason, ScopeId, Value};
use super::{Interp, Target};
use crate::ir::{self, Arg, Expr, ExprKind, Language, Pattern};
use crate::model::condition::Formula;
use crate::model::term::{Part, Term};
use crate::source::Span;

impl Interp<'_> {
    pub(super) fn eval_call(&mut self, callee: &Expr, args: &[Arg], new: bool, span: Span, scope: ScopeId) -> Value {
        if let ExprKind::Member { object, property, .. } = &callee.kind {
            let receiver = self.eval(object, scope);
            let args = self.eval_args(args, scope);
            if let Some((result, changed)) = self.mutate(&receiver, property, &args, span) {
                self.write_back(object, changed, scope);
                return result;
            }
            let is_super = matches!(&object.kind, ExprKind::Name(name) if &**name == "super")
                || matches!(&object.kind, ExprKind::Call { callee, .. } if matches!(&callee.kind, ExprKind::Name(name) if &**name == "super"));
            if is_super {
                return self.call_super(property, &args, span, scope);
            }
            let callee_value = self.member(&receiver, property, callee.span);
            let this = Some(receiver);
            return self.call(&callee_value, &args, this, new, span);
        }
        if let ExprKind::Name(name) = &callee.kind
            && &**name == "super"
        {
            let args = self.eval_args(args, scope);
            return self.call_super("constructor", &args, span, scope);
        }
        let callee_value = self.eval(callee, scope);
        let args = self.eval_args(args, scope);
        self.call(&callee_value, &args, None, new, span)
    }

    pub(super) fn eval_args(&mut self, args: &[Arg], scope: ScopeId) -> Args {
        let mut result = Args::default();
        for arg in args {
            let value = self.eval(&arg.value, scope);
            match (&arg.name, arg.spread) {
                (Some(name), _) => result.named.push((name.clone(), value)),
                (None, false) => result.positional.push(value),
                (None, true) => match &value.kind {
                    Kind::Map(map) if self.language_here() == Language::Python => {
                        result.open |= map.open;
                        for (key, entry) in &map.entries {
                            result.named.push((key.clone(), entry.value.clone()));
                        }
                    }
                    _ => {
                        let mut list = List::default();
                        self.spread_into(&mut list, &value);
                        result.open |= list.open;
                        result.positional.extend(list.items.iter().map(|item| item.value.clone()));
                    }
                },
            }
        }
        result
    }

    /// Calls a value.
    pub(super) fn call(&mut self, callee: &Value, args: &Args, this: Option<Value>, new: bool, span: Span) -> Value {
        match &callee.kind {
            Kind::Function(closure) => {
                let closure = closure.clone();
                self.call_closure(&closure, args, this, span)
            }
            Kind::Class(class) => {
                let class = class.clone();
                self.instantiate(&class, callee, args, span)
            }
            Kind::External(path) => {
                let target = Target { path: path.clone(), object: None };
                self.call_external(target, args, this, new, span)
            }
            Kind::Object(id) => {
                let target = Target { path: format!("{}()", self.object(*id).path).into(), object: Some(*id) };
                if let Some(value) = self.call_method_named(*id, "__call__", args, span) {
                    return value;
                }
                self.call_external(target, args, this, new, span)
            }
            Kind::Method { receiver, name } => {
                let (receiver, name) = (receiver.clone(), name.clone());
                self.call_method(&receiver, &name, args, span)
            }
            Kind::OneOf(alternatives) => {
                let mut results = Vec::new();
                for (when, value) in alternatives.iter() {
                    let depth = self.path.len();
                    self.path.push(when.clone());
                    let picks = matches!(&value.kind, Kind::Method { receiver, .. } if receiver.as_object().is_some());
                    self.picked.extend(picks.then_some(depth));
                    let result = self.call(value, args, this.clone(), new, span);
                    self.picked.retain(|picked| *picked < depth);
                    self.path.truncate(depth);
                    results.push((when.clone(), result));
                }
                Value::one_of(results, span)
            }
            Kind::Module(id) => {
                // `require('./x')(app)` where the module is one with a default export.
                let default = self.module_member(*id, &"default".into(), span);
                match default.kind {
                    Kind::Function(_) | Kind::Class(_) => self.call(&default, args, this, new, span),
                    _ => self.call_unknown(args, "?", span),
                }
            }
            // `body.items.at(0)`: what comes of a body is as little known as the body.
            Kind::Term(term) if matches!(&term.part, Part::Other(part) if part.len() < self.bounds.name) => {
                self.run_callbacks(args, span);
                let part = Part::Other(format!("{:?}@{}", term.part, span.start).into());
                Interp::term_value(Term::of(part), span)
            }
            _ => self.call_unknown(args, "?", span),
        }
    }

    /// What follows a call that never comes back is not run.
    pub(super) fn after_call(&mut self, expr: &ir::Expr, events: usize) -> Flow {
        let last = self.log.get(events..).and_then(|made| made.last());
        let leaves = last.is_some_and(|event| {
            event.span == expr.span && self.libraries.iter().any(|library| library.never_returns(&event.target))
        });
        if !leaves {
            return Flow::Falls;
        }
        let when = self.since_call();
        if let Some(frame) = self.frames.last_mut() {
            frame.throws.push((when, expr.span));
        }
        Flow::Leaves
    }

    /// A call of something nobody knows: it is recorded, and functions given to it are run once.
    pub(super) fn call_unknown(&mut self, args: &Args, path: &str, span: Span) -> Value {
        self.record(Target { path: path.into(), object: None }, args.clone(), span, None);
        self.run_callbacks(args, span);
        Value::unknown(Reason::NotModelled, span)
    }

    /// Functions given to something unknown are most likely called: their effects are seen once.
    pub(super) fn run_callbacks(&mut self, args: &Args, span: Span) {
        for value in args.all() {
            if let Kind::Function(closure) = &value.kind
                && !self.called.contains(&closure.function.span)
            {
                let closure = closure.clone();
                self.call_closure(&closure, &Args { open: true, ..Args::default() }, None, span);
            }
        }
    }

    pub(super) fn call_method(&mut self, receiver: &Value, name: &Arc<str>, args: &Args, span: Span) -> Value {
        match &receiver.kind {
            Kind::Object(id) => {
                let target = Target { path: format!("{}.{name}", self.object(*id).path).into(), object: Some(*id) };
                self.call_external(target, args, Some(receiver.clone()), false, span)
            }
            Kind::External(path) => {
                let target = Target { path: format!("{path}.{name}").into(), object: None };
                self.call_external(target, args, None, false, span)
            }
            Kind::Class(_) => {
                let mut args = args.clone();
                args.positional.insert(0, receiver.clone());
                let target = Target { path: format!("class:.{name}").into(), object: None };
                self.call_external(target, &args, None, false, span)
            }
            Kind::OneOf(alternatives) => {
                let parts: Vec<(Formula, Value)> = alternatives
                    .iter()
                    .map(|(when, value)| (when.clone(), self.call_method(value, name, args, span)))
                    .collect();
                Value::one_of(parts, span)
            }
            _ => {
                if let Some(value) = self.builtin_method(receiver, name, args, span) {
                    return value;
                }
                self.call_unknown(args, &format!("?.{name}"), span)
            }
        }
    }

    pub(super) fn call_external(
        &mut self,
        target: Target,
        args: &Args,
        this: Option<Value>,
        new: bool,
        span: Span,
    ) -> Value {
        let libraries = self.libraries;
        if let Some(value) = libraries.iter().find_map(|library| library.call(self, &target, args, span)) {
            for value in args.all() {
                if let Kind::Function(closure) = &value.kind {
                    // Given to a library that knows what to do with it: not an entry point of its own.
                    self.called.insert(closure.function.span);
                }
            }
            let result = value.as_object();
            self.record(target, args.clone(), span, result);
            return value;
        }
        if let Some(value) = self.builtin_call(&target, args, this.as_ref(), new, span) {
            return value;
        }
        // `.bind(this)`, `.call(this, …)` on something external keep it.
        let index = self.log.len();
        self.record(target.clone(), args.clone(), span, None);
        self.run_callbacks(args, span);
        if target.path.len() > self.bounds.name {
            return Value::unknown(Reason::Bound, span);
        }
        let id = self.make_object(format!("{}()", target.path), args.clone(), target.object, span);
        self.objects[id.0].exists = new;
        if let Some(event) = self.log.get_mut(index) {
            event.result = Some(id);
        }
        Value::new(Kind::Object(id), span)
    }

    /// The value of a default or an annotation in a function's signature, where the function was made.
    pub fn in_signature(&mut self, closure: &Closure, expr: &Expr) -> Value {
        let path = std::mem::take(&mut self.path);
        let start = self.log.len();
        let frame = Frame {
            module: closure.module,
            language: self.language(closure.module),
            function: None,
            base: 0,
            returns: Vec::new(),
            throws: Vec::new(),
        };
        self.frames.push(frame);
        let value = self.eval(expr, closure.scope);
        self.frames.pop();
        self.path = path;
        self.log.truncate(start);
        value
    }

    /// Enters one of the program's own functions.
    pub(super) fn call_closure(
        &mut self,
        closure: &Arc<Closure>,
        args: &Args,
        this: Option<Value>,
        span: Span,
    ) -> Value {
        let function = closure.function.clone();
        self.called.insert(function.span);
        let active = self.frames.iter().filter(|frame| frame.function == Some(function.span)).count();
        if active >= 2 || self.frames.len() >= self.bounds.depth || !self.step() {
            return Value::unknown(Reason::Bound, span);
        }
        let Some(allowance) = self.allow(function.span, closure.module) else {
            return Value::unknown(Reason::NotModelled, span);
        };
        let scope = self.new_scope(Some(closure.scope), true);
        let language = self.language(closure.module);
        let events_before = self.log.len();
        let frame = Frame {
            module: closure.module,
            language,
            function: Some(function.span),
            base: self.path.len(),
            returns: Vec::new(),
            throws: Vec::new(),
        };
        self.frames.push(frame);
        let mut receiver = None;
        match (language, closure.this.clone()) {
            // Python binds `self` when the function is looked up, JavaScript `this` when it is called.
            (Language::Python, bound) => receiver = bound,
            (Language::JavaScript, bound) => {
                if let (Some(this), false) = (bound.or(this), function.is_arrow) {
                    self.declare(scope, "this".into(), this);
                }
            }
        }
        self.bind_params(&function, args, receiver, scope);
        let depth = self.path.len();
        let flow = self.run_block(&function.body, scope);
        let rest = Formula::all(self.path.iter().skip(depth).cloned());
        self.path.truncate(depth);
        let ended = self.settle(allowance, function.span);
        let Some(frame) = self.frames.pop() else { return Value::unknown(Reason::Bound, span) };
        if self.log.len() > events_before || !frame.throws.is_empty() {
            self.fallible.insert(span);
        }
        // What is thrown here is thrown at the caller, too.
        let base = Formula::all(self.path.iter().skip(self.frames.last().map_or(0, |outer| outer.base)).cloned());
        if let Some(outer) = self.frames.last_mut() {
            outer.throws.extend(frame.throws.iter().map(|(when, at)| (base.clone().and(when.clone()), *at)));
        }
        if !ended {
            return Value::unknown(Reason::NotModelled, span);
        }
        let mut returns = frame.returns;
        if flow == Flow::Falls {
            returns.push((rest, Value::undefined(span)));
        }
        if returns.is_empty() {
            return Value::undefined(span);
        }
        for (_, value) in &mut returns {
            self.note_returned(value, 0);
            // Which of several answers it was is known by where the function was called.
            if let Kind::OneOf(alternatives) = &value.kind {
                let through = alternatives.iter().map(|(when, one)| match one.kind {
                    Kind::Object(_) => (when.clone(), one.clone().through(span)),
                    _ => (when.clone(), one.clone()),
                });
                value.kind = Kind::OneOf(through.collect());
            }
            if matches!(value.kind, Kind::Object(_)) {
                *value = value.clone().through(span);
            }
        }
        Value::one_of(returns, span).through(span)
    }

    /// Remembers the objects that a function gives back, also inside lists and maps.
    fn note_returned(&mut self, value: &Value, depth: usize) {
        if depth > 4 {
            return;
        }
        match &value.kind {
            Kind::Object(id) => drop(self.returned.insert(*id)),
            Kind::List(list) => list.items.iter().for_each(|item| self.note_returned(&item.value, depth + 1)),
            Kind::Map(map) => map.entries.values().for_each(|entry| self.note_returned(&entry.value, depth + 1)),
            Kind::OneOf(alternatives) => alternatives.iter().for_each(|(_, one)| self.note_returned(one, depth + 1)),
            _ => {}
        }
    }

    pub(super) fn bind_params(
        &mut self,
        function: &Arc<ir::Function>,
        args: &Args,
        receiver: Option<Value>,
        scope: ScopeId,
    ) {
        let mut positional = receiver.into_iter().chain(args.positional.iter().cloned());
        for param in &function.params {
            if param.rest {
                let rest: Vec<Value> = positional.by_ref().collect();
                let value = match (&param.pattern, rest.is_empty() && self.language_here() == Language::Python) {
                    (_, false) => {
                        let list = Value::list(rest, param.span);
                        match (list.kind, args.open) {
                            (Kind::List(list), true) => {
                                let items = list.items.clone();
                                Value::new(Kind::List(Arc::new(List { items, open: true })), param.span)
                            }
                            (kind, _) => Value::new(kind, param.span),
                        }
                    }
                    (_, true) => {
                        let mut map = Map::opened(args.open);
                        for (name, value) in &args.named {
                            let taken = function.params.iter().any(|other| names(&other.pattern, name));
                            if !taken {
                                let entry = MapEntry {
                                    key: value.span,
                                    when: Formula::True,
                                    value: value.clone(),
                                    getter: false,
                                };
                                map.entries.insert(name.clone(), entry);
                            }
                        }
                        Value::new(Kind::Map(Arc::new(map)), param.span)
                    }
                };
                self.bind(&param.pattern, value, scope, true);
                continue;
            }
            let named = match &param.pattern {
                Pattern::Name(name, _) => args.named(name).cloned(),
                _ => None,
            };
            let value = match named.or_else(|| positional.next()) {
                Some(value) => value,
                None if args.open => Value::unknown(Reason::Parameter, param.span),
                None => Value::undefined(param.span),
            };
            let value = match &param.default {
                Some(default) if !value.is_unknown() => self.or_default(value, default, scope),
                _ => self.annotated(value, param, scope),
            };
            self.bind(&param.pattern, value, scope, true);
        }
    }

    /// An unknown parameter whose type is a class of a package (`app: FastAPI`) is an object of that class.
    pub(super) fn annotated(&mut self, value: Value, param: &ir::Param, scope: ScopeId) -> Value {
        let (Kind::Unknown(Reason::Parameter), Some(annotation)) = (&value.kind, &param.annotation) else {
            return value;
        };
        let class = self.eval(annotation, scope);
        match &class.kind {
            Kind::External(path) if path.starts_with("py:") || path.starts_with("npm:") => {
                let id =
                    self.make_object(format!("{path}()"), Args { open: true, ..Args::default() }, None, param.span);
                self.objects[id.0].when = Formula::unknown(param.span);
                Value::new(Kind::Object(id), param.span)
            }
            _ => value,
        }
    }
}

fn names(pattern: &Pattern, name: &str) -> bool {
    matches!(pattern, Pattern::Name(own, _) if &**own == name)
}
