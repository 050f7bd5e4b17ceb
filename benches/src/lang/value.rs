//! The values of a program.

use std::borrow::Borrow;
use std::fs::File;
use std::net::UdpSocket;
use std::sync::Arc;

use indexmap::{Equivalent, IndexMap};
use rustc_hash::FxBuildHasher;

use super::semaphore::Semaphore;
use super::threads::Thread;
use super::world::World;

/// A value: a small one, or a handle of a shared object. All payloads are as large as a pointer, so
/// that a value is two words that compilers keep in registers.
pub(super) enum Value<W: World> {
    Nil,
    False,
    True,
    Int(i64),
    Text(W::Ref<Box<str>>),
    List(W::Ref<List<W>>),
    Dict(W::Ref<Dict<W>>),
    Buffer(W::Ref<Box<[u8]>>),
    /// A function of the program.
    Function(usize),
    Thread(W::Ref<Arc<Thread<W>>>),
    Socket(W::Ref<UdpSocket>),
    File(W::Ref<File>),
    Semaphore(W::Ref<Semaphore>),
}

pub(super) struct List<W: World>(pub W::Cell<Vec<Value<W>>>);

pub(super) struct Dict<W: World>(pub W::Cell<Entries<W>>);

pub(super) type Entries<W> = IndexMap<Key, Value<W>, FxBuildHasher>;

/// The key of a dictionary's entry.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key {
    Int(i64),
    Text(Box<str>),
}

/// A key for a look-up only.
#[derive(Hash)]
pub(super) enum KeyRef<'a> {
    Int(i64),
    Text(&'a str),
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        match (self, key) {
            (Self::Int(left), Key::Int(right)) => left == right,
            (Self::Text(left), Key::Text(right)) => *left == right.borrow() as &str,
            _ => false,
        }
    }
}

impl KeyRef<'_> {
    pub(super) fn to_key(&self) -> Key {
        match self {
            Self::Int(value) => Key::Int(*value),
            Self::Text(text) => Key::Text((*text).into()),
        }
    }
}

impl<W: World> Value<W> {
    #[inline]
    pub(super) fn bool(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    pub(super) fn text(text: impl Into<Box<str>>) -> Self {
        Self::Text(W::make(text.into()))
    }

    pub(super) fn list(values: Vec<Self>) -> Self {
        Self::List(W::make(List(W::cell(values))))
    }

    /// A dictionary of counts.
    pub(super) fn counts<const N: usize>(counts: [(&str, u64); N]) -> Self {
        let count = |count| Self::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let entries = counts.map(|(name, value)| (Key::Text(name.into()), count(value)));
        Self::Dict(W::make(Dict(W::cell(entries.into_iter().collect()))))
    }

    /// Another handle of the same value.
    #[inline]
    pub(super) fn share(&self, token: &W::Token) -> Self {
        match self {
            Self::Nil => Self::Nil,
            Self::False => Self::False,
            Self::True => Self::True,
            Self::Int(value) => Self::Int(*value),
            Self::Text(object) => Self::Text(W::share(object, token)),
            Self::List(object) => Self::List(W::share(object, token)),
            Self::Dict(object) => Self::Dict(W::share(object, token)),
            Self::Buffer(object) => Self::Buffer(W::share(object, token)),
            Self::Function(number) => Self::Function(*number),
            Self::Thread(object) => Self::Thread(W::share(object, token)),
            Self::Socket(object) => Self::Socket(W::share(object, token)),
            Self::File(object) => Self::File(W::share(object, token)),
            Self::Semaphore(object) => Self::Semaphore(W::share(object, token)),
        }
    }

    /// What kind of value it is, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::False | Self::True => "a bool",
            Self::Int(_) => "an int",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Buffer(_) => "a buffer",
            Self::Function(_) => "a function",
            Self::Thread(_) => "a thread",
            Self::Socket(_) => "a socket",
            Self::File(_) => "a file",
            Self::Semaphore(_) => "a semaphore",
        }
    }

    /// As a dictionary's key, if possible.
    pub(super) fn key(&self) -> Result<KeyRef<'_>, String> {
        match self {
            Self::Int(value) => Ok(KeyRef::Int(*value)),
            Self::Text(text) => Ok(KeyRef::Text(text)),
            other => Err(format!("{} cannot be a key; ints and texts can", other.kind())),
        }
    }
}

