//! Header lists of the Fetch API: `Headers` objects, what they are made from and what is done to them.
//!
//! In: initialisers and calls of `set`, `append`, `delete`. Out: a list of lines kept with the object, each under its
//! condition, and the effects they amount to. Knows nothing of who sends the list.

use std::sync::Arc;

use super::super::manual::header_name;
use super::super::values::header_values;
use crate::eval::value::{Args, Kind, List, Map, MapEntry, ObjectId, Value};
use crate::eval::{Interp, merge_entry};
use crate::model::condition::Formula;
use crate::model::server::{Effect, GuardedEffect};
use crate::source::Span;

/// What a `Headers` object is called on the heap.
pub(super) const HEADERS: &str = "fetch:headers";

/// A new `Headers` object with these lines.
pub(super) fn make(run: &mut Interp<'_>, lines: Map, span: Span) -> ObjectId {
    let lines = Value::new(Kind::Map(Arc::new(lines)), span);
    let id = run.make_object(HEADERS, Args { positional: vec![lines], ..Args::default() }, None, span);
    run.objects[id.0].exists = true;
    id
}

/// The lines of a `Headers` object.
pub(super) fn of(run: &Interp<'_>, id: ObjectId) -> Map {
    let lines = run.object(id).args.positional.first().and_then(Value::as_map);
    lines.map_or_else(|| Map::opened(true), |map| (**map).clone())
}

/// The lines that an initialiser stands for: an object, pairs, another list.
pub(super) fn init(run: &Interp<'_>, value: &Value) -> Map {
    let mut lines = Map::default();
    for (when, value) in value.alternatives() {
        match &value.kind {
            Kind::Undefined | Kind::Null | Kind::Bool(false) => {}
            Kind::Map(map) => {
                lines.open |= map.open;
                for (name, entry) in &map.entries {
                    let entry = MapEntry { value: as_line(&entry.value), ..entry.clone() };
                    put(&mut lines, name, &entry, &when);
                }
            }
            Kind::List(list) => {
                lines.open |= list.open;
                for item in &list.items {
                    let pair = item.value.as_list().map(|pair| pair.items.as_slice());
                    let Some([name, value]) = pair else {
                        lines.open = true;
                        continue;
                    };
                    let Some(text) = name.value.as_str() else {
                        lines.open = true;
                        continue;
                    };
                    let entry = MapEntry {
                        key: name.value.span,
                        when: item.when.clone(),
                        value: as_line(&value.value),
                        getter: false,
                    };
                    put(&mut lines, text, &entry, &when);
                }
            }
            Kind::Object(id) if &*run.object(*id).path == HEADERS => {
                let other = of(run, *id);
                lines.open |= other.open;
                for (name, entry) in &other.entries {
                    put(&mut lines, name, entry, &when);
                }
            }
            _ => lines.open = true,
        }
    }
    lines
}

/// A list where one value is expected is joined with commas; lists are how this file keeps repeated lines.
fn as_line(value: &Value) -> Value {
    match &value.kind {
        Kind::List(_) => match header_values(value).pop().and_then(|(_, joined)| joined.as_text()) {
            Some(text) => Value::text(text, value.span),
            None => Value::unknown(crate::eval::value::Reason::NotModelled, value.span),
        },
        _ => value.clone(),
    }
}

/// The name under which a line is kept, whatever its case.
fn known(lines: &Map, name: &str) -> Option<Arc<str>> {
    lines.entries.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned()
}

fn put(lines: &mut Map, name: &Arc<str>, entry: &MapEntry, when: &Formula) {
    let key = known(lines, name).unwrap_or_else(|| name.clone());
    merge_entry(lines, &key, entry, when);
}

/// Adds a line that is sent by default.
pub(super) fn add(lines: &mut Map, name: &str, value: Value) {
    if known(lines, name).is_none() {
        let entry = MapEntry { key: value.span, when: Formula::True, value, getter: false };
        put(lines, &Arc::from(name), &entry, &Formula::True);
    }
}

