//! What a program said and heard on each stream, in terms that both implementations share.

use std::collections::BTreeMap;

/// A field: its name, its value, whether it is never indexed.
pub(super) type Field = (Vec<u8>, Vec<u8>, bool);
/// A field list, grouped by name: a map of the crate `http` keeps the order of one name's values alone.
pub(super) type Fields = Vec<Field>;
/// The streams of a side, by number.
pub(super) type Book = BTreeMap<u32, Talk>;

/// Sorts by name, each name's values in their order.
pub(super) fn grouped(mut fields: Fields) -> Fields {
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    fields
}

/// One direction of one stream.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) informed: Vec<Fields>,
    pub(super) head: Option<Fields>,
    pub(super) octets: u64,
    pub(super) trailers: Option<Fields>,
    pub(super) end: bool,
}

/// How a stream ended before its time, as its program was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// RST_STREAM of the other side, with its code.
    Reset(u32),
    /// The other side's GOAWAY: it has not processed the stream, unless the connection ended in haste.
    GoneAway,
    /// The connection ended under it.
    Lost,
}

/// One stream on one side.
#[derive(Debug, Default)]
pub(super) struct Talk {
    pub(super) sent: Part,
    pub(super) got: Part,
    /// The code with which this side reset it.
    pub(super) reset: Option<u32>,
    pub(super) told: Option<Told>,
    /// Octets still to send of those that the head announced.
    pub(super) left: Option<u64>,
    /// The response has no body: HEAD.
    pub(super) bodiless: bool,
    /// CONNECT: octets alone, no trailers.
    pub(super) tunnel: bool,
    /// Octets that the program has not released.
    pub(super) unreleased: usize,
}

impl Talk {
    /// Nothing more is said on it.
    pub(super) fn is_over(&self) -> bool {
        self.reset.is_some() || self.told.is_some() || (self.sent.end && self.got.end)
    }
}

/// What a side hears of what is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hearing {
    /// That a field is never indexed.
    pub(super) secrets: bool,
    /// Who ended a stream.
    pub(super) resets: bool,
    /// All of it: nothing is under way, and nothing but the programs has ended anything.
    pub(super) whole: bool,
}

impl Hearing {
    fn same(self, heard: &Fields, said: &Fields) -> bool {
        let pairs = || heard.iter().zip(said);
        heard.len() == said.len()
            && pairs().all(|(heard, said)| (&heard.0, &heard.1) == (&said.0, &said.1))
            && (!self.secrets || pairs().all(|(heard, said)| heard.2 == said.2))
    }
}

/// A list for people.
fn shown(fields: Option<&Fields>) -> String {
    let mut text = String::new();
    for (name, value, secret) in fields.into_iter().flatten() {
        let secret = if *secret { " (secret)" } else { "" };
        text += &format!(
            "{}: {}{secret}; ",
            name.escape_ascii(),
            value.escape_ascii()
        );
    }
    text
}

impl Part {
    /// What was heard is what was said, as far as it came.
    fn is_begin_of(&self, said: &Self, hearing: Hearing) {
        let same = |heard: &Option<Fields>, said: &Option<Fields>| match (heard, said) {
            (Some(heard), Some(said)) => hearing.same(heard, said),
            (heard, _) => heard.is_none(),
        };
        assert!(
            self.informed.len() <= said.informed.len()
                && (self.informed.iter().zip(&said.informed))
                    .all(|(heard, said)| hearing.same(heard, said)),
            "informational heads: {:?} of {:?}",
            self.informed,
            said.informed
        );
        assert!(
            same(&self.head, &said.head),
            "the head: {}, not {}",
            shown(self.head.as_ref()),
            shown(said.head.as_ref())
        );
        assert!(self.octets <= said.octets, "more than was sent");
        assert!(
            same(&self.trailers, &said.trailers),
            "the trailers: {}, not {}",
            shown(self.trailers.as_ref()),
            shown(said.trailers.as_ref())
        );
        if self.end {
            assert_eq!(self.octets, said.octets, "an end before its time");
            let trailers = (self.trailers.is_some(), said.trailers.is_some());
            assert!(trailers.0 == trailers.1, "an end without the trailers");
            assert!(said.end, "an end that nobody has sent");
        }
    }

    /// All that was said was heard.
    fn is_all_of(&self, said: &Self) {
        assert_eq!(
            self.informed.len(),
            said.informed.len(),
            "informational heads"
        );
        assert_eq!(self.head.is_some(), said.head.is_some(), "the head");
        assert_eq!(self.octets, said.octets, "octets of the body");
        assert_eq!(self.end, said.end, "the end");
    }
}

/// Holds what one side heard, on every stream, to what the other said.
pub(super) fn compare(heard: &Book, said: &Book, hearing: Hearing) {
    let whole = hearing.whole;
    for (id, hearer) in heard {
        let Some(speaker) = said.get(id) else {
            let silent = hearer.got.head.is_none() && hearer.got.octets == 0;
            assert!(silent, "stream {id} was never said: {hearer:?}");
            continue;
        };
        hearer.got.is_begin_of(&speaker.sent, hearing);
        if let (Some(Told::Reset(code)), true) = (hearer.told, hearing.resets) {
            assert_eq!(Some(code), speaker.reset, "the reset of stream {id}");
        }
        if hearer.told == Some(Told::GoneAway) && whole {
            panic!("stream {id} was processed, and called not processed");
        }
        let undisturbed = hearer.reset.is_none()
            && speaker.reset.is_none()
            && hearer.told.is_none()
            && speaker.told.is_none();
        if whole && undisturbed {
            hearer.got.is_all_of(&speaker.sent);
        }
        if let (Some(code), true) = (speaker.reset, whole) {
            let heard_it = hearer.told == Some(Told::Reset(code));
            assert!(
                heard_it || hearer.is_over(),
                "stream {id} was reset ({code}), and the other side has not heard of it: {hearer:?}"
            );
        }
    }
    for (id, speaker) in said.iter().filter(|_| whole) {
        let excused = speaker.reset.is_some() || speaker.told.is_some();
        assert!(
            excused || heard.contains_key(id),
            "stream {id} never arrived: {speaker:?}"
        );
    }
}
