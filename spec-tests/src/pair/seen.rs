//! What the program saw, owned and comparable.

use bywash_proto::error::{CloseReason, LimitName, StreamEnd};
use bywash_proto::event::Event;
use bywash_proto::headers::Head;
use bywash_proto::vocabulary::{ErrorCode, Priority, StreamRef};
use std::time::Duration;

use crate::raw::Field;

/// An event as a record. Streams are numbers here; the payloads of DATA are joined by [`Log`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are those of the core's events
pub enum Seen {
    Request {
        stream: u32,
        fields: Vec<Field>,
        end: bool,
        overlong: bool,
    },
    Response {
        stream: u32,
        fields: Vec<Field>,
        end: bool,
        overlong: bool,
    },
    Informational {
        stream: u32,
        fields: Vec<Field>,
    },
    Trailers {
        stream: u32,
        fields: Vec<Field>,
        overlong: bool,
    },
    Data {
        stream: u32,
        data: Vec<u8>,
        end: bool,
    },
    Ended {
        stream: u32,
        end: StreamEnd,
    },
    Writable(u32),
    Drained(u32),
    CanOpen,
    Settings,
    SettingsAcknowledged,
    Priority {
        stream: u32,
        priority: Priority,
    },
    Pong {
        payload: [u8; 8],
        rtt: Duration,
    },
    GoAway {
        last: u32,
        code: ErrorCode,
        debug: Vec<u8>,
    },
    Pressure(LimitName),
    Extension {
        kind: u8,
        flags: u8,
        stream: u32,
        payload: Vec<u8>,
    },
    Closed(CloseReason),
}

fn owned(head: &Head) -> Vec<Field> {
    head.fields()
        .map(|field| Field {
            name: field.name.to_vec(),
            value: field.value.to_vec(),
            never_indexed: field.never_indexed,
        })
        .collect()
}

impl Seen {
    /// The record of an event, and the stream that it names.
    ///
    /// # Panics
    /// On an event that this harness does not know: it must learn it.
    pub fn of(event: &Event<'_>) -> (Self, Option<StreamRef>) {
        let named = match event {
            Event::Request { stream, .. }
            | Event::Response { stream, .. }
            | Event::Informational { stream, .. }
            | Event::Trailers { stream, .. }
            | Event::Data { stream, .. }
            | Event::Ended { stream, .. }
            | Event::Writable { stream }
            | Event::Drained { stream }
            | Event::Priority { stream, .. } => Some(*stream),
            _ => None,
        };
        (
            Self::record(event, named.map_or(0, |s| s.id().get())),
            named,
        )
    }

    fn record(event: &Event<'_>, stream: u32) -> Self {
        match event {
            Event::Request {
                head,
                end,
                overlong,
                ..
            } => Self::Request {
                stream,
                fields: owned(head),
                end: *end,
                overlong: *overlong,
            },
            Event::Response {
                head,
                end,
                overlong,
                ..
            } => Self::Response {
                stream,
                fields: owned(head),
                end: *end,
                overlong: *overlong,
            },
            Event::Informational { head, .. } => Self::Informational {
                stream,
                fields: owned(head),
            },
            Event::Trailers { head, overlong, .. } => Self::Trailers {
                stream,
                fields: owned(head),
                overlong: *overlong,
            },
            Event::Data { data, end, .. } => Self::Data {
                stream,
                data: data.to_vec(),
                end: *end,
            },
            Event::Ended { end, .. } => Self::Ended { stream, end: *end },
            Event::Writable { .. } => Self::Writable(stream),
            Event::Drained { .. } => Self::Drained(stream),
            Event::Priority { priority, .. } => Self::Priority {
                stream,
                priority: *priority,
            },
            other => Self::of_connection(other),
        }
    }

    fn of_connection(event: &Event<'_>) -> Self {
        match event {
            Event::CanOpen => Self::CanOpen,
            Event::Settings => Self::Settings,
            Event::SettingsAcknowledged => Self::SettingsAcknowledged,
            Event::Pong { payload, rtt } => Self::Pong {
                payload: *payload,
                rtt: *rtt,
            },
            Event::GoAway { last, code, debug } => Self::GoAway {
                last: last.get(),
                code: *code,
                debug: debug.to_vec(),
            },
            Event::Pressure(limit) => Self::Pressure(*limit),
            Event::Extension(extension) => Self::Extension {
                kind: extension.kind.0,
                flags: extension.flags,
                stream: extension.stream.get(),
                payload: extension.payload.to_vec(),
            },
            Event::Closed(reason) => Self::Closed(*reason),
            unknown => panic!("the harness does not know {unknown:?}"),
        }
    }

    /// Part of a body, as [`Log`] keeps it.
    pub fn data(stream: u32, data: &str, end: bool) -> Self {
        Self::Data {
            stream,
            data: data.as_bytes().to_vec(),
            end,
        }
    }

    /// The stream that it names; 0 for the connection.
    pub fn stream(&self) -> u32 {
        match self {
            Self::Request { stream, .. }
            | Self::Response { stream, .. }
            | Self::Informational { stream, .. }
            | Self::Trailers { stream, .. }
            | Self::Data { stream, .. }
            | Self::Ended { stream, .. }
            | Self::Writable(stream)
            | Self::Drained(stream)
            | Self::Priority { stream, .. } => *stream,
            _ => 0,
        }
    }
}

/// All events in order. DATA of one stream that follows on itself is one record, however it was cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    seen: Vec<Seen>,
    taken: usize,
}

impl Log {
    /// Adds an event.
    pub fn push(&mut self, event: Seen) {
        if self.seen.len() > self.taken {
            if let (
                Some(Seen::Data {
                    stream,
                    data,
                    end: end @ false,
                }),
                Seen::Data {
                    stream: on,
                    data: more,
                    end: ends,
                },
            ) = (self.seen.last_mut(), &event)
            {
                if stream == on {
                    data.extend_from_slice(more);
                    *end = *ends;
                    return;
                }
            }
        }
        self.seen.push(event);
    }

    /// What came since the last call.
    pub fn take(&mut self) -> Vec<Seen> {
        let new = self.seen[self.taken..].to_vec();
        self.taken = self.seen.len();
        new
    }

    /// All there ever was.
    pub fn all(&self) -> &[Seen] {
        &self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::{Log, Seen};

    #[test]
    fn chunks_of_a_stream_are_joined_until_something_comes_between() {
        let mut log = Log::default();
        log.push(Seen::data(1, "a", false));
        log.push(Seen::data(1, "b", false));
        log.push(Seen::data(3, "c", false));
        log.push(Seen::data(1, "d", false));
        log.push(Seen::data(1, "", true));
        log.push(Seen::data(1, "x", false));
        assert_eq!(
            log.take(),
            [
                Seen::data(1, "ab", false),
                Seen::data(3, "c", false),
                Seen::data(1, "d", true),
                Seen::data(1, "x", false),
            ]
        );
        log.push(Seen::data(1, "y", false));
        assert_eq!(log.take(), [Seen::data(1, "y", false)]);
        assert_eq!(log.all().len(), 5);
    }
}
