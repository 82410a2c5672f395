//! Plugins beyond this repository: those that `bengal new plugin` makes, and one of an ABI that was.
//!
//! **Invariant:** what is made needs nothing but the folder that it is made in, a compiler, and bengal.

use std::path::Path;
use std::process::Command;

use crate::plugins::{compiled, expect, with};
use crate::support::{Site, bengal, run, tree};

fn new(folder: &Path, arguments: &[&str]) -> crate::support::Run {
    run(bengal().args(["new", "plugin"]).args(arguments).current_dir(folder))
}

/// Runs a command in `folder`, and gives what it printed; `None` where there is no such program.
fn done(folder: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments).env("BENGAL", env!("CARGO_BIN_EXE_bengal"));
    // What the suite's own cargo has set is not the project's.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO") && name != "CARGO_HOME" || name.starts_with("RUSTC") {
            command.env_remove(&*name);
        }
    }
    match command.output() {
        Ok(output) => {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            assert!(
                output.status.success(),
                "{command:?}\n{}{}",
                text(&output.stdout),
                text(&output.stderr)
            );
            Some(text(&output.stdout))
        }
        Err(error) => {
            eprintln!("skipped: {program}: {error}");
            None
        }
    }
}

#[test]
fn a_new_plugin_in_rust_is_tested_built_and_loaded_outside_of_this_repository() {
    let folder = tempfile::tempdir().unwrap();
    let made = new(folder.path(), &["my-plugin"]);
    assert!(
        made.code == Some(0) && made.stdout.contains("cd my-plugin && cargo test"),
        "{}",
        made.stderr
    );
    let project = folder.path().join("my-plugin");
    let tested = done(&project, "cargo", &["test", "--offline", "--quiet"]).unwrap();
    assert!(tested.contains("test result: ok. 1 passed"), "{tested}");
    done(&project, "cargo", &["build", "--offline", "--quiet"]).unwrap();
    let name = format!("{}my_plugin{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let site = Site::new(&[("content/a.md", "---\ntitle: Four\n---\n")]);
    site.write("templates/page.liquid", "{{ page.params.title_letters }}");
    let option = ["--plugin-option", "my-plugin.most=3"];
    let built = with(&site, &project.join("target/debug").join(name), &option);
    assert_eq!(
        built.diagnostics(),
        ["warning[plugin] content/a.md my-plugin: a title of 4 letters is long"]
    );
    assert_eq!(site.read("a/index.html"), "4");
    let readme = std::fs::read_to_string(project.join("README.md")).unwrap();
    assert!(readme.trim_end().ends_with("bengal build --plugin ./libmy-plugin.so"), "{readme}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_new_plugin_in_c_is_built_and_tested_by_one_command() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(new(folder.path(), &["my-plugin", "--lang", "c"]).code, Some(0));
    let project = folder.path().join("my-plugin");
    if let Some(tested) = done(&project, "make", &["test"]) {
        assert!(tested.contains("bengal can load it; none of its code was run"), "{tested}");
    }
    let readme = std::fs::read_to_string(project.join("README.md")).unwrap();
    assert!(readme.trim_end().ends_with("bengal build --plugin ./libmy-plugin.so"), "{readme}");
}

/// The manual shows whole plugins: those that the suite builds and runs.
#[test]
fn the_manual_shows_the_tested_examples() {
    let read = |path: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        std::fs::read_to_string(file).unwrap()
    };
    let manual = read("examples/docs/content/plugins/writing-a-plugin.md");
    let more = read("examples/docs/content/plugins/examples.md");
    for (name, manual) in
        [("word-goal", &manual), ("badges", &more), ("csv-pages", &more), ("build-report", &more)]
    {
        let rust = read(&format!("examples/plugins/{name}/src/lib.rs"));
        let rust = rust.split("\n#[cfg(test)]").next().unwrap();
        assert!(
            manual.contains(&format!("```rust\n{rust}```\n")),
            "{name} is not as in the manual"
        );
    }
    let c = read("examples/plugins/hello-c/hello.c");
    assert!(manual.contains(&format!("```c\n{c}```\n")), "hello.c is not as in the manual");
}

#[test]
fn what_cannot_be_made_is_refused_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("there")).unwrap();
    for (name, why) in [
        ("there", "is there already"),
        ("../x", "is no name"),
        ("9", "is no name"),
        ("a b", "is no name"),
        ("parse", "is a stage of bengal's"),
        ("bengal-plugin", "is what plugins are written with"),
        ("bengal_plugin", "is what plugins are written with"),
    ] {
        let refused = new(folder.path(), &[name]);
        assert!(refused.code == Some(2) && refused.stderr.contains(why), "{}", refused.stderr);
    }
    assert_eq!(tree(folder.path()).len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_plugin_of_abi_1_0_still_loads_and_works() {
    let site = Site::new(&[("content/a.md", "---\ntitle: A\n---\n")]);
    site.write("templates/page.liquid", "{% include old %}{{ page.params.old }}");
    let flags = ["-iquote", concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/plugins/abi-1.0")];
    let Some(library) = compiled(&site, "old", "tests/plugins/abi-1.0/plugin.c", &flags) else {
        return;
    };
    let built = with(&site, &library, &["-j", "1"]);
    expect(&built, 0, &[]);
    assert_eq!(built.diagnostics(), ["warning[plugin] content/a.md:2:8 old: a title"]);
    assert_eq!(
        site.read("a/index.html"),
        "10 {\"list\":[\"A\",true,0.5,null],\"json\":{\"a\":[1,2]}}"
    );
    assert_eq!(site.read("old.txt"), "from 1.0");
    let log = built.messages().into_iter().find(|message| message["reason"] == "log").unwrap();
    assert_eq!(log["log"]["line"], "it went well");
}

/// A plugin of each kind at once, on 10,000 pages with 8 workers, the C ones under AddressSanitizer and
/// UndefinedBehaviorSanitizer. Takes half a minute, and wants gcc's libasan:
/// `cargo test -p bengal --test suite -- --ignored sanitizer`.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes long, and wants gcc's libasan"]
fn ten_thousand_pages_pass_under_a_sanitizer() {
    let site = Site::new(&[]);
    for number in 0..10_000 {
        let text =
            format!("---\ntitle: Page {number}\ntags: [t{}]\n---\nSome words.\n", number % 50);
        site.write(&format!("content/{}/{number}.md", number / 100), text);
    }
    let flags = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"];
    let hello = compiled(&site, "hello", "examples/plugins/hello-c/hello.c", &flags).unwrap();
    let own = [&flags[..], &["-DALLOCATOR=1", "-DACT=free(malloc(100))"]].concat();
    let own = compiled(&site, "broken", "tests/plugins/broken.c", &own).unwrap();
    let preload = done(site.parent(), "cc", &["-print-file-name=libasan.so"]).unwrap();
    let mut command = bengal();
    command.arg("build").arg(site.root()).args(crate::support::JSON).args(["-j", "8"]);
    command.arg("--plugin").arg(hello).arg("--plugin").arg(own);
    command.arg("--plugin").arg(crate::libraries::library("word-goal"));
    command.env("LD_PRELOAD", preload.trim()).env("ASAN_OPTIONS", "verify_asan_link_order=0");
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !stderr.contains("Sanitizer"), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let finished: serde_json::Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    let stages = finished["stages"].as_array().unwrap();
    let names: Vec<_> = stages.iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["discover", "parse", "hello", "broken", "word-goal", "taxonomy", "render", "write"]
    );
    for pair in stages.windows(2) {
        assert_eq!(pair[0]["items_out"], pair[1]["items_in"], "{}", pair[1]["name"]);
    }
    assert!(stages[2]["items_in"].as_u64() >= Some(10_000));
    let counted: Vec<_> = finished["plugins"].as_array().unwrap().iter().collect();
    assert!(counted.iter().all(|plugin| plugin["memory_counted"] != (plugin["name"] == "broken")));
}
