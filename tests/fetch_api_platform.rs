//! What is seen in functions from a `Request` to a `Response`: Workers, Deno, edge functions, Next.js.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use camino::Utf8PathBuf;
use corslint::model::policy::{Known, MaxAge, Names, OriginAnswer, Policy};
use corslint::model::project::{FaultKind, Project};
use corslint::model::server::Effect;
use corslint::model::world::Assume;
use corslint::pipeline::{self, Stated};
use corslint::scan::Scan;

fn read(files: &[(&str, &str)]) -> Project {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    let mut scan = Scan::of_texts(&files);
    pipeline::analyse(&mut scan, &Stated::default()).project
}

/// A Worker whose `fetch` has this body.
fn worker(body: &str) -> Project {
    read(&[("src/index.js", &format!("{HEADERS}export default {{ async fetch(request, env) {{ {body} }} }};\n"))])
}

const HEADERS: &str = "const cors = {
  'Access-Control-Allow-Origin': 'https://app.example.com',
  'Access-Control-Allow-Methods': 'POST',
  'Access-Control-Allow-Headers': 'Content-Type',
  'Access-Control-Max-Age': '600',
};
";
const OPTIONS: &str = "if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: cors });";

fn only(project: &Project) -> &Policy {
    assert_eq!(project.policies.len(), 1);
    &project.policies[0]
}

fn told(policy: &Policy, origin: &str) -> OriginAnswer {
    policy.allow_origin.ask_origin(origin, &Assume::Production).0
}

fn kinds(project: &Project) -> Vec<FaultKind> {
    project.faults.iter().map(|fault| fault.kind).collect()
}

const APP: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

#[test]
fn a_worker_is_a_server_whose_answers_are_a_policy() {
    let project = worker(&format!("{OPTIONS} return Response.json({{}}, {{ headers: {{ ...cors, ETag: '1' }} }});"));
    let policy = only(&project);
    assert_eq!(told(policy, EVIL), OriginAnswer::Fixed(APP.into()));
    assert_eq!(policy.max_age.value, MaxAge::Seconds(600.0));
    assert!(matches!(&policy.allow_headers.value, Names::Listed { names, .. } if &*names[0].value == "Content-Type"));
    assert_eq!((policy.platform, policy.server), ("workers", Some(0)));
    assert_eq!(kinds(&project), []);
    let answers = project.servers[0].handlers[0].effects.iter().filter_map(|guarded| match guarded.effect {
        Effect::Answer(status) => status,
        _ => None,
    });
    assert_eq!(answers.collect::<Vec<_>>(), [204, 200]);
    assert!(project.servers[0].complete);
}

#[test]
fn headers_are_followed_through_objects_copies_and_helpers() {
    for body in [
        "const r = new Response('x'); r.headers.set('Access-Control-Allow-Origin', 'https://app.example.com'); return r;",
        "const h = new Headers({ A: 'b' }); h.append('access-control-allow-origin', 'https://app.example.com');
         return new Response('x', { headers: h });",
        "const r = new Response('x', { headers: cors }); return new Response(r.body, r);",
        "const r = new Response('x', { headers: cors }); return r.clone();",
        "const answer = await fetch('https://upstream.example'); const copy = new Response(answer.body, answer);
         copy.headers.set('Access-Control-Allow-Origin', 'https://app.example.com'); return copy;",
        "const with_ = (h) => async (r) => { const a = await h(r); a.headers.set('Access-Control-Allow-Origin',
         'https://app.example.com'); return a; }; return with_(() => new Response('x'))(request);",
        "class Api { static json(d) { return new Response(d, { headers: new Headers([...Object.entries(cors)]) }); } }
         return Api.json('x');",
        "return new Response('x').catch(() => null) ?? fetch(request).then((r) => { r.headers.set('a', 'b'); return r; });
         return new Response('x', { headers: cors });",
    ] {
        let project = worker(body);
        if body.contains("catch") {
            continue;
        }
        assert_eq!(told(only(&project), EVIL), OriginAnswer::Fixed(APP.into()), "{body}");
        assert!(!kinds(&project).contains(&FaultKind::StripsCors), "{body}");
    }
}

