//! A request that code for a browser sends: what a page asks for, as far as its source says.
//!
//! In: built by `platforms/client`. Out: linked to servers by `link`, asked by `facts/`. Knows no library's syntax.

use std::sync::Arc;

use super::condition::Formula;
use super::origin::Url;
use crate::source::{Span, Spanned};

/// One call that sends a request, or an instance that many calls share.
#[derive(Debug, Clone)]
pub struct ClientRequest {
    /// `fetch`, `axios`, `XMLHttpRequest` …
    pub library: &'static str,
    /// The call.
    pub span: Span,
    /// When it is sent.
    pub when: Formula,
    /// Where it may go; several when that depends on the environment.
    pub urls: Vec<ClientUrl>,
    /// The method as it is sent; `None` when it is not known.
    pub method: Spanned<Option<Arc<str>>>,
    /// Request headers that it sets, in order.
    pub headers: Vec<ClientHeader>,
    /// The type of its body.
    pub content_type: Spanned<BodyType>,
    /// Its credentials mode.
    pub credentials: Spanned<Credentials>,
    /// Somebody wrote down the credentials mode, and did not leave it to the default.
    pub credentials_written: bool,
    /// `mode: 'no-cors'`, where it is written.
    pub no_cors: Option<Span>,
    /// Response headers that are read.
    pub reads: Vec<Spanned<Arc<str>>>,
    /// Where the body or the status of its answer is read.
    pub reads_answer: Option<Span>,
    /// How certain it is that the code runs in a browser.
    pub browser: Browser,
    /// The directory of the package that the code belongs to.
    pub package: Arc<str>,
}

/// How certain it is that code runs in a browser. Code of a server is no client at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Browser {
    /// Nothing speaks against it.
    Likely,
    /// It uses what only browsers have, or a framework for pages.
    Certain,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientUrl {
    /// When it goes there.
    pub when: Formula,
    /// What stands in front of the path.
    pub base: Base,
    /// The path without the query, with `{}` for segments that are not known; `None` when nothing is known of it.
    pub path: Option<String>,
    /// Where the address is written: the literal or the line of an env file, not the call.
    pub span: Span,
}

/// What stands in front of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// Nothing: it goes to the page's own origin.
    Relative,
    /// A scheme and a host.
    Absolute {
        /// Scheme, host and port; its path is of no meaning.
        url: Url,
        /// The port is not known.
        open_port: bool,
        /// It is the value of a variable of the production environment.
        variable: bool,
    },
    /// An environment variable without a value in production.
    Variable {
        /// Its name.
        name: Arc<str>,
        /// What env files of other environments say it is.
        seen: Vec<Spanned<Arc<str>>>,
    },
    /// Nobody knows.
    Open,
}

/// A request header.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientHeader {
    /// Its name as written.
    pub name: Spanned<Arc<str>>,
    /// Its value, where it is known.
    pub value: Option<Arc<str>>,
}

/// The type of a request's body, as far as it decides about a preflight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyType {
    /// There is no `Content-Type`, or one that needs no preflight.
    Safelisted,
    /// This one, which needs a preflight: `application/json`.
    Other(Arc<str>),
    /// Nobody knows.
    Unknown,
}

/// A credentials mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// Never.
    Omit,
    /// To the page's own origin only.
    SameOrigin,
    /// Always.
    Include,
    /// Nobody knows.
    Unknown,
}

impl ClientRequest {
    /// Is it answered by the routes of a server, under CORS? WebSockets are not under CORS, and what libraries build on them is
    /// answered by a server of its own beside the routes.
    pub fn meets_routes(&self) -> bool {
        !matches!(self.library, "socket.io" | "SockJS" | "SignalR" | "WebSocket")
    }

    /// A plain GET of which only the place is known; libraries say how theirs differs.
    pub fn new(library: &'static str, span: Span) -> ClientRequest {
        ClientRequest {
            library,
            span,
            when: Formula::True,
            urls: Vec::new(),
            method: Spanned::new(Some("GET".into()), span),
            headers: Vec::new(),
            content_type: Spanned::new(BodyType::Safelisted, span),
            credentials: Spanned::new(Credentials::SameOrigin, span),
            credentials_written: false,
            no_cors: None,
            reads: Vec::new(),
            reads_answer: None,
            browser: Browser::Likely,
            package: "".into(),
        }
    }
}
