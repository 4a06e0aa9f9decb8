//! What the scripts of cases are written in.

pub(super) use super::book::Who::{Both, Client, Server};
pub(super) use super::book::{Book, Chapter, Who};
pub(super) use super::fields::Fields;
pub(super) use super::outcome::{Expect, Outcome, Ran, Scope, Verdict};
pub(super) use super::session::{Answer, Session, State};
pub(super) use super::wire::{Told, Wish};
pub(super) use crate::raw::wire::{code, flag, kind, setting};
pub(super) use crate::raw::{BlockWriter, RawFrame, Received, Role};
