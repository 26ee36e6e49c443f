//! From places to the model: servers, policies, names.
//!
//! In: `Leaf`s in order. Out: `Project`. Lines that hold in many locations are one policy, at the level where they are
//! written. Knows no syntax beyond what a `Leaf` says.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8Path;

use super::faults::{faults, method_in_path};
use super::grants;
use super::headers::{ALLOW_ORIGIN, Change, Level, Line};
use super::leaf::{Content, Group, Leaf, Method};
use super::place::{PathKind, Place, extensions};
use super::tree::Item;
use super::variables::Alternative;
use crate::eval::value::Value;
use crate::model::condition::{Formula, Test};
use crate::model::policy::{Fault, Known, MaxAge, Names, Policy, Setting};
use crate::model::project::{FaultKind, HandlerFault, NameUse, Project};
use crate::model::server::{Effect, Failing, GuardedEffect, Handler, HeaderPiece, HeaderValue, Role, Scope, Server};
use crate::model::term::Part;
use crate::platforms::{manual, spelling, values};
use crate::source::{Span, Spanned};

/// What was found so far.
#[derive(Default)]
pub(super) struct Findings {
    project: Project,
    /// The effects each policy is made of, in the order of the policies.
    sources: Vec<Vec<GuardedEffect>>,
    /// The first policy of each server that answers preflights.
    answering: BTreeMap<Span, usize>,
}

impl Findings {
    /// Everything, when all places were seen.
    pub(super) fn finish(mut self) -> Project {
        self.project.idle_names = spelling::idle(&self.project);
        self.project
    }

    /// Takes in a place.
    pub(super) fn add(
        &mut self,
        leaf: &Leaf<'_, '_, '_>,
        preflighted: bool,
        path: &Utf8Path,
        development: bool,
        takes: Formula,
    ) {
        let policy = grants(leaf).then(|| self.policy(leaf, preflighted, path, development)).flatten();
        self.project.servers.push(Server { takes, ..server(leaf, policy) });
        // A fault has no environment of its own, and what developers run is not judged.
        if !development {
            for fault in faults(leaf, preflighted) {
                self.fault(fault);
            }
        }
    }

    /// Takes in a place that no CORS header plays a part in.
    pub(super) fn neighbour(&mut self, leaf: &Leaf<'_, '_, '_>, takes: Formula) {
        self.project.servers.push(Server { takes, ..server(leaf, None) });
    }

    fn fault(&mut self, fault: HandlerFault) {
        let known = |other: &HandlerFault| other.kind == fault.kind && other.span == fault.span;
        if !self.project.faults.iter().any(known) {
            self.project.faults.push(fault);
        }
    }

    /// The policy of a place: a new one, or the one that the same lines already made elsewhere.
    fn policy(
        &mut self,
        leaf: &Leaf<'_, '_, '_>,
        preflighted: bool,
        path: &Utf8Path,
        development: bool,
    ) -> Option<usize> {
        let effects = policy_effects(leaf);
        let same = |other: &Vec<GuardedEffect>| are_same(other, &effects);
        if let Some(index) = self.sources.iter().position(same) {
            let answers = self.answers_preflights(leaf, preflighted, index);
            let known = self.project.policies.get_mut(index)?;
            known.preflighted |= answers;
            known.static_assets &= !preflighted;
            return Some(index);
        }
        let place = owner(leaf, path);
        let origin = manual::Origin { platform: "nginx", place: place.name.clone(), span: place.span };
        let mut policy = manual::policy(&effects, origin)?;
        settle(&mut policy, leaf);
        policy.preflighted = self.answers_preflights(leaf, preflighted, self.project.policies.len());
        policy.static_assets = !preflighted;
        policy.settings = refused_lines(leaf);
        // What is said of lines that nginx does not start with is enough.
        if !policy.settings.is_empty() {
            policy.max_age.value = MaxAge::Unknown;
        }
        policy.installed = Known::Yes;
        policy.paths = place.path.into_iter().filter(|_| place.kind != PathKind::Named).collect();
        policy.server = Some(self.project.servers.len());
        policy.own_hosts.clone_from(&leaf.server_names);
        if development {
            let test = Test::EnvEquals { variable: "ENVIRONMENT".into(), value: "development".into() };
            policy.when = Formula::test(test, policy.span);
        }
        self.sources.push(effects);
        self.project.policies.push(policy);
        Some(self.project.policies.len() - 1)
    }

