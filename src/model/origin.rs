//! Origins: what a browser sends, what people write, and how the two can differ.
//!
//! In: text. Out: `Url` (enough of the URL standard for http origins), `Origin`, and `Malformation`, which says why a
//! written origin can never equal a serialized one. Source: <https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin>.
//! Knows no platform.

use super::term::UrlPart;

/// The parts of an absolute URL that origins are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Lower-case scheme without the colon.
    pub scheme: String,
    /// Lower-case host; IPv6 with brackets.
    pub host: String,
    /// The port when it is not the scheme's default.
    pub port: Option<u16>,
    /// From the first slash after the host, `/` when there is none.
    pub path: String,
}

/// The default port of a scheme (URL standard, special schemes).
pub fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    }
}

impl Url {
    /// Reads `scheme://[user@]host[:port][/path]`; `None` for anything a URL parser would refuse.
    pub fn parse(text: &str) -> Option<Url> {
        // The URL standard takes off C0 control characters and the plain blank, no other white space.
        let text = text.trim_matches(|c: char| c <= ' ');
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(plain) {
            return None;
        }
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let host_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = split_port(host_port)?;
        if host.is_empty()
            || host.contains([',', '<', '>', '"', '%', '|', '^', '`'])
            || host.contains(|c: char| c.is_control() || c.is_whitespace())
        {
            return None;
        }
        let port = match port {
            None | Some("") => None,
            Some(digits) => Some(digits.parse::<u16>().ok()?).filter(|&port| Some(port) != default_port(&scheme)),
        };
        let path = match tail.split(['?', '#']).next().unwrap_or("") {
            "" => "/".to_owned(),
            path => path.replace('\\', "/"),
        };
        Some(Url { scheme, host: host.to_lowercase(), port, path })
    }

    /// A component as text.
    pub fn part(&self, part: UrlPart) -> String {
        match part {
            UrlPart::Whole => format!("{}{}", self.origin(), self.path),
            UrlPart::Origin => self.origin(),
            UrlPart::Host => self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host)),
            UrlPart::Hostname => self.host.clone(),
            UrlPart::Protocol => format!("{}:", self.scheme),
            UrlPart::Scheme => self.scheme.clone(),
            UrlPart::Port => self.port.map_or_else(String::new, |port| port.to_string()),
            UrlPart::Pathname => self.path.clone(),
        }
    }

    /// The serialized origin.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.part(UrlPart::Host))
    }
}

/// Splits `host:port`, respecting IPv6 brackets.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if text.starts_with('[') {
        let close = text.find(']')?;
        let (host, rest) = text.split_at(close + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
        None => Some((text, None)),
    }
}

/// Why a written origin can never equal the `Origin` header of a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Malformation {
    /// `https://a.example/`.
    TrailingSlash,
    /// `https://a.example/app`.
    Path,
    /// `a.example`.
    NoScheme,
    /// `https://a.example:443`.
    DefaultPort,
    /// `https://A.example`.
    UpperCase,
    /// Blanks at an end or inside.
    Space,
    /// Quote characters are part of the text.
    Quotes,
    /// Line breaks or other control characters.
    ControlCharacter,
    /// Several origins in one text.
    Several,
    /// `https://*.a.example` where it is compared literally.
    SubdomainWildcard,
    /// `*` where it is compared literally.
    LiteralWildcard,
    /// JSON text such as `["https://a.example"]`.
    Json,
}

impl Malformation {
    /// What is wrong, to be read after the origin's text.
    pub fn description(self) -> &'static str {
        match self {
            Malformation::TrailingSlash => "ends with a slash",
            Malformation::Path => "has a path",
            Malformation::NoScheme => "has no scheme",
            Malformation::DefaultPort => "names the scheme's default port",
            Malformation::UpperCase => "has upper-case letters",
            Malformation::Space => "has blanks in it",
            Malformation::Quotes => "has quotes in it",
            Malformation::ControlCharacter => "has control characters in it",
            Malformation::Several => "holds several origins in one text",
            Malformation::SubdomainWildcard => "has a wildcard that is compared literally",
            Malformation::LiteralWildcard => "is a wildcard that is compared literally here",
            Malformation::Json => "is JSON text, not an origin",
        }
    }
}

