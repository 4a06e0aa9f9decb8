//! What a client and its loop remember of peers that cannot be reached: nothing, after a while.

use bywash_mio::client::{Call, CallError, Calls, ClientOptions, Request, Talk};
use bywash_mio::proto::config::Config;
use bywash_mio::proto::headers::Head;
use bywash_mio::server::{Reply, Request as Asked, Server};
use bywash_mio::{EventLoop, Listen, LoopOptions};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::{Duration, Instant};

struct Ends(mpsc::Sender<Result<(), CallError>>);

impl Call for Ends {
    fn on_response(&mut self, _: &mut Talk<'_>, _: Head, _: bool) {}

    fn on_end(&mut self, outcome: Result<(), CallError>) {
        self.0.send(outcome).unwrap();
    }
}

/// Turns a loop of calls until something holds.
fn turn_until(
    event_loop: &mut EventLoop<bywash_mio::client::CallNote>,
    calls: &mut Calls,
    mut holds: impl FnMut(&Calls) -> bool,
) {
    let begun = Instant::now();
    while !holds(calls) {
        assert!(begun.elapsed() < Duration::from_secs(10), "{calls:?}");
        let wait = Some(Duration::from_millis(50));
        event_loop.turn(calls, wait).unwrap();
    }
}

fn calls(change: impl FnOnce(&mut ClientOptions)) -> Calls {
    let mut options = ClientOptions::default();
    options.connect_attempts = 1;
    options.backoff = Duration::from_millis(20);
    change(&mut options);
    Calls::new(options)
}

#[test]
fn a_peer_that_could_not_be_reached_is_forgotten_after_its_back_off() {
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let mut calls = calls(|_| {});
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let (tell, told) = mpsc::channel();
    for _ in 0..3 {
        let request = Request::get(&url).unwrap();
        let call = Box::new(Ends(tell.clone()));
        calls.start(&mut event_loop.cx(), request, call);
    }
    turn_until(&mut event_loop, &mut calls, |calls| calls.running() == 0);
    assert!(matches!(told.recv().unwrap(), Err(CallError::Connect(_))));
    turn_until(&mut event_loop, &mut calls, |calls| {
        format!("{calls:?}").contains("peers: 0")
    });
}

#[test]
fn a_connection_that_nobody_uses_is_let_go() {
    assert!(ClientOptions::default().config.timers.idle.is_some());
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .serve(|_| {
            |_: &mut Asked, reply: &mut Reply<'_>| reply.send(200, &[("a", "b")], "").unwrap()
        })
        .unwrap();
    let url = format!("http://{}/", server.addresses()[0]);
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let mut calls = calls(|options| {
        let mut config = Config::clone(&options.config);
        config.timers.idle = Some(Duration::from_millis(50));
        options.config = Arc::new(config);
    });
    let (tell, told) = mpsc::channel();
    let request = Request::get(&url).unwrap();
    calls.start(&mut event_loop.cx(), request, Box::new(Ends(tell)));
    turn_until(&mut event_loop, &mut calls, |calls| calls.running() == 0);
    assert!(told.recv().unwrap().is_ok());
    turn_until(&mut event_loop, &mut calls, |calls| {
        format!("{calls:?}").contains("peers: 0")
    });
    // It lingers for a while; then its socket is closed, too.
    let begun = Instant::now();
    while event_loop.cx().connections() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        let wait = Some(Duration::from_millis(50));
        event_loop.turn(&mut calls, wait).unwrap();
    }
}

/// A gate that resolvers stand at.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opens: Condvar,
    asked: AtomicUsize,
}

impl Gate {
    fn pass(&self) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.lock().unwrap();
        while !*open {
            open = self.opens.wait(open).unwrap();
        }
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opens.notify_all();
    }
}

#[test]
fn names_that_nobody_waits_for_any_more_are_not_resolved() {
    let gate = Arc::new(Gate::default());
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let stands = Arc::clone(&gate);
    event_loop.set_resolver(Arc::new(move |name: &str, _| {
        if name == "last.example" {
            return Err(std::io::Error::other("reached"));
        }
        stands.pass();
        Ok(Vec::new())
    }));
    let mut calls = calls(|options| options.connect_timeout = Duration::from_millis(300));
    let (tell, told) = mpsc::channel();
    for n in 0..50 {
        let request = Request::get(&format!("http://{n}.example/")).unwrap();
        let call = Box::new(Ends(tell.clone()));
        calls.start(&mut event_loop.cx(), request, call);
    }
    // The threads stand; all searches run out of time.
    turn_until(&mut event_loop, &mut calls, |calls| calls.running() == 0);
    assert_eq!(told.iter().take(50).count(), 50);
    let asked = gate.asked.load(Ordering::SeqCst);
    assert!(asked <= 4, "{asked} threads");
    gate.open();
    let request = Request::get("http://last.example/").unwrap();
    calls.start(&mut event_loop.cx(), request, Box::new(Ends(tell)));
    turn_until(&mut event_loop, &mut calls, |calls| calls.running() == 0);
    match told.recv().unwrap() {
        Err(CallError::Connect(error)) => assert!(error.to_string().contains("reached"), "{error}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(gate.asked.load(Ordering::SeqCst), asked, "asked for nobody");
}

#[test]
fn a_resolver_that_panics_fails_its_name_and_no_other() {
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    event_loop.set_resolver(Arc::new(|_: &str, _| panic!("as asked")));
    let mut calls = calls(|options| options.connect_timeout = Duration::from_secs(60));
    let (tell, told) = mpsc::channel();
    // More than there are threads for it.
    for n in 0..12 {
        let request = Request::get(&format!("http://{n}.example/")).unwrap();
        let call = Box::new(Ends(tell.clone()));
        calls.start(&mut event_loop.cx(), request, call);
        turn_until(&mut event_loop, &mut calls, |calls| calls.running() == 0);
        match told.recv().unwrap() {
            Err(CallError::Connect(error)) => {
                assert!(error.to_string().contains("panicked"), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// How many connections a client makes in a second to a server that says these words and hangs up.
fn besieged(words: &'static [u8]) -> usize {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&accepted);
    std::thread::spawn(move || {
        while let Ok((mut socket, _)) = listener.accept() {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = socket.write_all(words);
            let _ = socket.read(&mut [0; 4096]);
        }
    });
    let mut event_loop = EventLoop::new(LoopOptions::default()).unwrap();
    let mut calls = calls(|options| options.backoff = Duration::from_millis(200));
    let (tell, told) = mpsc::channel();
    // It waits for the peer's SETTINGS, and then for room.
    let request = Request::tunnel(&url, "websocket").unwrap();
    let request = request.timeout(Duration::from_secs(1));
    calls.start(&mut event_loop.cx(), request, Box::new(Ends(tell)));
    turn_until(&mut event_loop, &mut calls, |calls| calls.running() == 0);
    assert!(matches!(told.recv().unwrap(), Err(CallError::Deadline)));
    accepted.load(Ordering::SeqCst)
}

#[test]
fn a_peer_that_greets_and_hangs_up_is_not_besieged() {
    // SETTINGS: extended CONNECT is allowed, and no stream at once. Then GOAWAY.
    const WORDS: &[u8] = b"\0\0\x0c\x04\0\0\0\0\0\0\x08\0\0\0\x01\0\x03\0\0\0\0\
        \0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";
    for words in [&WORDS[..21], WORDS] {
        let accepted = besieged(words);
        assert!((1..=8).contains(&accepted), "{accepted} connections");
    }
}
