//! Orders of events, and peers, that want to have more than is theirs.

use super::*;
use crate::stream::TryRecv;

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
