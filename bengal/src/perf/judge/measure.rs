//! The figures that limits and budgets name: `peak`, of the build; `render.peak`, of a stage; and
//! `peak_per_page`, either for each page.
//!
//! **Invariant:** of every figure less is better, and [`QUANTITIES`] is the only list of them.

use bengal_metrics::record::{Memory, OUTSIDE, Record, Stage};

use super::super::change::median;
use super::super::figure::{CPU, PEAK, RSS, TIME};
use super::super::select::{Difference, Question, differs, unlike};
use super::limit::Unit;
use super::{Kind, Noise};

/// What can be measured of a build, or of a stage.
#[derive(Debug)]
pub struct Quantity {
    /// Its name.
    pub name: &'static str,
    /// What it is, in some words.
    pub about: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    of_build: Option<fn(&Record) -> Option<f64>>,
    of_row: Option<fn(Row<'_>) -> Option<f64>>,
    trembles: Trembles,
    across_jobs: AcrossJobs,
    pages: Pages,
}

/// A stage, or what is no stage's.
#[derive(Clone, Copy, Debug)]
struct Row<'a> {
    stage: Option<&'a Stage>,
    memory: &'a Memory,
}

/// By how much the figure of an unchanged tree changes from one build to another.
///
/// What a build allocates and holds would be the same each time but for what workers race for: which of
/// them makes a buffer larger, and how many items wait between stages. So the noise does not grow with the
/// site, but with the number of workers; with one there is next to none in what is allocated. Measured: the
/// largest difference between any two of 100 builds (15 of 10,000 pages, 40 of the manual, which is mostly
/// highlighted code), with 1, 2 and 8 workers, on two processors:
///
/// | | 100 pages | 1,000 pages | 10,000 pages | manual |
/// | --- | --- | --- | --- | --- |
/// | allocated, kB | 0.5, 784, 834 | 0.3, 187, 3,362 | 0.2, 522, 1,448 | 0.2, 115, 1,423 |
/// | allocations | 6, 75, 199 | 4, 60, 345 | 3, 100, 461 | 3, 46, 1,641 |
/// | peak, kB | 133, 459, 602 | 215, 578, 1,918 | 203, 156, 590 | 0.1, 0.2, 1,429 |
/// | the worst stage's peak, kB | 222, 533, 955 | 228, 617, 2,527 | 153, 280, 680 | 371, 226, 1,189 |
/// | heap, kB | 0.1, 2.8, 3.9 | 0.1, 16.5, 17.6 | 0.1, 28.7, 148 | 0.1, 0.8, 1,189 |
/// | RSS, kB | 688, 1,376, 1,393 | 987, 1,786, 4,944 | 418, 1,327, 5,280 | 913, 1,352, 2,109 |
///
/// `bengal-bench site DIR --pages 1000 --seed 1`, then `bengal perf run DIR --builds 100 -j 2`, which
/// prints the differences.
#[derive(Clone, Copy, Debug)]
enum Trembles {
    /// As the machine does.
    Time,
    /// By this with one worker, and by this for each where there are more.
    Count { one: f64, each: f64 },
    /// In proportion, too: the patterns of a language of code are compiled on the page that first has
    /// some, and which that is depends on the workers.
    Wild { each: f64, ratio: f64 },
}

/// Whether builds of different numbers of workers can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AcrossJobs {
    Yes,
    /// Workers have buffers of their own: eight allocate 2 % more than one.
    No,
}

/// What a figure for each page is divided by.
#[derive(Clone, Copy, Debug)]
enum Pages {
    /// What was done was done for the pages that were rendered.
    Rendered,
    /// What is held is held for all.
    All,
}

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * KIB;

