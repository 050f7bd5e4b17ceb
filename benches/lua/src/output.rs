//! Where programs print to.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a program prints to.
#[derive(Clone, Debug)]
pub enum Output {
    /// Standard output.
    Standard,
    /// A text in memory.
    Memory(Arc<Mutex<Vec<u8>>>),
}

impl Output {
    /// An empty text in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// What has been printed into memory.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Standard => String::new(),
            Self::Memory(bytes) => {
                let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                String::from_utf8_lossy(&bytes).into_owned()
            }
        }
    }

    /// Prints.
    pub(crate) fn print(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Standard => {
                let mut output = io::stdout().lock();
                output.write_all(bytes)?;
                output.flush()
            }
            Self::Memory(all) => {
                all.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}
