//! hyperium's h2 through the cases of `machine`, polled by hand.

use super::pipe::End;
use crate::recorded;
use crate::run::{Mode, Outcome, Stopwatch, Task};
use crate::script::{self, HEAD};
use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{RecvStream, client, server};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs one case.
///
/// # Panics
/// If the peer answers other than it should: the bench would be worthless.
#[must_use]
pub fn run(task: Task) -> Outcome {
    match task.mode {
        Mode::Srv => srv(task),
        Mode::Xchg => xchg(task),
        Mode::Data => data(task),
        Mode::Ctl => ctl(task),
        Mode::Conn => conn(task),
        Mode::Real => real(task),
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// A response ready to be cloned.
pub(super) struct Reply {
    head: Response<()>,
    body: Bytes,
    trailers: Option<HeaderMap>,
}

impl Reply {
    pub(super) fn plain(size: usize) -> Self {
        let head = Response::builder()
            .header("content-type", "text/plain")
            .header("content-length", size.to_string())
            .body(())
            .expect("a response");
        Self {
            head,
            body: vec![b'x'; size].into(),
            trailers: None,
        }
    }

    fn recorded(message: &recorded::Message) -> Self {
        let fields = |fields: &[recorded::Field]| -> HeaderMap {
            let plain = fields.iter().filter(|field| !field.0.starts_with(':'));
            plain
                .map(|(name, value)| {
                    (
                        HeaderName::from_static(name),
                        HeaderValue::from_static(value),
                    )
                })
                .fold(HeaderMap::new(), |mut map, (name, value)| {
                    map.append(name, value);
                    map
                })
        };
        let mut head = Response::new(());
        *head.status_mut() = message.heads[0][0].1.parse().expect("a status");
        *head.headers_mut() = fields(&message.heads[0]);
        Self {
            head,
            body: vec![b'x'; message.body].into(),
            trailers: message.heads.get(1).map(|head| fields(head)),
        }
    }

    fn send(&self, mut respond: SendResponse<Bytes>) {
        let end = self.body.is_empty() && self.trailers.is_none();
        let mut stream = respond
            .send_response(self.head.clone(), end)
            .expect("a response");
        if !self.body.is_empty() {
            stream
                .send_data(self.body.clone(), self.trailers.is_none())
                .expect("a body");
        }
        if let Some(trailers) = &self.trailers {
            stream.send_trailers(trailers.clone()).expect("trailers");
        }
    }
}

/// A server on its end of a pipe.
pub(super) struct Server {
    end: End,
    connection: Connection<End, Bytes>,
    requests: u64,
}

impl Server {
    /// Opens a connection with what the client sends first already there.
    pub(super) fn open(end: End, batch: usize) -> Self {
        Self::built(end, &Self::builder(batch))
    }

    /// A connection as h2 configures it by itself, its preface done.
    pub(super) fn with_defaults() -> Self {
        let end = End::default();
        end.incoming.borrow_mut().refill(|bytes| {
            script::opening(bytes);
            bytes.len()
        });
        Self::built(end, &server::Builder::new())
    }

    fn built(end: End, builder: &server::Builder) -> Self {
        let mut handshake = pin!(builder.handshake::<_, Bytes>(end.clone()));
        let Poll::Ready(connection) = handshake.as_mut().poll(&mut context()) else {
            panic!("the handshake waits");
        };
        Self {
            end,
            connection: connection.expect("a connection"),
            requests: 0,
        }
    }

    fn builder(batch: usize) -> server::Builder {
        let mut builder = server::Builder::new();
        builder
            .max_concurrent_streams(batch.max(100) as u32)
            .initial_window_size(script::RECEIVE_WINDOW)
            .initial_connection_window_size(script::RECEIVE_WINDOW);
        builder
    }

    /// Opens a connection and takes it to the steady state.
    fn warm(batch: usize, reply: &Reply) -> Self {
        let end = End::default();
        end.incoming.borrow_mut().refill(|bytes| {
            script::opening(bytes);
            script::first_get(bytes, 1);
            bytes.len()
        });
        let mut server = Self::open(end, batch);
        server.answer(reply);
        server.feed(|bytes| {
            bytes.clear();
            script::settings_ack(bytes);
            script::get(bytes, 3);
            bytes.len()
        });
        server.answer(reply);
        server
    }

    pub(super) fn feed(&self, length: impl FnOnce(&mut Vec<u8>) -> usize) {
        self.end.incoming.borrow_mut().refill(length);
    }

    pub(super) fn accept(&mut self) -> Option<(Request<RecvStream>, SendResponse<Bytes>)> {
        match self.connection.poll_accept(&mut context()) {
            Poll::Ready(accepted) => accepted.map(|result| result.expect("a request")),
            Poll::Pending => None,
        }
    }

    /// As `accept`, for a peer that may be thrown out.
    pub(super) fn try_accept(&mut self) -> Option<(Request<RecvStream>, SendResponse<Bytes>)> {
        match self.connection.poll_accept(&mut context()) {
            Poll::Ready(Some(accepted)) => accepted.ok(),
            Poll::Ready(None) | Poll::Pending => None,
        }
    }

    /// Answers everything that is there, until the connection waits.
    pub(super) fn answer(&mut self, reply: &Reply) {
        while let Some((request, respond)) = self.accept() {
            assert_eq!(request.uri().path(), "/");
            self.requests += 1;
            reply.send(respond);
        }
    }
}

/// Reads what has come of a body; true at its end.
fn read(body: &mut RecvStream, seen: &mut u64) -> bool {
    loop {
        match body.poll_data(&mut context()) {
            Poll::Ready(Some(data)) => {
                let length = data.expect("data").len();
                *seen += length as u64;
                body.flow_control()
                    .release_capacity(length)
                    .expect("capacity");
            }
            Poll::Ready(None) => return true,
            Poll::Pending => return false,
        }
    }
}

fn srv(task: Task) -> Outcome {
    let reply = Reply::plain(task.size);
    let mut server = Server::warm(task.batch, &reply);
    server.feed(|bytes| {
        bytes.clear();
        (0..task.batch).for_each(|_| script::get(bytes, 0));
        0
    });
    let (mut stream, mut credit) = (5, u64::from(script::WINDOW) - 2 * task.size as u64);
    let each = HEAD + 5;
    let begun = server.end.written();
    let watch = Stopwatch::start();
    for now in task.batches() {
        server.feed(|bytes| {
            for frame in bytes.chunks_exact_mut(each).take(now) {
                script::set_stream(frame, stream);
                stream += 2;
            }
            now * each
        });
        server.answer(&reply);
        credit -= (now * task.size) as u64;
        if credit < 2 * (task.batch * task.size) as u64 {
            // Hardly ever. The update lies behind the batch in the buffer, to be put there once.
            server.feed(|bytes| {
                bytes.truncate(task.batch * each);
                script::window_update(bytes, (task.batch * task.size) as u32);
                bytes.rotate_right(HEAD + 4);
                HEAD + 4
            });
            server.answer(&reply);
            server.feed(|bytes| {
                bytes.rotate_left(HEAD + 4);
                0
            });
            credit += (task.batch * task.size) as u64;
        }
    }
    let cpu_ns = watch.stop();
    assert_eq!(server.requests, task.n + 2);
    Outcome {
        cpu_ns,
        out_bytes: server.end.written() - begun,
    }
}

/// A client's end, with requests under way.
struct Client {
    send: client::SendRequest<Bytes>,
    connection: client::Connection<End, Bytes>,
    request: Request<()>,
    waiting: Vec<client::ResponseFuture>,
    seen: u64,
    responses: u64,
}

impl Client {
    fn open(end: End) -> Self {
        let mut builder = client::Builder::new();
        builder
            .initial_window_size(script::RECEIVE_WINDOW)
            .initial_connection_window_size(script::RECEIVE_WINDOW)
            .initial_max_send_streams(1 << 16);
        let mut handshake = pin!(builder.handshake::<_, Bytes>(end));
        let Poll::Ready(Ok((send, connection))) = handshake.as_mut().poll(&mut context()) else {
            panic!("the handshake waits");
        };
        let request = Request::get("http://127.0.0.1:8080/")
            .header("user-agent", "h2load nghttp2/1.52.0")
            .body(())
            .expect("a request");
        Self {
            send,
            connection,
            request,
            waiting: Vec::new(),
            seen: 0,
            responses: 0,
        }
    }

    fn poll(&mut self) {
        assert!(pin!(&mut self.connection).poll(&mut context()).is_pending());
    }

    fn ask(&mut self, count: usize) {
        for _ in 0..count {
            assert!(self.send.poll_ready(&mut context()).is_ready());
            let (response, _) = self
                .send
                .send_request(self.request.clone(), true)
                .expect("a stream");
            self.waiting.push(response);
        }
        self.poll();
    }

    /// Takes every response that was asked for, whole.
    fn take(&mut self) {
        self.poll();
        for mut waiting in self.waiting.drain(..) {
            let Poll::Ready(Ok(response)) = pin!(&mut waiting).poll(&mut context()) else {
                panic!("no response");
            };
            assert!(
                read(&mut response.into_body(), &mut self.seen),
                "the body has no end"
            );
            self.responses += 1;
        }
    }
}

fn xchg(task: Task) -> Outcome {
    let reply = Reply::plain(task.size);
    let (end, other) = End::pair();
    let mut client = Client::open(end.clone());
    client.poll();
    let mut server = Server::open(other.clone(), task.batch);
    for _ in 0..2 {
        client.ask(1);
        server.answer(&reply);
        client.take();
    }
    let begun = end.written() + other.written();
    let watch = Stopwatch::start();
    for now in task.batches() {
        client.ask(now);
        server.answer(&reply);
        client.take();
    }
    let cpu_ns = watch.stop();
    assert_eq!(client.responses, task.n + 2);
    assert_eq!(client.seen, (task.n + 2) * task.size as u64);
    Outcome {
        cpu_ns,
        out_bytes: end.written() + other.written() - begun,
    }
}

fn data(task: Task) -> Outcome {
    let mut server = Server::warm(task.batch, &Reply::plain(0));
    server.feed(|bytes| {
        bytes.clear();
        script::post(bytes, 5);
        bytes.len()
    });
    let (request, _respond) = server.accept().expect("the POST");
    let mut body = request.into_body();
    server.feed(|bytes| {
        bytes.clear();
        let payload = vec![b'x'; task.size];
        (0..task.batch).for_each(|_| script::frame(bytes, script::DATA, 0, 5, &payload));
        0
    });
    let (mut seen, begun) = (0, server.end.written());
    let watch = Stopwatch::start();
    for now in task.batches() {
        server.feed(|_| now * (HEAD + task.size));
        assert!(server.accept().is_none());
        assert!(!read(&mut body, &mut seen));
    }
    assert!(server.accept().is_none());
    let cpu_ns = watch.stop();
    assert_eq!(seen, task.n * task.size as u64);
    Outcome {
        cpu_ns,
        out_bytes: server.end.written() - begun,
    }
}

fn ctl(task: Task) -> Outcome {
    let end = End::default();
    end.incoming.borrow_mut().refill(|bytes| {
        bytes.extend_from_slice(script::PREFACE);
        script::frame(bytes, script::SETTINGS, 0, 0, &[]);
        script::first_get(bytes, 1);
        bytes.len()
    });
    let mut server = Server::open(end, task.batch);
    server.answer(&Reply::plain(12));
    server.feed(|bytes| {
        bytes.clear();
        script::settings_ack(bytes);
        bytes.len()
    });
    assert!(server.accept().is_none());
    server.feed(|bytes| {
        bytes.clear();
        (0..task.batch).for_each(|_| script::window_update(bytes, 1));
        0
    });
    let begun = server.end.written();
    let watch = Stopwatch::start();
    for now in task.batches() {
        server.feed(|_| now * (HEAD + 4));
        assert!(server.accept().is_none());
    }
    Outcome {
        cpu_ns: watch.stop(),
        out_bytes: server.end.written() - begun,
    }
}

fn conn(task: Task) -> Outcome {
    let reply = Reply::plain(task.size);
    let mut out_bytes = 0;
    let (mut opening, mut closing) = (Vec::new(), Vec::new());
    script::opening(&mut opening);
    script::first_get(&mut opening, 1);
    script::settings_ack(&mut closing);
    script::goaway(&mut closing);
    let watch = Stopwatch::start();
    for _ in 0..task.n {
        let end = End::default();
        let offer = |from: &[u8]| {
            end.incoming.borrow_mut().refill(|bytes| {
                bytes.clear();
                bytes.extend_from_slice(from);
                bytes.len()
            });
        };
        offer(&opening);
        let mut server = Server::open(end.clone(), 100);
        server.answer(&reply);
        assert_eq!(server.requests, 1);
        offer(&closing);
        server.answer(&reply);
        out_bytes += end.written();
    }
    Outcome {
        cpu_ns: watch.stop(),
        out_bytes,
    }
}

fn real(task: Task) -> Outcome {
    let replies: Vec<Reply> = recorded::responses()
        .messages
        .iter()
        .map(Reply::recorded)
        .collect();
    let mut script = script::Recorded::new();
    let mut server = Server::warm(task.batch, &Reply::plain(0));
    let (mut seen, mut waiting) = (0, Vec::new());
    let begun = server.end.written();
    let watch = Stopwatch::start();
    for now in task.batches() {
        let first = script.next();
        server.feed(|bytes| {
            bytes.clear();
            script.batch(bytes, now);
            bytes.len()
        });
        while let Some((request, respond)) = server.accept() {
            seen += request.uri().path().len() as u64;
            waiting.push((request.into_body(), respond));
        }
        for (reply, (mut body, respond)) in waiting.drain(..).enumerate() {
            assert!(read(&mut body, &mut seen), "the body has no end");
            replies[(first + reply) % replies.len()].send(respond);
            server.requests += 1;
        }
        assert!(server.accept().is_none());
    }
    let cpu_ns = watch.stop();
    assert_eq!(server.requests, task.n + 2);
    Outcome {
        cpu_ns,
        out_bytes: server.end.written() - begun,
    }
}
