//! What is seen in nginx configurations.

use camino::Utf8PathBuf;
use corslint::model::condition::Formula;
use corslint::model::policy::{Known, MaxAge, Names, OriginAnswer, Policy};
use corslint::model::project::{FaultKind, Project};
use corslint::model::server::{Effect, Role};
use corslint::model::world::Assume;
use corslint::platforms::nginx::recognise;
use corslint::source::FileId;
use corslint::syntax::nginx::parse;

fn read(files: &[(&str, &str)]) -> Project {
    let parsed = files.iter().zip(0_u32..).map(|((path, text), id)| {
        let file = FileId(id);
        (file, Utf8PathBuf::from(*path), parse(file, text).0)
    });
    recognise(&parsed.collect::<Vec<_>>(), std::collections::BTreeMap::new())
}

/// A location `/api/` with a server behind.
fn api(lines: &str) -> Project {
    read(&[("nginx.conf", &format!("server {{ location /api/ {{ {lines} proxy_pass http://app; }} }}"))])
}

fn only(project: &Project) -> &Policy {
    assert_eq!(project.policies.len(), 1);
    &project.policies[0]
}

fn told(policy: &Policy, origin: &str) -> OriginAnswer {
    policy.allow_origin.ask_origin(origin, &Assume::Production).0
}

fn allows(policy: &Policy, origin: &str) -> Known {
    policy.allow_origin.allows(origin, &Assume::Production)
}

fn kinds(project: &Project) -> Vec<FaultKind> {
    project.faults.iter().map(|fault| fault.kind).collect()
}

fn names(names: &Names) -> Vec<&str> {
    match names {
        Names::Listed { names, open: false } => names.iter().map(|name| &*name.value).collect(),
        other => panic!("no closed list: {other:?}"),
    }
}

#[test]
fn the_guide_s_location_has_no_fault() {
    let project = api("if ($request_method = 'OPTIONS') {
            add_header Access-Control-Allow-Origin 'https://app.example.com' always;
            add_header Access-Control-Allow-Methods 'GET, PUT' always;
            add_header Access-Control-Allow-Headers 'Content-Type, Authorization' always;
            add_header Access-Control-Max-Age 3600 always;
            return 204;
        }
        add_header Access-Control-Allow-Origin 'https://app.example.com' always;
        add_header Access-Control-Allow-Credentials true always;");
    let policy = only(&project);
    assert_eq!(told(policy, "https://evil.example"), OriginAnswer::Fixed("https://app.example.com".into()));
    assert_eq!(names(&policy.allow_methods.value), ["GET", "PUT"]);
    assert_eq!(names(&policy.allow_headers.value), ["Content-Type", "Authorization"]);
    assert_eq!(policy.max_age.value, MaxAge::Seconds(3600.0));
    assert_eq!(policy.allow_credentials.value, Known::Yes);
    assert_eq!((policy.place.as_str(), policy.preflighted), ("location /api/", true));
    assert_eq!(kinds(&project), []);
    let roles: Vec<Role> = project.servers[0].handlers.iter().map(|handler| handler.role).collect();
    assert_eq!(roles, [Role::Cors(0), Role::Route, Role::Proxy]);
}

