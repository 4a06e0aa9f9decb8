//! Hooks on both sides.

use super::*;
use crate::{
    Metadata,
    ctx::Ctx,
    filter::{Around, CallHooks, CallInfo, ClientFilter, Next, ServerFilter},
};

type Log = Arc<Mutex<Vec<String>>>;

/// Writes down what it hears, and adds its name to what goes by.
struct Scribe(&'static str, Log);

struct Scribbles(&'static str, Log);

impl Scribe {
    fn hooks(&self) -> Box<dyn CallHooks> {
        Box::new(Scribbles(self.0, Arc::clone(&self.1)))
    }
}

impl ClientFilter for Scribe {
    fn on_call(&self, info: &mut CallInfo<'_>) -> Result<Option<Box<dyn CallHooks>>, Status> {
        info.metadata.append("x-by", self.0)?;
        Ok(Some(self.hooks()))
    }
}

struct User(String);

impl ServerFilter for Scribe {
    fn on_call(&self, cx: &Ctx) -> Result<Option<Box<dyn CallHooks>>, Status> {
        let token = cx.metadata().get("authorization");
        let user = token.and_then(|token| token.strip_prefix("Bearer "));
        let user = user.ok_or_else(|| Status::unauthenticated("who are you?"))?;
        cx.set_extension(User(user.to_owned()));
        Ok(Some(self.hooks()))
    }
}

impl CallHooks for Scribbles {
    fn on_headers(&mut self, fields: &mut Metadata) {
        let added = fields.append("x-seen-by", self.0);
        assert!(added.is_ok());
    }

    fn on_message(&mut self, sent: bool, octets: usize) {
        let way = if sent { "sent" } else { "got" };
        self.1
            .lock()
            .unwrap()
            .push(format!("{} {way} {octets}", self.0));
    }

    fn on_end(&mut self, result: &mut Result<(), Status>, trailers: &mut Metadata) {
        let code = result.as_ref().map_err(Status::code);
        self.1
            .lock()
            .unwrap()
            .push(format!("{} end {code:?}", self.0));
        let added = trailers.append("x-ended-by", self.0);
        assert!(added.is_ok());
    }
}

#[test]
fn filters_see_and_change_every_call() {
    let log = Log::default();
    let by = |name| Scribe(name, Arc::clone(&log));
    let mut spec = ServerSpec::default();
    spec.add_filter(by("server"));
    spec.add(
        Service::new("t.T")
            .unary(ECHO, |cx, _| {
                let by: Vec<_> = cx.metadata().get_all("x-by").collect();
                let user = cx.extension::<User>().map_or("", |user| &user.0);
                Ok(bytes(&format!("{user} {by:?}")))
            })
            .bidi(CHAT, |_, mut requests, mut out| {
                while let Some(request) = requests.recv()? {
                    out.send(&request)?;
                }
                Err(Status::aborted("enough"))
            }),
    );
    let world = World::new(1);
    let node = world.serve_spec(spec);
    let channel = world.channel_with(&[&node], |mut parts| {
        parts.filters = vec![Box::new(by("outer")), Box::new(by("inner"))];
        parts
    });
    world.run(|| {
        let status = channel.call(ECHO, Some(&Q)).call().unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        log.lock().unwrap().clear();
        let call = channel
            .call(ECHO, Some(&Q))
            .meta("authorization", "Bearer ada");
        let reply = call.call_full().unwrap();
        assert_eq!(reply.message, "ada [\"outer\", \"inner\"]");
        let seen: Vec<_> = reply.headers.get_all("x-seen-by").collect();
        assert_eq!(seen, ["server", "inner", "outer"]);
        let ended: Vec<_> = reply.trailers.get_all("x-ended-by").collect();
        assert_eq!(ended, ["server", "inner", "outer"]);
        assert_eq!(
            log.lock().unwrap().len(),
            9,
            "three hooks hear of two messages and an end"
        );
        log.lock().unwrap().clear();
        let mut chat = channel
            .call(CHAT, None)
            .meta("authorization", "Bearer ada")
            .open();
        for _ in 0..3 {
            chat.tx.send(&Q).unwrap();
            assert!(chat.rx.recv().unwrap().is_some());
        }
        chat.tx.close();
        assert_eq!(chat.rx.recv().unwrap_err().code(), Code::Aborted);
        let log = log.lock().unwrap();
        let messages = log.iter().filter(|line| !line.contains("end")).count();
        let ends = log
            .iter()
            .filter(|line| line.contains("end Err(Aborted)"))
            .count();
        assert_eq!((messages, ends), (18, 3), "{log:?}");
    });
}

/// Runs the handler, or not, and has the last word.
struct Guard(Log);

impl Around for Guard {
    fn around(&self, cx: &Ctx, next: Next<'_>) -> Result<(), Status> {
        if cx.metadata().contains_key("x-skip") {
            return Err(Status::permission_denied("not you"));
        }
        let result = next.run();
        self.0
            .lock()
            .unwrap()
            .push(format!("{:?}", result.as_ref().map_err(Status::code)));
        result.map_err(|status| status.with_message("seen"))
    }
}

#[test]
fn what_is_around_handlers_has_the_last_word() {
    let log = Log::default();
    let mut spec = ServerSpec::default();
    spec.add_around(Guard(Arc::clone(&log)));
    spec.add_around(Guard(Arc::clone(&log)));
    spec.add(service());
    let world = World::new(2);
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    world.run(|| {
        assert_eq!(channel.call(ECHO, Some(&Q)).call().unwrap(), Q);
        let status = channel.call(ECHO, Some(&bytes("fail"))).call().unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::NotFound, "seen"));
        let mut chat = channel.call(CHAT, None).meta("x-skip", "1").open();
        assert_eq!(chat.rx.recv().unwrap_err().code(), Code::PermissionDenied);
    });
    let (ok, fail) = ("Ok(())", "Err(NotFound)");
    assert_eq!(*log.lock().unwrap(), [ok, ok, fail, fail]);
}

