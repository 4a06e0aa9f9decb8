//! From events of one side to calls of the other.

use super::exchange::Exchange;
use super::flow::End;
use super::pool::{Placed, Pool};
use super::tell;
use bywash_mio::error::{ConnectError, End as ConnectionEnd, Notice};
use bywash_mio::proto::error::{EndedBy, SendError, StreamEnd};
use bywash_mio::proto::event::Event;
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::vocabulary::{ErrorCode, Priority, StreamRef};
use bywash_mio::{ConnId, Cx, Handler};
use std::collections::{BTreeSet, HashMap};

/// A request goes to so many connections at most.
const TRIES: u32 = 3;

pub(crate) struct Proxy {
    pool: Pool,
    exchanges: HashMap<u64, Exchange>,
    /// Both ends of each exchange.
    names: HashMap<End, u64>,
    /// Exchanges without a back, the oldest first.
    waiting: BTreeSet<u64>,
    next: u64,
}

impl Proxy {
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            pool,
            exchanges: HashMap::new(),
            names: HashMap::new(),
            waiting: BTreeSet::new(),
            next: 0,
        }
    }

    /// Exchanges that are not over, and streams to the server that belong to none.
    #[cfg(test)]
    pub(crate) fn open(&self, cx: &mut Cx<'_>) -> usize {
        self.exchanges.len() + self.names.len() + self.pool.open_streams(cx)
    }

    fn request(&mut self, cx: &mut Cx<'_>, front: End, head: Head, end: bool, overlong: bool) {
        let key = self.next;
        self.next += 1;
        let mut exchange = Exchange::new(front, head, end);
        let is_over = overlong && exchange.answer(cx, "431");
        self.names.insert(front, key);
        self.exchanges.insert(key, exchange);
        if is_over {
            self.remove(key);
        } else if !overlong {
            self.waiting.insert(key);
            self.place_waiting(cx);
        }
    }

    /// Finds connections for the requests that wait.
    fn place_waiting(&mut self, cx: &mut Cx<'_>) {
        while let Some(key) = self.waiting.pop_first() {
            let Some(exchange) = self.exchanges.get_mut(&key) else {
                continue;
            };
            let Some(head) = &exchange.head else { continue };
            let end = exchange.up.take_end_of_head();
            let is_over = match self.pool.place(cx, head, end) {
                Placed::On(back) => {
                    exchange.back = Some(back);
                    exchange.tries += 1;
                    self.names.insert(back, key);
                    exchange.drive(cx)
                }
                Placed::Wait => {
                    exchange.up.rewind();
                    self.waiting.insert(key);
                    return;
                }
                Placed::Refused(status) => exchange.answer(cx, status),
            };
            if is_over {
                self.remove(key);
            }
        }
    }

    /// Nobody is there to take the requests that wait.
    fn refuse_waiting(&mut self, cx: &mut Cx<'_>) {
        while let Some(key) = self.waiting.pop_first() {
            if self
                .exchanges
                .get_mut(&key)
                .is_some_and(|exchange| exchange.answer(cx, "502"))
            {
                self.remove(key);
            }
        }
    }

    fn remove(&mut self, key: u64) {
        self.waiting.remove(&key);
        if let Some(exchange) = self.exchanges.remove(&key) {
            self.names.remove(&exchange.front);
            if let Some(back) = exchange.back {
                self.names.remove(&back);
            }
        }
    }

    /// Lets `change` work on the exchange of a stream, and passes on what can be.
    fn with(&mut self, cx: &mut Cx<'_>, at: End, change: impl FnOnce(&mut Exchange, bool)) {
        let Some(key) = self.names.get(&at).copied() else {
            return;
        };
        let Some(exchange) = self.exchanges.get_mut(&key) else {
            return;
        };
        change(exchange, exchange.front == at);
        if exchange.drive(cx) {
            self.remove(key);
        }
    }

    /// The final head of a response.
    fn response(&mut self, cx: &mut Cx<'_>, at: End, head: &Head, end: bool, overlong: bool) {
        let Some(key) = self.names.get(&at).copied() else {
            return;
        };
        let Some(exchange) = self.exchanges.get_mut(&key) else {
            return;
        };
        let mut opens_tunnel = false;
        if let Some(request) = exchange.head.take() {
            let is_connect = request.method() == Some(&b"CONNECT"[..]);
            opens_tunnel = is_connect && head.status().is_some_and(|status| status < 300);
            if let Some(mut front) = cx.conn(exchange.front.0) {
                front.recycle(request);
            }
        }
        if overlong {
            exchange.cancel_back(cx, ErrorCode::CANCEL);
            if exchange.answer(cx, "502") {
                self.remove(key);
            }
            return;
        }
        let (front, stream) = exchange.front;
        let sent = cx.server(front).map(|c| match opens_tunnel {
            true => c.response(stream, &without_length(head), end),
            false => c.response(stream, head, end),
        });
        if let Some(Err(error)) = sent {
            if error != SendError::Gone {
                tell(format_args!("a response could not be passed on: {error}"));
            }
            exchange.break_off(cx, ErrorCode::INTERNAL_ERROR);
            return self.remove(key);
        }
        exchange.is_answered = true;
        exchange.down.push(&[], end);
        if exchange.down.take_end_of_head() && exchange.drive(cx) {
            self.remove(key);
        }
    }

    fn informational(&mut self, cx: &mut Cx<'_>, at: End, head: &Head) {
        let exchange = self.names.get(&at).and_then(|key| self.exchanges.get(key));
        let Some((front, stream)) = exchange.map(|exchange| exchange.front) else {
            return;
        };
        if let Some(server) = cx.server(front) {
            // What waits for a client that reads nothing is full: it can do without this one.
            let _ = server.informational(stream, head);
        }
    }

    fn prioritise(&mut self, cx: &mut Cx<'_>, at: End, priority: Priority) {
        let exchange = self.names.get(&at).and_then(|key| self.exchanges.get(key));
        if let Some((back, stream)) = exchange.and_then(|exchange| exchange.back) {
            if let Some(client) = cx.client(back) {
                // A hint: the response comes without it, too.
                let _ = client.update_priority(stream, priority);
            }
        }
    }

    /// A client gave a request up, or its connection is gone.
    fn front_ended(&mut self, cx: &mut Cx<'_>, key: u64, end: StreamEnd) {
        if let Some(exchange) = self.exchanges.get_mut(&key) {
            let code = match end.by {
                EndedBy::Peer => end.code,
                _ => ErrorCode::CANCEL,
            };
            exchange.cancel_back(cx, code);
        }
        self.remove(key);
    }

    /// The server ended a stream before its time.
    fn back_ended(&mut self, cx: &mut Cx<'_>, at: End, key: u64, end: StreamEnd) {
        self.names.remove(&at);
        let Some(exchange) = self.exchanges.get_mut(&key) else {
            return;
        };
        exchange.back = None;
        let again = end.retry.is_safe() && exchange.head.is_some() && exchange.tries < TRIES;
        if again && exchange.up.rewind() {
            self.waiting.insert(key);
            return self.place_waiting(cx);
        }
        let is_over = if exchange.down.is_complete() {
            // What came last of it has to be passed on without the stream that it came from.
            exchange.back = Some(at);
            exchange.cut_upload(cx, end.code)
        } else if !exchange.is_answered && !matches!(end.by, EndedBy::Peer | EndedBy::GoAway) {
            exchange.answer(cx, "502")
        } else {
            let code = match end.by {
                EndedBy::Peer | EndedBy::GoAway => end.code,
                _ => ErrorCode::INTERNAL_ERROR,
            };
            exchange.break_off(cx, code);
            true
        };
        if is_over {
            self.remove(key);
        }
    }

    fn ended(&mut self, cx: &mut Cx<'_>, at: End, end: StreamEnd) {
        let Some(key) = self.names.get(&at).copied() else {
            return;
        };
        match self.exchanges.get(&key) {
            Some(exchange) if exchange.front == at => self.front_ended(cx, key, end),
            Some(_) => self.back_ended(cx, at, key, end),
            None => {}
        }
    }

    fn drained(&mut self, cx: &mut Cx<'_>, at: End) {
        if let Some(key) = self.names.get(&at).copied() {
            if let Some(exchange) = self.exchanges.get_mut(&key) {
                exchange.drained(cx);
            }
            self.remove(key);
        }
    }

    fn data(&mut self, cx: &mut Cx<'_>, at: End, data: &[u8], end: bool) {
        self.with(cx, at, |exchange, is_front| {
            if is_front {
                exchange.up.push(data, end);
            } else {
                exchange.down.push(data, end);
            }
        });
    }

    fn trailers(&mut self, cx: &mut Cx<'_>, at: End, head: Head, overlong: bool) {
        let key = self.names.get(&at).copied();
        if let (true, Some(key)) = (overlong, key) {
            // Half of the trailers would be a lie.
            if let Some(exchange) = self.exchanges.get_mut(&key) {
                exchange.break_off(cx, ErrorCode::INTERNAL_ERROR);
            }
            return self.remove(key);
        }
        self.with(cx, at, |exchange, is_front| {
            if is_front {
                exchange.up.push_trailers(head);
            } else {
                exchange.down.push_trailers(head);
            }
        });
    }
}

