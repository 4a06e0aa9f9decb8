//! The richer error model: messages that a status carries along (`google.rpc.Status` in `grpc-status-details-bin`).
//!
//! [`Status::with_detail`] adds one, [`Status::detail`] finds one by its type. The types that everybody shares are
//! here, under their names in `google/rpc/error_details.proto`; any other message with a name will do as well.

mod types;

pub use types::{
    BadRequest, DebugInfo, ErrorInfo, FieldViolation, Help, Link, LocalizedMessage,
    PreconditionFailure, PreconditionViolation, QuotaFailure, QuotaViolation, RequestInfo,
    ResourceInfo, RetryInfo,
};

use super::Status;
use prost::{DecodeError, Message, Name};
use prost_types::Any;
use std::time::Duration;

/// `google.rpc.Status`: what `grpc-status-details-bin` holds.
#[derive(Clone, PartialEq, Message)]
pub struct RpcStatus {
    /// The number of the code, as in `grpc-status`.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// The message, as in `grpc-message`.
    #[prost(string, tag = "2")]
    pub message: String,
    /// The details, each with its type.
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

impl Name for RpcStatus {
    const NAME: &'static str = "Status";
    const PACKAGE: &'static str = "google.rpc";
}

impl RpcStatus {
    /// The first detail of type `M` that can be decoded.
    pub fn detail<M: Message + Name + Default>(&self) -> Option<M> {
        self.details.iter().find_map(|detail| detail.to_msg().ok())
    }
}

impl Status {
    /// With another detail. Details that were there stay, unless they were no `google.rpc.Status`.
    ///
    /// The details repeat code and message, and some peers prefer those: set the message first.
    pub fn with_detail<M: Message + Name>(self, detail: &M) -> Status {
        let mut rpc = self.rpc_status().unwrap_or_default();
        // Beyond i32 a code is nobody's.
        rpc.code = i32::try_from(self.raw_code()).unwrap_or(i32::MAX);
        rpc.message = self.message().to_owned();
        rpc.details.push(Any {
            type_url: type_url::<M>(),
            value: detail.encode_to_vec(),
        });
        self.with_details(rpc.encode_to_vec())
    }

    /// The first detail of type `M` that can be decoded; `None` if there is none.
    pub fn detail<M: Message + Name + Default>(&self) -> Option<M> {
        self.rpc_status().ok()?.detail()
    }

    /// Everything in the details. Empty if there are none.
    ///
    /// # Errors
    /// They are no `google.rpc.Status`.
    pub fn rpc_status(&self) -> Result<RpcStatus, DecodeError> {
        RpcStatus::decode(self.details())
    }

