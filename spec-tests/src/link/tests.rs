use quickcheck::{TestResult, quickcheck};

use super::*;

fn read_all(link: &mut Link, end: End) -> (Vec<Vec<u8>>, Read) {
    let mut pieces = Vec::new();
    let mut buffer = [0; 64];
    loop {
        match link.read(end, &mut buffer) {
            Read::Octets(count) => pieces.push(buffer[..count].to_vec()),
            other => return (pieces, other),
        }
    }
}

fn config(split: Split, delay: u64, capacity: usize) -> PipeConfig {
    PipeConfig {
        split,
        delay: delay..=delay,
        capacity,
    }
}

#[test]
fn pieces_are_as_told() {
    let mut link = Link::asymmetric(
        config(Split::Sizes(vec![2, 1]), 0, usize::MAX),
        config(Split::Fixed(0), 0, usize::MAX),
        1,
    );
    assert_eq!(link.write(End::A, b"abcdefg"), Ok(7));
    assert_eq!(link.write(End::B, b"xy"), Ok(2));
    let pieces: Vec<Vec<u8>> = [&b"ab"[..], b"c", b"de", b"f", b"g"]
        .map(<[u8]>::to_vec)
        .to_vec();
    assert_eq!(read_all(&mut link, End::B), (pieces, Read::Pending));
    assert_eq!(
        read_all(&mut link, End::A),
        (vec![b"x".to_vec(), b"y".to_vec()], Read::Pending)
    );
    let mut small = [0; 1];
    link.write(End::A, b"hi").unwrap();
    assert_eq!(
        (link.read(End::B, &mut small), small),
        (Read::Octets(1), *b"h")
    );
    assert_eq!(
        (link.read(End::B, &mut small), small),
        (Read::Octets(1), *b"i")
    );
}

#[test]
fn octets_arrive_after_the_delay_and_fin_behind_them() {
    let mut link = Link::new(config(Split::Whole, 10, usize::MAX), 1);
    assert_eq!(link.next_event_time(), None);
    link.write(End::A, b"a").unwrap();
    link.advance_to(4);
    link.finish(End::A);
    assert_eq!(link.write(End::A, b"b"), Err(WriteError::Finished));
    assert_eq!(link.next_event_time(), Some(10));
    assert_eq!(read_all(&mut link, End::B), (vec![], Read::Pending));
    link.advance_to(10);
    assert_eq!(
        read_all(&mut link, End::B),
        (vec![b"a".to_vec()], Read::Pending)
    );
    assert_eq!(link.next_event_time(), Some(14));
    link.advance_to(14);
    link.advance_to(3); // the clock never goes back
    assert_eq!(read_all(&mut link, End::B), (vec![], Read::Fin));
    assert_eq!(link.write(End::B, b"other half"), Ok(10));
}

#[test]
fn a_full_link_takes_a_part() {
    let mut link = Link::new(config(Split::Whole, 0, 3), 1);
    assert_eq!(link.write(End::A, b"abcd"), Ok(3));
    assert_eq!(
        (link.write(End::A, b"d"), link.writable(End::A)),
        (Ok(0), 0)
    );
    assert_eq!(link.read(End::B, &mut [0; 2]), Read::Octets(2));
    assert_eq!(link.writable(End::A), 2);
    assert_eq!(link.write(End::A, b"def"), Ok(2));
    assert_eq!(
        (
            link.outgoing(End::A).written(),
            link.outgoing(End::A).delivered()
        ),
        (5, 2)
    );
}

#[test]
fn a_stall_holds_all_until_it_ends() {
    let mut link = Link::new(PipeConfig::default(), 1);
    link.outgoing(End::A).stall();
    link.write(End::A, b"a").unwrap();
    link.finish(End::A);
    assert_eq!(link.next_event_time(), None);
    assert_eq!(read_all(&mut link, End::B), (vec![], Read::Pending));
    link.outgoing(End::A).stall_until(7);
    assert_eq!(link.next_event_time(), Some(7));
    link.advance_to(7);
    assert_eq!(
        read_all(&mut link, End::B),
        (vec![b"a".to_vec()], Read::Fin)
    );
    link.outgoing(End::B).stall();
    link.write(End::B, b"b").unwrap();
    link.outgoing(End::B).resume();
    assert_eq!(read_all(&mut link, End::A).0, [b"b".to_vec()]);
}