#[test]
fn maps_answer_by_origin() {
    let project = read(&[(
        "nginx.conf",
        r#"map $http_origin $cors {
               default "";
               "https://App.example.com" $http_origin;
               "https://fixed.example.com" "https://other.example.com";
               "~^https://(.+\.)?example\.org$" $http_origin;
           }
           server { location / { add_header Access-Control-Allow-Origin $cors always; add_header Vary Origin; proxy_pass http://x; } }"#,
    )]);
    let policy = only(&project);
    // Texts are compared without regard to case.
    assert_eq!(told(policy, "https://app.example.com"), OriginAnswer::Echo);
    assert_eq!(told(policy, "https://fixed.example.com"), OriginAnswer::Fixed("https://other.example.com".into()));
    assert_eq!(told(policy, "https://a.example.org"), OriginAnswer::Echo);
    assert_eq!(told(policy, "https://a.example.org.evil.test"), OriginAnswer::Nothing);
    assert_eq!(policy.vary_origin.value, Known::Yes);
}

#[test]
fn the_default_of_a_map_answers_all_others() {
    let project = read(&[(
        "nginx.conf",
        "map $http_origin $cors { https://a.example ''; default $http_origin; }
         server { location / { add_header Access-Control-Allow-Origin $cors; } }",
    )]);
    let policy = only(&project);
    assert_eq!(told(policy, "https://a.example"), OriginAnswer::Nothing);
    assert_eq!(told(policy, "https://evil.example"), OriginAnswer::Echo);
    assert_eq!(policy.vary_origin.value, Known::No);
}

#[test]
fn flags_set_by_several_ifs() {
    let project = api(r#"set $cors "";
        if ($http_origin ~* ^https://(www\.)?example\.com$) { set $cors "true"; }
        if ($request_method = OPTIONS) { set $cors "${cors}options"; }
        if ($cors = "true") { add_header Access-Control-Allow-Origin $http_origin always; }
        if ($cors = "trueoptions") {
            add_header Access-Control-Allow-Origin $http_origin always;
            add_header Access-Control-Allow-Methods "GET, DELETE" always;
            return 204;
        }"#);
    let policy = only(&project);
    assert_eq!(allows(policy, "https://www.example.com"), Known::Yes);
    assert_eq!(allows(policy, "https://evil.example"), Known::No);
    // The list is that of a preflight from an origin that passes.
    assert_eq!(names(&policy.allow_methods.value), ["GET", "DELETE"]);
    assert_eq!(kinds(&project), []);
}

#[test]
fn an_if_is_a_level_of_its_own() {
    let project = api("add_header Vary Origin always;
        if ($http_origin ~ ^https://app\\.example\\.com$) { add_header Access-Control-Allow-Origin $http_origin always; }");
    // The block's own line drops the outer one.
    assert_eq!(only(&project).vary_origin.value, Known::No);
    let bare = api("add_header Access-Control-Allow-Origin * always; if ($request_method = OPTIONS) { return 204; }");
    assert_eq!(kinds(&bare), []);
}

#[test]
fn lists_that_an_if_takes_away_are_judged_as_they_are_written() {
    let project =
        api(r#"if ($http_origin = "https://a.example") { add_header Access-Control-Allow-Origin $http_origin always; }
        add_header Access-Control-Allow-Methods 'GET, PUT' always; add_header Access-Control-Max-Age 60 always;"#);
    let policy = only(&project);
    assert_eq!(allows(policy, "https://a.example"), Known::Yes);
    // That no preflight gets them is a fault of the blocks, not of the lists.
    assert_eq!(names(&policy.allow_methods.value), ["GET", "PUT"]);
    assert_eq!(policy.max_age.value, MaxAge::Seconds(60.0));
}

#[test]
fn inheritance_is_lost_by_one_own_line() {
    let text = "server {
        add_header Access-Control-Allow-Origin * always;
        location /a { add_header X-A 1; proxy_pass http://a; }
        location /b { proxy_pass http://b; }
        location /c { proxy_pass http://b; }
        location /old { add_header X-A 1; return 301 /new; }
        location /health { add_header Content-Type text/plain; return 200 ok; }
        location /deny { add_header X-A 1; deny all; }
    }";
    let project = read(&[("nginx.conf", text)]);
    // The same lines in many locations are one policy.
    assert_eq!(only(&project).place, "server");
    assert_eq!(kinds(&project), [FaultKind::InheritanceLost]);
    let fault = &project.faults[0];
    assert_eq!(&text[fault.span.range()], "add_header X-A 1");
    assert_eq!((fault.name.as_str(), fault.detail.as_str()), ("location /a", "Access-Control-Allow-Origin"));
    let merged = text.replace("server {", "server { add_header_inherit merge;");
    assert_eq!(kinds(&read(&[("nginx.conf", &merged)])), []);
    let lost = api(
        "add_header Access-Control-Allow-Origin * always; if ($request_method = OPTIONS) { add_header X-A 1; return 204; }",
    );
    assert_eq!(kinds(&lost), [FaultKind::InheritanceLost]);
}

#[test]
fn errors_need_always_where_a_server_is_behind() {
    assert_eq!(kinds(&api("add_header Access-Control-Allow-Origin *;")), [FaultKind::ErrorsWithoutHeaders]);
    assert_eq!(kinds(&api("add_header Access-Control-Allow-Origin * always;")), []);
    assert_eq!(kinds(&api("more_set_headers 'Access-Control-Allow-Origin: *';")), []);
    let fonts = read(&[(
        "n.conf",
        r"server { location ~* \.(?:eot|ttf|woff2?)(\?.*)?$ { add_header Access-Control-Allow-Origin *; proxy_pass http://x; } }",
    )]);
    assert_eq!(kinds(&fonts), []);
    assert!(!only(&fonts).preflighted);
    assert_eq!(told(only(&fonts), "https://a.example"), OriginAnswer::Wildcard);
}

#[test]
fn preflights_that_are_refused() {
    let cors = "add_header Access-Control-Allow-Origin * always; add_header Access-Control-Allow-Headers X-A always;";
    let refused = api(&format!("{cors} if ($request_method = OPTIONS) {{ return 405; }}"));
    assert_eq!(kinds(&refused), [FaultKind::PreflightStatus]);
    assert_eq!(refused.faults[0].status, Some(405));
    let limited = api(&format!("{cors} limit_except GET POST {{ deny all; }}"));
    assert_eq!(kinds(&limited), [FaultKind::PreflightStatus]);
    // Another location answers in its place.
    let named = api(&format!("{cors} error_page 418 = @ok; if ($request_method = OPTIONS) {{ return 418; }}"));
    assert_eq!(kinds(&named), []);
    let foreign = api(&format!("{cors} if ($http_origin !~ example) {{ return 403; }}"));
    assert_eq!(kinds(&foreign), []);
}

#[test]
fn authentication_and_preflights() {
    let cors = "auth_basic x; add_header Access-Control-Allow-Origin https://a.example always;";
    assert_eq!(kinds(&api(cors)), [FaultKind::AnswersPreflight]);
    assert_eq!(kinds(&api(&format!("{cors} if ($request_method = OPTIONS) {{ return 204; }}"))), []);
    assert_eq!(kinds(&api(&cors.replace("auth_basic x", "limit_except OPTIONS { auth_basic x; }"))), []);
    assert_eq!(kinds(&api(&cors.replace("auth_basic x", "satisfy any; allow 10.0.0.0/8; auth_basic x"))), []);
    let by_method = read(&[(
        "n.conf",
        "map $request_method $realm { OPTIONS off; default x; }
         server { location / { auth_basic $realm; add_header Access-Control-Allow-Origin * always; proxy_pass http://x; } }",
    )]);
    assert_eq!(kinds(&by_method), []);
}

#[test]
fn preflight_answers_without_headers() {
    let project = api("if ($request_method = OPTIONS) { return 204; }
        if ($request_method = GET) { add_header Access-Control-Allow-Origin * always; }");
    assert_eq!(kinds(&project), [FaultKind::PreflightHeaders]);
    assert_eq!(project.faults[0].detail, "Access-Control-Allow-Origin");
    let lists = api("if ($request_method = OPTIONS) { add_header Access-Control-Allow-Origin * always; return 204; }
        add_header Access-Control-Allow-Origin * always; add_header Access-Control-Allow-Methods 'GET, PUT' always;");
    assert_eq!(lists.faults[0].detail, "Access-Control-Allow-Methods");
}

#[test]
fn includes_are_put_in_place() {
    let snippet = ("deploy/snippets/cors.conf", "add_header Access-Control-Allow-Origin https://a.example always;");
    let site = "server {
        location /a { include /etc/nginx/snippets/cors.conf; proxy_pass http://a; }
        location /b { include snippets/*.conf; proxy_pass http://b; }
    }";
    let project = read(&[("deploy/conf.d/site.conf", site), snippet]);
    assert_eq!(only(&project).place, "location /a");
    // The two locations, and the server itself for what neither takes.
    assert_eq!(project.servers.len(), 3);
    // Included nowhere, the snippet speaks for itself.
    assert_eq!(only(&read(&[snippet])).place, "deploy/snippets/cors.conf");
    // Circles end.
    let circle =
        read(&[("x.conf", "server { include a.conf; }"), ("a.conf", "include b.conf;"), ("b.conf", "include a.conf;")]);
    assert!(circle.policies.is_empty());
}

#[test]
fn misspelt_names() {
    let project =
        api("add_header Access-Control-Allow-Header X-A; add_header Access-Control-Allow-Methods 'GET, OPTION';
        add_header X-Frame-Options DENY;");
    let found: Vec<_> = project.names.iter().map(|name| (&*name.name.value, &*name.meant, name.kind)).collect();
    let expected = [
        ("Access-Control-Allow-Header", "Access-Control-Allow-Headers", "response header"),
        ("OPTION", "OPTIONS", "allowed method"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_cannot_be_known_stays_unknown() {
    for value in ["${CORS_ORIGIN}", "'{{ origin }}'", "$upstream_http_x", "$1"] {
        let project = api(&format!("add_header Access-Control-Allow-Origin {value} always;"));
        assert_eq!(told(only(&project), "https://evil.example"), OriginAnswer::Unknown, "{value}");
    }
    let geo = api("if ($allowed_country) { add_header Access-Control-Allow-Origin * always; }");
    assert_eq!(told(only(&geo), "https://evil.example"), OriginAnswer::Unknown);
    // A list without quotes: nginx does not start.
    let list = api(
        "add_header Access-Control-Allow-Origin * always; add_header Access-Control-Allow-Methods GET, PUT always;",
    );
    assert_eq!(only(&list).allow_methods.value, Names::Unknown);
}

#[test]
fn files_for_developers() {
    let project = read(&[(
        "docker/nginx.dev.conf",
        "server { location / { add_header Access-Control-Allow-Origin *; proxy_pass http://x; } }",
    )]);
    assert_ne!(only(&project).when, Formula::True);
    assert_eq!(kinds(&project), []);
}

#[test]
fn two_lines_are_two_values() {
    let project = api("add_header Access-Control-Allow-Origin https://a.example always;
        add_header Access-Control-Allow-Origin https://b.example always;");
    assert_eq!(kinds(&project), [FaultKind::SentTwice, FaultKind::SentTwice]);
    assert_eq!(told(only(&project), "https://a.example"), OriginAnswer::Unknown);
}

#[test]
fn the_first_pattern_that_fits_answers() {
    let project = read(&[(
        "n.conf",
        r"server { location ~* \.(png|ttf|woff)$ { expires 30d; }
                   location ~* \.(ttf|woff)$ { add_header Access-Control-Allow-Origin *; } }",
    )]);
    assert_eq!(kinds(&project), [FaultKind::Shadowed]);
}

#[test]
fn headers_of_the_server_behind_are_hidden_first() {
    let project =
        api("proxy_hide_header Access-Control-Allow-Origin; add_header Access-Control-Allow-Origin * always;");
    let effects: Vec<&Effect> = project.servers[0].handlers[0].effects.iter().map(|guarded| &guarded.effect).collect();
    assert!(matches!(effects[..], [Effect::Next, Effect::Remove(_), Effect::Append(..)]));
}

#[test]
fn large_and_deep_input_stays_bounded() {
    let cases: String =
        (0..2_000).map(|n| format!("https://a{n}.example $http_origin; ~^https://b{n}$ $http_origin;")).collect();
    let ifs: String =
        (0..300).map(|n| format!("if ($http_x{n} = 1) {{ set $f \"${{f}}{n}\"; add_header X-{n} $f; }}")).collect();
    let text = format!(
        "map $http_origin $m {{ {cases} }} map $m $m2 {{ a $m3; }} map $m2 $m3 {{ a $m2; }}
         server {{ location / {{ {ifs} add_header Access-Control-Allow-Origin $m; add_header Access-Control-Allow-Headers $m3; }} }}"
    );
    let project = read(&[("n.conf", &text)]);
    assert_eq!(told(only(&project), "https://a1.example"), OriginAnswer::Unknown);
}
