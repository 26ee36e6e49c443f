//! CORS-preflight fetch: the question before a request that the page may not send unasked, and its answer.
//!
//! In: a request, and the answer to its preflight. Out: the preflight's headers; what the answer grants, or the step
//! that fails (<https://fetch.spec.whatwg.org/#cors-preflight-fetch>).

use super::answer::Answer;
use super::browser::Reader;
use super::cause::{Cause, Refusal};
use super::request::Request;
use super::{cors_check, list, max_age, method, safelist};

/// What an answer to a preflight grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The methods of its list.
    pub methods: Vec<String>,
    /// The header names of its list.
    pub headers: Vec<String>,
    /// For how many seconds it is kept.
    pub max_age: u64,
    /// `*` covers `Authorization`: browsers let it pass, the standard does not.
    pub against_the_standard: bool,
}

/// The headers of the CORS-preflight request, which has the method `OPTIONS`, the same URL and no credentials.
pub fn headers(request: &Request) -> Vec<(String, String)> {
    let mut headers = vec![
        ("Accept".to_owned(), "*/*".to_owned()),
        ("Access-Control-Request-Method".to_owned(), request.method.clone()),
    ];
    let names: Vec<String> = safelist::unsafe_names(&request.headers).into_iter().map(|(name, _)| name).collect();
    if !names.is_empty() {
        headers.push(("Access-Control-Request-Headers".to_owned(), names.join(",")));
    }
    headers.push(("Origin".to_owned(), request.serialized_origin()));
    headers
}

/// Does the answer to its preflight let the request go?
pub fn check(request: &Request, answer: &Answer, reader: Reader) -> Result<Grant, Refusal> {
    // A redirect is no ok status; browsers, which never follow it, stop before they look at any header.
    if answer.is_redirect() && answer.has("Location") {
        return Err(Refusal::new(Cause::PreflightRedirect).with_value(answer.status.to_string()));
    }
    let status = status(answer);
    if reader.status_comes_first() {
        status.clone()?;
    }
    cors_check::check(request, answer)?;
    status?;
    let unreadable = |cause| move |member: String| Refusal::new(cause).with_value(member);
    let methods =
        list::extract(answer, "Access-Control-Allow-Methods").map_err(unreadable(Cause::MethodsUnreadable))?;
    let headers =
        list::extract(answer, "Access-Control-Allow-Headers").map_err(unreadable(Cause::HeadersUnreadable))?;
    // In a request with credentials `*` is the name of a method or header, which nobody uses.
    let wildcard = |names: &[String]| !request.includes_credentials() && names.iter().any(|name| name == "*");
    if !method::is_safelisted(&request.method) && !methods.contains(&request.method) && !wildcard(&methods) {
        let upload_alone = request.use_preflight && !answer.has("Access-Control-Allow-Methods");
        if !upload_alone {
            return Err(Refusal::new(Cause::MethodNotAllowed).with_value(&request.method));
        }
    }
    let listed = |name: &str| headers.iter().any(|known| known.eq_ignore_ascii_case(name));
    let mut against_the_standard = false;
    for (name, _) in safelist::unsafe_names(&request.headers).iter().filter(|(name, _)| !listed(name)) {
        let beyond = safelist::is_non_wildcard(name);
        if !wildcard(&headers) || (beyond && !reader.wildcard_covers_authorization()) {
            return Err(Refusal::new(Cause::HeaderNotAllowed).with_value(name));
        }
        against_the_standard |= beyond;
    }
    let max_age = max_age::seconds(answer.get("Access-Control-Max-Age").as_deref(), reader);
    Ok(Grant { methods, headers, max_age, against_the_standard })
}

fn status(answer: &Answer) -> Result<(), Refusal> {
    if answer.is_ok() {
        Ok(())
    } else {
        Err(Refusal::new(Cause::PreflightStatus).with_value(answer.status.to_string()))
    }
}