/// What is wrong with a written origin, and the text that was probably meant.
pub fn malformation(text: &str) -> Option<(Malformation, Option<String>)> {
    use Malformation as M;
    if text.is_empty() || text == "null" {
        return None;
    }
    if text == "*" {
        return Some((M::LiteralWildcard, None));
    }
    if text.starts_with('[') && text.ends_with(']') {
        return Some((M::Json, None));
    }
    let bare = text.trim().trim_matches(['"', '\'', '`']);
    if text.contains(['"', '\'', '`']) {
        return Some((M::Quotes, meant(bare)));
    }
    let several = text.split([',', ' ', ';']).filter(|piece| piece.contains("://")).count();
    if several > 1 {
        return Some((M::Several, None));
    }
    if text.chars().any(|c| c.is_control()) {
        return Some((M::ControlCharacter, meant(text.trim())));
    }
    if text.contains(' ') {
        return Some((M::Space, meant(text.trim())));
    }
    if text.contains('*') {
        return Some((M::SubdomainWildcard, None));
    }
    if !text.contains("://") {
        // A word without a dot or port is not an attempt at an origin that we understand.
        let (host, _) = text.split_once(':').unwrap_or((text, ""));
        let host_like = host == "localhost" || host.contains('.');
        let suggestion = meant(&format!("https://{}", text.trim_start_matches('/')));
        return (host_like && suggestion.is_some()).then_some((M::NoScheme, suggestion));
    }
    let url = Url::parse(text)?;
    if !matches!(url.scheme.as_str(), "http" | "https") {
        // Extension, app and file schemes have serializations of their own; only a stray slash is certain.
        return text.ends_with('/').then(|| (M::TrailingSlash, Some(text.trim_end_matches('/').to_owned())));
    }
    let origin = url.origin();
    if text == origin {
        return None;
    }
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    let (authority, tail) = after_scheme.split_at(after_scheme.find(['/', '?', '#']).unwrap_or(after_scheme.len()));
    let kind = match tail {
        "/" => M::TrailingSlash,
        "" if authority.to_lowercase() != authority || text.starts_with(|c: char| c.is_ascii_uppercase()) => {
            M::UpperCase
        }
        "" => M::DefaultPort,
        _ => M::Path,
    };
    Some((kind, Some(origin)))
}

fn meant(text: &str) -> Option<String> {
    Url::parse(text).map(|url| url.origin())
}

/// A loopback host: `localhost`, `*.localhost`, 127.0.0.0/8, `[::1]`, and 0.0.0.0, which people use as such.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || matches!(host, "[::1]" | "0.0.0.0")
}

/// A host of a private network: RFC 1918, link-local, `.local`, `.internal`, `.lan`, or a name without a dot.
pub fn is_private_network(host: &str) -> bool {
    let octets: Vec<u8> = host.split('.').map_while(|part| part.parse().ok()).collect();
    let private_v4 = octets.len() == 4
        && matches!((octets[0], octets[1]), (10, _) | (192, 168) | (172, 16..=31) | (169, 254) | (100, 64..=127));
    let suffix = [".local", ".internal", ".lan", ".test", ".home", ".home.arpa", ".svc", ".cluster.local", ".docker"];
    private_v4
        || host.starts_with("[fc")
        || host.starts_with("[fd")
        || host.starts_with("[fe80")
        || suffix.iter().any(|end| host.ends_with(end))
        || (!host.contains('.') && !host.starts_with('['))
}

/// The registrable domain of a host (`example.co.uk`), by the public-suffix list's ICANN part.
pub fn registrable_domain(host: &str) -> Option<String> {
    let domain = psl::domain(host.as_bytes())?;
    if !domain.suffix().is_known() {
        return None;
    }
    std::str::from_utf8(domain.as_bytes()).ok().map(str::to_owned)
}

/// Is the host a suffix under which strangers get names (public-suffix list, private part): `vercel.app`?
pub fn is_shared_suffix(host: &str) -> bool {
    psl::suffix(host.as_bytes())
        .is_some_and(|suffix| suffix.typ() == Some(psl::Type::Private) && suffix.as_bytes() == host.as_bytes())
}

