//! A server on loops of its own, one thread each.

use super::exchange::Note;
use super::service::Service;
use super::serving::{ServeOptions, Serving};
use crate::address::Address;
use crate::engine::{EventLoop, Group};
use crate::listen::Listen;
use crate::options::LoopOptions;
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fmt, io};

/// Builds a [`Server`].
#[derive(Debug)]
#[must_use]
pub struct Builder {
    listens: Vec<Listen>,
    threads: usize,
    loops: LoopOptions,
    serving: ServeOptions,
}

impl Builder {
    /// Listens there too.
    pub fn listen(mut self, listen: Listen) -> Self {
        self.listens.push(listen);
        self
    }

    /// Threads, each with a loop; 0 is read as 1. Default 1.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Sizes and times of the loops.
    pub fn loop_options(mut self, options: LoopOptions) -> Self {
        self.loops = options;
        self
    }

    /// How requests are treated.
    pub fn options(mut self, options: ServeOptions) -> Self {
        self.serving = options;
        self
    }

    /// Starts the threads. `service` is called on each of them, with its number, to make its
    /// service; so a service need not be `Send`.
    ///
    /// # Errors
    /// The system's: a port in use, a file in the way, no descriptors or threads left.
    pub fn serve<S, F>(self, service: F) -> io::Result<Server>
    where
        S: Service,
        F: Fn(usize) -> S + Send + Clone + 'static,
    {
        let group = Group::new();
        let mut loops = Vec::with_capacity(self.threads);
        for _ in 0..self.threads {
            let mut event_loop = EventLoop::<Note>::new(self.loops.clone())?;
            event_loop.join(&group);
            loops.push(event_loop);
        }
        let mut addresses = Vec::new();
        // One loop accepts for all: the kernel does not know which has the fewest.
        if let Some(first) = loops.first_mut() {
            let mut cx = first.cx();
            for listen in self.listens {
                let id = cx.listen(listen)?;
                addresses.push(cx.listening_at(id)?);
            }
        }
        let mut server = Server {
            addresses,
            group,
            stops: Vec::new(),
            threads: Vec::new(),
        };
        for (number, event_loop) in loops.into_iter().enumerate() {
            server.stops.push(Box::new(event_loop.shutdown_handle()));
            let (service, options) = (service.clone(), self.serving.clone());
            let thread = std::thread::Builder::new()
                .name(format!("bywash-{number}"))
                .spawn(move || run(event_loop, service(number), options))?;
            server.threads.push(thread);
        }
        Ok(server)
    }
}

fn run<S: Service>(
    mut event_loop: EventLoop<Note>,
    service: S,
    options: ServeOptions,
) -> io::Result<()> {
    let mut serving = Serving::new(service, event_loop.handle(), options);
    event_loop.run(&mut serving)
}

/// A server that runs on threads of its own. Dropping it ends it at once.
#[must_use]
pub struct Server {
    addresses: Vec<Address>,
    group: Group,
    stops: Vec<Box<dyn Fn(Duration) + Send + Sync>>,
    threads: Vec<JoinHandle<io::Result<()>>>,
}

impl Server {
    /// A server that listens nowhere yet, on one thread.
    pub fn builder() -> Builder {
        Builder {
            listens: Vec::new(),
            threads: 1,
            loops: LoopOptions::default(),
            serving: ServeOptions::default(),
        }
    }

    /// Where it listens, in the order of [`Builder::listen`].
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Connections of each thread.
    pub fn connections(&self) -> Vec<usize> {
        self.group.loads()
    }

    /// Starts to end: nothing new is accepted, what is open may finish within `grace`. May be
    /// called again with less.
    pub fn shutdown(&self, grace: Duration) {
        for stop in &self.stops {
            stop(grace);
        }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Polling failed on a thread.
    ///
    /// # Panics
    /// If a thread panicked, with its panic.
    pub fn join(mut self) -> io::Result<()> {
        let mut outcome = Ok(());
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(result) => outcome = outcome.and(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        outcome
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown(Duration::ZERO);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("addresses", &self.addresses)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}