/// A tunnel has no length: what the server says of one is ignored, and not passed on (RFC 9110 9.3.6).
fn without_length(head: &Head) -> Head {
    let others = head
        .fields()
        .filter(|field| field.name != b"content-length");
    Head::from_fields(&others.collect::<Vec<_>>())
}

impl Handler for Proxy {
    type Message = ();

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        let at = |stream: StreamRef| (conn, stream);
        match event {
            Event::Request {
                stream,
                head,
                end,
                overlong,
            } => self.request(cx, at(stream), head, end, overlong),
            Event::Response {
                stream,
                head,
                end,
                overlong,
            } => self.response(cx, at(stream), &head, end, overlong),
            Event::Informational { stream, head } => self.informational(cx, at(stream), &head),
            Event::Data { stream, data, end } => self.data(cx, at(stream), data, end),
            Event::Trailers {
                stream,
                head,
                overlong,
            } => self.trailers(cx, at(stream), head, overlong),
            Event::Writable { stream } => self.with(cx, at(stream), |_, _| {}),
            Event::Drained { stream } => self.drained(cx, at(stream)),
            Event::Ended { stream, end } => self.ended(cx, at(stream), end),
            Event::Priority { stream, priority } => self.prioritise(cx, at(stream), priority),
            Event::CanOpen | Event::Settings => self.place_waiting(cx),
            Event::GoAway { .. } => self.pool.leaves(conn),
            _ => {}
        }
    }

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        if self.pool.owns(conn) {
            self.pool.opened(conn);
            self.place_waiting(cx);
        }
    }

    fn on_connect_failed(&mut self, cx: &mut Cx<'_>, conn: ConnId, error: ConnectError) {
        tell(format_args!("the server cannot be reached: {error}"));
        self.pool.gone(conn);
        if !self.pool.has_hope() {
            self.refuse_waiting(cx);
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>, conn: ConnId, end: &ConnectionEnd, _tag: u64) {
        if end.reason.is_peer_fault() {
            tell(format_args!("a connection was ended: {end}"));
        }
        self.pool.gone(conn);
        if !self.waiting.is_empty() {
            self.place_waiting(cx);
        }
    }

    fn on_notice(&mut self, _cx: &mut Cx<'_>, notice: &Notice) {
        tell(notice);
    }
}
