//! Calls without threads.

use super::*;
use crate::{
    client::Ended,
    reactor::{ClientReactor, Reactor, Sent, Stream},
    server::SinkHandle,
};

/// Answers every message with itself.
struct Echo(Arc<Mutex<Vec<String>>>);

impl Reactor<Bytes, Bytes> for Echo {
    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, message: Bytes) {
        if &message[..] == b"panic" {
            panic!("on purpose");
        }
        if stream.send(&message) == Sent::Queued {
            stream.request(1);
        }
    }

    fn on_writable(&mut self, stream: &mut Stream<'_, Bytes>) {
        stream.request(1);
    }

    fn on_half_close(&mut self, stream: &mut Stream<'_, Bytes>) {
        stream.finish(Ok(()));
    }

    fn on_end(&mut self, why: Result<(), Cancel>) {
        self.0.lock().unwrap().push(format!("{why:?}"));
    }
}

/// Waits where it must not.
struct Waits(Channel);

impl Reactor<Bytes, Bytes> for Waits {
    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, message: Bytes) {
        let result = self.0.call(SUM, None).open().finish();
        let status = result.expect_err(&String::from_utf8_lossy(&message));
        stream.finish(Err(status));
    }

    fn on_half_close(&mut self, _: &mut Stream<'_, Bytes>) {}
}

#[test]
fn a_reactor_that_waits_is_told_which_it_is() {
    let world = World::new(4);
    let leaf = world.serve(service());
    let below = world.channel(&leaf);
    let service = Service::new("t.T").reactor(ECHO, move |_| Ok(Waits(below.clone())));
    let node = world.serve(service);
    let channel = world.channel(&node);
    refuses(&world, || {
        let status = channel.call(ECHO, Some(&Q)).call().unwrap_err();
        assert!(status.message().contains("move /t.T/Echo to"), "{status}");
    });
}

fn world_of(service: Service<Tag>, seed: u64) -> (World, Node, Channel, Pool) {
    let world = World::new(seed);
    let pool = Pool::elastic();
    let mut spec = ServerSpec::default();
    spec.set_pool(pool.clone());
    spec.add(service);
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    (world, node, channel, pool)
}

#[test]
fn every_kind_is_served_without_a_thread() {
    for seed in 0..20 {
        let ends = Arc::new(Mutex::new(Vec::new()));
        let (a, b, c, d) = (ends.clone(), ends.clone(), ends.clone(), ends.clone());
        let service = Service::new("t.T")
            .reactor(ECHO, move |_| Ok(Echo(a.clone())))
            .reactor(COUNT, move |_| Ok(Echo(b.clone())))
            .reactor(SUM, move |_| Ok(Echo(c.clone())))
            .reactor(CHAT, move |_| Ok(Echo(d.clone())));
        let (world, _, channel, pool) = world_of(service, seed);
        world.run(|| {
            assert_eq!(channel.call(ECHO, Some(&Q)).call().unwrap(), Q);
            let counted: Vec<_> = channel
                .call(COUNT, Some(&Q))
                .open()
                .map(Result::unwrap)
                .collect();
            assert_eq!(counted, std::slice::from_ref(&Q));
            let mut upload = channel.call(SUM, None).open();
            upload.send(&Q).unwrap();
            assert_eq!(upload.finish().unwrap(), Q);
            let mut chat = channel.call(CHAT, None).open();
            for n in 0..300_u32 {
                let message = Bytes::from(vec![n as u8; 3000]);
                chat.tx.send(&message).unwrap();
                assert_eq!(chat.rx.recv().unwrap().unwrap(), message);
            }
            chat.tx.close();
            assert!(chat.rx.recv().unwrap().is_none());
        });
        assert_eq!(pool.threads(), 0);
        assert_eq!(*ends.lock().unwrap(), ["Ok(())"; 4]);
    }
}

#[test]
fn a_reactor_ends_once_with_its_reason() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let there = Arc::clone(&ends);
    let service = Service::new("t.T").reactor(CHAT, move |_| Ok(Echo(there.clone())));
    let (world, node, channel, _) = world_of(service, 1);
    world.run(|| {
        let start = || {
            let mut chat = channel.call(CHAT, None).open();
            chat.tx.send(&Q).unwrap();
            assert!(chat.rx.recv().unwrap().is_some());
            chat
        };
        drop(start());
        world.advance(Duration::from_millis(10));
        let mut lost = start();
        node.cut();
        assert_eq!(lost.rx.recv().unwrap_err().code(), Code::Unavailable);
        let mut panicked = start();
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        panicked.tx.send(&bytes("panic")).unwrap();
        assert_eq!(panicked.rx.recv().unwrap_err().code(), Code::Unknown);
        std::panic::set_hook(hook);
        assert_eq!(panicked.tx.send(&Q), Err(Ended));
    });
    assert_eq!(
        *ends.lock().unwrap(),
        ["Err(PeerReset(8))", "Err(ConnectionLost)", "Ok(())"]
    );
}

/// Sends the time once a second, and what others give it.
struct Ticker(Arc<Mutex<Vec<SinkHandle<Bytes>>>>, u32);