/// The nesting at which printing and comparing stop: a list may contain itself.
const DEPTH_MAX: usize = 50;

impl<W: World> Value<W> {
    /// The value as a text.
    pub(super) fn show(&self, token: &W::Token, names: &[String]) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            other => other.show_inside(token, names, 0),
        }
    }

    fn show_inside(&self, token: &W::Token, names: &[String], depth: usize) -> String {
        if depth == DEPTH_MAX {
            return "...".to_owned();
        }
        let inside = |value: &Self| value.show_inside(token, names, depth + 1);
        match self {
            Self::Nil => "nil".to_owned(),
            Self::False => "false".to_owned(),
            Self::True => "true".to_owned(),
            Self::Int(value) => value.to_string(),
            Self::Text(text) => format!("{:?}", &***text),
            Self::List(list) => {
                let values: Vec<_> = list.snapshot(token).iter().map(inside).collect();
                format!("[{}]", values.join(", "))
            }
            Self::Dict(dict) => {
                let entry = |(key, value): &(Key, Self)| match key {
                    Key::Int(key) => format!("{key}: {}", inside(value)),
                    Key::Text(key) => format!("{key:?}: {}", inside(value)),
                };
                let entries: Vec<_> = dict.snapshot(token).iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Self::Buffer(buffer) => format!("<buffer of {} bytes>", buffer.len()),
            Self::Function(number) => format!("<function {}>", names[*number]),
            Self::Thread(_) => "<thread>".to_owned(),
            Self::Socket(_) => "<socket>".to_owned(),
            Self::File(_) => "<file>".to_owned(),
            Self::Semaphore(_) => "<semaphore>".to_owned(),
        }
    }

    /// Whether two values are equal: lists and dictionaries by their contents.
    pub(super) fn equals(&self, other: &Self, token: &W::Token) -> bool {
        self.equals_inside(other, token, 0)
    }

    fn equals_inside(&self, other: &Self, token: &W::Token, depth: usize) -> bool {
        let inside = |left: &Self, right: &Self| {
            depth < DEPTH_MAX && left.equals_inside(right, token, depth + 1)
        };
        match (self, other) {
            (Self::Nil, Self::Nil) | (Self::False, Self::False) | (Self::True, Self::True) => true,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => **left == **right,
            (Self::Buffer(left), Self::Buffer(right)) => **left == **right,
            (Self::Function(left), Self::Function(right)) => left == right,
            (Self::Thread(left), Self::Thread(right)) => W::is_same(left, right),
            (Self::Socket(left), Self::Socket(right)) => W::is_same(left, right),
            (Self::File(left), Self::File(right)) => W::is_same(left, right),
            (Self::Semaphore(left), Self::Semaphore(right)) => W::is_same(left, right),
            (Self::List(left), Self::List(right)) => {
                W::is_same(left, right) || {
                    let (left, right) = (left.snapshot(token), right.snapshot(token));
                    left.len() == right.len()
                        && left.iter().zip(&right).all(|(left, right)| inside(left, right))
                }
            }
            (Self::Dict(left), Self::Dict(right)) => {
                W::is_same(left, right) || {
                    let (left, right) = (left.snapshot(token), right.snapshot(token));
                    let right: Entries<W> = right.into_iter().collect();
                    let same = |(key, value): &(Key, Self)| {
                        right.get(key).is_some_and(|other| inside(value, other))
                    };
                    left.len() == right.len() && left.iter().all(same)
                }
            }
            _ => false,
        }
    }
}

impl<W: World> List<W> {
    /// Handles of all elements, at one moment.
    pub(super) fn snapshot(&self, token: &W::Token) -> Vec<Value<W>> {
        W::read(&self.0, token, |values, token| values.iter().map(|v| v.share(token)).collect())
    }
}

impl<W: World> Dict<W> {
    /// All entries, at one moment.
    pub(super) fn snapshot(&self, token: &W::Token) -> Vec<(Key, Value<W>)> {
        W::read(&self.0, token, |entries, token| {
            entries.iter().map(|(key, value)| (key.clone(), value.share(token))).collect()
        })
    }
}
