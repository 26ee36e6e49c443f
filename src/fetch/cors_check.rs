//! The CORS check: may the page's origin read this answer?
//!
//! In: a request and an answer, to it or to its preflight. Out: yes, or the step that fails
//! (<https://fetch.spec.whatwg.org/#cors-check>).

use super::answer::Answer;
use super::cause::{Cause, Refusal};
use super::request::Request;
use crate::model::origin::Url;

/// The header that names who may read.
pub const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";
/// The header that allows credentials.
pub const ALLOW_CREDENTIALS: &str = "Access-Control-Allow-Credentials";

/// The CORS check.
pub fn check(request: &Request, answer: &Answer) -> Result<(), Refusal> {
    let Some(origin) = answer.get(ALLOW_ORIGIN) else { return Err(Refusal::new(Cause::AllowOriginMissing)) };
    if origin == "*" {
        return match request.includes_credentials() {
            true => Err(Refusal::new(Cause::WildcardWithCredentials)),
            false => Ok(()),
        };
    }
    if origin != request.serialized_origin() {
        let twice = answer.values(ALLOW_ORIGIN).len() > 1;
        let cause = if twice { Cause::AllowOriginTwice } else { difference(&origin) };
        return Err(Refusal::new(cause).with_value(origin));
    }
    if !request.includes_credentials() {
        return Ok(());
    }
    match answer.get(ALLOW_CREDENTIALS).unwrap_or_default() {
        value if value == "true" => Ok(()),
        value => Err(Refusal::new(Cause::CredentialsNotAllowed).with_value(value)),
    }
}

/// How one value that is not equal differs. The standard does not ask; browsers say it, and people need it.
pub fn difference(value: &str) -> Cause {
    if value.contains([' ', ',']) {
        Cause::AllowOriginList
    } else if value == "null" || is_url(value) {
        Cause::AllowOriginDiffers
    } else {
        Cause::AllowOriginInvalid
    }
}

/// Would a URL parser accept it? Not only origins: `https://a.example/path` and `localhost:3000` are URLs.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    match scheme.to_ascii_lowercase().as_str() {
        special @ ("http" | "https" | "ws" | "wss" | "ftp") => {
            Url::parse(&format!("{special}://{}", rest.trim_start_matches(['/', '\\']))).is_some()
        }
        _ => named,
    }
}
