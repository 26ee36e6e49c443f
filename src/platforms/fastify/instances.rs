//! The instances of a Fastify application: their hooks and routes, and which plugin is registered in which.
//!
//! In: the evaluator's log. Out: a tree. An encapsulated plugin has the hooks that were there before it, and those after it are
//! none of its business. Source: <https://fastify.dev/docs/latest/Reference/Encapsulation/>.

use std::sync::Arc;

use super::is_cors_plugin;
use super::symbols::{CHILD, is_made};
use crate::eval::value::{Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::platforms::values::option;
use crate::source::{Span, Spanned};

/// When a hook runs. Those of answers stand around all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    OnSend,
    OnRequest,
    PreParsing,
    PreValidation,
    PreHandler,
}

/// What runs in a hook.
pub(super) enum What {
    /// A function of the program, or something unknown.
    Function(Value),
    /// `@fastify/cors`, by the place of its registration.
    Cors,
    /// A package that lets nobody through who has not proven who they are.
    Auth,
    /// A plugin of which nothing is known.
    Unknown,
}

/// A hook.
pub(super) struct Hook {
    /// Its place in the log.
    pub(super) at: usize,
    pub(super) stage: Stage,
    pub(super) what: What,
    pub(super) when: Formula,
    pub(super) span: Span,
}

/// A route.
pub(super) struct Route {
    pub(super) methods: Vec<Arc<str>>,
    pub(super) path: Spanned<Arc<str>>,
    pub(super) handler: Option<Value>,
    /// Nothing but the handler answers.
    pub(super) plain: bool,
    pub(super) when: Formula,
    pub(super) span: Span,
    /// It is the one of `@fastify/cors` for preflights.
    pub(super) of_cors: bool,
}

/// One instance.
pub(super) struct Context {
    pub(super) object: ObjectId,
    pub(super) parent: Option<usize>,
    /// How long the log was when it was made.
    pub(super) made: usize,
    pub(super) prefix: String,
    pub(super) hooks: Vec<Hook>,
    pub(super) routes: Vec<Route>,
    pub(super) not_found: Option<Event>,
    /// Errors are answered by the program.
    pub(super) rescues: bool,
}

/// All instances of an application, the application first.
pub(super) struct Tree {
    pub(super) contexts: Vec<Context>,
    pub(super) complete: bool,
}

/// Plugins of packages that answer nothing and stand in front of nothing.
const QUIET: [&str; 17] = [
    "npm:@fastify/accepts",
    "npm:@fastify/compress",
    "npm:@fastify/cookie",
    "npm:@fastify/env",
    "npm:@fastify/etag",
    "npm:@fastify/formbody",
    "npm:@fastify/helmet",
    "npm:@fastify/jwt",
    "npm:@fastify/mongodb",
    "npm:@fastify/multipart",
    "npm:@fastify/postgres",
    "npm:@fastify/redis",
    "npm:@fastify/secure-session",
    "npm:@fastify/sensible",
    "npm:@fastify/session",
    "npm:@fastify/view",
    "npm:@fastify/websocket",
];

/// All applications.
pub(super) fn roots(run: &Interp<'_>) -> Vec<ObjectId> {
    (0..run.objects.len()).map(ObjectId).filter(|&id| is_made(&run.object(id).path)).collect()
}

/// The instances of an application.
pub(super) fn tree(run: &Interp<'_>, root: ObjectId) -> Tree {
    let mut tree = Tree { contexts: vec![context(run, root, None, String::new())], complete: true };
    // What is made later has a higher number than what it is made in.
    for id in (root.0 + 1..run.objects.len()).map(ObjectId).filter(|&id| &*run.object(id).path == CHILD) {
        let parent = tree.contexts.iter().position(|one| run.object(id).parent == Some(one.object));
        if let Some(parent) = parent {
            let own = match run.object(id).args.positional.first() {
                Some(prefix) => prefix.as_str().map_or("(prefix)", |text| text).to_owned(),
                None => String::new(),
            };
            let prefix = joined(&tree.contexts[parent].prefix, &own);
            tree.contexts.push(context(run, id, Some(parent), prefix));
        }
    }
    for (at, event) in run.log.iter().enumerate() {
        let Some(id) = event.target.object else { continue };
        let Some(index) = tree.contexts.iter().position(|one| one.object == id) else { continue };
        let Some((_, method)) = event.target.path.rsplit_once('.') else { continue };
        tree.complete &= tree.contexts[index].read(at, event, method);
    }
    tree
}

