//! Prints the tree in a compact form that looks like its source, with operators in front.

use corslint::ir::*;

fn join<T>(items: &[T], separator: &str, print: impl Fn(&T) -> String) -> String {
    items.iter().map(print).collect::<Vec<_>>().join(separator)
}

fn opt<T>(item: &Option<T>, before: &str, print: impl Fn(&T) -> String) -> String {
    item.as_ref().map(|item| format!("{before}{}", print(item))).unwrap_or_default()
}

pub(crate) fn stmts(stmts: &[Stmt]) -> String {
    join(stmts, "; ", stmt)
}

fn block(inside: &[Stmt]) -> String {
    format!("{{{}}}", stmts(inside))
}

fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Null { undefined } => if *undefined { "undefined" } else { "null" }.to_owned(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Num(value) => value.to_string(),
        ExprKind::Str(text) => format!("{text:?}"),
        ExprKind::Regex { pattern, flags } => format!("/{pattern}/{flags}"),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Member { object, property, .. } => format!("{}.{property}", expr(object)),
        ExprKind::Index { object, index } => format!("{}[{}]", expr(object), expr(index)),
        ExprKind::Slice { object, start, stop } => {
            format!("{}[{}:{}]", expr(object), opt(start, "", |e| expr(e)), opt(stop, "", |e| expr(e)))
        }
        ExprKind::Call { callee, args, new } => {
            format!("{}{}({})", if *new { "new " } else { "" }, expr(callee), join(args, ", ", arg))
        }
        ExprKind::List(items) => format!("[{}]", join(items, ", ", |item| spread(item.spread, &item.value))),
        ExprKind::Map(entries) => format!("{{{}}}", join(entries, ", ", entry)),
        ExprKind::Template(parts) => format!(
            "t({})",
            join(parts, " ", |part| match part {
                TemplatePart::Text(text) => format!("{text:?}"),
                TemplatePart::Expr(inner) => expr(inner),
            })
        ),
        ExprKind::Unary { op, operand } => format!("({op:?} {})", expr(operand)),
        ExprKind::Binary { op, left, right } => format!("({op:?} {} {})", expr(left), expr(right)),
        ExprKind::Conditional { test, then, otherwise } => {
            format!("(? {} {} {})", expr(test), expr(then), expr(otherwise))
        }
        ExprKind::Function(inner) => function(inner),
        ExprKind::Class(inner) => class(inner),
        ExprKind::Assign(assign) => {
            let op = assign.op.map(|op| format!("{op:?}")).unwrap_or_default();
            format!("({op}= {} {})", pattern(&assign.target), expr(&assign.value))
        }
        ExprKind::Comprehension { element, target, iterable, conditions } => format!(
            "(for {} {} {}{})",
            expr(element),
            pattern(target),
            expr(iterable),
            join(conditions, "", |test| format!(" if {}", expr(test)))
        ),
        ExprKind::Require(from) => format!("require({from:?})"),
        ExprKind::Opaque(inside) => format!("?[{}]", join(inside, ", ", expr)),
    }
}

fn spread(is_spread: bool, value: &Expr) -> String {
    format!("{}{}", if is_spread { "..." } else { "" }, expr(value))
}

fn arg(arg: &Arg) -> String {
    format!("{}{}", opt(&arg.name, "", |name| format!("{name}=")), spread(arg.spread, &arg.value))
}

fn entry(entry: &Entry) -> String {
    match entry {
        Entry::Pair { key, value, getter } => {
            format!("{}{}: {}", if *getter { "get " } else { "" }, expr(key), expr(value))
        }
        Entry::Spread(value) => format!("...{}", expr(value)),
    }
}

fn decorators(all: &[Expr]) -> String {
    join(all, "", |one| format!("@{} ", expr(one)))
}

fn function(f: &Function) -> String {
    format!(
        "{}{}{}{}({}){}",
        decorators(&f.decorators),
        if f.is_async { "async " } else { "" },
        if f.is_arrow { "=>" } else { "fn" },
        opt(&f.name, " ", |name| name.to_string()),
        join(&f.params, ", ", param),
        block(&f.body)
    )
}

fn param(p: &Param) -> String {
    let rest = if p.rest { "..." } else { "" };
    format!("{rest}{}{}{}", pattern(&p.pattern), opt(&p.annotation, ": ", expr), opt(&p.default, " = ", expr))
}

