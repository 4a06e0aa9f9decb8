//! Building a channel.

use super::{conns::How, engine::Engine};
use crate::{
    backoff::Backoff,
    channel::ChannelSpec,
    client::{Channel, ChannelParts},
    compress::{DEFAULT_THRESHOLD, Registry},
    credentials::CallCredentials,
    filter::ClientFilter,
    framing::{DEFAULT_MAX_RECEIVE, DEFAULT_MAX_SEND},
    listeners,
    stats::{Stats, StatsList},
    wire::{Addr, Endpoint, proto},
};
use bywash_mio::{Connector, Dial};
use bywash_proto::{
    config::{Config, Keepalive},
    observer::Observer,
};
use std::{fmt, io, sync::Arc, time::Duration};

/// A channel to be.
pub struct ChannelBuilder {
    target: String,
    security: Option<Security>,
    authority: Option<String>,
    user_agent: String,
    engine: Option<Engine>,
    filters: Vec<Box<dyn ClientFilter>>,
    registry: Registry,
    config: Config,
    backoff: Backoff,
    connect_timeout: Duration,
    max_recv: usize,
    max_send: usize,
    threshold: usize,
    credentials: Vec<Arc<dyn CallCredentials>>,
    stats: StatsList,
    dialer: Option<Arc<dyn Dial>>,
    observe: Option<Observe>,
}

/// gRPC's time without calls before a channel lets its connection go.
const IDLE: Duration = Duration::from_secs(30 * 60);

type Observe = Arc<dyn Fn() -> Box<dyn Observer> + Send + Sync>;

enum Security {
    Plaintext,
    Tls(Arc<dyn Connector>),
}

/// Why a channel was not made.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// Neither TLS nor cleartext was chosen: there is no silent default.
    NoSecurity,
    /// There are credentials that are not to be sent in cleartext, on a channel that does not encrypt.
    InsecureCredentials,
    /// The target is none that is understood.
    Target(String),
    /// There is no thread or descriptor for the engine.
    Engine(io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::NoSecurity => {
                f.write_str("choose .tls(..) or .plaintext(): there is no silent default")
            }
            BuildError::InsecureCredentials => {
                f.write_str("these credentials are not for a channel that does not encrypt")
            }
            BuildError::Target(target) => write!(
                f,
                "{target:?} is no target: host:port, dns:///host:port, unix:path or unix:///path"
            ),
            BuildError::Engine(error) => write!(f, "the channel's engine did not start: {error}"),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BuildError::Engine(error) => Some(error),
            BuildError::NoSecurity | BuildError::InsecureCredentials | BuildError::Target(_) => {
                None
            }
        }
    }
}

impl Channel {
    /// A channel to a target: `host:port`, `dns:///host:port`, `unix:path` or `unix:///path`.
    pub fn builder(target: &str) -> ChannelBuilder {
        let mut config = proto::config();
        config.timers.idle = Some(IDLE);
        ChannelBuilder {
            target: target.to_owned(),
            security: None,
            authority: None,
            user_agent: String::new(),
            engine: None,
            filters: Vec::new(),
            registry: Registry::standard(),
            config,
            backoff: Backoff::default(),
            connect_timeout: Duration::from_secs(20),
            max_recv: DEFAULT_MAX_RECEIVE,
            max_send: DEFAULT_MAX_SEND,
            threshold: DEFAULT_THRESHOLD,
            credentials: Vec::new(),
            stats: listeners::usual(),
            dialer: None,
            observe: None,
        }
    }
}

impl ChannelBuilder {
    /// Connects in cleartext.
    #[must_use]
    pub fn plaintext(mut self) -> Self {
        self.security = Some(Security::Plaintext);
        self
    }

    /// Connects by TLS; the server proves the target's name, or the one given by [`authority`](ChannelBuilder::authority).
    #[must_use]
    pub fn tls(mut self, tls: impl Connector + 'static) -> Self {
        self.security = Some(Security::Tls(Arc::new(tls)));
        self
    }

    /// Names another `:authority` than the target's.
    #[must_use]
    pub fn authority(mut self, name: impl Into<String>) -> Self {
        self.authority = Some(name.into());
        self
    }

    /// What stands before the library's name in `user-agent`.
    #[must_use]
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Adds a filter, inside of those before it.
    #[must_use]
    pub fn filter(mut self, filter: impl ClientFilter) -> Self {
        self.filters.push(Box::new(filter));
        self
    }

    /// Says who makes the calls of this channel, beside what those before say.
    #[must_use]
    pub fn credentials(mut self, credentials: impl CallCredentials) -> Self {
        self.credentials.push(Arc::new(credentials));
        self
    }

    /// Tells of calls and connections.
    #[must_use]
    pub fn stats(mut self, stats: impl Stats) -> Self {
        self.stats.add(stats);
        self
    }

    /// Ends the connection after this time without calls; the next call makes another. Default 30 minutes; `None` keeps
    /// it.
    #[must_use]
    pub fn idle(mut self, time: Option<Duration>) -> Self {
        self.config.timers.idle = time;
        self
    }

    /// Lives on this engine. Default: [`Engine::shared`].
    #[must_use]
    pub fn engine(mut self, engine: &Engine) -> Self {
        self.engine = Some(engine.clone());
        self
    }

