//! A stream that tells how a part is, and when that changes.

use super::{
    messages::{HealthCheckRequest, HealthCheckResponse, ServingStatus},
    state::Health,
};
use crate::{
    ctx::Cancel,
    reactor::{Reactor, Sent, Stream},
};

pub(super) struct Watcher {
    health: Health,
    part: Option<String>,
    /// What was said last.
    told: Option<ServingStatus>,
    /// The stream takes nothing now.
    full: bool,
    id: Option<u64>,
}

impl Watcher {
    pub(super) fn new(health: &Health) -> Watcher {
        Watcher {
            health: health.clone(),
            part: None,
            told: None,
            full: false,
            id: None,
        }
    }

    /// Says how the part is, if that is news. While the stream is full only the latest counts.
    fn tell(&mut self, stream: &mut Stream<'_, HealthCheckResponse>) {
        let Some(part) = self.part.as_ref().filter(|_| !self.full) else {
            return;
        };
        let status = self.health.get(part);
        let status = status.unwrap_or(ServingStatus::ServiceUnknown);
        if self.told != Some(status) {
            self.told = Some(status);
            self.full = stream.send(&status.into()) == Sent::Full;
        }
    }
}

impl Reactor<HealthCheckRequest, HealthCheckResponse> for Watcher {
    fn on_message(
        &mut self,
        stream: &mut Stream<'_, HealthCheckResponse>,
        request: HealthCheckRequest,
    ) {
        // First in the list, then told: a change between the two is not missed.
        self.id = stream
            .handle()
            .map(|sink| self.health.watch(&request.service, sink));
        self.part = Some(request.service);
        self.tell(stream);
    }

    /// The question is complete; the answers go on.
    fn on_half_close(&mut self, _: &mut Stream<'_, HealthCheckResponse>) {}

    fn on_writable(&mut self, stream: &mut Stream<'_, HealthCheckResponse>) {
        self.full = false;
        self.tell(stream);
    }

    fn on_wake(&mut self, stream: &mut Stream<'_, HealthCheckResponse>) {
        self.tell(stream);
    }

    fn on_end(&mut self, _: Result<(), Cancel>) {
        if let Some(id) = self.id.take() {
            self.health.unwatch(id);
        }
    }
}

/// A stream that never began to be told of its end.
impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.health.unwatch(id);
        }
    }
}
