//! `XMLHttpRequest`. Source: <https://xhr.spec.whatwg.org/>.
//!
//! In: objects and what is called on them. Out: one request for each of them that is opened.

use super::{options, text};
use crate::eval::Interp;
use crate::eval::value::ObjectId;
use crate::model::client::ClientRequest;
use crate::source::Spanned;

const OBJECT: &str = "js:XMLHttpRequest()";

pub(super) fn requests(run: &Interp<'_>) -> Vec<ClientRequest> {
    let objects = run.objects.iter().enumerate().filter(|(_, object)| &*object.path == OBJECT);
    objects.filter_map(|(index, _)| request(run, ObjectId(index))).collect()
}

fn request(run: &Interp<'_>, id: ObjectId) -> Option<ClientRequest> {
    let events: Vec<_> = run.log.iter().filter(|event| event.target.object == Some(id)).collect();
    let open = events.iter().find(|event| event.target.path.ends_with("().open"))?;
    let mut request = ClientRequest::new("XMLHttpRequest", open.span);
    let [method, url, ..] = open.args.positional.as_slice() else { return None };
    request.method = options::fetch_method(method);
    request.urls = text::urls(run, url);
    request.when = open.when.clone();
    if let Some(value) = run.object(id).fields.get("withCredentials") {
        request.credentials = options::with_credentials(value);
        request.credentials_written = true;
    }
    for event in &events {
        match (event.target.path.trim_start_matches(OBJECT), event.args.positional.as_slice()) {
            (".setRequestHeader", [name, value, ..]) => {
                if let Some(text) = name.as_str() {
                    options::add_header(text, name.span, value, &mut request);
                }
            }
            (".getResponseHeader", [name, ..]) => {
                if let Some(text) = name.as_str() {
                    request.reads.push(Spanned::new(text.clone(), name.span));
                }
            }
            _ => {}
        }
    }
    Some(request)
}
