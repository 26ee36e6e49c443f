//! socket.io, which gives its `cors` option to the `cors` package for the requests below `/socket.io/`.
//!
//! In: servers that a program makes, and gateways of Nest, whose options are those of socket.io. Out: the policy of each. Without the option nothing is granted. Source:
//! <https://socket.io/docs/v4/handling-cors/>.

use super::super::packages::Packages;
use super::super::values::option;
use super::cors_npm::policy;
use crate::eval::Interp;
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::model::policy::Known;
use crate::model::project::Project;
use crate::source::Spanned;

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
        let Some(options) = object.args.positional.iter().take(2).find_map(cors_option) else { continue };
        let file = run.path_of_span(span);
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
            if gateway {
                policy.platform = "nest";
            }
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
