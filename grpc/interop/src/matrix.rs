//! Clients against servers, and what became of each case.

use crate::known::{Known, Side, US};
use std::{
    fmt, fs, io,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// The name that the test server's certificate is for.
const NAME: &str = "foo.test.google.fr";

/// How long a server may take to listen: the interpreter of some has to start first.
const START: Duration = Duration::from_secs(60);

/// How long a client may take for all its cases.
const LONGEST: Duration = Duration::from_secs(120);

/// Who takes part: a folder with the programs `client` and `server`, and a file `version`.
#[derive(Clone, Debug)]
pub struct Party {
    /// Its name, which is its folder's.
    pub name: String,
    /// Its version.
    pub version: String,
    folder: PathBuf,
}

impl Party {
    /// Those that have a folder in this one, in order.
    ///
    /// # Errors
    /// The system's.
    pub fn all(folder: &Path) -> io::Result<Vec<Party>> {
        let mut out = Vec::new();
        for entry in fs::read_dir(folder)? {
            let folder = entry?.path();
            let version = fs::read_to_string(folder.join("version"))?;
            out.push(Party {
                name: folder
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                version: version.trim().to_owned(),
                folder,
            });
        }
        out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(out)
    }
}

/// What lies under HTTP/2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// TCP.
    Plain,
    /// TLS over TCP.
    Tls,
    /// A Unix socket.
    Unix,
}

impl Transport {
    /// All of them.
    pub const ALL: [Transport; 3] = [Transport::Plain, Transport::Tls, Transport::Unix];
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transport::Plain => "plain",
            Transport::Tls => "TLS",
            Transport::Unix => "Unix",
        })
    }
}

/// What became of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It passed.
    Pass,
    /// It failed, or the client has no way to do it.
    Fail(String),
}

/// All cases of one client against one server.
#[derive(Clone, Debug)]
pub struct Run {
    /// The peer: its name and version.
    pub peer: String,
    /// Its version.
    pub version: String,
    /// Which side it takes.
    pub side: Side,
    /// How they connect.
    pub transport: Transport,
    /// The cases, in order.
    pub cells: Vec<(String, Verdict)>,
}

/// A program of ours that is ended with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs clients against servers.
#[derive(Debug)]
pub struct Matrix {
    /// The cases.
    pub cases: Vec<String>,
    /// Where `ca.pem`, `server1.pem` and `server1.key` are.
    pub certificates: PathBuf,
}

impl Matrix {
    /// Runs all cases of a client against a server; `peer` is the one of the two that takes `side`.
    pub fn run(&self, client: &Party, server: &Party, side: Side, transport: Transport) -> Run {
        let peer = match side {
            Side::Client => client,
            Side::Server => server,
        };
        let begun = Instant::now();
        let cells = match self.start(server, transport) {
            Ok((_running, at)) => self.call(client, &at, transport),
            Err(text) => self.all_failed(&text),
        };
        let passed = cells.iter().filter(|cell| cell.1 == Verdict::Pass).count();
        println!(
            "{} {} -> {} {}, {transport}: {passed} of {} pass, {:.1} s",
            client.name,
            client.version,
            server.name,
            server.version,
            cells.len(),
            begun.elapsed().as_secs_f32(),
        );
        Run {
            peer: peer.name.clone(),
            version: peer.version.clone(),
            side,
            transport,
            cells,
        }
    }

    fn all_failed(&self, text: &str) -> Vec<(String, Verdict)> {
        let fail = |case: &String| (case.clone(), Verdict::Fail(text.to_owned()));
        self.cases.iter().map(fail).collect()
    }

    fn file(&self, name: &str) -> String {
        self.certificates.join(name).display().to_string()
    }

    /// Starts a server and waits until it says where it listens.
    fn start(&self, server: &Party, transport: Transport) -> Result<(Running, String), String> {
        let mut command = Command::new(server.folder.join("server"));
        if transport == Transport::Unix {
            let path = self.file(&format!("{}.sock", server.name));
            // One that is left of an earlier run; none is the usual case.
            let _ = fs::remove_file(&path);
            command.arg(format!("--bind_address=unix:{path}"));
        } else {
            command.args(["--port=0", "--bind_address=127.0.0.1"]);
        }
        if transport == Transport::Tls {
            command.arg("--use_tls=true");
            command.arg(format!("--tls_cert_file={}", self.file("server1.pem")));
            command.arg(format!("--tls_key_file={}", self.file("server1.key")));
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("the server does not start: {error}"))?;
        let stdout = child.stdout.take();
        let running = Running(child);
        let (tell, told) = mpsc::channel();
        // Reads on for as long as the server lives, so that it never waits for us.
        thread::spawn(move || {
            for line in stdout
                .into_iter()
                .flat_map(|out| BufReader::new(out).lines())
            {
                let Ok(line) = line else { return };
                if let Some(at) = line.strip_prefix("listening on ") {
                    // Whoever waits for it may have given up.
                    let _ = tell.send(at.trim().to_owned());
                }
            }
        });
        match told.recv_timeout(START) {
            Ok(at) => Ok((running, at)),
            Err(_) => Err("the server does not listen".to_owned()),
        }
    }

