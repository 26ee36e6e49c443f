//! From a function to what it is in a server: a handler, the policies it grants, what is wrong with it.
//!
//! In: functions that a platform recognised, and the calls that hand functions to a runtime (`Deno.serve`, `addEventListener`).
//! Out: servers, policies and faults. Knows no platform but by the name it is given.

use std::sync::Arc;

use super::super::manual;
use super::answers::{Handled, effects, handle, returned};
use super::faults::{Whose, route_unhandled};
use super::grants::policies;
use super::symbols::{BINDINGS, REQUEST};
use crate::eval::value::{Args, Closure, Kind, Value};
use crate::eval::{Interp, Target};
use crate::ir::{Function, Pattern};
use crate::model::condition::Formula;
use crate::model::policy::Policy;
use crate::model::project::{HandlerFault, Project};
use crate::model::server::{Failing, Handler, Role, Scope, Server};
use crate::source::{Span, Spanned};

/// A function that a platform calls with a request.
#[derive(Debug, Clone)]
pub(in crate::platforms) struct Entry {
    /// `workers`, `supabase` …
    pub(in crate::platforms) platform: &'static str,
    /// What it is called, for messages.
    pub(in crate::platforms) name: String,
    /// The function.
    pub(in crate::platforms) function: Arc<Closure>,
    /// Somebody unknown stands between the platform and the function.
    pub(in crate::platforms) wrapped: bool,
    /// What it is given.
    pub(in crate::platforms) args: Args,
    /// The requests it sees.
    pub(in crate::platforms) scope: Scope,
    /// How it answers.
    pub(in crate::platforms) answered: super::answers::Answered,
}

impl Entry {
    /// The same for requests with some methods to a path.
    pub(in crate::platforms) fn at(self, methods: &[&str], path: &str, prefix: bool) -> Entry {
        let path = Some(Spanned::new(Arc::from(path), self.function.function.span));
        let methods = methods.iter().map(|method| Arc::from(*method)).collect();
        Entry { scope: Scope { methods, path, prefix }, ..self }
    }

    /// A function that is given `(request, env, …)` for every request and gives back the answer.
    pub(in crate::platforms) fn new(platform: &'static str, name: impl Into<String>, function: Behind) -> Entry {
        let span = function.closure.function.span;
        let external = |path: &str| Value::new(Kind::External(path.into()), span);
        let args = Args { positional: vec![external(REQUEST), external(BINDINGS)], open: true, ..Args::default() };
        Entry {
            platform,
            name: name.into(),
            function: function.closure,
            wrapped: function.wrapped,
            args,
            scope: Scope::everything(),
            answered: returned,
        }
    }
}

/// A function behind a value.
#[derive(Debug, Clone)]
pub(in crate::platforms) struct Behind {
    /// Its code.
    pub(in crate::platforms) closure: Arc<Closure>,
    /// It was given to something unknown, which calls it.
    pub(in crate::platforms) wrapped: bool,
}

/// The functions behind a value: the value itself, the members of a list, what is wrapped by a package (`withSentry(handler)`).
pub(in crate::platforms) fn functions(run: &Interp<'_>, value: &Value) -> Vec<Behind> {
    match &value.kind {
        Kind::Function(closure) => vec![Behind { closure: closure.clone(), wrapped: false }],
        Kind::OneOf(alternatives) => alternatives.iter().flat_map(|(_, one)| functions(run, one)).collect(),
        Kind::List(list) => list.items.iter().flat_map(|item| functions(run, &item.value)).collect(),
        Kind::Object(id) if run.object(*id).path.starts_with("npm:") => {
            let inner = run.object(*id).args.all().filter_map(Value::as_function);
            inner.map(|closure| Behind { closure: closure.clone(), wrapped: true }).collect()
        }
        _ => Vec::new(),
    }
}

/// Functions as a part of a server.
#[derive(Debug, Clone)]
pub(in crate::platforms) struct Served {
    /// What a request meets, one for each function.
    pub(in crate::platforms) handlers: Vec<Handler>,
    /// What they grant.
    pub(in crate::platforms) policies: Vec<Policy>,
    /// What is wrong with them.
    pub(in crate::platforms) faults: Vec<HandlerFault>,
    /// What they do together.
    pub(in crate::platforms) handled: Handled,
}

impl Served {
    /// Functions of which no more is said than that they are there.
    pub(in crate::platforms) fn unread(entries: &[Entry]) -> Served {
        let handlers = entries.iter().map(|entry| Handler {
            role: Role::Route,
            name: entry.name.clone(),
            span: head(&entry.function.function),
            when: Formula::True,
            scope: entry.scope.clone(),
            effects: Vec::new(),
            understood: false,
        });
        let handled = Handled::default();
        Served { handlers: handlers.collect(), policies: Vec::new(), faults: Vec::new(), handled }
    }
}

