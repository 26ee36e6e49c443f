//! The rewrite phase: `set`, `if`, `return`, `rewrite` and `break` in the order in which a request meets them.
//!
//! In: the blocks of a server and of a location. Out: which `if` a request ends up in (it decides the headers), what is
//! answered at once, and what the variables are. Knows no header. <https://nginx.org/en/docs/http/ngx_http_rewrite_module.html>

use super::tree::Item;
use super::variables::Variables;
use crate::model::condition::{Formula, Test, World};
use crate::model::term::{Anchor, Part, Pattern, Relation, Term};
use crate::source::Span;

/// `if` blocks of one location that are followed; more are passed over.
const MAX_IFS: usize = 100;

/// An answer given in the rewrite phase, before authentication and before anything is passed on.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// When.
    pub(super) when: Formula,
    /// Its status, where it is known.
    pub(super) status: Option<u16>,
    /// The line.
    pub(super) span: Span,
    /// The `if` it stands in, by its place in [`Script::entered`].
    pub(super) inside: Option<usize>,
    /// A text is sent along.
    pub(super) has_text: bool,
}

/// An `if` of a location that a request may enter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entered<'l, 'a> {
    /// The block.
    pub(super) block: &'l Item<'a>,
}

/// What the rewrite phase comes to.
#[derive(Debug)]
pub(super) struct Script<'l, 'm, 'a> {
    /// The variables at its end; headers are computed when the answer leaves.
    pub(super) variables: Variables<'m, 'a>,
    /// The `if` blocks in order.
    pub(super) entered: Vec<Entered<'l, 'a>>,
    /// When each of them was entered.
    conditions: Vec<Formula>,
    /// Answers in order; their conditions exclude each other.
    pub(super) answers: Vec<Answer>,
    /// When the request gets beyond the rewrite phase, still in this location.
    pub(super) alive: Formula,
    /// A `break` ends the phase; what follows is passed over.
    running: Formula,
    /// The literal start of the paths the location sees.
    prefix: String,
}

impl<'l, 'm, 'a> Script<'l, 'm, 'a> {
    /// Runs the directives of the server, then those of the location.
    pub(super) fn run(
        variables: Variables<'m, 'a>,
        server: Option<&'l [Item<'a>]>,
        location: &'l [Item<'a>],
        prefix: &str,
    ) -> Self {
        let (entered, conditions, answers) = (Vec::new(), Vec::new(), Vec::new());
        let (alive, running) = (Formula::True, Formula::True);
        let prefix = prefix.to_owned();
        let mut script = Script { variables, entered, conditions, answers, alive, running, prefix };
        if let Some(items) = server {
            script.block(items, &Formula::True, None, false);
            script.running = script.alive.clone();
        }
        script.block(location, &Formula::True, None, true);
        script
    }

    fn block(&mut self, items: &'l [Item<'a>], when: &Formula, inside: Option<usize>, levels: bool) {
        for item in items {
            let here = self.running.clone().and(when.clone());
            if here == Formula::False {
                return;
            }
            match (item.name(), item.args()) {
                ("set", [name, value]) => {
                    let name = name.text.trim_start_matches('$').to_owned();
                    self.variables.assign(&name, &here, value);
                }
                ("if", words) if self.entered.len() < MAX_IFS => {
                    let condition = self.variables.condition(words);
                    let entered = here.and(condition.clone());
                    if entered == Formula::False {
                        continue;
                    }
                    let mut place = inside;
                    if levels {
                        place = Some(self.entered.len());
                        self.entered.push(Entered { block: item });
                        self.conditions.push(entered);
                    }
                    self.block(&item.children, &when.clone().and(condition), place, levels);
                }
                ("break", []) => self.stop(&here),
                ("return", [first, rest @ ..]) => {
                    let redirects = first.text.contains("://") || first.text.starts_with('$');
                    let status = if redirects { Some(302) } else { first.text.parse().ok() };
                    let has_text = rest.first().is_some_and(|text| text.is_literal() && !text.text.is_empty());
                    self.answer(Answer { when: here, status, span: item.head(), inside, has_text });
                }
                ("rewrite", [pattern, target, flags @ ..]) => {
                    let fits = self.fits(&pattern.text, pattern.span);
                    let when = here.and(fits);
                    let flag = flags.first().map_or("", |flag| &*flag.text);
                    let status = match flag {
                        "permanent" => Some(301),
                        "redirect" => Some(302),
                        _ if target.text.starts_with("http://") || target.text.starts_with("https://") => Some(302),
                        _ => None,
                    };
                    match (status, flag) {
                        (Some(_), _) => {
                            self.answer(Answer { when, status, span: item.head(), inside, has_text: false });
                        }
                        // Another location answers.
                        (None, "last") => {
                            self.stop(&when);
                            self.alive = self.alive.clone().and(when.negated());
                        }
                        (None, "break") => self.stop(&when),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    fn answer(&mut self, answer: Answer) {
        self.stop(&answer.when);
        self.alive = self.alive.clone().and(answer.when.clone().negated());
        self.answers.push(answer);
    }

    fn stop(&mut self, when: &Formula) {
        self.running = self.running.clone().and(when.clone().negated());
    }

    /// The condition that a path matches the pattern of a `rewrite`.
    fn fits(&self, pattern: &str, span: Span) -> Formula {
        let literal = pattern.strip_prefix('^').unwrap_or(pattern);
        let literal = literal.trim_end_matches('$');
        let literal =
            ["/?(.*)", "(.*)", "/(.*)", ".*"].iter().find_map(|end| literal.strip_suffix(end)).unwrap_or(literal);
        let open = pattern.ends_with(['*', ')', '^', '/']) || pattern.ends_with("*$") || pattern.ends_with(")$");
        if open && pattern.starts_with(['^', '.', '(']) && format!("{}/", self.prefix).starts_with(literal) {
            return Formula::True;
        }
        let pattern = Pattern { source: pattern.into(), ignore_case: false, anchor: Anchor::Search };
        Formula::test(Test::Request { term: Term::of(Part::Path), relation: Relation::Matches(pattern) }, span)
    }

    /// May a request of this kind enter this `if`?
    pub(super) fn may_enter(&self, index: usize, world: &dyn World) -> bool {
        self.conditions.get(index).is_some_and(|condition| condition.eval(world) != Some(false))
    }

    /// When a request ends up in this `if`: it was entered, and none of those after it.
    pub(super) fn ends_in(&self, index: usize) -> Formula {
        let later = self.conditions.get(index + 1..).unwrap_or_default();
        let entered = self.conditions.get(index).cloned().unwrap_or(Formula::False);
        entered.and(Formula::any(later.iter().cloned()).negated())
    }
}
