//! What a connection tells the program.

use crate::error::{CloseReason, LimitName, StreamEnd};
use crate::headers::Head;
use crate::vocabulary::{ErrorCode, FrameType, Priority, StreamId, StreamRef};
use alloc::borrow::Cow;
use bytes::Bytes;
use core::time::Duration;

/// What `next_event` found.
#[derive(Debug)]
pub enum Step<'i> {
    /// Something happened. Only `Data` and `Extension` borrow from the input.
    Event(Event<'i>),
    /// All input was consumed: read more.
    NeedInput,
    /// Replies are at [`Limits::reply_bytes`](crate::config::Limits::reply_bytes): write, then go
    /// on with the rest of the input.
    NeedWrite,
}

/// One event. At most 64 bytes.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'i> {
    /// Server: a request. With `overlong` the head was cut at
    /// [`max_header_list_size`](crate::config::LocalSettings::max_header_list_size) or at
    /// [`fields`](crate::config::Limits::fields): answer 431 or reset.
    Request {
        /// The new stream.
        stream: StreamRef,
        /// Its head.
        head: Head,
        /// Whether there is no body.
        end: bool,
        /// Whether the head is incomplete.
        overlong: bool,
    },
    /// Client: the final response head.
    Response {
        /// The request's stream.
        stream: StreamRef,
        /// The head.
        head: Head,
        /// Whether there is no body.
        end: bool,
        /// Whether the head is incomplete.
        overlong: bool,
    },
    /// Client: an informational response (1xx, RFC 9110 15.2).
    Informational {
        /// The request's stream.
        stream: StreamRef,
        /// The head.
        head: Head,
    },
    /// Trailers: the end of the peer's message.
    Trailers {
        /// The stream.
        stream: StreamRef,
        /// The fields.
        head: Head,
        /// Whether the fields are incomplete.
        overlong: bool,
    },
    /// Part of a body, as it arrived: a frame may come in many chunks.
    Data {
        /// The stream.
        stream: StreamRef,
        /// The octets, borrowed from the input.
        data: &'i [u8],
        /// Whether the peer's message ends here.
        end: bool,
    },
    /// A stream ended before both sides had ended it. Nothing more comes of it.
    Ended {
        /// The stream.
        stream: StreamRef,
        /// Who ended it, why, and whether the request may be retried.
        end: StreamEnd,
    },
    /// `data` takes bytes again, after it had returned a short count.
    Writable {
        /// The stream.
        stream: StreamRef,
    },
    /// All that the stream had queued when `notify_drained` was called is written to the transport.
    /// Not told of what is written after `Closed`.
    Drained {
        /// The stream.
        stream: StreamRef,
    },
    /// Client: a request may be opened again, after [`OpenError::Limit`](crate::error::OpenError::Limit)
    /// or [`OpenError::OutputFull`](crate::error::OpenError::OutputFull).
    CanOpen,
    /// The peer's SETTINGS came and are in force; the first time it means that the peer is there.
    Settings,
    /// The peer acknowledged the oldest of our SETTINGS in flight.
    SettingsAcknowledged,
    /// The peer's priority for a stream changed (RFC 9218), by field or by PRIORITY_UPDATE.
    Priority {
        /// The stream.
        stream: StreamRef,
        /// The new priority; already in force.
        priority: Priority,
    },
    /// The answer to a PING of the program's.
    Pong {
        /// The payload that was sent.
        payload: [u8; 8],
        /// Time since it was sent.
        rtt: Duration,
    },
    /// The peer goes away: open no more requests here.
    GoAway {
        /// The last stream that the peer has processed or may process.
        last: StreamId,
        /// Why.
        code: ErrorCode,
        /// What the peer adds, at most 256 octets of it.
        debug: Bytes,
    },
    /// Soft stage of a limit: the peer has used half of it. A program may log who it is, or let it go before the
    /// hard stage does.
    Pressure(LimitName),
    /// A frame of an extension: ALTSVC, ORIGIN, or, with
    /// [`raw_extensions`](crate::config::Config::raw_extensions), any unknown type.
    Extension(Extension<'i>),
    /// The connection has ended. Always the last event, and it comes once.
    Closed(CloseReason),
}