/// All that can be measured.
pub static QUANTITIES: &[Quantity] = &[
    Quantity {
        name: "time",
        about: "from start to end; of a stage, from its first item in to its last out",
        unit: Unit::Ms,
        of_build: Some(|build| TIME.of(build)),
        of_row: Some(|row| Some(row.stage?.wall_ms)),
        trembles: Trembles::Time,
        across_jobs: AcrossJobs::No,
        pages: Pages::Rendered,
    },
    Quantity {
        name: "cpu",
        about: "processor time of all threads",
        unit: Unit::Ms,
        of_build: Some(|build| CPU.of(build)),
        of_row: Some(|row| row.stage?.cpu_ms),
        trembles: Trembles::Time,
        across_jobs: AcrossJobs::No,
        pages: Pages::Rendered,
    },
    Quantity {
        name: "busy",
        about: "of a stage: time at work, summed over its workers",
        unit: Unit::Ms,
        of_build: None,
        of_row: Some(|row| Some(row.stage?.busy_ms)),
        trembles: Trembles::Time,
        across_jobs: AcrossJobs::No,
        pages: Pages::Rendered,
    },
    Quantity {
        name: "peak",
        about: "the most live heap",
        unit: Unit::Bytes,
        of_build: Some(|build| PEAK.of(build)),
        of_row: Some(|row| row.memory.peak_bytes.map(|bytes| bytes as f64)),
        trembles: Trembles::Count { one: 384.0 * KIB, each: 384.0 * KIB },
        across_jobs: AcrossJobs::No,
        pages: Pages::All,
    },
    Quantity {
        name: "allocated",
        about: "bytes allocated",
        unit: Unit::Bytes,
        of_build: Some(|build| build.allocated_bytes.map(|bytes| bytes as f64)),
        of_row: Some(|row| row.memory.allocated_bytes.map(|bytes| bytes as f64)),
        trembles: Trembles::Count { one: 4.0 * KIB, each: 512.0 * KIB },
        across_jobs: AcrossJobs::No,
        pages: Pages::Rendered,
    },
    Quantity {
        name: "allocations",
        about: "how often memory was allocated",
        unit: Unit::Count,
        of_build: Some(|build| build.allocations.map(|count| count as f64)),
        of_row: Some(|row| row.memory.allocations.map(|count| count as f64)),
        trembles: Trembles::Count { one: 16.0, each: 256.0 },
        across_jobs: AcrossJobs::No,
        pages: Pages::Rendered,
    },
    Quantity {
        name: "heap",
        about: "live heap at the end; of a stage, what it holds then",
        unit: Unit::Bytes,
        of_build: Some(|build| build.heap_bytes.map(|bytes| bytes as f64)),
        of_row: Some(|row| row.memory.heap_bytes.map(|bytes| bytes as f64)),
        trembles: Trembles::Count { one: 4.0 * KIB, each: 256.0 * KIB },
        across_jobs: AcrossJobs::No,
        pages: Pages::All,
    },
    Quantity {
        name: "rss",
        about: "the most resident memory, as the system has it",
        unit: Unit::Bytes,
        of_build: Some(|build| RSS.of(build)),
        of_row: None,
        trembles: Trembles::Count { one: 1.5 * MIB, each: MIB },
        across_jobs: AcrossJobs::No,
        pages: Pages::All,
    },
    Quantity {
        name: "item_peak",
        about: "of a stage: the most that one item added",
        unit: Unit::Bytes,
        of_build: None,
        of_row: Some(|row| row.stage?.item_peak_bytes.map(|bytes| bytes as f64)),
        trembles: Trembles::Wild { each: 32.0 * KIB, ratio: 0.35 },
        across_jobs: AcrossJobs::Yes,
        pages: Pages::All,
    },
];

/// What stands behind a figure that is meant for each page.
const PER_PAGE: &str = "_per_page";

/// A figure, by its name.
#[derive(Clone, Debug)]
pub struct Measure {
    /// As it was written.
    pub name: String,
    /// What is measured.
    pub quantity: &'static Quantity,
    stage: Option<String>,
    per_page: bool,
}

/// A name that is no figure's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no figure is called `{name}`: {} are a build's, `STAGE.{}` and so on a stage's, and `peak_per_page` \
     and so on are for each page",
    names().join(", "),
    example(name)
)]
pub struct UnknownFigure {
    /// The name.
    pub name: String,
}

/// The names of what is measured of a whole build.
fn names() -> Vec<String> {
    let of_build = QUANTITIES.iter().filter(|quantity| quantity.of_build.is_some());
    of_build.map(|quantity| format!("`{}`", quantity.name)).collect()
}

/// What of a stage may have been meant by `name`.
fn example(name: &str) -> &'static str {
    let tail = name.rsplit('.').next().unwrap_or(name);
    let of_stage =
        QUANTITIES.iter().find(|quantity| quantity.name == tail && quantity.of_row.is_some());
    of_stage.map_or("peak", |quantity| quantity.name)
}

impl std::str::FromStr for Measure {
    type Err = UnknownFigure;

