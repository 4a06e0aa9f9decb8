//! The access log: one line per request on standard output, when its response has ended.

use crate::dates;
use bywash_mio::Address;
use bywash_mio::server::{Reply, Request};
use std::fmt::Display;
use std::io::Write;
use std::time::{Instant, SystemTime};

/// Octets of a path that are shown.
const PATH: usize = 512;

/// A request that is being answered.
pub(crate) struct Record {
    peer: Option<Address>,
    what: String,
    status: u16,
    sent: u64,
    started: Instant,
}

impl Record {
    pub(crate) fn new(request: &Request, reply: &mut Reply<'_>) -> Self {
        let path = request.path();
        let shown = path.get(..PATH).unwrap_or(path);
        Self {
            peer: reply.peer(),
            what: format!(
                "\"{} {}\"",
                request.method().escape_ascii(),
                shown.escape_ascii()
            ),
            status: 0,
            sent: 0,
            started: Instant::now(),
        }
    }

    pub(crate) fn status(&mut self, status: u16) {
        self.status = status;
    }

    pub(crate) fn sent(&mut self, octets: u64) {
        self.sent += octets;
    }

    /// The response is complete: handed to the connection, that is.
    pub(crate) fn done(&self) {
        self.line(&"");
    }

    /// It will not be.
    pub(crate) fn cut(&self, why: &dyn Display) {
        self.line(&format_args!(" cut off: {why}"));
    }

    fn line(&self, end: &dyn Display) {
        let at = dates::log(SystemTime::now());
        let millis = self.started.elapsed().as_secs_f64() * 1e3;
        let (what, status, sent) = (&self.what, self.status, self.sent);
        let peer = match &self.peer {
            Some(peer) => peer.to_string(),
            None => "-".into(),
        };
        let line = format!("{at} {peer} {what} {status} {sent} {millis:.1}ms{end}\n");
        // Nobody may be reading it: that must not end the server.
        let _ = std::io::stdout().write_all(line.as_bytes());
    }
}

/// A line about something else, on standard error.
pub(crate) fn tell(what: &dyn Display) {
    let _ = writeln!(
        std::io::stderr(),
        "{} {what}",
        dates::log(SystemTime::now())
    );
}
