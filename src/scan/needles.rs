//! The words that make a file worth a parse.
//!
//! In: the bytes of a file. Out: [`Needles`], a small set of the classes of words found. One pass, without regard to
//! case; must not know what the words mean beyond their class.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// A set of word classes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Needles(u8);

impl Needles {
    /// Speaks of CORS or of its headers.
    pub const CORS: Needles = Needles(1);
    /// Builds or configures a server.
    pub const SERVER: Needles = Needles(2);
    /// Sends requests from a browser.
    pub const CLIENT: Needles = Needles(4);
    /// Names what only browsers have.
    pub const BROWSER: Needles = Needles(8);
    /// Writes down an address or an option of a request that can be wrong by itself.
    pub const ALONE: Needles = Needles(16);
    /// Is a function that a platform calls with a request, or calls such a function by its name.
    pub const FUNCTION: Needles = Needles(32);
    /// Calls the function of a platform by its name, from a page too.
    const INVOKES: Needles = Needles(Needles::FUNCTION.0 | Needles::CLIENT.0);
    /// Says how programs are run.
    pub const DEPLOYS: Needles = Needles(64);
    const ALL: Needles = Needles(127);

    /// Is every class of `other` in this set?
    pub fn contains(self, other: Needles) -> bool {
        self.0 & other.0 == other.0
    }

    /// Is any class of `other` in this set?
    pub fn meets(self, other: Needles) -> bool {
        self.0 & other.0 != 0
    }

    /// Looks for all words in `bytes`.
    pub(super) fn search(bytes: &[u8]) -> Needles {
        let mut found = Needles::default();
        for hit in SEARCHER.find_iter(bytes) {
            let (word, class) = WORDS[hit.pattern().as_usize()];
            if word == "cors" && OTHER_WORDS.iter().any(|rest| follows(bytes, hit.end(), rest)) {
                continue;
            }
            found.0 |= class.0;
            if found == Needles::ALL {
                break;
            }
        }
        found
    }
}

impl std::ops::BitOr for Needles {
    type Output = Needles;
    fn bitor(self, other: Needles) -> Needles {
        Needles(self.0 | other.0)
    }
}

