//! What the file system says of a file, by which it is known again without being read.
//!
//! **Invariant:** two files of one path and one stamp hold the same bytes, unless one was written within
//! the grain of the file system's clock after the other was read: see [`Stamp::settled`].

use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Size, times and number of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    size: u64,
    /// When its bytes were last written: nanoseconds since 1970.
    modified: i64,
    /// When anything of it was last changed, which nobody can set back.
    changed: i64,
    inode: u64,
}

impl Stamp {
    /// The stamp of the file that has `metadata`.
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, nanoseconds);
        let (changed, inode) = changed(metadata);
        Self { size: metadata.len(), modified, changed, inode }
    }

    /// The stamp of the file at `path`, to which links may lead; `None` where it cannot be looked at.
    pub fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
    }

    /// Bytes of the file.
    pub fn size(self) -> u64 {
        self.size
    }

    /// The stamp, unless it is so young at the moment `now` that the file could be written again and keep
    /// it: such a file is to be read the next time.
    pub fn settled(self, now: i64, grain: Duration) -> Option<Self> {
        let grain = i64::try_from(grain.as_nanos()).unwrap_or(i64::MAX);
        let last = self.modified.max(self.changed);
        (last.saturating_add(grain) < now).then_some(self)
    }
}

/// What the stamps of a site's files must be older by than the moment at which they are noted: the
/// coarsest clock of a file system in use ticks every two seconds.
pub const GRAIN: Duration = Duration::from_secs(2);

/// The same for files that bengal itself wrote: the kernel's clock ticks every 10 ms at most. Where a
/// stamp shows that its file system counts whole seconds, [`GRAIN`] holds.
const OWN_GRAIN: Duration = Duration::from_millis(20);

impl Stamp {
    /// [`Stamp::settled`] for a file that bengal wrote.
    pub fn settled_own(self, now: i64) -> Option<Self> {
        let coarse = self.modified % 1_000_000_000 == 0;
        self.settled(now, if coarse { GRAIN } else { OWN_GRAIN })
    }
}

/// The moment now, as stamps have it.
pub fn now() -> i64 {
    nanoseconds(SystemTime::now())
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> (i64, u64) {
    use std::os::unix::fs::MetadataExt;
    let changed = metadata.ctime().saturating_mul(1_000_000_000);
    (changed.saturating_add(metadata.ctime_nsec()), metadata.ino())
}

#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> (i64, u64) {
    (metadata.created().map_or(0, nanoseconds), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_stamp_is_not_settled() {
        let stamp = Stamp { size: 1, modified: 10_000_000_500, changed: 0, inode: 0 };
        assert_eq!(stamp.settled(11_000_000_000, GRAIN), None);
        assert_eq!(stamp.settled(13_000_000_000, GRAIN), Some(stamp));
        assert_eq!(stamp.settled_own(10_010_000_000), None);
        assert_eq!(stamp.settled_own(10_100_000_000), Some(stamp));
        let coarse = Stamp { modified: 10_000_000_000, ..stamp };
        assert_eq!(coarse.settled_own(11_000_000_000), None);
    }
}
