//! How a file is to be read, judged by its name.
//!
//! In: a path. Out: a [`Kind`], or nothing for files that never matter: those are not even opened. Must not look at
//! contents; names that say too little (`*.conf`, `*.yaml`) are decided later by `read`.

use camino::Utf8Path;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// JavaScript, with or without JSX.
    JavaScript,
    /// TypeScript without JSX.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Markup with scripts: Vue, Svelte, Astro.
    Component,
    /// Python.
    Python,
    /// An nginx configuration or a snippet of one.
    Nginx,
    /// `NAME=value` lines.
    Env,
    /// One of the JSON files with a known meaning.
    Json,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// pip's list of requirements.
    Requirements,
    /// How an image is built.
    Dockerfile,
    /// What names the packages of a language that is not read.
    Manifest,
}

impl Kind {
    /// The kind of a path, if it is one that is read at all.
    pub fn of(path: &Utf8Path) -> Option<Kind> {
        let name = path.file_name()?;
        if is_env(name) {
            return Some(Kind::Env);
        }
        if is_dockerfile(name) {
            return Some(Kind::Dockerfile);
        }
        let extension = path.extension().unwrap_or("");
        let directory = || path.parent().and_then(Utf8Path::file_name).unwrap_or("");
        match extension {
            "js" | "cjs" | "mjs" | "jsx" => Some(Kind::JavaScript),
            "ts" | "mts" | "cts" if is_declaration(name) => None,
            "ts" | "mts" | "cts" => Some(Kind::TypeScript),
            "tsx" => Some(Kind::Tsx),
            "vue" | "svelte" | "astro" => Some(Kind::Component),
            "py" => Some(Kind::Python),
            "json" if name == "composer.json" => Some(Kind::Manifest),
            "json" | "jsonc" => (is_known_json(name) || is_settings_json(name, directory())).then_some(Kind::Json),
            "yml" | "yaml" => (!is_lock(name)).then_some(Kind::Yaml),
            "toml" if name == "config.toml" => (directory() == "supabase").then_some(Kind::Toml),
            "toml" if name == "Cargo.toml" => Some(Kind::Manifest),
            "toml" if name.starts_with("fly.") => Some(Kind::Toml),
            "toml" => matches!(name, "netlify.toml" | "pyproject.toml" | "wrangler.toml").then_some(Kind::Toml),
            "txt" if name.starts_with("requirements") || directory() == "requirements" => Some(Kind::Requirements),
            "in" if name.starts_with("requirements") => Some(Kind::Requirements),
            _ if name == "Pipfile" => Some(Kind::Toml),
            _ if is_manifest(name) => Some(Kind::Manifest),
            _ => is_nginx(name, extension, directory()).then_some(Kind::Nginx),
        }
    }

    /// Is it program code, which imports and is imported?
    pub fn is_code(self) -> bool {
        matches!(self, Kind::JavaScript | Kind::TypeScript | Kind::Tsx | Kind::Component | Kind::Python)
    }

    /// The lower-case name shown to users.
    pub fn name(self) -> &'static str {
        match self {
            Kind::JavaScript => "javascript",
            Kind::TypeScript => "typescript",
            Kind::Tsx => "tsx",
            Kind::Component => "component",
            Kind::Python => "python",
            Kind::Nginx => "nginx",
            Kind::Env => "env",
            Kind::Json => "json",
            Kind::Yaml => "yaml",
            Kind::Toml => "toml",
            Kind::Requirements => "requirements",
            Kind::Dockerfile => "dockerfile",
            Kind::Manifest => "manifest",
        }
    }
}

/// Is this the name of a compose file, whose `environment:` matters even where no needle is found?
pub(super) fn is_compose(name: &str) -> bool {
    name.starts_with("docker-compose") || name.starts_with("compose.") || name.starts_with("compose-")
}

fn is_manifest(name: &str) -> bool {
    matches!(name, "go.mod" | "Gemfile" | "pom.xml" | "build.gradle" | "build.gradle.kts" | "mix.exs")
}

/// `Dockerfile`, `Dockerfile.api`, `api.Dockerfile`.
fn is_dockerfile(name: &str) -> bool {
    const OTHER: &[&str] = &["dockerignore", "md", "txt", "j2", "ts", "js", "py", "go", "sh", "yml", "yaml", "json"];
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["dockerfile", "containerfile"].iter().any(|word| {
        let before = lower.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
        let behind = lower.strip_suffix(word).is_some_and(|rest| rest.ends_with(['.', '-', '_']));
        behind || before && !OTHER.contains(&extension)
    })
}