    /// Does this policy of the place answer preflights, as the first one of its server? Where another server answers them, what
    /// it answers is its own business.
    fn answers_preflights(&mut self, leaf: &Leaf<'_, '_, '_>, preflighted: bool, policy: usize) -> bool {
        let options = leaf.script.alive.eval(&Method("OPTIONS"));
        let inside = leaf.level.has(&["internal"]) || leaf.place.kind == PathKind::Named;
        // What is left to a server beside its locations is nothing that headers are written for.
        let here = leaf.content != Content::Forward && !leaf.level.has(&["location"]);
        let answers = preflighted && !inside && (here || options == Some(false));
        match leaf.server.filter(|_| answers) {
            Some(server) => *self.answering.entry(server).or_insert(policy) == policy,
            None => answers,
        }
    }

    /// A map from the request's origin to itself that nothing in the repository uses: what it is made for is not here.
    pub(super) fn unused_map(&mut self, alternatives: &[Alternative], name: &str, span: Span, installed: Known) {
        let header = manual::header_name(ALLOW_ORIGIN, span);
        let effects: Vec<GuardedEffect> = alternatives
            .iter()
            .map(|one| {
                let value = HeaderValue { pieces: one.pieces.clone(), span: one.span };
                GuardedEffect { when: one.when.clone(), effect: Effect::Set(header.clone(), value), span: one.span }
            })
            .collect();
        let origin = manual::Origin { platform: "nginx", place: format!("map ${name}"), span };
        let Some(mut policy) = manual::policy(&effects, origin) else { return };
        // The other lines stand where the variable is used.
        policy.allow_credentials.value = Known::Unknown;
        policy.vary_origin.value = Known::Unknown;
        policy.allow_methods.value = Names::Unknown;
        policy.allow_headers.value = Names::Unknown;
        policy.preflighted = false;
        policy.installed = installed;
        self.sources.push(effects);
        self.project.policies.push(policy);
    }

    /// What is to be said about a location by its path alone.
    pub(super) fn location(&mut self, item: &Item<'_>) {
        if let Some(fault) = method_in_path(&Place::location(item), item) {
            self.fault(fault);
        }
    }

