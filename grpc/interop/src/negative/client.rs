//! What a client must make of it.

use super::case::Case;
use crate::{
    cases::{Failure, LARGE_REQUEST, LARGE_RESPONSE},
    pb::{SimpleRequest, SimpleResponse, test_service},
    service::zeros,
};
use bywash_grpc::{Code, client::Channel, status::Status};
use std::{sync::mpsc, thread, time::Duration};

/// No call may take longer.
const LONGEST: Duration = Duration::from_secs(30);

/// Calls at once against a server that takes one at a time.
const CROWD: usize = 15;

/// Makes the calls of a case; `pause` is the time between the two calls of [`Case::Goaway`], a second in the
/// description.
///
/// # Errors
/// A call ended otherwise than it must.
pub fn check(case: Case, channel: &Channel, pause: Duration) -> Result<(), Failure> {
    let test = test_service::Client::new(channel);
    match case {
        Case::Goaway => {
            went_well(one(&test))?;
            thread::sleep(pause);
            went_well(one(&test))
        }
        Case::RstAfterHeader | Case::RstAfterData => failed(one(&test), &[Code::Internal]),
        Case::RstDuringData => failed(one(&test), &[Code::Internal, Code::Unknown]),
        Case::Ping => went_well(one(&test)),
        Case::MaxStreams => {
            went_well(one(&test))?;
            crowd(&test)
        }
    }
}

fn request() -> SimpleRequest {
    SimpleRequest {
        response_size: LARGE_RESPONSE as i32,
        payload: Some(zeros(LARGE_REQUEST)),
        ..SimpleRequest::default()
    }
}

fn one(test: &test_service::Client) -> Result<SimpleResponse, Status> {
    test.unary_call(&request()).timeout(LONGEST).call()
}

fn went_well(result: Result<SimpleResponse, Status>) -> Result<(), Failure> {
    let octets = result?.payload.map_or(0, |payload| payload.body.len());
    if octets == LARGE_RESPONSE {
        Ok(())
    } else {
        Err(format!("the response has {octets} octets").into())
    }
}

fn failed(result: Result<SimpleResponse, Status>, codes: &[Code]) -> Result<(), Failure> {
    match result {
        Err(status) if codes.contains(&status.code()) => Ok(()),
        Err(status) => Err(format!("{status}, not {}", codes[0].name()).into()),
        Ok(_) => Err("a response, although the stream was reset"
            .to_owned()
            .into()),
    }
}

fn crowd(test: &test_service::Client) -> Result<(), Failure> {
    let (tell, told) = mpsc::channel();
    let request = request();
    for _ in 0..CROWD {
        let tell = tell.clone();
        test.unary_call(&request)
            .timeout(LONGEST)
            .start(move |reply| {
                // Nobody listens any more when another call has failed.
                let _ = tell.send(went_well(reply.map(|reply| reply.message)));
            });
    }
    drop(tell);
    let ended = told.iter().collect::<Result<Vec<()>, Failure>>()?.len();
    if ended == CROWD {
        Ok(())
    } else {
        Err(format!("{ended} of {CROWD} calls ended").into())
    }
}
