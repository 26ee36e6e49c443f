//! CORS written by hand: header lines of a handler or a configuration block, as a policy.
//!
//! In: guarded effects in the order in which they are applied. Out: the policy they amount to, if any of them sets
//! `Access-Control-Allow-Origin`. Knows no platform: express, nginx and functions share it.

use std::sync::Arc;

use crate::eval::Interp;
use crate::eval::value::Value;
use crate::model::condition::{Formula, Test, World};
use crate::model::policy::{Arm, Known, MaxAge, Names, OriginAnswer, OriginDecision, Policy};
use crate::model::server::{Effect, GuardedEffect, Handler, HeaderPiece, HeaderValue};
use crate::model::term::Part;
use crate::model::world::{Assume, Request, Situation};
use crate::source::{Span, Spanned};

/// Where hand-written lines come from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// `express`, `nginx` …
    pub platform: &'static str,
    /// For messages: `middleware`, `location /api`.
    pub place: String,
    /// The handler or block.
    pub span: Span,
}

/// A line that sets or adds a response header.
struct Line<'e> {
    when: &'e Formula,
    value: &'e HeaderValue,
    span: Span,
}

/// The policy that header lines amount to; `None` when none of them sets Allow-Origin.
pub fn policy(effects: &[GuardedEffect], origin: Origin) -> Option<Policy> {
    let lines = lines_of(effects, "access-control-allow-origin");
    let last = lines.last()?;
    // One line with several possible values decides as a line; otherwise the value that comes last does.
    let one_line = lines.len() > 1 && lines.iter().all(|line| line.span == last.span);
    let span = if one_line { last.span } else { last.value.span };
    let mut arms = Vec::new();
    // The last line that applies wins, so the arms are asked from the end.
    for line in lines.iter().rev() {
        arms.push(Arm { when: line.when.clone(), answer: answer(line.value), span: line.value.span });
    }
    let preflight = Request::new("OPTIONS", "/").with("access-control-request-method", "PUT");
    let credentials = lines_of(effects, "access-control-allow-credentials");
    let vary = lines_of(effects, "vary");
    Some(Policy {
        place: origin.place,
        allow_credentials: credential_lines(&credentials, origin.span),
        credentials_when: (!credentials.is_empty()).then(|| allowed_when(&credentials)),
        allow_methods: name_lines(effects, "access-control-allow-methods", &preflight, origin.span),
        allow_headers: name_lines(effects, "access-control-allow-headers", &preflight, origin.span),
        expose_headers: name_lines(effects, "access-control-expose-headers", &Request::new("GET", "/"), origin.span),
        max_age: max_age(effects, &preflight, origin.span),
        vary_origin: vary_lines(&vary, origin.span),
        sends_text: true,
        ..Policy::new(origin.platform, "headers", origin.span, OriginDecision { arms, span })
    })
}

/// Does a handler write any of the headers of CORS itself?
pub fn sets_cors(handler: &Handler) -> bool {
    handler.effects.iter().any(|guarded| match &guarded.effect {
        Effect::Set(name, _) | Effect::Append(name, _) | Effect::Default(name, _) => is_cors_header(&name.value),
        _ => false,
    })
}

/// The policy that the header lines of a handler amount to, written in the code at a place.
pub fn of_handler(run: &Interp<'_>, handler: &Handler, code: Span, platform: &'static str) -> Option<Policy> {
    if !sets_cors(handler) {
        return None;
    }
    let origin = Origin { platform, place: handler.name.clone(), span: handler.span };
    let policy = policy(&handler.effects, origin)?;
    let when = handler.when.clone().and(super::development(&run.path_of_span(code), code));
    Some(Policy { when, ..policy })
}

/// What a line answers.
pub fn answer(value: &HeaderValue) -> OriginAnswer {
    match value.pieces.as_slice() {
        [HeaderPiece::Text(text)] => match text.trim() {
            "*" => OriginAnswer::Wildcard,
            "" => OriginAnswer::Nothing,
            _ => OriginAnswer::Fixed(text.clone()),
        },
        [HeaderPiece::Term(term)] if term.is_origin() => OriginAnswer::Echo,
        _ => OriginAnswer::Unknown,
    }
}

fn lines_of<'e>(effects: &'e [GuardedEffect], name: &str) -> Vec<Line<'e>> {
    effects
        .iter()
        .filter_map(|guarded| match &guarded.effect {
            Effect::Set(header, value)
            | Effect::Default(header, value)
            | Effect::Append(header, value)
            | Effect::Merge(header, value)
                if header.value.eq_ignore_ascii_case(name) =>
            {
                Some(Line { when: &guarded.when, value, span: guarded.span })
            }
            _ => None,
        })
        .collect()
}

