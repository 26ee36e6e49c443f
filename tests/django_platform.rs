//! What is seen in Django projects: settings as production loads them, the order of middleware, headers by hand.

use camino::Utf8PathBuf;
use corslint::model::policy::{Fault, Known, MaxAge, Names, OriginAnswer, Policy};
use corslint::model::project::{FaultKind, Project};
use corslint::model::server::Role;
use corslint::model::world::Assume;
use corslint::pipeline::Stated;
use corslint::pipeline::analyse;
use corslint::scan::Scan;

const LISTS: &str = "INSTALLED_APPS = ['corsheaders']
MIDDLEWARE = ['corsheaders.middleware.CorsMiddleware', 'django.middleware.common.CommonMiddleware']
";

fn read(files: &[(&str, &str)]) -> Project {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    analyse(&mut Scan::of_texts(&files), &Stated::default()).project
}

/// One settings module that has the library installed.
fn settings(lines: &str) -> Project {
    read(&[("project/settings.py", &format!("{LISTS}{lines}"))])
}

/// The same with a pinned version of django-cors-headers.
fn pinned(version: &str, lines: &str) -> Project {
    let requirements = format!("django-cors-headers=={version}\n");
    read(&[("requirements.txt", &requirements), ("project/settings.py", &format!("{LISTS}{lines}"))])
}

fn only(project: &Project) -> &Policy {
    assert_eq!(project.policies.len(), 1);
    &project.policies[0]
}

fn allows(project: &Project, origin: &str) -> Known {
    only(project).allow_origin.allows(origin, &Assume::Production)
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

/// Names of settings with the kind of their fault.
fn faults(project: &Project) -> Vec<String> {
    let told = |fault: &Fault| match fault {
        Fault::Unread { meant, .. } => format!("unread, {}", meant.as_deref().unwrap_or("nothing")),
        Fault::Renamed { to, .. } => format!("renamed, {to}"),
        Fault::Disabled { by, .. } => format!("disabled, {}", by.value),
        Fault::TextForList { .. } => "text".to_owned(),
    };
    only(project).settings.iter().map(|one| format!("{}: {}", one.name.value, told(&one.fault))).collect()
}

#[test]
fn defaults_of_the_library() {
    let project = settings("CORS_ALLOWED_ORIGINS = ['https://app.example.com']");
    let policy = only(&project);
    assert_eq!(allows(&project, "https://app.example.com"), Known::Yes);
    assert_eq!(allows(&project, "https://evil.example"), Known::No);
    assert_eq!(policy.allow_credentials.value, Known::No);
    assert_eq!(policy.max_age.value, MaxAge::Seconds(86_400.0));
    assert_eq!(names(&policy.allow_methods.value), ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]);
    assert_eq!(names(&policy.allow_headers.value).len(), 6);
    assert_eq!((policy.installed, policy.vary_origin.value), (Known::Yes, Known::Yes));
    assert_eq!((kinds(&project), faults(&project)), (Vec::new(), Vec::new()));
    let roles: Vec<Role> = project.servers[0].handlers.iter().map(|handler| handler.role).collect();
    // The routes behind the middleware are not followed by a check, but they are there.
    assert_eq!(roles, [Role::Cors(0), Role::Other, Role::Route]);
}

#[test]
fn older_versions_allow_more_headers() {
    let project = pinned("3.14.0", "CORS_ALLOW_ALL_ORIGINS = True");
    assert!(names(&only(&project).allow_headers.value).contains(&"accept-encoding"));
}

#[test]
fn lists_of_the_library_are_extended() {
    let project = settings(
        "from corsheaders.defaults import default_headers, default_methods
CORS_ALLOW_HEADERS = (*default_headers, 'x-tenant')
CORS_ALLOW_METHODS = list(default_methods) + ['PURGE']
CORS_PREFLIGHT_MAX_AGE = 0
CORS_URLS_REGEX = r'^/api/.*$'",
    );
    let policy = only(&project);
    assert_eq!(names(&policy.allow_headers.value).last(), Some(&"x-tenant"));
    assert_eq!(names(&policy.allow_methods.value).len(), 7);
    assert_eq!(policy.max_age.value, MaxAge::Missing, "with 0 the header is not sent");
    assert_eq!(policy.paths.iter().map(|path| &*path.value).collect::<Vec<_>>(), ["^/api/.*$"]);
}

