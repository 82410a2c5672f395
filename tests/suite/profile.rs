//! Profiles and traces of builds by the binary: what they say is compared with what the build says of
//! itself, and with what is known of the site.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{JSON, Run, Site, bengal, run};

const PAGES: usize = 200;

/// A site whose pages have something to do for each stage; two templates include others.
fn site() -> Site {
    let card = "<b>{{ page.title }}</b>";
    let page = "{% include 'card' %}{{ content }}{% include 'list' %}";
    let list = "{% for p in site.pages limit: 3 %}{% include 'card' %}{% endfor %}";
    let site = Site::new(&[
        ("templates/partials/card.liquid", card),
        ("templates/partials/list.liquid", list),
        ("templates/page.liquid", &format!("---\nlayout: wrap\n---\n{page}")),
        ("templates/wrap.liquid", "<html>{{ content }}</html>\n"),
        ("templates/home.liquid", "{% include_relative beside.txt %}"),
        ("content/beside.txt", "beside"),
    ]);
    for number in 0..PAGES {
        let text =
            "## A *heading*\n\nSome `code` and [a link](page-1.md), **bold**.\n\n- one\n- two\n\n";
        let page = format!("---\ntitle: Page {number:03}\ntags: [a]\n---\n{}", text.repeat(20));
        site.write(&format!("content/page-{number}.md"), page);
    }
    site
}

/// Builds it with `arguments`; the output must be that of a build without.
fn build(site: &Site, arguments: &[&str]) -> Run {
    site.build_clean(&["-o", &shown(&site.parent().join("plain"))]);
    let run = site.build_clean(&[&["--full"], arguments].concat());
    let plain = crate::support::tree(&site.parent().join("plain"));
    assert_eq!(crate::support::differences(&plain, &site.output()), [""; 0]);
    run
}

fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The one message of that reason; the last message is `build-finished`.
fn message(run: &Run, reason: &str) -> Value {
    let messages = run.messages();
    assert_eq!(messages.last().unwrap()["reason"], "build-finished");
    let mut found = messages.into_iter().filter(|message| message["reason"] == reason);
    let message = found.next().unwrap_or_else(|| panic!("no {reason}: {}", run.stdout));
    assert_eq!(found.next(), None);
    message
}

fn finished(run: &Run) -> Value {
    message(run, "build-finished")
}

