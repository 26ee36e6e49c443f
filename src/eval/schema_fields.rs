//! What one schema makes of one value: `z.string().default('a,b').transform((text) => text.split(','))`.
//!
//! In: a schema, which the heap holds as a chain of calls, and what is given to it. Out: the value that comes out, with
//! defaults as alternatives. What a schema refuses is not looked at: a program that does not start grants nothing.

use std::sync::Arc;

use super::Interp;
use super::operators::env_set;
use super::schemas::{Given, calls_of};
use super::value::{Args, EnvRead, EnvShape, Item, Kind, List, Map, MapEntry, ObjectId, Reason, Value};
use crate::model::condition::Formula;
use crate::source::Span;

/// Schemas within each other that are followed.
const DEEPEST: usize = 8;

/// Packages whose objects are schemas, as canonical names begin.
const PACKAGES: [&str; 9] = [
    "npm:zod",
    "npm:joi",
    "npm:@hapi/joi",
    "npm:yup",
    "npm:valibot",
    "npm:@sinclair/typebox",
    "npm:envalid",
    "npm:znv",
    "npm:celebrate",
];

/// One thing that a schema does to a value.
#[derive(Debug, Clone)]
enum Step {
    Number,
    /// Only the words for yes are true, or every text is.
    Bool {
        coerced: bool,
    },
    Json,
    Method(&'static str),
    /// A function of the program.
    Apply(Value),
    Schema(Value),
    Each(Value),
    Fields(Arc<Map>),
    /// Something else happens to the value.
    Changed,
}

/// A schema taken apart.
#[derive(Debug, Default)]
struct Parts {
    steps: Vec<Step>,
    /// What stands for a missing value, and the step from which on it goes the same way.
    default: Option<(Value, usize)>,
    optional: bool,
}

impl Interp<'_> {
    /// The value that comes out of a schema.
    pub(super) fn through_schema(&mut self, schema: &Value, given: Given, span: Span) -> Value {
        self.through_schema_within(schema, given, span, 0)
    }

    fn through_schema_within(&mut self, schema: &Value, given: Given, span: Span, depth: usize) -> Value {
        let parts = match &schema.kind {
            Kind::Object(id) if depth < DEEPEST => self.schema_parts(*id),
            Kind::Map(map) if depth < DEEPEST => plain_parts(map),
            _ => Parts { steps: vec![Step::Changed], ..Parts::default() },
        };
        let input = match given {
            Given::Value(value) => value,
            Given::Environment => Value::new(Kind::External("js:process.env".into()), span),
        };
        let default = parts.default.as_ref().map(|(default, from)| match default.kind {
            Kind::Function(_) => (self.call(default, &Args::default(), None, false, span), *from),
            _ => (default.clone(), *from),
        });
        let mut results = Vec::new();
        for (when, value) in input.alternatives() {
            let missing = match &value.kind {
                Kind::Undefined | Kind::Null => Formula::True,
                Kind::Env(read) if parts.default.is_some() && !settled(&input) && !self.is_passed(read) => {
                    env_set(read).negated()
                }
                _ => Formula::False,
            };
            if missing != Formula::True {
                let out = self.run_steps(&parts.steps, value, span, depth);
                results.push((when.clone().and(missing.clone().negated()), out));
            }
            match &default {
                Some((default, from)) if missing != Formula::False => {
                    for (_, one) in input.alternatives() {
                        self.note_open_default(&one, default);
                    }
                    let rest: Vec<Step> = parts.steps.iter().skip(*from).cloned().collect();
                    let out = self.run_steps(&rest, default.clone(), span, depth);
                    results.push((when.and(missing), out));
                }
                // Without a default a validator refuses what is missing, unless it may be.
                None if missing == Formula::True && parts.optional && !parts.steps.is_empty() => {
                    let out = self.run_steps(&parts.steps, Value::undefined(span), span, depth);
                    results.push((when, out));
                }
                None if missing == Formula::True && input.alternatives().len() == 1 => {
                    results.push((when, Value::undefined(span)));
                }
                _ => {}
            }
        }
        let alone = results.len() == 1 && parts.default.is_none();
        match alone {
            // A variable that has to be there is itself, whatever it takes.
            true => results.swap_remove(0).1,
            false => Value::one_of(results, span),
        }
    }

