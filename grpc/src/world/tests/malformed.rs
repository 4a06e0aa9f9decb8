//! What is malformed, to the blocking ends of calls: peers that are none of ours, on virtual time.
//!
//! The calls are real ones; on the way a network that lies adds frames to them which no end of ours would send.

use super::*;
use crate::{
    client::Responses,
    malformed::{
        FINE, GRPC, GZIP, LIMIT, MESSAGES, OK, Wrong, data, head, message, of_clients, of_servers,
    },
    world::link::Piece,
};
use std::sync::OnceLock;

const MS: Duration = Duration::from_millis(1);
/// A call that nothing ends ends with this, and so with another status than it should.
const TIMEOUT: Duration = Duration::from_secs(10);

const ONE: Method<Tag, Unary, Bytes, Bytes> = Method::new("/h.H/One", &Raw, &Raw);
const DOWN: Method<Tag, ServerStreaming, Bytes, Bytes> = Method::new("/h.H/Down", &Raw, &Raw);
const UP: Method<Tag, ClientStreaming, Bytes, Bytes> = Method::new("/h.H/Up", &Raw, &Raw);
const BOTH: Method<Tag, Bidi, Bytes, Bytes> = Method::new("/h.H/Both", &Raw, &Raw);
const PATHS: [&str; 4] = ["/h.H/One", "/h.H/Down", "/h.H/Up", "/h.H/Both"];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Up,
    Down,
}

impl Node {
    /// Octets arrive that nobody has sent, behind what was sent so far.
    fn inject(&self, way: Way, octets: &[u8]) {
        let now = self.baton.now();
        let due = now + MS;
        self.with(|sim| {
            for link in sim.links.links.values_mut() {
                link.send(now, due);
                let queue = match way {
                    Way::Up => &mut link.up,
                    Way::Down => &mut link.down,
                };
                queue.push_back((due, Piece::Octets(octets.to_vec())));
            }
        });
    }

    fn connections(&self) -> usize {
        self.with(|sim| sim.links.links.len())
    }
}

/// What the caller does when the frames come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Caller {
    /// It waits for a response.
    Reads,
    /// It waits for room to send, where its call has several requests.
    Writes,
}

fn drain(rx: &mut Responses<Bytes>) -> (Vec<Bytes>, Code) {
    let mut came = Vec::new();
    loop {
        match rx.recv() {
            Ok(Some(message)) => came.push(message),
            Ok(None) => break (came, Code::Ok),
            Err(status) => break (came, status.code()),
        }
    }
}

/// One call of each kind: the responses that came, and its end.
fn call(kind: usize, channel: &Channel, caller: Caller) -> (Vec<Bytes>, Code) {
    let single = |result: Result<Bytes, Status>| match result {
        Ok(message) => (vec![message], Code::Ok),
        Err(status) => (Vec::new(), status.code()),
    };
    let large = Bytes::from(vec![1; 20_000]);
    let requests = || match caller {
        Caller::Reads => std::iter::repeat_n(Q.clone(), 1),
        Caller::Writes => std::iter::repeat_n(large.clone(), 1000),
    };
    match kind {
        0 => {
            let call = channel.call(ONE, Some(&Q)).max_recv(LIMIT);
            single(call.timeout(TIMEOUT).call())
        }
        1 => {
            let call = channel.call(DOWN, Some(&Q)).max_recv(LIMIT);
            drain(&mut call.timeout(TIMEOUT).open())
        }
        2 => {
            let call = channel.call(UP, None).max_recv(LIMIT);
            let mut upload = call.timeout(TIMEOUT).open();
            let all = requests().all(|request| upload.send(&request).is_ok());
            assert_eq!(all, caller == Caller::Reads);
            single(upload.finish())
        }
        _ => {
            let call = channel.call(BOTH, None).max_recv(LIMIT);
            let (mut tx, mut rx) = call.timeout(TIMEOUT).open().split();
            let all = requests().all(|request| tx.send(&request).is_ok());
            assert_eq!(all, caller == Caller::Reads);
            drain(&mut rx)
        }
    }
}

