//! Whether a server can do its work: `grpc.health.v1` (gRPC `doc/health-checking.md`).
//!
//! A [`Health`] holds the state of the server's parts, by name; the empty name is the whole server. `Check` and `List`
//! run on the loop and `Watch` is a reactor: they answer also when all threads of the pool are busy.
//!
//! ```
//! use bywash_grpc::{Server, client::Channel, health::{self, Health, ServingStatus}};
//! use std::time::Duration;
//!
//! let health = Health::new();
//! let running = Server::builder().service(health.service()).listen("127.0.0.1:0")?.start()?;
//! health.set("shop.Orders", ServingStatus::NotServing);
//!
//! let channel = Channel::builder(&running.addrs()[0].to_string()).plaintext().build()?;
//! let client = health::Client::new(&channel);
//! let second = Duration::from_secs(5);
//! assert_eq!(client.status("", second)?, ServingStatus::Serving);
//! assert_eq!(client.status("shop.Orders", second)?, ServingStatus::NotServing);
//! health.shut_down();
//! assert_eq!(client.status("", second)?, ServingStatus::NotServing);
//! running.shutdown(Duration::ZERO);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod client;
mod messages;
mod state;
mod watch;

pub use client::Client;
pub use messages::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse, ServingStatus,
};
pub use state::Health;

use crate::{
    codec::Prost,
    method::{Method, ServerStreaming, Unary},
    server::Service,
    status::Status,
};
use watch::Watcher;

/// The full name of the service.
pub const NAME: &str = "grpc.health.v1.Health";

/// Ties method keys to this service.
#[derive(Clone, Copy, Debug)]
pub enum Tag {}

/// The key of `Check`: the state of one part. NOT_FOUND for one that is not known.
pub const CHECK: Method<Tag, Unary, HealthCheckRequest, HealthCheckResponse> =
    Method::new("/grpc.health.v1.Health/Check", &Prost, &Prost).idempotent();

/// The key of `List`: the states of all parts.
pub const LIST: Method<Tag, Unary, HealthListRequest, HealthListResponse> =
    Method::new("/grpc.health.v1.Health/List", &Prost, &Prost).idempotent();

/// The key of `Watch`: the state of one part, now and whenever it changes. Changes that follow one another faster than
/// they are read come as one.
pub const WATCH: Method<Tag, ServerStreaming, HealthCheckRequest, HealthCheckResponse> =
    Method::new("/grpc.health.v1.Health/Watch", &Prost, &Prost);

/// The most parts that `List` tells of.
const MOST_LISTED: usize = 100;

impl Health {
    /// The service that tells of this state.
    pub fn service(&self) -> Service<Tag> {
        let (check, list, watch) = (self.clone(), self.clone(), self.clone());
        Service::new(NAME)
            .unary(CHECK, move |_, request| {
                let status = check.get(&request.service);
                let status = status.ok_or_else(|| Status::not_found("unknown service"))?;
                Ok(HealthCheckResponse::from(status))
            })
            .unary(LIST, move |_, _| {
                let statuses = list.all(MOST_LISTED);
                let statuses = statuses
                    .ok_or_else(|| Status::resource_exhausted("too many services to list"))?;
                Ok(HealthListResponse {
                    statuses: statuses
                        .map(|(name, status)| (name, status.into()))
                        .collect(),
                })
            })
            .inline(CHECK)
            .inline(LIST)
            .reactor(WATCH, move |_| Ok(Watcher::new(&watch)))
            .apart()
    }
}
