//! What is seen in Flask programs.

use camino::Utf8PathBuf;
use corslint::model::policy::{Fault, Known, MaxAge, Names, OriginAnswer, Policy};
use corslint::model::project::{FaultKind, Project};
use corslint::model::server::{Effect, Role};
use corslint::model::world::Assume;
use corslint::pipeline;
use corslint::pipeline::Stated;
use corslint::scan::Scan;

const IMPORTS: &str = "import os
import re
from datetime import timedelta
from flask import Blueprint, Flask, abort, jsonify, make_response, request
from flask_cors import CORS, cross_origin
";

fn read(files: &[(&str, &str)]) -> Project {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    let mut scan = Scan::of_texts(&files);
    pipeline::analyse(&mut scan, &Stated::default()).project
}

fn program(code: &str) -> Project {
    read(&[("app.py", &format!("{IMPORTS}app = Flask(__name__)\n{code}"))])
}

/// `CORS(app, …)` with these arguments.
fn with(arguments: &str) -> Policy {
    only(&program(&format!("CORS(app, {arguments})\n"))).clone()
}

fn only(project: &Project) -> &Policy {
    assert_eq!(project.policies.len(), 1);
    &project.policies[0]
}

fn told(policy: &Policy, origin: &str) -> OriginAnswer {
    policy.allow_origin.ask_origin(origin, &Assume::Production).0
}

fn names(names: &Names) -> Vec<&str> {
    match names {
        Names::Listed { names, open: false } => names.iter().map(|name| &*name.value).collect(),
        other => panic!("no closed list: {other:?}"),
    }
}

fn kinds(project: &Project) -> Vec<FaultKind> {
    project.faults.iter().map(|fault| fault.kind).collect()
}

const APP: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

#[test]
fn without_options_everybody_is_allowed_whatever_is_asked_for() {
    let policy = with("");
    assert_eq!((policy.platform, &*policy.library), ("flask", "flask-cors"));
    assert_eq!(told(&policy, EVIL), OriginAnswer::Wildcard);
    assert_eq!(policy.allow_credentials.value, Known::No);
    assert_eq!(policy.allow_headers.value, Names::Mirrored);
    assert_eq!(names(&policy.allow_methods.value), ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);
    assert_eq!(policy.max_age.value, MaxAge::Missing);
    assert!(policy.star_reflects_with_credentials);
}

#[test]
fn texts_are_compared_without_regard_to_case_and_patterns_are_open_at_the_end() {
    assert_eq!(told(&with("origins='HTTPS://App.example.com'"), APP), OriginAnswer::Echo);
    assert_eq!(told(&with("origins=['https://app.example.com']"), EVIL), OriginAnswer::Nothing);
    let open = with(r"origins=[r'https://.*\.example\.com']");
    assert_eq!(told(&open, "https://a.example.com.evil.example"), OriginAnswer::Echo);
    let closed = with(r"origins=re.compile(r'https://.*\.example\.com$')");
    assert_eq!(told(&closed, "https://a.example.com.evil.example"), OriginAnswer::Nothing);
    let star = with("origins='https://*.example.com'");
    assert_eq!(told(&star, APP), OriginAnswer::Nothing);
    assert_eq!(told(&star, "https://xexample.com"), OriginAnswer::Echo);
}

#[test]
fn none_allows_nobody() {
    assert_eq!(told(&with("origins=None"), APP), OriginAnswer::Nothing);
    assert_eq!(told(&with("origins=[]"), APP), OriginAnswer::Nothing);
}

#[test]
fn the_later_and_the_nearer_option_is_the_stronger() {
    let project = program(
        "app.config['CORS_ORIGINS'] = ['https://a.example.com']
app.config['CORS_MAX_AGE'] = 60
cors = CORS(max_age=120, supports_credentials=True)
cors.init_app(app, resources={r'/api/*': {'origins': 'https://app.example.com'}, r'/open/*': {}})
",
    );
    let [open, api] = project.policies.as_slice() else { panic!("two resources") };
    assert_eq!(&*api.paths[0].value, "/api/*");
    assert_eq!(told(api, APP), OriginAnswer::Echo);
    assert_eq!(told(open, "https://a.example.com"), OriginAnswer::Echo);
    assert_eq!(told(open, APP), OriginAnswer::Nothing);
    assert_eq!((api.max_age.value, api.allow_credentials.value), (MaxAge::Seconds(120.0), Known::Yes));
}

#[test]
fn odd_values_mean_what_the_package_makes_of_them() {
    assert_eq!(with("max_age=timedelta(minutes=10)").max_age.value, MaxAge::Seconds(600.0));
    assert_eq!(with("max_age=0").max_age.value, MaxAge::Missing);
    assert!(names(&with("methods='*'").allow_methods.value).is_empty());
    let text = with("allow_headers='Content-Type, Authorization'");
    assert_eq!(names(&text.allow_headers.value), ["Content-Type, Authorization"]);
    assert!(matches!(text.settings[0].fault, Fault::TextForList { .. }));
    let typo = with("origin='https://app.example.com'");
    assert!(matches!(&typo.settings[0].fault, Fault::Unread { meant: Some(meant), .. } if &**meant == "origins"));
    assert_eq!(told(&typo, EVIL), OriginAnswer::Wildcard);
}

