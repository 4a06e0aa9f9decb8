//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::raw::Role;

/// What `--help` says.
pub(super) const USAGE: &str = "\
Conformance of HTTP/2, clause by clause, in three verdicts: exact, permitted (RFC 9113 5.4), violation.

  bywash-spec-tests server HOST:PORT [options]   tests a server; one connection for each case
  bywash-spec-tests client [options]             listens; point a client at it, once for each case
  bywash-spec-tests server|client --obey HOST:PORT [options]   the application there does what the cases wish
  bywash-spec-tests list [--client] [options]    names the cases

options:
  --section S       only this section or case: 6, 6.9, rfc9113/6.9, rfc9113/6.9/zero-on-a-stream; may be repeated
  --tls             TLS with ALPN h2, any certificate (needs the feature tls)
  --timeout MS      how long to wait for what must come (default 1000)
  --jobs N          connections at a time (default 4)
  --path PATH       server: answers GET with 200 and content (default /)
  --upload PATH     server: answers POST with 200 once the whole body is there; without it some cases say less
  --listen ADDRESS  client: where to listen (default 127.0.0.1:8081)
  --exec COMMAND    client: is run for each case; {url} stands for the address, whose port differs from case to case
  --cert FILE       client with --tls: the certificate chain, PEM
  --key FILE        client with --tls: its private key, PEM
  --obey HOST:PORT  where to tell the application what it is to do (spec-tests/examples/obey)
  --strict FILE     all must be exact, but for what FILE lists as skipped: a case, a colon and the reason on each line
  --json FILE       writes all outcomes as JSON
  --junit FILE      writes all outcomes as JUnit XML
  --verbose         prints exact outcomes too

Exit code: 0 without violations (with --strict: without complaints), 1 with one, 2 for wrong arguments.";

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Help,
    List(Options),
    Server(Options),
    Client(Options),
    Obedient(Options),
}

/// How to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) role: Role,
    pub(super) address: String,
    pub(super) sections: Vec<String>,
    pub(super) tls: bool,
    pub(super) timeout: Duration,
    pub(super) jobs: usize,
    pub(super) path: String,
    pub(super) upload: Option<String>,
    pub(super) exec: Option<String>,
    /// Whether the address is one where an application is told what to do.
    pub(super) obeys: bool,
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) strict: Option<PathBuf>,
    pub(super) json: Option<PathBuf>,
    pub(super) junit: Option<PathBuf>,
    pub(super) verbose: bool,
}

impl Options {
    fn new(role: Role) -> Self {
        Self {
            role,
            address: "127.0.0.1:8081".to_owned(),
            sections: Vec::new(),
            tls: false,
            timeout: Duration::from_secs(1),
            jobs: 4,
            path: "/".to_owned(),
            upload: None,
            exec: None,
            obeys: false,
            cert: None,
            key: None,
            strict: None,
            json: None,
            junit: None,
            verbose: false,
        }
    }
}

/// Reads the arguments.
///
/// # Errors
/// What is wrong, in one line.
pub(super) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let command = arguments.next().ok_or("what is to be tested?")?;
    let mut options = match command.as_str() {
        "server" => Options::new(Role::Server),
        "client" => Options::new(Role::Client),
        "list" => Options::new(Role::Server),
        "--help" | "-h" | "help" => return Ok(Command::Help),
        other => return Err(format!("unknown command {other:?}")),
    };
    let mut address = None;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--client" if command == "list" => options.role = Role::Client,
            flag if flag.starts_with('-') => set(&mut options, flag, &mut arguments)?,
            _ if command == "server" && address.is_none() => address = Some(argument),
            other => return Err(format!("unexpected argument {other:?}")),
        }
    }
    check(&options)?;
    match (command.as_str(), address) {
        ("list", _) => Ok(Command::List(options)),
        (_, Some(_)) if options.obeys => Err("--obey says where to go".to_owned()),
        (_, None) if options.obeys => Ok(Command::Obedient(options)),
        ("client", _) => Ok(Command::Client(options)),
        (_, address) => {
            options.address = address.ok_or("server needs HOST:PORT")?;
            Ok(Command::Server(options))
        }
    }
}

