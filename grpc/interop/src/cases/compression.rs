//! Messages that are compressed, and messages that are not, and whether each side can tell.

use super::{
    payloads::{check_response, check_unary, unary, wish},
    setting::{Failure, LARGE_REQUEST, LARGE_RESPONSE, LONGEST, Outcome, Setting, ensure},
};
use crate::{
    pb::{BoolValue, SimpleRequest, StreamingInputCallRequest, StreamingOutputCallRequest},
    service::zeros,
};
use bywash_grpc::{Code, status::Status};

fn said(value: bool) -> Option<BoolValue> {
    Some(BoolValue { value })
}

/// The server must have seen that a message is not what it says of itself.
fn noticed<T>(result: Result<T, Status>) -> Outcome {
    match result {
        Err(status) if status.code() == Code::InvalidArgument => Ok(()),
        Err(status) => Err(format!("the probe: {status}, not INVALID_ARGUMENT").into()),
        Ok(_) => Err(
            "the server did not notice that a message was not compressed"
                .to_owned()
                .into(),
        ),
    }
}

pub(super) fn client_compressed_unary(setting: &Setting) -> Outcome {
    let request = |expected| SimpleRequest {
        expect_compressed: said(expected),
        ..unary(LARGE_REQUEST, LARGE_RESPONSE)
    };
    let (packed, plain) = (request(true), request(false));
    noticed(setting.test.unary_call(&packed).timeout(LONGEST).call())?;
    let call = setting.test.unary_call(&packed).timeout(LONGEST);
    check_unary(&call.compress("gzip").call()?, LARGE_RESPONSE)?;
    let call = setting.test.unary_call(&plain).timeout(LONGEST);
    check_unary(&call.call()?, LARGE_RESPONSE)
}

pub(super) fn server_compressed_unary(setting: &Setting) -> Outcome {
    for compressed in [true, false] {
        let request = SimpleRequest {
            response_compressed: said(compressed),
            ..unary(LARGE_REQUEST, LARGE_RESPONSE)
        };
        let call = setting.test.unary_call(&request).timeout(LONGEST);
        let reply = call.call_full()?;
        check_unary(&reply.message, LARGE_RESPONSE)?;
        came(reply.compressed, compressed)?;
    }
    Ok(())
}

fn came(compressed: bool, wanted: bool) -> Outcome {
    ensure(compressed == wanted, || {
        format!("asked for compressed: {wanted}, the response came compressed: {compressed}")
    })
}

pub(super) fn client_compressed_streaming(setting: &Setting) -> Outcome {
    let part = |size, compressed| StreamingInputCallRequest {
        payload: Some(zeros(size)),
        expect_compressed: said(compressed),
    };
    let mut probe = setting.test.streaming_input_call().timeout(LONGEST).open();
    // An end of the call shows at its end.
    let _ = probe.send(&part(27_182, true));
    noticed(probe.finish())?;

    let call = setting.test.streaming_input_call().timeout(LONGEST);
    let mut upload = call.compress("gzip").open();
    let sent = upload.send(&part(27_182, true));
    upload.compress(false);
    let _ = sent.and_then(|()| upload.send(&part(45_904, false)));
    let sum = upload.finish()?.aggregated_payload_size;
    ensure(sum == 73_086, || format!("the sum is {sum}, not 73086"))
}

pub(super) fn server_compressed_streaming(setting: &Setting) -> Outcome {
    let wishes = [(31_415, true), (92_653, false)];
    let request = StreamingOutputCallRequest {
        response_parameters: wishes
            .map(|(size, compressed)| {
                let mut wish = wish(size);
                wish.compressed = said(compressed);
                wish
            })
            .to_vec(),
        ..StreamingOutputCallRequest::default()
    };
    let call = setting.test.streaming_output_call(&request);
    let mut responses = call.timeout(LONGEST).open();
    for (size, compressed) in wishes {
        let reply = responses.recv()?;
        let reply = reply.ok_or_else(|| Failure("a response is missing".to_owned()))?;
        check_response(&reply, size)?;
        came(responses.was_compressed(), compressed)?;
    }
    ensure(responses.recv()?.is_none(), || {
        "a third response came".to_owned()
    })
}
