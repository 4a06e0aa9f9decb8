//! Which fields the encoder's table remembers.

/// How a field is sent that is in neither table yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Indexing {
    /// Remembered at first sight: for values that repeat.
    FirstSight,
    /// Remembered once the same field was seen before: for values that seldom repeat and would push others out.
    SecondSight,
    /// Not remembered (RFC 7541 6.2.2). A proxy on the way may do otherwise.
    Without,
    /// Not remembered, here or by anyone on the way (RFC 7541 6.2.3, 7.1.3): for secrets that could be guessed.
    Never,
}

/// Decides by the name, of which `known` is the lowest index in the static table, or 0.
///
/// Asked only for fields that are not in the tables, or are so by name only.
pub type Policy = fn(name: &[u8], known: u8) -> Indexing;

/// The encoder's policy unless another is set: second sight for names whose values seldom repeat, no place for those
/// whose values never do, first sight for all others.
#[must_use]
pub fn default_policy(name: &[u8], known: u8) -> Indexing {
    if known > 0 {
        return if SELDOM_KNOWN >> known & 1 != 0 {
            Indexing::SecondSight
        } else {
            Indexing::FirstSight
        };
    }
    match name {
        // What is left of a deadline: it never comes again.
        b"grpc-timeout" => Indexing::Without,
        b"traceparent" | b"x-request-id" | b"x-amzn-trace-id" | b"x-b3-spanid" => {
            Indexing::SecondSight
        }
        _ => Indexing::FirstSight,
    }
}

/// By static index: :path, age, content-length, content-range, date, etag, expires, if-modified-since, if-none-match,
/// last-modified, location, range.
const SELDOM_KNOWN: u64 = 1 << 4
    | 1 << 21
    | 1 << 28
    | 1 << 30
    | 1 << 33
    | 1 << 34
    | 1 << 36
    | 1 << 40
    | 1 << 41
    | 1 << 44
    | 1 << 46
    | 1 << 50;

#[cfg(test)]
mod tests {
    use super::{Indexing, default_policy};

    #[test]
    fn what_never_comes_again_takes_no_place() {
        assert_eq!(default_policy(b"grpc-timeout", 0), Indexing::Without);
        assert_eq!(default_policy(b"traceparent", 0), Indexing::SecondSight);
        assert_eq!(default_policy(b"grpc-encoding", 0), Indexing::FirstSight);
        assert_eq!(default_policy(b":path", 4), Indexing::SecondSight);
        assert_eq!(default_policy(b"server", 54), Indexing::FirstSight);
    }
}
