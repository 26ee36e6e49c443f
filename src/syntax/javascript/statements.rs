//! Statements of JavaScript and TypeScript.
//!
//! In: nodes where statements stand. Out: lowered statements; one node may give several or none.

use std::sync::Arc;

use tree_sitter::Node;

use super::{
    classes::{self, class},
    expressions::expr,
    functions::function,
    modules, patterns,
};
use crate::{
    ir::{Arg, Case, Entry, Export, Expr, ExprKind, Pattern, Stmt, StmtKind},
    source::Span,
    syntax::tree::{Reader, children, field, fields, first},
};

type Form = fn(&Reader<'_>, Node<'_>, &mut Vec<Stmt>);

/// The statements directly in a node.
pub(super) fn block(cx: &Reader<'_>, node: Node<'_>) -> Vec<Stmt> {
    let mut out = Vec::new();
    for child in children(node) {
        statement(cx, child, &mut out);
    }
    out
}

/// The body of a loop, a branch or a function: the statements of a block, or the one statement.
pub(super) fn body(cx: &Reader<'_>, node: Option<Node<'_>>) -> Vec<Stmt> {
    let mut out = Vec::new();
    match node {
        Some(node) if node.kind() == "statement_block" => out = block(cx, node),
        Some(node) => statement(cx, node, &mut out),
        None => {}
    }
    out
}

/// Lowers one statement.
pub(super) fn statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    match cx.enter(node) {
        Some(_level) => form(node.kind())(cx, node, out),
        None => {
            let span = cx.span(node);
            out.push(Stmt { kind: StmtKind::Expr(Expr { kind: ExprKind::Opaque(Vec::new()), span }), span });
        }
    }
}

fn form(kind: &str) -> Form {
    match kind {
        "variable_declaration" | "lexical_declaration" | "using_declaration" => declaration,
        "expression_statement" => expression_statement,
        "function_declaration" | "generator_function_declaration" => function_declaration,
        "class_declaration" | "abstract_class_declaration" => class_declaration,
        "if_statement" => if_statement,
        "switch_statement" => switch_statement,
        "for_statement" => for_statement,
        "for_in_statement" => for_in_statement,
        "while_statement" | "do_statement" => while_statement,
        "try_statement" => try_statement,
        "labeled_statement" => labeled_statement,
        "return_statement" => return_statement,
        "throw_statement" => throw_statement,
        "break_statement" | "continue_statement" => jump,
        "statement_block" => block_statement,
        "with_statement" => with_statement,
        "import_statement" => modules::import,
        "export_statement" => modules::export,
        "import_alias" => import_alias,
        "enum_declaration" => enum_declaration,
        "internal_module" | "module" => namespace,
        "ERROR" => broken,
        "empty_statement"
        | "debugger_statement"
        | "hash_bang_line"
        | "interface_declaration"
        | "type_alias_declaration"
        | "ambient_declaration"
        | "function_signature" => nothing,
        _ => expression,
    }
}

fn push(cx: &Reader<'_>, node: Node<'_>, kind: StmtKind, out: &mut Vec<Stmt>) {
    out.push(Stmt { kind, span: cx.span(node) });
}

fn nothing(_: &Reader<'_>, _: Node<'_>, _: &mut Vec<Stmt>) {}

/// What is left of a broken region: its statements, and expressions that have something in them.
fn broken(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let is_empty =
        |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Expr(Expr { kind: ExprKind::Opaque(c), .. }) if c.is_empty());
    out.extend(block(cx, node).into_iter().filter(|stmt| !is_empty(stmt)));
}

fn expression(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let value = expr(cx, node);
    push(cx, node, StmtKind::Expr(value), out);
}

fn expression_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    match first(node) {
        Some(inner) if inner.kind() == "internal_module" => namespace(cx, inner, out),
        Some(inner) => push(cx, node, StmtKind::Expr(expr(cx, inner)), out),
        None => {}
    }
}

