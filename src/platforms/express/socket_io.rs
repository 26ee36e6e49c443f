//! socket.io, which gives its `cors` option to the `cors` package for the requests below `/socket.io/`.
//!
//! In: servers that a program makes, and gateways of Nest, whose options are those of socket.io. Out: the policy of each. Without the option nothing is granted, and what was
//! read before version 3 is not read any more. Source:
//! <https://socket.io/docs/v4/handling-cors/>.

use super::super::packages::Packages;
use super::super::values::option;
use super::cors_npm::policy;
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::model::condition::Formula;
use crate::model::policy::{Arm, Fault, Known, OriginAnswer, OriginDecision, Policy, Setting};
use crate::model::project::Project;
use crate::source::{Span, Spanned};

/// What messages call it; what is said of the `cors` package holds for it too.
const PLATFORM: &str = "socket.io";

/// The option is read since this version.
const FIRST: u32 = 3;

pub(super) fn policies(run: &mut Interp<'_>, packages: &Packages, project: &mut Project) {
    for id in (0..run.objects.len()).map(ObjectId) {
        let object = run.object(id);
        let gateway = &*object.path == "npm:@nestjs/websockets.WebSocketGateway()";
        if !gateway
            && !matches!(&*object.path, "npm:socket.io()" | "npm:socket.io.Server()" | "npm:socket.io.default()")
        {
            continue;
        }
        let (span, when) = (object.span, object.when.clone());
        let given: Vec<Value> = object.args.positional.iter().take(2).cloned().collect();
        let file = run.path_of_span(span);
        let Some(options) = given.iter().find_map(cors_option) else {
            let newest = packages.major("socket.io", &file).is_some_and(|major| major >= FIRST);
            let settings: Vec<Setting> = given.iter().filter(|_| newest).flat_map(of_version_2).collect();
            if !settings.is_empty() {
                project.policies.push(unread(settings, when, span));
            }
            continue;
        };
        if packages.major("socket.io", &file).is_some_and(|major| major < FIRST) {
            continue;
        }
        // The adapter for plain web sockets reads no such option.
        if gateway && packages.version("@nestjs/platform-ws", &file).is_some() {
            continue;
        }
        for (chosen, options) in options.alternatives() {
            let at = options.span;
            let args = match options.kind {
                Kind::Map(_) => Args { positional: vec![options], ..Args::default() },
                Kind::Bool(true) => Args::default(),
                _ => continue,
            };
            let mut policy = policy(run, &args, at);
            policy.place = "socket.io".to_owned();
            policy.platform = if gateway { "nest" } else { PLATFORM };
            policy.version = packages.version("socket.io", &file);
            policy.when = when.clone().and(chosen).and(super::super::development(&file, span));
            policy.installed = Known::Yes;
            // The transports send what needs no preflight.
            policy.preflighted = false;
            policy.paths = vec![Spanned::new("/socket.io/".into(), span)];
            project.policies.push(policy);
        }
    }
}

/// The `cors` option of an object that is certainly one of options.
fn cors_option(options: &Value) -> Option<Value> {
    options.as_map().and_then(|_| option(options, "cors")).filter(|cors| !cors.is_unknown())
}

/// Names that were read before the option, with where their values go now.
const BEFORE: [(&str, &str); 2] = [("origins", "cors.origin"), ("handlePreflightRequest", "cors")];

fn of_version_2(options: &Value) -> Vec<Setting> {
    let Some(map) = options.as_map().filter(|map| !map.open && !map.entries.contains_key("cors")) else {
        return Vec::new();
    };
    let renamed = |(name, to): &(&str, &str)| {
        let entry = map.entries.get(*name)?;
        let fault = Fault::Renamed { to: (*to).into(), since: FIRST.to_string().into() };
        Some(Setting { name: Spanned::new((*name).into(), entry.key), span: entry.key.to(entry.value.span), fault })
    };
    BEFORE.iter().filter_map(renamed).collect()
}

/// What a server grants whose options nobody reads: nothing.
fn unread(settings: Vec<Setting>, when: Formula, span: Span) -> Policy {
    let arms = vec![Arm { when: Formula::True, answer: OriginAnswer::Nothing, span }];
    Policy {
        place: "socket.io".to_owned(),
        installed: Known::Yes,
        preflighted: false,
        paths: vec![Spanned::new("/socket.io/".into(), span)],
        settings,
        when,
        ..Policy::new("express", "socket.io", span, OriginDecision { arms, span })
    }
}
