//! Expressions of JavaScript and TypeScript.
//!
//! In: nodes where expressions stand. Out: lowered expressions; types, parentheses and `await` are gone.

use std::sync::Arc;

use tree_sitter::Node;

use super::{classes, functions, literals, patterns};
use crate::{
    ir::{Arg, Assign, BinaryOp, Element, Expr, ExprKind, UnaryOp},
    syntax::tree::{Reader, children, field, first},
};

type Form = fn(&Reader<'_>, Node<'_>) -> ExprKind;

/// Lowers an expression.
pub(super) fn expr(cx: &Reader<'_>, node: Node<'_>) -> Expr {
    let node = unwrap(cx, node);
    let kind = match cx.enter(node) {
        Some(_level) => form(node.kind())(cx, node),
        None => ExprKind::Opaque(Vec::new()),
    };
    Expr { kind, span: cx.span(node) }
}

/// The expression inside parentheses, `await` and all that TypeScript puts around it.
pub(super) fn unwrap<'n>(cx: &Reader<'_>, mut node: Node<'n>) -> Node<'n> {
    loop {
        let inner = match node.kind() {
            "parenthesized_expression"
            | "await_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "instantiation_expression" => first(node),
            "type_assertion" => children(node).pop(),
            "call_expression" => awaited(cx, node),
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => return node,
        }
    }
}

/// `await (x)` where the grammar reads a call of something named `await`.
fn awaited<'n>(cx: &Reader<'_>, node: Node<'n>) -> Option<Node<'n>> {
    field(node, "function").filter(|function| function.kind() == "identifier" && cx.text(*function) == "await")?;
    field(node, "arguments").and_then(first)
}

fn form(kind: &str) -> Form {
    match kind {
        "null" => |_, _| ExprKind::Null { undefined: false },
        "undefined" => |_, _| ExprKind::Null { undefined: true },
        "true" => |_, _| ExprKind::Bool(true),
        "false" => |_, _| ExprKind::Bool(false),
        "number" => literals::number,
        "string" => |cx, node| ExprKind::Str(literals::string_text(cx, node)),
        "template_string" => literals::template,
        "regex" => literals::regex,
        "identifier"
        | "this"
        | "super"
        | "private_property_identifier"
        | "shorthand_property_identifier"
        | "shorthand_property_identifier_pattern" => |cx, node| cx.name_form(node),
        "meta_property" | "import" => compact_name,
        "member_expression" | "nested_identifier" => member,
        "subscript_expression" => subscript,
        "call_expression" => call,
        "new_expression" => new,
        "array" => array,
        "object" => classes::object,
        "unary_expression" => unary,
        "binary_expression" => binary,
        "ternary_expression" => ternary,
        "assignment_expression" | "augmented_assignment_expression" => assignment,
        "arrow_function"
        | "function_expression"
        | "generator_function"
        | "function_declaration"
        | "generator_function_declaration" => |cx, node| ExprKind::Function(Arc::new(functions::function(cx, node))),
        "class" | "class_declaration" => |cx, node| ExprKind::Class(Arc::new(classes::class(cx, node, Vec::new()))),
        "jsx_element" | "jsx_self_closing_element" | "jsx_fragment" => |cx, node| {
            let mut found = Vec::new();
            jsx(cx, node, &mut found);
            ExprKind::Opaque(found)
        },
        _ => opaque,
    }
}

fn opaque(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    ExprKind::Opaque(children(node).into_iter().map(|child| expr(cx, child)).collect())
}

/// The expression in a field, opaque when the parser found none.
fn part(cx: &Reader<'_>, node: Node<'_>, name: &str) -> Box<Expr> {
    Box::new(match field(node, name) {
        Some(child) => expr(cx, child),
        None => Expr { kind: ExprKind::Opaque(Vec::new()), span: cx.span(node) },
    })
}

/// `import.meta`, `new.target`: a name with a dot in it.
fn compact_name(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    ExprKind::Name(Arc::from(cx.text(node).split_whitespace().collect::<String>()))
}

fn member(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let Some(property) = field(node, "property") else { return opaque(cx, node) };
    if field(node, "object").is_some_and(|object| object.kind() == "import") {
        return compact_name(cx, node);
    }
    let object = part(cx, node, "object");
    ExprKind::Member { object, property: cx.name(property), property_span: cx.span(property) }
}

fn subscript(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    ExprKind::Index { object: part(cx, node, "object"), index: part(cx, node, "index") }
}

