//! `grpc.testing.BenchmarkService`.

use crate::{
    pb::{
        SimpleRequest, SimpleResponse,
        benchmark_service::{self, BenchmarkService, STREAMING_CALL, Tag, UNARY_CALL},
    },
    service::payload,
};
use bywash_grpc::{
    Status,
    ctx::Ctx,
    reactor::{Reactor, Sent, Stream},
    server::{Receiver, Sender, Service},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// The service by plain functions.
#[derive(Debug)]
pub struct Bench;

fn answer(request: &SimpleRequest) -> Result<SimpleResponse, Status> {
    Ok(SimpleResponse {
        payload: Some(payload(request.response_type, request.response_size)?),
        ..SimpleResponse::default()
    })
}

impl BenchmarkService for Bench {
    fn unary_call(&self, _: &Ctx, request: SimpleRequest) -> Result<SimpleResponse, Status> {
        answer(&request)
    }

    fn streaming_call(
        &self,
        _: &Ctx,
        mut requests: Receiver<SimpleRequest>,
        mut out: Sender<SimpleResponse>,
    ) -> Result<(), Status> {
        while let Some(request) = requests.recv()? {
            out.send(&answer(&request)?)?;
        }
        Ok(())
    }

    fn streaming_from_client(
        &self,
        _: &Ctx,
        mut requests: Receiver<SimpleRequest>,
    ) -> Result<SimpleResponse, Status> {
        let mut last = SimpleRequest::default();
        while let Some(request) = requests.recv()? {
            last = request;
        }
        answer(&last)
    }

    fn streaming_from_server(
        &self,
        _: &Ctx,
        request: SimpleRequest,
        mut out: Sender<SimpleResponse>,
    ) -> Result<(), Status> {
        let response = answer(&request)?;
        loop {
            // Ends when the client gives the call up.
            out.send(&response)?;
        }
    }

    fn streaming_both_ways(
        &self,
        _: &Ctx,
        mut requests: Receiver<SimpleRequest>,
        mut out: Sender<SimpleResponse>,
    ) -> Result<(), Status> {
        let Some(first) = requests.recv()? else {
            return Ok(());
        };
        let response = answer(&first)?;
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            let reading = scope.spawn(|| {
                let result = requests.try_for_each(|request| request.map(drop));
                ended.store(true, Ordering::Relaxed);
                result
            });
            while !ended.load(Ordering::Relaxed) {
                out.send(&response)?;
            }
            reading
                .join()
                .unwrap_or_else(|_| Err(Status::internal("the reader panicked")))
        })
    }
}

/// The lock step of `StreamingCall` without a thread.
struct Echo;

impl Reactor<SimpleRequest, SimpleResponse> for Echo {
    fn on_message(&mut self, stream: &mut Stream<'_, SimpleResponse>, request: SimpleRequest) {
        match answer(&request) {
            Ok(response) => {
                if stream.send(&response) == Sent::Queued {
                    stream.request(1);
                }
            }
            Err(status) => stream.finish(Err(status)),
        }
    }

    fn on_writable(&mut self, stream: &mut Stream<'_, SimpleResponse>) {
        stream.request(1);
    }

    fn on_half_close(&mut self, stream: &mut Stream<'_, SimpleResponse>) {
        stream.finish(Ok(()));
    }
}

/// The service on the threads of the server's pool, or, `inline`, `UnaryCall` and `StreamingCall` on its loop.
pub fn service(inline: bool) -> Service<Tag> {
    let service = benchmark_service::serve(Arc::new(Bench));
    if inline {
        service
            .inline(UNARY_CALL)
            .reactor(STREAMING_CALL, |_| Ok(Echo))
    } else {
        service
    }
}
