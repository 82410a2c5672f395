//! Properties of random small sites.
//!
//! **Invariant:** whatever a site holds, it is built or refused in order; the bytes depend on the site
//! alone; a second build writes nothing, and one after an edit comes to what a clean build would.

use std::fs;

use proptest::prelude::*;

use crate::generator::{Random, sites};
use crate::support::{Site, Tree, differences};

/// Writes the site; a path that is taken by a folder, or whose folder is a file, is left out.
fn write(random: &Random) -> Site {
    let site = Site::new(&[]);
    for (path, text) in &random.files {
        let file = site.path(path);
        let made = fs::create_dir_all(file.parent().unwrap());
        if made.is_ok() && !file.is_dir() {
            fs::write(file, text).unwrap();
        }
    }
    site
}

fn outcome(site: &Site, jobs: &str) -> (Option<i32>, Vec<String>, Tree) {
    let run = site.build(&["-j", jobs]);
    (run.code, run.diagnostics(), site.output())
}

fn start_anew(site: &Site) {
    fs::remove_dir_all(site.path("public")).ok();
    fs::remove_dir_all(site.path(".bengal")).ok();
}

/// What must hold of one site.
fn check(random: &Random) -> Result<(), TestCaseError> {
    let site = write(random);
    let (code, diagnostics, output) = outcome(&site, "1");
    prop_assert!(matches!(code, Some(0..=2)), "exit code {code:?}");
    if code == Some(2) {
        prop_assert!(output.is_empty(), "what is refused writes nothing");
        return Ok(());
    }
    let again = site.build(&["-j", "4"]);
    let outputs = &again.messages().pop().unwrap()["outputs"];
    prop_assert_eq!((&outputs["written"], &outputs["removed"]), (&0.into(), &0.into()));
    start_anew(&site);
    let many = outcome(&site, "16");
    prop_assert_eq!(differences(&output, &many.2), [""; 0], "with 16 workers");
    prop_assert_eq!((code, &diagnostics), (many.0, &many.1));
    let entries = fs::read_dir(site.parent()).unwrap().count();
    prop_assert_eq!(entries, 1, "nothing lies beside the site");
    check_removal(&site, &random.files[random.removed].0)
}

/// After `path` is taken away, a build upon the last one is as a clean one.
fn check_removal(site: &Site, path: &str) -> Result<(), TestCaseError> {
    fs::remove_file(site.path(path)).ok();
    let (code, diagnostics, output) = outcome(site, "2");
    start_anew(site);
    let clean = outcome(site, "2");
    prop_assert_eq!(differences(&clean.2, &output), [""; 0], "without {}", path);
    prop_assert_eq!((code, diagnostics), (clean.0, clean.1), "without {}", path);
    Ok(())
}

/// Sites that are tried, unless `PROPTEST_CASES` says another number.
const CASES: u32 = 60;

#[test]
fn every_site_is_built_in_order() {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { CASES };
    let config =
        ProptestConfig { cases, max_shrink_iters: 200, failure_persistence: None, ..default };
    proptest!(config, |(random in sites())| check(&random)?);
}
