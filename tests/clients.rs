//! What is seen in code for browsers: the requests that it sends.

use std::fmt::Write;

use camino::Utf8PathBuf;
use corslint::model::client::{Base, BodyType, ClientRequest, Credentials};
use corslint::pipeline::{self, Stated};
use corslint::scan::Scan;

/// The requests of some files, one a line: method, address, headers, and what is not the default.
#[track_caller]
fn requests(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    let mut scan = Scan::of_texts(&files);
    let project = pipeline::analyse(&mut scan, &Stated::default()).project;
    project.clients.iter().map(line).collect()
}

/// The requests of one file in a package for pages. A comment makes it worth a look in a repository without a server.
#[track_caller]
fn page(code: &str) -> Vec<String> {
    let package = r#"{ "dependencies": { "react": "19", "react-dom": "19" } }"#;
    requests(&[("package.json", package), ("src/page.js", &format!("// credentials\n{code}"))])
}

fn line(request: &ClientRequest) -> String {
    let mut text = request.method.value.as_deref().unwrap_or("?").to_owned();
    for url in &request.urls {
        let path = url.path.as_deref().unwrap_or("…");
        let base = match &url.base {
            Base::Relative => String::new(),
            Base::Absolute { url, open_port, .. } => format!("{}{}", url.origin(), if *open_port { ":…" } else { "" }),
            Base::Variable { name, .. } => format!("${name}"),
            Base::Open => "…".to_owned(),
        };
        let _ = write!(text, " {base}{path}");
    }
    for header in &request.headers {
        let _ = write!(text, " +{}", header.name.value);
    }
    match &request.content_type.value {
        BodyType::Other(kind) => drop(write!(text, " {kind}")),
        BodyType::Unknown => text.push_str(" some body"),
        BodyType::Safelisted => {}
    }
    match request.credentials.value {
        Credentials::Include => text.push_str(" with cookies"),
        Credentials::Omit => text.push_str(" without cookies"),
        Credentials::Unknown => text.push_str(" perhaps with cookies"),
        Credentials::SameOrigin => {}
    }
    for name in &request.reads {
        let _ = write!(text, " <{}", name.value);
    }
    if request.no_cors.is_some() {
        text.push_str(" no-cors");
    }
    text
}

#[test]
fn fetch_and_its_options() {
    let found = page(
        "export const get = () => fetch('https://a.example/items?page=1');
         export const put = (id, token) => fetch(`https://a.example/items/${id}`, {
           method: 'put',
           credentials: 'include',
           headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + token },
           body: '{}',
         });
         export const patch = () => fetch('/items', { method: 'patch', mode: 'no-cors', credentials: 'omit' });",
    );
    let expected = [
        "GET https://a.example/items",
        "PUT https://a.example/items/{} +Authorization application/json with cookies",
        "patch /items without cookies no-cors",
    ];
    assert_eq!(found, expected);
}

#[test]
fn requests_and_headers_as_objects() {
    let found = page(
        "const headers = new Headers({ 'X-One': '1' });
         headers.append('X-Two', '2');
         export const a = () => fetch(new Request('https://a.example/a', { method: 'DELETE', headers }));
         export const b = () => fetch(new URL('/b', 'https://b.example/deep'), { headers: [['X-Three', '3']] });",
    );
    assert_eq!(found, ["DELETE https://a.example/a +X-One +X-Two", "GET https://b.example/deep/b +X-Three"]);
}

#[test]
fn a_wrapper_is_followed_from_where_it_is_called() {
    let package = r#"{ "dependencies": { "react-dom": "19" } }"#;
    let found = requests(&[
        ("package.json", package),
        (
            "src/api.js",
            "// credentials
             const BASE = 'https://a.example/v1';
             export async function call(path, options = {}) {
               const res = await fetch(BASE + path, { ...options, headers: { 'X-App': 'web', ...options.headers } });
               return res;
             }",
        ),
        (
            "src/items.js",
            "// credentials
             import { call } from './api';
             export const remove = (id) => call(`/items/${id}`, { method: 'DELETE' });
             export const total = () => call('/items').then((res) => res.headers.get('X-Total'));",
        ),
    ]);
    let expected = ["DELETE https://a.example/v1/items/{} +X-App", "GET https://a.example/v1/items +X-App <X-Total"];
    assert!(expected.iter().all(|line| found.iter().any(|other| other == line)), "{found:#?}");
}

