//! The client: opens requests, follows them, sends again what is safe to send again.

use super::dump::{self, Dump};
use super::job::{Job, Outcome, UploadError};
use super::options::Options;
use super::server::Server;
use bytes::Bytes;
use bywash_mio::error::{ConnectError, End};
use bywash_mio::proto::error::{OpenError, StreamEnd};
use bywash_mio::proto::event::Event;
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::vocabulary::{ErrorCode, Instant, StreamRef};
use bywash_mio::{ConnId, Connector, Cx, Handler, TimerId};
use std::collections::HashMap;
use std::fmt::Display;
use std::io::Write;
use std::sync::Arc;

/// A request is sent so many times at most, when the server says each time that it did nothing; and
/// so many connections in a row may end before anything came of them.
const TRIES: u32 = 3;

pub(crate) struct Client {
    options: Options,
    tls: Option<Arc<dyn Connector>>,
    servers: Vec<Server>,
    jobs: Vec<Job>,
    streams: HashMap<(ConnId, StreamRef), usize>,
    /// Which server a connection leads to.
    conns: HashMap<ConnId, usize>,
    /// The URL whose body is printed now.
    printing: usize,
    start: Instant,
}

impl Client {
    pub(crate) fn new(options: Options, tls: Option<Arc<dyn Connector>>, start: Instant) -> Self {
        let mut servers: Vec<Server> = Vec::new();
        let mut jobs = Vec::new();
        for url in &options.urls {
            let known = servers.iter().position(|s| s.origin == url.origin);
            let server = known.unwrap_or_else(|| {
                servers.push(Server::new(url.origin.clone()));
                servers.len() - 1
            });
            servers[server].waiting.push_back(jobs.len());
            jobs.push(Job::new(url.clone(), server));
        }
        Self {
            options,
            tls,
            servers,
            jobs,
            streams: HashMap::new(),
            conns: HashMap::new(),
            printing: 0,
            start,
        }
    }

    pub(crate) fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// Whether every URL has come to its end.
    pub(crate) fn is_over(&self) -> bool {
        !self.jobs.iter().any(Job::is_open)
    }

    pub(crate) fn begin(&mut self, cx: &mut Cx<'_>) {
        if let Some(timeout) = self.options.timeout {
            cx.set_timer(self.start.saturating_add(timeout), 0);
        }
        for server in 0..self.servers.len() {
            self.go_on(cx, server);
        }
    }

    /// Opens as many of a server's requests as it takes, on a new connection if there is none.
    fn go_on(&mut self, cx: &mut Cx<'_>, server: usize) {
        while let Some(job) = self.servers[server].waiting.pop_front() {
            if !self.jobs[job].is_open() {
                continue;
            }
            let Some(conn) = self.servers[server].conn else {
                self.servers[server].waiting.push_front(job);
                let to = &mut self.servers[server];
                let conn = to.connect(cx, &self.options, self.tls.as_ref());
                self.conns.insert(conn, server);
                return;
            };
            if cx.client(conn).is_none() || !self.open(cx, conn, job) {
                // It is still being made, or has no room now.
                self.servers[server].waiting.push_front(job);
                return;
            }
        }
    }

    /// Opens a request. False if the connection has no room for it now.
    fn open(&mut self, cx: &mut Cx<'_>, conn: ConnId, index: usize) -> bool {
        let job = &mut self.jobs[index];
        let (head, is_all) = match job.prepare(&self.options) {
            Ok(prepared) => prepared,
            Err(error) => {
                self.fail(cx, index, &error);
                return true;
            }
        };
        let Some(client) = cx.client(conn) else {
            return false;
        };
        match client.request(&head, is_all) {
            Ok(stream) => {
                job.tries += 1;
                job.begun = Some(cx.now());
                job.stream = Some((conn, stream));
                self.streams.insert((conn, stream), index);
                self.upload(cx, index);
                true
            }
            Err(OpenError::Limit | OpenError::OutputFull) => false,
            Err(OpenError::Draining | OpenError::IdsExhausted) => {
                let server = job.origin;
                self.servers[server].leave(conn);
                self.servers[server].waiting.push_front(index);
                true
            }
            Err(error) => {
                self.fail(cx, index, &error);
                true
            }
        }
    }