fn call(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let (Some(function), Some(arguments)) = (field(node, "function"), field(node, "arguments")) else {
        return opaque(cx, node);
    };
    if arguments.kind() != "arguments" {
        return tagged_template(cx, function, arguments);
    }
    let args = arguments_of(cx, arguments);
    let imports = function.kind() == "import";
    let requires = imports || (function.kind() == "identifier" && cx.text(function) == "require");
    if requires && let [Arg { value: Expr { kind: ExprKind::Str(from), .. }, spread: false, .. }, ..] = args.as_slice()
    {
        return ExprKind::Require(from.clone());
    }
    if imports {
        return ExprKind::Opaque(args.into_iter().map(|arg| arg.value).collect());
    }
    ExprKind::Call { callee: Box::new(expr(cx, function)), args, new: false }
}

fn tagged_template(cx: &Reader<'_>, tag: Node<'_>, template: Node<'_>) -> ExprKind {
    let mut inside = vec![expr(cx, tag)];
    let substitutions = children(template).into_iter().filter(|child| child.kind() == "template_substitution");
    inside.extend(substitutions.filter_map(first).map(|child| expr(cx, child)));
    ExprKind::Opaque(inside)
}

fn new(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let args = field(node, "arguments").map(|arguments| arguments_of(cx, arguments)).unwrap_or_default();
    ExprKind::Call { callee: part(cx, node, "constructor"), args, new: true }
}

fn arguments_of(cx: &Reader<'_>, node: Node<'_>) -> Vec<Arg> {
    let argument = |child| {
        let Element { spread, value } = element(cx, child);
        Arg { name: None, spread, value }
    };
    children(node).into_iter().map(argument).collect()
}

fn array(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    ExprKind::List(children(node).into_iter().map(|child| element(cx, child)).collect())
}

fn element(cx: &Reader<'_>, node: Node<'_>) -> Element {
    match first(node) {
        Some(inner) if node.kind() == "spread_element" => Element { spread: true, value: expr(cx, inner) },
        _ => Element { spread: false, value: expr(cx, node) },
    }
}

fn unary(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let operand = part(cx, node, "argument");
    let op = match field(node, "operator").map_or("", |operator| operator.kind()) {
        "!" => UnaryOp::Not,
        "-" => UnaryOp::Minus,
        "+" => UnaryOp::Plus,
        "typeof" => UnaryOp::TypeOf,
        "void" if matches!(operand.kind, ExprKind::Num(_)) => return ExprKind::Null { undefined: true },
        // `~list.indexOf(x)` asks whether it is not -1.
        "~" => {
            let one = Box::new(Expr { kind: ExprKind::Num(1.0), span: operand.span });
            let right = Expr { kind: ExprKind::Unary { op: UnaryOp::Minus, operand: one }, span: operand.span };
            return ExprKind::Binary { op: BinaryOp::NotEqual, left: operand, right: Box::new(right) };
        }
        _ => return ExprKind::Opaque(vec![*operand]),
    };
    ExprKind::Unary { op, operand }
}

fn binary(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let op = operator(field(node, "operator").map_or("", |operator| operator.kind()));
    ExprKind::Binary { op, left: part(cx, node, "left"), right: part(cx, node, "right") }
}

fn operator(text: &str) -> BinaryOp {
    match text {
        "&&" => BinaryOp::And,
        "||" => BinaryOp::Or,
        "??" => BinaryOp::Coalesce,
        "==" | "===" => BinaryOp::Equal,
        "!=" | "!==" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterEqual,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        "%" => BinaryOp::Modulo,
        "in" => BinaryOp::In,
        _ => BinaryOp::Other,
    }
}

fn ternary(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let [test, then, otherwise] = ["condition", "consequence", "alternative"].map(|name| part(cx, node, name));
    ExprKind::Conditional { test, then, otherwise }
}

fn assignment(cx: &Reader<'_>, node: Node<'_>) -> ExprKind {
    let Some(left) = field(node, "left") else { return opaque(cx, node) };
    let target = patterns::pattern(cx, left);
    let op = field(node, "operator").map(|op| operator(op.kind().trim_end_matches('=')));
    let value = *part(cx, node, "right");
    ExprKind::Assign(Box::new(Assign { target, op, value }))
}

/// Collects the expressions inside JSX; element and attribute names are none.
fn jsx(cx: &Reader<'_>, node: Node<'_>, found: &mut Vec<Expr>) {
    let Some(_level) = cx.enter(node) else { return };
    let tag = field(node, "name");
    for child in children(node) {
        match child.kind() {
            "jsx_opening_element" | "jsx_attribute" => jsx(cx, child, found),
            "jsx_element" | "jsx_self_closing_element" | "jsx_fragment" => found.push(expr(cx, child)),
            "jsx_expression" => found.extend(first(child).map(|inner| element(cx, inner).value)),
            "string" if Some(child) != tag => found.push(expr(cx, child)),
            _ => {}
        }
    }
}
