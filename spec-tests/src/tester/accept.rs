//! Tests a client: listens, and runs one case on each connection that comes.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::args::Options;
use super::report;
use super::run::{run, run_all, selected};
use super::socket::Socket;
use crate::cases::{Got, Target, Told, Wire, Wish};
use crate::raw::Role;

/// How often to look for a connection.
const STEP: Duration = Duration::from_millis(10);

/// How many steps to wait for the connection of a client that was started for the case: ten seconds.
const STEPS: usize = 1000;

/// Runs the cases; the number of failures.
///
/// # Errors
/// If it cannot listen, or a report cannot be written.
pub(super) fn test_client(options: &Options) -> Result<usize, String> {
    let target = Target {
        role: Role::Client,
        scheme: scheme(options).to_owned(),
        authority: options.address.clone(),
        path: "/".to_owned(),
        upload: None,
        wait: options.timeout,
        obeys: false,
    };
    let all = match &options.exec {
        Some(command) => {
            let ip = ip(&options.address)?;
            run_all(options, &target, || started(options, command, ip))?
        }
        None => {
            let (listener, url) = listen(options, &options.address)?;
            let mut all = Vec::new();
            for case in selected(options) {
                println!("{}: point the client at {url}", case.id);
                let wire = accept(&listener, None).and_then(|socket| secure(socket, options));
                all.push(run(case, &target, wire));
            }
            all
        }
    };
    report::all(&all, options)
}

fn scheme(options: &Options) -> &'static str {
    if options.tls { "https" } else { "http" }
}

fn ip(address: &str) -> Result<IpAddr, String> {
    address
        .to_socket_addrs()
        .ok()
        .and_then(|mut found| found.next())
        .map(|found| found.ip())
        .ok_or_else(|| format!("{address} is no address"))
}

/// A listener, and its URL.
fn listen(options: &Options, address: impl ToSocketAddrs) -> Result<(TcpListener, String), String> {
    let problem = |error| format!("cannot listen on {}: {error}", options.address);
    let listener = TcpListener::bind(address).map_err(problem)?;
    listener.set_nonblocking(true).map_err(problem)?;
    let address = listener.local_addr().map_err(problem)?;
    let url = format!("{}://{address}/", scheme(options));
    Ok((listener, url))
}

/// A client that was started for one case, and its connection.
struct Started {
    child: Child,
    wire: Box<dyn Wire>,
}

impl Drop for Started {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// It may be gone already; what is left is only to collect it.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

impl Wire for Started {
    fn send(&mut self, octets: &[u8]) {
        self.wire.send(octets);
    }

    fn receive(&mut self, wait: Duration) -> Got {
        self.wire.receive(wait)
    }

    fn finish(&mut self) {
        self.wire.finish();
    }

    fn wish(&mut self, wish: &Wish) -> bool {
        self.wire.wish(wish)
    }

    fn told(&mut self, stream: u32) -> Told {
        self.wire.told(stream)
    }
}

/// Starts the client, with a listener that is for it alone.
fn started(options: &Options, command: &str, ip: IpAddr) -> Result<Box<dyn Wire>, String> {
    let (listener, url) = listen(options, SocketAddr::new(ip, 0))?;
    let mut child = start(&command.replace("{url}", &url))?;
    let wire = accept(&listener, Some(STEPS)).and_then(|socket| secure(socket, options));
    match wire {
        Ok(wire) => Ok(Box::new(Started { child, wire })),
        Err(problem) => {
            end(&mut child);
            Err(problem)
        }
    }
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

/// The next connection, for which it waits so many steps at most.
fn accept(listener: &TcpListener, steps: Option<usize>) -> Result<TcpStream, String> {
    let mut waited = 0;
    loop {
        match listener.accept() {
            Ok((socket, _)) => {
                let blocking = socket.set_nonblocking(false);
                return blocking.map(|()| socket).map_err(|error| error.to_string());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if steps.is_some_and(|steps| waited == steps) {
                    return Err("the client did not connect".to_owned());
                }
                waited += 1;
                std::thread::sleep(STEP);
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn secure(socket: TcpStream, options: &Options) -> Result<Box<dyn Wire>, String> {
    #[cfg(feature = "tls")]
    if let (Some(cert), Some(key)) = (&options.cert, &options.key) {
        let stream = super::tls::accept(socket, cert, key)?;
        return Ok(Box::new(Socket::new(stream)));
    }
    let _ = options;
    Ok(Box::new(Socket::new(socket)))
}
