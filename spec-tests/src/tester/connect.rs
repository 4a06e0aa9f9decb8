//! Tests a server: one connection for each case, some at a time.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::args::Options;
use super::run::{Done, run, selected};
use super::socket::Socket;
use super::{report, run as runs};
use crate::cases::{Session, Target, Verdict, Wire};
use crate::raw::Role;

const CONNECT: Duration = Duration::from_secs(5);

/// Runs the cases; the number of violations.
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
    let cases = selected(options);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { break };
                    let one = run(case.clone(), &target, connect(options));
                    if let Ok(mut all) = done.lock() {
                        all.push((at, one));
                    }
                }
            });
        }
    });
    let mut all = done.into_inner().map_err(|_| "a case panicked")?;
    all.sort_by_key(|(at, _)| *at);
    let all: Vec<Done> = all.into_iter().map(|(_, one)| one).collect();
    report::print(&all, options);
    report::files(&all, options)?;
    Ok(runs::count(&all, Verdict::Violation))
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
        return super::tls::connect(socket, &options.address);
    }
    Ok(Box::new(Socket::new(socket)))
}
