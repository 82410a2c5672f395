//! The files that `bengal perf` writes where it is told to.

use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::anyhow;

use super::super::diagnostics::{plain, print_error, print_text};

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

/// Puts a new file with `text` in the place of `file`.
pub(super) fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".bengal-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: what the umask leaves.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut new = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
}

/// Why a file could not be written, without the name of the temporary file.
pub(super) fn cause(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "its folder is not there".to_owned(),
        kind if error.get_ref().is_some() => kind.to_string(),
        _ => error.to_string(),
    }
}