    /// Locations whose every path an earlier pattern takes: the first regular expression that fits decides.
    pub(super) fn shadowed(&mut self, items: &[Item<'_>]) {
        let mut earlier: Vec<(Place, Vec<String>, bool)> = Vec::new();
        for item in items.iter().filter(|item| item.name() == "location") {
            let place = Place::location(item);
            let folds = item.first().starts_with("~*");
            let Some(path) = place.path.as_ref().filter(|_| place.kind == PathKind::Pattern) else { continue };
            // Only patterns that are nothing but extensions can be compared with certainty.
            let Some(ends) = extensions(&path.value).filter(|_| path.value.starts_with(r"\.")) else { continue };
            let lines = Level::alone(&item.children).own_lines();
            let cors = lines.iter().find(|line| line.sends(ALLOW_ORIGIN));
            let taker = earlier.iter().find(|(_, taken, takes_all_cases)| {
                (*takes_all_cases || !folds) && ends.iter().all(|end| taken.contains(end))
            });
            if let (Some(cors), Some((first, ..))) = (cors, taker) {
                self.fault(HandlerFault {
                    kind: FaultKind::Shadowed,
                    platform: "nginx",
                    span: place.span,
                    name: place.name.clone(),
                    cors: Some(cors.span),
                    other: Some(Spanned::new(first.name.clone(), first.span)),
                    status: None,
                    detail: "the first regular expression that fits decides".to_owned(),
                });
            }
            // A place that grants access itself takes nothing away.
            if cors.is_none() {
                earlier.push((place, ends, folds));
            }
        }
    }

    /// Names in header lines that look misspelt, wherever they stand.
    pub(super) fn names(&mut self, items: &[Item<'_>]) {
        for line in Level::alone(items).own_lines() {
            self.names_of(&line);
        }
        for item in items {
            self.names(&item.children);
        }
    }

    fn names_of(&mut self, line: &Line) {
        if let Some(meant) = spelling::meant_header(&line.name.value) {
            self.name(line.name.clone(), meant, "response header");
        }
        let (kind, look): (_, fn(&str) -> Option<&'static str>) = match line.name.value.to_ascii_lowercase().as_str() {
            "access-control-allow-methods" => ("allowed method", spelling::meant_method),
            "access-control-allow-headers" => ("allowed header", spelling::meant_request_header),
            _ => return,
        };
        let Some(text) = line.text() else { return };
        for name in values::comma_names(&text, &Value::text(text.clone(), line.value)) {
            if let Some(meant) = look(&name.value) {
                self.name(name, meant, kind);
            }
        }
    }

    fn name(&mut self, name: Spanned<Arc<str>>, meant: &'static str, kind: &'static str) {
        let found = NameUse { name, meant: meant.into(), kind, platform: "nginx" };
        if !self.project.names.contains(&found) {
            self.project.names.push(found);
        }
    }
}

/// Header lines in an `if` that stands in a server: nginx allows them in an `if` of a location only, and does not start.
fn refused_lines(leaf: &Leaf<'_, '_, '_>) -> Vec<Setting> {
    let mut level = Some(leaf.level);
    while let Some(here) = level {
        if here.block.is_some_and(|block| block.name() == "server") {
            break;
        }
        level = here.outer.copied();
    }
    let ifs = level.map(|server| server.own("if")).unwrap_or_default();
    let refused = ifs.into_iter().filter_map(|block| {
        let lines = Level::alone(&block.children).own_lines();
        let line = lines.into_iter().find(|line| line.change == Change::Add && line.is_cors())?;
        let reason = "nginx does not start with an `add_header` in an `if` outside of a location".to_owned();
        let fault = Fault::Unread { meant: None, reason };
        Some(Setting { name: line.name.clone(), span: line.span, fault })
    });
    refused.collect()
}

/// Are these the same lines? The first, which hold outside any `if`, have to be the very same; blocks that repeat them for
/// OPTIONS in each location only have to say the same.
fn are_same(left: &[GuardedEffect], right: &[GuardedEffect]) -> bool {
    let value = |effect: &Effect| match effect {
        Effect::Set(name, value) | Effect::Append(name, value) => Some((name.value.clone(), value.pieces.clone())),
        _ => None,
    };
    let tests = |when: &Formula| when.tests().into_iter().map(|(test, _)| test.clone()).collect::<Vec<_>>();
    left.len() == right.len()
        && left.first().zip(right.first()).is_none_or(|(a, b)| a.span == b.span)
        && left.iter().zip(right).all(|(a, b)| value(&a.effect) == value(&b.effect) && tests(&a.when) == tests(&b.when))
}

/// The CORS effects of a place as a policy is asked about them: for good answers, on no path in particular.
fn policy_effects(leaf: &Leaf<'_, '_, '_>) -> Vec<GuardedEffect> {
    let mut effects = leaf.headers(false);
    effects.retain(|guarded| match &guarded.effect {
        Effect::Set(name, _) | Effect::Append(name, _) => {
            manual::is_cors_header(&name.value) || name.value.eq_ignore_ascii_case("vary")
        }
        _ => false,
    });
    for guarded in &mut effects {
        guarded.when = without_path(&guarded.when);
    }
    // Two lines are two values, which no origin is equal to; what a browser makes of them is a fault of its own.
    for group in &leaf.groups {
        let sends = |line: &&Line| line.change == Change::Add && line.sends(ALLOW_ORIGIN);
        let twice: Vec<Span> = group.lines.iter().filter(sends).map(|line| line.span).collect();
        if twice.len() > 1 {
            for guarded in effects.iter_mut().filter(|guarded| twice.contains(&guarded.span)) {
                if let Effect::Append(_, value) = &mut guarded.effect {
                    *value = HeaderValue { pieces: vec![HeaderPiece::Unknown], span: value.span };
                }
            }
        }
    }
    effects
}

/// A policy holds for many paths, so what depends on the path is not known.
fn without_path(formula: &Formula) -> Formula {
    formula.replaced(&|test, span| match test {
        Test::Request { term, .. } if matches!(term.part, Part::Path | Part::Target) => Some(Formula::unknown(span)),
        _ => None,
    })
}

/// What header lines alone do not say: which of them are sent together.
fn settle(policy: &mut Policy, leaf: &Leaf<'_, '_, '_>) {
    let deciding = |method: &'static str| {
        let reached = leaf.groups.iter().filter(move |group| leaf.reaches_content(group, method));
        reached.filter_map(Group::allow_origin).next_back()
    };
    if let Some(line) = ["GET", "POST", "PUT", "OPTIONS"].into_iter().find_map(deciding) {
        policy.allow_origin.span = line.value;
    }
    let granting: Vec<&Group<'_, '_>> = leaf.groups.iter().filter(|group| group.allow_origin().is_some()).collect();
    // A list in one block does not help those who are allowed in another.
    let sent = |name: &str, method: &'static str| {
        let met = |group: &&&Group<'_, '_>| group.when.eval(&Method(method)) != Some(false);
        granting.iter().filter(met).any(|group| group.line(name).is_some())
    };
    let place = policy.span;
    // What is written for preflights and lost on the way is a fault of its own; what is said of the lists is about what is meant.
    if !sent("access-control-allow-methods", "OPTIONS") {
        policy.allow_methods = written_names(leaf, "access-control-allow-methods", place);
    }
    if !sent("access-control-allow-headers", "OPTIONS") {
        policy.allow_headers = written_names(leaf, "access-control-allow-headers", place);
    }
    if !sent("access-control-max-age", "OPTIONS") {
        let line = leaf.written_for_preflights("access-control-max-age");
        let seconds = line.as_ref().and_then(|line| line.text()?.trim().parse().ok()).map(MaxAge::Seconds);
        policy.max_age = match line {
            Some(line) => Spanned::new(seconds.unwrap_or(MaxAge::Unknown), line.value),
            None => Spanned::new(MaxAge::Missing, place),
        };
    }
    if !sent("access-control-expose-headers", "GET") {
        policy.expose_headers = Spanned::new(Names::Missing, place);
    }
    // `Vary` in one block does not help the answers of another.
    if granting.iter().any(|group| group.line("vary").is_none()) && policy.vary_origin.value == Known::Yes {
        policy.vary_origin = Spanned::new(Known::No, policy.allow_origin.span);
    }
    let actual =
        granting.iter().filter(|group| ["GET", "POST", "PUT"].iter().any(|method| leaf.reaches_content(group, method)));
    let with: Vec<bool> = actual.map(|group| group.line("access-control-allow-credentials").is_some()).collect();
    if with.contains(&true) && with.contains(&false) {
        policy.allow_credentials.value = Known::Unknown;
    }
}

