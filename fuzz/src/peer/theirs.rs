//! The other side: the crate `h2` and a program behind it, polled by hand.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use bywash_spec_tests::raw::Role;
use h2::{Error, Ping, PingPong, Reason, client, server};

use super::book::{Book, Fields};
use super::convert::{self, told};
use super::link::{End, Link};
use super::side::Side;
use super::stream::Handles;

type Handshake = dyn Future<
    Output = Result<(client::SendRequest<Bytes>, client::Connection<End, Bytes>), Error>,
>;

/// The connection, as far as it has come.
enum Connection {
    Connecting(Pin<Box<Handshake>>),
    Client(Box<client::Connection<End, Bytes>>),
    Accepting(Box<server::Handshake<End, Bytes>>),
    Server(Box<server::Connection<End, Bytes>>),
    Over,
}

/// What it is told about itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    pub(super) window: u32,
    pub(super) streams: u32,
    pub(super) table: u32,
    pub(super) frame: u32,
    pub(super) connect: bool,
}

/// See the module.
pub(super) struct Theirs {
    pub(super) link: Rc<RefCell<Link>>,
    connection: Connection,
    opener: Option<client::SendRequest<Bytes>>,
    book: Book,
    handles: BTreeMap<u32, Handles>,
    pinger: Option<PingPong>,
    pings: u32,
    steps: u64,
    window: u32,
}

impl Theirs {
    pub(super) fn new(role: Role, manners: Manners, link: Rc<RefCell<Link>>) -> Self {
        let end = End(Rc::clone(&link));
        // Its own limits against abuse are not what is compared; time is the machine's there.
        let hour = std::time::Duration::from_secs(3600);
        let connection = match role {
            Role::Client => {
                let mut builder = client::Builder::new();
                builder
                    .initial_window_size(manners.window)
                    .max_frame_size(manners.frame)
                    .header_table_size(manners.table)
                    .enable_push(false)
                    .max_concurrent_reset_streams(10_000)
                    .reset_stream_duration(hour)
                    .data_frame_budget(usize::MAX / 2);
                Connection::Connecting(Box::pin(
                    async move { builder.handshake::<_, Bytes>(end).await },
                ))
            }
            Role::Server => {
                let mut builder = server::Builder::new();
                builder
                    .initial_window_size(manners.window)
                    .max_frame_size(manners.frame)
                    .header_table_size(manners.table)
                    .max_concurrent_streams(manners.streams)
                    .max_concurrent_reset_streams(10_000)
                    .max_pending_accept_reset_streams(10_000)
                    .reset_stream_duration(hour)
                    .data_frame_budget(usize::MAX / 2);
                if manners.connect {
                    builder.enable_connect_protocol();
                }
                Connection::Accepting(Box::new(builder.handshake(end)))
            }
        };
        Self {
            link,
            connection,
            opener: None,
            book: Book::new(),
            handles: BTreeMap::new(),
            pinger: None,
            pings: 0,
            steps: 0,
            window: manners.window,
        }
    }

    /// Whether the connection has ended.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.connection, Connection::Over)
    }

    /// Polls everything until nothing comes of it; whether anything did.
    pub(super) fn run(&mut self) -> bool {
        let mut any = false;
        loop {
            let before = (self.steps, self.link.borrow().moved);
            self.poll_connection();
            self.poll_pong();
            for (number, handles) in &mut self.handles {
                let talk = self.book.entry(*number).or_default();
                self.steps += u64::from(handles.poll(*number, talk));
            }
            if before == (self.steps, self.link.borrow().moved) {
                return any;
            }
            any = true;
        }
    }

    fn poll_connection(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        match &mut self.connection {
            Connection::Connecting(handshake) => {
                if let Poll::Ready(done) = handshake.as_mut().poll(&mut cx) {
                    match done {
                        Ok((opener, mut connection)) => {
                            self.pinger = connection.ping_pong();
                            self.opener = Some(opener);
                            self.connection = Connection::Client(Box::new(connection));
                            self.steps += 1;
                        }
                        Err(error) => self.over(Err(error)),
                    }
                }
            }
            Connection::Client(connection) => {
                if let Poll::Ready(done) = Pin::new(connection.as_mut()).poll(&mut cx) {
                    self.over(done);
                }
            }
            Connection::Accepting(handshake) => {
                if let Poll::Ready(done) = Pin::new(handshake.as_mut()).poll(&mut cx) {
                    match done {
                        Ok(mut connection) => {
                            self.pinger = connection.ping_pong();
                            self.connection = Connection::Server(Box::new(connection));
                            self.steps += 1;
                        }
                        Err(error) => self.over(Err(error)),
                    }
                }
            }
            Connection::Server(connection) => match connection.poll_accept(&mut cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    let number = respond.stream_id().as_u32();
                    let (head, reader) = request.into_parts();
                    let talk = self.book.entry(number).or_default();
                    assert!(talk.got.head.is_none(), "a second head on stream {number}");
                    talk.got.head = Some(convert::of_request(&head));
                    talk.bodiless = head.method == http::Method::HEAD;
                    talk.tunnel = head.method == http::Method::CONNECT;
                    self.handles
                        .insert(number, Handles::of_server(respond, reader));
                    self.steps += 1;
                }
                Poll::Ready(Some(Err(error))) => self.over(Err(error)),
                Poll::Ready(None) => self.over(Ok(())),
                Poll::Pending => {}
            },
            Connection::Over => {}
        }
    }

    /// Nobody holds a stream any more.
    pub(super) fn let_go_all(&mut self) {
        self.handles.clear();
    }

    fn over(&mut self, done: Result<(), Error>) {
        if let Err(error) = done {
            // Panics if we are at fault.
            told(&error);
        }
        self.connection = Connection::Over;
        self.opener = None;
        self.link.borrow_mut().shut = true;
        self.steps += 1;
    }

    fn poll_pong(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        if self.pings == 0 {
            return;
        }
        if let Some(Poll::Ready(pong)) = self.pinger.as_mut().map(|p| p.poll_pong(&mut cx)) {
            assert!(
                pong.is_ok() || self.is_over() || self.link.borrow().broken,
                "no PONG: {pong:?}"
            );
            self.pings = 0;
            self.steps += 1;
        }
    }
}