#[test]
fn a_cut_loses_what_was_not_read() {
    let mut link = Link::new(config(Split::Fixed(1), 0, usize::MAX), 1);
    link.write(End::A, b"ab").unwrap();
    link.write(End::B, b"xy").unwrap();
    assert_eq!(link.read(End::B, &mut [0; 9]), Read::Octets(1));
    link.cut();
    for end in [End::A, End::B] {
        assert_eq!(read_all(&mut link, end), (vec![], Read::Reset));
        assert_eq!(link.write(end, b"c"), Err(WriteError::Reset));
    }
}

#[test]
fn a_reset_travels_to_the_other_end() {
    let mut link = Link::new(config(Split::Whole, 5, usize::MAX), 1);
    link.write(End::A, b"lost").unwrap();
    link.reset(End::A);
    assert_eq!(read_all(&mut link, End::A).1, Read::Reset);
    assert_eq!(read_all(&mut link, End::B).1, Read::Pending);
    link.advance_to(5);
    assert_eq!(read_all(&mut link, End::B), (vec![], Read::Reset));
}

/// Writes and reads by chance until all is through or nothing moves: what came, and the last answer of the reader.
fn run(
    config: PipeConfig,
    seed: u64,
    octets: &[u8],
    finish: bool,
    cut_at: Option<usize>,
) -> (Vec<u8>, Read, u64) {
    let mut link = Link::new(config, seed);
    let mut rng = Rng::new(!seed);
    let (mut sent, mut got, mut buffer) = (0, Vec::new(), [0; 32]);
    let mut finished = false;
    loop {
        if cut_at.is_some_and(|at| got.len() >= at) {
            link.cut();
        }
        let mut moved = false;
        if sent < octets.len() && link.writable(End::A) > 0 {
            let to = octets.len().min(sent + rng.range(1, 50) as usize);
            sent += link.write(End::A, &octets[sent..to]).unwrap();
            moved = true;
        }
        if sent == octets.len() && finish && !finished {
            link.finish(End::A);
            finished = true;
        }
        let room = rng.range(1, 32) as usize;
        let read = link.read(End::B, &mut buffer[..room]);
        match read {
            Read::Octets(count) => got.extend_from_slice(&buffer[..count]),
            Read::Fin | Read::Reset => return (got, read, link.now()),
            Read::Pending => match link.next_event_time() {
                Some(time) => link.advance_to(time),
                None if moved => {}
                None => return (got, read, link.now()),
            },
        }
    }
}

quickcheck! {
    fn all_octets_come_in_order_and_fin_last(seed: u64, octets: Vec<u8>) -> bool {
        let config = PipeConfig::random(&mut Rng::new(seed));
        let (got, last, _) = run(config, seed, &octets, true, None);
        got == octets && last == Read::Fin
    }

    fn without_fin_the_reader_waits(seed: u64, octets: Vec<u8>) -> bool {
        let config = PipeConfig::random(&mut Rng::new(seed));
        let (got, last, _) = run(config, seed, &octets, false, None);
        got == octets && last == Read::Pending
    }

    fn a_cut_leaves_a_prefix(seed: u64, octets: Vec<u8>, at: usize) -> TestResult {
        if octets.is_empty() {
            return TestResult::discard();
        }
        let at = at % octets.len();
        let config = PipeConfig::random(&mut Rng::new(seed));
        let (got, last, _) = run(config, seed, &octets, true, Some(at));
        TestResult::from_bool(last == Read::Reset && got.len() >= at && octets.starts_with(&got))
    }

    fn the_same_seed_gives_the_same_run(seed: u64, octets: Vec<u8>) -> bool {
        let config = PipeConfig::random(&mut Rng::new(seed));
        run(config.clone(), seed, &octets, true, None) == run(config, seed, &octets, true, None)
    }
}