/// A list as it is written for preflights, when no preflight is sent it.
fn written_names(leaf: &Leaf<'_, '_, '_>, name: &str, place: Span) -> Spanned<Names> {
    let Some(line) = leaf.written_for_preflights(name) else { return Spanned::new(Names::Missing, place) };
    let names = line.text().map_or(Names::Unknown, |text| Names::Listed {
        names: values::comma_names(&text, &Value::text(text.clone(), line.value)),
        open: false,
    });
    Spanned::new(names, line.value)
}

/// The level that the lines are written on.
fn owner(leaf: &Leaf<'_, '_, '_>, path: &Utf8Path) -> Place {
    let in_ifs = leaf.groups.iter().any(|group| group.block.is_some() && group.allow_origin().is_some());
    let line = leaf.groups.first().and_then(Group::allow_origin);
    let mut level = Some(leaf.level);
    while let (Some(here), Some(line), false) = (level, line, in_ifs) {
        if here.own_lines().iter().any(|own| own.span == line.span) {
            return match here.block {
                // A block looks like itself only from its own place, which knows how it is called.
                Some(block) if block.head() == leaf.place.span => leaf.place.clone(),
                Some(block) if block.name() == "location" => Place::location(block),
                Some(block) if block.name() == "server" => Place::server(block),
                Some(block) => {
                    Place { name: block.name().to_owned(), span: block.head(), path: None, kind: PathKind::All }
                }
                None if leaf.level.outer.is_none() => leaf.place.clone(),
                None => Place::file(path, line.span),
            };
        }
        level = here.outer.copied();
    }
    leaf.place.clone()
}

