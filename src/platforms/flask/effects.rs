//! What Flask-CORS does to an answer: its header lines, and when.
//!
//! In: options and who is allowed. Out: guarded effects, as `get_cors_headers` of
//! <https://github.com/corydolphin/flask-cors/blob/main/flask_cors/core.py> has them, in the version that is pinned. Recorded
//! answers stand in `tests/truth/`.

use camino::Utf8Path;

use super::super::manual::header_name;
use super::super::packages::Packages;
use super::super::values::in_production;
use super::super::values::method_is;
use super::options::{Joined, Options};
use super::origins;
use crate::eval::value::{Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::path::escaped;
use crate::model::policy::{Known, OriginAnswer, OriginDecision};
use crate::model::server::{Effect, GuardedEffect, HeaderPiece, HeaderValue};
use crate::model::term::{Anchor, Pattern, Relation, Term, TermOp};
use crate::source::Span;

/// What `methods` is when nobody says otherwise, as it is sent.
pub(super) const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// In what versions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    newest: Option<(u32, u32)>,
}

impl Version {
    /// The version that runs where the code of a file does.
    pub(super) fn of(packages: &Packages, file: &Utf8Path) -> Version {
        Version { newest: packages.newest("flask-cors", file) }
    }

    fn since(self, version: (u32, u32)) -> bool {
        self.newest.is_none_or(|own| own >= version)
    }

    /// Are resources asked by the length of their patterns alone?
    pub(super) fn orders_by_length(self) -> bool {
        !self.since((6, 0))
    }

    /// Is `None` among the origins an entry like others, as opposed to an exception in every request?
    fn takes_none(self) -> bool {
        self.since((6, 0))
    }
}

/// What is given to the package.
pub(super) struct Given<'g> {
    /// The options.
    pub(super) options: &'g Options,
    /// Who is allowed.
    pub(super) decision: &'g OriginDecision,
    /// The paths it is for, or the way of the code to it.
    pub(super) when: Formula,
    /// The version.
    pub(super) version: Version,
    /// The seconds of a `timedelta`, where `max_age` is one.
    pub(super) delta: Option<f64>,
    /// The call.
    pub(super) span: Span,
}

fn known(known: Known, span: Span) -> Formula {
    match known {
        Known::Yes => Formula::True,
        Known::No => Formula::False,
        Known::Unknown => Formula::unknown(span),
    }
}

fn header(name: &str, op: Option<TermOp>, relation: Relation, span: Span) -> Formula {
    let term = Term::header(name);
    let term = op.map_or(term.clone(), |op| term.then(op));
    Formula::test(Test::Request { term, relation }, span)
}

/// The package leaves answers alone that have the header already.
pub(super) fn unless_sent(span: Span) -> Formula {
    Formula::test(Test::Sent("access-control-allow-origin".into()), span).negated()
}