fn context(run: &Interp<'_>, object: ObjectId, parent: Option<usize>, prefix: String) -> Context {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length that we wrote down")]
    let made = match run.object(object).args.positional.get(1).map(|value| &value.kind) {
        Some(Kind::Num(length)) => *length as usize,
        _ => 0,
    };
    Context { object, parent, made, prefix, hooks: Vec::new(), routes: Vec::new(), not_found: None, rescues: false }
}

impl Context {
    /// One call; whether all it means is known.
    fn read(&mut self, at: usize, event: &Event, method: &str) -> bool {
        let args = &event.args.positional;
        match method {
            "register" => return self.registered(at, event),
            "addHook" => {
                let stage = match args.first().and_then(Value::as_str).map(|name| stage(name)) {
                    Some(stage) => stage,
                    None => return false,
                };
                if let (Some(stage), Some(function)) = (stage, args.get(1)) {
                    self.hook(at, stage, What::Function(function.clone()), event);
                }
            }
            "get" => self.route(&["GET", "HEAD"], args.first(), &args[1.min(args.len())..], event),
            "post" => self.route(&["POST"], args.first(), &args[1.min(args.len())..], event),
            "put" => self.route(&["PUT"], args.first(), &args[1.min(args.len())..], event),
            "patch" => self.route(&["PATCH"], args.first(), &args[1.min(args.len())..], event),
            "delete" => self.route(&["DELETE"], args.first(), &args[1.min(args.len())..], event),
            "head" => self.route(&["HEAD"], args.first(), &args[1.min(args.len())..], event),
            "options" => self.route(&["OPTIONS"], args.first(), &args[1.min(args.len())..], event),
            "all" => self.route(&[], args.first(), &args[1.min(args.len())..], event),
            "route" => return self.full_route(event),
            "setNotFoundHandler" => self.not_found = Some(event.clone()),
            "setErrorHandler" => self.rescues = true,
            // Middleware of other frameworks.
            "use" => return false,
            _ => {}
        }
        true
    }

    fn registered(&mut self, at: usize, event: &Event) -> bool {
        let Some(plugin) = event.args.positional.first() else { return false };
        let options = event.args.positional.get(1);
        if is_cors_plugin(plugin) {
            let given =
                options.filter(|options| options.as_map().is_some()).and_then(|options| option(options, "hook"));
            let stage = match given.as_ref().map(|hook| hook.as_str()) {
                None => Some(Stage::OnRequest),
                Some(name) => name.and_then(|name| stage(name)),
            };
            if let Some(stage) = stage {
                self.hook(at, stage, What::Cors, event);
            }
            let path = Spanned::new(joined(&self.prefix, "*").into(), event.span);
            self.routes.push(Route {
                methods: vec!["OPTIONS".into()],
                path,
                handler: None,
                plain: true,
                when: event.when.clone(),
                span: event.span,
                of_cors: true,
            });
            return stage.is_some();
        }
        match &plugin.kind {
            // Entered when it was registered.
            Kind::Function(_) | Kind::Module(_) => true,
            Kind::Object(_) => true,
            Kind::External(path) if path.starts_with("npm:@fastify/bearer-auth") => {
                let added = options.and_then(|options| option(options, "addHook"));
                match added.as_ref().map(|added| &added.kind) {
                    None | Some(Kind::Bool(true)) => self.hook(at, Stage::OnRequest, What::Auth, event),
                    // Routes name the hook themselves.
                    Some(Kind::Bool(false)) => {}
                    Some(_) => {
                        let stage = added.as_ref().and_then(Value::as_str).and_then(|name| stage(name));
                        self.hook(at, stage.unwrap_or(Stage::OnRequest), What::Unknown, event);
                    }
                }
                true
            }
            Kind::External(path) => {
                let path = path.trim_end_matches(".default");
                if !path.starts_with("npm:@fastify/") || path == "npm:@fastify/autoload" {
                    self.hook(at, Stage::OnRequest, What::Unknown, event);
                }
                QUIET
                    .iter()
                    .any(|quiet| path == *quiet || path.strip_prefix(quiet).is_some_and(|rest| rest.starts_with('.')))
            }
            _ => {
                self.hook(at, Stage::OnRequest, What::Unknown, event);
                false
            }
        }
    }

