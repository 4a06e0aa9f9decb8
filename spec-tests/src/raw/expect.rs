//! What a test expects of the implementation: each method takes the next item and says what came instead.

use std::fmt;
use std::panic::Location;

use super::hpack::Field;
use super::peer::RawPeer;
use super::received::{Head, Received};
use super::wire::code;

/// An expectation that did not hold: what was wanted, what came, what else waits, and where the test asked.
///
/// `Debug` is as readable as `Display`, so that `unwrap()` and `main`-style tests print it well.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    at: &'static Location<'static>,
    text: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (asked at {})", self.text, self.at)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}

/// The content of a GOAWAY that was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoAway {
    /// The last stream that was or might be processed.
    pub last_stream: u32,
    /// The debug data.
    pub debug: Vec<u8>,
}

/// Expectations. None skips anything: what is not wanted next must be skipped by name.
///
/// # Errors
/// All methods that return a `Result` give [`Failure`] if something else came, or nothing. The item that came instead
/// is taken all the same.
impl RawPeer {
    /// The next item, whatever it is; `None` if none waits.
    pub fn next_received(&mut self) -> Option<Received> {
        self.queue.pop_front()
    }

    /// Takes the first item that matches, from anywhere in the queue, and leaves the others in place.
    pub fn find(&mut self, mut wanted: impl FnMut(&Received) -> bool) -> Option<Received> {
        let at = self.queue.iter().position(&mut wanted)?;
        self.queue.remove(at)
    }

    /// Takes all that waits.
    pub fn drain(&mut self) -> Vec<Received> {
        self.queue.drain(..).collect()
    }

    /// Drops every item at the front of the queue for which `unwanted` holds. The number dropped.
    pub fn skip_while(&mut self, mut unwanted: impl FnMut(&Received) -> bool) -> usize {
        let before = self.queue.len();
        while self.queue.front().is_some_and(&mut unwanted) {
            self.queue.pop_front();
        }
        before - self.queue.len()
    }

    /// Drops SETTINGS and their acknowledgements from the front of the queue.
    pub fn skip_settings(&mut self) -> usize {
        self.skip_while(|item| matches!(item, Received::Settings(_) | Received::SettingsAck))
    }

    /// Drops WINDOW_UPDATEs, of the connection and of streams, from the front of the queue.
    pub fn skip_window_updates(&mut self) -> usize {
        self.skip_while(|item| matches!(item, Received::WindowUpdate { .. }))
    }

    /// GOAWAY with this code.
    #[track_caller]
    pub fn expect_goaway(&mut self, code: u32) -> Result<GoAway, Failure> {
        self.expect(
            format_args!("GOAWAY {}", code::name(code)),
            |item| match item {
                Received::GoAway {
                    last_stream,
                    code: got,
                    debug,
                } if got == code => Ok(GoAway { last_stream, debug }),
                other => Err(other),
            },
        )
    }

    /// RST_STREAM of this stream with this code.
    #[track_caller]
    pub fn expect_rst(&mut self, stream: u32, code: u32) -> Result<(), Failure> {
        self.expect(
            format_args!("RST_STREAM stream={stream} {}", code::name(code)),
            |item| {
                if item == (Received::Rst { stream, code }) {
                    Ok(())
                } else {
                    Err(item)
                }
            },
        )
    }

    /// A head or trailers on this stream.
    #[track_caller]
    pub fn expect_headers(&mut self, stream: u32) -> Result<Head, Failure> {
        self.expect(format_args!("HEADERS stream={stream}"), |item| match item {
            Received::Headers(head) if head.stream == stream => Ok(head),
            other => Err(other),
        })
    }

    /// A head or trailers on this stream with exactly these fields, in order; never-indexed or not.
    #[track_caller]
    pub fn expect_fields(&mut self, stream: u32, fields: &[(&str, &str)]) -> Result<Head, Failure> {
        let same = |got: &[Field]| {
            got.len() == fields.len()
                && got
                    .iter()
                    .zip(fields)
                    .all(|(field, (name, value))| field.is(name, value))
        };
        self.expect(
            format_args!("HEADERS stream={stream} {fields:?}"),
            |item| match item {
                Received::Headers(head) if head.stream == stream && same(&head.fields) => Ok(head),
                other => Err(other),
            },
        )
    }

    /// A response head with this status on this stream.
    #[track_caller]
    pub fn expect_status(&mut self, stream: u32, status: &str) -> Result<Head, Failure> {
        self.expect(
            format_args!("HEADERS stream={stream} :status {status}"),
            |item| match item {
                Received::Headers(head)
                    if head.stream == stream && head.get(":status") == Some(status.as_bytes()) =>
                {
                    Ok(head)
                }
                other => Err(other),
            },
        )
    }

    /// One DATA frame on this stream with exactly these octets. Whether it carried END_STREAM.
    #[track_caller]
    pub fn expect_data(&mut self, stream: u32, octets: &[u8]) -> Result<bool, Failure> {
        let text = format!("DATA stream={stream} len={}", octets.len());
        self.expect(format_args!("{text}"), |item| match item {
            Received::Data {
                stream: on,
                data,
                end_stream,
                ..
            } if on == stream && data == octets => Ok(end_stream),
            other => Err(other),
        })
    }

