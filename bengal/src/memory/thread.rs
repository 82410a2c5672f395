//! What is known of a thread: jemalloc's counters of it, what of them was folded, and at which
//! account it sits.
//!
//! jemalloc counts for each thread the bytes that it ever allocated and freed. Before each call the
//! allocator looks at the two; when their difference has moved by nearly [`FOLD_BYTES`], up or down,
//! that is folded into the account that the thread sits at and into the process's total. The highest
//! point of the difference always stands right before something is freed, so it is looked for there
//! and where it is asked for.
//!
//! **Invariant:** nothing here allocates. A thread that is ending, or for which there is no place in
//! the register, is folded at every call, so that nothing of it is ever missing.

#![expect(unsafe_code, reason = "jemalloc's counters and the account are behind pointers")]

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed};

use super::account::{Account, OUTSIDE};
use super::counters::{Counters, Totals};
use super::register::{self, Register};
use super::{jemalloc, ledger};

/// Bytes, up or down, after which a thread's change is folded. Peaks are exact within this much for
/// each thread; folding at every call would make threads fight for the totals.
pub const FOLD_BYTES: i64 = 16 * 1024;

/// Where it is done: a look before a call knows the size asked for, and jemalloc gives up to a quarter
/// more.
const FOLD_AT: i64 = FOLD_BYTES / 4 * 3;

thread_local! {
    // Without a destructor, so that using it needs no call and it is there until the thread is gone.
    pub(super) static THREAD: Thread = const { Thread::new() };
    /// Takes the thread out of the register when it ends.
    static FAREWELL: Farewell = const { Farewell };
}

/// What is known of a thread. Others read the atomic fields, and the first two, of threads that are
/// in the register.
pub(super) struct Thread {
    /// Where jemalloc counts, while the thread is in the register; else [`NONE`] and [`LOWEST`].
    allocated: Cell<*const u64>,
    freed: Cell<*const u64>,
    allocations: AtomicU64,
    /// The most that it had since [`Thread::mark`].
    high: Cell<i64>,
    /// Where it is to be attended to: from here on …
    above: Cell<i64>,
    /// … and down from here.
    below: Cell<i64>,
    /// What it had at the last fold.
    folded: Cell<i64>,
    /// What [`Thread::apart`] left allocated.
    apart: Cell<i64>,
    /// What [`Thread::kept`] left allocated.
    kept: Cell<i64>,
    state: Cell<State>,
    /// What accounts have of its counters.
    settled: Totals,
    /// Where it sits; null for `outside`.
    account: AtomicPtr<Account>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It has not allocated yet.
    New,
    /// It is being taken up.
    Opening,
    /// It stands in the register, at that place.
    Listed(usize),
    /// It is ending, or there was no place for it.
    Unlisted,
    /// There are no counters to look at.
    Blind,
}

/// Counters whose difference is the lowest there is, so that no high point is seen in it.
static NONE: u64 = 0;
static LOWEST: u64 = 1 << 63;

struct Farewell;

impl Drop for Farewell {
    fn drop(&mut self) {
        THREAD.with(Thread::retire);
    }
}

/// Looking, which every call to the allocator does. All are few instructions without a call.
impl Thread {
    /// Whether it is to be attended to after an allocation of `size` bytes.
    #[inline]
    pub fn goes_far_by_allocating(&self, size: usize) -> bool {
        self.count();
        self.look().wrapping_add(size as i64) >= self.above.get()
    }

    /// Whether it is to be attended to after `size` bytes are freed.
    #[inline]
    pub fn goes_far_by_freeing(&self, size: usize) -> bool {
        let net = self.look();
        self.high.set(self.high.get().max(net));
        net.wrapping_sub(size as i64) <= self.below.get()
    }

