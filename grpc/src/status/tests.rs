use super::*;
use quickcheck::quickcheck;
use std::error::Error;

fn received(fields: &[(&str, &str)]) -> Metadata {
    let mut m = Metadata::new();
    for (name, value) in fields {
        m.receive(name.as_bytes(), value.as_bytes(), Metadata::MAX_LIST_SIZE)
            .unwrap();
    }
    m
}

/// What a peer reads of what is written.
fn over_the_wire(result: &Result<(), Status>, trailers: &Metadata, limit: usize) -> Metadata {
    let mut sent = Metadata::new();
    Status::write_trailers(result, trailers, limit, &mut sent).unwrap();
    let mut got = Metadata::new();
    for (name, value) in sent.fields() {
        got.receive(name.as_bytes(), value, limit).unwrap();
    }
    got
}

#[test]
fn a_bare_code_holds_no_heap() {
    let status = Status::new(Code::NotFound, "");
    assert!(status.more.is_none());
    assert_eq!(
        (status.code(), status.raw_code(), status.message()),
        (Code::NotFound, 5, "")
    );
    assert!(matches!(status.origin(), Origin::Application));
    assert!(
        status.details().is_empty() && status.trailers().is_empty() && status.source().is_none()
    );
    assert_eq!(status.to_string(), "NOT_FOUND");
    assert_eq!(Status::aborted("x").code(), Code::Aborted);
}

#[test]
fn says_what_it_is() {
    let status = Status::internal("broken")
        .with_details(vec![1, 2])
        .with_trailer("authorization", "secret")
        .unwrap();
    assert_eq!(status.to_string(), "INTERNAL: broken");
    let debug = format!("{status:?}");
    let expected = "Status { code: Internal, message: \"broken\", details: (2 octets), \
                    trailers: {\"authorization\": (6 octets)}, origin: Application }";
    assert_eq!(debug, expected);
    let unknown = Status::from_wire(77, "odd");
    assert_eq!((unknown.code(), unknown.raw_code()), (Code::Unknown, 77));
    assert_eq!(unknown.to_string(), "UNKNOWN (77): odd");
    assert!(matches!(unknown.origin(), Origin::Peer));
}

#[test]
fn transport_errors_keep_their_cause() {
    let fault = ConnFault::Tls("bad certificate".into());
    let status = Status::transport(Arc::new(ConnError {
        address: "127.0.0.1:50051".into(),
        fault,
    }));
    assert_eq!(
        status.to_string(),
        "UNAVAILABLE: 127.0.0.1:50051: TLS handshake failed: bad certificate"
    );
    let cause = status.source().unwrap();
    assert!(cause.downcast_ref::<ConnError>().is_some());
    assert_eq!(cause.source().unwrap().to_string(), "bad certificate");
    let fault = ConnFault::GoAway {
        code: 11,
        debug: Bytes::from_static(b"too_many_pings"),
    };
    assert_eq!(
        fault.to_string(),
        "GOAWAY ENHANCE_YOUR_CALM \"too_many_pings\""
    );
}

#[test]
fn trailers_are_read() {
    let ok = received(&[("grpc-status", "0"), ("x", "1")]);
    assert!(matches!(Status::from_trailers(&ok), Some(Ok(()))));
    assert!(Status::from_trailers(&received(&[("x", "1")])).is_none());
    let fields = [
        ("grpc-status", "5"),
        ("grpc-message", "no %41%zz"),
        ("grpc-status-details-bin", "AAE="),
        ("x", "1"),
    ];
    let status = Status::from_trailers(&received(&fields))
        .unwrap()
        .unwrap_err();
    assert_eq!(
        (status.code(), status.message(), status.details()),
        (Code::NotFound, "no A%zz", &[0, 1][..])
    );
    assert_eq!(
        status.trailers().iter().collect::<Vec<_>>(),
        [("x", &b"1"[..])]
    );
    assert!(matches!(status.origin(), Origin::Peer));
    // The same twice is sloppy, not ambiguous.
    let twice = received(&[
        ("grpc-status", "9"),
        ("grpc-status", "9"),
        ("grpc-status-details-bin", "!"),
    ]);
    let status = Status::from_trailers(&twice).unwrap().unwrap_err();
    assert_eq!(
        (status.code(), status.details()),
        (Code::FailedPrecondition, &[][..])
    );
}

#[test]
fn malformed_grpc_status_is_unknown() {
    for values in [
        &["x"][..],
        &[""],
        &["-1"],
        &["+1"],
        &["4294967296"],
        &["1.0"],
        &["0", "5"],
        &["5", "0"],
        &["0", ""],
    ] {
        let fields: Vec<_> = values.iter().map(|value| ("grpc-status", *value)).collect();
        let status = Status::from_trailers(&received(&fields))
            .unwrap()
            .unwrap_err();
        assert_eq!(status.code(), Code::Unknown, "{values:?}");
        assert!(status.message().starts_with("malformed grpc-status"));
        assert!(matches!(status.origin(), Origin::Local));
    }
    let long = "9".repeat(5000);
    let status = Status::from_trailers(&received(&[("grpc-status", &long)]))
        .unwrap()
        .unwrap_err();
    assert!(status.message().len() <= MAX_BODY + 3);
}

