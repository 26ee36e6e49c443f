//! Statements of Python.
//!
//! In: nodes where statements stand. Out: lowered statements; one node may give several or none.

use std::sync::Arc;

use tree_sitter::Node;

use super::definitions::{class, function};
use super::expressions::{augmented, expr, part, pattern};
use crate::{
    ir::{Assign, Case, Expr, ExprKind, Import, ImportName, Pattern, Stmt, StmtKind},
    syntax::tree::{Reader, child_of_kind, children, field, fields, first},
};

/// The statements directly in a node.
pub(super) fn block(cx: &Reader<'_>, node: Node<'_>) -> Vec<Stmt> {
    let mut out = Vec::new();
    for child in children(node) {
        statement(cx, child, &mut out);
    }
    out
}

/// The decorators of a definition, outermost first.
pub(super) fn decorators(cx: &Reader<'_>, node: Node<'_>) -> Vec<Expr> {
    let decorators = children(node).into_iter().filter(|child| child.kind() == "decorator");
    decorators.filter_map(first).map(|inner| expr(cx, inner)).collect()
}

fn statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let span = cx.span(node);
    let Some(_level) = cx.enter(node) else {
        out.push(Stmt { kind: StmtKind::Expr(Expr { kind: ExprKind::Opaque(Vec::new()), span }), span });
        return;
    };
    let kind = match node.kind() {
        "expression_statement" => return expression_statement(cx, node, out),
        "assignment" => return assignment(cx, node, out),
        "function_definition" => StmtKind::Function(Arc::new(function(cx, node, Vec::new()))),
        "class_definition" => StmtKind::Class(Arc::new(class(cx, node, Vec::new()))),
        "decorated_definition" => {
            let around = decorators(cx, node);
            match field(node, "definition") {
                Some(inner) if inner.kind() == "function_definition" => {
                    StmtKind::Function(Arc::new(function(cx, inner, around)))
                }
                Some(inner) => StmtKind::Class(Arc::new(class(cx, inner, around))),
                None => return,
            }
        }
        "if_statement" => if_statement(cx, node, &fields(node, "alternative")),
        "for_statement" => StmtKind::Loop {
            target: field(node, "left").map(|left| pattern(cx, left)),
            iterable: field(node, "right").map(|right| expr(cx, right)),
            body: body(cx, field(node, "body")),
        },
        "while_statement" => StmtKind::Loop {
            target: None,
            iterable: Some(part(cx, node, "condition")),
            body: body(cx, field(node, "body")),
        },
        "try_statement" => try_statement(cx, node),
        "with_statement" => with_statement(cx, node),
        "match_statement" => match_statement(cx, node),
        "return_statement" => StmtKind::Return(first(node).map(|value| expr(cx, value))),
        "raise_statement" => StmtKind::Throw(first(node).map(|value| expr(cx, value))),
        "break_statement" | "continue_statement" => StmtKind::Jump,
        "import_statement" => return import(cx, node, out),
        "import_from_statement" => import_from(cx, node),
        "block" | "module" => StmtKind::Block(block(cx, node)),
        "pass_statement" | "global_statement" | "nonlocal_statement" | "delete_statement" | "assert_statement"
        | "future_import_statement" | "type_alias_statement" => return,
        "ERROR" => return out.extend(block(cx, node)),
        _ => StmtKind::Expr(expr(cx, node)),
    };
    out.push(Stmt { kind, span });
}

fn body(cx: &Reader<'_>, node: Option<Node<'_>>) -> Vec<Stmt> {
    node.map(|node| block(cx, node)).unwrap_or_default()
}

fn expression_statement(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let inner = children(node);
    if let [one] = inner.as_slice() {
        match one.kind() {
            "assignment" => return assignment(cx, *one, out),
            "augmented_assignment" => {
                let span = cx.span(*one);
                let Some(left) = field(*one, "left") else { return };
                let op = field(*one, "operator").map(|operator| augmented(operator.kind()));
                let assign = Assign { target: pattern(cx, left), op, value: part(cx, *one, "right") };
                let kind = StmtKind::Expr(Expr { kind: ExprKind::Assign(Box::new(assign)), span });
                out.push(Stmt { kind, span });
                return;
            }
            _ => {}
        }
    }
    for child in inner {
        out.push(Stmt { kind: StmtKind::Expr(expr(cx, child)), span: cx.span(child) });
    }
}

/// `a = b = value`: the value is bound to every target; `NAME: type` binds nothing.
fn assignment(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let span = cx.span(node);
    let mut targets = Vec::new();
    let mut at = node;
    let mut value = None;
    while let Some(left) = field(at, "left") {
        targets.push(left);
        match field(at, "right") {
            Some(right) if right.kind() == "assignment" => at = right,
            right => {
                value = right;
                break;
            }
        }
    }
    let Some(value) = value else {
        if let (Some(name), Some(written)) = (targets.first(), field(node, "type")) {
            if name.kind() == "identifier" {
                let kind = StmtKind::Annotation { name: cx.name(*name), annotation: expr(cx, written) };
                out.push(Stmt { kind, span });
            }
        }
        return;
    };
    for target in targets {
        let value = expr(cx, value);
        let kind = match pattern(cx, target) {
            place @ Pattern::Place(_) => {
                let assign = Assign { target: place, op: None, value };
                StmtKind::Expr(Expr { kind: ExprKind::Assign(Box::new(assign)), span })
            }
            target => StmtKind::Bind { target, value: Some(value) },
        };
        out.push(Stmt { kind, span });
    }
}