    /// Whether it is to be attended to after an allocation's size has changed.
    #[inline]
    pub fn goes_far_by_resizing(&self, before: usize, after: usize) -> bool {
        self.count();
        let net = self.look();
        self.high.set(self.high.get().max(net));
        let net = net.wrapping_add(after as i64).wrapping_sub(before as i64);
        net >= self.above.get() || net <= self.below.get()
    }

    #[inline]
    fn count(&self) {
        // Only this thread writes it: no need of an addition that is atomic.
        self.allocations.store(self.allocations.load(Relaxed).wrapping_add(1), Relaxed);
    }

    #[inline]
    fn look(&self) -> i64 {
        // SAFETY: both are jemalloc's counters of this thread, which runs, or statics.
        unsafe { (*self.allocated.get()).wrapping_sub(*self.freed.get()).cast_signed() }
    }

    /// What is seldom to be done after a call.
    pub fn attend(&self) {
        match self.state.get() {
            State::Listed(_) => self.fold(),
            State::New => self.open(),
            State::Unlisted => {
                self.see_high();
                self.fold();
                self.settle();
            }
            State::Opening | State::Blind => {}
        }
    }
}

impl Thread {
    const fn new() -> Self {
        Self {
            allocated: Cell::new(&raw const NONE),
            freed: Cell::new(&raw const LOWEST),
            allocations: AtomicU64::new(0),
            high: Cell::new(0),
            above: Cell::new(i64::MIN),
            below: Cell::new(i64::MAX),
            folded: Cell::new(0),
            apart: Cell::new(0),
            kept: Cell::new(0),
            state: Cell::new(State::New),
            settled: Totals::new(),
            account: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// What this thread, which is the calling one, has counted.
    pub fn counters(&self) -> Counters {
        let pointers = match self.state.get() {
            State::Listed(_) => Some((self.allocated.get(), self.freed.get())),
            State::Unlisted => jemalloc::thread_counters(),
            State::New | State::Opening | State::Blind => None,
        };
        let Some((allocated, freed)) = pointers else { return Counters::default() };
        // SAFETY: jemalloc's counters of this thread, which runs.
        let (allocated, freed) = unsafe { (*allocated, *freed) };
        Counters { allocated, freed, allocations: self.allocations.load(Relaxed) }
    }

    /// Adds what it allocated or freed since the last time to its account and to the process.
    pub fn fold(&self) {
        let net = self.counters().net();
        let change = net - self.folded.replace(net);
        if let State::Listed(_) = self.state.get() {
            self.above.set(net + FOLD_AT);
            self.below.set(net - FOLD_AT);
        }
        self.account().change(change);
        ledger::change_live(change);
    }

    /// Adds what it counted since the last time to its account.
    fn settle(&self) {
        self.settle_in(&mut register::lock());
    }

    fn settle_in(&self, _: &mut Register) {
        let counters = self.counters();
        let counted = counters.since(self.settled.read());
        self.settled.add(counted);
        self.account().counters.add(counted);
        if self.state.get() == State::Unlisted {
            register::UNLISTED.add(counted);
        }
    }

    fn account(&self) -> &Account {
        // SAFETY: it is null or an account whose borrower, `seated`, has not returned yet.
        unsafe { self.account.load(Relaxed).as_ref() }.unwrap_or(&OUTSIDE)
    }

    /// Goes to another account, null for `outside`; gives where it sat.
    ///
    /// # Safety
    /// The account must be there until the thread has left it.
    pub unsafe fn sit(&self, account: *const Account) -> *const Account {
        self.fold();
        self.settle();
        self.account.swap(account.cast_mut(), Relaxed)
    }

    /// Does `work` as if it allocated nothing; gives what it counted.
    pub fn apart<T>(&self, work: impl FnOnce() -> T) -> (T, Counters) {
        self.see_high();
        let (before, high) = (self.counters(), self.high.get());
        let result = work();
        let change = self.counters().since(before);
        if change.allocated != change.freed || change.allocated != 0 {
            self.high.set(high + change.net());
            self.apart.set(self.apart.get() + change.net());
        }
        (result, change)
    }

    /// Does `work` as if it allocated nothing, for [`Thread::movable`].
    pub fn kept<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = self.movable();
        let result = work();
        self.keep(self.movable() - before);
        result
    }

    /// Of what it has, `bytes` more do not go with items.
    pub fn keep(&self, bytes: i64) {
        self.kept.set(self.kept.get() + bytes);
    }

    /// Makes `change` of its account's figures one of `outside`'s.
    pub fn give_to_outside(&self, change: Counters) {
        let account = self.account();
        if change == Counters::default() || ptr::eq(account, &OUTSIDE) {
            return;
        }
        self.fold();
        account.counters.take_from(change);
        account.change(-change.net());
        OUTSIDE.counters.add(change);
        OUTSIDE.change(change.net());
    }

    /// What it has allocated and not freed, but for what was done [`Thread::apart`].
    pub fn net(&self) -> i64 {
        self.counters().net() - self.apart.get()
    }

    /// What of [`Thread::net`] can go with items: all but what was [`Thread::kept`].
    pub fn movable(&self) -> i64 {
        self.net() - self.kept.get()
    }

    fn see_high(&self) {
        self.high.set(self.high.get().max(self.counters().net()));
    }

    /// Begins to watch for the highest point; gives what it has now, as [`Thread::net`].
    pub fn mark(&self) -> i64 {
        self.high.set(self.counters().net());
        self.net()
    }

    /// The most that [`Thread::net`] was since [`Thread::mark`].
    pub fn high(&self) -> i64 {
        self.see_high();
        self.high.get() - self.apart.get()
    }
}

/// Its life.
impl Thread {
    /// Takes the thread up, at its first allocation.
    fn open(&self) {
        self.state.set(State::Opening);
        let Some((allocated, freed)) = jemalloc::thread_counters() else {
            self.above.set(i64::MAX);
            self.below.set(i64::MIN);
            return self.state.set(State::Blind);
        };
        // First the farewell, as what is in the register must leave it. Where the thread's
        // destructors have run already, there is none.
        let place = FAREWELL.try_with(|_| register::lock().enter(self)).ok().flatten();
        if place.is_some() {
            self.allocated.set(allocated);
            self.freed.set(freed);
        }
        self.state.set(place.map_or(State::Unlisted, State::Listed));
        self.see_high();
        self.fold();
        if place.is_none() {
            self.settle();
        }
    }

