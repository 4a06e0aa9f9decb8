//! What the peer received, one item per frame or header block.

use super::build::PriorityFields;
use super::hpack::Field;
use super::wire::{code, kind};

/// A frame, or a header block with all its CONTINUATION frames.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are those of the RFC that defines the frame
pub enum Received {
    Data {
        stream: u32,
        data: Vec<u8>,
        flow: u32,
        end_stream: bool,
    },
    Headers(Head),
    PushPromise {
        stream: u32,
        promised: u32,
        fields: Vec<Field>,
    },
    Priority {
        stream: u32,
        fields: PriorityFields,
    },
    Rst {
        stream: u32,
        code: u32,
    },
    Settings(Vec<(u16, u32)>),
    SettingsAck,
    Ping([u8; 8]),
    PingAck([u8; 8]),
    GoAway {
        last_stream: u32,
        code: u32,
        debug: Vec<u8>,
    },
    WindowUpdate {
        stream: u32,
        increment: u32,
    },
    PriorityUpdate {
        prioritized: u32,
        value: Vec<u8>,
    },
    AltSvc {
        stream: u32,
        origin: Vec<u8>,
        value: Vec<u8>,
    },
    Origin(Vec<Vec<u8>>),
    Unknown {
        kind: u8,
        flags: u8,
        stream: u32,
        payload: Vec<u8>,
    },
}

/// A head or trailers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The stream.
    pub stream: u32,
    /// The fields, decoded.
    pub fields: Vec<Field>,
    /// Whether END_STREAM was set.
    pub end_stream: bool,
    /// The deprecated priority fields, if any.
    pub priority: Option<PriorityFields>,
    /// Frames that carried the block: HEADERS and its CONTINUATION.
    pub frames: usize,
    /// Octets of the block as encoded.
    pub encoded: usize,
    /// The dynamic table size updates at the start of the block.
    pub size_updates: Vec<u32>,
}

impl Head {
    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.fields
            .iter()
            .find(|field| field.name == name.as_bytes())
            .map(|field| field.value.as_slice())
    }

    /// The fields as pairs of text, for comparison; octets that are not UTF-8 are replaced.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        self.fields
            .iter()
            .map(|field| (text(&field.name), text(&field.value)))
            .collect()
    }
}

impl Received {
    /// The stream that the frame was sent on; 0 for the connection.
    pub fn stream(&self) -> u32 {
        match self {
            Self::Data { stream, .. }
            | Self::PushPromise { stream, .. }
            | Self::Priority { stream, .. }
            | Self::Rst { stream, .. }
            | Self::WindowUpdate { stream, .. }
            | Self::AltSvc { stream, .. }
            | Self::Unknown { stream, .. } => *stream,
            Self::Headers(head) => head.stream,
            Self::Settings(_)
            | Self::SettingsAck
            | Self::Ping(_)
            | Self::PingAck(_)
            | Self::GoAway { .. }
            | Self::PriorityUpdate { .. }
            | Self::Origin(_) => 0,
        }
    }

    /// The frame's type; HEADERS for a block.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Data { .. } => kind::DATA,
            Self::Headers(_) => kind::HEADERS,
            Self::PushPromise { .. } => kind::PUSH_PROMISE,
            Self::Priority { .. } => kind::PRIORITY,
            Self::Rst { .. } => kind::RST_STREAM,
            Self::Settings(_) | Self::SettingsAck => kind::SETTINGS,
            Self::Ping(_) | Self::PingAck(_) => kind::PING,
            Self::GoAway { .. } => kind::GOAWAY,
            Self::WindowUpdate { .. } => kind::WINDOW_UPDATE,
            Self::PriorityUpdate { .. } => kind::PRIORITY_UPDATE,
            Self::AltSvc { .. } => kind::ALTSVC,
            Self::Origin(_) => kind::ORIGIN,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// One short line, for failures.
    pub fn summary(&self) -> String {
        match self {
            Self::Data {
                stream,
                data,
                flow,
                end_stream,
            } => {
                let head: Vec<u8> = data.iter().copied().take(32).collect();
                let dots = if data.len() > 32 { "..." } else { "" };
                format!(
                    "DATA stream={stream} len={} flow={flow} end={end_stream} \"{}{dots}\"",
                    data.len(),
                    head.escape_ascii()
                )
            }
            Self::Headers(head) => {
                format!(
                    "HEADERS stream={} end={} {:?}",
                    head.stream, head.end_stream, head.fields
                )
            }
            Self::Rst { stream, code: c } => {
                format!("RST_STREAM stream={stream} {}", code::name(*c))
            }
            Self::GoAway {
                last_stream,
                code: c,
                debug,
            } => {
                format!(
                    "GOAWAY last={last_stream} {} \"{}\"",
                    code::name(*c),
                    debug.escape_ascii()
                )
            }
            other => format!("{other:?}"),
        }
    }
}
