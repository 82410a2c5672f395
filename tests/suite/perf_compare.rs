//! `bengal perf save`, `compare`, `run` and `check`, budgets of builds, and the workflow that uses them.
//!
//! **Invariant:** no test depends on how long a build takes.

use std::fs;

use bengal_metrics::Record;
use bengal_metrics::record::{Git, Memory, Mode, SCHEMA, Stage};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, Site, bengal, run, tree};

mod workflow;

/// A history in a folder of its own.
struct History(TempDir);

/// A build of `peak` bytes that took `time` milliseconds.
fn build(index: u32, peak: i64, time: f64) -> Record {
    let memory = |bytes: i64| Memory {
        allocated_bytes: Some(bytes.unsigned_abs() * 10),
        peak_bytes: Some(bytes),
        at_process_peak_bytes: Some(bytes),
        ..Memory::default()
    };
    let stage = |name: &str, bytes: i64| Stage {
        name: name.to_owned(),
        memory: memory(bytes),
        ..Stage::default()
    };
    Record {
        schema: SCHEMA,
        build_id: Some(format!("20261122-1304{index:02}-00000000000{index}")),
        site_id: Some("a site".to_owned()),
        timestamp: format!("2026-11-22T13:04:{index:02}Z"),
        machine: Some("2 × Z80, 1 GiB".to_owned()),
        jobs: Some(1),
        total_pages: 100,
        pages_rendered: Some(100),
        build_time_ms: time,
        cpu_time_ms: Some(time * 1.5),
        allocated_bytes: Some(peak.unsigned_abs() * 10),
        allocations: Some(5000),
        heap_bytes: Some(1000),
        peak_bytes: Some(peak),
        rss_peak_bytes: Some(peak.unsigned_abs() * 2),
        stages: vec![stage("parse", peak - 1_000_000), stage("render", 1_000_000)],
        ..Record::default()
    }
}

impl History {
    fn new(builds: &[Record]) -> Self {
        let history = Self(tempfile::tempdir().unwrap());
        history.write("history.jsonl", builds);
        history
    }

    fn write(&self, file: &str, builds: &[Record]) {
        let lines: String =
            builds.iter().map(|build| serde_json::to_string(build).unwrap() + "\n").collect();
        let file = self.0.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, lines).unwrap();
    }

    /// `bengal perf` of it.
    fn perf(&self, arguments: &[&str]) -> Run {
        let mut command = bengal();
        command.arg("perf").args(arguments).arg("--history").arg(self.0.path());
        run(command.env("COLUMNS", "200"))
    }

    /// The same, expected to end with `code`.
    fn expect(&self, code: i32, arguments: &[&str]) -> Run {
        let run = self.perf(arguments);
        assert_eq!(run.code, Some(code), "{arguments:?}\n{}{}", run.stdout, run.stderr);
        run
    }

    /// Asserts that it is refused, with `message`.
    fn refuse(&self, arguments: &[&str], message: &str) {
        let run = self.expect(2, arguments);
        assert!(run.stderr.contains(message), "{message:?} is not in\n{}", run.stderr);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
}

const MB: i64 = 1_000_000;

/// Ten builds: five of 20 MB in about 100 ms, then five of 30 MB in about 150 ms.
fn ten() -> Vec<Record> {
    let of = |index: u32| {
        let (peak, time) = if index < 5 { (20 * MB, 100.0) } else { (30 * MB, 150.0) };
        let commit = if index < 5 { "a".repeat(40) } else { "b".repeat(40) };
        let git = Git { commit: Some(commit), branch: None, dirty: Some(false) };
        Record { git: Some(git), ..build(index, peak, time + f64::from(index)) }
    };
    (0..10).map(of).collect()
}

