//! The records that builds leave: what is in them, and that keeping them never fails a build.

mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bengal_metrics::record::SCHEMA;
use bengal_metrics::{History, Record};
use serde_json::{Value, json};

use crate::libraries::{cargo_build, library_name, target};
use crate::support::{JSON, Run, Site, bengal, run, tree};

const FOLDER: &str = ".bengal-metrics";
const HISTORY: &str = ".bengal-metrics/history.jsonl";
const LATEST: &str = ".bengal-metrics/latest.json";

const FILES: &[(&str, &str)] = &[
    ("content/a.md", "---\ntitle: A\ntags: [one, two]\n---\nText.\n"),
    ("content/docs/b.md", "---\ntitle: B\n---\nText.\n"),
    ("content/docs/draft.md", "---\ndraft: true\n---\n"),
    ("content/docs/picture.svg", "<svg/>"),
    ("static/style.css", "p {}\n"),
];

fn site() -> Site {
    Site::new(FILES)
}

/// The whole history of a site, none of whose lines is damaged.
#[track_caller]
fn records(site: &Site) -> Vec<Record> {
    let mut history = History::open(&site.path(HISTORY)).unwrap();
    let records = history.by_ref().collect::<Result<_, _>>().unwrap();
    let notes = history.notes();
    assert_eq!((notes.damaged, notes.newer, notes.unfinished), (0, 0, false));
    records
}

fn lines(site: &Site) -> Vec<Value> {
    let text = fs::read_to_string(site.path(HISTORY)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn the_schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/metrics/record.schema.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn finished(run: &Run) -> Value {
    run.messages().pop().unwrap()
}

#[test]
fn every_build_is_a_line_and_the_latest_is_a_file() {
    let site = site();
    let first = finished(&site.build_clean(&[]));
    let second = finished(&site.build_clean(&["-j", "1"]));
    let lines = lines(&site);
    assert_eq!(lines.len(), 2);
    for (line, finished) in lines.iter().zip([first, second]) {
        // What a program hears is the record, and more.
        for (field, value) in line.as_object().unwrap() {
            // Loads and the like are looked at twice.
            let same = !["load_average", "outputs"].contains(&field.as_str());
            assert!(!same || finished[field] == *value, "{field}: {value} {}", finished[field]);
        }
    }
    let latest = fs::read_to_string(site.path(LATEST)).unwrap();
    assert!(latest.starts_with("{\n  \"schema\": 1,\n  \"build_id\": "), "{latest}");
    assert_eq!(serde_json::from_str::<Value>(&latest).unwrap(), lines[1]);
    let [first, second] = &records(&site)[..] else { panic!("two records") };
    assert!(first.build_id < second.build_id && first.site_id == second.site_id);
    assert_eq!((first.jobs, first.parallel), (first.cpu_count, first.cpu_count > Some(1)));
    assert_eq!((second.jobs, second.parallel), (Some(1), false));
}

#[test]
fn records_are_as_their_schema_says() {
    let site = site();
    site.write("bengal.yaml", "title: T\n");
    site.build_clean(&[]);
    let schema = the_schema();
    let lines = lines(&site);
    assert_eq!(schema::faults(&schema, &lines[0]), [""; 0]);
    // Where nothing is known, too.
    let mut least = Record {
        schema: SCHEMA,
        outside: None,
        stages: vec![bengal_metrics::record::Stage::default()],
        ..records(&site).remove(0)
    };
    least.git = Some(bengal_metrics::record::Git::default());
    least.jemalloc = None;
    let least = serde_json::to_value(least).unwrap();
    assert_eq!(schema::faults(&schema, &least), [""; 0]);
    // And it tells what is wrong.
    let mut wrong = lines[0].clone();
    wrong["mode"] = json!("partial");
    wrong["stages"][0]["workers"] = json!(-1);
    wrong["build_id"] = json!("1");
    wrong["total_pages"] = Value::Null;
    wrong["more"] = json!(1);
    wrong["cache"].as_object_mut().unwrap().remove("hits");
    assert_eq!(schema::faults(&schema, &wrong).len(), 6, "{:?}", schema::faults(&schema, &wrong));
}

/// The fields of a record by their dotted names, with what kind of value each is.
fn fields(root: &Value, schema: &Value, prefix: &str, into: &mut BTreeMap<String, String>) {
    for (name, of) in schema["properties"].as_object().unwrap() {
        let own = format!("{prefix}{name}");
        let of = schema::resolved(root, of);
        let kinds = match (&of["type"], of.get("const"), of.get("enum")) {
            (_, Some(_), _) => vec!["whole number"],
            (_, _, Some(_)) => vec!["text"],
            (Value::Array(kinds), ..) => kinds.iter().map(kind).collect(),
            (one, ..) => vec![kind(one)],
        };
        into.insert(own.clone(), kinds.join(" or "));
        for below in [of, &of["items"]] {
            if below.get("properties").is_some() {
                fields(root, below, &format!("{own}."), into);
            }
        }
    }
}

fn kind(kind: &Value) -> &'static str {
    match kind.as_str().unwrap() {
        "null" => "null",
        "boolean" => "true or false",
        "integer" => "whole number",
        "number" => "number",
        "string" => "text",
        "array" => "list",
        _ => "map",
    }
}

#[test]
fn the_manual_and_the_schema_say_the_same() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/docs/content/reference/metrics.md");
    let page = fs::read_to_string(path).unwrap();
    let mut told = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names = cells[0].split(',').map(|name| name.trim().trim_matches('`'));
        told.extend(names.map(|name| (name.to_owned(), cells[1].to_owned())));
    }
    let schema = the_schema();
    let mut expected = BTreeMap::new();
    fields(&schema, &schema, "", &mut expected);
    assert!(expected.len() > 90);
    assert_eq!(told, expected);
}