    /// DATA frames on this stream, one after the other, that together hold exactly these octets; empty frames before
    /// the last octet are taken along. Whether the last one carried END_STREAM.
    #[track_caller]
    pub fn expect_body(&mut self, stream: u32, octets: &[u8]) -> Result<bool, Failure> {
        let mut rest = octets;
        loop {
            let wanted = format!(
                "DATA stream={stream} with the last {} of {} octets",
                rest.len(),
                octets.len()
            );
            let (tail, end) = self.expect(format_args!("{wanted}"), |item| match item {
                Received::Data {
                    stream: on,
                    ref data,
                    end_stream,
                    ..
                } if on == stream => rest
                    .strip_prefix(data.as_slice())
                    .map(|tail| (tail, end_stream))
                    .ok_or(item),
                other => Err(other),
            })?;
            rest = tail;
            if rest.is_empty() || end {
                return if rest.is_empty() {
                    Ok(end)
                } else {
                    Err(self.failure(&wanted, "END_STREAM before them"))
                };
            }
        }
    }

    /// SETTINGS: the entries.
    #[track_caller]
    pub fn expect_settings(&mut self) -> Result<Vec<(u16, u32)>, Failure> {
        self.expect(format_args!("SETTINGS"), |item| match item {
            Received::Settings(entries) => Ok(entries),
            other => Err(other),
        })
    }

    /// The acknowledgement of SETTINGS.
    #[track_caller]
    pub fn expect_settings_ack(&mut self) -> Result<(), Failure> {
        self.expect_exactly(&Received::SettingsAck)
    }

    /// A PING that is no answer: its payload.
    #[track_caller]
    pub fn expect_ping(&mut self) -> Result<[u8; 8], Failure> {
        self.expect(format_args!("PING"), |item| match item {
            Received::Ping(payload) => Ok(payload),
            other => Err(other),
        })
    }

    /// The answer to a PING.
    #[track_caller]
    pub fn expect_ping_ack(&mut self, payload: [u8; 8]) -> Result<(), Failure> {
        self.expect_exactly(&Received::PingAck(payload))
    }

    /// WINDOW_UPDATE of this stream, or of the connection if `stream` is 0: the increment.
    #[track_caller]
    pub fn expect_window_update(&mut self, stream: u32) -> Result<u32, Failure> {
        self.expect(
            format_args!("WINDOW_UPDATE stream={stream}"),
            |item| match item {
                Received::WindowUpdate {
                    stream: on,
                    increment,
                } if on == stream => Ok(increment),
                other => Err(other),
            },
        )
    }

    /// Exactly this item.
    #[track_caller]
    pub fn expect_exactly(&mut self, wanted: &Received) -> Result<(), Failure> {
        self.expect(format_args!("{}", wanted.summary()), |item| {
            if item == *wanted { Ok(()) } else { Err(item) }
        })
    }

    /// Nothing waits, no fault happened, and the byte stream has not ended.
    #[track_caller]
    pub fn expect_nothing(&mut self) -> Result<(), Failure> {
        self.expect_end("nothing", false)
    }

    /// Nothing waits, no fault happened, and the byte stream has ended.
    #[track_caller]
    pub fn expect_eof(&mut self) -> Result<(), Failure> {
        self.expect_end("the end of the byte stream", true)
    }

    #[track_caller]
    fn expect_end(&mut self, wanted: &str, eof: bool) -> Result<(), Failure> {
        if self.queue.is_empty() && self.fault.is_none() && self.eof == eof {
            return Ok(());
        }
        let got = self
            .queue
            .front()
            .map_or_else(|| self.ending(), Received::summary);
        Err(self.failure(wanted, &got))
    }

    #[track_caller]
    fn expect<T>(
        &mut self,
        wanted: fmt::Arguments<'_>,
        take: impl FnOnce(Received) -> Result<T, Received>,
    ) -> Result<T, Failure> {
        let Some(item) = self.queue.pop_front() else {
            return Err(self.failure(&wanted.to_string(), &self.ending()));
        };
        match take(item) {
            Ok(taken) => Ok(taken),
            Err(item) => Err(self.failure(&wanted.to_string(), &item.summary())),
        }
    }

    /// Why nothing waits.
    fn ending(&self) -> String {
        match (&self.fault, self.eof) {
            (Some(fault), _) => format!("a fault: {fault}"),
            (None, true) => "the end of the byte stream".to_owned(),
            (None, false) => "nothing".to_owned(),
        }
    }

    #[track_caller]
    fn failure(&self, wanted: &str, got: &str) -> Failure {
        let mut text = format!("wanted {wanted}, got {got}");
        for item in self.queue.iter().take(8) {
            text.push_str("\n  waiting: ");
            text.push_str(&item.summary());
        }
        if let Some(fault) = &self.fault {
            text.push_str(&format!("\n  fault: {fault}"));
        }
        Failure {
            at: Location::caller(),
            text,
        }
    }
}
