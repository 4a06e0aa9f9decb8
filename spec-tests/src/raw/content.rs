//! The content of one frame, typed, and judged by what a sender must do.

use super::build::PriorityFields;
use super::fault::FrameFault;
use super::wire::{MAX_31, flag, kind, setting};

/// A frame that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The type octet.
    pub kind: u8,
    /// The flags octet.
    pub flags: u8,
    /// The stream identifier.
    pub stream: u32,
    /// Octets of payload, padding included: what flow control counts.
    pub length: u32,
    /// The payload, typed.
    pub content: Content,
}

impl Frame {
    /// Whether a flag is set.
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// A payload without padding. Fragments of header blocks are not decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are those of the RFC that defines the frame
pub enum Content {
    Data(Vec<u8>),
    Headers {
        priority: Option<PriorityFields>,
        fragment: Vec<u8>,
    },
    Priority(PriorityFields),
    RstStream {
        code: u32,
    },
    Settings(Vec<(u16, u32)>),
    PushPromise {
        promised: u32,
        fragment: Vec<u8>,
    },
    Ping([u8; 8]),
    GoAway {
        last_stream: u32,
        code: u32,
        debug: Vec<u8>,
    },
    WindowUpdate {
        increment: u32,
    },
    Continuation {
        fragment: Vec<u8>,
    },
    AltSvc {
        origin: Vec<u8>,
        value: Vec<u8>,
    },
    Origin(Vec<Vec<u8>>),
    PriorityUpdate {
        prioritized: u32,
        value: Vec<u8>,
    },
    Unknown(Vec<u8>),
}

/// Reads a payload.
///
/// # Errors
/// The first rule that the frame breaks.
pub fn read(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<Content, FrameFault> {
    let Some(defined) = kind::defined_flags(kind) else {
        return Ok(Content::Unknown(payload.to_vec()));
    };
    if flags & !defined != 0 {
        return Err(FrameFault::UndefinedFlags(flags & !defined));
    }
    check_stream(kind, stream)?;
    let padded = matches!(kind, kind::DATA | kind::HEADERS | kind::PUSH_PROMISE)
        && flags & flag::PADDED != 0;
    let body = if padded { unpad(payload)? } else { payload };
    match kind {
        kind::DATA => Ok(Content::Data(body.to_vec())),
        kind::HEADERS => headers(flags, stream, body),
        kind::PRIORITY => {
            let (fields, rest) = priority_fields(stream, body)?;
            if rest.is_empty() {
                Ok(Content::Priority(fields))
            } else {
                Err(FrameFault::Length)
            }
        }
        kind::RST_STREAM => Ok(Content::RstStream {
            code: u32::from_be_bytes(exactly(body)?),
        }),
        kind::SETTINGS => settings(flags, body),
        kind::PUSH_PROMISE => {
            let (promised, fragment) = target(body)?;
            Ok(Content::PushPromise {
                promised,
                fragment: fragment.to_vec(),
            })
        }
        kind::PING => Ok(Content::Ping(exactly(body)?)),
        kind::GOAWAY => goaway(body),
        kind::WINDOW_UPDATE => window_update(body),
        kind::CONTINUATION => Ok(Content::Continuation {
            fragment: body.to_vec(),
        }),
        kind::ALTSVC => altsvc(stream, body),
        kind::ORIGIN => origin(body),
        _ => {
            let (prioritized, value) = target(body)?; // PRIORITY_UPDATE: all other known types are above
            Ok(Content::PriorityUpdate {
                prioritized,
                value: value.to_vec(),
            })
        }
    }
}

fn check_stream(kind: u8, stream: u32) -> Result<(), FrameFault> {
    match kind {
        kind::WINDOW_UPDATE | kind::ALTSVC => Ok(()),
        kind::SETTINGS | kind::PING | kind::GOAWAY | kind::ORIGIN | kind::PRIORITY_UPDATE
            if stream != 0 =>
        {
            Err(FrameFault::StreamNotZero)
        }
        kind::SETTINGS | kind::PING | kind::GOAWAY | kind::ORIGIN | kind::PRIORITY_UPDATE => Ok(()),
        _ if stream == 0 => Err(FrameFault::StreamZero),
        _ => Ok(()),
    }
}

fn unpad(payload: &[u8]) -> Result<&[u8], FrameFault> {
    let (&len, rest) = payload.split_first().ok_or(FrameFault::Length)?;
    let end = rest
        .len()
        .checked_sub(usize::from(len))
        .ok_or(FrameFault::PaddingTooLong)?;
    let (body, padding) = rest.split_at(end);
    if padding.iter().any(|&octet| octet != 0) {
        return Err(FrameFault::PaddingNotZero);
    }
    Ok(body)
}

fn exactly<const N: usize>(body: &[u8]) -> Result<[u8; N], FrameFault> {
    body.try_into().map_err(|_| FrameFault::Length)
}

fn word(body: &[u8]) -> Result<(u32, &[u8]), FrameFault> {
    let (octets, rest) = body.split_first_chunk::<4>().ok_or(FrameFault::Length)?;
    Ok((u32::from_be_bytes(*octets), rest))
}

/// A stream identifier at the start of a payload, which must not be 0.
fn target(body: &[u8]) -> Result<(u32, &[u8]), FrameFault> {
    let (id, rest) = word(body)?;
    match id {
        0 => Err(FrameFault::TargetZero),
        1..=MAX_31 => Ok((id, rest)),
        _ => Err(FrameFault::ReservedBitInside),
    }
}

fn priority_fields(stream: u32, body: &[u8]) -> Result<(PriorityFields, &[u8]), FrameFault> {
    let (word, rest) = word(body)?;
    let (&weight, rest) = rest.split_first().ok_or(FrameFault::Length)?;
    let dependency = word & MAX_31;
    if dependency == stream {
        return Err(FrameFault::SelfDependency);
    }
    Ok((
        PriorityFields {
            exclusive: word > MAX_31,
            dependency,
            weight,
        },
        rest,
    ))
}

fn headers(flags: u8, stream: u32, body: &[u8]) -> Result<Content, FrameFault> {
    if flags & flag::PRIORITY == 0 {
        return Ok(Content::Headers {
            priority: None,
            fragment: body.to_vec(),
        });
    }
    let (fields, rest) = priority_fields(stream, body)?;
    Ok(Content::Headers {
        priority: Some(fields),
        fragment: rest.to_vec(),
    })
}

fn settings(flags: u8, body: &[u8]) -> Result<Content, FrameFault> {
    if flags & flag::ACK != 0 && !body.is_empty() {
        return Err(FrameFault::AckWithPayload);
    }
    if body.len() % 6 != 0 {
        return Err(FrameFault::Length);
    }
    let entries: Vec<_> = body
        .chunks_exact(6)
        .map(|e| {
            (
                u16::from_be_bytes([e[0], e[1]]),
                u32::from_be_bytes([e[2], e[3], e[4], e[5]]),
            )
        })
        .collect();
    for &(id, value) in &entries {
        let fits = match id {
            setting::ENABLE_PUSH
            | setting::ENABLE_CONNECT_PROTOCOL
            | setting::NO_RFC7540_PRIORITIES => value <= 1,
            setting::INITIAL_WINDOW_SIZE => value <= MAX_31,
            setting::MAX_FRAME_SIZE => (16_384..=16_777_215).contains(&value),
            _ => true,
        };
        if !fits {
            return Err(FrameFault::SettingValue { id, value });
        }
    }
    Ok(Content::Settings(entries))
}

fn goaway(body: &[u8]) -> Result<Content, FrameFault> {
    let (last_stream, rest) = word(body)?;
    let (code, debug) = word(rest)?;
    if last_stream > MAX_31 {
        return Err(FrameFault::ReservedBitInside);
    }
    Ok(Content::GoAway {
        last_stream,
        code,
        debug: debug.to_vec(),
    })
}

fn window_update(body: &[u8]) -> Result<Content, FrameFault> {
    match u32::from_be_bytes(exactly(body)?) {
        0 => Err(FrameFault::ZeroIncrement),
        increment @ 1..=MAX_31 => Ok(Content::WindowUpdate { increment }),
        _ => Err(FrameFault::ReservedBitInside),
    }
}

/// A string behind a length of two octets.
fn string(body: &[u8]) -> Result<(&[u8], &[u8]), FrameFault> {
    let (len, rest) = body
        .split_first_chunk::<2>()
        .ok_or(FrameFault::InnerLength)?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
        .ok_or(FrameFault::InnerLength)
}

fn altsvc(stream: u32, body: &[u8]) -> Result<Content, FrameFault> {
    let (origin, value) = string(body)?;
    if (stream == 0) == origin.is_empty() {
        return Err(FrameFault::AltSvcOrigin);
    }
    Ok(Content::AltSvc {
        origin: origin.to_vec(),
        value: value.to_vec(),
    })
}

fn origin(mut body: &[u8]) -> Result<Content, FrameFault> {
    let mut origins = Vec::new();
    while !body.is_empty() {
        let (origin, rest) = string(body)?;
        origins.push(origin.to_vec());
        body = rest;
    }
    Ok(Content::Origin(origins))
}
