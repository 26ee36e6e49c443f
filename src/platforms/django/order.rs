//! The middleware list: what stands before CORS, and whether CORS is in force.

use camino::Utf8Path;

use super::super::express::order::{certain_answer, preflight_request, reached};
use super::super::manual;
use super::super::packages::Packages;
use super::super::values::in_production;
use super::middleware;
use super::policy::allows_somebody;
use super::rest::Rest;
use super::settings::{Settings, mentions_cors};
use super::stock;
use super::urls::{self, Routes};
use super::views::Surroundings;
use crate::eval::Interp;
use crate::eval::value::{Item, List, Value};
use crate::model::condition::Formula;
use crate::model::policy::Known;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, Failing, Handler, Role, Scope, Server, Slashes, Unanswered};
use crate::model::world::{Assume, Situation};
use crate::source::{Span, Spanned};

/// Adds the server of a settings module, the policies that its own middleware writes by hand, and the faults of its order.
pub(super) fn add(
    run: &mut Interp<'_>,
    packages: &Packages,
    settings: &Settings,
    library: Option<usize>,
    project: &mut Project,
) {
    let middleware = settings.get(run, "MIDDLEWARE").or_else(|| settings.get(run, "MIDDLEWARE_CLASSES"));
    let apps = settings.get(run, "INSTALLED_APPS");
    let list = middleware.as_ref().and_then(|value| in_production(value).as_list().cloned());
    let from = run.module_path(settings.module).to_owned();
    let items: Vec<Item> = list
        .iter()
        .flat_map(|list| list.items.iter().cloned())
        .filter(|item| item.when.eval(&Situation::of(&Assume::Production)) != Some(false))
        .collect();
    let mut routes = routes(run, packages, settings, &items);
    let mut handlers = Vec::new();
    for item in &items {
        let mut made = handler(run, item, library, &from, project);
        if let (Some(handler), Some(name)) = (&mut made, item.value.as_str())
            && let Some(effects) = stock::effects(run, settings, name, &routes, item.value.span)
        {
            handler.effects = effects;
            handler.understood = true;
            // The library's second middleware of old only restores a header of the request.
            if matches!(handler.role, Role::Cors(_)) {
                handler.role = Role::Other;
            }
        }
        handlers.extend(made);
    }
    sessions_read_behind(&mut handlers, project);
    let complete = list.as_ref().is_some_and(|list| !list.open && items.len() == handlers.len());
    let index = project.servers.len();
    let cors = handlers.iter().position(|handler| matches!(handler.role, Role::Cors(_)));
    match (cors, library) {
        (Some(cors), _) => order(&handlers, cors, project),
        (None, Some(library)) if complete && settings.get(run, "MIDDLEWARE").is_some() => {
            missing(run, settings, library, list.as_deref(), project);
        }
        (None, Some(_)) => {}
        // Without a grant nothing is to be said, but to whoever asks for an answer.
        (None, None) if !run.environment().closed => return,
        (None, None) => {}
    }
    if let (Some(_), Some(apps), Some(_)) = (cors, &apps, library) {
        app_missing(apps, &handlers, cors, project);
    }
    for handler in &handlers {
        own_preflight(handler, project);
        if let Role::Cors(policy) = handler.role {
            project.policies[policy].installed = Known::Yes;
            project.policies[policy].server = Some(index);
        }
    }
    if let Some(library) = library {
        project.policies[library].server = Some(index);
    }
    let name = run.module_path(settings.module).file_name().unwrap_or("settings").to_owned();
    let unanswered = if routes.own_errors { Unanswered::Unknown } else { Unanswered::NotFound };
    handlers.append(&mut routes.handlers);
    project.servers.push(Server {
        complete,
        onion: true,
        failing: if routes.own_errors { Failing::Unknown } else { Failing::Inside },
        unanswered,
        slashes: Slashes::Counted,
        ..Server::new("django", name, settings.span, handlers)
    });
}

