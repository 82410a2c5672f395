//! What is around a build: its site, its machine, its repository, its moment.

use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::git;
use crate::record::Record;

/// How long looking at the repository may take. What is not known then is left open.
const GIT_TIME: Duration = Duration::from_millis(5);

/// Where a build took place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The site's folder, canonical.
    pub site: PathBuf,
    /// The site's title.
    pub title: String,
    /// The output directory, canonical.
    pub output: PathBuf,
    /// The folder of the measurements, relative to the site.
    pub metrics: String,
}

/// Adds to what a host knows of a build what is around it.
pub fn complete(record: &mut Record, place: &Place) {
    let deadline = Instant::now() + GIT_TIME;
    let now = Timestamp::now();
    if record.timestamp.is_empty() {
        record.timestamp = timestamp(now);
    }
    record.build_id.get_or_insert_with(|| new_build_id(now));
    record.machine = machine();
    record.load_average = load_average();
    let repository = git::Repository::of(&place.site);
    let within = repository.as_ref().map_or(Path::new(""), |repository| repository.within());
    record.site_id = Some(site_id(&place.title, within));
    record.git = repository.and_then(|repository| {
        let own =
            [place.site.join(".bengal"), place.site.join(&place.metrics), place.output.clone()];
        repository.state(&own, deadline)
    });
}

/// A moment as records have it.
pub fn timestamp(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

/// A name for the build that ends at `moment`: `20261122-130405-b5c60acaf1c3`, of which the last six digits
/// are random and the six before them are the part of the second, so that names are in the order of time.
pub fn new_build_id(moment: Timestamp) -> String {
    let part = moment.subsec_nanosecond().max(0) / 64;
    // Keys that the standard library takes from the system.
    let random = std::hash::RandomState::new().hash_one((std::process::id(), moment));
    let random = random & 0xff_ffff;
    format!("{}-{part:06x}{random:06x}", moment.strftime("%Y%m%d-%H%M%S"))
}

/// A name for the site: a hash of its title and of its path within its repository.
///
/// It must be the same in every checkout, so neither the folder's path nor the machine may be in it, nor the
/// URL of a remote: of one repository there are several (`https:`, `ssh:`, mirrors, forks, none in a CI's copy).
/// The first commit is the same, but is not to be found without reading packs. `base_url` differs between
/// the deployments of one site. What is left tells the sites of one repository apart, and those that are
/// given titles; and records of two sites only meet where someone puts them into one file.
fn site_id(title: &str, within: &Path) -> String {
    let parts = within.components().map(|part| part.as_os_str().to_string_lossy());
    let within = parts.collect::<Vec<_>>().join("/");
    let hash = sha1_smol::Sha1::from(format!("{title}\0{within}")).digest().bytes();
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Processors, and memory: what makes times comparable. Not the host's name: in CI each run has
/// another, on machines that are alike.
fn machine() -> Option<String> {
    let model = processor()?;
    let count = std::thread::available_parallelism().ok()?;
    let memory = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: f64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(format!("{count} × {model}, {:.0} GiB", kilobytes / f64::from(1 << 20)))
}

/// The processor's model. Source: `/proc/cpuinfo` in proc(5).
fn processor() -> Option<String> {
    // The first processor's part of the file: each part is made while it is read.
    let bytes = git::read_start(Path::new("/proc/cpuinfo"), 2 << 10)?;
    let text = String::from_utf8_lossy(&bytes);
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    // ARM has numbers in place of a name.
    let of_arm = || Some(format!("ARM {} {}", value("CPU implementer")?, value("CPU part")?));
    value("model name").or_else(of_arm).or_else(|| Some(std::env::consts::ARCH.to_owned()))
}

/// Source: `/proc/loadavg` in proc(5).
fn load_average() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_builds_are_unique_and_in_the_order_of_time() {
        let moment: Timestamp = "2026-11-22T13:04:05.999999999Z".parse().unwrap();
        let later: Timestamp = "2026-11-22T13:04:06Z".parse().unwrap();
        let (first, same, after) =
            (new_build_id(moment), new_build_id(moment), new_build_id(later));
        assert!(first.starts_with("20261122-130405-ee6b27") && first.len() == 28, "{first}");
        assert!(first != same && first < after, "{first} {same} {after}");
        assert_eq!(timestamp(moment), "2026-11-22T13:04:05.999Z");
    }

    #[test]
    fn a_site_has_one_name_wherever_it_is() {
        let id = |title, within| site_id(title, Path::new(within));
        assert_eq!(id("Manual", "docs/site"), "cdc8985973b136ca");
        assert_ne!(id("Manual", "docs/site"), id("Manual", "docs"));
        assert_ne!(id("Manual", ""), id("Blog", ""));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_says_what_machine_it_is() {
        let machine = machine().unwrap();
        assert!(machine.contains(" × ") && machine.ends_with(" GiB"), "{machine}");
        assert!(load_average().is_some_and(|load| load >= 0.0));
    }
}
