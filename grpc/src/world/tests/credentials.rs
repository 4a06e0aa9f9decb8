//! Who calls: tokens, and what servers know of their peers.

use super::*;
use crate::{
    Metadata,
    credentials::{Bearer, CallCredentials, Request},
    ctx::Ctx,
};

/// Signs with the call's audience, or fails.
struct Signer {
    fails: Option<Code>,
    insecure: bool,
}

impl CallCredentials for Signer {
    fn add(&self, request: &Request<'_>, fields: &mut Metadata) -> Result<(), Status> {
        match self.fails {
            Some(code) => Err(Status::new(code, "no key")),
            None => Ok(fields.append("x-signed", &request.audience())?),
        }
    }

    fn needs_security(&self) -> bool {
        !self.insecure
    }
}

fn who(cx: &Ctx) -> Bytes {
    let field = |key| cx.metadata().get_all(key).collect::<Vec<_>>().join("+");
    bytes(&format!("{} {}", field("authorization"), field("x-signed")))
}

fn asking() -> Service<Tag> {
    Service::new("t.T")
        .unary(ECHO, |cx, _| Ok(who(cx)))
        .server_streaming(COUNT, |cx, _, mut out| out.send(&who(cx)))
        .client_streaming(SUM, |cx, _| Ok(who(cx)))
        .bidi(CHAT, |cx, _, mut out| out.send(&who(cx)))
}

fn token() -> Bearer {
    Bearer::new("secret").unwrap()
}

#[test]
fn calls_of_every_kind_say_who_makes_them() {
    let world = World::new(1);
    let node = world.serve(asking());
    let channel = world.channel_with(&[&node], |mut parts| {
        // As far as the channel knows, this is TLS.
        parts.spec.https = true;
        parts.credentials = vec![Arc::new(token())];
        parts
    });
    let signer = || Signer {
        fails: None,
        insecure: false,
    };
    let both = "Bearer secret https://world/t.T";
    world.run(|| {
        let plain = channel.call(ECHO, Some(&Q));
        assert_eq!(plain.call().unwrap(), "Bearer secret ");
        let call = channel.call(ECHO, Some(&Q)).credentials(signer());
        assert_eq!(call.call().unwrap(), both);
        let mut count = channel.call(COUNT, Some(&Q)).credentials(signer()).open();
        assert_eq!(count.recv().unwrap().unwrap(), both);
        let upload = channel.call(SUM, None).credentials(signer()).open();
        assert_eq!(upload.finish().unwrap(), both);
        let mut chat = channel.call(CHAT, None).credentials(signer()).open();
        assert_eq!(chat.rx.recv().unwrap().unwrap(), both);
        let other = channel.call(ECHO, Some(&Q)).authority("x.example:8443");
        let reply = other.credentials(signer()).call().unwrap();
        assert_eq!(reply, "Bearer secret https://x.example:8443/t.T");
    });
}

#[test]
fn a_token_is_not_sent_in_cleartext() {
    let world = World::new(2);
    let node = world.serve(asking());
    let channel = world.channel(&node);
    world.run(|| {
        let status = channel
            .call(ECHO, Some(&Q))
            .credentials(token())
            .call()
            .unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert!(status.message().contains("not encrypted"), "{status}");
        assert_eq!(world.now(), Instant::ZERO, "nothing was sent");
        let meant = token().allow_insecure();
        let call = channel.call(ECHO, Some(&Q)).credentials(meant);
        assert_eq!(call.call().unwrap(), "Bearer secret ");
        let insecure = Signer {
            fails: None,
            insecure: true,
        };
        let call = channel.call(ECHO, Some(&Q)).credentials(insecure);
        assert_eq!(call.call().unwrap(), " https://world/t.T");
    });
}

#[test]
fn credentials_that_fail_end_the_call_as_what_they_are() {
    let world = World::new(3);
    let node = world.serve(asking());
    let channel = world.channel(&node);
    world.run(|| {
        for (fails, code) in [
            (Code::Unavailable, Code::Unavailable),
            (Code::Unauthenticated, Code::Unauthenticated),
            (Code::NotFound, Code::Internal),
            (Code::DataLoss, Code::Internal),
        ] {
            let signer = Signer {
                fails: Some(fails),
                insecure: true,
            };
            let call = channel.call(ECHO, Some(&Q)).credentials(signer);
            assert_eq!(call.call().unwrap_err().code(), code);
        }
    });
    assert_eq!(node.endings().completed, 0);
}

#[test]
fn the_peer_has_an_address() {
    let world = World::new(4);
    let node = world.serve(Service::new("t.T").unary(ECHO, |cx, _| {
        let peer = cx.peer();
        assert!(!peer.secure && peer.certificates.is_empty());
        let agent = cx.user_agent().unwrap();
        assert!(agent.starts_with("bywash/"), "{agent}");
        cx.set_header("x-authority", cx.authority())?;
        Ok(bytes(&peer.address))
    }));
    let channel = world.channel(&node);
    world.run(|| {
        let call = channel.call(ECHO, Some(&Q)).authority("x.example");
        let reply = call.call_full().unwrap();
        assert_eq!(reply.headers.get("x-authority"), Some("x.example"));
        assert!(reply.message.starts_with(b"channel "), "{reply:?}");
    });
}
