//! The loop of channels.

use super::{
    drive::{Drive, Turn, Turning},
    mail::Mail,
};
use crate::{
    client::{ClientCore, Letter, Post},
    host::Slot,
    status::{ConnError, ConnFault},
    wire::{self, Addr, Close, Endpoint, Instant, Net, NetEvent, ResolveId, Wire, proto},
};
use bytes::Bytes;
use bywash_mio::{
    ConnId, Connect, Connector, Cx, Dial, EventLoop, Handler, Target, TimerId,
    error::{ConnectError, ConnectFault, End, TlsFault},
};
use bywash_proto::{config::Config, event::Event, observer::Observer};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

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

pub(super) enum Message {
    Letter(Letter),
    /// A channel of this number is to come.
    Channel(u64, How),
}

/// A loop without a leader for so long may have missed what its connections said: it listens before it speaks.
const STALE: Duration = Duration::from_secs(1);

/// The timer of the machine's time.
const TIME: u64 = 0;
/// A timer that is due at once: the loop does not sleep.
const NUDGE: u64 = 1;

/// Carries letters to the loop.
pub(super) struct Carrier(pub(super) Arc<Drive<Loop>>);

impl Post for Carrier {
    fn post(&self, letter: Letter) -> bool {
        self.0.post(Message::Letter(letter), false)
    }

    fn post_and_wait(&self, letter: Letter) -> bool {
        self.0.post(Message::Letter(letter), true)
    }
}

struct Open {
    ours: wire::ConnId,
    address: String,
    /// The peer's last GOAWAY: its code, and what it added.
    goaway: Option<(u32, Bytes)>,
}

#[derive(Default)]
struct Conns {
    hows: HashMap<u64, How>,
    theirs: HashMap<wire::ConnId, ConnId>,
    open: HashMap<ConnId, Open>,
    random: fastrand::Rng,
    /// Answers that must not come before the question has returned.
    resolved: Vec<ResolveId>,
}

/// Channels and their sockets.
pub(super) struct Loop {
    event_loop: EventLoop,
    state: State,
    last_turn: Instant,
}

/// What the sockets' events go to.
struct State {
    core: ClientCore,
    conns: Conns,
    timer: Option<(Instant, TimerId)>,
    /// Taken from the mail.
    messages: VecDeque<Message>,
    /// Messages that may run code of the user's, and those behind them: the keeper's.
    deferred: VecDeque<Message>,
    /// Whether frames are shown to observers, which are code of the user's.
    observed: bool,
}

/// The loop for one turn.
struct Leading<'a> {
    state: &'a mut State,
    mail: Option<&'a Mail<Message>>,
    turn: Turn<'a>,
}

/// What a server says to a client that pings too often (gRPC's proposal A8).
const TOO_MANY_PINGS: &[u8] = b"too_many_pings";

impl Conns {
    /// The channel of a connection pings half as often from now on.
    fn calm(&mut self, id: wire::ConnId) {
        if let Some(how) = self.hows.get_mut(&crate::client::home_of(id)) {
            if let Some(keepalive) = &mut Arc::make_mut(&mut how.config).timers.keepalive {
                keepalive.interval = keepalive.interval.saturating_mul(2);
            }
        }
    }
}

/// The network of one call into the machine.
struct View<'a, 'c> {
    cx: &'a mut Cx<'c>,
    conns: &'a mut Conns,
}

