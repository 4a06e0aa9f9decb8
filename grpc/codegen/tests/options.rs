//! What the options change, and what is said when something is wrong.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use bywash_build::{Builder, Error, ErrorKind, manual};
use support::{fresh_folder, protos};

/// A folder with one file in it.
fn with(name: &str, file: &str, text: &str) -> PathBuf {
    let folder = fresh_folder(name);
    fs::write(folder.join(file), text).unwrap();
    folder
}

fn build(builder: Builder, folder: &Path, file: &str) -> Result<String, Error> {
    let out = folder.join("out");
    let report = builder.out_dir(&out).compile(&[file], &[folder])?;
    let text = report.written.iter().chain(&report.unchanged);
    Ok(text
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect())
}

fn refused(name: &str, text: &str) -> Error {
    let folder = with(name, "bad.proto", text);
    build(Builder::new(), &folder, "bad.proto").unwrap_err()
}

fn place(error: &Error) -> (Option<usize>, Option<usize>) {
    assert!(error.file().unwrap().ends_with("/bad.proto"), "{error}");
    (error.line(), error.column())
}

#[test]
fn a_slip_of_syntax_is_shown_where_it_is() {
    let error = refused(
        "syntax",
        "syntax = \"proto3\";\nmessage A {\n  int32 x 1;\n}\n",
    );
    assert_eq!(error.kind(), ErrorKind::Proto);
    assert_eq!(place(&error), (Some(3), Some(11)));
    let shown = error.to_string();
    assert!(shown.contains("/bad.proto:3:11: "), "{shown}");
    assert!(
        shown.ends_with("\n 3 |   int32 x 1;\n   |           ^"),
        "{shown}"
    );
    assert_eq!(format!("{error:?}"), shown, "cargo prints Debug");
}

#[test]
fn an_unknown_type_is_shown_where_it_is_used() {
    let error = refused(
        "unknown",
        "syntax = \"proto3\";\nmessage A {}\nservice S {\n  rpc X(A) returns (B);\n}\n",
    );
    assert_eq!(place(&error), (Some(4), Some(21)));
    assert!(error.message().contains('B'), "{error}");
}

#[test]
fn what_is_said_twice_is_shown_where_it_is_said_again() {
    let text = "syntax = \"proto3\";\nmessage A {\n  int32 x = 1;\n  int32 y = 1;\n}\n";
    let error = refused("number", text);
    assert_eq!(place(&error), (Some(4), Some(13)));
    let error = refused(
        "twice",
        "syntax = \"proto3\";\nmessage A {}\nmessage A {}\n",
    );
    assert_eq!(place(&error), (Some(3), Some(9)));
}

#[test]
fn a_file_of_an_edition_is_refused_with_a_remedy() {
    let error = refused("edition", "edition = \"2023\";\nmessage A {}\n");
    assert_eq!(place(&error), (Some(1), Some(1)));
    assert!(
        error
            .to_string()
            .contains("\n help: editions cannot be read yet"),
        "{error}"
    );
}

#[test]
fn a_missing_import_is_shown_where_it_is_asked_for() {
    let error = refused(
        "import",
        "syntax = \"proto3\";\n\nimport \"no/where.proto\";\n",
    );
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(place(&error).0, Some(3));
    assert!(error.message().contains("no/where.proto"), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let folder = fresh_folder("missing");
    let error = build(Builder::new(), &folder, "gone.proto").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("gone.proto"), "{error}");
    assert!(!folder.join("out").exists(), "nothing is written");
}

#[test]
fn names_equal_in_rust_are_shown_where_the_second_is() {
    let error = refused(
        "values",
        "syntax = \"proto3\";\nmessage M {\n  enum Kind {\n    KIND_A = 0;\n    A = 1;\n  }\n}\n",
    );
    assert_eq!(place(&error), (Some(5), Some(5)));
    assert_eq!(
        error.message(),
        "'A' and 'KIND_A' of enum 'Kind' are both 'A' in Rust"
    );

    let error = refused(
        "types",
        "syntax = \"proto3\";\nmessage foo_bar {}\n  message FooBar {}\n",
    );
    assert_eq!(place(&error), (Some(3), Some(3)));
    assert_eq!(
        error.message(),
        "'FooBar' and 'foo_bar' are both 'FooBar' in Rust"
    );
}

#[test]
fn members_equal_in_rust_are_shown_where_the_second_is() {
    let places = [
        (
            "string Foo = 1;\n  oneof foo { string a = 2; }",
            4,
            3,
            "'foo' and 'Foo' are both 'foo' in Rust",
        ),
        (
            "oneof a { string x = 1; }\n  oneof A { string y = 2; }",
            4,
            3,
            "'A' and 'a' are both 'a' in Rust",
        ),
        (
            "string a = 1;\n  int32 __ = 2;",
            4,
            3,
            "'__' is no name in Rust: it has no letter and no digit",
        ),
        (
            "enum E {\n  __ = 0; }",
            4,
            3,
            "'__' is no name in Rust: it has no letter and no digit",
        ),
    ];
    for (number, (members, line, column, message)) in places.into_iter().enumerate() {
        let text = format!("syntax = \"proto3\";\nmessage M {{\n  {members}\n}}\n");
        let error = refused(&format!("members{number}"), &text);
        assert_eq!(error.message(), message);
        assert_eq!(place(&error), (Some(line), Some(column)), "{error}");
    }
}

