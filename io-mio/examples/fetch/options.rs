//! The command line.

use super::url::Url;
use bywash_mio::proto::headers::{HeadKind, Level, OutgoingCheck};
use lexopt::prelude::*;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const USAGE: &str = "usage: fetch [-v] [-n] [-X METHOD] [-H 'NAME: VALUE'] [--data FILE] \
     [--cacert FILE | --insecure] [--unix PATH] [--timeout SECONDS] URL ...";

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) urls: Vec<Url>,
    pub(crate) method: Option<String>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) is_insecure: bool,
    pub(crate) cacert: Option<PathBuf>,
    pub(crate) unix: Option<PathBuf>,
    pub(crate) is_verbose: bool,
    pub(crate) discards: bool,
    pub(crate) timeout: Option<Duration>,
}

impl Options {
    /// Reads the command line; `None` if help was asked for.
    pub(crate) fn from_env() -> Result<Option<Self>, lexopt::Error> {
        let mut options = Self::default();
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Value(url) => options.urls.push(Url::parse(&url.string()?)?),
                Short('v') | Long("verbose") => options.is_verbose = true,
                Short('n') | Long("null") => options.discards = true,
                Short('X') | Long("method") => options.method = Some(parser.value()?.string()?),
                Short('d') | Long("data") => options.data = Some(parser.value()?.into()),
                Short('H') | Long("header") => {
                    options.headers.push(header(&parser.value()?.string()?)?);
                }
                Short('k') | Long("insecure") => options.is_insecure = true,
                Long("cacert") => options.cacert = Some(parser.value()?.into()),
                Long("unix") => options.unix = Some(parser.value()?.into()),
                Long("timeout") => options.timeout = Some(seconds(&parser.value()?.string()?)?),
                Short('h') | Long("help") => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        options.check()?;
        Ok(Some(options))
    }

    fn check(&self) -> Result<(), String> {
        if self.urls.is_empty() {
            return Err("no URL".into());
        }
        if cfg!(not(unix)) && self.unix.is_some() {
            return Err("--unix: this system has no Unix sockets".into());
        }
        if let (true, Some(_)) = (self.is_insecure, &self.cacert) {
            return Err("--insecure and --cacert exclude each other".into());
        }
        if let Some(path) = &self.data {
            // Said once here, and not once for each URL.
            let shown = path.display();
            let facts = std::fs::File::open(path).and_then(|file| file.metadata());
            let facts = facts.map_err(|e| format!("{shown}: {e}"))?;
            if facts.is_dir() {
                return Err(format!("{shown} is a folder"));
            }
            if !facts.is_file() && self.urls.len() > 1 {
                return Err(format!(
                    "{shown} is no file: it can be sent once, to one URL"
                ));
            }
        }
        for url in &self.urls {
            let head = self.head(url, self.data.is_some().then_some(0));
            OutgoingCheck::check(&head, HeadKind::Request, Level::Strict)
                .map_err(|error| format!("{}: {error}", url.text))?;
        }
        Ok(())
    }

    /// The head of a request. `length` is that of the body, if it has one that is known.
    pub(crate) fn head(&self, url: &Url, length: Option<u64>) -> Vec<(String, String)> {
        let method = match (&self.method, &self.data) {
            (Some(method), _) => method,
            (None, Some(_)) => "POST",
            (None, None) => "GET",
        };
        let host = self.headers.iter().find(|(name, _)| name == "host");
        let authority = host.map_or(&url.authority, |(_, value)| value);
        let mut head: Vec<(String, String)> = [
            (":method", method),
            (":scheme", url.scheme()),
            (":authority", authority),
            (":path", &url.path),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let length = length.map(|octets| octets.to_string());
        let defaults = [
            ("user-agent", Some("bywash-fetch")),
            ("accept", Some("*/*")),
            ("content-length", length.as_deref()),
        ];
        for (name, value) in defaults {
            let is_given = self.headers.iter().any(|(given, _)| given == name);
            if let (Some(value), false) = (value, is_given) {
                head.push((name.to_owned(), value.to_owned()));
            }
        }
        let others = self.headers.iter().filter(|(name, _)| name != "host");
        head.extend(others.cloned());
        head
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => {
            Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
        }
        _ => Err(format!("{text:?} is not of the form NAME: VALUE")),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| format!("{text} is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| format!("{text}: {error}"))
}
