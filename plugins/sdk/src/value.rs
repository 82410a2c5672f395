//! Values: those of the host as [`Value`], which lasts for a call, and a plugin's own as [`Data`].
#![expect(unsafe_code, reason = "every value of the host is reached through its table")]

use crate::abi::{self, Bytes, Handle};
use crate::error::Error;
use crate::stage::Outbox;

/// The host and the call that it has made, from which everything else is reached. A raw pointer keeps
/// it on its thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'c> {
    pub host: &'c abi::Host,
    pub call: *mut abi::Call,
}

impl<'c> Context<'c> {
    /// The bytes that the host has lent for the call.
    pub fn borrow(self, bytes: Bytes) -> &'c [u8] {
        if bytes.data.is_null() || bytes.length == 0 {
            return &[];
        }
        // SAFETY: the host lends what it returns for as long as the call lasts, which is `'c`.
        unsafe { std::slice::from_raw_parts(bytes.data, bytes.length) }
    }

    /// What a function of the host returned, as a result.
    pub fn check(self, status: i32) -> Result<(), Error> {
        if status == abi::OK { Ok(()) } else { Err(Error::of_host(status)) }
    }

    /// A value, where the host returned one.
    pub fn value(self, handle: Handle) -> Option<Value<'c>> {
        (handle != 0).then_some(Value { context: self, handle })
    }

    /// Makes `data` a value of the host.
    pub fn make(self, data: &Data) -> Handle {
        let Context { host, call } = self;
        // SAFETY: the call lasts, and what is pointed to lives until each function has returned.
        unsafe {
            match data {
                Data::Nil => (host.make_nil)(call),
                Data::Bool(value) => (host.make_bool)(call, i32::from(*value)),
                Data::Int(value) => (host.make_int)(call, *value),
                Data::Float(value) => (host.make_float)(call, *value),
                Data::Text(text) => (host.make_text)(call, Bytes::of(text.as_bytes())),
                Data::Bytes(bytes) => (host.make_bytes)(call, Bytes::of(bytes)),
                Data::List(list) => {
                    let values: Vec<_> = list.iter().map(|value| self.make(value)).collect();
                    (host.make_list)(call, values.as_ptr(), values.len())
                }
                Data::Map(map) => {
                    let keys: Vec<_> =
                        map.iter().map(|(key, _)| Bytes::of(key.as_bytes())).collect();
                    let values: Vec<_> = map.iter().map(|(_, value)| self.make(value)).collect();
                    (host.make_map)(call, keys.as_ptr(), values.as_ptr(), values.len())
                }
            }
        }
    }
}

/// A value of the host, for as long as the call lasts.
#[derive(Clone, Copy, Debug)]
pub struct Value<'c> {
    pub(crate) context: Context<'c>,
    pub(crate) handle: Handle,
}

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Nil,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// Any other number.
    Float,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A list.
    List,
    /// A map, or an object with fields.
    Map,
}

/// Calls a function of the host with the value.
macro_rules! ask {
    ($value:expr, $function:ident $(, $argument:expr)*) => {{
        let value = $value;
        // SAFETY: the call lasts for `'c`, and what is pointed to lives until the function has returned.
        unsafe { (value.context.host.$function)(value.context.call, value.handle $(, $argument)*) }
    }};
}

impl<'c> Value<'c> {
    /// What kind it is.
    pub fn kind(self) -> Kind {
        match ask!(self, value_kind) {
            abi::KIND_BOOL => Kind::Bool,
            abi::KIND_INT => Kind::Int,
            abi::KIND_FLOAT => Kind::Float,
            abi::KIND_TEXT => Kind::Text,
            abi::KIND_BYTES => Kind::Bytes,
            abi::KIND_LIST => Kind::List,
            abi::KIND_MAP => Kind::Map,
            _ => Kind::Nil,
        }
    }

