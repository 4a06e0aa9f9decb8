//! From what a client asks for to a file inside the root, or to nothing.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// The folder that is served, and nothing outside of it.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    /// Without symbolic links.
    folder: PathBuf,
}

/// What a path leads to.
pub(crate) enum Found {
    File {
        file: File,
        facts: Metadata,
        path: PathBuf,
    },
    /// A folder without an index.html.
    Folder(PathBuf),
    /// A folder without the slash at the end: the path with it.
    Elsewhere(String),
}

/// The status for what a path does not lead to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    BadRequest = 400,
    Forbidden = 403,
    NotFound = 404,
    /// The system is short of something: it may be there the next time.
    Unavailable = 503,
}

impl Root {
    /// # Errors
    /// It is no folder.
    pub(crate) fn new(folder: &Path) -> Result<Self, String> {
        let fault = |error: std::io::Error| format!("--root {}: {error}", folder.display());
        let real = folder.canonicalize().map_err(fault)?;
        if !fs::metadata(&real).map_err(fault)?.is_dir() {
            return Err(format!("--root {}: not a folder", folder.display()));
        }
        Ok(Self { folder: real })
    }

    /// Finds what `:path` names. Only regular files are opened: a device or a pipe could block.
    pub(crate) fn find(&self, target: &[u8]) -> Result<Found, Missing> {
        let path = target.split(|byte| *byte == b'?').next().unwrap_or(target);
        let decoded = decode(path).ok_or(Missing::BadRequest)?;
        let relative = relative(&decoded)?;
        let is_folder = decoded.ends_with(b"/");
        let (real, facts) = self.look(&relative)?;
        if facts.is_file() && !is_folder {
            return self.open(real);
        }
        if !facts.is_dir() {
            return Err(Missing::NotFound);
        }
        if !is_folder {
            return Ok(Found::Elsewhere(encode(&decoded)));
        }
        match self.look(&relative.join("index.html")) {
            Ok((index, facts)) if facts.is_file() => self.open(index),
            Ok(_) | Err(Missing::NotFound) => Ok(Found::Folder(real)),
            Err(missing) => Err(missing),
        }
    }

    /// Where a path really leads, if that is inside.
    fn look(&self, relative: &Path) -> Result<(PathBuf, Metadata), Missing> {
        let real = self.folder.join(relative).canonicalize().map_err(missing)?;
        if !real.starts_with(&self.folder) {
            return Err(Missing::NotFound);
        }
        let facts = fs::symlink_metadata(&real).map_err(missing)?;
        Ok((real, facts))
    }

    /// Opens a file, and makes sure that it is still the one that was looked at: a link may have
    /// taken its place.
    fn open(&self, path: PathBuf) -> Result<Found, Missing> {
        let file = without_waiting(&path).map_err(missing)?;
        let facts = file.metadata().map_err(missing)?;
        let (real, seen) = self.look(&path)?;
        if real != path || !same(&facts, &seen) || !facts.is_file() {
            return Err(Missing::NotFound);
        }
        Ok(Found::File { file, facts, path })
    }
}

#[cfg(unix)]
fn same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn same(one: &Metadata, other: &Metadata) -> bool {
    one.len() == other.len() && one.modified().ok() == other.modified().ok()
}

/// Opens a file for reading. A pipe may have taken its place: opening that must not block the loop.
fn without_waiting(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    options.read(true).open(path)
}

pub(crate) fn missing(error: std::io::Error) -> Missing {
    // No memory, no descriptors in the system, none in the process: the same numbers on all of Unix.
    const SHORT: [i32; 3] = [12, 23, 24];
    match error.kind() {
        ErrorKind::PermissionDenied => Missing::Forbidden,
        _ if cfg!(unix) && error.raw_os_error().is_some_and(|n| SHORT.contains(&n)) => {
            Missing::Unavailable
        }
        _ => Missing::NotFound,
    }
}

/// The path below the root, if it has nothing but names in it.
fn relative(decoded: &[u8]) -> Result<PathBuf, Missing> {
    let Some(rest) = decoded.strip_prefix(b"/") else {
        return Err(Missing::BadRequest);
    };
    // Many slashes are one: an absolute path would replace the root.
    let start = rest.iter().take_while(|byte| **byte == b'/').count();
    let path = PathBuf::from(native(&rest[start..]).ok_or(Missing::NotFound)?);
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    match path.components().all(inside) {
        true => Ok(path),
        false => Err(Missing::NotFound),
    }
}

#[cfg(unix)]
fn native(name: &[u8]) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt;
    Some(OsString::from_vec(name.to_vec()))
}

/// A colon begins a stream of a file on Windows, or follows a drive.
#[cfg(not(unix))]
fn native(name: &[u8]) -> Option<OsString> {
    let name = String::from_utf8(name.to_vec()).ok()?;
    (!name.contains(':')).then(|| name.into())
}