fn declaration(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let declarators: Vec<Node<'_>> =
        children(node).into_iter().filter(|child| child.kind() == "variable_declarator").collect();
    let alone = declarators.len() == 1;
    for declarator in declarators {
        let Some(name) = field(declarator, "name") else { continue };
        let target = patterns::pattern(cx, name);
        let value = field(declarator, "value").map(|value| expr(cx, value));
        push(cx, if alone { node } else { declarator }, StmtKind::Bind { target, value }, out);
    }
}

fn function_declaration(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    push(cx, node, StmtKind::Function(Arc::new(function(cx, node))), out);
}

fn class_declaration(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    push(cx, node, StmtKind::Class(Arc::new(class(cx, node, Vec::new()))), out);
}

fn if_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let test = condition(cx, node, "condition");
    let then = body(cx, field(node, "consequence"));
    let otherwise = body(cx, field(node, "alternative").and_then(first));
    push(cx, node, StmtKind::If { test, then, otherwise }, out);
}

fn condition(cx: &Reader<'_>, node: Node<'_>, name: &str) -> Expr {
    match field(node, name) {
        Some(test) => expr(cx, test),
        None => Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(node) },
    }
}

fn switch_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let subject = condition(cx, node, "value");
    let mut cases: Vec<Case> = Vec::new();
    let mut labels: Vec<Expr> = Vec::new();
    let mut is_default = false;
    let mut start: Option<Span> = None;
    let labelled = field(node, "body").map(children).unwrap_or_default();
    for (index, case) in labelled.iter().enumerate() {
        let span = cx.span(*case);
        let span = start.map_or(span, |start| start.to(span));
        match field(*case, "value") {
            Some(value) => labels.push(expr(cx, value)),
            None => is_default |= case.kind() == "switch_default",
        }
        let statements = fields(*case, "body");
        let is_last = index + 1 == labelled.len();
        if statements.is_empty() && !is_last {
            start = Some(span);
            continue;
        }
        let mut lowered = Vec::new();
        for child in statements {
            statement(cx, child, &mut lowered);
        }
        let (body, ends) = case_body(cx, lowered);
        let values = std::mem::take(&mut labels);
        let values = if std::mem::take(&mut is_default) { Vec::new() } else { values };
        cases.push(Case { values, body, falls_through: !ends && !is_last, span });
        start = None;
    }
    push(cx, node, StmtKind::Switch { subject, cases }, out);
}

/// The body of a case without its own block and closing `break`, and whether it ends there.
fn case_body(cx: &Reader<'_>, mut stmts: Vec<Stmt>) -> (Vec<Stmt>, bool) {
    if let [Stmt { kind: StmtKind::Block(inner), .. }] = stmts.as_mut_slice() {
        stmts = std::mem::take(inner);
    }
    let is_break = |stmt: &Stmt| {
        matches!(stmt.kind, StmtKind::Jump)
            && cx.slice(stmt.span.start as usize, stmt.span.end as usize).starts_with("break")
    };
    if stmts.last().is_some_and(is_break) {
        stmts.pop();
        return (stmts, true);
    }
    let ends = ends(&stmts);
    (stmts, ends)
}

/// Does control never pass the end of these statements?
fn ends(stmts: &[Stmt]) -> bool {
    match stmts.last().map(|stmt| &stmt.kind) {
        Some(StmtKind::Return(_) | StmtKind::Throw(_) | StmtKind::Jump) => true,
        Some(StmtKind::Block(inner)) => ends(inner),
        Some(StmtKind::If { then, otherwise, .. }) => ends(then) && ends(otherwise),
        _ => false,
    }
}

fn for_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let mut stmts = Vec::new();
    if let Some(init) = field(node, "initializer").filter(|init| init.is_named()) {
        statement(cx, init, &mut stmts);
    }
    let test = field(node, "condition").filter(|test| test.is_named() && test.kind() != "empty_statement");
    let iterable = test.map(|test| expr(cx, test));
    let mut body = body(cx, field(node, "body"));
    if let Some(step) = field(node, "increment") {
        expression(cx, step, &mut body);
    }
    let repeat = StmtKind::Loop { target: None, iterable, body };
    if stmts.is_empty() {
        push(cx, node, repeat, out);
    } else {
        push(cx, node, repeat, &mut stmts);
        push(cx, node, StmtKind::Block(stmts), out);
    }
}