#[test]
fn trailers_are_written() {
    let mut extra = Metadata::new();
    extra.append("x", "1").unwrap();
    let ok = over_the_wire(&Ok(()), &extra, 1000);
    assert_eq!(
        ok.fields().collect::<Vec<_>>(),
        [("grpc-status", &b"0"[..]), ("x", b"1")]
    );

    let status = Status::not_found("caf\u{e9}")
        .with_details(vec![0, 1])
        .with_trailer("y", "2")
        .unwrap();
    let got = over_the_wire(&Err(status), &extra, 1000);
    let expected: [(&str, &[u8]); 5] = [
        ("grpc-status", b"5"),
        ("grpc-status-details-bin", b"AAE"),
        ("grpc-message", b"caf%C3%A9"),
        ("x", b"1"),
        ("y", b"2"),
    ];
    assert_eq!(got.fields().collect::<Vec<_>>(), expected);

    // A peer's status goes on without the trailers that were meant for this side.
    let relayed = Status::from_trailers(&got).unwrap();
    let again = over_the_wire(&relayed, &Metadata::new(), 1000);
    assert_eq!(again.fields().collect::<Vec<_>>(), expected[..3]);
    let unknown = over_the_wire(&Err(Status::from_wire(77, "")), &Metadata::new(), 1000);
    assert_eq!(unknown.reserved("grpc-status"), Some(&b"77"[..]));
}

#[test]
fn a_small_limit_never_costs_the_code() {
    let status = Status::internal("m".repeat(500)).with_details(vec![9; 30]);
    for limit in 45..1200 {
        let got = over_the_wire(&Err(status.clone()), &Metadata::new(), limit);
        assert!(got.list_size() <= limit);
        assert_eq!(
            Status::from_trailers(&got).unwrap().unwrap_err().code(),
            Code::Internal
        );
    }
}

/// Fields of the protocol among trailers are a former peer's: they do not go on, and take no room from the message.
#[test]
fn what_does_not_go_on_takes_no_room() {
    let mut theirs = Metadata::new();
    theirs.push_reserved("grpc-message", &[b'm'; 500]).unwrap();
    theirs.append("x-kept", "yes").unwrap();
    let status = Status::internal("a message that has room").with_trailers(theirs.clone());
    for (result, trailers) in [
        (Err(status.clone()), Metadata::new()),
        (Err(Status::internal("a message that has room")), theirs),
    ] {
        let got = over_the_wire(&result, &trailers, 200);
        let said = Status::from_trailers(&got).unwrap().unwrap_err();
        assert_eq!(said.message(), "a message that has room");
        assert_eq!(got.get("x-kept"), Some("yes"));
    }
}

#[test]
fn responses_without_grpc_status() {
    let status = Status::from_http(503).with_body(b"<html>");
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(
        status.message(),
        "unexpected HTTP status 503 without grpc-status; body: \"<html>\""
    );
    assert!(matches!(status.origin(), Origin::Local));
    let status = Status::from_content_type(Some(b"text/html")).with_body(&[b'x'; 5000]);
    assert_eq!(status.code(), Code::Unknown);
    assert!(status.message().len() < 1200 && status.message().contains("text/html"));
    assert_eq!(Status::from_content_type(None).code(), Code::Unknown);
    assert_eq!(Status::without_trailers(true).code(), Code::Internal);
    assert_eq!(Status::without_trailers(false).code(), Code::Unknown);
    let status = Status::from_reset(7);
    assert_eq!(
        status.to_string(),
        "UNAVAILABLE: peer reset the stream: REFUSED_STREAM"
    );
}

quickcheck! {
    fn statuses_come_back_over_the_wire(number: u32, message: String, details: Vec<u8>) -> bool {
        let number = number.max(1);
        let sent = Status::from_wire(number, message.clone()).with_details(details.clone());
        let got = over_the_wire(&Err(sent), &Metadata::new(), Metadata::MAX_LIST_SIZE);
        let status = Status::from_trailers(&got).unwrap().unwrap_err();
        status.raw_code() == number && status.message() == message && status.details() == details
    }

    fn any_grpc_status_reads(values: Vec<Vec<u8>>) -> bool {
        let mut fields = Metadata::new();
        let taken = values.iter().filter(|value| fields.push_reserved("grpc-status", value).is_ok()).count();
        Status::from_trailers(&fields).is_some() == (taken > 0)
    }
}
