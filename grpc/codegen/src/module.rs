//! One service as a module: keys, trait, `serve`, client.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    layout::{Call, Generic, Text, fits, short_call},
    names::{self, MODULE_TYPES, Name},
    service::{Kind, Named, RpcDefinition, TypeRef},
};

/// What of a service is wanted, and where the runtime is.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) client: bool,
    pub(crate) server: bool,
    /// `::bywash_grpc` unless it goes by another name.
    pub(crate) runtime: String,
}

/// An rpc as it is written: every type spelt as the module sees it.
struct Rpc<'a> {
    definition: &'a RpcDefinition,
    name: &'a Name,
    key: String,
    request: String,
    response: String,
    codec: String,
}

/// Writes the module, with an end of line after it and none before it.
pub(crate) fn write(service: &Named, wanted: &Wanted) -> String {
    let imports = Imports::of(service);
    let rpcs: Vec<Rpc<'_>> = service
        .functions
        .iter()
        .zip(&service.definition.rpcs)
        .map(|(name, definition)| Rpc {
            definition,
            name,
            key: names::key(&name.ident),
            request: imports.spell(&definition.request),
            response: imports.spell(&definition.response),
            codec: imports.spell(&codec(service, definition)),
        })
        .collect();
    let mut out = Text::default();
    let full = service.definition.full_name();
    out.docs(
        0,
        [format!(
            " Keys, trait, server and client of the service `{full}`."
        )],
    );
    note(&mut out, 0, &service.module);
    // A program that is only a client, or only a server, uses half of this.
    out.line(0, "#[allow(dead_code, deprecated, unused_variables)]");
    out.line(0, &format!("pub mod {} {{", service.module.ident));
    imports.write(&mut out, &rpcs, wanted);
    out.blank();
    out.docs(1, [" The full name of the service."]);
    out.line(1, &format!("pub const NAME: &str = \"{full}\";"));
    out.blank();
    out.docs(1, [" Ties method keys to this service."]);
    out.line(1, "pub enum Tag {}");
    for rpc in &rpcs {
        write_key(&mut out, &full, rpc);
    }
    if wanted.server {
        write_trait(&mut out, service, &rpcs);
        write_serve(&mut out, service, &rpcs);
    }
    if wanted.client {
        write_client(&mut out, service, &rpcs);
    }
    out.line(0, "}");
    out.into_string()
}

fn codec(service: &Named, rpc: &RpcDefinition) -> TypeRef {
    TypeRef::Absolute(
        rpc.codec
            .as_ref()
            .unwrap_or(&service.definition.codec)
            .clone(),
    )
}

fn note(out: &mut Text, depth: usize, name: &Name) {
    if let Some(note) = &name.note {
        out.docs(depth, [String::new(), format!(" {note}")]);
    }
}

fn write_key(out: &mut Text, full: &str, rpc: &Rpc<'_>) {
    out.blank();
    let (proto, kind) = (&rpc.definition.name, rpc.definition.kind);
    out.docs(1, [format!(" The key of `{proto}`, {}.", kind.in_words())]);
    note(out, 1, rpc.name);
    let ty = Generic::new(
        "Method",
        ["Tag", kind.marker(), &rpc.request, &rpc.response],
    );
    let path = format!("\"/{full}/{proto}\"");
    let codec = format!("&{}", rpc.codec);
    let after = if rpc.definition.idempotent {
        ".idempotent()"
    } else {
        ""
    };
    let call = Call {
        function: "Method::new",
        args: &[&path, &codec, &codec],
        after,
    };
    out.constant(1, &rpc.key, &ty, &call);
}

