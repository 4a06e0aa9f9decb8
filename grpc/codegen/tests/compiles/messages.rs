//! Messages hold what they are given, in the types that were asked for.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;

use crate::{google, grpc, quirks, routeguide};

#[test]
fn options_reach_their_fields() {
    let payload = grpc::testing::Payload {
        body: Bytes::from_static(b"body"),
        ..Default::default()
    };
    let whole = Bytes::from(payload.encode_to_vec());
    let back = grpc::testing::Payload::decode(whole.clone()).unwrap();
    assert_eq!(back, payload);
    let (start, end) = (
        whole.as_ptr() as usize,
        whole.as_ptr() as usize + whole.len(),
    );
    let at = back.body.as_ptr() as usize;
    assert!(
        start <= at && at < end,
        "Bytes are cut from the message, not copied"
    );

    let info = google::rpc::ErrorInfo {
        metadata: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
        ..Default::default()
    };
    assert_eq!(
        google::rpc::ErrorInfo::decode(&*info.encode_to_vec()),
        Ok(info)
    );

    let point = |latitude| routeguide::Point {
        latitude,
        longitude: 0,
    };
    assert!(point(1) < point(2), "PartialOrd was asked for by attribute");
}

#[test]
fn presence_and_recursion_are_kept() {
    let violation = google::rpc::quota_failure::Violation {
        future_quota_value: Some(0),
        ..Default::default()
    };
    assert_eq!(violation.encode_to_vec(), [64, 0]);
    let inner = quirks::Recursive {
        r#type: "t".into(),
        next: None,
    };
    let outer = quirks::Recursive {
        next: Some(Box::new(inner)),
        ..Default::default()
    };
    assert_eq!(
        quirks::Recursive::decode(&*outer.encode_to_vec()),
        Ok(outer)
    );
}

#[test]
fn the_descriptor_set_holds_everything_but_comments() {
    let set = prost_types::FileDescriptorSet::decode(crate::FILE_DESCRIPTOR_SET).unwrap();
    let names: Vec<&str> = set.file.iter().map(|file| file.name()).collect();
    for name in [
        "routeguide/route_guide.proto",
        "google/protobuf/any.proto",
        "quirks/below.proto",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(set.file.iter().all(|file| file.source_code_info.is_none()));
}
