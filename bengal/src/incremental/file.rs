//! The files of the cache: each is read whole, and replaced by rename.
//!
//! **Invariant:** a file that is damaged, of another program or of another version of this one is never
//! read as if it were whole: a hash over all of it stands at its head.

use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_128;

/// What a cache file begins with. Its last part is the version of all that follows: it grows with every
/// change of what is kept, or of what anything kept means.
const MAGIC: &[u8; 16] = b"bengal cache 1\n\0";

/// Bytes before what is kept: the magic, and the hash of all that follows it.
const HEAD: usize = 32;

/// Why a cache file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// There is none: nothing was built yet.
    Missing,
    /// It is another version's, or no file of bengal's.
    Foreign,
    /// It is not as it was written.
    Damaged,
}

/// The bytes of the cache file at `path`, for [`read`].
///
/// # Errors
/// When it is not there, or cannot be used.
pub fn load(path: &Path) -> Result<Vec<u8>, Unusable> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unusable::Missing),
        Err(_) => return Err(Unusable::Damaged),
    };
    match bytes.get(..HEAD) {
        _ if bytes.len() < HEAD => Err(Unusable::Damaged),
        Some(head) if head[..16] != MAGIC[..] => Err(Unusable::Foreign),
        Some(head) if head[16..] != xxh3_128(&bytes[HEAD..]).to_le_bytes() => {
            Err(Unusable::Damaged)
        }
        _ => Ok(bytes),
    }
}

/// What stands in `bytes`, which [`load`] gave.
///
/// # Errors
/// When that is something else.
pub fn read<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Unusable> {
    let kept = bytes.get(HEAD..).ok_or(Unusable::Damaged)?;
    postcard::from_bytes(kept).map_err(|_| Unusable::Damaged)
}

/// The value that `bytes`, which [`load`] gave, begin with.
pub fn read_first<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    postcard::take_from_bytes(bytes.get(HEAD..)?).ok().map(|(first, _)| first)
}

/// Writes `value` to a cache file, in place of what it held.
///
/// # Errors
/// When it cannot be written; then it is as it was.
pub fn replace(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut bytes = postcard::to_extend(value, vec![0; HEAD]).map_err(io::Error::other)?;
    bytes[..16].copy_from_slice(MAGIC);
    let hash = xxh3_128(&bytes[HEAD..]).to_le_bytes();
    bytes[16..HEAD].copy_from_slice(&hash);
    let unfinished = path.with_extension("new");
    fs::write(&unfinished, &bytes)?;
    fs::rename(unfinished, path)
}

/// A record by itself, as bytes.
pub fn to_bytes(value: &impl Serialize, bytes: &mut Vec<u8>) {
    bytes.clear();
    *bytes = postcard::to_extend(value, std::mem::take(bytes)).unwrap_or_default();
}

/// The record that `bytes` are, if they are one.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
