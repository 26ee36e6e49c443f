//! Expressions: the one door to the expression language.
//!
//! In: the text of an expression and the subject it may name. Out: a checked program that is true or false, or a text,
//! for a record of facts. Nothing outside this module names the `cel` crate. What was checked does not fail; should
//! it fail all the same, the caller gets words for a notice.

mod check;
mod refusals;
mod types;
mod values;
pub(crate) mod vocabulary;

use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelInt, CelString};
use cel::{Context, Env, Program, Value};

use self::check::Purpose;
use self::values::{NamesVal, NumberVal, RecordVal};
use super::facts::{Given, Record};
use super::problem::Problem;

/// The standard functions and ours, built once: building it takes longer than evaluating.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    // Fails only when a name is declared twice; the tests of every question would fail then.
    let declared = values::declare(&mut env);
    debug_assert!(declared.is_ok(), "{declared:?}");
    Arc::new(env)
});

/// Larger expressions are refused: the parser recurses without a bound, and a fact is missing in the model long before.
const LONGEST: usize = 2000;
const DEEPEST: usize = 40;

/// How deep the parser may have to go: brackets inside each other, and what nests without brackets.
fn depth(source: &str) -> usize {
    let mut open = 0_usize;
    let mut deepest = 0;
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    let nested = source.bytes().filter(|byte| matches!(byte, b'?' | b'!')).count() + source.matches("--").count();
    let selected = source.bytes().filter(|byte| *byte == b'.').count();
    deepest + nested + selected / 8
}

/// A checked condition or a checked piece of a message.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    program: Arc<Program>,
    given: Given,
}

impl Expr {
    /// A condition on the subject.
    pub(super) fn condition(source: &str, given: Given) -> Result<Expr, Problem> {
        Expr::compile(source, given, Purpose::Condition)
    }

    /// Something to print about the subject.
    pub(super) fn print(source: &str, given: Given) -> Result<Expr, Problem> {
        Expr::compile(source, given, Purpose::Print)
    }

    fn compile(source: &str, given: Given, purpose: Purpose) -> Result<Expr, Problem> {
        if source.len() > LONGEST || depth(source) > DEEPEST {
            return Err(Problem::new(0..source.len(), "this expression is too long")
                .help("name the fact it describes in the model, and ask for that"));
        }
        let program = ENVIRONMENT.compile(source).map_err(|errors| parse_problem(source, &errors))?;
        check::check(&program, given, purpose)?;
        Ok(Expr { program: Arc::new(program), given })
    }

    /// The expression as it was written.
    pub(super) fn source(&self) -> &str {
        self.program.source_info().source.trim()
    }

    /// Does the condition hold? An error is a fault of the engine, for a notice.
    pub(super) fn holds(&self, subject: &dyn Record) -> Result<bool, String> {
        self.evaluate(subject, |value| value.downcast_ref::<CelBool>().map(|holds| *holds.inner()))
    }

    /// The text of something that is printed.
    pub(super) fn text(&self, subject: &dyn Record) -> Result<String, String> {
        self.evaluate(subject, |value| {
            let text = value.downcast_ref::<CelString<'_>>().map(|text| text.inner().to_owned());
            let number = || value.downcast_ref::<NumberVal>().map(|number| number.0.to_string());
            let names = || value.downcast_ref::<NamesVal>().map(|names| names.0.to_string());
            let int = || value.downcast_ref::<CelInt>().map(|int| int.inner().to_string());
            text.or_else(number).or_else(names).or_else(int)
        })
    }

    fn evaluate<T>(
        &self,
        subject: &dyn Record,
        read: impl FnOnce(&dyn cel::common::value::Val) -> Option<T>,
    ) -> Result<T, String> {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        let record = RecordVal::Present { record: subject, optional: false };
        context.add_variable_as_val(self.given.name(), Box::new(record));
        let value = Value::resolve_val(self.program.expression(), &context).map_err(|error| error.to_string())?;
        read(value.as_ref()).ok_or_else(|| format!("unexpected value of type {}", value.get_type().name()))
    }
}

/// The first thing the parser stumbled over, in words for people who write rules.
fn parse_problem(source: &str, errors: &cel::ParseErrors) -> Problem {
    let Some(error) = errors.errors.first() else {
        return Problem::new(0..source.len(), "this cannot be read as an expression");
    };
    let (line, column) = error.pos;
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let line_start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let in_line = source.get(line_start..).unwrap_or("");
    let offset = line_start + in_line.char_indices().nth(column).map_or(in_line.len(), |(index, _)| index);
    let end = source.get(offset..).and_then(|rest| rest.chars().next()).map_or(offset, |c| offset + c.len_utf8());
    // The parser lists every token it could have taken; its first clause says enough.
    let said = error.msg.trim_start_matches("Syntax error: ");
    let said = said.split(" expecting ").next().unwrap_or(said);
    Problem::new(offset..end, format!("this cannot be read as an expression: {said}"))
}
