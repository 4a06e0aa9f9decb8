//! Code of the user's that panics on loops: it harms its own call at most.

use super::*;
use crate::{
    Metadata,
    compress::{CompressError, Compressor, DecompressError, Registry},
    ctx::Ctx,
    filter::{CallHooks, CallInfo, ClientFilter, ServerFilter},
    stats::{Begin, CallStats, Conn, ConnEvent, Event, Stats},
};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where it goes off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Call,
    Headers,
    Message,
    End,
    StatsCall,
    StatsEvent,
    StatsConnection,
}

const PLACES: [Place; 7] = [
    Place::Call,
    Place::Headers,
    Place::Message,
    Place::End,
    Place::StatsCall,
    Place::StatsEvent,
    Place::StatsConnection,
];

#[derive(Clone)]
struct Bomb {
    place: Place,
    went_off: Arc<AtomicUsize>,
}

impl Bomb {
    fn at(&self, place: Place) {
        if self.place == place {
            self.went_off.fetch_add(1, Ordering::Relaxed);
            panic!("{place:?}");
        }
    }
}

impl ServerFilter for Bomb {
    fn on_call(&self, _: &Ctx) -> Result<Option<Box<dyn CallHooks>>, Status> {
        self.at(Place::Call);
        Ok(Some(Box::new(self.clone())))
    }
}

impl ClientFilter for Bomb {
    fn on_call(&self, _: &mut CallInfo<'_>) -> Result<Option<Box<dyn CallHooks>>, Status> {
        Ok(Some(Box::new(self.clone())))
    }
}

impl CallHooks for Bomb {
    fn on_headers(&mut self, _: &mut Metadata) {
        self.at(Place::Headers);
    }

    fn on_message(&mut self, _: bool, _: usize) {
        self.at(Place::Message);
    }

    fn on_end(&mut self, _: &mut Result<(), Status>, _: &mut Metadata) {
        self.at(Place::End);
    }
}

impl Stats for Bomb {
    fn on_call(&self, _: &Begin<'_>) -> Option<Box<dyn CallStats>> {
        self.at(Place::StatsCall);
        Some(Box::new(self.clone()))
    }

    fn on_connection(&self, _: Instant, _: &Conn<'_>, _: &ConnEvent<'_>) {
        self.at(Place::StatsConnection);
    }
}

impl CallStats for Bomb {
    fn on_event(&mut self, _: Instant, _: &Event<'_>) {
        self.at(Place::StatsEvent);
    }
}

/// Hears of the ends of calls.
#[derive(Clone, Default)]
struct Ends(Arc<AtomicUsize>);

impl ServerFilter for Ends {
    fn on_call(&self, _: &Ctx) -> Result<Option<Box<dyn CallHooks>>, Status> {
        Ok(Some(Box::new(self.clone())))
    }
}

impl ClientFilter for Ends {
    fn on_call(&self, _: &mut CallInfo<'_>) -> Result<Option<Box<dyn CallHooks>>, Status> {
        Ok(Some(Box::new(self.clone())))
    }
}

impl CallHooks for Ends {
    fn on_end(&mut self, _: &mut Result<(), Status>, _: &mut Metadata) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A world with a bomb at one of its sides, among hooks that do as they should.
fn world_with(bomb: &Bomb, at_server: bool, ends: &Ends) -> (World, Channel) {
    let mut spec = ServerSpec::default();
    spec.add_filter(ends.clone());
    if at_server {
        spec.add_filter(bomb.clone());
        spec.add_stats(bomb.clone());
    }
    spec.add_filter(ends.clone());
    spec.add(service());
    let world = World::new(1);
    let node = world.serve_spec(spec);
    let channel = world.channel_with(&[&node], |mut parts| {
        parts.filters.push(Box::new(ends.clone()));
        if !at_server {
            parts.filters.push(Box::new(bomb.clone()));
            parts.stats.add(bomb.clone());
        }
        parts.filters.push(Box::new(ends.clone()));
        parts
    });
    (world, channel)
}

#[test]
fn hooks_that_panic_hear_no_more_and_nobody_else_is_hurt() {
    for (place, at_server) in PLACES.iter().flat_map(|p| [(*p, true), (*p, false)]) {
        let bomb = Bomb {
            place,
            went_off: Arc::default(),
        };
        let ends = Ends::default();
        let (world, channel) = world_with(&bomb, at_server, &ends);
        world.run(|| {
            for _ in 0..2 {
                let reply = channel.call(ECHO, Some(&Q)).call();
                if at_server && place == Place::Call {
                    let status = reply.unwrap_err();
                    assert_eq!(status.code(), Code::Unknown);
                    assert_eq!(status.message(), "filter panicked");
                    continue;
                }
                assert_eq!(reply.unwrap(), Q, "{place:?}");
                let mut chat = channel.call(CHAT, None).open();
                for _ in 0..3 {
                    chat.tx.send(&Q).unwrap();
                    assert_eq!(chat.rx.recv().unwrap(), Some(Q.clone()), "{place:?}");
                }
                chat.tx.close();
                assert_eq!(chat.rx.recv().unwrap(), None, "{place:?}");
            }
        });
        let went_off = bomb.went_off.load(Ordering::Relaxed);
        let expected = match place {
            // A client's filter runs on the caller's own thread, whose panic it is.
            Place::Call if !at_server => 0,
            Place::Call => 2,
            // The connection's beginning.
            Place::StatsConnection => 1,
            _ => 4,
        };
        assert_eq!(went_off, expected, "{place:?}, at the server: {at_server}");
        let calls = match place {
            // The server's hooks behind it never came to be, nor do those before it hear of a call that has none.
            Place::Call if at_server => 2 * 2,
            _ => 4 * 4,
        };
        assert_eq!(ends.0.load(Ordering::Relaxed), calls, "{place:?}");
    }
}

/// An encoding that gets nothing done.
struct Broken {
    packs: bool,
}

impl Compressor for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn compress(&self, _: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
        assert!(self.packs, "cannot pack");
        out.push(1);
        Ok(())
    }

    fn decompress(&self, _: &[u8], _: usize, _: &mut Vec<u8>) -> Result<(), DecompressError> {
        panic!("cannot unpack");
    }
}

#[test]
fn an_encoding_that_panics_ends_its_call() {
    for (packs, text) in [(true, "decompress"), (false, "compress")] {
        let registry = || Registry::new().with(Arc::new(Broken { packs })).unwrap();
        let mut spec = ServerSpec::default();
        spec.set_registry(registry());
        spec.add(service());
        let world = World::new(1);
        let node = world.serve_spec(spec);
        let channel = world.channel_with(&[&node], |mut parts| {
            parts.registry = registry();
            parts
        });
        world.run(|| {
            let large = Bytes::from(vec![7; 10_000]);
            let status = channel.call(ECHO, Some(&large)).compress("broken").call();
            let status = status.unwrap_err();
            assert_eq!(status.code(), Code::Internal);
            let text = format!("cannot {text} message: the encoding panicked");
            assert_eq!(status.message(), text);
            assert_eq!(channel.call(ECHO, Some(&large)).call().unwrap(), large);
        });
    }
}
