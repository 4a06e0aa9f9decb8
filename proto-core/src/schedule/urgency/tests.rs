use super::{LEVELS, Priority, SHARE, Store, Urgency, place};
use crate::stream::State;
use crate::vocabulary::StreamId;
use alloc::vec::Vec;

fn with(priorities: &[(u8, bool)]) -> (Store, Urgency, Vec<u32>) {
    let (mut store, mut urgency) = (Store::new(), Urgency::new());
    let slots = priorities.iter().enumerate().map(|(n, &(u, i))| {
        let id = StreamId::new(2 * n as u32 + 1);
        let slot = store.insert(id);
        store.at_mut(slot).open(id, State::Open, 0, 0, 0);
        store.at_mut(slot).priority = Priority::new(u, i);
        urgency.push(&mut store, slot);
        slot
    });
    let slots = slots.collect();
    (store, urgency, slots)
}

fn frames(store: &mut Store, urgency: &mut Urgency, n: usize) -> Vec<u32> {
    (0..n)
        .map(|_| {
            let slot = urgency.pick(store).unwrap();
            urgency.served(store, slot, 100, 100);
            slot
        })
        .collect()
}

#[test]
fn sequential_streams_go_one_after_the_other() {
    let (mut store, mut urgency, slots) = with(&[(3, false), (3, false)]);
    assert_eq!(frames(&mut store, &mut urgency, 3), [slots[0]; 3]);
    urgency.remove(&mut store, slots[0]);
    assert_eq!(urgency.pick(&store), Some(slots[1]));
    assert!(!urgency.is_empty());
    urgency.remove(&mut store, slots[1]);
    assert!(urgency.is_empty());
}

#[test]
fn incremental_streams_share_within_one_frame() {
    let (mut store, mut urgency, slots) = with(&[(3, true), (3, true), (3, true)]);
    let picked = frames(&mut store, &mut urgency, 31);
    for n in 1..=31 {
        let counts: Vec<_> = slots
            .iter()
            .map(|s| picked[..n].iter().filter(|p| *p == s).count())
            .collect();
        assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
    }
}

#[test]
fn urgent_first_but_nobody_starves() {
    let (mut store, mut urgency, slots) = with(&[(7, false), (0, false), (5, true)]);
    let picked = frames(&mut store, &mut urgency, 160);
    let count = |slot| picked.iter().filter(|&&p| p == slot).count();
    assert_eq!(count(slots[1]), 150);
    assert_eq!((count(slots[0]), count(slots[2])), (5, 5));
    assert_eq!(picked[0], slots[1]);
}

/// Whoever is alone is served past the order, so the other kind of the same urgency counts, and the same kind.
#[test]
fn alone_is_who_has_nobody_beside() {
    for (others, alone) in [
        (&[][..], true),
        (&[(3, false)], false),
        (&[(3, true)], false),
        (&[(4, true)], false),
    ] {
        for incremental in [false, true] {
            let all = [&[(3, incremental)], others].concat();
            let (mut store, mut urgency, slots) = with(&all);
            assert_eq!(urgency.is_alone(&store, slots[0]), alone, "{all:?}");
            for &other in &slots[1..] {
                assert!(!urgency.is_alone(&store, other), "{all:?}");
                urgency.remove(&mut store, other);
            }
            assert!(urgency.is_alone(&store, slots[0]), "{all:?}");
        }
    }
}

#[test]
fn every_ready_stream_is_served() {
    fn law(priorities: Vec<(u8, bool)>) -> bool {
        let priorities: Vec<_> = priorities.into_iter().map(|(u, i)| (u % 8, i)).collect();
        let (mut store, mut urgency, slots) = with(&priorities);
        let mut left = slots.len();
        // Each stream has one frame: all are served, and the lists end up empty.
        while let Some(slot) = urgency.pick(&store) {
            urgency.remove(&mut store, slot);
            left -= 1;
        }
        left == 0 && urgency.is_empty()
    }
    quickcheck::quickcheck(law as fn(_) -> bool);
}

#[test]
fn a_change_of_priority_moves_it() {
    let (mut store, mut urgency, slots) = with(&[(3, false), (3, false)]);
    urgency.set_priority(&mut store, slots[1], Priority::new(0, false));
    assert_eq!(urgency.pick(&store), Some(slots[1]));
}

