//! Which code runs in a page: told by its package, its place, what it imports and the words it uses.
//!
//! In: manifests, trees of files, and where the servers of the repository stand. Out: whether a request is one of a browser. What a
//! server, a script or an app for phones sends is no business of CORS, so doubt leaves a request out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::super::deployed::Supabase;
use super::super::packages::Packages;
use super::super::ports::package as home;
use super::super::{is_development_path, is_test_path};
use crate::eval::Interp;
use crate::ir::{Export, ExprKind, Module, Stmt, StmtKind};
use crate::model::client::{Base, Browser, ClientRequest, ClientUrl};
use crate::model::project::Project;

/// Frameworks that put code into pages.
const PAGES: [&str; 26] = [
    "@angular/core",
    "@builder.io/qwik",
    "@sveltejs/kit",
    "@vitejs/plugin-react",
    "alpinejs",
    "astro",
    "backbone",
    "bootstrap",
    "ember-source",
    "gatsby",
    "jquery",
    "lit",
    "next",
    "nuxt",
    "parcel",
    "preact",
    "react",
    "react-dom",
    "react-scripts",
    "@remix-run/react",
    "solid-js",
    "svelte",
    "vite",
    "vue",
    "@vue/cli-service",
    "webpack-dev-server",
];
/// Those whose code runs on a server as well.
const BOTH: [&str; 8] =
    ["@remix-run/react", "@remix-run/node", "@sveltejs/kit", "astro", "gatsby", "next", "nuxt", "@react-router/node"];
/// Frameworks for servers.
const SERVERS: [&str; 14] = [
    "@adonisjs/core",
    "@apollo/server",
    "@hapi/hapi",
    "@hono/node-server",
    "@nestjs/core",
    "apollo-server",
    "apollo-server-express",
    "express",
    "fastify",
    "hono",
    "koa",
    "polka",
    "restify",
    "wrangler",
];
/// Platforms that do not ask servers for leave, or ask as something else than a page.
const ELSEWHERE: [&str; 12] = [
    "@crxjs/vite-plugin",
    "@tauri-apps/api",
    "commander",
    "electron",
    "expo",
    "nativescript",
    "plasmo",
    "react-native",
    "vscode",
    "webextension-polyfill",
    "wxt",
    "@types/vscode",
];
/// Bundlers that give pages those variables only whose names begin so.
const BUNDLERS: [&str; 9] =
    ["@sveltejs/kit", "@vue/cli-service", "astro", "gatsby", "next", "nuxt", "react-scripts", "vite", "@remix-run/dev"];
/// Bundlers that leave variables alone.
const PACKERS: [&str; 6] = ["browserify", "esbuild", "parcel-bundler", "rollup", "tsup", "webpack"];
const PUBLIC: [&str; 9] = [
    "NEXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "PUBLIC_",
    "VUE_APP_",
    "NUXT_PUBLIC_",
    "GATSBY_",
    "EXPO_PUBLIC_",
    "BASE_URL",
];
/// Modules of Node, and packages that only make sense there.
const NODE: [&str; 30] = [
    "assert",
    "aws-lambda",
    "body-parser",
    "child_process",
    "cluster",
    "commander",
    "cookie-parser",
    "cors",
    "dotenv",
    "dotenv/config",
    "express",
    "fastify",
    "fs",
    "fs/promises",
    "hono",
    "http",
    "https",
    "koa",
    "mongoose",
    "net",
    "next/headers",
    "next/server",
    "node-cron",
    "node-fetch",
    "os",
    "path",
    "pg",
    "server-only",
    "undici",
    "worker_threads",
];
/// Packages that only make sense in pages.
const USER_INTERFACE: [&str; 12] = [
    "@angular/core",
    "@reduxjs/toolkit",
    "@tanstack/react-query",
    "next/router",
    "next/navigation",
    "preact",
    "react-dom",
    "react-redux",
    "react-router-dom",
    "svelte",
    "vue",
    "zustand",
];

/// What a file says of where it runs.
#[derive(Debug, Default)]
pub struct Nature {
    imports: Vec<Arc<str>>,
    exports: Vec<Arc<str>>,
    directive: Option<Arc<str>>,
    browser_words: bool,
}

