//! The work of one turn, handed to pools at its end.

use crate::{
    host::Host,
    pool::{Pool, Work},
};
use std::sync::Arc;

/// Work by pool, in the order in which it came; `None` is the server's own pool.
#[derive(Default)]
pub(super) struct Batch(Vec<(Option<Pool>, Together)>);

type Together = Vec<Box<dyn Work>>;

impl Batch {
    pub(super) fn push(&mut self, pool: Option<&Pool>, work: impl Work + 'static) {
        let same = |other: &Option<Pool>| match (pool, other) {
            (None, None) => true,
            (Some(a), Some(b)) => a.is(b),
            _ => false,
        };
        match self.0.iter_mut().find(|(other, _)| same(other)) {
            Some((_, together)) => together.push(Box::new(work)),
            None => self.0.push((pool.cloned(), vec![Box::new(work)])),
        }
    }

    /// Takes the only piece of work, if it is for the server's own pool.
    pub(super) fn take_only(&mut self) -> Option<Box<dyn Work>> {
        match &mut self.0[..] {
            [(None, together)] if together.len() == 1 => together.pop(),
            _ => None,
        }
    }

    /// Each pool is asked once.
    pub(super) fn flush(&mut self, host: &Arc<dyn Host>, own: &Pool) {
        for (pool, together) in self.0.drain(..) {
            pool.as_ref().unwrap_or(own).push(host, together);
        }
    }
}
