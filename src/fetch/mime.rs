//! As much of MIME types as the CORS-safelist asks for: the essence.
//!
//! In: the value of a `Content-Type` header. Out: `type/subtype` in lower case, without parameters.

use super::list::is_token;

/// The essence of a MIME type, `None` when it cannot be parsed
/// (<https://mimesniff.spec.whatwg.org/#parse-a-mime-type>).
pub fn essence(value: &str) -> Option<String> {
    const WHITE: [char; 4] = ['\n', '\r', '\t', ' '];
    let (kind, rest) = value.trim_matches(WHITE).split_once('/')?;
    let subtype = rest.split(';').next().unwrap_or("").trim_end_matches(WHITE);
    (is_token(kind) && is_token(subtype)).then(|| format!("{kind}/{subtype}").to_ascii_lowercase())
}
