//! Django REST framework: what stands before every one of its views.
//!
//! In: `REST_FRAMEWORK`, decorators and fields of classes. Out: effects: `Vary: Accept`, and the answers to whoever is not
//! permitted. Source: `initial` and `finalize_response` in
//! <https://github.com/encode/django-rest-framework/blob/main/rest_framework/views.py>.

use std::sync::Arc;

use super::super::manual::header_name;
use super::super::values::{in_production, option};
use super::settings::Settings;
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect, HeaderValue};
use crate::model::term::{Part, Relation, Term, TermOp};
use crate::source::Span;

/// The policies of one view; a list that is not known is `None`.
#[derive(Debug, Clone, Default)]
pub(super) struct Rest {
    authenticators: Option<Vec<String>>,
    permissions: Option<Vec<String>>,
    renderers: Option<usize>,
    /// Errors are answered in a way of the project's own.
    own_errors: bool,
    /// Its authenticators read the session.
    pub(super) reads_session: bool,
}

/// The policies that a decorator or a field replaces.
const FIELDS: [&str; 3] = ["authentication_classes", "permission_classes", "renderer_classes"];

/// Does a decorator belong to Django REST framework?
pub(super) fn is_decorator(name: &str) -> bool {
    name.starts_with("py:rest_framework.")
}

/// The texts of a list that is certain.
pub(super) fn names(value: Option<&Value>, default: &[&str]) -> Option<Vec<String>> {
    let Some(value) = value.map(in_production) else {
        return Some(default.iter().map(|name| (*name).to_owned()).collect());
    };
    let list = value.as_list().filter(|list| !list.open)?;
    list.items.iter().map(|item| item.value.as_str().map(|text| text.to_string())).collect()
}

/// Names of classes, given as classes or as dotted texts.
fn classes(value: &Value) -> Option<Vec<String>> {
    let value = in_production(value);
    let list = value.as_list().filter(|list| !list.open)?;
    let name = |value: &Value| match &value.kind {
        Kind::Str(text) => Some(text.to_string()),
        Kind::External(path) => path.strip_prefix("py:").map(str::to_owned),
        _ => None,
    };
    list.items.iter().map(|item| name(&item.value)).collect()
}

/// A field of a class or of its bases.
pub(super) fn field(run: &Interp<'_>, class: &Value, name: &str) -> Option<Value> {
    let mut open = vec![(class.clone(), 0)];
    while let Some((one, depth)) = open.pop() {
        let Kind::Class(inner) = &one.kind else { continue };
        if let Some(value) = run.object(inner.statics).fields.get(name) {
            return Some(value.clone());
        }
        if depth < 8 {
            open.extend(inner.bases.iter().rev().map(|base| (base.clone(), depth + 1)));
        }
    }
    None
}

impl Rest {
    /// What the settings say for every view.
    pub(super) fn of(run: &Interp<'_>, settings: &Settings) -> Rest {
        let all = settings.get(run, "REST_FRAMEWORK");
        let given = |key: &str| all.as_ref().and_then(|all| option(all, key));
        let list = |key: &str, default: &[&str]| match given(key) {
            Some(value) => classes(&value),
            None => Some(default.iter().map(|name| (*name).to_owned()).collect()),
        };
        let authentication = [
            "rest_framework.authentication.SessionAuthentication",
            "rest_framework.authentication.BasicAuthentication",
        ];
        let renderers = ["rest_framework.renderers.JSONRenderer", "rest_framework.renderers.BrowsableAPIRenderer"];
        let mut rest = Rest {
            authenticators: list("DEFAULT_AUTHENTICATION_CLASSES", &authentication),
            permissions: list("DEFAULT_PERMISSION_CLASSES", &["rest_framework.permissions.AllowAny"]),
            renderers: list("DEFAULT_RENDERER_CLASSES", &renderers).map(|names| names.len()),
            own_errors: given("EXCEPTION_HANDLER").is_some(),
            reads_session: false,
        };
        rest.settle();
        rest
    }

