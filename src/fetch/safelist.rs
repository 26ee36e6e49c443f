//! CORS-safelisted request-headers: those that a page may send to another origin without asking first.
//!
//! In: names and values of request headers. Out: which of them need a preflight, and why
//! (<https://fetch.spec.whatwg.org/#cors-safelisted-request-header>).

use std::fmt;

use super::mime;

/// The longest safelisted value, in bytes.
const MOST_OF_ONE: usize = 128;
/// The most bytes that the values of all safelisted headers may have together.
const MOST_OF_ALL: usize = 1024;

/// Why a request header is not safelisted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsafe {
    /// Its name is not one of the safelist.
    Name,
    /// Its value has more than 128 bytes.
    TooLong(usize),
    /// Its value has a byte that is not allowed there.
    Byte(u8),
    /// `Content-Type` with another MIME type than those of a form; `None` when it is no MIME type at all.
    ContentType(Option<String>),
    /// `Range` that is not one simple range with a start.
    Range,
    /// It is safelisted alone, but all of them together are too long.
    Together(usize),
}

impl fmt::Display for Unsafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsafe::Name => f.write_str("is not CORS-safelisted"),
            Unsafe::TooLong(bytes) => write!(f, "has a value of {bytes} bytes, and {MOST_OF_ONE} are safelisted"),
            Unsafe::Byte(byte) if byte.is_ascii_graphic() => {
                write!(f, "has `{}` in its value, which is not safelisted", char::from(*byte))
            }
            Unsafe::Byte(byte) => write!(f, "has the byte 0x{byte:02X} in its value, which is not safelisted"),
            Unsafe::ContentType(Some(essence)) => {
                write!(f, "is `{essence}`, and only the types of forms are safelisted")
            }
            Unsafe::ContentType(None) => f.write_str("is no MIME type"),
            Unsafe::Range => f.write_str("is not one range with a start"),
            Unsafe::Together(bytes) => {
                write!(f, "belongs to safelisted headers of {bytes} bytes together, and {MOST_OF_ALL} are safelisted")
            }
        }
    }
}

/// Is it a CORS-safelisted request-header?
pub fn check(name: &str, value: &str) -> Result<(), Unsafe> {
    if value.len() > MOST_OF_ONE {
        return Err(Unsafe::TooLong(value.len()));
    }
    let refuse = |refused: fn(u8) -> bool| match value.bytes().find(|&byte| refused(byte)) {
        Some(byte) => Err(Unsafe::Byte(byte)),
        None => Ok(()),
    };
    match name.to_ascii_lowercase().as_str() {
        "accept" => refuse(is_unsafe_byte),
        "accept-language" | "content-language" => refuse(is_no_language_byte),
        "content-type" => {
            refuse(is_unsafe_byte)?;
            match mime::essence(value) {
                Some(essence) if is_form_type(&essence) => Ok(()),
                other => Err(Unsafe::ContentType(other)),
            }
        }
        "range" if is_simple_range(value) => Ok(()),
        "range" => Err(Unsafe::Range),
        _ => Err(Unsafe::Name),
    }
}

/// The CORS-unsafe request-header names of a header list, lower-case and sorted, each with its reason
/// (<https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>).
pub fn unsafe_names(headers: &[(String, String)]) -> Vec<(String, Unsafe)> {
    let mut found = Vec::new();
    let mut safe = Vec::new();
    let mut bytes = 0;
    for (name, value) in headers {
        match check(name, value) {
            Err(why) => found.push((name.to_ascii_lowercase(), why)),
            Ok(()) => {
                safe.push(name.to_ascii_lowercase());
                bytes += value.len();
            }
        }
    }
    if bytes > MOST_OF_ALL {
        found.extend(safe.into_iter().map(|name| (name, Unsafe::Together(bytes))));
    }
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// Is it a CORS non-wildcard request-header name, which `*` does not cover
/// (<https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name>)?
pub fn is_non_wildcard(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
}

fn is_form_type(essence: &str) -> bool {
    matches!(essence, "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain")
}

/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte>
fn is_unsafe_byte(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || b"\"():<>?@[\\]{}\x7F".contains(&byte)
}

fn is_no_language_byte(byte: u8) -> bool {
    !(byte.is_ascii_alphanumeric() || b" *,-.;=".contains(&byte))
}

/// A range that names its start (<https://fetch.spec.whatwg.org/#simple-range-header-value>).
fn is_simple_range(value: &str) -> bool {
    let Some((start, end)) = value.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if start.is_empty() || !digits(start) || !digits(end) {
        return false;
    }
    // Digits are compared as numbers of any size: first by length without leading zeros, then as text.
    let key = |text: &str| (text.trim_start_matches('0').len(), text.trim_start_matches('0').to_owned());
    end.is_empty() || key(start) <= key(end)
}
