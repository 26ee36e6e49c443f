//! `corslint trace`, through the binary: a request followed from a page through the servers and back.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const SERVER: &str = "const express = require('express');
const cors = require('cors');
const app = express();
app.use(cors({ origin: 'https://app.example.com', credentials: true, methods: ['GET', 'POST'] }));
app.get('/items', (req, res) => res.json([]));
app.put('/items/:id', (req, res) => res.json({}));
app.listen(4000);
";

fn repository(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        fs::write(directory.path().join(path), text).unwrap();
    }
    directory
}

/// Runs `corslint trace` in a folder; its exit code, stdout and stderr.
fn trace(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corslint"));
    let output = command.env_clear().current_dir(folder).arg("trace").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn traced(files: &[(&str, &str)], arguments: &[&str]) -> String {
    let (code, out, err) = trace(repository(files).path(), arguments);
    assert_eq!(code, Some(0), "{err}");
    out
}

#[test]
fn an_allowed_request_ends_at_the_line_that_allows_it() {
    let out = traced(&[("server.js", SERVER)], &["--from", "https://app.example.com", "GET", "/items"]);
    assert!(out.contains("No preflight is needed"), "{out}");
    assert!(out.contains("Allowed: the page can read the answer.\n"), "{out}");
    assert!(out.ends_with("  server.js:4\n    app.use(cors({ origin: 'https://app.example.com', credentials: true, methods: ['GET', 'POST'] }));\n"), "{out}");
}

#[test]
fn the_configuration_says_which_files_count() {
    let old = SERVER.replace("https://app.example.com", "https://old.example.com");
    let files = [("server.js", SERVER), ("old.js", &old), ("corslint.toml", "exclude = [\"old.js\"]\n")];
    let page = ["--from", "https://app.example.com", "GET", "/items"];
    assert!(traced(&files, &page).contains("Allowed: the page can read the answer.\n"));
    let isolated = traced(&files, &[&["--isolated"], &page[..]].concat());
    let which = "several servers know this path and answer differently: express old.js, express server.js";
    assert!(isolated.contains(which), "{isolated}");
}

#[test]
fn what_only_a_cache_reads_does_not_make_a_verdict_unknown() {
    let app = "from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware, minimum_size=1000)
app.add_middleware(CORSMiddleware, allow_origins=['https://app.example.com'])


@app.get('/items')
def items():
    return load()
";
    let out = traced(&[("main.py", app)], &["--from", "https://app.example.com", "GET", "/items"]);
    assert!(out.contains("Allowed: the page can read the answer.\n"), "{out}");
}

#[test]
fn servers_that_answer_the_same_need_no_choice() {
    let files = [("server.js", SERVER), ("lambda.js", SERVER)];
    let out = traced(&files, &["--from", "https://app.example.com", "GET", "/items"]);
    assert!(out.contains("Allowed: the page can read the answer.\n"), "{out}");
}

#[test]
fn a_refused_method_is_blocked_at_the_preflight() {
    let out = traced(
        &[("server.js", SERVER)],
        &["--from", "https://app.example.com", "--credentials", "include", "PUT", "/items/1"],
    );
    assert!(out.contains("because\n   - the method PUT is not CORS-safelisted\n"), "{out}");
    assert!(out.contains("> Access-Control-Request-Method: PUT\n"), "{out}");
    assert!(out.contains("Blocked at the preflight: the request itself is never sent.\n"), "{out}");
    assert!(out.contains("Method PUT is not allowed by Access-Control-Allow-Methods"), "{out}");
    assert!(!out.contains("2. The request itself"), "{out}");
}

#[test]
fn a_foreign_origin_is_refused_at_the_answer() {
    // A text is sent to everybody: the header is there, and is another origin.
    let out = traced(&[("server.js", SERVER)], &["--from", "https://evil.example", "GET", "/items"]);
    assert!(out.contains("Blocked at the answer: the server has carried the request out"), "{out}");
    assert!(out.contains("< Access-Control-Allow-Origin: https://app.example.com\n"), "{out}");
}

#[test]
fn layers_are_met_from_the_outside() {
    let nginx = "server {
    listen 80;
    location / {
        add_header Access-Control-Allow-Origin https://app.example.com always;
        proxy_pass http://127.0.0.1:4000;
    }
}
";
    let files = [("server.js", SERVER), ("nginx.conf", nginx)];
    let out = traced(&files, &["--from", "https://app.example.com", "GET", "/items"]);
    assert_eq!(out.matches("< Access-Control-Allow-Origin: https://app.example.com\n").count(), 2, "{out}");
    assert!(out.contains("contains multiple values"), "{out}");
    assert!(out.ends_with("always;\n"), "{out}");
}

