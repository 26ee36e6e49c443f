//! One place that answers: the headers, refusals and answers that a request meets there.
//!
//! In: a level with its place. Out: `Leaf`, everything the faults and the model are made of. Judges nothing.

use std::sync::Arc;

use super::access::Access;
use super::error_pages;
use super::headers::{ALLOW_ORIGIN, Level, Line, hidden, status_is};
use super::place::Place;
use super::script::Script;
use super::tree::Item;
use super::variables::Variables;
use crate::model::condition::{Formula, Test, World};
use crate::model::server::{Effect, GuardedEffect};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term, TermValue};
use crate::source::{Span, Spanned};

/// A place that answers.
pub(super) struct Leaf<'l, 'm, 'a> {
    /// Its block and those around it.
    pub(super) level: Level<'l, 'a>,
    /// What it is called.
    pub(super) place: Place,
    /// The rewrite phase.
    pub(super) script: Script<'l, 'm, 'a>,
    /// Sets of header lines, the location's own first; their conditions exclude each other.
    pub(super) groups: Vec<Group<'l, 'a>>,
    /// Refusals.
    pub(super) access: Access,
    /// Who produces the answer.
    pub(super) content: Content,
    /// Where that is written.
    pub(super) content_span: Span,
    /// It is a location of a server that is in the repository.
    pub(super) is_in_server: bool,
    /// Where that server begins, or the one that this is.
    pub(super) server: Option<Span>,
    /// The names of that server.
    pub(super) server_names: Vec<Spanned<Arc<str>>>,
    /// Status codes that `error_page` turns into something else.
    pub(super) replaced: Vec<u16>,
    /// Errors of the server behind leave from a location that sends Allow-Origin with them.
    pub(super) errors_elsewhere: bool,
}

/// The header lines that hold together.
pub(super) struct Group<'l, 'a> {
    /// When.
    pub(super) when: Formula,
    /// The lines in force.
    pub(super) lines: Vec<Line>,
    /// The `if` they belong to.
    pub(super) block: Option<&'l Item<'a>>,
    /// Its place in [`Script::entered`].
    pub(super) index: Option<usize>,
}

/// Who produces the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Another server.
    Forward,
    /// A file.
    File,
    /// Nobody can tell: another location, a module, or a fragment of a configuration.
    Unknown,
}

/// A request of which only the method is known.
pub(super) struct Method(pub(super) &'static str);

impl World for Method {
    fn test(&self, test: &Test) -> Option<bool> {
        match test {
            Test::Request { term, relation } if term.part == Part::Method => {
                relation.holds(&term.apply(TermValue::Text(self.0.to_owned())))
            }
            _ => None,
        }
    }
}

impl Group<'_, '_> {
    /// The first of its lines that sends this header.
    pub(super) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.sends(name))
    }

    /// The line that decides who is allowed.
    pub(super) fn allow_origin(&self) -> Option<&Line> {
        self.lines.iter().rev().find(|line| line.sends(ALLOW_ORIGIN))
    }
}

