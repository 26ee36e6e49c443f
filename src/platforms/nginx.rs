//! nginx: header lines of servers and locations as servers, policies and faults.
//!
//! In: every parsed nginx file of a repository. Out: `Project`. A place is a location, a server or a file meant for `include`;
//! only those that a CORS header plays a part in are told. Never judges. The behaviour is that of nginx 1.22 and later:
//! <https://nginx.org/en/docs/http/ngx_http_headers_module.html>.

mod access;
mod error_pages;
mod faults;
mod front;
mod headers;
mod leaf;
mod map;
mod place;
mod policy;
mod redirects;
mod script;
mod selection;
mod tree;
mod upstream;
mod variables;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use self::headers::{ALLOW_ORIGIN, Level, Line};
use self::leaf::{Content, Leaf};
use self::map::Maps;
use self::place::{Place, is_development};
use self::policy::Findings;
use self::tree::{Item, Root};
use self::variables::{Alternative, Variables};
use crate::model::condition::Formula;
use crate::model::policy::Known;
use crate::model::project::Project;
use crate::model::server::HeaderPiece;
use crate::source::{FileId, Span};
use crate::syntax::nginx::{Directive, WordPart};

/// Locations of a repository that are looked at; the rest is passed over.
const MAX_PLACES: usize = 2_000;
/// Blocks inside blocks that are followed.
const MAX_DEPTH: usize = 12;

/// What the nginx files of a repository amount to. All at once, because they include each other.
/// `filled` is what env files put into the holes of templates.
pub fn recognise(files: &[(FileId, Utf8PathBuf, Vec<Directive>)], filled: BTreeMap<String, String>) -> Project {
    let roots = tree::roots(files);
    let mut maps = Maps::new(filled);
    for (number, root) in roots.iter().enumerate() {
        maps.collect(&root.items, number);
    }
    let mut findings = Findings::default();
    let mut left = MAX_PLACES;
    for (number, root) in roots.iter().enumerate() {
        if is_left_out(root, &roots) {
            continue;
        }
        let variables = Variables::new(&maps, number);
        let mut walk = Walk { path: root.path, variables, findings: &mut findings, left: &mut left };
        walk.root(root);
    }
    // Beside whole servers a map that none of them uses is in force nowhere yet; by itself it is made for servers that are elsewhere.
    let whole = roots.iter().any(|root| has_server(&root.items, 0));
    let installed = if whole { Known::No } else { Known::Unknown };
    for (name, number, map) in maps.of_origin() {
        let development = roots.get(number).is_some_and(|root| is_development(root.path));
        if development || roots.iter().any(|root| uses(&root.items, name, 0)) {
            continue;
        }
        let alternatives = map.alternatives(&Variables::new(&maps, number), 0);
        let echoes = |one: &Alternative| matches!(&*one.pieces, [HeaderPiece::Term(term)] if term.is_origin());
        if alternatives.iter().any(echoes) {
            findings.unused_map(&alternatives, name, map.span(), installed);
        }
    }
    let mut project = findings.finish();
    for root in roots.iter().filter(|root| !is_development(root.path)) {
        redirects::collect(&root.items, 0, &mut project.redirects);
    }
    project.fronts = files.iter().filter_map(|(_, path, directives)| front::of(path, directives)).collect();
    project
}

/// Is it a fragment beside the whole configuration that it was written for, and which includes others but not this one?
fn is_left_out(fragment: &Root<'_>, roots: &[Root<'_>]) -> bool {
    let whole = |root: &Root<'_>| root.items.iter().any(|item| matches!(item.name(), "http" | "events" | "server"));
    let beside = |other: &&Root<'_>| {
        other.path.parent() == fragment.path.parent() && other.items.iter().any(|item| item.name() == "http")
    };
    !whole(fragment) && roots.iter().filter(beside).any(|other| !is_open(&other.items, 0))
}

