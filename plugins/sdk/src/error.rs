//! Why something of a plugin failed.

use std::fmt;

use crate::abi;

/// Why a stage, an observer or the like cannot go on: the build is cancelled. What is wrong with one
/// page is a [`crate::Diagnostic`] and no error.
#[derive(Debug)]
pub struct Error(Reason);

#[derive(Debug)]
enum Reason {
    Own(String),
    /// The host has refused something, and knows why.
    Host(i32),
}

impl Error {
    /// An error of that message.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(Reason::Own(message.to_string()))
    }

    pub(crate) fn of_host(status: i32) -> Self {
        Self(Reason::Host(status))
    }

    /// What the callback returns, and what it says of it.
    pub(crate) fn into_status(self) -> (i32, Option<String>) {
        match self.0 {
            Reason::Own(message) => (abi::FAILED, Some(message)),
            Reason::Host(status) => (status, None),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Own(message) => f.write_str(message),
            Reason::Host(abi::CANCELLED) => f.write_str("the build was cancelled"),
            Reason::Host(_) => f.write_str("bengal refused it"),
        }
    }
}

impl std::error::Error for Error {}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}
