//! The handshake: reads what a plugin says of itself in its file, without opening the library, as that
//! runs its constructors. The only module that names `object`.
//!
//! **Invariant:** nothing that a file holds makes this panic, run for long or run any of it; every
//! refusal is one sentence.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::mem::{offset_of, size_of};
use std::path::Path;

use bengal_plugin::abi;
use object::read::{ExportTarget, NameOrOrdinal};
use object::{Object, ObjectSection, ObjectSymbol};
use xxhash_rust::xxh3::xxh3_64;

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The ABI that it was built against: major and minor version.
    pub abi: (u16, u16),
    /// Whether it takes all its memory from the host.
    pub counted: bool,
    /// The hash of the whole file; 0 of a plugin that is linked in.
    pub hash: u64,
}

/// Why a file is refused as a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It is no library of a system.
    #[error("it is no shared library: {0}")]
    NoLibrary(String),
    /// It is for another machine.
    #[error("it was built for another machine: {0}")]
    OtherMachine(String),
    /// It has no descriptor.
    #[error("it is no plugin for bengal: it has no symbol `{}`", abi::DESCRIPTOR_SYMBOL)]
    NoDescriptor,
    /// It has no entry.
    #[error("it is no plugin for bengal: it has no symbol `{}`", abi::ENTRY_SYMBOL)]
    NoEntry,
    /// The descriptor is shorter than any.
    #[error("its descriptor has {0} bytes, where the smallest has {DESCRIPTOR}")]
    TooSmall(u64),
    /// The descriptor is no descriptor.
    #[error("its descriptor does not hold `BENGALPL` where it should")]
    Magic,
    /// The ABI's major version is another.
    #[error(
        "it was built for version {0} of the plugin ABI, and this bengal has version {major}",
        major = abi::ABI_MAJOR
    )]
    OtherMajor(u16),
    /// The ABI's minor version is one that this host does not know yet.
    #[error(
        "it was built for version {0}.{1} of the plugin ABI, and this bengal has {major}.{minor}: a newer bengal \
         can load it",
        major = abi::ABI_MAJOR, minor = abi::ABI_MINOR
    )]
    NewerMinor(u16, u16),
    /// A panic in it would end the process.
    #[error(
        "it was built with `panic = \"abort\"`: a panic in it would end bengal; build it with \"unwind\""
    )]
    Abort,
    /// A number in the descriptor means nothing.
    #[error("its descriptor says {1} for {0}, which means nothing")]
    Meaningless(&'static str, u8),
    /// The name is none.
    #[error("its name {0:?} is no name: letters, digits, `-` and `_`, up to 63 of them")]
    Name(String),
    /// The version is no text.
    #[error("its version is not UTF-8 of up to 31 bytes")]
    Version,
}

/// Bytes of the smallest descriptor that there is: that of ABI 1.0.
const DESCRIPTOR: usize = size_of::<abi::Descriptor>();

/// Largest file that is looked at: a library with all its debugging symbols has some hundred megabytes.
const FILE: u64 = 1 << 30;

/// Reads what the plugin in the file at `path` says of itself.
///
/// # Errors
/// When it is no plugin that this host can load.
pub fn read(path: &Path) -> Result<Descriptor, Refusal> {
    let unreadable = |error: std::io::Error| Refusal::Unreadable(error.to_string());
    // Asked before it is opened: opening a pipe waits for its other end.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Refusal::Unreadable("it is no file".to_owned()));
    }
    if metadata.len() > FILE {
        return Err(Refusal::Unreadable(format!("it has {} bytes", metadata.len())));
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(unreadable)?.take(FILE);
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    let descriptor = of_library(&bytes)?;
    Ok(Descriptor { hash: xxh3_64(&bytes), ..descriptor })
}

fn of_library(bytes: &[u8]) -> Result<Descriptor, Refusal> {
    let damaged = |error: object::Error| Refusal::NoLibrary(error.to_string());
    let file = object::File::parse(bytes).map_err(damaged)?;
    if !matches!(file.kind(), object::ObjectKind::Dynamic) {
        let what = format!("it is {}", kind(file.kind()));
        return Err(Refusal::NoLibrary(what));
    }
    let (here, there) = (std::env::consts::ARCH, arch(&file));
    if here != there || file.is_little_endian() != cfg!(target_endian = "little") {
        return Err(Refusal::OtherMachine(format!("{there}, not {here}")));
    }
    let (address, length) = symbol(&file, abi::DESCRIPTOR_SYMBOL).ok_or(Refusal::NoDescriptor)?;
    symbol(&file, abi::ENTRY_SYMBOL).ok_or(Refusal::NoEntry)?;
    // Where the format says how long a symbol is, it is no shorter than a descriptor.
    if length.is_some_and(|length| length < DESCRIPTOR as u64) {
        return Err(Refusal::TooSmall(length.unwrap_or_default()));
    }
    let data = file
        .sections()
        .find_map(|section| section.data_range(address, DESCRIPTOR as u64).ok().flatten());
    parse(data.ok_or(Refusal::TooSmall(0))?)
}

