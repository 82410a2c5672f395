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
use object::{BinaryFormat, Object, ObjectSection, ObjectSymbol, SymbolKind};
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
    /// It is for another system.
    #[error("it was built for another system: it is {0}, where this one has {1}")]
    OtherSystem(&'static str, &'static str),
    /// Nobody makes such a file, but to keep its reader busy.
    #[error("it is no shared library: the names of its symbols have over {NAMES} bytes")]
    Names,
    /// It has no descriptor.
    #[error("it is no plugin for bengal: it has no symbol `{}`", abi::DESCRIPTOR_SYMBOL)]
    NoDescriptor,
    /// It has no entry.
    #[error("it is no plugin for bengal: it has no symbol `{}`", abi::ENTRY_SYMBOL)]
    NoEntry,
    /// The entry is no function.
    #[error("its symbol `{}` is no function", abi::ENTRY_SYMBOL)]
    EntryIsData,
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

/// Most bytes of names that are gone through: those of a large program's symbols are a tenth. Where the end of a
/// name is looked for takes time, and names may overlap: without a bound, a file of some megabytes could take
/// hours.
const NAMES: usize = 256 << 20;

/// Reads what the plugin in the file at `path` says of itself.
///
/// # Errors
/// When it is no plugin that this host can load.
pub fn read(path: &Path) -> Result<Descriptor, Refusal> {
    of_library(&bytes(path)?)
}

/// The bytes of the file at `path`.
///
/// # Errors
/// When it cannot be read, or is larger than any library.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Refusal> {
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
    Ok(bytes)
}

/// What the plugin of these bytes says of itself.
///
/// # Errors
/// When it is no plugin that this host can load.
pub fn of_library(bytes: &[u8]) -> Result<Descriptor, Refusal> {
    let file = object::File::parse(bytes).map_err(damaged)?;
    if !matches!(file.kind(), object::ObjectKind::Dynamic) {
        let what = format!("it is {}", kind(file.kind()));
        return Err(Refusal::NoLibrary(what));
    }
    let (here, there) = (system(BinaryFormat::native_object()), system(file.format()));
    if here != there {
        return Err(Refusal::OtherSystem(there, here));
    }
    let (here, there) = (std::env::consts::ARCH, arch(&file));
    if here != there || file.is_little_endian() != cfg!(target_endian = "little") {
        return Err(Refusal::OtherMachine(format!("{there}, not {here}")));
    }
    let (descriptor, entry) = symbols(&file)?;
    let Found { address, length, .. } = descriptor.ok_or(Refusal::NoDescriptor)?;
    if entry.ok_or(Refusal::NoEntry)?.is_data {
        return Err(Refusal::EntryIsData);
    }
    // Where the format says how long a symbol is, it is no shorter than a descriptor.
    if let Some(length) = length.filter(|length| *length < DESCRIPTOR as u64) {
        return Err(Refusal::TooSmall(length));
    }
    let data = file
        .sections()
        .find_map(|section| section.data_range(address, DESCRIPTOR as u64).ok().flatten());
    let descriptor = parse(data.ok_or(Refusal::TooSmall(0))?)?;
    Ok(Descriptor { hash: xxh3_64(bytes), ..descriptor })
}

/// What a system calls its libraries.
fn system(format: BinaryFormat) -> &'static str {
    match format {
        BinaryFormat::Elf => "an ELF file",
        BinaryFormat::MachO => "a Mach-O file",
        BinaryFormat::Pe | BinaryFormat::Coff => "a PE file",
        _ => "something else",
    }
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

/// An exported symbol.
#[derive(Clone, Copy)]
struct Found {
    address: u64,
    /// Where the format says it.
    length: Option<u64>,
    /// Where the format says it.
    is_data: bool,
}