/// May it include something that is not in the repository, or that is found by another name there?
fn is_open(items: &[Item<'_>], depth: usize) -> bool {
    depth > MAX_DEPTH || items.iter().any(|item| item.is_hole() || is_open(&item.children, depth + 1))
}

fn has_server(items: &[Item<'_>], depth: usize) -> bool {
    depth <= MAX_DEPTH
        && items.iter().any(|item| {
            (item.name() == "server" && item.directive.block.is_some()) || has_server(&item.children, depth + 1)
        })
}

/// Does a directive use a variable? Its own definition does not count.
fn uses(items: &[Item<'_>], name: &str, depth: usize) -> bool {
    let named = |part: &WordPart| matches!(part, WordPart::Variable(used) if &**used == name);
    depth <= MAX_DEPTH
        && items.iter().any(|item| {
            let words = item.args().iter().flat_map(|word| word.parts.iter());
            let defines = matches!(item.name(), "map" | "geo");
            (!defines && words.clone().any(named)) || uses(&item.children, name, depth + 1)
        })
}

/// The way through the blocks of one root.
struct Walk<'w, 'm, 'a> {
    path: &'w Utf8Path,
    variables: Variables<'m, 'a>,
    findings: &'w mut Findings,
    left: &'w mut usize,
}

impl<'a> Walk<'_, '_, 'a> {
    fn root(&mut self, root: &Root<'a>) {
        let level = Level::alone(&root.items);
        self.blocks(&level, None, &Around::nothing(), 0);
        if !is_development(self.path) {
            self.findings.names(&root.items);
        }
        // A file with header lines at its top is meant to be included, in something that is not in the repository.
        let is_whole = level.has(&["http", "server"]);
        let in_ifs = level.own("if").iter().any(|item| !Level::alone(&item.children).own_lines().is_empty());
        if is_whole || (level.own_lines().is_empty() && !in_ifs) {
            return;
        }
        let Some(first) = root.items.first() else { return };
        self.place(level, Place::file(self.path, first.head()), None, Formula::True, true);
    }

    /// The servers and locations among the directives of a level.
    fn blocks(&mut self, level: &Level<'_, 'a>, server: Option<&[Item<'a>]>, around: &Around, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let servers = selection::servers(level.items);
        let (locations, _) = selection::locations(level.items);
        let takes = |known: &[(Span, Formula)], item: &Item<'_>| {
            let own = known.iter().find(|(span, _)| *span == item.head()).map(|(_, when)| when.clone());
            around.takes.clone().and(own.unwrap_or(Formula::False))
        };
        for item in level.items {
            let inner = Level::inside(level, item);
            match item.name() {
                "http" => self.blocks(&inner, None, around, depth + 1),
                "server" if item.directive.block.is_some() => {
                    let takes = takes(&servers, item);
                    let inside = Around { takes: takes.clone(), tells: mentions_cors(&inner) || plays_a_part(item, 0) };
                    self.blocks(&inner, Some(&item.children), &inside, depth + 1);
                    // What no location takes is answered by the server itself.
                    let taken = item.children.iter().any(|item| item.name() == "location" && item.first() == "/");
                    if !taken {
                        let rest = takes.and(selection::locations(&item.children).1);
                        self.place(inner, Place::server(item), None, rest, inside.tells);
                    }
                    if !is_development(self.path) {
                        self.findings.shadowed(&item.children);
                    }
                }
                "location" => {
                    if !is_development(self.path) {
                        self.findings.location(item);
                    }
                    let takes = takes(&locations, item);
                    let rest = takes.clone().and(selection::locations(&item.children).1);
                    self.place(inner, Place::location(item), server, rest, around.tells);
                    self.blocks(&inner, server, &Around { takes, tells: around.tells }, depth + 1);
                }
                _ => {}
            }
        }
    }

    fn place(&mut self, level: Level<'_, 'a>, place: Place, server: Option<&[Item<'a>]>, takes: Formula, tells: bool) {
        if *self.left == 0 {
            return;
        }
        *self.left -= 1;
        // Most locations have nothing to do with CORS and are not worth more than a look.
        let hides = headers::hides_cors(&level);
        if !tells && !hides && !mentions_cors(&level) {
            return;
        }
        let is_fragment = level.outer.is_none();
        let leaf = Leaf::new(level, place, server, self.variables.clone(), is_fragment);
        if leaf.involves_cors() || hides {
            let preflighted = preflighted(&leaf, self.path);
            self.findings.add(&leaf, preflighted, self.path, is_development(self.path), takes);
        } else if tells {
            // Beside a place with such headers it matters which of them takes a request.
            self.findings.neighbour(&leaf, takes);
        }
    }
}

/// What the blocks around a level say of it.
#[derive(Clone)]
struct Around {
    /// The requests that it is given.
    takes: Formula,
    /// The server around it has headers of CORS somewhere, or passes requests on.
    tells: bool,
}

impl Around {
    fn nothing() -> Around {
        Around { takes: Formula::True, tells: false }
    }
}

/// Is a CORS header written anywhere inside of a block, or a request passed on, to a server that may answer with some?
fn plays_a_part(item: &Item<'_>, depth: usize) -> bool {
    let level = Level::alone(&item.children);
    let here = level.has(&["proxy_pass"]) || level.own_lines().iter().any(Line::is_cors);
    here || (depth <= MAX_DEPTH && item.children.iter().any(|inner| plays_a_part(inner, depth + 1)))
}

/// Is a CORS header written on this level, in an `if` of it, or around it?
fn mentions_cors(level: &Level<'_, '_>) -> bool {
    let here = |items: &[Item<'_>]| Level::alone(items).own_lines().iter().any(Line::is_cors);
    here(level.items)
        || level.own("if").iter().any(|item| here(&item.children))
        || level.outer.is_some_and(mentions_cors)
}

/// Are the requests that a place answers of the kind that needs a preflight?
fn preflighted(leaf: &Leaf<'_, '_, '_>, path: &Utf8Path) -> bool {
    if leaf.place.is_assets() {
        return false;
    }
    let lists = leaf.groups.iter().any(|group| {
        group.line("access-control-allow-methods").is_some() || group.line("access-control-allow-headers").is_some()
    });
    match leaf.content {
        Content::Forward => true,
        Content::File => lists,
        Content::Unknown if leaf.place.path.is_none() => {
            let name = path.file_stem().unwrap_or_default().to_ascii_lowercase();
            lists || !["font", "static", "asset", "media", "image"].iter().any(|word| name.contains(word))
        }
        Content::Unknown => true,
    }
}

/// Does a set of lines decide who is allowed?
fn grants(leaf: &Leaf<'_, '_, '_>) -> bool {
    leaf.groups.iter().any(|group| group.line(ALLOW_ORIGIN).is_some())
}
