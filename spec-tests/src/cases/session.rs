//! One connection to the implementation under test, with a raw peer in the other role.

use std::time::Duration;

use super::outcome::{Outcome, Verdict};
use super::wire::{Got, Told, Wire, Wish};
use crate::raw::fault::PeerFault;
use crate::raw::wire::{DEFAULT_WINDOW, PREFACE, flag, kind, setting};
use crate::raw::{RawFrame, RawPeer, Received, Role};

mod answer;
mod messages;
mod sent;
mod state;
#[cfg(test)]
mod tests;
mod windowed;

pub use answer::Answer;
pub(super) use answer::status;
pub(super) use state::State;

/// Reads in a row that one wait may take: far more than any answer needs.
const READS: usize = 10_000;

/// Octets that an implementation may send in one case: far more than any answer needs. Some never stop.
const FLOOD: usize = 16 << 20;

/// What is said of one that sends more.
pub(super) const FLOODS: &str = "frames without end";

/// What is under test, and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its role.
    pub role: Role,
    /// Server: the scheme of requests.
    pub scheme: String,
    /// Server: the authority of requests.
    pub authority: String,
    /// Server: a path that answers GET with 200 and some octets of content.
    pub path: String,
    /// Server: a path that answers POST with 200 once the whole body is there.
    pub upload: Option<String>,
    /// How long to wait for something that must come.
    pub wait: Duration,
    /// Whether the application does what it is told: then nothing is taken on trust.
    pub obeys: bool,
}

/// What one step of input and output brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Moved,
    Still,
    End,
}

/// One connection.
pub struct Session<'w> {
    pub(super) wire: Box<dyn Wire + 'w>,
    pub(super) target: &'w Target,
    /// The peer: what it has received waits in its queue.
    pub peer: RawPeer,
    /// What was sent, a line each.
    sent: Vec<String>,
    /// Octets received, while they are not read as frames.
    pub(super) unread: Option<Vec<u8>>,
    pub(super) ended: bool,
    /// Octets received.
    received: usize,
    pub(super) sibling: Option<u32>,
    pub(super) window: u32,
    /// The implementation's first SETTINGS.
    pub(super) settings: Vec<(u16, u32)>,
    /// Whether a response or a reset of ours has ended a stream: a client may have what it wanted.
    pub(super) gave: bool,
    next: u32,
}

impl<'w> Session<'w> {
    /// A session over a fresh transport. Nothing is sent yet.
    pub fn new(wire: Box<dyn Wire + 'w>, target: &'w Target) -> Self {
        let ours = match target.role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        Self {
            wire,
            target,
            peer: RawPeer::new(ours).with_auto_ack().with_windows(),
            sent: Vec::new(),
            unread: None,
            ended: false,
            received: 0,
            sibling: None,
            window: DEFAULT_WINDOW,
            settings: Vec::new(),
            gave: false,
            next: 1,
        }
    }

    /// Who is under test.
    pub fn role(&self) -> Role {
        self.target.role
    }

    /// Whether the application does what it is told.
    pub(super) fn obeys(&self) -> bool {
        self.target.obeys
    }

    /// What was sent, a line for each frame.
    pub fn sent(&self) -> &[String] {
        &self.sent
    }