#[test]
fn a_limit_that_is_broken_ends_with_4() {
    let history = History::new(&ten());
    let names = ["aaaa", "bbbb"];
    history.expect(0, &["compare", "aaaa", "bbbb"]);
    for limits in
        ["peak:49%", "time:40%", "peak", "peak_per_page:5%", "parse.peak:5%", "time:900%,cpu:5%"]
    {
        history.expect(4, &["compare", names[0], names[1], "--fail-on", limits]);
        let run = history.expect(0, &["compare", names[1], names[0], "--fail-on", limits]);
        assert!(run.stdout.starts_with("No limit is broken. Better: "), "{}", run.stdout);
    }
    for limits in ["peak:50%", "time:60%", "render.peak:0%", "allocations:0%"] {
        history.expect(0, &["compare", names[0], names[1], "--fail-on", limits]);
    }
}

#[test]
fn the_worst_comes_first_for_people() {
    let history = History::new(&ten());
    let run = history.expect(4, &["compare", "aaaa", "bbbb", "--fail-on", "time:10%,peak:5%"]);
    let expected = "\
2 limits are broken: time +53.9% (limit 10%), peak +50.0% (limit 5%). Worse: cpu +53.9%, allocated +50.0%, rss +50.0%.
old: commit aaaaaaaaa, 5 builds of aaaaaaaaa
new: commit bbbbbbbbb, 5 builds of bbbbbbbbb

figure             old        new  change    noise  verdict
time            102 ms     157 ms  +53.9%    ±4.0%  slower, over the limit of 10%
peak          19.1 MiB   28.6 MiB  +50.0%    ±0.9%  more, over the limit of 5%; mostly parse: +9.54 MiB
cpu             153 ms     236 ms  +53.9%    ±4.0%  slower
allocated    190.7 MiB  286.1 MiB  +50.0%    ±0.1%  more; mostly parse: +95.4 MiB
rss           38.1 MiB   57.2 MiB  +50.0%    ±1.8%  more
allocations      5,000      5,000    0.0%    ±0.2%  no significant difference
heap            1000 B     1000 B    0.0%  ±183.2%  no significant difference

note: all builds of one side were made before those of the other, so a slower spell of the machine would look like this too: `bengal perf run --builds 10 OLD_DIR NEW_DIR` makes them in turn
slower and more is +; a change within the noise is no significant difference
";
    assert_eq!(run.stdout, expected);
    assert_eq!(run.stderr, "");
}

#[test]
fn a_pull_request_is_told_the_verdict_first_then_one_table() {
    let history = History::new(&ten());
    let arguments = ["compare", "aaaa", "bbbb", "--fail-on", "peak:5%", "--format", "markdown"];
    let expected = "\
**A limit is broken: peak +50.0% (limit 5%). Worse: time +53.9%, cpu +53.9%, allocated +50.0%, rss +50.0%.**

| figure | old | new | change | noise | verdict |
| --- | ---: | ---: | ---: | ---: | --- |
| peak | 19.1 MiB | 28.6 MiB | +50.0% | ±0.9% | more, over the limit of 5%; mostly parse: +9.54 MiB |
| time | 102 ms | 157 ms | +53.9% | ±4.0% | slower |
| cpu | 153 ms | 236 ms | +53.9% | ±4.0% | slower |
";
    let markdown = history.expect(4, &arguments).stdout;
    assert!(markdown.starts_with(expected), "{markdown}");
    assert!(
        markdown.contains("\n\n- old: commit aaaaaaaaa, 5 builds of aaaaaaaaa\n"),
        "{markdown}"
    );
    assert!(markdown.ends_with(
        "- slower and more is +; a change within the noise is no significant difference\n"
    ));
}

