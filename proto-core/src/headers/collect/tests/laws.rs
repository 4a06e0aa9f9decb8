//! Fields in are fields out, whatever they are.

use super::{Collector, FieldIn, at, collect, field_in};
use crate::headers::{Field, Head, HeadKind, Level, OutgoingCheck, Rules, names};
use alloc::vec::Vec;
use quickcheck::{Arbitrary, Gen, TestResult, quickcheck};

const UNLIMITED: Rules = Rules {
    level: Level::Off,
    extended_connect: false,
    authority: crate::headers::AuthorityPolicy::Required,
    max_list_size: u32::MAX,
    max_fields: u32::MAX,
    hard_list_size: u32::MAX,
};

#[derive(Clone, Debug)]
struct Any {
    name: Vec<u8>,
    value: Vec<u8>,
    never_indexed: bool,
}

impl Any {
    fn field(&self) -> Field<'_> {
        Field {
            name: &self.name,
            value: &self.value,
            never_indexed: self.never_indexed,
        }
    }
}

/// Names that have rules or static indices, and names and values from few octets, so that rules
/// are kept about as often as broken.
impl Arbitrary for Any {
    fn arbitrary(g: &mut Gen) -> Self {
        let name = if u8::arbitrary(g) % 3 > 0 {
            names::name(u8::arbitrary(g) % 69).to_vec()
        } else {
            octets(g, b"abcxyz-0123456789_A:(@ \x80")
        };
        let values: &[&[u8]] = &[
            b"GET",
            b"OPTIONS",
            b"CONNECT",
            b"/",
            b"*",
            b"https",
            b"http",
            b"200",
            b"204",
            b"42",
            b"a.example",
            b"trailers",
            b"",
        ];
        let value = if bool::arbitrary(g) {
            g.choose(values).copied().unwrap_or_default().to_vec()
        } else {
            octets(g, b"abcdefghijklmnopqrstuvwxyz,;=/.@ \t\x01\x80")
        };
        Self {
            name,
            value,
            never_indexed: bool::arbitrary(g),
        }
    }
}

fn octets(g: &mut Gen, alphabet: &[u8]) -> Vec<u8> {
    let length = usize::arbitrary(g) % 40;
    (0..length)
        .filter_map(|_| g.choose(alphabet).copied())
        .collect()
}

/// A likely request, with anything behind it and perhaps something wrong in it.
#[derive(Clone, Debug)]
struct Request(Vec<Any>);

impl Arbitrary for Request {
    fn arbitrary(g: &mut Gen) -> Self {
        let choices: [(&str, &[&str]); 5] = [
            (":method", &["GET", "POST", "HEAD", "OPTIONS", "CONNECT"]),
            (":scheme", &["https", "http", "HTTPS", "ftp"]),
            (
                ":authority",
                &["a.example", "A.example:443", "u@a", "[::1]:80"],
            ),
            (":path", &["/", "/a/b?c", "*", "x", "/a b"]),
            (":protocol", &["websocket"]),
        ];
        let mut fields = Vec::new();
        for (name, values) in choices {
            // The last is rare in requests, and so it is here.
            let skips = if name == ":protocol" { 3 } else { 250 };
            if u8::arbitrary(g) < skips {
                let value = g.choose(values).copied().unwrap_or_default();
                fields.push(Any {
                    name: name.into(),
                    value: value.into(),
                    never_indexed: false,
                });
            }
        }
        let good: [(&str, &str); 6] = [
            ("accept", "*/*"),
            ("te", "trailers"),
            ("content-length", "12"),
            ("host", "a.example"),
            ("x-y", "some value"),
            ("cookie", "a=b"),
        ];
        for _ in 0..u8::arbitrary(g) % 4 {
            if let Some((name, value)) = g.choose(&good).copied() {
                fields.push(Any {
                    name: name.into(),
                    value: value.into(),
                    never_indexed: bool::arbitrary(g),
                });
            }
        }
        if u8::arbitrary(g) % 4 == 0 {
            fields.push(Any::arbitrary(g));
        }
        Self(fields)
    }
}

fn fields(list: &[Any]) -> Vec<Field<'_>> {
    list.iter().map(Any::field).collect()
}

