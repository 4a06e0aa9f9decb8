//! What `tracing` hears.

use super::*;
use std::fmt::{Debug, Write};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Writes down spans and events up to a level.
struct Book {
    lines: Arc<Mutex<Vec<String>>>,
    spans: AtomicUsize,
    most: Level,
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Book {
    fn write(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

impl Subscriber for Book {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "bywash_grpc" && *metadata.level() <= self.most
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.spans.fetch_add(1, Ordering::Relaxed) as u64 + 1;
        let mut fields = Fields(String::new());
        span.record(&mut fields);
        self.write(format!("span {id} {}{}", span.metadata().name(), fields.0));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.write(format!("record {}{}", span.into_u64(), fields.0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let span = event.parent().map_or(0, Id::into_u64);
        self.write(format!("event {span}{}", fields.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn try_close(&self, span: Id) -> bool {
        self.write(format!("close {}", span.into_u64()));
        true
    }
}

/// What is heard of one call that goes well and one that does not.
fn heard(most: Level) -> Vec<String> {
    let lines = Arc::default();
    let book = Book {
        lines: Arc::clone(&lines),
        spans: AtomicUsize::new(0),
        most,
    };
    // All on one thread: what a thread hears is its own.
    tracing::subscriber::with_default(book, || {
        let world = World::new(1);
        let node = world.serve(service().inline(ECHO));
        let channel = world.channel(&node);
        world.run(|| {
            channel.call(ECHO, Some(&Q)).call().unwrap();
            channel.call(ECHO, Some(&bytes("fail"))).call().unwrap_err();
            world.advance(Duration::from_secs(1));
        });
    });
    let lines = lines.lock().unwrap();
    lines.clone()
}

#[test]
fn calls_are_spans_and_connections_events() {
    let lines = heard(Level::TRACE);
    let has = |line: &str| assert!(lines.iter().any(|l| l == line), "{line}: {lines:#?}");
    has("span 1 grpc.client.call rpc.service=\"t.T\" rpc.method=\"Echo\" peer=\"world\"");
    has("event 1 message=call started");
    has("event 1 message=attempt number=0");
    has("event 1 message=message sent=true size=1 packed=1");
    has("event 1 message=message sent=false size=1 packed=1");
    has("record 1 rpc.grpc.status_code=0");
    has("close 1");
    let server = lines.iter().find(|l| l.starts_with("span 2 ")).unwrap();
    let name = "span 2 grpc.server.call rpc.service=\"t.T\" rpc.method=\"Echo\" peer=\"channel ";
    assert!(server.starts_with(name), "{server}");
    has("record 3 rpc.grpc.status_code=5");
    has("event 3 message=call ended code=5 text=\"nothing here\"");
    has("event 4 message=call ended code=5 text=\"nothing here\"");
    let begun = lines.iter().filter(|l| l.contains("connection begun"));
    assert_eq!(begun.count(), 2);
}

#[test]
fn nobody_listens_and_nothing_is_made() {
    assert_eq!(heard(Level::ERROR), [""; 0]);
    let lines = heard(Level::INFO);
    assert_eq!(lines.iter().filter(|l| l.starts_with("span")).count(), 4);
    assert_eq!(lines.iter().filter(|l| l.starts_with("event")).count(), 2);
}
