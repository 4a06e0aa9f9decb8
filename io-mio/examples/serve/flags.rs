//! What a person asks for.

use lexopt::prelude::*;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

const HELP: &str = "\
Serves the files of a folder over HTTP/2.

serve [--root DIR] [--listen ADDR:PORT] [--listen-tls ADDR:PORT] [--tls-cert FILE --tls-key FILE]
      [--unix PATH] [--threads N] [--bench]

--root DIR              the folder; else the current one
--listen ADDR:PORT      plain, for clients with prior knowledge; any number of times
--listen-tls ADDR:PORT  TLS with ALPN h2; any number of times
--tls-cert FILE         certificates in PEM, the server's own first; else one is made for localhost
--tls-key FILE          its key in PEM
--unix PATH             plain, on a Unix socket; any number of times
--threads N             threads, each with its own connections; else 1
--bench                 answers from memory, without files or a log: GET and POST /, /1k, /64k, /1m,
                        /10m, POST /echo, POST /sink

Without --listen, --listen-tls and --unix it listens on 127.0.0.1:8080, plain, and 127.0.0.1:8443, TLS.
A response above 64 KiB holds a descriptor until its last 64 KiB are read: up to 256 (the streams of a
connection) for each connection, whose number --listen does not bound; with none left, 503.
SIGINT and SIGTERM let what is open finish for 10 s; a second one ends at once.";

/// Threads beyond which a number is a slip of the finger.
const MOST_THREADS: usize = 1024;

#[derive(Debug, PartialEq)]
pub(crate) struct Flags {
    pub(crate) root: PathBuf,
    pub(crate) plain: Vec<SocketAddr>,
    pub(crate) tls: Vec<SocketAddr>,
    pub(crate) unix: Vec<PathBuf>,
    /// Certificate and key; `None`: to be made.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
    pub(crate) threads: usize,
    pub(crate) bench: bool,
}

impl Flags {
    /// `None`: help was asked for and has been given. An error is one line.
    pub(crate) fn parse() -> Result<Option<Self>, String> {
        Self::from(std::env::args_os().skip(1))
    }

    fn from(args: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, String> {
        Self::read(lexopt::Parser::from_args(args))
            .map_err(|error| format!("{error}; --help shows the flags").replace('\n', " "))
    }

    fn read(mut parser: lexopt::Parser) -> Result<Option<Self>, lexopt::Error> {
        let mut flags = Self {
            root: PathBuf::from("."),
            plain: Vec::new(),
            tls: Vec::new(),
            unix: Vec::new(),
            identity: None,
            threads: 1,
            bench: false,
        };
        let (mut certificate, mut key) = (None, None);
        while let Some(arg) = parser.next()? {
            match arg {
                Long("root") => flags.root = parser.value()?.into(),
                Long("listen") => flags.plain.push(parser.value()?.parse()?),
                Long("listen-tls") => flags.tls.push(parser.value()?.parse()?),
                Long("tls-cert") => certificate = Some(PathBuf::from(parser.value()?)),
                Long("tls-key") => key = Some(PathBuf::from(parser.value()?)),
                Long("unix") => flags.unix.push(parser.value()?.into()),
                Long("threads") => flags.threads = parser.value()?.parse()?,
                Long("bench") => flags.bench = true,
                Long("help") | Short('h') => {
                    println!("{HELP}");
                    return Ok(None);
                }
                other => return Err(other.unexpected()),
            }
        }
        flags.identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => return Err("--tls-cert and --tls-key go together".into()),
        };
        if flags.threads == 0 || flags.threads > MOST_THREADS {
            return Err(format!("--threads takes 1 to {MOST_THREADS}").into());
        }
        if flags.plain.is_empty() && flags.tls.is_empty() && flags.unix.is_empty() {
            flags.plain.push(([127, 0, 0, 1], 8080).into());
            flags.tls.push(([127, 0, 0, 1], 8443).into());
        }
        if flags.identity.is_some() && flags.tls.is_empty() {
            return Err("--tls-cert without --listen-tls serves nobody".into());
        }
        Ok(Some(flags))
    }
}

#[cfg(test)]
mod tests {
    use super::Flags;

    fn parse(args: &str) -> Result<Option<Flags>, String> {
        Flags::from(args.split_whitespace().map(Into::into))
    }

    #[test]
    fn without_flags_both_ports_serve_the_current_folder() {
        let flags = parse("").unwrap().unwrap();
        assert_eq!(flags.root.to_str(), Some("."));
        assert_eq!(flags.plain, ["127.0.0.1:8080".parse().unwrap()]);
        assert_eq!(flags.tls, ["127.0.0.1:8443".parse().unwrap()]);
        assert_eq!((flags.threads, flags.bench), (1, false));
    }

    #[test]
    fn one_address_is_all_there_is() {
        let flags = parse("--listen [::1]:1 --threads 4").unwrap().unwrap();
        assert_eq!(flags.plain, ["[::1]:1".parse().unwrap()]);
        assert!(flags.tls.is_empty() && flags.unix.is_empty());
        assert_eq!(flags.threads, 4);
    }

    #[test]
    fn slips_are_told_in_one_line() {
        for args in [
            "--nonsense",
            "x",
            "--listen",
            "--listen here",
            "--threads 0",
            "--threads -1",
            "--threads 100000",
            "--listen-tls 127.0.0.1:1 --tls-cert a",
            "--listen 127.0.0.1:1 --tls-cert a --tls-key b",
        ] {
            let told = parse(args).unwrap_err();
            assert!(!told.is_empty() && !told.contains('\n'), "{args}: {told}");
        }
    }
}
