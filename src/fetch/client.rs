//! What of a client's request needs leave: read off its source instead of off the wire.
//!
//! In: a request as code writes it, with values that may not be known. Out: the names that a preflight would ask about. What is
//! not known is taken for what needs no leave.

use std::sync::Arc;

use super::{forbidden, method, safelist};
use crate::model::client::{BodyType, ClientRequest};
use crate::source::Spanned;

/// Header names that are certainly not CORS-safelisted, with where they are written; `Content-Type` by the type of the body.
pub fn unsafe_headers(request: &ClientRequest) -> Vec<Spanned<Arc<str>>> {
    let mut names: Vec<Spanned<Arc<str>>> = Vec::new();
    for header in &request.headers {
        let name = &header.name.value;
        // Scripts cannot set it: the browser leaves it out without a word.
        if forbidden::is_forbidden_request_header(name, "") {
            continue;
        }
        let known = match &header.value {
            Some(value) => safelist::check(name, value).is_ok(),
            None => is_listed(name),
        };
        if !known {
            names.push(header.name.clone());
        }
    }
    if let BodyType::Other(_) = request.content_type.value {
        names.push(Spanned::new("Content-Type".into(), request.content_type.span));
    }
    names
}

/// Does it certainly need a CORS-preflight request when it goes to another origin?
pub fn needs_preflight(request: &ClientRequest) -> bool {
    let unsafe_method = request.method.value.as_deref().is_some_and(|method| !method::is_safelisted(method));
    request.no_cors.is_none() && (unsafe_method || !unsafe_headers(request).is_empty())
}

/// A name whose value decides.
fn is_listed(name: &str) -> bool {
    const NAMES: [&str; 5] = ["accept", "accept-language", "content-language", "content-type", "range"];
    NAMES.contains(&name.to_ascii_lowercase().as_str())
}
