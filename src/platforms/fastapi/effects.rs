//! What `CORSMiddleware` does with a request: its header lines, and whether it answers or goes on.
//!
//! In: its arguments and who is allowed. Out: guarded effects, as `__call__`, `preflight_response` and `send` of
//! <https://github.com/Kludex/starlette/blob/main/starlette/middleware/cors.py> have them, in the version that is pinned.
//! Recorded answers stand in `tests/truth/`.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::Utf8Path;

use super::super::manual::header_name;
use super::super::packages::Packages;
use super::super::values::in_production;
use crate::eval::value::{Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Known, OriginAnswer, OriginDecision};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term, TermOp};
use crate::source::Span;

/// What `"*"` in `allow_methods` stands for; `QUERY` since Starlette 1.7.
const METHODS: [&str; 8] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY"];
/// Request headers that are allowed whatever the list says.
pub(super) const ALWAYS: [&str; 4] = ["Accept", "Accept-Language", "Content-Language", "Content-Type"];

/// In what versions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    /// Before 1.0 `*` became the request's origin when it had a cookie, not when credentials are allowed.
    cookie_decides: bool,
    /// Since 1.7 `Vary` names the origin on every answer, and preflights name all that they read.
    always_varies: bool,
    /// Since 0.51 requests to private networks are a question of their own.
    private_network: bool,
}

impl Version {
    /// The version that runs where the code of a file does.
    pub(super) fn of(packages: &Packages, file: &Utf8Path) -> Version {
        let starlette = packages.newest("starlette", file).or_else(|| {
            // What FastAPI admits, at most; since 0.133 everything.
            packages.newest("fastapi", file).and_then(|version| match version {
                (0, minor) if minor < 129 => Some((0, 50)),
                (0, minor) if minor < 133 => Some((0, 52)),
                _ => None,
            })
        });
        let since = |version: (u32, u32)| starlette.is_none_or(|own| own >= version);
        Version { cookie_decides: !since((1, 0)), always_varies: since((1, 7)), private_network: since((0, 51)) }
    }

    /// Does `SessionMiddleware` say with `Vary` that a session was read? Since 1.0.
    pub(super) fn says_sessions(self) -> bool {
        !self.cookie_decides
    }

    /// What `"*"` in `allow_methods` stands for.
    pub(super) fn methods(self) -> &'static [&'static str] {
        if self.always_varies { &METHODS } else { &METHODS[..METHODS.len() - 1] }
    }
}

/// What the middleware is given.
pub(super) struct Given<'g> {
    /// Who is allowed.
    pub(super) allow_origin: &'g OriginDecision,
    /// `allow_credentials`.
    pub(super) credentials: Known,
    /// `allow_methods`.
    pub(super) methods: Option<Value>,
    /// `allow_headers`.
    pub(super) headers: Option<Value>,
    /// `expose_headers`.
    pub(super) expose: Option<Value>,
    /// `max_age`.
    pub(super) max_age: Option<Value>,
    /// `allow_private_network`.
    pub(super) private_network: Known,
    /// The version.
    pub(super) version: Version,
    /// The call.
    pub(super) span: Span,
}

/// A collection of names as Python takes it.
enum Texts {
    Listed(Vec<Arc<str>>),
    /// One text: a collection of letters, and of every part of it.
    Letters(Arc<str>),
    /// `None` is no collection: making the middleware throws.
    Throws,
    Unknown,
}

impl Texts {
    fn of(value: Option<&Value>, default: &[&str]) -> Texts {
        let Some(value) = value.map(in_production) else {
            return Texts::Listed(default.iter().map(|name| Arc::from(*name)).collect());
        };
        match &value.kind {
            Kind::Str(text) => Texts::Letters(text.clone()),
            Kind::Null => Texts::Throws,
            Kind::List(list) if !list.open => {
                let certain = |item: &crate::eval::value::Item| {
                    item.value.as_str().filter(|_| item.when == Formula::True).cloned()
                };
                list.items.iter().map(certain).collect::<Option<_>>().map_or(Texts::Unknown, Texts::Listed)
            }
            _ => Texts::Unknown,
        }
    }

    fn has_star(&self) -> bool {
        match self {
            Texts::Listed(names) => names.iter().any(|name| &**name == "*"),
            Texts::Letters(text) => text.contains('*'),
            Texts::Throws | Texts::Unknown => false,
        }
    }

    /// Its members in order; `None` when nobody knows them.
    fn members(&self) -> Option<Vec<Arc<str>>> {
        match self {
            Texts::Listed(names) => Some(names.clone()),
            Texts::Letters(text) => Some(text.chars().map(|letter| Arc::from(letter.to_string())).collect()),
            Texts::Throws | Texts::Unknown => None,
        }
    }
}