/// A call of this kind, to whose server the network adds `frames`: the responses that came, and the end.
fn at_client(
    kind: usize,
    frames: Vec<u8>,
    caller: Caller,
    chunk: Option<usize>,
) -> (Vec<Bytes>, Code) {
    let world = World::new(kind as u64);
    let (inner, here) = (world.clone(), Arc::new(OnceLock::<Node>::new()));
    let there = Arc::clone(&here);
    let mut spec = ServerSpec::default();
    spec.add(service());
    spec.set_fallback(move |cx, _, _| {
        // The caller waits by now.
        inner.advance(10 * MS);
        there.get().unwrap().inject(Way::Down, &frames);
        while cx.check().is_ok() {
            inner.advance(Duration::from_secs(1));
        }
        cx.check()
    });
    let node = world.serve_spec(spec);
    assert!(here.set(node.clone()).is_ok());
    if let Some(octets) = chunk {
        node.split_every(octets);
    }
    let channel = world.channel(&node);
    let end = world.run(|| {
        let before = world.now();
        let end = call(kind, &channel, caller);
        assert!(world.now().saturating_since(before) < 100 * MS, "{end:?}");
        assert_eq!(world.open_calls().0, 0);
        let next = || channel.call(ECHO, Some(&Q)).call();
        if end.1 == Code::Ok {
            // Frames behind an end may end the connection (RFC 9113 5.1), and with it whoever is on it.
            next().map_or_else(|status| assert_eq!(status.code(), Code::Unavailable), drop);
            assert_eq!(next().unwrap(), Q);
        } else {
            // Others on the connection are not harmed.
            assert_eq!(next().unwrap(), Q);
            assert_eq!(node.connections(), 1);
        }
        node.cut();
        world.advance(2 * TIMEOUT);
        end
    });
    assert_eq!(world.open_calls(), (0, 0));
    end
}

/// How a caller is caught, and in pieces of how many octets.
const CAUGHT: [(Caller, Option<usize>); 3] = [
    (Caller::Reads, Some(1)),
    (Caller::Reads, None),
    (Caller::Writes, None),
];

/// The cases that make sense: only calls with several requests wait for room.
fn caught(kind: usize) -> impl Iterator<Item = (Caller, Option<usize>)> {
    CAUGHT
        .into_iter()
        .filter(move |(caller, _)| *caller == Caller::Reads || kind >= 2)
}

/// What a server can get wrong before it has begun, and after it has ended.
fn at_the_edges() -> Vec<Wrong> {
    let whole = || {
        vec![
            head(false, &[OK, GRPC]),
            data(false, &message(0, 1, b"m")),
            head(true, &[FINE]),
        ]
    };
    let wrong = |name, code, frames| Wrong { name, frames, code };
    let more = |name, frame| wrong(name, Code::Ok, [whole(), vec![frame]].concat());
    let junk = vec![
        head(false, &[OK, GRPC, GZIP]),
        data(false, &message(1, 4, b"junk")),
    ];
    let unknown = head(false, &[OK, GRPC, ("grpc-encoding", "none-such")]);
    vec![
        more("a second status", head(true, &[("grpc-status", "5")])),
        more("trailers twice", head(true, &[FINE])),
        more("a message too late", data(true, &message(0, 1, b"m"))),
        wrong("a message first", Code::Internal, whole().split_off(1)),
        wrong("trailers first", Code::Internal, whole().split_off(2)),
        wrong("a head alone", Code::Unknown, vec![head(true, &[OK, GRPC])]),
        wrong("an unknown encoding", Code::Internal, vec![unknown]),
        wrong("what does not inflate", Code::Internal, junk),
    ]
}

#[test]
fn a_blocking_caller_is_let_go_by_a_malformed_response() {
    let mut cases = 0;
    let mut hold = |kind, wrong: &Wrong, before: &[&[u8]], frames: Vec<u8>| {
        for (caller, chunk) in caught(kind) {
            let what = format!(
                "kind {kind}, {} after {}, {caller:?} by {chunk:?}",
                wrong.name,
                before.len()
            );
            let (came, code) = at_client(kind, frames.clone(), caller, chunk);
            assert_eq!(code, wrong.code, "{what}");
            if kind % 2 == 1 && code != Code::Ok {
                assert_eq!(came, before, "{what}");
            }
            cases += 1;
        }
    };
    for kind in 0..4 {
        let most = if kind % 2 == 1 { MESSAGES.len() } else { 1 };
        for points in 0..=most {
            for wrong in of_servers() {
                let mut frames = head(false, &[OK, GRPC]);
                for text in &MESSAGES[..points] {
                    frames.extend(data(false, &message(0, text.len(), text)));
                }
                frames.extend(wrong.frames.concat());
                hold(kind, &wrong, &MESSAGES[..points], frames);
            }
        }
        for wrong in at_the_edges() {
            hold(kind, &wrong, &[], wrong.frames.concat());
        }
    }
    assert!(cases > 600, "{cases}");
}

/// What blocking handlers saw: each its requests, and how they ended.
type Saw = Arc<Mutex<Vec<(Vec<Bytes>, Code)>>>;

