//! Well-known names, and which of them a misspelt one was meant to be.
//!
//! In: a name as somebody wrote it. Out: the well-known name it is nearly, or nothing: names of one's own are fine. Knows no
//! platform.

use std::sync::Arc;

use strsim::damerau_levenshtein;

use crate::model::policy::Names;
use crate::model::project::{NameUse, Project};
use crate::model::server::Effect;
use crate::source::Spanned;

/// Response and request headers of CORS.
const CORS_HEADERS: [&str; 10] = [
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Access-Control-Allow-Private-Network",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Private-Network",
];

/// How far a name of CORS may be from what was meant: `Accept-Control-Allow-Header` is.
const CORS_DISTANCE: usize = 3;

/// The response header of CORS that was meant; `None` when the name is right or something else altogether.
pub fn meant_header(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase();
    if CORS_HEADERS.iter().any(|known| known.eq_ignore_ascii_case(&lower)) || lower.len() < 16 {
        return None;
    }
    nearest(&lower, &CORS_HEADERS, CORS_DISTANCE)
}

/// Methods of HTTP and WebDAV, and others in use.
const METHODS: [&str; 39] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "CONNECT",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "MKCALENDAR",
    "ACL",
    "BIND",
    "REBIND",
    "UNBIND",
    "LINK",
    "UNLINK",
    "PURGE",
    "QUERY",
    "LIST",
    "VIEW",
    "MERGE",
    "CHECKOUT",
    "CHECKIN",
    "MKACTIVITY",
    "ORDERPATCH",
    "UPDATE",
    "LABEL",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "NOTIFY",
];

/// The method that was meant; `None` when the name is right, another method, or only wrong in case.
pub fn meant_method(name: &str) -> Option<&'static str> {
    const MEANT: [&str; 6] = ["HEAD", "POST", "DELETE", "PATCH", "OPTIONS", "CONNECT"];
    let upper = name.trim().to_ascii_uppercase();
    let letters = upper.len() >= 4 && upper.chars().all(|c| c.is_ascii_uppercase());
    if !letters || METHODS.contains(&&*upper) {
        return None;
    }
    nearest(&upper, &MEANT, 1)
}

/// Request headers whose names are misspelt, and those that are near them and right.
const REQUEST_HEADERS: [&str; 22] = [
    "Authorization",
    "Content-Type",
    "X-Requested-With",
    "Cache-Control",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "User-Agent",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Charset",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Range",
    "Content-MD5",
    "Content-Location",
    "Accept-Version",
    "If-None-Match",
    "X-Requested-By",
    "X-Authorization",
    "Accept-Ranges",
];

/// The request header that was meant in a list of allowed headers; `None` when the name is right or one's own.
pub fn meant_request_header(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase();
    if lower.len() < 9 || REQUEST_HEADERS.iter().any(|known| known.eq_ignore_ascii_case(&lower)) {
        return None;
    }
    nearest(&lower, &REQUEST_HEADERS, if lower.len() >= 12 { 2 } else { 1 })
}

