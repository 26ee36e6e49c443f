//! What an application's own description says of its callers: `new DocumentBuilder().addBearerAuth()`.
//!
//! In: the evaluator's log and the policies of Nest. Out: policies that know their requests carry `Authorization`. Source:
//! <https://docs.nestjs.com/openapi/security#bearer-authentication>.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::eval::Interp;
use crate::model::policy::Policy;
use crate::source::Spanned;

/// Adds the header to the policies of the applications that `addBearerAuth` describes: those of the same package of the repository.
pub(super) fn required(run: &Interp<'_>, home: impl Fn(&Utf8Path) -> Utf8PathBuf, policies: &mut [Policy]) {
    let describes =
        |path: &str| path.starts_with("npm:@nestjs/swagger.DocumentBuilder()") && path.ends_with(".addBearerAuth");
    for event in run.log.iter().filter(|event| describes(&event.target.path)) {
        let described = home(&run.path_of_span(event.span));
        // Of several policies nobody knows which one the description is about.
        let mut own = policies.iter_mut().filter(|policy| home(&run.path_of_span(policy.span)) == described);
        if let (Some(policy), None) = (own.next(), own.next())
            && policy.headers_used.is_empty()
        {
            policy.headers_used.push(Spanned::new(Arc::from("Authorization"), event.span));
        }
    }
}
