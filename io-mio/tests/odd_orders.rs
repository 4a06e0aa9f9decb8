//! Handlers that ask again at once for what has just happened: the loop goes on with everything else.

use bywash_mio::error::ConnectError;
use bywash_mio::proto::event::Event;
use bywash_mio::proto::vocabulary::Instant;
use bywash_mio::{ConnId, Connect, Cx, EventLoop, Handler, LoopOptions, Target, TimerId};
use std::time::Duration;

/// Beyond so many times in one turn, it would be for ever.
const MANY: u32 = 10_000;

/// Sets a timer for now whenever one fires, and connects anew whenever that fails.
#[derive(Default)]
struct Restless {
    fired: u32,
    failed: u32,
    /// A timer of another key.
    other: u32,
}

fn nowhere() -> Connect {
    Connect::new(Target::Unix("/nowhere/at/all".into()))
}

impl Handler for Restless {
    type Message = ();

    fn on_event(&mut self, _: &mut Cx<'_>, _: ConnId, _: Event<'_>) {}

    fn on_timer(&mut self, cx: &mut Cx<'_>, _: TimerId, key: u64) {
        if key == 1 {
            self.other += 1;
            return;
        }
        self.fired += 1;
        if self.fired < MANY {
            cx.set_timer(cx.now(), 0);
        }
    }

    fn on_connect_failed(&mut self, cx: &mut Cx<'_>, _: ConnId, _: ConnectError) {
        self.failed += 1;
        if self.failed < MANY {
            cx.connect(nowhere());
        }
    }
}

#[test]
#[cfg(unix)]
fn what_is_asked_again_at_once_waits_for_its_turn() {
    let mut event_loop = EventLoop::<()>::new(LoopOptions::default()).unwrap();
    let mut restless = Restless::default();
    let mut cx = event_loop.cx();
    cx.set_timer(Instant::ZERO, 0);
    cx.set_timer(cx.now() + Duration::from_millis(5), 1);
    cx.connect(nowhere());
    let mut turns = 0;
    while restless.other == 0 && turns < 100_000 {
        event_loop.turn(&mut restless, None).unwrap();
        turns += 1;
        assert!(restless.fired.max(restless.failed) < MANY, "{turns} turns");
        if turns > 100 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    assert!(restless.fired > 1 && restless.failed > 1);
    // Another thread is heard, too.
    event_loop.shutdown_handle()(Duration::ZERO);
    while !event_loop.is_over() && turns < 200_000 {
        event_loop.turn(&mut restless, None).unwrap();
        turns += 1;
    }
    assert!(event_loop.is_over());
}