impl Side for Theirs {
    fn book(&mut self) -> &mut Book {
        &mut self.book
    }

    fn open(&mut self, head: &Fields, end: bool) -> Option<u32> {
        let mut cx = Context::from_waker(Waker::noop());
        let opener = self.opener.as_mut()?;
        let request = convert::request(head);
        if convert::is_extended(head) && !opener.is_extended_connect_protocol_enabled() {
            return None;
        }
        if !matches!(opener.poll_ready(&mut cx), Poll::Ready(Ok(()))) {
            return None;
        }
        let (response, sender) = opener.send_request(request, end).ok()?;
        let number = sender.stream_id().as_u32();
        self.handles
            .insert(number, Handles::of_client(response, sender));
        Some(number)
    }

    fn respond(&mut self, number: u32, head: &Fields, end: bool) -> bool {
        let handles = self.handles.get_mut(&number);
        handles.is_some_and(|handles| handles.respond(head, end))
    }

    fn inform(&mut self, number: u32, head: &Fields) -> bool {
        let handles = self.handles.get_mut(&number);
        handles.is_some_and(|handles| handles.inform(head))
    }

    fn send(&mut self, number: u32, octets: Bytes, end: bool) -> Option<usize> {
        let length = octets.len();
        let sender = self.handles.get_mut(&number)?.sender.as_mut()?;
        sender.send_data(octets, end).ok()?;
        Some(length)
    }

    fn trailers(&mut self, number: u32, fields: &Fields) -> bool {
        let sender = self
            .handles
            .get_mut(&number)
            .and_then(|h| h.sender.as_mut());
        sender.is_some_and(|sender| sender.send_trailers(convert::map(fields)).is_ok())
    }

    fn release(&mut self, number: u32, octets: usize) {
        let reader = self
            .handles
            .get_mut(&number)
            .and_then(|h| h.reader.as_mut());
        if let Some(reader) = reader {
            let released = reader.flow_control().release_capacity(octets);
            assert!(released.is_ok(), "{released:?}");
        }
    }

    fn reset(&mut self, number: u32, code: u32) {
        if let Some(handles) = self.handles.get_mut(&number) {
            handles.reset(Reason::from(code));
        }
    }

    fn ping(&mut self) {
        if let (0, Some(pinger)) = (self.pings, self.pinger.as_mut()) {
            self.pings = u32::from(pinger.send_ping(Ping::opaque()).is_ok());
        }
    }

    fn window(&mut self, octets: u32, whole: u32) {
        let whole = whole.clamp(65_535, 0x7fff_ffff);
        // It grows: see the known differences.
        self.window = self.window.saturating_add(octets).min(1 << 20);
        let octets = self.window;
        match &mut self.connection {
            Connection::Client(connection) => {
                let _ = connection.set_initial_window_size(octets);
                connection.set_target_window_size(whole);
            }
            Connection::Server(connection) => {
                let _ = connection.set_initial_window_size(octets);
                connection.set_target_window_size(whole);
            }
            _ => {}
        }
    }

    fn shutdown(&mut self) {
        match &mut self.connection {
            Connection::Server(connection) => connection.graceful_shutdown(),
            // A client without a handle that opens goes when its streams have ended.
            _ => self.opener = None,
        }
    }

    fn close(&mut self, code: u32) {
        if let Connection::Server(connection) = &mut self.connection {
            connection.abrupt_shutdown(Reason::from(code));
        } else {
            self.opener = None;
        }
    }

    fn at_rest(&mut self) {
        assert!(
            self.is_over() || self.pings == 0,
            "a PING of theirs without answer"
        );
    }
}
