//! Names: from the protocol's spelling to Rust's, and what happens when two of them meet.
//!
//! One rule: `_` is appended until nothing collides, and the reason is kept for the documentation.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};

/// A name in Rust, and why it is not simply the protocol's in another case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) ident: String,
    pub(crate) note: Option<String>,
}

/// Strict and reserved keywords of every edition; none of them can be a function or module of that name.
const KEYWORDS: &[&str] = &[
    "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Functions that every type or every `Arc` has through traits that are always in scope: a method of
/// the same name would be shadowed by them, or would shadow them.
const EVERYWHERE: &[&str] = &[
    "as_mut",
    "as_ref",
    "borrow",
    "borrow_mut",
    "clone",
    "clone_from",
    "clone_into",
    "drop",
    "from",
    "into",
    "to_owned",
    "try_from",
    "try_into",
    "type_id",
];

/// What a service's module defines or imports as types.
pub(crate) const MODULE_TYPES: &[&str] = &[
    "Arc",
    "Bidi",
    "Call",
    "Channel",
    "Client",
    "ClientStreaming",
    "Clone",
    "Ctx",
    "Err",
    "Method",
    "NAME",
    "None",
    "Ok",
    "Option",
    "Receiver",
    "Result",
    "Self",
    "Send",
    "Sender",
    "ServerStreaming",
    "Service",
    "Some",
    "Status",
    "Sync",
    "Tag",
    "Unary",
];

/// What the package of a service holds besides it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    /// Messages and enums, as Rust types.
    pub(crate) types: BTreeSet<String>,
    /// Modules of messages and of packages below.
    pub(crate) modules: BTreeSet<String>,
    /// Modules of services already named.
    services: BTreeSet<String>,
}

pub(crate) fn type_ident(proto: &str) -> String {
    spelled(proto.to_upper_camel_case())
}

/// A name may be of underscores and digits alone, which are lost when its case changes.
fn spelled(ident: String) -> String {
    match ident.starts_with(|c: char| !c.is_numeric()) {
        true => ident,
        false => format!("_{ident}"),
    }
}

/// The module that prost-build makes for a package part or a message, keywords spelt raw where they can be.
pub(crate) fn prost_module(proto: &str) -> String {
    let snake = proto.to_snake_case();
    match snake.as_str() {
        "_" | "super" | "self" | "Self" | "extern" | "crate" => format!("{snake}_"),
        s if s.starts_with(|c: char| c.is_numeric()) => format!("_{snake}"),
        s if KEYWORDS.contains(&s) => format!("r#{snake}"),
        _ => snake,
    }
}

/// The module of a service.
pub(crate) fn module(service: &str, taken: &mut Taken) -> Name {
    let name = settle(service, spelled(service.to_snake_case()), |ident| {
        if KEYWORDS.contains(&ident) {
            Some(format!("`{ident}` is a keyword"))
        } else if taken.modules.contains(ident) {
            Some(format!("`{ident}` is the module of a message or package"))
        } else if taken.services.contains(ident) {
            Some(format!("`{ident}` is the module of an earlier service"))
        } else {
            None
        }
    });
    taken.services.insert(name.ident.clone());
    name
}

/// The trait of a service.
pub(crate) fn service_trait(service: &str, taken: &Taken) -> Name {
    settle(service, type_ident(service), |ident| {
        if KEYWORDS.contains(&ident) {
            Some(format!("`{ident}` is a keyword"))
        } else if MODULE_TYPES.contains(&ident) {
            Some(format!("this module has a `{ident}` of its own"))
        } else if taken.types.contains(ident) {
            Some(format!("`{ident}` is a message or enum of this package"))
        } else {
            None
        }
    })
}

