//! The status that Nest answers with when something is thrown.
//!
//! In: what is thrown. Out: a status, where the package says it. Source: `packages/common/exceptions` and
//! `packages/core/exceptions` at <https://github.com/nestjs/nest>.

use crate::eval::Interp;
use crate::eval::value::{Kind, Value};
use crate::platforms::manual::status;

const EXCEPTIONS: [(&str, u16); 19] = [
    ("BadRequestException", 400),
    ("UnauthorizedException", 401),
    ("ForbiddenException", 403),
    ("NotFoundException", 404),
    ("MethodNotAllowedException", 405),
    ("NotAcceptableException", 406),
    ("RequestTimeoutException", 408),
    ("ConflictException", 409),
    ("GoneException", 410),
    ("PreconditionFailedException", 412),
    ("PayloadTooLargeException", 413),
    ("UnsupportedMediaTypeException", 415),
    ("ImATeapotException", 418),
    ("MisdirectedException", 421),
    ("UnprocessableEntityException", 422),
    ("InternalServerErrorException", 500),
    ("NotImplementedException", 501),
    ("BadGatewayException", 502),
    ("ServiceUnavailableException", 503),
];

/// The status of the answer to this exception; an error of the language is a 500.
pub(super) fn answer(run: &Interp<'_>, thrown: Option<&Value>) -> Option<u16> {
    let thrown = thrown?;
    let Kind::Object(id) = thrown.kind else { return None };
    let object = run.object(id);
    if object.class.is_some() {
        return None;
    }
    if object.path.starts_with("js:") {
        return Some(500);
    }
    let name = object.path.strip_prefix("npm:@nestjs/common.")?.strip_suffix("()")?;
    if name == "HttpException" {
        return object.args.positional.get(1).and_then(status);
    }
    EXCEPTIONS.iter().find(|(own, _)| *own == name).map(|(_, status)| *status)
}
