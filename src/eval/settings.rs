//! Settings classes of pydantic: which variable each field is read from, and what validators make of its text.
//!
//! In: a class that extends `BaseSettings` and an instance of it. Out: the values of its fields. Source:
//! <https://docs.pydantic.dev/latest/concepts/pydantic_settings/>. Knows no CORS.

use std::sync::Arc;

use super::Interp;
use super::value::{Args, ClassValue, Closure, EnvShape, Item, Kind, List, ObjectId, Value};
use crate::ir::{self, Expr, ExprKind};
use crate::model::condition::Formula;
use crate::model::origin::Url;
use crate::model::term::UrlPart;
use crate::source::Span;

impl Interp<'_> {
    /// Fields of a pydantic settings class are read from the environment under their own names.
    pub(super) fn settings_fields(&mut self, class: &Arc<ClassValue>, id: ObjectId) {
        let value = Value::new(Kind::Class(class.clone()), class.class.span);
        let bases = self.external_bases(&value);
        if !bases.iter().any(|base| base.ends_with(".BaseSettings")) {
            return;
        }
        // The package of its own came with pydantic 2.
        let second = bases.iter().any(|base| base.starts_with("py:pydantic_settings."));
        let prefix = self.settings_prefix(class);
        for field in &class.class.fields {
            if matches!(&*field.name, "Config" | "model_config") {
                continue;
            }
            let given = self.object(id).args.named(&field.name).cloned();
            let default = self.object(id).fields.get(&field.name).cloned();
            let (alias, default) = self.settings_alias(default);
            let name: Arc<str> = match alias {
                Some(alias) => alias,
                None => format!("{prefix}{}", field.name).to_uppercase().into(),
            };
            let value = match given {
                Some(value) => value,
                None => self.settings_value(&name, field, default, class),
            };
            let urls = field.annotation.as_ref().filter(|annotation| second && mentions_url(annotation));
            let value = match urls {
                Some(annotation) => url_texts(&value, annotation.span),
                None => value,
            };
            self.objects[id.0].fields.insert(field.name.clone(), value);
        }
    }

    fn settings_value(
        &mut self,
        name: &Arc<str>,
        field: &ir::Field,
        default: Option<Value>,
        class: &Arc<ClassValue>,
    ) -> Value {
        // pydantic reads lists as JSON; texts are texts.
        let list = matches!(default.as_ref().map(|value| &value.kind), Some(Kind::List(_)))
            || field.annotation.as_ref().is_some_and(is_list_type);
        let validators = self.validators(field, class);
        let shape = match (list, default.as_ref().map(|value| &value.kind)) {
            _ if !validators.is_empty() => EnvShape::Text,
            (true, _) => EnvShape::Json,
            (_, Some(Kind::Bool(_))) => EnvShape::Bool,
            (_, Some(Kind::Num(_))) => EnvShape::Num,
            _ => EnvShape::Text,
        };
        let mut value = self.read_env(name, shape, default, field.name_span);
        if list && !validators.is_empty() {
            value = self.json_list(&value);
        }
        // Defaults are validated as well.
        for validator in &validators {
            value = self.validated(&value, validator, field.name_span);
        }
        value
    }

    /// A text that holds a JSON list is decoded before validators see it.
    fn json_list(&mut self, value: &Value) -> Value {
        match &value.kind {
            Kind::Str(text) if text.trim_start().starts_with('[') => {
                let parsed = self.parse_json(value, value.span);
                if parsed.is_unknown() { value.clone() } else { parsed }
            }
            _ => value.clone(),
        }
    }

    fn validated(&mut self, value: &Value, validator: &Arc<Closure>, span: Span) -> Value {
        let parts: Vec<(Formula, Value)> = value
            .alternatives()
            .into_iter()
            .map(|(when, value)| {
                let args = Args { positional: vec![value], open: true, ..Args::default() };
                (when, self.call_closure(validator, &args, None, span))
            })
            .collect();
        Value::one_of(parts, span)
    }

    /// `@field_validator("x")`, `@validator("x")` and `Annotated[…, BeforeValidator(f)]` of a field, in this order.
    fn validators(&mut self, field: &ir::Field, class: &Arc<ClassValue>) -> Vec<Arc<Closure>> {
        let this = Value::new(Kind::Class(class.clone()), class.class.span);
        let mut found = Vec::new();
        for method in &class.class.methods {
            if method.function.decorators.iter().any(|decorator| validates(decorator, &field.name)) {
                let (scope, module) = (class.scope, class.module);
                let function = method.function.clone();
                found.push(Arc::new(Closure { function, scope, this: Some(this.clone()), module }));
            }
        }
        let Some(ExprKind::Index { index, .. }) = field.annotation.as_ref().map(|annotation| &annotation.kind) else {
            return found;
        };
        let ExprKind::List(parts) = &index.kind else { return found };
        for part in parts {
            let ExprKind::Call { callee, args, .. } = &part.value.kind else { continue };
            if matches!(name_of(callee), Some("BeforeValidator" | "AfterValidator")) {
                let function = args.first().map(|arg| self.eval(&arg.value, class.scope));
                found.extend(function.as_ref().and_then(Value::as_function).cloned());
            }
        }
        found
    }

    /// `Field(default, env='X', alias='X')`: the variable's name and the real default.
    fn settings_alias(&mut self, default: Option<Value>) -> (Option<Arc<str>>, Option<Value>) {
        let Some(value) = default else { return (None, None) };
        let Some(object) = value.as_object().map(|id| self.object(id)) else { return (None, Some(value)) };
        if !object.path.ends_with(".Field()") {
            return (None, Some(value));
        }
        let args = object.args.clone();
        let alias = ["env", "validation_alias", "alias"]
            .iter()
            .find_map(|key| args.named(key))
            .and_then(Value::as_str)
            .cloned();
        let default =
            args.get(0, "default").filter(|value| !matches!(value.kind, Kind::External(_) | Kind::Unknown(_))).cloned();
        (alias, default.or_else(|| self.made_by_default(&args, value.span)))
    }

    /// What `default_factory` makes.
    fn made_by_default(&mut self, args: &Args, span: Span) -> Option<Value> {
        let factory = args.named("default_factory").filter(|factory| factory.as_function().is_some())?.clone();
        Some(self.call(&factory, &Args::default(), None, false, span))
    }

    /// A field of a dataclass that is written as `field(default_factory=…)`.
    pub(super) fn dataclass_field(&mut self, value: Value) -> Value {
        let Some(object) = value.as_object().map(|id| self.object(id)) else { return value };
        if &*object.path != "py:dataclasses.field()" {
            return value;
        }
        let args = object.args.clone();
        args.named("default").cloned().or_else(|| self.made_by_default(&args, value.span)).unwrap_or(value)
    }

    /// `env_prefix` of `model_config` or of the inner `Config`.
    fn settings_prefix(&self, class: &Arc<super::value::ClassValue>) -> String {
        let statics = &self.object(class.statics).fields;
        let config = statics.get("model_config").or_else(|| statics.get("Config"));
        let prefix = match config.map(|value| &value.kind) {
            Some(Kind::Object(id)) => self.object(*id).args.named("env_prefix").cloned(),
            Some(Kind::Map(map)) => map.entries.get("env_prefix").map(|entry| entry.value.clone()),
            Some(Kind::Class(inner)) => self.object(inner.statics).fields.get("env_prefix").cloned(),
            _ => None,
        };
        prefix.as_ref().and_then(Value::as_str).map(|text| text.to_string()).unwrap_or_default()
    }
}

