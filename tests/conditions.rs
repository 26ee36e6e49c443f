//! Conditions, request parts, URLs and probes: the algebra everything else stands on.

use std::collections::BTreeMap;
use std::sync::Arc;

use corslint::model::condition::{Formula, Test, World};
use corslint::model::origin::{Malformation, Url, malformation};
use corslint::model::policy::{Arm, OriginAnswer, OriginDecision};
use corslint::model::probe::probe;
use corslint::model::term::{Anchor, Part, Pattern, Relation, Term, TermOp, TermValue, UrlPart};
use corslint::source::{FileId, Span};
use proptest::prelude::*;

fn at(place: usize) -> Span {
    Span::new(FileId(0), place, place + 1)
}

/// A world in which variable `n` is set as the n-th flag says.
struct Flags(Vec<bool>);

impl World for Flags {
    fn test(&self, test: &Test) -> Option<bool> {
        match test {
            Test::EnvSet { variable } => variable.parse::<usize>().ok().and_then(|at| self.0.get(at).copied()),
            _ => None,
        }
    }
}

fn variable(name: usize, place: usize) -> Formula {
    Formula::test(Test::EnvSet { variable: name.to_string().into() }, at(place))
}

/// A formula and, built beside it without any simplification, what it means.
#[derive(Debug, Clone)]
enum Plain {
    Constant(bool),
    Variable(usize, usize),
    Not(Box<Plain>),
    All(Vec<Plain>),
    Any(Vec<Plain>),
}

impl Plain {
    fn formula(&self) -> Formula {
        match self {
            Plain::Constant(value) => Formula::constant(*value),
            Plain::Variable(name, place) => variable(*name, *place),
            Plain::Not(inner) => inner.formula().negated(),
            Plain::All(parts) => Formula::all(parts.iter().map(Plain::formula)),
            Plain::Any(parts) => Formula::any(parts.iter().map(Plain::formula)),
        }
    }

    fn holds(&self, flags: &[bool]) -> bool {
        match self {
            Plain::Constant(value) => *value,
            Plain::Variable(name, _) => flags[*name],
            Plain::Not(inner) => !inner.holds(flags),
            Plain::All(parts) => parts.iter().all(|part| part.holds(flags)),
            Plain::Any(parts) => parts.iter().any(|part| part.holds(flags)),
        }
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Plain::Constant),
        9 => (0..5_usize, 0..3_usize).prop_map(|(name, place)| Plain::Variable(name, place)),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Plain::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Plain::All),
            prop::collection::vec(inner, 0..4).prop_map(Plain::Any),
        ]
    })
}

proptest! {
    #[test]
    fn simplified_formulas_mean_the_same(plain in plain(), flags in prop::collection::vec(any::<bool>(), 5)) {
        prop_assert_eq!(plain.formula().eval(&Flags(flags.clone())), Some(plain.holds(&flags)));
    }

    #[test]
    fn given_keeps_the_meaning_where_the_facts_hold(
        plain in plain(),
        facts in prop::collection::vec(plain(), 0..4),
        flags in prop::collection::vec(any::<bool>(), 5),
    ) {
        prop_assume!(facts.iter().all(|fact| fact.holds(&flags)));
        let known: Vec<Formula> = facts.iter().map(Plain::formula).collect();
        prop_assert_eq!(plain.formula().given(&known).eval(&Flags(flags.clone())), Some(plain.holds(&flags)));
    }

    #[test]
    fn what_is_unknown_decides_only_where_it_does_not_matter(plain in plain(), flags in prop::collection::vec(any::<bool>(), 5)) {
        let partial = Flags(flags[..3].to_vec());
        for formula in [plain.formula().eval(&partial), plain.formula().decide(&partial)] {
            prop_assert!(formula.is_none_or(|value| value == plain.holds(&flags)));
        }
    }

    #[test]
    fn urls_agree_with_the_url_standard(
        secure in any::<bool>(),
        host in "[a-zA-Z0-9]{1,6}(\\.[a-zA-Z][a-z0-9-]{0,5}[a-z]){1,3}",
        port in prop::option::of(0_u16..),
        path in "(/[a-z0-9._~-]{0,6}){0,3}",
        rest in "(\\?[a-z=&]{0,5})?(#[a-z]{0,3})?",
        user in "([a-z]{1,4}(:[a-z]{1,3})?@)?",
    ) {
        let scheme = if secure { "https" } else { "HTTP" };
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        let text = format!("{scheme}://{user}{host}{port}{path}{rest}");
        let Ok(oracle) = url::Url::parse(&text) else { return Ok(()) };
        let ours = Url::parse(&text).map(|url| url.origin());
        prop_assert_eq!(ours, Some(oracle.origin().ascii_serialization()), "{}", text);
    }

    #[test]
    fn no_text_is_too_odd_for_a_url(text in ".{0,40}", scheme in "(https?|ws|x)://") {
        for text in [text.clone(), format!("{scheme}{text}")] {
            malformation(&text);
            if let Some(url) = Url::parse(&text) {
                // A serialized origin is its own origin.
                prop_assert_eq!(Url::parse(&url.origin()).map(|again| again.origin()), Some(url.origin()));
            }
        }
    }
}