fn names(stages: &Value) -> Vec<String> {
    let stages = stages.as_array().unwrap().iter();
    stages.map(|stage| stage["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn templates_are_counted_exactly_and_what_includes_has_more_than_its_own() {
    let site = site();
    let run = build(&site, &["--profile-templates", "-j", "3"]);
    let profile = message(&run, "template-profile");
    let templates = profile["templates"].as_array().unwrap();
    let by_name: BTreeMap<_, _> =
        templates.iter().map(|row| (row["template"].as_str().unwrap(), row)).collect();
    let renders = |name: &str| size(by_name[name]["renders"].as_u64().unwrap());
    assert_eq!(renders("page"), PAGES);
    assert_eq!(renders("wrap"), PAGES);
    assert_eq!(renders("partials/list"), PAGES);
    assert_eq!(renders("partials/card"), PAGES * 4);
    assert_eq!((renders("home"), renders("content/beside.txt")), (1, 1));
    // `<b>Page 012</b>`.
    assert_eq!(by_name["partials/card"]["bytes_out"], PAGES * 4 * 15);
    assert_eq!(by_name["partials/list"]["bytes_out"], PAGES * 3 * 15);
    for (name, row) in &by_name {
        let figure = |name: &str| row[name].as_f64().unwrap_or_else(|| panic!("{name}: {row}"));
        let includes = ["home", "page", "partials/list"].contains(name);
        assert_eq!(figure("self_ms") < figure("total_ms"), includes, "{row}");
        assert!(figure("max_ms") >= figure("mean_ms"), "{row}");
        assert!(figure("allocated_bytes") >= figure("self_allocated_bytes"), "{row}");
        assert!(figure("allocations") >= figure("self_allocations"), "{row}");
    }
    let own = |figure: &str| templates.iter().map(|row| row[figure].as_u64().unwrap()).sum::<u64>();
    let finished = finished(&run);
    let render = &finished["stages"][3];
    assert_eq!(render["name"], "render");
    for (figure, of_stage) in
        [("self_allocations", "allocations"), ("self_allocated_bytes", "allocated_bytes")]
    {
        let whole = render[of_stage].as_u64().unwrap();
        assert!((1..=whole).contains(&own(figure)), "{figure}: {} of {whole}", own(figure));
    }
    let order = templates.iter().map(|row| row["self_ms"].as_f64().unwrap());
    assert!(order.is_sorted_by(|a, b| a >= b));
}

#[cfg(not(windows))]
#[test]
fn watching_a_build_shows_in_no_allocation_of_its_stages() {
    let site = site();
    let trace = shown(&site.parent().join("trace.json"));
    let allocations = |arguments: &[&str]| {
        let finished = finished(&site.build_clean(&[&["-j", "1", "--full"], arguments].concat()));
        let stages = finished["stages"].as_array().unwrap().iter();
        let own = stages.filter(|stage| stage["name"] == "parse" || stage["name"] == "render");
        own.map(|stage| stage["allocations"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(allocations(&["--profile-templates", "--trace", &trace]), allocations(&[]));
}

#[test]
fn the_slowest_pages_are_twenty_pages_with_the_stages_that_they_came_through() {
    let site = site();
    site.write("content/slow.md", format!("# Slow\n\n{}", "a *b* `c` [d](e.html) ".repeat(20_000)));
    let profile = message(&site.build(&["--profile-templates"]), "template-profile");
    let pages = profile["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 20);
    assert_eq!(pages[0]["page"], "content/slow.md");
    for page in pages {
        let stages = page["stages"].as_object().unwrap();
        let sum: f64 = stages.values().map(|took| took.as_f64().unwrap()).sum();
        assert!((sum - page["total_ms"].as_f64().unwrap()).abs() < 0.001, "{page}");
        assert!(!stages.contains_key("write"), "{page}");
    }
    assert!(pages[0]["stages"]["parse"].as_f64() > pages[0]["stages"]["taxonomy"].as_f64());
    assert!(pages.is_sorted_by(|a, b| a["total_ms"].as_f64() >= b["total_ms"].as_f64()));
}

#[test]
fn a_trace_has_each_worker_with_its_items_and_each_stage_with_its_heap() {
    let site = site();
    let file = site.parent().join("trace.json");
    let run = build(&site, &["--trace", &shown(&file), "-j", "2"]);
    let (told, finished) = (message(&run, "trace"), finished(&run));
    let trace: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let of = |phase: &'static str| events.iter().filter(move |event| event["ph"] == phase);
    assert_eq!(of("X").count(), size(told["spans"].as_u64().unwrap()));
    let tracks: BTreeMap<u64, &str> = of("M")
        .filter(|event| event["name"] == "thread_name")
        .map(|event| (event["tid"].as_u64().unwrap(), event["args"]["name"].as_str().unwrap()))
        .collect();
    let mut last = BTreeMap::new();
    let mut items: BTreeMap<&str, u64> = BTreeMap::new();
    for event in of("X") {
        let tid = event["tid"].as_u64().unwrap();
        let begun = event["ts"].as_f64().unwrap();
        assert!(last.insert(tid, begun).is_none_or(|before| before <= begun), "{event}");
        assert!(event["dur"].as_f64().unwrap() >= 0.0, "{event}");
        let (stage, _) = tracks[&tid].rsplit_once('-').unwrap();
        if event["name"] == "work" {
            *items.entry(stage).or_default() += event["args"]["items"].as_u64().unwrap();
        }
    }
    let mut workers = BTreeSet::new();
    for stage in finished["stages"].as_array().unwrap() {
        let name = stage["name"].as_str().unwrap();
        assert_eq!(
            items.get(name).copied().unwrap_or(0),
            stage["items_in"].as_u64().unwrap(),
            "{name}"
        );
        workers.extend((0..stage["workers"].as_u64().unwrap()).map(|n| format!("{name}-{n}")));
    }
    assert_eq!(workers, tracks.values().map(|name| (*name).to_owned()).collect());
    if cfg!(not(windows)) {
        let peak = finished["peak_bytes"].as_i64().unwrap();
        let counters: BTreeSet<_> = of("C").map(|event| event["name"].as_str().unwrap()).collect();
        let mut stages = names(&finished["stages"]);
        stages.push("outside".to_owned());
        assert_eq!(
            counters,
            stages
                .iter()
                .map(|stage| format!("live heap: {stage}"))
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str)
                .collect()
        );
        let highest = of("C").map(|event| event["args"]["bytes"].as_i64().unwrap()).max().unwrap();
        assert!(highest > 0 && highest <= peak, "{highest} of {peak}");
    }
}

#[cfg(not(windows))]
#[test]
fn the_heap_profile_agrees_with_the_figures_of_the_build_and_in_all_its_forms() {
    let site = site();
    let folder = site.parent().join("a/profile");
    let run = build(&site, &["--heap-profile", &shown(&folder)]);
    let (profile, finished) = (message(&run, "heap-profile"), finished(&run));
    let stages = profile["stages"].as_array().unwrap();
    let mut chain = names(&finished["stages"]);
    chain.push("outside".to_owned());
    assert_eq!(names(&profile["stages"]), chain);
    let text = fs::read_to_string(folder.join("stages.txt")).unwrap();
    let svg = fs::read_to_string(folder.join("heap.svg")).unwrap();
    let (types, pprof) = pprof(&folder.join("heap.pb.gz"));
    assert_eq!(types, ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]);
    for stage in stages {
        let name = stage["name"].as_str().unwrap();
        let allocated = stage["allocated_bytes"].as_u64().unwrap();
        let folded = fs::read_to_string(folder.join(format!("{name}.folded"))).unwrap();
        let of_line = |line: &str| {
            assert!(line.starts_with(&format!("{name};")), "{line}");
            line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()
        };
        let sum: u64 = folded.lines().map(of_line).sum();
        // Each is rounded by itself.
        let off = folded.lines().count() as u64 + 1;
        assert!(sum.abs_diff(allocated) <= off, "{name}: {sum} and {allocated}");
        let sum = pprof.get(name).map_or(0, |values| values[1]);
        assert!(sum.abs_diff(allocated) <= off + 100, "{name}: {sum} and {allocated}");
        assert!(text.lines().any(|line| line.starts_with(&format!("{name} "))), "{text}");
        assert!(allocated < 1 << 20 || svg.contains(&format!("<title>{name}: ")), "{name}");
    }
    let parse = chain.iter().position(|name| name == "parse").unwrap();
    let sampled = stages[parse]["allocated_bytes"].as_f64().unwrap();
    let counted = finished["stages"][parse]["allocated_bytes"].as_f64().unwrap();
    // Hundreds of samples at least: a quarter is five times their deviation.
    assert!(counted > 400.0 * 32768.0, "{counted}");
    assert!((sampled / counted - 1.0).abs() < 0.25, "{sampled} and {counted}");
    let functions = stages[parse]["functions"].as_array().unwrap();
    let is_comrak = |row: &&Value| row["function"].as_str().unwrap().contains("comrak");
    let comrak = functions.iter().find(is_comrak).unwrap();
    assert!(comrak["for"].as_str().unwrap().starts_with("bengal::"), "{comrak}");
    assert!(comrak["file"].as_str().unwrap().ends_with(".rs") && comrak["line"].as_u64() > Some(0));
    // Nothing of the allocator's own is on a stack, nor of the runner's around it.
    let folded = fs::read_to_string(folder.join("parse.folded")).unwrap();
    for part in ["_rjem_", "prof_backtrace", "__rust_alloc", "bengal::pipeline::worker"] {
        assert!(!folded.contains(part), "{part}");
    }
    // Once more into the same folder, and with jemalloc's options of one's own.
    let mut again = bengal();
    again.env("_RJEM_MALLOC_CONF", "narenas:2").arg("build").arg(site.root());
    let again = run_in(&mut again, &["--heap-profile", &shown(&folder)]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
}

#[cfg(not(windows))]
#[test]
fn what_is_live_at_a_stages_end_is_its_pages_and_what_was_freed_is_not() {
    let site = site();
    let folder = site.parent().join("profile");
    let profile = message(&site.build_clean(&["--heap-profile", &shown(&folder)]), "heap-profile");
    let stage = |name: &str| {
        let mut stages = profile["stages"].as_array().unwrap().iter();
        stages.find(|stage| stage["name"] == name).unwrap()
    };
    let parse = stage("parse");
    // Most of what parse allocates is freed with the page.
    assert!(
        parse["live_bytes"].as_f64().unwrap() < parse["allocated_bytes"].as_f64().unwrap() / 2.0
    );
}

/// The types of a profile in pprof's format, and the sums of its values by stage.
fn pprof(file: &Path) -> (Vec<String>, BTreeMap<String, Vec<u64>>) {
    let mut bytes = Vec::new();
    let gzip = flate2::read::GzDecoder::new(fs::File::open(file).unwrap());
    std::io::Read::read_to_end(&mut { gzip }, &mut bytes).unwrap();
    let fields = fields(&bytes);
    let all = |number: u64| fields.iter().filter(move |field| field.0 == number);
    let texts: Vec<String> =
        all(6).map(|field| String::from_utf8(field.2.to_vec()).unwrap()).collect();
    assert_eq!(texts[0], "");
    let text = |message: &[u8], field: u64| {
        let field = fields_of(message, field);
        texts[size(field[0].1)].clone()
    };
    let types = all(1).map(|field| text(field.2, 1)).collect();
    let locations: BTreeSet<u64> = all(4).map(|field| fields_of(field.2, 1)[0].1).collect();
    let mut sums: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for sample in all(2) {
        let stage = text(fields_of(sample.2, 3)[0].2, 2);
        let values = packed(fields_of(sample.2, 2)[0].2);
        assert!(packed(fields_of(sample.2, 1)[0].2).iter().all(|id| locations.contains(id)));
        let sum = sums.entry(stage).or_insert_with(|| vec![0; values.len()]);
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    (types, sums)
}

fn size(value: u64) -> usize {
    value.try_into().unwrap()
}

/// The fields of a message of protocol buffers: number, and what it holds as a number or as bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = varint(&mut bytes);
        let mut held = &[][..];
        if key & 7 == 2 {
            (held, bytes) = bytes.split_at(size(value));
        }
        fields.push((key >> 3, value, held));
    }
    fields
}

fn fields_of(message: &[u8], number: u64) -> Vec<(u64, u64, &[u8])> {
    fields(message).into_iter().filter(|field| field.0 == number).collect()
}

fn packed(mut bytes: &[u8]) -> Vec<u64> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        values.push(varint(&mut bytes));
    }
    values
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            break;
        }
    }
    value
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[test]
fn the_cpu_profile_has_the_stages_first_and_bengals_functions_in_them() {
    let site = site();
    let file = site.parent().join("cpu.svg");
    let run = build(&site, &["--cpu-profile", &shown(&file)]);
    let profile = message(&run, "cpu-profile");
    let samples = profile["samples"].as_u64().unwrap();
    let stages = profile["stages"].as_object().unwrap();
    assert!(samples >= 10, "{profile}");
    assert_eq!(stages.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), samples);
    assert!(stages["parse"].as_u64().unwrap() > samples / 4, "{profile}");
    let svg = fs::read_to_string(&file).unwrap();
    for name in ["<title>all: ", "<title>parse: ", "bengal::stages::parse::"] {
        assert!(svg.contains(name), "{name}");
    }
    assert!(!svg.contains("take_sample"), "the handler is in it");
    // It may be written over by its like.
    site.build_clean(&["--cpu-profile", &shown(&file)]);
}

