//! A queue that mostly holds one thing at a time.

use std::collections::VecDeque;

/// First in, first out. The first of an empty queue needs no memory of its own.
#[derive(Clone, Debug)]
pub(crate) struct Queue<T> {
    first: Option<T>,
    rest: VecDeque<T>,
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue {
            first: None,
            rest: VecDeque::new(),
        }
    }
}

impl<T> Queue<T> {
    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    pub(crate) fn push(&mut self, one: T) {
        if self.len() == 0 {
            self.first = Some(one);
        } else {
            self.rest.push_back(one);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.first.take().or_else(|| self.rest.pop_front())
    }

    /// The one that `at` others stand before.
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        match &self.first {
            None => self.rest.get(at),
            first if at == 0 => first.as_ref(),
            Some(_) => self.rest.get(at - 1),
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Queue::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    quickcheck! {
        fn it_is_a_queue(steps: Vec<Option<u8>>) -> bool {
            let (mut queue, mut model) = (Queue::default(), VecDeque::new());
            steps.into_iter().all(|step| {
                let same = match step {
                    Some(one) => {
                        queue.push(one);
                        model.push_back(one);
                        true
                    }
                    None => queue.pop() == model.pop_front(),
                };
                let here = (0..=model.len()).all(|at| queue.get(at) == model.get(at));
                same && here && queue.len() == model.len()
            })
        }
    }

    #[test]
    fn one_thing_takes_no_memory() {
        let mut queue = Queue::default();
        for round in 0..3 {
            queue.push(round);
            assert_eq!((queue.pop(), queue.rest.capacity()), (Some(round), 0));
        }
        queue.push(1);
        queue.push(2);
        queue.clear();
        assert_eq!(queue.len(), 0);
    }
}
