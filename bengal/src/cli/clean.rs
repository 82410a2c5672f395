//! `bengal clean`: removes what builds of a site made, and nothing else.

use std::fs;
use std::io;
use std::path::Path;

use super::CleanArguments;
use super::diagnostics::{print_error, print_line};
use crate::build::{BuildOptions, open_site, output_path, read_config};
use crate::manifest::{self, Manifest};
use crate::store::{FOLDER, Opened, StateDir};

/// Removes all in `.bengal` but what is known of other output directories, if anything is.
fn remove_state(folder: &Path) -> io::Result<bool> {
    let mut others = false;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(manifest::PREFIX.as_bytes()) {
            others = true;
        } else if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    if !others {
        fs::remove_dir(folder)?;
    }
    Ok(others)
}

/// Removes the output's files that bengal wrote, and `.bengal`; gives the exit code.
pub(super) fn run(arguments: &CleanArguments) -> anyhow::Result<u8> {
    let options = BuildOptions::from(&arguments.site);
    let root = open_site(&options.site)?;
    let folder = root.join(FOLDER);
    if !folder.exists() {
        print_line(&format!("nothing to clean: {} was never built here", root.display()));
        return Ok(0);
    }
    let config = read_config(options.config.as_deref(), &root, &mut Vec::new())?;
    let output = output_path(&options, &root, &config);
    let waiting = || print_error("a build of this site is running; waiting for it");
    let state = match StateDir::open(&folder, waiting)? {
        Opened::Own(state) => state,
        Opened::Temporary(_, error) => anyhow::bail!("{}: {error}", folder.display()),
    };
    let removed = Manifest::new(&state, &output).clean()?;
    // Only an empty one goes: what is left was not made by bengal.
    let left = output.exists() && fs::remove_dir(&output).is_err();
    let others = remove_state(&folder)?;
    print_line(&format!("removed {removed} files of {} and {FOLDER}", output.display()));
    let metrics = config.metrics.folder();
    if root.join(metrics).exists() {
        print_line(&format!("kept the measurements in {metrics}"));
    }
    if others {
        print_line(&format!(
            "kept in {FOLDER} what was written to other directories: `clean -o DIR` for those"
        ));
    }
    if left {
        print_line(&format!(
            "kept {}, which holds files that bengal did not write",
            output.display()
        ));
    }
    Ok(0)
}
