//! Views: functions with their decorators, classes with a method per HTTP method, run with a symbolic request.
//!
//! In: the value that a URL names. Out: effects that answer. What packages add to a view and is not known here makes it one that is
//! not understood.

use std::sync::Arc;

use super::super::manual::header_name;
use super::middleware::{Purpose, Reader};
use super::rest::{self, Rest};
use super::symbols::{REQUEST, SESSION_READ, external};
use crate::eval::Interp;
use crate::eval::value::{Args, Closure, Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect, HeaderValue};
use crate::model::term::{Part, Relation, Term};
use crate::source::Span;

/// What stands around all views of a project.
#[derive(Default)]
pub(super) struct Surroundings {
    /// `CsrfViewMiddleware` refuses what changes something and has no token.
    pub(super) csrf: bool,
    /// Sessions are kept and users are read from them.
    pub(super) sessions: bool,
    /// An exception that nobody catches reads the session, for the report that is made of it (before Django 5.1).
    pub(super) errors_read_session: bool,
    /// What Django REST framework does in every view.
    pub(super) rest: Rest,
}

/// What a view does.
pub(super) struct View {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) effects: Vec<GuardedEffect>,
    pub(super) understood: bool,
    /// When it reads the session.
    pub(super) reads_session: Vec<Formula>,
}

impl View {
    /// A view of which nothing is known.
    pub(super) fn unknown(name: &str, span: Span) -> View {
        View { name: name.to_owned(), span, effects: Vec::new(), understood: false, reads_session: Vec::new() }
    }
}

/// Classes whose methods are named after HTTP methods.
pub(super) fn is_view_class(path: &str) -> bool {
    is_plain_view(path) || is_rest_view(path)
}

fn is_plain_view(path: &str) -> bool {
    matches!(path, "py:django.views.View" | "py:django.views.generic.View" | "py:django.views.generic.base.View")
}

fn is_rest_view(path: &str) -> bool {
    path == "py:rest_framework.views.APIView"
}

/// Methods that a class may answer.
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];
/// Methods of a class that decide what its others are asked.
const DECIDING: [&str; 12] = [
    "dispatch",
    "setup",
    "initial",
    "initialize_request",
    "finalize_response",
    "handle_exception",
    "get_permissions",
    "get_authenticators",
    "get_renderers",
    "check_permissions",
    "http_method_not_allowed",
    "permission_denied",
];

/// What the view of a URL does.
pub(super) fn view(run: &mut Interp<'_>, value: &Value, around: &Surroundings) -> View {
    let heap = run.objects.len();
    let mut maker = Maker { run, around, effects: Vec::new(), understood: true, exempt: false };
    let (name, span) = maker.whole(value, 0);
    let Maker { mut effects, understood, exempt, .. } = maker;
    if around.csrf && !exempt {
        refuse_forgery(&mut effects, span);
    }
    let fails = effects.iter().filter(|guarded| around.errors_read_session && guarded.effect == Effect::Fail);
    let mut reads_session: Vec<Formula> = fails.map(|guarded| guarded.when.clone()).collect();
    let read = run.objects[heap..].iter().filter(|object| &*object.path == SESSION_READ);
    reads_session.extend(read.map(|object| object.when.clone()));
    if !around.sessions {
        reads_session.clear();
    }
    View { name, span, effects, understood, reads_session }
}

/// Requests that change something are refused without a token, which is compared with a cookie.
fn refuse_forgery(effects: &mut Vec<GuardedEffect>, span: Span) {
    let method = |name: &str| {
        let term = Term::of(Part::Method);
        Formula::test(Test::Request { term, relation: Relation::Equals(name.into()) }, span)
    };
    let harmless = Formula::any(["GET", "HEAD", "OPTIONS", "TRACE"].map(method));
    let cookie = Term::header("cookie");
    let may_pass = Formula::test(Test::Request { term: cookie, relation: Relation::Present }, span);
    let refuses = harmless.negated();
    let one = |when: Formula, status: Option<u16>| GuardedEffect { when, effect: Effect::Answer(status), span };
    effects.insert(0, one(refuses.clone().and(may_pass), None));
    effects.insert(1, one(refuses, Some(403)));
}

struct Maker<'m, 'i> {
    run: &'m mut Interp<'i>,
    around: &'m Surroundings,
    effects: Vec<GuardedEffect>,
    understood: bool,
    exempt: bool,
}

/// A decorator that a view has: its name, and the arguments it was made with.
type Decorator = (Arc<str>, Args);

impl Maker<'_, '_> {
    fn push(&mut self, when: Formula, effect: Effect, span: Span) {
        self.effects.push(GuardedEffect { when, effect, span });
    }

