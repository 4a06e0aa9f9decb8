//! One connection's turn: octets in, events, octets out, until nothing progresses or the budget is
//! used up.

use super::cx::Cx;
use super::entry::{Bits, Entry, Phase};
use super::flush::{Flushed, flush, follow_interest};
use super::handler::Handler;
use super::hub::{Hub, News};
use crate::error::{TlsFault, TransportError};
use crate::id::ConnId;
use crate::machine::Machine;
use bywash_proto::event::{Event, Step};
use bywash_proto::vocabulary::ErrorCode;
use std::io::{self, Read};
use std::sync::Arc;

/// After a read that did not fill the buffer, an edge-triggered epoll tells of whatever comes later,
/// so the read that would find nothing is saved. Elsewhere only that read arms the next event.
const SHORT_READ_DRAINS: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// What a connection may still use of this turn.
struct Budget {
    events: u32,
    read: usize,
    write: usize,
}

/// How feeding the machine ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fed {
    /// There was nothing to feed.
    Nothing,
    /// All of it was taken.
    All,
    /// The machine takes nothing more until output is written, and the socket is full.
    Stuck,
    /// The budget is used up, and there is more.
    Spent,
}

/// Pumps a connection. It is taken out of the ready queue unless it has to come back.
pub(crate) fn pump<H: Handler>(hub: &mut Hub, handler: &mut H, buffer: &mut [u8], id: ConnId) {
    let mut budget = Budget {
        events: hub.options.events_per_turn,
        read: hub.options.bytes_per_turn,
        write: hub.options.bytes_per_turn,
    };
    let again = loop {
        let Some(entry) = hub.conn(id) else { return };
        if entry.bits.has(Bits::ABORT) {
            return abort(hub, handler, id);
        }
        if entry.phase == Phase::Linger {
            return hub.linger(id, buffer);
        }
        let fed = intake(hub, handler, buffer, id, &mut budget);
        if fed == Fed::Spent {
            // Not flushed yet: its next turn comes before the loop waits, and one write for both
            // turns is cheaper than two.
            break true;
        }
        match write_out(hub, handler, id, &mut budget) {
            Flushed::Spent => break true,
            Flushed::Empty | Flushed::Blocked | Flushed::Failed(_) => {}
        }
        let Some(entry) = hub.conn(id) else { return };
        let has_events = entry.machine.as_ref().is_some_and(Machine::has_events);
        let unstuck = fed == Fed::Stuck && entry.bits.has(Bits::WRITABLE);
        if !has_events && !unstuck && fed != Fed::All {
            break false;
        }
        if budget.read == 0 || budget.write == 0 {
            break true;
        }
    };
    if again {
        hub.ready.push_back(id);
        return;
    }
    let token = hub.token(id.slot());
    if let Some(entry) = hub.table.conn(id) {
        entry.bits.clear(Bits::QUEUED);
        // A registration that fails leaves a connection whose writes time out.
        let _ = follow_interest(entry, &hub.registry, token);
    }
    hub.settle(id);
}

/// Feeds one helping: what was left from before, or one read, or events that need no input.
fn intake<H: Handler>(
    hub: &mut Hub,
    handler: &mut H,
    buffer: &mut [u8],
    id: ConnId,
    budget: &mut Budget,
) -> Fed {
    let Some(entry) = hub.conn(id) else {
        return Fed::Nothing;
    };
    let welcome = entry.machine.as_ref().is_none_or(|m| m.interest().read);
    if !welcome {
        if entry.is_deserted() {
            deserted(hub, id);
        }
        return events(hub, handler, id, budget);
    }
    if entry.session.is_some() {
        let fed = plaintext(hub, handler, id, budget);
        if fed != Fed::Nothing {
            return fed;
        }
    }
    let Some(entry) = hub.conn(id) else {
        return Fed::Nothing;
    };
    let carry = entry.take_carry();
    if !carry.is_empty() {
        return offer(hub, handler, id, &carry, budget);
    }
    if !entry.wants_input() {
        return events(hub, handler, id, budget);
    }
    match read(entry, buffer) {
        Ok(0) => end_of_file(hub, id),
        Ok(n) => {
            budget.read = budget.read.saturating_sub(n);
            return offer(hub, handler, id, &buffer[..n], budget);
        }
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
        Err(e) => transport_failed(hub, id, TransportError::Io(e)),
    }
    events(hub, handler, id, budget)
}