fn pattern(p: &Pattern) -> String {
    match p {
        Pattern::Name(name, _) => name.to_string(),
        Pattern::Map { entries, rest } => {
            let mut all: Vec<String> = entries
                .iter()
                .map(|(key, bound, default)| format!("{key}: {}{}", pattern(bound), opt(default, " = ", expr)))
                .collect();
            all.extend(rest.as_ref().map(|rest| format!("...{rest}")));
            format!("{{{}}}", all.join(", "))
        }
        Pattern::List(items) => format!("[{}]", join(items, ", ", |item| opt(item, "", pattern))),
        Pattern::Place(place) => expr(place),
        Pattern::Opaque(_) => "?".to_owned(),
    }
}

fn class(c: &Class) -> String {
    let mut members: Vec<String> = c.fields.iter().map(field).collect();
    members.extend(c.methods.iter().map(|method| {
        let is_static = if method.is_static { "static " } else { "" };
        let accessor = match (method.is_getter, method.name.starts_with("set ")) {
            (true, _) => "get ",
            (false, true) => "set ",
            _ => "",
        };
        format!("{is_static}{accessor}{}", function(&method.function))
    }));
    let bases = if c.bases.is_empty() { String::new() } else { format!("({})", join(&c.bases, ", ", expr)) };
    let name = opt(&c.name, " ", |name| name.to_string());
    format!("{}class{name}{bases}{{{}}}", decorators(&c.decorators), members.join("; "))
}

fn field(f: &Field) -> String {
    let is_static = if f.is_static { "static " } else { "" };
    format!("{is_static}{}{}{}", f.name, opt(&f.annotation, ": ", expr), opt(&f.value, " = ", expr))
}

fn stmt(s: &Stmt) -> String {
    match &s.kind {
        StmtKind::Bind { target, value } => format!("let {}{}", pattern(target), opt(value, " = ", expr)),
        StmtKind::Annotation { name, annotation } => format!("{name}: {}", expr(annotation)),
        StmtKind::Expr(value) => expr(value),
        StmtKind::If { test, then, otherwise } => {
            let otherwise = if otherwise.is_empty() { String::new() } else { format!(" else {}", block(otherwise)) };
            format!("if {} {}{otherwise}", expr(test), block(then))
        }
        StmtKind::Switch { subject, cases } => {
            let case = |case: &Case| {
                let falls = if case.falls_through { " falls" } else { "" };
                format!("case [{}] {}{falls}", join(&case.values, ", ", expr), block(&case.body))
            };
            format!("switch {} {{{}}}", expr(subject), join(cases, "; ", case))
        }
        StmtKind::Return(value) => format!("return{}", opt(value, " ", expr)),
        StmtKind::Throw(value) => format!("throw{}", opt(value, " ", expr)),
        StmtKind::Jump => "jump".to_owned(),
        StmtKind::Function(inner) => function(inner),
        StmtKind::Class(inner) => class(inner),
        StmtKind::Import(import) => format!("import {:?} [{}]", import.from, join(&import.names, ", ", import_name)),
        StmtKind::Export(inner) => format!("export {}", export(inner)),
        StmtKind::Loop { target, iterable, body } => {
            format!("loop{}{} {}", opt(target, " ", pattern), opt(iterable, " of ", expr), block(body))
        }
        StmtKind::Try { body, handlers, finally } => {
            let handlers = join(handlers, "", |(name, inside)| {
                format!(" catch{} {}", opt(name, " ", |name| name.to_string()), block(inside))
            });
            let finally = if finally.is_empty() { String::new() } else { format!(" finally {}", block(finally)) };
            format!("try {}{handlers}{finally}", block(body))
        }
        StmtKind::Block(inside) => block(inside),
    }
}

fn import_name(name: &ImportName) -> String {
    match name {
        ImportName::Default(local) => format!("default {local}"),
        ImportName::Namespace(local) => format!("* {local}"),
        ImportName::Named { name, local } => format!("{name} {local}"),
        ImportName::Star => "*".to_owned(),
    }
}

fn export(e: &Export) -> String {
    let pairs =
        |names: &Vec<(std::sync::Arc<str>, std::sync::Arc<str>)>| join(names, ", ", |(a, b)| format!("{a} {b}"));
    match e {
        Export::Declaration(inner) => stmt(inner),
        Export::Default(value) => format!("default {}", expr(value)),
        Export::Names(names) => format!("[{}]", pairs(names)),
        Export::NamesFrom { from, names } => format!("{from:?} [{}]", pairs(names)),
        Export::StarFrom { from, name } => format!("{from:?} *{}", opt(name, " ", |name| name.to_string())),
    }
}
