//! What the parser of dotenv understands and survives.

use crate::{FILE, hostile, within_seconds};
use corslint::syntax::dotenv::{EnvEntry, parse, samples};

fn entries(text: &str) -> Vec<EnvEntry> {
    let (entries, problems) = parse(FILE, text);
    assert_eq!(problems, [], "{text}");
    entries
}

fn pairs(entries: &[EnvEntry]) -> Vec<(&str, &str)> {
    entries.iter().map(|entry| (&*entry.name.value, &*entry.value.value)).collect()
}

#[test]
fn spellings_of_an_assignment() {
    let cases = [
        ("A=b", "b"),
        ("A = b ", "b"),
        ("  export A=b", "b"),
        ("A: b", "b"),
        ("A=", ""),
        ("A= # note", ""),
        ("A=b # note", "b"),
        ("A=#fff", "#fff"),
        ("A=b#c", "b#c"),
        ("A=\"b # c\" # note", "b # c"),
        ("A='b'# note", "b"),
        ("A=`b \"c\"`", "b \"c\""),
        ("A='b\\n$C'", "b\\n$C"),
        ("A=\"b\\nc\\\"d\\\\\"", "b\nc\"d\\"),
        ("A=\"b\nc # d\"", "b\nc # d"),
        ("A=\"b\",\"c\"", "\"b\",\"c\""),
        ("A=[\"https://x\", \"https://y\"]", "[\"https://x\", \"https://y\"]"),
        ("\u{feff}A=b\r\n", "b"),
        ("A=https://x.com:1/?a=b", "https://x.com:1/?a=b"),
        ("A=it's", "it's"),
    ];
    for (text, value) in cases {
        assert_eq!(pairs(&entries(text)), [("A", value)], "{text}");
    }
}

#[test]
fn spans_leave_the_quotes_out() {
    let source = "X=1\r\n export CORS_ORIGIN = \"https://a\" # b\r\nY='2'";
    let entries = entries(source);
    assert_eq!(pairs(&entries), [("X", "1"), ("CORS_ORIGIN", "https://a"), ("Y", "2")]);
    assert_eq!(&source[entries[1].name.span.range()], "CORS_ORIGIN");
    assert_eq!(&source[entries[1].value.span.range()], "https://a");
    assert_eq!((entries[0].quote, entries[1].quote, entries[2].quote), (None, Some('"'), Some('\'')));
}

#[test]
fn references_to_earlier_entries() {
    let source = "HOST=x.com\nEMPTY=\nA=https://$HOST\nB=\"${HOST}:1\"\nC='$HOST'\nD=${NONE:-https://${HOST}}\n\
                  E=${EMPTY:-d}\nF=${EMPTY-d}\nG=$NONE/${NONE}\nH=\\$HOST\nI=cost 5$\nJ=${HOST:?must}";
    let entries = entries(source);
    let expected = [
        ("A", "https://x.com"),
        ("B", "x.com:1"),
        ("C", "$HOST"),
        ("D", "https://x.com"),
        ("E", "d"),
        ("F", ""),
        ("G", "$NONE/${NONE}"),
        ("H", "$HOST"),
        ("I", "cost 5$"),
        ("J", "x.com"),
    ];
    assert_eq!(pairs(&entries)[2..], expected);
    let interpolates: String = entries.iter().filter(|e| e.interpolates).map(|e| &*e.name.value).collect();
    assert_eq!(interpolates, "ABDEFGJ");
    assert_eq!(&*entries[2].raw, "https://$HOST");
}

#[test]
fn commented_assignments_are_listed_but_not_set() {
    let source = "# CORS_ORIGIN=https://a # x\n#B = \"c\"\n# Note: this\n# set a = b here\n# if a == b\nD=$CORS_ORIGIN";
    let entries = entries(source);
    assert_eq!(pairs(&entries), [("CORS_ORIGIN", "https://a"), ("B", "c"), ("D", "$CORS_ORIGIN")]);
    assert_eq!(entries.iter().map(|entry| entry.commented).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn what_assigns_nothing_is_named_once() {
    let (entries, problems) = parse(FILE, "source ./x.sh\nA=b\nPASSED_ON\nB=\"c\nD=e");
    assert_eq!(pairs(&entries), [("A", "b"), ("B", "\"c"), ("D", "e")]);
    assert_eq!(problems.iter().map(|problem| problem.offset).collect::<Vec<_>>(), [0, 30]);
}

#[test]
fn references_cannot_explode() {
    let mut source = "A0=0123456789\n".to_owned();
    for n in 1..200 {
        source.push_str(&format!("A{n}={}\n", format!("${{A{}}}", n - 1).repeat(10)));
    }
    let entries = within_seconds("growth", || entries(&source));
    assert!(entries.iter().all(|entry| entry.value.value.len() <= 70_000));
}

#[test]
fn hostile_input_is_survived() {
    for (what, text) in hostile() {
        let (_, problems) = within_seconds(what, || parse(FILE, &text));
        assert!(problems.len() <= 8, "{what}");
    }
    let large = "A='x\nB=\"y\\\nC=$C${D:-$E}\n#".repeat(10_000_000 / 26);
    within_seconds("10 MB", || parse(FILE, &large));
}

#[test]
fn values_that_comments_show() {
    let shown = |text: &str| -> Vec<String> {
        let (entries, _) = parse(FILE, text);
        let samples = samples(FILE, text, &entries);
        for (_, value) in &samples {
            assert_eq!(&text[value.span.start as usize..value.span.end as usize], &*value.value);
        }
        samples.iter().map(|(name, value)| format!("{name}={}", value.value)).collect()
    };
    assert_eq!(shown("# e.g. 'a.example, b.example'\nA=*\nB=\n"), ["A=a.example, b.example"]);
    assert_eq!(shown("# \"a\" or `b`\n#\nA=c # not 'd'"), ["A=a", "A=b", "A=d"]);
    assert_eq!(shown("#A=b\nA=c"), ["A=b"]);
    assert_eq!(shown("# 'a'\n\nA=b"), [""; 0]);
    assert_eq!(shown("# don't and won't\nA='b'"), [""; 0]);
    assert_eq!(shown("# 'a\nA=b"), [""; 0]);
}
