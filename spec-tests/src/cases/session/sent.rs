//! What was sent, for people.

use crate::raw::RawFrame;
use crate::raw::wire::{code, flag, kind};

/// A frame in one line.
pub(super) fn summary(frame: &RawFrame) -> String {
    let mut text = format!("{} ({:#x})", kind::name(frame.kind), frame.kind);
    if frame.stream != 0 {
        text.push_str(&format!(" stream={}", frame.stream));
    }
    let names = [
        (flag::END_STREAM, "END_STREAM"),
        (flag::END_HEADERS, "END_HEADERS"),
        (flag::PADDED, "PADDED"),
        (flag::PRIORITY, "PRIORITY"),
    ];
    let stream_flags = matches!(
        frame.kind,
        kind::DATA | kind::HEADERS | kind::CONTINUATION | kind::PUSH_PROMISE
    );
    for (bit, name) in names {
        if stream_flags && frame.flags & bit != 0 {
            text.push_str(&format!(" {name}"));
        }
    }
    if !stream_flags && frame.flags != 0 {
        text.push_str(&format!(" flags={:#x}", frame.flags));
    }
    let length = frame.length.unwrap_or(frame.payload.len() as u32);
    text.push_str(&format!(" length={length}"));
    match (frame.kind, frame.payload.first_chunk::<4>()) {
        (kind::RST_STREAM, Some(word)) => {
            text.push_str(&format!(" {}", code::name(u32::from_be_bytes(*word))));
        }
        (kind::WINDOW_UPDATE, Some(word)) => {
            text.push_str(&format!(" increment={}", u32::from_be_bytes(*word)));
        }
        (kind::HEADERS | kind::CONTINUATION | kind::SETTINGS, _) => {
            let head = &frame.payload[..frame.payload.len().min(160)];
            text.push_str(&format!(" \"{}\"", head.escape_ascii()));
        }
        _ => {}
    }
    text
}