fn write_trait(out: &mut Text, service: &Named, rpcs: &[Rpc<'_>]) {
    out.blank();
    if service.definition.doc.is_empty() {
        let full = service.definition.full_name();
        out.docs(1, [format!(" The methods of the service `{full}`.")]);
    } else {
        out.docs(1, &service.definition.doc);
    }
    out.docs(
        1,
        [
            "",
            " Object safe. A method without a body of its own answers UNIMPLEMENTED.",
        ],
    );
    note(out, 1, &service.service_trait);
    let head = format!(
        "pub trait {}: Send + Sync + 'static {{",
        service.service_trait.ident
    );
    if rpcs.is_empty() {
        return out.line(1, &format!("{head}}}"));
    }
    out.line(1, &head);
    for (index, rpc) in rpcs.iter().enumerate() {
        if index > 0 {
            out.blank();
        }
        write_doc(out, rpc, "Serves");
        let mut args = vec!["&self".to_owned(), "cx: &Ctx".to_owned()];
        let kind = rpc.definition.kind;
        args.push(if kind.client_streams() {
            format!("requests: Receiver<{}>", rpc.request)
        } else {
            format!("request: {}", rpc.request)
        });
        if kind.server_streams() {
            args.push(format!("responses: Sender<{}>", rpc.response));
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let returned = if kind.server_streams() {
            "()"
        } else {
            &rpc.response
        };
        let head = format!("fn {}", rpc.name.ident);
        out.signature(
            2,
            &head,
            &args,
            &Generic::new("Result", [returned, "Status"]),
        );
        write_unimplemented(out, &rpc.key);
        out.line(2, "}");
    }
    out.line(1, "}");
}

/// The body of a method that was not written.
fn write_unimplemented(out: &mut Text, key: &str) {
    let inner = format!("Status::unimplemented({key}.path)");
    if short_call(&inner) {
        return out.line(3, &format!("Err({inner})"));
    }
    out.line(3, "Err(Status::unimplemented(");
    out.line(4, &format!("{key}.path,"));
    out.line(3, "))");
}

/// The comment of the rpc, or a line in its place.
fn write_doc(out: &mut Text, rpc: &Rpc<'_>, verb: &str) {
    let RpcDefinition {
        name, kind, doc, ..
    } = rpc.definition;
    if doc.is_empty() {
        out.docs(2, [format!(" {verb} `{name}`, {}.", kind.in_words())]);
    } else {
        out.docs(2, doc);
    }
    note(out, 2, rpc.name);
}

fn write_serve(out: &mut Text, service: &Named, rpcs: &[Rpc<'_>]) {
    out.blank();
    out.docs(
        1,
        [
            " A service that hands every call to `app`, on a thread of the handlers' pool.",
            "",
            " What a method needs otherwise is said by its key on what is returned.",
        ],
    );
    let argument = format!("app: Arc<dyn {}>", service.service_trait.ident);
    out.signature(
        1,
        "pub fn serve",
        &[&argument],
        &Generic::new("Service", ["Tag"]),
    );
    if rpcs.is_empty() {
        out.line(2, "Service::new(NAME)");
        return out.line(1, "}");
    }
    for (index, rpc) in rpcs.iter().enumerate() {
        let last = index + 1 == rpcs.len();
        let value = if last { "app" } else { "Arc::clone(&app)" };
        let head = format!("let {} =", local(rpc));
        if fits(2, &format!("{head} {value};")) {
            out.line(2, &format!("{head} {value};"));
        } else {
            out.line(2, &head);
            out.line(3, &format!("{value};"));
        }
    }
    if rpcs.len() > 1 {
        out.line(2, "Service::new(NAME)");
    }
    for rpc in rpcs {
        let kind = rpc.definition.kind;
        let args = match kind {
            Kind::Unary => "cx, request",
            Kind::ServerStreaming => "cx, request, responses",
            Kind::ClientStreaming => "cx, requests",
            Kind::Bidi => "cx, requests, responses",
        };
        // A chain of one link stays on the line of its start.
        let (start, depth) = if rpcs.len() == 1 {
            ("Service::new(NAME)", 2)
        } else {
            ("", 3)
        };
        let register = format!("{start}.{}", kind.register());
        write_handler(out, depth, &register, rpc, args);
    }
    out.line(1, "}");
}

/// `register(KEY, move |args| local.name(args))`, broken where rustfmt would.
fn write_handler(out: &mut Text, depth: usize, register: &str, rpc: &Rpc<'_>, args: &str) {
    let (key, local, name) = (&rpc.key, local(rpc), &rpc.name.ident);
    let closure = format!("move |{args}|");
    let body = format!("{local}.{name}({args})");
    let flat = format!("{key}, {closure} {body}");
    if short_call(&flat) && fits(depth, &format!("{register}({flat})")) {
        return out.line(depth, &format!("{register}({flat})"));
    }
    let write_body = |out: &mut Text, depth: usize| {
        if fits(depth, &body) {
            return out.line(depth, &body);
        }
        out.line(depth, &local);
        out.line(depth + 1, &format!(".{name}({args})"));
    };
    // The closure may hang over the end of the call if the line it begins on is short, brace included.
    let hanging = format!("{key}, {closure} {{");
    if short_call(&format!("{hanging} ")) {
        out.line(depth, &format!("{register}({hanging}"));
        write_body(out, depth + 1);
        return out.line(depth, "})");
    }
    out.line(depth, &format!("{register}("));
    out.line(depth + 1, &format!("{key},"));
    if fits(depth + 1, &format!("{closure} {body},")) {
        out.line(depth + 1, &format!("{closure} {body},"));
    } else {
        out.line(depth + 1, &format!("{closure} {{"));
        write_body(out, depth + 2);
        out.line(depth + 1, "},");
    }
    out.line(depth, ")");
}

/// The variable that holds the implementation for one method; the closure's own arguments would hide it.
fn local(rpc: &Rpc<'_>) -> String {
    let name = &rpc.name.ident;
    if ["app", "cx", "request", "requests", "responses"].contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name.clone()
    }
}

fn write_client(out: &mut Text, service: &Named, rpcs: &[Rpc<'_>]) {
    let full = service.definition.full_name();
    out.blank();
    out.docs(
        1,
        [format!(" Calls `{full}`. A clone costs a reference count.")],
    );
    out.line(1, "#[derive(Clone)]");
    out.line(1, "pub struct Client(Channel);");
    out.blank();
    out.line(1, "impl Client {");
    out.docs(2, [" A client whose calls go over `channel`. Does no I/O."]);
    out.line(2, "pub fn new(channel: &Channel) -> Client {");
    out.line(3, "Client(channel.clone())");
    out.line(2, "}");
    for rpc in rpcs {
        out.blank();
        write_doc(out, rpc, "Calls");
        if rpc.definition.deprecated || service.definition.deprecated {
            out.line(2, "#[deprecated]");
        }
        let kind = rpc.definition.kind;
        let name = &rpc.name.ident;
        let result = |lifetime| {
            Generic::new(
                "Call",
                [lifetime, kind.marker(), &rpc.request, &rpc.response],
            )
        };
        if kind.client_streams() {
            out.signature(2, &format!("pub fn {name}"), &["&self"], &result("'_"));
            write_call(out, &rpc.key, "None");
        } else {
            let request = format!("request: &'a {}", rpc.request);
            let head = format!("pub fn {name}<'a>");
            out.signature(2, &head, &["&'a self", &request], &result("'a"));
            write_call(out, &rpc.key, "Some(request)");
        }
        out.line(2, "}");
    }
    out.line(1, "}");
}

/// `self.0.call(..)`, as a chain when it is longer than rustfmt's `chain_width`, which is that of calls.
fn write_call(out: &mut Text, key: &str, request: &str) {
    let args = format!("{key}, {request}");
    let call = format!("call({args})");
    if short_call(&format!("self.0.{call}")) {
        out.line(3, &format!("self.0.{call}"));
    } else if short_call(&args) {
        out.line(3, "self.0");
        out.line(4, &format!(".{call}"));
    } else {
        out.line(3, "self.0.call(");
        out.line(4, &format!("{key},"));
        out.line(4, &format!("{request},"));
        out.line(3, ")");
    }
}

/// Types that can go by their last name in the module; all others are written with their path.
struct Imports {
    /// From parent path to names.
    by_parent: BTreeMap<(bool, String), BTreeSet<String>>,
}

impl Imports {
    fn of(service: &Named) -> Imports {
        let mut parents: BTreeMap<String, BTreeSet<(bool, String)>> = BTreeMap::new();
        for rpc in &service.definition.rpcs {
            for ty in [&rpc.request, &rpc.response, &codec(service, rpc)] {
                if let Some((parent, name)) = importable(ty) {
                    parents.entry(name).or_default().insert(parent);
                }
            }
        }
        let mut by_parent: BTreeMap<(bool, String), BTreeSet<String>> = BTreeMap::new();
        for (name, from) in parents {
            let own = MODULE_TYPES.contains(&name.as_str()) || name == service.service_trait.ident;
            if let (false, [parent]) = (own, Vec::from_iter(from).as_slice()) {
                by_parent.entry(parent.clone()).or_default().insert(name);
            }
        }
        Imports { by_parent }
    }

    fn spell(&self, ty: &TypeRef) -> String {
        if let Some((parent, name)) = importable(ty) {
            if self
                .by_parent
                .get(&parent)
                .is_some_and(|names| names.contains(&name))
            {
                return name;
            }
        }
        match ty {
            TypeRef::InPackage(path) => format!("super::{path}"),
            TypeRef::Absolute(path) => path.clone(),
        }
    }

    fn write(&self, out: &mut Text, rpcs: &[Rpc<'_>], wanted: &Wanted) {
        for ((global, parent), names) in &self.by_parent {
            if !global {
                out.import(1, parent, &Vec::from_iter(names.iter().cloned()));
            }
        }
        let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut add = |module: &str, names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned());
            used.entry(format!("{}{module}", wanted.runtime))
                .or_default()
                .extend(names);
        };
        for rpc in rpcs {
            let kind = rpc.definition.kind;
            add("::method", &["Method", kind.marker()]);
            if wanted.client {
                add("::client", &["Call"]);
            }
            if wanted.server {
                add("::ctx", &["Ctx"]);
                add("::status", &["Status"]);
                if kind.client_streams() {
                    add("::server", &["Receiver"]);
                }
                if kind.server_streams() {
                    add("::server", &["Sender"]);
                }
            }
        }
        if wanted.client {
            add("::client", &["Channel"]);
        }
        if wanted.server {
            add("::server", &["Service"]);
            used.entry("::std::sync".to_owned())
                .or_default()
                .insert("Arc".to_owned());
        }
        for ((_, parent), names) in self.by_parent.iter().filter(|((global, _), _)| *global) {
            used.entry(parent.clone())
                .or_default()
                .extend(names.iter().cloned());
        }
        let mut modules: Vec<_> = used.into_iter().collect();
        modules.sort();
        for (module, names) in modules {
            out.import(1, &module, &Vec::from_iter(names));
        }
    }
}

/// The parent path of a type and its last name, if the two can be parted: messages of the package, and
/// paths that begin at `crate` or at another crate. `true` marks the latter.
fn importable(ty: &TypeRef) -> Option<((bool, String), String)> {
    match ty {
        TypeRef::InPackage(name) => {
            (!name.contains("::")).then(|| ((false, "super".to_owned()), name.clone()))
        }
        TypeRef::Absolute(path) => {
            let global = path.starts_with("::");
            let plain = path
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
            let (parent, name) = path.rsplit_once("::")?;
            (plain && !parent.is_empty() && (global || path.starts_with("crate::")))
                .then(|| ((global, parent.to_owned()), name.to_owned()))
        }
    }
}
