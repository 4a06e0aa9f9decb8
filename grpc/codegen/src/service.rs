//! What a service is, wherever it was defined, and the names it gets.

use crate::{
    error::Error,
    names::{self, Name, Taken},
};

/// How many messages go each way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
}

impl Kind {
    pub(crate) fn of(client_streams: bool, server_streams: bool) -> Kind {
        match (client_streams, server_streams) {
            (false, false) => Kind::Unary,
            (false, true) => Kind::ServerStreaming,
            (true, false) => Kind::ClientStreaming,
            (true, true) => Kind::Bidi,
        }
    }

    /// The runtime's marker type.
    pub(crate) fn marker(self) -> &'static str {
        match self {
            Kind::Unary => "Unary",
            Kind::ServerStreaming => "ServerStreaming",
            Kind::ClientStreaming => "ClientStreaming",
            Kind::Bidi => "Bidi",
        }
    }

    /// The function of the runtime's `Service` that takes a handler of this kind.
    pub(crate) fn register(self) -> &'static str {
        match self {
            Kind::Unary => "unary",
            Kind::ServerStreaming => "server_streaming",
            Kind::ClientStreaming => "client_streaming",
            Kind::Bidi => "bidi",
        }
    }

    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Kind::Unary => "unary",
            Kind::ServerStreaming => "server streaming",
            Kind::ClientStreaming => "client streaming",
            Kind::Bidi => "bidirectional streaming",
        }
    }

    pub(crate) fn client_streams(self) -> bool {
        matches!(self, Kind::ClientStreaming | Kind::Bidi)
    }

    pub(crate) fn server_streams(self) -> bool {
        matches!(self, Kind::ServerStreaming | Kind::Bidi)
    }
}

/// A type as it is written somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeRef {
    /// As the package's module sees it: `Point`, `point::Inner`, `super::other::Thing`.
    InPackage(String),
    /// The same everywhere: `crate::Point`, `::prost_types::Any`, `()`.
    Absolute(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) package: String,
    pub(crate) name: String,
    pub(crate) codec: String,
    /// Lines with their leading space, as they follow `///`.
    pub(crate) doc: Vec<String>,
    pub(crate) deprecated: bool,
    pub(crate) rpcs: Vec<RpcDefinition>,
}

#[derive(Clone, Debug)]
pub(crate) struct RpcDefinition {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) request: TypeRef,
    pub(crate) response: TypeRef,
    pub(crate) codec: Option<String>,
    pub(crate) doc: Vec<String>,
    pub(crate) deprecated: bool,
    /// Whether calling it twice is as good as once.
    pub(crate) idempotent: bool,
}

/// A service with all its names settled.
pub(crate) struct Named {
    pub(crate) module: Name,
    pub(crate) service_trait: Name,
    /// One per rpc, in order.
    pub(crate) functions: Vec<Name>,
    pub(crate) definition: Definition,
}

impl Definition {
    /// `package.Name`, or `Name` without a package.
    pub(crate) fn full_name(&self) -> String {
        if self.package.is_empty() {
            self.name.clone()
        } else {
            format!("{}.{}", self.package, self.name)
        }
    }

    pub(crate) fn settle(self, taken: &mut Taken) -> Named {
        Named {
            module: names::module(&self.name, taken),
            service_trait: names::service_trait(&self.name, taken),
            functions: names::rpcs(self.rpcs.iter().map(|rpc| rpc.name.as_str())),
            definition: self,
        }
    }

    /// What a person wrote may be no name at all; what came from a `.proto` is one by its grammar.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let full = self.full_name();
        if !full.split('.').all(is_name) {
            return Err(Error::config(format!(
                "service name '{full}': each part must be a letter or `_`, then letters, digits or `_`"
            )));
        }
        check_path(&full, &self.codec)?;
        let mut seen = Vec::new();
        for rpc in &self.rpcs {
            if !is_name(&rpc.name) {
                return Err(Error::config(format!(
                    "rpc name '{}' of service '{full}' must be a letter or `_`, then letters, digits or `_`",
                    rpc.name
                )));
            }
            if seen.contains(&rpc.name.as_str()) {
                return Err(Error::config(format!(
                    "service '{full}' has two rpcs named '{}'",
                    rpc.name
                )));
            }
            seen.push(&rpc.name);
            for path in rpc.codec.iter() {
                check_path(&full, path)?;
            }
            for ty in [&rpc.request, &rpc.response] {
                if let TypeRef::Absolute(path) = ty {
                    check_path(&full, path)?;
                }
            }
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && text.chars().any(|c| c != '_')
}

/// Only what would break the text around it is refused; the compiler judges the rest.
fn check_path(service: &str, path: &str) -> Result<(), Error> {
    let balanced = ["()", "<>", "[]"].iter().all(|pair| {
        let count = |at: usize| pair.get(at..=at).map_or(0, |p| path.matches(p).count());
        count(0) == count(1)
    });
    if path.trim().is_empty() || !balanced || path.contains(['{', '}', ';', '\n', '"', '#', '/']) {
        return Err(Error::config(format!(
            "service '{service}': '{path}' is not the path of a type or codec"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::manual;

    fn refusal(service: manual::Service) -> String {
        service.0.check().unwrap_err().to_string()
    }

    #[test]
    fn manual_names_are_checked() {
        let ok =
            manual::Service::new("", "A", "crate::C").rpc(manual::Rpc::unary("B", "()", "Vec<u8>"));
        ok.0.check().unwrap();
        assert!(refusal(manual::Service::new("a.", "B", "crate::C")).contains("'a..B'"));
        assert!(refusal(manual::Service::new("a", "1B", "crate::C")).contains("'a.1B'"));
        assert!(refusal(manual::Service::new("a", "_", "crate::C")).contains("'a._'"));
        assert!(refusal(manual::Service::new("a", "B", "")).contains("''"));
        assert!(refusal(manual::Service::new("a", "B", "x; y")).contains("'x; y'"));
        let twice = manual::Service::new("a", "B", "crate::C")
            .rpc(manual::Rpc::unary("X", "()", "()"))
            .rpc(manual::Rpc::bidi("X", "()", "()"));
        assert!(refusal(twice).contains("two rpcs named 'X'"));
        let odd =
            manual::Service::new("a", "B", "crate::C").rpc(manual::Rpc::unary("X", "Vec<u8", "()"));
        assert!(refusal(odd).contains("'Vec<u8'"));
    }
}
