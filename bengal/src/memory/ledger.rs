//! The accounts of a build, and the process's peak while it ran.
//!
//! **Invariant:** one build is watched at a time. Nothing allocates while the watch is locked, as the
//! allocator itself looks at it.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::account::{Account, OUTSIDE};
use super::counters::Counters;
use super::register::{self, Sums};
use super::thread::THREAD;

/// The accounts of a build's stages.
#[derive(Debug)]
pub struct Ledger {
    accounts: Arc<[Account]>,
}

/// Memory figures of a stage, or of all that is no stage. Bytes are in jemalloc's size classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Memory {
    /// Bytes that its threads allocated. Exact.
    pub allocated_bytes: u64,
    /// Bytes that its threads freed. Exact.
    pub freed_bytes: u64,
    /// How often its threads allocated, or changed an allocation's size. Exact.
    pub allocations: u64,
    /// Bytes that it handed over with items. Over the chain these and `received_bytes` cancel.
    pub sent_bytes: i64,
    /// Bytes that it was handed with items.
    pub received_bytes: i64,
    /// What it holds: allocated − freed − sent + received. Exact; sums to the process's.
    pub heap_bytes: i64,
    /// The most that it held; exact within [`super::FOLD_BYTES`] for each worker.
    pub peak_bytes: i64,
    /// What it held when the process held most; within the same. Sums to the process's peak.
    pub at_process_peak_bytes: i64,
}

/// The memory figures of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Of each stage, in order.
    pub stages: Vec<Memory>,
    /// Of all that is no stage.
    pub outside: Memory,
    /// Of the process.
    pub process: Process,
}

/// The process's own figures, read from its threads' own counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Process {
    /// Bytes allocated since the process began, or since the figures of the build before.
    pub allocated_bytes: u64,
    /// Bytes freed since then.
    pub freed_bytes: u64,
    /// Allocations since then.
    pub allocations: u64,
    /// Live bytes.
    pub heap_bytes: i64,
    /// The most live bytes while the chain ran; exact within [`super::FOLD_BYTES`] for each thread.
    pub peak_bytes: i64,
}

/// Live bytes of the process, as far as threads have folded.
static LIVE: AtomicI64 = AtomicI64::new(0);

/// Above this it is looked who holds the process's bytes.
static PEAK: AtomicI64 = AtomicI64::new(i64::MAX);

/// The build that is watched.
static WATCHED: Mutex<Option<Watched>> = Mutex::new(None);

/// What the figures of the build before had counted already.
static REPORTED: Mutex<Option<Sums>> = Mutex::new(None);

struct Watched {
    accounts: Arc<[Account]>,
    peak: Peak,
}

/// The process's highest point, and what each stage held then.
#[derive(Debug, Default)]
struct Peak {
    total: i64,
    held: Box<[i64]>,
}

/// Adds to the process's live bytes, and notes who holds what where that is a new peak.
pub(super) fn change_live(bytes: i64) {
    let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
    if bytes <= 0 || live <= PEAK.load(Relaxed) {
        return;
    }
    if let Some(Watched { accounts, peak }) = &mut *watched()
        && live > peak.total
    {
        peak.total = live;
        peak.held.iter_mut().zip(&**accounts).for_each(|(held, account)| *held = account.live());
        PEAK.store(live, Relaxed);
    }
}

/// Does what no look at the accounts may come between of.
pub(super) fn at_one_moment(work: impl FnOnce()) {
    let _watched = watched();
    work();
}

fn watched() -> MutexGuard<'static, Option<Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    /// Accounts for `stages` stages, watched from now on. `None` where nothing is counted, or another
    /// build is watched.
    pub fn open(stages: usize) -> Option<Self> {
        let accounts: Arc<[Account]> = (0..stages).map(|_| Account::default()).collect();
        let held = vec![0; stages].into_boxed_slice();
        let counted = THREAD.with(|thread| {
            thread.fold();
            thread.is_counted()
        });
        let mine = Watched { accounts: Arc::clone(&accounts), peak: Peak { total: 0, held } };
        let refused = match &mut *watched() {
            free @ None if counted => {
                OUTSIDE.forget_peak();
                let live = LIVE.load(Relaxed);
                PEAK.store(live, Relaxed);
                *free = Some(Watched { peak: Peak { total: live, ..mine.peak }, ..mine });
                None
            }
            _ => Some(mine),
        };
        refused.is_none().then_some(Self { accounts })
    }

    /// The account of the stage of that index.
    pub fn account(&self, stage: usize) -> Option<&Account> {
        self.accounts.get(stage)
    }

    /// What each stage holds at this moment, in order, and then what is outside of them; as far as
    /// threads have folded.
    pub fn held(&self) -> Vec<i64> {
        let mut held = Vec::with_capacity(self.accounts.len() + 1);
        let all = self.accounts.iter().chain([&OUTSIDE]);
        at_one_moment(|| held.extend(all.map(Account::live)));
        held
    }

    /// The figures, when no worker sits at an account any more.
    pub fn report(&self) -> Books {
        THREAD.with(|thread| thread.fold());
        let peak = self.unwatch();
        let now = register::sums();
        let before = reported().replace(self.closed(now)).unwrap_or_default();
        let of_stage = |(account, held): (&Account, &i64)| {
            let counted = account.counters.read();
            memory(counted, account, account.live(), *held)
        };
        let stages = self.accounts.iter().zip(&peak.held).map(of_stage).collect();
        let held = peak.total - peak.held.iter().sum::<i64>();
        let counted = now.outside.since(before.outside);
        let outside = memory(counted, &OUTSIDE, now.outside.net(), held);
        let counted = now.process.since(before.process);
        let process = Process {
            allocated_bytes: counted.allocated,
            freed_bytes: counted.freed,
            allocations: counted.allocations,
            heap_bytes: now.process.net(),
            peak_bytes: peak.total,
        };
        Books { stages, outside, process }
    }

    /// `now`, with what the stages counted made `outside`'s, as it is when this is dropped.
    fn closed(&self, now: Sums) -> Sums {
        let counted = self.accounts.iter().map(|account| account.counters.read());
        Sums { outside: counted.fold(now.outside, Counters::and), ..now }
    }

    fn unwatch(&self) -> Peak {
        let taken = {
            let mut watched = watched();
            let own = |watched: &mut Watched| Arc::ptr_eq(&watched.accounts, &self.accounts);
            let taken = watched.take_if(own);
            if taken.is_some() {
                PEAK.store(i64::MAX, Relaxed);
            }
            taken
        };
        taken.map(|watched| watched.peak).unwrap_or_default()
    }
}

/// What the stages hold goes to `outside`: whoever frees it will be there.
impl Drop for Ledger {
    fn drop(&mut self) {
        self.unwatch();
        for account in &*self.accounts {
            OUTSIDE.counters.add(account.counters.read());
            OUTSIDE.change(account.live());
        }
    }
}

fn reported() -> MutexGuard<'static, Option<Sums>> {
    REPORTED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn memory(counted: Counters, account: &Account, heap_bytes: i64, held: i64) -> Memory {
    let (sent_bytes, received_bytes) = account.handed();
    Memory {
        allocated_bytes: counted.allocated,
        freed_bytes: counted.freed,
        allocations: counted.allocations,
        sent_bytes,
        received_bytes,
        heap_bytes,
        peak_bytes: account.peak(),
        at_process_peak_bytes: held,
    }
}