    /// The view with everything around it; its name and place.
    fn whole(&mut self, value: &Value, depth: usize) -> (String, Span) {
        let nobody = ("view".to_owned(), value.span);
        match &value.kind {
            Kind::Function(closure) if depth < 8 => {
                let closure = closure.clone();
                let decorators = self.decorators(value);
                self.function(&closure, &decorators);
                let name = closure.function.name.as_deref().unwrap_or("view").to_owned();
                (name, closure.function.span)
            }
            Kind::Object(id) if depth < 8 => {
                let object = self.run.object(*id);
                let (path, args, parent) = (object.path.clone(), object.args.clone(), object.parent);
                let Some(inner) = args.positional.first().cloned() else {
                    self.understood = false;
                    return nobody;
                };
                if &*path == "class:.as_view()" {
                    return self.class(&inner);
                }
                // `csrf_exempt(view)`, `require_http_methods([…])(view)`.
                let made = parent.map(|id| self.run.object(id).args.clone()).unwrap_or_default();
                let name: Arc<str> = path.trim_end_matches("()").into();
                if rest::is_decorator(&name) || !self.decorator(&(name, made)) {
                    self.understood = false;
                }
                self.whole(&inner, depth + 1)
            }
            _ => {
                self.understood = false;
                nobody
            }
        }
    }

    /// The decorators that were put around a value, outermost first.
    fn decorators(&self, value: &Value) -> Vec<Decorator> {
        let same = |other: &Value| match (&other.kind, &value.kind) {
            (Kind::Function(one), Kind::Function(two)) => Arc::ptr_eq(one, two),
            (Kind::Class(_), Kind::Class(_)) => other.span == value.span,
            _ => false,
        };
        let around = self.run.log.iter().filter(|event| {
            event.result.is_none()
                && event.target.path.starts_with("py:")
                && event.args.positional.len() == 1
                && event.args.positional.first().is_some_and(same)
        });
        let named = around.map(|event| {
            let args = event.target.object.map(|id| self.run.object(id).args.clone()).unwrap_or_default();
            (Arc::from(event.target.path.trim_end_matches("()")), args)
        });
        let mut decorators: Vec<Decorator> = named.collect();
        decorators.reverse();
        decorators
    }

    fn function(&mut self, closure: &Arc<Closure>, decorators: &[Decorator]) {
        let (rest, plain): (Vec<&Decorator>, Vec<&Decorator>) =
            decorators.iter().partition(|(name, _)| rest::is_decorator(name));
        for decorator in plain {
            self.understood &= self.decorator(decorator);
        }
        let api = rest.iter().find(|(name, _)| &**name == "py:rest_framework.decorators.api_view");
        let span = closure.function.span;
        match api {
            Some((_, args)) => {
                self.exempt = true;
                let Some(methods) = rest::names(args.get(0, "http_method_names"), &["GET"]) else {
                    self.understood = false;
                    return;
                };
                let others: Vec<Decorator> = rest.iter().map(|one| (*one).clone()).collect();
                let rest = self.around.rest.for_function(&others);
                let refused = self.rest(&rest, span);
                let methods: Vec<String> = methods.iter().map(|name| name.to_lowercase()).collect();
                if !methods.iter().any(|name| name == "options") {
                    self.on("options", Effect::Answer(Some(200)), span);
                }
                self.others_not_allowed(&methods, span);
                self.body(closure, None, Purpose::RestView(refused), &Formula::True);
            }
            None if rest.is_empty() => self.body(closure, None, Purpose::View, &Formula::True),
            None => self.understood = false,
        }
    }

    /// What stands before a view of Django REST framework; the status for want of a proof.
    fn rest(&mut self, rest: &Rest, span: Span) -> u16 {
        let Some(guard) = rest.effects(self.around.sessions, span) else {
            self.understood = false;
            return 401;
        };
        if rest.reads_session && self.around.sessions {
            self.run.make_object(SESSION_READ, Args::default(), None, span);
        }
        self.effects.extend(guard);
        rest.refused()
    }