/// One read, and what it says about the next.
fn read(entry: &mut Entry, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        return match (&entry.socket).read(buffer) {
            Ok(0) => {
                entry.bits.set(Bits::EOF);
                Ok(0)
            }
            Ok(n) => {
                let drained = SHORT_READ_DRAINS && n < buffer.len();
                if drained && !entry.bits.has(Bits::READ_CLOSED) {
                    entry.bits.clear(Bits::READABLE);
                }
                Ok(n)
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => {
                entry.bits.clear(Bits::READABLE);
                Err(e)
            }
        };
    }
}

/// Feeds what the socket gave; what is not taken is kept.
fn offer<H: Handler>(
    hub: &mut Hub,
    handler: &mut H,
    id: ConnId,
    octets: &[u8],
    budget: &mut Budget,
) -> Fed {
    let mut input = octets;
    let is_tls = hub.conn(id).is_some_and(|entry| entry.session.is_some());
    let fed = if is_tls {
        decrypt(hub, handler, id, &mut input, budget)
    } else {
        take(hub, handler, id, &mut input, budget)
    };
    if !input.is_empty() {
        if let Some(entry) = hub.conn(id) {
            if entry.phase != Phase::Linger {
                entry.rare_mut().carry = input.to_vec();
            }
        }
    }
    fed
}

/// Feeds the machine; when it wants to write first, writes first.
fn take<H: Handler>(
    hub: &mut Hub,
    handler: &mut H,
    id: ConnId,
    input: &mut &[u8],
    budget: &mut Budget,
) -> Fed {
    loop {
        let fed = feed(hub, handler, id, input, budget);
        if fed != Fed::Stuck {
            return fed;
        }
        match write_out(hub, handler, id, budget) {
            Flushed::Empty => {}
            Flushed::Blocked | Flushed::Failed(_) => return Fed::Stuck,
            Flushed::Spent => return Fed::Spent,
        }
    }
}

/// The innermost loop: events until the input is taken.
fn feed<H: Handler>(
    hub: &mut Hub,
    handler: &mut H,
    id: ConnId,
    input: &mut &[u8],
    budget: &mut Budget,
) -> Fed {
    loop {
        let now = hub.now;
        // Looked up anew each time: the handler may do anything to it.
        let Some(entry) = hub.table.conn(id) else {
            *input = &[];
            return Fed::All;
        };
        let Some(machine) = &mut entry.machine else {
            return Fed::Nothing;
        };
        if budget.events == 0 && (!input.is_empty() || machine.has_events()) {
            return Fed::Spent;
        }
        match machine.next_event(now, input) {
            Step::Event(event) => {
                budget.events = budget.events.saturating_sub(1);
                if let Event::Closed(reason) = &event {
                    entry.rare_mut().reason = Some(*reason);
                }
                handler.on_event(&mut Cx::new(hub), id, event);
            }
            Step::NeedInput => return Fed::All,
            Step::NeedWrite => return Fed::Stuck,
        }
    }
}

/// Events that need no input.
fn events<H: Handler>(hub: &mut Hub, handler: &mut H, id: ConnId, budget: &mut Budget) -> Fed {
    let waits = hub
        .conn(id)
        .and_then(|entry| entry.machine.as_ref())
        .is_some_and(Machine::has_events);
    if !waits {
        return Fed::Nothing;
    }
    take(hub, handler, id, &mut &[][..], budget)
}

