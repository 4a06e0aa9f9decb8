//! What the programs behind the calls do.

use arbitrary::Arbitrary;

/// One thing that the programs behind the calls do, at the side under test.
#[derive(Arbitrary, Debug)]
pub(super) enum Own {
    /// Client: another call.
    Open,
    Want {
        call: u8,
        more: u8,
    },
    Send {
        call: u8,
        octets: u16,
    },
    /// Server: a head for itself.
    Head {
        call: u8,
    },
    /// Server: the end, with this code. Client: no more messages.
    Finish {
        call: u8,
        code: u8,
    },
    Cancel {
        call: u8,
    },
    /// Server: as much time passes as the next deadline of a call needs.
    Deadline,
    /// A deadline of the connection passes.
    Timer,
    Drain,
}