    /// Is the variable certainly set where this program is deployed?
    pub(super) fn is_passed(&self, read: &EnvRead) -> bool {
        let from = self.module_path(self.current_module());
        self.environment.is_passed(&read.name, from)
    }

    fn run_steps(&mut self, steps: &[Step], value: Value, span: Span, depth: usize) -> Value {
        let mut value = value;
        for step in steps {
            let parts: Vec<(Formula, Value)> = value
                .alternatives()
                .into_iter()
                .map(|(when, one)| (when, self.run_step(step, one, span, depth)))
                // `z.NEVER`: the validator refuses it.
                .filter(|(_, one)| !matches!(&one.kind, Kind::External(path) if path.ends_with(".NEVER")))
                .collect();
            value = Value::one_of(parts, span);
        }
        value
    }

    fn run_step(&mut self, step: &Step, value: Value, span: Span, depth: usize) -> Value {
        if value.is_nullish() && !matches!(step, Step::Apply(_) | Step::Schema(_)) {
            return value;
        }
        match step {
            Step::Number => self.as_number_value(&value, span),
            Step::Bool { coerced } => match &value.kind {
                Kind::Env(read) => reshaped(&value, read, EnvShape::Bool),
                Kind::Str(text) if *coerced => Value { kind: Kind::Bool(!text.is_empty()), ..value.clone() },
                Kind::Str(text) => {
                    let yes = matches!(&*text.to_ascii_lowercase(), "true" | "1" | "yes" | "y" | "on" | "t");
                    Value { kind: Kind::Bool(yes), ..value.clone() }
                }
                Kind::Bool(_) => value,
                _ => Value::unknown(Reason::NotModelled, span),
            },
            Step::Json => match &value.kind {
                Kind::Env(read) => reshaped(&value, read, EnvShape::Json),
                _ => self.parse_json(&value, span),
            },
            Step::Method(name) => match value.kind {
                Kind::Str(_) | Kind::Env(_) => self.call_method(&value, &(*name).into(), &Args::default(), span),
                _ => value,
            },
            Step::Apply(function) => match &function.kind {
                Kind::Function(_) => {
                    let args = Args { positional: vec![value], open: true, ..Args::default() };
                    self.call(function, &args, None, false, span)
                }
                Kind::External(path) if path.starts_with("js:") => {
                    let args = Args { positional: vec![value], ..Args::default() };
                    self.call(function, &args, None, false, span)
                }
                _ => changed(&value, span),
            },
            Step::Schema(schema) => self.through_schema_within(schema, Given::Value(value), span, depth + 1),
            Step::Each(schema) => self.each_through_schema(schema, value, span, depth),
            Step::Fields(fields) => {
                let given = match &value.kind {
                    Kind::External(path) if &**path == "js:process.env" => Given::Environment,
                    Kind::Map(_) => Given::Value(value),
                    _ => return Value::unknown(Reason::NotModelled, span),
                };
                let map = self.validated_map(fields, &given, span);
                Value::new(Kind::Map(Arc::new(map)), span)
            }
            Step::Changed => changed(&value, span),
        }
    }

    /// `z.array(schema)`.
    fn each_through_schema(&mut self, schema: &Value, value: Value, span: Span, depth: usize) -> Value {
        match &value.kind {
            Kind::List(list) => {
                let mut result = List::opened(list.open);
                for item in list.items.clone() {
                    let out = self.through_schema_within(schema, Given::Value(item.value), span, depth + 1);
                    result.items.push(Item { when: item.when, value: out });
                }
                Value { kind: Kind::List(Arc::new(result)), ..value.clone() }
            }
            Kind::Env(read) => {
                let EnvShape::List { separator, .. } = &read.shape else { return value };
                let probe = Value::text(" x ", span);
                let out = self.through_schema_within(schema, Given::Value(probe), span, depth + 1);
                match out.as_str().map(|text| &**text) {
                    Some(" x ") => value,
                    Some("x") => reshaped(&value, read, EnvShape::List { separator: separator.clone(), trimmed: true }),
                    _ => reshaped(&value, read, EnvShape::Changed),
                }
            }
            _ => value,
        }
    }