/// Is it the page of an application on the user's own device (Capacitor, Ionic, Tauri, Electron), which really has this origin?
pub fn is_app(url: &Url) -> bool {
    !matches!(&*url.scheme, "http" | "https" | "ws" | "wss") || url.host == "tauri.localhost"
}

/// The twin of an apex or www host: `example.com` ↔ `www.example.com`; none for other subdomains and shared suffixes.
pub fn www_twin(url: &Url) -> Option<Url> {
    if is_app(url) {
        return None;
    }
    let domain = registrable_domain(&url.host)?;
    let private = psl::suffix(url.host.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Private));
    if private {
        return None;
    }
    let host = if url.host == domain {
        format!("www.{domain}")
    } else if url.host == format!("www.{domain}") {
        domain
    } else {
        return None;
    };
    Some(Url { host, ..url.clone() })
}

/// The www twin of any host: `app.example.com` ↔ `www.app.example.com`. Whether it exists has to be known from elsewhere.
pub fn www_of_any(url: &Url) -> Option<Url> {
    registrable_domain(&url.host)?;
    let host = url.host.strip_prefix("www.").map_or_else(|| format!("www.{}", url.host), str::to_owned);
    registrable_domain(&host)?;
    Some(Url { host, ..url.clone() })
}

/// Does a host look like one of a staging, preview or development deployment? Words that are parts of good names count only
/// below the name that somebody owns: `dev.to` is a site of its own, `dev.example.com` is not.
pub fn is_staging(host: &str) -> bool {
    const ANYWHERE: [&str; 5] = ["staging", "stg", "preprod", "uat", "nonprod"];
    const BELOW: [&str; 11] =
        ["stage", "preview", "dev", "develop", "development", "test", "testing", "qa", "sandbox", "int", "demo"];
    let hosted = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Private));
    let own = registrable_domain(host);
    let below = match &own {
        Some(own) if !hosted => host.strip_suffix(own.as_str()).unwrap_or(""),
        _ => host,
    };
    let has = |text: &str, words: &[&str]| {
        let labels = text.split(['.', '-', '_']);
        labels.map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())).any(|word| words.contains(&word))
    };
    let named = host.rsplit_once('.').map_or(host, |(rest, _)| rest);
    has(named, &ANYWHERE) || has(below.rsplit_once('.').map_or(below, |(rest, _)| rest), &BELOW)
}

/// Text that somebody was meant to replace: whole words of a host or of upper-case text, never parts of real names.
pub fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    let templates = [("{{", "}}"), ("<%", "%>"), ("${", "}"), ("__", "__")];
    if templates.iter().any(|(open, close)| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close))) {
        return true;
    }
    if text.contains('<') && text.contains('>') {
        return true;
    }
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    const WHOLE: [&str; 22] = [
        "yourdomain",
        "yourapp",
        "yoursite",
        "yourwebsite",
        "yourfrontend",
        "yourbackend",
        "yourcompany",
        "yourname",
        "yourproject",
        "mydomain",
        "mywebsite",
        "changeme",
        "replaceme",
        "placeholder",
        "yourproductiondomain",
        "yourfrontenddomain",
        "yourusername",
        "productiondomain",
        "yourserver",
        "insertdomain",
        "yoururl",
        "yourhost",
    ];
    if words.iter().any(|word| WHOLE.contains(word)) {
        return true;
    }
    const AFTER_YOUR: [&str; 22] = [
        "domain",
        "app",
        "site",
        "website",
        "frontend",
        "backend",
        "company",
        "name",
        "project",
        "production",
        "url",
        "host",
        "server",
        "org",
        "username",
        "vercel",
        "netlify",
        "client",
        "api",
        "web",
        "actual",
        "deployed",
    ];
    let pairs = words.windows(2).any(|pair| match pair {
        ["your", word] => AFTER_YOUR.contains(word),
        ["change" | "replace", "me" | "this"]
        | ["domain" | "url" | "origin", "here"]
        | ["my", "domain" | "website"] => true,
        _ => false,
    });
    // `https://your-frontend.example` must begin a host label, as in `tell-your-story.org` it does not.
    pairs && (!words.contains(&"your") || starts_a_label(&lower, "your"))
}

fn starts_a_label(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| at == 0 || matches!(text.as_bytes()[at - 1], b'/' | b'.' | b'@' | b'_' | b' ' | b'<'))
}
