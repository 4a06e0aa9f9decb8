//! The options, and the way from files to files.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    rc::Rc,
};

use prost_build::Module;
use prost_types::method_options::IdempotencyLevel;

use crate::{
    descriptors,
    error::Error,
    files::{Folder, Report},
    manual, module,
    packages::{self, Packages},
    prost_text,
    service::{Definition, Kind, RpcDefinition, TypeRef},
};

/// Options for what is written. Paths of the protocol are written as prost-build takes them: `.` is
/// everything, `.package` a package, `.package.Message.field` a field, `field` any field of that name.
///
/// ```no_run
/// fn main() -> Result<(), bywash_build::Error> {
///     bywash_build::Builder::new()
///         .bytes([".grpc.testing.Payload.body"])
///         .extern_path(".google.rpc", "::rpc_types")
///         .compile(&["proto/test.proto"], &["proto", "third_party"])?;
///     Ok(())
/// }
/// ```
pub struct Builder {
    prost: prost_build::Config,
    out_dir: Option<PathBuf>,
    include_file: Option<String>,
    descriptor_set: Option<PathBuf>,
    wanted: module::Wanted,
    codec: Option<String>,
    extern_paths: Vec<String>,
    well_known: bool,
    strip_prefix: bool,
    rerun: bool,
    manual: Vec<manual::Service>,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder::new()
    }
}

impl Builder {
    /// Everything at its default.
    pub fn new() -> Builder {
        Builder {
            prost: prost_build::Config::new(),
            out_dir: None,
            include_file: Some("mod.rs".to_owned()),
            descriptor_set: Some(PathBuf::from("descriptors.bin")),
            wanted: module::Wanted {
                client: true,
                server: true,
                runtime: "::bywash_grpc".to_owned(),
            },
            codec: None,
            extern_paths: Vec::new(),
            well_known: false,
            strip_prefix: true,
            rerun: true,
            manual: Vec::new(),
        }
    }

    /// Where to write; made if it is not there. Default: the environment's `OUT_DIR`.
    pub fn out_dir(mut self, path: impl Into<PathBuf>) -> Builder {
        self.out_dir = Some(path.into());
        self
    }

    /// The name of the file that includes all others in nested modules. Default: `mod.rs`.
    pub fn include_file(mut self, name: impl Into<String>) -> Builder {
        self.include_file = Some(name.into());
        self
    }

    /// Writes no file that includes the others.
    pub fn no_include_file(mut self) -> Builder {
        self.include_file = None;
        self
    }

    /// Where to write the encoded descriptor set; a relative path is below the output's. If it is a plain
    /// name, the including file has it as `FILE_DESCRIPTOR_SET`. Default: `descriptors.bin`.
    pub fn descriptor_set(mut self, path: impl Into<PathBuf>) -> Builder {
        self.descriptor_set = Some(path.into());
        self
    }

    /// Writes no descriptor set.
    pub fn no_descriptor_set(mut self) -> Builder {
        self.descriptor_set = None;
        self
    }

    /// Whether to write clients. Default: yes.
    pub fn client(mut self, yes: bool) -> Builder {
        self.wanted.client = yes;
        self
    }

    /// Whether to write traits and `serve`. Default: yes.
    pub fn server(mut self, yes: bool) -> Builder {
        self.wanted.server = yes;
        self
    }

    /// The codec of messages from `.proto` files: the path of a value that implements the runtime's
    /// `Codec` for each of them. Default: the runtime's `codec::Prost`.
    pub fn codec(mut self, path: impl Into<String>) -> Builder {
        self.codec = Some(path.into());
        self
    }

    /// Where the runtime is. Default: `::bywash_grpc`.
    pub fn runtime_path(mut self, path: impl Into<String>) -> Builder {
        self.wanted.runtime = path.into();
        self
    }

    /// Where prost is. Default: `::prost`.
    pub fn prost_path(mut self, path: impl Into<String>) -> Builder {
        self.prost.prost_path(path);
        self
    }

    /// Where the well-known types are. Default: `::prost_types`.
    pub fn prost_types_path(mut self, path: impl Into<String>) -> Builder {
        self.prost.prost_types_path(path);
        self
    }

    /// Uses `rust` for the protocol's `proto` (a package or a type, with its leading dot) instead of
    /// writing it. Services below it are not written either.
    pub fn extern_path(mut self, proto: impl Into<String>, rust: impl Into<String>) -> Builder {
        let proto = proto.into();
        self.prost.extern_path(proto.clone(), rust);
        self.extern_paths.push(proto);
        self
    }

    /// Writes `google.protobuf` too, instead of using prost-types.
    pub fn compile_well_known_types(mut self) -> Builder {
        self.prost.compile_well_known_types();
        self.well_known = true;
        self
    }

