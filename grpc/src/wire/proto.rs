//! The HTTP/2 core behind the seam: both roles of connection are a [`Wire`], and their events are made [`StreamEvent`]s.

use super::{
    BadHead, ConnId, NetEvent, OpenRefused, Processed, Request, RequestHead, SendRefused,
    StreamEvent, Why, Wire,
};
use crate::{
    metadata::Metadata,
    status::{ConnError, ConnFault},
};
use bytes::Bytes;
use bywash_proto::{
    client,
    config::{AuthorityPolicy, Config, FlowControl, Keepalive, PingPolicy},
    error::{CloseReason, EndedBy, OpenError, Retry, SendError, StreamEnd, TimeoutKind},
    event::Event,
    headers::{Field, Fields, Head, status_octets},
    server,
    vocabulary::{ErrorCode, Priority, StreamRef},
};
use std::{sync::Arc, time::Duration};

/// Streams share the connection in turns: one call's long message does not hold up the others.
const IN_TURNS: Priority = Priority::new(3, true);

/// Streams that a client may have open at once on one connection to our server.
const MAX_CONCURRENT_STREAMS: u32 = 1000;

/// Octets that the head of a call may have, where a connection has as many calls as it may: so many calls with plain
/// heads (some 350 octets with what the table of fields costs) must fit, or a server refuses what it has invited.
const HEAD: u32 = 1024;

/// The core's configuration as gRPC needs it. Both sides release credit by hand; a stream may stand still for as long as
/// its reader likes, so that nothing is ended for want of progress.
pub fn config() -> Config {
    let mut config = Config::default();
    config.flow = FlowControl::Manual;
    config.authority = AuthorityPolicy::Grpc;
    config.timers.progress = None;
    config.eof_ends_streams = true;
    config.settings.max_concurrent_streams = MAX_CONCURRENT_STREAMS;
    config.limits.head_bytes = heads_of(MAX_CONCURRENT_STREAMS);
    config
}

/// The same for servers, which do not let clients ping as often as they like (gRPC's proposal A8), and which ping those
/// that have been silent for long (A9).
pub fn server_config() -> Config {
    let mut config = config();
    config.limits.pings = Some(PingPolicy {
        min_interval: MIN_PING_INTERVAL,
        while_idle: false,
    });
    config.timers.keepalive = Some(Keepalive {
        interval: KEEPALIVE_INTERVAL,
        timeout: KEEPALIVE_TIMEOUT,
        while_idle: true,
    });
    config
}

/// Silence before a server pings.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2 * 3600);
/// The time for the answer.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// Between PINGs of a client, unless a server allows more.
const MIN_PING_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// Octets that the heads of so many calls on one connection may have together: bounded also where their number is not.
pub fn heads_of(calls: u32) -> u32 {
    calls.clamp(256, 65_536) * HEAD
}

struct Opening<'a>(&'a RequestHead<'a>);

impl Fields for Opening<'_> {
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let head = self.0;
        let scheme: &[u8] = if head.https { b"https" } else { b"http" };
        let pseudo = [
            Field::new(b":method", b"POST"),
            Field::new(b":scheme", scheme),
            Field::new(b":path", head.path),
            Field::new(b":authority", head.authority),
        ];
        let timeout = Field::new(b"grpc-timeout", head.timeout);
        pseudo
            .into_iter()
            .chain([timeout])
            .filter(|field| !field.value.is_empty())
            .chain(regular(head.fields))
    }
}

struct Answer<'a> {
    status: &'static [u8],
    fields: &'a Metadata,
}

impl Fields for Answer<'_> {
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        [Field::new(b":status", self.status)]
            .into_iter()
            .chain(regular(self.fields))
    }
}

struct Ending<'a>(&'a Metadata);

impl Fields for Ending<'_> {
    fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        regular(self.0)
    }
}

/// Credentials never enter a table: their values could be guessed there (RFC 7541 section 7.1.3).
fn regular(fields: &Metadata) -> impl Iterator<Item = Field<'_>> {
    fields.wire_fields().map(|(name, value)| {
        let field = Field::new(name, value);
        match name {
            b"authorization" | b"cookie" => field.sensitive(),
            _ => field,
        }
    })
}

impl From<OpenError> for OpenRefused {
    fn from(error: OpenError) -> OpenRefused {
        match error {
            OpenError::Limit | OpenError::OutputFull => OpenRefused::NoCapacity,
            OpenError::HeadTooLarge { limit, .. } => OpenRefused::HeadTooLarge { limit },
            OpenError::Draining | OpenError::IdsExhausted => OpenRefused::Draining,
            _ => OpenRefused::BadHead,
        }
    }
}

