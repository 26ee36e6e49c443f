//! What a redirect makes of a request.
//!
//! In: a request and the `Location` of a redirect. Out: the request that follows, or why none does
//! (<https://fetch.spec.whatwg.org/#http-redirect-fetch>).

use super::cause::{Cause, Refusal};
use super::request::{RedirectMode, Request};
use super::safelist;
use crate::model::origin::Url;

/// As many redirects as the standard follows.
const MOST: usize = 20;

/// The request that follows a redirect with this status.
pub fn follow(request: &Request, status: u16, location: &str) -> Result<Request, Refusal> {
    if request.redirect == RedirectMode::Error || request.redirected_from.len() >= MOST {
        return Err(Refusal::new(Cause::RedirectRefused));
    }
    let url = resolve(&request.url, location);
    let Some(target) = Url::parse(&url).filter(|url| matches!(url.scheme.as_str(), "http" | "https")) else {
        return Err(Refusal::new(Cause::SchemeNotSupported).with_value(&url));
    };
    let mut next = Request { url, ..request.clone() };
    next.redirected_from.push(request.url.clone());
    if has_userinfo(&next.url) && next.is_cross_origin() {
        return Err(Refusal::new(Cause::RedirectWithCredentials).with_value(&next.url));
    }
    let becomes_get = matches!(status, 301 | 302) && request.method == "POST"
        || status == 303 && !matches!(request.method.as_str(), "GET" | "HEAD");
    if becomes_get {
        const OF_THE_BODY: [&str; 4] = ["content-encoding", "content-language", "content-location", "content-type"];
        next.method = "GET".to_owned();
        next.headers.retain(|(name, _)| !OF_THE_BODY.contains(&name.to_ascii_lowercase().as_str()));
    }
    if Url::parse(&request.url).is_none_or(|url| url.origin() != target.origin()) {
        next.headers.retain(|(name, _)| !safelist::is_non_wildcard(name));
    }
    Ok(next)
}

/// `Location` against the URL it answers: absolute, `//host/path`, `/path` or relative.
fn resolve(base: &str, location: &str) -> String {
    let scheme = location.split_once(':').map_or("", |(scheme, _)| scheme);
    if !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
        return location.to_owned();
    }
    let Some(url) = Url::parse(base) else { return location.to_owned() };
    match location {
        _ if location.starts_with("//") => format!("{}:{location}", url.scheme),
        _ if location.starts_with('/') => format!("{}{location}", url.origin()),
        _ => {
            let folder = url.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{}{folder}/{location}", url.origin())
        }
    }
}

fn has_userinfo(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}
