mod attacks;
mod borrowed;
mod credentials;
mod encodings;
mod fallback;
mod filters;
mod futures;
#[cfg(feature = "prost")]
mod health;
mod keeping;
mod limits;
mod malformed;
mod panics;
mod points;
mod reactors;
#[cfg(feature = "tracing")]
mod spans;
mod stats;
mod trouble;

use super::*;
use crate::{
    Code, Status,
    codec::Raw,
    ctx::Cancel,
    method::{Bidi, ClientStreaming, Method, ServerStreaming, Unary},
    server::{Pool, Sender},
};
use bytes::Bytes;
use std::sync::atomic::{AtomicUsize, Ordering};

enum Tag {}
const ECHO: Method<Tag, Unary, Bytes, Bytes> = Method::new("/t.T/Echo", &Raw, &Raw);
const COUNT: Method<Tag, ServerStreaming, Bytes, Bytes> = Method::new("/t.T/Count", &Raw, &Raw);
const SUM: Method<Tag, ClientStreaming, Bytes, Bytes> = Method::new("/t.T/Sum", &Raw, &Raw);
const CHAT: Method<Tag, Bidi, Bytes, Bytes> = Method::new("/t.T/Chat", &Raw, &Raw);

static Q: Bytes = Bytes::from_static(b"q");

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn service() -> Service<Tag> {
    Service::new("t.T")
        .unary(ECHO, |cx, request| {
            if let Some(value) = cx.metadata().get("x-echo") {
                cx.set_header("x-head", value)?;
                cx.set_trailer("x-trailer", value)?;
            }
            match &request[..] {
                b"panic" => panic!("on purpose"),
                b"fail" => Err(Status::not_found("nothing here")),
                _ => Ok(request),
            }
        })
        .server_streaming(COUNT, |_, request, mut out: Sender<Bytes>| {
            let size = request.len();
            for n in 0..size {
                out.send(&Bytes::from(vec![n as u8; size]))?;
            }
            Ok(())
        })
        .client_streaming(SUM, |_, requests| {
            let mut sum = 0;
            for request in requests {
                sum += request?.len();
            }
            Ok(bytes(&sum.to_string()))
        })
        .bidi(CHAT, |_, mut requests, mut out| {
            while let Some(request) = requests.recv()? {
                out.send(&request)?;
            }
            Ok(())
        })
}

fn calls(channel: &Channel) {
    let hello = bytes("hello");
    assert_eq!(channel.call(ECHO, Some(&hello)).call().unwrap(), hello);
    let fail = bytes("fail");
    let status = channel.call(ECHO, Some(&fail)).call().unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::NotFound, "nothing here")
    );
    let reply = channel
        .call(ECHO, Some(&hello))
        .meta("x-echo", "7")
        .call_full()
        .unwrap();
    assert_eq!(
        (reply.headers.get("x-head"), reply.trailers.get("x-trailer")),
        (Some("7"), Some("7"))
    );
    let request = bytes(&"x".repeat(100));
    let counted: Vec<Bytes> = channel
        .call(COUNT, Some(&request))
        .open()
        .map(Result::unwrap)
        .collect();
    assert_eq!(counted.len(), 100);
    assert_eq!(counted[99], vec![99; 100]);
    let mut upload = channel.call(SUM, None).open();
    for n in 0..50 {
        upload.send(&Bytes::from(vec![1; n])).unwrap();
    }
    assert_eq!(upload.finish().unwrap(), "1225");
    let (mut tx, mut rx) = channel.call(CHAT, None).open().split();
    for n in 0..20 {
        let text = bytes(&n.to_string());
        tx.send(&text).unwrap();
        assert_eq!(rx.recv().unwrap().unwrap(), text);
    }
    tx.close();
    assert!(rx.recv().unwrap().is_none());
    assert!(rx.trailers().is_some());
}

#[test]
fn all_kinds_of_call_over_many_seeds() {
    for seed in 0..60 {
        let world = World::new(seed);
        let node = world.serve(service());
        let channel = world.channel(&node);
        world.run(|| calls(&channel));
        assert_eq!(world.open_calls(), (0, 0));
    }
}

