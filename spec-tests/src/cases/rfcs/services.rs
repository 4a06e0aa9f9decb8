//! ALTSVC (RFC 7838 4) and ORIGIN (RFC 8336 2).

use crate::cases::script::*;

pub(super) fn add(book: &mut Book) {
    altsvc(&mut book.section("rfc7838", "4"));
    origin(&mut book.section("rfc8336", "2"));
}

const SERVICE: &[u8] = b"h2=\":8000\"; ma=60";

fn altsvc(c: &mut Chapter<'_>) {
    type Frame = fn(u32) -> RawFrame;
    let frames: [(Who, &str, Frame); 6] = [
        (Server, "at-a-server", |_| {
            RawFrame::altsvc(0, b"https://example.com", SERVICE)
        }),
        (Server, "on-a-stream-at-a-server", |id| {
            RawFrame::altsvc(id, b"", SERVICE)
        }),
        (Client, "valid", |_| {
            RawFrame::altsvc(0, b"https://example.com", SERVICE)
        }),
        (Client, "valid-on-a-stream", |id| {
            RawFrame::altsvc(id, b"", SERVICE)
        }),
        (Client, "without-origin-on-stream-0", |_| {
            RawFrame::altsvc(0, b"", SERVICE)
        }),
        (Client, "with-origin-on-a-stream", |id| {
            RawFrame::altsvc(id, b"https://example.com", SERVICE)
        }),
    ];
    for (who, name, frame) in frames {
        c.harmless(
            who,
            name,
            "ALTSVC is no error: servers ignore it, and so does a client if its origin is missing or stands where none may",
            move |id| vec![frame(id)],
        );
    }
}

fn origin(c: &mut Chapter<'_>) {
    let one: &[&[u8]] = &[b"https://example.com"];
    c.harmless(
        Both,
        "valid",
        "ORIGIN is no error; a server ignores it",
        move |_| vec![RawFrame::origin(one), RawFrame::origin(&[])],
    );
    c.harmless(
        Both,
        "on-a-stream",
        "ORIGIN on a stream is ignored",
        move |id| vec![RawFrame::origin(one).on(id)],
    );
    c.harmless(
        Both,
        "reserved-flags",
        "ORIGIN with one of the flags 0x1 to 0x8 is ignored",
        move |_| {
            [1, 2, 4, 8]
                .map(|flag| RawFrame::origin(one).flag(flag))
                .to_vec()
        },
    );
    c.harmless(
        Both,
        "no-origin-at-all",
        "An entry that is no origin is ignored",
        |_| vec![RawFrame::origin(&[b"", b"not an origin", b"\xff\xfe"])],
    );
    c.must(
        Client,
        "on-a-secure-connection",
        "On a secure connection ORIGIN is taken, and its faults ignored",
        |s| {
            s.wish(Wish::Secure)?;
            s.start()?;
            s.send(&RawFrame::origin(&[b"https://example.com", b"", b"?"]));
            s.send(&RawFrame::origin(&[b"https://example.com"]).flag(2));
            s.ignored()
        },
    );
}