#[test]
fn programs_are_given_the_same() {
    let history = History::new(&ten());
    let arguments = ["compare", "aaaa", "bbbb", "--fail-on", "peak:5%", "--format"];
    let json = history.expect(4, &[&arguments[..], &["json"]].concat()).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["exit_code"], 4);
    assert_eq!(json["old"]["commits"], serde_json::json!(["aaaaaaaaa"]));
    assert_eq!(json["new"]["builds"].as_array().unwrap().len(), 5);
    let peak = &json["figures"][0];
    assert_eq!(peak["figure"], "peak");
    assert_eq!((&peak["old"], &peak["new"]), (&Value::from(20e6), &Value::from(30e6)));
    assert_eq!(
        (&peak["change_percent"], &peak["broken"]),
        (&Value::from(50.0), &Value::from(true))
    );
    assert_eq!((&peak["outcome"], &peak["limit_percent"]), (&"worse".into(), &Value::from(5.0)));
    let csv = history.expect(4, &[&arguments[..], &["csv"]].concat()).stdout;
    let mut lines = csv.lines();
    let heads = "figure,unit,old,new,old_builds,new_builds,change_percent,noise_percent,low_percent,\
                 high_percent,limit_percent,outcome,broken,verdict";
    assert_eq!(lines.next(), Some(heads));
    assert!(
        lines.next().unwrap().starts_with("peak,bytes,20000000.0,30000000.0,5,5,50.0,"),
        "{csv}"
    );
    assert_eq!(lines.count(), 6);
}

#[test]
fn few_builds_do_not_judge_times_and_that_can_be_a_failure() {
    let history = History::new(&[build(0, 20 * MB, 100.0), build(1, 20 * MB, 900.0)]);
    let run = history.expect(0, &["compare", "-1", "--fail-on", "time:10%"]);
    let reason = "Not judged: time (times need 5 builds a side, here are 1 and 1)";
    assert!(run.stdout.contains(reason), "{}", run.stdout);
    assert!(!run.stdout.contains("time +"), "{}", run.stdout);
    let run =
        history.expect(4, &["compare", "previous", "latest", "--fail-on", "time:10%", "--require"]);
    assert!(run.stdout.contains("Not judged, which is required: time ("), "{}", run.stdout);
    history.expect(0, &["compare", "previous", "--fail-on", "peak:1%", "--require"]);
    history.expect(4, &["compare", "previous", "--require"]);
}

#[test]
fn builds_that_overlap_do_not_differ() {
    let times = [100.0, 150.0, 103.0, 151.0, 102.0, 152.0, 104.0, 101.0, 105.0, 150.0];
    let builds: Vec<Record> =
        (0..10).zip(times).map(|(index, time)| build(index, 20 * MB, time)).collect();
    let history = History::new(&builds);
    history.write("saved/old.jsonl", &builds[..5]);
    history.write("saved/new.jsonl", &builds[5..]);
    let run = history.expect(0, &["compare", "old", "new", "--fail-on", "time:1%,cpu:1%"]);
    assert!(
        run.stdout.starts_with("No limit is broken. No significant difference.\n"),
        "{}",
        run.stdout
    );
    let run = history.expect(0, &["compare", "new", "new"]);
    assert!(run.stdout.starts_with("No significant difference.\n"), "{}", run.stdout);
}

#[test]
fn only_like_is_compared_unless_it_is_forced() {
    let full = build(0, 20 * MB, 100.0);
    for (other, message) in [
        (
            Record { site_id: Some("another".into()), ..full.clone() },
            "differ in site: a site and another",
        ),
        (
            Record { mode: Mode::Incremental, ..full.clone() },
            "differ in mode: full and incremental",
        ),
    ] {
        let history = History::new(std::slice::from_ref(&full));
        history.write("saved/old.jsonl", std::slice::from_ref(&full));
        history.write("saved/new.jsonl", &[other]);
        history.refuse(&["compare", "old", "new"], message);
        let run = history.expect(0, &["compare", "old", "new", "--force"]);
        assert!(run.stdout.contains(&format!("note: they {message}")), "{}", run.stdout);
    }
}

