//! The access log: one line per request on standard output, when its response has ended.

use crate::dates;
use bywash_mio::Address;
use bywash_mio::error::Notice;
use bywash_mio::server::{Reply, Request};
use std::fmt::Display;
use std::io::Write;
use std::mem::{Discriminant, discriminant};
use std::time::{Duration, Instant, SystemTime};

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

/// Peers decide how often a notice comes: of each kind one is told in this time.
const REST: Duration = Duration::from_secs(1);

/// Which notices are told: the first of each kind, then one a second with the number of those between.
#[derive(Default)]
pub(crate) struct Notices(Vec<Kind>);

struct Kind {
    is: Discriminant<Notice>,
    told: Instant,
    left_out: u64,
}

impl Notices {
    /// The line for a notice, if it is to be told.
    pub(crate) fn line(&mut self, notice: &Notice, now: Instant) -> Option<String> {
        let is = discriminant(notice);
        let Some(kind) = self.0.iter_mut().find(|kind| kind.is == is) else {
            self.0.push(Kind {
                is,
                told: now,
                left_out: 0,
            });
            return Some(notice.to_string());
        };
        if now.saturating_duration_since(kind.told) < REST {
            kind.left_out += 1;
            return None;
        }
        kind.told = now;
        Some(match std::mem::take(&mut kind.left_out) {
            0 => notice.to_string(),
            others => format!("{notice} (and {others} like it before)"),
        })
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

#[cfg(test)]
mod tests {
    use super::{Notices, REST};
    use bywash_mio::Address;
    use bywash_mio::error::Notice;
    use std::time::{Duration, Instant};

    #[test]
    fn one_notice_of_a_kind_is_told_in_a_while() {
        let peer = Address::Tcp("192.0.2.1:7".parse().unwrap());
        let (full, many) = (
            Notice::NoRoom { peer: peer.clone() },
            Notice::TooManyFromPeer { peer },
        );
        let (mut notices, begun) = (Notices::default(), Instant::now());
        assert!(notices.line(&full, begun).is_some());
        for _ in 0..1000 {
            assert_eq!(notices.line(&full, begun + REST / 2), None);
        }
        // Another kind is not drowned by it.
        assert!(notices.line(&many, begun + REST / 2).is_some());
        let line = notices.line(&full, begun + REST).unwrap();
        assert!(line.ends_with("(and 1000 like it before)"), "{line}");
        let line = notices.line(&full, begun + REST * 2 + Duration::from_millis(1));
        assert!(line.unwrap().ends_with("no room for another socket"));
    }
}
