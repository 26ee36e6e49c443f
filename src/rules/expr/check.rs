//! The type checker of expressions.
//!
//! In: a parsed expression and the subject the rule is given. Out: nothing, or what is wrong with it and where. The
//! evaluator itself checks nothing (`policy.credentails` would be accepted and false), so what passes here must never
//! fail there. It also keeps unknown values silent: a condition may only deny what is known for certain.

use std::ops::Range;

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo, operators};

use super::refusals as refuse;
use super::types::{Type, Typed};
use super::vocabulary::{Argument, questions};
use crate::rules::facts::{Given, Kind};
use crate::rules::problem::{Problem, did_you_mean};

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It decides whether something is said: it must be true or false, and silent where things are unknown.
    Condition,
    /// It is printed in a message that is said anyway: it may fall back to other words where things are unknown.
    Print,
}

type Checked = Result<Typed, Problem>;

/// Checks an expression that may name one subject.
pub(super) fn check(program: &cel::Program, given: Given, purpose: Purpose) -> Result<(), Problem> {
    let mut checker =
        Checker { info: program.source_info(), purpose, names: vec![(given.name().to_owned(), given.kind())] };
    let root = program.expression();
    let typed = checker.infer(root)?;
    let fits = match purpose {
        Purpose::Condition => matches!(typed.ty, Type::Bool),
        Purpose::Print => typed.ty.printable(),
    };
    if fits { Ok(()) } else { Err(refuse::purpose(checker.place(root), typed.ty, purpose)) }
}

struct Checker<'a> {
    info: &'a SourceInfo,
    purpose: Purpose,
    /// The subject, then the variables of `exists`, innermost last.
    names: Vec<(String, Kind)>,
}

