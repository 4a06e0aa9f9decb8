//! Testing a service on virtual time: server, client, network, threads and clock in a `World`, all from one seed.
//!
//! An hour passes in microseconds, the network loses, delays and splits what it is told to, and what fails once fails
//! again with the same seed. The service and the calls are those of the real program; copy `main`'s parts into your
//! `#[test]` functions.
//!
//! `cargo run -p bywash-grpc --example virtual_time` prints:
//!
//! ```text
//! an hour's job: done, after 3600 s
//! a deadline of a minute: DEADLINE_EXCEEDED, after 60 s
//! the handler heard: the client cancelled the call (CANCEL)
//! a network that takes a second each way: done, more than 2 s: true
//! octet by octet: done
//! a cut connection: UNAVAILABLE
//! a server that is away for a minute: waited for, done
//! the same seed takes the same time: true
//! ```

use bytes::Bytes;
use bywash_grpc::{
    Status,
    client::Channel,
    codec::Raw,
    ctx::Ctx,
    method::{Method, Unary},
    server::Service,
    world::World,
};
use std::{error::Error, sync::mpsc, time::Duration};

/// Ties the keys to their service.
enum Jobs {}

/// The request is the number of seconds that the job takes.
const RUN: Method<Jobs, Unary, Bytes, Bytes> = Method::new("/jobs.Jobs/Run", &Raw, &Raw);

const MINUTE: Duration = Duration::from_secs(60);

/// The service under test. Its one wish to the outside is a way to wait, which the real program has from the system.
fn service(
    wait: impl Fn(Duration) + Send + Sync + 'static,
    heard: mpsc::Sender<String>,
) -> Service<Jobs> {
    Service::new("jobs.Jobs").unary(RUN, move |cx: &Ctx, request: Bytes| {
        let heard = heard.clone();
        cx.on_cancel(move |why| drop(heard.send(why.to_string())))
            .forget();
        let seconds = std::str::from_utf8(&request)
            .ok()
            .and_then(|text| text.parse().ok());
        let seconds = seconds.ok_or_else(|| Status::invalid_argument("how many seconds?"))?;
        wait(Duration::from_secs(seconds));
        Ok(Bytes::from("done"))
    })
}

fn job(channel: &Channel, seconds: &'static str, longest: Duration) -> String {
    let request = Bytes::from(seconds);
    let reply = channel.call(RUN, Some(&request)).timeout(longest).call();
    reply.map_or_else(
        |status| status.code().to_string(),
        |text| String::from_utf8_lossy(&text).into_owned(),
    )
}

/// How long a job of no time takes over a slow and torn network, by chance alone.
fn by_chance(seed: u64) -> Duration {
    let world = World::new(seed);
    let node = world.serve(service(|_| {}, mpsc::channel().0));
    let channel = world.channel(&node);
    world.run(|| {
        let before = world.now();
        assert_eq!(job(&channel, "0", MINUTE), "done");
        world.now().saturating_since(before)
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let world = World::new(7);
    let (tell, heard) = mpsc::channel();
    let clock = world.clone();
    let node = world.serve(service(move |time| clock.advance(time), tell));
    let channel = world.channel(&node);
    world.run(|| {
        let timed = |seconds, longest| {
            let before = world.now();
            let text = job(&channel, seconds, longest);
            (text, world.now().saturating_since(before))
        };
        let (text, took) = timed("3600", 120 * MINUTE);
        println!("an hour's job: {text}, after {} s", took.as_secs());
        let (text, took) = timed("3600", MINUTE);
        println!("a deadline of a minute: {text}, after {} s", took.as_secs());
        // Time for the news to arrive, and for the handler to come back: its thread was in the middle of its job.
        world.advance(120 * MINUTE);
        println!("the handler heard: {}", heard.try_recv()?);

        node.latency(Duration::from_secs(1));
        let (text, took) = timed("0", MINUTE);
        let slow = took >= Duration::from_secs(2);
        println!("a network that takes a second each way: {text}, more than 2 s: {slow}");
        node.latency(Duration::ZERO);
        node.split_every(1);
        println!("octet by octet: {}", job(&channel, "0", MINUTE));

        let (there, other) = (node.clone(), world.clone());
        let cutter = world.spawn(move || {
            other.advance(Duration::from_secs(5));
            there.cut();
        });
        println!("a cut connection: {}", job(&channel, "10", MINUTE));
        cutter.join();

        node.refuse(true);
        node.cut();
        let (there, other) = (node.clone(), world.clone());
        let opener = world.spawn(move || {
            other.advance(MINUTE);
            there.refuse(false);
        });
        let request = Bytes::from("0");
        let call = channel
            .call(RUN, Some(&request))
            .wait_for_ready()
            .timeout(60 * MINUTE);
        let reply = String::from_utf8_lossy(&call.call()?).into_owned();
        println!("a server that is away for a minute: waited for, {reply}");
        opener.join();
        Ok::<(), Box<dyn Error>>(())
    })?;
    println!(
        "the same seed takes the same time: {}",
        by_chance(3) == by_chance(3)
    );
    Ok(())
}