#[test]
fn nothing_that_blocks_goes_around_a_method_on_the_loop() {
    let mut spec = ServerSpec::default();
    spec.add_around(Guard(Log::default()));
    spec.add(service().inline(ECHO));
    assert!(spec.check().unwrap_err().contains("/t.T/Echo"));
    let mut spec = ServerSpec::default();
    spec.add_around(Guard(Log::default()));
    spec.add(service().reactor(CHAT, |_| Err::<Idle, _>(Status::aborted("no"))));
    assert!(spec.check().unwrap_err().contains("/t.T/Chat"));
}

/// Does nothing.
struct Idle;

impl crate::reactor::Reactor<Bytes, Bytes> for Idle {
    fn on_message(&mut self, _: &mut crate::reactor::Stream<'_, Bytes>, _: Bytes) {}

    fn on_half_close(&mut self, _: &mut crate::reactor::Stream<'_, Bytes>) {}
}

/// Every kind of call goes through the filters of both sides, and every handler on a pool through what is around it.
#[test]
fn filters_and_arounds_hold_for_all_kinds() {
    let (log, around) = (Log::default(), Log::default());
    let by = |name| Scribe(name, Arc::clone(&log));
    let mut spec = ServerSpec::default();
    spec.add_filter(by("server"));
    spec.add_around(Guard(Arc::clone(&around)));
    spec.add(service());
    let world = World::new(3);
    let node = world.serve_spec(spec);
    let channel = world.channel_with(&[&node], |mut parts| {
        parts.filters = vec![Box::new(by("client"))];
        parts
    });
    let ends = || {
        let mut log = log.lock().unwrap();
        let mut ends: Vec<String> = log.drain(..).filter(|l| l.contains("end")).collect();
        ends.sort();
        ends
    };
    let (ok, denied) = ("end Ok(())", "end Err(PermissionDenied)");
    world.run(|| {
        for (skip, end) in [(false, ok), (true, denied)] {
            let expected = [format!("client {end}"), format!("server {end}")];
            let key = if skip { "x-skip" } else { "x-run" };
            let ada = "Bearer ada";
            let call = channel.call(ECHO, Some(&Q)).meta("authorization", ada);
            assert_eq!(call.meta(key, "1").call().is_err(), skip);
            assert_eq!(ends(), expected);
            let call = channel.call(COUNT, Some(&Q)).meta("authorization", ada);
            let last = call.meta(key, "1").open().last().unwrap();
            assert_eq!(last.is_err(), skip);
            assert_eq!(ends(), expected);
            let call = channel.call(SUM, None).meta("authorization", ada);
            assert_eq!(call.meta(key, "1").open().finish().is_err(), skip);
            assert_eq!(ends(), expected);
            let call = channel.call(CHAT, None).meta("authorization", ada);
            let mut chat = call.meta(key, "1").open();
            chat.tx.close();
            assert_eq!(chat.rx.recv().is_err(), skip);
            assert_eq!(ends(), expected);
        }
    });
    assert_eq!(*around.lock().unwrap(), ["Ok(())"; 4]);
}
