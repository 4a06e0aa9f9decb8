//! Names are resolved, and programs' dialers run, on threads of their own: `getaddrinfo` blocks.

use super::letter::Letter;
use crate::connect::{Dial, Dialed, Target};
use crate::id::ConnId;
use crate::mailbox::{Bell, Mailbox};
use crate::panics::caught;
use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Finds the addresses of a name. May block: it runs on threads of its own.
pub type Resolve = Arc<dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync>;

/// Threads at most: one slow name must not hold up the others, nor may many names cost many threads.
const MOST_THREADS: usize = 4;
/// How long a thread waits for another question.
const PATIENCE: Duration = Duration::from_secs(5);

struct Question {
    ask: Ask,
    dial: ConnId,
}

/// What is asked.
pub(crate) enum Ask {
    /// The addresses of a name.
    Name(String, u16),
    /// A connection.
    Dial(Arc<dyn Dial>, Target),
}

#[derive(Default)]
struct Desk {
    questions: VecDeque<Question>,
    idle: usize,
    threads: usize,
    closed: bool,
}

struct Shared {
    desk: Mutex<Desk>,
    more: Condvar,
    resolve: Resolve,
    letters: Arc<Mailbox<Letter>>,
    bell: Arc<Bell>,
}

/// The loop's side.
pub(crate) struct Resolver(Arc<Shared>);

impl Resolver {
    pub(crate) fn new(letters: Arc<Mailbox<Letter>>, bell: Arc<Bell>) -> Self {
        Self::with(Arc::new(ask_the_system), letters, bell)
    }

    pub(crate) fn with(resolve: Resolve, letters: Arc<Mailbox<Letter>>, bell: Arc<Bell>) -> Self {
        Self(Arc::new(Shared {
            desk: Mutex::default(),
            more: Condvar::new(),
            resolve,
            letters,
            bell,
        }))
    }

    /// Asks; the answer comes as a letter.
    pub(crate) fn ask(&self, ask: Ask, dial: ConnId) -> io::Result<()> {
        let mut desk = self.0.lock();
        desk.questions.push_back(Question { ask, dial });
        if desk.idle >= desk.questions.len() {
            drop(desk);
            self.0.more.notify_one();
            return Ok(());
        }
        if desk.threads >= MOST_THREADS {
            return Ok(());
        }
        let shared = Arc::clone(&self.0);
        let started = std::thread::Builder::new()
            .name("bywash-resolver".into())
            .spawn(move || shared.answer());
        match started {
            Ok(_) => {
                desk.threads += 1;
                Ok(())
            }
            // Those that there are will come to it.
            Err(_) if desk.threads > 0 => Ok(()),
            Err(error) => {
                desk.questions.pop_back();
                Err(error)
            }
        }
    }
}

impl Resolver {
    /// Nobody waits for this answer any more: what was not begun need not be.
    pub(crate) fn forget(&self, dial: ConnId) {
        self.0
            .lock()
            .questions
            .retain(|question| question.dial != dial);
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        let mut desk = self.0.lock();
        desk.closed = true;
        desk.questions.clear();
        drop(desk);
        self.0.more.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self) {
        while let Some(question) = self.next() {
            let answer = match question.ask {
                Ask::Name(name, port) => Letter::Resolved(question.dial, self.resolve(&name, port)),
                Ask::Dial(dialer, target) => Letter::Dialed(question.dial, dial(&*dialer, &target)),
            };
            // Each answers a question of the loop's, so they are no more than it asked. Only a loop that
            // is gone needs none.
            if self.letters.push_surely(answer).is_ok() {
                self.bell.ring();
            }
        }
    }

    /// A resolver's panic is its error: the thread has other questions to answer.
    fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        caught(|| (self.resolve)(name, port))
            .unwrap_or_else(|| Err(io::Error::other("the resolver panicked")))
    }

    fn next(&self) -> Option<Question> {
        let mut desk = self.lock();
        loop {
            if let Some(question) = desk.questions.pop_front() {
                return Some(question);
            }
            if desk.closed {
                desk.threads -= 1;
                return None;
            }
            desk.idle += 1;
            let (woken, timeout) = self
                .more
                .wait_timeout(desk, PATIENCE)
                .unwrap_or_else(PoisonError::into_inner);
            desk = woken;
            desk.idle -= 1;
            if timeout.timed_out() && desk.questions.is_empty() {
                desk.threads -= 1;
                return None;
            }
        }
    }
}

/// A dialer's panic is its error: the thread has other questions to answer.
fn dial(dialer: &dyn Dial, target: &Target) -> io::Result<Dialed> {
    caught(|| dialer.dial(target)).unwrap_or_else(|| Err(io::Error::other("the dialer panicked")))
}

fn ask_the_system(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    (name, port).to_socket_addrs().map(Iterator::collect)
}

#[cfg(test)]
mod tests {
    use super::{Ask, Resolver};
    use crate::engine::letter::Letter;
    use crate::id::ConnId;
    use crate::mailbox::{Bell, Mailbox};
    use std::collections::VecDeque;
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    #[test]
    fn an_answer_comes_though_the_letters_are_many() {
        let (rang, hear) = mpsc::channel();
        let bell = Bell::new(Arc::new(move || rang.send(()).unwrap()));
        let letters = Mailbox::new(1);
        assert!(
            letters
                .push(Letter::Resolved(ConnId::new(1, 0), Ok(Vec::new())))
                .is_ok()
        );
        let nothing = Arc::new(|_: &str, _| Ok(Vec::new()));
        let resolver = Resolver::with(nothing, Arc::clone(&letters), bell);
        let dial = ConnId::new(2, 0);
        resolver
            .ask(Ask::Name("a.example".into(), 1), dial)
            .unwrap();
        hear.recv_timeout(Duration::from_secs(5)).unwrap();
        let mut got = VecDeque::new();
        letters.take(&mut got);
        assert!(matches!(got.pop_back(), Some(Letter::Resolved(of, Ok(_))) if of == dial));
    }
}
