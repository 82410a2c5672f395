//! Makes a failing site and its edits small: what can be left out is.
//!
//! **Invariant:** what is given back fails.

use std::thread;
use std::time::{Duration, Instant};

use crate::compare::Fault;
use crate::edit::{Edit, Shape};
use crate::world::{Files, Way, World};

/// A site, what happened to it before each build, and how the last of these differed from a clean one.
#[derive(Clone, Debug)]
pub struct Failure {
    pub files: Files,
    pub steps: Vec<Vec<Edit>>,
    pub wrong: String,
    /// Which of the seed's sites it was.
    pub index: u64,
}

/// How long to look for something smaller.
const PATIENCE: Duration = Duration::from_secs(120);

/// Behind this, bengal trusts the stamp of a file that has not changed since.
pub const AGE: Duration = Duration::from_millis(2_100);

/// How a failure is repeated.
#[derive(Clone, Copy)]
struct Trial {
    fault: Option<Fault>,
    way: Way,
    /// The time between two builds.
    pause: Duration,
    /// How many are tried at once.
    at_once: usize,
}

/// The least that fails, as far as it is found in time.
pub fn shrink(failure: Failure, fault: Option<Fault>) -> Failure {
    let until = Instant::now() + PATIENCE;
    let fast = Trial { fault, way: Way::Library, pause: Duration::ZERO, at_once: 2 };
    let slow = Trial { pause: AGE, at_once: 16, ..fast };
    let binary = Trial { way: Way::Binary, ..slow };
    for trial in [fast, slow, binary] {
        if let Some(mut least) = trial.of(&failure) {
            while Instant::now() < until
                && let Some(smaller) = trial.smaller(&least, until)
            {
                least = smaller;
            }
            return least;
        }
    }
    Failure { wrong: format!("(it did not fail again)\n{}", failure.wrong), ..failure }
}

impl Trial {
    /// The candidate, up to its first failure; `None` where it does not fail.
    fn of(self, candidate: &Failure) -> Option<Failure> {
        let mut world = World::new(&candidate.files, self.way);
        if let Some(fault) = self.fault {
            world = world.with_fault(fault);
        }
        for (index, step) in candidate.steps.iter().enumerate() {
            step.iter().for_each(|edit| world.apply(edit));
            if index > 0 {
                thread::sleep(self.pause);
            }
            if let Err(wrong) = world.check().and_then(|()| world.check_again_if(step.is_empty())) {
                let steps = candidate.steps[..=index].to_vec();
                return Some(Failure { steps, wrong, ..candidate.clone() });
            }
        }
        None
    }

    /// Something smaller that fails.
    fn smaller(self, failure: &Failure, until: Instant) -> Option<Failure> {
        let passes: [fn(&Failure) -> Vec<Failure>; 5] =
            [fewer_steps, fewer_edits, fewer_files, fewer_lines, plainer];
        let mut least = failure.clone();
        let mut is_smaller = false;
        for pass in passes {
            while let Some(smaller) = self.first(&pass(&least), until) {
                (least, is_smaller) = (smaller, true);
            }
        }
        is_smaller.then_some(least)
    }

    /// The first of `candidates` that fails.
    fn first(self, candidates: &[Failure], until: Instant) -> Option<Failure> {
        candidates.chunks(self.at_once).take_while(|_| Instant::now() < until).find_map(|some| {
            thread::scope(|scope| {
                let running: Vec<_> =
                    some.iter().map(|candidate| scope.spawn(move || self.of(candidate))).collect();
                let done: Vec<_> = running.into_iter().map(|run| run.join().unwrap()).collect();
                done.into_iter().flatten().next()
            })
        })
    }
}

/// The list without some of it: halves first, then ever smaller parts.
fn without_parts<T: Clone>(all: &[T]) -> Vec<Vec<T>> {
    let mut lists = Vec::new();
    let mut size = all.len();
    while size > 0 {
        for start in (0..all.len()).step_by(size) {
            let end = (start + size).min(all.len());
            lists.push([&all[..start], &all[end..]].concat());
        }
        size /= 2;
    }
    lists
}

/// Without some of the steps, or with the edits of two in one.
fn fewer_steps(failure: &Failure) -> Vec<Failure> {
    let joined = (1..failure.steps.len()).map(|index| {
        let mut steps = failure.steps.clone();
        let edits = steps.remove(index);
        steps[index - 1].extend(edits);
        steps
    });
    let fewer = without_parts(&failure.steps).into_iter().chain(joined);
    fewer.map(|steps| Failure { steps, ..failure.clone() }).collect()
}

fn fewer_edits(failure: &Failure) -> Vec<Failure> {
    let flat = failure.steps.iter().enumerate();
    let flat: Vec<_> =
        flat.flat_map(|(step, edits)| edits.iter().map(move |edit| (step, edit.clone()))).collect();
    let gather = |edits: Vec<(usize, Edit)>| {
        let mut steps = vec![Vec::new(); failure.steps.len()];
        edits.into_iter().for_each(|(step, edit)| steps[step].push(edit));
        Failure { steps, ..failure.clone() }
    };
    without_parts(&flat).into_iter().map(gather).collect()
}

fn fewer_files(failure: &Failure) -> Vec<Failure> {
    let files: Vec<_> = failure.files.clone().into_iter().collect();
    let fewer = without_parts(&files).into_iter();
    fewer.map(|files| Failure { files: files.into_iter().collect(), ..failure.clone() }).collect()
}

/// With fewer lines in one of the files, or of the texts that are written.
fn fewer_lines(failure: &Failure) -> Vec<Failure> {
    let mut smaller = Vec::new();
    for (path, text) in &failure.files {
        for text in shorter(text) {
            let mut less = failure.clone();
            less.files.insert(path.clone(), text);
            smaller.push(less);
        }
    }
    for (step, edits) in failure.steps.iter().enumerate() {
        for (index, edit) in edits.iter().enumerate() {
            let Edit::Write(path, text) = edit else { continue };
            for text in shorter(text) {
                let mut less = failure.clone();
                less.steps[step][index] = Edit::Write(path.clone(), text);
                smaller.push(less);
            }
        }
    }
    smaller
}

fn shorter(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    without_parts(&lines).into_iter().map(|lines| lines.concat()).collect()
}

/// With builds that are asked for in a plainer way.
fn plainer(failure: &Failure) -> Vec<Failure> {
    let mut smaller = Vec::new();
    for (step, edits) in failure.steps.iter().enumerate() {
        for (index, edit) in edits.iter().enumerate() {
            let Edit::Shape(shape) = edit else { continue };
            let plain = Shape::default();
            let less = [
                Shape { drafts: false, ..shape.clone() },
                Shape { future: false, ..shape.clone() },
                Shape { expired: false, ..shape.clone() },
                Shape { strict: false, ..shape.clone() },
                Shape { base_url: None, ..shape.clone() },
                Shape { now: plain.now, ..shape.clone() },
                Shape { jobs: plain.jobs, ..shape.clone() },
            ];
            for shape in less.into_iter().filter(|less| less != shape) {
                let mut less = failure.clone();
                less.steps[step][index] = Edit::Shape(shape);
                smaller.push(less);
            }
        }
    }
    smaller
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_left_out_first_and_every_one_at_last() {
        let lists = without_parts(&[1, 2, 3]);
        assert_eq!(lists, [vec![], vec![2, 3], vec![1, 3], vec![1, 2]]);
        assert_eq!(without_parts::<u8>(&[]), [[0; 0]; 0]);
    }
}
