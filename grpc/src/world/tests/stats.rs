//! What is told of calls.

use super::*;
use crate::stats::{Begin, CallStats, Event, Side, Stats};

type Lines = Arc<Mutex<Vec<String>>>;

/// Writes everything down.
#[derive(Clone, Default)]
struct Book(Lines);

struct Page(Side, Lines);

impl Stats for Book {
    fn on_call(&self, begin: &Begin<'_>) -> Option<Box<dyn CallStats>> {
        assert!(!begin.peer.is_empty());
        if begin.path == "/t.T/Sum" {
            return None;
        }
        let page = Page(begin.side, Arc::clone(&self.0));
        page.write(format!("begin {}", begin.path));
        Some(Box::new(page))
    }
}

impl Page {
    fn write(&self, text: String) {
        let line = format!("{:?} {text}", self.0);
        self.1.lock().unwrap().push(line);
    }
}

impl CallStats for Page {
    fn on_event(&mut self, _: Instant, event: &Event<'_>) {
        self.write(match event {
            Event::Attempt { number } => format!("attempt {number}"),
            Event::OutHeader(head) => format!("out header {:?}", head.get("x-echo")),
            Event::InHeader(head) => format!("in header {:?}", head.get("x-echo")),
            Event::OutPayload(payload) => format!("out {} {}", payload.size, payload.packed),
            Event::InPayload(payload) => format!("in {} {}", payload.size, payload.packed),
            Event::OutTrailer(trailers) => format!("out trailer {:?}", trailers.get("x-trailer")),
            Event::InTrailer(trailers) => format!("in trailer {:?}", trailers.get("x-trailer")),
            Event::End(result) => format!("end {:?}", result.as_ref().map_err(Status::code)),
        });
    }
}

impl Book {
    fn take(&self, side: Side) -> Vec<String> {
        let mut lines = self.0.lock().unwrap();
        let prefix = format!("{side:?} ");
        let (mine, others) = std::mem::take(&mut *lines)
            .into_iter()
            .partition(|line| line.starts_with(&prefix));
        *lines = others;
        let mine: Vec<String> = mine;
        let strip = |line: &String| line.strip_prefix(&prefix).unwrap().to_owned();
        mine.iter().map(strip).collect()
    }
}

fn world_of(seed: u64, service: Service<Tag>) -> (World, Node, Channel, Book) {
    let book = Book::default();
    let mut spec = ServerSpec::default();
    spec.add_stats(book.clone());
    spec.add(service);
    let world = World::new(seed);
    let node = world.serve_spec(spec);
    let channel = world.channel_with(&[&node], |mut parts| {
        parts.stats.add(book.clone());
        parts
    });
    (world, node, channel, book)
}

#[test]
fn a_call_is_told_from_its_beginning_to_its_end() {
    for inline in [false, true] {
        let service = if inline {
            service().inline(ECHO)
        } else {
            service()
        };
        let (world, _, channel, book) = world_of(1, service);
        world.run(|| {
            let large = Bytes::from(vec![7; 10_000]);
            let call = channel.call(ECHO, Some(&large)).compress("gzip");
            call.meta("x-echo", "7").call().unwrap();
            world.advance(Duration::from_secs(1));
        });
        let client = book.take(Side::Client);
        let packed = client[1].strip_prefix("out 10000 ").unwrap();
        assert!(packed.parse::<usize>().unwrap() < 1000);
        let expected = [
            "begin /t.T/Echo".to_owned(),
            format!("out 10000 {packed}"),
            "attempt 0".into(),
            "out header Some(\"7\")".into(),
            "in header None".into(),
            format!("in 10000 {packed}"),
            "in trailer Some(\"7\")".into(),
            "end Ok(())".into(),
        ];
        assert_eq!(client, expected);
        let expected = [
            "begin /t.T/Echo".to_owned(),
            "in header Some(\"7\")".into(),
            format!("in 10000 {packed}"),
            "out header None".into(),
            format!("out 10000 {packed}"),
            "out trailer Some(\"7\")".into(),
            "end Ok(())".into(),
        ];
        assert_eq!(book.take(Side::Server), expected);
    }
}

