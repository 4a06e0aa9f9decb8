//! Values by type, added but never taken away, so that they can be lent.

use std::{any::Any, sync::OnceLock};

#[derive(Default)]
pub(super) struct Extensions {
    first: OnceLock<Box<Node>>,
}

struct Node {
    value: Box<dyn Any + Send + Sync>,
    next: OnceLock<Box<Node>>,
}

impl Extensions {
    pub(super) fn get<T: 'static>(&self) -> Option<&T> {
        let mut at = self.first.get();
        while let Some(node) = at {
            if let Some(value) = node.value.downcast_ref() {
                return Some(value);
            }
            at = node.next.get();
        }
        None
    }

    pub(super) fn insert<T: Send + Sync + 'static>(&self, value: T) {
        let mut node = Box::new(Node {
            value: Box::new(value),
            next: OnceLock::new(),
        });
        let mut at = &self.first;
        // Whoever comes second to a place goes on from there.
        while let Err(back) = at.set(node) {
            node = back;
            match at.get() {
                Some(taken) => at = &taken.next,
                None => return,
            }
        }
    }
}