    fn upload(&mut self, cx: &mut Cx<'_>, index: usize) {
        let job = &mut self.jobs[index];
        let (Some((conn, stream)), Some(upload)) = (job.stream, &mut job.upload) else {
            return;
        };
        let Some(mut conn) = cx.conn(conn) else {
            return;
        };
        match upload.pump(conn.send(stream)) {
            Ok(()) => {}
            Err(UploadError::Send(error)) => self.fail(cx, index, &error),
            Err(UploadError::Read(error)) => self.fail(cx, index, &error),
        }
    }

    fn response(&mut self, cx: &mut Cx<'_>, index: usize, head: &Head, end: bool) {
        let job = &mut self.jobs[index];
        job.status = head.status();
        job.answered = Some(cx.now());
        self.servers[job.origin].failures = 0;
        if end {
            self.complete(cx, index);
        }
    }

    fn data(&mut self, cx: &mut Cx<'_>, index: usize, data: &[u8], end: bool) {
        let job = &mut self.jobs[index];
        job.octets += data.len() as u64;
        if self.options.discards || index == self.printing {
            release(cx, job, data.len());
            self.print(cx, data);
        } else {
            job.held.push(Bytes::copy_from_slice(data));
        }
        if end {
            self.complete(cx, index);
        }
    }

    fn print(&mut self, cx: &mut Cx<'_>, data: &[u8]) {
        if self.options.discards {
            return;
        }
        if let Err(error) = std::io::stdout().write_all(data) {
            let why = format!("standard output: {error}");
            self.options.discards = true;
            self.fail_all(cx, &why);
        }
    }

    /// The response is whole.
    fn complete(&mut self, cx: &mut Cx<'_>, index: usize) {
        let job = &mut self.jobs[index];
        let is_cut = job.upload.as_ref().is_some_and(|upload| !upload.is_sent());
        if let (true, Some((conn, stream))) = (is_cut, job.stream) {
            // The server has answered without the rest of the request.
            if let Some(mut conn) = cx.conn(conn) {
                conn.send(stream).reset(ErrorCode::NO_ERROR);
            }
        }
        let outcome = match job.status {
            Some(status) if status >= 400 => Outcome::Failed(format!("status {status}")),
            _ => Outcome::Done,
        };
        self.end(cx, index, outcome);
    }

    fn fail(&mut self, cx: &mut Cx<'_>, index: usize, why: &dyn Display) {
        if let Some((conn, stream)) = self.jobs[index].stream {
            if let Some(mut conn) = cx.conn(conn) {
                conn.send(stream).reset(ErrorCode::CANCEL);
            }
        }
        self.end(cx, index, Outcome::Failed(why.to_string()));
    }

    fn fail_all(&mut self, cx: &mut Cx<'_>, why: &dyn Display) {
        for index in 0..self.jobs.len() {
            if self.jobs[index].is_open() {
                self.fail(cx, index, why);
            }
        }
    }

    /// All URLs of a server that have no stream.
    fn fail_waiting(&mut self, cx: &mut Cx<'_>, server: usize, why: &dyn Display) {
        while let Some(index) = self.servers[server].waiting.pop_front() {
            if self.jobs[index].is_open() {
                self.fail(cx, index, why);
            }
        }
    }

    fn end(&mut self, cx: &mut Cx<'_>, index: usize, outcome: Outcome) {
        let job = &mut self.jobs[index];
        if !job.is_open() {
            return;
        }
        job.outcome = outcome;
        job.ended = Some(cx.now());
        job.upload = None;
        if let Some(stream) = job.stream.take() {
            self.streams.remove(&stream);
        }
        self.print_next(cx);
    }

