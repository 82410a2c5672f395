//! The files and tables of a heap profile.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};

use super::super::build::grouped;
use super::super::diagnostics::plain;
use crate::profile::flame::{self, Captions};
use crate::profile::heap::{HeapProfile, SAMPLE_BYTES, StageHeap, Weight};
use crate::profile::pprof::{self, Sample};
use crate::profile::stacks::{asking, folded, folded_lines, on_behalf, without_generics};
use crate::profile::symbols::Frame;
use crate::profile::target::Target;

/// The file with the tables, and what it begins with: by that a folder with a profile is known.
pub(super) const STAGES: &str = "stages.txt";
pub(super) const MARK: &str = "Heap profile by bengal";

/// What sampling costs: measured, see CONTRIBUTING.md.
const COST: &str = "1.3 times the processor time of another";

/// Rows of a stage's table in the terminal, and in the file.
const ROWS_SHOWN: usize = 6;
const ROWS_WRITTEN: usize = 40;

/// Functions that a program is told of, for each stage.
const ROWS_TOLD: usize = 20;

/// Writes the profile's files into `folder`; gives what is shown of it, and the line for programs.
pub(super) fn write(folder: &Path, profile: &HeapProfile) -> Result<(String, Value), String> {
    let stages = profile.stages()?;
    let all: Vec<_> = stages.iter().map(|stage| (stage, rows(stage))).collect();
    let target = |name: &str, mark: &str| Target::new(&folder.join(name), mark);
    let mut graph = BTreeMap::new();
    for stage in &stages {
        let lines = folded_stage(stage);
        let name = format!("{}.folded", file_name(&stage.name));
        let text = folded_lines(&lines);
        target(&name, &format!("{};", stage.name))?.write(|out| out.write_all(text.as_bytes()))?;
        graph.extend(lines);
    }
    let note = format!("bytes allocated, a sample for each {} KiB", SAMPLE_BYTES / 1024);
    let title = "bengal build: memory allocated by stage";
    let svg = flame::svg(&graph, Captions { title, note: &note, shown: mib_with_unit });
    target("heap.svg", flame::MARK)?.write(|out| out.write_all(svg.as_bytes()))?;
    // Whatever was there: a compressed file shows no mark, and the folder is a profile's.
    target("heap.pb.gz", "")?.write(|out| write_pprof(out, &stages))?;
    let written = tables(&all, ROWS_WRITTEN);
    let head = format!("{MARK}, {}\n\n", note);
    target(STAGES, MARK)?.write(|out| write!(out, "{head}{written}"))?;
    let about = format!(
        "heap profile: a sample for each {} KiB allocated; such a build takes about {COST}\n",
        SAMPLE_BYTES / 1024
    );
    let shown = tables(&all, ROWS_SHOWN);
    let files = format!("{}: {STAGES}, heap.svg, heap.pb.gz, STAGE.folded\n", folder.display());
    Ok((about + &shown + &files, line(folder, &all)))
}

/// A stage's name as a file's.
fn file_name(stage: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    stage.chars().map(|c| if kept(c) { c } else { '_' }).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

fn folded_stage(stage: &StageHeap) -> BTreeMap<String, u64> {
    let mut lines = BTreeMap::new();
    for site in &stage.sites {
        let functions = site.stack.iter().map(|frame| frame.function.as_str());
        let line = folded(functions.chain([stage.name.as_str()]));
        *lines.entry(line).or_default() += whole(site.weight.allocated);
    }
    lines
}

fn write_pprof(out: &mut impl Write, stages: &[StageHeap]) -> std::io::Result<()> {
    let types = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    let sites = stages.iter().flat_map(|stage| stage.sites.iter().map(move |site| (stage, site)));
    let samples = sites.map(|(stage, site)| {
        let Weight { allocated, allocations, live, live_count } = site.weight;
        let values = [allocations, allocated, live_count, live].map(whole).to_vec();
        Sample { stage: &stage.name, stack: &site.stack, values }
    });
    pprof::write(out, &types, (("space", "bytes"), SAMPLE_BYTES), &samples.collect::<Vec<_>>())
}

/// A function and what it asked for.
#[derive(Debug)]
struct Row {
    function: Rc<Frame>,
    /// The function of bengal's that had it do so where most was asked for, if it is another.
    behalf: Option<Rc<Frame>>,
    weight: Weight,
}

/// The functions of a stage, those first that asked for most.
fn rows(stage: &StageHeap) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    // Sites come in the order of their weight: the first of a function says on whose behalf.
    for site in &stage.sites {
        let Some(function) = asking(&site.stack) else { continue };
        let place = *places.entry(&function.function).or_insert(rows.len());
        if place == rows.len() {
            let behalf = on_behalf(&site.stack).filter(|other| other.function != function.function);
            let (function, behalf) = (Rc::clone(function), behalf.map(Rc::clone));
            rows.push(Row { function, behalf, weight: Weight::default() });
        }
        rows[place].weight.add(site.weight);
    }
    rows.sort_by(|a, b| b.weight.allocated.total_cmp(&a.weight.allocated));
    rows
}

