//! `grpc.testing.TestService`, as far as the interoperability tests' descriptions go and a little further.

use crate::pb::{
    BoolValue, EchoStatus, Empty, Payload, PayloadType, ResponseParameters, SimpleRequest,
    SimpleResponse, StreamingInputCallRequest, StreamingInputCallResponse,
    StreamingOutputCallRequest, StreamingOutputCallResponse, test_service::TestService,
};
use bytes::Bytes;
use bywash_grpc::{
    Code, Status,
    ctx::Ctx,
    server::{Receiver, Sender},
};
use std::{thread, time::Duration};

/// Metadata that a server sends back in its head.
pub const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
/// Metadata that a server sends back in its trailers.
pub const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// Octets of payload that a client may ask for at once.
const MAX_PAYLOAD: i32 = 64 * 1024 * 1024;

/// The service.
#[derive(Debug)]
pub struct Tests {
    server_id: String,
}

impl Tests {
    /// A service that calls itself so.
    pub fn new(server_id: impl Into<String>) -> Tests {
        Tests {
            server_id: server_id.into(),
        }
    }
}

/// A payload of zeros.
///
/// # Errors
/// INVALID_ARGUMENT for a size that is none, or a kind that is not known; RESOURCE_EXHAUSTED for what is too large.
pub fn payload(kind: i32, size: i32) -> Result<Payload, Status> {
    if PayloadType::try_from(kind).is_err() {
        return Err(Status::invalid_argument(format!(
            "there is no payload type {kind}"
        )));
    }
    match usize::try_from(size) {
        Err(_) => Err(Status::invalid_argument(format!("there is no size {size}"))),
        Ok(_) if size > MAX_PAYLOAD => Err(Status::resource_exhausted(format!(
            "a payload has at most {MAX_PAYLOAD} octets here"
        ))),
        Ok(size) => Ok(zeros(size)),
    }
}

/// A payload of so many zeros.
pub fn zeros(size: usize) -> Payload {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    Payload {
        r#type: PayloadType::Compressable.into(),
        body: match ZEROS.get(..size) {
            Some(zeros) => Bytes::from_static(zeros),
            None => Bytes::from(vec![0; size]),
        },
    }
}

/// Sends back what the client asked to have sent back.
fn echo(cx: &Ctx) -> Result<(), Status> {
    if let Some(value) = cx.metadata().get(ECHO_INITIAL) {
        cx.set_header(ECHO_INITIAL, value)?;
    }
    if let Some(value) = cx.metadata().get_bin(ECHO_TRAILING) {
        cx.set_trailer_bin(ECHO_TRAILING, value)?;
    }
    Ok(())
}

/// The status that the client asked for, if it did.
fn wanted(status: Option<EchoStatus>) -> Result<(), Status> {
    match status {
        Some(EchoStatus { code, message }) if code != 0 => {
            let code = u32::try_from(code).ok().and_then(Code::from_u32);
            Err(Status::new(code.unwrap_or(Code::Unknown), message))
        }
        _ => Ok(()),
    }
}

/// Refuses a message that is not what it says of itself.
fn check_compressed(said: Option<BoolValue>, compressed: bool) -> Result<(), Status> {
    match said {
        Some(said) if said.value != compressed => Err(Status::invalid_argument(format!(
            "the message says compressed: {}, and came compressed: {compressed}",
            said.value
        ))),
        _ => Ok(()),
    }
}

/// The encoding of a response some of whose messages are to be compressed.
fn choose_encoding(cx: &Ctx, wishes: &[ResponseParameters]) -> Result<(), Status> {
    if wishes.iter().any(|wish| is_on(wish.compressed)) {
        cx.compress_with("gzip")?;
    }
    Ok(())
}

fn is_on(said: Option<BoolValue>) -> bool {
    said.is_some_and(|said| said.value)
}

/// Sleeps, but not longer than the call lives.
fn rest(cx: &Ctx, microseconds: i32) -> Result<(), Status> {
    const STEP: Duration = Duration::from_millis(5);
    let mut left = Duration::from_micros(u64::try_from(microseconds).unwrap_or(0));
    while !left.is_zero() {
        cx.check()?;
        let step = left.min(STEP);
        thread::sleep(step);
        left -= step;
    }
    Ok(())
}