fn set(
    options: &mut Options,
    flag: &str,
    arguments: &mut impl Iterator<Item = String>,
) -> Result<(), String> {
    match flag {
        "--tls" => options.tls = true,
        "--verbose" => options.verbose = true,
        _ => {
            let value = |arguments: &mut dyn Iterator<Item = String>| {
                arguments
                    .next()
                    .ok_or_else(|| format!("{flag} needs a value"))
            };
            let number = |text: String| {
                text.parse()
                    .ok()
                    .filter(|&n| n > 0)
                    .ok_or_else(|| format!("{flag} needs a number above 0"))
            };
            match (flag, options.role) {
                ("--section", _) => options.sections.push(value(arguments)?),
                ("--timeout", _) => {
                    options.timeout = Duration::from_millis(number(value(arguments)?)?);
                }
                ("--strict", _) => options.strict = Some(value(arguments)?.into()),
                ("--json", _) => options.json = Some(value(arguments)?.into()),
                ("--junit", _) => options.junit = Some(value(arguments)?.into()),
                ("--obey", _) => {
                    options.address = value(arguments)?;
                    options.obeys = true;
                }
                ("--jobs", _) => options.jobs = number(value(arguments)?)? as usize,
                ("--path", Role::Server) => options.path = value(arguments)?,
                ("--upload", Role::Server) => options.upload = Some(value(arguments)?),
                ("--listen", Role::Client) => options.address = value(arguments)?,
                ("--exec", Role::Client) => options.exec = Some(value(arguments)?),
                ("--cert", Role::Client) => options.cert = Some(value(arguments)?.into()),
                ("--key", Role::Client) => options.key = Some(value(arguments)?.into()),
                _ => return Err(format!("unknown flag {flag}")),
            }
        }
    }
    Ok(())
}

/// What only all flags together show.
fn check(options: &Options) -> Result<(), String> {
    if options.tls && cfg!(not(feature = "tls")) {
        return Err("--tls needs a build with the feature tls".to_owned());
    }
    let files = [&options.cert, &options.key].map(Option::is_some);
    if options.obeys && options.exec.is_some() {
        return Err("--exec and --obey do not go together".to_owned());
    }
    if options.role == Role::Client && files != [options.tls; 2] {
        return Err("--tls, --cert and --key go together".to_owned());
    }
    let known = crate::cases::all();
    let unknown = |section: &&String| {
        !known
            .iter()
            .any(|case| case.role == options.role && case.is_in(section))
    };
    match options.sections.iter().find(unknown) {
        Some(section) => Err(format!("no case in section {section:?}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_server_is_named_with_its_options() {
        let Ok(Command::Server(options)) =
            parsed("server localhost:80 --section 6.9 --section rfc7541 --timeout 50 --upload /up")
        else {
            panic!("no command");
        };
        assert_eq!(options.address, "localhost:80");
        assert_eq!(options.sections, ["6.9", "rfc7541"]);
        assert_eq!(options.timeout, Duration::from_millis(50));
        assert_eq!(options.upload.as_deref(), Some("/up"));
    }

    #[test]
    fn a_client_is_waited_for() {
        let Ok(Command::Client(options)) = parsed("client --listen [::1]:0 --json /tmp/x") else {
            panic!("no command");
        };
        assert_eq!(options.address, "[::1]:0");
        assert_eq!(options.json, Some("/tmp/x".into()));
    }

    #[test]
    fn an_application_is_told_in_both_roles() {
        for (line, role) in [
            ("server --obey h:1 --jobs 2", Role::Server),
            ("client --obey h:1 --jobs 2", Role::Client),
        ] {
            let Ok(Command::Obedient(options)) = parsed(line) else {
                panic!("no command");
            };
            assert_eq!((options.role, options.jobs), (role, 2));
            assert_eq!(options.address, "h:1");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for line in [
            "",
            "proxy",
            "server",
            "server a:1 b:2",
            "server a:1 --section",
            "server a:1 --section 77",
            "server a:1 --timeout soon",
            "server a:1 --timeout 0",
            "server a:1 --exec x",
            "client --upload /",
            "client --cert a",
            "client host:1",
            "list --jobs 0",
            "server a:1 --obey b:2",
            "client --obey b:2 --exec x",
        ] {
            let problem = parsed(line).unwrap_err();
            assert!(!problem.contains('\n'), "{line}: {problem}");
        }
    }

    #[test]
    fn help_is_given_anywhere() {
        for line in ["--help", "server --help", "client -h", "list --help"] {
            assert_eq!(parsed(line), Ok(Command::Help), "{line}");
        }
    }
}
