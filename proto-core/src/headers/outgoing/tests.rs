use super::*;

#[test]
fn a_response() {
    let head = [(":status", "200"), ("content-length", "2")];
    let summary = OutgoingCheck::check(&head, HeadKind::Response, Level::Strict).unwrap();
    assert_eq!(
        (summary.status, summary.content_length, summary.list_size),
        (200, Some(2), 10 + 15 + 64)
    );
    let upper = [(":status", "200"), ("Content-Length", "2")];
    let error = OutgoingCheck::check(&upper, HeadKind::Response, Level::Strict);
    assert_eq!(error, Err(HeadError::FieldNameUpperCase));
}
