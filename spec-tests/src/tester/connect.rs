//! Tests a server: one connection for each case, some at a time.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::args::Options;
use super::report;
use super::run::run_all;
use super::socket::Socket;
use crate::cases::{Session, Target, Wire};
use crate::raw::Role;

const CONNECT: Duration = Duration::from_secs(5);

/// Runs the cases; the number of failures.
///
/// # Errors
/// If the server cannot be reached, does not serve plain requests, or a report cannot be written.
pub(super) fn test_server(options: &Options) -> Result<usize, String> {
    let target = Target {
        role: Role::Server,
        scheme: if options.tls { "https" } else { "http" }.to_owned(),
        authority: options.address.clone(),
        path: options.path.clone(),
        upload: options.upload.clone(),
        wait: options.timeout,
        obeys: false,
    };
    greet(options, &target)?;
    let all = run_all(options, &target, || connect(options))?;
    report::all(&all, options)
}

/// One plain request first: without an answer no case means anything.
fn greet(options: &Options, target: &Target) -> Result<(), String> {
    let mut session = Session::new(connect(options)?, target);
    let greeted = session.start().and_then(|_| {
        let id = session.get();
        session.answer(id)
    });
    match greeted {
        Ok(answer) if (200..300).contains(&answer.status()) && !answer.body.is_empty() => Ok(()),
        Ok(answer) => Err(format!(
            "GET {} gave status {} and {} octets: the cases need 200 and content",
            target.path,
            answer.status(),
            answer.body.len()
        )),
        Err(outcome) => Err(format!(
            "{} does not serve a plain request: expected {}, got {}",
            options.address, outcome.expected, outcome.came
        )),
    }
}

/// A fresh connection.
fn connect(options: &Options) -> Result<Box<dyn Wire>, String> {
    let problem = |error| format!("cannot connect to {}: {error}", options.address);
    let address = options
        .address
        .to_socket_addrs()
        .map_err(problem)?
        .next()
        .ok_or_else(|| format!("{} has no address", options.address))?;
    let socket = TcpStream::connect_timeout(&address, CONNECT).map_err(problem)?;
    #[cfg(feature = "tls")]
    if options.tls {
        let stream = super::tls::connect(socket, &options.address)?;
        return Ok(Box::new(Socket::new(stream)));
    }
    Ok(Box::new(Socket::new(socket)))
}
