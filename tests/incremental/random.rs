//! The property: after any edits of any site, a build equals a clean one.
//!
//! Many sites take turns, so that some seconds lie between two builds of one: files that are older than that
//! are those whose stamps bengal trusts.
//!
//! `BENGAL_INCREMENTAL_STEPS` says how many builds are compared, `BENGAL_INCREMENTAL_SEED` with which seed.

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use crate::compare::{Fault, Outcome};
use crate::dice::Dice;
use crate::edit::Edit;
use crate::edits::step;
use crate::recipe;
use crate::shrink::{Failure, shrink};
use crate::sites::site;
use crate::world::{Files, Way, World};

/// Builds that are compared where nobody says how many: a minute or so, where nothing is optimised.
const STEPS: usize = 5_000;

/// Sites that take turns on each thread: a round takes the two seconds within which bengal trusts no stamp.
const IN_TURN: usize = 100;

/// How often a site is edited before another takes its place.
const LIFE: usize = 16;

/// A site that lives through edits.
struct Life {
    index: u64,
    dice: Dice,
    world: World,
    files: Files,
    steps: Vec<Vec<Edit>>,
    /// Texts that files have had.
    past: Vec<(String, String)>,
}

impl Life {
    fn new(seed: u64, index: u64, fault: Option<Fault>) -> Self {
        let mut dice = Dice::new(seed, index);
        let files = site(&mut dice);
        // Users run the binary; a call of the library is faster.
        let way = if index % 16 == 7 { Way::Binary } else { Way::Library };
        let world = World::new(&files, way);
        let world = match fault {
            Some(fault) => world.with_fault(fault),
            None => world,
        };
        Self { index, dice, world, files, steps: Vec::new(), past: Vec::new() }
    }

    /// Edits the site, builds it and compares.
    fn step(&mut self) -> Result<(), Failure> {
        let edits = match self.steps.len() {
            0 => Vec::new(),
            _ => step(&mut self.dice, &mut self.world, &self.past),
        };
        for edit in &edits {
            if let Edit::Write(path, text) = edit {
                self.past.push((path.clone(), text.clone()));
            }
        }
        let idle = edits.is_empty() && !self.steps.is_empty();
        self.steps.push(edits);
        let done = if idle { self.world.check_again() } else { self.world.check() };
        done.map_err(|wrong| Failure {
            files: self.files.clone(),
            steps: self.steps.clone(),
            wrong,
            index: self.index,
        })
    }
}

/// Sites and edits of one seed.
struct Search {
    seed: u64,
    steps: usize,
    in_turn: usize,
    fault: Option<Fault>,
}

impl Search {
    /// Looks for a site and edits after which a build is wrong; gives also how the builds went.
    fn run(&self) -> (Option<Failure>, Tally) {
        let tally = Mutex::new(Tally::default());
        let (begun, next) = (AtomicUsize::new(0), AtomicU64::new(0));
        let (is_found, found) = (AtomicBool::new(false), Mutex::new(None));
        let work = || {
            let start = || {
                let index = next.fetch_add(1, Ordering::Relaxed);
                Life::new(self.seed, index, self.fault)
            };
            let mut lives: Vec<Life> = Vec::new();
            for turn in (0..self.in_turn).cycle() {
                let over = begun.fetch_add(1, Ordering::Relaxed) >= self.steps;
                if over || is_found.load(Ordering::Relaxed) {
                    return;
                }
                match lives.get_mut(turn) {
                    None => lives.push(start()),
                    Some(life) if life.steps.len() == LIFE => *life = start(),
                    Some(_) => {}
                }
                if let Err(failure) = lives[turn].step() {
                    is_found.store(true, Ordering::Relaxed);
                    found.lock().unwrap().get_or_insert(failure);
                }
                tally.lock().unwrap().add(lives[turn].world.last());
            }
        };
        std::thread::scope(|scope| {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            (0..threads).for_each(|_| drop(scope.spawn(work)));
        });
        (found.into_inner().unwrap(), tally.into_inner().unwrap())
    }
}

/// How builds went: were most refused, or idle, equality would say little.
#[derive(Debug, Default)]
struct Tally {
    /// By exit code.
    codes: [usize; 4],
    /// Those that had something to say.
    with_diagnostics: usize,
    /// Those that changed the output.
    with_changes: usize,
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        self.codes[usize::try_from(outcome.code).unwrap()] += 1;
        self.with_diagnostics += usize::from(!outcome.diagnostics.is_empty());
        self.with_changes += usize::from(outcome.written + outcome.removed > 0);
    }
}

/// A number from the environment.
pub fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, no number")))
}

/// Says something whether or not the test passes.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[test]
fn a_build_equals_a_clean_one() {
    let clock = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let seed = number("BENGAL_INCREMENTAL_SEED").unwrap_or(clock);
    let steps = number("BENGAL_INCREMENTAL_STEPS").map(|steps| usize::try_from(steps).unwrap());
    let steps = steps.unwrap_or(STEPS);
    let begun = Instant::now();
    let (found, tally) = Search { seed, steps, in_turn: IN_TURN, fault: None }.run();
    let time = begun.elapsed().as_secs();
    say(&format!(
        "incremental: {steps} steps, BENGAL_INCREMENTAL_SEED={seed}, {time} s, {tally:?}"
    ));
    if let Some(failure) = found {
        say(&format!("it fails on site {}; looking for the least that does", failure.index));
        let index = failure.index;
        let least = shrink(failure, None);
        let recipe = recipe::text(&least.files, &least.steps);
        panic!("seed {seed}, site {index}:\n{}\n\n{recipe}\n", least.wrong);
    }
    let much = tally.codes[0] * 5 > steps && tally.with_changes * 3 > steps;
    assert!(much || steps < STEPS, "{tally:?} says little");
}

/// An engine that does not write the first page that has changed is found out, and with no more than it takes.
#[test]
fn what_is_found_is_made_small() {
    let fault = Some(Fault::StalePage);
    let search = Search { seed: 1, steps: 400, in_turn: 20, fault };
    let least = shrink(search.run().0.expect("the fault is not seen"), fault);
    let edits: usize = least.steps.iter().map(Vec::len).sum();
    let recipe = recipe::text(&least.files, &least.steps);
    assert!(edits == 1 && least.files.len() <= 3 && least.steps.len() <= 2, "{recipe}");
}
