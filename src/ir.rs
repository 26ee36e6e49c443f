//! The small tree that JavaScript, TypeScript and Python lower to.
//!
//! In: built by `syntax/`. Out: read by `eval/`. It knows no library and no CORS. Keep it small: what has no form here
//! becomes `Opaque` with its span, and its children are kept so that calls inside it are still seen.

mod modules;

use std::sync::Arc;

pub use modules::{Export, Import, ImportName};

use crate::source::{FileId, Span};

/// The language a module was written in; a few operations differ (`x in list`, truthiness of empty lists).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// JavaScript, TypeScript and both with JSX.
    JavaScript,
    /// Python 3.
    Python,
}

/// One file of program code.
#[derive(Debug)]
pub struct Module {
    /// The file.
    pub file: FileId,
    /// Its language.
    pub language: Language,
    /// Top-level statements in order.
    pub body: Vec<Stmt>,
}

/// An expression and its place.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is written.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// `null`, `undefined`, `None`.
    Null {
        /// `undefined` rather than `null`.
        undefined: bool,
    },
    /// `true`, `False`.
    Bool(bool),
    /// A number; integers are exact up to 2^53.
    Num(f64),
    /// A string literal, escapes resolved.
    Str(Arc<str>),
    /// A regular expression literal.
    Regex {
        /// Between the slashes.
        pattern: Arc<str>,
        /// After them.
        flags: Arc<str>,
    },
    /// A variable; `this` and Python's `self` are names too.
    Name(Arc<str>),
    /// `object.property`, `object?.property`.
    Member {
        /// The object.
        object: Box<Expr>,
        /// The name after the dot.
        property: Arc<str>,
        /// Where the name stands.
        property_span: Span,
    },
    /// `object[index]`.
    Index {
        /// The object.
        object: Box<Expr>,
        /// The key.
        index: Box<Expr>,
    },
    /// `object[start:stop]` of Python.
    Slice {
        /// The object.
        object: Box<Expr>,
        /// First bound.
        start: Option<Box<Expr>>,
        /// Second bound.
        stop: Option<Box<Expr>>,
    },
    /// A call; `new` marks a JavaScript constructor call.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// Arguments in order.
        args: Vec<Arg>,
        /// Written with `new`.
        new: bool,
    },
    /// Array, list, tuple or set literal.
    List(Vec<Element>),
    /// Object or dict literal; getters and methods are entries with function values.
    Map(Vec<Entry>),
    /// Template literal or f-string, parts in order.
    Template(Vec<TemplatePart>),
    /// One operand.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: Box<Expr>,
    },
    /// Two operands; a chain `a < b < c` is an `And` of two.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `test ? then : otherwise`, `then if test else otherwise`.
    Conditional {
        /// The condition.
        test: Box<Expr>,
        /// Its value when true.
        then: Box<Expr>,
        /// Its value when false.
        otherwise: Box<Expr>,
    },
    /// Function, arrow function, lambda.
    Function(Arc<Function>),
    /// Class expression.
    Class(Arc<Class>),
    /// An assignment used as an expression; `x := y` of Python.
    Assign(Box<Assign>),
    /// `[element for target in iterable if conditions]`, also set, list and generator forms.
    Comprehension {
        /// What each item becomes.
        element: Box<Expr>,
        /// The loop variable(s).
        target: Pattern,
        /// What is iterated.
        iterable: Box<Expr>,
        /// The `if` clauses.
        conditions: Vec<Expr>,
    },
    /// `import('x')`, `require('x')` and `__import__('x')` of a literal.
    Require(Arc<str>),
    /// Anything else; the sub-expressions are kept because calls inside them count.
    Opaque(Vec<Expr>),
}

/// One argument of a call.
#[derive(Debug, Clone)]
pub struct Arg {
    /// `name=` of Python.
    pub name: Option<Arc<str>>,
    /// `...x`, `*x`, `**x` (a spread whose value is a map gives named arguments in Python).
    pub spread: bool,
    /// The value.
    pub value: Expr,
}

/// One element of a list literal.
#[derive(Debug, Clone)]
pub struct Element {
    /// `...x`, `*x`.
    pub spread: bool,
    /// The value.
    pub value: Expr,
}

/// One entry of a map literal.
#[derive(Debug, Clone)]
pub enum Entry {
    /// `key: value`; a computed key is any expression, a plain one is `Str`.
    Pair {
        /// The key.
        key: Expr,
        /// The value.
        value: Expr,
        /// A getter: the value is the function to call.
        getter: bool,
    },
    /// `...x`, `**x`.
    Spread(Expr),
}

/// One part of a template.
#[derive(Debug, Clone)]
pub enum TemplatePart {
    /// Literal text, escapes resolved.
    Text(Arc<str>),
    /// `${expr}`, `{expr}`.
    Expr(Expr),
}

/// Operators with one operand. `await`, `void 0`, parentheses, `as`, `satisfies` and `!` of TypeScript are lowered away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `!x`, `not x`.
    Not,
    /// `-x`.
    Minus,
    /// `+x`.
    Plus,
    /// `typeof x`.
    TypeOf,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `&&`, `and`.
    And,
    /// `||`, `or`.
    Or,
    /// `??`.
    Coalesce,
    /// `==`, `===`, `is`.
    Equal,
    /// `!=`, `!==`, `is not`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%` (in Python also string formatting).
    Modulo,
    /// `x in y`: member of a list or key of a map, substring of a string in Python.
    In,
    /// `x not in y`.
    NotIn,
    /// `|` of Python (maps and sets) and everything else.
    Other,
}

