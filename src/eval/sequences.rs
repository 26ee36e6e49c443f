//! Methods of lists, sets and maps.

use std::sync::Arc;

use super::Interp;
use super::literals::merge_entry;
use super::value::{Args, EnvShape, Item, Kind, List, Map, MapEntry, Reason, Value};
use crate::model::condition::Formula;
use crate::source::Span;

/// Properties that are no methods.
pub(super) fn property(object: &Value, name: &str, span: Span) -> Option<Value> {
    match (&object.kind, name) {
        #[expect(clippy::cast_precision_loss, reason = "lengths are small")]
        (Kind::Str(text), "length") => Some(Value::new(Kind::Num(text.chars().count() as f64), span)),
        #[expect(clippy::cast_precision_loss, reason = "lengths are small")]
        (Kind::List(list), "length" | "size")
            if !list.open && list.items.iter().all(|item| item.when == Formula::True) =>
        {
            Some(Value::new(Kind::Num(list.items.len() as f64), span))
        }
        (Kind::List(_), "length" | "size") => Some(Value::unknown(Reason::NotModelled, span)),
        (Kind::Str(_), "origin" | "host" | "hostname" | "protocol" | "netloc" | "scheme") => {
            super::strings::known_url(object, super::strings::url_part(name)?, object.span)
        }
        // A member of a Python enum and its value are one here.
        (Kind::Str(_), "value") => Some(object.clone()),
        _ => None,
    }
}

/// The items of a list of which everything is known.
fn certain(list: &List) -> Option<Vec<Value>> {
    let sure = !list.open && list.items.iter().all(|item| item.when == Formula::True);
    sure.then(|| list.items.iter().map(|item| item.value.clone()).collect())
}

/// The exact position of a text in a list of texts, -1 for none.
fn known_position(list: &List, needle: &Value) -> Option<f64> {
    let (texts, needle) = (certain(list)?, needle.as_str()?);
    if texts.iter().any(|text| text.as_str().is_none()) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "list positions are small")]
    Some(texts.iter().position(|text| text.as_str() == Some(needle)).map_or(-1.0, |at| at as f64))
}

/// `list.slice(from, to)` of known bounds.
fn sliced(list: &List, args: &Args) -> Option<Vec<Value>> {
    let items = certain(list)?;
    let bound = |position: usize, default: usize| -> Option<usize> {
        let Some(value) = args.positional.get(position) else { return Some(default) };
        let number = value.as_num()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "list positions are small"
        )]
        let at = (if number < 0.0 { items.len() as f64 + number } else { number }).max(0.0) as usize;
        Some(at.min(items.len()))
    };
    let (from, to) = (bound(0, 0)?, bound(1, items.len())?);
    Some(items.get(from..to.max(from))?.to_vec())
}

/// `list[index]`.
pub(super) fn item(object: &Value, index: &Value, span: Span) -> Value {
    let (Kind::List(list), Some(number)) = (&object.kind, index.as_num()) else {
        return Value::unknown(Reason::NotModelled, span);
    };
    if list.items.iter().any(|item| item.when != Formula::True) {
        return Value::unknown(Reason::NotModelled, span);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "list positions are small")]
    let at = if number < 0.0 { list.items.len() as f64 + number } else { number } as i64;
    match usize::try_from(at).ok().and_then(|at| list.items.get(at)) {
        Some(item) => item.value.clone().through(span),
        None if list.open => Value::unknown(Reason::NotModelled, span),
        None => Value::undefined(span),
    }
}

