//! Trouble at any time of each kind of call, with time going by between messages: how the call ends, and that it does.
//!
//! `BYWASH_WORLD_ROUNDS` sets how many seeds each time gets, 1 unless it is set.

use super::*;
use crate::client::Canceller;

const MS: Duration = Duration::from_millis(1);
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// All connections break.
    Cut,
    /// Nothing is carried any more.
    Stall,
    /// GOAWAY; what runs may finish.
    Drain,
    /// GOAWAY, and soon the end of what runs.
    Shutdown,
    /// The caller gives up.
    Cancel,
    /// None: the call's own deadline is what comes.
    Deadline,
}

const TROUBLES: [Trouble; 6] = [
    Trouble::Cut,
    Trouble::Stall,
    Trouble::Drain,
    Trouble::Shutdown,
    Trouble::Cancel,
    Trouble::Deadline,
];

/// One call of each kind, messages apart by a millisecond where there are many; its reply must be right.
fn call(
    kind: usize,
    world: &World,
    channel: &Channel,
    timeout: Duration,
    canceller: &Canceller,
) -> Result<(), Status> {
    let text = bytes("hello");
    match kind {
        0 => {
            let call = channel.call(ECHO, Some(&text)).timeout(timeout);
            assert_eq!(call.cancel_by(canceller).call()?, text);
        }
        1 => {
            let call = channel.call(COUNT, Some(&text)).timeout(timeout);
            let mut replies = call.cancel_by(canceller).open();
            let mut many = 0;
            while let Some(reply) = replies.recv()? {
                assert_eq!(reply, vec![many; 5]);
                many += 1;
                world.advance(MS);
            }
            assert_eq!(many, 5);
        }
        2 => {
            let call = channel.call(SUM, None).timeout(timeout);
            let mut upload = call.cancel_by(canceller).open();
            for _ in 0..5 {
                // A call that has ended says how at its finish.
                let _ = upload.send(&text);
                world.advance(MS);
            }
            assert_eq!(upload.finish()?, "25");
        }
        _ => {
            let call = channel.call(CHAT, None).timeout(timeout);
            let mut chat = call.cancel_by(canceller).open();
            for n in 0..5 {
                let text = bytes(&n.to_string());
                let _ = chat.tx.send(&text);
                let reply = chat.rx.recv()?;
                assert_eq!(reply, Some(text), "an end without a status that says why");
            }
            chat.tx.close();
            assert_eq!(chat.rx.recv()?, None);
        }
    }
    Ok(())
}

/// The code with which a call ends that the trouble reached.
fn code(trouble: Trouble) -> Option<Code> {
    match trouble {
        Trouble::Cut | Trouble::Shutdown => Some(Code::Unavailable),
        Trouble::Stall | Trouble::Deadline => Some(Code::DeadlineExceeded),
        Trouble::Cancel => Some(Code::Cancelled),
        Trouble::Drain => None,
    }
}

/// One call, and trouble `at` a time after its begin. Whether it ended well.
fn run(seed: u64, kind: usize, trouble: Trouble, at: Duration) -> bool {
    let world = World::new(seed);
    let node = world.serve(service());
    node.latency(MS);
    if seed % 3 == 0 {
        node.split_every(1);
    }
    let channel = world.channel(&node);
    let canceller = Canceller::new();
    let well = world.run(|| {
        // Half of the calls find a connection.
        if seed % 2 == 0 {
            assert_eq!(channel.call(ECHO, Some(&Q)).call().unwrap(), Q);
        }
        let timeout = match trouble {
            Trouble::Deadline => at,
            _ => TIMEOUT,
        };
        let before = world.now();
        let (inner, troubled, give_up) = (world.clone(), node.clone(), canceller.clone());
        let maker = world.spawn(move || {
            inner.advance(at);
            match trouble {
                Trouble::Cut => troubled.cut(),
                Trouble::Stall => troubled.stall(),
                Trouble::Drain => troubled.drain(),
                Trouble::Shutdown => troubled.shutdown(MS / 2),
                Trouble::Cancel => give_up.cancel(),
                Trouble::Deadline => {}
            }
        });
        let result = call(kind, &world, &channel, timeout, &canceller);
        let took = world.now().saturating_since(before);
        // The test itself takes five milliseconds for what has come in time.
        assert!(took <= timeout + 6 * MS, "{took:?} with {timeout:?} to go");
        if let Err(status) = &result {
            assert_eq!(Some(status.code()), code(trouble), "{status}");
        }
        maker.join();
        node.resume();
        world.advance(Duration::from_secs(60));
        result.is_ok()
    });
    assert_eq!(world.open_calls(), (0, 0));
    // Each that reached the server ended there once.
    let ends = node.endings();
    let made = 1 + u64::from(seed % 2 == 0);
    assert!(
        ends.completed + ends.cancelled <= made,
        "{ends:?} of {made}"
    );
    well
}

#[test]
fn trouble_at_each_time_of_each_kind_of_call_has_its_status() {
    let rounds = std::env::var("BYWASH_WORLD_ROUNDS").ok();
    let rounds: u64 = rounds.and_then(|text| text.parse().ok()).unwrap_or(1);
    for (kind, trouble) in (0..4).flat_map(|kind| TROUBLES.map(|trouble| (kind, trouble))) {
        let mut ends = [0, 0];
        // The longest call takes less than 20 ms.
        for point in 0..60 * rounds {
            let (seed, at) = (point, MS / 2 * (point % 60) as u32 + MS / 7);
            let run = std::panic::catch_unwind(|| run(seed, kind, trouble, at));
            assert!(
                run.is_ok(),
                "seed {seed}, kind {kind}: {trouble:?} at {at:?}"
            );
            ends[usize::from(run.unwrap_or_default())] += 1;
        }
        let [badly, well] = ends;
        assert!(well > 0, "no {kind} outran {trouble:?}");
        assert_eq!(
            badly > 0,
            code(trouble).is_some(),
            "{kind} with {trouble:?}"
        );
    }
}
