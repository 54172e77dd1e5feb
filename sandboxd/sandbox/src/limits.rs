//! Limits of one run: what a request may ask, what applies when it asks nothing, and the part of
//! them that the kernel enforces.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Everything that bounds one run. Invariant: within the [`Ceilings`] that it was resolved against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time from the moment that the program starts.
    pub wall_time: Duration,
    /// CPU time of all its processes together.
    pub cpu_time: Duration,
    /// Memory of all its processes, tmpfs included.
    pub memory_bytes: u64,
    /// Bytes on each of standard output and standard error.
    pub output_bytes: u64,
    /// Processes and threads alive at one time.
    pub processes: u32,
    /// How long an interactive program may wait for input without that its wall-clock time passes.
    pub input_wait: Duration,
    /// Bytes of what it draws.
    pub drawing_bytes: u64,
}

/// What a request asks for; `None` takes the default.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// See [`Limits::wall_time`].
    pub wall_time: Option<Duration>,
    /// See [`Limits::cpu_time`].
    pub cpu_time: Option<Duration>,
    /// See [`Limits::memory_bytes`].
    pub memory_bytes: Option<u64>,
    /// See [`Limits::output_bytes`].
    pub output_bytes: Option<u64>,
    /// See [`Limits::processes`].
    pub processes: Option<u32>,
    /// See [`Limits::input_wait`].
    pub input_wait: Option<Duration>,
    /// See [`Limits::drawing_bytes`].
    pub drawing_bytes: Option<u64>,
}

/// The operator's defaults and the most that a request may ask for.
#[derive(Debug, Clone)]
pub struct Ceilings {
    /// Where a request asks nothing.
    pub defaults: Limits,
    /// No request gets more.
    pub most: Limits,
}

/// A wish outside the operator's range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be between {least} and {most}, not {wanted}")]
pub struct OutOfRange {
    /// Name of the field in the API.
    pub field: &'static str,
    /// The least allowed, with its unit.
    pub least: String,
    /// The most allowed, with its unit.
    pub most: String,
    /// What was asked, with its unit.
    pub wanted: String,
}

/// The least that any limit may be: enough for Python to start.
const LEAST: Limits = Limits {
    wall_time: Duration::from_millis(10),
    cpu_time: Duration::from_millis(10),
    memory_bytes: 16 << 20,
    output_bytes: 0,
    processes: 1,
    input_wait: Duration::ZERO,
    drawing_bytes: 0,
};

impl Ceilings {
    /// Fills in the defaults and checks each wish against the ceiling.
    ///
    /// # Errors
    /// The first wish that is out of range.
    pub fn resolve(&self, wishes: &Wishes) -> Result<Limits, OutOfRange> {
        let (defaults, most) = (&self.defaults, &self.most);
        let time =
            |field, wish: Option<Duration>, default: Duration, least: Duration, most: Duration| {
                let wanted = wish.unwrap_or(default);
                in_range(field, wanted, least, most, |value| {
                    format!("{} ms", value.as_millis())
                })
            };
        let bytes = |field, wish: Option<u64>, default, least, most| {
            in_range(field, wish.unwrap_or(default), least, most, |value| {
                format!("{value} bytes")
            })
        };
        let wall_time = time(
            "wall_time_limit",
            wishes.wall_time,
            defaults.wall_time,
            LEAST.wall_time,
            most.wall_time,
        )?;
        // CPU time that nobody asked for follows the wall-clock time.
        let cpu_default = defaults.cpu_time.max(wall_time).min(most.cpu_time);
        Ok(Limits {
            wall_time,
            cpu_time: time(
                "cpu_time_limit",
                wishes.cpu_time,
                cpu_default,
                LEAST.cpu_time,
                most.cpu_time,
            )?,
            memory_bytes: bytes(
                "memory_limit_bytes",
                wishes.memory_bytes,
                defaults.memory_bytes,
                LEAST.memory_bytes,
                most.memory_bytes,
            )?,
            output_bytes: bytes(
                "output_limit_bytes",
                wishes.output_bytes,
                defaults.output_bytes,
                LEAST.output_bytes,
                most.output_bytes,
            )?,
            processes: in_range(
                "process_limit",
                wishes.processes.unwrap_or(defaults.processes),
                LEAST.processes,
                most.processes,
                |value| value.to_string(),
            )?,
            input_wait: time(
                "input_wait_limit",
                wishes.input_wait,
                defaults.input_wait,
                LEAST.input_wait,
                most.input_wait,
            )?,
            drawing_bytes: bytes(
                "drawing_limit_bytes",
                wishes.drawing_bytes,
                defaults.drawing_bytes,
                LEAST.drawing_bytes,
                most.drawing_bytes,
            )?,
        })
    }
}

fn in_range<T: PartialOrd + Copy>(
    field: &'static str,
    wanted: T,
    least: T,
    most: T,
    show: impl Fn(T) -> String,
) -> Result<T, OutOfRange> {
    if wanted < least || wanted > most {
        return Err(OutOfRange {
            field,
            least: show(least),
            most: show(most),
            wanted: show(wanted),
        });
    }
    Ok(wanted)
}

