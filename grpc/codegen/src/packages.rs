//! One file per package, and the file that includes them all.

use std::collections::BTreeMap;

use prost_build::Module;

use crate::{
    module,
    names::{self, Taken},
    service::Definition,
};

const HEADING: &str = "// Written by bywash-build. Changes are lost when it runs again.\n";

/// What goes into one file each.
#[derive(Default)]
pub(crate) struct Packages(BTreeMap<Module, Package>);

#[derive(Default)]
struct Package {
    messages: String,
    services: Vec<Definition>,
    taken: Taken,
}

impl Packages {
    pub(crate) fn note_file(&mut self, file: &prost_types::FileDescriptorProto) {
        let module = Module::from_protobuf_package_name(file.package());
        let taken = &mut self.0.entry(module).or_default().taken;
        for message in &file.message_type {
            taken.types.insert(names::type_ident(message.name()));
            taken.modules.insert(names::prost_module(message.name()));
        }
        for item in &file.enum_type {
            taken.types.insert(names::type_ident(item.name()));
        }
    }

    /// `text` is laid out already.
    pub(crate) fn set_messages(&mut self, module: Module, text: String) {
        self.0.entry(module).or_default().messages = text;
    }

    pub(crate) fn add_service(&mut self, service: Definition) {
        let module = Module::from_protobuf_package_name(&service.package);
        self.0.entry(module).or_default().services.push(service);
    }

    /// Only now is it known which packages lie below which.
    pub(crate) fn into_texts(mut self, wanted: &module::Wanted) -> BTreeMap<Module, String> {
        let all: Vec<Vec<String>> = self
            .0
            .keys()
            .map(|module| module.parts().map(str::to_owned).collect())
            .collect();
        for (module, package) in &mut self.0 {
            let own: Vec<&str> = module.parts().collect();
            for parts in &all {
                if let Some(below) = parts
                    .get(own.len())
                    .filter(|_| parts.iter().zip(&own).all(|(a, b)| a == b))
                {
                    package.taken.modules.insert(below.clone());
                }
            }
        }
        let mut texts = BTreeMap::new();
        for (module, mut package) in self.0 {
            let mut parts = Vec::new();
            if !package.messages.is_empty() {
                parts.push(package.messages);
            }
            for service in package.services {
                parts.push(module::write(&service.settle(&mut package.taken), wanted));
            }
            if !parts.is_empty() {
                texts.insert(module, format!("{HEADING}\n{}", parts.join("\n")));
            }
        }
        texts
    }
}

/// Lints that other people's names and comments may trip, in files nobody edits.
const ALLOWED: &str = "#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::doc_lazy_continuation,
    clippy::doc_overindented_list_items,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::module_inception
)]";

pub(crate) fn include_text<'a>(
    modules: impl Iterator<Item = &'a Module>,
    set: Option<&str>,
) -> String {
    let mut text = HEADING.to_owned();
    if let Some(name) = set {
        text.push_str(&format!(
            "\n/// All files and what they import, as an encoded `google.protobuf.FileDescriptorSet`.\n\
             #[allow(dead_code)]\n\
             pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(\"{name}\");\n"
        ));
    }
    let mut open: Vec<&str> = Vec::new();
    for module in modules {
        let parts: Vec<&str> = module.parts().collect();
        let common = open.iter().zip(&parts).take_while(|(a, b)| a == b).count();
        while open.len() > common {
            open.pop();
            text.push_str(&format!("{}}}\n", "    ".repeat(open.len())));
        }
        for part in parts.iter().skip(common) {
            let indent = "    ".repeat(open.len());
            if open.is_empty() {
                text.push_str(&format!("\n{ALLOWED}\n"));
            } else if !text.ends_with("{\n") {
                text.push('\n');
            }
            text.push_str(&format!("{indent}pub mod {part} {{\n"));
            open.push(part);
        }
        let indent = "    ".repeat(open.len());
        if open.is_empty() {
            text.push('\n');
        }
        let file = module.to_file_name_or("_");
        text.push_str(&format!("{indent}include!(\"{file}\");\n"));
    }
    while open.pop().is_some() {
        text.push_str(&format!("{}}}\n", "    ".repeat(open.len())));
    }
    text
}
