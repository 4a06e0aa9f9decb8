//! From flags to servers and channels.

use crate::flags::{Flag, Flags, Usage, switch, value};
use bywash_grpc::{
    client::Channel,
    driver::{
        Running, ServerBuilder,
        tls::{Certificates, ClientTls, Roots, ServerTls},
    },
    filter::{CallHooks, CallInfo, ClientFilter},
    status::Status,
};
use std::{env, fs, process::ExitCode, thread};

/// The flags of a server.
pub const SERVER: &[Flag] = &[
    value("port", "10000"),
    value("bind_address", "0.0.0.0"),
    switch("use_tls"),
    value("tls_cert_file", "testdata/server1.pem"),
    value("tls_key_file", "testdata/server1.key"),
    switch("use_alts"),
    value("alts_handshaker_service_address", ""),
];

/// Flags of servers that need what is not there.
pub const SERVER_LACKS: &[&str] = &["use_alts", "alts_handshaker_service_address"];

/// Adds the address of the flags to a server: `--bind_address` is that of an interface, or `unix:PATH`.
///
/// # Errors
/// A file that cannot be read, or is none of a certificate; an address that cannot be bound.
pub fn listen(builder: ServerBuilder, flags: &Flags) -> Result<ServerBuilder, Usage> {
    let port: u16 = flags.number("port")?;
    let address = flags.text("bind_address");
    if let Some(path) = address.strip_prefix("unix:") {
        return match flags.is_on("use_tls") {
            false => Ok(builder.listen_unix(path)),
            true => Err(Usage("--use_tls goes with TCP".to_owned())),
        };
    }
    let at = (address, port);
    let failed = |error| Usage(format!("cannot listen on {address}:{port}: {error}"));
    if !flags.is_on("use_tls") {
        return builder.listen(at).map_err(failed);
    }
    let chain = read(flags.text("tls_cert_file"))?;
    let key = read(flags.text("tls_key_file"))?;
    let tls = Certificates::from_pem(&chain, &key)
        .and_then(|certificates| ServerTls::builder(&certificates).build())
        .map_err(|error| Usage(format!("the server's certificate: {error}")))?;
    builder.listen_tls(at, tls).map_err(failed)
}

fn read(path: &str) -> Result<Vec<u8>, Usage> {
    fs::read(path).map_err(|error| Usage(format!("{path}: {error}")))
}

/// A server's program: reads its flags, serves what `build` adds, and says where. It ends only with what is wrong.
pub fn serve(
    name: &str,
    known: &'static [Flag],
    build: impl FnOnce(&Flags) -> Result<ServerBuilder, Usage>,
) -> ExitCode {
    let started = Flags::parse(known, env::args().skip(1)).and_then(|flags| {
        let builder = listen(build(&flags)?, &flags)?;
        let running = builder.start().map_err(|error| Usage(error.to_string()))?;
        tell(&running, &flags);
        Ok(running)
    });
    match started {
        Ok(_running) => loop {
            thread::park();
        },
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::from(2)
        }
    }
}

/// Says where a server listens: the line that whoever started it waits for.
fn tell(running: &Running, flags: &Flags) {
    match running.addrs().first() {
        Some(address) => println!("listening on {address}"),
        None => println!("listening on {}", flags.text("bind_address")),
    }
}

/// Where a client connects to, and how.
#[derive(Clone)]
pub struct Target {
    address: String,
    name: Option<String>,
    tls: Option<ClientTls>,
    metadata: Vec<(String, String)>,
}

impl Target {
    /// Reads `server_host`, `server_port`, `server_host_override`, `use_tls`, `use_test_ca` and `ca_file`.
    ///
    /// # Errors
    /// A number that is none, a file that is none of certificates.
    pub fn of(flags: &Flags) -> Result<Target, Usage> {
        Target::at(flags, flags.number("server_port")?)
    }

    /// The same with a port that has a flag of another name.
    ///
    /// # Errors
    /// As [`of`](Target::of).
    pub fn at(flags: &Flags, port: u16) -> Result<Target, Usage> {
        let host = flags.text("server_host");
        let address = match port {
            // The host is a whole target then.
            0 => host.to_owned(),
            _ if host.contains(':') && !host.starts_with('[') => format!("[{host}]:{port}"),
            _ => format!("{host}:{port}"),
        };
        let tls = if flags.is_on("use_tls") {
            Some(tls(flags)?)
        } else {
            None
        };
        let name = flags.text("server_host_override");
        Ok(Target {
            address,
            name: (!name.is_empty()).then(|| name.to_owned()),
            tls,
            metadata: Vec::new(),
        })
    }

    /// The same with metadata that every call sends, written as `key:value;key:value`.
    ///
    /// # Errors
    /// A part without a colon.
    pub fn with_metadata(mut self, text: &str) -> Result<Target, Usage> {
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once(':')
                .ok_or_else(|| Usage(format!("--additional_metadata: {part:?} has no colon")))?;
            self.metadata.push((key.to_owned(), value.to_owned()));
        }
        Ok(self)
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A new channel; it connects with its first call.
    ///
    /// # Errors
    /// The target is none.
    pub fn channel(&self) -> Result<Channel, Usage> {
        let builder = Channel::builder(&self.address);
        let mut builder = match &self.tls {
            Some(tls) => builder.tls(tls.clone()),
            None => builder.plaintext(),
        };
        if let Some(name) = &self.name {
            builder = builder.authority(name.clone());
        }
        if !self.metadata.is_empty() {
            builder = builder.filter(Adds(self.metadata.clone()));
        }
        builder.build().map_err(|error| Usage(error.to_string()))
    }
}

fn tls(flags: &Flags) -> Result<ClientTls, Usage> {
    let file = match flags.text("ca_file") {
        "" if flags.is_on("use_test_ca") => "testdata/ca.pem",
        file => file,
    };
    let wrong = |error| Usage(format!("roots: {error}"));
    let roots = match file {
        "" => Roots::native().map_err(wrong)?,
        file => Roots::from_pem(&read(file)?).map_err(wrong)?,
    };
    ClientTls::builder(roots).build().map_err(wrong)
}

/// Adds metadata to every call.
struct Adds(Vec<(String, String)>);

impl ClientFilter for Adds {
    fn on_call(&self, info: &mut CallInfo<'_>) -> Result<Option<Box<dyn CallHooks>>, Status> {
        for (key, value) in &self.0 {
            if key.ends_with("-bin") {
                info.metadata.append_bin(key, value.as_bytes())?;
            } else {
                info.metadata.append(key, value)?;
            }
        }
        Ok(None)
    }
}