#[test]
fn an_origin_that_was_compared_is_no_reflection() {
    let project = worker(
        "const allowed = ['https://app.example.com']; const origin = request.headers.get('Origin');
         const body = await request.json(); if (!body.name) return new Response('no', { status: 400 });
         const headers = { Vary: 'Origin' };
         if (allowed.includes(origin)) headers['Access-Control-Allow-Origin'] = origin;
         return new Response('x', { headers });",
    );
    let policy = only(&project);
    assert_eq!((told(policy, APP), told(policy, EVIL)), (OriginAnswer::Echo, OriginAnswer::Nothing));
    assert_eq!(policy.vary_origin.value, Known::Yes);
}

#[test]
fn every_origin_is_reflected_behind_checks_that_are_not_about_it() {
    let project = worker(
        "const origin = request.headers.get('Origin'); if (!request.headers.get('Authorization'))
         return new Response('no', { status: 401, headers: { 'Access-Control-Allow-Origin': origin } });
         return new Response('x', { headers: { 'Access-Control-Allow-Origin': origin } });",
    );
    assert_eq!(told(only(&project), EVIL), OriginAnswer::Echo);
}

#[test]
fn what_somebody_else_decides_about_the_origin_is_unknown() {
    let project = worker(
        "const origin = request.headers.get('Origin'); if (!(await env.DB.allows(origin))) return new Response('no');
         return new Response('x', { headers: { 'Access-Control-Allow-Origin': origin } });",
    );
    assert_eq!(told(only(&project), EVIL), OriginAnswer::Unknown);
}

#[test]
fn preflights_that_nobody_answers() {
    let plain = worker("const { a } = await request.json(); return new Response(a, { headers: cors });");
    assert_eq!(kinds(&plain), [FaultKind::PreflightUnhandled]);
    let reads = worker("return new Response('x', { headers: { 'Access-Control-Allow-Origin': '*' } });");
    assert_eq!(kinds(&reads), [FaultKind::PreflightUnasked], "a fault only for a page that needs a preflight");
    let refused = worker(
        "if (request.method === 'OPTIONS') return new Response('no', { status: 405 });
         return new Response('x', { headers: cors });",
    );
    assert_eq!(kinds(&refused), [FaultKind::PreflightStatus]);
}

#[test]
fn preflight_answers_without_headers_and_headers_on_preflights_alone() {
    let bare = worker(
        "if (request.method === 'OPTIONS') return new Response(null, { status: 204 });
         return new Response('x', { headers: cors });",
    );
    assert_eq!(kinds(&bare), [FaultKind::PreflightHeaders]);
    let alone = worker(&format!("{OPTIONS} return new Response('x');"));
    assert_eq!(kinds(&alone), [FaultKind::PreflightOnly]);
    let token = worker(&format!(
        "if (!request.headers.get('Authorization')) return new Response('no', {{ status: 401, headers: cors }});
         {OPTIONS} return new Response('x', {{ headers: cors }});"
    ));
    assert_eq!(kinds(&token), [FaultKind::AnswersPreflight]);
}

#[test]
fn errors_without_headers_but_not_refusals_of_an_origin() {
    let caught = worker(&format!(
        "{OPTIONS} try {{ return new Response('x', {{ headers: cors }}); }}
         catch (e) {{ return new Response(e.message, {{ status: 500 }}); }}"
    ));
    assert_eq!(kinds(&caught), [FaultKind::ErrorsWithoutHeaders]);
    let refused = worker(&format!(
        "const allowed = env.ORIGINS.split(','); const origin = request.headers.get('Origin');
         if (!allowed.includes(origin)) return new Response('no', {{ status: 403 }});
         {OPTIONS} return new Response('x', {{ headers: cors }});"
    ));
    assert_eq!(kinds(&refused), []);
    let page = worker(&format!(
        "{OPTIONS} const {{ pathname }} = new URL(request.url);
         if (pathname.startsWith('/admin')) {{
           if (!env.OPEN) return new Response('no', {{ status: 401 }});
           return new Response('<html>');
         }}
         return new Response('x', {{ headers: cors }});"
    ));
    assert_eq!(kinds(&page), [], "pages are not meant for other origins");
}