#[test]
fn times_are_not_judged_across_machines_nor_sizes_across_workers() {
    let builds = ten();
    let elsewhere = |build: &Record| Record { machine: Some("1 × 6502".into()), ..build.clone() };
    let wider = |build: &Record| Record { jobs: Some(8), ..build.clone() };
    let history = History::new(&builds);
    history.write("saved/old.jsonl", &builds[..5]);
    history.write("saved/elsewhere.jsonl", &builds[5..].iter().map(elsewhere).collect::<Vec<_>>());
    history.write("saved/wider.jsonl", &builds[5..].iter().map(wider).collect::<Vec<_>>());
    let run = history.expect(4, &["compare", "old", "elsewhere", "--fail-on", "time:10%,peak:5%"]);
    assert!(run.stdout.starts_with("A limit is broken: peak +50.0%"), "{}", run.stdout);
    assert!(run.stdout.contains("Not judged: time (they differ in machine: "), "{}", run.stdout);
    let run = history
        .expect(0, &["compare", "old", "wider", "--fail-on", "time:10%,peak:5%,allocated:1%"]);
    let reason = "Not judged: time, peak, allocated (they differ in jobs: 1 and 8)";
    assert!(run.stdout.contains(reason), "{}", run.stdout);
    history.expect(4, &["compare", "old", "wider", "--fail-on", "peak:5%", "--force"]);
}

#[test]
fn of_builds_of_several_kinds_those_of_one_are_compared() {
    let mut builds = ten();
    builds[9].mode = Mode::Incremental;
    builds[9].peak_bytes = Some(1);
    let run = History::new(&builds).expect(4, &["compare", "aaaa", "bbbb", "--fail-on", "peak:5%"]);
    assert!(run.stdout.contains("note: 1 build of commit bbbbbbbbb left out"), "{}", run.stdout);
    assert!(run.stdout.contains("new: commit bbbbbbbbb, 4 builds"), "{}", run.stdout);
}

#[test]
fn of_very_many_builds_the_newest_are_compared() {
    let mut builds = ten();
    let (old, new) = (builds[0].clone(), builds[9].clone());
    builds.splice(..5, vec![old; 501]);
    builds.splice(501.., vec![new; 1000]);
    let history = History::new(&builds);
    let run = history.expect(0, &["compare", "aaaa", "bbbb"]);
    for note in ["1 build of", "500 builds of"] {
        assert!(run.stdout.contains(&format!("note: {note}")), "{note}: {}", run.stdout);
    }
    assert_eq!(run.stdout.matches("older than the newest 500").count(), 2, "{}", run.stdout);
}

#[test]
fn of_builds_of_several_kinds_those_like_the_newest_are_exported() {
    let mut builds = ten();
    builds[2].mode = Mode::Incremental;
    let run = History::new(&builds).expect(0, &["export", "aaaa", "--bencher", "-"]);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["bengal/full"]["latency"]["value"], 102e6, "of 100, 101, 103 and 104 ms");
    assert!(run.stderr.contains("1 build of commit aaaaaaaaa left out"), "{}", run.stderr);
    builds[4].mode = Mode::Incremental;
    let run = History::new(&builds).expect(0, &["export", "aaaa", "--bencher", "-"]);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["bengal/incremental"]["latency"]["value"], 103e6, "of 102 and 104 ms");
}

#[test]
fn a_damaged_history_is_told_once() {
    let history = History::new(&ten());
    let file = history.0.path().join("history.jsonl");
    fs::write(&file, fs::read_to_string(&file).unwrap() + "damaged\n").unwrap();
    let run = history.expect(0, &["compare", "aaaa", "latest"]);
    assert_eq!(run.stderr.matches("1 damaged line left out").count(), 1, "{}", run.stderr);
}

#[test]
fn what_cannot_be_written_is_told_without_a_temporary_name() {
    let history = History::new(&ten());
    let folder = history.0.path().join("missing");
    let file = folder.join("file");
    let file = file.to_str().unwrap();
    for arguments in [["trace", "-o", file], ["export", "--bencher", file]] {
        let run = history.expect(2, &arguments);
        assert!(run.stderr.ends_with("file: its folder is not there\n"), "{}", run.stderr);
    }
    fs::write(history.0.path().join("saved"), "").unwrap();
    history.refuse(&["save", "x"], "x.jsonl cannot be written: this is no folder");
}

