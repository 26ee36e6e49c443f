//! The project's URLs: `ROOT_URLCONF` and what it includes, as routes in their order.
//!
//! In: the settings. Out: one handler per `path()` or `re_path()`, and what middleware has to know about all of them. What is not
//! understood answers, but nobody knows what. Source: <https://docs.djangoproject.com/en/stable/topics/http/urls/>.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::middleware::module_of;
use super::settings::Settings;
use super::views::{Surroundings, View, view};
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, ModuleId, Value};
use crate::model::condition::{Formula, Test};
use crate::model::path;
use crate::model::server::{Handler, Role, Scope};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term, TermOp};
use crate::source::{Span, Spanned};

/// More routes than this are not looked into.
const MOST: usize = 400;
/// `include` within `include`, at most.
const DEEPEST: usize = 8;
/// Alternatives of one expression are kept to this many characters.
const LONGEST: usize = 3_000;

/// The routes of a project.
#[derive(Default)]
pub(super) struct Routes {
    /// In their order.
    pub(super) handlers: Vec<Handler>,
    /// The project answers 404s, or errors, with a view of its own.
    pub(super) own_errors: bool,
    /// Expressions for the paths after the first slash, and whether somebody knows what answers there.
    expressions: Vec<(String, bool)>,
    /// When the session is read.
    session: Vec<Formula>,
    /// Where the settings begin.
    span: Option<Span>,
}

impl Routes {
    /// Routes of which only that they are there is known.
    pub(super) fn unknown(span: Span) -> Routes {
        let mut routes = Routes { span: Some(span), ..Routes::default() };
        routes.somewhere(&Place::default(), span);
        routes
    }

    /// Is there a route for the path of the request, or for the path with a slash at its end?
    pub(super) fn have(&self, with_slash: bool) -> Formula {
        let Some(span) = self.span else { return Formula::False };
        let path = Term::of(Part::Path);
        let term = if with_slash { path.then(TermOp::Suffix("/".into())) } else { path };
        let matches = |source: String| {
            let pattern = Pattern { source: source.into(), ignore_case: false, anchor: Anchor::Full };
            Formula::test(Test::Request { term: term.clone(), relation: Relation::Matches(pattern) }, span)
        };
        let mut parts = Vec::new();
        let mut joined = String::new();
        for (expression, known) in &self.expressions {
            if !known {
                parts.push(matches(format!("/(?:{expression})")).and(Formula::unknown(span)));
                continue;
            }
            if joined.len() + expression.len() > LONGEST {
                parts.push(matches(format!("/(?:{joined})")));
                joined.clear();
            }
            let separator = if joined.is_empty() { "" } else { "|" };
            joined = format!("{joined}{separator}(?:{expression})");
        }
        if !joined.is_empty() {
            parts.push(matches(format!("/(?:{joined})")));
        }
        Formula::any(parts)
    }

    /// When a view reads the session.
    pub(super) fn reads_session(&self) -> Formula {
        Formula::any(self.session.iter().cloned())
    }

    fn somewhere(&mut self, place: &Place, span: Span) {
        let expression = format!("{}.*", place.expression);
        self.add(place, &expression, true, View::unknown("urls", span), span);
    }

    fn add(&mut self, place: &Place, expression: &str, prefix: bool, view: View, span: Span) {
        let pattern = Pattern { source: format!("/(?:{expression})").into(), ignore_case: false, anchor: Anchor::Full };
        let term = Term::of(Part::Path);
        let sees = Formula::test(Test::Request { term, relation: Relation::Matches(pattern) }, span);
        let (when, template) = match &place.template {
            Some(template) => (Formula::True, Some(Spanned::new(Arc::from(format!("/{template}")), span))),
            None => (sees.clone(), None),
        };
        self.session.extend(view.reads_session.iter().map(|when| sees.clone().and(when.clone())));
        self.expressions.push((expression.to_owned(), view.understood));
        self.handlers.push(Handler {
            role: Role::Route,
            name: view.name,
            span: view.span,
            when,
            scope: Scope { methods: Vec::new(), path: template, prefix },
            effects: view.effects,
            understood: view.understood,
        });
    }
}

/// What stands before a route's own pattern.
#[derive(Clone)]
struct Place {
    /// As a template, while all of it is written with `path()`.
    template: Option<String>,
    /// As an expression.
    expression: String,
    depth: usize,
}

impl Default for Place {
    fn default() -> Place {
        Place { template: Some(String::new()), expression: String::new(), depth: 0 }
    }
}

/// The routes of a settings module.
pub(super) fn routes(run: &mut Interp<'_>, settings: &Settings, around: &Surroundings) -> Routes {
    let from = run.module_path(settings.module).to_owned();
    let root = settings.get(run, "ROOT_URLCONF").and_then(|value| value.as_str().cloned());
    let module = root.and_then(|root| module_of(run, &root, &from));
    let Some(module) = module else { return Routes::unknown(settings.span) };
    let own = |name: &str| run.top_level(module, name).is_some();
    let own_errors = ["handler400", "handler403", "handler404", "handler500"].into_iter().any(own);
    let routes = Routes { span: Some(settings.span), own_errors, ..Routes::default() };
    let mut reader = Reader { run, around, from, routes };
    reader.module(module, &Place::default(), settings.span);
    reader.routes
}

