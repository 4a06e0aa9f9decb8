//! From `:path` to a method.

use super::service::{Entry, Run, Service};
use crate::{code::Code, hash::QuickMap, method::split_path, pool::Pool, status::Status};
use std::sync::Arc;

/// All methods of a server.
#[derive(Default)]
pub(crate) struct Routes {
    methods: QuickMap<Box<[u8]>, Arc<Entry>>,
    services: Vec<&'static str>,
    /// Serves what no service has.
    fallback: Option<Arc<Entry>>,
    /// Pools of single methods.
    pools: Vec<Pool>,
}

impl Routes {
    /// Adds a service; whether its name was new.
    pub(crate) fn add<S>(&mut self, service: Service<S>) -> bool {
        if self.services.contains(&service.name()) {
            return false;
        }
        self.services.push(service.name());
        for entry in service.into_entries() {
            let known = |pool: &&Pool| !self.pools.iter().any(|other| other.is(pool));
            self.pools.extend(entry.pool.iter().find(known).cloned());
            self.methods
                .insert(entry.path.as_bytes().into(), Arc::new(entry));
        }
        true
    }

    /// The method of a path, or the status of calls to it.
    pub(crate) fn find(&self, path: &[u8]) -> Result<&Arc<Entry>, Status> {
        if let Some(entry) = self.methods.get(path) {
            return Ok(entry);
        }
        let text = std::str::from_utf8(path).ok().and_then(split_path);
        match &self.fallback {
            Some(fallback) if text.is_some() => Ok(fallback),
            _ => Err(self.unknown(path)),
        }
    }

    /// Pools of single methods.
    pub(crate) fn pools(&self) -> impl Iterator<Item = &Pool> {
        self.pools.iter()
    }

    pub(crate) fn set_fallback(&mut self, entry: Entry) {
        self.fallback = Some(Arc::new(entry));
    }

    /// Paths of methods that do not run on a pool, in no order.
    pub(crate) fn on_loop(&self) -> impl Iterator<Item = &str> {
        let entries = self.methods.values().chain(&self.fallback);
        entries
            .filter(|entry| !entry.apart)
            .filter(|entry| entry.inline || matches!(entry.run, Run::Respond(_) | Run::Reactor(_)))
            .map(|entry| &*entry.path)
    }

    fn unknown(&self, path: &[u8]) -> Status {
        const SHOWN: usize = 256;
        let text = String::from_utf8_lossy(&path[..path.len().min(SHOWN)]);
        let message = match split_path(&text) {
            None => format!("malformed method name: {text:?}"),
            Some((service, method)) if self.services.contains(&service) => {
                format!("unknown method {method} for service {service}")
            }
            Some((service, _)) => format!("unknown service {service}"),
        };
        Status::local(Code::Unimplemented, message)
    }
}
