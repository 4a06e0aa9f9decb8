//! `heap [--impl NAME]`: heap and allocations of connections, one JSON line for each figure.

use bywash_benches::counting::Counting;
use bywash_benches::heap::Figure;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Figures = fn() -> Vec<Figure>;

const KNOWN: &[(&str, Figures)] = &[
    ("bywash", bywash_benches::heap::figures),
    #[cfg(feature = "rivals")]
    ("h2", bywash_benches::rivals::h2_heap::figures),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let name = match arguments[..] {
        [] => "bywash",
        ["--impl", name] => name,
        _ => "",
    };
    let Some((name, figures)) = KNOWN.iter().find(|known| known.0 == name) else {
        eprintln!("usage: heap [--impl bywash|h2] (h2 needs --features rivals)");
        return ExitCode::from(2);
    };
    for (figure, value) in figures() {
        println!("{{\"impl\":\"{name}\",\"figure\":\"{figure}\",\"value\":{value:.2}}}");
    }
    ExitCode::SUCCESS
}