/// The header lines that one set of options writes. The origin comes last: whether it is there already is asked before.
pub(super) fn lines(given: &Given<'_>) -> Vec<GuardedEffect> {
    let span = given.span;
    let origins = given.options.get("origins", span);
    let (mut all, mut listed) = (Formula::False, Formula::False);
    for arm in &given.decision.arms {
        match arm.answer {
            OriginAnswer::Wildcard => all = all.or(arm.when.clone()),
            OriginAnswer::Echo => listed = listed.or(arm.when.clone()),
            _ => listed = listed.or(arm.when.clone().and(Formula::unknown(arm.span))),
        }
    }
    if !given.version.takes_none() && origins.as_ref().is_some_and(holds_none) {
        listed = listed.or(Formula::unknown(span));
    }
    let truth = |name: &str, default: bool| known(given.options.truth(name, default, span).value, span);
    let (asked, credentials) = (origins::asked(span), truth("supports_credentials", false));
    let send_wildcard = all.clone().and(truth("send_wildcard", false));
    let unasked = asked.clone().negated().and(truth("always_send", true));
    let star = Formula::any([
        asked.clone().and(send_wildcard.clone()),
        Formula::all([unasked.clone(), all.clone(), credentials.clone().negated()]),
    ]);
    let echo = Formula::all([asked, send_wildcard.negated(), all.clone().or(listed)]);
    let (has_text, text) = origins::first_text(origins.as_ref()).unwrap_or((Formula::False, HeaderPiece::Unknown));
    let fixed = Formula::all([unasked, all.negated(), has_text]);
    let granted = Formula::any([star.clone(), echo.clone(), fixed.clone()]);
    let mut lines = Lines { given, effects: Vec::new() };
    if let Some(piece) = piece(Joined::of(given.options.get("expose_headers", span).as_ref())) {
        lines.add(granted.clone(), "Access-Control-Expose-Headers", piece);
    }
    lines.text(granted.clone().and(credentials), "Access-Control-Allow-Credentials", "true");
    lines.private_network(&granted);
    lines.preflight(&granted);
    let varies = Formula::all([
        granted,
        truth("vary_header", true),
        star.clone().negated(),
        origins::varies(origins.as_ref(), span),
    ]);
    lines.text(varies, "Vary", "Origin");
    let origin = "Access-Control-Allow-Origin";
    lines.text(star, origin, "*");
    lines.add(echo, origin, HeaderPiece::Term(Term::origin()));
    lines.add(fixed, origin, text);
    lines.effects.retain(|guarded| guarded.when != Formula::False);
    lines.effects
}

fn holds_none(origins: &Value) -> bool {
    let none = |value: &Value| matches!(value.kind, Kind::Null | Kind::Undefined);
    origins.alternatives().iter().any(|(_, value)| {
        none(value) || value.as_list().is_some_and(|list| list.items.iter().any(|item| none(&item.value)))
    })
}

/// The text of a header that is a list; nothing is sent for an empty one.
fn piece(joined: Option<Joined>) -> Option<HeaderPiece> {
    match joined? {
        Joined::Text(text, _) if text.is_empty() => None,
        Joined::Text(text, _) => Some(HeaderPiece::Text(text.into())),
        Joined::Missing => None,
        Joined::Unknown(_) => Some(HeaderPiece::Unknown),
    }
}

struct Lines<'g> {
    given: &'g Given<'g>,
    effects: Vec<GuardedEffect>,
}

impl Lines<'_> {
    fn add(&mut self, when: Formula, name: &str, piece: HeaderPiece) {
        let span = self.given.span;
        let value = HeaderValue { pieces: vec![piece], span };
        let when = self.given.when.clone().and(when);
        self.effects.push(GuardedEffect { when, effect: Effect::Append(header_name(name, span), value), span });
    }

    fn text(&mut self, when: Formula, name: &str, text: &str) {
        self.add(when, name, HeaderPiece::Text(text.into()));
    }

    /// Since 4.0: the answer to a question about private networks, since 5.0 with `false` as well.
    fn private_network(&mut self, granted: &Formula) {
        let (given, span) = (self.given, self.given.span);
        if !given.version.since((4, 0)) {
            return;
        }
        let name = "Access-Control-Allow-Private-Network";
        let asked = header("access-control-request-private-network", None, Relation::Equals("true".into()), span);
        let when = granted.clone().and(asked);
        // Within 4.0 the default changed with a patch.
        let default = match given.version.since((5, 0)) {
            true => false,
            false => return self.add(when, name, HeaderPiece::Unknown),
        };
        let allowed = known(given.options.truth("allow_private_network", default, span).value, span);
        self.text(when.clone().and(allowed.clone()), name, "true");
        self.text(when.and(allowed.negated()), name, "false");
    }

    /// What answers to preflights have more, where the method that is asked for is one of those allowed.
    fn preflight(&mut self, granted: &Formula) {
        let (given, span) = (self.given, self.given.span);
        let requested = "access-control-request-method";
        let (methods, fits) = match Joined::of(given.options.get("methods", span).as_ref()) {
            None => (HeaderPiece::Text(METHODS.join(", ").into()), within(&METHODS.join(", "), span)),
            Some(Joined::Text(text, _)) => {
                let text = text.to_uppercase();
                (HeaderPiece::Text(text.clone().into()), within(&text, span))
            }
            Some(Joined::Missing) => return,
            Some(Joined::Unknown(at)) => (HeaderPiece::Unknown, Formula::unknown(at)),
        };
        let asks = header(requested, None, Relation::Present, span);
        let when = Formula::all([granted.clone(), method_is("OPTIONS", span), asks, fits]);
        let list = "access-control-request-headers";
        match kept(given.options.get("allow_headers", span).as_ref()) {
            Kept::Unknown => {
                let asked = header(list, None, Relation::Present, span);
                self.add(when.clone().and(asked), "Access-Control-Allow-Headers", HeaderPiece::Unknown);
            }
            Kept::Matching(pattern) => {
                let op = TermOp::Names(pattern);
                let some = header(list, Some(op.clone()), Relation::Present, span);
                let term = HeaderPiece::Term(Term::header(list).then(op));
                self.add(when.clone().and(some), "Access-Control-Allow-Headers", term);
            }
        }
        let delta = given.delta.map(|seconds| HeaderPiece::Text(seconds.trunc().to_string().into()));
        if let Some(piece) = delta.or_else(|| max_age(given.options.get("max_age", span).as_ref())) {
            self.add(when.clone(), "Access-Control-Max-Age", piece);
        }
        self.add(when, "Access-Control-Allow-Methods", methods);
    }
}

