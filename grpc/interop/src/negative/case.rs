//! What a server does.

use crate::flags::Usage;
use std::str::FromStr;

/// What a server does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    /// Sends GOAWAY on each connection as soon as its first request is there, and answers that request.
    Goaway,
    /// Resets the stream behind the response's head.
    RstAfterHeader,
    /// Resets the stream in the middle of the message.
    RstDuringData,
    /// Resets the stream behind the message, in place of trailers.
    RstAfterData,
    /// Sends PING before, within and behind each response.
    Ping,
    /// Takes one stream at a time.
    MaxStreams,
}

impl Case {
    /// All of them with their names.
    pub const ALL: [(&'static str, Case); 6] = [
        ("goaway", Case::Goaway),
        ("rst_after_header", Case::RstAfterHeader),
        ("rst_during_data", Case::RstDuringData),
        ("rst_after_data", Case::RstAfterData),
        ("ping", Case::Ping),
        ("max_streams", Case::MaxStreams),
    ];
}

impl FromStr for Case {
    type Err = Usage;

    fn from_str(text: &str) -> Result<Case, Usage> {
        let found = Case::ALL.iter().find(|(name, _)| *name == text);
        found
            .map(|(_, case)| *case)
            .ok_or_else(|| Usage(format!("there is no test case {text:?}")))
    }
}
