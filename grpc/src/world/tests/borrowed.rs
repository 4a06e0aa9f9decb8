//! Messages that lie whole in what was read are decoded there.

use super::*;
use crate::{
    Metadata,
    codec::{Codec, MessageBuf},
    reactor::{ClientReactor, Reactor, Stream},
};

/// Counts how messages come to it.
struct Counting {
    borrowed: AtomicUsize,
    shared: AtomicUsize,
}

impl Counting {
    const fn new() -> Counting {
        Counting {
            borrowed: AtomicUsize::new(0),
            shared: AtomicUsize::new(0),
        }
    }

    fn counts(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        (count(&self.borrowed), count(&self.shared))
    }
}

impl Codec<Bytes> for Counting {
    fn size(&self, message: &Bytes) -> usize {
        message.len()
    }

    fn encode(&self, message: &Bytes, out: &mut Vec<u8>) {
        out.extend_from_slice(message);
    }

    fn decode(&self, buf: MessageBuf<'_>) -> Result<Bytes, Status> {
        let counter = match buf {
            MessageBuf::Borrowed(_) => &self.borrowed,
            MessageBuf::Shared(_) => &self.shared,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(buf.into_bytes())
    }
}

/// Answers every message with itself.
struct Echo;

impl Reactor<Bytes, Bytes> for Echo {
    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, message: Bytes) {
        stream.send(&message);
        stream.request(1);
    }

    fn on_half_close(&mut self, stream: &mut Stream<'_, Bytes>) {
        stream.finish(Ok(()));
    }
}

/// Sends as many messages as it is told, one after the other.
struct Caller(u32, Arc<Mutex<Option<Result<(), Code>>>>);

impl ClientReactor<Bytes, Bytes> for Caller {
    fn on_start(&mut self, stream: &mut Stream<'_, Bytes>) {
        stream.request(1);
        stream.send(&Q);
    }

    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, message: Bytes) {
        assert_eq!(message, Q);
        self.0 -= 1;
        if self.0 == 0 {
            stream.finish(Ok(()));
        } else {
            stream.send(&message);
        }
        stream.request(1);
    }

    fn on_end(&mut self, result: Result<(), Status>, _: Metadata) {
        *self.1.lock().unwrap() = Some(result.map_err(|status| status.code()));
    }
}

#[test]
fn inline_handlers_decode_requests_where_they_lie() {
    static REQUESTS: Counting = Counting::new();
    const ASK: Method<Tag, Unary, Bytes, Bytes> = Method::new("/t.T/Echo", &REQUESTS, &Raw);
    let world = World::new(1);
    let service = Service::new("t.T").unary(ASK, |_, request| Ok(request));
    let node = world.serve(service.inline(ASK));
    node.split_every(1 << 20);
    let channel = world.channel(&node);
    world.run(|| {
        for _ in 0..10 {
            assert_eq!(channel.call(ASK, Some(&Q)).call().unwrap(), Q);
        }
        assert_eq!(REQUESTS.counts(), (10, 0));
        // What comes in pieces is collected.
        node.split_every(3);
        let long = Bytes::from(vec![1; 100]);
        assert_eq!(channel.call(ASK, Some(&long)).call().unwrap(), long);
        assert_eq!(REQUESTS.counts(), (10, 1));
    });
}

#[test]
fn reactors_of_both_sides_decode_where_messages_lie() {
    static REQUESTS: Counting = Counting::new();
    static RESPONSES: Counting = Counting::new();
    const TALK: Method<Tag, Bidi, Bytes, Bytes> = Method::new("/t.T/Chat", &REQUESTS, &RESPONSES);
    let world = World::new(2);
    let node = world.serve(Service::new("t.T").reactor(TALK, |_| Ok(Echo)));
    node.split_every(1 << 20);
    let channel = world.channel(&node);
    let end = Arc::default();
    world.run(|| {
        channel.call(TALK, None).start(Caller(10, Arc::clone(&end)));
        world.advance(Duration::from_secs(1));
    });
    assert_eq!(*end.lock().unwrap(), Some(Ok(())));
    assert_eq!((REQUESTS.counts(), RESPONSES.counts()), ((10, 0), (10, 0)));
}