#[test]
fn large_formulas_become_unknown() {
    let many = Formula::any((0..2_000).map(|name| variable(name, name)));
    assert!(many.size() <= 1, "{}", many.size());
}

#[test]
fn steps_of_terms() {
    let after = |ops: &[TermOp], text: &str| {
        Term { part: Part::Path, ops: ops.to_vec() }.apply(TermValue::Text(text.to_owned()))
    };
    let text = |text: &str| TermValue::Text(text.to_owned());
    let origin = "https://App.example.com:8443/a";
    let cases: Vec<(Vec<TermOp>, &str, TermValue)> = vec![
        (vec![TermOp::Lower], "Ab", text("ab")),
        (vec![TermOp::Upper], "Ab", text("AB")),
        (vec![TermOp::Trim], " a ", text("a")),
        (vec![TermOp::Url(UrlPart::Origin)], origin, text("https://app.example.com:8443")),
        (vec![TermOp::Url(UrlPart::Host)], origin, text("app.example.com:8443")),
        (vec![TermOp::Url(UrlPart::Hostname)], origin, text("app.example.com")),
        (vec![TermOp::Url(UrlPart::Protocol)], origin, text("https:")),
        (vec![TermOp::Url(UrlPart::Scheme)], origin, text("https")),
        (vec![TermOp::Url(UrlPart::Port)], origin, text("8443")),
        (vec![TermOp::Url(UrlPart::Pathname)], origin, text("/a")),
        (vec![TermOp::Url(UrlPart::Hostname)], "null", TermValue::Absent),
        (vec![TermOp::Split(".".into())], "a.b", TermValue::Pieces(vec!["a".into(), "b".into()])),
        (vec![TermOp::Split("".into())], "ab", TermValue::Pieces(vec!["a".into(), "b".into()])),
        (vec![TermOp::Split(".".into()), TermOp::Item(1)], "a.b", text("b")),
        (vec![TermOp::Split(".".into()), TermOp::Item(-1)], "a.b.c", text("c")),
        (vec![TermOp::Split(".".into()), TermOp::Item(9)], "a.b", TermValue::Absent),
        (vec![TermOp::Split(".".into()), TermOp::Lower], "a.b", TermValue::Unknown),
        (vec![TermOp::Replace { from: "a".into(), to: "b".into(), all: false }], "aa", text("ba")),
        (vec![TermOp::Replace { from: "a".into(), to: "b".into(), all: true }], "aa", text("bb")),
        (vec![TermOp::StripPrefix("https://".into())], "https://a", text("a")),
        (vec![TermOp::Slice(1, None)], "abc", text("bc")),
        (vec![TermOp::Slice(0, Some(-1))], "abc", text("ab")),
        (vec![TermOp::Slice(-2, None)], "äbc", text("bc")),
        (vec![TermOp::Slice(2, Some(1))], "abc", text("")),
        (vec![TermOp::Default("d".into())], "a", text("a")),
    ];
    for (ops, from, expected) in cases {
        assert_eq!(after(&ops, from), expected, "{ops:?} of {from}");
    }
    let absent = Term { part: Part::Path, ops: vec![TermOp::Lower, TermOp::Default("d".into())] };
    assert_eq!(absent.apply(TermValue::Absent), text("d"));
    // Texts that grow with every step stop growing.
    let doubled = vec![TermOp::Replace { from: "a".into(), to: "aa".into(), all: true }; 200];
    assert_eq!(after(&doubled, "a"), TermValue::Unknown);
}