impl Checker<'_> {
    fn infer(&mut self, node: &IdedExpr) -> Checked {
        match &node.expr {
            Expr::Literal(literal) => self.literal(node, literal),
            Expr::Ident(name) => self.name(node, name),
            Expr::Select(select) => self.select(node, select),
            Expr::Call(call) => match &call.target {
                Some(target) => self.member(node, target, call),
                None => self.operator(node, call),
            },
            Expr::Comprehension(comprehension) => self.exists(node, comprehension),
            Expr::List(list) => {
                for element in &list.elements {
                    if !is_text_in_quotes(element) {
                        return Err(Problem::new(self.place(element), "a list may only hold texts in quotes"));
                    }
                }
                Ok(Typed::certain(Type::Texts))
            }
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => Err(refuse::syntax(self.place(node))),
        }
    }

    fn literal(&self, node: &IdedExpr, literal: &LiteralValue) -> Checked {
        match literal {
            LiteralValue::Boolean(_) => Ok(Typed::certain(Type::Bool)),
            LiteralValue::Int(_) => Ok(Typed::certain(Type::Int)),
            LiteralValue::String(_) => Ok(Typed::certain(Type::Fact(Kind::Word))),
            _ => Err(refuse::syntax(self.place(node))),
        }
    }

    fn name(&self, node: &IdedExpr, name: &str) -> Checked {
        if let Some((_, kind)) = self.names.iter().rev().find(|(known, _)| known == name) {
            return Ok(Typed::certain(Type::Fact(*kind)));
        }
        let known: Vec<&str> = self.names.iter().map(|(name, _)| name.as_str()).collect();
        let help = did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("this rule is given `{}`", known.join("`, `")));
        Err(Problem::new(self.place(node), format!("nothing is called `{name}` here")).help(help))
    }

    fn select(&mut self, node: &IdedExpr, select: &SelectExpr) -> Checked {
        if select.test {
            return Err(Problem::new(self.place(&select.operand), "`has(..)` is not needed: every field exists")
                .help("ask `.missing`, or compare a text with `!= \"\"`"));
        }
        let of = self.infer(&select.operand)?;
        let field = select.field.as_str();
        let Type::Fact(kind) = of.ty else {
            return Err(refuse::field(self.field_place(node, field), field, of.ty));
        };
        if let Some(asked) = questions(kind).iter().find(|asked| asked.name == field) {
            return match asked.argument {
                Argument::None if matches!(kind, Kind::Optional(_)) => Ok(Typed::certain(Type::Bool)),
                Argument::None => Ok(Typed::uncertain(Type::Bool)),
                Argument::Text | Argument::Number => {
                    Err(Problem::new(self.field_place(node, field), format!("`.{field}` is asked with an argument"))
                        .help(refuse::example(asked)))
                }
            };
        }
        if let Kind::Record(schema) | Kind::Optional(schema) = kind
            && let Some(found) = schema().field(field)
        {
            // Below a record that may be absent even a word can be empty because nothing is there.
            let certain = of.certain && !matches!(kind, Kind::Optional(_));
            return Ok(Typed::field(found.kind, certain));
        }
        Err(refuse::field(self.field_place(node, field), field, of.ty))
    }

    fn member(&mut self, node: &IdedExpr, target: &IdedExpr, call: &CallExpr) -> Checked {
        let of = self.infer(target)?;
        let name = call.func_name.as_str();
        let place = self.field_place(node, name);
        if matches!(of.ty, Type::Fact(Kind::List(_))) {
            return Err(refuse::list_question(place, name));
        }
        let asked = match of.ty {
            Type::Fact(kind) => questions(kind).iter().find(|asked| asked.name == name),
            _ => None,
        };
        let Some(asked) = asked else {
            return Err(refuse::field(place, name, of.ty));
        };
        let fits = match (asked.argument, call.args.as_slice()) {
            (Argument::Text, [one]) => is_text_in_quotes(one),
            (Argument::Number, [one]) => matches!(&one.expr, Expr::Literal(LiteralValue::Int(_))),
            _ => false,
        };
        if fits {
            // Only a text that is known for certain is known not to begin with something.
            Ok(Typed { ty: Type::Bool, certain: of.certain && matches!(of.ty, Type::Fact(Kind::Word)) })
        } else {
            let at = call.args.first().map_or(place, |first| self.place(first));
            Err(Problem::new(at, format!("wrong argument for `.{name}`")).help(refuse::example(asked)))
        }
    }

    fn operator(&mut self, node: &IdedExpr, call: &CallExpr) -> Checked {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [left, right]) => {
                let (left, right) = (self.condition(left)?, self.condition(right)?);
                Ok(Typed { ty: Type::Bool, certain: left.certain && right.certain })
            }
            (operators::LOGICAL_NOT, [inner]) => {
                let typed = self.condition(inner)?;
                self.must_be_certain(inner, typed)?;
                Ok(typed)
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                // Choosing the other branch is a denial too.
                let typed = self.condition(condition)?;
                self.must_be_certain(condition, typed)?;
                let (first, second) = (self.infer(yes)?, self.infer(no)?);
                if !first.ty.same_shape(second.ty) {
                    return Err(refuse::mixed(self.place(node), first.ty, second.ty));
                }
                Ok(Typed { ty: first.ty.joined(), certain: typed.certain && first.certain && second.certain })
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => self.comparison(node, call, left, right),
            (operators::IN, [left, right]) => {
                let (text, list) = (self.infer(left)?, self.infer(right)?);
                match (text.ty, list.ty) {
                    (Type::Fact(Kind::Word | Kind::Text), Type::Texts) => Ok(Typed { ty: Type::Bool, ..text }),
                    (_, Type::Fact(Kind::Names)) => Err(refuse::in_names(self.place(node))),
                    (found, _) => Err(refuse::mixed(self.place(node), found, Type::Texts)),
                }
            }
            (operators::GREATER | operators::GREATER_EQUALS | operators::LESS | operators::LESS_EQUALS, _) => {
                Err(Problem::new(self.place(node), "numbers are not compared with operators: they may be unknown")
                    .help("ask `.above(7200)`, `.below(0)` or `.equals(600)`"))
            }
            _ => Err(refuse::syntax(self.place(node))),
        }
    }

    fn comparison(&mut self, node: &IdedExpr, call: &CallExpr, left: &IdedExpr, right: &IdedExpr) -> Checked {
        let (first, second) = (self.infer(left)?, self.infer(right)?);
        let place = self.place(node);
        if !(first.ty.is_text() && second.ty.is_text()) {
            return Err(refuse::comparison(place, first.ty, second.ty));
        }
        let certain = first.certain && second.certain;
        if certain || self.purpose == Purpose::Print {
            return Ok(Typed { ty: Type::Bool, certain });
        }
        let negated = call.func_name == operators::NOT_EQUALS;
        let with_empty = is_empty_text(left) || is_empty_text(right);
        match (negated, with_empty) {
            // `x != ""` asks whether x is known: a positive question.
            (true, true) => Ok(Typed::uncertain(Type::Bool)),
            // Two unknown texts are both empty and would be equal.
            (false, false) if first.certain || second.certain => Ok(Typed::uncertain(Type::Bool)),
            (false, false) => Err(refuse::two_unknowns(place)),
            (true, false) | (false, true) => Err(refuse::denied_text(place)),
        }
    }

    fn exists(&mut self, node: &IdedExpr, comprehension: &ComprehensionExpr) -> Checked {
        let list = self.infer(&comprehension.iter_range)?;
        let Type::Fact(Kind::List(element)) = list.ty else {
            return Err(refuse::not_a_list(self.place(&comprehension.iter_range), list.ty));
        };
        let Some(body) = body_of_exists(comprehension) else {
            return Err(refuse::list_question(self.place(node), "all"));
        };
        self.names.push((comprehension.iter_var.clone(), Kind::Record(element)));
        let typed = self.condition(body);
        self.names.pop();
        typed.map(|_| Typed::uncertain(Type::Bool))
    }

    /// Infers an operand that has to be true or false.
    fn condition(&mut self, node: &IdedExpr) -> Checked {
        let typed = self.infer(node)?;
        match typed.ty {
            Type::Bool => Ok(typed),
            other => Err(refuse::purpose(self.place(node), other, Purpose::Condition)),
        }
    }

    fn must_be_certain(&self, node: &IdedExpr, typed: Typed) -> Result<(), Problem> {
        if typed.certain || self.purpose == Purpose::Print {
            return Ok(());
        }
        Err(refuse::denial(self.place(node)))
    }

    /// The bytes of a node and all that is below it.
    fn place(&self, node: &IdedExpr) -> Range<usize> {
        let own = self.info.offset_for(node.id).map(|(start, last)| start as usize..last as usize + 1);
        let below = match &node.expr {
            Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
            Expr::Select(select) => vec![&*select.operand],
            Expr::List(list) => list.elements.iter().collect(),
            Expr::Comprehension(comprehension) => vec![&comprehension.iter_range],
            _ => Vec::new(),
        };
        let mut places = own.into_iter().chain(below.into_iter().map(|child| self.place(child)));
        let first = places.next().unwrap_or(0..0);
        let whole = places.fold(first, |all, one| all.start.min(one.start)..all.end.max(one.end));
        // The parser keeps the place of the dot of a selection, and of the opening bracket of a call or a list.
        let end = match &node.expr {
            Expr::Select(select) => self.field_place(node, &select.field).end,
            _ => self.info.offset_for(node.id).map_or(0, |(start, _)| closing(&self.info.source, start as usize)),
        };
        whole.start..whole.end.max(end)
    }

    /// The bytes of the name after the dot of a selection or a member call.
    fn field_place(&self, node: &IdedExpr, name: &str) -> Range<usize> {
        let Some((start, last)) = self.info.offset_for(node.id) else { return 0..0 };
        let (start, end) = (start as usize, last as usize + 1);
        // A selection is placed at its dot, a call at its opening parenthesis.
        let source = self.info.source.as_str();
        let after = source.get(end..).and_then(|rest| rest.find(name).map(|found| end + found));
        let before = source.get(..start).and_then(|text| text.rfind(name));
        let found = if matches!(node.expr, Expr::Call(_)) { before } else { after };
        found.map_or(start..end, |found| found..found + name.len())
    }
}

/// Is it a text that is written out and not empty? An unknown text is empty and must never be equal to one.
fn is_text_in_quotes(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Literal(LiteralValue::String(_))) && !is_empty_text(node)
}

fn is_empty_text(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Literal(LiteralValue::String(text)) if text.inner().is_empty())
}

/// One past the bracket that closes the one at `open`; `open` when there is none.
fn closing(source: &str, open: usize) -> usize {
    let Some(rest) = source.get(open..).filter(|rest| rest.starts_with(['(', '['])) else { return open };
    let mut depth = 0;
    let mut quote = None;
    for (index, c) in rest.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + index + 1;
        }
    }
    open
}

/// `list.exists(x, body)` is expanded to a loop that starts with false and steps with `@result || body`; the other
/// macros step differently.
fn body_of_exists(comprehension: &ComprehensionExpr) -> Option<&IdedExpr> {
    match &comprehension.loop_step.expr {
        Expr::Call(call) if call.func_name == operators::LOGICAL_OR => call.args.get(1),
        _ => None,
    }
}