#[test]
fn split_at_every_octet() {
    let world = World::new(1);
    let node = world.serve(service());
    node.split_every(1);
    let channel = world.channel(&node);
    world.run(|| calls(&channel));
}

#[test]
fn unary_inline() {
    let world = World::new(2);
    let node = world.serve(service().inline(ECHO));
    let channel = world.channel(&node);
    world.run(|| calls(&channel));
}

#[test]
fn the_same_seed_is_the_same_history() {
    let history = |seed| {
        let world = World::new(seed);
        let node = world.serve(service());
        let channel = world.channel(&node);
        world.run(|| calls(&channel));
        world.now()
    };
    assert_eq!(history(3), history(3));
    assert_ne!(history(3), history(4));
}

#[test]
fn a_panic_ends_one_call() {
    for inline in [false, true] {
        let world = World::new(5);
        let service = if inline {
            service().inline(ECHO)
        } else {
            service()
        };
        let node = world.serve(service);
        let channel = world.channel(&node);
        world.run(|| {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(|_| {}));
            let status = channel
                .call(ECHO, Some(&bytes("panic")))
                .call()
                .unwrap_err();
            std::panic::set_hook(hook);
            assert_eq!(
                (status.code(), status.message()),
                (Code::Unknown, "handler panicked")
            );
            calls(&channel);
        });
    }
}

#[test]
fn what_is_not_there_is_unimplemented() {
    let world = World::new(6);
    let node = world.serve(service());
    let channel = world.channel(&node);
    const WRONG: Method<Tag, Unary, Bytes, Bytes> = Method::new("/t.T/Wrong", &Raw, &Raw);
    const OTHER: Method<Tag, Unary, Bytes, Bytes> = Method::new("/t.U/Echo", &Raw, &Raw);
    world.run(|| {
        for (method, text) in [
            (WRONG, "unknown method Wrong for service t.T"),
            (OTHER, "unknown service t.U"),
        ] {
            let status = channel.call(method, Some(&Q)).call().unwrap_err();
            assert_eq!(
                (status.code(), status.message()),
                (Code::Unimplemented, text)
            );
        }
    });
}

/// The deadline goes along: a server gives up what its client has given up.
#[test]
fn a_deadline_cancels_the_handler() {
    let seen = Arc::new(Mutex::new(None));
    let there = Arc::clone(&seen);
    let world = World::new(8);
    let inner = world.clone();
    let node = world.serve(Service::new("t.T").unary(ECHO, move |cx, request| {
        assert!(cx.remaining().unwrap() <= Duration::from_secs(2));
        while cx.check().is_ok() {
            inner.advance(Duration::from_millis(10));
        }
        *there.lock().unwrap() = cx.cancelled();
        Ok(request)
    }));
    let channel = world.channel(&node);
    world.run(|| {
        let call = channel.call(ECHO, Some(&Q)).timeout(Duration::from_secs(2));
        assert_eq!(call.call().unwrap_err().code(), Code::DeadlineExceeded);
        world.advance(Duration::from_secs(1));
        assert!(seen.lock().unwrap().is_some());
    });
    assert_eq!(world.open_calls(), (0, 0));
}

#[test]
fn dropping_an_unclosed_half_cancels() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let there = Arc::clone(&ends);
    let world = World::new(11);
    let node = world.serve(
        Service::new("t.T").client_streaming(SUM, move |cx, mut requests| {
            let result = loop {
                match requests.recv() {
                    Ok(Some(_)) => {}
                    Ok(None) => break Ok(()),
                    Err(status) => break Err(status.code()),
                }
            };
            there.lock().unwrap().push((result, cx.cancelled()));
            Ok(Bytes::new())
        }),
    );
    let channel = world.channel(&node);
    world.run(|| {
        let mut torn = channel.call(SUM, None).open();
        torn.send(&bytes("half")).unwrap();
        world.advance(Duration::from_millis(10));
        drop(torn);
        world.advance(Duration::from_millis(10));
    });
    assert_eq!(
        *ends.lock().unwrap(),
        [(Err(Code::Cancelled), Some(Cancel::PeerReset(8)))]
    );
}

