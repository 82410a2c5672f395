//! Runs one process to its end and says what it took, as the kernel accounts for it.
//!
//! **Invariant:** wall time is from before the process is made until it has been waited for; CPU and
//! peak RSS are that child's own, and its waited-for children's, from `wait4`.
//! **Invariant:** the only `unsafe` of this crate is here: the calls of libc.
//!
//! On Linux a child's peak RSS starts at what its parent's address space had held when it was
//! made (`exec` folds the old peak into the process's), so a peak below [`own_peak`] cannot be
//! seen. That is why nothing in this crate gathers a site in memory.

use std::io;
use std::process::{Command, ExitStatus};
use std::time::Duration;

/// What one process took.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// From just before it was started until it was waited for.
    pub wall: Duration,
    /// User and system time of all its threads.
    pub cpu: Duration,
    /// The most memory it had resident at once.
    pub peak_rss_bytes: u64,
}

/// Starts `command`, waits for it, and returns how it ended and what it took.
///
/// # Errors
///
/// What the system says where the process cannot be started or waited for; `Unsupported` where
/// there is no `wait4`. That the process failed is no error: it is in the status.
pub fn run(command: &mut Command) -> io::Result<(ExitStatus, Usage)> {
    system::run(command)
}

/// This process's own peak RSS in bytes so far: the least peak that [`run`] can see.
///
/// # Errors
///
/// As [`run`].
pub fn own_peak() -> io::Result<u64> {
    system::own_peak()
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "std waits for a child without telling what it used; wait4 does")]
mod system {
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, ExitStatus};
    use std::time::{Duration, Instant};

    use super::Usage;

    pub fn run(command: &mut Command) -> io::Result<(ExitStatus, Usage)> {
        let start = Instant::now();
        // Dropping the handle of a child neither waits for it nor ends it.
        let id = command.spawn()?.id();
        let id = libc::pid_t::try_from(id).expect("a process id came from a pid_t");
        let (status, usage) = wait(id)?;
        let usage = Usage {
            wall: start.elapsed(),
            cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
            peak_rss_bytes: peak(&usage),
        };
        Ok((status, usage))
    }

    pub fn own_peak() -> io::Result<u64> {
        let mut usage = MaybeUninit::uninit();
        // SAFETY: `usage` is a place for one `rusage`, which the call fills when it returns 0.
        let result = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call returned 0.
        Ok(peak(&unsafe { usage.assume_init() }))
    }

    fn wait(id: libc::pid_t) -> io::Result<(ExitStatus, libc::rusage)> {
        let mut status = 0;
        let mut usage = MaybeUninit::uninit();
        loop {
            // SAFETY: both pointers are to live places of the right type, which the call fills
            // when it returns the child's id.
            let waited = unsafe { libc::wait4(id, &mut status, 0, usage.as_mut_ptr()) };
            if waited == id {
                // SAFETY: the call returned the child's id.
                return Ok((ExitStatus::from_raw(status), unsafe { usage.assume_init() }));
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
    }

    fn duration(time: libc::timeval) -> Duration {
        // The kernel's times are never negative, and their types differ by platform.
        Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
    }

    fn peak(usage: &libc::rusage) -> u64 {
        // Kibibytes, but on Apple's systems bytes (getrusage(2) of each).
        let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
        usage.ru_maxrss as u64 * unit
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::process::{Command, ExitStatus};

    use super::Usage;

    pub fn run(_command: &mut Command) -> io::Result<(ExitStatus, Usage)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn own_peak() -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_measured_by_itself() {
        let (status, idle) = run(Command::new("sleep").arg("0.2")).unwrap();
        assert!(status.success());
        assert!(idle.wall >= Duration::from_millis(200));
        assert!(idle.cpu < Duration::from_millis(100));

        let busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; exit 3";
        let (status, busy) = run(Command::new("sh").args(["-c", busy])).unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(busy.cpu > idle.cpu);
        assert!(busy.peak_rss_bytes > 100_000);
    }
}
