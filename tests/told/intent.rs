//! What is stated of the deployments changes what is said about the servers.

use crate::{OPEN, project};

fn server(origin: &str) -> String {
    format!(
        "const express = require('express');\nconst cors = require('cors');\nconst app = express();\napp.use(cors({{ origin: {origin}, maxAge: 7200 }}));\napp.listen(3000);\n"
    )
}

/// The findings of a server with this `origin` under this configuration.
fn found(origin: &str, configuration: &str) -> Vec<String> {
    let project = project(&[("server.js", &server(origin)), ("corslint.toml", configuration)]);
    project.found(&[]).0.into_iter().map(|line| line.rsplit_once(':').unwrap().1.to_owned()).collect()
}

const APP: &str = "[environments.production]\norigins = [\"https://app.example.com\"]\n";

#[test]
fn an_allowed_origin_that_is_not_stated() {
    let allowed = "['https://app.example.com', 'https://old.example.org']";
    assert_eq!(found(allowed, ""), [""; 0]);
    assert_eq!(found(allowed, APP), ["4 warning unstated-origin"]);
    assert_eq!(found("['https://app.example.com', 'http://localhost:3000']", APP), ["4 warning localhost-origin"]);
    let desktop = "[environments.production]\norigins = [\"https://app.example.com\", \"http://localhost\"]\n";
    assert_eq!(found("['https://app.example.com', 'http://localhost']", desktop), [""; 0]);
}

#[test]
fn the_label_is_in_the_configuration() {
    let allowed = "['https://app.example.com', 'https://old.example.org']";
    let project = project(&[("server.js", &server(allowed)), ("corslint.toml", APP)]);
    let out = project.run(&[]).out;
    assert!(
        out.contains("see corslint.toml") && out.contains("corslint.toml:2:11") && out.contains("stated here"),
        "{out}"
    );
}

#[test]
fn www_and_the_bare_domain() {
    let both = |www: &str| format!("[environments.production]\norigins = [\"https://{www}example.com\"]\n");
    assert_eq!(found("'https://example.com'", ""), ["4 info www-mismatch"]);
    assert_eq!(found("'https://example.com'", &both("")), [""; 0], "there is only one address");
    assert_eq!(found("'https://example.com'", &both("www.")), ["4 warning www-mismatch"]);
    let project = project(&[("server.js", &server("'https://example.com'")), ("corslint.toml", &both("www."))]);
    assert!(project.run(&[]).out.contains("corslint.toml:2:13"), "the stated twin is shown");
}

#[test]
fn a_stated_origin_that_nobody_allows() {
    let two = "[environments.production]\norigins = [\"https://app.example.com\", \"https://admin.example.com\"]\n";
    assert_eq!(found("'https://app.example.com'", two), ["4 error stated-origin-blocked"]);
    assert_eq!(found("process.env.ORIGIN", two), [""; 0], "what cannot be known is not said");
    assert_eq!(found("[...require('@x/y').list]", two), [""; 0]);
    let near = found("['https://app.example.com', 'https://admin.example.com/']", two);
    assert_eq!(near, ["4 error malformed-origin"], "the misspelt entry is the mistake, and it is said once");
    let project =
        project(&[("api/server.js", &server("'https://app.example.com'")), ("web/a.js", ""), ("corslint.toml", two)]);
    assert_eq!(project.found(&["api"]).0, [""; 0], "only a part was looked at");
}

#[test]
fn what_was_meant_is_the_stated_one() {
    let configuration = "[environments.production]\norigins = [\"http://intranet.example.com:8080\"]\n";
    let project = project(&[("server.js", &server("['intranet.example.com']")), ("corslint.toml", configuration)]);
    let out = project.run(&[]).out;
    assert!(out.contains("replace it with `http://intranet.example.com:8080`"), "{out}");
}

#[test]
fn public_paths_may_be_read_by_everybody() {
    let text = "const express = require('express');\nconst cors = require('cors');\nconst app = express();\napp.use('/api/prices', cors({ maxAge: 7200 }));\napp.use('/api/orders', cors({ maxAge: 7200 }));\napp.listen(3000);\n";
    let project = project(&[("server.js", text)]);
    assert_eq!(project.found(&[]).0.len(), 2);
    project.write("corslint.toml", "public = [\"/api/prices/**\"]\n");
    assert_eq!(project.found(&[]).0, ["server.js:5 warning wildcard-origin"]);
    project.write(
        "server.js",
        &text.replace("cors({ maxAge: 7200 })", "cors({ origin: true, credentials: true, maxAge: 7200 })"),
    );
    assert_eq!(project.found(&[]).0.len(), 2, "with credentials it is no public path");
}

#[test]
fn files_for_developers() {
    let project = project(&[("sandbox.js", OPEN), ("corslint.toml", "dev-files = [\"sandbox.js\"]\n")]);
    assert_eq!(project.found(&[]).0, [""; 0]);
    let compose = "services:\n  api:\n    environment:\n      ORIGIN: http://localhost:3000\n";
    project.write("sandbox.js", "");
    project.write("server.js", &server("process.env.ORIGIN"));
    project.write("compose.live.yml", compose);
    let before = project.found(&["--isolated"]).0;
    assert_eq!(before, ["compose.live.yml:4 error localhost-origin"]);
    project.write("corslint.toml", "dev-files = [\"compose.live.yml\"]\n");
    assert_eq!(project.found(&[]).0, [""; 0]);
}

#[test]
fn settings_for_developers() {
    let base = "INSTALLED_APPS = [\"corsheaders\"]\nMIDDLEWARE = [\"corsheaders.middleware.CorsMiddleware\", \"django.middleware.common.CommonMiddleware\"]\n";
    let open = format!("{base}CORS_ALLOW_ALL_ORIGINS = True\n");
    let project = project(&[("shop/settings.py", &open)]);
    assert_eq!(project.found(&[]).0, ["shop/settings.py:3 warning wildcard-origin"]);
    project.write("corslint.toml", "dev-files = [\"shop/settings.py\"]\n");
    assert_eq!(project.found(&[]).0, [""; 0]);
}

#[test]
fn another_deployment_and_what_production_sets() {
    let staging = "[environments.staging]\norigins = [\"https://next.example.com\"]\n";
    assert_eq!(
        found("['https://app.example.com', 'https://next.example.com']", staging),
        ["4 warning unstated-origin"]
    );
    let set = "[environments.production]\nvariables = { ORIGIN = \"https://app.example.com/\" }\n";
    assert_eq!(found("process.env.ORIGIN", set), ["4 error malformed-origin"]);
    let project = project(&[("server.js", &server("process.env.ORIGIN")), ("corslint.toml", set)]);
    let flag = project.found(&["--env", "ORIGIN=https://app.example.com"]).0;
    assert_eq!(flag, [""; 0], "a flag wins");
}
