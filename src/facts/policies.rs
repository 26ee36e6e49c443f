//! Policies as rules see them, with the settings they are made of.

use std::sync::Arc;

use crate::eval::environment::Environment;
use crate::model::condition::{Formula, Test};
use crate::model::link::Link;
use crate::model::origin::{Url, is_app, is_loopback, is_staging};
use crate::model::policy::{Fault, Known, MaxAge, Names as ModelNames, OriginAnswer, Policy};
use crate::model::probe::{NamedOrigin, Probed, Standing, named_origins, probe};
use crate::model::project::Project;
use crate::model::world::{Assume, Request, Situation};
use crate::rules::facts::{
    AllowOriginFacts, CallsFacts, Facts, HeaderFacts, LineFacts, ListedOriginFacts, LiteralWildcardFacts, Names,
    Number, OtherSettingFacts, PolicyFacts, Question, SettingFacts, Text,
};
use crate::source::{Sources, Span, Spanned};

pub(super) fn gather(
    project: &Project,
    environment: &Environment,
    sources: &Sources,
    links: &[Link],
    facts: &mut Facts,
) {
    let mut seen_servers = Vec::new();
    for (index, policy) in project.policies.iter().enumerate() {
        if !in_production(policy) || repeats_another(policy, project) {
            continue;
        }
        let first = policy.server.is_none_or(|server| !seen_servers.contains(&server));
        seen_servers.extend(policy.server);
        let named = named_origins(&policy.allow_origin);
        let mut one = policy_facts(policy, &named, environment, sources);
        open_default(policy, project, &mut one);
        one.first_on_server = first.into();
        one.calls = super::calls::of(index, project, links);
        let server = policy.server.map(|server| deployed_with(project, server));
        one.server = u32::try_from(server.unwrap_or(project.servers.len() + index)).ok();
        intended(&mut one, policy, project);
        let one = Arc::new(one);
        super::origins::gather(policy, &named, &one, project, environment, sources, facts);
        facts.origins.extend(super::example_origins::gather(policy, &one, project, environment, sources));
        facts.policies.push((*one).clone());
        facts.policies.extend(super::examples::copied(policy, &one, environment, sources));
        settings(policy, facts);
    }
    for name in &project.names {
        facts.headers.push(HeaderFacts {
            span: Some(name.name.span),
            server: None,
            platform: name.platform.into(),
            environment: "production".into(),
            name: Text::at(name.name.value.to_string(), name.name.span),
            suggestion: Text::new(name.meant.to_string()),
            kind: name.kind.into(),
            misspelled: true.into(),
            ..HeaderFacts::default()
        });
    }
    for name in &project.idle_names {
        facts.headers.push(HeaderFacts {
            span: Some(name.name.span),
            server: None,
            platform: name.platform.into(),
            environment: "production".into(),
            name: Text::at(name.name.value.to_string(), name.name.span),
            kind: name.kind.into(),
            idle: true.into(),
            reason: Text::new(name.meant.to_string()),
            ..HeaderFacts::default()
        });
    }
}

/// Where the default of a variable opens the server at another place than the policy, the policy's own place is its option.
fn open_default(policy: &Policy, project: &Project, facts: &mut PolicyFacts) {
    let variable = &facts.allow_origin.variable.value;
    let written = project.open_defaults.iter().find(|one| *one.value == **variable && !policy.span.contains(one.span));
    let Some(written) = written.filter(|one| !policy.allow_origin.span.contains(one.span)) else { return };
    let origin = &mut facts.allow_origin;
    origin.open_default = true.into();
    origin.opening = Text::at("*", written.span);
    if origin.wildcard.0 {
        origin.span = Some(policy.allow_origin.span);
        origin.written.span = origin.span;
    }
}

/// What the user says about the policy's paths and about who should be allowed.
fn intended(one: &mut PolicyFacts, policy: &Policy, project: &Project) {
    let public = is_stated_public(policy, project);
    one.stated_public = public.into();
    if !project.intent.public.is_empty() {
        // Where the public paths are stated nobody has to guess from names.
        one.public_route = public.into();
    }
    if let Some(production) = project.intent.production() {
        one.intent = Text::at(production.name.value.to_string(), production.span);
    }
}

/// Does the user say that any website may read all that this policy covers?
pub(super) fn is_stated_public(policy: &Policy, project: &Project) -> bool {
    !policy.paths.is_empty() && policy.paths.iter().all(|path| project.intent.public(&path.value).is_some())
}

/// `app.options('*', cors())` beside `app.use(cors())`: the same grant once more, for preflights alone.
fn repeats_another(policy: &Policy, project: &Project) -> bool {
    let same = |other: &Policy| {
        let answers = |one: &Policy| one.allow_origin.arms.iter().map(|arm| arm.answer.clone()).collect::<Vec<_>>();
        !other.preflight_only && other.server == policy.server && answers(other) == answers(policy)
    };
    policy.preflight_only && policy.server.is_some() && project.policies.iter().any(same)
}

