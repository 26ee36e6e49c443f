//! What a script can read of an answer that it may read: the CORS-exposed headers.
//!
//! In: a request and the answer to it. Out: the header names that scripts see
//! (<https://fetch.spec.whatwg.org/#concept-filtered-response-cors>).

use std::collections::BTreeSet;

use super::answer::Answer;
use super::request::Request;
use super::{forbidden, list};

/// Is it a CORS-safelisted response-header name, which needs no exposing
/// (<https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>)?
pub fn is_safelisted(name: &str) -> bool {
    const NAMES: [&str; 7] =
        ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];
    NAMES.contains(&name.to_ascii_lowercase().as_str())
}

/// The names, lower-case and sorted, of the answer's headers that a script of the page sees.
pub fn exposed(request: &Request, answer: &Answer) -> BTreeSet<String> {
    let names = list::extract(answer, "Access-Control-Expose-Headers").unwrap_or_default();
    let everything =
        !request.is_cross_origin() || (!request.includes_credentials() && names.iter().any(|name| name == "*"));
    let listed = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let all = answer.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    all.filter(|name| everything || is_safelisted(name) || listed(name))
        .filter(|name| !forbidden::is_forbidden_response_header(name))
        .collect()
}