#[test]
fn json_carries_the_same_for_programs() {
    let out =
        traced(&[("server.js", SERVER)], &["--from", "https://app.example.com", "--format", "json", "PUT", "/items/1"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["verdict"], "blocked");
    assert_eq!((&json["path"], &json["line"]), (&"server.js".into(), &4.into()));
    assert_eq!(json["preflight"]["response"]["status"], 204);
    assert_eq!(json["actual"], serde_json::Value::Null);
}

#[test]
fn raw_requests_are_answered_as_curl_would_see_them() {
    let env = "const app = require('express')();
app.use(require('cors')({ origin: process.env.ORIGIN }));
app.get('/', (req, res) => res.status(201).end());
";
    let files = [("server.js", env)];
    let out = traced(&files, &["--raw", "--env", "ORIGIN=https://a.example", "GET", "/"]);
    assert_eq!(out, "201\naccess-control-allow-origin: https://a.example\nvary: Origin\n");
    // What nobody sets is not set: the package is switched off.
    assert_eq!(traced(&files, &["--raw", "GET", "/"]), "201\n");
    let requests = r#"[{ "label": "a", "method": "GET", "path": "/", "origin": null, "headers": {} },
        { "label": "b", "method": "GET", "path": "/nowhere", "origin": null, "headers": {} }]"#;
    let out =
        traced(&[files[0], ("requests.json", requests)], &["--raw", "--requests", "requests.json", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json[0]["label"], &json[0]["response"]["status"]), (&"a".into(), &201.into()));
    assert_eq!(json[1]["response"]["status"], 404);
}

#[test]
fn what_cannot_be_known_is_said_to_be_unknown() {
    let unknown = "const app = require('express')();
app.use(require('./private')(app));
app.get('/', (req, res) => res.end());
";
    let out = traced(&[("server.js", unknown)], &["--from", "https://a.example", "GET", "/"]);
    assert!(out.contains("Not known: ") && !out.contains("Blocked") && !out.contains("Allowed"), "{out}");
    let out = traced(&[("readme.txt", "")], &["--from", "https://a.example", "GET", "/"]);
    assert!(out.contains("Not known: no server was found that knows this path."), "{out}");
}

#[test]
fn wrong_usage_is_two_and_says_what_is_meant() {
    let folder = repository(&[("broken.json", "{")]);
    let table: &[(&[&str], &str)] = &[
        (&[], "a trace needs a method and a path or URL"),
        (&["GET", "/"], "a trace needs the page's origin"),
        (&["--from", "https://a.example/x", "GET", "/"], "did you mean `https://a.example`?"),
        (&["--from", "https://a.example", "-H", "x", "GET", "/"], "expected `NAME: VALUE`"),
        (&["--raw", "--requests", "broken.json"], "`broken.json` holds no requests"),
        (&["--raw", "--requests", "missing.json"], "there is no file or directory `missing.json`"),
        (&["--from", "https://a.example", "nowhere", "GET", "/"], "there is no file or directory `nowhere`"),
    ];
    for (arguments, message) in table {
        let (code, out, err) = trace(folder.path(), arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {out}{err}");
        assert!(err.contains(message), "{arguments:?}: {err}");
    }
}

#[test]
fn control_characters_are_made_visible() {
    let hostile = "const app = require('express')();
app.get('/', function evil(req, res) { res.setHeader('X-A', 'a\\u001b[31mb'); res.end(); });
// cors
";
    let out = traced(&[("server.js", hostile)], &["--from", "https://a.example", "GET", "/"]);
    assert!(out.contains("X-A") && !out.contains('\u{1b}'), "{out}");
}

#[test]
fn the_readme_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let shown = readme.split_once("<!-- trace -->\n```text\n").unwrap().1.split_once("```\n<!-- /trace -->").unwrap().0;
    let asked = ["api", "--from", "https://shop.example.com", "-H", "Authorization: Bearer x", "PUT", "/orders/7"];
    let (_, out, _) = trace(&root.join("examples/shop"), &asked);
    assert_eq!(shown, out);
}
