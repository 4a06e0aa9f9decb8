//! Rust from `.proto` files for `bywash-grpc`, from a `build.rs`. Nothing needs to be installed: the
//! files are read by [`protox`], not by `protoc`.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), bywash_build::Error> {
//!     bywash_build::compile(&["proto/route_guide.proto"], &["proto"])
//! }
//! ```
//!
//! ```ignore
//! // src/lib.rs: one module per package, nested as the packages are
//! include!(concat!(env!("OUT_DIR"), "/mod.rs"));
//! ```
//!
//! The crate depends on `bywash-grpc` and `prost`, on `prost-types` if its messages hold well-known types
//! (`google.protobuf.Timestamp` and the like), and on this crate under `[build-dependencies]`.
//!
//! Files of proto2 and proto3 are read; files that begin with `edition` are refused.
//!
//! # What is written
//!
//! - `PACKAGE.rs` for each package: its messages and enums as [prost](prost_build) writes them, then one
//!   module for each service with
//!   - `NAME`, the service's full name, and `Tag`, the type that ties method keys to it;
//!   - a typed key per method, `GET_FEATURE: Method<Tag, Unary, Point, Feature>`;
//!   - the service's trait: object safe, plain functions, every one with a body that answers
//!     UNIMPLEMENTED, so that a new rpc breaks nobody;
//!   - `serve(app)`, which makes a `Service<Tag>` of an implementation;
//!   - `Client`, with one function per rpc, each returning a `Call` that is not yet started.
//! - `mod.rs`, which includes them all in nested modules ([`Builder::include_file`]).
//! - `descriptors.bin`, the encoded `google.protobuf.FileDescriptorSet` of all files and what they
//!   import, as `FILE_DESCRIPTOR_SET` in `mod.rs` ([`Builder::descriptor_set`]); reflection serves it.
//!
//! A file whose content would not change is not written, so nothing is rebuilt for nothing, and the
//! same input gives the same bytes on every machine. Comments in `.proto` files become doc comments;
//! code blocks in them become plain text blocks, for they are not Rust.
//!
//! # Names
//!
//! An rpc `GetFeature` becomes the function `get_feature` and the key `GET_FEATURE`, a service
//! `RouteGuide` the trait `RouteGuide` in the module `route_guide`. Where that would collide, `_` is
//! appended, until it does not, and the documentation of the item says why:
//!
//! - functions and keys: Rust's keywords; `new` and `name`, which stand for [`Client::new`] and `NAME`;
//!   the functions that every value or every `Arc` has (`clone`, `into`, `as_ref`, `borrow`, `drop`, ...);
//!   an earlier rpc of the service that is equal in snake_case;
//! - modules: keywords; the module of a message, of a package below this one, or of an earlier service;
//! - traits: a message or enum of the same package, and the names the module itself uses (`Client`,
//!   `Status`, `Call`, ...).
//!
//! Messages whose names the module itself uses (`Status`, `Service`, `Result`, ...) keep their names and
//! are written with their path there.
//!
//! [`Client::new`]: self#what-is-written
//!
//! # Without protobuf
//!
//! [`manual`] describes a service in `build.rs` itself, with any Rust types and any codec.

#![forbid(unsafe_code)]

mod builder;
mod comments;
mod descriptors;
mod error;
mod files;
mod layout;
pub mod manual;
mod module;
mod names;
mod packages;
mod prost_text;
mod service;

pub use builder::Builder;
pub use error::{Error, ErrorKind};
pub use files::Report;

use std::path::Path;

/// Compiles `protos`, looking for them and for what they import in `includes`, into `OUT_DIR`, with every
/// option at its default. [`Builder`] has the options.
///
/// # Errors
///
/// [`Error`] names file, line and column where there are any; returned from `main` it prints the line.
pub fn compile(protos: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) -> Result<(), Error> {
    Builder::new().compile(protos, includes).map(drop)
}
