//! The choices of servers and channels that only sockets show.

use super::*;

use crate::credentials::Bearer;
use bywash_mio::tls::ClientAuth;
use std::{
    io,
    net::{TcpListener, TcpStream},
    os::unix::net::UnixListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Says who calls, as whom, and how it got here.
fn who() -> Service<Tag> {
    Service::new("t.T").unary(ECHO, |cx, _| {
        let peer = cx.peer();
        let certificates = peer.certificates.iter();
        let field = |key| cx.metadata().get(key).unwrap_or("").to_owned();
        let text = format!(
            "{} {} {:?} {} {}",
            peer.address,
            peer.secure,
            certificates.map(Vec::len).collect::<Vec<_>>(),
            field("authorization"),
            cx.user_agent().unwrap_or(""),
        );
        Ok(bytes(&text))
    })
}

fn ask(channel: &Channel) -> String {
    let call = channel.call(ECHO, Some(&NONE));
    let reply = call.timeout(Duration::from_secs(30)).call().unwrap();
    String::from_utf8(reply.to_vec()).unwrap()
}

#[test]
fn mutual_tls_tells_who_calls() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let certificates = Certificates::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    let roots = || Roots::from_pem(chain.as_bytes()).unwrap();
    let tls = ServerTls::builder(&certificates)
        .client_auth(ClientAuth::Required(roots()))
        .build()
        .unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let running = Server::builder()
        .service(who())
        .listener_tls(socket, tls)
        .start()
        .unwrap();
    let target = format!("localhost:{port}");
    let client = ClientTls::builder(roots()).identity(chain.as_bytes(), key.as_bytes());
    let channel = Channel::builder(&target)
        .tls(client.build().unwrap())
        .credentials(Bearer::new("secret").unwrap())
        .user_agent("shop/1.0")
        .build()
        .unwrap();
    let reply = ask(&channel);
    let der = made.cert.der().len();
    let expected = format!(" true [{der}] Bearer secret shop/1.0 bywash/");
    assert!(reply.contains(&expected), "{reply}");
    assert!(
        reply.starts_with("127.0.0.1:") || reply.starts_with("[::1]:"),
        "{reply}"
    );
    // Without a certificate nobody comes in.
    let stranger = ClientTls::builder(roots()).build().unwrap();
    let channel = Channel::builder(&target).tls(stranger).build().unwrap();
    let status = channel.call(ECHO, Some(&NONE)).call().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    running.shutdown(Duration::ZERO);
}

/// New connections are shown the new certificate, with nothing restarted; those that stand stay.
#[test]
fn a_certificate_is_replaced_while_the_server_runs() {
    let make = || {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    };
    let (old, new) = (make(), make());
    let certificates = Certificates::from_pem(old.0.as_bytes(), old.1.as_bytes()).unwrap();
    let tls = ServerTls::builder(&certificates).build().unwrap();
    let (running, target) = start(Server::builder().listen_tls("127.0.0.1:0", tls).unwrap());
    let port = target.rsplit_once(':').unwrap().1;
    let trusting = |chain: &str| {
        let roots = Roots::from_pem(chain.as_bytes()).unwrap();
        let tls = ClientTls::builder(roots).build().unwrap();
        let target = format!("localhost:{port}");
        Channel::builder(&target).tls(tls).build().unwrap()
    };
    let stands = trusting(&old.0);
    calls(&stands);
    certificates
        .replace(new.0.as_bytes(), new.1.as_bytes())
        .unwrap();
    calls(&trusting(&new.0));
    calls(&stands);
    let status = trusting(&old.0).call(ECHO, Some(&NONE)).call().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    running.shutdown(Duration::from_secs(1));
}

#[test]
fn sockets_come_from_anywhere() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let running = Server::builder()
        .service(who())
        .listener(listener)
        .start()
        .unwrap();
    assert_eq!(running.addrs(), [at]);
    let dials = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&dials);
    let channel = Channel::builder("nowhere.invalid:1")
        .plaintext()
        .dialer(move |target: &Target| {
            assert_eq!(target.to_string(), "nowhere.invalid:1");
            counter.fetch_add(1, Ordering::Relaxed);
            TcpStream::connect(at).map(Dialed::Tcp)
        })
        .build()
        .unwrap();
    assert_eq!(dials.load(Ordering::Relaxed), 0);
    assert!(ask(&channel).starts_with("127.0.0.1:"));
    ask(&channel);
    assert_eq!(dials.load(Ordering::Relaxed), 1);
    running.shutdown(Duration::ZERO);
}

