//! What cannot be parsed is noticed, never a crash, and never hides what can.
//!
//! fixtures/broken/ holds small broken files by what is wrong with them; what is large, deep or binary is made here.
//! Each of them stands beside a sound server with one mistake, which must be found as if the broken file were not there.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use corslint::rules::Rule;
use tempfile::TempDir;

/// A server with one mistake and one hint, to be found whatever stands beside it.
const SOUND: &str = "const express = require('express');
const cors = require('cors');
const app = express();
app.use(cors({ origin: '*', credentials: true }));
app.post('/a', (req, res) => res.end());
app.listen(3000);
";
const SOUND_PATH: &str = "zz-sound/server.js";
const SOUND_FINDINGS: [&str; 2] =
    ["zz-sound/server.js:4 info missing-max-age", "zz-sound/server.js:4 error wildcard-credentials"];

/// Generous for an unoptimised build on a busy machine; what runs away takes minutes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Tree(TempDir);

impl Tree {
    fn new(files: &[(&str, &[u8])]) -> Tree {
        let tree = Tree(tempfile::tempdir().unwrap());
        support::write(tree.root(), &[(SOUND_PATH, SOUND.as_bytes())]);
        support::write(tree.root(), files);
        tree
    }

    fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }
}

/// Findings and notices of a folder; fails when that takes too long or stops the thread.
#[track_caller]
fn check(root: &Utf8Path, rules: &[Rule]) -> (Vec<String>, Vec<String>) {
    let (sender, receiver) = mpsc::channel();
    let (path, rules) = (root.to_owned(), rules.to_vec());
    let worker = thread::spawn(move || {
        let (report, scan) = support::check(&path, &rules);
        let notices: Vec<String> =
            report.notices.iter().map(|one| format!("{}:{}: {}", one.path, one.line, one.message)).collect();
        let _ = sender.send((support::findings(&report, &scan), notices));
    });
    match receiver.recv_timeout(PATIENCE) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{root}: not done after {PATIENCE:?}"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{root}: {:?}", worker.join().err().map(|_| "panicked")),
    }
}

/// The mistake of the sound server is found, and nothing in the file beside it is taken for a mistake.
#[track_caller]
fn is_survived(files: &[(&str, &[u8])]) -> Vec<String> {
    let tree = Tree::new(files);
    let (found, notices) = check(tree.root(), &support::regular_rules());
    let expected: Vec<String> = SOUND_FINDINGS.iter().map(ToString::to_string).collect();
    assert_eq!(sorted(&found), sorted(&expected), "{:?}", files.iter().map(|(path, _)| path).collect::<Vec<_>>());
    notices
}

fn exit_code(root: &Utf8Path) -> Option<i32> {
    let program = env!("CARGO_BIN_EXE_corslint");
    let Output { status, stderr, .. } =
        Command::new(program).env_clear().current_dir(root).args(["--format", "concise"]).output().unwrap();
    assert!(!String::from_utf8_lossy(&stderr).contains("panicked"), "{}", String::from_utf8_lossy(&stderr));
    status.code()
}

