//! One connection of the world: two cores, and what is on its way between them.

use crate::wire::Instant;
use bywash_proto::{client, server};
use std::collections::VecDeque;

/// Something on its way.
pub(super) enum Piece {
    Octets(Vec<u8>),
    /// The sender has ended the transport.
    End,
}

pub(super) struct Link {
    pub(super) node: usize,
    /// `None` once it has ended.
    pub(super) client: Option<client::Connection>,
    pub(super) server: Option<server::Connection>,
    pub(super) up: VecDeque<(Instant, Piece)>,
    pub(super) down: VecDeque<(Instant, Piece)>,
    /// The last GOAWAY that the client's end has heard: its code, and what it added.
    pub(super) goaway: Option<(u32, bytes::Bytes)>,
}

/// What a side has to send goes on its way.
macro_rules! collect {
    ($conn:expr, $queue:expr, $now:expr, $due:expr) => {{
        let mut moved = false;
        if let Some(conn) = $conn {
            loop {
                let transmit = conn.transmit($now);
                if transmit.is_empty() {
                    break;
                }
                let octets: Vec<u8> = transmit.chunks().flatten().copied().collect();
                transmit.advance(octets.len());
                $queue.push_back(($due, Piece::Octets(octets)));
                moved = true;
            }
        }
        moved
    }};
}

impl Link {
    pub(super) fn send(&mut self, now: Instant, due: Instant) -> bool {
        let up = collect!(&mut self.client, self.up, now, due);
        let down = collect!(&mut self.server, self.down, now, due);
        up || down
    }

    /// Whether nothing can come of it any more.
    pub(super) fn is_over(&self) -> bool {
        self.client.is_none() && self.server.is_none()
    }

    /// When something happens to it by itself; with `stalled` nothing arrives.
    pub(super) fn next_time(&self, stalled: bool) -> Option<Instant> {
        let client = self.client.as_ref().and_then(|conn| conn.poll_timeout());
        let server = self.server.as_ref().and_then(|conn| conn.poll_timeout());
        let up = self.up.front().map(|(at, _)| *at);
        let down = self.down.front().map(|(at, _)| *at);
        let carried = up.into_iter().chain(down).filter(|_| !stalled);
        client.into_iter().chain(server).chain(carried).min()
    }

    pub(super) fn on_time(&mut self, now: Instant) -> bool {
        let mut due = false;
        if let Some(conn) = &mut self.client {
            if conn.poll_timeout().is_some_and(|at| at <= now) {
                conn.handle_timeout(now);
                due = true;
            }
        }
        if let Some(conn) = &mut self.server {
            if conn.poll_timeout().is_some_and(|at| at <= now) {
                conn.handle_timeout(now);
                due = true;
            }
        }
        due
    }

    /// Takes what has arrived, at most `chunk` octets.
    pub(super) fn arrive(
        queue: &mut VecDeque<(Instant, Piece)>,
        now: Instant,
        chunk: usize,
    ) -> Option<Piece> {
        let (due, piece) = queue.front_mut()?;
        if *due > now {
            return None;
        }
        match piece {
            Piece::Octets(octets) if octets.len() > chunk => {
                let rest = octets.split_off(chunk);
                Some(Piece::Octets(std::mem::replace(octets, rest)))
            }
            _ => queue.pop_front().map(|(_, piece)| piece),
        }
    }
}
