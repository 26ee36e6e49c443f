//! What holds on a developer's machine only, and what takes its place in production.
//!
//! In: built by `platforms/` from the configuration of bundlers and of web servers. Out: asked by `facts/`. Knows no tool's
//! syntax.

use std::sync::Arc;

use crate::source::{Span, Spanned};

/// A development server of a front end.
#[derive(Debug, Clone, PartialEq)]
pub struct DevServer {
    /// `vite`, `create-react-app`, `angular`, `webpack`.
    pub tool: &'static str,
    /// The folder of the front end.
    pub folder: String,
    /// What it passes on to other servers.
    pub proxies: Vec<DevProxy>,
    /// The pages that it answers with CORS headers, where they are listed, and where that is written.
    pub grants: Option<Spanned<Vec<Arc<str>>>>,
}

/// A proxy of a development server: pages call their own host, and the proxy calls the backend.
#[derive(Debug, Clone, PartialEq)]
pub struct DevProxy {
    /// The paths it takes, as written; empty means all.
    pub path: Arc<str>,
    /// Where it passes them on to.
    pub target: Spanned<Arc<str>>,
}

/// A web server or hosting platform that stands in front in production.
#[derive(Debug, Clone, PartialEq)]
pub struct Front {
    /// The folder of its configuration.
    pub folder: String,
    /// Where it is configured.
    pub span: Span,
    /// It passes requests on to another server.
    pub forwards: bool,
    /// It serves files.
    pub serves_files: bool,
    /// Pages are among them.
    pub serves_pages: bool,
    /// It writes headers of CORS.
    pub grants: bool,
}
