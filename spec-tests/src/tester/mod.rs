//! The command-line tester: the cases of [`crate::cases`] over sockets, against any implementation.

mod accept;
mod args;
mod connect;
mod obedient;
mod report;
mod run;
mod socket;
mod strict;
#[cfg(feature = "tls")]
pub mod tls;

use std::process::ExitCode;

use args::{Command, USAGE};

/// Runs the tester with the arguments of the command line, the program's name not among them. The exit code is 0 if
/// no case ended in a violation (in a strict run: in anything that its list does not name), 1 if one did or the target
/// cannot be reached, 2 if the arguments are wrong.
pub fn main(arguments: impl Iterator<Item = String>) -> ExitCode {
    let outcome = match args::parse(arguments) {
        Ok(Command::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Command::List(options)) => {
            report::list(&run::selected(&options));
            return ExitCode::SUCCESS;
        }
        Ok(Command::Server(options)) => connect::test_server(&options),
        Ok(Command::Obedient(options)) => obedient::test(&options),
        Ok(Command::Client(options)) => accept::test_client(&options),
        Err(problem) => {
            eprintln!("bywash-spec-tests: {problem}; try --help");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("bywash-spec-tests: {problem}");
            ExitCode::from(1)
        }
    }
}
