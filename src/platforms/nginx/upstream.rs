//! The server behind a place: where `proxy_pass` passes requests on, and with which headers.
//!
//! In: a level and its variables. Out: an `Upstream`. <https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass>

use std::sync::Arc;

use super::headers::Level;
use super::place::{PathKind, Place};
use super::variables::Variables;
use crate::model::condition::Formula;
use crate::model::server::{HeaderPiece, HeaderValue, Upstream};
use crate::source::Spanned;

/// Where requests go from here, if they go anywhere and it is written as a URL.
pub(super) fn upstream(level: &Level<'_, '_>, place: &Place, variables: &Variables<'_, '_>) -> Option<Upstream> {
    let inside = level.items.iter().filter(|item| item.name() == "if").flat_map(|item| &item.children);
    let pass = level.items.iter().chain(inside).find(|item| item.name() == "proxy_pass")?;
    let word = pass.args().first()?;
    let text = variables.address(&word.text).map_or_else(|| word.text.clone(), Arc::from);
    let url = Spanned::new(text, word.span);
    let path = path_of(&word.text);
    // A path in the URL takes the place of the location's own.
    let rewrites = match (path, place.kind, &place.path) {
        (Some(to), PathKind::Prefix | PathKind::Exact, Some(from)) => Some((from.value.clone(), Arc::from(to))),
        _ => None,
    };
    let headers = level.nearest("proxy_set_header").into_iter().filter_map(|item| {
        let [name, value, ..] = item.args() else { return None };
        let one = match &*variables.word(value) {
            [one] if one.when == Formula::True => HeaderValue { pieces: one.pieces.clone(), span: one.span },
            _ => HeaderValue { pieces: vec![HeaderPiece::Unknown], span: value.span },
        };
        Some((name.text.clone(), one))
    });
    Some(Upstream { url, rewrites, headers: headers.collect() })
}

/// The path of a URL, when it has one.
fn path_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.find('/').and_then(|at| rest.get(at..))
}
