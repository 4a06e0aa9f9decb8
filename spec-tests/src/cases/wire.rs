//! The way to an implementation, whatever it is, and what its application may be asked for.

use std::time::Duration;

/// What a read gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// Octets.
    Octets(Vec<u8>),
    /// Nothing within the time.
    Silence,
    /// The implementation closed, or the transport broke.
    End,
}

/// A byte stream to the implementation.
pub trait Wire {
    /// Sends octets; a closed transport swallows them.
    fn send(&mut self, octets: &[u8]);

    /// Waits for octets at most this long.
    fn receive(&mut self, wait: Duration) -> Got;

    /// Ends our side of the byte stream.
    fn finish(&mut self);

    /// Asks the application for something. Whether it does it: an application that cannot be told says no.
    fn wish(&mut self, wish: &Wish) -> bool;

    /// How the application saw the message on a stream.
    fn told(&mut self, stream: u32) -> Told;
}

/// What an application knows of a message that came to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It cannot be asked.
    Unknown,
    /// It has heard nothing, or not all yet.
    Waiting,
    /// The message is complete.
    Complete,
    /// The stream ended with an error.
    Failed,
}

/// Something an application may do. What concerns the configuration must come before the first octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Server, configuration: offer extended CONNECT (RFC 8441).
    OfferExtendedConnect,
    /// Configuration: treat the transport as secure.
    Secure,
    /// Configuration: take no more than so many streams.
    MaxStreams(u32),
    /// Configuration: this window for streams, and for the connection if it can be as small.
    Windows(u32),
    /// Configuration: this window for streams, and the least for the connection.
    StreamWindows(u32),
    /// Configuration: this SETTINGS_MAX_FRAME_SIZE.
    FrameSize(u32),
    /// Configuration: this SETTINGS_HEADER_TABLE_SIZE.
    TableSize(u32),
    /// Server: leave the next request unanswered and its content unread; client: leave all content unread.
    Hold,
    /// Server: answer the next request before it ends, then reset it with NO_ERROR.
    AnswerEarly,
    /// Server: answer the next request at once, and leave what it goes on to send unread.
    AnswerAndListen,
    /// Server: send trailers with the next answer.
    Trailers,
    /// Server: send a 103 before the next answer.
    Informational,
    /// Server: answer the next request with so many octets.
    Body(usize),
    /// Client: a GET.
    Get,
    /// Client: a request with a method of its own and no content.
    Request(&'static str),
    /// Client: a POST whose body does not end.
    HoldUpload,
    /// Client: a POST with so many octets.
    Upload(usize),
    /// Client: an extended CONNECT for a WebSocket.
    ExtendedConnect,
    /// Client: a priority of its own for the stream, by PRIORITY_UPDATE.
    Prioritize(u32),
    /// End the body held open on a stream.
    End(u32),
    /// Reset a stream with CANCEL.
    Reset(u32),
    /// Shut the connection down gracefully.
    Shutdown,
    /// Send a PING.
    Ping([u8; 8]),
}
