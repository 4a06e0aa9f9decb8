//! The route guide without a thread per call: an object per call, whose methods the loops call. They must not block.
//!
//! For servers with more calls than threads. Both sides use reactors here, but need not: the wire is the same, and
//! `route_guide` shows the same service by threads.
//!
//! `cargo run -p bywash-grpc --example route_guide_reactor` prints:
//!
//! ```text
//! at (1, 1): Mill
//! listed 1000 features, in order: true
//! at (1, 1): first
//! at (1, 1): first, second
//! the chat ended: Ok(())
//! ```

#[path = "../codegen/tests/golden/routeguide.rs"]
#[allow(missing_docs, unreachable_pub)]
mod routeguide;

use bywash_grpc::{
    Metadata, Server, Status,
    client::Channel,
    reactor::{ClientReactor, Reactor, Sent, Stream},
    server::Service,
};
use routeguide::{
    Feature, Point, Rectangle, RouteNote,
    route_guide::{self, GET_FEATURE, LIST_FEATURES, ROUTE_CHAT, Tag},
};
use std::{error::Error, sync::mpsc, time::Duration};

#[rustfmt::skip]
const MILL: Point = Point { latitude: 1, longitude: 1 };

fn feature(name: String) -> Feature {
    let location = Some(MILL);
    Feature { name, location }
}

/// Sends a thousand features, as fast as they are read and no faster: memory stays bounded without a thread that waits.
struct Lister(u32);

impl Lister {
    fn go_on(&mut self, stream: &mut Stream<'_, Feature>) {
        while self.0 < 1000 {
            let sent = stream.send(&feature(self.0.to_string()));
            self.0 += 1;
            // After `Full`, `on_writable` follows; after `Ended`, nothing does.
            if sent != Sent::Queued {
                return;
            }
        }
        stream.finish(Ok(()));
    }
}

impl Reactor<Rectangle, Feature> for Lister {
    fn on_message(&mut self, stream: &mut Stream<'_, Feature>, _: Rectangle) {
        self.go_on(stream);
    }

    fn on_half_close(&mut self, _: &mut Stream<'_, Feature>) {}

    fn on_writable(&mut self, stream: &mut Stream<'_, Feature>) {
        self.go_on(stream);
    }
}

/// Answers each note with all that were left in this call. Between notes it costs its few octets, and no thread.
#[derive(Default)]
struct Chat(Vec<String>);

impl Reactor<RouteNote, RouteNote> for Chat {
    fn on_message(&mut self, stream: &mut Stream<'_, RouteNote>, mut note: RouteNote) {
        self.0.push(std::mem::take(&mut note.message));
        note.message = self.0.join(", ");
        stream.send(&note);
        stream.request(1);
    }

    fn on_half_close(&mut self, stream: &mut Stream<'_, RouteNote>) {
        stream.finish(Ok(()));
    }
}

/// The client's side: says a word, waits for its answer, says the next. Tells `main` by a channel.
struct Talker {
    words: std::vec::IntoIter<&'static str>,
    tell: mpsc::Sender<String>,
}

impl Talker {
    fn say(&mut self, stream: &mut Stream<'_, RouteNote>) {
        let Some(word) = self.words.next() else {
            return stream.finish(Ok(()));
        };
        let (location, message) = (Some(MILL), word.to_owned());
        stream.send(&RouteNote { location, message });
        stream.request(1);
    }
}

impl ClientReactor<RouteNote, RouteNote> for Talker {
    fn on_start(&mut self, stream: &mut Stream<'_, RouteNote>) {
        self.say(stream);
    }

    fn on_message(&mut self, stream: &mut Stream<'_, RouteNote>, note: RouteNote) {
        let _ = self.tell.send(format!("at (1, 1): {}", note.message));
        self.say(stream);
    }

    fn on_end(&mut self, result: Result<(), Status>, _: Metadata) {
        let _ = self.tell.send(format!("the chat ended: {result:?}"));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let service: Service<Tag> = Service::new(route_guide::NAME)
        .unary(GET_FEATURE, |_, _| Ok(feature("Mill".into())))
        .inline(GET_FEATURE)
        .reactor(LIST_FEATURES, |_| Ok(Lister(0)))
        .reactor(ROUTE_CHAT, |_| Ok(Chat::default()));
    let builder = Server::builder().service(service);
    let running = builder.listen("127.0.0.1:0")?.start()?;
    let target = running.addrs()[0].to_string();
    let client = route_guide::Client::new(&Channel::builder(&target).plaintext().build()?);

    // A unary call that no thread waits for: its end runs on the channel's loop.
    let (tell, told) = mpsc::channel();
    let done = tell.clone();
    client.get_feature(&MILL).start(move |reply| {
        let text = reply.map_or_else(|status| status.to_string(), |reply| reply.message.name);
        let _ = done.send(format!("at (1, 1): {text}"));
    });
    println!("{}", told.recv()?);

    let listed = client.list_features(&Rectangle::default()).open();
    let listed = listed.collect::<Result<Vec<_>, _>>()?;
    let mut numbered = listed.iter().enumerate();
    let in_order = numbered.all(|(number, feature)| feature.name == number.to_string());
    println!("listed {} features, in order: {in_order}", listed.len());

    let words = vec!["first", "second"].into_iter();
    client.route_chat().start(Talker { words, tell });
    told.iter().for_each(|line| println!("{line}"));
    running.shutdown(Duration::from_secs(1));
    Ok(())
}
