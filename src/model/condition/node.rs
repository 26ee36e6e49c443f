//! The nodes of a formula, with what makes comparing them cheap.
//!
//! In: tests and parts. Out: nodes that know their shape (a fingerprint that does not depend on where tests are written), their
//! size and roughly which tests they hold. Evaluation compares conditions far more often than it makes them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::{Formula, Test};

/// A fingerprint: equal for equal conditions, wherever their tests are written.
pub(super) type Shape = u64;

/// Which tests a condition holds, as bits that different tests may share: without a common bit there is no common test.
pub(super) type Tests = u128;

/// A test and its fingerprint.
#[derive(Debug)]
pub struct Tested {
    test: Test,
    shape: Shape,
}

impl Tested {
    /// A test that will be compared.
    pub(super) fn new(test: Test) -> Tested {
        let shape = fingerprint(&(1_u8, &test));
        Tested { test, shape }
    }

    fn tests(&self) -> Tests {
        1 << (self.shape % 128)
    }
}

impl Deref for Tested {
    type Target = Test;

    fn deref(&self) -> &Test {
        &self.test
    }
}

impl PartialEq for Tested {
    fn eq(&self, other: &Tested) -> bool {
        std::ptr::eq(self, other) || self.shape == other.shape && self.test == other.test
    }
}

/// The parts of a conjunction or a disjunction.
#[derive(Debug, Clone)]
pub struct Parts {
    parts: Arc<[Formula]>,
    shape: Shape,
    tests: Tests,
    size: usize,
}

impl Parts {
    /// Parts of a conjunction (or a disjunction).
    pub(super) fn new(parts: Vec<Formula>, conjunction: bool) -> Parts {
        let shapes: Vec<Shape> = parts.iter().map(Formula::shape).collect();
        let shape = fingerprint(&(2_u8, conjunction, shapes));
        let tests = parts.iter().fold(0, |all, part| all | part.held());
        let size = parts.iter().map(Formula::size).sum();
        Parts { parts: parts.into(), shape, tests, size }
    }
}

impl Deref for Parts {
    type Target = [Formula];

    fn deref(&self) -> &[Formula] {
        &self.parts
    }
}

impl PartialEq for Parts {
    fn eq(&self, other: &Parts) -> bool {
        Arc::ptr_eq(&self.parts, &other.parts) || self.shape == other.shape && self.parts == other.parts
    }
}

fn fingerprint(what: &impl Hash) -> Shape {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

impl Formula {
    /// Its fingerprint.
    pub(super) fn shape(&self) -> Shape {
        match self {
            Formula::True => 1,
            Formula::False => 2,
            Formula::Test(test, _) => test.shape,
            Formula::Not(inner) => inner.shape().rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            Formula::All(parts) | Formula::Any(parts) => parts.shape,
        }
    }

    /// Which tests it holds, roughly.
    pub(super) fn held(&self) -> Tests {
        match self {
            Formula::True | Formula::False => 0,
            Formula::Test(test, _) => test.tests(),
            Formula::Not(inner) => inner.held(),
            Formula::All(parts) | Formula::Any(parts) => parts.tests,
        }
    }

    /// How many tests it holds.
    pub fn size(&self) -> usize {
        match self {
            Formula::True | Formula::False => 0,
            Formula::Test(..) => 1,
            Formula::Not(inner) => inner.size(),
            Formula::All(parts) | Formula::Any(parts) => parts.size,
        }
    }

    /// Is it the same condition, wherever its tests are written?
    pub(super) fn same(&self, other: &Formula) -> bool {
        self.shape() == other.shape()
            && match (self, other) {
                (Formula::Test(one, _), Formula::Test(other, _)) => one == other,
                (Formula::Not(one), Formula::Not(other)) => Arc::ptr_eq(one, other) || one.same(other),
                (Formula::All(one), Formula::All(other)) | (Formula::Any(one), Formula::Any(other)) => {
                    Arc::ptr_eq(&one.parts, &other.parts)
                        || one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| one.same(other))
                }
                (one, other) => one == other,
            }
    }
}
