//! Calls that no service has.

use super::*;
use crate::{
    ctx::Ctx,
    reactor::{Reactor, Stream},
    server::Receiver,
};

const OTHER: Method<Tag, Bidi, Bytes, Bytes> = Method::new("/x.Y/Any", &Raw, &Raw);
const WRONG: Method<Tag, Unary, Bytes, Bytes> = Method::new("/t.T/Wrong", &Raw, &Raw);

#[test]
fn a_proxy_passes_on_what_it_does_not_know() {
    let world = World::new(1);
    let leaf = world.serve(service());
    let below = world.channel(&leaf);
    let mut spec = ServerSpec::default();
    spec.set_fallback(move |cx: &Ctx, requests: Receiver<Bytes>, mut out| {
        cx.set_trailer("x-path", cx.path())?;
        let mut chat = below.call(CHAT, None).within(cx).open();
        for request in requests {
            if chat.tx.send(&request?).is_err() {
                break;
            }
        }
        chat.tx.close();
        for response in chat.rx {
            out.send(&response?)?;
        }
        Ok(())
    });
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    world.run(|| {
        let reply = channel.call(WRONG, Some(&Q)).call_full().unwrap();
        assert_eq!(reply.message, Q);
        assert_eq!(reply.trailers.get("x-path"), Some("/t.T/Wrong"));
        let mut chat = channel.call(OTHER, None).open();
        chat.tx.send(&bytes("one")).unwrap();
        chat.tx.send(&bytes("two")).unwrap();
        chat.tx.close();
        assert_eq!(chat.rx.recv().unwrap().unwrap(), "one");
        assert_eq!(chat.rx.recv().unwrap().unwrap(), "two");
        assert!(chat.rx.recv().unwrap().is_none());
    });
}

/// Says which method was asked for.
struct Path;

impl Reactor<Bytes, Bytes> for Path {
    fn on_message(&mut self, stream: &mut Stream<'_, Bytes>, _: Bytes) {
        let path = stream.cx().map_or("", Ctx::path).to_owned();
        stream.send(&bytes(&path));
    }

    fn on_half_close(&mut self, stream: &mut Stream<'_, Bytes>) {
        stream.finish(Ok(()));
    }
}

#[test]
fn a_reactor_may_be_the_fallback_and_services_come_first() {
    let mut spec = ServerSpec::default();
    spec.set_fallback_reactor(|_| Ok(Path));
    spec.add(service());
    let world = World::new(2);
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    world.run(|| {
        calls(&channel);
        assert_eq!(channel.call(WRONG, Some(&Q)).call().unwrap(), "/t.T/Wrong");
    });
}
