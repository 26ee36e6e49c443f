//! NestJS on Express: applications, the `cors` package that Nest brings along, and the routes of controllers.
//!
//! In: the evaluator's log. Out: servers and policies; what is done to a request stands in `express/`, on which Nest is built.
//! Sources: <https://docs.nestjs.com/security/cors>, `packages/core` and `packages/platform-express` at
//! <https://github.com/nestjs/nest>. Never judges.

mod apps;
mod bearer;
mod exceptions;
mod graphql;
mod middleware;
mod modules;
mod paths;
mod routes;

use camino::Utf8Path;

use super::express::cors_npm::CorsObjects;
use super::packages::Packages;
use crate::eval::value::{Args, Kind, ObjectId, Value};
use crate::eval::{Interp, Library, Target};
use crate::model::project::Project;
use crate::source::Span;

/// What Nest means to the evaluator.
pub struct Nest;

/// What makes an application that answers over HTTP.
const FACTORY: &str = "npm:@nestjs/core.NestFactory.create()";
/// What functions call an application that they are given.
const PARAMETERS: [&str; 4] = [
    "npm:@nestjs/common.INestApplication()",
    "npm:@nestjs/core.NestApplication()",
    "npm:@nestjs/platform-express.NestExpressApplication()",
    "npm:@nestjs/platform-fastify.NestFastifyApplication()",
];

/// Does this canonical name make an application, or stand for one that somebody else made?
fn is_app(path: &str) -> bool {
    path == FACTORY || PARAMETERS.contains(&path)
}

impl Library for Nest {
    fn call(&self, run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
        let (holder, method) = target.path.rsplit_once('.')?;
        if !is_app(holder) {
            return None;
        }
        match method {
            "use"
            | "setGlobalPrefix"
            | "enableVersioning"
            | "useGlobalPipes"
            | "useGlobalGuards"
            | "useGlobalFilters"
            | "useGlobalInterceptors" => target.object.map(|id| Value::new(Kind::Object(id), span)),
            "get" | "resolve" => provided(run, args.positional.first()?, span),
            _ => None,
        }
    }
}

/// `app.get(ConfigService)`: the one instance that Nest has made of it.
fn provided(run: &mut Interp<'_>, token: &Value, span: Span) -> Option<Value> {
    match &token.kind {
        Kind::External(path) => {
            let id = run.make_object(format!("{path}()"), Args { open: true, ..Args::default() }, None, span);
            Some(Value::new(Kind::Object(id), span))
        }
        // `app.get(corsConfig.KEY)`.
        Kind::Method { receiver, name } if &**name == "KEY" => run.nest_registered(receiver.as_object()?),
        Kind::Class(_) => run.instance(token, &Args { open: true, ..Args::default() }),
        _ => None,
    }
}

/// Express applications that Nest is given to build on: no servers of their own.
pub(super) fn underlying(run: &Interp<'_>) -> Vec<ObjectId> {
    apps::created(run).into_iter().filter_map(|app| apps::express_app(run, app)).collect()
}

/// Servers and policies of all applications.
pub(super) fn servers(run: &mut Interp<'_>, packages: &Packages, cors: &CorsObjects, project: &mut Project) {
    let first = project.policies.len();
    apps::servers(run, packages, cors, project);
    let home = |path: &Utf8Path| super::ports::package(packages, path);
    bearer::required(run, home, &mut project.policies[first..]);
}
