//! Ways to build an Express application that end in the same server.

use corslint::model::policy::Known;
use corslint::model::project::Project;
use corslint::model::server::Role;
use corslint::model::world::Assume;

use super::project;

const ORIGIN: &str = "https://app.example.com";

/// The policy of the only `cors(…)` is in force and allows `ORIGIN` but nobody else.
fn assert_guarded(files: &[(&str, &str)]) {
    let project = project(files);
    let texts = || files.iter().map(|(path, text)| format!("// {path}\n{text}")).collect::<Vec<_>>().join("\n");
    assert_eq!(project.policies.len(), 1, "policies of\n{}", texts());
    let policy = &project.policies[0];
    assert_eq!(policy.installed, Known::Yes, "not installed:\n{}", texts());
    assert_eq!(
        policy.allow_origin.allows(ORIGIN, &Assume::Production),
        Known::Yes,
        "{:?}\n{}",
        policy.allow_origin,
        texts()
    );
    assert_ne!(policy.allow_origin.allows("https://evil.example", &Assume::Production), Known::Yes, "{}", texts());
}

/// The roles of the handlers of the server that has the most of them.
fn roles(project: &Project) -> Vec<&'static str> {
    let server = project.servers.iter().max_by_key(|server| server.handlers.len()).expect("a server");
    let name = |role: &Role| match role {
        Role::Cors(_) => "cors",
        Role::Route => "route",
        Role::Auth => "auth",
        Role::Error => "error",
        Role::Static => "static",
        Role::CatchAll => "catch-all",
        _ => "other",
    };
    server.handlers.iter().map(|handler| name(&handler.role)).collect()
}

#[test]
fn options_reach_the_call() {
    let programs = [
        "app.use(cors({ origin: 'https://app.example.com' }))",
        "app.use(cors({ origin: ['https://app.example.com'] }))",
        "const options = { origin: ['https://app.example.com'] }; app.use(cors(options))",
        "const origins = ['https://app.example.com']; const options: CorsOptions = { origin: origins }; app.use(cors(options))",
        "const options = {}; options.origin = 'https://app.example.com'; app.use(cors(options))",
        "const base = { credentials: true }; app.use(cors({ ...base, origin: 'https://app.example.com' }))",
        "const list = []; list.push('https://app.example.com'); app.use(cors({ origin: list }))",
        "const list = []; if (process.env.NODE_ENV === 'production') { list.push('https://app.example.com') } else { list.push('http://localhost') } app.use(cors({ origin: list }))",
        "let origin; if (process.env.NODE_ENV === 'production') origin = 'https://app.example.com'; else origin = '*'; app.use(cors({ origin }))",
        "const origin = process.env.NODE_ENV !== 'production' ? true : 'https://app.example.com'; app.use(cors({ origin }))",
        "if (process.env.NODE_ENV === 'production') { app.use(cors({ origin: 'https://app.example.com' })) }",
        "const mw = cors({ origin: 'https://app.example.com' }); app.use(mw); app.options('*', mw)",
        "app.use('/api', cors({ origin: 'https://app.example.com' }))",
        "app.get('/x', cors({ origin: 'https://app.example.com' }), (req, res) => res.json({}))",
        "app.use([cors({ origin: 'https://app.example.com' })])",
        "for (const mw of [cors({ origin: 'https://app.example.com' })]) app.use(mw)",
        "[cors({ origin: 'https://app.example.com' })].forEach(mw => app.use(mw))",
        "const corsOptionsDelegate = (req, cb) => cb(null, { origin: 'https://app.example.com' }); app.use(cors(corsOptionsDelegate))",
        "app?.use(cors({ origin: 'https://app.example.com' }))",
    ];
    for program in programs {
        let text = format!(
            "import express from 'express'; import cors, {{ CorsOptions }} from 'cors'; const app = express(); {program}; app.listen(3000)"
        );
        assert_guarded(&[("server.ts", &text)]);
    }
}

