//! Plugins: the examples, and deliberately broken ones, in Rust and in C, loaded by the binary.
//!
//! Those in C are built by `cc`; where there is none, their tests say so and pass.
//!
//! **Invariant:** whatever is wrong with a plugin, the program says it in one sentence and ends with the code
//! that its documentation gives: 2 for what fails before the build, 3 for what fails in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bengal::build::{BuildOptions, Listener, build};
use bengal::pipeline::runner::Progress;

use crate::libraries::{library, root, target};
use crate::support::{JSON, Run, Site, bengal, differences, run};

/// The library of the C file `source`, compiled into `site`'s parent; `None` where there is no compiler.
pub fn compiled(site: &Site, name: &str, source: &str, flags: &[&str]) -> Option<PathBuf> {
    let library = site.parent().join(format!("lib{name}.so"));
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&library).args(flags);
    cc.arg("-I").arg(root().join("plugins/sdk/include")).arg(root().join(source));
    match cc.status() {
        Ok(status) => assert!(status.success(), "{cc:?}"),
        Err(error) => {
            eprintln!("skipped: there is no C compiler: {error}");
            return None;
        }
    }
    Some(library)
}

fn site() -> Site {
    Site::new(&[
        ("content/a.md", "---\ntitle: A\n---\nSome text with [a link](b.md).\n"),
        ("content/b.md", "---\ntitle: B\n---\nMore text.\n\n![pic](pic.png)\n"),
        ("content/pic.png", "pic"),
    ])
}

/// Builds `site` with the plugin `library`.
pub fn with(site: &Site, library: &Path, more: &[&str]) -> Run {
    let mut command = bengal();
    command.arg("build").arg(site.root()).args(JSON).arg("--plugin").arg(library).args(more);
    run(&mut command)
}

/// Builds `site` with the misbehaving plugin doing this.
fn misbehaving(site: &Site, fault: &str, more: &[&str]) -> Run {
    let option = format!("misbehaving.fault={fault}");
    let mut arguments = vec!["--plugin-option", &option];
    arguments.extend(more);
    with(site, &library("misbehaving"), &arguments)
}

/// The sentence with which a run has failed.
fn failure(run: &Run) -> String {
    let messages = run.messages();
    let failure = messages.iter().find(|message| message["reason"] == "failure");
    failure.map(|failure| failure["message"].as_str().unwrap().to_owned()).unwrap_or_default()
}

#[track_caller]
pub fn expect(run: &Run, code: i32, parts: &[&str]) {
    let failure = failure(run);
    assert_eq!(run.code, Some(code), "{failure}\n{}\n{}", run.stdout, run.stderr);
    for part in parts {
        assert!(failure.contains(part), "{part:?} is not in: {failure}");
    }
    assert!(!failure.trim().contains('\n'), "more than a sentence: {failure}");
}

