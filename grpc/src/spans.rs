//! Calls and connections as spans and events of `tracing` (feature `tracing`).
//!
//! With the feature every server and channel has a [`Spans`] of its own accord. Where nobody listens, a call costs one
//! look at a cached level; but as somebody may, the engine's own thread drives a channel's sockets then, and not the
//! caller that waits. All have the target `bywash_grpc`:
//!
//! | what | level | fields |
//! |---|---|---|
//! | span `grpc.client.call`, `grpc.server.call` | INFO | `rpc.service`, `rpc.method`, `peer`; at its end `rpc.grpc.status_code` |
//! | event `call started`, in its span | DEBUG | |
//! | event `attempt`, in its span, at a client | DEBUG | `number` |
//! | event `message`, in its span | TRACE | `sent`, `size`, `packed` |
//! | event `call ended`, in its span | DEBUG; INFO with an error | `code`, and with an error `text` |
//! | event `connection begun` | DEBUG | `side`, `id`, `peer` |
//! | event `connection failed` | WARN | the same and `error` |
//! | event `connection goes away` | DEBUG | the same, `code` and `said` |
//! | event `connection ended` | DEBUG | the same and `error` |
//!
//! Metadata and messages are not shown: they may be secret.

use crate::{
    method::split_path,
    stats::{Begin, CallStats, Conn, ConnEvent, Event, Side, Stats},
    status::Status,
    wire::Instant,
};
use tracing::{Level, Span, field};

/// Tells `tracing` of calls and connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spans;

const TARGET: &str = "bywash_grpc";

impl Stats for Spans {
    fn on_call(&self, begin: &Begin<'_>) -> Option<Box<dyn CallStats>> {
        if !tracing::enabled!(target: TARGET, Level::INFO) {
            return None;
        }
        let (service, method) = split_path(begin.path).unwrap_or((begin.path, ""));
        macro_rules! span {
            ($name:literal) => {
                tracing::info_span!(
                    target: TARGET,
                    $name,
                    rpc.service = service,
                    rpc.method = method,
                    peer = begin.peer,
                    rpc.grpc.status_code = field::Empty,
                )
            };
        }
        let span = match begin.side {
            Side::Client => span!("grpc.client.call"),
            Side::Server => span!("grpc.server.call"),
        };
        tracing::debug!(target: TARGET, parent: &span, "call started");
        Some(Box::new(Call(span)))
    }

    fn on_connection(&self, _: Instant, conn: &Conn<'_>, event: &ConnEvent<'_>) {
        let (id, peer) = (conn.id, conn.peer);
        let side = match conn.side {
            Side::Client => "client",
            Side::Server => "server",
        };
        match event {
            ConnEvent::Begin => {
                tracing::debug!(target: TARGET, side, id, peer, "connection begun");
            }
            ConnEvent::Failed(error) => {
                tracing::warn!(target: TARGET, side, id, peer, %error, "connection failed");
            }
            ConnEvent::GoAway { code, debug } => {
                let said = String::from_utf8_lossy(debug);
                tracing::debug!(target: TARGET, side, id, peer, code, %said, "connection goes away");
            }
            ConnEvent::End(error) => {
                tracing::debug!(target: TARGET, side, id, peer, %error, "connection ended");
            }
        }
    }
}

/// A call's span, which ends with it.
struct Call(Span);

impl CallStats for Call {
    fn on_event(&mut self, _: Instant, event: &Event<'_>) {
        match event {
            Event::Attempt { number } => {
                tracing::debug!(target: TARGET, parent: &self.0, number, "attempt");
            }
            Event::OutPayload(payload) | Event::InPayload(payload) => {
                let sent = matches!(event, Event::OutPayload(_));
                let (size, packed) = (payload.size, payload.packed);
                tracing::trace!(target: TARGET, parent: &self.0, sent, size, packed, "message");
            }
            Event::End(result) => self.end(result),
            _ => {}
        }
    }
}

impl Call {
    fn end(&self, result: &Result<(), Status>) {
        match result {
            Ok(()) => {
                self.0.record("rpc.grpc.status_code", 0);
                tracing::debug!(target: TARGET, parent: &self.0, code = 0, "call ended");
            }
            Err(status) => {
                let (code, text) = (status.raw_code(), status.message());
                self.0.record("rpc.grpc.status_code", code);
                tracing::info!(target: TARGET, parent: &self.0, code, text, "call ended");
            }
        }
    }
}
