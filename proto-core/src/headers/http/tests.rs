use super::*;
use crate::headers::{HeadKind, Level, MethodKind, OutgoingCheck};
use alloc::string::String;
use alloc::vec::Vec;

fn list(fields: &impl Fields) -> Vec<(String, String)> {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    fields
        .fields()
        .map(|f| (text(f.name), text(f.value)))
        .collect()
}

fn head(fields: &[(&str, &str)]) -> Head {
    Head::from_fields(fields)
}

const GET: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "example.com"),
    (":path", "/a?b=c"),
];

#[test]
fn a_request_there_and_back() {
    let mut fields = GET.to_vec();
    fields.extend([("accept", "*/*"), ("x-a", "1"), ("x-a", "2")]);
    let head = head(&fields);
    let request = Request::try_from(&head).unwrap();
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.uri(), "https://example.com/a?b=c");
    assert_eq!(request.version(), Version::HTTP_2);
    assert_eq!(request.headers().get_all("x-a").iter().count(), 2);
    assert_eq!(Head::from_fields(&request), head);
    let parts = request::Parts::try_from(&head).unwrap();
    assert_eq!(Head::from_fields(&parts), head);
}

#[test]
fn cookies_are_joined_and_secrets_stay_secret() {
    let fields = [
        Field::new(b"cookie", b"a=b"),
        Field::new(b"x", b"y"),
        Field::new(b"cookie", b"c=d").sensitive(),
        Field::new(b"authorization", b"z").sensitive(),
    ];
    let map = HeaderMap::try_from(&Head::from_fields(&fields)).unwrap();
    assert_eq!(map.get_all("cookie").iter().count(), 1);
    assert_eq!(map["cookie"], "a=b; c=d");
    assert!(map["cookie"].is_sensitive());
    assert!(map["authorization"].is_sensitive());
    assert!(!map["x"].is_sensitive());
    let back: Vec<_> = map.fields().filter(|f| f.never_indexed).collect();
    assert_eq!(back.len(), 2);
    let single = HeaderMap::try_from(&head(&[("cookie", "a=b")])).unwrap();
    assert_eq!(single["cookie"], "a=b");
    assert!(!single["cookie"].is_sensitive());
}

#[test]
fn responses_there_and_back() {
    let head = head(&[(":status", "404"), ("server", "x")]);
    let response = Response::try_from(&head).unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(Head::from_fields(&response), head);
    let parts = response::Parts::try_from(&head).unwrap();
    assert_eq!(Head::from_fields(&parts), head);
    assert!(Response::try_from(&Head::default()).is_err());
}

#[test]
fn connect_and_extended_connect() {
    let plain = head(&[(":method", "CONNECT"), (":authority", "example.com:443")]);
    let request = Request::try_from(&plain).unwrap();
    assert_eq!(request.uri().authority().unwrap(), "example.com:443");
    assert_eq!(Head::from_fields(&request), plain);

    let mut fields = GET.to_vec();
    fields[0].1 = "CONNECT";
    fields.push((":protocol", "websocket"));
    let extended = head(&fields);
    let request = Request::try_from(&extended).unwrap();
    let protocol = request.extensions().get::<Protocol>().unwrap();
    assert_eq!(protocol.as_str(), "websocket");
    assert_eq!(Head::from_fields(&request), extended);
    let summary = OutgoingCheck::check(&request, HeadKind::Request, Level::Strict).unwrap();
    assert_eq!(summary.method, MethodKind::ExtendedConnect);
}

#[test]
fn asterisks_and_requests_without_authority() {
    let asterisk = head(&[
        (":method", "OPTIONS"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "*"),
    ]);
    let request = Request::try_from(&asterisk).unwrap();
    assert_eq!(request.uri().path(), "*");
    assert_eq!(Head::from_fields(&request), asterisk);

    let bare = head(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/x"),
        ("host", "a"),
    ]);
    let request = Request::try_from(&bare).unwrap();
    assert_eq!(request.uri(), "/x");
    assert_eq!(request.headers()["host"], "a");
}

/// A URI of an authority alone has no path: the method says which one is meant.
#[test]
fn the_path_of_a_uri_without_one() {
    for (method, path) in [("GET", "/"), ("OPTIONS", "*"), ("POST", "/")] {
        let request = Request::builder().method(method).uri("example.com:80");
        let request = request.body(()).unwrap();
        assert!(request.uri().path_and_query().is_none());
        let sent = list(&request);
        assert!(sent.contains(&(":path".into(), path.into())), "{sent:?}");
    }
}

#[test]
fn what_http_makes_of_uris() {
    let request = |method: &str, uri: &str| {
        let request = Request::builder().method(method).uri(uri).body(()).unwrap();
        list(&request)
            .into_iter()
            .map(|(name, value)| name + "=" + &value)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        request("GET", "http://a.b:80"),
        ":method=GET :scheme=http :authority=a.b:80 :path=/"
    );
    assert_eq!(request("GET", "/x"), ":method=GET :path=/x");
    assert_eq!(request("OPTIONS", "*"), ":method=OPTIONS :path=*");
    assert_eq!(
        request("CONNECT", "a.b:443"),
        ":method=CONNECT :authority=a.b:443"
    );
}

#[test]
fn faults_are_errors() {
    for fields in [
        &[][..],
        &[(":method", "G T"), (":path", "/")],
        &[(":method", "GET"), (":path", "/\u{7f} x")],
        &[
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "a b"),
            (":path", "/"),
        ],
        &[(":method", "GET"), (":path", "/"), ("a b", "c")],
        &[(":method", "GET"), (":path", "/"), ("a", "b\n")],
    ] {
        assert!(Request::try_from(&head(fields)).is_err(), "{fields:?}");
    }
}