    /// The thread is ending: its counters are kept, and what it still does is added at each call.
    fn retire(&self) {
        let State::Listed(place) = self.state.get() else { return };
        self.fold();
        let mut register = register::lock();
        self.settle_in(&mut register);
        register.leave(place, self.settled.read());
        drop(register);
        self.state.set(State::Unlisted);
        self.allocated.set(&raw const NONE);
        self.freed.set(&raw const LOWEST);
        self.above.set(i64::MIN);
        self.below.set(i64::MAX);
    }

    /// What a thread in the register has counted, and what of it accounts have.
    ///
    /// # Safety
    /// The thread is in the register, which is locked. Where it is at work, what is read may be
    /// what it counted a moment ago.
    pub unsafe fn counters_of(thread: *const Self) -> (Counters, Counters) {
        // SAFETY: it lives until it has left the register. These fields are atomic, or words that
        // jemalloc writes whole.
        unsafe {
            let counters = Counters {
                allocated: (*thread).allocated.get().read_volatile(),
                freed: (*thread).freed.get().read_volatile(),
                allocations: (*thread).allocations.load(Relaxed),
            };
            (counters, (*thread).settled.read())
        }
    }

    /// Whether it sits at no stage's account.
    pub fn is_outside(&self) -> bool {
        self.account.load(Relaxed).is_null()
    }

    /// Whether the calling thread, which has allocated before, is looked at.
    pub fn is_counted(&self) -> bool {
        matches!(self.state.get(), State::Listed(_) | State::Unlisted)
    }
}