/// The part of the limits that the kernel enforces, as the launcher is told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelLimits {
    /// Memory of the control group; swap is never allowed on top.
    pub memory_bytes: u64,
    /// Processes and threads, the sandbox's own first process not counted.
    pub processes: u32,
    /// Share of one core, in thousandths: 500 is half a core.
    pub cpu_millicores: u32,
    /// RLIMIT_CPU, a second line behind the CPU time read from the control group.
    pub cpu_seconds: u64,
    /// Size of the writable tmpfs.
    pub scratch_bytes: u64,
    /// Files and folders in it.
    pub scratch_inodes: u32,
    /// Largest single file (RLIMIT_FSIZE).
    pub file_bytes: u64,
    /// Open descriptors of one process (RLIMIT_NOFILE).
    pub open_files: u64,
}

impl KernelLimits {
    /// More than any operator can allow.
    pub const WIDEST: Self = Self {
        memory_bytes: 16 << 30,
        processes: 4096,
        cpu_millicores: 64_000,
        cpu_seconds: 600,
        scratch_bytes: 4 << 30,
        scratch_inodes: 1 << 20,
        file_bytes: 4 << 30,
        open_files: 65_536,
    };

    /// Refuses what is more than the operator allows, so that a hostile caller of the launcher can't widen a
    /// sandbox, and what is too little for any program.
    ///
    /// # Errors
    /// Names the first value out of range.
    pub fn check(&self, most: &Self) -> Result<(), OutOfRange> {
        let number = |field, value: u64, least: u64, most: u64| {
            in_range(field, value, least, most, |value| value.to_string()).map(|_| ())
        };
        number(
            "memory_bytes",
            self.memory_bytes,
            8 << 20,
            most.memory_bytes,
        )?;
        number("processes", self.processes.into(), 1, most.processes.into())?;
        number(
            "cpu_millicores",
            self.cpu_millicores.into(),
            10,
            most.cpu_millicores.into(),
        )?;
        number("cpu_seconds", self.cpu_seconds, 1, most.cpu_seconds)?;
        number(
            "scratch_bytes",
            self.scratch_bytes,
            1 << 16,
            most.scratch_bytes,
        )?;
        number(
            "scratch_inodes",
            self.scratch_inodes.into(),
            16,
            most.scratch_inodes.into(),
        )?;
        number("file_bytes", self.file_bytes, 1 << 16, most.file_bytes)?;
        number("open_files", self.open_files, 16, most.open_files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ceilings() -> Ceilings {
        let defaults = Limits {
            wall_time: Duration::from_secs(5),
            cpu_time: Duration::from_secs(5),
            memory_bytes: 128 << 20,
            output_bytes: 1 << 20,
            processes: 50,
            input_wait: Duration::from_secs(600),
            drawing_bytes: 4 << 20,
        };
        let most = Limits {
            wall_time: Duration::from_secs(30),
            cpu_time: Duration::from_secs(30),
            memory_bytes: 512 << 20,
            output_bytes: 16 << 20,
            processes: 200,
            input_wait: Duration::from_secs(600),
            drawing_bytes: 4 << 20,
        };
        Ceilings { defaults, most }
    }

    #[test]
    fn no_wishes_give_the_defaults() {
        assert_eq!(
            ceilings().resolve(&Wishes::default()),
            Ok(ceilings().defaults)
        );
    }

    #[test]
    fn the_kernels_limits_are_within_what_the_operator_allows() {
        let most = KernelLimits {
            memory_bytes: 512 << 20,
            ..KernelLimits::WIDEST
        };
        assert_eq!(most.check(&most), Ok(()));
        let wider = KernelLimits {
            memory_bytes: most.memory_bytes + 1,
            ..most.clone()
        };
        assert_eq!(
            wider.check(&most).expect_err("too much").field,
            "memory_bytes"
        );
        let wider = KernelLimits {
            processes: 4097,
            ..most.clone()
        };
        assert_eq!(wider.check(&most).expect_err("too many").field, "processes");
    }

    #[test]
    fn cpu_time_follows_a_longer_wall_time() {
        let wishes = Wishes {
            wall_time: Some(Duration::from_secs(15)),
            ..Wishes::default()
        };
        let limits = ceilings().resolve(&wishes).expect("in range");
        assert_eq!(limits.cpu_time, Duration::from_secs(15));
    }

    #[test]
    fn nothing_over_the_ceiling_or_under_the_least() {
        let too_much = [
            Wishes {
                wall_time: Some(Duration::from_secs(31)),
                ..Wishes::default()
            },
            Wishes {
                cpu_time: Some(Duration::from_secs(31)),
                ..Wishes::default()
            },
            Wishes {
                memory_bytes: Some(513 << 20),
                ..Wishes::default()
            },
            Wishes {
                memory_bytes: Some(1),
                ..Wishes::default()
            },
            Wishes {
                output_bytes: Some(u64::MAX),
                ..Wishes::default()
            },
            Wishes {
                processes: Some(201),
                ..Wishes::default()
            },
            Wishes {
                input_wait: Some(Duration::from_secs(601)),
                ..Wishes::default()
            },
            Wishes {
                drawing_bytes: Some((4 << 20) + 1),
                ..Wishes::default()
            },
            Wishes {
                processes: Some(0),
                ..Wishes::default()
            },
        ];
        for wishes in too_much {
            assert!(ceilings().resolve(&wishes).is_err(), "{wishes:?}");
        }
    }
}