/// The next request of a call, unless that asks for a status.
fn asked(
    requests: &mut Receiver<StreamingOutputCallRequest>,
) -> Result<Option<StreamingOutputCallRequest>, Status> {
    let mut request = requests.recv()?;
    wanted(request.as_mut().and_then(|one| one.response_status.take()))?;
    Ok(request)
}

fn respond(
    cx: &Ctx,
    out: &mut Sender<StreamingOutputCallResponse>,
    kind: i32,
    parameters: &[ResponseParameters],
) -> Result<(), Status> {
    for wish in parameters {
        rest(cx, wish.interval_us)?;
        out.compress(is_on(wish.compressed));
        out.send(&StreamingOutputCallResponse {
            payload: Some(payload(kind, wish.size)?),
        })?;
    }
    Ok(())
}

impl TestService for Tests {
    fn empty_call(&self, cx: &Ctx, _: Empty) -> Result<Empty, Status> {
        echo(cx)?;
        Ok(Empty {})
    }

    fn unary_call(&self, cx: &Ctx, request: SimpleRequest) -> Result<SimpleResponse, Status> {
        echo(cx)?;
        check_compressed(request.expect_compressed, cx.request_was_compressed())?;
        if let Some(said) = request.response_compressed {
            cx.compress_with(if said.value { "gzip" } else { "identity" })?;
        }
        wanted(request.response_status)?;
        let server_id = if request.fill_server_id {
            self.server_id.clone()
        } else {
            String::new()
        };
        Ok(SimpleResponse {
            payload: Some(payload(request.response_type, request.response_size)?),
            hostname: self.server_id.clone(),
            server_id,
            ..SimpleResponse::default()
        })
    }

    fn cacheable_unary_call(
        &self,
        cx: &Ctx,
        request: SimpleRequest,
    ) -> Result<SimpleResponse, Status> {
        cx.set_header("cache-control", "max-age=60, public")?;
        self.unary_call(cx, request)
    }

    fn streaming_output_call(
        &self,
        cx: &Ctx,
        request: StreamingOutputCallRequest,
        mut out: Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        echo(cx)?;
        choose_encoding(cx, &request.response_parameters)?;
        respond(
            cx,
            &mut out,
            request.response_type,
            &request.response_parameters,
        )?;
        wanted(request.response_status)
    }

    fn streaming_input_call(
        &self,
        cx: &Ctx,
        mut requests: Receiver<StreamingInputCallRequest>,
    ) -> Result<StreamingInputCallResponse, Status> {
        echo(cx)?;
        let mut sum = 0i32;
        while let Some(request) = requests.recv()? {
            check_compressed(request.expect_compressed, requests.was_compressed())?;
            let size = request.payload.map_or(0, |payload| payload.body.len());
            sum = sum.saturating_add(i32::try_from(size).unwrap_or(i32::MAX));
        }
        Ok(StreamingInputCallResponse {
            aggregated_payload_size: sum,
        })
    }

    fn full_duplex_call(
        &self,
        cx: &Ctx,
        mut requests: Receiver<StreamingOutputCallRequest>,
        mut out: Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        echo(cx)?;
        let mut begun = false;
        while let Some(request) = asked(&mut requests)? {
            if !std::mem::replace(&mut begun, true) {
                choose_encoding(cx, &request.response_parameters)?;
            }
            respond(
                cx,
                &mut out,
                request.response_type,
                &request.response_parameters,
            )?;
        }
        Ok(())
    }

    fn half_duplex_call(
        &self,
        cx: &Ctx,
        mut requests: Receiver<StreamingOutputCallRequest>,
        mut out: Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        echo(cx)?;
        let mut all = Vec::new();
        while let Some(request) = asked(&mut requests)? {
            all.extend(
                request
                    .response_parameters
                    .into_iter()
                    .map(|wish| (request.response_type, wish)),
            );
        }
        for (kind, wish) in all {
            respond(cx, &mut out, kind, &[wish])?;
        }
        Ok(())
    }
}