#[test]
fn types_of_one_package_are_compared_across_files() {
    let first = "syntax = \"proto3\";\npackage p;\nmessage FooBar {}\n";
    let folder = with("across", "first.proto", first);
    let second =
        "syntax = \"proto3\";\npackage p;\nimport \"first.proto\";\nenum foo_bar { A = 0; }\n";
    fs::write(folder.join("bad.proto"), second).unwrap();
    let error = build(Builder::new(), &folder, "bad.proto").unwrap_err();
    assert_eq!(
        error.message(),
        "'foo_bar' and 'FooBar' are both 'FooBar' in Rust"
    );
    assert_eq!(place(&error), (Some(4), Some(1)));
}

#[test]
fn messages_nested_too_deeply_are_an_error() {
    let text = format!(
        "syntax = \"proto3\";\n{}{}\n",
        "message M {".repeat(200),
        "}".repeat(200)
    );
    let error = refused("deep", &text);
    assert_eq!(error.kind(), ErrorKind::Proto);
    assert!(error.message().contains("nested"), "{error}");
}

#[test]
fn names_are_only_refused_where_they_collide() {
    let text = "syntax = \"proto3\";\nmessage M {\n  map<string, M> a = 1;\n  enum Kind {\n    option allow_alias = true;\n    KIND_A = 0;\n    A = 0;\n    KIND_2 = 1;\n  }\n}\n";
    let folder = with("aliases", "good.proto", text);
    let got = build(Builder::new(), &folder, "good.proto").unwrap();
    assert!(got.contains("A = 0,\n"), "{got}");
    let kept = "syntax = \"proto3\";\nenum Kind {\n  KIND_A = 0;\n  A = 1;\n}\n";
    let folder = with("prefix", "good.proto", kept);
    let got = build(Builder::new().keep_enum_prefix(), &folder, "good.proto").unwrap();
    assert!(got.contains("KindA = 0,\n    A = 1,\n"), "{got}");
}

#[test]
fn an_option_that_cannot_be_is_refused() {
    let folder = with("extern", "a.proto", "syntax = \"proto3\";\n");
    let builder = Builder::new().extern_path("google.rpc", "::rpc");
    let error = build(builder, &folder, "a.proto").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("'google.rpc'"));
    let service = manual::Service::new("a", "not a name", "crate::C");
    let error = Builder::new()
        .service(service)
        .out_dir(&folder)
        .write()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let folder = with("output", "file", "in the way");
    let service = manual::Service::new("a", "B", "crate::C");
    let error = Builder::new()
        .service(service)
        .out_dir(folder.join("file"))
        .write();
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(
        error
            .to_string()
            .contains("output/file: cannot make the folder: "),
        "{error}"
    );
}

const PAIR: &str = "syntax = \"proto3\";\npackage p;\nmessage M {}\n// Does.\nservice S {\n  rpc Do(M) returns (M);\n}\n";

#[test]
fn halves_can_be_left_out() {
    let folder = with("halves", "p.proto", PAIR);
    let client = build(Builder::new().server(false), &folder, "p.proto").unwrap();
    assert!(client.contains("pub struct Client(") && !client.contains("pub trait"));
    assert!(
        !client.contains("Arc") && !client.contains("Ctx"),
        "{client}"
    );
    let server = build(Builder::new().client(false), &folder, "p.proto").unwrap();
    assert!(server.contains("pub trait S:") && !server.contains("pub struct Client("));
    assert!(
        server.contains("/// Does.\n    ///\n    /// Object safe."),
        "{server}"
    );
    assert!(!server.contains("Channel"), "{server}");
}

#[test]
fn paths_can_be_moved() {
    let folder = with("paths", "p.proto", PAIR);
    let builder = Builder::new()
        .runtime_path("crate::rpc")
        .prost_path("crate::rpc::prost")
        .codec("crate::fast::CODEC");
    let got = build(builder, &folder, "p.proto").unwrap();
    assert!(
        got.contains("use crate::rpc::method::{Method, Unary};"),
        "{got}"
    );
    assert!(got.contains("use crate::fast::CODEC;"), "{got}");
    assert!(
        got.contains("Method::new(\"/p.S/Do\", &CODEC, &CODEC);"),
        "{got}"
    );
    assert!(got.contains("crate::rpc::prost::Message)]"), "{got}");
    assert!(!got.contains("bywash_grpc"), "{got}");
}