/// `true` on some request for certain is yes; a line that may say so is unknown.
fn credential_lines(lines: &[Line<'_>], fallback: Span) -> Spanned<Known> {
    let assume = Assume::Production;
    let mut known = Spanned::new(Known::No, fallback);
    for line in lines {
        let reachable = line.when.eval(&Situation::of(&assume)) != Some(false);
        match line.value.as_text() {
            Some(text) if text.trim() == "true" && reachable => return Spanned::new(Known::Yes, line.value.span),
            Some(_) => {}
            None => known = Spanned::new(Known::Unknown, line.value.span),
        }
    }
    known
}

/// When one of the lines says `true`, or may say so.
fn allowed_when(lines: &[Line<'_>]) -> Formula {
    let allows = |line: &&Line<'_>| line.value.as_text().is_none_or(|text| text.trim() == "true");
    Formula::any(lines.iter().filter(allows).map(|line| line.when.clone()))
}

fn vary_lines(lines: &[Line<'_>], fallback: Span) -> Spanned<Known> {
    let mut known = Spanned::new(Known::No, fallback);
    for line in lines {
        match line.value.as_text() {
            Some(text)
                if text.split(',').any(|name| matches!(name.trim().to_ascii_lowercase().as_str(), "origin" | "*")) =>
            {
                return Spanned::new(Known::Yes, line.value.span);
            }
            Some(_) => {}
            None => known = Spanned::new(Known::Unknown, line.value.span),
        }
    }
    known
}

/// A request from some origin: lists are asked for those who are allowed, so nothing is known of who asks.
struct SomeOrigin<'a>(Situation<'a>);

impl World for SomeOrigin<'_> {
    fn test(&self, test: &Test) -> Option<bool> {
        if is_about_origin(test) { None } else { self.0.test(test) }
    }
}

fn is_about_origin(test: &Test) -> bool {
    matches!(test, Test::Request { term, .. } if matches!(&term.part, Part::Header(name) if &**name == "origin"))
}

/// The last line that a request meets, or may meet. Certain when all that is open is who asks, and every line that may be
/// met says the same.
fn met<'l, 'e>(lines: &'l [Line<'e>], request: &Request) -> Option<(&'l Line<'e>, bool)> {
    let assume = Assume::Production;
    let world = SomeOrigin(Situation::with(&assume, request));
    let mut first: Option<(&Line<'e>, bool)> = None;
    for line in lines.iter().rev() {
        let holds = line.when.eval(&world);
        if holds == Some(false) {
            continue;
        }
        let open_to_origins =
            || line.when.tests().iter().all(|(test, _)| is_about_origin(test) || world.test(test).is_some());
        let certain = holds == Some(true) || open_to_origins();
        first = match first {
            None => Some((line, certain)),
            Some((last, known)) => Some((last, known && certain && last.value.pieces == line.value.pieces)),
        };
        if holds == Some(true) {
            break;
        }
    }
    first
}

fn name_lines(effects: &[GuardedEffect], name: &str, request: &Request, fallback: Span) -> Spanned<Names> {
    let lines = lines_of(effects, name);
    let Some((line, certain)) = met(&lines, request) else { return Spanned::new(Names::Missing, fallback) };
    let names = match line.value.pieces.as_slice() {
        [HeaderPiece::Text(text)] if certain => {
            // A quoted or bare value stands in the source as it is; its names get places of their own.
            let value = Value::text(text.clone(), line.value.span);
            Names::Listed { names: super::values::comma_names(text, &value), open: false }
        }
        [HeaderPiece::Term(_)] => Names::Mirrored,
        _ => Names::Unknown,
    };
    Spanned::new(names, line.value.span)
}

fn max_age(effects: &[GuardedEffect], request: &Request, fallback: Span) -> Spanned<MaxAge> {
    let lines = lines_of(effects, "access-control-max-age");
    let Some((line, certain)) = met(&lines, request) else { return Spanned::new(MaxAge::Missing, fallback) };
    let seconds = line.value.as_text().filter(|_| certain).and_then(|text| text.trim().parse().ok());
    Spanned::new(seconds.map_or(MaxAge::Unknown, MaxAge::Seconds), line.value.span)
}

/// Response header names of CORS, lower-case.
pub const CORS_HEADERS: [&str; 7] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-max-age",
    "access-control-allow-private-network",
];

/// Is it a response header of CORS?
pub fn is_cors_header(name: &str) -> bool {
    name.len() > 15 && name.as_bytes().get(..15).is_some_and(|start| start.eq_ignore_ascii_case(b"access-control-"))
}

/// A status as a number, where it is one.
pub fn status(value: &Value) -> Option<u16> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status code")]
    value.as_num().filter(|number| (100.0..1000.0).contains(number)).map(|number| number as u16)
}

/// Header name as shared text, for effects.
pub fn header_name(name: &str, span: Span) -> Spanned<Arc<str>> {
    Spanned::new(name.into(), span)
}
