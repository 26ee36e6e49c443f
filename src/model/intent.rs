//! What the user says is meant: which origins a deployment has, and which paths are for everybody.
//!
//! In: built from the configuration, each value with its place there. Out: asked by `facts/`. Says nothing about what the
//! servers do; that the two differ is for rules to say.

use std::sync::Arc;

use super::origin::Url;
use super::world::{Stage, stage};
use crate::source::{Span, Spanned};

/// Everything that is stated.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intent {
    /// The deployments, in the order they are stated.
    pub environments: Vec<Deployed>,
    /// Patterns of paths that any website may read.
    pub public: Vec<Spanned<Arc<str>>>,
    /// Everything the statements are about was looked at, so that what is nowhere to be found is nowhere.
    pub whole: bool,
}

/// One deployment and the origins of its pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// `production`, `staging` …
    pub name: Spanned<Arc<str>>,
    /// The origins, one by one.
    pub origins: Vec<StatedOrigin>,
    /// The list of them as it is written.
    pub span: Span,
}

/// An origin, or all subdomains of a host, as the user states it.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedOrigin {
    /// As written: a serialized origin, or `https://*.example.com`.
    pub text: Arc<str>,
    /// Where.
    pub span: Span,
}

/// What stands between the scheme and the host of an origin that stands for all subdomains.
const SUBDOMAINS: &str = "://*.";

impl StatedOrigin {
    /// Is this serialized origin meant?
    pub fn means(&self, origin: &str) -> bool {
        match self.text.split_once(SUBDOMAINS) {
            None => *self.text == *origin,
            Some((scheme, host)) => origin.split_once("://").is_some_and(|(theirs, rest)| {
                theirs == scheme && rest.strip_suffix(host).is_some_and(|start| start.len() > 1 && start.ends_with('.'))
            }),
        }
    }

    /// Does it stand for more than one origin?
    pub fn is_pattern(&self) -> bool {
        self.text.contains(SUBDOMAINS)
    }
}

impl Deployed {
    /// Is it the one that users meet?
    pub fn is_production(&self) -> bool {
        stage(&self.name.value) == Some(Stage::Production)
    }

    /// The entry that means this origin.
    pub fn stating(&self, origin: &str) -> Option<&StatedOrigin> {
        self.origins.iter().find(|stated| stated.means(origin))
    }

    /// The entry whose host is that of a text that is no serialized origin, or no stated one: what was probably meant.
    pub fn meant_by(&self, text: &str) -> Option<&StatedOrigin> {
        let host = host(text)?;
        let mut same =
            self.origins.iter().filter(|stated| !stated.is_pattern() && self::host(&stated.text) == Some(host.clone()));
        let only = same.next()?;
        same.next().is_none().then_some(only)
    }
}

/// The host of an origin, or of one that lacks its scheme.
fn host(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['"', '\'', '`']);
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("https://{text}")) };
    url.map(|url| url.host)
}

impl Intent {
    /// The deployment that users meet.
    pub fn production(&self) -> Option<&Deployed> {
        self.environments.iter().find(|environment| environment.is_production())
    }

    /// Another deployment that states this origin, where production does not.
    pub fn elsewhere(&self, origin: &str) -> Option<(&Deployed, &StatedOrigin)> {
        if self.production().is_some_and(|production| production.stating(origin).is_some()) {
            return None;
        }
        let others = self.environments.iter().filter(|environment| !environment.is_production());
        others.into_iter().find_map(|other| other.stating(origin).map(|stated| (other, stated)))
    }

    /// The statement that a path, and everything below it, is for everybody.
    pub fn public(&self, path: &str) -> Option<Span> {
        self.public.iter().find(|pattern| covers(&pattern.value, path)).map(|pattern| pattern.span)
    }
}

/// Does a pattern cover a path and everything below it? `*` stands for one segment, `**` at the end for any number, also
/// none; a pattern that ends otherwise covers what is below it as well. A path that is an expression is covered as far as
/// its literal beginning tells.
fn covers(pattern: &str, path: &str) -> bool {
    // nginx and Django anchor their expressions; `^/fonts/` begins like the path it matches.
    let path = path.trim_start_matches('^');
    let literal = path.find(['(', '[', '\\', '|', '?', '+', '$', '{']).unwrap_or(path.len());
    let (fixed, rest) = path.split_at(literal);
    // The segment in which an expression begins is not known as a whole.
    let fixed = if rest.is_empty() || fixed.ends_with('/') {
        fixed
    } else {
        fixed.rsplit_once('/').map_or("", |(known, _)| known)
    };
    if path.contains('|') && !path.contains('(') {
        return false;
    }
    let mut known = fixed.split('/').filter(|segment| !segment.is_empty());
    for wanted in pattern.split('/').filter(|segment| !segment.is_empty()) {
        if wanted == "**" {
            return true;
        }
        let Some(segment) = known.next() else { return false };
        // `:id` and `*splat` stand for anything, which only `*` covers.
        let open = segment.starts_with([':', '*']);
        if wanted != "*" && (open || wanted != segment) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_a_path_and_what_is_below() {
        let yes = [
            ("/api/public/**", "/api/public"),
            ("/api/public/**", "/api/public/"),
            ("/api/public/**", "/api/public/:id"),
            ("/api/public", "/api/public/items"),
            ("/api/*/open", "/api/v2/open"),
            ("/api/*/open", "/api/:version/open"),
            ("/api/public/**", "^/api/public/.*$"),
            ("/**", "/"),
        ];
        let no = [
            ("/api/public/**", "/api"),
            ("/api/public/**", "/api/publication"),
            ("/api/public/**", "/api/:name"),
            ("/api/public/**", "^/api/(public|private)/"),
            ("/api/public/**", "/api/public|/orders"),
            ("/api/public/**", "^/api/public-?.*"),
            ("/api/*/open", "/api/v2"),
        ];
        for (pattern, path) in yes {
            assert!(covers(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in no {
            assert!(!covers(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_star_stands_for_subdomains() {
        let span = Span::new(crate::source::FileId(0), 0, 0);
        let stated = StatedOrigin { text: "https://*.example.com".into(), span };
        assert!(stated.means("https://a.example.com") && stated.means("https://a.b.example.com"));
        for other in ["https://example.com", "http://a.example.com", "https://evilexample.com", "https://.example.com"]
        {
            assert!(!stated.means(other), "{other}");
        }
    }
}