    /// Makes `bytes` fields `Bytes`, which are cut from the received message without a copy, instead of
    /// `Vec<u8>`. Replaces the paths of an earlier call.
    pub fn bytes<S: AsRef<str>>(mut self, paths: impl IntoIterator<Item = S>) -> Builder {
        self.prost.bytes(paths);
        self
    }

    /// Makes maps `BTreeMap` instead of `HashMap`. Replaces the paths of an earlier call.
    pub fn btree_map<S: AsRef<str>>(mut self, paths: impl IntoIterator<Item = S>) -> Builder {
        self.prost.btree_map(paths);
        self
    }

    /// Boxes a field or variant. Recursive ones are boxed without being asked.
    pub fn boxed(mut self, path: impl AsRef<str>) -> Builder {
        self.prost.boxed(path);
        self
    }

    /// An attribute for messages, enums and oneofs: `#[derive(Eq)]`.
    pub fn type_attribute(mut self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Builder {
        self.prost.type_attribute(path, attribute);
        self
    }

    /// An attribute for messages alone.
    pub fn message_attribute(
        mut self,
        path: impl AsRef<str>,
        attribute: impl AsRef<str>,
    ) -> Builder {
        self.prost.message_attribute(path, attribute);
        self
    }

    /// An attribute for enums and oneofs alone.
    pub fn enum_attribute(mut self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Builder {
        self.prost.enum_attribute(path, attribute);
        self
    }

    /// An attribute for fields.
    pub fn field_attribute(mut self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Builder {
        self.prost.field_attribute(path, attribute);
        self
    }

    /// Leaves out the comments of these paths. Replaces the paths of an earlier call.
    pub fn disable_comments<S: AsRef<str>>(
        mut self,
        paths: impl IntoIterator<Item = S>,
    ) -> Builder {
        self.prost.disable_comments(paths);
        self
    }

    /// Leaves `Debug` of these messages to be written by hand, for those that hold secrets. Replaces the
    /// paths of an earlier call.
    pub fn skip_debug<S: AsRef<str>>(mut self, paths: impl IntoIterator<Item = S>) -> Builder {
        self.prost.skip_debug(paths);
        self
    }

    /// Implements `prost::Name` for messages, which `Any` and status details need.
    pub fn type_names(mut self) -> Builder {
        self.prost.enable_type_names();
        self
    }

    /// Keeps the enum's name at the start of its values: `ColorRed` instead of `Red`.
    pub fn keep_enum_prefix(mut self) -> Builder {
        self.prost.retain_enum_prefix();
        self.strip_prefix = false;
        self
    }

    /// Adds a service that no `.proto` describes.
    pub fn service(mut self, service: manual::Service) -> Builder {
        self.manual.push(service);
        self
    }

    /// Whether to tell cargo which files were read (`cargo:rerun-if-changed`), if `OUT_DIR` is set at all.
    /// Default: yes.
    pub fn rerun_if_changed(mut self, yes: bool) -> Builder {
        self.rerun = yes;
        self
    }

    /// Reads `protos` and what they import, each looked for in `includes` in order (or in the folders of
    /// `protos` if there are none), and writes all files, those of [`service`](Builder::service) too.
    ///
    /// # Errors
    ///
    /// The first thing wrong in a file, an option or the file system. Nothing is written unless all files
    /// were read and understood.
    pub fn compile(
        self,
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
    ) -> Result<Report, Error> {
        fn owned(paths: &[impl AsRef<Path>]) -> Vec<PathBuf> {
            paths.iter().map(|path| path.as_ref().to_owned()).collect()
        }
        self.run(&owned(protos), &owned(includes))
    }

    /// Writes the services added by [`service`](Builder::service) alone; no descriptor set, for there is
    /// none.
    ///
    /// # Errors
    ///
    /// As [`compile`](Builder::compile).
    pub fn write(self) -> Result<Report, Error> {
        self.run(&[], &[])
    }

    fn run(mut self, protos: &[PathBuf], includes: &[PathBuf]) -> Result<Report, Error> {
        self.check()?;
        let environment = env::var_os("OUT_DIR").map(PathBuf::from);
        let told = self.rerun && environment.is_some();
        let Some(out_dir) = self.out_dir.take().or(environment) else {
            let message = "there is no OUT_DIR: run from build.rs or give an out_dir";
            return Err(Error::config(message));
        };
        let mut packages = Packages::default();
        let mut encoded = None;
        if !protos.is_empty() {
            let parsed = descriptors::parse(protos, includes)?;
            if told {
                for input in &parsed.inputs {
                    println!("cargo:rerun-if-changed={}", input.display());
                }
            }
            let mut types = descriptors::Types::new();
            for file in &parsed.set.file {
                let skip = |name: &str| self.is_extern(name);
                descriptors::check_names(file, self.strip_prefix, includes, &mut types, &skip)?;
                packages.note_file(file);
            }
            self.generate(parsed.set, &mut packages)?;
            encoded = Some(parsed.encoded);
        }
        for service in std::mem::take(&mut self.manual) {
            packages.add_service(service.0);
        }
        self.write_all(packages.into_texts(&self.wanted), encoded, out_dir)
    }

    fn check(&self) -> Result<(), Error> {
        for path in &self.extern_paths {
            if !path.starts_with('.') {
                return Err(Error::config(format!(
                    "extern path '{path}' must begin with a dot"
                )));
            }
        }
        self.manual.iter().try_for_each(|service| service.0.check())
    }

    /// Whether a full name, with its leading dot, is used from elsewhere.
    fn is_extern(&self, name: &str) -> bool {
        let below = |path: &str| {
            let rest = name.strip_prefix(path.trim_end_matches('.'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        (!self.well_known && below(".google.protobuf"))
            || self.extern_paths.iter().any(|p| below(p))
    }

    /// Has prost-build write the messages, and takes the services it finds on the way, for it knows what
    /// their types are called.
    fn generate(
        &mut self,
        set: prost_types::FileDescriptorSet,
        packages: &mut Packages,
    ) -> Result<(), Error> {
        let found = Rc::new(RefCell::new(Vec::new()));
        self.prost
            .service_generator(Box::new(Collector(Rc::clone(&found))));
        let requests = set
            .file
            .into_iter()
            .map(|file| (Module::from_protobuf_package_name(file.package()), file))
            .collect();
        let texts = self
            .prost
            .generate(requests)
            .map_err(|e| Error::config(e.to_string()))?;
        for (module, text) in texts {
            packages.set_messages(module, prost_text::tidy(&text));
        }
        for service in found.take() {
            let full = format!(".{}.{}", service.package, service.proto_name);
            if !self.is_extern(&full) {
                packages.add_service(self.definition(service));
            }
        }
        Ok(())
    }

    fn definition(&self, service: prost_build::Service) -> Definition {
        let codec = match &self.codec {
            Some(path) => path.clone(),
            None => format!("{}::codec::Prost", self.wanted.runtime),
        };
        let deprecated = service.options.deprecated();
        let type_ref = |rust: String, proto: &str| {
            if self.is_extern(proto) {
                TypeRef::Absolute(rust)
            } else {
                TypeRef::InPackage(rust)
            }
        };
        Definition {
            doc: doc(&service.comments),
            package: service.package,
            name: service.proto_name,
            codec,
            deprecated,
            rpcs: service
                .methods
                .into_iter()
                .map(|method| RpcDefinition {
                    kind: Kind::of(method.client_streaming, method.server_streaming),
                    request: type_ref(method.input_type, &method.input_proto_type),
                    response: type_ref(method.output_type, &method.output_proto_type),
                    codec: None,
                    doc: doc(&method.comments),
                    deprecated: method.options.deprecated(),
                    idempotent: method.options.idempotency_level()
                        != IdempotencyLevel::IdempotencyUnknown,
                    name: method.proto_name,
                })
                .collect(),
        }
    }

    fn write_all(
        &self,
        texts: BTreeMap<Module, String>,
        encoded: Option<Vec<u8>>,
        out_dir: PathBuf,
    ) -> Result<Report, Error> {
        let mut folder = Folder::new(out_dir)?;
        for (module, text) in &texts {
            let name = module.to_file_name_or("_");
            folder.put(Path::new(&name), text.as_bytes())?;
        }
        let mut constant = None;
        if let (Some(path), Some(bytes)) = (&self.descriptor_set, encoded) {
            folder.put(path, &bytes)?;
            constant = path
                .to_str()
                .filter(|name| path.file_name().is_some_and(|file| file == *name));
        }
        if let Some(name) = &self.include_file {
            let text = packages::include_text(texts.keys(), constant);
            folder.put(Path::new(name), text.as_bytes())?;
        }
        Ok(folder.done())
    }
}

/// Takes services instead of writing them.
struct Collector(Rc<RefCell<Vec<prost_build::Service>>>);

impl prost_build::ServiceGenerator for Collector {
    fn generate(&mut self, service: prost_build::Service, _: &mut String) {
        self.0.borrow_mut().push(service);
    }
}

/// prost-build's own rendering, so that links and brackets come out as they do on messages.
fn doc(comments: &prost_build::Comments) -> Vec<String> {
    let mut text = String::new();
    comments.append_with_indent(0, &mut text);
    text.lines()
        .filter_map(|line| line.strip_prefix("///"))
        .map(|line| line.trim_end().to_owned())
        .collect()
}