fn for_in_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let target = field(node, "left").map(|left| patterns::pattern(cx, left));
    let over_keys = field(node, "operator").is_some_and(|operator| operator.kind() == "in");
    let iterable = field(node, "right").map(|right| expr(cx, right));
    let iterable = if over_keys { iterable.map(keys_of) } else { iterable };
    let body = body(cx, field(node, "body"));
    push(cx, node, StmtKind::Loop { target, iterable, body }, out);
}

/// `for (k in x)` goes over `Object.keys(x)`.
fn keys_of(object: Expr) -> Expr {
    let span = object.span;
    let at = |kind| Box::new(Expr { kind, span });
    let global = at(ExprKind::Name("Object".into()));
    let callee = at(ExprKind::Member { object: global, property: "keys".into(), property_span: span });
    let args = vec![Arg { name: None, spread: false, value: object }];
    Expr { kind: ExprKind::Call { callee, args, new: false }, span }
}

fn while_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let iterable = Some(condition(cx, node, "condition"));
    let body = body(cx, field(node, "body"));
    push(cx, node, StmtKind::Loop { target: None, iterable, body }, out);
}

fn try_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let handler = field(node, "handler").map(|clause| {
        let name = field(clause, "parameter").filter(|parameter| parameter.kind() == "identifier");
        (name.map(|name| cx.name(name)), body(cx, field(clause, "body")))
    });
    let finally = body(cx, field(node, "finalizer").and_then(|clause| field(clause, "body")));
    let body = body(cx, field(node, "body"));
    push(cx, node, StmtKind::Try { body, handlers: handler.into_iter().collect(), finally }, out);
}

fn labeled_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    if let Some(body) = field(node, "body") {
        statement(cx, body, out);
    }
}

fn return_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let value = first(node).map(|value| expr(cx, value));
    push(cx, node, StmtKind::Return(value), out);
}

fn throw_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let value = first(node).map(|value| expr(cx, value));
    push(cx, node, StmtKind::Throw(value), out);
}

fn jump(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    push(cx, node, StmtKind::Jump, out);
}

fn block_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    push(cx, node, StmtKind::Block(block(cx, node)), out);
}

fn with_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    push(cx, node, StmtKind::Block(body(cx, field(node, "body"))), out);
}

/// `import x = a.b`.
fn import_alias(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    if let [name, value] = children(node).as_slice() {
        let target = Pattern::Name(cx.name(*name), cx.span(*name));
        push(cx, node, StmtKind::Bind { target, value: Some(expr(cx, *value)) }, out);
    }
}

/// `enum X { A = 'a', B }`: a map of its members.
fn enum_declaration(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let (Some(name), Some(members)) = (field(node, "name"), field(node, "body")) else { return };
    let mut next = 0.0;
    let mut entries = Vec::new();
    for member in children(members) {
        let (key, value) = match member.kind() {
            "enum_assignment" => (field(member, "name"), field(member, "value").map(|value| expr(cx, value))),
            _ => (Some(member), None),
        };
        let Some(key) = key else { continue };
        let value = value.unwrap_or_else(|| Expr { kind: ExprKind::Num(next), span: cx.span(member) });
        if let ExprKind::Num(number) = value.kind {
            next = number + 1.0;
        }
        entries.push(Entry::Pair { key: classes::key(cx, key), value, getter: false });
    }
    let value = Expr { kind: ExprKind::Map(entries), span: cx.span(members) };
    let target = Pattern::Name(cx.name(name), cx.span(name));
    push(cx, node, StmtKind::Bind { target, value: Some(value) }, out);
}

/// `namespace X { … }`: its exports are not the module's.
fn namespace(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let Some(inside) = field(node, "body") else { return };
    let plain = |stmt: Stmt| match stmt.kind {
        StmtKind::Export(Export::Declaration(inner)) => *inner,
        _ => stmt,
    };
    let stmts = block(cx, inside).into_iter().map(plain).collect();
    push(cx, node, StmtKind::Block(stmts), out);
}
