//! Applications as servers: hooks around, views inside, what Flask answers by itself.
//!
//! In: the evaluator's log. Out: servers and their policies. What `CORS(…)` is given that is no application of ours becomes a policy
//! without a server.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::fastapi::layers::{file_name, heading, keep};
use super::super::manual;
use super::super::manual::sets_cors;
use super::super::packages::Packages;
use super::cors::{self, Made};
use super::effects::Version;
use super::handlers::{Handled, Purpose, Task, handle};
use super::hooks::{self, Extension, Hook, Hooks};
use super::options::Options;
use super::rescuers::Rescuers;
use super::routes;
use super::{PLATFORM, config, is_app, is_blueprint_path, resources};
use crate::eval::value::{Closure, Kind, ObjectId};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::model::policy::{Fault, Known, MaxAge, Names, OriginAnswer, OriginDecision, Policy, Setting};
use crate::model::project::Project;
use crate::model::server::{Effect, Failing, Handler, Role, Scope, Server, Slashes, Unanswered};
use crate::source::{Span, Spanned};

/// What the faults are looked for in.
pub(super) struct Found {
    /// The servers of all applications, by their indexes in `Project::servers`.
    pub(super) servers: Vec<usize>,
    /// The log as it was before handlers were run.
    pub(super) log: Vec<Event>,
    /// Every use of the extension.
    pub(super) extensions: Vec<Extension>,
}

/// What is needed to make handlers of one application.
pub(super) struct Making<'m, 'r> {
    pub(super) run: &'m mut Interp<'r>,
    pub(super) packages: &'m Packages,
    pub(super) project: &'m mut Project,
    pub(super) log: &'m [Event],
    /// The application.
    pub(super) app: ObjectId,
    /// Its handlers of errors.
    pub(super) rescuers: Rescuers,
    /// `CORS(app)` covers everything.
    pub(super) covered: bool,
    /// The policies of decorators that say nothing.
    pub(super) bare: Vec<usize>,
    /// What the configuration holds when requests are answered.
    pub(super) settled: Options,
    /// When a `CORS(app)` writes the origin.
    pub(super) granted: Vec<Formula>,
}

/// Builds a server of every application.
pub(super) fn servers(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) -> Found {
    let log = run.log.clone();
    let extensions = hooks::extensions(run, &log);
    let ids: Vec<ObjectId> = (0..run.objects.len()).map(ObjectId).filter(|&id| is_app(run, id)).collect();
    let mut used: BTreeSet<ObjectId> = log.iter().filter_map(|event| event.target.object).collect();
    used.extend(extensions.iter().filter_map(|one| one.target));
    let mut seen = BTreeSet::new();
    let mut servers = Vec::new();
    for id in ids {
        // `def init(app: Flask)`: a parameter that nothing is done to is no application of its own.
        if run.object(id).args.open && !used.contains(&id) {
            continue;
        }
        let span = run.object(id).span;
        let rules = routes::of_app(run, &log, id);
        let blueprints = routes::blueprints(&rules);
        let owners: Vec<ObjectId> = std::iter::once(id).chain(blueprints.iter().copied()).collect();
        let around = hooks::of(run, &log, &owners, true, &extensions);
        let inner: Vec<(ObjectId, Hooks)> =
            blueprints.iter().map(|&one| (one, hooks::of(run, &log, &[one], false, &extensions))).collect();
        // A factory that is called twice makes one server.
        let shape = (span, rules.iter().map(|rule| rule.span).collect::<Vec<_>>(), around.places());
        if !seen.insert(shape) {
            continue;
        }
        let rescuers = Rescuers::of(run, &log, id, &blueprints);
        let missing = rescuers.takes_missing_routes();
        let settled = cors::configured(|key| config::value(run, &log, id, key));
        let mut making = Making {
            run,
            packages,
            project,
            log: &log,
            app: id,
            rescuers,
            covered: false,
            bare: Vec::new(),
            settled,
            granted: Vec::new(),
        };
        let mut handlers = making.after(&around.after);
        let mixed = making.mixed(&handlers);
        handlers.extend(making.before(&around.before, None));
        let complete = handlers.iter().all(|handler| handler.understood) && is_closed(making.run, &log, id);
        handlers.extend(making.files(span));
        for rule in &rules {
            let hooks = |id: &ObjectId| inner.iter().find(|(own, _)| own == id).map(|(_, hooks)| hooks);
            let hooks: Vec<&Hooks> = rule.blueprints.iter().filter_map(hooks).collect();
            handlers.extend(making.route(rule, &hooks, mixed));
        }
        let server = project.servers.len();
        for index in handlers.iter().filter_map(cors_of) {
            let policy = &mut project.policies[index];
            policy.server.get_or_insert(server);
            policy.installed = Known::Yes;
        }
        let name = file_name(&run.path_of_span(span));
        let unanswered = if missing || mixed { Unanswered::Unknown } else { Unanswered::MethodNotAllowed };
        project.servers.push(Server {
            complete,
            unanswered,
            onion: true,
            failing: if mixed { Failing::Unknown } else { Failing::Inside },
            slashes: Slashes::Added(308),
            ..Server::new(PLATFORM, name, span, handlers)
        });
        servers.push(server);
    }
    homeless(run, packages, project, &extensions, &log);
    Found { servers, log, extensions }
}

