//! Services without any `.proto`: their names, types and codecs are said in `build.rs`.
//!
//! ```no_run
//! use bywash_build::{Builder, manual};
//!
//! fn main() -> Result<(), bywash_build::Error> {
//!     let store = manual::Service::new("shop.v1", "Store", "crate::codec::Json")
//!         .doc("Sells things.")
//!         .rpc(manual::Rpc::unary("Buy", "crate::Order", "crate::Receipt"))
//!         .rpc(manual::Rpc::server_streaming("Watch", "crate::Query", "crate::Event"));
//!     Builder::new().service(store).write()?;
//!     Ok(())
//! }
//! ```
//!
//! Types and codecs are Rust paths as the generated module can see them: start them with `crate::` or
//! `::name::`, or name what is in the prelude (`String`, `Vec<u8>`, `()`). A codec is the path of a value
//! (a unit struct or a `static`) that implements the runtime's `Codec` for every type it is used with.

use crate::service::{Definition, Kind, RpcDefinition, TypeRef};

/// A service to be written, see [`Builder::service`](crate::Builder::service).
#[derive(Clone, Debug)]
pub struct Service(pub(crate) Definition);

/// One method of a [`Service`].
#[derive(Clone, Debug)]
pub struct Rpc(RpcDefinition);

impl Service {
    /// A service `name` in `package` (which may be empty), whose messages all go through `codec`. The
    /// names are used on the wire as they are: `/package.name/Method`.
    pub fn new(
        package: impl Into<String>,
        name: impl Into<String>,
        codec: impl Into<String>,
    ) -> Service {
        Service(Definition {
            package: package.into(),
            name: name.into(),
            codec: codec.into(),
            doc: Vec::new(),
            deprecated: false,
            rpcs: Vec::new(),
        })
    }

    /// The documentation of the trait. Lines are kept.
    pub fn doc(mut self, text: &str) -> Service {
        self.0.doc = doc_lines(text);
        self
    }

    /// Adds a method, after those added before.
    pub fn rpc(mut self, rpc: Rpc) -> Service {
        self.0.rpcs.push(rpc.0);
        self
    }
}

impl Rpc {
    /// One request, one response.
    pub fn unary(
        name: impl Into<String>,
        request: impl Into<String>,
        response: impl Into<String>,
    ) -> Rpc {
        Rpc::of(Kind::Unary, name.into(), request.into(), response.into())
    }

    /// One request, any number of responses.
    pub fn server_streaming(
        name: impl Into<String>,
        request: impl Into<String>,
        response: impl Into<String>,
    ) -> Rpc {
        Rpc::of(
            Kind::ServerStreaming,
            name.into(),
            request.into(),
            response.into(),
        )
    }

    /// Any number of requests, one response.
    pub fn client_streaming(
        name: impl Into<String>,
        request: impl Into<String>,
        response: impl Into<String>,
    ) -> Rpc {
        Rpc::of(
            Kind::ClientStreaming,
            name.into(),
            request.into(),
            response.into(),
        )
    }

    /// Any number of both, in any order.
    pub fn bidi(
        name: impl Into<String>,
        request: impl Into<String>,
        response: impl Into<String>,
    ) -> Rpc {
        Rpc::of(Kind::Bidi, name.into(), request.into(), response.into())
    }

    /// The documentation of the method. Lines are kept.
    pub fn doc(mut self, text: &str) -> Rpc {
        self.0.doc = doc_lines(text);
        self
    }

    /// A codec for this method's messages alone, instead of the service's.
    pub fn codec(mut self, path: impl Into<String>) -> Rpc {
        self.0.codec = Some(path.into());
        self
    }

    /// Marks the client's function `#[deprecated]`.
    pub fn deprecated(mut self) -> Rpc {
        self.0.deprecated = true;
        self
    }

    /// Says that calling it twice is as good as once; the key says it on.
    pub fn idempotent(mut self) -> Rpc {
        self.0.idempotent = true;
        self
    }

    fn of(kind: Kind, name: String, request: String, response: String) -> Rpc {
        Rpc(RpcDefinition {
            name,
            kind,
            request: TypeRef::Absolute(request),
            response: TypeRef::Absolute(response),
            codec: None,
            doc: Vec::new(),
            deprecated: false,
            idempotent: false,
        })
    }
}

fn doc_lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| match line.trim_end() {
            "" => String::new(),
            line => format!(" {line}"),
        })
        .collect()
}
