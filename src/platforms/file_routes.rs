//! Paths that stand in the names of files and in patterns, as the model's scopes write them.
//!
//! In: `pages/api/items/[id].ts`, `/api/:path*`. Out: `/api/items/:id`, `/api/*path`. Shared by Next.js and Vercel, which
//! follow the same conventions. Knows no file's content.

use camino::Utf8Path;

const EXTENSIONS: [&str; 6] = ["js", "jsx", "ts", "tsx", "mjs", "cjs"];

/// What a file of a Next.js application is for, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A file below `pages/api`, with its path.
    PagesApi(String),
    /// A `route` file below `app`, with its path.
    Route(String),
    /// `middleware` or, since Next.js 16, `proxy`.
    Middleware,
    /// `next.config`.
    Config,
}

/// The place of a file, by its path from the root of the application.
pub(super) fn place(path: &Utf8Path) -> Option<Place> {
    if !path.extension().is_some_and(|extension| EXTENSIONS.contains(&extension)) {
        return None;
    }
    let stem = path.file_stem()?;
    let inside = path.strip_prefix("src").unwrap_or(path);
    let parent = inside.parent().unwrap_or(Utf8Path::new(""));
    if stem == "next.config" && path.components().count() == 1 {
        return Some(Place::Config);
    }
    if parent.as_str().is_empty() {
        return matches!(stem, "middleware" | "proxy").then_some(Place::Middleware);
    }
    if let Some(path) = inside.strip_prefix("pages").ok().and_then(function) {
        return Some(Place::PagesApi(path));
    }
    if let (Ok(below), "route") = (inside.strip_prefix("app"), stem) {
        let parts = below.parent().unwrap_or(Utf8Path::new("")).iter();
        // `(groups)` and `@slots` are no part of the path.
        let parts = parts.filter(|part| !part.starts_with(['(', '@']));
        return Some(Place::Route(route("", parts)));
    }
    None
}

/// The path of a function, by its file below a folder `api`.
pub(super) fn function(file: &Utf8Path) -> Option<String> {
    let below = file.strip_prefix("api").ok()?;
    let stem = below.file_stem().filter(|_| below.extension().is_some_and(|end| EXTENSIONS.contains(&end)))?;
    let parts = below.parent().unwrap_or(Utf8Path::new("")).iter().chain((stem != "index").then_some(stem));
    Some(route("/api", parts))
}

fn route<'p>(base: &str, parts: impl Iterator<Item = &'p str>) -> String {
    let mut path = base.to_owned();
    for part in parts {
        path.push('/');
        let inner = part.trim_start_matches('[').trim_end_matches(']');
        match (inner.strip_prefix("..."), part.starts_with('[')) {
            (Some(rest), true) => path.extend(["*", rest]),
            (None, true) => path.extend([":", inner]),
            _ => path.push_str(part),
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// A `source` or `matcher` pattern as a scope writes it. What is more than segments and parameters stays as it is, and the
/// scope says that it does not know.
pub(super) fn pattern(base: &str, source: &str) -> String {
    let mut path = base.trim_end_matches('/').to_owned();
    for part in source.split('/').filter(|part| !part.is_empty()) {
        path.push('/');
        let name = part.strip_prefix(':').and_then(|rest| rest.strip_suffix(['*', '+']));
        let any = part.strip_prefix(':').and_then(|rest| {
            let (name, regex) = rest.split_once('(')?;
            matches!(regex, ".*)" | ".+)" | ".*)*").then_some(name)
        });
        match (name.or(any), part) {
            (Some(name), _) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => path.extend(["*", name]),
            (_, "(.*)" | "(.+)") => path.push_str("*rest"),
            _ => path.push_str(part),
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// The order in which routes are asked: fixed parts before parameters before the rest.
pub(super) fn rank(path: &str) -> Vec<(u8, String)> {
    let kind = |part: &str| match part.chars().next() {
        Some('*') => 2,
        Some(':') => 1,
        _ => 0,
    };
    path.split('/').map(|part| (kind(part), part.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_paths() {
        let api = |path: &str| Some(Place::PagesApi(path.to_owned()));
        let route = |path: &str| Some(Place::Route(path.to_owned()));
        let table = [
            ("pages/api/items/index.js", api("/api/items")),
            ("pages/api/items/[id].ts", api("/api/items/:id")),
            ("src/pages/api/[...all].js", api("/api/*all")),
            ("pages/api/index.ts", api("/api")),
            ("pages/about.tsx", None),
            ("app/api/items/[id]/route.ts", route("/api/items/:id")),
            ("src/app/(shop)/feed/[[...slug]]/route.js", route("/feed/*slug")),
            ("app/route.ts", route("/")),
            ("app/page.tsx", None),
            ("middleware.ts", Some(Place::Middleware)),
            ("src/proxy.ts", Some(Place::Middleware)),
            ("lib/middleware.ts", None),
            ("next.config.mjs", Some(Place::Config)),
            ("src/next.config.mjs", None),
            ("pages/api/readme.md", None),
        ];
        for (path, expected) in table {
            assert_eq!(place(Utf8Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn patterns_become_scopes() {
        let table = [
            ("/api/:path*", "/api/*path"),
            ("/api/(.*)", "/api/*rest"),
            ("/(.*)", "/*rest"),
            ("/:path*", "/*path"),
            ("/api/:id", "/api/:id"),
            ("/api/:path(.*)", "/api/*path"),
            ("/((?!api).*)", "/((?!api).*)"),
            ("/", "/"),
        ];
        for (source, expected) in table {
            assert_eq!(pattern("", source), expected, "{source}");
        }
        assert_eq!(pattern("/docs", "/api/:path*"), "/docs/api/*path");
    }

    #[test]
    fn fixed_parts_are_asked_first() {
        let mut paths = ["/api/*all", "/api/:id", "/api/items"];
        paths.sort_by_key(|path| rank(path));
        assert_eq!(paths, ["/api/items", "/api/:id", "/api/*all"]);
    }
}