/// A function, method, arrow function or lambda.
#[derive(Debug)]
pub struct Function {
    /// Its own name, if it has one.
    pub name: Option<Arc<str>>,
    /// Parameters in order.
    pub params: Vec<Param>,
    /// The body; an arrow with an expression body is one `Return`.
    pub body: Vec<Stmt>,
    /// `async`.
    pub is_async: bool,
    /// An arrow function or lambda: `this` is the outer one.
    pub is_arrow: bool,
    /// Decorators, outermost first.
    pub decorators: Vec<Expr>,
    /// The whole function.
    pub span: Span,
}

/// One parameter.
#[derive(Debug, Clone)]
pub struct Param {
    /// What it binds.
    pub pattern: Pattern,
    /// Its default value.
    pub default: Option<Expr>,
    /// Its type annotation, lowered as an expression where it is one (Python) or a plain type name (TypeScript).
    pub annotation: Option<Expr>,
    /// `...rest`, `*args`, `**kwargs`.
    pub rest: bool,
    /// Decorators of TypeScript, outermost first.
    pub decorators: Vec<Expr>,
    /// Where it stands.
    pub span: Span,
}

/// What an assignment, parameter or declaration binds.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// One name.
    Name(Arc<str>, Span),
    /// `{ a, b: c = d, ...rest }`.
    Map {
        /// Key, what it binds, default.
        entries: Vec<(Arc<str>, Pattern, Option<Expr>)>,
        /// `...rest`.
        rest: Option<Arc<str>>,
    },
    /// `[a, b]`, `a, b = …`.
    List(Vec<Option<Pattern>>),
    /// `object.property = …`, `object[index] = …`: assigns into an expression.
    Place(Box<Expr>),
    /// Anything else.
    Opaque(Span),
}

/// An assignment.
#[derive(Debug, Clone)]
pub struct Assign {
    /// What is assigned.
    pub target: Pattern,
    /// The operator of `+=`, `||=` and their kin.
    pub op: Option<BinaryOp>,
    /// The new value.
    pub value: Expr,
}

/// A statement and its place.
#[derive(Debug, Clone)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it is written.
    pub span: Span,
}

/// The forms of statements.
#[derive(Debug, Clone)]
pub enum StmtKind {
    /// `const x = …`, `let x`, `x = …` of Python at first sight is an `Assign` expression instead.
    Bind {
        /// What is bound.
        target: Pattern,
        /// The value, if any.
        value: Option<Expr>,
    },
    /// `NAME: value` of Python: an annotation that assigns nothing.
    Annotation {
        /// The annotated name.
        name: Arc<str>,
        /// The annotation.
        annotation: Expr,
    },
    /// An expression statement.
    Expr(Expr),
    /// `if`; `elif` is an `If` alone in `otherwise`.
    If {
        /// The condition.
        test: Expr,
        /// When true.
        then: Vec<Stmt>,
        /// When false.
        otherwise: Vec<Stmt>,
    },
    /// `switch`, `match`. A case without values is the default; `falls_through` as in C.
    Switch {
        /// The subject.
        subject: Expr,
        /// The cases in order.
        cases: Vec<Case>,
    },
    /// `return`.
    Return(Option<Expr>),
    /// `throw`, `raise`.
    Throw(Option<Expr>),
    /// `break` or `continue`: the rest of the block is not run.
    Jump,
    /// A named function.
    Function(Arc<Function>),
    /// A class.
    Class(Arc<Class>),
    /// Any import.
    Import(Import),
    /// Any export.
    Export(Export),
    /// `for`, `while`; `target` and `iterable` for loops over something.
    Loop {
        /// The loop variable(s).
        target: Option<Pattern>,
        /// What is iterated, or the condition of a `while`.
        iterable: Option<Expr>,
        /// The body.
        body: Vec<Stmt>,
    },
    /// `try`: the handlers run instead of the rest of the body when something is thrown.
    Try {
        /// The body.
        body: Vec<Stmt>,
        /// `catch`, `except`: the bound name and the block.
        handlers: Vec<(Option<Arc<str>>, Vec<Stmt>)>,
        /// `finally`.
        finally: Vec<Stmt>,
    },
    /// A plain block, `with` (its items are bound before the body).
    Block(Vec<Stmt>),
}

/// One case of a `switch`.
#[derive(Debug, Clone)]
pub struct Case {
    /// The values that select it; empty for the default.
    pub values: Vec<Expr>,
    /// Its body, without the closing `break`.
    pub body: Vec<Stmt>,
    /// There is no `break`, `return` or `throw` at its end: the next case runs too.
    pub falls_through: bool,
    /// Where it stands.
    pub span: Span,
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: Option<Arc<str>>,
    /// Base classes.
    pub bases: Vec<Expr>,
    /// Methods, `static` or not; a constructor is `constructor` or `__init__`, a setter `set x`. Getters are marked.
    pub methods: Vec<Method>,
    /// Fields with their values, in order; annotations without a value have `None`.
    pub fields: Vec<Field>,
    /// Decorators, outermost first.
    pub decorators: Vec<Expr>,
    /// The whole class.
    pub span: Span,
}

/// A method.
#[derive(Debug, Clone)]
pub struct Method {
    /// Its name.
    pub name: Arc<str>,
    /// Its code.
    pub function: Arc<Function>,
    /// `static`, `@staticmethod`, `@classmethod`.
    pub is_static: bool,
    /// `get x()`, `@property`.
    pub is_getter: bool,
}

/// A field of a class body.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// Its type annotation.
    pub annotation: Option<Expr>,
    /// Its value.
    pub value: Option<Expr>,
    /// `static`, or a Python class variable.
    pub is_static: bool,
}
