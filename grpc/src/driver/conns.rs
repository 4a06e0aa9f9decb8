//! The connections of channels, and the network that the machine of channels sees.

use crate::{
    client::home_of,
    hash::QuickMap,
    wire::{self, Addr, Close, Endpoint, Instant, Net, ResolveId, Wire},
};
use bytes::Bytes;
use bywash_mio::{ConnId, Connect, Connector, Cx, Dial, Target};
use bywash_proto::{config::Config, observer::Observer};
use std::sync::Arc;

/// How a channel connects.
#[derive(Clone)]
pub(super) struct How {
    pub(super) config: Arc<Config>,
    /// TLS, and the name that the server must prove.
    pub(super) tls: Option<(Arc<dyn Connector>, String)>,
    /// Connects in the program's own way.
    pub(super) dialer: Option<Arc<dyn Dial>>,
    /// Makes an observer of each connection's frames.
    pub(super) observe: Option<Arc<dyn Fn() -> Box<dyn Observer> + Send + Sync>>,
}

/// A connection that was asked for.
pub(super) struct Open {
    pub(super) ours: wire::ConnId,
    pub(super) address: String,
    /// An observer sees its frames.
    pub(super) observed: bool,
    /// The peer's last GOAWAY: its code, and what it added.
    pub(super) goaway: Option<(u32, Bytes)>,
}

/// Channels and connections by their names.
#[derive(Default)]
pub(super) struct Conns {
    hows: QuickMap<u64, How>,
    pub(super) theirs: QuickMap<wire::ConnId, ConnId>,
    pub(super) open: QuickMap<ConnId, Open>,
    /// Channels and connections with observers, which are code of the user's.
    pub(super) observed: usize,
    pub(super) random: fastrand::Rng,
    /// Answers that must not come before the question has returned.
    pub(super) resolved: Vec<ResolveId>,
    /// The same of connections that nobody knows how to make.
    pub(super) lost: Vec<wire::ConnId>,
}

impl Conns {
    /// A channel is to come.
    pub(super) fn learn(&mut self, home: u64, how: How) {
        self.observed += usize::from(how.observe.is_some());
        self.hows.insert(home, how);
    }

    /// The channel is closed, and connects no more.
    pub(super) fn forget(&mut self, home: u64) {
        if let Some(how) = self.hows.remove(&home) {
            self.observed -= usize::from(how.observe.is_some());
        }
    }

    /// The channel of a connection pings half as often from now on.
    pub(super) fn calm(&mut self, id: wire::ConnId) {
        if let Some(how) = self.hows.get_mut(&home_of(id)) {
            if let Some(keepalive) = &mut Arc::make_mut(&mut how.config).timers.keepalive {
                keepalive.interval = keepalive.interval.saturating_mul(2);
            }
        }
    }

    /// A connection is there; what is to see its frames.
    pub(super) fn opened(
        &mut self,
        conn: ConnId,
    ) -> Option<(wire::ConnId, Option<Box<dyn Observer>>)> {
        let open = self.open.get_mut(&conn)?;
        let how = self.hows.get(&home_of(open.ours));
        let observer = how
            .and_then(|how| how.observe.as_ref())
            .map(|observe| observe());
        open.observed = observer.is_some();
        self.observed += usize::from(open.observed);
        Some((open.ours, observer))
    }

    pub(super) fn gone(&mut self, conn: ConnId) -> Option<Open> {
        let open = self.open.remove(&conn)?;
        self.theirs.remove(&open.ours);
        self.observed -= usize::from(open.observed);
        Some(open)
    }
}

/// The network of one call into the machine.
pub(super) struct View<'a, 'c> {
    pub(super) cx: &'a mut Cx<'c>,
    pub(super) conns: &'a mut Conns,
}

impl Net for View<'_, '_> {
    fn connect(&mut self, id: wire::ConnId, to: &Endpoint, deadline: Instant) {
        // Without TLS where there should be some would be worse than no connection.
        let Some(how) = self.conns.hows.get(&home_of(id)) else {
            self.conns.lost.push(id);
            return;
        };
        let target = match &to.addr {
            Addr::Ip(at) => Target::Addresses(vec![*at]),
            Addr::Unix(path) => Target::Unix(path.clone()),
            Addr::Name(name, port) => Target::Name(name.clone(), *port),
        };
        let mut connect = Connect::new(target).timeout(deadline.saturating_since(self.cx.now()));
        connect = connect.config(Arc::clone(&how.config));
        if let Some(dialer) = &how.dialer {
            connect = connect.dialer(Arc::clone(dialer));
        }
        if let Some((tls, name)) = &how.tls {
            connect = connect.tls(Arc::clone(tls), name.clone());
        }
        let conn = self.cx.connect(connect);
        self.conns.theirs.insert(id, conn);
        self.conns.open.insert(
            conn,
            Open {
                ours: id,
                address: to.addr.to_string(),
                observed: false,
                goaway: None,
            },
        );
    }

    fn wire(&mut self, id: wire::ConnId) -> Option<&mut dyn Wire> {
        let conn = self.cx.client(*self.conns.theirs.get(&id)?)?;
        Some(conn)
    }

    fn close(&mut self, id: wire::ConnId, how: Close) {
        let Some(conn) = self.conns.theirs.get(&id).copied() else {
            return;
        };
        match (how, self.cx.conn(conn)) {
            (Close::Drain, Some(mut open)) => open.shutdown(),
            _ => self.cx.abort(conn),
        }
    }

    /// Names are resolved on the way to a connection: a target is its own address here.
    fn resolve(&mut self, id: ResolveId, _: &str) {
        self.conns.resolved.push(id);
    }

    fn random(&mut self) -> u64 {
        self.conns.random.u64(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bywash_proto::config::Keepalive;
    use std::time::Duration;

    #[test]
    fn a_channel_told_to_calm_down_pings_half_as_often() {
        let mut config = Config::default();
        config.timers.keepalive = Some(Keepalive {
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(1),
            while_idle: false,
        });
        let how = How {
            config: Arc::new(config),
            tls: None,
            dialer: None,
            observe: None,
        };
        let mut conns = Conns::default();
        conns.learn(7, how.clone());
        conns.learn(8, how);
        conns.calm(wire::ConnId(7 << 32 | 3));
        let interval = |home| {
            let keepalive = conns.hows[&home].config.timers.keepalive;
            keepalive.map(|keepalive| keepalive.interval.as_secs())
        };
        assert_eq!((interval(7), interval(8)), (Some(20), Some(10)));
    }

    struct Blind;

    impl Observer for Blind {
        fn frame(&mut self, _: &bywash_proto::observer::Seen<'_>) {}
    }

    /// Nothing stays of channels that are closed, and callers lead again once the last observed one is.
    #[test]
    fn a_closed_channel_is_forgotten() {
        let mut conns = Conns::default();
        let how = How {
            config: Arc::new(Config::default()),
            tls: None,
            dialer: None,
            observe: Some(Arc::new(|| Box::new(Blind))),
        };
        conns.learn(1, how.clone());
        conns.learn(2, how);
        assert_eq!(conns.observed, 2);
        for home in [1, 1, 3, 2] {
            conns.forget(home);
        }
        assert!(conns.hows.is_empty());
        assert_eq!(conns.observed, 0);
    }
}
