//! Metadata there and back.

use super::{
    payloads::{check_response, check_unary, turn, unary},
    setting::{LARGE_REQUEST, LARGE_RESPONSE, LONGEST, Outcome, Setting, ensure},
};
use crate::service::{ECHO_INITIAL, ECHO_TRAILING};
use bywash_grpc::Metadata;

const INITIAL: &str = "test_initial_metadata_value";
const TRAILING: [u8; 3] = [0xab, 0xab, 0xab];

fn check(headers: &Metadata, trailers: &Metadata) -> Outcome {
    let initial = headers.get(ECHO_INITIAL);
    ensure(initial == Some(INITIAL), || {
        format!("the head's {ECHO_INITIAL} is {initial:?}")
    })?;
    let trailing = trailers.get_bin(ECHO_TRAILING);
    ensure(trailing == Some(&TRAILING[..]), || {
        format!("the trailers' {ECHO_TRAILING} is {trailing:?}")
    })
}

pub(super) fn custom_metadata(setting: &Setting) -> Outcome {
    let request = unary(LARGE_REQUEST, LARGE_RESPONSE);
    let call = setting.test.unary_call(&request).timeout(LONGEST);
    let call = call.meta(ECHO_INITIAL, INITIAL);
    let reply = call.meta_bin(ECHO_TRAILING, &TRAILING).call_full()?;
    check_unary(&reply.message, LARGE_RESPONSE)?;
    check(&reply.headers, &reply.trailers)?;

    let call = setting.test.full_duplex_call().timeout(LONGEST);
    let call = call.meta(ECHO_INITIAL, INITIAL);
    let (mut tx, mut rx) = call.meta_bin(ECHO_TRAILING, &TRAILING).open().split();
    // An end of the call shows with what is received.
    let _ = tx.send(&turn(LARGE_REQUEST, LARGE_RESPONSE));
    let headers = rx.headers()?.clone();
    match rx.recv()? {
        Some(reply) => check_response(&reply, LARGE_RESPONSE)?,
        None => return Err("no response".to_owned().into()),
    }
    tx.close();
    ensure(rx.recv()?.is_none(), || "a response too many".to_owned())?;
    check(&headers, &rx.trailers().unwrap_or_default())
}
