//! What the first thread does while the others serve: it waits for SIGINT and SIGTERM, after which what
//! is open may finish, and looks after memory.

use crate::memory::Crowd;
use bywash_mio::server::Server;
use mio::{Events, Interest, Poll, Token};
use signal_hook_mio::v1_0::Signals;
use std::io;
use std::time::{Duration, Instant};

/// SIGINT and SIGTERM, the same everywhere on Unix.
const WATCHED: [i32; 2] = [2, 15];
/// Time for what is open to finish.
const GRACE: Duration = Duration::from_secs(10);
/// How often is looked whether a crowd has left.
const ROUND: Duration = Duration::from_secs(1);
/// How often is looked whether all have finished.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) struct Watch {
    poll: Poll,
    events: Events,
    signals: Signals,
}

impl Watch {
    /// Catches the signals from now on.
    pub(crate) fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut signals = Signals::new(WATCHED)?;
        poll.registry()
            .register(&mut signals, Token(0), Interest::READABLE)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(8),
            signals,
        })
    }

    /// Waits; true if a signal came.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<bool> {
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
        Ok(self.signals.pending().count() > 0)
    }

    /// Runs the server until a signal, and then to its end.
    pub(crate) fn serve_until(mut self, server: Server) -> io::Result<()> {
        let mut crowd = Crowd::default();
        while !self.wait(Some(ROUND))? {
            crowd.look(server.connections().iter().sum());
        }
        server.shutdown(GRACE);
        let last = Instant::now() + GRACE;
        while server.connections().iter().sum::<usize>() > 0 && Instant::now() < last {
            if self.wait(Some(LOOK))? {
                server.shutdown(Duration::ZERO);
                break;
            }
        }
        server.join()
    }
}
