//! Stopping a server so that nobody is hurt: what runs may finish, what is new goes elsewhere, and it ends in time.
//!
//! `shutdown` tells clients (GOAWAY), takes no new calls, lets calls run for a grace period, gives up what still runs,
//! and says what became of all. It takes little more than the grace, whatever peers and handlers do.
//!
//! `cargo run -p bywash-grpc --example graceful_stop` prints:
//!
//! ```text
//! a call is under way, and the server is told to stop
//! health: NotServing
//! the call under way: finished
//! a new call: UNAVAILABLE
//! ended: 2 completed, 0 cancelled, 0 abandoned
//! a call under way that takes too long: UNAVAILABLE
//! ended: 0 completed, 1 cancelled, 0 abandoned
//! ```

#![allow(
    clippy::disallowed_methods,
    reason = "an example waits by the system's clock"
)]

use bytes::Bytes;
use bywash_grpc::{
    Running, Server, Shutdown,
    client::Channel,
    codec::Raw,
    health::{self, Health},
    method::{Method, Unary},
    server::Service,
};
use std::{error::Error, sync::mpsc, thread, time::Duration};

/// Ties the keys to their service.
enum Work {}

/// The request is the number of milliseconds that the work takes.
const DO: Method<Work, Unary, Bytes, Bytes> = Method::new("/work.Work/Do", &Raw, &Raw);

type Started = (Running, Channel, mpsc::Receiver<()>);

/// A server, a channel to it, and word of each call that has begun.
fn start(health: &Health) -> Result<Started, Box<dyn Error>> {
    let (tell, begun) = mpsc::channel();
    let service = Service::new("work.Work").unary(DO, move |cx, request| {
        let _ = tell.send(());
        let text = std::str::from_utf8(&request).unwrap_or_default();
        for _ in 0..text.parse().unwrap_or(0) {
            // A handler that looks at its call does not outlive it.
            cx.check()?;
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Bytes::from("finished"))
    });
    let builder = Server::builder().service(service).service(health.service());
    let running = builder.listen("127.0.0.1:0")?.start()?;
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).plaintext().build()?;
    Ok((running, channel, begun))
}

/// Makes a call on a thread of its own, and waits until its handler runs.
fn under_way(
    channel: &Channel,
    begun: &mpsc::Receiver<()>,
    takes: &'static str,
) -> Result<thread::JoinHandle<String>, mpsc::RecvError> {
    let channel = channel.clone();
    let call = thread::spawn(move || call(&channel, takes));
    begun.recv().map(|()| call)
}

fn call(channel: &Channel, takes: &'static str) -> String {
    let request = Bytes::from(takes);
    let reply = channel
        .call(DO, Some(&request))
        .timeout(Duration::from_secs(20))
        .call();
    reply.map_or_else(
        |status| status.code().to_string(),
        |text| String::from_utf8_lossy(&text).into_owned(),
    )
}

fn print(ended: &Shutdown) {
    let Shutdown {
        completed,
        cancelled,
        abandoned,
    } = ended;
    println!("ended: {completed} completed, {cancelled} cancelled, {abandoned} abandoned");
}

fn main() -> Result<(), Box<dyn Error>> {
    let panicked = |_| "a thread panicked";
    let health = Health::new();
    let (running, channel, begun) = start(&health)?;
    let long = under_way(&channel, &begun, "300")?;
    println!("a call is under way, and the server is told to stop");
    // Balancers that ask look for another server from now on; calls that come nevertheless are still served.
    health.shut_down();
    let status = health::Client::new(&channel).status("", Duration::from_secs(20))?;
    println!("health: {status:?}");
    let stopping = thread::spawn(move || running.shutdown(Duration::from_secs(20)));
    println!("the call under way: {}", long.join().map_err(panicked)?);
    let ended = stopping.join().map_err(panicked)?;
    println!("a new call: {}", call(&channel, "0"));
    print(&ended);

    let (running, channel, begun) = start(&Health::new())?;
    let endless = under_way(&channel, &begun, "60000")?;
    let ended = running.shutdown(Duration::from_millis(100));
    let status = endless.join().map_err(panicked)?;
    println!("a call under way that takes too long: {status}");
    print(&ended);
    Ok(())
}
