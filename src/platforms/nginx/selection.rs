//! Which place of a configuration takes a request: the server by its name, the location by its path.
//!
//! In: the blocks of a level. Out: for each the condition on a request that it is the one that takes it, so that the
//! conditions of neighbours exclude each other. <https://nginx.org/en/docs/http/ngx_http_core_module.html#location>

use std::sync::Arc;

use super::leaf::PASSES;
use super::place::{PathKind, Place};
use super::tree::Item;
use crate::model::condition::{Formula, Test};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term};
use crate::source::Span;

/// Locations of one level that are told apart; with more of them which one takes a request is not known.
const MAX_LOCATIONS: usize = 40;

/// One location among its neighbours.
struct Claim {
    span: Span,
    kind: PathKind,
    /// `^~`: no pattern is asked when this is the longest prefix.
    final_prefix: bool,
    path: Arc<str>,
    matches: Formula,
}

/// When a location of this level takes a request that the level takes, by the place of its head; then what is left for the
/// level itself.
pub(super) fn locations(items: &[Item<'_>]) -> (Vec<(Span, Formula)>, Formula) {
    let claims: Vec<Claim> = items.iter().filter(|item| item.name() == "location").filter_map(claim).collect();
    if claims.len() > MAX_LOCATIONS {
        let unknown = |claim: &Claim| (claim.span, Formula::unknown(claim.span));
        let rest = claims.first().map_or(Formula::True, |claim| Formula::unknown(claim.span));
        return (claims.iter().map(unknown).collect(), rest);
    }
    let taken = claims.iter().enumerate().map(|(index, one)| (one.span, taken(one, index, &claims))).collect();
    let rest = Formula::any(claims.iter().map(|claim| claim.matches.clone())).negated();
    (taken, rest)
}

fn claim(item: &Item<'_>) -> Option<Claim> {
    let place = Place::location(item);
    let path = place.path.filter(|_| place.kind != PathKind::Named)?;
    let relation = match place.kind {
        PathKind::Exact => Relation::Equals(path.value.clone()),
        PathKind::Pattern => {
            let ignore_case = item.first().starts_with("~*");
            Relation::Matches(Pattern { source: path.value.clone(), ignore_case, anchor: Anchor::Search })
        }
        _ => Relation::StartsWith(path.value.clone()),
    };
    let matches = match (&relation, &*path.value) {
        (Relation::StartsWith(_), "/") => Formula::True,
        _ => Formula::test(Test::Request { term: Term::of(Part::Path), relation }, path.span),
    };
    let matches = match slash_missing(item) {
        Some(missing) => matches.or(missing),
        None => matches,
    };
    let final_prefix = item.first().starts_with("^~");
    Some(Claim { span: place.span, kind: place.kind, final_prefix, path: path.value, matches })
}

/// A request for the path of a location that passes requests on, but for its last slash: it is redirected to the slash.
pub(super) fn slash_missing(item: &Item<'_>) -> Option<Formula> {
    let place = Place::location(item);
    let path = place.path.filter(|_| place.kind == PathKind::Prefix)?;
    let bare = path.value.strip_suffix('/').filter(|bare| !bare.is_empty())?;
    let passes = item.children.iter().any(|inner| PASSES.contains(&inner.name()));
    let relation = Relation::Equals(bare.into());
    passes.then(|| Formula::test(Test::Request { term: Term::of(Part::Path), relation }, path.span))
}

fn is_prefix(claim: &Claim) -> bool {
    claim.kind == PathKind::Prefix
}

/// No longer prefix of the level matches.
fn is_longest(one: &Claim, claims: &[Claim]) -> Formula {
    let longer = claims.iter().filter(|other| is_prefix(other) && other.path.len() > one.path.len());
    Formula::any(longer.filter(|other| other.path.starts_with(&*one.path)).map(|other| other.matches.clone())).negated()
}

fn taken(one: &Claim, index: usize, claims: &[Claim]) -> Formula {
    let exact = claims.iter().filter(|other| other.kind == PathKind::Exact).map(|other| other.matches.clone());
    let no_exact = Formula::any(exact).negated();
    let matches = one.matches.clone();
    match one.kind {
        PathKind::Exact => matches,
        PathKind::Pattern => {
            let earlier = claims[..index].iter().filter(|other| other.kind == PathKind::Pattern);
            let final_one = claims.iter().filter(|other| is_prefix(other) && other.final_prefix);
            Formula::all([
                matches,
                no_exact,
                Formula::any(earlier.map(|other| other.matches.clone())).negated(),
                Formula::any(final_one.map(|other| other.matches.clone().and(is_longest(other, claims)))).negated(),
            ])
        }
        _ => {
            let patterns = claims.iter().filter(|other| other.kind == PathKind::Pattern && !one.final_prefix);
            Formula::all([
                matches,
                no_exact,
                is_longest(one, claims),
                Formula::any(patterns.map(|other| other.matches.clone())).negated(),
            ])
        }
    }
}

/// When each `server` of a level takes a request, by the place of its head: the only one takes all; of several the one that
/// has the name of the host, else nobody knows.
pub(super) fn servers(items: &[Item<'_>]) -> Vec<(Span, Formula)> {
    let servers: Vec<&Item<'_>> =
        items.iter().filter(|item| item.name() == "server" && item.directive.block.is_some()).collect();
    if let [only] = &*servers {
        return vec![(only.head(), Formula::True)];
    }
    servers.iter().map(|item| (item.head(), by_name(item))).collect()
}

fn by_name(server: &Item<'_>) -> Formula {
    let names: Vec<_> =
        server.children.iter().filter(|item| item.name() == "server_name").flat_map(Item::args).collect();
    let plain =
        |text: &str| !text.is_empty() && text != "_" && !text.starts_with(['~', '*', '.']) && !text.ends_with('*');
    if names.is_empty() || !names.iter().all(|name| plain(&name.text)) {
        return Formula::unknown(server.head());
    }
    Formula::any(names.iter().map(|name| {
        let relation = Relation::Equals(name.text.to_lowercase().into());
        Formula::test(Test::Request { term: Term::header("host"), relation }, name.span)
    }))
}
