//! Which messages are compressed, by whose choice.

use super::*;
use crate::{
    compress::Registry,
    filter::{CallHooks, ServerFilter},
};

fn packable() -> Bytes {
    Bytes::from(vec![7; 10_000])
}

/// Says in its reply whether the request came compressed, and answers as it is told.
fn choosing() -> Service<Tag> {
    Service::new("t.T")
        .unary(ECHO, |cx, request| {
            let wanted = cx.metadata().get("x-encoding").unwrap_or("");
            if !wanted.is_empty() {
                let chosen = cx.compress_with(wanted)?;
                cx.set_header("x-chosen", &chosen.to_string())?;
            }
            cx.set_header("x-packed", &cx.request_was_compressed().to_string())?;
            Ok(request)
        })
        .bidi(CHAT, |cx, mut requests, mut out| {
            assert!(cx.compress_with("gzip")?);
            let mut on = true;
            while let Some(request) = requests.recv()? {
                out.compress(on);
                on = !on;
                out.send(&request)?;
                out.send(&bytes(&requests.was_compressed().to_string()))?;
            }
            assert!(cx.compress_with("identity").is_err(), "it is settled");
            Ok(())
        })
}

#[test]
fn the_handler_chooses_among_what_the_client_reads() {
    for inline in [false, true] {
        let service = if inline {
            choosing().inline(ECHO)
        } else {
            choosing()
        };
        let world = World::new(1);
        let node = world.serve(service);
        let channel = world.channel(&node);
        let plain = world.channel_with(&[&node], |mut parts| {
            parts.registry = Registry::new();
            parts
        });
        world.run(|| {
            let large = packable();
            let ask = |channel: &Channel, encoding: &str, packed: bool| {
                let mut call = channel
                    .call(ECHO, Some(&large))
                    .meta("x-encoding", encoding);
                if packed {
                    call = call.compress("gzip");
                }
                let reply = call.call_full().unwrap();
                let field = |key| reply.headers.get(key).unwrap_or("none").to_owned();
                assert_eq!(reply.message, large);
                assert_eq!(field("x-packed"), packed.to_string());
                (field("x-chosen"), reply.compressed)
            };
            let answer = |chosen: &str, packed| (chosen.to_owned(), packed);
            assert_eq!(ask(&channel, "", false), answer("none", false));
            assert_eq!(ask(&channel, "", true), answer("none", true));
            assert_eq!(ask(&channel, "deflate", false), answer("true", true));
            assert_eq!(ask(&channel, "identity", true), answer("true", false));
            assert_eq!(ask(&channel, "zstd", true), answer("false", true));
            assert_eq!(ask(&plain, "gzip", false), answer("false", false));
        });
    }
}

#[test]
fn single_messages_are_compressed_or_not() {
    let world = World::new(2);
    let node = world.serve(choosing());
    let channel = world.channel(&node);
    world.run(|| {
        let mut chat = channel.call(CHAT, None).compress("gzip").open();
        let large = packable();
        for n in 0..6 {
            let packed = n % 3 == 0;
            chat.tx.compress(packed);
            chat.tx.send(&large).unwrap();
            assert_eq!(chat.rx.recv().unwrap().unwrap(), large);
            assert_eq!(chat.rx.was_compressed(), n % 2 == 0);
            assert_eq!(chat.rx.recv().unwrap().unwrap(), packed.to_string());
        }
        chat.tx.close();
        assert!(chat.rx.recv().unwrap().is_none());
    });
}

#[test]
fn small_messages_are_below_the_threshold() {
    let world = World::new(3);
    let mut spec = ServerSpec::default();
    spec.set_threshold(5000);
    spec.add(choosing());
    let node = world.serve_spec(spec);
    let channel = world.channel_with(&[&node], |mut parts| {
        parts.threshold = 3000;
        parts
    });
    world.run(|| {
        for (octets, up, down) in [
            (2999, false, false),
            (3000, true, false),
            (5000, true, true),
        ] {
            let message = Bytes::from(vec![7; octets]);
            let call = channel.call(ECHO, Some(&message)).compress("gzip");
            let reply = call.call_full().unwrap();
            let came = reply.headers.get("x-packed").map(str::to_owned);
            assert_eq!((came, reply.compressed), (Some(up.to_string()), down));
        }
        let message = Bytes::from(vec![7; 2000]);
        let call = channel.call(ECHO, Some(&message)).compress("gzip");
        let reply = call.compress_above(100).call_full().unwrap();
        assert_eq!(reply.headers.get("x-packed"), Some("true"));
    });
}

