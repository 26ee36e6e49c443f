//! Classes of the program: fields, constructors, methods through their bases, decorators.
//!
//! In: class definitions and instances. Out: values; what a constructor does to libraries is recorded like anything else.

use std::sync::Arc;

use super::value::{Args, ClassValue, Closure, Kind, ObjectId, Reason, ScopeId, Value};
use super::{Interp, Target};
use crate::ir::{self, Expr, Language, Pattern};
use crate::source::Span;

impl Interp<'_> {
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

    pub(super) fn register_decorated(&mut self, callee: &Value, args: &Args, span: Span) {
        let Some(path) = self.path_of(callee) else { return };
        let target = match &callee.kind {
            Kind::Object(id) => Target { path: format!("{path}()").into(), object: Some(*id) },
            Kind::Method { receiver, .. } => Target { path, object: receiver.as_object() },
            _ => Target { path, object: None },
        };
        if let Some(Kind::Function(closure)) = args.positional.first().map(|value| &value.kind)
            && target.object.is_some()
        {
            self.called.insert(closure.function.span);
        }
        self.record(target, args.clone(), span, None);
    }

    /// `new Class(...)`: the fields, then the constructor.
    pub(super) fn instantiate(&mut self, class: &Arc<ClassValue>, value: &Value, args: &Args, span: Span) -> Value {
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
        // A setter that nobody assigns to leaves its field as the constructor made it.
        let may_run =
            |method: &&ir::Method| !self.called.contains(&method.function.span) && !method.name.starts_with("set ");
        let uncalled: Vec<ir::Method> = class.class.methods.iter().filter(may_run).cloned().collect();
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
    pub(super) fn data_fields(&mut self, class: &Arc<ClassValue>, id: ObjectId, args: &Args) {
        let annotated = class.class.fields.iter().filter(|field| field.annotation.is_some());
        for (position, field) in annotated.enumerate() {
            if let Some(value) = args.get(position, &field.name) {
                self.objects[id.0].fields.insert(field.name.clone(), value.clone());
            }
        }
    }

    /// Fields of the class and its bases; the bases' first.
    pub(super) fn init_fields(&mut self, class: &Arc<ClassValue>, id: ObjectId, this: &Value, depth: usize) {
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
                    let value = self.dataclass_field(value);
                    self.objects[id.0].fields.insert(field.name.clone(), value);
                }
                continue;
            }
            if let Some(expr) = &field.value {
                let value = self.eval(expr, scope);
                let value = bind_this(self.dataclass_field(value), this);
                self.objects[id.0].fields.insert(field.name.clone(), value);
            }
        }
        self.settings_fields(class, id);
    }

    /// A method of an instance, through its class and bases.
    pub(super) fn find_method(class: &Value, name: &str, depth: usize) -> Option<(ir::Method, Arc<ClassValue>)> {
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

    pub(super) fn call_method_named(&mut self, id: ObjectId, name: &str, args: &Args, span: Span) -> Option<Value> {
        let class = self.object(id).class.clone()?;
        let (method, owner) = Interp::find_method(&class, name, 0)?;
        let this = Value::new(Kind::Object(id), span);
        let closure =
            Arc::new(Closure { function: method.function, scope: owner.scope, this: Some(this), module: owner.module });
        Some(self.call_closure(&closure, args, None, span))
    }

    pub(super) fn call_super(&mut self, name: &str, args: &Args, span: Span, scope: ScopeId) -> Value {
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
                let external = self.external_bases(class);
                if self.libraries.iter().any(|library| library.class_member(&external, name)) {
                    return Value::new(Kind::Method { receiver: Arc::new(class.clone()), name: name.clone() }, span);
                }
                for base in bases {
                    if let Kind::Class(inner) = &base.kind
                        && let Some(value) = self.object(inner.statics).fields.get(name)
                    {
                        return value.clone().through(span);
                    }
                }
                Value::unknown(Reason::NotModelled, span)
            }
        }
    }

    pub(super) fn method_value(
        &mut self,
        method: &ir::Method,
        owner: &Arc<ClassValue>,
        this: Option<Value>,
        span: Span,
    ) -> Value {
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
