//! What Fastify's names mean to the evaluator: plugins are entered with the instance that they are given.
//!
//! In: calls of instances. Out: instances for encapsulated plugins, decorations as fields. A plugin wrapped by `fastify-plugin`
//! gets the instance it is registered on, any other one a child of it.

use std::sync::Arc;

use crate::eval::value::{Args, Closure, Kind, Map, ObjectId, Value};
use crate::eval::{Interp, Library, Target};
use crate::platforms::values::option;
use crate::source::Span;

/// What Fastify means to the evaluator.
pub struct Fastify;

/// The instance of an encapsulated plugin; its arguments are its prefix and how long the log was when it was made.
pub(super) const CHILD: &str = "fastify:instance()";
/// An instance that a function is given by somebody unknown.
pub(super) const PARAMETER: &str = "npm:fastify.FastifyInstance()";
const MADE: [&str; 4] = ["npm:fastify()", "npm:fastify.default()", "npm:fastify.fastify()", "npm:fastify.Fastify()"];
const WRAPPERS: [&str; 4] =
    ["npm:fastify-plugin", "npm:fastify-plugin.default", "npm:fastify-plugin.fastifyPlugin", "npm:fastify-plugin.fp"];
/// The field of a wrapped plugin that was registered.
const ENTERED: &str = "fastify:entered";

/// Does this canonical name make an application?
pub(super) fn is_made(path: &str) -> bool {
    MADE.contains(&path)
}

/// Is it an instance of any kind?
pub(super) fn is_instance(path: &str) -> bool {
    is_made(path) || path == CHILD || path == PARAMETER
}

impl Library for Fastify {
    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        if WRAPPERS.contains(&&*target.path) {
            // What it wraps runs when it is registered.
            let id = run.make_object("npm:fastify-plugin()", args.clone(), None, span);
            return Some(Value::new(Kind::Object(id), span));
        }
        let (holder, method) = target.path.rsplit_once('.')?;
        let app = target.object.filter(|_| is_instance(holder))?;
        match method {
            "register" => {
                let options = args.positional.get(1);
                enter(run, app, args.positional.first()?, options, true, span);
            }
            "decorate" => {
                if let (Some(name), Some(value)) = (args.positional.first()?.as_str(), args.positional.get(1)) {
                    run.objects[app.0].fields.insert(name.clone(), value.clone());
                }
            }
            "addHook"
            | "route"
            | "get"
            | "post"
            | "put"
            | "delete"
            | "patch"
            | "head"
            | "options"
            | "all"
            | "setErrorHandler"
            | "setNotFoundHandler"
            | "decorateRequest"
            | "decorateReply"
            | "addSchema"
            | "addContentTypeParser"
            | "withTypeProvider"
            | "setValidatorCompiler"
            | "setSerializerCompiler" => {}
            _ => return None,
        }
        Some(Value::new(Kind::Object(app), span))
    }
}

/// Runs a plugin as Fastify does.
fn enter(run: &mut Interp<'_>, app: ObjectId, plugin: &Value, options: Option<&Value>, encapsulates: bool, span: Span) {
    match &plugin.kind {
        Kind::Function(closure) => {
            let closure = closure.clone();
            let inner = if encapsulates { child(run, app, options, span) } else { app };
            run.apply(&closure, &given(inner, options, span), span);
        }
        Kind::Object(id) if &*run.object(*id).path == "npm:fastify-plugin()" => {
            run.objects[id.0].fields.insert(ENTERED.into(), Value::undefined(span));
            if let Some(wrapped) = run.object(*id).args.positional.first().cloned() {
                enter(run, app, &wrapped, options, false, span);
            }
        }
        Kind::Module(id) => {
            if let Some(plugin) = run.default_export(*id) {
                enter(run, app, &plugin, options, encapsulates, span);
            }
        }
        _ => {}
    }
}

fn given(app: ObjectId, options: Option<&Value>, span: Span) -> Args {
    let none = || Value::new(Kind::Map(Arc::new(Map::default())), span);
    let instance = Value::new(Kind::Object(app), span);
    let done = Value::new(Kind::External("fastify:done".into()), span);
    Args { positional: vec![instance, options.cloned().unwrap_or_else(none), done], ..Args::default() }
}

fn child(run: &mut Interp<'_>, app: ObjectId, options: Option<&Value>, span: Span) -> ObjectId {
    let prefix = options.and_then(|options| option(options, "prefix")).unwrap_or_else(|| Value::text("", span));
    #[expect(clippy::cast_precision_loss, reason = "the log is short of 2^53 events")]
    let events = Value::new(Kind::Num(run.log.len() as f64), span);
    let args = Args { positional: vec![prefix, events], ..Args::default() };
    let id = run.make_object(CHILD, args, Some(app), span);
    run.objects[id.0].fields = run.object(app).fields.clone();
    id
}

/// Wrapped plugins that nobody was seen to register run as those of an unknown application.
pub(super) fn run_unregistered(run: &mut Interp<'_>) {
    let wrapped: Vec<(Arc<Closure>, Span)> = run
        .objects
        .iter()
        .filter(|object| &*object.path == "npm:fastify-plugin()" && !object.fields.contains_key(ENTERED))
        .filter_map(|object| Some((object.args.positional.first()?.as_function()?.clone(), object.span)))
        .collect();
    for (closure, span) in wrapped {
        let app = run.make_object(PARAMETER, Args { open: true, ..Args::default() }, None, span);
        run.apply(&closure, &given(app, None, span), span);
    }
}
