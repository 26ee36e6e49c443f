//! Conditions on a request and on the environment, in three values.
//!
//! In: built while handlers and callbacks are evaluated with a symbolic request. Out: `Formula::eval`, which says true,
//! false or unknown in a given `World`. They are plain data, so a policy can be asked about any origin long after
//! its source was read. Knows no language and no platform.

mod given;
mod node;

use std::sync::Arc;

pub use given::Premises;
pub use node::{Parts, Tested};

use super::term::{Relation, Term};
use crate::source::Span;

/// One thing that can be asked of a request or of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// A part of the request compared with something.
    Request {
        /// What is compared.
        term: Term,
        /// With what.
        relation: Relation,
    },
    /// An environment variable equals this text.
    EnvEquals {
        /// Its name.
        variable: Arc<str>,
        /// The text.
        value: Arc<str>,
    },
    /// An environment variable has a value.
    EnvSet {
        /// Its name.
        variable: Arc<str>,
    },
    /// An environment variable, read as a boolean, is true.
    EnvTrue {
        /// Its name.
        variable: Arc<str>,
    },
    /// A list in an environment variable holds a part of the request.
    EnvLists {
        /// Its name.
        variable: Arc<str>,
        /// What its text is split at; the whole of it is one item without.
        separator: Option<Arc<str>>,
        /// Its items are trimmed.
        trimmed: bool,
        /// The part of the request.
        term: Term,
    },
    /// The caller has proven who they are.
    Authenticated,
    /// Something inside the `try` at this place was thrown.
    Thrown(Span),
    /// The answer that is being made has this header already, by its lower-case name.
    Sent(Arc<str>),
    /// A condition that cannot be decided statically; the same place is the same unknown.
    Unknown(Span),
}

/// A boolean combination of tests.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// Always.
    True,
    /// Never.
    False,
    /// A test and where it is written.
    Test(Arc<Tested>, Span),
    /// Not.
    Not(Arc<Formula>),
    /// All of them.
    All(Parts),
    /// Any of them.
    Any(Parts),
}

/// Answers tests; `None` is unknown.
pub trait World {
    /// Is the test true here?
    fn test(&self, test: &Test) -> Option<bool>;
}

/// A formula larger than this is not simplified further but replaced by an unknown: conditions stay bounded.
const LARGEST: usize = 400;
/// Conjunctions of more parts are not reduced: it takes each part against each.
const LARGEST_REDUCED: usize = 16;

impl Formula {
    /// A single test.
    pub fn test(test: Test, span: Span) -> Formula {
        Formula::Test(Arc::new(Tested::new(test)), span)
    }

    /// A condition nobody can decide, named by its place.
    pub fn unknown(span: Span) -> Formula {
        Formula::test(Test::Unknown(span), span)
    }

    /// `true` or `false`.
    pub fn constant(value: bool) -> Formula {
        if value { Formula::True } else { Formula::False }
    }

    /// The negation, kept shallow.
    pub fn negated(self) -> Formula {
        match self {
            Formula::True => Formula::False,
            Formula::False => Formula::True,
            Formula::Not(inner) => (*inner).clone(),
            other => Formula::Not(Arc::new(other)),
        }
    }

    /// Both.
    pub fn and(self, other: Formula) -> Formula {
        Formula::all([self, other])
    }

    /// Either.
    pub fn or(self, other: Formula) -> Formula {
        Formula::any([self, other])
    }

    /// All of them, flattened; `False` when two of them contradict each other.
    pub fn all(parts: impl IntoIterator<Item = Formula>) -> Formula {
        let Some(flat) = Formula::flatten(parts, true) else { return Formula::False };
        match Formula::reduced(&flat) {
            Some(reduced) => Formula::all(reduced),
            None => Formula::gather(flat, true),
        }
    }

    /// Any of them, flattened; `True` when two of them are opposites.
    pub fn any(parts: impl IntoIterator<Item = Formula>) -> Formula {
        match Formula::flatten(parts, false) {
            Some(flat) => Formula::gather(flat, false),
            None => Formula::True,
        }
    }

    /// The distinct parts of a conjunction (or disjunction), those of the same kind among them opened. `None` when one part or a
    /// pair of opposites decides the whole.
    fn flatten(parts: impl IntoIterator<Item = Formula>, conjunction: bool) -> Option<Vec<Formula>> {
        let mut flat: Vec<Formula> = Vec::new();
        let mut add = |one: &Formula| {
            if !flat.contains(one) {
                flat.push(one.clone());
            }
        };
        for part in parts {
            match (&part, conjunction) {
                (Formula::True, true) | (Formula::False, false) => {}
                (Formula::False, true) | (Formula::True, false) => return None,
                (Formula::All(inner), true) | (Formula::Any(inner), false) => inner.iter().for_each(&mut add),
                (one, _) => add(one),
            }
        }
        let opposite = |one: &Formula| matches!(one, Formula::Not(inner) if flat.iter().any(|other| other.same(inner)));
        (!flat.iter().any(opposite)).then_some(flat)
    }

