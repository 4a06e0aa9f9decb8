//! Which rules hold for a head, and what is known of it once they were checked.

use crate::vocabulary::Priority;

/// How much of RFC 9113 8 is enforced.
///
/// | | strict | compatible | off |
/// |---|---|---|---|
/// | NUL, CR, LF in a name or value | refused | refused | refused |
/// | octets in a name that 8.2.1 forbids | refused | refused | kept |
/// | empty names, other octets that are no token | refused | kept | kept |
/// | other control characters in a value | refused | kept | kept |
/// | white space at the edges of a value | refused | trimmed | kept; refused in :status |
/// | connection-specific fields, te | refused | refused | kept |
/// | content-length "42, 42", or twice 42 | refused | folded to one | kept |
/// | content-length that is no number, or two | refused | refused | kept, not used |
/// | pseudo-headers undefined, late, twice, missing, in trailers | refused | refused | kept |
/// | :path of http and https, CONNECT, userinfo in the authority | refused | refused | kept |
/// | a space or control character in :path, :authority or a request's Host, syntax of :method and :scheme | refused | kept | kept |
/// | Host that differs from :authority, or twice; no authority at all | refused | kept | kept |
/// | :status that is not 100 to 999 | refused | refused | refused |
/// | :status 101 | refused | refused | kept |
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Level {
    /// Every rule that the RFCs state, SHOULD included.
    #[default]
    Strict,
    /// Every MUST whose breach could be taken for something else, mended where that is safe.
    Compatible,
    /// Only what framing needs; fields are the application's business.
    Off,
}

/// What :authority and Host have to do with one another (RFC 9113 8.3.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum AuthorityPolicy {
    /// Requests for http and https name an authority, except `OPTIONS *`; enforced when strict.
    #[default]
    Required,
    /// Requests may come without any authority.
    Optional,
    /// gRPC's policy: Host is dropped beside :authority, becomes :authority when alone, and both
    /// may be missing. Two Host fields are refused.
    Grpc,
}

/// The part of a message that a head is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HeadKind {
    /// The head of a request.
    Request,
    /// The head of a response, final or informational.
    Response,
    /// The trailer section of a request.
    RequestTrailers,
    /// The trailer section of a response.
    ResponseTrailers,
    /// The request in a PUSH_PROMISE.
    PushRequest,
}

impl HeadKind {
    pub(super) const fn is_request(self) -> bool {
        matches!(self, Self::Request | Self::PushRequest)
    }

    pub(super) const fn is_trailers(self) -> bool {
        matches!(self, Self::RequestTrailers | Self::ResponseTrailers)
    }
}

/// What a received head is held to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// How much is enforced.
    pub level: Level,
    /// Whether we enabled extended CONNECT (RFC 8441 3).
    pub extended_connect: bool,
    /// What :authority and Host have to do with one another.
    pub authority: AuthorityPolicy,
    /// Largest list in the measure of RFC 9113 6.5.2 (octets of names and values, plus 32 for each
    /// field). Fields beyond it are dropped and the head is [overlong](Summary::overlong).
    pub max_list_size: u32,
    /// Most fields in a head; beyond it likewise.
    pub max_fields: u32,
    /// The size, in the same measure, beyond which collecting stops altogether; at least
    /// `max_list_size` whatever is said here.
    pub hard_list_size: u32,
}

impl Default for Rules {
    /// Strict; 16 KiB and 512 fields, 256 KiB at most.
    fn default() -> Self {
        Self {
            level: Level::Strict,
            extended_connect: false,
            authority: AuthorityPolicy::Required,
            max_list_size: 16 * 1024,
            max_fields: 512,
            hard_list_size: 256 * 1024,
        }
    }
}

/// The methods that change how a message is framed, or that applications ask for most.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum MethodKind {
    /// GET.
    Get,
    /// HEAD: its answers have no body.
    Head,
    /// CONNECT: a 2xx answer makes the stream a tunnel (RFC 9113 8.5).
    Connect,
    /// CONNECT with :protocol (RFC 8441 4).
    ExtendedConnect,
    /// OPTIONS: the only method that may have the path `*`.
    Options,
    /// Any other, and heads that are no requests.
    #[default]
    Other,
}

/// What the connection needs to know of a head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Size of the list as received, dropped fields included, in the measure of RFC 9113 6.5.2;
    /// `u32::MAX` if it is beyond.
    pub list_size: u32,
    /// Number of fields received, dropped ones included.
    pub fields: u32,
    /// The announced length of the body in octets. `None` in trailers.
    pub content_length: Option<u64>,
    /// 100 to 999; 0 in requests and trailers.
    pub status: u16,
    /// The method of a request.
    pub method: MethodKind,
    /// The priority field (RFC 9218 5), if there is one that can be read; several are read as one
    /// list. `None` in trailers.
    pub priority: Option<Priority>,
    /// Whether fields were dropped because of [`Rules::max_list_size`] or [`Rules::max_fields`].
    pub overlong: bool,
    /// Whether a request says `expect: 100-continue`.
    pub expect_continue: bool,
    /// Number of cookie fields that were kept.
    pub crumbs: u32,
}