#[test]
fn the_record_counts_what_the_site_has() {
    let site = site();
    site.write("content/wrong.md", "---\nlayout: nothing\n---\n");
    assert_eq!(site.build(&[]).code, Some(0));
    let record = records(&site).remove(0);
    // a, b, wrong; the home page, docs, tags, one, two, the other taxonomy has no terms, 404.
    assert_eq!(record.total_pages, 9);
    assert_eq!((record.regular_pages, record.generated_pages), (Some(3), Some(6)));
    assert_eq!((record.pages_rendered, record.total_assets), (Some(9), Some(2)));
    assert_eq!((record.total_sections, record.taxonomies_count), (Some(1), Some(1)));
    let outputs = record.outputs.unwrap();
    assert_eq!((outputs.written, outputs.unchanged, outputs.removed), (11, 0, 0));
    let diagnostics = record.diagnostics.unwrap();
    assert_eq!((diagnostics.errors, diagnostics.warnings), (0, 1));
    assert!(!record.skipped && !record.incremental);
    assert_eq!(record.rendering_time_ms, record.stage("render").map(|stage| stage.wall_ms));
    fs::remove_file(site.path("content/wrong.md")).unwrap();
    site.build_clean(&[]);
    let outputs = records(&site).remove(1).outputs.unwrap();
    assert_eq!(outputs.removed, 1);
}

#[cfg(not(windows))]
#[test]
fn the_rows_of_a_record_sum_to_the_process() {
    let site = site();
    site.build_clean(&[]);
    let record = records(&site).remove(0);
    let rows = || record.stages.iter().map(|stage| stage.memory).chain(record.outside);
    let sum = |figure: fn(&bengal_metrics::record::Memory) -> Option<i64>| {
        rows().map(|row| figure(&row).unwrap()).sum::<i64>()
    };
    let allocated = sum(|row| row.allocated_bytes.map(u64::cast_signed));
    assert_eq!(Some(allocated), record.allocated_bytes.map(u64::cast_signed));
    assert_eq!(Some(sum(|row| row.heap_bytes)), record.heap_bytes);
    assert_eq!(Some(sum(|row| row.at_process_peak_bytes)), record.peak_bytes);
    assert_eq!(sum(|row| row.sent_bytes), sum(|row| row.received_bytes));
    let mib = |bytes: i64| bytes as f64 / f64::from(1 << 20);
    assert!((record.memory_peak_mb.unwrap() - mib(record.peak_bytes.unwrap())).abs() < 0.001);
}

