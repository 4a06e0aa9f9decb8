//! What a program may not lose although a loop's queue is full: the end of a call.

use bywash_mio::client::{Call, CallError, Client, ClientOptions, Request, Talk};
use bywash_mio::proto::headers::Head;
use bywash_mio::server::{self, Ended, Exchange, Reply, Server};
use bywash_mio::{Listen, LoopOptions};
use std::sync::mpsc;
use std::time::Duration;

/// Holds the loop's thread up until it is told to go on.
struct Blocker(mpsc::Sender<()>, mpsc::Receiver<()>);

impl Call for Blocker {
    fn on_response(&mut self, _talk: &mut Talk<'_>, _head: Head, _end: bool) {
        self.0.send(()).unwrap();
        // It fails if the test has, and then it may go on.
        let _ = self.1.recv();
    }

    fn on_end(&mut self, _outcome: Result<(), CallError>) {}
}

/// Never answers.
struct Told(mpsc::Sender<Ended>);

impl Exchange for Told {
    fn on_end(&mut self, end: &Ended) {
        // It fails if the test is over.
        let _ = self.0.send(*end);
    }
}

#[test]
fn a_call_is_given_up_though_the_queue_is_full() {
    let (tell, ended) = mpsc::channel();
    let (came, hear) = mpsc::channel();
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .serve(move |_| {
            let (tell, came) = (tell.clone(), came.clone());
            move |request: &mut server::Request, reply: &mut Reply<'_>| match request.path() {
                b"/now" => reply.send(200, &[("a", "b")], "").unwrap(),
                _ => {
                    came.send(()).unwrap();
                    reply.go_on(Told(tell.clone()));
                }
            }
        })
        .unwrap();
    let mut narrow = LoopOptions::default();
    narrow.mailbox = 2;
    let client = Client::with_loop(ClientOptions::default(), narrow).unwrap();
    let url = format!("http://{}/", server.addresses()[0]);
    let (_upload, pending) = client.start(Request::get(&url).unwrap()).unwrap();
    hear.recv_timeout(Duration::from_secs(10)).unwrap();

    let (holds, held) = mpsc::channel();
    let (go_on, wait) = mpsc::channel();
    let now = Request::get(&format!("{url}now")).unwrap();
    let blocker = client.begin(now, Blocker(holds, wait)).unwrap();
    held.recv_timeout(Duration::from_secs(10)).unwrap();
    while client.wake(blocker) {}
    // The queue is full, and the loop does not look at it.
    drop(pending);
    go_on.send(()).unwrap();
    let end = ended.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(matches!(end, Ended::Stream(_)), "{end}");
}
