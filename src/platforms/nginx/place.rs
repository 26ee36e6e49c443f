//! Where headers hold: locations, servers and files, and what their names say of them.
//!
//! In: the words of `location`, paths of files. Out: names for messages, path patterns, whether only assets are served there
//! and whether a file is for development. Knows no header.

use std::sync::Arc;

use camino::Utf8Path;

use super::tree::Item;
use crate::source::{Span, Spanned};

/// Something with headers of its own.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// For messages: `location /api`.
    pub(super) name: String,
    /// Where it begins.
    pub(super) span: Span,
    /// The path or pattern as written; `None` for a server or a file.
    pub(super) path: Option<Spanned<Arc<str>>>,
    /// How the path is meant.
    pub(super) kind: PathKind,
}

/// How the path of a place is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathKind {
    /// Every path.
    All,
    /// Paths that begin so.
    Prefix,
    /// This path.
    Exact,
    /// A regular expression.
    Pattern,
    /// No path: reached from other locations only.
    Named,
}

impl Place {
    /// A `location` block.
    pub(super) fn location(item: &Item<'_>) -> Place {
        let words = item.args();
        let (modifier, path) = match words {
            [modifier, path, ..] => (&*modifier.text, Some(path)),
            [path] => ("", Some(path)),
            [] => ("", None),
        };
        // `location =/path` and `location ~\.php$` are written too.
        let glued =
            ["=", "~*", "~", "^~"].into_iter().find(|sign| path.is_some_and(|path| path.text.starts_with(sign)));
        let (modifier, skipped) = match glued {
            Some(sign) if modifier.is_empty() => (sign, sign.len()),
            _ => (modifier, 0),
        };
        let path: Option<Spanned<Arc<str>>> = path.map(|word| {
            let text = word.text.get(skipped..).unwrap_or_default();
            Spanned::new(text.into(), word.span)
        });
        let named = path.as_ref().is_some_and(|path| path.value.starts_with('@'));
        let kind = match modifier {
            _ if named => PathKind::Named,
            "=" => PathKind::Exact,
            "~" | "~*" => PathKind::Pattern,
            _ => PathKind::Prefix,
        };
        let words: Vec<&str> = words.iter().map(|word| &*word.text).collect();
        Place { name: format!("location {}", words.join(" ")), span: item.head(), path, kind }
    }

    /// A `server` block.
    pub(super) fn server(item: &Item<'_>) -> Place {
        let name = item.children.iter().find(|item| item.name() == "server_name").map_or("", |item| item.first());
        let name = if matches!(name, "" | "_") { "server".to_owned() } else { format!("server {name}") };
        Place { name, span: item.head(), path: None, kind: PathKind::All }
    }

    /// A file meant for `include`.
    pub(super) fn file(path: &Utf8Path, span: Span) -> Place {
        Place { name: path.to_string(), span, path: None, kind: PathKind::All }
    }

    /// The text that every path it sees begins with.
    pub(super) fn prefix(&self) -> &str {
        match (&self.path, self.kind) {
            (Some(path), PathKind::Prefix | PathKind::Exact) => &path.value,
            (Some(path), PathKind::Pattern) => literal_start(&path.value),
            _ => "",
        }
    }

    /// Does it serve fonts, images and the like, as far as its name says?
    pub(super) fn is_assets(&self) -> bool {
        match (&self.path, self.kind) {
            (Some(path), PathKind::Pattern) => {
                extensions(&path.value).is_some() || segments(literal_start(&path.value)).any(is_asset_word)
            }
            (Some(path), _) => {
                segments(&path.value).any(is_asset_word)
                    || path.value.rsplit_once('.').is_some_and(|(_, end)| ASSET_EXTENSIONS.contains(&end))
            }
            (None, _) => false,
        }
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '.', '-', '_']).filter(|segment| !segment.is_empty())
}

fn is_asset_word(segment: &str) -> bool {
    const WORDS: [&str; 20] = [
        "static",
        "assets",
        "asset",
        "font",
        "fonts",
        "webfonts",
        "media",
        "image",
        "images",
        "img",
        "imgs",
        "icons",
        "css",
        "js",
        "thumbnails",
        "thumbs",
        "uploads",
        "favicon",
        "pictures",
        "sprites",
    ];
    WORDS.contains(&segment.to_ascii_lowercase().as_str())
}

/// Ends of files that a page embeds.
const ASSET_EXTENSIONS: [&str; 44] = [
    "eot", "otf", "ttf", "ttc", "woff", "woff2", "svg", "svgz", "png", "jpg", "jpeg", "gif", "ico", "cur", "webp",
    "avif", "bmp", "tif", "tiff", "css", "js", "mjs", "map", "mp3", "mp4", "m4a", "m4v", "ogg", "ogv", "oga", "webm",
    "wav", "flac", "m3u8", "mpd", "ts", "m4s", "pdf", "swf", "htc", "gz", "zip", "glb", "wasm",
];

/// The extensions of a pattern such as `\.(eot|ttf|woff2?)$`, when it is one and all of them are of assets.
pub(super) fn extensions(pattern: &str) -> Option<Vec<String>> {
    let (_, list) = pattern.rsplit_once(r"\.")?;
    // `(png|svg)(\?.*)?$`: what follows the list is about the query.
    let list = match list.strip_prefix("(?:").or_else(|| list.strip_prefix('(')) {
        Some(inside) => inside.split(')').next().unwrap_or_default(),
        None => list.trim_end_matches('$'),
    };
    let mut found = Vec::new();
    for word in list.split('|') {
        match word.split_once('?') {
            // `(?:` is taken off above; `woff2?`, `jpe?g`.
            Some((with, rest)) => {
                let without = with.get(..with.len().checked_sub(1)?)?;
                found.extend([format!("{with}{rest}"), format!("{without}{rest}")]);
            }
            None => found.push(word.to_owned()),
        }
    }
    let all = found.iter().all(|word| ASSET_EXTENSIONS.contains(&word.to_ascii_lowercase().as_str()));
    (all && !found.is_empty()).then_some(found)
}

/// The literal text that a pattern starts with after `^`.
fn literal_start(pattern: &str) -> &str {
    let Some(body) = pattern.strip_prefix('^') else { return "" };
    let end = body.find(['(', '[', '.', '*', '+', '?', '\\', '$', '|', '{']).unwrap_or(body.len());
    // A quantifier or an alternative takes the last character away.
    let optional = body[end..].starts_with(['*', '?', '{']);
    if body.contains('|') && !body.contains('(') {
        return "";
    }
    let end = if optional { end.saturating_sub(1) } else { end };
    body.get(..end).unwrap_or_default()
}

/// Is the file used by developers only, by its name or folder?
pub(super) fn is_development(path: &Utf8Path) -> bool {
    const WORDS: [&str; 8] = ["dev", "develop", "development", "local", "localhost", "test", "tests", "testing"];
    path.as_str().to_ascii_lowercase().split(['/', '.', '-', '_']).any(|word| WORDS.contains(&word))
}
