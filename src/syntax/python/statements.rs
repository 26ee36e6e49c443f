//! Statements of Python.
//!
//! In: nodes where statements stand. Out: lowered statements; one node may give several or none.

use std::sync::Arc;

use tree_sitter::Node;

use super::{
    bindings::{assignment, augmented_assignment, pattern},
    definitions::{class, function},
    expressions::{expr, or_opaque, sequence},
};
use crate::{
    ir::{Case, Expr, ExprKind, Import, ImportName, Stmt, StmtKind},
    syntax::tree::{Reader, child_of_kind, children, field, fields, first, has_token},
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

fn body(cx: &Reader<'_>, node: Node<'_>, name: &str) -> Vec<Stmt> {
    field(node, name).map(|inside| block(cx, inside)).unwrap_or_default()
}

fn statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    match cx.enter(node) {
        Some(_level) => form(node.kind())(cx, node, out),
        None => {
            let value = Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(node) };
            push(cx, node, StmtKind::Expr(value), out);
        }
    }
}

fn form(kind: &str) -> Form {
    match kind {
        "expression_statement" => expression_statement,
        "assignment" => assignment,
        "augmented_assignment" => augmented_assignment,
        "function_definition" | "class_definition" | "decorated_definition" => definition,
        "if_statement" => if_statement,
        "for_statement" => for_statement,
        "while_statement" => while_statement,
        "with_statement" => with_statement,
        "match_statement" => match_statement,
        "try_statement" => try_statement,
        "return_statement" => return_statement,
        "raise_statement" => raise_statement,
        "break_statement" | "continue_statement" => |cx, node, out| push(cx, node, StmtKind::Jump, out),
        "import_statement" => import_statement,
        "import_from_statement" => import_from_statement,
        "block" => |cx, node, out| out.extend(block(cx, node)),
        "ERROR" => broken,
        "pass_statement"
        | "global_statement"
        | "nonlocal_statement"
        | "delete_statement"
        | "assert_statement"
        | "exec_statement"
        | "print_statement"
        | "type_alias_statement"
        | "future_import_statement" => |_, _, _| {},
        _ => expression,
    }
}

fn push(cx: &Reader<'_>, node: Node<'_>, kind: StmtKind, out: &mut Vec<Stmt>) {
    out.push(Stmt { kind, span: cx.span(node) });
}

/// What is left of a broken region: its statements, and expressions that have something in them.
fn broken(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let is_empty =
        |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Expr(Expr { kind: ExprKind::Opaque(c), .. }) if c.is_empty());
    out.extend(block(cx, node).into_iter().filter(|stmt| !is_empty(stmt)));
}

fn expression(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    push(cx, node, StmtKind::Expr(expr(cx, node)), out);
}

fn expression_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    match children(node).as_slice() {
        [inner] => match inner.kind() {
            "assignment" => assignment(cx, *inner, out),
            "augmented_assignment" => augmented_assignment(cx, *inner, out),
            _ => expression(cx, *inner, out),
        },
        [] => {}
        _ => push(cx, node, StmtKind::Expr(sequence(cx, node)), out),
    }
}

fn definition(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let inner = if node.kind() == "decorated_definition" { field(node, "definition") } else { Some(node) };
    let kind = match inner {
        Some(inner) if inner.kind() == "class_definition" => StmtKind::Class(Arc::new(class(cx, inner, node))),
        Some(inner) => StmtKind::Function(Arc::new(function(cx, inner, node))),
        None => return,
    };
    push(cx, node, kind, out);
}

fn if_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let test = or_opaque(cx, node, field(node, "condition"));
    let then = body(cx, node, "consequence");
    let otherwise = branches(cx, &fields(node, "alternative"));
    push(cx, node, StmtKind::If { test, then, otherwise }, out);
}

/// `elif` and `else`; every `elif` nests one level deeper in the one before.
fn branches(cx: &Reader<'_>, clauses: &[Node<'_>]) -> Vec<Stmt> {
    let Some((&clause, rest)) = clauses.split_first() else { return Vec::new() };
    let Some(_level) = cx.enter(clause) else { return Vec::new() };
    if clause.kind() != "elif_clause" {
        return body(cx, clause, "body");
    }
    let test = or_opaque(cx, clause, field(clause, "condition"));
    let then = body(cx, clause, "consequence");
    let kind = StmtKind::If { test, then, otherwise: branches(cx, rest) };
    vec![Stmt { kind, span: cx.span(clause) }]
}

/// The `else` of a loop or `try` runs after its body.
fn push_else(cx: &Reader<'_>, clause: Option<Node<'_>>, out: &mut Vec<Stmt>) {
    out.extend(clause.map(|clause| body(cx, clause, "body")).unwrap_or_default());
}

fn for_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let target = field(node, "left").map(|left| pattern(cx, left));
    let iterable = field(node, "right").map(|right| expr(cx, right));
    push(cx, node, StmtKind::Loop { target, iterable, body: body(cx, node, "body") }, out);
    push_else(cx, field(node, "alternative"), out);
}

fn while_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let iterable = field(node, "condition").map(|test| expr(cx, test));
    push(cx, node, StmtKind::Loop { target: None, iterable, body: body(cx, node, "body") }, out);
    push_else(cx, field(node, "alternative"), out);
}

