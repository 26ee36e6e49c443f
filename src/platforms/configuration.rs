//! The object that a configuration file of a JavaScript tool amounts to.
//!
//! In: what the file exports: an object, a function that gives one, or calls of plugins that take one. Out: the object.

use crate::eval::Interp;
use crate::eval::value::{Args, Kind, Reason, Value};

use super::values::in_production;

/// The object itself, known behind the calls of plugins by any of `keys`.
pub(super) fn unwrapped(run: &mut Interp<'_>, value: &Value, keys: &[&str]) -> Option<Value> {
    within(run, value, keys, 0)
}

fn within(run: &mut Interp<'_>, value: &Value, keys: &[&str], depth: usize) -> Option<Value> {
    if depth > 6 {
        return None;
    }
    match &value.kind {
        Kind::Map(map) => {
            let known = depth == 0 || map.entries.is_empty() || keys.iter().any(|key| map.entries.contains_key(*key));
            known.then(|| value.clone())
        }
        Kind::Function(closure) => {
            let unknown = Value::unknown(Reason::Parameter, value.span);
            let args = Args { positional: vec![unknown], open: true, ..Args::default() };
            let closure = closure.clone();
            let (_, given) = run.run_function(&closure, &args);
            within(run, &in_production(&given), keys, depth + 1)
        }
        Kind::Object(id) => {
            let args: Vec<Value> = run.object(*id).args.all().cloned().collect();
            args.iter().find_map(|arg| within(run, arg, keys, depth + 1))
        }
        Kind::OneOf(alternatives) => {
            let alternatives = alternatives.clone();
            alternatives.iter().find_map(|(_, one)| within(run, one, keys, depth + 1))
        }
        Kind::List(list) => {
            // A plugin takes its options beside the configuration: `[config, options]`.
            let items: Vec<Value> = list.items.iter().map(|item| item.value.clone()).collect();
            items.iter().find_map(|item| within(run, item, keys, depth + 1))
        }
        _ => None,
    }
}