/// No word may be part of another: the search reports the first that ends.
const WORDS: &[(&str, Needles)] = &[
    ("cors", Needles::CORS),
    ("access-control-", Needles::CORS),
    ("express(", Needles::SERVER),
    ("express.router", Needles::SERVER),
    ("new hono(", Needles::SERVER),
    ("new hono<", Needles::SERVER),
    ("openapihono", Needles::SERVER),
    ("new koa(", Needles::SERVER),
    ("koa-router", Needles::SERVER),
    ("@koa/router", Needles::SERVER),
    ("createserver(", Needles::SERVER),
    ("fastapi(", Needles::SERVER),
    ("starlette(", Needles::SERVER),
    ("flask(", Needles::SERVER),
    ("blueprint(", Needles::SERVER),
    ("middleware =", Needles::SERVER),
    ("middleware +=", Needles::SERVER),
    ("split_settings", Needles::SERVER),
    ("add_header", Needles::SERVER),
    ("installed_apps", Needles::SERVER),
    ("deno.serve", Needles::FUNCTION),
    ("http/server.ts", Needles::FUNCTION),
    ("respondwith(", Needles::FUNCTION),
    ("request, env", Needles::FUNCTION),
    ("functions.invoke", Needles::INVOKES),
    ("node-appwrite", Needles::FUNCTION),
    ("createexecution", Needles::FUNCTION),
    ("create_execution", Needles::FUNCTION),
    ("kind: deployment", Needles::DEPLOYS),
    ("kind: statefulset", Needles::DEPLOYS),
    ("kind: daemonset", Needles::DEPLOYS),
    ("kind: configmap", Needles::DEPLOYS),
    ("serving.knative.dev", Needles::DEPLOYS),
    ("envvars:", Needles::DEPLOYS),
    ("envs:", Needles::DEPLOYS),
    ("env_variables:", Needles::DEPLOYS),
    ("fetch(", Needles::CLIENT),
    ("axios", Needles::CLIENT),
    ("xmlhttprequest", Needles::CLIENT),
    ("eventsource(", Needles::CLIENT),
    ("socket.io-client", Needles::CLIENT),
    ("httplink", Needles::CLIENT),
    ("uploadlink", Needles::CLIENT),
    ("new websocket(", Needles::CLIENT),
    ("websocketlink", Needles::CLIENT),
    ("w3cwebsocket", Needles::CLIENT),
    ("reconnecting-websocket", Needles::CLIENT),
    ("use-websocket", Needles::CLIENT),
    ("subscriptionclient", Needles::CLIENT),
    ("graphql-ws", Needles::CLIENT),
    ("stompjs", Needles::CLIENT),
    ("sockjs", Needles::CLIENT),
    ("signalr", Needles::CLIENT),
    ("superagent", Needles::CLIENT),
    ("fetchbasequery", Needles::CLIENT),
    ("@angular/common/http", Needles::CLIENT),
    ("apolloclient", Needles::CLIENT),
    ("graphqlclient", Needles::CLIENT),
    ("$.ajax", Needles::CLIENT),
    ("$.post", Needles::CLIENT),
    ("'ky'", Needles::CLIENT),
    ("\"ky\"", Needles::CLIENT),
    ("ofetch", Needles::CLIENT),
    (".put(", Needles::CLIENT),
    (".patch(", Needles::CLIENT),
    (".post(", Needles::CLIENT),
    ("method: 'p", Needles::CLIENT),
    ("method: \"p", Needles::CLIENT),
    ("method: 'd", Needles::CLIENT),
    ("method: \"d", Needles::CLIENT),
    ("window.", Needles::BROWSER),
    ("document.getelement", Needles::BROWSER),
    ("document.query", Needles::BROWSER),
    ("document.cookie", Needles::BROWSER),
    ("document.create", Needles::BROWSER),
    ("localstorage", Needles::BROWSER),
    ("sessionstorage", Needles::BROWSER),
    ("usestate", Needles::BROWSER),
    ("useeffect", Needles::BROWSER),
    ("navigator.", Needles::BROWSER),
    ("import.meta.env.vite_", Needles::BROWSER),
    ("process.env.react_app_", Needles::BROWSER),
    ("process.env.vue_app_", Needles::BROWSER),
    ("credentials", Needles::ALONE),
    ("//localhost", Needles::ALONE),
    ("//127.0.0.1", Needles::ALONE),
    ("'http://", Needles::ALONE),
    ("\"http://", Needles::ALONE),
    ("`http://", Needles::ALONE),
];

/// What makes an island, a pirate or a garment of `cors`.
const OTHER_WORDS: [&[u8]; 3] = [b"ica", b"air", b"et "];

fn follows(bytes: &[u8], at: usize, rest: &[u8]) -> bool {
    bytes.get(at..at + rest.len()).is_some_and(|found| found.eq_ignore_ascii_case(rest))
}

static SEARCHER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = WORDS.iter().map(|(word, _)| word);
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .expect("a dozen short words fit an automaton")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_by_class() {
        assert_eq!(Needles::search(b"nothing here"), Needles::default());
        assert_eq!(Needles::search(b"Corsican, Corsair"), Needles::default());
        assert_eq!(Needles::search(b"Corsican in cors"), Needles::CORS);
        assert_eq!(Needles::search(b"ACCESS-Control-Allow-Origin"), Needles::CORS);
        assert_eq!(Needles::search(b"MIDDLEWARE = ['corsheaders']"), Needles::CORS | Needles::SERVER);
        let all = Needles::CORS | Needles::SERVER | Needles::CLIENT | Needles::FUNCTION;
        assert_eq!(Needles::search(b"await fetch('/x'); Cors; express(); Deno.serve(f)"), all);
    }

    #[test]
    fn no_word_hides_another() {
        for (word, _) in WORDS {
            let others = WORDS.iter().filter(|(other, _)| other != word);
            assert!(others.clone().all(|(other, _)| !other.contains(word)), "{word} is part of another word");
        }
    }
}