fn with_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let mut stmts = Vec::new();
    for item in child_of_kind(node, "with_clause").map(children).unwrap_or_default() {
        let Some(value) = field(item, "value") else { continue };
        let alias = field(value, "alias").and_then(first).filter(|_| value.kind() == "as_pattern");
        let kind = match (alias, first(value)) {
            (Some(alias), Some(value)) => StmtKind::Bind { target: pattern(cx, alias), value: Some(expr(cx, value)) },
            _ => StmtKind::Expr(expr(cx, value)),
        };
        push(cx, item, kind, &mut stmts);
    }
    stmts.extend(body(cx, node, "body"));
    push(cx, node, StmtKind::Block(stmts), out);
}

fn match_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let subject = match fields(node, "subject").as_slice() {
        [subject] => expr(cx, *subject),
        several => {
            let values = several.iter().map(|value| expr(cx, *value)).collect();
            Expr { kind: ExprKind::Opaque(values), span: cx.span(node) }
        }
    };
    let clauses = field(node, "body").map(children).unwrap_or_default();
    let cases = clauses.into_iter().filter(|clause| clause.kind() == "case_clause").map(|clause| case(cx, clause));
    let cases = cases.collect();
    push(cx, node, StmtKind::Switch { subject, cases }, out);
}

fn case(cx: &Reader<'_>, node: Node<'_>) -> Case {
    let patterns: Vec<Node<'_>> = children(node).into_iter().filter(|child| child.kind() == "case_pattern").collect();
    let opaque = |inside| Expr { kind: ExprKind::Opaque(inside), span: cx.span(node) };
    let values = match (patterns.as_slice(), field(node, "guard")) {
        (_, Some(guard)) => vec![opaque(first(guard).map(|test| expr(cx, test)).into_iter().collect())],
        ([one], None) => case_values(cx, *one),
        _ => vec![opaque(Vec::new())],
    };
    Case { values, body: body(cx, node, "consequence"), falls_through: false, span: cx.span(node) }
}

/// The values of a literal or `|` pattern, none for `_`, something opaque for other patterns.
fn case_values(cx: &Reader<'_>, pattern: Node<'_>) -> Vec<Expr> {
    if cx.text(pattern) == "_" {
        return Vec::new();
    }
    let inner = first(pattern).unwrap_or(pattern);
    if inner.kind() == "union_pattern" && !has_token(inner, "_") {
        return children(inner).into_iter().map(|alternative| case_value(cx, alternative)).collect();
    }
    vec![case_value(cx, inner)]
}

fn case_value(cx: &Reader<'_>, node: Node<'_>) -> Expr {
    match node.kind() {
        "string" | "concatenated_string" | "integer" | "float" | "true" | "false" | "none" => expr(cx, node),
        "dotted_name" if children(node).len() > 1 => Expr { kind: cx.dotted(&children(node)), span: cx.span(node) },
        _ => Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(node) },
    }
}

fn try_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let mut body = body(cx, node, "body");
    let mut handlers = Vec::new();
    let mut finally = Vec::new();
    for clause in children(node) {
        match clause.kind() {
            "except_clause" | "except_group_clause" => {
                let inside = child_of_kind(clause, "block").map(|inside| block(cx, inside)).unwrap_or_default();
                handlers.push((handler_name(clause).map(|name| cx.name(name)), inside));
            }
            "else_clause" => push_else(cx, Some(clause), &mut body),
            "finally_clause" => {
                finally = child_of_kind(clause, "block").map(|inside| block(cx, inside)).unwrap_or_default();
            }
            _ => {}
        }
    }
    push(cx, node, StmtKind::Try { body, handlers, finally }, out);
}

fn handler_name(clause: Node<'_>) -> Option<Node<'_>> {
    let alias =
        field(clause, "alias").or_else(|| child_of_kind(clause, "as_pattern").and_then(|p| field(p, "alias")))?;
    let name = if alias.kind() == "as_pattern_target" { first(alias)? } else { alias };
    Some(name).filter(|name| name.kind() == "identifier")
}

fn return_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let value = first(node).map(|value| expr(cx, value));
    push(cx, node, StmtKind::Return(value), out);
}

fn raise_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let value = first(node).map(|value| expr(cx, value));
    push(cx, node, StmtKind::Throw(value), out);
}

/// A dotted name or a relative one, without the spaces that may stand in it.
fn module_path(cx: &Reader<'_>, node: Node<'_>) -> Arc<str> {
    Arc::from(cx.text(node).split_whitespace().collect::<String>())
}

fn import_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    for name in fields(node, "name") {
        let (path, local) = match (field(name, "name"), field(name, "alias")) {
            (Some(path), Some(alias)) => (module_path(cx, path), cx.name(alias)),
            _ => match first(name) {
                Some(top) => (cx.name(top), cx.name(top)),
                None => continue,
            },
        };
        let names = vec![ImportName::Namespace(local)];
        push(cx, node, StmtKind::Import(Import { from: path, names }), out);
    }
}

fn import_from_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let Some(module) = field(node, "module_name") else { return };
    let mut names = Vec::new();
    if child_of_kind(node, "wildcard_import").is_some() {
        names.push(ImportName::Star);
    }
    for item in fields(node, "name") {
        let (name, alias) = (field(item, "name").unwrap_or(item), field(item, "alias"));
        names.push(ImportName::Named { name: cx.name(name), local: cx.name(alias.unwrap_or(name)) });
    }
    push(cx, node, StmtKind::Import(Import { from: module_path(cx, module), names }), out);
}
