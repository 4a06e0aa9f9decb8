//! The encodings that a server or a channel knows.

use super::{Compressor, Deflate, Gzip, UnknownEncoding};
use crate::encoding;
use std::{fmt, sync::Arc};

/// The most encodings one registry holds.
const MAX: usize = 32;

/// As much of an unknown encoding's name as an error carries, in characters.
const SHOWN: usize = 64;

/// The encodings known, in order of preference. Clones are cheap.
#[derive(Clone)]
pub struct Registry {
    known: Arc<[Arc<dyn Compressor>]>,
    accept: Arc<str>,
}

/// The encoding cannot be registered: it has no proper name, it is identity, or there are 32 already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegistryError;

/// Which encodings of a [`Registry`] a peer accepts. `Default` is none but identity, as of a peer that did not say.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Accepted(u32);

impl Registry {
    /// Identity alone.
    pub fn new() -> Registry {
        Registry::of(Vec::new())
    }

    /// With gzip and deflate at their usual levels.
    pub fn standard() -> Registry {
        Registry::of(vec![
            Arc::new(Gzip::default()),
            Arc::new(Deflate::default()),
        ])
    }

    fn of(known: Vec<Arc<dyn Compressor>>) -> Registry {
        let mut accept: Vec<_> = known.iter().map(|compressor| compressor.name()).collect();
        accept.push(encoding::IDENTITY);
        Registry {
            accept: accept.join(",").into(),
            known: known.into(),
        }
    }

    /// With another encoding, or in place of the one of that name.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn with(&self, compressor: Arc<dyn Compressor>) -> Result<Registry, RegistryError> {
        let name = compressor.name();
        if !encoding::is_name(name) || encoding::is_identity(name) {
            return Err(RegistryError);
        }
        let mut known = self.known.to_vec();
        match self.position(name) {
            Some(at) => known[at] = compressor,
            None if known.len() < MAX => known.push(compressor),
            None => return Err(RegistryError),
        }
        Ok(Registry::of(known))
    }

    /// The value of `grpc-accept-encoding`: every name, identity last.
    pub fn accept(&self) -> &str {
        &self.accept
    }

    /// The encoding of this name, in any case.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Compressor>> {
        self.known.get(self.position(name)?)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.known
            .iter()
            .position(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// The encoding that a peer's `grpc-encoding` declares; `None` is identity, as is a missing field.
    ///
    /// # Errors
    /// The encoding is not registered, or the value is no name.
    pub fn declared(
        &self,
        value: Option<&[u8]>,
    ) -> Result<Option<&Arc<dyn Compressor>>, UnknownEncoding> {
        let Some(value) = value else { return Ok(None) };
        let name = String::from_utf8_lossy(value);
        if encoding::is_identity(&name) {
            return Ok(None);
        }
        self.get(&name).map(Some).ok_or_else(|| UnknownEncoding {
            name: name.chars().take(SHOWN).collect(),
            accepted: self.accept.to_string(),
        })
    }

    /// What a peer's `grpc-accept-encoding` accepts of this registry.
    pub fn accepted(&self, list: &[u8]) -> Accepted {
        encoding::names(list)
            .filter_map(|name| self.position(name))
            .fold(Accepted::default(), |Accepted(bits), at| {
                Accepted(bits | 1 << at)
            })
    }

    /// The encoding of this name if the peer accepts it and it is known; `None` sends messages as they are.
    pub fn agreed(&self, accepted: Accepted, name: &str) -> Option<&Arc<dyn Compressor>> {
        let at = self.position(name)?;
        (accepted.0 & 1 << at != 0).then(|| &self.known[at])
    }
}

impl Default for Registry {
    fn default() -> Registry {
        Registry::standard()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registry({})", self.accept)
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an encoding needs a name of letters, digits, _, - and . other than identity; 32 fit a registry")
    }
}

impl std::error::Error for RegistryError {}
