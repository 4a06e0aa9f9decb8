//! Orders of events, and peers, that want to have more than is theirs.

use super::*;
use crate::{
    ctx::Ctx,
    metadata::Metadata,
    reactor::{ClientReactor, Reactor, Stream},
    server::SinkHandle,
    stream::TryRecv,
};

/// A handler that says its last word just when its deadline passes: nothing of the call stays at the server.
#[test]
fn a_last_word_at_the_deadline_ends_the_call() {
    for seed in 0..30 {
        let world = World::new(seed);
        let node = world.serve(
            Service::<Tag>::new("t.T").bidi(CHAT, |cx, mut requests, _| {
                let left = cx.remaining().unwrap_or_default();
                match requests.recv_timeout(left) {
                    Err(TryRecv::Ended(status)) => Err(status),
                    _ => Ok(()),
                }
            }),
        );
        let channel = world.channel(&node);
        world.run(|| {
            for n in 0..5 {
                let time = Duration::from_millis(10) + Duration::from_micros(seed * n);
                let (_tx, mut rx) = channel.call(CHAT, None).timeout(time).open().split();
                let status = rx.recv();
                assert!(status.is_err() || matches!(status, Ok(None)), "{status:?}");
            }
            world.advance(Duration::from_secs(1));
        });
        assert_eq!(world.open_calls(), (0, 0), "seed {seed}");
    }
}

/// The bound on a call's wait for a thread holds for pools of single methods too.
#[test]
fn a_methods_own_pool_lets_no_call_wait_for_ever() {
    let world = World::new(1);
    let pool = Pool::elastic()
        .max_threads(1)
        .queue(10, Duration::from_secs(1));
    let node = world.serve(
        Service::<Tag>::new("t.T")
            .bidi(CHAT, |_, mut requests, _| {
                let _ = requests.recv_timeout(Duration::from_secs(3600));
                Ok(())
            })
            .on_pool(CHAT, &pool),
    );
    let channel = world.channel(&node);
    world.run(|| {
        let _first = channel.call(CHAT, None).open();
        world.advance(Duration::from_millis(10));
        let before = world.now();
        let mut second = channel.call(CHAT, None).open();
        let status = second.rx.recv().unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
        let waited = world.now().saturating_since(before);
        assert!(waited < Duration::from_secs(2), "{waited:?}");
    });
}

/// Many calls of long deadlines that have ended take no other call's deadline along when they are forgotten.
#[test]
fn every_call_keeps_its_deadline() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let there = Arc::clone(&ends);
    let world = World::new(1);
    let node = world.serve(service().bidi(CHAT, move |_, mut requests, _| {
        let end = requests.recv().map(drop);
        there
            .lock()
            .unwrap()
            .push(end.map_err(|status| status.code()));
        Ok(())
    }));
    let channel = world.channel(&node);
    world.run(|| {
        for n in 0..150 {
            let quick = channel
                .call(ECHO, Some(&Q))
                .timeout(Duration::from_secs(3600));
            quick.call().unwrap();
            let slow = channel.call(CHAT, None).timeout(Duration::from_secs(1));
            let slow = slow.open();
            world.advance(Duration::from_millis(10));
            // The server must know by itself.
            node.stall();
            world.advance(Duration::from_secs(2));
            let last = ends.lock().unwrap().pop();
            assert_eq!(last, Some(Err(Code::DeadlineExceeded)), "round {n}");
            drop(slow);
            node.resume();
        }
    });
}

/// Asks with every message to be woken an hour after it.
struct Patient(Arc<AtomicUsize>);

impl Reactor<Bytes, Bytes> for Patient {
    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, message: Bytes) {
        stream.wake_after(match &message[..] {
            b"soon" => Duration::from_millis(10),
            _ => Duration::from_secs(3600),
        });
        stream.request(1);
    }

    fn on_half_close(&mut self, stream: &mut Stream<'_, Bytes>) {
        stream.finish(Ok(()));
    }

    fn on_wake(&mut self, _: &mut Stream<'_, Bytes>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn what_is_asked_for_last_is_when_a_reactor_wakes() {
    let wakes = Arc::new(AtomicUsize::new(0));
    let there = Arc::clone(&wakes);
    let world = World::new(1);
    let node = world.serve(service().reactor(CHAT, move |_| Ok(Patient(there.clone()))));
    let channel = world.channel(&node);
    world.run(|| {
        let mut chat = channel.call(CHAT, None).open();
        for message in ["soon", "late", "soon", "late"] {
            chat.tx.send(&bytes(message)).unwrap();
        }
        world.advance(Duration::from_secs(60));
        assert_eq!(wakes.load(Ordering::Relaxed), 0);
        world.advance(Duration::from_secs(3600));
        assert_eq!(wakes.load(Ordering::Relaxed), 1);
        for _ in 0..3000 {
            chat.tx.send(&Q).unwrap();
        }
        world.advance(Duration::from_secs(1));
        assert!(node.wakes() < 200, "{}", node.wakes());
    });
}

