//! Headers that no page can set, and headers that no page can read.
//!
//! In: header names. Out: is it a forbidden request-header or a forbidden response-header name. The browser drops such
//! request headers in silence, so they never ask for a preflight.

use super::method;

/// Is it a forbidden request-header (<https://fetch.spec.whatwg.org/#forbidden-request-header>)?
pub fn is_forbidden_request_header(name: &str, value: &str) -> bool {
    const NAMES: [&str; 21] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    let name = name.to_ascii_lowercase();
    if NAMES.contains(&name.as_str()) || name.starts_with("proxy-") || name.starts_with("sec-") {
        return true;
    }
    matches!(name.as_str(), "x-http-method" | "x-http-method-override" | "x-method-override")
        && value.split(',').any(|method| method::is_forbidden(method.trim_matches(['\t', ' '])))
}

/// Is it a forbidden response-header name, hidden from scripts whatever a server exposes
/// (<https://fetch.spec.whatwg.org/#forbidden-response-header-name>)?
pub fn is_forbidden_response_header(name: &str) -> bool {
    name.eq_ignore_ascii_case("set-cookie") || name.eq_ignore_ascii_case("set-cookie2")
}