/// `list[str]`, `List[AnyHttpUrl]`, `set[str]`, `tuple[...]`, also as one of several or annotated.
fn is_list_type(annotation: &Expr) -> bool {
    match &annotation.kind {
        ExprKind::Name(name) => is_list_name(name),
        ExprKind::Index { object, index } => match (name_of(object), &index.kind) {
            (Some("Annotated"), ExprKind::List(parts)) => parts.first().is_some_and(|part| is_list_type(&part.value)),
            (Some("Union"), ExprKind::List(parts)) => parts.iter().any(|part| is_list_type(&part.value)),
            (Some("Optional"), _) => is_list_type(index),
            _ => is_list_type(object),
        },
        ExprKind::Member { property, .. } => is_list_name(property),
        ExprKind::Binary { left, right, .. } => is_list_type(left) || is_list_type(right),
        _ => false,
    }
}

fn is_list_name(name: &str) -> bool {
    matches!(name, "list" | "List" | "set" | "Set" | "tuple" | "Tuple" | "Sequence")
}

fn name_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Member { property: name, .. } => Some(name),
        _ => None,
    }
}

/// Is it a decorator that makes a function validate this field?
fn validates(decorator: &Expr, field: &str) -> bool {
    let ExprKind::Call { callee, args, .. } = &decorator.kind else { return false };
    matches!(name_of(callee), Some("field_validator" | "validator"))
        && args.iter().any(|arg| matches!(&arg.value.kind, ExprKind::Str(text) if **text == *field))
}

/// `AnyHttpUrl`, `HttpUrl`, `AnyUrl` somewhere in a type, and no text beside it.
fn mentions_url(annotation: &Expr) -> bool {
    let mut names = Vec::new();
    type_names(annotation, &mut names, 0);
    names.iter().any(|name| matches!(*name, "AnyHttpUrl" | "HttpUrl" | "AnyUrl")) && !names.contains(&"str")
}

fn type_names<'e>(expr: &'e Expr, names: &mut Vec<&'e str>, depth: usize) {
    if depth > 8 {
        return;
    }
    names.extend(name_of(expr));
    match &expr.kind {
        ExprKind::Index { object, index } => {
            type_names(object, names, depth + 1);
            type_names(index, names, depth + 1);
        }
        ExprKind::List(parts) => parts.iter().for_each(|part| type_names(&part.value, names, depth + 1)),
        ExprKind::Binary { left, right, .. } => {
            type_names(left, names, depth + 1);
            type_names(right, names, depth + 1);
        }
        _ => {}
    }
}

/// What `str()` makes of the URLs of pydantic 2: a path is always there. The place is the type that adds it.
fn url_texts(value: &Value, annotation: Span) -> Value {
    let kind = match &value.kind {
        Kind::Str(text) => match Url::parse(text) {
            Some(url) => return Value { span: annotation, ..Value::text(url.part(UrlPart::Whole), annotation) },
            None => return value.clone(),
        },
        Kind::List(list) => {
            let items = list
                .items
                .iter()
                .map(|item| Item { when: item.when.clone(), value: url_texts(&item.value, annotation) });
            Kind::List(Arc::new(List { items: items.collect(), open: list.open }))
        }
        Kind::OneOf(alternatives) => {
            let parts = alternatives.iter().map(|(when, value)| (when.clone(), url_texts(value, annotation)));
            Kind::OneOf(parts.collect())
        }
        _ => return value.clone(),
    };
    Value { kind, ..value.clone() }
}