#[test]
fn what_is_no_limit_is_refused_before_anything_is_read() {
    let history = History(tempfile::tempdir().unwrap());
    for (limits, message) in [
        ("pekk:1%", "no figure is called `pekk`"),
        ("peak:much", "`much` is no percentage"),
        ("peak:1%,peak:2%", "`peak` has two limits"),
        ("", "names no figure"),
    ] {
        history.refuse(&["compare", "a", "b", "--fail-on", limits], message);
    }
    let history = History::new(&ten());
    let limits = ["compare", "aaaa", "bbbb", "--fail-on", "redner.peak"];
    history.refuse(&limits, "no build has a stage of that name: there are parse, render");
    history.refuse(&["compare", "nonsense"], "nonsense");
}

#[test]
fn saved_builds_are_kept_under_plain_names_only() {
    let history = History::new(&ten());
    let before = tree(history.0.path());
    for name in [
        "", ".", "..", "../x", "a/b", "/tmp/x", "a\\b", "-x", "a b", "latest", "previous", "HEAD",
        "x\n",
    ] {
        let run = history.perf(&["save", "--", name]);
        assert_eq!(run.code, Some(2), "{name}: {}", run.stdout);
    }
    assert_eq!(tree(history.0.path()), before);
    history.expect(0, &["save", "before", "aaaa"]);
    let run = history.expect(0, &["save", "after", "--last", "3"]);
    assert!(run.stdout.starts_with("saved 3 builds as after in "), "{}", run.stdout);
    history.refuse(
        &["save", "all", "--last", "11"],
        "the history has 10 builds like the latest, not 11",
    );
    let run = history.expect(4, &["compare", "before", "after", "--fail-on", "peak"]);
    assert!(run.stdout.contains("old: saved as before, 5 builds"), "{}", run.stdout);
    // Saved builds need no history.
    fs::remove_file(history.0.path().join("history.jsonl")).unwrap();
    history.expect(4, &["compare", "before", "after", "--fail-on", "peak"]);
    history.refuse(&["compare", "before"], "there is no history of builds");
}

#[cfg(unix)]
#[test]
fn builds_are_not_saved_through_links_of_the_site() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (site, elsewhere) = (tempfile::tempdir().unwrap(), History::new(&ten()));
    let save = || run(bengal().args(["perf", "save", "mine", "--site"]).arg(site.path()));
    let before = tree(elsewhere.0.path());
    let metrics = site.path().join(".bengal-metrics");
    symlink(elsewhere.0.path(), &metrics).unwrap();
    let refused = save();
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("symbolic link"), "{}", refused.stderr);
    assert_eq!(tree(elsewhere.0.path()), before);
    fs::remove_file(&metrics).unwrap();
    fs::create_dir(&metrics).unwrap();
    fs::copy(elsewhere.0.path().join("history.jsonl"), metrics.join("history.jsonl")).unwrap();
    symlink(elsewhere.0.path(), metrics.join("saved")).unwrap();
    assert_eq!(save().code, Some(2));
    assert_eq!(tree(elsewhere.0.path()), before);
    fs::remove_file(metrics.join("saved")).unwrap();
    assert_eq!(save().code, Some(0));
    let mode = |file: &str| fs::metadata(metrics.join(file)).unwrap().permissions().mode() & 0o044;
    assert_eq!(mode("saved/mine.jsonl"), mode("history.jsonl"), "as any other new file");
}

