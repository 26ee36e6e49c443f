//! What the languages themselves bring along: globals, casts, `URL`, `RegExp`, `JSON`, `Set`, Python's built-in functions.

use std::sync::Arc;

use super::operators::number_text;
use super::value::{Args, Closure, EnvRead, EnvShape, Item, Kind, List, Map, MapEntry, Reason, Value};
use super::{Interp, Target};
use crate::ir::Language;
use crate::model::condition::Formula;
use crate::model::term::{Anchor, TermOp, UrlPart};
use crate::source::Span;

/// Names that Python knows without an import, as far as they matter here.
pub(super) fn is_python_builtin(name: &str) -> bool {
    matches!(
        name,
        "list"
            | "set"
            | "tuple"
            | "frozenset"
            | "dict"
            | "str"
            | "int"
            | "float"
            | "bool"
            | "len"
            | "any"
            | "all"
            | "map"
            | "filter"
            | "sorted"
            | "reversed"
            | "print"
            | "getattr"
            | "setattr"
            | "hasattr"
            | "isinstance"
            | "open"
            | "super"
            | "Exception"
            | "ValueError"
            | "KeyError"
            | "RuntimeError"
            | "PermissionError"
            | "type"
            | "range"
            | "enumerate"
            | "zip"
            | "object"
            | "locals"
            | "globals"
            | "__import__"
            | "__name__"
            | "__file__"
    )
}