/// The questions of those who have the older records, as they ask them.
#[test]
fn the_lines_for_jq_work() {
    let site = site();
    site.build_clean(&[]);
    let flat = "{\"timestamp\": \"2025-01-01T00:00:00\", \"total_pages\": 3, \"build_time_ms\": 9.5, \
                \"memory_rss_mb\": 70.5, \"memory_heap_mb\": 9, \"memory_peak_mb\": 12, \
                \"incremental\": false, \"parallel\": true, \"skipped\": false}\n";
    let text = flat.to_owned() + &fs::read_to_string(site.path(HISTORY)).unwrap();
    site.write(HISTORY, &text);
    site.build_clean(&[]);
    assert_eq!(records(&site).len(), 3);
    for line in lines(&site) {
        for number in
            ["total_pages", "build_time_ms", "memory_rss_mb", "memory_heap_mb", "memory_peak_mb"]
        {
            assert!(line[number].is_number() || cfg!(windows), "{number} in {line}");
        }
        for truth in ["incremental", "parallel", "skipped"] {
            assert!(line[truth].is_boolean(), "{truth} in {line}");
        }
        assert!(line["timestamp"].is_string(), "{line}");
    }
    let jq = |arguments: &[&str]| {
        let output = Command::new("jq").args(arguments).arg(site.path(HISTORY)).output();
        Some(String::from_utf8(output.ok()?.stdout).unwrap())
    };
    let Some(memory) = jq(&[".memory_rss_mb"]) else {
        eprintln!("skipped: there is no jq");
        return;
    };
    assert_eq!(memory.lines().count(), 3);
    assert!(memory.lines().all(|line| line.parse::<f64>().unwrap() > 1.0), "{memory}");
    let all = jq(&["-s", "map({timestamp, build_time_ms, memory_rss_mb})"]).unwrap();
    let all: Vec<BTreeMap<String, Value>> = serde_json::from_str(&all).unwrap();
    assert!(all.len() == 3 && all.iter().flat_map(BTreeMap::values).all(|value| !value.is_null()));
}

#[test]
fn builds_of_several_processes_at_once_are_a_line_each() {
    let site = Site::new(&[("content/a.md", "---\ntitle: A\n---\n")]);
    std::thread::scope(|scope| {
        for process in 0..4 {
            let site = &site;
            scope.spawn(move || {
                // Folders of their own, so that builds do not wait for each other.
                let output = site.parent().join(process.to_string());
                for _ in 0..25 {
                    site.build_clean(&["-o", output.to_str().unwrap()]);
                }
            });
        }
    });
    let records = records(&site);
    let names: BTreeSet<_> = records.iter().map(|record| record.build_id.clone()).collect();
    assert_eq!((records.len(), names.len()), (100, 100));
    assert_eq!(
        tree(&site.path(FOLDER)).into_keys().collect::<Vec<_>>(),
        ["history.jsonl", "latest.json"]
    );
}

#[test]
fn the_newest_are_kept_where_not_all_are() {
    let site = site();
    let keep = |number: usize| {
        let option = format!("metrics.keep={number}");
        finished(&site.build_clean(&["--plugin-option", &option]))["build_id"].clone()
    };
    let mut names: Vec<_> = (0..4).map(|_| keep(3)).collect();
    let kept = || -> Vec<_> { lines(&site).iter().map(|line| line["build_id"].clone()).collect() };
    assert_eq!(kept(), names[1..]);
    names.push(keep(1));
    assert_eq!(kept(), names[4..]);
    // Of a configuration, and the line of a build that was cut off counts as one.
    site.write("bengal.yaml", "metrics: {keep: 2}\n");
    let mut text = fs::read(site.path(HISTORY)).unwrap();
    text.extend(b"{\"schema\": 1, \"build");
    site.write(HISTORY, text);
    site.build_clean(&[]);
    let text = fs::read_to_string(site.path(HISTORY)).unwrap();
    assert!(text.lines().count() == 2 && text.starts_with("{\"schema\": 1, \"build\n"), "{text}");
}

#[test]
fn the_configuration_says_where_and_whether() {
    let site = site();
    site.write("bengal.yaml", "metrics: {path: build/figures}\n");
    site.build_clean(&[]);
    assert!(site.path("build/figures/history.jsonl").exists() && !site.path(FOLDER).exists());
    for text in [
        "metrics: false\n",
        "metrics: {enabled: no}\n",
        "plugins: [{name: metrics, enabled: false}]\n",
    ] {
        let site = self::site();
        site.write("bengal.yaml", text);
        let finished = finished(&site.build_clean(&[]));
        assert!(!site.path(FOLDER).exists(), "{text}");
        assert_eq!(finished["total_pages"], 8, "a program hears of it all the same");
    }
    for (option, part) in
        [("keep=0", "less than 1"), ("keep=all", "whole number"), ("kep=1", "`keep`")]
    {
        let run = site.build(&["--plugin-option", &format!("metrics.{option}")]);
        crate::plugins::expect(&run, 2, &["bengal's plugin `metrics`", part]);
    }
    for path in ["../out", "/tmp/out", "a/../../out", "content", "static/a"] {
        site.write("bengal.yaml", format!("metrics: {{path: {path}}}\n"));
        site.build(&[]).expect(&["error[config-value] bengal.yaml:1:11", path]);
    }
}