#[test]
fn what_lies_elsewhere_is_used_and_not_written() {
    let folder = with("elsewhere", "p.proto", PAIR);
    let user = "syntax = \"proto3\";\npackage q;\nimport \"p.proto\";\nservice T {\n  rpc Do(p.M) returns (p.M);\n}\n";
    fs::write(folder.join("q.proto"), user).unwrap();
    let builder = Builder::new().extern_path(".p", "::other::p");
    let got = build(builder, &folder, "q.proto").unwrap();
    assert!(
        got.contains("use ::other::p::M;") && got.contains("\"/q.T/Do\""),
        "{got}"
    );
    assert!(
        !got.contains("\"/p.S/Do\"") && !folder.join("out/p.rs").exists(),
        "{got}"
    );
}

#[test]
fn a_file_without_package_lies_at_the_root() {
    let folder = with("root", "r.proto", "syntax = \"proto3\";\nmessage R {}\n");
    let got = build(Builder::new().no_descriptor_set(), &folder, "r.proto").unwrap();
    assert!(folder.join("out/_.rs").exists() && !folder.join("out/descriptors.bin").exists());
    assert!(got.contains("\ninclude!(\"_.rs\");\n") && !got.contains("FILE_DESCRIPTOR_SET"));
}

#[test]
fn without_include_paths_the_files_own_folders_serve() {
    let folder = with("own", "p.proto", PAIR);
    let none: [&str; 0] = [];
    let out = folder.join("out");
    let builder = Builder::new()
        .out_dir(&out)
        .no_include_file()
        .descriptor_set("set.bin");
    let report = builder.compile(&[folder.join("p.proto")], &none).unwrap();
    assert_eq!(report.written, [out.join("p.rs"), out.join("set.bin")]);
}

#[test]
fn only_what_changed_is_written() {
    let folder = with("changed", "p.proto", PAIR);
    build(Builder::new(), &folder, "p.proto").unwrap();
    fs::write(folder.join("p.proto"), PAIR.replace("Does.", "Does it.")).unwrap();
    let out = folder.join("out");
    let report = Builder::new()
        .out_dir(&out)
        .compile(&["p.proto"], &[&folder])
        .unwrap();
    assert_eq!(report.written, [out.join("p.rs")]);
    assert_eq!(
        report.unchanged,
        [out.join("descriptors.bin"), out.join("mod.rs")]
    );
}

/// The well-known types are files of other people, with all that proto2 has.
#[test]
fn the_well_known_types_come_out_as_rustfmt_would_have_them() {
    let folder = with(
        "known",
        "all.proto",
        "syntax = \"proto3\";\nimport \"google/protobuf/api.proto\";\nimport \"google/protobuf/compiler/plugin.proto\";\nimport \"google/protobuf/field_mask.proto\";\nimport \"google/protobuf/struct.proto\";\nimport \"google/protobuf/timestamp.proto\";\n",
    );
    let builder = Builder::new().compile_well_known_types().type_names();
    let got = build(builder, &folder, "all.proto").unwrap();
    assert!(got.contains("\"google.protobuf.Timestamp\".into()"));
    let files = ["google.protobuf.rs", "google.protobuf.compiler.rs"];
    let done = Command::new("rustfmt")
        .args(["--edition", "2024", "--check"])
        .args(files.map(|name| folder.join("out").join(name)))
        .output()
        .expect("rustfmt is part of the toolchain");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stdout)
    );
}

/// Options that make lines longer, or that prost-build does not indent.
#[test]
fn options_leave_the_layout_as_rustfmt_would_have_it() {
    let folder = fresh_folder("layout");
    let builder = Builder::new()
        .out_dir(&folder)
        .prost_path("::bywash_grpc::prost")
        .type_attribute(".", "#[derive(::serde::Serialize)]")
        .skip_debug(["."])
        .type_names();
    let report = builder
        .compile(
            &["grpc/testing/test.proto", "quirks/names.proto"],
            &[protos()],
        )
        .unwrap();
    let done = Command::new("rustfmt")
        .args(["--edition", "2024", "--check"])
        .args(
            report
                .written
                .iter()
                .filter(|p| p.extension().is_some_and(|e| e == "rs")),
        )
        .output()
        .expect("rustfmt is part of the toolchain");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stdout)
    );
}

#[test]
fn services_and_messages_of_one_package_share_a_file() {
    let folder = fresh_folder("shared");
    let builder = Builder::new()
        .out_dir(&folder)
        .service(manual::Service::new("routeguide", "RouteGuide", "crate::C"));
    let report = builder
        .compile(&["routeguide/route_guide.proto"], &[protos()])
        .unwrap();
    let text = fs::read_to_string(&report.written[0]).unwrap();
    assert!(text.contains("pub mod route_guide {") && text.contains("pub mod route_guide_ {"));
    assert!(text.contains("/// Named `RouteGuide` in the protocol; `_` is added because"));
}
