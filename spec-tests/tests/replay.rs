//! What real clients and servers sent, fed to the core whole, octet by octet, and cut at every place: equal events
//! (chunks of DATA joined), equal output.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bywash_proto::config::Config;
use bywash_proto::error::CloseReason;
use bywash_spec_tests::link::Rng;
use bywash_spec_tests::pair::{Against, Feed, Seen, answering};
use bywash_spec_tests::raw::content::Content;
use bywash_spec_tests::raw::parse::FrameParser;
use bywash_spec_tests::raw::wire::{PREFACE, flag};
use bywash_spec_tests::raw::{BlockReader, RawPeer, Role};

/// Octets from the start in which every place is cut.
const EVERY: usize = 4_096;
/// What is fed beyond a cut, at least: longer than any frame of a usual head, so that its effects show.
const BEYOND: usize = 1_024;

/// The recorded byte streams: name without `.bin`, octets.
fn recordings() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/exchanges");
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(name) = name.strip_suffix(".bin") {
            out.push((name.to_owned(), fs::read(&path).unwrap()));
        }
    }
    out.sort();
    assert!(out.len() > 30, "only {} recordings", out.len());
    out
}

/// The highest stream that heads came on, and how many heads there are.
fn heads(octets: &[u8]) -> (u32, usize) {
    let mut parser = FrameParser::new();
    parser.push(octets.strip_prefix(PREFACE).unwrap_or(octets));
    let (mut highest, mut count) = (0, 0);
    while let Some(frame) = parser.next_frame().unwrap() {
        if matches!(frame.content, Content::Headers { .. }) {
            highest = highest.max(frame.stream);
            count += 1;
        }
    }
    (highest, count)
}

/// The methods of a client's requests by stream.
fn methods(octets: &[u8]) -> BTreeMap<u32, String> {
    let mut parser = FrameParser::new();
    parser.push(octets.strip_prefix(PREFACE).unwrap_or(octets));
    let (mut reader, mut block, mut out) = (BlockReader::default(), Vec::new(), BTreeMap::new());
    while let Some(frame) = parser.next_frame().unwrap() {
        let (Content::Headers { fragment, .. } | Content::Continuation { fragment }) =
            &frame.content
        else {
            continue;
        };
        block.extend_from_slice(fragment);
        if frame.has(flag::END_HEADERS) {
            let fields = reader.read(&std::mem::take(&mut block)).unwrap().fields;
            if let Some(method) = fields.iter().find(|field| field.name == b":method") {
                let method = String::from_utf8_lossy(&method.value).into_owned();
                out.insert(frame.stream, method);
            }
        }
    }
    out
}

/// A recording, and what the core needs to be its other end.
struct Tape {
    name: String,
    octets: Vec<u8>,
    /// Methods of the requests that the core opens before, as a client; none if it is the server.
    opens: Vec<String>,
}

impl Tape {
    fn all() -> Vec<Self> {
        let all = recordings();
        all.iter()
            .cloned()
            .map(|(name, octets)| {
                let mut opens = Vec::new();
                if let Some(client) = name.strip_suffix(".reply") {
                    let sent = &all.iter().find(|(name, _)| name == client).unwrap().1;
                    let methods = methods(sent);
                    // Some clients leave out the first numbers; ours uses all up to the last.
                    let ids = (1..=heads(&octets).0).step_by(2);
                    let method = |id| methods.get(&id).map_or("GET", String::as_str).to_owned();
                    opens = ids.map(method).collect();
                }
                Self {
                    name,
                    octets,
                    opens,
                }
            })
            .collect()
    }

    /// One side of the connection, before anything came; the peer reads nothing.
    fn start(&self, feed: Feed) -> Against {
        let mut config = Config::default();
        config.send.initial_max_streams = 1_000;
        // All of a recording comes at once here, so all its requests are open together.
        config.settings.max_concurrent_streams = 1_000;
        config.limits.head_bytes = 1 << 20;
        if self.opens.is_empty() {
            return Against::new(feed, config, RawPeer::new(Role::Client))
                .deaf()
                .with_program(answering(b"hello"));
        }
        let mut net = Against::new(feed, config, RawPeer::new(Role::Server)).deaf();
        for method in &self.opens {
            let head = [
                (":method", method.as_str()),
                (":scheme", "https"),
                (":authority", "example.com"),
                (":path", "/"),
            ];
            net.request(&head, true);
        }
        net.pump();
        net
    }