    /// How long the peer asks to wait before another attempt ([`RetryInfo`]).
    pub fn retry_delay(&self) -> Option<Duration> {
        self.detail::<RetryInfo>()?.delay()
    }
}

/// What other implementations write, whatever the generated code of `M` says.
fn type_url<M: Name>() -> String {
    format!("type.googleapis.com/{}", M::full_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Metadata};
    use quickcheck::quickcheck;

    #[test]
    fn the_octets_are_those_of_the_proto() {
        let status = Status::new(Code::NotFound, "gone").with_detail(&LocalizedMessage {
            locale: "en".to_owned(),
            message: "hi".to_owned(),
        });
        let url = b"type.googleapis.com/google.rpc.LocalizedMessage";
        let value = b"\x0a\x02en\x12\x02hi";
        let mut expected = b"\x08\x05\x12\x04gone\x1a".to_vec();
        expected.push((2 + url.len() + 2 + value.len()) as u8);
        expected.extend([0x0a, url.len() as u8]);
        expected.extend_from_slice(url);
        expected.extend([0x12, value.len() as u8]);
        expected.extend_from_slice(value);
        assert_eq!(status.details(), expected);
    }

    #[test]
    fn every_type_is_found_among_the_others_at_the_peer() {
        let violation = FieldViolation {
            field: "name".to_owned(),
            description: "too long".to_owned(),
            reason: "LENGTH".to_owned(),
            localized_message: Some(LocalizedMessage {
                locale: "de".to_owned(),
                message: "zu lang".to_owned(),
            }),
        };
        let bad = BadRequest {
            field_violations: vec![violation],
        };
        let info = ErrorInfo {
            reason: "STOCKOUT".to_owned(),
            domain: "x.example".to_owned(),
            metadata: [("zone".to_owned(), "a".to_owned())].into(),
        };
        let quota = QuotaViolation {
            quota_dimensions: [("region".to_owned(), "r".to_owned())].into(),
            quota_value: -1,
            future_quota_value: Some(0),
            ..QuotaViolation::default()
        };
        let quota = QuotaFailure {
            violations: vec![quota],
        };
        let pre = PreconditionViolation {
            r#type: "TOS".to_owned(),
            ..PreconditionViolation::default()
        };
        let pre = PreconditionFailure {
            violations: vec![pre],
        };
        let debug = DebugInfo {
            stack_entries: vec!["a".to_owned(), "b".to_owned()],
            detail: "d".to_owned(),
        };
        let request = RequestInfo {
            request_id: "1".to_owned(),
            serving_data: "s".to_owned(),
        };
        let resource = ResourceInfo {
            resource_type: "t".to_owned(),
            owner: "o".to_owned(),
            ..Default::default()
        };
        let help = Help {
            links: vec![Link {
                description: "d".to_owned(),
                url: "u".to_owned(),
            }],
        };
        let retry = RetryInfo::after(Duration::from_millis(1500));
        let sent = Status::failed_precondition("m")
            .with_detail(&bad)
            .with_detail(&info)
            .with_detail(&quota)
            .with_detail(&pre)
            .with_detail(&debug)
            .with_detail(&request)
            .with_detail(&resource)
            .with_detail(&help)
            .with_detail(&retry);

        let (mut wire, mut got) = (Metadata::new(), Metadata::new());
        Status::write_trailers(&Err(sent), &Metadata::new(), 8192, &mut wire).unwrap();
        for (name, value) in wire.fields() {
            got.receive(name.as_bytes(), value, 8192).unwrap();
        }
        let status = Status::from_trailers(&got).unwrap().unwrap_err();
        assert_eq!(status.detail(), Some(bad));
        assert_eq!(status.detail(), Some(info));
        assert_eq!(status.detail(), Some(quota));
        assert_eq!(status.detail(), Some(pre));
        assert_eq!(status.detail(), Some(debug));
        assert_eq!(status.detail(), Some(request));
        assert_eq!(status.detail(), Some(resource));
        assert_eq!(status.detail(), Some(help));
        assert_eq!(status.retry_delay(), Some(Duration::from_millis(1500)));
        assert_eq!(status.detail::<LocalizedMessage>(), None);
        let rpc = status.rpc_status().unwrap();
        assert_eq!(
            (rpc.code, rpc.message.as_str(), rpc.details.len()),
            (9, "m", 9)
        );
    }

    #[test]
    fn details_that_are_none_do_no_harm() {
        let broken = Status::internal("m").with_details(vec![0xff; 20]);
        assert!(broken.rpc_status().is_err());
        assert_eq!(broken.detail::<ErrorInfo>(), None);
        assert!(
            broken
                .with_detail(&Help::default())
                .detail::<Help>()
                .is_some()
        );
        assert_eq!(
            Status::internal("m").rpc_status().unwrap(),
            RpcStatus::default()
        );
        // One that cannot be decoded hides no other.
        let bad = Any {
            type_url: type_url::<Help>(),
            value: vec![0xff],
        };
        let good = Any {
            type_url: type_url::<Help>(),
            value: Help::default().encode_to_vec(),
        };
        let rpc = RpcStatus {
            details: vec![bad, good],
            ..RpcStatus::default()
        };
        assert!(rpc.detail::<Help>().is_some());
    }

    #[test]
    fn delays_at_the_ends_of_their_range() {
        for seconds in [i64::MIN, -1] {
            let retry_delay = Some(prost_types::Duration { seconds, nanos: 0 });
            assert_eq!(RetryInfo { retry_delay }.delay(), None);
        }
        let longest = Duration::from_secs(315_576_000_000);
        assert_eq!(RetryInfo::after(Duration::MAX).delay(), Some(longest));
        assert_eq!(RetryInfo::default().delay(), None);
    }

    quickcheck! {
        fn any_octets_are_details_or_not(details: Vec<u8>) -> bool {
            let status = Status::internal("m").with_details(details);
            let _ = (status.detail::<BadRequest>(), status.retry_delay());
            status.with_detail(&Help::default()).detail::<Help>().is_some()
        }

        fn any_delay_is_read_or_refused(seconds: i64, nanos: i32) -> bool {
            let info = RetryInfo { retry_delay: Some(prost_types::Duration { seconds, nanos }) };
            let fits = seconds >= 0 && (0..1_000_000_000).contains(&nanos);
            info.delay() == fits.then(|| Duration::new(seconds as u64, nanos as u32))
        }

        fn a_delay_comes_back(seconds: u32, nanos: u32) -> bool {
            let delay = Duration::new(seconds.into(), nanos % 1_000_000_000);
            RetryInfo::after(delay).delay() == Some(delay)
        }
    }
}