/// What answers inside of the session's middleware, before a view is asked, keeps the session from being read.
fn sessions_read_behind(handlers: &mut [Handler], project: &Project) {
    let Some(at) = handlers.iter().position(|handler| handler.name == "SessionMiddleware") else { return };
    let mut answers = Vec::new();
    for handler in &handlers[at + 1..] {
        let effects = match handler.role {
            Role::Cors(policy) if handler.effects.is_empty() => &project.policies[policy].effects,
            _ => &handler.effects,
        };
        for guarded in effects {
            match guarded.effect {
                Effect::Answer(_) | Effect::Fail => answers.push(guarded.when.clone()),
                Effect::Next if guarded.when == Formula::True => break,
                _ => {}
            }
        }
    }
    let reached = Formula::any(answers).negated();
    for guarded in &mut handlers[at].effects {
        if matches!(guarded.effect, Effect::Merge(..)) {
            guarded.when = guarded.when.clone().and(reached.clone());
        }
    }
}

/// The routes behind the middleware. They are followed only for whoever asks for an answer: no check looks behind a
/// middleware list, and the views of a large project are most of its code.
fn routes(run: &mut Interp<'_>, packages: &Packages, settings: &Settings, items: &[Item]) -> Routes {
    if !run.environment().closed {
        return Routes::unknown(settings.span);
    }
    let listed = |wanted: &str| items.iter().any(|item| item.value.as_str().is_some_and(|text| &**text == wanted));
    let path = run.module_path(settings.module).to_owned();
    let users = listed("django.contrib.auth.middleware.AuthenticationMiddleware");
    let sessions = users && listed("django.contrib.sessions.middleware.SessionMiddleware");
    let older = packages.newest("django", &path).is_some_and(|version| version < (5, 1));
    let around = Surroundings {
        csrf: listed("django.middleware.csrf.CsrfViewMiddleware"),
        sessions,
        errors_read_session: older,
        rest: Rest::of(run, settings),
    };
    urls::routes(run, settings, &around)
}

/// One entry of the middleware list; code of the project's own is run.
fn handler(
    run: &mut Interp<'_>,
    item: &Item,
    library: Option<usize>,
    from: &Utf8Path,
    project: &mut Project,
) -> Option<Handler> {
    let (value, text) = (&item.value, item.value.as_str()?);
    let last = text.rsplit('.').next().unwrap_or(text);
    let mut handler = Handler {
        role: Role::Other,
        name: last.to_owned(),
        span: value.span,
        when: item.when.clone(),
        scope: Scope::everything(),
        effects: Vec::new(),
        understood: false,
    };
    let handled = middleware::handle(run, text, from);
    let by_name = handled.is_none() && text.to_lowercase().contains("cors");
    if by_name || handled.as_ref().is_some_and(|handled| handled.extends_library) {
        // Somebody else's class that speaks of CORS may extend the library's.
        handler.role = library.map_or(Role::Other, Role::Cors);
        handler.understood = library.is_some() && &**text == "corsheaders.middleware.CorsMiddleware";
    } else if let Some(handled) = handled {
        handler.effects = handled.effects;
        handler.understood = handled.understood;
        let origin = manual::Origin { platform: "django", place: last.to_owned(), span: value.span };
        if let Some(policy) = manual::policy(&handler.effects, origin) {
            handler.role = Role::Cors(project.policies.len());
            project.policies.push(policy);
        } else if matches!(certain_answer(&handler, &preflight_request()), Some((Some(401 | 403 | 302), _))) {
            handler.role = Role::Auth;
        }
    } else if last == "WhiteNoiseMiddleware" {
        handler.role = Role::Static;
    }
    Some(handler)
}

/// What stands before CORS and answers without it.
fn order(handlers: &[Handler], cors: usize, project: &mut Project) {
    let own = &handlers[cors];
    for earlier in handlers[..cors].iter().filter(|earlier| reached(earlier)) {
        let answer = certain_answer(earlier, &preflight_request()).filter(|_| earlier.understood);
        let kind = match (answer, earlier.role, earlier.name.as_str()) {
            (Some(_), ..) => FaultKind::AnswersPreflight,
            (None, Role::Static, _) | (None, _, "CommonMiddleware") => FaultKind::CorsTooLateMinor,
            _ => continue,
        };
        let answers = kind == FaultKind::AnswersPreflight;
        let (span, name) = if answers { (earlier.span, &earlier.name) } else { (own.span, &own.name) };
        let known = project.faults.iter().any(|fault| fault.kind == kind && fault.span == span);
        if known {
            continue;
        }
        let mut fault = HandlerFault::new(kind, "django", span, name.clone());
        fault.cors = Some(own.span);
        fault.other = Some(Spanned::new(earlier.name.clone(), earlier.span));
        fault.status = answer.and_then(|(status, _)| status);
        project.faults.push(fault);
    }
}

