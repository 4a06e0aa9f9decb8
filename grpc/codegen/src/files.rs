//! Files on the way out: written only when they differ, and counted.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// Which files a run wrote, and which were right already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Files whose content changed.
    pub written: Vec<PathBuf>,
    /// Files that had the right content, and were not touched.
    pub unchanged: Vec<PathBuf>,
}

/// Writes below one directory, and remembers what was written and what was the same already.
pub(crate) struct Folder {
    root: PathBuf,
    report: Report,
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Result<Folder, Error> {
        fs::create_dir_all(&root).map_err(|e| Error::io("cannot make the folder", &root, &e))?;
        Ok(Folder {
            root,
            report: Report::default(),
        })
    }

    /// `name` is relative to the folder; an absolute one is taken as it is.
    pub(crate) fn put(&mut self, name: &Path, content: &[u8]) -> Result<(), Error> {
        let path = self.root.join(name);
        if fs::read(&path).is_ok_and(|old| old == content) {
            self.report.unchanged.push(path);
            return Ok(());
        }
        fs::write(&path, content).map_err(|e| Error::io("cannot write", &path, &e))?;
        self.report.written.push(path);
        Ok(())
    }

    pub(crate) fn done(self) -> Report {
        self.report
    }
}
