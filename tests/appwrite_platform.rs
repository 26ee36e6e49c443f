//! What is seen in Appwrite Functions.

use camino::Utf8PathBuf;
use corslint::model::policy::{OriginAnswer, Policy};
use corslint::model::project::{FaultKind, Project};
use corslint::model::world::Assume;
use corslint::pipeline::{self, Stated};
use corslint::scan::Scan;

fn read(files: &[(&str, &str)]) -> Project {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    let mut scan = Scan::of_texts(&files);
    pipeline::analyse(&mut scan, &Stated::default()).project
}

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
const HEADERS: &str = "{ 'Access-Control-Allow-Origin': 'https://app.example.com' }";

#[test]
fn headers_are_the_third_argument_of_every_way_to_answer() {
    for answer in ["json({}", "send(''", "text('x'", "binary(b", "redirect('/x'"] {
        let text = format!("export default async ({{ req, res }}) => res.{answer}, 200, {HEADERS});");
        let project = read(&[("functions/hi/src/main.js", &text)]);
        assert_eq!(told(only(&project), EVIL), OriginAnswer::Fixed(APP.into()), "{answer}");
        assert_eq!((only(&project).platform, only(&project).place.as_str()), ("appwrite", "hi"));
    }
}

#[test]
fn a_context_and_python_are_read_alike() {
    let script =
        format!("module.exports = async function (context) {{ return context.res.json({{}}, 200, {HEADERS}); }};");
    assert_eq!(told(only(&read(&[("src/main.js", &script)])), EVIL), OriginAnswer::Fixed(APP.into()));
    let python = "def main(context):
    origin = context.req.headers.get('origin', '')
    headers = {'Vary': 'Origin'}
    if origin in ['https://app.example.com']:
        headers['Access-Control-Allow-Origin'] = origin
    return context.res.json({}, 200, headers)
";
    let project = read(&[("src/main.py", python)]);
    assert_eq!((told(only(&project), APP), told(only(&project), EVIL)), (OriginAnswer::Echo, OriginAnswer::Nothing));
}

#[test]
fn the_older_form_is_known_by_its_entrypoint() {
    let manifest =
        r#"{ "functions": [{ "$id": "old", "name": "old", "path": "functions/old", "entrypoint": "index.js" }] }"#;
    let text = format!("module.exports = async (req, res) => {{ res.send('', 200, {HEADERS}); }};");
    let project = read(&[("appwrite.json", manifest), ("functions/old/index.js", &text)]);
    assert_eq!(only(&project).place, "old");
    assert!(read(&[("functions/old/index.js", &text)]).policies.is_empty(), "that may be any server");
}

#[test]
fn headers_set_as_elsewhere_are_ignored() {
    let set = "export default async ({ req, res }) => { res.setHeader('Access-Control-Allow-Origin', '*'); return res.json({}); };";
    assert_eq!(kinds(&read(&[("src/main.js", set)])), [FaultKind::ApiIgnored]);
    let other = "export default async ({ req, res }) => { res.setHeader('Cache-Control', 'no-store'); return res.json({}); }; // cors";
    assert_eq!(kinds(&read(&[("src/main.js", other)])), []);
}

#[test]
fn preflights_of_functions_that_only_the_sdk_calls_are_nobodys_business() {
    let function = format!("export default async ({{ req, res }}) => res.json(JSON.parse(req.body), 200, {HEADERS});");
    let page = "import { Functions } from 'appwrite'; new Functions(client).createExecution('hi');";
    assert_eq!(kinds(&read(&[("src/main.js", &function)])), [FaultKind::PreflightUnhandled]);
    assert_eq!(kinds(&read(&[("src/main.js", &function), ("web/a.js", page)])), []);
}

#[test]
fn a_catch_branch_without_headers() {
    let text = format!(
        "export default async ({{ req, res }}) => {{
           if (req.method === 'OPTIONS') return res.empty();
           try {{ return res.json({{}}, 200, {HEADERS}); }} catch (e) {{ return res.json({{}}, 500); }}
         }};"
    );
    let found = kinds(&read(&[("src/main.js", &text)]));
    assert_eq!(found, [FaultKind::PreflightHeaders, FaultKind::ErrorsWithoutHeaders]);
}

#[test]
fn a_function_with_the_same_parameters_that_answers_nothing_is_none() {
    let text = "export default function createContext({ req, res }) { return { user: req.headers.cors }; }";
    assert!(read(&[("src/trpc.ts", text)]).servers.is_empty());
}
