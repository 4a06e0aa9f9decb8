//! A server and a client over bywash-mio whose application does what the tester wishes, so that every case can be judged
//! over sockets.
//!
//! `obey ADDR:PORT [CERT KEY]`, then `bywash-spec-tests server --obey ADDR:PORT` or `client --obey ADDR:PORT`. What is said
//! on control connections stands in `src/tester/obedient.rs`. Each of them has a thread and a loop of its own.

mod ends;

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bywash_mio::tls::{Certificates, ClientTls, ServerTls};
use bywash_mio::{EventLoop, LoopOptions};
use ends::Ends;

/// How often to look whether what a line waits for has come.
const STEP: Duration = Duration::from_millis(1);

/// TLS of both roles.
#[derive(Clone)]
struct Tls {
    server: Option<Arc<ServerTls>>,
    client: Arc<ClientTls>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("obey: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let (address, files) = match arguments {
        [address] => (address, None),
        [address, cert, key] => (address, Some((cert, key))),
        _ => return Err("usage: obey ADDR:PORT [CERT KEY]".to_owned()),
    };
    let tls = tls(files).map_err(|fault| fault.to_string())?;
    let address: SocketAddr = address
        .parse()
        .map_err(|_| format!("{address}: no address"))?;
    let problem = |error| format!("{address}: {error}");
    let listener = TcpListener::bind(address).map_err(problem)?;
    println!("told at {}", listener.local_addr().map_err(problem)?);
    for control in listener.incoming() {
        let (control, tls) = (control.map_err(problem)?, tls.clone());
        thread::spawn(move || {
            if let Err(error) = obey(control, tls) {
                eprintln!("obey: {error}");
            }
        });
    }
    Ok(())
}

fn tls(files: Option<(&String, &String)>) -> Result<Tls, bywash_mio::error::TlsFault> {
    let server = match files {
        Some((cert, key)) => {
            let certificates = Certificates::from_files(cert, key)?;
            Some(Arc::new(ServerTls::builder(&certificates).build()?))
        }
        None => None,
    };
    let client = Arc::new(ClientTls::insecure().build()?);
    Ok(Tls { server, client })
}

/// One control connection, and the connection that it is about, until the first ends.
fn obey(control: TcpStream, tls: Tls) -> io::Result<()> {
    control.set_nodelay(true)?;
    let mut answers = control.try_clone()?;
    let mut looped = EventLoop::new(LoopOptions::default())?;
    let handle = looped.handle();
    thread::spawn(move || {
        for line in BufReader::new(control).lines() {
            let Ok(line) = line else { break };
            if handle.send(Some(line)).is_err() {
                return;
            }
        }
        // The loop may be gone first: then nobody has to be told.
        let _ = handle.send(None);
    });
    let mut ends = Ends::new(tls);
    while !ends.left {
        let wait = (!ends.lines.is_empty()).then_some(STEP);
        looped.turn(&mut ends, wait)?;
        ends.news = false;
        while let Some(answer) = ends.answer(&mut looped.cx()) {
            answers.write_all(format!("{answer}\n").as_bytes())?;
        }
    }
    Ok(())
}
