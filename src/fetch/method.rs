//! Methods: how a page's spelling is sent, which are forbidden, which need no permission.
//!
//! In: a method as a page writes it. Out: what is sent, and what the standard calls it.

/// Upper-cases the methods that the standard upper-cases; `patch` stays as it is and will not equal `PATCH`
/// (<https://fetch.spec.whatwg.org/#concept-method-normalize>).
pub fn normalize(method: &str) -> String {
    const NORMALISED: [&str; 6] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
    let upper = method.to_ascii_uppercase();
    if NORMALISED.contains(&upper.as_str()) { upper } else { method.to_owned() }
}

/// Is it a CORS-safelisted method, which every server is taken to allow
/// (<https://fetch.spec.whatwg.org/#cors-safelisted-method>)?
pub fn is_safelisted(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST")
}

/// Is it a forbidden method, which no page can send (<https://fetch.spec.whatwg.org/#forbidden-method>)?
pub fn is_forbidden(method: &str) -> bool {
    ["CONNECT", "TRACE", "TRACK"].iter().any(|forbidden| forbidden.eq_ignore_ascii_case(method))
}
