//! What a unary call takes from the heap once all is warm, on either side.
//!
//! Each thread counts for itself: the caller drives its channel's loop, an inline handler runs on its server's.

use bytes::Bytes;
use bywash_grpc::{
    Engine, Server, Status,
    client::Channel,
    codec::Raw,
    method::{Method, Unary},
    server::Service,
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() -> usize {
    COUNT.get()
}

struct Counting;

fn one_more() {
    // A thread that ends allocates no more.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every request goes to the system's allocator unchanged; a counter is kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        one_more();
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        one_more();
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        one_more();
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Before it is counted: a connection is made, tables are filled, queues have grown.
const WARM_UP: usize = 200;
const CALLS: usize = 1000;

/// What a call may take besides its messages.
const MOST: usize = 6;
/// The messages' own at a server: a copy of the request, and the octets of the response.
const OWN_AT_SERVER: usize = 2;
/// At a client: the octets of the request, which the call keeps until it is answered and shares with the transport,
/// and a copy of the response.
const OWN_AT_CLIENT: usize = 3;

enum Echo {}

const SAY: Method<Echo, Unary, Bytes, Bytes> = Method::new("/test.Echo/Say", &Raw, &Raw);

/// What the server's thread had counted at its last call.
static AT_SERVER: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_unary_call_takes_little() -> Result<(), Status> {
    let service = Service::new("test.Echo")
        .unary(SAY, |_, request| {
            AT_SERVER.store(count(), Ordering::SeqCst);
            Ok(request)
        })
        .inline(SAY);
    let builder = Server::builder().service(service);
    let running = builder.listen("127.0.0.1:0").unwrap().start().unwrap();
    let target = running.addrs()[0].to_string();
    let engine = Engine::without_keeper().unwrap();
    let builder = Channel::builder(&target).plaintext().engine(&engine);
    let channel = builder.build().unwrap();
    let request = Bytes::from_static(b"hello");
    let call = || {
        channel
            .call(SAY, Some(&request))
            .meta("x-request-id", "7f9c2ba4e88f827d")
            .timeout(Duration::from_secs(60))
            .call()
    };
    for _ in 0..WARM_UP {
        call()?;
    }
    let before = (count(), AT_SERVER.load(Ordering::SeqCst));
    for _ in 0..CALLS {
        call()?;
    }
    let client = (count() - before.0) as f64 / CALLS as f64;
    let server = (AT_SERVER.load(Ordering::SeqCst) - before.1) as f64 / CALLS as f64;
    println!("allocations of a call: client {client}, server {server}");
    // Queues that grow once in a thousand calls are no cost of a call.
    assert!(client < (MOST + OWN_AT_CLIENT) as f64 + 0.1, "{client}");
    assert!(server < (MOST + OWN_AT_SERVER) as f64 + 0.1, "{server}");
    running.shutdown(Duration::from_secs(1));
    Ok(())
}
