//! Validated environments: what zod, envalid, t3-env and their kin make of `process.env`.
//!
//! In: a name read off the result of `schema.parse(process.env)`. Out: the variable in the shape and with the default that
//! its schema gives it. A schema is a chain of calls (`z.string().default('x').transform(f)`), which the heap holds as objects
//! whose parents are the calls before.

use std::sync::Arc;

use super::value::{Args, EnvRead, EnvShape, Kind, Map, ObjectId, Value};
use super::{Interp, Target};
use crate::source::Span;

/// Calls in one chain that are followed.
const LONGEST_CHAIN: usize = 24;

impl Interp<'_> {
    /// A variable read off what a validator made of the environment; `None` when the object is nothing of the kind.
    pub(super) fn schema_member(&mut self, target: &Target, name: &Arc<str>, span: Span) -> Option<Value> {
        let id = target.object?;
        let validates =
            ["parse", "Parse", "cleanEnv", "createEnv", "validate"].iter().any(|word| target.path.contains(word));
        if !target.path.ends_with("()") || !validates {
            return None;
        }
        if let Some(value) = self.picked_variable(id, name, span) {
            return Some(value);
        }
        if !self.is_given_environment(id) {
            return None;
        }
        // `safeParse` and joi wrap their result.
        if matches!(&**name, "data" | "value") {
            return Some(Value::new(Kind::Object(id), span));
        }
        if !is_variable_name(name) {
            return None;
        }
        let field = self.schema_field(id, name);
        let Some(field) = field else { return Some(self.read_env(name, EnvShape::Changed, None, span)) };
        Some(self.read_by_schema(name, &field, span))
    }

    /// `schema.parse({ API_URL: process.env.API_URL })`: a variable that was given to the validator under a name of its own.
    fn picked_variable(&mut self, id: ObjectId, name: &Arc<str>, span: Span) -> Option<Value> {
        let given = self.object(id).args.positional.first().and_then(Value::as_map)?.entries.get(name)?.value.clone();
        let Kind::Env(read) = &given.kind else { return None };
        let variable = read.name.clone();
        let field = self.object(id).parent.and_then(|_| self.schema_field_of_parents(id, name));
        Some(match field {
            Some(field) => self.read_by_schema(&variable, &field, span),
            None => given,
        })
    }

    /// The schema of one variable, looked up in what the validator was made of alone.
    fn schema_field_of_parents(&self, id: ObjectId, name: &str) -> Option<Value> {
        let own: Vec<Arc<Map>> = self.object(id).args.all().filter_map(|arg| arg.as_map().cloned()).collect();
        let maps = self.schema_maps(id).into_iter().filter(|map| !own.iter().any(|other| Arc::ptr_eq(other, map)));
        maps.into_iter().find_map(|map| map.entries.get(name).map(|entry| entry.value.clone()))
    }

    /// The variables of a validated environment that is spread into another object: `{ ...result.data }`.
    pub(super) fn schema_entries(&mut self, id: ObjectId, span: Span) -> Vec<(Arc<str>, Value)> {
        let target = Target { path: self.object(id).path.clone(), object: Some(id) };
        let names: Vec<Arc<str>> = self.schema_maps(id).iter().flat_map(|map| map.entries.keys().cloned()).collect();
        names.into_iter().filter_map(|name| Some((name.clone(), self.schema_member(&target, &name, span)?))).collect()
    }

    /// Is `process.env` among the arguments, or what an option of theirs holds? Something unknown may be a copy of it when every
    /// name of the schema is written like a variable.
    fn is_given_environment(&self, id: ObjectId) -> bool {
        let unknown = self.object(id).args.positional.first().is_some_and(|value| match &value.kind {
            Kind::Unknown(_) => true,
            Kind::Map(map) => map.open && map.entries.is_empty(),
            _ => false,
        });
        let names: Vec<Arc<str>> = self.schema_maps(id).iter().flat_map(|map| map.entries.keys().cloned()).collect();
        if unknown && names.len() > 2 && names.iter().all(|name| is_variable_name(name)) {
            return true;
        }
        let is_env = |value: &Value| matches!(&value.kind, Kind::External(path) if &**path == "js:process.env");
        self.object(id).args.all().any(|value| {
            let options = ["runtimeEnv", "experimental__runtimeEnv", "runtimeEnvStrict"];
            is_env(value) || value.as_map().is_some_and(|map| options.iter().any(|key| map.entries.contains_key(*key)))
        })
    }

    /// The schema of one variable: a key of the arguments (envalid, t3-env) or of what the validator was made of (zod).
    fn schema_field(&self, id: ObjectId, name: &str) -> Option<Value> {
        self.schema_maps(id).iter().find_map(|map| map.entries.get(name).map(|entry| entry.value.clone()))
    }

    /// The maps of fields that a validator was made of.
    fn schema_maps(&self, id: ObjectId) -> Vec<Arc<Map>> {
        let mut holders: Vec<Value> = self.object(id).args.all().cloned().collect();
        let mut at = self.object(id).parent;
        for _ in 0..LONGEST_CHAIN {
            let Some(parent) = at else { break };
            holders.extend(self.object(parent).args.all().cloned());
            at = self.object(parent).parent;
        }
        let maps = holders.iter().filter_map(Value::as_map);
        let sections = maps.flat_map(|map| {
            let inner = ["server", "client", "shared"].iter().filter_map(|key| map.entries.get(*key));
            std::iter::once(map.clone()).chain(inner.filter_map(|entry| entry.value.as_map().cloned()))
        });
        sections.collect()
    }

    fn read_by_schema(&mut self, name: &Arc<str>, field: &Value, span: Span) -> Value {
        let mut chain = Vec::new();
        let mut at = field.as_object();
        while let Some(id) = at.filter(|_| chain.len() < LONGEST_CHAIN) {
            chain.push(id);
            at = self.object(id).parent;
        }
        chain.reverse();
        let mut shape = EnvShape::Text;
        let mut default = None;
        let mut steps = Vec::new();
        for id in chain {
            let object = self.object(id);
            let call = object.path.trim_end_matches("()").rsplit(['.', ':']).next().unwrap_or("");
            match call {
                "number" | "num" | "port" | "int" => shape = EnvShape::Num,
                "boolean" | "bool" => shape = EnvShape::Bool,
                "json" => shape = EnvShape::Json,
                "default" | "catch" | "prefault" => default = object.args.positional.first().cloned(),
                "transform" | "custom" | "pipe" | "preprocess" => steps.extend(object.args.positional.first().cloned()),
                _ => {}
            }
            let options = object.args.positional.first().and_then(Value::as_map);
            if let Some(entry) = options.and_then(|map| map.entries.get("default")) {
                default = Some(entry.value.clone());
            }
        }
        let mut value = self.read_env(name, shape, default, span);
        for step in steps {
            if !matches!(step.kind, Kind::Function(_)) {
                return changed(name, span);
            }
            let parts = value.alternatives().into_iter().map(|(when, value)| {
                let args = Args { positional: vec![value], ..Args::default() };
                (when, self.call(&step, &args, None, false, span))
            });
            value = Value::one_of(parts.collect::<Vec<_>>(), span);
        }
        value
    }
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// A variable of which nothing is known but that it was read.
fn changed(name: &Arc<str>, span: Span) -> Value {
    Value::new(Kind::Env(EnvRead { name: name.clone(), shape: EnvShape::Changed, read: span }), span)
}