    /// The parts of a small conjunction with what its plain tests decide taken out of the others: `a ∧ ¬(a ∧ b)` is `a ∧ ¬b`.
    fn reduced(parts: &[Formula]) -> Option<Vec<Formula>> {
        let plain = |one: &&Formula| match one {
            Formula::Test(..) => true,
            Formula::Not(inner) => matches!(**inner, Formula::Test(..)),
            _ => false,
        };
        if parts.len() > LARGEST_REDUCED || parts.iter().all(|one| plain(&one)) {
            return None;
        }
        let facts: Vec<Formula> = parts.iter().filter(plain).cloned().collect();
        if facts.is_empty() || parts.iter().map(Formula::size).sum::<usize>() > LARGEST_REDUCED * 4 {
            return None;
        }
        let premises = Premises::new(&facts);
        let reduced: Vec<Formula> =
            parts.iter().map(|one| if plain(&one) { one.clone() } else { one.under(&premises) }).collect();
        (reduced != parts).then_some(reduced)
    }

    fn gather(mut flat: Vec<Formula>, conjunction: bool) -> Formula {
        match flat.len() {
            0 => Formula::constant(conjunction),
            1 => flat.remove(0),
            _ => {
                let size: usize = flat.iter().map(Formula::size).sum();
                let place = (size > LARGEST).then(|| flat.iter().find_map(Formula::place)).flatten();
                match (place, conjunction) {
                    (Some(span), _) => Formula::unknown(span),
                    (None, true) => Formula::All(Parts::new(flat, true)),
                    (None, false) => Formula::Any(Parts::new(flat, false)),
                }
            }
        }
    }

    /// Where its first test is written.
    pub fn place(&self) -> Option<Span> {
        match self {
            Formula::True | Formula::False => None,
            Formula::Test(_, span) => Some(*span),
            Formula::Not(inner) => inner.place(),
            Formula::All(parts) | Formula::Any(parts) => parts.iter().find_map(Formula::place),
        }
    }

    /// What is left of it when the tests that `dropped` picks never hold.
    pub fn without(&self, dropped: &dyn Fn(&Test, Span) -> bool) -> Formula {
        self.replaced(&|test, span| dropped(test, span).then_some(Formula::False))
    }

    /// The same with other conditions in the place of some tests.
    pub fn replaced(&self, by: &dyn Fn(&Test, Span) -> Option<Formula>) -> Formula {
        match self {
            Formula::Test(test, span) => by(test, *span).unwrap_or_else(|| self.clone()),
            Formula::Not(inner) => inner.replaced(by).negated(),
            Formula::All(parts) => Formula::all(parts.iter().map(|part| part.replaced(by))),
            Formula::Any(parts) => Formula::any(parts.iter().map(|part| part.replaced(by))),
            Formula::True | Formula::False => self.clone(),
        }
    }

    /// The parts that all have to hold.
    pub fn conjuncts(&self) -> Vec<Formula> {
        match self {
            Formula::True => Vec::new(),
            Formula::All(parts) => parts.to_vec(),
            other => vec![other.clone()],
        }
    }

    /// Its truth in a world; unknown stays unknown unless the rest decides.
    pub fn eval(&self, world: &dyn World) -> Option<bool> {
        match self {
            Formula::True => Some(true),
            Formula::False => Some(false),
            Formula::Test(test, _) => world.test(test),
            Formula::Not(inner) => inner.eval(world).map(|value| !value),
            Formula::All(parts) => fold(parts, world, false),
            Formula::Any(parts) => fold(parts, world, true),
        }
    }

    /// Its truth in a world, also where it does not depend on what is unknown: `a ∧ x ∨ ¬a ∧ x` is `x`. A few unknown tests are
    /// tried both ways; with more of them unknown stays unknown.
    pub fn decide(&self, world: &dyn World) -> Option<bool> {
        let plain = self.eval(world);
        if plain.is_some() || self.size() > LARGEST_SPLIT {
            return plain;
        }
        let mut open: Vec<&Test> = Vec::new();
        for (test, _) in self.tests() {
            if world.test(test).is_none() && !open.contains(&test) {
                open.push(test);
            }
        }
        if open.len() > MOST_SPLIT {
            return None;
        }
        let mut answers = (0..1_u32 << open.len()).map(|choice| self.eval(&Split { world, open: &open, choice }));
        let first = answers.next().flatten()?;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }

    /// Every test in it, with its place, in order.
    pub fn tests(&self) -> Vec<(&Test, Span)> {
        let mut found = Vec::new();
        self.visit(&mut |test, span| found.push((test, span)));
        found
    }

    fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Test, Span)) {
        match self {
            Formula::True | Formula::False => {}
            Formula::Test(test, span) => see(test, *span),
            Formula::Not(inner) => inner.visit(see),
            Formula::All(parts) | Formula::Any(parts) => parts.iter().for_each(|part| part.visit(see)),
        }
    }
}

/// Formulas with more tests are not split.
const LARGEST_SPLIT: usize = 120;
/// Unknown tests that are tried both ways.
const MOST_SPLIT: usize = 5;

/// A world in which a few unknown tests are answered by the bits of a number.
struct Split<'w> {
    world: &'w dyn World,
    open: &'w [&'w Test],
    choice: u32,
}

impl World for Split<'_> {
    fn test(&self, test: &Test) -> Option<bool> {
        match self.open.iter().position(|open| *open == test) {
            Some(bit) => Some(self.choice >> bit & 1 == 1),
            None => self.world.test(test),
        }
    }
}

/// `decisive` decides alone: one false among `All`, one true among `Any`.
fn fold(parts: &[Formula], world: &dyn World, decisive: bool) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match part.eval(world) {
            Some(value) if value == decisive => return Some(decisive),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!decisive)
}
