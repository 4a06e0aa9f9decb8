//! `machine [--impl NAME] MODE N BATCH SIZE`: one case of the bench, one JSON line.

use bywash_benches::run::{Outcome, Task};
use std::process::ExitCode;

type Run = fn(Task) -> Outcome;

/// The implementations built in.
const KNOWN: &[(&str, Run)] = &[
    ("bywash", bywash_benches::machine::run),
    #[cfg(feature = "rivals")]
    ("h2", bywash_benches::rivals::h2_machine::run),
];

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut name = String::from("bywash");
    if arguments.first().is_some_and(|first| first == "--impl") && arguments.len() > 1 {
        name = arguments.remove(1);
        arguments.remove(0);
    }
    match run(&name, &arguments) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!(
                "machine: {why}; usage: machine [--impl NAME] srv|xchg|data|ctl|conn|real N BATCH SIZE"
            );
            ExitCode::from(2)
        }
    }
}

fn run(name: &str, arguments: &[String]) -> Result<String, String> {
    let task = Task::parse(arguments).map_err(|error| error.to_string())?;
    let known = KNOWN.iter().find(|known| known.0 == name);
    let (_, run) =
        known.ok_or_else(|| format!("{name} is not built in (rivals need --features rivals)"))?;
    Ok(run(task).line(name, task))
}