#[test]
fn a_stream_that_left_may_come_back() {
    let (mut store, mut urgency, slots) = with(&[(3, true), (3, true), (3, true)]);
    for slot in [slots[1], slots[1], slots[0], slots[2]] {
        urgency.remove(&mut store, slot);
        urgency.remove(&mut store, slot);
    }
    assert!(urgency.is_empty());
    assert_eq!(urgency.pick(&store), None);
    for slot in [slots[2], slots[0], slots[2]] {
        urgency.push(&mut store, slot);
    }
    assert_eq!(
        frames(&mut store, &mut urgency, 4),
        [slots[2], slots[0], slots[2], slots[0]]
    );
}

#[test]
fn a_stream_out_of_the_lists_keeps_out_and_keeps_its_priority() {
    let (mut store, mut urgency, slots) = with(&[(3, false), (3, false)]);
    urgency.remove(&mut store, slots[0]);
    urgency.set_priority(&mut store, slots[0], Priority::new(1, true));
    assert_eq!(frames(&mut store, &mut urgency, 2), [slots[1]; 2]);
    urgency.served(&mut store, slots[0], 100, 100);
    assert_eq!(frames(&mut store, &mut urgency, 2), [slots[1]; 2]);
    urgency.push(&mut store, slots[0]);
    assert_eq!(urgency.pick(&store), Some(slots[0]));
}

#[test]
fn a_frame_cut_short_does_not_end_the_turn() {
    let (mut store, mut urgency, slots) = with(&[(3, true), (3, true), (3, false)]);
    urgency.remove(&mut store, slots[2]);
    let mut serve = |store: &mut Store, octets| {
        let slot = urgency.pick(store).unwrap();
        let left = Urgency::turn_left(store.at(slot), 100);
        assert!(octets <= left);
        urgency.served(store, slot, octets, 100);
        (slot, left)
    };
    assert_eq!(serve(&mut store, 30), (slots[0], 100));
    assert_eq!(serve(&mut store, 69), (slots[0], 70));
    assert_eq!(serve(&mut store, 1), (slots[0], 1));
    assert_eq!(serve(&mut store, 100), (slots[1], 100));
    assert_eq!(serve(&mut store, 99), (slots[0], 100));
    // Whoever leaves and comes back has a turn of its own, at the end.
    urgency.remove(&mut store, slots[0]);
    urgency.push(&mut store, slots[0]);
    assert_eq!(urgency.pick(&store), Some(slots[1]));
    assert_eq!(Urgency::turn_left(store.at(slots[0]), 100), 100);
    // Frames may become smaller in the middle of a turn: it is over then.
    urgency.served(&mut store, slots[1], 60, 100);
    assert_eq!(Urgency::turn_left(store.at(slots[1]), 50), 50);
    urgency.served(&mut store, slots[1], 50, 50);
    assert_eq!(urgency.pick(&store), Some(slots[0]));
    // Sequential streams have no turns.
    urgency.push(&mut store, slots[2]);
    urgency.served(&mut store, slots[2], 30, 100);
    assert_eq!(Urgency::turn_left(store.at(slots[2]), 100), 100);
}

#[test]
fn the_two_kinds_of_one_urgency_alternate() {
    let (mut store, mut urgency, slots) = with(&[(3, false), (3, true), (3, true)]);
    let [whole, one, other] = slots[..] else {
        unreachable!("three streams")
    };
    let order = [whole, one, whole, other, whole, one];
    assert_eq!(frames(&mut store, &mut urgency, 6), order);
    urgency.remove(&mut store, whole);
    assert_eq!(frames(&mut store, &mut urgency, 3), [other, one, other]);
}

#[test]
fn the_share_of_the_less_urgent_goes_round() {
    let (mut store, mut urgency, slots) =
        with(&[(1, false), (2, false), (4, false), (6, false), (7, false)]);
    let picked = frames(&mut store, &mut urgency, 16 * 9);
    let shares: Vec<_> = picked.iter().skip(15).step_by(16).copied().collect();
    let turn = &slots[1..];
    assert_eq!(shares, [turn, turn, &turn[..1]].concat());
    let urgent = picked.iter().filter(|&&slot| slot == slots[0]).count();
    assert_eq!(urgent, 15 * 9);
}

#[test]
fn no_share_is_saved_up_while_nobody_is_less_urgent() {
    let (mut store, mut urgency, slots) = with(&[(0, false), (5, false)]);
    assert_eq!(frames(&mut store, &mut urgency, 15), [slots[0]; 15]);
    urgency.remove(&mut store, slots[1]);
    assert_eq!(frames(&mut store, &mut urgency, 1), [slots[0]]);
    urgency.push(&mut store, slots[1]);
    assert_eq!(frames(&mut store, &mut urgency, 15), [slots[0]; 15]);
    assert_eq!(frames(&mut store, &mut urgency, 1), [slots[1]]);
}

