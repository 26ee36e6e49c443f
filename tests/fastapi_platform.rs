//! What is seen in FastAPI and Starlette programs.

use camino::Utf8PathBuf;
use corslint::model::policy::{Fault, Known, MaxAge, Names, OriginAnswer, Policy};
use corslint::model::project::{FaultKind, Project};
use corslint::model::world::Assume;
use corslint::pipeline;
use corslint::pipeline::Stated;
use corslint::scan::Scan;

const IMPORTS: &str = "import os
from fastapi import FastAPI, Request, Response
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.middleware.base import BaseHTTPMiddleware
";

fn read(files: &[(&str, &str)]) -> Project {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    let mut scan = Scan::of_texts(&files);
    pipeline::analyse(&mut scan, &Stated::default()).project
}

fn program(code: &str) -> Project {
    read(&[("main.py", &format!("{IMPORTS}{code}"))])
}

/// `CORSMiddleware` with these arguments.
fn with(arguments: &str) -> Policy {
    only(&program(&format!("app = FastAPI()\napp.add_middleware(CORSMiddleware, {arguments})\n"))).clone()
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
fn defaults_allow_nobody_and_get_only() {
    let policy = with("");
    assert_eq!(told(&policy, APP), OriginAnswer::Nothing);
    assert_eq!(names(&policy.allow_methods.value), ["GET"]);
    assert_eq!(names(&policy.allow_headers.value), ["Accept", "Accept-Language", "Content-Language", "Content-Type"]);
    assert_eq!(policy.expose_headers.value, Names::Missing);
    assert_eq!(policy.allow_credentials.value, Known::No);
    assert_eq!(policy.max_age.value, MaxAge::Seconds(600.0));
    assert_eq!((policy.platform, &*policy.library), ("fastapi", "CORSMiddleware"));
}

#[test]
fn lists_and_stars_are_read_as_starlette_does() {
    let policy = with(
        "allow_origins=['https://app.example.com'], allow_methods=['*'], allow_headers=['*'], allow_credentials=True",
    );
    assert_eq!(told(&policy, APP), OriginAnswer::Echo);
    assert_eq!(told(&policy, EVIL), OriginAnswer::Nothing);
    assert_eq!(names(&policy.allow_methods.value).len(), 8);
    assert_eq!(policy.allow_headers.value, Names::Mirrored);
    assert_eq!(policy.allow_credentials.value, Known::Yes);
    assert_eq!(told(&with("allow_origins=['*']"), EVIL), OriginAnswer::Wildcard);
}

#[test]
fn the_star_stands_beside_other_origins_for_nothing() {
    let policy = with("allow_origins=['*', 'https://app.example.com']");
    assert_eq!(told(&policy, EVIL), OriginAnswer::Wildcard);
    assert!(matches!(policy.settings[0].fault, Fault::Disabled { .. }));
}

#[test]
fn a_text_is_searched_for_the_origin() {
    let policy = with("allow_origins='https://app.example.com'");
    assert_eq!(told(&policy, "https://app.example.co"), OriginAnswer::Echo);
    assert_eq!(told(&policy, "https://app.example.com.evil.test"), OriginAnswer::Nothing);
    assert!(matches!(policy.settings[0].fault, Fault::TextForList { .. }));
    // A star anywhere in the text is found as well.
    assert_eq!(told(&with("allow_origins='https://*.example.com'"), EVIL), OriginAnswer::Wildcard);
    assert!(with("allow_origins='*'").settings.is_empty());
}

#[test]
fn none_fails_every_request() {
    assert_eq!(told(&with("allow_origins=None"), APP), OriginAnswer::Fails);
    let policy = with("allow_origins=os.getenv('ORIGINS')");
    assert_eq!(told(&policy, APP), OriginAnswer::Unknown);
    assert_eq!(policy.env_reads[0].effect, "allow_origins is then None, and every request ends in a 500");
}

#[test]
fn patterns_match_the_whole_origin() {
    let policy = with(r"allow_origin_regex=r'https://.*\.example\.com'");
    assert_eq!(told(&policy, APP), OriginAnswer::Echo);
    assert_eq!(told(&policy, "https://app.example.com.evil.test"), OriginAnswer::Nothing);
}

#[test]
fn unknown_arguments_end_the_start() {
    let policy = with("origins=['https://app.example.com']");
    assert!(
        matches!(&policy.settings[0].fault, Fault::Unread { meant: Some(meant), .. } if &**meant == "allow_origins")
    );
}

#[test]
fn other_ways_of_registration_are_seen() {
    for code in [
        "app = FastAPI(middleware=[Middleware(CORSMiddleware, allow_origins=['https://app.example.com'])])",
        "app = CORSMiddleware(FastAPI(), allow_origins=['https://app.example.com'])",
        "config = {'allow_origins': ['https://app.example.com']}\napp = FastAPI()\napp.add_middleware(CORSMiddleware, **config)",
        "def setup(app):\n    app.add_middleware(CORSMiddleware, allow_origins=['https://app.example.com'])\n",
        "class Own(CORSMiddleware):\n    def __init__(self, app):\n        super().__init__(app, allow_origins=['https://app.example.com'])\napp = FastAPI()\napp.add_middleware(Own)",
        "class Api(FastAPI):\n    pass\napp = Api()\napp.add_middleware(CORSMiddleware, allow_origins=['https://app.example.com'])",
    ] {
        let project = program(code);
        assert_eq!(told(only(&project), APP), OriginAnswer::Echo, "{code}");
        assert_eq!(told(only(&project), EVIL), OriginAnswer::Nothing, "{code}");
        assert_eq!(kinds(&project), [], "{code}");
    }
}

const GUARD: &str = "
@app.middleware('http')
async def guard(request: Request, call_next):
    if 'authorization' not in request.headers:
        return JSONResponse({}, status_code=401)
    return await call_next(request)
";
const CORS: &str = "
app.add_middleware(CORSMiddleware, allow_origins=['https://app.example.com'])
";

#[test]
fn a_parameter_that_nothing_is_done_to_is_no_application() {
    let lifespan = "async def lifespan(_: FastAPI):\n    yield\n\n\n";
    let helper = "def add_cors(app: FastAPI):\n    app.add_middleware(CORSMiddleware, allow_origins=['*'])\n";
    assert_eq!(program(&format!("{lifespan}app = FastAPI(lifespan=lifespan)\n")).servers.len(), 1);
    assert_eq!(program(helper).servers.len(), 1);
}

#[test]
fn what_is_added_last_meets_the_preflight_first() {
    let outside = program(&format!("app = FastAPI(){CORS}{GUARD}"));
    assert_eq!(kinds(&outside), [FaultKind::AnswersPreflight]);
    assert_eq!((outside.faults[0].status, outside.faults[0].name.as_str()), (Some(401), "guard"));
    assert_eq!(kinds(&program(&format!("app = FastAPI(){GUARD}{CORS}"))), []);
}

#[test]
fn a_secret_of_the_environment_is_not_sent_with_a_preflight() {
    let guard =
        GUARD.replace("'authorization' not in request.headers", "request.headers.get('x-key') != os.environ['KEY']");
    assert_eq!(kinds(&program(&format!("app = FastAPI(){CORS}{guard}"))), [FaultKind::AnswersPreflight]);
}

#[test]
fn a_guard_that_passes_options_on_leaves_errors_bare() {
    let guard = GUARD.replace("if ", "if request.method != 'OPTIONS' and ");
    assert_eq!(kinds(&program(&format!("app = FastAPI(){CORS}{guard}"))), [FaultKind::ErrorsWithoutHeaders]);
}

#[test]
fn handlers_of_exceptions_run_outside() {
    let handler = "
@api.exception_handler(Exception)
async def failed(request: Request, exc: Exception):
    return JSONResponse({}, status_code=500)
";
    let added = program(&format!("app = api = FastAPI(){CORS}{handler}"));
    assert_eq!(kinds(&added), [FaultKind::ErrorsWithoutHeaders]);
    assert_eq!(added.faults[0].status, Some(500));
    let disguised = program(&format!("app = api = FastAPI(){CORS}{}", handler.replace("500", "200")));
    assert_eq!(disguised.faults[0].status, Some(200));
    let wrapped =
        format!("api = FastAPI(){handler}\napp = CORSMiddleware(api, allow_origins=['https://app.example.com'])");
    assert_eq!(kinds(&program(&wrapped)), []);
    let own = handler.replace(
        "status_code=500",
        "status_code=500, headers={'Access-Control-Allow-Origin': 'https://app.example.com'}",
    );
    assert_eq!(kinds(&program(&format!("app = api = FastAPI(){CORS}{own}"))), []);
}

#[test]
fn two_of_them_are_one_too_many() {
    let other = CORS.replace("app.example", "admin.example");
    let project = program(&format!("app = FastAPI(){CORS}{other}"));
    let disabled: Vec<bool> = project
        .policies
        .iter()
        .map(|policy| policy.settings.iter().any(|setting| matches!(setting.fault, Fault::Disabled { .. })))
        .collect();
    // The one that was added last is outermost and decides.
    assert_eq!(disabled, [true, false]);
    assert_eq!(told(&project.policies[1], "https://admin.example.com"), OriginAnswer::Echo);
}

#[test]
fn headers_written_by_hand_are_a_policy() {
    let project = program(
        "app = FastAPI()
class Reflect(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        origin = request.headers.get('origin')
        if origin in ['https://app.example.com']:
            response.headers['Access-Control-Allow-Origin'] = origin
            response.headers['Access-Control-Allow-Credentials'] = 'true'
        return response
app.add_middleware(Reflect)
",
    );
    let policy = only(&project);
    assert_eq!(told(policy, APP), OriginAnswer::Echo);
    assert_eq!(told(policy, EVIL), OriginAnswer::Nothing);
    assert_eq!((policy.allow_credentials.value, policy.vary_origin.value), (Known::Yes, Known::No));
}

#[test]
fn what_is_made_and_dropped_is_not_installed() {
    let dropped = program("app = FastAPI()\nCORSMiddleware(app, allow_origins=['https://app.example.com'])\n");
    assert_eq!(kinds(&dropped), [FaultKind::NotInstalled]);
    assert_eq!(only(&dropped).installed, Known::No);
    assert_eq!(kinds(&program("app = FastAPI()\n")), [FaultKind::NotInstalled]);
}

/// A settings class with this body, whose field `origins` is allowed.
fn settings(body: &str, env: &str) -> Project {
    let config = format!(
        "from typing import Annotated
from pydantic import AnyHttpUrl, BeforeValidator, field_validator
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
{body}
settings = Settings()
"
    );
    let main = format!(
        "{IMPORTS}from config import settings
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=[str(o) for o in settings.origins])
"
    );
    read(&[("main.py", &main), ("config.py", &config), (".env.production", env)])
}

#[test]
fn urls_of_pydantic_end_with_a_slash() {
    let env = "ORIGINS=[\"https://app.example.com\"]\n";
    let urls = settings("    origins: list[AnyHttpUrl] = []", env);
    assert_eq!(told(only(&urls), APP), OriginAnswer::Nothing);
    assert_eq!(told(only(&urls), "https://app.example.com/"), OriginAnswer::Echo);
    let texts = settings("    origins: list[str] = []", env);
    assert_eq!(told(only(&texts), APP), OriginAnswer::Echo);
}

#[test]
fn validators_split_texts() {
    let body = "    origins: str = 'https://app.example.com, https://b.example.com'
    @field_validator('origins', mode='before')
    @classmethod
    def cut(cls, v):
        return [o.strip() for o in v.split(',')]";
    let project = settings(body, "OTHER=1\n");
    // The variable itself may say anything, so only the default's text is known.
    assert_eq!(told(only(&project), EVIL), OriginAnswer::Unknown);
    assert!(only(&project).settings.is_empty());
    let known = settings(body, "ORIGINS=https://app.example.com,https://c.example.com\n");
    assert_eq!(told(only(&known), APP), OriginAnswer::Echo);
    assert_eq!(told(only(&known), EVIL), OriginAnswer::Nothing);
}
