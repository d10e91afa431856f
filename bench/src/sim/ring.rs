//! Who has to be looked at again in a coming second: a turn per second, so that nobody is looked at in vain.

/// Turns for seconds ahead; the farthest is bounded.
#[derive(Debug)]
pub(crate) struct Ring {
    turns: Vec<Vec<u32>>,
}

impl Ring {
    /// For turns up to `ahead` seconds from now.
    pub(crate) fn new(ahead: u32) -> Self {
        Self { turns: (0..=ahead).map(|_| Vec::new()).collect() }
    }

    /// Puts a viewer down for a second that is at most `ahead` seconds from the last one taken.
    pub(crate) fn put(&mut self, second: u32, viewer: u32) {
        let place = self.place(second);
        self.turns[place].push(viewer);
    }

    /// All whose turn it is, in the order in which they were put down. Give the list back with `spare`.
    pub(crate) fn take(&mut self, second: u32) -> Vec<u32> {
        let place = self.place(second);
        std::mem::take(&mut self.turns[place])
    }

    /// Gives the memory of a list back.
    pub(crate) fn spare(&mut self, second: u32, mut list: Vec<u32>) {
        let place = self.place(second);
        if self.turns[place].is_empty() {
            list.clear();
            self.turns[place] = list;
        }
    }

    /// All who are put down.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> impl Iterator<Item = u32> {
        self.turns.iter().flatten().copied()
    }

    fn place(&self, second: u32) -> usize {
        usize::try_from(second).unwrap_or(usize::MAX) % self.turns.len()
    }
}
