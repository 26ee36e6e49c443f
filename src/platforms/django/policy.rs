//! One policy per settings module, with what is to be said about single settings.

use std::sync::Arc;

use super::super::packages::Packages;
use super::super::values::{env_uses, flag, in_production, names, seconds, true_when};
use super::effects::{self, Given};
use super::names::{KNOWN, REMOVED, RENAMED, SINCE, meant};
use super::origins::{OriginSettings, decision};
use super::settings::Settings;
use super::{DEFAULT_HEADERS, DEFAULT_METHODS, OLDER_DEFAULT_HEADERS};
use crate::eval::Interp;
use crate::eval::value::{Kind, Value};
use crate::model::origin::{Malformation, is_loopback};
use crate::model::policy::{EnvUse, Fault, Known, MaxAge, Names, OriginAnswer, Policy, Setting};
use crate::model::project::Project;
use crate::source::{Span, Spanned};

/// Adds the policy of a settings module; its index.
pub(super) fn add(run: &mut Interp<'_>, packages: &Packages, settings: &Settings, project: &mut Project) -> usize {
    let path = run.module_path(settings.module).to_owned();
    let version = packages.numbers("django-cors-headers", &path);
    let span = first_place(run, settings).unwrap_or(settings.span);
    let origins = origin_settings(run, settings);
    let (allow_origin, texts) = decision(&origins, span);
    let get = |name: &str| settings.get(run, name);
    let mut faults = setting_faults(run, settings, version);
    for text in texts {
        faults.push(Setting {
            name: Spanned::new(
                name_at(run, settings, text.span).unwrap_or_else(|| "CORS_ALLOWED_ORIGINS".into()),
                text.span,
            ),
            span: text.span,
            fault: Fault::TextForList { effect: text.effect.to_owned() },
        });
    }
    conflicts(run, settings, &origins, &mut faults);
    for base in &settings.bases {
        // What is wrong in a base is wrong for everybody who builds on it, also where this module overrides it.
        let mut theirs = setting_faults(run, base, version);
        conflicts(run, base, &origin_settings(run, base), &mut theirs);
        theirs.retain(|fault| !faults.iter().any(|own| own.name.span == fault.name.span));
        theirs.retain(|fault| !revives(run, settings, &origins, fault));
        faults.extend(theirs);
    }
    let headers: &[&str] =
        if version.is_some_and(|version| version < (4, 0)) { &OLDER_DEFAULT_HEADERS } else { &DEFAULT_HEADERS };
    let credentials = flag(get("CORS_ALLOW_CREDENTIALS").as_ref(), false, span);
    let given = Given {
        settings,
        origins: &origins,
        credentials: credentials.value,
        headers,
        methods: &DEFAULT_METHODS,
        version: packages.newest("django-cors-headers", &path),
        span,
    };
    let policy = Policy {
        effects: effects::effects(run, &given),
        version: packages.version("django-cors-headers", &path),
        place: "settings".to_owned(),
        allow_credentials: credentials,
        credentials_when: get("CORS_ALLOW_CREDENTIALS").map(|value| true_when(&value)),
        allow_methods: names(get("CORS_ALLOW_METHODS").as_ref(), Names::fixed(&DEFAULT_METHODS, span), span),
        allow_headers: names(get("CORS_ALLOW_HEADERS").as_ref(), Names::fixed(headers, span), span),
        expose_headers: names(get("CORS_EXPOSE_HEADERS").as_ref(), Names::Missing, span),
        max_age: max_age(get("CORS_PREFLIGHT_MAX_AGE").as_ref(), span),
        vary_origin: Spanned::new(Known::Yes, span),
        star_reflects_with_credentials: true,
        expands_wildcards: true,
        forgives: &[Malformation::Space],
        paths: paths(get("CORS_URLS_REGEX").as_ref()),
        settings: faults,
        own_hosts: own_hosts(run, settings),
        env_reads: env_reads(&origins),
        ..Policy::new("django", "django-cors-headers", span, allow_origin)
    };
    hosts(run, settings, project);
    project.policies.push(policy);
    project.policies.len() - 1
}

/// The three origin settings. The new name wins; the old one is read where the new one is not given.
fn origin_settings(run: &Interp<'_>, settings: &Settings) -> OriginSettings {
    let either = |old: &str, new: &str| settings.get(run, new).or_else(|| settings.get(run, old));
    OriginSettings {
        all: either("CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_ALL_ORIGINS"),
        list: either("CORS_ORIGIN_WHITELIST", "CORS_ALLOWED_ORIGINS"),
        regexes: either("CORS_ORIGIN_REGEX_WHITELIST", "CORS_ALLOWED_ORIGIN_REGEXES"),
    }
}

/// How long a preflight may be kept; with 0 the header is not sent.
fn max_age(value: Option<&Value>, fallback: Span) -> Spanned<MaxAge> {
    let age = seconds(value, MaxAge::Seconds(86_400.0), fallback);
    let sent = age.value != MaxAge::Seconds(0.0);
    Spanned::new(if sent { age.value } else { MaxAge::Missing }, age.span)
}

