//! What is left of a condition when others are known to hold.
//!
//! In: a condition and premises. Out: the condition without what the premises decide, the very same where they decide nothing.
//! Values are looked up far more often than conditions are made, and each lookup asks this: premises are found by fingerprint.

use super::Formula;
use super::node::{Parts, Shape, Tests};

/// Conditions that are known to hold, with all that follows from them without reasoning: the parts of a conjunction hold, those of
/// a negated disjunction do not.
#[derive(Debug)]
pub struct Premises<'f> {
    /// By fingerprint; `false` is known not to hold.
    known: Vec<(Shape, &'f Formula, bool)>,
    /// Which tests they hold, roughly.
    tests: Tests,
}

impl<'f> Premises<'f> {
    /// Premises that all hold.
    pub fn new(facts: &'f [Formula]) -> Premises<'f> {
        let mut premises = Premises { known: Vec::with_capacity(facts.len()), tests: 0 };
        for fact in facts {
            premises.tests |= fact.held();
            premises.learn(fact, true);
        }
        premises.known.sort_by_key(|(shape, ..)| *shape);
        premises
    }

    fn learn(&mut self, fact: &'f Formula, holds: bool) {
        self.known.push((fact.shape(), fact, holds));
        match (fact, holds) {
            (Formula::Not(inner), _) => self.learn(inner, !holds),
            (Formula::All(parts), true) | (Formula::Any(parts), false) => {
                parts.iter().for_each(|part| self.learn(part, holds));
            }
            _ => {}
        }
    }

    /// May they say anything about a condition? `false` is certain.
    pub fn may_decide(&self, asked: &Formula) -> bool {
        self.tests & asked.held() != 0
    }

    /// What they say about a condition as a whole.
    fn decide(&self, asked: &Formula) -> Option<bool> {
        let shape = asked.shape();
        let first = self.known.partition_point(|(known, ..)| *known < shape);
        let alike = self.known[first..].iter().take_while(|(known, ..)| *known == shape);
        alike.into_iter().find(|(_, known, _)| known.same(asked)).map(|(.., holds)| *holds)
    }
}

impl Formula {
    /// What is left of it when every one of `facts` is known to hold.
    pub fn given(&self, facts: &[Formula]) -> Formula {
        self.under(&Premises::new(facts))
    }

    /// What is left of it under premises.
    pub fn under(&self, premises: &Premises<'_>) -> Formula {
        self.left(premises).unwrap_or_else(|| self.clone())
    }

    /// `None` where nothing of it is decided.
    fn left(&self, premises: &Premises<'_>) -> Option<Formula> {
        if !premises.may_decide(self) {
            return None;
        }
        if let Some(holds) = premises.decide(self) {
            return Some(Formula::constant(holds));
        }
        match self {
            Formula::Not(inner) => inner.left(premises).map(Formula::negated),
            Formula::All(parts) => left_of(parts, premises, &Formula::False).map(Formula::all),
            Formula::Any(parts) => left_of(parts, premises, &Formula::True).map(Formula::any),
            Formula::True | Formula::False | Formula::Test(..) => None,
        }
    }
}

/// What is left of the parts; the one that decides the whole stands alone.
fn left_of(parts: &Parts, premises: &Premises<'_>, decisive: &Formula) -> Option<Vec<Formula>> {
    let mut left: Option<Vec<Formula>> = None;
    for (index, part) in parts.iter().enumerate() {
        match part.left(premises) {
            Some(one) if one == *decisive => return Some(vec![one]),
            Some(one) => left.get_or_insert_with(|| parts[..index].to_vec()).push(one),
            None => left.iter_mut().for_each(|left| left.push(part.clone())),
        }
    }
    left
}