    /// Knows these encodings. Default: gzip and deflate.
    #[must_use]
    pub fn encodings(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// How long to wait after failures.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The least time that an attempt to connect is given. Default 20 s.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// Pings a connection that was silent for `interval`, and gives it up without an answer within `timeout`. Servers
    /// refuse clients that ping often: many want five minutes. Default: none.
    #[must_use]
    pub fn keepalive(mut self, interval: Duration, timeout: Duration, while_idle: bool) -> Self {
        self.config.timers.keepalive = Some(Keepalive {
            interval,
            timeout,
            while_idle,
        });
        self
    }

    /// Bounds received messages, in octets. Default 4 MiB.
    #[must_use]
    pub fn max_recv(mut self, octets: usize) -> Self {
        self.max_recv = octets;
        self
    }

    /// Bounds sent messages, in octets. Default: what framing can say.
    #[must_use]
    pub fn max_send(mut self, octets: usize) -> Self {
        self.max_send = octets;
        self
    }

    /// Sends messages of fewer octets as they are, also in calls that compress. Default 128.
    #[must_use]
    pub fn compress_above(mut self, octets: usize) -> Self {
        self.threshold = octets;
        self
    }

    /// Connects by this dialer, on a thread of its own where it may block: through a proxy, or over a socket that was
    /// handed over. TLS and HTTP/2 follow as usual.
    #[must_use]
    pub fn dialer(mut self, dialer: impl Dial + 'static) -> Self {
        self.dialer = Some(Arc::new(dialer));
        self
    }

    /// Shows the frames of each connection to an observer of its own.
    #[must_use]
    pub fn observe(mut self, make: impl Fn() -> Box<dyn Observer> + Send + Sync + 'static) -> Self {
        self.observe = Some(Arc::new(make));
        self
    }

    /// Changes how connections speak HTTP/2. Credit stays in gRPC's hands.
    #[must_use]
    pub fn http2(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        let ours = proto::config();
        self.config.flow = ours.flow;
        self.config.authority = ours.authority;
        self
    }

    /// Makes the channel; nothing is connected yet.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(mut self) -> Result<Channel, BuildError> {
        let security = self.security.take().ok_or(BuildError::NoSecurity)?;
        let in_clear = matches!(security, Security::Plaintext);
        if in_clear && self.credentials.iter().any(|one| one.needs_security()) {
            return Err(BuildError::InsecureCredentials);
        }
        let (addr, default) =
            parse(&self.target).ok_or_else(|| BuildError::Target(self.target.clone()))?;
        let authority = self.authority.take().unwrap_or(default);
        let engine = match self.engine.take() {
            Some(engine) => engine,
            None => Engine::shared().map_err(BuildError::Engine)?,
        };
        let tls = match security {
            Security::Plaintext => None,
            Security::Tls(tls) => Some((tls, host_of(&authority).to_owned())),
        };
        let mut spec = ChannelSpec::new(self.target, authority, tls.is_some());
        spec.backoff = self.backoff;
        spec.connect_timeout = self.connect_timeout;
        self.config.secure = tls.is_some();
        let home = engine.add(How {
            config: Arc::new(self.config),
            tls,
            dialer: self.dialer,
            observe: self.observe,
        });
        let (post, host) = (Arc::clone(engine.post()), Arc::clone(engine.host()));
        Ok(Channel::from_parts(ChannelParts {
            addresses: Some(vec![Endpoint { addr }]),
            registry: self.registry,
            user_agent: self.user_agent,
            filters: self.filters,
            max_recv: self.max_recv,
            max_send: self.max_send,
            threshold: self.threshold,
            credentials: self.credentials,
            stats: self.stats,
            keeps: Some(Box::new(engine)),
            ..ChannelParts::new(home, spec, post, host)
        }))
    }
}

impl fmt::Debug for ChannelBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelBuilder({})", self.target)
    }
}

/// An address, and the authority that goes with it.
fn parse(target: &str) -> Option<(Addr, String)> {
    if let Some(path) = target.strip_prefix("unix:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return (!path.is_empty()).then(|| (Addr::Unix(path.into()), "localhost".to_owned()));
    }
    let name = target.strip_prefix("dns:").unwrap_or(target);
    let name = name.strip_prefix("///").unwrap_or(name);
    if let Ok(at) = name.parse() {
        return Some((Addr::Ip(at), name.to_owned()));
    }
    let (host, port) = match name.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (name, 443),
    };
    let host = if host.is_empty() { "localhost" } else { host };
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    if plain.is_empty() || plain.contains('/') {
        return None;
    }
    Some((Addr::Name(plain.to_owned(), port), format!("{host}:{port}")))
}

/// An authority without its port and brackets: the name that a certificate is for.
fn host_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let text = |target| parse(target).map(|(addr, authority)| (addr.to_string(), authority));
        let some = |addr: &str, authority: &str| Some((addr.to_owned(), authority.to_owned()));
        assert_eq!(text("127.0.0.1:50"), some("127.0.0.1:50", "127.0.0.1:50"));
        assert_eq!(text("[::1]:50"), some("[::1]:50", "[::1]:50"));
        assert_eq!(
            text("dns:///a.example:7"),
            some("a.example:7", "a.example:7")
        );
        assert_eq!(text("a.example"), some("a.example:443", "a.example:443"));
        assert_eq!(text(":80"), some("localhost:80", "localhost:80"));
        assert_eq!(text("unix:x.sock"), some("unix:x.sock", "localhost"));
        assert_eq!(
            text("unix:///x/y.sock"),
            some("unix:/x/y.sock", "localhost")
        );
        for wrong in ["unix:", "a:b", "xds:///a/b"] {
            assert_eq!(text(wrong), None, "{wrong}");
        }
        assert_eq!(host_of("[::1]:5"), "::1");
        assert_eq!(host_of("a.example:5"), "a.example");
    }

    #[test]
    fn security_is_a_choice() {
        let error = Channel::builder("127.0.0.1:1").build().unwrap_err();
        assert!(matches!(error, BuildError::NoSecurity));
    }
}
