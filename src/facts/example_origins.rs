//! Origins that example env files show and that can never match as the program compares them.
//!
//! In: a policy and the files that are there to be copied, with what their comments show. Out: the origins as rules see
//! them. The program itself is asked: an origin counts only where, under the values of that file, it is refused for certain
//! however it was meant.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::origins::matters;
use crate::eval::environment::{Deployment, EnvFile, Environment};
use crate::model::condition::Test;
use crate::model::origin::{Malformation, Url, malformation};
use crate::model::policy::{Known, Policy};
use crate::model::project::Project;
use crate::model::world::Assume;
use crate::rules::facts::{OriginFacts, PolicyFacts, Text};
use crate::source::{Sources, Span, Spanned};

/// A variable whose text is compared with the request's origin, and how.
struct Compared {
    variable: Arc<str>,
    separator: Option<Arc<str>>,
    trimmed: bool,
    read: Span,
}

pub(super) fn gather(
    policy: &Policy,
    of_policy: &Arc<PolicyFacts>,
    project: &Project,
    environment: &Environment,
    sources: &Sources,
) -> Vec<OriginFacts> {
    let code = sources.path(policy.span.file);
    let mut found: Vec<OriginFacts> = Vec::new();
    for compared in compared(policy) {
        let examples = environment.files.iter().filter(|file| file.deployment == Deployment::Example);
        for file in examples.filter(|file| code.starts_with(&file.home)) {
            let shown = file.variables.get(&compared.variable).into_iter();
            let samples = file.samples.iter().filter(|(name, _)| *name == compared.variable).map(|(_, value)| value);
            let samples = samples.filter(|value| !is_for_another(policy, &compared, file, value, project));
            for value in shown.chain(samples) {
                for one in never_equal(policy, of_policy, &compared, file, value) {
                    if !found.iter().any(|other| other.span == one.span) {
                        found.push(one);
                    }
                }
            }
        }
    }
    found
}

/// Does another program read the same variable so that what a comment shows is right? Then the comment is about that one.
fn is_for_another(
    policy: &Policy,
    own: &Compared,
    file: &EnvFile,
    value: &Spanned<Arc<str>>,
    project: &Project,
) -> bool {
    let others = project.policies.iter().filter(|other| other.span != policy.span);
    let readers = others.flat_map(|other| compared(other).into_iter().map(move |compared| (other, compared)));
    let mut readers = readers.filter(|(_, other)| other.variable == own.variable && other.read != own.read);
    readers.any(|(other, compared)| never_equal(other, &Arc::default(), &compared, file, value).is_empty())
}

fn compared(policy: &Policy) -> Vec<Compared> {
    let mut found: Vec<Compared> = Vec::new();
    for (test, span) in policy.allow_origin.arms.iter().flat_map(|arm| arm.when.tests()) {
        if let Test::EnvLists { variable, separator, trimmed, term } = test
            && term.is_origin()
            && !found.iter().any(|one| one.variable == *variable)
        {
            let (variable, separator) = (variable.clone(), separator.clone());
            found.push(Compared { variable, separator, trimmed: *trimmed, read: span });
        }
    }
    found
}

fn never_equal(
    policy: &Policy,
    of_policy: &Arc<PolicyFacts>,
    compared: &Compared,
    file: &EnvFile,
    value: &Spanned<Arc<str>>,
) -> Vec<OriginFacts> {
    let mut values: BTreeMap<String, String> =
        file.variables.iter().map(|(name, value)| (name.to_string(), value.value.to_string())).collect();
    values.insert(compared.variable.to_string(), value.value.to_string());
    let assume = Assume::Stated(values);
    let mut found = Vec::new();
    let trims = compared.trimmed || policy.forgives.contains(&Malformation::Space);
    for (start, piece) in pieces(&value.value, compared, trims) {
        let Some((kind, _)) = malformation(piece).filter(|(kind, _)| matters(policy, *kind)) else { continue };
        let meant = meant(kind, piece);
        let refused = |origin: &String| policy.allow_origin.allows(origin, &assume) == Known::No;
        if meant.is_empty() || !meant.iter().all(refused) {
            continue;
        }
        let blanks = piece.len() - piece.trim_start().len();
        let place = part(value, start + blanks, start + piece.trim_end().len());
        let several =
            matches!(kind, Malformation::Several | Malformation::LiteralWildcard | Malformation::SubdomainWildcard);
        found.push(OriginFacts {
            span: Some(place),
            server: policy.server.and_then(|server| u32::try_from(server).ok()),
            platform: policy.platform.into(),
            environment: "production".into(),
            written: Text::at(piece, place),
            suggestion: meant.first().filter(|_| !several).cloned().map(Text::new).unwrap_or_default(),
            malformed: true.into(),
            malformation: Text::at(kind.description(), place),
            variable: Text::at(compared.variable.to_string(), compared.read),
            example: true.into(),
            policy: of_policy.clone(),
            ..OriginFacts::default()
        });
    }
    found
}

/// What the program compares, with where each begins.
fn pieces<'t>(text: &'t str, compared: &Compared, trims: bool) -> Vec<(usize, &'t str)> {
    let whole: Vec<(usize, &str)> = match &compared.separator {
        Some(separator) if !separator.is_empty() => {
            let mut at = 0;
            let pieces = text.split(&**separator).map(|piece| {
                let start = at;
                at += piece.len() + separator.len();
                (start, piece)
            });
            pieces.collect()
        }
        _ => vec![(0, text)],
    };
    let trim = |(start, piece): (usize, &'t str)| match trims {
        true => (start + (piece.len() - piece.trim_start().len()), piece.trim()),
        false => (start, piece),
    };
    whole.into_iter().map(trim).collect()
}

/// The origins that a text may have been meant to be; none where it is no attempt at one.
fn meant(kind: Malformation, piece: &str) -> Vec<String> {
    let origin = |text: &str| Url::parse(text).map(|url| url.origin());
    let bare = piece.trim().trim_matches(['"', '\'', '`']);
    match kind {
        Malformation::LiteralWildcard => vec!["https://evil.example".to_owned()],
        Malformation::SubdomainWildcard => origin(&bare.replace('*', "app")).into_iter().collect(),
        Malformation::Several => {
            let pieces = bare.split([',', ' ', ';']).map(str::trim).filter(|piece| !piece.is_empty());
            pieces.filter_map(origin).collect()
        }
        Malformation::Json => Vec::new(),
        _ if bare.contains("://") => origin(bare).into_iter().collect(),
        _ => {
            let host = bare.split(['/', ':']).next().unwrap_or("");
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            let is_host = (host == "localhost" || host.contains('.')) && host.chars().all(plain);
            let both = ["https://", "http://"].map(|scheme| origin(&format!("{scheme}{bare}")));
            both.into_iter().flatten().filter(|_| is_host).collect()
        }
    }
}

/// The place of a part of a value that stands in the file as it is.
fn part(value: &Spanned<Arc<str>>, start: usize, end: usize) -> Span {
    let width = (value.span.end - value.span.start) as usize;
    match width == value.value.len() && start <= end && end <= width {
        true => Span::new(value.span.file, value.span.start as usize + start, value.span.start as usize + end),
        false => value.span,
    }
}