/// What a scheduler must remember, plainly: the streams of each ring, the first one first.
#[derive(Default)]
struct Plain([[Vec<u32>; 2]; LEVELS]);

impl Plain {
    fn remove(&mut self, slot: u32) {
        self.0
            .iter_mut()
            .flatten()
            .for_each(|ring| ring.retain(|&other| other != slot));
    }

    fn push(&mut self, store: &Store, slot: u32) {
        let (level, kind) = place(store.at(slot).priority);
        if !self.0[level][kind].contains(&slot) {
            self.0[level][kind].push(slot);
        }
    }

    fn top(&self) -> Option<usize> {
        self.0
            .iter()
            .position(|rings| *rings != [const { Vec::new() }; 2])
    }
}

/// Streams become ready, stop being so, change their priority, send. Each frame is of a stream that
/// stands first in its ring; 15 of any 16 frames go to the most urgent level; and where both kinds
/// of a level are ready they alternate.
#[test]
fn urgency_is_respected_whatever_happens() {
    fn law(steps: Vec<(u8, u8, u8)>) -> bool {
        let (mut store, mut urgency, slots) = with(&[(3, false); 12]);
        let mut plain = Plain::default();
        slots.iter().for_each(|&slot| plain.push(&store, slot));
        let (mut since_top, mut last) = (u32::from(SHARE), [None; LEVELS]);
        for (what, which, priority) in steps {
            let slot = slots[usize::from(which) % slots.len()];
            match what % 8 {
                0 => {
                    urgency.push(&mut store, slot);
                    plain.push(&store, slot);
                }
                1 => {
                    urgency.remove(&mut store, slot);
                    plain.remove(slot);
                }
                2 => {
                    let ready = plain.0.iter().flatten().any(|ring| ring.contains(&slot));
                    let priority = Priority::new(priority % 8, priority & 8 != 0);
                    urgency.set_priority(&mut store, slot, priority);
                    plain.remove(slot);
                    if ready {
                        plain.push(&store, slot);
                    }
                }
                _ => {
                    let (picked, top) = (urgency.pick(&store), plain.top());
                    let (Some(slot), Some(top)) = (picked, top) else {
                        if picked.is_some() || top.is_some() || !urgency.is_empty() {
                            return false;
                        }
                        continue;
                    };
                    let (level, kind) = place(store.at(slot).priority);
                    let both = plain.0[level].iter().all(|ring| !ring.is_empty());
                    if plain.0[level][kind].first() != Some(&slot)
                        || level != top && since_top < u32::from(SHARE) - 1
                        || both && last[level] == Some((kind, true))
                    {
                        return false;
                    }
                    since_top = if level == top { since_top + 1 } else { 0 };
                    last[level] = Some((kind, both));
                    urgency.served(&mut store, slot, 100, 100);
                    if kind == 1 {
                        plain.0[level][kind].rotate_left(1);
                    }
                }
            }
        }
        true
    }
    quickcheck::quickcheck(law as fn(_) -> bool);
}

/// While nothing changes, every stream whose turn can come has it within so many frames: sixteen
/// for a share, times the levels that take turns, times the two kinds, times the streams of a ring.
#[test]
fn nobody_starves() {
    fn law(priorities: Vec<(u8, bool)>, warm_up: u8) -> bool {
        let mut priorities: Vec<_> = priorities.into_iter().map(|(u, i)| (u % 8, i)).collect();
        priorities.truncate(12);
        let (mut store, mut urgency, slots) = with(&priorities);
        if slots.is_empty() {
            return true;
        }
        frames(&mut store, &mut urgency, usize::from(warm_up));
        let within = usize::from(SHARE) * (LEVELS - 1) * 2 * slots.len();
        let picked = frames(&mut store, &mut urgency, within);
        let mut sequential = [false; LEVELS];
        slots.iter().all(|slot| {
            let (level, kind) = place(store.at(*slot).priority);
            // Of sequential ones the first has its turn, the others are behind it.
            let waits = kind == 0 && core::mem::replace(&mut sequential[level], true);
            waits != picked.contains(slot)
        })
    }
    quickcheck::quickcheck(law as fn(_, _) -> bool);
}