/// A middleware that writes the headers by hand and answers OPTIONS itself: with which status, and with which headers.
fn own_preflight(handler: &Handler, project: &mut Project) {
    if !matches!(handler.role, Role::Cors(_)) || !handler.understood || !reached(handler) {
        return;
    }
    let request = preflight_request();
    let Some((Some(status), span)) = certain_answer(handler, &request) else { return };
    if !(200..300).contains(&status) {
        let mut fault = HandlerFault::new(FaultKind::PreflightStatus, "django", span, handler.name.clone());
        fault.status = Some(status);
        project.faults.push(fault);
        return;
    }
    let assume = Assume::Production;
    let world = Situation::with(&assume, &request);
    let sends = |wanted: &str| {
        handler.effects.iter().any(|guarded| match &guarded.effect {
            Effect::Set(name, _) | Effect::Append(name, _) => {
                name.value.eq_ignore_ascii_case(wanted) && guarded.when.eval(&world) != Some(false)
            }
            _ => false,
        })
    };
    let mut missing = Vec::new();
    if !sends("Access-Control-Allow-Origin") {
        missing.push("Access-Control-Allow-Origin");
    } else if !sends("Access-Control-Allow-Methods") && !sends("Access-Control-Allow-Headers") {
        // A preflight is only sent for a method or a header that has to be allowed: one of the two is always needed.
        missing.extend(["Access-Control-Allow-Methods", "Access-Control-Allow-Headers"]);
    }
    if !missing.is_empty() {
        let mut fault = HandlerFault::new(FaultKind::PreflightHeaders, "django", span, handler.name.clone());
        fault.detail = missing.join(", ");
        project.faults.push(fault);
    }
}

/// Settings without the middleware that reads them.
fn missing(run: &Interp<'_>, settings: &Settings, policy: usize, list: Option<&List>, project: &mut Project) {
    let Some(list) = list else { return };
    let own = list.items.iter().any(|item| item.value.as_str().is_none_or(|text| text.to_lowercase().contains("cors")));
    let app = settings.get(run, "INSTALLED_APPS").filter(mentions_cors);
    let origins = [
        "CORS_ALLOWED_ORIGINS",
        "CORS_ALLOW_ALL_ORIGINS",
        "CORS_ALLOWED_ORIGIN_REGEXES",
        "CORS_ORIGIN_WHITELIST",
        "CORS_ORIGIN_ALLOW_ALL",
    ];
    let setting = origins.into_iter().find_map(|name| Some((name, settings.place(run, name)?)));
    if own {
        return;
    }
    let (name, span): (&str, Span) = match (setting, app.as_ref().and_then(app_place)) {
        (Some((name, span)), _) if allows_somebody(&project.policies[policy]) => (name, span),
        (_, Some(span)) => ("corsheaders", span),
        _ => return,
    };
    project.policies[policy].installed = Known::No;
    let mut fault = HandlerFault::new(FaultKind::NotInstalled, "django", span, name);
    fault.detail = "corsheaders.middleware.CorsMiddleware is not in MIDDLEWARE".to_owned();
    project.faults.push(fault);
}

fn app_place(apps: &Value) -> Option<Span> {
    let list = apps.as_list()?;
    list.items
        .iter()
        .find(|item| item.value.as_str().is_some_and(|text| text.starts_with("corsheaders")))
        .map(|item| item.value.span)
}

/// The middleware without its app: it works, but the system checks that would find mistakes do not run.
fn app_missing(apps: &Value, handlers: &[Handler], cors: Option<usize>, project: &mut Project) {
    let Some(list) = apps.as_list() else { return };
    let certain = !list.open && list.items.iter().all(|item| item.value.as_str().is_some());
    let listed = list.items.iter().any(|item| item.value.as_str().is_some_and(|text| text.contains("corsheaders")));
    let library = cors.and_then(|cors| handlers.get(cors)).filter(|handler| handler.name == "CorsMiddleware");
    if let (true, false, Some(handler)) = (certain && !list.items.is_empty(), listed, library) {
        let mut fault = HandlerFault::new(FaultKind::HalfInstalled, "django", handler.span, "CorsMiddleware");
        "`corsheaders` is missing from `INSTALLED_APPS`".clone_into(&mut fault.detail);
        project.faults.push(fault);
    }
}
