//! Cancellation: how a client gives a call up, and how the server's code hears of it.
//!
//! Three ways for the client: drop the responses, call `cancel`, or share a `Canceller`, which ends calls from any
//! thread. Three ways for the server: `send` fails, `cx.check()` fails, `cx.on_cancel` runs.
//!
//! `cargo run -p bywash-grpc --example cancellation` prints:
//!
//! ```text
//! client: tick 0
//! client: tick 1
//! client: drops the call
//! server: told by on_cancel: the client cancelled the call (CANCEL)
//! server: the handler's send failed with CANCELLED
//! client: waits for a tick that does not come
//! client: another thread gives the call up: CANCELLED: the caller gave the call up
//! server: told by on_cancel: the client cancelled the call (CANCEL)
//! client: a call with that canceller ends at once: CANCELLED
//! ```

#![allow(
    clippy::disallowed_methods,
    reason = "an example waits by the system's clock"
)]

use bytes::Bytes;
use bywash_grpc::{
    Server, Status,
    client::{Canceller, Channel},
    codec::Raw,
    method::{Method, ServerStreaming},
    server::Service,
};
use std::{error::Error, sync::mpsc, thread, time::Duration};

/// Ties the keys to their service.
enum Clock {}

const TICKS: Method<Clock, ServerStreaming, Bytes, Bytes> =
    Method::new("/clock.Clock/Ticks", &Raw, &Raw);

/// Ticks until it is given up; without ticks if the request says `silent`. What it hears, it tells `main`.
fn service(tell: mpsc::Sender<String>) -> Service<Clock> {
    Service::new("clock.Clock").server_streaming(TICKS, move |cx, request, mut out| {
        let (hears, gone) = (tell.clone(), mpsc::channel::<()>());
        // Runs on a loop: short, and without waiting. Unregistered when the guard is dropped.
        let _guard = cx.on_cancel(move |why| {
            let _ = hears.send(format!("server: told by on_cancel: {why}"));
            drop(gone.0);
        });
        if request == "silent" {
            // Tells the client that the call has come.
            out.flush_headers()?;
            // Whatever a handler waits for can be ended by the callback: here the sender is dropped.
            let _ = gone.1.recv();
            return Err(Status::cancelled("nobody waits"));
        }
        for number in 0.. {
            if let Err(status) = out.send(&Bytes::from(format!("tick {number}"))) {
                // The callback runs once the stream is gone, on another thread: this comes after it.
                let _ = gone.1.recv();
                let text = format!("server: the handler's send failed with {}", status.code());
                let _ = tell.send(text);
                return Err(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let (tell, told) = mpsc::channel();
    let builder = Server::builder().service(service(tell));
    let running = builder.listen("127.0.0.1:0")?.start()?;
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).plaintext().build()?;

    let request = Bytes::new();
    let mut ticks = channel.call(TICKS, Some(&request)).open();
    for tick in ticks.by_ref().take(2) {
        println!("client: {}", String::from_utf8_lossy(&tick?));
    }
    println!("client: drops the call");
    drop(ticks);
    println!("{}\n{}", told.recv()?, told.recv()?);

    let silent = Bytes::from("silent");
    let canceller = Canceller::new();
    let mut ticks = channel
        .call(TICKS, Some(&silent))
        .cancel_by(&canceller)
        .open();
    ticks.headers()?;
    println!("client: waits for a tick that does not come");
    let other = canceller.clone();
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        other.cancel();
    });
    match ticks.recv() {
        Ok(_) => return Err("a silent clock ticked, or ended well".into()),
        Err(status) => println!("client: another thread gives the call up: {status}"),
    }
    thread.join().map_err(|_| "the other thread panicked")?;
    println!("{}", told.recv()?);

    let again = channel
        .call(TICKS, Some(&silent))
        .cancel_by(&canceller)
        .open()
        .recv();
    let code = again.map_or_else(|status| status.code().to_string(), |_| "not at all".into());
    println!("client: a call with that canceller ends at once: {code}");
    running.shutdown(Duration::from_secs(1));
    Ok(())
}