/// The functions of a service, in order; the keys are the same in capitals.
pub(crate) fn rpcs<'a>(protos: impl Iterator<Item = &'a str>) -> Vec<Name> {
    let mut used: BTreeSet<String> = BTreeSet::new();
    protos
        .map(|proto| {
            let name = settle(proto, spelled(proto.to_snake_case()), |ident| {
                if KEYWORDS.contains(&ident) {
                    Some(format!("`{ident}` is a keyword"))
                } else if ident == "new" {
                    Some("`new` makes a client".to_owned())
                } else if ident == "name" {
                    Some("`NAME` is the service's name".to_owned())
                } else if EVERYWHERE.contains(&ident) {
                    Some(format!("every value may have a function `{ident}`"))
                } else if used.contains(ident) {
                    Some(format!("`{ident}` is an earlier rpc"))
                } else {
                    None
                }
            });
            used.insert(name.ident.clone());
            name
        })
        .collect()
}

/// The key of an rpc: its function's name in capitals.
pub(crate) fn key(function: &str) -> String {
    function.to_uppercase()
}

fn settle(proto: &str, plain: String, collides: impl Fn(&str) -> Option<String>) -> Name {
    let mut ident = plain;
    let mut note = None;
    while let Some(why) = collides(&ident) {
        note.get_or_insert_with(|| {
            format!("Named `{proto}` in the protocol; `_` is added because {why}.")
        });
        ident.push('_');
    }
    Name { ident, note }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(protos: &[&str]) -> Vec<String> {
        rpcs(protos.iter().copied())
            .into_iter()
            .map(|name| name.ident)
            .collect()
    }

    #[test]
    fn plain_names_need_no_note() {
        let names = rpcs(["GetFeature", "routeChat"].into_iter());
        assert_eq!(
            names[0],
            Name {
                ident: "get_feature".into(),
                note: None
            }
        );
        assert_eq!(names[1].ident, "route_chat");
        assert_eq!(key("get_feature"), "GET_FEATURE");
    }

    #[test]
    fn colliding_rpcs_get_underscores_until_they_differ() {
        assert_eq!(
            functions(&[
                "New", "Clone", "Match", "Name", "GetFoo", "getFoo", "Get_Foo", "New_"
            ]),
            [
                "new_",
                "clone_",
                "match_",
                "name_",
                "get_foo",
                "get_foo_",
                "get_foo__",
                "new__"
            ]
        );
    }

    #[test]
    fn names_of_underscores_and_digits_are_names_in_rust() {
        assert_eq!(
            functions(&["_", "__", "_1", "A_"]),
            ["__", "___", "_1", "a"]
        );
        let mut taken = Taken::default();
        assert_eq!(module("__", &mut taken).ident, "__");
        assert_eq!(module("_2", &mut taken).ident, "_2");
        assert_eq!(service_trait("__", &taken).ident, "__");
        assert_eq!(service_trait("_2", &taken).ident, "_2");
    }

    #[test]
    fn a_note_gives_the_first_reason() {
        let names = rpcs(["GetFoo", "getFoo"].into_iter());
        assert_eq!(
            names[1].note.as_deref(),
            Some(
                "Named `getFoo` in the protocol; `_` is added because `get_foo` is an earlier rpc."
            )
        );
    }

    #[test]
    fn traits_avoid_messages_and_the_modules_own_types() {
        let mut taken = Taken::default();
        taken.types.insert("FooBar".into());
        assert_eq!(service_trait("foo_bar", &taken).ident, "FooBar_");
        assert_eq!(service_trait("Client", &taken).ident, "Client_");
        assert_eq!(service_trait("Plain", &taken).ident, "Plain");
    }

    #[test]
    fn modules_avoid_messages_packages_and_each_other() {
        let mut taken = Taken::default();
        taken.modules.insert("foo".into());
        assert_eq!(module("Foo", &mut taken).ident, "foo_");
        assert_eq!(module("foo", &mut taken).ident, "foo__");
        assert_eq!(module("Type", &mut taken).ident, "type_");
    }

    #[test]
    fn keyword_lists_are_sorted_and_without_doubles() {
        for list in [KEYWORDS, EVERYWHERE, MODULE_TYPES] {
            assert!(list.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
