//! Deadlines: a call ends when its time is over, on both sides and at everybody who works for it.
//!
//! A client asks a front, which asks a slow back within the same call: the deadline goes along, and when it passes,
//! all three stop. A deadline is a bound on waiting; give one to every call.
//!
//! `cargo run -p bywash-grpc --example deadlines` prints:
//!
//! ```text
//! in time: done
//! front: the client gives me at most 300 ms: true
//! back: what is left is at most 300 ms: true
//! client: DEADLINE_EXCEEDED
//! back: stopped, by its deadline or by its caller: true
//! passed before it began: DEADLINE_EXCEEDED
//! ```

#![allow(
    clippy::disallowed_methods,
    reason = "an example waits by the system's clock"
)]

use bytes::Bytes;
use bywash_grpc::{
    Code, Running, Server,
    client::Channel,
    codec::Raw,
    ctx::Ctx,
    method::{Method, Unary},
    server::Service,
};
use std::{error::Error, sync::mpsc, thread, time::Duration};

/// Ties the keys to their service.
enum Work {}

const DO: Method<Work, Unary, Bytes, Bytes> = Method::new("/work.Work/Do", &Raw, &Raw);
const LIMIT: Duration = Duration::from_millis(300);

fn start(service: Service<Work>) -> Result<(Running, Channel), Box<dyn Error>> {
    let running = Server::builder()
        .service(service)
        .listen("127.0.0.1:0")?
        .start()?;
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).plaintext().build()?;
    Ok((running, channel))
}

/// Whether the call has a deadline, and not more time than the client gave.
fn bounded(cx: &Ctx) -> bool {
    cx.remaining().is_some_and(|left| left <= LIMIT)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (tell, told) = mpsc::channel::<String>();
    let from_back = tell.clone();
    let (back, to_back) = start(Service::new("work.Work").unary(DO, move |cx, request| {
        if request == "quick" {
            return Ok(Bytes::from("done"));
        }
        let _ = from_back.send(format!(
            "back: what is left is at most 300 ms: {}",
            bounded(cx)
        ));
        // Work in steps, with a look at the call between them: a handler's thread cannot be ended from outside.
        loop {
            if let Err(status) = cx.check() {
                // Its own clock and its caller's reset say the same: whichever comes first.
                let why = matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled);
                let text = format!("back: stopped, by its deadline or by its caller: {why}");
                let _ = from_back.send(text);
                return Err(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }))?;
    let from_front = tell;
    let (front, channel) = start(Service::new("work.Work").unary(DO, move |cx, request| {
        if request == "slow" {
            let text = format!("front: the client gives me at most 300 ms: {}", bounded(cx));
            let _ = from_front.send(text);
        }
        // `within` hands deadline and cancellation down.
        to_back.call(DO, Some(&request)).within(cx).call()
    }))?;

    let quick = Bytes::from("quick");
    let reply = channel
        .call(DO, Some(&quick))
        .timeout(Duration::from_secs(10))
        .call()?;
    println!("in time: {}", String::from_utf8_lossy(&reply));

    let slow = Bytes::from("slow");
    let status = match channel.call(DO, Some(&slow)).timeout(LIMIT).call() {
        Ok(_) => return Err("the slow call ended well".into()),
        Err(status) => status,
    };
    println!("{}\n{}", told.recv()?, told.recv()?);
    println!("client: {}", status.code());
    println!("{}", told.recv()?);

    let late = channel
        .call(DO, Some(&quick))
        .timeout(Duration::ZERO)
        .call();
    let late = late.map_or_else(
        |status| status.code().to_string(),
        |_| "it ended well".into(),
    );
    println!("passed before it began: {late}");

    front.shutdown(Duration::from_secs(1));
    back.shutdown(Duration::from_secs(1));
    Ok(())
}
