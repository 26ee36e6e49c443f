//! What is seen in Next.js applications, functions of Vercel, servers of `node:http` and development proxies.

use camino::Utf8PathBuf;
use corslint::eval::environment::Stated;
use corslint::fetch::exchange::{Outcome, Running, run};
use corslint::model::policy::{Fault, Known, OriginAnswer};
use corslint::model::project::{FaultKind, Project};
use corslint::model::world::{Assume, Request};
use corslint::pipeline::analyse;
use corslint::scan::Scan;

const NEXT: (&str, &str) = ("package.json", r#"{ "dependencies": { "next": "15.1.0" } }"#);
const ROUTE: (&str, &str) = (
    "app/api/items/route.js",
    "export async function GET() { return Response.json([]); }\nexport async function PUT(request) { return Response.json(await request.json()); }",
);

fn read(files: &[(&str, &str)]) -> Project {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    analyse(&mut Scan::of_texts(&files), &Stated::default()).project
}

/// An application with one `headers()` function of these rules.
fn ruled(rules: &str, more: &[(&str, &str)]) -> Project {
    let config = format!("module.exports = {{ async headers() {{ return [{rules}]; }} }};");
    read(&[&[NEXT, ("next.config.js", config.as_str())], more].concat())
}

fn kinds(project: &Project) -> Vec<FaultKind> {
    project.faults.iter().map(|fault| fault.kind).collect()
}

/// What the only server answers: the status, and the lines of one header.
fn answer(project: &Project, request: &Request, header: &str) -> (u16, Vec<String>) {
    assert_eq!(project.servers.len(), 1);
    let assume = Assume::Production;
    let running =
        Running { server: &project.servers[0], policies: &project.policies, assume: &assume, routes_answer: None };
    match run(running, request) {
        Outcome::Answered { status, lines, .. } => {
            let named = lines.into_iter().filter(|line| line.name.eq_ignore_ascii_case(header));
            (status, named.filter_map(|line| line.value).collect())
        }
        other => panic!("no answer: {other:?}"),
    }
}

const ORIGIN: &str = "Access-Control-Allow-Origin";

fn preflight(path: &str) -> Request {
    Request::new("OPTIONS", path).with("origin", "https://app.example.com").with("access-control-request-method", "PUT")
}

#[test]
fn header_rules_cover_automatic_answers() {
    let rule = "{ source: '/api/:path*', headers: [{ key: 'Access-Control-Allow-Origin', value: 'https://app.example.com' }] }";
    let project = ruled(rule, &[ROUTE]);
    let allowed = vec!["https://app.example.com".to_owned()];
    assert_eq!(answer(&project, &preflight("/api/items"), ORIGIN), (204, allowed.clone()));
    assert_eq!(answer(&project, &Request::new("DELETE", "/api/items"), ORIGIN), (405, allowed.clone()));
    assert_eq!(answer(&project, &Request::new("GET", "/api/missing"), ORIGIN), (404, allowed));
    assert!(!kinds(&project).contains(&FaultKind::PreflightUnhandled), "{:?}", project.faults);
}

#[test]
fn a_condition_that_catches_the_origin_mirrors_it() {
    let rule = "{ source: '/api/:path*', has: [{ type: 'header', key: 'origin', value: '(?<origin>.*)' }],
        headers: [{ key: 'Access-Control-Allow-Origin', value: ':origin' }] }";
    let project = ruled(rule, &[ROUTE]);
    let policy = &project.policies[0];
    assert_eq!(policy.allow_origin.ask_origin("https://evil.example", &Assume::Production).0, OriginAnswer::Echo);
    assert_eq!(policy.vary_origin.value, Known::No);
}

#[test]
fn a_condition_on_one_origin_allows_that_one() {
    let rule = "{ source: '/api/:path*', has: [{ type: 'header', key: 'origin', value: 'https://a.example.com' }],
        headers: [{ key: 'Access-Control-Allow-Origin', value: 'https://a.example.com' }] }";
    let project = ruled(rule, &[ROUTE]);
    let policy = &project.policies[0];
    assert_eq!(policy.allow_origin.allows("https://a.example.com", &Assume::Production), Known::Yes);
    let other = Request::new("GET", "/api/items").with("origin", "https://b.example.com");
    assert_eq!(answer(&project, &other, ORIGIN), (200, vec![]));
}

