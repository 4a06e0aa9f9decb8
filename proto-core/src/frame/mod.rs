//! Frames on the wire (RFC 9113 4 and 6): bytes to fields and back. Knows nothing of HPACK, of
//! streams or of what is legal when.

mod control;
pub mod extension;
mod flags;
mod head;
mod padding;
mod preface;

pub use control::{GoAway, RstStream, SettingsPayload, WindowUpdate};
pub(crate) use control::{
    write_goaway, write_ping, write_rst_stream, write_settings, write_window_update,
};
pub use flags::Flags;
pub use head::FrameHead;
pub(crate) use padding::{headers_fragment, push_fragment};
pub(crate) use preface::{Opening, PREFACE, opening};
