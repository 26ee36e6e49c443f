//! Validated environments: what zod, joi, yup, valibot, envalid, t3-env and their kin make of `process.env`.
//!
//! In: a call that validates something, such as `schema.parse(process.env)`. Out: the map it gives back, whose variables have
//! the shapes and defaults of their schemas. What one schema does to one value is `schema_fields`. Knows no CORS.

use std::sync::Arc;

use indexmap::IndexMap;

use super::schema_fields::last_word;
use super::value::{Args, EnvShape, Kind, Map, MapEntry, ObjectId, ScopeId, Value};
use super::{Interp, Target};
use crate::ir::{Entry, Expr, ExprKind, Language};
use crate::model::condition::Formula;
use crate::source::Span;

/// Where a validator takes its variables from.
#[derive(Debug, Clone)]
pub(super) enum Given {
    /// The environment of the process.
    Environment,
    /// A value of the program.
    Value(Value),
}

impl Interp<'_> {
    /// What a validator gives back; `None` when the call is nothing of the kind, or is about something else than settings.
    pub(super) fn validated_settings(&mut self, target: &Target, args: &Args, span: Span) -> Option<Value> {
        if self.language_here() != Language::JavaScript {
            return None;
        }
        let first = args.positional.first();
        let map_at = |at: usize| args.positional.get(at).and_then(Value::as_map).cloned();
        match last_word(&target.path) {
            "parse" | "safeParse" | "parseAsync" | "safeParseAsync" | "validate" | "validateSync" | "validateAsync"
            | "attempt" | "cast" => self.parsed(target, args, span),
            // envalid, znv.
            "cleanEnv" | "parseEnv" => {
                let fields = map_at(1)?;
                let given = self.given(first?, &fields)?;
                let mut map = self.validated_map(&fields, &given, span);
                self.add_stages(&mut map, span);
                Some(Value::new(Kind::Map(Arc::new(map)), span))
            }
            // t3-env.
            "createEnv" => {
                let options = map_at(0)?;
                let sections = ["server", "client", "shared"].iter().filter_map(|key| options.entries.get(*key));
                let sections: Vec<Arc<Map>> = sections.filter_map(|entry| entry.value.as_map().cloned()).collect();
                let mut fields = Map::default();
                for section in &sections {
                    fields.entries.extend(section.entries.iter().map(|(name, entry)| (name.clone(), entry.clone())));
                }
                let fields = Arc::new(fields);
                let given = ["runtimeEnv", "runtimeEnvStrict", "experimental__runtimeEnv"]
                    .iter()
                    .find_map(|key| Some((*key, options.entries.get(*key)?.value.clone())));
                let given = match given {
                    // Only what a client may see has to be named there.
                    Some(("experimental__runtimeEnv", _)) | None => Given::Environment,
                    Some((_, value)) => self.given(&value, &fields)?,
                };
                let map = self.validated_map(&fields, &given, span);
                Some(Value::new(Kind::Map(Arc::new(map)), span))
            }
            // env-schema takes a JSON schema.
            "envSchema" | "env-schema" if target.path.starts_with("npm:env-schema") => {
                let schema = map_at(0)?.entries.get("schema")?.value.clone();
                let fields = self.schema_map(&schema, 0)?;
                let map = self.validated_map(&fields, &Given::Environment, span);
                Some(Value::new(Kind::Map(Arc::new(map)), span))
            }
            _ => None,
        }
    }

    /// `schema.parse(value)`, `parse(schema, value)`, `attempt(value, schema)`.
    fn parsed(&mut self, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let own = target.object.map(|id| Value::new(Kind::Object(id), span));
        let candidates: Vec<Value> = own.into_iter().chain(args.positional.iter().take(2).cloned()).collect();
        let at = candidates.iter().position(|value| self.is_schema(value))?;
        let schema = candidates.get(at)?.clone();
        let input = candidates.iter().enumerate().find(|(other, value)| {
            let is_receiver = *other == 0 && target.object.is_some();
            *other != at && !is_receiver && !matches!(value.kind, Kind::Function(_))
        });
        let input = input?.1.clone();
        let result = match self.schema_map(&schema, 0) {
            Some(fields) => {
                let given = self.given(&input, &fields)?;
                self.through_schema(&schema, given, span)
            }
            None => {
                let settled =
                    |value: &Value| matches!(value.kind, Kind::Env(_) | Kind::Str(_) | Kind::List(_) | Kind::Undefined);
                if !input.alternatives().iter().all(|(_, one)| settled(one)) {
                    return None;
                }
                self.through_schema(&schema, Given::Value(input), span)
            }
        };
        let wraps = matches!(last_word(&target.path), "safeParse" | "safeParseAsync" | "validate");
        Some(if wraps { wrapped(result, span) } else { result })
    }

    /// Is this where variables come from? Something unknown may be a copy of the environment when every name of the schema is
    /// written like a variable.
    fn given(&self, value: &Value, fields: &Map) -> Option<Given> {
        let like_variables = fields.entries.len() > 2 && fields.entries.keys().all(|name| is_variable_name(name));
        match &value.kind {
            Kind::External(path) if matches!(&**path, "js:process.env" | "js:import.meta.env" | "js:Bun.env") => {
                Some(Given::Environment)
            }
            Kind::Map(map) if map.open && map.entries.is_empty() => like_variables.then_some(Given::Environment),
            Kind::Map(_) => Some(Given::Value(value.clone())),
            Kind::Unknown(_) | Kind::Method { .. } => like_variables.then_some(Given::Environment),
            _ => None,
        }
    }

    /// Each field as its schema gives it.
    pub(super) fn validated_map(&mut self, fields: &Arc<Map>, given: &Given, span: Span) -> Map {
        // Names that no schema has are left out by some validators and kept by others.
        let mut result = Map::opened(true);
        for (name, entry) in fields.entries.clone() {
            let value = self.validated_field(&name, &entry, given, span);
            result.entries.insert(name, MapEntry { value, getter: false, ..entry });
        }
        result
    }

    fn validated_field(&mut self, name: &Arc<str>, field: &MapEntry, given: &Given, span: Span) -> Value {
        let input = match given {
            Given::Environment => {
                // The place of a missing variable is taken by what its schema says, later.
                let missing = Value::undefined(field.key);
                self.read_env(name, EnvShape::Text, Some(missing), field.key)
            }
            Given::Value(value) => match value.as_map() {
                // `{ ...process.env, X: … }`
                Some(map) if map.open && !map.entries.contains_key(name) && is_variable_name(name) => {
                    self.read_env(name, EnvShape::Text, Some(Value::undefined(field.key)), field.key)
                }
                _ => self.member(value, name, span),
            },
        };
        self.through_schema(&field.value, Given::Value(input), span)
    }

    /// `{ ...process.env }`, `{**dotenv_values(), **os.environ}`: a copy of the environment is as good as itself.
    pub(super) fn copied_environment(&mut self, entries: &[Entry], scope: ScopeId) -> Option<Value> {
        let may_be = |whole: &Expr| match &whole.kind {
            ExprKind::Member { .. } => true,
            ExprKind::Call { args, .. } => args.len() < 2,
            _ => false,
        };
        let wholes: Option<Vec<&Expr>> = entries
            .iter()
            .map(|entry| match entry {
                Entry::Spread(whole) if may_be(whole) => Some(whole),
                _ => None,
            })
            .collect();
        let last = wholes?;
        let is_environment = |value: &Value| matches!(&value.kind, Kind::External(path) if matches!(&**path, "js:process.env" | "py:os.environ"));
        // A call is evaluated where the last of them is the environment for certain only: it would be made twice.
        let (last, others) = last.split_last()?;
        let whole =
            matches!(last.kind, ExprKind::Member { .. }).then(|| self.eval(last, scope)).filter(is_environment)?;
        let all = others.iter().all(|other| is_environment(&self.eval(other, scope)));
        all.then_some(whole)
    }

    /// What envalid adds: which stage it is.
    fn add_stages(&mut self, map: &mut Map, span: Span) {
        let stages = [
            ("isProduction", "production"),
            ("isProd", "production"),
            ("isDevelopment", "development"),
            ("isDev", "development"),
            ("isTest", "test"),
        ];
        let stage = self.read_env(&"NODE_ENV".into(), EnvShape::Text, None, span);
        for (name, text) in stages {
            let holds = self.equals(&stage, &Value::text(text, span), span);
            let value = Value::condition(holds, span);
            let entry = MapEntry { key: span, when: Formula::True, value, getter: false };
            map.entries.entry(name.into()).or_insert(entry);
        }
    }

    /// `schema.shape`: the fields of a schema of objects.
    pub(super) fn schema_shape(&mut self, target: &Target, name: &str, span: Span) -> Option<Value> {
        let id = target.object.filter(|_| matches!(name, "shape" | "entries" | "fields"))?;
        let fields = self.schema_map(&Value::new(Kind::Object(id), span), 0)?;
        Some(Value::new(Kind::Map(fields), span))
    }
}

/// `safeParse` and joi give back what they found beside what went wrong; yup gives it back itself.
fn wrapped(result: Value, span: Span) -> Value {
    let mut map = match result.as_map() {
        Some(fields) => (**fields).clone(),
        None => Map { entries: IndexMap::new(), open: true },
    };
    map.open = true;
    for name in ["data", "value", "output"] {
        let entry = MapEntry { key: span, when: Formula::True, value: result.clone(), getter: false };
        map.entries.entry(name.into()).or_insert(entry);
    }
    Value::new(Kind::Map(Arc::new(map)), span)
}

pub(super) fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The calls that an object was made by, first to last: `z.string().default('x')` is two.
pub(super) fn calls_of(run: &Interp<'_>, last: ObjectId) -> Vec<ObjectId> {
    /// Calls in one chain that are followed.
    const LONGEST_CHAIN: usize = 24;
    let mut chain = vec![last];
    while let Some(parent) = chain.last().and_then(|id| run.object(*id).parent).filter(|_| chain.len() < LONGEST_CHAIN)
    {
        chain.push(parent);
    }
    chain.reverse();
    chain
}
