//! Who drives a server's loop while handlers take their time.

use super::{host::options, *};
use crate::pool::Pool;
use bywash_mio::EventLoop;
use std::sync::{
    Arc, Barrier, Mutex,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

fn serve(
    threads: usize,
    f: impl Fn(Bytes) -> Result<Bytes, Status> + Send + Sync + 'static,
) -> (Running, Channel) {
    let service = Service::<Tag>::new("t.T").unary(ECHO, move |_, request| f(request));
    let pool = Pool::elastic().max_threads(threads);
    let builder = Server::builder().service(service).handlers(pool);
    let running = builder.listen("127.0.0.1:0").unwrap().start().unwrap();
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    (running, channel)
}

fn call(channel: &Channel, request: &'static str) -> Result<Bytes, Status> {
    let request = Bytes::from_static(request.as_bytes());
    let call = channel.call(ECHO, Some(&request));
    call.timeout(Duration::from_secs(60)).call()
}

/// A call that comes while a handler waits for it is served: another thread leads by then.
#[test]
fn a_handler_that_waits_holds_up_nothing() {
    let meeting = Barrier::new(2);
    let (running, channel) = serve(2, move |request| {
        if request == "meet" {
            meeting.wait();
        }
        Ok(request)
    });
    for _ in 0..50 {
        let other = channel.clone();
        let first = thread::spawn(move || call(&other, "meet"));
        assert_eq!(call(&channel, "meet").unwrap(), "meet");
        assert_eq!(first.join().unwrap().unwrap(), "meet");
        assert_eq!(call(&channel, "alone").unwrap(), "alone");
    }
    let ended = running.shutdown(Duration::from_secs(5));
    assert_eq!((ended.completed, ended.abandoned), (150, 0));
}

/// Whoever runs handlers, at most as many run at once as the pool has threads.
#[test]
fn a_pool_of_one_thread_runs_one_handler_at_a_time() {
    let (busy, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let (running, channel) = serve(1, move |request| {
        let now = busy.fetch_add(1, Ordering::SeqCst) + 1;
        seen.fetch_max(now, Ordering::SeqCst);
        if request == "slow" {
            thread::sleep(Duration::from_micros(200));
        }
        busy.fetch_sub(1, Ordering::SeqCst);
        Ok(request)
    });
    let callers: Vec<_> = (0..4)
        .map(|number| {
            let channel = channel.clone();
            thread::spawn(move || {
                for round in 0..50 {
                    let request = if (round + number) % 5 == 0 {
                        "slow"
                    } else {
                        ""
                    };
                    call(&channel, request).unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 1);
    let ended = running.shutdown(Duration::from_secs(5));
    assert_eq!((ended.completed, ended.abandoned), (200, 0));
}

/// What one loop leaves for a thread of another's is not late by the other's clock.
#[test]
fn loops_that_share_a_pool_tell_the_same_time() {
    let clock = || EventLoop::<()>::new(options()).unwrap().clock();
    let first = clock();
    thread::sleep(Duration::from_millis(2));
    let (before, second) = (first.now(), clock());
    assert!(second.now() >= before);
}

/// The thread that led runs the handler, another leads and ends the loop, and the handler hears of it.
#[test]
fn a_handler_may_end_its_own_server() {
    let own: Arc<Mutex<Option<Running>>> = Arc::default();
    let taken = Arc::clone(&own);
    let (tell, told) = mpsc::channel();
    let (running, channel) = serve(1, move |request| {
        let running = taken.lock().unwrap().take();
        if let Some(running) = running {
            let _ = tell.send(running.shutdown(Duration::ZERO));
        }
        Ok(request)
    });
    *own.lock().unwrap() = Some(running);
    let status = call(&channel, "").unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    let ended = told.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(
        (ended.completed, ended.cancelled, ended.abandoned),
        (0, 1, 1)
    );
}

/// Calls to the own server are served while their caller waits in a handler.
#[test]
fn a_handler_calls_its_own_server() {
    let own: Arc<Mutex<Option<Channel>>> = Arc::default();
    let named = Arc::clone(&own);
    let (running, channel) = serve(4, move |request| {
        let channel = named.lock().unwrap().clone();
        match (&request[..], channel) {
            (b"3", Some(channel)) => call(&channel, "2"),
            (b"2", Some(channel)) => call(&channel, "1"),
            _ => Ok(request),
        }
    });
    *own.lock().unwrap() = Some(channel.clone());
    for _ in 0..20 {
        assert_eq!(call(&channel, "3").unwrap(), "1");
    }
    *own.lock().unwrap() = None;
    let ended = running.shutdown(Duration::from_secs(5));
    assert_eq!((ended.completed, ended.abandoned), (60, 0));
}