impl From<SendError> for SendRefused {
    fn from(error: SendError) -> SendRefused {
        match error {
            SendError::Gone | SendError::Sequence => SendRefused::Gone,
            SendError::HeadTooLarge { limit, .. } => SendRefused::HeadTooLarge { limit },
            SendError::OutputFull => SendRefused::Full,
            _ => SendRefused::Refused,
        }
    }
}

/// What both roles do alike.
macro_rules! common {
    () => {
        fn send(
            &mut self,
            stream: StreamRef,
            data: &mut Bytes,
            end: bool,
        ) -> Result<bool, SendRefused> {
            let wanted = data.len();
            let taken = Self::send(self, stream).data(data, end)?;
            Ok(taken == wanted)
        }

        fn trailers(&mut self, stream: StreamRef, fields: &Metadata) -> Result<(), SendRefused> {
            Ok(Self::send(self, stream).trailers(&Ending(fields))?)
        }

        fn discard_unsent(&mut self, stream: StreamRef) -> Result<u64, SendRefused> {
            Ok(Self::send(self, stream).discard_unsent()?)
        }

        fn framed(&mut self, stream: StreamRef) -> u64 {
            let stream = Self::send(self, stream);
            match stream.is_open() || stream.queued() > 0 {
                true => stream.framed(),
                false => u64::MAX,
            }
        }

        fn notify_drained(&mut self, stream: StreamRef) {
            // A stream that is gone has nothing left to be drained, and its end was told.
            let _ = Self::send(self, stream).notify_drained();
        }

        fn reset(&mut self, stream: StreamRef, code: ErrorCode) {
            Self::send(self, stream).reset(code);
        }

        fn release(&mut self, stream: StreamRef, octets: u32, connection: u32) {
            let released = Self::release(self, stream, octets, connection);
            debug_assert!(
                released.is_ok(),
                "released more than was received: {released:?}"
            );
        }

        fn expect(&mut self, stream: StreamRef, octets: u32) {
            Self::recv(self, stream).expect(octets);
        }

        fn max_head(&self) -> u32 {
            self.peer_settings()
                .and_then(|settings| settings.max_header_list_size)
                .unwrap_or(u32::MAX)
        }
    };
}

impl Wire for client::Connection {
    fn open(&mut self, head: &RequestHead<'_>) -> Result<StreamRef, OpenRefused> {
        let stream = self.request(&Opening(head), false)?;
        Self::send(self, stream).set_priority(IN_TURNS);
        Ok(stream)
    }

    fn hold(&mut self, _: StreamRef) {}

    fn let_go(&mut self, _: StreamRef) {}

    /// Clients answer nothing.
    fn respond(&mut self, _: StreamRef, _: u16, _: &Metadata, _: bool) -> Result<(), SendRefused> {
        Err(SendRefused::Refused)
    }

    common!();
}

impl Wire for server::Connection {
    fn hold(&mut self, stream: StreamRef) {
        Self::hold(self, stream);
    }

    fn let_go(&mut self, stream: StreamRef) {
        Self::let_go(self, stream);
    }

    /// Servers open nothing.
    fn open(&mut self, _: &RequestHead<'_>) -> Result<StreamRef, OpenRefused> {
        Err(OpenRefused::BadHead)
    }

    fn respond(
        &mut self,
        stream: StreamRef,
        status: u16,
        fields: &Metadata,
        end: bool,
    ) -> Result<(), SendRefused> {
        let status = status_octets(status).ok_or(SendRefused::Refused)?;
        Self::send(self, stream).set_priority(IN_TURNS);
        Ok(self.response(stream, &Answer { status, fields }, end)?)
    }

    common!();
}

