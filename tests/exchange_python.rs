//! What Django and Starlette servers answer, read from small programs. Whole recorded projects are in `tests/truth.rs`; here
//! stands what is subtle. What is expected follows the frameworks' sources, as the platforms name them.

use camino::Utf8PathBuf;
use corslint::eval::environment::Stated;
use corslint::fetch::route::{Asked, route};
use corslint::model::project::Project;
use corslint::model::world::{Assume, Request};
use corslint::pipeline::analyse;
use corslint::scan::Scan;

const APP: &str = "https://app.example.com";

fn read(files: &[(&str, &str)]) -> Project {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    analyse(&mut Scan::of_texts(&files), &Stated { closed: true, ..Stated::default() }).project
}

/// `200 access-control-allow-origin=*; vary=origin`, or why nobody knows.
fn told(project: &Project, request: &Request) -> String {
    let asked = Asked { assume: &Assume::Production, routes_answer: None };
    match route(project, request, asked).outcome.answer() {
        Err(why) => format!("unknown: {why}"),
        Ok(answer) => {
            let mut lines: Vec<String> = answer
                .headers
                .iter()
                .map(|(name, values)| format!("{}={}", name.to_lowercase(), values.join(" | ")))
                .filter(|line| line.starts_with("access-control-") || line.starts_with("vary"))
                .collect();
            lines.sort();
            format!("{} {}", answer.status, lines.join("; ")).trim_end().to_owned()
        }
    }
}

fn get(path: &str) -> Request {
    Request::new("GET", path).with("origin", APP).sent_with("http")
}

fn preflight(path: &str, method: &str) -> Request {
    Request::new("OPTIONS", path).with("origin", APP).with("access-control-request-method", method).sent_with("http")
}

const IMPORTS: &str = "from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
";
const CORS: &str =
    "app.add_middleware(CORSMiddleware, allow_origins=['https://app.example.com'], allow_methods=['*'])\n";

fn fastapi(code: &str) -> Project {
    read(&[("main.py", &format!("{IMPORTS}app = FastAPI()\n{code}"))])
}

const ALLOWED: &str = "access-control-allow-origin=https://app.example.com; vary=Origin";

#[test]
fn errors_caught_by_middleware_are_answers_to_those_outside() {
    let project = fastapi(&format!(
        "@app.middleware('http')
async def catch(request: Request, call_next):
    try:
        response = await call_next(request)
    except Exception:
        return JSONResponse({{}}, status_code=503)
    return response
{CORS}
@app.get('/boom')
def boom():
    raise RuntimeError('boom')
"
    ));
    assert_eq!(told(&project, &get("/boom")), format!("503 {ALLOWED}"));
}

#[test]
fn errors_leave_without_headers_unless_the_application_is_wrapped() {
    let boom = "@app.get('/boom')\ndef boom():\n    raise RuntimeError('boom')\n";
    assert_eq!(told(&fastapi(&format!("{CORS}{boom}")), &get("/boom")), "500");
    let wrapped = format!("{boom}app = CORSMiddleware(app, allow_origins=['https://app.example.com'])\n");
    assert_eq!(told(&fastapi(&wrapped), &get("/boom")), format!("500 {ALLOWED}"));
    let handled = "@app.exception_handler(Exception)
async def on_error(request, error):
    return JSONResponse({}, status_code=503)
";
    assert_eq!(told(&fastapi(&format!("{CORS}{handled}{boom}")), &get("/boom")), "503");
}

#[test]
fn exceptions_go_to_the_handler_of_their_class() {
    let project = fastapi(&format!(
        "{CORS}
class Teapot(Exception):
    pass

@app.exception_handler(Teapot)
async def teapot(request: Request, error: Teapot):
    return JSONResponse({{}}, status_code=418)

@app.exception_handler(404)
async def missing(request, error):
    return JSONResponse({{}}, status_code=404)

@app.get('/tea')
def tea():
    raise Teapot()

@app.get('/gone')
def gone():
    raise HTTPException(410, headers={{'Access-Control-Expose-Headers': 'X-Why'}})
"
    ));
    assert_eq!(told(&project, &get("/tea")), format!("418 {ALLOWED}"));
    let gone =
        "410 access-control-allow-origin=https://app.example.com; access-control-expose-headers=X-Why; vary=Origin";
    assert_eq!(told(&project, &get("/gone")), gone);
    // Its own handler may answer anything.
    assert!(told(&project, &get("/nowhere")).starts_with("unknown"));
}

#[test]
fn a_mounted_application_has_its_own_middleware_and_answers_everything_below() {
    let project = read(&[(
        "main.py",
        &format!(
            "{IMPORTS}app = FastAPI()\n{CORS}
api = FastAPI()
api.add_middleware(CORSMiddleware, allow_origins=['*'])

@api.get('/items')
def items():
    return []

@api.get('/boom')
def boom():
    raise RuntimeError('boom')

@app.post('/api/items')
def shadowed():
    return {{}}

app.mount('/api', api)
"
        ),
    )]);
    assert_eq!(
        told(&project, &get("/api/items")),
        "200 access-control-allow-origin=https://app.example.com; vary=Origin, Origin"
    );
    // What fails inside is an answer to the application around it.
    assert_eq!(told(&project, &get("/api/boom")), format!("500 {ALLOWED}"));
    assert_eq!(
        told(&project, &get("/api/nowhere")),
        "404 access-control-allow-origin=https://app.example.com; vary=Origin, Origin"
    );
    assert_eq!(told(&project, &get("/api")), format!("307 {ALLOWED}"));
}