#[test]
fn what_is_not_known_is_not_said() {
    assert_eq!(told(&with("**options"), EVIL), OriginAnswer::Unknown);
    assert_eq!(told(&with("origins=load()"), EVIL), OriginAnswer::Unknown);
}

#[test]
fn configuration_is_read_when_the_extension_gets_the_application() {
    let project = program("CORS(app)\napp.config['CORS_ORIGINS'] = ['https://app.example.com']\n");
    assert_eq!(told(only(&project), EVIL), OriginAnswer::Wildcard);
    assert!(matches!(only(&project).settings[0].fault, Fault::Unread { .. }));
}

#[test]
fn classes_and_modules_are_configuration() {
    let project = read(&[
        ("config.py", "class Base:\n    CORS_ORIGINS = ['https://app.example.com']\n\n\nclass Prod(Base):\n    pass\n"),
        ("app.py", &format!("{IMPORTS}app = Flask(__name__)\napp.config.from_object('config.Prod')\nCORS(app)\n")),
    ]);
    assert_eq!(told(only(&project), APP), OriginAnswer::Echo);
    assert_eq!(told(only(&project), EVIL), OriginAnswer::Nothing);
}

#[test]
fn views_of_blueprints_have_their_paths_and_flask_answers_their_options() {
    let project = program(
        "inner = Blueprint('inner', __name__, url_prefix='/items')
outer = Blueprint('outer', __name__, url_prefix='/v1')

@inner.route('/<int:pk>', methods=['PUT'])
def item(pk):
    return jsonify(pk=pk)

outer.register_blueprint(inner)
app.register_blueprint(outer, url_prefix='/api')
",
    );
    let server = &project.servers[0];
    let routes: Vec<&str> = server.handlers.iter().map(|handler| &*handler.name).collect();
    assert_eq!(routes, ["static", "PUT /api/items/<int:pk>", "OPTIONS /api/items/<int:pk>"]);
}

#[test]
fn hooks_are_headers_by_hand() {
    let project = program(
        "@app.after_request
def add(response):
    response.headers.add('Access-Control-Allow-Origin', request.headers.get('Origin'))
    response.access_control_allow_credentials = True
    return response
",
    );
    assert_eq!(told(only(&project), EVIL), OriginAnswer::Echo);
    assert_eq!(only(&project).allow_credentials.value, Known::Yes);
}

#[test]
fn what_is_aborted_is_an_answer_that_ends_the_view() {
    let project = program(
        "@app.get('/x')
def x():
    if request.headers.get('X-Key'):
        abort(403)
    return make_response('ok', 202)
",
    );
    let handler = project.servers[0].handlers.iter().find(|handler| handler.role == Role::Route).expect("a route");
    let answers: Vec<Option<u16>> = handler
        .effects
        .iter()
        .filter_map(|guarded| match guarded.effect {
            Effect::Answer(status) => Some(status),
            _ => None,
        })
        .collect();
    assert_eq!(answers, [Some(403), Some(202)]);
}

#[test]
fn preflights_are_refused_by_hooks_and_by_decorators_around_cross_origin() {
    let hook = "CORS(app, origins='https://app.example.com')

@app.before_request
def token():
    if not request.headers.get('Authorization'):
        abort(401)
";
    assert_eq!(kinds(&program(hook)), [FaultKind::AnswersPreflight]);
    let passes = hook.replace("if not", "if request.method != 'OPTIONS' and not");
    assert!(kinds(&program(&passes)).is_empty());
}

#[test]
fn decorators_are_applied_from_below() {
    let above = "@cross_origin(origins='https://app.example.com')\n@app.get('/x')\ndef x():\n    return 'x'\n";
    let project = program(above);
    assert_eq!(kinds(&project), [FaultKind::NotInstalled]);
    assert!(project.policies.is_empty());
    let below = "@app.get('/x')\n@cross_origin(origins='https://app.example.com')\ndef x():\n    return 'x'\n";
    let project = program(below);
    assert!(kinds(&project).is_empty());
    assert_eq!(told(only(&project), APP), OriginAnswer::Echo);
    let bare = "@app.get('/x')\n@cross_origin\ndef x():\n    return 'x'\n";
    assert_eq!(kinds(&program(bare)), [FaultKind::NotCalled]);
}

#[test]
fn the_server_has_to_run_after_cors_is_there() {
    let project = program("app.run()\nCORS(app)\n");
    assert_eq!(kinds(&project), [FaultKind::CorsTooLate]);
    assert!(kinds(&program("CORS(app)\napp.run()\n")).is_empty());
}

#[test]
fn hostile_programs_end() {
    let deep = "bp = Blueprint('b', __name__)\nbp.register_blueprint(bp)\napp.register_blueprint(bp)\n".to_owned();
    assert_eq!(program(&deep).servers.len(), 1);
    let broken = "CORS(app, resources={'(': {'origins': '['}}, methods=[None, 1], max_age=[], allow_headers={})\n";
    assert_eq!(program(broken).servers.len(), 1);
}
