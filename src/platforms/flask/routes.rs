//! Routes: where applications, blueprints and the extensions for resources put their views.
//!
//! In: the evaluator's log. Out: rules with their methods and views, in the order in which Werkzeug asks them: fixed parts of
//! a path before parameters. Source: `add_url_rule` of Flask's `sansio/app.py`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{is_blueprint_path, last};
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::eval::{Event, Interp};
use crate::model::condition::Formula;
use crate::source::{Span, Spanned};

/// Methods of an application or blueprint that register a view for the method of their name.
const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// More routes than this are not looked into.
const MOST: usize = 600;

/// One rule.
#[derive(Clone)]
pub(super) struct Rule {
    /// The path, full; none where nobody knows it: something below the prefix.
    pub(super) path: Option<Spanned<Arc<str>>>,
    /// What stands before it.
    pub(super) prefix: String,
    /// `methods=[…]`, upper-case; none is the view's own, or GET.
    pub(super) methods: Option<Vec<Arc<str>>>,
    /// The view: a function, a class, or something else.
    pub(super) view: Option<Value>,
    /// The blueprints around it, the innermost last.
    pub(super) blueprints: Vec<ObjectId>,
    /// When it is registered.
    pub(super) when: Formula,
    /// The registration.
    pub(super) span: Span,
    /// Its place in the log.
    pub(super) at: usize,
}

/// What holds for all rules of one place.
#[derive(Clone)]
struct Place {
    prefix: String,
    blueprints: Vec<ObjectId>,
    when: Formula,
}

/// The rules of an application.
pub(super) fn of_app(run: &Interp<'_>, log: &[Event], app: ObjectId) -> Vec<Rule> {
    let mut routes = Routes { run, log, rules: Vec::new() };
    routes.collect(app, &Place { prefix: String::new(), blueprints: Vec::new(), when: Formula::True });
    let mut rules = routes.rules;
    // What is registered twice at one place is asked once.
    let mut seen = BTreeSet::new();
    rules.retain(|rule| {
        seen.insert((rule.path.as_ref().map(|path| path.value.clone()), rule.prefix.clone(), rule.span))
    });
    rules.sort_by_cached_key(|rule| {
        rule.path.as_ref().map_or(vec![(u8::MAX, String::new())], |path| weight(&path.value))
    });
    rules
}

/// All blueprints that an application registers.
pub(super) fn blueprints(rules: &[Rule]) -> Vec<ObjectId> {
    let mut all: Vec<ObjectId> = Vec::new();
    for id in rules.iter().flat_map(|rule| &rule.blueprints) {
        if !all.contains(id) {
            all.push(*id);
        }
    }
    all
}

/// Fixed parts are asked before parameters, numbers before texts, paths last.
fn weight(path: &str) -> Vec<(u8, String)> {
    let part = |part: &str| match part.find('<') {
        None => (0, String::new()),
        Some(at) => match part[at + 1..].split_once(':').map(|(kind, _)| kind) {
            Some("int" | "float" | "uuid") => (1, String::new()),
            Some(kind) if kind.starts_with("path") => (3, String::new()),
            _ => (2, String::new()),
        },
    };
    path.split('/').map(part).collect()
}

struct Routes<'r, 'i> {
    run: &'r Interp<'i>,
    log: &'r [Event],
    rules: Vec<Rule>,
}

impl Routes<'_, '_> {
    fn collect(&mut self, holder: ObjectId, place: &Place) {
        if place.blueprints.len() > 8 {
            return;
        }
        for (at, event) in self.log.iter().enumerate() {
            if self.rules.len() > MOST {
                return self.somewhere(place, event.span, at);
            }
            let path = &*event.target.path;
            if let Some(name) = path.strip_suffix("()()").map(last) {
                let Some(made) = event.target.object.map(|id| self.run.object(id)) else { continue };
                if made.parent != Some(holder) {
                    continue;
                }
                let methods = match name {
                    "route" => methods_of(&made.args),
                    verb if VERBS.contains(&verb) => Some(vec![Arc::from(verb.to_uppercase())]),
                    _ => continue,
                };
                let rule = made.args.get(0, "rule").cloned();
                self.rule(rule.as_ref(), methods, event.args.positional.first(), event, at, place);
            } else if event.target.object == Some(holder) {
                match last(path) {
                    "add_url_rule" => {
                        let view = event.args.get(2, "view_func");
                        let methods = methods_of(&event.args);
                        self.rule(event.args.get(0, "rule"), methods, view, event, at, place);
                    }
                    "register_blueprint" => self.blueprint(event, at, place),
                    _ => {}
                }
            } else if is_api(path)
                && self.installs(event, holder)
                && let Some(api) = event.result.or(event.target.object)
            {
                let prefix = text_of(self.run.object(api).args.named("prefix"));
                let inner = Place { prefix: format!("{}{prefix}", place.prefix), ..place.clone() };
                self.resources(api, &inner);
            }
        }
    }

    /// `Api(app)`, `api.init_app(app)`.
    fn installs(&self, event: &Event, holder: ObjectId) -> bool {
        let given = event.args.get(0, "app").and_then(Value::as_object);
        given == Some(holder)
    }

