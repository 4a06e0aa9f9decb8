//! Closed loops on threads: a thread for each call at once.

use super::loops::One;
use crate::pb::benchmark_service::Client;
use bywash_grpc::status::Status;
use std::{thread, time::Instant};

/// Starts a loop on a thread of its own.
pub(super) fn start(one: One, client: Client, streaming: bool) {
    thread::spawn(move || {
        let result = if streaming {
            ping_pong(&one, &client)
        } else {
            unary(&one, &client)
        };
        if let Err(status) = result {
            one.tally.failed(status);
        }
    });
}

fn unary(one: &One, client: &Client) -> Result<(), Status> {
    while !one.tally.is_over() {
        let begun = Instant::now();
        client.unary_call(&one.request).call()?;
        one.tally.went_well(begun);
    }
    Ok(())
}

fn ping_pong(one: &One, client: &Client) -> Result<(), Status> {
    let (mut tx, mut rx) = client.streaming_call().open().split();
    while !one.tally.is_over() {
        let begun = Instant::now();
        if tx.send(&one.request).is_err() {
            break;
        }
        if rx.recv()?.is_none() {
            return Err(Status::internal("the server ended the stream"));
        }
        one.tally.went_well(begun);
    }
    tx.close();
    rx.recv().map(drop)
}
