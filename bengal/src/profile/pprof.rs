//! Profiles in the format of pprof: a gzipped protocol buffer. Source: `profile.proto` of
//! github.com/google/pprof; field numbers are named by the message and field that they stand for.

use std::io::{self, Write};
use std::rc::Rc;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustc_hash::FxHashMap;

use super::symbols::Frame;

/// What the values of a sample are: a type and its unit, as `alloc_space` in `bytes`.
pub type ValueType<'a> = (&'a str, &'a str);

/// A stack, the stage whose it is, and a value of each type.
#[derive(Debug)]
pub struct Sample<'a> {
    /// The stage.
    pub stage: &'a str,
    /// The functions, innermost first.
    pub stack: &'a [Rc<Frame>],
    /// The values.
    pub values: Vec<u64>,
}

/// Writes a profile. `period` is how far samples lie apart, on the average, in the unit of its type.
///
/// # Errors
/// When it cannot be written.
pub fn write(
    out: impl Write,
    types: &[ValueType<'_>],
    period: (ValueType<'_>, u64),
    samples: &[Sample<'_>],
) -> io::Result<()> {
    let mut profile = Profile::default();
    // The text of index 0 is the empty one.
    profile.text("");
    for (kind, unit) in types {
        let value_type = profile.value_type(kind, unit);
        profile.body.message(1, &value_type);
    }
    for sample in samples {
        profile.sample(sample);
    }
    let ((kind, unit), every) = period;
    let period_type = profile.value_type(kind, unit);
    profile.body.message(11, &period_type);
    profile.body.number(12, every);
    let mut gzip = GzEncoder::new(out, Compression::default());
    gzip.write_all(&profile.finish().0)?;
    gzip.finish()?.flush()
}

/// A message of protocol buffers.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.0.push(low);
            }
            self.0.push(low | 0x80);
        }
    }

    fn number(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }

    fn packed(&mut self, field: u64, values: impl IntoIterator<Item = u64>) {
        let mut packed = Self::default();
        values.into_iter().for_each(|value| packed.varint(value));
        self.message(field, &packed);
    }
}

#[derive(Debug, Default)]
struct Profile {
    body: Message,
    texts: Texts,
    functions: FxHashMap<(u64, u64), u64>,
    /// By function and line: a location of its own for each.
    locations: FxHashMap<(u64, u32), u64>,
}

/// The table of texts.
#[derive(Debug, Default)]
struct Texts {
    numbers: FxHashMap<String, u64>,
    all: Vec<String>,
}

impl Profile {
    fn text(&mut self, text: &str) -> u64 {
        if let Some(number) = self.texts.numbers.get(text) {
            return *number;
        }
        let number = self.texts.all.len() as u64;
        self.texts.numbers.insert(text.to_owned(), number);
        self.texts.all.push(text.to_owned());
        number
    }

    /// A `ValueType`.
    fn value_type(&mut self, kind: &str, unit: &str) -> Message {
        let mut message = Message::default();
        message.number(1, self.text(kind));
        message.number(2, self.text(unit));
        message
    }

    /// A `Sample`, with the stage as its label.
    fn sample(&mut self, sample: &Sample<'_>) {
        let locations: Vec<u64> = sample.stack.iter().map(|frame| self.location(frame)).collect();
        let mut label = Message::default();
        label.number(1, self.text("stage"));
        label.number(2, self.text(sample.stage));
        let mut message = Message::default();
        message.packed(1, locations);
        message.packed(2, sample.values.iter().copied());
        message.message(3, &label);
        self.body.message(2, &message);
    }

    /// The number of a `Location`, whose `Line` is the frame's.
    fn location(&mut self, frame: &Frame) -> u64 {
        let function = self.function(frame);
        let next = self.locations.len() as u64 + 1;
        let number = *self.locations.entry((function, frame.line)).or_insert(next);
        if number == next {
            let mut line = Message::default();
            line.number(1, function);
            line.number(2, u64::from(frame.line));
            let mut location = Message::default();
            location.number(1, number);
            location.message(4, &line);
            self.body.message(4, &location);
        }
        number
    }

    /// The number of a `Function`.
    fn function(&mut self, frame: &Frame) -> u64 {
        let (name, file) =
            (self.text(&frame.function), self.text(frame.file.as_deref().unwrap_or("")));
        let next = self.functions.len() as u64 + 1;
        let number = *self.functions.entry((name, file)).or_insert(next);
        if number == next {
            let mut function = Message::default();
            for (field, value) in [(1, number), (2, name), (3, name), (4, file)] {
                function.number(field, value);
            }
            self.body.message(5, &function);
        }
        number
    }

    fn finish(mut self) -> Message {
        for text in &self.texts.all {
            self.body.bytes(6, text.as_bytes());
        }
        self.body
    }
}
