//! Tests a client: listens, and runs one case on each connection that comes.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::args::Options;
use super::report;
use super::run::{count, run, selected};
use super::socket::Socket;
use crate::cases::{Target, Verdict, Wire};
use crate::raw::Role;

/// How often to look for a connection.
const STEP: Duration = Duration::from_millis(10);

/// How many steps to wait for the connection of a client that was started for the case: ten seconds.
const STEPS: usize = 1000;

/// Runs the cases; the number of violations.
///
/// # Errors
/// If it cannot listen, or a report cannot be written.
pub(super) fn test_client(options: &Options) -> Result<usize, String> {
    let problem = |error| format!("cannot listen on {}: {error}", options.address);
    let listener = TcpListener::bind(&options.address).map_err(problem)?;
    listener.set_nonblocking(true).map_err(problem)?;
    let address = listener.local_addr().map_err(problem)?;
    let scheme = if options.tls { "https" } else { "http" };
    let url = format!("{scheme}://{address}/");
    let target = Target {
        role: Role::Client,
        scheme: scheme.to_owned(),
        authority: address.to_string(),
        path: "/".to_owned(),
        upload: None,
        wait: options.timeout,
        obeys: false,
    };
    let mut all = Vec::new();
    for case in selected(options) {
        let mut child = match &options.exec {
            Some(command) => Some(start(&command.replace("{url}", &url))?),
            None => {
                println!("{}: point the client at {url}", case.id);
                None
            }
        };
        let wire = accept(&listener, child.is_some()).and_then(|socket| secure(socket, options));
        all.push(run(case, &target, wire));
        if let Some(child) = &mut child {
            // It may be gone already; what is left is only to collect it.
            let _ = child.kill();
            let _ = child.wait();
            // Connections that it made beside the one under test are not for the next case.
            while listener.accept().is_ok() {}
        }
    }
    report::print(&all, options);
    report::files(&all, options)?;
    Ok(count(&all, Verdict::Violation))
}

fn start(command: &str) -> Result<Child, String> {
    Command::new("sh")
        .arg("-c")
        .arg(format!("exec {command}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot run {command:?}: {error}"))
}

/// The next connection. A client that was started for the case must come within ten seconds.
fn accept(listener: &TcpListener, started: bool) -> Result<TcpStream, String> {
    let mut steps = 0;
    loop {
        match listener.accept() {
            Ok((socket, _)) => {
                let blocking = socket.set_nonblocking(false);
                return blocking.map(|()| socket).map_err(|error| error.to_string());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if started && steps == STEPS {
                    return Err("the client did not connect".to_owned());
                }
                steps += 1;
                std::thread::sleep(STEP);
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn secure(socket: TcpStream, options: &Options) -> Result<Box<dyn Wire>, String> {
    #[cfg(feature = "tls")]
    if let (Some(cert), Some(key)) = (&options.cert, &options.key) {
        return super::tls::accept(socket, cert, key);
    }
    let _ = options;
    Ok(Box::new(Socket::new(socket)))
}