    /// What comes of the first `end` octets.
    fn play(&self, feed: Feed, end: usize) -> (Vec<Seen>, Vec<u8>) {
        let mut net = self.start(feed);
        net.receive(&self.octets[..end]);
        net.pump();
        (net.all_events().to_vec(), net.output().to_vec())
    }

    /// Cuts once at `place`, and compares with what is known of the first `end` octets.
    fn cut(&self, place: usize, end: usize, whole: &(Vec<Seen>, Vec<u8>)) {
        let cut = self.play(Feed::At(place), end);
        assert!(
            cut == *whole,
            "{} cut at {place} of {end}:\n{:?}\n{:?}",
            self.name,
            whole.0,
            cut.0
        );
    }

    /// Cuts at every place of the start.
    fn cut_everywhere(&self) {
        let all = self.octets.len();
        let mut place = 1;
        while place < all.min(EVERY) {
            let end = (place + 2 * BEYOND).min(all);
            let whole = self.play(Feed::Whole, end);
            let last = if end == all { all } else { end - BEYOND };
            for place in place..last.min(EVERY) {
                self.cut(place, end, &whole);
            }
            place = last;
        }
    }

    /// Cuts at every place of the whole, and feeds all of it each time.
    fn cut_and_fed_whole(&self) {
        let all = self.octets.len();
        let whole = self.play(Feed::Whole, all);
        (1..all).for_each(|place| self.cut(place, all, &whole));
    }

    /// Cuts what is longer at places drawn from a seed.
    fn cut_by_chance(&self) {
        let all = self.octets.len();
        if all <= EVERY {
            return;
        }
        let whole = self.play(Feed::Whole, all);
        let mut rng = Rng::new(all as u64);
        for _ in 0..48 {
            let place = rng.range(EVERY as u64, all as u64 - 1) as usize;
            self.cut(place, all, &whole);
        }
    }
}

/// Every `of`th recording, beginning with the `nth`: so that the cores of a machine share the work.
fn share(nth: usize, of: usize) -> impl Iterator<Item = Tape> {
    Tape::all().into_iter().skip(nth).step_by(of)
}

#[test]
fn whole_and_octet_by_octet() {
    for tape in Tape::all() {
        let all = tape.octets.len();
        let whole = tape.play(Feed::Whole, all);
        for feed in [
            Feed::Bytes,
            Feed::Seeded(1),
            Feed::Seeded(2),
            Feed::Seeded(3),
        ] {
            let split = tape.play(feed, all);
            assert_eq!(whole.0, split.0, "events of {}, {feed:?}", tape.name);
            assert!(whole.1 == split.1, "output of {}, {feed:?}", tape.name);
        }
    }
}

/// Real traffic is no violation, and nothing of it is lost.
#[test]
fn every_request_and_every_response_arrives() {
    for tape in Tape::all() {
        let (seen, output) = tape.play(Feed::Whole, tape.octets.len());
        let messages = seen
            .iter()
            .filter(|event| {
                matches!(
                    event,
                    Seen::Request { .. }
                        | Seen::Response { .. }
                        | Seen::Trailers { .. }
                        | Seen::Informational { .. }
                )
            })
            .count();
        assert_eq!(messages, heads(&tape.octets).1, "{}", tape.name);
        let broken = seen.iter().find(|event| {
            matches!(event, Seen::Closed(reason) if !matches!(reason, CloseReason::Finished))
        });
        assert_eq!(broken, None, "{}", tape.name);
        assert!(!output.is_empty());
    }
}

#[test]
fn cut_at_every_place_first_share() {
    share(0, 2).for_each(|tape| tape.cut_everywhere());
}

#[test]
fn cut_at_every_place_second_share() {
    share(1, 2).for_each(|tape| tape.cut_everywhere());
}

#[test]
fn cut_by_chance_beyond_the_start() {
    Tape::all().iter().for_each(Tape::cut_by_chance);
}

#[test]
#[ignore = "takes minutes: run with --release -- --ignored"]
fn cut_at_every_place_of_all_first_share() {
    share(0, 2).for_each(|tape| tape.cut_and_fed_whole());
}

#[test]
#[ignore = "takes minutes: run with --release -- --ignored"]
fn cut_at_every_place_of_all_second_share() {
    share(1, 2).for_each(|tape| tape.cut_and_fed_whole());
}