#[test]
fn origins_are_compared_by_scheme_and_host() {
    let project =
        settings("CORS_ALLOWED_ORIGINS = [' https://a.example.com', 'https://b.example.com/', 'c.example.com']");
    assert_eq!(allows(&project, "https://a.example.com"), Known::Yes);
    assert_eq!(allows(&project, "https://b.example.com"), Known::Yes);
    assert_eq!(allows(&project, "https://c.example.com"), Known::No);
    // A text with neither scheme nor host equals `null`, which is the fault of the text.
    assert_eq!(allows(&project, "null"), Known::Unknown);
    let project = settings("CORS_ALLOWED_ORIGINS = ['https://A.example.com', 'https://b.example.com:443']");
    assert_eq!(allows(&project, "https://a.example.com"), Known::No);
    assert_eq!(allows(&project, "https://b.example.com"), Known::No);
}

#[test]
fn expressions_match_from_the_start() {
    let project = settings("import re\nCORS_ALLOWED_ORIGIN_REGEXES = [re.compile(r'https://\\w+\\.example\\.com')]");
    assert_eq!(allows(&project, "https://a.example.com"), Known::Yes);
    assert_eq!(allows(&project, "https://a.example.com.evil.test"), Known::Yes);
    assert_eq!(allows(&project, "evil://https://a.example.com"), Known::No);
}

#[test]
fn one_text_is_read_by_its_characters() {
    let project = settings("CORS_ALLOWED_ORIGIN_REGEXES = r'^https://.*\\.example\\.com$'");
    assert_eq!(faults(&project), ["CORS_ALLOWED_ORIGIN_REGEXES: text"]);
    assert_eq!(allows(&project, "https://evil.example"), Known::Yes, "the dot alone matches everybody");
    let project = settings("CORS_ALLOWED_ORIGINS = ('https://app.example.com')");
    assert_eq!(faults(&project), ["CORS_ALLOWED_ORIGINS: text"]);
    assert_eq!(allows(&project, "https://app.example.com"), Known::No);
}

#[test]
fn allow_all_takes_lists_their_effect() {
    let project = settings(
        "CORS_ALLOW_ALL_ORIGINS = True\nCORS_ALLOWED_ORIGINS = ['https://a.example']\nCORS_ALLOW_CREDENTIALS = True",
    );
    let policy = only(&project);
    assert_eq!(policy.allow_origin.ask_origin("https://x.test", &Assume::Production).0, OriginAnswer::Wildcard);
    assert!(policy.star_reflects_with_credentials);
    assert_eq!(faults(&project), ["CORS_ALLOWED_ORIGINS: disabled, CORS_ALLOW_ALL_ORIGINS"]);
}

#[test]
fn names_by_version() {
    let list = "CORS_ORIGIN_WHITELIST = ['https://a.example']";
    assert_eq!(faults(&pinned("4.9.0", list)), ["CORS_ORIGIN_WHITELIST: renamed, CORS_ALLOWED_ORIGINS"]);
    assert_eq!(faults(&pinned("3.4.0", list)), Vec::<String>::new());
    let list = "CORS_ALLOWED_ORIGINS = ['https://a.example']";
    assert_eq!(faults(&pinned("3.4.0", list)), ["CORS_ALLOWED_ORIGINS: unread, CORS_ORIGIN_WHITELIST"]);
    let both = "CORS_ALLOWED_ORIGINS = ['https://a.example']\nCORS_ORIGIN_WHITELIST = ";
    assert_eq!(
        faults(&settings(&format!("{both}['https://b.example']"))),
        ["CORS_ORIGIN_WHITELIST: disabled, CORS_ALLOWED_ORIGINS"]
    );
    assert_eq!(faults(&settings(&format!("{both}CORS_ALLOWED_ORIGINS"))), Vec::<String>::new(), "for both versions");
    let removed = "CORS_ALLOW_ALL_ORIGINS = True\nCORS_REPLACE_HTTPS_REFERER = True";
    assert_eq!(faults(&pinned("4.0.0", removed)), ["CORS_REPLACE_HTTPS_REFERER: unread, nothing"]);
    assert_eq!(faults(&pinned("3.14.0", removed)), Vec::<String>::new());
}

#[test]
fn names_nobody_reads() {
    assert_eq!(
        faults(&settings("CORS_EXPOSED_HEADERS = ['x-total']\nCORS_ALLOW_CREDENTIAL = True")),
        ["CORS_EXPOSED_HEADERS: unread, CORS_EXPOSE_HEADERS", "CORS_ALLOW_CREDENTIAL: unread, CORS_ALLOW_CREDENTIALS"]
    );
    let own = "CORS_ORIGINS = ['https://a.example']\nCORS_ALLOWED_ORIGINS = CORS_ORIGINS";
    assert_eq!(faults(&settings(own)), Vec::<String>::new(), "a name that is used is the project's own");
    assert_eq!(
        faults(&settings("CORS_ALLOW_ALL_ORIGINS: True")),
        ["CORS_ALLOW_ALL_ORIGINS: unread, CORS_ALLOW_ALL_ORIGINS ="]
    );
}

