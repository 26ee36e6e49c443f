//! Names of settings: which there are, what the old ones are called now, what a wrong one was meant to be.

/// The settings that django-cors-headers reads.
pub(super) const KNOWN: [&str; 10] = [
    "CORS_ALLOWED_ORIGINS",
    "CORS_ALLOWED_ORIGIN_REGEXES",
    "CORS_ALLOW_ALL_ORIGINS",
    "CORS_ALLOW_CREDENTIALS",
    "CORS_ALLOW_HEADERS",
    "CORS_ALLOW_METHODS",
    "CORS_ALLOW_PRIVATE_NETWORK",
    "CORS_EXPOSE_HEADERS",
    "CORS_PREFLIGHT_MAX_AGE",
    "CORS_URLS_REGEX",
];

/// Old name and new name; the new ones exist since 3.5.
pub(super) const RENAMED: [(&str, &str); 3] = [
    ("CORS_ORIGIN_WHITELIST", "CORS_ALLOWED_ORIGINS"),
    ("CORS_ORIGIN_REGEX_WHITELIST", "CORS_ALLOWED_ORIGIN_REGEXES"),
    ("CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_ALL_ORIGINS"),
];

/// Names that older versions do not read, and the first that does.
pub(super) const SINCE: [(&str, (u32, u32)); 4] = [
    ("CORS_ALLOWED_ORIGINS", (3, 5)),
    ("CORS_ALLOWED_ORIGIN_REGEXES", (3, 5)),
    ("CORS_ALLOW_ALL_ORIGINS", (3, 5)),
    ("CORS_ALLOW_PRIVATE_NETWORK", (4, 0)),
];

/// Names that are read no more: the first version without, and what is there instead.
pub(super) const REMOVED: [(&str, (u32, u32), &str); 2] = [
    ("CORS_REPLACE_HTTPS_REFERER", (4, 0), "version 4.0 removed it, and Django's CSRF_TRUSTED_ORIGINS does its work"),
    ("CORS_MODEL", (3, 0), "it was removed, and the signal check_request_enabled does its work"),
];

/// Is it a setting of today's versions?
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// Is it the old name of a setting?
pub(super) fn is_renamed(name: &str) -> bool {
    RENAMED.iter().any(|(old, _)| *old == name)
}

/// Names of other libraries or of memory, and what they are called here.
const FOREIGN: [(&str, &str); 16] = [
    ("CORS_ORIGINS", "CORS_ALLOWED_ORIGINS"),
    ("CORS_ORIGIN", "CORS_ALLOWED_ORIGINS"),
    ("CORS_ALLOW_ORIGINS", "CORS_ALLOWED_ORIGINS"),
    ("CORS_ALLOW_ORIGIN", "CORS_ALLOWED_ORIGINS"),
    ("CORS_WHITELIST", "CORS_ALLOWED_ORIGINS"),
    ("CORS_ALLOWED_HOSTS", "CORS_ALLOWED_ORIGINS"),
    ("CORS_ALLOWED_HEADERS", "CORS_ALLOW_HEADERS"),
    ("CORS_ALLOWED_METHODS", "CORS_ALLOW_METHODS"),
    ("CORS_EXPOSED_HEADERS", "CORS_EXPOSE_HEADERS"),
    ("CORS_MAX_AGE", "CORS_PREFLIGHT_MAX_AGE"),
    ("CORS_ALLOW_ALL", "CORS_ALLOW_ALL_ORIGINS"),
    ("CORS_ALLOWED_ALL_ORIGINS", "CORS_ALLOW_ALL_ORIGINS"),
    ("CORS_ALLOWED_ORIGINS_REGEX", "CORS_ALLOWED_ORIGIN_REGEXES"),
    ("CORS_ALLOWED_ORIGINS_REGEXES", "CORS_ALLOWED_ORIGIN_REGEXES"),
    ("CORS_ALLOWED_ORIGIN_REGEX", "CORS_ALLOWED_ORIGIN_REGEXES"),
    ("CORS_SUPPORTS_CREDENTIALS", "CORS_ALLOW_CREDENTIALS"),
];

/// The setting that an unknown name was probably meant to be.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    if is_known(name) || is_renamed(name) || REMOVED.iter().any(|(removed, ..)| *removed == name) {
        return None;
    }
    if let Some((_, own)) = FOREIGN.iter().find(|(foreign, _)| *foreign == name) {
        return Some(own);
    }
    KNOWN
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, known)| known)
}
