//! The client that is flooded: a process of its own, one loop of bywash-mio. It keeps requests open at a malicious
//! server, connects again whenever that connection ends, and meanwhile makes one request after the other of an honest
//! server, measuring how long each takes.
//!
//! For each line on standard input it prints how long the honest requests since the last line took, microseconds in
//! ascending order; without input it ends.

use std::io::BufRead;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use bywash_mio::error::{ConnectError, End};
use bywash_mio::tls::ClientTls;
use bywash_mio::{
    ConnId, Connect, Connector, Cx, EventLoop, Handler, LoopOptions, Target, TimerId,
};
use bywash_proto::event::Event;
use bywash_proto::vocabulary::StreamRef;

/// Requests that are kept open at the malicious server.
const OPEN: u32 = 20;
/// The body of the first of them.
const UPLOAD: usize = 1 << 20;
/// Between honest requests, and before an attempt to connect is repeated.
const PAUSE: Duration = Duration::from_millis(1);
/// Honest requests before a connection is made anew, so that connecting is measured too.
const PER_CONNECTION: u32 = 100;

/// What timers are for.
const ASK: u64 = 0;
const RECONNECT: u64 = 1;

struct Victim {
    addresses: [SocketAddr; 2],
    tls: Option<Arc<dyn Connector>>,
    malicious: ConnId,
    honest: ConnId,
    /// Open at the malicious server.
    open: u32,
    upload: Option<(StreamRef, Bytes)>,
    /// When the honest request began that is not answered yet, and its number on the connection.
    began: Instant,
    number: u32,
    waits: Vec<Duration>,
    over: bool,
}

/// Runs until standard input ends.
///
/// # Errors
/// The system's, and a honest server that does not answer.
pub(crate) fn run(malicious: &str, honest: &str, secure: bool) -> Result<(), String> {
    let parse = |text: &str| text.parse().map_err(|_| format!("{text}: no address"));
    let addresses = [parse(malicious)?, parse(honest)?];
    let tls: Option<Arc<dyn Connector>> = match secure {
        true => {
            let built = ClientTls::insecure().build();
            Some(Arc::new(built.map_err(|fault| fault.to_string())?))
        }
        false => None,
    };
    let mut looped = EventLoop::new(LoopOptions::default()).map_err(|error| error.to_string())?;
    let handle = looped.handle();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || handle.send(true).is_err() {
                break;
            }
        }
        // A loop that is gone has ended already.
        let _ = handle.send(false);
    });
    let to = |cx: &mut Cx<'_>, address| cx.connect(connection(address, tls.as_ref()));
    let mut victim = Victim {
        malicious: to(&mut looped.cx(), addresses[0]),
        honest: to(&mut looped.cx(), addresses[1]),
        addresses,
        tls: tls.clone(),
        open: 0,
        upload: None,
        began: Instant::now(),
        number: 0,
        waits: Vec::new(),
        over: false,
    };
    while !victim.over {
        looped
            .turn(&mut victim, None)
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn connection(address: SocketAddr, tls: Option<&Arc<dyn Connector>>) -> Connect {
    let connect = Connect::new(Target::Addresses(vec![address]));
    match tls {
        Some(tls) => connect.tls(tls.clone(), "localhost"),
        None => connect,
    }
}

/// There is no use in going on without the honest server.
fn fail(why: &dyn std::fmt::Display) -> ! {
    eprintln!("flood: the honest server: {why}");
    std::process::exit(1)
}

impl Victim {
    fn head(&self, method: &'static str) -> [(&'static str, &'static str); 4] {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        [
            (":method", method),
            (":scheme", scheme),
            (":authority", "localhost"),
            (":path", "/"),
        ]
    }

    /// Opens requests at the malicious server until there are enough.
    fn fill(&mut self, cx: &mut Cx<'_>) {
        while self.open < OPEN {
            let is_upload = self.open == 0 && self.upload.is_none();
            let head = self.head(if is_upload { "POST" } else { "GET" });
            let Some(client) = cx.client(self.malicious) else {
                return;
            };
            // A draining connection and a full one take no more: the next connection will.
            let Ok(stream) = client.request(&head, !is_upload) else {
                return;
            };
            self.open += 1;
            if is_upload {
                self.upload = Some((stream, vec![b'x'; UPLOAD].into()));
                self.pump(cx);
            }
        }
    }

    fn pump(&mut self, cx: &mut Cx<'_>) {
        if let (Some((stream, rest)), Some(mut conn)) = (&mut self.upload, cx.conn(self.malicious))
        {
            while !rest.is_empty() {
                let mut piece = rest.slice(..rest.len().min(16_384));
                match conn.send(*stream).data(&mut piece, false) {
                    Ok(taken) if taken > 0 => drop(rest.split_to(taken)),
                    // It waits for `Writable`, or its stream is gone.
                    _ => return,
                }
            }
        }
    }

    /// The next honest request, on a new connection after some.
    fn ask(&mut self, cx: &mut Cx<'_>) {
        self.began = Instant::now();
        if self.number == PER_CONNECTION {
            self.number = 0;
            if let Some(mut conn) = cx.conn(self.honest) {
                conn.shutdown();
            }
            self.honest = cx.connect(connection(self.addresses[1], self.tls.as_ref()));
            return;
        }
        self.request(cx);
    }

    fn request(&mut self, cx: &mut Cx<'_>) {
        let head = self.head("GET");
        let Some(client) = cx.client(self.honest) else {
            fail(&"the connection is gone");
        };
        self.number += 1;
        if let Err(error) = client.request(&head, true) {
            fail(&error);
        }
    }

    /// A stream has ended, as it should or not.
    fn ended(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        if conn == self.honest {
            self.waits.push(self.began.elapsed());
            cx.set_timer(cx.now().saturating_add(PAUSE), ASK);
        } else if conn == self.malicious {
            self.open = self.open.saturating_sub(1);
            self.fill(cx);
        }
    }

    fn report(&mut self) {
        let mut waits = std::mem::take(&mut self.waits);
        waits.sort_unstable();
        let words: Vec<String> = waits
            .iter()
            .map(|wait| wait.as_micros().to_string())
            .collect();
        println!("{}", words.join(" "));
    }
}

