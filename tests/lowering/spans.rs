//! Where lowered nodes say they stand.

use corslint::{
    ir::{Entry, Expr, ExprKind, Module, StmtKind},
    source::FileId,
    syntax::{
        javascript::{self, Dialect},
        python,
    },
};

fn last(module: &Module) -> &Expr {
    match &module.body.last().expect("a statement").kind {
        StmtKind::Expr(value) | StmtKind::Bind { value: Some(value), .. } => value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_calls_members_and_strings() {
    let js = "// é\napp.use(cors({ origin: ('*') }))";
    let py = "# é\napp.use(cors({ 'origin': '*' 'x' }))";
    let modules = [(js, javascript::parse(FileId(0), js, Dialect::JavaScript).0), (py, python::parse(FileId(0), py).0)];
    for (text, module) in modules {
        let ExprKind::Call { callee, args, .. } = &last(&module).kind else { panic!("no call") };
        assert!(text[last(&module).span.range()].starts_with("app.use(cors("));
        assert!(text[last(&module).span.range()].ends_with("))"));
        let ExprKind::Member { property_span, .. } = &callee.kind else { panic!("no member") };
        assert_eq!(&text[property_span.range()], "use");
        assert_eq!(&text[callee.span.range()], "app.use");
        let ExprKind::Call { args, .. } = &args[0].value.kind else { panic!("no call") };
        let ExprKind::Map(entries) = &args[0].value.kind else { panic!("no map") };
        let Entry::Pair { key, value, .. } = &entries[0] else { panic!("no pair") };
        assert_eq!(text[key.span.range()].trim_matches('\''), "origin");
        assert!(["'*'", "'*' 'x'"].contains(&&text[value.span.range()]));
    }
}
