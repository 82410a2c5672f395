//! What the system says of this process.

use std::time::Duration;

/// Memory of this process that is resident, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resident {
    /// The most at any moment.
    pub peak: u64,
    /// Now.
    pub now: u64,
    /// Of that, what is no file's.
    pub anon: u64,
    /// Of that, what is a file's: the program itself, and what it maps.
    pub file: u64,
}

/// What the system says of the memory of this process; `None` where it does not.
/// Source: `/proc/self/status` in proc(5).
pub fn resident() -> Option<Resident> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kilobytes * 1024)
    };
    Some(Resident {
        peak: bytes("VmHWM")?,
        now: bytes("VmRSS")?,
        anon: bytes("RssAnon")?,
        file: bytes("RssFile")?,
    })
}

/// The processor time that this process took so far; `None` where the system does not say.
pub fn cpu_time() -> Option<Duration> {
    clock::read(clock::PROCESS)
}

/// The processor time that the calling thread took so far.
pub fn thread_cpu_time() -> Option<Duration> {
    clock::read(clock::THREAD)
}

#[cfg(unix)]
mod clock {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    pub const PROCESS: ClockId = ClockId::ProcessCPUTime;
    pub const THREAD: ClockId = ClockId::ThreadCPUTime;

    pub fn read(clock: ClockId) -> Option<Duration> {
        clock_gettime(clock).try_into().ok()
    }
}

#[cfg(not(unix))]
mod clock {
    pub const PROCESS: () = ();
    pub const THREAD: () = ();

    pub fn read((): ()) -> Option<std::time::Duration> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_says_what_is_resident() {
        let Resident { peak, now, anon, file } = resident().unwrap();
        assert!(peak >= now && now >= anon && anon > 0 && file > 0);
    }
}
