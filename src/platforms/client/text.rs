//! Addresses: texts of which parts are unknown, and what they say about where a request goes.
//!
//! In: values. Out: `ClientUrl`. A text put together from known and unknown pieces is an object of the evaluator that holds
//! the pieces, so that an address stays readable where only its host or only its path is known.

use std::sync::Arc;

use crate::eval::Interp;
use crate::eval::value::{Args, EnvShape, Kind, ObjectId, Value};
use crate::model::client::{Base, ClientUrl};
use crate::model::condition::Formula;
use crate::model::origin::{Url, registrable_domain};
use crate::model::world::{Assume, Situation};
use crate::source::{Span, Spanned};

/// The canonical name of a text put together from pieces.
pub(super) const TEXT: &str = "client:text";
/// Stands for an unknown piece while an address is read.
const HOLE: char = '\u{1}';
/// A text of more pieces is not followed.
const MOST_PIECES: usize = 24;

/// `left + right` where one of them is not known as a text.
pub(super) fn concat(run: &mut Interp<'_>, left: &Value, right: &Value, span: Span) -> Option<Value> {
    let mut positional = Vec::new();
    for value in [left, right] {
        match pieces_of(run, value) {
            Some(pieces) => positional.extend(pieces),
            None if matches!(value.kind, Kind::List(_) | Kind::Map(_) | Kind::Function(_) | Kind::Class(_)) => {
                return None;
            }
            None => positional.push(value.clone()),
        }
    }
    if positional.len() > MOST_PIECES {
        return None;
    }
    Some(of_pieces(run, positional, span))
}

/// A text made of these pieces.
pub(super) fn of_pieces(run: &mut Interp<'_>, positional: Vec<Value>, span: Span) -> Value {
    let id = run.make_object(TEXT, Args { positional, ..Args::default() }, None, span);
    Value::new(Kind::Object(id), span)
}

fn pieces_of(run: &Interp<'_>, value: &Value) -> Option<Vec<Value>> {
    let object = value.as_object().map(|id: ObjectId| run.object(id))?;
    (&*object.path == TEXT).then(|| object.args.positional.clone())
}

/// The addresses a value may stand for in any environment, each with its condition.
pub(super) fn urls(run: &Interp<'_>, value: &Value) -> Vec<ClientUrl> {
    value.alternatives().into_iter().map(|(when, value)| url(run, &value, when)).collect()
}

/// `base` and an address relative to it, as axios, ky and ofetch join them.
pub(super) fn joined(bases: &[ClientUrl], urls: &[ClientUrl]) -> Vec<ClientUrl> {
    let mut all = Vec::new();
    for url in urls {
        if url.base != Base::Relative || bases.is_empty() {
            all.push(url.clone());
            continue;
        }
        for base in bases {
            let path = match (&base.path, &url.path) {
                (Some(front), Some(rest)) => {
                    Some(format!("{}/{}", front.trim_end_matches('/'), rest.trim_start_matches('/')))
                }
                _ => None,
            };
            let when = base.when.clone().and(url.when.clone());
            all.push(ClientUrl { when, base: base.base.clone(), path, span: base.span });
        }
    }
    all.retain(|url| url.when != Formula::False);
    all.truncate(MOST_PIECES);
    all
}

fn url(run: &Interp<'_>, value: &Value, when: Formula) -> ClientUrl {
    let pieces = pieces_of(run, value).unwrap_or_else(|| vec![value.clone()]);
    let mut text = String::new();
    for piece in &pieces {
        match &piece.kind {
            Kind::Str(part) => text.push_str(part),
            Kind::Num(number) => text.push_str(&number.to_string()),
            _ => text.push(HOLE),
        }
    }
    let span = pieces.first().map_or(value.span, |first| run.first_piece(first.span));
    let (base, rest) = base(run, pieces.first(), &text);
    ClientUrl { when, base, path: rest.and_then(path), span }
}

