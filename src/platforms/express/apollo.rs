//! Apollo Server before version 4, which brings the `cors` package along: `*` unless its own option says otherwise.
//!
//! In: `applyMiddleware` and `getMiddleware` of `apollo-server-express`, `listen` of `apollo-server`. Out: what they do with
//! Express, done in the evaluator as if the program had written it. Source: `ApolloServer.ts` of both packages at
//! <https://github.com/apollographql/apollo-server/tree/version-3/packages>.

use super::super::values::option;
use crate::eval::value::{Args, Kind, Reason, Value};
use crate::eval::{Interp, Target};
use crate::source::Span;

/// A call that installs something; `None` when it is something else.
pub(super) fn call(run: &mut Interp<'_>, target: &Target, args: &Args, span: Span) -> Option<Value> {
    let (server, method) = target.path.rsplit_once('.')?;
    let options = args.positional.first().cloned().unwrap_or_else(|| Value::undefined(span));
    match (server, method) {
        ("npm:apollo-server-express.ApolloServer()", "applyMiddleware") => {
            let app = option(&options, "app")?;
            install(run, &app, &options, option(&options, "cors"), "/graphql", span);
            Some(Value::undefined(span))
        }
        ("npm:apollo-server-express.ApolloServer()", "getMiddleware") => {
            let router = external(run, "npm:express.Router", &Args::default(), span);
            install(run, &router, &options, option(&options, "cors"), "/graphql", span);
            Some(router)
        }
        ("npm:apollo-server.ApolloServer()", "listen") => {
            let made_with = run.object(target.object?).args.positional.first().cloned();
            let cors = made_with.as_ref().and_then(|options| option(options, "cors"));
            let app = external(run, "npm:express", &Args::default(), span);
            install(run, &app, &Value::undefined(span), cors, "/", span);
            None
        }
        _ => None,
    }
}

fn install(run: &mut Interp<'_>, app: &Value, options: &Value, cors: Option<Value>, path: &str, span: Span) {
    let path = option(options, "path").filter(|path| !path.is_nullish()).unwrap_or_else(|| Value::text(path, span));
    let given = match cors.as_ref().map(|cors| &cors.kind) {
        Some(Kind::Bool(false)) => None,
        None | Some(Kind::Bool(true) | Kind::Undefined) => Some(Args::default()),
        Some(_) => Some(Args { positional: cors.into_iter().collect(), ..Args::default() }),
    };
    if let Some(given) = given {
        let cors = external(run, "npm:cors", &given, span);
        register(run, app, "use", vec![path.clone(), cors], span);
    }
    let answers = Value::unknown(Reason::NotModelled, span);
    register(run, app, "post", vec![path, answers], span);
}

fn external(run: &mut Interp<'_>, path: &str, args: &Args, span: Span) -> Value {
    run.call_value(&Value::new(Kind::External(path.into()), span), args, span)
}

fn register(run: &mut Interp<'_>, app: &Value, verb: &str, positional: Vec<Value>, span: Span) {
    let method = Value::new(Kind::Method { receiver: app.clone().into(), name: verb.into() }, span);
    run.call_value(&method, &Args { positional, ..Args::default() }, span);
}