/// The place that stands for the whole policy: the first origin setting, else the first setting.
fn first_place(run: &Interp<'_>, settings: &Settings) -> Option<Span> {
    let origin_names = ["CORS_ALLOWED_ORIGINS", "CORS_ALLOW_ALL_ORIGINS", "CORS_ALLOWED_ORIGIN_REGEXES"];
    let old_names = RENAMED.iter().map(|(old, _)| *old);
    origin_names
        .into_iter()
        .chain(old_names)
        .find_map(|name| settings.place(run, name))
        .or_else(|| settings.cors_names(run).iter().find_map(|name| settings.place(run, name)))
}

/// `CORS_URLS_REGEX = r"^/api/.*$"`: where the policy holds.
fn paths(value: Option<&Value>) -> Vec<Spanned<Arc<str>>> {
    match value.map(|value| (&value.kind, value.span)) {
        Some((Kind::Str(text), span)) if &**text != "^.*$" => vec![Spanned::new(text.clone(), span)],
        _ => Vec::new(),
    }
}

fn env_reads(origins: &OriginSettings) -> Vec<EnvUse> {
    let values = [&origins.list, &origins.regexes];
    values
        .into_iter()
        .flatten()
        .flat_map(|value| env_uses(value, "without it django-cors-headers allows no origin"))
        .collect()
}

/// The name of the setting whose value stands at a place.
fn name_at(run: &Interp<'_>, settings: &Settings, span: Span) -> Option<Arc<str>> {
    settings.cors_names(run).into_iter().find(|name| {
        settings.get(run, name).is_some_and(|value| value.alternatives().iter().any(|(_, one)| one.span == span))
    })
}

/// Old names, names nobody reads, annotations.
fn setting_faults(run: &Interp<'_>, settings: &Settings, version: Option<(u32, u32)>) -> Vec<Setting> {
    let mut faults = Vec::new();
    for name in settings.cors_names(run) {
        let (Some(value), Some(place)) = (settings.get(run, &name), settings.place(run, &name)) else { continue };
        let is_set = |name: &str| settings.get(run, name).is_some();
        let fault = name_fault(&name, version, is_set).or_else(|| {
            meant(&name).filter(|_| !is_used(run, settings, &value)).map(|own| Fault::Unread {
                meant: Some(own.into()),
                reason: "django-cors-headers does not read it".to_owned(),
            })
        });
        if let Some(fault) = fault {
            let span = place.to(value.span);
            faults.push(Setting { name: Spanned::new(name, place), span, fault });
        }
    }
    for event in &run.log {
        let Some(name) = event.target.path.strip_prefix("annotation:") else { continue };
        if settings.reads(event.span.file) && KNOWN.contains(&name) {
            let name = Spanned::new(Arc::from(name), event.span);
            let reason = "a colon makes it an annotation, which assigns nothing".to_owned();
            let meant = Some(Arc::from(format!("{} =", name.value)));
            faults.push(Setting { name, span: event.span, fault: Fault::Unread { meant, reason } });
        }
    }
    faults
}

/// What a version does with a name that some version reads.
fn name_fault(name: &str, version: Option<(u32, u32)>, is_set: impl Fn(&str) -> bool) -> Option<Fault> {
    if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == name) {
        // Both set: said where they conflict. Before 3.5 the old name is the only one.
        let fine = version.is_some_and(|version| version < (3, 5)) || is_set(new);
        return (!fine).then(|| Fault::Renamed { to: (*new).into(), since: "3.5".into() });
    }
    if let Some((_, end, reason)) = REMOVED.iter().find(|(removed, ..)| *removed == name) {
        let gone = version.is_some_and(|version| version >= *end);
        return gone.then(|| Fault::Unread { meant: None, reason: (*reason).to_owned() });
    }
    let (_, (major, minor)) = SINCE.iter().find(|(new, _)| *new == name)?;
    let too_new = version.is_some_and(|version| version < (*major, *minor));
    let old = RENAMED.iter().find(|(_, new)| *new == name).map(|(old, _)| *old);
    // Somebody who sets both names serves both versions.
    let served = old.is_some_and(&is_set);
    (too_new && !served).then(|| Fault::Unread {
        meant: old.map(Arc::from),
        reason: format!("it exists since version {major}.{minor}, and the repository pins an older one"),
    })
}

/// Does a value of a setting's own name flow into a setting that is read?
fn is_used(run: &Interp<'_>, settings: &Settings, value: &Value) -> bool {
    let mut own = Vec::new();
    leaves(value, &mut own, 0);
    let read = KNOWN.iter().copied().chain(RENAMED.iter().map(|(old, _)| *old));
    read.filter_map(|name| settings.get(run, name)).any(|known| {
        let mut theirs = Vec::new();
        leaves(&known, &mut theirs, 0);
        theirs.iter().any(|span| own.iter().any(|mine| mine.contains(*span) || span.contains(*mine)))
    })
}