/// Decrypts and feeds until the ciphertext is used up or the machine takes no more.
fn decrypt<H: Handler>(
    hub: &mut Hub,
    handler: &mut H,
    id: ConnId,
    input: &mut &[u8],
    budget: &mut Budget,
) -> Fed {
    while !input.is_empty() {
        let Some(entry) = hub.conn(id) else {
            *input = &[];
            return Fed::All;
        };
        let Some(session) = &mut entry.session else {
            *input = &[];
            return Fed::All;
        };
        if let Err(fault) = session.decrypt(input) {
            *input = &[];
            tls_failed(hub, id, fault);
            return events_or_all(hub, handler, id, budget);
        }
        if entry.phase == Phase::Handshake && !session.is_handshaking() {
            if let Err(fault) = opened(hub, id) {
                *input = &[];
                hub.fail_handshake(id, fault);
                return Fed::All;
            }
            deliver(hub, handler);
        }
        match plaintext(hub, handler, id, budget) {
            Fed::Nothing | Fed::All => {}
            fed => return fed,
        }
        ended_by_tls(hub, id);
    }
    Fed::All
}

fn events_or_all<H: Handler>(
    hub: &mut Hub,
    handler: &mut H,
    id: ConnId,
    budget: &mut Budget,
) -> Fed {
    match events(hub, handler, id, budget) {
        Fed::Nothing => Fed::All,
        fed => fed,
    }
}

/// Feeds the plaintext that waits in the session. The session is out of its connection meanwhile:
/// events borrow from it, and the handler may reach the connection.
fn plaintext<H: Handler>(hub: &mut Hub, handler: &mut H, id: ConnId, budget: &mut Budget) -> Fed {
    let mut outcome = Fed::Nothing;
    loop {
        let Some(entry) = hub.conn(id) else {
            return Fed::All;
        };
        if entry.machine.is_none() || !entry.has_plaintext() {
            return outcome;
        }
        let Some(mut session) = entry.session.take() else {
            return outcome;
        };
        let mut input = session.plaintext();
        let before = input.len();
        outcome = feed(hub, handler, id, &mut input, budget);
        let used = before - input.len();
        session.consume(used);
        let Some(entry) = hub.conn(id) else {
            return Fed::All;
        };
        entry.session = Some(session);
        match outcome {
            Fed::All | Fed::Nothing => {}
            Fed::Spent => return Fed::Spent,
            Fed::Stuck => match write_out(hub, handler, id, budget) {
                Flushed::Empty => {}
                Flushed::Blocked | Flushed::Failed(_) => return Fed::Stuck,
                Flushed::Spent => return Fed::Spent,
            },
        }
    }
}

/// TLS has shaken hands: the machine starts, if both agree on `h2`.
fn opened(hub: &mut Hub, id: ConnId) -> Result<(), TlsFault> {
    let (now, draining, stopped) = (hub.now, hub.draining, hub.stopped);
    let Some(entry) = hub.conn(id) else {
        return Ok(());
    };
    let Some(session) = &entry.session else {
        return Ok(());
    };
    let facts = session.facts();
    if facts.alpn.as_deref() != Some(b"h2") {
        return Err(TlsFault::Alpn);
    }
    let is_client = entry.bits.has(Bits::CLIENT);
    let mut machine = Machine::new(is_client, &entry.config, now)
        .map_err(|error| TlsFault::Local(error.to_string()))?;
    // A loop that ends told those that were open then: nobody else tells this one.
    if stopped {
        machine.close(now, ErrorCode::NO_ERROR);
    } else if draining {
        machine.shutdown(now);
    }
    entry.rare_mut().facts = Some(Arc::new(facts));
    entry.machine = Some(machine);
    entry.phase = Phase::Open;
    entry.deadline = bywash_proto::vocabulary::Instant::MAX;
    entry.rare_mut().target = None;
    hub.news.push_back(News::Opened(id));
    Ok(())
}