    /// What is added to an `Api` or a `Namespace`.
    fn resources(&mut self, api: ObjectId, place: &Place) {
        for (at, event) in self.log.iter().enumerate() {
            let path = &*event.target.path;
            let parent = event.target.object.and_then(|id| self.run.object(id).parent);
            if path.ends_with(".route()()") && parent == Some(api) {
                let urls =
                    event.target.object.map(|id| self.run.object(id).args.positional.clone()).unwrap_or_default();
                for url in &urls {
                    self.rule(Some(url), None, event.args.positional.first(), event, at, place);
                }
            } else if path.ends_with(".namespace") && event.target.object == Some(api) {
                if let Some(made) = event.result {
                    self.namespace(made, &event.args, place);
                }
            } else if event.target.object == Some(api) {
                match last(path) {
                    "add_resource" => {
                        let view = event.args.positional.first().cloned();
                        for url in event.args.positional.iter().skip(1) {
                            self.rule(Some(url), None, view.as_ref(), event, at, place);
                        }
                    }
                    "add_namespace" => {
                        if let Some(made) = event.args.positional.first().and_then(Value::as_object) {
                            let args = self.run.object(made).args.clone();
                            let given = event.args.get(1, "path").cloned();
                            match given {
                                Some(path) => {
                                    let inner = Place {
                                        prefix: format!("{}{}", place.prefix, text_of(Some(&path))),
                                        ..place.clone()
                                    };
                                    self.resources(made, &inner);
                                }
                                None => self.namespace(made, &args, place),
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// A namespace lies below its path, or below its name.
    fn namespace(&mut self, made: ObjectId, args: &Args, place: &Place) {
        if place.prefix.len() > 400 {
            return;
        }
        let path = match args.named("path") {
            Some(path) => text_of(Some(path)),
            None => format!("/{}", text_of(args.get(0, "name"))),
        };
        let inner = Place { prefix: format!("{}{}", place.prefix, path.trim_end_matches('/')), ..place.clone() };
        self.resources(made, &inner);
    }

    /// `app.register_blueprint(bp, url_prefix="/v1")`.
    fn blueprint(&mut self, event: &Event, at: usize, place: &Place) {
        let blueprint = event.args.get(0, "blueprint").and_then(Value::as_object);
        let blueprint = blueprint.filter(|id| is_blueprint_path(&self.run.object(*id).path));
        let given = event.args.named("url_prefix").filter(|prefix| !prefix.is_nullish());
        let Some(blueprint) = blueprint.filter(|id| !place.blueprints.contains(id)) else {
            let prefix = format!("{}{}", place.prefix, text_of(given));
            return self.somewhere(&Place { prefix, ..place.clone() }, event.span, at);
        };
        let own = self.run.object(blueprint).args.named("url_prefix").cloned();
        let prefix = given.or(own.as_ref());
        if prefix.is_some_and(|prefix| prefix.as_str().is_none() && !prefix.is_nullish()) {
            return self.somewhere(place, event.span, at);
        }
        let mut blueprints = place.blueprints.clone();
        blueprints.push(blueprint);
        let inner = Place {
            prefix: joined(&place.prefix, &text_of(prefix)),
            blueprints,
            when: place.when.clone().and(self.when(event)),
        };
        self.collect(blueprint, &inner);
    }

    /// The condition of an event, given that what it is done to is there.
    fn when(&self, event: &Event) -> Formula {
        match event.target.object {
            Some(id) => event.when.given(&self.run.object(id).when.conjuncts()),
            None => event.when.clone(),
        }
    }

    fn rule(
        &mut self,
        path: Option<&Value>,
        methods: Option<Vec<Arc<str>>>,
        view: Option<&Value>,
        event: &Event,
        at: usize,
        place: &Place,
    ) {
        let path = path.and_then(|path| match &path.kind {
            Kind::Str(text) => Some(Spanned::new(Arc::<str>::from(joined(&place.prefix, text)), path.span)),
            _ => None,
        });
        self.rules.push(Rule {
            path,
            prefix: place.prefix.clone(),
            methods,
            view: view.cloned(),
            blueprints: place.blueprints.clone(),
            when: place.when.clone().and(self.when(event)),
            span: event.span,
            at,
        });
    }

    /// Something answers below a path, and nobody knows what.
    fn somewhere(&mut self, place: &Place, span: Span, at: usize) {
        self.rules.push(Rule {
            path: None,
            prefix: place.prefix.clone(),
            methods: None,
            view: None,
            blueprints: place.blueprints.clone(),
            when: Formula::True,
            span,
            at,
        });
    }
}

/// Is it the class of an extension for resources, or its `init_app`?
fn is_api(path: &str) -> bool {
    let ours = path.starts_with("py:flask_restful.") || path.starts_with("py:flask_restx.");
    ours && matches!(last(path.trim_end_matches(".init_app").trim_end_matches("()")), "Api")
}

/// `/v1` and `/items`; a slash between them is written once.
fn joined(prefix: &str, path: &str) -> String {
    match (prefix.is_empty(), path) {
        (true, path) => path.to_owned(),
        (false, "") => prefix.to_owned(),
        (false, path) => format!("{}/{}", prefix.trim_end_matches('/'), path.trim_start_matches('/')),
    }
}

fn text_of(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).map(|text| text.to_string()).unwrap_or_default()
}

/// `methods=["GET", "POST"]`.
fn methods_of(args: &Args) -> Option<Vec<Arc<str>>> {
    let list = args.named("methods")?.as_list()?.clone();
    Some(list.items.iter().filter_map(|item| item.value.as_str()).map(|name| Arc::from(name.to_uppercase())).collect())
}
