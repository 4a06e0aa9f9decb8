//! Prints every frame, both ways.

use super::report::tell;
use bywash_mio::Conn;
use bywash_mio::proto::frame::extension::PriorityUpdate;
use bywash_mio::proto::frame::{Flags, GoAway, RstStream, SettingsPayload, WindowUpdate};
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::observer::{Content, Direction, Observer, Seen};
use bywash_mio::proto::vocabulary::{FrameType, Instant};
use std::fmt::Write;

pub(crate) struct Dump {
    /// Times count from here.
    pub(crate) start: Instant,
}

/// Whom we talk to, and what TLS agreed on.
pub(crate) fn print_connection(conn: &Conn<'_>) {
    match conn.tls() {
        None => tell(format_args!("connected to {} in cleartext", conn.peer())),
        Some(facts) => tell(format_args!(
            "connected to {} by {} with {}, {} certificate(s)",
            conn.peer(),
            facts.version,
            facts.alpn.as_deref().unwrap_or_default().escape_ascii(),
            facts.peer_certificates.len()
        )),
    }
}

impl Observer for Dump {
    fn frame(&mut self, seen: &Seen<'_>) {
        let arrow = match seen.direction {
            Direction::In => "<",
            Direction::Out => ">",
        };
        let at = seen.now.saturating_since(self.start).as_secs_f64() * 1000.0;
        let (kind, head) = (seen.head.kind, seen.head);
        // One call for all of it: what other programs print does not come in between.
        let mut text = format!("[{at:>9.3} ms] {arrow} {kind}");
        if !head.stream.is_connection() {
            let _ = write!(text, " stream={}", head.stream);
        }
        let _ = write!(text, " length={}{}", head.length, flags(kind, head.flags));
        match &seen.content {
            Content::Fields(Some(fields)) => print_fields(&mut text, fields),
            Content::Payload(payload) => {
                if let Some(detail) = detail(kind, head.flags, payload) {
                    let _ = write!(text, "\n{:16}{detail}", "");
                }
            }
            _ => {}
        }
        tell(&text);
    }
}

/// The peer's octets never reach a terminal as they are.
fn print_fields(text: &mut String, fields: &Head) {
    for field in fields.fields() {
        let (name, value) = (field.name.escape_ascii(), field.value.escape_ascii());
        let _ = write!(text, "\n{:16}{name}: {value}", "");
    }
}

fn flags(kind: FrameType, flags: Flags) -> String {
    let names: &[(Flags, &str)] = match kind {
        FrameType::DATA => &[(Flags::END_STREAM, "END_STREAM"), (Flags::PADDED, "PADDED")],
        FrameType::HEADERS => &[
            (Flags::END_STREAM, "END_STREAM"),
            (Flags::END_HEADERS, "END_HEADERS"),
            (Flags::PADDED, "PADDED"),
            (Flags::PRIORITY, "PRIORITY"),
        ],
        FrameType::SETTINGS | FrameType::PING => &[(Flags::ACK, "ACK")],
        _ => &[],
    };
    let mut text = String::new();
    let mut left = flags.0;
    for (flag, name) in names {
        if flags.has(*flag) {
            text.push(' ');
            text.push_str(name);
            left &= !flag.0;
        }
    }
    if left != 0 {
        let _ = write!(text, " flags={left:#x}");
    }
    text
}

/// What stands in a payload; `None` for an empty one.
fn detail(kind: FrameType, flags: Flags, payload: &[u8]) -> Option<String> {
    let known = match kind {
        FrameType::SETTINGS if flags.has(Flags::ACK) => return None,
        FrameType::SETTINGS => SettingsPayload::parse(payload).ok().map(|settings| {
            let entries = settings
                .entries()
                .map(|(id, value)| format!("{id}={value}"));
            entries.collect::<Vec<_>>().join(" ")
        }),
        FrameType::WINDOW_UPDATE => WindowUpdate::parse(payload)
            .ok()
            .map(|update| format!("increment={}", update.increment)),
        FrameType::RST_STREAM => RstStream::parse(payload)
            .ok()
            .map(|reset| reset.code.to_string()),
        FrameType::GOAWAY => GoAway::parse(payload).ok().map(|goaway| {
            let (last, code, debug) = (goaway.last, goaway.code, goaway.debug.escape_ascii());
            format!("last={last} {code} {debug}")
        }),
        FrameType::PRIORITY_UPDATE => PriorityUpdate::parse(payload)
            .ok()
            .map(|update| format!("stream={} {:?}", update.prioritized, update.priority)),
        _ => None,
    };
    known.filter(|text| !text.is_empty()).or_else(|| {
        let shown = payload.get(..64).unwrap_or(payload);
        let more = if shown.len() < payload.len() {
            "..."
        } else {
            ""
        };
        (!shown.is_empty()).then(|| format!("{}{more}", shown.escape_ascii()))
    })
}