    /// Prints what has waited for the URLs before it.
    fn print_next(&mut self, cx: &mut Cx<'_>) {
        while !self.options.discards && self.printing < self.jobs.len() {
            let held = std::mem::take(&mut self.jobs[self.printing].held);
            for data in held {
                release(cx, &self.jobs[self.printing], data.len());
                self.print(cx, &data);
            }
            if self.jobs.get(self.printing).is_some_and(Job::is_open) {
                return;
            }
            self.printing += 1;
        }
    }

    fn stream_ended(&mut self, cx: &mut Cx<'_>, index: usize, end: StreamEnd) {
        let job = &mut self.jobs[index];
        // What was answered was processed, whatever the server says; its body may be printed already.
        if !end.retry.is_safe() || job.tries >= TRIES || job.status.is_some() {
            return self.end(cx, index, Outcome::Failed(end.to_string()));
        }
        if let Some(stream) = job.stream.take() {
            self.streams.remove(&stream);
        }
        job.upload = None;
        let server = job.origin;
        self.servers[server].waiting.push_front(index);
        self.go_on(cx, server);
    }
}

/// Gives credit for octets of the body.
fn release(cx: &mut Cx<'_>, job: &Job, octets: usize) {
    if let Some((conn, stream)) = job.stream {
        if let Some(mut conn) = cx.conn(conn) {
            // Not more than came, so it cannot fail.
            let _ = conn.recv(stream).release(octets as u32);
        }
    }
}

impl Handler for Client {
    type Message = ();

    fn on_open(&mut self, cx: &mut Cx<'_>, conn: ConnId) {
        if self.options.is_verbose {
            if let Some(mut open) = cx.conn(conn) {
                dump::print_connection(&open);
                open.observe(Box::new(Dump { start: self.start }));
            }
        }
        if let Some(server) = self.conns.get(&conn).copied() {
            self.go_on(cx, server);
        }
    }

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        let job = |stream: StreamRef| self.streams.get(&(conn, stream)).copied();
        match event {
            Event::Response {
                stream, head, end, ..
            } => {
                if let Some(index) = job(stream) {
                    self.response(cx, index, &head, end);
                }
                if let Some(mut conn) = cx.conn(conn) {
                    conn.recycle(head);
                }
            }
            Event::Data { stream, data, end } => {
                if let Some(index) = job(stream) {
                    self.data(cx, index, data, end);
                }
            }
            Event::Trailers { stream, .. } => {
                if let Some(index) = job(stream) {
                    self.complete(cx, index);
                }
            }
            Event::Ended { stream, end } => {
                if let Some(index) = job(stream) {
                    self.stream_ended(cx, index, end);
                }
            }
            Event::Writable { stream } => {
                if let Some(index) = job(stream) {
                    self.upload(cx, index);
                }
            }
            Event::CanOpen | Event::Settings => {
                if let Some(server) = self.conns.get(&conn).copied() {
                    self.go_on(cx, server);
                }
            }
            Event::GoAway { .. } => {
                if let Some(server) = self.conns.get(&conn).copied() {
                    self.servers[server].leave(conn);
                    self.go_on(cx, server);
                }
            }
            _ => {}
        }
    }

    fn on_close(&mut self, cx: &mut Cx<'_>, conn: ConnId, end: &End, _tag: u64) {
        let Some(server) = self.conns.remove(&conn) else {
            return;
        };
        let to = &mut self.servers[server];
        to.leave(conn);
        to.failures += 1;
        if to.failures >= TRIES || end.reason.is_peer_fault() {
            return self.fail_waiting(cx, server, end);
        }
        self.go_on(cx, server);
    }

    fn on_connect_failed(&mut self, cx: &mut Cx<'_>, conn: ConnId, error: ConnectError) {
        if let Some(server) = self.conns.remove(&conn) {
            self.servers[server].leave(conn);
            self.fail_waiting(cx, server, &error);
        }
    }

    fn on_timer(&mut self, cx: &mut Cx<'_>, _timer: TimerId, _key: u64) {
        self.fail_all(cx, &"it took too long");
    }
}