#[test]
fn an_inherited_unix_socket_keeps_its_file() {
    let name = format!("bywash-grpc-inherited-{}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_file(&path);
    let socket = UnixListener::bind(&path).unwrap();
    let running = Server::builder()
        .service(service())
        .listener_unix(socket)
        .start()
        .unwrap();
    let target = format!("unix:{}", path.display());
    calls(&Channel::builder(&target).plaintext().build().unwrap());
    running.shutdown(Duration::from_secs(1));
    assert!(path.exists(), "it is not the server's to remove");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn what_a_dialer_says_is_the_calls_error() {
    type Dialer = fn(&Target) -> io::Result<Dialed>;
    let dialers: [(Dialer, &str); 3] = [
        (|_| Err(io::ErrorKind::ConnectionRefused.into()), "refused"),
        (
            |_| Err(io::ErrorKind::HostUnreachable.into()),
            "unreachable",
        ),
        (|_| Err(io::Error::other("no proxy")), "no proxy"),
    ];
    for (dialer, text) in dialers {
        let channel = Channel::builder("nowhere.invalid:1").plaintext();
        let channel = channel.dialer(dialer).build().unwrap();
        let call = channel.call(ECHO, Some(&NONE));
        let status = call.timeout(Duration::from_secs(30)).call().unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains(text), "{status}");
    }
}

/// The connection after the one that may be open waits until that is gone.
#[test]
fn connections_are_bounded() {
    let (running, target) = start(
        Server::builder()
            .max_connections(1)
            .listen("127.0.0.1:0")
            .unwrap(),
    );
    let channel = || Channel::builder(&target).plaintext().build().unwrap();
    let first = channel();
    let hello = bytes("hello");
    first.call(ECHO, Some(&hello)).call().unwrap();
    let second = channel();
    let short = Duration::from_millis(200);
    let status = second
        .call(ECHO, Some(&hello))
        .wait_for_ready()
        .timeout(short)
        .call()
        .unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    first.close();
    let call = second.call(ECHO, Some(&hello)).wait_for_ready();
    call.timeout(Duration::from_secs(30)).call().unwrap();
    running.shutdown(Duration::ZERO);
}

#[test]
fn choices_that_contradict_one_another_are_none() {
    let channel = Channel::builder("127.0.0.1:1").plaintext();
    let error = channel.credentials(Bearer::new("x").unwrap()).build();
    assert!(matches!(error, Err(BuildError::InsecureCredentials)));
    let error = Channel::builder("xds:///a/b").plaintext().build();
    assert!(matches!(error, Err(BuildError::Target(_))));
}

/// A pool serves those who share it also after one of them has ended.
#[test]
fn servers_that_share_a_pool_end_each_for_itself() {
    let pool = crate::server::Pool::elastic();
    let start = || {
        let builder = Server::builder().service(service()).handlers(pool.clone());
        let running = builder.listen("127.0.0.1:0").unwrap().start().unwrap();
        let channel = Channel::builder(&running.addrs()[0].to_string());
        (running, channel.plaintext().build().unwrap())
    };
    let (first, to_first) = start();
    let (second, to_second) = start();
    // One alone is its loop's to serve; of many at once most are for threads of the pool.
    let serves = |channel: &Channel| {
        channel.call(ECHO, Some(&NONE)).call().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        for _ in 0..50 {
            let tell = tell.clone();
            let call = channel.call(ECHO, Some(&NONE));
            call.start(move |reply| tell.send(reply.map(drop)).unwrap());
        }
        drop(tell);
        let results: Vec<_> = told.iter().collect();
        assert_eq!(results.len(), 50);
        results.into_iter().for_each(Result::unwrap);
    };
    serves(&to_first);
    serves(&to_second);
    first.shutdown(Duration::ZERO);
    serves(&to_second);
    second.shutdown(Duration::ZERO);
    let (third, to_third) = start();
    serves(&to_third);
    third.shutdown(Duration::ZERO);
}

/// For ever is a time that a server may be given to end in: its calls end as they like.
#[test]
fn a_server_may_take_for_ever_to_end() {
    let (begun, begins) = std::sync::mpsc::channel();
    let service = Service::<Tag>::new("t.T").unary(ECHO, move |_, request: Bytes| {
        let _ = begun.send(());
        // The shutdown begins meanwhile.
        thread::sleep(Duration::from_millis(200));
        Ok(request)
    });
    let builder = Server::builder().service(service);
    let running = builder.listen("127.0.0.1:0").unwrap().start().unwrap();
    let channel = Channel::builder(&running.addrs()[0].to_string());
    let channel = channel.plaintext().build().unwrap();
    thread::scope(|s| {
        let call = s.spawn(|| channel.call(ECHO, Some(&NONE)).call());
        begins.recv().unwrap();
        let ended = running.shutdown(Duration::MAX);
        assert_eq!(call.join().unwrap().unwrap(), NONE);
        assert_eq!((ended.completed, ended.cancelled), (1, 0));
    });
    let engine = Engine::without_keeper().unwrap();
    let handle = Channel::builder("127.0.0.1:1").plaintext().engine(&engine);
    let channel = handle.build().unwrap();
    channel.call(ECHO, Some(&NONE)).start(drop);
    engine.turn(Some(Duration::MAX)).unwrap();
}

/// Calls that are made again as soon as they fail, without a pause, do not keep other channels from their sockets.
#[test]
fn who_never_gives_up_holds_nobody_up() {
    fn again(channel: Channel, on: Arc<std::sync::atomic::AtomicBool>) {
        let next = channel.clone();
        channel.call(ECHO, Some(&NONE)).start(move |_| {
            if on.load(Ordering::Relaxed) {
                again(next, on);
            }
        });
    }
    let engine = Engine::new().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap().to_string();
    drop(free);
    let builder = Server::builder().service(service());
    let running = builder.listen("127.0.0.1:0").unwrap().start().unwrap();
    let channel = |target: &str| {
        let builder = Channel::builder(target).plaintext().engine(&engine);
        builder.build().unwrap()
    };
    let on = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let refused = channel(&nobody);
    again(refused.clone(), Arc::clone(&on));
    while refused.state() != ChannelState::TransientFailure {
        thread::sleep(Duration::from_millis(1));
    }
    let (tell, told) = std::sync::mpsc::channel();
    let other = channel(&running.addrs()[0].to_string());
    other.call(ECHO, Some(&NONE)).start(move |reply| {
        let _ = tell.send(reply.is_ok());
    });
    let told = told.recv_timeout(Duration::from_secs(30));
    on.store(false, Ordering::Relaxed);
    assert_eq!(told, Ok(true));
    running.shutdown(Duration::ZERO);
}

/// A channel of which its loop does not know how it connects does not: it may be meant to have TLS.
#[test]
fn nobody_connects_as_it_comes() {
    use crate::{
        channel::ChannelSpec,
        client::ChannelParts,
        wire::{Addr, Endpoint},
    };
    let engine = Engine::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let spec = ChannelSpec::new(at.to_string(), at.to_string(), true);
    let (post, host) = (Arc::clone(engine.post()), Arc::clone(engine.host()));
    let channel = Channel::from_parts(ChannelParts {
        addresses: Some(vec![Endpoint { addr: Addr::Ip(at) }]),
        ..ChannelParts::new(999, spec, post, host)
    });
    let call = channel.call(ECHO, Some(&NONE));
    let status = call.timeout(Duration::from_secs(60)).call().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
}

/// Handlers on pools of single methods are told of too when they outlive their server.
#[test]
fn all_abandoned_handlers_are_counted() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let pool = crate::server::Pool::elastic();
    let service = Service::<Tag>::new("t.T")
        .unary(ECHO, move |_, request| {
            let _ = wait.lock().unwrap().recv();
            Ok(request)
        })
        .on_pool(ECHO, &pool);
    let builder = Server::builder().service(service);
    let running = builder.listen("127.0.0.1:0").unwrap().start().unwrap();
    let channel = Channel::builder(&running.addrs()[0].to_string());
    let channel = channel.plaintext().build().unwrap();
    channel.call(ECHO, Some(&NONE)).start(drop);
    while pool.busy_threads() == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(running.shutdown(Duration::ZERO).abandoned, 1);
    drop(done);
}
