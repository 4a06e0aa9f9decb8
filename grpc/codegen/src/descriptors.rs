//! Reading `.proto` files, and refusing what no Rust can be written for, at its place.

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};

use crate::{comments, error::Error};

/// What a set of files says.
pub(crate) struct Parsed {
    /// All files and what they import, imported ones first, with comments fit for rustdoc.
    pub(crate) set: FileDescriptorSet,
    /// The encoded set with the extension options that `set` has lost, without comments and positions.
    pub(crate) encoded: Vec<u8>,
    /// Every file on disk that was read.
    pub(crate) inputs: Vec<PathBuf>,
}

/// Reads `protos` and all they import. Without `includes`, the folders of `protos` serve.
pub(crate) fn parse(protos: &[PathBuf], includes: &[PathBuf]) -> Result<Parsed, Error> {
    let mut includes = includes.to_vec();
    if includes.is_empty() {
        includes = protos
            .iter()
            .map(|proto| match proto.parent() {
                Some(folder) if folder != Path::new("") => folder.to_owned(),
                _ => PathBuf::from("."),
            })
            .collect();
        includes.dedup();
    }
    // It decodes what it has encoded, and unwraps: of messages that are nested too deeply nothing is left.
    let read = AssertUnwindSafe(|| read(protos, &includes));
    catch_unwind(read).unwrap_or_else(|_| {
        let message =
            "protox, which reads .proto files, has panicked: are messages nested very deeply?";
        let file = protos.first().map(|path| path.display().to_string());
        Err(Error::proto(
            message.to_owned(),
            file.unwrap_or_default(),
            None,
        ))
    })
}

fn read(protos: &[PathBuf], includes: &[PathBuf]) -> Result<Parsed, Error> {
    let told = |e: &protox::Error| Error::from_protox(e, |name| on_disk(name, includes));
    let mut compiler = protox::Compiler::new(includes).map_err(|e| told(&e))?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(protos).map_err(|e| told(&e))?;
    let mut set = compiler.file_descriptor_set();
    let inputs = compiler
        .files()
        .filter_map(|file| file.path().map(Path::to_owned))
        .collect();
    compiler.include_source_info(false);
    let encoded = compiler.encode_file_descriptor_set();
    for file in &mut set.file {
        comments::clean_file(file);
    }
    Ok(Parsed {
        set,
        encoded,
        inputs,
    })
}

/// The path a file was read from, or its name if it was read from nowhere (`google/protobuf/*`).
fn on_disk(name: &str, includes: &[PathBuf]) -> String {
    includes
        .iter()
        .map(|include| include.join(name))
        .find(|path| path.is_file())
        .map_or_else(|| name.to_owned(), |path| path.display().to_string())
}

/// Rust's names in one scope, and the protocol's that they were made of.
type Seen = BTreeMap<String, String>;

/// The types of all packages so far, by module.
pub(crate) type Types = BTreeMap<Vec<String>, Seen>;

/// Refuses what would have no name in Rust, and types, members and enum values whose names there would be equal;
/// prost-build panics over the latter and leaves all else to the compiler. `skip` says what is not written at all, by
/// full name.
pub(crate) fn check_names(
    file: &FileDescriptorProto,
    strip_prefix: bool,
    includes: &[PathBuf],
    types: &mut Types,
    skip: &dyn Fn(&str) -> bool,
) -> Result<(), Error> {
    let check = Check {
        file,
        strip_prefix,
        includes,
        skip,
    };
    let (mut module, mut package) = (Vec::new(), String::new());
    for part in file.package().split('.').filter(|part| !part.is_empty()) {
        module.push(check.spelled(part, part.to_snake_case(), &[2])?);
        package = format!("{package}.{part}");
    }
    let seen = types.entry(module).or_default();
    check.scope(
        &package,
        seen,
        &file.message_type,
        &file.enum_type,
        &[],
        (4, 5),
    )
}

struct Check<'a> {
    file: &'a FileDescriptorProto,
    strip_prefix: bool,
    includes: &'a [PathBuf],
    skip: &'a dyn Fn(&str) -> bool,
}

