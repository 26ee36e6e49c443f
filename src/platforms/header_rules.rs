//! Header rules of Next.js and of hosting platforms: `{ source, has, missing, headers: [{ key, value }] }`.
//!
//! In: a rule as a value. Out: a `HeaderRule` with its conditions and effects. Of a key that comes twice in one rule the last
//! counts. Source: <https://nextjs.org/docs/app/api-reference/config/next-config-js/headers>.

use std::sync::Arc;

use super::file_routes;
use super::manual::{self, header_name};
use super::values::{header_values, option};
use crate::eval::value::{Kind, Value};
use crate::model::condition::{Formula, Test};
use crate::model::project::Project;
use crate::model::server::{Effect, GuardedEffect, Handler, HeaderPiece, HeaderValue, Role, Scope};
use crate::model::term::{Anchor, Pattern, Relation, Term};
use crate::source::{Span, Spanned};

/// One rule.
#[derive(Debug, Clone)]
pub(super) struct HeaderRule {
    /// Whose it is.
    pub(super) platform: &'static str,
    /// The pattern of paths.
    pub(super) source: Spanned<Arc<str>>,
    /// It is below the application's base path.
    pub(super) below_base: bool,
    /// The whole of it.
    pub(super) span: Span,
    /// When there is such a rule at all.
    pub(super) when: Formula,
    /// Its header lines under its conditions.
    pub(super) effects: Vec<GuardedEffect>,
}

/// A part of the request that a condition caught under a name.
struct Caught {
    name: String,
    term: Term,
}

/// Reads a rule; `None` when it is none.
pub(super) fn rule(value: &Value, when: &Formula, platform: &'static str) -> Option<HeaderRule> {
    value.as_map()?;
    let source = option(value, "source")?;
    let text = source.as_str()?.clone();
    let headers = option(value, "headers")?;
    let mut condition = when.clone();
    let mut caught = Vec::new();
    for (key, wanted) in [("has", true), ("missing", false)] {
        let Some(list) = option(value, key) else { continue };
        let Some(list) = list.as_list().cloned() else {
            condition = condition.and(Formula::unknown(list.span));
            continue;
        };
        for item in &list.items {
            let one = request_condition(&item.value, &mut caught);
            condition = condition.and(if wanted { one } else { one.negated() });
        }
    }
    let below_base = !option(value, "basePath").is_some_and(|base| matches!(base.kind, Kind::Bool(false)));
    let effects = header_effects(&headers, &condition, &caught);
    let source = Spanned::new(text, source.span);
    Some(HeaderRule { platform, source, below_base, span: value.span, when: when.clone(), effects })
}

/// The handler of a header rule, and its policy when it grants something.
pub(super) fn rule_handler(rule: &HeaderRule, base: &str, project: &mut Project) -> Handler {
    let name = format!("headers of {}", rule.source.value);
    let base = if rule.below_base { base } else { "" };
    let path = file_routes::pattern(base, &rule.source.value);
    let place = manual::Origin { platform: rule.platform, place: name.clone(), span: rule.source.span };
    // What the whole rule depends on leaves what it says as certain as it is.
    let known = rule.when.conjuncts();
    let lines = rule.effects.iter().map(|line| GuardedEffect { when: line.when.given(&known), ..line.clone() });
    let policy = manual::policy(&lines.collect::<Vec<_>>(), place);
    let mut effects = rule.effects.clone();
    effects.push(GuardedEffect { when: Formula::True, effect: Effect::Next, span: rule.span });
    let role = match policy {
        Some(mut policy) => {
            policy.when = policy.when.and(rule.when.clone());
            project.policies.push(policy);
            Role::Cors(project.policies.len() - 1)
        }
        None => Role::Other,
    };
    let scope = Scope { methods: Vec::new(), path: Some(Spanned::new(path.into(), rule.source.span)), prefix: false };
    Handler { role, name, span: rule.source.span, when: Formula::True, scope, effects, understood: true }
}

/// Does a rule cover files alone? No route is below its pattern, and it says how long the files may be kept, or nothing is passed
/// on that could answer there.
pub(super) fn covers_files(rule: &Handler, mut routes: impl Iterator<Item = Scope>, passes_on: bool) -> bool {
    let Some(path) = &rule.scope.path else { return false };
    if ends_in_files(&path.value) {
        let is_file = |route: Scope| route.path.is_some_and(|path| path.value.contains('.'));
        return !routes.any(is_file);
    }
    let whole = path.value.split('/').filter(|part| !part.is_empty()).all(|part| part.starts_with(['*', '(', ':']));
    let api = path.value.split('/').any(|part| part == "api" || part.contains("(api") || part.contains("|api"));
    let kept = rule.effects.iter().any(|guarded| match &guarded.effect {
        Effect::Set(name, value) if name.value.eq_ignore_ascii_case("cache-control") => {
            value.as_text().is_some_and(|text| text.contains("max-age=") && !text.contains("max-age=0"))
        }
        _ => false,
    });
    let file = path.value.rsplit('/').next().is_some_and(|last| last.contains('.') && !last.starts_with('('));
    (file || !whole && !api) && (kept || file || !passes_on) && !routes.any(|route| rule.scope.overlaps(&route))
}

