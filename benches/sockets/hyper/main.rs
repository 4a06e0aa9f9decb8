//! What `serve --bench` answers, by hyper: `hyper-server ADDR:PORT [THREADS]`.

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;

struct Bodies {
    largest: Bytes,
}

async fn answer(
    bodies: &'static Bodies,
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, hyper::Error>>, Infallible> {
    let body = match (request.method(), request.uri().path()) {
        (&Method::POST, "/echo") => return Ok(with(request.into_body().boxed())),
        (&Method::POST, "/sink") => {
            let octets = swallow(request.into_body()).await;
            return Ok(with(full(Bytes::from(format!("{octets}\n")))));
        }
        (_, "/") => Bytes::from_static(b"Hello world\n"),
        (_, "/1k") => bodies.largest.slice(..1 << 10),
        (_, "/64k") => bodies.largest.slice(..64 << 10),
        (_, "/1m") => bodies.largest.slice(..1 << 20),
        (_, "/10m") => bodies.largest.clone(),
        _ => {
            let mut response = with(full(Bytes::from_static(b"404 Not Found\n")));
            *response.status_mut() = hyper::StatusCode::NOT_FOUND;
            return Ok(response);
        }
    };
    if !request.body().is_end_stream() {
        swallow(request.into_body()).await;
    }
    Ok(with(full(body)))
}

fn full(body: Bytes) -> BoxBody<Bytes, hyper::Error> {
    Full::new(body).map_err(|never| match never {}).boxed()
}

fn with(body: BoxBody<Bytes, hyper::Error>) -> Response<BoxBody<Bytes, hyper::Error>> {
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

async fn swallow(mut body: Incoming) -> usize {
    let mut octets = 0;
    while let Some(Ok(frame)) = body.frame().await {
        octets += frame.data_ref().map_or(0, Bytes::len);
    }
    octets
}

async fn serve(at: String) -> std::io::Result<()> {
    let bodies: &'static Bodies = Box::leak(Box::new(Bodies {
        largest: Bytes::from(vec![b'x'; 10 << 20]),
    }));
    let listener = tokio::net::TcpListener::bind(at).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(async move {
            let service = hyper::service::service_fn(|request| answer(bodies, request));
            // The client's end is no news.
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .max_concurrent_streams(256)
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let at = args.next().unwrap_or("127.0.0.1:8081".into());
    let threads = args.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let runtime = match threads {
        1 => tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?,
        n => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(n)
            .enable_io()
            .build()?,
    };
    runtime.block_on(serve(at))
}