/// Builds with the metrics' folder as `make` makes it; gives what the warning says.
#[track_caller]
fn warned(site: &Site, arguments: &[&str]) -> String {
    let run = site.build(&[&["--strict"], arguments].concat());
    assert_eq!(run.code, Some(0), "{:?}\n{}", run.diagnostics(), run.stderr);
    assert!(site.path("public/a/index.html").exists());
    let finished = finished(&run);
    assert_eq!(
        (&finished["success"], &finished["diagnostics"]["warnings"]),
        (&json!(true), &json!(1))
    );
    let [warning] = &run.diagnostics()[..] else { panic!("{:?}", run.diagnostics()) };
    let warning =
        warning.strip_prefix("warning[plugin] - metrics: ").unwrap_or_else(|| panic!("{warning}"));
    warning.to_owned()
}

#[test]
fn what_cannot_be_kept_is_a_warning_even_where_they_are_errors() {
    let broken = |make: &dyn Fn(&Site)| {
        let site = site();
        make(&site);
        let before = tree(site.parent());
        let warning = warned(&site, &[]);
        let mut after = tree(site.parent());
        after.retain(|path, _| {
            !path.starts_with("site/public/") && !path.starts_with("site/.bengal/")
        });
        assert_eq!(before, after, "{warning}");
        warning
    };
    assert_eq!(broken(&|site| site.write(FOLDER, "mine")), ".bengal-metrics: this is no folder");
    let history = broken(&|site| site.write(".bengal-metrics/history.jsonl/x", ""));
    assert_eq!(history, ".bengal-metrics/history.jsonl: this is no plain file");
    let site = site();
    site.write(".bengal-metrics/latest.json/x", "");
    assert!(warned(&site, &[]).starts_with(".bengal-metrics/latest.json: "), "the line is kept");
    assert_eq!(records(&site).len(), 1);
    let option = ["--plugin-option", "metrics.path=../out"];
    assert_eq!(warned(&self::site(), &option), "../out: this leads out of the site");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_site() {
    use std::os::unix::fs::symlink;

    let site = site();
    let outside = site.parent().join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, site.path(FOLDER)).unwrap();
    assert!(warned(&site, &[]).contains("symbolic link"));
    fs::remove_file(site.path(FOLDER)).unwrap();
    fs::create_dir(site.path(FOLDER)).unwrap();
    fs::write(outside.join("mine"), "mine").unwrap();
    symlink(outside.join("mine"), site.path(HISTORY)).unwrap();
    assert!(warned(&site, &[]).contains("no plain file"));
    fs::remove_file(site.path(HISTORY)).unwrap();
    // These are replaced, not written through.
    symlink(outside.join("mine"), site.path(LATEST)).unwrap();
    symlink(outside.join("mine"), site.path(".bengal-metrics/latest.json.new")).unwrap();
    site.build_clean(&[]);
    assert_eq!(fs::read(outside.join("mine")).unwrap(), b"mine");
    assert_eq!(
        tree(&site.path(FOLDER)).into_keys().collect::<Vec<_>>(),
        ["history.jsonl", "latest.json"]
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;

    let site = site();
    fs::create_dir(site.path(FOLDER)).unwrap();
    let permissions = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    permissions(&site.path(FOLDER), 0o555);
    let mut command = bengal();
    if fs::write(site.path(".bengal-metrics/probe"), "").is_ok() {
        fs::remove_file(site.path(".bengal-metrics/probe")).unwrap();
        // This user may write everywhere. Nobody may not.
        permissions(site.parent(), 0o777);
        permissions(&site.root(), 0o777);
        let binary = command.get_program().to_owned();
        command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary);
        if !command.output().is_ok_and(|output| output.status.code() == Some(2)) {
            eprintln!("skipped: nobody cannot run bengal");
            return;
        }
    }
    let run = run(command.args(["build", "--strict"]).arg(site.root()).args(JSON));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.expect(&["warning[plugin]", "metrics: .bengal-metrics/history.jsonl: ", "denied"]);
    permissions(&site.path(FOLDER), 0o755);
}

