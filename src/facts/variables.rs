//! Environment variables that decide who is allowed: missing where their siblings are defined.

use std::sync::Arc;

use crate::eval::environment::{Deployment, EnvFile, Environment};
use crate::model::policy::{EnvUse, Policy};
use crate::model::project::Project;
use crate::rules::facts::{EnvFacts, Facts, Text};
use crate::source::{Sources, Spanned};

pub(super) fn gather(project: &Project, environment: &Environment, sources: &Sources, facts: &mut Facts) {
    for policy in project.policies.iter().filter(|policy| super::policies::in_production(policy)) {
        for used in &policy.env_reads {
            let file = sibling_file(used, project, environment, sources);
            let defined = environment.naming(&used.name).next().is_some();
            facts.envs.push(env_facts(policy, used, file.filter(|_| !defined)));
        }
    }
}

fn env_facts(policy: &Policy, used: &EnvUse, missing_from: Option<&EnvFile>) -> EnvFacts {
    EnvFacts {
        span: Some(used.span),
        server: policy.server.and_then(|server| u32::try_from(server).ok()),
        platform: policy.platform.into(),
        environment: "production".into(),
        name: Text::at(used.name.to_string(), used.span),
        effect: Text::new(used.effect),
        file: missing_from.map(|file| Text::new(file.path.to_string())).unwrap_or_default(),
        undefined: (missing_from.is_some() && !used.has_default).into(),
    }
}

/// Does an example have none of the other variables that the same file reads? Then it is about something else.
fn is_for_others(used: &EnvUse, file: &EnvFile, project: &Project) -> bool {
    let beside = |read: &&Spanned<Arc<str>>| read.span.file == used.span.file && read.value != used.name;
    let mut others = project.env_reads.iter().filter(beside).peekable();
    others.peek().is_some() && others.all(|read| !file.variables.contains_key(&read.value))
}

/// Does a compose file give the program none of the variables that it reads? It is about the services beside it, then.
fn is_of_services(used: &EnvUse, file: &EnvFile, project: &Project) -> bool {
    let compose = file.path.extension().is_some_and(|extension| matches!(extension, "yml" | "yaml"));
    let read = |read: &Spanned<Arc<str>>| read.value != used.name && file.variables.contains_key(&read.value);
    compose && !project.env_reads.iter().any(read)
}

/// The env file that speaks for the code that reads the variable: it lies beside or above it and defines several variables.
fn sibling_file<'e>(
    used: &EnvUse,
    project: &Project,
    environment: &'e Environment,
    sources: &Sources,
) -> Option<&'e EnvFile> {
    let code = sources.path(used.span.file);
    let speaks = |file: &&EnvFile| {
        let near = file.deployment != Deployment::Test && code.starts_with(&file.home) && file.variables.len() > 1;
        near && file.is_list()
            && !environment.is_open(file)
            && !(file.deployment == Deployment::Example && is_for_others(used, file, project))
            && !is_of_services(used, file, project)
    };
    let preference = |file: &&EnvFile| match file.deployment {
        Deployment::Production => 0,
        Deployment::Example => 1,
        Deployment::Any => 2,
        _ => 3,
    };
    environment.files.iter().filter(speaks).min_by_key(preference)
}
