//! One connection: its socket, its TLS, its machine, and what the loop must remember of them.

use super::permit::Permit;
use crate::address::Address;
use crate::connect::Target;
use crate::error::TransportError;
use crate::machine::Machine;
use crate::session::{Session, TlsFacts};
use crate::socket::Socket;
use bywash_proto::config::Config;
use bywash_proto::error::CloseReason;
use bywash_proto::vocabulary::Instant;
use std::sync::Arc;

/// How far a connection has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// TLS shakes hands; there is no machine yet.
    Handshake,
    /// The machine runs.
    Open,
    /// The machine has ended; its last octets are being written.
    Closing,
    /// Our side is shut; what comes is discarded.
    Linger,
}

/// Facts about a connection, by bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bits(u16);

impl Bits {
    /// A read may find something.
    pub(crate) const READABLE: u16 = 1;
    /// A write may find room.
    pub(crate) const WRITABLE: u16 = 2;
    /// The system says that the peer has shut its side: read until the end of file.
    pub(crate) const READ_CLOSED: u16 = 4;
    /// The end of file was read.
    pub(crate) const EOF: u16 = 8;
    /// It stands in the ready queue, or is being pumped.
    pub(crate) const QUEUED: u16 = 16;
    /// It was pumped since the last sweep.
    pub(crate) const ACTIVE: u16 = 32;
    /// It stands in the list of connections that the sweep looks at.
    pub(crate) const WARM: u16 = 64;
    /// Writing is registered, where it is not always.
    pub(crate) const WRITE_REGISTERED: u16 = 128;
    /// The program wants it gone without a farewell.
    pub(crate) const ABORT: u16 = 256;
    /// It is a client's.
    pub(crate) const CLIENT: u16 = 512;
    /// The system says that the peer takes nothing more.
    pub(crate) const WRITE_CLOSED: u16 = 1024;

    #[inline]
    pub(crate) fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }

    #[inline]
    pub(crate) fn set(&mut self, bits: u16) {
        self.0 |= bits;
    }

    #[inline]
    pub(crate) fn clear(&mut self, bits: u16) {
        self.0 &= !bits;
    }
}

pub(crate) struct Entry {
    /// `None` until TLS has shaken hands.
    pub(crate) machine: Option<Machine>,
    pub(crate) socket: Socket,
    pub(crate) session: Option<Box<dyn Session>>,
    /// For the machine to be.
    pub(crate) config: Arc<Config>,
    pub(crate) phase: Phase,
    pub(crate) bits: Bits,
    /// Turns so far, up to [`Entry::NEW`].
    pub(crate) turns: u8,
    /// The loop's own deadline: handshake, closing, lingering. `MAX` for none.
    pub(crate) deadline: Instant,
    /// What stands in the loop's heap. `MAX` for nothing.
    pub(crate) armed: Instant,
    pub(crate) peer: Address,
    pub(crate) permit: Option<Permit>,
    /// The program's own.
    pub(crate) tag: u64,
    rare: Option<Box<Rare>>,
}

/// What few connections have, or only for a while: apart, so that one that idles in cleartext does not pay for it.
#[derive(Default)]
pub(crate) struct Rare {
    /// What TLS agreed on.
    pub(crate) facts: Option<Arc<TlsFacts>>,
    /// Input that was read and could not be taken yet: ciphertext under TLS.
    pub(crate) carry: Vec<u8>,
    /// Octets read while lingering; 4 GiB are as good as the bound.
    pub(crate) lingered: u32,
    /// Why the machine ended; kept until the socket is closed.
    pub(crate) reason: Option<CloseReason>,
    pub(crate) transport: Option<Box<TransportError>>,
    /// What the program asked for, for messages; clients only.
    pub(crate) target: Option<Box<Target>>,
}

// An allocation of 144 octets with what the system adds, for every idle connection. (Without optimisation sockets are larger.)
const _: () =
    assert!(cfg!(debug_assertions) || size_of::<usize>() != 8 || size_of::<Entry>() <= 136);

impl Entry {
    /// Turns for which a connection is new: its SETTINGS, its first request, an acknowledgement.
    pub(crate) const NEW: u8 = 3;

    pub(crate) fn new(socket: Socket, peer: Address, config: Arc<Config>) -> Self {
        Self {
            machine: None,
            socket,
            session: None,
            config,
            phase: Phase::Handshake,
            bits: Bits(Bits::WRITABLE),
            turns: 0,
            deadline: Instant::MAX,
            armed: Instant::MAX,
            peer,
            permit: None,
            tag: 0,
            rare: None,
        }
    }

    /// What few have, if this one has any of it.
    #[inline]
    pub(crate) fn rare(&self) -> Option<&Rare> {
        self.rare.as_deref()
    }

    /// The same, to be set.
    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Takes all of it, at the end.
    pub(crate) fn take_rare(&mut self) -> Rare {
        self.rare.take().map(|rare| *rare).unwrap_or_default()
    }

    /// Takes the input that could not be taken before.
    #[inline]
    pub(crate) fn take_carry(&mut self) -> Vec<u8> {
        match &mut self.rare {
            Some(rare) => std::mem::take(&mut rare.carry),
            None => Vec::new(),
        }
    }

    /// Whether a read makes sense now.
    pub(crate) fn wants_input(&self) -> bool {
        self.bits.has(Bits::READABLE) && !self.bits.has(Bits::EOF)
    }

    /// Whether the peer has ended its side and takes nothing either: it is no half-closed one.
    pub(crate) fn is_deserted(&self) -> bool {
        self.bits.has(Bits::EOF) && self.bits.has(Bits::WRITE_CLOSED) && self.phase == Phase::Open
    }

    /// Whether TLS holds octets that the machine has not seen.
    pub(crate) fn has_plaintext(&mut self) -> bool {
        match &mut self.session {
            Some(session) => !session.plaintext().is_empty(),
            None => false,
        }
    }
}
