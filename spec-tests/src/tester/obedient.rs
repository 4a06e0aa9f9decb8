//! Implementations whose application does what the cases wish: it is told over a control connection, one for each case.
//!
//! The application listens for control connections. On each it reads lines and answers every one by one line:
//!
//! | line | answer |
//! |---|---|
//! | `configure WISH` | `yes` or `no`; only before the connection |
//! | `serve [tls]` | `at ADDRESS`: it listens there, with this configuration, for one connection |
//! | `connect ADDRESS [tls]` | `yes`: it connects |
//! | `wish OCTETS WISH` | `yes` or `no`, once it has read so many octets of the connection |
//! | `told OCTETS STREAM` | `waiting`, `complete` or `failed`, once it has read so many octets |
//!
//! When the control connection ends, it drops the other one.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::args::Options;
use super::report;
use super::run::run_all;
use super::socket::Socket;
use crate::cases::{Got, Target, Told, Wire, Wish};
use crate::raw::Role;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// Runs the cases; the number of failures.
///
/// # Errors
/// If the application cannot be reached, or a report cannot be written.
pub(super) fn test(options: &Options) -> Result<usize, String> {
    let target = Target {
        role: options.role,
        scheme: if options.tls { "https" } else { "http" }.to_owned(),
        authority: "localhost".to_owned(),
        path: "/".to_owned(),
        upload: Some("/upload".to_owned()),
        wait: options.timeout,
        obeys: true,
    };
    Obedient::new(options)?;
    let all = run_all(options, &target, || {
        Obedient::new(options).map(|wire| Box::new(wire) as Box<dyn Wire>)
    })?;
    report::all(&all, options)
}

/// The way to such an implementation. The connection is made with the first octet, so that it can be configured before.
pub(super) struct Obedient {
    control: BufReader<TcpStream>,
    options: Options,
    wire: Option<Box<dyn Wire>>,
    octets: u64,
}

impl Obedient {
    /// A control connection; [`Options::address`] is where the application listens.
    pub(super) fn new(options: &Options) -> Result<Self, String> {
        let problem = |error| format!("cannot tell {}: {error}", options.address);
        let control = TcpStream::connect(&options.address).map_err(problem)?;
        control.set_nodelay(true).map_err(problem)?;
        control.set_read_timeout(Some(ANSWER)).map_err(problem)?;
        Ok(Self {
            control: BufReader::new(control),
            options: options.clone(),
            wire: None,
            octets: 0,
        })
    }

    /// Says a line; the answer.
    fn ask(&mut self, line: &str) -> Result<String, String> {
        let problem = |error| format!("{line:?} was not answered: {error}");
        let mut answer = String::new();
        self.control
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
            .and_then(|()| self.control.read_line(&mut answer))
            .map_err(problem)?;
        Ok(answer.trim_end().to_owned())
    }

    /// The connection. What keeps it from being made is told: no case can be judged without one.
    fn wire(&mut self) -> Option<&mut (dyn Wire + 'static)> {
        if self.wire.is_none() {
            match self.open() {
                Ok(wire) => self.wire = Some(wire),
                Err(problem) => eprintln!("bywash-spec-tests: no connection: {problem}"),
            }
        }
        self.wire.as_deref_mut()
    }

    fn open(&mut self) -> Result<Box<dyn Wire>, String> {
        let tls = if self.options.tls { " tls" } else { "" };
        let problem = |error: std::io::Error| error.to_string();
        if self.options.role == Role::Server {
            let answer = self.ask(&format!("serve{tls}"))?;
            let address = answer.strip_prefix("at ").ok_or(answer.clone())?;
            let socket = TcpStream::connect(address).map_err(problem)?;
            return self.client_side(socket, address);
        }
        let listener = TcpListener::bind("127.0.0.1:0").map_err(problem)?;
        let address = listener.local_addr().map_err(problem)?;
        let answer = self.ask(&format!("connect {address}{tls}"))?;
        if answer != "yes" {
            return Err(answer);
        }
        let (socket, _) = listener.accept().map_err(problem)?;
        self.server_side(socket)
    }

    fn client_side(&self, socket: TcpStream, address: &str) -> Result<Box<dyn Wire>, String> {
        #[cfg(feature = "tls")]
        if self.options.tls {
            let stream = super::tls::connect(socket, address)?;
            return Ok(Box::new(Socket::new(stream)));
        }
        let _ = address;
        Ok(Box::new(Socket::new(socket)))
    }

    fn server_side(&self, socket: TcpStream) -> Result<Box<dyn Wire>, String> {
        #[cfg(feature = "tls")]
        if let (Some(cert), Some(key)) = (&self.options.cert, &self.options.key) {
            let stream = super::tls::accept(socket, cert, key)?;
            return Ok(Box::new(Socket::new(stream)));
        }
        Ok(Box::new(Socket::new(socket)))
    }
}

impl Wire for Obedient {
    fn send(&mut self, octets: &[u8]) {
        if let Some(wire) = self.wire() {
            wire.send(octets);
            self.octets += octets.len() as u64;
        }
    }

    fn receive(&mut self, wait: Duration) -> Got {
        self.wire().map_or(Got::End, |wire| wire.receive(wait))
    }

    fn finish(&mut self) {
        if let Some(wire) = self.wire() {
            wire.finish();
        }
    }

    fn wish(&mut self, wish: &Wish) -> bool {
        let line = if self.wire.is_none() && wish.configures() {
            format!("configure {}", wish.words())
        } else if self.wire().is_some() {
            format!("wish {} {}", self.octets, wish.words())
        } else {
            return false;
        };
        self.ask(&line).is_ok_and(|answer| answer == "yes")
    }

    fn told(&mut self, stream: u32) -> Told {
        let line = format!("told {} {stream}", self.octets);
        self.ask(&line)
            .ok()
            .and_then(|word| Told::from_word(&word))
            .unwrap_or(Told::Unknown)
    }
}
