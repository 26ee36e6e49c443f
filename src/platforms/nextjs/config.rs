//! `next.config`: header rules, the base path, what happens to trailing slashes.
//!
//! In: the module's default export, also behind plugins and functions. Out: a `Config`. Source:
//! <https://nextjs.org/docs/app/api-reference/config/next-config-js/headers>.

use super::super::configuration::unwrapped;
use super::super::header_rules::{HeaderRule, rule};
use super::super::values::{in_production, option};
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, ModuleId, Value};
use crate::model::condition::Formula;
use crate::source::Span;

/// What a configuration says about requests.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// Header rules in their order.
    pub(super) rules: Vec<HeaderRule>,
    /// `basePath`.
    pub(super) base: String,
    /// Paths get a slash at their end (yes), lose it (no), or neither.
    pub(super) slash: Option<bool>,
    /// There may be more than is known.
    pub(super) open: bool,
    /// Requests are passed on under other paths.
    pub(super) rewrites: bool,
    /// Where the slash is decided.
    pub(super) slash_span: Option<Span>,
}

/// Keys by which the object is known behind the calls of plugins.
const KEYS: [&str; 16] = [
    "headers",
    "rewrites",
    "redirects",
    "reactStrictMode",
    "trailingSlash",
    "basePath",
    "images",
    "webpack",
    "output",
    "experimental",
    "env",
    "eslint",
    "typescript",
    "swcMinify",
    "poweredByHeader",
    "transpilePackages",
];

/// Reads the configuration that a module exports.
pub(super) fn read(run: &mut Interp<'_>, module: ModuleId) -> Config {
    let slash = Some(false);
    let Some(value) = run.default_export(module) else { return Config { open: true, slash, ..Config::default() } };
    let Some(map) = unwrapped(run, &value, &KEYS) else { return Config { open: true, ..Config::default() } };
    let text = |key: &str| option(&map, key).map(|value| in_production(&value));
    let mut config = Config { slash, open: map.as_map().is_none_or(|map| map.open), ..Config::default() };
    if let Some(base) = text("basePath") {
        match base.as_str() {
            Some(base) => config.base = base.to_string(),
            None => config.open |= !base.is_nullish(),
        }
    }
    if let Some(slashes) = text("trailingSlash") {
        config.slash_span = Some(slashes.span);
        config.slash = match slashes.kind {
            Kind::Bool(adds) => Some(adds),
            Kind::Undefined | Kind::Null => Some(false),
            _ => None,
        };
    }
    if text("skipTrailingSlashRedirect").is_some_and(|skip| !matches!(skip.kind, Kind::Bool(false) | Kind::Undefined)) {
        config.slash = None;
    }
    config.rewrites = option(&map, "rewrites").is_some();
    if let Some(headers) = option(&map, "headers") {
        let file = run.path_of_span(headers.span);
        let base = super::super::development(&file, headers.span);
        for (when, headers) in headers.alternatives() {
            rules(run, &headers, &base.clone().and(when), &mut config);
        }
    }
    config
}

fn rules(run: &mut Interp<'_>, headers: &Value, when: &Formula, config: &mut Config) {
    let given = match &headers.kind {
        Kind::Function(closure) => {
            let closure = closure.clone();
            run.run_function(&closure, &Args::default()).1
        }
        Kind::Undefined | Kind::Null => return,
        _ => headers.clone(),
    };
    for (also, list) in given.alternatives() {
        let Some(list) = list.as_list() else {
            config.open |= !list.is_nullish();
            continue;
        };
        config.open |= list.open;
        for item in &list.items {
            for (own, one) in item.value.alternatives() {
                let condition = Formula::all([when.clone(), also.clone(), item.when.clone(), own]);
                match rule(&one, &condition, "nextjs") {
                    Some(rule) => config.rules.push(rule),
                    None => config.open = true,
                }
            }
        }
    }
}