#[test]
fn debug_is_not_production() {
    let project = settings(
        "DEBUG = True\nCORS_ALLOW_ALL_ORIGINS = DEBUG\nif DEBUG:\n    CORS_ALLOWED_ORIGINS = ['http://localhost:3000']\nelse:\n    CORS_ALLOWED_ORIGINS = ['https://app.example.com']",
    );
    assert_eq!(allows(&project, "https://evil.example"), Known::No);
    assert_eq!(allows(&project, "http://localhost:3000"), Known::No);
    assert_eq!(allows(&project, "https://app.example.com"), Known::Yes);
}

#[test]
fn production_is_judged_once() {
    let base = format!("{LISTS}CORS_ALLOWED_ORIGINS = ['http://localhost:3000']\n");
    let project = read(&[
        ("project/settings/base.py", &base),
        ("project/settings/dev.py", "from .base import *\nDEBUG = True\nCORS_ALLOW_ALL_ORIGINS = True\n"),
        ("project/settings/mine.py", "from .base import *\nDEBUG = True\nCORS_ALLOW_ALL_ORIGINS = True\n"),
        (
            "project/settings/staging.py",
            "from .base import *\nCORS_ALLOWED_ORIGINS = ['https://staging.example.com']\n",
        ),
        ("project/settings/production.py", "from .base import *\nCORS_ALLOWED_ORIGINS = ['https://app.example.com']\n"),
    ]);
    assert_eq!(allows(&project, "https://app.example.com"), Known::Yes);
    assert_eq!(allows(&project, "http://localhost:3000"), Known::No);
    assert_eq!(project.servers.iter().map(|server| &*server.name).collect::<Vec<_>>(), ["production.py"]);
    assert_eq!(project.servers[0].handlers.len(), 3);
}

#[test]
fn fragments_are_included() {
    let project = read(&[
        (
            "project/settings/__init__.py",
            "from split_settings.tools import include, optional\ninclude('components/*.py', optional('local.py'))\n",
        ),
        ("project/settings/components/base.py", LISTS),
        ("project/settings/components/cors.py", "CORS_ALLOWED_ORIGINS = ['https://app.example.com']\n"),
        ("project/settings/local.py", "CORS_ALLOW_ALL_ORIGINS = True\n"),
    ]);
    assert_eq!(allows(&project, "https://app.example.com"), Known::Yes);
    assert_eq!(allows(&project, "https://evil.example"), Known::No);
    assert_eq!(only(&project).installed, Known::Yes);
}

#[test]
fn constants_of_other_programs_are_no_settings() {
    let project = read(&[
        ("requirements.txt", "fastapi\n"),
        ("app/settings.py", "CORS_ALLOWED_ORIGINS = ['*']\nCORS_ORIGINS = 'https://a.example'\n"),
        ("app/cors.py", "CORS_ALLOWED_ORIGINS = '*'\nclass Cors:\n    pass\n"),
    ]);
    assert!(project.policies.is_empty());
}

#[test]
fn what_stands_in_front() {
    let order = |before: &str| {
        let lists = format!(
            "INSTALLED_APPS = ['corsheaders']\nMIDDLEWARE = [{before}, 'corsheaders.middleware.CorsMiddleware']\nCORS_ALLOW_ALL_ORIGINS = True\n"
        );
        let middleware = "from django.http import JsonResponse
from django.shortcuts import redirect
class Token:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        if 'HTTP_AUTHORIZATION' not in request.META:
            return JsonResponse({}, status=401)
        return self.get_response(request)
class Polite(Token):
    def __call__(self, request):
        if request.method == 'OPTIONS':
            return self.get_response(request)
        return super().__call__(request)
class View:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
    def process_view(self, request, view, args, kwargs):
        return redirect('/login')
def login(get_response):
    def middleware(request):
        if not request.user.is_authenticated:
            return redirect('/login')
        return get_response(request)
    return middleware
";
        let project = read(&[("project/settings.py", &lists), ("project/middleware.py", middleware)]);
        project.faults.iter().map(|fault| (fault.kind, fault.status)).collect::<Vec<_>>()
    };
    assert_eq!(order("'django.middleware.common.CommonMiddleware'"), [(FaultKind::CorsTooLateMinor, None)]);
    assert_eq!(order("'whitenoise.middleware.WhiteNoiseMiddleware'"), [(FaultKind::CorsTooLateMinor, None)]);
    assert_eq!(order("'django.middleware.security.SecurityMiddleware'"), []);
    assert_eq!(order("'project.middleware.Token'"), [(FaultKind::AnswersPreflight, Some(401))]);
    assert_eq!(order("'project.middleware.login'"), [(FaultKind::AnswersPreflight, Some(302))]);
    assert_eq!(order("'project.middleware.Polite'"), []);
    // It runs when the view is known: after every middleware of the list.
    assert_eq!(order("'project.middleware.View'"), []);
    assert_eq!(order("'django.contrib.auth.middleware.LoginRequiredMiddleware'"), []);
}

