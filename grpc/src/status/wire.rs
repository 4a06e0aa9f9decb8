//! The forms in which a status goes over the wire, and what a status is made of where there is none on it.

use super::{More, Origin, Status};
use crate::{
    base64,
    code::Code,
    metadata::{Metadata, MetadataError},
    percent,
};
use bytes::Bytes;
use std::fmt::Write;

const STATUS: &str = "grpc-status";
const MESSAGE: &str = "grpc-message";
const DETAILS: &str = "grpc-status-details-bin";

/// As much of a body that is not gRPC as goes into a status' message, in octets.
pub const MAX_BODY: usize = 1024;

impl Status {
    /// The status of a wire number, as the peer would send it.
    pub fn from_wire(number: u32, message: impl Into<std::borrow::Cow<'static, str>>) -> Status {
        let status = Status::with_origin(
            Code::from_u32(number).unwrap_or(Code::Unknown),
            message,
            Origin::Peer,
        );
        status.keep_number(number)
    }

    fn keep_number(mut self, number: u32) -> Status {
        if Code::from_u32(number).is_none() {
            self.more_mut().raw = Some(number);
        }
        self
    }

    /// What trailers (or a trailers-only head) say of the call: `None` without `grpc-status`.
    ///
    /// `grpc-status` that is no number, or that stands there twice with different values, is UNKNOWN. A message is
    /// decoded as far as that goes; details that are not Base64 are left out: neither costs the code.
    pub fn from_trailers(fields: &Metadata) -> Option<Result<(), Status>> {
        let mut numbers = fields.reserved_all(STATUS);
        let value = numbers.next()?;
        if value == b"0" && numbers.next().is_none() {
            return Some(Ok(()));
        }
        let Some(number) =
            number(value).filter(|_| fields.reserved_all(STATUS).all(|other| other == value))
        else {
            let values: Vec<_> = fields
                .reserved_all(STATUS)
                .take(2)
                .map(String::from_utf8_lossy)
                .collect();
            let mut message = format!("malformed grpc-status {}", values.join(", "));
            truncate(&mut message, MAX_BODY);
            return Some(Err(
                Status::local(Code::Unknown, message).with_trailers(fields.clone())
            ));
        };
        if number == 0 {
            return Some(Ok(()));
        }
        let message = fields
            .reserved(MESSAGE)
            .map_or_else(String::new, |value| percent::decode(value).into_owned());
        let mut details = Vec::new();
        if let Some(text) = fields.reserved(DETAILS) {
            // On an error nothing was appended.
            let _ = base64::decode(text, &mut details);
        }
        let more = More {
            message: message.into(),
            details: Bytes::from(details),
            trailers: fields.clone(),
            origin: Origin::Peer,
            raw: None,
        };
        let code = Code::from_u32(number).unwrap_or(Code::Unknown);
        Some(Err(Status {
            code,
            more: Some(Box::new(more)),
        }
        .keep_number(number)))
    }

    /// The fields that end a call with `result`, appended to `out`: `grpc-status`, then if there are any
    /// `grpc-status-details-bin` and `grpc-message`, then `trailers`, then the status' own trailers.
    ///
    /// The trailers of a status that came from a peer are not sent on: they were meant for this side. Where all fields
    /// would count for more than `limit` octets, the message is cut, and details that find no room are left out.
    ///
    /// # Errors
    /// The metadata alone passes `limit` or [`Metadata::MAX_LIST_SIZE`].
    pub fn write_trailers(
        result: &Result<(), Status>,
        trailers: &Metadata,
        limit: usize,
        out: &mut Metadata,
    ) -> Result<(), MetadataError> {
        let Err(status) = result else {
            out.push_reserved(STATUS, b"0")?;
            return out.append_all(trailers);
        };
        out.push_reserved(STATUS, status.raw_code().to_string().as_bytes())?;
        let own = match status.origin() {
            Origin::Application => status.trailers(),
            Origin::Peer | Origin::Local | Origin::Transport(_) => &super::NO_TRAILERS,
        };
        // What belongs to the protocol there, as in trailers that came from a peer, is not sent on.
        let taken = out.list_size() + trailers.custom_size() + own.custom_size();
        let mut room = limit.saturating_sub(taken);
        if !status.details().is_empty() {
            let mut text = Vec::new();
            base64::encode(status.details(), &mut text);
            let cost = DETAILS.len() + text.len() + 32;
            if cost <= room {
                out.push_reserved(DETAILS, &text)?;
                room -= cost;
            }
        }
        if !status.message().is_empty() && room > MESSAGE.len() + 32 {
            let message = percent::encode_within(status.message(), room - MESSAGE.len() - 32);
            out.push_reserved(MESSAGE, message.as_bytes())?;
        }
        out.append_all(trailers)?;
        out.append_all(own)
    }

    /// The status of a response that carries no `grpc-status` and whose HTTP status is not 200.
    pub fn from_http(http_status: u16) -> Status {
        let code = Code::from_http_status(http_status);
        Status::local(
            code,
            format!("unexpected HTTP status {http_status} without grpc-status"),
        )
    }

    /// The status of a response with HTTP status 200 that carries no `grpc-status` and whose content is not gRPC.
    pub fn from_content_type(content_type: Option<&[u8]>) -> Status {
        let message = match content_type {
            None => "response has no content-type".to_owned(),
            Some(value) => {
                let shown = &value[..value.len().min(MAX_BODY)];
                format!(
                    "response has the content-type {:?}",
                    String::from_utf8_lossy(shown)
                )
            }
        };
        Status::local(Code::Unknown, message)
    }

    /// The same with what there is of a body that is not gRPC added to its message, up to [`MAX_BODY`] octets of it.
    pub fn with_body(self, body: &[u8]) -> Status {
        if body.is_empty() {
            return self;
        }
        let shown = &body[..body.len().min(MAX_BODY)];
        let message = format!(
            "{}; body: {:?}",
            self.message(),
            String::from_utf8_lossy(shown)
        );
        self.with_message(message)
    }

    /// The status of a call whose stream the peer reset.
    pub fn from_reset(error_code: u32) -> Status {
        let name = bywash_proto::vocabulary::ErrorCode(error_code);
        Status::with_origin(
            Code::from_reset(error_code),
            format!("peer reset the stream: {name}"),
            Origin::Peer,
        )
    }

    /// The status of a response that ended without `grpc-status`: INTERNAL if DATA ended it, UNKNOWN if a head or
    /// trailers did.
    pub fn without_trailers(ended_by_data: bool) -> Status {
        if ended_by_data {
            Status::local(Code::Internal, "peer ended the stream without trailers")
        } else {
            Status::local(Code::Unknown, "peer ended the stream without grpc-status")
        }
    }
}

/// A decimal number and nothing else.
fn number(value: &[u8]) -> Option<u32> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Cuts `text` at a character so that it has at most `limit` octets.
fn truncate(text: &mut String, limit: usize) {
    if text.len() > limit {
        let at = (0..=limit)
            .rev()
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or(0);
        text.truncate(at);
        // Writing to a String cannot fail.
        let _ = text.write_str("...");
    }
}