const _: () = assert!(size_of::<Event<'_>>() <= 64);

/// An extension frame as it came (RFC 9113 5.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension<'i> {
    /// Its type.
    pub kind: FrameType,
    /// Its flags.
    pub flags: u8,
    /// Its stream, 0 for the connection.
    pub stream: StreamId,
    /// Its payload; owned when it came in pieces.
    pub payload: Cow<'i, [u8]>,
}

impl Event<'_> {
    /// The same event without a borrow. `Data` never comes through here.
    pub(crate) fn into_owned(self) -> Event<'static> {
        match self {
            Event::Request {
                stream,
                head,
                end,
                overlong,
            } => Event::Request {
                stream,
                head,
                end,
                overlong,
            },
            Event::Response {
                stream,
                head,
                end,
                overlong,
            } => Event::Response {
                stream,
                head,
                end,
                overlong,
            },
            Event::Informational { stream, head } => Event::Informational { stream, head },
            Event::Trailers {
                stream,
                head,
                overlong,
            } => Event::Trailers {
                stream,
                head,
                overlong,
            },
            Event::Data { stream, end, .. } => Event::Data {
                stream,
                data: &[],
                end,
            },
            Event::Ended { stream, end } => Event::Ended { stream, end },
            Event::Writable { stream } => Event::Writable { stream },
            Event::Drained { stream } => Event::Drained { stream },
            Event::CanOpen => Event::CanOpen,
            Event::Settings => Event::Settings,
            Event::SettingsAcknowledged => Event::SettingsAcknowledged,
            Event::Priority { stream, priority } => Event::Priority { stream, priority },
            Event::Pong { payload, rtt } => Event::Pong { payload, rtt },
            Event::GoAway { last, code, debug } => Event::GoAway { last, code, debug },
            Event::Pressure(limit) => Event::Pressure(limit),
            Event::Extension(e) => Event::Extension(Extension {
                kind: e.kind,
                flags: e.flags,
                stream: e.stream,
                payload: Cow::Owned(e.payload.into_owned()),
            }),
            Event::Closed(reason) => Event::Closed(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cow, Event, Extension};
    use crate::error::{CloseReason, EndedBy, LimitName, Retry, StreamEnd};
    use crate::headers::Head;
    use crate::vocabulary::{ErrorCode, FrameType, Priority, StreamId, StreamRef};
    use alloc::format;
    use bytes::Bytes;
    use core::time::Duration;

    #[test]
    fn an_event_of_ones_own_says_the_same() {
        let stream = StreamRef::new(StreamId::new(5), 2);
        let head = Head::from_fields(&[("a", "b")]);
        let (overlong, end) = (true, true);
        let ended = StreamEnd {
            code: ErrorCode::CANCEL,
            by: EndedBy::Peer,
            retry: Retry::MayHaveBeenProcessed,
        };
        let payload = *b"12345678";
        let events = [
            Event::Request {
                stream,
                head: head.clone(),
                end,
                overlong,
            },
            Event::Response {
                stream,
                head: head.clone(),
                end,
                overlong,
            },
            Event::Informational {
                stream,
                head: head.clone(),
            },
            Event::Trailers {
                stream,
                head,
                overlong,
            },
            Event::Ended { stream, end: ended },
            Event::Writable { stream },
            Event::Drained { stream },
            Event::CanOpen,
            Event::Settings,
            Event::SettingsAcknowledged,
            Event::Priority {
                stream,
                priority: Priority::new(1, true),
            },
            Event::Pong {
                payload,
                rtt: Duration::from_millis(3),
            },
            Event::GoAway {
                last: StreamId::new(7),
                code: ErrorCode::NO_ERROR,
                debug: Bytes::from_static(b"bye"),
            },
            Event::Pressure(LimitName::Resets),
            Event::Extension(Extension {
                kind: FrameType(0xfa),
                flags: 3,
                stream: StreamId::new(9),
                payload: Cow::Borrowed(&payload),
            }),
            Event::Closed(CloseReason::Finished),
        ];
        for event in events {
            let before = format!("{event:?}");
            assert_eq!(format!("{:?}", event.into_owned()), before);
        }
    }
}
