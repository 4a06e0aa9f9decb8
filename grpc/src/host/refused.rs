//! Threads of loops that wanted to wait: told of, and to whom.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

thread_local! {
    /// The method whose code runs on this thread, a loop's.
    static METHOD: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// Code of this method runs on this thread from now on, or of none that is known; whose it was before.
pub(super) fn set_method(method: Option<Arc<str>>) -> Option<Arc<str>> {
    // A thread that is at its end runs nobody's code any more.
    METHOD
        .try_with(|current| current.replace(method))
        .unwrap_or_default()
}

/// The method whose code runs on this thread.
pub(super) fn method() -> Option<Arc<str>> {
    let method = METHOD.try_with(|method| method.borrow().clone());
    method.unwrap_or_default()
}

/// What was refused, and the remedy.
pub(crate) fn told(method: Option<&str>) -> String {
    let method = method.unwrap_or("the method");
    format!("blocking call on a loop thread; use .start() or move {method} to a pool")
}

/// Methods that were told of. What a server does not know has any path that its clients choose: enough is enough.
const MOST: usize = 64;

static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether this is the first time that there is something to tell of this method.
fn is_new(told: &mut BTreeSet<String>, method: &str) -> bool {
    told.len() < MOST && !told.contains(method) && told.insert(method.to_owned())
}

/// Says it to people, once for each method.
pub(super) fn log_once(method: Option<&str>) {
    let mut seen = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if !is_new(&mut seen, method.unwrap_or_default()) {
        return;
    }
    drop(seen);
    say(&told(method));
}

#[cfg(feature = "tracing")]
fn say(text: &str) {
    tracing::error!(target: "bywash_grpc", "{text}");
}

/// Where panics are told of too. That nobody listens there is no reason to panic.
#[cfg(not(feature = "tracing"))]
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "bywash-grpc: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_is_told_of_once_and_not_all_that_strangers_name() {
        let mut told = BTreeSet::new();
        assert!(is_new(&mut told, "/a.A/One"));
        assert!(!is_new(&mut told, "/a.A/One"));
        assert!(is_new(&mut told, "/a.A/Two"));
        for n in 0..1000 {
            is_new(&mut told, &n.to_string());
        }
        assert_eq!(told.len(), MOST);
        assert!(!is_new(&mut told, "/a.A/Three"));
    }
}