/// The files of a folder, with their paths below it.
fn files_of(folder: &Utf8Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open: Vec<Utf8PathBuf> = vec![folder.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in directory.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push((path.strip_prefix(folder).unwrap().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn broken_files_neither_stop_nor_hide_anything() {
    let rules = support::regular_rules();
    for folder in support::folders_in("fixtures/broken") {
        let name = folder.file_name().unwrap();
        let files = files_of(&folder);
        let borrowed: Vec<(&str, &[u8])> = files
            .iter()
            .filter(|(path, _)| path != "findings.txt")
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
            .collect();
        assert!(!borrowed.is_empty(), "{name} is empty");
        let tree = Tree::new(&borrowed);
        let (found, _) = check(tree.root(), &rules);
        let expected_here = files.iter().find(|(path, _)| path == "findings.txt");
        let mut expected: Vec<String> = expected_here
            .map(|(_, text)| String::from_utf8_lossy(text).lines().map(str::to_owned).collect())
            .unwrap_or_default();
        expected.extend(SOUND_FINDINGS.iter().map(ToString::to_string));
        assert_eq!(sorted(&expected), sorted(&found), "{name}:\n{}", support::difference(&expected, &found));
    }
}

fn sorted(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.sort();
    lines
}

#[test]
fn a_broken_file_does_not_change_the_exit_code() {
    let broken: Vec<(&str, &[u8])> = vec![
        ("a.js", b"const cors = require('cors'); app.use(cors({ origin: "),
        ("b.ts", b"import cors from 'cors'; class { ((( "),
        ("c.py", b"from fastapi import FastAPI\ndef (:\n  CORSMiddleware"),
        ("nginx.conf", b"server { add_header Access-Control-Allow-Origin '*"),
        (".env.production", b"CORS_ORIGIN=\"https://app.example.com\nB=\"\n=x\n"),
        ("package.json", b"{ \"name\": "),
        ("compose.yaml", b"services:\n\t- : [\n"),
        ("d.js", b"cors\0\x01\x02\xff\xfe"),
    ];
    let clean = tempfile::tempdir().unwrap();
    let clean = Utf8Path::from_path(clean.path()).unwrap();
    support::write(clean, &broken);
    assert_eq!(exit_code(clean), Some(0), "notices alone are no failure");
    assert_eq!(exit_code(Tree::new(&broken).root()), Some(1), "the mistake beside them still is one");
    assert_eq!(exit_code(Tree::new(&[]).root()), Some(1));
}

#[test]
fn bytes_that_are_no_text_are_noticed() {
    let notices = is_survived(&[("junk.js", b"cors \0\0\x07\x1b[31m \xff\xfe\xfd")]);
    assert_eq!(notices, ["junk.js:0: binary, not read"]);
    let noise: Vec<u8> = (0..60_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect();
    is_survived(&[
        ("noise.js", &[b"cors ".as_slice(), &noise].concat()),
        ("noise.py", &[b"cors ".as_slice(), &noise].concat()),
    ]);
    let notices = is_survived(&[("latin.js", b"// cors, caf\xe9\nconst a = 1;\n")]);
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].starts_with("latin.js:1: not valid UTF-8"), "{notices:?}");
}

#[test]
fn what_is_readable_in_a_damaged_file_is_reported() {
    let rules = support::regular_rules();
    let damaged = format!("// caf\u{fffd}\n{}const late = (((\n", SOUND.replace("'*'", "\"*\""));
    let tree = Tree::new(&[("damaged.js", damaged.as_bytes())]);
    let (found, notices) = check(tree.root(), &rules);
    assert!(found.contains(&"damaged.js:5 error wildcard-credentials".to_owned()), "{found:?}");
    assert!(notices.iter().any(|notice| notice.starts_with("damaged.js:")), "{notices:?}");
}

#[test]
fn a_mark_in_front_and_windows_lines_change_nothing() {
    let rules = support::regular_rules();
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let python = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\n";
    let conf = "server {\n  listen 443 ssl;\n  location /orders/ {\n    add_header Access-Control-Allow-Origin * always;\n    proxy_pass http://127.0.0.1:1;\n  }\n}\n";
    let read_env = SOUND.replace("'*', credentials: true", "process.env.CORS_ORIGIN, maxAge: 60");
    for (path, text) in [("server.js", SOUND), ("main.py", python), ("nginx.conf", conf)] {
        let (plain, with_marks) =
            (Tree::new(&[(path, text.as_bytes())]), Tree::new(&[(path, windows(text).as_bytes())]));
        assert_eq!(check(plain.root(), &rules).0, check(with_marks.root(), &rules).0, "{path}");
    }
    let env = "CORS_ORIGIN=https://app.example.com/\nPORT=1\n";
    for env in [env.to_owned(), windows(env)] {
        let tree = Tree::new(&[(".env.production", env.as_bytes()), ("server.js", windows(&read_env).as_bytes())]);
        let (found, _) = check(tree.root(), &rules);
        assert!(found.contains(&".env.production:1 error malformed-origin".to_owned()), "{found:?}");
    }
}

#[test]
fn deep_nesting_is_bounded() {
    let deep = |open: &str, close: &str, count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
    for count in [500, 50_000] {
        let lists =
            format!("const cors = require('cors');\nmodule.exports = cors({{ origin: {} }});\n", deep("[", "]", count));
        let calls = format!("const cors = require('cors');\nmodule.exports = cors({});\n", deep("f(", ")", count));
        let blocks = format!("const cors = 1;\n{}", deep("if (a) {", "}", count));
        let functions = format!("const cors = {};\n", deep("() => (", ")", count));
        let sums = format!("const cors = {}1;\n", "'a' + ".repeat(count));
        let python = format!("cors = {}\n", deep("(", ")", count));
        let nginx =
            format!("server {{ add_header Access-Control-Allow-Origin *; }}\n{}", deep("location / {\n", "\n}", count));
        let json = deep("{\"a\":", "}", count);
        let yaml = format!("cors: {}\n", deep("[", "]", count));
        is_survived(&[
            ("lists.js", lists.as_bytes()),
            ("calls.ts", calls.as_bytes()),
            ("blocks.js", blocks.as_bytes()),
            ("functions.tsx", functions.as_bytes()),
            ("sums.js", sums.as_bytes()),
            ("deep.py", python.as_bytes()),
            ("package.json", json.as_bytes()),
            ("compose.yaml", yaml.as_bytes()),
        ]);
        let tree = Tree::new(&[("deep/nginx.conf", nginx.as_bytes())]);
        check(tree.root(), &support::regular_rules());
    }
}

#[test]
fn circles_end() {
    is_survived(&[
        ("a.js", b"const b = require('./b');\nmodule.exports = { cors: b.cors, a: () => b.b() };\n"),
        ("b.js", b"const a = require('./a');\nmodule.exports = { cors: a.cors, b: () => a.a() };\na.a();\n"),
        ("c.ts", b"export * from './d';\nexport { cors } from './d';\n"),
        ("d.ts", b"export * from './c';\nexport { cors } from './c';\nimport cors from 'cors';\n"),
        ("package.json", b"{ \"name\": \"circle\", \"main\": \"a.js\" }"),
        (
            "tsconfig.json",
            b"{ \"extends\": \"./tsconfig.json\", \"compilerOptions\": { \"paths\": { \"*\": [\"*\"] } } }",
        ),
        ("p/__init__.py", b"from .q import *\nfrom . import q\ncors = q.cors\n"),
        ("p/q.py", b"from . import *\nfrom .q import *\nfrom p import cors\n"),
        ("nginx.conf", b"include nginx.conf;\nserver { include *.conf; listen 80; }\n"),
    ]);
    is_survived(&[
        (
            "again.js",
            b"const cors = require('cors');\nconst f = (n) => f(f(n + 1));\nfunction g(x) { return h([x, x]); }\n\
              function h(x) { return g({ x, y: x }); }\nlet s = 'a';\nwhile (true) { s += s; }\nfor (;;) g(s);\n\
              module.exports = [f(1), g('cors'), `${s}${s}`];\n",
        ),
        (
            "again.py",
            b"def cors(n):\n    return cors([n, n]) + cors(cors(n))\n\nx = cors('a')\nwhile True:\n    x += x\n",
        ),
    ]);
}

#[test]
fn classes_that_hold_themselves_end() {
    // In a process of its own: a stack that overflows takes every other test with it.
    for class in [
        "class A { get cors() { return this.cors; } }\nnew A().cors;\n",
        "class A { cors = new A(); }\nnew A();\n",
        "class A { constructor() { this.cors = new A(); } }\nnew A();\n",
        "class A { static cors = A.make(); static make() { return new A(A.make()); } }\n",
        "class A extends A { cors() { super.cors(); } }\nnew A().cors();\n",
        "const cors = { get a() { return cors.a; }, b(x = cors.b()) { return x; } };\ncors.a; cors.b();\n",
    ] {
        assert_eq!(exit_code(Tree::new(&[("class.ts", class.as_bytes())]).root()), Some(1), "{class}");
    }
    let class = "class A(A):\n    cors = A()\n    def __init__(self):\n        self.a = A()\n\nA()\n";
    assert_eq!(exit_code(Tree::new(&[("klass.py", class.as_bytes())]).root()), Some(1), "{class}");
}

#[test]
fn a_pattern_that_runs_away_is_given_up() {
    let started = Instant::now();
    let server = "const express = require('express');
const cors = require('cors');
const app = express();
app.use(cors({ origin: /^(a+)+$/, maxAge: 60 }));
app.use('/b', cors({ origin: [/^https:\\/\\/((([a-z0-9]+)*)*)*\\.example\\.com$/, /(.*)*(.*)*(.*)*x$/], maxAge: 60 }));
app.use('/c', cors({ origin: (origin, done) => done(null, /^(?=(h+|t+|p+)+:)(\\w|\\W)*\\1$/.test(origin)), maxAge: 60 }));
app.post('/a', (req, res) => res.end());
";
    let conf = "map $http_origin $o { default ''; '~^(([a-z:/.]+)+)+!$' $http_origin; }\n\
                server { listen 443 ssl; location / { add_header Access-Control-Allow-Origin $o always; add_header Vary Origin always; } }\n";
    let tree = Tree::new(&[("patterns.js", server.as_bytes()), ("nginx.conf", conf.as_bytes())]);
    let (found, _) = check(tree.root(), &support::regular_rules());
    assert!(found.iter().any(|line| line.starts_with(SOUND_PATH)), "{found:?}");
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn a_huge_line_is_left_out() {
    let line = format!("const cors = require('cors');var a='{}';\n", "x".repeat(2 << 20));
    let notices = is_survived(&[("huge.js", line.as_bytes())]);
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("larger than"), "{notices:?}");
    // Below the limit, and not long on average: it is read, and still does not take long.
    let logo =
        format!("const cors = require('cors');\nconst logo = '{}';\n{}", "x".repeat(900_000), "// a\n".repeat(3_000));
    is_survived(&[("logo.js", logo.as_bytes())]);
    let values = format!("CORS_ORIGIN={}\n", "https://a.example.com,".repeat(20_000));
    is_survived(&[(".env.production", values.as_bytes())]);
}