/// The policy a handler grants.
pub(super) fn cors_of(handler: &Handler) -> Option<usize> {
    match handler.role {
        Role::Cors(index) => Some(index),
        _ => None,
    }
}

/// Is everything known that is done to an application? Extensions of Flask keep to their own.
fn is_closed(run: &Interp<'_>, log: &[Event], app: ObjectId) -> bool {
    let given = |event: &&Event| event.args.all().any(|value| value.as_object() == Some(app));
    let known = |event: &Event| {
        let path = event.target.path.trim_start_matches("py:");
        ["flask", "waitress", "gunicorn", "werkzeug", "flasgger", "authlib", "sentry_sdk", "prometheus"]
            .iter()
            .any(|name| path.starts_with(name))
    };
    !run.object(app).args.open && log.iter().filter(given).all(known)
}

impl Making<'_, '_> {
    /// Hooks after requests, the first registered outermost.
    pub(super) fn after(&mut self, hooks: &[Hook]) -> Vec<Handler> {
        let mut handlers = Vec::new();
        for hook in hooks {
            match hook {
                Hook::Function(closure, when) => {
                    let handled = handle(self.run, closure, &Task::of(Purpose::After));
                    handlers.push(self.function(closure, when.clone(), handled));
                }
                Hook::Cors(extension) => handlers.extend(self.extension(extension)),
                Hook::Unknown(span) => handlers.push(unknown("after_request", *span)),
            }
        }
        handlers
    }

    /// Hooks before requests, in order.
    pub(super) fn before(&mut self, hooks: &[Hook], blueprint: Option<ObjectId>) -> Vec<Handler> {
        let mut handlers = Vec::new();
        for hook in hooks {
            match hook {
                Hook::Function(closure, when) => {
                    let task = Task { rescuers: Some((&self.rescuers, blueprint)), ..Task::of(Purpose::Before) };
                    let handled = handle(self.run, closure, &task);
                    handlers.push(self.function(closure, when.clone(), handled));
                }
                Hook::Cors(_) => {}
                Hook::Unknown(span) => handlers.push(unknown("before_request", *span)),
            }
        }
        handlers
    }

    fn function(&mut self, closure: &Arc<Closure>, when: Formula, handled: Handled) -> Handler {
        let span = heading(&closure.function);
        let mut handler = Handler {
            role: Role::Other,
            name: closure.function.name.as_deref().unwrap_or("hook").to_owned(),
            span,
            when,
            scope: Scope::everything(),
            effects: handled.effects,
            understood: handled.understood,
        };
        self.by_hand(&mut handler, closure.function.span);
        handler
    }