    /// Is this a schema of one of the packages that we know?
    pub(super) fn is_schema(&self, value: &Value) -> bool {
        let Some(id) = value.as_object() else { return false };
        let path = &self.object(id).path;
        PACKAGES.iter().any(|package| path.starts_with(package))
            || path.starts_with("npm:") && self.schema_map(value, 0).is_some()
    }

    /// The fields of a schema of objects.
    pub(super) fn schema_map(&self, schema: &Value, depth: usize) -> Option<Arc<Map>> {
        let id = match &schema.kind {
            Kind::Object(id) if depth < DEEPEST => *id,
            // A JSON schema.
            Kind::Map(map) => return map.entries.get("properties")?.value.as_map().cloned(),
            _ => return None,
        };
        let mut fields: Option<Map> = None;
        for id in calls_of(self, id) {
            let object = self.object(id);
            let word = last_word(&object.path);
            if matches!(word, "pick" | "omit") {
                let named = object.args.positional.first().and_then(Value::as_map);
                if let (Some(fields), Some(named)) = (&mut fields, named) {
                    fields.entries.retain(|name, _| named.entries.contains_key(name) == (word == "pick"));
                }
                continue;
            }
            if !is_object_call(word) {
                continue;
            }
            for value in &object.args.positional {
                let more = match &value.kind {
                    Kind::Map(map) => Some(map.clone()),
                    _ => self.schema_map(value, depth + 1),
                };
                let more = more.iter().flat_map(|map| map.entries.iter());
                let all = fields.get_or_insert_with(Map::default);
                all.entries.extend(more.map(|(name, entry): (&Arc<str>, &MapEntry)| (name.clone(), entry.clone())));
            }
        }
        fields.map(Arc::new)
    }

    /// Does the schema begin like one of the packages', also where those are given out by another? A function of somebody
    /// else may do anything with the text.
    fn is_known_schema(&self, last: ObjectId) -> bool {
        let Some(first) = calls_of(self, last).first().map(|id| self.object(*id)) else { return false };
        let base =
            ["string", "enum", "nativeEnum", "literal", "union", "array", "number", "boolean", "preprocess", "any"];
        let word = last_word(&first.path);
        PACKAGES.iter().any(|package| first.path.starts_with(package))
            || first.path.starts_with("npm:") && (base.contains(&word) || is_object_call(word))
    }

    fn schema_parts(&self, last: ObjectId) -> Parts {
        let mut parts = Parts::default();
        let mut fields_taken = false;
        if !self.is_known_schema(last) {
            parts.steps.push(Step::Changed);
        }
        for id in calls_of(self, last) {
            let object = self.object(id);
            let args = &object.args.positional;
            let first = args.first().cloned();
            let root = object.parent.is_none();
            let word = last_word(&object.path);
            if is_object_call(word) {
                let whole = Value::new(Kind::Object(last), object.span);
                if let Some(fields) = self.schema_map(&whole, 0).filter(|_| !fields_taken) {
                    parts.steps.push(Step::Fields(fields));
                    fields_taken = true;
                }
                continue;
            }
            match (word, first) {
                ("number" | "num" | "port" | "int" | "float" | "bigint" | "Number" | "Integer", _) => {
                    parts.steps.push(Step::Number);
                }
                ("boolean" | "bool" | "stringbool" | "Boolean", _) => {
                    parts.steps.push(Step::Bool { coerced: object.path.contains("coerce") });
                }
                ("json", _) if root => parts.steps.push(Step::Json),
                ("trim", _) => parts.steps.push(Step::Method("trim")),
                ("toLowerCase" | "lowercase", _) => parts.steps.push(Step::Method("toLowerCase")),
                ("toUpperCase" | "uppercase", _) => parts.steps.push(Step::Method("toUpperCase")),
                ("array" | "items" | "of" | "set" | "tuple", Some(schema)) => parts.steps.push(Step::Each(schema)),
                ("preprocess", Some(function)) => {
                    parts.steps.push(Step::Apply(function));
                    parts.steps.extend(args.get(1).cloned().map(Step::Schema));
                    parts.optional = true;
                }
                ("transform" | "overwrite", Some(function)) => parts.steps.push(Step::Apply(function)),
                ("custom", Some(function)) if !root => parts.steps.push(Step::Apply(function)),
                ("pipe", Some(_)) => parts.steps.extend(args.iter().cloned().map(Step::Schema)),
                ("default" | "catch" | "prefault", Some(default)) => {
                    // What comes out of a default of another type than text went through nothing before.
                    let from = if default.as_str().is_some() { 0 } else { parts.steps.len() };
                    parts.default = Some((default, from));
                }
                ("optional" | "nullish" | "nullable" | "exactOptional", first) => {
                    parts.optional = true;
                    if let Some(schema) = first.filter(|value| matches!(value.kind, Kind::Object(_))) {
                        parts.steps.push(Step::Schema(schema));
                        parts.default = args.get(1).cloned().map(|default| (default, 0));
                    }
                }
                ("union" | "or" | "alternatives" | "try" | "intersection" | "lazy" | "codec", _) => {
                    let mut nested: Vec<Value> = Vec::new();
                    for value in args {
                        match &value.kind {
                            Kind::List(list) => nested.extend(list.items.iter().map(|item| item.value.clone())),
                            _ => nested.push(value.clone()),
                        }
                    }
                    let changes = |value: &Value| match &value.kind {
                        Kind::Object(id) => {
                            let inner = if *id == last { Parts::default() } else { self.shallow_parts(*id) };
                            !inner.steps.iter().all(|step| matches!(step, Step::Each(_)))
                        }
                        _ => true,
                    };
                    if nested.iter().any(changes) {
                        parts.steps.push(Step::Changed);
                    }
                }
                // What `makeValidator` was given.
                ("makeValidator" | "makeExactValidator" | "makeStructuredValidator", Some(function))
                    if function.as_function().is_some() =>
                {
                    parts.steps.push(Step::Apply(function));
                }
                (_, Some(options)) => {
                    if let Some(entry) = options.as_map().and_then(|map| map.entries.get("default")) {
                        parts.default = Some((entry.value.clone(), usize::MAX));
                    }
                }
                _ => {}
            }
        }
        parts
    }