/// Is it in force in production, as far as that can be known? What runs in development only is not judged.
pub fn in_production(policy: &Policy) -> bool {
    policy.when.eval(&Situation::of(&Assume::Production)) != Some(false)
}

/// Functions are servers of their own to a browser, and one deployment to whoever configures them: its first one stands for all.
fn deployed_with(project: &Project, server: usize) -> usize {
    let platform = project.servers.get(server).map(|server| server.platform);
    let functions = platform.filter(|platform| matches!(*platform, "supabase" | "netlify" | "vercel"));
    functions.and_then(|platform| project.servers.iter().position(|other| other.platform == platform)).unwrap_or(server)
}

fn question(known: &Spanned<Known>) -> Question {
    match known.value {
        Known::Yes => Question::at(true, known.span),
        Known::No => Question::at(false, known.span),
        Known::Unknown => Question::default(),
    }
}

fn policy_facts(policy: &Policy, named: &[NamedOrigin], environment: &Environment, sources: &Sources) -> PolicyFacts {
    let mut probed = probe(&policy.allow_origin);
    if probed.any && policy.allow_credentials.value != Known::Yes {
        // Without credentials one's own origin is worth no more than `*`.
        (probed.null, probed.loose, probed.shared_suffix) = (None, None, None);
    }
    let credentials = question(&policy.allow_credentials);
    let function = matches!(policy.platform, "supabase" | "netlify") && policy.paths.is_empty();
    let webhook = function && policy.place.split(['-', '_']).any(|word| word.eq_ignore_ascii_case("webhook"));
    let public = webhook || !policy.paths.is_empty() && policy.paths.iter().all(|path| is_public(&path.value));
    let with_credentials = policy.allow_credentials.value == Known::Yes;
    PolicyFacts {
        span: Some(policy.span),
        server: policy.server.and_then(|server| u32::try_from(server).ok()),
        platform: policy.platform.into(),
        environment: "production".into(),
        library: if &*policy.library == "headers" { "".into() } else { (&*policy.library).into() },
        version: policy.version.as_ref().map(|version| Text::new(version.to_string())).unwrap_or_default(),
        place: Text::new(policy.place.clone()),
        allow_origin: allow_origin(policy, &probed, named, environment, sources),
        origins: named.iter().filter(|one| one.standing == Standing::Production).map(listed).collect(),
        allow_credentials: credentials,
        with_credentials: with_credentials.into(),
        allow_methods: names(&policy.allow_methods, Names::methods),
        allow_headers: names(&policy.allow_headers, Names::headers),
        expose_headers: names(&policy.expose_headers, Names::headers),
        max_age: max_age(policy),
        // No cache keeps an answer to OPTIONS (RFC 9110, 9.3.7).
        vary_origin: if policy.preflight_only { Question::default() } else { question(&policy.vary_origin) },
        wildcard_apart: (probed.wildcard.is_some() && is_apart(policy)).into(),
        any_with_credentials_reflects: (with_credentials
            && (probed.reflected.is_some() || (probed.any && policy.star_reflects_with_credentials)))
            .into(),
        installed: match policy.installed {
            Known::Yes => Question::new(true),
            Known::No => Question::new(false),
            Known::Unknown => Question::default(),
        },
        public_route: public.into(),
        static_assets: policy.static_assets.into(),
        preflighted: (policy.preflighted && answers_preflights(policy) && !probed.none).into(),
        handwritten: (&*policy.library == "headers").into(),
        first_on_server: true.into(),
        literal_wildcards: literal_wildcards(policy, with_credentials || by_default(policy)),
        calls: CallsFacts::default(),
        example: false.into(),
        stated_public: false.into(),
        intent: Text::default(),
    }
}

