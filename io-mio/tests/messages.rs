//! Messages to a loop, and when its turns end.

use bywash_mio::{ConnId, Cx, EventLoop, Handler, LoopOptions, proto::event::Event};
use std::time::{Duration, Instant};

/// Far more than a turn takes that does not wait.
const LONG: Duration = Duration::from_secs(20);

/// Notes what it is told.
#[derive(Default)]
struct Told {
    messages: Vec<u32>,
    /// Its turns are for something else.
    waits: bool,
}

impl Handler for Told {
    type Message = u32;

    fn on_event(&mut self, _: &mut Cx<'_>, _: ConnId, _: Event<'_>) {}

    fn on_message(&mut self, _: &mut Cx<'_>, message: u32) {
        self.messages.push(message);
    }

    fn may_wait(&mut self, heard: bool) -> bool {
        self.waits || !heard
    }
}

#[test]
fn who_turns_for_a_message_is_back_once_it_is_there() {
    let mut event_loop: EventLoop<u32> = EventLoop::new(LoopOptions::default()).unwrap();
    let handle = event_loop.handle();
    let mut told = Told::default();
    let begun = Instant::now();
    // The loop is at work, or nobody turns it: nothing wakes it, and it finds the message before it waits.
    for n in 0..3 {
        event_loop.turn(&mut told, Some(Duration::ZERO)).unwrap();
        handle.send(n).unwrap();
        event_loop.turn(&mut told, Some(LONG)).unwrap();
        assert_eq!(told.messages.len(), n as usize + 1);
    }
    assert!(begun.elapsed() < LONG, "a turn waited after its message");
}

#[test]
fn a_loop_for_its_own_sake_waits_although_it_has_heard_something() {
    let mut event_loop: EventLoop<u32> = EventLoop::new(LoopOptions::default()).unwrap();
    let handle = event_loop.handle();
    let mut told = Told {
        waits: true,
        ..Told::default()
    };
    let short = Duration::from_millis(50);
    handle.send(1).unwrap();
    let begun = Instant::now();
    event_loop.turn(&mut told, Some(short)).unwrap();
    // The bell of a loop that has not turned yet wakes it: that turn may be short.
    handle.send(2).unwrap();
    event_loop.turn(&mut told, Some(short)).unwrap();
    assert_eq!(told.messages, [1, 2]);
    assert!(begun.elapsed() >= short, "it did not wait");
}