impl Check<'_> {
    /// `path` and `tags` are the descriptor path of the scope and its field numbers of messages and enums.
    fn scope(
        &self,
        scope: &str,
        seen: &mut Seen,
        messages: &[DescriptorProto],
        enums: &[EnumDescriptorProto],
        path: &[i32],
        tags: (i32, i32),
    ) -> Result<(), Error> {
        let places = |tag: i32| (0i32..).map(move |index| [path, &[tag, index]].concat());
        // Entries of maps are no types in Rust.
        let is_entry = |m: &DescriptorProto| m.options.as_ref().is_some_and(|o| o.map_entry());
        let named_messages = messages
            .iter()
            .zip(places(tags.0))
            .filter(|(message, _)| !is_entry(message))
            .map(|(message, place)| (message.name(), place));
        let named_enums = enums.iter().map(|e| e.name()).zip(places(tags.1));
        for (name, place) in named_messages.chain(named_enums) {
            if (self.skip)(&format!("{scope}.{name}")) {
                continue;
            }
            self.claim(seen, name, name.to_upper_camel_case(), &place)?;
        }
        for (item, place) in enums.iter().zip(places(tags.1)) {
            if !(self.skip)(&format!("{scope}.{}", item.name())) {
                self.values(item, &place)?;
            }
        }
        for (item, place) in messages.iter().zip(places(tags.0)) {
            let inner = format!("{scope}.{}", item.name());
            if !(self.skip)(&inner) {
                self.members(item, &place)?;
                let (nested, seen) = (&item.nested_type, &mut Seen::new());
                self.scope(&inner, seen, nested, &item.enum_type, &place, (3, 4))?;
            }
        }
        Ok(())
    }

    /// A message's fields and oneofs are one struct's fields, a oneof's fields one enum's variants.
    fn members(&self, message: &DescriptorProto, path: &[i32]) -> Result<(), Error> {
        let mut fields = Seen::new();
        let mut oneofs = vec![Seen::new(); message.oneof_decl.len()];
        for (index, field) in (0i32..).zip(&message.field) {
            let (name, place) = (field.name(), [path, &[2, index]].concat());
            let oneof = field.oneof_index.filter(|_| !field.proto3_optional());
            let oneof = oneof.and_then(|at| oneofs.get_mut(usize::try_from(at).ok()?));
            match oneof {
                Some(variants) => {
                    self.claim(variants, name, name.to_upper_camel_case(), &place)?;
                }
                None => self.claim(&mut fields, name, name.to_snake_case(), &place)?,
            }
        }
        for ((index, oneof), variants) in (0i32..).zip(&message.oneof_decl).zip(oneofs) {
            let (name, place) = (oneof.name(), [path, &[8, index]].concat());
            // One that stands for an optional field is no member.
            if !variants.is_empty() {
                self.claim(&mut fields, name, name.to_snake_case(), &place)?;
            }
        }
        Ok(())
    }

    fn claim(&self, seen: &mut Seen, name: &str, rust: String, path: &[i32]) -> Result<(), Error> {
        let rust = self.spelled(name, rust, path)?;
        match seen.insert(rust.clone(), name.to_owned()) {
            None => Ok(()),
            Some(first) => {
                let message = format!("'{name}' and '{first}' are both '{rust}' in Rust");
                Err(self.error(message, path))
            }
        }
    }

    fn spelled(&self, name: &str, rust: String, path: &[i32]) -> Result<String, Error> {
        match rust.is_empty() {
            true => {
                let message = format!("'{name}' is no name in Rust: it has no letter and no digit");
                Err(self.error(message, path))
            }
            false => Ok(rust),
        }
    }

    fn values(&self, item: &EnumDescriptorProto, path: &[i32]) -> Result<(), Error> {
        let prefix = item.name().to_upper_camel_case();
        let mut seen: BTreeMap<String, (i32, &str)> = BTreeMap::new();
        for (index, value) in (0i32..).zip(&item.value) {
            let place = [path, &[2, index]].concat();
            let name = value.name();
            let mut rust = self.spelled(name, name.to_upper_camel_case(), &place)?;
            if let (true, Some(rest)) = (self.strip_prefix, rust.strip_prefix(&prefix)) {
                if rest.starts_with(char::is_uppercase) {
                    rust = rest.to_owned();
                }
            }
            match seen.get(&rust) {
                // An alias of a number is left out of the Rust enum.
                Some((number, _)) if *number == value.number() => {}
                Some((_, first)) => {
                    let item = item.name();
                    let message = format!(
                        "'{name}' and '{first}' of enum '{item}' are both '{rust}' in Rust"
                    );
                    return Err(self.error(message, &place));
                }
                None => {
                    seen.insert(rust, (value.number(), value.name()));
                }
            }
        }
        Ok(())
    }

    fn error(&self, message: String, path: &[i32]) -> Error {
        let file = on_disk(self.file.name(), self.includes);
        let span = self
            .file
            .source_code_info
            .iter()
            .flat_map(|info| &info.location)
            .find(|place| place.path == path)
            .map(|place| &place.span);
        let source = fs::read_to_string(&file).ok();
        match (span.map(Vec::as_slice), source) {
            (Some([line, column, ..]), Some(text)) => {
                let line = usize::try_from(*line).unwrap_or(0);
                let column = usize::try_from(*column).unwrap_or(0);
                let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
                Error::proto(message, file, Some((&text, start.saturating_add(column))))
            }
            _ => Error::proto(message, file, None),
        }
    }
}
