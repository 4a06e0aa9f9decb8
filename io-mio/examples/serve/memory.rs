//! Memory that a crowd of connections leaves behind.

/// Connections that count as a crowd: they held a megabyte and more.
const CROWD: usize = 500;

/// Octets of a block that the system gives and takes by itself.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: i32 = 128 * 1024;

/// Watches how many connections there are. When a crowd has left, what it held is free, but a few
/// octets that were allocated last keep the allocator from giving it back to the system.
#[derive(Default)]
pub(crate) struct Crowd {
    most: usize,
    /// Rounds for which it has been gone.
    gone: u32,
}

impl Crowd {
    /// Looks again, once per second or so. The second look at an empty place gives memory back:
    /// what the loops keep for a moment is gone by then.
    pub(crate) fn look(&mut self, connections: usize) {
        self.most = self.most.max(connections);
        if self.most < CROWD || connections > self.most / 2 {
            self.gone = 0;
            return;
        }
        self.gone += 1;
        if self.gone > 2 {
            give_back();
            *self = Self {
                most: connections,
                gone: 0,
            };
        }
    }
}

/// Keeps large blocks apart from the small ones. Left alone, the allocator keeps as much as the largest
/// block that was ever freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "the standard library has no call for it")]
pub(crate) fn prepare() {
    // SAFETY: it sets numbers, before there are other threads.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn prepare() {}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "the standard library has no call for it")]
fn give_back() {
    // SAFETY: it moves nothing that is in use, and may be called from any thread.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}

#[cfg(test)]
mod tests {
    use super::Crowd;

    #[test]
    fn only_a_crowd_is_remembered() {
        let mut crowd = Crowd::default();
        for connections in [10, 100, 0, 0, 0, 0] {
            crowd.look(connections);
        }
        assert_eq!((crowd.most, crowd.gone), (100, 0));
        for connections in [5000, 10, 4000, 10, 10] {
            crowd.look(connections);
        }
        assert_eq!((crowd.most, crowd.gone), (5000, 2));
        crowd.look(10);
        assert_eq!((crowd.most, crowd.gone), (10, 0));
    }
}
