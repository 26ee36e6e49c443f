//! What a file says of its server as a whole: does it pass requests on, serve files, grant anything?
//!
//! In: the directives of a file. Out: a `Front`.

use camino::Utf8Path;

use super::MAX_DEPTH;
use crate::model::dev_server::Front;
use crate::syntax::nginx::Directive;

/// The web server that a file configures; `None` for an empty file.
pub(super) fn of(path: &Utf8Path, directives: &[Directive]) -> Option<Front> {
    let holds = |wanted: &dyn Fn(&Directive) -> bool| first(directives, wanted, 0);
    let is_cors = |text: &str| text.to_ascii_lowercase().starts_with("access-control-");
    let server = holds(&|one| one.name() == "server").or(directives.first())?;
    Some(Front {
        folder: path.parent().unwrap_or(Utf8Path::new("")).to_string(),
        span: server.words.first().map_or(server.span, |word| word.span),
        forwards: holds(&|one| one.name().ends_with("_pass")).is_some(),
        serves_files: holds(&|one| matches!(one.name(), "root" | "alias" | "try_files")).is_some(),
        serves_pages: holds(&is_of_pages).is_some(),
        grants: holds(&|one| one.args().iter().any(|word| is_cors(&word.text))).is_some(),
    })
}

/// Does it name the page of a folder? A challenge of Let's Encrypt is served from a folder as well.
fn is_of_pages(directive: &Directive) -> bool {
    let page = || directive.args().iter().any(|word| word.text.ends_with(".html"));
    matches!(directive.name(), "index" | "try_files") && page()
}

/// The first directive of a kind, in blocks as well.
fn first<'d>(directives: &'d [Directive], wanted: &dyn Fn(&Directive) -> bool, depth: usize) -> Option<&'d Directive> {
    directives.iter().find_map(|one| match wanted(one) {
        true => Some(one),
        false if depth < MAX_DEPTH => first(one.children(), wanted, depth + 1),
        false => None,
    })
}