impl Nature {
    /// Read off a tree. `browser_words`: it names what only browsers have.
    pub fn of(module: &Module, browser_words: bool) -> Nature {
        let mut nature = Nature { browser_words, ..Nature::default() };
        let first = module.body.first().map(|stmt| &stmt.kind);
        if let Some(StmtKind::Expr(expr)) = first
            && let ExprKind::Str(text) = &expr.kind
        {
            nature.directive = Some(text.clone());
        }
        module.body.iter().for_each(|stmt| nature.read(stmt));
        nature
    }

    fn read(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Import(import) => self.imports.push(import.from.clone()),
            StmtKind::Bind { target, value } => {
                if let crate::ir::Pattern::Name(name, _) = target {
                    self.exports.push(name.clone());
                }
                let mut value = value.as_ref();
                // `require('x')`, `require('x').y`, `require('x')()`
                while let Some(expr) = value {
                    value = match &expr.kind {
                        ExprKind::Require(from) => {
                            self.imports.push(from.clone());
                            None
                        }
                        ExprKind::Member { object, .. } => Some(object),
                        ExprKind::Call { callee, .. } => Some(callee),
                        _ => None,
                    };
                }
            }
            StmtKind::Function(function) => self.exports.extend(function.name.clone()),
            StmtKind::Export(Export::Declaration(inner)) => self.read(inner),
            StmtKind::Export(Export::NamesFrom { from, .. } | Export::StarFrom { from, .. }) => {
                self.imports.push(from.clone());
            }
            StmtKind::Block(body) => body.iter().for_each(|stmt| self.read(stmt)),
            _ => {}
        }
    }

    fn imports_any(&self, names: &[&str]) -> bool {
        self.imports.iter().any(|from| names.contains(&from.trim_start_matches("node:")))
    }
}

/// Where code of the repository runs.
#[derive(Debug)]
pub struct Places<'p> {
    packages: &'p Packages,
    natures: BTreeMap<Utf8PathBuf, Nature>,
    /// Files that make up servers.
    servers: BTreeSet<Utf8PathBuf>,
    /// Directories of their packages.
    server_homes: BTreeSet<Utf8PathBuf>,
}

