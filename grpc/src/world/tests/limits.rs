//! Bounds on messages: the narrowest that was set counts.

use super::*;
use crate::server::Limits;

fn limits(max_recv: usize, max_send: usize) -> Limits {
    Limits {
        max_recv: Some(max_recv),
        max_send: Some(max_send),
    }
}

/// The status of a call that carries so many octets each way.
fn outcome<K>(channel: &Channel, method: Method<Tag, K, Bytes, Bytes>, octets: usize) -> Code
where
    K: crate::method::Kind,
{
    let key: Method<Tag, Bidi, Bytes, Bytes> = Method::new(method.path, &Raw, &Raw);
    let mut call = channel.call(key, None).open();
    let _ = call.tx.send(&Bytes::from(vec![1; octets]));
    call.tx.close();
    match call.rx.try_for_each(|one| one.map(drop)) {
        Ok(()) => Code::Ok,
        Err(status) => status.code(),
    }
}

#[test]
fn a_methods_bounds_go_before_its_services_and_those_before_the_servers() {
    let mut spec = ServerSpec::default();
    spec.set_limits(limits(100, 100));
    let service = service().limits(ECHO, limits(300, 300));
    spec.add(service.usual_limits(Limits {
        max_recv: Some(200),
        max_send: None,
    }));
    let world = World::new(1);
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    world.run(|| {
        let too_much = Code::ResourceExhausted;
        assert_eq!(outcome(&channel, ECHO, 300), Code::Ok);
        assert_eq!(outcome(&channel, ECHO, 301), too_much);
        // In by the service's bound, out by the server's.
        assert_eq!(outcome(&channel, CHAT, 100), Code::Ok);
        assert_eq!(outcome(&channel, CHAT, 101), too_much);
        assert_eq!(outcome(&channel, SUM, 200), Code::Ok);
        assert_eq!(outcome(&channel, SUM, 201), too_much);
    });
}

#[test]
fn a_channels_bounds_hold_unless_a_call_has_its_own() {
    let world = World::new(2);
    let node = world.serve(service());
    let channel = world.channel_with(&[&node], |mut parts| {
        parts.max_recv = 100;
        parts.max_send = 200;
        parts
    });
    world.run(|| {
        let call = |octets: usize, own: Option<usize>| {
            let message = Bytes::from(vec![1; octets]);
            let mut call = channel.call(ECHO, Some(&message));
            if let Some(own) = own {
                call = call.max_recv(own).max_send(own);
            }
            call.call()
                .map_or_else(|status| status.code(), |_| Code::Ok)
        };
        assert_eq!(call(100, None), Code::Ok);
        assert_eq!(call(101, None), Code::ResourceExhausted);
        assert_eq!(call(201, None), Code::ResourceExhausted);
        assert_eq!(call(500, Some(500)), Code::Ok);
        assert_eq!(call(501, Some(500)), Code::ResourceExhausted);
    });
}

/// A sink that would have to wait on a loop says so, and what to do.
#[test]
fn sinks_do_not_wait_on_a_loop() {
    use crate::server::{SinkHandle, TrySend};
    type Sinks = Arc<Mutex<Vec<SinkHandle<Bytes>>>>;
    let sinks = Sinks::default();
    let (there, here) = (Arc::clone(&sinks), Arc::clone(&sinks));
    let world = World::new(3);
    let node = world.serve(
        Service::<Tag>::new("t.T")
            .server_streaming(COUNT, move |_, _, out| {
                there.lock().unwrap().push(out.detach());
                Ok(())
            })
            .unary(ECHO, move |_, _| {
                let sinks = here.lock().unwrap();
                let large = Bytes::from(vec![1; 100_000]);
                loop {
                    match sinks[0].send(&large, Duration::from_secs(1)) {
                        Ok(()) => {}
                        Err(TrySend::Ended(status)) => return Err(status),
                        Err(TrySend::Full) => panic!("it has waited"),
                    }
                }
            })
            .inline(ECHO),
    );
    let channel = world.channel(&node);
    refuses(&world, || {
        let _rx = channel.call(COUNT, Some(&Q)).open();
        world.advance(Duration::from_millis(10));
        let before = world.now();
        let status = channel.call(ECHO, Some(&Q)).call().unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert!(status.message().contains("on a loop"), "{status}");
        assert!(world.now().saturating_since(before) < Duration::from_secs(1));
    });
}
