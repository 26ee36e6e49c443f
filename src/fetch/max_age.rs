//! `Access-Control-Max-Age`: for how long a preflight's answer is kept.
//!
//! In: the header's value. Out: seconds, as the standard and each browser understand it
//! (<https://fetch.spec.whatwg.org/#http-access-control-max-age>).

use super::browser::{Browser, Reader};

/// The seconds that count when the header is missing or cannot be read.
pub const DEFAULT: u64 = 5;

/// The seconds for which an answer with this value (lines joined) is kept.
pub fn seconds(value: Option<&str>, reader: Reader) -> u64 {
    let Some(value) = value else { return DEFAULT };
    let seconds = match delta_seconds(value) {
        Some(seconds) => seconds,
        // Read in the sources named at `Reader::most_max_age`; 0 and -1 are measured in Chromium 156.
        None => match reader {
            Reader::Browser(Browser::Chromium) if value.strip_prefix('-').is_some_and(is_digits) => 0,
            Reader::Browser(Browser::Firefox) => 0,
            _ => DEFAULT,
        },
    };
    reader.most_max_age().map_or(seconds, |most| seconds.min(most))
}

/// <https://httpwg.org/specs/rfc9111.html#delta-seconds>: digits alone; what is too large counts as very large.
fn delta_seconds(value: &str) -> Option<u64> {
    is_digits(value).then(|| value.parse().unwrap_or(u64::MAX))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
