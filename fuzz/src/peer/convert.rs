//! What h2 takes and gives: field lists in the types of the crate `http`, and errors.

use h2::Error;
use h2::ext::Protocol;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri, request, response};

use super::book::{Fields, Told, grouped};

/// The value of a pseudo-header field, if the list has it.
fn pseudo<'f>(fields: &'f Fields, wanted: &str) -> Option<&'f str> {
    let field = fields.iter().find(|field| field.0 == wanted.as_bytes())?;
    Some(std::str::from_utf8(&field.1).expect("this model's pseudo-header fields are ASCII"))
}

/// Whether this is an extended CONNECT (RFC 8441).
pub(super) fn is_extended(fields: &Fields) -> bool {
    pseudo(fields, ":protocol").is_some()
}

/// The fields that are no pseudo-header fields.
pub(super) fn map(fields: &Fields) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value, secret) in fields.iter().filter(|field| !field.0.starts_with(b":")) {
        let mut value = HeaderValue::from_bytes(value).expect("this model's values are legal");
        value.set_sensitive(*secret);
        map.append(
            HeaderName::from_bytes(name).expect("this model's names are legal"),
            value,
        );
    }
    map
}

pub(super) fn request(fields: &Fields) -> Request<()> {
    let mut request = Request::new(());
    let method = pseudo(fields, ":method").expect("every request has a method");
    *request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
    let mut uri = Uri::builder();
    if let Some(authority) = pseudo(fields, ":authority") {
        uri = uri.authority(authority);
    }
    if let Some(scheme) = pseudo(fields, ":scheme") {
        uri = uri.scheme(scheme);
    }
    if let Some(path) = pseudo(fields, ":path") {
        uri = uri.path_and_query(path);
    }
    *request.uri_mut() = uri.build().expect("a URI");
    *request.headers_mut() = map(fields);
    if pseudo(fields, ":protocol").is_some() {
        request
            .extensions_mut()
            .insert(Protocol::from_static("websocket"));
    }
    request
}

pub(super) fn response(fields: &Fields) -> Response<()> {
    let mut response = Response::new(());
    let status = pseudo(fields, ":status").expect("every response has a status");
    *response.status_mut() = StatusCode::from_bytes(status.as_bytes()).expect("a status");
    *response.headers_mut() = map(fields);
    response
}

pub(super) fn of_map(map: &HeaderMap) -> Fields {
    grouped(fields(map))
}

fn fields(map: &HeaderMap) -> Fields {
    map.iter()
        .map(|(name, value)| {
            (
                name.as_str().as_bytes().to_vec(),
                value.as_bytes().to_vec(),
                value.is_sensitive(),
            )
        })
        .collect()
}

pub(super) fn of_request(head: &request::Parts) -> Fields {
    let mut all = fields(&head.headers);
    let mut push = |name: &str, value: &str| {
        all.push((name.as_bytes().to_vec(), value.as_bytes().to_vec(), false));
    };
    push(":method", head.method.as_str());
    let protocol = head.extensions.get::<Protocol>();
    if let Some(protocol) = protocol {
        push(":protocol", protocol.as_str());
    }
    if let Some(scheme) = head.uri.scheme_str() {
        push(":scheme", scheme);
    }
    if let Some(authority) = head.uri.authority() {
        push(":authority", authority.as_str());
    }
    // An authority alone has no path (RFC 9113 8.5).
    if head.method != Method::CONNECT || protocol.is_some() {
        push(
            ":path",
            head.uri.path_and_query().map_or("", |path| path.as_str()),
        );
    }
    grouped(all)
}

pub(super) fn of_response(head: &response::Parts) -> Fields {
    let mut all = fields(&head.headers);
    all.push((
        b":status".to_vec(),
        head.status.as_str().as_bytes().to_vec(),
        false,
    ));
    grouped(all)
}

/// What an error of h2's says to the program.
///
/// # Panics
/// If it says that this project's side is at fault.
pub(super) fn told(error: &Error) -> Option<Told> {
    assert!(!error.is_library(), "h2 finds a fault: {error:?}");
    match error.reason() {
        Some(code) if error.is_reset() && error.is_remote() => Some(Told::Reset(code.into())),
        Some(_) if error.is_go_away() && error.is_remote() => Some(Told::GoneAway),
        Some(_) if error.is_go_away() => Some(Told::Lost),
        // Its own program's reset, or a call in the wrong state.
        _ if !error.is_io() => None,
        _ => Some(Told::Lost),
    }
}
