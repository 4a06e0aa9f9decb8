//! The connections to the server behind the proxy.

use super::flow::End;
use bywash_mio::proto::error::OpenError;
use bywash_mio::proto::headers::Head;
use bywash_mio::{ConnId, Connect, Cx};

/// Connections at most that take new requests.
const MOST: usize = 8;

/// What came of a request that looked for a place.
pub(crate) enum Placed {
    /// It is on its way.
    On(End),
    /// No connection has room now; one will, or a new one is being made.
    Wait,
    /// It cannot be passed on: the status that says why.
    Refused(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Open,
    /// It ends: what it has may finish, nothing new goes there.
    Leaving,
}

pub(crate) struct Pool {
    /// How each of them is made.
    connect: Connect,
    connections: Vec<(ConnId, State)>,
}

impl Pool {
    pub(crate) fn new(connect: Connect) -> Self {
        Self {
            connect,
            connections: Vec::new(),
        }
    }

    pub(crate) fn owns(&self, conn: ConnId) -> bool {
        self.connections.iter().any(|(id, _)| *id == conn)
    }

    /// Whether a request that waits can hope.
    pub(crate) fn has_hope(&self) -> bool {
        self.taking().next().is_some()
    }

    pub(crate) fn opened(&mut self, conn: ConnId) {
        self.set(conn, State::Open);
    }

    pub(crate) fn leaves(&mut self, conn: ConnId) {
        self.set(conn, State::Leaving);
    }

    pub(crate) fn gone(&mut self, conn: ConnId) {
        self.connections.retain(|(id, _)| *id != conn);
    }

    /// Opens a request on the first connection that has room for it.
    pub(crate) fn place(&mut self, cx: &mut Cx<'_>, head: &Head, end: bool) -> Placed {
        // RFC 9110 7.6.3: a gateway tells the server that it was there.
        let fields = (head, [("via", "2.0 bywash-proxy")]);
        for (conn, state) in &mut self.connections {
            if *state != State::Open {
                continue;
            }
            let Some(client) = cx.client(*conn) else {
                continue;
            };
            match client.request(&fields, end) {
                Ok(stream) => return Placed::On((*conn, stream)),
                Err(OpenError::Limit | OpenError::OutputFull) => {}
                Err(OpenError::Head(_)) => return Placed::Refused("400"),
                Err(OpenError::HeadTooLarge { .. }) => return Placed::Refused("431"),
                // What it enables is not known before its SETTINGS have come.
                Err(OpenError::NoExtendedConnect) if client.peer_settings().is_none() => {}
                Err(OpenError::NoExtendedConnect) => return Placed::Refused("501"),
                Err(_) => *state = State::Leaving,
            }
        }
        let connecting = self.taking().any(|(_, state)| *state == State::Connecting);
        if !connecting && self.taking().count() < MOST {
            let conn = cx.connect(self.connect.clone());
            self.connections.push((conn, State::Connecting));
        }
        Placed::Wait
    }

    #[cfg(test)]
    pub(crate) fn open_streams(&self, cx: &mut Cx<'_>) -> usize {
        let open = self.connections.iter().filter_map(|(id, _)| {
            let (ours, _) = cx.conn(*id)?.open_streams();
            Some(ours as usize)
        });
        open.sum()
    }

    fn taking(&self) -> impl Iterator<Item = &(ConnId, State)> {
        self.connections
            .iter()
            .filter(|(_, state)| *state != State::Leaving)
    }

    fn set(&mut self, conn: ConnId, to: State) {
        for (id, state) in &mut self.connections {
            if *id == conn {
                *state = to;
            }
        }
    }
}
