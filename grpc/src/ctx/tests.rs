use super::*;
use crate::host::ThreadHost;
use std::sync::atomic::{AtomicUsize, Ordering};

fn ctx(deadline: Option<Instant>) -> Ctx {
    Ctx::new(CtxParts {
        path: "/s/m".into(),
        authority: String::new(),
        metadata: Metadata::new(),
        deadline,
        peer: Arc::default(),
        host: Arc::new(ThreadHost::new()),
        offer: Offer::default(),
    })
}

#[test]
fn cancellation_runs_each_callback_once() {
    let cx = ctx(None);
    let count = Arc::new(AtomicUsize::new(0));
    let counting = |count: &Arc<AtomicUsize>| {
        let count = Arc::clone(count);
        move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        }
    };
    let kept = cx.on_cancel(counting(&count));
    drop(cx.on_cancel(counting(&count)));
    cx.on_cancel(counting(&count)).forget();
    assert!(cx.check().is_ok());
    cx.cancel(Cancel::Local);
    cx.cancel(Cancel::Deadline);
    assert_eq!(
        (count.load(Ordering::Relaxed), cx.cancelled()),
        (2, Some(Cancel::Local))
    );
    drop(kept);
    let _late = cx.on_cancel(counting(&count));
    assert_eq!(count.load(Ordering::Relaxed), 3, "at once");
    assert_eq!(cx.check().unwrap_err().code(), Code::Cancelled);
}

#[test]
fn a_passed_deadline_is_seen_before_anyone_tells() {
    let cx = ctx(Some(Instant::ZERO));
    assert_eq!(cx.remaining(), Some(Duration::ZERO));
    assert_eq!(cx.check().unwrap_err().code(), Code::DeadlineExceeded);
}

#[test]
fn the_head_goes_out_once() {
    let cx = ctx(None);
    cx.set_header("a", "1").unwrap();
    assert!(cx.set_header("grpc-status", "0").is_err());
    assert_eq!(cx.take_head().unwrap().get("a"), Some("1"));
    assert!(cx.take_head().is_none() && cx.set_header("a", "2").is_err());
    cx.set_trailer("t", "1").unwrap();
    assert_eq!(cx.take_trailers().get("t"), Some("1"));
}

#[test]
fn extensions_are_by_type() {
    let cx = ctx(None);
    cx.set_extension(5_u32);
    cx.set_extension("text");
    cx.set_extension(6_u32);
    assert_eq!(
        (cx.extension::<u32>(), cx.extension::<&str>()),
        (Some(&5), Some(&"text"))
    );
    assert!(cx.extension::<u64>().is_none());
}

/// What a callback owns may have to do with the call itself: its sink, or another callback's guard.
#[test]
fn a_callback_is_not_dropped_under_the_lock() {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let cx = ctx(None);
        let inner = cx.on_cancel(|_| {});
        let outer = cx.on_cancel(move |_| drop(inner));
        drop(outer);
        let late = cx.on_cancel(|_| {});
        let later = cx.on_cancel(move |_| drop(late));
        cx.end();
        drop(later);
        tell.send(cx.lock().callbacks.len()).unwrap();
    });
    let left = told.recv_timeout(Duration::from_secs(20));
    assert_eq!(left, Ok(0), "it waits for itself");
}