/// The places of a value and of everything in it.
fn leaves(value: &Value, spans: &mut Vec<Span>, depth: usize) {
    spans.push(value.span);
    if depth > 4 {
        return;
    }
    match &value.kind {
        Kind::Env(read) => spans.push(read.read),
        Kind::List(list) => list.items.iter().for_each(|item| leaves(&item.value, spans, depth + 1)),
        Kind::OneOf(alternatives) => alternatives.iter().for_each(|(_, value)| leaves(value, spans, depth + 1)),
        _ => {}
    }
}

/// Is it one value under two names, for old and new versions of the library?
fn same_value(one: Option<Value>, other: Option<Value>) -> bool {
    let text = |value: &Value| match &value.kind {
        Kind::Bool(flag) => Some(flag.to_string()),
        Kind::List(list) if !list.open => {
            list.items.iter().map(|item| item.value.as_str().map(|text| format!("{text}\n"))).collect()
        }
        _ => None,
    };
    let (Some(one), Some(other)) = (one, other) else { return false };
    one.span == other.span || text(&one).is_some_and(|text_of_one| text(&other) == Some(text_of_one))
}

/// Settings that take each other's effect away.
fn conflicts(run: &Interp<'_>, settings: &Settings, origins: &OriginSettings, faults: &mut Vec<Setting>) {
    for (old, new) in RENAMED {
        let same = || same_value(settings.get(run, old), settings.get(run, new));
        if let (Some(old_place), Some(new_place), false) = (settings.place(run, old), settings.place(run, new), same())
        {
            faults.push(Setting {
                name: Spanned::new(old.into(), old_place),
                span: old_place,
                fault: Fault::Disabled {
                    by: Spanned::new(new.into(), new_place),
                    effect: format!("{new} is set as well, and the old name is then not read"),
                },
            });
        }
    }
    let open = origins.all.as_ref().map(in_production).is_some_and(|value| matches!(value.kind, Kind::Bool(true)));
    let all_name = ["CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"]
        .into_iter()
        .find_map(|name| Some((name, settings.place(run, name)?)));
    let Some((all_name, all_place)) = all_name.filter(|_| open) else { return };
    let lists =
        ["CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST", "CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST"];
    for name in lists {
        let (Some(place), Some(value)) = (settings.place(run, name), settings.get(run, name)) else { continue };
        if value.as_list().is_some_and(|list| list.items.is_empty() && !list.open) {
            continue;
        }
        faults.push(Setting {
            name: Spanned::new(name.into(), place),
            span: place,
            fault: Fault::Disabled {
                by: Spanned::new(all_name.into(), all_place),
                effect: "every origin is allowed anyway, so the list decides nothing".to_owned(),
            },
        });
    }
}

/// Does the module that builds on a base take back that everybody is allowed? The base's list, if it is still that one, then
/// decides.
fn revives(run: &Interp<'_>, settings: &Settings, origins: &OriginSettings, fault: &Setting) -> bool {
    let closed = origins.all.as_ref().map(in_production).is_some_and(|value| matches!(value.kind, Kind::Bool(false)));
    let by_all = matches!(&fault.fault, Fault::Disabled { by, .. } if by.value.contains("ALLOW_ALL"));
    closed && by_all && settings.place(run, &fault.name.value) == Some(fault.name.span)
}

/// Hosts that the settings name as the project's own.
fn hosts(run: &Interp<'_>, settings: &Settings, project: &mut Project) {
    for (name, value) in settings.all(run) {
        let own = matches!(&*name, "ALLOWED_HOSTS" | "CSRF_TRUSTED_ORIGINS")
            || ["_URL", "_DOMAIN", "_HOST", "_ORIGIN"].iter().any(|end| name.ends_with(end))
                && !name.starts_with("CORS_");
        if !own {
            continue;
        }
        for (_, value) in value.alternatives() {
            match &value.kind {
                Kind::Str(text) => project.hosts.push(Spanned::new(text.to_string(), value.span)),
                Kind::List(list) => {
                    for item in &list.items {
                        if let Some(text) = item.value.as_str() {
                            project.hosts.push(Spanned::new(text.to_string(), item.value.span));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// `ALLOWED_HOSTS`, where it names one host: of several one may be that of the pages.
fn own_hosts(run: &Interp<'_>, settings: &Settings) -> Vec<Spanned<Arc<str>>> {
    let Some(value) = settings.get(run, "ALLOWED_HOSTS").map(|value| in_production(&value)) else { return Vec::new() };
    let Some(list) = value.as_list().filter(|list| !list.open) else { return Vec::new() };
    let named = list.items.iter().filter_map(|item| Some(Spanned::new(item.value.as_str()?.clone(), item.value.span)));
    let public: Vec<Spanned<Arc<str>>> =
        named.filter(|host| host.value.contains('.') && !is_loopback(&host.value)).collect();
    if public.len() == 1 { public } else { Vec::new() }
}

/// Is anybody allowed at all?
pub(super) fn allows_somebody(policy: &Policy) -> bool {
    policy.allow_origin.arms.iter().any(|arm| !matches!(arm.answer, OriginAnswer::Nothing))
}
