//! `app.config`: what a program writes into it, as far as that can be followed.
//!
//! In: the evaluator's log up to a moment. Out: the value of a key at that moment, each writing under its condition. What is read
//! from files outside of the program is not there.

use std::sync::Arc;

use super::super::values::object_named;
use crate::eval::value::{ClassValue, Kind, ModuleId, ObjectId, Reason, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::source::Span;

/// The configuration of an application; its object's number follows.
const CONFIG: &str = "flask:config#";

/// The name of an application's configuration.
pub(super) fn name_of(app: ObjectId) -> String {
    format!("{CONFIG}{}", app.0)
}

/// The application whose configuration a name means, and what follows the name.
pub(super) fn of(path: &str) -> Option<(ObjectId, String)> {
    object_named(path, CONFIG)
}

/// Methods of a configuration, as opposed to its keys.
pub(super) fn is_method(name: &str) -> bool {
    name.chars().any(|c| c.is_ascii_lowercase())
}

/// The value of a key after what a log tells; `None` when nobody wrote it.
pub(super) fn value(run: &Interp<'_>, log: &[Event], app: ObjectId, key: &str) -> Option<Value> {
    let mut known: Option<Value> = None;
    for event in log {
        let Some((owner, tail)) = of(&event.target.path) else { continue };
        if owner != app {
            continue;
        }
        let Some(new) = written(run, event, &tail, key) else { continue };
        let when = event.when.given(&run.object(app).when.conjuncts());
        known = Some(match (when, known) {
            (Formula::True, _) => new,
            (when, old) => {
                let old = old.unwrap_or_else(|| Value::undefined(event.span));
                Value::one_of([(when.clone(), new), (when.negated(), old)], event.span)
            }
        });
    }
    known
}

/// What an event writes under a key.
fn written(run: &Interp<'_>, event: &Event, tail: &str, key: &str) -> Option<Value> {
    let args = &event.args;
    match tail {
        "[]=" => {
            let same = args.positional.first().and_then(Value::as_str).is_some_and(|name| &**name == key);
            args.positional.get(1).filter(|_| same).cloned()
        }
        ".setdefault" => {
            let same = args.positional.first().and_then(Value::as_str).is_some_and(|name| &**name == key);
            args.positional.get(1).filter(|_| same).cloned()
        }
        ".update" | ".from_mapping" => args.named(key).cloned().or_else(|| {
            let entry = args.positional.first().and_then(Value::as_map)?.entries.get(key)?;
            Some(entry.value.clone())
        }),
        ".from_object" => of_object(run, args.positional.first()?, key),
        _ => None,
    }
}

/// A key that an object has: a class, an instance of one, a module, or either by its name.
fn of_object(run: &Interp<'_>, object: &Value, key: &str) -> Option<Value> {
    let mut parts = Vec::new();
    let mut found = false;
    for (when, one) in object.alternatives() {
        let value = match &one.kind {
            Kind::Class(class) => of_class(run, class, key, 0),
            Kind::Object(id) => {
                let object = run.object(*id);
                let own = object.fields.get(key).cloned();
                own.or_else(|| match object.class.as_ref().map(|class| &class.kind) {
                    Some(Kind::Class(class)) => of_class(run, class, key, 0),
                    _ => None,
                })
            }
            Kind::Module(id) => run.top_level(*id, key),
            Kind::Str(name) => by_name(run, name, key),
            // One of several classes, and nobody knows which: the one that has the key, where only one does.
            _ => anywhere(run, key, one.span),
        };
        found |= value.is_some();
        parts.push((when, value.unwrap_or_else(|| Value::undefined(one.span))));
    }
    found.then(|| Value::one_of(parts, object.span))
}

fn of_class(run: &Interp<'_>, class: &Arc<ClassValue>, key: &str, depth: usize) -> Option<Value> {
    if let Some(value) = run.object(class.statics).fields.get(key) {
        return Some(value.clone());
    }
    let mut bases = class.bases.iter().filter(|_| depth < 8);
    bases.find_map(|base| match &base.kind {
        Kind::Class(class) => of_class(run, class, key, depth + 1),
        _ => None,
    })
}

/// `from_object("config.Production")`: a module, or something in one.
fn by_name(run: &Interp<'_>, name: &str, key: &str) -> Option<Value> {
    let module = |dotted: &str| -> Option<ModuleId> {
        let path = dotted.replace('.', "/");
        let ends = [format!("{path}.py"), format!("{path}/__init__.py")];
        let fits = |file: &str| ends.iter().any(|end| file == end || file.ends_with(&format!("/{end}")));
        run.modules().find(|(_, file, _)| fits(file.as_str())).map(|(id, ..)| id)
    };
    if let Some(id) = module(name) {
        return run.top_level(id, key);
    }
    let (home, inner) = name.rsplit_once('.')?;
    of_object(run, &run.top_level(module(home)?, inner)?, key)
}

/// The value that classes of the program have for a key; unknown where they have several.
fn anywhere(run: &Interp<'_>, key: &str, span: Span) -> Option<Value> {
    let classes = run.objects.iter().filter(|object| object.path.starts_with("statics:"));
    let mut values = classes.filter_map(|object| object.fields.get(key));
    let first = values.next()?;
    let same = values.all(|other| other.span == first.span);
    Some(if same { first.clone() } else { Value::unknown(Reason::NotModelled, span) })
}
