//! What the parser of requirements understands and survives.

use crate::{hostile, within_seconds};
use corslint::syntax::requirements::parse;

fn found(text: &str) -> Vec<(String, String)> {
    parse(text).into_iter().map(|requirement| (requirement.name, requirement.spec)).collect()
}

#[test]
fn names_and_versions() {
    let cases = [
        ("Flask_Cors==4.0.1 ; python_version > '3'", "flask-cors", "==4.0.1"),
        ("fastapi[all] >= 0.1, < 2  # note", "fastapi", ">=0.1,<2"),
        ("django~=4.2 --hash=sha256:ab", "django", "~=4.2"),
        ("starlette", "starlette", ""),
        ("zope.interface (==1)", "zope-interface", "==1"),
    ];
    for (source, name, spec) in cases {
        assert_eq!(found(source), [(name.to_owned(), spec.to_owned())], "{source}");
    }
}

#[test]
fn other_lines_name_nothing() {
    let source = "# a\n-r other.txt\n--index-url x\n-e .\ngit+https://x/y.git@v1#egg=z\npkg @ https://x/y.whl\n\
                  ./local\ny-1.0.whl\nhttps://x/y\n\n";
    assert_eq!(found(source), []);
}

#[test]
fn hashes_on_following_lines_belong_to_the_package() {
    let source = "a==1 \\\n    --hash=sha256:b \\\r\n    c\r\nd==2\n";
    let names: Vec<_> = parse(source).into_iter().map(|found| (found.name, found.offset)).collect();
    assert_eq!(names, [("a".to_owned(), 0), ("d".to_owned(), source.len() - 5)]);
}

#[test]
fn hostile_input_is_survived() {
    for (what, text) in hostile() {
        within_seconds(what, || parse(&text));
    }
}