fn kind(kind: object::ObjectKind) -> &'static str {
    match kind {
        object::ObjectKind::Executable => "a program",
        object::ObjectKind::Relocatable => "an object file",
        object::ObjectKind::Core => "a core dump",
        _ => "something else",
    }
}

/// The machine that the file is for, as Rust names it.
fn arch(file: &object::File<'_>) -> String {
    match file.architecture() {
        object::Architecture::X86_64 => "x86_64".to_owned(),
        object::Architecture::Aarch64 => "aarch64".to_owned(),
        object::Architecture::I386 => "x86".to_owned(),
        object::Architecture::Arm => "arm".to_owned(),
        object::Architecture::Riscv64 => "riscv64".to_owned(),
        object::Architecture::S390x => "s390x".to_owned(),
        object::Architecture::PowerPc64 => "powerpc64".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// The address of an exported symbol, and its length where the format says it.
fn symbol(file: &object::File<'_>, name: &str) -> Option<(u64, Option<u64>)> {
    if let object::File::Elf32(_) | object::File::Elf64(_) = file {
        let own =
            |symbol: &object::Symbol<'_, '_>| symbol.is_definition() && symbol.name() == Ok(name);
        let symbol = file.dynamic_symbols().find(own)?;
        return Some((symbol.address(), Some(symbol.size())));
    }
    // Mach-O puts an underscore before every name of C.
    let own = |found: &[u8]| {
        found == name.as_bytes() || found.strip_prefix(b"_") == Some(name.as_bytes())
    };
    file.exports().ok()?.flatten().find_map(|export| match (export.name(), export.target()) {
        (NameOrOrdinal::Name(name), ExportTarget::Address { address, .. }) if own(name) => {
            Some((address, None))
        }
        _ => None,
    })
}

fn parse(bytes: &[u8]) -> Result<Descriptor, Refusal> {
    let number = |at: usize| u16::from_ne_bytes([bytes[at], bytes[at + 1]]);
    let at = offset_of!(abi::Descriptor, magic);
    if bytes[at..at + abi::MAGIC.len()] != abi::MAGIC {
        return Err(Refusal::Magic);
    }
    let size = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    if (size as usize) < DESCRIPTOR {
        return Err(Refusal::TooSmall(u64::from(size)));
    }
    let abi = (
        number(offset_of!(abi::Descriptor, abi_major)),
        number(offset_of!(abi::Descriptor, abi_minor)),
    );
    if abi.0 != abi::ABI_MAJOR {
        return Err(Refusal::OtherMajor(abi.0));
    }
    if abi.1 > abi::ABI_MINOR {
        return Err(Refusal::NewerMinor(abi.0, abi.1));
    }
    match bytes[offset_of!(abi::Descriptor, panic)] {
        abi::PANIC_NONE | abi::PANIC_UNWIND => {}
        abi::PANIC_ABORT => return Err(Refusal::Abort),
        other => return Err(Refusal::Meaningless("what a panic does", other)),
    }
    let counted = match bytes[offset_of!(abi::Descriptor, allocator)] {
        abi::ALLOCATOR_HOST => true,
        abi::ALLOCATOR_OWN => false,
        other => return Err(Refusal::Meaningless("whose allocator it uses", other)),
    };
    let at = offset_of!(abi::Descriptor, name);
    let name = text(&bytes[at..at + 64]).filter(|name| is_name(name)).ok_or_else(|| {
        let shown = bytes[at..at + 64].split(|byte| *byte == 0).next().unwrap_or_default();
        Refusal::Name(String::from_utf8_lossy(shown).into_owned())
    })?;
    let at = offset_of!(abi::Descriptor, version);
    let version = text(&bytes[at..at + 32]).ok_or(Refusal::Version)?;
    Ok(Descriptor { name: name.to_owned(), version: version.to_owned(), abi, counted, hash: 0 })
}

/// What a plugin that is linked in says of itself.
pub fn of_bundled(descriptor: &abi::Descriptor) -> Descriptor {
    Descriptor {
        name: text(&descriptor.name).unwrap_or_default().to_owned(),
        version: text(&descriptor.version).unwrap_or_default().to_owned(),
        abi: (descriptor.abi_major, descriptor.abi_minor),
        counted: true,
        hash: 0,
    }
}

/// The text before the first zero; there must be one.
fn text(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    (!text.contains(char::is_control)).then_some(text)
}

/// Whether a plugin or a stage may be called so.
pub fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.len() < 64 && name.chars().all(fits)
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, abi: (major, minor), counted, .. } = self;
        let memory = if *counted { "counted" } else { "not counted" };
        write!(f, "{name} {version}, plugin ABI {major}.{minor}, memory {memory}")
    }
}