fn handlers(saw: &Saw) -> Service<Tag> {
    let read = |saw: &Saw| {
        let saw = Arc::clone(saw);
        move |requests: &mut crate::server::Receiver<Bytes>, each: &mut dyn FnMut(&Bytes)| {
            let mut came = Vec::new();
            let result = loop {
                match requests.recv() {
                    Ok(Some(message)) => {
                        each(&message);
                        came.push(message);
                    }
                    Ok(None) => break Ok(()),
                    Err(status) => break Err(status),
                }
            };
            let code = result.as_ref().map_or_else(Status::code, |()| Code::Ok);
            saw.lock().unwrap().push((came, code));
            result
        }
    };
    let (upload, chat) = (read(saw), read(saw));
    let (one, down) = (Arc::clone(saw), Arc::clone(saw));
    Service::<Tag>::new("h.H")
        .unary(ONE, move |_, request| {
            one.lock().unwrap().push((vec![request], Code::Ok));
            Ok(Q.clone())
        })
        .server_streaming(DOWN, move |_, request, _| {
            down.lock().unwrap().push((vec![request], Code::Ok));
            Ok(())
        })
        .client_streaming(UP, move |_, mut requests| {
            upload(&mut requests, &mut |_| {}).map(|()| Q.clone())
        })
        .bidi(BOTH, move |_, mut requests, mut out| {
            chat(&mut requests, &mut |message| {
                let _ = out.send(message);
            })
        })
}

/// A call of this kind, to which the network adds `before` and then `frames`: the end at its client, and what handlers saw.
fn at_server(
    kind: usize,
    before: &[u8],
    frames: &[u8],
    chunk: Option<usize>,
) -> (Code, Vec<(Vec<Bytes>, Code)>) {
    let world = World::new(kind as u64);
    let saw = Saw::default();
    let mut spec = ServerSpec::default();
    spec.set_limits(crate::server::Limits {
        max_recv: Some(LIMIT),
        max_send: None,
    });
    spec.add(service());
    spec.add(handlers(&saw));
    let node = world.serve_spec(spec);
    if let Some(octets) = chunk {
        node.split_every(octets);
    }
    let channel = world.channel(&node);
    let code = world.run(|| {
        // Its head is all that it sends by itself.
        let method: Method<Tag, Bidi, Bytes, Bytes> = Method::new(PATHS[kind], &Raw, &Raw);
        let call = channel.call(method, None).timeout(TIMEOUT);
        let (_tx, mut rx) = call.open().split();
        world.advance(5 * MS);
        node.inject(Way::Up, before);
        // A handler waits by now, if one was called.
        world.advance(5 * MS);
        let sent = world.now();
        node.inject(Way::Up, frames);
        let (_, code) = drain(&mut rx);
        assert!(world.now().saturating_since(sent) < 100 * MS, "{code:?}");
        world.advance(5 * MS);
        assert_eq!(world.open_calls(), (0, 0));
        assert_eq!(channel.call(ECHO, Some(&Q)).call().unwrap(), Q);
        assert_eq!(node.connections(), 1);
        code
    });
    let ends = node.endings();
    assert_eq!(ends.completed + ends.cancelled, 2, "{ends:?}");
    let saw = saw.lock().unwrap().clone();
    (code, saw)
}

#[test]
fn a_blocking_handler_is_let_go_by_a_malformed_request() {
    let mut cases = 0;
    for kind in 0..4 {
        let most = if kind >= 2 { MESSAGES.len() } else { 1 };
        for points in 0..=most {
            for wrong in of_clients() {
                let before = MESSAGES[..points].iter();
                let before = before.map(|text| data(false, &message(0, text.len(), text)));
                let (before, frames) = (before.collect::<Vec<_>>().concat(), wrong.frames.concat());
                for chunk in [Some(1), None] {
                    let what = format!("kind {kind}, {} after {points}, by {chunk:?}", wrong.name);
                    let (code, saw) = at_server(kind, &before, &frames, chunk);
                    assert_eq!(code, wrong.code, "{what}");
                    if kind < 2 {
                        assert_eq!(saw, [], "{what}: the request has not ended");
                    } else {
                        let [(came, end)] = &saw[..] else {
                            panic!("{what}: {saw:?}");
                        };
                        assert_eq!(came, &MESSAGES[..points], "{what}");
                        assert_ne!(*end, Code::Ok, "{what}");
                    }
                    cases += 1;
                }
            }
        }
    }
    assert!(cases > 300, "{cases}");
}
