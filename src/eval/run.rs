//! Statements: control flow becomes conditions.
//!
//! A branch that cannot be decided is run under its condition; a `return` inside it leaves the rest of the block to the
//! opposite condition. The path (`Interp::path`) is the list of conditions that hold at the current statement.

use std::sync::Arc;

use super::Interp;
use super::value::{Args, Closure, Kind, ModuleId, Reason, ScopeId, Value};
use crate::ir::{self, Language, Pattern, Stmt, StmtKind};
use crate::model::condition::Formula;
use crate::source::Span;

/// Cases that one case of a `switch` may fall through.
const LONGEST_FALL: usize = 16;

/// A function call in progress.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) module: ModuleId,
    pub(super) language: Language,
    /// The function that runs, by its place; `None` for a module's own body.
    pub(super) function: Option<Span>,
    /// How many conditions were on the path when it was called.
    pub(super) base: usize,
    /// What it returns, and when.
    pub(super) returns: Vec<(Formula, Value)>,
    /// What was thrown.
    pub(super) throws: Vec<(Formula, Span)>,
}

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Its end is reached, perhaps under more conditions, which are then on the path.
    Falls,
    /// Its end is never reached.
    Leaves,
}

impl Interp<'_> {
    /// Runs statements; conditions added by early exits stay on the path for the caller to remove.
    pub(super) fn run_block(&mut self, body: &[Stmt], scope: ScopeId) -> Flow {
        self.hoist(body, scope);
        for stmt in body {
            if !self.step() {
                return Flow::Falls;
            }
            // A statement at the top of a module leaves half of the steps to those after it.
            let top = self.frames.last().is_some_and(|frame| frame.function.is_none());
            let reserve = if top { self.entry_steps_left / 2 } else { 0 };
            self.entry_steps_left -= reserve;
            let flow = self.run_stmt(stmt, scope);
            self.entry_steps_left += reserve;
            if flow == Flow::Leaves {
                return Flow::Leaves;
            }
        }
        Flow::Falls
    }

    /// Function and class declarations are known before the block runs.
    pub(super) fn hoist(&mut self, body: &[Stmt], scope: ScopeId) {
        if self.language_here() == Language::Python {
            return;
        }
        for stmt in body {
            match &stmt.kind {
                StmtKind::Function(function) => self.declare_function(function, scope),
                StmtKind::Export(ir::Export::Declaration(inner)) => {
                    if let StmtKind::Function(function) = &inner.kind {
                        self.declare_function(function, scope);
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn declare_function(&mut self, function: &Arc<ir::Function>, scope: ScopeId) {
        let value = self.closure(function, scope, None);
        if let Some(name) = &function.name {
            self.declare(scope, name.clone(), value);
        }
    }

    /// A function value; it is remembered so that it is run later if nobody calls it.
    pub(super) fn closure(&mut self, function: &Arc<ir::Function>, scope: ScopeId, this: Option<Value>) -> Value {
        let module = self.current_module();
        let closure = Arc::new(Closure { function: function.clone(), scope, this, module });
        if self.seen_pending.insert(function.span) {
            self.pending.push(closure.clone());
            if function.params.first().is_some_and(|param| matches!(param.pattern, ir::Pattern::Map { .. })) {
                self.destructuring.push(closure.clone());
            }
        }
        Value::new(Kind::Function(closure), function.span)
    }

    pub(super) fn language_here(&self) -> Language {
        self.frames.last().map_or(Language::JavaScript, |frame| frame.language)
    }

    /// The scope of a nested block: JavaScript opens one, Python does not.
    pub(super) fn block_scope(&mut self, scope: ScopeId) -> ScopeId {
        match self.language_here() {
            Language::JavaScript => self.new_scope(Some(scope), false),
            Language::Python => scope,
        }
    }

    pub(super) fn run_stmt(&mut self, stmt: &Stmt, scope: ScopeId) -> Flow {
        if self.nesting >= self.bounds.nesting {
            return Flow::Falls;
        }
        self.nesting += 1;
        let flow = self.run_form(stmt, scope);
        self.nesting -= 1;
        flow
    }

    pub(super) fn run_form(&mut self, stmt: &Stmt, scope: ScopeId) -> Flow {
        match &stmt.kind {
            StmtKind::Bind { target, value } => {
                let value = match value {
                    Some(value) => self.eval(value, scope),
                    None => Value::undefined(stmt.span),
                };
                self.bind_statement(target, value, scope);
                Flow::Falls
            }
            StmtKind::Annotation { name, annotation } => {
                let value = self.eval(annotation, scope);
                let target = super::Target { path: format!("annotation:{name}").into(), object: None };
                self.record(target, Args { positional: vec![value], ..Args::default() }, stmt.span, None);
                Flow::Falls
            }
            StmtKind::Expr(expr) => {
                let events = self.log.len();
                self.eval(expr, scope);
                self.after_call(expr, events)
            }
            StmtKind::If { test, then, otherwise } => self.run_if(test, then, otherwise, scope),
            StmtKind::Switch { subject, cases } => self.run_switch(subject, cases, scope),
            StmtKind::Return(value) => {
                let value = match value {
                    Some(value) => self.eval(value, scope),
                    None => Value::undefined(stmt.span),
                };
                let when = self.since_call();
                if let Some(frame) = self.frames.last_mut() {
                    frame.returns.push((when, value));
                }
                Flow::Leaves
            }
            StmtKind::Throw(value) => {
                let value = value.as_ref().map(|value| self.eval(value, scope));
                let args = Args { positional: value.into_iter().collect(), ..Args::default() };
                self.record(super::Target { path: super::THROW.into(), object: None }, args, stmt.span, None);
                let when = self.since_call();
                if let Some(frame) = self.frames.last_mut() {
                    frame.throws.push((when, stmt.span));
                }
                Flow::Leaves
            }
            StmtKind::Jump => Flow::Leaves,
            StmtKind::Function(function) => {
                if self.language_here() == Language::Python || !function.decorators.is_empty() {
                    self.define_decorated(function, scope);
                }
                Flow::Falls
            }
            StmtKind::Class(class) => {
                let value = self.class_value(class, scope);
                let value = self.decorate(&class.decorators, value, class.span, scope);
                if let Some(name) = &class.name {
                    self.declare(scope, name.clone(), value);
                }
                Flow::Falls
            }
            StmtKind::Import(import) => {
                self.run_import(import, stmt.span, scope);
                Flow::Falls
            }
            StmtKind::Export(export) => {
                self.run_export(export, stmt.span, scope);
                Flow::Falls
            }
            StmtKind::Loop { target, iterable, body } => {
                self.run_loop(target.as_ref(), iterable.as_ref(), body, stmt.span, scope)
            }
            StmtKind::Try { body, handlers, finally } => self.run_try(body, handlers, finally, stmt.span, scope),
            StmtKind::Block(body) => {
                let inner = self.block_scope(scope);
                self.run_block(body, inner)
            }
        }
    }

    pub(super) fn run_statement(&mut self, stmt: &Stmt, scope: ScopeId) {
        let depth = self.path.len();
        self.run_stmt(stmt, scope);
        self.path.truncate(depth);
    }

    pub(super) fn bind_statement(&mut self, target: &Pattern, value: Value, scope: ScopeId) {
        match (self.language_here(), target) {
            (Language::JavaScript, _) => self.bind(target, value, scope, true),
            (Language::Python, _) => self.bind(target, value, scope, false),
        }
    }

    pub(super) fn define_decorated(&mut self, function: &Arc<ir::Function>, scope: ScopeId) {
        let value = self.closure(function, scope, None);
        let value = self.decorate(&function.decorators, value, function.span, scope);
        if let Some(name) = &function.name {
            self.assign_name(name, value, scope);
        }
    }

    /// The conditions added since the current function was called.
    pub(super) fn since_call(&self) -> Formula {
        let base = self.frames.last().map_or(0, |frame| frame.base);
        Formula::all(self.path.iter().skip(base).cloned())
    }

    pub(super) fn run_if(&mut self, test: &ir::Expr, then: &[Stmt], otherwise: &[Stmt], scope: ScopeId) -> Flow {
        let value = self.eval_test(test, scope);
        let condition = self.truthy(&value).given(&self.path);
        self.run_branches(condition, then, otherwise, scope)
    }

    pub(super) fn run_branches(
        &mut self,
        condition: Formula,
        then: &[Stmt],
        otherwise: &[Stmt],
        scope: ScopeId,
    ) -> Flow {
        match condition {
            Formula::True => {
                let inner = self.block_scope(scope);
                return self.run_block(then, inner);
            }
            Formula::False => {
                let inner = self.block_scope(scope);
                return self.run_block(otherwise, inner);
            }
            _ => {}
        }
        let depth = self.path.len();
        let (then_flow, then_rest) = self.run_under(condition.clone(), then, scope);
        let (else_flow, else_rest) = self.run_under(condition.clone().negated(), otherwise, scope);
        self.path.truncate(depth);
        match (then_flow, else_flow) {
            (Flow::Leaves, Flow::Leaves) => Flow::Leaves,
            (Flow::Leaves, Flow::Falls) => {
                self.path.extend(else_rest);
                Flow::Falls
            }
            (Flow::Falls, Flow::Leaves) => {
                self.path.extend(then_rest);
                Flow::Falls
            }
            (Flow::Falls, Flow::Falls) => {
                // Nothing was left early: the conditions of the branches cancel out.
                if then_rest.len() > 1 || else_rest.len() > 1 {
                    self.path.push(Formula::any([Formula::all(then_rest), Formula::all(else_rest)]));
                }
                Flow::Falls
            }
        }
    }

    /// Runs a block under one more condition; gives how it ends and the conditions that hold at its end.
    pub(super) fn run_under(&mut self, condition: Formula, body: &[Stmt], scope: ScopeId) -> (Flow, Vec<Formula>) {
        let depth = self.path.len();
        self.path.push(condition);
        let inner = self.block_scope(scope);
        let flow = self.run_block(body, inner);
        let rest = self.path.split_off(depth);
        (flow, rest)
    }

    pub(super) fn run_switch(&mut self, subject: &ir::Expr, cases: &[ir::Case], scope: ScopeId) -> Flow {
        let value = self.eval(subject, scope);
        let value = self.selector_by_name(subject, value);
        let mut selected = Vec::new();
        for case in cases {
            let mut any = Vec::new();
            for expr in &case.values {
                let other = self.eval(expr, scope);
                let test = if matches!(value.kind, Kind::Bool(true)) {
                    self.truthy(&other)
                } else {
                    self.equals(&value, &other, expr.span)
                };
                any.push(test);
            }
            selected.push(Formula::any(any));
        }
        let none = Formula::all(selected.iter().cloned().map(Formula::negated));
        let mut arms: Vec<(Formula, Vec<Stmt>)> = Vec::new();
        let mut default = (none, Vec::new());
        for (index, case) in cases.iter().enumerate() {
            let mut body = case.body.clone();
            let mut next = index;
            while cases[next].falls_through && next + 1 < cases.len() && next - index < LONGEST_FALL {
                next += 1;
                body.extend(cases[next].body.iter().cloned());
            }
            if case.values.is_empty() {
                default.1 = body;
            } else {
                arms.push((selected[index].clone(), body));
            }
        }
        self.run_arms(&arms, &default.1, scope)
    }

    /// `if/else if` over arms; the last block runs when none is selected.
    pub(super) fn run_arms(&mut self, arms: &[(Formula, Vec<Stmt>)], default: &[Stmt], scope: ScopeId) -> Flow {
        let Some(((condition, body), rest)) = arms.split_first() else {
            let inner = self.block_scope(scope);
            return self.run_block(default, inner);
        };
        let condition = condition.given(&self.path);
        match condition {
            Formula::True => {
                let inner = self.block_scope(scope);
                self.run_block(body, inner)
            }
            Formula::False => self.run_arms(rest, default, scope),
            condition => {
                let depth = self.path.len();
                let (then_flow, then_rest) = self.run_under(condition.clone(), body, scope);
                self.path.push(condition.negated());
                let else_flow = self.run_arms(rest, default, scope);
                let else_rest = self.path.split_off(depth);
                match (then_flow, else_flow) {
                    (Flow::Leaves, Flow::Leaves) => return Flow::Leaves,
                    (Flow::Leaves, Flow::Falls) => self.path.extend(else_rest),
                    (Flow::Falls, Flow::Leaves) => self.path.extend(then_rest),
                    (Flow::Falls, Flow::Falls) => {}
                }
                Flow::Falls
            }
        }
    }

    pub(super) fn run_loop(
        &mut self,
        target: Option<&Pattern>,
        iterable: Option<&ir::Expr>,
        body: &[Stmt],
        span: Span,
        scope: ScopeId,
    ) -> Flow {
        let value = iterable.map(|iterable| self.eval(iterable, scope));
        let depth = self.path.len();
        let left_before = self.ways_out();
        let list = value.as_ref().and_then(|value| self.items_of(value));
        if let (Some(target), Some(list)) = (target, list) {
            for item in list.items.iter().take(self.bounds.items) {
                let inner = self.block_scope(scope);
                if item.when != Formula::True {
                    self.path.push(item.when.clone());
                }
                self.bind(target, item.value.clone(), inner, self.language_here() == Language::JavaScript);
                self.run_block(body, inner);
                self.path.truncate(depth);
            }
            if !list.open {
                return self.after_loop(left_before);
            }
        }
        self.path.push(Formula::unknown(span));
        let inner = self.block_scope(scope);
        if let Some(target) = target {
            let item = Value::unknown(Reason::NotModelled, span);
            self.bind(target, item, inner, self.language_here() == Language::JavaScript);
        }
        self.run_block(body, inner);
        self.path.truncate(depth);
        self.after_loop(left_before)
    }

    /// How many returns and throws the current function has had so far.
    pub(super) fn ways_out(&self) -> (usize, usize) {
        self.frames.last().map_or((0, 0), |frame| (frame.returns.len(), frame.throws.len()))
    }

    /// What follows a loop runs when the function was not left inside of it; `break` and `continue` only leave a round.
    pub(super) fn after_loop(&mut self, before: (usize, usize)) -> Flow {
        let Some(frame) = self.frames.last() else { return Flow::Falls };
        let returned = frame.returns.iter().skip(before.0).map(|(when, _)| when.clone());
        let left = Formula::any(returned.chain(frame.throws.iter().skip(before.1).map(|(when, _)| when.clone())));
        match left.given(std::slice::from_ref(&self.since_call())).negated() {
            Formula::True => Flow::Falls,
            Formula::False => Flow::Leaves,
            stays => {
                self.path.push(stays);
                Flow::Falls
            }
        }
    }
}