    fn hook(&mut self, at: usize, stage: Stage, what: What, event: &Event) {
        self.hooks.push(Hook { at, stage, what, when: event.when.clone(), span: event.span });
    }

    /// `app.get(path, options?, handler)`.
    fn route(&mut self, methods: &[&str], path: Option<&Value>, rest: &[Value], event: &Event) {
        let options = rest.iter().find(|value| value.as_map().is_some());
        let handler = rest.last().filter(|value| value.as_function().is_some()).cloned();
        let handler = handler.or_else(|| options.and_then(|options| option(options, "handler")));
        self.push(methods.iter().map(|method| Arc::from(*method)).collect(), path, options, handler, event);
    }

    /// `app.route({ method, url, handler })`; whether it is known which requests it takes.
    fn full_route(&mut self, event: &Event) -> bool {
        let Some(options) = event.args.positional.first().filter(|options| options.as_map().is_some()) else {
            return false;
        };
        let url = option(options, "url").or_else(|| option(options, "path"));
        let Some(method) = option(options, "method") else { return false };
        let texts: Option<Vec<Arc<str>>> = match &method.kind {
            Kind::Str(text) => Some(vec![text.to_uppercase().into()]),
            Kind::List(list) if !list.open => {
                list.items.iter().map(|item| item.value.as_str().map(|text| text.to_uppercase().into())).collect()
            }
            _ => None,
        };
        let Some(mut methods) = texts else { return false };
        if methods.iter().any(|method| &**method == "GET") {
            methods.push("HEAD".into());
        }
        self.push(methods, url.as_ref(), Some(options), option(options, "handler"), event);
        true
    }

    fn push(
        &mut self,
        methods: Vec<Arc<str>>,
        path: Option<&Value>,
        options: Option<&Value>,
        handler: Option<Value>,
        event: &Event,
    ) {
        const SILENT: [&str; 6] = ["method", "url", "path", "handler", "logLevel", "bodyLimit"];
        let plain = options
            .and_then(Value::as_map)
            .is_none_or(|map| !map.open && map.entries.keys().all(|key| SILENT.contains(&&**key)));
        let text = path.and_then(Value::as_str).map_or("(path)", |text| text);
        let span = path.map_or(event.span, |path| path.span);
        let path = Spanned::new(joined(&self.prefix, text).into(), span);
        let (when, span) = (event.when.clone(), event.span);
        self.routes.push(Route { methods, path, handler, plain, when, span, of_cors: false });
    }
}

impl Tree {
    /// The hooks that routes of a context meet, outermost first, each with the context that it was added to.
    pub(super) fn hooks_of(&self, context: usize) -> Vec<(usize, usize)> {
        let mut line = vec![context];
        while let Some(parent) = line.last().and_then(|&at| self.contexts[at].parent) {
            line.push(parent);
        }
        line.reverse();
        let mut found = Vec::new();
        for (depth, &at) in line.iter().enumerate() {
            let until = line.get(depth + 1).map_or(usize::MAX, |&next| self.contexts[next].made);
            let hooks = self.contexts[at].hooks.iter().enumerate();
            found.extend(hooks.filter(|(_, hook)| hook.at < until).map(|(index, _)| (at, index)));
        }
        found
    }
}

fn stage(name: &str) -> Option<Stage> {
    Some(match name {
        "onRequest" => Stage::OnRequest,
        "preParsing" => Stage::PreParsing,
        "preValidation" => Stage::PreValidation,
        "preHandler" => Stage::PreHandler,
        "onSend" => Stage::OnSend,
        _ => return None,
    })
}

fn joined(prefix: &str, path: &str) -> String {
    let (prefix, path) = (prefix.trim_matches('/'), path.trim_matches('/'));
    match (prefix.is_empty(), path.is_empty()) {
        (true, _) => format!("/{path}"),
        (false, true) => format!("/{prefix}"),
        (false, false) => format!("/{prefix}/{path}"),
    }
}