#[test]
fn a_stage_in_rust_reads_changes_and_reports() {
    let site = site();
    site.write("templates/page.liquid", "{{ page.params.word_goal }} {{ page.content }}");
    let run = with(&site, &library("word-goal"), &["--plugin-option", "word-goal.words=4"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert_eq!(
        run.diagnostics(),
        ["warning[plugin] content/b.md word-goal: 2 words, where 4 are the goal"]
    );
    assert!(site.read("a/index.html").starts_with("100 <p>Some text"));
    assert!(site.read("b/index.html").starts_with("50 <p>More"));
    let finished = run.messages().into_iter().last().unwrap();
    let stages = finished["stages"].as_array().unwrap();
    let own = stages.iter().find(|stage| stage["name"] == "word-goal").unwrap();
    assert_eq!(own["plugin"], "word-goal");
    assert!(
        finished["plugins"]
            .as_array()
            .unwrap()
            .iter()
            .any(|plugin| { plugin["name"] == "word-goal" && plugin["memory_counted"] == true })
    );
}

#[test]
fn one_stage_is_a_plugin_and_a_part_of_a_program_with_the_same_result() {
    let (plugin, own) = (site(), site());
    let template = "{{ page.params.word_goal }} {{ page.content }}";
    plugin.write("templates/page.liquid", template);
    own.write("templates/page.liquid", template);
    with(&plugin, &library("word-goal"), &[]);
    let program = target().join(format!("own-stage{}", std::env::consts::EXE_SUFFIX));
    let done = run(Command::new(program).arg(own.root()));
    assert!(done.stdout.contains("content/a.md: word-goal: 5 words, where 300 are the goal"));
    assert_eq!(differences(&plugin.output(), &own.output()), [""; 0]);
}

#[test]
fn a_preview_shows_what_plugins_have_made() {
    let site = site();
    site.write("templates/page.liquid", "{{ page.params.word_goal }} {{ page.title }}");
    let config = format!(
        "base_url: https://example.org\nplugins:\n- path: {}\n- {{path: {}, options: {{fault: output, slot: before:write}}}}\n",
        library("word-goal").display(),
        library("misbehaving").display(),
    );
    site.write("bengal.yaml", config);
    let before = crate::support::tree(&site.root());
    let mut command = bengal();
    command.args(["render", "page", "--page", "a.md", "--site"]).arg(site.root());
    let run = run(&mut command);
    assert_eq!((run.code, &*run.stdout), (Some(0), "1 A[A]"), "{}", run.stderr);
    assert!(crate::support::tree(&site.root()) == before, "something was written");
}

#[test]
fn a_stage_in_c_has_options_and_frees_what_it_takes() {
    let site = site();
    site.write("templates/page.liquid", "{{ page.params.greeting }}\n");
    let Some(library) = compiled(&site, "hello", "examples/plugins/hello-c/hello.c", &[]) else {
        return;
    };
    let run = with(&site, &library, &["--plugin-option", "hello.greeting=Moin"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert_eq!(site.read("a/index.html"), "Moin, A\n");
}

#[test]
fn a_source_makes_pages_and_declares_what_it_read() {
    let site = site();
    site.write(
        "rows.csv",
        "name,title,body\none,\"First: \"\"one\"\"\",See [a](../a.md).\ntwo,\"A\u{a0}\\\u{301}\nb\",Text.\n",
    );
    let file = site.path("rows.csv");
    let option = format!("csv-pages.file={}", file.display());
    let run = with(&site, &library("csv-pages"), &["--plugin-option", &option]);
    assert_eq!(run.diagnostics(), [""; 0], "{}", run.stderr);
    assert!(site.read("rows/one/index.html").contains("page First: \"one\"\n"));
    assert!(site.read("rows/one/index.html").contains("href=\"/a/\""));
    assert!(site.read("rows/two/index.html").starts_with("page A\u{a0}\\\u{301}\nb\n"));
    let finished = run.messages().into_iter().last().unwrap();
    assert_eq!(finished["plugin_inputs"][0], file.to_str().unwrap());
    let missing = with(&site, &library("csv-pages"), &["--plugin-option", "csv-pages.file=no.csv"]);
    expect(&missing, 3, &["csv-pages", "no.csv", "No such file"]);
    expect(&with(&site, &library("csv-pages"), &[]), 2, &["the option `file` names a CSV file"]);
}

#[test]
fn an_observer_is_told_and_gives_templates_a_value_and_a_template() {
    let site = site();
    site.write("templates/page.liquid", "{% include report_note %}");
    let run = with(&site, &library("build-report"), &[]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert_eq!(site.read("a/index.html"), "<p>reported by 0.1.0</p>\n");
    let log: Vec<_> =
        run.messages().into_iter().filter(|message| message["reason"] == "log").collect();
    assert_eq!(log[0]["log"]["line"], "4 pages through 5 stages, 0 diagnostics");
    assert!(log[1]["log"]["line"].as_str().unwrap().contains("worked longest"));
    site.write("templates/report_note.liquid", "the site's own");
    with(&site, &library("build-report"), &[]);
    assert_eq!(site.read("a/index.html"), "the site's own");
}

#[test]
fn filters_and_tags_of_plugins_work_in_templates_and_bodies() {
    let site = site();
    site.write(
        "templates/page.liquid",
        "{{ 'grace hopper' | initials }} {{ page.title | initials: 1 }}\n{{ content }}",
    );
    site.write(
        "content/a.md",
        "---\ntitle: A\nliquid: true\n---\n{% badge 'a<b', kind: 'good' %} {% aside so {{ page.title }} %}in{% endaside %}\n",
    );
    site.write("bengal.yaml", "markdown: {unsafe_html: true}\n");
    let badges = library("badges");
    let run = with(&site, &badges, &[]);
    assert_eq!(run.diagnostics(), [""; 0], "{}", failure(&run));
    assert_eq!(
        site.read("a/index.html"),
        "GH A\n<p><span class=\"badge badge-good\">a&lt;b</span> <aside title=\"so A\">in</aside></p>\n"
    );
    let list = crate::support::run(
        bengal().args(["plugin", "list", "--plugin"]).arg(&badges).arg(site.root()),
    );
    assert!(
        list.stdout.contains("filter initials") && list.stdout.contains("tag badge"),
        "{}",
        list.stdout
    );
}

#[test]
fn a_filter_over_all_pages_runs_on_several_threads_at_once() {
    let site = site();
    site.write("templates/page.liquid", "{{ site.pages | together }}\n");
    let run = misbehaving(&site, "together", &["-j", "2"]);
    assert_eq!(run.diagnostics(), [""; 0], "{}", failure(&run));
    assert_eq!(site.read("a/index.html"), "together 2\n");
    assert_eq!(site.read("b/index.html"), "together 2\n");
}

#[test]
fn a_filter_declares_what_it_reads_and_makes_no_more_than_filters_may() {
    let site = site();
    site.write("templates/page.liquid", "{{ page.title | read }}");
    let run = misbehaving(&site, "read", &[]);
    assert_eq!(run.diagnostics(), [""; 0], "{}", failure(&run));
    let finished = run.messages().pop().unwrap();
    let inputs: Vec<_> = finished["plugin_inputs"].as_array().unwrap().iter().collect();
    let file = |name: &str| site.root().canonicalize().unwrap().join(name);
    assert_eq!(inputs, [file("notes/A").to_str().unwrap(), file("notes/B").to_str().unwrap()]);
    let logged: Vec<_> = run.messages().into_iter().filter(|m| m["reason"] == "log").collect();
    assert_eq!(logged.len(), 2);
    site.write("templates/page.liquid", "{{ page.title | long }}");
    let run = misbehaving(&site, "long", &[]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    run.expect(&["a text is over 16 MiB"]);
}

#[test]
fn what_a_filter_or_a_tag_cannot_do_is_the_pages_fault() {
    let site = site();
    site.write("content/b.md", "---\ntitle: B\n---\n");
    for (template, parts) in [
        ("{{ 3 | initials }}", &["templates/page.liquid:1", "initials", "it wants text"][..]),
        ("{{ 'a' | initials: 1, 2 }}", &["initials"]),
        ("{% badge %}", &["badge", "1"]),
        ("{% badge 'a', colour: 'red' %}", &["badge", "colour"]),
        ("{% badge 3 %}", &["badge", "its first argument is text"]),
    ] {
        site.write("templates/page.liquid", template);
        let run = with(&site, &library("badges"), &[]);
        assert_eq!(run.code, Some(1), "{template}: {}", run.stdout);
        run.expect(parts);
    }
    let misnamed = |fault: &str, part: &str| expect(&misbehaving(&site, fault, &[]), 2, &[part]);
    misnamed("filter-taken", "it adds the filter `upcase`, which there is already");
    misnamed("tag-taken", "it adds the tag `if`, which there is already");
}

#[test]
fn plugins_of_all_kinds_work_in_one_build() {
    let site = site();
    let Some(hello) = compiled(&site, "hello", "examples/plugins/hello-c/hello.c", &[]) else {
        return;
    };
    site.write("rows.csv", "name,title\none,One\n");
    let config = format!(
        "plugins:\n- path: {}\n  options: {{words: 1}}\n- path: {}\n  as: goals\n  options: {{words: 2}}\n\
         - {{path: {}, options: {{file: {}}}}}\n- {}\n- {}\n",
        library("word-goal").display(),
        library("word-goal").display(),
        library("csv-pages").display(),
        site.path("rows.csv").display(),
        library("build-report").display(),
        hello.display(),
    );
    site.write("bengal.yaml", &config);
    for jobs in ["1", "8"] {
        let run = site.build(&["-j", jobs]);
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
        let warned = "warning[plugin] content/rows/one.md goals: 0 words, where 2 are the goal";
        assert!(run.diagnostics().contains(&warned.to_owned()), "{:?}", run.diagnostics());
    }
    let list = run(bengal().args(["plugin", "list"]).arg(site.root()));
    let chain = "discover ─▶ [csv-pages] ─▶ parse ─▶ [word-goal] ─▶ [goals] ─▶ [hello] ─▶ taxonomy ─▶ \
                 render ─▶ write";
    assert!(list.stdout.contains(chain), "{}{}", list.stdout, list.stderr);
    assert!(list.stdout.contains("it calls itself `word-goal`"));
    assert!(list.stdout.contains("stage word-goal: after parse; item by item; pure"));
}

/// The broken plugins: flags for the compiler, and what is said of each.
const BROKEN: &[(&[&str], &[&str])] = &[
    (&["-DNO_DESCRIPTOR"], &["no symbol `bengal_plugin_v1`"]),
    (&["-DNO_ENTRY"], &["no symbol `bengal_register_v1`"]),
    (&["-DSHORT_DESCRIPTOR"], &["its descriptor has 16 bytes, where the smallest has 120"]),
    (&["-DSIZE=8"], &["its descriptor has 8 bytes, where the smallest has 120"]),
    (&["-DMAGIC={'b','e','n','g','a','l','!','!'}"], &["does not hold `BENGALPL`"]),
    (&["-DMAJOR=2"], &["built for version 2 of the plugin ABI, and this bengal has version 1"]),
    (&["-DMINOR=7"], &["built for version 1.7", "this bengal has 1.0", "a newer bengal"]),
    (&["-DPANIC=2"], &["`panic = \"abort\"`"]),
    (&["-DPANIC=9"], &["its descriptor says 9 for what a panic does"]),
    (&["-DALLOCATOR=9"], &["its descriptor says 9 for whose allocator it uses"]),
    (&["-DNAME=\"a b\""], &["its name \"a b\" is no name"]),
    (&["-DVERSION=\"\\xff\""], &["its version is not UTF-8"]),
    (&["-DENTRY_IS_DATA"], &["its symbol `bengal_register_v1` is no function"]),
];

#[cfg(target_os = "linux")]
#[test]
fn what_the_handshake_refuses_is_never_opened() {
    let site = site();
    let opened = site.parent().join("opened");
    let constructor = format!("-DCONSTRUCTOR=\"{}\"", opened.display());
    for (flags, parts) in BROKEN {
        let flags: Vec<&str> = flags.iter().copied().chain([constructor.as_str()]).collect();
        let Some(library) = compiled(&site, "broken", "tests/plugins/broken.c", &flags) else {
            return;
        };
        expect(&with(&site, &library, &[]), 2, parts);
        let check = run(bengal().args(["plugin", "check"]).arg(&library));
        assert_eq!(check.code, Some(2));
        for part in *parts {
            assert!(check.stderr.contains(part), "{part:?} is not in: {}", check.stderr);
        }
        assert!(!opened.exists(), "{flags:?} was opened");
    }
    assert!(!site.path("public").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_library_is_refused_in_a_sentence() {
    let site = site();
    let object = site.parent().join("object.o");
    let mut cc = Command::new("cc");
    cc.args(["-c", "-o"]).arg(&object).arg("-I").arg(root().join("plugins/sdk/include"));
    let compiled = cc.arg(root().join("examples/plugins/hello-c/hello.c")).status();
    if compiled.is_ok_and(|status| status.success()) {
        expect(&with(&site, &object, &[]), 2, &["it is no shared library: it is an object file"]);
    }
    expect(&with(&site, &site.parent().join("no.so"), &[]), 2, &["no.so: No such file"]);
    expect(&with(&site, &site.path("content/a.md"), &[]), 2, &["a.md: it is no shared library"]);
    expect(&with(&site, site.parent(), &[]), 2, &["it is no file"]);
    let program = Path::new(env!("CARGO_BIN_EXE_bengal"));
    expect(&with(&site, program, &[]), 2, &["no symbol `bengal_plugin_v1`"]);
    // A library cut off anywhere, and with bytes changed, is refused or loaded, and never kills.
    let bytes = fs::read(library("word-goal")).unwrap();
    let damaged = site.parent().join("damaged.so");
    for part in 0..64 {
        fs::write(&damaged, &bytes[..bytes.len() * part / 64]).unwrap();
        let check = run(bengal().args(["plugin", "check"]).arg(&damaged));
        assert!(matches!(check.code, Some(0 | 2)), "{}", check.stderr);
        let mut changed = bytes.clone();
        changed.iter_mut().skip(part).take(4096).step_by(64).for_each(|byte| *byte = !*byte);
        fs::write(&damaged, &changed).unwrap();
        let check = run(bengal().args(["plugin", "check"]).arg(&damaged));
        assert!(matches!(check.code, Some(0 | 2)), "{}", check.stderr);
    }
}

/// Said of a call that is over, of another thread's, and of none.
const NOT_RUNNING: &str = "it used a call that is not the one that runs";

/// What C plugins do wrong when they register or handle items: flags, exit code, and what is said.
const MISUSES: &[(&[&str], i32, &[&str])] = &[
    (&["-DSTAGE_SIZE=16"], 2, &["it gives a stage of 16 bytes, where the smallest has 104"]),
    (&["-DPROCESS=NULL"], 2, &["is given items, and its function `process` is null"]),
    (&["-DPROCESS=NULL", "-DITEMS=0"], 2, &["has neither `process` nor `finish`"]),
    (&["-DITEMS=0x80"], 2, &["asks for kinds of items that do not exist: 0x80"]),
    (&["-DANCHOR=\"nowhere\""], 2, &["`broken` belongs beside `nowhere`, which is no stage"]),
    (
        &["-DANCHOR=\"render\""],
        2,
        &["stands behind `render`, where nothing of what it asks for comes by"],
    ),
    (&["-DREGISTER=return 7"], 2, &["it returned 7, and did not say why"]),
    (
        &["-DREGISTER=host->emit_page(call, BENGAL_TEXT(\"a.md\"), BENGAL_TEXT(\"x\"))"],
        2,
        &["where no stage is running"],
    ),
    (&["-DREGISTER=host->register_stage(call, NULL)"], 2, &["it gives a null pointer as a stage"]),
    (
        &["-DREGISTER=host->register_observer(call, NULL)"],
        2,
        &["it gives a null pointer as an observer"],
    ),
    (
        &["-DREGISTER=bengal_filter_v1 f = {.size = sizeof f, .name = BENGAL_TEXT(\"f\")}; \
           host->register_filter(call, &f)"],
        2,
        &["its filter `f` has a null function `apply`"],
    ),
    (
        &["-DREGISTER=bengal_tag_v1 t = {.size = sizeof t, .name = BENGAL_TEXT(\"t\")}; \
           host->register_tag(call, &t)"],
        2,
        &["its tag `t` has a null function `render`"],
    ),
    (
        &[
            "-DREGISTER=bengal_observer_v1 o = {.size = sizeof o}; host->register_observer(call, &o)",
        ],
        2,
        &["an observer whose function `event` is null"],
    ),
    (
        &["-DREGISTER=bengal_filter_v1 f = {.size = 79}; host->register_filter(call, &f)"],
        2,
        &["it gives a filter of 79 bytes, where the smallest has 80"],
    ),
    (&["-DTHEN=host->register_stage(call, &stage)"], 2, &["it has two stages named `broken`"]),
    (&["-DSTAGE=\"a b\""], 2, &["its stage \"a b\" has no sound name"]),
    (&["-DKIND=7"], 2, &["is of the kind 7, which means nothing"]),
    (&["-DPURITY=7"], 2, &["has a purity of 7, which means nothing"]),
    (&["-DPLACEMENT=7"], 2, &["has a placement of 7, which means nothing"]),
    (&["-DANCHOR=\"\""], 2, &["names no stage to stand beside"]),
    (&["-DREGISTER=host->log(NULL, BENGAL_LOG_INFO, BENGAL_TEXT(\"x\"))"], 2, &[NOT_RUNNING]),
    (&["-DREGISTER=kept_call = call", "-DACT=host->make_int(kept_call, 1)"], 3, &[NOT_RUNNING]),
    (&["-DTHREAD", "-pthread", "-DACT=on_a_thread(call)"], 3, &["refused elsewhere"]),
    (
        &["-DACT=host->make_text(call, (bengal_bytes){(const uint8_t *)items, SIZE_MAX})"],
        3,
        &["it gave 18446744073709551615 bytes: no memory holds so many"],
    ),
    (
        &["-DACT=host->make_list(call, items, SIZE_MAX / 8)"],
        3,
        &["values: no memory holds so many"],
    ),
    (
        &["-DACT=host->make_list(call, NULL, 3)"],
        3,
        &["it gave a null pointer where there should be values"],
    ),
    (
        &["-DACT=bengal_bytes keys[] = {BENGAL_TEXT(\"a\")}; host->make_map(call, keys, NULL, 1)"],
        3,
        &["it gave a null pointer where there should be values"],
    ),
    (
        &["-DACT=host->make_list(call, (const bengal_handle *)((const char *)items + 1), 1)"],
        3,
        &["it gave values at an address that is not aligned"],
    ),
    (
        &["-DACT=bengal_handle v = host->make_nil(call); \
           for (int i = 0; i < 200; i++) v = host->make_list(call, &v, 1)"],
        3,
        &["it made a value that nests over 128 deep"],
    ),
    (
        &["-DACT=bengal_diagnostic_v1 d = {.size = 4}; host->report(call, &d)"],
        3,
        &["it gives a diagnostic of 4 bytes, where the smallest has 80"],
    ),
    (
        &[
            "-DACT=bengal_diagnostic_v1 d = {.size = sizeof d, .severity = 9}; host->report(call, &d)",
        ],
        3,
        &["it reports with a severity of 9"],
    ),
    (&["-DACT=return 1"], 3, &["`broken` failed on ", "it returned 1, and did not say why"]),
    (
        &["-DACT=host->make_text(call, BENGAL_TEXT(\"\\xff\"))"],
        3,
        &["it gave text that is not UTF-8"],
    ),
    (
        &["-DACT=host->make_text(call, (bengal_bytes){NULL, 8})"],
        3,
        &["it gave a null pointer where there should be bytes"],
    ),
    (
        &["-DACT=host->item_get(call, 12345, BENGAL_TEXT(\"title\"))"],
        3,
        &["it used a handle that is not its own"],
    ),
    (&["-DACT=host->value_kind(call, items[0])"], 3, &["it used a handle that is not its own"]),
    (
        &["-DACT=if (kept == 0) kept = host->make_int(call, 1); else host->value_int(call, kept)"],
        3,
        &["it used a handle that is not its own"],
    ),
    (&["-DACT=host->options(call)"], 3, &["it registers something when it is too late for that"]),
    (&["-DACT=host->make_from_json(call, BENGAL_TEXT(\"{\"))"], 3, &["it gave no JSON"]),
    (
        &["-DACT=host->item_get(call, items[0], BENGAL_TEXT(\"html\"))"],
        3,
        &["does not declare BENGAL_ITEM_HTML"],
    ),
];

#[cfg(target_os = "linux")]
#[test]
fn what_a_plugin_in_c_does_wrong_is_its_own_failure() {
    let site = site();
    for (flags, code, parts) in MISUSES {
        let Some(library) = compiled(&site, "broken", "tests/plugins/broken.c", flags) else {
            return;
        };
        expect(&with(&site, &library, &[]), *code, parts);
    }
    let Some(library) = compiled(&site, "broken", "tests/plugins/broken.c", &["-DALLOCATOR=1"])
    else {
        return;
    };
    let run = with(&site, &library, &[]);
    assert_eq!(run.code, Some(0), "{}", failure(&run));
    let finished = run.messages().into_iter().last().unwrap();
    let plugins = finished["plugins"].as_array().unwrap();
    assert!(plugins.iter().any(|plugin| plugin["memory_counted"] == false));
    let mut command = bengal();
    command.arg("build").arg(site.root()).arg("-v").arg("--plugin").arg(&library);
    let table = crate::support::run(&mut command).stdout;
    assert!(
        table.lines().any(|line| line.starts_with("broken") && line.ends_with("not counted")),
        "{table}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_diagnostic_may_be_about_any_line_and_byte_of_any_file() {
    let site = site();
    for place in [
        ".line = 4000000000u, .column = 4000000000u",
        ".offset = INT64_MAX",
        ".offset = 1, .file = BENGAL_TEXT(\"/dev/zero\")",
        ".line = 1, .file = BENGAL_TEXT(\"no/such\\nfile\")",
    ] {
        let act = format!(
            "-DACT=bengal_diagnostic_v1 d = {{.size = sizeof d, .severity = 1, .item = items[0], \
             .message = BENGAL_TEXT(\"here\"), {place}}}; host->report(call, &d)"
        );
        let Some(library) = compiled(&site, "broken", "tests/plugins/broken.c", &[&act]) else {
            return;
        };
        let run = with(&site, &library, &[]);
        expect(&run, 0, &[]);
        assert!(run.diagnostics().iter().all(|line| line.ends_with("broken: here")), "{place}");
    }
}

/// What a filter that lets in one thread at a time asks for may not lead back to it, on this thread or another:
/// they would wait for each other for ever.
#[cfg(target_os = "linux")]
#[test]
fn a_filter_for_one_thread_at_a_time_sees_no_body_that_may_want_it() {
    let site = Site::new(&[]);
    site.write(
        "templates/page.liquid",
        "{% for p in site.pages %}[{{ p | f }}]{% endfor %} {{ page.summary }}\n",
    );
    for number in 0..20 {
        let text = "---\nliquid: true\n---\nOf {{ 'x' | f }} body.\n";
        site.write(&format!("content/{number}.md"), text);
    }
    site.write("content/plain.md", "Plain.\n");
    let filtered = "-DFILTERED=host->value_key(call, input, BENGAL_TEXT(\"summary\"))";
    let Some(library) = compiled(&site, "broken", "tests/plugins/broken.c", &[filtered]) else {
        return;
    };
    let run = with(&site, &library, &["-j", "8"]);
    expect(&run, 0, &[]);
    let page = site.read("3/index.html");
    assert!(page.contains("[<p>Plain.</p>\n]") && page.contains("[]"), "{page}");
    assert!(page.contains("<p>Of  body.</p>"), "{page}");
    let forged = compiled(&site, "broken", "tests/plugins/broken.c", &["-DFILTERED=~0ull"]);
    let run = with(&site, &forged.unwrap(), &[]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    run.expect(&["it used a handle that is not its own"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_library_that_wants_one_that_is_missing_is_refused() {
    let site = site();
    let source = "tests/plugins/broken.c";
    let Some(needed) = compiled(&site, "needed", source, &["-DNO_DESCRIPTOR"]) else { return };
    let folder = format!("-L{}", site.parent().display());
    let flags = [folder.as_str(), "-Wl,--no-as-needed", "-lneeded"];
    let library = compiled(&site, "broken", source, &flags).unwrap();
    fs::remove_file(needed).unwrap();
    expect(&with(&site, &library, &[]), 2, &["it cannot be opened", "libneeded.so"]);
}

/// The system would give the library that it has: half of what the handshake read would be another's.
#[cfg(target_os = "linux")]
#[test]
fn a_library_that_changes_between_two_builds_of_one_process_is_refused() {
    let site = site();
    let source = "examples/plugins/hello-c/hello.c";
    let Some(library) = compiled(&site, "hello", source, &[]) else { return };
    let listener = Listener { progress: &Progress::default(), waiting: &|| () };
    let plugins = vec![library.clone()];
    let options = BuildOptions { site: site.root(), plugins, ..BuildOptions::default() };
    for _ in 0..2 {
        assert_eq!(build(&options, &listener).unwrap().exit_code(), 0);
    }
    fs::remove_file(library).unwrap();
    compiled(&site, "hello", source, &["-g"]);
    let refused = build(&options, &listener).unwrap_err().to_string();
    assert!(refused.ends_with("a library cannot be unloaded: start bengal again"), "{refused}");
}

#[test]
fn errors_and_panics_name_the_stage_and_the_page() {
    let site = site();
    for (fault, code, parts) in [
        ("register-error", 2, &["misbehaving", "it does not like Mondays"][..]),
        ("register-panic", 2, &["panicked at ", "lib.rs", "in register"]),
        ("start-panic", 2, &["in start"]),
        ("process-error", 3, &["`misbehaving` failed on content/b.md: it does not like this"]),
        ("process-panic", 3, &["`misbehaving` failed on content/b.md: panicked at ", "in process"]),
        ("finish-error", 3, &["it cannot end so"]),
        ("finish-panic", 3, &["panicked at ", "in finish"]),
        ("panic-twice", 3, &["panicked at ", "without a message"]),
        ("drop-panic", 3, &["as it is dropped"]),
        ("stage-drop-panic", 0, &[]),
        ("html-undeclared", 3, &["it reads `html`, and does not declare BENGAL_ITEM_HTML"]),
        (
            "set-html-undeclared",
            3,
            &["it sets `html` of a page: it does not declare BENGAL_ITEM_HTML"],
        ),
        ("set-unknown", 3, &["it sets `colour` of a page: there is no field of that name"]),
        ("set-type", 3, &["it sets `title` of a page: it wants text"]),
        ("value", 2, &["`site.title`, which there is already"]),
        ("template", 2, &["a template named \"../x\", which is no name"]),
        ("emit-path", 3, &["\"../x.md\", which is none that stays in its folder"]),
        ("emit-late", 3, &["it adds late.md behind `parse`, where it would never be read"]),
        ("ignored", 3, &["\"../out.txt\", which is none that stays in its folder"]),
    ] {
        let slot: &[&str] = match fault {
            "emit-path" => &["--plugin-option", "misbehaving.slot=before:parse"],
            _ => &[],
        };
        let run = misbehaving(&site, fault, slot);
        expect(&run, code, parts);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        let barrier = [slot, &["--plugin-option", "misbehaving.barrier=true"]].concat();
        let parts: Vec<String> = parts
            .iter()
            .map(|part| part.replace("` failed on content/b.md:", "` failed: on content/b.md:"))
            .collect();
        expect(
            &misbehaving(&site, fault, &barrier),
            code,
            &parts.iter().map(String::as_str).collect::<Vec<_>>(),
        );
    }
    assert!(!site.parent().join("x.md").exists() && !site.parent().join("out.txt").exists());
}

#[test]
fn a_plugin_that_adds_without_end_is_stopped_by_its_limit() {
    let site = site();
    let entry = |limit: &str| {
        format!(
            "plugins: [{{path: {}, limit: {limit}, options: {{fault: emit-million, slot: before:parse}}}}]",
            library("misbehaving").display()
        )
    };
    site.write("bengal.yaml", entry("50"));
    expect(&site.build(&[]), 3, &["it emitted more than 50 items; `limit: N`"]);
}

#[test]
fn what_a_stage_adds_behind_the_barrier_is_claimed_and_noted() {
    let site = site();
    let slot = ["--plugin-option", "misbehaving.slot=render"];
    let run = misbehaving(&site, "emit-output", &slot);
    // Once for each worker: the second that makes the same file is refused.
    let one = [&slot[..], &["-j", "1"]].concat();
    expect(&run, 3, &["the output file made.txt was made by the stage misbehaving already"]);
    let run = misbehaving(&site, "emit-output", &one);
    assert_eq!(
        run.diagnostics(),
        [
            "error[url-conflict] - a stage makes the output file a/index.html, whose path is taken by content/a.md"
        ]
    );
    assert_eq!(run.code, Some(1));
    assert_eq!(site.read("made.txt"), "made");
    expect(
        &misbehaving(&site, "emit-twice", &one),
        3,
        &["twice.txt was made by the stage misbehaving"],
    );
    site.build_clean(&[]);
    assert!(!site.path("public/made.txt").exists(), "a file that no longer belongs is left");
}

#[test]
fn pages_that_are_left_out_pass_by() {
    let site = site();
    site.write("templates/page.liquid", "{{ page.content }}");
    site.write("content/draft.md", "---\ntitle: Draft\ndraft: true\n---\nSome text.\n");
    for barrier in ["false", "true"] {
        let option = format!("misbehaving.barrier={barrier}");
        let goal = library("word-goal");
        let more = ["--plugin", goal.to_str().unwrap(), "--plugin-option", &option];
        let run = misbehaving(&site, "upper", &more);
        expect(&run, 0, &[]);
        assert_eq!(run.diagnostics().len(), 2, "of a and b: {:?}", run.diagnostics());
    }
    let with_drafts = misbehaving(&site, "upper", &["--drafts"]);
    expect(&with_drafts, 0, &[]);
    assert!(site.read("draft/index.html").contains("Some TEXT"));
}

/// Which of two comes first is a matter of threads, and may not show.
#[test]
fn what_two_stages_add_under_one_path_is_the_same_on_every_run() {
    let site = site();
    for number in 0..40 {
        site.write(&format!("content/many/{number}.md"), "x\n");
    }
    site.write("content/twice.txt", "of the site");
    site.write("templates/page.liquid", "{{ page.title }} {{ site.data.twice }}");
    let config = ["one", "two"].map(|title| {
        let library = library("misbehaving");
        let options = format!("{{fault: emit-one-path, slot: before:parse, title: {title}}}");
        format!("- {{path: {}, as: {title}, options: {options}}}\n", library.display())
    });
    site.write("bengal.yaml", format!("plugins:\n{}", config.concat()));
    for _ in 0..8 {
        let run = site.build(&["-j", "4"]);
        assert_eq!(
            run.diagnostics(),
            [
                "error[url-conflict] content/twice.md there are two pages of this path, as a stage has added one",
                "error[url-conflict] content/twice.txt content/twice.txt has the output path twice.txt already",
                "warning[duplicate-key] data/twice.yaml this takes the place of another `twice` in the site's data",
            ]
        );
        assert_eq!(site.read("twice/index.html"), "one two");
        assert_eq!(site.read("twice.txt"), "of the site");
    }
}

#[test]
fn html_is_changed_without_losing_links_and_summary() {
    let site = site();
    site.write("templates/page.liquid", "{{ page.content }}{{ page.summary }}");
    let run = misbehaving(&site, "upper", &[]);
    assert_eq!(run.diagnostics(), [""; 0], "{}", failure(&run));
    let paragraph = "<p>Some TEXT with <a href=\"/b/\">a link</a>.</p>\n";
    assert_eq!(site.read("a/index.html"), format!("{paragraph}{paragraph}"));
    assert!(site.read("b/index.html").contains("src=\"/pic.png\""));
}

#[test]
fn a_stage_drops_changes_front_matter_and_output_and_sees_pages_to_render() {
    let site = site();
    let slot = |slot: &str| ["--plugin-option".to_owned(), format!("misbehaving.slot={slot}")];
    let build = |fault: &str, at: &str| {
        let option = slot(at);
        let run = misbehaving(&site, fault, &[&option[0], &option[1]]);
        assert_eq!(run.code, Some(0), "{}{:?}", failure(&run), run.diagnostics());
        run
    };
    site.write("content/a.md", "---\ntitle: A\n---\nNo link.\n");
    build("drop", "parse");
    assert!(!site.path("public/b").exists() && site.path("public/a").exists());
    build("front", "before:parse");
    assert!(site.read("a/index.html").starts_with("page From a plugin\n"));
    build("output", "render");
    assert!(site.read("a/index.html").ends_with("[A]"));
    build("render", "taxonomy");
    assert!(!site.path("public/404.html").exists());
}

#[test]
fn a_barrier_sees_all_items_in_order_however_many_workers_there_are() {
    let site = site();
    for number in 0..300 {
        site.write(&format!("content/many/{number:03}.md"), "x\n");
    }
    let mut seen = Vec::new();
    for jobs in ["1", "8"] {
        let more = ["--plugin-option", "misbehaving.barrier=true", "-j", jobs];
        let run = misbehaving(&site, "count", &more);
        assert_eq!(run.code, Some(0), "{}", failure(&run));
        let log = run.messages().into_iter().find(|message| message["reason"] == "log").unwrap();
        seen.push(log["log"]["line"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen[0], seen[1]);
    let paths: Vec<&str> = seen[0].split(' ').collect();
    assert_eq!(paths.len(), 302);
    assert!(paths.is_sorted());
    // The last was dropped in `finish`.
    assert!(!site.path("public/many/299").exists() && site.path("public/many/298").exists());
}

#[test]
fn names_and_options_are_settled_before_anything_is_built() {
    let site = site();
    let goal = library("word-goal");
    let path = goal.to_str().unwrap();
    expect(
        &with(&site, &goal, &["--plugin", path]),
        2,
        &["two plugins are named `word-goal`", "`as:`"],
    );
    let option = |option| ["--plugin-option", option];
    expect(
        &with(&site, &goal, &option("word-goal.word=3")),
        2,
        &["no option `word`", "did you mean `words`?"],
    );
    expect(&with(&site, &goal, &option("other.words=3")), 2, &["no plugin is named `other`"]);
    expect(
        &with(&site, &goal, &option("word-goal.words=many")),
        2,
        &["`words` is not a whole number"],
    );
    let usage = with(&site, &goal, &option("words=3"));
    assert!(usage.code == Some(2) && usage.stderr.contains("is not NAME.key=value"));
    site.write("bengal.yaml", "plugins: [{name: sitemaps}]\n");
    expect(&site.build(&[]), 2, &["bengal has no plugin `sitemaps`, only sitemap, robots"]);
    site.write("bengal.yaml", format!("plugins: [{{path: {path}, as: a b}}]\n"));
    expect(&site.build(&[]), 2, &["`as: a b` is no name"]);
    site.write("bengal.yaml", format!("plugins: [{{path: {path}, as: parse}}]\n"));
    expect(&site.build(&[]), 2, &["there are two stages named `parse`"]);
    site.write("bengal.yaml", "plugins: [{options: {}}]\n");
    assert_eq!(site.build(&[]).code, Some(2));
    assert!(!site.path("public").exists());
}

#[test]
fn slots_that_name_each_other_are_named() {
    let site = site();
    let library = library("misbehaving");
    site.write(
        "bengal.yaml",
        format!(
            "plugins:\n- {{path: {0}, as: x, options: {{slot: y}}}}\n\
             - {{path: {0}, as: y, options: {{slot: x}}}}\n",
            library.display()
        ),
    );
    let parts = ["name each other in a circle: x, y"];
    expect(&site.build(&[]), 2, &parts);
    let list = run(bengal().args(["plugin", "list"]).arg(site.root()));
    assert!(list.code == Some(2) && list.stderr.contains(parts[0]), "{}", list.stderr);
}

#[test]
fn a_plugin_of_a_bundled_ones_name_takes_its_place() {
    let site = site();
    let library = library("word-goal");
    site.write(
        "bengal.yaml",
        format!(
            "base_url: https://example.org\nplugins: [{{path: {}, as: sitemap}}]\n",
            library.display()
        ),
    );
    let run = site.build(&[]);
    let notes: Vec<_> = run.messages().into_iter().filter(|m| m["reason"] == "note").collect();
    assert_eq!(notes[0]["message"], "the plugin `sitemap` takes the place of bengal's own");
    assert!(!site.path("public/sitemap.xml").exists());
    assert_eq!(site.read("robots.txt"), "User-agent: *\nDisallow:\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_plugin_exports_its_descriptor_and_its_entry_and_nothing_else() {
    let mut nm = Command::new("nm");
    let Ok(output) = nm
        .args(["-D", "--defined-only", "--format=just-symbols"])
        .arg(library("word-goal"))
        .output()
    else {
        eprintln!("skipped: there is no nm");
        return;
    };
    let symbols = String::from_utf8(output.stdout).unwrap();
    let mut symbols: Vec<&str> = symbols.lines().collect();
    symbols.sort_unstable();
    assert_eq!(symbols, ["bengal_plugin_v1", "bengal_register_v1"]);
}