#[test]
fn what_a_signature_asks_for_comes_first() {
    let project = fastapi(&format!(
        "{CORS}
from fastapi.security import OAuth2PasswordBearer
oauth = OAuth2PasswordBearer(tokenUrl='token')

def key(request: Request):
    if 'x-api-key' not in request.headers:
        raise HTTPException(403)

router = APIRouter(prefix='/items', dependencies=[Depends(key)])

@router.put('/{{pk}}', status_code=202)
def item(pk: int):
    return {{}}

@router.get('')
def items(q: str):
    return []

@app.get('/me')
def me(token: str = Depends(oauth)):
    return {{}}

app.include_router(router, prefix='/v1')
"
    ));
    let put = Request::new("PUT", "/v1/items/7").with("origin", APP).sent_with("http");
    assert_eq!(told(&project, &put), format!("403 {ALLOWED}"));
    assert_eq!(told(&project, &put.clone().with("x-api-key", "k")), format!("202 {ALLOWED}"));
    let no_number = Request { path: "/v1/items/seven".to_owned(), ..put.with("x-api-key", "k") };
    assert!(told(&project, &no_number).starts_with("unknown"));
    assert!(told(&project, &get("/v1/items").with("x-api-key", "k")).starts_with("unknown"));
    assert_eq!(told(&project, &get("/me")), format!("401 {ALLOWED}"));
    assert_eq!(told(&project, &get("/docs")), format!("200 {ALLOWED}"));
}

#[test]
fn versions_of_starlette_differ() {
    let code = format!(
        "{IMPORTS}app = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=['*'], allow_credentials=True)\n"
    );
    let pinned = |version: &str| read(&[("requirements.txt", &format!("starlette=={version}\n")), ("main.py", &code)]);
    let credentials = "access-control-allow-credentials=true; access-control-allow-origin";
    assert_eq!(told(&pinned("0.27.0"), &get("/x")), format!("404 {credentials}=*"));
    let with_cookie = get("/x").with("cookie", "a=b");
    assert_eq!(told(&pinned("0.27.0"), &with_cookie), format!("404 {credentials}={APP}; vary=Origin"));
    assert_eq!(told(&pinned("1.0.0"), &get("/x")), format!("404 {credentials}={APP}; vary=Origin"));
    let stranger = Request::new("GET", "/x");
    assert_eq!(told(&pinned("1.6.0"), &stranger), "404");
    assert_eq!(told(&pinned("1.7.0"), &stranger), "404 vary=Origin");
}

const SETTINGS: &str = "ROOT_URLCONF = 'site.urls'
CORS_ALLOWED_ORIGINS = ['https://app.example.com']
";
const GRANTED: &str = "access-control-allow-origin=https://app.example.com";

/// A project with these middleware, between the session's and the end of the list.
fn django(middleware: &str, settings: &str, urls: &str, views: &str) -> Project {
    let lists = format!(
        "INSTALLED_APPS = ['corsheaders']\nMIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware', \
'corsheaders.middleware.CorsMiddleware', {middleware}\
'django.contrib.auth.middleware.AuthenticationMiddleware']\n"
    );
    let urls =
        format!("from django.urls import include, path, re_path\nfrom site import views\nurlpatterns = [{urls}]\n");
    let views = format!("from django.http import Http404, HttpResponse, JsonResponse\n{views}");
    read(&[
        ("site/settings.py", &format!("{lists}{SETTINGS}{settings}")),
        ("site/urls.py", &urls),
        ("site/views.py", &views),
    ])
}

#[test]
fn views_of_django_answer_by_method_and_path() {
    let project = django(
        "'django.middleware.common.CommonMiddleware', 'django.middleware.csrf.CsrfViewMiddleware',",
        "",
        "path('items/<int:pk>/', views.Item.as_view()), re_path(r'^(?P<slug>[a-z]+)/about$', views.about)",
        "from django.views import View
from django.views.decorators.http import require_GET

class Item(View):
    def get(self, request, pk):
        raise Http404
    def put(self, request, pk):
        return JsonResponse({})

@require_GET
def about(request, slug):
    return HttpResponse('x', status=203)
",
    );
    assert_eq!(told(&project, &get("/items/1/")), format!("404 {GRANTED}; vary=origin"));
    assert_eq!(told(&project, &get("/items/1")), format!("301 {GRANTED}; vary=origin"));
    assert_eq!(told(&project, &get("/items/x")), format!("404 {GRANTED}; vary=origin"));
    assert_eq!(told(&project, &get("/me/about")), format!("203 {GRANTED}; vary=origin"));
    // Without a token nothing is changed; with a cookie there may be one.
    let put = Request::new("PUT", "/items/1/").with("origin", APP).sent_with("http");
    assert_eq!(told(&project, &put), format!("403 {GRANTED}; vary=origin"));
    assert!(told(&project, &put.with("cookie", "csrftoken=x")).starts_with("unknown"));
    let delete = Request::new("HEAD", "/me/about").with("origin", APP).sent_with("http");
    assert_eq!(told(&project, &delete), format!("405 {GRANTED}; vary=origin"));
    assert!(told(&project, &preflight("/items/1/", "PUT")).starts_with("200 "));
}

