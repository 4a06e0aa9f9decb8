//! Whom the floods are for: a server that runs already, or a client that is started for them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use bywash_spec_tests::raw::Role;

use crate::honest::Honest;
use crate::line::{self, Identity, Line};

/// One of the two, and the honest peer beside the floods.
pub(crate) enum Sufferer<'a> {
    Server {
        address: &'a str,
        secure: bool,
        pid: u32,
        honest: Option<Honest>,
    },
    Client {
        listener: TcpListener,
        identity: Option<&'a Identity>,
        child: Child,
        says: BufReader<ChildStdout>,
    },
}

impl<'a> Sufferer<'a> {
    pub(crate) fn server(address: &'a str, secure: bool, pid: u32) -> Self {
        Self::Server {
            address,
            secure,
            pid,
            honest: None,
        }
    }

    /// Starts the client; `honest` is the server that is honest with it.
    pub(crate) fn client(honest: &str, identity: Option<&'a Identity>) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("victim")
            .arg(listener.local_addr()?.to_string())
            .arg(honest)
            .args(identity.map(|_| "tls"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let says = child.stdout.take().map(BufReader::new);
        Ok(Self::Client {
            listener,
            identity,
            child,
            says: says.ok_or(std::io::ErrorKind::BrokenPipe)?,
        })
    }

    pub(crate) fn role(&self) -> Role {
        match self {
            Self::Server { .. } => Role::Server,
            Self::Client { .. } => Role::Client,
        }
    }

    /// Has the honest peer begin to measure.
    pub(crate) fn begin(&mut self) -> std::io::Result<()> {
        match self {
            Self::Server {
                address,
                secure,
                honest,
                ..
            } => *honest = Some(Honest::start(address, *secure)?),
            Self::Client { child, says, .. } => drop(ask(child, says)?),
        }
        Ok(())
    }

    /// A connection to flood.
    pub(crate) fn line(&self) -> std::io::Result<Box<dyn Line>> {
        match self {
            Self::Server {
                address, secure, ..
            } => line::connect(address, *secure),
            Self::Client {
                listener, identity, ..
            } => line::accept(listener, *identity),
        }
    }

    /// How long the honest requests took, in ascending order; there is at least one.
    pub(crate) fn finish(&mut self) -> std::io::Result<Vec<Duration>> {
        match self {
            Self::Server { honest, .. } => {
                let honest = honest.take().ok_or(std::io::ErrorKind::InvalidInput)?;
                let mut waits = honest.stop()?;
                waits.sort_unstable();
                Ok(waits)
            }
            Self::Client { child, says, .. } => {
                let mut waits = ask(child, says)?;
                let before = waits.len();
                // One after the floods, so that it is known to live.
                while waits.len() == before {
                    std::thread::sleep(Duration::from_millis(2));
                    waits.extend(ask(child, says)?);
                }
                waits.sort_unstable();
                Ok(waits)
            }
        }
    }

    /// What the process holds of memory of its own, in KiB.
    pub(crate) fn resident(&self) -> std::io::Result<u64> {
        let pid = match self {
            Self::Server { pid, .. } => *pid,
            Self::Client { child, .. } => child.id(),
        };
        let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        text.lines()
            .find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB"))
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| std::io::Error::other("no RssAnon"))
    }
}

impl Drop for Sufferer<'_> {
    fn drop(&mut self) {
        if let Self::Client { child, .. } = self {
            // It may be gone already; what is left is only to collect it.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What the client says of its honest requests since the last time.
fn ask(child: &mut Child, says: &mut BufReader<ChildStdout>) -> std::io::Result<Vec<Duration>> {
    let gone = || std::io::Error::other("the client is gone");
    child.stdin.as_mut().ok_or_else(gone)?.write_all(b"\n")?;
    let mut line = String::new();
    if says.read_line(&mut line)? == 0 {
        return Err(gone());
    }
    let micros = line.split_whitespace().map(str::parse::<u64>);
    let waits: Result<Vec<u64>, _> = micros.collect();
    let waits = waits.map_err(std::io::Error::other)?;
    Ok(waits.into_iter().map(Duration::from_micros).collect())
}
