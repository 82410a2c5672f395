//! What the system says of this process.

use std::time::Duration;

/// The most memory that this process held at any moment, in bytes; `None` where the system does not
/// say. Source: `VmHWM` of proc(5).
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
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
