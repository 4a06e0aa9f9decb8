//! Conformance as code: one small case per demand of an RFC, the same in memory and over sockets.
//!
//! * [`Case`]: a demand, who is held to it, and the script that finds out.
//! * [`Session`]: one connection to the implementation under test, with a raw peer in the other role.
//! * [`clause`]: every demand of the RFCs, with the cases that prove it or the reason why none does.
//! * [`application`]: what does as a case wishes, over the core.
//! * [`Wire`]: the way there: [`memory`] for this project's core, sockets for anybody's.
//!
//! Cases stand in one file per section of the RFC. State comes first: all of them hold the implementation to the exact
//! code and scope, and to serving the other streams afterwards; see [`Verdict`] for what else is allowed.

pub mod application;
mod book;
pub mod clause;
mod fields;
mod judge;
pub mod memory;
mod outcome;
mod rfc7541;
mod rfc9113;
mod rfcs;
mod script;
mod session;
mod shapes;
mod wire;
mod words;

pub use book::{Case, Level, Run, Who};
pub use fields::Fields;
pub use outcome::{Expect, Outcome, Ran, Scope, Verdict};
pub use session::{Answer, Session, Target};
pub use wire::{Got, Told, Wire, Wish};

use book::Book;

/// All cases, in the order of the RFCs.
pub fn all() -> Vec<Case> {
    let mut book = Book::default();
    rfc9113::add(&mut book);
    rfc7541::add(&mut book);
    rfcs::add(&mut book);
    book.cases()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::Role;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_in_each_role_and_name_their_section() {
        let mut seen = BTreeSet::new();
        for case in all() {
            let key = (case.id.clone(), case.role == Role::Server);
            assert!(seen.insert(key), "{} twice", case.id);
            let parts: Vec<_> = case.id.split('/').collect();
            assert_eq!(parts.len(), 3, "{}", case.id);
            assert_eq!(parts[1], case.section, "{}", case.id);
        }
    }

    #[test]
    fn sections_are_found_by_any_part_of_their_names() {
        let case = all()
            .into_iter()
            .find(|case| case.section == "5.1.1")
            .unwrap();
        for section in ["5", "5.1", "5.1.1", "rfc9113", "rfc9113/5.1", &case.id] {
            assert!(case.is_in(section), "{section}");
        }
        for section in ["5.2", "5.1.1.1", "1.1", "rfc9113/6", ""] {
            assert!(!case.is_in(section), "{section}");
        }
    }
}
