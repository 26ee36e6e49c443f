//! Calls: the program's own functions are entered, everything else is recorded.

use std::sync::Arc;

use super::run::{Flow, Frame};
use super::value::{Args, ClassValue, Closure, Kind, List, Map, MapEntry, ObjectId, Reason, ScopeId, Value};
use super::{Interp, Target};
use crate::ir::{self, Arg, Expr, ExprKind, Language, Pattern};
use crate::model::condition::Formula;
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
        if let ExprKind::Name(name) = &callee.kind {
            if &**name == "super" {
                let args = self.eval_args(args, scope);
                return self.call_super("constructor", &args, span, scope);
            }
        }
        let callee_value = self.eval(callee, scope);
        let args = self.eval_args(args, scope);
        self.call(&callee_value, &args, None, new, span)
    }

    fn eval_args(&mut self, args: &[Arg], scope: ScopeId) -> Args {
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
                    let result = self.call(value, args, this.clone(), new, span);
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
            _ => self.call_unknown(args, "?", span),
        }
    }

    /// A call of something nobody knows: it is recorded, and functions given to it are run once.
    fn call_unknown(&mut self, args: &Args, path: &str, span: Span) -> Value {
        self.record(Target { path: path.into(), object: None }, args.clone(), span, None);
        self.run_callbacks(args, span);
        Value::unknown(Reason::NotModelled, span)
    }

    /// Functions given to something unknown are most likely called: their effects are seen once.
    fn run_callbacks(&mut self, args: &Args, span: Span) {
        for value in args.all() {
            if let Kind::Function(closure) = &value.kind {
                if !self.called.contains(&closure.function.span) {
                    let closure = closure.clone();
                    self.call_closure(&closure, &Args { open: true, ..Args::default() }, None, span);
                }
            }
        }
    }

    fn call_method(&mut self, receiver: &Value, name: &Arc<str>, args: &Args, span: Span) -> Value {
        match &receiver.kind {
            Kind::Object(id) => {
                let target = Target { path: format!("{}.{name}", self.object(*id).path).into(), object: Some(*id) };
                self.call_external(target, args, Some(receiver.clone()), false, span)
            }
            Kind::External(path) => {
                let target = Target { path: format!("{path}.{name}").into(), object: None };
                self.call_external(target, args, None, false, span)
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

    fn call_external(&mut self, target: Target, args: &Args, this: Option<Value>, new: bool, span: Span) -> Value {
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
        if let Some(event) = self.log.get_mut(index) {
            event.result = Some(id);
        }
        Value::new(Kind::Object(id), span)
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
        let scope = self.new_scope(Some(closure.scope), true);
        let language = self.language(closure.module);
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
        let Some(frame) = self.frames.pop() else { return Value::unknown(Reason::Bound, span) };
        // What is thrown here is thrown at the caller, too.
        let base = Formula::all(self.path.iter().skip(self.frames.last().map_or(0, |outer| outer.base)).cloned());
        if let Some(outer) = self.frames.last_mut() {
            outer.throws.extend(frame.throws.iter().map(|(when, at)| (base.clone().and(when.clone()), *at)));
        }
        let mut returns = frame.returns;
        if flow == Flow::Falls {
            returns.push((rest, Value::undefined(span)));
        }
        if returns.is_empty() {
            return Value::undefined(span);
        }
        let objects =
            returns.iter().flat_map(|(_, value)| value.alternatives()).filter_map(|(_, value)| value.as_object());
        self.returned.extend(objects);
        Value::one_of(returns, span).through(span)
    }

    fn bind_params(&mut self, function: &Arc<ir::Function>, args: &Args, receiver: Option<Value>, scope: ScopeId) {
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
    fn annotated(&mut self, value: Value, param: &ir::Param, scope: ScopeId) -> Value {
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

    /// A class with its evaluated bases and static fields.
    pub(super) fn class_value(&mut self, class: &Arc<ir::Class>, scope: ScopeId) -> Value {
        let bases: Vec<Value> = class.bases.iter().map(|base| self.eval(base, scope)).collect();
        let name = class.name.clone().unwrap_or_else(|| "".into());
        let statics = self.make_object(format!("statics:{name}"), Args::default(), None, class.span);
        let module = self.current_module();
        let value = Arc::new(ClassValue { class: class.clone(), scope, bases, module, statics });
        let result = Value::new(Kind::Class(value), class.span);
        if self.seen_pending.insert(class.span) {
            self.classes.push(result.clone());
        }
        // Fields see each other in Python: `B = A + ['x']`.
        let body = self.new_scope(Some(scope), true);
        for field in class.fields.iter().filter(|field| field.is_static) {
            if let Some(expr) = &field.value {
                let value = self.eval(expr, body);
                self.declare(body, field.name.clone(), value.clone());
                self.objects[statics.0].fields.insert(field.name.clone(), value);
            }
        }
        for method in &class.methods {
            for decorator in &method.function.decorators {
                self.eval(decorator, scope);
            }
        }
        result
    }

    /// Decorators around a function or class: each is called with it; what an unknown one gives back is the thing itself.
    pub(super) fn decorate(&mut self, decorators: &[Expr], value: Value, span: Span, scope: ScopeId) -> Value {
        let mut value = value;
        for decorator in decorators.iter().rev() {
            let callee = self.eval(decorator, scope);
            let args = Args { positional: vec![value.clone()], ..Args::default() };
            match &callee.kind {
                Kind::Function(closure) => {
                    let closure = closure.clone();
                    let result = self.call_closure(&closure, &args, None, span);
                    if matches!(result.kind, Kind::Function(_) | Kind::Class(_)) {
                        value = result;
                    }
                }
                Kind::External(_) | Kind::Object(_) | Kind::Method { .. } => {
                    // The span is the decorator's: that is the line that registers.
                    self.register_decorated(&callee, &args, decorator.span);
                }
                _ => {}
            }
        }
        value
    }

    fn register_decorated(&mut self, callee: &Value, args: &Args, span: Span) {
        let Some(path) = self.path_of(callee) else { return };
        let target = match &callee.kind {
            Kind::Object(id) => Target { path: format!("{path}()").into(), object: Some(*id) },
            Kind::Method { receiver, .. } => Target { path, object: receiver.as_object() },
            _ => Target { path, object: None },
        };
        if let Some(Kind::Function(closure)) = args.positional.first().map(|value| &value.kind) {
            if target.object.is_some() {
                self.called.insert(closure.function.span);
            }
        }
        self.record(target, args.clone(), span, None);
    }

    /// `new Class(...)`: the fields, then the constructor.
    fn instantiate(&mut self, class: &Arc<ClassValue>, value: &Value, args: &Args, span: Span) -> Value {
        let name = class.class.name.clone().unwrap_or_else(|| "".into());
        let id = self.make_object(format!("class:{name}"), args.clone(), None, span);
        self.objects[id.0].class = Some(value.clone());
        self.instantiated.insert(class.class.span, id);
        let this = Value::new(Kind::Object(id), span);
        self.init_fields(class, id, &this, 0);
        let constructor = if self.language(class.module) == Language::Python { "__init__" } else { "constructor" };
        if self.call_method_named(id, constructor, args, span).is_none() && constructor == "__init__" {
            self.data_fields(class, id, args);
        }
        this
    }

    /// A class that is only exported is made by somebody, and its methods are called by somebody.
    pub(super) fn run_uncalled_class(&mut self, value: &Value) {
        let Kind::Class(class) = &value.kind else { return };
        let uncalled: Vec<ir::Method> =
            class.class.methods.iter().filter(|method| !self.called.contains(&method.function.span)).cloned().collect();
        let open = Args { open: true, ..Args::default() };
        let instance = match self.instantiated.get(&class.class.span) {
            Some(id) => Value::new(Kind::Object(*id), class.class.span),
            None if uncalled.is_empty() => return,
            None => self.instantiate(class, value, &open, class.class.span),
        };
        for method in uncalled {
            if self.called.contains(&method.function.span) {
                continue;
            }
            let this = Some(if method.is_static { value.clone() } else { instance.clone() });
            let python = self.language(class.module) == Language::Python;
            let drops = python && method.is_static && first_param(&method.function) != Some("cls");
            let closure = Arc::new(Closure {
                function: method.function,
                scope: class.scope,
                this: if drops { None } else { this },
                module: class.module,
            });
            self.entry_steps_left = self.bounds.entry_steps;
            let span = closure.function.span;
            self.call_closure(&closure, &open, None, span);
        }
    }

    /// What `@dataclass` and pydantic do: arguments become the annotated fields.
    fn data_fields(&mut self, class: &Arc<ClassValue>, id: ObjectId, args: &Args) {
        let annotated = class.class.fields.iter().filter(|field| field.annotation.is_some());
        for (position, field) in annotated.enumerate() {
            if let Some(value) = args.get(position, &field.name) {
                self.objects[id.0].fields.insert(field.name.clone(), value.clone());
            }
        }
    }

    /// Fields of the class and its bases; the bases' first.
    fn init_fields(&mut self, class: &Arc<ClassValue>, id: ObjectId, this: &Value, depth: usize) {
        if depth > 8 {
            return;
        }
        for base in class.bases.clone() {
            if let Kind::Class(base) = &base.kind {
                self.init_fields(base, id, this, depth + 1);
            }
        }
        let scope = self.new_scope(Some(class.scope), true);
        self.declare(scope, "this".into(), this.clone());
        for field in &class.class.fields {
            if field.is_static {
                let value = self.object(class.statics).fields.get(&field.name).cloned();
                if let Some(value) = value {
                    self.objects[id.0].fields.insert(field.name.clone(), value);
                }
                continue;
            }
            if let Some(expr) = &field.value {
                let value = self.eval(expr, scope);
                let value = bind_this(value, this);
                self.objects[id.0].fields.insert(field.name.clone(), value);
            }
        }
        self.settings_fields(class, id);
    }

    /// A method of an instance, through its class and bases.
    fn find_method(class: &Value, name: &str, depth: usize) -> Option<(ir::Method, Arc<ClassValue>)> {
        let Kind::Class(class) = &class.kind else { return None };
        if depth > 8 {
            return None;
        }
        if let Some(method) = class.class.methods.iter().rev().find(|method| &*method.name == name) {
            return Some((method.clone(), class.clone()));
        }
        class.bases.iter().find_map(|base| Interp::find_method(base, name, depth + 1))
    }

    /// The bases of a class, by canonical name, through the program's own classes.
    pub fn external_bases(&self, class: &Value) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        let mut queue = vec![class.clone()];
        while let Some(value) = queue.pop() {
            match &value.kind {
                Kind::Class(class) if queue.len() < 32 => queue.extend(class.bases.iter().cloned()),
                Kind::External(path) => names.push(path.clone()),
                _ => {}
            }
        }
        names
    }

    /// A method of a class as a function bound to nothing, for platforms that run it themselves.
    pub fn method_of(&mut self, class: &Value, name: &str) -> Option<Arc<Closure>> {
        let (method, owner) = Interp::find_method(class, name, 0)?;
        let closure = Closure { function: method.function, scope: owner.scope, this: None, module: owner.module };
        Some(Arc::new(closure))
    }

    /// Makes an instance of one of the program's own classes with unknown arguments, for platforms that run its methods.
    pub fn instance(&mut self, class: &Value, args: &Args) -> Option<Value> {
        let Kind::Class(inner) = &class.kind else { return None };
        let inner = inner.clone();
        Some(self.instantiate(&inner, class, args, class.span))
    }

    fn call_method_named(&mut self, id: ObjectId, name: &str, args: &Args, span: Span) -> Option<Value> {
        let class = self.object(id).class.clone()?;
        let (method, owner) = Interp::find_method(&class, name, 0)?;
        let this = Value::new(Kind::Object(id), span);
        let closure =
            Arc::new(Closure { function: method.function, scope: owner.scope, this: Some(this), module: owner.module });
        Some(self.call_closure(&closure, args, None, span))
    }

    fn call_super(&mut self, name: &str, args: &Args, span: Span, scope: ScopeId) -> Value {
        let this = self.lookup("this", scope).or_else(|| self.lookup("self", scope));
        let Some(this) = this else { return Value::undefined(span) };
        let Some(id) = this.as_object() else { return Value::undefined(span) };
        let bases = match self.object(id).class.as_ref().map(|class| &class.kind) {
            Some(Kind::Class(class)) => class.bases.clone(),
            _ => Vec::new(),
        };
        let Some((method, owner)) = bases.iter().find_map(|base| Interp::find_method(base, name, 0)) else {
            // A package's constructor: what it is given says how the instance is configured.
            let path = bases.iter().find_map(|base| self.path_of(base));
            if let Some(path) = path {
                let target = Target { path: format!("{path}.{name}").into(), object: Some(id) };
                self.record(target, args.clone(), span, None);
            }
            return Value::undefined(span);
        };
        let closure =
            Arc::new(Closure { function: method.function, scope: owner.scope, this: Some(this), module: owner.module });
        self.call_closure(&closure, args, None, span)
    }

    /// `object.name` on the heap: a field, a method or getter of its class, or what a library says.
    pub(super) fn object_member(&mut self, id: ObjectId, this: &Value, name: &Arc<str>, span: Span) -> Value {
        if let Some(value) = self.object(id).fields.get(name) {
            return value.clone().through(span);
        }
        let class = self.object(id).class.clone();
        if let Some(class) = class {
            return match Interp::find_method(&class, name, 0) {
                Some((method, owner)) => self.method_value(&method, &owner, Some(this.clone()), span),
                None => match &class.kind {
                    Kind::Class(class) if class.bases.iter().all(|base| matches!(base.kind, Kind::Class(_))) => {
                        Value::undefined(span)
                    }
                    // A method of the package's class that the program's own one extends.
                    Kind::Class(class) if class.bases.iter().any(|base| matches!(base.kind, Kind::External(_))) => {
                        let receiver = Arc::new(this.clone());
                        Value::new(Kind::Method { receiver, name: name.clone() }, span)
                    }
                    _ => Value::unknown(Reason::NotModelled, span),
                },
            };
        }
        let path = self.object(id).path.clone();
        self.external_member(&path, Some(id), name, span)
    }

    /// A static method, or a method taken off its class.
    pub(super) fn class_member(&mut self, class: &Value, name: &Arc<str>, span: Span) -> Value {
        match Interp::find_method(class, name, 0) {
            Some((method, owner)) => {
                let this = method.is_static.then(|| class.clone());
                self.method_value(&method, &owner, this, span)
            }
            None => {
                let bases = match &class.kind {
                    Kind::Class(class) => class.bases.clone(),
                    _ => Vec::new(),
                };
                for base in bases {
                    if let Kind::Class(inner) = &base.kind {
                        if let Some(value) = self.object(inner.statics).fields.get(name) {
                            return value.clone().through(span);
                        }
                    }
                }
                Value::unknown(Reason::NotModelled, span)
            }
        }
    }

    fn method_value(&mut self, method: &ir::Method, owner: &Arc<ClassValue>, this: Option<Value>, span: Span) -> Value {
        // A static method of Python has no receiver; a class method gets the class.
        let python = self.language(owner.module) == Language::Python;
        let drops = python && method.is_static && first_param(&method.function) != Some("cls");
        let this = if drops { None } else { this };
        let closure =
            Arc::new(Closure { function: method.function.clone(), scope: owner.scope, this, module: owner.module });
        if method.is_getter {
            return self.call_closure(&closure, &Args::default(), None, span);
        }
        Value::new(Kind::Function(closure), method.function.span)
    }
}

fn first_param(function: &ir::Function) -> Option<&str> {
    match function.params.first().map(|param| &param.pattern) {
        Some(Pattern::Name(name, _)) => Some(name),
        _ => None,
    }
}

fn names(pattern: &Pattern, name: &str) -> bool {
    matches!(pattern, Pattern::Name(own, _) if &**own == name)
}

/// Arrow functions in fields see the instance as `this` through their scope; plain ones are bound to it.
fn bind_this(value: Value, this: &Value) -> Value {
    match &value.kind {
        Kind::Function(closure) if closure.this.is_none() && !closure.function.is_arrow => {
            let bound = Closure {
                function: closure.function.clone(),
                scope: closure.scope,
                this: Some(this.clone()),
                module: closure.module,
            };
            Value { kind: Kind::Function(Arc::new(bound)), ..value }
        }
        _ => value,
    }
}