#[test]
fn a_session_that_is_read_makes_the_answer_vary() {
    let views = "def items(request):\n    if request.user.is_authenticated:\n        return HttpResponse('you')\n    return HttpResponse('who')\n
def other(request):\n    return HttpResponse('x')\n";
    let project = django("", "", "path('items', views.items), path('other', views.other)", views);
    assert_eq!(told(&project, &get("/items")), format!("200 {GRANTED}; vary=origin, Cookie"));
    assert_eq!(told(&project, &get("/other")), format!("200 {GRANTED}; vary=origin"));
    // The library answers before a view is asked.
    assert!(told(&project, &preflight("/items", "PUT")).ends_with("vary=origin"));
}

#[test]
fn a_redirect_to_https_is_for_what_came_without() {
    let settings = "SECURE_SSL_REDIRECT = True\nSECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')\n";
    let project = django(
        "'django.middleware.security.SecurityMiddleware',",
        settings,
        "path('items', views.items)",
        "def items(request):\n    return HttpResponse('x')\n",
    );
    assert_eq!(told(&project, &get("/items")), format!("301 {GRANTED}; vary=origin"));
    let behind_proxy = get("/items").with("x-forwarded-proto", "https");
    assert_eq!(told(&project, &behind_proxy), format!("200 {GRANTED}; vary=origin"));
    let unsaid = Request::new("GET", "/items").with("origin", APP);
    assert!(told(&project, &unsaid).starts_with("unknown"));
}

#[test]
fn what_process_request_answers_passes_through_process_response() {
    let files = [
        ("site/settings.py", "MIDDLEWARE = ['site.mine.Refuse']\nROOT_URLCONF = 'site.urls'\n"),
        ("site/urls.py", "urlpatterns = []\n"),
        (
            "site/mine.py",
            "from django.http import HttpResponse
from django.utils.deprecation import MiddlewareMixin

class Refuse(MiddlewareMixin):
    def process_request(self, request):
        if request.path == '/private':
            return HttpResponse(status=403)

    def process_response(self, request, response):
        response['Access-Control-Allow-Origin'] = '*'
        if response.status_code == 404:
            return HttpResponse('nothing', status=410)
        return response
",
        ),
    ];
    let project = read(&files);
    assert_eq!(told(&project, &get("/private")), "403 access-control-allow-origin=*");
    assert_eq!(told(&project, &get("/nowhere")), "410");
}

#[test]
fn rest_framework_asks_for_a_proof_before_the_view() {
    let views = "from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

class Items(APIView):
    permission_classes = [IsAuthenticated]
    def get(self, request):
        return Response([])

class Open(APIView):
    permission_classes = []
    def post(self, request):
        return Response({}, status=201)
";
    let urls = "path('items', views.Items.as_view()), path('open', views.Open.as_view())";
    let basic =
        "REST_FRAMEWORK = {'DEFAULT_AUTHENTICATION_CLASSES': ['rest_framework.authentication.BasicAuthentication']}\n";
    let project = django("", basic, urls, views);
    assert_eq!(told(&project, &get("/items")), format!("401 {GRANTED}; vary=Accept, origin"));
    let post = Request::new("POST", "/open").with("origin", APP).sent_with("http");
    assert_eq!(told(&project, &post), format!("201 {GRANTED}; vary=Accept, origin"));
    assert_eq!(told(&project, &get("/open")), format!("405 {GRANTED}; vary=Accept, origin"));
    let proof = get("/items").with("authorization", "Basic eDp5");
    assert!(told(&project, &proof).starts_with("unknown"));
    // By default the session is asked first, and it has no way to ask for a proof.
    let project = django("", "", urls, views);
    assert_eq!(told(&project, &get("/items")), format!("403 {GRANTED}; vary=Accept, origin, Cookie"));
}

#[test]
fn what_is_not_understood_is_not_answered() {
    let project = django(
        "",
        "",
        "path('admin/', admin.site.urls), path('mine', views.mine), path('ours', login(views.mine))",
        "def mine(request):\n    return HttpResponse('x')\n",
    );
    for path in ["/admin/users", "/ours"] {
        assert!(told(&project, &get(path)).starts_with("unknown"), "{path}");
    }
    assert_eq!(told(&project, &get("/mine")), format!("200 {GRANTED}; vary=origin"));
    let project =
        django("'somebody.elses.Middleware',", "", "path('mine', views.mine)", "def mine(request):\n    pass\n");
    assert!(told(&project, &get("/mine")).starts_with("unknown"));
}
