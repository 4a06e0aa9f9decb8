//! What a crowd of calls leaves at its channel once it is gone: memory is for what goes on, not for what once was.

use bytes::Bytes;
use bywash_grpc::{
    Server,
    client::Channel,
    codec::Raw,
    method::{Method, Unary},
    server::Service,
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    time::Duration,
};

/// Octets of the heap in use, as they were asked for.
static LIVE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every request goes to the system's allocator unchanged; a counter is kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

enum Echo {}

const SAY: Method<Echo, Unary, Bytes, Bytes> = Method::new("/test.Echo/Say", &Raw, &Raw);

const CROWD: usize = 30_000;
/// What a channel may keep of a crowd: octets.
const KEPT: usize = 512 * 1024;

/// So many calls at once, until all have ended.
fn crowd(channel: &Channel, calls: usize) {
    let (tell, told) = mpsc::channel();
    let request = Bytes::from_static(b"hello");
    for _ in 0..calls {
        let tell = tell.clone();
        let call = channel.call(SAY, Some(&request));
        let call = call.timeout(Duration::from_secs(600));
        call.start(move |reply| tell.send(reply.is_ok()).unwrap());
    }
    drop(tell);
    assert_eq!(told.iter().filter(|well| *well).count(), calls);
}

#[test]
fn a_crowd_leaves_little_behind() {
    let service = Service::new("test.Echo")
        .unary(SAY, |_, request| Ok(request))
        .inline(SAY);
    let builder = Server::builder().service(service);
    let running = builder.listen("127.0.0.1:0").unwrap().start().unwrap();
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    // Both ends of the connection have their tables.
    crowd(&channel, 2000);
    let before = LIVE.load(Relaxed);
    crowd(&channel, CROWD);
    // A few more, one after another: what shrinks does so as calls go by.
    for _ in 0..50 {
        crowd(&channel, 1);
    }
    let left = LIVE.load(Relaxed).saturating_sub(before);
    println!("{CROWD} calls at once leave {left} octets");
    assert!(left < KEPT, "{left} octets");
    running.shutdown(Duration::from_secs(1));
}
