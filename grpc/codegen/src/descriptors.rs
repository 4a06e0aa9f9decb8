//! Reading `.proto` files, and refusing what no Rust can be written for, at its place.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use heck::ToUpperCamelCase;
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
    let told = |e: &protox::Error| Error::from_protox(e, |name| on_disk(name, &includes));
    let mut compiler = protox::Compiler::new(&includes).map_err(|e| told(&e))?;
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

/// Refuses types and enum values whose Rust names would be equal; prost-build panics over the latter and
/// leaves the former to the compiler. `skip` says what is not written at all, by full name.
pub(crate) fn check_names(
    file: &FileDescriptorProto,
    strip_prefix: bool,
    includes: &[PathBuf],
    skip: &dyn Fn(&str) -> bool,
) -> Result<(), Error> {
    let check = Check {
        file,
        strip_prefix,
        includes,
        skip,
    };
    let package = match file.package() {
        "" => String::new(),
        package => format!(".{package}"),
    };
    check.scope(&package, &file.message_type, &file.enum_type, &[], (4, 5))
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
        messages: &[DescriptorProto],
        enums: &[EnumDescriptorProto],
        path: &[i32],
        tags: (i32, i32),
    ) -> Result<(), Error> {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
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
            let rust = name.to_upper_camel_case();
            if let Some(first) = seen.insert(rust.clone(), name) {
                let message = format!("'{name}' and '{first}' are both '{rust}' in Rust");
                return Err(self.error(message, &place));
            }
        }
        for (item, place) in enums.iter().zip(places(tags.1)) {
            if !(self.skip)(&format!("{scope}.{}", item.name())) {
                self.values(item, &place)?;
            }
        }
        for (item, place) in messages.iter().zip(places(tags.0)) {
            let inner = format!("{scope}.{}", item.name());
            if !(self.skip)(&inner) {
                self.scope(&inner, &item.nested_type, &item.enum_type, &place, (3, 4))?;
            }
        }
        Ok(())
    }

    fn values(&self, item: &EnumDescriptorProto, path: &[i32]) -> Result<(), Error> {
        let prefix = item.name().to_upper_camel_case();
        let mut seen: BTreeMap<String, (i32, &str)> = BTreeMap::new();
        for (index, value) in (0i32..).zip(&item.value) {
            let mut rust = value.name().to_upper_camel_case();
            if let (true, Some(rest)) = (self.strip_prefix, rust.strip_prefix(&prefix)) {
                if rest.starts_with(char::is_uppercase) {
                    rust = rest.to_owned();
                }
            }
            match seen.get(&rust) {
                // An alias of a number is left out of the Rust enum.
                Some((number, _)) if *number == value.number() => {}
                Some((_, first)) => {
                    let (name, item) = (value.name(), item.name());
                    let message = format!(
                        "'{name}' and '{first}' of enum '{item}' are both '{rust}' in Rust"
                    );
                    return Err(self.error(message, &[path, &[2, index]].concat()));
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
