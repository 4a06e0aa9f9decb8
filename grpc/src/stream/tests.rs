use super::*;
use crate::{
    ctx::{Ctx, CtxParts, Offer},
    framing::Framed,
    host::{Host, ThreadHost},
    metadata::Metadata,
    pipe::{Encoding, Origin, Out, Ring},
};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

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

/// The first messages of two threads may overtake one another, but not the head. Without the lock this fails most times,
/// where there are two processors.
#[test]
fn no_message_comes_before_the_head() {
    let host: Arc<dyn Host> = Arc::new(ThreadHost::new());
    let calls: Vec<_> = (0..20_000).map(|_| call(&host)).collect();
    let arrived = AtomicUsize::new(0);
    let send = || {
        for (n, call) in calls.iter().enumerate() {
            // Both at once, for each call anew.
            arrived.fetch_add(1, Ordering::AcqRel);
            let mut looked = 0;
            while arrived.load(Ordering::Acquire) < 2 * (n + 1) {
                looked += 1;
                match looked < 1000 {
                    true => std::hint::spin_loop(),
                    false => thread::yield_now(),
                }
            }
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