fn joined(names: &[Arc<str>]) -> HeaderPiece {
    HeaderPiece::Text(names.iter().map(|name| &**name).collect::<Vec<_>>().join(", ").into())
}

/// The effects of one `CORSMiddleware`; none where somebody else's code decides.
pub(super) fn effects(given: &Given<'_>) -> Vec<GuardedEffect> {
    let span = given.span;
    let mut all = Formula::False;
    let mut listed = Formula::False;
    let mut throws = Formula::False;
    for arm in &given.allow_origin.arms {
        let when = arm.when.clone();
        match arm.answer {
            OriginAnswer::Wildcard => all = all.or(when),
            OriginAnswer::Echo => listed = listed.or(when),
            OriginAnswer::Fails => throws = throws.or(when),
            _ => listed = listed.or(when.and(Formula::unknown(arm.span))),
        }
    }
    let methods = Texts::of(given.methods.as_ref(), &["GET"]);
    let headers = Texts::of(given.headers.as_ref(), &[]);
    if matches!(methods, Texts::Throws) || matches!(headers, Texts::Throws) {
        throws = Formula::True;
    }
    let mut grant = Grant { given, all, listed, effects: Vec::new() };
    grant.push(throws, Effect::Fail);
    let preflight = Formula::all([
        request(Term::of(Part::Method), Relation::Equals("OPTIONS".into()), span),
        there("origin", span),
        there("access-control-request-method", span),
    ]);
    grant.preflight(&preflight, &methods, &headers);
    grant.push(Formula::True, Effect::Next);
    grant.simple();
    grant.effects.retain(|guarded| guarded.when != Formula::False);
    grant.effects
}

fn request(term: Term, relation: Relation, span: Span) -> Formula {
    Formula::test(Test::Request { term, relation }, span)
}

/// The request has this header, perhaps with an empty value.
fn there(name: &str, span: Span) -> Formula {
    request(Term::header(name), Relation::Contains("".into()), span)
}

fn known(known: Known, span: Span) -> Formula {
    match known {
        Known::Yes => Formula::True,
        Known::No => Formula::False,
        Known::Unknown => Formula::unknown(span),
    }
}

struct Grant<'g> {
    given: &'g Given<'g>,
    /// Everybody is allowed.
    all: Formula,
    /// Who asks is.
    listed: Formula,
    effects: Vec<GuardedEffect>,
}

