//! The modules of a Nest application: its controllers, and what else may answer or stand in between.
//!
//! In: the class given to `NestFactory.create` and the decorators of the classes it imports. Out: the controllers in order, the
//! calls of packages that make modules, classes with a `configure`. Bounded; what cannot be followed leaves it incomplete.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::eval::Interp;
use crate::eval::value::{Args, ClassValue, Kind, Map, ObjectId, Value};
use crate::source::Span;

/// Modules of one application, at most.
const MOST: usize = 500;

/// Packages whose modules answer nothing and put nothing in front of routes.
const QUIET: [&str; 24] = [
    "@nestjs/axios",
    "@nestjs/bull",
    "@nestjs/bullmq",
    "@nestjs/cache-manager",
    "@nestjs/config",
    "@nestjs/cqrs",
    "@nestjs/event-emitter",
    "@nestjs/jwt",
    "@nestjs/microservices",
    "@nestjs/mongoose",
    "@nestjs/passport",
    "@nestjs/schedule",
    "@nestjs/sequelize",
    "@nestjs/terminus",
    "@nestjs/throttler",
    "@nestjs/typeorm",
    "@mikro-orm/nestjs",
    "@nestjs-modules/mailer",
    "@nestjs-modules/ioredis",
    "nestjs-i18n",
    "nestjs-prisma",
    "nestjs-zod",
    "nest-winston",
    "@sentry/nestjs",
];

/// What an application is made of.
#[derive(Debug, Default)]
pub(super) struct Modules {
    /// Classes with `@Controller()`, and the object of that decorator.
    pub(super) controllers: Vec<(Arc<ClassValue>, ObjectId)>,
    /// Modules that packages make, by the object of the call.
    pub(super) made: Vec<ObjectId>,
    /// Module classes with a method that puts middleware in front of routes.
    pub(super) configuring: Vec<Value>,
    /// This is all.
    pub(super) complete: bool,
}

/// Follows the imports of a module.
pub(super) fn follow(run: &Interp<'_>, root: Option<&Value>) -> Modules {
    let decorated = Decorated::of(run);
    let mut walk = Walk { run, decorated: &decorated, seen: BTreeSet::new(), found: Modules::default() };
    walk.found.complete = true;
    match root {
        Some(root) => walk.import(root, 0),
        None => walk.found.complete = false,
    }
    walk.found
}

/// Which object decorates which class: `@Module({ … })`, `@Controller('x')`.
struct Decorated {
    modules: Vec<(Span, ObjectId)>,
    controllers: Vec<(Span, ObjectId)>,
}

impl Decorated {
    fn of(run: &Interp<'_>) -> Decorated {
        let mut decorated = Decorated { modules: Vec::new(), controllers: Vec::new() };
        for event in &run.log {
            let list = match &*event.target.path {
                "npm:@nestjs/common.Module()()" => &mut decorated.modules,
                "npm:@nestjs/common.Controller()()" => &mut decorated.controllers,
                _ => continue,
            };
            if let (Some(id), Some(Kind::Class(class))) =
                (event.target.object, event.args.positional.first().map(|value| &value.kind))
            {
                list.push((class.class.span, id));
            }
        }
        decorated
    }
}

struct Walk<'w, 'r> {
    run: &'w Interp<'r>,
    decorated: &'w Decorated,
    seen: BTreeSet<Span>,
    found: Modules,
}

impl Walk<'_, '_> {
    fn import(&mut self, value: &Value, depth: usize) {
        if depth > 32 || self.seen.len() > MOST {
            self.found.complete = false;
            return;
        }
        match &value.kind {
            Kind::Class(class) => self.class(class, value, depth),
            // A dynamic module: `{ module: X, imports: […], controllers: […] }`.
            Kind::Map(map) if map.entries.contains_key("module") => {
                if let Some(entry) = map.entries.get("module") {
                    self.import(&entry.value, depth + 1);
                }
                self.metadata(map, depth);
            }
            Kind::Object(id) if self.run.object(*id).class.is_none() => {
                // `TypeOrmModule.forRoot({ … })`; `forwardRef(() => X)` is entered below.
                let path = self.run.object(*id).path.clone();
                if path.starts_with("npm:@nestjs/common.forwardRef") {
                    self.found.complete = false;
                } else {
                    self.found.made.push(*id);
                    self.found.complete &= is_quiet(&path);
                }
            }
            Kind::External(path) => self.found.complete &= is_quiet(path),
            Kind::OneOf(_) | Kind::List(_) => self.all(value, depth),
            Kind::Undefined | Kind::Null | Kind::Bool(false) => {}
            _ => self.found.complete = false,
        }
    }

    fn all(&mut self, value: &Value, depth: usize) {
        match &value.kind {
            Kind::List(list) => {
                self.found.complete &= !list.open;
                for item in &list.items {
                    self.import(&item.value, depth + 1);
                }
            }
            Kind::OneOf(alternatives) => {
                self.found.complete = false;
                for (_, one) in alternatives.iter() {
                    self.import(one, depth + 1);
                }
            }
            _ => self.found.complete = false,
        }
    }

    fn class(&mut self, class: &Arc<ClassValue>, value: &Value, depth: usize) {
        if !self.seen.insert(class.class.span) {
            return;
        }
        if class.class.methods.iter().any(|method| &*method.name == "configure") {
            self.found.configuring.push(value.clone());
        }
        let Some(&(_, id)) = self.decorated.modules.iter().find(|(span, _)| *span == class.class.span) else {
            self.found.complete = false;
            return;
        };
        match metadata(&self.run.object(id).args) {
            Some(map) => self.metadata(&map, depth),
            None => self.found.complete = false,
        }
    }

    fn metadata(&mut self, map: &Arc<Map>, depth: usize) {
        self.found.complete &= !map.open;
        if let Some(imports) = map.entries.get("imports") {
            self.all(&imports.value, depth);
        }
        if let Some(controllers) = map.entries.get("controllers") {
            self.controllers(&controllers.value);
        }
    }

    fn controllers(&mut self, value: &Value) {
        let Some(list) = value.as_list().filter(|list| !list.open) else {
            self.found.complete = false;
            return;
        };
        for item in &list.items {
            let class = match &item.value.kind {
                Kind::Class(class) => class,
                _ => {
                    self.found.complete = false;
                    continue;
                }
            };
            match self.decorated.controllers.iter().find(|(span, _)| *span == class.class.span) {
                Some(&(_, id)) if !self.found.controllers.iter().any(|(_, known)| *known == id) => {
                    self.found.controllers.push((class.clone(), id));
                }
                Some(_) => {}
                None => self.found.complete = false,
            }
        }
    }
}

fn metadata(args: &Args) -> Option<Arc<Map>> {
    match args.positional.first() {
        Some(value) => value.as_map().cloned(),
        None => Some(Arc::default()),
    }
}

fn is_quiet(path: &str) -> bool {
    let Some(path) = path.strip_prefix("npm:") else { return false };
    QUIET.iter().any(|package| path.strip_prefix(package).is_some_and(|rest| rest.starts_with('.')))
}
