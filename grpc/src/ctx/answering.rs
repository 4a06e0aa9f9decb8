//! How the messages of a response are encoded, and what its handler has to say about that.

use crate::{
    code::Code,
    compress::{Accepted, Compressor, DEFAULT_THRESHOLD, Registry, Sending},
    encoding,
    status::Status,
};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// What a response may be compressed by.
pub struct Offer {
    /// The encodings known.
    pub registry: Registry,
    /// Those of them that the client accepts.
    pub accepted: Accepted,
    /// The response's encoding unless its handler chooses another; `None` is identity.
    pub usual: Option<Arc<dyn Compressor>>,
    /// Messages of fewer octets are sent as they are.
    pub threshold: usize,
}

impl Default for Offer {
    fn default() -> Offer {
        Offer {
            registry: Registry::new(),
            accepted: Accepted::default(),
            usual: None,
            threshold: DEFAULT_THRESHOLD,
        }
    }
}

/// An offer, and what was made of it.
pub(super) struct Answering {
    offer: Offer,
    chosen: Mutex<Chosen>,
    compressed: AtomicBool,
}

struct Chosen {
    encoding: Option<Arc<dyn Compressor>>,
    /// A message was encoded by it.
    fixed: bool,
    plain: bool,
}

impl Answering {
    pub(super) fn new(offer: Offer) -> Answering {
        Answering {
            chosen: Mutex::new(Chosen {
                encoding: offer.usual.clone(),
                fixed: false,
                plain: false,
            }),
            offer,
            compressed: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Chosen> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn accepts(&self, name: &str) -> bool {
        let Offer {
            registry, accepted, ..
        } = &self.offer;
        encoding::is_identity(name) || registry.agreed(*accepted, name).is_some()
    }

    pub(super) fn choose(&self, name: &str, head_is_out: bool) -> Result<bool, Status> {
        let mut chosen = self.lock();
        if head_is_out || chosen.fixed {
            let text = "the response's encoding is settled: choose it before the first message";
            return Err(Status::local(Code::Internal, text));
        }
        let known = self.offer.registry.agreed(self.offer.accepted, name);
        if known.is_none() && !encoding::is_identity(name) {
            return Ok(false);
        }
        chosen.encoding = known.cloned();
        Ok(true)
    }

    pub(super) fn set_plain(&self, plain: bool) {
        self.lock().plain = plain;
    }

    pub(super) fn request_was_compressed(&self) -> bool {
        self.compressed.load(Ordering::Relaxed)
    }

    pub(super) fn note_compressed(&self, compressed: bool) {
        self.compressed.store(compressed, Ordering::Relaxed);
    }

    pub(super) fn encoding(&self) -> Option<Arc<dyn Compressor>> {
        self.lock().encoding.clone()
    }

    pub(super) fn encode<R>(&self, limit: usize, encode: impl FnOnce(&Sending<'_>) -> R) -> R {
        let compressor = {
            let mut chosen = self.lock();
            chosen.fixed = true;
            chosen.encoding.clone().filter(|_| !chosen.plain)
        };
        encode(&Sending {
            compressor: compressor.as_deref(),
            threshold: self.offer.threshold,
            limit,
        })
    }
}
