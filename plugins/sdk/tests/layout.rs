//! No field of the ABI ever moves: the layout of each released minor version is kept in `tests/abi/`, and must
//! be a part of today's.
//!
//! To add a field: put it at the end of its struct in `src/abi.rs`, raise `ABI_MINOR`, name it here, and keep the
//! new layout as a file of its own with `BENGAL_BLESS=1 cargo test -p bengal-plugin --test layout`. The files
//! that are there already are never changed.

use std::collections::BTreeSet;
use std::mem::{offset_of, size_of};
use std::path::Path;

use bengal_plugin::abi::{
    ABI_MAJOR, ABI_MINOR, Bytes, Descriptor, Diagnostic, Filter, Host, Observer, Stage, Tag,
};

/// The size of what a function gives of a struct.
fn size<T, F>(_: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

macro_rules! layout {
    ($($type:ident: $($field:ident)+;)+) => {{
        let mut lines = Vec::new();
        $(
            $(lines.push(format!(
                "{}.{} at {} of {} bytes",
                stringify!($type),
                stringify!($field),
                offset_of!($type, $field),
                size(|of: &$type| &of.$field),
            ));)+
        )+
        lines
    }};
}

/// Every field of every struct: its place and its size on a machine with pointers of 8 bytes.
fn layout() -> Vec<String> {
    layout! {
        Bytes: data length;
        Descriptor: size abi_major abi_minor magic panic allocator reserved name
            version;
        Stage: size kind items purity thread_safe placement anchor name state start
            process finish stop drop;
        Filter: size purity thread_safe least_arguments most_arguments reserved name
            named state apply drop;
        Tag: size purity thread_safe body syntax least_arguments most_arguments name
            named state render drop;
        Observer: size reserved state event drop;
        Diagnostic: size severity item file line column offset message hint;
        Host: size abi_major abi_minor alloc alloc_zeroed realloc free not_counted fail
            log report declare_input register_stage register_filter register_tag
            register_observer register_value register_template options item_begin
            item_kind item_get item_set item_drop emit_page emit_data emit_file
            emit_output has_output site value_kind value_bool value_int value_float
            value_bytes value_length value_index value_key value_key_at value_to_json
            make_nil make_bool make_int make_float make_text make_bytes make_list
            make_map make_from_json;
    }
}

#[cfg(target_pointer_width = "64")]
#[test]
fn no_field_of_a_released_version_has_moved() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/abi");
    let own = folder.join(format!("{ABI_MAJOR}.{ABI_MINOR}.txt"));
    let layout = layout();
    if std::env::var_os("BENGAL_BLESS").is_some() && !own.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&own, layout.join("\n") + "\n").unwrap();
    }
    let now: BTreeSet<&str> = layout.iter().map(String::as_str).collect();
    let mut versions = 0;
    for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let frozen = std::fs::read_to_string(&file).unwrap();
        for line in frozen.lines() {
            assert!(now.contains(line), "{}: {line} is no longer so", file.display());
        }
        versions += 1;
    }
    assert_eq!(versions, usize::from(ABI_MINOR) + 1, "each minor version has its file");
    let own = std::fs::read_to_string(&own).unwrap();
    assert_eq!(own.lines().count(), layout.len(), "a field was added without a new minor version");
}

/// The functions of the table are counted, so that one which is not named above is missed.
#[cfg(target_pointer_width = "64")]
#[test]
fn every_field_is_named() {
    let named = layout();
    let end = |name: &str| {
        let of = |line: &&String| line.starts_with(&format!("{name}."));
        let last = named.iter().rfind(of).unwrap();
        let numbers: Vec<usize> = last.split(' ').filter_map(|word| word.parse().ok()).collect();
        numbers[0] + numbers[1]
    };
    for (name, size) in [
        ("Bytes", size_of::<Bytes>()),
        ("Descriptor", size_of::<Descriptor>()),
        ("Stage", size_of::<Stage>()),
        ("Filter", size_of::<Filter>()),
        ("Tag", size_of::<Tag>()),
        ("Observer", size_of::<Observer>()),
        ("Diagnostic", size_of::<Diagnostic>()),
        ("Host", size_of::<Host>()),
    ] {
        assert_eq!(end(name), size, "{name}: the last field named here is not its last");
    }
}
