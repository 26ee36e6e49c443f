//! Proxies of development servers: Create React App, Vite, Vue CLI, Angular, webpack.
//!
//! In: their configuration files, evaluated or as JSON. Out: `DevServer`s. What they configure is gone in production. Sources:
//! <https://vite.dev/config/server-options#server-proxy>, <https://create-react-app.dev/docs/proxying-api-requests-in-development>,
//! <https://angular.dev/tools/cli/serve#proxying-to-a-backend-server>.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::configuration::unwrapped;
use super::packages::Packages;
use super::values::option;
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, Value};
use crate::model::dev_server::{DevProxy, DevServer};
use crate::model::project::Project;
use crate::source::Spanned;

/// Is it a file that configures a development server?
pub(super) fn is_config(path: &Utf8Path, packages: &Packages) -> bool {
    tool(path).is_some() && (path.file_name() != Some("package.json") || packages.is_proxied(path))
}

fn tool(path: &Utf8Path) -> Option<&'static str> {
    let name = path.file_name()?;
    let stem = name.split('.').next().unwrap_or(name);
    let code = matches!(path.extension(), Some("js" | "ts" | "mjs" | "cjs" | "mts" | "cts"));
    match stem {
        _ if name == "package.json" || code && stem == "setupProxy" => Some("create-react-app"),
        "vite" if code && name.starts_with("vite.config.") => Some("vite"),
        "vue" if code && name.starts_with("vue.config.") => Some("vue-cli"),
        "proxy" if name.starts_with("proxy.conf.") => Some("angular"),
        _ if code && name.starts_with("webpack.") => Some("webpack"),
        _ => None,
    }
}

/// The development servers of a repository.
pub(super) fn recognise(run: &mut Interp<'_>, entries: &[Utf8PathBuf], project: &mut Project) {
    for path in entries {
        let Some(tool) = tool(path) else { continue };
        let folder = path.parent().unwrap_or(Utf8Path::new(""));
        let folder = if folder.file_name() == Some("src") { folder.parent().unwrap_or(folder) } else { folder };
        let mut server = DevServer { tool, folder: folder.to_string(), proxies: Vec::new(), grants: None };
        match (tool, path.extension()) {
            ("create-react-app", Some("json")) => {
                if let Some(target) = run.json_file(path).and_then(|manifest| option(&manifest, "proxy")) {
                    server.proxies.extend(proxy("".into(), &target));
                }
            }
            ("create-react-app", _) => server.proxies = middleware(run, path),
            ("angular", Some("json")) => {
                if let Some(config) = run.json_file(path) {
                    proxies(&config, &mut server.proxies);
                }
            }
            _ => {
                let exported = run.module_at(path).and_then(|module| run.default_export(module));
                let key = if tool == "vite" { "server" } else { "devServer" };
                let keys =
                    [key, "plugins", "build", "entry", "module", "resolve", "publicPath", "transpileDependencies"];
                let Some(config) = exported.and_then(|value| unwrapped(run, &value, &keys)) else { continue };
                let config = if tool == "angular" { Some(config) } else { option(&config, key) };
                let Some(config) = config else { continue };
                match (tool, option(&config, "proxy")) {
                    ("angular", _) => proxies(&config, &mut server.proxies),
                    (_, Some(list)) => proxies(&list, &mut server.proxies),
                    _ => {}
                }
                if let Some(cors) = option(&config, "cors").filter(|_| tool == "vite") {
                    server.grants = grants(&cors);
                }
            }
        }
        if !server.proxies.is_empty() || server.grants.is_some() {
            project.dev_servers.push(server);
        }
    }
}

/// The calls of `http-proxy-middleware` in a file.
fn middleware(run: &mut Interp<'_>, path: &Utf8Path) -> Vec<DevProxy> {
    let exported = run.module_at(path).and_then(|module| run.default_export(module));
    if let Some(setup) = exported.and_then(|value| value.as_function().cloned()) {
        run.run_function(&setup, &Args { open: true, ..Args::default() });
    }
    let mut found: Vec<DevProxy> = Vec::new();
    for object in &run.objects {
        let calls = matches!(
            &*object.path,
            "npm:http-proxy-middleware.createProxyMiddleware()"
                | "npm:http-proxy-middleware.legacyCreateProxyMiddleware()"
                | "npm:http-proxy-middleware()"
                | "npm:http-proxy-middleware.default()"
        );
        if !calls || run.path_of_span(object.span) != path {
            continue;
        }
        let options = object.args.positional.iter().rev().find(|value| value.as_map().is_some());
        let context = object.args.positional.first().and_then(|context| context.as_str().cloned());
        let target = options.and_then(|options| option(options, "target"));
        let one = target.and_then(|target| proxy(context.unwrap_or_default(), &target));
        found.extend(one.filter(|one| !found.contains(one)));
    }
    found
}

/// `{ '/api': 'http://…' }`, `{ '/api': { target } }`, `[{ context, target }]` or one target for everything.
fn proxies(list: &Value, found: &mut Vec<DevProxy>) {
    match &list.kind {
        Kind::Map(map) => {
            for (path, entry) in &map.entries {
                let target = option(&entry.value, "target").filter(|_| entry.value.as_map().is_some());
                found.extend(proxy(path.clone(), target.as_ref().unwrap_or(&entry.value)));
            }
        }
        Kind::List(items) => {
            for item in &items.items {
                let context = option(&item.value, "context").and_then(|context| match &context.kind {
                    Kind::List(list) => list.items.first().and_then(|first| first.value.as_str().cloned()),
                    _ => context.as_str().cloned(),
                });
                if let Some(target) = option(&item.value, "target") {
                    found.extend(proxy(context.unwrap_or_default(), &target));
                }
            }
        }
        Kind::Str(_) => found.extend(proxy("".into(), list)),
        _ => {}
    }
}

/// A proxy whose target is known, or known for the case that a variable is missing.
fn proxy(path: Arc<str>, target: &Value) -> Option<DevProxy> {
    let text =
        target.alternatives().into_iter().find_map(|(_, value)| value.as_str().cloned().map(|text| (text, value)));
    text.map(|(text, value)| DevProxy { path, target: Spanned::new(text, value.span) })
}

/// The origins that a development server answers, where it names them.
fn grants(cors: &Value) -> Option<Spanned<Vec<Arc<str>>>> {
    let origin = option(cors, "origin").filter(|_| cors.as_map().is_some())?;
    let origins: Vec<Arc<str>> = match &origin.kind {
        Kind::Str(text) => vec![text.clone()],
        Kind::List(list) => list.items.iter().filter_map(|item| item.value.as_str().cloned()).collect(),
        _ => return None,
    };
    (!origins.is_empty()).then(|| Spanned::new(origins, cors.span))
}