    /// Sends a frame. It leaves with the next step of input and output.
    pub fn send(&mut self, frame: &RawFrame) {
        if frame.kind == kind::SETTINGS && frame.flags & flag::ACK == 0 {
            let wanted = setting::INITIAL_WINDOW_SIZE.to_be_bytes();
            let entries = frame.payload.chunks_exact(6);
            if let Some(entry) = entries.rev().find(|entry| entry[..2] == wanted) {
                self.window = u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]);
            }
        }
        let ends =
            matches!(frame.kind, kind::DATA | kind::HEADERS) && frame.flags & flag::END_STREAM != 0;
        self.gave |= self.role() == Role::Client && (ends || frame.kind == kind::RST_STREAM);
        self.sent.push(sent::summary(frame));
        self.peer.send(frame);
    }

    /// Sends frames in order.
    pub fn send_all<'a>(&mut self, frames: impl IntoIterator<Item = &'a RawFrame>) {
        for frame in frames {
            self.send(frame);
        }
    }

    /// Sends octets as they are.
    pub fn send_bytes(&mut self, octets: &[u8]) {
        let head = &octets[..octets.len().min(40)];
        self.sent
            .push(format!("{} octets: {}", octets.len(), head.escape_ascii()));
        self.peer.send_bytes(octets);
    }

    /// Reads no frames from here on: what comes need not be HTTP/2.
    pub fn read_raw(&mut self) {
        self.unread.get_or_insert_default();
    }

    /// Types and flags of the frames that came since [`Self::read_raw`], once nothing more comes.
    ///
    /// # Errors
    /// A violation if what came are no frames.
    pub(super) fn raw_frames(&mut self) -> Result<Vec<(u8, u8)>, Outcome> {
        let mut found = Vec::new();
        self.each_raw_frame(|kind, flags, _| found.push((kind, flags)))?;
        Ok(found)
    }

    /// The code of the last GOAWAY among them.
    ///
    /// # Errors
    /// The same.
    pub(super) fn raw_goaway(&mut self) -> Result<Option<u32>, Outcome> {
        let mut found = None;
        self.each_raw_frame(|kind, _, payload| {
            if let (kind::GOAWAY, [_, _, _, _, a, b, c, d, ..]) = (kind, payload) {
                found = Some(u32::from_be_bytes([*a, *b, *c, *d]));
            }
        })?;
        Ok(found)
    }

    fn each_raw_frame(&mut self, mut look: impl FnMut(u8, u8, &[u8])) -> Result<(), Outcome> {
        self.settle();
        let octets = self.unread.clone().unwrap_or_default();
        let mut rest = octets.strip_prefix(PREFACE).unwrap_or(&octets);
        while let Some((&[a, b, c, kind, flags, ..], tail)) = rest.split_first_chunk::<9>() {
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            let Some((payload, next)) = tail.split_at_checked(length) else {
                return Err(Outcome::violation("whole frames", "half of one"));
            };
            look(kind, flags, payload);
            rest = next;
        }
        Ok(())
    }

    /// One step: writes what waits, then reads once.
    pub(super) fn pump(&mut self, wait: Duration) -> Progress {
        let out = self.peer.take_output();
        if !out.is_empty() {
            self.wire.send(&out);
        }
        if self.ended {
            return Progress::End;
        }
        if self.floods() {
            return Progress::Still;
        }
        match self.wire.receive(wait) {
            Got::Octets(octets) => {
                self.received += octets.len();
                match &mut self.unread {
                    Some(unread) => unread.extend_from_slice(&octets),
                    None => self.peer.receive(&octets),
                }
                Progress::Moved
            }
            Got::Silence if self.peer.output().is_empty() => Progress::Still,
            Got::Silence => Progress::Moved,
            Got::End => {
                self.ended = true;
                self.peer.receive_eof();
                Progress::End
            }
        }
    }

    /// Whether the implementation sent more than anybody reads.
    pub(super) fn floods(&self) -> bool {
        self.received > FLOOD
    }

    /// One step of input and output; whether anything moved.
    pub(super) fn moves(&mut self) -> bool {
        self.pump(self.target.wait) == Progress::Moved
    }

    /// Reads until nothing comes within the time, or the transport ends.
    pub fn settle(&mut self) -> bool {
        for _ in 0..READS {
            match self.pump(self.target.wait) {
                Progress::Moved => {}
                Progress::Still => return false,
                Progress::End => return true,
            }
        }
        false
    }

    /// Waits for an item and takes it; others stay where they are. `None` on a fault, at the end, or after the time.
    pub fn wait_for(&mut self, mut wanted: impl FnMut(&Received) -> bool) -> Option<Received> {
        for _ in 0..READS {
            if let Some(found) = self.peer.find(&mut wanted) {
                return Some(found);
            }
            if self.peer.fault().is_some() || self.pump(self.target.wait) != Progress::Moved {
                return self.peer.find(&mut wanted);
            }
        }
        None
    }

    /// The same; what is missing is a violation.
    ///
    /// # Errors
    /// The violation, with what came instead.
    pub fn demand(
        &mut self,
        expected: &str,
        wanted: impl FnMut(&Received) -> bool,
    ) -> Result<Received, Outcome> {
        match self.wait_for(wanted) {
            Some(found) => Ok(found),
            None => Err(self.missing(expected)),
        }
    }

    /// A violation: something did not come, but what waits in the queue did.
    pub fn missing(&mut self, expected: &str) -> Outcome {
        let mut came: Vec<String> = self.peer.drain().iter().map(Received::summary).collect();
        let fault = self.peer.fault();
        if let Some(fault) = fault {
            came.push(format!("a broken rule: {fault}"));
        }
        // RFC 9113 5.4.2 only says that a second RST_STREAM should not be sent.
        let again =
            matches!(fault, Some(PeerFault::AfterReset { kind: k, .. }) if *k == kind::RST_STREAM);
        if self.floods() {
            // What came is a flood, and as long.
            came = vec![FLOODS.to_owned()];
        }
        if self.ended {
            came.push("the end of the transport".to_owned());
        }
        if came.is_empty() {
            came.push("nothing".to_owned());
        }
        let verdict = if again {
            Verdict::Permitted
        } else {
            Verdict::Violation
        };
        Outcome::new(verdict, expected, came.join("; "))
    }

    /// Sends our side of the preface with SETTINGS of these entries, and waits for nothing.
    pub fn preface(&mut self, entries: &[(u16, u32)]) {
        if self.role() == Role::Server {
            self.sent.push("the preface".to_owned());
            self.flush();
            self.wire.send(PREFACE);
        }
        self.send(&RawFrame::settings(entries));
    }

    /// The handshake: both sides have sent SETTINGS and acknowledged them. The other streams' representative (the
    /// sibling) is open, if the application lets one be.
    ///
    /// # Errors
    /// If the implementation does not do its part.
    pub fn start(&mut self) -> Result<Vec<(u16, u32)>, Outcome> {
        self.start_with(&[])
    }

    /// The handshake with our SETTINGS.
    ///
    /// # Errors
    /// If the implementation does not do its part.
    pub fn start_with(&mut self, entries: &[(u16, u32)]) -> Result<Vec<(u16, u32)>, Outcome> {
        let settings = self.start_alone(entries)?;
        self.open_sibling()?;
        Ok(settings)
    }

    /// The handshake, without a sibling.
    ///
    /// # Errors
    /// If the implementation does not do its part.
    pub fn start_alone(&mut self, entries: &[(u16, u32)]) -> Result<Vec<(u16, u32)>, Outcome> {
        self.preface(entries);
        let settings = self.demand("SETTINGS", |item| matches!(item, Received::Settings(_)))?;
        self.demand("the acknowledgement of our SETTINGS", |item| {
            *item == Received::SettingsAck
        })?;
        self.flush();
        let Received::Settings(settings) = settings else {
            return Err(self.missing("SETTINGS"));
        };
        self.settings.clone_from(&settings);
        Ok(settings)
    }

    /// Writes what waits.
    pub fn flush(&mut self) {
        let out = self.peer.take_output();
        if !out.is_empty() {
            self.wire.send(&out);
        }
    }

    fn open_sibling(&mut self) -> Result<(), Outcome> {
        match self.role() {
            Role::Server => {
                if let Some(path) = &self.target.upload {
                    let head = self.head("POST").set(":path", path);
                    self.sibling = Some(self.open(&head, false));
                }
            }
            Role::Client => {
                if self.wire.wish(&Wish::Get) {
                    let head = self.request()?;
                    self.respond(head.stream, "200", false);
                    self.sibling = Some(head.stream);
                }
            }
        }
        self.sent.clear();
        Ok(())
    }

    /// Ends our side of the transport.
    pub fn half_close(&mut self) {
        self.flush();
        self.wire.finish();
    }

    /// Asks the application for something.
    ///
    /// # Errors
    /// The case is skipped if it does not do it.
    pub fn wish(&mut self, wish: Wish) -> Result<(), Outcome> {
        self.flush();
        if self.wire.wish(&wish) {
            Ok(())
        } else {
            Err(Outcome::skipped(format!(
                "the application cannot be told: {wish:?}"
            )))
        }
    }

    /// What the application knows of the message on a stream.
    pub fn told(&mut self, stream: u32) -> Told {
        self.wire.told(stream)
    }
}