    /// The parts of an alternative; those of alternatives in it are not looked at.
    fn shallow_parts(&self, id: ObjectId) -> Parts {
        let nested = calls_of(self, id)
            .iter()
            .any(|id| matches!(last_word(&self.object(*id).path), "union" | "or" | "alternatives" | "lazy"));
        match nested {
            true => Parts { steps: vec![Step::Changed], ..Parts::default() },
            false => self.schema_parts(id),
        }
    }
}

/// A schema that is written as plain data: `{ type: 'string', default: '*' }`, or the fields of an object.
fn plain_parts(map: &Arc<Map>) -> Parts {
    let type_name = map.entries.get("type").and_then(|entry| entry.value.as_str().cloned());
    let Some(type_name) = type_name else {
        return Parts { steps: vec![Step::Fields(map.clone())], ..Parts::default() };
    };
    let steps = match &*type_name {
        "number" | "integer" => vec![Step::Number],
        "boolean" => vec![Step::Bool { coerced: false }],
        "string" => Vec::new(),
        _ => vec![Step::Changed],
    };
    let default = map.entries.get("default").map(|entry| (entry.value.clone(), usize::MAX));
    Parts { steps, default, optional: true }
}

fn is_object_call(word: &str) -> bool {
    matches!(
        word,
        "object"
            | "strictObject"
            | "looseObject"
            | "keys"
            | "extend"
            | "safeExtend"
            | "append"
            | "merge"
            | "concat"
            | "shape"
            | "Object"
    )
}

/// Does a value already say what stands for a missing variable?
fn settled(input: &Value) -> bool {
    matches!(input.kind, Kind::OneOf(_))
}

fn reshaped(value: &Value, read: &EnvRead, shape: EnvShape) -> Value {
    Value { kind: Kind::Env(EnvRead { shape, ..read.clone() }), ..value.clone() }
}

/// A value of which nothing is known but which variable it came from.
fn changed(value: &Value, span: Span) -> Value {
    match &value.kind {
        Kind::Env(read) => reshaped(value, read, EnvShape::Changed),
        _ => Value::unknown(Reason::NotModelled, span),
    }
}

/// The last name of a call's path: `default` of `npm:zod.z.string().default()`.
pub(super) fn last_word(path: &str) -> &str {
    path.trim_end_matches("()").rsplit(['.', ':', '/']).next().unwrap_or("")
}