#[test]
fn a_build_is_held_to_budgets() {
    let history = History::new(&[build(0, 20 * MB, 100.0)]);
    history.expect(
        0,
        &["check", "--max", "peak:20MB", "--max", "parse.peak:19MB", "--max", "time:0.1s"],
    );
    let over = history.expect(4, &["check", "--max", "peak:20MB", "--max", "parse.peak:18MB"]);
    let expected = "\
figure         value    budget  used  verdict
parse.peak  18.1 MiB  17.2 MiB  106%  over
peak        19.1 MiB  19.1 MiB  100%  within
`parse.peak` is 18.1 MiB, over its budget of 17.2 MiB (18MB)
";
    assert_eq!(over.stdout, expected);
    history.expect(0, &["check", "--max", "parse.cpu:1s"]);
    history.expect(4, &["check", "--max", "parse.cpu:1s", "--require"]);
    history.refuse(&["check", "--max", "nowhere.peak:1MB"], "there is no such stage");
    history.refuse(&["check", "--max", "peak"], "`peak` has no value");
    history.refuse(&["check", "--max", "peak:2s"], "`2s` is no size");
    let site = Site::new(&[PAGE]);
    site.build_clean(&[]);
    let check = run(bengal().args(["perf", "check", "--site"]).arg(site.root()));
    assert!(
        check.code == Some(2) && check.stderr.contains("no `metrics.budgets`"),
        "{}",
        check.stderr
    );
}

const PAGE: (&str, &str) = ("content/a.md", "---\ntitle: A\n---\nText.\n");

#[test]
fn every_build_is_held_to_the_budgets_of_the_configuration() {
    let site = Site::new(&[
        PAGE,
        ("bengal.yaml", "metrics:\n  budgets:\n    peak: 1GB\n    parse.allocated: 1kB\n"),
    ]);
    let build = site.build(&[]);
    assert_eq!(build.code, Some(4), "{}", build.stdout);
    build.expect(&[
        "error[over-budget]",
        "bengal.yaml:4:5",
        "`parse.allocated` is",
        "over its budget of 1000 B (1kB)",
    ]);
    let finished = build.messages().pop().unwrap();
    assert_eq!((&finished["success"], &finished["exit_code"]), (&false.into(), &4.into()));
    assert!(site.read("a/index.html").contains("Text."), "the site is built");
    // The same by hand, with the figures of that build.
    let check = run(bengal().args(["perf", "check", "--site"]).arg(site.root()));
    assert_eq!(check.code, Some(4), "{}{}", check.stdout, check.stderr);
    // What is wrong with a page comes first.
    site.write("content/wrong.md", "---\na: b: c\n---\n");
    assert_eq!(site.build(&[]).code, Some(1));
}

#[test]
fn a_build_within_its_budgets_is_sound() {
    let site = Site::new(&[
        PAGE,
        ("bengal.yaml", "metrics: {budgets: {peak: 1GB, time: 10min, allocations: 10M}}\n"),
    ]);
    site.build_clean(&["--strict"]);
}

#[test]
fn budgets_that_cannot_be_read_are_refused_where_they_stand() {
    for (budgets, message) in [
        ("pekk: 1MB", "no figure is called `pekk`"),
        ("peak: 5", "`peak`: `5` is no size"),
        ("time: 1MB", "is no time"),
    ] {
        let site =
            Site::new(&[PAGE, ("bengal.yaml", &format!("metrics:\n  budgets:\n    {budgets}\n"))]);
        let build = site.build(&[]);
        assert_eq!(build.code, Some(2), "{}", build.stdout);
        build.expect(&["error[config-value]", "bengal.yaml:3:5", message]);
    }
}

#[test]
fn a_budget_of_a_stage_that_there_is_not_is_a_warning() {
    let site = Site::new(&[PAGE, ("bengal.yaml", "metrics: {budgets: {redner.peak: 1GB}}\n")]);
    let build = site.build(&[]);
    assert_eq!(build.code, Some(0), "{}", build.stdout);
    build.expect(&["warning[config-value]", "bengal.yaml:1:", "there is no such stage"]);
    assert_eq!(site.build(&["--strict"]).code, Some(1));
}

