//! Messages of all kinds of calls.

use super::setting::{Failure, LARGE_REQUEST, LARGE_RESPONSE, LONGEST, Outcome, Setting, ensure};
use crate::{
    pb::{
        Empty, ResponseParameters, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
        StreamingOutputCallRequest, StreamingOutputCallResponse, test_service,
    },
    service::zeros,
};
use std::sync::mpsc;

/// Octets of the requests of streams.
pub(super) const REQUESTS: [usize; 4] = [27_182, 8, 1_828, 45_904];
/// Octets of the responses of streams.
pub(super) const RESPONSES: [usize; 4] = [31_415, 9, 2_653, 58_979];

/// A request for so many octets, with so many.
pub(super) fn unary(request: usize, response: usize) -> SimpleRequest {
    SimpleRequest {
        response_size: response as i32,
        payload: Some(zeros(request)),
        ..SimpleRequest::default()
    }
}

/// A wish for one response of a stream.
pub(super) fn wish(size: usize) -> ResponseParameters {
    ResponseParameters {
        size: size as i32,
        ..ResponseParameters::default()
    }
}

/// A request of a stream for one response.
pub(super) fn turn(request: usize, response: usize) -> StreamingOutputCallRequest {
    StreamingOutputCallRequest {
        response_parameters: vec![wish(response)],
        payload: Some(zeros(request)),
        ..StreamingOutputCallRequest::default()
    }
}

pub(super) fn check_unary(reply: &SimpleResponse, size: usize) -> Outcome {
    let body = reply.payload.as_ref().map(|payload| &payload.body);
    ensure(
        body.is_some_and(|body| body.len() == size && body.iter().all(|octet| *octet == 0)),
        || {
            let got = body.map(|body| body.len());
            format!("{size} zeros were asked for, the response has {got:?} octets")
        },
    )
}

pub(super) fn check_response(reply: &StreamingOutputCallResponse, size: usize) -> Outcome {
    let got = reply
        .payload
        .as_ref()
        .map_or(0, |payload| payload.body.len());
    ensure(got == size, || {
        format!("a response has {got} octets, {size} were asked for")
    })
}

pub(super) fn empty_unary(setting: &Setting) -> Outcome {
    let reply = setting.test.empty_call(&Empty {}).timeout(LONGEST).call()?;
    ensure(reply == Empty {}, || format!("{reply:?}"))
}

pub(super) fn one_large_unary(test: &test_service::Client) -> Outcome {
    let request = unary(LARGE_REQUEST, LARGE_RESPONSE);
    let reply = test.unary_call(&request).timeout(LONGEST).call()?;
    check_unary(&reply, LARGE_RESPONSE)
}

pub(super) fn large_unary(setting: &Setting) -> Outcome {
    one_large_unary(&setting.test)
}

/// Many large calls at once over one channel.
pub(super) fn concurrent_large_unary(setting: &Setting) -> Outcome {
    let request = unary(LARGE_REQUEST, LARGE_RESPONSE);
    let (tell, told) = mpsc::channel();
    for _ in 0..setting.concurrent {
        let tell = tell.clone();
        let call = setting.test.unary_call(&request).timeout(LONGEST);
        call.start(move |reply| {
            // The other end is gone when the case has failed already.
            let _ = tell.send(match reply {
                Ok(reply) => check_unary(&reply.message, LARGE_RESPONSE),
                Err(status) => Err(Failure::from(status)),
            });
        });
    }
    drop(tell);
    let ended = told.iter().collect::<Result<Vec<()>, Failure>>()?.len();
    ensure(ended == setting.concurrent, || {
        format!("{ended} of {} calls ended", setting.concurrent)
    })
}

pub(super) fn client_streaming(setting: &Setting) -> Outcome {
    let mut upload = setting.test.streaming_input_call().timeout(LONGEST).open();
    for size in REQUESTS {
        let request = StreamingInputCallRequest {
            payload: Some(zeros(size)),
            ..StreamingInputCallRequest::default()
        };
        if upload.send(&request).is_err() {
            break;
        }
    }
    let sum = upload.finish()?.aggregated_payload_size;
    ensure(sum == 74_922, || format!("the sum is {sum}, not 74922"))
}

pub(super) fn server_streaming(setting: &Setting) -> Outcome {
    let request = StreamingOutputCallRequest {
        response_parameters: RESPONSES.map(wish).to_vec(),
        ..StreamingOutputCallRequest::default()
    };
    let call = setting.test.streaming_output_call(&request);
    let mut responses = call.timeout(LONGEST).open();
    let mut count = 0;
    for (size, response) in RESPONSES.into_iter().zip(&mut responses) {
        check_response(&response?, size)?;
        count += 1;
    }
    ensure(count == RESPONSES.len(), || {
        format!("{count} responses came, not 4")
    })?;
    ensure(responses.recv()?.is_none(), || {
        "a fifth response came".to_owned()
    })
}

pub(super) fn ping_pong(setting: &Setting) -> Outcome {
    let (mut tx, mut rx) = setting
        .test
        .full_duplex_call()
        .timeout(LONGEST)
        .open()
        .split();
    for (request, response) in REQUESTS.into_iter().zip(RESPONSES) {
        if tx.send(&turn(request, response)).is_err() {
            break;
        }
        match rx.recv()? {
            Some(reply) => check_response(&reply, response)?,
            None => return Err("the call ended before its last response".to_owned().into()),
        }
    }
    tx.close();
    ensure(rx.recv()?.is_none(), || "a response too many".to_owned())
}

pub(super) fn empty_stream(setting: &Setting) -> Outcome {
    let (tx, mut rx) = setting
        .test
        .full_duplex_call()
        .timeout(LONGEST)
        .open()
        .split();
    tx.close();
    ensure(rx.recv()?.is_none(), || {
        "a response to no request".to_owned()
    })
}
