//! The browsers, and where they read the standard differently.
//!
//! In: nothing. Out: one table of differences, each with what it was seen in. Messages are in `console.yaml`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A family of browsers with one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Browser {
    /// Chrome, Edge, Opera, Brave, Android WebView.
    Chromium,
    /// Firefox.
    Firefox,
    /// Safari, and everything on iOS.
    Safari,
}

impl Browser {
    /// All of them.
    pub const ALL: [Browser; 3] = [Browser::Chromium, Browser::Firefox, Browser::Safari];

    /// The name that people know.
    pub fn name(self) -> &'static str {
        match self {
            Browser::Chromium => "Chromium",
            Browser::Firefox => "Firefox",
            Browser::Safari => "Safari",
        }
    }
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who reads an answer: the standard to the letter, or a browser as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reader {
    /// The Fetch standard.
    Standard,
    /// A browser.
    Browser(Browser),
}

impl Reader {
    /// Does `Access-Control-Allow-Headers: *` cover `Authorization` in a request without credentials?
    ///
    /// The standard says no (<https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name>). Chromium 156,
    /// Firefox 153 (with a warning) and WebKitGTK 2.50 let it pass, 2026-11.
    pub fn wildcard_covers_authorization(self) -> bool {
        self != Reader::Standard
    }

    /// Is the status of a preflight's answer judged before its headers?
    ///
    /// WebKit does so (`CrossOriginAccessControl.cpp`, 2.50). The verdict is the same, the message is another.
    pub fn status_comes_first(self) -> bool {
        self == Reader::Browser(Browser::Safari)
    }

    /// The longest time, in seconds, for which a preflight's answer is kept; the standard leaves it to browsers.
    ///
    /// Read in the sources, 2026-11: Chromium 156 `services/network/cors/preflight_result.cc` (`kMaxTimeout`), Firefox
    /// 153 `netwerk/protocol/http/nsCORSListenerProxy.cpp`, WebKit 2.50 `CrossOriginPreflightResultCache.cpp`.
    pub fn most_max_age(self) -> Option<u64> {
        match self {
            Reader::Standard => None,
            Reader::Browser(Browser::Chromium) => Some(7_200),
            Reader::Browser(Browser::Firefox) => Some(86_400),
            Reader::Browser(Browser::Safari) => Some(600),
        }
    }
}
