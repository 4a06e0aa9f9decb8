//! Typed keys of methods. Generated code has one constant for each rpc; every choice that is made per method takes it.

use crate::codec::Codec;
use std::{fmt, marker::PhantomData};

mod sealed {
    /// Keeps the kinds to the four there are.
    pub trait Sealed {}
}

/// One of the four kinds of call.
pub trait Kind: sealed::Sealed + 'static {
    /// Whether the client sends any number of messages, not just one.
    const CLIENT_STREAMS: bool;
    /// Whether the server sends any number of messages, not just one.
    const SERVER_STREAMS: bool;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $client:literal $server:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}

            impl sealed::Sealed for $name {}

            impl Kind for $name {
                const CLIENT_STREAMS: bool = $client;
                const SERVER_STREAMS: bool = $server;
            }
        )*
    };
}

kinds! {
    /// One message each way.
    Unary false false;
    /// One request, any number of responses.
    ServerStreaming false true;
    /// Any number of requests, one response.
    ClientStreaming true false;
    /// Any number of messages each way.
    Bidi true true;
}

/// The typed key of one method of the service `S`: of kind `K`, from requests `Q` to responses `R`.
pub struct Method<S, K, Q: 'static, R: 'static> {
    /// The `:path` of its calls: `/package.Service/Method`.
    pub path: &'static str,
    /// The codec of requests.
    pub req: &'static dyn Codec<Q>,
    /// The codec of responses.
    pub res: &'static dyn Codec<R>,
    /// Whether calling it twice is as good as once, as its `.proto` says.
    pub idempotent: bool,
    /// Ties the key to its service and kind.
    pub tag: PhantomData<fn(S, K)>,
}

impl<S, K, Q, R> Method<S, K, Q, R> {
    /// A key.
    ///
    /// # Panics
    /// If `path` is not `/service/method`; in a constant, that is at compile time.
    pub const fn new(
        path: &'static str,
        req: &'static dyn Codec<Q>,
        res: &'static dyn Codec<R>,
    ) -> Self {
        assert!(
            slash(path.as_bytes()).is_some(),
            "a method's path is /service/method"
        );
        Method {
            path,
            req,
            res,
            idempotent: false,
            tag: PhantomData,
        }
    }

    /// The same key of a method that may be called twice.
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// The full name of the service: `package.Service`.
    pub fn service(&self) -> &'static str {
        split_path(self.path).map_or("", |(service, _)| service)
    }

    /// The name of the method alone.
    pub fn name(&self) -> &'static str {
        split_path(self.path).map_or("", |(_, method)| method)
    }
}

impl<S, K, Q, R> Clone for Method<S, K, Q, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, K, Q, R> Copy for Method<S, K, Q, R> {}

impl<S, K, Q, R> fmt::Debug for Method<S, K, Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Method({})", self.path)
    }
}

/// Service and method of a `:path`. The last `/` parts them: services may have one in their name.
///
/// `None` if it does not begin with `/`, has no other, or either part is empty; a server answers that with UNIMPLEMENTED.
pub fn split_path(path: &str) -> Option<(&str, &str)> {
    let at = slash(path.as_bytes())?;
    Some((path.get(1..at)?, path.get(at + 1..)?))
}

/// Where the last `/` is, if there is something on both of its sides and the path begins with another.
const fn slash(path: &[u8]) -> Option<usize> {
    if path.is_empty() || path[0] != b'/' {
        return None;
    }
    let mut at = path.len() - 1;
    while at > 0 && path[at] != b'/' {
        at -= 1;
    }
    if at > 1 && at + 1 < path.len() {
        Some(at)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Raw;
    use bytes::Bytes;
    use quickcheck::quickcheck;

    enum Tag {}
    const ECHO: Method<Tag, Bidi, Bytes, Bytes> =
        Method::new("/test.Echo/Chat", &Raw, &Raw).idempotent();

    fn streams<S, K: Kind, Q, R>(_: Method<S, K, Q, R>) -> (bool, bool) {
        (K::CLIENT_STREAMS, K::SERVER_STREAMS)
    }

    #[test]
    fn a_key_knows_its_names_and_kind() {
        let copy = ECHO;
        assert_eq!(
            (copy.service(), copy.name(), copy.idempotent),
            ("test.Echo", "Chat", true)
        );
        assert_eq!(streams(ECHO), (true, true));
        assert_eq!(format!("{ECHO:?}"), "Method(/test.Echo/Chat)");
        let unary: Method<Tag, Unary, Bytes, Bytes> = Method::new("/a/b", &Raw, &Raw);
        assert_eq!((streams(unary), unary.idempotent), ((false, false), false));
    }

    #[test]
    fn paths() {
        assert_eq!(split_path("/a.B/C"), Some(("a.B", "C")));
        assert_eq!(split_path("/a/b/C"), Some(("a/b", "C")));
        for path in ["", "/", "//", "a/b", "/a", "/a/", "//b", "*"] {
            assert_eq!(split_path(path), None, "{path:?}");
        }
        assert!(
            std::panic::catch_unwind(|| Method::<Tag, Unary, Bytes, Bytes>::new("a/b", &Raw, &Raw))
                .is_err()
        );
    }

    quickcheck! {
        fn parts_make_up_the_path(path: String) -> bool {
            split_path(&path).is_none_or(|(service, method)| {
                format!("/{service}/{method}") == path && !method.contains('/') && !service.is_empty()
            })
        }
    }
}