/// The method that is asked for is looked for in the text that is sent.
fn within(text: &str, span: Span) -> Formula {
    header("access-control-request-method", Some(TermOp::Upper), Relation::Within(text.into()), span)
}

/// Which of the headers that are asked for are allowed.
enum Kept {
    /// Those that match; all without a pattern.
    Matching(Option<Pattern>),
    Unknown,
}

fn kept(value: Option<&Value>) -> Kept {
    let Some(value) = value.map(in_production) else { return Kept::Matching(None) };
    let Some(entries) = header_entries(&value) else { return Kept::Unknown };
    if entries.iter().any(|entry| matches!(&entry.kind, Kind::Str(text) if matches!(&**text, "*" | ".*"))) {
        return Kept::Matching(None);
    }
    let source = |entry: &Value| match &entry.kind {
        Kind::Str(text) if origins::is_pattern(text) => Some(format!("(?:{text})")),
        Kind::Str(text) => Some(format!("(?:{}$)", escaped(text))),
        Kind::Regex { pattern, .. } => Some(format!("(?:{pattern})")),
        Kind::Null => Some("(?:None$)".to_owned()),
        _ => None,
    };
    match entries.iter().map(source).collect::<Option<Vec<_>>>() {
        // No header at all matches what never does.
        Some(sources) if sources.is_empty() => {
            Kept::Matching(Some(Pattern { source: r"[^\s\S]".into(), ignore_case: true, anchor: Anchor::Prefix }))
        }
        Some(sources) => {
            let source = sources.join("|").into();
            Kept::Matching(Some(Pattern { source, ignore_case: true, anchor: Anchor::Prefix }))
        }
        None => Kept::Unknown,
    }
}

/// The entries of a list of headers; what is no list is its only entry.
pub(super) fn header_entries(value: &Value) -> Option<Vec<Value>> {
    match &value.kind {
        Kind::List(list) => {
            let certain = |item: &crate::eval::value::Item| (item.when == Formula::True).then(|| item.value.clone());
            (!list.open).then(|| list.items.iter().map(certain).collect())?
        }
        Kind::Str(_) | Kind::Regex { .. } | Kind::Null => Some(vec![value.clone()]),
        _ => None,
    }
}

/// What is sent as `Access-Control-Max-Age`; nothing for 0 and `None`.
fn max_age(value: Option<&Value>) -> Option<HeaderPiece> {
    let value = in_production(value?);
    match &value.kind {
        Kind::Num(number) if *number == 0.0 => None,
        Kind::Num(number) => Some(HeaderPiece::Text(number.to_string().into())),
        Kind::Str(text) => (!text.is_empty()).then(|| HeaderPiece::Text(text.clone())),
        Kind::Null | Kind::Undefined => None,
        _ => Some(HeaderPiece::Unknown),
    }
}