fn allow_origin(
    policy: &Policy,
    probed: &Probed,
    named: &[NamedOrigin],
    environment: &Environment,
    sources: &Sources,
) -> AllowOriginFacts {
    let decision = &policy.allow_origin;
    let place = |found: Option<Span>| found.unwrap_or(decision.span);
    let span = place(
        probed
            .wildcard
            .or(probed.reflected)
            .or(probed.null)
            .or(probed.loose.as_ref().map(|(_, span)| *span))
            .or(probed.shared_suffix.as_ref().map(|(_, span)| *span)),
    );
    let production: Vec<&NamedOrigin> = named.iter().filter(|one| one.standing != Standing::Elsewhere).collect();
    let loopback =
        |one: &&NamedOrigin| Url::parse(&one.text).is_some_and(|url| is_loopback(&url.host) && !is_app(&url));
    let certain = decision.is_settled();
    let witness = probed
        .loose
        .as_ref()
        .map(|(witness, span)| Text::at(witness.clone(), *span))
        .or_else(|| {
            probed
                .shared_suffix
                .as_ref()
                .map(|(suffix, span)| Text::at(format!("https://attacker-owned.{suffix}"), *span))
        })
        .or_else(|| probed.any.then(|| Text::at("https://evil.example", span)))
        .unwrap_or_default();
    AllowOriginFacts {
        span: Some(span),
        wildcard: probed.wildcard.is_some().into(),
        any: probed.any.into(),
        reflected: probed.reflected.is_some().into(),
        listed: (!named.is_empty()).into(),
        none: probed.none.into(),
        null_allowed: probed.null.is_some().into(),
        loose: probed.loose.is_some().into(),
        shared_suffix: probed.shared_suffix.is_some().into(),
        dynamic: probed.dynamic.into(),
        only_loopback: (certain && !production.is_empty() && production.iter().all(loopback)).into(),
        string_as_list: policy.settings.iter().any(|setting| matches!(setting.fault, Fault::TextForList { .. })).into(),
        witness,
        written: Text::at(excerpt(sources.slice(span)), span),
        example: example(probed, environment),
        decision: Text::at(excerpt(sources.slice(decision.span)), decision.span),
        opening: Text::at("*", span),
        open_default: false.into(),
        variable: probed.variable.clone().map(Text::new).unwrap_or_default(),
        suffix: probed.shared_suffix.as_ref().map(|(suffix, span)| Text::at(suffix.clone(), *span)).unwrap_or_default(),
        other_wildcards: others(policy, span, &OriginAnswer::Wildcard, sources),
        other_echoes: others(policy, span, &OriginAnswer::Echo, sources),
    }
}

/// Further lines that are named.
const MOST_OTHERS: usize = 8;

/// The lines of a policy written by hand that answer the same at other places.
fn others(policy: &Policy, known: Span, answer: &OriginAnswer, sources: &Sources) -> Vec<LineFacts> {
    if &*policy.library != "headers" {
        return Vec::new();
    }
    let mut lines: Vec<LineFacts> = Vec::new();
    let page = Request::new("GET", "/").with_any("origin");
    for arm in policy.allow_origin.arms.iter().filter(|arm| arm.answer == *answer) {
        let met = arm.when.eval(&Situation::with(&Assume::Production, &page)) != Some(false);
        let new = lines.iter().all(|line| line.span != Some(arm.span)) && !known.contains(arm.span);
        if met && new && lines.len() < MOST_OTHERS {
            let written = Text::at(excerpt(sources.slice(arm.span)), arm.span);
            lines.push(LineFacts { span: Some(arm.span), written });
        }
    }
    lines.sort_by_key(|line| line.span.map(|span| (span.file, span.start)));
    lines
}

/// The line of an env file for people to copy that opens the server by the same variable.
fn example(probed: &Probed, environment: &Environment) -> Text {
    let Some(variable) = &probed.variable else { return Text::default() };
    let lines = environment.naming(variable).filter_map(|file| file.variables.get(&**variable));
    let mut open = lines.filter(|value| &*value.value == "*");
    open.next().map(|value| Text::at(format!("{variable}=*"), value.span)).unwrap_or_default()
}