/// The nearest of some names that is not further away than `most`.
fn nearest(name: &str, known: &[&'static str], most: usize) -> Option<&'static str> {
    // Longer than any name by more than the distance: not worth comparing.
    if name.len() > 64 {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let far = known.iter().map(|&known| (damerau_levenshtein(&name, &known.to_ascii_lowercase()), known));
    far.filter(|&(distance, _)| distance <= most).min_by_key(|&(distance, _)| distance).map(|(_, known)| known)
}

/// Misspelt names in the lists of policies and in the header lines of handlers.
pub fn uses(project: &Project) -> Vec<NameUse> {
    let mut uses: Vec<NameUse> = Vec::new();
    let mut push =
        |name: &Spanned<Arc<str>>, meant: Option<&'static str>, kind: &'static str, platform: &'static str| {
            let known = uses.iter().any(|one| one.name.span == name.span);
            if let (Some(meant), false) = (meant, known) {
                uses.push(NameUse { name: name.clone(), meant: meant.into(), kind, platform });
            }
        };
    for policy in &project.policies {
        for name in listed(&policy.allow_methods.value) {
            push(name, meant_method(&name.value), "allowed method", policy.platform);
        }
        for name in listed(&policy.allow_headers.value) {
            push(name, meant_request_header(&name.value), "allowed header", policy.platform);
        }
    }
    for server in &project.servers {
        for guarded in server.handlers.iter().flat_map(|handler| &handler.effects) {
            if let Effect::Set(name, _) | Effect::Append(name, _) | Effect::Default(name, _) = &guarded.effect {
                push(name, meant_header(&name.value), "response header", server.platform);
            }
        }
    }
    uses
}

/// Request headers that the browser alone writes and never asks for, as far as people list them.
const WRITTEN_BY_BROWSERS: [&str; 4] = ["cookie", "cookie2", "host", "set-cookie2"];
/// What servers answer with.
const ANSWERS: [&str; 7] = [
    "set-cookie",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-max-age",
];

/// Names in lists of allowed headers that allow nothing: one entry for each list, from its first such name.
pub fn idle(project: &Project) -> Vec<NameUse> {
    let mut found: Vec<NameUse> = Vec::new();
    for policy in &project.policies {
        let is =
            |known: &[&str], name: &Spanned<Arc<str>>| known.iter().any(|one| name.value.eq_ignore_ascii_case(one));
        let listed = listed(&policy.allow_headers.value);
        let useless: Vec<&Spanned<Arc<str>>> =
            listed.iter().filter(|name| is(&WRITTEN_BY_BROWSERS, name) || is(&ANSWERS, name)).collect();
        let Some(first) = useless.first() else { continue };
        if found.iter().any(|one| one.name.span == first.span) {
            continue;
        }
        let answers = useless.iter().any(|name| is(&ANSWERS, name));
        let reason = match (answers, useless.iter().any(|name| is(&WRITTEN_BY_BROWSERS, name))) {
            (true, false) => "a server answers with it, and no page sends it",
            (false, _) => "the browser writes it itself, and no page can set it",
            (true, true) => "the browser or the server writes it, and no page can send it",
        };
        let names = useless.iter().map(|name| &*name.value).collect::<Vec<_>>().join(", ");
        let name = Spanned::new(Arc::from(names), first.span);
        found.push(NameUse { name, meant: reason.into(), kind: "allowed header", platform: policy.platform });
    }
    found
}

fn listed(names: &Names) -> &[Spanned<Arc<str>>] {
    match names {
        Names::Listed { names, .. } => names,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::{meant_header, meant_method, meant_request_header};

    #[test]
    fn names_that_were_meant() {
        assert_eq!(meant_header("Access-Control-Allow-Header"), Some("Access-Control-Allow-Headers"));
        assert_eq!(meant_header("access-control-allow-method"), Some("Access-Control-Allow-Methods"));
        assert_eq!(meant_header("Acces-Control-Allow-Origin"), Some("Access-Control-Allow-Origin"));
        assert_eq!(meant_header("Accept-Control-Allow-Origin"), Some("Access-Control-Allow-Origin"));
        assert_eq!(meant_header("Access-Control-Allowed-Origins"), Some("Access-Control-Allow-Origin"));
        assert_eq!(meant_header("Access_Control_Allow_Origin"), Some("Access-Control-Allow-Origin"));
        assert_eq!(meant_method("OPTION"), Some("OPTIONS"));
        assert_eq!(meant_method("DELET"), Some("DELETE"));
        assert_eq!(meant_request_header("Authorisation"), Some("Authorization"));
        assert_eq!(meant_request_header("X-Request-With"), Some("X-Requested-With"));
        assert_eq!(meant_request_header("Contet-Type"), Some("Content-Type"));
    }

    #[test]
    fn names_that_are_right_or_ones_own() {
        for name in
            ["Access-Control-Request-Headers", "Access-Control-Max-Age", "X-Frame-Options", "Strict-Transport-Security"]
        {
            assert_eq!(meant_header(name), None, "{name}");
        }
        for name in ["GET", "PUT", "put", "MKCOL", "PURGE", "*", "COPY", "QUERY"] {
            assert_eq!(meant_method(name), None, "{name}");
        }
        for name in
            ["X-Api-Key", "X-CSRFToken", "If-None-Match", "Content-MD5", "Authentication", "X-CustomHeader", "DNT"]
        {
            assert_eq!(meant_request_header(name), None, "{name}");
        }
    }
}