/// What stands in front of the path, and the path with what follows it.
fn base<'t>(run: &Interp<'_>, first: Option<&Value>, text: &'t str) -> (Base, Option<&'t str>) {
    if let (Some(rest), Some(first)) = (text.strip_prefix(HOLE), first) {
        // What follows an unknown text without a slash belongs to the unknown part.
        let rest = (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(rest);
        return match &first.kind {
            Kind::Env(read) if matches!(read.shape, EnvShape::Text | EnvShape::Changed) => {
                (Base::Variable { name: read.name.clone(), seen: seen(run, &read.name) }, rest)
            }
            Kind::External(path) if path.starts_with("npm:$env/") => {
                let name: Arc<str> = path.rsplit('.').next().unwrap_or("").into();
                let seen = seen(run, &name);
                (Base::Variable { name, seen }, rest)
            }
            Kind::External(path) if injected(path).is_some() => {
                let (holder, key) = injected(path).unwrap_or_default();
                (Base::Variable { name: format!("{INJECTED}{holder}.{key}").into(), seen: seen(run, key) }, rest)
            }
            Kind::External(path) if path.ends_with("location.origin") => (Base::Relative, rest),
            Kind::Undefined | Kind::Null => (Base::Relative, None),
            _ => (Base::Open, rest),
        };
    }
    let lower = text.to_ascii_lowercase();
    let Some(start) = ["http://", "https://", "ws://", "wss://"]
        .iter()
        .find_map(|scheme| lower.starts_with(scheme).then_some(scheme.len()))
    else {
        let elsewhere = lower.starts_with("//") || lower.split('/').next().is_some_and(|head| head.contains(':'));
        return if elsewhere { (Base::Open, None) } else { (Base::Relative, Some(text)) };
    };
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    let (authority, rest) = (&text[..end], &text[end..]);
    let open = authority.strip_suffix(HOLE);
    let host_only = open.and_then(|host| host.strip_suffix(':'));
    let open_port = host_only.is_some();
    // `https://api.example.com${path}`: what follows a whole host is the path, its slash included.
    let (authority, rest) = match open.filter(|host| is_whole_host(host)) {
        Some(host) => (host, &text[host.len()..]),
        None => (host_only.unwrap_or(authority), rest),
    };
    match Url::parse(authority) {
        Some(url) if !authority.contains(HOLE) => {
            let variable = first.is_some_and(|first| is_in_env_file(run, run.first_piece(first.span)));
            (Base::Absolute { url, open_port, variable }, Some(rest))
        }
        _ => (Base::Open, Some(rest)),
    }
}

/// What the name of a variable begins with that the page's server writes into the page.
pub(super) const INJECTED: &str = "window.";

/// `window.__ENV__.API_URL`: the holder and the name.
fn injected(path: &str) -> Option<(&str, &str)> {
    let (holder, key) = path.strip_prefix("js:")?.split_once('.')?;
    let words = || holder.split('_').filter(|word| !word.is_empty());
    let named = words().any(|word| matches!(word.to_ascii_lowercase().as_str(), "env" | "config" | "runtime"));
    (holder.starts_with('_') && named && !key.contains('.')).then_some((holder, key))
}

/// Does an origin end in a name that can be registered, so that no piece of a host is missing behind it?
fn is_whole_host(origin: &str) -> bool {
    Url::parse(origin).is_some_and(|url| url.port.is_none() && registrable_domain(&url.host).is_some())
        && origin.ends_with(|last: char| last.is_ascii_alphanumeric())
}

fn is_in_env_file(run: &Interp<'_>, span: Span) -> bool {
    let path = run.path_of_span(span);
    run.environment().files.iter().any(|file| file.path == path)
}

/// The values that env files give a variable.
fn seen(run: &Interp<'_>, name: &str) -> Vec<Spanned<Arc<str>>> {
    run.environment().naming(name).filter_map(|file| file.variables.get(name).cloned()).collect()
}

/// The path of what follows a host: no query, and `{}` where a segment is not known.
fn path(text: &str) -> Option<String> {
    let text = text.split(['?', '#']).next().unwrap_or("");
    if text.is_empty() {
        return Some("/".to_owned());
    }
    if text.starts_with(HOLE) {
        return None;
    }
    let segments = text.split('/').map(|segment| match segment.contains(HOLE) {
        true => "{}",
        false => segment,
    });
    let joined = segments.collect::<Vec<_>>().join("/");
    Some(if joined.starts_with('/') { joined } else { format!("/{joined}") })
}

/// Those that may be met in production.
pub(super) fn in_production(when: &Formula) -> bool {
    when.eval(&Situation::of(&Assume::Production)) != Some(false)
}