#[test]
fn a_slow_reader_holds_the_sender_back() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let world = World::new(12);
    let node = world.serve(
        Service::new("t.T").server_streaming(COUNT, move |_, _, mut out| {
            for _ in 0..1000 {
                out.send(&Bytes::from(vec![0; 10_000]))?;
                counter.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        }),
    );
    let channel = world.channel(&node);
    world.run(|| {
        let mut rx = channel.call(COUNT, Some(&Q)).open();
        assert!(rx.recv().unwrap().is_some());
        world.advance(Duration::from_secs(10));
        let held = sent.load(Ordering::Relaxed);
        assert!(held < 100, "{held} messages of 10 kB were sent unread");
        assert_eq!(rx.count(), 999);
    });
    assert_eq!(sent.load(Ordering::Relaxed), 1000);
}

#[test]
fn limits_hold_both_ways() {
    let world = World::new(13);
    let node = world.serve(service());
    let channel = world.channel(&node);
    let large = Bytes::from(vec![0; 5 << 20]);
    world.run(|| {
        let status = channel.call(ECHO, Some(&large)).call().unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
        let status = channel
            .call(ECHO, Some(&large))
            .max_send(100)
            .call()
            .unwrap_err();
        assert!(status.message().starts_with("trying to send"), "{status}");
        let status = channel
            .call(ECHO, Some(&bytes("12345")))
            .max_recv(4)
            .call()
            .unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
        let packable = Bytes::from(vec![7; 100_000]);
        let packed = channel.call(ECHO, Some(&packable)).compress("gzip");
        assert_eq!(packed.call().unwrap().len(), 100_000);
    });
}

#[test]
fn detached_sinks_hold_no_thread() {
    type Sinks = Arc<Mutex<Vec<crate::server::SinkHandle<Bytes>>>>;
    let sinks: Sinks = Sinks::default();
    let there = Arc::clone(&sinks);
    let mut spec = ServerSpec::default();
    let pool = Pool::elastic();
    spec.set_pool(pool.clone());
    spec.add(
        Service::<Tag>::new("t.T").server_streaming(COUNT, move |_, _, out| {
            there.lock().unwrap().push(out.detach());
            Ok(())
        }),
    );
    let world = World::new(14);
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    world.run(|| {
        let mut streams: Vec<_> = (0..50)
            .map(|_| channel.call(COUNT, Some(&Q)).open())
            .collect();
        world.advance(Duration::from_secs(60));
        assert_eq!((sinks.lock().unwrap().len(), pool.threads()), (50, 0));
        let handles = std::mem::take(&mut *sinks.lock().unwrap());
        for sink in &handles {
            sink.try_send(&bytes("news")).unwrap();
        }
        handles[0].finish(Err(Status::aborted("first")));
        drop(handles);
        for (n, stream) in streams.iter_mut().enumerate() {
            assert_eq!(stream.recv().unwrap().unwrap(), "news");
            match stream.recv() {
                Err(status) => assert_eq!((n, status.code()), (0, Code::Aborted)),
                Ok(end) => assert!(n > 0 && end.is_none()),
            }
        }
    });
}

#[test]
fn a_parent_hands_its_deadline_and_its_end_down() {
    let world = World::new(15);
    let leaf = world.serve(service());
    let below = world.channel(&leaf);
    let inner = world.clone();
    leaf.latency(Duration::from_secs(100));
    let node = world.serve(Service::new("t.T").unary(ECHO, move |cx, request| {
        let before = inner.now();
        let status = below
            .call(ECHO, Some(&request))
            .within(cx)
            .call()
            .unwrap_err();
        let waited = inner.now().saturating_since(before);
        assert!(waited < Duration::from_secs(6), "{waited:?}");
        Err(status)
    }));
    let channel = world.channel(&node);
    world.run(|| {
        let call = channel.call(ECHO, Some(&Q)).timeout(Duration::from_secs(5));
        assert_eq!(call.call().unwrap_err().code(), Code::DeadlineExceeded);
        world.advance(Duration::from_secs(1));
    });
}

