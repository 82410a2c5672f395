//! `bengal cache stats` and `bengal deps`: what builds keep for the next.

use std::path::PathBuf;

use serde_json::json;

use super::build::print_lines;
use super::diagnostics::print_line;
use super::{CacheArguments, CacheStatsArguments, DepsArguments, MessageFormat, SiteArguments};
use crate::build::{BuildOptions, open_site, output_path, read_config};
use crate::figures::{grouped, plain};
use crate::incremental::Unusable;
use crate::incremental::inspect::{self, Input};
use crate::store::FOLDER;

/// The site's cache, and the output directory that is asked about.
fn places(site: &SiteArguments, cache: &CacheArguments) -> anyhow::Result<(PathBuf, PathBuf)> {
    let options = BuildOptions::from(site);
    let root = open_site(&options.site)?;
    let config = read_config(options.config.as_deref(), &root, &mut Vec::new())?;
    let state = cache.cache_dir.clone().unwrap_or_else(|| root.join(FOLDER));
    Ok((state, output_path(&options, &root, &config)))
}

/// Why there is nothing to tell.
fn unusable(why: Unusable) -> anyhow::Error {
    anyhow::anyhow!(match why {
        Unusable::Missing =>
            "nothing is kept: the site was not built yet, or not into this directory",
        Unusable::Foreign =>
            "what is kept is another version's: the next build makes everything anew",
        Unusable::Damaged => "what is kept is damaged: the next build makes everything anew",
    })
}

/// Prints how much is kept; gives the exit code.
pub(super) fn stats(arguments: &CacheStatsArguments) -> anyhow::Result<u8> {
    let (state, output) = places(&arguments.site, &arguments.cache)?;
    let stats = inspect::stats(&state, &output).map_err(unusable)?;
    if arguments.cache.message_format == MessageFormat::Json {
        print_lines(&[json!({"reason": "cache-stats", "cache": stats})]);
        return Ok(0);
    }
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let share = 100 * stats.bodies_live_bytes / stats.bodies_bytes.max(1);
    let rows = [
        ("pages", grouped(stats.pages), format!("parsed, in {}", mib(stats.pages_bytes))),
        ("bodies", mib(stats.bodies_bytes), format!("{share} % of it in use")),
        ("output files", grouped(stats.files), format!("in {}", mib(stats.files_bytes))),
        ("rendered", grouped(stats.rendered), format!("of {} inputs", grouped(stats.inputs))),
    ];
    let rows: Vec<_> =
        rows.iter().map(|(name, value, rest)| format!("{name:<13} {value:>12}  {rest}")).collect();
    print_line(&rows.join("\n"));
    Ok(0)
}

/// Prints what a page was made of; gives the exit code.
pub(super) fn deps(arguments: &DepsArguments) -> anyhow::Result<u8> {
    let (state, output) = places(&arguments.site, &arguments.cache)?;
    let page = arguments.page.strip_prefix("content/").unwrap_or(&arguments.page);
    let found = inspect::inputs(&state, &output, page).map_err(unusable)?;
    if found.is_empty() {
        anyhow::bail!(
            "no page `{page}` is kept: it is named by its file, its URL or its output file, and a page with \
             warnings is not kept"
        );
    }
    for (path, inputs) in found {
        match arguments.cache.message_format {
            MessageFormat::Json => {
                print_lines(&[json!({"reason": "deps", "output": path, "inputs": inputs})]);
            }
            MessageFormat::Human => {
                let lines: Vec<_> = inputs.iter().map(line).collect();
                print_line(&plain(&format!("{path}\n{}", lines.join("\n"))));
            }
        }
    }
    Ok(0)
}

fn line(input: &Input) -> String {
    let of = input.of.as_deref().map_or(String::new(), |of| format!(" {of}"));
    let items = input.items.map_or(String::new(), |items| format!(", the first {items}"));
    format!("  {}{of}{items}", input.what.words())
}
