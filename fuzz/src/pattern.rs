//! What bodies are made of.

/// A repeating pattern, from which every body is cut: octet `n` of a stream's body is the same on both sides.
static PATTERN: [u8; 66_000] = pattern();

const PERIOD: usize = 251;

const fn pattern() -> [u8; 66_000] {
    let mut octets = [0; 66_000];
    let mut at = 0;
    while at < octets.len() {
        octets[at] = (at % PERIOD) as u8;
        at += 1;
    }
    octets
}

/// Octets `from` to `from + length` of what a stream carries; `length` is below 65 700.
pub(crate) fn body(stream: u32, from: u64, length: usize) -> &'static [u8] {
    let start = (from + 7 * u64::from(stream)) as usize % PERIOD;
    &PATTERN[start..start + length]
}
