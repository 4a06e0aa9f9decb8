//! What an implementation's encoder shows of itself (RFC 7541 4.2, 6.3). The peer's reader holds every block to the
//! limit that was acknowledged; here the blocks are provoked.

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    sizes(&mut book.section("rfc7541", "4.2"));
    limits(&mut book.section("rfc7541", "6.3"));
}

/// The next block of the implementation: the updates at its start.
fn block(s: &mut Session<'_>) -> Result<Vec<u32>, Outcome> {
    match s.role() {
        Role::Server => {
            let id = s.get();
            let head = s.answer(id)?.head;
            Ok(head.map(|head| head.size_updates).unwrap_or_default())
        }
        Role::Client => {
            let head = s.ask(Wish::Get)?;
            s.respond(head.stream, "200", true);
            Ok(head.size_updates)
        }
    }
}

/// Sends a table size, and waits for its acknowledgement.
fn set(s: &mut Session<'_>, size: u32) -> Result<(), Outcome> {
    s.forget_requests();
    s.send(&RawFrame::settings(&[(setting::HEADER_TABLE_SIZE, size)]));
    s.demand("an acknowledgement", |item| *item == Received::SettingsAck)
        .map(drop)
}

fn sizes(c: &mut Chapter<'_>) {
    c.must(
        Both,
        "smallest-and-final-size",
        "If the limit changed more than once, the smallest and the final size are signalled",
        |s| {
            s.start_alone(&[])?;
            block(s)?;
            let filled = s.peer.table_size() > 0;
            set(s, 0)?;
            set(s, 4096)?;
            let updates = block(s)?;
            let expected = "an update to 0, and one more at most";
            if updates.first() == Some(&0) && updates.len() <= 2 {
                return s.ignored();
            }
            if !filled && updates.len() <= 2 {
                return Ok(Outcome::exact("the table was never used"));
            }
            Ok(Outcome::violation(expected, format!("updates {updates:?}")))
        },
    );
    c.must(
        Both,
        "update-after-a-reduction",
        "The first block after a reduction starts with an update within the new limit",
        |s| {
            s.start_alone(&[])?;
            block(s)?;
            let filled = s.peer.table_size() > 100;
            set(s, 100)?;
            let updates = block(s)?;
            match updates.first() {
                Some(&size) if size <= 100 => s.ignored(),
                None if !filled => Ok(Outcome::exact("the table held less before")),
                _ => Ok(Outcome::violation(
                    "an update to at most 100",
                    format!("updates {updates:?}"),
                )),
            }
        },
    );
}

fn limits(c: &mut Chapter<'_>) {
    for (name, size) in [("0", 0), ("64", 64), ("8192", 8192), ("max", u32::MAX)] {
        c.must(
            Both,
            &format!("limit-{name}-obeyed"),
            "The encoder keeps to the limit that it acknowledged",
            move |s| {
                s.start_alone(&[(setting::HEADER_TABLE_SIZE, size)])?;
                for _ in 0..4 {
                    block(s)?;
                }
                s.ping()?;
                let held = s.peer.table_size();
                if held as u64 > u64::from(size) {
                    return Ok(Outcome::violation(
                        format!("at most {size} octets in the table"),
                        held.to_string(),
                    ));
                }
                Ok(Outcome::exact(format!("{held} octets in the table")))
            },
        );
    }
}