/// A disk that is full after `blocks` of 512 bytes in a file.
#[cfg(unix)]
fn on_a_full_disk(site: &Site, blocks: usize) -> Run {
    let mut command = crate::support::limited(&format!("trap '' XFSZ; ulimit -f {blocks}"));
    run(command.args(["build", "--strict", "-j", "1"]).arg(site.root()).args(JSON))
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_a_warning_and_harms_no_other_record() {
    let site = site();
    site.build_clean(&[]);
    let line = fs::read(site.path(HISTORY)).unwrap();
    // Nearly as long as a file may be.
    let many = (200 * 512 / line.len()) - 1;
    let full = line.repeat(many);
    let blocks = full.len().div_ceil(512) + 2;
    site.write(HISTORY, &full);
    let run = on_a_full_disk(&site, blocks);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.expect(&["warning[plugin]", "metrics: .bengal-metrics/history.jsonl: "]);
    // A part of the line was written; the next does not stand behind it.
    assert_eq!(fs::metadata(site.path(HISTORY)).unwrap().len(), blocks as u64 * 512);
    site.build_clean(&[]);
    let mut history = History::open(&site.path(HISTORY)).unwrap();
    assert_eq!(history.by_ref().count(), many + 1);
    assert_eq!(history.notes().damaged, 1);
    // Where nothing at all can be written, nothing is left half done.
    let run = on_a_full_disk(&site, blocks);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.expect(&["warning[plugin]", "metrics: .bengal-metrics/history.jsonl: "]);
    assert_eq!(
        tree(&site.path(FOLDER)).into_keys().collect::<Vec<_>>(),
        ["history.jsonl", "latest.json"]
    );
    // A build that is cancelled by the disk is not kept.
    site.write("static/large.bin", vec![7; 1 << 20]);
    assert_eq!(on_a_full_disk(&site, blocks + 100).code, Some(3));
    assert_eq!(History::open(&site.path(HISTORY)).unwrap().count(), many + 1);
}

#[test]
fn a_lock_that_is_not_let_go_is_a_warning() {
    let site = site();
    site.build_clean(&[]);
    let held = fs::File::open(site.path(HISTORY)).unwrap();
    held.lock().unwrap();
    assert_eq!(warned(&site, &[]), ".bengal-metrics/history.jsonl: another process has it locked");
    held.unlock().unwrap();
    site.build_clean(&[]);
    assert_eq!(records(&site).len(), 2);
}

#[test]
fn the_repository_is_told_by_its_files() {
    let site = site();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(site.parent()).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "A")
                .env(format!("GIT_{who}_EMAIL"), "a@example.org");
        }
        let output = git.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let build = |variables: &[(&str, &str)]| {
        let mut command = bengal();
        command.arg("build").arg(site.root()).envs(variables.iter().copied());
        assert_eq!(run(&mut command).code, Some(0));
        records(&site).pop().unwrap()
    };
    let outside = build(&[]);
    assert_eq!(outside.git, None);
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "first"]);
    let record = build(&[]);
    let state = record.git.unwrap();
    assert_eq!(state.commit, Some(git(&["rev-parse", "HEAD"])));
    assert_eq!(state.branch.as_deref(), Some("main"));
    // The history itself is in the commit, and does not count.
    assert_ne!(state.dirty, Some(true));
    site.write("content/a.md", "A longer text than there was.\n");
    assert_ne!(build(&[]).git.unwrap().dirty, Some(false));
    git(&["checkout", "--quiet", "--detach"]);
    let variables = [("GITHUB_HEAD_REF", "mine"), ("GITHUB_REF_NAME", "7/merge")];
    assert_eq!(build(&variables).git.unwrap().branch.as_deref(), Some("mine"));
    // A checkout elsewhere is the same site.
    let copy = tempfile::tempdir().unwrap();
    crate::support::copy_tree(site.parent(), copy.path());
    let elsewhere = copy.path().join("site");
    assert_eq!(run(bengal().arg("build").arg(&elsewhere)).code, Some(0));
    let history = History::open(&elsewhere.join(HISTORY)).unwrap();
    assert_eq!(history.last().unwrap().unwrap().site_id, record.site_id);
    assert_ne!(outside.site_id, record.site_id);
}

#[test]
fn the_library_takes_the_place_of_what_is_linked_in() {
    // With bengal, as what they share is built for both alike then.
    cargo_build(&["--package", "bengal", "--package", "bengal-metrics", "--example", "metrics"]);
    let library: PathBuf = target().join("examples").join(library_name("metrics"));
    let site = site();
    site.write("bengal.yaml", "metrics: {path: figures, keep: 1}\n");
    for _ in 0..2 {
        let run = site.build_clean(&["--plugin", library.to_str().unwrap()]);
        let hash = finished(&run)["plugins"][2]["hash"].clone();
        assert_ne!(hash, "0000000000000000");
    }
    let text = fs::read_to_string(site.path("figures/history.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert_eq!(schema::faults(&the_schema(), &serde_json::from_str(&text).unwrap()), [""; 0]);
    assert!(!site.path(FOLDER).exists());
}