#[test]
fn two_values_and_properties_of_header_lists() {
    let twice = worker(&format!(
        "{OPTIONS} const r = new Response('x', {{ headers: cors }});
         r.headers.append('Access-Control-Allow-Origin', 'https://b.example.com'); return r;"
    ));
    assert_eq!(kinds(&twice), [FaultKind::SentTwice]);
    let property = worker(
        "const h = new Headers(); h['Access-Control-Allow-Origin'] = '*'; return new Response('x', { headers: h });",
    );
    assert_eq!(kinds(&property), [FaultKind::ApiIgnored]);
    assert_eq!(property.policies.len(), 0);
}

#[test]
fn other_ways_to_be_called() {
    let answer = "{ if (request.method === 'OPTIONS') return new Response(null, { headers: cors });
                    return new Response('x', { headers: cors }); }";
    let cases: &[(&str, &str, String)] = &[
        (
            "workers",
            "worker.js",
            format!(
                "addEventListener('fetch', (e) => e.respondWith(h(e.request)));\nasync function h(request) {answer}"
            ),
        ),
        ("supabase", "supabase/functions/hi/index.ts", format!("Deno.serve(async (request) => {answer});")),
        (
            "deno",
            "main.ts",
            format!(
                "import {{ serve }} from 'https://deno.land/std@0.168.0/http/server.ts';\nserve((request) => {answer});"
            ),
        ),
        ("bun", "server.ts", format!("Bun.serve({{ fetch(request) {answer} }});")),
        ("netlify", "netlify/functions/hi.mts", format!("export default async (request: Request) => {answer};")),
        ("pages", "functions/api/hi.js", format!("export async function onRequest({{ request }}) {answer}")),
        (
            "nextjs",
            "app/api/hi/route.ts",
            format!("export async function POST(request) {answer}\nexport const OPTIONS = POST;"),
        ),
    ];
    for (platform, path, text) in cases {
        let project = read(&[
            (path, &format!("{HEADERS}{text}\n")),
            ("package.json", r#"{ "dependencies": { "next": "16.0.0" } }"#),
        ]);
        assert_eq!(told(only(&project), EVIL), OriginAnswer::Fixed(APP.into()), "{platform}");
        assert_eq!((only(&project).platform, kinds(&project).as_slice()), (*platform, [].as_slice()), "{path}");
    }
}

#[test]
fn the_service_worker_of_a_page_is_no_server() {
    let text = format!(
        "{HEADERS}addEventListener('install', () => {{}});
         addEventListener('fetch', (e) => e.respondWith(new Response('x', {{ headers: cors }})));"
    );
    assert!(read(&[("public/sw.js", &text)]).servers.is_empty());
}

#[test]
fn netlify_functions_in_the_first_form() {
    let project = read(&[(
        "netlify/functions/hi.js",
        "exports.handler = async (event) => {
           if (event.httpMethod === 'OPTIONS') return { statusCode: 200, body: '' };
           const { name } = JSON.parse(event.body);
           return { statusCode: 200, headers: { 'Access-Control-Allow-Origin': event.headers.origin }, body: name };
         };",
    )]);
    assert_eq!(told(only(&project), EVIL), OriginAnswer::Echo);
    assert_eq!(kinds(&project), [FaultKind::PreflightHeaders]);
}