    /// Reads a figure's name. Which stages there are is known to builds only.
    fn from_str(name: &str) -> Result<Self, UnknownFigure> {
        // A plugin may have a dot in its name, a quantity has none.
        let (stage, rest) = match name.rsplit_once('.') {
            Some((stage, rest)) => (Some(stage), rest),
            None => (None, name),
        };
        let (quantity, per_page) = match rest.strip_suffix(PER_PAGE) {
            Some(quantity) => (quantity, true),
            None => (rest, false),
        };
        let fits = |found: &&Quantity| match stage {
            None => found.of_build.is_some(),
            Some(stage) => found.of_row.is_some() && !stage.is_empty(),
        };
        let quantity = QUANTITIES.iter().find(|found| found.name == quantity).filter(fits);
        let quantity = quantity.ok_or_else(|| UnknownFigure { name: name.to_owned() })?;
        let stage = stage.map(ToOwned::to_owned);
        Ok(Self { name: name.to_owned(), quantity, stage, per_page })
    }
}

impl Measure {
    /// The same of a stage.
    #[must_use]
    pub fn of_stage(&self, stage: &str) -> Self {
        let name = format!("{stage}.{}", self.name);
        Self { name, stage: Some(stage.to_owned()), ..self.clone() }
    }

    /// The stage that it is of.
    pub fn stage(&self) -> Option<&str> {
        self.stage.as_deref()
    }

    /// Whether the stage that it is of, if any, is in the build.
    pub fn is_in(&self, build: &Record) -> bool {
        self.stage().is_none_or(|stage| stage == OUTSIDE || build.stage(stage).is_some())
    }

    /// Its value in a build; `None` where it was not measured.
    pub fn of(&self, build: &Record) -> Option<f64> {
        let value = match self.stage() {
            None => self.quantity.of_build?(build)?,
            Some(stage) => self.quantity.of_row?(row(build, stage)?)?,
        };
        let value = if self.per_page { value / self.pages(build)? } else { value };
        value.is_finite().then_some(value)
    }

    /// The pages that it is divided by; `None` where there are none.
    fn pages(&self, build: &Record) -> Option<f64> {
        let pages = match self.quantity.pages {
            Pages::Rendered => build.pages_rendered.unwrap_or(build.total_pages),
            Pages::All => build.total_pages,
        };
        (pages > 0).then_some(pages as f64)
    }

    /// How it trembles between these builds.
    pub fn kind(&self, builds: &[&Record]) -> Kind {
        let jobs = builds.iter().map(|build| build.jobs.unwrap_or(1)).max().unwrap_or(1);
        let jobs = f64::from(jobs);
        let (amount, ratio) = match self.quantity.trembles {
            Trembles::Time => return Kind::Time,
            Trembles::Count { one, each } => (if jobs > 1.0 { each * jobs } else { one }, 0.0),
            Trembles::Wild { each, ratio } => (each * jobs, ratio),
        };
        let pages = builds.iter().filter_map(|build| self.pages(build)).filter(|_| self.per_page);
        let pages = pages.min_by(f64::total_cmp).unwrap_or(1.0);
        Kind::Count(Noise { amount: amount / pages, ratio })
    }

    /// Why it cannot be compared between two builds of one kind; `None` where it can.
    pub fn differs(&self, old: &Record, new: &Record) -> Option<Difference> {
        let question = match self.quantity.trembles {
            Trembles::Time => Question::Time,
            Trembles::Count { .. } | Trembles::Wild { .. } => Question::Amount,
        };
        let jobs = || match self.quantity.across_jobs {
            AcrossJobs::No => unlike("jobs", &old.jobs, &new.jobs),
            AcrossJobs::Yes => None,
        };
        differs(old, new, question).or_else(jobs)
    }

    /// The stage in which most of a change from `old` to `new` is, with the change there. `None` of a
    /// figure that is no sum over stages.
    pub fn mostly(&self, old: &[Record], new: &[Record], change: f64) -> Option<(String, f64)> {
        let part = match self.quantity.name {
            _ if self.stage.is_some() || self.per_page => return None,
            // The stages' own peaks are at other moments.
            "peak" => |row: Row<'_>| row.memory.at_process_peak_bytes.map(|bytes| bytes as f64),
            "time" | "rss" => return None,
            _ => self.quantity.of_row?,
        };
        let middle = |builds: &[Record], stage: &str| {
            let values: Vec<f64> =
                builds.iter().filter_map(|build| part(row(build, stage)?)).collect();
            median(values)
        };
        let stages = new.last()?.stages.iter().map(|stage| stage.name.as_str()).chain([OUTSIDE]);
        let changes = stages.map(|stage| (stage, middle(new, stage) - middle(old, stage)));
        let toward = changes.filter(|(_, part)| part.signum() == change.signum());
        let (stage, most) = toward.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
        (most.abs() >= change.abs() / 2.0).then(|| (stage.to_owned(), most))
    }
}