/// The place as a server: headers around everything, then the rewrite phase, access, content.
fn server(leaf: &Leaf<'_, '_, '_>, policy: Option<usize>) -> Server {
    let place = &leaf.place;
    let path = place.path.as_ref().filter(|_| place.kind != PathKind::Named).and_then(|path| {
        let text = place.prefix();
        (!text.is_empty()).then(|| Spanned::new(Arc::from(text), path.span))
    });
    let scope = Scope { methods: Vec::new(), path, prefix: place.kind != PathKind::Exact };
    let handler = |role: Role, name: &str, span: Span, effects: Vec<GuardedEffect>| Handler {
        role,
        name: name.to_owned(),
        span,
        when: Formula::True,
        scope: scope.clone(),
        effects,
        understood: true,
    };
    let always = |effect: Effect, span: Span| GuardedEffect { when: Formula::True, effect, span };
    let mut effects = vec![always(Effect::Next, place.span)];
    effects.extend(leaf.headers(true));
    let mut handlers = vec![handler(policy.map_or(Role::Other, Role::Cors), "add_header", place.span, effects)];
    let answers = leaf.answers();
    if let Some(first) = answers.first() {
        handlers.push(handler(Role::Route, "return", first.span, answers.clone()));
    }
    for guarded in &leaf.access.effects {
        let (role, name) = match guarded.effect {
            Effect::RequireAuth(_) => (Role::Auth, "authentication"),
            _ => (Role::Other, "deny"),
        };
        handlers.push(handler(role, name, guarded.span, vec![guarded.clone()]));
    }
    let at = leaf.content_span;
    let mut content = match leaf.content {
        Content::Forward => {
            let redirected = leaf.level.block.and_then(super::selection::slash_missing);
            let effect = Effect::Answer(Some(301));
            let redirect = redirected.map(|when| GuardedEffect { when, effect, span: place.span });
            handler(Role::Proxy, "proxy", at, redirect.into_iter().chain([always(Effect::Forward, at)]).collect())
        }
        // Files are there for GET and HEAD; other methods get 405.
        Content::File => handler(Role::Static, "files", at, leaf.refuses_options()),
        Content::Unknown => handler(Role::Route, &place.name, at, Vec::new()),
    };
    content.understood = leaf.content != Content::Unknown;
    handlers.push(content);
    Server {
        complete: !leaf.is_partial(),
        onion: true,
        failing: Failing::Inside,
        upstream: super::upstream::upstream(&leaf.level, place, &leaf.script.variables),
        ..Server::new("nginx", place.name.clone(), place.span, handlers)
    }
}
