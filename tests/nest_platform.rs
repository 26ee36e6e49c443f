//! What is seen in NestJS applications: what enables CORS and when, modules and their routes, settings.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use camino::Utf8PathBuf;
use corslint::model::policy::{Known, MaxAge, Names, OriginAnswer, Policy};
use corslint::model::project::{FaultKind, Project};
use corslint::model::server::{Role, Server};
use corslint::model::world::Assume;
use corslint::pipeline::{self, Stated};
use corslint::scan::Scan;

fn read(files: &[(&str, &str)]) -> Project {
    let files: Vec<(Utf8PathBuf, String)> =
        files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), (*text).to_owned())).collect();
    let mut scan = Scan::of_texts(&files);
    pipeline::analyse(&mut scan, &Stated::default()).project
}

const MODULE: (&str, &str) = (
    "src/app.module.ts",
    "import { Module } from '@nestjs/common';
import { ItemsController } from './items.controller';
@Module({ controllers: [ItemsController] })
export class AppModule {}
",
);
const CONTROLLER: (&str, &str) = (
    "src/items.controller.ts",
    "import { Controller, Delete, Get, Header, Patch, Res } from '@nestjs/common';
@Controller('items')
export class ItemsController {
  @Get() all() { return []; }
  @Patch(':id') change() { return {}; }
  @Delete(':id') remove(@Res() res: Response) { res.status(204).end(); }
  @Get('open') @Header('Access-Control-Allow-Origin', '*') open() { return 1; }
}
",
);

/// An application with this `bootstrap`, and a controller of items.
fn app(bootstrap: &str) -> Project {
    let main = format!(
        "import {{ NestFactory }} from '@nestjs/core';
import {{ VersioningType }} from '@nestjs/common';
import {{ ConfigService }} from '@nestjs/config';
import {{ AppModule }} from './app.module';
async function bootstrap() {{ {bootstrap} }}
bootstrap();
"
    );
    read(&[("src/main.ts", &main), MODULE, CONTROLLER])
}

const CREATE: &str = "const app = await NestFactory.create(AppModule);";

fn told(policy: &Policy, origin: &str) -> OriginAnswer {
    policy.allow_origin.ask_origin(origin, &Assume::Production).0
}

fn enabled(project: &Project) -> &Policy {
    project.policies.iter().find(|policy| &*policy.library == "cors").unwrap()
}

fn server(project: &Project) -> &Server {
    assert_eq!(project.servers.len(), 1);
    &project.servers[0]
}

fn paths(server: &Server) -> Vec<String> {
    let routes = server.handlers.iter().filter(|handler| !handler.scope.methods.is_empty());
    routes
        .map(|handler| format!("{} {}", handler.scope.methods[0], handler.scope.path.as_ref().unwrap().value))
        .collect()
}

const APP: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

#[test]
fn enable_cors_is_a_policy_of_the_server() {
    let project =
        app(&format!("{CREATE} app.enableCors({{ origin: ['{APP}'], maxAge: 60 }}); await app.listen(3000);"));
    let policy = enabled(&project);
    assert_eq!((told(policy, APP), told(policy, EVIL)), (OriginAnswer::Echo, OriginAnswer::Nothing));
    assert_eq!((policy.platform, policy.place.as_str()), ("nest", "enableCors()"));
    assert_eq!((policy.server, policy.installed), (Some(0), Known::Yes));
    assert_eq!(policy.max_age.value, MaxAge::Seconds(60.0));
    assert!(matches!(&policy.allow_methods.value, Names::Listed { names, .. } if names.len() == 6));
    assert_eq!(server(&project).ports, [3000]);
    assert_eq!(project.faults, []);
}

#[test]
fn options_of_create_enable_it_as_well() {
    for (options, evil) in [
        ("{ cors: true }", OriginAnswer::Wildcard),
        (&*format!("{{ cors: {{ origin: '{APP}' }} }}"), OriginAnswer::Fixed(APP.into())),
        ("{ cors: (req, callback) => callback(null, { origin: false }) }", OriginAnswer::Nothing),
    ] {
        let project = app(&format!("const app = await NestFactory.create(AppModule, {options}); await app.listen(1);"));
        assert_eq!(told(enabled(&project), EVIL), evil, "{options}");
    }
    let off = app("const app = await NestFactory.create(AppModule, { cors: false }); await app.listen(1);");
    assert!(off.policies.iter().all(|policy| &*policy.library == "headers"));
}

