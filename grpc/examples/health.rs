//! Health: a server says whether it can do its work, part by part, and clients ask or watch.
//!
//! The service is `grpc.health.v1.Health`, which balancers and `grpc_health_probe` know. It answers on the loop, also
//! when all threads of the pool are busy. The empty name is the whole server.
//!
//! `cargo run -p bywash-grpc --example health` prints:
//!
//! ```text
//! the server: Serving
//! shop.Orders: NotServing
//! shop.Refunds: ServiceUnknown
//! watched: NotServing
//! watched: Serving
//! watched: NotServing
//! after the shutdown began, the server: NotServing
//! ```

use bywash_grpc::{
    Server,
    client::Channel,
    health::{self, Health, HealthCheckRequest, ServingStatus},
};
use std::{error::Error, time::Duration};

/// The name of a part: by custom that of a service.
const ORDERS: &str = "shop.Orders";

fn main() -> Result<(), Box<dyn Error>> {
    // Kept by the program, which says what it knows: when its database goes away, for example.
    let health = Health::new();
    health.set(ORDERS, ServingStatus::NotServing);
    let builder = Server::builder().service(health.service());
    let running = builder.listen("127.0.0.1:0")?.start()?;
    let target = running.addrs()[0].to_string();
    let client = health::Client::new(&Channel::builder(&target).plaintext().build()?);

    let longest = Duration::from_secs(5);
    println!("the server: {:?}", client.status("", longest)?);
    println!("{ORDERS}: {:?}", client.status(ORDERS, longest)?);
    println!(
        "shop.Refunds: {:?}",
        client.status("shop.Refunds", longest)?
    );

    // The state now, and then each change. Changes that come faster than they are read come as one: so this makes the
    // next when the last was seen.
    let request = HealthCheckRequest {
        service: ORDERS.into(),
    };
    let mut changes: Vec<Box<dyn Fn()>> = vec![
        Box::new(|| health.shut_down()),
        Box::new(|| health.set(ORDERS, ServingStatus::Serving)),
    ];
    for state in client.watch(&request).open() {
        println!("watched: {:?}", state?.status());
        match changes.pop() {
            Some(change) => change(),
            // Leaving the loop drops the stream, which ends the call.
            None => break,
        }
    }
    let status = client.status("", longest)?;
    println!("after the shutdown began, the server: {status:?}");
    running.shutdown(Duration::from_secs(1));
    Ok(())
}