/// Panics when it is dropped.
struct Fragile;

impl Reactor<Bytes, Bytes> for Fragile {
    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, _: Bytes) {
        stream.finish(Ok(()));
    }

    fn on_half_close(&mut self, _: &mut Stream<'_, Bytes>) {}
}

impl ClientReactor<Bytes, Bytes> for Fragile {
    fn on_message(&mut self, _: &mut Stream<'_, Bytes>, _: Bytes) {}

    fn on_end(&mut self, _: Result<(), Status>, _: Metadata) {}
}

impl Drop for Fragile {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

#[test]
fn reactors_that_panic_when_they_go_harm_nobody() {
    let world = World::new(1);
    let node = world.serve(service().reactor(CHAT, |_| Ok(Fragile)));
    let channel = world.channel(&node);
    world.run(|| {
        let mut chat = channel.call(CHAT, None).open();
        chat.tx.send(&Q).unwrap();
        assert!(chat.rx.recv().unwrap().is_none());
        drop(channel.call(CHAT, None).open());
        channel.call(COUNT, Some(&Q)).start(Fragile);
        world.advance(Duration::from_secs(1));
        assert_eq!(channel.call(ECHO, Some(&Q)).call().unwrap(), Q);
    });
    assert_eq!(world.open_calls(), (0, 0));
}

#[test]
fn who_waited_for_a_channels_state_leaves_nothing() {
    let world = World::new(1);
    let node = world.serve(service());
    let channel = world.channel(&node);
    world.run(|| {
        let state = channel.state();
        for _ in 0..10 {
            let after = channel.wait_for_state_change(state, Duration::from_millis(1));
            assert_eq!(after, state);
        }
        assert_eq!(channel.watchers(), 0);
        // A loop does not wait.
        let (before, other) = (world.now(), channel.clone());
        let waited = Arc::new(Mutex::new(None));
        let there = Arc::clone(&waited);
        channel.call(ECHO, Some(&Q)).start(move |_| {
            let state = other.state();
            let after = other.wait_for_state_change(state, Duration::from_secs(3600));
            *there.lock().unwrap() = Some(after == state);
        });
        world.advance(Duration::from_secs(1));
        assert_eq!(*waited.lock().unwrap(), Some(true));
        assert!(world.now().saturating_since(before) < Duration::from_secs(10));
    });
}

/// A served call that makes calls nobody waits for keeps nothing of those that have ended, and gives up those that have
/// not when it is given up.
#[test]
fn a_parent_forgets_the_calls_that_have_ended() {
    let world = World::new(1);
    let (contexts, ends) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(None)));
    let there = Arc::clone(&contexts);
    let node = world.serve(service().bidi(CHAT, move |cx, mut requests, _| {
        there.lock().unwrap().push(cx.clone());
        requests.recv().map(drop)
    }));
    let channel = world.channel(&node);
    world.run(|| {
        let parent = channel.call(CHAT, None).open();
        world.advance(Duration::from_secs(1));
        let cx = contexts.lock().unwrap()[0].clone();
        for _ in 0..20 {
            channel.call(ECHO, Some(&Q)).within(&cx).start(drop);
        }
        world.advance(Duration::from_secs(1));
        assert_eq!(cx.callbacks(), 0);
        let there = Arc::clone(&ends);
        let key: Method<Tag, Unary, Bytes, Bytes> = Method::new(CHAT.path, &Raw, &Raw);
        let hangs = channel.call(key, None).within(&cx);
        hangs.start(move |reply| *there.lock().unwrap() = reply.err());
        world.advance(Duration::from_secs(1));
        assert_eq!(cx.callbacks(), 1);
        drop(parent);
        world.advance(Duration::from_secs(1));
        let end = ends.lock().unwrap().take();
        assert_eq!(end.unwrap().code(), Code::Cancelled);
        assert_eq!(cx.callbacks(), 0);
    });
}

