//! The steps of the standards at which a request ends.
//!
//! In: named by a cause. Out: where to read on, and how the step is called. Numbers are those of the standard as of
//! 2026-11.

/// A step at which a request can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `Access-Control-Allow-Origin` is null.
    CorsCheckMissing,
    /// The origin is not equal to it.
    CorsCheckOrigin,
    /// `Access-Control-Allow-Credentials` is not `true`.
    CorsCheckCredentials,
    /// The status of the preflight's answer.
    PreflightStatus,
    /// The lists of the preflight's answer.
    PreflightLists,
    /// The method against its list.
    PreflightMethod,
    /// `Authorization` against its list.
    PreflightAuthorization,
    /// The other headers against their list.
    PreflightHeader,
    /// Userinfo in the URL of a redirect.
    RedirectCredentials,
    /// The redirect mode and the number of redirects.
    Redirect,
    /// The mode `same-origin`.
    SameOriginMode,
    /// The scheme of the URL.
    Scheme,
    /// The `Origin` header.
    OriginHeader,
    /// Whether https pages may fetch without https.
    MixedContent,
    /// Whether pages may reach the local network.
    LocalNetwork,
    /// A network error without a step of its own.
    NetworkError,
}

impl Step {
    /// Algorithm and step, for people.
    pub fn title(self) -> &'static str {
        match self {
            Step::CorsCheckMissing => "CORS check, step 2: `Access-Control-Allow-Origin` is there",
            Step::CorsCheckOrigin => {
                "CORS check, step 4: the request's origin is equal to `Access-Control-Allow-Origin`"
            }
            Step::CorsCheckCredentials => "CORS check, step 7: `Access-Control-Allow-Credentials` is `true`",
            Step::PreflightStatus => "CORS-preflight fetch, step 7: the status is an ok status (200 to 299)",
            Step::PreflightLists => "CORS-preflight fetch, step 7.3: the lists of methods and headers can be read",
            Step::PreflightMethod => "CORS-preflight fetch, step 7.5: the method is allowed",
            Step::PreflightAuthorization => "CORS-preflight fetch, step 7.6: `Authorization` is listed by name",
            Step::PreflightHeader => "CORS-preflight fetch, step 7.7: every unsafe header is allowed",
            Step::RedirectCredentials => "HTTP-redirect fetch, step 7: the new URL has no user name and password",
            Step::Redirect => "HTTP fetch: the redirect may be followed",
            Step::SameOriginMode => "Main fetch: the mode `same-origin` stays on one origin",
            Step::Scheme => "Main fetch: the URL's scheme is http or https",
            Step::OriginHeader => "Append a request `Origin` header",
            Step::MixedContent => "Mixed Content: a page with https fetches with https",
            Step::LocalNetwork => "Local Network Access: a public page asks before it reaches the local network",
            Step::NetworkError => "Network error",
        }
    }

    /// Where the standard says it.
    pub fn anchor(self) -> &'static str {
        match self {
            Step::CorsCheckMissing | Step::CorsCheckOrigin | Step::CorsCheckCredentials => {
                "https://fetch.spec.whatwg.org/#cors-check"
            }
            Step::PreflightStatus
            | Step::PreflightLists
            | Step::PreflightMethod
            | Step::PreflightAuthorization
            | Step::PreflightHeader => "https://fetch.spec.whatwg.org/#cors-preflight-fetch",
            Step::RedirectCredentials => "https://fetch.spec.whatwg.org/#http-redirect-fetch",
            Step::Redirect => "https://fetch.spec.whatwg.org/#http-fetch",
            Step::SameOriginMode | Step::Scheme => "https://fetch.spec.whatwg.org/#main-fetch",
            Step::OriginHeader => "https://fetch.spec.whatwg.org/#append-a-request-origin-header",
            Step::MixedContent => "https://www.w3.org/TR/mixed-content/#should-block-fetch",
            Step::LocalNetwork => "https://wicg.github.io/local-network-access/",
            Step::NetworkError => "https://fetch.spec.whatwg.org/#concept-network-error",
        }
    }
}