/// `set(name, value)`, `append(name, value)` and `delete(name)` on a list.
pub(super) fn change(run: &mut Interp<'_>, id: ObjectId, method: &str, args: &Args, span: Span) {
    let mut lines = of(run, id);
    let when = run.condition_for(id);
    let name = args.positional.first().and_then(Value::as_str).cloned();
    match (name, method) {
        (None, _) => lines.open = true,
        (Some(name), "delete") => {
            let entry = MapEntry { key: span, when: Formula::True, value: Value::new(Kind::Null, span), getter: false };
            put(&mut lines, &name, &entry, &when);
        }
        (Some(name), method) => {
            let value = args.positional.get(1).cloned().unwrap_or_else(|| Value::undefined(span));
            let mut value = as_line(&value);
            let old = known(&lines, &name).and_then(|known| lines.entries.get(&known));
            if let ("append", Some(old)) = (method, old) {
                let earlier = old.value.as_list().map_or_else(
                    || vec![old.value.clone()],
                    |list| list.items.iter().map(|item| item.value.clone()).collect(),
                );
                let all = earlier.into_iter().filter(|one| !one.is_nullish()).chain([value]);
                value = Value::list(all, span);
            }
            let entry = MapEntry { key: span, when: Formula::True, value, getter: false };
            put(&mut lines, &name, &entry, &when);
        }
    }
    let kept = Value::new(Kind::Map(Arc::new(lines)), span);
    run.objects[id.0].args.positional = vec![kept];
}

/// The value of a line, as far as the list says.
pub(super) fn get(run: &Interp<'_>, id: ObjectId, name: &str, span: Span) -> Value {
    let lines = of(run, id);
    match known(&lines, name).and_then(|known| lines.entries.get(&known).cloned()) {
        Some(entry) if entry.when == Formula::True && entry.value.as_list().is_none() => entry.value.through(span),
        None if !lines.open => Value::new(Kind::Null, span),
        _ => Value::unknown(crate::eval::value::Reason::NotModelled, span),
    }
}

/// What sending a list does to an answer that is given under a condition.
pub(super) fn effects(lines: &Map, given: &[Formula]) -> Vec<GuardedEffect> {
    let mut effects = Vec::new();
    for (name, entry) in &lines.entries {
        for (when, value) in entry.value.given(given).alternatives() {
            let when = entry.when.clone().and(when).given(given);
            match &value.kind {
                Kind::Null | Kind::Undefined if lines.open => {
                    let effect = Effect::Remove(header_name(name, entry.key));
                    effects.push(GuardedEffect { when, effect, span: entry.key });
                }
                Kind::Null | Kind::Undefined => {}
                Kind::List(list) => repeated(name, entry, list, &when, &mut effects),
                _ => one(name, entry, &value, &when, false, &mut effects),
            }
        }
    }
    effects
}

fn repeated(name: &Arc<str>, entry: &MapEntry, list: &List, when: &Formula, effects: &mut Vec<GuardedEffect>) {
    for (position, item) in list.items.iter().enumerate() {
        one(name, entry, &item.value, when, position > 0, effects);
    }
}

fn one(
    name: &Arc<str>,
    entry: &MapEntry,
    value: &Value,
    when: &Formula,
    append: bool,
    effects: &mut Vec<GuardedEffect>,
) {
    let place = place(entry.key, value);
    for (guard, mut sent) in header_values(value) {
        // What is not written as text points at the line that sends it.
        if sent.as_text().is_none() {
            sent.span = place;
        }
        let name = header_name(name, entry.key);
        let effect = if append { Effect::Append(name, sent) } else { Effect::Set(name, sent) };
        effects.push(GuardedEffect { when: when.clone().and(guard), effect, span: place });
    }
}

/// A line's place: from its name to the last place its value came through, where both stand on the way to each other.
fn place(key: Span, value: &Value) -> Span {
    let used = value.trace.spans().first().copied().unwrap_or(value.span);
    if used.file == key.file && used.start >= key.start && used.start - key.end.min(used.start) < 200 {
        key.to(used)
    } else {
        key
    }
}