/// Runs a function and says what it is in a server.
pub(in crate::platforms) fn serve(run: &mut Interp<'_>, entry: &Entry) -> Served {
    serve_all(run, std::slice::from_ref(entry), &entry.name)
}

/// Runs the functions that answer on one route, each for its methods, and says what they are together.
pub(in crate::platforms) fn serve_all(run: &mut Interp<'_>, entries: &[Entry], name: &str) -> Served {
    let mut together = Handled { understood: true, whole: true, ..Handled::default() };
    let mut handlers = Vec::new();
    let mut silent_about_options = Vec::new();
    for entry in entries {
        let mut handled = handle(run, &entry.function, &entry.args, entry.answered);
        handled.understood &= !entry.wrapped;
        handled.whole &= !entry.wrapped;
        let span = head(&entry.function.function);
        let file = run.path_of_span(span);
        handlers.push(Handler {
            role: Role::Route,
            name: entry.name.clone(),
            span,
            when: super::super::development(&file, span),
            scope: entry.scope.clone(),
            effects: effects(&handled.answers),
            understood: handled.understood,
        });
        silent_about_options.push(handled.clone());
        together.join(handled, &entry.scope.methods, span);
    }
    let Some(first) = handlers.first() else {
        return Served { handlers, policies: Vec::new(), faults: Vec::new(), handled: together };
    };
    let (platform, span, when) = (entries[0].platform, first.span, first.when.clone());
    let origin = manual::Origin { platform, place: name.to_owned(), span };
    let mut policies = policies(&together, &origin);
    let mut methods = handlers.iter().flat_map(|handler| handler.scope.methods.iter()).peekable();
    let reads_only = methods.peek().is_some()
        && handlers.iter().all(|handler| !handler.scope.methods.is_empty())
        && methods.all(|method| matches!(&**method, "GET" | "HEAD"));
    for policy in &mut policies {
        policy.when = when.clone();
        policy.preflighted = !reads_only;
        policy.paths = first.scope.path.iter().cloned().collect();
    }
    let mut faults = Vec::new();
    if when == Formula::True {
        let sees_options = handlers.iter().any(|handler| handler.scope.has_method("OPTIONS"));
        let whose = Whose { platform, name: name.to_owned(), span, sees_options };
        faults = super::faults::faults(&together, &whose);
        if !sees_options {
            for (handler, handled) in handlers.iter().zip(&silent_about_options) {
                faults.extend(route_unhandled(handler, handled, platform));
            }
        }
    }
    Served { handlers, policies, faults, handled: together }
}

/// Puts a server of these functions into a project.
pub(in crate::platforms) fn add(project: &mut Project, served: Vec<Served>, server: Server) {
    let index = project.servers.len();
    let mut server = Server { failing: Failing::Outside, ..server };
    for one in served {
        server.handlers.extend(one.handlers);
        project.faults.extend(one.faults);
        project.policies.extend(one.policies.into_iter().map(|policy| Policy { server: Some(index), ..policy }));
    }
    server.complete = server.handlers.iter().all(|handler| handler.understood);
    project.servers.push(server);
}

/// The head of a function: what stands before its body.
pub(in crate::platforms) fn head(function: &Function) -> Span {
    let last = function.params.last().map(|param| match &param.pattern {
        Pattern::Name(_, span) => *span,
        _ => param.span,
    });
    let short = Span { end: function.span.end.min(function.span.start + 5), ..function.span };
    last.filter(|last| function.span.contains(*last)).map_or(short, |last| short.to(last))
}

/// Calls that hand a function to a runtime: the function is run by a platform, not here.
pub(super) fn call(run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
    let path = &*target.path;
    let listens = path == "js:addEventListener"
        && args.positional.first().and_then(Value::as_str).is_some_and(|name| &**name == "fetch");
    if !listens && !is_serve(path) {
        return None;
    }
    Some(Value::new(Kind::Object(run.make_object(format!("{path}()"), args.clone(), None, span)), span))
}

/// `Deno.serve`, `serve` of Deno's standard library in any version, `Bun.serve`.
pub(super) fn is_serve(path: &str) -> bool {
    matches!(path, "js:Deno.serve" | "js:Bun.serve")
        || (path.starts_with("npm:") && path.contains("std") && path.ends_with("server.ts.serve"))
        || matches!(path, "npm:@std/http.serve" | "npm:@std/http/server.serve" | "npm:jsr:@std/http.serve")
}