#[test]
fn axios_with_defaults_and_data() {
    let found = page(
        "import axios from 'axios';
         axios.defaults.headers.common['X-Tenant'] = 'north';
         export const a = (order) => axios.post('https://a.example/orders', { order });
         export const b = () => axios({ url: 'https://a.example/orders', method: 'delete', withCredentials: true });
         export const c = (form) => axios.put('https://a.example/file', new FormData(form));",
    );
    let expected = [
        "POST https://a.example/orders +X-Tenant application/json",
        "DELETE https://a.example/orders +X-Tenant with cookies",
        "PUT https://a.example/file +X-Tenant",
    ];
    assert_eq!(found, expected);
}

#[test]
fn instances_of_axios_with_interceptors() {
    let found = page(
        "import axios from 'axios';
         const http = axios.create({ baseURL: 'https://a.example/api/', withCredentials: true });
         http.interceptors.request.use((config) => {
           config.headers.Authorization = `Bearer ${token()}`;
           return config;
         });
         export const read = async () => {
           const res = await http.get('items', { params: { page: 1 } });
           return [res.data, res.headers['x-total']];
         };",
    );
    let expected = [
        "GET https://a.example/api/items +Authorization with cookies <x-total",
        "? https://a.example… +Authorization with cookies",
    ];
    assert_eq!(found, expected);
}

#[test]
fn xml_http_request() {
    let found = page(
        "export function send() {
           const xhr = new XMLHttpRequest();
           xhr.open('PUT', 'https://a.example/items');
           xhr.withCredentials = true;
           xhr.setRequestHeader('Content-Type', 'application/json');
           xhr.setRequestHeader('X-App', 'web');
           xhr.send('{}');
           return xhr.getResponseHeader('ETag');
         }",
    );
    assert_eq!(found, ["PUT https://a.example/items +X-App application/json with cookies <ETag"]);
}

#[test]
fn other_libraries() {
    let found = page(
        "import ky from 'ky';
         import { ofetch } from 'ofetch';
         import { HttpLink } from '@apollo/client';
         const api = ky.create({ prefixUrl: 'https://a.example/api' });
         export const a = () => api.delete('items/1');
         export const b = () => ky.post('https://a.example/b', { json: {} });
         export const c = () => ofetch('/c', { baseURL: 'https://a.example', method: 'POST', body: { c: 1 } });
         export const d = () => $.ajax({ url: 'https://a.example/d', type: 'POST', data: {}, xhrFields: { withCredentials: true } });
         export const e = new HttpLink({ uri: 'https://a.example/graphql', credentials: 'include' });
         export const f = () => new EventSource('https://a.example/f', { withCredentials: true });",
    );
    let mut found = found;
    found.sort();
    let expected = [
        "DELETE https://a.example/api/items/1",
        "GET https://a.example/f with cookies",
        "POST https://a.example/b application/json",
        "POST https://a.example/c application/json",
        "POST https://a.example/d with cookies",
        "POST https://a.example/graphql application/json with cookies",
    ];
    assert_eq!(found, expected);
}

#[test]
fn functions_of_supabase_are_invoked_with_its_headers() {
    let mut found = page(
        "import { createClient } from '@supabase/supabase-js';
         const supabase = createClient('https://abc.supabase.co', 'key');
         export const a = (order) => supabase.functions.invoke('save-order', { body: { order } });
         export const b = () => supabase.functions.invoke('list', { method: 'GET', headers: { 'X-Page': '2' } });",
    );
    found.sort();
    let expected = [
        "GET https://abc.supabase.co/functions/v1/list +authorization +apikey +x-client-info +X-Page",
        "POST https://abc.supabase.co/functions/v1/save-order +authorization +apikey +x-client-info application/json",
    ];
    assert_eq!(found, expected);
}