impl<'l, 'm, 'a> Leaf<'l, 'm, 'a> {
    /// Looks at a place. `server` are the directives of the server around it, if it is a location of one.
    pub(super) fn new(
        level: Level<'l, 'a>,
        place: Place,
        server: Option<&'l [Item<'a>]>,
        variables: Variables<'m, 'a>,
        is_fragment: bool,
    ) -> Self {
        let script = Script::run(variables, server, level.items, place.prefix());
        let groups = groups(&level, &script);
        let access = Access::of(&level, &script.variables, server.unwrap_or(level.items));
        let (content, written) = content(&level, is_fragment);
        let content_span = written.unwrap_or(place.span);
        let replaced = level.nearest("error_page").into_iter().flat_map(codes).collect();
        let errors_elsewhere = error_pages::send_headers(&level);
        let is_in_server = server.is_some();
        let begins =
            server.or_else(|| (!is_fragment).then_some(level.items)).and_then(<[Item<'_>]>::first).map(Item::head);
        let named = server.unwrap_or(level.items).iter().filter(|item| item.name() == "server_name");
        let names = named.flat_map(Item::args).filter(|word| word.is_literal() && word.text.contains('.'));
        let server_names = names.map(|word| Spanned::new(word.text.clone(), word.span)).collect();
        Leaf {
            level,
            place,
            script,
            groups,
            access,
            content,
            content_span,
            is_in_server,
            server: begins,
            server_names,
            replaced,
            errors_elsewhere,
        }
    }

    /// Does a header of CORS play a part here?
    pub(super) fn involves_cors(&self) -> bool {
        self.groups.iter().any(|group| group.lines.iter().any(Line::is_cors))
            || self.level.outer.is_some_and(|outer| outer.lines().iter().any(|line| line.sends(ALLOW_ORIGIN)))
    }

    /// The header effects, as if every answer were a good one, or each under the status it needs.
    pub(super) fn headers(&self, with_status: bool) -> Vec<GuardedEffect> {
        let mut effects = if with_status { hidden(&self.level) } else { Vec::new() };
        for group in &self.groups {
            for line in &group.lines {
                effects.extend(line.effects(&group.when, &self.script.variables, with_status));
            }
        }
        if with_status && !self.replaced.is_empty() {
            // What `error_page` sends leaves with the headers of another place; whether it is used for the answers of
            // the server behind depends on more than this block.
            let codes: Vec<String> = self.replaced.iter().map(u16::to_string).collect();
            for guarded in effects.iter_mut().filter(|guarded| !matches!(guarded.effect, Effect::Remove(_))) {
                let replaced = status_is(&codes.join(" "), guarded.span);
                let kept = replaced.negated().or(Formula::unknown(guarded.span));
                guarded.when = guarded.when.clone().and(kept);
            }
        }
        effects
    }

    /// Answers of the rewrite phase; a status that `error_page` replaces is not known.
    pub(super) fn answers(&self) -> Vec<GuardedEffect> {
        let effects = self.script.answers.iter().map(|answer| {
            let status = answer.status.filter(|status| !self.replaced.contains(status));
            GuardedEffect { when: answer.when.clone(), effect: Effect::Answer(status), span: answer.span }
        });
        effects.collect()
    }

    /// OPTIONS for a file: 405, unless `error_page 405 =200` says otherwise.
    pub(super) fn refuses_options(&self) -> Vec<GuardedEffect> {
        let relation =
            Relation::Matches(Pattern { source: "GET|HEAD".into(), ignore_case: false, anchor: Anchor::Full });
        let reads = Formula::test(Test::Request { term: Term::of(Part::Method), relation }, self.content_span);
        let status = (!self.replaced.contains(&405)).then_some(405);
        vec![GuardedEffect { when: reads.negated(), effect: Effect::Answer(status), span: self.content_span }]
    }

    /// Is a part of it not in the repository?
    pub(super) fn is_partial(&self) -> bool {
        self.level.items.iter().any(Item::is_hole)
    }

    /// The lines that stand in this `if` or that it takes over.
    pub(super) fn lines_inside(&self, index: usize) -> Vec<Line> {
        let block = self.script.entered.get(index).map(|entered| entered.block);
        block.map(|block| Level::inside(&self.level, block).lines()).unwrap_or_default()
    }

    /// The line of a header that is written for preflights, whether or not another block takes it away again.
    pub(super) fn written_for_preflights(&self, name: &str) -> Option<Line> {
        let entered =
            (0..self.script.entered.len()).rev().filter(|&index| self.script.may_enter(index, &Method("OPTIONS")));
        let mut lines = entered.flat_map(|index| self.lines_inside(index)).chain(self.level.lines());
        lines.find(|line| line.sends(name))
    }

    /// Is every request answered or refused in one of these ways, whatever it is?
    pub(super) fn only_answers(&self, accept: impl Fn(u16) -> bool) -> bool {
        self.script.alive == Formula::False
            && self.script.answers.iter().all(|answer| answer.status.is_some_and(&accept))
    }

    /// May this method get an answer with these header lines that is not from the rewrite phase?
    pub(super) fn reaches_content(&self, group: &Group<'_, '_>, method: &'static str) -> bool {
        let world = Method(method);
        group.when.clone().and(self.script.alive.clone()).eval(&world) != Some(false)
    }
}

/// The sets of header lines: one for each `if` with lines of its own, one for all other requests.
fn groups<'l, 'a>(level: &Level<'l, 'a>, script: &Script<'l, '_, 'a>) -> Vec<Group<'l, 'a>> {
    let lines = level.lines();
    let mut own = Vec::new();
    for (index, entered) in script.entered.iter().enumerate() {
        let inner_lines = Level::inside(level, entered.block).lines();
        let when = script.ends_in(index);
        if inner_lines != lines && when != Formula::False {
            own.push(Group { when, lines: inner_lines, block: Some(entered.block), index: Some(index) });
        }
    }
    let rest = Formula::any(own.iter().map(|group| group.when.clone())).negated();
    let mut groups = vec![Group { when: rest, lines, block: None, index: None }];
    groups.append(&mut own);
    groups
}

/// Directives that pass requests on.
pub(super) const PASSES: [&str; 5] = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "grpc_pass", "scgi_pass"];
const OTHER_CONTENT: [&str; 10] = [
    "stub_status",
    "content_by_lua_block",
    "content_by_lua_file",
    "content_by_lua",
    "js_content",
    "memcached_pass",
    "echo",
    "perl",
    "dav_methods",
    "empty_gif",
];

/// Who produces the answer of a level, and where that is said.
fn content(level: &Level<'_, '_>, is_fragment: bool) -> (Content, Option<Span>) {
    let inside = level.items.iter().filter(|item| item.name() == "if").flat_map(|item| &item.children);
    if let Some(pass) = level.items.iter().chain(inside).find(|item| PASSES.contains(&item.name())) {
        return (Content::Forward, Some(pass.head()));
    }
    // The last word of `try_files` is another location, a status or a file.
    let elsewhere = level.own("try_files").last().and_then(|item| item.args().last()).is_some_and(|last| {
        !last.text.starts_with('=') && !last.text.ends_with(".html") && !last.text.ends_with(".htm")
    });
    if is_fragment || elsewhere || level.has(&OTHER_CONTENT) || level.items.iter().any(Item::is_hole) {
        return (Content::Unknown, None);
    }
    // Without a word nginx serves files.
    let file = level.items.iter().find(|item| matches!(item.name(), "try_files" | "alias" | "root"));
    (Content::File, file.map(Item::head))
}

fn codes(item: &Item<'_>) -> Vec<u16> {
    item.args().iter().filter_map(|word| word.text.parse().ok()).collect()
}