#[test]
fn what_is_wrong_with_written_origins() {
    use Malformation as M;
    let cases = [
        ("https://a.example", None),
        ("http://localhost:3000", None),
        ("null", None),
        ("", None),
        ("word", None),
        ("chrome-extension://abcdef", None),
        ("https://a.example/", Some((M::TrailingSlash, Some("https://a.example")))),
        ("https://a.example/app", Some((M::Path, Some("https://a.example")))),
        ("https://a.example/?q", Some((M::Path, Some("https://a.example")))),
        ("a.example", Some((M::NoScheme, Some("https://a.example")))),
        ("https://a.example:443", Some((M::DefaultPort, Some("https://a.example")))),
        ("http://a.example:80", Some((M::DefaultPort, Some("http://a.example")))),
        ("https://A.example", Some((M::UpperCase, Some("https://a.example")))),
        ("HTTPS://a.example", Some((M::UpperCase, Some("https://a.example")))),
        (" https://a.example", Some((M::Space, Some("https://a.example")))),
        ("'https://a.example'", Some((M::Quotes, Some("https://a.example")))),
        ("https://a.example\n", Some((M::ControlCharacter, Some("https://a.example")))),
        ("https://a.example,https://b.example", Some((M::Several, None))),
        ("https://a.example https://b.example", Some((M::Several, None))),
        ("https://*.a.example", Some((M::SubdomainWildcard, None))),
        ("*", Some((M::LiteralWildcard, None))),
        ("[\"https://a.example\"]", Some((M::Json, None))),
        ("capacitor://localhost/", Some((M::TrailingSlash, Some("capacitor://localhost")))),
    ];
    for (text, expected) in cases {
        let expected = expected.map(|(kind, meant)| (kind, meant.map(str::to_owned)));
        assert_eq!(malformation(text), expected, "{text:?}");
    }
}

fn origin_test(relation: Relation) -> Formula {
    Formula::test(Test::Request { term: Term::origin(), relation }, at(1))
}

fn echoes(relation: Relation) -> OriginDecision {
    let arm = Arm { when: origin_test(relation), answer: OriginAnswer::Echo, span: at(1) };
    OriginDecision { arms: vec![arm], span: at(0) }
}

fn matching(source: &str) -> Relation {
    Relation::Matches(Pattern { source: Arc::from(source), ignore_case: false, anchor: Anchor::Search })
}

#[test]
fn probes_find_who_else_gets_through() {
    let loose: BTreeMap<&str, (Relation, bool)> = BTreeMap::from([
        ("equal", (Relation::Equals("https://app.example.com".into()), false)),
        ("part", (Relation::Contains("example.com".into()), true)),
        ("start", (Relation::StartsWith("https://app.example.com".into()), true)),
        ("end without a dot", (Relation::EndsWith("example.com".into()), true)),
        ("end with a dot", (Relation::EndsWith(".example.com".into()), false)),
        ("anchored pattern", (matching(r"^https://app\.example\.com$"), false)),
        ("subdomains", (matching(r"^https://([a-z]+\.)?example\.com$"), false)),
        ("no end", (matching(r"^https://app\.example\.com"), true)),
        ("no start", (matching(r"example\.com$"), true)),
        ("loose dot", (matching(r"^https://app.example\.com$"), true)),
        // `https://app.examplexcom` is nobody's to register.
        ("loose last dot", (matching(r"^https://app\.example.com$"), false)),
    ]);
    for (name, (relation, expected)) in loose {
        let probed = probe(&echoes(relation));
        assert_eq!(probed.loose.is_some(), expected, "{name}: {:?}", probed.loose);
        assert!(!probed.any && probed.dynamic && probed.reflected.is_none(), "{name}: {probed:?}");
    }
}

#[test]
fn probes_find_everybody_and_nobody() {
    let star = probe(&OriginDecision::constant(OriginAnswer::Wildcard, at(3)));
    assert!(star.any && star.wildcard == Some(at(3)) && star.reflected.is_none() && !star.dynamic);
    let reflected = probe(&OriginDecision::constant(OriginAnswer::Echo, at(3)));
    assert!(reflected.any && reflected.reflected == Some(at(3)) && reflected.wildcard.is_none());
    let present = probe(&echoes(Relation::Present));
    assert!(present.any && present.reflected.is_some());
    let null = probe(&echoes(Relation::Equals("null".into())));
    assert!(null.null.is_some() && !null.any && null.loose.is_none());
    let shared = probe(&echoes(Relation::EndsWith(".vercel.app".into())));
    assert_eq!(shared.shared_suffix.map(|(suffix, _)| suffix).as_deref(), Some("vercel.app"));
    let unknown = probe(&OriginDecision::constant(OriginAnswer::Unknown, at(3)));
    assert!(!unknown.any && unknown.loose.is_none() && unknown.null.is_none() && !unknown.none);
    let perhaps = OriginDecision {
        arms: vec![Arm { when: Formula::unknown(at(1)), answer: OriginAnswer::Echo, span: at(1) }],
        span: at(0),
    };
    assert!(!probe(&perhaps).any, "what may be is not certain");
}