#[test]
fn of_two_places_one_line_leaves() {
    let rule = "{ source: '/api/:path*', headers: [{ key: 'Access-Control-Allow-Origin', value: '*' }] }";
    let route = (
        "app/api/items/route.js",
        "export async function GET() { return Response.json([], { headers: { 'Access-Control-Allow-Origin': 'https://a.example.com' } }); }",
    );
    let page = (
        "pages/api/old.js",
        "export default function handler(req, res) { res.setHeader('Access-Control-Allow-Origin', 'https://a.example.com'); res.json([]); }",
    );
    let project = ruled(rule, &[route, page]);
    assert_eq!(answer(&project, &Request::new("GET", "/api/items"), ORIGIN), (200, vec!["*".to_owned()]));
    let by_page = vec!["https://a.example.com".to_owned()];
    assert_eq!(answer(&project, &Request::new("GET", "/api/old"), ORIGIN), (200, by_page));
    assert!(!kinds(&project).contains(&FaultKind::SentTwice));
    let disabled = |fault: &Fault| matches!(fault, Fault::Disabled { .. });
    assert!(project.policies.iter().flat_map(|policy| &policy.settings).any(|one| disabled(&one.fault)));
}

#[test]
fn several_origins_in_a_row_are_one() {
    let rule = "{ source: '/api/:path*', headers: [
        { key: 'Access-Control-Allow-Origin', value: 'https://a.example.com' },
        { key: 'Access-Control-Allow-Origin', value: 'https://b.example.com' } ] }";
    let project = ruled(rule, &[ROUTE]);
    assert_eq!(kinds(&project), [FaultKind::SentTwice]);
    let sent = vec!["https://b.example.com".to_owned()];
    assert_eq!(answer(&project, &Request::new("GET", "/api/items"), ORIGIN), (200, sent));
}

#[test]
fn a_pattern_has_to_fit_a_route() {
    let rule = |source: &str| {
        format!(
            "{{ source: '{source}', headers: [{{ key: 'Access-Control-Allow-Origin', value: 'https://a.example.com' }}] }}"
        )
    };
    let deep = ("app/api/v1/items/route.js", ROUTE.1);
    assert_eq!(kinds(&ruled(&rule("/api/:path"), &[deep])), [FaultKind::Shadowed]);
    assert!(!kinds(&ruled(&rule("/api/:path*"), &[deep])).contains(&FaultKind::Shadowed));
    assert!(!kinds(&ruled(&rule("/api/(v1|v2)/:path*"), &[deep])).contains(&FaultKind::Shadowed));
    assert!(!kinds(&ruled(&rule("/fonts/:path*"), &[deep])).contains(&FaultKind::Shadowed));
}

#[test]
fn a_trailing_slash_is_redirected_before_anything_else() {
    let config = (
        "next.config.mjs",
        "export default { trailingSlash: true, headers: async () => [{ source: '/api/:path*',
        headers: [{ key: 'Access-Control-Allow-Origin', value: 'https://app.example.com' }] }] };",
    );
    let project = read(&[NEXT, config, ROUTE]);
    assert_eq!(answer(&project, &preflight("/api/items"), ORIGIN), (308, vec![]));
    assert_eq!(answer(&project, &preflight("/api/items/"), ORIGIN).0, 204);
}

#[test]
fn the_cors_package_runs_in_a_promise() {
    let page = (
        "pages/api/items.js",
        "import Cors from 'cors';
const cors = Cors({ origin: 'https://app.example.com', methods: ['GET', 'PUT'] });
function runMiddleware(req, res, fn) {
  return new Promise((resolve, reject) => {
    fn(req, res, (result) => (result instanceof Error ? reject(result) : resolve(result)));
  });
}
export default async function handler(req, res) {
  await runMiddleware(req, res, cors);
  res.json([]);
}",
    );
    let project = read(&[NEXT, page]);
    let allowed = vec!["https://app.example.com".to_owned()];
    assert_eq!(answer(&project, &preflight("/api/items"), ORIGIN), (204, allowed.clone()));
    assert_eq!(answer(&project, &Request::new("GET", "/api/items"), ORIGIN), (200, allowed));
    assert_eq!(project.policies[0].installed, Known::Yes);
    assert_eq!(kinds(&project), []);
}

#[test]
fn a_method_guard_refuses_preflights_that_are_needed() {
    let guarded = |method: &str, lines: &str| {
        let code = format!(
            "export default function handler(req, res) {{
  res.setHeader('Access-Control-Allow-Origin', 'https://app.example.com');
  {lines}
  if (req.method !== '{method}') return res.status(405).end();
  res.json([]);
}}"
        );
        kinds(&read(&[NEXT, ("pages/api/items.js", &code)]))
    };
    assert_eq!(guarded("POST", ""), [FaultKind::PreflightStatus]);
    assert_eq!(
        guarded("GET", "res.setHeader('Access-Control-Allow-Headers', 'Authorization');"),
        [FaultKind::PreflightStatus]
    );
    assert_eq!(guarded("GET", ""), []);
}