fn is_env(name: &str) -> bool {
    // What follows `env.` in names such as `env.example`; `env.ts` and `env.d.ts` are code.
    const STAGES: &[&str] = &[
        "default",
        "defaults",
        "dev",
        "development",
        "dist",
        "docker",
        "example",
        "local",
        "prod",
        "production",
        "sample",
        "staging",
        "template",
        "test",
        "testing",
    ];
    const CODE: &[&str] = &["js", "cjs", "mjs", "ts", "mts", "cts", "py", "json", "yml", "yaml", "toml", "md"];
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = [".env", ".flaskenv", ".dev.vars"];
    match known.iter().find_map(|known| name.strip_prefix(known)) {
        Some("") => return true,
        Some(rest) if rest.starts_with(['.', '-', '_']) => return !CODE.contains(&extension),
        _ => {}
    }
    extension == "env" || name.strip_prefix("env.").is_some_and(|stage| STAGES.contains(&stage))
}

fn is_declaration(name: &str) -> bool {
    [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| name.ends_with(end))
}

fn is_known_json(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "angular.json",
        "appwrite.config.json",
        "appwrite.json",
        "jsconfig.json",
        "package.json",
        "proxy.conf.json",
        "vercel.json",
        "wrangler.json",
        "wrangler.jsonc",
    ];
    NAMES.contains(&name) || (name.starts_with("tsconfig") && !name.ends_with(".tsbuildinfo"))
}

/// Is this where a program keeps its settings, which it imports or lets node-config read?
fn is_settings_json(name: &str, directory: &str) -> bool {
    matches!(name, "config.json" | "settings.json" | "cors.json")
        || directory == "config"
            && (matches!(name, "default.json" | "production.json" | "custom-environment-variables.json"))
}

fn is_lock(name: &str) -> bool {
    name.contains("-lock.") || name.contains(".lock.")
}

fn is_nginx(name: &str, extension: &str, directory: &str) -> bool {
    const TEMPLATES: &[&str] = &[".template", ".tmpl", ".tpl", ".j2", ".jinja", ".jinja2", ".erb", ".in"];
    const OTHER: &[&str] = &[
        "md",
        "rst",
        "sh",
        "html",
        "htm",
        "css",
        "png",
        "svg",
        "log",
        "service",
        "dockerfile",
        "Dockerfile",
        "rb",
        "go",
        "lua",
        "c",
        "h",
    ];
    let plain = TEMPLATES.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    [".conf", ".nginx", ".vhost", ".nginxconf"].iter().any(|end| plain.ends_with(end))
        || (name.starts_with("nginx") && !OTHER.contains(&extension))
        || (matches!(directory, "sites-available" | "sites-enabled" | "conf.d" | "vhost.d")
            && !OTHER.contains(&extension))
        || (extension.is_empty() && matches!(directory, "snippets" | "nginx"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_kind() {
        let table: &[(Kind, &[&str])] = &[
            (Kind::JavaScript, &["a.js", "src/a.cjs", "a.mjs", "a.jsx", "env.js"]),
            (Kind::TypeScript, &["a.ts", "a.mts", "a.cts", "env.ts", ".env.ts"]),
            (Kind::Tsx, &["a.tsx"]),
            (Kind::Component, &["App.vue", "routes/+page.svelte", "index.astro"]),
            (Kind::Python, &["a.py", "settings/production.py", "nginx.py"]),
            (
                Kind::Env,
                &[".env", ".env.production", "prod.env", "env.example", ".env-sample", ".flaskenv", ".dev.vars"],
            ),
            (
                Kind::Nginx,
                &[
                    "nginx.conf",
                    "default.conf",
                    "a.conf.template",
                    "x.conf.j2",
                    "sites-available/shop",
                    "nginx.conf.prod",
                    "a.vhost",
                    "site.nginx",
                ],
            ),
            (
                Kind::Json,
                &["package.json", "tsconfig.base.json", "vercel.json", "web/proxy.conf.json", "config/default.json"],
            ),
            (Kind::Yaml, &["compose.yml", "docker-compose.prod.yaml", "k8s/ingress.yaml"]),
            (Kind::Toml, &["pyproject.toml", "Pipfile", "netlify.toml", "supabase/config.toml"]),
            (Kind::Requirements, &["requirements.txt", "requirements-dev.txt", "requirements/base.txt"]),
            (Kind::Dockerfile, &["Dockerfile", "Dockerfile.api", "docker/api.dockerfile", "Containerfile"]),
            (Kind::Manifest, &["Cargo.toml", "go.mod", "api/Gemfile", "composer.json", "pom.xml"]),
            (Kind::Toml, &["fly.toml", "fly.staging.toml"]),
        ];
        for (kind, names) in table {
            for name in *names {
                assert_eq!(Kind::of(Utf8Path::new(name)), Some(*kind), "{name}");
            }
        }
        for name in [
            "a.d.ts",
            "env.d.ts",
            "data.json",
            "package-lock.json",
            "pnpm-lock.yaml",
            "config.toml",
            "a.js.map",
            "notes.txt",
            "nginx.md",
            "README",
            "Dockerfile.dockerignore",
            "dockerfiles.md",
        ] {
            assert_eq!(Kind::of(Utf8Path::new(name)), None, "{name}");
        }
    }
}
