//! Who is let in: `auth_basic`, `auth_request`, `limit_except`, `deny`.
//!
//! In: a level and its variables. Out: guarded refusals of the access phase, which comes after the rewrite phase. Says nothing where
//! addresses decide.

use super::headers::Level;
use super::tree::Item;
use super::variables::{Comparison, Variables};
use crate::model::condition::{Formula, Test};
use crate::model::server::{Effect, GuardedEffect};
use crate::model::term::{Part, Relation, Term};
use crate::source::Span;

/// The refusals of a level.
#[derive(Debug, Default)]
pub(super) struct Access {
    /// `RequireAuth` and `Answer`, in order.
    pub(super) effects: Vec<GuardedEffect>,
    /// Nobody gets in.
    pub(super) denies: bool,
}

impl Access {
    /// The refusals that hold on a level. `servers` are the directives in which the location of an `auth_request` is sought.
    pub(super) fn of(level: &Level<'_, '_>, variables: &Variables<'_, '_>, server: &[Item<'_>]) -> Access {
        let mut access = Access::default();
        // With `satisfy any` an address may do instead.
        let any = level.nearest("satisfy").last().is_some_and(|item| item.first() == "any");
        let rules: Vec<&Item<'_>> = level.items.iter().filter(|item| matches!(item.name(), "allow" | "deny")).collect();
        if let [only] = &*rules
            && (only.name(), only.first()) == ("deny", "all")
        {
            access.denies = true;
            access.push(Formula::True, Effect::Answer(Some(403)), only.head());
        }
        if !any {
            access.authentication(level, variables, server, &Formula::True);
        }
        for item in level.own("limit_except") {
            access.limit(item, level, variables, any);
        }
        access
    }

    fn push(&mut self, when: Formula, effect: Effect, span: Span) {
        if when != Formula::False {
            self.effects.push(GuardedEffect { when, effect, span });
        }
    }

    fn authentication(
        &mut self,
        level: &Level<'_, '_>,
        variables: &Variables<'_, '_>,
        server: &[Item<'_>],
        when: &Formula,
    ) {
        if let Some(item) = level.nearest("auth_basic").last()
            && let Some(word) = item.args().first()
        {
            let off = Comparison::Equals("off".into());
            let realms = variables.word(word).into_iter();
            let asks = Formula::any(realms.map(|one| one.when.and(off.holds(&one.pieces, word.span).negated())));
            self.push(when.clone().and(asks), Effect::RequireAuth(401), item.head());
        }
        if let Some(item) = level.nearest("auth_request").last()
            && item.first() != "off"
        {
            // The service may let OPTIONS pass when it is told the method.
            let told = told_the_method(server, item.first());
            let when = if told { Formula::unknown(item.head()) } else { when.clone() };
            self.push(when, Effect::RequireAuth(401), item.head());
        }
    }

    /// `limit_except GET POST { deny all; }`: what is inside holds for other methods.
    fn limit(&mut self, item: &Item<'_>, level: &Level<'_, '_>, variables: &Variables<'_, '_>, any: bool) {
        let is = |method: &str| {
            let relation = Relation::Equals(method.into());
            Formula::test(Test::Request { term: Term::of(Part::Method), relation }, item.head())
        };
        let mut listed: Vec<Formula> = item.args().iter().map(|word| is(&word.text)).collect();
        if item.args().iter().any(|word| &*word.text == "GET") {
            listed.push(is("HEAD"));
        }
        let others = Formula::any(listed).negated();
        let rules: Vec<&Item<'_>> =
            item.children.iter().filter(|item| matches!(item.name(), "allow" | "deny")).collect();
        let inner = Level::inside(level, item);
        match &*rules {
            [only] if only.name() == "deny" && only.first() == "all" => {
                self.push(others, Effect::Answer(Some(403)), item.head());
            }
            [] if inner.has(&["auth_basic", "auth_request"]) && !any => {
                self.authentication(&inner, variables, &[], &others);
            }
            _ => {}
        }
    }
}

/// Does the location that is asked who the caller is pass the method on?
fn told_the_method(items: &[Item<'_>], uri: &str) -> bool {
    items.iter().any(|item| {
        let here = item.name() == "location" && item.args().last().is_some_and(|word| *word.text == *uri);
        (here && mentions_method(&item.children)) || told_the_method(&item.children, uri)
    })
}

fn mentions_method(items: &[Item<'_>]) -> bool {
    items.iter().any(|item| {
        item.args().iter().any(|word| word.text.contains("$request_method")) || mentions_method(&item.children)
    })
}