struct Reader<'r, 'i> {
    run: &'r mut Interp<'i>,
    around: &'r Surroundings,
    from: Utf8PathBuf,
    routes: Routes,
}

impl Reader<'_, '_> {
    fn module(&mut self, module: ModuleId, place: &Place, span: Span) {
        match self.run.top_level(module, "urlpatterns") {
            Some(patterns) => self.patterns(&patterns, place),
            None => self.routes.somewhere(place, span),
        }
    }

    fn patterns(&mut self, patterns: &Value, place: &Place) {
        let Some(list) = patterns.as_list().cloned().filter(|_| place.depth <= DEEPEST) else {
            return self.routes.somewhere(place, patterns.span);
        };
        for item in &list.items {
            if self.routes.handlers.len() >= MOST {
                return self.routes.somewhere(place, item.value.span);
            }
            let before = self.routes.handlers.len();
            self.pattern(&item.value, place);
            for handler in &mut self.routes.handlers[before..] {
                handler.when = handler.when.clone().and(item.when.clone());
            }
        }
        if list.open {
            self.routes.somewhere(place, patterns.span);
        }
    }

    /// `path("items/<int:pk>", view)`.
    fn pattern(&mut self, value: &Value, place: &Place) {
        let made = value.as_object().map(|id| {
            let object = self.run.object(id);
            (object.path.to_string(), object.args.clone())
        });
        let Some((name, args)) = made else { return self.routes.somewhere(place, value.span) };
        let by_path = matches!(&*name, "py:django.urls.path()" | "py:django.urls.conf.path()");
        let by_expression = matches!(
            &*name,
            "py:django.urls.re_path()" | "py:django.urls.conf.re_path()" | "py:django.conf.urls.url()"
        );
        let text = args.get(0, if by_path { "route" } else { "regex" }).or(args.named("route"));
        let text = text.and_then(Value::as_str).cloned();
        let (Some(text), Some(target)) = (text.filter(|_| by_path || by_expression), args.get(1, "view").cloned())
        else {
            return self.routes.somewhere(place, value.span);
        };
        let included = self.included(&target);
        let endpoint = included.is_none();
        let Some(inner) = (match by_path {
            true => by_template(place, &text),
            false => Some(by_regex(place, &text, endpoint)),
        }) else {
            return self.routes.somewhere(place, value.span);
        };
        match included {
            Some(args) => self.include(&args, &inner, value.span),
            None if matches!(target.kind, Kind::List(_)) => self.routes.somewhere(&inner, value.span),
            None => {
                let view = view(self.run, &target, self.around);
                // What is no function of the project may be routes as well (`admin.site.urls`).
                if !view.understood && target.as_function().is_none() {
                    return self.routes.somewhere(&inner, value.span);
                }
                let expression = inner.expression.clone();
                self.routes.add(&inner, &expression, false, view, value.span);
            }
        }
    }

    /// The arguments of `include(…)`.
    fn included(&self, target: &Value) -> Option<Args> {
        let object = self.run.object(target.as_object()?);
        matches!(
            &*object.path,
            "py:django.urls.include()" | "py:django.urls.conf.include()" | "py:django.conf.urls.include()"
        )
        .then(|| object.args.clone())
    }

    fn include(&mut self, args: &Args, place: &Place, span: Span) {
        let place = Place { depth: place.depth + 1, ..place.clone() };
        let Some(mut what) = args.get(0, "arg").cloned() else { return self.routes.somewhere(&place, span) };
        // `include((patterns, "name"))`.
        if let Some(list) = what.as_list()
            && let Some(first) =
                list.items.first().filter(|first| matches!(first.value.kind, Kind::List(_) | Kind::Str(_)))
        {
            what = first.value.clone();
        }
        let module = match &what.kind {
            Kind::Str(dotted) => module_of(self.run, dotted, Utf8Path::new(&self.from)),
            Kind::Module(module) => Some(*module),
            Kind::List(_) => return self.patterns(&what, &place),
            _ => None,
        };
        match module.filter(|_| place.depth <= DEEPEST) {
            Some(module) => self.module(module, &place, span),
            None => self.routes.somewhere(&place, span),
        }
    }
}

fn by_template(place: &Place, text: &str) -> Option<Place> {
    let expression = path::expression(text, false)?;
    Some(Place {
        template: place.template.as_ref().map(|before| format!("{before}{text}")),
        expression: format!("{}{expression}", place.expression),
        depth: place.depth,
    })
}

fn by_regex(place: &Place, text: &str, endpoint: bool) -> Place {
    let (start, rest) = match text.strip_prefix('^') {
        Some(rest) => ("", rest),
        None => (".*?", text),
    };
    let (rest, end) = match rest.strip_suffix('$').filter(|rest| !rest.ends_with('\\')) {
        Some(rest) => (rest, ""),
        None if endpoint => (rest, ".*"),
        None => (rest, ""),
    };
    Place { template: None, expression: format!("{}{start}(?:{rest}){end}", place.expression), depth: place.depth }
}