/// A filter that is asked before the handler.
struct Counting(Arc<AtomicUsize>);

impl ServerFilter for Counting {
    fn on_call(&self, _: &crate::ctx::Ctx) -> Result<Option<Box<dyn CallHooks>>, Status> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    }
}

/// Whichever way the octets come, an inline handler runs once, and only for a request that is whole.
#[test]
fn inline_handlers_run_once_where_the_request_lies() {
    let (calls, runs) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for chunk in [1, 3, 1 << 16] {
        let counter = Arc::clone(&runs);
        let mut spec = ServerSpec::default();
        spec.add_filter(Counting(Arc::clone(&calls)));
        let service = Service::new("t.T").unary(ECHO, move |_, request| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(request)
        });
        spec.add(service.inline(ECHO));
        let world = World::new(chunk as u64);
        let node = world.serve_spec(spec);
        node.split_every(chunk);
        let channel = world.channel(&node);
        const TWO: Method<Tag, Bidi, Bytes, Bytes> = Method::new("/t.T/Echo", &Raw, &Raw);
        world.run(|| {
            for octets in [0, 1, 300, 20_000] {
                let message = Bytes::from(vec![1; octets]);
                assert_eq!(channel.call(ECHO, Some(&message)).call().unwrap(), message);
            }
            let before = runs.load(Ordering::Relaxed);
            // Two messages are no unary call: its handler does not run for the first.
            let mut two = channel.call(TWO, None).open();
            let _ = two.tx.send(&Q);
            let _ = two.tx.send(&Q);
            two.tx.close();
            let status = two.rx.recv().unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented);
            assert_eq!(runs.load(Ordering::Relaxed), before);
            // One that is closed later is.
            let mut late = channel.call(TWO, None).open();
            late.tx.send(&Q).unwrap();
            world.advance(Duration::from_secs(1));
            assert_eq!(runs.load(Ordering::Relaxed), before);
            late.tx.close();
            assert_eq!(late.rx.recv().unwrap().unwrap(), Q);
        });
    }
    assert_eq!(calls.load(Ordering::Relaxed), 3 * 6);
    assert_eq!(runs.load(Ordering::Relaxed), 3 * 5);
}

#[test]
fn sinks_wait_for_room() {
    type Sinks = Arc<Mutex<Vec<crate::server::SinkHandle<Bytes>>>>;
    let sinks = Sinks::default();
    let there = Arc::clone(&sinks);
    let world = World::new(4);
    let node = world.serve(
        Service::<Tag>::new("t.T").server_streaming(COUNT, move |_, _, out| {
            there.lock().unwrap().push(out.detach());
            Ok(())
        }),
    );
    let channel = world.channel(&node);
    world.run(|| {
        let mut rx = channel.call(COUNT, Some(&Q)).open();
        world.advance(Duration::from_millis(10));
        let sink = sinks.lock().unwrap().pop().unwrap();
        let large = Bytes::from(vec![1; 100_000]);
        let second = Duration::from_secs(1);
        let mut sent = 0;
        let before = loop {
            let before = world.now();
            match sink.send(&large, second) {
                Ok(()) => sent += 1,
                Err(crate::server::TrySend::Full) => break before,
                Err(other) => panic!("{other:?}"),
            }
        };
        assert!(sent > 1);
        assert_eq!(world.now().saturating_since(before), second);
        let other = sink.clone();
        let waits = world.spawn(move || other.send(&bytes("last"), Duration::from_secs(3600)));
        for _ in 0..sent {
            assert_eq!(rx.recv().unwrap().unwrap(), large);
        }
        waits.join().unwrap();
        assert_eq!(rx.recv().unwrap().unwrap(), "last");
        sink.finish(Ok(()));
        assert!(rx.recv().unwrap().is_none());
        assert!(matches!(
            sink.send(&Q, second),
            Err(crate::server::TrySend::Ended(_))
        ));
    });
}
