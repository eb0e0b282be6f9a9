//! Sentences, whose keys the compiler looks up (`usher::words`).

/// The key of a sentence that is there.
macro_rules! key {
    ($key:literal) => {
        const { usher::words::Key::new($key) }
    };
}

pub(crate) use key;