/// Source text for a message: one line, not too long.
fn excerpt(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn listed(one: &NamedOrigin) -> ListedOriginFacts {
    let url = Url::parse(&one.text);
    let host = url.as_ref().map(|url| url.host.clone()).unwrap_or_default();
    ListedOriginFacts {
        span: Some(one.span),
        written: Text::at(one.text.clone(), one.span),
        loopback: is_loopback(&host).into(),
        insecure: url.as_ref().is_some_and(|url| url.scheme == "http").into(),
        staging: is_staging(&host).into(),
        host: Text::new(host),
    }
}

pub(super) fn names(names: &Spanned<ModelNames>, build: fn(Vec<String>) -> Names) -> Names {
    match &names.value {
        ModelNames::Missing => Names::absent().at(names.span),
        ModelNames::Listed { names: list, open } => {
            let built = build(list.iter().map(|name| name.value.to_string()).collect()).at(names.span);
            if *open { built.open() } else { built }
        }
        ModelNames::Mirrored | ModelNames::Unknown => build(Vec::new()).open(),
    }
}

fn max_age(policy: &Policy) -> Number {
    match policy.max_age.value {
        MaxAge::Missing => Number::absent(),
        #[expect(clippy::cast_possible_truncation, reason = "seconds; a float beyond i64 saturates")]
        MaxAge::Seconds(seconds) => Number::at(seconds as i64, policy.max_age.span),
        MaxAge::Unknown => Number::default(),
    }
}

/// Does every line written by hand that sends `*` rule out the lines about credentials?
fn is_apart(policy: &Policy) -> bool {
    let Some(allowed) = policy.credentials_when.as_ref().filter(|_| &*policy.library == "headers") else {
        return false;
    };
    let mut before = Formula::True;
    for arm in &policy.allow_origin.arms {
        let when = Formula::all([before.clone(), arm.when.clone(), allowed.clone()]);
        if arm.answer == OriginAnswer::Wildcard && when != Formula::False {
            return false;
        }
        before = before.and(arm.when.clone().negated());
    }
    true
}

/// Are credentials allowed where the variable that decides it is missing?
fn by_default(policy: &Policy) -> bool {
    let Some(when) = &policy.credentials_when else { return false };
    when.tests().iter().any(|(test, _)| match test {
        Test::EnvSet { variable } => when.eval(&Situation::of(&Assume::Missing(variable.to_string()))) == Some(true),
        _ => false,
    })
}

/// `*` that is sent as it is although credentials are allowed.
fn literal_wildcards(policy: &Policy, with_credentials: bool) -> LiteralWildcardFacts {
    let fields = [
        ("allow_methods", &policy.allow_methods),
        ("allow_headers", &policy.allow_headers),
        ("expose_headers", &policy.expose_headers),
    ];
    let star = |names: &&Spanned<ModelNames>| matches!(&names.value, ModelNames::Listed { names, .. } if names.iter().any(|name| &*name.value == "*"));
    let found: Vec<(&str, Span)> = match with_credentials && !policy.expands_wildcards {
        true => fields.iter().filter(|(_, names)| star(names)).map(|(name, names)| (*name, names.span)).collect(),
        false => Vec::new(),
    };
    LiteralWildcardFacts {
        span: found.first().map(|(_, span)| *span),
        present: (!found.is_empty()).into(),
        which: Text::new(found.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" and ")),
        second: found.get(1).map(|(name, span)| Text::at(*name, *span)).unwrap_or_default(),
        third: found.get(2).map(|(name, span)| Text::at(*name, *span)).unwrap_or_default(),
    }
}

/// Lines written by hand that list neither methods nor headers grant nothing that needs a preflight.
fn answers_preflights(policy: &Policy) -> bool {
    let by_hand = &*policy.library == "headers";
    let missing = |names: &Spanned<ModelNames>| names.value == ModelNames::Missing;
    !(by_hand && missing(&policy.allow_methods) && missing(&policy.allow_headers))
}

/// Routes that are public by their name.
fn is_public(path: &str) -> bool {
    const WORDS: [&str; 39] = [
        "public",
        "fonts",
        "font",
        "images",
        "image",
        "img",
        "media",
        "static",
        "assets",
        "avatars",
        "badge",
        "badges",
        ".well-known",
        "og",
        "og-image",
        "embed",
        "widget",
        "widgets",
        "oembed",
        "feed",
        "feeds",
        "rss",
        "atom",
        "icons",
        "favicon",
        "cdn",
        "open",
        "thumbnails",
        "qr",
        "qrcode",
        "health",
        "healthz",
        "sitemap",
        "robots",
        "openapi",
        // Whoever calls these is a server and signs what it sends.
        "webhook",
        "webhooks",
        "opengraph-image",
        "scripts",
    ];
    path.split(['/', '_', '^', '\\', '(', ')', '|', '.']).any(|part| WORDS.contains(&part.to_lowercase().as_str()))
        || path.contains(".well-known")
        || path.to_lowercase().split(['/', '-']).any(|part| WORDS.contains(&part))
}

fn settings(policy: &Policy, facts: &mut Facts) {
    for setting in &policy.settings {
        let mut one = SettingFacts {
            span: Some(setting.span),
            server: policy.server.and_then(|server| u32::try_from(server).ok()),
            platform: policy.platform.into(),
            environment: "production".into(),
            library: (&*policy.library).into(),
            name: Text::at(setting.name.value.to_string(), setting.name.span),
            ..SettingFacts::default()
        };
        match &setting.fault {
            Fault::Unread { meant, reason } => {
                one.ineffective = true.into();
                one.reason = Text::new(reason.clone());
                one.suggestion = meant.as_ref().map(|meant| Text::new(meant.to_string())).unwrap_or_default();
            }
            Fault::Renamed { to, since } => {
                one.deprecated = true.into();
                one.suggestion = Text::new(to.to_string());
                one.since = Text::new(since.to_string());
            }
            Fault::Disabled { by, effect } => {
                one.conflicting = true.into();
                one.reason = Text::new(effect.clone());
                let text = Text::at(by.value.to_string(), by.span);
                one.other = Some(OtherSettingFacts { span: Some(by.span), text });
            }
            Fault::TextForList { effect } => {
                one.string_as_list = true.into();
                one.reason = Text::new(effect.clone());
            }
        }
        facts.settings.push(one);
    }
}