#[test]
fn a_site_is_built_from_nothing_as_often_as_is_asked_for() {
    let site = Site::new(&[PAGE]);
    site.build_clean(&[]);
    let before = (site.output(), tree(&site.path(".bengal")));
    let measured = run(bengal()
        .args(["perf", "run", "--builds", "3", "--save", "three", "--format", "json"])
        .arg(site.root()));
    assert_eq!(measured.code, Some(0), "{}{}", measured.stdout, measured.stderr);
    assert_eq!((site.output(), tree(&site.path(".bengal"))), before, "the site keeps its own");
    let printed: Value = serde_json::from_str(
        &measured.stdout.lines().filter(|line| !line.starts_with("saved")).collect::<String>(),
    )
    .unwrap();
    let figures: Vec<_> =
        printed.as_array().unwrap().iter().map(|row| row["figure"].as_str().unwrap()).collect();
    assert_eq!(figures, ["time", "cpu", "peak", "allocated", "allocations", "heap", "rss"]);
    assert!(
        printed
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["builds"] == 3 && row["most"].as_f64() >= row["least"].as_f64())
    );
    let saved = fs::read_to_string(site.path(".bengal-metrics/saved/three.jsonl")).unwrap();
    let saved: Vec<Record> =
        saved.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(saved.len(), 3);
    assert!(
        saved.iter().all(|build| build.outputs.unwrap().unchanged == 0 && build.mode == Mode::Full)
    );
    assert!(saved.iter().all(|build| build.machine.is_some() && build.site_id.is_some()));
    let again =
        run(bengal().args(["perf", "compare", "three", "three", "--site"]).arg(site.root()));
    assert_eq!(again.code, Some(0), "{}{}", again.stdout, again.stderr);
}

#[test]
fn two_sites_are_built_in_turn_and_compared() {
    let old = Site::new(&[PAGE]);
    let new = Site::new(&[PAGE]);
    let long = "Some text with a [link](b.md) and *more*.\n\n".repeat(20_000);
    new.write("content/b.md", long);
    let compare = |sites: [&Site; 2], arguments: &[&str]| {
        let mut command = bengal();
        command.args([
            "perf",
            "run",
            "--builds",
            "1",
            "--jobs",
            "1",
            "--fail-on",
            "allocated:1%,parse.peak:5%",
        ]);
        run(command.args(sites.map(Site::root)).args(arguments))
    };
    let grown = compare([&old, &new], &[]);
    assert_eq!(grown.code, Some(4), "{}{}", grown.stdout, grown.stderr);
    assert!(grown.stdout.starts_with("2 limits are broken: "), "{}", grown.stdout);
    assert!(grown.stdout.contains("; mostly parse: +"), "{}", grown.stdout);
    assert!(grown.stdout.contains("note: they differ in pages: "), "{}", grown.stdout);
    let same = compare([&old, &old], &["--", "--drafts"]);
    assert_eq!(same.code, Some(0), "{}{}", same.stdout, same.stderr);
    assert!(
        same.stdout.starts_with("No limit is broken. No significant difference.\n"),
        "{}",
        same.stdout
    );
    assert_eq!(compare([&new, &old], &[]).code, Some(0));
}

#[test]
fn what_cannot_be_built_is_not_measured() {
    let site = Site::new(&[PAGE, ("bengal.yaml", "nonsense: [\n")]);
    let measured = run(bengal().args(["perf", "run"]).arg(site.root()));
    assert_eq!(measured.code, Some(2), "{}", measured.stdout);
    assert!(measured.stderr.contains("bengal.yaml:1"), "{}", measured.stderr);
    let site = Site::new(&[PAGE]);
    for (arguments, message) in [
        (&["--", "--nonsense"][..], "the build failed: error: unexpected argument '--nonsense'"),
        (&["--require"], "are for two sites"),
        (&["--save", "../x"], "`../x` is no name"),
        (&["--builds", "0"], "0"),
    ] {
        let measured = run(bengal().args(["perf", "run"]).arg(site.root()).args(arguments));
        assert_eq!(measured.code, Some(2), "{arguments:?}: {}", measured.stdout);
        assert!(measured.stderr.contains(message), "{}", measured.stderr);
    }
    assert!(!site.path("public").exists() && !site.path(".bengal").exists());
}
