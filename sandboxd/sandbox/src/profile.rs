//! What a program finds in its interpreter: the profiles, as data. Each has a template of its own, which imports
//! the profile's modules before any program exists; a slot's zygote is a copy of one profile's template.
//!
//! A profile changes what is loaded, and nothing about limits, identity, files or system calls.

use serde::{Deserialize, Serialize};

/// A profile. Its number in messages is its place here.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Profile {
    /// The standard library.
    #[default]
    Python,
    /// numpy, pandas and matplotlib besides.
    Science,
}

/// What makes a profile.
struct Data {
    name: &'static str,
    /// Imported in the template by the runner's module of the profile's name; none for the standard library.
    modules: &'static [&'static str],
    /// Besides what all interpreters have.
    environment: &'static [&'static str],
}

/// In the order of [`Profile::ALL`].
const DATA: [Data; Profile::COUNT] = [
    Data {
        name: "python",
        modules: &[],
        environment: &[],
    },
    Data {
        name: "science",
        modules: &[
            "numpy",
            "numpy.fft",
            "numpy.linalg",
            "numpy.ma",
            "numpy.polynomial",
            "numpy.random",
            "pandas",
            "matplotlib.pyplot",
            "matplotlib.backends.backend_agg",
            "matplotlib.backends.backend_svg",
        ],
        environment: &[
            // The wheels; interpreters that a program starts find them too.
            "PYTHONPATH=/usr/lib/coderunner/science",
            // A template that is copied must have one thread, and a run has half a core.
            "OPENBLAS_NUM_THREADS=1",
            // Ours: runner/science/coderunner_figures.py.
            "MPLBACKEND=module://coderunner_figures",
            // For interpreters that a program starts: the one place where they can write that is not the
            // program's own.
            "MPLCONFIGDIR=/tmp/matplotlib",
        ],
    },
];

impl Profile {
    /// How many there are.
    pub const COUNT: usize = 2;
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [Self::Python, Self::Science];

    /// The profile of that name; the empty name is the standard library's. `None` when there is none.
    pub fn parse(name: &str) -> Option<Self> {
        if name.is_empty() {
            return Some(Self::default());
        }
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.data().name
    }

    /// Its place among all.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Modules that its template imports besides those that all templates do.
    pub fn modules(self) -> &'static [&'static str] {
        self.data().modules
    }

    /// Environment variables of its interpreters besides those that all have, as NAME=value.
    pub fn environment(self) -> &'static [&'static str] {
        self.data().environment
    }

    /// What its template is told: its name and its modules, with blanks between.
    pub(crate) fn message(self) -> Vec<u8> {
        let words = [self.name()]
            .into_iter()
            .chain(self.modules().iter().copied());
        words.collect::<Vec<_>>().join(" ").into_bytes()
    }

    fn data(self) -> &'static Data {
        &DATA[self.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_profiles() {
        for (index, profile) in Profile::ALL.into_iter().enumerate() {
            assert_eq!(profile.index(), index);
            assert_eq!(Profile::parse(profile.name()), Some(profile));
        }
        assert_eq!(Profile::parse(""), Some(Profile::Python));
        for unknown in ["Science", "science ", "pypy"] {
            assert_eq!(Profile::parse(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn a_template_is_told_its_name_and_its_modules() {
        assert_eq!(Profile::Python.message(), b"python");
        let message = String::from_utf8(Profile::Science.message()).expect("words");
        assert!(message.starts_with("science numpy "), "{message}");
        // The template reads it in one piece.
        assert!(message.len() < 4096);
    }
}
