//! Which files hosting platforms run as functions, by their place and by what the platforms' own configuration says.
//!
//! In: trees of `netlify.toml` and `supabase/config.toml`, and paths. Out: whether a file is a function, and its name. What
//! lies beside a function (helpers, earlier versions, what was put aside) is none. Reads nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::syntax::document::Node;

/// What the configuration of hosting platforms says of functions.
#[derive(Debug, Clone, Default)]
pub struct Deployed {
    /// Directories of Netlify's functions.
    netlify: BTreeSet<Utf8PathBuf>,
    /// The files in which functions of Supabase begin elsewhere than usual, with their names.
    supabase: BTreeMap<Utf8PathBuf, String>,
}

/// What a file below `supabase/functions/` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supabase {
    /// Nothing of Supabase's.
    Elsewhere,
    /// The file in which the function of this name begins.
    Function(String),
    /// A file beside that one, in the folder of the function.
    Beside(String),
    /// Shared code, or something that was put aside.
    Helper,
}

/// Where functions of Supabase stand.
const FUNCTIONS: &str = "supabase/functions/";

impl Deployed {
    /// Takes in a netlify.toml: the folder of functions, relative to the base of the build.
    pub fn add_netlify(&mut self, path: &Utf8Path, document: &Node) {
        let text = |section: &str, key: &str| document.get(section).and_then(|found| found.get(key)?.as_str());
        let home = path.parent().unwrap_or(Utf8Path::new(""));
        let base = text("build", "base").unwrap_or("").trim_start_matches('/');
        for folder in [text("build", "functions"), text("functions", "directory")].into_iter().flatten() {
            self.netlify.insert(plain(&home.join(base).join(folder.trim_start_matches('/'))));
        }
    }

    /// Takes in a supabase/config.toml: `entrypoint` of a function, relative to that file.
    pub fn add_supabase(&mut self, path: &Utf8Path, document: &Node) {
        let home = path.parent().unwrap_or(Utf8Path::new(""));
        for (name, function) in document.get("functions").map(Node::entries).unwrap_or_default() {
            if let Some(file) = function.get("entrypoint").and_then(Node::as_str) {
                self.supabase.insert(plain(&home.join(file)), name.value.to_string());
            }
        }
    }

    /// Does Netlify run what stands in this folder?
    pub fn is_netlify(&self, path: &Utf8Path) -> bool {
        let usual = path.starts_with("netlify/functions") || path.as_str().contains("/netlify/functions/");
        usual || self.netlify.iter().any(|folder| !folder.as_str().is_empty() && path.starts_with(folder))
    }

    /// What a file is to Supabase.
    pub fn supabase(&self, path: &Utf8Path) -> Supabase {
        if let Some(name) = self.supabase.get(path) {
            return Supabase::Function(name.clone());
        }
        let text = path.as_str();
        let below = match text.strip_prefix(FUNCTIONS) {
            Some(below) => Some(("", below)),
            None => text.split_once(&format!("/{FUNCTIONS}")),
        };
        let Some((home, below)) = below else { return Supabase::Elsewhere };
        let Some((name, file)) = below.split_once('/') else { return Supabase::Helper };
        let aside = home.split('/').any(is_aside) || name.starts_with(['_', '.']);
        let elsewhere = self.supabase.values().any(|known| known == name);
        match file {
            _ if aside => Supabase::Helper,
            "index.ts" | "index.tsx" | "index.js" | "index.jsx" | "index.mjs" | "index.mts" if !elsewhere => {
                Supabase::Function(name.to_owned())
            }
            _ => Supabase::Beside(name.to_owned()),
        }
    }
}

/// Is it a folder of things that are no longer used?
fn is_aside(folder: &str) -> bool {
    matches!(folder.trim_matches('_').to_ascii_lowercase().as_str(), "archive" | "archives" | "archived")
}

/// A path without `./`, `..` followed as far as it goes.
fn plain(path: &Utf8Path) -> Utf8PathBuf {
    let mut whole = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::ParentDir => drop(whole.pop()),
            Utf8Component::Normal(name) => whole.push(name),
            _ => {}
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::toml;

    #[test]
    fn only_the_entry_file_is_a_function() {
        let mut deployed = Deployed::default();
        let text = "[functions.mail]\nentrypoint = './functions/mail/main.ts'\n";
        deployed.add_supabase(Utf8Path::new("supabase/config.toml"), &toml::parse(FileId(0), text).0);
        let function = |name: &str| Supabase::Function(name.to_owned());
        let beside = |name: &str| Supabase::Beside(name.to_owned());
        let table = [
            ("supabase/functions/pay/index.ts", function("pay")),
            ("apps/api/supabase/functions/pay/index.tsx", function("pay")),
            ("supabase/functions/archive/index.ts", function("archive")),
            ("supabase/functions/mail/main.ts", function("mail")),
            ("supabase/functions/mail/index.ts", beside("mail")),
            ("supabase/functions/pay/index_backup.ts", beside("pay")),
            ("supabase/functions/pay/lib/index.ts", beside("pay")),
            ("supabase/functions/_shared/index.ts", Supabase::Helper),
            ("supabase/functions/cors.ts", Supabase::Helper),
            ("_archive/supabase/functions/pay/index.ts", Supabase::Helper),
            ("src/functions/pay/index.ts", Supabase::Elsewhere),
        ];
        for (path, expected) in table {
            assert_eq!(deployed.supabase(Utf8Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn netlify_names_its_folder() {
        let mut deployed = Deployed::default();
        let add = |deployed: &mut Deployed, path: &str, text: &str| {
            deployed.add_netlify(Utf8Path::new(path), &toml::parse(FileId(0), text).0);
        };
        add(&mut deployed, "netlify.toml", "[build]\nfunctions = './lambda'\n");
        add(&mut deployed, "shop/netlify.toml", "[build]\nbase = 'web'\n[functions]\ndirectory = '../api/'\n");
        for path in
            ["lambda/hello.js", "shop/api/hello/hello.js", "netlify/functions/a.ts", "web/netlify/functions/a.ts"]
        {
            assert!(deployed.is_netlify(Utf8Path::new(path)), "{path}");
        }
        for path in ["functions/hello.js", "lambdas/a.js", "api/hello.js"] {
            assert!(!deployed.is_netlify(Utf8Path::new(path)), "{path}");
        }
    }
}
