//! The C header says what `src/abi.rs` says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use cbindgen::{Builder, Config, DocumentationStyle, ExportConfig, Language};

const ABOUT: &str = "\
/* The C ABI between bengal and a plugin.
 *
 * Made from plugins/sdk/src/abi.rs by cbindgen: do not edit.
 *
 * A plugin in C exports a `const bengal_plugin_v1_t bengal_plugin_v1` and a function
 * `int32_t bengal_register_v1(const bengal_host_v1 *host, bengal_call *call)`, and nothing else.
 * The manual's chapter \"Writing a plugin\" begins with one.
 */";

/// What C has no other way to say.
const MACROS: &str = "\
// What the descriptor holds behind its size.
#define BENGAL_MAGIC {'B', 'E', 'N', 'G', 'A', 'L', 'P', 'L'}

// The bytes of a string literal.
#define BENGAL_TEXT(literal) ((bengal_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})";

/// The structs' names in C. Those that a symbol or a registration is of end in the ABI's major version.
const NAMES: &[(&str, &str)] = &[
    ("Bytes", "bengal_bytes"),
    ("Call", "bengal_call"),
    ("Handle", "bengal_handle"),
    // The descriptor's symbol is `bengal_plugin_v1`: its type cannot be.
    ("Descriptor", "bengal_plugin_v1_t"),
    ("Register", "bengal_register_v1_t"),
    ("Stage", "bengal_stage_v1"),
    ("Filter", "bengal_filter_v1"),
    ("Tag", "bengal_tag_v1"),
    ("Observer", "bengal_observer_v1"),
    ("Diagnostic", "bengal_diagnostic_v1"),
    ("Host", "bengal_host_v1"),
];

fn header() -> String {
    let abi = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/abi.rs");
    let names = NAMES.iter().map(|(rust, c)| ((*rust).to_owned(), (*c).to_owned()));
    let mut rename: std::collections::HashMap<String, String> = names.collect();
    let text = std::fs::read_to_string(&abi).unwrap();
    for line in text.lines() {
        // Strings are for the host, which looks symbols up by them.
        if let Some((name, _)) =
            line.strip_prefix("pub const ").and_then(|rest| rest.split_once(':'))
        {
            rename.insert(name.to_owned(), format!("BENGAL_{name}"));
        }
    }
    let include =
        ["Descriptor", "Register", "Stage", "Filter", "Tag", "Observer", "Diagnostic", "Host"];
    let config = Config {
        language: Language::C,
        header: Some(ABOUT.to_owned()),
        after_includes: Some(format!("\n{MACROS}")),
        include_guard: Some("BENGAL_PLUGIN_H".to_owned()),
        cpp_compat: true,
        usize_is_size_t: true,
        documentation_style: DocumentationStyle::C99,
        line_length: 100,
        no_includes: true,
        sys_includes: ["stddef.h", "stdint.h"].map(str::to_owned).to_vec(),
        style: cbindgen::Style::Both,
        export: ExportConfig {
            include: include.map(str::to_owned).to_vec(),
            exclude: ["DESCRIPTOR_SYMBOL", "ENTRY_SYMBOL"].map(str::to_owned).to_vec(),
            rename,
            ..ExportConfig::default()
        },
        ..Config::default()
    };
    let mut bytes = Vec::new();
    Builder::new().with_src(abi).with_config(config).generate().unwrap().write(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_c_header_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/bengal_plugin.h");
    let made = header();
    if std::env::var_os("BENGAL_BLESS").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == made,
        "include/bengal_plugin.h is not what src/abi.rs makes: \
         `BENGAL_BLESS=1 cargo test -p bengal-plugin --test header` writes it"
    );
}
