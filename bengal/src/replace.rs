//! Files that take the place of others as a whole, so that who reads meanwhile finds the old or the new one.

use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// A new file in the folder of `path`, whose place it takes when it is persisted there; dropped, it goes.
///
/// # Errors
/// When it cannot be made.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".bengal-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file: less what the umask takes away.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(path))
}

/// The folder that `path` is in.
pub fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// What the system said, without the name of the file that would have taken the place.
pub fn cause(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        return "its folder is not there".to_owned();
    }
    let inner = error.get_ref().and_then(|inner| inner.source());
    inner.map_or_else(|| error.to_string(), ToString::to_string)
}