impl Net for View<'_, '_> {
    fn connect(&mut self, id: wire::ConnId, to: &Endpoint, deadline: Instant) {
        let target = match &to.addr {
            Addr::Ip(at) => Target::Addresses(vec![*at]),
            Addr::Unix(path) => Target::Unix(path.clone()),
            Addr::Name(name, port) => Target::Name(name.clone(), *port),
        };
        let mut connect = Connect::new(target).timeout(deadline.saturating_since(self.cx.now()));
        if let Some(how) = self.conns.hows.get(&crate::client::home_of(id)) {
            connect = connect.config(Arc::clone(&how.config));
            if let Some(dialer) = &how.dialer {
                connect = connect.dialer(Arc::clone(dialer));
            }
            if let Some((tls, name)) = &how.tls {
                connect = connect.tls(Arc::clone(tls), name.clone());
            }
        }
        let conn = self.cx.connect(connect);
        self.conns.theirs.insert(id, conn);
        self.conns.open.insert(
            conn,
            Open {
                ours: id,
                address: to.addr.to_string(),
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

impl Loop {
    pub(super) fn new(event_loop: EventLoop, core: ClientCore) -> Loop {
        Loop {
            last_turn: event_loop.clock().now(),
            event_loop,
            state: State {
                core,
                conns: Conns::default(),
                timer: None,
                messages: VecDeque::new(),
                deferred: VecDeque::new(),
                observed: false,
            },
        }
    }
}

impl Turning for Loop {
    type Message = Message;

    fn turn(&mut self, mail: &Mail<Message>, turn: Turn<'_>) -> bool {
        let clock = self.event_loop.clock();
        let mut works = true;
        if clock.now().saturating_since(self.last_turn) > STALE && !turn.keeper {
            let mut listening = Leading {
                state: &mut self.state,
                mail: None,
                turn,
            };
            let listened = self.event_loop.turn(&mut listening, Some(Duration::ZERO));
            works &= listened.is_ok();
        }
        let mut leading = Leading {
            state: &mut self.state,
            mail: Some(mail),
            turn,
        };
        works &= self.event_loop.turn(&mut leading, turn.longest).is_ok();
        self.last_turn = clock.now();
        // Polling fails only for want of memory or by a mistake; there is nobody to tell.
        works
    }

    fn reserves(&self) -> bool {
        let state = &self.state;
        !state.deferred.is_empty() || state.observed || state.core.runs_user_code()
    }
}

impl Leading<'_> {
    /// Hears what the mail says, until there is nothing.
    fn read_mail(&mut self, cx: &mut Cx<'_>) {
        if self.turn.keeper {
            while let Some(message) = self.state.deferred.pop_front() {
                self.state.hear(cx, message);
            }
        }
        let Some(mail) = self.mail else { return };
        loop {
            mail.take_or_sleep(&mut self.state.messages);
            if self.state.messages.is_empty() {
                return;
            }
            while let Some(message) = self.state.messages.pop_front() {
                let defer = !self.state.deferred.is_empty() || message.runs_user_code();
                match defer && !self.turn.keeper {
                    true => self.state.deferred.push_back(message),
                    false => self.state.hear(cx, message),
                }
            }
        }
    }

    fn need_not_sleep(&self) -> bool {
        let for_keeper = !self.turn.keeper && !self.state.deferred.is_empty();
        for_keeper || self.turn.slot.is_some_and(Slot::is_set)
    }
}

impl Message {
    fn runs_user_code(&self) -> bool {
        match self {
            Message::Letter(letter) => letter.runs_user_code(),
            Message::Channel(_, how) => how.observe.is_some(),
        }
    }
}

impl State {
    fn hear(&mut self, cx: &mut Cx<'_>, message: Message) {
        match message {
            Message::Letter(letter) => {
                let now = cx.now();
                let conns = &mut self.conns;
                self.core.on_letter(now, &mut View { cx, conns }, letter);
            }
            Message::Channel(home, how) => {
                self.observed |= how.observe.is_some();
                self.conns.hows.insert(home, how);
            }
        }
    }

    fn tell(&mut self, cx: &mut Cx<'_>, event: NetEvent<'_>) {
        let now = cx.now();
        let conns = &mut self.conns;
        self.core.on_net(now, &mut View { cx, conns }, event);
    }

    fn gone(&mut self, conn: ConnId) -> Option<Open> {
        let open = self.conns.open.remove(&conn)?;
        self.conns.theirs.remove(&open.ours);
        Some(open)
    }

    fn arm(&mut self, cx: &mut Cx<'_>) {
        let next = self.core.next_time();
        let armed = self.timer.map(|(at, _)| at);
        if next.is_none_or(|next| armed.is_some_and(|armed| armed <= next)) {
            return;
        }
        if let Some((_, timer)) = self.timer.take() {
            cx.cancel_timer(timer);
        }
        if let Some(next) = next {
            self.timer = Some((next, cx.set_timer(next, TIME)));
        }
    }
}

impl Handler for Leading<'_> {
    type Message = ();

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        let Some(ours) = self.state.conns.open.get(&conn).map(|open| open.ours) else {
            return;
        };
        let how = self.state.conns.hows.get(&crate::client::home_of(ours));
        if let (Some(observe), Some(mut open)) =
            (how.and_then(|how| how.observe.as_ref()), cx.conn(conn))
        {
            open.observe(observe());
        }
        self.state.tell(cx, NetEvent::Connected { id: ours });
    }

    fn on_connect_failed(&mut self, cx: &mut Cx<'_>, conn: ConnId, error: ConnectError) {
        if let Some(open) = self.state.gone(conn) {
            let why = Arc::new(failure(error));
            self.state
                .tell(cx, NetEvent::ConnectFailed { id: open.ours, why });
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>, conn: ConnId, end: &End, _: u64) {
        if let Some(open) = self.state.gone(conn) {
            let said = open.goaway.as_ref().map(|(_, debug)| &debug[..]);
            if said == Some(TOO_MANY_PINGS) {
                self.state.conns.calm(open.ours);
            }
            let why = proto::closed(open.address, end.reason, open.goaway);
            self.state.tell(cx, NetEvent::Closed { id: open.ours, why });
        }
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        let Some(id) = self.state.conns.open.get(&conn).map(|open| open.ours) else {
            return;
        };
        let mut spent = None;
        let told = proto::stream_event(event, &mut spent, |stream, event| {
            self.state.tell(cx, NetEvent::Stream { id, stream, event });
        });
        if let (Some(head), Some(conn)) = (spent, cx.client(conn)) {
            conn.recycle(head);
        }
        let Some(event) = told
            .err()
            .and_then(|event| proto::connection_event(id, event))
        else {
            return;
        };
        if let (NetEvent::GoAway { code, debug, .. }, Some(open)) =
            (&event, self.state.conns.open.get_mut(&conn))
        {
            open.goaway = Some((*code, debug.clone()));
        }
        self.state.tell(cx, event);
    }

    fn on_message(&mut self, _: &mut Cx<'_>, (): ()) {}

    fn on_timer(&mut self, cx: &mut Cx<'_>, _: TimerId, key: u64) {
        if key == NUDGE {
            return;
        }
        self.state.timer = None;
        let now = cx.now();
        let conns = &mut self.state.conns;
        self.state.core.on_time(now, &mut View { cx, conns });
    }

    fn before_wait(&mut self, cx: &mut Cx<'_>) {
        self.read_mail(cx);
        while let Some(id) = self.state.conns.resolved.pop() {
            let result = Ok(Vec::new());
            self.state.tell(cx, NetEvent::Resolved { id, result });
        }
        self.state.core.flush();
        self.state.arm(cx);
        if self.need_not_sleep() {
            let now = cx.now();
            cx.set_timer(now, NUDGE);
        }
    }
}

/// A loop's error as a status carries it.
fn failure(error: ConnectError) -> ConnError {
    let address = match &error.address {
        Some(address) => address.to_string(),
        None => error.target,
    };
    let fault = match error.fault {
        ConnectFault::Resolve(_) => ConnFault::Resolve,
        ConnectFault::Refused => ConnFault::Refused,
        ConnectFault::Unreachable(_) => ConnFault::Unreachable,
        ConnectFault::TimedOut => ConnFault::Timeout,
        ConnectFault::Tls(TlsFault::Alpn) => ConnFault::Alpn,
        ConnectFault::Tls(fault) => ConnFault::Tls(Box::new(fault)),
        ConnectFault::Io(error) => ConnFault::Io(error),
        other => ConnFault::Io(std::io::Error::other(other.to_string())),
    };
    ConnError { address, fault }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bywash_proto::config::Keepalive;
    use std::time::Duration;

    /// What stops a connection from coming about keeps its step and its address.
    #[test]
    fn each_fault_is_told_as_what_it_is() {
        use std::io::{Error, ErrorKind};
        let at = "192.0.2.1:443".parse().unwrap();
        let told = |address: Option<std::net::SocketAddr>, fault| {
            let target = "a.example:443".to_owned();
            let address = address.map(bywash_mio::Address::Tcp);
            failure(ConnectError {
                target,
                address,
                fault,
            })
        };
        let no_way = || Error::from(ErrorKind::NetworkUnreachable);
        type IsRight = fn(&ConnFault) -> bool;
        let cases: [(ConnectFault, IsRight); 6] = [
            (ConnectFault::Refused, |f| matches!(f, ConnFault::Refused)),
            (ConnectFault::Unreachable(no_way()), |f| {
                matches!(f, ConnFault::Unreachable)
            }),
            (ConnectFault::TimedOut, |f| matches!(f, ConnFault::Timeout)),
            (ConnectFault::Tls(TlsFault::Alpn), |f| {
                matches!(f, ConnFault::Alpn)
            }),
            (ConnectFault::Tls(TlsFault::Eof), |f| {
                matches!(f, ConnFault::Tls(_))
            }),
            (ConnectFault::NoRoom, |f| matches!(f, ConnFault::Io(_))),
        ];
        for (fault, is_right) in cases {
            let text = fault.to_string();
            let error = told(Some(at), fault);
            assert!(is_right(&error.fault), "{text}: {error:?}");
            assert_eq!(error.address, "192.0.2.1:443");
        }
        let error = told(None, ConnectFault::Resolve(ErrorKind::NotFound.into()));
        assert!(matches!(error.fault, ConnFault::Resolve), "{error:?}");
        assert_eq!(error.address, "a.example:443");
    }

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
        conns.hows.insert(7, how.clone());
        conns.hows.insert(8, how);
        conns.calm(wire::ConnId(7 << 40 | 3));
        let interval = |home| {
            let keepalive = conns.hows[&home].config.timers.keepalive;
            keepalive.map(|keepalive| keepalive.interval.as_secs())
        };
        assert_eq!((interval(7), interval(8)), (Some(20), Some(10)));
    }
}
