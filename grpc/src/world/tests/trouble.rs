//! Time, loss and refusal.

use super::*;
use crate::channel::ChannelState;

#[test]
fn an_hour_passes_in_no_time() {
    let world = World::new(7);
    let node = world.serve(service());
    let channel = world.channel(&node);
    world.run(|| {
        calls(&channel);
        node.stall();
        let before = world.now();
        let hour = Duration::from_secs(3600);
        let status = channel
            .call(ECHO, Some(&Q))
            .timeout(hour)
            .call()
            .unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
        assert_eq!(world.now().saturating_since(before), hour);
    });
}

#[test]
fn a_lost_connection_is_unavailable_and_made_again() {
    for seed in 0..20 {
        let world = World::new(seed);
        let node = world.serve(service());
        let channel = world.channel(&node);
        world.run(|| {
            let mut rx = channel.call(CHAT, None).open();
            rx.tx.send(&bytes("one")).unwrap();
            assert!(rx.rx.recv().unwrap().is_some());
            node.cut();
            let status = rx.rx.recv().unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "{status}");
            calls(&channel);
        });
    }
}

#[test]
fn nobody_there_fails_fast_or_waits() {
    let world = World::new(9);
    let node = world.serve(service());
    node.refuse(true);
    let channel = world.channel(&node);
    world.run(|| {
        let status = channel.call(ECHO, Some(&Q)).call().unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        assert!(status.message().contains("refused"), "{status}");
        assert_eq!(channel.state(), ChannelState::TransientFailure);
        let other = channel.clone();
        let waits = world.spawn(move || {
            other
                .call(ECHO, Some(&bytes("late")))
                .wait_for_ready()
                .call()
        });
        world.advance(Duration::from_secs(30));
        node.refuse(false);
        assert_eq!(waits.join().unwrap(), "late");
        assert_eq!(channel.state(), ChannelState::Ready);
    });
}

#[test]
fn addresses_are_tried_in_turn() {
    let world = World::new(10);
    let (dead, live) = (world.serve(service()), world.serve(service()));
    dead.refuse(true);
    let channel = world.channel_with(&[&dead, &live], |parts| parts);
    world.run(|| calls(&channel));
    assert!(live.endings().completed > 0);
}

#[test]
fn a_goaway_loses_no_call() {
    for seed in 0..30 {
        let world = World::new(seed);
        let node = world.serve(service());
        let channel = world.channel(&node);
        world.run(|| {
            let mut old = channel.call(CHAT, None).open();
            old.tx.send(&bytes("a")).unwrap();
            assert!(old.rx.recv().unwrap().is_some());
            let tasks: Vec<_> = (0..10)
                .map(|n| {
                    let channel = channel.clone();
                    world.spawn(move || {
                        for _ in 0..5 {
                            let text = bytes(&n.to_string());
                            assert_eq!(channel.call(ECHO, Some(&text)).call().unwrap(), text);
                        }
                    })
                })
                .collect();
            node.drain();
            for task in tasks {
                task.join();
            }
            old.tx.send(&bytes("b")).unwrap();
            assert_eq!(old.rx.recv().unwrap().unwrap(), "b");
            old.tx.close();
            assert!(old.rx.recv().unwrap().is_none());
        });
    }
}

#[test]
fn shutdown_gives_up_after_its_grace() {
    let world = World::new(16);
    let node = world.serve(service());
    let channel = world.channel(&node);
    world.run(|| {
        let mut chat = channel.call(CHAT, None).open();
        chat.tx.send(&bytes("a")).unwrap();
        assert!(chat.rx.recv().unwrap().is_some());
        let before = world.now();
        node.shutdown(Duration::from_secs(3));
        let status = chat.rx.recv().unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        let waited = world.now().saturating_since(before);
        assert!(waited >= Duration::from_secs(3) && waited < Duration::from_secs(4));
    });
    assert_eq!(node.endings().cancelled, 1);
}

#[test]
fn more_calls_than_streams_wait_their_turn() {
    let world = World::new(17);
    let mut config = proto::config();
    config.settings.max_concurrent_streams = 3;
    let mut spec = ServerSpec::default();
    spec.add(service());
    let node = world.serve_with(spec, config);
    let channel = world.channel(&node);
    world.run(|| {
        let tasks: Vec<_> = (0..40)
            .map(|n| {
                let channel = channel.clone();
                world.spawn(move || {
                    let text = bytes(&n.to_string());
                    assert_eq!(channel.call(ECHO, Some(&text)).call().unwrap(), text);
                })
            })
            .collect();
        tasks.into_iter().for_each(Task::join);
    });
}

/// Stall, loss, reset of the connection and deadlines at every point of every kind of call: each ends once, in time.
#[test]
fn trouble_at_any_point_ends_every_call_once() {
    for seed in 0..1500_u64 {
        let world = World::new(seed);
        let node = world.serve(service());
        let channel = world.channel(&node);
        let mut random = fastrand::Rng::with_seed(seed);
        let trouble = random.u8(0..4);
        let at = Duration::from_micros(random.u64(0..1500));
        let timeout = Duration::from_secs(5);
        world.run(|| {
            let (inner, troubled) = (world.clone(), node.clone());
            let maker = world.spawn(move || {
                inner.advance(at);
                match trouble {
                    0 => troubled.cut(),
                    1 => troubled.stall(),
                    2 => troubled.drain(),
                    _ => troubled.shutdown(Duration::from_micros(200)),
                }
            });
            let before = world.now();
            let hello = bytes("hello");
            let fine = |result: Result<(), Status>| match result {
                Ok(()) => {}
                Err(status) => assert!(
                    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded),
                    "seed {seed}: {status}"
                ),
            };
            fine(
                channel
                    .call(ECHO, Some(&hello))
                    .timeout(timeout)
                    .call()
                    .map(drop),
            );
            let mut counted = channel.call(COUNT, Some(&hello)).timeout(timeout).open();
            fine(counted.try_for_each(|one| one.map(drop)));
            let mut upload = channel.call(SUM, None).timeout(timeout).open();
            for _ in 0..3 {
                let _ = upload.send(&hello);
            }
            fine(upload.finish().map(drop));
            let mut chat = channel.call(CHAT, None).timeout(timeout).open();
            let _ = chat.tx.send(&hello);
            fine(chat.rx.recv().map(drop));
            chat.tx.close();
            fine(chat.rx.try_for_each(|one| one.map(drop)));
            maker.join();
            assert!(world.now().saturating_since(before) <= Duration::from_secs(21));
            node.resume();
            world.advance(Duration::from_secs(60));
        });
        assert_eq!(world.open_calls(), (0, 0), "seed {seed}");
    }
}