/// Sinks of one call wait on several threads: each hears that there is room.
#[test]
fn all_sinks_that_wait_hear_of_room() {
    let sinks = Arc::new(Mutex::new(Vec::new()));
    let there = Arc::clone(&sinks);
    let world = World::new(1);
    let node = world.serve(service().server_streaming(COUNT, move |_, _, out| {
        there.lock().unwrap().push(out.detach());
        Ok(())
    }));
    let channel = world.channel(&node);
    world.run(|| {
        let mut responses = channel.call(COUNT, Some(&Q)).open();
        world.advance(Duration::from_secs(1));
        let sink = sinks.lock().unwrap().pop().unwrap();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let sink = sink.clone();
                world.spawn(move || {
                    let large = Bytes::from(vec![1; 50_000]);
                    (0..50).all(|_| sink.send(&large, Duration::from_secs(3600)).is_ok())
                })
            })
            .collect();
        drop(sink);
        world.advance(Duration::from_secs(1));
        let before = world.now();
        let mut read = 0;
        while let Some(message) = responses.recv().unwrap() {
            read += message.len();
        }
        assert_eq!(read, 4 * 50 * 50_000);
        let took = world.now().saturating_since(before);
        assert!(took < Duration::from_secs(600), "{took:?}");
        assert!(tasks.into_iter().all(Task::join));
    });
}

#[test]
fn a_call_given_up_before_it_has_a_thread_runs_no_handler() {
    let runs = Arc::new(AtomicUsize::new(0));
    let there = Arc::clone(&runs);
    let mut spec = ServerSpec::default();
    spec.set_pool(
        Pool::elastic()
            .max_threads(1)
            .queue(10, Duration::from_secs(3600)),
    );
    spec.add(
        Service::<Tag>::new("t.T").bidi(CHAT, move |_, mut requests, _| {
            there.fetch_add(1, Ordering::Relaxed);
            requests.recv().map(drop)
        }),
    );
    let world = World::new(1);
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    world.run(|| {
        let mut first = channel.call(CHAT, None).open();
        world.advance(Duration::from_secs(1));
        drop(channel.call(CHAT, None).open());
        world.advance(Duration::from_secs(1));
        first.tx.close();
        assert!(first.rx.recv().unwrap().is_none());
        world.advance(Duration::from_secs(1));
    });
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!(world.open_calls(), (0, 0));
}

/// Responses that are more than what may wait to be written, all at once: none is lost, and none ends otherwise.
#[test]
fn answers_that_come_all_at_once_have_their_turns() {
    const CALLS: usize = 600;
    for streams in [false, true] {
        let waiting = Arc::new(Mutex::new(Vec::new()));
        let (there, sinks) = (Arc::clone(&waiting), Sinks::default());
        let sinks_there = Arc::clone(&sinks);
        let world = World::new(1);
        let node = world.serve(
            service()
                .respond(ECHO, move |_, _, responder| {
                    there.lock().unwrap().push(responder);
                })
                .reactor(COUNT, move |_| Ok(Silent(sinks_there.clone()))),
        );
        let channel = world.channel(&node);
        let ends = Arc::new(Mutex::new(Vec::new()));
        let text = "x".repeat(3000);
        world.run(|| {
            for _ in 0..CALLS {
                let ends = Arc::clone(&ends);
                let key: Method<Tag, Unary, Bytes, Bytes> = match streams {
                    true => Method::new(COUNT.path, &Raw, &Raw),
                    false => ECHO,
                };
                channel.call(key, Some(&Q)).start(move |reply| {
                    let end = reply.map(|reply| reply.headers.get("x-long").map(str::len));
                    ends.lock()
                        .unwrap()
                        .push(end.map_err(|status| status.code()));
                });
            }
            world.advance(Duration::from_secs(1));
            // None like another: HPACK would write the second as an index.
            for (n, responder) in waiting.lock().unwrap().drain(..).enumerate() {
                responder.fail(Status::not_found(format!("{n:04}{text}")));
            }
            for (n, (cx, sink)) in sinks.lock().unwrap().drain(..).enumerate() {
                cx.set_header("x-long", &format!("{n:04}{text}")).unwrap();
                sink.try_send(&Q).unwrap();
                sink.finish(Ok(()));
            }
            world.advance(Duration::from_secs(1));
        });
        let ends = ends.lock().unwrap();
        let right = match streams {
            true => Ok(Some(text.len() + 4)),
            false => Err(Code::NotFound),
        };
        let wrong = ends.iter().filter(|end| **end != right).count();
        assert_eq!((ends.len(), wrong), (CALLS, 0), "{:?}", ends.last());
        assert_eq!(world.open_calls(), (0, 0));
    }
}

type Sinks = Arc<Mutex<Vec<(Ctx, SinkHandle<Bytes>)>>>;

/// Leaves its sink to others.
struct Silent(Sinks);

impl Reactor<Bytes, Bytes> for Silent {
    fn on_start(&mut self, stream: &mut Stream<'_, Bytes>) {
        let cx = stream.cx().unwrap().clone();
        self.0.lock().unwrap().push((cx, stream.handle().unwrap()));
    }

    fn on_message(&mut self, _: &mut Stream<'_, Bytes>, _: Bytes) {}

    fn on_half_close(&mut self, _: &mut Stream<'_, Bytes>) {}
}