#[test]
fn variables_are_followed_through_validators_and_injected_objects() {
    let package = r#"{ "dependencies": { "zod": "3" }, "devDependencies": { "vite": "6", "vue": "3" } }"#;
    let found = requests(&[
        ("package.json", package),
        (
            "src/env.js",
            "import { z } from 'zod';
             const schema = z.object({ API_URL: z.string().url() });
             export const env = schema.parse({ API_URL: import.meta.env.VITE_API_URL });
             export const injected = window.__ENV__;",
        ),
        (
            "src/page.js",
            "// credentials
             import { env, injected } from './env';
             export const a = () => fetch(`${env.API_URL}/items`);
             export const b = () => fetch(`${injected.API_URL}/items`);
             export const c = () => fetch(`${window.shop.url}/items`);",
        ),
    ]);
    assert_eq!(found, ["GET $VITE_API_URL/items", "GET $window.__ENV__.API_URL/items", "GET …/items"]);
}

#[test]
fn addresses_come_from_variables_and_env_files() {
    let package = r#"{ "devDependencies": { "vite": "6", "vue": "3" } }"#;
    let found = requests(&[
        ("package.json", package),
        (".env.production", "VITE_API=https://api.example.com/v2\n"),
        (
            "src/page.js",
            "// credentials
             export const known = () => fetch(`${import.meta.env.VITE_API}/items`);
             export const open = () => fetch(`${import.meta.env.VITE_OTHER}/items`);
             export const either = () => fetch((import.meta.env.VITE_OTHER || 'http://localhost:4000') + '/items');",
        ),
    ]);
    let expected = [
        "GET https://api.example.com/v2/items",
        "GET $VITE_OTHER/items",
        "GET $VITE_OTHER/items http://localhost:4000/items",
    ];
    assert_eq!(found, expected);
}

#[test]
fn code_of_servers_is_no_page() {
    let package = r#"{ "dependencies": { "next": "15", "react-dom": "19" } }"#;
    let found = requests(&[
        ("package.json", package),
        ("app/page.tsx", "// credentials\nexport default async () => (await fetch('http://localhost:1')).status;"),
        ("app/api/x/route.ts", "// credentials\nexport const GET = () => fetch('http://localhost:2');"),
        ("lib/db.ts", "// credentials\nimport fs from 'node:fs';\nexport const x = () => fetch('http://localhost:3');"),
        ("lib/secret.ts", "// credentials\nexport const x = () => fetch(`${process.env.SECRET_API}/x`);"),
        ("lib/x.test.ts", "// credentials\nit('x', () => fetch('http://localhost:4'));"),
        ("components/x.tsx", "'use client';\n// credentials\nexport const X = () => fetch('http://localhost:5/x');"),
    ]);
    assert_eq!(found, ["GET http://localhost:5/x"]);
}

#[test]
fn a_manifest_tells_pages_from_programs_only_by_what_it_names() {
    let call =
        ("src/orders.js", "// credentials\nexport const orders = () => fetch('https://api.example.com/orders');\n");
    let beside = |manifest: &str| requests(&[("package.json", manifest), call]).len();
    assert_eq!(beside("{ \"name\": \"shop\", \"type\": \"module\" }"), 1);
    assert_eq!(beside("{ \"name\": \"shop\", \"devDependencies\": { \"vite\": \"^6.0.0\" } }"), 1);
    assert_eq!(beside("{ \"name\": \"bot\", \"dependencies\": { \"discord.js\": \"^14.7.1\" } }"), 0);
}

#[test]
fn what_never_ends_is_cut_off() {
    let found = page(
        "const url = () => url() + '/x';
         export const a = () => fetch(url());
         let b = '';
         for (;;) { b = `${b}${c}`; fetch(b); }",
    );
    assert!(found.len() < 100);
}

