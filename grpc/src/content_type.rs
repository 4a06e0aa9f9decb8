//! The `content-type` of gRPC: `application/grpc`, then `+` and a subtype that names the codec, then parameters.

use std::borrow::Cow;

/// The content type of `proto`, and what others begin with.
pub(crate) const BASE: &str = "application/grpc";

/// What a `content-type` of gRPC says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContentType<'a> {
    subtype: &'a str,
}

impl<'a> ContentType<'a> {
    /// Reads a `content-type`; `None` if it is not gRPC's, such as `application/grpc-web`. A server answers that with
    /// HTTP status 415.
    ///
    /// Case does not matter, nor do parameters. A subtype behind `;`, as some send it, is taken as one.
    pub fn parse(value: &'a [u8]) -> Option<ContentType<'a>> {
        let value = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
        let (base, rest) = value.split_at_checked(BASE.len())?;
        if !base.eq_ignore_ascii_case(BASE) {
            return None;
        }
        let until_parameters = |text: &'a str| {
            text.split(';')
                .next()
                .unwrap_or("")
                .trim_end_matches([' ', '\t'])
        };
        let rest = rest.trim_start_matches([' ', '\t']);
        let subtype = match rest.as_bytes().first() {
            None => "",
            Some(b'+') => until_parameters(&rest[1..]),
            Some(b';') => Some(until_parameters(&rest[1..]).trim_start_matches([' ', '\t']))
                .filter(|parameter| !parameter.contains('='))
                .unwrap_or(""),
            Some(_) => return None,
        };
        subtype
            .bytes()
            .all(is_token)
            .then_some(ContentType { subtype })
    }

    /// The subtype in the case it came in; empty if there is none, which stands for `proto`.
    pub const fn subtype(self) -> &'a str {
        self.subtype
    }

    /// Whether this is the content of a codec with that subtype.
    pub fn is(self, subtype: &str) -> bool {
        let or_proto = |text: &'a str| if text.is_empty() { "proto" } else { text };
        or_proto(self.subtype).eq_ignore_ascii_case(if subtype.is_empty() {
            "proto"
        } else {
            subtype
        })
    }
}

/// The `content-type` to send for a codec of this subtype. That of `proto` is plain `application/grpc`, which every
/// peer takes.
pub fn of_subtype(subtype: &str) -> Cow<'static, str> {
    match subtype {
        "" | "proto" => Cow::Borrowed(BASE),
        "json" => Cow::Borrowed("application/grpc+json"),
        other => Cow::Owned(format!("{BASE}+{other}")),
    }
}

/// An octet of a token (RFC 9110 section 5.6.2).
const fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn reads_what_peers_send() {
        let cases = [
            ("application/grpc", ""),
            ("application/grpc+proto", "proto"),
            ("Application/GRPC+Proto", "Proto"),
            ("application/grpc+json;charset=utf-8", "json"),
            ("application/grpc ; charset=utf-8", ""),
            ("application/grpc;proto", "proto"),
            ("application/grpc; proto", "proto"),
            ("application/grpc;", ""),
            ("application/grpc+", ""),
            (" application/grpc+x.y-z ", "x.y-z"),
        ];
        for (value, subtype) in cases {
            assert_eq!(
                ContentType::parse(value.as_bytes()).map(ContentType::subtype),
                Some(subtype),
                "{value}"
            );
        }
        let foreign = [
            "",
            "text/plain",
            "application/grpc-web",
            "application/grpc-web+proto",
            "application/grpcd",
            "application/grp",
            "application/grpc+a b",
        ];
        for value in foreign {
            assert_eq!(ContentType::parse(value.as_bytes()), None, "{value}");
        }
        assert_eq!(ContentType::parse(b"application/grpc+\xff"), None);
    }

    #[test]
    fn no_subtype_is_proto() {
        let plain = ContentType::parse(b"application/grpc").unwrap();
        assert!(plain.is("proto") && plain.is("") && !plain.is("json"));
        assert!(
            ContentType::parse(b"application/grpc+PROTO")
                .unwrap()
                .is("proto")
        );
        assert!(
            ContentType::parse(b"application/grpc+json")
                .unwrap()
                .is("json")
        );
    }

    quickcheck! {
        fn what_is_sent_is_read(letters: Vec<u8>) -> bool {
            let subtype: String = letters.iter().map(|b| char::from(b'a' + b % 26)).collect();
            ContentType::parse(of_subtype(&subtype).as_bytes()).is_some_and(|read| read.is(&subtype))
        }

        fn any_octets_are_read_or_refused(tail: Vec<u8>) -> bool {
            let value = [BASE.as_bytes(), &tail[..]].concat();
            ContentType::parse(&value).is_none_or(|read| read.subtype().len() <= tail.len())
        }
    }
}
