//! Whether two authorities name the same thing (RFC 9113 8.3.1, RFC 3986 6.2).

/// Compares `host [":" port]` after normalisation: case and percent-encoded unreserved characters
/// of the host (RFC 3986 6.2.2), an empty or the scheme's default port (RFC 3986 6.2.3).
pub(super) fn same(a: &[u8], b: &[u8], default_port: Option<u16>) -> bool {
    if a == b {
        return true;
    }
    let (host_a, port_a) = split(a);
    let (host_b, port_b) = split(b);
    Normal(host_a).eq(Normal(host_b)) && port(port_a, default_port) == port(port_b, default_port)
}

/// The host, and the port with its colon gone.
fn split(authority: &[u8]) -> (&[u8], &[u8]) {
    // The colons of an IP literal are inside brackets.
    match authority
        .iter()
        .rposition(|&octet| octet == b':' || octet == b']')
    {
        Some(at) if authority[at] == b':' => (&authority[..at], &authority[at + 1..]),
        _ => (authority, b""),
    }
}

#[derive(PartialEq, Eq)]
enum Port<'a> {
    Number(u16),
    Default,
    /// Not a port at all: equal only to itself.
    Other(&'a [u8]),
}

fn port(digits: &[u8], default: Option<u16>) -> Port<'_> {
    if digits.is_empty() {
        return Port::Default;
    }
    match super::content_length::parse(digits).map(u16::try_from) {
        Some(Ok(number)) if Some(number) == default => Port::Default,
        Some(Ok(number)) => Port::Number(number),
        _ => Port::Other(digits),
    }
}

/// The characters of a host, one form for each: a flag says that the octet stays encoded.
struct Normal<'a>(&'a [u8]);

impl Iterator for Normal<'_> {
    type Item = (u8, bool);

    fn next(&mut self) -> Option<Self::Item> {
        if let [b'%', high, low, rest @ ..] = self.0 {
            if let (Some(high), Some(low)) = (hex(*high), hex(*low)) {
                self.0 = rest;
                let octet = high << 4 | low;
                return Some(if is_unreserved(octet) {
                    (octet.to_ascii_lowercase(), false)
                } else {
                    (octet, true)
                });
            }
        }
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some((first.to_ascii_lowercase(), false))
    }
}

fn hex(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).map(|digit| digit as u8)
}

fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn equal_after_normalisation() {
        for (a, b, port) in [
            ("example.com", "EXAMPLE.com", None),
            ("example.com:443", "example.com", Some(443)),
            ("example.com:", "example.com", Some(443)),
            ("example.com:080", "Example.com:80", Some(443)),
            ("ex%61mple.com", "example.com", Some(80)),
            ("a%2fb", "a%2Fb", Some(80)),
            ("[::1]:80", "[::1]", Some(80)),
            ("tmp%2Fx.sock", "tmp%2fx.sock", None),
            ("%zz", "%ZZ", None),
        ] {
            assert!(same(a.as_bytes(), b.as_bytes(), port), "{a} {b}");
            assert!(same(b.as_bytes(), a.as_bytes(), port), "{b} {a}");
        }
    }

    #[test]
    fn different_entities() {
        for (a, b, port) in [
            ("example.com", "example.org", Some(443)),
            ("example.com:80", "example.com", Some(443)),
            ("example.com:443", "example.com", None),
            ("a%2fb", "a/b", Some(80)),
            ("[::1]", "[::2]", Some(80)),
            ("[::1]:81", "[::1]", Some(80)),
            ("example.com:x", "example.com", Some(80)),
            ("example.com:65536", "example.com:0", Some(80)),
            ("example.com", "", Some(80)),
            ("example.com", "example.com.", Some(80)),
        ] {
            assert!(!same(a.as_bytes(), b.as_bytes(), port), "{a} {b}");
            assert!(!same(b.as_bytes(), a.as_bytes(), port), "{b} {a}");
        }
    }
}
