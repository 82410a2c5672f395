//! Reads the index of a repository: the files that git tracks, and how each was when git last looked.
//!
//! Source: gitformat-index(5), versions 2, 3 and 4.
//!
//! **Invariant:** one entry is in memory at a time, and an index that is not as the format says is `None`
//! before it ends.

use std::io::{BufRead, Read, Take};

/// The longest path that is read.
const PATH: usize = 64 << 10;

/// Reads the entries of an index, one after the other.
pub(super) struct Entries<R> {
    /// Without the hash at its end.
    index: Take<R>,
    version: u32,
    /// Bytes of an object's name.
    id_length: usize,
    left: u32,
    entry: Entry,
}

/// A file that git tracks.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// When it was last changed: seconds, nanoseconds.
    pub modified: (u32, u32),
    /// Its size, its lowest 32 bits.
    pub size: u32,
    /// What it is, and whether it may be run: as `0o100644`.
    pub mode: u32,
    /// The name of the object with its content.
    pub id: Vec<u8>,
    /// Its path, from the folder of the repository's files.
    pub path: Vec<u8>,
    /// Git does not look at it: the user said so.
    pub unwatched: bool,
    /// It is to be resolved, or added with a content that is not there yet.
    pub unsettled: bool,
}

// The flags of an entry.
const ASSUME_VALID: u16 = 0x8000;
const EXTENDED: u16 = 0x4000;
const STAGE: u16 = 0x3000;
const NAME_LENGTH: u16 = 0x0fff;
// And those behind them, where the entry is extended.
const SKIP_WORKTREE: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;

impl<R: BufRead> Entries<R> {
    /// The entries of an index of `length` bytes, whose objects' names have `id_length`.
    pub fn new(index: R, length: u64, id_length: usize) -> Option<Self> {
        let mut index = index.take(length.checked_sub(id_length as u64)?);
        let mut magic = [0; 4];
        index.read_exact(&mut magic).ok()?;
        let version = number(&mut index)?;
        let left = number(&mut index)?;
        let known = magic == *b"DIRC" && matches!(version, 2..=4);
        known.then_some(Self { index, version, id_length, left, entry: Entry::default() })
    }

    /// The next entry: `Some(None)` when there are no more, `None` when it cannot be read.
    pub fn next(&mut self) -> Option<Option<&Entry>> {
        if self.left == 0 {
            return Some(None);
        }
        self.left -= 1;
        let flags = self.read_fixed()?;
        match self.version {
            4 => self.read_compressed_path()?,
            _ => self.read_path(flags)?,
        }
        Some(Some(&self.entry))
    }

    /// What all versions have before the path. Gives the flags.
    fn read_fixed(&mut self) -> Option<u16> {
        // ctime, mtime, device, inode, mode, user, group, size: ten numbers, of which some are used.
        let mut fixed = [0; 40];
        self.index.read_exact(&mut fixed).ok()?;
        let at = |number: usize| {
            let bytes = fixed[number * 4..].first_chunk().copied().unwrap_or_default();
            u32::from_be_bytes(bytes)
        };
        let entry = &mut self.entry;
        entry.modified = (at(2), at(3));
        entry.mode = at(6);
        entry.size = at(9);
        entry.id.resize(self.id_length, 0);
        self.index.read_exact(&mut entry.id).ok()?;
        let flags = short(&mut self.index)?;
        let more = if flags & EXTENDED != 0 { short(&mut self.index)? } else { 0 };
        entry.unwatched = flags & ASSUME_VALID != 0 || more & SKIP_WORKTREE != 0;
        entry.unsettled = flags & STAGE != 0 || more & INTENT_TO_ADD != 0;
        Some(flags)
    }

    /// A path that stands in full, and the zeros behind it, which make the entry's length a multiple of 8.
    fn read_path(&mut self, flags: u16) -> Option<()> {
        self.entry.path.clear();
        self.read_to_zero()?;
        let extended = if flags & EXTENDED != 0 { 2 } else { 0 };
        let length = 40 + self.id_length + 2 + extended + self.entry.path.len();
        // One zero was read already.
        let mut zeros = [0; 8];
        let padding = 8 - length % 8 - 1;
        self.index.read_exact(&mut zeros[..padding]).ok()?;
        let named = usize::from(flags & NAME_LENGTH);
        let fits = named == self.entry.path.len().min(usize::from(NAME_LENGTH));
        fits.then_some(())
    }

    /// A path that says how many bytes of the one before it has not.
    fn read_compressed_path(&mut self) -> Option<()> {
        let cut = self.read_varint()?;
        let kept = self.entry.path.len().checked_sub(cut)?;
        self.entry.path.truncate(kept);
        self.read_to_zero()
    }

    /// Adds to the path what stands before the next zero.
    fn read_to_zero(&mut self) -> Option<()> {
        let path = &mut self.entry.path;
        let limit = PATH.saturating_sub(path.len());
        self.index.by_ref().take(limit as u64).read_until(0, path).ok()?;
        (path.pop() == Some(0)).then_some(())
    }

    /// A number as packs have it for offsets: gitformat-pack(5), "offset encoding".
    fn read_varint(&mut self) -> Option<usize> {
        let mut byte = self.read_byte()?;
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.read_byte()?;
            value = value.checked_add(1)?.checked_mul(128)? | usize::from(byte & 0x7f);
        }
        Some(value)
    }

    fn read_byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        self.index.read_exact(&mut byte).ok()?;
        Some(byte[0])
    }

    /// Whether the entries that were read are all that there is: not where an extension says that more of
    /// them are elsewhere, or says something that must be understood and is not.
    pub fn are_all(mut self) -> Option<bool> {
        while !self.index.fill_buf().ok()?.is_empty() {
            let mut name = [0; 4];
            self.index.read_exact(&mut name).ok()?;
            let length = u64::from(number(&mut self.index)?);
            // Where a name begins with a small letter, the extension must be understood. `sdir` says that
            // there may be entries of folders, which are read over.
            if name[0].is_ascii_lowercase() && name != *b"sdir" {
                return Some(false);
            }
            let skipped =
                std::io::copy(&mut self.index.by_ref().take(length), &mut std::io::sink());
            (skipped.ok()? == length).then_some(())?;
        }
        Some(true)
    }
}

fn number(index: &mut impl Read) -> Option<u32> {
    let mut bytes = [0; 4];
    index.read_exact(&mut bytes).ok()?;
    Some(u32::from_be_bytes(bytes))
}

fn short(index: &mut impl Read) -> Option<u16> {
    let mut bytes = [0; 2];
    index.read_exact(&mut bytes).ok()?;
    Some(u16::from_be_bytes(bytes))
}