/// `close_notify` is the end of the stream, whether or not the socket's end follows.
fn ended_by_tls(hub: &mut Hub, id: ConnId) {
    let ended = hub.conn(id).is_some_and(|entry| {
        !entry.bits.has(Bits::EOF) && entry.session.as_ref().is_some_and(|s| s.is_ended())
    });
    if ended {
        end_of_file(hub, id);
    }
}

fn end_of_file(hub: &mut Hub, id: ConnId) {
    let now = hub.now;
    let Some(entry) = hub.conn(id) else { return };
    entry.bits.set(Bits::EOF);
    match &mut entry.machine {
        Some(machine) => machine.handle_eof(now),
        None => return hub.fail_handshake(id, TlsFault::Eof),
    }
    if entry.is_deserted() {
        deserted(hub, id);
    }
}

/// After the peer's end of file a server still answers; a socket that takes nothing ends that at once.
fn deserted(hub: &mut Hub, id: ConnId) {
    let gone = io::ErrorKind::ConnectionReset.into();
    transport_failed(hub, id, TransportError::Io(gone));
}

fn tls_failed(hub: &mut Hub, id: ConnId, fault: TlsFault) {
    match hub.conn(id).map(|entry| entry.machine.is_some()) {
        Some(true) => transport_failed(hub, id, TransportError::Tls(fault)),
        Some(false) => hub.fail_handshake(id, fault),
        None => {}
    }
}

fn transport_failed(hub: &mut Hub, id: ConnId, error: TransportError) {
    let now = hub.now;
    let Some(entry) = hub.conn(id) else { return };
    match &mut entry.machine {
        Some(machine) => {
            machine.handle_transport_error(now);
            let transport = &mut entry.rare_mut().transport;
            transport.get_or_insert(Box::new(error));
        }
        None => {
            let fault = match error {
                TransportError::Tls(fault) => fault,
                TransportError::Io(_) => TlsFault::Eof,
            };
            hub.fail_handshake(id, fault);
        }
    }
}

/// Flushes; a failure of the socket becomes the machine's.
fn write_out<H: Handler>(
    hub: &mut Hub,
    _handler: &mut H,
    id: ConnId,
    budget: &mut Budget,
) -> Flushed {
    let now = hub.now;
    let Some(entry) = hub.conn(id) else {
        return Flushed::Empty;
    };
    match flush(entry, now, &mut budget.write) {
        Flushed::Failed(error) => {
            entry.bits.clear(Bits::WRITABLE);
            let kind = error.kind();
            transport_failed(hub, id, TransportError::Io(error));
            Flushed::Failed(kind.into())
        }
        flushed => flushed,
    }
}

/// The program has given the connection up: its events are delivered, then it is gone.
fn abort<H: Handler>(hub: &mut Hub, handler: &mut H, id: ConnId) {
    let now = hub.now;
    let Some(entry) = hub.conn(id) else { return };
    match &mut entry.machine {
        Some(machine) => {
            machine.handle_transport_error(now);
            let mut budget = Budget {
                events: u32::MAX,
                read: 0,
                write: 0,
            };
            feed(hub, handler, id, &mut &[][..], &mut budget);
        }
        None => hub.fail_handshake(id, TlsFault::Local("given up by the program".into())),
    }
    hub.destroy(id);
}

/// Tells the program what it has yet to hear. What comes of that waits for the next time: a program that
/// connects anew whenever connecting fails must not keep the loop here.
pub(crate) fn deliver<H: Handler>(hub: &mut Hub, handler: &mut H) {
    for _ in 0..hub.news.len() {
        let Some(news) = hub.news.pop_front() else {
            return;
        };
        let cx = &mut Cx::new(hub);
        match news {
            News::Opened(id) => handler.on_open(cx, id),
            News::ConnectFailed(id, error) => handler.on_connect_failed(cx, id, error),
            News::Closed(id, end, tag) => handler.on_close(cx, id, &end, tag),
            News::Notice(notice) => handler.on_notice(cx, &notice),
        }
    }
}
