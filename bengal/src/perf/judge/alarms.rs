//! How often the judge is wrong: comparisons of builds that were drawn from real ones of an unchanged tree.
//!
//! `BENGAL_COMPARISONS=20000 cargo test -p bengal --lib judge::alarms -- --nocapture` prints the rates that are
//! in `CONTRIBUTING.md`.

use bengal_metrics::record::Record;

use super::limit::{Limit, limits};
use super::measure::Measure;
use super::{Judgement, Outcome, Sample, judge};

/// Builds of an unchanged tree, measured.
const UNCHANGED: &str = include_str!("unchanged.csv");

/// What is shown of every comparison, and the limits that the manual proposes.
const FIGURES: [&str; 7] = ["time", "cpu", "peak", "allocated", "allocations", "heap", "rss"];
const LIMITS: &str = "time:10%,cpu:5%,peak:5%,allocated:1%";

/// Comparisons of each kind, where the environment does not say.
const COMPARISONS: u32 = 2_000;

/// Numbers that are the same in each run (splitmix64).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    /// `count` of `all`, each at most once, in any order.
    fn draw<'a>(&mut self, all: &'a [Record], count: usize) -> Vec<&'a Record> {
        let mut left: Vec<&Record> = all.iter().collect();
        (0..count).map(|_| left.swap_remove(self.below(left.len()))).collect()
    }
}

fn pool(site: &str, jobs: u32) -> Vec<Record> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(UNCHANGED.as_bytes());
    let rows = reader.records().map(Result::unwrap);
    let rows = rows.filter(|row| row[0] == *site && row[1].parse() == Ok(jobs));
    let of = |row: csv::StringRecord| Record {
        jobs: Some(jobs),
        build_time_ms: row[2].parse().unwrap(),
        cpu_time_ms: row[3].parse().ok(),
        peak_bytes: row[4].parse().ok(),
        allocated_bytes: row[5].parse().ok(),
        allocations: row[6].parse().ok(),
        heap_bytes: row[7].parse().ok(),
        rss_peak_bytes: row[8].parse().ok(),
        ..Record::default()
    };
    let pool: Vec<Record> = rows.map(of).collect();
    assert!(pool.len() >= 40, "{site} {jobs}: {}", pool.len());
    pool
}

fn pools() -> [(&'static str, Vec<Record>); 4] {
    [("1000 pages", 1), ("1000 pages", 2), ("1000 pages", 8), ("manual", 2)]
        .map(|(site, jobs)| (site, pool(site, jobs)))
}

/// The judgement on `old` and `new`, the new ones' figures changed as told.
fn judged(old: &[&Record], new: &[&Record], limits: &[Limit], times: f64, sizes: f64) -> Judgement {
    let all: Vec<&Record> = old.iter().chain(new).copied().collect();
    let sample = |name: &str| {
        let measure: Measure = name.parse().unwrap();
        let factor = if matches!(name, "time" | "cpu") { times } else { sizes };
        let of =
            |builds: &[&Record]| builds.iter().map(|build| measure.of(build).unwrap()).collect();
        let new: Vec<f64> = of(new);
        Sample {
            figure: name.to_owned(),
            unit: measure.quantity.unit,
            kind: measure.kind(&all),
            old: of(old),
            new: new.into_iter().map(|value| value * factor).collect(),
            barred: None,
        }
    };
    judge(&FIGURES.map(sample), limits)
}

/// The shares of comparisons, `builds` a side, that each of `found` says yes to.
fn rates<const N: usize>(
    pool: &[Record],
    builds: usize,
    (times, sizes): (f64, f64),
    found: [&dyn Fn(&Judgement) -> bool; N],
) -> [f64; N] {
    let (mut random, limits) = (Seeded(1), limits(LIMITS).unwrap());
    let comparisons = std::env::var("BENGAL_COMPARISONS").ok().and_then(|count| count.parse().ok());
    let comparisons: u32 = comparisons.unwrap_or(COMPARISONS);
    let mut counts = [0.0; N];
    for _ in 0..comparisons {
        let drawn = random.draw(pool, 2 * builds);
        let (old, new) = drawn.split_at(builds);
        let judgement = judged(old, new, &limits, times, sizes);
        let say_yes = counts.iter_mut().zip(found).filter(|(_, found)| found(&judgement));
        say_yes.for_each(|(count, _)| *count += 1.0);
    }
    counts.map(|count| count / f64::from(comparisons))
}

fn is_broken(judgement: &Judgement, figure: &str) -> bool {
    judgement.broken().any(|verdict| verdict.figure == figure)
}

fn is_worse(judgement: &Judgement, figures: &[&str]) -> bool {
    let mut worse = judgement.that_are(&Outcome::Worse);
    worse.any(|verdict| figures.contains(&verdict.figure.as_str()))
}

#[test]
fn an_unchanged_tree_is_flagged_in_less_than_one_comparison_of_a_hundred() {
    for (site, pool) in pools() {
        for builds in [1, 2, 5, 10] {
            let jobs = pool[0].jobs;
            let [broken, worse] = rates(
                &pool,
                builds,
                (1.0, 1.0),
                [&|found| found.broken().next().is_some(), &|found| is_worse(found, &FIGURES)],
            );
            println!(
                "{site}, {jobs:?}, {builds} a side: limit broken {broken:.4}, worse {worse:.4}"
            );
            assert!(broken < 0.01, "{site} {jobs:?} {builds}: {broken}");
            // The rate is 0.8 % at most by the test's own probability; what is drawn here is not that many.
            assert!(worse < 0.014, "{site} {jobs:?} {builds}: {worse}");
        }
    }
}

#[test]
fn what_is_a_tenth_slower_is_mostly_found_with_five_builds_a_side() {
    for (site, pool) in pools() {
        for (builds, least) in [(5, 0.55), (10, 0.9)] {
            let slower = |found: &Judgement| is_worse(found, &["time", "cpu"]);
            let over = |found: &Judgement| is_broken(found, "cpu");
            let [slower, over] = rates(&pool, builds, (1.1, 1.0), [&slower, &over]);
            let jobs = pool[0].jobs;
            println!(
                "{site}, {jobs:?}, {builds} a side: found {slower:.4}, over the limit {over:.4}"
            );
            assert!(slower > least && over > least, "{site} {jobs:?} {builds}: {slower} {over}");
        }
    }
}

/// One build a side finds what grows by little, where the noise is known to be less.
#[test]
fn what_allocates_more_is_found_with_one_build_a_side() {
    for (site, pool) in pools().into_iter().filter(|(_, pool)| pool[0].jobs < Some(8)) {
        let [more] = rates(&pool, 1, (1.0, 1.02), [&|found| is_broken(found, "allocated")]);
        assert!(more > 0.99, "{site} {:?}: {more}", pool[0].jobs);
    }
}