/// `if` with what is left of its `elif` and `else` clauses.
fn if_statement(cx: &Reader<'_>, node: Node<'_>, clauses: &[Node<'_>]) -> StmtKind {
    let test = part(cx, node, "condition");
    let then = body(cx, field(node, "consequence"));
    let otherwise = match clauses.split_first() {
        Some((clause, rest)) if clause.kind() == "elif_clause" => match cx.enter(*clause) {
            Some(_level) => vec![Stmt { kind: if_statement(cx, *clause, rest), span: cx.span(*clause) }],
            None => Vec::new(),
        },
        Some((clause, _)) => body(cx, field(*clause, "body")),
        None => Vec::new(),
    };
    StmtKind::If { test, then, otherwise }
}

fn try_statement(cx: &Reader<'_>, node: Node<'_>) -> StmtKind {
    let mut inside = body(cx, field(node, "body"));
    let mut handlers = Vec::new();
    let mut finally = Vec::new();
    for clause in children(node) {
        let block_of = |clause: Node<'_>| body(cx, child_of_kind(clause, "block"));
        match clause.kind() {
            "except_clause" | "except_group_clause" => {
                let alias = field(clause, "alias").or_else(|| child_of_kind(clause, "as_pattern").and_then(|pattern| field(pattern, "alias")));
                let name = alias.map(|alias| cx.name(first(alias).unwrap_or(alias)));
                handlers.push((name, block_of(clause)));
            }
            "else_clause" => inside.extend(block_of(clause)),
            "finally_clause" => finally = block_of(clause),
            _ => {}
        }
    }
    StmtKind::Try { body: inside, handlers, finally }
}

/// `with a as b:` binds `b` and runs the body.
fn with_statement(cx: &Reader<'_>, node: Node<'_>) -> StmtKind {
    let mut stmts = Vec::new();
    let items = child_of_kind(node, "with_clause").map(children).unwrap_or_default();
    for item in items.into_iter().filter_map(|item| field(item, "value")) {
        let span = cx.span(item);
        let kind = match (item.kind(), children(item).as_slice()) {
            ("as_pattern", [value, target, ..]) => {
                let target = first(*target).unwrap_or(*target);
                StmtKind::Bind { target: pattern(cx, target), value: Some(expr(cx, *value)) }
            }
            _ => StmtKind::Expr(expr(cx, item)),
        };
        stmts.push(Stmt { kind, span });
    }
    stmts.extend(body(cx, field(node, "body")));
    StmtKind::Block(stmts)
}

fn match_statement(cx: &Reader<'_>, node: Node<'_>) -> StmtKind {
    let subject = part(cx, node, "subject");
    let mut cases = Vec::new();
    for clause in field(node, "body").map(children).unwrap_or_default() {
        if clause.kind() != "case_clause" {
            continue;
        }
        let patterns = children(clause).into_iter().filter(|child| child.kind() == "case_pattern");
        let mut values = Vec::new();
        let mut is_default = false;
        for node in patterns {
            case_values(cx, node, &mut values, &mut is_default);
        }
        if field(clause, "guard").is_some() {
            // A guarded case may or may not be taken, whatever its pattern says.
            values = vec![Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(clause) }];
            is_default = false;
        }
        let values = if is_default { Vec::new() } else { values };
        let body = body(cx, field(clause, "consequence"));
        cases.push(Case { values, body, falls_through: false, span: cx.span(clause) });
    }
    StmtKind::Switch { subject, cases }
}

fn case_values(cx: &Reader<'_>, node: Node<'_>, values: &mut Vec<Expr>, is_default: &mut bool) {
    let Some(_level) = cx.enter(node) else { return };
    match node.kind() {
        "case_pattern" | "union_pattern" if cx.text(node).trim() != "_" => {
            let inner = children(node);
            if inner.is_empty() {
                values.push(Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(node) });
            }
            for child in inner {
                case_values(cx, child, values, is_default);
            }
        }
        "case_pattern" => *is_default = true,
        "string" | "concatenated_string" | "integer" | "float" | "none" | "true" | "false" => values.push(expr(cx, node)),
        "dotted_name" => match children(node).as_slice() {
            // A plain name captures whatever is there.
            [_] => *is_default = true,
            segments => values.push(Expr { kind: cx.dotted(segments), span: cx.span(node) }),
        },
        _ => values.push(Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(node) }),
    }
}

/// `import a.b` binds `a`; `import a.b as x` binds the module itself.
fn import(cx: &Reader<'_>, node: Node<'_>, out: &mut Vec<Stmt>) {
    let span = cx.span(node);
    for name in fields(node, "name") {
        let import = match (name.kind(), field(name, "name"), field(name, "alias")) {
            ("aliased_import", Some(module), Some(alias)) => {
                Import { from: cx.name(module), names: vec![ImportName::Namespace(cx.name(alias))] }
            }
            _ => {
                let top = cx.text(name).split('.').next().unwrap_or("");
                Import { from: top.into(), names: vec![ImportName::Namespace(top.into())] }
            }
        };
        out.push(Stmt { kind: StmtKind::Import(import), span });
    }
}

fn import_from(cx: &Reader<'_>, node: Node<'_>) -> StmtKind {
    let from = field(node, "module_name").map_or_else(|| Arc::from(""), |module| cx.name(module));
    let mut names: Vec<ImportName> = fields(node, "name")
        .into_iter()
        .map(|name| match (field(name, "name"), field(name, "alias")) {
            (Some(inner), Some(alias)) => ImportName::Named { name: cx.name(inner), local: cx.name(alias) },
            _ => ImportName::Named { name: cx.name(name), local: cx.name(name) },
        })
        .collect();
    if child_of_kind(node, "wildcard_import").is_some() {
        names.push(ImportName::Star);
    }
    StmtKind::Import(Import { from, names })
}