    fn call(&self, client: &Party, at: &str, transport: Transport) -> Vec<(String, Verdict)> {
        let mut command = Command::new(client.folder.join("client"));
        match at.rsplit_once(':') {
            Some((_, port)) if transport != Transport::Unix => {
                command.arg("--server_host=localhost");
                command.arg(format!("--server_port={port}"));
            }
            // Without a port the host is a whole target.
            _ => {
                command.arg(format!("--server_host={at}"));
                command.arg("--server_port=0");
            }
        }
        command.arg(format!("--test_case={}", self.cases.join(",")));
        if client.name == US {
            // The machine may have other things to do.
            command.arg("--soak_per_iteration_max_acceptable_latency_ms=20000");
            command.arg("--soak_overall_timeout_seconds=60");
        }
        if transport == Transport::Tls {
            command.args(["--use_tls=true", "--use_test_ca=true"]);
            command.arg(format!("--ca_file={}", self.file("ca.pem")));
            command.arg(format!("--server_host_override={NAME}"));
        }
        match output(&mut command) {
            Ok(text) => verdicts(&self.cases, &text),
            Err(error) => self.all_failed(&format!("the client does not run: {error}")),
        }
    }
}

/// What a program writes until it ends, or until it has taken too long.
fn output(command: &mut Command) -> io::Result<String> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut running = Running(child.stderr(Stdio::null()).spawn()?);
    let stdout = running.0.stdout.take();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut out) = stdout {
            // What was read until then counts.
            let _ = out.read_to_end(&mut text);
        }
        // Nobody waits for it any more when it comes too late.
        let _ = tell.send(String::from_utf8_lossy(&text).into_owned());
    });
    match told.recv_timeout(LONGEST) {
        Ok(text) => Ok(text),
        Err(_) => {
            drop(running);
            told.recv().map_err(io::Error::other)
        }
    }
}

/// The verdicts in what a client has printed: `PASS CASE`, `FAIL CASE: WHY` and `LACK CASE: WHY`.
fn verdicts(cases: &[String], text: &str) -> Vec<(String, Verdict)> {
    let verdict = |case: &String| {
        let found = text.lines().find_map(|line| {
            let (word, rest) = line.split_once(' ')?;
            let (name, why) = rest.split_once(": ").unwrap_or((rest, ""));
            match word {
                _ if name != case => None,
                "PASS" => Some(Verdict::Pass),
                "FAIL" | "LACK" => Some(Verdict::Fail(why.to_owned())),
                _ => None,
            }
        });
        found.unwrap_or_else(|| Verdict::Fail("the client did not come to it in time".to_owned()))
    };
    cases
        .iter()
        .map(|case| (case.clone(), verdict(case)))
        .collect()
}

/// Which entry stands for a cell, by its place in the list.
pub fn entry_for(known: &[Known], run: &Run, case: &str) -> Option<usize> {
    known.iter().position(|entry| {
        entry.peer == run.peer
            && entry.version == run.version
            && entry.side == run.side
            && entry.cases.iter().any(|name| name == case)
    })
}

/// What is wrong: cells that fail and are not known, entries that pass, entries about other versions or other cases.
pub fn complaints(runs: &[Run], known: &[Known]) -> Vec<String> {
    let mut out = Vec::new();
    for run in runs {
        for (case, verdict) in &run.cells {
            let place = format!(
                "{} {} as {}, {}, {case}",
                run.peer, run.version, run.side, run.transport
            );
            match (verdict, entry_for(known, run, case)) {
                (Verdict::Pass, Some(_)) => {
                    out.push(format!("{place}: passes, and stands in KNOWN.toml"));
                }
                (Verdict::Fail(why), None) => out.push(format!("{place}: {why}")),
                (Verdict::Pass, None) | (Verdict::Fail(_), Some(_)) => {}
            }
        }
    }
    for entry in known {
        let of_peer = || runs.iter().filter(|run| run.peer == entry.peer);
        if let Some(run) = of_peer().find(|run| run.version != entry.version) {
            out.push(format!(
                "KNOWN.toml speaks of {} {}, and {} is here: look again",
                entry.peer, entry.version, run.version
            ));
        }
        for case in &entry.cases {
            let is_run = |run: &Run| run.cells.iter().any(|cell| cell.0 == *case);
            if of_peer().next().is_some() && !of_peer().any(is_run) {
                out.push(format!("KNOWN.toml names {case}, which is no case"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