#[test]
fn what_comes_after_the_start_is_never_in_force() {
    let project = app(&format!("{CREATE} await app.listen(3000); app.enableCors();"));
    assert_eq!(enabled(&project).installed, Known::No);
    assert_eq!(project.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>(), [FaultKind::NotInstalled]);
}

#[test]
fn options_of_create_stand_behind_every_use() {
    let refuse = "app.use((req, res, next) => req.headers.authorization ? next() : res.status(401).end());";
    let kinds = |project: &Project| project.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>();
    let of_create = app(&format!(
        "const app = await NestFactory.create(AppModule, {{ cors: true }}); {refuse} await app.listen(1);"
    ));
    assert_eq!(kinds(&of_create), [FaultKind::AnswersPreflight]);
    assert_eq!(of_create.faults[0].platform, "nest");
    let enabled = app(&format!("{CREATE} app.enableCors(); {refuse} await app.listen(1);"));
    assert_eq!(kinds(&enabled), []);
}

#[test]
fn routes_have_prefix_and_version() {
    let plain = app(&format!("{CREATE} await app.listen(1);"));
    assert_eq!(paths(server(&plain)), ["GET /items", "PATCH /items/:id", "DELETE /items/:id", "GET /items/open"]);
    assert!(server(&plain).complete);
    let fronted = app(&format!(
        "{CREATE} app.setGlobalPrefix('api', {{ exclude: ['items'] }});
         app.enableVersioning({{ type: VersioningType.URI, defaultVersion: '2' }}); await app.listen(1);"
    ));
    assert_eq!(paths(server(&fronted))[..2], ["GET /v2/items", "PATCH /api/v2/items/:id"]);
    let unknown = app(&format!("{CREATE} app.setGlobalPrefix(prefix()); await app.listen(1);"));
    assert_eq!(paths(server(&unknown))[0], "GET /(prefix)/items");
}

#[test]
fn a_header_decorator_is_a_policy_by_hand() {
    let project = app(&format!("{CREATE} await app.listen(1);"));
    assert_eq!(project.policies.len(), 1);
    let policy = &project.policies[0];
    assert_eq!((policy.platform, &*policy.library), ("nest", "headers"));
    assert_eq!(told(policy, EVIL), OriginAnswer::Wildcard);
}

#[test]
fn what_answers_by_itself_is_understood() {
    let project = app(&format!("{CREATE} await app.listen(1);"));
    let handlers = &server(&project).handlers;
    assert!(handlers.iter().all(|handler| handler.understood));
    let guarded = app(&format!("{CREATE} app.useGlobalGuards(new Guard()); await app.listen(1);"));
    assert!(
        server(&guarded).handlers.iter().all(|handler| !handler.understood || matches!(handler.role, Role::Cors(_)))
    );
}

#[test]
fn settings_come_from_the_environment_and_from_functions() {
    let files = |origin: &str| {
        let main = format!(
            "import {{ NestFactory }} from '@nestjs/core';
import {{ ConfigService }} from '@nestjs/config';
import {{ AppModule }} from './app.module';
async function bootstrap() {{
  const app = await NestFactory.create(AppModule);
  const config = app.get(ConfigService<Config, true>);
  app.enableCors({{ origin: {origin} }});
  await app.listen(3000);
}}
bootstrap();
"
        );
        read(&[
            ("src/main.ts", &main),
            (
                "src/app.module.ts",
                "import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import web from './web';
import all from './all';
@Module({ imports: [ConfigModule.forRoot({ load: [web, all] })] })
export class AppModule {}
",
            ),
            (
                "src/web.ts",
                "import { registerAs } from '@nestjs/config';
export default registerAs('web', () => ({ origins: ['https://app.example.com'] }));
",
            ),
            (
                "src/all.ts",
                "export default () => ({ cors: { origin: process.env.NONE ?? 'https://app.example.com' } });\n",
            ),
        ])
    };
    let read = files("config.getOrThrow('WEB_ORIGIN', { infer: true })");
    let uses = &enabled(&read).env_reads;
    assert_eq!((uses.len(), &*uses[0].name, uses[0].has_default), (1, "WEB_ORIGIN", false));
    assert_eq!(told(enabled(&files("config.get('web.origins')")), APP), OriginAnswer::Echo);
    let nested = files("config.get('cors.origin', { infer: true })");
    let unset = Assume::Missing("NONE".into());
    let answer = enabled(&nested).allow_origin.ask_origin(EVIL, &unset).0;
    assert_eq!(answer, OriginAnswer::Fixed(APP.into()));
    assert_eq!(told(enabled(&files("config.get('nobody.knows')")), EVIL), OriginAnswer::Unknown);
}

