//! A client of the driver's low level that asks one question over one connection.

use bytes::Bytes;
use bywash_mio::error::{ConnectError, ConnectFault, End, TlsFault, TransportError};
use bywash_mio::proto::event::Event;
use bywash_mio::proto::vocabulary::StreamRef;
use bywash_mio::{ConnId, Connect, Cx, EventLoop, Handler, LoopOptions, TlsFacts};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Asker {
    /// What is sent; without it the request is a GET.
    pub body: Bytes,
    sending: Option<StreamRef>,
    pub opened: bool,
    pub status: Option<u16>,
    pub got: Vec<u8>,
    pub tls: Option<Arc<TlsFacts>>,
    pub failed: Option<ConnectError>,
    pub closed: Option<String>,
    /// What TLS said at the end of a connection that was open.
    pub refused: Option<TlsFault>,
}

impl Asker {
    /// Asks, and turns until the connection is gone.
    pub fn ask(connect: Connect) -> Self {
        Self::ask_with(connect, Bytes::new(), LoopOptions::default())
    }

    pub fn ask_with(connect: Connect, body: Bytes, options: LoopOptions) -> Self {
        let mut event_loop = EventLoop::new(options).unwrap();
        let mut asker = Self {
            body,
            ..Self::default()
        };
        event_loop.cx().connect(connect);
        let begun = Instant::now();
        while asker.failed.is_none() && asker.closed.is_none() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "it stalls: {} octets left, {} came",
                asker.body.len(),
                asker.got.len()
            );
            let wait = Some(Duration::from_millis(100));
            event_loop.turn(&mut asker, wait).unwrap();
        }
        asker
    }

    /// Why TLS did not come about.
    pub fn fault(&self) -> &TlsFault {
        match &self.failed.as_ref().expect("it fails").fault {
            ConnectFault::Tls(fault) => fault,
            other => panic!("{other}"),
        }
    }

    fn push(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        let Some(stream) = self.sending else { return };
        let mut conn = cx.conn(conn).unwrap();
        while !self.body.is_empty() {
            let mut piece = self.body.slice(..self.body.len().min(7_000));
            let whole = piece.len();
            let end = whole == self.body.len();
            match conn.send(stream).data(&mut piece, end) {
                Ok(taken) if taken == whole => drop(self.body.split_to(whole)),
                Ok(_) => return,
                Err(_) => return self.body.clear(),
            }
        }
    }
}

impl Handler for Asker {
    type Message = ();

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        self.opened = true;
        self.tls = cx.conn(conn).unwrap().tls().cloned();
        let (method, end) = match self.body.is_empty() {
            true => ("GET", true),
            false => ("POST", false),
        };
        let head = [
            (":method", method),
            (":scheme", "https"),
            (":authority", "localhost"),
            (":path", "/"),
        ];
        let client = cx.client(conn).unwrap();
        self.sending = Some(client.request(&head, end).unwrap());
        self.push(cx, conn);
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        let mut done = false;
        match event {
            Event::Response { head, end, .. } => {
                self.status = head.status();
                done = end;
            }
            Event::Data { stream, data, end } => {
                self.got.extend_from_slice(data);
                let mut conn = cx.conn(conn).unwrap();
                conn.recv(stream).release(data.len() as u32).unwrap();
                done = end;
            }
            Event::Writable { .. } => self.push(cx, conn),
            _ => {}
        }
        if done {
            cx.conn(conn).unwrap().shutdown();
        }
    }

    fn on_connect_failed(&mut self, _: &mut Cx<'_>, _: ConnId, error: ConnectError) {
        self.failed = Some(error);
    }

    fn on_close(&mut self, _: &mut Cx<'_>, _: ConnId, end: &End, _: u64) {
        self.closed = Some(end.to_string());
        if let Some(TransportError::Tls(fault)) = &end.transport {
            self.refused = Some(fault.clone());
        }
    }
}