#[test]
fn streams_tell_of_every_message_and_nobody_hears_what_he_declined() {
    let (world, _, channel, book) = world_of(2, service());
    world.run(|| {
        let mut chat = channel.call(CHAT, None).open();
        for n in 0..3 {
            chat.tx.send(&Bytes::from(vec![1; n])).unwrap();
            assert!(chat.rx.recv().unwrap().is_some());
        }
        chat.tx.close();
        assert!(chat.rx.recv().unwrap().is_none());
        channel.call(SUM, None).open().finish().unwrap();
        world.advance(Duration::from_secs(1));
    });
    for (side, first) in [(Side::Client, "out"), (Side::Server, "in")] {
        let lines = book.take(side);
        let second = if first == "out" { "in" } else { "out" };
        let messages: Vec<_> = lines
            .iter()
            .filter(|line| line.ends_with(|end: char| end.is_ascii_digit()))
            .filter(|line| !line.starts_with("attempt"))
            .cloned()
            .collect();
        let expected: Vec<_> = (0..3)
            .flat_map(|n| [format!("{first} {n} {n}"), format!("{second} {n} {n}")])
            .collect();
        assert_eq!(messages, expected);
        assert!(!lines.iter().any(|line| line.contains("Sum")));
    }
}

/// Whatever becomes of a call, its end is told once on either side, and last.
#[test]
fn every_call_that_begins_ends_once() {
    for seed in 0..200_u64 {
        let (world, node, channel, book) = world_of(seed, service());
        let mut random = fastrand::Rng::with_seed(seed);
        let (trouble, at) = (random.u8(0..4), Duration::from_micros(random.u64(0..700)));
        world.run(|| {
            let (inner, troubled) = (world.clone(), node.clone());
            let maker = world.spawn(move || {
                inner.advance(at);
                match trouble {
                    0 => troubled.cut(),
                    1 => troubled.stall(),
                    2 => troubled.drain(),
                    _ => troubled.shutdown(Duration::from_micros(200)),
                }
            });
            let second = Duration::from_secs(1);
            let _ = channel.call(ECHO, Some(&Q)).timeout(second).call();
            let mut chat = channel.call(CHAT, None).timeout(second).open();
            let _ = chat.tx.send(&Q);
            let _ = chat.rx.recv();
            drop(chat);
            maker.join();
            node.resume();
            world.advance(Duration::from_secs(60));
        });
        for side in [Side::Client, Side::Server] {
            let lines = book.take(side);
            let count = |word| lines.iter().filter(|line| line.starts_with(word)).count();
            assert_eq!(count("begin"), count("end"), "seed {seed}: {lines:?}");
        }
    }
}

#[test]
fn attempts_are_counted_and_refusals_before_a_call_are_none() {
    let (world, node, channel, book) = world_of(3, service());
    world.run(|| {
        let unknown = channel.call(ECHO, Some(&Q)).compress("zstd");
        assert_eq!(unknown.call().unwrap_err().code(), Code::Internal);
        assert_eq!(book.take(Side::Client), [""; 0]);
        node.refuse(true);
        let status = channel.call(ECHO, Some(&Q)).call().unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        let lines = book.take(Side::Client);
        let expected = [
            "begin /t.T/Echo",
            "out 1 1",
            "in trailer None",
            "end Err(Unavailable)",
        ];
        assert_eq!(lines, expected);
    });
}

/// Calls of methods that nobody serves are told too, and as such.
#[test]
fn what_is_not_there_is_told_as_unknown() {
    #[derive(Clone, Default)]
    struct Known(Lines);
    impl Stats for Known {
        fn on_call(&self, begin: &Begin<'_>) -> Option<Box<dyn CallStats>> {
            let line = format!("{} {} at {}", begin.known, begin.path, begin.peer.len() > 1);
            self.0.lock().unwrap().push(line);
            None
        }
    }
    const WRONG: Method<Tag, Unary, Bytes, Bytes> = Method::new("/t.T/Wrong", &Raw, &Raw);
    const OTHER: Method<Tag, Unary, Bytes, Bytes> = Method::new("/t.U/Echo", &Raw, &Raw);
    let known = Known::default();
    let book = Book::default();
    let mut spec = ServerSpec::default();
    spec.add_stats(book.clone());
    spec.add_stats(known.clone());
    spec.add(service());
    let world = World::new(9);
    let node = world.serve_spec(spec);
    let channel = world.channel(&node);
    world.run(|| {
        for method in [WRONG, OTHER, ECHO] {
            let call = channel.call(method, Some(&Q)).meta("x-echo", "7");
            let code = call.call().map_err(|status| status.code());
            assert_eq!(code.is_ok(), method.path == ECHO.path);
        }
    });
    let lines = known.0.lock().unwrap().clone();
    assert_eq!(
        lines,
        [
            "false /t.T/Wrong at true",
            "false /t.U/Echo at true",
            "true /t.T/Echo at true",
        ]
    );
    let lines = book.take(Side::Server);
    assert_eq!(
        lines[..4],
        [
            "begin /t.T/Wrong",
            "in header Some(\"7\")",
            "out trailer None",
            "end Err(Unimplemented)",
        ]
    );
}