#[test]
fn superagent_is_put_together_call_by_call() {
    let found = page(
        "import request from 'superagent';
         export const a = (token) =>
           request.post('https://a.example/items').set('Authorization', token).send({ name: 'x' }).withCredentials();
         export const b = () => request('DELETE', 'https://a.example/items/1').set({ 'X-App': 'web' }).then((res) => res.body);
         export const c = () => request.put('https://a.example/items').type('form').send({ name: 'x' });",
    );
    let expected = [
        "POST https://a.example/items +Authorization application/json with cookies",
        "DELETE https://a.example/items/1 +X-App",
        "PUT https://a.example/items",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_http_client_of_angular_is_injected() {
    let package = r#"{ "dependencies": { "@angular/core": "19" } }"#;
    let service = "// credentials
        import { HttpClient, HttpHeaders } from '@angular/common/http';
        import { Injectable, inject } from '@angular/core';

        @Injectable({ providedIn: 'root' })
        export class Items {
          constructor(private readonly http: HttpClient) {}
          all() {
            return this.http.get<string[]>('https://a.example/items', { withCredentials: true });
          }
          add(item: { name: string }) {
            const headers = new HttpHeaders({ 'X-One': '1' }).set('X-Two', '2');
            return this.http.post('https://a.example/items', item, { headers });
          }
        }

        @Injectable({ providedIn: 'root' })
        export class Users {
          private http = inject(HttpClient);
          remove(id: number) {
            return this.http.delete(`https://a.example/users/${id}`);
          }
        }";
    let found = requests(&[("package.json", package), ("src/items.service.ts", service)]);
    let expected = [
        "GET https://a.example/items with cookies",
        "POST https://a.example/items +X-One +X-Two some body perhaps with cookies",
        "DELETE https://a.example/users/{} perhaps with cookies",
    ];
    assert_eq!(found, expected);
}

#[test]
fn connections_that_stay_open() {
    let found = page(
        "import { createClient } from 'graphql-ws';
         import { WebSocketLink } from '@apollo/client/link/ws';
         import SockJS from 'sockjs-client';
         export const a = () => new WebSocket('wss://a.example/live');
         export const b = createClient({ url: 'ws://localhost:4000/graphql' });
         export const c = new WebSocketLink({ uri: `ws://localhost:${window.port}/graphql` });
         export const d = () => new SockJS('http://localhost:8080/ws');
         export const e = (path) => new WebSocket(path);",
    );
    let expected = [
        "GET wss://a.example/live",
        "GET ws://localhost:4000/graphql",
        "GET ws://localhost:…/graphql",
        "GET http://localhost:8080/ws",
    ];
    assert_eq!(found.iter().filter(|line| expected.contains(&line.as_str())).count(), 4, "{found:#?}");
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn what_the_requests_of_an_api_have_in_common() {
    let found = page(
        "import { createApi, fetchBaseQuery } from '@reduxjs/toolkit/query/react';
         export const api = createApi({ baseQuery: fetchBaseQuery({ baseUrl: 'https://a.example', credentials: 'include' }) });
         export const other = fetchBaseQuery({ baseUrl: 'https://b.example', prepareHeaders: (headers) => headers });",
    );
    assert_eq!(found, ["? https://a.example… with cookies", "? https://b.example… perhaps with cookies"]);
}

#[test]
fn scripts_of_components_are_read_at_their_place() {
    let package = r#"{ "dependencies": { "vue": "3" } }"#;
    let files = [
        ("package.json", package),
        (
            "src/A.vue",
            "<template>é<!-- fetch('https://no.example') --></template>
             <script lang='ts'>
             // credentials
             const url: string = 'https://a.example/items';
             export default { methods: { load() { return fetch(url, { method: 'PUT' }); } } };
             </script>",
        ),
        (
            "src/B.svelte",
            "<script>export const go = () => fetch('https://b.example/go');</script>{#if x}<p>{x}</p>{/if}",
        ),
        (
            "src/C.astro",
            "---\nconst x = await fetch('https://no.example');\n---\n<script>fetch('https://c.example/c');</script>",
        ),
    ];
    let mut found = requests(&files);
    found.sort();
    assert_eq!(found, ["GET https://b.example/go", "GET https://c.example/c", "PUT https://a.example/items"]);
}
