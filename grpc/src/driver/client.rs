//! The loop of channels.

use super::{
    conns::{Conns, How, View},
    drive::{Drive, Turn, Turning},
    mail::Mail,
};
use crate::{
    client::{ClientCore, Letter, Post},
    host::Slot,
    panics::caught,
    room::shed,
    status::{ConnError, ConnFault},
    wire::{Instant, NetEvent, proto},
};

use bywash_mio::{
    ConnId, Cx, EventLoop, Handler, TimerId,
    error::{ConnectError, ConnectFault, End, TlsFault},
};
use bywash_proto::event::Event;
use std::{collections::VecDeque, sync::Arc, time::Duration};

pub(super) enum Message {
    Letter(Letter),
    /// A channel of this number is to come.
    Channel(u64, How),
}

/// A loop without a leader for so long may have missed what its connections said: it listens before it speaks.
const STALE: Duration = Duration::from_secs(1);

/// How often a turn looks for mail, before the sockets have theirs: who answers mail by mail must not keep them from it.
const ROUNDS: usize = 8;

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
}

/// The loop for one turn.
struct Leading<'a> {
    state: &'a mut State,
    mail: Option<&'a Mail<Message>>,
    turn: Turn<'a>,
}

/// What a server says to a client that pings too often (gRPC's proposal A8).
const TOO_MANY_PINGS: &[u8] = b"too_many_pings";

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
            },
        }
    }
}

impl Turning for Loop {
    type Message = Message;

    fn turn(&mut self, mail: &Mail<Message>, turn: Turn<'_>) -> bool {
        // Others wait for what a panic would leave half done: the loop ends instead, and tells them.
        caught(|| self.turn_once(mail, turn)).unwrap_or(false)
    }

    fn reserves(&self) -> bool {
        let state = &self.state;
        !state.deferred.is_empty() || state.conns.observed > 0 || state.core.runs_user_code()
    }

    fn end(&mut self, left: VecDeque<Message>) {
        let State {
            core,
            messages,
            deferred,
            ..
        } = &mut self.state;
        let said = deferred.drain(..).chain(messages.drain(..)).chain(left);
        let letters = said.filter_map(|message| match message {
            Message::Letter(letter) => Some(letter),
            Message::Channel(..) => None,
        });
        // The loop is broken; this is all that can be done.
        let _ = caught(|| core.end(letters));
    }
}

impl Loop {
    fn turn_once(&mut self, mail: &Mail<Message>, turn: Turn<'_>) -> bool {
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
}

impl Leading<'_> {
    /// Hears what the mail says, until there is nothing. False if there may be more.
    fn read_mail(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.turn.keeper {
            while let Some(message) = self.state.deferred.pop_front() {
                self.state.hear(cx, message);
            }
            shed(&mut self.state.deferred);
        }
        let Some(mail) = self.mail else { return true };
        for _ in 0..ROUNDS {
            mail.take_or_sleep(&mut self.state.messages);
            if self.state.messages.is_empty() {
                return true;
            }
            while let Some(message) = self.state.messages.pop_front() {
                let defer = !self.state.deferred.is_empty() || message.runs_user_code();
                match defer && !self.turn.keeper {
                    true => self.state.deferred.push_back(message),
                    false => self.state.hear(cx, message),
                }
            }
        }
        false
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
                let closes = letter.closes();
                let conns = &mut self.conns;
                self.core.on_letter(now, &mut View { cx, conns }, letter);
                if let Some(home) = closes {
                    self.conns.forget(home);
                }
            }
            Message::Channel(home, how) => self.conns.learn(home, how),
        }
    }

    fn tell(&mut self, cx: &mut Cx<'_>, event: NetEvent<'_>) {
        let now = cx.now();
        let conns = &mut self.conns;
        self.core.on_net(now, &mut View { cx, conns }, event);
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
        let Some((ours, observer)) = self.state.conns.opened(conn) else {
            return;
        };
        if let (Some(observer), Some(mut open)) = (observer, cx.conn(conn)) {
            open.observe(observer);
        }
        self.state.tell(cx, NetEvent::Connected { id: ours });
    }

    fn on_connect_failed(&mut self, cx: &mut Cx<'_>, conn: ConnId, error: ConnectError) {
        if let Some(open) = self.state.conns.gone(conn) {
            let why = Arc::new(failure(error));
            self.state
                .tell(cx, NetEvent::ConnectFailed { id: open.ours, why });
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>, conn: ConnId, end: &End, _: u64) {
        if let Some(open) = self.state.conns.gone(conn) {
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
        let read = self.read_mail(cx);
        while let Some(id) = self.state.conns.resolved.pop() {
            let result = Ok(Vec::new());
            self.state.tell(cx, NetEvent::Resolved { id, result });
        }
        while let Some(id) = self.state.conns.lost.pop() {
            let (address, fault) = (String::new(), ConnFault::Closed);
            let why = Arc::new(ConnError { address, fault });
            self.state.tell(cx, NetEvent::ConnectFailed { id, why });
        }
        self.state.core.flush();
        self.state.arm(cx);
        if !read || self.need_not_sleep() {
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
}