#[test]
fn cancellers_and_closing_end_calls() {
    let world = World::new(18);
    let node = world.serve(service());
    let channel = world.channel(&node);
    world.run(|| {
        let canceller = crate::client::Canceller::new();
        let mut chat = channel.call(CHAT, None).cancel_by(&canceller).open();
        chat.tx.send(&bytes("a")).unwrap();
        assert!(chat.rx.recv().unwrap().is_some());
        canceller.cancel();
        assert_eq!(chat.rx.recv().unwrap_err().code(), Code::Cancelled);
        assert!(chat.tx.send(&bytes("b")).is_err());
        let result = channel.call(ECHO, Some(&Q)).cancel_by(&canceller).call();
        assert_eq!(result.unwrap_err().code(), Code::Cancelled);
        channel.close();
        let result = channel.call(ECHO, Some(&Q)).call();
        assert_eq!(result.unwrap_err().code(), Code::Cancelled);
    });
}

#[test]
fn what_started_without_waiting_tells_when_it_is_done() {
    let world = World::new(19);
    let node = world.serve(service());
    let channel = world.channel(&node);
    let told = Arc::new(Mutex::new(Vec::new()));
    world.run(|| {
        for text in ["one", "fail"] {
            let told = Arc::clone(&told);
            channel.call(ECHO, Some(&bytes(text))).start(move |result| {
                told.lock()
                    .unwrap()
                    .push(result.map(|reply| reply.message).map_err(|s| s.code()));
            });
        }
        world.advance(Duration::from_secs(1));
    });
    let mut told = told.lock().unwrap().clone();
    told.sort_by_key(Result::is_err);
    assert_eq!(told, [Ok(bytes("one")), Err(Code::NotFound)]);
}

/// Runs what makes code of `/t.T/Echo` wait on a loop: the world fails for it, once all else has held, and once.
fn refuses(world: &World, f: impl FnOnce()) {
    let mut held = false;
    let run = std::panic::AssertUnwindSafe(|| {
        world.run(|| {
            f();
            held = true;
        })
    });
    let failed = std::panic::catch_unwind(run).unwrap_err();
    assert!(held, "the test itself has failed");
    let text = failed.downcast::<String>().unwrap();
    assert_eq!(
        *text,
        "blocking call on a loop thread; use .start() or move /t.T/Echo to a pool"
    );
    world.run(|| {});
}

#[test]
fn blocking_on_a_loop_is_refused_with_the_remedy() {
    let world = World::new(20);
    let leaf = world.serve(service());
    let below = world.channel(&leaf);
    let node = world.serve(
        Service::new("t.T")
            .unary(ECHO, move |cx, request| {
                below.call(ECHO, Some(&request)).within(cx).call()
            })
            .inline(ECHO),
    );
    let channel = world.channel(&node);
    refuses(&world, || {
        for _ in 0..2 {
            let status = channel.call(ECHO, Some(&Q)).call().unwrap_err();
            assert_eq!(status.code(), Code::Internal);
            let remedy = "use .start() or move /t.T/Echo to a pool";
            assert!(status.message().contains(remedy), "{status}");
        }
    });
}

#[test]
fn metadata_that_cannot_be_sent_ends_the_call() {
    let world = World::new(21);
    let node = world.serve(service());
    let channel = world.channel(&node);
    world.run(|| {
        let call = channel.call(ECHO, Some(&Q)).meta("grpc-status", "0");
        assert_eq!(call.call().unwrap_err().code(), Code::Internal);
        let large = "x".repeat(20_000);
        let call = channel.call(ECHO, Some(&Q)).meta("x", &large);
        assert_eq!(call.call().unwrap_err().code(), Code::Internal);
    });
}