    /// Header lines of CORS in a handler make a policy of it.
    pub(super) fn by_hand(&mut self, handler: &mut Handler, code: Span) {
        if let Some(mut policy) = manual::of_handler(self.run, handler, code, PLATFORM) {
            policy.paths.extend(handler.scope.path.clone());
            handler.role = Role::Cors(keep(self.project, policy));
        }
    }

    /// One handler per resource of `CORS(app, …)`.
    fn extension(&mut self, extension: &Extension) -> Vec<Handler> {
        let configured = self.configured(extension.at);
        let late = self.written_later(extension);
        let (handlers, everything) = extension_handlers(self.run, self.packages, self.project, extension, &configured);
        for index in handlers.iter().filter_map(cors_of) {
            let lines = self.project.policies[index].effects.iter().filter(|line| writes_origin(&line.effect));
            self.granted.extend(lines.map(|line| line.when.clone()));
            for setting in &late {
                if !self.project.policies[index].settings.contains(setting) {
                    self.project.policies[index].settings.push(setting.clone());
                }
            }
        }
        self.covered |= everything && extension.when == Formula::True;
        handlers
    }

    /// What the configuration held at a moment.
    fn configured(&self, at: usize) -> Options {
        let before = &self.log[..at.min(self.log.len())];
        cors::configured(|key| config::value(self.run, before, self.app, key))
    }

    /// `CORS_…` that is written after the extension has read it.
    fn written_later(&self, extension: &Extension) -> Vec<Setting> {
        let later = &self.log[extension.at.min(self.log.len())..];
        let own = later.iter().filter(|event| config::of(&event.target.path) == Some((self.app, "[]=".to_owned())));
        let keyed = own.filter_map(|event| Some((event, event.args.positional.first()?.as_str()?.clone())));
        let read = |key: &str| {
            let option = key.strip_prefix("CORS_").map(str::to_lowercase).unwrap_or_default();
            super::options::OPTIONS.contains(&option.as_str())
        };
        keyed
            .filter(|(event, key)| read(key) && event.module == self.log[extension.at].module)
            .map(|(event, key)| Setting {
                name: Spanned::new(key, event.span),
                span: event.span,
                fault: Fault::Unread {
                    meant: None,
                    reason: "Flask-CORS has read the configuration before, where it was given the application"
                        .to_owned(),
                },
            })
            .collect()
    }

    /// Is there code of the program inside of Flask-CORS that writes the origin? Errors then get the lines of both: the
    /// package writes its own on what is raised before everything else.
    fn mixed(&self, layers: &[Handler]) -> bool {
        let library = |handler: &&Handler| {
            cors_of(handler).is_some_and(|index| &*self.project.policies[index].library == cors::LIBRARY)
        };
        let first = layers.iter().position(|handler| library(&handler));
        let by_hand = |handler: &Handler| sets_cors(handler) && !library(&handler);
        first.is_some_and(|first| layers[first..].iter().any(by_hand))
    }

    /// `/static/<path:filename>`, which Flask serves unless told otherwise.
    fn files(&self, span: Span) -> Vec<Handler> {
        let args = &self.run.object(self.app).args;
        let folder = match args.named("static_folder").map(|value| &value.kind) {
            None => Some("static".to_owned()),
            Some(Kind::Str(text)) => Some(text.rsplit(['/', '\\']).next().unwrap_or("static").to_owned()),
            _ => None,
        };
        let url = match args.named("static_url_path").map(|value| &value.kind) {
            None | Some(Kind::Null) => folder.map(|folder| format!("/{folder}")),
            Some(Kind::Str(text)) => Some(text.trim_end_matches('/').to_owned()),
            _ => None,
        };
        let Some(url) = url else { return Vec::new() };
        vec![Handler {
            role: Role::Static,
            name: "static".to_owned(),
            span,
            when: Formula::True,
            scope: Scope {
                methods: vec!["GET".into(), "HEAD".into()],
                path: Some(Spanned::new(format!("{url}/<path:filename>").into(), span)),
                prefix: false,
            },
            effects: Vec::new(),
            understood: false,
        }]
    }
}