    /// The truth that it is.
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| ask!(self, value_bool) != 0)
    }

    /// The whole number that it is.
    pub fn as_int(self) -> Option<i64> {
        (self.kind() == Kind::Int).then(|| ask!(self, value_int))
    }

    /// The number that it is.
    pub fn as_float(self) -> Option<f64> {
        matches!(self.kind(), Kind::Int | Kind::Float).then(|| ask!(self, value_float))
    }

    /// The text that it is.
    pub fn as_str(self) -> Option<&'c str> {
        if self.kind() != Kind::Text {
            return None;
        }
        std::str::from_utf8(self.context.borrow(ask!(self, value_bytes))).ok()
    }

    /// The bytes that it is, also of text.
    pub fn as_bytes(self) -> Option<&'c [u8]> {
        matches!(self.kind(), Kind::Text | Kind::Bytes)
            .then(|| self.context.borrow(ask!(self, value_bytes)))
    }

    /// How many a list or a map has.
    pub fn len(self) -> usize {
        ask!(self, value_length)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The element at `index` of a list or a map.
    pub fn index(self, index: usize) -> Option<Value<'c>> {
        self.context.value(ask!(self, value_index, index))
    }

    /// What a map has at `key`.
    pub fn get(self, key: &str) -> Option<Value<'c>> {
        self.context.value(ask!(self, value_key, Bytes::of(key.as_bytes())))
    }

    /// The elements of a list or a map.
    pub fn iter(self) -> impl Iterator<Item = Value<'c>> {
        (0..self.len()).filter_map(move |index| self.index(index))
    }

    /// Keys and values of a map.
    pub fn entries(self) -> impl Iterator<Item = (&'c str, Value<'c>)> {
        (0..self.len()).filter_map(move |index| {
            let key = self.context.borrow(ask!(self, value_key_at, index));
            Some((std::str::from_utf8(key).ok()?, self.index(index)?))
        })
    }

    /// The value as JSON.
    pub fn to_json(self) -> &'c str {
        std::str::from_utf8(self.context.borrow(ask!(self, value_to_json))).unwrap_or_default()
    }

    /// A copy that outlives the call. Of an object of the host, such as a page, that is too much: its
    /// fields are asked for by name.
    pub fn to_data(self) -> Data {
        match self.kind() {
            Kind::Nil => Data::Nil,
            Kind::Bool => Data::Bool(self.as_bool().unwrap_or_default()),
            Kind::Int => Data::Int(self.as_int().unwrap_or_default()),
            Kind::Float => Data::Float(self.as_float().unwrap_or_default()),
            Kind::Text => Data::Text(self.as_str().unwrap_or_default().to_owned()),
            Kind::Bytes => Data::Bytes(self.as_bytes().unwrap_or_default().to_owned()),
            Kind::List => Data::List(self.iter().map(Value::to_data).collect()),
            Kind::Map => Data::Map(
                self.entries().map(|(key, value)| (key.to_owned(), value.to_data())).collect(),
            ),
        }
    }
}

/// A value of the plugin's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Data {
    /// Nothing.
    #[default]
    Nil,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Data>),
    /// A map, in this order.
    Map(Vec<(String, Data)>),
}

impl Data {
    /// What a map has at `key`.
    pub fn get(&self, key: &str) -> Option<&Data> {
        match self {
            Self::Map(map) => map.iter().find(|(own, _)| own == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text that it is.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A map of these.
    pub fn map<K: Into<String>, V: Into<Data>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

macro_rules! from {
    ($($type:ty => $make:expr),* $(,)?) => {
        $(impl From<$type> for Data {
            fn from(value: $type) -> Self {
                $make(value)
            }
        })*
    };
}

from! {
    bool => Data::Bool,
    i64 => Data::Int,
    i32 => |value| Data::Int(i64::from(value)),
    u32 => |value| Data::Int(i64::from(value)),
    usize => |value| i64::try_from(value).map_or(Data::Nil, Data::Int),
    f64 => Data::Float,
    String => Data::Text,
    &str => |value: &str| Data::Text(value.to_owned()),
    Vec<u8> => Data::Bytes,
    Vec<Data> => Data::List,
}

/// Positional and named arguments of a filter or a tag.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'c> {
    pub(crate) context: Context<'c>,
    pub(crate) positional: &'c [Handle],
    pub(crate) named: Handle,
}

impl<'c> Arguments<'c> {
    /// The positional argument at `index`, from 0.
    pub fn index(&self, index: usize) -> Option<Value<'c>> {
        self.context.value(*self.positional.get(index)?)
    }

    /// The named argument `key`.
    pub fn get(&self, key: &str) -> Option<Value<'c>> {
        self.context.value(self.named)?.get(key)
    }

    /// Says that the file at `path` was read for the result, or looked for in vain.
    ///
    /// # Errors
    /// None that the plugin need look at: the host keeps them.
    pub fn declare_input(&self, path: &str) -> Result<(), Error> {
        Outbox { context: self.context }.declare_input(path)
    }

    /// Prints a line.
    pub fn log(&self, line: &str) {
        Outbox { context: self.context }.log(line);
    }
}
