//! Errors that say more than a code and a sentence: messages that travel with the status.
//!
//! The types are those of `google/rpc/error_details.proto`, which all gRPC libraries share; any message with a name
//! will do as well. Codes and details are for programs, the message is for people.
//!
//! `cargo run -p bywash-grpc --example error_details` prints:
//!
//! ```text
//! INVALID_ARGUMENT: 2 fields are wrong
//!   name: must not be empty
//!   age: must be a number
//! RESOURCE_EXHAUSTED: come back later
//!   reason QUOTA of shop.example, limit = 10
//!   again after 1.5s
//! welcome, Ada
//! ```

use bytes::Bytes;
use bywash_grpc::{
    Code, Server, Status,
    client::Channel,
    codec::Raw,
    method::{Method, Unary},
    server::Service,
    status::details::{BadRequest, ErrorInfo, FieldViolation, RetryInfo},
};
use std::{error::Error, time::Duration};

/// Ties the keys to their service.
enum Club {}

/// The request is a name, a comma and an age, so that this file needs no `.proto`.
const JOIN: Method<Club, Unary, Bytes, Bytes> = Method::new("/club.Club/Join", &Raw, &Raw);

fn violation(field: &str, description: &str) -> FieldViolation {
    FieldViolation {
        field: field.into(),
        description: description.into(),
        ..FieldViolation::default()
    }
}

fn join(request: &str) -> Result<Bytes, Status> {
    let (name, age) = request.split_once(',').unwrap_or((request, ""));
    let mut wrong = BadRequest::default();
    if name.is_empty() {
        wrong
            .field_violations
            .push(violation("name", "must not be empty"));
    }
    if age.parse::<u8>().is_err() {
        wrong
            .field_violations
            .push(violation("age", "must be a number"));
    }
    let count = wrong.field_violations.len();
    if count > 0 {
        let status = Status::invalid_argument(format!("{count} fields are wrong"));
        return Err(status.with_detail(&wrong));
    }
    if name == "Eve" {
        let info = ErrorInfo {
            reason: "QUOTA".into(),
            domain: "shop.example".into(),
            metadata: [("limit".to_owned(), "10".to_owned())].into(),
        };
        return Err(Status::resource_exhausted("come back later")
            .with_detail(&info)
            .with_detail(&RetryInfo::after(Duration::from_millis(1500))));
    }
    Ok(Bytes::from(format!("welcome, {name}")))
}

/// What a client makes of an error: it looks for the details it knows, by their types.
fn explain(status: &Status) {
    println!("{status}");
    match status.code() {
        Code::InvalidArgument => {
            let wrong = status.detail::<BadRequest>().unwrap_or_default();
            for FieldViolation {
                field, description, ..
            } in wrong.field_violations
            {
                println!("  {field}: {description}");
            }
        }
        _ => {
            if let Some(info) = status.detail::<ErrorInfo>() {
                print!("  reason {} of {}", info.reason, info.domain);
                info.metadata
                    .iter()
                    .for_each(|(key, value)| print!(", {key} = {value}"));
                println!();
            }
            if let Some(delay) = status.retry_delay() {
                println!("  again after {delay:?}");
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let service = Service::new("club.Club").unary(JOIN, |_, request| {
        let text = std::str::from_utf8(&request);
        join(text.map_err(|_| Status::invalid_argument("this is no text"))?)
    });
    let running = Server::builder()
        .service(service)
        .listen("127.0.0.1:0")?
        .start()?;
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).plaintext().build()?;

    for request in [",many", "Eve,30", "Ada,36"] {
        let request = Bytes::from(request);
        match channel
            .call(JOIN, Some(&request))
            .timeout(Duration::from_secs(5))
            .call()
        {
            Ok(reply) => println!("{}", String::from_utf8_lossy(&reply)),
            Err(status) => explain(&status),
        }
    }
    running.shutdown(Duration::from_secs(1));
    Ok(())
}