impl Interp<'_> {
    /// The items of something iterable: a list, the keys of a map, the pieces of a text in Python are not modelled.
    pub(super) fn items_of(&mut self, value: &Value) -> Option<Arc<List>> {
        match &value.kind {
            Kind::List(list) => Some(list.clone()),
            Kind::Map(map) if self.language_here() == crate::ir::Language::Python => Some(Arc::new(keys(map))),
            Kind::OneOf(alternatives) => {
                let mut list = List::default();
                for (when, value) in alternatives.iter() {
                    let inner = self.items_of(value)?;
                    list.open |= inner.open;
                    let items = inner
                        .items
                        .iter()
                        .map(|item| Item { when: when.clone().and(item.when.clone()), value: item.value.clone() });
                    list.items.extend(items);
                }
                Some(Arc::new(list))
            }
            _ => None,
        }
    }

    /// Methods that change their receiver: the result and the changed receiver.
    pub(super) fn mutate(&mut self, receiver: &Value, name: &str, args: &Args, span: Span) -> Option<(Value, Value)> {
        let first = args.positional.first();
        let changed = match &receiver.kind {
            Kind::List(list) => {
                let mut list = (**list).clone();
                let item = |value: &Value| Item { when: Formula::True, value: value.clone() };
                match name {
                    "push" | "append" | "add" => {
                        list.open |= args.open;
                        for value in &args.positional {
                            self.add_item(&mut list, Formula::True, value.clone());
                        }
                    }
                    "extend" | "update" => self.spread_into(&mut list, first?),
                    "unshift" | "insert" if list.items.len() >= self.bounds.items => list.open = true,
                    "unshift" => drop(list.items.splice(0..0, args.positional.iter().map(item))),
                    "insert" => {
                        let value = args.positional.get(1)?;
                        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a list position")]
                        let at = (first?.as_num()?.max(0.0) as usize).min(list.items.len());
                        list.items.insert(at, item(value));
                    }
                    "remove" | "discard" => {
                        let gone = first?.as_str()?.clone();
                        list.items.retain(|item| item.value.as_str() != Some(&gone));
                    }
                    "pop" | "shift" | "splice" | "delete" | "clear" => list.open = true,
                    _ => return None,
                }
                Kind::List(Arc::new(list))
            }
            Kind::Map(map) => {
                let mut map = (**map).clone();
                match name {
                    "update" => {
                        if let Some(first) = first {
                            self.spread_map(&mut map, first);
                        }
                        for (key, value) in &args.named {
                            insert(&mut map, key, value);
                        }
                    }
                    "set" | "setdefault" | "append" => {
                        let (key, value) = (first?, args.positional.get(1)?);
                        insert(&mut map, &super::operators::key_text(key)?, value);
                    }
                    "delete" | "clear" => map.open = true,
                    _ => return None,
                }
                Kind::Map(Arc::new(map))
            }
            _ => return None,
        };
        let changed = Value { kind: changed, ..receiver.clone() };
        let result = if matches!(name, "push" | "unshift") {
            Value::unknown(Reason::NotModelled, span)
        } else {
            changed.clone()
        };
        Some((result, changed))
    }

    pub(super) fn list_method(&mut self, receiver: &Value, name: &str, args: &Args, span: Span) -> Option<Value> {
        let Kind::List(list) = &receiver.kind else { return None };
        let list = list.clone();
        let first = args.positional.first();
        let build = |list: List| Value { kind: Kind::List(Arc::new(list)), ..receiver.clone() };
        Some(match name {
            "includes" | "has" | "contains" | "__contains__" => {
                Value::condition(self.contains(receiver, first?, span), span)
            }
            "indexOf" | "findIndex" | "index" | "lastIndexOf" | "count" => {
                let found = match &first?.kind {
                    Kind::Function(_) => self.any_item(&list, receiver, first?, span),
                    _ => self.contains(receiver, first?, span),
                };
                let at = |number: f64| Value::new(Kind::Num(number), span);
                if let Some(position) =
                    known_position(&list, first?).filter(|_| name != "count" && name != "lastIndexOf")
                {
                    return Some(at(position));
                }
                Value::one_of([(found.clone(), at(0.0)), (found.negated(), at(-1.0))], span)
            }
            "some" => Value::condition(self.any_item(&list, receiver, first?, span), span),
            "every" => {
                let mut all = vec![if list.open { Formula::unknown(span) } else { Formula::True }];
                for item in &list.items {
                    let result = self.call_with(first?, item.value.clone(), span);
                    let holds = self.truthy(&result);
                    all.push(item.when.clone().negated().or(holds));
                }
                Value::condition(Formula::all(all), span)
            }
            "find" => {
                let mut parts = Vec::new();
                let mut before = Vec::new();
                for item in &list.items {
                    let result = self.call_with(first?, item.value.clone(), span);
                    let holds = item.when.clone().and(self.truthy(&result));
                    parts.push((Formula::all(before.iter().cloned()).and(holds.clone()), item.value.clone()));
                    before.push(holds.negated());
                }
                let rest = if list.open { Value::unknown(Reason::NotModelled, span) } else { Value::undefined(span) };
                parts.push((Formula::all(before), rest));
                Value::one_of(parts, span)
            }
            "map" => {
                let mut mapped = List::opened(list.open);
                let positions_known = certain(&list).is_some();
                for (position, item) in list.items.iter().enumerate() {
                    let mut args = Args { positional: vec![item.value.clone()], ..Args::default() };
                    #[expect(clippy::cast_precision_loss, reason = "list positions are small")]
                    args.positional.push(match positions_known {
                        true => Value::new(Kind::Num(position as f64), span),
                        false => Value::unknown(Reason::NotModelled, span),
                    });
                    let value = self.call(first?, &args, None, false, span);
                    mapped.items.push(Item { when: item.when.clone(), value });
                }
                build(mapped)
            }
            "flatMap" | "flat" => {
                let mut flat = List::opened(list.open);
                for item in &list.items {
                    let value = match first {
                        Some(first) if name == "flatMap" => self.call_with(first, item.value.clone(), span),
                        _ => item.value.clone(),
                    };
                    match self.items_of(&value) {
                        Some(_) => self.spread_into(&mut flat, &value),
                        None => self.add_item(&mut flat, item.when.clone(), value),
                    }
                }
                build(flat)
            }
            "filter" => build(self.filter(&list, first?, span)),
            "forEach" => {
                for item in &list.items {
                    self.call_with(first?, item.value.clone(), span);
                }
                Value::undefined(span)
            }
            "concat" | "union" => {
                let mut joined = (*list).clone();
                for value in &args.positional {
                    match self.items_of(value) {
                        Some(_) => self.spread_into(&mut joined, value),
                        None if matches!(&value.kind, Kind::Env(read) if read.shape != EnvShape::Text) => {
                            self.spread_into(&mut joined, value);
                        }
                        None if value.is_unknown() => joined.open = true,
                        None => self.add_item(&mut joined, Formula::True, value.clone()),
                    }
                }
                build(joined)
            }
            "join" => return Some(self.join(receiver, first.unwrap_or(&Value::text(",", span)), span)),
            "slice" | "copy" | "reverse" | "sort" | "values" | "toString" | "toSorted" => match (name, first) {
                ("slice", Some(_)) => match sliced(&list, args) {
                    Some(items) => Value::list(items, receiver.span),
                    None => Value::unknown(Reason::NotModelled, span),
                },
                ("reverse", _) => {
                    let mut reversed = (*list).clone();
                    reversed.items.reverse();
                    build(reversed)
                }
                _ => receiver.clone(),
            },
            "at" => item(receiver, first?, span),
            "reduce" if !list.open && matches!(first?.kind, Kind::Function(_)) => {
                let mut result = args.positional.get(1)?.clone();
                for item in &list.items {
                    let given = Args { positional: vec![result.clone(), item.value.clone()], ..Args::default() };
                    let next = self.call(first?, &given, None, false, span);
                    let not = item.when.clone().negated();
                    result = Value::one_of([(item.when.clone(), next), (not, result)], span);
                }
                result
            }
            "keys" | "entries" | "reduce" => Value::unknown(Reason::NotModelled, span),
            _ => return None,
        })
    }

    fn any_item(&mut self, list: &List, receiver: &Value, callback: &Value, span: Span) -> Formula {
        let mut any = vec![if list.open { Formula::unknown(receiver.span) } else { Formula::False }];
        for item in &list.items {
            let result = self.call_with(callback, item.value.clone(), span);
            any.push(item.when.clone().and(self.truthy(&result)));
        }
        Formula::any(any)
    }

    pub(super) fn filter(&mut self, list: &List, callback: &Value, span: Span) -> List {
        let mut kept = List::opened(list.open);
        for item in &list.items {
            let holds = match &callback.kind {
                Kind::External(path) if &**path == "js:Boolean" => self.truthy(&item.value),
                Kind::Null => self.truthy(&item.value),
                Kind::Function(_) => {
                    let result = self.call_with(callback, item.value.clone(), span);
                    self.truthy(&result)
                }
                _ => Formula::unknown(span),
            };
            let when = item.when.clone().and(holds.clone());
            if when != Formula::False {
                let value = item.value.given(std::slice::from_ref(&holds));
                kept.items.push(Item { when, value });
            }
        }
        kept
    }

    fn call_with(&mut self, callback: &Value, item: Value, span: Span) -> Value {
        let args = Args { positional: vec![item], ..Args::default() };
        self.call(callback, &args, None, false, span)
    }

    pub(super) fn map_method(&mut self, receiver: &Value, name: &str, args: &Args, span: Span) -> Option<Value> {
        let Kind::Map(map) = &receiver.kind else { return None };
        let map = map.clone();
        let first = args.positional.first();
        Some(match name {
            "get" | "pop" => {
                let found = self.index(receiver, first?, span);
                match args.positional.get(1) {
                    Some(default) => {
                        let missing = self.nullish(&found);
                        Value::one_of([(missing.clone().negated(), found), (missing, default.clone())], span)
                    }
                    None => found,
                }
            }
            "has" | "hasOwnProperty" | "__contains__" => Value::condition(self.contains(receiver, first?, span), span),
            "keys" => Value::new(Kind::List(Arc::new(keys(&map))), span),
            "values" => Value::new(Kind::List(Arc::new(values(&map))), span),
            "items" | "entries" => Value::new(Kind::List(Arc::new(entries(&map, span))), span),
            "copy" => receiver.clone(),
            _ => return None,
        })
    }

    /// `object[start:stop]`.
    pub(super) fn slice(&mut self, object: &Value, start: Option<&Value>, stop: Option<&Value>, span: Span) -> Value {
        match (&object.kind, start, stop) {
            (Kind::List(_), None, None) => object.clone(),
            (Kind::Str(_) | Kind::Term(_), _, _) => {
                let mut args = Args::default();
                args.positional.push(start.cloned().unwrap_or_else(|| Value::new(Kind::Num(0.0), span)));
                args.positional.extend(stop.cloned());
                self.string_method(object, "slice", &args, span)
                    .or_else(|| self.term_method(object, "slice", &args, span))
                    .unwrap_or_else(|| Value::unknown(Reason::NotModelled, span))
            }
            _ => Value::unknown(Reason::NotModelled, span),
        }
    }
}

fn insert(map: &mut Map, key: &Arc<str>, value: &Value) {
    let entry = MapEntry { key: value.span, when: Formula::True, value: value.clone(), getter: false };
    merge_entry(map, key, &entry, &Formula::True);
}

/// The keys of a map as a list.
pub(super) fn keys(map: &Map) -> List {
    let items = map
        .entries
        .iter()
        .map(|(key, entry)| Item { when: entry.when.clone(), value: Value::text(key.clone(), entry.key) });
    List { items: items.collect(), open: map.open }
}

/// The values of a map as a list.
pub(super) fn values(map: &Map) -> List {
    let items = map.entries.values().map(|entry| Item { when: entry.when.clone(), value: entry.value.clone() });
    List { items: items.collect(), open: map.open }
}

/// Pairs of key and value.
pub(super) fn entries(map: &Map, span: Span) -> List {
    let items = map.entries.iter().map(|(key, entry)| Item {
        when: entry.when.clone(),
        value: Value::list([Value::text(key.clone(), entry.key), entry.value.clone()], span),
    });
    List { items: items.collect(), open: map.open }
}
