//! A request as a page makes it, and what the standard calls it: cross-origin, a CORS request, in need of a preflight.
//!
//! In: the page's origin, a URL, a method, headers, modes. Out: the `Origin` header, and the reasons for a
//! CORS-preflight request (<https://fetch.spec.whatwg.org/#concept-request>).

use std::fmt;

use super::safelist::{self, Unsafe};
use super::{forbidden, method};
use crate::model::origin::Url;

/// The credentials mode (<https://fetch.spec.whatwg.org/#concept-request-credentials-mode>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credentials {
    /// `omit`.
    Omit,
    /// `same-origin`: what `fetch()` and `XMLHttpRequest` use when nothing is said.
    #[default]
    SameOrigin,
    /// `include`; `withCredentials` of an `XMLHttpRequest`.
    Include,
}

/// The mode (<https://fetch.spec.whatwg.org/#concept-request-mode>), as far as scripts choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// `cors`.
    #[default]
    Cors,
    /// `no-cors`: the answer cannot be read.
    NoCors,
    /// `same-origin`: another origin is an error.
    SameOrigin,
}

/// The redirect mode (<https://fetch.spec.whatwg.org/#concept-request-redirect-mode>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RedirectMode {
    /// `follow`.
    #[default]
    Follow,
    /// `error`.
    Error,
    /// `manual`: the answer is opaque.
    Manual,
}

/// What makes the request; browsers name it in their messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Initiator {
    /// `fetch()`.
    #[default]
    Fetch,
    /// `XMLHttpRequest`, and what is built on it.
    XmlHttpRequest,
}

impl Initiator {
    /// The word that messages use.
    pub fn name(self) -> &'static str {
        match self {
            Initiator::Fetch => "fetch",
            Initiator::XmlHttpRequest => "XMLHttpRequest",
        }
    }
}

/// A request as a page makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The page's origin, serialized; `null` when it is opaque.
    pub origin: String,
    /// Its current URL.
    pub url: String,
    /// The URLs that redirected to it, in order.
    pub redirected_from: Vec<String>,
    /// The method, normalised.
    pub method: String,
    /// The headers that the page sets; forbidden ones are not among them.
    pub headers: Vec<(String, String)>,
    /// The credentials mode.
    pub credentials: Credentials,
    /// The mode.
    pub mode: Mode,
    /// The redirect mode.
    pub redirect: RedirectMode,
    /// What makes the request.
    pub initiator: Initiator,
    /// Asks for a preflight in any case: an upload is watched (<https://fetch.spec.whatwg.org/#use-cors-preflight-flag>).
    pub use_preflight: bool,
}

/// Why a CORS-preflight request comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The method is not CORS-safelisted.
    Method(String),
    /// This header (lower-case) is not CORS-safelisted.
    Header(String, Unsafe),
    /// The page watches an upload.
    Upload,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Method(method) => write!(f, "the method {method} is not CORS-safelisted"),
            Reason::Header(name, why) => write!(f, "the header `{name}` {why}"),
            Reason::Upload => f.write_str("the page watches an upload"),
        }
    }
}

impl Request {
    /// A request with the modes that `fetch()` uses when nothing is said.
    pub fn new(origin: &str, method: &str, url: &str) -> Request {
        Request {
            origin: origin.to_owned(),
            url: url.to_owned(),
            redirected_from: Vec::new(),
            method: method::normalize(method),
            headers: Vec::new(),
            credentials: Credentials::default(),
            mode: Mode::default(),
            redirect: RedirectMode::default(),
            initiator: Initiator::default(),
            use_preflight: false,
        }
    }

    /// The same with one more header; a forbidden one is dropped, as browsers do.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Request {
        let value = value.trim_matches(['\t', '\n', '\r', ' ']);
        if !forbidden::is_forbidden_request_header(name, value) {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The same with this credentials mode.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Request {
        self.credentials = credentials;
        self
    }

    /// Is the credentials mode `include`? The CORS check asks for this alone.
    pub fn includes_credentials(&self) -> bool {
        self.credentials == Credentials::Include
    }

    /// Is the URL of another origin than the page? A page with an opaque origin is always elsewhere.
    pub fn is_cross_origin(&self) -> bool {
        !self.redirected_from.iter().chain([&self.url]).all(|url| self.is_own(url))
    }

    /// Is it a CORS request, that is, has it an `Origin` header (<https://fetch.spec.whatwg.org/#cors-request>)?
    pub fn is_cors_request(&self) -> bool {
        self.origin_header().is_some()
    }

    /// The `Origin` header (<https://fetch.spec.whatwg.org/#append-a-request-origin-header>).
    pub fn origin_header(&self) -> Option<String> {
        let cors = self.mode == Mode::Cors && self.is_cross_origin();
        let unsafe_method = !matches!(self.method.as_str(), "GET" | "HEAD");
        (cors || unsafe_method).then(|| self.serialized_origin())
    }

    /// The request's origin as it is compared, `null` once redirects have mixed origins
    /// (<https://fetch.spec.whatwg.org/#serializing-a-request-origin>).
    pub fn serialized_origin(&self) -> String {
        if self.is_redirect_tainted() { "null".to_owned() } else { self.origin.clone() }
    }

    /// Why a CORS-preflight request comes first; empty when none does (<https://fetch.spec.whatwg.org/#main-fetch>).
    pub fn preflight_reasons(&self) -> Vec<Reason> {
        if self.mode != Mode::Cors || !self.is_cross_origin() {
            return Vec::new();
        }
        let mut reasons = Vec::new();
        if !method::is_safelisted(&self.method) {
            reasons.push(Reason::Method(self.method.clone()));
        }
        let headers = safelist::unsafe_names(&self.headers);
        reasons.extend(headers.into_iter().map(|(name, why)| Reason::Header(name, why)));
        if self.use_preflight {
            reasons.push(Reason::Upload);
        }
        reasons
    }

    fn is_own(&self, url: &str) -> bool {
        Url::parse(url).is_some_and(|url| url.origin() == self.origin)
    }

    /// Has a redirect led from one foreign origin to another (<https://fetch.spec.whatwg.org/#concept-request-tainted-origin>)?
    fn is_redirect_tainted(&self) -> bool {
        let urls: Vec<&String> = self.redirected_from.iter().chain([&self.url]).collect();
        urls.windows(2).any(|pair| {
            let origins = [pair[0], pair[1]].map(|url| Url::parse(url).map(|url| url.origin()));
            origins[0] != origins[1] && !self.is_own(pair[0])
        })
    }
}
