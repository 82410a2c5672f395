//! The timer, its signal's handler, and the room between them and the rest.

#![expect(unsafe_code, reason = "a signal's handler, and the system calls that set it")]

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

use super::super::symbols::walk;
use super::{CpuSample, NO_STAGE, PERIOD};

/// Functions of a stack that are kept, from the inside.
const DEPTH: usize = 128;

/// Words that there is room for: 16 MiB, which the system gives as they are written to. Some 50,000
/// samples.
const WORDS: usize = 2 << 20;

/// A sample is its number of addresses, plus one; its stage; and the addresses. It is not of the heap,
/// so as not to show in its figures.
static ROOM: [AtomicUsize; WORDS] = [const { AtomicUsize::new(0) }; WORDS];
/// Whether samples are taken.
static RUNS: AtomicBool = AtomicBool::new(false);
/// How much of it is given out.
static USED: AtomicUsize = AtomicUsize::new(0);
/// Samples for which there was no more room.
static LOST: AtomicU64 = AtomicU64::new(0);
/// Handlers that are at work.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// There is one timer.
static TAKEN: Mutex<()> = Mutex::new(());

thread_local! {
    // Without a destructor or a beginning, so that the handler finds it whatever the thread is at.
    static STAGE: Cell<usize> = const { Cell::new(NO_STAGE) };
}

/// Whether this system can do it.
pub fn is_there() -> bool {
    true
}

/// The calling thread works for that stage.
pub fn set_stage(stage: usize) {
    STAGE.set(stage);
}

/// Samples are taken until it is ended or dropped.
#[derive(Debug)]
pub struct Sampler {
    before: libc::sigaction,
    _taken: MutexGuard<'static, ()>,
}

impl Sampler {
    /// Begins to take samples of the whole process.
    ///
    /// # Errors
    /// When samples are being taken already, or the system gives no timer.
    pub fn start() -> std::io::Result<Self> {
        let taken = match TAKEN.try_lock() {
            Ok(taken) => taken,
            Err(TryLockError::Poisoned(taken)) => taken.into_inner(),
            Err(TryLockError::WouldBlock) => {
                return Err(std::io::Error::other("samples are being taken already"));
            }
        };
        // What the walking of a stack does but once, it does here and not in the handler.
        walk(|_| true);
        USED.store(0, Ordering::Relaxed);
        LOST.store(0, Ordering::Relaxed);
        let before = handle(action()?)?;
        let sampler = Self { before, _taken: taken };
        RUNS.store(true, Ordering::SeqCst);
        set_timer(PERIOD.subsec_micros())?;
        Ok(sampler)
    }

    /// Ends it; gives the samples, and how many were lost as there was no room for more.
    pub fn end(self) -> (Vec<CpuSample>, u64) {
        self.stop();
        let used = USED.load(Ordering::Acquire).min(WORDS);
        let mut words = ROOM[..used].iter().map(|word| word.swap(0, Ordering::Relaxed));
        let mut samples = Vec::new();
        while let (Some(length @ 1..), Some(stage)) = (words.next(), words.next()) {
            let addresses = words.by_ref().take(length - 1).collect();
            samples.push(CpuSample { stage, addresses });
        }
        (samples, LOST.load(Ordering::Relaxed))
    }

    fn stop(&self) {
        // Neither can fail with what they are given.
        let _ = set_timer(0);
        RUNS.store(false, Ordering::SeqCst);
        while AT_WORK.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.stop();
        // A signal that is still on its way would end the process if nobody handled it; the handler
        // stays in place of the system's own way.
        if self.before.sa_sigaction != libc::SIG_DFL {
            let _ = handle(self.before);
        }
    }
}

