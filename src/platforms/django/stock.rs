//! Middleware of Django itself and of packages that everybody knows: what it does to requests and answers.
//!
//! In: the name in the list and the settings. Out: guarded effects. Source: `django/middleware/` and
//! `django/contrib/*/middleware.py` of <https://github.com/django/django>.

use super::super::manual::header_name;
use super::super::values::in_production;
use super::settings::Settings;
use super::urls::Routes;
use crate::eval::Interp;
use crate::eval::value::{Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::{Part, Relation, Term};
use crate::source::Span;

/// Middleware that lets requests and what matters of their answers pass.
const PASSING: [&str; 16] = [
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.contrib.redirects.middleware.RedirectFallbackMiddleware",
    "django.contrib.sites.middleware.CurrentSiteMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "corsheaders.middleware.CorsPostCsrfMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "crum.CurrentRequestUserMiddleware",
];

/// What the middleware of this name does; `None` where nobody here knows.
pub(super) fn effects(
    run: &Interp<'_>,
    settings: &Settings,
    name: &str,
    routes: &Routes,
    span: Span,
) -> Option<Vec<GuardedEffect>> {
    let stock = Stock { run, settings, span };
    let next = stock.plain(Formula::True, Effect::Next);
    Some(match name {
        "django.middleware.security.SecurityMiddleware" => {
            let mut effects = stock.secure();
            effects.push(next);
            effects
        }
        "django.middleware.common.CommonMiddleware" => stock.common(routes),
        "django.contrib.sessions.middleware.SessionMiddleware" => {
            vec![next, stock.vary(routes.reads_session(), HeaderPiece::Text("Cookie".into()))]
        }
        "django.middleware.locale.LocaleMiddleware" => {
            vec![next, stock.vary(Formula::unknown(span), HeaderPiece::Text("Accept-Language".into()))]
        }
        // What is short is not compressed, and then not said to vary.
        "django.middleware.gzip.GZipMiddleware" => {
            vec![next, stock.vary(Formula::unknown(span), HeaderPiece::Text("Accept-Encoding".into()))]
        }
        "whitenoise.middleware.WhiteNoiseMiddleware" => {
            let files = stock.static_files();
            vec![stock.plain(files, Effect::Answer(None)), next]
        }
        _ if PASSING.contains(&name) => vec![next],
        _ => return None,
    })
}

struct Stock<'s, 'i> {
    run: &'s Interp<'i>,
    settings: &'s Settings,
    span: Span,
}

impl Stock<'_, '_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.settings.get(self.run, name).map(|value| in_production(&value))
    }

    fn plain(&self, when: Formula, effect: Effect) -> GuardedEffect {
        GuardedEffect { when, effect, span: self.span }
    }

    fn vary(&self, when: Formula, piece: HeaderPiece) -> GuardedEffect {
        let value = HeaderValue { pieces: vec![piece], span: self.span };
        self.plain(when, Effect::Merge(header_name("Vary", self.span), value))
    }

    fn request(&self, term: Term, relation: Relation) -> Formula {
        Formula::test(Test::Request { term, relation }, self.span)
    }

    /// Is a setting on?
    fn on(&self, name: &str, default: bool) -> Formula {
        match self.get(name).map(|value| value.kind) {
            None => Formula::constant(default),
            Some(Kind::Bool(flag)) => Formula::constant(flag),
            Some(Kind::Condition(formula)) => formula,
            Some(Kind::Null) => Formula::False,
            Some(_) => Formula::unknown(self.span),
        }
    }

    fn is_empty(&self, name: &str) -> bool {
        self.get(name).is_none_or(|value| value.as_list().is_some_and(|list| list.items.is_empty() && !list.open))
    }

    /// `SECURE_SSL_REDIRECT`: what came over http is sent to https.
    fn secure(&self) -> Vec<GuardedEffect> {
        let redirect = self.on("SECURE_SSL_REDIRECT", false);
        if redirect == Formula::False {
            return Vec::new();
        }
        let plain = self.request(Term::of(Part::Scheme), Relation::Equals("http".into()));
        let exempt = if self.is_empty("SECURE_REDIRECT_EXEMPT") { Formula::False } else { Formula::unknown(self.span) };
        let insecure = match self.get("SECURE_PROXY_SSL_HEADER").as_ref().map(|value| &value.kind) {
            None | Some(Kind::Null) => plain,
            Some(Kind::List(list)) => {
                let texts: Vec<_> = list.items.iter().filter_map(|item| item.value.as_str()).collect();
                match texts.as_slice() {
                    [name, secure] if name.starts_with("HTTP_") => {
                        let header = Term::header(&name[5..].to_lowercase().replace('_', "-"));
                        let said = self.request(header.clone(), Relation::Contains("".into()));
                        let is = self.request(header, Relation::Equals((*secure).clone()));
                        Formula::any([
                            Formula::all([said.clone(), is.negated()]),
                            Formula::all([said.negated(), plain]),
                        ])
                    }
                    _ => Formula::unknown(self.span),
                }
            }
            Some(_) => Formula::unknown(self.span),
        };
        let when = Formula::all([redirect, insecure, exempt.negated()]);
        let host = match self.get("SECURE_SSL_HOST").as_ref().and_then(Value::as_str) {
            Some(host) => HeaderPiece::Text(host.clone()),
            None => HeaderPiece::Term(Term::header("host")),
        };
        let pieces = vec![HeaderPiece::Text("https://".into()), host, HeaderPiece::Term(Term::of(Part::Target))];
        let location = Effect::Set(header_name("Location", self.span), HeaderValue { pieces, span: self.span });
        vec![self.plain(when.clone(), location), self.plain(when, Effect::Answer(Some(301)))]
    }

    /// `APPEND_SLASH`: a 404 becomes a redirect where a route has the path with a slash.
    fn common(&self, routes: &Routes) -> Vec<GuardedEffect> {
        let mut effects = Vec::new();
        if !matches!(self.on("PREPEND_WWW", false), Formula::False) {
            effects.push(self.plain(Formula::unknown(self.span), Effect::Answer(Some(301))));
        }
        effects.push(self.plain(Formula::True, Effect::Next));
        let path = || Term::of(Part::Path);
        let missing = self.request(Term::of(Part::Status), Relation::Equals("404".into()));
        let bare = self.request(path(), Relation::EndsWith("/".into())).negated();
        let when = Formula::all([
            self.on("APPEND_SLASH", true),
            missing,
            bare,
            routes.have(false).negated(),
            routes.have(true),
        ]);
        if when != Formula::False {
            let pieces = vec![HeaderPiece::Term(Term::of(Part::Target)), HeaderPiece::Text("/".into())];
            let location = Effect::Set(header_name("Location", self.span), HeaderValue { pieces, span: self.span });
            let answer = [Effect::Replace, location, Effect::Answer(Some(301))];
            effects.extend(answer.into_iter().map(|effect| self.plain(when.clone(), effect)));
        }
        effects
    }

    /// A path below `STATIC_URL`.
    fn static_files(&self) -> Formula {
        match self.get("STATIC_URL").as_ref().map(|value| &value.kind) {
            None => Formula::False,
            Some(Kind::Str(text)) if !text.contains("://") => {
                let prefix = format!("/{}", text.trim_start_matches('/'));
                self.request(Term::of(Part::Path), Relation::StartsWith(prefix.into()))
            }
            Some(_) => Formula::unknown(self.span),
        }
    }
}