#[test]
fn shapes_of_programs() {
    let programs = [
        "const express = require('express'), cors = require('cors'); const app = express(); app.use(cors({ origin: 'https://app.example.com' }))",
        "const app = require('express')(); app.use(require('cors')({ origin: 'https://app.example.com' }))",
        "import * as express from 'express'; import * as cors from 'cors'; const app = express(); app.use(cors({ origin: 'https://app.example.com' }))",
        "import express, { Express } from 'express'; import cors from 'cors'; function setup(app: Express) { app.use(cors({ origin: 'https://app.example.com' })) } const app = express(); setup(app)",
        "import express from 'express'; import cors from 'cors'; function createApp() { const app = express(); app.use(cors({ origin: 'https://app.example.com' })); return app } export default createApp()",
        "import express from 'express'; import cors from 'cors'; export function createApp() { const app = express(); app.use(cors({ origin: 'https://app.example.com' })); return app }",
        "import express from 'express'; import cors from 'cors'; async function bootstrap() { const app = express(); await connect(); app.use(cors({ origin: 'https://app.example.com' })); app.listen(1) } bootstrap()",
        "import express from 'express'; import cors from 'cors'; (async () => { const app = express(); app.use(cors({ origin: 'https://app.example.com' })); app.listen(1) })()",
        "import express from 'express'; import cors from 'cors'; import mongoose from 'mongoose'; const app = express(); mongoose.connect('x').then(() => { app.use(cors({ origin: 'https://app.example.com' })); app.listen(1) }).catch(console.error)",
        "import express from 'express'; import cors from 'cors'; const main = async () => { try { const app = express(); app.use(cors({ origin: 'https://app.example.com' })) } catch (e) { process.exit(1) } }; main()",
        "import express from 'express'; import cors from 'cors'; class App { app: express.Application; constructor() { this.app = express(); this.initializeMiddlewares() } private initializeMiddlewares() { this.app.use(cors({ origin: 'https://app.example.com' })) } } export default App",
        "import express from 'express'; import cors from 'cors'; class App { public app = express(); private origin = 'https://app.example.com'; constructor() { this.middlewares(); } middlewares = () => { this.app.use(cors({ origin: this.origin })) } } new App()",
        "import express from 'express'; import cors from 'cors'; class Server { private static app = express(); static start() { Server.app.use(cors({ origin: 'https://app.example.com' })) } } Server.start()",
        "import express from 'express'; import cors from 'cors'; class Base { app = express() } class App extends Base { constructor() { super(); this.setup() } setup() { this.app.use(cors({ origin: 'https://app.example.com' })) } } new App()",
        "import express from 'express'; import cors from 'cors'; class App { app; constructor(options) { this.app = express(); this.app.use(cors({ origin: options.origin })) } } new App({ origin: 'https://app.example.com' })",
        "import express, { Router } from 'express'; import cors from 'cors'; const app = express(); const router = Router(); router.use(cors({ origin: 'https://app.example.com' })); app.use('/api', router)",
        "import express from 'express'; import cors from 'cors'; const app = express(); const router = express.Router(); router.route('/x').all(cors({ origin: 'https://app.example.com' })); app.use(router)",
        "import express from 'express'; import cors from 'cors'; const app = express(); const use = m => app.use(m); use(cors({ origin: 'https://app.example.com' }))",
        "import express from 'express'; import cors from 'cors'; const app = express().use(cors({ origin: 'https://app.example.com' })).use(express.json())",
    ];
    for program in programs {
        assert_guarded(&[("server.ts", program)]);
    }
}