fn row<'a>(build: &'a Record, stage: &str) -> Option<Row<'a>> {
    match build.stage(stage) {
        Some(stage) => Some(Row { stage: Some(stage), memory: &stage.memory }),
        None if stage == OUTSIDE => Some(Row { stage: None, memory: build.outside.as_ref()? }),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build() -> Record {
        let memory = Memory { peak_bytes: Some(600), ..Memory::default() };
        let stage =
            |name: &str| Stage { name: name.to_owned(), wall_ms: 3.0, memory, ..Stage::default() };
        Record {
            total_pages: 100,
            pages_rendered: Some(10),
            build_time_ms: 50.0,
            peak_bytes: Some(1000),
            allocated_bytes: Some(5000),
            jobs: Some(4),
            outside: Some(memory),
            stages: vec![stage("parse"), stage("my.plugin")],
            ..Record::default()
        }
    }

    fn of(name: &str) -> Option<f64> {
        name.parse::<Measure>().unwrap().of(&build())
    }

    #[test]
    fn figures_are_of_builds_of_stages_and_of_pages() {
        for (name, value) in [
            ("time", Some(50.0)),
            ("peak", Some(1000.0)),
            ("cpu", None),
            ("parse.peak", Some(600.0)),
            ("my.plugin.time", Some(3.0)),
            ("outside.peak", Some(600.0)),
            ("outside.time", None),
            ("nowhere.peak", None),
            ("peak_per_page", Some(10.0)),
            ("allocated_per_page", Some(500.0)),
            ("parse.peak_per_page", Some(6.0)),
        ] {
            assert_eq!(of(name), value, "{name}");
        }
    }

    #[test]
    fn what_is_no_figure_is_refused_with_those_that_are() {
        for name in
            ["pekk", "", ".peak", "busy", "render.rss", "peak_per_pages", "_per_page", "peak."]
        {
            let error = name.parse::<Measure>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("`{name}`")) && error.contains("`allocations`"),
                "{error}"
            );
        }
        let error = "busy".parse::<Measure>().unwrap_err().to_string();
        assert!(error.contains("`STAGE.busy`"), "{error}");
    }

    #[test]
    fn every_quantity_has_a_name_that_can_be_read_alone() {
        for quantity in QUANTITIES {
            let name = match quantity.of_build {
                Some(_) => quantity.name.to_owned(),
                None => format!("parse.{}", quantity.name),
            };
            assert_eq!(name.parse::<Measure>().unwrap().quantity.name, quantity.name);
        }
    }

    #[test]
    fn noise_grows_with_workers_and_not_with_pages() {
        let (one, four) = (Record { jobs: Some(1), ..build() }, build());
        let kind = |name: &str, build: &Record| name.parse::<Measure>().unwrap().kind(&[build]);
        let count = |amount: f64| Kind::Count(Noise { amount, ratio: 0.0 });
        assert_eq!(kind("allocated", &one), count(4.0 * KIB));
        assert_eq!(kind("allocated", &four), count(2.0 * MIB));
        assert_eq!(kind("allocated_per_page", &four), count(2.0 * MIB / 10.0));
        assert_eq!(kind("time", &four), Kind::Time);
    }

    #[test]
    fn most_of_a_change_is_in_a_stage() {
        let old = build();
        let mut new = build();
        new.stages[0].memory.allocated_bytes = Some(900);
        new.stages[1].memory.allocated_bytes = Some(100);
        let measure: Measure = "allocated".parse().unwrap();
        let found =
            |change| measure.mostly(std::slice::from_ref(&old), std::slice::from_ref(&new), change);
        assert_eq!(found(1000.0), Some(("parse".to_owned(), 900.0)));
        assert_eq!(found(-1000.0), None);
        assert_eq!(found(5000.0), None, "less than half");
    }
}
