//! Mixed content: a page with https that fetches without. Not CORS, but met at the same place and often taken for it.
//!
//! In: the page's origin and a URL. Out: is the request blocked before it is sent
//! (<https://www.w3.org/TR/mixed-content/#should-block-fetch>).

use crate::model::origin::{Url, is_loopback};

/// Is a fetch of this URL blocked as mixed content?
pub fn is_blocked(page: &str, url: &str) -> bool {
    page.starts_with("https://")
        && Url::parse(url).is_some_and(|url| url.scheme == "http" && !is_trustworthy(&url.host))
}

/// A potentially trustworthy host without https (<https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy>).
fn is_trustworthy(host: &str) -> bool {
    // 0.0.0.0 is taken for loopback by people, not by the standard.
    is_loopback(host) && host != "0.0.0.0"
}