impl Reactor<Bytes, Bytes> for Ticker {
    fn on_start(&mut self, stream: &mut Stream<'_, Bytes>) {
        self.0.lock().unwrap().extend(stream.handle());
        stream.request(1);
        stream.wake_after(Duration::from_secs(1));
    }

    fn on_message(&mut self, _: &mut Stream<'_, Bytes>, _: Bytes) {}

    fn on_half_close(&mut self, _: &mut Stream<'_, Bytes>) {}

    fn on_wake(&mut self, stream: &mut Stream<'_, Bytes>) {
        self.1 += 1;
        stream.send(&bytes(&format!("tick {}", self.1)));
        if self.1 < 3 {
            stream.wake_after(Duration::from_secs(1));
        } else {
            stream.finish(Ok(()));
        }
    }
}

#[test]
fn reactors_wake_by_time_and_by_others() {
    let sinks = Arc::new(Mutex::new(Vec::new()));
    let there = Arc::clone(&sinks);
    let service = Service::new("t.T").reactor(COUNT, move |_| Ok(Ticker(there.clone(), 0)));
    let (world, _, channel, _) = world_of(service, 2);
    world.run(|| {
        let mut rx = channel.call(COUNT, Some(&Q)).open();
        assert_eq!(rx.recv().unwrap().unwrap(), "tick 1");
        assert!(world.now() >= Instant::ZERO + Duration::from_secs(1));
        let sink = sinks.lock().unwrap().pop().unwrap();
        sink.try_send(&bytes("from outside")).unwrap();
        assert_eq!(rx.recv().unwrap().unwrap(), "from outside");
        sink.wake();
        assert_eq!(rx.recv().unwrap().unwrap(), "tick 2");
        assert!(world.now() < Instant::ZERO + Duration::from_secs(2));
        assert_eq!(rx.recv().unwrap().unwrap(), "tick 3");
        assert!(rx.recv().unwrap().is_none());
        assert!(sink.try_send(&Q).is_err());
    });
}

#[test]
fn a_responder_answers_from_anywhere_or_is_missed() {
    type Waiting = Arc<Mutex<Vec<crate::server::Responder<Bytes>>>>;
    let waiting: Waiting = Waiting::default();
    let there = Arc::clone(&waiting);
    let service = Service::new("t.T").respond(ECHO, move |_, request: Bytes, responder| {
        if request == Q {
            there.lock().unwrap().push(responder);
        }
    });
    let (world, _, channel, pool) = world_of(service, 3);
    world.run(|| {
        let status = channel.call(ECHO, Some(&bytes("lost"))).call().unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        let other = channel.clone();
        let call = world.spawn(move || other.call(ECHO, Some(&Q)).call());
        world.advance(Duration::from_secs(1));
        waiting.lock().unwrap().pop().unwrap().ok(&bytes("late"));
        assert_eq!(call.join().unwrap(), "late");
    });
    assert_eq!(pool.threads(), 0);
}

/// Sends numbers, and takes what comes.
struct Caller {
    left: u32,
    got: Arc<Mutex<Vec<Bytes>>>,
    end: Arc<Mutex<Vec<Result<(), Code>>>>,
}

impl ClientReactor<Bytes, Bytes> for Caller {
    fn on_start(&mut self, stream: &mut Stream<'_, Bytes>) {
        stream.request(1);
        stream.send(&bytes(&self.left.to_string()));
    }

    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, message: Bytes) {
        self.got.lock().unwrap().push(message);
        self.left -= 1;
        if self.left > 0 {
            stream.send(&bytes(&self.left.to_string()));
        } else {
            stream.finish(Ok(()));
        }
        stream.request(1);
    }

    fn on_end(&mut self, result: Result<(), Status>, _: crate::Metadata) {
        self.end
            .lock()
            .unwrap()
            .push(result.map_err(|status| status.code()));
    }
}

#[test]
fn a_client_reactor_makes_a_call_without_a_thread() {
    let (world, node, channel, _) = world_of(service(), 4);
    let (got, end) = (
        Arc::new(Mutex::new(Vec::new())),
        Arc::new(Mutex::new(Vec::new())),
    );
    let caller = || Caller {
        left: 50,
        got: Arc::clone(&got),
        end: Arc::clone(&end),
    };
    world.run(|| {
        channel.call(CHAT, None).start(caller());
        world.advance(Duration::from_secs(1));
        assert_eq!(
            (got.lock().unwrap().len(), &end.lock().unwrap()[..]),
            (50, &[Ok(())][..])
        );
        node.stall();
        let canceller = channel.call(CHAT, None).start(caller());
        channel
            .call(CHAT, None)
            .timeout(Duration::from_secs(2))
            .start(caller());
        world.advance(Duration::from_secs(1));
        canceller.cancel();
        world.advance(Duration::from_secs(3));
    });
    let ends = [Ok(()), Err(Code::Cancelled), Err(Code::DeadlineExceeded)];
    assert_eq!(*end.lock().unwrap(), ends);
}
