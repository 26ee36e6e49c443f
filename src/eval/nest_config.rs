//! Settings of Nest's `ConfigService`: variables of the environment, and what configuration functions give back.
//!
//! In: `config.get('CORS_ORIGIN')`, `config.getOrThrow('app.origins')`. Out: the setting, a variable before the value of a
//! function, as the package has it. Source: <https://docs.nestjs.com/techniques/configuration>. Knows no CORS.

use std::sync::Arc;

use super::Interp;
use super::value::{Args, Closure, EnvShape, Kind, ObjectId, Value};
use crate::source::Span;

impl Interp<'_> {
    /// What `get` gives for a name; `None` when nothing is known of it.
    pub(super) fn nest_setting(&mut self, args: &Args, span: Span) -> Option<Value> {
        let name = args.positional.first()?.as_str()?.clone();
        // `{ infer: true }` is about types.
        let is_options = |value: &&Value| value.as_map().is_some_and(|map| map.entries.contains_key("infer"));
        let default = args.positional.get(1).filter(|value| !is_options(value)).cloned();
        let is_variable =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let given = self.nest_given(&name, span);
        match is_variable {
            true => Some(self.read_env(&name, EnvShape::Text, given.or(default), span)),
            false => given.or(default.filter(|_| !self.nest_factories().is_empty())),
        }
    }

    /// What `registerAs(name, function)` made, where a class asks for it by its token.
    pub fn nest_registered(&mut self, id: ObjectId) -> Option<Value> {
        if &*self.object(id).path != "npm:@nestjs/config.registerAs()" {
            return None;
        }
        let factory = self.object(id).args.positional.get(1)?.as_function()?.clone();
        Some(self.run_function(&factory, &Args::default()).1)
    }

    fn nest_given(&mut self, name: &Arc<str>, span: Span) -> Option<Value> {
        let (space, rest) = name.split_once('.').unwrap_or((name, ""));
        for (own, factory) in self.nest_factories() {
            let below = match &own {
                Some(own) if **own == *space => rest,
                Some(_) => continue,
                None => name,
            };
            let (_, settings) = self.run_function(&factory, &Args::default());
            let first = below.split('.').next().unwrap_or("");
            let has = settings.as_map().is_some_and(|map| map.entries.contains_key(first));
            if below.is_empty() {
                return Some(settings.through(span));
            }
            if has || own.is_some() {
                return Some(self.at_path(&settings, below, span).through(span));
            }
        }
        None
    }

    /// The configuration functions of the program, with the names under which they were registered.
    fn nest_factories(&self) -> Vec<(Option<Arc<str>>, Arc<Closure>)> {
        let mut found = Vec::new();
        for object in self.objects.iter().filter(|object| &*object.path == "npm:@nestjs/config.registerAs()") {
            let name = object.args.positional.first().and_then(Value::as_str);
            let factory = object.args.positional.get(1).and_then(Value::as_function);
            if let (Some(name), Some(factory)) = (name, factory) {
                found.push((Some(name.clone()), factory.clone()));
            }
        }
        for object in self.objects.iter().filter(|object| &*object.path == "npm:@nestjs/config.ConfigModule.forRoot()")
        {
            let options = object.args.positional.first().and_then(Value::as_map);
            let load = options.and_then(|map| map.entries.get("load")).and_then(|entry| entry.value.as_list());
            for item in load.iter().flat_map(|list| list.items.iter()) {
                if let Kind::Function(factory) = &item.value.kind {
                    found.push((None, factory.clone()));
                }
            }
        }
        found
    }
}
