//! Arguments, clock and report of the binary `machine`, shared by all implementations.

use std::fmt;

/// A case of the bench.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// The server's half: GETs in batches, answered.
    Srv,
    /// Client and server.
    Xchg,
    /// DATA frames received.
    Data,
    /// WINDOW_UPDATE frames received.
    Ctl,
    /// Connections with one GET each.
    Conn,
    /// `Srv` with the recorded heads and their bodies.
    Real,
}

impl Mode {
    /// All modes, in the order of the tables.
    pub const ALL: [Self; 6] = [
        Self::Srv,
        Self::Xchg,
        Self::Data,
        Self::Ctl,
        Self::Conn,
        Self::Real,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Srv => "srv",
            Self::Xchg => "xchg",
            Self::Data => "data",
            Self::Ctl => "ctl",
            Self::Conn => "conn",
            Self::Real => "real",
        }
    }
}

/// What to run: `N` operations, `BATCH` of them fed at a time, with bodies or frames of `SIZE` bytes.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// The case.
    pub mode: Mode,
    /// Operations; at least 1.
    pub n: u64,
    /// Operations fed in one buffer; at least 1.
    pub batch: usize,
    /// Body or frame size in bytes: at most 2^24, and at most 16 384 for `data`.
    pub size: usize,
}

/// Why the arguments are no task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadArguments(String);

impl fmt::Display for BadArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadArguments {}

impl Task {
    /// Reads `MODE N BATCH SIZE`.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub fn parse(arguments: &[String]) -> Result<Self, BadArguments> {
        let [mode, n, batch, size] = arguments else {
            return Err(BadArguments(
                "four arguments are needed: MODE N BATCH SIZE".into(),
            ));
        };
        let Some(mode) = Mode::ALL.into_iter().find(|known| known.name() == mode) else {
            return Err(BadArguments(format!("no such mode: {mode}")));
        };
        let number = |name: &str, text: &str, min: u64, max: u64| match text.parse() {
            Ok(value) if (min..=max).contains(&value) => Ok(value),
            _ => Err(BadArguments(format!(
                "{name} is a number from {min} to {max}, not {text}"
            ))),
        };
        let largest = if mode == Mode::Data { 16_384 } else { 1 << 24 };
        Ok(Self {
            mode,
            n: number("N", n, 1, 1 << 29)?,
            batch: number("BATCH", batch, 1, 1 << 16)? as usize,
            size: number("SIZE", size, 0, largest)? as usize,
        })
    }

    /// The sizes of the batches that make up `n`.
    pub fn batches(self) -> impl Iterator<Item = usize> {
        let (whole, rest) = (
            self.n / self.batch as u64,
            (self.n % self.batch as u64) as usize,
        );
        (0..whole)
            .map(move |_| self.batch)
            .chain((rest > 0).then_some(rest))
    }
}

/// What a run cost and gave.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// CPU time of the process for the counted part, in nanoseconds.
    pub cpu_ns: u64,
    /// Bytes that the machines would have written.
    pub out_bytes: u64,
}

impl Outcome {
    /// The JSON line.
    #[must_use]
    pub fn line(self, name: &str, task: Task) -> String {
        let Task {
            mode,
            n,
            batch,
            size,
        } = task;
        let Self { cpu_ns, out_bytes } = self;
        format!(
            "{{\"impl\":\"{name}\",\"mode\":\"{}\",\"n\":{n},\"batch\":{batch},\"size\":{size},\"cpu_ns\":{cpu_ns},\
             \"ns_per_op\":{:.1},\"out_bytes\":{out_bytes}}}",
            mode.name(),
            cpu_ns as f64 / n as f64,
        )
    }
}

/// Measures CPU time.
pub struct Stopwatch(u64);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(cpu_ns())
    }

    /// Nanoseconds of CPU time since the start.
    #[must_use]
    pub fn stop(self) -> u64 {
        cpu_ns() - self.0
    }
}

/// CPU time of this process in nanoseconds.
fn cpu_ns() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a timespec to write to, and the clock exists on every Linux.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut now) };
    assert_eq!(result, 0, "no CPU clock");
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_runs() {
        type Run = fn(Task) -> Outcome;
        let implementations: &[Run] = &[
            crate::machine::run,
            #[cfg(feature = "rivals")]
            crate::rivals::h2_machine::run,
        ];
        for run in implementations {
            for mode in Mode::ALL {
                let task = Task {
                    mode,
                    n: 100,
                    batch: 7,
                    size: 5000,
                };
                let Outcome { out_bytes, .. } = run(task);
                assert_eq!(
                    out_bytes == 0,
                    matches!(mode, Mode::Data | Mode::Ctl),
                    "{mode:?}"
                );
                if mode == Mode::Srv {
                    assert!(out_bytes > 100 * 5000 && out_bytes < 100 * 5100);
                }
            }
        }
    }

    fn parse(line: &str) -> Result<Task, BadArguments> {
        Task::parse(&line.split(' ').map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_checked() {
        assert_eq!(
            parse("srv 250 100 12")
                .unwrap()
                .batches()
                .collect::<Vec<_>>(),
            [100, 100, 50]
        );
        for bad in [
            "srv",
            "srv 0 1 1",
            "srv 1 0 1",
            "fly 1 1 1",
            "data 1 1 16385",
            "srv x 1 1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_line_is_json_of_the_agreed_keys() {
        let task = parse("srv 10 5 12").unwrap();
        let line = Outcome {
            cpu_ns: 1234,
            out_bytes: 370,
        }
        .line("bywash", task);
        assert_eq!(
            line,
            "{\"impl\":\"bywash\",\"mode\":\"srv\",\"n\":10,\"batch\":5,\"size\":12,\"cpu_ns\":1234,\
             \"ns_per_op\":123.4,\"out_bytes\":370}"
        );
    }
}
