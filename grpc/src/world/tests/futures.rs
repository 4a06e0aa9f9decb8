//! A front of futures over the public interface: what ARCHITECTURE.md says can be added can be.

use super::*;
use crate::client::{Call, Canceller, Reply};
use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

type Shared<R> = Arc<Mutex<(Option<Result<Reply<R>, Status>>, Option<Waker>)>>;

/// A unary call under way. Dropped, it is cancelled.
struct Pending<R> {
    shared: Shared<R>,
    canceller: Canceller,
}

impl<R: Send + 'static> Pending<R> {
    fn of<Q>(call: Call<'_, Unary, Q, R>) -> Pending<R> {
        let shared: Shared<R> = Arc::default();
        let there = Arc::clone(&shared);
        let canceller = call.start(move |result| {
            let mut shared = there.lock().unwrap();
            shared.0 = Some(result);
            let waker = shared.1.take();
            drop(shared);
            waker.into_iter().for_each(Waker::wake);
        });
        Pending { shared, canceller }
    }
}

impl<R> Future for Pending<R> {
    type Output = Result<R, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut shared = self.shared.lock().unwrap();
        match shared.0.take() {
            Some(result) => Poll::Ready(result.map(|reply| reply.message)),
            None => {
                shared.1 = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<R> Drop for Pending<R> {
    fn drop(&mut self) {
        self.canceller.cancel();
    }
}

/// Sets the slot that the world's thread waits in.
struct Bell(Arc<Slot>, Arc<dyn Host>);

impl std::task::Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.1.unpark(&self.0);
    }
}

fn block_on<F: Future>(world: &World, future: F) -> F::Output {
    let (slot, host) = (Arc::new(Slot::new()), world.host());
    let waker = Waker::from(Arc::new(Bell(Arc::clone(&slot), Arc::clone(&host))));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => host.park(&slot, None),
        }
    }
}

fn sendable<T: Send + 'static>(value: T) -> T {
    value
}

#[test]
fn a_call_can_be_a_future() {
    let world = World::new(1);
    let node = world.serve(service());
    let channel = world.channel(&node);
    world.run(|| {
        let both = async {
            // Under way at once: what is awaited second runs beside the first.
            let first = sendable(Pending::of(channel.call(ECHO, Some(&Q))));
            let second = Pending::of(channel.call(ECHO, Some(&bytes("fail"))));
            (first.await, second.await.map_err(|status| status.code()))
        };
        let (first, second) = block_on(&world, both);
        assert_eq!((first.unwrap(), second), (Q.clone(), Err(Code::NotFound)));
        node.stall();
        drop(Pending::of(channel.call(ECHO, Some(&Q))));
        world.advance(Duration::from_secs(1));
        assert_eq!(world.open_calls().0, 0, "dropped is cancelled");
    });
}