    fn settle(&mut self) {
        let session = |name: &String| last(name) == "SessionAuthentication";
        self.reads_session = self.authenticators.as_ref().is_some_and(|names| names.iter().any(session));
    }

    fn replace(&mut self, field: &str, value: &Value) {
        let names = classes(value);
        match field {
            "authentication_classes" => self.authenticators = names,
            "permission_classes" => self.permissions = names,
            "renderer_classes" => self.renderers = names.map(|names| names.len()),
            _ => {}
        }
    }

    /// With what the decorators of a function say.
    pub(super) fn for_function(&self, decorators: &[(Arc<str>, Args)]) -> Rest {
        let mut rest = self.clone();
        for (name, args) in decorators {
            match (last(name), args.positional.first()) {
                ("api_view", _) => {}
                (field, Some(value)) if FIELDS.contains(&field) => rest.replace(field, value),
                ("parser_classes" | "throttle_classes" | "schema", _) => {}
                _ => rest.permissions = None,
            }
        }
        rest.settle();
        rest
    }

    /// With what the fields of a class say.
    pub(super) fn for_class(&self, run: &Interp<'_>, class: &Value) -> Rest {
        let mut rest = self.clone();
        for name in FIELDS {
            if let Some(value) = field(run, class, name) {
                rest.replace(name, &value);
            }
        }
        rest.settle();
        rest
    }

    /// The status of whoever would have to prove who they are: the first authenticator says how, or nobody does.
    pub(super) fn refused(&self) -> u16 {
        match self.authenticators.as_ref().and_then(|names| names.first()) {
            Some(first) if last(first) != "SessionAuthentication" => 401,
            _ => 403,
        }
    }

    /// What comes before the view's own code; `None` where nobody knows.
    pub(super) fn effects(&self, sessions: bool, span: Span) -> Option<Vec<GuardedEffect>> {
        let (authenticators, permissions) = (self.authenticators.as_ref()?, self.permissions.as_ref()?);
        if self.own_errors {
            return None;
        }
        let mut effects = Vec::new();
        let mut push = |when: Formula, effect: Effect| effects.push(GuardedEffect { when, effect, span });
        if self.renderers? > 1 {
            push(Formula::True, Effect::Merge(header_name("Vary", span), HeaderValue::text("Accept", span)));
        }
        let mut signed_in = Formula::False;
        for name in authenticators {
            let scheme = match last(name) {
                "SessionAuthentication" => {
                    let cookie = Relation::Contains("sessionid=".into());
                    if sessions {
                        signed_in =
                            asked(Term::header("cookie"), cookie, span).and(Formula::test(Test::Authenticated, span));
                    }
                    continue;
                }
                "BasicAuthentication" => "basic ",
                "TokenAuthentication" => "token ",
                "JWTAuthentication" => "bearer ",
                _ => return None,
            };
            // Whether such a proof is a good one nobody knows.
            let term = Term::header("authorization").then(TermOp::Lower);
            push(asked(term, Relation::StartsWith(scheme.into()), span), Effect::Answer(None));
        }
        for name in permissions {
            let method = |name: &str| asked(Term::of(Part::Method), Relation::Equals(name.into()), span);
            let reads = || Formula::any(["GET", "HEAD", "OPTIONS"].map(method));
            let permitted = match last(name) {
                "AllowAny" => continue,
                "IsAuthenticated" => signed_in.clone(),
                "IsAuthenticatedOrReadOnly" => signed_in.clone().or(reads()),
                "IsAdminUser" => signed_in.clone().and(Formula::unknown(span)),
                _ => return None,
            };
            push(permitted.negated(), Effect::Answer(Some(self.refused())));
        }
        Some(effects)
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn asked(term: Term, relation: Relation, span: Span) -> Formula {
    Formula::test(Test::Request { term, relation }, span)
}
