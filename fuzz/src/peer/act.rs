//! The operations, each as a program would do it on either side.

use bytes::Bytes;

use super::book::{Fields, Talk, grouped};
use super::side::{Side, release};
use super::{LEAST_WINDOW, Op, Peers, Who};
use crate::pattern::body;

/// Codes to reset with; the last one is for servers that have answered (RFC 9113 8.1).
const CODES: [u32; 7] = [8, 2, 7, 11, 0x1234_5678, 1, 0];

/// Some fields to send: names and values known to the tables and not, twice the same name, secrets, long ones.
fn some(first: &[(&str, &str)], choice: u8, length: Option<u16>) -> Fields {
    let mut fields: Fields = first
        .iter()
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec(), false))
        .collect();
    let mut push = |name: &str, value: Vec<u8>, secret| {
        fields.push((name.as_bytes().to_vec(), value, secret));
    };
    for n in 0..choice % 7 {
        match (choice / 7 + n) % 9 {
            0 => push("cookie", vec![b'a' + n; 3], n % 2 == 0),
            1 => push("set-cookie", vec![b'a' + n; 30], false),
            2 => push("accept-encoding", b"gzip, deflate".to_vec(), false),
            3 => push("authorization", b"secret".to_vec(), true),
            4 => push("x-empty", Vec::new(), false),
            5 => push("x-octets", vec![0x80 | n, b'\t', 0xff], false),
            6 => push(
                "x-long",
                vec![b'l'; usize::from(choice) * usize::from(n)],
                false,
            ),
            7 if choice > 240 => push("x-huge", vec![0x7e; 9_000], false),
            // A secret has a name of its own: what h2's table holds it sends from there, secret or not.
            _ if choice > 128 => push("x-secret", vec![b'0' + choice % 10], true),
            _ => push("x-number", vec![b'0' + choice % 10], false),
        }
    }
    if let Some(length) = length {
        push("content-length", length.to_string().into_bytes(), false);
    }
    grouped(fields)
}

fn request_line(method: u8) -> &'static [(&'static str, &'static str)] {
    match method % 8 {
        0..=3 => &[
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", "/upload?a=b"),
        ],
        4 => &[
            (":method", "GET"),
            (":scheme", "http"),
            (":authority", "example.com:8080"),
            (":path", "/"),
        ],
        5 => &[
            (":method", "HEAD"),
            (":scheme", "https"),
            (":authority", "[::1]:443"),
            (":path", "/head"),
        ],
        6 => &[(":method", "CONNECT"), (":authority", "example.com:443")],
        _ => &[
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":authority", "example.com"),
            (":path", "/chat"),
        ],
    }
}

/// One of a side's streams; most often one of the latest.
fn pick(side: &mut dyn Side, which: u8) -> Option<u32> {
    let book = side.book();
    let back = usize::from(which) % book.len().clamp(1, 8);
    book.keys().rev().nth(back).copied()
}

/// The stream picked, if it is not over.
fn open_one(side: &mut dyn Side, which: u8) -> Option<(u32, &mut Talk)> {
    let number = pick(side, which)?;
    let talk = side.book().get_mut(&number)?;
    (!talk.is_over()).then_some((number, talk))
}

impl Peers {
    pub(super) fn act(&mut self, op: &Op) {
        match *op {
            Op::Open {
                method,
                fields,
                end,
                length,
            } => open(self.client(), method, fields, end, length),
            Op::Respond {
                which,
                fields,
                end,
                length,
            } => respond(self.server(), which, fields, end, length),
            Op::Inform { which, fields } => inform(self.server(), which, fields),
            Op::Send {
                who,
                which,
                octets,
                end,
            } => send(self.side(who), which, octets, end),
            Op::Trailers { who, which, fields } => trailers(self.side(who), which, fields),
            Op::Release { who, which, share } => {
                let side = self.side(who);
                if let Some(number) = pick(side, which) {
                    release(side, number, share);
                }
            }
            Op::Reset { who, which, code } => {
                let is_server = (who == Who::Ours) == self.we_serve;
                reset(self.side(who), which, code, is_server);
            }
            Op::Ping { who } => self.side(who).ping(),
            Op::Window { who, octets, whole } => {
                self.side(who)
                    .window(octets.max(LEAST_WINDOW).into(), whole);
            }
            Op::Time { millis } => {
                self.ours.wait(millis);
                // A deadline may pass where the model does not deliver.
                self.in_haste |= self.ours.closed.is_some();
            }
            Op::Deliver { from, octets } => drop(self.deliver(from, octets.into())),
            Op::Settle => self.settle(),
            Op::Shutdown { who } => self.side(who).shutdown(),
            Op::Close { who, code } => {
                self.in_haste = true;
                self.side(who).close(CODES[usize::from(code) % CODES.len()]);
            }
            Op::Cut {
                ours,
                theirs,
                breaks,
            } => self.cut(ours.into(), theirs.into(), breaks),
        }
        self.theirs.run();
        self.ours.feed(&[]);
    }

