//! The full paths of Nest's routes: global prefix, version, controller, method.
//!
//! In: what an application was told of prefixes and versions, the arguments of decorators. Out: paths in Express's form. A part
//! that is not known is written as a group, `/(prefix)`, of which nobody says what it matches. Sources:
//! <https://docs.nestjs.com/faq/global-prefix>, <https://docs.nestjs.com/techniques/versioning>.

use std::sync::Arc;

use crate::eval::value::{Args, Kind, Value};
use crate::platforms::values::option;
use crate::source::{Span, Spanned};

/// What an application puts in front of its routes.
#[derive(Debug, Clone, Default)]
pub(super) struct Front {
    /// `setGlobalPrefix('api')`.
    pub(super) prefix: Prefix,
    /// `enableVersioning()`.
    pub(super) versions: Versions,
}

/// The global prefix.
#[derive(Debug, Clone, Default)]
pub(super) enum Prefix {
    #[default]
    None,
    /// With the paths that go without it; `None` when they are not all known.
    Text(Arc<str>, Option<Vec<Arc<str>>>),
    Unknown,
}

/// How versions show in paths.
#[derive(Debug, Clone, Default)]
pub(super) enum Versions {
    /// Not at all.
    #[default]
    None,
    /// As `/v1`, with what stands in front of the number, and the versions of routes that name none.
    Uri { prefix: Arc<str>, default: Option<Vec<Option<Arc<str>>>> },
    /// Nobody knows.
    Unknown,
}

/// `app.setGlobalPrefix(prefix, { exclude })`.
pub(super) fn prefix(args: &Args) -> Prefix {
    let Some(text) = args.positional.first().and_then(|value| value.as_str()) else { return Prefix::Unknown };
    let excluded = match args.positional.get(1).and_then(|options| option(options, "exclude")) {
        None => Some(Vec::new()),
        Some(list) => list.as_list().filter(|list| !list.open).and_then(|list| {
            let texts = list.items.iter().map(|item| match option(&item.value, "path") {
                Some(path) if item.value.as_map().is_some() => path.as_str().cloned(),
                _ => item.value.as_str().cloned(),
            });
            texts.map(|text| text.filter(|text| !text.contains(['*', '(', ':', '{']))).collect()
        }),
    };
    Prefix::Text(text.clone(), excluded)
}

/// `app.enableVersioning(options)`: in the path unless it says otherwise.
pub(super) fn versions(args: &Args) -> Versions {
    let Some(options) = args.positional.first() else {
        return Versions::Uri { prefix: "v".into(), default: Some(vec![None]) };
    };
    if options.as_map().is_none_or(|map| map.open) {
        return Versions::Unknown;
    }
    match option(options, "type").map(|value| value.kind) {
        None => {}
        Some(Kind::External(path)) if path.ends_with(".VersioningType.URI") => {}
        Some(Kind::Num(0.0)) => {}
        Some(Kind::External(path)) if path.contains(".VersioningType.") => return Versions::None,
        Some(_) => return Versions::Unknown,
    }
    let prefix: Arc<str> = match option(options, "prefix").map(|value| value.kind) {
        None => "v".into(),
        Some(Kind::Str(text)) => text,
        Some(Kind::Bool(false)) => "".into(),
        Some(_) => return Versions::Unknown,
    };
    let default = match option(options, "defaultVersion") {
        None => Some(vec![None]),
        Some(value) => named(&value),
    };
    Versions::Uri { prefix, default }
}

/// The versions that a value names; `None` among them is a path without one.
pub(super) fn named(value: &Value) -> Option<Vec<Option<Arc<str>>>> {
    match &value.kind {
        Kind::Str(text) => Some(vec![Some(text.clone())]),
        Kind::External(path) if path.ends_with(".VERSION_NEUTRAL") => Some(vec![None]),
        Kind::List(list) if !list.open => {
            let all: Option<Vec<_>> = list.items.iter().map(|item| named(&item.value)).collect();
            all.map(|all| all.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// The path texts of `@Get('x')`, `@Controller(['a', 'b'])`, `@Controller({ path: 'x' })`.
pub(super) fn written(args: &Args) -> Vec<Option<Arc<str>>> {
    let Some(first) = args.positional.first() else { return vec![Some("".into())] };
    let given = match first.as_map() {
        Some(_) => option(first, "path"),
        None => Some(first.clone()),
    };
    let Some(given) = given else { return vec![Some("".into())] };
    match &given.kind {
        Kind::Str(text) => vec![Some(text.clone())],
        Kind::List(list) if !list.open => list.items.iter().map(|item| item.value.as_str().cloned()).collect(),
        _ => vec![None],
    }
}

impl Front {
    /// All full paths of a route.
    pub(super) fn paths(
        &self,
        controller: &[Option<Arc<str>>],
        method: &[Option<Arc<str>>],
        version: Option<&Option<Vec<Option<Arc<str>>>>>,
        span: Span,
    ) -> Vec<Spanned<Arc<str>>> {
        let versions = self.version_parts(version);
        let mut paths = Vec::new();
        for base in controller {
            for own in method {
                let route = joined([base.as_deref().unwrap_or("(path)"), own.as_deref().unwrap_or("(path)")]);
                for version in &versions {
                    let prefix = self.prefix_of(&route);
                    paths.push(Spanned::new(joined([&prefix, version, &route]).into(), span));
                }
            }
        }
        paths
    }

    fn version_parts(&self, own: Option<&Option<Vec<Option<Arc<str>>>>>) -> Vec<String> {
        let unknown = || vec!["(version)".to_owned()];
        match (&self.versions, own) {
            (Versions::None, _) => vec![String::new()],
            (Versions::Unknown, _) => unknown(),
            (Versions::Uri { prefix, default }, own) => match own.unwrap_or(default) {
                None => unknown(),
                Some(all) => all
                    .iter()
                    .map(|one| one.as_ref().map(|version| format!("{prefix}{version}")).unwrap_or_default())
                    .collect(),
            },
        }
    }

    fn prefix_of(&self, route: &str) -> String {
        match &self.prefix {
            Prefix::None => String::new(),
            Prefix::Unknown | Prefix::Text(_, None) => "(prefix)".to_owned(),
            Prefix::Text(text, Some(excluded)) => {
                let without = excluded.iter().any(|path| joined([path]) == route);
                if without { String::new() } else { text.to_string() }
            }
        }
    }
}

/// `/a/b` of parts with or without slashes of their own.
fn joined<'p>(parts: impl IntoIterator<Item = impl AsRef<str> + 'p>) -> String {
    let mut path = String::new();
    for part in parts {
        let part = part.as_ref().trim_matches('/');
        if !part.is_empty() {
            path.push('/');
            path.push_str(part);
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}
