//! What responses say beside their messages. Most say the same: that is made once.

use crate::{compress::Compressor, metadata::Metadata, status::Status};
use std::{borrow::Cow, sync::LazyLock};

/// The content type of messages that are protobuf's, or do not say.
pub(super) const PLAIN: &str = "application/grpc";

/// The head of a response that has nothing to say.
static HEAD: LazyLock<Metadata> = LazyLock::new(|| {
    let mut fields = Metadata::new();
    let pushed = fields.push_reserved("content-type", PLAIN.as_bytes());
    debug_assert!(pushed.is_ok());
    fields
});

/// The trailers of a call that went well.
static TRAILERS: LazyLock<Metadata> = LazyLock::new(|| {
    let (mut fields, none) = (Metadata::new(), Metadata::new());
    let written = Status::write_trailers(&Ok(()), &none, usize::MAX, &mut fields);
    debug_assert!(written.is_ok());
    fields
});

/// The head of a response, with these fields of the application's.
pub(super) fn head(
    content_type: &str,
    compressor: Option<&dyn Compressor>,
    custom: &Metadata,
) -> Result<Cow<'static, Metadata>, Status> {
    if compressor.is_none() && custom.is_empty() && content_type == PLAIN {
        return Ok(Cow::Borrowed(&HEAD));
    }
    let mut fields = begun(content_type, custom.list_size())?;
    if let Some(compressor) = compressor {
        fields.push_reserved("grpc-encoding", compressor.name().as_bytes())?;
    }
    fields.append_all(custom)?;
    Ok(Cow::Owned(fields))
}

fn begun(content_type: &str, more: usize) -> Result<Metadata, Status> {
    let mut fields = Metadata::with_capacity(4, 96 + more);
    fields.push_reserved("content-type", content_type.as_bytes())?;
    Ok(fields)
}

/// The fields that end a call, of at most so many octets: trailers, or the only head, which has this content type.
pub(super) fn ending(
    only_head: Option<&str>,
    result: &Result<(), Status>,
    trailers: &Metadata,
    limit: u32,
) -> Result<Cow<'static, Metadata>, Status> {
    let mut block = match only_head {
        Some(content_type) => begun(content_type, trailers.list_size())?,
        None if result.is_ok() && trailers.is_empty() => return Ok(Cow::Borrowed(&TRAILERS)),
        None => Metadata::with_capacity(2, 64 + trailers.list_size()),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Status::write_trailers(result, trailers, limit, &mut block)?;
    Ok(Cow::Owned(block))
}