/// Gives an event of a stream to `deliver`; events of the connection come back. A head that was read goes to `spent`,
/// for the connection to use its memory again.
///
/// # Errors
/// The event is not one of a stream.
pub fn stream_event<'i, R>(
    event: Event<'i>,
    spent: &mut Option<Head>,
    deliver: impl FnOnce(StreamRef, StreamEvent<'_>) -> R,
) -> Result<R, Event<'i>> {
    let mut use_up = |head: Head| *spent = Some(head);
    Ok(match event {
        Event::Request {
            stream,
            head,
            end,
            overlong,
        } => {
            let event = match fields_of(&head, overlong) {
                Ok(fields) => StreamEvent::Request(Request {
                    method: head.method().unwrap_or_default(),
                    path: head.path().unwrap_or_default(),
                    authority: head.authority().unwrap_or_default(),
                    fields,
                    end,
                }),
                Err(why) => StreamEvent::BadHead { end, why },
            };
            let result = deliver(stream, event);
            use_up(head);
            result
        }
        Event::Response {
            stream,
            head,
            end,
            overlong,
        } => {
            let event = match fields_of(&head, overlong) {
                Ok(fields) => StreamEvent::Response {
                    status: head.status().unwrap_or_default(),
                    fields,
                    end,
                },
                Err(why) => StreamEvent::BadHead { end, why },
            };
            use_up(head);
            deliver(stream, event)
        }
        Event::Trailers {
            stream,
            head,
            overlong,
        } => {
            let event = match fields_of(&head, overlong) {
                Ok(fields) => StreamEvent::Trailers(fields),
                Err(why) => StreamEvent::BadHead { end: true, why },
            };
            use_up(head);
            deliver(stream, event)
        }
        Event::Data { stream, data, end } => {
            deliver(stream, StreamEvent::Data { bytes: data, end })
        }
        Event::Ended { stream, end } => deliver(stream, ended(end)),
        Event::Writable { stream } => deliver(stream, StreamEvent::Writable),
        Event::Drained { stream } => deliver(stream, StreamEvent::Drained),
        other => return Err(other),
    })
}

fn fields_of(head: &Head, overlong: bool) -> Result<Metadata, BadHead> {
    if overlong {
        return Err(BadHead::TooLarge);
    }
    let octets = |field: Field<'_>| field.name.len() + field.value.len();
    let (count, octets) = head.regular().fold((0, 0), |(count, sum), field| {
        (count + 1, sum + octets(field))
    });
    let mut fields = Metadata::with_capacity(count, octets);
    for field in head.regular() {
        fields
            .receive_checked(field.name, field.value, Metadata::MAX_LIST_SIZE)
            .map_err(BadHead::Field)?;
    }
    Ok(fields)
}

fn ended(end: StreamEnd) -> StreamEvent<'static> {
    let why = match end.by {
        EndedBy::Peer => Why::PeerReset(end.code.0),
        EndedBy::GoAway => Why::GoAway,
        EndedBy::Connection => Why::ConnectionLost,
        _ => Why::Faulted(end.code.0, end.to_string()),
    };
    let processed = match end.retry {
        Retry::NeverSent => Processed::NeverSent,
        Retry::NotProcessed => Processed::No,
        Retry::MayHaveBeenProcessed => Processed::Perhaps,
    };
    StreamEvent::Ended { why, processed }
}

/// A connection's own events as a channel hears of them; `None` for those that concern only the driver.
pub fn connection_event(id: ConnId, event: Event<'_>) -> Option<NetEvent<'static>> {
    Some(match event {
        Event::Settings => NetEvent::Ready { id },
        Event::CanOpen => NetEvent::Capacity { id },
        Event::GoAway { code, debug, .. } => NetEvent::GoAway {
            id,
            code: code.0,
            debug,
        },
        _ => return None,
    })
}

/// Why a connection that was open ended, for a status; `goaway` is the code and the text of the peer's last GOAWAY.
pub fn closed(
    address: String,
    reason: CloseReason,
    goaway: Option<(u32, Bytes)>,
) -> Arc<ConnError> {
    let fault = fault(reason, goaway);
    Arc::new(ConnError { address, fault })
}

/// The same without the address.
pub fn fault(reason: CloseReason, goaway: Option<(u32, Bytes)>) -> ConnFault {
    match (reason, goaway) {
        // What the peer said before it went tells more than how it went.
        (CloseReason::GoAway(_) | CloseReason::Eof | CloseReason::Transport, Some(said)) => {
            let (code, debug) = said;
            ConnFault::GoAway { code, debug }
        }
        (CloseReason::GoAway(code), None) => ConnFault::GoAway {
            code: code.0,
            debug: Bytes::new(),
        },
        (CloseReason::Timeout(TimeoutKind::Keepalive), _) => ConnFault::Keepalive,
        (CloseReason::Violation(_) | CloseReason::NotHttp2(_) | CloseReason::Limit(_), _) => {
            ConnFault::Protocol
        }
        (CloseReason::Timeout(_), _) => ConnFault::Timeout,
        _ => ConnFault::Closed,
    }
}
