use super::*;
use crate::{
    ctx::{Ctx, CtxParts, Offer},
    framing::Framed,
    host::{Host, ThreadHost},
    metadata::Metadata,
    pipe::{Encoding, Origin, Out, Ring},
};
use std::{sync::Barrier, thread};

struct Deaf;

impl Ring for Deaf {
    fn ring(&self, _: Arc<Pipe>) {}
}

fn call(host: &Arc<dyn Host>) -> Arc<Finisher> {
    let encoding = Encoding {
        compressor: None,
        threshold: 0,
        limit: usize::MAX,
    };
    let origin = Origin { home: 0, number: 0 };
    let cx = Ctx::new(CtxParts {
        path: "/s/m".into(),
        authority: String::new(),
        metadata: Metadata::new(),
        deadline: None,
        peer: Arc::default(),
        host: Arc::clone(host),
        offer: Offer::default(),
    });
    let pipe = Pipe::new(Arc::clone(host), Arc::new(Deaf), encoding, origin);
    Finisher::new(pipe, cx)
}

/// The first messages of two threads may overtake one another, but not the head.
#[test]
fn no_message_comes_before_the_head() {
    let host: Arc<dyn Host> = Arc::new(ThreadHost::new());
    let calls: Vec<_> = (0..3000).map(|_| call(&host)).collect();
    let together = Barrier::new(2);
    let send = || {
        together.wait();
        for call in &calls {
            call.send(Framed::copy(b"m", false, 9).unwrap()).unwrap();
        }
    };
    thread::scope(|s| {
        s.spawn(send);
        s.spawn(send);
    });
    for call in &calls {
        let mut said = Vec::new();
        call.pipe().take_outbox(&mut said);
        let head = matches!(said[0], Out::Head(_));
        assert!(head && said.len() == 3, "{said:?}");
    }
}