/// The descriptor and the entry among the exported symbols.
fn symbols(file: &object::File<'_>) -> Result<(Option<Found>, Option<Found>), Refusal> {
    let (mut descriptor, mut entry) = (None, None);
    let mut looked_at = 0;
    let mut see = |name: &[u8], found: Found| {
        looked_at += name.len();
        if name == abi::DESCRIPTOR_SYMBOL.as_bytes() {
            descriptor = descriptor.or(Some(found));
        } else if name == abi::ENTRY_SYMBOL.as_bytes() {
            entry = entry.or(Some(found));
        }
        if looked_at > NAMES { Err(Refusal::Names) } else { Ok(()) }
    };
    if let object::File::Elf32(_) | object::File::Elf64(_) = file {
        for symbol in file.dynamic_symbols().filter(ObjectSymbol::is_definition) {
            // One without an end has been gone through to the file's end: another is not looked at.
            let name = symbol.name_bytes().map_err(damaged)?;
            let is_data = matches!(symbol.kind(), SymbolKind::Data | SymbolKind::Tls);
            let (address, length) = (symbol.address(), Some(symbol.size()));
            see(name, Found { address, length, is_data })?;
        }
        return Ok((descriptor, entry));
    }
    for export in file.exports().map_err(damaged)? {
        let export = export.map_err(damaged)?;
        if let (NameOrOrdinal::Name(name), ExportTarget::Address { address, .. }) =
            (export.name(), export.target())
        {
            // Mach-O puts an underscore before every name of C.
            let name = name.strip_prefix(b"_").unwrap_or(name);
            see(name, Found { address, length: None, is_data: false })?;
        }
    }
    Ok((descriptor, entry))
}

fn damaged(error: object::Error) -> Refusal {
    Refusal::NoLibrary(error.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
        file[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// An ELF library of nothing but `count` symbols, which all have the name that `names` begin with.
    fn elf(count: usize, names: &[u8]) -> Vec<u8> {
        let (symbols, strings) = (64 + 3 * 64, 64 + 3 * 64 + 24 * count);
        let mut file = vec![0; strings];
        put(&mut file, 0, b"\x7fELF\x02\x01\x01");
        // Type, machine and version; place of the section headers; sizes and counts.
        put(&mut file, 16, &[3, 0, 62, 0, 1]);
        put(&mut file, 40, &64_u64.to_le_bytes());
        put(&mut file, 52, &[64, 0, 56, 0, 0, 0, 64, 0, 3, 0, 2, 0]);
        let mut section = |number: usize, kind: u32, place: usize, size: usize, link: u32| {
            let header = 64 + 64 * number;
            put(&mut file, header + 4, &kind.to_le_bytes());
            put(&mut file, header + 24, &(place as u64).to_le_bytes());
            put(&mut file, header + 32, &(size as u64).to_le_bytes());
            put(&mut file, header + 40, &link.to_le_bytes());
        };
        section(1, 11, symbols, 24 * count, 2);
        section(2, 3, strings, names.len(), 0);
        for symbol in 1..count {
            // A global object of section 2.
            put(&mut file, symbols + 24 * symbol + 4, &[0x11, 0, 2, 0]);
        }
        file.extend(names);
        file
    }

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn names_that_would_take_hours_to_go_through_are_not() {
        assert_eq!(of_library(&elf(3, b"a\0")), Err(Refusal::NoDescriptor));
        // All names are one, of 8 MiB.
        let mut names = vec![b'a'; 8 << 20];
        let endless = elf(1_000_000, &names);
        assert!(matches!(of_library(&endless), Err(Refusal::NoLibrary(_))));
        names.push(0);
        assert_eq!(of_library(&elf(1_000_000, &names)), Err(Refusal::Names));
    }

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn a_library_of_another_system_is_refused() {
        let mut file = vec![0; 0x400];
        put(&mut file, 0, b"MZ");
        put(&mut file, 0x3c, &[0x40]);
        put(&mut file, 0x40, b"PE\0\0\x64\x86");
        // The optional header's size, that it is a library, and what it begins with.
        put(&mut file, 0x54, &[0xf0, 0, 0x22, 0x20, 0x0b, 0x02]);
        put(&mut file, 0x58 + 108, &[16]);
        let refused = Refusal::OtherSystem("a PE file", "an ELF file");
        assert_eq!(of_library(&file), Err(refused));
    }
}
