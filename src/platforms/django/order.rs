//! The middleware list: what stands before CORS, and whether CORS is in force.

use super::policy::allows_somebody;
use super::settings::{Settings, mentions_cors};
use crate::eval::Interp;
use crate::eval::value::{List, Value};
use crate::model::condition::Formula;
use crate::model::policy::Known;
use crate::model::project::{FaultKind, HandlerFault, Project};
use crate::model::server::{Effect, GuardedEffect, Handler, Role, Scope, Server, Unanswered};
use crate::source::{Span, Spanned};

/// Adds the server of a settings module and the faults of its order.
pub(super) fn add(run: &Interp<'_>, settings: &Settings, policy: usize, project: &mut Project) {
    let middleware = settings.get(run, "MIDDLEWARE").or_else(|| settings.get(run, "MIDDLEWARE_CLASSES"));
    let apps = settings.get(run, "INSTALLED_APPS");
    let list = middleware.as_ref().and_then(|value| super::super::values::in_production(value).as_list().cloned());
    let handlers: Vec<Handler> =
        list.iter().flat_map(|list| &list.items).filter_map(|item| handler(&item.value, policy)).collect();
    let complete = list.as_ref().is_some_and(|list| !list.open);
    let cors = handlers.iter().position(|handler| matches!(handler.role, Role::Cors(_)));
    let index = project.servers.len();
    if let (Some(cors), true) = (cors, !handlers.is_empty()) {
        project.policies[policy].installed = Known::Yes;
        order(&handlers, cors, project);
    } else if complete && settings.get(run, "MIDDLEWARE").is_some() {
        missing(run, settings, policy, list.as_deref(), project);
    }
    if let (Some(_), Some(apps)) = (cors, &apps) {
        app_missing(apps, &handlers, cors, project);
    }
    project.policies[policy].server = Some(index);
    let name = run.module_path(settings.module).file_name().unwrap_or("settings").to_owned();
    project.servers.push(Server {
        platform: "django",
        name,
        span: settings.span,
        handlers,
        complete,
        unanswered: Unanswered::Unknown,
        onion: true,
    });
}

fn handler(value: &Value, policy: usize) -> Option<Handler> {
    let text = value.as_str()?;
    let last = text.rsplit('.').next().unwrap_or(text);
    let role = match last {
        "CorsMiddleware" | "CorsPostCsrfMiddleware" => Role::Cors(policy),
        "WhiteNoiseMiddleware" => Role::Static,
        "LoginRequiredMiddleware" => Role::Auth,
        // A class of the project's own that speaks of CORS may be a subclass.
        _ if last.to_lowercase().contains("cors") => Role::Cors(policy),
        _ => Role::Other,
    };
    let effects = match role {
        Role::Auth => vec![GuardedEffect { when: Formula::True, effect: Effect::RequireAuth(302), span: value.span }],
        _ => Vec::new(),
    };
    Some(Handler {
        role,
        name: last.to_owned(),
        span: value.span,
        when: Formula::True,
        scope: Scope::everything(),
        effects,
        understood: role != Role::Other,
    })
}

/// What stands before CORS and answers without it.
fn order(handlers: &[Handler], cors: usize, project: &mut Project) {
    let own = &handlers[cors];
    for earlier in &handlers[..cors] {
        let kind = match (earlier.role, earlier.name.as_str()) {
            (Role::Auth, _) => FaultKind::AnswersPreflight,
            (Role::Static, _) | (_, "CommonMiddleware") => FaultKind::CorsTooLateMinor,
            _ => continue,
        };
        let span = if kind == FaultKind::AnswersPreflight { earlier.span } else { own.span };
        let name = if kind == FaultKind::AnswersPreflight { &earlier.name } else { &own.name };
        let known = project.faults.iter().any(|fault| fault.kind == kind && fault.span == span);
        if known {
            continue;
        }
        let mut fault = HandlerFault::new(kind, "django", span, name.clone());
        fault.cors = Some(own.span);
        fault.other = Some(Spanned::new(earlier.name.clone(), earlier.span));
        fault.status = (kind == FaultKind::AnswersPreflight).then_some(302);
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
        let mut fault = HandlerFault::new(FaultKind::NotInstalled, "django", handler.span, "corsheaders");
        fault.detail =
            "corsheaders is not in INSTALLED_APPS, so its system checks and signals are not active".to_owned();
        project.faults.push(fault);
    }
}
