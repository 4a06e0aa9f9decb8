//! Answers requests with files.

use crate::body::{Body, PIECE, Source, read};
use crate::dates::{self, Today};
use crate::listing;
use crate::log::{self, Notices, Record};
use crate::paths::{Found, Missing, Root, missing};
use crate::ranges::{Wanted, wanted};
use crate::types;
use bytes::Bytes;
use bywash_mio::error::{End, Notice};
use bywash_mio::proto::error::{CloseReason, LimitName, SendError};
use bywash_mio::server::{Reply, Request, Service};
use bywash_mio::{ConnId, Cx};
use std::fs::{File, Metadata};
use std::io::{self, Seek, SeekFrom};
use std::path::Path;
use std::time::{Instant, UNIX_EPOCH};

/// A response's fields.
type Head = Vec<(&'static str, String)>;

pub(crate) struct Site {
    root: Root,
    today: Today,
    notices: Notices,
}

impl Site {
    pub(crate) fn new(root: Root) -> Self {
        Self {
            root,
            today: Today::new(),
            notices: Notices::default(),
        }
    }

    fn answer(
        &mut self,
        request: &Request,
        reply: &mut Reply<'_>,
        mut record: Record,
    ) -> Result<(), SendError> {
        let mut head = vec![("date", self.today.text(reply.now()).to_owned())];
        if !matches!(request.method(), b"GET" | b"HEAD") {
            head.push(("allow", "GET, HEAD".into()));
            return text(reply, record, 405, head);
        }
        match self.root.find(request.path()) {
            Err(Missing::BadRequest) => text(reply, record, 400, head),
            Err(missing) => text(reply, record, missing as u16, head),
            Ok(Found::Elsewhere(to)) => {
                head.push(("location", to));
                text(reply, record, 301, head)
            }
            Ok(Found::Folder(path)) => match listing::page(&path) {
                Err(error) => text(reply, record, missing(error) as u16, head),
                Ok(page) => {
                    head.push(("content-type", "text/html; charset=utf-8".into()));
                    whole(reply, record, 200, &head, page.into())
                }
            },
            Ok(Found::File { file, facts, path }) => {
                match plan(request, &facts, &path, &mut head) {
                    Plan::Unchanged => {
                        record.status(304);
                        let sent = reply.send(304, &head, "");
                        record.done();
                        sent
                    }
                    Plan::Nothing => text(reply, record, 416, head),
                    Plan::Send(part) => deliver(reply, record, head, file, part),
                }
            }
        }
    }
}

/// What is to be done about a file.
enum Plan {
    /// The client has it.
    Unchanged,
    /// No octet of it is wanted: 416.
    Nothing,
    Send(Part),
}

struct Part {
    status: u16,
    first: u64,
    length: u64,
}

/// Judges preconditions and ranges (RFC 9110 13.2.2), and adds the fields that tell of it.
fn plan(request: &Request, facts: &Metadata, path: &Path, head: &mut Head) -> Plan {
    let size = facts.len();
    let changed = facts.modified().unwrap_or(UNIX_EPOCH);
    let nanos = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
    let tag = format!("\"{:x}-{size:x}\"", nanos.as_nanos());
    let date = dates::http(changed);
    let unchanged = match request.field("if-none-match") {
        Some(tags) => tags == b"*" || lists(tags, tag.as_bytes()),
        None => request.field("if-modified-since") == Some(date.as_bytes()),
    };
    // A part must come of the file that the client has the rest of.
    let fits = match request.field("if-range") {
        Some(of) => of == tag.as_bytes() || of == date.as_bytes(),
        None => true,
    };
    let range = request.field("range");
    let range = range.filter(|_| fits && request.method() == b"GET");
    head.push(("etag", tag));
    head.push(("last-modified", date));
    if unchanged {
        return Plan::Unchanged;
    }
    head.push(("accept-ranges", "bytes".into()));
    let part = match wanted(range, size) {
        Wanted::Nothing => {
            head.push(("content-range", format!("bytes */{size}")));
            return Plan::Nothing;
        }
        Wanted::Whole => Part {
            status: 200,
            first: 0,
            length: size,
        },
        Wanted::Part { first, length } => {
            let last = first + length - 1;
            head.push(("content-range", format!("bytes {first}-{last}/{size}")));
            Part {
                status: 206,
                first,
                length,
            }
        }
    };
    head.push(("content-type", types::of(path).into()));
    Plan::Send(part)
}

/// Whether a list of entity tags has this one, weak or strong.
fn lists(tags: &[u8], tag: &[u8]) -> bool {
    tags.split(|byte| *byte == b',').any(|one| {
        let one = one.trim_ascii();
        one.strip_prefix(b"W/").unwrap_or(one) == tag
    })
}

/// Sends a part of a file: what fits into one piece at once, the rest as the client takes it.
fn deliver(
    reply: &mut Reply<'_>,
    mut record: Record,
    mut head: Head,
    mut file: File,
    part: Part,
) -> Result<(), SendError> {
    if reply.is_head() {
        head.push(("content-length", part.length.to_string()));
        record.status(part.status);
        let sent = reply.start(part.status, &head);
        record.done();
        return sent;
    }
    match first(&mut file, &part) {
        Err(_) => text(reply, record, 500, Head::new()),
        Ok(piece) if piece.len() as u64 == part.length => {
            whole(reply, record, part.status, &head, piece)
        }
        Ok(piece) => {
            head.push(("content-length", part.length.to_string()));
            record.status(part.status);
            reply.start(part.status, &head)?;
            let left = part.length - piece.len() as u64;
            reply.go_on(Body {
                source: Source::new(file, left),
                piece,
                record,
            });
            Ok(())
        }
    }
}

/// The first piece of a part.
fn first(file: &mut File, part: &Part) -> io::Result<Bytes> {
    if part.first != 0 {
        file.seek(SeekFrom::Start(part.first))?;
    }
    read(file, part.length.min(PIECE))
}

/// A response that is complete at once.
fn whole(
    reply: &mut Reply<'_>,
    mut record: Record,
    status: u16,
    head: &Head,
    body: Bytes,
) -> Result<(), SendError> {
    record.status(status);
    if !reply.is_head() {
        record.sent(body.len() as u64);
    }
    let sent = reply.send(status, head, body);
    match &sent {
        Ok(()) => record.done(),
        Err(error) => record.cut(error),
    }
    sent
}

/// A status and its name.
fn text(
    reply: &mut Reply<'_>,
    record: Record,
    status: u16,
    mut head: Head,
) -> Result<(), SendError> {
    let name = match status {
        301 => "Moved Permanently",
        400 => "Bad Request",
        403 => "Forbidden",
        405 => "Method Not Allowed",
        416 => "Range Not Satisfiable",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Not Found",
    };
    head.push(("content-type", "text/plain; charset=utf-8".into()));
    whole(
        reply,
        record,
        status,
        &head,
        format!("{status} {name}\n").into(),
    )
}

impl Service for Site {
    fn call(&mut self, request: &mut Request, reply: &mut Reply<'_>) {
        let record = Record::new(request, reply);
        if self.answer(request, reply, record).is_err() && !reply.is_ended() {
            reply.reset(bywash_mio::proto::vocabulary::ErrorCode::INTERNAL_ERROR);
        }
    }

    fn on_close(&mut self, _conn: ConnId, end: &End) {
        if !matches!(end.reason, CloseReason::Finished | CloseReason::Eof) {
            log::tell(end);
        }
    }

    fn on_pressure(&mut self, cx: &mut Cx<'_>, conn: ConnId, limit: LimitName) {
        if let Some(conn) = cx.conn(conn) {
            let peer = conn.peer();
            log::tell(&format_args!("{peer} has used half of the limit {limit}"));
        }
    }

    fn on_notice(&mut self, notice: &Notice) {
        if let Some(line) = self.notices.line(notice, Instant::now()) {
            log::tell(&line);
        }
    }
}