fn sum(rows: &[Row]) -> Weight {
    let mut sum = Weight::default();
    rows.iter().for_each(|row| sum.add(row.weight));
    sum
}

fn tables(stages: &[(&StageHeap, Vec<Row>)], most: usize) -> String {
    let mut text = format!(
        "{:<12}{:>10}{:>8}{:>13}{:>10}  {}\n",
        "MiB", "allocated", "%", "allocations", "live", "function"
    );
    for (stage, rows) in stages {
        let all = sum(rows);
        text += &figures(&stage.name, all, all.allocated);
        text.push('\n');
        for row in rows.iter().take(most) {
            let (name, place) = (called(&row.function), place(&row.function));
            text += &format!("{}  {name}{place}\n", figures("", row.weight, all.allocated));
            if let Some(behalf) = &row.behalf {
                text += &format!("{:>55}for {}\n", "", called(behalf));
            }
        }
        if rows.len() > most {
            text += &format!("{:>55}and {} more\n", "", rows.len() - most);
        }
    }
    text + "`live`: what of it was not freed when the stage ended; functions: who asked for it\n"
}

fn figures(name: &str, weight: Weight, all: f64) -> String {
    format!(
        "{:<12}{:>10}{:>8.1}{:>13}{:>10}",
        name,
        mib(weight.allocated),
        weight.allocated / all.max(1.0) * 100.0,
        grouped(whole(weight.allocations)),
        mib(weight.live),
    )
}

fn called(frame: &Frame) -> String {
    plain(&without_generics(&frame.function))
}

/// ` (parser.rs:120)`.
fn place(frame: &Frame) -> String {
    let file = frame.file.as_deref().and_then(|file| file.rsplit('/').next());
    file.map_or_else(String::new, |file| format!(" ({}:{})", plain(file), frame.line))
}

fn mib(bytes: f64) -> String {
    format!("{:.2}", bytes / f64::from(1 << 20))
}

fn mib_with_unit(bytes: u64) -> String {
    format!("{} MiB", mib(bytes as f64))
}

fn line(folder: &Path, stages: &[(&StageHeap, Vec<Row>)]) -> Value {
    let weight = |weight: Weight| {
        json!({
            "allocated_bytes": whole(weight.allocated),
            "allocations": whole(weight.allocations),
            "live_bytes": whole(weight.live),
        })
    };
    let function = |row: &Row| {
        let mut told = weight(row.weight);
        told["function"] = json!(row.function.function);
        told["file"] = json!(row.function.file);
        told["line"] = json!(row.function.line);
        told["for"] = json!(row.behalf.as_ref().map(|behalf| &behalf.function));
        told
    };
    let stage = |(stage, rows): &(&StageHeap, Vec<Row>)| {
        let mut told = weight(sum(rows));
        told["name"] = json!(stage.name);
        told["functions"] = rows.iter().take(ROWS_TOLD).map(function).collect();
        told
    };
    json!({
        "reason": "heap-profile",
        "folder": folder.to_string_lossy(),
        "sample_bytes": SAMPLE_BYTES,
        "stages": stages.iter().map(stage).collect::<Vec<_>>(),
    })
}