/// What passes the check is collected as it is, and both sum it up alike.
fn agree(list: &[Any], kind: HeadKind) -> TestResult {
    let fields = fields(list);
    let rules = Rules {
        extended_connect: true,
        ..at(Level::Strict)
    };
    let collected = collect(&fields, kind, &rules);
    let Ok(sent) = OutgoingCheck::check(&fields, kind, Level::Strict) else {
        return TestResult::discard();
    };
    let Ok(got) = collected else {
        return TestResult::failed();
    };
    let summary = got.summary;
    TestResult::from_bool(
        got.head.fields().eq(fields)
            && sent.list_size == summary.list_size
            && sent.fields == summary.fields
            && sent.method == summary.method
            && sent.status == summary.status
            && sent.content_length == summary.content_length
            && sent.expect_continue == summary.expect_continue,
    )
}

/// What the check refuses the collector refuses for the same reason, but for what only senders
/// are held to.
fn refuse_alike(list: &[Any], kind: HeadKind) -> bool {
    let fields = fields(list);
    let rules = Rules {
        extended_connect: true,
        ..at(Level::Strict)
    };
    match OutgoingCheck::check(&fields, kind, Level::Strict) {
        Ok(_) => true,
        Err(crate::error::HeadError::ContentLengthForbidden) => true,
        Err(error) => collect(&fields, kind, &rules) == Err(error.violation()),
    }
}

quickcheck! {
    fn without_rules_fields_in_are_fields_out(list: Vec<Any>) -> bool {
        let fields = fields(&list);
        let got = collect(&fields, HeadKind::RequestTrailers, &UNLIMITED).unwrap();
        got.head.fields().eq(fields.iter().copied())
            && got.head.fields().len() == fields.len()
            && got.head.list_size() == got.summary.list_size
            && got.head == Head::from_fields(&fields)
    }

    fn knowing_the_index_changes_nothing(list: Vec<Any>, level: u8) -> bool {
        let level = [Level::Strict, Level::Compatible, Level::Off][usize::from(level % 3)];
        let rules = at(level);
        let mut collector = Collector::new();
        collector.start(HeadKind::Request, &rules);
        for any in &list {
            let known = (1..=61).find(|&index| names::name(index) == any.name).unwrap_or(0);
            let _ = collector.field(FieldIn { known, ..field_in(any.field()) });
        }
        collector.finish(None) == collect(&fields(&list), HeadKind::Request, &rules)
    }

    fn what_passes_the_check_is_collected(request: Request) -> TestResult {
        agree(&request.0, HeadKind::Request)
    }

    fn trailers_that_pass_the_check_are_collected(list: Vec<Any>) -> TestResult {
        agree(&list[..list.len().min(2)], HeadKind::ResponseTrailers)
    }

    fn requests_are_refused_alike(request: Request) -> bool {
        refuse_alike(&request.0, HeadKind::Request)
            && refuse_alike(&request.0, HeadKind::PushRequest)
    }

    fn anything_is_refused_alike(list: Vec<Any>) -> bool {
        [
            HeadKind::Request,
            HeadKind::Response,
            HeadKind::RequestTrailers,
            HeadKind::ResponseTrailers,
            HeadKind::PushRequest,
        ]
        .into_iter()
        .all(|kind| refuse_alike(&list, kind))
    }

    fn a_stricter_level_accepts_less(request: Request) -> bool {
        let fields = fields(&request.0);
        let accepts = |level| collect(&fields, HeadKind::Request, &at(level)).is_ok();
        let (strict, compatible) = (accepts(Level::Strict), accepts(Level::Compatible));
        (!strict || compatible) && (!compatible || accepts(Level::Off))
    }

    fn a_reused_collector_is_as_good_as_new(lists: Vec<Vec<Any>>) -> bool {
        let mut collector = Collector::new();
        let mut recycled = None;
        lists.iter().all(|list| {
            let fields = fields(list);
            collector.start(HeadKind::ResponseTrailers, &UNLIMITED);
            for &field in &fields {
                let _ = collector.field(field_in(field));
            }
            let got = collector.finish(recycled.take());
            let expected = collect(&fields, HeadKind::ResponseTrailers, &UNLIMITED);
            let same = got == expected;
            recycled = got.ok().map(|collected| collected.head.into_box());
            same
        })
    }
}
