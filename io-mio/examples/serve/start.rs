//! From flags to a running server.

use crate::bench::Bench;
use crate::flags::Flags;
use crate::paths::Root;
use crate::signals::Watch;
use crate::site::Site;
use crate::tls::tls;
use bywash_mio::Listen;
use bywash_mio::server::{Builder, Server};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

/// Starts it all and prints the lines to try.
///
/// # Errors
/// One line for the person who started it.
pub(crate) fn start(flags: &Flags) -> Result<(Server, Watch), String> {
    let root = Root::new(&flags.root)?;
    let watch = Watch::new().map_err(|error| format!("signals: {error}"))?;
    let mut lines = Vec::new();
    let builder = listen(flags, &mut lines)?.threads(flags.threads);
    let started = match flags.bench {
        true => builder.serve(|_thread| Bench::new()),
        false => builder.serve(move |_thread| Site::new(root.clone())),
    };
    // TCP's listeners are bound already: what fails now is a Unix socket.
    let server = started.map_err(|error| {
        let paths = flags.unix.iter().map(|path| path.display().to_string());
        format!("{} {error}", paths.collect::<Vec<_>>().join(", "))
    })?;
    for line in lines {
        println!("{line}");
    }
    Ok((server, watch))
}

/// Adds all listeners, and a line to try for each.
fn listen(flags: &Flags, lines: &mut Vec<String>) -> Result<Builder, String> {
    let mut builder = Server::builder();
    for at in &flags.tls {
        let (listener, real) = bind(*at)?;
        let trust = match flags.identity {
            Some(_) => "",
            None => "--insecure ",
        };
        lines.push(format!("curl {trust}https://{real}/"));
        let tls = Arc::new(tls(flags)?);
        builder = builder.listen(Listen::inherited(listener).tls(tls));
    }
    for at in &flags.plain {
        let (listener, real) = bind(*at)?;
        lines.push(format!("curl --http2-prior-knowledge http://{real}/"));
        builder = builder.listen(Listen::inherited(listener));
    }
    for path in &flags.unix {
        let shown = path.display();
        lines.push(format!(
            "curl --http2-prior-knowledge --unix-socket {shown} http://localhost/"
        ));
        builder = builder.listen(Listen::unix(path));
    }
    Ok(builder)
}

/// Bound here, so that a port in use is told with its number.
fn bind(at: SocketAddr) -> Result<(TcpListener, SocketAddr), String> {
    let fault = |error| format!("{at}: {error}");
    let listener = TcpListener::bind(at).map_err(fault)?;
    let real = listener.local_addr().map_err(fault)?;
    Ok((listener, real))
}
