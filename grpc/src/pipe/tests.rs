use super::*;
use crate::{host::ThreadHost, message::MessageBuf};

struct Deaf;

impl Ring for Deaf {
    fn ring(&self, _: Arc<Pipe>) {}
}

fn pipe() -> Arc<Pipe> {
    let encoding = Encoding {
        compressor: None,
        threshold: 0,
        limit: usize::MAX,
    };
    let origin = Origin { home: 0, number: 0 };
    Pipe::new(
        Arc::new(ThreadHost::new()),
        Arc::new(Deaf),
        encoding,
        origin,
    )
}

/// Messages that nobody reads cost memory however small they are.
#[test]
fn empty_messages_fill_a_pipe_too() {
    let pipe = pipe();
    let mut unread = 0_u32;
    loop {
        let more = pipe.top_up();
        if more == 0 {
            break;
        }
        for _ in 0..more {
            pipe.put_message(Arrived {
                message: MessageBuf::Borrowed(b""),
                packed: 0,
                compressed: false,
            });
        }
        unread += more;
        assert!(unread < 10_000, "a peer may fill memory with them");
    }
    // The reader makes room again.
    for _ in 0..unread {
        assert!(pipe.read(Until::Now).unwrap().is_some());
    }
    assert!(pipe.top_up() > 0);
}
