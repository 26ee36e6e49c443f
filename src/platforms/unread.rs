//! Packages that set up CORS, or servers that can, and that corslint does not read yet.
//!
//! In: manifests. Out: the most telling name of one, for the last line of a report that has found nothing. Reads nothing
//! itself and knows versions of none.

use camino::{Utf8Path, Utf8PathBuf};

/// A package and the manifest that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The package as its manifest calls it.
    pub name: &'static str,
    /// The manifest.
    pub path: Utf8PathBuf,
}

/// Which manifests name which packages: those for CORS first, then frameworks with CORS of their own.
const NAMES: [(&[&str], &[&str]); 8] = [
    (
        &["package.json"],
        &[
            "koa2-cors",
            "koa-cors",
            "@elysiajs/cors",
            "nuxt-security",
            "@middy/http-cors",
            "elysia",
            "@hapi/hapi",
            "@adonisjs/core",
            "@feathersjs/feathers",
            "@strapi/strapi",
            "nuxt",
            "nitropack",
            "restify",
            "@sveltejs/kit",
            "@remix-run/node",
        ],
    ),
    (
        &["requirements", "pyproject.toml", "Pipfile"],
        &[
            "aiohttp-cors",
            "sanic-cors",
            "sanic-ext",
            "quart-cors",
            "tornado-cors",
            "litestar",
            "aiohttp",
            "sanic",
            "quart",
            "falcon",
            "bottle",
            "tornado",
        ],
    ),
    (
        &["go.mod"],
        &[
            "github.com/rs/cors",
            "github.com/gin-contrib/cors",
            "github.com/go-chi/cors",
            "github.com/gorilla/handlers",
            "github.com/labstack/echo",
            "github.com/gofiber/fiber",
            "github.com/gin-gonic/gin",
        ],
    ),
    (&["Cargo.toml"], &["actix-cors", "rocket_cors", "tower-http", "actix-web", "axum", "rocket", "warp", "poem"]),
    (&["Gemfile"], &["rack-cors", "rails", "sinatra", "grape"]),
    (
        &["composer.json"],
        &[
            "fruitcake/laravel-cors",
            "fruitcake/php-cors",
            "nelmio/cors-bundle",
            "laravel/framework",
            "laravel/lumen-framework",
            "symfony/framework-bundle",
            "slim/slim",
        ],
    ),
    (
        &["pom.xml", "build.gradle", "build.gradle.kts"],
        &[
            "spring-boot-starter-web",
            "spring-boot-starter-webflux",
            "spring-webmvc",
            "quarkus-rest",
            "quarkus-resteasy",
            "ktor-server-cors",
            "micronaut-http-server-netty",
        ],
    ),
    (&["mix.exs"], &["cors_plug", "corsica", "phoenix"]),
];

/// The most telling package of all manifests; of several manifests the one nearest to the root.
pub fn most_telling<'t>(manifests: impl Iterator<Item = (&'t Utf8Path, &'t str)>) -> Option<Unread> {
    let mut best: Option<((bool, usize), Unread)> = None;
    for (path, text) in manifests {
        let file = path.file_name().unwrap_or("");
        let of_file = NAMES.iter().find(|(files, _)| {
            files.iter().any(|known| file == *known || *known == "requirements" && is_requirements(path, file))
        });
        let Some((_, names)) = of_file else { continue };
        let Some(name) = names.iter().find(|name| names_it(text, name)) else { continue };
        let order = (!name.contains("cors"), path.components().count());
        if best.as_ref().is_none_or(|(known, _)| order < *known) {
            best = Some((order, Unread { name, path: path.to_owned() }));
        }
    }
    best.map(|(_, found)| found)
}

fn is_requirements(path: &Utf8Path, file: &str) -> bool {
    file.starts_with("requirements") || path.parent().and_then(Utf8Path::file_name) == Some("requirements")
}

/// Does a manifest name a package, and not only one that has the name in its own?
fn names_it(text: &str, name: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let spelt = if name.contains('/') { name.to_owned() } else { name.replace('_', "-") };
    let lower = if name.contains('/') { lower } else { lower.replace('_', "-") };
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '@' | '.' | '_');
    lower.match_indices(&spelt).any(|(at, found)| {
        let before = lower[..at].chars().next_back();
        let after = &lower[at + found.len()..];
        let version = after.strip_prefix("/v").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let line = lower[..at].rfind('\n').map_or(0, |start| start + 1);
        let comment = lower[line..at].trim_start().starts_with(['#', '/']) || lower[line..at].contains("<!--");
        let ends = version || !after.starts_with(part) || after.starts_with(".\n");
        !comment && ends && !before.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_for_cors_come_before_frameworks() {
        let found = |files: &[(&'static str, &'static str)]| {
            let files = files.iter().map(|(path, text)| (Utf8Path::new(*path), *text));
            most_telling(files).map(|found| format!("{} in {}", found.name, found.path))
        };
        let elysia = ("api/package.json", r#"{"dependencies": {"elysia": "^1", "@elysiajs/cors": "^1"}}"#);
        let go = ("go.mod", "require (\n\tgithub.com/gin-gonic/gin v1.10\n)\n");
        assert_eq!(found(&[go, elysia]).as_deref(), Some("@elysiajs/cors in api/package.json"));
        assert_eq!(found(&[go]).as_deref(), Some("github.com/gin-gonic/gin in go.mod"));
        let table = [
            ("requirements/base.txt", "Aiohttp_Cors==0.8\n", Some("aiohttp-cors in requirements/base.txt")),
            ("requirements.txt", "# aiohttp\naiohttp-jinja2==1\npytest-aiohttp\n", None),
            ("Gemfile", "gem 'rack-cors'\n", Some("rack-cors in Gemfile")),
            (
                "composer.json",
                r#"{"require": {"laravel/framework": "^11"}}"#,
                Some("laravel/framework in composer.json"),
            ),
            ("go.mod", "\tgithub.com/labstack/echo/v4 v4.1\n", Some("github.com/labstack/echo in go.mod")),
            (
                "Cargo.toml",
                "tower-http = { version = \"0.6\", features = [\"cors\"] }\n",
                Some("tower-http in Cargo.toml"),
            ),
            ("pom.xml", "<artifactId>spring-boot-starter-web</artifactId>", Some("spring-boot-starter-web in pom.xml")),
            ("package.json", r#"{"dependencies": {"express": "^4", "elysia-rate-limit": "^4"}}"#, None),
        ];
        for (path, text, expected) in table {
            assert_eq!(found(&[(path, text)]).as_deref(), expected, "{path}");
        }
    }
}
