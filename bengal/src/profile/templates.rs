//! What templates and includes cost: how often each was rendered, how long it took, what it allocated.
//!
//! Each worker that renders has a [`Recorder`] of its own, and adds it to the build's when it ends.
//!
//! **Invariant:** what recording itself allocates is in no figure.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use crate::memory::{self, Counters};

/// What a template cost, over all its renderings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TemplateCost {
    /// How often it was rendered.
    pub renders: u64,
    /// How long that took, with what it includes; of one that includes itself, the outermost.
    pub total: Duration,
    /// The same without what it includes.
    pub own: Duration,
    /// The longest rendering.
    pub longest: Duration,
    /// Bytes that it gave, with what it includes.
    pub bytes: u64,
    /// Allocations, and their bytes, with what it includes; of one that includes itself, the outermost's.
    pub allocated: Allocated,
    /// The same without what it includes.
    pub own_allocated: Allocated,
}

/// Allocations and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// How many.
    pub count: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Allocated {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.bytes += other.bytes;
    }

    fn less(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_sub(other.count),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

impl From<Counters> for Allocated {
    fn from(counters: Counters) -> Self {
        Self { count: counters.allocations, bytes: counters.allocated }
    }
}

impl TemplateCost {
    fn add(&mut self, other: &Self) {
        self.renders += other.renders;
        self.total += other.total;
        self.own += other.own;
        self.longest = self.longest.max(other.longest);
        self.bytes += other.bytes;
        self.allocated.add(other.allocated);
        self.own_allocated.add(other.own_allocated);
    }
}

/// The costs of all templates of a build.
#[derive(Debug, Default)]
pub struct TemplateProfile {
    costs: Mutex<BTreeMap<String, TemplateCost>>,
}

impl TemplateProfile {
    /// The costs by the templates' names, those first whose own time is longest.
    pub fn costs(&self) -> Vec<(String, TemplateCost)> {
        let costs = lock(&self.costs);
        let mut costs: Vec<_> = costs.iter().map(|(name, cost)| (name.clone(), *cost)).collect();
        // Sorting is stable: equals stay in the order of their names.
        costs.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.own));
        costs
    }

    /// A recorder for one worker.
    pub fn recorder(&self) -> Recorder<'_> {
        let state = memory::outside(|| Box::new(Mutex::new(State::default())));
        Recorder { profile: self, state: Some(state) }
    }
}

/// What one worker records.
// Behind a lock that nobody else takes, as who renders may be asked from any thread.
#[derive(Debug)]
pub struct Recorder<'p> {
    profile: &'p TemplateProfile,
    state: Option<Box<Mutex<State>>>,
}

#[derive(Debug, Default)]
struct State {
    numbers: FxHashMap<String, usize>,
    costs: Vec<TemplateCost>,
    /// Renderings under way, innermost last.
    open: Vec<Open>,
    /// What recording itself has allocated.
    hidden: Allocated,
}

/// A rendering under way.
#[derive(Debug)]
struct Open {
    template: usize,
    begun: Instant,
    counted: Allocated,
    /// What the templates took that it includes.
    within: (Duration, Allocated),
}

impl Recorder<'_> {
    /// The rendering of the template `name` begins.
    pub fn enter(&self, name: &str) {
        let before = Allocated::from(memory::counted());
        let Some(mut state) = self.state.as_deref().map(lock) else { return };
        let state = &mut *state;
        memory::outside(|| {
            let template = state.number(name);
            let (begun, counted) = (Instant::now(), Allocated::default());
            state.open.push(Open { template, begun, counted, within: Default::default() });
        });
        let now = Allocated::from(memory::counted());
        state.hidden.add(now.less(before));
        if let Some(open) = state.open.last_mut() {
            (open.counted, open.begun) = (now.less(state.hidden), Instant::now());
        }
    }

    /// The rendering that began last has ended, and gave so many bytes.
    pub fn leave(&self, bytes: usize) {
        let (ended, counted) = (Instant::now(), Allocated::from(memory::counted()));
        let Some(mut state) = self.state.as_deref().map(lock) else { return };
        let Some(open) = state.open.pop() else { return };
        let took = ended.saturating_duration_since(open.begun);
        let allocated = counted.less(state.hidden).less(open.counted);
        if let Some(around) = state.open.last_mut() {
            around.within.0 += took;
            around.within.1.add(allocated);
        }
        let again = state.open.iter().any(|around| around.template == open.template);
        let cost = &mut state.costs[open.template];
        cost.renders += 1;
        cost.own += took.saturating_sub(open.within.0);
        cost.own_allocated.add(allocated.less(open.within.1));
        cost.longest = cost.longest.max(took);
        if !again {
            cost.total += took;
            cost.allocated.add(allocated);
            cost.bytes += bytes as u64;
        }
    }
}

impl State {
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.costs.len();
        self.numbers.insert(name.to_owned(), number);
        self.costs.push(TemplateCost::default());
        number
    }
}

/// It is added to the build's.
impl Drop for Recorder<'_> {
    fn drop(&mut self) {
        let Some(state) = self.state.take() else { return };
        memory::outside(|| {
            let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
            let mut costs = lock(&self.profile.costs);
            for (name, number) in state.numbers {
                costs.entry(name).or_default().add(&state.costs[number]);
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_includes_is_in_its_total_and_not_its_own() {
        let profile = TemplateProfile::default();
        let recorder = profile.recorder();
        let pause = Duration::from_millis(5);
        recorder.enter("page");
        for _ in 0..2 {
            recorder.enter("card");
            std::thread::sleep(pause);
            recorder.leave(10);
        }
        recorder.leave(50);
        drop(recorder);
        let costs: BTreeMap<_, _> = profile.costs().into_iter().collect();
        let (page, card) = (costs["page"], costs["card"]);
        assert_eq!((page.renders, page.bytes, card.renders, card.bytes), (1, 50, 2, 20));
        assert!(card.total >= pause * 2 && card.total == card.own, "{card:?}");
        assert!(card.longest >= pause && card.longest < card.total, "{card:?}");
        assert_eq!(page.total, page.own + card.total, "{page:?}");
    }

    #[test]
    fn a_template_that_includes_itself_is_counted_once_in_its_total() {
        let profile = TemplateProfile::default();
        let recorder = profile.recorder();
        recorder.enter("tree");
        recorder.enter("tree");
        std::thread::sleep(Duration::from_millis(2));
        recorder.leave(3);
        recorder.leave(7);
        // Who leaves what was never entered does no harm.
        recorder.leave(7);
        drop(recorder);
        let [(_, tree)] = &profile.costs()[..] else { panic!("{profile:?}") };
        assert_eq!((tree.renders, tree.bytes), (2, 7));
        assert_eq!(tree.total, tree.longest);
        assert_eq!(tree.total, tree.own);
    }
}