impl Handler for Victim {
    /// Whether to report; else to end.
    type Message = bool;

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        match event {
            Event::Response { end: true, .. } | Event::Trailers { .. } => self.ended(cx, conn),
            Event::Data { stream, data, end } => {
                if let Some(mut open) = cx.conn(conn) {
                    // Not more than came, so it cannot fail.
                    let _ = open.recv(stream).release(data.len() as u32);
                }
                if end {
                    self.ended(cx, conn);
                }
            }
            Event::Ended { stream, end } => {
                if conn == self.honest {
                    fail(&end);
                }
                if self.upload.as_ref().is_some_and(|(up, _)| *up == stream) {
                    self.upload = None;
                }
                self.ended(cx, conn);
            }
            Event::Writable { .. } => self.pump(cx),
            _ => {}
        }
    }

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        if conn == self.honest {
            self.request(cx);
        } else {
            self.open = 0;
            self.upload = None;
            self.fill(cx);
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>, conn: ConnId, end: &End, _: u64) {
        if conn == self.honest {
            fail(end);
        }
        if conn == self.malicious {
            self.malicious = cx.connect(connection(self.addresses[0], self.tls.as_ref()));
        }
    }

    fn on_connect_failed(&mut self, cx: &mut Cx<'_>, conn: ConnId, error: ConnectError) {
        if conn == self.honest {
            fail(&error);
        }
        cx.set_timer(cx.now().saturating_add(PAUSE), RECONNECT);
    }

    fn on_timer(&mut self, cx: &mut Cx<'_>, _: TimerId, key: u64) {
        match key {
            ASK => self.ask(cx),
            _ => self.malicious = cx.connect(connection(self.addresses[0], self.tls.as_ref())),
        }
    }

    fn may_wait(&mut self, _: bool) -> bool {
        !self.over
    }

    fn on_message(&mut self, _: &mut Cx<'_>, report: bool) {
        match report {
            true => self.report(),
            false => self.over = true,
        }
    }
}
