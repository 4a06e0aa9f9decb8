//! gzip (RFC 1952) and deflate, which in gRPC is the zlib format (RFC 1950).

use super::{CompressError, Compressor, DecompressError};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

/// The largest window, which every peer's decoder takes.
const WINDOW_BITS: u8 = 15;

/// The members that one gzip message may have. Each costs its decoder a fresh start, so that many tiny ones would buy a
/// peer work; 1 024 of the 64 KiB that parallel writers make of one input are 64 MiB.
const MAX_MEMBERS: usize = 1024;

/// `gzip`.
pub struct Gzip(Encoder);

/// `deflate`: the zlib format, as gRPC has it.
pub struct Deflate(Encoder);

macro_rules! levels {
    ($name:ident, $make:expr) => {
        impl $name {
            /// An encoder of a level: 0 stores, 1 is fastest, 9 makes the least octets. Above is 9.
            pub fn new(level: u8) -> $name {
                $name(Encoder {
                    level: Compression::new(u32::from(level.min(9))),
                    make: $make,
                    idle: Mutex::new(None),
                })
            }
        }

        /// Level 6.
        impl Default for $name {
            fn default() -> $name {
                $name::new(6)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}(level {})", stringify!($name), self.0.level.level())
            }
        }
    };
}

levels!(Gzip, |level| Compress::new_gzip(level, WINDOW_BITS));
levels!(Deflate, |level| Compress::new_with_window_bits(
    level,
    true,
    WINDOW_BITS
));

impl Compressor for Gzip {
    fn name(&self) -> &'static str {
        "gzip"
    }

    fn compress(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
        self.0.run(message, out)
    }

    fn decompress(
        &self,
        compressed: &[u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DecompressError> {
        let mut output = Inflated::new(out, compressed.len(), limit);
        let mut rest = compressed;
        for _ in 0..MAX_MEMBERS {
            let taken = output.inflate(&mut Decompress::new_gzip(WINDOW_BITS), rest)?;
            rest = rest.get(taken..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(());
            }
        }
        Err(corrupt("too many gzip members"))
    }
}

impl Compressor for Deflate {
    fn name(&self) -> &'static str {
        "deflate"
    }

    fn compress(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
        self.0.run(message, out)
    }

    fn decompress(
        &self,
        compressed: &[u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DecompressError> {
        let mut decoder = Decompress::new_with_window_bits(true, WINDOW_BITS);
        let taken =
            Inflated::new(out, compressed.len(), limit).inflate(&mut decoder, compressed)?;
        if taken < compressed.len() {
            Err(corrupt("octets after the end of the stream"))
        } else {
            Ok(())
        }
    }
}

fn corrupt(why: &'static str) -> DecompressError {
    DecompressError::Corrupt(why.into())
}

struct Encoder {
    level: Compression,
    make: fn(Compression) -> Compress,
    /// The state of the last message, about 300 KiB, reset before use. Setting up another costs as much as compressing
    /// a small message; threads that compress at the same time do that.
    idle: Mutex<Option<Compress>>,
}

impl Encoder {
    fn run(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
        let mut state = self.take();
        let started = out.len();
        out.reserve(message.len() / 2 + 64);
        loop {
            let before = (state.total_in(), state.total_out());
            let rest = message.get(before.0 as usize..).unwrap_or_default();
            let result = state
                .compress_vec(rest, out, FlushCompress::Finish)
                .map_err(|e| CompressError(e.into()))?;
            if result == Status::StreamEnd {
                break;
            }
            if before == (state.total_in(), state.total_out()) {
                return Err(CompressError("the encoder stands still".into()));
            }
            out.reserve((out.len() - started).max(64));
        }
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        Ok(())
    }

    fn take(&self) -> Compress {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match idle {
            Some(mut state) => {
                state.reset();
                state
            }
            None => (self.make)(self.level),
        }
    }
}

/// Where inflated octets go: never more than one past the limit, in memory that grows with what comes out.
struct Inflated<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    limit: usize,
}

impl<'a> Inflated<'a> {
    fn new(out: &'a mut Vec<u8>, compressed: usize, limit: usize) -> Inflated<'a> {
        let start = out.len();
        // A guess, in proportion to what was received.
        out.reserve_exact(
            compressed
                .saturating_mul(4)
                .max(64)
                .min(limit.saturating_add(1)),
        );
        Inflated { out, start, limit }
    }

    /// Inflates one stream to its end; the octets taken of `compressed`.
    fn inflate(
        &mut self,
        decoder: &mut Decompress,
        compressed: &[u8],
    ) -> Result<usize, DecompressError> {
        loop {
            self.make_room();
            let (taken, made) = (decoder.total_in(), decoder.total_out());
            let rest = compressed.get(taken as usize..).unwrap_or_default();
            let result = decoder
                .decompress_vec(rest, self.out, FlushDecompress::None)
                .map_err(|e| DecompressError::Corrupt(e.into()))?;
            if self.out.len() - self.start > self.limit {
                return Err(DecompressError::TooLarge(self.limit));
            }
            if result == Status::StreamEnd {
                return Ok(decoder.total_in() as usize);
            }
            if (taken, made) == (decoder.total_in(), decoder.total_out()) {
                return Err(corrupt("the stream is cut off"));
            }
        }
    }

    /// Room for at least one octet: within the limit, or the one beyond it that tells.
    fn make_room(&mut self) {
        if self.out.len() == self.out.capacity() {
            let made = self.out.len() - self.start;
            let left = self.limit.saturating_add(1).saturating_sub(made).max(1);
            self.out.reserve_exact(made.max(64).min(left));
        }
    }
}