impl Grant<'_> {
    fn push(&mut self, when: Formula, effect: Effect) {
        self.effects.push(GuardedEffect { when, effect, span: self.given.span });
    }

    fn set(&mut self, when: Formula, name: &str, piece: HeaderPiece) {
        let span = self.given.span;
        let value = HeaderValue { pieces: vec![piece], span };
        self.push(when, Effect::Set(header_name(name, span), value));
    }

    fn text(&mut self, when: Formula, name: &str, text: &str) {
        self.set(when, name, HeaderPiece::Text(text.into()));
    }

    fn credentials(&self) -> Formula {
        known(self.given.credentials, self.given.span)
    }

    fn preflight(&mut self, preflight: &Formula, methods: &Texts, headers: &Texts) {
        let (given, span) = (self.given, self.given.span);
        let explicit = self.all.clone().negated().or(self.credentials());
        let allowed = self.all.clone().or(self.listed.clone());
        let origin = "Access-Control-Allow-Origin";
        if given.version.always_varies {
            let names = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network";
            self.text(preflight.clone(), "Vary", names);
        } else {
            self.text(preflight.clone().and(explicit.clone()), "Vary", "Origin");
        }
        self.text(preflight.clone().and(explicit.clone().negated()), origin, "*");
        let own = HeaderPiece::Term(Term::origin());
        self.set(Formula::all([preflight.clone(), explicit, allowed.clone()]), origin, own);
        self.text(preflight.clone().and(self.credentials()), "Access-Control-Allow-Credentials", "true");
        let (method_piece, method_allowed) = self.methods(methods);
        self.set(preflight.clone(), "Access-Control-Allow-Methods", method_piece);
        self.set(preflight.clone(), "Access-Control-Max-Age", max_age(given.max_age.as_ref()));
        let headers_refused = self.headers(preflight, headers);
        let mut failures = vec![allowed.negated(), method_allowed.negated(), headers_refused];
        if given.version.private_network {
            let asked = there("access-control-request-private-network", span);
            let granted = known(given.private_network, span);
            let name = "Access-Control-Allow-Private-Network";
            self.text(Formula::all([preflight.clone(), asked.clone(), granted.clone()]), name, "true");
            failures.push(asked.and(granted.negated()));
        }
        self.push(preflight.clone().and(Formula::any(failures)), Effect::Answer(Some(400)));
        self.push(preflight.clone(), Effect::Answer(Some(200)));
    }

    /// `Access-Control-Allow-Methods`, and when the method that is asked for is allowed.
    fn methods(&self, methods: &Texts) -> (HeaderPiece, Formula) {
        let span = self.given.span;
        let asked = |relation: Relation| request(Term::header("access-control-request-method"), relation, span);
        let one_of = |names: &[Arc<str>]| Formula::any(names.iter().map(|name| asked(Relation::Equals(name.clone()))));
        if methods.has_star() {
            let every: Vec<Arc<str>> = self.given.version.methods().iter().map(|name| Arc::from(*name)).collect();
            return (joined(&every), one_of(&every));
        }
        let piece = methods.members().map_or(HeaderPiece::Unknown, |names| joined(&names));
        let allowed = match methods {
            Texts::Listed(names) => one_of(names),
            Texts::Letters(text) => asked(Relation::Within(text.clone())),
            Texts::Throws | Texts::Unknown => Formula::unknown(span),
        };
        (piece, allowed)
    }

    /// Writes `Access-Control-Allow-Headers`; when a header that is asked for is refused.
    fn headers(&mut self, preflight: &Formula, headers: &Texts) -> Formula {
        let (span, name) = (self.given.span, "Access-Control-Allow-Headers");
        let term = Term::header("access-control-request-headers");
        if headers.has_star() {
            self.set(preflight.clone(), name, HeaderPiece::Term(term));
            return Formula::False;
        }
        let asked = there("access-control-request-headers", span);
        let Some(own) = headers.members() else {
            self.set(preflight.clone(), name, HeaderPiece::Unknown);
            return asked.and(Formula::unknown(span));
        };
        let sorted: BTreeSet<Arc<str>> = own.into_iter().chain(ALWAYS.iter().map(|name| Arc::from(*name))).collect();
        let sorted: Vec<Arc<str>> = sorted.into_iter().collect();
        self.set(preflight.clone(), name, joined(&sorted));
        let names: Vec<String> = sorted.iter().map(|name| crate::model::path::escaped(&name.to_lowercase())).collect();
        let one = format!(r"\s*(?:{})\s*", names.join("|"));
        let source: Arc<str> = format!("{one}(?:,{one})*").into();
        let pattern = Pattern { source, ignore_case: false, anchor: Anchor::Full };
        let fits = request(term.then(TermOp::Lower), Relation::Matches(pattern), span);
        asked.and(fits.negated())
    }

    /// What is written on the answer from inside.
    fn simple(&mut self) {
        let (given, span) = (self.given, self.given.span);
        let origin = there("origin", span);
        let name = "Access-Control-Allow-Origin";
        self.text(origin.clone().and(self.all.clone()), name, "*");
        self.text(origin.clone().and(self.credentials()), "Access-Control-Allow-Credentials", "true");
        let exposed = Texts::of(given.expose.as_ref().filter(|value| !value.is_nullish()), &[]);
        let piece = match exposed.members() {
            Some(names) if names.is_empty() => None,
            Some(names) => Some(joined(&names)),
            None => Some(HeaderPiece::Unknown),
        };
        if let Some(piece) = piece {
            self.set(origin.clone(), "Access-Control-Expose-Headers", piece);
        }
        let star_is_echoed = if given.version.cookie_decides { there("cookie", span) } else { self.credentials() };
        let everybody = self.all.clone().and(star_is_echoed);
        let somebody = self.all.clone().negated().and(self.listed.clone());
        let explicit = origin.and(everybody.or(somebody));
        self.set(explicit.clone(), name, HeaderPiece::Term(Term::origin()));
        let varies = if given.version.always_varies { Formula::True } else { explicit };
        let vary = Effect::Extend(header_name("Vary", span), HeaderValue::text("Origin", span));
        self.push(varies, vary);
    }
}

/// `str(max_age)`.
fn max_age(value: Option<&Value>) -> HeaderPiece {
    let Some(value) = value.map(in_production) else { return HeaderPiece::Text("600".into()) };
    match &value.kind {
        Kind::Num(number) => HeaderPiece::Text(number.to_string().into()),
        Kind::Str(text) => HeaderPiece::Text(text.clone()),
        Kind::Null => HeaderPiece::Text("None".into()),
        _ => HeaderPiece::Unknown,
    }
}
