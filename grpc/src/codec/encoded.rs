//! A message encoded once and sent often.

use super::{Codec, frame};
use crate::{
    compress::{self, Sending},
    framing::{Framed, FramingError},
    status::Status,
};
use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
};

/// An encoded message, and its compressed forms as they come to be needed: send one to 100 000 streams.
///
/// Clones share everything.
pub struct Encoded<T> {
    forms: Arc<Forms>,
    message: PhantomData<fn() -> T>,
}

struct Forms {
    plain: Framed,
    /// By the encoding's name. Each form is made once; one that is no smaller is the plain one.
    packed: Mutex<Vec<(&'static str, Framed)>>,
}

impl<T> Encoded<T> {
    /// Encodes a message.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED if it has more octets than the prefix can say.
    pub fn new(codec: &dyn Codec<T>, message: &T) -> Result<Encoded<T>, Status> {
        let plain = frame(codec, message, &Sending::default())?;
        Ok(Encoded {
            forms: Arc::new(Forms {
                plain,
                packed: Mutex::default(),
            }),
            message: PhantomData,
        })
    }

    /// The message as a stream sends it.
    ///
    /// # Errors
    /// As [`compress::seal`].
    pub fn framed(&self, how: &Sending<'_>) -> Result<Framed, Status> {
        let plain = &self.forms.plain;
        let size = plain.message().len();
        if size > how.limit {
            return Err(FramingError::TooLargeToSend {
                size,
                limit: how.limit,
            }
            .into());
        }
        let Some(compressor) = how.for_size(size) else {
            return Ok(plain.clone());
        };
        let mut packed = self
            .forms
            .packed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, form)) = packed.iter().find(|(name, _)| *name == compressor.name()) {
            return Ok(form.clone());
        }
        let form = compress::pack(plain.message(), compressor)?.unwrap_or_else(|| plain.clone());
        packed.push((compressor.name(), form.clone()));
        Ok(form)
    }
}

impl<T> Clone for Encoded<T> {
    fn clone(&self) -> Self {
        Encoded {
            forms: Arc::clone(&self.forms),
            message: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Encoded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({} octets)", self.forms.plain.message().len())
    }
}
