//! `grpc.testing.BenchmarkService/UnaryCall` on tonic, on one thread, written as tonic's code generation writes it.
//!
//! `tonic-peer PORT`

use prost::bytes::Bytes;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};
use tonic::{
    Request, Response, Status,
    body::Body,
    codegen::{BoxFuture, http},
    server::{Grpc, NamedService, UnaryService},
    transport::Server,
};

#[derive(Clone, PartialEq, prost::Message)]
pub struct Payload {
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    #[prost(bytes = "bytes", tag = "2")]
    pub body: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SimpleRequest {
    #[prost(int32, tag = "1")]
    pub response_type: i32,
    #[prost(int32, tag = "2")]
    pub response_size: i32,
    #[prost(message, optional, tag = "3")]
    pub payload: Option<Payload>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SimpleResponse {
    #[prost(message, optional, tag = "1")]
    pub payload: Option<Payload>,
    #[prost(string, tag = "2")]
    pub username: String,
    #[prost(string, tag = "3")]
    pub oauth_scope: String,
}

/// Zeros without a copy, as bywash's server has them.
fn zeros(size: usize) -> Bytes {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    match ZEROS.get(..size) {
        Some(zeros) => Bytes::from_static(zeros),
        None => Bytes::from(vec![0; size]),
    }
}

struct Bench;

impl Bench {
    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let size = usize::try_from(request.get_ref().response_size)
            .map_err(|_| Status::invalid_argument("a negative size"))?;
        Ok(Response::new(SimpleResponse {
            payload: Some(Payload {
                r#type: 0,
                body: zeros(size),
            }),
            ..SimpleResponse::default()
        }))
    }
}

#[derive(Clone)]
struct BenchServer(Arc<Bench>);

impl NamedService for BenchServer {
    const NAME: &'static str = "grpc.testing.BenchmarkService";
}

struct UnaryCall(Arc<Bench>);

impl UnaryService<SimpleRequest> for UnaryCall {
    type Response = SimpleResponse;
    type Future = BoxFuture<Response<SimpleResponse>, Status>;

    fn call(&mut self, request: Request<SimpleRequest>) -> Self::Future {
        let bench = Arc::clone(&self.0);
        Box::pin(async move { bench.unary_call(request).await })
    }
}

impl<B> tonic::codegen::Service<http::Request<B>> for BenchServer
where
    B: tonic::codegen::Body + Send + 'static,
    B::Error: Into<tonic::codegen::StdError> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let bench = Arc::clone(&self.0);
        Box::pin(async move {
            match request.uri().path() {
                "/grpc.testing.BenchmarkService/UnaryCall" => {
                    let codec = tonic_prost::ProstCodec::default();
                    Ok(Grpc::new(codec).unary(UnaryCall(bench), request).await)
                }
                _ => Ok(Status::unimplemented("").into_http()),
            }
        })
    }
}

fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let at = SocketAddr::from(([127, 0, 0, 1], port.expect("a port")));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let stop = async {
            let kind = tokio::signal::unix::SignalKind::terminate();
            tokio::signal::unix::signal(kind)
                .expect("signals")
                .recv()
                .await;
        };
        Server::builder()
            .add_service(BenchServer(Arc::new(Bench)))
            .serve_with_shutdown(at, stop)
            .await
            .expect("a server");
    });
}
