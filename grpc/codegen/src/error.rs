//! The one error type: where it is, what it is, and the line it is about.

use std::{error, fmt, io, path::Path};

use miette::{Diagnostic, SourceSpan};

/// Why no code was written. `Debug` prints what `Display` prints, because that is what cargo shows of an
/// error returned from `main` of a `build.rs`.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    place: Option<Box<Place>>,
    help: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
struct Place {
    file: String,
    /// Line and column, both from 1, and the text of the line.
    spot: Option<(usize, usize, String)>,
}

/// What an [`Error`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A `.proto` file is not valid, or says what no Rust can be written for.
    Proto,
    /// A `.proto` file or an import was not found in the include paths.
    NotFound,
    /// A file could not be read or written.
    Io,
    /// An option of the [`Builder`](crate::Builder) or a [`manual`](crate::manual) service is not usable.
    Config,
}

impl Error {
    /// What it is about.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The file it is in, as a path that can be opened where there is one.
    pub fn file(&self) -> Option<&str> {
        self.place.as_ref().map(|place| place.file.as_str())
    }

    /// The line, from 1.
    pub fn line(&self) -> Option<usize> {
        self.spot().map(|(line, _, _)| *line)
    }

    /// The column, from 1, in characters.
    pub fn column(&self) -> Option<usize> {
        self.spot().map(|(_, column, _)| *column)
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    fn spot(&self) -> Option<&(usize, usize, String)> {
        self.place.as_ref().and_then(|place| place.spot.as_ref())
    }

    pub(crate) fn config(message: impl Into<String>) -> Error {
        Error {
            kind: ErrorKind::Config,
            message: message.into(),
            place: None,
            help: None,
        }
    }

    pub(crate) fn io(doing: &str, path: &Path, why: &io::Error) -> Error {
        Error {
            kind: ErrorKind::Io,
            message: format!("{doing}: {why}"),
            place: Some(Box::new(Place {
                file: path.display().to_string(),
                spot: None,
            })),
            help: None,
        }
    }

    /// An error at a byte offset of a source text; without one, only the file is named.
    pub(crate) fn proto(message: String, file: String, source: Option<(&str, usize)>) -> Error {
        Error {
            kind: ErrorKind::Proto,
            message,
            place: Some(Box::new(Place {
                file,
                spot: source.map(|(text, offset)| spot(text, offset)),
            })),
            help: None,
        }
    }

    /// Takes what protox says and turns its span into line and column. `to_path` makes the name that a
    /// file is imported by into the path it was found at.
    pub(crate) fn from_protox(error: &protox::Error, to_path: impl Fn(&str) -> String) -> Error {
        let kind = match error {
            e if e.is_io() => ErrorKind::Io,
            e if e.is_file_not_found() => ErrorKind::NotFound,
            _ => ErrorKind::Proto,
        };
        let mut message = error.to_string();
        if let (true, Some(source)) = (error.is_io(), error::Error::source(error)) {
            message = format!("{message}: {source}");
        }
        let span = error
            .labels()
            // What is said twice is marked twice; the later one is wrong.
            .and_then(|labels| labels.last())
            .map(|label| *label.inner());
        let place = error.file().map(|name| {
            Box::new(Place {
                file: to_path(name),
                spot: span.and_then(|span| read_spot(error, span)),
            })
        });
        Error {
            kind,
            place,
            help: match error.help() {
                Some(help) => Some(help.to_string()),
                None if message.ends_with("found 'edition'") => Some(
                    "editions cannot be read yet: say `syntax = \"proto3\";` or `syntax = \"proto2\";`"
                        .to_owned(),
                ),
                None => None,
            },
            message,
        }
    }
}

/// The whole text of the source is asked for, for the column counts characters from the line's start.
fn read_spot(error: &protox::Error, span: SourceSpan) -> Option<(usize, usize, String)> {
    let whole = SourceSpan::new(0.into(), span.offset().checked_add(span.len())?);
    let source = error.source_code()?;
    let contents = source.read_span(&whole, 0, usize::MAX).ok()?;
    let text = String::from_utf8_lossy(contents.data());
    Some(spot(&text, span.offset()))
}

fn spot(text: &str, offset: usize) -> (usize, usize, String) {
    let offset = (0..=offset.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let (before, after) = text.split_at(offset);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before[start..].chars().count() + 1;
    let end = offset + after.find('\n').unwrap_or(after.len());
    (line, column, text[start..end].trim_end().to_owned())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:", place.file)?;
            if let Some((line, column, _)) = &place.spot {
                write!(f, "{line}:{column}:")?;
            }
            write!(f, " ")?;
        }
        write!(f, "{}", self.message)?;
        if let Some((line, column, text)) = self.spot() {
            // Tabs stay tabs under tabs, so that the mark stands below its character.
            let lead: String = text
                .chars()
                .take(column - 1)
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            let number = line.to_string();
            let gap = " ".repeat(number.len());
            write!(f, "\n {number} | {text}\n {gap} | {lead}^")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n help: {help}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_counts_lines_and_characters_from_one() {
        let text = "a\n\tgrün = 1;\nend";
        let at = text.find('=').unwrap();
        assert_eq!(spot(text, at), (2, 7, "\tgrün = 1;".to_owned()));
        assert_eq!(spot(text, 0), (1, 1, "a".to_owned()));
        assert_eq!(spot(text, 999), (3, 4, "end".to_owned()));
        let inside = text.find('ü').unwrap() + 1;
        assert_eq!(
            spot(text, inside).1,
            4,
            "a cut character counts as its start"
        );
    }

    #[test]
    fn the_mark_stands_below_the_place() {
        let e = Error::proto("bad".into(), "x.proto".into(), Some(("ok\n\tfoo bar", 8)));
        assert_eq!(
            e.to_string(),
            "x.proto:2:6: bad\n 2 | \tfoo bar\n   | \t    ^"
        );
        assert_eq!(format!("{e:?}"), e.to_string());
    }
}
