//! The HTTP/2 side: the same lines, read and written by requests.

use super::lines::{LINE, tell};
use bytes::Bytes;
use bywash_mio::error::Notice;
use bywash_mio::proto::error::SendError;
use bywash_mio::proto::event::Event;
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::vocabulary::{ErrorCode, StreamRef};
use bywash_mio::{ConnId, Cx, Handler};
use std::collections::{HashMap, VecDeque};

/// Lines that are kept.
const KEPT: usize = 100;
/// Largest body that is taken, octets.
const BODY: usize = 64 * 1024;
/// What is read and thrown away of a body that is not wanted, octets: many clients look at the
/// answer only once they have sent all.
const UNWANTED: usize = 16 * 1024 * 1024;

type Stream = (ConnId, StreamRef);

/// A body that is on its way in.
enum Body {
    Wanted(Vec<u8>),
    /// Answered already: octets that may still come.
    Unwanted(usize),
}

#[derive(Default)]
pub(crate) struct Web {
    kept: VecDeque<String>,
    /// Responses that go on for as long as the client listens.
    followers: Vec<Stream>,
    bodies: HashMap<Stream, Body>,
    posted: Vec<String>,
}

impl Web {
    /// The lines that came by requests since the last call.
    pub(crate) fn take_posted(&mut self) -> Vec<String> {
        std::mem::take(&mut self.posted)
    }

    /// Keeps lines and tells whoever follows.
    pub(crate) fn tell(&mut self, cx: &mut Cx<'_>, lines: &[String]) {
        self.kept.extend(lines.iter().cloned());
        self.kept.drain(..self.kept.len().saturating_sub(KEPT));
        let text = Bytes::from(text_of(lines));
        self.followers.retain(|(conn, stream)| {
            let Some(mut conn) = cx.conn(*conn) else {
                return false;
            };
            let mut half = conn.send(*stream);
            match half.data(&mut text.clone(), false) {
                Ok(taken) if taken == text.len() => true,
                // It does not read. Its lines would pile up here.
                Ok(_) => {
                    half.reset(ErrorCode::ENHANCE_YOUR_CALM);
                    false
                }
                Err(_) => false,
            }
        });
    }

    /// Nothing more will be said.
    pub(crate) fn end_followers(&mut self, cx: &mut Cx<'_>) {
        for (conn, stream) in self.followers.drain(..) {
            if let Some(mut conn) = cx.conn(conn) {
                // It fails only for a stream that has ended.
                let _ = conn.send(stream).data(&mut Bytes::new(), true);
            }
        }
    }

    fn request(&mut self, cx: &mut Cx<'_>, at: Stream, head: &Head, end: bool) {
        match (head.method(), head.path(), end) {
            (Some(b"GET"), Some(b"/"), true) => self.show(cx, at),
            (Some(b"GET"), Some(b"/follow"), true) => {
                if respond(cx, at, "200", false).is_ok() {
                    self.followers.push(at);
                }
            }
            (Some(b"POST"), Some(b"/"), _) => {
                self.bodies.insert(at, Body::Wanted(Vec::new()));
                if end {
                    self.body_ends(cx, at);
                }
            }
            (_, Some(b"/" | b"/follow"), _) => self.refuse(cx, at, "405", end),
            _ => self.refuse(cx, at, "404", end),
        }
    }

    fn show(&self, cx: &mut Cx<'_>, at: Stream) {
        let text = match self.kept.is_empty() {
            true => "nobody has said anything yet\n".to_owned(),
            false => text_of(&self.kept),
        };
        if let (Ok(()), Some(mut conn)) = (respond(cx, at, "200", false), cx.conn(at.0)) {
            // Nothing is queued before it, so it is taken whole.
            let _ = conn.send(at.1).data(&mut text.into(), true);
        }
    }

    /// Answers without a body; what is still to come of the request's is thrown away.
    fn refuse(&mut self, cx: &mut Cx<'_>, at: Stream, status: &str, end: bool) {
        self.bodies.remove(&at);
        if respond(cx, at, status, true).is_ok() && !end {
            self.bodies.insert(at, Body::Unwanted(UNWANTED));
        }
    }

    fn data(&mut self, cx: &mut Cx<'_>, at: Stream, data: &[u8], end: bool) {
        let Some(mut conn) = cx.conn(at.0) else {
            return;
        };
        // Not more than came, so it cannot fail.
        let _ = conn.recv(at.1).release(data.len() as u32);
        match self.bodies.get_mut(&at) {
            Some(Body::Wanted(body)) if body.len() + data.len() > BODY => {
                return self.refuse(cx, at, "413", end);
            }
            Some(Body::Wanted(body)) => body.extend_from_slice(data),
            Some(Body::Unwanted(left)) if *left < data.len() => {
                conn.send(at.1).reset(ErrorCode::NO_ERROR);
                self.bodies.remove(&at);
            }
            Some(Body::Unwanted(left)) => *left -= data.len(),
            None => {}
        }
        if end {
            self.body_ends(cx, at);
        }
    }

    fn body_ends(&mut self, cx: &mut Cx<'_>, at: Stream) {
        if let Some(Body::Wanted(body)) = self.bodies.remove(&at) {
            let text = String::from_utf8_lossy(&body);
            if text.lines().any(|line| line.len() > LINE) {
                return self.refuse(cx, at, "413", true);
            }
            self.posted.extend(text.lines().map(str::to_owned));
            // The lines are out even if the client is gone.
            let _ = respond(cx, at, "204", true);
        }
    }
}

fn text_of<'l>(lines: impl IntoIterator<Item = &'l String>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn respond(
    cx: &mut Cx<'_>,
    (conn, stream): Stream,
    status: &str,
    end: bool,
) -> Result<(), SendError> {
    let server = cx.server(conn).ok_or(SendError::Gone)?;
    let fields = match (end, status) {
        (false, _) => vec![(":status", status), ("content-type", "text/plain")],
        (true, "405") => vec![(":status", status), ("allow", "GET, POST")],
        (true, _) => vec![(":status", status)],
    };
    let sent = server.response(stream, &fields, end);
    if sent.is_err() {
        // It reads nothing: an answer that does not go out now never will.
        server.send(stream).reset(ErrorCode::INTERNAL_ERROR);
    }
    sent
}

impl Handler for Web {
    type Message = ();

    fn on_event(&mut self, cx: &mut Cx<'_>, conn: ConnId, event: Event<'_>) {
        match event {
            Event::Request {
                stream,
                overlong: true,
                end,
                ..
            } => self.refuse(cx, (conn, stream), "431", end),
            Event::Request {
                stream, head, end, ..
            } => self.request(cx, (conn, stream), &head, end),
            Event::Data { stream, data, end } => self.data(cx, (conn, stream), data, end),
            Event::Trailers { stream, .. } => self.body_ends(cx, (conn, stream)),
            Event::Ended { stream, .. } => {
                self.followers.retain(|at| *at != (conn, stream));
                self.bodies.remove(&(conn, stream));
            }
            _ => {}
        }
    }

    fn on_notice(&mut self, _cx: &mut Cx<'_>, notice: &Notice) {
        tell(notice);
    }
}