fn run_in(command: &mut std::process::Command, arguments: &[&str]) -> Run {
    run(command.args(JSON).args(arguments))
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_is_built() {
    let site = Site::new(&[("content/a.md", "a"), ("notes/b.txt", "mine")]);
    let path = |path: &str| shown(&site.path(path));
    let cases: Vec<(&[&str], String, &str)> = vec![
        (&["--trace"], path("content"), "is a folder"),
        (&["--trace"], path("content/a.md"), "was not made by this option"),
        (&["--trace"], path("no/where"), "its folder is not there"),
        (&["--trace"], path("content/a.md/b"), "its folder is not there"),
        (&["--cpu-profile"], path("content/a.md"), "was not made by this option"),
        (&["--heap-profile"], path("content/a.md"), "is no folder"),
        (&["--heap-profile"], path("notes"), "holds other files"),
        (&["--heap-profile"], path("content/a.md/b"), ""),
        (&["--cpu-profile", "x.svg", "--trace"], "x.svg".to_owned(), "the same file"),
    ];
    for (options, value, why) in cases {
        let mut command = bengal();
        command.arg("build").arg(site.root()).current_dir(site.parent());
        let run = run_in(&mut command, &[options, &[&*value]].concat());
        assert_eq!(run.code, Some(2), "{options:?} {value}: {}", run.stdout);
        let message = message(&run, "failure")["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("--") && message.contains(why), "{message}");
        assert!(!message.contains(".bengal-profile-"), "{message}");
        assert_eq!(site.output().len(), 0);
    }
    assert_eq!(fs::read_to_string(site.path("content/a.md")).unwrap(), "a");
    let run = run(bengal().args(["build", "--trace", &path("content")]).arg(site.root()));
    assert!(run.code == Some(2) && run.stderr.starts_with("error: --trace: "), "{}", run.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_system_refuses_is_said_in_a_sentence() {
    let site = Site::new(&[("content/a.md", "a")]);
    for (option, path) in
        [("--trace", "/proc/x"), ("--cpu-profile", "/dev/null"), ("--heap-profile", "/proc/x")]
    {
        let run = site.build(&[option, path]);
        assert_eq!(run.code, Some(2), "{option}");
        assert_eq!(site.output().len(), 0);
    }
}

#[test]
fn profiles_belong_to_build_and_two_of_them_exclude_each_other() {
    let site = Site::new(&[("content/a.md", "a")]);
    let both = ["--heap-profile", "a", "--cpu-profile", "b"];
    let run = site.build(&both);
    assert!(run.code == Some(2) && run.stderr.contains("cannot be used with"), "{}", run.stderr);
    for option in ["--heap-profile", "--cpu-profile", "--trace", "--profile-templates"] {
        let run = crate::support::run(bengal().arg("serve").arg(site.root()).arg(option));
        assert!(run.code == Some(2) && run.stderr.contains(option), "{}", run.stderr);
    }
    assert!(!PathBuf::from("a").exists());
}

#[test]
fn people_are_told_what_was_found_and_what_it_costs() {
    let site = site();
    let file = shown(&site.parent().join("trace.json"));
    let mut command = bengal();
    command.arg("build").arg(site.root()).args(["--trace", &file, "--profile-templates"]);
    let heap = shown(&site.parent().join("heap"));
    if cfg!(not(windows)) {
        command.args(["--heap-profile", &heap]);
    }
    let run = run(&mut command);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut expected = vec!["ui.perfetto.dev", "partials/card", "the pages that took longest"];
    if cfg!(not(windows)) {
        expected.extend(["such a build takes about", "heap.pb.gz", "for bengal::"]);
    }
    for part in expected {
        assert!(run.stdout.contains(part), "{part} in {}", run.stdout);
    }
    assert!(run.stdout.starts_with("built "), "{}", run.stdout);
}
