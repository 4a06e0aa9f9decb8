//! What is needed of a URL.

/// An http or https URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Url {
    pub(crate) text: String,
    pub(crate) origin: Origin,
    /// Host and port as they stand in the URL.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
}

/// Whom a URL asks: URLs of one origin share a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    pub(crate) is_secure: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("{text}: {why}"));
        let Some((scheme, rest)) = text.split_once("://") else {
            return wrong("neither a flag nor a URL");
        };
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return wrong("only http and https can be fetched"),
        };
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let path = match path.as_bytes().first() {
            Some(b'/') => path.to_owned(),
            _ => format!("/{path}"),
        };
        if authority.contains('@') {
            return wrong("user names in URLs are not supported");
        }
        if !path.bytes().all(|octet| octet.is_ascii_graphic()) {
            return wrong("a path may contain only visible ASCII; escape the rest by %");
        }
        let default_port = if is_secure { 443 } else { 80 };
        let Some((host, port)) = split(authority, default_port) else {
            return wrong("host or port is wrong");
        };
        Ok(Self {
            text: text.to_owned(),
            origin: Origin {
                is_secure,
                host,
                port,
            },
            authority: authority.to_owned(),
            path,
        })
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.origin.is_secure {
            "https"
        } else {
            "http"
        }
    }
}

/// Host (without the brackets of IPv6) and port.
fn split(authority: &str, default_port: u16) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, port)
        }
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => default_port,
        Some("") => default_port,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    let is_name = |octet: u8| octet.is_ascii_alphanumeric() || b"-._:".contains(&octet);
    (!host.is_empty() && host.bytes().all(is_name)).then(|| (host.to_ascii_lowercase(), port))
}
