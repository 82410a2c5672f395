//! Builds that are killed: what they leave, and what the next one makes of it.
//!
//! `BENGAL_KILLS` says how many are killed at random instants, `BENGAL_INCREMENTAL_SEED` with which seed.
//!
//! **Invariant:** under its final name a file is whole or not there, whenever the build died.

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::dice::Dice;
use crate::edit::{Damage, Edit};
use crate::edits;
use crate::random::{number, say};
use crate::sites;
use crate::support::{Site, Tree, bengal, differences, tree};
use crate::world::{Way, World};

const PAGES: usize = 1_200;

fn site() -> Site {
    let site =
        Site::new(&[("templates/page.liquid", "page {{ page.title }}\n{{ page.content }}\n")]);
    let mut text = String::new();
    for number in 0..PAGES {
        text.clear();
        write!(text, "---\ntitle: Page {number}\ntags: [t{}]\n---\n", number % 20).unwrap();
        for line in 0..number % 40 {
            writeln!(text, "Line {line} of page *{number}*.\n").unwrap();
        }
        site.write(&format!("content/s{}/p{number}.md", number % 9), &text);
    }
    site
}

#[test]
fn a_build_that_is_killed_leaves_whole_files_and_the_next_is_right() {
    let site = site();
    let begun = Instant::now();
    site.build_clean(&[]);
    let whole = begun.elapsed();
    let finished = site.output();
    let mut partial = 0;
    for step in 0..18 {
        std::fs::remove_dir_all(site.path("public")).ok();
        partial += usize::from(kill_after(&site, whole * step / 17) != Some(0));
        assert_whole(&site, &finished);
        if step % 6 == 5 {
            rebuild(&site, &finished);
        }
    }
    assert!(partial > 2, "only {partial} builds were killed in their midst");
    rebuild(&site, &finished);
}

/// Starts a build and kills it; gives its exit code when it was done before.
fn kill_after(site: &Site, delay: Duration) -> Option<i32> {
    kill(bengal().args(["build", "-q"]).arg(site.root()), delay)
}

fn kill(command: &mut Command, delay: Duration) -> Option<i32> {
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap().code()
}

/// Asserts that every file in the output is one of `finished`, whole.
fn assert_whole(site: &Site, finished: &Tree) {
    for (path, bytes) in site.output() {
        let unfinished = path.starts_with(".bengal-tmp/");
        let empty_folder = path.ends_with('/');
        assert!(
            unfinished || empty_folder || finished.get(&path) == Some(&bytes),
            "{path} is half written"
        );
    }
}

fn rebuild(site: &Site, finished: &Tree) {
    site.build_clean(&[]);
    assert_eq!(differences(finished, &site.output()), [""; 0]);
    assert!(!site.path("public/.bengal-tmp").exists());
    let kept: Vec<_> = tree(&site.path(".bengal")).into_keys().collect();
    let bodies = kept.iter().filter(|name| name.starts_with("bodies-"));
    assert_eq!(bodies.count(), 1, "{kept:?}");
    assert!(!kept.iter().any(|name| name.ends_with(".new")), "{kept:?}");
}

/// What a killed build wrote belongs to bengal, so it goes when its page does.
#[test]
fn outputs_of_a_killed_build_are_removed_when_their_pages_go() {
    let site = site();
    let begun = Instant::now();
    site.build_clean(&[]);
    let whole = begun.elapsed();
    for step in [4, 6, 8] {
        std::fs::remove_dir_all(site.path("public")).ok();
        std::fs::remove_dir_all(site.path(".bengal")).ok();
        kill_after(&site, whole * step / 9);
        let moved = site.path("content/s8");
        let aside = site.parent().join("aside");
        std::fs::rename(&moved, &aside).unwrap();
        site.build_clean(&[]);
        let left: Vec<_> =
            site.output().into_keys().filter(|path| path.starts_with("s8")).collect();
        std::fs::rename(&aside, &moved).unwrap();
        assert_eq!(left, [""; 0], "killed after {step}/9 of its time");
    }
}

/// Builds that are killed where nobody says how many.
const KILLS: u64 = 60;

/// How many builds of one site are killed.
const OF_ONE: usize = 10;

/// A site that is killed time and again.
struct Victim {
    dice: Dice,
    world: World,
    /// How long its last build took.
    whole: Duration,
    /// Builds that were killed, and those among them that had not ended before.
    killed: (u64, u64),
}

impl Victim {
    fn new(seed: u64, index: u64) -> Self {
        let mut dice = Dice::new(seed, index);
        let mut files = sites::site(&mut dice);
        for number in 0..dice.within(20, 150) {
            files.insert(format!("content/many/{number}.md"), sites::page(&mut dice));
        }
        let world = World::new(&files, Way::Binary);
        let mut victim = Self { dice, world, whole: Duration::ZERO, killed: (0, 0) };
        victim.finish();
        victim
    }

    /// Edits the site, and kills a build of it; now and then another behind it.
    fn kill(&mut self) {
        if self.dice.chance(25) {
            self.world.apply(&Edit::Damage(Damage::Output));
            // The build before may have been killed before it made one.
            std::fs::remove_dir_all(self.world.site().path(".bengal")).ok();
        }
        for _ in 0..self.dice.within(1, 6) {
            if let Some(made) = edits::of_pages(&mut self.dice, &self.world) {
                made.iter().for_each(|edit| self.world.apply(edit));
            }
        }
        let share = u32::try_from(self.dice.below(1100)).unwrap();
        let code = kill(self.world.command().arg("-q"), self.whole * share / 1000);
        self.killed.0 += 1;
        self.killed.1 += u64::from(code.is_none());
        if self.dice.chance(30) {
            self.kill();
        }
    }

    /// Builds to the end, which must come to a clean build and leave nothing.
    fn finish(&mut self) {
        let before = self.world.site().output();
        let clean = self.world.build_clean();
        let begun = Instant::now();
        let outcome = self.world.build();
        self.whole = begun.elapsed();
        self.world.judge(&before, &clean, outcome).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(self.world.parent().len(), 1, "something lies beside the site");
        assert_eq!(kinds(&self.world.state()), kinds(&self.world.clean_state()), "in .bengal");
    }
}

/// The files that are kept, without the numbers in their names.
fn kinds(kept: &Tree) -> Vec<&str> {
    let kinds = kept.keys().map(|name| name.trim_end_matches(|c: char| c.is_ascii_hexdigit()));
    kinds.collect()
}

#[test]
fn builds_killed_at_any_instant_are_made_good_by_the_next() {
    let clock = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let seed = number("BENGAL_INCREMENTAL_SEED").unwrap_or(clock);
    let wanted = number("BENGAL_KILLS").unwrap_or(KILLS);
    say(&format!("incremental: {wanted} builds are killed, BENGAL_INCREMENTAL_SEED={seed}"));
    let (mut killed, mut in_midst) = (0, 0);
    for index in 0.. {
        let mut victim = Victim::new(seed, index);
        for _ in 0..OF_ONE {
            if killed + victim.killed.0 < wanted {
                victim.kill();
                victim.finish();
            }
        }
        killed += victim.killed.0;
        in_midst += victim.killed.1;
        if killed >= wanted {
            break;
        }
    }
    say(&format!("incremental: {killed} builds were killed, {in_midst} in their midst"));
    assert!(in_midst * 5 > killed, "only {in_midst} of {killed} builds were killed in their midst");
}