    fn client(&mut self) -> &mut dyn Side {
        self.side(if self.we_serve {
            Who::Theirs
        } else {
            Who::Ours
        })
    }

    fn server(&mut self) -> &mut dyn Side {
        self.side(if self.we_serve {
            Who::Ours
        } else {
            Who::Theirs
        })
    }
}

fn open(side: &mut dyn Side, method: u8, choice: u8, end: bool, length: Option<u16>) {
    let line = request_line(method);
    let tunnel = method % 8 >= 6;
    let length = length.filter(|_| !end && !tunnel);
    let head = some(line, choice, length);
    let Some(number) = side.open(&head, end) else {
        return;
    };
    let talk = side.book().entry(number).or_default();
    talk.sent.head = Some(head);
    talk.sent.end = end;
    talk.left = length.map(u64::from);
    talk.bodiless = method % 8 == 5;
    talk.tunnel = tunnel;
}

fn respond(side: &mut dyn Side, which: u8, choice: u8, end: bool, length: Option<u16>) {
    let Some((number, talk)) = open_one(side, which) else {
        return;
    };
    if talk.sent.head.is_some() {
        return;
    }
    let status = match choice % 4 {
        _ if talk.tunnel => "200",
        0 => "404",
        1 => "204",
        2 => "304",
        _ => "200",
    };
    let bodiless = talk.bodiless || status == "204" || status == "304";
    let end = end || bodiless;
    // With an end, a length is what the body would have had.
    let length = length.filter(|_| !talk.tunnel && status != "204" && (talk.bodiless || !end));
    let head = some(&[(":status", status)], choice, length);
    if side.respond(number, &head, end) {
        let talk = side.book().entry(number).or_default();
        talk.sent.head = Some(head);
        talk.sent.end = end;
        talk.left = length.filter(|_| !end).map(u64::from);
    }
}

fn inform(side: &mut dyn Side, which: u8, choice: u8) {
    let Some((number, talk)) = open_one(side, which) else {
        return;
    };
    // More than two is what a limit is for.
    if talk.sent.head.is_some() || talk.sent.informed.len() > 1 || talk.tunnel {
        return;
    }
    let head = some(&[(":status", "103")], choice, None);
    if side.inform(number, &head) {
        let talk = side.book().entry(number).or_default();
        talk.sent.informed.push(head);
    }
}

fn send(side: &mut dyn Side, which: u8, octets: u16, end: bool) {
    let Some((number, talk)) = open_one(side, which) else {
        return;
    };
    if talk.sent.head.is_none() || talk.sent.end {
        return;
    }
    let mut length = u64::from(octets);
    let mut end = end;
    if let Some(left) = talk.left {
        length = length.min(left);
        end &= length == left;
    }
    let octets = Bytes::from_static(body(number, talk.sent.octets, length as usize));
    let Some(taken) = side.send(number, octets, end) else {
        return;
    };
    let talk = side.book().entry(number).or_default();
    talk.sent.octets += taken as u64;
    talk.sent.end = end && taken as u64 == length;
    talk.left = talk.left.map(|left| left - taken as u64);
}

fn trailers(side: &mut dyn Side, which: u8, choice: u8) {
    let Some((number, talk)) = open_one(side, which) else {
        return;
    };
    let sends = talk.sent.head.is_some() && !talk.sent.end;
    if !sends || talk.tunnel || talk.left.is_some_and(|left| left > 0) {
        return;
    }
    let fields = some(&[("grpc-status", "0")], choice, None);
    if side.trailers(number, &fields) {
        let talk = side.book().entry(number).or_default();
        talk.sent.trailers = Some(fields);
        talk.sent.end = true;
    }
}

fn reset(side: &mut dyn Side, which: u8, code: u8, is_server: bool) {
    let Some((number, talk)) = open_one(side, which) else {
        return;
    };
    let mut code = CODES[usize::from(code) % CODES.len()];
    if code == 0 && !(is_server && talk.sent.end) {
        code = CODES[0];
    }
    talk.reset = Some(code);
    side.reset(number, code);
}