impl<'p> Places<'p> {
    /// Of the files that send requests, and the servers that were found.
    pub fn new(
        packages: &'p Packages,
        natures: BTreeMap<Utf8PathBuf, Nature>,
        project: &Project,
        path_of: &dyn Fn(crate::source::FileId) -> Utf8PathBuf,
    ) -> Places<'p> {
        let mut spans: Vec<crate::source::Span> = project.servers.iter().map(|server| server.span).collect();
        spans.extend(project.servers.iter().flat_map(|server| server.handlers.iter().map(|handler| handler.span)));
        spans.extend(project.policies.iter().map(|policy| policy.span));
        let files: BTreeSet<_> = spans.into_iter().map(|span| span.file).collect();
        let servers: BTreeSet<Utf8PathBuf> = files.into_iter().map(path_of).collect();
        // Deno's functions are deployed apart from the package that they lie in.
        let beside = servers.iter().filter(|path| packages.deployed.supabase(path) == Supabase::Elsewhere);
        let server_homes = beside.map(|path| home(packages, path)).collect();
        Places { packages, natures, servers, server_homes }
    }

    /// Notes where a request is sent from; false when that is no page.
    pub(super) fn settle(&self, run: &Interp<'_>, request: &mut ClientRequest) -> bool {
        let path = run.path_of_span(request.span);
        let Some(browser) = self.browser(&path) else { return false };
        if request.urls.iter().any(|url| self.is_secret(run, url, &path)) {
            return false;
        }
        request.browser = browser;
        request.package = home(self.packages, &path).as_str().into();
        true
    }

    /// Is an address read from a variable that the bundler keeps from pages? Then the code runs on a server.
    fn is_secret(&self, run: &Interp<'_>, url: &ClientUrl, path: &Utf8Path) -> bool {
        let name = match &url.base {
            Base::Variable { name, .. } => Some(name.clone()),
            Base::Absolute { variable: true, .. } => {
                let variables = run.environment().files.iter().flat_map(|file| file.variables.iter());
                variables.filter(|(_, value)| value.span == url.span).map(|(name, _)| name.clone()).next()
            }
            _ => None,
        };
        let prefixed = BUNDLERS.iter().any(|name| self.packages.depends(name, path));
        let injected = name.as_ref().is_some_and(|name| name.starts_with(super::text::INJECTED));
        prefixed && !injected && name.is_some_and(|name| !PUBLIC.iter().any(|prefix| name.starts_with(prefix)))
    }

    /// Does code of this file run in a browser?
    pub fn browser(&self, path: &Utf8Path) -> Option<Browser> {
        let nature = self.natures.get(path)?;
        if self.servers.contains(path) || is_test_path(path) || is_development_path(path) || is_server_path(path) {
            return None;
        }
        let node = nature.imports_any(&NODE) || nature.imports.iter().any(|from| from.starts_with("node:"));
        let server_side = nature.directive.as_deref() == Some("use server")
            || nature.exports.iter().any(|name| {
                matches!(&**name, "getServerSideProps" | "getStaticProps" | "getInitialProps" | "loader" | "action")
            });
        let has = |names: &[&str]| names.iter().any(|name| self.packages.depends(name, path));
        if node || server_side || has(&ELSEWHERE) {
            return None;
        }
        let own = nature.browser_words
            || nature.directive.as_deref() == Some("use client")
            || nature.imports_any(&USER_INTERFACE)
            || matches!(path.extension(), Some("jsx" | "vue" | "svelte" | "astro"));
        let (pages, both, servers) = (has(&PAGES), has(&BOTH), has(&SERVERS));
        let in_app_router =
            has(&["next"]) && path.parent().is_some_and(|parent| parent.iter().any(|part| part == "app"));
        if in_app_router && nature.directive.as_deref() != Some("use client") {
            return None;
        }
        // A package that uses others, but nothing to put code into pages with, and code that says nothing of a browser: a bot.
        let packed = has(&BUNDLERS) || has(&PACKERS);
        if !own && !pages && !both && !packed && self.packages.depends_on_any(path) && !is_page_path(path) {
            return None;
        }
        // Beside a server of its own package, code has to show that it is not a part of it.
        let beside_server = self.server_homes.contains(&home(self.packages, path));
        if servers && !pages {
            return None;
        }
        match own {
            true => Some(Browser::Certain),
            false if servers || (beside_server && !is_page_path(path)) => None,
            false if pages && !both && path.extension() == Some("tsx") => Some(Browser::Certain),
            false => Some(if pages && !both { Browser::Certain } else { Browser::Likely }),
        }
    }
}

/// Folders and files that are for servers and scripts by their names.
fn is_server_path(path: &Utf8Path) -> bool {
    const FOLDERS: [&str; 18] = [
        "server",
        "servers",
        "backend",
        "functions",
        "supabase",
        "workers",
        "worker",
        "lambda",
        "lambdas",
        "cli",
        "bin",
        "electron",
        "migrations",
        "cron",
        "jobs",
        "netlify",
        "extension",
        "mobile",
    ];
    let name = path.file_name().unwrap_or("");
    let stem = name.split('.').next().unwrap_or("");
    let in_folder =
        path.parent().is_some_and(|parent| parent.iter().any(|part| FOLDERS.contains(&part.to_lowercase().as_str())));
    in_folder
        || path.as_str().contains("pages/api/")
        || matches!(stem, "route" | "middleware" | "proxy" | "server" | "+server" | "background" | "service-worker")
        || name.contains(".server.")
        || name.contains(".config.")
}

/// Folders that are for pages by their names.
fn is_page_path(path: &Utf8Path) -> bool {
    const FOLDERS: [&str; 14] = [
        "client",
        "frontend",
        "web",
        "www",
        "public",
        "static",
        "assets",
        "components",
        "pages",
        "views",
        "hooks",
        "site",
        "ui",
        "app",
    ];
    path.parent().is_some_and(|parent| parent.iter().any(|part| FOLDERS.contains(&part.to_lowercase().as_str())))
}