fn set_timer(microseconds: u32) -> std::io::Result<()> {
    let every = libc::timeval { tv_sec: 0, tv_usec: microseconds.into() };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    // SAFETY: it reads the timer, and writes nothing.
    match unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// How `SIGPROF` is to be handled while samples are taken.
fn action() -> std::io::Result<libc::sigaction> {
    // SAFETY: zeros are a valid value of each field.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = take_sample as *const () as usize;
    // System calls that are interrupted go on.
    action.sa_flags = libc::SA_RESTART | libc::SA_SIGINFO;
    // SAFETY: it writes the set, which is there.
    match unsafe { libc::sigfillset(&raw mut action.sa_mask) } {
        0 => Ok(action),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// Sets how `SIGPROF` is handled; gives how it was.
fn handle(action: libc::sigaction) -> std::io::Result<libc::sigaction> {
    let mut before = MaybeUninit::uninit();
    // SAFETY: the action is whole, and its handler, where it is ours, does only what handlers may.
    match unsafe { libc::sigaction(libc::SIGPROF, &raw const action, before.as_mut_ptr()) } {
        // SAFETY: it was written.
        0 => Ok(unsafe { before.assume_init() }),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// The handler of `SIGPROF`.
extern "C" fn take_sample(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the place of this thread's `errno`, which is always there.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let before = unsafe { *errno };
    AT_WORK.fetch_add(1, Ordering::SeqCst);
    if RUNS.load(Ordering::SeqCst) {
        // SAFETY: the system gives the handler the context of what it interrupted.
        let interrupted = unsafe { program_counter(context.cast()) };
        let (mut stack, mut length) = ([0; DEPTH], 0);
        walk(|address| {
            // What comes before is the handler's own.
            if length > 0 || address == interrupted {
                // What is taken for a return address is looked up a byte before itself.
                stack[length] = if length == 0 { address + 1 } else { address };
                length += 1;
            }
            length < DEPTH
        });
        if length == 0 {
            (stack[0], length) = (interrupted + 1, 1);
        }
        keep(&stack[..length]);
    }
    AT_WORK.fetch_sub(1, Ordering::SeqCst);
    // SAFETY: as above.
    unsafe { *errno = before };
}

/// Appends a stack to those that are kept.
fn keep(stack: &[usize]) {
    let words = stack.len() + 2;
    let mut at = USED.load(Ordering::Relaxed);
    // Room is taken only where there is some, so that what is behind a sample is a sample.
    loop {
        if at + words > WORDS {
            LOST.fetch_add(1, Ordering::Relaxed);
            return;
        }
        match USED.compare_exchange_weak(at, at + words, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => break,
            Err(now) => at = now,
        }
    }
    let Some(room) = ROOM.get(at..at + words) else { return };
    room[0].store(stack.len() + 1, Ordering::Relaxed);
    room[1].store(STAGE.get(), Ordering::Relaxed);
    room[2..].iter().zip(stack).for_each(|(word, address)| word.store(*address, Ordering::Relaxed));
}

/// Where the thread was interrupted.
///
/// # Safety
/// `context` is what a signal's handler was given.
#[cfg(target_arch = "x86_64")]
unsafe fn program_counter(context: *const libc::ucontext_t) -> usize {
    // SAFETY: as the caller promised.
    let counter = unsafe { (*context).uc_mcontext.gregs[libc::REG_RIP as usize] };
    usize::try_from(counter).unwrap_or(0)
}

/// The same.
///
/// # Safety
/// As above.
#[cfg(target_arch = "aarch64")]
unsafe fn program_counter(context: *const libc::ucontext_t) -> usize {
    // SAFETY: as the caller promised.
    unsafe { (*context).uc_mcontext.pc as usize }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[inline(never)]
    fn burn_processor_time(time: Duration) -> u64 {
        let begun = Instant::now();
        let mut sum = 0_u64;
        while begun.elapsed() < time {
            sum = std::hint::black_box(sum.wrapping_add(1));
            // What a handler may interrupt: the allocator.
            drop(std::hint::black_box(vec![0_u8; 100]));
        }
        sum
    }

    #[test]
    fn samples_name_the_function_and_its_stage_and_only_one_takes_them() {
        let sampler = Sampler::start().unwrap();
        assert!(Sampler::start().is_err());
        let work = |stage| {
            move || {
                set_stage(stage);
                burn_processor_time(Duration::from_millis(400))
            }
        };
        let threads = [3, 4].map(|stage| std::thread::spawn(work(stage)));
        assert!(threads.map(|thread| thread.join().unwrap()).iter().all(|sum| *sum > 0));
        let (samples, lost) = sampler.end();
        assert_eq!(lost, 0);
        let names: Vec<_> = ["a", "b", "c", "three", "four"].map(str::to_owned).into();
        let lines = super::super::fold(&samples, &names);
        for stage in ["three;", "four;"] {
            let found = lines
                .keys()
                .any(|line| line.starts_with(stage) && line.contains("burn_processor_time"));
            assert!(found, "{stage} in {lines:#?}");
        }
        // It can be begun again.
        drop(Sampler::start().unwrap());
    }
}
