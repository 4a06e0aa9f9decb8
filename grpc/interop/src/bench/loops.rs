//! Closed loops of callbacks: no thread but the channel's own.

use super::tally::Tally;
use crate::pb::{SimpleRequest, SimpleResponse, benchmark_service::Client};
use bywash_grpc::{
    Metadata, Status,
    reactor::{ClientReactor, Stream},
};
use std::{
    sync::{Arc, mpsc::Sender},
    time::Instant,
};

/// One loop; dropped when it ends, which whoever waits for `_ends` hears.
#[derive(Clone)]
pub(super) struct One {
    pub(super) tally: Arc<Tally>,
    pub(super) request: Arc<SimpleRequest>,
    pub(super) _ends: Sender<()>,
}

/// One unary call after the other.
pub(super) fn unary(one: One, client: Client) {
    if one.tally.is_over() {
        return;
    }
    let begun = Instant::now();
    let (request, next) = (Arc::clone(&one.request), client.clone());
    client.unary_call(&request).start(move |reply| match reply {
        Ok(_) => {
            one.tally.went_well(begun);
            unary(one, next);
        }
        Err(status) => one.tally.failed(status),
    });
}

/// One message after the other on one stream.
pub(super) fn streaming(one: One, client: &Client) {
    let begun = Instant::now();
    client.streaming_call().start(PingPong { one, begun });
}

struct PingPong {
    one: One,
    begun: Instant,
}

impl PingPong {
    fn ping(&mut self, stream: &mut Stream<'_, SimpleRequest>) {
        if self.one.tally.is_over() {
            return stream.finish(Ok(()));
        }
        self.begun = Instant::now();
        // One message is under way at a time: there is room for it.
        stream.send(&self.one.request);
    }
}

impl ClientReactor<SimpleRequest, SimpleResponse> for PingPong {
    fn on_start(&mut self, stream: &mut Stream<'_, SimpleRequest>) {
        stream.request(1);
        self.ping(stream);
    }

    fn on_message(&mut self, stream: &mut Stream<'_, SimpleRequest>, _: SimpleResponse) {
        self.one.tally.went_well(self.begun);
        stream.request(1);
        self.ping(stream);
    }

    fn on_end(&mut self, result: Result<(), Status>, _: Metadata) {
        if let Err(status) = result {
            self.one.tally.failed(status);
        }
    }
}