#[test]
fn not_in_force() {
    let without = |apps: &str, middleware: &str| {
        let text = format!(
            "INSTALLED_APPS = {apps}\nMIDDLEWARE = {middleware}\nCORS_ALLOWED_ORIGINS = ['https://a.example']\n"
        );
        let project = read(&[("project/settings.py", &text)]);
        (kinds(&project), only(&project).installed)
    };
    assert_eq!(
        without("['corsheaders']", "['django.middleware.common.CommonMiddleware']"),
        (vec![FaultKind::NotInstalled], Known::No)
    );
    assert_eq!(without("['corsheaders']", "load()"), (vec![], Known::Unknown));
    let cors = "['corsheaders.middleware.CorsMiddleware']";
    assert_eq!(without("['django.contrib.auth']", cors), (vec![FaultKind::HalfInstalled], Known::Yes));
    assert_eq!(without("['django.contrib.auth'] + load()", cors), (vec![], Known::Yes));
}

#[test]
fn a_class_that_extends_the_library_s() {
    let project = read(&[
        (
            "project/middleware.py",
            "from corsheaders.middleware import CorsMiddleware\nclass Tenants(CorsMiddleware):\n    pass\n",
        ),
        (
            "project/settings.py",
            "INSTALLED_APPS = ['corsheaders']\nMIDDLEWARE = ['project.middleware.Tenants']\nCORS_ALLOWED_ORIGINS = ['https://a.example']\n",
        ),
    ]);
    assert_eq!((kinds(&project), only(&project).installed), (vec![], Known::Yes));
}

/// A project whose own middleware does this with a request.
fn by_hand(body: &str) -> Project {
    let middleware = format!(
        "from django.http import HttpResponse\nfrom django.utils.deprecation import MiddlewareMixin\nclass Allow(MiddlewareMixin):\n{body}\n"
    );
    read(&[("project/http.py", &middleware), ("project/settings.py", "MIDDLEWARE = ['project.http.Allow']\n")])
}

#[test]
fn headers_by_hand() {
    let project = by_hand(
        "    def process_response(self, request, response):
        response['Access-Control-Allow-Origin'] = request.META.get('HTTP_ORIGIN')
        response['Access-Control-Allow-Credentials'] = 'true'
        return response",
    );
    let policy = only(&project);
    assert_eq!(&*policy.library, "headers");
    assert_eq!(policy.allow_origin.ask_origin("https://x.test", &Assume::Production).0, OriginAnswer::Echo);
    assert_eq!((policy.allow_credentials.value, policy.vary_origin.value), (Known::Yes, Known::No));
}

#[test]
fn preflights_answered_by_hand() {
    let answer = |status: u16, lines: &str| {
        by_hand(&format!(
            "    def __call__(self, request):
        if request.method == 'OPTIONS':
            response = HttpResponse(status={status})
        else:
            response = self.get_response(request)
        response['Access-Control-Allow-Origin'] = '*'
{lines}        return response"
        ))
    };
    let methods = "        response['Access-Control-Allow-Methods'] = 'GET, PUT'\n";
    assert_eq!(kinds(&answer(405, methods)), [FaultKind::PreflightStatus]);
    assert_eq!(kinds(&answer(204, "")), [FaultKind::PreflightHeaders]);
    assert_eq!(kinds(&answer(204, methods)), []);
}

#[test]
fn hosts_of_the_project() {
    let project = settings(
        "ALLOWED_HOSTS = ['www.example.com']\nFRONTEND_URL = 'https://example.com'\nCORS_ALLOWED_ORIGINS = [FRONTEND_URL]",
    );
    assert_eq!(
        project.hosts.iter().map(|host| &*host.value).collect::<Vec<_>>(),
        ["www.example.com", "https://example.com"]
    );
}