/// Does an effect write the header that decides?
pub(super) fn writes_origin(effect: &Effect) -> bool {
    match effect {
        Effect::Set(name, _) | Effect::Append(name, _) | Effect::Default(name, _) => {
            name.value.eq_ignore_ascii_case("access-control-allow-origin")
        }
        _ => false,
    }
}

/// Something that nobody knows.
pub(super) fn unknown(name: &str, span: Span) -> Handler {
    Handler {
        role: Role::Other,
        name: name.to_owned(),
        span,
        when: Formula::True,
        scope: Scope::everything(),
        effects: Vec::new(),
        understood: false,
    }
}

/// The handlers of one `CORS(…)`, and whether they cover every path.
fn extension_handlers(
    run: &Interp<'_>,
    packages: &Packages,
    project: &mut Project,
    extension: &Extension,
    configured: &Options,
) -> (Vec<Handler>, bool) {
    let span = extension.span;
    let options = cors::layered(configured.clone(), extension.constructor.as_ref(), &extension.args);
    let by_length = Version::of(packages, &run.path_of_span(span)).orders_by_length();
    let Some(found) = resources::of(options.get("resources", span).as_ref(), by_length) else {
        // The options of paths that nobody knows may say anything.
        let covers = Formula::unknown(span);
        let made = Made { options: &options, span, when: extension.when.clone(), place: "CORS", covers };
        let policy = Policy {
            allow_origin: OriginDecision::constant(OriginAnswer::Unknown, span),
            allow_credentials: Spanned::new(Known::Unknown, span),
            allow_methods: Spanned::new(Names::Unknown, span),
            allow_headers: Spanned::new(Names::Unknown, span),
            expose_headers: Spanned::new(Names::Unknown, span),
            max_age: Spanned::new(MaxAge::Unknown, span),
            ..cors::policy(&made, run, packages)
        };
        let role = Role::Cors(keep(project, policy));
        return (vec![Handler { role, when: extension.when.clone(), ..unknown("CORS", span) }], false);
    };
    let mut handlers = Vec::new();
    let mut before = Formula::False;
    let made = |options: &Options, covers: Formula| {
        let place = if extension.constructor.is_some() { "init_app" } else { "CORS" };
        cors::policy(&Made { options, span, when: extension.when.clone(), place, covers }, run, packages)
    };
    let handler = |index: usize, scope: Scope| Handler {
        role: Role::Cors(index),
        name: "CORS".to_owned(),
        span,
        when: extension.when.clone(),
        scope,
        effects: Vec::new(),
        understood: true,
    };
    if found.is_empty() {
        let index = keep(project, made(&options, Formula::True));
        return (vec![handler(index, Scope::everything())], true);
    }
    let mut everything = false;
    for resource in &found {
        let own = resource.options.as_ref().map_or_else(|| options.clone(), |own| options.of_resource(own));
        // The first resource that fits decides.
        let covers = resource.covers().and(before.clone().negated());
        let scope = resource.scope();
        let guard = if scope.is_some() { before.clone().negated() } else { covers };
        let mut policy = made(&own, guard);
        if !resource.is_everything() {
            policy.paths.push(resource.pattern.clone());
        }
        let index = keep(project, policy);
        handlers.push(handler(index, scope.unwrap_or_else(Scope::everything)));
        before = before.or(resource.covers());
        everything |= resource.is_everything();
    }
    (handlers, everything)
}

/// `CORS(…)` of something that is not known to be an application or a blueprint of one.
fn homeless(run: &Interp<'_>, packages: &Packages, project: &mut Project, extensions: &[Extension], log: &[Event]) {
    let registered = |id: ObjectId| {
        log.iter().any(|event| {
            event.target.path.ends_with(".register_blueprint")
                && event.args.get(0, "blueprint").and_then(|value| value.as_object()) == Some(id)
        })
    };
    for extension in extensions {
        let home = extension
            .target
            .is_some_and(|id| is_app(run, id) || (is_blueprint_path(&run.object(id).path) && registered(id)));
        if !home {
            extension_handlers(run, packages, project, extension, &Options::default());
        }
    }
}
