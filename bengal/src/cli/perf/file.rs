//! The files that `bengal perf` writes where it is told to.

use std::io::Write;
use std::path::Path;

use anyhow::anyhow;

use super::super::diagnostics::{plain, print_error, print_text};
use crate::replace::{beside, cause};

/// Writes `text` to `file`, or to standard output for `-`. A file is replaced as a whole, so that who
/// reads it meanwhile finds the old one or the new one.
///
/// # Errors
/// When it cannot be written; then it is as it was.
pub(super) fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    if file == Path::new("-") {
        print_text(text);
        return Ok(());
    }
    let shown = plain(&file.display().to_string());
    if !may_be_replaced(file) {
        // A device or a pipe is written to, not replaced; a folder is refused by this.
        return std::fs::write(file, text).map_err(|error| anyhow!("{shown}: {error}"));
    }
    replace(file, text).map_err(|error| anyhow!("{shown}: {}", cause(&error)))?;
    print_error(&format!("written: {shown}"));
    Ok(())
}

/// Whether a new file can take the place of what is there: a plain file, or nothing.
fn may_be_replaced(file: &Path) -> bool {
    file.symlink_metadata().map_or(true, |metadata| metadata.is_file())
}

fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let mut new = beside(file)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
}
