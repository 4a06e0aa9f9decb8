//! Names of message encodings: `grpc-encoding` has one, `grpc-accept-encoding` a list.

/// The encoding that changes nothing. Never registered, always accepted.
pub const IDENTITY: &str = "identity";

/// Whether `name` can be the name of an encoding: some of `0-9 a-z A-Z _ - .`.
pub const fn is_name(name: &str) -> bool {
    let octets = name.as_bytes();
    let mut at = 0;
    while at < octets.len() {
        if !octets[at].is_ascii_alphanumeric() && !matches!(octets[at], b'_' | b'-' | b'.') {
            return false;
        }
        at += 1;
    }
    !octets.is_empty()
}

/// Whether `name` is the identity's. Case does not matter.
pub fn is_identity(name: &str) -> bool {
    name.eq_ignore_ascii_case(IDENTITY)
}

/// The names in a list, in order. What is no name is passed over: a peer that lists it cannot mean anything here.
pub fn names(list: &[u8]) -> impl Iterator<Item = &str> {
    list.split(|&b| b == b',')
        .filter_map(|element| std::str::from_utf8(element).ok())
        .map(|element| element.trim_matches([' ', '\t']))
        .filter(|element| is_name(element))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    fn list(value: &[u8]) -> Vec<&str> {
        names(value).collect()
    }

    #[test]
    fn lists() {
        assert_eq!(
            list(b"identity, deflate,gzip"),
            ["identity", "deflate", "gzip"]
        );
        assert_eq!(list(b",, \tgzip\t ,"), ["gzip"]);
        assert_eq!(list(b"gzip;q=1,br,\xff,a b"), ["br"]);
        assert_eq!(list(b""), [""; 0]);
    }

    #[test]
    fn identity() {
        assert!(
            is_identity("identity")
                && is_identity("Identity")
                && !is_identity("gzip")
                && !is_identity("")
        );
        assert!(is_name("x-snappy_1.0") && !is_name("") && !is_name("a,b") && !is_name("\u{e9}"));
    }

    quickcheck! {
        fn every_name_found_is_one(value: Vec<u8>) -> bool {
            names(&value).all(is_name)
        }
    }
}