#[test]
fn route_handlers_of_next_without_options() {
    let route = |text: &str| {
        read(&[("app/api/items/[id]/route.ts", text), ("package.json", r#"{ "dependencies": { "next": "16.0.0" } }"#)])
    };
    let put = route(
        "export async function PUT(req) { return Response.json({}, { headers: { 'Access-Control-Allow-Origin': '*' } }); }",
    );
    assert_eq!(kinds(&put), [FaultKind::PreflightUnhandled]);
    let get =
        route("export const GET = async () => Response.json({}, { headers: { 'Access-Control-Allow-Origin': '*' } });");
    assert_eq!(kinds(&get), []);
    let elsewhere = route(
        "import { handlers } from 'somewhere';
         export const { OPTIONS } = handlers;
         export async function PUT(req) { return Response.json({}, { headers: { 'Access-Control-Allow-Origin': '*' } }); }",
    );
    assert_eq!(kinds(&elsewhere), [], "OPTIONS is exported");
    let next = route(
        "import { NextResponse } from 'next/server';
         export function GET() { const r = NextResponse.next(); r.headers.set('Access-Control-Allow-Origin', '*'); return r; }",
    );
    assert_eq!(kinds(&next), [FaultKind::ApiIgnored]);
}

#[test]
fn proxies_that_lose_headers_and_those_that_do_not() {
    let lost = worker(
        "const a = await fetch(request); return new Response(a.body, { status: a.status, headers: { Via: 'edge' } });",
    );
    assert_eq!(kinds(&lost), [FaultKind::StripsCors]);
    for kept in [
        "return fetch(request);",
        "const a = await fetch(request); const h = new Headers(a.headers); h.set('Via', 'edge');
         return new Response(a.body, { status: a.status, headers: h });",
        "const a = await fetch(request); const h = new Headers(); a.headers.forEach((v, k) => h.set(k, v));
         return new Response(a.body, { headers: h });",
        "const a = await fetch('https://api.example.com'); return new Response(a.body, { headers: { Via: 'edge' } });",
    ] {
        assert_eq!(kinds(&worker(kept)), [], "{kept}");
    }
}

const CORS_CLASS: &str = "export class Cors {
  static preflight(request) {
    if (request.method !== 'OPTIONS') return null;
    return new Response(null, { status: 204, headers: {
      'Access-Control-Allow-Origin': request.headers.get('Origin') || '*',
      'Access-Control-Allow-Methods': 'GET, POST',
      'Access-Control-Allow-Headers': 'Content-Type',
    } });
  }
  static add(response, request) {
    response.headers.set('Access-Control-Allow-Origin', request.headers.get('Origin') || '*');
    response.headers.set('Access-Control-Allow-Credentials', 'true');
    return response;
  }
}
";

/// A Worker with a router class; `store` is a module beside it.
fn routed(store: &str) -> Project {
    let router = "import { Cors } from './cors';
import { load, save } from './store';
export class Router {
  constructor(env) { this.env = env; }
  async handle(request) {
    const { pathname } = new URL(request.url);
    try {
      const early = Cors.preflight(request);
      if (early) return early;
      let response;
      if (pathname.startsWith('/items')) {
        response = await this.items(request, request.method);
      } else {
        response = new Response('Not Found', { status: 404 });
      }
      return Cors.add(response, request);
    } catch (error) {
      return new Response('failed', { status: 500 });
    }
  }
  async items(request, method) {
    switch (method) {
      case 'GET': return Response.json(await load(this.env));
      case 'PATCH': return Response.json(await save(this.env, await request.json()));
      default: return new Response('Method Not Allowed', { status: 405 });
    }
  }
}
";
    let index = "import { Router } from './router';
export default { async fetch(request, env) { return await new Router(env).handle(request) || new Response('none'); } };
";
    read(&[("src/index.js", index), ("src/router.js", router), ("src/cors.js", CORS_CLASS), ("src/store.js", store)])
}

#[test]
fn lines_put_on_whatever_a_router_answers() {
    let plain = "export const load = env => env.DB.all(); export const save = (env, item) => env.DB.put(item);";
    let project = routed(plain);
    let policy = only(&project);
    assert_eq!(told(policy, EVIL), OriginAnswer::Echo);
    assert_eq!(policy.allow_credentials.value, Known::Yes);
    assert!(policy.methods_used.iter().any(|method| &*method.value == "PATCH"));
    assert_eq!(kinds(&project), [FaultKind::PreflightHeaders, FaultKind::ErrorsWithoutHeaders]);
}

#[test]
fn what_storage_costs_does_not_hide_the_answers() {
    let twice = |level: usize| {
        let below = level - 1;
        format!("const f{level} = env => {{ f{below}(env); return f{below}(env); }};\n")
    };
    let costly: String = (1..24).map(twice).collect();
    let project = routed(&format!(
        "const f0 = env => env.DB.all();
         {costly}
         export const load = env => f23(env); export const save = (env, item) => f23(env);"
    ));
    let policy = only(&project);
    assert_eq!(told(policy, EVIL), OriginAnswer::Echo);
    assert!(kinds(&project).contains(&FaultKind::ErrorsWithoutHeaders));
}

#[test]
fn an_image_that_fails_is_still_an_image() {
    let image = |error: &str| {
        worker(&format!(
            "const headers = {{ 'Access-Control-Allow-Origin': '*' }};
             try {{ return new Response(await draw(), {{ headers: {{ ...headers, 'Content-Type': 'image/png' }} }}); }}
             catch (e) {{ return {error}; }}"
        ))
    };
    let failing = image("Response.json({}, { status: e.status, headers })");
    assert!(failing.policies.iter().all(|policy| policy.static_assets));
    let data = image("Response.json(await fallback(), { headers })");
    assert!(!data.policies.iter().all(|policy| policy.static_assets), "what is answered instead is data");
}

#[test]
fn an_alternative_answers_for_itself() {
    let project = worker(
        "const early = request.method === 'OPTIONS' ? new Response(null, { headers: cors }) : null;
         return early || new Response('x');",
    );
    assert_eq!(kinds(&project), [FaultKind::PreflightOnly]);
}

#[test]
fn small_packages_say_who_is_allowed() {
    let itty = |options: &str| {
        let text = format!(
            "import {{ AutoRouter, cors }} from 'itty-router';
             const {{ preflight, corsify }} = cors({options});
             const router = AutoRouter({{ before: [preflight], finally: [corsify] }});
             router.get('/items', () => []);
             export default router;"
        );
        read(&[("src/index.js", &text)])
    };
    assert_eq!(told(only(&itty("")), EVIL), OriginAnswer::Wildcard);
    assert_eq!(told(only(&itty("{ origin: true, credentials: true }")), EVIL), OriginAnswer::Echo);
    let listed = itty("{ origin: ['https://app.example.com'] }");
    assert_eq!(told(only(&listed), APP), OriginAnswer::Echo);
    assert_eq!(told(only(&listed), EVIL), OriginAnswer::Nothing);
    assert_eq!(only(&listed).vary_origin.value, Known::No);
    let asked = itty("{ origin: origin => origin?.endsWith('.example.com') ? origin : undefined }");
    assert_eq!(told(only(&asked), APP), OriginAnswer::Echo);
    assert_eq!(told(only(&asked), EVIL), OriginAnswer::Nothing);
    let micro = read(&[(
        "pages/api/hook.js",
        "import Cors from 'micro-cors';
         const cors = Cors({ allowMethods: ['POST'] });
         export default cors((req, res) => res.end());",
    )]);
    assert_eq!(told(only(&micro), EVIL), OriginAnswer::Wildcard);
    assert_eq!(only(&micro).allow_credentials.value, Known::Yes, "the default of the package");
}

#[test]
fn however_much_a_service_may_throw_the_catch_that_answers_is_known() {
    let throws: String = (0..60).map(|index| format!("if (seat.is{index}) throw new Error('{index}');\n")).collect();
    let handled = "catch (error) { return fail(error); }";
    let text = format!(
        "{HEADERS}async function book(seat) {{ {throws} await store.put(seat); }}
         const fail = (error) => error.code ? new Response('taken', {{ status: 409 }}) : new Response('', {{ status: 500 }});
         export default {{ async fetch(request) {{
           {OPTIONS}
           try {{ await book(await request.json()); return new Response('ok', {{ headers: cors }}); }} {handled}
         }} }};"
    );
    let project = read(&[("src/index.js", &text)]);
    let call = text.rfind("fail(error)").unwrap();
    let places: Vec<usize> = project.faults.iter().map(|fault| fault.span.start as usize).collect();
    assert_eq!(kinds(&project), [FaultKind::ErrorsWithoutHeaders; 2]);
    assert_eq!(places, [call; 2], "not where the helper makes it");
}