    /// One decorator that Django has; false when what it does is not known.
    fn decorator(&mut self, (name, args): &Decorator) -> bool {
        let Some(name) = name.strip_prefix("py:") else { return false };
        let span = args.all().next().map_or(self.effects.last().map(|last| last.span), |value| Some(value.span));
        let last = name.rsplit('.').next().unwrap_or(name);
        let methods = match (name.starts_with("django.views.decorators."), last) {
            (true, "require_GET") => vec!["GET".to_owned()],
            (true, "require_POST") => vec!["POST".to_owned()],
            (true, "require_safe") => vec!["GET".to_owned(), "HEAD".to_owned()],
            (true, "require_http_methods") => match rest::names(args.get(0, "request_method_list"), &[]) {
                Some(names) => names,
                None => return false,
            },
            (true, "csrf_exempt") => {
                self.exempt = true;
                return true;
            }
            (true, "never_cache" | "cache_control" | "cache_page" | "csrf_protect") => return last != "cache_page",
            (true, "xframe_options_exempt" | "xframe_options_deny" | "xframe_options_sameorigin") => return true,
            (true, "sensitive_post_parameters" | "sensitive_variables" | "no_append_slash") => {
                return last != "no_append_slash";
            }
            (true, "vary_on_headers") => {
                let Some(span) = span else { return false };
                let texts: Option<Vec<_>> = args.positional.iter().map(Value::as_str).collect();
                for text in texts.unwrap_or_default() {
                    let vary = Effect::Merge(header_name("Vary", span), HeaderValue::text(text.clone(), span));
                    self.push(Formula::True, vary, span);
                }
                return args.positional.iter().all(|value| value.as_str().is_some());
            }
            _ => return matches!(name, "functools.wraps" | "django.db.transaction.atomic"),
        };
        let span = span.unwrap_or(Span::new(crate::source::FileId(0), 0, 0));
        let term = Term::of(Part::Method);
        let is = |name: &String| {
            let relation = Relation::Equals(name.as_str().into());
            Formula::test(Test::Request { term: term.clone(), relation }, span)
        };
        let allowed = Formula::any(methods.iter().map(is));
        self.push(allowed.negated(), Effect::Answer(Some(405)), span);
        true
    }

    /// `class Items(View)`: a method per HTTP method.
    fn class(&mut self, class: &Value) -> (String, Span) {
        let name = match &class.kind {
            Kind::Class(inner) => inner.class.name.as_deref().unwrap_or("view").to_owned(),
            _ => "view".to_owned(),
        };
        let span = class.span;
        let bases = self.run.external_bases(class);
        let plain = bases.iter().all(|base| is_plain_view(base));
        let by_rest = bases.iter().all(|base| is_rest_view(base));
        let decides = DECIDING.iter().any(|method| self.run.method_of(class, method).is_some());
        if bases.is_empty()
            || !(plain || by_rest)
            || decides
            || rest::field(self.run, class, "http_method_names").is_some()
        {
            self.understood = false;
            return (name, span);
        }
        for decorator in self.decorators(class) {
            let exempts = |value: &Value| matches!(&value.kind, Kind::External(path) if path.ends_with(".csrf_exempt"));
            let known = decorator.0.ends_with(".method_decorator") && decorator.1.all().any(exempts);
            self.exempt |= known;
            self.understood &= known;
        }
        let mut purpose = Purpose::View;
        if by_rest {
            self.exempt = true;
            let rest = self.around.rest.for_class(self.run, class);
            purpose = Purpose::RestView(self.rest(&rest, span));
        }
        let own: Vec<(String, Arc<Closure>)> =
            METHODS.iter().filter_map(|name| Some(((*name).to_owned(), self.run.method_of(class, name)?))).collect();
        let mut names: Vec<String> = own.iter().map(|(name, _)| name.clone()).collect();
        if !names.iter().any(|name| name == "options") {
            self.on("options", Effect::Answer(Some(200)), span);
        }
        if names.iter().any(|name| name == "get") && !names.iter().any(|name| name == "head") {
            names.push("head".to_owned());
        }
        self.others_not_allowed(&names, span);
        let instance = self.run.instance(class, &Args { open: true, ..Args::default() });
        for (method, closure) in own {
            // Django lets a class that answers GET answer HEAD with it.
            let also_head = method == "get" && names.last().is_some_and(|last| last == "head");
            let mut when = is_method(&method, span);
            if also_head {
                when = when.or(is_method("head", span));
            }
            self.understood &= closure.function.decorators.is_empty();
            self.body(&closure, instance.as_ref(), purpose, &when);
        }
        (name, span)
    }

    fn on(&mut self, method: &str, effect: Effect, span: Span) {
        self.push(is_method(method, span), effect, span);
    }

    fn others_not_allowed(&mut self, names: &[String], span: Span) {
        let known = Formula::any(names.iter().map(|name| is_method(name, span)));
        self.push(known.or(is_method("options", span)).negated(), Effect::Answer(Some(405)), span);
    }

    /// What the function itself does.
    fn body(&mut self, closure: &Arc<Closure>, instance: Option<&Value>, purpose: Purpose, when: &Formula) {
        let request = external(REQUEST, closure.function.span);
        let mut reader = Reader::new(self.run, purpose);
        reader.run_hook(closure, instance, &[request]);
        let handled = reader.done();
        self.understood &= handled.understood;
        let guarded = handled.effects.into_iter().map(|one| GuardedEffect { when: when.clone().and(one.when), ..one });
        self.effects.extend(guarded);
    }
}

fn is_method(name: &str, span: Span) -> Formula {
    let relation = Relation::Equals(name.to_uppercase().into());
    Formula::test(Test::Request { term: Term::of(Part::Method), relation }, span)
}
