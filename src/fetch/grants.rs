//! Grants that lack what a console message asks for.
//!
//! In: a decoded message and the policies of the model. Out: the places where an origin, method, header or credentials would
//! have to be allowed and are not. Unknown lists are not said to lack anything.

use super::cause::Cause;
use super::decode::Message;
use super::evidence::{Evidence, Strength, environment, page};
use crate::model::origin::Url;
use crate::model::policy::{Known, Names, OriginAnswer, Policy};
use crate::model::probe::named_origins;
use crate::model::project::Project;
use crate::source::{Span, Spanned};

/// The places that lack it, likely ones first, one for each policy.
pub fn lacking(message: &Message, project: &Project) -> Vec<Evidence> {
    let mut found: Vec<Evidence> = Vec::new();
    for &cause in &message.causes {
        for policy in project.policies.iter().filter(|policy| policy.installed != Known::No) {
            for lacking in of_policy(message, cause, policy) {
                if !found.iter().any(|known| known.span == lacking.span) {
                    found.push(lacking);
                }
            }
        }
    }
    if message.causes.contains(&Cause::AllowOriginMissing) && project.policies.is_empty() {
        let servers = project.servers.iter().filter(|server| server.complete);
        found.extend(
            servers
                .map(|server| lacks(server.span, format!("nothing in `{}` grants cross-origin access", server.name))),
        );
    }
    found
}

fn lacks(span: Span, says: String) -> Evidence {
    Evidence { span, says, handler: None, strength: Strength::Lacks }
}

fn of_policy(message: &Message, cause: Cause, policy: &Policy) -> Vec<Evidence> {
    let origin = page(message);
    match cause {
        Cause::AllowOriginMissing => origin.map_or(Vec::new(), |origin| refusing(message, policy, origin)),
        Cause::AllowOriginDiffers | Cause::AllowOriginList | Cause::AllowOriginInvalid | Cause::AllowOriginTwice => {
            let written = message.word("value").map_or(Vec::new(), |value| writing(policy, value));
            match origin {
                Some(origin) if written.is_empty() => refusing(message, policy, origin),
                _ => written,
            }
        }
        Cause::WildcardWithCredentials => {
            let arms = policy.allow_origin.arms.iter().filter(|arm| arm.answer == OriginAnswer::Wildcard);
            arms.map(|arm| lacks(arm.span, "every origin is allowed with `*` here".to_owned())).collect()
        }
        Cause::CredentialsNotAllowed if policy.allow_credentials.value == Known::No => {
            vec![lacks(policy.allow_credentials.span, "credentials are not allowed here".to_owned())]
        }
        Cause::MethodNotAllowed => missing_name(message.word("method"), &policy.allow_methods, policy, str::eq),
        Cause::HeaderNotAllowed => {
            missing_name(message.word("header"), &policy.allow_headers, policy, str::eq_ignore_ascii_case)
        }
        _ => Vec::new(),
    }
}

/// Where an origin is refused: at the entry that nearly names it, at the variable that decides, or at the list.
fn refusing(message: &Message, policy: &Policy, origin: &str) -> Vec<Evidence> {
    match policy.allow_origin.allows(origin, &environment(message)) {
        Known::Yes => Vec::new(),
        Known::No => {
            let named = named_origins(&policy.allow_origin);
            let near: Vec<Evidence> = named
                .iter()
                .filter(|one| is_near(&one.text, origin))
                .map(|one| lacks(one.span, format!("`{}` is allowed here, and the page is `{origin}`", one.text)))
                .collect();
            match near.is_empty() {
                true => vec![lacks(policy.allow_origin.span, format!("`{origin}` is not among those allowed here"))],
                false => near,
            }
        }
        Known::Unknown => {
            let decides = |name: &str| format!("`{name}` decides here: in that deployment it must allow `{origin}`");
            let reads = policy.env_reads.iter();
            reads
                .map(|read| Evidence { strength: Strength::Decides, ..lacks(read.span, decides(&read.name)) })
                .collect()
        }
    }
}

/// Where a text is written that was sent as the allowed origin.
fn writing(policy: &Policy, value: &str) -> Vec<Evidence> {
    let sent = |text: &str| text == value || value.split([',', ' ']).any(|part| part == text);
    let named = named_origins(&policy.allow_origin).into_iter().filter(|one| sent(&one.text));
    named.map(|one| lacks(one.span, format!("`{}` is written here", one.text))).collect()
}

/// Two texts that people take for the same site: scheme, `www`, port, case or something at the end differs.
fn is_near(written: &str, origin: &str) -> bool {
    let host = |text: &str| {
        let bare = text.trim_matches(['"', '\'', ' ']).to_ascii_lowercase();
        let url = Url::parse(&bare).or_else(|| Url::parse(&format!("https://{bare}")))?;
        Some(url.host.strip_prefix("www.").unwrap_or(&url.host).to_owned())
    };
    written != origin && host(written).is_some() && host(written) == host(origin)
}

fn missing_name(
    name: Option<&str>,
    names: &Spanned<Names>,
    policy: &Policy,
    equal: fn(&str, &str) -> bool,
) -> Vec<Evidence> {
    let missing = match (&names.value, name) {
        (Names::Missing, _) => "no list is sent here".to_owned(),
        (Names::Listed { names, open: false }, Some(name)) => {
            let listed = names.iter().any(|known| equal(&known.value, name));
            // With credentials `*` is a name like any other.
            let wildcard =
                policy.allow_credentials.value != Known::Yes && names.iter().any(|known| &*known.value == "*");
            if listed || wildcard {
                return Vec::new();
            }
            format!("`{name}` is not in this list")
        }
        (Names::Listed { open: false, .. }, None) => "this is the list".to_owned(),
        _ => return Vec::new(),
    };
    vec![lacks(names.span, missing)]
}
