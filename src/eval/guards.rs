//! Conditions of which only the name is known: `if settings.DEBUG`, `config.env === 'production'`.
//!
//! In: an operand of a condition as it is written, and its value. Out: the value itself, or, where nobody knows it, what its
//! name says about the environment. Which names say something stands in `model::world`.

use std::sync::Arc;

use super::Interp;
use super::value::{EnvRead, EnvShape, Kind, ScopeId, Value};
use crate::ir::{Expr, ExprKind};
use crate::model::condition::{Formula, Test};
use crate::model::origin::is_loopback;
use crate::model::world::{flag, is_selector, written_in_code};

/// What tells development from production for pages, however they ask.
const PAGE_STAGE: &str = "NODE_ENV";
/// Steps from a value to the name it has: `settings.env.value.lower()`.
const LONGEST_NAME: usize = 4;

impl Interp<'_> {
    /// What is asked whether it is true.
    pub(super) fn eval_test(&mut self, expr: &Expr, scope: ScopeId) -> Value {
        let value = self.eval(expr, scope);
        self.flag_by_name(expr, value)
    }

    /// The two sides of a comparison.
    pub(super) fn compared(&self, left: (&Expr, Value), right: (&Expr, Value)) -> (Value, Value) {
        if let Some(sides) = on_own_machine(&left.1, &right.1).or_else(|| on_own_machine(&right.1, &left.1)) {
            return sides;
        }
        let (first, second) = (left.1.kind.clone(), right.1.kind.clone());
        (self.side(left.0, left.1, &second), self.side(right.0, right.1, &first))
    }

    fn side(&self, expr: &Expr, value: Value, other: &Kind) -> Value {
        match other {
            Kind::Bool(_) => self.flag_by_name(expr, value),
            Kind::Str(_) | Kind::List(_) => self.selector_by_name(expr, value),
            _ => value,
        }
    }

    /// `settings.DEBUG`, `isProduction`: true or false by what the name says of the environment.
    pub(super) fn flag_by_name(&self, expr: &Expr, value: Value) -> Value {
        let name = name_of(expr, 0).filter(|name| self.is_unclear(&value) && flag(name).is_some());
        match name {
            Some(name) => {
                let test = Test::EnvTrue { variable: written_in_code(name).into() };
                Value::condition(Formula::test(test, value.span), value.span)
            }
            None => value,
        }
    }

    /// Nothing is known of it but where it comes from.
    fn is_unclear(&self, value: &Value) -> bool {
        match value.kind {
            Kind::Unknown(_) | Kind::External(_) | Kind::Method { .. } => true,
            // What a call of something external gives back.
            Kind::Object(id) => self.object(id).class.is_none() && !self.object(id).exists,
            _ => false,
        }
    }

    /// `settings.ENV`, `config.nodeEnv`: a text that names the environment.
    pub(super) fn selector_by_name(&self, expr: &Expr, value: Value) -> Value {
        let name = name_of(expr, 0).map(written_in_code).filter(|name| self.is_unclear(&value) && is_selector(name));
        match name {
            Some(name) => {
                let read = EnvRead { name: Arc::from(name), shape: EnvShape::Text, read: value.span };
                Value { kind: Kind::Env(read), ..value }
            }
            None => value,
        }
    }
}

/// `location.hostname === 'localhost'`: a page asks whether it is shown on the machine of its developer.
fn on_own_machine(host: &Value, text: &Value) -> Option<(Value, Value)> {
    let Kind::External(path) = &host.kind else { return None };
    let asks = path.ends_with("location.hostname") && text.as_str().is_some_and(|text| is_loopback(text));
    asks.then(|| {
        let read = EnvRead { name: Arc::from(PAGE_STAGE), shape: EnvShape::Text, read: host.span };
        (Value::new(Kind::Env(read), host.span), Value::text("development", text.span))
    })
}

/// The last part of the name an expression has.
fn name_of(expr: &Expr, steps: usize) -> Option<&str> {
    if steps > LONGEST_NAME {
        return None;
    }
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Member { object, property, .. } if matches!(&**property, "value" | "name") => {
            name_of(object, steps + 1)
        }
        ExprKind::Member { property, .. } => Some(property),
        ExprKind::Index { index, .. } => text_of(index),
        ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
            // `settings.ENV.lower()`, `settings.is_dev()`.
            (ExprKind::Member { object, property, .. }, []) => match is_respelling(property) {
                true => name_of(object, steps + 1),
                false => Some(property),
            },
            (ExprKind::Name(name), []) => Some(name),
            // `config.get('env')`, `app.get("DEBUG", False)`.
            (ExprKind::Member { property, .. }, [key, ..]) if &**property == "get" => text_of(&key.value),
            // `getattr(settings, "DEBUG", False)`.
            (ExprKind::Name(name), [_, key, ..]) if &**name == "getattr" => text_of(&key.value),
            _ => None,
        },
        _ => None,
    }
}

fn text_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Str(text) => text.rsplit(['.', ':']).next(),
        _ => None,
    }
}

/// Methods that leave it the same name.
fn is_respelling(method: &str) -> bool {
    matches!(
        method,
        "lower" | "upper" | "strip" | "casefold" | "toLowerCase" | "toUpperCase" | "trim" | "toString" | "get"
    )
}
