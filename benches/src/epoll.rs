//! A bare epoll, for the programs that show what the system takes.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

/// An epoll instance.
#[derive(Debug)]
pub struct Epoll(std::os::fd::OwnedFd);

impl Epoll {
    /// A new one.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Self> {
        use std::os::fd::FromRawFd;
        // SAFETY: no pointers are passed.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new, and nobody else's.
        Ok(Self(unsafe { std::os::fd::OwnedFd::from_raw_fd(fd) }))
    }

    /// Adds, changes or removes a descriptor; its number comes back with its events.
    ///
    /// # Errors
    /// The system's.
    pub fn control(&self, operation: i32, fd: RawFd, interest: i32) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: interest as u32,
            u64: fd as u64,
        };
        // SAFETY: the event lives for the length of the call, which does not keep it.
        let done = unsafe { libc::epoll_ctl(self.0.as_raw_fd(), operation, fd, &mut event) };
        match done {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Waits for events, and replaces those in `into` by them, as many as it has room for.
    ///
    /// # Errors
    /// The system's; a signal is none.
    pub fn wait(&self, into: &mut Vec<libc::epoll_event>) -> io::Result<()> {
        into.clear();
        let (events, room) = (into.as_mut_ptr(), into.capacity() as i32);
        // SAFETY: `room` events fit behind the pointer.
        let found = unsafe { libc::epoll_wait(self.0.as_raw_fd(), events, room, -1) };
        if found < 0 {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::Interrupted => Ok(()),
                _ => Err(error),
            };
        }
        // SAFETY: so many were written, which is at most the capacity.
        unsafe { into.set_len(found as usize) };
        Ok(())
    }
}
