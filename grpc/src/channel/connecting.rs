//! From a target to a connection: addresses, attempts one after the other, pauses.

use super::spec::ChannelSpec;
use crate::{
    call,
    code::Code,
    status::{ConnError, ConnFault, Status},
    wire::{Close, ConnId, Endpoint, Instant, Net, NetEvent, ResolveId},
};
use std::sync::Arc;

/// What came of an event.
pub(super) enum Step {
    None,
    /// The connection is there, SETTINGS included.
    Ready(ConnId),
    /// Every address failed: the last error, and the status of calls that do not wait.
    Failed(Option<Arc<ConnError>>, Status),
    /// The pause is over.
    Rested,
}

#[derive(Default)]
enum Phase {
    #[default]
    None,
    Resolving(ResolveId),
    Trying {
        id: ConnId,
        /// Which of the addresses.
        at: usize,
        until: Instant,
    },
    Resting {
        until: Instant,
    },
}

/// So many connections in a row that were of no use are a failure of the target's.
const USELESS: u32 = 2;

#[derive(Default)]
pub(super) struct Connecting {
    phase: Phase,
    addresses: Vec<Endpoint>,
    /// Whether the addresses are given and need not be asked for.
    fixed: bool,
    /// Rounds that failed in a row.
    failures: u32,
    /// When the last connection was ready.
    ready_at: Instant,
    /// Connections in a row that were ready, and soon gone without an answer to anything.
    useless: u32,
    pub(super) next_id: u32,
}

impl Connecting {
    pub(super) fn set_addresses(&mut self, addresses: Vec<Endpoint>) {
        self.fixed = true;
        self.addresses = addresses;
    }

    pub(super) fn forget_failures(&mut self) {
        self.failures = 0;
    }

    pub(super) fn begin(&mut self, now: Instant, net: &mut dyn Net, spec: &ChannelSpec) {
        if self.fixed {
            self.attempt(now, net, spec, 0);
        } else {
            let id = ResolveId(self.name(spec));
            self.phase = Phase::Resolving(id);
            net.resolve(id, &spec.target);
        }
    }

    /// A name for what is asked of the network. After 2^32 they come again: none of another channel's ever does.
    fn name(&mut self, spec: &ChannelSpec) -> u64 {
        self.next_id = self.next_id.wrapping_add(1);
        spec.first_conn.wrapping_add(u64::from(self.next_id))
    }

    fn attempt(&mut self, now: Instant, net: &mut dyn Net, spec: &ChannelSpec, at: usize) {
        let id = ConnId(self.name(spec));
        let Some(to) = self.addresses.get(at) else {
            return;
        };
        let pause = spec.backoff.delay(self.failures, 1 << 63);
        let until = now + spec.connect_timeout.max(pause);
        self.phase = Phase::Trying { id, at, until };
        net.connect(id, to, until);
    }

    pub(super) fn stop(&mut self, net: &mut dyn Net) {
        if let Phase::Trying { id, .. } = self.phase {
            net.close(id, Close::Now);
        }
        self.phase = Phase::None;
    }

    pub(super) fn on_net(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        spec: &ChannelSpec,
        event: NetEvent<'_>,
    ) -> Step {
        match (&self.phase, event) {
            (Phase::Resolving(asked), NetEvent::Resolved { id, result }) if *asked == id => {
                match result {
                    Ok(addresses) if !addresses.is_empty() => {
                        self.addresses = addresses;
                        self.attempt(now, net, spec, 0);
                        Step::None
                    }
                    Ok(_) => {
                        let text = format!("{} has no addresses", spec.target);
                        self.rest(now, net, spec, None, Status::local(Code::Unavailable, text))
                    }
                    Err(status) => self.rest(now, net, spec, None, status),
                }
            }
            (Phase::Trying { id: tried, .. }, NetEvent::Ready { id }) if *tried == id => {
                self.failures = 0;
                self.ready_at = now;
                self.phase = Phase::None;
                Step::Ready(id)
            }
            (
                Phase::Trying { id: tried, at, .. },
                NetEvent::ConnectFailed { id, why } | NetEvent::Closed { id, why },
            ) if *tried == id => {
                let at = *at;
                self.failed(now, net, spec, at, why)
            }
            (Phase::Trying { id: tried, .. }, NetEvent::GoAway { id, .. }) if *tried == id => {
                // Its end follows.
                Step::None
            }
            _ => Step::None,
        }
    }

    /// The connection that was ready takes no calls any more; `useful` if it has answered anything. A server that sends
    /// every connection away at once is not asked again and again without a pause.
    pub(super) fn parted(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        spec: &ChannelSpec,
        useful: bool,
        why: Option<Arc<ConnError>>,
    ) -> Step {
        let lived = now.saturating_since(self.ready_at);
        if useful || lived >= spec.backoff.delay(0, 0) {
            self.useless = 0;
            return Step::None;
        }
        self.useless = self.useless.saturating_add(1);
        if self.useless < USELESS {
            return Step::None;
        }
        self.failures = self.useless - USELESS;
        let status = match &why {
            Some(why) => call::lost(why),
            None => Status::local(Code::Unavailable, "the server is going away"),
        };
        self.rest(now, net, spec, why, status)
    }

    fn failed(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        spec: &ChannelSpec,
        at: usize,
        why: Arc<ConnError>,
    ) -> Step {
        if at + 1 < self.addresses.len() {
            self.attempt(now, net, spec, at + 1);
            return Step::None;
        }
        let status = call::lost(&why);
        self.rest(now, net, spec, Some(why), status)
    }

    fn rest(
        &mut self,
        now: Instant,
        net: &mut dyn Net,
        spec: &ChannelSpec,
        error: Option<Arc<ConnError>>,
        status: Status,
    ) -> Step {
        let pause = spec.backoff.delay(self.failures, net.random());
        self.failures = self.failures.saturating_add(1);
        self.phase = Phase::Resting { until: now + pause };
        Step::Failed(error, status)
    }

    pub(super) fn on_time(&mut self, now: Instant, net: &mut dyn Net, spec: &ChannelSpec) -> Step {
        match self.phase {
            Phase::Trying { id, at, until } if until <= now => {
                net.close(id, Close::Now);
                let address = self
                    .addresses
                    .get(at)
                    .map_or_else(String::new, |to| to.addr.to_string());
                let why = ConnError {
                    address,
                    fault: ConnFault::Timeout,
                };
                self.failed(now, net, spec, at, Arc::new(why))
            }
            Phase::Resting { until } if until <= now => {
                self.phase = Phase::None;
                Step::Rested
            }
            _ => Step::None,
        }
    }

    pub(super) fn next_time(&self) -> Option<Instant> {
        match self.phase {
            Phase::Trying { until, .. } | Phase::Resting { until } => Some(until),
            Phase::None | Phase::Resolving(_) => None,
        }
    }
}