#[test]
fn across_files() {
    let app = "const express = require('express'); const app = express(); ";
    let by = |rest: &str| format!("{app}{rest}");
    let cases: [(String, &str, &str); 8] = [
        (
            by("require('./mw')(app)"),
            "mw.js",
            "const cors = require('cors'); module.exports = app => { app.use(cors({ origin: 'https://app.example.com' })) }",
        ),
        (
            by("const { setup } = require('./mw'); setup(app)"),
            "mw.js",
            "const cors = require('cors'); exports.setup = function (app) { app.use(cors({ origin: 'https://app.example.com' })) }",
        ),
        (
            by("app.use(require('cors')(require('./options')))"),
            "options.js",
            "module.exports = { origin: 'https://app.example.com' }",
        ),
        (
            by("const { origins } = require('./config'); app.use(require('cors')({ origin: origins }))"),
            "config.js",
            "module.exports = { origins: ['https://app.example.com'] }",
        ),
        (
            by("app.use(require('./cors'))"),
            "cors.js",
            "module.exports = require('cors')({ origin: 'https://app.example.com' })",
        ),
        (
            by("app.use('/api', require('./routes'))"),
            "routes.js",
            "const router = require('express').Router(); router.use(require('cors')({ origin: 'https://app.example.com' })); module.exports = router",
        ),
        (
            by("const config = require('./config').get(); app.use(require('cors')({ origin: config.origin }))"),
            "config.js",
            "class Config { get() { return { origin: 'https://app.example.com' } } } module.exports = new Config()",
        ),
        (
            by(
                "const allowed = require('./allowed'); app.use(require('cors')({ origin: (o, cb) => cb(null, allowed.includes(o)) }))",
            ),
            "allowed.js",
            "const allowed = ['https://app.example.com']; module.exports = allowed",
        ),
    ];
    for (main, path, text) in cases {
        assert_guarded(&[("server.js", &main), (path, text)]);
    }
    assert_guarded(&[
        ("src/server.ts", "import App from './app'; const app = new App([new UserRoute()]); app.listen()"),
        (
            "src/app.ts",
            "import express from 'express'; import cors from 'cors'; import { ORIGIN } from '@config'; class App { app: express.Application; constructor(routes) { this.app = express(); this.initializeMiddlewares(); } initializeMiddlewares() { this.app.use(cors({ origin: ORIGIN })) } } export default App",
        ),
        ("src/config/index.ts", "export const { ORIGIN = 'https://app.example.com' } = {}"),
        ("tsconfig.json", r#"{ "compilerOptions": { "baseUrl": "src", "paths": { "@config": ["config"] } } }"#),
    ]);
}

#[test]
fn order_is_the_order_in_which_statements_run() {
    let found = project(&[(
        "server.js",
        "const express = require('express'); const cors = require('cors'); const app = express(); function later() { app.use(cors()) } app.get('/a', (req, res) => res.json({})); later(); app.get('/b', (req, res) => res.json({}))",
    )]);
    assert_eq!(roles(&found), ["route", "cors", "route"]);
    let found = project(&[
        (
            "server.js",
            "const express = require('express'); const app = express(); require('./security')(app); app.use('/api', require('./routes')); app.use(express.static('public'))",
        ),
        ("security.js", "const cors = require('cors'); module.exports = function (app) { app.use(cors()) }"),
        (
            "routes.js",
            "const router = require('express').Router(); router.get('/a', (req, res) => res.json({})); module.exports = router",
        ),
    ]);
    assert_eq!(roles(&found), ["cors", "route", "static"]);
}

#[test]
fn what_nobody_calls_is_still_seen() {
    let found = project(&[(
        "a.js",
        "const cors = require('cors'); module.exports = { mw: () => cors({ origin: 'https://app.example.com' }) }",
    )]);
    assert_eq!(found.policies.len(), 1);
    let found =
        project(&[("a.js", "const cors = require('cors'); function never() { function inner() { return cors() } }")]);
    assert_eq!(found.policies.len(), 1);
}

/// Apollo Server before version 4 brings the `cors` package along.
#[test]
fn apollo() {
    let served = |rest: &str| {
        let text = format!(
            "const {{ ApolloServer }} = require('apollo-server-express'); const app = require('express')(); const server = new ApolloServer({{}}); {rest}"
        );
        project(&[("server.js", &text)])
    };
    let star = served("server.applyMiddleware({ app })");
    assert_eq!(star.policies.len(), 1);
    assert_eq!(star.policies[0].allow_origin.allows("https://evil.example", &Assume::Production), Known::Yes);
    assert_eq!(star.policies[0].installed, Known::Yes);
    assert_eq!(roles(&star), ["cors", "route"]);
    let listed =
        served("app.use(server.getMiddleware({ path: '/api', cors: { origin: ['https://app.example.com'] } }))");
    assert_eq!(listed.policies[0].allow_origin.allows(ORIGIN, &Assume::Production), Known::Yes);
    assert_eq!(listed.policies[0].allow_origin.allows("https://evil.example", &Assume::Production), Known::No);
    assert_eq!(listed.policies[0].paths[0].value.as_ref(), "/api");
    assert_eq!(served("server.applyMiddleware({ app, cors: false })").policies.len(), 0);
    let alone = "const { ApolloServer } = require('apollo-server'); new ApolloServer({ cors: { origin: 'https://app.example.com' } }).listen()";
    assert_eq!(project(&[("server.js", alone)]).policies.len(), 1);
}

/// socket.io gives its option to the `cors` package, and grants nothing without.
#[test]
fn socket_io() {
    let served = |options: &str| {
        project(&[("server.js", &format!("const {{ Server }} = require('socket.io'); new Server(3000, {options})"))])
            .policies
    };
    let listed = served("{ cors: { origin: ['https://app.example.com'] } }");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].allow_origin.allows(ORIGIN, &Assume::Production), Known::Yes);
    assert_eq!(listed[0].allow_origin.allows("https://evil.example", &Assume::Production), Known::No);
    assert_eq!(served("{}").len(), 0);
    assert_eq!(served("{ cors: undefined }").len(), 0);
}
