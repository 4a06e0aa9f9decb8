//! The connection that a control connection is about, and its application.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bywash_mio::{Conn, ConnId, Connect, Cx, Handler, Listen, Target};
use bywash_proto::config::Config;
use bywash_proto::connection::{RecvHalf, SendHalf};
use bywash_proto::event::Event;
use bywash_proto::{client, server, vocabulary};
use bywash_spec_tests::cases::Wish;
use bywash_spec_tests::cases::application::{Application, Hands, configure};
use bywash_spec_tests::raw::Role;

use crate::Tls;

/// How long a line waits for octets: what comes after an error is not read any more.
const PATIENCE: Duration = Duration::from_millis(300);

/// Where the connection is.
enum State {
    /// Not asked for yet.
    Unborn,
    /// It is being made.
    Coming,
    Open(ConnId),
    Gone,
}

/// The connection with its application.
pub(crate) struct Ends {
    /// Lines not answered yet, and when they came.
    pub(crate) lines: VecDeque<(String, Instant)>,
    /// Whether the control connection has ended.
    pub(crate) left: bool,
    /// Whether something came that was not looked at yet.
    pub(crate) news: bool,
    tls: Tls,
    config: Config,
    state: State,
    application: Application,
}

/// A connection in the application's hands.
struct Held<'a> {
    conn: Conn<'a>,
    now: vocabulary::Instant,
}

impl Hands for Held<'_> {
    fn server(&mut self) -> &mut server::Connection {
        self.conn.server().expect("the application is a server's")
    }

    fn client(&mut self) -> &mut client::Connection {
        self.conn.client().expect("the application is a client's")
    }

    fn send(&mut self, stream: vocabulary::StreamRef) -> SendHalf<'_> {
        self.conn.send(stream)
    }

    fn recv(&mut self, stream: vocabulary::StreamRef) -> RecvHalf<'_> {
        self.conn.recv(stream)
    }

    fn shutdown(&mut self) {
        self.conn.shutdown();
    }

    fn ping(&mut self, payload: [u8; 8]) -> bool {
        let now = self.now;
        let sent = match self.conn.server() {
            Some(server) => server.ping(now, payload),
            None => self.client().ping(now, payload),
        };
        sent.is_ok()
    }
}

impl Ends {
    pub(crate) fn new(tls: Tls) -> Self {
        Self {
            lines: VecDeque::new(),
            left: false,
            news: false,
            tls,
            config: Config::default(),
            state: State::Unborn,
            application: Application::new(Role::Server),
        }
    }

    /// Answers the first line, if its time has come.
    pub(crate) fn answer(&mut self, cx: &mut Cx<'_>) -> Option<String> {
        let (line, since) = self.lines.front()?;
        let (line, late) = (line.clone(), since.elapsed() >= PATIENCE);
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match word {
            "configure" => yes(self.configure(rest)),
            "serve" => self.serve(cx, rest == "tls"),
            "connect" => self.connect(cx, rest),
            "wish" | "told" => {
                let (octets, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                let octets = octets.parse().unwrap_or(0);
                if !late && !self.has_read(cx, octets) {
                    return None;
                }
                match word {
                    "wish" => yes(self.wish(cx, rest)),
                    _ => self.told(rest),
                }
            }
            _ => format!("no such word: {word}"),
        };
        self.lines.pop_front();
        Some(answer)
    }

    fn configure(&mut self, words: &str) -> bool {
        let unborn = matches!(self.state, State::Unborn);
        unborn && Wish::from_words(words).is_some_and(|wish| configure(&mut self.config, &wish))
    }

    fn serve(&mut self, cx: &mut Cx<'_>, secure: bool) -> String {
        let mut listen = Listen::tcp(SocketAddr::from(([127, 0, 0, 1], 0)));
        match (secure, &self.tls.server) {
            (true, Some(tls)) => listen = listen.tls(tls.clone()),
            (true, None) => return "no certificate was given".to_owned(),
            (false, _) => {}
        }
        self.config.secure |= secure;
        let listening = cx
            .listen(listen.config(self.config.clone()))
            .and_then(|id| cx.listening_at(id));
        match listening.map(|address| address.tcp()) {
            Ok(Some(address)) => {
                self.born(Role::Server);
                format!("at {address}")
            }
            Ok(None) => "no address".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn connect(&mut self, cx: &mut Cx<'_>, rest: &str) -> String {
        let (address, tls) = rest.split_once(' ').unwrap_or((rest, ""));
        let Ok(address) = address.parse() else {
            return format!("{address}: no address");
        };
        let mut connect = Connect::new(Target::Addresses(vec![address]));
        if tls == "tls" {
            self.config.secure = true;
            connect = connect.tls(self.tls.client.clone(), "localhost");
        }
        cx.connect(connect.config(self.config.clone()));
        self.born(Role::Client);
        yes(true)
    }

    fn born(&mut self, role: Role) {
        self.application = Application::new(role);
        self.state = State::Coming;
    }

    /// Whether all these octets have been read, and what they say is known to the application.
    fn has_read(&self, cx: &mut Cx<'_>, octets: u64) -> bool {
        match self.state {
            State::Unborn | State::Gone => true,
            State::Coming => false,
            State::Open(id) => cx
                .conn(id)
                .is_none_or(|mut conn| conn.stats().bytes_received >= octets),
        }
    }

    fn wish(&mut self, cx: &mut Cx<'_>, words: &str) -> bool {
        let (State::Open(id), Some(wish)) = (&self.state, Wish::from_words(words)) else {
            return false;
        };
        let now = cx.now();
        cx.conn(*id)
            .is_some_and(|conn| self.application.wish(&mut Held { conn, now }, &wish))
    }

    fn told(&self, stream: &str) -> String {
        let stream = stream.parse().unwrap_or(0);
        self.application.told(stream).word().to_owned()
    }
}

fn yes(done: bool) -> String {
    if done { "yes" } else { "no" }.to_owned()
}

impl Handler for Ends {
    type Message = Option<String>;

    fn on_event(&mut self, cx: &mut Cx<'_>, id: ConnId, event: Event<'_>) {
        let now = cx.now();
        if let Some(conn) = cx.conn(id) {
            self.application.on_event(&mut Held { conn, now }, &event);
        }
    }

    fn on_open(&mut self, _: &mut Cx<'_>, conn: ConnId) {
        self.state = State::Open(conn);
    }

    fn on_close(&mut self, _: &mut Cx<'_>, _: ConnId, _: &bywash_mio::error::End, _: u64) {
        self.state = State::Gone;
    }

    fn on_connect_failed(
        &mut self,
        _: &mut Cx<'_>,
        _: ConnId,
        error: bywash_mio::error::ConnectError,
    ) {
        eprintln!("obey: {error}");
        self.state = State::Gone;
    }

    fn may_wait(&mut self, _: bool) -> bool {
        !self.news
    }

    fn on_message(&mut self, _: &mut Cx<'_>, line: Option<String>) {
        self.news = true;
        match line {
            Some(line) => self.lines.push_back((line, Instant::now())),
            None => self.left = true,
        }
    }
}
