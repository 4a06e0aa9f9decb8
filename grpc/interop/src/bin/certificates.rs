//! Writes the certificates of the tests into a folder: `certificates testdata`.

use bywash_interop::certificates::TestCertificates;
use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        return Err("usage: certificates FOLDER".into());
    };
    TestCertificates::new()?.write(Path::new(&folder))?;
    Ok(())
}
