//! Packages that hold a program's settings: convict, env-var, node-config, and what dotenv says it has read.
//!
//! In: calls and members of theirs. Out: the setting, as variable, default and configuration file have it for production.
//! Knows no CORS.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::schema_fields::last_word;
use super::schemas::calls_of;
use super::value::{Args, EnvShape, Kind, Map, MapEntry, ObjectId, Reason, Value};
use super::{Interp, Target};
use crate::model::condition::Formula;
use crate::source::Span;

/// Settings within each other that are followed.
const DEEPEST: usize = 12;

impl Interp<'_> {
    /// A call that gives a setting; `None` when it is something else.
    pub(super) fn setting_call(&mut self, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let word = last_word(&target.path);
        let path = &*target.path;
        if path.starts_with("npm:convict()") && matches!(word, "get" | "getProperties") {
            return self.convict_setting(target.object?, args, span);
        }
        if path.starts_with("npm:env-var.") && word.starts_with("as") {
            return self.env_var_setting(target.object?, word, args, span);
        }
        if path.ends_with("ConfigService().get") || path.ends_with("ConfigService().getOrThrow") {
            return self.nest_setting(args, span);
        }
        if path == "npm:config.get" {
            let settings = self.config_files(span)?;
            let name = args.positional.first()?.as_str()?.clone();
            return Some(self.at_path(&settings, &name, span));
        }
        None
    }

    /// A member that is a setting.
    pub(super) fn setting_member(&mut self, target: &Target, name: &Arc<str>, span: Span) -> Option<Value> {
        match &*target.path {
            "npm:config" if !matches!(&**name, "get" | "has" | "util" | "default") => {
                let settings = self.config_files(span)?;
                Some(self.member(&settings, name, span))
            }
            "npm:dotenv.config()" | "npm:dotenv-safe.config()" if &**name == "parsed" => {
                Some(Value::new(Kind::External("js:process.env".into()), span))
            }
            _ => None,
        }
    }

    /// `cors.origin` in maps within maps.
    pub(super) fn at_path(&mut self, settings: &Value, path: &str, span: Span) -> Value {
        let mut value = settings.clone();
        for part in path.split('.').take(DEEPEST) {
            value = self.member(&value, &part.into(), span);
        }
        match value.kind {
            // Both packages throw where there is nothing.
            Kind::Undefined => Value::unknown(Reason::NotModelled, span),
            _ => value,
        }
    }

    /// `convict({ cors: { origin: { default: '*', env: 'CORS_ORIGIN' } } }).get('cors.origin')`.
    fn convict_setting(&mut self, id: ObjectId, args: &Args, span: Span) -> Option<Value> {
        let made = calls_of(self, id);
        let root = *made.first()?;
        let schema = self.object(root).args.positional.first()?.as_map()?.clone();
        // What a file says goes before the default; which file it is, is made up at run time.
        let loads = |path: &str| matches!(last_word(path), "load" | "loadFile");
        let loaded = self
            .log
            .iter()
            .any(|event| event.target.object.is_some_and(|id| made.contains(&id)) && loads(&event.target.path));
        let settings = self.convict_map(&schema, loaded, span, 0);
        Some(match args.positional.first() {
            Some(name) => self.at_path(&settings, &name.as_str()?.clone(), span),
            None => settings,
        })
    }

    fn convict_map(&mut self, schema: &Arc<Map>, loaded: bool, span: Span, depth: usize) -> Value {
        let mut settings = Map::opened(schema.open || loaded);
        for (name, entry) in schema.entries.clone() {
            let value = match entry.value.as_map() {
                Some(leaf) if leaf.entries.contains_key("default") => self.convict_leaf(leaf, entry.key, loaded),
                Some(inner) if depth < DEEPEST => self.convict_map(inner, loaded, span, depth + 1),
                _ => Value::unknown(Reason::NotModelled, span),
            };
            settings.entries.insert(name, MapEntry { value, ..entry });
        }
        Value::new(Kind::Map(Arc::new(settings)), span)
    }

    fn convict_leaf(&mut self, leaf: &Arc<Map>, key: Span, loaded: bool) -> Value {
        let field = |name: &str| leaf.entries.get(name).map(|entry| entry.value.clone());
        let written = field("default").unwrap_or_else(|| Value::undefined(key));
        let default = if loaded { Value::unknown(Reason::NotModelled, key) } else { written.clone() };
        let Some(variable) = field("env").and_then(|value| value.as_str().cloned()) else { return default };
        let format = field("format").and_then(|format| match &format.kind {
            Kind::Str(name) => Some(name.to_ascii_lowercase()),
            Kind::External(path) => Some(path.trim_start_matches("js:").to_ascii_lowercase()),
            _ => None,
        });
        let shape = match (format.as_deref(), &written.kind) {
            (Some("array"), _) | (None, Kind::List(_)) => EnvShape::List { separator: ",".into(), trimmed: false },
            (Some("boolean"), _) | (None, Kind::Bool(_)) => EnvShape::Bool,
            (Some("number" | "int" | "integer" | "nat" | "port"), _) | (None, Kind::Num(_)) => EnvShape::Num,
            (Some("object"), _) | (None, Kind::Map(_)) => EnvShape::Json,
            (Some("string" | "url" | "*"), _) | (None, _) => EnvShape::Text,
            _ => EnvShape::Changed,
        };
        self.read_env(&variable, shape, Some(default), key)
    }

    /// `env.get('CORS_ORIGIN').default('*').asString()`.
    fn env_var_setting(&mut self, id: ObjectId, word: &str, args: &Args, span: Span) -> Option<Value> {
        let mut name = None;
        let mut default = None;
        for id in calls_of(self, id) {
            let object = self.object(id);
            let first = object.args.positional.first();
            match last_word(&object.path) {
                "get" => name = Some((first?.as_str()?.clone(), first?.span)),
                "default" => default = first.cloned(),
                _ => {}
            }
        }
        let (name, at) = name?;
        let shape = match word {
            "asArray" => {
                let separator = args.positional.first().and_then(Value::as_str).cloned();
                EnvShape::List { separator: separator.unwrap_or_else(|| ",".into()), trimmed: false }
            }
            "asString" | "asEnum" => EnvShape::Text,
            "asBool" | "asBoolStrict" => EnvShape::Bool,
            "asJson" | "asJsonArray" | "asJsonObject" => EnvShape::Json,
            _ if word.starts_with("asInt") || word.starts_with("asFloat") || word == "asPortNumber" => EnvShape::Num,
            // `asUrlString` writes the address anew.
            _ => EnvShape::Changed,
        };
        let default = default.map(|default| match (default.as_str(), &shape) {
            (Some(_), EnvShape::Changed) => Value::unknown(Reason::NotModelled, span),
            (Some(_), _) => self.shaped(default, &shape, span),
            _ => default,
        });
        Some(self.read_env(&name, shape, default, at))
    }

    /// What the files in `config/` say for production; `None` when some of them cannot be read.
    fn config_files(&mut self, span: Span) -> Option<Value> {
        let here = self.module_path(self.current_module()).to_owned();
        let directory = here.ancestors().skip(1).map(|base| base.join("config")).find(|directory| {
            EXTENSIONS.iter().any(|extension| self.loader.exists(&directory.join(format!("default.{extension}"))))
        })?;
        let unreadable = ["yaml", "yml", "json5", "toml", "hjson", "xml", "properties", "cson", "coffee"];
        let in_the_way = |name: &str| {
            unreadable.iter().any(|extension| self.loader.exists(&directory.join(format!("{name}.{extension}"))))
        };
        if ["default", "production", "custom-environment-variables"].into_iter().any(in_the_way) {
            return None;
        }
        let mut settings = self.config_file(&directory, "default", span)?;
        if let Some(over) = self.config_file(&directory, "production", span) {
            settings = laid_over(&settings, &over, 0);
        }
        if let Some(names) = self.config_file(&directory, "custom-environment-variables", span) {
            settings = self.with_variables(&settings, &names, 0);
        }
        Some(settings)
    }

    fn config_file(&mut self, directory: &Utf8Path, name: &str, span: Span) -> Option<Value> {
        let path: Utf8PathBuf = EXTENSIONS
            .iter()
            .map(|extension| directory.join(format!("{name}.{extension}")))
            .find(|path| self.loader.exists(path))?;
        if path.extension() == Some("json") {
            return self.json_file(&path);
        }
        let id = self.load_module(&path)?;
        let module = Value::new(Kind::Module(id), span);
        match self.modules.get_index(id.0).and_then(|(_, state)| state.whole().cloned()) {
            Some(whole) => Some(whole),
            None => Some(self.default_of(&module, span)),
        }
    }

    /// `custom-environment-variables.json`: which variable goes before which setting.
    fn with_variables(&mut self, settings: &Value, names: &Value, depth: usize) -> Value {
        match &names.kind {
            Kind::Str(variable) => {
                let default = settings.clone();
                self.read_env(&variable.clone(), EnvShape::Text, Some(default), names.span)
            }
            Kind::Map(map) if depth < DEEPEST => {
                let text = |key: &str| map.entries.get(key).and_then(|entry| entry.value.as_str().cloned());
                if let Some(variable) = text("__name") {
                    let shape = match text("__format").as_deref() {
                        Some("json" | "yaml") => EnvShape::Json,
                        Some("boolean") => EnvShape::Bool,
                        Some("number") => EnvShape::Num,
                        Some(_) => EnvShape::Changed,
                        None => EnvShape::Text,
                    };
                    return self.read_env(&variable, shape, Some(settings.clone()), names.span);
                }
                let mut result = settings.as_map().map(|map| (**map).clone()).unwrap_or_default();
                for (name, entry) in map.entries.clone() {
                    let below = result.entries.get(&name).map(|entry| entry.value.clone());
                    let below = below.unwrap_or_else(|| Value::undefined(entry.key));
                    let value = self.with_variables(&below, &entry.value, depth + 1);
                    result.entries.insert(name, MapEntry { value, ..entry });
                }
                Value::new(Kind::Map(Arc::new(result)), settings.span)
            }
            _ => settings.clone(),
        }
    }
}

/// Configuration files that can be read.
const EXTENSIONS: [&str; 5] = ["json", "js", "ts", "cjs", "mjs"];

/// The settings of one file over those of another.
fn laid_over(below: &Value, above: &Value, depth: usize) -> Value {
    match (below.as_map(), above.as_map()) {
        (Some(base), Some(over)) if depth < DEEPEST => {
            let mut result = (**base).clone();
            result.open |= over.open;
            for (name, entry) in &over.entries {
                let value = match result.entries.get(name) {
                    Some(old) if entry.when == Formula::True => laid_over(&old.value, &entry.value, depth + 1),
                    _ => entry.value.clone(),
                };
                result.entries.insert(name.clone(), MapEntry { value, ..entry.clone() });
            }
            Value::new(Kind::Map(Arc::new(result)), above.span)
        }
        _ => above.clone(),
    }
}