/// A pattern whose paths all end like files that pages are made of: `/(.*)\\.svg`, `/(site\\.webmanifest|browserconfig\\.xml)`.
fn ends_in_files(pattern: &str) -> bool {
    const ENDS: [&str; 22] = [
        "svg",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "webp",
        "avif",
        "ico",
        "woff",
        "woff2",
        "ttf",
        "otf",
        "eot",
        "css",
        "js",
        "mjs",
        "map",
        "webmanifest",
        "xml",
        "txt",
        "mp4",
        "pdf",
    ];
    let last = pattern.rsplit('/').next().unwrap_or("");
    let Some((_, ends)) = last.rsplit_once("\\.") else { return false };
    if let Some(listed) = ends.strip_prefix('(') {
        // `.*\\.(svg|png)`
        return listed.trim_start_matches("?:").trim_end_matches([')', '$']).split('|').all(|end| ENDS.contains(&end));
    }
    let inner = last.trim_end_matches('$').trim_start_matches('(').trim_end_matches(')');
    inner.split('|').all(|one| one.rsplit_once("\\.").is_some_and(|(_, end)| ENDS.contains(&end)))
}

/// `{ type: 'header', key: 'origin', value: '(?<origin>.*)' }`
fn request_condition(value: &Value, caught: &mut Vec<Caught>) -> Formula {
    let text = |key: &str| option(value, key).and_then(|value| value.as_str().cloned());
    let term = match text("type").as_deref() {
        Some("header") => match text("key") {
            Some(key) => Term::header(&key),
            None => return Formula::unknown(value.span),
        },
        Some("host") => Term::header("host"),
        _ => return Formula::unknown(value.span),
    };
    let relation = match option(value, "value") {
        None => Relation::Present,
        Some(pattern) => match pattern.as_str() {
            Some(pattern) => {
                if let Some(name) = whole_group(pattern) {
                    caught.push(Caught { name, term: term.clone() });
                }
                Relation::Matches(Pattern { source: pattern.clone(), ignore_case: false, anchor: Anchor::Full })
            }
            None => return Formula::unknown(value.span),
        },
    };
    Formula::test(Test::Request { term, relation }, value.span)
}

/// The name of a group that is the whole pattern: `(?<origin>.*)`.
fn whole_group(pattern: &str) -> Option<String> {
    let (name, rest) = pattern.strip_prefix("(?<")?.split_once('>')?;
    let mut depth = 1_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (at + 1 == rest.len()).then(|| name.to_owned());
        }
    }
    None
}

fn header_effects(headers: &Value, condition: &Formula, caught: &[Caught]) -> Vec<GuardedEffect> {
    let mut effects: Vec<GuardedEffect> = Vec::new();
    for (when, list) in headers.alternatives() {
        let Some(list) = list.as_list() else { continue };
        for item in &list.items {
            let (Some(key), Some(value)) = (option(&item.value, "key"), option(&item.value, "value")) else { continue };
            let Some(name) = key.as_str() else { continue };
            for (own, mut line) in header_values(&value) {
                substitute(&mut line, caught);
                let when = Formula::all([condition.clone(), when.clone(), item.when.clone(), own]);
                let effect = Effect::Set(header_name(name, key.span), line);
                effects.push(GuardedEffect { when, effect, span: item.value.span });
            }
        }
    }
    effects
}

/// Puts what was caught in the place of `:name`.
fn substitute(line: &mut HeaderValue, caught: &[Caught]) {
    let [HeaderPiece::Text(text)] = line.pieces.as_slice() else { return };
    let text = text.clone();
    for one in caught {
        let Some(at) = text.find(&format!(":{}", one.name)) else { continue };
        let end = at + 1 + one.name.len();
        if text[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let around = [&text[..at], &text[end..]].map(|piece| HeaderPiece::Text(piece.into()));
        let [before, after] = around;
        let pieces = [before, HeaderPiece::Term(one.term.clone()), after];
        line.pieces =
            pieces.into_iter().filter(|piece| !matches!(piece, HeaderPiece::Text(text) if text.is_empty())).collect();
        return;
    }
}