#[test]
fn middleware_of_modules_stands_behind_the_application() {
    let module = "import { Module } from '@nestjs/common';
import * as cors from 'cors';
@Module({})
export class AppModule {
  configure(consumer) { consumer.apply(cors({ origin: 'https://app.example.com' })).forRoutes('*'); }
}
";
    let main = "import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
NestFactory.create(AppModule).then((app) => app.listen(3000));
async function start() { const app = await NestFactory.create(AppModule); await app.listen(3000); }
start();
";
    let project = read(&[("src/main.ts", main), ("src/app.module.ts", module)]);
    assert_eq!(enabled(&project).installed, Known::Yes);
    assert_eq!(project.faults, []);
}

#[test]
fn an_express_application_below_comes_first() {
    let project = read(&[
        (
            "src/main.ts",
            "import express from 'express';
import cors from 'cors';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { AppModule } from './app.module';
const server = express();
server.use(cors({ origin: 'https://app.example.com' }));
async function bootstrap() {
  const app = await NestFactory.create(AppModule, new ExpressAdapter(server));
  await app.init();
}
bootstrap();
",
        ),
        MODULE,
        CONTROLLER,
    ]);
    let server = server(&project);
    assert_eq!(server.platform, "nest");
    assert!(matches!(server.handlers[0].role, Role::Cors(_)));
}

#[test]
fn gateways_have_the_options_of_socket_io() {
    let gateway = |decorator: &str| {
        read(&[(
            "src/chat.gateway.ts",
            &format!("import {{ WebSocketGateway }} from '@nestjs/websockets';\n{decorator}\nexport class Chat {{}}\n"),
        )])
    };
    let project = gateway("@WebSocketGateway(81, { cors: { origin: 'https://app.example.com' } })");
    assert_eq!(told(&project.policies[0], EVIL), OriginAnswer::Fixed(APP.into()));
    assert_eq!(project.policies[0].platform, "nest");
    assert_eq!(told(&gateway("@WebSocketGateway({ cors: true })").policies[0], EVIL), OriginAnswer::Wildcard);
    assert!(gateway("@WebSocketGateway({ cors: false })").policies.is_empty());
    assert!(gateway("@WebSocketGateway()").policies.is_empty());
}

#[test]
fn on_fastify_its_own_plugin_answers() {
    let main = "import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module';
async function bootstrap() {
  const app = await NestFactory.create(AppModule, new FastifyAdapter());
  app.enableCors({ origin: ['*'] });
  await app.listen(3000, '0.0.0.0');
}
bootstrap();
";
    let manifest = "{ \"dependencies\": { \"@nestjs/platform-fastify\": \"^12.0.0\" } }";
    let project = read(&[("package.json", manifest), ("src/main.ts", main), MODULE, CONTROLLER]);
    let policy = project.policies.iter().find(|policy| &*policy.library == "@fastify/cors").unwrap();
    assert_eq!((policy.platform, told(policy, EVIL)), ("nest", OriginAnswer::Wildcard));
    assert!(matches!(&policy.allow_methods.value, Names::Listed { names, .. } if names.len() == 3));
    assert_eq!((policy.server, policy.installed), (Some(0), Known::Yes));
}