/// Resolves percent signs. `None`: not two digits behind one, or NUL.
fn decode(path: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path.iter();
    while let Some(&byte) = rest.next() {
        let byte = match byte {
            b'%' => (digit(rest.next())? * 16 + digit(rest.next())?) as u8,
            byte => byte,
        };
        if byte == 0 {
            return None;
        }
        out.push(byte);
    }
    Some(out)
}

/// A path with one slash before and after each name, percent signs where they are needed. It can
/// name no other host, which two slashes at the beginning would do.
fn encode(path: &[u8]) -> String {
    let mut out = String::from("/");
    for name in path
        .split(|byte| *byte == b'/')
        .filter(|name| !name.is_empty())
    {
        encode_name(name, &mut out);
        out.push('/');
    }
    out
}

/// Appends one name of a path.
pub(crate) fn encode_name(name: &[u8], out: &mut String) {
    for byte in name {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(*byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Missing, Root, decode, encode, missing, relative};
    use std::fs;
    use std::path::Path;

    #[test]
    fn percent_signs() {
        assert_eq!(decode(b"/a%20b%2Fc").unwrap(), b"/a b/c");
        assert_eq!(decode(b"/%e4%BD").unwrap(), b"/\xe4\xbd");
        for wrong in [&b"/%"[..], b"/%4", b"/%zz", b"/%00", b"/\0", b"/%+1"] {
            assert!(decode(wrong).is_none(), "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn only_names_lead_on() {
        for inside in ["/", "/a", "/a/b/", "//a", "/./a", "/a//b", "/...", "/a..b"] {
            assert!(relative(inside.as_bytes()).is_ok(), "{inside}");
        }
        for outside in ["/..", "/../a", "/a/../b", "/a/..", "///../a"] {
            assert_eq!(relative(outside.as_bytes()), Err(Missing::NotFound));
        }
        assert_eq!(relative(b"*"), Err(Missing::BadRequest));
        assert!(!relative(b"//etc/passwd").unwrap().is_absolute());
    }

    #[test]
    fn a_folder_redirects_to_this_host() {
        assert_eq!(encode(b"//evil.example/x"), "/evil.example/x/");
        assert_eq!(encode(b"/a b%"), "/a%20b%25/");
    }

    #[test]
    #[cfg(unix)]
    fn a_system_that_is_short_of_something_does_not_deny_the_file() {
        let of = |number| missing(std::io::Error::from_raw_os_error(number));
        for short in [libc::ENOMEM, libc::ENFILE, libc::EMFILE] {
            assert_eq!(of(short), Missing::Unavailable);
        }
        assert_eq!(of(libc::ENOENT), Missing::NotFound);
        assert_eq!(of(libc::ELOOP), Missing::NotFound);
        assert_eq!(of(libc::EACCES), Missing::Forbidden);
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_in_the_place_of_a_file_blocks_nobody() {
        let place = std::env::temp_dir().join(format!("bywash-pipe-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let served = Root::new(&place).unwrap();
        let pipe = served.folder.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        // As if it had been a file when it was looked at. Nobody writes into it.
        assert!(matches!(served.open(pipe), Err(Missing::NotFound)));
        fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn links_lead_nowhere_outside() {
        use std::os::unix::fs::symlink;
        let place = std::env::temp_dir().join(format!("bywash-serve-{}", std::process::id()));
        let root = place.join("root");
        fs::create_dir_all(root.join("sub/deep")).unwrap();
        fs::write(place.join("secret"), "secret").unwrap();
        fs::write(root.join("open"), "open").unwrap();
        symlink(place.join("secret"), root.join("out")).unwrap();
        symlink(&place, root.join("up")).unwrap();
        symlink("../open", root.join("sub/in")).unwrap();
        symlink(place.join("secret"), root.join("sub/deep/index.html")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        // A sibling whose name begins like the root's.
        fs::write(place.join("rootless"), "secret").unwrap();
        symlink("../rootless", root.join("less")).unwrap();

        let served = Root::new(&root).unwrap();
        let status = |path: &str| served.find(path.as_bytes()).map(|_| ()).unwrap_err();
        for path in [
            "/out",
            "/up/secret",
            "/up/",
            "/up",
            "/loop",
            "/less",
            "/../secret",
            "/%2e%2e/secret",
            "/sub/%2e%2e%2f%2e%2e/secret",
            "/open/",
            "/nothing",
        ] {
            assert_eq!(status(path), Missing::NotFound, "{path}");
        }
        assert_eq!(status("/open%00"), Missing::BadRequest);
        let is_file = |path: &str| matches!(served.find(path.as_bytes()), Ok(Found::File { .. }));
        assert!(is_file("/open") && is_file("/sub/in") && is_file("//open?query=/.."));
        assert!(matches!(served.find(b"/sub/"), Ok(Found::Folder(_))));
        // Its index leads outside: there is none.
        assert!(matches!(served.find(b"/sub/deep/"), Ok(Found::Folder(_))));
        assert!(matches!(served.find(b"/sub"), Ok(Found::Elsewhere(to)) if to == "/sub/"));
        fs::remove_dir_all(&place).unwrap();
        assert!(Root::new(Path::new("/nothing/here")).is_err());
    }
}