impl Interp<'_> {
    /// Members of the languages' own objects.
    pub(super) fn builtin_member(&mut self, target: &Target, name: &Arc<str>, span: Span) -> Option<Value> {
        match &*target.path {
            "js:process.env" | "js:import.meta.env" | "js:Bun.env" => {
                Some(self.read_env(name, EnvShape::Text, None, span))
            }
            "py:os.environ"
                if !matches!(&**name, "get" | "setdefault" | "items" | "keys" | "copy" | "update" | "pop") =>
            {
                Some(self.read_env(name, EnvShape::Text, None, span))
            }
            _ => self.setting_member(target, name, span).or_else(|| self.schema_shape(target, name, span)),
        }
    }

    /// Calls of the languages' own functions.
    pub(super) fn builtin_call(
        &mut self,
        target: &Target,
        args: &Args,
        _this: Option<&Value>,
        _new: bool,
        span: Span,
    ) -> Option<Value> {
        if let Some(value) = self.env_call(target, args, span) {
            return Some(value);
        }
        if let Some(value) = self.validated_settings(target, args, span) {
            return Some(value);
        }
        if let Some(value) = self.setting_call(target, args, span) {
            return Some(value);
        }
        let path = target.path.clone();
        let name = path.strip_prefix("js:").or_else(|| path.strip_prefix("py:"))?;
        let first = args.positional.first();
        Some(match name {
            "Boolean" | "bool" => Value::condition(self.truthy(first?), span),
            "String" | "str" => self.text_of(first?, span),
            "Number" | "parseInt" | "parseFloat" | "int" | "float" => self.number_of(first?, span),
            "Array.isArray" => self.is_list(first?, span),
            "list" | "set" | "tuple" | "frozenset" | "sorted" | "reversed" | "Array.from" | "Set" | "Array.of" => {
                self.list_of(name, args, span)
            }
            "Map" | "dict" | "Object.fromEntries" => self.map_of(args, span),
            "Object.freeze" | "Object.seal" | "Promise.resolve" | "structuredClone" | "copy.copy" | "copy.deepcopy"
            | "typing.cast" => {
                if name == "typing.cast" {
                    args.positional.get(1)?.clone()
                } else {
                    first?.clone()
                }
            }
            "Object.keys" | "Object.values" | "Object.entries" => entries_of(name, first?, span)?,
            "Object.hasOwn" => {
                let key = args.positional.get(1)?;
                Value::condition(self.contains(first?, key, span), span)
            }
            "Object.assign" => {
                let mut map = Map::default();
                for value in &args.positional {
                    self.spread_map(&mut map, value);
                }
                Value::new(Kind::Map(Arc::new(map)), span)
            }
            "JSON.parse" | "json.loads" | "orjson.loads" => match &first?.kind {
                Kind::Env(read) => {
                    Value::new(Kind::Env(EnvRead { shape: EnvShape::Json, ..read.clone() }), first?.span)
                }
                Kind::OneOf(_) => {
                    let parts = first?.alternatives().into_iter().filter_map(|(when, one)| {
                        let args = Args { positional: vec![one], ..Args::default() };
                        Some((when, self.builtin_call(target, &args, None, false, span)?))
                    });
                    Value::one_of(parts.collect::<Vec<_>>(), span)
                }
                _ => self.parse_json(first?, span),
            },
            "JSON.stringify" | "json.dumps" | "console.log" | "console.error" | "console.warn" | "console.info"
            | "print" => Value::unknown(Reason::NotModelled, span),
            "URL" | "url.parse" | "urllib.parse.urlparse" | "urllib.parse.urlsplit" => match &first?.kind {
                Kind::Term(term) => Interp::term_value(term.then(TermOp::Url(UrlPart::Whole)), first?.span),
                Kind::Str(_) => first?.clone(),
                _ => Value::unknown(Reason::NotModelled, span),
            },
            "RegExp" | "re.compile" => self.regex(args, span)?,
            "RegExp.escape" | "re.escape" => match first?.as_str() {
                Some(text) => Value::text(escape_regex(text), first?.span),
                None => Value::unknown(Reason::NotModelled, span),
            },
            "re.match" | "re.search" | "re.fullmatch" => {
                let anchor = anchor_of(name);
                Value::condition(self.matches(first?, args.positional.get(1)?, anchor, span), span)
            }
            "secrets.compare_digest" | "hmac.compare_digest" => {
                let same = self.equals(first?, args.positional.get(1)?, span);
                Value::condition(same, span)
            }
            "len" => super::sequences::property(first?, "length", span)
                .unwrap_or_else(|| Value::unknown(Reason::NotModelled, span)),
            "any" | "all" => self.any_all(name == "any", first?, span),
            "map" | "filter" => self.map_filter(name, first?, args.positional.get(1)?, span),
            "getattr" => {
                let key = args.positional.get(1)?.as_str()?.clone();
                let found = self.member(first?, &key, span);
                match (args.positional.get(2), &found.kind) {
                    (Some(default), Kind::Undefined) => default.clone(),
                    _ => found,
                }
            }
            "isinstance" => self.is_instance(first?, args.positional.get(1)?, span),
            "hasattr" | "callable" => Value::condition(Formula::unknown(span), span),
            _ => return None,
        })
    }

    /// Methods of values that are no objects of a library.
    pub(super) fn builtin_method(&mut self, receiver: &Value, name: &str, args: &Args, span: Span) -> Option<Value> {
        match &receiver.kind {
            Kind::Str(_) => self.string_method(receiver, name, args, span),
            Kind::Term(_) => self.term_method(receiver, name, args, span),
            Kind::Env(_) => self.env_method(receiver, name, args, span),
            Kind::List(_) => self.list_method(receiver, name, args, span),
            Kind::Map(_) => self.map_method(receiver, name, args, span),
            Kind::Regex { .. } => match name {
                "test" | "exec" | "search" | "match" | "fullmatch" => {
                    let anchor =
                        if self.language_here() == Language::Python { anchor_of(name) } else { Anchor::Search };
                    Some(Value::condition(self.matches(receiver, args.positional.first()?, anchor, span), span))
                }
                _ => None,
            },
            Kind::Function(closure) => {
                let closure = closure.clone();
                match name {
                    "bind" => {
                        let this = args.positional.first().filter(|this| !this.is_nullish()).cloned();
                        let bound = Closure {
                            function: closure.function.clone(),
                            scope: closure.scope,
                            this: this.or_else(|| closure.this.clone()),
                            module: closure.module,
                        };
                        Some(Value { kind: Kind::Function(Arc::new(bound)), ..receiver.clone() })
                    }
                    "call" => {
                        let rest =
                            Args { positional: args.positional.iter().skip(1).cloned().collect(), ..args.clone() };
                        Some(self.call_closure(&closure, &rest, args.positional.first().cloned(), span))
                    }
                    "apply" => {
                        let mut list = List::default();
                        if let Some(values) = args.positional.get(1) {
                            self.spread_into(&mut list, values);
                        }
                        let positional = list.items.iter().map(|item| item.value.clone()).collect();
                        let rest = Args { positional, open: list.open, ..Args::default() };
                        Some(self.call_closure(&closure, &rest, args.positional.first().cloned(), span))
                    }
                    _ => None,
                }
            }
            // A promise is the value it resolves to.
            _ if name == "then" => {
                let callback = args.positional.first()?.clone();
                let given = Args { positional: vec![receiver.clone()], open: true, ..Args::default() };
                Some(self.call(&callback, &given, None, false, span))
            }
            _ if matches!(name, "catch" | "finally") => Some(receiver.clone()),
            _ => None,
        }
    }

    fn text_of(&mut self, value: &Value, span: Span) -> Value {
        match &value.kind {
            Kind::Num(number) => Value::text(number_text(*number), span),
            Kind::Str(_) | Kind::Env(_) | Kind::Term(_) => value.clone(),
            Kind::OneOf(alternatives) => {
                let parts: Vec<(Formula, Value)> =
                    alternatives.iter().map(|(when, value)| (when.clone(), self.text_of(value, span))).collect();
                Value::one_of(parts, span)
            }
            _ => Value::unknown(Reason::NotModelled, span),
        }
    }

    fn number_of(&mut self, value: &Value, span: Span) -> Value {
        match &value.kind {
            Kind::Num(_) => value.clone(),
            Kind::Str(text) => match text.trim().parse() {
                Ok(number) => Value { kind: Kind::Num(number), ..value.clone() },
                Err(_) => Value::unknown(Reason::NotModelled, span),
            },
            Kind::Env(read) => {
                Value { kind: Kind::Env(EnvRead { shape: EnvShape::Num, ..read.clone() }), ..value.clone() }
            }
            Kind::OneOf(alternatives) => {
                let parts: Vec<(Formula, Value)> =
                    alternatives.iter().map(|(when, value)| (when.clone(), self.number_of(value, span))).collect();
                Value::one_of(parts, span)
            }
            _ => Value::unknown(Reason::NotModelled, span),
        }
    }

    fn is_list(&mut self, value: &Value, span: Span) -> Value {
        match &value.kind {
            Kind::List(_) => Value::new(Kind::Bool(true), span),
            Kind::Str(_)
            | Kind::Map(_)
            | Kind::Num(_)
            | Kind::Bool(_)
            | Kind::Null
            | Kind::Undefined
            | Kind::Function(_) => Value::new(Kind::Bool(false), span),
            Kind::Env(read) => Value::new(Kind::Bool(matches!(read.shape, EnvShape::List { .. })), span),
            Kind::OneOf(alternatives) => {
                let mut parts = Vec::new();
                for (when, value) in alternatives.iter() {
                    let one = self.is_list(value, span);
                    parts.push(when.clone().and(self.truthy(&one)));
                }
                Value::condition(Formula::any(parts), span)
            }
            _ => Value::condition(Formula::unknown(span), span),
        }
    }

    fn is_instance(&mut self, value: &Value, class: &Value, span: Span) -> Value {
        let path = self.path_of(class);
        let known = match (&value.kind, path.as_deref()) {
            (Kind::Str(_), Some(name)) => Some(name == "py:str"),
            (Kind::List(_), Some(name)) => Some(matches!(name, "py:list" | "py:tuple" | "py:set")),
            (Kind::Env(read), Some("py:str")) => Some(read.shape == EnvShape::Text),
            (Kind::Env(read), Some("py:list")) => Some(matches!(read.shape, EnvShape::List { .. })),
            _ => None,
        };
        Value::condition(known.map_or_else(|| Formula::unknown(span), Formula::constant), span)
    }

    fn list_of(&mut self, name: &str, args: &Args, span: Span) -> Value {
        if name == "Array.of" {
            return Value::list(args.positional.clone(), span);
        }
        let Some(first) = args.positional.first() else { return Value::list([], span) };
        match &first.kind {
            Kind::Str(text) if !text.is_empty() => {
                // `list("abc")` is a list of characters.
                let items: Vec<Value> = text.chars().take(64).map(|c| Value::text(c.to_string(), first.span)).collect();
                Value::list(items, first.span)
            }
            Kind::Env(read) if read.shape != EnvShape::Text => first.clone(),
            _ => {
                let mapped = match args.positional.get(1) {
                    Some(callback) if name == "Array.from" => {
                        let args = Args { positional: vec![callback.clone()], ..Args::default() };
                        self.list_method(first, "map", &args, span)
                    }
                    _ => None,
                };
                let source = mapped.unwrap_or_else(|| first.clone());
                let mut list = List::default();
                self.spread_into(&mut list, &source);
                if matches!(name, "set" | "Set" | "frozenset") {
                    let mut seen = std::collections::HashSet::new();
                    list.items.retain(|item| match item.value.as_str() {
                        Some(text) if item.when == Formula::True => seen.insert(text.clone()),
                        _ => true,
                    });
                }
                Value { trace: first.trace.clone(), ..Value::new(Kind::List(Arc::new(list)), first.span) }
            }
        }
    }

    fn map_of(&mut self, args: &Args, span: Span) -> Value {
        let mut map = Map::opened(args.open);
        if let Some(first) = args.positional.first() {
            match self.items_of(first) {
                Some(list) if first.as_map().is_none() => {
                    map.open |= list.open;
                    for item in &list.items {
                        let pair = self.items_of(&item.value);
                        let Some([key, value]) = pair.as_ref().map(|pair| pair.items.as_slice()) else {
                            map.open = true;
                            continue;
                        };
                        match super::operators::key_text(&key.value) {
                            Some(name) => {
                                let entry = MapEntry {
                                    key: key.value.span,
                                    when: item.when.clone(),
                                    value: value.value.clone(),
                                    getter: false,
                                };
                                map.entries.insert(name, entry);
                            }
                            None => map.open = true,
                        }
                    }
                }
                _ => self.spread_map(&mut map, first),
            }
        }
        for (name, value) in &args.named {
            let entry = MapEntry { key: value.span, when: Formula::True, value: value.clone(), getter: false };
            map.entries.insert(name.clone(), entry);
        }
        Value::new(Kind::Map(Arc::new(map)), span)
    }

    fn any_all(&mut self, any: bool, list: &Value, span: Span) -> Value {
        let Some(list) = self.items_of(list) else { return Value::condition(Formula::unknown(span), span) };
        let mut parts = Vec::new();
        for item in &list.items {
            let truth = self.truthy(&item.value);
            parts.push(if any { item.when.clone().and(truth) } else { item.when.clone().negated().or(truth) });
        }
        if list.open {
            parts.push(Formula::unknown(span));
        }
        Value::condition(if any { Formula::any(parts) } else { Formula::all(parts) }, span)
    }

    /// Python's `map(f, list)` and `filter(f, list)`.
    fn map_filter(&mut self, name: &str, callback: &Value, source: &Value, span: Span) -> Value {
        if let Kind::OneOf(alternatives) = &source.kind {
            let parts: Vec<(Formula, Value)> = alternatives
                .iter()
                .map(|(when, one)| (when.clone(), self.map_filter(name, callback, one, span)))
                .collect();
            return Value::one_of(parts, span);
        }
        if let Kind::Env(read) = &source.kind {
            return match &read.shape {
                EnvShape::List { separator, .. } if name == "map" && self.callback_trims(Some(callback)) => {
                    let shape = EnvShape::List { separator: separator.clone(), trimmed: true };
                    Value { kind: Kind::Env(EnvRead { shape, ..read.clone() }), ..source.clone() }
                }
                _ => source.clone(),
            };
        }
        let Some(list) = self.items_of(source) else { return Value::unknown(Reason::NotModelled, span) };
        let result = if name == "filter" {
            self.filter(&list, callback, span)
        } else {
            let mut mapped = List::opened(list.open);
            for item in &list.items {
                let args = Args { positional: vec![item.value.clone()], ..Args::default() };
                let value = match self.path_of(callback).as_deref() {
                    Some("py:str.strip") => self.string_method(&item.value, "strip", &Args::default(), span),
                    _ => None,
                };
                let value = value.unwrap_or_else(|| self.call(callback, &args, None, false, span));
                mapped.items.push(Item { when: item.when.clone(), value });
            }
            mapped
        };
        Value { kind: Kind::List(Arc::new(result)), ..source.clone() }
    }

    fn regex(&mut self, args: &Args, span: Span) -> Option<Value> {
        let first = args.positional.first()?;
        let flags: Arc<str> = match args.positional.get(1).map(|value| &value.kind) {
            Some(Kind::Str(flags)) => flags.clone(),
            Some(Kind::External(path)) if path.ends_with(".I") || path.ends_with("IGNORECASE") => "i".into(),
            _ => "".into(),
        };
        Some(match &first.kind {
            Kind::Str(pattern) => Value { kind: Kind::Regex { pattern: pattern.clone(), flags }, ..first.clone() },
            Kind::Regex { .. } => first.clone(),
            Kind::OneOf(alternatives) => {
                let mut parts = Vec::new();
                for (when, value) in alternatives.iter() {
                    let mut inner = args.clone();
                    inner.positional[0] = value.clone();
                    parts.push((when.clone(), self.regex(&inner, span)?));
                }
                Value::one_of(parts, span)
            }
            _ => Value::unknown(Reason::NotModelled, span),
        })
    }
}

fn anchor_of(name: &str) -> Anchor {
    if name.ends_with("fullmatch") {
        Anchor::Full
    } else if name.ends_with("match") {
        Anchor::Prefix
    } else {
        Anchor::Search
    }
}

fn escape_regex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if "\\.+*?()|[]{}^$/-".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// `Object.entries(x)` and its kin, of each map that it may be.
fn entries_of(name: &str, value: &Value, span: Span) -> Option<Value> {
    let mut parts = Vec::new();
    for (when, value) in value.alternatives() {
        let map = value.as_map()?;
        let list = match name {
            "Object.keys" => super::sequences::keys(map),
            "Object.values" => super::sequences::values(map),
            _ => super::sequences::entries(map, span),
        };
        parts.push((when, Value::new(Kind::List(Arc::new(list)), span)));
    }
    Some(Value::one_of(parts, span))
}
