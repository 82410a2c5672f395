//! `bengal perf` over histories that the tests write, and one that builds wrote.
//!
//! What is printed stands in `tests/suite/perf/`; `BENGAL_BLESS=1` writes it anew.
//!
//! **Invariant:** nothing here is a measurement of this machine but what is not compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use bengal_metrics::record::{Diagnostics, Git, Memory, Mode, Outputs, Record, SCHEMA, Stage};
use serde_json::Value;

use crate::support::{Run, Site, bengal, run};

const MIB: i64 = 1 << 20;

/// The times of twenty builds in milliseconds: they tremble, one is slow alone, and the last six are
/// slower for good.
const TIMES: [f64; 20] = [
    400.0, 404.0, 398.0, 401.0, 407.0, 399.0, 402.0, 396.0, 640.0, 403.0, 400.0, 405.0, 399.0,
    401.0, 502.0, 498.0, 505.0, 500.0, 497.0, 503.0,
];

/// The `number`th build of a site of 2,000 pages.
fn record(number: usize, ms: f64) -> Record {
    let held = if number < 10 { 20 * MIB } else { 26 * MIB };
    let stages = vec![
        stage("discover", 1, [ms * 0.05, 0.0, ms * 0.6], 0),
        stage("parse", 2, [ms * 1.4, ms * 0.05, 0.0], MIB / 2),
        stage("taxonomy", 1, [ms * 0.1, ms * 0.7, ms * 0.15], held),
        stage("render", 2, [ms * 0.35, ms * 1.5, ms * 0.05], MIB),
        Stage {
            plugin: Some("sitemap".to_owned()),
            ..stage("sitemap", 1, [1.0, ms * 0.9, 0.0], 0)
        },
        stage("write", 2, [ms * 0.2, ms * 1.8, 0.0], MIB / 8),
    ];
    let outside = memory(MIB / 4);
    let sum = stages.iter().filter_map(|stage| stage.memory.at_process_peak_bytes).sum::<i64>();
    let peak = sum + outside.at_process_peak_bytes.unwrap();
    let commit = format!(
        "{:040x}",
        (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    );
    Record {
        schema: SCHEMA,
        build_id: Some(format!("20261101-08{number:02}00-{number:012x}")),
        site_id: Some("a-site".to_owned()),
        timestamp: format!("2026-11-{:02}T08:{:02}:00.000Z", number % 28 + 1, number % 60),
        bengal_version: Some("0.1.0".to_owned()),
        machine: Some("2 × Any, 8 GiB".to_owned()),
        cpu_count: Some(2),
        jobs: Some(2),
        git: Some(Git {
            commit: Some(commit),
            branch: Some("main".into()),
            dirty: Some(number == 19),
        }),
        total_pages: 2100,
        regular_pages: Some(2000),
        pages_rendered: Some(2100),
        build_time_ms: ms,
        cpu_time_ms: Some(rounded(ms * 1.9)),
        allocated_bytes: Some(1500 << 20),
        freed_bytes: Some(1490 << 20),
        allocations: Some(5_000_000),
        heap_bytes: Some(10 * MIB),
        peak_bytes: Some(peak),
        memory_rss_mb: Some(50.0),
        rss_peak_bytes: Some(60 << 20),
        stages,
        outside: Some(outside),
        outputs: Some(Outputs { written: 2100, unchanged: 3, removed: 0, bytes: 9_000_000 }),
        diagnostics: Some(Diagnostics { errors: 0, warnings: 2 }),
        ..Record::default()
    }
}

/// As many digits as JSON brings back as they were.
fn rounded(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

fn stage(name: &str, workers: u32, times: [f64; 3], held: i64) -> Stage {
    let [busy, waits_in, waits_out] = times.map(rounded);
    Stage {
        name: name.to_owned(),
        workers,
        items_in: 2000,
        items_out: 2000,
        wall_ms: rounded(busy / f64::from(workers)),
        busy_ms: busy,
        blocked_recv_ms: waits_in,
        blocked_send_ms: waits_out,
        cpu_ms: Some(rounded(busy * 0.95)),
        memory: memory(held),
        ..Stage::default()
    }
}

fn memory(held: i64) -> Memory {
    Memory {
        allocated_bytes: Some(200 << 20),
        freed_bytes: Some(199 << 20),
        allocations: Some(700_000),
        sent_bytes: Some(0),
        received_bytes: Some(0),
        heap_bytes: Some(held / 3),
        peak_bytes: Some(held + MIB),
        at_process_peak_bytes: Some(held),
    }
}

fn records() -> Vec<Record> {
    TIMES.iter().enumerate().map(|(number, ms)| record(number, *ms)).collect()
}

fn lines(records: &[Record]) -> String {
    records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect()
}

/// A site with this history.
fn site(history: &str) -> Site {
    let site = Site::bare(&[("content/a.md", "# A\n")]);
    site.write(".bengal-metrics/history.jsonl", history);
    site
}

/// `bengal perf` in the site's folder, for no terminal, 100 characters wide.
fn perf(site: &Site, arguments: &[&str]) -> Run {
    run(command(site, arguments).env("LC_ALL", "C.UTF-8"))
}

fn command(site: &Site, arguments: &[&str]) -> Command {
    let mut command = bengal();
    command.current_dir(site.root()).arg("perf").args(arguments).env("COLUMNS", "100");
    command
}

/// What `bengal perf` prints, which must work.
fn printed(site: &Site, arguments: &[&str]) -> String {
    let run = perf(site, arguments);
    assert_eq!(run.code, Some(0), "{arguments:?}\n{}", run.stderr);
    run.stdout
}

/// Fails unless `found` is what stands in the file `name`.
fn golden(name: &str, found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/suite/perf").join(name);
    if std::env::var_os("BENGAL_BLESS").is_some() {
        fs::write(&file, found).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(expected == found, "{name}: expected\n{expected}\nfound\n{found}");
}

/// Fails unless `bengal perf` refuses `arguments` with 2, and says each of `said`.
fn refused(site: &Site, arguments: &[&str], said: &[&str]) {
    let run = perf(site, arguments);
    assert_eq!(run.code, Some(2), "{arguments:?}\n{}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout, "", "{arguments:?}");
    for part in said {
        assert!(run.stderr.contains(part), "{part:?} is not in\n{}", run.stderr);
    }
}

#[test]
fn the_table_of_builds_in_every_form() {
    let site = site(&lines(&records()));
    let run = perf(&site, &["--last", "14"]);
    golden("builds.txt", &format!("{}{}", run.stdout, run.stderr));
    golden("builds.md", &printed(&site, &["--last", "3", "--format", "markdown"]));
    golden("builds.csv", &printed(&site, &["--last", "3", "--format", "csv"]));
    let json: Value =
        serde_json::from_str(&printed(&site, &["--last", "7", "--format", "json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 7);
    // The first of the slower ones is the change, those behind it are noise.
    let claimed: Vec<_> =
        json.as_array().unwrap().iter().map(|build| &build["time_verdict"]).collect();
    assert_eq!(claimed, ["noise", "changed", "noise", "noise", "noise", "noise", "noise"]);
    let change = json[1]["time_change"].as_f64().unwrap();
    assert!((change - 101.0 / 401.0).abs() < 1e-9, "{change}");
    assert_eq!(
        printed(&site, &[]).lines().count(),
        21,
        "twenty builds, where nothing else is said"
    );
}

#[test]
fn the_stages_of_a_build_in_every_form() {
    let site = site(&lines(&records()));
    golden("stages.txt", &printed(&site, &["--stages"]));
    golden("stages.md", &printed(&site, &["--stages", "-11", "--format", "markdown"]));
    golden("stages.csv", &printed(&site, &["--stages", "previous", "--format", "csv"]));
    let json: Value =
        serde_json::from_str(&printed(&site, &["--stages", "--format", "json"])).unwrap();
    assert_eq!(json["build"], serde_json::to_value(record(19, 503.0)).unwrap());
    let held = |row: &Value| row["at_process_peak_bytes"].as_i64().unwrap();
    let rows = json["stages"].as_array().unwrap();
    let (all, parts) = rows.split_last().unwrap();
    assert_eq!(held(all), parts.iter().map(held).sum::<i64>());
    assert_eq!(json["sentences"].as_array().unwrap().len(), 2);
}

#[test]
fn charts_have_axes_and_say_what_they_leave_out() {
    let mut records = records();
    records[3].jobs = Some(1);
    records[4].machine = Some("another".to_owned());
    records[5].mode = Mode::Incremental;
    let site = site(&lines(&records));
    let run = perf(&site, &["--chart"]);
    golden("chart.txt", &format!("{}{}", run.stdout, run.stderr));
    let ascii = run_in("C", &site, &["--chart", "--last", "8"]);
    assert!(ascii.stdout.is_ascii(), "{}", ascii.stdout);
    golden("chart-ascii.txt", &ascii.stdout);
}

fn run_in(locale: &str, site: &Site, arguments: &[&str]) -> Run {
    run(command(site, arguments).env("LC_ALL", locale))
}

#[test]
fn colours_and_bars_are_for_terminals() {
    let site = site(&lines(&records()));
    for arguments in [&["--stages"][..], &["--chart"], &[]] {
        let text = printed(&site, arguments);
        assert!(!text.contains('\u{1b}') && !text.contains("workers' time"), "{text}");
    }
    let on_terminal = |colour: &str| {
        let line = format!(
            "stty cols 80; {colour} LC_ALL=C.UTF-8 '{}' perf --stages && {colour} '{0}' perf",
            env!("CARGO_BIN_EXE_bengal")
        );
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(site.root()).env("TERM", "xterm");
        script.env_remove("NO_COLOR").env_remove("COLUMNS");
        run(&mut script).stdout
    };
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `script`, which makes a terminal");
        return;
    }
    let coloured = on_terminal("");
    assert!(coloured.contains("\u{1b}[36m█") && coloured.contains("░"), "{coloured}");
    assert!(coloured.contains("the workers' time") && coloured.contains("held at the peak"));
    let plain = on_terminal("NO_COLOR=1");
    assert!(plain.contains('█') && !plain.contains("\u{1b}["), "{plain}");
    assert!(plain.contains("too narrow for: RSS"), "{plain}");
    let widest = plain.lines().map(|line| line.trim_end().chars().count());
    assert!(
        plain.lines().zip(widest).all(|(line, width)| width <= 80 || line.contains(": ")),
        "{plain}"
    );
}

#[test]
fn without_a_history_it_says_what_to_do() {
    let site = Site::bare(&[("content/a.md", "# A\n")]);
    let missing = &["history.jsonl: there is no history of builds", "build the site first"];
    for arguments in [&[][..], &["--stages"], &["--chart"], &["--html", "x.html"]] {
        refused(&site, arguments, missing);
    }
    refused(&site, &["trace", "-o", "x.json"], missing);
    refused(&site, &["export", "--prometheus", "x.prom"], missing);
    for name in ["x.html", "x.json", "x.prom"] {
        assert!(!site.path(name).exists(), "{name}");
    }
    site.write(".bengal-metrics/history.jsonl", "");
    refused(&site, &[], &["no build is in it; `bengal build` adds one"]);
    site.write(".bengal-metrics/history.jsonl", "nonsense\n{\n");
    refused(&site, &[], &["no build is in it but 2 lines that are damaged"]);
    refused(&site, &["--history", "content"], &["content/history.jsonl: there is no history"]);
    let whole = Site::bare(&[(".bengal-metrics/history.jsonl/x", "")]);
    refused(&whole, &[], &["history.jsonl"]);
}

#[test]
fn what_of_a_history_is_not_shown_is_said() {
    let mut all = records();
    all[1].site_id = Some("another".to_owned());
    all[2].schema = SCHEMA + 1;
    let text = lines(&all).replacen("{\"schema\":1", "\u{1b}[2J{\"schema\":1", 1);
    let site = site(&text);
    let run = perf(&site, &["--last", "2"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for said in [
        "history.jsonl:1: 1 damaged line left out, of which this is the first",
        "1 build, written by a newer bengal: what is known of them is shown",
        "1 build, of other sites: left out",
    ] {
        assert!(run.stderr.contains(said), "{said}\n{}", run.stderr);
    }
    assert!(!run.stdout.contains("warning") && run.stdout.lines().count() == 3, "{}", run.stdout);
    assert_eq!(printed(&site, &["--last", "99", "--format", "csv"]).lines().count(), 19);
}

#[test]
fn what_a_history_holds_does_not_steer_a_terminal() {
    let mut records = records();
    let evil = "\u{1b}]0;x\u{7}\u{9b}2J\r\n|<b>";
    records[19].stages[1].name = evil.to_owned();
    records[19].timestamp = "2026-11-22T08:00:00Z".to_owned();
    records[19].git.as_mut().unwrap().commit = Some(evil.to_owned());
    records[19].machine = Some(evil.to_owned());
    records[19].build_id = Some(evil.to_owned());
    let site = site(&lines(&records));
    for arguments in [&[][..], &["--stages"], &["--chart"], &["--stages", "--format", "markdown"]] {
        let run = perf(&site, arguments);
        let text = run.stdout + &run.stderr;
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
}

#[test]
fn flat_records_of_old_are_shown_and_compared_with_their_like() {
    let flat = |time: f64| {
        format!(
            "{{\"timestamp\": \"2025-10-12T09:08:07\", \"total_pages\": 83, \"build_time_ms\": {time}, \
             \"memory_rss_mb\": 120.5, \"memory_heap_mb\": 14, \"memory_peak_mb\": 20.5, \
             \"incremental\": false, \"parallel\": true, \"skipped\": false}}\n"
        )
    };
    let old: String = [1000.0, 1001.0, 1000.0, 999.0, 1000.0, 1001.0, 2000.0].map(flat).concat();
    let site = site(&(old.clone() + &lines(&records()[..1])));
    let csv = printed(&site, &["--format", "csv"]);
    let last: Vec<&str> = csv.lines().rev().take(2).collect();
    assert!(last[1].contains(",0.998") && last[1].ends_with(",changed,0.0,noise"), "{}", last[1]);
    assert!(last[0].ends_with(",,,,"), "the new one is not compared with the old: {}", last[0]);
    refused(
        &site,
        &["--stages", "-1"],
        &["-1 has no stages in its record, which is of the older format"],
    );
    refused(&site, &["trace", "-3", "-o", "x.json"], &["has no stages"]);
    fs::write(site.path(".bengal-metrics/history.jsonl"), old).unwrap();
    assert!(printed(&site, &["--chart"]).contains("pages/s: not measured"));
    perf(&site, &["--html", "x.html"]);
    assert!(fs::read_to_string(site.path("x.html")).unwrap().contains("<h2>Full builds"));
}

#[test]
fn builds_are_named_by_git_and_by_saved_names_too() {
    let site = site("");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=x", "-c", "user.email=x@example.org"]).args(arguments);
        let done = git.current_dir(site.root()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q", "-b", "trunk"]);
    let mut all = records();
    for at in [4, 9] {
        git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        all[at].git.as_mut().unwrap().commit = Some(git(&["rev-parse", "HEAD"]));
    }
    git(&["tag", "v1"]);
    site.write(".bengal-metrics/history.jsonl", lines(&all));
    site.write(".bengal-metrics/saved/base.jsonl", lines(&all[2..4]));
    let id = |at: usize| all[at].build_id.clone().unwrap();
    for (name, at) in [("trunk", 9), ("v1", 9), ("HEAD", 9), ("HEAD~1", 4), ("base", 3), ("-3", 16)]
    {
        let text = printed(&site, &["--stages", name]);
        assert!(text.starts_with(&format!("build {} of", id(at))), "{name}: {text}");
    }
    git(&["commit", "-q", "--allow-empty", "-m", "never built"]);
    refused(&site, &["--stages", "HEAD"], &["no build is named `HEAD ("]);
    refused(&site, &["--stages", "--upload-pack=x"], &[]);
    refused(&site, &["--stages", "nowhere"], &["no build is named `nowhere`"]);
    refused(&site, &["--stages", "20261101-08"], &["could be the build", "or 17 others"]);
    site.write(".bengal-metrics/saved/base.jsonl", "damaged\n");
    refused(&site, &["--stages", "base"], &["base.jsonl: no build is in it but a line"]);
}

#[test]
fn usage_errors_give_2() {
    let site = site(&lines(&records()));
    for arguments in [
        &["--last", "0"][..],
        &["--last", "x"],
        &["--format", "xml"],
        &["--chart", "--format", "json"],
        &["--chart", "--stages"],
        &["--html", "x", "--stages"],
        &["export"],
        &["trace"],
        &["--last", "3", "export", "--prometheus", "-"],
        &["nonsense"],
    ] {
        refused(&site, arguments, &["error"]);
    }
    site.write("bengal.yaml", "title: [x]\n");
    refused(&site, &[], &["bengal.yaml:1:1"]);
}

#[test]
fn the_configuration_says_where_the_history_is() {
    let site = site(&lines(&records()));
    fs::rename(site.path(".bengal-metrics"), site.path("figures")).unwrap();
    refused(&site, &[], &["there is no history"]);
    site.write("bengal.yaml", "metrics: {path: figures}\n");
    assert_eq!(printed(&site, &[]).lines().count(), 21);
    fs::rename(site.path("figures"), site.parent().join("elsewhere")).unwrap();
    assert_eq!(printed(&site, &["--history", "../elsewhere"]).lines().count(), 21);
}

#[test]
fn what_builds_wrote_is_shown() {
    let site = Site::bare(&[("content/a.md", "# A\n"), ("content/b.md", "# B\n")]);
    let kept = Site::bare(&[]);
    for _ in 0..2 {
        site.build_clean(&["-o", kept.path("public").to_str().unwrap()]);
    }
    let json: Value = serde_json::from_str(&printed(&site, &["--format", "json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
    for build in json.as_array().unwrap() {
        assert!(build["build_time_ms"].as_f64().unwrap() > 0.0 && build["build_id"].is_string());
        #[cfg(not(windows))]
        assert!(build["peak_bytes"].as_i64().unwrap() > 0, "{build}");
    }
    let text = printed(&site, &["--stages"]);
    for stage in ["discover", "parse", "taxonomy", "render", "write", "outside", "all"] {
        assert!(text.lines().any(|line| line.starts_with(stage)), "{stage}\n{text}");
    }
    for (arguments, file) in [
        (&["--html", "x.html"][..], "x.html"),
        (&["trace", "-o", "x.json"], "x.json"),
        (&["export", "--prometheus", "x.prom", "--bencher", "b.json"], "x.prom"),
    ] {
        printed(&site, arguments);
        assert!(fs::metadata(site.path(file)).unwrap().len() > 500, "{file}");
    }
}

#[test]
fn the_page_holds_all_in_itself() {
    let site = site(&lines(&records()));
    printed(&site, &["--html", "page.html"]);
    let html = fs::read_to_string(site.path("page.html")).unwrap();
    for part in [
        "<title>Builds of site</title>",
        "Full builds",
        "Memory by stage",
        "Stages of the latest build",
    ] {
        assert!(html.contains(part), "{part}");
    }
    // The lasting change is listed; what was slow alone is not.
    let listed = html.split("<h3>Regressions</h3>").nth(1).unwrap().split("</ul>").next().unwrap();
    let items: Vec<&str> = listed.lines().filter(|line| line.starts_with("<li>")).collect();
    assert_eq!(items.len(), 2, "{listed}");
    assert!(items[0].contains("time 502 ms") && items[0].contains("+25.2%"), "{listed}");
    assert!(items[1].contains("peak heap 27.9 MiB"), "{listed}");
    balanced(&html);
    // Of many builds the tables have the newest, and the page stays small.
    let many: Vec<Record> = (0..1000).map(|number| record(number, TIMES[number % 8])).collect();
    site.write(".bengal-metrics/history.jsonl", lines(&many));
    printed(&site, &["--html", "page.html"]);
    let html = fs::read_to_string(site.path("page.html")).unwrap();
    assert!(html.contains("The newest 200 of 1000") && html.len() < 600_000, "{}", html.len());
    balanced(&html);
}

/// Fails unless each element that is opened is closed, in order.
fn balanced(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = html.split("</style>").nth(1).unwrap();
    for tag in body.split('<').skip(1) {
        let inside = tag.split('>').next().unwrap();
        let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap();
        match inside {
            _ if inside.starts_with('/') => {
                let opened = open.pop();
                // `head`, `html` and `body` were opened before.
                assert!(
                    opened == Some(name) || matches!(name, "head" | "html"),
                    "{opened:?} {name}"
                );
            }
            _ if inside.ends_with('/') => {}
            _ => open.push(name),
        }
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn a_file_that_cannot_be_written_is_left_as_it_was() {
    let site = site(&lines(&records()));
    fs::create_dir(site.path("folder")).unwrap();
    for (arguments, said) in [
        (["--html", "folder"], "folder"),
        (["--html", "nowhere/x.html"], "nowhere/x.html: its folder is not there"),
    ] {
        refused(&site, &arguments, &[said]);
    }
    site.write("old.html", "old");
    printed(&site, &["--html", "old.html"]);
    assert!(fs::read_to_string(site.path("old.html")).unwrap().starts_with("<!doctype html>"));
    let left: Vec<_> =
        fs::read_dir(site.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".bengal-") && name != ".bengal-metrics"), "{left:?}");
    assert_eq!(printed(&site, &["export", "--bencher", "-"]).chars().next(), Some('{'));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let site = site(&lines(&records()));
    refused(&site, &["--html", "/dev/full"], &["/dev/full: No space left on device"]);
}

#[test]
fn the_export_for_prometheus_is_as_its_format_says() {
    let site = site(&lines(&records()));
    let text = printed(&site, &["export", "--prometheus", "-"]);
    golden("latest.prom", &text);
    exposition(&text);
}

/// Fails unless `text` keeps the rules that `promtool check metrics` has: each metric is described once,
/// before its samples, which stand together; names and labels are as they may be; units are base units,
/// and no gauge's name ends as a counter's or a histogram's does.
fn exposition(text: &str) {
    assert!(text.ends_with('\n'));
    let (mut described, mut typed) = (BTreeSet::new(), BTreeSet::new());
    let mut samples: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(described.insert(name.to_owned()) && !help.is_empty(), "{line}");
            current = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert_eq!(rest, format!("{current} gauge"));
            assert!(typed.insert(current.clone()), "{line}");
        } else {
            let (name, rest) = line.split_once('{').unwrap();
            assert_eq!(name, current, "samples stand together: {line}");
            let (labels, value) = rest.rsplit_once("} ").unwrap();
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
            assert!(
                samples.entry(name.to_owned()).or_default().insert(labels.to_owned()),
                "{line}"
            );
            well_labelled(labels);
        }
    }
    assert_eq!(described, typed);
    assert_eq!(described, samples.keys().cloned().collect(), "no metric is without a sample");
    for name in described {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        for wrong in ["_total", "_count", "_sum", "_bucket", "_ms", "_mb", "_milliseconds", "gauge"]
        {
            assert!(!name.ends_with(wrong), "{name}");
        }
    }
}

fn well_labelled(labels: &str) {
    for label in labels.split("\",") {
        let (name, value) = label.split_once("=\"").unwrap();
        assert!(name.chars().all(|c| c.is_ascii_lowercase()), "{label}");
        assert!(!value.trim_end_matches('"').contains(['"', '\n']), "{label}");
    }
}

#[test]
fn the_export_for_bencher_is_as_its_format_says() {
    let site = site(&lines(&records()));
    let text = printed(&site, &["export", "--bencher", "-"]);
    golden("latest.bencher.json", &text);
    let json: Value = serde_json::from_str(&text).unwrap();
    for (name, measures) in json.as_object().unwrap() {
        assert!(!name.is_empty() && !measures.as_object().unwrap().is_empty());
        for (slug, metric) in measures.as_object().unwrap() {
            assert!(slug.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{slug}");
            assert!(metric["value"].is_f64(), "{metric}");
        }
    }
}

#[test]
fn a_trace_has_a_track_for_each_worker_and_the_heap_of_each_stage() {
    let site = site(&lines(&records()));
    let trace: Value = serde_json::from_str(&printed(&site, &["trace", "-2", "-o", "-"])).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let named = |kind: &str| -> BTreeSet<String> {
        let of_kind = events.iter().filter(|event| event["ph"] == kind);
        of_kind.map(|event| event["name"].as_str().unwrap().to_owned()).collect()
    };
    let tracks = events.iter().filter(|event| event["name"] == "thread_name");
    let tracks: BTreeSet<_> = tracks.map(|event| event["args"]["name"].as_str().unwrap()).collect();
    assert_eq!(tracks.len(), 9, "{tracks:?}");
    assert!(
        tracks.contains("parse-0") && tracks.contains("parse-1") && tracks.contains("taxonomy-0")
    );
    let counters = named("C");
    assert_eq!(counters.len(), 7, "{counters:?}");
    assert!(counters.contains("live heap: taxonomy") && counters.contains("live heap: outside"));
    let held = events
        .iter()
        .filter(|event| event["ph"] == "C")
        .map(|event| event["args"]["bytes"].as_i64());
    assert_eq!(held.flatten().max(), Some(26 * MIB));
}