#[test]
fn middleware_may_take_the_preflights_of_routes() {
    let route = (
        "app/api/items/route.js",
        "const headers = { 'Access-Control-Allow-Origin': 'https://app.example.com', 'Access-Control-Allow-Headers': 'authorization' };
export async function OPTIONS() { return new Response(null, { status: 204, headers }); }
export async function GET() { return Response.json([], { headers }); }",
    );
    let middleware = |condition: &str| {
        format!(
            "import {{ NextResponse }} from 'next/server';
export function middleware(request) {{
  if ({condition}!request.headers.get('authorization')) return new NextResponse(null, {{ status: 401 }});
  return NextResponse.next();
}}
export const config = {{ matcher: '/api/:path*' }};"
        )
    };
    let first = read(&[NEXT, route, ("middleware.js", &middleware(""))]);
    assert_eq!(kinds(&first), [FaultKind::AnswersPreflight]);
    let spared = read(&[NEXT, route, ("middleware.js", &middleware("request.method !== 'OPTIONS' && "))]);
    assert_eq!(kinds(&spared), []);
}

#[test]
fn what_vercel_json_sends_replaces_what_a_function_sends() {
    let rules = |list: &str| {
        format!(
            r#"{{ "headers": [ {{ "source": "/api/(.*)", "headers": [
  {{ "key": "Access-Control-Allow-Origin", "value": "https://app.example.com" }},
  {{ "key": "Access-Control-Allow-Headers", "value": "{list}" }} ] }} ] }}"#
        )
    };
    let function = (
        "api/items.js",
        "module.exports = (req, res) => {
  res.setHeader('Access-Control-Allow-Origin', 'https://app.example.com');
  res.setHeader('Access-Control-Allow-Headers', 'Content-Type, X-Key');
  res.setHeader('Access-Control-Allow-Methods', 'PUT');
  res.status(204).end();
};",
    );
    let lost = |project: &Project| project.policies.iter().map(|policy| policy.settings.len()).sum::<usize>();
    let short = read(&[("vercel.json", &rules("Content-Type")), function]);
    assert_eq!(lost(&short), 1);
    let sent = answer(&short, &preflight("/api/items"), "Access-Control-Allow-Headers");
    assert_eq!(sent, (204, vec!["Content-Type".to_owned()]));
    assert_eq!(lost(&read(&[("vercel.json", &rules("content-type, x-key")), function])), 0);
}

#[test]
fn node_sends_a_line_for_each_element() {
    let server = (
        "server.js",
        "const http = require('node:http');
http.createServer((req, res) => {
  res.setHeader('Access-Control-Allow-Origin', ['https://a.example.com', 'https://b.example.com']);
  res.end();
}).listen(3000);",
    );
    let project = read(&[server]);
    assert_eq!(kinds(&project), [FaultKind::SentTwice]);
    assert_eq!(answer(&project, &Request::new("GET", "/"), ORIGIN).1.len(), 2);
}

#[test]
fn development_servers_are_read_in_every_form() {
    let targets = |files: &[(&str, &str)]| -> Vec<String> {
        let project = read(files);
        let proxies = project.dev_servers.iter().flat_map(|server| &server.proxies);
        proxies.map(|proxy| format!("{} {}", proxy.path, proxy.target.value)).collect()
    };
    assert_eq!(targets(&[("package.json", r#"{ "proxy": "http://localhost:5000" }"#)]), [" http://localhost:5000"]);
    let vite = "export default ({ mode }) => ({ server: { proxy: { '/api': { target: process.env.API || 'http://localhost:4000' } } } });";
    assert_eq!(targets(&[("vite.config.ts", vite)]), ["/api http://localhost:4000"]);
    let webpack = "module.exports = { entry: './x', devServer: { proxy: [{ context: ['/api'], target: 'http://localhost:3001' }] } };";
    assert_eq!(targets(&[("webpack.config.js", webpack)]), ["/api http://localhost:3001"]);
    let angular = r#"{ "/api": { "target": "http://localhost:8000", "secure": false } }"#;
    assert_eq!(targets(&[("proxy.conf.json", angular)]), ["/api http://localhost:8000"]);
}
