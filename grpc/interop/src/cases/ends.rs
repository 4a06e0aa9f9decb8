//! Calls that do not end well, and must not.

use super::{
    payloads::{check_response, empty_unary, turn},
    setting::{Failure, LONGEST, Outcome, Setting, ensure},
};
use crate::{
    pb::{EchoStatus, Empty, SimpleRequest, StreamingOutputCallRequest},
    service::zeros,
};
use bywash_grpc::{Code, status::Status};
use std::time::Duration;

/// The call must have ended with this code.
fn ended_with<T: std::fmt::Debug>(
    result: Result<T, Status>,
    code: Code,
) -> Result<Status, Failure> {
    match result {
        Err(status) if status.code() == code => Ok(status),
        Err(status) => Err(format!("{status}, not {}", code.name()).into()),
        Ok(value) => Err(format!("{value:?}, not {}", code.name()).into()),
    }
}

fn says(status: &Status, message: &str) -> Outcome {
    ensure(status.message() == message, || {
        format!("the message is {:?}, not {message:?}", status.message())
    })
}

fn wish(message: &str) -> Option<EchoStatus> {
    Some(EchoStatus {
        code: Code::Unknown.as_u32() as i32,
        message: message.to_owned(),
    })
}

fn unary_ends(setting: &Setting, message: &str, longest: Duration) -> Outcome {
    let request = SimpleRequest {
        response_status: wish(message),
        ..SimpleRequest::default()
    };
    let result = setting.test.unary_call(&request).timeout(longest).call();
    says(&ended_with(result, Code::Unknown)?, message)
}

pub(super) fn status_code_and_message(setting: &Setting) -> Outcome {
    const MESSAGE: &str = "test status message";
    unary_ends(setting, MESSAGE, LONGEST)?;
    let (mut tx, mut rx) = setting
        .test
        .full_duplex_call()
        .timeout(LONGEST)
        .open()
        .split();
    // An end of the call shows with what is received.
    let _ = tx.send(&StreamingOutputCallRequest {
        response_status: wish(MESSAGE),
        ..StreamingOutputCallRequest::default()
    });
    tx.close();
    says(&ended_with(rx.recv(), Code::Unknown)?, MESSAGE)
}

pub(super) fn special_status_message(setting: &Setting) -> Outcome {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP \u{263a} and non-BMP \u{1f608}\t\n";
    unary_ends(setting, message, Duration::from_secs(10))
}

pub(super) fn unimplemented_method(setting: &Setting) -> Outcome {
    let result = setting
        .test
        .unimplemented_call(&Empty {})
        .timeout(LONGEST)
        .call();
    ended_with(result, Code::Unimplemented).map(drop)
}

pub(super) fn unimplemented_service(setting: &Setting) -> Outcome {
    let call = setting.unimplemented.unimplemented_call(&Empty {});
    ended_with(call.timeout(LONGEST).call(), Code::Unimplemented).map(drop)
}

pub(super) fn cancel_after_begin(setting: &Setting) -> Outcome {
    let canceller = bywash_grpc::client::Canceller::new();
    let call = setting.test.streaming_input_call().timeout(LONGEST);
    let upload = call.cancel_by(&canceller).open();
    canceller.cancel();
    ended_with(upload.finish(), Code::Cancelled).map(drop)
}

pub(super) fn cancel_after_first_response(setting: &Setting) -> Outcome {
    let (mut tx, mut rx) = setting
        .test
        .full_duplex_call()
        .timeout(LONGEST)
        .open()
        .split();
    // An end of the call shows with what is received.
    let _ = tx.send(&turn(27_182, 31_415));
    match rx.recv()? {
        Some(reply) => check_response(&reply, 31_415)?,
        None => return Err("no response".to_owned().into()),
    }
    rx.cancel();
    ended_with(rx.recv(), Code::Cancelled).map(drop)
}

pub(super) fn timeout_on_sleeping_server(setting: &Setting) -> Outcome {
    // Without a server at all the next call would end in the same way.
    empty_unary(setting)?;
    let call = setting.test.full_duplex_call();
    let (mut tx, mut rx) = call.timeout(Duration::from_millis(1)).open().split();
    // The deadline may have passed before this.
    let _ = tx.send(&StreamingOutputCallRequest {
        payload: Some(zeros(27_182)),
        ..StreamingOutputCallRequest::default()
    });
    ended_with(rx.recv(), Code::DeadlineExceeded).map(drop)
}
